"""Gamma-Gamma: against mpmath, the published figures, bad rows, the estimator."""

import math
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ecommerce_analytics as ea
from ecommerce_analytics import gamma_gamma
from golden import read_rows
from known_files import known_copy
from reference import gamma_gamma as reference

CASE = "gamma_gamma/five_customers"


def model_at(parameters: tuple[float, ...]) -> gamma_gamma.Model:
    nothing = (math.nan,) * 3
    return gamma_gamma.Model(parameters, "converged", "", 0.0, 0.0, 0, 3, 0.0, nothing, nothing * 3)


def summary_of(frequency: list[float], value: list[float]) -> dict[str, Any]:
    return {"frequency": frequency, "monetary_value": value}


@cache
def drawn() -> tuple[tuple[float, float], ...]:
    """Draw customers from the model itself, p 5, q 4, gamma 20."""
    random = np.random.default_rng(2)
    nu = random.gamma(4.0, 1 / 20.0, 400)
    x = random.integers(1, 9, 400)
    total = random.gamma(5.0 * x, 1.0) / nu
    return tuple(zip(x.astype(float).tolist(), (total / x).tolist(), strict=True))


def drawn_summary() -> dict[str, Any]:
    frequency, value = zip(*drawn(), strict=True)
    return summary_of(list(frequency), list(value))


def test_the_points_match_mpmath() -> None:
    points = read_rows(CASE, "input.csv")
    for point, expected in zip(points, read_rows(CASE, "expected.csv"), strict=True):
        value = {name: float(text) for name, text in point.items()}
        parameters = tuple(value[name] for name in gamma_gamma.NAMES)
        row = summary_of([value["frequency"]], [value["monetary_value"]])
        likelihood = gamma_gamma.log_likelihood(parameters, row)
        assert likelihood == pytest.approx(float(expected["log_likelihood"]), rel=1e-10)
        mean = gamma_gamma.expected_value(model_at(parameters), row)[0]
        assert mean == pytest.approx(float(expected["expected_value"]), rel=1e-13)


@settings(max_examples=40)
@given(
    st.tuples(st.floats(0.01, 100), st.floats(1.01, 100), st.floats(1e-3, 1e5)),
    st.integers(1, 10_000),
    st.floats(1e-3, 1e6),
)
def test_any_point_matches_mpmath(parameters: tuple[float, ...], x: int, value: float) -> None:
    row = summary_of([float(x)], [value])
    exact = float(reference.log_likelihood(parameters, x, value))
    assert gamma_gamma.log_likelihood(parameters, row) == pytest.approx(exact, rel=1e-9, abs=1e-9)
    mean = float(reference.expected_value(parameters, x, value))
    assert gamma_gamma.expected_value(model_at(parameters), row)[0] == pytest.approx(mean, rel=1e-9)


def test_the_figures_of_cdnow() -> None:
    dataset = ea.datasets.load_cdnow(known_copy("cdnow/CDNOW_sample.txt"))
    summary = ea.purchase_history.summary(dataset.transactions, calibration_end="1997-10-01")
    model = gamma_gamma.fit(summary)
    p, q, gamma = model.parameters
    assert (round(p, 2), round(q, 2), round(gamma, 2)) == (6.25, 3.74, 15.44)
    assert (model.status, model.num_repeaters) == ("converged", 946)
    assert model.log_likelihood == pytest.approx(-4055.92, abs=0.005)
    assert model.gradient_norm < 1e-9
    columns = ea.purchase_history.columns_of(summary, ("frequency", "monetary_value"))
    frequency, value = (one[columns[0] > 0] for one in columns)
    assert model.correlation == pytest.approx(np.corrcoef(frequency, value)[0, 1], rel=1e-12)
    for init in ((1, 2, 10), (20, 9, 100), (0.5, 1.5, 3), (50, 2, 1), (3, 30, 500)):
        np.testing.assert_allclose(
            gamma_gamma.fit(summary, init=init).parameters, model.parameters, rtol=5e-9
        )


