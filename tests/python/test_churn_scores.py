"""What a test of churn was worth: calibration, deciles, right and wrong, profit."""

from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest

import ecommerce_analytics as ea
from order_logs import content_of, rows_of
from reference import metrics as reference


@lru_cache
def scores() -> ea.Table:
    shop = ea.datasets.make_synthetic(num_customers=500, random_state=1).transactions
    model = ea.churn.fit(ea.CutoffDataset(shop, "2024-05-01"), features=["frequency"])
    return ea.churn.score(model, ea.CutoffDataset(shop, "2024-09-01"))


def labels() -> list[int]:
    return [int(one) for one in scores()["churned"]]


def test_scores_are_the_risks_of_the_model_beside_what_happened() -> None:
    shop = ea.datasets.make_synthetic(num_customers=500, random_state=1).transactions
    model = ea.churn.fit(ea.CutoffDataset(shop, "2024-05-01"))
    test = ea.CutoffDataset(shop, "2024-09-01")
    table = ea.churn.score(model, test)
    assert table["customer"].tolist() == test.features["customer"].tolist()
    assert table["churn_risk"].tolist() == model.predict(test).tolist()
    assert table["churned"].astype(int).tolist() == test.labels.tolist()
    assert table.cutoff == "2024-09-01 00:00:00"
    with pytest.raises(TypeError, match="Model and a CutoffDataset"):
        ea.churn.score(model, test.features)  # type: ignore[arg-type]
    with pytest.raises(ea.InvalidArgument, match="another horizon"):
        ea.churn.score(model, ea.CutoffDataset(shop, "2024-09-01", horizon=60))


def test_labels_and_scores_come_from_a_cutoff_and_from_nowhere_else() -> None:
    test = ea.CutoffDataset(
        ea.datasets.make_synthetic(num_customers=500, random_state=1).transactions, "2024-09-01"
    )
    for function in (ea.churn.calibration, ea.churn.deciles, ea.churn.confusion):
        for given in (test.labels, test.features, scores().to_pandas(), None):
            with pytest.raises(TypeError, match="labels come from a cutoff"):
                function(given)


def test_an_outcome_has_the_scores_of_its_test() -> None:
    shop = ea.datasets.make_synthetic(num_customers=2_000, random_state=0).transactions
    outcome = ea.churn.rank(shop)
    assert outcome.test is not None
    assert outcome.evaluation is not None
    row = rows_of(outcome.evaluation)[0]
    risks, churned = outcome.test["churn_risk"], outcome.test["churned"]
    assert outcome.test.cutoff == row["cutoff"]
    assert ea.metrics.brier(churned, risks) == row["brier"]
    assert row["pr_auc_lower"] < row["pr_auc"] < row["pr_auc_upper"]
    rows = {one["model"]: one for one in rows_of(outcome.evaluation)}
    assert rows["constant"]["brier_lower"] <= rows["constant"]["brier"]
    assert rows["recency"]["roc_auc_difference_upper"] < 0
    told = ea.churn.evaluate(shop)
    assert content_of(told.test) == content_of(outcome.test)


def test_every_figure_of_an_evaluation_has_its_interval_and_baselines() -> None:
    shop = ea.datasets.make_synthetic(num_customers=2_000, random_state=0).transactions
    table = ea.churn.evaluate(shop).evaluation
    assert table is not None
    for name in ("roc_auc", "pr_auc", "log_loss", "brier", "top_decile_lift", "roc_auc_difference"):
        assert (table[f"{name}_lower"] <= table[name]).all(), name
        assert (table[name] <= table[f"{name}_upper"]).all(), name
    assert {"constant", "recency"} <= set(table["model"].tolist())


def test_calibration_and_confusion_are_those_of_the_metrics() -> None:
    risks = scores()["churn_risk"]
    own = ea.churn.calibration(scores(), n_bins=7)
    for name in (expected := ea.metrics.calibration(labels(), risks, n_bins=7)).column_names:
        assert own[name].tolist() == expected[name].tolist()
    assert float(own.base_rate) == np.mean(labels())

    for threshold in (0.0, 0.3, 0.5, 0.7, 1.0):
        table = ea.churn.confusion(scores(), threshold=threshold)
        cells = (
            table.true_negatives,
            table.false_positives,
            table.false_negatives,
            table.true_positives,
        )
        assert cells == reference.confusion(labels(), risks.tolist(), threshold)
        rows = {row["figure"]: row for row in rows_of(table)}
        right = cells[0] + cells[3]
        assert rows["accuracy"]["share"] == right / len(labels())
        base = np.mean(labels())
        assert rows["accuracy"]["baseline"] == pytest.approx(max(base, 1 - base), rel=1e-15)
        assert rows["recall"]["share"] == cells[3] / (cells[3] + cells[2])
        for row in rows.values():
            if row["customers"]:
                assert row["lower"] <= row["share"] <= row["upper"]
            else:
                assert row["share"] is row["lower"] is row["upper"] is None


