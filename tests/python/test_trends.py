import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from conftest import data_dir
from golden import assert_rows_match, expected_rows, input_lines
from known_files import known_copy
from order_logs import OrderLog, content_of, logs_and_moments, order_logs, rows_of
from reference import trends as reference
from reference.calendar import PERIODS

CASE = "trends/two_years"


def golden_days() -> ea.Table:
    return ea.kpi.summary(OrderLog(tuple(input_lines(CASE))).transactions(), period="day")


def test_series_match_the_worked_example() -> None:
    table = ea.trends.series(golden_days(), period="month", window=3)
    assert_rows_match(rows_of(table), expected_rows(CASE))
    assert (table.column, table.grain, table.window) == ("revenue_net", "month", 3)
    assert table.as_of == "2025-01-03 00:00:00"


def test_years_match_the_worked_example() -> None:
    rows = rows_of(ea.trends.year_over_year(golden_days()))
    kept = expected_rows(CASE, "expected_years.csv")
    found = [{name: row[name] for name in kept[0]} for row in rows[12:14]]
    assert found == [
        {**row, "previous": money(row["previous"]), "change": money(row["change"])}
        | {"comparable": row["comparable"] == "true"}
        | {"change_share": None if row["change_share"] is None else float(row["change_share"])}
        for row in kept
    ]
    assert [row["period"] for row in rows if row["comparable"]] == ["2024-12"]


def money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def days_and_running(table: ea.Table, column: str) -> tuple[dict[date, Any], set[date]]:
    rows = rows_of(table)
    days = {row["start"]: row[column] for row in rows}
    first, last = min(days), max(days)
    for number in range((last - first).days + 1):
        days.setdefault(first + timedelta(days=number), 0)
    return days, {row["start"] for row in rows if row["partial"]}


@given(
    logs_and_moments(),
    st.sampled_from(PERIODS),
    st.sampled_from([1, 2, 3, 7]),
    st.sampled_from(["revenue_net", "orders", "refund_lines"]),
)
def test_all_equals_the_reference(
    drawn: tuple[OrderLog, datetime | None], period: Any, window: int, column: str
) -> None:
    log, as_of = drawn
    transactions = log.transactions()
    try:
        table = ea.kpi.summary(transactions, period="day", as_of=as_of)
    except ea.InvalidArgument:
        return
    days, running = days_and_running(table, column)
    found = ea.trends.series(table, column=column, period=period, window=window)
    assert rows_of(found) == reference.series(days, running, period, window)
    by_period = rows_of(ea.kpi.summary(transactions, period=period, as_of=as_of))
    assert [row[column] for row in by_period] == [row["value"] for row in rows_of(found)]
    years = ea.trends.year_over_year(table, column=column, period=period)
    assert rows_of(years) == reference.year_over_year(days, running, period)
    for name, function in (
        ("weekday", ea.trends.weekday_pattern),
        ("month", ea.trends.month_pattern),
    ):
        assert rows_of(function(table, column=column)) == reference.pattern(days, running, name)


@given(logs_and_moments())
def test_hours_equal_the_reference(drawn: tuple[OrderLog, datetime | None]) -> None:
    log, as_of = drawn
    transactions = log.transactions()
    try:
        days = ea.kpi.summary(transactions, period="day", as_of=as_of)
    except ea.InvalidArgument:
        return
    hours = ea.aggregate.group_by(transactions, by=["hour"], period="day", as_of=as_of)
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for row in rows_of(hours):
        totals[row["hour"]] += 0 if row["partial"] else row["revenue"]
    whole = sum(not partial for partial in days["partial"])
    assert rows_of(ea.trends.hour_pattern(hours, days)) == reference.hours(totals, whole)
    assert ea.trends.has_times(transactions) == (len({line.time.hour for line in log.lines}) > 1)


@given(order_logs(with_purchase=True), st.randoms(use_true_random=False))
def test_no_order_of_rows_matters(log: OrderLog, rng: random.Random) -> None:
    shuffled = list(log.lines)
    rng.shuffle(shuffled)
    tables = [
        ea.trends.series(ea.kpi.summary(one, period="day"), period="week", window=4)
        for one in (log.transactions(), log.transactions(shuffled))
    ]
    assert content_of(tables[0]) == content_of(tables[1])


