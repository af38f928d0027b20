"""Every figure that people are shown has its interval and its baseline beside it.

The tables are made and their columns read. A column of numbers must be declared: as an estimate,
with the columns of its interval and its baseline, which must be there and lie around it; or as
something that is no estimate, with the reason. A column that is not declared fails the test, and
so does one that is declared and gone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest

import ecommerce_analytics as ea


@dataclass(frozen=True)
class Beside:
    """What stands beside an estimate.

    `baseline` names a column, or as ``row NAME`` a row of the first column; in parentheses stands
    the reason why there is none.
    """

    lower: str
    upper: str
    baseline: str


@dataclass(frozen=True)
class Shown:
    """A table that people are shown: its estimates, and its columns that are none, with reasons."""

    make: Callable[[], ea.Table]
    estimates: Mapping[str, Beside]
    others: Mapping[str, str] = field(default_factory=dict)


COUNTED = "counted in the data, not estimated"
OPTION = "told, not estimated"
GREATEST = "what the figure beside it could be at most"


@cache
def shop() -> ea.Transactions:
    return ea.datasets.make_synthetic(1_500, 0).transactions


@cache
def outcome() -> ea.churn.Outcome:
    return ea.churn.rank(shop())


@cache
def value() -> ea.clv.Evaluation:
    return ea.clv.evaluate(shop())


@cache
def simulation() -> ea.campaign.Simulation:
    return ea.campaign.of_churn(
        shop(),
        100,
        sampling={"num_scenarios": 500},
        uplift=(0.01, 0.03, 0.05),
        margin=0.4,
        discount=0.15,
    )


def there(table: ea.Table | None) -> ea.Table:
    assert table is not None
    return table


def reasons_of_groups() -> ea.Table:
    told = ea.churn.explain(ea.churn.Model(there(outcome().model)), there(outcome().ranking))
    return ea.churn.explain_groups(told, ea.rfm.segment(ea.rfm.score(shop())))


def measured() -> ea.Table:
    customers = ea.holdout.customers_of(shop())
    drawn = ea.holdout.groups(customers, 0.3)
    groups = dict(zip(customers, drawn, strict=True))
    return ea.holdout.measure(shop(), groups, after="2024-10-01", share=0.3)


def around(name: str, baseline: str) -> Beside:
    return Beside(f"{name}_lower", f"{name}_upper", baseline)


TABLES = {
    "churn evaluation": Shown(
        lambda: there(outcome().evaluation),
        {
            name: around(name, "row constant")
            for name in ("roc_auc", "pr_auc", "log_loss", "brier", "top_decile_lift")
        }
        | {"roc_auc_difference": around("roc_auc_difference", "row logistic")},
        {
            "horizon_days": OPTION,
            "customers": COUNTED,
            "positives": COUNTED,
            "base_rate": "the baseline of pr_auc: what was in this test",
            "greatest_lift": GREATEST,
        },
    ),
    "churn calibration": Shown(
        lambda: ea.churn.calibration(there(outcome().test)),
        {"observed_rate": Beside("lower", "upper", "mean_predicted")},
        {
            "bin": OPTION,
            "count": COUNTED,
            "least_predicted": "told by the model",
            "greatest_predicted": "told by the model",
        },
    ),
    "churn deciles": Shown(
        lambda: ea.churn.deciles(there(outcome().test)),
        {
            "churn_rate": around("churn_rate", "(lift is the rate by that of all)"),
            "lift": around("lift", "(1 by its definition)"),
            "gain": around("gain", "baseline_gain"),
        },
        {
            "risk_decile": OPTION,
            "customers": COUNTED,
            "positives": COUNTED,
            "greatest_gain": GREATEST,
        },
    ),
    "churn confusion": Shown(
        lambda: ea.churn.confusion(there(outcome().test)),
        {"share": Beside("lower", "upper", "baseline")},
        {"right": COUNTED, "customers": COUNTED},
    ),
    "churn profit": Shown(
        lambda: ea.churn.profit(
            there(outcome().test), value_kept=50.0, contact_cost=1.0, kept_share=0.1
        ),
        {"profit": around("profit", "baseline_profit")},
        {"share": OPTION, "customers": COUNTED, "positives": COUNTED},
    ),
    "revenue at risk": Shown(
        lambda: ea.churn.revenue_at_risk(shop(), outcome(), n_resamples=50),
        {"revenue_at_risk": Beside("lower", "upper", "baseline")},
        {"customers": COUNTED, "expected_spend": GREATEST},
    ),
    "reasons of segments": Shown(
        reasons_of_groups,
        {"effect": Beside("lower", "upper", "baseline")},
        {
            "customers": COUNTED,
            "churn_risk": "the mean of what the model tells, whose test is shown",
        },
    ),
    "clv totals": Shown(
        lambda: there(value().backtest.totals),
        {"model": Beside("lower", "upper", "naive")},
        {
            "actual": COUNTED,
            "model_error": "model and actual stand beside it, and naive_error is its baseline",
            "naive_error": "the baseline of model_error",
        },
    ),
    "clv by frequency": Shown(
        lambda: there(value().backtest.by_frequency),
        {"model": Beside("lower", "upper", "naive")},
        {"customers": COUNTED, "actual": COUNTED},
    ),
    "clv parameters": Shown(
        lambda: there(value().prediction.parameters),
        {"estimate": Beside("lower", "upper", "(a parameter is compared with nothing)")},
        {"standard_error": "of the interval"},
    ),
    "campaign": Shown(
        lambda: simulation().analysis,
        {"median": Beside("lower", "upper", "baseline")},
        {
            "pessimistic": "an end of the stated ranges",
            "expected": "at the modes: pessimistic and optimistic stand beside it",
            "optimistic": "an end of the stated ranges",
            "mean": "of the draws, with its standard_error; lower and upper are of the same draws",
            "standard_error": "of the mean",
        },
    ),
    "campaign tornado": Shown(
        lambda: simulation().tornado,
        {"baseline": Beside("lower", "upper", "(it is the baseline: all modes)")},
        {
            "low": OPTION,
            "mode": OPTION,
            "high": OPTION,
            "profit_at_low": "an end of a stated range",
            "profit_at_high": "an end of a stated range",
            "swing": "the width of lower to upper",
        },
    ),
    "measure": Shown(
        measured,
        {
            "effect": Beside("lower", "upper", "baseline"),
            "total": around("total", "(nothing: an effect is beside the control group)"),
        },
        {"treatment": "counted: effect is its difference to the baseline", "p_value": "of effect"},
    ),
}


def problems_of(table: ea.Table, shown: Shown) -> list[str]:
    """Say what is wrong with a table that people are shown."""
    numbers = {name for name in table.column_names if table[name].dtype.kind in "biuf"}
    first = [str(one) for one in table[table.column_names[0]].tolist()]
    found = []
    declared = {*shown.estimates, *shown.others}
    for name, beside in shown.estimates.items():
        ends = (beside.lower, beside.upper)
        found += [f"{name} has no column {end}" for end in ends if end not in numbers]
        declared |= {beside.lower, beside.upper}
        if beside.baseline.startswith("row "):
            if beside.baseline[4:] not in first:
                found.append(f"{name} has no {beside.baseline}")
        elif not beside.baseline.startswith("("):
            declared.add(beside.baseline)
            if beside.baseline not in numbers:
                found.append(f"{name} has no column {beside.baseline}")
    found += [f"{name} is not declared" for name in sorted(numbers - declared)]
    found += [f"{name} is declared and gone" for name in sorted(declared - numbers)]
    if not found:
        found += [
            f"{name} lies outside its interval"
            for name, beside in shown.estimates.items()
            if not _is_around(table, name, beside)
        ]
    return found


def _is_around(table: ea.Table, name: str, beside: Beside) -> bool:
    lower, middle, upper = (
        np.ma.filled(np.ma.asarray(table[one]).astype(float), np.nan)
        for one in (beside.lower, name, beside.upper)
    )
    reach = 1e-9 * np.maximum(np.abs(lower), np.abs(upper))
    is_known = ~np.isnan(lower) & ~np.isnan(middle) & ~np.isnan(upper)
    is_inside = (lower - reach <= middle) & (middle <= upper + reach)
    return bool(is_known.any()) and bool(is_inside[is_known].all())


@pytest.mark.parametrize("name", TABLES)
def test_a_figure_has_its_interval_and_its_baseline(name: str) -> None:
    shown = TABLES[name]
    assert problems_of(shown.make(), shown) == []


def test_the_rule_can_fail() -> None:
    shown = TABLES["measure"]
    table = measured()
    estimates = dict(shown.estimates)
    without = Shown(shown.make, {"effect": estimates["effect"]}, shown.others)
    assert "total is not declared" in problems_of(table, without)
    gone = Shown(shown.make, estimates | {"lift": around("lift", "baseline")}, shown.others)
    assert "lift has no column lift_lower" in problems_of(table, gone)
    assert "lift is declared and gone" in problems_of(table, gone)
    row = Shown(shown.make, estimates | {"effect": Beside("lower", "upper", "row none")}, {})
    assert "effect has no row none" in problems_of(table, row)
    swapped = estimates | {"effect": Beside("upper", "lower", "baseline")}
    assert problems_of(table, Shown(shown.make, swapped, shown.others)) == [
        "effect lies outside its interval"
    ]
