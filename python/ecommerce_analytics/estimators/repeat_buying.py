"""What estimators of repeat buying have in common: one body over the module of each model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from ecommerce_analytics.estimators.fitted_model import FittedModelEstimator
from ecommerce_analytics.purchase_history import columns_of
from ecommerce_analytics.repeat_buying import RepeatBuyingModel

__all__ = ["RepeatBuyingEstimator"]

ModelT = TypeVar("ModelT", bound=RepeatBuyingModel)


class RepeatBuyingEstimator(FittedModelEstimator[ModelT]):
    """An estimator over the functions of a module, which all such modules have."""

    _MODULE: Any

    def __init__(
        self,
        *,
        penalizer_coef: float = 0.0,
        boundary_gain: float = 1.353,
        init: Sequence[float] | None = None,
        max_iter: int = 200,
        num_threads: int | None = None,
    ) -> None:
        self.penalizer_coef = penalizer_coef
        self.boundary_gain = boundary_gain
        self.init = init
        self.max_iter = max_iter
        self.num_threads = num_threads

    def fit(self, summary: Any, y: None = None) -> Self:
        """Fit to a summary with `frequency`, `recency` and `T`; `y` is not read."""
        return self._take(
            self._MODULE.fit(
                summary,
                penalizer_coef=self.penalizer_coef,
                boundary_gain=self.boundary_gain,
                init=self.init,
                max_iter=self.max_iter,
                num_threads=self.num_threads,
            )
        )

    def predict(
        self, summary: Any, time: float, *, start: float = 0.0, discount: float = 0.0
    ) -> npt.NDArray[np.float64]:
        """Return the expected purchases of each customer in [start, time] after T."""
        expected: npt.NDArray[np.float64] = self._MODULE.expected_purchases(
            self._model(),
            summary,
            time,
            start=start,
            discount=discount,
            num_threads=self.num_threads,
        )
        return expected

    def probability_alive(self, summary: Any) -> npt.NDArray[np.float64]:
        """Return the probability that each customer has not left."""
        found: npt.NDArray[np.float64] = self._MODULE.probability_alive(self._model(), summary)
        return found

    def probability_of_purchase(self, summary: Any, time: float) -> npt.NDArray[np.float64]:
        """Return the probability of at least one purchase in the `time` after T."""
        told = self._MODULE.probability_of_purchase(self._model(), summary, time)
        found: npt.NDArray[np.float64] = told
        return found

    def expected_new_purchases(self, times: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the expected repeat purchases of a new customer by each time."""
        found: npt.NDArray[np.float64] = self._MODULE.expected_new_purchases(self._model(), times)
        return found

    def score(self, summary: Any, y: None = None) -> float:
        """Return the mean log-likelihood of a customer; the more, the better."""
        (frequency,) = columns_of(summary, ("frequency",))
        likelihood: float = self._MODULE.log_likelihood(self._model().parameters, summary)
        return likelihood / len(frequency)
