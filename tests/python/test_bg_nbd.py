"""BG/NBD: against mpmath, the published figures, boundaries, bad rows, the estimator."""

import itertools
import json
import math
import pickle
from functools import cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import scipy.integrate
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import ecommerce_analytics as ea
from ecommerce_analytics import bg_nbd
from golden import read_rows
from known_files import known_copy
from reference import bg_nbd as reference

CASE = "bg_nbd/hard_points"
Row = tuple[float, float, float]


def model_at(parameters: tuple[float, ...]) -> bg_nbd.Model:
    nothing = (math.nan,) * 4
    return bg_nbd.Model(parameters, "converged", "", 0.0, 0.0, 0, 1, 1, 1.0, nothing, nothing * 4)


def summary_of(rows: list[Row]) -> dict[str, Any]:
    columns = np.array(rows, dtype=float).reshape(-1, 3).T
    return dict(zip(("frequency", "recency", "T"), columns, strict=True))


@cache
def cdnow() -> ea.Table:
    dataset = ea.datasets.load_cdnow(known_copy("cdnow/CDNOW_sample.txt"))
    return ea.purchase_history.summary(dataset.transactions, calibration_end="1997-10-01")


@cache
def drawn(num: int = 600) -> tuple[Row, ...]:
    """Draw histories from the model itself, r .8, alpha 6, a .7, b 3."""
    random = np.random.default_rng(5)
    rows = []
    for _ in range(num):
        rate, leaves = random.gamma(0.8, 1 / 6), random.beta(0.7, 3.0)
        T = float(random.integers(20, 60))
        count, last, time = 0, 0.0, 0.0
        while (time := time + random.exponential(1 / rate)) < T:
            count, last = count + 1, time
            if random.random() < leaves:
                break
        rows.append((float(count), last, T))
    return tuple(rows)


def test_hard_points_match_mpmath() -> None:
    points = read_rows(CASE, "input.csv")
    for point, expected in zip(points, read_rows(CASE, "expected.csv"), strict=True):
        value = {name: float(text) for name, text in point.items()}
        parameters = tuple(value[name] for name in bg_nbd.NAMES)
        row = summary_of([(value["frequency"], value["recency"], value["T"])])
        model = model_at(parameters)
        actual = {
            "log_likelihood": bg_nbd.log_likelihood(parameters, row),
            "probability_alive": bg_nbd.probability_alive(model, row)[0],
            "expected_purchases": bg_nbd.expected_purchases(model, row, value["time"])[0],
        }
        for name, exact in expected.items():
            assert actual[name] == pytest.approx(float(exact), rel=1e-9, abs=0.0), (name, point)


_SHAPES = st.floats(0.01, 50.0)


@settings(max_examples=40)
@given(
    st.tuples(_SHAPES, st.floats(0.01, 1e4), _SHAPES, _SHAPES),
    st.integers(0, 300),
    st.floats(0.01, 1.0),
    st.floats(0.01, 1e6),
    st.floats(1e-3, 1e5),
)
def test_any_point_matches_mpmath(
    parameters: tuple[float, ...], x: int, share: float, T: float, time: float
) -> None:
    recency = share * T if x else 0.0
    row, model = summary_of([(x, recency, T)]), model_at(parameters)
    exact = reference.log_likelihood(parameters, x, recency, T)
    assert bg_nbd.log_likelihood(parameters, row) == pytest.approx(float(exact), rel=1e-9, abs=1e-9)
    alive = float(reference.probability_alive(parameters, x, recency, T))
    if alive > 1e-280:
        assert bg_nbd.probability_alive(model, row)[0] == pytest.approx(alive, rel=1e-9)
        mean = reference.expected_purchases(parameters, x, recency, T, time)
        actual = bg_nbd.expected_purchases(model, row, time)[0]
        assert actual == pytest.approx(float(mean), rel=1e-9, abs=0.0)


def test_the_figures_of_cdnow() -> None:
    model = bg_nbd.fit(cdnow())
    assert model.status == "converged"
    r, alpha, a, b = model.parameters
    assert [round(one, 3) for one in (r, a, b)] == [0.243, 0.793, 2.426]
    assert alpha == pytest.approx(4.413602, abs=5e-7)
    assert model.log_likelihood == pytest.approx(-9582.42921, abs=5e-6)
    one = summary_of([(2, 30.43, 38.86)])
    assert bg_nbd.expected_purchases(model, one, 39.0)[0] == pytest.approx(1.226, abs=5e-4)
    assert bg_nbd.expected_purchases(model, cdnow(), 39.0).sum() == pytest.approx(1653.4, abs=0.05)


