import random
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines
from known_files import known_copy
from order_logs import OrderLog, content_of, logs_and_moments, rows_of
from reference import second_order as reference
from reference.customer_history import NothingToAnalyzeError
from reference.selection import Cut
from test_selection import logs_and_cuts, selection_of

CASE = "second_order/seven_customers"
SIX_MP = "second_order/six_mp"
CLOSE = ("share_with_second", "lower", "upper")


def transactions_of(case: str) -> ea.Transactions:
    return OrderLog(tuple(input_lines(case))).transactions()


def test_the_curve_matches_the_worked_example() -> None:
    curve = ea.second_order.curve(transactions_of(CASE))
    assert_rows_match(rows_of(curve), expected_rows(CASE), close=CLOSE)
    assert (curve.as_of, curve.confidence) == ("2024-03-01 00:00:00", "0.95")
    assert rows_of(ea.second_order.summarize(curve)) == [
        {"customers": 7, "second_orders": 4, "followed_days": 30, "median_days": 10}
    ]
    milestones = ea.second_order.milestones(curve, days=[30, 0, 31])
    assert milestones["at_risk"].tolist() == [1, 7, 0]
    assert milestones["share_with_second"].tolist() == [
        pytest.approx(4 / 7),
        pytest.approx(2 / 7),
        None,
    ]


def test_groups_match_the_worked_example() -> None:
    expected = expected_rows(CASE, "expected_regions.csv")
    curve = ea.second_order.curve(transactions_of(CASE), by="region")
    assert_rows_match(rows_of(curve), expected, close=CLOSE)
    assert curve.by == "region"
    assert rows_of(ea.second_order.summarize(curve)) == [
        {"group": "RJ", "customers": 3, "second_orders": 1, "followed_days": 30}
        | {"median_days": None},
        {"group": "SP", "customers": 4, "second_orders": 3, "followed_days": 10}
        | {"median_days": 0},
    ]
    days = ea.second_order.milestones(curve, days=[10, 20])
    assert days["group"].tolist() == ["RJ", "RJ", "SP", "SP"]
    assert days["at_risk"].tolist() == [3, 1, 2, 0]


def test_the_reference_matches_the_worked_example() -> None:
    lines = input_lines(CASE)
    assert_rows_match(reference.curve(lines), expected_rows(CASE), close=CLOSE)
    expected = expected_rows(CASE, "expected_regions.csv")
    assert_rows_match(reference.curve(lines, by="region"), expected, close=CLOSE)


def test_published_estimates() -> None:
    curve = ea.second_order.curve(transactions_of(SIX_MP))
    rows = [
        {name: round(row[name], 4) if name in CLOSE else row[name] for name in expected}
        for expected in expected_rows(SIX_MP)
        for row in rows_of(curve)
        if row["days"] == expected["days"]
    ]
    assert rows == expected_rows(SIX_MP)
    assert ea.second_order.summarize(curve)["median_days"].tolist() == [23]


def shown(rows: list[dict[str, Any]], like: list[dict[str, Any]]) -> list[dict[str, Any]]:
    is_text = any(isinstance(row.get("group"), str) for row in like)
    return [
        row | {"group": "unknown"} if is_text and row.get("group", "") is None else row
        for row in rows
    ]


@given(logs_and_cuts(), st.sampled_from([None, "region"]), st.sampled_from([0.95, 0.5, 0.999]))
def test_the_curve_equals_the_reference(
    drawn: tuple[OrderLog, datetime | None, Cut], by: str | None, confidence: float
) -> None:
    log, as_of, cut = drawn
    told: dict[str, Any] = {"by": by, "confidence": confidence}
    options = {"as_of": as_of, "selection": selection_of(cut), **told}
    try:
        wanted = reference.curve(log.lines, as_of, log.purchases, cut, **told)
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.second_order.curve(log.transactions(), **options)
        return
    curve = ea.second_order.curve(log.transactions(), **options)
    rows = rows_of(curve)
    assert_rows_match(rows, shown(wanted, rows), close=CLOSE)
    summary = rows_of(ea.second_order.summarize(curve))
    found = reference.durations(log.lines, as_of, log.purchases, cut)
    assert sum(row["customers"] for row in summary) == len(found)
    assert sum(row["second_orders"] for row in summary) == sum(back for _, _, back in found)
    for row in rows:
        if row["lower"] is not None:
            assert 0 <= row["lower"] <= row["share_with_second"] <= row["upper"] <= 1


@given(logs_and_moments(), st.randoms(use_true_random=False))
def test_no_order_of_rows_and_no_split_matters(
    drawn: tuple[OrderLog, datetime | None], rng: random.Random
) -> None:
    log, as_of = drawn
    lines = list(log.lines)
    rng.shuffle(lines)
    history = ea.CustomerHistory(as_of=as_of, region="region")
    middle = len(lines) // 2
    for part in (lines[:middle], lines[middle:]):
        if part:
            history.add(log.transactions(part))
    try:
        whole = ea.second_order.curve(log.transactions(), as_of=as_of, by="region")
    except ea.InvalidArgument:
        return
    assert content_of(ea.second_order.curve(history, as_of=as_of, by="region")) == content_of(whole)


