"""Customer lifetime value: predictions, their test, reasons where there is none."""

import math
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

import ecommerce_analytics as ea
from known_files import known_copy
from order_logs import content_of


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
    assert ea.clv.predict(lines, horizon_days=36_500).warning is None


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
    ],
)
def test_bad_options_are_named(options: dict[str, float]) -> None:
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
