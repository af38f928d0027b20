"""Features at a cutoff and labels after it, by looking through all lines."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from reference.customer_history import Line, lines_before, orders_of, sort_key

_DAY = timedelta(days=1)


def features(
    lines: Sequence[Line],
    cutoff: datetime,
    purchases: str = "positive_amount",
    active_within: int = 365,
) -> list[dict[str, Any]]:
    """Return one row per customer with an order in the days before the cutoff."""
    past = lines_before(lines, cutoff)
    orders = [one for one in orders_of(past, purchases) if one.time is not None]
    rows = []
    for customer in sorted({one.customer for one in orders}, key=sort_key):
        times = sorted(one.time for one in orders if one.customer == customer and one.time)
        if customer is None or times[-1] < cutoff - active_within * _DAY:
            continue
        money = sum((line.amount for line in past if line.customer == customer), Decimal(0))
        gap = Fraction((times[-1] - times[0]) // timedelta(microseconds=1), 86_400 * 10**6)
        rows.append(
            {
                "customer": customer,
                "recency_days": (cutoff - times[-1]) // _DAY,
                "frequency": len(times),
                "monetary": money,
                "tenure_days": (cutoff - times[0]) // _DAY,
                "mean_days_between_orders": (
                    float(gap / (len(times) - 1)) if len(times) > 1 else None
                ),
                "is_one_order": len(times) == 1,
                "average_order_value": float(Fraction(money) / len(times)),
                "orders_90d": sum(time >= cutoff - 90 * _DAY for time in times),
                "order_days": len({time.date() for time in times}),
            }
        )
    return rows


def labels(
    lines: Sequence[Line],
    cutoff: datetime,
    horizon: int,
    gap: int = 0,
    purchases: str = "positive_amount",
    active_within: int = 365,
) -> list[int]:
    """Return 1 for each of these customers without an order in the window after the cutoff."""
    start = cutoff + gap * _DAY
    back = {
        one.customer
        for one in orders_of(lines, purchases)
        if one.time is not None and start <= one.time < start + horizon * _DAY
    }
    rows = features(lines, cutoff, purchases, active_within)
    return [int(row["customer"] not in back) for row in rows]
