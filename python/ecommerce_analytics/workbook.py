"""The tables of a run as one workbook of Excel, with a first sheet that says what they are.

Cells have types: dates are dates, money and rates are numbers. A number of a workbook is a double,
of which Excel shows 15 digits: an amount with more is rounded there, and the first sheet counts
them; whole numbers of a column in which one has more, such as long keys, are written as text.
Text is text as it is: a cell of the type text is never run as a formula.
"""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from re import search
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ecommerce_analytics import extras
from ecommerce_analytics.errors import InvalidData, IOFailure

if TYPE_CHECKING:
    import pyarrow

__all__ = ["write"]

_MAX_ROWS: Final = 1_048_576  # Of a sheet, with its header.
_MAX_NAME: Final = 31
_MAX_TEXT: Final = 32_767  # Units of UTF-16.
_MAX_DIGITS: Final = 15
_MADE: Final = datetime.datetime(2000, 1, 1)  # Always, so that the same tables give the same bytes.
_ABOUT: Final = "About"
_WIDTHS: Final = (8, 48)
_ROWS_MEASURED: Final = 1_000

# Excel counts a 29 February 1900 that never was, so its days are sure from the day after.
_DAYS_TO_1970: Final = 25_569
_FIRST_DAY: Final = -25_508  # 1 March 1900, in days from 1970.
_LAST_DAY: Final = 2_932_896  # 31 December 9999.

_MONEY: Final = "#,##0.00##"
_MICROSECONDS_OF_A_DAY: Final = 86_400_000_000

# By their names, for what their types do not tell.
_SHARES: Final = frozenset({"lower", "upper", "churn_risk"})
_SCORES: Final = frozenset(
    {"roc_auc", "roc_auc_lower", "roc_auc_upper", "pr_auc", "log_loss", "brier"}
)
_NO_MONEY: Final = frozenset({"value", "items"})  # Counts in some rows or all; Excel shows both.
_FORMATS: Final = {
    "header": {"bold": True, "text_wrap": True, "valign": "top"},
    "title": {"bold": True, "font_size": 14},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "money": {"num_format": _MONEY},
    "share": {"num_format": "0.00%"},
    "number": {"num_format": "#,##0.00"},
    "count": {"num_format": "#,##0"},
    "date": {"num_format": "yyyy-mm-dd"},
    "moment": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "score": {"num_format": "0.0000"},
}


@dataclass
class _Cells:
    """A column: its values as Excel has them, None where empty, and how they look."""

    values: Sequence[float | str | bool | None]
    look: str | None = None
    num_rounded: int = 0


def write(
    path: Path,
    tables: Mapping[str, pyarrow.Table],
    *,
    facts: Iterable[tuple[str, str]],
    meanings: Callable[[str], Mapping[str, str]],
) -> None:
    """Write a workbook: first what it is about, then a sheet for each table.

    A table of more rows than a sheet has goes on in further ones, `name_2` and so on.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    tables : mapping of str to pyarrow.Table
        The tables by the names of their sheets.
    facts : iterable of pairs of str
        What is true of all of them: source, moment, rules, versions.
    meanings : callable
        Returns what the columns of a table mean, by their names.

    Raises
    ------
    InvalidData
        A text is longer than a cell can be.
    IOFailure
        The file cannot be written.
    """
    xlsxwriter = extras.require("io", "xlsxwriter")
    for table in tables.values():
        _require_texts_that_fit(table)  # Before the library opens a file for each sheet.
    with tempfile.TemporaryDirectory() as parts:
        # Row by row through files: a table need not fit into memory as cells.
        options = {"constant_memory": True, "tmpdir": parts, "nan_inf_to_errors": True}
        book = xlsxwriter.Workbook(path, options)
        try:
            book.set_properties({"created": _MADE})
            looks = {name: book.add_format(told) for name, told in _FORMATS.items()}
            about = book.add_worksheet(_ABOUT)
            num_rounded = {
                name: _write_table(book, name, table, looks) for name, table in tables.items()
            }
            _write_about(about, looks, _about(tables, facts, meanings, num_rounded))
            book.close()
        except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
            # The library hides an error of the system in one of its own.
            cause = error if isinstance(error, OSError) else next(iter(error.args), error)
            reason = getattr(cause, "strerror", None) or str(cause)
            raise IOFailure("run: a file cannot be written", file=path, value=reason) from error
        finally:
            for sheet in book.worksheets():
                sheet._opt_close()  # Of a book that was not closed, the library leaves them open.