def test_groups_by_day_fill_their_gaps() -> None:
    transactions = OrderLog(tuple(input_lines(CASE))).transactions()
    groups = ea.aggregate.group_by(transactions, period="day")
    assert len(groups) < len(golden_days())
    found = ea.trends.series(groups, column="revenue", period="month", window=3)
    wanted = ea.trends.series(golden_days(), period="month", window=3)
    assert rows_of(found) == rows_of(wanted)


def test_a_running_day_is_in_no_mean() -> None:
    transactions = ea.Transactions.from_arrays(
        customer=["ann"] * 2,
        order=["A", "B"],
        timestamp=["2026-01-05 08:00", "2026-01-06 08:00"],
        amount=["10", "1"],
    )
    days = ea.kpi.summary(transactions, period="day", as_of="2026-01-06 12:00")
    assert ea.trends.weekday_pattern(days)["days"].tolist() == [1, 0, 0, 0, 0, 0, 0]
    assert ea.trends.series(days)["moving_average"].tolist() == [10.0, None]
    hours = ea.aggregate.group_by(transactions, by=["hour"], period="day", as_of="2026-01-06 12:00")
    table = ea.trends.hour_pattern(hours, days)
    assert (table["mean"][8], table["index"][8], table.num_days) == (10.0, 24.0, 1)


def test_a_window_of_the_report_cuts_the_months_at_its_ends() -> None:
    transactions = OrderLog(tuple(input_lines(CASE))).transactions()
    window = ea.Selection(start="2023-12-10", end="2024-03-01")
    days = ea.kpi.summary(transactions, period="day", selection=window)
    table = ea.trends.series(days, period="month")
    assert table["period"].tolist() == ["2023-12", "2024-01", "2024-02"]
    assert table["complete"].tolist() == [False, True, True]
    assert table.selection == '{"start": "2023-12-10", "end": "2024-03-01"}'


def test_weeks_and_days_that_a_year_lacks() -> None:
    first = date(2020, 1, 1)
    days = [first + timedelta(days=number) for number in range(3 * 365)]
    transactions = ea.Transactions.from_arrays(
        customer=["ann"] * len(days),
        order=list(range(len(days))),
        timestamp=[str(day) for day in days],
        amount=["1"] * len(days),
    )
    table = ea.kpi.summary(transactions, period="day")
    by_week = ea.trends.year_over_year(table, period="week")
    named = dict(zip(by_week["period"], by_week["previous_period"], strict=True))
    assert named["2020-W53"] == ""
    assert named["2021-W52"] == "2020-W52"
    by_day = ea.trends.year_over_year(table, period="day")
    named = dict(zip(by_day["period"], by_day["previous_period"], strict=True))
    assert named["2020-02-29"] == ""
    assert named["2021-03-01"] == "2020-03-01"


