"""k-means as an estimator of scikit-learn's kind."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from ecommerce_analytics import kmeans
from ecommerce_analytics.errors import InvalidData


class KMeans(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    """Partition points into groups of least sum of squared distances to their centers.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters; at most the number of distinct points of positive weight. With fewer
        of those there are that many clusters, and a `ConvergenceWarning`.
    init : {"k-means++"} or array-like of shape (n_clusters, n_features)
        How the first centers are found: drawn, or given.
    n_init : "auto" or int, default="auto"
        Number of starts, of which the one of least inertia wins; "auto" is 1. Given centers start
        once.
    max_iter : int, default=300
        Most steps of a start.
    tol : float, default=1e-4
        A start has converged when no label changes, or when the sum of the squared moves of the
        centers is at most `tol` times the mean variance of the columns.
    random_state : int, RandomState or None, default=None
        Seed of the draws: the same int gives the same clusters, for any number of threads and on
        any processor.
    num_threads : int or None, default=None
        None: as many as there are cores allowed.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features)
        The centers, of the type (float64 or float32) and unit of the points.
    labels_ : ndarray of shape (n_samples,), int32
        The cluster nearest to each point.
    inertia_ : float
        Sum of the weighted squared distances to the own centers.
    n_iter_ : int
        Steps of the start that won.
    converged_ : bool
        False if that start ran out of steps.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they have some.

    See Also
    --------
    ecommerce_analytics.kmeans : The same as functions, and silhouette and curve.

    Notes
    -----
    Points in float64 or float32 whose rows lie without gaps are read where they are. See
    docs/methods/kmeans.md for ties, empty clusters and how centers are drawn.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> model = ea.KMeans(n_clusters=2, random_state=0).fit([[0.0], [1.0], [10.0], [11.0]])
    >>> model.inertia_
    1.0
    >>> bool(model.predict([[2.0]])[0] == model.labels_[0])
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "init": [StrOptions({"k-means++"}), "array-like"],
        "n_init": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
        "num_threads": [None, Interval(Integral, 1, 1024, closed="both")],
    }

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: str | npt.ArrayLike = "k-means++",
        n_init: str | int = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        random_state: int | np.random.RandomState | None = None,
        num_threads: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.num_threads = num_threads

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self, X: npt.ArrayLike, y: object = None, sample_weight: npt.ArrayLike | None = None
    ) -> KMeans:
        """Find the centers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The points; other numbers than float64 and float32 are taken as float64.
        y : Ignored
            Not used.
        sample_weight : array-like of shape (n_samples,) or None
            Weights, finite and >= 0, not all 0; None: all 1.

        Returns
        -------
        self : KMeans
            The estimator, fitted.
        """
        points = self._checked(X, reset=True)
        weights = self._weights(sample_weight, points)
        init = None
        if not isinstance(self.init, str):
            init = check_array(self.init, dtype=points.dtype, order="C", input_name="init")
        if points.shape[0] < self.n_clusters:
            raise ValueError(
                f"n_samples={points.shape[0]} should be >= n_clusters={self.n_clusters}."
            )
        if init is not None and init.shape != (self.n_clusters, points.shape[1]):
            raise ValueError(
                f"init has shape {init.shape} and must have (n_clusters, n_features): "
                f"{(self.n_clusters, points.shape[1])}."
            )
        with self._named_columns():
            n_clusters = kmeans.count_distinct(
                points, at_most=self.n_clusters, sample_weight=weights
            )
        if n_clusters < self.n_clusters:
            warnings.warn(
                f"Number of distinct points ({n_clusters}) is below n_clusters "
                f"({self.n_clusters}): there are that many clusters.",
                ConvergenceWarning,
                stacklevel=3,
            )
            init = None  # Every distinct point is a cluster.
        found = kmeans.fit(
            points,
            n_clusters=n_clusters,
            n_init=1 if isinstance(self.n_init, str) or init is not None else self.n_init,
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=self._seed(),
            init=init,
            sample_weight=weights,
            num_threads=self.num_threads,
        )
        self.cluster_centers_ = found.centers
        self.labels_ = found.labels
        self.inertia_ = found.inertia
        self.n_iter_ = found.n_iter
        self.converged_ = found.converged
        return self

    def fit_predict(
        self, X: npt.ArrayLike, y: object = None, sample_weight: npt.ArrayLike | None = None
    ) -> npt.NDArray[np.int32]:
        """Find the centers and return the label of each point.

        Parameters
        ----------
        X, y, sample_weight
            As `fit` takes them.

        Returns
        -------
        ndarray of shape (n_samples,), int32
            `labels_`.
        """
        labels: npt.NDArray[np.int32] = self.fit(X, sample_weight=sample_weight).labels_
        return labels

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Return the cluster nearest to each point, the first of equally near ones.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The points.

        Returns
        -------
        ndarray of shape (n_samples,), int32
            For the points of `fit`, `labels_`.
        """
        check_is_fitted(self)
        points = self._checked(X, reset=False)
        with self._named_columns():
            return kmeans.predict(points, self.cluster_centers_, num_threads=self.num_threads)

    def transform(self, X: npt.ArrayLike) -> kmeans.Floats:
        """Return the Euclidean distance of each point to each center.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The points.

        Returns
        -------
        ndarray of shape (n_samples, n_clusters)
            Of the type of X.
        """
        check_is_fitted(self)
        points = self._checked(X, reset=False)
        with self._named_columns():
            return kmeans.transform(points, self.cluster_centers_, num_threads=self.num_threads)

    def fit_transform(
        self, X: npt.ArrayLike, y: object = None, sample_weight: npt.ArrayLike | None = None
    ) -> kmeans.Floats:
        """Find the centers and return the distance of each point to each of them.

        Parameters
        ----------
        X, y, sample_weight
            As `fit` takes them.

        Returns
        -------
        ndarray of shape (n_samples, n_clusters)
            As `transform`.
        """
        fitted: KMeans = self.fit(X, sample_weight=sample_weight)
        return fitted.transform(X)

    def score(
        self, X: npt.ArrayLike, y: object = None, sample_weight: npt.ArrayLike | None = None
    ) -> float:
        """Return the negative inertia of points: the more the better.

        Parameters
        ----------
        X, y, sample_weight
            As `fit` takes them.

        Returns
        -------
        float
            At most 0.
        """
        check_is_fitted(self)
        points = self._checked(X, reset=False)
        with self._named_columns():
            return -kmeans.inertia(
                points,
                self.cluster_centers_,
                sample_weight=self._weights(sample_weight, points),
                num_threads=self.num_threads,
            )

    def _checked(self, X: npt.ArrayLike, *, reset: bool) -> Any:
        return validate_data(
            self,
            X,
            dtype=[np.float64, np.float32],
            order="C",
            copy=False,
            ensure_all_finite=False,  # The core names row and column.
            reset=reset,
        )

    @contextmanager
    def _named_columns(self) -> Iterator[None]:
        """Tell the columns of a data frame by their names."""
        try:
            yield
        except InvalidData as error:
            names = getattr(self, "feature_names_in_", None)
            if names is not None and error.column is not None and error.column.isdecimal():
                error.column = str(names[int(error.column)])
            raise

    @staticmethod
    def _weights(told: npt.ArrayLike | None, X: Any) -> npt.NDArray[np.float64] | None:
        if told is None:
            return None
        if isinstance(told, Real):  # Scalars of numpy are.
            return np.full(X.shape[0], float(told))
        weights: npt.NDArray[np.float64] = check_array(
            told, dtype=np.float64, ensure_2d=False, input_name="sample_weight"
        )
        if weights.shape != (X.shape[0],):
            raise ValueError(
                f"sample_weight has shape {weights.shape} and must have {(X.shape[0],)}."
            )
        return weights

    def _seed(self) -> int:
        if isinstance(self.random_state, (int, np.integer)):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    @property
    def _n_features_out(self) -> int:
        return int(self.cluster_centers_.shape[0])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
