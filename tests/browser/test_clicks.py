"""A click on a bar, a tile, a cell, a place, a row: the list that opens is that of the raw rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from browser.conftest import Visit
from browser.library import Choice
from browser.raw_lines import RawLines
from browser.visitor import Visitor
from conftest import data_dir

HALF_YEAR = Choice(start=date(2024, 1, 15), last=date(2024, 7, 14))


def check_list(
    visitor: Visitor, key: str, folder: Path, expected: list[Any], *columns: str
) -> None:
    """Compare a table's columns with rows, in their order, and its caption with their number."""
    table = pq.read_table(visitor.take_away(key, folder, ["parquet"])["parquet"])
    shown = list(zip(*(table[name].to_pylist() for name in columns), strict=True))
    assert expected
    assert shown == expected
    caption = visitor.page.locator(f".st-key-table-{key}").get_by_test_id("stCaptionContainer")
    words = f"{min(len(expected), 1_000):,} of {len(expected):,} rows."
    assert caption.inner_text().startswith(words)
    visitor.says_nothing_went_wrong()


def test_a_bar_of_a_tier_chooses_its_customers(
    visit: Visit, raw_lines: RawLines, tmp_path: Path
) -> None:
    visitor = visit("synthetic").open("customers").click_mark("tiers", "Platinum")
    expected = [(key,) for key in raw_lines.customers_in("tier", "Platinum")]
    check_list(visitor, "customers", tmp_path, expected, "customer")


def test_a_tile_of_a_segment_chooses_its_customers_and_does_not_zoom(
    visit: Visit, raw_lines: RawLines, tmp_path: Path
) -> None:
    visitor = visit("synthetic").open("customers")
    tiles = visitor.page.locator(".st-key-panel-segments-treemap .bars .point path")
    before = tiles.evaluate_all("nodes => nodes.map((node) => node.getAttribute('d'))")
    for segment in ("At Risk", "New Customers"):
        visitor.click_mark("segments-treemap", segment)
        expected = [(key,) for key in raw_lines.customers_in("segment", segment)]
        check_list(visitor, "customers", tmp_path, expected, "customer")
    assert tiles.evaluate_all("nodes => nodes.map((node) => node.getAttribute('d'))") == before


def test_a_row_of_a_segment_chooses_its_customers(
    visit: Visit, raw_lines: RawLines, tmp_path: Path
) -> None:
    visitor = visit("synthetic").open("customers")
    table = pq.read_table(visitor.take_away("segments", tmp_path, ["parquet"])["parquet"])
    visitor.click_row("segments", 2)
    segment = table["segment"][2].as_py()
    expected = [(key,) for key in raw_lines.customers_in("segment", segment)]
    check_list(visitor, "customers", tmp_path, expected, "customer")


def test_the_last_click_chooses_the_segment(
    visit: Visit, raw_lines: RawLines, tmp_path: Path
) -> None:
    visitor = visit("synthetic").open("customers").click_row("segments", 0)
    visitor.click_mark("segments-treemap", "Promising")
    expected = [(key,) for key in raw_lines.customers_in("segment", "Promising")]
    check_list(visitor, "customers", tmp_path, expected, "customer")


def test_a_cell_of_a_cohort_opens_who_came_back(
    visit: Visit, raw_lines: RawLines, tmp_path: Path
) -> None:
    visitor = visit("synthetic").open("retention").click_mark("cohorts", ["2023-05-01", 3])
    came = """
        SELECT DISTINCT customer FROM orders WHERE date_trunc('month', time) = DATE '2023-08-01'
        AND customer IN (SELECT customer FROM numbered
            WHERE number = 1 AND date_trunc('month', time) = DATE '2023-05-01')
        ORDER BY customer"""
    check_list(visitor, "cell-customers", tmp_path, raw_lines.ask(came), "customer")


