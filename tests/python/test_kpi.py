import runpy
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from conftest import CHECKOUT, data_dir
from golden import assert_rows_match, expected_rows, input_lines
from order_logs import OrderLog, logs_and_moments, order_logs, rows_of, transactions_of
from reference import kpi as reference
from reference.calendar import PERIODS
from reference.customer_history import Line, NothingToAnalyzeError

CASE = "kpi/two_months"
DICTIONARY = CHECKOUT / "python" / "ecommerce_analytics" / "kpi_dictionary.toml"
SPAN_COLUMNS = ("period", "start", "end", "partial")


def two_months() -> ea.Transactions:
    return OrderLog(tuple(input_lines(CASE))).transactions()


def test_summary_matches_the_worked_months() -> None:
    summary = ea.kpi.summary(two_months(), period="month")
    assert_rows_match(rows_of(summary), expected_rows(CASE))
    assert summary.as_of == "2024-02-11 00:00:00"


def test_summary_matches_the_worked_total() -> None:
    assert_rows_match(
        rows_of(ea.kpi.summary(two_months())), expected_rows(CASE, "expected_total.csv")
    )


def test_the_reference_matches_the_worked_example() -> None:
    lines = input_lines(CASE)
    assert_rows_match(reference.summary(lines, period="month"), expected_rows(CASE))
    assert_rows_match(reference.summary(lines), expected_rows(CASE, "expected_total.csv"))


def measures_of(log: OrderLog, names: Sequence[str]) -> dict[str, list[Decimal]]:
    """Return values for each line that differ from line to line and follow from the log alone."""
    values = [Decimal(f"{place * 7 % 11 - 3}.{place % 10_000:04}") for place in range(64)]
    return {
        name: [values[(place + 5 * number) % 64] for place in range(len(log.lines))]
        for number, name in enumerate(names)
    }


def transactions_with(log: OrderLog, measures: Mapping[str, Sequence[Decimal]]) -> ea.Transactions:
    """Return a log with measures, of which one may be the quantity."""
    table = log.table()
    for name, values in measures.items():
        table = table.append_column(name, pa.array(values, pa.decimal128(20, 4)))
    return transactions_of(
        table,
        purchases=log.purchases,
        quantity="quantity" if "quantity" in measures else None,
        measures=[name for name in measures if name != "quantity"],
    )


MEASURES = st.sampled_from([(), ("quantity",), ("freight",), ("quantity", "freight", "tax")])


@given(logs_and_moments(), st.sampled_from([None, *PERIODS]), MEASURES)
def test_summary_equals_the_reference(
    drawn: tuple[OrderLog, datetime | None], period: str | None, names: Sequence[str]
) -> None:
    log, as_of = drawn
    measures = measures_of(log, names)
    transactions = transactions_with(log, measures)
    try:
        expected = reference.summary(log.lines, as_of, period, log.purchases, measures)
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.kpi.summary(transactions, as_of=as_of, period=period)
        return
    assert rows_of(ea.kpi.summary(transactions, as_of=as_of, period=period)) == expected


@given(logs_and_moments(), st.sampled_from([None, *PERIODS]), MEASURES)
def test_changes_equal_the_reference(
    drawn: tuple[OrderLog, datetime | None], period: str | None, names: Sequence[str]
) -> None:
    log, as_of = drawn
    measures = measures_of(log, names)
    transactions = transactions_with(log, measures)
    try:
        expected = reference.changes(log.lines, as_of, period, log.purchases, measures)
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.kpi.changes(transactions, as_of=as_of, period=period)
        return
    actual = rows_of(ea.kpi.changes(transactions, as_of=as_of, period=period))
    order = [kpi.name for kpi in ea.kpi.dictionary()]
    assert actual == sorted(expected, key=lambda row: (row["start"], order.index(row["kpi"])))


