import copy
import json
import pickle
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import ecommerce_analytics as ea
from analyses import ANALYSES
from golden import input_lines
from order_logs import OrderLog, rows_of, transactions_of
from reference.customer_history import Line


@pytest.fixture(scope="module")
def transactions() -> ea.Transactions:
    return OrderLog(tuple(input_lines("geo_aggregate/two_regions"))).transactions()


@pytest.fixture(params=list(ANALYSES))
def table(request: pytest.FixtureRequest, transactions: ea.Transactions) -> ea.Table:
    return ANALYSES[request.param](transactions)


def test_shape(table: ea.Table) -> None:
    arrow = table.to_arrow()
    assert table.column_names == tuple(arrow.column_names)
    assert table.num_rows == len(table) == arrow.num_rows > 0


def test_arrow_metadata_is_that_of_the_result(table: ea.Table) -> None:
    metadata = {
        name.decode(): value.decode() for name, value in table.to_arrow().schema.metadata.items()
    }
    assert metadata == table.metadata
    assert table.as_of == table.metadata["as_of"]
    for name, text in table.metadata.items():
        value = getattr(table, name)
        if isinstance(value, (int, list)):
            assert json.loads(text) == value
        else:
            assert value == text
    assert set(table.metadata) <= set(dir(table))


def test_every_reader_sees_the_same_rows(table: ea.Table) -> None:
    rows = rows_of(table)
    assert pa.table(table).to_pylist() == rows
    assert pa.record_batch(table).to_pylist() == rows
    assert pl.DataFrame(table).to_dicts() == rows
    assert table.to_polars().to_dicts() == rows
    connection = duckdb.connect()
    connection.register("result", table)
    assert connection.sql("select * from result").to_arrow_table().to_pylist() == rows
    # A stream may be asked for again: the result is still there.
    assert pa.table(table).to_pylist() == rows


def test_pandas_has_the_same_rows(table: ea.Table) -> None:
    rows = rows_of(table)
    exact = table.to_pandas(money="decimal")
    floats = table.to_pandas()
    assert list(exact.columns) == list(floats.columns) == list(table.column_names)
    assert len(exact) == len(floats) == len(rows)
    for name in table.column_names:
        for row, value, number in zip(rows, exact[name], floats[name], strict=True):
            expected = row[name]
            if expected is None:
                assert value is None or pd.isna(value)
                assert pd.isna(number)
            elif isinstance(expected, Decimal):
                assert value == expected
                assert number == float(expected)
            elif name in ("cohort", "start", "end"):
                assert value == number == pd.Timestamp(expected)
            else:
                assert value == number == expected


def test_numpy_columns(table: ea.Table) -> None:
    rows = rows_of(table)
    for name in table.column_names:
        column = table[name]
        assert column.shape == (len(rows),)
        if column.dtype.kind in "biu" and not isinstance(column, np.ma.MaskedArray):
            # A view of the result itself, which nobody may change.
            with pytest.raises(ValueError, match=r"read-only"):
                column[0] = column[0]
        for row, value in zip(rows, column.tolist(), strict=True):
            expected = row[name]
            assert value == (float(expected) if isinstance(expected, Decimal) else expected)


def test_numpy_dtypes(transactions: ea.Transactions) -> None:
    scores = ea.rfm.score(transactions)
    assert scores["recency_days"].dtype == np.int32
    assert scores["frequency"].dtype == np.int64
    assert scores["monetary"].dtype == np.float64
    assert scores["r_score"].dtype == np.uint8
    retention = ea.cohort.retention(transactions)
    assert retention["cohort"].dtype.kind == "M"
    assert retention["partial"].dtype == np.bool_
    assert retention["rate"].dtype == np.float64


def test_arrow_types(transactions: ea.Transactions) -> None:
    money = pa.decimal128(38, 4)
    assert ea.rfm.score(transactions).to_arrow().schema.types[1:] == [
        pa.int32(),
        pa.int64(),
        money,
        pa.uint8(),
        pa.uint8(),
        pa.uint8(),
    ]
    schema = ea.cohort.retention(transactions, measure="revenue").to_arrow().schema
    assert schema.field("cohort").type == pa.date32()
    assert schema.field("value").type == money
    assert schema.field("partial").type == pa.bool_()
    assert ea.cohort.retention(transactions).to_arrow().schema.field("value").type == pa.int64()


def test_integer_keys_stay_integers() -> None:
    time = datetime(2024, 1, 1)
    lines = (
        Line(-7, 2**62, time, Decimal(5), region=35),
        Line(10, 1, time, Decimal(5), region=None),
        Line(9, 2, time, Decimal(5), region=-1),
    )
    transactions = OrderLog(lines).transactions()
    customers = ea.rfm.score(transactions).to_arrow().column("customer")
    assert customers.type == pa.int64()
    assert customers.to_pylist() == [-7, 9, 10]
    regions = ea.geo_aggregate.by_region(transactions)
    assert regions.to_arrow().column("region").to_pylist() == [-1, 35, None]
    assert regions["region"].tolist() == [-1, 35, None]


