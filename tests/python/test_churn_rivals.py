"""Labels that are made of features are refused; other models are compared with."""

import subprocess
import sys
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import ecommerce_analytics as ea
from known_files import known_copy
from order_logs import content_of, rows_of

Columns = dict[str, npt.NDArray[np.float64]]


@lru_cache
def shop() -> ea.Transactions:
    return ea.datasets.make_synthetic(num_customers=1_000, random_state=1).transactions


def columns_of(dataset: ea.CutoffDataset) -> Columns:
    unread = ["customer", "region", "peak_season_share"]
    frame = dataset.features.to_pandas().drop(columns=unread)
    return {name: frame[name].to_numpy(float, na_value=np.nan) for name in frame}


@lru_cache
def retail() -> tuple[Columns, npt.NDArray[np.uint8]]:
    data = known_copy("online_retail/online_retail.csv")
    rows = ea.datasets.load_online_retail(data, cleaning="C").transactions
    dataset = ea.CutoffDataset(rows, "2011-09-10")
    return columns_of(dataset), dataset.labels


def test_a_label_made_of_recency_is_refused_with_recency_among_the_features() -> None:
    features, _ = retail()
    told = ea.churn.detect_leak(features, features["recency_days"] > 90)
    assert told["is_judged"]
    assert told["is_leak"]
    assert told["roc_auc"] > 0.999
    assert told["lower"] > told["most"]
    with pytest.raises(ea.InvalidData, match="made of them") as caught:
        ea.churn.require_no_leak(features, features["recency_days"] > 90)
    assert "ROC-AUC 1.000" in str(caught.value)


def test_a_label_made_of_recency_is_refused_without_recency_too() -> None:
    """Tenure, the days between orders and frequency rebuild it; no single feature does."""
    features, _ = retail()
    label = features["recency_days"] > 90
    others = {
        name: features[name]
        for name in ("frequency", "monetary", "tenure_days", "mean_days_between_orders")
    }
    for name, column in others.items():
        alone = ea.metrics.roc_auc(label, np.nan_to_num(column))
        assert max(alone, 1 - alone) < 0.9, name
    told = ea.churn.detect_leak(others, label)
    assert told["is_leak"]
    assert told["roc_auc"] > 0.98
    assert {"tenure_days", "mean_days_between_orders", "frequency"} <= set(told["carriers"])
    assert "monetary" not in told["carriers"]


def test_real_labels_are_no_leak() -> None:
    features, labels = retail()
    told = ea.churn.detect_leak(features, labels)
    assert told["is_judged"]
    assert not told["is_leak"]
    assert 0.6 < told["lower"] < told["roc_auc"] < 0.85
    assert ea.churn.require_no_leak(features, labels) == told


def test_noise_is_no_leak_and_few_rows_are_not_judged() -> None:
    rng = np.random.default_rng(0)
    noise = {"a": rng.normal(size=400), "b": rng.normal(size=400)}
    told = ea.churn.detect_leak(noise, rng.integers(0, 2, 400))
    assert told["is_judged"]
    assert not told["is_leak"]
    assert told["baseline"] == 0.5
    x = np.arange(199.0)
    assert not ea.churn.detect_leak({"x": x}, x > 99)["is_judged"]
    x = np.arange(400.0)
    assert not ea.churn.detect_leak({"x": x}, x > 395)["is_judged"]
    assert ea.churn.detect_leak({"x": x}, x > 199)["carriers"] == ["x"]
    with pytest.raises(ea.InvalidArgument, match="no feature"):
        ea.churn.detect_leak({}, x > 1)
    for label in (x, x[:-1] > 3, np.full(400, np.nan)):
        with pytest.raises(ea.InvalidData, match="labels must be 0 or 1"):
            ea.churn.detect_leak({"x": x}, label)


def datasets() -> tuple[list[ea.CutoffDataset], ea.CutoffDataset]:
    training = [ea.CutoffDataset(shop(), cutoff) for cutoff in ("2024-04-01", "2024-05-01")]
    return training, ea.CutoffDataset(shop(), "2024-09-01")


def test_rivals_stand_beside_the_model_on_the_same_resamples() -> None:
    training, test = datasets()
    table = ea.churn.compare(training, test, models=["hist_gradient_boosting", "random_forest"])
    rows = {row["name"]: row for row in rows_of(table)}
    assert list(rows) == [
        "logistic",
        "constant",
        "recency",
        "hist_gradient_boosting",
        "random_forest",
    ]
    model = ea.churn.fit(training)
    assert rows["logistic"]["roc_auc"] == ea.metrics.roc_auc(test.labels, model.predict(test))
    for name in ("hist_gradient_boosting", "random_forest"):
        row = rows[name]
        assert row["roc_auc"] > 0.7
        assert row["roc_auc_difference_lower"] < row["roc_auc_difference"]
        assert row["roc_auc_difference"] < row["roc_auc_difference_upper"]
    again = ea.churn.compare(
        training[::-1], test, models=["hist_gradient_boosting", "random_forest"], num_threads=2
    )
    assert content_of(again) == content_of(table)


