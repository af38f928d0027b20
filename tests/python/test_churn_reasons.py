"""Why a risk is what it is, and the money behind it."""

import math
import re
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

import ecommerce_analytics as ea
from known_files import known_copy
from order_logs import rows_of
from reference import churn as reference


@lru_cache
def shop() -> ea.Transactions:
    return ea.datasets.make_synthetic(num_customers=2_000, random_state=1).transactions


@lru_cache
def outcome() -> ea.churn.Outcome:
    return ea.churn.rank(shop())


def model() -> ea.churn.Model:
    found = outcome().model
    assert found is not None
    return ea.churn.Model(found)


def effects_of(row: dict[str, Any]) -> list[float]:
    return [row[name] for name in row if name.endswith("_effect")]


def test_effects_add_up_to_the_log_odds_to_the_last_bit() -> None:
    ranking = outcome().ranking
    assert ranking is not None
    for row, risk in zip(
        rows_of(ea.churn.explain(model(), ranking)), ranking["churn_risk"], strict=True
    ):
        total = row["base_log_odds"]
        for effect in effects_of(row):
            total += effect
        assert total == row["log_odds"]
        assert row["churn_risk"] == risk
        assert row["churn_risk"] == pytest.approx(1 / (1 + math.exp(-total)), rel=1e-14)


def test_effects_equal_the_reference() -> None:
    features = ea.cutoff.features(shop(), "2024-10-01")
    fitted = ea.churn.fit(ea.CutoffDataset(shop(), "2024-06-01"))
    recipe = rows_of(fitted.table)
    table = ea.churn.explain(fitted, features)
    assert table["customer"].tolist() == features["customer"].tolist()
    expected = reference.effects(recipe, rows_of(features))
    for row, effects in zip(rows_of(table), expected, strict=True):
        assert effects_of(row) == pytest.approx(effects, rel=1e-12, abs=1e-13)


def test_a_model_of_some_features_has_effects_of_these() -> None:
    dataset = ea.CutoffDataset(shop(), "2024-06-01")
    fitted = ea.churn.fit(dataset, features=["orders_90d", "recency_days"])
    table = ea.churn.explain(fitted, dataset)
    assert [name for name in table.column_names if name.endswith("_effect")] == [
        "orders_90d_effect",
        "recency_days_effect",
    ]
    assert set(table["reason_3"].tolist()) == {""}
    with pytest.raises(ea.InvalidArgument, match="another horizon"):
        ea.churn.explain(fitted, ea.CutoffDataset(shop(), "2024-06-01", horizon=30))
    with pytest.raises(TypeError, match="explain needs"):
        ea.churn.explain(fitted, np.zeros(3))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs a Model"):
        ea.churn.explain(fitted.table, dataset)  # type: ignore[arg-type]


def test_reasons_are_in_words_and_of_what_is_told() -> None:
    features = ea.cutoff.features(shop(), "2024-10-01")
    fitted = ea.churn.fit(ea.CutoffDataset(shop(), "2024-06-01"))
    told, known = rows_of(ea.churn.explain(fitted, features)), rows_of(features)
    assert len(told) > 1_000
    for row, customer in zip(told, known, strict=True):
        reasons = [row[f"reason_{place}"] for place in (1, 2, 3)]
        assert reasons[0]
        themes = reference.themes(row, customer)
        is_raised = row["log_odds"] >= row["base_log_odds"]
        assert [reference.words(theme, customer, is_raised) for theme in themes[:3]] == [
            one for one in reasons if one
        ]


