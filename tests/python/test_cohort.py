from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines
from known_files import known_copy
from order_logs import OrderLog, content_of, logs_and_moments, order_logs, rows_of
from reference import cohort as reference
from reference.calendar import PERIODS
from reference.customer_history import Line, NothingToAnalyzeError, sort_key
from reference.selection import Cut
from test_selection import logs_and_cuts, selection_of

CASE = "cohort/three_months"
REGIONS = "cohort/two_regions"
EXPECTED: dict[str, dict[str, Any]] = {
    "expected.csv": {},
    "expected_orders.csv": {"measure": "orders"},
    "expected_revenue.csv": {"measure": "revenue"},
    "expected_cumulative_revenue.csv": {"measure": "cumulative_revenue"},
    "expected_average_order_value.csv": {"measure": "average_order_value"},
    "expected_previous.csv": {"relative_to": "previous"},
    "expected_rolling.csv": {"kind": "rolling"},
    "expected_elapsed.csv": {"kind": "elapsed"},
    "expected_elapsed_orders.csv": {"kind": "elapsed", "measure": "orders"},
    "expected_elapsed_cumulative_revenue.csv": {
        "kind": "elapsed",
        "measure": "cumulative_revenue",
    },
}
EXPECTED_MEAN = {
    "expected_mean.csv": "bounded",
    "expected_rolling_mean.csv": "rolling",
    "expected_elapsed_mean.csv": "elapsed",
}
# What members are not asked for.
UNASKED = ("measure", "relative_to", "confidence")
KINDS = ("bounded", "rolling", "elapsed")
MEASURES = ("customers", "orders", "revenue", "cumulative_revenue", "average_order_value")
BOUNDS = ("lower", "upper")
LOSSES = ("before", "after", "loss", "lower", "upper", "loss_share")


def three_months() -> ea.Transactions:
    return OrderLog(tuple(input_lines(CASE))).transactions()


@pytest.mark.parametrize("file_name", EXPECTED)
def test_retention_matches_the_worked_example(file_name: str) -> None:
    told = EXPECTED[file_name]
    table = ea.cohort.retention(three_months(), **told)
    close = (*BOUNDS, "rate") if told.get("measure") == "average_order_value" else BOUNDS
    assert_rows_match(rows_of(table), expected_rows(CASE, file_name), close=close)
    assert table.as_of == "2024-03-21 00:00:00"
    assert table.measure == told.get("measure", "customers")
    assert table.period == "month"
    assert table.kind == told.get("kind", "bounded")
    assert table.relative_to == told.get("relative_to", "first")
    assert table.left_truncated_cohort == "2024-01-01"
    if table.kind == "elapsed":
        assert table.elapsed_days == 30
    else:
        assert "elapsed_days" not in table.metadata
    assert "by" not in table.metadata


@pytest.mark.parametrize("file_name", EXPECTED)
def test_the_reference_matches_the_worked_example(file_name: str) -> None:
    rows = reference.retention(input_lines(CASE), **EXPECTED[file_name])
    assert_rows_match(rows, expected_rows(CASE, file_name), close=BOUNDS)


@pytest.mark.parametrize("file_name", EXPECTED_MEAN)
def test_mean_retention_matches_the_worked_example(file_name: str) -> None:
    kind: Any = EXPECTED_MEAN[file_name]
    expected = expected_rows(CASE, file_name)
    table = ea.cohort.mean_retention(ea.cohort.retention(three_months(), kind=kind))
    assert_rows_match(rows_of(table), expected, close=BOUNDS)
    rows = reference.retention(input_lines(CASE), kind=kind)
    assert_rows_match(reference.mean_retention(rows), expected, close=BOUNDS)


def test_members_match_the_worked_example() -> None:
    expected = expected_rows(CASE, "expected_members.csv")
    table = ea.cohort.members(three_months(), "2024-01-01", 2, active=None)
    assert_rows_match(rows_of(table), expected)
    assert (table.num_eligible, table.num_active, table.is_partial) == (3, 2, True)
    rows = reference.members(input_lines(CASE), date(2024, 1, 1), 2)
    assert_rows_match(rows, expected)
    active = ea.cohort.members(three_months(), date(2024, 1, 1), 2)
    assert active["customer"].tolist() == ["ana", "carla"]
    lost = ea.cohort.members(three_months(), "2024-01-01", 2, active=False)
    assert lost["customer"].tolist() == ["bruno"]


