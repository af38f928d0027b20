"""Logistic regression the slow and obvious way: loops over rows, Gaussian elimination."""

import math
from collections.abc import Sequence

Row = Sequence[float]


def log_odds(beta: Sequence[float], row: Row) -> float:
    """Return intercept + row · coefficients; the intercept comes first."""
    return math.fsum([beta[0], *(b * x for b, x in zip(beta[1:], row, strict=True))])


def probability(odds: float) -> float:
    """Return 1 / (1 + exp(-odds)), without overflow."""
    return 1 / (1 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1 + math.exp(odds))


def loss(odds: float, label: int) -> float:
    """Return minus the logarithm of the label's probability."""
    margin = odds if label else -odds
    return max(-margin, 0.0) + math.log1p(math.exp(-abs(margin)))


def objective(
    beta: Sequence[float], X: Sequence[Row], y: Sequence[int], weights: Sequence[float], C: float
) -> float:
    """Return the sum of the losses and the penalty."""
    losses = [
        w * loss(log_odds(beta, row), label) for row, label, w in zip(X, y, weights, strict=True)
    ]
    return math.fsum([*losses, *(b * b / (2 * C) for b in beta[1:])])


def gradient(
    beta: Sequence[float], X: Sequence[Row], y: Sequence[int], weights: Sequence[float], C: float
) -> list[float]:
    """Return the derivatives of `objective`, that of the intercept first."""
    wrong = [
        w * (probability(log_odds(beta, row)) - label)
        for row, label, w in zip(X, y, weights, strict=True)
    ]
    columns = [[1.0] * len(X), *zip(*X, strict=True)]
    return [
        math.fsum([*(r * x for r, x in zip(wrong, column, strict=True)), b / C if k else 0.0])
        for k, (column, b) in enumerate(zip(columns, beta, strict=True))
    ]


def second_derivatives(
    beta: Sequence[float], X: Sequence[Row], weights: Sequence[float], C: float
) -> list[list[float]]:
    """Return the matrix of the second derivatives of `objective`."""
    rows = [[1.0, *row] for row in X]
    curvature = []
    for row, w in zip(X, weights, strict=True):
        p = probability(log_odds(beta, row))
        curvature.append(w * p * (1 - p))
    size = len(beta)
    return [
        [
            math.fsum(
                [
                    *(c * row[k] * row[m] for c, row in zip(curvature, rows, strict=True)),
                    1 / C if k == m > 0 else 0.0,
                ]
            )
            for m in range(size)
        ]
        for k in range(size)
    ]


def solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """Solve linear equations by elimination with row exchanges."""
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for k in range(size):
        best = max(range(k, size), key=lambda m: abs(rows[m][k]))
        rows[k], rows[best] = rows[best], rows[k]
        for m in range(k + 1, size):
            factor = rows[m][k] / rows[k][k]
            rows[m] = [a - factor * b for a, b in zip(rows[m], rows[k], strict=True)]
    solution = [0.0] * size
    for k in reversed(range(size)):
        known = math.fsum(rows[k][m] * solution[m] for m in range(k + 1, size))
        solution[k] = (rows[k][size] - known) / rows[k][k]
    return solution


def fit(
    X: Sequence[Row],
    y: Sequence[int],
    *,
    C: float = 1.0,
    weights: Sequence[float] | None = None,
) -> list[float]:
    """Return intercept and coefficients after Newton steps, halved until the objective falls."""
    weights = [1.0] * len(X) if weights is None else weights
    beta = [0.0] * (len(X[0]) + 1)
    for _ in range(100):
        step = solve(
            second_derivatives(beta, X, weights, C), [-g for g in gradient(beta, X, y, weights, C)]
        )
        now = objective(beta, X, y, weights, C)
        share = 1.0
        while share > 1e-12:
            trial = [b + share * s for b, s in zip(beta, step, strict=True)]
            if objective(trial, X, y, weights, C) <= now * (1 + 1e-14):
                break
            share /= 2
        beta = trial
        if max(map(abs, step)) < 1e-13:
            break
    return beta


def standard_errors(
    beta: Sequence[float], X: Sequence[Row], weights: Sequence[float] | None = None
) -> list[float]:
    """Return the roots of the diagonal of the inverse second derivatives, without a penalty."""
    weights = [1.0] * len(X) if weights is None else weights
    matrix = second_derivatives(beta, X, weights, math.inf)
    size = len(beta)
    return [math.sqrt(solve(matrix, [float(k == m) for m in range(size)])[k]) for k in range(size)]
