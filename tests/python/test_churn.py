import copy
import inspect
import pickle
import pickletools
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import ecommerce_analytics as ea
from ecommerce_analytics import _core
from golden import read_rows
from known_files import known_copy
from order_logs import content_of, rows_of
from reference import churn as reference

CASE = "churn/sixty_customers"
COLUMNS = ("customer", "order", "timestamp", "amount")


@lru_cache
def shop() -> ea.Transactions:
    return ea.datasets.make_synthetic(num_customers=2_000, random_state=1).transactions


@lru_cache
def online_retail() -> ea.Transactions:
    data = known_copy("online_retail/online_retail.csv")
    return ea.datasets.load_online_retail(data, cleaning="C").transactions


def sixty_customers() -> ea.Transactions:
    rows = read_rows(CASE, "input.csv")
    return ea.Transactions.from_arrays(
        **{
            name: [row[name] for row in rows]
            for name in ("customer", "order", "timestamp", "amount")
        }
    )


def test_the_golden_case_has_the_coefficients_of_another_implementation() -> None:
    dataset = ea.CutoffDataset(sixty_customers(), "2024-07-01", 60)
    names = ["recency_days", "frequency", "monetary"]
    model = ea.churn.fit(dataset, C=1.0, features=names)
    expected = {row["feature"]: row for row in read_rows(CASE, "expected.csv")}
    assert model.table["feature"].tolist() == names
    for row in rows_of(model.table):
        for column in ("mean", "scale", "coefficient"):
            wanted = float(expected[row["feature"]][column])
            assert row[column] == pytest.approx(wanted, rel=1e-8), (row["feature"], column)
    intercept = float(expected["intercept"]["coefficient"])
    assert float(model.table.metadata["intercept"]) == pytest.approx(intercept, rel=1e-8)


def test_risks_equal_those_of_the_reference() -> None:
    training = [ea.CutoffDataset(shop(), cutoff) for cutoff in ("2024-05-01", "2024-06-01")]
    rows = [row for one in training for row in rows_of(one.features)]
    labels = [int(label) for one in training for label in one.labels]
    ranked = ea.cutoff.features(shop(), "2024-10-01")
    for C in (0.1, 5.0):
        actual = ea.churn.fit(training, C=C).predict(ranked)
        expected = reference.risks(rows, labels, rows_of(ranked), C)
        np.testing.assert_allclose(actual, expected, rtol=1e-8)


def test_risks_equal_those_of_scikit_learn() -> None:
    training = ea.CutoffDataset(shop(), "2024-06-01")
    X = np.array(reference.sizes(rows_of(training.features)))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    theirs = LogisticRegression(C=0.1, tol=1e-12, solver="newton-cholesky").fit(X, training.labels)
    ours = ea.churn.fit(training).predict(training)
    np.testing.assert_allclose(ours, theirs.predict_proba(X)[:, 1], atol=1e-6)


def test_fit_learns_from_nothing_but_cutoff_datasets() -> None:
    dataset = ea.CutoffDataset(shop(), "2024-06-01")
    features = dataset.features.to_pandas()
    X = features[["recency_days", "frequency"]].to_numpy(float)
    label = (features["recency_days"] > 90).to_numpy(int)  # Made of a feature: a leak.
    for given in (
        (X, label),
        (X,),
        (features,),
        (dataset.features,),
        ([dataset.features],),
        ((dataset.features, label),),
        ([(dataset, label)],),
        (dataset, label),
        ("labels",),
        (None,),
    ):
        with pytest.raises(TypeError):
            ea.churn.fit(*given)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="and nothing else, got Table"):
        ea.churn.fit(dataset.features)  # type: ignore[arg-type]
    for function in (ea.churn.fit, ea.churn.rank, ea.churn.evaluate):
        names = set(inspect.signature(function).parameters)
        assert not names & {"y", "y_true", "label", "labels", "target", "X"}
    with pytest.raises(TypeError):
        ea.churn.fit(dataset, y=label)  # type: ignore[call-arg]


def test_labels_cannot_be_put_into_a_dataset() -> None:
    dataset = ea.CutoffDataset(shop(), "2024-06-01")
    before = ea.churn.fit(dataset).predict(dataset)
    leak = (dataset.features["recency_days"] > 90).astype(np.uint8)
    with pytest.raises(AttributeError):
        dataset.labels = leak  # type: ignore[misc]
    own = np.array(dataset.labels)
    own[:] = leak
    np.testing.assert_array_equal(ea.churn.fit(dataset).predict(dataset), before)
    with pytest.raises(ea.InvalidArgument, match="no such feature"):
        ea.churn.fit(dataset, features=["label"])


