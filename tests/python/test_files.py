"""The strict readers: what they read, and what each bad file is told to be."""

import csv
import hashlib
import os
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ecommerce_analytics as ea
from ecommerce_analytics import files

Write = Callable[[bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(data: bytes) -> Path:
        path = tmp_path / "lines.csv"
        path.write_bytes(data)
        return path

    return write_file


def rows_of(table: pa.Table) -> list[tuple[str | None, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        pytest.param(b"a,b\n1,2\n3,4\n", [("1", "2"), ("3", "4")], id="plain"),
        pytest.param(b"a,b\n1,2\n3,4", [("1", "2"), ("3", "4")], id="no-last-line-end"),
        pytest.param(b"a,b\r\n1,2\r\n3,4\r\n", [("1", "2"), ("3", "4")], id="crlf"),
        pytest.param(b"a,b\r1,2\r3,4\r", [("1", "2"), ("3", "4")], id="cr"),
        pytest.param(b"a,b\r\n1,2\n3,4\r\n", [("1", "2"), ("3", "4")], id="mixed-line-ends"),
        pytest.param(b"a,b\n1,2\n\n\r\n", [("1", "2")], id="blank-lines-at-the-end"),
        pytest.param(b"\xef\xbb\xbfa,b\n1,2\n", [("1", "2")], id="byte-order-mark"),
        pytest.param(b'\xef\xbb\xbf"a","b"\n1,2\n', [("1", "2")], id="mark-before-a-quote"),
        pytest.param(b'a,b\n"x\r\n\r\ny","2"\n', [("x\r\n\r\ny", "2")], id="line-ends-in-quotes"),
        pytest.param(b'a,b\n"x""y",""""\n', [('x"y', '"')], id="doubled-quotes"),
        pytest.param(b'a,b\n"1,5",2\n', [("1,5", "2")], id="delimiter-in-quotes"),
        pytest.param(b'a,b\n,2\n3,""\n,\n', [(None, "2"), ("3", None), (None, None)], id="empty"),
        pytest.param(b"a,b\n 1 , 2\n", [(" 1 ", " 2")], id="blanks-stay"),
        pytest.param(b"a,b\nNULL,nan\n#1,NA\n", [("NULL", "nan"), ("#1", "NA")], id="words-stay"),
        pytest.param(b"a,b\n1.50,007\n", [("1.50", "007")], id="digits-stay"),
        pytest.param(b'"a","b"\n"1","2"\n', [("1", "2")], id="quoted-header"),
    ],
)
def test_read_csv_reads(write: Write, data: bytes, rows: list[tuple[str | None, ...]]) -> None:
    table = files.read_csv(write(data))

    assert table.column_names == ["a", "b"]
    assert set(table.schema.types) == {pa.string()}
    assert rows_of(table) == rows


@pytest.mark.parametrize(
    ("data", "error", "row", "text"),
    [
        pytest.param(b"", ea.IOFailure, None, "empty", id="empty"),
        pytest.param(b"\xef\xbb\xbf\n\r\n", ea.IOFailure, None, "empty", id="mark-alone"),
        pytest.param(b"a,b\n", ea.InvalidData, None, "no row", id="header-alone"),
        pytest.param(b"a,b\n\n\n", ea.InvalidData, None, "no row", id="header-and-blank-lines"),
        pytest.param(
            b"a,b\n1,2\n3\n", ea.SchemaMismatch, 2, "fewer cells than the header: 3", id="short"
        ),
        pytest.param(b"a,b\n1,2\n3,4,5\n", ea.SchemaMismatch, 2, "more cells", id="long"),
        pytest.param(b"a,b\n1,2\n3,4,\n", ea.SchemaMismatch, 2, "more cells", id="one-more-comma"),
        pytest.param(b"a,b\n\n1,2\n", ea.SchemaMismatch, 1, "blank", id="blank-first"),
        pytest.param(b"a,b\r\n1,2\r\n\r\n3,4", ea.SchemaMismatch, 2, "blank", id="blank-crlf"),
        pytest.param(b"a,b\r1,2\r\r3,4", ea.SchemaMismatch, 2, "blank", id="blank-cr"),
        pytest.param(b'a,b\n"\n\n",2\n\n3,4', ea.SchemaMismatch, 2, "blank", id="blank-outside"),
        pytest.param(
            b'a,b\n"x\ny",2\n3\n', ea.SchemaMismatch, 2, "fewer cells", id="rows-not-lines"
        ),
        pytest.param(b'a,b\n1,2\n3,"4\n5,6\n', ea.InvalidData, 2, "never closed", id="unclosed"),
        pytest.param(b'a,b\n1,2\n3,"4', ea.InvalidData, 2, "never closed", id="unclosed-last"),
        pytest.param(b'a,b\n1,"2\n3,"4"\n', ea.InvalidData, 1, "inside a cell", id="swallows"),
        pytest.param(b'a,b\n1,2\n"3"x,4\n', ea.InvalidData, 2, "inside a cell", id="after-quote"),
        pytest.param(b'a,b\n1,2\n3"x,4\n', ea.InvalidData, 2, "inside a cell", id="mid-cell"),
        pytest.param(b'a,b\n1, "2"\n', ea.InvalidData, 1, "inside a cell", id="blank-then-quote"),
        pytest.param(b'a,b\n"1" ,2\n', ea.InvalidData, 1, "inside a cell", id="quote-then-blank"),
        pytest.param(b'a,b\n"1\\"",2\n', ea.InvalidData, 1, "never closed", id="backslash"),
        pytest.param(b'a,"b\n1,2\n', ea.InvalidData, None, "never closed", id="unclosed-header"),
        pytest.param(b"a,b\n1,2\n3,\xe9\n", ea.IOFailure, 2, "not UTF-8: '\\xe9'", id="latin-1"),
        pytest.param(b"a,\xe9\n1,2\n", ea.IOFailure, None, "not UTF-8", id="latin-1-header"),
        pytest.param(b"a,b\n1,2\n3,\xc3", ea.IOFailure, 2, "not UTF-8", id="cut-inside-a-letter"),
        pytest.param(b"a,b\n1,2\n\x00,4\n", ea.IOFailure, 2, "zero byte", id="zero-byte"),
        pytest.param("a,b\n1,2\n".encode("utf-16-le"), ea.IOFailure, None, "zero", id="utf-16"),
        pytest.param(b"a,a\n1,2\n", ea.SchemaMismatch, None, 'twice (file "', id="same-name"),
        pytest.param(b"a,\n1,2\n", ea.SchemaMismatch, None, "no name: a,", id="no-name"),
        pytest.param(b"x" * 200_000 + b"\n1\n", ea.InvalidData, None, "no CSV: xxx", id="no-csv"),
        pytest.param(b"\na,b\n1,2\n", ea.SchemaMismatch, None, "no name", id="blank-header"),
    ],
)
def test_read_csv_refuses(
    write: Write, data: bytes, error: type[ea.Error], row: int | None, text: str
) -> None:
    path = write(data)

    with pytest.raises(error) as caught:
        files.read_csv(path)

    assert caught.value.file == str(path)
    assert caught.value.row == row
    assert text in str(caught.value)


def test_a_byte_that_is_not_utf8_is_an_error_in_a_column_not_asked_for(write: Write) -> None:
    with pytest.raises(ea.IOFailure) as caught:
        files.read_csv(write(b"a,b\n1,\xe9\n"), columns=["a"])

    assert caught.value.row == 1


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.tuples(
            st.lists(
                st.text(
                    st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"]),
                    min_size=1,
                ),
                min_size=width,
                max_size=width,
                unique=True,
            ),
            st.lists(
                st.lists(
                    st.text(
                        st.sampled_from("a,;\t\"'\\\r\n é☃#\ufeff")
                        | st.characters(exclude_characters="\0", exclude_categories=["Cs"])
                    ),
                    min_size=width,
                    max_size=width,
                ),
                min_size=1,
            ),
        )
    ),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_read_csv_returns_what_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    table: tuple[list[str], list[list[str]]],
    delimiter: str,
    encoding: str,
    quoting: int,
) -> None:
    header, rows = table
    path = tmp_path_factory.mktemp("written") / "lines.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting)
        writer.writerows([header, *rows])

    actual = files.read_csv(path, delimiter=delimiter, encoding=encoding)

    assert actual.column_names == header
    assert rows_of(actual) == [tuple(cell or None for cell in row) for row in rows]