def test_deciles_and_profit_equal_the_reference() -> None:
    y, risks = labels(), scores()["churn_risk"].tolist()
    ones, total = sum(y), len(y)
    table = ea.churn.deciles(scores(), n_resamples=30, random_state=3)
    drawn = reference.resamples(total, 30, 3)
    for place, row in enumerate(rows_of(table), 1):
        above = reference.positives_up_to(y, risks, Fraction(place, 10))
        before = reference.positives_up_to(y, risks, Fraction(place - 1, 10))
        assert row["positives"] == pytest.approx(float(above - before), rel=1e-12)
        assert row["gain"] == float(above / ones)
        assert row["lift"] == pytest.approx(float((above - before) * 10 / ones), rel=1e-12)
        assert row["churn_rate_lower"] <= row["churn_rate"] <= row["churn_rate_upper"]
        assert row["baseline_gain"] == place / 10
        assert row["greatest_gain"] == pytest.approx(min(1, place / 10 * total / ones))
        gains = [
            float(
                reference.positives_up_to(y, risks, Fraction(place, 10), counts)
                / sum(c for c, one in zip(counts, y, strict=True) if one)
            )
            for counts in drawn
        ]
        lower, upper = reference.percentiles(gains, 0.95)
        assert row["gain_lower"] == pytest.approx(lower, rel=1e-12)
        assert row["gain_upper"] == pytest.approx(upper, rel=1e-12)
    assert table["gain"][-1] == 1
    assert sum(table["positives"]) == pytest.approx(ones)

    options = {"value_kept": 80.0, "contact_cost": 2.5, "kept_share": 0.1}
    profit = ea.churn.profit(scores(), **options, n_resamples=30)
    assert profit["share"].round(10).tolist() == [round(i / 20, 10) for i in range(1, 21)]
    for place, row in enumerate(rows_of(profit), 1):
        above = float(reference.positives_up_to(y, risks, Fraction(place, 20)))
        cost = total * place / 20 * 2.5
        assert row["profit"] == pytest.approx(above * 8.0 - cost)
        assert row["baseline_profit"] == pytest.approx(ones * place / 20 * 8.0 - cost)
        assert row["profit_lower"] <= row["profit_upper"]
    assert profit["profit"][-1] == pytest.approx(profit["baseline_profit"][-1])


def test_the_value_of_a_kept_customer_scales_the_profit() -> None:
    one = ea.churn.profit(scores(), value_kept=10, contact_cost=1, kept_share=0.5)
    two = ea.churn.profit(scores(), value_kept=20, contact_cost=2, kept_share=0.5)
    for name in ("profit", "profit_lower", "profit_upper", "baseline_profit"):
        np.testing.assert_allclose(two[name], 2 * one[name], rtol=1e-12)


def test_threads_and_the_order_of_the_rows_change_no_bit() -> None:
    def tables(rows: ea.Transactions, num_threads: int) -> list[bytes]:
        outcome = ea.churn.rank(rows, num_threads=num_threads)
        assert outcome.test is not None
        return [
            content_of(outcome.evaluation),
            content_of(ea.churn.calibration(outcome.test)),
            content_of(ea.churn.deciles(outcome.test, num_threads=num_threads)),
            content_of(ea.churn.confusion(outcome.test)),
            content_of(
                ea.churn.profit(
                    outcome.test,
                    value_kept=50,
                    contact_cost=1,
                    kept_share=0.2,
                    num_threads=num_threads,
                )
            ),
            content_of(ea.churn.revenue_at_risk(rows, outcome, num_threads=num_threads)),
            content_of(ea.churn.explain(ea.churn.Model(outcome.model), outcome.ranking)),
        ]

    rng = np.random.default_rng(0)
    size = 9_000
    columns = {
        "customer": (rng.random(size) ** 3 * 2_500).astype(int),
        "order": np.arange(size),
        "timestamp": np.datetime64("2024-01-01")
        + (rng.random(size) ** 0.8 * 420 * 86_400).astype("timedelta64[s]"),
        "amount": rng.integers(1, 20_000, size) / 100,
    }
    order = rng.permutation(size)
    shuffled = {name: column[order] for name, column in columns.items()}
    expected = tables(ea.Transactions.from_arrays(**columns), 1)
    assert tables(ea.Transactions.from_arrays(**shuffled), 1) == expected
    assert tables(ea.Transactions.from_arrays(**columns), 3) == expected


def test_options_out_of_range_are_told() -> None:
    calls = [
        lambda: ea.churn.calibration(scores(), n_bins=0),
        lambda: ea.churn.calibration(scores(), confidence=0.0),
        lambda: ea.churn.deciles(scores(), n_resamples=0),
        lambda: ea.churn.deciles(scores(), confidence=1.0),
        lambda: ea.churn.deciles(scores(), random_state=-1),
        lambda: ea.churn.confusion(scores(), threshold=1.5),
        lambda: ea.churn.confusion(scores(), threshold=float("nan")),
        lambda: ea.churn.profit(scores(), value_kept=0, contact_cost=1, kept_share=1),
        lambda: ea.churn.profit(scores(), value_kept=1, contact_cost=-1, kept_share=1),
        lambda: ea.churn.profit(scores(), value_kept=1, contact_cost=1, kept_share=0),
        lambda: ea.churn.profit(scores(), value_kept=float("inf"), contact_cost=1, kept_share=1),
    ]
    for call in calls:
        with pytest.raises(ea.InvalidArgument):
            call()
    with pytest.raises(TypeError):
        ea.churn.profit(scores(), value_kept=1, contact_cost=1)  # type: ignore[call-arg]
