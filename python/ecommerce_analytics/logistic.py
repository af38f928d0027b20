"""Logistic regression of a yes or no, with or without a penalty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import index
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core
from ecommerce_analytics.errors import InvalidArgument, InvalidData, SchemaMismatch
from ecommerce_analytics.table import Table

Separation = Literal["none", "quasi_complete", "complete"]


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted logistic regression: plain data.

    Attributes
    ----------
    coef : ndarray of shape (n_features,)
        The coefficients, in units of the columns.
    intercept : float
        0 without one.
    feature_names : tuple of str
        Names of the columns; their places, counted from 0, if they have none.
    fit_intercept : bool
        Whether there is an intercept.
    deviance, null_deviance : float
        -2 log likelihood of the fit, and of the intercept alone (without one: of probabilities
        of 1/2). With the weights.
    num_rows : int
        Rows with a weight above 0.
    n_iter : int
        Newton steps.
    converged : bool
        False if there is no best fit, or the steps ran out.
    separation : {"none", "quasi_complete", "complete"}
        Whether a combination of the columns tells the classes apart, but for rows on the border
        or completely, so that there is no best fit.
    separating : tuple of str
        The columns whose coefficients then grow without bound.
    standard_errors : ndarray
        Of the intercept, if there is one, and of each column; empty where there is no inference.
    inference_note : str
        Why there is none.
    """

    coef: npt.NDArray[np.float64]
    intercept: float
    feature_names: tuple[str, ...]
    fit_intercept: bool
    deviance: float
    null_deviance: float
    num_rows: int
    n_iter: int
    converged: bool
    separation: Separation
    separating: tuple[str, ...]
    standard_errors: npt.NDArray[np.float64]
    inference_note: str

    @property
    def log_likelihood(self) -> float:
        """Half the deviance below zero."""
        return -0.5 * self.deviance

    @property
    def aic(self) -> float | None:
        """Akaike's criterion: deviance + 2 · coefficients; None where there is no inference."""
        num_parameters = len(self.standard_errors)
        return self.deviance + 2.0 * num_parameters if num_parameters else None

    @property
    def warning(self) -> str:
        """What is wrong with the fit, in words; empty if it converged."""
        if self.converged:
            return ""
        if self.separation == "none":
            return (
                f"logistic: the fit did not converge in {self.n_iter} steps; raise max_iter, or "
                "look for columns whose values differ by many orders of magnitude"
            )
        how = "completely" if self.separation == "complete" else "but for rows on the border"
        return (
            f"logistic: columns tell the classes apart {how}, so without a penalty there is no "
            f"best fit and coefficients grow without bound: {', '.join(self.separating)}"
        )


def fit(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    C: float = 1.0,
    fit_intercept: bool = True,
    max_iter: int = 100,
    tol: float = 1e-8,
    class_weight: Literal["balanced"] | Mapping[Any, float] | None = None,
    sample_weight: npt.ArrayLike | None = None,
    feature_names: Sequence[str] | None = None,
    num_threads: int | None = None,
) -> Model:
    """Fit P(y = 1) = 1 / (1 + exp(-(intercept + X coef))) by Newton steps.

    Parameters
    ----------
    X : array of shape (n_rows, n_features)
        Finite numbers. float64 and float32 without gaps, row by row, are read where they are;
        anything else is copied.
    y : array of shape (n_rows,)
        0 and 1, or False and True.
    C : float, default=1.0
        Inverse of the strength of the penalty, above 0, as in scikit-learn: the fit minimises
        sum(w_i loss_i) + |coef|^2 / (2 C). ``math.inf``: no penalty.
    fit_intercept : bool, default=True
        Whether there is an intercept; it has no penalty.
    max_iter : int, default=100
        Most Newton steps, at least 1.
    tol : float, default=1e-8
        Ends the steps: longest step, in standard errors, at which they have converged.
    class_weight : {"balanced"}, mapping of 0 and 1 to weights, or None
        Weights by which those of the rows are multiplied. "balanced": such that both classes
        weigh the same and all rows as much as without.
    sample_weight : array of shape (n_rows,) or None
        Not negative, not all 0. A row of weight 0 is not there.
    feature_names : sequence of str or None
        Names of the columns, for messages and tables. None: those of a data frame, else their
        places, counted from 0.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed. The answer has the
        same bits for any number.

    Returns
    -------
    Model
        The fit.

    Raises
    ------
    InvalidArgument
        If an option is out of its range.
    SchemaMismatch
        If the shapes do not fit together, or X holds no numbers.
    InvalidData
        If there are no rows or columns, a value is NaN or infinite, a label is neither 0 nor 1,
        there is only one class, a weight is negative or all are 0, or, without a penalty, columns
        are collinear. The message names row and column.

    Notes
    -----
    O(n_rows · n_features²) a step; a fit takes 5 to 10, as a rule. See docs/methods/logistic.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> model = ea.logistic.fit([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])
    >>> model.converged, model.coef.round(6).tolist(), round(model.intercept, 6)
    (True, [0.452875], -0.679313)
    """
    values = matrix(X)
    names = _names(X, feature_names, values.shape[1])
    labels = _labels(y)
    weights = None if sample_weight is None else _weights(sample_weight)
    told = _core.logistic.fit(
        values,
        labels,
        sample_weight=weights,
        C=float(C),
        fit_intercept=bool(fit_intercept),
        max_iter=_count("max_iter", max_iter),
        tol=float(tol),
        class_weight=_class_weight(class_weight, labels, weights),
        feature_names=list(names),
        num_threads=threads(num_threads),
    )
    separating = tuple(names[column] for column in told.pop("separating"))
    return Model(feature_names=names, separating=separating, **told)


