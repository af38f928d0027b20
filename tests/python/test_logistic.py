import copy
import inspect
import json
import math
import pickle
import re
import tracemalloc
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression as Theirs
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import ecommerce_analytics as ea
from conftest import CHECKOUT
from ecommerce_analytics import _core
from golden import read_rows
from reference import logistic as reference

CASES = ["mtcars", "infert", "esoph", "anes96"]
Floats = npt.NDArray[np.float64]


def labelled(num_rows: int = 300, seed: int = 0) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return three columns and labels that depend on the first one."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(num_rows, 3))
    y = random.random(num_rows) < 1 / (1 + np.exp(0.5 - X[:, 0]))
    return X, y.astype(np.int64)


def golden_input(case: str) -> tuple[Floats, Floats, Floats | None, list[str]]:
    """Return the columns, labels, weights and names of the columns of a golden case."""
    rows = read_rows(case=f"logistic/{case}", file_name="input.csv")
    names = [name for name in rows[0] if name not in ("y", "weight")]
    X = np.array([[float(row[name]) for name in names] for row in rows])
    y = np.array([float(row["y"]) for row in rows])
    weight = np.array([float(row["weight"]) for row in rows]) if "weight" in rows[0] else None
    return X, y, weight, names


def gradient(model: ea.logistic.Model, X: Floats, y: Any, C: float, weights: Any = 1.0) -> Floats:
    """Return the gradient of scikit-learn's objective over C, relative to the number of rows."""
    wrong = weights * (ea.logistic.predict_probability(model, X) - y)
    of_columns = X.T @ wrong + model.coef / C
    return np.append(of_columns, wrong.sum() if model.fit_intercept else 0.0) / len(X)


# --- The golden cases ---


@pytest.mark.parametrize("case", CASES)
def test_the_fit_is_that_of_r_and_statsmodels(case: str) -> None:
    X, y, weight, names = golden_input(case)
    model = ea.logistic.fit(X, y, C=math.inf, sample_weight=weight, feature_names=names)
    table = ea.logistic.inference(model)
    expected = read_rows(f"logistic/{case}", "expected.csv")
    assert table["name"].tolist() == [row["name"] for row in expected]
    for column in table.column_names[1:]:
        told = [float(row[column]) for row in expected]
        np.testing.assert_allclose(table[column], told, rtol=1e-8, err_msg=column)
    (whole,) = read_rows(f"logistic/{case}", "expected_fit.csv")
    for name, value in whole.items():
        assert getattr(table, name) == pytest.approx(float(value), rel=1e-12), name
    assert model.converged
    assert model.aic == table.aic


def test_the_penalised_fit_is_the_golden_one_of_scikit_learn() -> None:
    X, y, _, names = golden_input("anes96")
    expected = read_rows("logistic/anes96", "expected_penalised.csv")
    for C in sorted({float(row["C"]) for row in expected}):
        model = ea.logistic.fit(X, y, C=C, feature_names=names)
        told = {row["name"]: float(row["coefficient"]) for row in expected if float(row["C"]) == C}
        actual = dict(zip(["intercept", *names], [model.intercept, *model.coef], strict=True))
        assert actual == pytest.approx(told, rel=1e-8)


@pytest.mark.parametrize("case", CASES)
def test_float32_gives_the_answer_of_its_values(case: str) -> None:
    X, y, weight, _ = golden_input(case)
    narrow = X.astype(np.float32)
    model = ea.logistic.fit(narrow, y, sample_weight=weight)
    wide = ea.logistic.fit(narrow.astype(np.float64), y, sample_weight=weight)
    assert model.coef.tolist() == wide.coef.tolist()


# --- scikit-learn ---


@pytest.mark.parametrize("C", [1e-3, 1.0, 1e3, math.inf])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 0.5, 1: 3.0}])
def test_the_fit_is_that_of_scikit_learn(C: float, fit_intercept: bool, class_weight: Any) -> None:
    X, y = labelled()
    X = X * [1.0, 100.0, 0.01] + [0.0, 50.0, 0.02]
    weight = np.random.default_rng(1).integers(0, 4, len(X)) / 2
    options = {"C": C, "fit_intercept": fit_intercept, "class_weight": class_weight}
    ours = ea.LogisticRegression(**options).fit(X, y, weight)
    theirs = Theirs(solver="newton-cholesky", tol=1e-12, **options).fit(X, y, weight)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-6)
    np.testing.assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), rtol=1e-6)
    assert ours.predict(X).tolist() == theirs.predict(X).tolist()
    assert ours.score(X, y) == theirs.score(X, y)


