"""UCI Online Retail: a British gift shop from December 2010 to December 2011, in one CSV file."""

from __future__ import annotations

import re
from itertools import groupby
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .. import errors, extras, files
from ..transactions import Transactions
from .dataset import Dataset

if TYPE_CHECKING:
    import pyarrow

__all__ = ["load_online_retail"]

Cleaning = Literal["A", "C", "D", "E", "F"]

_COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)

# How tools other than the repository's own write two of the columns: the form of every cell, an
# example, and what to put together, groups and text between them, as the repository does.
_OTHER_FORMS = {
    "InvoiceDate": (
        "^(?P<month>0?[1-9]|1[0-2])/(?P<day>0?[1-9]|[12][0-9]|3[01])/(?P<year>[0-9]{4})"
        " (?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])$",
        "date and time such as 12/31/2010 8:26",
        ("year", "-", "month", "-", "day", " ", "hour", ":", "minute", ":00"),
    ),
    "CustomerID": ("^(?P<key>[0-9]+)[.]0$", "whole number such as 17850.0", ("key",)),
}

# Each step that removes lines, and its condition; a line is charged to the first that holds.
_NO_CUSTOMER = ("no customer", "CustomerID IS NULL")
_QUANTITY = ("quantity not positive", "Quantity <= 0")
_PRICE = ("price not positive", "price <= 0")
_STEPS: dict[str, tuple[tuple[str, str], ...]] = {
    "A": (_NO_CUSTOMER,),
    "C": (_NO_CUSTOMER, _QUANTITY, _PRICE),
    "D": (
        _NO_CUSTOMER,
        _QUANTITY,
        _PRICE,
        ("exact duplicate", f"row > min(row) OVER (PARTITION BY {', '.join(_COLUMNS)})"),
    ),
    "E": (),
    "F": (
        _NO_CUSTOMER,
        _PRICE,
        ("matched return", "is_matched AND is_cancellation"),
        ("matched sale", "is_matched"),
        ("unmatched return", "is_cancellation"),
        _QUANTITY,
    ),
}

_LINES = """
    SELECT *, TRY_CAST(UnitPrice AS DECIMAL(38, 10)) AS price,
           starts_with(InvoiceNo, 'C') AS is_cancellation
    FROM source
"""

_KIND = """
    CASE WHEN StockCode IN ('POST', 'DOT', 'C2') THEN 'shipping'
         WHEN StockCode IN ('BANK CHARGES', 'AMAZONFEE', 'CRUK') THEN 'fee'
         WHEN StockCode = 'D' THEN 'discount'
         WHEN StockCode IN ('M', 'm', 'B', 'S', 'PADS') THEN 'adjustment'
         WHEN is_cancellation THEN 'refund'
         WHEN Quantity > 0 AND price > 0 THEN 'sale'
         ELSE 'adjustment' END
"""

# Sales and returns that agree in all but time, oldest first, a sale before a return of its moment.
_RETURNS_AND_SALES = f"""
    SELECT row, is_cancellation,
           dense_rank() OVER (ORDER BY CustomerID, StockCode, abs(Quantity), price) AS item
    FROM ({_LINES})
    WHERE CustomerID IS NOT NULL AND price > 0
      AND (CASE WHEN is_cancellation THEN Quantity < 0 ELSE Quantity > 0 END)
    QUALIFY bool_or(is_cancellation) OVER (
        PARTITION BY CustomerID, StockCode, abs(Quantity), price)
    ORDER BY item, InvoiceDate, is_cancellation, InvoiceNo, Description, Country, row
"""

_CUSTOMERS = """
    SELECT CustomerID AS customer, min(InvoiceDate) AS first_line,
           first(Country ORDER BY InvoiceDate, InvoiceNo, Country) AS region
    FROM source WHERE CustomerID IS NOT NULL GROUP BY CustomerID ORDER BY CustomerID
"""


