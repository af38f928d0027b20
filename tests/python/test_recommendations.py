"""Recommendations: lists, reasons, what they may earn, and a Monday that is never empty."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ecommerce_analytics as ea
from ecommerce_analytics.actions import ActionSet, action_set
from ecommerce_analytics.recommendations import NO_MARGIN, Facts
from known_files import known_copy
from order_logs import content_of, rows_of
from reference.recommendations import action_of

RULES = ea.rfm.rule_set("default")
COLUMNS = ("recency_days", "frequency", "monetary", "churn_risk", "clv")
NAN = float("nan")


def facts_of(rows: list[dict[str, Any]], missing: dict[str, str] | None = None) -> Facts:
    return Facts(
        customer=tuple(row["customer"] for row in rows),
        segment=tuple(row["segment"] for row in rows),
        tier=tuple(row["tier"] for row in rows),
        churn_band=tuple(row["churn_band"] for row in rows),
        numbers={name: np.array([row[name] for row in rows], dtype=float) for name in COLUMNS},
        p_order=np.array([1 - row["churn_risk"] for row in rows]),
        spend=np.array([row["spend"] for row in rows], dtype=float),
        spend_factor=(1.0, 1.0, 1.0),
        segments=RULES,
        as_of="2026-01-01 00:00:00",
        horizon_days=90,
        missing=missing or {},
        warning=None,
    )


def person(customer: str, **changes: Any) -> dict[str, Any]:
    return {
        "customer": customer,
        "segment": "At Risk",
        "tier": "Gold",
        "churn_band": "high",
        "recency_days": 100,
        "frequency": 3,
        "monetary": 300.0,
        "churn_risk": 0.8,
        "clv": 50.0,
        "spend": 100.0,
        **changes,
    }


def rules_of(*actions: dict[str, Any]) -> ActionSet:
    told = {"what": "Write.", "uplift": 0.1, "discount": 0.0}
    return ActionSet.from_dict({"name": "mine", "actions": [{**told, **one} for one in actions]})


PEOPLE = [
    person("ann", segment="Champions", tier="Platinum", churn_risk=0.1, churn_band="low", clv=900),
    person("bob"),
    person("cem", tier="Bronze", spend=20.0),
    person("dee", segment="Lost", churn_risk=NAN, churn_band=None, clv=NAN, spend=NAN),
]


def test_a_case_by_hand() -> None:
    rules = rules_of(
        {"name": "first", "who": {"tier": ["Gold", "Bronze"], "segment": ["At Risk"]}},
        {"name": "second", "who": {"churn_risk": [0.0, 1.0]}, "contact_cost": 1.0},
        {"name": "third", "who": {}, "uplift": 0.0},
        {"name": "nobody", "who": {"monetary": [1000, 2000]}},
    )
    found = ea.recommendations.recommend(facts_of(PEOPLE), actions=rules, margin=0.5)
    rows = {row["action"]: row for row in rows_of(found.actions)}
    # Uplift 0.1 of 100 and 20 at a margin of a half: 6; of 100 less a contact: 4; of dee nothing.
    assert rows["first"]["expected_profit"] == pytest.approx(6.0)
    assert rows["second"]["expected_profit"] == pytest.approx(4.0)
    assert rows["third"]["expected_profit"] is None
    assert "no probability to order is told" in rows["third"]["note"]
    assert rows["nobody"]["note"] == "it concerns nobody"
    assert [rows[name]["priority"] for name in ("first", "second", "third", "nobody")] == [
        *(1, 2, 3, 4)
    ]
    assert [rows[name]["customers"] for name in rows] == [2, 1, 1, 0]
    assert rows["first"]["profit_lower"] <= 6.0 <= rows["first"]["profit_upper"]
    assert rows["first"]["baseline"] == 0.0
    assert {row["customer"]: row["action"] for row in rows_of(found.customers)} == {
        "ann": "second",
        "bob": "first",
        "cem": "first",
        "dee": "third",
    }
    assert found.list_of("first")["customer"].tolist() == ["bob", "cem"]
    assert found.list_of("nobody").num_rows == 0
    assert found.actions.num_without_action == 0
    with pytest.raises(ea.InvalidArgument, match="there is no such action"):
        found.list_of("fourth")


def test_a_list_that_loses_money_is_not_sent() -> None:
    rules = rules_of(
        {"name": "costly", "who": {"segment": ["At Risk"]}, "contact_cost": 1000.0},
        {"name": "useless", "who": {"segment": ["Champions"]}, "uplift": 0.0},
        {"name": "rest", "who": {}},
    )
    found = ea.recommendations.recommend(facts_of(PEOPLE), actions=rules, margin=0.5)
    assert found.actions["customers"].tolist() == [1, 2, 1]
    # Nothing is known of dee's money, so her list may be sent; an uplift of 0 earns nothing.
    assert found.to_send["action"].tolist() == ["rest"]
    assert found.to_send.num_left_out == 2
    assert found.to_send.left_out == "expected to lose money or to earn nothing: useless, costly"
    without = ea.recommendations.recommend(facts_of(PEOPLE), actions=rules)
    assert without.to_send["action"].tolist() == ["costly", "useless", "rest"]
    assert without.to_send.num_left_out == 0
    assert "left_out" not in without.to_send.metadata


def test_the_reason_is_in_figures_beside_those_of_all() -> None:
    rules = rules_of({"name": "gold", "who": {"tier": ["Gold"], "clv_top_share": 0.7}})
    found = ea.recommendations.recommend(facts_of(PEOPLE), actions=rules)
    [row] = rows_of(found.actions)
    # Of three values the best floor(2.1) = 2 are 900 and 50, 50: the equal two go down.
    assert (row["customers"], row["note"]) == (0, "it concerns nobody")
    rules = rules_of({"name": "gold", "who": {"tier": ["Gold", "Platinum"]}})
    [row] = rows_of(ea.recommendations.recommend(facts_of(PEOPLE), actions=rules).actions)
    assert row["customers"] == 3
    assert "median 100 days since the last order (all: 100)" in row["reason"]
    assert "mean risk of churn 45.0% (all: 56.7%)" in row["reason"]
    assert "mean lifetime value 475.00 (all: 333.33)" in row["reason"]


PEOPLE_DRAWN = st.lists(
    st.fixed_dictionaries(
        {
            "segment": st.sampled_from(["At Risk", "Champions", "Lost"]),
            "tier": st.sampled_from(["Gold", "Bronze"]),
            "churn_band": st.sampled_from(["high", "low", None]),
            "recency_days": st.integers(0, 3),
            "frequency": st.integers(1, 3),
            "monetary": st.sampled_from([-1.0, 0.0, 10.0]),
            "churn_risk": st.sampled_from([0.2, 0.5, NAN]),
            "clv": st.sampled_from([1.0, 2.0, 3.0, NAN]),
            "spend": st.just(10.0),
        }
    ),
    min_size=1,
    max_size=8,
)
WHO = st.fixed_dictionaries(
    {},
    optional={
        "segment": st.sampled_from([["At Risk"], ["Lost", "Champions"]]),
        "tier": st.just(["Gold"]),
        "churn_band": st.sampled_from([["high"], ["low", "high"]]),
        "recency_days": st.sampled_from([[0, 1], [2, 3]]),
        "monetary": st.just([0, float("inf")]),
        "churn_risk": st.sampled_from([[0.5, 1], [0, 0.4]]),
        "clv": st.just([2, 3]),
        "clv_top_share": st.sampled_from([0.25, 0.5, 1.0]),
    },
)


@settings(max_examples=60)
@given(PEOPLE_DRAWN, st.lists(WHO, min_size=1, max_size=3))
def test_lists_are_those_of_the_reference(
    people: list[dict[str, Any]], whos: list[dict[str, Any]]
) -> None:
    rows = [{"customer": f"c{number}", **one} for number, one in enumerate(people)]
    told = [{"name": f"a{number}", "who": who} for number, who in enumerate(whos)]
    found = ea.recommendations.recommend(facts_of(rows), actions=rules_of(*told))
    values = [row["clv"] for row in rows]
    expected = {row["customer"]: action_of(row, told, values) for row in rows}
    listed = {row["customer"]: row["action"] for row in rows_of(found.customers)}
    assert listed == {key: action for key, action in expected.items() if action is not None}
    assert found.actions.num_without_action == list(expected.values()).count(None)
    assert int(found.actions["customers"].sum()) == len(listed)


def test_without_a_margin_no_money_is_told() -> None:
    found = ea.recommendations.recommend(facts_of(PEOPLE))
    rows = rows_of(found.actions)
    assert [row["action"] for row in rows if row["customers"]] == [
        one.name
        for one in action_set().actions
        if one.name in {row["action"] for row in rows if row["customers"]}
    ]
    for row in rows:
        assert row["expected_profit"] is None
        assert row["profit_lower"] is None
        assert row["break_even_uplift"] is None
        assert row["note"] == (NO_MARGIN if row["customers"] else "it concerns nobody")
        assert "margin not given" in row["assumption"]
    for margin in (0.0, 1.5, NAN):
        with pytest.raises(ea.InvalidArgument, match="margin must be in"):
            ea.recommendations.recommend(facts_of(PEOPLE), margin=margin)


def test_the_effect_is_that_of_the_simulator() -> None:
    shop = ea.datasets.make_synthetic(num_customers=2_000)
    known = ea.recommendations.facts(shop.transactions)
    found = ea.recommendations.recommend(known, margin=0.4)
    places = {key: place for place, key in enumerate(known.customer)}
    for row in rows_of(found.actions):
        action = next(one for one in action_set().actions if one.name == row["action"])
        if not row["customers_judged"]:
            continue
        rows = np.array([places[key] for key in found.list_of(action.name)["customer"]])
        rows = rows[~np.isnan(known.p_order[rows])]
        assert len(rows) == row["customers_judged"]
        analysis = ea.campaign.simulate(
            known.p_order[rows],
            known.spend[rows],
            uplift=action.uplift,
            margin=0.4,
            discount=action.discount,
            redemption=action.redemption,
            contact_cost=action.contact_cost,
            spend_factor=known.spend_factor,
            num_scenarios=2_000,
        ).analysis
        figures = {one["figure"]: one for one in rows_of(analysis)}
        assert row["expected_profit"] == figures["profit"]["expected"]
        assert row["profit_lower"] == figures["realised_profit"]["lower"]
        assert row["break_even_uplift"] == figures["break_even_uplift"]["expected"]
        assert ("expected to lose money" in row["note"]) == (row["expected_profit"] <= 0)
    profits = [row["expected_profit"] for row in rows_of(found.actions) if row["customers_judged"]]
    assert profits == sorted(profits, reverse=True)
    keys = found.customers["customer"].tolist()
    assert len(keys) == len(set(keys))
    assert len(keys) + found.actions.num_without_action == len(known.customer)


def test_the_facts_are_those_of_the_library() -> None:
    tx = ea.datasets.make_synthetic(num_customers=600).transactions
    known = ea.recommendations.facts(tx)
    ranking = ea.churn.rank(tx).ranking
    assert ranking is not None
    risks = dict(zip(ranking["customer"], ranking["churn_risk"].tolist(), strict=True))
    for key, risk in zip(known.customer, known.numbers["churn_risk"].tolist(), strict=True):
        assert risks.get(key, NAN) == pytest.approx(risk, nan_ok=True)
    segments = ea.rfm.segment(ea.rfm.score(tx))
    assert list(known.segment) == segments["segment"].tolist()
    again = ea.recommendations.facts(tx, num_threads=2)
    assert content_of(ea.recommendations.recommend(known, margin=0.4).actions) == content_of(
        ea.recommendations.recommend(again, margin=0.4).actions
    )


def test_what_was_made_before_must_be_of_the_moment_and_the_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tx = ea.datasets.make_synthetic(num_customers=600).transactions
    outcome, prediction = ea.churn.rank(tx), ea.clv.predict(tx)
    asked = ea.recommendations.facts(tx)
    with monkeypatch.context() as patched:
        for module, name in ((ea.churn, "rank"), (ea.clv, "predict")):
            patched.delattr(module, name)  # Nothing is computed twice.
        given = ea.recommendations.facts(tx, outcome=outcome, prediction=prediction)
    for name, values in asked.numbers.items():
        np.testing.assert_array_equal(given.numbers[name], values)
    assert (given.missing, given.warning) == (asked.missing, asked.warning)
    earlier = "2024-11-01"
    with pytest.raises(
        ea.InvalidArgument, match="outcome is of another moment than 2024-11-01 00:00:00: 2025-01-"
    ):
        ea.recommendations.facts(tx, as_of=earlier, outcome=outcome)
    with pytest.raises(ea.InvalidArgument, match="prediction is of another moment than 2024-11-01"):
        ea.recommendations.facts(tx, as_of=earlier, prediction=prediction)
    other = ea.datasets.make_synthetic(num_customers=900).transactions
    with pytest.raises(ea.InvalidArgument, match="the prediction is of other lines"):
        ea.recommendations.facts(
            tx, prediction=ea.clv.predict(other, as_of=asked.as_of), outcome=outcome
        )


def test_a_monday_after_a_saturday() -> None:
    tx = ea.datasets.make_synthetic(num_customers=600, days=728).transactions
    ended = ea.rfm.score(tx).metadata["as_of"]
    assert ended == "2024-12-29 00:00:00"
    found = ea.recommendations.monday(tx, as_of="2024-12-30", margin=0.4)
    rows = {row["action"]: row for row in rows_of(found.recommendations.actions)}
    assert "no lifetime value is told" in rows["Thank those worth most in the year to come"]["note"]
    assert found.lists.num_rows > 0
    assert found.changes.week == "2024-W51"


def test_what_cannot_be_told_is_said() -> None:
    tx = ea.datasets.make_synthetic(num_customers=60).transactions
    found = ea.recommendations.recommend(tx, margin=0.4)
    rows = {row["action"]: row for row in rows_of(found.actions)}
    assert (
        "no risk of churn is told: too few" in rows["Keep the best customers who may leave"]["note"]
    )
    told = rows["Thank those worth most in the year to come"]["note"]
    assert "no lifetime value is told: too few" in told
    assert all(row["expected_profit"] is None for row in rows.values())
    assert sum(row["customers"] for row in rows.values()) > 0


def test_a_shop_of_guests_has_no_list() -> None:
    tx = ea.Transactions.from_arrays(
        customer=np.array([None], dtype=object), order=["A"], timestamp=["2026-01-05"], amount=["1"]
    )
    found = ea.recommendations.monday(tx, margin=0.4)
    assert found.lists.num_rows == 0
    assert found.recommendations.customers.num_rows == 0
    assert [row["customer_share"] for row in rows_of(found.recommendations.actions)] == [None] * 7
    assert found.told[0].topic == "too_little_history"


def test_other_segments_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "six.toml"
    path.write_text(
        'name = "x"\nsegments = "six"\n[[actions]]\nname = "a"\nwhat = "b"\nuplift = 0\n'
        'discount = 0\nwho = { segment = ["Champions"] }\n',
        encoding="utf-8",
    )
    with pytest.raises(ea.InvalidArgument, match="of another rule set than the facts: six"):
        ea.recommendations.recommend(facts_of(PEOPLE), actions=path)
    tx = ea.datasets.make_synthetic(num_customers=60).transactions
    assert ea.recommendations.recommend(tx, actions=str(path)).actions["customers"][0] > 0
    with pytest.raises(TypeError):
        ea.recommendations.recommend(facts_of(PEOPLE), actions=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("num_customers", [1, 60, 600])
def test_a_monday_is_never_empty(num_customers: int) -> None:
    tx = ea.datasets.make_synthetic(num_customers=num_customers).transactions
    found = ea.recommendations.monday(tx)
    assert found.told
    assert all(sentence.text for sentence in found.told)
    topics = {sentence.topic for sentence in found.told}
    assert topics in ({"change", "rule"}, {"no_change"}, {"too_little_history"})
    if num_customers >= 60:
        assert found.lists.num_rows == 3
        assert all(count > 0 for count in found.lists["customers"].tolist())
        assert found.lists["priority"].tolist() == [1, 2, 3]


def test_a_quiet_week_says_what_would_have_been_seen() -> None:
    tx = ea.datasets.make_synthetic(num_customers=2_000).transactions
    found = ea.recommendations.monday(tx)
    [sentence] = found.told
    assert sentence.topic == "no_change"
    assert "false discovery rate 10%" in sentence.text
    assert "With a probability of 80% these changes would have been seen: net revenue ±" in (
        sentence.text
    )
    by_name = {figure.name: figure.value for figure in sentence.figures}
    for row in rows_of(found.changes):
        assert by_name[f"{row['kpi']}.smallest_seen"] == row["smallest_seen"]
        assert by_name[f"{row['kpi']}.size"] == row["size"]


def test_the_loud_week_of_olist() -> None:
    # The data thin out: 116 orders against 1,059 the week before.
    tx = ea.datasets.load_olist(known_copy("olist")).transactions
    changes = ea.weekly_changes.judge(tx)
    [orders] = [row for row in rows_of(changes) if row["kpi"] == "orders"]
    assert (orders["value"], orders["previous"], orders["is_significant"]) == (116, 1_059, True)
    found = ea.recommendations.monday(tx, changes=changes, known=facts_of(PEOPLE))
    assert found.told[0].topic == "change"
    assert found.told[-1].topic == "rule"
    assert any("Orders of 2018-W35: 116 against 1,059 in 2018-W34" in x.text for x in found.told)
