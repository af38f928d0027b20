"""Pareto/NBD: against mpmath, the published figures, boundaries, bad rows, the estimator."""

import math
import pickle
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import ecommerce_analytics as ea
from ecommerce_analytics import bg_nbd, pareto_nbd
from golden import read_rows
from reference import pareto_nbd as reference
from test_bg_nbd import Row, cdnow, summary_of

CASE = "pareto_nbd/hard_points"
TRUTH = (0.8, 6.0, 0.9, 12.0)


def model_at(parameters: tuple[float, ...]) -> pareto_nbd.Model:
    nothing = (math.nan,) * 4
    return pareto_nbd.Model(
        parameters, "converged", "", 0.0, 0.0, 0, 1, 1, 1.0, nothing, nothing * 4
    )


@cache
def drawn(num: int = 600) -> tuple[Row, ...]:
    """Draw histories from the model itself, with the parameters `TRUTH`."""
    random = np.random.default_rng(5)
    r, alpha, s, beta = TRUTH
    rows = []
    for _ in range(num):
        rate, leaving = random.gamma(r, 1 / alpha), random.gamma(s, 1 / beta)
        T = float(random.integers(20, 60))
        end = min(T, random.exponential(1 / leaving))
        times = random.uniform(0.0, end, random.poisson(rate * end))
        rows.append((float(len(times)), float(times.max(initial=0.0)), T))
    return tuple(rows)


def test_hard_points_match_mpmath() -> None:
    points = read_rows(CASE, "input.csv")
    for point, expected in zip(points, read_rows(CASE, "expected.csv"), strict=True):
        value = {name: float(text) for name, text in point.items()}
        parameters = tuple(value[name] for name in pareto_nbd.NAMES)
        row = summary_of([(value["frequency"], value["recency"], value["T"])])
        model = model_at(parameters)
        actual = {
            "log_likelihood": pareto_nbd.log_likelihood(parameters, row),
            "probability_alive": pareto_nbd.probability_alive(model, row)[0],
            "expected_purchases": pareto_nbd.expected_purchases(model, row, value["time"])[0],
        }
        for name, exact in expected.items():
            assert actual[name] == pytest.approx(float(exact), rel=1e-9, abs=0.0), (name, point)


_SHAPES = st.floats(0.01, 50.0)
_TIMES = st.floats(0.01, 1e4)


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(_SHAPES, _TIMES, _SHAPES, _TIMES),
    st.integers(0, 100),
    st.floats(0.01, 1.0),
    st.floats(0.01, 1e5),
    st.floats(1e-3, 1e5),
)
def test_any_point_matches_mpmath(
    parameters: tuple[float, ...], x: int, share: float, T: float, time: float
) -> None:
    recency = share * T if x else 0.0
    row, model = summary_of([(x, recency, T)]), model_at(parameters)
    exact = reference.log_likelihood(parameters, x, recency, T)
    actual = pareto_nbd.log_likelihood(parameters, row)
    assert actual == pytest.approx(float(exact), rel=1e-9, abs=1e-9)
    alive = float(reference.probability_alive(parameters, x, recency, T))
    if alive > 1e-280:
        assert pareto_nbd.probability_alive(model, row)[0] == pytest.approx(alive, rel=1e-9)
        mean = reference.expected_purchases(parameters, x, recency, T, time)
        told = pareto_nbd.expected_purchases(model, row, time)[0]
        assert told == pytest.approx(float(mean), rel=1e-9, abs=0.0)


@pytest.mark.parametrize(
    ("parameters", "row", "time"),
    [
        (TRUTH, (2, 10, 12), 30.0),
        ((0.5, 2.0, 1.0, 2.0), (0, 0, 30), 1e4),
        ((3.0, 1e-2, 0.2, 1e3), (900, 999, 1_000), 0.5),
        ((0.1, 50.0, 4.0, 0.3), (1, 1, 1), 1e-3),
    ],
)
def test_the_probability_of_a_purchase_matches_mpmath(
    parameters: tuple[float, ...], row: Row, time: float
) -> None:
    exact = reference.probability_of_purchase(parameters, *row, time)
    told = pareto_nbd.probability_of_purchase(model_at(parameters), summary_of([row]), time)[0]
    assert told == pytest.approx(float(exact), rel=1e-9, abs=0.0)


