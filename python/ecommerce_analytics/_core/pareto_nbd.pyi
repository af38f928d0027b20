from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing
__all__: list[str] = ['expected_new_purchases', 'expected_purchases', 'fit', 'gradient', 'log_likelihood', 'probability_alive', 'probability_of_purchase', 'time_to_purchase']
def expected_new_purchases(parameters: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"], times: numpy.typing.NDArray[numpy.float64]) -> numpy.typing.NDArray[numpy.float64]:
    """
    See ecommerce_analytics.pareto_nbd.expected_new_purchases.
    """
def expected_purchases(parameters: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"], frequency: numpy.typing.NDArray[numpy.float64], recency: numpy.typing.NDArray[numpy.float64], T: numpy.typing.NDArray[numpy.float64], *, start: typing.SupportsFloat | typing.SupportsIndex, end: typing.SupportsFloat | typing.SupportsIndex, discount: typing.SupportsFloat | typing.SupportsIndex = 0.0, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> numpy.typing.NDArray[numpy.float64]:
    """
    See ecommerce_analytics.pareto_nbd.expected_purchases.
    """
def fit(frequency: numpy.typing.NDArray[numpy.float64], recency: numpy.typing.NDArray[numpy.float64], T: numpy.typing.NDArray[numpy.float64], *, penalizer_coef: typing.SupportsFloat | typing.SupportsIndex = 0.0, boundary_gain: typing.SupportsFloat | typing.SupportsIndex = 1.353, init: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"] | None = None, max_iter: typing.SupportsInt | typing.SupportsIndex = 200, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> dict:
    """
    See ecommerce_analytics.pareto_nbd.fit.
    """
def gradient(parameters: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"], frequency: numpy.typing.NDArray[numpy.float64], recency: numpy.typing.NDArray[numpy.float64], T: numpy.typing.NDArray[numpy.float64]) -> typing.Annotated[list[float], "FixedSize(4)"]:
    """
    See ecommerce_analytics.pareto_nbd.gradient.
    """
def log_likelihood(parameters: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"], frequency: numpy.typing.NDArray[numpy.float64], recency: numpy.typing.NDArray[numpy.float64], T: numpy.typing.NDArray[numpy.float64]) -> float:
    """
    See ecommerce_analytics.pareto_nbd.log_likelihood.
    """
def probability_alive(parameters: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"], frequency: numpy.typing.NDArray[numpy.float64], recency: numpy.typing.NDArray[numpy.float64], T: numpy.typing.NDArray[numpy.float64]) -> numpy.typing.NDArray[numpy.float64]:
    """
    See ecommerce_analytics.pareto_nbd.probability_alive.
    """
def probability_of_purchase(parameters: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"], frequency: numpy.typing.NDArray[numpy.float64], recency: numpy.typing.NDArray[numpy.float64], T: numpy.typing.NDArray[numpy.float64], time: typing.SupportsFloat | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.float64]:
    """
    See ecommerce_analytics.pareto_nbd.probability_of_purchase.
    """
def time_to_purchase(parameters: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(4)"], frequency: numpy.typing.NDArray[numpy.float64], recency: numpy.typing.NDArray[numpy.float64], T: numpy.typing.NDArray[numpy.float64], share: typing.SupportsFloat | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.float64]:
    """
    See ecommerce_analytics.pareto_nbd.time_to_purchase.
    """
