import random
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines
from known_files import known_copy
from order_logs import OrderLog, content_of, logs_and_moments, order_logs, rows_of, transactions_of
from reference import geo_aggregate as reference
from reference.calendar import PERIODS
from reference.customer_history import Line, NothingToAnalyzeError, Order

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
    assert float(table.gini) == 11 / 94


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
    table = ea.geo_aggregate.by_region(OrderLog(lines).transactions())
    (row,) = rows_of(table)
    assert row == {
        "region": "SP",
        "orders": 1,
        "customers": 1,
        "lines": 2,
        "revenue": Decimal(0),
        "average_order_value": 0.0,
        "share": None,
        "rank": 1,
        "cumulative_share": None,
    }
    assert table.gini == "undefined"


CITIES = ("bom jesus", "santos", "é", None)


def city_of(line: Line) -> str | None:
    return CITIES[(line.time.day + int(line.amount)) % len(CITIES)]


def freight_of(line: Line) -> Decimal:
    return Decimal(line.time.day - 9) / 8


def delivery_of(line: Line) -> str | None:
    return ("late", "on_time", None, None)[(line.time.day + line.time.hour) % 4]


FACTS: dict[str, Any] = {"freight_of": freight_of, "delivery_of": delivery_of}


def shipped(log: OrderLog, lines: tuple[Line, ...] | None = None) -> ea.Transactions:
    """Return the lines with a city, a freight and a delivery that follow from each of them."""
    lines = log.lines if lines is None else lines
    table = (
        log.table(lines)
        .append_column("city", pa.array(map(city_of, lines), pa.string()))
        .append_column("delivery", pa.array(map(delivery_of, lines), pa.string()))
        .append_column("freight", pa.array(map(freight_of, lines), pa.decimal128(20, 4)))
    )
    return transactions_of(
        table,
        purchases=log.purchases,
        dimensions={"city": "city", "delivery": "delivery"},
        measures={"freight": "freight"},
    )


