"""Files of a run without the rows of some customers; all else in them stays as it is.

It reads what a run writes and no more: CSV with line feeds, Parquet, and workbooks whose texts
stand in the cells. What is not of that form is an error, never a file with a row too many.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Final
from xml.sax.saxutils import unescape

from . import extras, spreadsheet
from .errors import IOFailure

__all__ = ["SUFFIXES", "without_rows"]

#: Ends of the names of files that can have rows of customers.
SUFFIXES: Final = (".csv", ".parquet", ".xlsx")

_SHEET: Final = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_ROW: Final = re.compile(r'<row r="(\d+)"([^>]*?)(?:/>|>(.*?)</row>)', re.DOTALL)
_CELL: Final = re.compile(r'<c r="([A-Z]+)\d+"([^>]*?)(?:/>|>(.*?)</c>)', re.DOTALL)
_TEXT: Final = re.compile(r"<is><t[^>]*>(.*?)</t></is>", re.DOTALL)
_NUMBER: Final = re.compile(r"<v>(-?\d+)</v>")
_TITLE: Final = re.compile(r'<sheet name="([^"]*)"')
_QUOTES: Final = {"&quot;": '"', "&apos;": "'"}
_MAX_TITLE: Final = 31
_COUNT: Final = re.compile(r"[\d,]+")  # Of the rows of a table, on the first sheet.
_ROWS_TOLD: Final = re.compile(r'(<c r="C\d+"[^>]*><is><t[^>]*>)[\d,]+')
_CODED: Final = re.compile(r"_x([0-9A-F]{4})_")


def without_rows(
    data: bytes, path: Path, column: str, gone: frozenset[str], *, spreadsheet_safe: bool
) -> tuple[bytes, Counter[str]]:
    """Return a file without the rows of some customers, and how many rows each of them had.

    Parameters
    ----------
    data : bytes
        What stands in the file.
    path : pathlib.Path
        Its name, whose end tells the format, for errors.
    column : str
        Name of the column of customers, of a workbook in each sheet. What has none stays.
    gone : frozenset of str
        The customers, by the text of their keys.
    spreadsheet_safe : bool
        Texts of a CSV file have marks against spreadsheets.

    Raises
    ------
    IOFailure
        The file is not of the form in which a run writes it.

    Notes
    -----
    O(bytes) time and memory. A file without such a row comes back byte by byte.
    """
    try:
        if path.suffix == ".csv":
            return _of_csv(data, column, gone, spreadsheet_safe=spreadsheet_safe)
        if path.suffix == ".parquet":
            return _of_parquet(data, column, gone)
        if path.suffix == ".xlsx":
            return _of_workbook(data, column, gone)
    except (
        *(csv.Error, zipfile.BadZipFile, OSError),
        *(LookupError, StopIteration, ValueError),
    ) as error:
        raise IOFailure("forget: the file is not of the form that we write", file=path) from error
    raise IOFailure("forget: rows of such a file cannot be removed", file=path)


def _of_csv(
    data: bytes, column: str, gone: frozenset[str], *, spreadsheet_safe: bool
) -> tuple[bytes, Counter[str]]:
    # Splits at line feeds alone, as records end; any other break stands inside a cell.
    *ended, rest = data.decode("utf-8").split("\n")
    lines = [f"{line}\n" for line in ended] + ([rest] if rest else [])
    records = csv.reader(lines, strict=True)
    names = next(records)
    if column not in names:
        return data, Counter()
    position = names.index(column)
    end = records.line_num
    kept = lines[:end]
    removed: Counter[str] = Counter()
    for cells in records:
        begin, end = end, records.line_num
        customer = cells[position]
        if spreadsheet_safe:
            customer = spreadsheet.unescape_text(customer)
        if customer in gone:
            removed[customer] += 1
        else:
            kept += lines[begin:end]
    return "".join(kept).encode("utf-8"), removed


def _of_parquet(data: bytes, column: str, gone: frozenset[str]) -> tuple[bytes, Counter[str]]:
    pa, parquet = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.parquet")
    table = parquet.read_table(pa.BufferReader(data))
    if column not in table.column_names:
        return data, Counter()
    names = table[column].cast(pa.string()).to_pylist()
    removed = Counter(name for name in names if name in gone)
    if not removed:
        return data, removed
    written = io.BytesIO()
    kept = table.filter(pa.array([name not in gone for name in names], pa.bool_()))
    parquet.write_table(kept, written, compression="zstd")
    return written.getvalue(), removed


def _of_workbook(data: bytes, column: str, gone: frozenset[str]) -> tuple[bytes, Counter[str]]:
    removed: Counter[str] = Counter()
    parts: dict[str, bytes] = {}
    ends: dict[int, int] = {}
    lost: dict[int, int] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        entries = book.infolist()
        for entry in entries:
            parts[entry.filename] = book.read(entry)
    if "xl/sharedStrings.xml" in parts:
        raise ValueError("texts do not stand in the cells")
    for name in list(parts):
        if sheet := _SHEET.fullmatch(name):
            text, of_sheet, end = _of_sheet(parts[name].decode("utf-8"), column, gone)
            if of_sheet:
                parts[name] = text.encode("utf-8")
                removed += of_sheet
                lost[int(sheet[1]) - 1] = of_sheet.total()
                ends[int(sheet[1]) - 1] = end
    if not removed:
        return data, removed
    names = parts["xl/workbook.xml"].decode("utf-8")
    titles = [unescape(title, _QUOTES) for title in _TITLE.findall(names)]
    first = "xl/worksheets/sheet1.xml"
    about = _with_fewer_rows(
        parts[first].decode("utf-8"), {titles[number]: lost[number] for number in lost}
    )
    parts[first] = about.encode("utf-8")
    for number, end in ends.items():  # The filter of a sheet is a name that tells its rows.
        filtered = rf'(localSheetId="{number}"[^>]*>[^<]*\$)\d+(</definedName>)'
        names = re.sub(filtered, rf"\g<1>{end}\g<2>", names)
    parts["xl/workbook.xml"] = names.encode("utf-8")
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as book:
        for entry in entries:
            book.writestr(entry, parts[entry.filename], compress_type=entry.compress_type)
    return written.getvalue(), removed


def _with_fewer_rows(about: str, lost: Mapping[str, int]) -> str:
    """Return the sheet that tells of the others, with the numbers of rows that tables have now.

    A table of many rows stands in several sheets, `name`, `name_2` and so on.
    """

    def told(match: re.Match[str]) -> str:
        cells = {name: _shown(look, inner) for name, look, inner in _CELL.findall(match[3] or "")}
        name, count = cells.get("A"), _COUNT.match(cells.get("C") or "")
        if name is None or cells.get("B") != "rows" or count is None:
            return match[0]
        sheets = chain(
            [name[:_MAX_TITLE]],
            (name[: _MAX_TITLE - len(end)] + end for end in (f"_{n}" for n in range(2, 100))),
        )
        fewer = sum(lost.get(sheet, 0) for sheet in sheets)
        if not fewer:
            return match[0]
        left = f"{int(count[0].replace(',', '')) - fewer:,}"
        return _ROWS_TOLD.sub(rf"\g<1>{left}", match[0])

    return _ROW.sub(told, about)


def _of_sheet(text: str, column: str, gone: frozenset[str]) -> tuple[str, Counter[str], int]:
    """Return the sheet, who had how many rows, and the number of its last row."""
    removed: Counter[str] = Counter()
    place: str | None = None
    number = 0

    def kept(match: re.Match[str]) -> str:
        nonlocal place, number
        told = {name: _shown(about, inner) for name, about, inner in _CELL.findall(match[3] or "")}
        if match[1] == "1":
            place = next((name for name, title in told.items() if title == column), None)
        customer = None if place is None else told.get(place)
        if match[1] != "1" and customer in gone:
            assert customer is not None
            removed[customer] += 1
            return ""
        number = int(match[1]) - removed.total()
        if not removed:
            return match[0]
        cells = re.sub(r'<c r="([A-Z]+)\d+"', rf'<c r="\g<1>{number}"', match[3] or "")
        return f'<row r="{number}"{match[2]}>{cells}</row>'

    made = _ROW.sub(kept, text)
    if removed:
        areas = r'(<(?:dimension|autoFilter) ref="A1:[A-Z]+)\d+(")'
        made = re.sub(areas, rf"\g<1>{number}\g<2>", made)
    return made, removed, number


def _shown(about: str, inner: str) -> str | None:
    """Return the text of a cell, or the digits of a whole number; None if it is neither."""
    if 't="inlineStr"' in about:
        if (text := _TEXT.fullmatch(inner)) is None:
            raise ValueError("a cell is of another form")
        return _CODED.sub(lambda code: chr(int(code[1], 16)), unescape(text[1]))
    whole = _NUMBER.fullmatch(inner)
    return None if whole is None else whole[1]
