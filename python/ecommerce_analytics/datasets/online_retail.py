"""UCI Online Retail and Online Retail II: a British gift shop, as a CSV file or a workbook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .. import errors, extras, files
from ..transactions import ColumnMapping, Transactions
from .dataset import Dataset
from .source_lines import SourceTable, read_again

if TYPE_CHECKING:
    import pyarrow

__all__ = ["load_online_retail"]

Cleaning = Literal["A", "C", "D", "E", "F"]

# Columns of the two editions, in one order: the first names are those of all that follows.
_EDITIONS = {
    "online_retail": (
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
    ),
    "online_retail_ii": (
        "Invoice",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "Price",
        "Customer ID",
        "Country",
    ),
}
_COLUMNS = _EDITIONS["online_retail"]
_TEXT_COLUMNS = {"InvoiceNo", "Invoice", "StockCode", "Description", "Country"}
_DAY_US = 86_400_000_000

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
_OVERLAP = ("sheet overlap", "is_overlap")
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

# What a rule tells of a moment that was known later only.
_HINDSIGHT = {"F": "sales are left out if they were returned later"}

_LINES = """
    SELECT *, TRY_CAST(UnitPrice AS DECIMAL(38, 10)) AS price,
           starts_with(InvoiceNo, 'C') AS is_cancellation,
           row IN (SELECT row FROM overlap) AS is_overlap
    FROM source
"""

# Of equal lines the n-th one of a sheet is a copy if an earlier sheet has an n-th one too.
_COPIES = f"""
    CREATE TABLE overlap AS
    SELECT row FROM (
        SELECT *, row_number() OVER (PARTITION BY sheet, {", ".join(_COLUMNS)} ORDER BY row) AS n
        FROM source
        WHERE InvoiceDate IN (
            SELECT InvoiceDate FROM source GROUP BY ALL HAVING count(DISTINCT sheet) > 1))
    QUALIFY sheet > min(sheet) OVER (PARTITION BY n, {", ".join(_COLUMNS)})
