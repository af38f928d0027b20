"""How good scores and probabilities of a two-valued outcome are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import index
from typing import Literal

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core
from ecommerce_analytics.customer_history import thread_count
from ecommerce_analytics.errors import InvalidArgument, InvalidData, SchemaMismatch
from ecommerce_analytics.table import Table

BinStrategy = Literal["quantile", "uniform"]


def roc_auc(
    y_true: npt.ArrayLike,
    y_score: npt.ArrayLike,
    sample_weight: npt.ArrayLike | None = None,
) -> float:
    """Area under the ROC curve.

    Parameters
    ----------
    y_true : array of shape (n,)
        0 or 1, or truth values.
    y_score : array of shape (n,)
        Finite numbers, higher for a likelier 1.
    sample_weight : array of shape (n,) or None
        Finite, not below 0, with a sum above 0. None: 1 each.

    Returns
    -------
    float
        In [0, 1]: the chance that a row with 1 has a higher score than one with 0, equal scores
        counting one half. Without weights the nearest float to the exact quotient.

    Raises
    ------
    InvalidData
        If there are no rows, a value is outside its domain, weights are all zero or their sum
        overflows, or only one value of `y_true` has weight.
    SchemaMismatch
        If the arrays are not of one length and dimension.

    Notes
    -----
    The same for any order of the rows, to the last bit. O(n log n). Hanley and McNeil (1982).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> ea.metrics.roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    return _core.metrics.roc_auc(*_columns(y_true, y_score, sample_weight))


def roc_auc_interval(
    y_true: npt.ArrayLike, y_score: npt.ArrayLike, *, confidence: float = 0.95
) -> Table:
    """Area under the ROC curve with the interval of DeLong, DeLong and Clarke-Pearson (1988).

    Parameters
    ----------
    y_true, y_score : array of shape (n,)
        As `roc_auc`; rows are independent draws.
    confidence : float, default=0.95
        Coverage of the interval, in (0, 1).

    Returns
    -------
    Table
        One row: `roc_auc`, `standard_error`, `lower`, `upper` (normal, cut to [0, 1]),
        `positives`, `negatives`.

    Raises
    ------
    InvalidData, SchemaMismatch
        As `roc_auc`; `InvalidData` also unless both values have two rows, `InvalidArgument` for
        `confidence`.

    Notes
    -----
    O(n log n). Scores that put every row right have a standard error of 0, which is no certainty.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> table = ea.metrics.roc_auc_interval([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> round(float(table["standard_error"][0]), 6), round(float(table["lower"][0]), 6)
    (0.353553, 0.057048)
    """
    y, score, _ = _columns(y_true, y_score, None)
    return Table(_core.metrics.roc_auc_interval(y, score, confidence=float(confidence)))


def pr_auc(
    y_true: npt.ArrayLike,
    y_score: npt.ArrayLike,
    sample_weight: npt.ArrayLike | None = None,
) -> float:
    """Average precision, which scikit-learn calls `average_precision_score`.

    Parameters
    ----------
    y_true, y_score, sample_weight
        As `roc_auc`.

    Returns
    -------
    float
        In (0, 1]: over the distinct scores from the highest down, the sum of the share of the 1s
        with just this score times the precision at or above it. A random score has the share
        of 1s.

    Raises
    ------
    InvalidData, SchemaMismatch
        As `roc_auc`, but 0s are not needed.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> round(ea.metrics.pr_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
    0.8333
    """
    return _core.metrics.pr_auc(*_columns(y_true, y_score, sample_weight))


def log_loss(
    y_true: npt.ArrayLike,
    y_prob: npt.ArrayLike,
    sample_weight: npt.ArrayLike | None = None,
) -> float:
    """Mean of -log of the probability that was given to what happened.

    Parameters
    ----------
    y_true, sample_weight
        As `roc_auc`.
    y_prob : array of shape (n,)
        Probability of 1, in [0, 1]; that of either value is taken as at least 2^-52 and at most
        1 - 2^-52.

    Returns
    -------
    float
        In [0, 36.05].

    Raises
    ------
    InvalidData, SchemaMismatch
        As `roc_auc`, but one value of `y_true` is enough.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> round(ea.metrics.log_loss([1, 0, 0, 1], [0.9, 0.1, 0.2, 0.65]), 5)
    0.21616
    """
    return _core.metrics.log_loss(*_columns(y_true, y_prob, sample_weight, "y_prob"))


