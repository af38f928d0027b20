"""Lines, money, distinct orders and distinct customers of groups of lines."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from reference.calendar import first_day_of, has_ended, period_label
from reference.customer_history import (
    Key,
    Line,
    Order,
    is_purchase,
    kind_of,
    lines_before,
    orders_of,
    resolve_as_of,
    sort_key,
)
from reference.money import ratio, total

BUILT_IN: Mapping[str, Callable[[Line], Key | None]] = {
    "kind": kind_of,
    "weekday": lambda line: line.time.isoweekday(),
    "hour": lambda line: line.time.hour,
}


def lines_in(
    lines: Sequence[Line],
    as_of: datetime,
    purchases: str,
    is_selected: Callable[[Order], bool],
    window: tuple[date, date],
) -> list[Line]:
    """Return the lines of the orders that are in, on the days of the window."""
    chosen = filter(is_selected, orders_of(lines_before(lines, as_of), purchases))
    return [
        line
        for order in chosen
        for line in order.lines
        if window[0] <= line.time.date() < window[1]
    ]


def sums_of(
    lines: Sequence[Line],
    purchases: str,
    quantity_of: Callable[[Line], Decimal] | None,
    measures: Mapping[str, Callable[[Line], Decimal]],
) -> dict[str, Any]:
    """Return the figures of one group, or of the whole."""
    bought = [line for line in lines if is_purchase(line, purchases)]
    orders = {line.order for line in bought}
    revenue = total([line.amount for line in lines])
    quantity = {}
    if quantity_of is not None:
        sold = [line for line in lines if kind_of(line) == "sale"]
        quantity["quantity"] = total([quantity_of(line) for line in sold])
    return {
        "lines": len(lines),
        "orders": len(orders),
        "customers": len({line.customer for line in bought} - {None}),
        "revenue": revenue,
        **quantity,
        **{name: total([of(line) for line in lines]) for name, of in measures.items()},
        "average_order_value": ratio(revenue, len(orders)) if orders else None,
    }


def group_by(
    lines: Sequence[Line],
    by: Sequence[str],
    period: str | None = None,
    as_of: datetime | None = None,
    purchases: str = "positive_amount",
    *,
    dimensions: Mapping[str, Callable[[Line], Key | None]],
    quantity_of: Callable[[Line], Decimal] | None = None,
    measures: Mapping[str, Callable[[Line], Decimal]] | None = None,
    is_selected: Callable[[Order], bool] = lambda order: True,
    window: tuple[date, date] = (date.min, date.max),
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return one row per group by key, unknown keys last, and the figures of the whole."""
    as_of = resolve_as_of(lines, as_of, purchases)
    chosen = lines_in(lines, as_of, purchases, is_selected, window)
    key_of = {**BUILT_IN, **dimensions}

    def group_of(line: Line) -> tuple[Any, ...]:
        start = () if period is None else (first_day_of(line.time.date(), period),)
        return (*(key_of[name](line) for name in by), *start)

    def order_of(group: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*(sort_key(key) for key in group[: len(by)]), *group[len(by) :])

    rows = []
    for group in sorted({group_of(line) for line in chosen}, key=order_of):
        row = dict(zip(by, group, strict=False))
        if period is not None:
            row["period"] = period_label(group[-1], period)
            row["start"] = group[-1]
            row["partial"] = not has_ended(group[-1], period, as_of)
        own = [line for line in chosen if group_of(line) == group]
        rows.append(row | sums_of(own, purchases, quantity_of, measures or {}))
    return rows, sums_of(chosen, purchases, quantity_of, measures or {})
