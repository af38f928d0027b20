import inspect
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines, read_rows
from order_logs import OrderLog, moments, order_logs, rows_of
from reference import rfm as reference
from reference.customer_history import Line, NothingToAnalyzeError, resolve_as_of

CASE = "rfm/five_customers"
RULE_SETS = ("default", "six", "ten")


def five_customers() -> ea.Transactions:
    return OrderLog(tuple(input_lines(CASE))).transactions()


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


@given(order_logs(), moments(), st.sampled_from([2, 3, 4, 5, 5, 10, 255]))
def test_score_equals_the_reference(log: OrderLog, as_of: datetime | None, n_bins: int) -> None:
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

    summary = rows_of(ea.rfm.summarize(segments))
    expected_summary = reference.summarize(expected, rules)
    # One row per segment in the order of the rules, which the reference does not say.
    assert {row["segment"] for row in summary} == set(expected_summary)
    assert len(summary) == len(expected_summary)
    for row in summary:
        assert row == expected_summary[row["segment"]]


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


def test_defaults() -> None:
    parameters = inspect.signature(ea.rfm.score).parameters
    assert {name: p.default for name, p in parameters.items() if name != "transactions"} == {
        "as_of": None,
        "n_bins": 5,
        "num_threads": None,
    }
    assert inspect.signature(ea.rfm.segment).parameters["rules"].default == "default"
