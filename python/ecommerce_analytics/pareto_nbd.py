"""Pareto/NBD: how often customers will buy, and whether they still do, from their past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core
from ecommerce_analytics.fitted_model import parameters_of
from ecommerce_analytics.repeat_buying import Bootstrap, Kernel, RepeatBuyingModel

NAMES = ("r", "alpha", "s", "beta")


@dataclass(frozen=True)
class Model(RepeatBuyingModel):
    """A fitted Pareto/NBD: plain data, times in the unit of the summary; see `RepeatBuyingModel`.

    While alive, a customer buys at a rate drawn from a gamma law (shape r, rate alpha); he
    leaves at any moment, at a rate drawn from a gamma law (shape s, rate beta). At the boundary s
    -> 0, where nobody leaves, s is 0 and beta is NaN.
    """

    KIND: ClassVar[str] = "pareto_nbd"
    NAMES: ClassVar[tuple[str, ...]] = NAMES


def _stays(
    random: np.random.Generator,
    parameters: Sequence[float],
    whose: npt.NDArray[np.int64],
    times: npt.NDArray[np.float64],
    num_customers: int,
) -> npt.NDArray[np.bool_]:
    """Tell the purchases before the moment at which the customer leaves."""
    _, _, s, beta = parameters
    rate = np.maximum(random.gamma(s, 1.0 / beta, num_customers), 1e-300)
    leaves = random.standard_exponential(num_customers) / rate
    return times < leaves[whose]


_KERNEL = Kernel(Model, _core.pareto_nbd, _stays)


def fit(
    summary: Any,
    *,
    penalizer_coef: float = 0.0,
    boundary_gain: float = 1.353,
    init: Sequence[float] | None = None,
    max_iter: int = 200,
    num_threads: int | None = None,
) -> Model:
    """Fit the parameters by maximum likelihood, by Newton steps on their logarithms.

    Parameters
    ----------
    summary : Table, frame or mapping
        n rows with `frequency` (whole numbers), `recency` and `T` in one unit of time, as
        `purchase_history.summary`, `lifetimes` or PyMC-Marketing make them; other columns are not
        read.
    penalizer_coef : float, default=0.0
        The fit maximises the mean log-likelihood less this times
        r² + (alpha / largest T)² + s² + (beta / largest T)².
    boundary_gain : float, default=1.353
        Gain of the log-likelihood over the NBD, where nobody leaves, below which the data do not
        show that anybody does; then the answer is the NBD, with status ``boundary``. The default is
        the 5 % level of the likelihood ratio at that boundary; 0: only if there is no gain.
    init : sequence of 4 floats, optional
        Where the steps begin. None: at five places, of which the best is kept.
    max_iter : int, default=200
        Most Newton steps from each start.
    num_threads : int or None
        Threads; None: as many as there are cores allowed. The same bits for any number, and for
        any order of the rows.

    Returns
    -------
    Model

    Raises
    ------
    InvalidData
        With its row, if a value is missing, negative or infinite, a frequency is no whole number,
        recency exceeds T, or one of frequency and recency is 0 and the other is not; if nobody has
        a repeat purchase, or all customers are alike.
    InvalidArgument
        If an option is out of its range.

    Notes
    -----
    O(n log n). Source: Schmittlein, Morrison and Colombo (1987), Counting your customers. See
    docs/methods/pareto_nbd.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=500, random_state=0)
    >>> summary = ea.purchase_history.summary(shop.transactions)
    >>> ea.pareto_nbd.fit(summary).status
    'converged'
    """
    told = _KERNEL.fit(summary, penalizer_coef, boundary_gain, init, max_iter, num_threads)
    return Model.of_state(told)


def log_likelihood(parameters: Sequence[float], summary: Any) -> float:
    """Return the log-likelihood of all customers at given r, alpha, s, beta, all above 0.

    With s = 0 nobody leaves: it is that of the NBD, and beta is not read.
    """
    return _KERNEL.log_likelihood(parameters, summary)


def gradient(parameters: Sequence[float], summary: Any) -> npt.NDArray[np.float64]:
    """Return the derivatives of the log-likelihood by r, alpha, s, beta."""
    return _KERNEL.gradient(parameters, summary)


def probability_alive(model: Model, summary: Any) -> npt.NDArray[np.float64]:
    """Return the probability that each customer has not left by T.

    Less than 1 for somebody without a repeat purchase too: the longer he is silent, the less.
    """
    return _KERNEL.probability_alive(model, summary)


def probability_of_purchase(model: Model, summary: Any, time: float) -> npt.NDArray[np.float64]:
    """Return the probability of at least one purchase in the `time` after T."""
    return _KERNEL.probability_of_purchase(model, summary, time)


def expected_purchases(
    model: Model,
    summary: Any,
    time: float,
    *,
    start: float = 0.0,
    discount: float = 0.0,
    num_threads: int | None = None,
) -> npt.NDArray[np.float64]:
    """Return the expected number of purchases of each customer in [start, time] after T.

    Parameters
    ----------
    model : Model
        A fit with parameters.
    summary : Table, frame or mapping
        As `fit`, in the same unit of time.
    time, start : float
        The interval, in that unit, 0 <= start <= time.
    discount : float, default=0.0
        Force of interest per unit: a purchase at t counts exp(-discount t).
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Raises
    ------
    InvalidArgument
        If the model has no parameters, or the interval or discount is out of its range.
    InvalidData
        As `fit`, for bad rows.
    """
    return _KERNEL.expected_purchases(model, summary, time, start, discount, num_threads)


def expected_new_purchases(model: Model, times: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the expected repeat purchases of a new customer by each time after his first one."""
    return _KERNEL.expected_new_purchases(model, times)


def time_to_purchase(model: Model, summary: Any, share: float = 0.5) -> npt.NDArray[np.float64]:
    """Return the time after T by which each customer, if he stays, has bought again.

    Parameters
    ----------
    share : float, default=0.5
        Probability that he has by then; in (0, 1).
    """
    return _KERNEL.time_to_purchase(model, summary, share)


def draw_histories(
    parameters: Sequence[float], T: npt.ArrayLike, *, random_state: int = 0
) -> dict[str, npt.NDArray[np.float64]]:
    """Draw `frequency` and `recency` of customers of the model by the end of their observation.

    Parameters
    ----------
    parameters : sequence of 4 floats
        r, alpha, s, beta; with s = 0 nobody leaves.
    T : array of shape (n,)
        Time from the first purchase to the end of observation.
    random_state : int, default=0
        Seed.

    Returns
    -------
    dict
        `frequency`, `recency` and `T`, a summary that `fit` takes.
    """
    return _KERNEL.draw_histories(parameters_of(Model, parameters), T, random_state)


def draw_purchases(
    parameters: Sequence[float], T: npt.NDArray[np.float64], random: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Draw the repeat purchases of customers of the model: whose, and when after his first.

    In order of the customers of `T`, and of time. Where nobody leaves the third parameter is 0.
    """
    return _KERNEL.draw_purchases(parameters, T, random)


def bootstrap(
    model: Model,
    summary: Any,
    n_resamples: int = 200,
    *,
    random_state: int = 0,
    num_threads: int | None = None,
) -> Bootstrap:
    """Fit again to histories drawn from a fitted model: how far its parameters may be off.

    Parameters
    ----------
    model : Model
        A fit in which somebody leaves.
    summary : Table, frame or mapping
        With the customers' `T`.
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
        If the model has no parameters or is at the boundary where nobody leaves.
    """
    return _KERNEL.bootstrap(model, summary, n_resamples, random_state, num_threads, fit)