def test_rows_are_counted_over_many_blocks(write: Write) -> None:
    lines = [b"a,b"] + [b'"x\n%d",2' % row for row in range(1, 300_001)]
    assert files.read_csv(write(b"\n".join(lines))).num_rows == 300_000

    lines[250_000] = b"short"
    with pytest.raises(ea.SchemaMismatch) as caught:
        files.read_csv(write(b"\n".join(lines)))

    assert caught.value.row == 250_000
    assert caught.value.value == "short"


def test_a_row_may_be_longer_than_a_block(write: Write) -> None:
    cell = "x" * 3_000_000

    table = files.read_csv(write(f"a,b\n1,2\n{cell},4\n".encode()))

    assert rows_of(table) == [("1", "2"), (cell, "4")]


def test_read_csv_selects_columns(write: Write) -> None:
    path = write(b"a,b,c\n1,2,3\n")

    assert files.read_csv(path, columns=["c", "a"]).to_pylist() == [{"c": "3", "a": "1"}]
    with pytest.raises(ea.SchemaMismatch, match="missing") as caught:
        files.read_csv(path, columns=["a", "price"])
    assert caught.value.column == "price"
    assert caught.value.file == str(path)


def test_read_csv_decodes(write: Write) -> None:
    path = write("a,b\ncafé,2\n".encode("latin-1"))

    assert rows_of(files.read_csv(path, encoding="latin-1")) == [("café", "2")]
    with pytest.raises(ea.IOFailure, match="not ascii") as caught:
        files.read_csv(path, encoding="ascii")
    assert caught.value.row == 1