def test_five_starts_agree_to_eight_digits() -> None:
    best = np.array(bg_nbd.fit(cdnow()).parameters)
    for init in (
        (1, 1, 1, 1),
        (0.05, 0.5, 0.1, 5),
        (3, 30, 5, 1),
        (0.5, 50, 0.01, 9),
        (2, 3, 4, 5),
    ):
        one = bg_nbd.fit(cdnow(), init=init)
        assert one.status == "converged"
        np.testing.assert_allclose(one.parameters, best, rtol=5e-9)


def test_the_gradient_at_the_optimum_is_nothing_by_mpmath() -> None:
    rows = drawn()
    parameters = bg_nbd.fit(summary_of(list(rows))).parameters
    kinds: dict[Row, int] = {}
    for row in rows:
        kinds[row] = kinds.get(row, 0) + 1

    def mean(logarithms: list[Any]) -> Any:
        at = [mp.exp(one) for one in logarithms]
        return mp.fsum(num * reference.log_likelihood(at, *row) for row, num in kinds.items()) / 600

    with mp.workdps(40):
        at = [mp.log(mp.mpf(one)) for one in parameters]
        for place in range(4):
            step = mp.mpf(10) ** -12
            ends = [
                mean([one + side * step if k == place else one for k, one in enumerate(at)])
                for side in (-1, 1)
            ]
            assert abs((ends[1] - ends[0]) / (2 * step)) < 1e-9


def test_the_truth_is_within_four_standard_errors() -> None:
    model = bg_nbd.fit(summary_of(list(drawn())))
    for actual, error, truth in zip(
        model.parameters, model.standard_errors, (0.8, 6.0, 0.7, 3.0), strict=True
    ):
        assert abs(actual - truth) < 4 * error


def test_order_and_threads_change_no_bit() -> None:
    rows = list(drawn())
    model = bg_nbd.fit(summary_of(rows))
    assert bg_nbd.fit(summary_of(rows[::-1]), num_threads=3) == model
    double = bg_nbd.fit(summary_of(rows * 2))
    np.testing.assert_allclose(double.parameters, model.parameters, rtol=1e-9)
    np.testing.assert_allclose(
        double.standard_errors, np.array(model.standard_errors) / math.sqrt(2), rtol=1e-6
    )


def test_another_unit_of_time_changes_alpha_alone() -> None:
    model = bg_nbd.fit(summary_of(list(drawn())))
    days = bg_nbd.fit(summary_of([(x, 7 * recency, 7 * T) for x, recency, T in drawn()]))
    np.testing.assert_allclose(
        days.parameters, np.array(model.parameters) * [1, 7, 1, 1], rtol=1e-8
    )


def test_online_retail_is_at_the_boundary() -> None:
    path = known_copy("online_retail/online_retail.csv")
    dataset = ea.datasets.load_online_retail(path, cleaning="E")
    summary = ea.purchase_history.summary(dataset.transactions, period_days=1.0)
    model = bg_nbd.fit(summary)
    assert (model.status, model.boundary) == ("boundary", "a -> 0: nobody leaves")
    r, alpha, a, b = model.parameters
    assert (round(r, 4), round(alpha, 2), a) == (0.8276, 69.09, 0.0)
    assert math.isnan(b)
    assert bg_nbd.probability_alive(model, summary).min() == 1.0
    # A best fit inside exists, and gains 0.12 of log-likelihood for two more parameters.
    inside = bg_nbd.fit(summary, boundary_gain=0.0)
    assert inside.status == "converged"
    assert 0.0 < inside.log_likelihood - model.log_likelihood < 0.13


def test_the_likelihood_of_a_boundary_is_that_of_its_model() -> None:
    random = np.random.default_rng(0)
    rows: list[Row] = []
    for rate in random.gamma(0.8, 0.2, 500):  # Nobody leaves.
        T = random.uniform(5.0, 40.0)
        times = np.cumsum(random.exponential(1 / rate, 400))
        times = times[times < T]
        rows.append((float(len(times)), float(times[-1]) if len(times) else 0.0, T))
    summary = summary_of(rows)
    estimator = ea.BGNBD().fit(summary)
    assert (estimator.status_, estimator.params_["a"]) == ("boundary", 0.0)
    told = bg_nbd.log_likelihood(estimator.model_.parameters, summary)
    assert told == pytest.approx(estimator.log_likelihood_, rel=1e-14)
    assert estimator.score(summary) == told / len(rows)
    r, alpha = estimator.params_["r"], estimator.params_["alpha"]
    by_hand = math.fsum(
        math.lgamma(r + x) - math.lgamma(r) + r * math.log(alpha) - (r + x) * math.log(alpha + T)
        for x, _, T in rows
    )
    assert told == pytest.approx(by_hand, rel=1e-12)
    near = bg_nbd.log_likelihood((r, alpha, 1e-12, 1.0), summary)
    assert told == pytest.approx(near, rel=1e-8)
    with pytest.raises(ea.InvalidArgument, match="above 0"):
        bg_nbd.log_likelihood((r, math.nan, 0.0, math.nan), summary)


