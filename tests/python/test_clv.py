"""Customer lifetime value: predictions, their test, reasons where there is none."""

import math
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

import ecommerce_analytics as ea
from conftest import CHECKOUT
from ecommerce_analytics import clv_rivals
from known_files import known_copy
from order_logs import content_of

OPTIONS: dict[str, Any] = {
    "period_days": 7.0,
    "penalizer_coef": 0.0,
    "random_state": 0,
    "num_threads": None,
}


@cache
def shop() -> ea.Transactions:
    return ea.datasets.make_synthetic(num_customers=1_000, random_state=3).transactions


@cache
def cdnow() -> ea.Transactions:
    return ea.datasets.load_cdnow(known_copy("cdnow/CDNOW_sample.txt")).transactions


def predicted(transactions: ea.Transactions, **options: Any) -> ea.Table:
    found = ea.clv.predict(transactions, **options)
    assert found.customers is not None
    assert found.reason is None
    return found.customers


def test_the_table_is_what_the_models_say() -> None:
    found = ea.clv.predict(shop(), horizon_days=90, start_days=10, discount_rate=0.2)
    table, models = found.customers, found.models
    assert table is not None
    assert models is not None
    summary = ea.purchase_history.summary(shop())
    assert table["customer"].tolist() == summary["customer"].tolist()
    force = math.log1p(0.2) * 7 / 365.25
    purchases = ea.bg_nbd.expected_purchases(models.purchases, summary, 90 / 7, start=10 / 7)
    np.testing.assert_array_equal(table["expected_purchases"], purchases)
    counted = ea.bg_nbd.expected_purchases(
        models.purchases, summary, 90 / 7, start=10 / 7, discount=force
    )
    np.testing.assert_allclose(table["clv"], counted * table["expected_value"], rtol=1e-14)
    assert float(table.metadata["clv_total"]) == pytest.approx(table["clv"].sum())
    assert float(table.metadata["expected_revenue"]) == pytest.approx(
        float(np.sum(purchases * table["expected_value"]))
    )
    assert (table["purchases_lower"] <= table["purchases_upper"]).all()


def test_no_discount_is_the_plain_sum() -> None:
    table = predicted(shop(), horizon_days=90, discount_rate=0.0)
    np.testing.assert_array_equal(
        table["clv"], table["expected_purchases"] * table["expected_value"]
    )
    longer = predicted(shop(), horizon_days=180, discount_rate=0.0)
    assert (longer["clv"] > table["clv"]).all()


def test_dates_lie_in_order_after_the_end_of_the_data() -> None:
    table = predicted(shop())
    dates = [table[f"next_order{end}"] for end in ("_lower", "", "_upper")]
    end = np.datetime64(table.metadata["as_of"][:10], "D")
    for earlier, later in zip([np.full(len(table), end), *dates], dates, strict=False):
        there = ~np.ma.getmaskarray(later) & ~np.ma.getmaskarray(earlier)
        assert (np.ma.getdata(earlier)[there] <= np.ma.getdata(later)[there]).all()
    assert table["days_overdue"].min() == 0.0
    assert table["days_overdue"].max() > 0.0


def test_the_interval_of_purchases_holds_its_share() -> None:
    """Draw a shop from the model itself, and count whose holdout lies in his interval."""
    lines = _drawn_shop()
    cut = date(2024, 9, 1)
    table = predicted(lines, as_of=cut, horizon_days=90)
    summary = ea.purchase_history.summary(
        lines, calibration_end=cut, holdout_end=cut + timedelta(days=90)
    )
    made = summary["holdout_frequency"]
    inside = (made >= table["purchases_lower"]) & (made <= table["purchases_upper"])
    assert 0.8 < inside.mean() < 0.97  # Whole numbers: it holds a little more than its share.
    assert np.isfinite(table["purchases_upper"]).all()


def test_row_order_and_threads_change_no_byte() -> None:
    table = predicted(shop(), horizon_days=90, num_threads=1)
    assert content_of(predicted(shop(), horizon_days=90, num_threads=3)) == content_of(table)
    one = ea.clv.backtest(shop(), "2024-07-01", num_threads=1)
    two = ea.clv.backtest(shop(), "2024-07-01", num_threads=2)
    assert one.totals is not None
    assert two.totals is not None
    assert content_of(one.totals) == content_of(two.totals)


