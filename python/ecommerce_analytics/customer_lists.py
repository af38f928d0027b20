"""Lists of customers: who may leave, who is worth much, who is both, and all that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ecommerce_analytics import churn, clv, cutoff, extras
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

if TYPE_CHECKING:
    import pyarrow

__all__ = ["HIGH_VALUE_SHARE", "Lists", "make", "predictions_of"]

#: Of the customers by their lifetime value, those of the best share are of high value.
HIGH_VALUE_SHARE: Final = 0.2
_HIGH_RISK: Final = "high"

PREDICTIONS: Final = "churn_predictions.csv"
HIGH_RISK: Final = "high_risk_customers.csv"
HIGH_VALUE: Final = "high_value_customers.csv"
HIGH_VALUE_AT_RISK: Final = "high_value_at_risk.csv"
ENHANCED: Final = "enhanced_customer_data.csv"
#: Names of the files, in the order in which a run writes them.
FILES: Final = (PREDICTIONS, HIGH_RISK, HIGH_VALUE, HIGH_VALUE_AT_RISK, ENHANCED)

_RANKS: Final = ("churn_risk", "rank", "risk_decile", "risk_band")
_REASONS: Final = ("reason_1", "reason_2", "reason_3")
_CLV: Final = (
    *("probability_alive", "expected_purchases", "purchases_lower", "purchases_upper"),
    *("probability_of_purchase", "expected_value", "clv", "clv_lower", "clv_upper"),
    *("next_order", "next_order_lower", "next_order_upper", "days_overdue"),
)
_OF_A_LIST: Final = (
    *("customer", "segment", "tier", "recency_days", "frequency", "monetary"),
    *("churn_risk", "risk_band", *_REASONS, "clv", "clv_lower", "clv_upper"),
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
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Returns
    -------
    Lists
        ``churn_predictions.csv``: who ordered in the last year, by his risk. ``high_risk_
        customers.csv``: those of the band ``high``. ``high_value_customers.csv``: the fifth of the
        greatest lifetime value, equals at the cut included, above 0. ``high_value_at_risk.csv``:
        those of both. ``enhanced_customer_data.csv``: all of all, null where nothing is told.

    Notes
    -----
    `clv_lower` and `clv_upper` are the 80 % interval of the customer's purchases, at his expected
    value and the mean discount: purchases_lower · clv / expected_purchases, and likewise. They tell
    how his purchases may fall; that of the value is not in them. O(n log n).
    """
    reasons: dict[str, str] = {}
    tables: dict[str, Any] = {}
    enhanced = _enhanced(transactions, segments, tiers, clusters, num_threads)
    risks = None
    if outcome.ranking is not None and outcome.model is not None:
        told = churn.explain(churn.Model(outcome.model), outcome.ranking)
        risks = predictions_of(outcome.ranking, told)
        tables[PREDICTIONS] = risks
    else:
        reasons |= dict.fromkeys((PREDICTIONS, HIGH_RISK), str(outcome.reason))
    enhanced = _joined(enhanced, risks, _empty_risks(enhanced), (*_RANKS, *_REASONS))
    values = None
    if prediction.customers is not None:
        values = _with_interval(prediction.customers)
    else:
        reasons[HIGH_VALUE] = str(prediction.reason)
    enhanced = _joined(enhanced, values, _empty_values(enhanced), _CLV)
    known = {**_about_churn(outcome), **_about_value(prediction)}
    enhanced = enhanced.replace_schema_metadata(known)
    if risks is not None:
        tables[HIGH_RISK] = _chosen(enhanced, _is_high_risk(enhanced), "rank")
    if values is not None:
        is_valuable, cut = _is_high_value(enhanced)
        tables[HIGH_VALUE] = _with_cut(_chosen(enhanced, is_valuable, "clv"), cut)
        if risks is not None:
            both = is_valuable & _is_high_risk(enhanced)
            tables[HIGH_VALUE_AT_RISK] = _with_cut(_chosen(enhanced, both, "clv"), cut)
    if HIGH_VALUE_AT_RISK not in tables:
        reasons[HIGH_VALUE_AT_RISK] = reasons.get(HIGH_RISK, reasons.get(HIGH_VALUE, ""))
    tables[ENHANCED] = enhanced
    return Lists(
        {name: tables[name] for name in FILES if name in tables},
        {name: reasons[name] for name in FILES if name in reasons},
    )


def _enhanced(
    transactions: Transactions,
    segments: Table,
    tiers: Table,
    clusters: Table,
    num_threads: int | None,
) -> Any:
    """Return segment, tier, cluster and features, in order of the keys."""
    table = segments.to_arrow().replace_schema_metadata(None)
    table = _joined(table, tiers.to_arrow(), None, ("tier",))
    groups = clusters.to_arrow().rename_columns(
        ["cluster_name" if name == "name" else name for name in clusters.column_names]
    )
    table = _joined(table, groups, None, ("cluster", "cluster_name"))
    features = cutoff.features(
        transactions,
        segments.metadata["as_of"],
        active_within=_ALL_DAYS,
        num_threads=num_threads,
    ).to_arrow()
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


def _is_high_risk(table: Any) -> Any:
    return np.array([band == _HIGH_RISK for band in table["risk_band"].to_pylist()], dtype=bool)


def _is_high_value(table: Any) -> tuple[Any, float]:
    """Return who is of the best fifth, and the least value in it."""
    value = table["clv"].to_numpy()
    known = np.sort(value[~np.isnan(value)])[::-1]
    if not len(known):
        return np.zeros(len(value), dtype=bool), 0.0
    cut = float(known[ceil(HIGH_VALUE_SHARE * len(known)) - 1])
    with np.errstate(invalid="ignore"):
        return (value >= cut) & (value > 0.0), cut


def _chosen(table: Any, is_chosen: Any, by: str) -> Any:
    """Return a list in the order in which it is worth to go through it; equals by their keys."""
    pa = extras.require("io", "pyarrow")
    rows = np.flatnonzero(is_chosen)
    order = table[by].to_numpy()[rows]
    ranked = np.argsort(order if by == "rank" else -order, kind="stable")
    return table.select(_OF_A_LIST).take(pa.array(rows[ranked], pa.int64()))


def _with_cut(table: Any, cut: float) -> Any:
    return table.replace_schema_metadata({**(table.schema.metadata or {}), "clv_cut": repr(cut)})


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
