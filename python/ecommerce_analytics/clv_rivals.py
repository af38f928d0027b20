"""Rivals that expect purchases of the same customers, and which of them a test prefers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import cutoff, orders, purchase_history
from ecommerce_analytics.civil_time import Moment
from ecommerce_analytics.clv_models import (
    PURCHASE_MODELS,
    Models,
    fitted,
    module_of,
    name_of,
    reason_against,
    spend_fit,
)
from ecommerce_analytics.errors import InvalidArgument, InvalidData, MissingExtra
from ecommerce_analytics.extras import require
from ecommerce_analytics.repeat_buying import RepeatBuyingModel
from ecommerce_analytics.table import Table, table_of
from ecommerce_analytics.transactions import Transactions

__all__ = [
    "RIVALS",
    "Contest",
    "PurchaseDays",
    "cohort_curve",
    "hold",
    "preferred",
    "purchase_days",
    "too_few",
]

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

# The simplest first; of equals the simpler one is preferred.
RIVALS: Final[Mapping[str, str]] = {
    "naive": "own past rate",
    "cohort": "cohort curve",
    "bg_nbd": "BG/NBD",
    "pareto_nbd": "Pareto/NBD",
    "random_forest": "random forest",
}
_LEAST_CUSTOMERS: Final = 100
_LEAST_REPEATERS: Final = 30
_LEAST_AT_AGE: Final = 30
_LEAST_WINDOW_DAYS: Final = 28
_Z95: Final = 1.959963984540054


@dataclass(frozen=True)
class PurchaseDays:
    """Days with an order of the customers of a summary, each day of a customer once.

    Attributes
    ----------
    whose : ndarray of int64
        Row of the customer in the summary.
    day : ndarray of int64
        Days since 1970-01-01.
    first : ndarray of int64, shape (n,)
        Of each customer.
    """

    whose: Whole
    day: Whole
    first: Whole

    def repeats(self) -> tuple[Whole, Whole]:
        """Return the same without each customer's first day."""
        later = self.day > self.first[self.whose]
        return self.whose[later], self.day[later]


@dataclass(frozen=True)
class Contest:
    """What rivals expected of a holdout, what happened, and which one is preferred.

    Attributes
    ----------
    summary : Table
        Of the calibration, with the holdout.
    table : Table
        One row per rival, see `clv.Backtest`.
    expected : dict of str to ndarray
        Purchases of each customer in the holdout, by those rivals that tell them.
    models : Models
        The preferred one of the models of purchases, and Gamma-Gamma.
    fits : dict of str to RepeatBuyingModel
        All models of purchases with a best fit.
    winner, chosen : str
        The preferred rival, and the preferred model of purchases.
    why : str
        The rule and the figures behind `chosen`.
    time : float
        Length of the holdout in periods.
    """

    summary: Table
    table: Table
    expected: dict[str, Numbers]
    models: Models
    fits: dict[str, RepeatBuyingModel]
    winner: str
    chosen: str
    why: str
    time: float

    def warning(self) -> str | None:
        """Say that a rival erred less that cannot tell what a prediction does."""
        row = {name: place for place, name in enumerate(RIVALS)}
        rmse, total = self.table["rmse"], self.table["expected"]
        best, own = row[self.winner], row[self.chosen]
        if self.winner in PURCHASE_MODELS or rmse[best] >= rmse[own]:
            return None
        return (
            f"in the test {RIVALS[self.winner]} was better than {RIVALS[self.chosen]} (root mean "
            f"square error {rmse[best]:.3f} against {rmse[own]:.3f} purchases per customer; "
            f"{total[best]:.0f} and {total[own]:.0f} purchases expected, "
            f"{self.table['actual'][0]:.0f} happened), but cannot tell when and what is bought"
        )


def too_few(summary: Table) -> str | None:
    """Return the reason against a fit where there are too few customers."""
    num_repeaters = int(np.count_nonzero(summary["frequency"]))
    if len(summary) < _LEAST_CUSTOMERS:
        return f"too few customers: {len(summary)}, {_LEAST_CUSTOMERS} are needed"
    if num_repeaters < _LEAST_REPEATERS:
        return (
            f"too few customers came back: {num_repeaters} of {len(summary)}, "
            f"{_LEAST_REPEATERS} are needed"
        )
    return None