def test_a_usual_gap_is_named_where_it_speaks_for_the_reason() -> None:
    features = ea.cutoff.features(shop(), "2024-10-01")
    fitted = ea.churn.fit(ea.CutoffDataset(shop(), "2024-06-01"), features=["recency_days"])
    counts = {(raised, named): 0 for raised in (True, False) for named in (True, False)}
    for row in rows_of(ea.churn.explain(fitted, features)):
        is_raised = row["log_odds"] >= row["base_log_odds"]
        words = re.fullmatch(
            r"(\d+) days? since the last order(?:, the usual gap is (?:(\d+)|less than a day))?",
            row["reason_1"],
        )
        if words is None:
            assert row["reason_1"].endswith("since the only order")
            continue
        is_named = "usual gap" in row["reason_1"]
        counts[is_raised, is_named] += 1
        if is_named:
            assert (int(words[1]) > int(words[2] or 0)) == is_raised
    assert all(counts.values()), counts


def test_reasons_of_hand_made_customers() -> None:
    start = np.datetime64("2024-01-01")

    def lines(customer: str, days: list[int], amount: str) -> list[tuple[str, str, Any, str]]:
        return [(customer, f"{customer}{day}", start + day, amount) for day in days]

    rows = [
        *lines("gone", [0, 10, 20], "10.00"),
        *lines("seldom", [-200, 20], "10.00"),
        *lines("late", [50, 60, 70], "10.00"),
        *lines("once", [100], "5.00"),
        *lines("often", list(range(0, 104, 2)), "20.00"),
        *lines("end", [400], "1.00"),
    ]
    for i in range(300):  # The longer ago, the later the next order.
        rows += lines(f"c{i}", [i % 90, 300 - 2 * (i % 90)], "7.00")
    customer, order, timestamp, amount = (list(column) for column in zip(*rows, strict=True))
    tx = ea.Transactions.from_arrays(
        customer=customer, order=order, timestamp=timestamp, amount=amount
    )
    fitted = ea.churn.fit(ea.CutoffDataset(tx, "2024-04-14"), features=["recency_days"])
    table = rows_of(ea.churn.explain(fitted, ea.cutoff.features(tx, "2024-04-14")))
    by_customer = {row["customer"]: row["reason_1"] for row in table}
    assert by_customer["gone"] == "84 days since the last order, the usual gap is 10"
    assert by_customer["seldom"] == "84 days since the last order"  # Raises the risk.
    assert by_customer["late"] == "34 days since the last order"  # Lowers it.
    assert by_customer["once"] == "4 days since the only order"
    assert by_customer["often"] == "2 days since the last order, the usual gap is 2"


def test_reasons_of_segments_are_means() -> None:
    explanation = ea.churn.explain(model(), outcome().ranking)
    segments = ea.rfm.segment(ea.rfm.score(shop()))
    table = rows_of(ea.churn.explain_groups(explanation, segments))
    by_customer = dict(zip(segments["customer"], segments["segment"], strict=True))
    frame = explanation.to_pandas()
    frame["segment"] = [by_customer[one] for one in frame["customer"]]
    for row in table:
        own = frame[frame["segment"] == row["segment"]]
        values = own[f"{row['feature']}_effect"]
        assert row["customers"] == len(own)
        assert row["churn_risk"] == pytest.approx(own["churn_risk"].mean(), rel=1e-12)
        assert row["effect"] == pytest.approx(values.mean(), rel=1e-10, abs=1e-12)
        overall = frame[f"{row['feature']}_effect"].mean()
        assert row["baseline"] == pytest.approx(overall, rel=1e-10, abs=1e-12)
        if len(own) > 1:
            half = 1.959963984540054 * values.std() / np.sqrt(len(own))
            assert row["upper"] - row["effect"] == pytest.approx(half, rel=1e-9, abs=1e-12)
    assert [row["segment"] for row in table] == sorted(row["segment"] for row in table)


def test_customers_without_a_segment_are_left_out_and_counted() -> None:
    explanation = ea.churn.explain(model(), outcome().ranking)
    earlier = ea.rfm.segment(ea.rfm.score(shop(), as_of="2024-03-01"))
    table = ea.churn.explain_groups(explanation, earlier)
    known = set(earlier["customer"])
    missing = sum(customer not in known for customer in explanation["customer"])
    assert table.num_customers_left_out == missing > 0
    with pytest.raises(ea.InvalidArgument, match="lack a column"):
        ea.churn.explain_groups(explanation, ea.rfm.score(shop()))
    with pytest.raises(TypeError, match="what explain returned"):
        ea.churn.explain_groups(earlier, earlier)


