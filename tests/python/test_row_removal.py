"""Rows of customers out of CSV files, Parquet files and workbooks, and nothing else."""

import csv
import io
import zipfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

import ecommerce_analytics as ea
from ecommerce_analytics import spreadsheet
from ecommerce_analytics.row_removal import without_rows

# Quotes, separators, breaks of all kinds, marks, what a workbook codes, and what looks like XML.
TEXT = st.text(st.sampled_from("ab=+-@'\t\r\n,\" <>&/_x0041é\u2028\U0001f600"), max_size=5)
KEYS = st.one_of(TEXT.filter(bool), st.sampled_from(["</row>", "_x0041_", "customer"]))
ROWS = st.lists(st.tuples(KEYS, TEXT), max_size=6)


def split(rows: list[tuple[str, str]], gone: frozenset[str]) -> tuple[list[Any], Counter[str]]:
    kept = [row for row in rows if row[0] not in gone]
    return kept, Counter(key for key, _ in rows if key in gone)


def some_of(rows: list[tuple[str, str]], data: st.DataObject) -> frozenset[str]:
    keys = sorted({key for key, _ in rows} | {"not there"})
    return frozenset(data.draw(st.sets(st.sampled_from(keys))))


def csv_of(rows: list[tuple[str, str]], folder: Path, *, is_safe: bool) -> bytes:
    """Write as the main job does."""
    table = pa.table(
        {"more": [text for _, text in rows], "customer": [key for key, _ in rows]},
        schema=pa.schema([("more", pa.string()), ("customer", pa.string())]),
    )
    cells = ", ".join(
        f"{spreadsheet.escape_sql(name)} AS {name}" if is_safe else name
        for name in table.column_names
    )
    with duckdb.connect(config={"threads": 1}) as database:
        path = folder / "rows.csv"
        database.from_arrow(table).select(cells).write_csv(str(path), header=True)
    return path.read_bytes()


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, is_safe=st.booleans(), data=st.data())
def test_a_csv_file_is_that_of_the_other_rows(
    rows: list[tuple[str, str]],
    is_safe: bool,
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("csv")
    gone = some_of(rows, data)
    kept, removed = split(rows, gone)
    content = csv_of(rows, folder, is_safe=is_safe)
    made = without_rows(content, Path("a.csv"), "customer", gone, spreadsheet_safe=is_safe)
    assert made == (csv_of(kept, folder, is_safe=is_safe), removed)


def test_records_of_a_csv_file_stay_byte_by_byte() -> None:
    content = b'customer,n\n"a",1\nb,"x\ny"\n\'=c,3\n'
    for key, is_safe, wanted in (
        ("a", True, b'customer,n\nb,"x\ny"\n\'=c,3\n'),
        ("b", True, b'customer,n\n"a",1\n\'=c,3\n'),
        ("=c", True, b'customer,n\n"a",1\nb,"x\ny"\n'),
        ("'=c", True, content),
        ("'=c", False, b'customer,n\n"a",1\nb,"x\ny"\n'),
    ):
        gone = frozenset([key])
        made, _ = without_rows(content, Path("a.csv"), "customer", gone, spreadsheet_safe=is_safe)
        assert made == wanted


def parquet_of(table: pa.Table) -> bytes:
    written = io.BytesIO()
    pa.parquet.write_table(table, written, compression="zstd")
    return written.getvalue()


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.int64()], ids=str)
def test_a_parquet_file_keeps_types_and_metadata(type_: pa.DataType) -> None:
    keys = pa.array(["1", "2", "1", None]).cast(type_)
    table = pa.table({"customer": keys, "n": pa.array([1, 2, 3, 4], pa.int8())})
    table = table.replace_schema_metadata({"as_of": "2026-01-01"})
    made, removed = without_rows(
        parquet_of(table), Path("a.parquet"), "customer", frozenset("1"), spreadsheet_safe=True
    )
    assert made == parquet_of(table.take([1, 3]))
    assert removed == {"1": 2}
    assert b"as_of" in made
    same, _ = without_rows(
        parquet_of(table), Path("a.parquet"), "customer", frozenset("9"), spreadsheet_safe=True
    )
    assert same == parquet_of(table)


def workbook_of(sheets: dict[str, list[tuple[Any, ...]]]) -> bytes:
    """Write as the main job does: texts in the cells, a filter over each table."""
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"constant_memory": True})
    book.set_properties({"created": datetime(2000, 1, 1)})
    bold = book.add_format({"bold": True})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for row, cells in enumerate(rows):
            for position, value in enumerate(cells):
                look = bold if row == 0 else None
                if isinstance(value, str):
                    sheet.write_string(row, position, value, look)
                elif value is not None:
                    sheet.write_number(row, position, value, look)
        sheet.freeze_panes(1, 0)
        if name != "About":
            sheet.autofilter(0, 0, len(rows) - 1, len(rows[0]) - 1)
    book.close()
    return written.getvalue()


