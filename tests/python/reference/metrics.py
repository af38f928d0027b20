"""How good scores are, in fractions and by looking at all pairs."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from reference.kmeans import Random


def _weights(y: Sequence[int], weights: Sequence[float] | None) -> list[Fraction]:
    return [Fraction(1)] * len(y) if weights is None else [Fraction(one) for one in weights]


def roc_auc(y: Sequence[int], score: Sequence[float], weights: Any = None) -> Fraction:
    """Look at every pair of a 1 and a 0."""
    w = _weights(y, weights)
    right = pairs = Fraction(0)
    for i, is_one in enumerate(y):
        for j, other in enumerate(y):
            if is_one == 1 and other == 0:
                pairs += w[i] * w[j]
                if score[i] > score[j]:
                    right += w[i] * w[j]
                elif score[i] == score[j]:
                    right += w[i] * w[j] / 2
    return right / pairs


def standard_error(y: Sequence[int], score: Sequence[float]) -> float:
    """DeLong's standard error, from the matrix of all pairs."""
    ones = [s for s, is_one in zip(score, y, strict=True) if is_one]
    zeros = [s for s, is_one in zip(score, y, strict=True) if not is_one]
    area = roc_auc(y, score)

    def psi(one: float, zero: float) -> Fraction:
        return Fraction(1) if one > zero else Fraction(1, 2) if one == zero else Fraction(0)

    of_ones = [sum((psi(a, b) for b in zeros), Fraction(0)) / len(zeros) for a in ones]
    of_zeros = [sum((psi(a, b) for a in ones), Fraction(0)) / len(ones) for b in zeros]
    variance = Fraction(0)
    for placements in (of_ones, of_zeros):
        squares = sum(((v - area) ** 2 for v in placements), Fraction(0))
        variance += squares / (len(placements) - 1) / len(placements)
    return math.sqrt(variance)


def pr_auc(y: Sequence[int], score: Sequence[float], weights: Any = None) -> Fraction:
    """Step down over the distinct scores."""
    w = _weights(y, weights)
    positives = sum((v for v, one in zip(w, y, strict=True) if one), Fraction(0))
    area = recall = Fraction(0)
    for threshold in sorted(set(score), reverse=True):
        told = [i for i, s in enumerate(score) if s >= threshold]
        weight = sum((w[i] for i in told), Fraction(0))
        if weight == 0:
            continue
        right = sum((w[i] for i in told if y[i]), Fraction(0))
        area += (right / positives - recall) * right / weight
        recall = right / positives
    return area


def log_loss(y: Sequence[int], probability: Sequence[float], weights: Any = None) -> float:
    """Mean of -log of what was given to the value that came."""
    least = 2.0**-52
    losses = []
    for one, p in zip(y, probability, strict=True):
        p = min(max(p, least), 1 - least)
        losses.append(-math.log(p) if one else -math.log1p(-p))
    w = [float(v) for v in _weights(y, weights)]
    return math.fsum(v * loss for v, loss in zip(w, losses, strict=True)) / math.fsum(w)


def brier(y: Sequence[int], probability: Sequence[float], weights: Any = None) -> Fraction:
    """Mean square of the differences."""
    w = _weights(y, weights)
    squares = [(Fraction(p) - one) ** 2 for one, p in zip(y, probability, strict=True)]
    return sum((v * s for v, s in zip(w, squares, strict=True)), Fraction(0)) / sum(w)


def calibration(
    y: Sequence[int], probability: Sequence[float], n_bins: int, strategy: str
) -> list[dict[str, Any]]:
    """Put each row into its bin by comparing it with every edge, in fractions."""
    ordered = sorted(Fraction(p) for p in probability)
    edges = []
    for i in range(1, n_bins):
        if strategy == "uniform":
            edges.append(Fraction(i / n_bins))
            continue
        place = Fraction((len(ordered) - 1) * i, n_bins)
        low = ordered[math.floor(place)]
        high = ordered[min(math.floor(place) + 1, len(ordered) - 1)]
        edges.append(low + (place - math.floor(place)) * (high - low))
    rows = []
    for number in range(1, n_bins + 1):
        inside = [
            (one, p)
            for one, p in zip(y, probability, strict=True)
            if 1 + sum(edge < Fraction(p) for edge in edges) == number
        ]
        if inside:
            rows.append(
                {
                    "bin": number,
                    "count": len(inside),
                    "least_predicted": min(p for _, p in inside),
                    "greatest_predicted": max(p for _, p in inside),
                    "mean_predicted": math.fsum(p for _, p in inside) / len(inside),
                    "observed_rate": sum(one for one, _ in inside) / len(inside),
                }
            )
    return rows


