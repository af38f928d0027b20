from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines
from order_logs import OrderLog, logs_and_moments, order_logs, rows_of
from reference import cohort as reference
from reference.calendar import PERIODS
from reference.customer_history import Line, NothingToAnalyzeError
from reference.selection import Cut
from test_selection import logs_and_cuts, selection_of

CASE = "cohort/three_months"
EXPECTED = {
    "customers": "expected.csv",
    "orders": "expected_orders.csv",
    "revenue": "expected_revenue.csv",
}
MEASURES = ("customers", "orders", "revenue", "cumulative_revenue", "average_order_value")
BOUNDS = ("lower", "upper")


def three_months() -> ea.Transactions:
    return OrderLog(tuple(input_lines(CASE))).transactions()


@pytest.mark.parametrize("measure", EXPECTED)
def test_retention_matches_the_worked_example(measure: str) -> None:
    table = ea.cohort.retention(three_months(), measure=measure)  # type: ignore[arg-type]
    assert_rows_match(rows_of(table), expected_rows(CASE, EXPECTED[measure]), close=BOUNDS)
    assert table.as_of == "2024-03-21 00:00:00"
    assert table.measure == measure
    assert table.period == "month"
    assert table.kind == "bounded"


@pytest.mark.parametrize("measure", EXPECTED)
def test_the_reference_matches_the_worked_example(measure: str) -> None:
    rows = reference.retention(input_lines(CASE), measure=measure)
    assert_rows_match(rows, expected_rows(CASE, EXPECTED[measure]), close=BOUNDS)


def test_mean_retention_matches_the_worked_example() -> None:
    expected = expected_rows(CASE, "expected_mean.csv")
    table = ea.cohort.mean_retention(ea.cohort.retention(three_months()))
    assert_rows_match(rows_of(table), expected)
    assert_rows_match(reference.mean_retention(reference.retention(input_lines(CASE))), expected)


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["bounded", "rolling", "elapsed"]))
    measures = ["customers"] if kind == "rolling" else ["customers", *MEASURES]
    return {
        "kind": kind,
        "measure": draw(st.sampled_from(measures)),
        "period": draw(st.sampled_from(["month", "month", *PERIODS])),
        "relative_to": draw(st.sampled_from(["first", "first", "previous"])),
        "by": draw(st.sampled_from([None, "region"])),
        "elapsed_days": draw(st.sampled_from([1, 2, 7, 30, 400])),
        "confidence": draw(st.sampled_from([0.95, 0.5, 0.999])),
    }