def test_drop_off_matches_the_worked_example() -> None:
    expected = expected_rows(CASE, "expected_drop_off.csv")
    table = ea.cohort.drop_off(ea.cohort.retention(three_months()))
    assert_rows_match(rows_of(table), expected, close=LOSSES)
    rows = reference.drop_off(reference.retention(input_lines(CASE)))
    assert_rows_match(rows, expected, close=LOSSES)


def test_groups_match_the_worked_example() -> None:
    lines = input_lines(REGIONS)
    table = ea.cohort.retention(OrderLog(tuple(lines)).transactions(), by="region")
    assert_rows_match(rows_of(table), expected_rows(REGIONS), close=BOUNDS)
    assert table.by == "region"
    means = expected_rows(REGIONS, "expected_mean.csv")
    assert_rows_match(rows_of(ea.cohort.mean_retention(table)), means, close=BOUNDS)

    rows = shown(reference.retention(lines, by="region"), like=[])
    assert_rows_match(rows, expected_rows(REGIONS), close=BOUNDS)
    assert_rows_match(reference.mean_retention(rows), means, close=BOUNDS)


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(KINDS))
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
        wanted = reference.mean_retention(expected, told["confidence"])
        assert_rows_match(rows_of(means), shown(wanted, rows_of(means)), close=("simple", *BOUNDS))
        losses = ea.cohort.drop_off(table)
        lost = reference.drop_off(expected, told["confidence"]) if expected else []
        assert_rows_match(
            [row | {"rank": None} for row in rows_of(losses)],
            [row | {"rank": None} for row in shown(lost, rows_of(losses))],
            close=LOSSES,
        )
        for row, other in zip(rows_of(losses), lost, strict=True):
            assert (row["rank"] is None) == (other["loss"] is None)


@given(logs_and_moments(), options())
def test_retention_equals_the_reference(
    drawn: tuple[OrderLog, datetime | None], told: dict[str, Any]
) -> None:
    assert_equals_the_reference(*drawn, told, Cut())


@given(logs_and_cuts(), options(), st.integers(0, 10**6))
def test_members_are_those_whom_the_cell_counts(
    drawn: tuple[OrderLog, datetime | None, Cut], told: dict[str, Any], chosen: int
) -> None:
    log, as_of, cut = drawn
    told = {name: value for name, value in told.items() if name not in UNASKED}
    options: Any = {"as_of": as_of, "selection": selection_of(cut), **told}
    transactions = log.transactions()
    try:
        cells = reference.retention(log.lines, as_of, log.purchases, cut, **told)
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.cohort.members(transactions, "2016-11-01", 0, **options)
        return
    if not cells:
        return
    cell = cells[chosen % len(cells)]
    group = {"group": cell["group"]} if told["by"] else {}
    place = (cell["cohort"], cell["period"])
    if not cell["observable"]:
        with pytest.raises(ea.InvalidArgument, match=r"^cohort: nobody has seen this period"):
            ea.cohort.members(transactions, *place, **options, **group)
        return
    wanted = reference.members(log.lines, *place, as_of, log.purchases, cut, **told, **group)
    for active in (None, True, False):
        table = ea.cohort.members(transactions, *place, active=active, **options, **group)
        rows = [row for row in wanted if active in (None, row["active"])]
        assert rows_of(table) == rows
        assert (table.num_eligible, table.num_active) == (cell["eligible"], cell["value"])
        assert table.is_partial == cell["partial"]
    if told["kind"] != "rolling":
        money = reference.retention(
            log.lines, as_of, log.purchases, cut, **{**told, "measure": "revenue"}
        )
        (sum_,) = (
            row["value"]
            for row in money
            if (row["cohort"], row["period"], row.get("group")) == (*place, cell.get("group"))
        )
        assert sum(row["revenue"] for row in wanted) == sum_


