"""Key figures of a shop, in total or by period."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from reference.calendar import has_ended, next_first_day, period_label, periods_between
from reference.customer_history import (
    Line,
    Order,
    kind_of,
    lines_before,
    orders_of,
    resolve_as_of,
)
from reference.money import ratio, total


def summary(
    lines: Sequence[Line],
    as_of: datetime | None = None,
    period: str | None = None,
    purchases: str = "positive_amount",
) -> list[dict[str, Any]]:
    """Return one row in total, or one per period from the first line to the last."""
    as_of = resolve_as_of(lines, as_of, purchases)
    lines = lines_before(lines, as_of)
    orders = [order for order in orders_of(lines, purchases) if order.time is not None]
    days = [line.time.date() for line in lines]
    end = (as_of - timedelta(microseconds=1)).date() + timedelta(days=1)
    if period is None:
        span = {"period": "total", "start": min(days), "end": end, "partial": False}
        return [span | _figures(lines, orders, orders)]

    rows = []
    for first_day in periods_between(min(days), max(days), period):
        after = next_first_day(first_day, period)
        span = {
            "period": period_label(first_day, period),
            "start": first_day,
            "end": min(after, end),
            "partial": not has_ended(first_day, period, as_of),
        }
        here = [line for line in lines if _is_within(line.time, first_day, after)]
        own = [order for order in orders if _is_within(order.time, first_day, after)]
        until_now = [order for order in orders if order.time.date() < after]
        rows.append(span | _figures(here, own, until_now))
    return rows


def _is_within(time: datetime | None, first_day: date, after: date) -> bool:
    return time is not None and first_day <= time.date() < after


def _figures(
    lines: Iterable[Line], orders: Sequence[Order], orders_until_now: Sequence[Order]
) -> dict[str, Any]:
    gross = total([line.amount for line in lines if kind_of(line) == "sale"])
    net = total([line.amount for line in lines])
    guest_net = total([line.amount for line in lines if line.customer is None])
    customers = {order.customer for order in orders} - {None}
    # One of his orders here was at least his second: he has one here and two until now.
    repeat_customers = sum(
        sum(order.customer == customer for order in orders_until_now) >= 2 for customer in customers
    )
    return {
        "revenue_gross": gross,
        "revenue_net": net,
        "orders": len(orders),
        "customers": len(customers),
        "average_order_value": ratio(net, len(orders)) if orders else None,
        "repeat_customers": repeat_customers,
        "repeat_rate": ratio(repeat_customers, len(customers)) if customers else None,
        "guest_orders": sum(order.customer is None for order in orders),
        "guest_revenue_net": guest_net,
        "guest_share": ratio(guest_net, net) if net > 0 else None,
    }
