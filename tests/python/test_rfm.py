import math
import tomllib
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from conftest import CHECKOUT
from golden import assert_rows_match, expected_rows, input_lines, read_rows
from order_logs import OrderLog, content_of, logs_and_moments, order_logs, rows_of
from reference import rfm as reference
from reference.customer_history import Line, NothingToAnalyzeError, resolve_as_of

CASE = "rfm/five_customers"
RULE_SETS = ("default", "six", "ten")


def five_customers() -> ea.Transactions:
    return OrderLog(tuple(input_lines(CASE))).transactions()


def strategies_of(rules: str) -> dict[str, str]:
    """Return the strategies of a built-in set as they stand in its file."""
    path = CHECKOUT / "python" / "ecommerce_analytics" / "rule_sets" / f"{rules}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["strategies"]


def test_score_matches_the_worked_example() -> None:
    scores = ea.rfm.score(five_customers())
    assert_rows_match(rows_of(scores), expected_rows(CASE))
    assert scores.as_of == "2024-04-01 00:00:00"
    assert scores.n_bins == 5
    assert scores.num_lines_ignored == 0
    assert scores.recency_edges == [8.8, 22.4, 30, 42]
    assert scores.frequency_edges == [1, 1.6, 2, 2.2]
    assert scores.monetary_edges == [9.05, 16, 52, 140]
    assert scores.r_levels_used == [1, 3, 4, 5]
    assert scores.f_levels_used == [1, 3, 5]
    assert scores.m_levels_used == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("rules", RULE_SETS)
def test_segment_matches_the_worked_example(rules: str) -> None:
    segments = ea.rfm.segment(ea.rfm.score(five_customers()), rules=rules)
    expected = read_rows(CASE, "expected_segments.csv")
    assert [(row["customer"], row["segment"]) for row in rows_of(segments)] == [
        (row["customer"], row[rules]) for row in expected
    ]


def test_the_reference_matches_the_worked_example() -> None:
    rows = reference.score(input_lines(CASE))
    assert_rows_match(rows, expected_rows(CASE))
    for row, expected in zip(rows, read_rows(CASE, "expected_segments.csv"), strict=True):
        for rules in RULE_SETS:
            assert reference.segment_of(rules, row) == expected[rules]


@given(logs_and_moments(), st.sampled_from([2, 3, 4, 5, 5, 10, 255]))
def test_score_equals_the_reference(drawn: tuple[OrderLog, datetime | None], n_bins: int) -> None:
    log, as_of = drawn
    transactions = log.transactions()
    try:
        expected = reference.score(log.lines, as_of, n_bins, log.purchases)
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.rfm.score(transactions, as_of=as_of, n_bins=n_bins)
        return
    scores = ea.rfm.score(transactions, as_of=as_of, n_bins=n_bins)
    assert rows_of(scores) == expected
    for column, told in (
        ("recency_days", scores.recency_edges),
        ("frequency", scores.frequency_edges),
        ("monetary", scores.monetary_edges),
    ):
        values = [Fraction(row[column]) for row in expected]
        assert (
            told == [float(edge) for edge in reference.edges(values, n_bins)]
            if values
            else not told
        )
    for name, told in (
        ("r_score", scores.r_levels_used),
        ("f_score", scores.f_levels_used),
        ("m_score", scores.m_levels_used),
    ):
        assert told == sorted({row[name] for row in expected})
    moment = resolve_as_of(log.lines, as_of, log.purchases)
    assert datetime.fromisoformat(scores.as_of) == moment
    assert scores.num_lines_ignored == sum(line.time >= moment for line in log.lines)


@given(
    st.lists(
        st.one_of(
            st.integers(-3, 3), st.integers(-(10**6), 10**6), st.sampled_from([2**62, 2**62 + 1])
        ).map(lambda count: Decimal(count) / 10_000),
        min_size=1,
        max_size=40,
    ),
    st.integers(2, 255),
)
def test_scores_of_any_money_are_exact(amounts: list[Decimal], n_bins: int) -> None:
    # A first line of 0.0001 makes an order of each customer, the second one brings the amount.
    time = datetime(2024, 1, 1)
    lines = [
        line
        for number, amount in enumerate(amounts)
        for line in (
            Line(number, number, time, Decimal("0.0001"), "sale"),
            Line(number, number, time, amount, "adjustment"),
        )
    ]
    scores = ea.rfm.score(OrderLog(tuple(lines)).transactions(), n_bins=n_bins)
    assert rows_of(scores) == reference.score(lines, n_bins=n_bins)


@given(order_logs(with_purchase=True, max_lines=40), st.sampled_from(RULE_SETS))
def test_segments_and_their_summary_equal_the_reference(log: OrderLog, rules: str) -> None:
    segments = ea.rfm.segment(ea.rfm.score(log.transactions()), rules=rules)
    expected = reference.segment(reference.score(log.lines, purchases=log.purchases), rules)
    assert rows_of(segments) == expected
    assert segments.rule_overlaps == []

    summary = rows_of(ea.rfm.summarize(segments))
    expected_summary = reference.summarize(expected, strategies_of(rules))
    # One row per segment in the order of the rules, which the reference does not say.
    assert {row["segment"] for row in summary} == set(expected_summary)
    assert len(summary) == len(expected_summary)
    for row in summary:
        assert row == expected_summary[row["segment"]]


