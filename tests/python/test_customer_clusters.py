import dataclasses
import inspect
import json
import math
import pickle
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from ecommerce_analytics import customer_clusters, kmeans
from golden import input_lines, read_rows
from known_files import known_copy
from order_logs import OrderLog, content_of, logs_and_moments, order_logs
from reference import customer_clusters as reference
from test_architecture import header_defaults

CASE = "customer_clusters/eight_customers"


def eight_customers() -> ea.Transactions:
    return OrderLog(tuple(input_lines(CASE))).transactions()


def rows_of_scores(scores: ea.Table) -> list[tuple[float, float, float]]:
    columns = [scores[name].astype(float).tolist() for name in ("recency_days", "frequency")]
    return list(zip(*columns, scores["monetary"].tolist(), strict=True))


def one_order_each(*amounts: str) -> ea.Table:
    """Return scores of customers who bought once, on one day."""
    number = range(len(amounts))
    return ea.rfm.score(
        ea.Transactions.from_arrays(
            customer=[f"c{i:03}" for i in number],
            order=[f"o{i:03}" for i in number],
            timestamp=["2026-01-05"] * len(amounts),
            amount=list(amounts),
        )
    )


def test_clusters_match_the_worked_example() -> None:
    clusters = customer_clusters.fit(ea.rfm.score(eight_customers()), n_clusters=4)
    expected = read_rows(CASE, "expected.csv")
    for column, convert in (("customer", str), ("cluster", int), ("name", str)):
        assert clusters[column].tolist() == [convert(row[column]) for row in expected]
    assert clusters["distance"] == pytest.approx(
        [float(row["distance"]) for row in expected], abs=1e-14
    )
    assert clusters.inertia == pytest.approx(1.839365458219720, abs=1e-14)
    assert clusters.recipe_means == pytest.approx(
        [3.154010734563037, 0.995693196641249, 3.724725546059221], abs=1e-14
    )
    assert clusters.recipe_standard_deviations == pytest.approx(
        [2.249675525467112, 0.338484285501126, 2.295682783497147], abs=1e-14
    )
    assert clusters.cluster_names == ["Champions", "At Risk", "New", "Hibernating"]
    assert clusters.cluster_sizes == [2, 2, 2, 2]
    assert "cluster_note" not in clusters.metadata


def test_the_curve_matches_the_worked_example() -> None:
    curve = customer_clusters.curve(
        ea.rfm.score(eight_customers()), max_clusters=4, n_init=100, random_state=1
    )
    assert curve["inertia"].tolist() == pytest.approx([11.564099, 6.551252, 1.839365], abs=1e-6)
    assert curve["silhouette"].tolist() == pytest.approx([0.433717, 0.465670, 0.634504], abs=1e-6)
    assert curve.best_by_silhouette == 4


@given(logs_and_moments(), st.integers(1, 6), st.integers(0, 3))
def test_clusters_follow_the_rules_of_the_reference(
    log_and_moment: tuple[OrderLog, datetime], n_clusters: int, seed: int
) -> None:
    log, as_of = log_and_moment
    try:
        scores = ea.rfm.score(log.transactions(), as_of=as_of)
    except ea.InvalidArgument:
        return
    clusters = customer_clusters.fit(scores, n_clusters=n_clusters, n_init=2, random_state=seed)
    points, means, deviations = (
        reference.scaled(rows_of_scores(scores)) if len(scores) else ([], (0.0,) * 3, (0.0,) * 3)
    )
    model = customer_clusters.model_of(clusters)
    assert model.means == pytest.approx(means, abs=1e-12)
    assert model.standard_deviations == pytest.approx(deviations, abs=1e-12)
    assert list(model.names) == reference.names(
        model.centers, model.means[1], model.standard_deviations[1]
    )
    assert len(set(model.names)) == len(model.names) == clusters.n_clusters
    values = [(f + m) / 2 for _, f, m in model.centers]
    assert values == sorted(values, reverse=True)
    assert clusters.n_clusters == min(n_clusters, len({tuple(np.round(p, 9)) for p in points}))
    for point, cluster, name, distance in zip(
        points, clusters["cluster"], clusters["name"], clusters["distance"], strict=True
    ):
        _, least = reference.assign(point, model.centers)
        own = math.dist(point, model.centers[cluster])
        assert own == pytest.approx(least, abs=1e-9)
        assert distance == pytest.approx(own, abs=1e-9)
        assert name == model.names[cluster]
    assert clusters.inertia == pytest.approx(math.fsum(clusters["distance"] ** 2), abs=1e-9)
    assert (
        clusters.cluster_sizes
        == np.bincount(clusters["cluster"], minlength=clusters.n_clusters).tolist()
    )
    again = customer_clusters.assign(model, scores) if len(scores) else clusters
    for column in clusters:
        assert np.array_equal(again[column], clusters[column])


