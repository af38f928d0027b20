"""Pieces of the page Retention: its choices, the heatmap, who is behind a cell, cards."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc
import streamlit as st

from ecommerce_analytics import second_order
from ecommerce_analytics.dashboard import cards, components, customer_link, state
from ecommerce_analytics.dashboard.charts import retention as charts
from ecommerce_analytics.dashboard.charts.layout import columns_of
from ecommerce_analytics.dashboard.cohorts import KINDS, MAX_COHORTS, PERIODS, Cohorts
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.formats import ABSENT

__all__ = [
    "cards_of_second_orders",
    "cell",
    "choose",
    "chosen_group",
    "cohort_heatmap",
    "curves",
    "losses",
]

_WHO = {"came back": True, "did not": False, "all of them": None}


def choose(shop: Shop, filters: Filters) -> Cohorts:
    """Let people choose what is measured, and how."""
    first, second, third = st.columns(3)
    name = first.segmented_control(
        "Show",
        charts.MEASURES,
        default="retention",
        required=True,
        format_func=lambda one: charts.MEASURES[one].title,
        key="retention-measure",
        wrap=True,
    )
    is_of_customers = charts.MEASURES[str(name)].measure == "customers"
    kinds = [one for one in KINDS if is_of_customers or one != "rolling"]
    if st.session_state.get("retention-kind") not in kinds:
        st.session_state["retention-kind"] = "bounded"
    kind = second.segmented_control(
        "Active means",
        kinds,
        required=True,
        key="retention-kind",
        help=" ".join(f"**{one}**: {words}" for one, words in KINDS.items()),
    )
    period = third.segmented_control(
        "By", list(PERIODS), default="month", required=True, key="retention-period"
    )
    by = None
    if shop.dataset.region is not None and st.toggle(
        f"Split by {shop.dataset.region} of the first order", key="retention-split"
    ):
        by = shop.dataset.region
    return Cohorts(shop, filters, str(name), str(kind), str(period), by)


def chosen_group(cohorts: Cohorts) -> Any:
    """Let people choose whose cohorts the heatmap shows, where they are split."""
    if cohorts.by is None:
        return None
    groups = cohorts.groups()
    if st.session_state.get("retention-group") not in groups:
        st.session_state["retention-group"] = groups[0]
    return st.selectbox(
        f"Cohorts of this {cohorts.by}",
        groups,
        format_func=lambda key: "unknown" if key is None else str(key),
        key="retention-group",
    )


def cohort_heatmap(cohorts: Cohorts, group: Any) -> list[dict[str, Any]]:
    """Show the heatmap; return the points that are clicked."""
    table = cohorts.cells(group)
    written = state.formats(cohorts.shop)
    figure = charts.heatmap(
        table, cohorts.measure, cohorts.window, theme=state.theme(), formats=written
    )
    most = cohorts.measure.written(figure.data[0].zmax, written)
    rule = f"{KINDS[cohorts.kind]} Empty: nobody has seen it yet. Last colour: {most} and more."
    if cohorts.measure.column == "rate":
        rule += " Period 0 is grey: everybody bought in it."
    if True in columns_of(table)["left_truncated"]:
        rule += " †: the data's first cohort, some of whom may have bought before."
    if cohorts.num_cohorts() > MAX_COHORTS:
        rule += f" The latest {MAX_COHORTS} cohorts."
    return components.chart(
        figure,
        key="cohorts",
        shop=cohorts.shop,
        data=table,
        rule=rule,
        alt=f"{cohorts.measure.title} by cohort and {cohorts.window} after the first order",
        select=cohorts.shop.has_lines,
    )


def cell(cohorts: Cohorts, group: Any, points: list[dict[str, Any]]) -> None:
    """Show the customers of the cell that is clicked or chosen."""
    table = columns_of(cohorts.cells(group))
    seen = [
        (str(start), number)
        for start, number, is_seen in zip(
            table["cohort"], table["period"], table["observable"], strict=True
        )
        if is_seen
    ]
    clicked = next((tuple(one["customdata"]) for one in points if one.get("customdata")), None)
    if clicked != st.session_state.get("last-cell"):
        st.session_state["last-cell"] = clicked
        if clicked is not None:
            st.session_state["cell-cohort"], st.session_state["cell-number"] = clicked
    left, middle, right = st.columns([2, 2, 3])
    starts = list(dict.fromkeys(start for start, _ in seen))
    if st.session_state.get("cell-cohort") not in starts:
        st.session_state["cell-cohort"] = None
    start = left.selectbox(
        "Cohort", starts, key="cell-cohort", placeholder="Click a cell, or choose one"
    )
    numbers = [number for one, number in seen if one == start]
    if st.session_state.get("cell-number") not in numbers:
        st.session_state["cell-number"] = numbers[0] if numbers else None
    number = middle.selectbox("Period", numbers, key="cell-number", placeholder="")
    who = right.segmented_control(
        "Who", list(_WHO), default="came back", required=True, key="cell-who"
    )
    if start is None or number is None:
        return
    members = cohorts.members(start, number, group).to_arrow()
    wanted = _WHO[str(who)]
    if wanted is not None:
        members = members.filter(pc.equal(members.column("active"), wanted))
    clicked_rows = components.table(
        members,
        key="cell-customers",
        shop=cohorts.shop,
        rule=f"Cohort of {start}, {cohorts.window} {number}.",
        select=True,
    )
    key = members.column("customer")[clicked_rows[0]].as_py() if clicked_rows else None
    customer_link.show(key, where="cell")


def cards_of_second_orders(cohorts: Cohorts) -> None:
    """Show how many come back within some days, and the median."""
    written = state.formats(cohorts.shop)
    curve = cohorts.second_orders(split=False)
    days = columns_of(second_order.milestones(curve))
    made = [
        cards.Card(
            id=f"second_order_within_{day}",
            label=f"Second order within {written.count(day)} days",
            value=written.share(share),
            number=share,
            note="nobody was followed so long"
            if share is None
            else f"{written.share(lower)} to {written.share(upper)}, "
            f"{written.count(at_risk)} followed",
            definition="Share of the customers whose first order is chosen, with those in mind"
            " who may still come back; the second order may be any. The retention rate has"
            " another base.",
            formula="Kaplan-Meier",
        )
        for day, at_risk, share, lower, upper in zip(*days.values(), strict=True)
    ]
    summary = columns_of(second_order.summarize(curve))
    median = summary["median_days"][0] if summary["median_days"] else None
    made.append(
        cards.Card(
            id="second_order_median_days",
            label="Median days to the second order",
            value=ABSENT if median is None else written.count(median),
            number=median,
            note="" if median is not None else "less than half come back",
            definition="Day by whose end half of the customers have a second order.",
        )
    )
    cards.show(made, key="second-order", label="Time to the second order")


def curves(cohorts: Cohorts) -> None:
    """Show the retention curve of all cohorts, beside chosen ones or by group."""
    components.chart(
        charts.curves(
            cohorts.curves(_compared(cohorts)),
            cohorts.window,
            theme=state.theme(),
            formats=state.formats(cohorts.shop),
        ),
        key="retention-curve",
        shop=cohorts.shop,
        data=cohorts.means(),
        rule="Weighted mean of whole cells with its 95 % interval, as a band or in the hover text; "
        "period 0 is left out.",
        alt="Share of customers who come back, by period after the first order",
    )


def _compared(cohorts: Cohorts) -> list[Any]:
    """Let people choose cohorts to compare with all of them."""
    if cohorts.by is not None:
        return []
    starts = list(dict.fromkeys(columns_of(cohorts.cells())["cohort"]))
    kept = [one for one in st.session_state.get("compared-cohorts", []) if one in starts]
    st.session_state["compared-cohorts"] = kept
    return list(
        st.multiselect(
            "Compare cohorts",
            starts,
            key="compared-cohorts",
            max_selections=charts.MAX_LINES - 1,
            placeholder="None",
        )
    )


def losses(cohorts: Cohorts) -> None:
    """Show the change of retention from period to period, and the greatest losses in words."""
    written = state.formats(cohorts.shop)
    groups = cohorts.groups()
    group = None
    if groups:
        group = st.selectbox(
            f"Losses of this {cohorts.by}",
            groups,
            format_func=lambda key: "unknown" if key is None else str(key),
            key=f"losses-group-{cohorts.by}",
        )
    table = cohorts.losses(group)
    columns = columns_of(table)
    known = [(rank, row) for row, rank in enumerate(columns["rank"]) if rank is not None]
    ranked = sorted(one for one in known if columns["lower"][one[1]] > 0)[:3]
    st.markdown("**Greatest losses**")
    st.markdown(
        "\n".join(
            f"{place}. {cohorts.window} {columns['period'][row] - 1} to {columns['period'][row]}: "
            f"**{written.share(columns['before'][row])}** to "
            f"**{written.share(columns['after'][row])}**, a loss of "
            f"{written.share(columns['lower'][row])} to {written.share(columns['upper'][row])}, "
            f"cohorts: {written.count(columns['num_cohorts'][row])}"
            for place, (_, row) in enumerate(ranked, 1)
        )
        or (
            "None stands out: each may be chance."
            if known
            else "No two periods have been seen whole yet."
        )
    )
    components.chart(
        charts.losses(table, cohorts.window, theme=state.theme(), formats=written),
        key="drop-off",
        shop=cohorts.shop,
        data=table,
        rule="The same cohorts in both periods; the first period, far above, is told in words, as "
        "are the greatest losses whose 95 % interval lies above zero.",
        alt="Change of retention from one period to the next",
    )
