"""The workbook: cells have types, text stays text, the same tables give the same bytes."""

import json
import os
import time
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ecommerce_analytics as ea
from ecommerce_analytics import workbook
from ecommerce_analytics.run import run

FILE = "ecommerce_analytics.xlsx"
SHEETS = [
    "About",
    "executive_metrics_summary",
    "key_figure_changes",
    "customer_rfm_segments",
    "rfm_segment_summary",
    "customer_value_tiers",
    "lorenz_curve",
    "customer_cohort_retention",
    "customer_clusters",
    "high_value_customers",
    "enhanced_customer_data",
    "geo_revenue",
    "category_revenue",
    "payment_types",
]


@pytest.fixture(scope="module")
def shop() -> ea.datasets.Dataset:
    return ea.datasets.make_synthetic(60, 3)


def write(path: Path, **tables: pa.Table) -> Path:
    workbook.write(path, tables, facts=[("source", "shop")], meanings=lambda _: {})
    return path


def rows_of(path: Path, sheet: str) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(path)
    return list(book[sheet].iter_rows(values_only=True))


def test_the_sheets_hold_the_tables(shop: ea.datasets.Dataset, tmp_path: Path) -> None:
    result = run(shop, tmp_path, xlsx=True, parquet=True)
    book = openpyxl.load_workbook(tmp_path / FILE)

    assert book.sheetnames == SHEETS
    assert FILE in result.files
    assert FILE in result.manifest["outputs"]
    assert "xlsxwriter" in result.manifest["versions"]
    for name in SHEETS[1:]:
        table = pq.read_table(tmp_path / f"{name}.parquet")
        sheet = book[name]
        header, *rows = sheet.iter_rows(values_only=True)
        assert list(header) == table.column_names
        assert len(rows) == table.num_rows > 0
        for cells, wanted in zip(rows, table.to_pylist(), strict=True):
            for cell, (column, value) in zip(cells, wanted.items(), strict=True):
                assert_cell_says(cell, value, column)
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
    assert isinstance(book["geo_revenue"]["E2"].value, int | float)
    assert book["customer_cohort_retention"]["B2"].number_format == "yyyy-mm-dd"
    assert book["customer_rfm_segments"]["D2"].number_format == "#,##0.00##"


def assert_cell_says(cell: object, value: object, column: str) -> None:
    if isinstance(value, Decimal):
        assert cell == float(value), column
    elif isinstance(value, float):
        assert cell == pytest.approx(value, rel=1e-15), column
    elif isinstance(value, date):
        assert cell == datetime.combine(value, datetime.min.time()), column
    elif value == "":
        assert cell is None or cell == "", column
    else:
        assert cell == value, column
        assert type(cell) is type(value), column


def test_the_first_sheet_says_what_it_is_about(shop: ea.datasets.Dataset, tmp_path: Path) -> None:
    result = run(shop, tmp_path, xlsx=True)
    rows = rows_of(tmp_path / FILE, "About")
    facts = {(row[0], row[1]): row[2] for row in rows}

    assert facts[None, "source"] == "synthetic"
    assert facts[None, "synthetic"] == "drawn from models, not of any shop"
    assert facts[None, "as of (exclusive)"] == result.manifest["as_of"]
    assert facts[None, "rule set of the segments"] == "default"
    assert facts["customer_rfm_segments", "rows"] == "60"
    assert facts["customer_rfm_segments", "n_bins"] == "5"
    assert facts["customer_rfm_segments", "frequency"] == "his orders"
    book = openpyxl.load_workbook(tmp_path / FILE, read_only=True)
    for name in SHEETS[1:]:
        for column in next(book[name].iter_rows(values_only=True)):
            assert facts[name, column], (name, column)


@pytest.mark.parametrize("zone", ["UTC", "America/Sao_Paulo", "Pacific/Auckland"])
def test_the_same_tables_give_the_same_bytes_anywhere_and_any_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    table = pa.table({"customer": ["ann", "bob"], "day": [date(2026, 1, 5)] * 2, "x": [0.5, None]})
    expected = write(tmp_path / "a.xlsx", t=table).read_bytes()
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    old = os.umask(0o077)
    try:
        found = write(tmp_path / "b.xlsx", t=table).read_bytes()
    finally:
        os.umask(old)
        monkeypatch.undo()
        time.tzset()
    assert found == expected
    names = zipfile.ZipFile(tmp_path / "b.xlsx").read("docProps/core.xml").decode()
    assert "2000-01-01T00:00:00Z" in names


