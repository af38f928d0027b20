import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from conftest import data_dir
from golden import assert_rows_match, expected_rows, input_lines
from order_logs import (
    KINDS,
    OrderLog,
    content_of,
    logs_and_moments,
    order_logs,
    rows_of,
    transactions_of,
)
from reference import aggregate as reference
from reference.calendar import PERIODS
from reference.customer_history import Key, Line, NothingToAnalyzeError, Order, kind_of

CASE = "aggregate/region_kind_month"
CATEGORIES = ("books", "é", "toys", None)


def category_of(line: Line) -> str | None:
    return CATEGORIES[(int(line.amount * 10_000) + line.time.day) % len(CATEGORIES)]


def freight_of(line: Line) -> Decimal:
    return Decimal(line.time.day - 9) / 8


def quantity_of(line: Line) -> Decimal:
    return Decimal(line.time.hour - 3) / 4


DIMENSIONS: Mapping[str, Callable[[Line], Key | None]] = {
    "region": lambda line: line.region,
    "category": category_of,
}


def table_of(log: OrderLog, lines: Sequence[Line] | None = None) -> ea.Transactions:
    """Return the lines with a category, a measure and a quantity that follow from each of them."""
    lines = log.lines if lines is None else lines
    money = pa.decimal128(20, 4)
    table = (
        log.table(lines)
        .append_column("category", pa.array([category_of(one) for one in lines], pa.string()))
        .append_column("freight", pa.array([freight_of(one) for one in lines], money))
        .append_column("quantity", pa.array([quantity_of(one) for one in lines], money))
    )
    return transactions_of(
        table,
        purchases=log.purchases,
        category="category",
        measures={"freight": "freight"},
        quantity="quantity",
    )


