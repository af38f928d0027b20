"""CDNOW: purchases of CDs by the customers who first bought in the first quarter of 1997."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING

from .. import errors, extras, files
from ..transactions import ColumnMapping, Transactions
from .dataset import Dataset
from .source_lines import SourceTable, read_again

if TYPE_CHECKING:
    import pyarrow

__all__ = ["load_cdnow"]

_MASTER = ("customer_id", "date", "number_of_cds", "dollar_value")
_SAMPLE = ("customer_id", "sample_id", "date", "number_of_cds", "dollar_value")


def load_cdnow(path: str | PathLike[str]) -> Dataset:
    """Load ``CDNOW_master.txt`` or the 1/10 sample ``CDNOW_sample.txt``.

    Cells stand between blanks. The master begins with a line of names and has four columns; the
    sample has no names and five columns: the customer's number in the master, his number in the
    sample, date, CDs and dollars. The customer is the number in the master, so both files agree.

    A row is an order, and the number of the row is the order's key. Every row counts as an order
    (``purchases="every_line"``): 80 of the master's are of 0 dollars, and without them 68 of its
    23,570 customers would be lost. All rows are sales; ``quantity`` counts CDs; times are days.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    Dataset
        In ``customers``, ``orders`` (int64) counts rows.

    Raises
    ------
    IOFailure
        The file is absent, empty or no text.
    SchemaMismatch
        A row has another number of cells, or the names are others.
    InvalidData
        A number or a date cannot be read, or there is no row.

    Notes
    -----
    O(rows) time and memory.
    """
    found = _read(path)
    with errors.in_file(path):
        transactions = Transactions.from_arrow(found.lines, **found.mapping)
    rows = found.lines
    customers = rows.group_by("customer_id").aggregate([("date", "min"), ("date", "count")])
    return Dataset(
        name="cdnow",
        transactions=transactions,
        customers=customers.rename_columns(["customer", "first_order", "orders"]).sort_by(
            "customer"
        ),
        currency="USD",
        sources=found.sources,
        source_lines=read_again(partial(_read, path), found.sources),
    )


def _read(path: str | PathLike[str]) -> SourceTable:
    source = files.SourceFile.of(path)
    rows = _read_rows(source)
    mapping: ColumnMapping = {
        "customer": "customer_id",
        "order": "row",
        "timestamp": "date",
        "amount": "dollar_value",
        "quantity": "number_of_cds",
        "kind": "kind",
        "currency": "USD",
        "purchases": "every_line",
        "source_row": "row",
    }
    return SourceTable(rows, mapping, {source.name: source.sha256})


def _read_rows(path: str | PathLike[str]) -> pyarrow.Table:
    """Return the columns of the master, of either file, with ``row`` and ``kind``."""
    pa = extras.require("io", "pyarrow")
    lines = [line.split() for line in files.read_text(path).rstrip().split("\n")]
    names: tuple[str, ...] = _SAMPLE
    if not lines[0] or not lines[0][0].isdecimal():
        names = _MASTER
        if tuple(lines[0]) != names:
            message = f"the first line must be {' '.join(names)}"
            raise errors.SchemaMismatch(message, file=path, value=" ".join(lines[0]))
        del lines[0]
    if not lines:
        raise errors.InvalidData("the file has a header and no row", file=path)
    for row, cells in enumerate(lines, start=1):
        if len(cells) != len(names):
            message = f"a row of this file has {len(names)} cells"
            raise errors.SchemaMismatch(message, file=path, row=row, value=" ".join(cells))

    columns = dict(zip(names, zip(*lines, strict=True), strict=True))
    dates = [_parse_date(text, row, path) for row, text in enumerate(columns["date"], start=1)]
    table = pa.table(
        {
            "row": pa.array(range(1, len(lines) + 1), pa.int64()),
            "customer_id": pa.array(columns["customer_id"]),
            "date": pa.array(dates, pa.timestamp("us")),
            "number_of_cds": pa.array(columns["number_of_cds"]),
            "dollar_value": pa.array(columns["dollar_value"]),
            "kind": pa.repeat("sale", len(lines)),
        }
    )
    whole = {"customer_id": pa.int64(), "number_of_cds": pa.int64()}
    return files.parse_columns(table, whole, file=path)


def _parse_date(text: str, row: int, path: str | PathLike[str]) -> datetime:
    try:
        if len(text) == 8 and text.isdecimal():
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    message = "the text is no date such as 19970131"
    raise errors.InvalidData(message, file=path, row=row, column="date", value=text)
