from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing
__all__: list[str] = ['expected_value', 'fit', 'gradient', 'log_likelihood']
def expected_value(parameters: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(3)"], frequency: numpy.typing.NDArray[numpy.float64], monetary_value: numpy.typing.NDArray[numpy.float64]) -> numpy.typing.NDArray[numpy.float64]:
    """
    See ecommerce_analytics.gamma_gamma.expected_value.
    """
def fit(frequency: numpy.typing.NDArray[numpy.float64], monetary_value: numpy.typing.NDArray[numpy.float64], *, penalizer_coef: typing.SupportsFloat | typing.SupportsIndex = 0.0, init: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(3)"] | None = None, max_iter: typing.SupportsInt | typing.SupportsIndex = 200) -> dict:
    """
    See ecommerce_analytics.gamma_gamma.fit.
    """
def gradient(parameters: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(3)"], frequency: numpy.typing.NDArray[numpy.float64], monetary_value: numpy.typing.NDArray[numpy.float64]) -> typing.Annotated[list[float], "FixedSize(3)"]:
    """
    See ecommerce_analytics.gamma_gamma.gradient.
    """
def log_likelihood(parameters: typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(3)"], frequency: numpy.typing.NDArray[numpy.float64], monetary_value: numpy.typing.NDArray[numpy.float64]) -> float:
    """
    See ecommerce_analytics.gamma_gamma.log_likelihood.
    """
