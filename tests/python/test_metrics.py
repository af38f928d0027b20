import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sklearn.calibration
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import read_rows
from order_logs import content_of, rows_of
from reference import metrics as reference

Columns = tuple[list[int], list[float], list[float] | None]
FIGURES: dict[str, Callable[..., float]] = {
    name: getattr(ea.metrics, name) for name in ("roc_auc", "pr_auc", "log_loss", "brier")
}
TABLES: dict[str, Callable[..., ea.Table]] = {
    "calibration": ea.metrics.calibration,
    "uniform": lambda *columns: ea.metrics.calibration(*columns, n_bins=7, strategy="uniform"),
    "lift": ea.metrics.lift,
    "lift of thirds": lambda *columns: ea.metrics.lift(*columns, n_bins=3),
    "confusion_matrix": lambda y, score, weights: ea.metrics.confusion_matrix(
        y, score, [0.0, 0.25, 0.5, 1.0], weights
    ),
}


@st.composite
def scored(draw: st.DrawFn, weighted: bool | None = None) -> Columns:
    """Draw labels with both values, probabilities with ties, and weights or none."""
    size = draw(st.integers(2, 30))
    grid = st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9, 1.0])
    value = draw(st.sampled_from([grid, st.floats(0.0, 1.0)]))
    score = draw(st.lists(value, min_size=size, max_size=size))
    y = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    y[0], y[-1] = 0, 1
    if not (draw(st.booleans()) if weighted is None else weighted):
        return y, score, None
    weight = st.sampled_from([0.0, 0.5, 1.0, 1.0, 3.0, 0.1])
    weights = draw(st.lists(weight, min_size=size, max_size=size))
    weights[0] = weights[-1] = 2.0
    return y, score, weights


@given(scored(weighted=False))
def test_the_area_is_the_nearest_double_to_that_of_all_pairs(columns: Columns) -> None:
    assert ea.metrics.roc_auc(*columns) == float(reference.roc_auc(*columns))


@given(scored())
def test_figures_equal_the_reference(columns: Columns) -> None:
    for name, figure in FIGURES.items():
        expected = float(getattr(reference, name)(*columns))
        assert figure(*columns) == pytest.approx(expected, rel=1e-13, abs=1e-15), name


@given(scored())
def test_figures_equal_those_of_scikit_learn(columns: Columns) -> None:
    y, score, weights = columns
    theirs = {
        "roc_auc": sklearn.metrics.roc_auc_score,
        "pr_auc": sklearn.metrics.average_precision_score,
        "log_loss": sklearn.metrics.log_loss,
        "brier": sklearn.metrics.brier_score_loss,
    }
    for name, figure in FIGURES.items():
        # Equal to 1e-12 where scikit-learn's own steps do not merge scores that differ by an ulp.
        if name in ("roc_auc", "pr_auc") and np.min(np.diff(np.unique(score)), initial=1) < 1e-9:
            continue
        expected = theirs[name](y, score, sample_weight=weights)
        assert figure(y, score, weights) == pytest.approx(expected, rel=1e-12, abs=1e-12), name


@given(scored(weighted=False))
def test_the_standard_error_is_that_of_the_matrix_of_all_pairs(columns: Columns) -> None:
    y, score, _ = columns
    y, score = [*y, 0, 1], [*score, 0.3, 0.3]
    table = ea.metrics.roc_auc_interval(y, score, confidence=0.9)
    error = reference.standard_error(y, score)
    assert table["standard_error"][0] == pytest.approx(error, rel=1e-12, abs=1e-15)
    area = ea.metrics.roc_auc(y, score)
    assert table["roc_auc"][0] == area
    assert table["lower"][0] == pytest.approx(max(0, area - 1.6448536269514722 * error), abs=1e-12)
    assert table["upper"][0] == pytest.approx(min(1, area + 1.6448536269514722 * error), abs=1e-12)


@given(scored(weighted=False), st.integers(1, 12), st.sampled_from(["quantile", "uniform"]))
def test_calibration_equals_the_reference(columns: Columns, n_bins: int, strategy: Any) -> None:
    y, score, _ = columns
    rows = rows_of(ea.metrics.calibration(y, score, n_bins=n_bins, strategy=strategy))
    expected = reference.calibration(y, score, n_bins, strategy)
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        for name, value in wanted.items():
            assert row[name] == pytest.approx(value, rel=1e-14, abs=1e-300), name
        assert 0 <= row["lower"] <= row["observed_rate"] <= row["upper"] <= 1


