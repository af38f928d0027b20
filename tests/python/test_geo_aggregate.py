from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines
from order_logs import OrderLog, logs_and_moments, order_logs, rows_of
from reference import geo_aggregate as reference
from reference.customer_history import Line, NothingToAnalyzeError

CASE = "geo_aggregate/two_regions"


def two_regions() -> ea.Transactions:
    return OrderLog(tuple(input_lines(CASE))).transactions()


def named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write the unknown region as the library does: null among integers, else the word."""
    unknown = None if any(isinstance(row["region"], int) for row in rows) else "unknown"
    return [row | {"region": unknown} if row["region"] is None else row for row in rows]


def test_by_region_matches_the_worked_example() -> None:
    table = ea.geo_aggregate.by_region(two_regions())
    assert_rows_match(rows_of(table), expected_rows(CASE))
    assert table.as_of == "2024-05-06 00:00:00"
    assert table.total_orders == 5
    assert table.total_customers == 2
    assert Decimal(table.total_revenue) == Decimal(260)


def test_the_reference_matches_the_worked_example() -> None:
    assert_rows_match(named(reference.by_region(input_lines(CASE))), expected_rows(CASE))


@given(logs_and_moments())
def test_by_region_equals_the_reference(drawn: tuple[OrderLog, datetime | None]) -> None:
    log, as_of = drawn
    transactions = log.transactions()
    try:
        expected = reference.by_region(log.lines, as_of, log.purchases)
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.geo_aggregate.by_region(transactions, as_of=as_of)
        return
    table = ea.geo_aggregate.by_region(transactions, as_of=as_of)
    assert rows_of(table) == named(expected)
    (whole,) = rows_of(ea.kpi.summary(transactions, as_of=as_of))
    assert Decimal(table.total_revenue) == whole["revenue_net"]
    assert table.total_orders == whole["orders"]
    assert table.total_customers == whole["customers"]


@given(order_logs(with_purchase=True))
def test_regions_add_up_to_the_whole(log: OrderLog) -> None:
    table = ea.geo_aggregate.by_region(log.transactions())
    rows = rows_of(table)
    assert sum(row["revenue"] for row in rows) == sum(line.amount for line in log.lines)
    assert sum(row["orders"] for row in rows) == table.total_orders
    assert sum(row["customers"] for row in rows) >= table.total_customers


def test_any_dimension_is_a_region() -> None:
    lines = OrderLog(tuple(input_lines(CASE))).table()
    transactions = ea.Transactions.from_arrow(
        lines,
        customer="customer",
        order="order",
        timestamp="timestamp",
        amount="amount",
        dimensions={"state": "region"},
    )
    table = ea.geo_aggregate.by_region(transactions, region="state")
    assert rows_of(table) == expected_rows(CASE)
    assert transactions.dimension_names == ("state",)


def test_a_dimension_that_is_not_there() -> None:
    with pytest.raises(ea.SchemaMismatch, match=r"^customer_history: the table has no such") as e:
        ea.geo_aggregate.by_region(two_regions(), region="city")
    assert e.value.value == "city"
    history = ea.CustomerHistory().add(two_regions())
    with pytest.raises(ea.InvalidArgument, match=r"^geo_aggregate: the history keeps no such"):
        ea.geo_aggregate.by_region(history)
    history = ea.CustomerHistory(region="region").add(two_regions())
    with pytest.raises(ea.InvalidArgument, match=r"^geo_aggregate: the history keeps no such"):
        ea.geo_aggregate.by_region(history, region="city")


def test_share_is_null_unless_there_is_revenue() -> None:
    time = datetime(2024, 1, 1)
    lines = (
        Line("ana", "A", time, Decimal(7), region="SP"),
        Line("ana", "A", time, Decimal(-7), region="SP"),
    )
    assert rows_of(ea.geo_aggregate.by_region(OrderLog(lines).transactions())) == [
        {"region": "SP", "orders": 1, "customers": 1, "revenue": Decimal(0), "share": None}
    ]
