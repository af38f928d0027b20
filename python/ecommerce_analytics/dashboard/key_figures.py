"""The cards of the key figures: each with its change, its past months and its definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from ecommerce_analytics import cohort, kpi, rfm
from ecommerce_analytics.dashboard import cards, state
from ecommerce_analytics.dashboard.charts.layout import columns_of
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
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
# Cohorts of fewer customers are left out of the past months of the retention rate.
_LEAST_COHORT: Final = 30


def cards_of(names: Sequence[str], shop: Shop, filters: Filters) -> list[cards.Card]:
    """Return the cards of key figures, by their names in the KPI dictionary.

    The value is that of the report window. The change is against the window of the same length
    just before; without a window, that of the last whole month against the month before, and it
    says so. The past months go up to the end of the window. Where the whole source has no refund
    line, or no guest's order, figures of them are absent, and not zero.
    """
    written = state.formats(shop)
    total = columns_of(shop.of_orders(kpi.summary, filters))
    past = filters.without("start")
    months = columns_of(shop.of_orders(kpi.summary, past, period="month"))
    has_window = filters.start is not None or filters.end is not None
    changes = _changes(shop, filters, has_window)
    definitions = {one.name: one for one in kpi.dictionary()}
    made = []
    for name in names:
        told, definition = changes.get(name), definitions[name]
        if name in shop.untold:
            made.append(_untold(definition, shop.untold[name]))
            continue
        value = total[name][0]
        made.append(
            cards.Card(
                id=name,
                label=definition.title,
                value=written.by_unit(value, definition.unit),
                number=None if value is None else float(value),
                change=""
                if told is None
                else f"{'' if has_window else 'last month '}"
                f"{_change(told, definition.unit, written)}",
                tone="" if told is None else _tone(name, told["change"]),
                note=_note(told, has_window, written) or _why_not(shop, filters, written),
                spark=_spark(months, name),
                definition=definition.definition,
                formula=definition.formula,
            )
        )
    return made


def retention_of(shop: Shop, filters: Filters) -> cards.Card:
    """Return the card of the share of new customers who order again in the month after.

    The value is the mean over the cohorts whose month after lies whole in the report window,
    weighted by customers; the change is against that of the window just before, without a window
    that of the last cohort whose month after is whole against the cohort before. Category and
    payment type choose the orders of the month after and leave the cohorts as they are: all new
    customers are the base. Cohorts of fewer than 30 customers are not among the past months.
    """
    written = state.formats(shop)
    value = _month_after(shop, filters)
    rates = _rates(shop, filters)
    past = _rates(shop, filters.without("start"))
    before = after = None
    note = _why_not(shop, filters, written)
    if filters.start is not None or filters.end is not None:
        previous = _window_before(shop, filters)
        if previous is not None:
            before, after = _month_after(shop, previous), value
            note = _against(previous.start, previous.end, written)
    elif len(rates) > 1:
        (older, before, _), (newer, after, _) = rates[-2:]
        note = f"{written.month(newer)} against {written.month(older)}"
    is_known = before is not None and after is not None
    change = after - before if before is not None and after is not None else 0.0
    has_window = filters.start is not None or filters.end is not None
    chosen = _chosen_orders(filters)
    return cards.Card(
        id="retention_rate",
        label="Retention rate",
        value=written.share(value),
        number=value,
        change=f"{'' if has_window else 'last cohort '}{written.points(change)}"
        if is_known
        else "",
        tone=_tone("retention_rate", change) if is_known else "",
        note=f"of all new customers, whatever they first bought; {note}" if chosen else note,
        spark=[rate for _, rate, size in past if size >= _LEAST_COHORT][-_NUM_MONTHS:],
        definition=f"Share of new customers with an order{chosen} in the month after that of their"
        " first. The base is all customers of the cohorts, whatever they first bought. In are the"
        " cohorts whose month after is whole and lies in the chosen days; the line of past months"
        f" leaves out cohorts of fewer than {_LEAST_COHORT} customers.",
        formula=f"active{chosen} in month 1 / all customers of these cohorts",
    )


def _chosen_orders(filters: Filters) -> str:
    """Say which orders the filters of orders choose; empty for all."""
    names = {"category": "of the chosen category", "payment_type": "of the chosen payment type"}
    return "".join(f" {words}" for name, words in names.items() if getattr(filters, name))


def _rates(shop: Shop, filters: Filters) -> list[tuple[Any, float, int]]:
    """Return first month, retention in the month after and size of the cohorts that have it."""
    cells = columns_of(shop.of_orders(cohort.retention, filters))
    names = ("cohort", "period", "rate", "eligible", "observable", "partial")
    rows = zip(*(cells[name] for name in names), strict=True)
    return [
        (first, rate, size)
        for first, period, rate, size, observable, partial in rows
        if period == 1 and observable and not partial and rate is not None
    ]


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


def _untold(definition: kpi.Definition, what: str) -> cards.Card:
    """Return the card of a figure of lines that the source does not have at all."""
    return cards.Card(
        id=definition.name,
        label=definition.title,
        value=ABSENT,
        note=f"the source tells no {what}",
        definition=definition.definition,
        formula=definition.formula,
    )


def _against(start: date | None, end: date | None, written: Formats) -> str:
    """Say which days a window is compared with; `end` is exclusive."""
    last = None if end is None else end - timedelta(days=1)
    return f"against {written.day(start)} to {written.day(last)}"


def _why_not(shop: Shop, filters: Filters, written: Formats) -> str:
    """Say why there is no change to tell."""
    begin = columns_of(shop.of_orders(kpi.summary, EVERYTHING))["start"][0]
    first = f"the data begin on {written.day(begin)}"
    if filters.start is None and filters.end is None:
        return f"no whole month after a whole one to compare; {first}"
    changes = columns_of(shop.of_orders(kpi.changes, filters))
    if any(changes["comparable"]):
        return "no value in the days before to compare with"
    return f"nothing to compare with: {first}"


def _note(row: dict[str, Any] | None, has_window: bool, written: Formats) -> str:
    if row is None:
        return ""
    if has_window:
        return _against(row["previous_start"], row["previous_end"], written)
    return f"{written.month(row['start'])} against {written.month(row['previous_start'])}"


def _spark(months: dict[str, list[Any]], name: str) -> list[float | None]:
    whole = [
        value
        for value, is_partial in zip(months[name], months["partial"], strict=True)
        if not is_partial
    ]
    return [None if value is None else float(value) for value in whole[-_NUM_MONTHS:]]