@given(order_logs(with_purchase=True, max_lines=40), st.data())
def test_rows_of_customers_keep_their_scores(log: OrderLog, data: st.DataObject) -> None:
    scores = ea.rfm.score(log.transactions())
    segments = ea.rfm.segment(scores)
    everyone = scores["customer"].tolist()
    nobody = "nobody at all" if isinstance(next(iter(everyone), ""), str) else -999
    some = data.draw(st.lists(st.sampled_from([*everyone, nobody]), max_size=30))
    for table in (scores, segments, ea.rfm.tiers(scores)):
        found = ea.rfm.of_customers(table, some)
        assert rows_of(found) == [row for row in rows_of(table) if row["customer"] in some]
        assert found.metadata == table.metadata
        assert content_of(ea.rfm.of_customers(table, scores)) == content_of(table)
    if some := [one for one in some if one in everyone]:
        others = ea.rfm.score(log.transactions(), selection=ea.Selection(customers=some))
        assert content_of(ea.rfm.of_customers(segments, others)) == content_of(
            ea.rfm.of_customers(segments, some)
        )


def test_rows_of_customers_of_what_is_no_such_table() -> None:
    scores = ea.rfm.score(
        OrderLog((Line("ann", "A", datetime(2024, 1, 1), Decimal(5)),)).transactions()
    )
    with pytest.raises(TypeError, match="of_customers needs a table"):
        ea.rfm.of_customers(ea.rfm.concentration(scores), ["ann"])
    with pytest.raises(ea.InvalidArgument, match="customers must be a list of keys"):
        ea.rfm.of_customers(scores, "ann")


@given(order_logs(with_purchase=True), st.sampled_from([2, 5, 8]))
def test_twice_the_money_leaves_the_scores(log: OrderLog, n_bins: int) -> None:
    twice = [
        Line(line.customer, line.order, line.time, 2 * line.amount, line.kind, line.region)
        for line in log.lines
    ]
    once = rows_of(ea.rfm.score(log.transactions(), n_bins=n_bins))
    doubled = rows_of(ea.rfm.score(log.transactions(twice), n_bins=n_bins))
    assert doubled == [row | {"monetary": 2 * row["monetary"]} for row in once]


@given(order_logs(with_purchase=True))
def test_other_names_in_the_same_order_change_nothing_else(log: OrderLog) -> None:
    keys = sorted(
        {line.customer for line in log.lines if line.customer is not None},
        key=lambda key: key if isinstance(key, int) else key.encode(),
    )
    # Of the same order by bytes, of another type perhaps, and met in another one.
    names = {key: f"name {position:03}" for position, key in enumerate(keys)}
    renamed = [
        Line(names.get(line.customer), line.order, line.time, line.amount, line.kind, line.region)
        for line in reversed(log.lines)
    ]
    before = rows_of(ea.rfm.score(log.transactions()))
    after = rows_of(ea.rfm.score(OrderLog(tuple(renamed), log.purchases).transactions()))
    assert after == [row | {"customer": names[row["customer"]]} for row in before]


@given(order_logs(with_purchase=True))
def test_a_higher_score_is_never_worse(log: OrderLog) -> None:
    rows = rows_of(ea.rfm.score(log.transactions()))
    for a in rows:
        for b in rows:
            if a["recency_days"] < b["recency_days"]:
                assert a["r_score"] >= b["r_score"]
            if a["monetary"] == b["monetary"]:
                assert a["m_score"] == b["m_score"]
            if a["frequency"] > b["frequency"]:
                assert a["f_score"] >= b["f_score"]


def test_rule_sets_are_those_of_the_issue() -> None:
    assert set(ea.rfm.rule_set_names()) == set(RULE_SETS)
    for name in RULE_SETS:
        rules = ea.rfm.rule_set(name)
        assert {rule.segment for rule in rules.rules} == reference.segment_names(name)
        assert (rules.name, rules.n_bins) == (name, 5)
        assert rules.strategies == strategies_of(name)
        assert rules.strategies.keys() == reference.segment_names(name)
        assert rules.overlaps() == []


@pytest.mark.parametrize("n_bins", [-1, 0, 1, 256])
def test_n_bins_out_of_range(n_bins: int) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^rfm: n_bins must be in \[2, 255\]") as caught:
        ea.rfm.score(five_customers(), n_bins=n_bins)
    assert caught.value.value == str(n_bins)
    assert caught.value.row is None
    assert caught.value.column is None


@pytest.mark.parametrize("as_of", ["2024-01-01", "2024-01-01 08:00:00", datetime(1999, 1, 1)])
def test_as_of_not_after_the_first_order(as_of: str | datetime) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^customer_history: "):
        ea.rfm.score(five_customers(), as_of=as_of)


def test_unknown_rule_set() -> None:
    scores = ea.rfm.score(five_customers())
    for call in (lambda: ea.rfm.segment(scores, rules="twelve"), lambda: ea.rfm.rule_set("twelve")):
        with pytest.raises(ea.InvalidArgument, match=r"^rfm: .*: twelve$") as caught:
            call()
        assert caught.value.value == "twelve"


def test_rules_for_another_number_of_bins() -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^rfm: the rule set is for another n_bins"):
        ea.rfm.segment(ea.rfm.score(five_customers(), n_bins=4))


