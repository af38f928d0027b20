"""What customers are worth: purchases to come times what they spend, tested on what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core, bg_nbd, gamma_gamma, kpi, purchase_history
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.errors import InvalidArgument, InvalidData
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

Numbers = npt.NDArray[np.float64]

# Fewer tell nothing that could be tested.
_LEAST_CUSTOMERS = 100
_LEAST_REPEATERS = 30
_LEAST_HOLDOUT_DAYS = 28
_MOST_HOLDOUT_DAYS = 273
# Expected revenue beside that of as many days before: known customers alone rarely reach it.
_PLAUSIBLE = (0.1, 1.5)
_LAST_GROUP = 7
_DRAWS = 400
_Z95 = 1.959963984540054
_DAYS_OF_YEAR = 365.25
_FARTHEST_DAYS = 36_500.0


@dataclass(frozen=True)
class Models:
    """How often customers buy and what they spend, as fitted to one summary.

    Attributes
    ----------
    purchases : bg_nbd.Model
        The BG/NBD.
    spend : gamma_gamma.Model
        The Gamma-Gamma.
    num_left_out : int
        Repeaters whose mean value is not above 0, after refunds: not in the Gamma-Gamma; they are
        expected to spend what a customer without a repeat purchase is.
    """

    purchases: bg_nbd.Model
    spend: gamma_gamma.Model
    num_left_out: int


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
        What makes the sum of the values implausible.
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
        The fits to the calibration.
    reason : str or None
        Why there is no answer; None if there is one.
    """

    totals: Table | None
    by_frequency: Table | None
    models: Models | None
    reason: str | None


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


def fit(summary: Any, *, penalizer_coef: float = 0.0, num_threads: int | None = None) -> Models:
    """Fit both models to a summary of purchases.

    Parameters
    ----------
    summary : Table, frame or mapping
        With `frequency`, `recency`, `T` and `monetary_value`, as `purchase_history.summary`.
    penalizer_coef : float, default=0.0
        As `bg_nbd.fit` and `gamma_gamma.fit`.
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Raises
    ------
    InvalidData
        As `bg_nbd.fit` and `gamma_gamma.fit`.
    """
    purchases = bg_nbd.fit(summary, penalizer_coef=penalizer_coef, num_threads=num_threads)
    values, num_left_out = _values_of(summary)
    spend = gamma_gamma.fit(values, penalizer_coef=penalizer_coef)
    return Models(purchases, spend, num_left_out)


