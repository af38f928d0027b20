"""What customers are worth: purchases to come times what they spend, tested on what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import clv_rivals, clv_tracking, gamma_gamma, kpi, purchase_history
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.clv_models import (
    PURCHASE_MODELS,
    Models,
    drawn_totals,
    fit,
    module_of,
    name_of,
    purchase_interval,
    purchase_module,
    reason_against,
    values_of,
)
from ecommerce_analytics.clv_rivals import Contest
from ecommerce_analytics.errors import InvalidArgument, InvalidData
from ecommerce_analytics.repeat_buying import RepeatBuyingModel
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table, table_of
from ecommerce_analytics.transactions import Transactions

__all__ = [
    "Backtest",
    "Evaluation",
    "Models",
    "Prediction",
    "backtest",
    "evaluate",
    "fit",
    "parameters",
    "predict",
    "tracking",
]

Numbers = npt.NDArray[np.float64]

_LEAST_HOLDOUT_DAYS = 28
_MOST_HOLDOUT_DAYS = 273
# Expected revenue beside that of as many days before: known customers alone rarely reach it.
_PLAUSIBLE = (0.1, 1.5)
_LAST_GROUP = 7
_DRAWS = 400
_ASKED = "it was asked for"
_GIVEN = "it was fitted before"
_Z95 = 1.959963984540054
_DAYS_OF_YEAR = 365.25
_FARTHEST_DAYS = 36_500.0


@dataclass(frozen=True)
class Prediction:
    """Tables, or the reason why there are none.

    Attributes
    ----------
    customers : Table or None
        One row per customer: `customer`, `frequency`, `probability_alive`, `expected_purchases`
        with `purchases_lower` and `purchases_upper`, `probability_of_purchase`, `expected_value`,
        `clv`, `next_order` with `next_order_lower` and `next_order_upper`, `days_overdue`.
    parameters : Table or None
        One row per parameter: `model`, `parameter`, `estimate`, `standard_error`, `lower`, `upper`.
    models : Models or None
        The fits.
    reason : str or None
        Why there is no answer; None if there is one.
    warning : str or None
        What makes the sum of the values implausible, or that a rival which cannot predict values
        was better in the test.
    """

    customers: Table | None
    parameters: Table | None
    models: Models | None
    reason: str | None
    warning: str | None = None


@dataclass(frozen=True)
class Backtest:
    """What was expected of a holdout, and what happened.

    Attributes
    ----------
    totals : Table or None
        A row for purchases and one for money: `figure`, `actual`, `model` with its 95 % interval
        `lower` and `upper`, `naive`, `model_error` and `naive_error` as shares of the actual.
    by_frequency : Table or None
        One row per number of repeat purchases in the calibration, the last one open:
        `frequency_group`, `customers`, and of the purchases per customer `actual`, `model` with
        `lower` and `upper`, `naive`.
    models : Models or None
        The preferred fits to the calibration, which the tables above tell of.
    reason : str or None
        Why there is no answer; None if there is one.
    rivals : Table or None
        One row per rival, the simplest first: `rival`, the purchases of all in the holdout `actual`
        and `expected`, `error` as a share; root mean square error per customer `rmse`, that of the
        naive rate `baseline`, what is gained on it `rmse_gain` with its paired 95 % interval
        `lower` to `upper`; mean absolute error `mae`, `mae_gain`, `mae_lower`, `mae_upper`; a
        `note` where there is no figure, or on the model. The metadata name the `winner` and the
        `chosen` model of purchases.
    tracking : Table or None
        As the function `tracking`.
    """

    totals: Table | None
    by_frequency: Table | None
    models: Models | None
    reason: str | None
    rivals: Table | None = None
    tracking: Table | None = None


@dataclass(frozen=True)
class Evaluation:
    """A prediction with the test of its models.

    Attributes
    ----------
    prediction : Prediction
        Of the customers at the end of the data.
    backtest : Backtest
        On the last days of the data.
    """

    prediction: Prediction
    backtest: Backtest


def predict(
    transactions: Transactions,
    *,
    as_of: Moment | None = None,
    horizon_days: float = 365.0,
    start_days: float = 0.0,
    discount_rate: float = 0.1,
    period_days: float = 7.0,
    penalizer_coef: float = 0.0,
    model: str | None = None,
    models: Models | None = None,
    num_threads: int | None = None,
) -> Prediction:
    """Expect of each customer how often and when he buys, what he spends, and what he is worth.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    as_of : str, date, datetime, numpy.datetime64 or None
        A midnight, exclusive: later lines are not read. None: 00:00 after the last line's day.
    horizon_days, start_days : float, default=365.0 and 0.0
        The interval, in days after the last day before `as_of`; 0 <= start < horizon.
    discount_rate : float, default=0.1
        Per year of 365.25 days: money at day d counts (1 + rate)^(-d / 365.25).
    period_days : float, default=7.0
        Days of the models' unit of time.
    penalizer_coef : float, default=0.0
        As `fit`.
    model : {"bg_nbd", "pareto_nbd"}, optional
        The model of purchases. None: the one that a test on the last third of the days before
        `as_of`, 273 at most, prefers; BG/NBD without a test.
    models : Models or None
        Fits to predict with, made before in the same `period_days`. None: they are fitted here.
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Returns
    -------
    Prediction
        Or a reason instead: fewer than 100 customers or 30 with a repeat purchase, or a model
        without a best fit. At the boundary where nobody leaves, the NBD predicts, and the metadata
        of `customers` says so.

    Raises
    ------
    InvalidArgument
        If an option is out of its range, or as `purchase_history.summary`.

    Notes
    -----
    The metadata of `customers` compares `expected_revenue`, the sum without discount, with
    `past_revenue`, the net revenue of as many days before `as_of`; outside 0.1 to 1.5 times it
    there is a `warning`. Where the data are shorter, it is in proportion, and no warning. They
    name the `purchase_model`, say why it is that one (`why`) and the `winner` of the test among all
    rivals. O(n) and some fits.
    See docs/methods/clv.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=2_000, random_state=0)
    >>> found = ea.clv.predict(shop.transactions, horizon_days=90)
    >>> found.reason is None, found.customers.column_names[:3]
    (True, ('customer', 'frequency', 'probability_alive'))
    """
    if not 0.0 <= start_days < horizon_days < np.inf:
        raise InvalidArgument(
            "clv: there must be 0 <= start_days < horizon_days",
            value=f"{start_days}, {horizon_days}",
        )
    if not 0.0 <= discount_rate < np.inf:
        raise InvalidArgument("clv: discount_rate must be 0 or more", value=str(discount_rate))
    contest: Contest | str
    if models is not None:
        contest = _GIVEN
        if model is not None:
            raise InvalidArgument("clv: either model or models", value=model)
    elif model is not None:
        contest = _ASKED
        purchase_module(model)
    else:
        contest = _contest_before(transactions, as_of, period_days, penalizer_coef, num_threads)
    return _predict(
        transactions,
        contest,
        as_of=as_of,
        horizon_days=horizon_days,
        start_days=start_days,
        discount_rate=discount_rate,
        period_days=period_days,
        penalizer_coef=penalizer_coef,
        model=model,
        models=models,
        num_threads=num_threads,
    )


def _predict(
    transactions: Transactions,
    contest: Contest | str,
    *,
    as_of: Moment | None = None,
    horizon_days: float = 365.0,
    start_days: float = 0.0,
    discount_rate: float = 0.1,
    period_days: float = 7.0,
    penalizer_coef: float = 0.0,
    model: str | None = None,
    models: Models | None = None,
    num_threads: int | None = None,
) -> Prediction:
    """Predict by a model that was asked for, or the one that a contest prefers."""
    summary = purchase_history.summary(
        transactions, calibration_end=as_of, period_days=period_days, num_threads=num_threads
    )
    reason = None
    if models is None:
        models, reason = _fitted(
            summary,
            model or _chosen(contest),
            penalizer_coef,
            num_threads,
            is_asked=model is not None,
        )
    if models is None:
        return Prediction(None, None, models, reason)
    purchases_by = module_of(models.purchases)
    frequency, recency, T = purchase_history.columns_of(summary, ("frequency", "recency", "T"))
    plain = {"frequency": frequency, "recency": recency, "T": T}
    start, end = start_days / period_days, horizon_days / period_days
    force = float(np.log1p(discount_rate)) * period_days / _DAYS_OF_YEAR

    def expected(discount: float) -> Numbers:
        found: Numbers = purchases_by.expected_purchases(
            models.purchases, plain, end, start=start, discount=discount, num_threads=num_threads
        )
        return found

    purchases = expected(0.0)
    value = gamma_gamma.expected_value(models.spend, values_of(summary)[0])
    until = purchases_by.probability_of_purchase(models.purchases, plain, end)
    lower, upper = purchase_interval(models.purchases, plain, start, end)
    end_day = date.fromisoformat(summary.metadata["calibration_end"][:10])
    since = np.maximum((T - recency) * period_days, 0.0)
    usual = period_days * purchases_by.time_to_purchase(
        models.purchases, {**plain, "T": recency}, 0.5
    )
    revenue = float(np.sum(purchases * value))
    told, warning = _plausibility(transactions, end_day, horizon_days - start_days, revenue)
    if isinstance(contest, Contest):
        told["winner"] = clv_rivals.RIVALS[contest.winner]
        warning = "; ".join(one for one in (warning, contest.warning()) if one) or None
    if warning is not None:
        told["warning"] = warning
    metadata = {
        "as_of": summary.metadata["calibration_end"],
        "start_days": str(start_days),
        "clv_horizon_days": str(horizon_days),
        "discount_rate": str(discount_rate),
        "period_days": str(period_days),
        "purchase_model": name_of(models.purchases),
        "why": _why(contest, models.purchases),
        "clv_total": repr(float(np.sum(expected(force) * value))),
        **told,
    }
    customers = table_of(
        [
            ("customer", *_keys(purchase_history.keys_of(summary) or [])),
            ("frequency", "l", summary["frequency"]),
            (
                "probability_alive",
                "g",
                purchases_by.probability_alive(models.purchases, plain),
            ),
            ("expected_purchases", "g", purchases),
            ("purchases_lower", "g", lower),
            ("purchases_upper", "g", upper),
            ("probability_of_purchase", "g", until),
            ("expected_value", "g", value),
            ("clv", "g", (expected(force) if force else purchases) * value),
            *(
                (name, "tdD", _dates(models.purchases, plain, share, end_day, period_days))
                for name, share in (
                    ("next_order", 0.5),
                    ("next_order_lower", 0.1),
                    ("next_order_upper", 0.9),
                )
            ),
            ("days_overdue", "g", np.maximum(since - usual, 0.0)),
        ],
        metadata,
    )
    return Prediction(customers, parameters(models), models, None, warning)


def parameters(
    models: Models,
    summary: Any = None,
    *,
    n_resamples: int = 0,
    random_state: int = 0,
    num_threads: int | None = None,
) -> Table:
    """Tell the parameters of both models with their standard errors and intervals.

    Parameters
    ----------
    models : Models
        The fits.
    summary : Table, frame or mapping
        What they were fitted to; needed for resamples only.
    n_resamples : int, default=0
        Draws of all customers from the fitted models, to each of which they are fitted again; the
        intervals are percentiles then. 0: the normal law on the logarithm.
    random_state : int, default=0
        Seed of the draws.
    num_threads : int or None
        Threads; None: as many as there are cores allowed. The same result for any number.

    Returns
    -------
    Table
        One row per parameter: `model`, `parameter`, `estimate`, `standard_error`, and the 95 %
        interval `lower` to `upper`; null where there is none. `status`, `boundary` and
        `log_likelihood` of each model, the correlation of frequency and mean value, how intervals
        are made (`interval`) and resamples without a best fit are in the metadata.

    Raises
    ------
    InvalidArgument
        If resamples are asked for without a summary, or nobody leaves.
    """
    rows: list[tuple[str, str, float, float]] = []
    metadata: dict[str, str] = {}
    purchases = models.purchases
    for title, key, model in (
        (PURCHASE_MODELS[purchases.KIND][0], "purchases", purchases),
        ("Gamma-Gamma", "spend", models.spend),
    ):
        rows += [
            (title, *one)
            for one in zip(model.NAMES, model.parameters, model.standard_errors, strict=True)
        ]
        metadata |= {
            f"{key}_status": model.status,
            f"{key}_boundary": model.boundary,
            f"{key}_log_likelihood": repr(model.log_likelihood),
        }
    metadata["frequency_value_correlation"] = repr(models.spend.correlation)
    metadata["customers_without_value"] = str(models.num_left_out)
    estimate = np.array([row[2] for row in rows])
    error = np.array([row[3] for row in rows])
    if n_resamples == 0:
        metadata["interval"] = "normal"
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            factor = np.exp(_Z95 * error / estimate)
        lower, upper = estimate / factor, estimate * factor
    else:
        if summary is None:
            raise InvalidArgument("clv: resamples need the summary that the models were fitted to")
        drawn = (
            module_of(purchases).bootstrap(
                purchases,
                summary,
                n_resamples,
                random_state=random_state,
                num_threads=num_threads,
            ),
            gamma_gamma.bootstrap(
                models.spend,
                values_of(summary)[0],
                n_resamples,
                random_state=random_state,
                num_threads=num_threads,
            ),
        )
        metadata |= {
            "interval": "bootstrap",
            "n_resamples": str(n_resamples),
            "random_state": str(random_state),
            "num_resamples_left_out": str(sum(one.num_at_boundary for one in drawn)),
        }
        ends = [one.interval() for one in drawn]
        lower, upper = (np.concatenate([one[side] for one in ends]) for side in (0, 1))
    return table_of(
        [
            ("model", "U", [row[0] for row in rows]),
            ("parameter", "U", [row[1] for row in rows]),
            ("estimate", "g", estimate),
            ("standard_error", "g", error),
            ("lower", "g", lower),
            ("upper", "g", upper),
        ],
        metadata,
    )


def backtest(
    transactions: Transactions,
    calibration_end: Moment,
    holdout_end: Moment | None = None,
    *,
    period_days: float = 7.0,
    penalizer_coef: float = 0.0,
    random_state: int = 0,
    num_threads: int | None = None,
) -> Backtest:
    """Fit to the days before a moment, and compare with what the same customers did after it.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    calibration_end : str, date, datetime or numpy.datetime64
        A midnight, exclusive: the models see nothing from it on.
    holdout_end : str, date, datetime, numpy.datetime64 or None
        A midnight, exclusive. None: 00:00 after the day of the last line.
    period_days, penalizer_coef, num_threads
        As `predict`.
    random_state : int, default=0
        Seed of the draws behind the intervals.

    Returns
    -------
    Backtest
        Or a reason instead, as `predict`.

    Raises
    ------
    InvalidArgument
        As `purchase_history.summary`.

    Notes
    -----
    The naive rule goes on with each customer's own past: frequency / T purchases per unit of time
    (none, for somebody who came on the last day), at his own mean value. The intervals are of 400
    draws of the parameters, and of each customer's rate, leaving and purchases given them and his
    past; those of money go with the purchases, at the expected values. O(n), 400 times.
    """
    contest = _contest(
        transactions,
        calibration_end,
        holdout_end,
        period_days,
        penalizer_coef,
        random_state,
        num_threads,
    )
    return _backtest(transactions, contest, period_days, random_state, num_threads)


def _backtest(
    transactions: Transactions,
    contest: Contest | str,
    period_days: float,
    random_state: int,
    num_threads: int | None,
) -> Backtest:
    """Tell of a contest, with intervals by draws from the model that it prefers."""
    if isinstance(contest, str):
        return Backtest(None, None, None, contest)
    summary, models = contest.summary, contest.models
    frequency, recency, T = purchase_history.columns_of(summary, ("frequency", "recency", "T"))
    plain = {"frequency": frequency, "recency": recency, "T": T}
    (actual, money) = purchase_history.columns_of(summary, ("holdout_frequency", "holdout_money"))
    (own,) = purchase_history.columns_of(summary, ("monetary_value",))
    model, naive = contest.expected[contest.chosen], contest.expected["naive"]
    value = gamma_gamma.expected_value(models.spend, values_of(summary)[0])
    naive_money = float(np.sum(naive * np.nan_to_num(own)))
    groups = np.minimum(frequency, _LAST_GROUP).astype(np.int64)
    draws, drawn_money = drawn_totals(
        models.purchases,
        plain,
        contest.time,
        groups,
        _LAST_GROUP + 1,
        value,
        _DRAWS,
        random_state,
    )
    totals = [
        ("purchases", actual.sum(), model.sum(), draws.sum(axis=1), naive.sum()),
        ("money", money.sum(), float(np.sum(model * value)), drawn_money, naive_money),
    ]
    intervals = [_interval(one[3]) for one in totals]
    metadata = {
        "calibration_end": summary.metadata["calibration_end"],
        "holdout_end": summary.metadata["holdout_end"],
        "period_days": str(period_days),
        "holdout_days": contest.table.metadata["holdout_days"],
        "purchase_model": name_of(models.purchases),
        "why": contest.why,
        "winner": clv_rivals.RIVALS[contest.winner],
        "model_rmse": repr(float(np.sqrt(np.mean((model - actual) ** 2)))),
        "naive_rmse": repr(float(np.sqrt(np.mean((naive - actual) ** 2)))),
    }
    table = table_of(
        [
            ("figure", "U", [one[0] for one in totals]),
            ("actual", "g", [float(one[1]) for one in totals]),
            ("model", "g", [float(one[2]) for one in totals]),
            ("lower", "g", [one[0] for one in intervals]),
            ("upper", "g", [one[1] for one in intervals]),
            ("naive", "g", [float(one[4]) for one in totals]),
            ("model_error", "g", [_error(one[2], one[1]) for one in totals]),
            ("naive_error", "g", [_error(one[4], one[1]) for one in totals]),
        ],
        metadata,
    )
    return Backtest(
        table,
        _by_frequency(groups, actual, model, naive, draws, metadata),
        models,
        None,
        contest.table,
        _tracked(transactions, contest, period_days, random_state, num_threads),
    )


def tracking(
    transactions: Transactions,
    calibration_end: Moment,
    holdout_end: Moment | None = None,
    *,
    period_days: float = 7.0,
    penalizer_coef: float = 0.0,
    random_state: int = 0,
    num_threads: int | None = None,
) -> Table:
    """Count the repeat purchases of the customers of a calibration, week by week, beside models.

    Parameters
    ----------
    transactions, calibration_end, holdout_end, period_days, penalizer_coef, random_state
        As `backtest`.
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per model of purchases, the preferred one first, and week since the first day of the
        data: `purchase_model`;
        `week`, its first day; `span`, ``calibration`` if it ends by then, else ``holdout``;
        `actual`, repeat purchases in it; `expected` by the model of so many newcomers of those
        days, with the 95 % interval `lower` to `upper` of 200 draws of parameters and of all
        customers; `baseline`, one constant rate for all, that of the calibration; and the same
        added up since the start: `actual_total`, `expected_total`, `total_lower`, `total_upper`,
        `baseline_total`.

    Raises
    ------
    InvalidArgument
        As `purchase_history.summary`.
    InvalidData
        If there are too few customers or no model has a best fit.

    Notes
    -----
    The expectation is of the model's newcomers and knows no customer's past: in the calibration it
    shows whether the model fits, in the holdout whether it goes on. The last week may be shorter.
    """
    contest = _contest(
        transactions,
        calibration_end,
        holdout_end,
        period_days,
        penalizer_coef,
        random_state,
        num_threads,
    )
    if isinstance(contest, str):
        raise InvalidData(f"clv: {contest}")
    return _tracked(transactions, contest, period_days, random_state, num_threads)


def evaluate(
    transactions: Transactions, *, as_of: Moment | None = None, num_threads: int | None = None
) -> Evaluation:
    """Predict a year from `as_of` on, and test the models on the last days before it.

    The holdout is the last third of the days, 273 at most; under 28 there is no test, and why. Nor
    is there one, or a prediction, without a known customer who bought before, or at a moment that
    is no midnight or lies behind the data.
    """
    try:
        contest = _contest_before(transactions, as_of, 7.0, 0.0, num_threads)
    except InvalidArgument as error:  # No option is told, so it speaks of the data.
        contest = str(error)
    try:
        prediction = _predict(transactions, contest, as_of=as_of, num_threads=num_threads)
    except InvalidArgument as error:
        prediction = Prediction(None, None, None, str(error))
    return Evaluation(prediction, _backtest(transactions, contest, 7.0, 0, num_threads))


def _contest(
    transactions: Transactions,
    calibration_end: Moment,
    holdout_end: Moment | None,
    period_days: float,
    penalizer_coef: float,
    random_state: int,
    num_threads: int | None,
) -> Contest | str:
    """Let all rivals expect a holdout, up to the end of the data if it is not told."""
    end = holdout_end
    if end is None:
        end = np.datetime64(_last_day(transactions), "D") + 1
    return clv_rivals.hold(
        transactions,
        calibration_end,
        end,
        period_days=period_days,
        penalizer_coef=penalizer_coef,
        random_state=random_state,
        num_threads=num_threads,
    )


def _contest_before(
    transactions: Transactions,
    as_of: Moment | None,
    period_days: float,
    penalizer_coef: float,
    num_threads: int | None,
) -> Contest | str:
    """Hold the contest on the last third of the days before a moment, 273 at most."""
    first, last = (np.datetime64(one, "D") for one in _days(transactions))
    end = last + 1
    if as_of is not None:
        end = min(end, np.datetime64(to_microseconds(as_of), "us").astype("datetime64[D]"))
    num_days = int((end - first).astype(np.int64))
    holdout = min(_MOST_HOLDOUT_DAYS, num_days // 3)
    if holdout < _LEAST_HOLDOUT_DAYS:
        return f"too little history: {num_days} days, {3 * _LEAST_HOLDOUT_DAYS} are needed"
    start = end - holdout
    return _contest(transactions, start, end, period_days, penalizer_coef, 0, num_threads)


def _tracked(
    transactions: Transactions,
    contest: Contest,
    period_days: float,
    random_state: int,
    num_threads: int | None,
) -> Table:
    told = {
        name: contest.summary.metadata[name]
        for name in ("calibration_end", "holdout_end", "period_days")
    }
    ends = [
        int(np.datetime64(told[f"{name}_end"][:10], "D").astype(np.int64))
        for name in ("calibration", "holdout")
    ]
    days = clv_rivals.purchase_days(
        transactions, contest.summary, np.datetime64(ends[1], "D"), num_threads
    )
    chosen = contest.fits[contest.chosen]
    models = [chosen, *(one for one in contest.fits.values() if one is not chosen)]
    if not any(model.anybody_leaves for model in models):
        models = [chosen]  # Both are the same NBD.
    return clv_tracking.weekly(days, models, ends[0], ends[1], period_days, random_state, told)


def _by_frequency(
    groups: npt.NDArray[np.int64],
    actual: Numbers,
    model: Numbers,
    naive: Numbers,
    draws: Numbers,
    metadata: Mapping[str, str],
) -> Table:
    counts = np.bincount(groups, minlength=_LAST_GROUP + 1)
    there = np.flatnonzero(counts)

    def mean(values: Numbers) -> Numbers:
        sums = np.bincount(groups, weights=values, minlength=_LAST_GROUP + 1)
        return sums[there] / counts[there]

    intervals = [_interval(draws[:, group] / counts[group]) for group in there]
    return table_of(
        [
            (
                "frequency_group",
                "U",
                [f"{one}{'+' if one == _LAST_GROUP else ''}" for one in there],
            ),
            ("customers", "l", counts[there]),
            ("actual", "g", mean(actual)),
            ("model", "g", mean(model)),
            ("lower", "g", [one[0] for one in intervals]),
            ("upper", "g", [one[1] for one in intervals]),
            ("naive", "g", mean(naive)),
        ],
        dict(metadata),
    )


def _fitted(
    summary: Table,
    model: str,
    penalizer_coef: float,
    num_threads: int | None,
    *,
    is_asked: bool,
) -> tuple[Models | None, str | None]:
    """Return the models, the other one of purchases if this has no best fit, or a reason."""
    reason = clv_rivals.too_few(summary)
    if reason is not None:
        return None, reason
    names = [model] if is_asked else [model, *(one for one in PURCHASE_MODELS if one != model)]
    reasons = []
    for name in names:
        try:
            models = fit(
                summary, model=name, penalizer_coef=penalizer_coef, num_threads=num_threads
            )
        except InvalidData as error:
            reasons.append(str(error))
            continue
        reason = reason_against(PURCHASE_MODELS[name][0], models.purchases) or reason_against(
            "Gamma-Gamma", models.spend
        )
        if reason is None:
            return models, None
        reasons.append(reason)
    return None, reasons[0]


def _chosen(contest: Contest | str) -> str:
    """Return the model of purchases to predict with."""
    return contest.chosen if isinstance(contest, Contest) else "bg_nbd"


def _why(contest: Contest | str, model: RepeatBuyingModel) -> str:
    """Return why a prediction is by this model."""
    if isinstance(contest, str):
        return (
            contest
            if contest in (_ASKED, _GIVEN)
            else f"the simpler one, as there is no test: {contest}"
        )
    if contest.chosen != model.KIND:
        return f"{clv_rivals.RIVALS[contest.chosen]} was preferred, but has no best fit to all days"
    return contest.why


def _dates(
    model: RepeatBuyingModel,
    plain: Mapping[str, Numbers],
    share: float,
    end_day: date,
    period_days: float,
) -> npt.NDArray[Any]:
    """Return the day by which each customer, if not gone, has bought again; null if far off."""
    days = np.ceil(period_days * module_of(model).time_to_purchase(model, plain, share))
    is_near = days <= _FARTHEST_DAYS
    moment = np.datetime64(end_day, "D") - 1 + np.where(is_near, days, 0).astype(np.int64)
    return np.ma.MaskedArray(moment, mask=~is_near)


def _plausibility(
    transactions: Transactions, end_day: date, days: float, revenue: float
) -> tuple[dict[str, str], str | None]:
    """Return what is told of the sum of all values beside the past, and a warning.

    A past that is shorter than the interval is too little to call a sum implausible.
    """
    first = _first_day(transactions)
    known = max((end_day - first).days, 1)
    length = min(int(np.ceil(days)), known)
    start = end_day - timedelta(days=length)
    window = kpi.summary(transactions, selection=Selection(start=start, end=end_day))
    past = float(window["revenue_net"][0]) * days / length
    lower, upper = _PLAUSIBLE[0] * past, _PLAUSIBLE[1] * past
    told = {
        "expected_revenue": repr(revenue),
        "past_revenue": repr(past),
        "plausible_lower": repr(lower),
        "plausible_upper": repr(upper),
    }
    if lower <= revenue <= upper or days > known:
        return told, None
    warning = (
        f"the expected revenue of known customers is {revenue / past:.2f} times the revenue of as "
        f"many days before; {_PLAUSIBLE[0]} to {_PLAUSIBLE[1]} times is plausible"
        if past > 0.0
        else "there was no revenue before to compare with"
    )
    return {**told, "warning": warning}, warning


def _first_day(transactions: Transactions) -> date:
    return _days(transactions)[0]


def _last_day(transactions: Transactions) -> date:
    return _days(transactions)[1]


def _days(transactions: Transactions) -> tuple[date, date]:
    """Return the first and the last day of the lines."""
    total = kpi.summary(transactions)
    first: date = total["start"][0].astype(date)
    last: date = (total["end"][0] - 1).astype(date)
    return first, last


def _interval(values: Numbers) -> tuple[float, float]:
    lower, upper = np.quantile(values, [0.025, 0.975])
    return float(lower), float(upper)


def _error(expected: float, actual: float) -> float:
    return float(expected - actual) / float(actual) if actual else float("nan")


def _keys(keys: Sequence[Any]) -> tuple[str, Any]:
    """Return Arrow format and values of the customers."""
    if all(isinstance(key, int) for key in keys):
        return "l", np.array(keys, dtype=np.int64)
    return "U", [str(key) for key in keys]