def test_segment_and_summarize_take_what_they_are_made_for() -> None:
    scores = ea.rfm.score(five_customers())
    with pytest.raises(TypeError):
        ea.rfm.summarize(scores)
    with pytest.raises(TypeError):
        ea.rfm.segment(ea.kpi.summary(five_customers()))


def test_no_known_customer_is_no_row() -> None:
    log = OrderLog((Line(None, "A", datetime(2024, 1, 1), Decimal(5)),))
    scores = ea.rfm.score(log.transactions())
    assert scores.num_rows == 0
    assert scores.column_names == tuple(expected_rows(CASE)[0])
    summary = rows_of(ea.rfm.summarize(ea.rfm.segment(scores)))
    assert [row["customers"] for row in summary] == [0] * 11
    assert all(row["customer_share"] is None for row in summary)


CUTS = st.lists(st.integers(1, 99), min_size=1, max_size=4, unique=True).map(
    lambda percents: [percent / 100 for percent in sorted(percents)]
)


@given(order_logs(with_purchase=True, max_lines=40), CUTS)
def test_tiers_equal_the_reference(log: OrderLog, cuts: list[float]) -> None:
    names = [f"tier {number}" for number in range(len(cuts) + 1)]
    scores = ea.rfm.score(log.transactions())
    table = ea.rfm.tiers(scores, names=names, cuts=cuts)
    assert rows_of(table) == reference.tiers(rows_of(scores), names, cuts)
    summary = ea.rfm.summarize_tiers(table)
    assert rows_of(summary) == reference.summarize_tiers(rows_of(table), names)
    some = ea.rfm.of_customers(table, scores["customer"].tolist()[::2])
    assert rows_of(ea.rfm.summarize_tiers(some)) == reference.summarize_tiers(
        rows_of(table)[::2], names
    )
    assert summary.metadata == table.metadata == some.metadata


@given(
    st.lists(
        st.integers(1, 5) | st.integers(-3, 10**9) | st.integers(2**62, 2**63 - 1),
        min_size=1,
        max_size=30,
    ),
    CUTS,
)
def test_tiers_and_concentration_of_any_money(counts: list[int], cuts: list[float]) -> None:
    time = datetime(2024, 1, 1)
    lines = [
        line
        for number, count in enumerate(counts)
        for line in (
            Line(number, number, time, Decimal("0.0001"), "sale"),
            Line(number, number, time, Decimal(f"{count}e-4"), "adjustment"),
        )
    ]
    scores = ea.rfm.score(OrderLog(tuple(lines)).transactions())
    rows = rows_of(scores)
    names = [f"tier {number}" for number in range(len(cuts) + 1)]
    tiers = ea.rfm.tiers(scores, names=names, cuts=cuts)
    assert rows_of(tiers) == reference.tiers(rows, names, cuts)
    assert rows_of(ea.rfm.summarize_tiers(tiers)) == reference.summarize_tiers(
        rows_of(tiers), names
    )

    shares = [0.0, *cuts, 1.0]
    table = ea.rfm.concentration(scores, top_shares=shares)
    assert rows_of(table) == reference.concentration(rows, shares)
    gini = reference.gini(rows)
    told = table.metadata["gini"]
    assert (None if told == "undefined" else float(told)) == gini
    num_negative = sum(row["monetary"] < 0 for row in rows)
    assert table.num_negative == num_negative
    assert table.metadata.get("gini_note") == (
        None
        if gini is not None
        else f"undefined, because customers have less than zero: {num_negative}"
        if num_negative
        else "undefined, because nobody has money"
    )

    for num_points in (2, 7, 101):
        curve = ea.rfm.lorenz(scores, num_points=num_points)
        assert rows_of(curve) == reference.lorenz(rows, num_points)
        assert curve.metadata == table.metadata


# The five customers of the worked example by money: elisa 300, ana 100, carla 20, bruno 10, davi
# 5.25. Cuts at floor(5 · 0.05) = 0, floor(5 · 0.2) = 1 and floor(5 · 0.5) = 2 customers.
def test_tiers_match_the_worked_example() -> None:
    table = ea.rfm.tiers(ea.rfm.score(five_customers()))
    assert [(row["customer"], row["tier"], row["to_next_tier"]) for row in rows_of(table)] == [
        ("ana", "Silver", Decimal("200.0001")),
        ("bruno", "Bronze", Decimal("90.0001")),
        ("carla", "Bronze", Decimal("80.0001")),
        ("davi", "Bronze", Decimal("94.7501")),
        ("elisa", "Gold", None),
    ]


# Of 435.25: elisa 300, ana 100, and 35.25 of three.
def test_sums_of_tiers_match_the_worked_example() -> None:
    table = ea.rfm.summarize_tiers(ea.rfm.tiers(ea.rfm.score(five_customers())))
    assert [
        (row["tier"], row["customers"], row["revenue"], row["mean_monetary"])
        for row in rows_of(table)
    ] == [
        ("Platinum", 0, Decimal(0), None),
        ("Gold", 1, Decimal(300), 300.0),
        ("Silver", 1, Decimal(100), 100.0),
        ("Bronze", 3, Decimal("35.25"), 11.75),
    ]
    assert table["customer_share"].tolist() == [0.0, 0.2, 0.2, 0.6]
    assert table["revenue_share"][1] == 300 / 435.25


