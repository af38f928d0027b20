"""Features at a cutoff and labels after it, by looking through all lines."""

import itertools
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from reference.customer_history import Line, kind_of, lines_before, orders_of, sort_key

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
    has_discount = any(kind_of(line) == "discount" for line in past)
    rows = []
    for customer in sorted({one.customer for one in orders}, key=sort_key):
        times = sorted(one.time for one in orders if one.customer == customer and one.time)
        if customer is None or times[-1] < cutoff - active_within * _DAY:
            continue
        money = sum((line.amount for line in past if line.customer == customer), Decimal(0))
        own = [line for line in past if line.customer == customer]
        days = sorted({time.date() for time in times})
        last_times = [max(time for time in times if time.date() == day) for day in days]
        gaps = [(b - a).days for a, b in itertools.pairwise(days)]
        kinds = {
            kind: [line.amount for line in own if kind_of(line) == kind]
            for kind in ("sale", "refund", "discount")
        }
        first = [one for one in orders if one.customer == customer and one.time == times[0]]
        recency_days = (cutoff - times[-1]) // _DAY
        gap = Fraction((times[-1] - times[0]) // timedelta(microseconds=1), 86_400 * 10**6)
        rows.append(
            {
                "customer": customer,
                "recency_days": recency_days,
                "frequency": len(times),
                "monetary": money,
                "tenure_days": (cutoff - times[0]) // _DAY,
                "mean_days_between_orders": (
                    float(gap / (len(times) - 1)) if len(times) > 1 else None
                ),
                "is_one_order": len(times) == 1,
                "average_order_value": float(Fraction(money) / len(times)),
                "orders_90d": sum(time >= cutoff - 90 * _DAY for time in times),
                "order_days": len(days),
                "recency_over_gap": _mean_ratio(recency_days, gaps, 1),
                "is_one_order_day": len(days) == 1,
                "gap_trend": _mean_ratio(gaps[-1] if gaps else 0, gaps, 2),
                "is_trend_known": len(days) > 2,
                "recent_order_days": sum(
                    round(10_000 * 2 ** (-((cutoff - time) // _DAY) / 90)) for time in last_times
                )
                / 10_000,
                "peak_season_share": sum(time.month >= 11 for time in times) / len(times),
                "lines_per_order": len(kinds["sale"]) / len(times),
                "return_rate_money": _ratio(-sum(kinds["refund"]), sum(kinds["sale"])),
                "return_rate_lines": _ratio(len(kinds["refund"]), len(kinds["sale"])),
                **(
                    {"discount_share": _ratio(-sum(kinds["discount"]), sum(kinds["sale"]))}
                    if has_discount
                    else {}
                ),
                "region": min((one.region for one in first), key=sort_key),
            }
        )
    return rows


def told_by_lines(
    lines: Mapping[str, Any], facts: Mapping[str, Any], cutoff: datetime
) -> dict[Any, dict[str, Any]]:
    """Return by customer what products, quantities, a measure of discounts and facts tell."""
    rows = [dict(zip(lines, row, strict=True)) for row in zip(*lines.values(), strict=True)]
    past = [row for row in rows if row["timestamp"] < np.datetime64(cutoff)]
    by_customer: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    customer_of = {}
    for row in past:
        by_customer[row["customer"]].append(row)
        customer_of[row["order"]] = row["customer"]
    buyers = defaultdict(set)
    for row in past:
        if row["kind"] == "sale":
            buyers[row["product"]].add(row["customer"])
    known: dict[tuple[str, Any], list[Fraction]] = defaultdict(list)
    for order, known_at, name, value in zip(*facts.values(), strict=True):
        if known_at < np.datetime64(cutoff) and order in customer_of:
            number = Fraction(round(value * 10_000), 10_000)
            known[f"fact_{name}", customer_of[order]].append(number)
    names = sorted({name for name, _ in known})
    told = {}
    for customer, own in by_customer.items():
        sales = [row for row in own if row["kind"] == "sale"]
        listed = sum(_money(row["measure discount"]) for row in own)
        given = -sum(_money(row["amount"]) for row in own if row["kind"] == "discount")
        sold = sum(_money(row["amount"]) for row in sales)
        products = {row["product"] for row in sales} - {None}
        told[customer] = {
            "median_line_items": _median([int(row["quantity"]) for row in sales]),
            "median_product_buyers": _median([len(buyers[product]) for product in products]),
            "items": Decimal(sum(int(row["quantity"]) for row in sales)),
            "unique_products": len(products),
            "unique_categories": len({row["category"] for row in sales}),
            "discount_share": _ratio(given + listed, sold + listed),
        }
        for name in names:
            values = known.get((name, customer), [])
            told[customer][name] = float(sum(values) / len(values)) if values else None
            told[customer][f"{name}_known"] = bool(values)
    return told


def gaps(lines: Sequence[Line], as_of: datetime | None, purchases: str) -> list[int]:
    """Return the civil days between the days with an order of each known customer."""
    past = lines if as_of is None else lines_before(lines, as_of)
    days = defaultdict(set)
    for one in orders_of(past, purchases):
        if one.time is not None and one.customer is not None:
            days[one.customer].add(one.time.date())
    ordered = [sorted(own) for own in days.values()]
    return [(b - a).days for own in ordered for a, b in itertools.pairwise(own)]


def least_covering(values: Sequence[int], share: float) -> int:
    """Return the least value that at least that share of them do not exceed."""
    return next(
        value
        for value in sorted(values)
        if sum(one <= value for one in values) >= share * len(values)
    )


def _median(values: Sequence[int]) -> float | None:
    return float(statistics.median(values)) if values else None


def _money(value: float) -> Fraction:
    return Fraction(round(value * 10_000), 10_000)


def _mean_ratio(days: int, gaps: list[int], least: int) -> float | None:
    """Return days over the mean gap; None below so many gaps."""
    return float(Fraction(days * len(gaps), sum(gaps))) if len(gaps) >= least else None


def _ratio(part: Decimal | Fraction | int, whole: Decimal | Fraction | int) -> float | None:
    return float(Fraction(part) / Fraction(whole)) if whole > 0 else None


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