def positives_up_to(
    y: Sequence[int], score: Sequence[float], share: Fraction, weights: Any = None
) -> Fraction:
    """Weight of the 1s among the best `share`, row by row; equals give all the same part."""
    w = _weights(y, weights)
    left = share * sum(w)
    found = Fraction(0)
    for value in sorted(set(score), reverse=True):
        weight = sum((w[i] for i, s in enumerate(score) if s == value), Fraction(0))
        ones = sum((w[i] for i, s in enumerate(score) if s == value and y[i]), Fraction(0))
        if weight == 0:
            continue
        part = min(Fraction(1), left / weight)
        found += ones * part
        left -= weight * part
    return found


def confusion(
    y: Sequence[int], score: Sequence[float], threshold: float, weights: Any = None
) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """True negatives, false positives, false negatives, true positives."""
    cells = {(one, told): Fraction(0) for one in (0, 1) for told in (False, True)}
    for one, s, w in zip(y, score, _weights(y, weights), strict=True):
        cells[one, s >= threshold] += w
    return cells[0, False], cells[0, True], cells[1, False], cells[1, True]


def resamples(num_rows: int, num_resamples: int, seed: int) -> list[list[int]]:
    """Count how often each row is drawn, by the generator of the library."""
    first = Random(seed).next()
    drawn = []
    for resample in range(num_resamples):
        random = Random((first + resample) % 2**64)
        counts = [0] * num_rows
        for _ in range(num_rows):
            counts[random.below(num_rows)] += 1
        drawn.append(counts)
    return drawn


def percentiles(values: Sequence[float], confidence: float) -> tuple[float, float]:
    """Walk along the sorted values."""
    ordered = sorted(values)
    ends = []
    for share in ((1 - confidence) / 2, 1 - (1 - confidence) / 2):
        place = share * (len(ordered) - 1)
        below = math.floor(place)
        above = min(below + 1, len(ordered) - 1)
        ends.append(ordered[below] + (place - below) * (ordered[above] - ordered[below]))
    return ends[0], ends[1]


def compared(
    y: Sequence[int], scores: Sequence[Sequence[float]], num_resamples: int, seed: int
) -> list[dict[str, tuple[float, float]]]:
    """Tell the 95 % intervals of each score, from the figures of whole resamples."""
    order = sorted(range(len(y)), key=lambda row: (*(score[row] for score in scores), y[row]))
    labels = [y[row] for row in order]
    found: list[dict[str, list[float]]] = [{} for _ in scores]
    for counts in resamples(len(y), num_resamples, seed):
        ones = sum(count for count, label in zip(counts, labels, strict=True) if label)
        if ones in (0, len(y)):
            continue
        areas = []
        for score, figures in zip(scores, found, strict=True):
            column = [score[row] for row in order]
            areas.append(float(roc_auc(labels, column, counts)))
            told = {
                "roc_auc": areas[-1],
                "roc_auc_difference": areas[-1] - areas[0],
                "pr_auc": float(pr_auc(labels, column, counts)),
                "log_loss": float(log_loss(labels, column, counts)),
                "brier": float(brier(labels, column, counts)),
                "top_decile_lift": float(
                    positives_up_to(labels, column, Fraction(1, 10), counts) * 10 / ones
                ),
            }
            for name, value in told.items():
                figures.setdefault(name, []).append(value)
    return [
        {name: percentiles(values, 0.95) for name, values in figures.items()} for figures in found
    ]
