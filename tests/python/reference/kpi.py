"""Key figures of a shop, in total or by period, and against the period before."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from reference.calendar import first_day_of as first_day_of_period
from reference.calendar import (
    has_ended,
    midnight,
    next_first_day,
    period_label,
    periods_between,
)
from reference.customer_history import (
    Line,
    Order,
    kind_of,
    lines_before,
    orders_of,
    resolve_as_of,
)
from reference.money import ratio, total

Measures = Mapping[str, Sequence[Decimal]]

_DAY = timedelta(days=1)


def summary(
    lines: Sequence[Line],
    as_of: datetime | None = None,
    period: str | None = None,
    purchases: str = "positive_amount",
    measures: Measures | None = None,
) -> list[dict[str, Any]]:
    """Return one row in total, or one per period from the first line to the last.

    `measures` has a value for each line, by name; `quantity` is one of them.
    """
    as_of = resolve_as_of(lines, as_of, purchases)
    return [
        span | _figures(lines, as_of, purchases, measures or {}, span["start"], span["end"])
        for span in _spans(lines, as_of, period)
    ]


def changes(
    lines: Sequence[Line],
    as_of: datetime | None = None,
    period: str | None = None,
    purchases: str = "positive_amount",
    measures: Measures | None = None,
) -> list[dict[str, Any]]:
    """Return one row for each row and figure of the summary, beside that of the days before."""
    as_of = resolve_as_of(lines, as_of, purchases)
    names = ("period", "start", "end", "partial")
    rows = []
    for row in summary(lines, as_of, period, purchases, measures):
        days = None if period is None else _days_before(row["start"], row["end"], period)
        first_day = min(line.time.date() for line in lines)
        if days is not None and (days[0] < first_day or midnight(row["end"]) > as_of):
            days = None
        before = {} if days is None else _figures(lines, as_of, purchases, measures or {}, *days)
        rows += [
            {name: row[name] for name in names}
            | {
                "previous_start": days[0] if days else None,
                "previous_end": days[1] if days else None,
                "comparable": days is not None,
                "kpi": kpi,
            }
            | _change(value, before.get(kpi))
            for kpi, value in row.items()
            if kpi not in names
        ]
    return rows


def _spans(lines: Sequence[Line], as_of: datetime, period: str | None) -> list[dict[str, Any]]:
    days = [line.time.date() for line in lines_before(lines, as_of)]
    end = (as_of - timedelta(microseconds=1)).date() + _DAY
    first_day = min(line.time.date() for line in lines)
    if period is None:
        return [{"period": "total", "start": first_day, "end": end, "partial": False}]
    return [
        {
            "period": period_label(first, period),
            "start": first,
            "end": min(next_first_day(first, period), end),
            "partial": not has_ended(first, period, as_of),
        }
        for first in periods_between(first_day, max(days), period)
    ]


def _days_before(start: date, end: date, period: str) -> tuple[date, date]:
    """Return the same days of the period before, all of it for a whole period."""
    first = first_day_of_period(start - _DAY, period)
    if end == next_first_day(start, period):
        return first, start
    return first, min(start, first + (end - start))


def _figures(
    lines: Sequence[Line],
    as_of: datetime,
    purchases: str,
    measures: Measures,
    start: date,
    end: date,
) -> dict[str, Any]:
    """Return what is true of the days from `start` to before `end`."""
    here = [
        (line, {name: values[place] for name, values in measures.items()})
        for place, line in enumerate(lines)
        if line.time < as_of and start <= line.time.date() < end
    ]
    placed = [order for order in orders_of(lines_before(lines, as_of), purchases) if order.time]
    orders = [order for order in placed if start <= _day(order) < end]
    customers = {order.customer for order in orders} - {None}
    first_days = {
        customer: min(_day(order) for order in placed if order.customer == customer)
        for customer in customers
    }
    returning = sum(day < start for day in first_days.values())
    # One of his orders here was at least his second: he has one here and two until now.
    repeat = sum(
        sum(order.customer == customer and _day(order) < end for order in placed) >= 2
        for customer in customers
    )

    def money(*kinds: str, guests: bool = False) -> Decimal:
        return total(
            [
                line.amount
                for line, _ in here
                if (not kinds or kind_of(line) in kinds)
                and not (guests and line.customer is not None)
            ]
        )

    def measure(name: str, *kinds: str) -> Decimal | None:
        if name not in measures:
            return None
        return total([more[name] for line, more in here if not kinds or kind_of(line) in kinds])

    def share(part: Decimal | int | None, whole: Decimal | int) -> float | None:
        return None if part is None or whole <= 0 else ratio(part, whole)

    gross, net, guest_net = money("sale"), money(), money(guests=True)
    own = [order for order in orders if order.customer is not None]
    sale_lines = sum(kind_of(line) == "sale" for line, _ in here)
    refund_lines = sum(kind_of(line) == "refund" for line, _ in here)
    items = measure("quantity", "sale")
    return {
        "revenue_gross": gross,
        "revenue_net": net,
        "orders": len(orders),
        "customers": len(customers),
        "average_order_value": share(net, len(orders)),
        "repeat_customers": repeat,
        "repeat_rate": share(repeat, len(customers)),
        "guest_orders": len(orders) - len(own),
        "guest_revenue_net": guest_net,
        "guest_share": share(guest_net, net),
        "revenue_refunds": money("refund"),
        "revenue_discount": money("discount"),
        "revenue_shipping": money("shipping"),
        "revenue_fees": money("fee"),
        "revenue_adjustments": money("adjustment"),
        "freight": measure("freight"),
        "tax": measure("tax"),
        "new_customers": len(customers) - returning,
        "returning_customers": returning,
        "customer_orders": len(own),
        "orders_per_customer": share(len(own), len(customers)),
        "sale_lines": sale_lines,
        "refund_lines": refund_lines,
        "return_rate_money": share(-money("refund"), gross),
        "return_rate_lines": share(refund_lines, sale_lines),
        "items": items,
        "items_per_order": share(items, len(orders)),
    }


def _day(order: Order) -> date:
    assert order.time is not None
    return order.time.date()


def _change(value: Any, previous: Any) -> dict[str, float | None]:
    change = share = None
    if value is not None and previous is not None:
        change = value - previous
        if previous > 0:
            is_quotient = isinstance(value, float)
            share = change / previous if is_quotient else ratio(change, previous)
    return {
        "value": _as_float(value),
        "previous": _as_float(previous),
        "change": _as_float(change),
        "change_share": share,
    }


def _as_float(value: Any) -> float | None:
    return None if value is None else float(value)