def named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write unknown keys as the library does: null among integers, else the word."""
    integers = any(isinstance(row.get("region"), int) for row in rows)
    words = {"category": "unknown", "region": None if integers else "unknown"}
    return [
        {
            name: words[name] if value is None and name in words else value
            for name, value in row.items()
        }
        for row in rows
    ]


def test_group_by_matches_the_worked_example() -> None:
    log = OrderLog(tuple(input_lines(CASE)))
    options: dict[str, Any] = {"by": ["region", "kind"], "period": "month"}
    table = ea.aggregate.group_by(log.transactions(), **options)
    assert_rows_match(rows_of(table), expected_rows(CASE))
    assert table.as_of == "2024-02-12 00:00:00"
    assert (table.total_lines, table.total_orders, table.total_customers) == (8, 4, 2)
    assert Decimal(table.total_revenue) == Decimal(150)
    rows, whole = reference.group_by(log.lines, **options, dimensions=DIMENSIONS)
    assert_rows_match(named(rows), expected_rows(CASE))
    assert (whole["orders"], whole["customers"]) == (4, 2)


NAMES = ("region", "category", "kind", "weekday", "hour")


@given(
    logs_and_moments(max_lines=40),
    st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
    st.sampled_from([None, *PERIODS]),
)
def test_group_by_equals_the_reference(
    drawn: tuple[OrderLog, datetime | None], by: list[str], period: Any
) -> None:
    log, as_of = drawn
    transactions = table_of(log)
    options: dict[str, Any] = {"by": by, "period": period, "as_of": as_of}
    try:
        rows, whole = reference.group_by(
            log.lines,
            **options,
            purchases=log.purchases,
            dimensions=DIMENSIONS,
            quantity_of=quantity_of,
            measures={"freight": freight_of},
        )
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.aggregate.group_by(transactions, **options)
        return
    table = ea.aggregate.group_by(transactions, **options, measures=["freight"])
    assert rows_of(table) == named(rows)
    assert table.total_lines == whole["lines"]
    assert table.total_orders == whole["orders"]
    assert table.total_customers == whole["customers"]
    assert Decimal(table.total_revenue) == whole["revenue"]
    (key_figures,) = rows_of(ea.kpi.summary(transactions, as_of=as_of))
    assert key_figures["orders"] == table.total_orders
    assert key_figures["customers"] == table.total_customers
    assert key_figures["revenue_net"] == Decimal(table.total_revenue)


@st.composite
def selections(draw: st.DrawFn, log: OrderLog) -> dict[str, Any]:
    """Draw what `Selection` takes: each condition is there or not."""
    days = sorted({line.time.date() for line in log.lines})
    options: dict[str, Any] = {}
    if draw(st.booleans()):
        options["start"] = draw(st.sampled_from(days))
    if draw(st.booleans()):
        later = [day for day in days if day > options.get("start", date.min)]
        options |= {"end": draw(st.sampled_from(later))} if later else {}
    for name, of in DIMENSIONS.items():
        if draw(st.booleans()):
            keys = list({of(line) for line in log.lines})
            options[name] = draw(st.lists(st.sampled_from(keys), unique=True))
    for name in ("customer", "order"):
        if draw(st.integers(0, 3)) == 0:
            known = {getattr(line, name) for line in log.lines} - {None}
            options[f"{name}s"] = [key for key in known if draw(st.booleans())]
    return options


@given(logs_and_moments(max_lines=40), st.data())
def test_a_selection_equals_the_reference(
    drawn: tuple[OrderLog, datetime | None], data: st.DataObject
) -> None:
    log, as_of = drawn
    options = data.draw(selections(log))

    def is_selected(order: Order) -> bool:
        return (
            (
                "category" not in options
                or any(category_of(line) in options["category"] for line in order.lines)
            )
            and ("region" not in options or order.region in options["region"])
            and ("orders" not in options or order.key in options["orders"])
            and ("customers" not in options or order.customer in options["customers"])
        )

    call: dict[str, Any] = {"by": ["kind", "category"], "period": "month", "as_of": as_of}
    selection = ea.Selection(**options)
    try:
        rows, whole = reference.group_by(
            log.lines,
            **call,
            purchases=log.purchases,
            dimensions=DIMENSIONS,
            quantity_of=quantity_of,
            is_selected=is_selected,
            window=(options.get("start", date.min), options.get("end", date.max)),
        )
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.aggregate.group_by(table_of(log), **call, selection=selection)
        return
    table = ea.aggregate.group_by(table_of(log), **call, selection=selection)
    assert rows_of(table) == named(rows)
    assert table.total_orders == whole["orders"]
    assert table.total_customers == whole["customers"]
    assert ("selection" in table.metadata) == bool(options)


@given(
    order_logs(max_lines=40, with_purchase=True),
    st.integers(1, 8),
    st.randoms(use_true_random=False),
)
def test_any_order_of_rows_gives_equal_bytes(
    log: OrderLog, num_threads: int, choose: random.Random
) -> None:
    lines = list(log.lines)
    choose.shuffle(lines)
    options: dict[str, Any] = {"by": ["region", "hour"], "period": "week", "measures": ["freight"]}
    expected = content_of(ea.aggregate.group_by(table_of(log), **options, num_threads=1))
    shuffled = ea.aggregate.group_by(table_of(log, lines), **options, num_threads=num_threads)
    assert content_of(shuffled) == expected


@given(order_logs(max_lines=40, with_purchase=True))
def test_twice_the_money_is_twice_the_money(log: OrderLog) -> None:
    twice = OrderLog(
        tuple(
            Line(one.customer, one.order, one.time, 2 * one.amount, kind_of(one), one.region)
            for one in log.lines
        ),
        log.purchases,
    )
    once = rows_of(ea.aggregate.group_by(log.transactions(), by=["region"], period="year"))
    doubled = rows_of(ea.aggregate.group_by(twice.transactions(), by=["region"], period="year"))
    for row, other in zip(once, doubled, strict=True):
        value = row["average_order_value"]
        assert other == row | {
            "revenue": 2 * row["revenue"],
            "average_order_value": None if value is None else 2 * value,
        }


def many_lines(num_rows: int, num_keys: int) -> tuple[ea.Transactions, dict[str, Any]]:
    choose = np.random.default_rng(1)
    order = choose.integers(0, num_rows // 2, num_rows)
    columns: dict[str, Any] = {
        "customer": np.where(order % 11 == 0, np.nan, order * 7_919 % 4_000),
        "order": order,
        "timestamp": np.datetime64("2024-01-01", "us")
        + 1_000_000 * choose.integers(0, 400 * 86_400, num_rows),
        "amount": choose.integers(-100, 1_000, num_rows) / 4,
    }
    dimensions = {name: choose.integers(0, num_keys, num_rows) for name in ("a", "b", "c")}
    return ea.Transactions.from_arrays(**columns, dimensions=dimensions), columns | dimensions


@pytest.mark.parametrize("num_keys", [30, 3_000, 100_000])
def test_groups_without_number(num_keys: int) -> None:
    """Products of keys that fit no array are numbered by hash; the answer is polars'."""
    pl = pytest.importorskip("polars")
    transactions, columns = many_lines(120_000, num_keys)
    found = ea.aggregate.group_by(transactions, by=["a", "b", "c"], period="day", num_threads=1)
    bought = pl.col("amount") > 0
    wanted = (
        pl.DataFrame(columns, nan_to_null=True)
        .group_by("a", "b", "c", pl.col("timestamp").dt.date().alias("start"))
        .agg(
            lines=pl.len().cast(pl.Int64),
            orders=pl.col("order").filter(bought).n_unique().cast(pl.Int64),
            customers=pl.col("customer").filter(bought).drop_nulls().n_unique().cast(pl.Int64),
            revenue=pl.col("amount").sum(),
        )
        .sort("a", "b", "c", "start")
    )
    ours = found.to_polars().with_columns(pl.col("revenue").cast(pl.Float64))
    assert ours.select(wanted.columns).equals(wanted)
    threaded = ea.aggregate.group_by(transactions, by=["a", "b", "c"], period="day", num_threads=8)
    assert content_of(threaded) == content_of(found)


