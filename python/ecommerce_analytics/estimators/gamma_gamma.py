"""Gamma-Gamma as an estimator of scikit-learn's kind, over a summary of purchases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import gamma_gamma
from ecommerce_analytics.estimators.fitted_model import FittedModelEstimator
from ecommerce_analytics.purchase_history import columns_of


class GammaGamma(FittedModelEstimator[gamma_gamma.Model]):
    """What customers spend per purchase, by the Gamma-Gamma model.

    Parameters
    ----------
    penalizer_coef : float, default=0.0
        Strength of the penalty, see `gamma_gamma.fit`.
    init : sequence of 3 floats, optional
        Where the steps begin. None: at five places.
    max_iter : int, default=200
        Most Newton steps from each start.

    Attributes
    ----------
    params_, standard_errors_ : dict of str to float
        Of p, q, gamma.
    covariance_ : ndarray of shape (3, 3)
        Of the parameters, by the observed information.
    log_likelihood_ : float
        Of the repeaters, without the penalty.
    correlation_ : float
        Of frequency and mean value, which the model takes for 0.
    status_ : {"converged", "boundary", "not_converged"}
        How the fit ended.
    converged_ : bool
        True for ``converged``.
    boundary_ : str
        The limit at a boundary, in words.
    n_iter_ : int
        Newton steps.
    model_ : gamma_gamma.Model
        The fit as plain data.

    See Also
    --------
    ecommerce_analytics.gamma_gamma : The same as functions.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> summary = {"frequency": [1, 2, 4, 3, 1], "monetary_value": [5.0, 80.0, 31.0, 12.0, 20.0]}
    >>> ea.GammaGamma().fit(summary).predict(summary).shape
    (5,)
    """

    _MODEL = gamma_gamma.Model

    def __init__(
        self,
        *,
        penalizer_coef: float = 0.0,
        init: Sequence[float] | None = None,
        max_iter: int = 200,
    ) -> None:
        self.penalizer_coef = penalizer_coef
        self.init = init
        self.max_iter = max_iter

    def fit(self, summary: Any, y: None = None) -> GammaGamma:
        """Fit to a summary with `frequency` and `monetary_value`; `y` is not read."""
        return self._take(
            gamma_gamma.fit(
                summary,
                penalizer_coef=self.penalizer_coef,
                init=self.init,
                max_iter=self.max_iter,
            )
        )

    def predict(self, summary: Any) -> npt.NDArray[np.float64]:
        """Return the expected value of a future purchase of each customer."""
        return gamma_gamma.expected_value(self._model(), summary)

    def score(self, summary: Any, y: None = None) -> float:
        """Return the mean log-likelihood of a repeater; the more, the better."""
        (frequency,) = columns_of(summary, ("frequency",))
        total = gamma_gamma.log_likelihood(self._model().parameters, summary)
        return total / max(int(np.count_nonzero(frequency)), 1)

    def _take(self, model: gamma_gamma.Model) -> Self:
        self.correlation_ = model.correlation
        return super()._take(model)