def test_what_no_cell_is() -> None:
    rows = three_months()
    for cohort in ("2024-01-02", "2023-12-01"):
        with pytest.raises(ea.InvalidArgument, match=r"^cohort: no customer's cohort begins"):
            ea.cohort.members(rows, cohort, 0)
    with pytest.raises(ea.InvalidArgument, match=r"^cohort: a cohort is the first day"):
        ea.cohort.members(rows, "2024-01-01 12:00", 0)
    with pytest.raises(ea.InvalidArgument, match=r"^cohort: a period number must be"):
        ea.cohort.members(rows, "2024-01-01", -1)
    with pytest.raises(ea.InvalidArgument, match=r"^cohort: nobody has seen"):
        ea.cohort.members(rows, "2024-02-01", 2)
    with pytest.raises(ea.InvalidArgument, match=r"^cohort: nobody has seen"):
        ea.cohort.members(rows, "2024-02-01", 2**31 - 1, kind="elapsed")
    with pytest.raises(ea.InvalidArgument, match=r"^cohort: a group goes with by"):
        ea.cohort.members(rows, "2024-01-01", 0, group="SP")
    with pytest.raises(ea.InvalidArgument, match=r"^cohort: kind must be"):
        ea.cohort.members(rows, "2024-01-01", 0, kind="sliding")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ea.cohort.drop_off(ea.kpi.summary(rows))
    with pytest.raises(ea.InvalidArgument, match=r"^cohort: drop_off needs the measure"):
        ea.cohort.drop_off(ea.cohort.retention(rows, measure="orders"))


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


SUMMED = ("customers", "orders", "revenue")


@given(order_logs(with_purchase=True), st.sampled_from(SUMMED), st.sampled_from(KINDS))
def test_groups_add_up_to_the_whole(log: OrderLog, measure: Any, kind: Any) -> None:
    if kind == "rolling":
        measure = "customers"
    transactions = log.transactions()
    whole = rows_of(ea.cohort.retention(transactions, measure=measure, kind=kind))
    groups = rows_of(ea.cohort.retention(transactions, measure=measure, kind=kind, by="region"))
    for row in whole:
        parts = [
            part
            for part in groups
            if (part["cohort"], part["period"]) == (row["cohort"], row["period"])
        ]
        assert sum(part["size"] for part in parts) == row["size"]
        assert sum(part["eligible"] for part in parts) == row["eligible"]
        values = [part["value"] for part in parts if part["value"] is not None]
        assert (sum(values) if values else None) == row["value"]


@given(order_logs(with_purchase=True), st.sampled_from(PERIODS))
def test_rolling_is_never_below_bounded_and_never_grows_along_a_row(
    log: OrderLog, period: Any
) -> None:
    transactions = log.transactions()
    bounded = rows_of(ea.cohort.retention(transactions, period=period))
    rolling = rows_of(ea.cohort.retention(transactions, period=period, kind="rolling"))
    before = None
    for row, lower in zip(rolling, bounded, strict=True):
        assert (row["observable"], row["partial"]) == (lower["observable"], lower["partial"])
        if row["value"] is None:
            assert not row["can_grow"]
            continue
        assert lower["value"] <= row["value"] <= row["size"]
        assert row["period"] == 0 or row["value"] <= before
        assert row["can_grow"] == (row["value"] < row["size"])
        before = row["value"]


def test_an_elapsed_window_is_cut_at_the_microsecond() -> None:
    first = datetime(2024, 1, 1, 12, 0, 0, 1)
    for later, active in (
        (timedelta(days=2), [1, 0, 1]),
        (timedelta(days=2) - timedelta(microseconds=1), [1, 1, 0]),
    ):
        lines = (
            Line("ana", "A", first, Decimal(5)),
            Line("ana", "B", first + later, Decimal(5)),
        )
        for as_of, seen in (
            (first + timedelta(days=3), active),
            (first + timedelta(days=3) - timedelta(microseconds=1), active[:2]),
        ):
            table = ea.cohort.retention(
                OrderLog(lines).transactions(), as_of=as_of, kind="elapsed", elapsed_days=1
            )
            assert [row["value"] for row in rows_of(table)] == seen


