"""Gamma-Gamma: what customers spend per purchase, from few purchases of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core
from ecommerce_analytics.fitted_model import FittedModel, number, parameters_of, predicting
from ecommerce_analytics.purchase_history import columns_of
from ecommerce_analytics.repeat_buying import Bootstrap, refit_drawn

Status = Literal["converged", "boundary", "not_converged"]
NAMES = ("p", "q", "gamma")

_COLUMNS = ("frequency", "monetary_value")


@dataclass(frozen=True)
class Model(FittedModel):
    """A fitted Gamma-Gamma: plain data.

    A purchase's value has a gamma law (shape p) around the customer's own mean, and these means
    vary over customers by q and gamma; how often somebody buys says nothing of how much.

    Attributes
    ----------
    parameters : tuple of 3 floats
        p, q, and gamma in money; NaN at a boundary.
    status : {"converged", "boundary", "not_converged"}
        How the fit ended.
    boundary : str
        The limit towards which the likelihood rises, in words; empty unless `status` is boundary.
    log_likelihood : float
        Of the customers with a repeat purchase, without the penalty.
    gradient_norm : float
        Largest derivative of the mean objective by the logarithm of a parameter.
    n_iter : int
        Newton steps.
    num_repeaters : int
        Customers with a repeat purchase.
    correlation : float
        Of frequency and mean value among them, which the model takes for 0; NaN if one of them does
        not vary.
    standard_errors : tuple of 3 floats
        Of the parameters, by the observed information; NaN where there is none.
    covariance : tuple of 9 floats
        Row by row.
    """

    KIND: ClassVar[str] = "gamma_gamma"
    NAMES: ClassVar[tuple[str, ...]] = NAMES

    parameters: tuple[float, ...]
    status: Status
    boundary: str
    log_likelihood: float
    gradient_norm: float
    n_iter: int
    num_repeaters: int
    correlation: float
    standard_errors: tuple[float, ...]
    covariance: tuple[float, ...]


def fit(
    summary: Any,
    *,
    penalizer_coef: float = 0.0,
    init: Sequence[float] | None = None,
    max_iter: int = 200,
) -> Model:
    """Fit the parameters to the customers with a repeat purchase, by maximum likelihood.

    Parameters
    ----------
    summary : Table, frame or mapping
        n rows with `frequency` (whole numbers) and `monetary_value`, the mean value of the repeat
        purchases, above 0 where there are some.
    penalizer_coef : float, default=0.0
        The fit maximises the mean log-likelihood less this times p² + q² + (gamma / mean value)².
    init : sequence of 3 floats, optional
        Where the steps begin. None: at five places, of which the best is kept.
    max_iter : int, default=200
        Most Newton steps from each start.

    Returns
    -------
    Model

    Raises
    ------
    InvalidData
        With its row, if a frequency is negative or no whole number, or the mean value of a
        repeater is not above 0; if fewer than three repeat, or all mean values are equal.
    InvalidArgument
        If an option is out of its range.

    Notes
    -----
    O(n log n). Source: Fader and Hardie (2013), The Gamma-Gamma model of monetary value. See
    docs/methods/gamma_gamma.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> summary = {"frequency": [1, 2, 4, 3, 1], "monetary_value": [5.0, 80.0, 31.0, 12.0, 20.0]}
    >>> ea.gamma_gamma.fit(summary).status
    'converged'
    """
    told = _core.gamma_gamma.fit(
        *columns_of(summary, _COLUMNS),
        penalizer_coef=number("gamma_gamma", "penalizer_coef", penalizer_coef),
        init=None if init is None else parameters_of(Model, init),
        max_iter=index(max_iter),
    )
    return Model.of_state(told)


def log_likelihood(parameters: Sequence[float], summary: Any) -> float:
    """Return the log-likelihood of the repeaters at given p, q, gamma, all above 0."""
    return _core.gamma_gamma.log_likelihood(
        parameters_of(Model, parameters), *columns_of(summary, _COLUMNS)
    )


def gradient(parameters: Sequence[float], summary: Any) -> npt.NDArray[np.float64]:
    """Return the derivatives of the log-likelihood by p, q, gamma."""
    return np.array(
        _core.gamma_gamma.gradient(parameters_of(Model, parameters), *columns_of(summary, _COLUMNS))
    )


def expected_value(model: Model, summary: Any) -> npt.NDArray[np.float64]:
    """Return the expected value of a future purchase of each customer.

    The mean of all customers and his own are weighted by how much is known of him. Without a repeat
    purchase it is that of all; NaN if q <= 1, where that does not exist.
    """
    parameters = predicting(model, Model)
    return _core.gamma_gamma.expected_value(parameters, *columns_of(summary, _COLUMNS))


def bootstrap(
    model: Model,
    summary: Any,
    n_resamples: int = 200,
    *,
    random_state: int = 0,
    num_threads: int | None = None,
) -> Bootstrap:
    """Fit again to mean values drawn from a fitted model, with the customers' own frequencies.

    Parameters
    ----------
    model : Model
        A fit.
    summary : Table, frame or mapping
        With the customers' `frequency`.
    n_resamples : int, default=200
        Draws of all customers.
    random_state : int, default=0
        Seed; each draw has its own.
    num_threads : int or None
        Threads; None: as many as there are cores allowed. The same result for any number.

    Returns
    -------
    Bootstrap
        The parameters of each draw, with `interval`.

    Raises
    ------
    InvalidArgument
        If the model has no parameters.
    """
    p, q, gamma = predicting(model, Model)
    (frequency,) = columns_of(summary, ("frequency",))
    repeats = frequency[frequency > 0.0]

    def draw(random: np.random.Generator) -> dict[str, npt.NDArray[np.float64]]:
        rate = np.maximum(random.gamma(q, 1.0 / gamma, len(repeats)), 1e-300)
        value = np.maximum(random.gamma(p * repeats) / (rate * repeats), 1e-300)
        return {"frequency": repeats, "monetary_value": value}

    def refit(drawn: Any) -> Model | None:
        found = fit(drawn, init=(p, q, gamma))
        return found if found.status == "converged" else None

    return refit_drawn(draw, refit, len(NAMES), n_resamples, random_state, num_threads)
