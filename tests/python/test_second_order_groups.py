"""The second order by group: curves, what is pooled, and the log-rank test."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import ecommerce_analytics as ea
from ecommerce_analytics import second_order_groups as groups
from golden import input_lines
from order_logs import OrderLog, order_logs, rows_of
from reference import second_order as reference

SEVEN = "second_order/seven_customers"
# Weeks of remission (Freireich et al. 1963), those of who was followed no further below zero.
SIX_MP = (6, 6, 6, 7, 10, 13, 16, 22, 23, -6, -9, -10, -11, -17, -19, -20, -25, -32, -32, -34, -35)
PLACEBO = (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)


def transactions_of(case: str) -> ea.Transactions:
    return OrderLog(tuple(input_lines(case))).transactions()


def test_large_groups_are_the_librarys_own_curves() -> None:
    tx = ea.datasets.make_synthetic(num_customers=400).transactions
    table = groups.curves(tx, "region", num_groups=3)
    whole = rows_of(ea.second_order.curve(tx, by="region"))
    told = rows_of(table)
    names = list(dict.fromkeys(row["group"] for row in told))
    assert len(names) == 4
    assert names[-1] == groups.OTHER
    assert table.num_other == len({row["group"] for row in whole}) - 3
    for name in names[:-1]:
        assert [row for row in told if row["group"] == name] == [
            row for row in whole if row["group"] == name
        ]
    sizes = [row["at_risk"] for row in whole if row["days"] == 0]
    largest = sum(sorted(sizes)[-3:])
    [rest] = [row for row in told if row["group"] == groups.OTHER and row["days"] == 0]
    assert rest["at_risk"] == sum(sizes) - largest


@settings(max_examples=50)
@given(order_logs(with_purchase=True))
def test_pooled_groups_are_one_curve(log: OrderLog) -> None:
    table = ea.second_order.curve(log.transactions(), by="region")
    split = groups._split(table, table["group"].tolist())
    if not split:
        return
    pooled = groups._pooled(split)
    expected = reference.curve(log.lines, purchases=log.purchases)
    assert pooled.at_risk == [row["at_risk"] for row in expected]
    assert pooled.events == [row["events"] for row in expected]
    assert pooled.censored == [row["censored"] for row in expected]
    for name, told in (("share_with_second", pooled.share), ("lower", pooled.lower)):
        assert told == pytest.approx([row[name] for row in expected], abs=1e-12)
    assert pooled.upper == pytest.approx([row["upper"] for row in expected], abs=1e-12)


def test_quarters_are_of_the_first_order() -> None:
    tx = ea.datasets.make_synthetic(num_customers=400).transactions
    table = groups.curves(tx, groups.FIRST_QUARTER, num_groups=20)
    summary = rows_of(groups.summarize(table))
    cohorts = {
        row["cohort"]: row["size"]
        for row in rows_of(ea.cohort.retention(tx, period="quarter"))
        if row["size"]
    }
    named = {f"{day.year}-Q{(day.month + 2) // 3}": size for day, size in cohorts.items()}
    assert {row["group"]: row["customers"] for row in summary} == named
    assert list(named) == [row["group"] for row in summary]
    assert all(row["second_orders"] <= row["customers"] for row in summary)


def test_the_log_rank_test_of_the_leukaemia_trial() -> None:
    # Chi-squared 16.79 on one degree of freedom is the textbook value.
    rows = []
    for arm, weeks in (("6-MP", SIX_MP), ("placebo", PLACEBO)):
        for number, told in enumerate(weeks):
            # All are followed to day 100: who was seen for n days came n days before.
            last = np.datetime64("2026-01-01") + (100 if told < 0 else 50)
            rows.append((f"{arm}{number}", "1", last - abs(told), arm))
            if told > 0:
                rows.append((f"{arm}{number}", "2", last, arm))
    customers, turns, days, arms = zip(*rows, strict=True)
    tx = ea.Transactions.from_arrays(
        customer=customers,
        order=[f"{one}-{turn}" for one, turn in zip(customers, turns, strict=True)],
        timestamp=np.array(days),
        amount=["1"] * len(rows),
        region=arms,
    )
    table = groups.curves(tx, "region", as_of=np.datetime64("2026-01-01") + 100)
    [row] = rows_of(groups.log_rank(table))
    assert row["groups"] == 2
    assert row["statistic"] == pytest.approx(16.79, abs=0.005)
    assert row["p_value"] == pytest.approx(4.17e-5, rel=0.01)
    assert (row["degrees_of_freedom"], row["customers"]) == (1, 42)


def by_hand(table: ea.Table) -> float:
    """Return the log-rank statistic of two groups by its sums over days."""
    rows = rows_of(table)
    first = rows[0]["group"]
    observed = expected = variance = 0.0
    for day in range(max(row["days"] for row in rows) + 1):
        today = [row for row in rows if row["days"] == day]
        size = sum(row["at_risk"] for row in today)
        events = sum(row["events"] for row in today)
        own = sum(row["at_risk"] for row in today if row["group"] == first)
        observed += sum(row["events"] for row in today if row["group"] == first)
        if size > 1:
            expected += events * own / size
            variance += events * own * (size - own) * (size - events) / size**2 / (size - 1)
        elif size:
            expected += events * own / size
    return (observed - expected) ** 2 / variance


def test_day_zero_counts_in_the_test() -> None:
    table = groups.curves(transactions_of(SEVEN), "region")
    [row] = rows_of(groups.log_rank(table))
    assert row["statistic"] == pytest.approx(by_hand(table))


def test_a_day_that_nobody_reached_has_no_share() -> None:
    table = groups.curves(transactions_of(SEVEN), "region")
    rows = rows_of(groups.summarize(table, days=20))
    assert [row["share_with_second"] for row in rows] == [pytest.approx(1 / 3), None]
    assert [row["median_days"] for row in rows] == [None, 0]
    assert [row["days"] for row in rows] == [20, 20]


def alone(**columns: Any) -> ea.Transactions:
    return ea.Transactions.from_arrays(
        customer=["ann", "bob"],
        order=["A", "B"],
        timestamp=np.array(["2026-01-01", "2026-01-02"], "datetime64[us]"),
        amount=["1", "2"],
        **columns,
    )


def test_what_is_refused() -> None:
    rows = alone(region=["x", "y"])
    for number in (0, 1_001):
        with pytest.raises(ea.InvalidArgument, match="num_groups must be in"):
            groups.curves(rows, "region", num_groups=number)
    with pytest.raises(ea.SchemaMismatch):
        groups.curves(rows, "colour")
    with pytest.raises(ea.InvalidData, match="a test needs two groups, and a second order"):
        groups.log_rank(groups.curves(rows, "region"))
    with pytest.raises(ea.InvalidArgument, match="no curves by group"):
        groups.log_rank(ea.second_order.curve(rows))
    with pytest.raises(ea.InvalidArgument, match="a day must not be below 0"):
        groups.summarize(groups.curves(rows, "region"), days=-1)


def orders_of(rows: list[tuple[str, str, str]]) -> ea.Transactions:
    """Return orders of (customer, day, region)."""
    customers, days, regions = zip(*rows, strict=True)
    return ea.Transactions.from_arrays(
        customer=customers,
        order=[f"o{number}" for number in range(len(rows))],
        timestamp=np.array(days, "datetime64[us]"),
        amount=["1"] * len(rows),
        region=regions,
    )


def test_a_group_that_nobody_was_followed_in_is_left_out_of_the_test() -> None:
    late = [("ann", "2026-01-01", "x"), ("ann", "2026-01-05", "x"), ("bob", "2026-01-10", "y")]
    with pytest.raises(ea.InvalidData, match="a day with second orders; left out: y"):
        groups.log_rank(groups.curves(orders_of(late), "region"))
    more = [("cem", "2026-01-01", "z"), ("dee", "2026-01-01", "x"), ("cem", "2026-01-07", "z")]
    table = groups.log_rank(groups.curves(orders_of([*late, *more]), "region"))
    [row] = rows_of(table)
    alone = [one for one in (*late, *more) if one[0] != "bob"]
    as_of = "2026-01-11"
    without = groups.curves(orders_of(alone), "region", as_of=as_of)
    [expected] = rows_of(groups.log_rank(without))
    assert row == expected
    assert row["statistic"] == pytest.approx(by_hand(without))
    assert (row["groups"], row["customers"], row["degrees_of_freedom"]) == (2, 3, 1)
    assert (table.num_left_out, table.left_out) == (1, "y")
    assert groups.log_rank(without).num_left_out == 0


def test_all_who_come_back_on_one_day_tell_nothing() -> None:
    rows = [(who, day, who) for who in ("ann", "bob") for day in ("2026-01-01", "2026-01-05")]
    with pytest.raises(ea.InvalidData, match="nothing tells the groups apart: day 4"):
        groups.log_rank(groups.curves(orders_of(rows), "region"))


@settings(max_examples=60)
@given(order_logs(with_purchase=True))
def test_any_log_is_tested_or_refused(log: OrderLog) -> None:
    try:
        [row] = rows_of(groups.log_rank(groups.curves(log.transactions(), "region")))
    except ea.InvalidData:
        return
    assert row["groups"] == row["degrees_of_freedom"] + 1
    assert 0 <= row["p_value"] <= 1


def test_the_pooled_groups_have_a_name_of_their_own() -> None:
    names = ["other", "other", "x", "y", "other (pooled)"]
    rows = [(f"c{place}", "2026-01-01", name) for place, name in enumerate(names)]
    table = groups.curves(orders_of(rows), "region", num_groups=1)
    assert list(dict.fromkeys(table["group"].tolist())) == ["other", "other (pooled) 2"]
    assert (table.other, table.num_other) == ("other (pooled) 2", 3)
    everything = groups.curves(orders_of(rows), "region")
    assert "other" not in everything.metadata


def test_the_last_quarter_of_the_calendar_is_one() -> None:
    days = ["9998-12-31", "9999-02-01", "9999-12-01", "9999-12-31"]
    rows = [(f"c{place}", day, "x") for place, day in enumerate(days)]
    summary = rows_of(groups.summarize(groups.curves(orders_of(rows), groups.FIRST_QUARTER)))
    assert [(row["group"], row["customers"]) for row in summary] == [
        ("9998-Q4", 1),
        ("9999-Q1", 1),
        ("9999-Q4", 2),
    ]
