"""Tables to files: what stands in a CSV cell, Parquet, JSON, the hash of a file, its columns."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ecommerce_analytics import extras, spreadsheet
from ecommerce_analytics.errors import IOFailure

if TYPE_CHECKING:
    import pyarrow

    from ecommerce_analytics.table import Table

_MEANINGS: Final = "column_meanings.toml"


@dataclass(frozen=True)
class Export:
    """A table to write: typed, and what a CSV file has in the place of some columns."""

    table: pyarrow.Table
    csv_columns: Mapping[str, pyarrow.ChunkedArray] = field(default_factory=dict)


def labelled(export: Export, about: Mapping[str, str]) -> Export:
    """Say in the metadata of a table where it is from, and in a last column if nobody bought it."""
    pa = extras.require("io", "pyarrow")
    table = export.table
    if about["is_synthetic"] == "true":
        table = table.append_column(
            "source", pa.array([about["source"]] * table.num_rows, pa.string())
        )
    known = {key.decode(): text.decode() for key, text in (table.schema.metadata or {}).items()}
    return replace(export, table=table.replace_schema_metadata({**known, **about}))


def stacked(column: str, tables: Mapping[str, Table]) -> Export:
    """Put tables of one shape below each other, each named in a first column.

    A column of counts in one table and of money in another is one of decimals; in a CSV file a
    count stays a whole number there. What is true of all tables stays in the metadata.
    """
    pa = extras.require("io", "pyarrow")
    parts = [table.to_arrow().replace_schema_metadata(None) for table in tables.values()]
    csv_columns = {}
    for position, name in enumerate(parts[0].column_names):
        types = {part.schema.field(position).type for part in parts}
        if len(types) > 1:
            [money] = [one for one in types if pa.types.is_decimal(one)]
            texts = [part.column(position).cast(pa.string()) for part in parts]
            csv_columns[name] = pa.chunked_array(
                [chunk for text in texts for chunk in text.chunks], pa.string()
            )
            parts = [
                part.set_column(position, name, part.column(position).cast(money)) for part in parts
            ]
    labelled = [
        part.add_column(0, column, pa.array([label] * part.num_rows, pa.string()))
        for label, part in zip(tables, parts, strict=True)
    ]
    told = [table.metadata.items() for table in tables.values()]
    common = dict(item for item in told[0] if all(item in other for other in told))
    return Export(pa.concat_tables(labelled).replace_schema_metadata(common), csv_columns)


def timed(table: pyarrow.Table, column: str) -> Export:
    """Make a column of texts, such as ``2011-09-10 00:00:00``, one of moments, but for CSV files.

    They keep the texts: it is there that the same moment is the same bytes everywhere.
    """
    pa = extras.require("io", "pyarrow")
    position = table.column_names.index(column)
    texts = table.column(position)
    moments = np.array(texts.to_pylist(), dtype="datetime64[us]")
    typed = table.set_column(position, column, pa.array(moments, pa.timestamp("us")))
    return Export(typed, {column: texts})


def write_csvs(exports: Mapping[str, Export], folder: Path, *, raw: bool) -> None:
    """Write UTF-8 with LF; null is an empty cell, money keeps its four decimals.

    Unless `raw`, neither a cell nor a header is one that a spreadsheet would run.
    """
    duckdb = extras.require("io", "duckdb")
    with duckdb.connect(config={"threads": 1}) as database:  # Keeps the order of the rows.
        # Names of columns are of the data: whatever one says, no other file is in reach.
        reached = str(folder.absolute()).replace("'", "''")
        database.execute(f"SET allowed_directories = ['{reached}']")
        database.execute("SET enable_external_access = false")
        for name, export in exports.items():
            table, cells = _csv_cells(export, raw=raw)
            try:
                database.from_arrow(table).select(cells).write_csv(
                    str(folder.absolute() / name), header=True
                )
            except duckdb.Error as error:
                message = "run: a file cannot be written"
                number = re.search(r'"errno":"(\d+)"', str(error))  # Among words for machines.
                reason = os.strerror(int(number[1])) if number else str(error)
                raise IOFailure(message, file=folder / name, value=reason) from error


def write_csv(export: Export, path: Path, *, raw: bool) -> None:
    """Write one file as `write_csvs`: it takes its place when it is whole."""
    try:
        with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            write_csvs({path.name: export}, Path(folder), raw=raw)
            with (Path(folder) / path.name).open("rb") as file:
                os.fsync(file.fileno())
            (Path(folder) / path.name).replace(path)
    except OSError as error:
        message = "run: a file cannot be written"
        raise IOFailure(message, file=path, value=error.strerror) from error


def _csv_cells(export: Export, *, raw: bool) -> tuple[pyarrow.Table, str]:
    """Return what stands in the cells: a table, and the expressions of its columns."""
    pa = extras.require("io", "pyarrow")
    table, cells = export.table, []
    places = [f"column_{place}" for place in range(table.num_columns)]
    for place, column in enumerate(table.schema):
        cell, title = spreadsheet.quote_sql(places[place]), column.name
        if title in export.csv_columns:
            table = table.set_column(place, title, export.csv_columns[title])
        elif not raw and (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            cell = spreadsheet.escape_sql(places[place])
        shown = title if raw else spreadsheet.escape_text(title)
        cells.append(f"{cell} AS {spreadsheet.quote_sql(shown)}")
    return table.rename_columns(places), ", ".join(cells)


def write_parquet(table: pyarrow.Table, path: Path) -> None:
    """Write a table with its types, text as it is."""
    parquet = extras.require("io", "pyarrow.parquet")
    try:
        parquet.write_table(table, path, compression="zstd")
    except OSError as error:
        raise IOFailure("run: a file cannot be written", file=path, value=str(error)) from error


def as_parquet(name: str) -> str:
    """Return the name of the Parquet file beside a CSV file."""
    return name.replace(".csv", ".parquet")


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write UTF-8 with LF, two blanks deep."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def meanings(name: str) -> Mapping[str, str]:
    """Return what the columns of a table of a run mean, by the name of its file without the end."""
    text = files("ecommerce_analytics").joinpath(_MEANINGS).read_text(encoding="utf-8")
    tables: dict[str, dict[str, str]] = tomllib.loads(text)
    return tables.get(name, {})
