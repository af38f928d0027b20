"""Strict readers of CSV, Parquet and Excel files: Arrow tables, or one error of ours.

Nothing is repaired on the way. A row with too many or too few cells, a stray quote, a byte that
is not text or a blank line inside the file is an error that names the file and the row. Rows are
records, counted from 1 at the first one after the header; a line break inside quotes starts no
record.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from itertools import islice
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import extras
from .errors import InvalidArgument, InvalidData, IOFailure, SchemaMismatch

if TYPE_CHECKING:
    import pyarrow

__all__ = [
    "SourceFile",
    "parse_columns",
    "read_csv",
    "read_parquet",
    "read_text",
    "read_xlsx",
    "require_columns",
]

_Positions = npt.NDArray[np.intp]

_UTF8_MARK = codecs.BOM_UTF8
_QUOTE = ord('"')
_LINE_END = re.compile(rb"\r\n?|\n")
_MAX_SHOWN = 60  # Characters of a row that an error repeats.
_MAX_BLOCK = 2**31 - 1  # Bytes that pyarrow can parse as one block.
_ROWS_AT_ONCE = 65_536  # Of a sheet: Python objects until they are a part of a column.
_DESCRIPTOR = re.compile(r"/(?:dev|proc/[^/]+)/fd/(\d+)")  # As of `<(command)` in a shell.


class SourceFile(PathLike[str]):
    """A path that remembers the hash of what a reader of this module read from it.

    So the hash is of the bytes that were parsed, also where they can be read only once, as from a
    pipe, or where the file changes meanwhile.

    Parameters
    ----------
    path : str or path-like
        The file.
    data : bytes, optional
        What is read in place of what the path leads to, as of a file that somebody sent: the path
        is then a name for messages only.

    Attributes
    ----------
    data : bytes or None
        As told.
    name : str
        Last part of the path; of a descriptor `stdin` or `stream`, as its number tells nothing.
    sha256 : str
        SHA-256 of the bytes, in hexadecimal; empty until a reader has read them.
    """

    def __init__(self, path: str | PathLike[str], data: bytes | None = None) -> None:
        self._path = fspath(path)
        self.data = data
        self.sha256 = ""

    @classmethod
    def of(cls, path: str | PathLike[str]) -> SourceFile:
        """Return a path as one that remembers; one that does stays itself."""
        return path if isinstance(path, cls) else cls(path)

    def __fspath__(self) -> str:
        return self._path

    @property
    def name(self) -> str:
        """Name of the file, the same in every run."""
        if descriptor := _DESCRIPTOR.fullmatch(self._path):
            return "stdin" if descriptor[1] == "0" else "stream"
        return Path(self._path).name


def read_csv(
    path: str | PathLike[str],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    columns: Sequence[str] | Callable[[Sequence[str]], Sequence[str]] | None = None,
) -> pyarrow.Table:
    r"""Read a CSV file with a header line as columns of text.

    The format is that of RFC 4180: a cell that holds a delimiter, a quote or a line break stands
    in quotes, a quote inside it is doubled. Lines end in ``\n``, ``\r\n`` or ``\r``. A byte order
    mark before the header and blank lines at the end of the file hold nothing and are skipped.

    Parameters
    ----------
    path : str or path-like
        The file.
    delimiter : str, default=","
        One ASCII character.
    encoding : str, default="utf-8"
        A Python codec; text that it cannot decode is an error.
    columns : sequence of str or callable, optional
        Columns to return, each once, in this order, or a function that gets the names of the
        header and returns these; by default all, in the order of the file. Cells of the others
        are checked to be there, and not kept.

    Returns
    -------
    pyarrow.Table
        One row per record, in the order of the file; every column is text, an empty cell null.

    Raises
    ------
    IOFailure
        The file is absent, a folder, empty, cannot be read or is not in that encoding.
    SchemaMismatch
        A row has another number of cells than the header, a header name is empty or stands
        twice, or one of `columns` is missing.
    InvalidData
        A quote stands where none may stand or is never closed, or there is no row.
    InvalidArgument
        The delimiter or the encoding is none.

    Notes
    -----
    O(bytes) time and memory.
    """
    pa = extras.require("io", "pyarrow")
    is_text = isinstance(delimiter, str) and len(delimiter) == 1
    if not is_text or not delimiter.isascii() or delimiter in '"\r\n\0':
        raise InvalidArgument("the delimiter must be one ASCII character", value=delimiter)
    data = _decoded(_read_bytes(path), path, encoding, pa)

    quotes = _checked_quotes(data, path, delimiter)
    header, body = _split_header(data, quotes)
    names = _column_names(header, path, delimiter)
    end = len(data)
    while end > body and data[end - 1] in b"\r\n":
        end -= 1
    if end == body:
        raise InvalidData("the file has a header and no row", file=path)
    blank = min(_blank_lines(data, quotes, max(body - 1, 0), end), default=None)
    if blank is not None:
        row = _row_at(data, blank, quotes)
        raise SchemaMismatch("the row is blank", file=path, row=row)

    if callable(columns):
        columns = columns(names)
    selected = names if columns is None else list(dict.fromkeys(columns))
    require_columns(names, selected, path)
    return _parse(pa.py_buffer(data).slice(body, end - body), names, selected, path, delimiter)


def read_parquet(
    path: str | PathLike[str], *, columns: Sequence[str] | None = None
) -> pyarrow.Table:
    """Read one Parquet file; columns keep their types.

    Parameters
    ----------
    path : str or path-like
        The file.
    columns : sequence of str, optional
        Columns to return, in this order; by default all.

    Returns
    -------
    pyarrow.Table
        One row per row of the file, in its order.

    Raises
    ------
    IOFailure
        The file is absent, a folder, empty, truncated, damaged or no Parquet file.
    SchemaMismatch
        One of `columns` is missing, or a name stands twice.
    InvalidData
        There is no row.

    Notes
    -----
    O(bytes) time and memory.
    """
    pa = extras.require("io", "pyarrow")
    parquet = extras.require("io", "pyarrow.parquet")
    data = _read_bytes(path)
    try:
        file = parquet.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        names = file.schema_arrow.names
        selected = names if columns is None else list(dict.fromkeys(columns))
        require_columns(names, selected, path)
        table = file.read(columns=selected).select(selected)
    except (pa.ArrowException, OSError) as error:
        message = "the file is truncated, damaged or no Parquet file"
        raise IOFailure(message, file=path, value=_shown(str(error))) from error
    if table.num_rows == 0:
        raise InvalidData("the file has no row", file=path)
    return table


def read_xlsx(path: str | PathLike[str], *, text: Collection[str] = ()) -> dict[str, pyarrow.Table]:
    """Read the sheets of an Excel workbook (.xlsx) that hold rows, each under a header row.

    A cell of a workbook is a text, a double or a truth value; a date is a double with a format
    that says so. A column of numbers comes as doubles, a column of dates as times to the
    microsecond, and any other as text: numbers in it as short as they can be told, whole ones
    without a point, dates as ``2010-12-01 08:26:00``. An empty cell is null; so is a formula that
    gives an error or was never computed.

    Parameters
    ----------
    path : str or path-like
        The file.
    text : collection of str
        Names of columns that come as text whatever they hold, such as codes.

    Returns
    -------
    dict of str to pyarrow.Table
        One table per sheet, under its name, in the order of the workbook. Sheets without a row,
        charts and macros are left out. Blank rows above the header and at the end hold nothing.

    Raises
    ------
    IOFailure
        The file is absent, a folder, empty, truncated, damaged, locked by a password or no Excel
        workbook.
    SchemaMismatch
        A header name is empty, no text or stands twice, or a row in the middle is blank. Errors
        within a sheet name the file as ``file.xlsx[sheet]``; rows are counted from the header.
    InvalidData
        No sheet has a row.

    Notes
    -----
    O(bytes) time and memory; about 130,000 rows of eight cells a second.
    """
    calamine = extras.require("io", "python_calamine")
    data = _read_bytes(path)
    tables = {}
    try:
        with calamine.CalamineWorkbook.from_filelike(BytesIO(data)) as workbook:
            for sheet in workbook.sheets_metadata:
                if sheet.typ == calamine.SheetTypeEnum.WorkSheet:
                    rows = workbook.get_sheet_by_name(sheet.name).iter_rows()
                    table = _sheet_table(rows, f"{fspath(path)}[{sheet.name}]", text)
                    if table is not None:
                        tables[sheet.name] = table
    except calamine.CalamineError as error:
        message = "the file is truncated, damaged or no Excel workbook"
        raise IOFailure(message, file=path, value=_shown(str(error))) from error
    if not tables:
        raise InvalidData("the workbook has no row", file=path)
    return tables


def parse_columns(
    table: pyarrow.Table, types: Mapping[str, pyarrow.DataType], *, file: str | PathLike[str]
) -> pyarrow.Table:
    """Turn columns of text, or of numbers of a workbook, into typed ones, exactly.

    Parameters
    ----------
    table : pyarrow.Table
        As `read_csv` returns it, or `read_xlsx` a sheet.
    types : mapping of str to pyarrow.DataType
        The columns to parse and what to; the others stay as they are.
    file : str or path-like
        Named in errors.

    Returns
    -------
    pyarrow.Table
        The same rows and columns; null stays null.

    Raises
    ------
    InvalidData
        With row, column and value: a cell is no such value, or has more decimals than the type.

    Notes
    -----
    O(rows) time and memory.
    """
    pa = extras.require("io", "pyarrow")
    for column, type_ in types.items():
        text = table[column]
        try:
            parsed = text.cast(type_)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            row = _first_bad_row(text, type_, pa)
            kind = "text" if text.type == pa.string() else "cell"
            raise InvalidData(
                f"the {kind} is no {_type_name(type_)}",
                file=file,
                row=row + 1,
                column=column,
                value=text[row].as_py(),
            ) from error
        table = table.set_column(table.column_names.index(column), column, parsed)
    return table


def read_text(path: str | PathLike[str], *, encoding: str = "utf-8") -> str:
    r"""Read a file of text, its line ends as ``\n``, without a byte order mark.

    Raises `IOFailure` if the file is absent, a folder, empty, cannot be read or is not in that
    encoding, and `InvalidArgument` if there is no such encoding.
    """
    data = _decoded(_read_bytes(path), path, encoding, extras.require("io", "pyarrow"))
    return _LINE_END.sub(b"\n", data).decode("utf-8")


def _read_bytes(path: str | PathLike[str]) -> bytes:
    sent = path.data if isinstance(path, SourceFile) else None
    try:
        data = Path(path).read_bytes() if sent is None else sent
    except ValueError as error:  # A zero byte in the path.
        raise IOFailure("the file cannot be read", file=path, value=str(error)) from error
    except OSError as error:
        raise _io_failure(error, path) from error
    if isinstance(path, SourceFile):
        path.sha256 = hashlib.sha256(data).hexdigest()
    if not data:
        raise IOFailure("the file is empty", file=path)
    return data


def _io_failure(error: OSError, path: str | PathLike[str]) -> IOFailure:
    if isinstance(error, FileNotFoundError):
        return IOFailure("the file does not exist", file=path)
    if isinstance(error, IsADirectoryError):
        return IOFailure("a folder is no file", file=path)
    return IOFailure("the file cannot be read", file=path, value=error.strerror)


def _decoded(data: bytes, path: str | PathLike[str], encoding: str, pa: Any) -> bytes:
    """Return the text as UTF-8 without a byte order mark."""
    try:
        codec = codecs.lookup(encoding).name
    except (LookupError, TypeError, ValueError) as error:
        raise InvalidArgument("the encoding is not known", value=encoding) from error
    not_decoded = f"the file is not {'UTF-8' if codec.startswith('utf-8') else codec}"
    try:
        if codec not in ("utf-8", "utf-8-sig"):
            data = data.decode(codec).encode("utf-8")
        elif not _is_utf8(data, pa):
            data.decode("utf-8")  # Says where.
    except LookupError as error:
        raise InvalidArgument("the encoding is not known", value=encoding) from error
    except UnicodeDecodeError as error:
        row = _row_after(data[: error.start].decode(error.encoding, "replace"))
        bad = data[error.start : error.start + 1]
        raise IOFailure(not_decoded, file=path, row=row, value=repr(bad)[1:]) from error
    except UnicodeEncodeError as error:  # Some codecs decode to half of a surrogate pair.
        row = _row_after(error.object[: error.start])
        half = error.object[error.start]
        raise IOFailure(
            "the file holds half a character", file=path, row=row, value=ascii(half)
        ) from error
    except UnicodeError as error:  # Of codecs that do not say where.
        raise IOFailure(not_decoded, file=path, value=_shown(str(error))) from error
    if (nul := data.find(b"\0")) >= 0:
        row = _row_at(data, nul, _quotes(data[:nul]))
        raise IOFailure("the file holds a zero byte: it is no text", file=path, row=row)
    data = data.removeprefix(_UTF8_MARK)
    if not data.strip(b"\r\n"):
        raise IOFailure("the file is empty", file=path)
    return data


def _is_utf8(data: bytes, pa: Any) -> bool:
    """Tell whether bytes are UTF-8 without making a text of them."""
    offsets = pa.py_buffer(np.array([0, len(data)], dtype=np.int64))
    cell = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(data)])
    try:
        cell.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _quotes(data: bytes) -> _Positions:
    return np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == _QUOTE)


def _checked_quotes(data: bytes, path: str | PathLike[str], delimiter: str) -> _Positions:
    """Return the positions of all quotes: by turns one that opens and one that closes.

    A doubled quote inside a cell closes and opens. So an opening quote follows an edge of a cell or
    a quote, and a closing one precedes an edge or a quote.
    """
    quotes = _quotes(data)
    if quotes.size == 0:
        return quotes
    octets = np.frombuffer(data, dtype=np.uint8)
    is_edge = np.zeros(256, dtype=bool)
    is_edge[[ord(delimiter), ord("\r"), ord("\n"), _QUOTE]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    starts_cell = is_edge[octets[opening - 1]] | (opening == 0)
    ends_cell = is_edge[octets[np.minimum(closing + 1, len(data) - 1)]]
    stray = np.concatenate([opening[~starts_cell], closing[~ends_cell]])
    if stray.size:
        position, message = int(stray.min()), "a quote stands inside a cell without being doubled"
    elif quotes.size % 2:
        position, message = int(quotes[-1]), "a quote is never closed"
    else:
        return quotes
    row = _row_at(data, position, quotes)
    text = data[position : position + _MAX_SHOWN].decode("utf-8", "replace").splitlines()[0]
    raise InvalidData(message, file=path, row=row, value=text)


def _split_header(data: bytes, quotes: _Positions) -> tuple[bytes, int]:
    """Return the header record and where the record after it starts."""
    for line_end in _LINE_END.finditer(data):
        if bisect_left(quotes, line_end.start()) % 2 == 0:
            return data[: line_end.start()], line_end.end()
    return data, len(data)


def _blank_lines(data: bytes, quotes: _Positions, start: int, end: int) -> Iterator[int]:
    """Yield where blank lines begin, outside quotes."""
    for line_ends in (b"\n\n", b"\n\r", b"\r\r"):
        position = start
        while (position := data.find(line_ends, position, end) + 1) > 0:
            if bisect_left(quotes, position) % 2 == 0:
                yield position


def _row_after(text: str) -> int | None:
    """Return the row in which a text that starts like the file ends."""
    data = text.encode("utf-8", "replace")
    return _row_at(data, len(data), _quotes(data))


def _row_at(data: bytes, position: int, quotes: _Positions) -> int | None:
    """Return the row that holds a byte, from 1; nothing for the header."""
    ends = np.array([m.end() for m in _LINE_END.finditer(data, 0, position)], dtype=np.intp)
    row = int(np.count_nonzero(np.searchsorted(quotes, ends) % 2 == 0))
    return row or None


def _column_names(header: bytes, path: str | PathLike[str], delimiter: str) -> list[str]:
    text = header.decode("utf-8")
    try:
        names = next(csv.reader([text], delimiter=delimiter, strict=True)) or [""]
    except csv.Error as error:  # Such as a name of more than 131,072 characters.
        raise InvalidData("the header is no CSV", file=path, value=_shown(text)) from error
    if not all(names):
        raise SchemaMismatch("a column of the header has no name", file=path, value=_shown(text))
    require_columns(names, (), path)
    return names


def require_columns(
    names: Sequence[str], columns: Sequence[str], path: str | PathLike[str]
) -> None:
    """Raise `SchemaMismatch` if one of the `names` stands twice or one of `columns` is missing."""
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise SchemaMismatch("a column stands twice", file=path, column=twice)
    for column in columns:
        if column not in names:
            has = _shown(", ".join(names))
            raise SchemaMismatch(
                "the column is missing; the file has", file=path, column=column, value=has
            )


def _parse(
    body: pyarrow.Buffer,
    names: list[str],
    columns: list[str],
    path: str | PathLike[str],
    delimiter: str,
) -> pyarrow.Table:
    pa = extras.require("io", "pyarrow")
    arrow_csv = extras.require("io", "pyarrow.csv")
    ragged: list[Any] = []

    def refuse(row: Any) -> str:
        ragged.append(row)
        return "error"

    def read(**options: Any) -> pyarrow.Table:
        return arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(column_names=names, **options),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=refuse,
            ),
            convert_options=arrow_csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=columns,
                null_values=[""],
                strings_can_be_null=True,
            ),
        )

    try:
        return read()
    except pa.ArrowException:
        ragged.clear()
    # One thread counts rows, which several cannot; one block has room for the longest record.
    try:
        return read(use_threads=False, block_size=min(body.size + 1, _MAX_BLOCK))
    except pa.ArrowException as error:
        if not ragged:
            raise InvalidData("the text is no CSV", file=path, value=_shown(str(error))) from error
        row = ragged[0]
        message = (
            "the row has more cells than the header"
            if row.actual_columns > row.expected_columns
            else "the row has fewer cells than the header"
        )
        raise SchemaMismatch(message, file=path, row=row.number, value=_shown(row.text)) from error


def _sheet_table(
    rows: Iterator[list[Any]], file: str, text: Collection[str]
) -> pyarrow.Table | None:
    """Return the rows below a header as a table; nothing if there are none."""
    pa = extras.require("io", "pyarrow")
    header: list[Any] = next((row for row in rows if any(cell != "" for cell in row)), [])
    parts: list[list[list[Any]]] = []  # Lists of columns.
    num_rows = num_blank = 0
    while chunk := list(islice(rows, _ROWS_AT_ONCE)):
        blank = [all(cell == "" for cell in row) for row in chunk]
        last = max((i for i, is_blank in enumerate(blank) if not is_blank), default=-1)
        if last >= 0 and (num_blank > 0 or any(blank[:last])):
            row = num_rows + (1 if num_blank > 0 else blank.index(True) + 1)
            raise SchemaMismatch("the row is blank", file=file, row=row)
        if last >= 0:
            num_rows += last + 1
            parts.append([list(column) for column in zip(*chunk[: last + 1], strict=True)])
        num_blank += len(chunk) - last - 1
    if num_rows == 0:
        return None
    for name in header:
        if not isinstance(name, str) or not name:
            message = "a column of the header has no name"
            raise SchemaMismatch(message, file=file, value=_shown(", ".join(map(str, header))))
    require_columns(header, (), file)
    columns = [
        _cells_column([part[i] for part in parts], pa, is_text=name in text)
        for i, name in enumerate(header)
    ]
    return pa.table(dict(zip(header, columns, strict=True)))


def _cells_column(parts: Sequence[list[Any]], pa: Any, *, is_text: bool) -> pyarrow.ChunkedArray:
    """Return cells as numbers, as times or as text, whichever all of them are."""
    types = {type(cell) for part in parts for cell in part if cell != ""}
    if not is_text and types <= {int, float}:
        return _chunks(parts, pa.float64(), float, pa)
    if not is_text and types <= {date, datetime}:
        return _chunks(parts, pa.timestamp("us"), _as_time, pa)
    return _chunks(parts, pa.string(), _cell_text, pa)


def _chunks(parts: Sequence[list[Any]], type_: Any, convert: Any, pa: Any) -> pyarrow.ChunkedArray:
    chunks = [
        pa.array([None if cell == "" else convert(cell) for cell in part], type_) for part in parts
    ]
    return pa.chunked_array(chunks, type_)


def _as_time(cell: date) -> datetime:
    return cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)


def _cell_text(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).upper()  # As a spreadsheet shows it.
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date):
        return _as_time(cell).isoformat(sep=" ")
    return str(cell)


def _first_bad_row(text: pyarrow.ChunkedArray, type_: pyarrow.DataType, pa: Any) -> int:
    """Find the first row that does not parse, in O(rows log rows) time."""
    low, high = 0, len(text)  # The first bad row is in [low, high).
    while high - low > 1:
        middle = (low + high) // 2
        try:
            text.slice(low, middle - low).cast(type_)
            low = middle
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            high = middle
    return low


def _type_name(type_: pyarrow.DataType) -> str:
    name = str(type_)
    if name.startswith("timestamp"):
        return "date and time such as 2017-09-19 09:45:35"
    if name.startswith("decimal"):
        return f"decimal number with at most {type_.scale} decimals"
    return {"int64": "whole number", "double": "number"}.get(name, name)


def _shown(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"