def brier(
    y_true: npt.ArrayLike,
    y_prob: npt.ArrayLike,
    sample_weight: npt.ArrayLike | None = None,
) -> float:
    """Mean of (probability - y)², in [0, 1] (Brier, 1950).

    Parameters
    ----------
    y_true, y_prob, sample_weight
        As `log_loss`.

    Raises
    ------
    InvalidData, InvalidArgument, SchemaMismatch
        As `log_loss`.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> round(ea.metrics.brier([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]), 12)
    0.0375
    """
    return _core.metrics.brier(*_columns(y_true, y_prob, sample_weight, "y_prob"))


def calibration(
    y_true: npt.ArrayLike,
    y_prob: npt.ArrayLike,
    sample_weight: npt.ArrayLike | None = None,
    *,
    n_bins: int = 10,
    strategy: BinStrategy = "quantile",
    confidence: float = 0.95,
) -> Table:
    """Predicted and observed rates by bin of probability.

    Parameters
    ----------
    y_true, y_prob, sample_weight
        As `log_loss`.
    n_bins : int, default=10
        In [1, 1,000].
    strategy : {"quantile", "uniform"}
        Edges at type-7 quantiles of the rows' probabilities, whatever their weights, or at
        i / `n_bins`. A probability equal to an edge lies below it, so equal ones stay together.
    confidence : float, default=0.95
        Coverage of the interval of the observed rate, in (0, 1).

    Returns
    -------
    Table
        One row per bin that is not empty, from the lowest up: `bin` (from 1), `count`,
        `least_predicted`, `greatest_predicted`, `mean_predicted`, `observed_rate`, and `lower` and
        `upper`, Wilson's interval of the rate; with weights, of (Σw)² / Σw² rows.

    Raises
    ------
    InvalidData, InvalidArgument, SchemaMismatch
        As `log_loss`; `InvalidArgument` also for an option out of its range.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> table = ea.metrics.calibration([0, 1, 1, 1], [0.2, 0.4, 0.6, 0.9], n_bins=2)
    >>> table["count"].tolist(), table["observed_rate"].tolist()
    ([2, 2], [0.5, 1.0])
    """
    return Table(
        _core.metrics.calibration(
            *_columns(y_true, y_prob, sample_weight, "y_prob"),
            n_bins=_bins(n_bins),
            strategy=strategy,
            confidence=float(confidence),
        )
    )


def lift(
    y_true: npt.ArrayLike,
    y_score: npt.ArrayLike,
    sample_weight: npt.ArrayLike | None = None,
    *,
    n_bins: int = 10,
) -> Table:
    """Lift and gain by bins of equal weight, the highest scores first.

    Parameters
    ----------
    y_true, y_score, sample_weight
        As `roc_auc`.
    n_bins : int, default=10
        In [1, 1,000]; 10 are deciles.

    Returns
    -------
    Table
        `bin` (from 1), `share` (of the weight, up to here), `weight` and `positives` (in the bin),
        `rate`, `lift` (rate / rate of all), `gain` (share of all positives up to here),
        `cumulative_lift` (gain / share) and `greatest_lift`, the most that it could be. The rate of
        all is `base_rate` in the metadata.

    Raises
    ------
    InvalidData, InvalidArgument, SchemaMismatch
        As `pr_auc`; `InvalidArgument` also for `n_bins`.

    Notes
    -----
    Rows of equal score on both sides of a cut are shared out in proportion, so a constant score
    has a lift of 1 everywhere.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> table = ea.metrics.lift([0, 1, 0, 1], [0.1, 0.9, 0.5, 0.5], n_bins=2)
    >>> table["positives"].tolist(), table["cumulative_lift"].tolist()
    ([1.5, 0.5], [1.5, 1.0])
    """
    columns = _columns(y_true, y_score, sample_weight)
    return Table(_core.metrics.lift(*columns, n_bins=_bins(n_bins)))