def test_the_gradient_at_the_optimum_is_nothing_by_mpmath() -> None:
    parameters = gamma_gamma.fit(drawn_summary()).parameters

    def mean(logarithms: list[Any]) -> Any:
        at = [mp.exp(one) for one in logarithms]
        return mp.fsum(reference.log_likelihood(at, *row) for row in drawn()) / len(drawn())

    with mp.workdps(40):
        at = [mp.log(mp.mpf(one)) for one in parameters]
        for place in range(3):
            step = mp.mpf(10) ** -12
            ends = [
                mean([one + side * step if k == place else one for k, one in enumerate(at)])
                for side in (-1, 1)
            ]
            assert abs((ends[1] - ends[0]) / (2 * step)) < 1e-9


def test_the_truth_is_within_four_standard_errors() -> None:
    model = gamma_gamma.fit(drawn_summary())
    for actual, error, truth in zip(
        model.parameters, model.standard_errors, (5.0, 4.0, 20.0), strict=True
    ):
        assert abs(actual - truth) < 4 * error


def test_order_changes_no_bit_and_units_change_gamma_alone() -> None:
    summary = drawn_summary()
    model = gamma_gamma.fit(summary)
    turned = summary_of(summary["frequency"][::-1], summary["monetary_value"][::-1])
    assert gamma_gamma.fit(turned) == model
    cents = summary_of(summary["frequency"], [100.0 * one for one in summary["monetary_value"]])
    np.testing.assert_allclose(
        gamma_gamma.fit(cents).parameters, np.array(model.parameters) * [1, 1, 100], rtol=1e-8
    )


def test_customers_without_a_repeat_say_nothing_and_get_the_mean_of_all() -> None:
    summary = drawn_summary()
    more = summary_of([*summary["frequency"], 0.0], [*summary["monetary_value"], math.nan])
    model = gamma_gamma.fit(more)
    assert model == gamma_gamma.fit(summary)
    p, q, gamma = model.parameters
    assert gamma_gamma.expected_value(model, more)[-1] == pytest.approx(p * gamma / (q - 1))
    heavy = model_at((2.0, 0.5, 10.0))
    assert math.isnan(gamma_gamma.expected_value(heavy, summary_of([0], [0]))[0])


@pytest.mark.parametrize(
    ("frequency", "value", "words"),
    [
        ([1, 2], [3, 4], "three are needed: 2"),
        ([1, 2, 3], [4, 4, 4], "all mean values are equal"),
        ([1, 2, 3], [4, 0, 4], r"above 0 and finite: 0 \(row 2, column \"monetary_value\"\)"),
        ([1, 2, 3], [4, math.nan, 4], r"nan \(row 2"),
        ([1, 0.5, 3], [4, 5, 4], r"0.5 \(row 2, column \"frequency\"\)"),
        ([], [], "there is no customer"),
    ],
)
def test_bad_rows_are_named(frequency: list[float], value: list[float], words: str) -> None:
    with pytest.raises(ea.InvalidData, match=words):
        gamma_gamma.fit(summary_of(frequency, value))


def test_a_limit_is_named_and_predicts_nothing() -> None:
    # The more purchases, the nearer to one mean: nothing but chance between customers.
    random = np.random.default_rng(0)
    frequency = random.integers(1, 9, 300).astype(float)
    value = random.gamma(5.0 * frequency) / frequency
    model = gamma_gamma.fit(summary_of(frequency.tolist(), value.tolist()))
    if model.status == "boundary":
        assert "infinity" in model.boundary or "do not tell" in model.boundary
        with pytest.raises(ea.InvalidArgument, match="no parameters to predict with"):
            gamma_gamma.expected_value(model, summary_of([1], [1]))
    else:
        assert model.parameters[1] > 50.0


def test_the_estimator_is_the_functions() -> None:
    summary = drawn_summary()
    estimator = ea.GammaGamma().fit(summary)
    model = gamma_gamma.fit(summary)
    assert estimator.model_ == model
    assert estimator.correlation_ == model.correlation
    assert estimator.score(summary) == pytest.approx(model.log_likelihood / 400)
    again = ea.GammaGamma.from_json(estimator.to_json())
    np.testing.assert_array_equal(again.predict(summary), estimator.predict(summary))
    with pytest.raises(ea.InvalidData, match="expected one of bg_nbd: gamma_gamma"):
        ea.bg_nbd.Model.from_json(model.to_json())
    with pytest.raises(ea.InvalidArgument, match="p, q, gamma"):
        gamma_gamma.fit(summary, init=(1, 2))
