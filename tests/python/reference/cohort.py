"""Customers by the period of their first order, followed over the periods after it."""

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from statistics import NormalDist
from typing import Any

from reference.calendar import first_day_of, has_ended, midnight, next_first_day, periods_between
from reference.customer_history import Key, Line, lines_before, orders_of, resolve_as_of
from reference.money import ratio, total


def retention(
    lines: Sequence[Line],
    as_of: datetime | None = None,
    period: str = "month",
    measure: str = "customers",
    confidence: float = 0.95,
    purchases: str = "positive_amount",
) -> list[dict[str, Any]]:
    """Return one row per cohort and period number, bounded: active means an order in the period."""
    as_of = resolve_as_of(lines, as_of, purchases)
    lines = lines_before(lines, as_of)
    orders = [
        order
        for order in orders_of(lines, purchases)
        if order.time is not None and order.customer is not None
    ]
    first_order: dict[Key, datetime] = {}
    for order in orders:
        first_order[order.customer] = min(order.time, first_order.get(order.customer, order.time))
    members: dict[date, set[Key]] = defaultdict(set)
    for customer, time in first_order.items():
        members[first_day_of(time.date(), period)].add(customer)
    if not members:
        return []

    last_moment = as_of - timedelta(microseconds=1)
    num_periods = len(periods_between(min(members), last_moment.date(), period))
    last_day_of_data = max(line.time for line in lines).date()
    rows = []
    for cohort in sorted(members):
        first_day = cohort
        for number in range(num_periods):
            after = next_first_day(first_day, period)
            own_orders = [
                order
                for order in orders
                if order.customer in members[cohort] and first_day <= order.time.date() < after
            ]
            # Money from before the first order belongs to period 0.
            money = [
                line.amount
                for line in lines
                if line.customer in members[cohort]
                and line.time.date() < after
                and (line.time.date() >= first_day or number == 0)
            ]
            value = {
                "customers": len({order.customer for order in own_orders}),
                "orders": len(own_orders),
                "revenue": total(money),
            }[measure]
            if number == 0:
                value_at_first = value
            observable = first_day <= last_day_of_data
            has_rate = observable and value_at_first > 0
            has_interval = has_rate and measure == "customers" and number > 0
            lower, upper = (
                wilson_interval(value, value_at_first, confidence) if has_interval else (None, None)
            )
            rows.append(
                {
                    "cohort": cohort,
                    "period": number,
                    "size": len(members[cohort]),
                    "value": value if observable else None,
                    "rate": ratio(value, value_at_first) if has_rate else None,
                    "lower": lower,
                    "upper": upper,
                    "observable": observable,
                    "partial": midnight(first_day) < as_of
                    and not has_ended(first_day, period, as_of),
                }
            )
            first_day = after
    return rows


def mean_retention(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the retention of all cohorts together, over the cells that were seen whole."""
    result = []
    for number in sorted({row["period"] for row in rows}):
        whole = [
            row
            for row in rows
            if row["period"] == number and row["observable"] and not row["partial"]
        ]
        active = sum(row["value"] for row in whole)
        members = sum(row["size"] for row in whole)
        rates = [Fraction(row["value"], row["size"]) for row in whole]
        result.append(
            {
                "period": number,
                "num_cohorts": len(whole),
                "weighted": ratio(active, members) if whole else None,
                "simple": float(sum(rates) / len(rates)) if whole else None,
            }
        )
    return result


def wilson_interval(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """Return the score interval of a share (Wilson, 1927)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / trials
    middle = share + z * z / (2 * trials)
    reach = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return (
        max(0.0, (middle - reach) / (1 + z * z / trials)),
        min(1.0, (middle + reach) / (1 + z * z / trials)),
    )