def test_built_in_dimensions_before_1970() -> None:
    transactions = ea.Transactions.from_arrays(
        customer=["ann", "ann"],
        order=["A", "B"],
        timestamp=["1969-12-28 23:59:59.999999", "1969-12-29 00:00:00"],
        amount=["1", "2"],
    )
    table = ea.aggregate.group_by(transactions, by=["weekday", "hour"], period="week")
    assert table["weekday"].tolist() == [1, 7]
    assert table["hour"].tolist() == [0, 23]
    assert table["period"].tolist() == ["1970-W01", "1969-W52"]


def test_a_dimension_of_the_table_goes_before_a_built_in_one() -> None:
    transactions = ea.Transactions.from_arrays(
        customer=["ann"],
        order=["A"],
        timestamp=["2024-01-01"],
        amount=["1"],
        dimensions={"hour": ["happy"]},
    )
    assert ea.aggregate.group_by(transactions, by=["hour"])["hour"].tolist() == ["happy"]


def test_what_is_refused() -> None:
    transactions = OrderLog(tuple(input_lines(CASE))).transactions()
    group_by = ea.aggregate.group_by
    with pytest.raises(
        ea.SchemaMismatch, match="there is no such dimension: there are region, kind"
    ) as e:
        group_by(transactions, by=["city"])
    assert e.value.value == "city"
    with pytest.raises(ea.SchemaMismatch, match=r"payments\.by_type"):
        group_by(transactions, by=["payment_type"])
    with pytest.raises(ea.SchemaMismatch, match="no such measure") as e:
        group_by(transactions, measures=["freight"])
    assert e.value.value == "freight"
    with pytest.raises(ea.InvalidArgument, match="more than three dimensions"):
        group_by(transactions, by=["region", "kind", "weekday", "hour"])
    with pytest.raises(ea.InvalidArgument, match="two columns of one name"):
        group_by(transactions, by=["region", "region"])
    with pytest.raises(ea.InvalidArgument, match="no purchase before as_of"):
        group_by(transactions, as_of="2024-01-30 10:00:00")
    with pytest.raises(ea.InvalidArgument):
        group_by(transactions, period="decade")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the order lines themselves"):
        group_by(ea.CustomerHistory().add(transactions))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="list of names"):
        group_by(transactions, by="region")
    with pytest.raises(TypeError, match="expected Selection"):
        group_by(transactions, selection={})  # type: ignore[arg-type]


def test_a_column_of_the_result_is_no_dimension() -> None:
    transactions = ea.Transactions.from_arrays(
        customer=["ann"],
        order=["A"],
        timestamp=["2024-01-01"],
        amount=["1"],
        dimensions={"lines": ["a"], "period": ["b"]},
    )
    with pytest.raises(ea.InvalidArgument, match="two columns of one name") as e:
        ea.aggregate.group_by(transactions, by=["lines"])
    assert e.value.value == "lines"
    assert ea.aggregate.group_by(transactions, by=["period"])["period"].tolist() == ["b"]
    with pytest.raises(ea.InvalidArgument, match="two columns of one name"):
        ea.aggregate.group_by(transactions, by=["period"], period="year")