@pytest.mark.parametrize("num_customers", [2_000, 20_000])
def test_the_curve_and_the_fit_agree_to_the_last_bit(num_customers: int) -> None:
    shop = ea.datasets.make_synthetic(num_customers=num_customers, random_state=0)
    scores = ea.rfm.score(shop.transactions)
    curve = customer_clusters.curve(scores, max_clusters=6, n_init=2, max_silhouette_points=100)
    fits = [customer_clusters.fit(scores, n_clusters=int(k), n_init=2) for k in curve["n_clusters"]]
    assert curve["inertia"].tolist() == [fitted.inertia for fitted in fits]


@given(order_logs(with_purchase=True, max_lines=40))
def test_a_profile_sums_up_the_customers_of_each_cluster(log: OrderLog) -> None:
    scores = ea.rfm.score(log.transactions())
    clusters = customer_clusters.fit(scores, n_init=1)
    profile = customer_clusters.profile(clusters, scores)
    assert profile["segment"].tolist() == clusters.cluster_names
    assert profile["customers"].tolist() == clusters.cluster_sizes
    money = scores.decimals("monetary")
    for place, revenue in enumerate(profile.decimals("revenue")):
        members = np.flatnonzero(clusters["cluster"] == place)
        assert revenue == sum(money[row] for row in members)
        assert profile["median_frequency"][place] == np.median(scores["frequency"][members])


def test_a_profile_wants_the_scores_of_the_same_customers() -> None:
    tx = ea.datasets.make_synthetic(num_customers=30).transactions
    scores = ea.rfm.score(tx)
    others = ea.rfm.of_customers(scores, scores["customer"][1:])
    with pytest.raises(ea.InvalidArgument, match="other customers than the clusters"):
        customer_clusters.profile(customer_clusters.fit(scores), others)
    with pytest.raises(TypeError, match="profile needs the table"):
        customer_clusters.profile(scores, scores)


def test_the_order_of_lines_and_threads_change_no_byte() -> None:
    shop = ea.datasets.make_synthetic(num_customers=600)
    table = ea.rfm.score(shop.transactions)
    contents = {
        content_of(customer_clusters.fit(table, num_threads=threads)) for threads in (1, 2, 7)
    }
    lines = input_lines(CASE)
    shuffled = set()
    for seed in range(6):
        order = np.random.default_rng(seed).permutation(len(lines))
        log = OrderLog(tuple(lines[i] for i in order))
        shuffled.add(content_of(customer_clusters.fit(ea.rfm.score(log.transactions()))))
    assert (len(contents), len(shuffled)) == (1, 1)


def test_the_curve_has_the_inertia_of_the_fits() -> None:
    scores = ea.rfm.score(ea.datasets.make_synthetic(num_customers=300).transactions)
    curve = customer_clusters.curve(scores, max_clusters=5, n_init=3)
    assert curve["n_clusters"].tolist() == [2, 3, 4, 5]
    points = np.array(reference.scaled(rows_of_scores(scores))[0])
    for k, inertia, silhouette in zip(
        curve["n_clusters"], curve["inertia"], curve["silhouette"], strict=True
    ):
        fitted = customer_clusters.fit(scores, n_clusters=int(k), n_init=3)
        assert fitted.inertia == inertia
        assert (
            customer_clusters.assign(customer_clusters.model_of(fitted), scores).inertia == inertia
        )
        measured = kmeans.silhouette(points, fitted["cluster"]).value
        assert silhouette == pytest.approx(measured, abs=1e-9)
    assert curve.best_by_silhouette == curve["n_clusters"][curve["silhouette"].argmax()]
    assert curve["silhouette_standard_error"].mask.all()
    assert curve.num_silhouette_points == len(scores)
    sample = customer_clusters.curve(scores, max_clusters=3, max_silhouette_points=100)
    assert (sample["silhouette_standard_error"] > 0).all()
    assert sample.num_silhouette_points == 100


