"""The time to the second order, with those in mind who may still come back."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import NormalDist
from typing import Any

from reference.customer_history import (
    Key,
    Line,
    lines_before,
    orders_of,
    resolve_as_of,
    sort_key,
)
from reference.selection import Cut, is_reported, is_selected


def durations(
    lines: Sequence[Line],
    as_of: datetime | None = None,
    purchases: str = "positive_amount",
    cut: Cut = Cut(),  # noqa: B008
) -> list[tuple[Key | None, int, bool]]:
    """Return region of the first order, whole days and whether a second order ended them."""
    moment = resolve_as_of(lines, as_of, purchases)
    orders = [order for order in orders_of(lines_before(lines, moment), purchases) if order.time]
    found = []
    for customer in {order.customer for order in orders} - {None}:
        own = [order for order in orders if order.customer == customer]
        times = sorted(order.time for order in own if order.time is not None)
        first = [order for order in own if order.time == times[0]]
        if not is_reported(cut, times[0]) or not any(is_selected(cut, order) for order in first):
            continue
        end = times[1] if len(times) > 1 else moment
        region = min((order.region for order in first), key=sort_key)
        found.append((region, (end - times[0]) // timedelta(days=1), len(times) > 1))
    return found


def curve(
    lines: Sequence[Line],
    as_of: datetime | None = None,
    purchases: str = "positive_amount",
    cut: Cut = Cut(),  # noqa: B008
    by: str | None = None,
    confidence: float = 0.95,
) -> list[dict[str, Any]]:
    """Return one row per group and day."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    found = durations(lines, as_of, purchases, cut)
    groups: Any = sorted({region for region, _, _ in found}, key=sort_key) if by else [None]
    rows = []
    for group in groups:
        own = [(days, back) for region, days, back in found if not by or region == group]
        without, variance = 1.0, 0.0
        for day in range(max((days for days, _ in own), default=-1) + 1):
            at_risk = sum(days >= day for days, _ in own)
            events = sum(days == day and back for days, back in own)
            if events:
                without *= 1 - events / at_risk
                if events < at_risk:
                    variance += events / (at_risk * (at_risk - events))
            lower = upper = None
            if 0 < without < 1:
                reach = z * math.sqrt(variance) / abs(math.log(without))
                lower = 1 - without ** math.exp(-reach)
                upper = 1 - without ** math.exp(reach)
            rows.append(
                ({"group": group} if by else {})
                | {
                    "days": day,
                    "at_risk": at_risk,
                    "events": events,
                    "censored": sum(days == day and not back for days, back in own),
                    "share_with_second": 1 - without,
                    "lower": lower,
                    "upper": upper,
                }
            )
    return rows