def confusion_matrix(
    y_true: npt.ArrayLike,
    y_score: npt.ArrayLike,
    threshold: float | Iterable[float] = 0.5,
    sample_weight: npt.ArrayLike | None = None,
) -> Table:
    """Count what is told right and wrong at a threshold, or at several.

    Parameters
    ----------
    y_true, y_score, sample_weight
        As `roc_auc`, but one value of `y_true` is enough.
    threshold : float or iterable of float, default=0.5
        A score at or above it is told as 1.

    Returns
    -------
    Table
        One row per threshold: `threshold`, `true_negatives`, `false_positives`,
        `false_negatives`, `true_positives` (sums of weights), `accuracy`, `precision`, `recall`
        and `specificity`, which are null where they are shares of nothing.

    Raises
    ------
    InvalidData, InvalidArgument, SchemaMismatch
        As `log_loss`; `InvalidArgument` also for a threshold that is NaN.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> table = ea.metrics.confusion_matrix([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], [0.3, 0.5])
    >>> table["true_positives"].tolist(), table["precision"].tolist()
    ([2.0, 1.0], [0.6666666666666666, 1.0])
    """
    given = threshold if isinstance(threshold, Iterable) else [threshold]
    thresholds = [float(one) for one in given]
    columns = _columns(y_true, y_score, sample_weight)
    return Table(_core.metrics.confusion_matrix(*columns, thresholds=thresholds))


def compare(
    y_true: npt.ArrayLike,
    scores: Mapping[str, npt.ArrayLike],
    *,
    n_resamples: int = 500,
    random_state: int = 0,
    confidence: float = 0.95,
    num_threads: int | None = None,
) -> Table:
    """Compare scores of the same rows, with intervals of a bootstrap.

    Parameters
    ----------
    y_true : array of shape (n,)
        As `roc_auc`; rows are independent draws.
    scores : mapping of str to array of shape (n,)
        Scores as of `roc_auc` by their names; the first is the one that others are compared with.
    n_resamples : int, default=500
        Resamples of the rows, in [1, 100,000]; one that lacks a value of `y_true` is left out.
    random_state : int, default=0
        Seed of the resamples, in [0, 2^63).
    confidence : float, default=0.95
        Coverage of intervals, in (0, 1).
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per score: `name`; `roc_auc`, `roc_auc_difference` to that of the first score,
        `pr_auc`, `log_loss` and `brier` (null of scores outside [0, 1]) and `top_decile_lift`,
        each with `_lower` and `_upper`; `greatest_lift`.

    Raises
    ------
    InvalidArgument
        If there is no score, or an option is out of its range.
    InvalidData, SchemaMismatch
        As `roc_auc`; also if every resample lacks a value of `y_true`.

    Notes
    -----
    All scores are told on the same resamples, so the interval of a difference is that of paired
    rows; intervals go from percentile to percentile. The same for any order of the rows and number
    of threads, to the last bit. O(s n (log n + n_resamples)) for s scores. Efron and Tibshirani
    (1993).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> y = [0, 0, 0, 1, 1, 1] * 20
    >>> table = ea.metrics.compare(y, {"good": [1, 2, 3, 3, 4, 5] * 20, "poor": [1, 3, 2] * 40})
    >>> table["roc_auc"].round(3).tolist(), bool(table["roc_auc_difference_upper"][1] < 0)
    ([0.944, 0.5], True)
    """
    labels = _labels(y_true)
    if not isinstance(scores, Mapping):
        raise TypeError(f"scores must be a mapping of names to arrays, got {scores!r}")
    return Table(
        _core.metrics.compare(
            labels,
            [_numbers(values, "y_score") for values in scores.values()],
            names=[str(name) for name in scores],
            n_resamples=_whole("n_resamples", n_resamples, 100_000),
            random_state=_whole("random_state", random_state, 2**63 - 1),
            confidence=float(confidence),
            num_threads=thread_count(num_threads),
        )
    )


