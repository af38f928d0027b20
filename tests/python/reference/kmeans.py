"""k-means in plain Python, slow and obvious: distances and means are exact fractions.

Points are whole numbers, so that the sums of the library are exact as well, and both must take the
same steps until a mean has to be rounded.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

Point = tuple[int, ...]
Center = tuple[Fraction, ...]

_MASK = 2**64 - 1


class UndecidedError(Exception):
    """A point as near to two rounded means: the last bit decides, and here there is none."""


class Random:
    """xoshiro256++ from a state drawn by SplitMix64."""

    def __init__(self, seed: int) -> None:
        self.state = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & _MASK
            mixed = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9 & _MASK
            mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _MASK
            self.state.append(mixed ^ mixed >> 31)

    def next(self) -> int:
        """Return 64 random bits."""
        a, b, c, d = self.state
        total = (a + d) & _MASK
        drawn = ((total << 23 | total >> 41) + a) & _MASK
        c, d = c ^ a, d ^ b
        self.state = [a ^ d, b ^ c, c ^ b << 17 & _MASK, (d << 45 | d >> 19) & _MASK]
        return drawn

    def uniform(self) -> float:
        """Return a multiple of 2**-53 in [0, 1)."""
        return (self.next() >> 11) * 2.0**-53

    def below(self, bound: int) -> int:
        """Return one of 0, ..., bound - 1; draws that are too many for an equal share go again."""
        left_over = 2**64 % bound
        while True:
            product = self.next() * bound
            if product & _MASK >= left_over:
                return product >> 64


def squared(a: Sequence[Fraction | int], b: Sequence[Fraction | int]) -> Fraction:
    return sum((Fraction(x - y) ** 2 for x, y in zip(a, b, strict=True)), Fraction(0))


def distinct(points: Sequence[Point], weights: Sequence[int]) -> list[tuple[Point, int]]:
    """Return the distinct points of positive weight in increasing order, weights summed."""
    found = sorted({p for p, weight in zip(points, weights, strict=True) if weight > 0})
    return [
        (one, sum(w for p, w in zip(points, weights, strict=True) if p == one)) for one in found
    ]


def start(
    points: Sequence[Point], weights: Sequence[int], n_clusters: int, random: Random
) -> list[Point]:
    """Draw the first centers by k-means++ with greedy candidates."""
    candidates = distinct(points, weights)

    def draw(masses: Sequence[float]) -> int:
        rest = random.uniform() * sum(masses)
        for place, mass in enumerate(masses):
            if rest < mass:
                return place
            rest -= mass
        return max(place for place, mass in enumerate(masses) if mass > 0)

    centers = [candidates[draw([float(weight) for _, weight in candidates])][0]]
    while len(centers) < n_clusters:

        def left(more: Sequence[Point]) -> list[float]:
            return [
                float(weight * min(squared(point, center) for center in [*centers, *more]))
                for point, weight in candidates
            ]

        drawn = [draw(left([])) for _ in range(2 + int(math.log(n_clusters)))]
        centers.append(min((candidates[place][0] for place in drawn), key=lambda p: sum(left([p]))))
    return centers


@dataclass
class Clustering:
    """What `lloyd` found."""

    centers: list[Center]
    labels: list[int]
    inertia: Fraction
    n_iter: int
    converged: bool


def lloyd(
    points: Sequence[Point],
    first_centers: Sequence[Point],
    weights: Sequence[int],
    max_iter: int = 300,
) -> Clustering:
    """Take Lloyd's steps until no label changes.

    Raises
    ------
    UndecidedError
        If a choice between rounded means hangs on less than 1e-9.
    """
    centers: list[Center] = [tuple(Fraction(x) for x in center) for center in first_centers]
    labels: list[int] = []
    is_exact = True

    def nearest() -> list[int]:
        found = []
        for point in points:
            squares = [squared(point, center) for center in centers]
            least, *others = sorted(squares)
            if not is_exact and others and others[0] - least < 1e-9:
                raise UndecidedError
            found.append(squares.index(least))
        return found

    n_iter, is_done = 0, False
    while n_iter < max_iter and not is_done:
        n_iter += 1
        old, labels = labels, nearest()
        means = []
        for k, center in enumerate(centers):
            own = [i for i, label in enumerate(labels) if label == k and weights[i] > 0]
            total = sum(weights[i] for i in own)
            means.append(
                tuple(
                    sum(Fraction(weights[i] * x) for i, x in column) / total
                    for column in _columns(points, own)
                )
                if own
                else center
            )
        empty = [
            k
            for k in range(len(centers))
            if not any(label == k and w > 0 for label, w in zip(labels, weights, strict=True))
        ]
        taken: list[Point] = []
        for k in empty:
            far = {
                p: squared(p, centers[label])
                for p, label, weight in zip(points, labels, weights, strict=True)
                if weight > 0 and p not in taken
            }
            order = sorted(far, key=lambda p: (-far[p], p))
            if not order or far[order[0]] == 0:
                break
            if not is_exact and len(order) > 1 and far[order[0]] - far[order[1]] < 1e-9:
                raise UndecidedError
            taken.append(order[0])
            means[k] = tuple(Fraction(x) for x in order[0])
        is_done = not taken and (old == labels or means == centers)
        centers = means
        is_exact = False
    labels = nearest()
    inertia = sum(
        (
            w * squared(p, centers[label])
            for p, label, w in zip(points, labels, weights, strict=True)
        ),
        Fraction(0),
    )
    return Clustering(centers, labels, inertia, n_iter, is_done)


def _columns(points: Sequence[Point], rows: Sequence[int]) -> list[list[tuple[int, int]]]:
    """Return by column the row numbers and values of some rows."""
    return [[(i, points[i][j]) for i in rows] for j in range(len(points[0]))]


def silhouette(points: Sequence[Point], labels: Sequence[int]) -> float | None:
    """Return the mean silhouette of all points; None with less than two clusters."""
    if len(set(labels)) < 2:
        return None
    values = []
    for i, point in enumerate(points):

        def mean_distance(cluster: int, i: int = i, point: Point = point) -> float:
            others = [p for j, p in enumerate(points) if labels[j] == cluster and j != i]
            return sum(math.dist(point, other) for other in others) / len(others)

        if sum(label == labels[i] for label in labels) == 1:
            values.append(0.0)
            continue
        own = mean_distance(labels[i])
        other = min(mean_distance(cluster) for cluster in set(labels) - {labels[i]})
        values.append((other - own) / max(own, other) if max(own, other) > 0 else 0.0)
    return sum(values) / len(values)