def test_other_limits_are_named_and_predict_nothing() -> None:
    rows = [(float(x > 0), recency if x else 0.0, T) for x, recency, T in drawn()]
    model = bg_nbd.fit(summary_of(rows))
    assert model.status == "boundary"
    assert not model.can_predict
    with pytest.raises(ea.InvalidArgument, match="no parameters to predict with"):
        bg_nbd.expected_purchases(model, summary_of(rows), 1.0)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(0, 0, 3), (0, 0, 5)], "nobody has a repeat purchase"),
        ([(2, 1, 3)] * 5, "all customers are alike"),
        ([(1, 1, 3), (2, 0, 3)], r"must be after the first: 0 \(row 2, column \"recency\"\)"),
        ([(1, 1, 3), (2, 4, 3)], r"must not exceed T: 4 \(row 2"),
        ([(0, 1, 3)], "without a repeat purchase recency must be 0"),
        ([(1.5, 1, 3)], "whole number"),
        ([(-1, 1, 3)], r"0 or more, and finite: -1 \(row 1, column \"frequency\"\)"),
        ([(1, math.nan, 3)], r"nan \(row 1, column \"recency\"\)"),
        ([(1, 1, math.inf)], r"inf \(row 1, column \"T\"\)"),
        ([], "there is no customer"),
    ],
)
def test_bad_rows_are_named(rows: list[Row], words: str) -> None:
    with pytest.raises(ea.InvalidData, match=words):
        bg_nbd.fit(summary_of(rows))


@pytest.mark.parametrize(
    "options",
    [
        {"penalizer_coef": -1.0},
        {"penalizer_coef": "much"},
        {"boundary_gain": math.nan},
        {"init": (1, 2, 3)},
        {"init": (1, 2, 3, 0)},
        {"max_iter": 0},
    ],
)
def test_bad_options_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(ea.InvalidArgument, match="bg_nbd"):
        bg_nbd.fit(summary_of(list(drawn())), **options)


def test_a_penalty_pulls_towards_nothing() -> None:
    free = bg_nbd.fit(summary_of(list(drawn())))
    held = bg_nbd.fit(summary_of(list(drawn())), penalizer_coef=0.1)
    assert held.status == "converged"
    assert held.log_likelihood < free.log_likelihood
    assert held.parameters[3] < free.parameters[3]


def test_predictions_hang_together() -> None:
    model, row = model_at((0.243, 4.414, 0.793, 2.426)), summary_of([(2, 30.43, 38.86), (0, 0, 9)])
    whole = bg_nbd.expected_purchases(model, row, 39.0)
    parts = bg_nbd.expected_purchases(model, row, 10.0) + bg_nbd.expected_purchases(
        model, row, 39.0, start=10.0
    )
    np.testing.assert_allclose(parts, whole, rtol=1e-12)
    until = bg_nbd.probability_of_purchase(model, row, 39.0)
    assert (until < whole).all()
    assert (until <= bg_nbd.probability_alive(model, row)).all()
    # A newcomer is a customer of whom nothing is known yet.
    new = bg_nbd.expected_purchases(model, summary_of([(0, 0, 0)]), 39.0)
    np.testing.assert_allclose(bg_nbd.expected_new_purchases(model, [39.0]), new, rtol=1e-14)
    half = bg_nbd.time_to_purchase(model, row, 0.5)
    for time, place in zip(half, range(2), strict=True):
        alive = bg_nbd.probability_alive(model, row)[place]
        assert bg_nbd.probability_of_purchase(model, row, time)[place] == pytest.approx(alive / 2)


