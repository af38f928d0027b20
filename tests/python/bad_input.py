"""Bad files, each with the one error it is told to be: a test and a page of the docs read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import ecommerce_analytics as ea

COLUMNS = "customer,order,timestamp,amount"
MAPPING = {name: name for name in COLUMNS.split(",")}


@dataclass(frozen=True)
class BadInput:
    """A file and what its reader says of it, or the first analysis of its lines."""

    kind: type[ea.Error]
    text: str
    content: bytes
    row: int | None = None
    column: str | None = None
    value: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    as_of: str | None = None
    name: str = "lines.csv"
    is_of_analysis: bool = False
    has_words_of_a_library: bool = False  # As its value.

    def write(self, folder: Path) -> Path:
        path = folder / self.name
        path.write_bytes(self.content)
        return path

    def analyse(self, path: Path | str) -> None:
        """Read the file and its key figures; it raises what is wrong."""
        mapping: dict[str, Any] = MAPPING | dict(self.options)
        if self.name == "lines.csv":
            transactions = ea.Transactions.from_csv(path, **mapping)
        else:
            transactions = ea.Transactions.from_parquet(path, **mapping)
        ea.kpi.summary(transactions, as_of=self.as_of)

    def error(self, path: Path | str) -> ea.Error:
        """Return the error that is expected of the file at a path."""
        return self.kind(
            self.text,
            file=None if self.is_of_analysis else path,
            row=self.row,
            column=self.column,
            value=self.value,
        )

    def arguments(self, path: Path | str) -> list[str]:
        """Return what stands behind `ecommerce-analytics run`."""
        source = "csv" if self.name == "lines.csv" else "parquet"
        columns = MAPPING | {
            name: value for name, value in self.options.items() if name != "time_zone"
        }
        arguments = [source, str(path)]
        for role, column in columns.items():
            arguments += ["--map", f"{role}={column}"] if column else []
        if "time_zone" in self.options:
            arguments += ["--time-zone", self.options["time_zone"]]
        if self.as_of is not None:
            arguments += ["--as-of", self.as_of]
        return arguments


def lines(*rows: str, header: str = COLUMNS) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def truncated_parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({name: ["1", "2"] for name in MAPPING}), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data[: len(data) // 2]


GOOD = "ann,1,2026-01-05,19.90"

BAD_INPUTS = {
    "missing column": BadInput(
        ea.SchemaMismatch,
        "the column is missing; the file has",
        lines("ann,1,2026-01-05", header="customer,order,timestamp"),
        column="amount",
        value="customer, order, timestamp",
    ),
    "unknown column in a mapping": BadInput(
        ea.SchemaMismatch,
        "the column is missing; the file has",
        lines(GOOD),
        column="city",
        value="customer, order, timestamp, amount",
        options={"region": "city"},
    ),
    "unreadable date": BadInput(
        ea.InvalidData,
        "ingest: not a date or time of ISO 8601",
        lines(GOOD, "bob,2,05/01/2026,5.00"),
        row=2,
        column="timestamp",
        value="05/01/2026",
    ),
    "impossible date": BadInput(
        ea.InvalidData,
        "ingest: not a date or time of ISO 8601",
        lines(GOOD, "bob,2,2026-02-30,5.00"),
        row=2,
        column="timestamp",
        value="2026-02-30",
    ),
    "mixed zones": BadInput(
        ea.InvalidData,
        "ingest: mixed zones; some times of the column have a zone and some have none",
        lines("ann,1,2026-01-05T12:00Z,19.90", "bob,2,2026-01-05T12:00,5.00"),
        row=2,
        column="timestamp",
        value="2026-01-05T12:00",
        options={"time_zone": "Europe/Berlin"},
    ),
    "an instant without a zone of the shop": BadInput(
        ea.InvalidData,
        "ingest: an instant needs the shop's time_zone",
        lines("ann,1,2026-01-05T12:00Z,19.90"),
        row=1,
        column="timestamp",
        value="2026-01-05T12:00Z",
    ),
    "text in a number column": BadInput(
        ea.InvalidData,
        "ingest: not a number",
        lines(GOOD, "bob,2,2026-01-06,five"),
        row=2,
        column="amount",
        value="five",
    ),
    "a number that is missing": BadInput(
        ea.InvalidData,
        "ingest: a number is missing",
        lines(GOOD, "bob,2,2026-01-06,"),
        row=2,
        column="amount",
        value="null",
    ),
    "decimal comma without being told": BadInput(
        ea.InvalidData,
        'ingest: not a number; a decimal comma needs decimal=","',
        lines(GOOD, 'bob,2,2026-01-06,"5,00"'),
        row=2,
        column="amount",
        value="5,00",
    ),
    "thousands without being told": BadInput(
        ea.InvalidData,
        "ingest: not a number; separators of thousands need the option thousands",
        lines(GOOD, "bob,2,2026-01-06,1 234.50"),
        row=2,
        column="amount",
        value="1 234.50",
    ),
    "more than four decimals": BadInput(
        ea.InvalidData,
        "ingest: a number has more than four decimals; ask for a rounding",
        lines(GOOD, "bob,2,2026-01-06,5.00001"),
        row=2,
        column="amount",
        value="5.00001",
    ),
    "overflow of money": BadInput(
        ea.MoneyOverflow,
        "ingest: a number leaves 64 bits of 1/10,000",
        lines(GOOD, "bob,2,2026-01-06,922337203685477.5808"),
        row=2,
        column="amount",
        value="922337203685477.5808",
    ),
    "overflow of a product": BadInput(
        ea.MoneyOverflow,
        "ingest: quantity times price leaves 64 bits",
        lines(
            "ann,1,2026-01-05,10,922337203685477",
            header="customer,order,timestamp,pieces,price",
        ),
        row=1,
        column="price",
        value="10 * 922337203685477",
        options={"amount": None, "quantity": "pieces", "unit_price": "price"},
    ),
    "empty file": BadInput(ea.IOFailure, "the file is empty", b""),
    "header only": BadInput(ea.InvalidData, "the file has a header and no row", lines()),
    "all refunds": BadInput(
        ea.InvalidArgument,
        "customer_history: there is no purchase before as_of",
        lines("ann,1,2026-01-05,-19.90", "bob,2,2026-01-06,-5.00"),
        value="2026-01-07 00:00:00",
        is_of_analysis=True,
    ),
    "as_of before the data": BadInput(
        ea.InvalidArgument,
        "customer_history: there is no line before as_of",
        lines(GOOD),
        value="2026-01-05 00:00:00",
        as_of="2026-01-05",
        is_of_analysis=True,
    ),
    "not UTF-8": BadInput(
        ea.IOFailure,
        "the file is not UTF-8",
        lines(GOOD) + b"Jos\xe9,2,2026-01-06,5.00\n",
        row=2,
        value="'\\xe9'",
    ),
    "a row with too few cells": BadInput(
        ea.SchemaMismatch,
        "the row has fewer cells than the header",
        lines(GOOD, "bob,2,2026-01-06"),
        row=2,
        value="bob,2,2026-01-06",
    ),
    "a row with too many cells": BadInput(
        ea.SchemaMismatch,
        "the row has more cells than the header",
        lines(GOOD, "bob,2,2026-01-06,5,00"),
        row=2,
        value="bob,2,2026-01-06,5,00",
    ),
    "a quote that is never closed": BadInput(
        ea.InvalidData,
        "a quote is never closed",
        lines(GOOD, '"bob,2,2026-01-06,5.00'),
        row=2,
        value='"bob,2,2026-01-06,5.00',
    ),
    "truncated Parquet": BadInput(
        ea.IOFailure,
        "the file is truncated, damaged or no Parquet file",
        truncated_parquet(),
        value="…",
        name="lines.parquet",
        has_words_of_a_library=True,
    ),
    "two currencies": BadInput(
        ea.InvalidData,
        "ingest: two currencies in one load",
        lines(f"{GOOD},EUR", "bob,2,2026-01-06,5.00,USD", header=f"{COLUMNS},currency"),
        row=2,
        column="currency",
        value="USD after EUR",
        options={"currency_column": "currency"},
    ),
    "a currency that is missing": BadInput(
        ea.InvalidData,
        "ingest: a currency is missing",
        lines(f"{GOOD},EUR", "bob,2,2026-01-06,5.00,", header=f"{COLUMNS},currency"),
        row=2,
        column="currency",
        value="null",
        options={"currency_column": "currency"},
    ),
    "a currency that is none": BadInput(
        ea.InvalidData,
        "ingest: a currency must be three capital letters of ISO 4217",
        lines(f"{GOOD},euro", header=f"{COLUMNS},currency"),
        row=1,
        column="currency",
        value="euro",
        options={"currency_column": "currency"},
    ),
    "an order of two customers": BadInput(
        ea.InvalidData,
        "ingest: an order with lines of two customers",
        lines(GOOD, "bob,1,2026-01-06,5.00"),
        row=2,
        column="order",
        value="1, rows 1 and 2, customers ann and bob",
    ),
}
