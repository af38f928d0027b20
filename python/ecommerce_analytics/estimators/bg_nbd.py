"""BG/NBD as an estimator of scikit-learn's kind, over a summary of purchases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import bg_nbd
from ecommerce_analytics.estimators.fitted_model import FittedModelEstimator
from ecommerce_analytics.purchase_history import columns_of


class BGNBD(FittedModelEstimator[bg_nbd.Model]):
    """How often customers will buy, by the BG/NBD model of their past purchases.

    Parameters
    ----------
    penalizer_coef : float, default=0.0
        Strength of the penalty, see `bg_nbd.fit`.
    boundary_gain : float, default=1.353
        Least gain of log-likelihood for which customers count as leaving, see `bg_nbd.fit`.
    init : sequence of 4 floats, optional
        Where the steps begin. None: at five places.
    max_iter : int, default=200
        Most Newton steps from each start.
    num_threads : int or None, default=None
        None: as many as there are cores allowed. The same bits for any number.

    Attributes
    ----------
    params_, standard_errors_ : dict of str to float
        Of r, alpha, a, b.
    covariance_ : ndarray of shape (4, 4)
        Of the parameters, by the observed information.
    log_likelihood_ : float
        Of all customers, without the penalty.
    status_ : {"converged", "boundary", "not_converged"}
        How the fit ended.
    converged_ : bool
        True for ``converged``.
    boundary_ : str
        The limit at a boundary, in words.
    n_iter_ : int
        Newton steps.
    model_ : bg_nbd.Model
        The fit as plain data.

    See Also
    --------
    ecommerce_analytics.bg_nbd : The same as functions.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=500, random_state=0)
    >>> summary = ea.purchase_history.summary(shop.transactions)
    >>> model = ea.BGNBD().fit(summary)
    >>> model.status_, len(model.predict(summary, 13.0)) == len(summary)
    ('converged', True)
    """

    _MODEL = bg_nbd.Model

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

    def fit(self, summary: Any, y: None = None) -> BGNBD:
        """Fit to a summary with `frequency`, `recency` and `T`; `y` is not read."""
        return self._take(
            bg_nbd.fit(
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
        return bg_nbd.expected_purchases(
            self._model(),
            summary,
            time,
            start=start,
            discount=discount,
            num_threads=self.num_threads,
        )

    def probability_alive(self, summary: Any) -> npt.NDArray[np.float64]:
        """Return the probability that each customer will ever buy again."""
        return bg_nbd.probability_alive(self._model(), summary)

    def probability_of_purchase(self, summary: Any, time: float) -> npt.NDArray[np.float64]:
        """Return the probability of at least one purchase in the `time` after T."""
        return bg_nbd.probability_of_purchase(self._model(), summary, time)

    def expected_new_purchases(self, times: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the expected repeat purchases of a new customer by each time."""
        return bg_nbd.expected_new_purchases(self._model(), times)

    def score(self, summary: Any, y: None = None) -> float:
        """Return the mean log-likelihood of a customer; the more, the better."""
        (frequency,) = columns_of(summary, ("frequency",))
        return bg_nbd.log_likelihood(self._model().parameters, summary) / len(frequency)