def test_the_bytes_do_not_depend_on_threads(shop: ea.datasets.Dataset, tmp_path: Path) -> None:
    books = [
        (run(shop, tmp_path / str(n), xlsx=True, num_threads=n).output / FILE).read_bytes()
        for n in (1, 3)
    ]
    assert books[0] == books[1]


def test_text_is_never_a_formula_a_number_or_a_link(tmp_path: Path) -> None:
    texts = [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "'q",
        "12",
        "1e5",
        "http://a.b",
        "{=1}",
        " x ",
        "a\nb",
        "_x0041_",
    ]
    path = write(tmp_path / "t.xlsx", t=pa.table({"text": texts}))
    book = openpyxl.load_workbook(path)
    cells = [cell for (cell,) in book["t"].iter_rows(min_row=2)]
    assert all(cell.data_type == "s" for cell in cells)
    assert not any(cell.hyperlink for cell in cells)
    sheet = zipfile.ZipFile(path).read("xl/worksheets/sheet2.xml").decode()
    assert "<f>" not in sheet
    shown = [cell.value.replace("_x005F_", "_") for cell in cells]
    assert shown == texts


def test_what_a_number_of_a_workbook_cannot_hold(tmp_path: Path) -> None:
    money = pa.array(
        [Decimal("99999999999.9999"), Decimal("123456789012345.6789"), None], pa.decimal128(38, 4)
    )
    table = pa.table(
        {
            "monetary": money,
            "customer": [10**15 - 1, 9_007_199_254_740_993, None],
            "orders": [1, 10**15 - 1, None],
        }
    )
    path = write(tmp_path / "t.xlsx", t=table)
    _, *rows = rows_of(path, "t")
    assert rows[0] == (99999999999.9999, "999999999999999", 1)
    # A key of more digits is exact, as text; an amount is rounded, and that is said.
    assert rows[1][0] == pytest.approx(123456789012345.6789, rel=1e-15)
    assert rows[1][1:] == ("9007199254740993", 10**15 - 1)
    about = {(row[0], row[1]): row[2] for row in rows_of(path, "About")}
    assert about["t", "rows"] == "3, 1 amounts rounded to 15 digits"


def test_days_that_a_workbook_has_not_are_text(tmp_path: Path) -> None:
    days = [date(1400, 1, 1), date(1900, 2, 28), date(1900, 3, 1), date(9999, 12, 31), None]
    column = pa.array([*((day - date(1970, 1, 1)).days for day in days if day), 2_932_897, None])
    table = pa.table({"day": column.cast(pa.int32()).cast(pa.date32()), "other": ["x"] * 6})
    _, *rows = rows_of(write(tmp_path / "t.xlsx", t=table), "t")
    assert [day for day, _ in rows] == [
        "1400-01-01",
        "1900-02-28",
        datetime(1900, 3, 1),
        datetime(9999, 12, 31),
        "10000-01-01",
        None,
    ]


def test_moments_scores_and_shares_look_like_what_they_are(tmp_path: Path) -> None:
    moments = np.array(["2011-09-10T12:30:15", "1899-12-31T23:00:00", "NaT"], "datetime64[us]")
    money = pa.array([Decimal(12), Decimal("0.5"), None], pa.decimal128(38, 4))
    table = pa.table(
        {
            "cutoff": pa.array(moments),
            "churn_risk": [0.98765, 0.5, None],
            "roc_auc": [0.87654, 0.5, None],
            "value": money,
            "revenue": money,
            "customer": ["a", "b", "c"],
        }
    )
    book = openpyxl.load_workbook(write(tmp_path / "t.xlsx", t=table))
    first, second, third = book["t"].iter_rows(min_row=2)
    assert [cell.value for cell in first[:5]] == [
        *(datetime(2011, 9, 10, 12, 30, 15), 0.98765, 0.87654, 12, 12)
    ]
    assert [cell.number_format for cell in first[:5]] == [
        *("yyyy-mm-dd hh:mm:ss", "0.00%", "0.0000", "General", "#,##0.00##")
    ]
    assert second[0].value == "1899-12-31 23:00:00.000000"
    assert [cell.value for cell in third] == [*[None] * 5, "c"]