@pytest.mark.parametrize("figure", ["map-of-region", "bars-of-region"])
def test_a_state_opens_the_customers_who_bought_there(
    visit: Visit, raw_lines: RawLines, tmp_path: Path, figure: str
) -> None:
    visitor = visit("synthetic").open("geography").click_mark(figure, "MG")
    there = """
        SELECT customer, sum(amount) AS revenue FROM lines
        WHERE "order" IN (SELECT "order" FROM orders WHERE region = 'MG') AND customer IS NOT NULL
        GROUP BY customer ORDER BY revenue DESC, customer"""
    rows = raw_lines.ask(there)
    check_list(visitor, "customers-of-place", tmp_path, rows, "customer", "revenue")


def test_a_bar_of_a_month_opens_its_orders(
    visit: Visit, raw_lines: RawLines, tmp_path: Path
) -> None:
    visitor = visit("synthetic").open("tower", HALF_YEAR.query).click_mark("monthly-revenue", 0)
    expected = raw_lines.orders_of(Choice(start=HALF_YEAR.start, last=date(2024, 1, 31)))
    check_orders(visitor, "month-orders-orders", tmp_path, expected)


def test_a_bar_of_a_category_opens_its_orders(
    visit: Visit, raw_lines: RawLines, tmp_path: Path
) -> None:
    visitor = visit("synthetic").open("tower", HALF_YEAR.query)
    visitor.click_mark("top-categories", "toys")
    expected = raw_lines.orders_of(HALF_YEAR, of="category = 'toys'")
    check_orders(visitor, "category-orders-orders", tmp_path, expected)


def test_bars_and_tiles_of_categories_open_orders_and_the_last_click_wins(
    visit: Visit, raw_lines: RawLines, tmp_path: Path
) -> None:
    choice = Choice(start=date(2024, 11, 20), last=date(2024, 11, 30), region=("SP",))
    visitor = visit("synthetic").open("products", choice.query)
    for figure, category in (
        ("revenue-by-category", "books"),
        ("treemap-of-category", "garden"),
        ("revenue-by-category", "toys"),
    ):
        visitor.click_mark(figure, category)
        expected = raw_lines.orders_of(choice, of=f"category = '{category}'")
        check_orders(visitor, "category-orders-orders", tmp_path, expected)


def test_a_bar_of_a_payment_type_opens_its_orders(
    visit: Visit, raw_lines: RawLines, tmp_path: Path
) -> None:
    visitor = visit("synthetic").open("products", HALF_YEAR.query)
    with visitor.rerun():
        visitor.page.get_by_role("radio", name="Payments").click()
    for figure, name in (
        ("revenue-by-payment-type", "voucher"),
        ("orders-by-payment-type", "boleto"),
    ):
        visitor.click_mark(figure, name)
        expected = raw_lines.orders_of(
            Choice(start=HALF_YEAR.start, last=HALF_YEAR.last, payment_type=(name,))
        )
        check_orders(visitor, "payment-orders-orders", tmp_path, expected)


def test_a_step_that_removes_lines_opens_them(visit: Visit, tmp_path: Path) -> None:
    visitor = visit("online_retail_C").open("tower")
    visitor.click_mark("raw-file-to-number", ["removed", "quantity not positive"])
    file = data_dir() / "online_retail" / "online_retail.csv"
    removed = duckdb.sql(f"""
        SELECT row, InvoiceNo FROM (
            SELECT *, row_number() OVER () AS row FROM read_csv('{file}', all_varchar = true))
        WHERE CustomerID IS NOT NULL AND Quantity::BIGINT <= 0 ORDER BY row""").fetchall()
    check_list(visitor, "lines-of-a-bar", tmp_path, removed, "source_row", "order")


def check_orders(
    visitor: Visitor, key: str, folder: Path, expected: list[tuple[str, Decimal]]
) -> None:
    """Compare a list of orders, of which the page shows those of most revenue first."""
    check_list(visitor, key, folder, expected, "order", "revenue")