def test_constant_columns_play_no_part() -> None:
    scores = one_order_each("1.00", "1.10", "90.00", "99.00", "-0.00", "5000.00")
    clusters = customer_clusters.fit(scores, n_clusters=3)
    assert clusters.cluster_note == (
        "recency_days is constant and plays no part; frequency is constant and plays no part"
    )
    assert clusters.recipe_standard_deviations[:2] == [0.0, 0.0]
    # Money alone makes nobody loyal.
    assert clusters.cluster_names == ["Big Spenders", "Big Spenders 2", "Occasional"]
    assert np.isfinite(clusters["distance"]).all()


def test_fewer_distinct_customers_than_clusters() -> None:
    clusters = customer_clusters.fit(one_order_each("5.00", "5.00", "5.00"))
    assert (clusters.n_clusters, clusters.n_clusters_asked) == (1, 4)
    assert clusters["name"].tolist() == ["All Customers"] * 3
    assert clusters["distance"].tolist() == [0.0] * 3
    assert clusters.cluster_note.endswith("there are no more distinct customers")
    assert len(customer_clusters.curve(one_order_each("5.00", "5.00"))) == 0
    two = customer_clusters.fit(one_order_each("5.00", "6.00", "5.00"))
    assert two.cluster_sizes == [1, 2]
    assert two.inertia == 0.0


def test_no_customers_have_no_clusters() -> None:
    guests = ea.Transactions.from_arrays(
        customer=[None], order=["o"], timestamp=["2026-01-05"], amount=["1"]
    )
    scores = ea.rfm.score(guests)
    clusters = customer_clusters.fit(scores)
    assert (len(clusters), clusters.n_clusters, clusters.cluster_names) == (0, 0, [])
    assert len(customer_clusters.curve(scores)) == 0
    with pytest.raises(ea.InvalidArgument, match="a model needs centers"):
        customer_clusters.assign(customer_clusters.model_of(clusters), scores)


def test_a_model_is_plain_data_and_keeps_its_recipe() -> None:
    scores = ea.rfm.score(ea.datasets.make_synthetic(num_customers=300).transactions)
    model = customer_clusters.model_of(customer_clusters.fit(scores))
    kept = json.loads(json.dumps(dataclasses.asdict(model)))
    again = customer_clusters.Model(**kept)
    for other in (pickle.loads(pickle.dumps(model)), again):
        table = customer_clusters.assign(other, one_order_each("0.01", "99999.00"))
        # A newcomer is scaled as the customers of the model were, not by himself.
        assert table.recipe_means == list(model.means)
        assert "n_clusters_asked" not in table.metadata
        logs = [math.log1p(x) for x in (1, 1, 0.01)]
        point = [
            (x - m) / s
            for x, m, s in zip(logs, model.means, model.standard_deviations, strict=True)
        ]
        cluster, distance = reference.assign(point, model.centers)
        assert table["cluster"][0] == cluster
        assert table["distance"][0] == pytest.approx(distance)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"names": ("one",)}, "a name for each"),
        ({"centers": (), "names": ()}, "a model needs centers"),
        ({"centers": ((0.0, 1.0),) * 4}, "a row of the model must have 3 numbers: 2"),
        ({"means": (0.0, 0.0)}, "a row of the model must have 3 numbers: 2"),
        ({"means": (0.0, 0.0, math.nan)}, "not finite or out of its range: nan"),
        ({"standard_deviations": (1.0, -1.0, 1.0)}, "not finite or out of its range: -1"),
        ({"centers": ((0.0, 1.0, 1e300),) * 4}, "not finite or out of its range: 1e"),
    ],
)
def test_a_broken_model_is_refused(changes: dict[str, Any], words: str) -> None:
    scores = ea.rfm.score(eight_customers())
    model = customer_clusters.model_of(customer_clusters.fit(scores))
    with pytest.raises(ea.InvalidArgument, match=words):
        customer_clusters.assign(dataclasses.replace(model, **changes), scores)


def test_bad_options_are_told() -> None:
    scores = ea.rfm.score(eight_customers())
    for options, words in (
        ({"n_clusters": 0}, "n_clusters must be in"),
        ({"n_init": 0}, "n_init must be in"),
        ({"max_iter": 0}, "max_iter must be in"),
        ({"tol": -1.0}, "tol must be >= 0"),
        ({"random_state": -1}, "random_state must be in"),
    ):
        with pytest.raises(ea.InvalidArgument, match=words):
            customer_clusters.fit(scores, **options)  # type: ignore[arg-type]
    with pytest.raises(ea.InvalidArgument, match="min_clusters must be >= 2"):
        customer_clusters.curve(scores, min_clusters=1)
    with pytest.raises(ea.InvalidArgument, match="max_clusters must be >= min_clusters"):
        customer_clusters.curve(scores, min_clusters=4, max_clusters=3)
    with pytest.raises(TypeError, match=r"num_threads must be an integer, got 1\.5"):
        customer_clusters.fit(scores, num_threads=1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"rfm\.score"):
        customer_clusters.fit(ea.kpi.summary(eight_customers()))
    with pytest.raises(TypeError, match=r"customer_clusters\.fit"):
        customer_clusters.model_of(scores)


