"""Who moved between segments, from the orders and lines of each customer."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from math import sqrt
from typing import Any

from reference.customer_history import Line, lines_before, orders_of, resolve_as_of

_Z = 1.959963984540054


def wilson(number: int, size: int) -> tuple[float, float]:
    """Return where the score test of a share stops refusing it: the roots of a quadratic."""
    share = number / size
    a, b, c = 1 + _Z**2 / size, -(2 * share + _Z**2 / size), share**2
    root = sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def moves(
    lines: Sequence[Line],
    start: datetime,
    end: datetime | None,
    segments: Callable[[Sequence[Line], datetime], dict[Any, str]],
    names: Sequence[str],
    purchases: str = "positive_amount",
) -> list[dict[str, Any]]:
    """Return one row per pair of segments; `segments` tells those of all customers at a moment."""
    end = resolve_as_of(lines, end, purchases)
    before, after = segments(lines, start), segments(lines, end)
    known = lines_before(lines, end)
    ordered = {
        order.customer
        for order in orders_of(known, purchases)
        if order.time is not None and order.time >= start
    }
    rows = []
    for origin in [*names, "new"]:
        own = [one for one in after if before.get(one, "new") == origin]
        for goal in names:
            moved = [one for one in own if after[one] == goal]
            share = len(moved) / len(own) if own else None
            lower, upper = wilson(len(moved), len(own)) if own else (None, None)
            rows.append(
                {
                    "from_segment": origin,
                    "to_segment": goal,
                    "customers": len(moved),
                    "origin_customers": len(own),
                    "probability": share,
                    "lower": lower,
                    "upper": upper,
                    "baseline": list(after.values()).count(goal) / len(after),
                    "without_order": sum(one not in ordered for one in moved),
                    "revenue": sum(
                        (x.amount for x in known if x.customer in moved and x.time >= start),
                        Decimal("0.0000"),
                    ),
                }
            )
    return rows