def test_the_figures_of_cdnow() -> None:
    model = pareto_nbd.fit(cdnow())
    assert model.status == "converged"
    assert [round(one, 3) for one in model.parameters] == [0.553, 10.578, 0.606, 11.669]
    assert model.log_likelihood == pytest.approx(-9594.98, abs=5e-3)


def test_five_starts_agree_to_eight_digits() -> None:
    best = np.array(pareto_nbd.fit(cdnow()).parameters)
    for init in (
        (1, 1, 1, 1),
        (0.05, 0.5, 0.1, 5),
        (3, 30, 5, 10),
        (0.5, 50, 0.1, 90),
        (2, 3, 4, 5),
    ):
        one = pareto_nbd.fit(cdnow(), init=init)
        assert one.status == "converged"
        np.testing.assert_allclose(one.parameters, best, rtol=5e-9)


def test_the_gradient_at_the_optimum_is_nothing_by_mpmath() -> None:
    rows = drawn(150)
    parameters = pareto_nbd.fit(summary_of(list(rows))).parameters
    kinds: dict[Row, int] = {}
    for row in rows:
        kinds[row] = kinds.get(row, 0) + 1

    def mean(logarithms: list[Any]) -> Any:
        at = [mp.exp(one) for one in logarithms]
        return mp.fsum(num * reference.log_likelihood(at, *row) for row, num in kinds.items()) / 150

    with mp.workdps(40):
        at = [mp.log(mp.mpf(one)) for one in parameters]
        for place in range(4):
            step = mp.mpf(10) ** -12
            ends = [
                mean([one + side * step if k == place else one for k, one in enumerate(at)])
                for side in (-1, 1)
            ]
            assert abs((ends[1] - ends[0]) / (2 * step)) < 1e-9


def test_derivatives_are_slopes_of_the_likelihood() -> None:
    summary, at = summary_of(list(drawn())), np.array([0.7, 5.0, 1.3, 9.0])
    slope = pareto_nbd.gradient(at.tolist(), summary)
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-5 * at[place]
        ends = [pareto_nbd.log_likelihood((at + side * step).tolist(), summary) for side in (-1, 1)]
        assert slope[place] == pytest.approx((ends[1] - ends[0]) / (2 * step[place]), rel=1e-5)
    # Standard errors are those of the slopes' own slopes at the optimum.
    model = pareto_nbd.fit(summary)
    best, rows = np.array(model.parameters), []
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-5 * best[place]
        ends = [(best + side * step).tolist() for side in (-1, 1)]
        low, high = (pareto_nbd.gradient(at, summary) for at in ends)
        rows.append((low - high) / (2 * step[place]))
    covariance = np.linalg.inv(np.array(rows))
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), model.standard_errors, rtol=1e-5)


def test_the_truth_is_within_four_standard_errors() -> None:
    model = pareto_nbd.fit(summary_of(list(drawn())))
    for actual, error, truth in zip(model.parameters, model.standard_errors, TRUTH, strict=True):
        assert abs(actual - truth) < 4 * error


def test_order_threads_and_units_change_nothing_but_times() -> None:
    rows = list(drawn())
    model = pareto_nbd.fit(summary_of(rows))
    assert pareto_nbd.fit(summary_of(rows[::-1]), num_threads=3) == model
    days = pareto_nbd.fit(summary_of([(x, 7 * recency, 7 * T) for x, recency, T in rows]))
    np.testing.assert_allclose(
        days.parameters, np.array(model.parameters) * [1, 7, 1, 7], rtol=1e-8
    )