def test_a_window_without_lines_has_no_groups() -> None:
    transactions = OrderLog(tuple(input_lines(CASE))).transactions()
    window = ea.Selection(start="2023-01-01", end="2023-02-01")
    table = ea.aggregate.group_by(transactions, by=["region"], period="month", selection=window)
    assert len(table) == table.total_lines == table.total_orders == table.total_customers == 0
    assert table.column_names[:3] == ("region", "period", "start")


ABC_CASE = "aggregate/abc_seven_products"


def test_abc_classes_match_the_worked_example() -> None:
    groups = ea.aggregate.group_by(
        OrderLog(tuple(input_lines(ABC_CASE))).transactions(), by=["region"]
    )
    table = ea.aggregate.abc_classes(groups)
    kept = ("region", "revenue", "rank", "share", "cumulative_share", "abc_class")
    rows = [{name: row[name] for name in kept} for row in rows_of(table)]
    assert_rows_match(rows, expected_rows(ABC_CASE))
    assert (table.abc_cuts, table.abc_sizes) == ([0.8, 0.95], [3, 1, 3])


@given(
    logs_and_moments(max_lines=40),
    st.lists(st.sampled_from([f"{n / 20:.2f}" for n in range(1, 20)]), min_size=2, max_size=2),
)
def test_abc_classes_equal_the_reference(
    drawn: tuple[OrderLog, datetime | None], texts: list[str]
) -> None:
    log, as_of = drawn
    low, high = sorted(set(texts))[0], sorted(set(texts))[-1]
    try:
        groups = ea.aggregate.group_by(table_of(log), by=["category", "weekday"], as_of=as_of)
    except ea.InvalidArgument:
        return
    if low == high:
        with pytest.raises(ea.InvalidArgument, match="cuts must be two that increase"):
            ea.aggregate.abc_classes(groups, cuts=(float(low), float(high)))
        return
    table = ea.aggregate.abc_classes(groups, cuts=(float(low), float(high)))
    wanted = reference.abc_classes(rows_of(groups), (Fraction(low), Fraction(high)))
    assert rows_of(table) == wanted
    counted = [[row["abc_class"] for row in wanted].count(one) for one in "ABC"]
    assert table.abc_sizes == counted


@given(logs_and_moments(max_lines=40), st.sampled_from([None, *PERIODS]))
def test_parts_means_and_shares_equal_the_reference(
    drawn: tuple[OrderLog, datetime | None], period: Any
) -> None:
    log, as_of = drawn
    money = pa.decimal128(20, 4)
    table = (
        log.table()
        .append_column("category", pa.array([category_of(one) for one in log.lines], pa.string()))
        .append_column("freight", pa.array([freight_of(one) for one in log.lines], money))
        .append_column("cost", pa.array([quantity_of(one) for one in log.lines], money))
        .append_column("quantity", pa.array([quantity_of(one) for one in log.lines], money))
        .append_column("score", pa.array([score_of(one) for one in log.lines], pa.int64()))
    )
    transactions = transactions_of(
        table,
        purchases=log.purchases,
        category="category",
        measures={"freight": "freight", "cost": "cost"},
        quantity="quantity",
        dimensions={"score": "score"},
    )
    measures = ("freight", "cost")
    periods = () if period is None else ("period", "start", "partial")

    def groups_by(*by: str) -> ea.Table:
        return ea.aggregate.group_by(
            transactions, by=by, period=period, measures=measures, as_of=as_of
        )

    try:
        kinds = groups_by("category", "kind")
    except ea.InvalidArgument:
        return
    shared = ("category", *periods)
    parts = rows_of(ea.aggregate.parts(kinds))
    wanted = reference.parts(rows_of(kinds), shared, measures)
    assert by_key(parts, shared) == by_key(wanted, shared)
    assert [row["category"] for row in parts] == rows_in_order(kinds, shared)
    scores = groups_by("category", "score")
    rows = rows_of(scores)
    for row in rows:  # Of a column without any key it is not known that it is of integers.
        row["score"] = None if row["score"] == "unknown" else row["score"]
    means = rows_of(ea.aggregate.mean_of_key(scores))
    wanted = reference.mean_of_key(rows, "score", shared)
    assert by_key(means, shared) == by_key(wanted, shared)
    shares = ea.aggregate.shares_of_key(scores).to_arrow()
    assert shares["share"].to_pylist() == reference.shares_of_key(rows, "score", shared)
    assert shares.drop_columns(["share"]).to_pylist() == rows_of(scores)
    (whole,) = rows_of(ea.kpi.summary(transactions, as_of=as_of))
    if period is None:
        (total,) = rows_of(
            ea.aggregate.parts(ea.aggregate.group_by(transactions, by=["kind"], as_of=as_of))
        )
        same = [name for name in total if name in whole]
        assert len(same) > 8
        assert {name: total[name] for name in same} == {name: whole[name] for name in same}