def test_what_nobody_has_seen_of_an_elapsed_window_is_null() -> None:
    # The data ends on 2024-01-20: of the third window, from 2024-01-21 on, nothing is known.
    lines = (
        Line("ana", "A", datetime(2024, 1, 1), Decimal(5)),
        Line("bo", "B", datetime(2024, 1, 20), Decimal(5)),
    )
    rows = rows_of(
        ea.cohort.retention(
            OrderLog(lines).transactions(), as_of="2024-06-01", kind="elapsed", elapsed_days=10
        )
    )
    assert [row["eligible"] for row in rows] == [2, 1]
    assert [row["value"] for row in rows] == [2, 0]


def test_a_report_window_hides_and_cuts() -> None:
    lines = tuple(
        Line(customer, f"{customer}{month}", datetime(2024, month, 20), Decimal(month))
        for customer in ("ana", "bo")
        for month in (1, 2, 3, 4)
    )
    transactions = OrderLog(lines).transactions()
    window = ea.Selection(start="2024-02-15", end="2024-04-01")

    def cells(column: str, **told: Any) -> list[Any]:
        return [row[column] for row in rows_of(ea.cohort.retention(transactions, **told))]

    assert cells("value") == [2, 2, 2, 2]
    assert cells("value", selection=window) == [None, 2, 2, None]
    assert cells("observable", selection=window) == [False, True, True, False]
    assert cells("eligible", selection=window) == [0, 2, 2, 0]
    assert cells("partial", selection=window) == [False, True, False, True]
    assert cells("rate", selection=window) == [None, 1, 1, None]
    assert cells("rate", selection=window, measure="orders") == [None] * 4
    assert cells("rate", selection=window, measure="orders", relative_to="previous") == [
        None,
        None,
        1,
        None,
    ]
    # What accumulates since the first order is cut by a window that begins later.
    money = {"measure": "cumulative_revenue", "selection": window}
    assert cells("value", **money) == [None, 2, 5, None]
    assert cells("partial", **money) == [False, True, True, True]
    elapsed = {"kind": "elapsed", "elapsed_days": 20, "selection": window}
    # Windows of ana and bo: 01-20, 02-09, 02-29, 03-20 (to 04-09), 04-09.
    assert cells("eligible", **elapsed) == [0, 0, 2, 0]
    assert cells("value", **elapsed) == [None, None, 0, None]


def test_under_a_selection_a_rate_is_a_share_of_the_cohort() -> None:
    lines = (
        Line("ana", "A", datetime(2024, 1, 1), Decimal(5), region="SP"),
        Line("bo", "B", datetime(2024, 1, 2), Decimal(5), region="RJ"),
        Line("bo", "C", datetime(2024, 2, 2), Decimal(5), region="SP"),
        Line("ana", "D", datetime(2024, 2, 29), Decimal(5), region="SP"),
    )
    transactions = OrderLog(lines).transactions()
    rows = rows_of(ea.cohort.retention(transactions, selection=ea.Selection(region=["SP"])))
    assert [(row["size"], row["value"], row["rate"]) for row in rows] == [(2, 1, 0.5), (2, 2, 1)]
    assert rows[0]["lower"] == pytest.approx(0.0945312057342307)  # Its own share is no longer 1.
    population = ea.Selection(customers=["bo"])
    rows = rows_of(ea.cohort.retention(transactions, selection=population))
    assert [(row["size"], row["value"], row["lower"] is None) for row in rows] == [
        (1, 1, True),
        (1, 1, False),
    ]


def test_the_first_cohort_of_the_data_is_left_truncated() -> None:
    lines = (
        Line("ana", "A", datetime(2024, 1, 1), Decimal(5)),
        Line("bo", "B", datetime(2024, 2, 29), Decimal(5)),
    )
    transactions = OrderLog(lines).transactions()
    table = ea.cohort.retention(transactions)
    assert table["left_truncated"].tolist() == [True, True, False, False]
    assert table.left_truncated_cohort == "2024-01-01"
    # That of a population that came later is not.
    table = ea.cohort.retention(transactions, selection=ea.Selection(customers=["bo"]))
    assert table["left_truncated"].tolist() == [False]
    assert table.left_truncated_cohort == ""