def test_options_have_one_default_in_both_languages() -> None:
    parameters = list(inspect.signature(customer_clusters.fit).parameters.values())[1:]
    assert header_defaults("customer_clusters") == {one.name: one.default for one in parameters}
    shared = {one.name for one in parameters} - {"n_clusters"}
    of_curve = inspect.signature(customer_clusters.curve).parameters
    assert all(
        of_curve[one.name].default == one.default for one in parameters if one.name in shared
    )


def test_online_retail_reaches_the_best_known_inertia() -> None:
    """Figures of scikit-learn with 10 or more starts and its default tolerance.

    They hold for rule C at 2011-12-12 00:00, or with days counted from 1 at 2011-12-11. Steps taken
    until no label changes end a little lower.
    """
    dataset = ea.datasets.load_online_retail(
        known_copy("online_retail/online_retail.csv"), cleaning="C"
    )
    scores = ea.rfm.score(dataset.transactions, as_of="2011-12-12")
    for k, best_known in ((2, 6471.044), (4, 3899.621), (8, 2307.222)):
        inertia = customer_clusters.fit(scores, n_clusters=k).inertia
        assert best_known * (1 - 1e-4) < inertia <= best_known
    curve = customer_clusters.curve(scores)
    assert curve.best_by_silhouette == 2
    assert curve["inertia"][2] == customer_clusters.fit(scores).inertia


def mean_risk_by_cluster(tx: ea.Transactions, **as_of: str) -> dict[str, float]:
    """Return the mean churn risk at the end of the data by the name of the cluster at `as_of`."""
    clusters = customer_clusters.fit(ea.rfm.score(tx, **as_of))
    ranking = ea.churn.rank(tx).ranking
    assert ranking is not None
    risk = dict(zip(ranking["customer"].tolist(), ranking["churn_risk"].tolist(), strict=True))
    found: dict[str, list[float]] = {}
    for customer, name in zip(clusters["customer"].tolist(), clusters["name"], strict=True):
        if customer in risk:
            found.setdefault(name, []).append(risk[customer])
    return {name: float(np.mean(risks)) for name, risks in found.items()}


@pytest.mark.parametrize("cleaning", ["C", "E"])
def test_names_on_online_retail_agree_with_the_churn_ranking(cleaning: str) -> None:
    tx = ea.datasets.load_online_retail(
        known_copy("online_retail/online_retail.csv"), cleaning=cleaning
    ).transactions
    for as_of, third in (
        ("2011-12-10", "Promising"),
        ("2011-12-12", "Promising"),
        ("2011-12-20", "Occasional"),  # Its center crosses r = -0.5.
    ):
        risks = mean_risk_by_cluster(tx, as_of=as_of)
        by_risk = sorted(risks, key=lambda name: risks[name])
        assert by_risk == ["Champions", "Loyal", third, "Hibernating"]
        assert risks["Champions"] < 0.1 < risks["Loyal"] < 0.3 < 0.6 < risks["Hibernating"]


def test_names_on_the_synthetic_shop_agree_with_the_churn_ranking() -> None:
    risks = mean_risk_by_cluster(ea.datasets.make_synthetic(random_state=0).transactions)
    assert set(risks) == {"Champions", "Promising", "At Risk", "Hibernating"}
    assert risks["Champions"] < risks["Promising"] < 0.4
    assert min(risks["At Risk"], risks["Hibernating"]) > 0.7


def test_one_order_is_not_called_loyal_on_olist() -> None:
    tx = ea.datasets.load_olist(known_copy("olist")).transactions
    scores = ea.rfm.score(tx)
    clusters = customer_clusters.fit(scores)
    assert clusters.cluster_names == ["Loyal", "Big Spenders", "New", "Occasional"]
    assert scores["frequency"][clusters["name"] == "Loyal"].min() >= 2
    for name in ("Big Spenders", "New", "Occasional"):
        assert scores["frequency"][clusters["name"] == name].max() == 1