def hold(
    transactions: Transactions,
    calibration_end: Moment,
    holdout_end: Moment,
    *,
    period_days: float,
    penalizer_coef: float,
    random_state: int,
    num_threads: int | None,
) -> Contest | str:
    """Let all rivals expect a holdout from what is known before it; a reason if none can.

    The least root mean square error per customer wins, unless a simpler rival is not worse by more
    than the interval of the difference: then that one does.
    """
    summary = purchase_history.summary(
        transactions,
        calibration_end=calibration_end,
        holdout_end=holdout_end,
        period_days=period_days,
        num_threads=num_threads,
    )
    reason = too_few(summary)
    if reason is not None:
        return reason
    outcomes = {
        name: fitted(name, summary, penalizer_coef, num_threads) for name in PURCHASE_MODELS
    }
    fits = {name: one for name, one in outcomes.items() if isinstance(one, RepeatBuyingModel)}
    notes = {name: one for name, one in outcomes.items() if isinstance(one, str)}
    if not fits:
        return notes["bg_nbd"]
    try:
        spend, num_left_out = spend_fit(summary, penalizer_coef)
    except InvalidData as error:
        return str(error)
    reason = reason_against("Gamma-Gamma", spend)
    if reason is not None:
        return reason
    time = _holdout_days(summary) / period_days
    frequency, T, actual = purchase_history.columns_of(
        summary, ("frequency", "T", "holdout_frequency")
    )
    days = purchase_days(transactions, summary, holdout_end, num_threads)
    expected: dict[str, Numbers] = {
        "naive": np.divide(frequency * time, T, out=np.zeros_like(T), where=T > 0.0),
        "cohort": _by_cohort(days, summary, time, period_days),
    }
    for name, model in fits.items():
        expected[name] = module_of(model).expected_purchases(
            model, summary, time, num_threads=num_threads
        )
        if not model.anybody_leaves:
            notes[name] = f"{model.boundary}, so it is the NBD"
    forest = _by_forest(transactions, summary, random_state, num_threads)
    if isinstance(forest, str):
        notes["random_forest"] = forest
    else:
        expected["random_forest"] = forest
    winner, _ = preferred(expected, actual)
    chosen, against = preferred({name: expected[name] for name in fits}, actual)
    models = Models(fits[chosen], spend, num_left_out)
    return Contest(
        summary,
        _table(expected, actual, notes, summary, winner, chosen),
        expected,
        models,
        fits,
        winner,
        chosen,
        _why(chosen, against, fits, expected, actual),
        time,
    )


def purchase_days(
    transactions: Transactions, summary: Table, end: Moment, num_threads: int | None
) -> PurchaseDays:
    """Read the days with an order before a moment of all customers of a summary."""
    listed = orders.list_orders(transactions, as_of=end, num_threads=num_threads)
    rows = {key: row for row, key in enumerate(purchase_history.keys_of(summary) or [])}
    whose = np.array([rows.get(key, -1) for key in listed["customer"].tolist()], dtype=np.int64)
    day = np.asarray(listed["time"]).astype("datetime64[D]").astype(np.int64)
    known = whose >= 0
    pairs = np.unique(np.column_stack([whose[known], day[known]]), axis=0)
    whose, day = pairs[:, 0], pairs[:, 1]
    return PurchaseDays(whose, day, day[np.searchsorted(whose, np.arange(len(summary)))])