def test_sums_of_what_are_no_tiers() -> None:
    scores = ea.rfm.score(five_customers())
    with pytest.raises(TypeError, match="summarize_tiers needs the table"):
        ea.rfm.summarize_tiers(scores)


# Of 435.25 the best of five holds 300. With values x in increasing order 2 Σ i·x / (n Σ x) is
# 2 (5.25 + 20 + 60 + 400 + 1500) / 2176.25 = 3970.5 / 2176.25, less (n + 1) / n = 1.2.
def test_concentration_matches_the_worked_example() -> None:
    table = ea.rfm.concentration(ea.rfm.score(five_customers()))
    assert [(row["customers"], row["revenue"]) for row in rows_of(table)] == [
        (0, 0),
        (0, 0),
        (1, 300),
    ]
    assert rows_of(table)[2]["revenue_share"] == 300 / 435.25
    assert float(table.metadata["gini"]) == float(
        Fraction("3970.5") / Fraction("2176.25") - Fraction("1.2")
    )


@pytest.mark.parametrize(
    ("names", "cuts"),
    [
        (["A", "B"], [0.0]),
        (["A", "B"], [1.0]),
        (["A", "B"], [float("nan")]),
        (["A", "B", "C"], [0.5, 0.5]),
        (["A", "B", "C"], [0.5, 0.2]),
        (["A", "B"], [0.2, 0.5]),
        (["A"], [0.2]),
        ("AB", [0.2]),
    ],
)
def test_tiers_that_do_not_fit(names: list[str] | str, cuts: list[float]) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^rfm: "):
        ea.rfm.tiers(ea.rfm.score(five_customers()), names=names, cuts=cuts)


def test_a_cut_that_is_nearly_one() -> None:
    # To the nearest millionth it is one: everybody stands before it.
    table = ea.rfm.tiers(ea.rfm.score(five_customers()), names=["A", "B"], cuts=[0.9999999])
    assert set(table["tier"]) == {"A"}


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_of_customers_out_of_range(share: float) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^rfm: a share of the customers must be in"):
        ea.rfm.concentration(ea.rfm.score(five_customers()), top_shares=[share])


def distinct(values: st.SearchStrategy[Any], size: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=size, max_size=size, unique=True).map(sorted)


@st.composite
def thresholds_of(draw: st.DrawFn, n_bins: int) -> dict[str, list[Any]]:
    """Draw thresholds near the values that logs have, so that many are equal."""
    return {
        "recency_days": draw(distinct(st.integers(-1, 80), n_bins - 1)),
        "frequency": draw(distinct(st.integers(0, 9), n_bins - 1)),
        "monetary": draw(
            distinct(
                st.sampled_from(
                    ("0", "1", "2.5", "5", "7.5", "19.99", "0.0001", "-1", "24.99")
                ).map(Decimal),
                n_bins - 1,
            )
        ),
    }


@st.composite
def cuts_of(draw: st.DrawFn, log: OrderLog) -> reference.Cut:
    """Draw a window, a report window, a population and regions, each of them perhaps open."""
    days = [line.time.date() for line in log.lines]
    start = draw(st.none() | st.sampled_from(days))
    end = draw(st.none() | st.sampled_from(days).map(lambda day: day + timedelta(days=1)))
    if start is not None and end is not None and start >= end:
        start = None
    customers = {line.customer for line in log.lines} - {None}
    return reference.Cut(
        window_days=draw(st.none() | st.integers(1, 60) | st.just(1_000_000)),
        start=start,
        end=end,
        customers=draw(some_of(customers)),
        regions=draw(some_of({line.region for line in log.lines})),
    )


def some_of(values: set[Any]) -> st.SearchStrategy[frozenset[Any] | None]:
    """Draw None or a set of some of the values."""
    if not values:
        return st.none()
    return st.none() | st.frozensets(st.sampled_from(sorted(values, key=str)))


def selection_of(cut: reference.Cut) -> ea.Selection:
    return ea.Selection(start=cut.start, end=cut.end, customers=cut.customers, region=cut.regions)


@given(st.data(), logs_and_moments(), st.integers(2, 5), st.booleans())
def test_windows_thresholds_and_selections_equal_the_reference(
    data: st.DataObject,
    drawn: tuple[OrderLog, datetime | None],
    n_bins: int,
    by_thresholds: bool,
) -> None:
    log, as_of = drawn
    cut = data.draw(cuts_of(log))
    thresholds = data.draw(thresholds_of(n_bins)) if by_thresholds else None
    options: dict[str, Any] = {"n_bins": n_bins, "window_days": cut.window_days}
    if thresholds is not None:
        options |= {
            "method": "thresholds",
            "recency_thresholds": thresholds["recency_days"],
            "frequency_thresholds": thresholds["frequency"],
            "monetary_thresholds": thresholds["monetary"],
        }
    selection = selection_of(cut)
    try:
        expected = reference.score(log.lines, as_of, n_bins, log.purchases, cut, thresholds)
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.rfm.score(log.transactions(), as_of=as_of, selection=selection, **options)
        return
    scores = ea.rfm.score(log.transactions(), as_of=as_of, selection=selection, **options)
    assert rows_of(scores) == expected
    history = ea.CustomerHistory(as_of=as_of, selection=selection).add(log.transactions())
    assert content_of(ea.rfm.score(history, as_of=as_of, **options)) == content_of(scores)

    assert scores.method == ("thresholds" if by_thresholds else "quantile")
    if thresholds is not None:
        assert scores.recency_edges == thresholds["recency_days"]
        assert scores.frequency_edges == thresholds["frequency"]
        assert scores.monetary_edges == [float(value) for value in thresholds["monetary"]]
    for name, told in (
        ("r_score", scores.r_levels_used),
        ("f_score", scores.f_levels_used),
        ("m_score", scores.m_levels_used),
    ):
        assert told == sorted({row[name] for row in expected})
    if cut.window_days is None:
        assert "window_start" not in scores.metadata
    else:
        moment = resolve_as_of(log.lines, as_of, log.purchases)
        first = (moment - timedelta(microseconds=1)).date().toordinal() - cut.window_days + 1
        least = date(1400, 1, 1)
        assert scores.window_start == str(max(date.fromordinal(max(first, 1)), least))
        assert scores.window_days == cut.window_days