def load_online_retail(
    path: str | PathLike[str], cleaning: Cleaning = "E", *, encoding: str = "utf-8"
) -> Dataset:
    """Load the UCI Online Retail data set from its CSV file, cleaned by one of five rules.

    A line's amount is the exact product of quantity and price; the order is the invoice, the
    customer the whole number ``CustomerID``. Dimensions: ``product`` (stock code), ``region``
    (country). A line's kind is told by its stock code first (POST, DOT, C2 shipping; BANK
    CHARGES, AMAZONFEE, CRUK fee; D discount; M, m, B, S, PADS adjustment); else a line of a
    cancellation, which is an invoice that starts with C, is a refund; else a line with quantity
    and price above 0 a sale, and any other an adjustment.

    Two forms of the file go round, and both are read. ``InvoiceDate`` is ``2010-12-01 08:26:00``
    (ISO 8601) or ``12/1/2010 8:26`` (month, day, year); ``CustomerID`` is ``17850`` or ``17850.0``
    (as pandas writes a column with gaps). The first cell that is not empty tells the form of its
    column, and every other cell must have it too.

    A line is charged to the first step, in the order given here, that removes it.

    ====  =========================================================================================
    rule  what it removes
    ====  =========================================================================================
    A     ``no customer``. Every line that stays, cancellations too, makes its invoice an order
          (``purchases="every_line"``): the recipe that counts cancellations as orders.
    C     ``no customer``, ``quantity not positive``, ``price not positive``: sales alone, money
          before refunds.
    D     as C, and ``exact duplicate``: a line of which an earlier one has equal values in all
          eight columns.
    E     nothing: orders are read from lines with an amount above 0, money is net of refunds,
          lines without a customer are guests'.
    F     ``no customer``, ``price not positive``, ``matched return``, ``matched sale``,
          ``unmatched return``, ``quantity not positive``. A return is a line of a cancellation
          with a quantity below 0; it matches the latest sale at or before it of the same customer,
          stock code, price and number of pieces that no earlier return has matched (of several
          at one moment, that of the greatest invoice key).
    ====  =========================================================================================

    Parameters
    ----------
    path : str or path-like
        CSV file with the eight columns ``InvoiceNo``, ``StockCode``, ``Description``,
        ``Quantity``, ``InvoiceDate``, ``UnitPrice``, ``CustomerID``, ``Country``.
    cleaning : {"A", "C", "D", "E", "F"}, default="E"
        The rule.
    encoding : str, default="utf-8"
        A Python codec; files with month/day/year are often in ``latin-1``.

    Returns
    -------
    Dataset
        ``customers``: one row per ``CustomerID`` of the file, whatever the rule, with the time of
        his ``first_line`` and its country as ``region`` (ties: the smallest invoice key).

    Raises
    ------
    InvalidArgument
        There is no such rule or encoding.
    IOFailure
        The file is absent, empty or not in that encoding.
    SchemaMismatch
        A column is missing, or a row has another number of cells.
    InvalidData
        A cell cannot be read, such as a ``CustomerID`` that is no whole number, has another form
        than the first of its column, or is empty where it must not; with row, column and value.

    Notes
    -----
    O(rows log rows) time, O(rows) memory. No rule depends on the order of the rows.
    """
    if not isinstance(cleaning, str) or cleaning not in _STEPS:
        message = f"online_retail: cleaning must be one of {', '.join(_STEPS)}"
        raise errors.InvalidArgument(message, value=cleaning)
    pa = extras.require("io", "pyarrow")
    types = {"Quantity": pa.int64(), "InvoiceDate": pa.timestamp("us"), "CustomerID": pa.int64()}
    file = files.SourceFile(path)
    cells = files.read_csv(file, columns=_COLUMNS, encoding=encoding)
    for column in _OTHER_FORMS:
        cells = _in_first_form(cells, column, file)
    source = files.parse_columns(cells, types, file=file)
    source = source.append_column("row", pa.array(np.arange(1, len(source) + 1)))
    with extras.require("io", "duckdb").connect() as database:
        database.register("source", source)
        verdicts = _verdicts(database, cleaning)
        customers = database.sql(_CUSTOMERS).to_arrow_table()
    lines = source
    for column in ("kind", "removed_by"):
        lines = lines.append_column(column, verdicts[column])
    with errors.in_file(path):
        transactions = Transactions.from_arrow(
            lines,
            customer="CustomerID",
            order="InvoiceNo",
            timestamp="InvoiceDate",
            quantity="Quantity",
            unit_price="UnitPrice",
            product="StockCode",
            region="Country",
            kind="kind",
            currency="GBP",
            purchases="every_line" if cleaning == "A" else "positive_amount",
            removed_by="removed_by",
            cleaning_rules=[name for name, _ in _STEPS[cleaning]],
            source_row="row",
        )
    return Dataset(
        name="online_retail",
        transactions=transactions,
        customers=customers,
        currency="GBP",
        region="region",
        cleaning=cleaning,
        sources={file.name: file.sha256},
        parameters={"encoding": encoding},
    )


def _in_first_form(cells: pyarrow.Table, column: str, file: files.SourceFile) -> pyarrow.Table:
    """Rewrite a column in the repository's form, if its first cell has the other one."""
    pc = extras.require("io", "pyarrow.compute")
    pattern, description, pieces = _OTHER_FORMS[column]
    texts = cells[column].combine_chunks()
    known = texts.drop_null()
    if len(known) == 0 or not re.fullmatch(pattern, known[0].as_py()):
        return cells
    parts = pc.extract_regex(texts, pattern=pattern)
    misfits = np.flatnonzero(pc.and_(texts.is_valid(), parts.is_null()))
    if misfits.size:
        raise errors.InvalidData(
            f"the text is no {description}",
            file=file,
            row=int(misfits[0]) + 1,
            column=column,
            value=texts[int(misfits[0])].as_py(),
        )
    groups = re.compile(pattern).groupindex
    put = [
        pc.utf8_lpad(pc.struct_field(parts, piece), 2, "0") if piece in groups else piece
        for piece in pieces
    ]
    rewritten = pc.binary_join_element_wise(*put, "")
    return cells.set_column(cells.column_names.index(column), column, rewritten)


def _verdicts(database: Any, cleaning: str) -> pyarrow.Table:
    """Return the kind of each line and the step that removes it, in the order of the rows."""
    pa = extras.require("io", "pyarrow")
    matched = _matched_rows(database) if cleaning == "F" else []
    database.register("matched", pa.table({"row": pa.array(matched, pa.int64())}))
    steps = [f"WHEN {condition} THEN '{name}'" for name, condition in _STEPS[cleaning]]
    removed_by = f"CASE {' '.join(steps)} END" if steps else "CAST(NULL AS VARCHAR)"
    return database.sql(f"""
        WITH lines AS (
            SELECT *, row IN (SELECT row FROM matched) AS is_matched FROM ({_LINES}))
        SELECT {_KIND} AS kind, {removed_by} AS removed_by
        FROM lines ORDER BY row
    """).to_arrow_table()


def _matched_rows(database: Any) -> list[int]:
    """Pair each return with the latest free sale at or before it; return the rows of all pairs."""
    matched = []
    candidates = database.sql(_RETURNS_AND_SALES).fetchall()
    for _, lines in groupby(candidates, key=lambda line: line[2]):
        free_sales: list[int] = []
        for row, is_return, _ in lines:
            if not is_return:
                free_sales.append(row)
            elif free_sales:
                matched += [row, free_sales.pop()]
    return matched