def predict(
    transactions: Transactions,
    *,
    as_of: Moment | None = None,
    horizon_days: float = 365.0,
    start_days: float = 0.0,
    discount_rate: float = 0.1,
    period_days: float = 7.0,
    penalizer_coef: float = 0.0,
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
    there is a `warning`. Where the data are shorter, it is in proportion, and no warning. O(n).
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
    summary = purchase_history.summary(
        transactions, calibration_end=as_of, period_days=period_days, num_threads=num_threads
    )
    reason = None
    if models is None:
        models, reason = _fitted(summary, penalizer_coef, num_threads)
    if models is None:
        return Prediction(None, None, models, reason)
    frequency, recency, T = purchase_history.columns_of(summary, ("frequency", "recency", "T"))
    plain = {"frequency": frequency, "recency": recency, "T": T}
    start, end = start_days / period_days, horizon_days / period_days
    force = float(np.log1p(discount_rate)) * period_days / _DAYS_OF_YEAR

    def expected(discount: float) -> Numbers:
        return bg_nbd.expected_purchases(
            models.purchases, plain, end, start=start, discount=discount, num_threads=num_threads
        )

    purchases = expected(0.0)
    value = gamma_gamma.expected_value(models.spend, _values_of(summary)[0])
    until = bg_nbd.probability_of_purchase(models.purchases, plain, end)
    lower, upper = _purchase_interval(models.purchases, plain, start, end)
    end_day = date.fromisoformat(summary.metadata["calibration_end"][:10])
    since = np.maximum((T - recency) * period_days, 0.0)
    usual = period_days * bg_nbd.time_to_purchase(models.purchases, {**plain, "T": recency}, 0.5)
    revenue = float(np.sum(purchases * value))
    told, warning = _plausibility(transactions, end_day, horizon_days - start_days, revenue)
    metadata = {
        "as_of": summary.metadata["calibration_end"],
        "start_days": str(start_days),
        "clv_horizon_days": str(horizon_days),
        "discount_rate": str(discount_rate),
        "period_days": str(period_days),
        "purchase_model": _name_of(models.purchases),
        "clv_total": repr(float(np.sum(expected(force) * value))),
        **told,
    }
    customers = _table(
        [
            ("customer", *_keys(purchase_history.keys_of(summary) or [])),
            ("frequency", "l", summary["frequency"]),
            (
                "probability_alive",
                "g",
                bg_nbd.probability_alive(models.purchases, plain),
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


def parameters(models: Models) -> Table:
    """Tell the parameters of both models with their standard errors.

    Returns
    -------
    Table
        One row per parameter: `model`, `parameter`, `estimate`, `standard_error`, and the 95 %
        interval `lower` to `upper`, by the normal law on the logarithm; null where there is none.
        `status`, `boundary` and `log_likelihood` of each model, and the correlation of frequency
        and mean value, are in the metadata.
    """
    rows: list[tuple[str, str, float, float]] = []
    metadata: dict[str, str] = {}
    for title, names, model in (
        ("BG/NBD", bg_nbd.NAMES, models.purchases),
        ("Gamma-Gamma", gamma_gamma.NAMES, models.spend),
    ):
        rows += [
            (title, *one)
            for one in zip(names, model.parameters, model.standard_errors, strict=True)
        ]
        key = "purchases" if model is models.purchases else "spend"
        metadata |= {
            f"{key}_status": model.status,
            f"{key}_boundary": model.boundary,
            f"{key}_log_likelihood": repr(model.log_likelihood),
        }
    metadata["frequency_value_correlation"] = repr(models.spend.correlation)
    metadata["customers_without_value"] = str(models.num_left_out)
    estimate = np.array([row[2] for row in rows])
    error = np.array([row[3] for row in rows])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        factor = np.exp(_Z95 * error / estimate)
    return _table(
        [
            ("model", "U", [row[0] for row in rows]),
            ("parameter", "U", [row[1] for row in rows]),
            ("estimate", "g", estimate),
            ("standard_error", "g", error),
            ("lower", "g", estimate / factor),
            ("upper", "g", estimate * factor),
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
    end = holdout_end
    if end is None:
        end = np.datetime64(_last_day(transactions), "D") + 1
    summary = purchase_history.summary(
        transactions,
        calibration_end=calibration_end,
        holdout_end=end,
        period_days=period_days,
        num_threads=num_threads,
    )
    models, reason = _fitted(summary, penalizer_coef, num_threads)
    if models is None:
        return Backtest(None, None, None, reason)
    frequency, recency, T = purchase_history.columns_of(summary, ("frequency", "recency", "T"))
    plain = {"frequency": frequency, "recency": recency, "T": T}
    start = np.datetime64(summary.metadata["calibration_end"][:10], "D")
    days = float((np.datetime64(summary.metadata["holdout_end"][:10], "D") - start).astype(int))
    time = days / period_days
    (actual, money) = purchase_history.columns_of(summary, ("holdout_frequency", "holdout_money"))
    (own,) = purchase_history.columns_of(summary, ("monetary_value",))
    model = bg_nbd.expected_purchases(models.purchases, plain, time, num_threads=num_threads)
    value = gamma_gamma.expected_value(models.spend, _values_of(summary)[0])
    naive = np.divide(frequency * time, T, out=np.zeros_like(T), where=T > 0.0)
    naive_money = float(np.sum(naive * np.nan_to_num(own)))
    groups = np.minimum(frequency, _LAST_GROUP).astype(np.int64)
    draws = _drawn_totals(models.purchases, plain, time, groups, value, random_state)
    totals = [
        ("purchases", actual.sum(), model.sum(), draws.purchases.sum(axis=1), naive.sum()),
        ("money", money.sum(), float(np.sum(model * value)), draws.money, naive_money),
    ]
    intervals = [_interval(one[3]) for one in totals]
    metadata = {
        "calibration_end": summary.metadata["calibration_end"],
        "holdout_end": summary.metadata["holdout_end"],
        "period_days": str(period_days),
        "holdout_days": str(int(days)),
        "purchase_model": _name_of(models.purchases),
        "model_rmse": repr(float(np.sqrt(np.mean((model - actual) ** 2)))),
        "naive_rmse": repr(float(np.sqrt(np.mean((naive - actual) ** 2)))),
    }
    table = _table(
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
        table, _by_frequency(groups, actual, model, naive, draws.purchases, metadata), models, None
    )


def evaluate(
    transactions: Transactions, *, as_of: Moment | None = None, num_threads: int | None = None
) -> Evaluation:
    """Predict a year from `as_of` on, and test the models on the last days before it.

    The holdout is the last third of the days, 273 at most; under 28 there is no test, and why. Nor
    is there one, or a prediction, without a known customer who bought before, or at a moment that
    is no midnight or lies behind the data.
    """
    first, last = _first_day(transactions), _last_day(transactions)
    if as_of is not None and (as_of_us := to_microseconds(as_of)) is not None:
        last = np.datetime64(as_of_us - 1, "us").astype("datetime64[D]").astype(date)
    holdout = min(_MOST_HOLDOUT_DAYS, ((last - first).days + 1) // 3)
    try:
        prediction = predict(transactions, as_of=as_of, num_threads=num_threads)
    except InvalidArgument as error:  # It speaks of the data and where they end.
        prediction = Prediction(None, None, None, str(error))
    if holdout < _LEAST_HOLDOUT_DAYS:
        num_days, needed = (last - first).days + 1, 3 * _LEAST_HOLDOUT_DAYS
        reason = f"too little history: {num_days} days, {needed} are needed"
        return Evaluation(prediction, Backtest(None, None, None, reason))
    end = last + timedelta(days=1 - holdout)
    try:
        test = backtest(transactions, end, as_of, num_threads=num_threads)
    except InvalidArgument as error:
        test = Backtest(None, None, None, str(error))
    return Evaluation(prediction, test)


@dataclass(frozen=True)
class _Draws:
    """Totals of a holdout in each draw: purchases by group, and money."""

    purchases: Numbers
    money: Numbers


def _drawn_totals(
    model: bg_nbd.Model,
    plain: Mapping[str, Numbers],
    time: float,
    groups: npt.NDArray[np.int64],
    value: Numbers,
    random_state: int,
) -> _Draws:
    """Draw parameters, then what each customer does given them and his past."""
    random = np.random.default_rng(random_state)
    frequency, recency, T = plain["frequency"], plain["recency"], plain["T"]
    size = 2 if model.parameters[2] == 0.0 else 4
    at = np.array(model.parameters[:size])
    covariance = np.array(model.covariance).reshape(4, 4)[:size, :size] / np.outer(at, at)
    steps = random.multivariate_normal(np.zeros(size), covariance, size=_DRAWS, method="cholesky")
    purchases = np.zeros((_DRAWS, _LAST_GROUP + 1))
    money = np.zeros(_DRAWS)
    for draw, step in enumerate(steps):
        drawn = at * np.exp(np.clip(step, -10.0, 10.0))
        r, alpha = drawn[:2]
        rate = random.gamma(r + frequency, 1.0 / (alpha + T))
        made = random.poisson(np.minimum(rate * time, 1e9)).astype(np.float64)
        if size == 4:
            a, b = drawn[2:]
            alive = np.array(_core.bg_nbd.probability_alive(drawn.tolist(), frequency, recency, T))
            leaving = np.maximum(random.beta(a, b + frequency), 1e-12)
            made = np.minimum(made, random.geometric(leaving))
            made = np.where(random.random(len(made)) < alive, made, 0.0)
        purchases[draw] = np.bincount(groups, weights=made, minlength=_LAST_GROUP + 1)
        money[draw] = np.sum(made * value)
    return _Draws(purchases, money)


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
    return _table(
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
    summary: Table, penalizer_coef: float, num_threads: int | None
) -> tuple[Models | None, str | None]:
    """Return the models, or the reason why there are none to predict with."""
    num_repeaters = int(np.count_nonzero(summary["frequency"]))
    if len(summary) < _LEAST_CUSTOMERS:
        return None, f"too few customers: {len(summary)}, {_LEAST_CUSTOMERS} are needed"
    if num_repeaters < _LEAST_REPEATERS:
        return None, (
            f"too few customers came back: {num_repeaters} of {len(summary)}, "
            f"{_LEAST_REPEATERS} are needed"
        )
    try:
        models = fit(summary, penalizer_coef=penalizer_coef, num_threads=num_threads)
    except InvalidData as error:
        return None, str(error)
    for name, model in (("BG/NBD", models.purchases), ("Gamma-Gamma", models.spend)):
        if not model.can_predict:
            return None, f"{name} has no best fit: {model.boundary}"
        if model.status == "not_converged":
            return None, f"{name} did not converge in {model.n_iter} steps"
    if not dict(zip(gamma_gamma.NAMES, models.spend.parameters, strict=True))["q"] > 1.0:
        return None, "Gamma-Gamma: by its q of 1 or less the values have no mean"
    return models, None


def _values_of(summary: Any) -> tuple[dict[str, Numbers], int]:
    """Return what Gamma-Gamma reads; who spent nothing after refunds counts as a newcomer."""
    frequency, value = purchase_history.columns_of(summary, ("frequency", "monetary_value"))
    is_left_out = (frequency > 0.0) & ~(value > 0.0)
    return (
        {"frequency": np.where(is_left_out, 0.0, frequency), "monetary_value": value},
        int(np.count_nonzero(is_left_out)),
    )


def _purchase_interval(
    model: bg_nbd.Model, plain: Mapping[str, Numbers], start: float, end: float
) -> tuple[Numbers, Numbers]:
    """Return the 80 % interval of each customer's purchases, by 200 draws of his future.

    Customers with one past have one interval, and are drawn once.
    """
    random = np.random.default_rng(0)
    rows_of_all = np.column_stack([plain[name] for name in ("frequency", "recency", "T")])
    distinct, place = np.unique(rows_of_all, axis=0, return_inverse=True)
    frequency, recency, T = np.ascontiguousarray(distinct.T)
    r, alpha, a, b = model.parameters
    alive = bg_nbd.probability_alive(model, {"frequency": frequency, "recency": recency, "T": T})
    lower, upper = np.empty(len(T)), np.empty(len(T))
    block = 20_000
    for first in range(0, len(T), block):
        rows = slice(first, first + block)
        shape = (200, len(T[rows]))
        rate = random.gamma(r + frequency[rows], 1.0 / (alpha + T[rows]), shape)
        before = random.poisson(np.minimum(rate * start, 1e9)).astype(np.float64)
        after = before + random.poisson(np.minimum(rate * (end - start), 1e9))
        if a > 0.0:
            leaving = np.maximum(random.beta(a, b + frequency[rows], shape), 1e-12)
            most = np.where(random.random(shape) < alive[rows], random.geometric(leaving), 0)
            before, after = np.minimum(before, most), np.minimum(after, most)
        lower[rows], upper[rows] = np.quantile(
            after - before, [0.1, 0.9], axis=0, method="inverted_cdf"
        )
    return lower[place.ravel()], upper[place.ravel()]


def _dates(
    model: bg_nbd.Model,
    plain: Mapping[str, Numbers],
    share: float,
    end_day: date,
    period_days: float,
) -> npt.NDArray[Any]:
    """Return the day by which each customer, if not gone, has bought again; null if far off."""
    days = np.ceil(period_days * bg_nbd.time_to_purchase(model, plain, share))
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


def _name_of(model: bg_nbd.Model) -> str:
    return "BG/NBD" if model.parameters[2] > 0.0 else "NBD"


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


def _table(columns: Sequence[tuple[str, str, Any]], metadata: Mapping[str, str]) -> Table:
    """Make a table; NaN and what is masked become null."""
    made: list[tuple[str, str, Any, Any]] = []
    for name, format_, values in columns:
        if format_ == "U":
            made.append((name, format_, list(values), None))
            continue
        array = np.ma.asarray(values)
        valid = ~np.ma.getmaskarray(array)
        data = np.asarray(array.data)
        if format_ == "tdD":
            data = data.astype("datetime64[D]").astype(np.int64).astype(np.int32)
        else:
            data = data.astype({"l": np.int64, "g": np.float64}[format_])
        if format_ == "g":
            valid &= ~np.isnan(data)
        made.append((name, format_, np.ascontiguousarray(data), None if valid.all() else valid))
    return Table(_core.make_array_table(made, list(metadata.items())))