class TestErrors:
    def test_columns_that_do_not_add_up(self) -> None:
        for column in ("average_order_value", "customers", "repeat_rate", "period"):
            with pytest.raises(ea.InvalidArgument, match="what does not add up") as caught:
                ea.trends.series(golden_days(), column=column)
            assert caught.value.value == column
        with pytest.raises(ea.InvalidArgument, match="no such column"):
            ea.trends.series(golden_days(), column="profit")
        with pytest.raises(ea.InvalidArgument, match="has missing values"):
            ea.trends.series(golden_days(), column="freight")

    def test_tables_of_something_else(self) -> None:
        transactions = OrderLog(tuple(input_lines(CASE))).transactions()
        with pytest.raises(ea.InvalidArgument, match="a row is no day") as caught:
            ea.trends.series(ea.kpi.summary(transactions, period="month"))
        assert caught.value.value == "2023-11"
        with pytest.raises(ea.InvalidArgument, match="the table has no days"):
            ea.trends.series(ea.rfm.score(transactions))
        by_kind = ea.aggregate.group_by(transactions, by=["kind"], period="day")
        with pytest.raises(ea.InvalidArgument, match="group by nothing but the period"):
            ea.trends.series(
                ea.aggregate.group_by(
                    ea.Transactions.from_arrays(
                        customer=["a"] * 2,
                        order=[1, 1],
                        timestamp=["2024-01-01"] * 2,
                        amount=["1", "-1"],
                    ),
                    by=["kind"],
                    period="day",
                ),
                column="revenue",
            )
        with pytest.raises(ea.InvalidArgument, match="hours need groups by hour"):
            ea.trends.hour_pattern(by_kind, golden_days())
        nothing = ea.aggregate.group_by(
            transactions, period="day", selection=ea.Selection(start="2020-01-01", end="2020-01-02")
        )
        with pytest.raises(ea.InvalidArgument, match="the table has no day"):
            ea.trends.series(nothing, column="revenue")

    def test_options_out_of_range(self) -> None:
        for window in (0, 10_001):
            with pytest.raises(ea.InvalidArgument, match="window must be in"):
                ea.trends.series(golden_days(), window=window)
        with pytest.raises(ea.InvalidArgument):
            ea.trends.series(golden_days(), period="decade")  # type: ignore[arg-type]

    def test_the_end_of_the_calendar(self) -> None:
        transactions = ea.Transactions.from_arrays(
            customer=["ann"], order=["A"], timestamp=["9999-12-31"], amount=["1"]
        )
        with pytest.raises(ea.InvalidArgument, match="beyond year 9998"):
            ea.trends.series(ea.kpi.summary(transactions, period="day"))


def test_months_of_olist_have_a_gap_and_no_shift() -> None:
    duckdb = pytest.importorskip("duckdb")
    folder = known_copy("olist")
    transactions = ea.datasets.load_olist(folder).transactions
    assert not ea.trends.has_times(transactions)
    days = ea.kpi.summary(transactions, period="day")
    rows = {row["period"]: row for row in rows_of(ea.trends.series(days, period="month"))}
    assert rows["2016-11"]["value"] == 0
    assert rows["2017-11"]["value"] == Decimal("1010271.37")
    assert [name for name, row in rows.items() if not row["complete"]] == ["2016-09", "2018-09"]
    years = {row["period"]: row for row in rows_of(ea.trends.year_over_year(days))}
    assert years["2017-11"]["previous"] == 0
    assert years["2017-11"]["change_share"] is None
    wanted = duckdb.sql(f"""
        SELECT isodow(order_purchase_timestamp::TIMESTAMP), sum(price::DECIMAL(18, 2))
        FROM read_csv('{folder}/olist_order_items_dataset.csv', all_varchar = true)
        JOIN read_csv('{folder}/olist_orders_dataset.csv', all_varchar = true) USING (order_id)
        GROUP BY 1 ORDER BY 1""").fetchall()
    pattern = ea.trends.weekday_pattern(days)
    assert [(row["weekday"], row["total"]) for row in rows_of(pattern)] == wanted
    assert sum(pattern["days"]) == len(days)


def test_hours_of_online_retail_are_a_query() -> None:
    duckdb = pytest.importorskip("duckdb")
    path = data_dir() / "online_retail" / "online_retail.csv"
    transactions = ea.datasets.load_online_retail(path, cleaning="E").transactions
    assert ea.trends.has_times(transactions)
    days = ea.kpi.summary(transactions, period="day")
    hours = ea.aggregate.group_by(transactions, by=["hour"], period="day")
    table = ea.trends.hour_pattern(hours, days)
    wanted = duckdb.sql(f"""
        SELECT hour(InvoiceDate::TIMESTAMP) AS h,
               sum((Quantity::DECIMAL(18, 4) * UnitPrice::DECIMAL(18, 4))::DECIMAL(38, 4))
        FROM read_csv('{path}', all_varchar = true) GROUP BY 1 ORDER BY 1""").fetchall()
    found = [(row["hour"], row["total"]) for row in rows_of(table) if row["total"]]
    assert found == [(hour, money) for hour, money in wanted if money]
