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


def names(centers: Sequence[Sequence[float]]) -> list[str]:
    """Return the names of clusters that stand in their order."""
    if len(centers) == 1:
        return ["All Customers"]
    found: list[str] = []
    for r, f, m in centers:
        v = (f + m) / 2
        if r < 0:
            name = "Champions" if v >= 1 else "Loyal" if v >= 0 else "New"
        else:
            name = "At Risk" if v >= 0 else "Hibernating"
        number = 1 + sum(other.rstrip(" 0123456789") == name for other in found)
        found.append(name if number == 1 else f"{name} {number}")
    return found


def assign(point: Sequence[float], centers: Sequence[Sequence[float]]) -> tuple[int, float]:
    """Return the nearest center, the first of equally near ones, and the distance to it."""
    squares = [sum((x - c) ** 2 for x, c in zip(point, center, strict=True)) for center in centers]
    nearest = squares.index(min(squares))
    return nearest, math.sqrt(squares[nearest])
