"""What models of repeat buying have in common: a fit as plain data, calls of the core, draws."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from operator import index
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ecommerce_analytics.customer_history import thread_count
from ecommerce_analytics.errors import InvalidArgument, InvalidData
from ecommerce_analytics.fitted_model import FittedModel, number, parameters_of, predicting
from ecommerce_analytics.purchase_history import columns_of

__all__ = ["Bootstrap", "Kernel", "Leaving", "RepeatBuyingModel", "Status", "refit_drawn"]

Numbers = npt.NDArray[np.float64]
Status = Literal["converged", "boundary", "not_converged"]

# Of purchases in order, their customers and times, which ones come before their customer leaves:
# (random, parameters, whose, times, num_customers).
Leaving = Callable[
    [np.random.Generator, Sequence[float], npt.NDArray[np.int64], Numbers, int],
    npt.NDArray[np.bool_],
]

_COLUMNS = ("frequency", "recency", "T")
# More purchases of one customer are not drawn.
_MOST_DRAWN = 1e5


@dataclass(frozen=True)
class RepeatBuyingModel(FittedModel):
    """A fitted model of repeat buying: plain data, times in the unit of the summary.

    Attributes
    ----------
    parameters : tuple of 4 floats
        r and alpha of the law of rates, and two of leaving. At the boundary where nobody leaves the
        third is 0 and the fourth NaN; at any other one all are NaN and there is nothing to predict
        with.
    status : {"converged", "boundary", "not_converged"}
        How the fit ended.
    boundary : str
        The limit towards which the likelihood rises, in words; empty unless `status` is boundary.
    log_likelihood : float
        Of all customers, without the penalty.
    gradient_norm : float
        Largest derivative of the mean objective by the logarithm of a parameter.
    n_iter : int
        Newton steps.
    num_customers, num_repeaters : int
        Customers, and those with a repeat purchase.
    num_repeats : float
        Repeat purchases.
    standard_errors : tuple of 4 floats
        Of the parameters, by the observed information; NaN where there is none.
    covariance : tuple of 16 floats
        Row by row.
    """

    parameters: tuple[float, ...]
    status: Status
    boundary: str
    log_likelihood: float
    gradient_norm: float
    n_iter: int
    num_customers: int
    num_repeaters: int
    num_repeats: float
    standard_errors: tuple[float, ...]
    covariance: tuple[float, ...]

    @property
    def anybody_leaves(self) -> bool:
        """False at the boundary where the model is the NBD."""
        return self.parameters[2] != 0.0


@dataclass(frozen=True)
class Bootstrap:
    """Parameters that were fitted to histories drawn from a model.

    Attributes
    ----------
    parameters : ndarray of shape (n_resamples, num_parameters)
        Of each resample that had a best fit, where somebody leaves.
    num_at_boundary : int
        Resamples without one.
    """

    parameters: Numbers
    num_at_boundary: int

    def interval(self, confidence: float = 0.95) -> tuple[Numbers, Numbers]:
        """Return the lower and upper ends of the percentile interval of each parameter."""
        if not 0.0 < confidence < 1.0:
            raise InvalidArgument("bootstrap: confidence must be in (0, 1)", value=str(confidence))
        if len(self.parameters) < 2:
            nothing = np.full(self.parameters.shape[1], np.nan)
            return nothing, nothing
        tail = (1.0 - confidence) / 2.0
        lower, upper = np.quantile(self.parameters, [tail, 1.0 - tail], axis=0)
        return lower, upper


def refit_drawn(
    draw: Callable[[np.random.Generator], Any],
    refit: Callable[[Any], FittedModel | None],
    num_parameters: int,
    n_resamples: int,
    random_state: int,
    num_threads: int | None,
) -> Bootstrap:
    """Draw and refit, each with a seed of its own: the same for any number of threads."""
    if index(n_resamples) < 1:
        raise InvalidArgument("bootstrap: n_resamples must be 1 or more", value=str(n_resamples))
    seeds = np.random.SeedSequence(random_state).spawn(n_resamples)

    def one(seed: np.random.SeedSequence) -> FittedModel | None:
        return refit(draw(np.random.default_rng(seed)))

    threads = thread_count(num_threads) or os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        models = list(pool.map(one, seeds))
    found = [model.parameters for model in models if model is not None]
    return Bootstrap(
        np.array(found, dtype=np.float64).reshape(-1, num_parameters), n_resamples - len(found)
    )


@dataclass(frozen=True)
class Kernel:
    """The functions of a model's module: its own prose stands there.

    Attributes
    ----------
    kind : type of RepeatBuyingModel
        The model.
    core : module
        Its functions in the core.
    leaving : Leaving
        What it says of leaving, for draws.
    """

    kind: type[RepeatBuyingModel]
    core: Any
    leaving: Leaving

    def fit(
        self,
        summary: Any,
        penalizer_coef: float,
        boundary_gain: float,
        init: Sequence[float] | None,
        max_iter: int,
        num_threads: int | None,
    ) -> dict[str, Any]:
        """Return what the core tells of a fit."""
        name = self.kind.KIND
        told: dict[str, Any] = self.core.fit(
            *columns_of(summary, _COLUMNS),
            penalizer_coef=number(name, "penalizer_coef", penalizer_coef),
            boundary_gain=number(name, "boundary_gain", boundary_gain),
            init=None if init is None else parameters_of(self.kind, init),
            max_iter=index(max_iter),
            num_threads=thread_count(num_threads),
        )
        return told

    def log_likelihood(self, parameters: Sequence[float], summary: Any) -> float:
        """Return the log-likelihood of all customers."""
        return float(
            self.core.log_likelihood(
                parameters_of(self.kind, parameters), *columns_of(summary, _COLUMNS)
            )
        )

    def gradient(self, parameters: Sequence[float], summary: Any) -> Numbers:
        """Return the derivatives of the log-likelihood by the parameters."""
        values = parameters_of(self.kind, parameters)
        return np.array(self.core.gradient(values, *columns_of(summary, _COLUMNS)))

    def probability_alive(self, model: RepeatBuyingModel, summary: Any) -> Numbers:
        """Return P(alive) of each customer."""
        return self._of(self.core.probability_alive, model, summary)

    def probability_of_purchase(
        self, model: RepeatBuyingModel, summary: Any, time: float
    ) -> Numbers:
        """Return the probability of at least one purchase in the `time` after T."""
        until = number(self.kind.KIND, "time", time)
        return self._of(self.core.probability_of_purchase, model, summary, until)

    def expected_purchases(
        self,
        model: RepeatBuyingModel,
        summary: Any,
        time: float,
        start: float,
        discount: float,
        num_threads: int | None,
    ) -> Numbers:
        """Return the expected purchases of each customer in [start, time] after T."""
        name = self.kind.KIND
        return self._of(
            self.core.expected_purchases,
            model,
            summary,
            start=number(name, "start", start),
            end=number(name, "time", time),
            discount=number(name, "discount", discount),
            num_threads=thread_count(num_threads),
        )

    def expected_new_purchases(self, model: RepeatBuyingModel, times: npt.ArrayLike) -> Numbers:
        """Return the expected repeat purchases of a newcomer by each time."""
        values = np.ascontiguousarray(np.atleast_1d(np.asarray(times, dtype=np.float64)))
        expected: Numbers = self.core.expected_new_purchases(predicting(model, self.kind), values)
        return expected

    def time_to_purchase(self, model: RepeatBuyingModel, summary: Any, share: float) -> Numbers:
        """Return the time after T by which each customer, if he stays, has bought again."""
        by = number(self.kind.KIND, "share", share)
        return self._of(self.core.time_to_purchase, model, summary, by)

    def draw_purchases(
        self, parameters: Sequence[float], T: Numbers, random: np.random.Generator
    ) -> tuple[npt.NDArray[np.int64], Numbers]:
        """Draw the repeat purchases of newcomers: whose they are, and times up to his T, in order.

        Source: given how many purchases of a constant rate lie in a span, they are uniform in it.
        """
        r, alpha = parameters[:2]
        mean = np.minimum(random.gamma(r, 1.0 / alpha, len(T)) * T, _MOST_DRAWN)
        whose = np.repeat(np.arange(len(T)), random.poisson(mean))
        times = random.uniform(size=len(whose)) * T[whose]
        order = np.lexsort((times, whose))
        times = times[order]
        if parameters[2] != 0.0:
            stays = self.leaving(random, parameters, whose, times, len(T))
            whose, times = whose[stays], times[stays]
        return whose, times

    def draw_histories(
        self, parameters: Sequence[float], T: npt.ArrayLike, random_state: int | np.random.Generator
    ) -> dict[str, Numbers]:
        """Draw what would be seen of newcomers by their T."""
        until = np.asarray(T, dtype=np.float64)
        random = np.random.default_rng(random_state)
        whose, times = self.draw_purchases(parameters, until, random)
        recency = np.zeros(len(until))
        recency[whose] = times  # In order: the last one stays.
        frequency = np.bincount(whose, minlength=len(until)).astype(np.float64)
        return {"frequency": frequency, "recency": recency, "T": until}

    def bootstrap(
        self,
        model: RepeatBuyingModel,
        summary: Any,
        n_resamples: int,
        random_state: int,
        num_threads: int | None,
        fit: Callable[..., RepeatBuyingModel],
    ) -> Bootstrap:
        """Refit to histories drawn from a model, with the customers' own T."""
        parameters = predicting(model, self.kind)
        (T,) = columns_of(summary, ("T",))
        if not model.anybody_leaves:
            raise InvalidArgument(
                f"{self.kind.KIND}: at a boundary there is nothing to draw leaving from",
                value=model.boundary,
            )

        def refit(drawn: Mapping[str, Numbers]) -> RepeatBuyingModel | None:
            try:
                found = fit(drawn, boundary_gain=0.0, init=parameters, num_threads=1)
            except InvalidData:  # Nobody came back, which a small shop may draw.
                return None
            return found if found.status == "converged" else None

        return refit_drawn(
            lambda random: self.draw_histories(parameters, T, random),
            refit,
            len(parameters),
            n_resamples,
            random_state,
            num_threads,
        )

    def _of(
        self, function: Any, model: RepeatBuyingModel, summary: Any, *given: Any, **options: Any
    ) -> Numbers:
        values: Numbers = function(
            predicting(model, self.kind), *columns_of(summary, _COLUMNS), *given, **options
        )
        return values
