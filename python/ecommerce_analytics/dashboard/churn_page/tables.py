"""What the pages of churn show, as tables; made once for a source."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ecommerce_analytics import churn
from ecommerce_analytics.dashboard.customer_list import people_of, with_columns
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

__all__ = [
    "calibration",
    "deciles",
    "effects_of",
    "explained",
    "is_return_rare",
    "ranked",
    "revenue",
    "row_of",
    "segments",
    "verdict_of",
]

_RARE: Final = 0.95


def calibration(shop: Shop, outcome: churn.Outcome) -> Table:
    """Return `churn.calibration` of the test."""
    table: Table = shop.of_source(_calibration, test=outcome.test)
    return table


def deciles(shop: Shop, outcome: churn.Outcome) -> Table:
    """Return `churn.deciles` of the test."""
    table: Table = shop.of_source(_deciles, test=outcome.test)
    return table


def revenue(shop: Shop, outcome: churn.Outcome) -> Table:
    """Return `churn.revenue_at_risk`."""
    table: Table = shop.of_source(churn.revenue_at_risk, outcome=outcome)
    return table


def explained(shop: Shop, outcome: churn.Outcome) -> Table:
    """Return `churn.explain` of the ranked customers, the highest risk first."""
    table: Table = shop.of_source(_explained, outcome=outcome)
    return table


def segments(shop: Shop, outcome: churn.Outcome) -> Table:
    """Return `churn.explain_groups` by segment of the full history."""
    table: Table = shop.of_source(
        _segments, explanation=explained(shop, outcome), people=shop.segments
    )
    return table


def is_return_rare(outcome: churn.Outcome) -> bool:
    """Return whether hardly anybody orders again, so that a high risk is no alarm."""
    return outcome.evaluation is not None and outcome.evaluation["base_rate"][0] > _RARE


def ranked(shop: Shop, filters: Filters, outcome: churn.Outcome, *, by_return: bool) -> pa.Table:
    """Return the population with risks and reasons: the highest risk first, or the lowest.

    `by_return` sorts by the probability of another order, 1 - risk, and tells that instead.
    """
    ranking, told = pa.table(outcome.ranking), pa.table(explained(shop, outcome))
    names = ["customer", "churn_risk", "risk_band", "recency_days", "frequency", "monetary"]
    rows = ranking.select(names)
    for name in ("reason_1", "reason_2", "reason_3"):
        rows = rows.append_column(name, told.column(name))
    people = people_of(shop, filters)
    rows = with_columns(rows, people, {"segment": "segment"})
    members = people.column("customer").combine_chunks()
    rows = rows.filter(pc.is_in(rows.column("customer"), value_set=members))
    if not by_return:
        return rows
    place = rows.column_names.index("churn_risk")
    back = pc.subtract(1.0, rows.column("churn_risk"))
    rows = rows.set_column(place, "order_probability", back).drop_columns(["risk_band"])
    return rows.sort_by([("order_probability", "descending"), ("customer", "ascending")])


def row_of(shop: Shop, outcome: churn.Outcome, customer: str) -> dict[str, Any] | None:
    """Return the explanation of one customer; None if he is not ranked."""
    told = pa.table(explained(shop, outcome))
    keys = told.column("customer").cast(pa.string())
    found = told.filter(pc.equal(keys, customer)).to_pylist()
    return found[0] if found else None


def verdict_of(shop: Shop, outcome: churn.Outcome, customer: str) -> str:
    """Return what would change what the model says of a customer who is ranked."""
    told = pa.table(shop.of_source(_turning_points, outcome=outcome))
    keys = told.column("customer").cast(pa.string())
    [verdict] = told.filter(pc.equal(keys, customer)).column("verdict").to_pylist()
    return str(verdict)


def effects_of(row: dict[str, Any]) -> pa.Table:
    """Return the steps from the base to the log-odds of one customer."""
    steps = {name.removesuffix("_effect"): row[name] for name in row if name.endswith("_effect")}
    names = ["base_log_odds", *steps, "log_odds"]
    return pa.table(
        {
            "feature": names,
            "effect": [row["base_log_odds"], *steps.values(), row["log_odds"]],
        }
    )


def _calibration(transactions: Transactions, test: Table) -> Table:
    return churn.calibration(test)


def _deciles(transactions: Transactions, test: Table) -> Table:
    return churn.deciles(test)


def _explained(transactions: Transactions, outcome: churn.Outcome) -> Table:
    assert outcome.model is not None
    assert outcome.ranking is not None
    return churn.explain(churn.Model(outcome.model), outcome.ranking)


def _turning_points(transactions: Transactions, outcome: churn.Outcome) -> Table:
    assert outcome.model is not None
    assert outcome.ranking is not None
    return churn.turning_points(churn.Model(outcome.model), outcome.ranking)


def _segments(transactions: Transactions, explanation: Table, people: Table) -> Table:
    return churn.explain_groups(explanation, people)