def test_a_library_of_survival_analysis_agrees() -> None:
    shop = ea.datasets.make_synthetic(num_customers=2_000, random_state=5)
    orders = ea.orders.list_orders(shop.transactions)
    number, customer = orders["number"], orders["customer"]
    first = dict(zip(customer[number == 1], orders["time"][number == 1], strict=True))
    second = dict(zip(customer[number == 2], orders["time"][number == 2], strict=True))
    end = np.datetime64(orders.as_of)
    days = [(second.get(key, end) - time) // np.timedelta64(1, "D") for key, time in first.items()]
    # Its estimates want times above 0.
    theirs = SurvfuncRight(np.array(days) + 1.0, [key in second for key in first])
    curve = ea.second_order.curve(shop.transactions)
    at = theirs.surv_times.astype(int) - 1
    assert len(at) > 100
    np.testing.assert_allclose(curve["share_with_second"][at], 1 - theirs.surv_prob, atol=1e-12)
    np.testing.assert_array_equal(curve["at_risk"][at], theirs.n_risk)
    np.testing.assert_array_equal(curve["events"][at], theirs.n_events)
    # Their standard error of the share is Greenwood's: bring it to the scale of log(-log).
    log_without = np.log(theirs.surv_prob)
    reach = 1.959963984540054 * theirs.surv_prob_se / (theirs.surv_prob * np.abs(log_without))
    lower = 1 - np.exp(log_without * np.exp(-reach))
    upper = 1 - np.exp(log_without * np.exp(reach))
    np.testing.assert_allclose(curve["lower"][at], lower, atol=1e-9)
    np.testing.assert_allclose(curve["upper"][at], upper, atol=1e-9)


def test_online_retail_against_sql() -> None:
    path = known_copy("online_retail/online_retail.csv")
    transactions = ea.datasets.load_online_retail(path, cleaning="C").transactions
    events = duckdb.sql(
        f"""WITH placed AS (
            SELECT CustomerID, min(InvoiceDate::TIMESTAMP) AS bought
            FROM read_csv('{path}', all_varchar=true)
            WHERE CustomerID IS NOT NULL AND Quantity::INT > 0 AND UnitPrice::DECIMAL(18, 4) > 0
            GROUP BY CustomerID, InvoiceNo),
        turns AS (SELECT *, row_number() OVER (PARTITION BY CustomerID ORDER BY bought) AS turn
            FROM placed)
        SELECT (epoch_us(b.bought) - epoch_us(a.bought)) // 86400000000 AS days, count(*)
        FROM turns a JOIN turns b USING (CustomerID) WHERE a.turn = 1 AND b.turn = 2
        GROUP BY 1"""
    ).fetchall()
    curve = ea.second_order.curve(transactions)
    assert {day: count for day, count in enumerate(curve["events"].tolist()) if count} == dict(
        events
    )
    (summary,) = rows_of(ea.second_order.summarize(curve))
    assert (summary["customers"], summary["second_orders"]) == (4_338, 4_338 - 1_493)


def test_what_is_refused() -> None:
    rows = transactions_of(CASE)
    for confidence in (0, 1, float("nan")):
        with pytest.raises(ea.InvalidArgument, match=r"^second_order: confidence must be"):
            ea.second_order.curve(rows, confidence=confidence)
    with pytest.raises(ea.InvalidArgument, match=r"^second_order: by must name a dimension"):
        ea.second_order.curve(rows, by="")
    with pytest.raises(ea.InvalidArgument, match=r"^second_order: the history keeps no such"):
        ea.second_order.curve(ea.CustomerHistory().add(rows), by="region")
    with pytest.raises(ea.InvalidArgument, match=r"^second_order: a day must be in"):
        ea.second_order.milestones(ea.second_order.curve(rows), days=[-1])
    with pytest.raises(TypeError):
        ea.second_order.summarize(ea.kpi.summary(rows))
    with pytest.raises(TypeError):
        ea.second_order.curve(rows, by=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("num_customers", [2, 24, 38, 100, 198])
def test_half_of_the_customers_is_a_half(num_customers: int) -> None:
    first = np.datetime64("2026-01-01")
    again = num_customers // 2
    customers = [*range(num_customers), *range(again)]
    days = [0] * num_customers + list(range(1, again + 1))
    tx = ea.Transactions.from_arrays(
        customer=customers,
        order=list(range(len(customers))),
        timestamp=first + np.array(days, "timedelta64[D]"),
        amount=["1.00"] * len(customers),
    )
    curve = ea.second_order.curve(tx)
    assert curve["share_with_second"][again] == 0.5
    assert ea.second_order.summarize(curve)["median_days"].tolist() == [again]
