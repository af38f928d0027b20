"""Who will not come back: a plain model, tested on a later cutoff than it was trained on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ecommerce_analytics import _core
from ecommerce_analytics.churn_applied import evaluate_model, rank_by, training_of
from ecommerce_analytics.churn_changes import turning_points
from ecommerce_analytics.churn_model import Model, cuts_of, fit, number, whole
from ecommerce_analytics.churn_reasons import explain, explain_groups, revenue_at_risk
from ecommerce_analytics.churn_rivals import (
    RIVALS,
    compare,
    detect_leak,
    explain_trees,
    require_no_leak,
)
from ecommerce_analytics.churn_scores import calibration, confusion, deciles, profit, score
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.customer_history import thread_count
from ecommerce_analytics.cutoff import Facts, day_count, native_facts, native_transactions
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

__all__ = [
    "RIVALS",
    "Model",
    "Outcome",
    "calibration",
    "compare",
    "confusion",
    "deciles",
    "detect_leak",
    "evaluate",
    "evaluate_model",
    "explain",
    "explain_groups",
    "explain_trees",
    "fit",
    "profit",
    "rank",
    "rank_by",
    "require_no_leak",
    "revenue_at_risk",
    "score",
    "training_of",
    "turning_points",
]


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
        `positives`, `base_rate`, and with `_lower` and `_upper` of each `roc_auc`, its difference
        to that of the model, `pr_auc`, `log_loss`, `brier` and `top_decile_lift`;
        `greatest_lift`, the most the last could be.
    test : Table or None
        What the tested model said of each customer of the test, beside what he did: `customer`,
        `churn_risk`, `churned`. `calibration`, `deciles`, `confusion` and `profit` read it.
    model : Table or None
        One row per feature: `feature`, `mean`, `scale`, `coefficient`.
    reason : str or None
        Why there is no answer; None if there is one.
    facts : Facts or None
        The facts that were given.
    """

    ranking: Table | None
    evaluation: Table | None
    model: Table | None
    reason: str | None
    test: Table | None = None
    facts: Facts | None = None


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
    n_resamples: int = 500,
    random_state: int = 0,
    facts: Facts | None = None,
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
    n_resamples : int, default=500
        Resamples of the customers of the test behind the intervals, in [1, 100,000].
    random_state : int, default=0
        Their seed.
    facts : Facts or None
        What became known of orders, and when, as in `cutoff.features`.
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
    ['logistic', 'constant', 'recency', 'frequency', 'bg_nbd']
    >>> ea.churn.rank(shop.transactions, horizon=1_000).reason
    'too little history: orders of 730 days, 3000 are needed'
    """
    native = _core.churn.rank(
        native_transactions(transactions),
        as_of_us=to_microseconds(as_of),
        horizon_days=day_count("horizon", horizon),
        gap_days=day_count("gap", gap),
        active_within_days=day_count("active_within", active_within),
        C=number("C", C),
        confidence=number("confidence", confidence),
        band_cuts=cuts_of(band_cuts),
        n_resamples=whole("n_resamples", n_resamples),
        random_state=whole("random_state", random_state),
        num_threads=thread_count(num_threads),
        facts=native_facts(facts),
    )
    return _outcome(native, facts)


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
    n_resamples: int = 500,
    random_state: int = 0,
    facts: Facts | None = None,
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
    horizon, gap, active_within, C, confidence, n_resamples, random_state, facts, \
num_threads
        As `rank`.

    Returns
    -------
    Outcome
        `evaluation`, `test` and the `model` that was tested; or a reason, as `rank`.

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
        C=number("C", C),
        confidence=number("confidence", confidence),
        n_resamples=whole("n_resamples", n_resamples),
        random_state=whole("random_state", random_state),
        num_threads=thread_count(num_threads),
        facts=native_facts(facts),
    )
    return _outcome(native, facts)


def _moment(moment: Moment) -> int:
    moment_us = to_microseconds(moment)
    if moment_us is None:
        raise InvalidArgument("churn: a cutoff must be a moment")
    return moment_us


def _outcome(native: _core.churn.Outcome, facts: Facts | None) -> Outcome:
    return Outcome(
        ranking=None if native.ranking is None else Table(native.ranking),
        evaluation=None if native.evaluation is None else Table(native.evaluation),
        model=None if native.model is None else Table(native.model),
        reason=native.reason or None,
        test=None if native.test is None else Table(native.test),
        facts=facts,
    )
