from __future__ import annotations
import collections.abc
import ecommerce_analytics._core
import numpy
import numpy.typing
import typing
__all__: list[str] = ['Inference', 'decision_function', 'fit', 'inference', 'predict_probability']
class Inference(ecommerce_analytics._core.Table):
    """
    One row per coefficient.
    """
@typing.overload
def decision_function(coef: numpy.typing.NDArray[numpy.float64], intercept: typing.SupportsFloat | typing.SupportsIndex, X: numpy.typing.NDArray[numpy.float64], *, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> numpy.typing.NDArray[numpy.float64]:
    """
    See ecommerce_analytics.logistic.decision_function.
    """
@typing.overload
def decision_function(coef: numpy.typing.NDArray[numpy.float64], intercept: typing.SupportsFloat | typing.SupportsIndex, X: numpy.typing.NDArray[numpy.float32], *, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> numpy.typing.NDArray[numpy.float64]:
    """
    See ecommerce_analytics.logistic.decision_function.
    """
@typing.overload
def fit(X: numpy.typing.NDArray[numpy.float64], y: numpy.typing.NDArray[numpy.uint8], *, sample_weight: numpy.typing.NDArray[numpy.float64] | None = None, C: typing.SupportsFloat | typing.SupportsIndex = 1.0, fit_intercept: bool = True, max_iter: typing.SupportsInt | typing.SupportsIndex = 100, tol: typing.SupportsFloat | typing.SupportsIndex = 1e-08, class_weight: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(2)"] | None = None, feature_names: collections.abc.Sequence[str] = [], num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> dict:
    """
    See ecommerce_analytics.logistic.fit.
    """
@typing.overload
def fit(X: numpy.typing.NDArray[numpy.float32], y: numpy.typing.NDArray[numpy.uint8], *, sample_weight: numpy.typing.NDArray[numpy.float64] | None = None, C: typing.SupportsFloat | typing.SupportsIndex = 1.0, fit_intercept: bool = True, max_iter: typing.SupportsInt | typing.SupportsIndex = 100, tol: typing.SupportsFloat | typing.SupportsIndex = 1e-08, class_weight: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(2)"] | None = None, feature_names: collections.abc.Sequence[str] = [], num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> dict:
    """
    See ecommerce_analytics.logistic.fit.
    """
def inference(*, coef: numpy.typing.NDArray[numpy.float64], intercept: typing.SupportsFloat | typing.SupportsIndex, fit_intercept: bool, standard_errors: numpy.typing.NDArray[numpy.float64], deviance: typing.SupportsFloat | typing.SupportsIndex, null_deviance: typing.SupportsFloat | typing.SupportsIndex, num_rows: typing.SupportsInt | typing.SupportsIndex, inference_note: str, feature_names: collections.abc.Sequence[str], confidence: typing.SupportsFloat | typing.SupportsIndex = 0.95) -> Inference:
    """
    See ecommerce_analytics.logistic.inference.
    """
@typing.overload
def predict_probability(coef: numpy.typing.NDArray[numpy.float64], intercept: typing.SupportsFloat | typing.SupportsIndex, X: numpy.typing.NDArray[numpy.float64], *, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> numpy.typing.NDArray[numpy.float64]:
    """
    See ecommerce_analytics.logistic.predict_probability.
    """
@typing.overload
def predict_probability(coef: numpy.typing.NDArray[numpy.float64], intercept: typing.SupportsFloat | typing.SupportsIndex, X: numpy.typing.NDArray[numpy.float32], *, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> numpy.typing.NDArray[numpy.float64]:
    """
    See ecommerce_analytics.logistic.predict_probability.
    """