def test_more_rows_than_a_sheet_has_go_on_in_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "_MAX_ROWS", 4)
    long, short = "a_name_of_thirty_one_characters", "short"
    keys = [1, 2, 3, 4, 5, 6, 10**16]
    tables = {long: pa.table({"customer": keys}), short: pa.table({"customer": keys[:3]})}
    path = write(tmp_path / "t.xlsx", **tables)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["About", long, long[:29] + "_2", long[:29] + "_3", short]
    found = [
        value
        for name in book.sheetnames[1:4]
        for (value,) in book[name].iter_rows(min_row=2, values_only=True)
    ]
    # The whole column is of one type.
    assert found == [str(key) for key in keys]
    assert book[short]["A1"].value == "customer"
    assert workbook._MAX_ROWS == 4
    empty = write(tmp_path / "e.xlsx", t=pa.table({"customer": pa.array([], pa.string())}))
    assert rows_of(empty, "t") == [("customer",)]


def test_a_text_too_long_for_a_cell_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "t.xlsx", t=pa.table({"x": ["a" * 32_767]}))
    for text in ("a" * 32_768, "😀" * 16_384):
        with pytest.raises(ea.InvalidData, match="longer than a cell can be") as caught:
            write(tmp_path / "u.xlsx", t=pa.table({"x": ["a", text]}))
        assert (caught.value.row, caught.value.column) == (2, "x")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.none() | st.text("abcé€😀=+'\"<>& ", min_size=1, max_size=8),
            st.none() | st.integers(-(10**15) + 1, 10**15 - 1),
            st.none() | st.integers(-(10**15) + 1, 10**15 - 1).map(lambda n: Decimal(n).scaleb(-4)),
            st.none() | st.dates(date(1900, 3, 1)),
            st.none() | st.booleans(),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_has_fifteen_digits_comes_back_as_it_went(
    tmp_path: Path, rows: list[tuple[Any, ...]]
) -> None:
    kinds = (pa.string(), pa.int64(), pa.decimal128(38, 4), pa.date32(), pa.bool_())
    arrays = [
        pa.array(list(c), kind) for c, kind in zip(zip(*rows, strict=True), kinds, strict=True)
    ]
    arrays.append(pa.array(["end"] * len(rows)))  # No row is empty.
    path = write(tmp_path / "t.xlsx", t=pa.table(dict(zip("abcdef", arrays, strict=True))))
    found = rows_of(path, "t")[1:]
    for cells, row in zip(found, rows, strict=True):
        text, number, money, day, flag, _ = cells
        assert (text, number, flag) == (row[0], row[1], row[4])
        assert (money is None) == (row[2] is None)
        assert money is None or Decimal(repr(money)) == row[2]
        assert day == (None if row[3] is None else datetime.combine(row[3], datetime.min.time()))


def test_a_full_disk_is_an_error_and_leaves_the_old_files(
    shop: ea.datasets.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import xlsxwriter

    out = tmp_path / "out"
    run(shop, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def full(_: object) -> None:
        # As its file would, which is opened last.
        raise xlsxwriter.exceptions.FileCreateError(OSError(28, os.strerror(28)))

    monkeypatch.setattr(xlsxwriter.Workbook, "_store_workbook", full)
    with pytest.raises(ea.IOFailure, match="No space left") as caught:
        run(shop, out, xlsx=True)
    assert caught.value.file == str(out / FILE)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_run_without_one_takes_the_old_one_away(
    shop: ea.datasets.Dataset, tmp_path: Path
) -> None:
    run(shop, tmp_path, xlsx=True)
    assert (tmp_path / FILE).exists()
    run(shop, tmp_path)
    assert not (tmp_path / FILE).exists()
    assert FILE not in json.loads((tmp_path / "run.json").read_text())["outputs"]
