"""Each export opens, and holds what the library says."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.escape import unescape

from browser import hostile_shop
from browser.conftest import Visit
from browser.visitor import Visitor
from ecommerce_analytics.dashboard import views
from ecommerce_analytics.spreadsheet import unescape_text

PAGES = [one.name for one in views.PAGES if one.group]
# Pages on which a table at least is compared with a call of the library.
VIEWS_COMPARED = {"tower", "customers", "retention"}
FORMS = ("csv", "parquet", "xlsx")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("view", PAGES)
def test_the_exports_of_a_page(visit: Visit, library_of, tmp_path: Path, view: str) -> None:
    library = library_of("synthetic")
    choice = library.choices(1)[0]
    visitor = visit("synthetic").open(view, choice.query).open_what_is_folded()
    keys = keys_of_exports(visitor)
    compared = set()
    for key in keys:
        files = visitor.take_away(key, tmp_path, FORMS)
        table = pq.read_table(files["parquet"])
        assert table.num_columns
        check_csv(files["csv"], table)
        check_workbook(files["xlsx"], table)
        # Rows that were drawn say so in each file.
        assert set(table["source"].to_pylist()) <= {"synthetic"}, key
        if (expected := library.table(key, choice)) is not None:
            assert table.drop_columns("source").to_pydict() == expected.to_pydict(), key
            compared.add(key)
    assert compared or view not in VIEWS_COMPARED
    visitor.says_nothing_went_wrong()


def test_exports_of_hostile_names_hold_them_and_no_formula(visit: Visit, tmp_path: Path) -> None:
    visitor = visit("hostile").open(PAGES[0])
    files = visitor.take_away("top-categories", tmp_path, FORMS)
    table = pq.read_table(files["parquet"])
    assert set(table["category"].to_pylist()) == set(hostile_shop.NAMES)
    check_csv(files["csv"], table)
    check_workbook(files["xlsx"], table)
    text = files["csv"].read_text(encoding="utf-8")
    assert "'=HYPERLINK" in text
    assert "\n=HYPERLINK" not in text
    visitor.says_nothing_went_wrong()


@pytest.mark.parametrize("view", PAGES)
def test_a_plot_is_saved_as_a_picture(visit: Visit, tmp_path: Path, view: str) -> None:
    visitor = visit("synthetic").open(view)
    for number, plot in enumerate(visitor.plots.all()):
        plot.scroll_into_view_if_needed()
        plot.hover()
        with visitor.page.expect_download() as waiting:
            plot.locator('[data-title^="Download plot"]').click()
        assert waiting.value.suggested_filename.endswith(".png")
        path = tmp_path / f"{number}.png"
        waiting.value.save_as(path)
        assert path.read_bytes().startswith(PNG)
        assert path.stat().st_size > 4_000
    visitor.says_nothing_went_wrong()


def keys_of_exports(visitor: Visitor) -> list[str]:
    """Return the keys of all exports of the page."""
    names = visitor.page.locator('[class*="st-key-export-"]').evaluate_all(
        "nodes => nodes.map((node) => node.className)"
    )
    return [name.split("st-key-export-")[1].split()[0] for name in names]


def check_csv(path: Path, table: pa.Table) -> None:
    """Check that DuckDB reads the same cells."""
    read = duckdb.sql(
        f"FROM read_csv('{path}', header = true, all_varchar = true, delim = ',', quote = '\"',"
        " escape = '\"', strict_mode = true)"
    ).to_arrow_table()
    assert read.column_names == table.column_names
    assert read.num_rows == table.num_rows
    for name in table.column_names:
        for cell, value in zip(read[name].to_pylist(), table[name].to_pylist(), strict=True):
            if isinstance(value, str):
                assert unescape_text(cell or "") == value
                assert not (cell or "").startswith(("=", "+", "-", "@", "\t", "\r")), name
            else:
                assert (cell is None) == (value is None), name
                if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                    assert float(cell) == float(value), name


def check_workbook(path: Path, table: pa.Table) -> None:
    """Check that openpyxl reads the same cells, and no formula among them."""
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    rows = list(book.worksheets[1].iter_rows())
    assert [cell.value for cell in rows[0]] == table.column_names
    assert len(rows) == table.num_rows + 1
    assert not [
        cell for sheet in book.worksheets for row in sheet for cell in row if cell.data_type == "f"
    ]
    for position, name in enumerate(table.column_names):
        for row, value in zip(rows[1:], table[name].to_pylist(), strict=True):
            check_cell(row[position].value, value, name)


def check_cell(cell: Any, value: Any, name: str) -> None:
    """Check a cell of a workbook: numbers to the 15 digits that it holds."""
    if value is None or value == "":
        assert cell in (None, ""), name
    elif isinstance(value, bool):
        assert bool(cell) == value, name
    elif isinstance(value, int | float | Decimal):
        assert float(cell) == pytest.approx(float(value), rel=1e-14), name
    elif isinstance(value, str):
        assert unescape(cell) == value, name  # Control characters are written as _x0007_.
