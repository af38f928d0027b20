"""The recipe, the order and the names of customer clusters, slow and obvious."""

import math
from collections.abc import Sequence

Row = tuple[float, float, float]


def scaled(rows: Sequence[Row]) -> tuple[list[Row], Row, Row]:
    """Return the points of customers (recency, frequency, money), means and deviations."""
    logs = [tuple(math.copysign(math.log1p(abs(x)), x) for x in row) for row in rows]
    means, deviations, columns = [], [], []
    for column in zip(*logs, strict=True):
        mean = column[0] if len(set(column)) == 1 else math.fsum(column) / len(column)
        deviation = math.sqrt(math.fsum((x - mean) ** 2 for x in column) / len(column))
        means.append(mean)
        deviations.append(deviation)
        columns.append([(x - mean) / deviation if deviation > 0 else 0.0 for x in column])
    return (
        list(zip(*columns, strict=True)),
        (means[0], means[1], means[2]),
        (deviations[0], deviations[1], deviations[2]),
    )


def name(center: Sequence[float], mean_log_orders: float, deviation: float) -> str:
    """Return the name of a center by the rule."""
    r, f, m = center
    v = (f + m) / 2
    orders = math.expm1(mean_log_orders + deviation * f)
    rules = [
        ("At Risk", r >= 0.5 and v >= 0),
        ("Hibernating", r >= 0.5),
        ("New", r < -0.5 and v < 0 and orders < 1.5),
        ("Promising", r < -0.5 and v < 0),
        ("Occasional", v < 0),
        ("Big Spenders", f <= 0 or orders < 1.5),
        ("Champions", r < -0.5 and v >= 1),
        ("Loyal", True),
    ]
    return next(name for name, holds in rules if holds)


def names(
    centers: Sequence[Sequence[float]], mean_log_orders: float, deviation: float
) -> list[str]:
    """Return the names of clusters that stand in their order."""
    if len(centers) == 1:
        return ["All Customers"]
    found: list[str] = []
    for center in centers:
        own = name(center, mean_log_orders, deviation)
        number = 1 + sum(other.rstrip(" 0123456789") == own for other in found)
        found.append(own if number == 1 else f"{own} {number}")
    return found


def assign(point: Sequence[float], centers: Sequence[Sequence[float]]) -> tuple[int, float]:
    """Return the nearest center, the first of equally near ones, and the distance to it."""
    squares = [sum((x - c) ** 2 for x, c in zip(point, center, strict=True)) for center in centers]
    nearest = squares.index(min(squares))
    return nearest, math.sqrt(squares[nearest])