def test_a_ranking_says_all_it_has_to() -> None:
    outcome = ea.churn.rank(shop())
    assert outcome.reason is None
    assert outcome.ranking is not None
    assert outcome.evaluation is not None
    assert outcome.model is not None
    ranking = outcome.ranking
    risk = ranking["churn_risk"]
    assert (np.diff(risk) <= 0).all()
    assert risk.min() > 0
    assert risk.max() < 1
    frame = pd.DataFrame({"risk": risk})
    ranks = frame["risk"].rank(method="min", ascending=False).astype(int)
    assert ranking["rank"].tolist() == ranks.tolist()
    assert ranking["risk_decile"].tolist() == [1 + (rank - 1) * 10 // len(ranks) for rank in ranks]
    bands = ["high" if one >= 0.7 else "medium" if one >= 0.4 else "low" for one in risk]
    assert ranking["risk_band"].tolist() == bands
    features = ea.cutoff.features(shop(), ranking.as_of)
    by_customer = {row["customer"]: row for row in rows_of(features)}
    for row in rows_of(ranking):
        assert {name: row[name] for name in features.column_names} == by_customer[row["customer"]]
    assert len(ranking) == len(features)


def test_the_ranking_is_by_a_model_of_every_cutoff_with_a_whole_window() -> None:
    outcome = ea.churn.rank(shop(), as_of="2024-11-01")
    assert outcome.ranking is not None
    assert outcome.evaluation is not None
    test = "2024-08-03"
    trained = [f"{np.datetime64(test) - 90 - 30 * i} 00:00:00" for i in (2, 1, 0)]
    assert outcome.evaluation["cutoff"].tolist() == [f"{test} 00:00:00"] * 5
    assert outcome.evaluation.as_of == outcome.ranking.as_of == "2024-11-01 00:00:00"
    assert outcome.evaluation.training_cutoffs == trained
    assert outcome.ranking.training_cutoffs == [*trained, f"{test} 00:00:00"]
    model = ea.churn.fit([ea.CutoffDataset(shop(), cutoff) for cutoff in (*trained, test)])
    ranked = dict(zip(outcome.ranking["customer"], outcome.ranking["churn_risk"], strict=True))
    features = ea.cutoff.features(shop(), "2024-11-01")
    risks = dict(zip(features["customer"], model.predict(features), strict=True))
    assert ranked == risks


def test_an_evaluation_is_made_of_the_metrics_of_each_model() -> None:
    cutoffs = ["2024-04-01", "2024-05-01", "2024-06-01"]
    outcome = ea.churn.evaluate(shop(), cutoff="2024-09-01", training_cutoffs=cutoffs)
    assert outcome.evaluation is not None
    assert outcome.ranking is None
    training = [ea.CutoffDataset(shop(), cutoff) for cutoff in cutoffs]
    test = ea.CutoffDataset(shop(), "2024-09-01")
    labels = test.labels
    rate = sum(one.num_positives for one in training) / sum(len(one) for one in training)
    risks = {
        "logistic": ea.churn.fit(training).predict(test),
        "constant": np.full(len(test), rate),
        "recency": ea.churn.fit(training, features=["recency_days"]).predict(test),
        "frequency": ea.churn.fit(training, features=["frequency"]).predict(test),
        "bg_nbd": risk_by_bg_nbd(shop(), test),
    }
    assert outcome.evaluation["model"].tolist() == list(risks)
    assert outcome.evaluation.metadata["bg_nbd"] == "converged"
    for row in rows_of(outcome.evaluation):
        risk = risks[row["model"]]
        assert row["customers"] == len(test)
        assert row["positives"] == test.num_positives
        assert row["base_rate"] == test.num_positives / len(test)
        assert row["roc_auc"] == ea.metrics.roc_auc(labels, risk)
        interval = ea.metrics.roc_auc_interval(labels, risk)
        assert (row["roc_auc_lower"], row["roc_auc_upper"]) == (
            interval["lower"][0],
            interval["upper"][0],
        )
        assert row["pr_auc"] == ea.metrics.pr_auc(labels, risk)
        assert row["log_loss"] == ea.metrics.log_loss(labels, risk)
        assert row["brier"] == ea.metrics.brier(labels, risk)
        lift = ea.metrics.lift(labels, risk)
        assert row["top_decile_lift"] == lift["lift"][0]
        assert row["greatest_lift"] == lift["greatest_lift"][0]


def risk_by_bg_nbd(rows: ea.Transactions, test: ea.CutoffDataset) -> Any:
    """Return the probability of no purchase in the window, by the history until the cutoff."""
    history = ea.purchase_history.summary(rows, calibration_end=test.cutoff)
    model = ea.bg_nbd.fit(history)
    chance = ea.bg_nbd.probability_of_purchase(model, history, test.horizon / 7)
    by_customer = dict(zip(history["customer"], 1 - chance, strict=True))
    return np.array([by_customer[customer] for customer in test.features["customer"]])


def test_bg_nbd_has_no_row_behind_a_gap_but_a_word() -> None:
    outcome = ea.churn.evaluate(
        shop(), cutoff="2024-09-01", training_cutoffs=["2024-05-01"], gap=5, n_resamples=5
    )
    assert outcome.evaluation is not None
    assert "bg_nbd" not in outcome.evaluation["model"].tolist()
    assert outcome.evaluation.metadata["bg_nbd"].startswith("no row: BG/NBD tells no probability")


def test_training_windows_end_by_the_test_cutoff() -> None:
    with pytest.raises(ea.InvalidArgument, match="ends after the cutoff of the test"):
        ea.churn.evaluate(shop(), cutoff="2024-08-29", training_cutoffs=["2024-06-01"])
    assert not ea.churn.evaluate(
        shop(), cutoff="2024-08-30", training_cutoffs=["2024-06-01"]
    ).reason
    with pytest.raises(ea.InvalidArgument, match="inside the label window"):
        ea.churn.evaluate(shop(), cutoff="2024-12-01", training_cutoffs=["2024-06-01"])
    with pytest.raises(ea.InvalidArgument, match="go together"):
        ea.churn.evaluate(shop(), cutoff="2024-08-30")
    # Few customers are no excuse.
    few = transactions_of(leavers()[:500])
    with pytest.raises(ea.InvalidArgument, match="ends after the cutoff of the test"):
        ea.churn.evaluate(few, cutoff="2024-08-29", training_cutoffs=["2024-06-01"])


def test_windows_of_an_evaluation_end_by_as_of() -> None:
    cutoffs: dict[str, Any] = {"cutoff": "2024-08-30", "training_cutoffs": ["2024-06-01"]}
    with pytest.raises(ea.InvalidArgument, match="ends after as_of") as caught:
        ea.churn.evaluate(shop(), **cutoffs, as_of="2024-11-27")
    assert caught.value.value == "2024-11-28 00:00:00"
    told = ea.churn.evaluate(shop(), **cutoffs, as_of="2024-11-28").evaluation
    free = ea.churn.evaluate(shop(), **cutoffs).evaluation
    assert told is not None
    assert free is not None
    assert content_of(told) == content_of(free)


def test_a_moment_after_the_data_has_no_ranking() -> None:
    rows = transactions_of(leavers())
    end = pd.Timestamp(leavers()["timestamp"].max()).normalize() + pd.Timedelta(days=1)
    week = end + pd.Timedelta(days=7)
    for soon in (end, week):
        assert ea.churn.rank(rows, as_of=soon.to_pydatetime()).reason is None
    for later in (week + pd.Timedelta(microseconds=1), end + pd.Timedelta(days=175)):
        outcome = ea.churn.rank(rows, as_of=later.to_pydatetime())
        assert outcome.ranking is None
        assert outcome.evaluation is None
        assert outcome.model is None
        assert outcome.reason is not None
        assert outcome.reason.startswith(f"the data end at {end}, before as_of {later}")
    evaluation = ea.churn.evaluate(rows, as_of=later.to_pydatetime()).evaluation
    assert evaluation is not None
    assert evaluation["cutoff"][0] == str(end - pd.Timedelta(days=90))


def test_the_order_of_the_datasets_changes_no_bit() -> None:
    datasets = [ea.CutoffDataset(shop(), f"2024-0{month}-01") for month in (4, 5, 6)]
    expected = content_of(ea.churn.fit(datasets).table)
    for mixed in (datasets[::-1], [datasets[1], datasets[2], datasets[0]]):
        assert content_of(ea.churn.fit(mixed).table) == expected
    evaluations = [
        ea.churn.evaluate(shop(), cutoff="2024-09-01", training_cutoffs=cutoffs).evaluation
        for cutoffs in (["2024-05-01", "2024-06-01"], ["2024-06-01", "2024-05-01"])
    ]
    assert content_of(evaluations[0]) == content_of(evaluations[1])


def test_two_datasets_of_one_cutoff_are_refused() -> None:
    dataset = ea.CutoffDataset(shop(), "2024-06-01")
    with pytest.raises(ea.InvalidArgument, match="have one cutoff") as caught:
        ea.churn.fit([dataset, ea.CutoffDataset(shop(), "2024-05-01"), dataset])
    assert caught.value.value == "2024-06-01 00:00:00"
    with pytest.raises(ea.InvalidArgument, match="have one cutoff"):
        ea.churn.evaluate(shop(), cutoff="2024-09-01", training_cutoffs=["2024-06-01"] * 2)


def test_a_model_refuses_data_of_other_options() -> None:
    model = ea.churn.fit(ea.CutoffDataset(shop(), "2024-05-01", 60, 10, 300))
    assert len(model.predict(ea.CutoffDataset(shop(), "2024-07-01", 60, 10, 300)))
    assert len(model.predict(ea.cutoff.features(shop(), "2024-07-01", active_within=300)))
    for options in ((61, 10, 300), (60, 11, 300)):
        with pytest.raises(ea.InvalidArgument, match="another horizon or gap"):
            model.predict(ea.CutoffDataset(shop(), "2024-07-01", *options))
    with pytest.raises(ea.InvalidArgument, match="active within other days"):
        model.predict(ea.CutoffDataset(shop(), "2024-07-01", 60, 10, 301))
    with pytest.raises(ea.InvalidArgument, match="active within other days"):
        model.predict(ea.cutoff.features(shop(), "2024-07-01"))


def test_features_are_named_once_or_not_at_all() -> None:
    dataset = ea.CutoffDataset(shop(), "2024-06-01")
    everything = ea.churn.fit(dataset, features=None).table
    names = [name for name in dataset.features.column_names if name not in reference.NOT_LEARNED]
    assert everything["feature"].tolist() == names
    seasonal = ea.churn.fit(dataset, features=[*names, "peak_season_share"])
    assert seasonal.table["feature"].tolist()[-1] == "peak_season_share"
    with pytest.raises(ea.InvalidArgument, match="no such feature"):
        ea.churn.fit(dataset, features=["region"])
    with pytest.raises(ea.InvalidArgument, match="lack one of the model"):
        ea.churn.fit(dataset, features=["fact_review_score"])
    assert content_of(ea.churn.fit(dataset).table) == content_of(everything)
    with pytest.raises(ea.InvalidArgument, match="stands twice"):
        ea.churn.fit(dataset, features=["frequency", "recency_days", "frequency"])
    with pytest.raises(ea.InvalidArgument, match="one at least"):
        ea.churn.fit(dataset, features=[])
    for names in ("frequency", [1], ["frequency", None]):
        with pytest.raises(TypeError, match="must be a list of names"):
            ea.churn.fit(dataset, features=names)  # type: ignore[arg-type]


def test_a_model_pickles_as_plain_data() -> None:
    datasets = [ea.CutoffDataset(shop(), cutoff) for cutoff in ("2024-05-01", "2024-06-01")]
    ranked = ea.cutoff.features(shop(), "2024-10-01")
    outcome = ea.churn.rank(shop(), C=float("inf"))
    assert outcome.model is not None
    for model in (
        ea.churn.fit(datasets),
        ea.churn.fit(datasets, features=["recency_days", "monetary"]),
        ea.churn.Model(outcome.model),
    ):
        stored = pickle.dumps(model)
        for twin in (pickle.loads(stored), copy.copy(model), copy.deepcopy(model)):
            assert content_of(twin.table) == content_of(model.table)
            assert twin.predict(ranked).tobytes() == model.predict(ranked).tobytes()
        called = [
            argument
            for opcode, argument, _ in pickletools.genops(stored)
            if opcode.name in ("SHORT_BINUNICODE", "GLOBAL")
        ]
        assert not [name for name in called if "_core" in str(name)]


def test_a_spoilt_state_of_a_model_is_refused() -> None:
    model = ea.churn.fit(ea.CutoffDataset(shop(), "2024-06-01"), features=["recency_days"])
    restore, (state,) = model.__reduce__()
    assert callable(restore)
    assert isinstance(state, dict)
    changes: list[dict[str, Any]] = [
        {"mean": []},
        {"scale": [0.0]},
        {"coefficient": [float("nan")]},
        {"feature": ["label"]},
        {"feature": [], "mean": [], "scale": [], "coefficient": []},
        {"intercept": float("inf")},
        {"C": 0.0},
        {"horizon_days": 0},
        {"num_positives": -1},
    ]
    for change in changes:
        with pytest.raises(ea.InvalidArgument):
            restore(state | change)


def test_lines_from_as_of_on_change_nothing() -> None:
    shop_lines = leavers()
    past = shop_lines[shop_lines["timestamp"] < "2025-01-01"]
    outcomes = [
        ea.churn.rank(transactions_of(lines), as_of="2025-01-01") for lines in (shop_lines, past)
    ]
    for table in ("ranking", "evaluation", "model"):
        first, second = (getattr(outcome, table) for outcome in outcomes)
        assert content_of(first) == content_of(second)


def leavers(seed: int = 0) -> pd.DataFrame:
    """Return the lines of 400 customers over two years, some of whom leave."""
    random = np.random.default_rng(seed)
    rows = []
    for customer in range(400):
        gap = random.uniform(10, 120)
        day, end = random.uniform(0, 100), random.choice([730, random.uniform(100, 730)])
        while day < end:
            rows.append((customer, len(rows), day, round(random.uniform(1, 99), 2)))
            day += gap * random.uniform(0.2, 1.8)
    frame = pd.DataFrame(rows, columns=["customer", "order", "day", "amount"])
    moment = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame.pop("day"), unit="D")
    return frame.assign(timestamp=moment.dt.floor("us").astype("datetime64[us]"))