def parts_of(book: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, data=st.data())
def test_a_workbook_is_that_of_the_other_rows(
    rows: list[tuple[str, str]], data: st.DataObject
) -> None:
    gone = some_of(rows, data)
    kept, removed = split(rows, gone)

    def sheets(rows: list[tuple[str, str]]) -> dict[str, list[tuple[Any, ...]]]:
        return {
            "About": [("About",), (None, "customer", "a")],
            "first": [("customer", "more"), *rows],
            "sums": [("segment", "n"), ("a", 1)],
            "second": [("n", "customer"), *((position, row[0]) for position, row in numbered)],
        }

    numbered = list(enumerate(rows))
    content = workbook_of(sheets(rows))
    numbered = [(position, row) for position, row in numbered if row[0] not in gone]
    made, found = without_rows(content, Path("a.xlsx"), "customer", gone, spreadsheet_safe=True)
    assert found == removed + removed  # In two sheets.
    wanted, got = parts_of(workbook_of(sheets(kept))), parts_of(made)
    assert got == wanted


def test_a_workbook_opens_elsewhere() -> None:
    rows = [("customer", "money"), (12346, 1.5), (12347, 2), (123456789012345, 3), (-12346, 4)]
    made, removed = without_rows(
        workbook_of({"x": rows}),
        Path("a.xlsx"),
        "customer",
        frozenset(["12346", "123456789012345"]),
        spreadsheet_safe=True,
    )
    assert removed == {"12346": 1, "123456789012345": 1}
    sheet = openpyxl.load_workbook(io.BytesIO(made))["x"]
    assert list(sheet.values) == [("customer", "money"), (12347, 2), (-12346, 4)]
    assert sheet.auto_filter.ref == "A1:B3"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"customer,n\n\xff,1\n"),
        ("a.csv", b'n,customer\n1,"a'),
        ("a.csv", b"n,customer\n1\n"),
        ("a.parquet", b"PAR1"),
        ("a.xlsx", b"PK"),
        ("a.png", b"PNG"),
    ],
)
def test_what_is_of_another_form_is_an_error(name: str, content: bytes) -> None:
    with pytest.raises(ea.IOFailure) as caught:
        without_rows(content, Path(name), "customer", frozenset("a"), spreadsheet_safe=True)
    assert caught.value.file == name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"who,n\na,1\n"),
        ("a.parquet", parquet_of(pa.table({"who": ["a"]}))),
        ("a.xlsx", workbook_of({"x": [("who",), ("a",)]})),
    ],
)
def test_what_has_no_customers_stays(name: str, content: bytes) -> None:
    made, removed = without_rows(
        content, Path(name), "customer", frozenset("a"), spreadsheet_safe=True
    )
    assert (made, removed) == (content, {})


def test_the_first_sheet_tells_how_many_rows_are_left() -> None:
    long = "a_table_with_a_name_that_is_longer"  # Its sheets are cut to 31 characters.
    rows = [("customer",), *([("a",)] * 7), *([("b",)] * 1_232)]

    def book(left: list[tuple[str]], told: str, short: str) -> bytes:
        about = [
            ("Sheets",),
            (long, "rows", told),
            (long, "tiers", "1,239"),
            ("x & y", "rows", short),
            ("z", "rows", "1,239"),
        ]
        return workbook_of(
            {
                "About": about,
                long[:31]: left,
                f"{long[:29]}_2": left,
                "x & y": left,
                "z": [("other",), ("a",)],
            }
        )

    made, removed = without_rows(
        book(rows, "2,478, 3 amounts rounded to 15 digits", "1,239"),
        *(Path("a.xlsx"), "customer", frozenset("b")),
        spreadsheet_safe=True,
    )
    assert removed == {"b": 3 * 1_232}
    wanted = book(rows[:8], "14, 3 amounts rounded to 15 digits", "7")
    assert parts_of(made) == parts_of(wanted)


def test_a_workbook_of_another_writer_is_an_error() -> None:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written) as book:  # Texts in a part of their own.
        book.add_worksheet().write_column(0, 0, ["customer", "a"])
    with pytest.raises(ea.IOFailure, match="not of the form that we write"):
        without_rows(
            written.getvalue(), Path("a.xlsx"), "customer", frozenset("a"), spreadsheet_safe=True
        )


def test_the_reader_of_records_agrees_with_the_writer() -> None:
    """Or the example above would prove nothing of quoted breaks."""
    content = b'customer,n\n"a\r",1\n"b\n""c",2\n'
    assert [row[0] for row in csv.reader(io.StringIO(content.decode(), newline=""))][1:] == [
        "a\r",
        'b\n"c',
    ]
    made, removed = without_rows(
        content, Path("a.csv"), "customer", frozenset(['b\n"c']), spreadsheet_safe=False
    )
    assert (made, removed) == (b'customer,n\n"a\r",1\n', {'b\n"c': 1})
