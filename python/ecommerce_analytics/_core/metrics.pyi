from __future__ import annotations
import collections.abc
import ecommerce_analytics._core
import numpy
import numpy.typing
import typing
__all__: list[str] = ['AreaInterval', 'Calibration', 'Comparison', 'Confusion', 'Lift', 'brier', 'calibration', 'compare', 'confusion_matrix', 'lift', 'log_loss', 'mean_difference', 'pr_auc', 'roc_auc', 'roc_auc_interval', 'share_p_value']
class AreaInterval(ecommerce_analytics._core.Table):
    """
    An area and its interval.
    """
class Calibration(ecommerce_analytics._core.Table):
    """
    One row per bin of probabilities.
    """
class Lift(ecommerce_analytics._core.Table):
    """
    One row per bin of the highest scores.
    """
class Confusion(ecommerce_analytics._core.Table):
    """
    One row per threshold.
    """
class Comparison(ecommerce_analytics._core.Table):
    """
    One row per score.
    """
def brier(y: numpy.typing.NDArray[numpy.uint8], score: numpy.typing.NDArray[numpy.float64], sample_weight: numpy.typing.NDArray[numpy.float64] | None = None) -> float:
    """
    See ecommerce_analytics.metrics.brier.
    """
def calibration(y: numpy.typing.NDArray[numpy.uint8], probability: numpy.typing.NDArray[numpy.float64], sample_weight: numpy.typing.NDArray[numpy.float64] | None = None, *, n_bins: typing.SupportsInt | typing.SupportsIndex, strategy: str, confidence: typing.SupportsFloat | typing.SupportsIndex) -> Calibration:
    """
    See ecommerce_analytics.metrics.calibration.
    """
def compare(y: numpy.typing.NDArray[numpy.uint8], scores: list[numpy.typing.NDArray[numpy.float64]], *, names: collections.abc.Sequence[str], n_resamples: typing.SupportsInt | typing.SupportsIndex, random_state: typing.SupportsInt | typing.SupportsIndex, confidence: typing.SupportsFloat | typing.SupportsIndex, num_threads: typing.SupportsInt | typing.SupportsIndex) -> Comparison:
    """
    See ecommerce_analytics.metrics.compare.
    """
def confusion_matrix(y: numpy.typing.NDArray[numpy.uint8], score: numpy.typing.NDArray[numpy.float64], sample_weight: numpy.typing.NDArray[numpy.float64] | None = None, *, thresholds: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> Confusion:
    """
    See ecommerce_analytics.metrics.confusion_matrix.
    """
def lift(y: numpy.typing.NDArray[numpy.uint8], score: numpy.typing.NDArray[numpy.float64], sample_weight: numpy.typing.NDArray[numpy.float64] | None = None, *, n_bins: typing.SupportsInt | typing.SupportsIndex) -> Lift:
    """
    See ecommerce_analytics.metrics.lift.
    """
def log_loss(y: numpy.typing.NDArray[numpy.uint8], score: numpy.typing.NDArray[numpy.float64], sample_weight: numpy.typing.NDArray[numpy.float64] | None = None) -> float:
    """
    See ecommerce_analytics.metrics.log_loss.
    """
def mean_difference(first: numpy.typing.NDArray[numpy.float64], second: numpy.typing.NDArray[numpy.float64], *, confidence: typing.SupportsFloat | typing.SupportsIndex) -> tuple[float, float, float, float, float, float]:
    """
    See ecommerce_analytics.metrics.mean_difference.
    """
def pr_auc(y: numpy.typing.NDArray[numpy.uint8], score: numpy.typing.NDArray[numpy.float64], sample_weight: numpy.typing.NDArray[numpy.float64] | None = None) -> float:
    """
    See ecommerce_analytics.metrics.pr_auc.
    """
def roc_auc(y: numpy.typing.NDArray[numpy.uint8], score: numpy.typing.NDArray[numpy.float64], sample_weight: numpy.typing.NDArray[numpy.float64] | None = None) -> float:
    """
    See ecommerce_analytics.metrics.roc_auc.
    """
def roc_auc_interval(y: numpy.typing.NDArray[numpy.uint8], score: numpy.typing.NDArray[numpy.float64], *, confidence: typing.SupportsFloat | typing.SupportsIndex) -> AreaInterval:
    """
    See ecommerce_analytics.metrics.roc_auc_interval.
    """
def share_p_value(successes: typing.SupportsInt | typing.SupportsIndex, trials: typing.SupportsInt | typing.SupportsIndex, share: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    See ecommerce_analytics.metrics.share_p_value.
    """
