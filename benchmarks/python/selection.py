"""A filter changes: ours against polars and DuckDB, key figures of a window and the one before.

Each contestant holds the shop as it likes best (orders prepared, with the customer's first order
marked) and answers for sets of filters one after another: a window of a quarter, twenty products
of which an order must contain one, three regions of orders. Figures: net money, orders, customers,
new customers, customers with a repeat order; each now and in the equally long span before. If two
answers differ in one figure, nothing is timed and the exit code is 1.

    python benchmarks/python/selection.py --rows 2000000
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import polars as pl
from contest.answers import Answer
from contest.order_lines import OrderLines, make_order_lines
from contest.timing import MIN_RUNS, Contestant, UnequalAnswers, measure

import ecommerce_analytics as ea

FIGURES = ("revenue_net", "orders", "customers", "new_customers", "repeat_customers")


@dataclass(frozen=True)
class Filter:
    """A window, products and regions; `before` is the equally long span just before."""

    start: date
    end: date
    products: tuple[int, ...]
    regions: tuple[str, ...]

    @property
    def before(self) -> tuple[date, date]:
        return self.start - (self.end - self.start), self.start


Figures = list[tuple[int, ...]]  # Of each filter: the figures now, then before; money in cents.


def main() -> int:
    options = parse_arguments()
    lines = make_order_lines(options.rows, "integer")
    filters = list(drawn_filters(lines, options.filters))
    shops: dict[str, Callable[[], Figures]] = {
        "ours, select": of_history(lines, filters),
        "polars": of_polars(lines, filters),
        "DuckDB": of_duckdb(lines, filters),
    }
    contestants = [
        Contestant(name, name.startswith("ours"), run, as_answer) for name, run in shops.items()
    ]
    try:
        timings = measure(contestants, options.runs)
    except UnequalAnswers as unequal:
        print(f"UNEQUAL ANSWERS: {unequal}", file=sys.stderr)
        return 1
    ours = timings["ours, select"].median
    print(f"{options.rows:,} lines, {len(filters)} filters; ms of one filter, median of the rounds")
    for name, timing in timings.items():
        each = 1e3 * timing.median / len(filters)
        print(f"  {name:14}{each:9.2f} ms   {timing.median / ours:7.2f} times ours")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_000_000, help="lines (default: 2000000)")
    parser.add_argument("--filters", type=int, default=8, help="sets of filters in a round")
    parser.add_argument("--runs", type=int, default=MIN_RUNS, help="rounds after the warm-up")
    return parser.parse_args()


def drawn_filters(lines: OrderLines, num_filters: int) -> Iterator[Filter]:
    random = np.random.default_rng(0)
    regions = np.array(sorted(set(lines.polars["region"].cast(pl.String))))
    for _ in range(num_filters):
        start = date(2024, 7, 1) + timedelta(days=int(random.integers(0, 400)))
        yield Filter(
            start=start,
            end=start + timedelta(days=91),
            products=tuple(random.choice(50, 20, replace=False).tolist()),
            regions=tuple(random.choice(regions, 3, replace=False).tolist()),
        )


def as_answer(figures: Figures) -> Answer:
    return {"figures": np.array(figures, np.int64).ravel()}


def of_history(lines: OrderLines, filters: list[Filter]) -> Callable[[], Figures]:
    transactions = ea.Transactions.from_arrow(
        lines.arrow,
        customer="customer",
        order="order",
        timestamp="timestamp",
        amount="amount",
        product="product",
        region="region",
        integer_unit="minor",
    )
    history = ea.CustomerHistory(region="region", dimensions=["product"]).add(transactions)

    def figures_of(one: Filter) -> tuple[int, ...]:
        selection = ea.Selection(
            start=one.start,
            end=one.end,
            dimensions={"product": one.products},
            region=one.regions,
        )
        table = ea.kpi.changes(history.select(selection))
        place = {name: row for row, name in enumerate(table["kpi"].tolist())}
        return tuple(
            round(table[column][place[name]] * (100 if name == "revenue_net" else 1))
            for column in ("value", "previous")
            for name in FIGURES
        )

    return lambda: [figures_of(one) for one in filters]


def of_polars(lines: OrderLines, filters: list[Filter]) -> Callable[[], Figures]:
    rows = lines.polars.with_columns(pl.col("region").cast(pl.String))
    placed = (
        rows.group_by("order")
        .agg(
            pl.col("customer", "region").first(),
            pl.col("timestamp").filter(pl.col("amount") > 0).min().alias("placed"),
        )
        .with_columns(pl.col("placed").rank("ordinal").over("customer").alias("turn"))
        .with_columns(pl.col("placed").min().over("customer").alias("first"))
        .sort("order")
    )
    money = rows.select("order", "timestamp", "amount")
    contents = rows.select("order", "product").unique()

    def figures_of(one: Filter) -> tuple[int, ...]:
        wanted = contents.filter(pl.col("product").is_in(one.products)).select("order").unique()
        chosen = placed.filter(pl.col("region").is_in(one.regions)).join(
            wanted, on="order", how="semi"
        )
        found: list[int] = []
        for start, end in ((one.start, one.end), one.before):
            net = (
                money.filter(pl.col("timestamp").is_between(start, end, closed="left"))
                .join(chosen, on="order", how="semi")["amount"]
                .sum()
            )
            orders = chosen.filter(pl.col("placed").is_between(start, end, closed="left"))
            customers = orders.group_by("customer").agg(
                (pl.col("first").first() >= start).alias("new"),
                (pl.col("turn") > 1).any().alias("repeat"),
            )
            found += [
                net,
                orders.height,
                customers.height,
                customers["new"].sum(),
                customers["repeat"].sum(),
            ]
        return tuple(found)

    return lambda: [figures_of(one) for one in filters]


def of_duckdb(lines: OrderLines, filters: list[Filter]) -> Callable[[], Figures]:
    database: duckdb.DuckDBPyConnection = lines.duckdb
    database.execute("""
        CREATE TABLE placed AS
        SELECT *, row_number() OVER (PARTITION BY customer ORDER BY placed, "order") AS turn,
               min(placed) OVER (PARTITION BY customer) AS first
        FROM (SELECT "order", any_value(customer) AS customer, any_value(region) AS region,
                     min(timestamp) FILTER (amount > 0) AS placed
              FROM lines GROUP BY "order")
        ORDER BY placed""")
    query = """
        WITH chosen AS (
          SELECT * FROM placed WHERE region IN (SELECT unnest($regions::VARCHAR[])::region)
          AND "order" IN (SELECT "order" FROM lines WHERE product IN (SELECT unnest($products)))),
        people AS (
          SELECT customer, count(*) AS orders, bool_and(first >= $start) AS new,
                 bool_or(turn > 1) AS repeat
          FROM chosen WHERE placed >= $start AND placed < $end GROUP BY customer)
        SELECT (SELECT coalesce(sum(amount), 0) FROM lines
                WHERE timestamp >= $start AND timestamp < $end
                AND "order" IN (SELECT "order" FROM chosen)),
               coalesce(sum(orders), 0), count(*), count(*) FILTER (new), count(*) FILTER (repeat)
        FROM people"""

    def figures_of(one: Filter) -> tuple[int, ...]:
        found: list[int] = []
        for start, end in ((one.start, one.end), one.before):
            told: dict[str, Any] = {
                "regions": list(one.regions),
                "products": list(one.products),
                "start": start,
                "end": end,
            }
            (row,) = database.execute(query, told).fetchall()
            found += [int(figure) for figure in row]
        return tuple(found)

    return lambda: [figures_of(one) for one in filters]


if __name__ == "__main__":
    sys.exit(main())