def test_a_discount_is_that_of_a_fine_sum() -> None:
    model, row = model_at((0.8, 6.0, 0.7, 3.0)), summary_of([(2, 10.0, 12.0), (0, 0, 30)])
    times = np.linspace(2.0, 52.0, 5_001)
    until = np.array([bg_nbd.expected_purchases(model, row, time) for time in times])
    middle = np.exp(-0.01 * (times[1:] + times[:-1]) / 2)[:, None]
    fine = (np.diff(until, axis=0) * middle).sum(axis=0)
    actual = bg_nbd.expected_purchases(model, row, 52.0, start=2.0, discount=0.01)
    np.testing.assert_allclose(actual, fine, rtol=1e-8)


@pytest.mark.parametrize(
    ("discount", "start", "end"),
    [
        (0.01, 0.0, 52.0),
        (0.0023, 0.0, 52.0),
        (0.5, 0.0, 1_000.0),
        (1.0, 0.0, 5_000.0),
        (1.0, 30.0, 1e9),
        (1e-4, 5.0, 1e6),
        (300.0, 0.0, 10.0),
    ],
)
@pytest.mark.parametrize("parameters", [(0.8, 6.0, 0.7, 3.0), (0.24, 4.4, 0.0, math.nan)])
def test_a_discount_equals_adaptive_quadrature(
    parameters: tuple[float, ...], discount: float, start: float, end: float
) -> None:
    model = model_at(parameters)
    for history in [(2.0, 10.0, 12.0), (0.0, 0.0, 30.0), (40.0, 25.0, 26.0), (0.0, 0.0, 0.0)]:
        row = summary_of([history])
        before = bg_nbd.expected_purchases(model, row, start)[0]

        def weighed(
            age: float, row: dict[str, Any] = row, before: float = before
        ) -> float:  # By parts; age is the discount so far.
            until = bg_nbd.expected_purchases(model, row, start + age / discount)[0]
            return float((until - before) * math.exp(-age))

        last = min(discount * (end - start), 60.0)
        points = [0.0, *(one for one in (0.01, 0.1, 1.0, 4.0, 16.0) if one < last), last]
        parts = [
            scipy.integrate.quad(weighed, low, high, epsabs=0.0, epsrel=1e-11)[0]
            for low, high in itertools.pairwise(points)
        ]
        expected = math.exp(-discount * start) * (math.fsum(parts) + weighed(last))
        told = bg_nbd.expected_purchases(model, row, end, start=start, discount=discount)[0]
        assert told == pytest.approx(expected, rel=1e-9)
        longer = bg_nbd.expected_purchases(model, row, 2 * end, start=start, discount=discount)[0]
        assert longer >= told * (1 - 1e-13)


def test_a_saved_model_is_the_same_to_the_last_bit() -> None:
    model = bg_nbd.fit(summary_of(list(drawn())))
    assert bg_nbd.Model.from_json(model.to_json()) == model
    assert pickle.loads(pickle.dumps(model)) == model
    document = json.loads(model.to_json())
    document["state"]["parameters"][0] += 1e-12
    with pytest.raises(ea.InvalidData, match="damaged"):
        bg_nbd.Model.from_json(json.dumps(document))
    document["version"] = 99
    with pytest.raises(ea.InvalidData, match="version is not known"):
        bg_nbd.Model.from_json(json.dumps(document))
    for text in ("", "[]", "{}", '{"model": "gamma_gamma"}'):
        with pytest.raises(ea.InvalidData, match="no model of ours"):
            bg_nbd.Model.from_json(text)


def test_the_estimator_is_the_functions() -> None:
    summary = summary_of(list(drawn()))
    estimator = ea.BGNBD(penalizer_coef=0.01)
    with pytest.raises(NotFittedError):
        estimator.predict(summary, 1.0)
    assert clone(estimator).get_params() == estimator.get_params()
    estimator.fit(summary)
    model = bg_nbd.fit(summary, penalizer_coef=0.01)
    assert estimator.model_ == model
    assert tuple(estimator.params_.values()) == model.parameters
    assert estimator.covariance_.shape == (4, 4)
    assert (estimator.status_, estimator.converged_, estimator.boundary_) == ("converged", True, "")
    assert estimator.score(summary) == pytest.approx(model.log_likelihood / 600)
    again = ea.BGNBD.from_json(estimator.to_json())
    for one in (estimator, again):
        np.testing.assert_array_equal(
            one.predict(summary, 9.0, start=1.0, discount=0.1),
            bg_nbd.expected_purchases(model, summary, 9.0, start=1.0, discount=0.1),
        )
        np.testing.assert_array_equal(
            one.probability_alive(summary), bg_nbd.probability_alive(model, summary)
        )
        assert one.expected_new_purchases(4.0).shape == (1,)
        assert one.probability_of_purchase(summary, 4.0).shape == (600,)