@given(order_logs(with_purchase=True), st.sampled_from(PERIODS), st.integers(-3, 80), st.data())
def test_what_is_compared_is_the_summary_of_those_days(
    log: OrderLog, period: str, offset: int, data: st.DataObject
) -> None:
    transactions = transactions_with(log, measures_of(log, ["quantity"]))
    first_day = min(line.time.date() for line in log.lines)
    window = None
    if data.draw(st.booleans()):
        start = first_day + timedelta(days=offset)
        days = data.draw(st.sampled_from([1, 7, 40]))
        window = ea.Selection(start=start, end=start + timedelta(days=days))
    total = rows_of(ea.kpi.changes(transactions, selection=window))
    rows = total + rows_of(ea.kpi.changes(transactions, period=period, selection=window))
    summaries: dict[tuple[date, date], dict[str, Any]] = {}
    for row in rows:
        if not row["comparable"]:
            assert row["previous"] is None
            assert row["change"] is None
            continue
        days_before = (row["previous_start"], row["previous_end"])
        assert first_day <= days_before[0] < days_before[1] <= row["start"]
        if row["period"] == "total":
            assert days_before[1] - days_before[0] == row["end"] - row["start"]
            assert days_before[1] == row["start"]
        if days_before not in summaries:
            selection = ea.Selection(start=days_before[0], end=days_before[1])
            (summaries[days_before],) = rows_of(ea.kpi.summary(transactions, selection=selection))
        value = summaries[days_before][row["kpi"]]
        assert row["previous"] == (None if value is None else float(value))


def test_a_running_month_is_compared_with_as_many_days() -> None:
    (row,) = (
        row
        for row in rows_of(ea.kpi.changes(two_months(), as_of="2024-02-09", period="month"))
        if (row["period"], row["kpi"]) == ("2024-02", "revenue_net")
    )
    assert not row["comparable"]  # The data begin on January 5.

    lines = tuple(
        Line("ana", f"o{day}", day, Decimal(amount))
        for day, amount in (
            (datetime(2024, 1, 1), 10),
            (datetime(2024, 1, 8, 23), 30),
            (datetime(2024, 1, 9), 500),
            (datetime(2024, 2, 8), 50),
            (datetime(2024, 3, 30), 1),
        )
    )
    transactions = OrderLog(lines).transactions()

    def net(as_of: str, period: str) -> list[Any]:
        (row,) = (
            row
            for row in rows_of(ea.kpi.changes(transactions, as_of=as_of, period="month"))
            if (row["period"], row["kpi"]) == (period, "revenue_net")
        )
        names = ("previous_start", "previous_end", "previous", "change_share")
        return [row[name] for name in names]

    assert net("2024-02-09", "2024-02") == [date(2024, 1, 1), date(2024, 1, 9), 40.0, 0.25]
    # Half a day cannot be compared with a whole one.
    assert net("2024-02-08 12:00", "2024-02") == [None] * 4
    # A month that has ended is compared with all of the one before, however long it was.
    assert net("2024-03-01", "2024-02") == [date(2024, 1, 1), date(2024, 2, 1), 540.0, -49 / 54]
    # March has 30 days so far, more than February has.
    assert net("2024-03-31", "2024-03")[:2] == [date(2024, 2, 1), date(2024, 3, 1)]


def test_new_and_returning_come_from_the_full_history() -> None:
    transactions = OrderLog(tuple(input_lines(CASE))).transactions()
    window = ea.Selection(start="2024-02-01")
    (row,) = rows_of(ea.kpi.summary(transactions, selection=window))
    assert (row["new_customers"], row["returning_customers"]) == (2, 1)


def test_a_row_under_a_report_window_begins_with_it() -> None:
    window = ea.Selection(start="2024-01-20", end="2024-02-05")
    rows = rows_of(ea.kpi.summary(two_months(), period="month", selection=window))
    assert [(row["start"], row["end"]) for row in rows] == [
        (date(2024, 1, 20), date(2024, 2, 1)),
        (date(2024, 2, 1), date(2024, 2, 5)),
    ]