def transactions_of(frame: pd.DataFrame) -> ea.Transactions:
    return ea.Transactions.from_arrays(**{name: frame[name].to_numpy() for name in COLUMNS})


def test_the_order_of_the_rows_and_the_threads_do_not_matter() -> None:
    frame = leavers(1)
    expected = ea.churn.rank(transactions_of(frame), num_threads=1)
    mixed = frame.sample(frac=1, random_state=3)
    for num_threads in (1, 2, 5):
        actual = ea.churn.rank(transactions_of(mixed), num_threads=num_threads)
        for table in ("ranking", "evaluation", "model"):
            assert content_of(getattr(actual, table)) == content_of(getattr(expected, table))


def test_both_paths_of_the_processor_give_the_same_bytes() -> None:
    rows = transactions_of(leavers(4))
    contents = []
    try:
        for path in ("baseline", "avx2"):
            try:
                _core.force_processor_path(path)
            except ea.InvalidArgument:
                pytest.skip(f"this processor has no {path}")
            outcome = ea.churn.rank(rows)
            tables = (outcome.ranking, outcome.evaluation, outcome.model)
            contents.append([content_of(table) for table in tables if table is not None])
    finally:
        _core.force_processor_path(None)
    assert len(contents[0]) == 3
    assert contents[0] == contents[1]