@given(order_logs(with_purchase=True))
def test_the_median_as_a_threshold_scores_as_two_quantiles(log: OrderLog) -> None:
    scores = ea.rfm.score(log.transactions(), n_bins=2)
    assume(scores.num_rows > 0)
    again = ea.rfm.score(
        log.transactions(),
        n_bins=2,
        method="thresholds",
        recency_thresholds=[math.floor(scores.recency_edges[0])],
        frequency_thresholds=[math.floor(scores.frequency_edges[0])],
        monetary_thresholds=[
            Decimal(str(scores.monetary_edges[0])).quantize(Decimal("0.0001"), ROUND_FLOOR)
        ],
    )
    for column, score in (
        ("recency_days", "r_score"),
        ("frequency", "f_score"),
        ("monetary", "m_score"),
    ):
        if len(set(scores[column])) > 1:  # A constant column scores the middle by quantiles.
            assert scores[score].tolist() == again[score].tolist()


# By hand, in tests/golden/rfm/window_and_thresholds/SOURCE.md.
def test_a_window_and_thresholds_match_the_worked_example() -> None:
    case = "rfm/window_and_thresholds"
    lines = OrderLog(tuple(input_lines(case))).transactions()
    scores = ea.rfm.score(
        lines,
        as_of="2024-04-01 12:00:00",
        window_days=31,
        n_bins=3,
        method="thresholds",
        recency_thresholds=[7, 20],
        frequency_thresholds=[1, 2],
        monetary_thresholds=["20.00", Decimal("99.9999")],
    )
    assert_rows_match(rows_of(scores), expected_rows(case))
    assert scores.window_start == "2024-03-02"
    assert scores.monetary_edges == [20, 99.9999]
    assert (scores.r_levels_used, scores.f_levels_used, scores.m_levels_used) == (
        [1, 2, 3],
        [1, 2],
        [1, 2, 3],
    )
    rules = ea.rfm.read_rule_set(CHECKOUT / "tests" / "golden" / case / "rules.toml")
    segments = ea.rfm.segment(scores, rules=rules)
    assert [(row["customer"], row["segment"]) for row in rows_of(segments)] == [
        (row["customer"], row["segment"]) for row in read_rows(case, "expected_segments.csv")
    ]
    assert segments.rules == "regulars"
    assert segments.rule_overlaps == [[1, 2], [1, 4], [2, 4], [3, 4]]
    assert_summary_matches(segments, read_rows(case, "expected_summary.csv"))


def assert_summary_matches(segments: ea.Table, expected: list[dict[str, str]]) -> None:
    rows = rows_of(ea.rfm.summarize(segments))
    assert [str(row["segment"]) for row in rows] == [row["segment"] for row in expected]
    for row, wanted in zip(rows, expected, strict=True):
        assert row["customers"] == int(wanted["customers"])
        assert row["revenue"] == Decimal(wanted["revenue"])
        told = wanted["average_order_value"]
        assert row["average_order_value"] == (float(told) if told else None)
        assert row["strategy"] == wanted["strategy"]


def test_a_window_of_a_category_and_of_segments() -> None:
    lines = ea.Transactions.from_arrays(
        customer=["ann", "ann", "ann", "bob", "cleo"],
        order=["A1", "A2", "A2", "B1", "C1"],
        timestamp=["2026-01-05", "2026-02-01", "2026-02-01", "2026-02-10", "2026-02-11"],
        amount=["19.90", "5.00", "7.00", "3.00", "50.00"],
        category=["toys", "books", "toys", "toys", "books"],
    )
    toys = ea.Selection(category=["toys"])
    scores = ea.rfm.score(lines, window_days=11, selection=toys)
    # Order A2 is in, whole as it is, and on the first of the 11 days that end with 2026-02-11.
    assert [(row["customer"], row["frequency"], row["monetary"]) for row in rows_of(scores)] == [
        ("ann", 1, 12),
        ("bob", 1, 3),
    ]
    assert scores.window_start == "2026-02-01"
    assert scores.selection == '{"category": ["toys"]}'
    segments = ea.rfm.segment(ea.rfm.score(lines))
    (name,) = {row["segment"] for row in rows_of(segments) if row["customer"] == "cleo"}
    own = ea.rfm.score(lines, selection=ea.Selection(segment=[name], segments=segments))
    assert "cleo" in own["customer"]
    assert len(own) == sum(row["segment"] == name for row in rows_of(segments))