def test_the_backtest_of_cdnow() -> None:
    found = ea.clv.backtest(cdnow(), "1997-10-01")
    assert found.totals is not None
    assert found.by_frequency is not None
    rows = found.totals.to_pandas().set_index("figure")
    assert rows.loc["purchases", "actual"] == 1_882
    assert rows.loc["purchases", "model"] == pytest.approx(1653.4, abs=0.05)
    assert rows.loc["purchases", "naive"] == pytest.approx(2_930, abs=0.5)
    assert rows.loc["purchases", "model_error"] == pytest.approx(1653.4 / 1882 - 1, abs=1e-4)
    assert float(found.totals.metadata["model_rmse"]) < float(found.totals.metadata["naive_rmse"])
    groups = found.by_frequency.to_pandas()
    assert groups["customers"].sum() == 2_357
    assert groups["frequency_group"].tolist() == [*map(str, range(7)), "7+"]
    totals = groups[["actual", "model", "naive"]].mul(groups["customers"], axis=0).sum()
    for name in ("actual", "model", "naive"):
        assert totals[name] == pytest.approx(rows.loc["purchases", name])
    assert ((groups["lower"] <= groups["model"]) & (groups["model"] <= groups["upper"])).all()


def test_the_rivals_of_cdnow() -> None:
    found = ea.clv.backtest(cdnow(), "1997-10-01")
    assert found.rivals is not None
    assert found.totals is not None
    rows = found.rivals.to_pandas().set_index("rival")
    assert rows.index.tolist() == list(clv_rivals.RIVALS.values())
    assert rows.loc["BG/NBD", "expected"] == pytest.approx(1653.4, abs=0.05)
    assert rows.loc["own past rate", "expected"] == pytest.approx(2_930, abs=0.5)
    assert set(rows["actual"]) == {1_882.0}
    assert rows.loc["BG/NBD", "rmse"] == pytest.approx(
        float(found.totals.metadata["model_rmse"]), rel=1e-12
    )
    # Both models of purchases beat the naive rate by more than the interval; their own
    # difference is within it, so the simpler one is taken.
    assert (rows.loc[["BG/NBD", "Pareto/NBD"], ["lower", "mae_lower"]] > 0.0).all(axis=None)
    assert found.rivals.metadata["winner"] == found.rivals.metadata["chosen"] == "BG/NBD"
    assert found.totals.metadata["why"].startswith("the simpler one")
    card = (CHECKOUT / "docs" / "model_card_clv.md").read_text(encoding="utf-8")
    for told in rows.itertuples():
        assert f"| {told.expected:,.0f} | {told.error:+.0%}".replace("-", "\u2212")[:-1] in card
        assert f"| {told.rmse:.3f} | " in card
    asked = ea.clv.predict(cdnow(), as_of="1997-10-01", model="pareto_nbd")
    assert asked.customers is not None
    assert asked.customers.metadata["purchase_model"] == "Pareto/NBD"
    assert asked.customers.metadata["why"] == "it was asked for"


def test_the_rule_prefers_the_simpler_of_equals() -> None:
    random = np.random.default_rng(0)
    actual = random.poisson(2.0, 400).astype(float)
    near = actual + random.normal(0.0, 0.1, 400)
    far = actual + random.normal(0.0, 2.0, 400)
    prefer = clv_rivals.preferred
    assert prefer({"naive": far, "bg_nbd": near, "pareto_nbd": near}, actual)[0] == "bg_nbd"
    assert (
        prefer({"naive": far, "bg_nbd": far, "random_forest": near}, actual)[0] == "random_forest"
    )
    # Hardly better is not better: the interval of the difference holds 0.
    hardly = near.copy()
    hardly[:3] = actual[:3]
    assert prefer({"bg_nbd": near, "pareto_nbd": hardly}, actual) == ("bg_nbd", "pareto_nbd")


def test_the_curve_of_cohorts_is_worked_by_hand() -> None:
    T = np.array([2.5] * 30 + [1.0] * 10)
    # Of 40 customers seen through the first period 8 bought, of 30 through the second 3.
    curve = clv_rivals.cohort_curve(np.array([0.5] * 8 + [1.2] * 3), T)
    assert curve.tolist() == [8 / 40, 3 / 30, 3 / 30]


def test_without_scikit_learn_the_forest_has_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(extra: str, module: str) -> None:
        raise ea.MissingExtra(f"{module} is not installed")

    monkeypatch.setattr(clv_rivals, "require", missing)
    found = ea.clv.backtest(shop(), "2024-07-01")
    assert found.rivals is not None
    assert found.rivals["note"][-1] == "sklearn.ensemble is not installed"
    assert found.rivals["rmse"].tolist()[-1] is None