def test_a_comparison_refuses_what_is_no_test() -> None:
    training, test = datasets()
    with pytest.raises(ea.InvalidArgument, match="ends after the cutoff of the test"):
        ea.churn.compare(training, ea.CutoffDataset(shop(), "2024-07-01"))
    with pytest.raises(ea.InvalidArgument, match="no such model"):
        ea.churn.compare(training, test, models=["oracle"])
    with pytest.raises(ea.InvalidArgument, match="no such model"):
        ea.churn.compare(training, test, models="random_forest")
    with pytest.raises(ea.InvalidArgument, match="train on"):
        ea.churn.compare([], test)
    with pytest.raises(TypeError, match="CutoffDataset and nothing else"):
        ea.churn.compare(training, test.features)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "module"), [("lightgbm", "lightgbm"), ("xgboost", "xgboost")])
def test_a_rival_that_is_not_installed_says_how_to_get_it(
    name: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ea.MissingExtra, match=f"pip install {module}"):
        ea.churn.compare(*datasets(), models=[name])


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_boosted_trees_of_other_libraries(name: str) -> None:
    pytest.importorskip(name)
    training, test = datasets()
    table = ea.churn.compare(training, test, models=[name])
    row = rows_of(table)[-1]
    assert row["name"] == name
    assert row["roc_auc"] > 0.7
    assert row["roc_auc_difference_lower"] < row["roc_auc_difference_upper"]
    told = ea.churn.explain_trees(training, test, model=name)
    assert told["customer"].tolist() == test.features["customer"].tolist()
    names = [f"{feature}_effect" for feature in columns_of(test)]
    assert list(told.column_names) == [
        "customer",
        "churn_risk",
        "base_log_odds",
        *names,
        "log_odds",
    ]
    # The same trees, asked for their probability: another way through the library.
    rival = ea.churn.RIVALS[name](0).fit(
        np.concatenate([np.column_stack(list(columns_of(one).values())) for one in training]),
        np.concatenate([one.labels for one in training]),
    )
    asked = np.column_stack(list(columns_of(test).values()))
    assert told["churn_risk"] == pytest.approx(rival.predict_proba(asked)[:, 1], abs=1e-5)
    parts = np.column_stack([told[one] for one in ("base_log_odds", *names)])
    assert told["log_odds"] == pytest.approx(parts.sum(axis=1), abs=1e-12)
    assert len(set(told["base_log_odds"].tolist())) == 1
    assert np.abs(told["recency_days_effect"]).mean() > 0.05
    again = ea.churn.explain_trees(training[::-1], test, model=name)
    assert content_of(again) == content_of(told)


def test_effects_are_told_of_trees_alone() -> None:
    training, test = datasets()
    with pytest.raises(ea.InvalidArgument, match="no exact effects") as caught:
        ea.churn.explain_trees(training, test, model="random_forest")
    assert "random_forest" in str(caught.value)
    with pytest.raises(ea.InvalidArgument, match="train on"):
        ea.churn.explain_trees([], test)
    with pytest.raises(ea.InvalidArgument, match="ends after the cutoff of the test"):
        ea.churn.explain_trees(training, ea.CutoffDataset(shop(), "2024-07-01"))


def test_rivals_are_loaded_when_they_are_asked_for() -> None:
    script = """
import sys
import ecommerce_analytics as ea
ea.churn.compare
assert "sklearn" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_the_plain_model_is_not_beaten_on_online_retail_before_the_test() -> None:
    """Features and models are chosen up to 2011-06-01: here the test is of that day."""
    data = known_copy("online_retail/online_retail.csv")
    rows = ea.datasets.load_online_retail(data, cleaning="C").transactions
    options: dict[str, Any] = {"horizon": 60}
    training = [
        ea.CutoffDataset(rows, cutoff, **options) for cutoff in ("2011-03-01", "2011-04-01")
    ]
    table = rows_of(ea.churn.compare(training, ea.CutoffDataset(rows, "2011-06-01", **options)))
    for row in table[1:]:
        assert row["roc_auc_difference_lower"] <= 0, row["name"]
