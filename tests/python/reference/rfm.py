"""Recency, frequency and monetary value of each customer, their scores and segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from reference.customer_history import Line, lines_before, orders_of, resolve_as_of, sort_key
from reference.money import ratio, total

# By recency score, then by the mean of frequency and monetary score (`ten`: frequency score) from
# 1 to 5.
_RULES = {
    "default": {
        5: "New Customers|Potential Loyalists|Potential Loyalists|Champions|Champions",
        4: "Promising|Promising|Potential Loyalists|Loyal Customers|Loyal Customers",
        3: "About To Sleep|About To Sleep|Needs Attention|Loyal Customers|Loyal Customers",
        2: "Hibernating|Hibernating|At Risk|At Risk|At Risk",
        1: "Lost|Lost|At Risk|Cannot Lose Them|Cannot Lose Them",
    },
    "six": {
        5: "Potential Loyalist|Potential Loyalist|Potential Loyalist|Champions|Champions",
        4: "Potential Loyalist|Potential Loyalist|Potential Loyalist|Champions|Champions",
        3: "Needs Attention|Needs Attention|Needs Attention|Loyal Customers|Loyal Customers",
        2: "Lost|Lost|At Risk|At Risk|At Risk",
        1: "Lost|Lost|At Risk|At Risk|At Risk",
    },
    "ten": {
        5: "New Customers|Potential Loyalists|Potential Loyalists|Champions|Champions",
        4: "Promising|Potential Loyalists|Potential Loyalists|Loyal Customers|Loyal Customers",
        3: "About To Sleep|About To Sleep|Needs Attention|Loyal Customers|Loyal Customers",
        2: "Hibernating|Hibernating|At Risk|At Risk|Cannot Lose Them",
        1: "Hibernating|Hibernating|At Risk|At Risk|Cannot Lose Them",
    },
}


def edges(values: Sequence[Fraction], n_bins: int) -> list[Fraction]:
    """Return the n_bins - 1 quantiles of type 7 (Hyndman and Fan, 1996), exactly."""
    ordered = sorted(values)
    result = []
    for bin_number in range(1, n_bins):
        place = Fraction(bin_number, n_bins) * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        result.append(ordered[below] + (place - below) * (ordered[above] - ordered[below]))
    return result


def quantile_scores(values: Sequence[Fraction], n_bins: int, more_is_better: bool) -> list[int]:
    """Return the score of each value: 1 is worst, n_bins best, equal values score equally."""
    if len(set(values)) == 1:
        return [n_bins // 2 + 1] * len(values)
    cuts = edges(values, n_bins) if values else []
    passed = [sum(edge < value for edge in cuts) for value in values]
    return [1 + count if more_is_better else n_bins - count for count in passed]


def threshold_scores(
    values: Sequence[Fraction], thresholds: Sequence[Fraction], more_is_better: bool
) -> list[int]:
    """Return the score of each value by edges that were told; an equal value is not above."""
    passed = [sum(edge < value for edge in thresholds) for value in values]
    return [1 + count if more_is_better else len(thresholds) + 1 - count for count in passed]


@dataclass(frozen=True)
class Cut:
    """What is summed up: days, customers and regions; None is all of them."""

    window_days: int | None = None
    start: date | None = None
    end: date | None = None
    customers: frozenset[Any] | None = None
    regions: frozenset[Any] | None = None

    def first_day(self, as_of: datetime) -> date:
        """Return the first day that is summed up."""
        first = self.start or date.min
        if self.window_days is not None:
            last = (as_of - timedelta(microseconds=1)).date()
            ordinal = max(1, last.toordinal() - self.window_days + 1)  # Python's days begin at 1.
            first = max(first, date.fromordinal(ordinal))
        return first

    def has_day(self, day: date, as_of: datetime) -> bool:
        """Tell whether a day is summed up."""
        return self.first_day(as_of) <= day and (self.end is None or day < self.end)


def score(
    lines: Sequence[Line],
    as_of: datetime | None = None,
    n_bins: int = 5,
    purchases: str = "positive_amount",
    cut: Cut | None = None,
    thresholds: dict[str, Sequence[Fraction]] | None = None,
) -> list[dict[str, Any]]:
    """Return one row per known customer with an order that is summed up, by key."""
    cut = cut or Cut()
    as_of = resolve_as_of(lines, as_of, purchases)
    orders = [
        order
        for order in orders_of(lines_before(lines, as_of), purchases)
        if order.customer is not None
        and (cut.customers is None or order.customer in cut.customers)
        and (cut.regions is None or order.region in cut.regions)
    ]
    counted = [
        order
        for order in orders
        if order.time is not None and cut.has_day(order.time.date(), as_of)
    ]
    rows = []
    for customer in sorted({order.customer for order in counted}, key=sort_key):
        times = [order.time for order in counted if order.customer == customer]
        amounts = [
            line.amount
            for order in orders
            for line in order.lines
            if order.customer == customer and cut.has_day(line.time.date(), as_of)
        ]
        rows.append(
            {
                "customer": customer,
                "recency_days": (as_of - max(times)) // timedelta(days=1),
                "frequency": len(times),
                "monetary": total(amounts),
            }
        )
    for column, name, more_is_better in (
        ("recency_days", "r_score", False),
        ("frequency", "f_score", True),
        ("monetary", "m_score", True),
    ):
        values = [Fraction(row[column]) for row in rows]
        points = (
            quantile_scores(values, n_bins, more_is_better)
            if thresholds is None
            else threshold_scores(values, thresholds[column], more_is_better)
        )
        for row, point in zip(rows, points, strict=True):
            row[name] = point
    return rows


Box = tuple[range, range, range, str]
"""Scores of recency, of the second one and of money that a rule holds, and its segment."""


def first_rule(boxes: Sequence[Box], r: int, second: int, m: int) -> int | None:
    """Return the place of the first rule that holds a cell."""
    for place, (r_range, second_range, m_range, _) in enumerate(boxes):
        if r in r_range and second in second_range and m in m_range:
            return place
    return None


def second_score(second: str, row: dict[str, Any]) -> int:
    """Return the score beside recency: of frequency, or the mean with money, halves up."""
    return row["f_score"] if second == "f" else (row["f_score"] + row["m_score"] + 1) // 2


def faults_of(boxes: Sequence[Box], n_bins: int) -> tuple[bool, set[int]]:
    """Tell whether a cell has no rule, and which rules get no cell."""
    scores = range(1, n_bins + 1)
    taken = [first_rule(boxes, r, s, m) for r in scores for s in scores for m in scores]
    return None in taken, set(range(len(boxes))) - set(taken)


def overlaps_of(boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """Return the pairs of rules that share a cell."""
    return [
        (i, j)
        for i in range(len(boxes))
        for j in range(i + 1, len(boxes))
        if all(set(a) & set(b) for a, b in zip(boxes[i][:3], boxes[j][:3], strict=True))
    ]


def segment(rows: Sequence[dict[str, Any]], rules: str = "default") -> list[dict[str, Any]]:
    """Return the same rows with the segment of each customer, for five bins."""
    return [row | {"segment": segment_of(rules, row)} for row in rows]


def segment_of(rules: str, row: dict[str, Any]) -> str:
    """Return the segment of one row of scores."""
    second = second_score("f" if rules == "ten" else "fm", row)
    return _RULES[rules][row["r_score"]].split("|")[second - 1]


def segment_names(rules: str) -> set[str]:
    """Return every segment of a rule set."""
    return {name for row in _RULES[rules].values() for name in row.split("|")}


def summarize(
    rows: Sequence[dict[str, Any]], strategies: dict[str, str]
) -> dict[str, dict[str, Any]]:
    """Return by segment how many customers it has, what they bring, and what is typical of them.

    `strategies` holds every segment.
    """
    revenue = total([row["monetary"] for row in rows])
    result = {}
    for name, strategy in strategies.items():
        own = [row for row in rows if row["segment"] == name]
        money = total([row["monetary"] for row in own])
        result[name] = {
            "segment": name,
            "customers": len(own),
            "customer_share": ratio(len(own), len(rows)) if rows else None,
            "revenue": money,
            "revenue_share": ratio(money, revenue) if revenue > 0 else None,
        }
        for column in ("recency_days", "frequency", "monetary"):
            values = sorted(Fraction(row[column]) for row in own)
            result[name][f"mean_{column}"] = mean(values)
            result[name][f"median_{column}"] = median(values)
        orders = sum(row["frequency"] for row in own)
        result[name]["average_order_value"] = ratio(money, orders) if orders else None
        result[name]["strategy"] = strategy
    return result


def mean(values: Sequence[Fraction]) -> float | None:
    """Return the double nearest to the mean."""
    return float(sum(values, Fraction()) / len(values)) if values else None


def median(values: Sequence[Fraction]) -> float | None:
    """Return the double nearest to the middle of sorted values."""
    if not values:
        return None
    middle = len(values) // 2
    return float((values[(len(values) - 1) // 2] + values[middle]) / 2)


def share_of(count: int, share: float) -> int:
    """Return the whole part of a share, read to the nearest millionth."""
    return int(Fraction(round(share * 1_000_000), 1_000_000) * count)


def tier_of(value: Fraction, all_values: Sequence[Fraction], cuts: Sequence[float]) -> int:
    """Return the tier, 0 is the best: all that have as much must stand before its cut."""
    as_good = sum(other >= value for other in all_values)
    return sum(as_good > share_of(len(all_values), cut) for cut in cuts)


def tiers(
    rows: Sequence[dict[str, Any]], names: Sequence[str], cuts: Sequence[float]
) -> list[dict[str, Any]]:
    """Return the tier of each customer and the least money that lifts him a tier."""
    values = [Fraction(row["monetary"]) for row in rows]
    step = Fraction(1, 10_000)
    result = []
    for position, (row, value) in enumerate(zip(rows, values, strict=True)):
        tier = tier_of(value, values, cuts)
        others = values[:position] + values[position + 1 :]
        # A tier changes only where the money of another customer is met or passed.
        lifts = [
            wished - value
            for wished in sorted({other + more for other in others for more in (0, step)})
            if wished > value and tier_of(wished, [*others, wished], cuts) < tier
        ]
        result.append(
            {
                "customer": row["customer"],
                "monetary": row["monetary"],
                "tier": names[tier],
                "to_next_tier": min(lifts) if lifts else None,
            }
        )
    return result


def summarize_tiers(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    """Sum rows of customers up by their tier."""
    whole = total([row["monetary"] for row in rows])
    result = []
    for name in names:
        values = [row["monetary"] for row in rows if row["tier"] == name]
        result.append(
            {
                "tier": name,
                "customers": len(values),
                "customer_share": ratio(len(values), len(rows)) if rows else None,
                "revenue": total(values),
                "revenue_share": ratio(total(values), whole) if whole > 0 else None,
                "mean_monetary": ratio(total(values), len(values)) if values else None,
            }
        )
    return result


def concentration(
    rows: Sequence[dict[str, Any]], top_shares: Sequence[float]
) -> list[dict[str, Any]]:
    """Return what the best shares of the customers bring."""
    values = sorted((row["monetary"] for row in rows), reverse=True)
    whole = total(values)
    return [
        {
            "top_share": share,
            "customers": share_of(len(values), share),
            "revenue": total(values[: share_of(len(values), share)]),
            "revenue_share": ratio(total(values[: share_of(len(values), share)]), whole)
            if whole > 0
            else None,
        }
        for share in top_shares
    ]


def lorenz(rows: Sequence[dict[str, Any]], num_points: int) -> list[dict[str, Any]]:
    """Return what the poorest customers bring, from none to all of them."""
    values = sorted(row["monetary"] for row in rows)
    whole = total(values)
    counts = [int(Fraction(i, num_points - 1) * len(values)) for i in range(num_points)]
    return [
        {
            "customers": count,
            "customer_share": ratio(count, len(values)) if values else None,
            "revenue": total(values[:count]),
            "revenue_share": ratio(total(values[:count]), whole) if whole > 0 else None,
        }
        for count in counts
    ]


def gini(rows: Sequence[dict[str, Any]]) -> float | None:
    """Return half the mean difference of two customers over the mean (Gini, 1914)."""
    values = [Fraction(row["monetary"]) for row in rows]
    if not values or min(values) < 0 or sum(values) == 0:
        return None
    differences = sum(abs(a - b) for a in values for b in values)
    return float(differences / (2 * len(values) * sum(values)))