@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
def test_the_gradient_under_a_penalty_is_nothing(C: float) -> None:
    X, y = labelled(5_000)
    model = ea.logistic.fit(X, y, C=C)
    assert np.abs(gradient(model, X, y, C)).max() < 1e-12


def checks_of(estimator: Any) -> dict[str, str]:
    """Return the outcome of each of scikit-learn's checks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(estimator, on_fail=None, on_skip=None)
    return {result["check_name"]: result["status"] for result in results}


def test_it_is_an_estimator_as_their_own() -> None:
    ours = checks_of(ea.LogisticRegression())
    theirs = checks_of(Theirs())
    assert len(ours) > 50
    assert "failed" not in ours.values()
    skipped = {name for name, status in ours.items() if status != "passed"}
    assert skipped <= {name for name, status in theirs.items() if status != "passed"}


@pytest.mark.parametrize("labels", [["no", "yes"], [False, True], [-1, 1], [7.0, 3.0]])
def test_labels_are_any_two(labels: list[Any]) -> None:
    X, y = labelled()
    named = np.array(labels)[y]
    model = ea.LogisticRegression().fit(X, named)
    assert model.classes_.tolist() == sorted(labels)
    assert model.score(X, named) > 0.6
    assert set(model.predict(X).tolist()) == set(labels)


def test_more_than_two_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="Only binary classification is supported"):
        ea.LogisticRegression().fit([[0.0], [1.0], [2.0]], ["a", "b", "c"])


def test_the_estimator_is_cloned_pickled_and_piped() -> None:
    X, y = labelled()
    model = ea.LogisticRegression(C=math.inf).fit(X, y)
    assert not hasattr(clone(model), "coef_")
    text = pickle.dumps(model)
    assert b"ecommerce_analytics._core" not in text
    for again in (pickle.loads(text), copy.deepcopy(model)):
        assert again.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
        assert again.inference()["p"].tolist() == model.inference()["p"].tolist()
    piped = make_pipeline(StandardScaler(), ea.LogisticRegression()).fit(X, y)
    assert piped.score(X, y) > 0.6


def test_the_estimator_names_the_columns_of_a_frame() -> None:
    X, y = labelled()
    frame = pd.DataFrame(X, columns=["visits", "age", "clicks"])
    model = ea.LogisticRegression(C=math.inf).fit(frame, y)
    assert model.inference()["name"].tolist() == ["intercept", "visits", "age", "clicks"]
    assert ea.logistic.fit(frame, y).feature_names == ("visits", "age", "clicks")
    frame.loc[4, "age"] = np.nan
    with pytest.raises(ea.InvalidData) as caught:
        ea.LogisticRegression().fit(frame, y)
    assert (caught.value.row, caught.value.column, caught.value.value) == (5, "age", "NaN")


def test_log_probabilities_lose_nothing() -> None:
    model = ea.LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    model.coef_ = np.array([[1.0]])
    model.intercept_ = np.array([0.0])
    far = model.predict_log_proba([[1000.0], [-1000.0]])
    assert far.tolist() == [[-1000.0, 0.0], [0.0, -1000.0]]


# --- The plain reference ---


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    num_rows=st.integers(4, 40),
    num_columns=st.integers(1, 4),
    C=st.sampled_from([0.01, 0.5, 10.0, 1e4]),
    exponent=st.integers(-6, 6),
    is_weighted=st.booleans(),
)
def test_any_fit_is_that_of_the_reference(
    seed: int, num_rows: int, num_columns: int, C: float, exponent: int, is_weighted: bool
) -> None:
    random = np.random.default_rng(seed)
    X = random.normal(size=(num_rows, num_columns)) * 10.0**exponent + random.normal(size=1)
    y = random.permutation(np.arange(num_rows) % 2)
    weights = random.integers(1, 5, num_rows).astype(float) if is_weighted else None
    model = ea.logistic.fit(X, y, C=C, sample_weight=weights)
    told = np.ones(num_rows) if weights is None else weights
    beta = [model.intercept, *model.coef]
    slope = np.array(reference.gradient(beta, X.tolist(), y.tolist(), told.tolist(), C))
    size = np.append(1.0, np.abs(X).max(axis=0)) * told.sum() + np.abs(beta) / C
    assert model.converged
    assert np.all(np.abs(slope) <= 1e-8 * size)
    losses = [
        w * reference.loss(reference.log_odds(beta, row), label)
        for row, label, w in zip(X.tolist(), y.tolist(), told.tolist(), strict=True)
    ]
    assert model.deviance == pytest.approx(2 * math.fsum(losses), rel=1e-11)


def test_standard_errors_are_those_of_the_reference() -> None:
    X, y = labelled(60)
    model = ea.logistic.fit(X, y, C=math.inf)
    beta = reference.fit(X.tolist(), y.tolist(), C=math.inf)
    np.testing.assert_allclose([model.intercept, *model.coef], beta, rtol=1e-10)
    errors = reference.standard_errors(beta, X.tolist())
    np.testing.assert_allclose(model.standard_errors, errors, rtol=1e-9)


# --- What must not matter, and what must ---


@pytest.fixture
def _path_chosen_again() -> Iterator[None]:
    yield
    _core.force_processor_path(None)


@pytest.mark.usefixtures("_path_chosen_again")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("C", [1.0, math.inf])
def test_threads_and_processors_give_the_same_bytes(dtype: type, C: float) -> None:
    X, y = labelled(20_011)
    X = np.column_stack([X, X**2, np.sin(5 * X)]).astype(dtype)
    answers = set()
    for path in ("baseline", "avx2"):
        try:
            _core.force_processor_path(path)
        except ea.InvalidArgument:
            continue
        for num_threads in (1, 2, 5):
            model = ea.logistic.fit(X, y, C=C, num_threads=num_threads)
            probability = ea.logistic.predict_probability(model, X, num_threads=num_threads)
            figures = [model.intercept, model.deviance, model.null_deviance, model.n_iter]
            answers.add(
                (
                    model.coef.tobytes(),
                    model.standard_errors.tobytes(),
                    np.array(figures).tobytes(),
                    probability.tobytes(),
                )
            )
    assert len(answers) == 1


def test_a_row_twice_is_a_weight_of_two() -> None:
    X, y = labelled()
    once = ea.logistic.fit(X, y, C=math.inf, sample_weight=np.full(len(X), 2.0))
    twice = ea.logistic.fit(np.repeat(X, 2, axis=0), np.repeat(y, 2), C=math.inf)
    np.testing.assert_allclose(once.coef, twice.coef, rtol=1e-12)
    np.testing.assert_allclose(once.standard_errors, twice.standard_errors, rtol=1e-12)
    assert once.deviance == pytest.approx(twice.deviance, rel=1e-13)
    assert (once.num_rows, twice.num_rows) == (300, 600)


def test_a_row_of_weight_zero_is_not_there() -> None:
    X, y = labelled()
    weight = np.arange(len(X)) % 3
    with_them = ea.logistic.fit(X, y, C=math.inf, sample_weight=weight)
    without = ea.logistic.fit(
        X[weight > 0], y[weight > 0], C=math.inf, sample_weight=weight[weight > 0]
    )
    np.testing.assert_allclose(with_them.coef, without.coef, rtol=1e-12)
    assert with_them.num_rows == without.num_rows == 200


def test_the_unit_of_a_column_is_that_of_its_coefficient() -> None:
    X, y = labelled()
    powers = np.array([40, -30, 3])
    plain = ea.logistic.fit(X, y, C=math.inf)
    scaled = ea.logistic.fit(X * 2.0**powers, y, C=math.inf)
    assert (scaled.coef * 2.0**powers).tolist() == plain.coef.tolist()
    assert scaled.intercept == plain.intercept
    assert (scaled.standard_errors[1:] * 2.0**powers).tolist() == plain.standard_errors[1:].tolist()
    weighted = ea.logistic.fit(X, y, C=math.inf, sample_weight=np.full(len(X), 2.0**-20))
    assert weighted.coef.tolist() == plain.coef.tolist()


@pytest.mark.parametrize("scales", [[1e-150, 1e150, 1.0], [1e6, 1e-6, 1e3]])
def test_columns_of_very_different_sizes_do_no_harm(scales: list[float]) -> None:
    X, y = labelled()
    plain = ea.logistic.fit(X, y, C=math.inf)
    scaled = ea.logistic.fit(X * scales, y, C=math.inf)
    np.testing.assert_allclose(scaled.coef * scales, plain.coef, rtol=1e-9)


def test_a_far_origin_does_no_harm() -> None:
    X, y = labelled()
    X = np.round(X * 2.0**10) / 2.0**10
    plain = ea.logistic.fit(X, y, C=math.inf)
    moved = ea.logistic.fit(X + 2.0**30, y, C=math.inf)
    np.testing.assert_allclose(moved.coef, plain.coef, rtol=1e-8)


def test_the_other_class_has_the_other_signs() -> None:
    X, y = labelled()
    for C in (1.0, math.inf):
        one = ea.logistic.fit(X, y, C=C)
        other = ea.logistic.fit(X, 1 - y, C=C)
        np.testing.assert_allclose(other.coef, -one.coef, rtol=1e-12)
        assert other.intercept == pytest.approx(-one.intercept, rel=1e-12)
        assert other.deviance == pytest.approx(one.deviance, rel=1e-13)


def test_the_less_penalty_the_less_deviance() -> None:
    X, y = labelled()
    fits = [ea.logistic.fit(X, y, C=C) for C in (1e-6, 1e-3, 1.0, 1e3, math.inf)]
    deviances = [one.deviance for one in fits]
    assert deviances == sorted(deviances, reverse=True)
    assert deviances[0] == pytest.approx(fits[0].null_deviance, rel=1e-4)


def test_a_loose_tolerance_and_few_steps() -> None:
    X, y = labelled()
    rough = ea.logistic.fit(X, y, tol=1.0)
    assert rough.converged
    assert rough.n_iter < ea.logistic.fit(X, y).n_iter
    with pytest.warns(ConvergenceWarning, match="did not converge in 1 steps"):
        model = ea.LogisticRegression(max_iter=1).fit(X, y)
    assert not model.converged_


# --- Separable, collinear and other bad input ---

SEPARABLE = {
    "a threshold": ("complete", ("1",)),
    "a threshold with ties": ("quasi_complete", ("1",)),
    "a flag of one class": ("quasi_complete", ("1",)),
    "a sum of two": ("complete", ("0", "1")),
    "both flags": ("quasi_complete", ("3",)),
}


def separable(name: str) -> tuple[Floats, npt.NDArray[np.int64]]:
    X, y = labelled()
    if name == "a threshold":
        return X, (X[:, 1] > 0.1).astype(np.int64)
    if name == "a threshold with ties":
        X[:, 1] = np.round(X[:, 1])
        return X, np.where(X[:, 1] == 0, y, X[:, 1] > 0).astype(np.int64)
    if name == "a flag of one class":
        X[:, 1] = (np.arange(len(X)) % 5 == 0) & (y == 1)
        return X, y
    if name == "a sum of two":
        return X[:, 1:], (X[:, 1] + X[:, 2] > 0.1).astype(np.int64)
    flags = np.random.default_rng(3).integers(0, 2, (len(X), 2))
    both = flags.prod(axis=1)
    return np.column_stack([X[:, 0], flags, both]), np.where(both == 1, 1, y)


@pytest.mark.parametrize("name", SEPARABLE)
def test_separable_classes_are_told_with_their_columns(name: str) -> None:
    X, y = separable(name)
    kind, columns = SEPARABLE[name]
    with pytest.warns(ConvergenceWarning, match="no best fit.*: " + ", ".join(columns) + "$"):
        model = ea.LogisticRegression(C=math.inf).fit(X, y)
    assert not model.converged_
    assert (model.separation_, model.separating_) == (kind, columns)
    assert np.isfinite(model.coef_).all()
    assert model.inference_note_ == "none: the fit did not converge"
    assert model.inference()["p"].mask.all()


@pytest.mark.parametrize("name", SEPARABLE)
def test_separable_classes_are_no_trouble_with_a_penalty(name: str) -> None:
    X, y = separable(name)
    for C in (1.0, 1e6):
        model = ea.logistic.fit(X, y, C=C)
        assert model.converged
        assert np.abs(gradient(model, X, y, C)).max() < 1e-9


def test_classes_that_touch_in_one_row_are_not_separable() -> None:
    x = np.arange(20.0)
    y = (x >= 10).astype(np.int64)
    y[10] = 0
    y[9] = 1
    model = ea.logistic.fit(x[:, None], y, C=math.inf)
    assert model.converged
    assert model.separation == "none"


def test_collinear_columns_are_named() -> None:
    X, y = labelled()
    X = np.column_stack([X, X[:, 0] - 3 * X[:, 2], np.full(len(X), 4.0)])
    with pytest.raises(ea.InvalidData, match="combination of the intercept") as caught:
        ea.logistic.fit(X, y, C=math.inf, feature_names=list("abcde"))
    assert caught.value.value == "d, e"
    model = ea.logistic.fit(X, y, C=1e3)
    assert model.converged
    assert model.coef[4] == 0.0
    assert ea.logistic.fit(X[:, [0, 1, 2, 4]], y, C=math.inf, fit_intercept=False).converged


def test_more_columns_than_rows() -> None:
    X = np.random.default_rng(0).normal(size=(6, 9))
    y = np.arange(6) % 2
    with pytest.raises(ea.InvalidData, match="combination") as caught:
        ea.logistic.fit(X, y, C=math.inf)
    assert caught.value.value == "5, 6, 7, 8"
    model = ea.logistic.fit(X, y)
    assert np.abs(gradient(model, X, y, 1.0)).max() < 1e-12


def bad_input(name: str) -> dict[str, Any]:
    X, y = labelled(20)
    X[6, 1] = {"NaN": np.nan, "infinity": -np.inf}.get(name, X[6, 1])
    given: dict[str, Any] = {"X": X, "y": y}
    changes: dict[str, dict[str, Any]] = {
        "one class": {"y": np.ones(20)},
        "one class with a weight": {"sample_weight": y},
        "a label of 2": {"y": y + 1},
        "labels of text": {"y": y.astype(str)},
        "labels in a column": {"y": y[:, None]},
        "too few labels": {"y": y[1:]},
        "zero rows": {"X": X[:0], "y": y[:0]},
        "zero columns": {"X": X[:, :0]},
        "one dimension": {"X": X[:, 0]},
        "text": {"X": X.astype(str)},
        "objects": {"X": X.astype(object)},
        "complex numbers": {"X": X.astype(complex)},
        "a negative weight": {"sample_weight": -np.ones(20)},
        "a weight that is NaN": {"sample_weight": np.full(20, np.nan)},
        "weights of 0": {"sample_weight": np.zeros(20)},
        "too few weights": {"sample_weight": np.ones(19)},
        "endless weights": {"sample_weight": np.full(20, 1e308)},
        "C of 0": {"C": 0.0},
        "C that is NaN": {"C": math.nan},
        "no steps": {"max_iter": 0},
        "a tolerance of 0": {"tol": 0.0},
        "a class weight below 0": {"class_weight": {1: -1.0}},
        "an unknown class weight": {"class_weight": {2: 1.0}},
        "another word": {"class_weight": "fair"},
        "too few names": {"feature_names": ["a"]},
        "too many threads": {"num_threads": 5_000},
    }
    return given | changes.get(name, {})


BAD_INPUT = {
    "NaN": (ea.InvalidData, 'logistic: X must be finite: NaN (row 7, column "1")'),
    "infinity": (ea.InvalidData, 'logistic: X must be finite: -inf (row 7, column "1")'),
    "one class": (ea.InvalidData, "there is only class: 1"),
    "one class with a weight": (ea.InvalidData, "there is only class: 1"),
    "a label of 2": (ea.InvalidData, 'logistic: y must be 0 or 1: 2 (row 1, column "y"'),
    "labels of text": (ea.InvalidData, "logistic: y must be 0 or 1"),
    "labels in a column": (ea.SchemaMismatch, "y must have one dimension: 2"),
    "too few labels": (ea.SchemaMismatch, "one value for each row of X: 19"),
    "zero rows": (ea.InvalidData, "logistic: there are no rows"),
    "zero columns": (ea.InvalidData, "logistic: there are no columns"),
    "one dimension": (ea.SchemaMismatch, "X must have two dimensions: 1"),
    "text": (ea.SchemaMismatch, "logistic: X must hold numbers: <U"),
    "objects": (ea.SchemaMismatch, "logistic: X must hold numbers: object"),
    "complex numbers": (ea.SchemaMismatch, "logistic: X must hold numbers: complex128"),
    "a negative weight": (ea.InvalidData, 'negative: -1 (row 1, column "sample_weight")'),
    "a weight that is NaN": (ea.InvalidData, 'negative: nan (row 1, column "sample_weight")'),
    "weights of 0": (ea.InvalidData, "logistic: all of sample_weight is 0"),
    "too few weights": (ea.SchemaMismatch, "one value for each row of X: 19"),
    "endless weights": (ea.InvalidData, "weights add up beyond the range of a double"),
    "C of 0": (ea.InvalidArgument, "logistic: C must be above 0: 0"),
    "C that is NaN": (ea.InvalidArgument, "logistic: C must be above 0: nan"),
    "no steps": (ea.InvalidArgument, "logistic: max_iter must be at least 1: 0"),
    "a tolerance of 0": (ea.InvalidArgument, "logistic: tol must be above 0: 0"),
    "a class weight below 0": (ea.InvalidArgument, "must be finite and not negative: -1"),
    "an unknown class weight": (ea.InvalidArgument, "class_weight has an unknown class: 2"),
    "another word": (ea.InvalidArgument, "class_weight must be balanced or weights: fair"),
    "too few names": (ea.SchemaMismatch, "a feature name for each column: 1"),
    "too many threads": (ea.InvalidArgument, "num_threads must be in [0, 1024]: 5000"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_a_clear_error(name: str) -> None:
    kind, text = BAD_INPUT[name]
    with pytest.raises(kind) as caught:
        ea.logistic.fit(**bad_input(name))
    assert text in str(caught.value)


def test_predictions_refuse_what_the_fit_refuses() -> None:
    X, y = labelled(20)
    model = ea.logistic.fit(X, y)
    with pytest.raises(ea.SchemaMismatch, match="as many columns as the fit: 2"):
        ea.logistic.predict_probability(model, X[:, :2])
    X[3, 2] = np.inf
    with pytest.raises(ea.InvalidData, match=r"inf \(row 4, column \"2\"\)"):
        ea.logistic.decision_function(model, X)
    assert ea.logistic.decision_function(model, X[:0]).shape == (0,)


def test_arrays_of_any_layout_give_the_same_answer() -> None:
    X, y = labelled()
    expected = ea.logistic.fit(X, y)
    wide = np.zeros((len(X) * 2, 6))
    wide[::2, ::2] = X
    frozen = X.copy()
    frozen.setflags(write=False)
    for given_x in (np.asfortranarray(X), wide[::2, ::2], frozen, X.tolist(), X[::-1][::-1]):
        model = ea.logistic.fit(given_x, y)
        assert model.coef.tobytes() == expected.coef.tobytes()
    for labels in (y.astype(bool), y.astype(np.float32), y.tolist(), np.repeat(y, 2)[::2]):
        assert ea.logistic.fit(X, labels).coef.tobytes() == expected.coef.tobytes()
    integers = np.round(X * 10).astype(np.int16)
    assert (
        ea.logistic.fit(integers, y).coef.tobytes()
        == ea.logistic.fit(integers.astype(np.float64), y).coef.tobytes()
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_rows_are_not_copied(dtype: type) -> None:
    X = np.random.default_rng(0).normal(size=(200_000, 20)).astype(dtype)
    y = (X[:, 0] > X[:, 1] / 2 + 0.3).astype(np.uint8)
    y[::7] = 1 - y[::7]
    before = resident()
    tracemalloc.start()
    model = ea.LogisticRegression(num_threads=2).fit(X, y)
    _, traced = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert model.converged_
    assert traced < X.nbytes / 2
    assert peak() - before < 0.9 * X.nbytes


def status_kilobytes(name: str) -> float:
    with open("/proc/self/status", encoding="utf-8") as file:  # noqa: PTH123
        (line,) = (line for line in file if line.startswith(name + ":"))
    return float(line.split()[1])


def resident() -> float:
    """Forget the peak of the memory in use and return what is in use, in bytes."""
    with open("/proc/self/clear_refs", "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("5")
    return 1024 * status_kilobytes("VmRSS")


def peak() -> float:
    return 1024 * status_kilobytes("VmHWM")


def test_the_greatest_doubles() -> None:
    X, y = labelled()
    scaled = X * [1e300, 1e-300, 1.0]
    model = ea.logistic.fit(scaled, y, C=math.inf)
    plain = ea.logistic.fit(X, y, C=math.inf)
    np.testing.assert_allclose(model.coef * [1e300, 1e-300, 1.0], plain.coef, rtol=1e-9)
    np.testing.assert_allclose(
        ea.logistic.predict_probability(model, scaled),
        ea.logistic.predict_probability(plain, X),
        rtol=1e-9,
    )
    penalised = ea.logistic.fit(X * [1e307, 1e-300, 1.0], y)
    assert np.isfinite(penalised.coef).all()
    with pytest.raises(ea.InvalidData, match="a coefficient leaves the range of a double: 0"):
        ea.logistic.fit(X * [1e-315, 1.0, 1.0], y, C=math.inf)
    one_far = X.copy()
    one_far[5, 0] = 1e300
    with pytest.warns(ConvergenceWarning, match=": 0$"):
        ea.LogisticRegression(C=math.inf).fit(one_far, y)


def test_log_odds_beyond_the_range_are_the_greatest_double() -> None:
    model = ea.logistic.fit([[0.0, 1.0], [1.0, 0.0], [0.0, 0.5], [1.0, 0.1]], [0, 1, 1, 0])
    far = ea.logistic.Model(**{**vars(model), "coef": np.array([1e10, -1e10])})
    decision = ea.logistic.decision_function(far, [[1e300, 1e300], [1e300, 0.0], [0.0, 1e300]])
    most = np.finfo(np.float64).max
    assert decision.tolist() == [model.intercept, most, -most] or decision[0] == 0.0
    assert ea.logistic.predict_probability(far, [[1e300, 0.0], [0.0, 1e300]]).tolist() == [1.0, 0.0]


# --- Inference ---


def test_a_penalty_and_class_weights_switch_inference_off() -> None:
    X, y = labelled()
    for options, why in (
        ({"C": 1.0}, "none: a penalty shrinks the coefficients"),
        ({"C": math.inf, "class_weight": "balanced"}, "none: class weights are no counts of rows"),
    ):
        model = ea.logistic.fit(X, y, **options)
        table = ea.logistic.inference(model)
        assert table.inference_note == model.inference_note == why
        assert model.aic is None
        assert "aic" not in table.metadata
        for column in ("standard_error", "z", "p", "lower", "upper"):
            assert table[column].mask.all()
        np.testing.assert_allclose(table["odds_ratio"][1:], np.exp(model.coef), rtol=1e-14)


def test_odds_ratios_beyond_the_range_are_null_and_told() -> None:
    X, y = labelled()
    table = ea.logistic.inference(ea.logistic.fit(X * [1e-4, 1.0, 1e-6], y, C=math.inf))
    assert table["odds_ratio"].mask.tolist() == [False, True, False, True]
    assert table["upper"].mask.tolist() == [False, True, False, True]
    assert table["lower"].mask.tolist() == [False, True, False, False]
    assert "odds ratios of 0, 2" in table.inference_note


def test_the_interval_is_as_wide_as_asked() -> None:
    X, y = labelled()
    model = ea.logistic.fit(X, y, C=math.inf)
    widths = [
        np.log(table["upper"] / table["lower"])
        for table in (ea.logistic.inference(model, confidence=c) for c in (0.5, 0.95, 0.999))
    ]
    expected = 2 * np.array([0.6744897501960817, 1.959963984540054, 3.2905267314919255])
    for width, wanted in zip(widths, expected, strict=True):
        np.testing.assert_allclose(width, wanted * model.standard_errors, rtol=1e-12)
    for confidence in (0.0, 1.0, math.nan):
        with pytest.raises(ea.InvalidArgument, match="confidence must be in"):
            ea.logistic.inference(model, confidence=confidence)


def test_without_an_intercept() -> None:
    X, y = labelled()
    model = ea.logistic.fit(X, y, C=math.inf, fit_intercept=False)
    table = ea.logistic.inference(model)
    assert table["name"].tolist() == ["0", "1", "2"]
    assert model.intercept == 0.0
    assert model.null_deviance == pytest.approx(2 * len(y) * math.log(2), rel=1e-15)
    assert (table.df_residual, table.df_null) == (297, 300)


def test_options_have_one_default_in_both_languages() -> None:
    header = CHECKOUT / "include" / "ecommerce_analytics" / "logistic.hpp"
    text = header.read_text(encoding="utf-8")
    estimator = inspect.signature(ea.LogisticRegression).parameters
    for name, parameter in inspect.signature(ea.logistic.fit).parameters.items():
        if parameter.default is not None and name not in ("X", "y"):
            (told,) = re.findall(rf"^  \w+ {name} = ([\w.-]+);", text, re.MULTILINE)[:1]
            assert json.loads(told) == parameter.default, name
            assert estimator[name].default == parameter.default, name
    (told,) = re.findall(r"^  double confidence = ([\d.]+);", text, re.MULTILINE)[:1]
    assert float(told) == inspect.signature(ea.logistic.inference).parameters["confidence"].default