@pytest.mark.parametrize("delimiter", ["", ",,", "\n", '"', "é", [","], None])
def test_read_csv_refuses_delimiters(write: Write, delimiter: Any) -> None:
    with pytest.raises(ea.InvalidArgument, match="delimiter"):
        files.read_csv(write(b"a,b\n1,2\n"), delimiter=delimiter)


@pytest.mark.parametrize("encoding", ["no such", "rot13", "base64", "", "\udc80", "a\0b", None])
def test_read_csv_refuses_encodings(write: Write, encoding: Any) -> None:
    with pytest.raises(ea.InvalidArgument, match="encoding"):
        files.read_csv(write(b"a,b\n1,2\n"), encoding=encoding)


@pytest.mark.parametrize(
    ("encoding", "data", "row", "text"),
    [
        pytest.param("undefined", b"a,b\n1,2\n", None, "not undefined", id="codec-that-fails"),
        pytest.param("utf-7", b"a,b\n1,2\n3,+2AA-\n", 2, "'\\ud800'", id="half-a-pair"),
        pytest.param("raw_unicode_escape", b"a\n\\udc80\n", 1, "'\\udc80'", id="escaped-half"),
        pytest.param("utf-16-le", b"a\0\n\0\0\xd8", 1, "not utf-16-le", id="cut-pair"),
    ],
)
def test_text_that_a_codec_cannot_hold_is_an_error_of_the_file(
    write: Write, encoding: str, data: bytes, row: int | None, text: str
) -> None:
    path = write(data)
    with pytest.raises(ea.IOFailure) as caught:
        files.read_csv(path, encoding=encoding)
    assert (caught.value.file, caught.value.row) == (str(path), row)
    assert text in str(caught.value)


