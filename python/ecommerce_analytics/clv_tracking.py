"""Repeat purchases week by week beside what models of purchases expect of such customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ecommerce_analytics.clv_models import drawn_parameters, module_of, name_of
from ecommerce_analytics.clv_rivals import PurchaseDays
from ecommerce_analytics.repeat_buying import RepeatBuyingModel
from ecommerce_analytics.table import Table, table_of

__all__ = ["weekly"]

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_DRAWS: Final = 200


def weekly(
    days: PurchaseDays,
    models: Sequence[RepeatBuyingModel],
    calibration_end: int,
    holdout_end: int,
    period_days: float,
    random_state: int,
    metadata: dict[str, str],
) -> Table:
    """Count repeat purchases by period since the first day, and what each model expects.

    Parameters
    ----------
    days : PurchaseDays
        Of all customers of the calibration, up to the end of the holdout.
    models : sequence of models
        Fits to the calibration, of different names.
    calibration_end, holdout_end : int
        Days since 1970-01-01, exclusive.
    period_days : float
        Days of the unit of time of the models.
    random_state : int
        Seed of the draws behind the intervals.
    metadata : dict of str to str
        Of the table.

    Returns
    -------
    Table
        See `clv.tracking`.
    """
    start = int(days.first.min())
    edges = np.arange(start, holdout_end, 7)
    ends = np.minimum(edges + 7, holdout_end)
    _, repeats = days.repeats()
    made = np.bincount((repeats - start) // 7, minlength=len(edges)).astype(np.float64)
    # Last days of the weeks, less the first purchase: ages at which a week ends.
    births, sizes = np.unique(days.first, return_counts=True)
    ages = np.maximum(ends[:, None] - 1 - births[None, :], 0) / period_days
    calibration = ends <= calibration_end
    baseline = _constant_rate(ages, sizes, made, calibration)
    columns: dict[str, list[float]] = {
        name: []
        for name in (
            *("actual", "expected", "lower", "upper", "baseline"),
            *("actual_total", "expected_total", "total_lower", "total_upper", "baseline_total"),
        )
    }
    for model in models:
        flat = module_of(model).expected_new_purchases(model, np.unique(ages))
        total = flat[np.searchsorted(np.unique(ages), ages)] @ sizes
        drawn = _drawn(model, days, edges, holdout_end, period_days, random_state)
        lower, upper = np.quantile(drawn, [0.025, 0.975], axis=0)
        total_lower, total_upper = np.quantile(np.cumsum(drawn, axis=1), [0.025, 0.975], axis=0)
        told = (
            (made, np.diff(total, prepend=0.0), lower, upper, baseline),
            (np.cumsum(made), total, total_lower, total_upper, np.cumsum(baseline)),
        )
        for name, values in zip(columns, (*told[0], *told[1]), strict=True):
            columns[name] += values.tolist()
    repeat = len(models)
    spans = ["calibration" if one else "holdout" for one in calibration]
    return table_of(
        [
            ("purchase_model", "U", [name_of(one) for one in models for _ in edges]),
            ("week", "tdD", np.tile(edges, repeat)),
            ("span", "U", spans * repeat),
            *((name, "g", values) for name, values in columns.items()),
        ],
        {**metadata, "num_draws": str(_DRAWS)},
    )


def _constant_rate(
    ages: Numbers, sizes: Whole, made: Numbers, calibration: npt.NDArray[np.bool_]
) -> Numbers:
    """Return what one rate for all and always expects: that of the calibration."""
    time = np.diff(ages, axis=0, prepend=0.0) @ sizes
    known = float(time[calibration].sum())
    return time * (float(made[calibration].sum()) / known if known > 0.0 else 0.0)


def _drawn(
    model: RepeatBuyingModel,
    days: PurchaseDays,
    edges: Whole,
    holdout_end: int,
    period_days: float,
    random_state: int,
) -> Numbers:
    """Draw parameters, and of each draw all purchases of all customers, by week."""
    random = np.random.default_rng(random_state)
    until = (holdout_end - 1 - days.first) / period_days
    draw = module_of(model).draw_purchases
    made = np.empty((_DRAWS, len(edges)))
    for row, parameters in enumerate(drawn_parameters(model, _DRAWS, random).tolist()):
        whose, times = draw(parameters, until, random)
        # A purchase at an age of 0.3 days is seen on the day after: ages are counted in days.
        age = np.maximum(np.ceil(times * period_days), 1.0)
        week = (days.first[whose] + age.astype(np.int64) - edges[0]) // 7
        made[row] = np.bincount(week, minlength=len(edges))[: len(edges)]
    return made
