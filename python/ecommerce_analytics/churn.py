"""Who will not come back: a plain model, tested on a later cutoff than it was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.customer_history import thread_count
from ecommerce_analytics.cutoff import CutoffDataset, day_count, native_transactions
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions


@dataclass(frozen=True)
class Outcome:
    """What could be told of churn: tables, or the reason why there are none.

    Its tables cannot be pickled (see `Table`); `Model(outcome.model)` can.

    Attributes
    ----------
    ranking : Table or None
        Of `rank`: one row per customer, the highest risk first: `customer`, `churn_risk`
        (probability of no order in the horizon), `rank` (equals share the lesser number),
        `risk_decile` (1 to 10), `risk_band` (``high``, ``medium``, ``low``) and the features.
    evaluation : Table or None
        One row for the model and each baseline: `model`, `cutoff`, `horizon_days`, `customers`,
        `positives`, `base_rate`, `roc_auc` with `roc_auc_lower` and `roc_auc_upper`, `pr_auc`,
        `log_loss`, `brier`, `top_decile_lift` and `greatest_lift`, the most it could be.
    model : Table or None
        One row per feature: `feature`, `mean`, `scale`, `coefficient`.
    reason : str or None
        Why there is no answer; None if there is one.
    """

    ranking: Table | None
    evaluation: Table | None
    model: Table | None
    reason: str | None


class Model:
    """A logistic regression that learned from `CutoffDataset`; made by `fit`.

    With x a feature, 0 where it is null, the log-odds of churn are the intercept and the sum of
    coefficient · (sign(x) log(1 + abs(x)) - mean) / scale. A model can be pickled and copied: as
    lists of numbers and names, of which the same model is made again, to the last bit.

    Parameters
    ----------
    table : Table
        The table of a model: `Model.table`, or `Outcome.model`.

    Attributes
    ----------
    table : Table
        One row per feature: `feature`, `mean` and `scale` of the rows it was trained on,
        `coefficient` per standard deviation. The intercept is in the metadata.
    """

    def __init__(self, table: Table) -> None:
        native = getattr(table, "_native", None)
        if not isinstance(native, _core.churn.Model):
            raise TypeError("Model needs the table of a model, such as Outcome.model")
        self.table = table
        self._native = native

    def __reduce__(self) -> tuple[object, ...]:
        return _model_of, (_core.churn.state_of(self._native),)

    def predict(self, data: CutoffDataset | Table) -> npt.NDArray[np.float64]:
        """Probability of no order in the horizon, one a row.

        Parameters
        ----------
        data : CutoffDataset or Table
            A data set, or the features that `cutoff.features` returned.

        Raises
        ------
        TypeError
            For anything else.
        InvalidArgument
            If `active_within`, or of a data set `horizon` or `gap`, are not those of the training.
        """
        if isinstance(data, CutoffDataset):
            return _core.churn.predict_dataset(self._native, data._native)
        native = getattr(data, "_native", None)
        if not isinstance(native, _core.cutoff.Features):
            raise TypeError("predict needs a CutoffDataset, or what cutoff.features returned")
        return _core.churn.predict(self._native, native)

    def __repr__(self) -> str:
        return f"<churn.Model of {', '.join(self.table['feature'].tolist())}>"


def fit(
    training: CutoffDataset | Sequence[CutoffDataset],
    *,
    C: float = 0.1,
    features: Sequence[str] | None = None,
    num_threads: int | None = None,
) -> Model:
    """Learn who does not come back from data sets of cutoffs, and from nothing else.

    There is no argument for labels: those of a `CutoffDataset` are of what came after the features,
    and no rule made of the features themselves can stand in their place.

    Parameters
    ----------
    training : CutoffDataset, or list or tuple of them
        Of one horizon, gap and activity, at a cutoff each; their rows are pooled by cutoff, so the
        order that they come in changes no bit.
    C : float, default=0.1
        Inverse strength of the penalty on the coefficients of standardised columns, as in
        scikit-learn.
    features : sequence of str, optional
        Names of the features to learn from, each once. None: all of them.
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Returns
    -------
    Model

    Raises
    ------
    TypeError
        For anything but a `CutoffDataset`: an array, a frame, labels beside them.
    InvalidArgument
        If there is no data set, two have one cutoff, they differ in their options, `features` is
        empty, has a name twice or one that is not there, or an option is out of its range.
    InvalidData
        If all labels are the same.
    """
    given: Sequence[object] = training if isinstance(training, (list, tuple)) else [training]
    datasets = []
    for one in given:
        if not isinstance(one, CutoffDataset):
            raise TypeError(
                f"fit learns from CutoffDataset and nothing else, got {type(one).__name__}"
            )
        datasets.append(one._native)
    names: list[str] = []
    if features is not None:
        names = [] if isinstance(features, str) else list(features)
        if isinstance(features, str) or not all(isinstance(name, str) for name in names):
            raise TypeError(f"features must be a list of names, got {features!r}")
        if not names:
            raise InvalidArgument("churn: features must name one at least")
    native = _core.churn.fit(
        datasets,
        C=_number("C", C),
        features=names,
        num_threads=thread_count(num_threads),
    )
    return Model(Table(native))


def rank(
    transactions: Transactions,
    *,
    as_of: Moment | None = None,
    horizon: int = 90,
    gap: int = 0,
    active_within: int = 365,
    C: float = 0.1,
    confidence: float = 0.95,
    band_cuts: tuple[float, float] = (0.4, 0.7),
    num_threads: int | None = None,
) -> Outcome:
    """Rank the customers by their risk of not coming back, and say how far that can be trusted.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment at which customers are ranked, exclusive; later lines are ignored. None: 00:00 after
        the day of the last line. At a later moment there is a reason and no ranking, as nobody
        knows who ordered in between.
    horizon : int, default=90
        Days without an order that are churn, in [1, 3,650].
    gap : int, default=0
        Days left out before them, in [0, 3,650].
    active_within : int, default=365
        Ranked are customers with an order in that many days before `as_of`. In [1, 36,500].
    C : float, default=0.1
        As `fit`.
    confidence : float, default=0.95
        Coverage of intervals, in (0, 1).
    band_cuts : pair of float, default=(0.4, 0.7)
        Risks from which a customer is of the band ``medium`` and ``high``; below: ``low``.
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Returns
    -------
    Outcome
        Three tables; or a reason instead, where the data end more than 7 days before `as_of` or are
        too few: less than three horizons and two gaps of orders, 200 customers at each cutoff, or
        50 of each label in training and test.

    Raises
    ------
    InvalidArgument
        If an option is out of its range, or there is no line.

    Notes
    -----
    The test cutoff is the latest with a whole label window. The evaluation is of a model of up to
    three cutoffs, 30 days apart, whose label windows end by the test cutoff and which have a
    horizon of orders before them; the ranking is by a model of these and the test cutoff. O(n). See
    docs/methods/churn.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=2_000, random_state=0)
    >>> outcome = ea.churn.rank(shop.transactions)
    >>> outcome.evaluation["model"].tolist()
    ['logistic', 'constant', 'recency', 'frequency']
    >>> ea.churn.rank(shop.transactions, horizon=1_000).reason
    'too little history: orders of 730 days, 3000 are needed'
    """
    native = _core.churn.rank(
        native_transactions(transactions),
        as_of_us=to_microseconds(as_of),
        horizon_days=day_count("horizon", horizon),
        gap_days=day_count("gap", gap),
        active_within_days=day_count("active_within", active_within),
        C=_number("C", C),
        confidence=_number("confidence", confidence),
        band_cuts=_cuts(band_cuts),
        num_threads=thread_count(num_threads),
    )
    return _outcome(native)


def evaluate(
    transactions: Transactions,
    *,
    cutoff: Moment | None = None,
    training_cutoffs: Iterable[Moment] | None = None,
    as_of: Moment | None = None,
    horizon: int = 90,
    gap: int = 0,
    active_within: int = 365,
    C: float = 0.1,
    confidence: float = 0.95,
    num_threads: int | None = None,
) -> Outcome:
    """Train on earlier cutoffs and test on a later one, baselines beside it.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    cutoff : moment or None
        Where the model is tested; None: where `rank` tests it.
    training_cutoffs : iterable of moments, or None
        Where it is trained: needed with `cutoff`, and refused without it. Their label windows must
        end by it.
    as_of : moment or None
        The label window of the test must end by it. With `cutoff` None the test is where `rank`
        tests at this moment; after the end of the data, where the data end.
    horizon, gap, active_within, C, confidence, num_threads
        As `rank`.

    Returns
    -------
    Outcome
        `evaluation` and the `model` that was tested; or a reason, as `rank`.

    Raises
    ------
    InvalidArgument
        As `rank`; also if a label window is not whole or ends after `as_of`, one of the training
        ends after `cutoff`, or two cutoffs of the training are equal.
    """
    cutoffs = None
    if (cutoff is None) != (training_cutoffs is None):
        raise InvalidArgument("churn: cutoff and training_cutoffs go together")
    if cutoff is not None and training_cutoffs is not None:
        if isinstance(training_cutoffs, str):
            raise TypeError(f"training_cutoffs must be a list, got {training_cutoffs!r}")
        cutoffs = (_moment(cutoff), [_moment(one) for one in training_cutoffs])
    native = _core.churn.evaluate(
        native_transactions(transactions),
        cutoffs=cutoffs,
        as_of_us=to_microseconds(as_of),
        horizon_days=day_count("horizon", horizon),
        gap_days=day_count("gap", gap),
        active_within_days=day_count("active_within", active_within),
        C=_number("C", C),
        confidence=_number("confidence", confidence),
        num_threads=thread_count(num_threads),
    )
    return _outcome(native)


def _model_of(state: Mapping[str, Any]) -> Model:
    """Make the model again that was pickled."""
    return Model(Table(_core.churn.model_of(**state)))


def _number(name: str, given: object) -> float:
    if isinstance(given, (str, bytes)) or not isinstance(given, (SupportsFloat, SupportsIndex)):
        raise InvalidArgument(f"churn: {name} must be a number", value=repr(given))
    try:
        return float(given)
    except (TypeError, ValueError, OverflowError):  # An array of several, an int beyond 1e308.
        raise InvalidArgument(f"churn: {name} must be a number", value=repr(given)) from None


def _cuts(given: object) -> tuple[float, float]:
    cuts = list(given) if isinstance(given, Iterable) else []
    if len(cuts) != 2:
        raise InvalidArgument("churn: band_cuts must be two numbers", value=repr(given))
    return _number("band_cuts", cuts[0]), _number("band_cuts", cuts[1])


def _moment(moment: Moment) -> int:
    moment_us = to_microseconds(moment)
    if moment_us is None:
        raise InvalidArgument("churn: a cutoff must be a moment")
    return moment_us


def _outcome(native: _core.churn.Outcome) -> Outcome:
    return Outcome(
        ranking=None if native.ranking is None else Table(native.ranking),
        evaluation=None if native.evaluation is None else Table(native.evaluation),
        model=None if native.model is None else Table(native.model),
        reason=native.reason or None,
    )