def decision_function(
    model: Model, X: npt.ArrayLike, *, num_threads: int | None = None
) -> npt.NDArray[np.float64]:
    """Return the logarithm of the odds of each row: intercept + X coef.

    Parameters
    ----------
    model : Model
        What `fit` returned.
    X : array of shape (n_rows, n_features)
        Finite numbers, as `fit` takes them.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    ndarray of shape (n_rows,)
        Above 0 where 1 is more likely than 0.

    Raises
    ------
    SchemaMismatch
        If X has another number of columns, or holds no numbers.
    InvalidData
        If a value is NaN or infinite.
    """
    return _core.logistic.decision_function(
        model.coef, model.intercept, matrix(X), num_threads=threads(num_threads)
    )


def predict_probability(
    model: Model, X: npt.ArrayLike, *, num_threads: int | None = None
) -> npt.NDArray[np.float64]:
    """Return P(y = 1) of each row.

    Parameters
    ----------
    model : Model
        What `fit` returned.
    X : array of shape (n_rows, n_features)
        Finite numbers, as `fit` takes them.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    ndarray of shape (n_rows,)
        In [0, 1].

    Raises
    ------
    SchemaMismatch
        If X has another number of columns, or holds no numbers.
    InvalidData
        If a value is NaN or infinite.
    """
    return _core.logistic.predict_probability(
        model.coef, model.intercept, matrix(X), num_threads=threads(num_threads)
    )


def inference(model: Model, *, confidence: float = 0.95) -> Table:
    """Say how sure the coefficients are.

    Parameters
    ----------
    model : Model
        What `fit` returned; with ``C=math.inf`` and without class weights, else there is no
        inference, and `inference_note` in the metadata says why.
    confidence : float, default=0.95
        Share of samples whose intervals hold the true odds ratio; in (0, 1).

    Returns
    -------
    Table
        One row for the intercept, if there is one, then one a column: `name`, `coefficient`,
        `standard_error`, `z` (their quotient), `p` (of a coefficient of 0, two-sided, by the
        normal law), `odds_ratio` (exp of the coefficient), `lower` and `upper` (Wald's interval of
        the odds ratio). Null: what is not there, and odds ratios and bounds beyond the greatest
        double, whose names the note tells. `deviance`, `null_deviance`, `log_likelihood`, `aic`
        and degrees of freedom (`df_residual`, `df_null`) are in the metadata.

    Raises
    ------
    InvalidArgument
        If `confidence` is out of range.

    Notes
    -----
    Rows of weight 0 are not counted in the degrees of freedom, and a weight of 2 is one row, as in
    R. McCullagh and Nelder (1989), section 4.4.

    Examples
    --------
    >>> import ecommerce_analytics as ea, math
    >>> model = ea.logistic.fit([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1], C=math.inf)
    >>> table = ea.logistic.inference(model)
    >>> table["name"].tolist(), table["odds_ratio"].round(4).tolist(), round(table.aic, 4)
    (['intercept', '0'], [0.2561, 2.4798], 8.695)
    """
    return Table(
        _core.logistic.inference(
            coef=model.coef,
            intercept=model.intercept,
            fit_intercept=model.fit_intercept,
            standard_errors=model.standard_errors,
            deviance=model.deviance,
            null_deviance=model.null_deviance,
            num_rows=model.num_rows,
            inference_note=model.inference_note,
            feature_names=list(model.feature_names),
            confidence=float(confidence),
        )
    )


