"""Lists of customers: who may leave, who is worth much, who is both, and all that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ecommerce_analytics import _core, churn, clv, cutoff, extras
from ecommerce_analytics.civil_time import Moment
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

if TYPE_CHECKING:
    import pyarrow

__all__ = ["FILES", "HIGH_VALUE_SHARE", "RULES", "Lists", "make", "predictions_of"]

#: Of the customers by their net money and by their lifetime value, those of the best share are of
#: high value.
HIGH_VALUE_SHARE: Final = 0.2
_BEST_TIERS: Final = ("Platinum", "Gold")  # Of `rfm.tiers`: that share.
_HIGH_RISK: Final = "high"

PREDICTIONS: Final = "churn_predictions.csv"
HIGH_RISK: Final = "high_risk_customers.csv"
HIGH_VALUE: Final = "high_value_customers.csv"
HIGH_VALUE_AT_RISK: Final = "high_value_at_risk.csv"
ENHANCED: Final = "enhanced_customer_data.csv"
#: Names of the files, in the order in which a run writes them.
FILES: Final = (PREDICTIONS, HIGH_RISK, HIGH_VALUE, HIGH_VALUE_AT_RISK, ENHANCED)

#: Who is on each list, in words; in braces what the metadata of the table tell.
RULES: Final = {
    PREDICTIONS: "customers with an order in the {active_within_days} days before as_of, by the"
    " risk of no order in {horizon_days} days",
    HIGH_RISK: "risk band high, by band_cuts {band_cuts}: churn_risk at or above the second",
    HIGH_VALUE: "{value_rule}",
    HIGH_VALUE_AT_RISK: "of high_value_customers.csv those of high_risk_customers.csv",
    ENHANCED: "all known customers with an order; null where nothing is told",
}

_RANKS: Final = ("churn_risk", "rank", "risk_decile", "risk_band")
_REASONS: Final = ("reason_1", "reason_2", "reason_3")
_CLV: Final = (
    *("probability_alive", "expected_purchases", "purchases_lower", "purchases_upper"),
    *("probability_of_purchase", "expected_value", "clv", "clv_lower", "clv_upper"),
    *("next_order", "next_order_lower", "next_order_upper", "days_overdue"),
)
_OF_A_LIST: Final = (
    *("customer", "segment", "tier", "recency_days", "frequency", "monetary"),
    *("churn_risk", "risk_band", *_REASONS, "clv", "clv_lower", "clv_upper", "high_value_by"),
)
_ALL_DAYS: Final = 36_500


@dataclass(frozen=True)
class Lists:
    """Lists of customers, and why some are not there.

    Attributes
    ----------
    tables : mapping of str to pyarrow.Table
        By the name of the file, those of `FILES` that can be told.
    reasons : mapping of str to str
        The names of the others, and why they cannot.
    """

    tables: Mapping[str, pyarrow.Table]
    reasons: Mapping[str, str]


def predictions_of(ranking: Table, explanation: Table) -> pyarrow.Table:
    """Return the risk of each customer with its reasons, the highest risk first.

    Parameters
    ----------
    ranking : Table
        As `churn.Outcome.ranking`, or what `churn.rank_by` returns.
    explanation : Table
        What `churn.explain` says of it.
    """
    risks, reasons = ranking.to_arrow(), explanation.to_arrow()
    chosen = risks.select(["customer", *_RANKS])
    for name in _REASONS:
        chosen = chosen.append_column(name, reasons[name])
    return chosen.replace_schema_metadata(dict(ranking.metadata))


def make(
    transactions: Transactions,
    *,
    segments: Table,
    tiers: Table,
    clusters: Table,
    outcome: churn.Outcome,
    prediction: clv.Prediction,
    as_of: Moment | None = None,
    num_threads: int | None = None,
) -> Lists:
    """Put what the analyses say of each customer side by side, and choose from it.

    Parameters
    ----------
    transactions : Transactions
        The lines that all of it was made of.
    segments, tiers, clusters : Table
        Of `rfm.segment`, `rfm.tiers` and `customer_clusters.fit`.
    outcome : churn.Outcome
        Of `churn.rank`.
    prediction : clv.Prediction
        Of `clv.predict`.
    as_of : str, date, datetime, numpy.datetime64 or None
        The moment, exclusive, of all of it. None: 00:00 after the day of the last line.
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Returns
    -------
    Lists
        ``churn_predictions.csv``: who ordered in the last year, by his risk. ``high_risk_
        customers.csv``: those of the band ``high``. ``high_value_customers.csv``: the best fifth by
        net money (tiers Platinum and Gold) or by lifetime value, by the most money; `high_value_by`
        says by which. ``high_value_at_risk.csv``: those of both. ``enhanced_customer_data.csv``:
        all of all, null where nothing is told. Where the test notes that hardly anybody orders
        again, nearly everybody is of the band ``high``: there are no lists of those at risk.

    Notes
    -----
    A lifetime value is of the future, so who is about to leave has hardly any: without the past
    money the list of those worth much and at risk would be empty where it is wanted most.

    `clv_lower` and `clv_upper` are the 80 % interval of the customer's purchases, at his expected
    value and the mean discount: purchases_lower · clv / expected_purchases, and likewise. They tell
    how his purchases may fall; that of the value is not in them. O(n log n).
    """
    reasons: dict[str, str] = {}
    tables: dict[str, Any] = {}
    if as_of is None:
        end_us = _core.cutoff.end_of_data_us(cutoff.native_transactions(transactions))
        as_of = np.datetime64(end_us, "us")
    features = cutoff.features(
        transactions, as_of, active_within=_ALL_DAYS, num_threads=num_threads
    ).to_arrow()
    enhanced = _enhanced(segments, tiers, clusters, features)
    risks = None
    if outcome.ranking is not None and outcome.model is not None:
        told = churn.explain(churn.Model(outcome.model), outcome.ranking)
        risks = predictions_of(outcome.ranking, told)
        tables[PREDICTIONS] = risks
    else:
        reasons[PREDICTIONS] = str(outcome.reason)
    enhanced = _joined(enhanced, risks, _empty_risks(enhanced), (*_RANKS, *_REASONS))
    values = None
    if prediction.customers is not None:
        values = _with_interval(prediction.customers)
    enhanced = _joined(enhanced, values, _empty_values(enhanced), _CLV)
    by, rule = _value_rule(enhanced, prediction)
    enhanced = enhanced.append_column("high_value_by", by)
    enhanced = enhanced.replace_schema_metadata(
        {**_about_churn(outcome), **_about_value(prediction), "value_rule": rule}
    )
    pc = extras.require("io", "pyarrow.compute")
    is_risky, is_valuable = pc.equal(enhanced["risk_band"], _HIGH_RISK), pc.is_valid(by)
    why = str(outcome.reason) if risks is None else _no_alarm(outcome)
    if why is None:
        tables[HIGH_RISK] = _chosen(enhanced, is_risky, "rank", "ascending")
    tables[HIGH_VALUE] = _chosen(enhanced, is_valuable, "monetary", "descending")
    if why is None:
        both = pc.and_(is_valuable, is_risky)
        tables[HIGH_VALUE_AT_RISK] = _chosen(enhanced, both, "monetary", "descending")
    else:
        reasons |= dict.fromkeys((HIGH_RISK, HIGH_VALUE_AT_RISK), why)
    tables[ENHANCED] = enhanced
    return Lists(
        {name: tables[name] for name in FILES if name in tables},
        {name: reasons[name] for name in FILES if name in reasons},
    )


def _no_alarm(outcome: churn.Outcome) -> str | None:
    """Return why a high risk chooses nobody, where it is that of nearly everybody; else None."""
    test = outcome.evaluation
    if test is None or "note" not in test.metadata or test["base_rate"][0] < 0.5:
        return None  # Without a note, or of a shop where hardly anybody stays away.
    return f"{test.metadata['note']}, and a list of nearly everybody is none to act on"


def _enhanced(segments: Table, tiers: Table, clusters: Table, features: Any) -> Any:
    """Return segment, tier, cluster and features, in order of the keys."""
    table = segments.to_arrow().replace_schema_metadata(None)
    table = _joined(table, tiers.to_arrow(), None, ("tier",))
    groups = clusters.to_arrow().rename_columns(
        ["cluster_name" if name == "name" else name for name in clusters.column_names]
    )
    table = _joined(table, groups, None, ("cluster", "cluster_name"))
    more = [name for name in features.column_names if name not in table.column_names]
    return _joined(table, features, None, more)


def _joined(table: Any, other: Any, empty: Any, names: Sequence[str]) -> Any:
    """Put columns of another table beside, by customer; null where it has no row of him."""
    pc = extras.require("io", "pyarrow.compute")
    source = empty if other is None else other
    if other is not None:
        places = pc.index_in(
            table["customer"].combine_chunks(), value_set=other["customer"].combine_chunks()
        )
    for name in names:
        column = source[name].combine_chunks()
        table = table.append_column(name, column if other is None else column.take(places))
    return table


def _empty_risks(table: Any) -> Any:
    pa = extras.require("io", "pyarrow")
    types = {
        "churn_risk": pa.float64(),
        "rank": pa.int64(),
        "risk_decile": pa.int32(),
        "risk_band": pa.string(),
        **dict.fromkeys(_REASONS, pa.string()),
    }
    return _nulls(types, table.num_rows)


def _empty_values(table: Any) -> Any:
    pa = extras.require("io", "pyarrow")
    return _nulls(
        {name: pa.date32() if name.startswith("next_order") else pa.float64() for name in _CLV},
        table.num_rows,
    )


def _nulls(types: Mapping[str, Any], num_rows: int) -> Any:
    pa = extras.require("io", "pyarrow")
    return pa.table({name: pa.nulls(num_rows, type_) for name, type_ in types.items()})


def _with_interval(customers: Table) -> Any:
    """Return the values with 80 % of what they may be by the purchases."""
    pa = extras.require("io", "pyarrow")
    table = customers.to_arrow()
    purchases, value = customers["expected_purchases"], customers["clv"]
    each = np.divide(value, purchases, out=np.zeros(len(value)), where=purchases > 0.0)
    for name in ("lower", "upper"):
        table = table.append_column(f"clv_{name}", pa.array(customers[f"purchases_{name}"] * each))
    return table


def _value_rule(table: Any, prediction: clv.Prediction) -> tuple[Any, str]:
    """Return by what each customer is of high value, null where by nothing, and the rule."""
    pa = extras.require("io", "pyarrow")
    by_money = np.isin(table["tier"].to_pylist(), _BEST_TIERS)
    rule = "the best fifth by net money (tiers Platinum and Gold)"
    value = table["clv"].to_numpy()
    by_value = np.zeros(len(value), dtype=bool)
    known = np.sort(value[~np.isnan(value)])[::-1]
    if len(known):
        cut = float(known[ceil(HIGH_VALUE_SHARE * len(known)) - 1])
        with np.errstate(invalid="ignore"):
            by_value = (value >= cut) & (value > 0.0)
        days = _about_value(prediction)["clv_horizon_days"]
        rule += f", or by clv over {days} days: at or above {cut!r}, and above 0"
    else:
        rule += f"; no clv is told: {prediction.reason}"
    names = np.select(
        [by_money & by_value, by_money, by_value], ["both", "money", "clv"], default=""
    )
    return pa.array([name or None for name in names.tolist()], pa.string()), rule


def _chosen(table: Any, is_chosen: Any, by: str, order: str) -> Any:
    """Return a list in the order in which it is worth to go through it; equals by their keys."""
    pc = extras.require("io", "pyarrow.compute")
    chosen = table.filter(is_chosen)
    rows = pc.sort_indices(chosen, sort_keys=[(by, order), ("customer", "ascending")])
    return chosen.take(rows).select(_OF_A_LIST)


def _about_churn(outcome: churn.Outcome) -> dict[str, str]:
    if outcome.ranking is None:
        return {}
    names = ("horizon_days", "gap_days", "active_within_days", "band_cuts", "note")
    told = outcome.ranking.metadata
    return {name: told[name] for name in names if name in told}


def _about_value(prediction: clv.Prediction) -> dict[str, str]:
    if prediction.customers is None:
        return {}
    names = ("clv_horizon_days", "discount_rate", "purchase_model")
    told = prediction.customers.metadata
    return {name: told[name] for name in names if name in told}
