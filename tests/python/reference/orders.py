"""The orders, the order lines and the customers behind a figure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from reference.customer_history import (
    Key,
    Line,
    Order,
    kind_of,
    lines_before,
    orders_of,
    resolve_as_of,
    sort_key,
)
from reference.selection import Cut, facts, is_reported, is_selected

KINDS = ("sale", "refund", "shipping", "fee", "discount", "adjustment")


def list_orders(
    lines: Sequence[Line],
    as_of: datetime | None = None,
    purchases: str = "positive_amount",
    cut: Cut = Cut(),  # noqa: B008
    customers: frozenset[Key | None] | None = None,
) -> list[dict[str, Any]]:
    """Return one row per order that counts, by time and then by key."""
    moment = resolve_as_of(lines, as_of, purchases)
    everyone = [order for order in orders_of(lines_before(lines, moment), purchases) if order.time]
    rows = []
    for order in sorted(everyone, key=_turn):
        if not is_selected(cut, order) or not is_reported(cut, _time(order)):
            continue
        if customers is not None and order.customer not in customers:
            continue
        before = [
            other
            for other in everyone
            if other.customer == order.customer and _turn(other) < _turn(order)
        ]
        known = order.customer is not None
        last = max((_time(other) for other in before), default=None)
        reported = [line for line in order.lines if is_reported(cut, line.time)]
        rows.append(
            {
                "order": order.key,
                "customer": order.customer,
                "time": order.time,
                "region": order.region,
                "revenue": sum((line.amount for line in reported), Decimal(0)),
                "lines": len(reported),
                "number": len(before) + 1 if known else None,
                "days_since_previous": (_time(order) - last) // timedelta(days=1)
                if known and last is not None
                else None,
            }
        )
    return rows


def _time(order: Order) -> datetime:
    assert order.time is not None
    return order.time


def _turn(order: Order) -> tuple[datetime, tuple[int, int | bytes]]:
    return _time(order), sort_key(order.key)


def list_lines(
    lines: Sequence[Line],
    as_of: datetime | None = None,
    purchases: str = "positive_amount",
    cut: Cut = Cut(),  # noqa: B008
) -> list[dict[str, Any]]:
    """Return the lines of selected orders on reported days."""
    before = lines if as_of is None else lines_before(lines, as_of)
    listed = [
        line
        for order in orders_of(before, purchases)
        if is_selected(cut, order)
        for line in order.lines
        if is_reported(cut, line.time)
    ]
    listed.sort(
        key=lambda line: (
            line.time,
            sort_key(line.order),
            KINDS.index(kind_of(line)),
            line.amount,
            sort_key(line.region),
        )
    )
    return [
        {
            "order": line.order,
            "customer": line.customer,
            "time": line.time,
            "kind": kind_of(line),
            "amount": line.amount,
            "region": line.region,
        }
        for line in listed
    ]


def list_customers(
    lines: Sequence[Line],
    as_of: datetime | None = None,
    purchases: str = "positive_amount",
    cut: Cut = Cut(),  # noqa: B008
) -> list[dict[str, Any]]:
    """Return the known customers with an order that counts, by key."""
    found = facts(lines, cut, as_of, purchases)
    rows = []
    for customer in sorted({order.customer for order in found["counted"]} - {None}, key=sort_key):
        own = [order for order in found["counted"] if order.customer == customer]
        rows.append(
            {
                "customer": customer,
                "orders": len(own),
                "revenue": sum(
                    (line.amount for order, line in found["summed"] if order.customer == customer),
                    Decimal(0),
                ),
                "first_order": min(order.time for order in own),
                "last_order": max(order.time for order in own),
            }
        )
    return rows