def test_nobody_leaving_is_the_nbd() -> None:
    random = np.random.default_rng(0)
    rows: list[Row] = []
    for rate in random.gamma(0.8, 0.2, 500):
        T = random.uniform(5.0, 40.0)
        times = random.uniform(0.0, T, random.poisson(rate * T))
        rows.append((float(len(times)), float(times.max(initial=0.0)), T))
    summary = summary_of(rows)
    model = pareto_nbd.fit(summary)
    assert (model.status, model.boundary) == ("boundary", "s -> 0: nobody leaves")
    r, alpha, s, beta = model.parameters
    assert s == 0.0
    assert math.isnan(beta)
    other = bg_nbd.fit(summary)  # Both models have the same limit.
    assert other.parameters[:2] == (r, alpha)
    assert pareto_nbd.probability_alive(model, summary).min() == 1.0
    for function in ("expected_purchases", "probability_of_purchase"):
        np.testing.assert_allclose(
            getattr(pareto_nbd, function)(model, summary, 9.0),
            getattr(bg_nbd, function)(other, summary, 9.0),
            rtol=1e-12,
        )
    with pytest.raises(ea.InvalidArgument, match="nothing to draw leaving from"):
        pareto_nbd.bootstrap(model, summary, 5)
    told = pareto_nbd.log_likelihood(model.parameters, summary)
    assert told == pytest.approx(model.log_likelihood, rel=1e-14)
    assert told == pytest.approx(pareto_nbd.log_likelihood((r, alpha, 1e-12, 1.0), summary))


def test_other_limits_are_named_and_predict_nothing() -> None:
    rows: list[Row] = [(1.0, 1.0, 40.0 + k % 5) for k in range(100)]
    rows += [(0.0, 0.0, 40.0 + k % 5) for k in range(100)]
    model = pareto_nbd.fit(summary_of(rows))
    assert model.status == "boundary"
    assert model.boundary == "s and beta -> infinity: all customers leave at one rate"
    assert not model.can_predict
    with pytest.raises(ea.InvalidArgument, match="no parameters to predict with"):
        pareto_nbd.expected_purchases(model, summary_of(rows), 1.0)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(0, 0, 3), (0, 0, 5)], "pareto_nbd: nobody has a repeat purchase"),
        ([(2, 1, 3)] * 5, "pareto_nbd: all customers are alike"),
        ([(1, 1, 3), (2, 0, 3)], r"must be after the first: 0 \(row 2, column \"recency\"\)"),
        ([(1, 1, 3), (2, 4, 3)], r"must not exceed T: 4 \(row 2"),
        ([(1, math.nan, 3)], r"nan \(row 1, column \"recency\"\)"),
        ([], "there is no customer"),
    ],
)
def test_bad_rows_are_named(rows: list[Row], words: str) -> None:
    with pytest.raises(ea.InvalidData, match=words):
        pareto_nbd.fit(summary_of(rows))


@pytest.mark.parametrize(
    "options",
    [{"penalizer_coef": -1.0}, {"boundary_gain": math.nan}, {"init": (1, 2, 3)}, {"max_iter": 0}],
)
def test_bad_options_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(ea.InvalidArgument, match="pareto_nbd"):
        pareto_nbd.fit(summary_of(list(drawn())), **options)
    with pytest.raises(ea.InvalidArgument, match="pareto_nbd"):
        pareto_nbd.expected_purchases(model_at(TRUTH), summary_of(list(drawn())), 1.0, start=2.0)


def test_a_penalty_pulls_towards_nothing() -> None:
    free = pareto_nbd.fit(summary_of(list(drawn())))
    held = pareto_nbd.fit(summary_of(list(drawn())), penalizer_coef=0.1)
    assert held.status == "converged"
    assert held.log_likelihood < free.log_likelihood
    assert held.parameters[2] < free.parameters[2]