def test_names_of_customers_do_not_matter() -> None:
    frame = leavers(2)
    expected = ea.churn.rank(transactions_of(frame)).ranking
    renamed = frame.assign(customer="c" + frame["customer"].astype(str).str.zfill(4))
    actual = ea.churn.rank(transactions_of(renamed)).ranking
    assert expected is not None
    assert actual is not None
    assert actual["churn_risk"].tolist() == expected["churn_risk"].tolist()
    assert [int(name[1:]) for name in actual["customer"]] == expected["customer"].tolist()


def test_too_little_data_is_a_reason_and_no_table() -> None:
    frame = leavers()
    rows = transactions_of(frame)
    cases: list[tuple[ea.churn.Outcome, str]] = [
        (ea.churn.rank(rows, horizon=300), "too little history: orders of"),
        (ea.churn.rank(rows, as_of="2024-09-01"), "too little history: orders of 24"),
        (ea.churn.rank(rows, as_of="2020-01-01"), "too little history: orders of 0 days, 270"),
        (
            ea.churn.rank(transactions_of(frame[frame["customer"] < 190])),
            "too few customers: ",
        ),
        (ea.churn.rank(rows, horizon=1), "too few who ordered again in the"),
    ]
    for outcome, reason in cases:
        assert outcome.ranking is None
        assert outcome.evaluation is None
        assert outcome.model is None
        assert outcome.reason is not None
        assert outcome.reason.startswith(reason), outcome.reason


