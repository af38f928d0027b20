"""Seeded order lines of a shop, in the form that each library likes best."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pyarrow as pa

FIRST_DAY = "2024-01-01"
AS_OF = "2026-01-01"

_NUM_PRODUCTS = 1_000
_NUM_REGIONS = 27
_MICROSECONDS_PER_DAY = 86_400_000_000


@dataclass(frozen=True)
class OrderLines:
    """The same lines for every contestant, held as its best user would hold them.

    Columns: `customer` and `order` (integers, or text of 32 characters), `timestamp`, `amount`
    (whole cents, so that every library adds exactly), `product` (integer) and `region` (pandas'
    category, polars' Categorical, DuckDB's ENUM, Arrow's dictionary).
    """

    num_rows: int
    keys: str
    arrow: pa.Table
    pandas: pd.DataFrame
    polars: pl.DataFrame
    duckdb: duckdb.DuckDBPyConnection  # Holds the lines as table `lines`.


def make_order_lines(num_rows: int, keys: str, random_state: int = 20_260_101) -> OrderLines:
    """Draw `num_rows` lines of 24 months, by increasing time, the lines of an order together.

    About num_rows / 2 orders of one to three lines, num_rows / 20 customers who are won one after
    another, products in proportion to 1 / rank, 27 regions (a customer has one, every 50th order
    goes to another), every 33rd order a refund, no guests.
    """
    random = np.random.default_rng(random_state)
    order_of_row = np.repeat(np.arange(num_rows), random.integers(1, 4, num_rows))[:num_rows]
    num_orders = int(order_of_row[-1]) + 1
    progress = np.arange(num_orders) / num_orders

    num_customers = max(1, num_rows // 20)
    num_won = np.maximum(1, (num_customers * (0.1 + 0.9 * progress)).astype(np.int64))
    customer = random.integers(0, num_won)
    elsewhere = random.integers(0, 50, num_orders) == 0
    region = np.where(elsewhere, random.integers(0, _NUM_REGIONS, num_orders), customer * 7)
    region %= _NUM_REGIONS
    is_refund = random.integers(0, 33, num_orders) == 0
    span_days = (np.datetime64(AS_OF) - np.datetime64(FIRST_DAY)).astype(np.int64)
    seconds = (progress * int(span_days) * 86_400).astype("timedelta64[s]")
    time = np.datetime64(FIRST_DAY, "us") + seconds

    cents = random.integers(100, 50_000, num_rows)
    cumulated_weights = np.cumsum(1.0 / np.arange(1, _NUM_PRODUCTS + 1))
    product = np.searchsorted(cumulated_weights, random.random(num_rows) * cumulated_weights[-1])
    names = [f"{chr(65 + index // 9)}{chr(65 + index % 9)}" for index in range(_NUM_REGIONS)]
    arrow = pa.table(
        {
            "customer": _keys(customer + 100_000, keys).take(pa.array(order_of_row)),
            "order": _keys(np.arange(num_orders) + 1_000_000, keys).take(pa.array(order_of_row)),
            "timestamp": pa.array(time[order_of_row]),
            "amount": pa.array(np.where(is_refund[order_of_row], -cents, cents)),
            "product": pa.array(product),
            "region": pa.DictionaryArray.from_arrays(
                pa.array(region[order_of_row].astype(np.int8)), pa.array(names)
            ),
        }
    )
    return OrderLines(
        num_rows=num_rows,
        keys=keys,
        arrow=arrow,
        pandas=_to_pandas(arrow),
        polars=pl.DataFrame(arrow),
        duckdb=_to_duckdb(arrow, names),
    )


def _keys(numbers: npt.NDArray[np.int64], keys: str) -> pa.Array:
    if keys == "integer":
        return pa.array(numbers)
    # Scatters a number over 128 bits; an odd factor keeps different numbers different.
    low = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    high = low * np.uint64(0xD1B54A32D192ED03) ^ low >> np.uint64(31)
    return pa.array([f"{a:016x}{b:016x}" for a, b in zip(high.tolist(), low.tolist(), strict=True)])


def _to_pandas(arrow: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = arrow.to_pandas()  # Makes text pandas' own `str`, region a category.
    return frame


def _to_duckdb(arrow: pa.Table, regions: list[str]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    members = ", ".join(f"'{region}'" for region in regions)
    connection.execute(f"CREATE TYPE region AS ENUM ({members})")
    connection.register("arrow_lines", arrow)
    region = "region::VARCHAR::region AS region"
    connection.execute(f"CREATE TABLE lines AS SELECT * REPLACE ({region}) FROM arrow_lines")
    connection.unregister("arrow_lines")
    return connection