def test_money_with_all_its_digits() -> None:
    amount = Decimal(2**63 - 1) / 10_000
    lines = tuple(Line("ana", "A", datetime(2024, 1, 1), amount) for _ in range(3))
    scores = ea.rfm.score(OrderLog(lines).transactions())
    assert scores.decimals("monetary") == [3 * amount]
    assert scores["monetary"].tolist() == [float(3 * amount)]
    assert scores.to_pandas(money="decimal")["monetary"].tolist() == [3 * amount]
    with pytest.raises(KeyError):
        scores.decimals("frequency")
    revenue = ea.cohort.retention(
        OrderLog(lines).transactions(), measure="revenue", as_of="2024-02-15"
    )
    assert revenue.decimals("value") == [3 * amount, None]


def test_names_that_are_not_there(transactions: ea.Transactions) -> None:
    scores = ea.rfm.score(transactions)
    with pytest.raises(KeyError):
        scores["segment"]
    with pytest.raises(AttributeError, match=r"has no attribute 'rules'"):
        scores.rules  # noqa: B018
    assert ea.rfm.segment(scores).rules == "default"


def test_money_is_float64_or_decimal(transactions: ea.Transactions) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^money must be float64 or decimal"):
        ea.rfm.score(transactions).to_pandas(money="int")  # type: ignore[arg-type]


def test_html_is_escaped_and_short() -> None:
    time = datetime(2024, 1, 1)
    lines = tuple(Line(f"<b>{number}</b>", number, time, Decimal(5)) for number in range(50))
    html = ea.rfm.score(OrderLog(lines).transactions())._repr_html_()
    assert "<b>" not in html
    assert "&lt;b&gt;0&lt;/b&gt;" in html
    assert html.count("<tr>") <= 12
    assert "of 50 rows" in html


def test_repr_names_the_columns(transactions: ea.Transactions) -> None:
    text = repr(ea.geo_aggregate.by_region(transactions))
    assert "3 rows" in text
    assert "revenue" in text


def test_columns_live_longer_than_their_table(transactions: ea.Transactions) -> None:
    def column() -> Any:
        return ea.rfm.score(transactions)["frequency"]

    values = column()
    arrow = ea.rfm.score(transactions).to_arrow()
    assert values.tolist() == arrow.column("frequency").to_pylist()


def test_a_result_is_a_source_again(transactions: ea.Transactions) -> None:
    # One customer's history as an order line: a table of ours goes in as any other one.
    scores = ea.rfm.score(transactions)
    again = transactions_of(
        pa.table(scores).append_column("time", pa.array(["2024-01-01"] * len(scores))),
        order="customer",
        timestamp="time",
        amount="monetary",
        region=None,
    )
    assert again.report.kept.money == sum(scores.decimals("monetary"))


def test_a_table_lists_its_columns_as_a_mapping_does(transactions: ea.Transactions) -> None:
    regions = ea.geo_aggregate.by_region(transactions)
    assert list(regions) == list(regions.column_names)
    assert "orders" in regions
    assert "segment" not in regions
    assert 0 not in regions


@pytest.mark.parametrize("region", ["007", "2024", "[a]", "1"])
def test_only_counts_and_lists_are_parsed(region: str) -> None:
    regions = ea.geo_aggregate.by_region(
        ea.Transactions.from_arrays(
            customer=["ana"],
            order=["A"],
            timestamp=["2024-01-01"],
            amount=["1"],
            dimensions={region: ["SP"]},
        ),
        region=region,
    )
    assert regions.dimension == region
    assert regions.total_orders == 1
    assert regions.total_revenue == "1.0000"


def test_attributes_that_are_numbers_and_lists(transactions: ea.Transactions) -> None:
    scores = ea.rfm.score(transactions)
    assert (scores.n_bins, scores.num_lines_ignored) == (5, 0)
    for name in ("recency", "frequency", "monetary"):
        assert isinstance(getattr(scores, f"{name}_edges"), list)
        assert isinstance(getattr(scores, f"{name[0]}_levels_used"), list)
    tiers = ea.rfm.tiers(scores)
    assert tiers.tier_cuts == [0.05, 0.2, 0.5]
    assert sum(tiers.tier_sizes) == len(scores)
    assert ea.rfm.concentration(scores).num_negative == 0


def test_columns_are_read_only(table: ea.Table) -> None:
    for name in table.column_names:
        column = table[name]
        with pytest.raises(ValueError, match=r"read-only"):
            column[0] = column[0]
        if isinstance(column, np.ma.MaskedArray):
            with pytest.raises(ValueError, match=r"read-only"):
                column[0] = np.ma.masked
    frame = table.to_pandas()
    for name in frame.columns:
        frame.loc[0, name] = frame.loc[len(frame) - 1, name]


def test_html_converts_only_the_rows_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    time = datetime(2024, 1, 1)
    lines = tuple(Line(number, number, time, Decimal(5)) for number in range(50))
    scores = ea.rfm.score(OrderLog(lines).transactions())
    converted = []

    def money_to_text(values: Any) -> list[str]:
        converted.append(len(values))
        return ["5.0000"] * len(values)

    monkeypatch.setattr("ecommerce_analytics._core.money_to_text", money_to_text)
    assert "5.0000" in scores._repr_html_()
    assert converted == [10]


def test_a_table_is_not_pickled(transactions: ea.Transactions) -> None:
    for thing in (transactions, ea.CustomerHistory(), ea.rfm.score(transactions)):
        with pytest.raises(TypeError, match=r"pickle"):
            pickle.dumps(thing)
        with pytest.raises(TypeError, match=r"pickle"):
            copy.deepcopy(thing)
