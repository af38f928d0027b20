from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines
from order_logs import OrderLog, logs_and_moments, order_logs, rows_of
from reference import kpi as reference
from reference.calendar import PERIODS
from reference.customer_history import Line, NothingToAnalyzeError

CASE = "kpi/two_months"


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


@given(logs_and_moments(), st.sampled_from([None, *PERIODS]))
def test_summary_equals_the_reference(
    drawn: tuple[OrderLog, datetime | None], period: str | None
) -> None:
    log, as_of = drawn
    transactions = log.transactions()
    try:
        expected = reference.summary(log.lines, as_of, period, log.purchases)
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.kpi.summary(transactions, as_of=as_of, period=period)
        return
    assert rows_of(ea.kpi.summary(transactions, as_of=as_of, period=period)) == expected


@given(order_logs(with_purchase=True), st.sampled_from(PERIODS))
def test_periods_add_up_to_the_total(log: OrderLog, period: str) -> None:
    transactions = log.transactions()
    (total,) = rows_of(ea.kpi.summary(transactions))
    rows = rows_of(ea.kpi.summary(transactions, period=period))
    for column in (
        "revenue_gross",
        "revenue_net",
        "orders",
        "guest_orders",
        "guest_revenue_net",
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
    money = {"revenue_gross", "revenue_net", "average_order_value", "guest_revenue_net"}
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
    assert caught.value.value == period


@pytest.mark.parametrize("num_threads", [-1, 1025])
def test_threads_out_of_range(num_threads: int) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^parallel: num_threads must be in"):
        ea.kpi.summary(two_months(), num_threads=num_threads)


def test_takes_transactions_only() -> None:
    with pytest.raises(TypeError, match=r"Transactions\.from_arrow"):
        ea.kpi.summary(OrderLog(tuple(input_lines(CASE))).table())  # type: ignore[arg-type]