def test_a_history_without_the_measures_has_no_such_figures() -> None:
    log = OrderLog(tuple(input_lines(CASE)))
    transactions = transactions_with(log, measures_of(log, ["quantity", "tax"]))
    assert sorted(ea.kpi.measures_of(transactions)) == ["quantity", "tax"]
    (bare,) = rows_of(ea.kpi.summary(ea.CustomerHistory().add(transactions)))
    assert [bare[name] for name in ("freight", "tax", "items", "items_per_order")] == [None] * 4
    full = ea.CustomerHistory(measures=ea.kpi.measures_of(transactions)).add(transactions)
    (row,) = rows_of(ea.kpi.summary(full))
    assert row["freight"] is None
    assert row["items"] is not None
    assert [row] == rows_of(ea.kpi.summary(transactions))
    with pytest.raises(TypeError, match="expected Transactions"):
        ea.kpi.measures_of(full)  # type: ignore[arg-type]


def test_the_dictionary_is_the_file() -> None:
    told = tomllib.loads(DICTIONARY.read_text(encoding="utf-8"))["kpi"]
    assert [vars(kpi) for kpi in ea.kpi.dictionary()] == told


def test_each_column_has_one_entry_in_the_dictionary() -> None:
    names = [kpi.name for kpi in ea.kpi.dictionary()]
    columns = ea.kpi.summary(two_months()).column_names
    assert columns[:4] == SPAN_COLUMNS
    assert sorted(names) == sorted(columns[4:])


def test_the_page_is_what_the_tool_writes() -> None:
    tool = runpy.run_path(str(CHECKOUT / "tools" / "kpi_dictionary_page.py"))
    page = CHECKOUT / "docs" / "kpi_dictionary.md"
    assert page.read_text(encoding="utf-8") == tool["page"](DICTIONARY)


def embedded(folder: Path, old: str, new: str) -> str:
    """Embed the dictionary with one change, as the build does; return what the compiler reads."""
    text = DICTIONARY.read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / "dictionary.toml").write_text(text.replace(old, new), encoding="utf-8")
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(dictionary NONE)\n"
        f"include({CHECKOUT}/cmake/embed_kpi_dictionary.cmake)\n"
        "embed_kpi_dictionary(dictionary.cpp dictionary.toml)\n",
        encoding="utf-8",
    )
    subprocess.run(
        ["cmake", "-S", folder, "-B", folder / "build"], check=True, capture_output=True, text=True
    )
    return (folder / "build" / "dictionary.cpp").read_text(encoding="utf-8")