def test_revenue_at_risk_equals_the_reference() -> None:
    told = ea.churn.revenue_at_risk(shop(), outcome(), n_resamples=10)
    ranking, fitted = outcome().ranking, outcome().model
    assert ranking is not None
    assert fitted is not None
    training = [ea.CutoffDataset(shop(), cutoff) for cutoff in fitted.training_cutoffs]
    rows = [
        (monetary, label, revenue)
        for one in training
        for monetary, label, revenue in zip(
            one.features["monetary"], one.labels, one.window_revenue, strict=True
        )
    ]
    edges, means = reference.spend(rows)
    assert told.monetary_edges == edges
    np.testing.assert_allclose(told.mean_spend, means, rtol=1e-12)
    expected = reference.revenue_at_risk(rows_of(ranking), edges, means)
    for row in rows_of(told):
        spend, at_risk = expected[row["risk_band"]]
        assert row["expected_spend"] == pytest.approx(spend, rel=1e-10)
        assert row["revenue_at_risk"] == pytest.approx(at_risk, rel=1e-10)


def test_revenue_at_risk_is_never_more_than_the_spend() -> None:
    rows = rows_of(ea.churn.revenue_at_risk(shop(), outcome()))
    assert [row["risk_band"] for row in rows] == ["high", "medium", "low", "all"]
    for row in rows:
        assert 0 < row["lower"] < row["revenue_at_risk"] < row["upper"]
        assert row["revenue_at_risk"] < row["expected_spend"]
        assert 0 < row["baseline"] < row["expected_spend"]
    for name in ("customers", "expected_spend", "revenue_at_risk"):
        assert rows[3][name] == pytest.approx(sum(row[name] for row in rows[:3]))
    none = ea.churn.rank(ea.datasets.make_synthetic(num_customers=100).transactions)
    with pytest.raises(ea.InvalidArgument, match="no ranking"):
        ea.churn.revenue_at_risk(shop(), none)
    with pytest.raises(ea.InvalidArgument, match="n_resamples"):
        ea.churn.revenue_at_risk(shop(), outcome(), n_resamples=0)


def test_money_of_the_window_is_what_the_lines_say() -> None:
    for gap in (0, 20):
        dataset = ea.CutoffDataset(shop(), "2024-06-01", gap=gap)
        start = np.datetime64("2024-06-01") + gap
        upto = [
            ea.rfm.score(shop(), as_of=str(moment)).to_pandas().set_index("customer")["monetary"]
            for moment in (start, start + 90)
        ]
        for customer, revenue in zip(
            dataset.features["customer"], dataset.window_revenue, strict=True
        ):
            expected = upto[1][customer] - upto[0][customer]
            assert revenue == pytest.approx(expected, abs=1e-6)
        with pytest.raises(ValueError, match="read-only"):
            dataset.window_revenue[0] = 1.0


def test_reasons_on_online_retail_name_real_figures() -> None:
    retail = ea.datasets.load_online_retail(known_copy("online_retail/online_retail.csv"))
    found = ea.churn.rank(retail.transactions)
    assert found.model is not None
    table = rows_of(ea.churn.explain(ea.churn.Model(found.model), found.ranking))
    assert all(row["reason_1"] for row in table)
    reasons = [row[f"reason_{i}"] for row in table for i in (1, 2, 3)]
    assert any("since the last order, the usual gap is" in one for one in reasons)
    assert not any(re.search(r"-\d", one) for one in reasons)
    told = rows_of(ea.churn.revenue_at_risk(retail.transactions, found))[-1]
    assert told["lower"] < told["revenue_at_risk"] < told["upper"] < told["expected_spend"]
