"""A logistic regression of standardised features, step by step over lists."""

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

Row = dict[str, Any]

NOT_LEARNED = ("customer", "region", "peak_season_share")


def sizes(rows: Sequence[Row], unread: Sequence[str] = NOT_LEARNED) -> list[list[float]]:
    """Return sign(x) log(1 + |x|) of every feature that is learned from, null being 0."""
    table = []
    for row in rows:
        values = [0.0 if x is None else float(x) for name, x in row.items() if name not in unread]
        table.append([math.copysign(math.log1p(abs(x)), x) for x in values])
    return table


def risks(
    training: Sequence[Row], labels: Sequence[int], ranked: Sequence[Row], C: float
) -> list[float]:
    """Return the probability of label 1 for each row of `ranked`."""
    known = sizes(training)
    columns = list(zip(*known, strict=True))
    means = [math.fsum(column) / len(column) for column in columns]
    scales = [
        math.sqrt(math.fsum((x - mean) ** 2 for x in column) / len(column)) or 1.0
        for column, mean in zip(columns, means, strict=True)
    ]

    def standardised(rows: list[list[float]]) -> Any:
        return np.array(
            [
                [1.0, *((x - m) / s for x, m, s in zip(row, means, scales, strict=True))]
                for row in rows
            ]
        )

    X, y = standardised(known), np.array(labels, float)
    penalty = np.diag([0.0] + [1.0 / C] * len(means))
    weights = np.zeros(X.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-X @ weights))
        gradient = X.T @ (p - y) + penalty @ weights
        curvature = X.T @ (X * (p * (1 - p))[:, None]) + penalty
        weights -= np.linalg.solve(curvature, gradient)
    return (1 / (1 + np.exp(-standardised(sizes(ranked)) @ weights))).tolist()


def effects(recipe: Sequence[Row], rows: Sequence[Row]) -> list[list[float]]:
    """Return what each feature of a model adds to the log-odds, row by row."""
    return [
        [
            one["coefficient"] * (size - one["mean"]) / one["scale"]
            for one, size in zip(recipe, own, strict=True)
        ]
        for own in sizes(rows)
    ]


_THEMES = {
    "recency": ["recency_days", "recency_over_gap"],
    "orders": ["frequency", "is_one_order", "order_days", "is_one_order_day"],
    "rhythm": ["mean_days_between_orders", "gap_trend", "is_trend_known"],
    "recent": ["orders_90d", "recent_order_days"],
    "money": ["monetary", "average_order_value"],
    "tenure": ["tenure_days"],
    "products": [
        "lines_per_order",
        "items",
        "unique_products",
        "unique_categories",
        "median_line_items",
        "median_product_buyers",
    ],
    "returns": ["return_rate_money", "return_rate_lines"],
    "discounts": ["discount_share"],
}


def themes(told: Row, customer: Row) -> list[str]:
    """Return the themes that set a customer apart in his direction, the weightiest first."""
    parts = {theme: list(names) for theme, names in _THEMES.items()}
    for name in told:
        fact = name.removesuffix("_effect").removesuffix("_known")
        if fact.startswith("fact_"):
            parts.setdefault(fact, []).append(name.removesuffix("_effect"))

    def few(theme: str, *names: str) -> None:
        """Count what is null of too few orders as orders."""
        parts[theme] = [name for name in parts[theme] if name not in names]
        parts["orders"] += names

    if customer["is_one_order"]:
        few("rhythm", "mean_days_between_orders")
    if customer["is_one_order_day"]:
        few("recency", "recency_over_gap")
    if not customer["is_trend_known"]:
        few("rhythm", "gap_trend", "is_trend_known")
    sign = 1 if told["log_odds"] >= told["base_log_odds"] else -1
    sums = {
        theme: sign * math.fsum(told.get(f"{name}_effect", 0.0) for name in names)
        for theme, names in parts.items()
    }
    return sorted((theme for theme in sums if sums[theme] > 0), key=lambda theme: -sums[theme])


def words(theme: str, customer: Row, is_raised: bool) -> str:
    """Say what a theme is of one customer, whose risk it raises or lowers."""

    def some(number: int, one: str) -> str:
        return f"{number} {one}" + ("" if number == 1 else "s")

    is_one = customer["is_one_order"]
    gap = math.floor((customer["mean_days_between_orders"] or 0.0) + 0.5)
    if theme == "recency":
        ago = some(customer["recency_days"], "day")
        usual = "less than a day" if gap == 0 else str(gap)
        if is_one:
            return f"{ago} since the only order"
        is_beyond = customer["recency_days"] > gap
        named = f", the usual gap is {usual}" if is_beyond == is_raised else ""
        return f"{ago} since the last order{named}"
    if theme == "orders":
        days = some(customer["order_days"], "day")
        return "only one order so far" if is_one else f"{customer['frequency']} orders on {days}"
    if theme == "rhythm":
        return ("less than a day" if gap == 0 else some(gap, "day")) + " between orders on average"
    if theme == "recent":
        number = customer["orders_90d"]
        return (some(number, "order") if number else "no order") + " in the last 90 days"
    if theme == "money":
        spent = Decimal(customer["monetary"])
        cent = Decimal("0.01")
        whole = f"{abs(spent).quantize(cent, ROUND_HALF_UP)}"
        if spent < 0:
            return f"{whole} more returned than bought"
        each = (spent / customer["frequency"]).quantize(cent, ROUND_HALF_UP)
        return f"{whole} spent" if is_one else f"{whole} spent, {each} an order"
    if theme == "products":
        if "unique_products" in customer:
            return some(customer["unique_products"], "different product") + " so far"
        return some(math.floor(customer["lines_per_order"] + 0.5), "line") + " an order on average"
    if theme == "returns":
        rate = customer["return_rate_money"] or 0.0
        told = f"{math.floor(100 * rate + 0.5)} % of the money returned"
        return told if rate > 0 else "nothing returned"
    if theme == "discounts":
        rate = customer["discount_share"] or 0.0
        told = f"{math.floor(100 * rate + 0.5)} % discount so far"
        return told if rate > 0 else "no discount so far"
    if theme.startswith("fact_"):
        name = theme.removeprefix("fact_").replace("_", " ")
        value = customer[theme]
        return f"no {name} known" if value is None else f"{name} {Decimal(value):.2f}"
    return f"first order {some(customer['tenure_days'], 'day')} ago"


def spend(rows: Sequence[tuple[float, int, float]]) -> tuple[list[float], list[float]]:
    """Return the fifths of the money of those who ordered, and their mean spend by fifth."""
    ordered = [(monetary, revenue) for monetary, label, revenue in rows if label == 0]
    monies = sorted(monetary for monetary, _ in ordered)
    edges = [float(monies[(len(monies) - 1) * i // 5]) for i in range(1, 5)]
    means = []
    for band in range(5):
        own = [
            revenue
            for monetary, revenue in ordered
            if sum(edge < monetary for edge in edges) == band
        ]
        means.append(max(0.0, math.fsum(own) / len(own)))
    return edges, means


def revenue_at_risk(
    ranking: Sequence[Row], edges: Sequence[float], means: Sequence[float]
) -> dict[str, tuple[float, float]]:
    """Return the spend if all order, and that at risk, by risk band and of all."""
    sums = dict.fromkeys(("high", "medium", "low", "all"), (0.0, 0.0))
    for row in ranking:
        each = means[sum(edge < row["monetary"] for edge in edges)]
        for band in (row["risk_band"], "all"):
            whole, at_risk = sums[band]
            sums[band] = (whole + each, at_risk + row["churn_risk"] * each)
    return sums