def score_of(line: Line) -> int | None:
    return (None, 1, 5, -3)[line.time.day % 4]


def by_key(rows: list[dict[str, Any]], shared: Sequence[str]) -> dict[Any, dict[str, Any]]:
    found = {tuple(row[name] for name in shared): row for row in rows}
    assert len(found) == len(rows)
    return found


def rows_in_order(groups: ea.Table, shared: Sequence[str]) -> list[Any]:
    """Return the categories of the blocks: in the order of their keys, then of the periods."""
    blocks = {tuple(row[name] for name in shared): None for row in rows_of(groups)}
    order = list(dict.fromkeys(block[0] for block in blocks))
    return sorted((block[0] for block in blocks), key=order.index)


def test_what_tables_of_groups_refuse() -> None:
    transactions = OrderLog(tuple(input_lines(CASE))).transactions()
    by_month = ea.aggregate.group_by(transactions, by=["region"], period="month")
    whole = ea.aggregate.group_by(transactions)
    with pytest.raises(ea.InvalidArgument, match="without a period"):
        ea.aggregate.abc_classes(by_month)
    with pytest.raises(ea.InvalidArgument, match="cuts must be two") as caught:
        ea.aggregate.abc_classes(whole, cuts=(0.8,))
    assert caught.value.value == "[0.8]"
    for cuts in ((0.0, 0.5), (0.5, 1.0), (float("nan"), 0.5)):
        with pytest.raises(ea.InvalidArgument, match="cuts must be two"):
            ea.aggregate.abc_classes(whole, cuts=cuts)
    for table in (by_month, whole):
        with pytest.raises(ea.InvalidArgument, match="by kind as the last dimension"):
            ea.aggregate.parts(table)
    with pytest.raises(ea.InvalidArgument, match="needs integer keys") as caught:
        ea.aggregate.mean_of_key(by_month)
    assert caught.value.value == "region"
    for function in (ea.aggregate.mean_of_key, ea.aggregate.shares_of_key):
        with pytest.raises(ea.InvalidArgument, match="groups by a dimension"):
            function(whole)
        with pytest.raises(TypeError, match=r"aggregate\.group_by returned"):
            function(ea.kpi.summary(transactions))
    mine = ea.Transactions.from_arrays(
        customer=["ann"],
        order=["A"],
        timestamp=["2024-01-01"],
        amount=["1"],
        dimensions={"kind": ["gift"]},
    )
    with pytest.raises(ea.InvalidArgument, match="holds no kinds of line") as caught:
        ea.aggregate.parts(ea.aggregate.group_by(mine, by=["kind"]))
    assert caught.value.value == "gift"


def test_classes_without_revenue() -> None:
    transactions = ea.Transactions.from_arrays(
        customer=["ann", "ann"],
        order=["A", "B"],
        timestamp=["2024-01-01"] * 2,
        amount=["1", "-5"],
        product=["pin", "lamp"],
    )
    table = ea.aggregate.abc_classes(ea.aggregate.group_by(transactions, by=["product"]))
    assert table["abc_class"].tolist() == ["", ""]
    assert table["share"].mask.all()
    assert table.abc_sizes == [0, 0, 0]


