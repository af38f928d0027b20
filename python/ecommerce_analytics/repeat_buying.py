"""What models of repeat buying have in common: a fit as plain data, and how the core is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ecommerce_analytics.customer_history import thread_count
from ecommerce_analytics.fitted_model import FittedModel, number, parameters_of, predicting
from ecommerce_analytics.purchase_history import columns_of

__all__ = ["Kernel", "RepeatBuyingModel", "Status"]

Numbers = npt.NDArray[np.float64]
Status = Literal["converged", "boundary", "not_converged"]

_COLUMNS = ("frequency", "recency", "T")


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
class Kernel:
    """The functions of a model's module: its own prose stands there.

    Attributes
    ----------
    kind : type of RepeatBuyingModel
        The model.
    core : module
        Its functions in the core.
    """

    kind: type[RepeatBuyingModel]
    core: Any

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

    def _of(
        self, function: Any, model: RepeatBuyingModel, summary: Any, *given: Any, **options: Any
    ) -> Numbers:
        values: Numbers = function(
            predicting(model, self.kind), *columns_of(summary, _COLUMNS), *given, **options
        )
        return values