def test_another_formula_is_another_figure(tmp_path: Path) -> None:
    ours = embedded(tmp_path, "revenue_net / orders", "revenue_net / orders")
    assert '"revenue_net", "orders", 0, Operation::quotient, false' in ours
    other = embedded(tmp_path, "revenue_net / orders", "-revenue_gross / customer_orders")
    assert '"revenue_gross", "customer_orders", 0, Operation::quotient, true' in other


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"revenue_net / orders"', '"revenue_net / carts"', "no sum or count of this name"),
        ('"revenue_net / orders"', '"revenue_net / repeat_rate"', "no sum or count of this name"),
        ('"revenue_net / orders"', '"revenue_net * 2"', "no form of a formula"),
        ('"sum(fee)"', '"sum(fees)"', "no kind of line: fees"),
        ('"count(customers)"', '"count(people)"', "nothing is counted as people"),
        ('name = "tax"', 'name = "freight"', "the name stands twice"),
        ('title = "Tax"\n', "", "title was expected"),
        ('title = "Tax"', "title = Tax", "not understood"),
    ],
)
def test_the_build_refuses_a_dictionary_that_it_does_not_understand(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        embedded(tmp_path, old, new)
    assert complaint in " ".join(caught.value.stderr.split())


@given(order_logs(with_purchase=True))
def test_parts_of_revenue_add_up_to_the_net(log: OrderLog) -> None:
    for row in rows_of(ea.kpi.summary(log.transactions(), period="week")):
        parts = ("gross", "refunds", "discount", "shipping", "fees", "adjustments")
        assert sum(row[f"revenue_{part}"] for part in parts) == row["revenue_net"]
        assert row["new_customers"] + row["returning_customers"] == row["customers"]
        assert row["customer_orders"] + row["guest_orders"] == row["orders"]


@given(order_logs(with_purchase=True), st.sampled_from(PERIODS))
def test_periods_add_up_to_the_total(log: OrderLog, period: str) -> None:
    transactions = log.transactions()
    (total,) = rows_of(ea.kpi.summary(transactions))
    rows = rows_of(ea.kpi.summary(transactions, period=period))
    # A customer is new once, in the period of his first order.
    assert sum(row["new_customers"] for row in rows) == total["customers"]
    for column in (
        "revenue_gross",
        "revenue_net",
        "orders",
        "guest_orders",
        "guest_revenue_net",
        "revenue_refunds",
        "customer_orders",
        "sale_lines",
        "refund_lines",
    ):
        assert sum(row[column] for row in rows) == total[column]
    assert max(row["customers"] for row in rows) <= total["customers"]
    assert [row["start"] for row in rows[1:]] == [row["end"] for row in rows[:-1]]
    assert not any(row["partial"] for row in rows[:-1])


@given(order_logs(with_purchase=True))
def test_twice_the_money_doubles_money_alone(log: OrderLog) -> None:
    twice = [
        Line(line.customer, line.order, line.time, 2 * line.amount, line.kind, line.region)
        for line in log.lines
    ]
    once = rows_of(ea.kpi.summary(log.transactions(), period="month"))
    doubled = rows_of(ea.kpi.summary(log.transactions(twice), period="month"))
    money = {kpi.name for kpi in ea.kpi.dictionary() if kpi.unit.startswith("money")}
    assert len(money) > 10
    for before, after in zip(once, doubled, strict=True):
        assert after == {
            name: 2 * value if name in money and value is not None else value
            for name, value in before.items()
        }


@given(
    st.lists(
        st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-50, 50), st.integers(0, 10**12)),
        min_size=1,
        max_size=8,
    ),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=8),
)
def test_ratios_of_any_sums_are_correctly_rounded(known: list[int], guests: list[int]) -> None:
    # Sums of up to 67 bits: what a division of two doubles gets wrong in the last digit.
    time = datetime(2024, 1, 1)
    lines = [Line(1, 1, time, Decimal(f"{amount}e-4")) for amount in known]
    lines += [Line(None, 2, time, Decimal(f"{amount}e-4")) for amount in guests]
    lines.append(Line(1, 3, time, Decimal(1)))
    lines.append(Line(1, 4, time, Decimal(1)))
    (row,) = rows_of(ea.kpi.summary(OrderLog(tuple(lines)).transactions()))
    assert [row] == reference.summary(lines)


def test_a_period_without_lines_is_a_row_of_zeros() -> None:
    lines = (
        Line("ana", "A", datetime(2024, 1, 31), Decimal(5)),
        Line("ana", "B", datetime(2024, 3, 1), Decimal(5)),
    )
    rows = rows_of(ea.kpi.summary(OrderLog(lines).transactions(), period="month"))
    assert [row["period"] for row in rows] == ["2024-01", "2024-02", "2024-03"]
    assert rows[1]["orders"] == 0
    assert rows[1]["average_order_value"] is None
    assert rows[1]["guest_share"] is None
    assert rows[2]["end"] == date(2024, 3, 2)


@pytest.mark.parametrize("period", ["Month", "months", "hour"])
def test_unknown_period(period: str) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^calendar: period must be day, week") as caught:
        ea.kpi.summary(two_months(), period=period)  # type: ignore[arg-type]
    with pytest.raises(ea.InvalidArgument, match=r"^calendar: period must be day, week"):
        ea.kpi.changes(two_months(), period=period)  # type: ignore[arg-type]
    assert caught.value.value == period


@pytest.mark.parametrize("num_threads", [-1, 1025])
def test_threads_out_of_range(num_threads: int) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^parallel: num_threads must be in"):
        ea.kpi.summary(two_months(), num_threads=num_threads)


def test_takes_transactions_only() -> None:
    with pytest.raises(TypeError, match=r"Transactions\.from_arrow"):
        ea.kpi.summary(OrderLog(tuple(input_lines(CASE))).table())  # type: ignore[arg-type]