def named_places(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    integers = any(isinstance(row["region"], int) for row in rows)
    words = {"city": "unknown", "region": None if integers else "unknown"}
    return [
        row | {name: words[name] for name in words if row.get(name, "") is None} for row in rows
    ]


def as_text(gini: float | None) -> str:
    return "undefined" if gini is None else repr(gini)


@given(logs_and_moments(max_lines=40), st.sampled_from([None, *PERIODS]), st.data())
def test_periods_levels_and_selections_equal_the_reference(
    drawn: tuple[OrderLog, datetime | None], period: Any, data: st.DataObject
) -> None:
    log, as_of = drawn
    days = sorted({line.time.date() for line in log.lines})
    cut: dict[str, Any] = {}
    if data.draw(st.booleans()):
        cut["start"] = data.draw(st.sampled_from(days))
        later = [day for day in days if day > cut["start"]]
        cut |= {"end": data.draw(st.sampled_from(later))} if later else {}
    if data.draw(st.booleans()):
        keys = st.sampled_from(list({line.region for line in log.lines}))
        cut["region"] = data.draw(st.lists(keys, unique=True))

    def is_selected(order: Order) -> bool:
        return "region" not in cut or order.region in cut["region"]

    options: dict[str, Any] = {"period": period, "as_of": as_of}
    facts = FACTS | {
        "is_selected": is_selected,
        "window": (cut.get("start", date.min), cut.get("end", date.max)),
        "purchases": log.purchases,
    }
    transactions = shipped(log)
    selection = ea.Selection(**cut)
    try:
        wanted, gini = reference.by_levels(
            log.lines, ["region"], lambda line: (line.region,), **options, **facts
        )
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.geo_aggregate.by_region(transactions, **options, selection=selection)
        with pytest.raises(ea.InvalidArgument):
            ea.geo_aggregate.by_levels(
                transactions, levels=["region", "city"], **options, selection=selection
            )
        return
    table = ea.geo_aggregate.by_region(transactions, **options, selection=selection)
    assert rows_of(table) == named_places(wanted)
    assert table.gini == (as_text(gini) if gini not in (0.0, 1.0) else f"{gini:.0f}")

    levels = ea.geo_aggregate.by_levels(
        transactions, levels=["region", "city"], **options, selection=selection
    )
    assert rows_of(levels["region"]) == rows_of(table)
    places, _ = reference.by_levels(
        log.lines, ["region", "city"], lambda line: (line.region, city_of(line)), **options, **facts
    )
    cities = rows_of(levels["city"])
    assert cities == named_places(places)
    for row in rows_of(table):
        below = [
            one
            for one in cities
            if (one["region"], one.get("period")) == (row["region"], row.get("period"))
        ]
        for name in ("orders", "lines", "revenue", "freight", "delivered_orders", "late_orders"):
            assert sum(one[name] for one in below) == row[name]


@given(
    order_logs(max_lines=40, with_purchase=True),
    st.integers(1, 8),
    st.randoms(use_true_random=False),
)
def test_any_order_and_split_gives_equal_bytes(
    log: OrderLog, num_threads: int, choose: random.Random
) -> None:
    lines = list(log.lines)
    choose.shuffle(lines)
    calls: list[Any] = [
        lambda rows, **options: ea.geo_aggregate.by_region(rows, period="month", **options),
        lambda rows, **options: ea.geo_aggregate.by_levels(
            rows, levels=["city", "region"], **options
        )["region"],
    ]
    for call in calls:
        shuffled = call(shipped(log, tuple(lines)), num_threads=num_threads)
        assert content_of(shuffled) == content_of(call(shipped(log), num_threads=1))
    middle = len(lines) // 2
    history = ea.CustomerHistory(
        region="region", measures=["freight"], marks={"delivery": ["late"]}
    )
    for part in (lines[:middle], lines[middle:]):
        if part:
            history.add(shipped(log, tuple(part)))
    assert content_of(calls[0](history)) == content_of(calls[0](shipped(log)))
    analyzed = ea.analyze(shipped(log), geo={"period": "month"}).geo
    assert analyzed is not None
    assert content_of(analyzed) == content_of(calls[0](history))


def test_freight_and_late_are_there_where_they_are_known() -> None:
    log = OrderLog(tuple(input_lines(CASE)))
    by_region = ea.geo_aggregate.by_region
    extra = {"freight", "freight_share", "delivered_orders", "late_orders", "late_share"}
    assert extra <= set(by_region(shipped(log)).column_names)
    assert not extra & set(by_region(shipped(log), freight=None, late=None).column_names)
    history = ea.CustomerHistory(region="region").add(shipped(log))
    assert not extra & set(by_region(history).column_names)
    with pytest.raises(ea.InvalidArgument, match="keeps no such measure"):
        by_region(history, freight="cost")
    with pytest.raises(ea.InvalidArgument, match="keeps no such mark"):
        by_region(history, late=("delivery", "never"))
    with pytest.raises(ea.SchemaMismatch, match="no such measure"):
        by_region(shipped(log), freight="cost")
    with pytest.raises(ea.SchemaMismatch, match="no such dimension"):
        by_region(shipped(log), late=("shipment", "late"))
    marked = ea.CustomerHistory(region="region", marks={"delivery": ["late"]}).add(shipped(log))
    with pytest.raises(ea.InvalidArgument, match="marks of orders need as_of"):
        by_region(marked, as_of="2024-05-04")
    assert by_region(marked, as_of="2024-05-04", late=None).total_orders == 4


def test_levels_that_are_none() -> None:
    transactions = shipped(OrderLog(tuple(input_lines(CASE))))
    by_levels = ea.geo_aggregate.by_levels
    with pytest.raises(ea.InvalidArgument, match="one to eight levels"):
        by_levels(transactions, levels=[])
    with pytest.raises(ea.InvalidArgument, match="the name of another column"):
        by_levels(transactions, levels=["region", "region"])
    with pytest.raises(ea.SchemaMismatch, match="no such dimension"):
        by_levels(transactions, levels=["country", "region"])
    with pytest.raises(TypeError, match="list of names"):
        by_levels(transactions, levels="region")
    with pytest.raises(TypeError, match="keeps one dimension"):
        by_levels(ea.CustomerHistory(), levels=["region"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a dimension and its key"):
        by_levels(transactions, levels=["region"], late="late")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the name of a measure"):
        ea.geo_aggregate.by_region(transactions, freight=1)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def olist() -> ea.Transactions:
    return ea.datasets.load_olist(known_copy("olist")).transactions


def test_olist_agrees_with_duckdb_by_state_and_month(olist: ea.Transactions) -> None:
    duckdb = pytest.importorskip("duckdb")
    folder = known_copy("olist")
    connection = duckdb.connect()
    for name in ("order_items", "orders", "customers"):
        connection.execute(
            f"CREATE TABLE {name} AS "
            f"FROM read_csv('{folder}/olist_{name}_dataset.csv', all_varchar = true)"
        )
    connection.execute("""
        CREATE VIEW lines AS
        SELECT c.customer_state AS region, i.order_id, c.customer_unique_id AS customer,
               strftime(o.order_purchase_timestamp::TIMESTAMP, '%Y-%m') AS period,
               i.price::DECIMAL(18, 4) AS price, i.freight_value::DECIMAL(18, 4) AS freight,
               o.order_delivered_customer_date::TIMESTAMP::DATE AS came,
               o.order_estimated_delivery_date::TIMESTAMP::DATE AS estimated
        FROM order_items i JOIN orders o USING (order_id) JOIN customers c USING (customer_id)""")
    figures = """count(DISTINCT order_id) AS orders, count(DISTINCT customer) AS customers,
        count(*) AS lines, sum(price) AS revenue, sum(freight) AS freight,
        count(DISTINCT order_id) FILTER (came IS NOT NULL) AS delivered_orders,
        count(DISTINCT order_id) FILTER (came > estimated) AS late_orders"""
    states = connection.sql(f"SELECT region, {figures} FROM lines GROUP BY ALL")
    months = connection.sql(f"SELECT region, period, {figures} FROM lines GROUP BY ALL")
    for table, wanted in (
        (ea.geo_aggregate.by_region(olist), states),
        (ea.geo_aggregate.by_region(olist, period="month"), months),
    ):
        rows = rows_of(table)
        assert {tuple(row[name] for name in wanted.columns) for row in rows} == set(
            wanted.fetchall()
        )
        assert len(table) == len(wanted)
        for row in rows:
            if row["delivered_orders"]:
                assert row["late_share"] == row["late_orders"] / row["delivered_orders"]
            part = float(row["freight"] / (row["revenue"] + row["freight"]))
            assert row["freight_share"] == pytest.approx(part, rel=1e-15)


def test_olist_deliveries_and_cities(olist: ea.Transactions) -> None:
    delivered = ea.Selection(dimensions={"status": ["delivered"]})
    table = ea.geo_aggregate.by_region(olist, selection=delivered)
    assert table["delivered_orders"].sum() == 96_470
    assert table["delivered_orders"].sum() - table["late_orders"].sum() == 89_936
    best = dict(zip(table["rank"].tolist(), table["region"], strict=True))
    assert [best[rank] for rank in (1, 2, 3)] == ["SP", "RJ", "MG"]

    levels = ea.geo_aggregate.by_levels(olist, levels=["region", "city"])
    states, cities = levels["region"], levels["city"]
    assert content_of(states) == content_of(ea.geo_aggregate.by_region(olist))
    revenue = dict(zip(states["region"], states.decimals("revenue"), strict=True))
    assert revenue["SP"] == Decimal("5202955.05")
    by_state: dict[str, Decimal] = {}
    for state, money in zip(cities["region"], cities.decimals("revenue"), strict=True):
        assert money is not None
        by_state[state] = by_state.get(state, Decimal(0)) + money
    assert by_state == revenue
    assert len(set(cities["city"])) < len(cities)  # A city's name lies under several states.
    assert Decimal(cities.total_revenue) == Decimal("13591643.70")
    assert cities.total_customers == 95_420