@st.composite
def relabelled(draw: st.DrawFn) -> tuple[OrderLog, OrderLog]:
    """Draw a log, and the same with other customer keys in the same order."""
    log = draw(order_logs(with_purchase=True))
    keys = sorted({line.customer for line in log.lines} - {None}, key=sort_key)
    names: dict[Any, Any] = {None: None}
    for place, key in enumerate(keys):
        names[key] = 1_000 * place if isinstance(key, int) else f"customer {place}"
    lines = tuple(replace(line, customer=names[line.customer]) for line in log.lines)
    return log, replace(log, lines=lines)


@given(relabelled(), options())
def test_names_of_customers_do_not_matter(
    logs: tuple[OrderLog, OrderLog], told: dict[str, Any]
) -> None:
    one, other = (content_of(ea.cohort.retention(log.transactions(), **told)) for log in logs)
    assert one == other


@given(order_logs(with_purchase=True), options())
def test_doubled_money_doubles_money_and_keeps_rates(log: OrderLog, told: dict[str, Any]) -> None:
    doubled = replace(log, lines=tuple(replace(line, amount=2 * line.amount) for line in log.lines))
    rows = rows_of(ea.cohort.retention(log.transactions(), **told))
    others = rows_of(ea.cohort.retention(doubled.transactions(), **told))
    is_money = told["measure"] not in ("customers", "orders")
    for row, other in zip(rows, others, strict=True):
        for column in ("value", "revenue"):
            if row.get(column) is not None and (column == "revenue" or is_money):
                row[column] *= 2
        assert row == other


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


@pytest.mark.parametrize("elapsed_days", [0, -1, 36_501, 10**30])
def test_elapsed_days_out_of_range(elapsed_days: int) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^cohort: elapsed_days must be in \[1, 36500\]"):
        ea.cohort.retention(three_months(), kind="elapsed", elapsed_days=elapsed_days)


@pytest.mark.parametrize("measure", MEASURES[1:])
def test_rolling_is_of_customers(measure: Any) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^cohort: the kind rolling needs the measure"):
        ea.cohort.retention(three_months(), kind="rolling", measure=measure)


def test_by_is_a_dimension_that_is_there() -> None:
    with pytest.raises(ea.SchemaMismatch, match="no such dimension: color"):
        ea.cohort.retention(three_months(), by="color")
    with pytest.raises(ea.InvalidArgument, match="by must name a dimension"):
        ea.cohort.retention(three_months(), by="")
    with pytest.raises(TypeError, match="by must be the name"):
        ea.cohort.retention(three_months(), by=["region"])  # type: ignore[arg-type]
    history = ea.CustomerHistory().add(three_months())
    with pytest.raises(ea.InvalidArgument, match="the history keeps no such dimension: region"):
        ea.cohort.retention(history, by="region")


def test_mean_retention_needs_shares() -> None:
    for measure in MEASURES[1:]:
        table = ea.cohort.retention(three_months(), measure=measure)  # type: ignore[arg-type]
        with pytest.raises(ea.InvalidArgument, match=r"^cohort: mean_retention needs"):
            ea.cohort.mean_retention(table)
    ratios = ea.cohort.retention(three_months(), relative_to="previous")
    with pytest.raises(ea.InvalidArgument, match="needs rates relative to the first"):
        ea.cohort.mean_retention(ratios)
    with pytest.raises(TypeError):
        ea.cohort.mean_retention(ea.kpi.summary(three_months()))


