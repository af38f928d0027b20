"""What the risks of a test were worth: calibration, deciles, right and wrong, profit."""

from __future__ import annotations

from ecommerce_analytics import _core
from ecommerce_analytics.churn_model import Model, number, whole
from ecommerce_analytics.customer_history import thread_count
from ecommerce_analytics.cutoff import CutoffDataset
from ecommerce_analytics.table import Table

__all__ = ["calibration", "confusion", "deciles", "profit", "score"]


def score(model: Model, dataset: CutoffDataset) -> Table:
    """Tell the risk of each customer of a data set beside what he did.

    Parameters
    ----------
    model : Model
        As `fit` returns it.
    dataset : CutoffDataset
        Of the model's options, at a later cutoff than it was trained on.

    Returns
    -------
    Table
        One row per customer, in increasing order of the key: `customer`, `churn_risk`, `churned`.

    Raises
    ------
    TypeError
        For anything but a model and a data set: there is no other way to make scores.
    InvalidArgument
        If the data set is of other options than the model.
    """
    if not isinstance(model, Model) or not isinstance(dataset, CutoffDataset):
        raise TypeError("score needs a Model and a CutoffDataset")
    return Table(_core.churn.score(model._native, dataset._native))


def calibration(scores: Table, *, n_bins: int = 10, confidence: float = 0.95) -> Table:
    """Compare predicted and observed shares of churn in bins of about as many customers.

    Parameters
    ----------
    scores : Table
        As `score` returns it, or `Outcome.test`.
    n_bins : int, default=10
        Bins, in [1, 1,000]; equal risks stay in one.
    confidence : float, default=0.95
        Coverage of Wilson's interval, in (0, 1).

    Returns
    -------
    Table
        One row per bin, the lowest risks first: `bin`, `count`, `least_predicted`,
        `greatest_predicted`, `mean_predicted`, `observed_rate`, `lower`, `upper`. The share of all
        that churned, which the constant forecast would tell, is `base_rate` of the metadata.

    Raises
    ------
    TypeError
        For anything but scores.
    InvalidArgument
        If an option is out of its range.
    InvalidData
        If all customers did the same.
    """
    return Table(
        _core.churn.calibration(
            _native(scores),
            n_bins=whole("n_bins", n_bins),
            confidence=number("confidence", confidence),
        )
    )


def deciles(
    scores: Table,
    *,
    confidence: float = 0.95,
    n_resamples: int = 500,
    random_state: int = 0,
    num_threads: int | None = None,
) -> Table:
    """Tell lift and gain by tenths of the customers, the highest risks first.

    Parameters
    ----------
    scores : Table
        As `calibration`.
    confidence, n_resamples, random_state, num_threads
        As `rank`.

    Returns
    -------
    Table
        Ten rows: `risk_decile`, `customers`, `positives` (equal risks at a cut are shared out),
        `churn_rate` with Wilson's interval, `lift` and `gain` with the interval of a bootstrap by
        customer, `baseline_gain` (of customers drawn at random) and `greatest_gain` (of a forecast
        that is always right).

    Raises
    ------
    TypeError, InvalidArgument, InvalidData
        As `calibration`.
    """
    return Table(
        _core.churn.deciles(
            _native(scores),
            confidence=number("confidence", confidence),
            n_resamples=whole("n_resamples", n_resamples),
            random_state=whole("random_state", random_state),
            num_threads=thread_count(num_threads),
        )
    )


def confusion(scores: Table, *, threshold: float = 0.5, confidence: float = 0.95) -> Table:
    """Tell what is told right and wrong at a threshold.

    Parameters
    ----------
    scores : Table
        As `calibration`.
    threshold : float, default=0.5
        A risk at or above it is told as churn; in [0, 1].
    confidence : float, default=0.95
        Coverage of Wilson's interval, in (0, 1).

    Returns
    -------
    Table
        Four rows, `figure` being ``accuracy``, ``precision``, ``recall`` and ``specificity``:
        `right` of `customers`, their `share` with `lower` and `upper` (null of none), and
        `baseline`, the same where everybody is told the likelier of the two (null of none). The
        four counts are in the metadata: `true_positives`, `false_positives`, `false_negatives`,
        `true_negatives`.

    Raises
    ------
    TypeError, InvalidArgument, InvalidData
        As `calibration`.
    """
    return Table(
        _core.churn.confusion(
            _native(scores),
            threshold=number("threshold", threshold),
            confidence=number("confidence", confidence),
        )
    )


def profit(
    scores: Table,
    *,
    value_kept: float,
    contact_cost: float,
    kept_share: float,
    confidence: float = 0.95,
    n_resamples: int = 500,
    random_state: int = 0,
    num_threads: int | None = None,
) -> Table:
    """Tell what contacting the highest risks would have brought, by the share contacted.

    Parameters
    ----------
    scores : Table
        As `calibration`.
    value_kept : float
        What a customer is worth who stays because he was contacted, in currency units; above 0.
    contact_cost : float
        Of each contact; not below 0.
    kept_share : float
        Share of those about to leave whom a contact keeps, in (0, 1]. It is an assumption: only a
        control group can tell it.
    confidence, n_resamples, random_state, num_threads
        As `rank`.

    Returns
    -------
    Table
        Twenty rows: `share` of the customers that is contacted, 0.05 to 1; `customers`,
        `positives`, `profit` = positives · kept_share · value_kept - customers · contact_cost with
        `profit_lower` and `profit_upper`, and `baseline_profit`, that of as many contacts drawn at
        random.

    Raises
    ------
    TypeError, InvalidArgument, InvalidData
        As `calibration`.
    """
    return Table(
        _core.churn.profit(
            _native(scores),
            value_kept=number("value_kept", value_kept),
            contact_cost=number("contact_cost", contact_cost),
            kept_share=number("kept_share", kept_share),
            confidence=number("confidence", confidence),
            n_resamples=whole("n_resamples", n_resamples),
            random_state=whole("random_state", random_state),
            num_threads=thread_count(num_threads),
        )
    )


def _native(scores: Table) -> _core.churn.Scores:
    native = getattr(scores, "_native", None)
    if not isinstance(native, _core.churn.Scores):
        raise TypeError("scores must be what churn.score returned: labels come from a cutoff")
    return native
