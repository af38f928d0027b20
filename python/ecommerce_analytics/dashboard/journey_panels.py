"""The pieces of the page Segment journey: the dates, the moves, the second order by group."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from ecommerce_analytics import rfm, second_order_groups, segment_migration
from ecommerce_analytics.customer_history import CustomerHistory
from ecommerce_analytics.dashboard import components, state
from ecommerce_analytics.dashboard.charts import journey as charts
from ecommerce_analytics.dashboard.charts import retention
from ecommerce_analytics.dashboard.shop import EVERYTHING, Shop
from ecommerce_analytics.dashboard.words import escaped
from ecommerce_analytics.errors import InvalidData
from ecommerce_analytics.table import Table

__all__ = ["dates", "moves", "second_orders"]

_DAYS_BACK: Final = 90
_LEVEL: Final = 0.05
_DAY: Final = timedelta(days=1)
_PERCENTS: Final = ("probability", "lower", "upper", "baseline", "share_with_second")
_PARTS: Final = ("share", "lower", "upper")


def dates(shop: Shop) -> tuple[date, date] | None:
    """Ask for the two dates; None where the data are too short for two."""
    first, end = shop.days
    if end - first < 2 * _DAY:
        components.empty("The data hold one day: nobody can have moved.")
        return None
    least = first + _DAY
    left, right = st.columns(2)
    began: Any = left.date_input(
        "Segments before",
        max(least, end - _DAYS_BACK * _DAY),
        min_value=least,
        max_value=end - _DAY,
        key="journey-start",
        help="All that lies before this day makes the first segments.",
    )
    ended: Any = right.date_input(
        "Segments after",
        end,
        min_value=least + _DAY,
        max_value=end,
        key="journey-end",
        help="All that lies before this day makes the second segments.",
    )
    if began >= ended:
        components.empty("The first date must lie before the second.")
        return None
    return began, ended


def moves(shop: Shop, start: date, end: date) -> None:
    """Show who moved, and what of each segment became."""
    table = shop.of_orders(
        segment_migration.moves, EVERYTHING, start=start, end=end, rules=shop.rules
    )
    read = pa.table(table)
    read = read.filter(pc.greater(read.column("customers"), 0))
    recency = shop.of_orders(_recency, EVERYTHING, end=end, rules=shop.rules)
    st.markdown(escaped(_told(segment_migration.origins(table), shop)))
    components.chart(
        charts.flows(table, recency, theme=state.theme(), formats=state.formats(shop)),
        key="journey-flows",
        shop=shop,
        data=table,
        rule=f"Rule set {shop.rules} at both dates, of all that lies before each; a customer can"
        " move because the others did. The greyer, the longer ago is the last order.",
        alt="Flows of customers from the segments of the first date to those of the second",
    )
    st.subheader("Moves")
    components.table(
        read,
        key="journey-moves",
        shop=shop,
        columns=_percents(*_PERCENTS),
        rule="Probability: of the customers of the first segment, with Wilson's 95 % interval; "
        "baseline: the second segment's share of all customers; "
        f"revenue: net, {start} to {end - _DAY}.",
    )
    st.subheader("What became of each segment")
    shares = (f"{what}_{part}" for what in ("stayed", "without_order") for part in _PARTS)
    components.table(
        segment_migration.origins(table),
        key="journey-origins",
        shop=shop,
        columns=_percents(*shares),
        rule="Stayed: in the same segment on both dates. Without order: none between them.",
    )


def second_orders(shop: Shop) -> None:
    """Show the time to the second order by a group known at the first one."""
    groups = {"Quarter of the first order": second_order_groups.FIRST_QUARTER}
    if shop.region is not None:
        groups["Region of the first order"] = shop.region
    if shop.has_category:
        groups["Category of the first order"] = "category"
    chosen: Any = st.selectbox("Group", list(groups), key="journey-group")
    table = shop.of_source(
        second_order_groups.curves, by=groups[chosen], num_groups=retention.MAX_LINES - 1
    )
    read = pa.table(table)
    names = list(dict.fromkeys(read.column("group").to_pylist()))
    st.markdown(escaped(_tested(table, shop)))
    components.chart(
        retention.second_order(
            [(name, read.filter(pc.equal(read.column("group"), name))) for name in names],
            theme=state.theme(),
            formats=state.formats(shop),
        ),
        key="journey-second-order",
        shop=shop,
        data=table,
        rule="Kaplan and Meier's estimate. Groups are of what is known at the first order; who has"
        " no second one was followed to the as-of date and no further.",
        alt="Share of customers with a second order by days after the first, by group",
    )
    summary = second_order_groups.summarize(table)
    components.table(
        summary,
        key="journey-groups",
        shop=shop,
        columns=_percents(*_PERCENTS),
        rule="Share with a second order on the day told, with its 95 % interval; empty where "
        "nobody was followed so far.",
    )


def _tested(table: Table, shop: Shop) -> str:
    """Say whether the groups differ, and by which test, or why that cannot be told."""
    if len(set(pa.table(table).column("group").to_pylist())) < 2:
        return "There is one group alone: nothing to compare."
    if not int(pa.table(table).column("events").to_numpy().sum()):
        return "Nobody has a second order yet: nothing to compare."
    try:
        test = second_order_groups.log_rank(table)
    except InvalidData as error:
        return f"The groups cannot be compared ({error})."
    num_groups = int(test["groups"][0])
    p_value = float(test["p_value"][0])
    written = state.formats(shop)
    told = "< 0.0001" if p_value < 1e-4 else f"= {p_value:.4f}"
    notes = [f"{table.other}: {table.num_other} smaller ones"] if table.num_other else []
    if test.num_left_out:
        notes.append(f"without {test.left_out}: nobody was followed to a day with second orders")
    rest = f" ({'; '.join(notes)})" if notes else ""
    return (
        f"Log-rank test of {num_groups} groups{rest}: p {told} (chi-squared "
        f"{written.number(float(test['statistic'][0]))}, {num_groups - 1} degrees of freedom, "
        f"{written.count(int(test['customers'][0]))} customers, "
        f"{written.count(int(test['second_orders'][0]))} second orders). "
        + (
            "The groups do not come back alike (p is below 5 %)."
            if p_value < _LEVEL
            else "No difference between the groups is shown (p is not below 5 %)."
        )
    )


def _recency(history: CustomerHistory, *, end: date, rules: str) -> dict[str, float | None]:
    """Return the mean days since the last order by segment, both of one moment."""
    scores = rfm.score(history, as_of=end, n_bins=rfm.rule_set(rules).n_bins)
    summary = pa.table(rfm.summarize(rfm.segment(scores, rules=rules)))
    names, days = (summary.column(name) for name in ("segment", "mean_recency_days"))
    return dict(zip(names.to_pylist(), days.to_pylist(), strict=True))


def _told(origins: Table, shop: Shop) -> str:
    """Say in a sentence how many stayed, moved, fell silent and came."""
    rows = pa.table(origins).to_pylist()
    written = state.formats(shop)
    known = [row for row in rows if row["stayed"] is not None]
    size = sum(row["customers_before"] for row in known)
    stayed, silent = (sum(row[name] for row in known) for name in ("stayed", "without_order"))
    if not size:
        return "No known customer has an order before the first date."
    return (
        f"Of {written.count(size)} customers at the first date {written.share(stayed / size)} are "
        f"in the same segment at the second, and {written.share(silent / size)} have not ordered "
        f"in between; {written.count(rows[-1]['customers_before'])} are new."
    )


def _percents(*names: str) -> dict[str, Any]:
    return {
        name: st.column_config.NumberColumn(name.replace("_", " ").capitalize(), format="percent")
        for name in names
    }
