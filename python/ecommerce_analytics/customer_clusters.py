"""Groups of customers that are alike in recency, frequency and money, found by k-means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index

from ecommerce_analytics import _core
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.table import Table


@dataclass(frozen=True)
class Model:
    """What is needed to give other customers a cluster: plain numbers and names.

    Attributes
    ----------
    means, standard_deviations : tuple of float
        Of sign(x) · log(1 + abs(x)) of recency in days, frequency and money of the customers it was
        made from; a standard deviation of 0 is that of a constant column, which plays no part.
    centers : tuple of tuple of float
        One a cluster, scaled likewise, the best customers first.
    names : tuple of str
        One a cluster, all different.
    """

    means: tuple[float, ...]
    standard_deviations: tuple[float, ...]
    centers: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]


def fit(
    scores: Table,
    *,
    n_clusters: int = 4,
    n_init: int = 10,
    max_iter: int = 300,
    tol: float = 0.0,
    random_state: int = 0,
    num_threads: int | None = None,
) -> Table:
    """Find clusters of customers.

    Parameters
    ----------
    scores : Table
        What `ecommerce_analytics.rfm.score` returned.
    n_clusters : int, default=4
        Number of clusters; as many as there are distinct customers if those are fewer.
    n_init : int, default=10
        Number of starts, of which the one of least inertia wins.
    max_iter : int, default=300
        Most steps of a start.
    tol : float, default=0
        As of `ecommerce_analytics.kmeans.fit`; 0: until no label changes.
    random_state : int, default=0
        Seed of the draws, in [0, 2**64).
    num_threads : int or None
        None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per customer, in the order of `scores`: `customer`, `cluster` (0, 1, …: the best
        customers first), `name` and `distance` (to the own center, in standard deviations). The
        recipe, the centers, sizes and names of the clusters and the inertia are in its metadata;
        `cluster_note` says it if a column was constant or there are too few distinct customers.

    Raises
    ------
    InvalidArgument
        If an option is out of range.

    Notes
    -----
    Recency in days, frequency and money become sign(x) · log(1 + abs(x)), minus the mean, divided
    by the standard deviation of the population; a constant column becomes 0. Clusters are ordered
    by the mean v of the scaled frequency f and money of their centers, the greatest first. With r
    the scaled recency and o the orders that f stands for, a name is the first of these that holds:
    At Risk (r >= 0.5, v >= 0), Hibernating (r >= 0.5), New (r < -0.5, v < 0, o < 1.5), Promising
    (r < -0.5, v < 0), Occasional (v < 0), Big Spenders (f <= 0 or o < 1.5), Champions (r < -0.5,
    v >= 1), Loyal; the second one of a name gets a 2 behind it. A single cluster is called All
    Customers. Names are no segments of RFM. See docs/methods/customer_clusters.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=200)
    >>> clusters = ea.customer_clusters.fit(ea.rfm.score(shop.transactions))
    >>> clusters.n_clusters, sum(clusters.cluster_sizes) == clusters.num_rows
    (4, True)
    """
    native = _native_scores("fit", scores)
    return Table(
        _core.customer_clusters.fit(
            native,
            n_clusters=_count("n_clusters", n_clusters),
            n_init=_count("n_init", n_init),
            max_iter=_count("max_iter", max_iter),
            tol=float(tol),
            random_state=_seed(random_state),
            num_threads=_threads(num_threads),
        )
    )


def model_of(clusters: Table) -> Model:
    """Return the model of a table, to keep it or to assign other customers by it.

    Parameters
    ----------
    clusters : Table
        What `fit` or `assign` returned.

    Returns
    -------
    Model
        The recipe, the centers and the names.
    """
    native = getattr(clusters, "_native", None)
    if not isinstance(native, _core.customer_clusters.Clusters):
        raise TypeError(
            "model_of needs the table that ecommerce_analytics.customer_clusters.fit returned"
        )
    means, deviations, centers, names = _core.customer_clusters.model_of(native)
    width = len(means)
    rows = tuple(tuple(centers[at : at + width]) for at in range(0, len(centers), width))
    return Model(tuple(means), tuple(deviations), rows, tuple(names))


def assign(model: Model, scores: Table) -> Table:
    """Give customers the cluster of a model whose center is nearest.

    Parameters
    ----------
    model : Model
        What `model_of` returned, such as of the customers of another month.
    scores : Table
        What `ecommerce_analytics.rfm.score` returned.

    Returns
    -------
    Table
        As `fit`; what only a fit knows is missing from the metadata.

    Raises
    ------
    InvalidArgument
        If the model has no clusters, not one name for each, or a number that is not finite.
    """
    native = _native_scores("assign", scores)
    _require_width(model.means, model.standard_deviations, *model.centers)
    return Table(
        _core.customer_clusters.assign(
            native,
            means=model.means,
            standard_deviations=model.standard_deviations,
            centers=[value for center in model.centers for value in center],
            names=list(model.names),
        )
    )


def profile(clusters: Table, scores: Table) -> Table:
    """Sum the clusters up: how many customers, what they bring, what they are like.

    Parameters
    ----------
    clusters : Table
        What `fit` or `assign` returned.
    scores : Table
        What `ecommerce_analytics.rfm.score` returned for the same customers.

    Returns
    -------
    Table
        The columns of `rfm.summarize`, a row per cluster in their order: `segment` is the name of
        the cluster, `strategy` is empty.

    Raises
    ------
    InvalidArgument
        If the scores are of other customers.

    Notes
    -----
    O(m log m) for m customers.
    """
    native = getattr(clusters, "_native", None)
    if not isinstance(native, _core.customer_clusters.Clusters):
        raise TypeError("profile needs the table that customer_clusters.fit or assign returned")
    return Table(_core.customer_clusters.profile(native, _native_scores("profile", scores)))


def curve(
    scores: Table,
    *,
    min_clusters: int = 2,
    max_clusters: int = 10,
    n_init: int = 10,
    max_iter: int = 300,
    tol: float = 0.0,
    random_state: int = 0,
    max_silhouette_points: int = 10_000,
    num_threads: int | None = None,
) -> Table:
    """Tell what each number of clusters is worth, to choose one.

    Parameters
    ----------
    scores, n_init, max_iter, tol, random_state, num_threads
        As `fit` takes them.
    min_clusters, max_clusters : int, default=2 and 10
        The numbers of clusters, both included.
    max_silhouette_points : int, default=10,000
        Above so many customers, the silhouette is that of a seeded sample of so many.

    Returns
    -------
    Table
        One row per number of clusters, up to the number of distinct customers: `n_clusters`,
        `inertia`, `silhouette`, `silhouette_standard_error` (null where all customers were
        measured) and `converged`. The number of the greatest silhouette is `best_by_silhouette`.

    Raises
    ------
    InvalidArgument
        If an option is out of range.

    Notes
    -----
    A row has the inertia of `fit` with that number of clusters and the same options.
    """
    native = _native_scores("curve", scores)
    return Table(
        _core.customer_clusters.curve(
            native,
            min_clusters=_count("min_clusters", min_clusters),
            max_clusters=_count("max_clusters", max_clusters),
            n_init=_count("n_init", n_init),
            max_iter=_count("max_iter", max_iter),
            tol=float(tol),
            random_state=_seed(random_state),
            max_silhouette_points=_count("max_silhouette_points", max_silhouette_points),
            num_threads=_threads(num_threads),
        )
    )


def _native_scores(function: str, scores: Table) -> _core.rfm.Scores:
    native = getattr(scores, "_native", None)
    if not isinstance(native, _core.rfm.Scores):
        raise TypeError(f"{function} needs the table that ecommerce_analytics.rfm.score returned")
    return native


def _count(name: str, value: int) -> int:
    return _integer(name, value, 1, 2**31 - 1)


def _seed(value: int) -> int:
    return _integer("random_state", value, 0, 2**64 - 1)


def _threads(told: int | None) -> int:
    return 0 if told is None else _integer("num_threads", told, 0, 1_024)


def _integer(name: str, value: int, least: int, greatest: int) -> int:
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}") from None
    if not least <= number <= greatest:
        raise InvalidArgument(
            f"customer_clusters: {name} must be in [{least}, {greatest}]", value=str(value)
        )
    return number


def _require_width(*rows: Sequence[float]) -> None:
    for row in rows:
        if len(row) != 3:
            raise InvalidArgument(
                "customer_clusters: a row of the model must have 3 numbers", value=str(len(row))
            )