def test_nobody_in_the_window_is_no_row() -> None:
    scores = ea.rfm.score(five_customers(), as_of="2025-01-01", window_days=30)
    assert scores.num_rows == 0
    assert scores.recency_edges == scores.r_levels_used == []
    curve = ea.rfm.lorenz(scores, num_points=3)
    assert curve["customers"].tolist() == [0, 0, 0]
    assert curve["customer_share"].tolist() == [None] * 3
    assert curve.gini == "undefined"


@pytest.mark.parametrize("window_days", [0, -1, 1_000_001, 2**70])
def test_a_window_out_of_range(window_days: int) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^rfm: window_days must be in \[1, 1000000\]"):
        ea.rfm.score(five_customers(), window_days=window_days)


THRESHOLDS: dict[str, Any] = {
    "n_bins": 3,
    "method": "thresholds",
    "recency_thresholds": [10, 30],
    "frequency_thresholds": [1, 2],
    "monetary_thresholds": ["10.00", "20.00"],
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"method": "thirds"}, r"method must be quantile or thresholds: thirds"),
        ({"method": "quantile"}, r"thresholds need method thresholds: recency_thresholds"),
        ({"frequency_thresholds": None}, r"needs thresholds of all three: frequency_thresholds"),
        ({"recency_thresholds": [10]}, r"n_bins - 1 thresholds: recency_thresholds \[10\]"),
        ({"n_bins": 4}, r"n_bins - 1 thresholds: recency_thresholds \[10, 30\]"),
        ({"recency_thresholds": [30, 10]}, r"must increase: recency_thresholds \[30, 10\]"),
        ({"frequency_thresholds": [2, 2]}, r"must increase: frequency_thresholds \[2, 2\]"),
        ({"monetary_thresholds": [2, 1]}, r"must increase: monetary_thresholds"),
        ({"recency_thresholds": [1.5, 2]}, r"a recency threshold must be a whole number .*: 1.5"),
        ({"frequency_thresholds": [1, 2**63]}, r"a frequency threshold must be a whole number"),
        ({"recency_thresholds": "12"}, r"a recency threshold must be a whole number"),
        ({"monetary_thresholds": "12"}, r"monetary_thresholds must be a list: 12"),
        ({"monetary_thresholds": ["1.00001", 2]}, r"with at most 4 decimals: 1.00001"),
        ({"monetary_thresholds": [0.12345, 2]}, r"with at most 4 decimals: 0.12345"),
        ({"monetary_thresholds": [float("nan"), 2]}, r"with at most 4 decimals: nan"),
        ({"monetary_thresholds": [Decimal("Infinity"), 2]}, r"with at most 4 decimals: Infinity"),
        ({"monetary_thresholds": [True, 2]}, r"with at most 4 decimals: True"),
        ({"monetary_thresholds": [None, 2]}, r"with at most 4 decimals: None"),
    ],
)
def test_thresholds_that_do_not_fit(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^rfm: .*" + words):
        ea.rfm.score(five_customers(), **THRESHOLDS | changes)


@pytest.mark.parametrize(
    "monetary",
    [
        ["10.00", "20.00"],
        [Decimal(10), Decimal("2e1")],
        [10, 20],
        [10.0, 20.0],
        np.array([10.0, 20.0]),
        np.array([10, 20]),
    ],
)
def test_thresholds_of_money_come_in_many_forms(monetary: Any) -> None:
    scores = ea.rfm.score(five_customers(), **THRESHOLDS | {"monetary_thresholds": monetary})
    # Of 100, 10, 20, 5.25 and 300: those that equal a threshold are not above it.
    assert scores["m_score"].tolist() == [3, 1, 2, 1, 3]
    assert scores["r_score"].tolist() == [3, 2, 2, 1, 2]
    assert scores["f_score"].tolist() == [3, 1, 2, 1, 2]


def test_a_constant_column_scores_by_its_thresholds() -> None:
    log = OrderLog((Line("a", "A", datetime(2024, 1, 1), Decimal(5)),))
    scores = ea.rfm.score(log.transactions(), **THRESHOLDS)
    assert [scores[name][0] for name in ("r_score", "f_score", "m_score")] == [3, 1, 1]


@st.composite
def boxes_of(draw: st.DrawFn) -> tuple[int, str, bool, list[reference.Box]]:
    """Draw rules that may leave gaps; often the last one takes all that is left."""
    n_bins = draw(st.integers(2, 4))
    second = draw(st.sampled_from(["f", "fm"]))
    has_monetary = second == "f" and draw(st.booleans())
    everything = range(1, n_bins + 1)

    def part() -> range:
        least = draw(st.integers(1, n_bins))
        return range(least, draw(st.integers(least, n_bins)) + 1)

    boxes = [
        (part(), part(), part() if has_monetary else everything, draw(st.sampled_from("ABC")))
        for _ in range(draw(st.integers(1, 4)))
    ]
    if draw(st.sampled_from([True, True, False])):
        boxes.append((everything, everything, everything, "rest"))
    return n_bins, second, has_monetary, boxes


@given(order_logs(with_purchase=True), boxes_of())
def test_rule_sets_of_ones_own_equal_the_reference(
    log: OrderLog, drawn: tuple[int, str, bool, list[reference.Box]]
) -> None:
    n_bins, second, has_monetary, boxes = drawn
    content = {
        "name": "own",
        "n_bins": n_bins,
        "second": second,
        "rules": [
            {"r": [r[0], r[-1]], second: [s[0], s[-1]], "segment": name}
            | ({"m": [m[0], m[-1]]} if has_monetary else {})
            for r, s, m, name in boxes
        ],
    }
    has_gap, unreached = reference.faults_of(boxes, n_bins)
    if has_gap or unreached:
        with pytest.raises(ea.InvalidArgument) as caught:
            ea.rfm.RuleSet.from_dict(content)
        assert caught.value.text.startswith(
            "rfm: a cell of scores has no rule" if has_gap else "rfm: a rule is never reached"
        )
        if not has_gap:
            place = min(unreached)
            assert str(caught.value.value).startswith(f"rule {place + 1} ({boxes[place][3]}, r [")
        else:
            told = str(caught.value.value)
            cell = [int(part.split()[-1]) for part in told.split(", ")]
            assert reference.first_rule(boxes, *cell, *([1] if len(cell) == 2 else [])) is None
        return
    rules = ea.rfm.RuleSet.from_dict(content)
    pairs = reference.overlaps_of(boxes)
    assert rules.overlaps() == [(rules.rules[i], rules.rules[j]) for i, j in pairs]
    segments = ea.rfm.segment(ea.rfm.score(log.transactions(), n_bins=n_bins), rules=rules)
    assert segments.rule_overlaps == [[i + 1, j + 1] for i, j in pairs]
    rows = reference.score(log.lines, n_bins=n_bins, purchases=log.purchases)
    for row in rows:
        place = reference.first_rule(
            boxes, row["r_score"], reference.second_score(second, row), row["m_score"]
        )
        assert place is not None
        row["segment"] = boxes[place][3]
    assert rows_of(segments) == rows
    summary = rows_of(ea.rfm.summarize(segments))
    assert {row["segment"]: row for row in summary} == reference.summarize(
        rows, {box[3]: "" for box in boxes}
    )


RULES: dict[str, Any] = {
    "name": "own",
    "n_bins": 2,
    "second": "f",
    "rules": [
        {"r": [2, 2], "f": [2, 2], "segment": "best"},
        {"r": [1, 2], "f": [1, 2], "segment": "rest"},
    ],
    "strategies": {"best": "Thank them."},
}


def rule(**changes: Any) -> dict[str, Any]:
    return {"rules": [RULES["rules"][0] | changes, RULES["rules"][1]]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_bins": 3}, r"a cell of scores has no rule: r 1, f 3$"),
        ({"rules": [], "strategies": {}}, r"a cell of scores has no rule: r 1, f 1$"),
        (
            {"rules": RULES["rules"][::-1]},
            r"never reached.*: rule 2 \(best, r \[2, 2\], f \[2, 2\]\)$",
        ),
        (
            {"rules": [{"r": [1, 2], "f": [1, 2], "m": [2, 2], "segment": "best"}]},
            r"a cell of scores has no rule: r 1, f 1, m 1$",
        ),
        (rule(r=[0, 2]), r"bounds of a rule must increase within \[1, n_bins\]: rule 1 \(best"),
        (rule(r=[2, 1]), r"bounds of a rule must increase"),
        (rule(f=[2, 3]), r"bounds of a rule must increase"),
        (rule(m=[1, 3]), r"bounds of a rule must increase.*, m \[1, 3\]"),
        (rule(r=[2, 2**70]), r"a bound must be a score"),
        (rule(r=[2, 2.0]), r"a bound must be a score: 2.0"),
        (rule(r=[2, True]), r"a bound must be a score: True"),
        (rule(r=2), r"the least and the greatest score: r = 2"),
        (rule(fm=[1, 2]), r"a rule has an unknown key: fm"),
        (rule(segment="unknown"), r"a segment needs a name"),
        (rule(segment=""), r"a segment needs a name"),
        (rule(segment=5), r"names and strategies must be text: 5"),
        ({"strategies": {"best": 1}}, r"names and strategies must be text: 1"),
        ({"strategies": {"bets": "…"}}, r"a strategy is for no segment of the rules: bets"),
        ({"strategies": ["best"]}, r"strategies must be a table"),
        ({"rules": {"r": [1, 2]}}, r"rules must be a list"),
        ({"rules": [5]}, r"a rule must be a table of keys: 5"),
        ({"rules": [{"r": [1, 2], "f": [1, 2]}]}, r"a rule lacks a key: segment"),
        ({"second": "m"}, r"the second score must be f or fm: 'm'"),
        ({"second": "fm"}, r"a rule lacks a key: fm"),
        ({"n_bins": 1}, r"n_bins must be in \[2, 255\]: 1"),
        ({"colour": "red"}, r"a rule set has an unknown key: colour"),
        ({"rules": RULES["rules"] * 501}, r"more than 1,000 rules: 1002"),
    ],
)
def test_rule_sets_that_do_not_fit(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^rfm: .*" + words):
        ea.rfm.RuleSet.from_dict(RULES | changes)


def test_bounds_of_money_need_their_own_scores() -> None:
    rules = [ea.rfm.Rule(1, 2, 1, 2, "all", m_min=1)]
    with pytest.raises(ea.InvalidArgument, match="bounds of m need f as the second score: fm"):
        ea.rfm.RuleSet("own", 2, "fm", rules)
    rules = [ea.rfm.Rule(1, 51, 1, 51, "all", m_max=51)]
    with pytest.raises(ea.InvalidArgument, match="bounds of m need 50 bins or fewer: 51"):
        ea.rfm.RuleSet("own", 51, "f", rules)


def test_a_rule_set_is_a_name_a_path_or_an_object(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    text = (CHECKOUT / "python/ecommerce_analytics/rule_sets/default.toml").read_text("utf-8")
    path.write_text(text, encoding="utf-8")
    scores = ea.rfm.score(five_customers())
    by_name = content_of(ea.rfm.segment(scores))
    for rules in (path, str(path), ea.rfm.read_rule_set(path), ea.rfm.rule_set("default")):
        assert content_of(ea.rfm.segment(scores, rules=rules)) == by_name
    assert ea.rfm.read_rule_set(path) == ea.rfm.rule_set("default")
    with pytest.raises(TypeError, match="rules must be a name, a path or a RuleSet"):
        ea.rfm.segment(scores, rules=5)  # type: ignore[arg-type]


def test_a_rule_set_built_on_another_one() -> None:
    ten = ea.rfm.rule_set("ten")
    vip = ea.rfm.Rule(5, 5, 5, 5, "VIP", m_min=5)
    mine = replace(ten, name="mine", rules=(vip, *ten.rules))
    segments = ea.rfm.segment(ea.rfm.score(five_customers()), rules=mine)
    assert [row["segment"] for row in rows_of(segments)] == [
        row["ten"] for row in read_rows(CASE, "expected_segments.csv")
    ]  # Ana has the best scores of recency and frequency, and the second best of money.
    assert mine.overlaps() == [(vip, ten.rules[-1])]
    assert rows_of(ea.rfm.summarize(segments))[0]["strategy"] == ""


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"name = ", ea.InvalidData, r"^rfm: the rule set is no TOML: "),
        (b'name = "\xff"', ea.InvalidData, r"^rfm: the rule set is no TOML: "),
        (b"name = 'own'", ea.InvalidArgument, r"^rfm: a rule set lacks a key: n_bins"),
        (None, ea.IOFailure, r"^rfm: cannot read the rule set"),
    ],
)
def test_a_rule_set_file_that_is_none(
    tmp_path: Path, content: bytes | None, error: type[ea.Error], words: str
) -> None:
    path = tmp_path / "own.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=words) as caught:
        ea.rfm.segment(ea.rfm.score(five_customers()), rules=path)
    assert caught.value.file == str(path)


