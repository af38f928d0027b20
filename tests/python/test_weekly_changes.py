"""Changes of the last week: Student's t, false discovery rate, what would have been seen."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

import ecommerce_analytics as ea
from ecommerce_analytics import weekly_changes
from order_logs import content_of, rows_of

MONDAY = date(2025, 1, 6)


def weeks(revenues: list[float]) -> ea.Transactions:
    """Return two orders a week that add up to these revenues; equal shares, guests all."""
    days = [
        MONDAY + timedelta(days=7 * week + day) for week in range(len(revenues)) for day in (1, 6)
    ]
    amounts = [f"{one / 2:.4f}" for one in revenues for _ in range(2)]
    return ea.Transactions.from_arrays(
        customer=["ann"] * len(days),
        order=[f"o{number}" for number in range(len(days))],
        timestamp=np.array([day.isoformat() for day in days], "datetime64[us]"),
        amount=amounts,
    )


def of(table: ea.Table, name: str) -> dict[str, float]:
    [row] = [row for row in rows_of(table) if row["kpi"] == name]
    return row


@given(st.floats(0, 50), st.integers(1, 60))
def test_the_tail_is_scipys(t: float, degrees: int) -> None:
    assert weekly_changes.student_tail(t, degrees) == pytest.approx(
        2 * stats.t.sf(t, degrees), abs=1e-12
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_the_adjusted_values_are_statsmodels(p_values: list[float]) -> None:
    expected = multipletests(p_values, method="fdr_bh")[1]
    assert weekly_changes.adjusted(p_values) == pytest.approx(list(expected), abs=1e-12)


def test_a_change_beyond_the_usual_is_found() -> None:
    # Changes of +10 %, -1/11 … and then a fall to a fifth.
    usual = [100.0, 110.0] * 8
    table = ea.weekly_changes.judge(weeks([*usual, 22.0]))
    row = of(table, "revenue_net")
    assert row["size"] == pytest.approx(22 / 110 - 1)
    # The first order is of a Tuesday, so the first week is not whole and its change is unknown.
    changes = [-1 / 11 if number % 2 == 0 else 0.1 for number in range(14)]
    assert row["num_changes"] == 14
    width = np.sqrt(np.mean(np.square(changes)))
    expected = 2 * stats.t.sf(abs(row["size"]) / width, len(changes))
    assert row["p_value"] == pytest.approx(expected, abs=1e-12)
    assert row["is_significant"]
    assert row["usual_upper"] == pytest.approx(width * stats.t.ppf(0.975, len(changes)))
    assert table.week == "2025-W18"
    assert table.week_before == "2025-W17"


def test_nothing_is_told_of_a_usual_week() -> None:
    table = ea.weekly_changes.judge(weeks([100.0, 110.0] * 9))
    assert not any(row["is_significant"] for row in rows_of(table))
    row = of(table, "revenue_net")
    level = 0.1 / 2 / len(rows_of(table))
    width = row["usual_upper"] / stats.t.ppf(0.975, row["num_changes"])
    reach = stats.t.ppf(1 - level, row["num_changes"]) + stats.t.ppf(0.8, row["num_changes"])
    assert row["smallest_seen"] == pytest.approx(width * reach)


def test_the_smallest_change_is_seen_as_often_as_told() -> None:
    # Drawn anew: the noncentral t is near the sum of the two quantiles.
    random = np.random.default_rng(0)
    critical, powerful = (
        weekly_changes._quantile(one, 26) for one in (1 - 0.1 / 16, weekly_changes.POWER)
    )
    seen = 0
    for _ in range(2_000):
        old = random.normal(0, 0.1, 26)
        width = np.sqrt(np.mean(old**2))
        seen += abs(random.normal(0.1 * (critical + powerful), 0.1)) >= width * critical
    assert seen / 2_000 == pytest.approx(0.8, abs=0.03)


def test_what_never_changed_before_is_not_judged() -> None:
    # Twelve weeks without a refund, then one cent: no earlier change tells what is usual.
    usual = [100.0, 110.0] * 6 + [100.0]
    day = MONDAY + timedelta(days=7 * 12 + 2)
    days = [MONDAY + timedelta(days=7 * week + at) for week in range(13) for at in (1, 6)]
    amounts = [f"{one / 2:.4f}" for one in usual for _ in range(2)]
    tx = ea.Transactions.from_arrays(
        customer=["ann"] * 27,
        order=[*(f"o{number}" for number in range(26)), "o24"],
        timestamp=np.array([one.isoformat() for one in (*days, day)], "datetime64[us]"),
        amount=[*amounts, "-0.01"],
    )
    table = ea.weekly_changes.judge(tx)
    assert not any(row["is_significant"] for row in rows_of(table))
    assert {"orders", "return_rate_money"} <= set(table.never_changed.split(", "))
    assert not set(table.never_changed.split(", ")) & set(table["kpi"].tolist())
    [told] = ea.recommendations.tell(table)
    assert "as they never changed before: " in told.text
    assert "return rate" in told.text


def test_where_nothing_ever_changed_it_is_said() -> None:
    table = ea.weekly_changes.judge(weeks([100.0] * 12 + [101.0]))
    assert (table.num_rows, table.week) == (0, "2025-W14")
    [told] = ea.recommendations.tell(table)
    assert told.topic == "never_changed"
    assert "revenue" in told.text
    assert "eight whole weeks" not in told.text


def test_a_week_that_the_data_cut_is_not_whole() -> None:
    days = [date(2024, 1, 1) + timedelta(days=one) for one in range(170)]
    tx = ea.Transactions.from_arrays(
        customer=["ann"] * 170,
        order=[f"o{number}" for number in range(170)],
        timestamp=np.array([day.isoformat() for day in days], "datetime64[us]"),
        amount=[str(10 + number % 3) for number in range(170)],
    )
    expected = ea.weekly_changes.judge(tx)
    assert (expected.week, expected.data_end) == ("2024-W24", "2024-06-19 00:00:00")
    for as_of in ("2024-06-24", "2024-06-24 10:00:00", "2025-06-24", "2024-06-17"):
        table = ea.weekly_changes.judge(tx, as_of=as_of)
        assert table.week == "2024-W24"
        assert rows_of(table) == rows_of(expected)
        if as_of != "2024-06-17":
            assert table.data_end == "2024-06-19 00:00:00"


def test_a_running_week_is_not_judged() -> None:
    tx = weeks([100.0, 110.0] * 9)
    end = MONDAY + timedelta(days=7 * 18)
    whole = ea.weekly_changes.judge(tx, as_of=end)
    running = ea.weekly_changes.judge(tx, as_of=end - timedelta(days=2))
    assert whole.week == "2025-W19"
    assert running.week == "2025-W18"


def test_too_few_weeks_have_no_row() -> None:
    table = ea.weekly_changes.judge(weeks([100.0] * 6))
    assert table.num_rows == 0
    one_day = ea.weekly_changes.judge(weeks([100.0]))
    assert (one_day.num_rows, one_day.week) == (0, "")


def test_threads_and_histories_say_the_same() -> None:
    tx = ea.datasets.make_synthetic(num_customers=200).transactions
    whole = content_of(ea.weekly_changes.judge(tx))
    assert content_of(ea.weekly_changes.judge(ea.CustomerHistory().add(tx))) == whole
    assert content_of(ea.weekly_changes.judge(tx, num_threads=2)) == whole


def test_what_is_refused() -> None:
    tx = weeks([100.0] * 3)
    for rate in (0.0, 1.0, float("nan")):
        with pytest.raises(ea.InvalidArgument, match="false_discovery_rate must be in"):
            ea.weekly_changes.judge(tx, false_discovery_rate=rate)
    for power in (0.4, 1.0):
        with pytest.raises(ea.InvalidArgument, match="power must be in"):
            ea.weekly_changes.judge(tx, power=power)