# Counts each month anew in SQL, on all orders: what a dashboard would do.
_BY_MONTH = """
with placed as (
    select "order", any_value(customer) as customer, min(time) as time
    from lines where amount > 0 and kind <> 'refund' group by "order"
), firsts as (
    select customer, min(time) as first from placed where customer is not null group by customer
), buyers as (
    select distinct date_trunc('month', time) as month, customer,
        date_trunc('month', first) = date_trunc('month', time) as is_new
    from placed join firsts using (customer)
), orders as (
    select date_trunc('month', time) as month, count(*) as orders from placed group by month
), money as (
    select date_trunc('month', time) as month,
        coalesce(-sum(amount) filter (kind = 'refund'), 0) as refunds,
        sum(amount) filter (kind = 'sale') as gross,
        count(*) filter (kind = 'refund') as refund_lines,
        count(*) filter (kind = 'sale') as sale_lines,
        sum(quantity) filter (kind = 'sale') as items
    from lines group by month
), customers as (
    select month, count(*) filter (is_new) as new, count(*) filter (not is_new) as old
    from buyers group by month
)
select strftime(month, '%Y-%m'), new, old, refunds::double / gross::double,
    refund_lines / sale_lines, items::double / orders
from money join orders using (month) join customers using (month) order by month
"""


def assert_as_in_sql(connection: duckdb.DuckDBPyConnection, summary: ea.Table) -> None:
    """Compare the months that have orders; SQL divides doubles."""
    names = "new_customers returning_customers return_rate_money return_rate_lines items_per_order"
    expected = connection.execute(_BY_MONTH).fetchall()
    rows = {row["period"]: row for row in rows_of(summary) if row["orders"]}
    assert list(rows) == [month for month, *_ in expected]
    assert len(expected) > 10
    for month, *values in expected:
        actual = [rows[month][name] for name in names.split()]
        assert actual == [
            None if value is None else pytest.approx(value, rel=1e-12) for value in values
        ]


def test_olist_by_month_as_in_sql() -> None:
    folder = data_dir() / "olist"
    connection = duckdb.connect()
    connection.execute(f"""
        create table lines as select i.order_id as "order", c.customer_unique_id as customer,
            o.order_purchase_timestamp::timestamp as time, i.price::decimal(18, 4) as amount,
            case when amount < 0 then 'refund' else 'sale' end as kind,
            null::decimal(18, 4) as quantity
        from read_csv('{folder}/olist_order_items_dataset.csv', all_varchar=true) i
        join read_csv('{folder}/olist_orders_dataset.csv', all_varchar=true) o using (order_id)
        join read_csv('{folder}/olist_customers_dataset.csv', all_varchar=true) c
            using (customer_id)""")
    transactions = ea.datasets.load_olist(folder).transactions
    assert_as_in_sql(connection, ea.kpi.summary(transactions, period="month"))
    assert ea.kpi.summary(transactions).decimals("freight") == [Decimal("2251909.54")]


def test_online_retail_by_month_as_in_sql() -> None:
    file = data_dir() / "online_retail" / "online_retail.csv"
    connection = duckdb.connect()
    connection.execute(f"""
        create table lines as select InvoiceNo as "order", nullif(CustomerID, '') as customer,
            InvoiceDate::timestamp as time, Quantity::decimal(18, 4) as quantity,
            Quantity::decimal(12, 0) * UnitPrice::decimal(12, 4) as amount,
            case
                when StockCode in ('POST', 'DOT', 'C2') then 'shipping'
                when StockCode in ('BANK CHARGES', 'AMAZONFEE', 'CRUK') then 'fee'
                when StockCode = 'D' then 'discount'
                when StockCode in ('M', 'm', 'B', 'S', 'PADS') then 'adjustment'
                when InvoiceNo like 'C%' then 'refund'
                when Quantity::double > 0 and UnitPrice::double > 0 then 'sale'
                else 'adjustment'
            end as kind
        from read_csv('{file}', all_varchar=true)""")
    transactions = ea.datasets.load_online_retail(file).transactions
    assert_as_in_sql(connection, ea.kpi.summary(transactions, period="month"))
    (total,) = rows_of(ea.kpi.summary(transactions))
    assert total["revenue_gross"] == Decimal("10272118.87")
    assert total["revenue_refunds"] == Decimal("-478724.18")
    assert total["return_rate_money"] == float(Fraction(47_872_418, 1_027_211_887))
    assert total["return_rate_lines"] == 8_704 / 527_789
