"""Cuts of the orders, applied to lists of lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from reference.customer_history import (
    Key,
    Line,
    Order,
    lines_before,
    orders_of,
    resolve_as_of,
    sort_key,
)


@dataclass(frozen=True)
class Cut:
    """What `ea.Selection` is told; None: no such condition."""

    start: date | None = None
    end: date | None = None
    line_regions: frozenset[Key | None] | None = None  # As a dimension: one line is enough.
    regions: frozenset[Key | None] | None = None  # The order's own.
    orders: frozenset[Key] | None = None
    customers: frozenset[Key] | None = None


def is_selected(cut: Cut, order: Order) -> bool:
    """Tell whether the sets of a cut let an order in, whatever its day."""
    regions = {line.region for line in order.lines}
    return (
        (cut.line_regions is None or bool(regions & cut.line_regions))
        and (cut.regions is None or order.region in cut.regions)
        and (cut.orders is None or order.key in cut.orders)
        and (cut.customers is None or order.customer in cut.customers)
    )


def is_reported(cut: Cut, moment: datetime) -> bool:
    """Tell whether a moment lies in the report window."""
    return (cut.start is None or moment.date() >= cut.start) and (
        cut.end is None or moment.date() < cut.end
    )


def facts(
    lines: Sequence[Line], cut: Cut, as_of: datetime | None, purchases: str
) -> dict[str, Any]:
    """Return what each analysis sums up under a cut, and the first order of each customer."""
    moment = resolve_as_of(lines, as_of, purchases)
    orders = orders_of(lines_before(lines, moment), purchases)
    selected = [order for order in orders if is_selected(cut, order)]
    counted = [
        order for order in selected if order.time is not None and is_reported(cut, order.time)
    ]
    summed = [
        (order, line) for order in selected for line in order.lines if is_reported(cut, line.time)
    ]
    first: dict[Key, datetime] = {}
    for order in orders:
        if order.time is not None and order.customer is not None:
            first[order.customer] = min(order.time, first.get(order.customer, order.time))
    return {
        "as_of": moment,
        "counted": counted,
        "summed": summed,
        "net": sum((line.amount for _, line in summed), Decimal(0)),
        "first": {
            customer: time
            for customer, time in first.items()
            if cut.customers is None or customer in cut.customers
        },
    }


def people_at_home(
    lines: Sequence[Line], regions: frozenset[Key | None], as_of: datetime | None, purchases: str
) -> frozenset[Key]:
    """Return the customers whose first order lies in one of these regions."""
    moment = resolve_as_of(lines, as_of, purchases)
    bought: dict[Key, list[Order]] = {}
    for order in orders_of(lines_before(lines, moment), purchases):
        if order.time is not None and order.customer is not None:
            bought.setdefault(order.customer, []).append(order)
    homes = {}
    for customer, orders in bought.items():
        first = min(order.time for order in orders if order.time is not None)
        regions_then = [order.region for order in orders if order.time == first]
        homes[customer] = min(regions_then, key=sort_key)  # Ties: the least key.
    return frozenset(customer for customer, home in homes.items() if home in regions)