@pytest.mark.parametrize("read", [files.read_csv, files.read_parquet, files.read_text])
def test_a_file_that_is_none(tmp_path: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(ea.IOFailure, match="does not exist") as caught:
        read(tmp_path / "absent")
    assert caught.value.file == str(tmp_path / "absent")
    with pytest.raises(ea.IOFailure, match="folder"):
        read(tmp_path)


def test_parse_columns_says_where() -> None:
    day = pa.timestamp("us")
    table = pa.table({"a": ["x", "y", "z"], "t": ["2011-12-01", None, "2011-12-01 12:50:00"]})

    parsed = files.parse_columns(table, {"t": day}, file="lines.csv")

    assert parsed.schema == pa.schema({"a": pa.string(), "t": day})
    assert [str(time) for time in parsed["t"].to_pylist()] == [
        "2011-12-01 00:00:00",
        "None",
        "2011-12-01 12:50:00",
    ]
    for texts, type_, row in (
        (["1", "2", "x", "y"], pa.int64(), 3),
        (["1.5"], pa.int64(), 1),
        (["1", None, "9223372036854775808"], pa.int64(), 3),
        (["2011-12-01", "2011-12-32"], day, 2),
        (["1.2345", "1.23456"], pa.decimal128(38, 4), 2),
    ):
        with pytest.raises(ea.InvalidData) as caught:
            files.parse_columns(pa.table({"n": texts}), {"n": type_}, file="lines.csv")
        assert (caught.value.file, caught.value.row, caught.value.column, caught.value.value) == (
            "lines.csv",
            row,
            "n",
            texts[row - 1],
        )


def test_read_text(write: Write) -> None:
    assert files.read_text(write(b"\xef\xbb\xbfa\r\nb\rc\n")) == "a\nb\nc\n"
    with pytest.raises(ea.IOFailure):
        files.read_text(write(b"a\n\xff"))


@pytest.mark.parametrize("read", [files.read_csv, files.read_text, files.read_parquet])
def test_a_source_file_remembers_the_hash_of_what_was_read(
    write: Write, read: Callable[[files.SourceFile], object]
) -> None:
    data = b"a,b\n1,2\n"
    if read is files.read_parquet:
        buffer = pa.BufferOutputStream()
        pq.write_table(pa.table({"a": [1]}), buffer)
        data = buffer.getvalue().to_pybytes()
    source = files.SourceFile(write(data))
    assert source.sha256 == ""
    read(source)
    write(b"another content")
    assert source.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("folder/orders.csv", "orders.csv"),
        ("/dev/stdin", "stdin"),
        ("/dev/fd/0", "stdin"),
        ("/dev/fd/63", "stream"),
        ("/proc/self/fd/11", "stream"),
        ("/proc/4711/fd/3", "stream"),
        ("folder/63", "63"),
    ],
)
def test_a_source_file_has_the_same_name_in_every_run(path: str, name: str) -> None:
    source = files.SourceFile(Path(path))
    assert source.name == name
    assert os.fspath(source) == path


MAPPING = {"customer": "who", "order": "nr", "timestamp": "day", "amount": "paid"}


def test_transactions_from_csv(write: Write) -> None:
    path = write("who;nr;day;paid\nann;1;2026-01-05;1.2345\n;2;2026-01-06;2\n".encode("utf-16"))

    transactions = ea.Transactions.from_csv(path, delimiter=";", encoding="utf-16", **MAPPING)

    assert transactions.report.kept.money == Decimal("3.2345")
    assert transactions.report.guests.num_lines == 1
    for old, new, error, column in (
        ("1.2345", "1.23456", ea.InvalidData, "paid"),
        ("2026-01-05", "05.01.2026", ea.InvalidData, "day"),
        (";paid", ";price", ea.SchemaMismatch, "paid"),
    ):
        text = "who;nr;day;paid\nann;1;2026-01-05;1.2345\n".replace(old, new)
        with pytest.raises(error) as caught:
            ea.Transactions.from_csv(write(text.encode()), delimiter=";", **MAPPING)
        assert (caught.value.file, caught.value.column) == (str(path), column)
        assert caught.value.row == (None if new == ";price" else 1)