"""

# Stock codes under which no goods are booked: those that tell the kind below.
_NO_PRODUCTS = (
    *("POST", "DOT", "C2", "BANK CHARGES", "AMAZONFEE", "CRUK", "D"),
    *("M", "m", "B", "S", "PADS"),
)
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
    WHERE CustomerID IS NOT NULL AND price > 0 AND NOT is_overlap
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
    """Load one of UCI's Online Retail data sets from its file, cleaned by one of five rules.

    A line's amount is the exact product of quantity and price; the order is the invoice, the
    customer the whole number ``CustomerID``. Dimensions: ``product`` (stock code; unknown for
    the codes below, which are no products), ``region`` (country). A line's kind is told by its
    stock code first (POST, DOT, C2 shipping; BANK CHARGES, AMAZONFEE, CRUK fee; D discount; M,
    m, B, S, PADS adjustment); else a line of a cancellation, which is an invoice that starts
    with C, is a refund; else a line with quantity and price above 0 a sale, and any other an
    adjustment.

    The first edition has the columns ``InvoiceNo``, ``StockCode``, ``Description``, ``Quantity``,
    ``InvoiceDate``, ``UnitPrice``, ``CustomerID``, ``Country`` and runs from December 2010 to
    December 2011. Online Retail II calls three of them ``Invoice``, ``Price`` and ``Customer ID``,
    and puts a year before. UCI gives workbooks (.xlsx), in which a price is a double and goes to
    the nearest 1/10,000; others give CSV files of either edition.

    Online Retail II comes in two sheets, one per year, that both hold the first days of December
    2010. Lines of the second sheet that are in the first one too, equal in all eight columns and
    as often, are charged to the rule ``sheet overlap``, before any other step. In a CSV file that
    holds both sheets one below the other, the second one begins where the time falls back by more
    than a day, if it does so once; lines in another order tell of no sheets and of no overlap.

    Two forms of the CSV file go round, and both are read. ``InvoiceDate`` is
    ``2010-12-01 08:26:00`` (ISO 8601) or ``12/1/2010 8:26`` (month, day, year); ``CustomerID`` is
    ``17850`` or ``17850.0`` (as pandas writes a column with gaps). The first cell that is not
    empty tells the form of its column, and every other cell must have it too.

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
          at one moment, that of the greatest invoice key). So lines of a day depend on later days
          (`Dataset.hindsight`).
    ====  =========================================================================================

    Parameters
    ----------
    path : str or path-like
        A workbook if the name ends in ``.xlsx``, else a CSV file.
    cleaning : {"A", "C", "D", "E", "F"}, default="E"
        The rule.
    encoding : str, default="utf-8"
        A Python codec of the CSV file; those with month/day/year are often in ``latin-1``.

    Returns
    -------
    Dataset
        ``name`` is ``online_retail`` or ``online_retail_ii``. ``customers``: one row per customer
        of the file, whatever the rule, with the time of his ``first_line`` and its country as
        ``region`` (ties: the smallest invoice key).

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
        Of a workbook the file is named with its sheet, ``file.xlsx[sheet]``.

    Notes
    -----
    O(rows log rows) time, O(rows) memory. No rule but ``sheet overlap`` depends on the order of
    the rows.
    """
    if not isinstance(cleaning, str) or cleaning not in _STEPS:
        message = f"online_retail: cleaning must be one of {', '.join(_STEPS)}"
        raise errors.InvalidArgument(message, value=cleaning)
    found = _read(path, cleaning, encoding)
    with _placed(found.places):
        transactions = Transactions.from_arrow(found.lines, **found.mapping)
    return Dataset(
        name=found.edition,
        transactions=transactions,
        customers=found.customers,
        currency="GBP",
        region="region",
        cleaning=cleaning,
        hindsight=_HINDSIGHT.get(cleaning),
        sources=found.sources,
        parameters={} if _is_workbook(path) else {"encoding": encoding},
        source_lines=read_again(partial(_read, path, cleaning, encoding), found.sources),
    )


@dataclass(frozen=True)
class _Judged(SourceTable):
    """The lines of a file with their kinds and the steps that remove them, and their customers."""

    edition: str
    customers: pyarrow.Table
    places: Sequence[tuple[str, int]]


def _is_workbook(path: str | PathLike[str]) -> bool:
    return Path(path).suffix.lower() == ".xlsx"


def _read(path: str | PathLike[str], cleaning: Cleaning, encoding: str) -> _Judged:
    file = files.SourceFile.of(path)
    source = _read_workbook(file) if _is_workbook(path) else _read_csv(file, encoding)
    steps = _STEPS[cleaning] if source.num_sheets == 1 else (_OVERLAP, *_STEPS[cleaning])
    with extras.require("io", "duckdb").connect() as database:
        database.register("source", source.lines)
        if source.num_sheets == 1:
            database.execute("CREATE TABLE overlap (row BIGINT)")
        else:
            database.execute(_COPIES)
        verdicts = _verdicts(database, cleaning, steps)
        customers = database.sql(_CUSTOMERS).to_arrow_table()
    names = _EDITIONS[source.edition]
    lines = source.lines.rename_columns([*names, "row", "sheet"])
    for column in ("kind", "removed_by"):
        lines = lines.append_column(column, verdicts[column])
    own = dict(zip(_COLUMNS, names, strict=True))
    lines = lines.append_column("product", _products(lines[own["StockCode"]]))
    mapping: ColumnMapping = {
        "customer": own["CustomerID"],
        "order": own["InvoiceNo"],
        "timestamp": own["InvoiceDate"],
        "quantity": own["Quantity"],
        "unit_price": own["UnitPrice"],
        "product": "product",
        "region": own["Country"],
        "kind": "kind",
        "currency": "GBP",
        "purchases": "every_line" if cleaning == "A" else "positive_amount",
        "removed_by": "removed_by",
        "cleaning_rules": [name for name, _ in steps],
        "source_row": "row",
    }
    return _Judged(
        lines, mapping, {file.name: file.sha256}, source.edition, customers, source.places
    )


def _products(codes: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Return the stock codes of goods; null for what is booked under a code and is no product."""
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    is_none = pc.is_in(codes, value_set=pa.array(_NO_PRODUCTS, codes.type))
    return pc.if_else(is_none, pa.scalar(None, codes.type), codes)


@dataclass(frozen=True)
class _Source:
    """The lines of a file.

    `lines` are the columns of the first edition, `row` from 1 and `sheet` from 0; `places` says
    how errors name the files or sheets that count their own rows, and how many these are.
    """

    edition: str
    lines: pyarrow.Table
    num_sheets: int
    places: Sequence[tuple[str, int]]