@dataclass(frozen=True)
class MeanDifference:
    """How far apart the means of two groups are.

    Attributes
    ----------
    difference : float
        Mean of the first less that of the second.
    standard_error, degrees_of_freedom : float
        Of the difference, by Welch and Satterthwaite; 0 degrees if neither group varies.
    lower, upper : float
        Its interval.
    p_value : float
        Of no difference, two-sided; 0 of two constants that differ.
    """

    difference: float
    standard_error: float
    degrees_of_freedom: float
    lower: float
    upper: float
    p_value: float


def mean_difference(
    first: npt.ArrayLike, second: npt.ArrayLike, *, confidence: float = 0.95
) -> MeanDifference:
    """Compare the means of two groups of independent values, whose variances may differ.

    Parameters
    ----------
    first, second : array_like of float, shapes (n,) and (m,)
        Finite values, two at least of each.
    confidence : float, default=0.95
        Coverage of the interval, in (0, 1).

    Raises
    ------
    InvalidArgument
        If `confidence` is out of its range.
    InvalidData
        If a group has fewer than two values, or one is not finite.

    Notes
    -----
    Welch (1947), with the degrees of freedom of Satterthwaite (1946). O(n + m).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> found = ea.metrics.mean_difference([1.0, 2.0, 3.0], [4.0, 6.0, 8.0])
    >>> found.difference, round(found.lower, 4), round(found.p_value, 4)
    (-4.0, -8.1554, 0.0548)
    """
    native = _core.metrics.mean_difference(
        _numbers(first, "first"), _numbers(second, "second"), confidence=float(confidence)
    )
    return MeanDifference(*native)


def share_p_value(successes: int, trials: int, share: float) -> float:
    """Probability of a count as far out as this one, if each trial succeeds with `share`.

    Parameters
    ----------
    successes, trials : int
        With 0 <= successes <= trials.
    share : float
        In (0, 1).

    Returns
    -------
    float
        Twice the lesser tail of the binomial law, at most 1.

    Raises
    ------
    InvalidArgument
        If an argument is out of its range.

    Notes
    -----
    Clopper and Pearson (1934).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> ea.metrics.share_p_value(3, 3, 0.5)
    0.25
    """
    count, most = _whole("successes", successes, 2**53), _whole("trials", trials, 2**53)
    return float(_core.metrics.share_p_value(count, most, float(share)))


def _whole(name: str, given: int, greatest: int) -> int:
    if isinstance(given, bool) or not 0 <= index(given) <= greatest:
        raise InvalidArgument(f"metrics: {name} must be in [0, {greatest}]", value=repr(given))
    return index(given)


def _columns(
    y: npt.ArrayLike,
    score: npt.ArrayLike,
    sample_weight: npt.ArrayLike | None,
    score_name: str = "y_score",
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64], npt.NDArray[np.float64] | None]:
    weights = None if sample_weight is None else _numbers(sample_weight, "sample_weight")
    return _labels(y), _numbers(score, score_name), weights


def _numbers(values: npt.ArrayLike, name: str) -> npt.NDArray[np.float64]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be an array of numbers, got one of {array.dtype}")
    if array.ndim != 1:
        raise SchemaMismatch("metrics: arrays must have one dimension", column=name)
    return np.ascontiguousarray(array, dtype=np.float64)


def _labels(y: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    array = np.asarray(y)
    if array.dtype == np.bool_ and array.ndim == 1:
        return np.ascontiguousarray(array, dtype=np.uint8)
    numbers = _numbers(array, "y_true")
    is_wrong = (numbers != 0) & (numbers != 1)
    if is_wrong.any():
        row = int(np.argmax(is_wrong))
        raise InvalidData(
            "metrics: y_true must be 0 or 1", row=row + 1, column="y_true", value=str(array[row])
        )
    return numbers.astype(np.uint8)


def _bins(n_bins: int) -> int:
    try:
        number = index(n_bins)
    except TypeError:
        raise TypeError(f"n_bins must be an integer, got {n_bins!r}") from None
    if not 1 <= number <= 1_000:
        raise InvalidArgument("metrics: n_bins must be in [1, 1000]", value=str(n_bins))
    return number
