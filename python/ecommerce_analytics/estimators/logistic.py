"""Logistic regression as an estimator of scikit-learn's kind."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from ecommerce_analytics import logistic
from ecommerce_analytics.table import Table


class LogisticRegression(ClassifierMixin, BaseEstimator):
    """Tell two classes apart by logistic regression, with or without a penalty.

    Parameters
    ----------
    C : float, default=1.0
        Inverse of the strength of the penalty, above 0: the fit minimises
        sum(w_i loss_i) + |coef|^2 / (2 C). ``math.inf``: no penalty, and inference.
    fit_intercept : bool, default=True
        Whether there is an intercept; it has no penalty.
    class_weight : dict, "balanced" or None
        Weights of the classes, by which those of the rows are multiplied; a class that is not
        there has 1. "balanced": such that both weigh the same.
    max_iter : int, default=100
        Most Newton steps.
    tol : float, default=1e-8
        Ends the steps: longest step, in standard errors, at which they have converged.
    num_threads : int or None, default=None
        None: as many as there are cores allowed. The fit has the same bits for any number.

    Attributes
    ----------
    coef_ : ndarray of shape (1, n_features)
        The coefficients, in units of the columns: change of the log odds of `classes_[1]`.
    intercept_ : ndarray of shape (1,)
        0 without one.
    classes_ : ndarray of shape (2,)
        The two labels, sorted.
    n_iter_ : ndarray of shape (1,), int32
        Newton steps.
    converged_ : bool
        False if there is no best fit, or the steps ran out.
    separation_ : {"none", "quasi_complete", "complete"}
        Whether columns tell the classes apart, so that there is no best fit.
    separating_ : tuple of str
        Those columns.
    deviance_, null_deviance_ : float
        -2 log likelihood of the fit, and of the intercept alone. With the weights.
    log_likelihood_ : float
        Half the deviance below zero.
    aic_ : float or None
        Akaike's criterion; None where there is no inference.
    standard_errors_ : ndarray
        Of the intercept, if there is one, and of each column; empty where there is no inference.
    inference_note_ : str
        Why there is none: a penalty, class weights, or no convergence.
    n_rows_ : int
        Rows with a weight above 0.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they have some.

    See Also
    --------
    ecommerce_analytics.logistic : The same as functions.

    Notes
    -----
    X in float64 or float32 whose rows lie without gaps is read where it is. A row is of
    `classes_[1]` if its log odds are above 0. See docs/methods/logistic.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> model = ea.LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], ["no", "yes"] * 2)
    >>> model.predict([[0.5], [2.5]]).tolist(), model.coef_.round(4).tolist()
    (['no', 'yes'], [[0.4529]])

    Without a penalty there is inference:

    >>> import math
    >>> model = ea.LogisticRegression(C=math.inf).fit([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])
    >>> model.inference()["p"].round(4).tolist()
    [0.4903, 0.4027]
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "C": [Interval(Real, 0, None, closed="right")],
        "fit_intercept": ["boolean"],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "num_threads": [None, Interval(Integral, 1, 1024, closed="both")],
    }

    def __init__(
        self,
        *,
        C: float = 1.0,
        fit_intercept: bool = True,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        max_iter: int = 100,
        tol: float = 1e-8,
        num_threads: int | None = None,
    ) -> None:
        self.C = C
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.tol = tol
        self.num_threads = num_threads

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> LogisticRegression:
        """Fit the coefficients.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers; others than float64 and float32 are taken as float64.
        y : array-like of shape (n_samples,)
            Two labels: numbers, text or truth values.
        sample_weight : array-like of shape (n_samples,) or None
            Not negative, not all 0. A row of weight 0 is not there.

        Returns
        -------
        self : LogisticRegression
            The estimator, fitted.
        """
        values, labels = validate_data(
            self,
            X,
            y,
            dtype=[np.float64, np.float32],
            order="C",
            copy=False,
            ensure_all_finite=False,  # The core names row and column.
        )
        classes, codes = _classes_of(labels)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, values, dtype=np.float64)
        model = logistic.fit(
            values,
            codes,
            C=self.C,
            fit_intercept=self.fit_intercept,
            max_iter=self.max_iter,
            tol=self.tol,
            class_weight=self._weights_of_codes(classes),
            sample_weight=weights,
            feature_names=getattr(self, "feature_names_in_", None),
            num_threads=self.num_threads,
        )
        if model.warning:
            warnings.warn(model.warning, ConvergenceWarning, stacklevel=3)
        self.classes_ = classes
        self.coef_ = model.coef.reshape(1, -1)
        self.intercept_ = np.array([model.intercept])
        self.n_iter_ = np.array([model.n_iter], dtype=np.int32)
        self.converged_ = model.converged
        self.separation_ = model.separation
        self.separating_ = model.separating
        self.deviance_ = model.deviance
        self.null_deviance_ = model.null_deviance
        self.log_likelihood_ = model.log_likelihood
        self.aic_ = model.aic
        self.standard_errors_ = model.standard_errors
        self.inference_note_ = model.inference_note
        self.n_rows_ = model.num_rows
        return self

    def decision_function(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the log odds of `classes_[1]` for each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.

        Returns
        -------
        ndarray of shape (n_samples,)
            intercept + X coef.
        """
        model = self._model()
        return logistic.decision_function(model, self._checked(X), num_threads=self.num_threads)

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the more likely class of each row; `classes_[0]` if both are.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.

        Returns
        -------
        ndarray of shape (n_samples,)
            Of `classes_`.
        """
        is_second = self.decision_function(X) > 0.0
        labels: npt.NDArray[Any] = self.classes_[is_second.astype(np.intp)]
        return labels

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the probability of each class for each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            In the order of `classes_`.
        """
        model = self._model()
        second = logistic.predict_probability(model, self._checked(X), num_threads=self.num_threads)
        return np.column_stack([1.0 - second, second])

    def predict_log_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the logarithm of the probability of each class, without loss where it is small.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            In the order of `classes_`.
        """
        odds = self.decision_function(X)
        return np.column_stack([-np.logaddexp(0.0, odds), -np.logaddexp(0.0, -odds)])

    def inference(self, *, confidence: float = 0.95) -> Table:
        """Say how sure the coefficients are.

        Parameters
        ----------
        confidence : float, default=0.95
            Share of samples whose intervals hold the true odds ratio; in (0, 1).

        Returns
        -------
        Table
            As of `ecommerce_analytics.logistic.inference`: null beside the coefficients where
            there is no inference, and why in its metadata.
        """
        return logistic.inference(self._model(), confidence=confidence)

    def _model(self) -> logistic.Model:
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", range(self.n_features_in_))
        return logistic.Model(
            coef=np.ascontiguousarray(self.coef_[0], dtype=np.float64),
            intercept=float(self.intercept_[0]),
            feature_names=tuple(map(str, names)),
            fit_intercept=self.fit_intercept,
            deviance=self.deviance_,
            null_deviance=self.null_deviance_,
            num_rows=self.n_rows_,
            n_iter=int(self.n_iter_[0]),
            converged=self.converged_,
            separation=self.separation_,
            separating=self.separating_,
            standard_errors=self.standard_errors_,
            inference_note=self.inference_note_,
        )

    def _checked(self, X: npt.ArrayLike) -> Any:
        return validate_data(
            self,
            X,
            reset=False,
            dtype=[np.float64, np.float32],
            order="C",
            copy=False,
            ensure_all_finite=False,
        )

    def _weights_of_codes(
        self, classes: npt.NDArray[Any]
    ) -> Mapping[int, float] | Literal["balanced"] | None:
        told = self.class_weight
        if told is None or isinstance(told, str):
            return told
        codes = {label: code for code, label in enumerate(classes.tolist())}
        unknown = [label for label in told if label not in codes]
        if unknown:
            raise ValueError(
                f"class_weight has a label that y has not: {unknown[0]!r}; classes: "
                f"{classes.tolist()}"
            )
        return {codes[label]: float(weight) for label, weight in told.items()}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


def _classes_of(y: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
    """Return the two labels, sorted, and for each row whether it has the second one."""
    if y.dtype.kind in "biu" and y.ndim == 1:  # Needs no sort.
        classes = np.array([y.min(), y.max()], dtype=y.dtype)
        is_second = y == classes[1]
        if classes[0] != classes[1] and bool(np.all(is_second | (y == classes[0]))):
            return classes, is_second.view(np.uint8)
    check_classification_targets(y)
    if type_of_target(y, input_name="y", raise_unknown=True) == "multiclass":
        raise ValueError(
            "Only binary classification is supported. The type of the target is multiclass: "
            f"y has {len(np.unique(y))} classes."
        )
    classes, codes = np.unique(column_or_1d(y, warn=True), return_inverse=True)
    if len(classes) < 2:
        raise ValueError(
            f"There must be rows of two classes, but the data contains only one class: {classes[0]}"
        )
    return classes, codes.astype(np.uint8)
