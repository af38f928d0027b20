"""Moves between segments: a case by hand, the reference, SQL, and what must not change them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines
from known_files import known_copy
from order_logs import OrderLog, content_of, order_logs, rows_of
from reference import rfm as reference_rfm
from reference import segment_migration as reference
from reference.customer_history import Line, NothingToAnalyzeError

CASE = "segment_migration/four_customers"
CLOSE = ("probability", "lower", "upper")
RULES = ea.rfm.RuleSet(
    "two",
    n_bins=2,
    second="f",
    rules=[ea.rfm.Rule(2, 2, 2, 2, "best"), ea.rfm.Rule(1, 2, 1, 2, "rest")],
)
DEFAULT_NAMES = list(dict.fromkeys(rule.segment for rule in ea.rfm.rule_set("default").rules))


def golden() -> ea.Transactions:
    return OrderLog(tuple(input_lines(CASE))).transactions()


def two_segments(lines: Sequence[Line], moment: datetime) -> dict[Any, str]:
    rows = reference_rfm.score(lines, moment, 2)
    best = {"r_score": 2, "f_score": 2}
    return {row["customer"]: "best" if row.items() >= best.items() else "rest" for row in rows}


def default_segments(
    lines: Sequence[Line], moment: datetime, purchases: str = "positive_amount"
) -> dict[Any, str]:
    rows = reference_rfm.segment(reference_rfm.score(lines, moment, 5, purchases))
    return {row["customer"]: row["segment"] for row in rows}


def test_the_moves_match_the_worked_example() -> None:
    table = ea.segment_migration.moves(golden(), "2026-02-01", "2026-03-01", rules=RULES)
    assert_rows_match(rows_of(table), expected_rows(CASE), close=CLOSE)
    assert (table.start, table.as_of) == ("2026-02-01 00:00:00", "2026-03-01 00:00:00")
    assert table.rules == "two"
    best, rest, new = rows_of(ea.segment_migration.origins(table))
    assert (best["customers_before"], best["customers_after"], best["stayed"]) == (1, 1, 0)
    assert (rest["customers_before"], rest["customers_after"], rest["stayed"]) == (2, 3, 1)
    assert (rest["without_order"], rest["without_order_share"]) == (1, 0.5)
    assert (rest["stayed_lower"], rest["without_order_lower"]) == (
        pytest.approx(0.09453120573423073),
        pytest.approx(0.09453120573423073),
    )
    assert (new["customers_before"], new["stayed"], new["customers_after"]) == (1, None, None)
    assert new["without_order_share"] is None
    assert [row["revenue"] for row in (best, rest, new)] == [Decimal(20), Decimal(2), Decimal(7)]


def test_the_reference_matches_the_worked_example() -> None:
    rows = reference.moves(
        input_lines(CASE),
        datetime(2026, 2, 1),
        datetime(2026, 3, 1),
        two_segments,
        ["best", "rest"],
    )
    assert_rows_match(rows, expected_rows(CASE), close=CLOSE)


@settings(max_examples=60)
@given(order_logs(with_purchase=True), st.integers(0, 120), st.integers(1, 400))
def test_it_is_the_reference(log: OrderLog, first: int, length: int) -> None:
    start = datetime(2016, 11, 20) + timedelta(days=first)
    end = start + timedelta(days=length)
    try:
        expected = reference.moves(
            log.lines,
            start,
            end,
            lambda lines, moment: default_segments(lines, moment, log.purchases),
            DEFAULT_NAMES,
            log.purchases,
        )
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.segment_migration.moves(log.transactions(), start, end)
        return
    table = ea.segment_migration.moves(log.transactions(), start, end)
    for row, wanted in zip(rows_of(table), expected, strict=True):
        for name, value in wanted.items():
            if name in CLOSE and value is not None:
                assert row[name] == pytest.approx(value, abs=1e-9)
            else:
                assert row[name] == value, name


def test_nothing_is_lost_between_the_dates() -> None:
    shop = ea.datasets.make_synthetic(num_customers=800)
    start, end = date(2024, 3, 1), date(2024, 9, 1)
    table = ea.segment_migration.moves(shop.transactions, start, end)
    for moment, side in ((start, "from_segment"), (end, "to_segment")):
        summary = rows_of(
            ea.rfm.summarize(ea.rfm.segment(ea.rfm.score(shop.transactions, as_of=moment)))
        )
        for row in summary:
            own = sum(
                one["customers"]
                for one in rows_of(table)
                if one[side] == row["segment"] and one["from_segment"] != "new"
            )
            new = sum(
                one["customers"]
                for one in rows_of(table)
                if one[side] == row["segment"] and one["from_segment"] == "new"
            )
            assert own + new == row["customers"]
    between = ea.kpi.summary(
        shop.transactions, selection=ea.Selection(start=start, end=end), as_of=end
    )
    [whole] = rows_of(between)
    assert sum(table.decimals("revenue")) == whole["revenue_net"] - whole["guest_revenue_net"]
    sums = {}
    for row in rows_of(table):
        if row["origin_customers"]:
            sums[row["from_segment"]] = sums.get(row["from_segment"], 0.0) + row["probability"]
    assert all(value == pytest.approx(1.0) for value in sums.values())


def test_a_history_a_table_and_threads_say_the_same() -> None:
    shop = ea.datasets.make_synthetic(num_customers=300)
    tx = shop.transactions
    whole = content_of(ea.segment_migration.moves(tx, "2024-03-01", "2024-09-01"))
    for source in (ea.CustomerHistory(as_of="2024-09-01").add(tx), ea.CustomerHistory().add(tx)):
        told = ea.segment_migration.moves(source, "2024-03-01", "2024-09-01")
        assert told.to_arrow().equals(
            ea.segment_migration.moves(tx, "2024-03-01", "2024-09-01").to_arrow()
        )
    threads = ea.segment_migration.moves(tx, "2024-03-01", "2024-09-01", num_threads=3)
    assert content_of(threads) == whole


def test_customers_who_are_numbers_are_no_text() -> None:
    def told(keys: list[Any]) -> ea.Table:
        return ea.segment_migration.moves(
            ea.Transactions.from_arrays(
                customer=keys,
                order=["A", "B", "C", "D"],
                timestamp=["2026-01-01", "2026-01-05", "2026-02-02", "2026-02-03"],
                amount=["5", "6", "7", "8"],
            ),
            "2026-02-01",
        )

    numbers, texts = told([9, 10, 10, -1]), told(["a9", "b10", "b10", "c"])
    assert content_of(numbers) == content_of(texts)


def test_online_retail_against_sql() -> None:
    path = known_copy("online_retail/online_retail.csv")
    tx = ea.datasets.load_online_retail(path, cleaning="C").transactions
    start, end = "2011-09-10", "2011-12-10"
    rules = ea.rfm.RuleSet(
        "halves",
        n_bins=2,
        second="f",
        rules=[
            ea.rfm.Rule(2, 2, 2, 2, "recent often"),
            ea.rfm.Rule(2, 2, 1, 1, "recent"),
            ea.rfm.Rule(1, 1, 2, 2, "often"),
            ea.rfm.Rule(1, 1, 1, 1, "neither"),
        ],
    )
    expected = duckdb.sql(
        f"""WITH line AS (
            SELECT CustomerID, InvoiceNo, InvoiceDate::TIMESTAMP AS bought,
                Quantity::INT * UnitPrice::DECIMAL(18, 4) AS amount
            FROM read_csv('{path}', all_varchar=true)
            WHERE CustomerID IS NOT NULL AND Quantity::INT > 0 AND UnitPrice::DECIMAL(18, 4) > 0),
        side AS (SELECT * FROM (VALUES ('before', TIMESTAMP '{start}'),
            ('after', TIMESTAMP '{end}')) AS t(name, moment)),
        invoice AS (SELECT CustomerID, InvoiceNo, min(bought) AS bought FROM line GROUP BY 1, 2),
        score AS (SELECT name, CustomerID, (epoch_us(moment) - epoch_us(max(bought)))
                // 86400000000 AS recency, count(*) AS frequency
            FROM invoice, side WHERE bought < moment GROUP BY name, moment, CustomerID),
        edge AS (SELECT name, quantile_cont(recency, 0.5) AS r, quantile_cont(frequency, 0.5) AS f
            FROM score GROUP BY name),
        segment AS (SELECT name, CustomerID, CASE
                WHEN recency <= r AND frequency > f THEN 'recent often'
                WHEN recency <= r THEN 'recent'
                WHEN frequency > f THEN 'often' ELSE 'neither' END AS segment
            FROM score JOIN edge USING (name)),
        money AS (SELECT CustomerID, sum(amount) AS amount FROM line
            WHERE bought >= TIMESTAMP '{start}' AND bought < TIMESTAMP '{end}' GROUP BY 1)
        SELECT coalesce(a.segment, 'new'), b.segment, count(*),
            count(*) - count(m.CustomerID), sum(coalesce(m.amount, 0))
        FROM segment b LEFT JOIN segment a ON a.CustomerID = b.CustomerID AND a.name = 'before'
        LEFT JOIN money m ON m.CustomerID = b.CustomerID
        WHERE b.name = 'after' GROUP BY 1, 2"""
    ).fetchall()
    table = ea.segment_migration.moves(tx, start, end, rules=rules)
    names = ("from_segment", "to_segment", "customers", "without_order", "revenue")
    told = {tuple(row[name] for name in names) for row in rows_of(table) if row["customers"]}
    assert told == set(expected)
    assert sum(row["customers"] for row in rows_of(table)) == 4_338


def test_what_is_refused() -> None:
    rows = golden()
    moves = ea.segment_migration.moves
    with pytest.raises(ea.InvalidArgument, match=r"^segment_migration: start must be a midnight"):
        moves(rows, "2026-02-01 12:00")
    with pytest.raises(ea.InvalidArgument, match=r"^segment_migration: start must lie before"):
        moves(rows, "2026-03-01", "2026-02-01")
    with pytest.raises(ea.InvalidArgument, match=r"as_of must be after the first order"):
        moves(rows, "2026-01-01")
    with pytest.raises(ea.InvalidArgument, match=r"must have no selection"):
        moves(
            ea.CustomerHistory(selection=ea.Selection(start=date(2026, 1, 1))).add(rows),
            "2026-02-01",
        )
    with pytest.raises(ea.InvalidArgument):
        moves(rows, "2026-02-01", rules="eleven")
    with pytest.raises(TypeError):
        moves(rows, "2026-02-01", rules=5)  # type: ignore[arg-type]
    with pytest.raises(ea.InvalidArgument, match="needs the table that moves returned"):
        ea.segment_migration.origins(ea.kpi.summary(rows))


def test_guests_alone_move_nowhere() -> None:
    tx = ea.Transactions.from_arrays(
        customer=np.array([None, None], dtype=object),
        order=["A", "B"],
        timestamp=["2026-01-05", "2026-01-09"],
        amount=["1", "2"],
    )
    rows = rows_of(ea.segment_migration.moves(tx, "2026-01-07"))
    assert {(row["customers"], row["probability"], row["baseline"]) for row in rows} == {
        (0, None, None)
    }


def test_a_quiet_interval_has_moves_too() -> None:
    table = ea.segment_migration.moves(golden(), "2026-02-26", "2026-02-27", rules=RULES)
    rows = rows_of(table)
    assert sum(row["customers"] for row in rows) == 4
    assert all(row["without_order"] == row["customers"] for row in rows)
    assert {row["revenue"] for row in rows} == {Decimal(0)}