def test_transactions_from_parquet(tmp_path: Path) -> None:
    path = tmp_path / "lines.parquet"
    lines = {
        "who": ["ann", None],
        "nr": [1, 2],
        "day": pa.array([0, 1], pa.timestamp("s")),
        "paid": pa.array(["1.2345", "2"]).cast(pa.decimal128(9, 4)),
    }
    pq.write_table(pa.table(lines), path)

    assert ea.Transactions.from_parquet(path, **MAPPING).report.kept.money == Decimal("3.2345")

    lines["nr"] = [1, None]
    pq.write_table(pa.table(lines), path)
    with pytest.raises(ea.InvalidData) as caught:
        ea.Transactions.from_parquet(path, **MAPPING)
    assert (caught.value.file, caught.value.row, caught.value.column) == (str(path), 2, "nr")


class TestParquet:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "year=2011" / "lines.parquet"  # No column comes from a folder's name.

    @pytest.fixture
    def table(self, path: Path) -> pa.Table:
        path.parent.mkdir()
        table = pa.table(
            {
                "order": pa.array([1, 2, None], pa.int32()),
                "price": pa.array(["1.2345", "2", "3"]).cast(pa.decimal128(9, 4)),
                "time": pa.array([1, 2, 3], pa.timestamp("ms")),
            }
        )
        pq.write_table(table, path, write_page_checksum=True)
        return table

    def test_keeps_types(self, path: Path, table: pa.Table) -> None:
        assert files.read_parquet(path).equals(table)
        assert files.read_parquet(path, columns=["time", "order"]).equals(
            table.select(["time", "order"])
        )

    def test_missing_column(self, path: Path, table: pa.Table) -> None:
        with pytest.raises(ea.SchemaMismatch) as caught:
            files.read_parquet(path, columns=["order", "quantity"])
        assert caught.value.column == "quantity"

    def test_no_rows(self, path: Path, table: pa.Table) -> None:
        pq.write_table(table.slice(0, 0), path)
        with pytest.raises(ea.InvalidData, match="no row"):
            files.read_parquet(path)

    def test_same_name_twice(self, path: Path, table: pa.Table) -> None:
        pq.write_table(table.rename_columns(["a", "b", "a"]), path)
        with pytest.raises(ea.SchemaMismatch) as caught:
            files.read_parquet(path)
        assert caught.value.column == "a"

    def test_every_truncation_is_an_error(self, path: Path, table: pa.Table) -> None:
        data = path.read_bytes()
        for size in range(0, len(data), 7):
            path.write_bytes(data[:size])
            with pytest.raises(ea.IOFailure) as caught:
                files.read_parquet(path)
            assert caught.value.file == str(path)

    def test_a_damaged_page_is_an_error(self, path: Path, table: pa.Table) -> None:
        data = bytearray(path.read_bytes())
        data[data.index((12345).to_bytes(4, "big"))] ^= 1
        path.write_bytes(data)
        with pytest.raises(ea.IOFailure, match="damaged"):
            files.read_parquet(path)


def write_sheets(path: Path, **sheets: list[list[Any]]) -> Path:
    workbook = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