def test_a_rule_set_at_a_path_with_a_zero_byte() -> None:
    with pytest.raises(ea.IOFailure, match="cannot read the rule set"):
        ea.rfm.read_rule_set("a\0b.toml")


@given(order_logs(with_purchase=True), st.integers(1, 90))
def test_metamorphic_twice_the_money_and_thresholds(log: OrderLog, window_days: int) -> None:
    twice = [replace(line, amount=2 * line.amount) for line in log.lines]
    options = THRESHOLDS | {"window_days": window_days}
    once = ea.rfm.score(log.transactions(), **options)
    doubled = ea.rfm.score(
        log.transactions(twice), **options | {"monetary_thresholds": ["20.00", "40.00"]}
    )
    assert rows_of(doubled) == [row | {"monetary": 2 * row["monetary"]} for row in rows_of(once)]
    rules = ea.rfm.RuleSet("all", 3, "f", [ea.rfm.Rule(1, 3, 1, 3, "all")])
    for a, b in zip(
        rows_of(ea.rfm.summarize(ea.rfm.segment(once, rules=rules))),
        rows_of(ea.rfm.summarize(ea.rfm.segment(doubled, rules=rules))),
        strict=True,
    ):
        assert (a["customers"], a["revenue_share"]) == (b["customers"], b["revenue_share"])
        assert b["revenue"] == 2 * a["revenue"]
    curve = ea.rfm.lorenz(once, num_points=5)
    twice_curve = ea.rfm.lorenz(doubled, num_points=5)
    assert curve["revenue_share"].tolist() == twice_curve["revenue_share"].tolist()
    assert curve.gini == twice_curve.gini


@pytest.mark.parametrize("num_points", [-1, 0, 1, 1_000_001, 2**40])
def test_points_of_a_curve_out_of_range(num_points: int) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^rfm: num_points must be in \[2, 1000000\]"):
        ea.rfm.lorenz(ea.rfm.score(five_customers()), num_points=num_points)


# By money from the poorest: davi 5.25, bruno 10, carla 20, ana 100, elisa 300, together 435.25.
def test_the_lorenz_curve_matches_the_worked_example() -> None:
    curve = ea.rfm.lorenz(ea.rfm.score(five_customers()), num_points=4)
    assert rows_of(curve) == [
        {"customers": 0, "customer_share": 0, "revenue": 0, "revenue_share": 0},
        {
            "customers": 1,
            "customer_share": 0.2,
            "revenue": Decimal("5.25"),
            "revenue_share": 5.25 / 435.25,
        },
        {
            "customers": 3,
            "customer_share": 0.6,
            "revenue": Decimal("35.25"),
            "revenue_share": 35.25 / 435.25,
        },
        {"customers": 5, "customer_share": 1, "revenue": Decimal("435.25"), "revenue_share": 1},
    ]