def _require_texts_that_fit(table: pyarrow.Table) -> None:
    pa = extras.require("io", "pyarrow")
    pc = extras.require("io", "pyarrow.compute")
    for column in table.schema:
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            continue
        # A character has one unit of UTF-16 or two.
        lengths = pc.utf8_length(table.column(column.name))
        for row in pc.indices_nonzero(pc.greater(lengths, _MAX_TEXT // 2)).to_pylist():
            text = table.column(column.name)[row].as_py()
            if len(text.encode("utf-16-le")) // 2 > _MAX_TEXT:
                message = "workbook: a text is longer than a cell can be"
                raise InvalidData(message, row=row + 1, column=column.name)


def _write_table(book: Any, name: str, table: pyarrow.Table, looks: Mapping[str, Any]) -> int:
    """Write a table into as many sheets as it needs; return how many numbers were rounded."""
    rows_of_a_sheet = _MAX_ROWS - 1
    num_sheets = max(1, -(-table.num_rows // rows_of_a_sheet))
    # The type of a column is that of all its sheets.
    as_text = {column: _has_long_integers(table.column(column)) for column in table.column_names}
    num_rounded = 0
    for number in range(num_sheets):
        suffix = f"_{number + 1}" if number else ""
        sheet = book.add_worksheet(name[: _MAX_NAME - len(suffix)] + suffix)
        part = table.slice(number * rows_of_a_sheet, rows_of_a_sheet)
        columns = [_cells(part, column, as_text=as_text[column]) for column in part.column_names]
        num_rounded += sum(column.num_rounded for column in columns)
        for position, (column, title) in enumerate(zip(columns, part.column_names, strict=True)):
            sheet.set_column(position, position, _width(title, column))
            sheet.write_string(0, position, title, looks["header"])
        writers = [_writer(sheet, column, looks) for column in columns]
        for row, cells in enumerate(zip(*(column.values for column in columns), strict=True), 1):
            for position, (put, value) in enumerate(zip(writers, cells, strict=True)):
                if value is not None:
                    put(row, position, value)
        sheet.freeze_panes(1, 0)
        if part.num_columns:
            sheet.autofilter(0, 0, part.num_rows, part.num_columns - 1)
    return num_rounded


def _writer(
    sheet: Any, column: _Cells, looks: Mapping[str, Any]
) -> Callable[[int, int, float | str | bool], None]:
    look = None if column.look is None else looks[column.look]

    def put(row: int, position: int, value: float | str | bool) -> None:
        if isinstance(value, bool):
            sheet.write_boolean(row, position, value)
        elif isinstance(value, str):
            sheet.write_string(row, position, value)
        else:
            sheet.write_number(row, position, value, look)

    return put


def _has_long_integers(column: pyarrow.ChunkedArray) -> bool:
    pa = extras.require("io", "pyarrow")
    pc = extras.require("io", "pyarrow.compute")
    if not pa.types.is_integer(column.type):
        return False
    extremes = pc.min_max(column).as_py()
    return any(len(str(abs(end or 0))) > _MAX_DIGITS for end in extremes.values())


def _cells(table: pyarrow.Table, name: str, *, as_text: bool) -> _Cells:
    """Turn a column into cells."""
    pa = extras.require("io", "pyarrow")
    column = table.column(name)
    kind = column.type
    if pa.types.is_decimal(kind):
        found = column.to_pylist()
        rounded = sum(
            value is not None and len(value.normalize().as_tuple().digits) > _MAX_DIGITS
            for value in found
        )
        look = None if name in _NO_MONEY else "money"
        return _Cells([None if one is None else float(one) for one in found], look, rounded)
    if pa.types.is_timestamp(kind):
        return _Cells(list(_moments(column)), "moment")
    if pa.types.is_date(kind):
        return _Cells(list(_days(column)), "date")
    if pa.types.is_floating(kind):
        is_share = search(r"(^|_)(rate|share)(_|$)", name) or name in _SHARES
        look = "share" if is_share else "score" if name in _SCORES else "number"
        return _Cells(column.to_pylist(), look)
    if pa.types.is_boolean(kind):
        return _Cells(column.to_pylist())
    if pa.types.is_integer(kind):
        if as_text:
            return _Cells([None if one is None else str(one) for one in column.to_pylist()])
        return _Cells(column.to_pylist(), "count" if name != "customer" else None)
    return _Cells(column.to_pylist())


def _days(column: pyarrow.ChunkedArray) -> Iterator[float | str | None]:
    """Return the numbers of days that Excel counts; the ISO text of a day that it has not."""
    pa = extras.require("io", "pyarrow")
    for day in column.cast(pa.int32()).to_pylist():
        if day is None or _FIRST_DAY <= day <= _LAST_DAY:
            yield None if day is None else day + _DAYS_TO_1970
        else:
            yield str(np.datetime64(day, "D"))


def _moments(column: pyarrow.ChunkedArray) -> Iterator[float | str | None]:
    """Return days and their fractions; the ISO text of a moment of a day that Excel has not."""
    pa = extras.require("io", "pyarrow")
    for moment in column.cast(pa.timestamp("us")).cast(pa.int64()).to_pylist():
        if moment is None:
            yield None
        elif _FIRST_DAY <= moment // _MICROSECONDS_OF_A_DAY <= _LAST_DAY:
            yield moment / _MICROSECONDS_OF_A_DAY + _DAYS_TO_1970
        else:
            yield str(np.datetime64(moment, "us")).replace("T", " ")


def _width(title: str, column: _Cells) -> int:
    """Return a width in characters: of the title and of the first values."""
    look = {"date": 10, "moment": 19, "share": 8, "score": 8}.get(column.look or "")
    longest = max(
        (
            look or len(f"{value:,.2f}" if isinstance(value, float) else str(value))
            for value in column.values[:_ROWS_MEASURED]
            if value is not None
        ),
        default=0,
    )
    least, most = _WIDTHS
    # The button of the filter covers the end of a title.
    return min(max(longest + 2, len(title) + 4, least), most)


def _about(
    tables: Mapping[str, pyarrow.Table],
    facts: Iterable[tuple[str, str]],
    meanings: Callable[[str], Mapping[str, str]],
    num_rounded: Mapping[str, int],
) -> Iterator[tuple[str | None, ...]]:
    """Return the rows of the first sheet; a row of one cell is a heading."""
    yield ("About this workbook",)
    for name, text in facts:
        yield None, name, text
    yield ("Sheets",)
    for name, table in tables.items():
        rounded = num_rounded[name]
        more = f", {rounded:,} amounts rounded to 15 digits" if rounded else ""
        yield name, "rows", f"{table.num_rows:,}{more}"
        told = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items()}
        for key, text in told.items():
            yield name, key, text
    yield ("Columns",)
    for name, table in tables.items():
        known = meanings(name)
        for column in table.column_names:
            yield name, column, known.get(column, "")
    yield ("Precision",)
    yield (
        None,
        "numbers",
        "Excel has 15 digits of a number. The CSV and Parquet files of the same run have all.",
    )


def _write_about(
    sheet: Any, looks: Mapping[str, Any], rows: Iterable[tuple[str | None, ...]]
) -> None:
    for column, width in enumerate((28, 26, 100)):
        sheet.set_column(column, column, width)
    for row, cells in enumerate(rows):
        look = looks["title"] if len(cells) == 1 else looks["wrapped"]
        for column, text in enumerate(cells):
            if text is not None:
                sheet.write_string(row, column, text[:_MAX_TEXT], look)