def _read_csv(file: files.SourceFile, encoding: str) -> _Source:
    pa = extras.require("io", "pyarrow")
    cells = files.read_csv(file, encoding=encoding)
    edition = _edition_of([cells], [fspath(file)])
    lines = _typed(cells, edition, file, {})
    sizes = [len(lines)]
    if edition == "online_retail_ii":
        # Compares in whole microseconds; a time that is missing is refused later on.
        times = lines["InvoiceDate"].cast(pa.int64()).fill_null(0).to_numpy()
        falls = np.flatnonzero(np.diff(times) < -_DAY_US) + 1
        if falls.size == 1:
            sizes = [int(falls[0]), len(lines) - int(falls[0])]
    return _numbered(edition, lines, sizes, [(fspath(file), len(lines))])


def _read_workbook(file: files.SourceFile) -> _Source:
    pa = extras.require("io", "pyarrow")
    sheets = files.read_xlsx(file, text=_TEXT_COLUMNS)
    names = [f"{fspath(file)}[{sheet}]" for sheet in sheets]
    edition = _edition_of(list(sheets.values()), names)
    price = {"UnitPrice": pa.float64()}
    parts = [
        _typed(cells, edition, name, price)
        for cells, name in zip(sheets.values(), names, strict=True)
    ]
    sizes = [len(part) for part in parts]
    places = list(zip(names, sizes, strict=True))
    return _numbered(edition, pa.concat_tables(parts), sizes, places)


def _edition_of(tables: Sequence[pyarrow.Table], names: Sequence[str]) -> str:
    """Tell the edition by its columns, which each sheet must have."""
    header = set(tables[0].column_names)
    edition = max(_EDITIONS, key=lambda name: len(header & set(_EDITIONS[name])))
    for table, name in zip(tables, names, strict=True):
        files.require_columns(table.column_names, _EDITIONS[edition], name)
    return edition


def _typed(
    cells: pyarrow.Table, edition: str, file: str | PathLike[str], more: dict[str, Any]
) -> pyarrow.Table:
    """Return the eight columns under the names of the first edition, read as what they are."""
    pa = extras.require("io", "pyarrow")
    own = dict(zip(_COLUMNS, _EDITIONS[edition], strict=True))
    cells = cells.select(list(own.values()))
    for column in _OTHER_FORMS:
        cells = _in_first_form(cells, column, own[column], file)
    types = {"Quantity": pa.int64(), "InvoiceDate": pa.timestamp("us"), "CustomerID": pa.int64()}
    types |= more
    typed = files.parse_columns(
        cells, {own[column]: type_ for column, type_ in types.items()}, file=file
    )
    return typed.rename_columns(list(own))


def _numbered(
    edition: str, lines: pyarrow.Table, sizes: Sequence[int], places: Sequence[tuple[str, int]]
) -> _Source:
    """Add the number of its row and of its sheet to each line."""
    pa = extras.require("io", "pyarrow")
    rows = np.arange(1, len(lines) + 1)
    sheets = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    lines = lines.append_column("row", pa.array(rows)).append_column("sheet", pa.array(sheets))
    return _Source(edition, lines, len(sizes), places)


@contextmanager
def _placed(places: Sequence[tuple[str, int]]) -> Iterator[None]:
    """Name file, sheet and row of the sheet in errors that count rows over all sheets."""
    try:
        yield
    except errors.Error as error:
        for error.file, num_rows in places:
            if error.row is None or error.row <= num_rows:
                break
            error.row -= num_rows
        raise


def _in_first_form(
    cells: pyarrow.Table, role: str, column: str, file: str | PathLike[str]
) -> pyarrow.Table:
    """Rewrite a column of text in the repository's form, if its first cell has the other one."""
    pa = extras.require("io", "pyarrow")
    pc = extras.require("io", "pyarrow.compute")
    pattern, description, pieces = _OTHER_FORMS[role]
    texts = cells[column].combine_chunks()
    known = texts.drop_null()
    if texts.type != pa.string() or len(known) == 0 or not re.fullmatch(pattern, known[0].as_py()):
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


def _verdicts(database: Any, cleaning: str, rules: Sequence[tuple[str, str]]) -> pyarrow.Table:
    """Return the kind of each line and the step that removes it, in the order of the rows."""
    pa = extras.require("io", "pyarrow")
    matched = _matched_rows(database) if cleaning == "F" else []
    database.register("matched", pa.table({"row": pa.array(matched, pa.int64())}))
    steps = [f"WHEN {condition} THEN '{name}'" for name, condition in rules]
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