def test_calibration_equals_that_of_scikit_learn() -> None:
    random = np.random.default_rng(5)
    p = random.random(1_003)
    y = random.random(1_003) < p
    for strategy in ("quantile", "uniform"):
        ours = ea.metrics.calibration(y, p, strategy=strategy)  # type: ignore[arg-type]
        rate, mean = sklearn.calibration.calibration_curve(y, p, n_bins=10, strategy=strategy)
        np.testing.assert_allclose(ours["observed_rate"], rate, rtol=1e-12)
        np.testing.assert_allclose(ours["mean_predicted"], mean, rtol=1e-12)
        assert ours["count"].sum() == 1_003


@given(scored(), st.integers(1, 12))
def test_lift_equals_the_reference(columns: Columns, n_bins: int) -> None:
    y, score, weights = columns
    table = ea.metrics.lift(y, score, weights, n_bins=n_bins)
    positives = reference.positives_up_to(y, score, Fraction(1), weights)
    before = Fraction(0)
    for row in rows_of(table):
        share = Fraction(row["bin"], n_bins)
        found = reference.positives_up_to(y, score, share, weights)
        assert row["gain"] == pytest.approx(float(found / positives), rel=1e-12, abs=1e-12)
        assert row["positives"] == pytest.approx(float(found - before), rel=1e-9, abs=1e-9)
        assert row["cumulative_lift"] == pytest.approx(
            float(found / positives / share), rel=1e-12, abs=1e-12
        )
        assert row["cumulative_lift"] <= row["greatest_lift"] * (1 + 1e-12)
        before = found
    assert table["gain"][-1] == 1


@given(scored())
def test_the_confusion_matrix_equals_the_reference(columns: Columns) -> None:
    y, score, weights = columns
    thresholds = [0.25, -1.0, 0.5, *score[:3], 2.0]
    rows = rows_of(ea.metrics.confusion_matrix(y, score, thresholds, weights))
    for row, threshold in zip(rows, thresholds, strict=True):
        names = ("true_negatives", "false_positives", "false_negatives", "true_positives")
        cells = [float(cell) for cell in reference.confusion(y, score, threshold, weights)]
        assert [row[name] for name in names] == pytest.approx(cells, abs=1e-12)
    if weights is None:
        matrix = sklearn.metrics.confusion_matrix(y, np.array(score) >= 0.5)
        assert [rows[2][name] for name in names] == matrix.ravel().tolist()


