"""This library: from a table of each kind, from `Transactions`, from a history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

import ecommerce_analytics as ea
from contest.answers import Answer, answer_of
from contest.order_lines import AS_OF, OrderLines
from contest.timing import Contestant

Source = ea.Transactions | ea.CustomerHistory
Tables = dict[str, ea.Table]

ANALYSES: dict[str, Callable[[Source], ea.Table]] = {
    "rfm": lambda source: ea.rfm.score(source, as_of=AS_OF),
    "cohort": lambda source: ea.cohort.retention(source, as_of=AS_OF),
    "region": lambda source: ea.geo_aggregate.by_region(source, as_of=AS_OF),
}


def contestants(lines: OrderLines, work: str) -> Iterator[Contestant]:
    """Yield the ways to do `work`: one of the analyses, or `all` of them."""
    analyses = list(ANALYSES) if work == "all" else [work]
    ready = read(lines.arrow, work)
    history = history_of(ready, work)
    runs: dict[str, Callable[[], Tables]] = {
        "ours, pyarrow table": lambda: analyse(read(lines.arrow, work), analyses),
        "ours, polars frame": lambda: analyse(read(lines.polars, work), analyses),
        "ours, Transactions": lambda: analyse(ready, analyses),
        "ours, history": lambda: {name: ANALYSES[name](history) for name in analyses},
    }
    for name, run in runs.items():
        yield Contestant(name, True, run, common_answer)


def read(table: Any, work: str) -> ea.Transactions:
    """Ingest the columns that `work` needs."""
    return ea.Transactions.from_arrow(
        table,
        customer="customer",
        order="order",
        timestamp="timestamp",
        amount="amount",
        region="region" if work in ("region", "all") else None,
        integer_unit="minor",
    )


def history_of(transactions: ea.Transactions, work: str) -> ea.CustomerHistory:
    """Accumulate what `work` needs: one pass over the rows for all analyses."""
    region = "region" if work in ("region", "all") else None
    return ea.CustomerHistory(as_of=AS_OF, region=region).add(transactions)


def analyse(transactions: ea.Transactions, analyses: list[str]) -> Tables:
    """Do one analysis by its own function, several over one history."""
    if len(analyses) == 1:
        return {analyses[0]: ANALYSES[analyses[0]](transactions)}
    history = history_of(transactions, "all")
    return {name: ANALYSES[name](history) for name in analyses}


def common_answer(tables: Tables) -> Answer:
    """Bring the tables into the form of the peers: months as numbers, no cells of nobody."""
    found: dict[str, pa.Table] = {}
    for name, table in tables.items():
        found[name] = pa.table(table)
        if name == "cohort":
            some = np.ma.filled(table["value"], 0) > 0
            columns = {
                "cohort": table["cohort"].astype("datetime64[M]").astype(np.int64)[some],
                "period": table["period"][some],
                "value": np.asarray(table["value"])[some],
            }
            found[name] = pa.table(columns)
    return answer_of(found, money_unit=10_000)
