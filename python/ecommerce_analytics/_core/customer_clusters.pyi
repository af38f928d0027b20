from __future__ import annotations
import collections.abc
import ecommerce_analytics._core
import ecommerce_analytics._core.rfm
import typing
__all__: list[str] = ['Clusters', 'Curve', 'assign', 'curve', 'fit', 'model_of', 'profile']
class Clusters(ecommerce_analytics._core.Table):
    """
    One row per customer.
    """
class Curve(ecommerce_analytics._core.Table):
    """
    One row per number of clusters.
    """
def assign(scores: ecommerce_analytics._core.rfm.Scores, *, means: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(3)"], standard_deviations: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(3)"], centers: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], names: collections.abc.Sequence[str]) -> Clusters:
    """
    See ecommerce_analytics.customer_clusters.assign.
    """
def curve(scores: ecommerce_analytics._core.rfm.Scores, *, min_clusters: typing.SupportsInt | typing.SupportsIndex, max_clusters: typing.SupportsInt | typing.SupportsIndex, n_init: typing.SupportsInt | typing.SupportsIndex, max_iter: typing.SupportsInt | typing.SupportsIndex, tol: typing.SupportsFloat | typing.SupportsIndex, random_state: typing.SupportsInt | typing.SupportsIndex, max_silhouette_points: typing.SupportsInt | typing.SupportsIndex, num_threads: typing.SupportsInt | typing.SupportsIndex) -> Curve:
    """
    See ecommerce_analytics.customer_clusters.curve.
    """
def fit(scores: ecommerce_analytics._core.rfm.Scores, *, n_clusters: typing.SupportsInt | typing.SupportsIndex = 4, n_init: typing.SupportsInt | typing.SupportsIndex = 10, max_iter: typing.SupportsInt | typing.SupportsIndex = 300, tol: typing.SupportsFloat | typing.SupportsIndex = 0.0, random_state: typing.SupportsInt | typing.SupportsIndex = 0, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> Clusters:
    """
    See ecommerce_analytics.customer_clusters.fit.
    """
def model_of(clusters: Clusters) -> tuple[typing.Annotated[list[float], "FixedSize(3)"], typing.Annotated[list[float], "FixedSize(3)"], list[float], list[str]]:
    """
    See ecommerce_analytics.customer_clusters.model_of.
    """
def profile(clusters: Clusters, scores: ecommerce_analytics._core.rfm.Scores) -> ecommerce_analytics._core.rfm.SegmentSummary:
    """
    See ecommerce_analytics.customer_clusters.profile.
    """
