"""What estimators have in common whose fit is plain data."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ecommerce_analytics.fitted_model import FittedModel

FittedT = TypeVar("FittedT", bound=FittedModel)


class FittedModelEstimator(BaseEstimator, Generic[FittedT]):
    """An estimator over `FittedModel`, whose results it tells as scikit-learn's do."""

    _MODEL: ClassVar[type[FittedModel]]

    def to_json(self) -> str:
        """Return the fit as text."""
        return self._model().to_json()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Make an estimator of a fit that `to_json` wrote, with the same predictions."""
        model: Any = cls._MODEL.from_json(text)
        return cls()._take(model)

    def _take(self, model: FittedT) -> Self:
        num_parameters = len(model.NAMES)
        self.model_ = model
        self.params_ = dict(zip(model.NAMES, model.parameters, strict=True))
        self.standard_errors_ = dict(zip(model.NAMES, model.standard_errors, strict=True))
        self.covariance_ = np.array(model.covariance).reshape(num_parameters, num_parameters)
        self.log_likelihood_ = model.log_likelihood
        self.status_ = model.status
        self.converged_ = model.status == "converged"
        self.boundary_ = model.boundary
        self.n_iter_ = model.n_iter
        return self

    def _model(self) -> FittedT:
        check_is_fitted(self, "model_")
        return self.model_
