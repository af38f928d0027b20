"""The cards of the key figures: each with its change, its past months and its definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from ecommerce_analytics import cohort, kpi, rfm
from ecommerce_analytics.dashboard import cards, state
from ecommerce_analytics.dashboard.charts.layout import columns_of
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.formats import ABSENT, Formats

__all__ = ["EXECUTIVE", "cards_of", "concentration_of", "retention_of"]

EXECUTIVE: Final = (
    "revenue_net",
    "orders",
    "customers",
    "average_order_value",
    "repeat_rate",
    "return_rate_money",
    "guest_share",
)
# More of them is worse.
_LESS_IS_BETTER: Final = {"return_rate_money", "return_rate_lines", "revenue_refunds"}
_NUM_MONTHS: Final = 24


def cards_of(names: Sequence[str], shop: Shop, filters: Filters) -> list[cards.Card]:
    """Return the cards of key figures, by their names in the KPI dictionary.

    The value is that of the report window. The change is against the window of the same length
    just before; without a window, that of the last whole month against the month before.
    """
    written = state.formats(shop)
    total = columns_of(shop.of_orders(kpi.summary, filters))
    months = columns_of(shop.of_orders(kpi.summary, filters, period="month"))
    has_window = filters.start is not None or filters.end is not None
    changes = _changes(shop, filters, has_window)
    definitions = {one.name: one for one in kpi.dictionary()}
    made = []
    for name in names:
        told, definition = changes.get(name), definitions[name]
        value = total[name][0]
        made.append(
            cards.Card(
                id=name,
                label=definition.title,
                value=written.by_unit(value, definition.unit),
                number=None if value is None else float(value),
                change="" if told is None else _change(told, definition.unit, written),
                tone="" if told is None else _tone(name, told["change"]),
                note=_note(told, has_window, written),
                spark=_spark(months, name),
                definition=definition.definition,
                formula=definition.formula,
            )
        )
    return made


def retention_of(shop: Shop, filters: Filters) -> cards.Card:
    """Return the card of the share of new customers who order again in the month after.

    The value is the mean over the cohorts of the report window, weighted by customers; the change
    is against that of the window just before, without a window that of the last cohort whose month
    after is whole against the cohort before.
    """
    written = state.formats(shop)
    value = _month_after(shop, filters)
    cells = columns_of(shop.of_orders(cohort.retention, filters))
    rows = zip(
        *(cells[name] for name in ("cohort", "period", "rate", "observable", "partial")),
        strict=True,
    )
    rates = [
        (first, rate)
        for first, period, rate, observable, partial in rows
        if period == 1 and observable and not partial and rate is not None
    ]
    before = after = None
    note = "nothing to compare with"
    if filters.start is not None or filters.end is not None:
        previous = _window_before(shop, filters)
        if previous is not None:
            before, after = _month_after(shop, previous), value
            note = f"against the days from {written.day(previous.start)}"
    elif len(rates) > 1:
        (older, before), (newer, after) = rates[-2:]
        note = f"{written.month(newer)} against {written.month(older)}"
    is_known = before is not None and after is not None
    change = after - before if before is not None and after is not None else 0.0
    return cards.Card(
        id="retention_rate",
        label="Retention rate",
        value=written.share(value),
        number=value,
        change=written.points(change) if is_known else "",
        tone=_tone("retention_rate", change) if is_known else "",
        note=note,
        spark=[rate for _, rate in rates[-_NUM_MONTHS:]],
        definition="Share of new customers with an order in the month after that of their first,"
        " over all whole cohorts; shown month by month on the page Retention.",
        formula="active in month 1 / customers of the cohorts",
    )


def _month_after(shop: Shop, filters: Filters) -> float | None:
    """Return the weighted mean retention of the first month after, if a cohort has one."""
    mean = columns_of(cohort.mean_retention(shop.of_orders(cohort.retention, filters)))
    return dict(zip(mean["period"], mean["weighted"], strict=True)).get(1)


def _window_before(shop: Shop, filters: Filters) -> Filters | None:
    """Return the filters with the window that `kpi.changes` compares with, if the data hold it."""
    changes = columns_of(shop.of_orders(kpi.changes, filters))
    if not any(changes["comparable"]):
        return None
    return replace(filters, start=changes["previous_start"][0], end=changes["previous_end"][0])


def concentration_of(shop: Shop, filters: Filters) -> list[cards.Card]:
    """Return the cards of how much the best customers of the population bring."""
    written = state.formats(shop)
    segments = columns_of(shop.of_segments(rfm.summarize, filters))
    shares = dict(zip(segments["segment"], segments["revenue_share"], strict=True))
    made = []
    if "Champions" in shares:
        made.append(
            cards.Card(
                id="champions_share",
                label="Champions' share of revenue",
                value=written.share(shares["Champions"]),
                number=shares["Champions"],
                definition="Net money of the customers in the segment Champions / that of all.",
            )
        )
    table = shop.of_customers(rfm.concentration, filters)
    best = columns_of(table)
    for top, share in zip(best["top_share"], best["revenue_share"], strict=True):
        made.append(
            cards.Card(
                id=f"top_{round(top * 100)}_share",
                label=f"Best {written.count(top * 100)} % of customers",
                value=written.share(share),
                number=share,
                definition="Share of the net money of all known customers that they bring.",
            )
        )
    gini = table.metadata["gini"]
    is_defined = gini != "undefined"
    made.append(
        cards.Card(
            id="gini",
            label="Gini coefficient",
            value=written.number(gini) if is_defined else ABSENT,
            number=float(gini) if is_defined else None,
            note="" if is_defined else "undefined: some customers are below zero",
            definition="0: all bring the same; near 1: one brings all.",
        )
    )
    return made


def _changes(shop: Shop, filters: Filters, has_window: bool) -> dict[str, dict[str, Any]]:
    """Return the row of `kpi.changes` of each figure that can be compared."""
    period = None if has_window else "month"
    columns = columns_of(shop.of_orders(kpi.changes, filters, period=period))
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    last: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["comparable"] and not row["partial"] and row["change"] is not None:
            last[row["kpi"]] = row
    whole = max((row["start"] for row in last.values()), default=None)
    return {name: row for name, row in last.items() if row["start"] == whole}


def _change(row: dict[str, Any], unit: str, written: Formats) -> str:
    if unit == "share":
        return written.points(row["change"])
    return written.change(row["change_share"])


def _tone(name: str, change: float) -> str:
    if not change or name == "guest_share":
        return ""
    return "good" if (change > 0) != (name in _LESS_IS_BETTER) else "bad"


def _note(row: dict[str, Any] | None, has_window: bool, written: Formats) -> str:
    if row is None:
        return "nothing to compare with"
    if has_window:
        return f"against the days from {written.day(row['previous_start'])}"
    return f"{written.month(row['start'])} against {written.month(row['previous_start'])}"


def _spark(months: dict[str, list[Any]], name: str) -> list[float | None]:
    whole = [
        value
        for value, is_partial in zip(months[name], months["partial"], strict=True)
        if not is_partial
    ]
    return [None if value is None else float(value) for value in whole[-_NUM_MONTHS:]]