def test_bad_options_are_told() -> None:
    rows = shop()
    options: list[dict[str, Any]] = [
        {"horizon": 0},
        {"gap": -1},
        {"active_within": 0},
        {"confidence": 1.0},
        {"C": 0.0},
        {"C": float("nan")},
        {"as_of": "soon"},
        {"num_threads": -1},
        {"band_cuts": (0.7, 0.4)},
        {"band_cuts": (0.7,)},
        {"band_cuts": (0.4, "0.7")},
        {"band_cuts": 0.4},
        {"band_cuts": "ab"},
        {"band_cuts": (0.4, float("nan"))},
        {"C": -1},
        {"C": "much"},
        {"C": None},
        {"C": 10**400},
        {"confidence": [0.9, 0.95]},
    ]
    tiny = transactions_of(leavers()[:1])
    for one in options:
        with pytest.raises(ea.InvalidArgument):
            ea.churn.rank(rows, **one)
        with pytest.raises(ea.InvalidArgument):  # Before any reason.
            ea.churn.rank(tiny, **one)
    with pytest.raises(ea.InvalidArgument, match="C must be above 0"):
        ea.churn.evaluate(tiny, C=-1)
    with pytest.raises(ea.InvalidArgument, match="C must be above 0"):
        ea.churn.fit([], C=-1)
    with pytest.raises(TypeError, match="needs the table of a model"):
        ea.churn.Model(ea.kpi.summary(rows))
    with pytest.raises(ea.InvalidArgument, match="train on"):
        ea.churn.fit([])
    with pytest.raises(TypeError, match="Transactions"):
        ea.churn.rank(ea.CustomerHistory())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="predict needs"):
        ea.churn.fit(ea.CutoffDataset(rows, "2024-06-01")).predict(
            np.zeros((3, 9))  # type: ignore[arg-type]
        )