class TestRealShops:
    """Figures of the kinds and measures, asked of the files by SQL as well."""

    def test_online_retail(self) -> None:
        path = known_copy("online_retail/online_retail.csv")
        transactions = ea.datasets.load_online_retail(path, cleaning="C").transactions
        windows = ", ".join(
            f"count(DISTINCT customer) FILTER (bought >= first + INTERVAL {30 * k} DAY"
            f" AND bought < first + INTERVAL {30 * k + 30} DAY)"
            for k in (1, 2, 3)
        )
        rolling, cumulative, elapsed = duckdb.sql(f"""
            WITH lines AS (
              SELECT CustomerID AS customer, InvoiceNo AS invoice,
                CAST(InvoiceDate AS TIMESTAMP) AS bought,
                CAST(Quantity AS BIGINT) * CAST(UnitPrice AS DECIMAL(14, 4)) AS amount
              FROM read_csv('{path}', all_varchar = true)
              WHERE CustomerID <> ''
                AND CAST(Quantity AS BIGINT) > 0 AND CAST(UnitPrice AS DECIMAL(14, 4)) > 0),
            orders AS (
              SELECT customer, invoice, min(bought) AS bought FROM lines GROUP BY ALL),
            firsts AS (SELECT customer, min(bought) AS first FROM orders GROUP BY customer),
            members AS (SELECT * FROM firsts WHERE first < '2011-01-01'),
            lasts AS (
              SELECT customer, max(bought) AS last FROM orders SEMI JOIN members USING (customer)
              GROUP BY customer)
            SELECT
              (SELECT [count(*) FILTER (last >= '2011-01-01'),
                       count(*) FILTER (last >= '2011-02-01'),
                       count(*) FILTER (last >= '2011-03-01')] FROM lasts),
              (SELECT [sum(amount) FILTER (bought < '2011-01-01'),
                       sum(amount) FILTER (bought < '2011-02-01'),
                       sum(amount) FILTER (bought < '2011-03-01')]
               FROM lines SEMI JOIN members USING (customer)),
              (SELECT [{windows}]
               FROM orders JOIN members USING (customer))
        """).fetchall()[0]

        table = ea.cohort.retention(transactions, kind="rolling")
        assert [row["value"] for row in rows_of(table)[1:4]] == rolling
        table = ea.cohort.retention(transactions, measure="cumulative_revenue")
        rows = rows_of(table)[:3]
        assert [row["revenue"] for row in rows] == cumulative
        assert [row["value"] for row in rows] == [float(money / 885) for money in cumulative]
        table = ea.cohort.retention(transactions, kind="elapsed")
        rows = rows_of(table)[1:4]
        assert [row["value"] for row in rows] == elapsed
        assert [row["eligible"] for row in rows] == [885, 885, 885]

    def test_olist(self) -> None:
        folder = known_copy("olist")
        transactions = ea.datasets.load_olist(folder).transactions
        rows = duckdb.sql(f"""
            WITH orders AS (
              SELECT customer_unique_id AS customer, customer_state AS state,
                CAST(order_purchase_timestamp AS TIMESTAMP) AS bought
              FROM read_csv('{folder}/olist_orders_dataset.csv', all_varchar = true) AS orders
              JOIN read_csv('{folder}/olist_customers_dataset.csv', all_varchar = true) AS people
                USING (customer_id)
              WHERE order_id IN (
                SELECT order_id
                FROM read_csv('{folder}/olist_order_items_dataset.csv', all_varchar = true))),
            firsts AS (
              SELECT customer, min(bought) AS first, min_by(state, (bought, state)) AS state
              FROM orders GROUP BY customer),
            facts AS (
              SELECT firsts.state, first, customer, bought
              FROM orders JOIN firsts USING (customer)
              WHERE first >= '2017-11-01' AND first < '2017-12-01')
            SELECT state, count(DISTINCT customer) AS size,
              count(DISTINCT customer) FILTER (bought >= '2017-12-01') AS rolling,
              count(DISTINCT customer) FILTER (bought >= first + INTERVAL 30 DAY
                AND bought < first + INTERVAL 60 DAY) AS elapsed
            FROM facts GROUP BY state ORDER BY state
        """).fetchall()
        assert sum(row[1] for row in rows) == 7_217

        def second_cells(kind: Any) -> list[tuple[Any, ...]]:
            table = ea.cohort.retention(transactions, kind=kind, by="region")
            return [
                (row["group"], row["size"], row["value"])
                for row in rows_of(table)
                if (row["cohort"], row["period"]) == (date(2017, 11, 1), 1)
            ]

        assert second_cells("rolling") == [(row[0], row[1], row[2]) for row in rows]
        assert second_cells("elapsed") == [(row[0], row[1], row[3]) for row in rows]
