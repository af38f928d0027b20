"""Orders, customers and money by region."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reference.customer_history import Line, lines_before, orders_of, resolve_as_of, sort_key
from reference.money import ratio, total


def by_region(
    lines: Sequence[Line], as_of: datetime | None = None, purchases: str = "positive_amount"
) -> list[dict[str, Any]]:
    """Return one row per region by key, the unknown one last; an order has one region."""
    as_of = resolve_as_of(lines, as_of, purchases)
    orders = orders_of(lines_before(lines, as_of), purchases)
    whole = total([line.amount for order in orders for line in order.lines])
    rows = []
    for region in sorted({order.region for order in orders}, key=sort_key):
        here = [order for order in orders if order.region == region]
        counted = [order for order in here if order.time is not None]
        revenue = total([line.amount for order in here for line in order.lines])
        rows.append(
            {
                "region": region,
                "orders": len(counted),
                "customers": len({order.customer for order in counted} - {None}),
                "revenue": revenue,
                "share": ratio(revenue, whole) if whole > 0 else None,
            }
        )
    return rows
