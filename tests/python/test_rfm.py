from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines, read_rows
from order_logs import OrderLog, logs_and_moments, order_logs, rows_of
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


CUTS = st.lists(st.integers(1, 99), min_size=1, max_size=4, unique=True).map(
    lambda percents: [percent / 100 for percent in sorted(percents)]
)


@given(order_logs(with_purchase=True, max_lines=40), CUTS)
def test_tiers_equal_the_reference(log: OrderLog, cuts: list[float]) -> None:
    names = [f"tier {number}" for number in range(len(cuts) + 1)]
    scores = ea.rfm.score(log.transactions())
    table = ea.rfm.tiers(scores, names=names, cuts=cuts)
    assert rows_of(table) == reference.tiers(rows_of(scores), names, cuts)


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
    assert rows_of(ea.rfm.tiers(scores, names=names, cuts=cuts)) == reference.tiers(
        rows, names, cuts
    )

    shares = [0.0, *cuts, 1.0]
    table = ea.rfm.concentration(scores, top_shares=shares)
    assert rows_of(table) == reference.concentration(rows, shares)
    gini = reference.gini(rows)
    told = table.metadata["gini"]
    assert (None if told == "undefined" else float(told)) == gini
    assert int(table.metadata["num_negative"]) == sum(row["monetary"] < 0 for row in rows)


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
