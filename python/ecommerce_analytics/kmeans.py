"""Groups of points with the least sum of squared distances to their centers.

Functions over numpy arrays; `ecommerce_analytics.KMeans` is the same as an estimator. Points are
float64 or float32; rows without gaps are read where they lie, others are copied. All answers have
the same bytes for any number of threads and any processor.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core
from ecommerce_analytics.errors import InvalidArgument, SchemaMismatch

Floats = npt.NDArray[np.float64] | npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Clustering:
    """A partition of n points of d columns into k clusters.

    Attributes
    ----------
    centers : ndarray of shape (k, d)
        The means of the clusters, of the points' type and unit.
    labels : ndarray of shape (n,), int32
        The cluster nearest to each point, 0 to k - 1.
    inertia : float
        Sum of the weighted squared distances to the own centers.
    n_iter : int
        Steps of the start that won.
    converged : bool
        False if that start ran out of steps.
    """

    centers: Floats
    labels: Labels
    inertia: float
    n_iter: int
    converged: bool


@dataclass(frozen=True)
class Silhouette:
    """How far clusters are apart.

    Attributes
    ----------
    value : float or None
        Mean over the points measured, in [-1, 1]; None if they lie in less than two clusters.
    standard_error : float or None
        That of a sample's mean; None if all points were measured.
    num_points : int
        Points measured.
    """

    value: float | None
    standard_error: float | None
    num_points: int


@dataclass(frozen=True)
class CurvePoint:
    """What the partition into one number of clusters is worth.

    Attributes
    ----------
    n_clusters : int
        Number of clusters.
    inertia : float
        That of the partition.
    silhouette : Silhouette
        That of the partition.
    converged : bool
        That of the partition.
    """

    n_clusters: int
    inertia: float
    silhouette: Silhouette
    converged: bool


def fit(
    X: Floats,
    *,
    n_clusters: int = 8,
    n_init: int = 1,
    max_iter: int = 300,
    tol: float = 1e-4,
    random_state: int = 0,
    init: Floats | None = None,
    sample_weight: npt.ArrayLike | None = None,
    num_threads: int | None = None,
) -> Clustering:
    """Partition points by Lloyd's steps from k-means++ or given centers.

    Parameters
    ----------
    X : ndarray of shape (n, d), float64 or float32
        The points, finite; distances are computed in their type.
    n_clusters : int, default=8
        Number of clusters k, at most the number of distinct points of positive weight.
    n_init : int, default=1
        Number of starts, of which the one of least inertia wins; 1 if `init` is given.
    max_iter : int, default=300
        Most steps of a start.
    tol : float, default=1e-4
        A start has converged when no label changes, or when the sum of the squared moves of the
        centers is at most `tol` times the mean variance of the columns; >= 0.
    random_state : int, default=0
        Seed of the draws, in [0, 2**64).
    init : ndarray of shape (k, d) or None
        Centers to start from; None: drawn by k-means++.
    sample_weight : array-like of shape (n,) or None
        Finite, >= 0, not all 0; None: all 1.
    num_threads : int or None
        None: as many as there are cores allowed.

    Returns
    -------
    Clustering
        The winning partition.

    Raises
    ------
    InvalidArgument
        If an option is out of range, or `n_clusters` is above the number of distinct points; both
        are told.
    InvalidData
        If a value is not finite or so large that squared distances overflow, if a weight is
        negative or not finite, if all are 0, or if there are no rows or columns.
    SchemaMismatch
        If X has another dtype or not two dimensions, or `init` or the weights have another size.

    Notes
    -----
    A k-means++ start draws among the distinct points in increasing order, with their weights
    summed, so the draw does not depend on the order of rows; of 2 + floor(ln k) candidates the one
    that leaves the least inertia is taken. A point as near to two centers belongs to the first. A
    cluster left without weight gets its center moved to the point farthest from its own center,
    the smallest by columns of equally far ones. O(n k d) a step. Lloyd (1982), Arthur and
    Vassilvitskii (2007). See docs/methods/kmeans.md.

    Examples
    --------
    >>> import numpy as np
    >>> import ecommerce_analytics as ea
    >>> clusters = ea.kmeans.fit(np.array([[0.0], [1.0], [10.0], [11.0]]), n_clusters=2)
    >>> sorted(clusters.centers[:, 0].tolist()), clusters.inertia
    ([0.5, 10.5], 1.0)
    """
    points = _points("X", X)
    centers, labels, inertia_, n_iter, converged = _core.kmeans.fit(
        points,
        n_clusters=_integer("n_clusters", n_clusters, 1, 2**31 - 1),
        n_init=_integer("n_init", n_init, 1, 2**31 - 1),
        max_iter=_integer("max_iter", max_iter, 1, 2**31 - 1),
        tol=float(tol),
        random_state=_integer("random_state", random_state, 0, 2**64 - 1),
        init=None if init is None else _points("init", init).astype(np.float64, copy=False),
        sample_weight=_weights(sample_weight),
        num_threads=_threads(num_threads),
    )
    return Clustering(centers, labels, inertia_, n_iter, converged)


def predict(X: Floats, centers: Floats, *, num_threads: int | None = None) -> Labels:
    """Return the nearest center of each point, the first of equally near ones.

    Parameters
    ----------
    X : ndarray of shape (n, d), float64 or float32
        The points.
    centers : ndarray of shape (k, d)
        Centers, such as `Clustering.centers`; taken in the type of X.
    num_threads : int or None
        None: as many as there are cores allowed.

    Returns
    -------
    ndarray of shape (n,), int32
        For the points and centers of `fit`, its labels.

    Raises
    ------
    InvalidData, SchemaMismatch
        As `fit`, and if there are no centers or the columns differ.
    """
    points = _points("X", X)
    near = _centers(centers, points)
    return _core.kmeans.predict(points, near, num_threads=_threads(num_threads))


def transform(X: Floats, centers: Floats, *, num_threads: int | None = None) -> Floats:
    """Return the Euclidean distance of each point to each center.

    Parameters
    ----------
    X, centers, num_threads
        As `predict` takes them.

    Returns
    -------
    ndarray of shape (n, k)
        Of the type of X.

    Raises
    ------
    InvalidData, SchemaMismatch
        As `predict`.
    """
    points = _points("X", X)
    near = _centers(centers, points)
    distances: Floats = _core.kmeans.transform(points, near, num_threads=_threads(num_threads))
    return distances


def inertia(
    X: Floats,
    centers: Floats,
    *,
    sample_weight: npt.ArrayLike | None = None,
    num_threads: int | None = None,
) -> float:
    """Return the sum of the weighted squared distances to the nearest centers.

    Parameters
    ----------
    X, centers, num_threads
        As `predict` takes them.
    sample_weight : array-like of shape (n,) or None
        As `fit` takes it.

    Returns
    -------
    float
        In squared units of X; >= 0.

    Raises
    ------
    InvalidData, SchemaMismatch
        As `fit` and `predict`.
    """
    points = _points("X", X)
    near = _centers(centers, points)
    return _core.kmeans.inertia(
        points, near, sample_weight=_weights(sample_weight), num_threads=_threads(num_threads)
    )


def count_distinct(X: Floats, *, at_most: int, sample_weight: npt.ArrayLike | None = None) -> int:
    """Return the number of distinct points of positive weight, counted up to `at_most`.

    Parameters
    ----------
    X : ndarray of shape (n, d), float64 or float32
        The points; -0.0 is 0.0.
    at_most : int
        Where counting ends; >= 0.
    sample_weight : array-like of shape (n,) or None
        As `fit` takes it.

    Returns
    -------
    int
        The largest `n_clusters` that `fit` accepts, if that is less than `at_most`.

    Raises
    ------
    InvalidData, SchemaMismatch
        As `fit`.
    """
    return _core.kmeans.count_distinct(
        _points("X", X),
        _integer("at_most", at_most, 0, 2**63 - 1),
        sample_weight=_weights(sample_weight),
    )


def silhouette(
    X: Floats,
    labels: npt.ArrayLike,
    *,
    max_points: int = 10_000,
    random_state: int = 0,
    num_threads: int | None = None,
) -> Silhouette:
    """Measure how far clusters are apart.

    Parameters
    ----------
    X : ndarray of shape (n, d), float64 or float32
        The points.
    labels : array-like of int of shape (n,)
        Their clusters; >= 0.
    max_points : int, default=10,000
        Above so many points a sample of so many is measured, among themselves.
    random_state : int, default=0
        Seed of that sample, drawn by row.
    num_threads : int or None
        None: as many as there are cores allowed.

    Returns
    -------
    Silhouette
        The mean of (b - a) / max(a, b), with a the mean distance to the others of the own cluster
        and b the least mean distance to another one; a point alone in its cluster counts 0.

    Raises
    ------
    InvalidArgument, InvalidData, SchemaMismatch
        If `max_points` is below 2, a label is negative or no integer of 32 bits; as `fit`.

    Notes
    -----
    O(m² d) for m points measured. Rousseeuw (1987).
    """
    told = np.asarray(labels)
    if told.dtype.kind not in "iu":
        raise SchemaMismatch("kmeans: labels must be integers", value=str(told.dtype))
    if told.size and not 0 <= int(told.min()) <= int(told.max()) < 2**31:
        raise InvalidArgument("kmeans: labels must be in [0, 2**31)", value=str(told.min()))
    value = _core.kmeans.silhouette(
        _points("X", X),
        np.ascontiguousarray(told, dtype=np.int32),
        max_points=_integer("max_points", max_points, 2, 2**63 - 1),
        random_state=_integer("random_state", random_state, 0, 2**64 - 1),
        num_threads=_threads(num_threads),
    )
    return Silhouette(*value)


def curve(
    X: Floats,
    *,
    min_clusters: int = 2,
    max_clusters: int = 10,
    n_init: int = 1,
    max_iter: int = 300,
    tol: float = 1e-4,
    random_state: int = 0,
    max_silhouette_points: int = 10_000,
    sample_weight: npt.ArrayLike | None = None,
    num_threads: int | None = None,
) -> list[CurvePoint]:
    """Partition points into several numbers of clusters, to choose one.

    Parameters
    ----------
    X, n_init, max_iter, tol, random_state, sample_weight, num_threads
        As `fit` takes them.
    min_clusters, max_clusters : int, default=2 and 10
        The numbers of clusters, both included; at least 2.
    max_silhouette_points : int, default=10,000
        As `max_points` of `silhouette`.

    Returns
    -------
    list of CurvePoint
        One for each number of clusters, up to the number of distinct points.

    Raises
    ------
    InvalidArgument, InvalidData, SchemaMismatch
        As `fit` and `silhouette`; with few distinct points the list is shorter instead.
    """
    rows = _core.kmeans.curve(
        _points("X", X),
        min_clusters=_integer("min_clusters", min_clusters, 2, 2**31 - 1),
        max_clusters=_integer("max_clusters", max_clusters, 2, 2**31 - 1),
        n_init=_integer("n_init", n_init, 1, 2**31 - 1),
        max_iter=_integer("max_iter", max_iter, 1, 2**31 - 1),
        tol=float(tol),
        random_state=_integer("random_state", random_state, 0, 2**64 - 1),
        max_silhouette_points=_integer(
            "max_silhouette_points", max_silhouette_points, 2, 2**63 - 1
        ),
        sample_weight=_weights(sample_weight),
        num_threads=_threads(num_threads),
    )
    return [CurvePoint(k, value, Silhouette(*told), done) for k, value, told, done in rows]


def _points(name: str, told: Any) -> Any:
    """Return rows without gaps: the array itself where it has none."""
    array = np.asarray(told)
    native = array.dtype.newbyteorder("=")
    if native not in (np.float64, np.float32):
        raise SchemaMismatch(f"kmeans: {name} must be float64 or float32", value=str(array.dtype))
    if array.ndim != 2:
        raise SchemaMismatch(f"kmeans: {name} must have two dimensions", value=str(array.ndim))
    return np.ascontiguousarray(array, dtype=native)


def _centers(told: Any, points: Any) -> Any:
    return _points("centers", told).astype(points.dtype, copy=False)


def _weights(told: npt.ArrayLike | None) -> npt.NDArray[np.float64] | None:
    if told is None:
        return None
    array = np.asarray(told)
    if array.dtype.kind not in "fiub" or array.ndim != 1:
        raise SchemaMismatch(
            "kmeans: sample_weight must be numbers in one dimension",
            value=f"{array.dtype}, {array.ndim}",
        )
    return np.ascontiguousarray(array, dtype=np.float64)


def _integer(name: str, value: int, least: int, greatest: int) -> int:
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}") from None
    if not least <= number <= greatest:
        raise InvalidArgument(f"kmeans: {name} must be in [{least}, {greatest}]", value=str(value))
    return number


def _threads(told: int | None) -> int:
    return 0 if told is None else _integer("num_threads", told, 0, 1_024)
