"""Lists of customers: the best, close to the next tier, at risk; searched, taken away."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from ecommerce_analytics import klaviyo
from ecommerce_analytics.dashboard import (
    churn_panel,
    components,
    customer_link,
    customer_list,
    downloads,
    state,
)
from ecommerce_analytics.dashboard.charts import customers as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.errors import InvalidArgument

__all__ = ["LISTS", "area", "choose", "columns", "listed", "show"]


@dataclass(frozen=True)
class Order:
    """What a list is sorted by; customers without it are not in the list."""

    column: str
    direction: Literal["ascending", "descending"]
    rule: str


#: By what people call the lists.
LISTS: Final = {
    "Most revenue": Order("monetary", "descending", "Net money of the full history."),
    "Close to the next tier": Order(
        "to_next_tier", "ascending", "Least money to the next tier, the others as they are."
    ),
    "Highest churn risk": Order(
        "churn_risk", "descending", "Probability of no order in the next 90 days."
    ),
    "Latest order": Order("recency_days", "ascending", "Days since the last order."),
}
_RISK: Final = {"churn_risk": "churn_risk", "risk_band": "risk_band"}


def listed(people: pa.Table, name: str, risks: Any = None) -> pa.Table:
    """Return the customers of a list in its order, of equals in the order of their keys.

    `risks` is the ranking of `churn.rank`; without it nobody is in the list by risk.
    """
    order = LISTS[name]
    if risks is not None:
        people = customer_list.with_columns(people, pa.table(risks), _RISK)
    if order.column not in people.column_names:
        return people.slice(0, 0)
    people = people.filter(pc.is_valid(people.column(order.column)))
    return people.sort_by([(order.column, order.direction), ("customer", "ascending")])


def area() -> str:
    """Let people choose what the area of a segment is."""
    chosen = st.segmented_control(
        "Area of a segment",
        list(charts.SIZES),
        default="customers",
        required=True,
        format_func=lambda name: charts.SIZES[name],
        key="segment-size",
    )
    return str(chosen)


def columns(table: Any) -> dict[str, Any]:
    """Return how means, medians and probabilities of a table are shown."""
    shown = {}
    for name in pa.table(table).column_names:
        label = name.replace("_", " ").capitalize()
        if name == "churn_risk":
            shown[name] = st.column_config.NumberColumn(label, format="percent")
        elif "monetary" in name or name == "average_order_value":
            shown[name] = st.column_config.NumberColumn(label, format="accounting")
        elif name.startswith(("mean_", "median_")):
            shown[name] = st.column_config.NumberColumn(label, format="%.1f")
    return shown


def choose(group: str, names: Set[str], *, clicked: str) -> None:
    """Choose the customers of tiers or segments that were clicked since the last run.

    `clicked` is the key of the figure or table: several may choose the same, and the last one does.
    """
    before = f"customer-clicked-{clicked}"
    if names != st.session_state.get(before, set()):
        st.session_state[before] = names
        st.session_state[f"customer-{group}"] = sorted(names)


def show(shop: Shop, filters: Filters) -> None:
    """Show the choice of a list, the search, the customers, and how to take them away."""
    outcome = churn_panel.outcome(shop)
    risks = None if outcome is None else outcome.ranking
    names = [name for name in LISTS if name != "Highest churn risk" or risks is not None]
    name = str(
        st.segmented_control(
            "List", names, default=names[0], required=True, key="customer-list", wrap=True
        )
    )
    people = _chosen(shop, customer_list.people_of(shop, filters))
    rows = listed(people, name, risks)
    if not rows.num_rows:
        components.empty("No customer is in this list.", "Choose less, or search for less.")
        return
    clicked = components.table(rows, key="customers", shop=shop, rule=LISTS[name].rule, select=True)
    with st.container(horizontal=True):
        key = rows.column("customer")[clicked[0]].as_py() if clicked else None
        customer_link.show(key, where="list")
        _klaviyo(shop, rows)


def _chosen(shop: Shop, people: pa.Table) -> pa.Table:
    left, middle, right = st.columns(3)
    tiers = left.multiselect(
        "Tiers", shop.tiers.tiers.split(", "), key="customer-tier", placeholder="All"
    )
    segments = middle.multiselect(
        "Segments", shop.segment_names, key="customer-segment", placeholder="All"
    )
    text = right.text_input(
        "Search",
        key="customer-search",
        placeholder="A key, a name or an e-mail address" if shop.has_lines else "A key",
        max_chars=200,
    )
    people = customer_list.picked(people, {"tier": tiers, "segment": segments}, {})
    wanted = text.strip()
    persons = shop.dataset.customers if shop.has_lines else None
    return customer_list.found(people, wanted, persons) if wanted else people


def _klaviyo(shop: Shop, rows: pa.Table) -> None:
    """Offer the list as profiles for Klaviyo, where the source tells addresses and consent."""
    persons = shop.dataset.customers if shop.has_lines else None
    try:
        klaviyo.check(persons)
    except InvalidArgument:
        return
    with st.popover("List for Klaviyo", icon=":material/mail:", key="klaviyo"):
        st.caption("Those of this list with an address and consent; everybody else is left out.")
        if not st.button("Make the list", key="klaviyo-make"):
            return
        profiles, left_out = klaviyo.profiles(persons, {"customers": rows})
        written = state.formats(shop)
        reasons = ", ".join(
            f"{name.replace('_', ' ')} {written.count(count)}"
            for name, count in left_out.items()
            if count
        )
        st.text(
            f"{written.count(profiles.num_rows)} profiles"
            + (f"; left out: {reasons}" if reasons else "")
        )
        st.download_button(
            "CSV",
            data=downloads.bytes_of(profiles, "csv", name="klaviyo", told=downloads.about(shop)),
            file_name=klaviyo.FILE_NAME,
            mime="text/csv",
            key="download-klaviyo",
            on_click="ignore",
        )
