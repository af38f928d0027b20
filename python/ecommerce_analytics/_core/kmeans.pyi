from __future__ import annotations
import numpy
import numpy.typing
import typing
__all__: list[str] = ['count_distinct', 'curve', 'fit', 'inertia', 'predict', 'silhouette', 'transform']
@typing.overload
def count_distinct(X: numpy.typing.NDArray[numpy.float64], at_most: typing.SupportsInt | typing.SupportsIndex, *, sample_weight: numpy.typing.NDArray[numpy.float64] | None = None) -> int:
    """
    See ecommerce_analytics.kmeans.count_distinct.
    """
@typing.overload
def count_distinct(X: numpy.typing.NDArray[numpy.float32], at_most: typing.SupportsInt | typing.SupportsIndex, *, sample_weight: numpy.typing.NDArray[numpy.float64] | None = None) -> int:
    """
    See ecommerce_analytics.kmeans.count_distinct.
    """
@typing.overload
def curve(X: numpy.typing.NDArray[numpy.float64], *, min_clusters: typing.SupportsInt | typing.SupportsIndex, max_clusters: typing.SupportsInt | typing.SupportsIndex, n_init: typing.SupportsInt | typing.SupportsIndex, max_iter: typing.SupportsInt | typing.SupportsIndex, tol: typing.SupportsFloat | typing.SupportsIndex, random_state: typing.SupportsInt | typing.SupportsIndex, max_silhouette_points: typing.SupportsInt | typing.SupportsIndex, sample_weight: numpy.typing.NDArray[numpy.float64] | None = None, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> list:
    """
    See ecommerce_analytics.kmeans.curve.
    """
@typing.overload
def curve(X: numpy.typing.NDArray[numpy.float32], *, min_clusters: typing.SupportsInt | typing.SupportsIndex, max_clusters: typing.SupportsInt | typing.SupportsIndex, n_init: typing.SupportsInt | typing.SupportsIndex, max_iter: typing.SupportsInt | typing.SupportsIndex, tol: typing.SupportsFloat | typing.SupportsIndex, random_state: typing.SupportsInt | typing.SupportsIndex, max_silhouette_points: typing.SupportsInt | typing.SupportsIndex, sample_weight: numpy.typing.NDArray[numpy.float64] | None = None, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> list:
    """
    See ecommerce_analytics.kmeans.curve.
    """
@typing.overload
def fit(X: numpy.typing.NDArray[numpy.float64], *, n_clusters: typing.SupportsInt | typing.SupportsIndex = 8, n_init: typing.SupportsInt | typing.SupportsIndex = 1, max_iter: typing.SupportsInt | typing.SupportsIndex = 300, tol: typing.SupportsFloat | typing.SupportsIndex = 0.0001, random_state: typing.SupportsInt | typing.SupportsIndex = 0, init: numpy.typing.NDArray[numpy.float64] | None = None, sample_weight: numpy.typing.NDArray[numpy.float64] | None = None, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.int32], float, int, bool]:
    """
    See ecommerce_analytics.kmeans.fit.
    """
@typing.overload
def fit(X: numpy.typing.NDArray[numpy.float32], *, n_clusters: typing.SupportsInt | typing.SupportsIndex = 8, n_init: typing.SupportsInt | typing.SupportsIndex = 1, max_iter: typing.SupportsInt | typing.SupportsIndex = 300, tol: typing.SupportsFloat | typing.SupportsIndex = 0.0001, random_state: typing.SupportsInt | typing.SupportsIndex = 0, init: numpy.typing.NDArray[numpy.float64] | None = None, sample_weight: numpy.typing.NDArray[numpy.float64] | None = None, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> tuple[numpy.typing.NDArray[numpy.float32], numpy.typing.NDArray[numpy.int32], float, int, bool]:
    """
    See ecommerce_analytics.kmeans.fit.
    """
@typing.overload
def inertia(X: numpy.typing.NDArray[numpy.float64], centers: numpy.typing.NDArray[numpy.float64], *, sample_weight: numpy.typing.NDArray[numpy.float64] | None = None, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> float:
    """
    See ecommerce_analytics.kmeans.inertia.
    """
@typing.overload
def inertia(X: numpy.typing.NDArray[numpy.float32], centers: numpy.typing.NDArray[numpy.float32], *, sample_weight: numpy.typing.NDArray[numpy.float64] | None = None, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> float:
    """
    See ecommerce_analytics.kmeans.inertia.
    """
@typing.overload
def predict(X: numpy.typing.NDArray[numpy.float64], centers: numpy.typing.NDArray[numpy.float64], *, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> numpy.typing.NDArray[numpy.int32]:
    """
    See ecommerce_analytics.kmeans.predict.
    """
@typing.overload
def predict(X: numpy.typing.NDArray[numpy.float32], centers: numpy.typing.NDArray[numpy.float32], *, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> numpy.typing.NDArray[numpy.int32]:
    """
    See ecommerce_analytics.kmeans.predict.
    """
@typing.overload
def silhouette(X: numpy.typing.NDArray[numpy.float64], labels: numpy.typing.NDArray[numpy.int32], *, max_points: typing.SupportsInt | typing.SupportsIndex = 10000, random_state: typing.SupportsInt | typing.SupportsIndex = 0, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> tuple:
    """
    See ecommerce_analytics.kmeans.silhouette.
    """
@typing.overload
def silhouette(X: numpy.typing.NDArray[numpy.float32], labels: numpy.typing.NDArray[numpy.int32], *, max_points: typing.SupportsInt | typing.SupportsIndex = 10000, random_state: typing.SupportsInt | typing.SupportsIndex = 0, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> tuple:
    """
    See ecommerce_analytics.kmeans.silhouette.
    """
@typing.overload
def transform(X: numpy.typing.NDArray[numpy.float64], centers: numpy.typing.NDArray[numpy.float64], *, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> numpy.typing.NDArray[numpy.float64]:
    """
    See ecommerce_analytics.kmeans.transform.
    """
@typing.overload
def transform(X: numpy.typing.NDArray[numpy.float32], centers: numpy.typing.NDArray[numpy.float32], *, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> numpy.typing.NDArray[numpy.float32]:
    """
    See ecommerce_analytics.kmeans.transform.
    """