def shown(rows: list[dict[str, Any]], like: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of the reference with the unknown group as Arrow shows it."""
    is_integer = any(isinstance(row.get("group"), int) for row in like)
    for row in rows:
        if "group" in row and row["group"] is None and not is_integer:
            row["group"] = "unknown"
    return rows


def assert_equals_the_reference(
    log: OrderLog, as_of: datetime | None, told: dict[str, Any], cut: Cut
) -> None:
    transactions, selection = log.transactions(), selection_of(cut)
    try:
        expected = reference.retention(log.lines, as_of, log.purchases, cut, **told)
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.cohort.retention(transactions, as_of=as_of, selection=selection, **told)
        return
    table = ea.cohort.retention(transactions, as_of=as_of, selection=selection, **told)
    # The bounds go through a square root, the rate of two averages through three roundings.
    close = (*BOUNDS, "rate") if told["measure"] == "average_order_value" else BOUNDS
    assert_rows_match(rows_of(table), shown(expected, rows_of(table)), close=close)
    if told["measure"] == "customers" and told["relative_to"] == "first":
        # A mean of rates is a sum of doubles.
        means = ea.cohort.mean_retention(table)
        assert_rows_match(rows_of(means), reference.mean_retention(expected), close=("simple",))


@given(logs_and_moments(), options())
def test_retention_equals_the_reference(
    drawn: tuple[OrderLog, datetime | None], told: dict[str, Any]
) -> None:
    assert_equals_the_reference(*drawn, told, Cut())


@given(logs_and_cuts(), options())
def test_retention_under_a_selection_equals_the_reference(
    drawn: tuple[OrderLog, datetime | None, Cut], told: dict[str, Any]
) -> None:
    log, as_of, cut = drawn
    assert_equals_the_reference(log, as_of, told, cut)


@given(order_logs(with_purchase=True, max_lines=40), st.sampled_from(PERIODS))
def test_a_rate_lies_in_its_interval(log: OrderLog, period: str) -> None:
    for row in rows_of(ea.cohort.retention(log.transactions(), period=period)):  # type: ignore[arg-type]
        if row["lower"] is not None:
            assert 0 <= row["lower"] <= row["rate"] <= row["upper"] <= 1
        if row["value"] is not None:
            assert 0 <= row["value"] <= row["size"]
        assert row["period"] > 0 or row["value"] == row["size"]
        assert (row["value"] is None) == (not row["observable"])


@given(order_logs(with_purchase=True))
def test_revenue_of_all_cells_is_that_of_known_buyers(log: OrderLog) -> None:
    transactions = log.transactions()
    rows = rows_of(ea.cohort.retention(transactions, measure="revenue"))
    buyers = rows_of(ea.rfm.score(transactions))
    assert sum(row["value"] or 0 for row in rows) == sum(row["monetary"] for row in buyers)
    sizes = [row["size"] for row in rows if row["period"] == 0]
    assert sum(sizes) == len(buyers)


def test_a_period_that_begins_after_the_data_is_null() -> None:
    # The data ends on 2024-01-20; at the middle of March February and March are not known.
    lines = (Line("ana", "A", datetime(2024, 1, 20), Decimal(5)),)
    rows = rows_of(ea.cohort.retention(OrderLog(lines).transactions(), as_of="2024-03-15"))
    assert [row["period"] for row in rows] == [0, 1, 2]
    assert [row["value"] for row in rows] == [1, None, None]
    assert [row["observable"] for row in rows] == [True, False, False]


def test_a_period_without_new_customers_is_no_cohort() -> None:
    lines = (
        Line("ana", "A", datetime(2024, 1, 31), Decimal(5)),
        Line("ana", "B", datetime(2024, 2, 1), Decimal(5)),
        Line("bo", "C", datetime(2024, 3, 1), Decimal(5)),
    )
    table = ea.cohort.retention(OrderLog(lines).transactions())
    assert sorted({row["cohort"] for row in rows_of(table)}) == [
        date(2024, 1, 1),
        date(2024, 3, 1),
    ]


def test_no_known_customer_is_no_cohort() -> None:
    log = OrderLog((Line(None, "A", datetime(2024, 1, 1), Decimal(5)),))
    table = ea.cohort.retention(log.transactions())
    assert table.num_rows == 0
    assert table.column_names == tuple(expected_rows(CASE)[0])
    assert ea.cohort.mean_retention(table).num_rows == 0


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 1.5, float("nan"), float("inf")])
def test_confidence_out_of_range(confidence: float) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^cohort: confidence must be in \(0, 1\)"):
        ea.cohort.retention(three_months(), confidence=confidence)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("kind", "sliding", "^cohort: kind must be"),
        ("relative_to", "last", "^cohort: relative_to must be"),
        ("measure", "money", "^cohort: measure must be"),
        ("period", "decade", "^calendar: period must be"),
    ],
)
def test_unknown_options(option: str, value: str, words: str) -> None:
    with pytest.raises(ea.InvalidArgument, match=words) as caught:
        ea.cohort.retention(three_months(), **{option: value})  # type: ignore[arg-type]
    assert caught.value.value == value


def test_mean_retention_needs_customers() -> None:
    for measure in ("orders", "revenue"):
        table = ea.cohort.retention(three_months(), measure=measure)  # type: ignore[arg-type]
        with pytest.raises(ea.InvalidArgument, match=r"^cohort: mean_retention needs"):
            ea.cohort.mean_retention(table)
    with pytest.raises(TypeError):
        ea.cohort.mean_retention(ea.kpi.summary(three_months()))