def test_no_rival_sees_anything_of_the_holdout() -> None:
    """Two shops differ from the cut on: what is expected of it is the same to the last bit."""
    random = np.random.default_rng(6)
    day = random.integers(0, 366, 6_000)
    customer = (500 * random.random(6_000) ** 2).astype(np.int64)
    cut = np.datetime64("2024-09-01")
    made = []
    for kept in (1.0, 0.3):
        moment = np.datetime64("2024-01-01") + day
        is_in = (moment < cut) | (random.random(6_000) < kept) | (day == day.max())
        num = int(is_in.sum())
        lines = ea.Transactions.from_arrays(
            customer=customer[is_in],
            order=np.arange(num),
            timestamp=moment[is_in].astype("datetime64[us]"),
            amount=np.where(moment < cut, customer % 97 + day / 366 + 1, 7.0)[is_in].round(2),
        )
        made.append(clv_rivals.hold(lines, cut, "2024-12-31", **OPTIONS))
    one, other = made
    assert isinstance(one, clv_rivals.Contest)
    assert isinstance(other, clv_rivals.Contest)
    assert one.table["actual"][0] > other.table["actual"][0]
    assert set(one.expected) == set(other.expected) == set(clv_rivals.RIVALS)
    for name, values in one.expected.items():
        np.testing.assert_array_equal(values, other.expected[name])


def test_the_weeks_add_up() -> None:
    table = ea.clv.tracking(cdnow(), "1997-10-01").to_pandas()
    assert table["purchase_model"].unique().tolist() == ["BG/NBD", "Pareto/NBD"]
    for name, rows in table.groupby("purchase_model"):
        assert len(rows) == 78
        assert (rows["span"] == "calibration").sum() == 39
        assert rows["actual"].sum() == 2_457 + 1_882
        assert rows.loc[rows["span"] == "calibration", "actual"].sum() == 2_457
        for single, added in (
            ("actual", "actual_total"),
            ("expected", "expected_total"),
            ("baseline", "baseline_total"),
        ):
            np.testing.assert_allclose(rows[single].cumsum(), rows[added])
        # The fit is to these weeks, so their sum is near, and within the interval.
        last = rows[rows["span"] == "calibration"].iloc[-1]
        assert last["expected_total"] == pytest.approx(2_457, rel=0.03), name
        assert last["total_lower"] < 2_457 < last["total_upper"]
        inside = rows["expected"].between(rows["lower"], rows["upper"])
        assert inside.all()
    model = ea.bg_nbd.fit(ea.purchase_history.summary(cdnow(), calibration_end="1997-10-01"))
    first = ea.datasets.load_cdnow(known_copy("cdnow/CDNOW_sample.txt")).transactions
    births = ea.orders.list_customers(first)["first_order"].astype("datetime64[D]")
    ages = (np.datetime64("1998-06-30") - births).astype(float) / 7
    whole = ea.bg_nbd.expected_new_purchases(model, ages).sum()
    assert table["expected_total"][77] == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize("model", ["bg_nbd", "pareto_nbd"])
def test_resamples_hold_the_truth_and_need_the_summary(model: str) -> None:
    """Draw a shop with known parameters; the truth lies within the intervals of resamples."""
    truth = {"bg_nbd": (0.8, 6.0, 0.7, 3.0), "pareto_nbd": (0.8, 6.0, 0.9, 12.0)}[model]
    module = getattr(ea, model)
    T = np.random.default_rng(1).integers(20, 60, 900).astype(float)
    drawn = module.draw_histories(truth, T, random_state=2)
    random = np.random.default_rng(3)
    repeats = np.maximum(drawn["frequency"], 1.0)
    rate = random.gamma(4.0, 1 / 50.0, len(T))
    summary = {**drawn, "monetary_value": random.gamma(6.0 * repeats) / (rate * repeats)}
    models = ea.clv.fit(summary, model=model)
    table = ea.clv.parameters(models, summary, n_resamples=40, random_state=1)
    frame = table.to_pandas()
    for row, value in zip(frame.itertuples(), (*truth, 6.0, 4.0, 50.0), strict=True):
        assert row.lower < value < row.upper, row.parameter
    assert table.metadata["interval"] == "bootstrap"
    again = ea.clv.parameters(models, summary, n_resamples=40, random_state=1, num_threads=1)
    assert content_of(again) == content_of(table)
    with pytest.raises(ea.InvalidArgument, match="need the summary"):
        ea.clv.parameters(models, n_resamples=10)
    with pytest.raises(ea.InvalidArgument, match="n_resamples"):
        module.bootstrap(models.purchases, summary, 0)