@given(scored(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(columns: Columns, random: Any) -> None:
    order = list(range(len(columns[0])))
    random.shuffle(order)
    mixed = [None if one is None else [one[i] for i in order] for one in columns]
    for name, figure in FIGURES.items():
        assert figure(*mixed) == figure(*columns), name
    for name, table in TABLES.items():
        assert content_of(table(*mixed)) == content_of(table(*columns)), name


@given(scored(weighted=True))
def test_a_power_of_two_times_the_weights_changes_nothing(columns: Columns) -> None:
    y, score, weights = columns
    assert weights is not None
    for factor in (2.0**40, 2.0**900, 2.0**-900):
        for figure in FIGURES.values():
            assert figure(y, score, [w * factor for w in weights]) == figure(y, score, weights)


@given(scored(weighted=False))
def test_a_row_of_weight_two_is_two_rows_and_one_of_zero_is_none(columns: Columns) -> None:
    y, score, _ = columns
    twice = ([*y, *y[:5], 1], [*score, *score[:5], 0.4])
    weights = [2.0 if i < 5 else 1.0 for i in range(len(y))]
    weighted = ([*y, 0], [*score, 0.123], [*weights, 0.0])
    alone = ([*twice[0][:-1]], [*twice[1][:-1]])
    for name, figure in FIGURES.items():
        assert figure(*weighted) == pytest.approx(figure(*alone), rel=1e-12, abs=1e-14), name


@given(scored(weighted=False))
def test_turning_scores_around_turns_the_area_around(columns: Columns) -> None:
    y, score, _ = columns
    turned = ea.metrics.roc_auc(y, [-s for s in score])
    assert turned == pytest.approx(1 - ea.metrics.roc_auc(y, score), abs=1e-15)
    other = ea.metrics.roc_auc([1 - one for one in y], [-s for s in score])
    assert other == ea.metrics.roc_auc(y, score)


def test_the_published_example() -> None:
    rows = read_rows("metrics/four_scores", "input.csv")
    y, score = [int(row["y"]) for row in rows], [float(row["score"]) for row in rows]
    told = {
        row["metric"]: float(row["value"])
        for row in read_rows("metrics/four_scores", "expected.csv")
    }
    assert ea.metrics.roc_auc(y, score) == told["roc_auc"]
    assert ea.metrics.pr_auc(y, score) == pytest.approx(told["pr_auc"], rel=1e-15)
    assert ea.metrics.brier(y, score) == pytest.approx(told["brier"], rel=1e-15)
    assert ea.metrics.log_loss(y, score) == pytest.approx(told["log_loss"], abs=1e-7)
    table = ea.metrics.roc_auc_interval(y, score)
    assert table["standard_error"][0] == told["standard_error"]


def test_the_lift_worked_by_hand() -> None:
    rows = read_rows("metrics/six_customers", "input.csv")
    table = ea.metrics.lift(
        [int(row["y"]) for row in rows], [float(row["score"]) for row in rows], n_bins=4
    )
    for row, wanted in zip(
        rows_of(table), read_rows("metrics/six_customers", "expected.csv"), strict=True
    ):
        assert list(row) == list(wanted)
        assert list(row.values()) == pytest.approx([float(v) for v in wanted.values()], rel=1e-15)
    assert table.metadata["base_rate"] == "0.5"


def test_probabilities_of_nought_and_one_cost_36() -> None:
    assert ea.metrics.log_loss([1, 0], [0.0, 1.0]) == pytest.approx(36.04365338911715, rel=1e-13)
    assert ea.metrics.log_loss([1, 0], [1.0, 0.0]) == pytest.approx(2.0**-52, rel=1e-13)


def test_every_kind_of_array_is_read() -> None:
    y = [0, 1, 1, 0]
    score = [1, 3, 2, 2]
    expected = ea.metrics.roc_auc(y, score)
    assert expected == 0.875
    for labels in (np.array(y, bool), np.array(y, np.int64), np.array(y, np.float32), tuple(y)):
        for values in (
            np.array(score, np.float32),
            np.array(score, np.uint8),
            np.repeat(score, 2)[::2],
        ):
            assert ea.metrics.roc_auc(labels, values) == expected


@pytest.mark.parametrize("name", ["roc_auc", "pr_auc", "log_loss", "brier", "calibration", "lift"])
def test_bad_input_is_told(name: str) -> None:
    figure: Callable[..., Any] = getattr(ea.metrics, name)
    with pytest.raises(ea.InvalidData, match="no rows"):
        figure([], [])
    with pytest.raises(ea.SchemaMismatch, match="different lengths"):
        figure([0, 1], [0.5])
    with pytest.raises(ea.SchemaMismatch, match="different lengths"):
        figure([0, 1], [0.5, 0.6], [1.0])
    with pytest.raises(ea.SchemaMismatch, match="different lengths"):
        figure([0, 1], [0.5, 0.6], [])
    with pytest.raises(ea.SchemaMismatch, match="one dimension"):
        figure([0, 1], [[0.5, 0.6]])
    with pytest.raises(TypeError, match="numbers"):
        figure(["0", "1"], [0.5, 0.6])
    for value in (float("nan"), float("inf")):
        with pytest.raises(ea.InvalidData, match="finite") as caught:
            figure([0, 1, 1], [0.5, value, 0.5])
        assert caught.value.row == 2
    with pytest.raises(ea.InvalidData, match="y_true must be 0 or 1") as caught:
        figure([0, 1, 2], [0.5, 0.5, 0.5])
    assert (caught.value.row, caught.value.column) == (3, "y_true")
    with pytest.raises(ea.InvalidData, match="y_true must be 0 or 1"):
        figure([0, 1, float("nan")], [0.5, 0.5, 0.5])
    for weight in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ea.InvalidData, match="weights") as caught:
            figure([0, 1], [0.5, 0.5], [1.0, weight])
        assert caught.value.row == 2
    with pytest.raises(ea.InvalidData, match="all weights are zero"):
        figure([0, 1], [0.5, 0.5], [0.0, 0.0])
    with pytest.raises(ea.InvalidData, match="sum of the weights"):
        figure([0, 1], [0.5, 0.5], [1.7e308, 1.7e308])


def test_one_value_of_y_is_told_where_two_are_needed() -> None:
    with pytest.raises(ea.InvalidData, match="no row has y_true = 0"):
        ea.metrics.roc_auc([1, 1], [0.5, 0.6])
    for name in ("roc_auc", "pr_auc", "lift"):
        with pytest.raises(ea.InvalidData, match="no row has y_true = 1"):
            getattr(ea.metrics, name)([0, 0], [0.5, 0.6])
    with pytest.raises(ea.InvalidData, match="no row has y_true = 0"):
        ea.metrics.roc_auc([0, 1, 1], [0.5, 0.6, 0.7], [0.0, 1.0, 1.0])
    with pytest.raises(ea.InvalidData, match="two rows"):
        ea.metrics.roc_auc_interval([0, 1, 1], [0.5, 0.6, 0.7])
    assert ea.metrics.pr_auc([1, 1], [0.5, 0.6]) == 1
    assert ea.metrics.brier([1, 1], [0.5, 0.5]) == 0.25


def test_options_out_of_range_are_told() -> None:
    y, p = [0, 1], [0.2, 0.8]
    for n_bins in (0, 1_001, 2**40):
        for function in (ea.metrics.lift, ea.metrics.calibration):
            with pytest.raises(ea.InvalidArgument, match="n_bins"):
                function(y, p, n_bins=n_bins)
    for confidence in (0.0, 1.0, float("nan")):
        with pytest.raises(ea.InvalidArgument, match="confidence"):
            ea.metrics.calibration(y, p, confidence=confidence)
        with pytest.raises(ea.InvalidArgument, match="confidence"):
            ea.metrics.roc_auc_interval(y, p, confidence=confidence)
    with pytest.raises(ea.InvalidArgument, match="strategy"):
        ea.metrics.calibration(y, p, strategy="kmeans")  # type: ignore[arg-type]
    with pytest.raises(ea.InvalidArgument, match="threshold"):
        ea.metrics.confusion_matrix(y, p, float("nan"))
    for name in ("log_loss", "brier", "calibration"):
        with pytest.raises(ea.InvalidData, match="in \\[0, 1\\]"):
            getattr(ea.metrics, name)(y, [0.5, 1.5])


@settings(max_examples=25)
@given(scored(weighted=False), st.integers(0, 2**63 - 1))
def test_intervals_of_a_comparison_equal_the_reference(columns: Columns, seed: int) -> None:
    y, score, _ = columns
    scores = {
        "own": score,
        "other": [(one * 7.0) % 1.0 for one in score],
        "constant": [0.5] * len(y),
    }
    table = rows_of(ea.metrics.compare(y, scores, n_resamples=40, random_state=seed))
    expected = reference.compared(y, list(scores.values()), 40, seed)
    for row, own, (name, values) in zip(table, expected, scores.items(), strict=True):
        assert row["name"] == name
        for figure, function in FIGURES.items():
            assert row[figure] == function(y, values)
        assert row["roc_auc_difference"] == row["roc_auc"] - table[0]["roc_auc"]
        assert row["top_decile_lift"] == ea.metrics.lift(y, values)["lift"][0]
        for figure, (lower, upper) in own.items():
            assert row[f"{figure}_lower"] == pytest.approx(lower, rel=1e-12, abs=1e-12), figure
            assert row[f"{figure}_upper"] == pytest.approx(upper, rel=1e-12, abs=1e-12), figure


def test_a_comparison_is_the_same_for_any_order_of_rows_and_threads() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 500)
    good, poor = np.round(y + rng.normal(size=500), 1), np.round(rng.normal(size=500), 1)
    expected = ea.metrics.compare(y, {"good": good, "poor": poor}, num_threads=1)
    assert expected["roc_auc_difference_upper"][1] < 0
    assert expected["log_loss"].mask.all()  # Neither is a probability.
    order = rng.permutation(500)
    shuffled = {"good": good[order], "poor": poor[order]}
    for num_threads in (1, 2, 7):
        again = ea.metrics.compare(y[order], shuffled, num_threads=num_threads)
        assert content_of(again) == content_of(expected)
    other = ea.metrics.compare(y, {"good": good, "poor": poor}, random_state=1)
    assert other["pr_auc_lower"][0] != expected["pr_auc_lower"][0]


