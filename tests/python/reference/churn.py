"""A logistic regression of standardised features, step by step over lists."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

Row = dict[str, Any]


def sizes(rows: Sequence[Row]) -> list[list[float]]:
    """Return sign(x) log(1 + |x|) of every feature, null being 0."""
    table = []
    for row in rows:
        values = [0.0 if x is None else float(x) for name, x in row.items() if name != "customer"]
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