def matrix(X: Any) -> npt.NDArray[Any]:
    """Return X as the core takes it, without a copy where it is float64 or float32 already."""
    values = np.asarray(X)
    if values.dtype not in (np.float64, np.float32):
        if values.dtype.kind not in "fiub":
            raise SchemaMismatch("logistic: X must hold numbers", value=str(values.dtype))
        values = values.astype(np.float64)
    if values.ndim != 2:
        raise SchemaMismatch("logistic: X must have two dimensions", value=str(values.ndim))
    return np.ascontiguousarray(values)


def _names(X: Any, told: Sequence[str] | None, num_columns: int) -> tuple[str, ...]:
    if told is None:
        columns = list(getattr(X, "columns", ()))
        is_named = len(columns) == num_columns and all(isinstance(name, str) for name in columns)
        return tuple(columns) if is_named else tuple(map(str, range(num_columns)))
    if isinstance(told, str) or len(told) != num_columns:
        raise SchemaMismatch(
            "logistic: there must be a feature name for each column", value=str(len(told))
        )
    return tuple(map(str, told))


def _labels(y: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise SchemaMismatch("logistic: y must have one dimension", value=str(labels.ndim))
    if labels.dtype.kind not in "fiub":
        raise InvalidData("logistic: y must be 0 or 1", value=str(labels.dtype))
    wrong = np.flatnonzero((labels != 0) & (labels != 1))
    if len(wrong):
        row = int(wrong[0])
        raise InvalidData(
            "logistic: y must be 0 or 1", row=row + 1, column="y", value=str(labels[row])
        )
    return np.ascontiguousarray(labels, dtype=np.uint8)


def _weights(sample_weight: npt.ArrayLike) -> npt.NDArray[np.float64]:
    weights = np.asarray(sample_weight)
    if weights.ndim != 1:
        raise SchemaMismatch(
            "logistic: sample_weight must have one dimension", value=str(weights.ndim)
        )
    if weights.dtype.kind not in "fiub":
        raise SchemaMismatch("logistic: sample_weight must hold numbers", value=str(weights.dtype))
    return np.ascontiguousarray(weights, dtype=np.float64)


def _class_weight(
    told: Literal["balanced"] | Mapping[Any, float] | None,
    labels: npt.NDArray[np.uint8],
    weights: npt.NDArray[np.float64] | None,
) -> tuple[float, float] | None:
    """Return the weights of the classes 0 and 1."""
    if told is None:
        return None
    if isinstance(told, str):
        if told != "balanced":
            raise InvalidArgument("logistic: class_weight must be balanced or weights", value=told)
        if weights is not None and len(weights) != len(labels):
            return (1.0, 1.0)  # The core says what is wrong.
        sums = np.bincount(labels, weights=weights, minlength=2)
        return tuple(sums.sum() / (2.0 * sums)) if (sums > 0).all() else (1.0, 1.0)
    unknown = [label for label in told if label not in (0, 1)]
    if unknown:
        raise InvalidArgument("logistic: class_weight has an unknown class", value=repr(unknown[0]))
    return float(told.get(0, 1.0)), float(told.get(1, 1.0))


def threads(told: int | None) -> int:
    """Return the number of threads as the core takes it."""
    return 0 if told is None else _count("num_threads", told)


def _count(name: str, told: int) -> int:
    try:
        number = index(told)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {told!r}") from None
    if not 0 <= number < 2**31:
        raise InvalidArgument(
            f"logistic: {name} must be a whole number of 32 bits", value=str(told)
        )
    return number