def test_classes_and_means_of_olist_are_queries() -> None:
    duckdb = pytest.importorskip("duckdb")
    folder = data_dir() / "olist"
    transactions = ea.datasets.load_olist(folder).transactions
    classes = ea.aggregate.abc_classes(ea.aggregate.group_by(transactions, by=["product"]))
    wanted = duckdb.sql(f"""
        WITH sums AS (
          SELECT product_id, sum(price::DECIMAL(18, 2)) AS revenue
          FROM read_csv('{folder}/olist_order_items_dataset.csv', all_varchar = true) GROUP BY 1),
        better AS (
          SELECT product_id, coalesce(sum(revenue) OVER (ORDER BY revenue DESC RANGE BETWEEN
                   UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP), 0) AS better
          FROM sums)
        SELECT product_id, CASE WHEN better * 100 < 80 * (SELECT sum(revenue) FROM sums) THEN 'A'
          WHEN better * 100 < 95 * (SELECT sum(revenue) FROM sums) THEN 'B' ELSE 'C' END
        FROM better""").fetchall()
    found = zip(classes["product"].tolist(), classes["abc_class"].tolist(), strict=True)
    assert set(found) == set(wanted)
    groups = ea.aggregate.group_by(transactions, by=["review_score"])
    (score,) = rows_of(ea.aggregate.mean_of_key(groups))
    ((mean, known, orders),) = duckdb.sql(f"""
        WITH last AS (
          SELECT order_id, review_score::INTEGER AS score, row_number() OVER (PARTITION BY order_id
            ORDER BY review_answer_timestamp::TIMESTAMP DESC, review_id DESC) AS place
          FROM read_csv('{folder}/olist_order_reviews_dataset.csv', all_varchar = true))
        SELECT avg(score), count(score), count(*)
        FROM (SELECT DISTINCT order_id
              FROM read_csv('{folder}/olist_order_items_dataset.csv', all_varchar = true))
        LEFT JOIN (FROM last WHERE place = 1) USING (order_id)""").fetchall()
    assert (score["known_orders"], score["unknown_orders"]) == (known, orders - known)
    assert score["mean"] == pytest.approx(mean, rel=1e-12)
    days = ea.aggregate.group_by(transactions, by=["delivery_days"])
    ((mean, known),) = duckdb.sql(f"""
        SELECT avg(days), count(days) FROM (
          SELECT date_diff('day', order_purchase_timestamp::TIMESTAMP::DATE,
                           order_delivered_customer_date::TIMESTAMP::DATE) AS days
          FROM read_csv('{folder}/olist_orders_dataset.csv', all_varchar = true)
          WHERE order_id IN (
            SELECT order_id
            FROM read_csv('{folder}/olist_order_items_dataset.csv', all_varchar = true)))
        """).fetchall()
    (delivered,) = rows_of(ea.aggregate.mean_of_key(days))
    assert delivered["known_orders"] == known
    assert delivered["mean"] == pytest.approx(mean, rel=1e-12)


def test_olist_agrees_with_duckdb_by_category_and_month() -> None:
    duckdb = pytest.importorskip("duckdb")
    folder = data_dir() / "olist"
    found = ea.aggregate.group_by(
        ea.datasets.load_olist(folder).transactions,
        by=["category"],
        period="month",
        measures=["freight"],
    )
    wanted = duckdb.sql(f"""
        SELECT coalesce(e.product_category_name_english, p.product_category_name, 'unknown')
                 AS category,
               strftime(o.order_purchase_timestamp::TIMESTAMP, '%Y-%m') AS period,
               count(*) AS lines, count(DISTINCT i.order_id) AS orders,
               count(DISTINCT c.customer_unique_id) AS customers,
               sum(i.price::DECIMAL(18, 4)) AS revenue,
               sum(i.freight_value::DECIMAL(18, 4)) AS freight
        FROM read_csv('{folder}/olist_order_items_dataset.csv', all_varchar = true) i
        JOIN read_csv('{folder}/olist_orders_dataset.csv', all_varchar = true) o USING (order_id)
        JOIN read_csv('{folder}/olist_customers_dataset.csv', all_varchar = true) c
          USING (customer_id)
        JOIN read_csv('{folder}/olist_products_dataset.csv', all_varchar = true) p
          USING (product_id)
        LEFT JOIN read_csv('{folder}/product_category_name_translation.csv', all_varchar = true) e
          USING (product_category_name)
        GROUP BY 1, 2""")
    columns = wanted.columns
    rows = {tuple(row[name] for name in columns) for row in rows_of(found)}
    assert rows == set(wanted.fetchall())
    assert len(rows) == len(found)
    assert Decimal(found.total_revenue) == Decimal("13591643.70")
    assert (found.total_orders, found.total_customers) == (98_666, 95_420)


def test_kinds_of_online_retail() -> None:
    path = data_dir() / "online_retail" / "online_retail.csv"
    dataset = ea.datasets.load_online_retail(path, cleaning="E")
    table = ea.aggregate.group_by(dataset.transactions, by=["kind"])
    assert table["kind"].tolist() == sorted(KINDS)
    tallies = {one.name: (one.num_lines, one.money) for one in dataset.report.kinds}
    found = zip(table["kind"], table["lines"].tolist(), table.decimals("revenue"), strict=True)
    assert {kind: (lines, money) for kind, lines, money in found} == tallies