def test_predictions_hang_together() -> None:
    row = summary_of([(2, 30.43, 38.86), (0, 0, 9), (0, 0, 0)])
    for model in (model_at((0.553, 10.578, 0.606, 11.669)), model_at((0.5, 4.0, 1.0, 3.0))):
        whole = pareto_nbd.expected_purchases(model, row, 39.0)
        parts = pareto_nbd.expected_purchases(model, row, 10.0)
        parts += pareto_nbd.expected_purchases(model, row, 39.0, start=10.0)
        np.testing.assert_allclose(parts, whole, rtol=1e-12)
        until = pareto_nbd.probability_of_purchase(model, row, 39.0)
        assert (until < whole).all()
        assert (until <= pareto_nbd.probability_alive(model, row)).all()
        new = pareto_nbd.expected_new_purchases(model, [39.0])[0]
        assert whole[2] == pytest.approx(new, rel=1e-14)
        short = pareto_nbd.probability_of_purchase(model, row, 1e-9)
        np.testing.assert_allclose(
            short, pareto_nbd.expected_purchases(model, row, 1e-9), rtol=1e-8
        )
        half = pareto_nbd.time_to_purchase(model, row, 0.5)
        assert (half > 0).all()


def test_a_discount_is_that_of_a_fine_sum() -> None:
    model, row = model_at(TRUTH), summary_of([(2, 10.0, 12.0), (0, 0, 30)])
    times = np.linspace(2.0, 52.0, 5_001)
    until = np.array([pareto_nbd.expected_purchases(model, row, time) for time in times])
    for discount in (1e-9, 0.01, 3.0):
        middle = np.exp(-discount * (times[1:] + times[:-1]) / 2)[:, None]
        fine = (np.diff(until, axis=0) * middle).sum(axis=0)
        told = pareto_nbd.expected_purchases(model, row, 52.0, start=2.0, discount=discount)
        np.testing.assert_allclose(told, fine, rtol=1e-4 if discount == 3.0 else 1e-8)
    longer = pareto_nbd.expected_purchases(model, row, 1e9, start=2.0, discount=3.0)
    np.testing.assert_allclose(longer, told, rtol=1e-12)


def test_a_saved_model_is_the_same_to_the_last_bit() -> None:
    model = pareto_nbd.fit(summary_of(list(drawn())))
    assert pareto_nbd.Model.from_json(model.to_json()) == model
    assert pickle.loads(pickle.dumps(model)) == model
    with pytest.raises(ea.InvalidData, match="expected one of bg_nbd: pareto_nbd"):
        bg_nbd.Model.from_json(model.to_json())
    with pytest.raises(TypeError, match=r"expected a bg_nbd\.Model"):
        bg_nbd.probability_alive(model, summary_of(list(drawn())))  # type: ignore[arg-type]


def test_the_estimator_is_the_functions() -> None:
    summary = summary_of(list(drawn()))
    estimator = ea.ParetoNBD(penalizer_coef=0.01)
    assert clone(estimator).get_params() == estimator.get_params()
    model = pareto_nbd.fit(summary, penalizer_coef=0.01)
    assert estimator.fit(summary).model_ == model
    assert list(estimator.params_) == ["r", "alpha", "s", "beta"]
    assert estimator.score(summary) == pytest.approx(
        pareto_nbd.log_likelihood(model.parameters, summary) / 600
    )
    for one in (estimator, ea.ParetoNBD.from_json(estimator.to_json())):
        np.testing.assert_array_equal(
            one.predict(summary, 9.0, start=1.0, discount=0.1),
            pareto_nbd.expected_purchases(model, summary, 9.0, start=1.0, discount=0.1),
        )
        assert one.expected_new_purchases(4.0).shape == (1,)
        assert one.probability_of_purchase(summary, 4.0).shape == (600,)
        assert one.probability_alive(summary).max() <= 1.0