def test_the_honest_baseline_on_online_retail() -> None:
    """Figures made without this library: ROC-AUC 0.740 ± 0.017, Brier 0.203, lift 1.62 of 2.32."""
    outcome = ea.churn.evaluate(
        online_retail(),
        cutoff="2011-09-10",
        training_cutoffs=["2011-04-01", "2011-05-01", "2011-06-01"],
    )
    assert outcome.evaluation is not None
    rows = {row["model"]: row for row in rows_of(outcome.evaluation)}
    model = rows["logistic"]
    assert model["customers"] == 3_370
    assert round(model["base_rate"], 3) == 0.431
    assert model["roc_auc"] >= 0.723
    assert 0.015 < model["roc_auc_upper"] - model["roc_auc"] < 0.019
    assert model["brier"] < 0.206
    assert model["top_decile_lift"] > 1.5
    assert round(model["greatest_lift"], 2) == 2.32
    assert round(rows["constant"]["brier"], 3) == 0.247
    assert rows["constant"]["roc_auc"] == 0.5
    assert round(rows["recency"]["roc_auc"], 3) == 0.683


def test_olist_says_that_hardly_anybody_comes_back() -> None:
    shop = ea.datasets.load_olist(known_copy("olist"))
    outcome = ea.churn.rank(shop.transactions)
    assert outcome.evaluation is not None
    row = rows_of(outcome.evaluation)[0]
    assert row["base_rate"] > 0.99
    assert row["greatest_lift"] < 1.01
    note = "380 of 66575 customers ordered again: hardly anybody does, so a high risk is the rule"
    assert outcome.evaluation.note == note
    assert outcome.ranking is not None
    assert outcome.ranking.note == note


def test_a_moment_within_a_day_is_a_cutoff_too() -> None:
    outcome = ea.churn.rank(shop(), as_of=datetime(2024, 11, 1, 15, 30))
    assert outcome.ranking is not None
    assert outcome.ranking.as_of == "2024-11-01 15:30:00"