def test_intervals_cover_the_true_area_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    truth = 0.5 * (1 + math.erf(0.5))  # Of scores a deviation of 1 apart.
    covered = 0
    for _ in range(200):
        y = np.repeat([0, 1], 60)
        table = ea.metrics.compare(y, {"own": y + rng.normal(size=120)}, n_resamples=200)
        covered += table["roc_auc_lower"][0] <= truth <= table["roc_auc_upper"][0]
    assert 175 <= covered <= 199


def test_a_comparison_says_what_it_cannot_do() -> None:
    y = [0, 1, 0, 1]
    with pytest.raises(ea.InvalidArgument, match="no score"):
        ea.metrics.compare(y, {})
    with pytest.raises(ea.InvalidArgument, match="n_resamples"):
        ea.metrics.compare(y, {"own": y}, n_resamples=0)
    with pytest.raises(ea.InvalidArgument, match="confidence"):
        ea.metrics.compare(y, {"own": y}, confidence=1.0)
    with pytest.raises(ea.InvalidArgument, match="random_state"):
        ea.metrics.compare(y, {"own": y}, random_state=-1)
    with pytest.raises(TypeError, match="mapping"):
        ea.metrics.compare(y, [y])  # type: ignore[arg-type]
    with pytest.raises(ea.InvalidData, match="y_true"):
        ea.metrics.compare([1, 1], {"own": [1, 2]})
    with pytest.raises(ea.SchemaMismatch):
        ea.metrics.compare(y, {"own": y, "other": [1, 2]})