def test_draws_have_the_mean_that_the_model_expects() -> None:
    T = np.full(40_000, 30.0)
    for module, parameters in (
        (ea.bg_nbd, (0.8, 6.0, 0.7, 3.0)),
        (ea.pareto_nbd, (0.8, 6.0, 0.9, 12.0)),
    ):
        nothing = (math.nan,) * 4
        model = module.Model(
            parameters, "converged", "", 0.0, 0.0, 0, 1, 1, 1.0, nothing, nothing * 4
        )
        drawn = module.draw_histories(parameters, T)
        mean = module.expected_new_purchases(model, [30.0])[0]
        error = drawn["frequency"].std() / 200
        assert abs(drawn["frequency"].mean() - mean) < 4 * error
        assert ((drawn["recency"] > 0) == (drawn["frequency"] > 0)).all()
        assert drawn["recency"].max() < 30.0


def test_the_parameters_have_intervals() -> None:
    found = ea.clv.predict(cdnow(), as_of="1997-10-01")
    assert found.parameters is not None
    frame = found.parameters.to_pandas()
    assert frame["parameter"].tolist() == ["r", "alpha", "a", "b", "p", "q", "gamma"]
    assert ((frame["lower"] < frame["estimate"]) & (frame["estimate"] < frame["upper"])).all()
    assert float(found.parameters.metadata["frequency_value_correlation"]) == pytest.approx(
        0.1139, abs=1e-4
    )


def test_the_boundary_is_told_and_the_nbd_predicts() -> None:
    path = known_copy("online_retail/online_retail.csv")
    lines = ea.datasets.load_online_retail(path, cleaning="E").transactions
    found = ea.clv.predict(lines)
    assert found.customers is not None
    assert found.models is not None
    assert found.models.purchases.status == "boundary"
    assert found.customers.metadata["purchase_model"] == "NBD"
    assert set(found.customers["probability_alive"].tolist()) == {1.0}
    assert found.warning is None
    # The own past rate errs hardly more, and is simpler.
    assert found.customers.metadata["winner"] == "own past rate"


@pytest.mark.parametrize(
    ("num_customers", "words"), [(40, "too few customers: 40"), (0, "too few customers came back")]
)
def test_too_few_is_a_reason(num_customers: int, words: str) -> None:
    lines = (
        ea.datasets.make_synthetic(num_customers=num_customers).transactions
        if num_customers
        else _one_time_buyers()
    )
    found = ea.clv.evaluate(lines)
    assert found.prediction.customers is None
    assert words in str(found.prediction.reason)
    assert found.backtest.totals is None
    assert found.backtest.reason


@pytest.mark.parametrize("factor", [0.3, 1.0, 3.0])
def test_money_outside_the_interval_of_the_test_is_warned_of(factor: float) -> None:
    lines = ea.datasets.make_synthetic(num_customers=500, days=365).tables["lines"].to_pandas()
    lines = lines[lines["customer"].notna() & (lines["kind"] == "sale")]
    is_late = lines["timestamp"].to_numpy() >= np.datetime64("2023-09-01")
    amount = lines["amount"].to_numpy().astype(float) * np.where(is_late, factor, 1.0)
    shop = ea.Transactions.from_arrays(
        customer=lines["customer"].to_numpy(str),
        order=lines["order"].to_numpy(str),
        timestamp=lines["timestamp"].to_numpy().astype("datetime64[us]"),
        amount=amount.round(2),
    )
    found = ea.clv.evaluate(shop)
    totals = found.backtest.totals
    assert totals is not None
    assert found.prediction.customers is not None
    told = found.prediction.customers.metadata.get("warning")
    assert found.prediction.warning == told
    [money] = [row for row in totals.to_arrow().to_pylist() if row["figure"] == "money"]
    is_inside = money["lower"] <= money["actual"] <= money["upper"]
    assert is_inside == (factor == 1.0)
    if is_inside:
        assert "the interval" not in str(told)
    else:
        side = "below" if factor < 1.0 else "above"
        assert (
            f"{money['model']:,.0f} of money was expected ({money['lower']:,.0f} to"
            f" {money['upper']:,.0f}) and {money['actual']:,.0f} happened: {side} the interval"
        ) in str(told)