class TestXlsx:
    def test_columns_have_the_type_of_their_cells(self, tmp_path: Path) -> None:
        moment = datetime(2010, 12, 1, 8, 26)
        path = write_sheets(
            tmp_path / "a.xlsx",
            lines=[
                ["number", "time", "text", "mixed", "code", "nothing"],
                [1, moment, "a", 536365, 7, None],
                [2.55, date(2010, 12, 2), None, "C536379", 8.5, None],
                [None, None, "é", 2.5, True, None],
                [-3, moment, "x\ny", moment, date(2010, 12, 2), None],
                [0.1 + 0.2, moment, "=1", time(1, 2, 3), -12, None],
            ],
        )
        [(name, table)] = files.read_xlsx(path, text={"code"}).items()
        assert name == "lines"
        midnight = datetime(2010, 12, 2)
        assert table.to_pydict() == {
            "number": [1.0, 2.55, None, -3.0, pytest.approx(0.3, abs=1e-15)],
            "time": [moment, midnight, None, moment, moment],
            # A formula that no spreadsheet has computed is an empty cell.
            "text": ["a", None, "é", "x\ny", None],
            "mixed": ["536365", "C536379", "2.5", "2010-12-01 08:26:00", "01:02:03"],
            "code": ["7", "8.5", "TRUE", "2010-12-02 00:00:00", "-12"],
            "nothing": [None] * 5,
        }
        assert table.schema.field("number").type == pa.float64()
        assert table.schema.field("time").type == pa.timestamp("us")

    @settings(max_examples=30)
    @given(st.lists(st.datetimes(datetime(1901, 1, 1), datetime(2099, 1, 1)), min_size=1))
    def test_times_are_read_to_the_second(
        self, tmp_path_factory: pytest.TempPathFactory, times: list[datetime]
    ) -> None:
        rows: list[list[Any]] = [[moment.replace(microsecond=0)] for moment in times]
        path = write_sheets(tmp_path_factory.mktemp("x") / "a.xlsx", a=[["t"], *rows])
        assert files.read_xlsx(path)["a"]["t"].to_pylist() == [row[0] for row in rows]

    def test_sheets_without_rows_and_blank_rows_around(self, tmp_path: Path) -> None:
        path = write_sheets(
            tmp_path / "a.xlsx",
            empty=[],
            header=[["a", "b"]],
            first=[[], [None, None], ["a", "b"], [1, 2], [], [None]],
            second=[["a"], ["x"]],
        )
        tables = files.read_xlsx(path)
        assert list(tables) == ["first", "second"]
        assert tables["first"].to_pylist() == [{"a": 1.0, "b": 2.0}]

    def test_many_rows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files, "_ROWS_AT_ONCE", 3)
        rows: list[list[Any]] = [[number, f"{number}"] for number in range(10)]
        path = write_sheets(tmp_path / "a.xlsx", a=[["a", "b"], *rows, [], [], [], []])
        table = files.read_xlsx(path)["a"]
        assert table["a"].to_pylist() == list(range(10))
        assert table["b"].to_pylist() == [str(number) for number in range(10)]

    @pytest.mark.parametrize("at_once", [2, 3, 100])
    @pytest.mark.parametrize("blank", [1, 2, 3, 5])
    def test_a_blank_row(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, blank: int
    ) -> None:
        monkeypatch.setattr(files, "_ROWS_AT_ONCE", at_once)
        rows: list[list[Any]] = [[number] for number in range(1, 7)]
        rows[blank - 1] = [None]
        path = write_sheets(tmp_path / "a.xlsx", a=[["a"], *rows])
        with pytest.raises(ea.SchemaMismatch, match=r"^the row is blank") as caught:
            files.read_xlsx(path)
        assert (caught.value.file, caught.value.row) == (f"{path}[a]", blank)

    @pytest.mark.parametrize(
        ("header", "message"),
        [
            (["a", "a"], "a column stands twice"),
            (["a", None], "a column of the header has no name: a, "),
            (["a", 5], "a column of the header has no name: a, 5.0"),
        ],
    )
    def test_a_bad_header(self, tmp_path: Path, header: list[Any], message: str) -> None:
        path = write_sheets(tmp_path / "a.xlsx", fine=[["a"], [1]], bad=[header, [1, 2]])
        with pytest.raises(ea.SchemaMismatch) as caught:
            files.read_xlsx(path)
        assert caught.value.file == f"{path}[bad]"
        assert str(caught.value).startswith(message)

    @pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.999])
    def test_a_truncated_workbook(self, tmp_path: Path, share: float) -> None:
        path = write_sheets(tmp_path / "a.xlsx", a=[["a"], [1], [2]])
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(ea.IOFailure, match=r"^the file is truncated, damaged or no Excel"):
            files.read_xlsx(path)

    def test_what_is_no_workbook(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        with pytest.raises(ea.IOFailure, match=r"^the file does not exist"):
            files.read_xlsx(path)
        path.write_text("a,b\n1,2\n")
        with pytest.raises(ea.IOFailure, match=r"^the file is truncated, damaged or no Excel"):
            files.read_xlsx(path)
        with pytest.raises(ea.InvalidData, match=r"^the workbook has no row"):
            files.read_xlsx(write_sheets(path, a=[["a"]], b=[]))
