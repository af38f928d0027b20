from functools import lru_cache

import numpy as np
import pytest

import ecommerce_analytics as ea
from order_logs import content_of, rows_of


@lru_cache
def shop() -> ea.Transactions:
    return ea.datasets.make_synthetic(num_customers=1_200, random_state=1).transactions


@lru_cache
def outcome() -> ea.churn.Outcome:
    return ea.churn.rank(shop(), as_of="2024-11-01", n_resamples=20)


def model() -> ea.churn.Model:
    table = outcome().model
    assert table is not None
    return ea.churn.Model(table)


def ranking() -> ea.Table:
    table = outcome().ranking
    assert table is not None
    return table


def band_of(risk: float) -> str:
    return "high" if risk >= 0.7 else "medium" if risk >= 0.4 else "low"


def test_quiet_days_are_those_after_which_the_model_says_more() -> None:
    """Features of a later cutoff, of lines that end at the ranking, are what silence makes."""
    told = rows_of(ea.churn.turning_points(model(), ranking()))
    lines = ea.orders.list_lines(shop(), as_of="2024-11-01").to_pandas(money="decimal")
    names = {"order": "order", "customer": "customer", "time": "timestamp", "amount": "amount"}
    roles = {"kind", "quantity", "product", "category", "region"}
    columns = {names.get(name, name): lines[name].to_numpy() for name in lines}
    past = ea.Transactions.from_arrays(
        **{name: columns[name] for name in columns if name in {*names.values(), *roles}},
        measures={"discount": columns["discount"]} if "discount" in columns else {},
    )
    asked = [row for row in told if row["quiet_days"] is not None][::40]
    assert len(asked) > 3
    for row in asked:
        risks = []
        for days in (row["quiet_days"], max(row["quiet_days"] - 7, 0)):
            cutoff = np.datetime64("2024-11-01") + days
            features = ea.cutoff.features(past, cutoff)
            by_customer = dict(zip(features["customer"], model().predict(features), strict=True))
            risks.append(by_customer[row["customer"]])
        assert band_of(risks[0]) == row["quiet_band"] != row["risk_band"]
        assert band_of(risks[1]) == row["risk_band"]


def test_the_last_days_of_being_active_are_looked_at_too() -> None:
    """A week that ends after the last active day is looked at up to that day."""
    table = ea.churn.turning_points(model(), ranking(), band_cuts=(0.9, 0.95))
    most = 365 - np.asarray(ranking()["recency_days"])
    found = [
        (left, days)
        for left, days in zip(most.tolist(), table["quiet_days"].tolist(), strict=True)
        if days is not None and days > left // 7 * 7
    ]
    assert found
    assert all(days <= left for left, days in found)


def test_an_order_now_and_the_words_stand_together() -> None:
    table = ea.churn.turning_points(model(), ranking())
    told = rows_of(table)
    assert table["churn_risk"].tolist() == ranking()["churn_risk"].tolist()
    assert table["risk_band"].tolist() == ranking()["risk_band"].tolist()
    assert np.mean([row["order_risk"] < row["churn_risk"] for row in told]) > 0.95
    for row in told:
        assert row["order_band"] == band_of(row["order_risk"])
        assert (row["quiet_days"] is None) == (row["quiet_band"] == "")
        assert row["quiet_days"] is None or row["risk_band"] != "high"
        words = [f"the model says {row['risk_band']}"]
        if row["quiet_days"] is not None:
            days = "1 more day" if row["quiet_days"] == 1 else f"{row['quiet_days']} more days"
            words.append(f"{row['quiet_band']} after {days} without an order")
        still = "still " if row["order_band"] == row["risk_band"] else ""
        share = int(np.floor(100 * row["order_risk"] + 0.5))
        words.append(f"{still}{row['order_band']} ({share} %) after an order now")
        assert row["verdict"] == "; ".join(words)


def test_a_dataset_and_its_features_are_told_alike() -> None:
    dataset = ea.CutoffDataset(shop(), "2024-09-01")
    tables = [ea.churn.turning_points(model(), data) for data in (dataset, dataset.features)]
    assert content_of(tables[0]) == content_of(tables[1])
    assert tables[0].metadata["band_cuts"] == "[0.4, 0.7]"


def test_bad_input_is_told() -> None:
    for cuts in ((0.7, 0.4), (0.0, 0.5), (0.5,), 0.5, (0.4, "much")):
        with pytest.raises(ea.InvalidArgument, match="band_cuts"):
            ea.churn.turning_points(model(), ranking(), band_cuts=cuts)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs a Model"):
        ea.churn.turning_points(ranking(), ranking())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="turning_points needs"):
        ea.churn.turning_points(model(), ea.kpi.summary(shop()))
    with pytest.raises(ea.InvalidArgument, match="active within other days"):
        ea.churn.turning_points(model(), ea.cutoff.features(shop(), "2024-09-01", active_within=9))