def cohort_curve(ages: Numbers, T: Numbers) -> Numbers:
    """Return the mean repeat purchases of a customer in each period of his age.

    Parameters
    ----------
    ages : ndarray
        Ages at the repeat purchases, one entry each, and of whom does not matter; those in a period
        that the customer was not observed to the end of are to be left out.
    T : ndarray of shape (n,)
        Ages up to which the customers are observed.

    Returns
    -------
    ndarray
        Of the periods (0, 1], (1, 2], ..., as many as 30 customers were observed through; the
        last entry stands for all later ones: the mean of the last quarter of them.
    """
    num = int(np.floor(T.max(initial=0.0)))
    observed = np.array([np.count_nonzero(k + 1 <= T) for k in range(num)], dtype=np.float64)
    num = int(np.count_nonzero(observed >= min(_LEAST_AT_AGE, len(T))))
    if num == 0:
        return np.array([len(ages) / max(float(T.sum()), 1e-300)])
    place = np.ceil(ages).astype(np.int64) - 1
    made = np.bincount(place[place < num], minlength=num)[:num].astype(np.float64)
    last = slice(num - max(num // 4, 1), num)
    later = made[last].sum() / observed[last].sum()
    return np.append(made / observed[:num], later)


def _by_cohort(days: PurchaseDays, summary: Table, time: float, period_days: float) -> Numbers:
    """Expect of each customer what older ones did at the ages that he comes to."""
    (T,) = purchase_history.columns_of(summary, ("T",))
    end = _day(summary.metadata["calibration_end"])
    whose, day = days.repeats()
    seen = day < end
    whose, ages = whose[seen], (day[seen] - days.first[whose[seen]]) / period_days
    curve = cohort_curve(ages[np.ceil(ages) <= T[whose]], T)
    total = np.append(0.0, np.cumsum(curve[:-1]))

    def by(age: Numbers) -> Numbers:
        last = len(total) - 1
        known: Numbers = np.interp(age, np.arange(last + 1), total)
        known += curve[-1] * np.maximum(age - last, 0.0)
        return known

    return by(T + time) - by(T)


def _by_forest(
    transactions: Transactions, summary: Table, random_state: int, num_threads: int | None
) -> Numbers | str:
    """Expect what a forest learned from an earlier window, inside the calibration."""
    start, end = (_day(summary.metadata[f"{name}_end"]) for name in ("calibration", "holdout"))
    (T,) = purchase_history.columns_of(summary, ("T",))
    known_days = round(float(T.max()) * float(summary.metadata["period_days"]))
    window = min(end - start, known_days // 2)
    if window < _LEAST_WINDOW_DAYS:
        return f"the calibration has no window of {_LEAST_WINDOW_DAYS} days to learn from"
    try:
        ensemble = require("sklearn", "sklearn.ensemble")
    except MissingExtra as error:
        return str(error)
    split = np.datetime64(start - window, "D")
    try:
        before = purchase_history.summary(
            transactions,
            calibration_end=split,
            holdout_end=np.datetime64(start, "D"),
            num_threads=num_threads,
        )
        learned, keys = _features(transactions, split, num_threads)
    except InvalidArgument as error:
        return f"no earlier window to learn from: {error}"
    row = {key: place for place, key in enumerate(keys)}
    known = np.array([row[key] for key in purchase_history.keys_of(before) or []])
    (made,) = purchase_history.columns_of(before, ("holdout_frequency",))
    if len(known) < _LEAST_CUSTOMERS:
        return f"too few customers in the earlier window: {len(known)}"
    forest = ensemble.RandomForestRegressor(
        n_estimators=50,
        min_samples_leaf=20,
        max_samples=min(len(known), 20_000),
        random_state=random_state,
    )
    told, keys_now = _features(transactions, np.datetime64(start, "D"), num_threads)
    row = {key: place for place, key in enumerate(keys_now)}
    asked = np.array([row[key] for key in purchase_history.keys_of(summary) or []])
    names = [name for name in told if name in learned]  # A feature may be known later only.
    forest.fit(np.column_stack([learned[name] for name in names])[known], made)
    expected: Numbers = forest.predict(np.column_stack([told[name] for name in names])[asked])
    return expected * ((end - start) / window)


def _features(
    transactions: Transactions, moment: np.datetime64, num_threads: int | None
) -> tuple[dict[str, Numbers], list[Any]]:
    table = cutoff.features(transactions, moment, active_within=36_500, num_threads=num_threads)
    columns = cutoff.numbers_of(table)
    filled = {name: np.nan_to_num(column, nan=-1.0) for name, column in columns.items()}
    return filled, list(table["customer"].tolist())


def preferred(expected: Mapping[str, Numbers], actual: Numbers) -> tuple[str, str]:
    """Return the preferred rival, and the one with the least error.

    Preferred is the first one in the order of `RIVALS` whose root mean square error is not greater
    than the least by more than the interval of the difference.
    """
    errors = {name: (expected[name] - actual) ** 2 for name in RIVALS if name in expected}
    best = min(errors, key=lambda name: float(np.mean(errors[name])))
    for name, error in errors.items():  # The simplest first.
        if _root_difference(error, errors[best])[1] <= 0.0:
            return name, best
    return best, best


def _root_difference(error: Numbers, other: Numbers) -> tuple[float, float, float]:
    """Return the difference of root mean squares, paired by customer, with its 95 % interval."""
    root, other_root = (float(np.sqrt(np.mean(one))) for one in (error, other))
    halves = [one / (2.0 * max(of, 1e-300)) for one, of in ((error, root), (other, other_root))]
    return _with_interval(root - other_root, halves[0] - halves[1])


def _with_interval(difference: float, paired: Numbers) -> tuple[float, float, float]:
    reach = _Z95 * float(np.std(paired)) / np.sqrt(len(paired))
    return difference, difference - reach, difference + reach


def _why(
    chosen: str,
    against: str,
    fits: Mapping[str, RepeatBuyingModel],
    expected: Mapping[str, Numbers],
    actual: Numbers,
) -> str:
    """Return the reason for a model of purchases, in words and figures."""
    if len(fits) == 1:
        return f"{name_of(fits[chosen])}: the only model of purchases with a best fit"
    if not any(model.anybody_leaves for model in fits.values()):
        return "nobody is seen to leave: both models of purchases are the NBD"
    root = {name: float(np.sqrt(np.mean((expected[name] - actual) ** 2))) for name in fits}
    other = next(name for name in fits if name != chosen)
    told = f"{RIVALS[chosen]} {root[chosen]:.4f}, {RIVALS[other]} {root[other]:.4f}"
    if chosen == against:
        return f"least root mean square error of purchases per customer: {told}"
    return f"the simpler one, and not worse by more than the interval of the difference: {told}"


def _table(
    expected: Mapping[str, Numbers],
    actual: Numbers,
    notes: Mapping[str, str],
    summary: Table,
    winner: str,
    chosen: str,
) -> Table:
    """Tell of each rival its total and its errors beside those of the naive rate."""
    names = (
        *("expected", "error", "rmse", "rmse_gain", "lower", "upper"),
        *("mae", "mae_gain", "mae_lower", "mae_upper"),
    )
    rows: dict[str, list[float]] = {name: [] for name in names}
    sizes = {name: np.abs(one - actual) for name, one in expected.items()}
    total = float(actual.sum())
    for rival in RIVALS:
        told = dict.fromkeys(names, float("nan"))
        if rival in expected:
            mine, naive = sizes[rival], sizes["naive"]
            root = _root_difference(naive**2, mine**2)
            mean = _with_interval(float(np.mean(naive - mine)), naive - mine)
            made = float(expected[rival].sum())
            told |= {
                "expected": made,
                "error": made / total - 1.0 if total else float("nan"),
                "rmse": float(np.sqrt(np.mean(mine**2))),
                "mae": float(np.mean(mine)),
            }
            if rival != "naive":
                told |= dict(zip(("rmse_gain", "lower", "upper"), root, strict=True))
                told |= dict(zip(("mae_gain", "mae_lower", "mae_upper"), mean, strict=True))
        for name in names:
            rows[name].append(told[name])
    baseline = float(np.sqrt(np.mean(sizes["naive"] ** 2)))
    metadata = {
        name: summary.metadata[name] for name in ("calibration_end", "holdout_end", "period_days")
    }
    metadata |= {
        "holdout_days": str(_holdout_days(summary)),
        "winner": RIVALS[winner],
        "chosen": RIVALS[chosen],
    }
    return table_of(
        [
            ("rival", "U", list(RIVALS.values())),
            ("actual", "g", [total] * len(RIVALS)),
            *((name, "g", rows[name]) for name in names[:3]),
            ("baseline", "g", [baseline] * len(RIVALS)),
            *((name, "g", rows[name]) for name in names[3:]),
            ("note", "U", [notes.get(name, "") for name in RIVALS]),
        ],
        metadata,
    )


def _holdout_days(summary: Table) -> int:
    return _day(summary.metadata["holdout_end"]) - _day(summary.metadata["calibration_end"])


def _day(moment: str) -> int:
    return int(np.datetime64(moment[:10], "D").astype(np.int64))