def test_a_sum_that_cannot_be_is_warned_of() -> None:
    """All but one left half a year ago, so nothing like the past can be expected."""
    random = np.random.default_rng(0)
    customers, days = [], []
    for customer in range(800):
        rate, leaves, day = random.gamma(0.8, 1 / 20), random.beta(0.7, 1.5), 0.0
        while day < 150:
            customers.append(customer)
            days.append(int(day))
            if random.random() < leaves:
                break
            day += random.exponential(1 / rate)
    customers.append(800)
    days.append(330)
    lines = ea.Transactions.from_arrays(
        customer=np.array(customers),
        order=np.arange(len(customers)),
        timestamp=np.datetime64("2022-01-01", "us") + np.array(days) * np.timedelta64(1, "D"),
        amount=(1 / random.gamma(4, 1 / 60, 801)[customers] * random.gamma(6, 1, len(customers)))
        .clip(min=0.01)
        .round(2),
    )
    found = ea.clv.predict(lines, horizon_days=300)
    assert found.reason is None
    assert found.customers is not None
    assert found.warning is not None
    assert "times the revenue of as many days before" in found.warning
    assert found.customers.metadata["warning"] == found.warning
    # A past that is shorter than the interval warns of nothing.
    longer = ea.clv.predict(lines, horizon_days=36_500).warning
    assert longer is not None
    assert "times the revenue" not in longer
    # It is of the test alone: whoever goes by age saw that nothing comes.
    assert longer.startswith("in the test cohort curve was better than BG/NBD")


def test_values_without_a_mean_are_a_reason() -> None:
    random = np.random.default_rng(3)
    customers = np.repeat(np.arange(700), random.geometric(0.35, 700))
    num = len(customers)
    lines = ea.Transactions.from_arrays(
        customer=customers,
        order=np.arange(num),
        timestamp=np.datetime64("2024-01-01", "us")
        + random.integers(0, 360, num) * np.timedelta64(1, "D"),
        amount=(random.gamma(6, 1, num) / random.gamma(0.6, 1, 700)[customers])
        .clip(0.01, 1e8)
        .round(2),
    )
    found = ea.clv.evaluate(lines)
    assert found.prediction.reason == "Gamma-Gamma: by its q of 1 or less the values have no mean"
    assert found.prediction.customers is None


def test_guests_alone_are_a_reason() -> None:
    num = 200
    lines = ea.Transactions.from_arrays(
        customer=[None] * num,
        order=np.arange(num),
        timestamp=np.datetime64("2024-01-01", "us") + np.arange(num) * np.timedelta64(1, "D"),
        amount=np.full(num, 5.0),
    )
    found = ea.clv.evaluate(lines)
    assert "no purchase of a known customer" in str(found.prediction.reason)
    assert "no purchase of a known customer" in str(found.backtest.reason)


@pytest.mark.parametrize(
    "options",
    [
        {"horizon_days": 0.0},
        {"start_days": 400.0},
        {"start_days": -1.0},
        {"horizon_days": math.inf},
        {"discount_rate": -0.1},
        {"discount_rate": math.nan},
        {"model": "gamma_gamma"},
    ],
)
def test_bad_options_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(ea.InvalidArgument, match="clv: "):
        ea.clv.predict(shop(), **options)


def test_who_spent_nothing_after_refunds_is_counted() -> None:
    summary = ea.purchase_history.summary(shop())
    frequency, value = ea.purchase_history.columns_of(summary, ("frequency", "monetary_value"))
    models = ea.clv.fit(summary)
    assert models.num_left_out == np.count_nonzero((frequency > 0) & (value <= 0))


def _one_time_buyers() -> ea.Transactions:
    num = 400
    return ea.Transactions.from_arrays(
        customer=np.arange(num),
        order=np.arange(num),
        timestamp=np.datetime64("2024-01-01", "us") + np.arange(num) * np.timedelta64(12, "h"),
        amount=np.full(num, 5.0),
    )


def _drawn_shop() -> ea.Transactions:
    """Draw orders of a shop from the model itself, on days of 2024."""
    random = np.random.default_rng(11)
    customers, days = [], []
    for customer in range(1_500):
        rate, leaves = random.gamma(0.8, 1 / 60), random.beta(0.7, 3.0)
        day = float(random.integers(0, 120))
        customers.append(customer)
        days.append(int(day))
        while (day := day + random.exponential(1 / rate)) < 366:
            customers.append(customer)
            days.append(int(day))
            if random.random() < leaves:
                break
    lines = len(days)
    return ea.Transactions.from_arrays(
        customer=np.array(customers),
        order=np.arange(lines),
        timestamp=(np.datetime64("2024-01-01") + np.array(days)).astype("datetime64[us]"),
        amount=(random.gamma(5.0, 1 / random.gamma(4.0, 0.1, 1_500)[customers]) + 0.01).round(2),
    )
