"""The synthetic shop: what its method page states, seen in the lines that come out."""

import csv
import hashlib
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ecommerce_analytics as ea
from conftest import CHECKOUT
from ecommerce_analytics.datasets import SyntheticDataset, make_synthetic, synthetic
from ecommerce_analytics.datasets.synthetic import synthetic_lines

SEEDS = (0, 1, 2)
START = pd.Timestamp("2023-01-01")
END = pd.Timestamp("2025-01-01")
DAYS = 731
FIRST_WEEKS = 0.75 * DAYS / 7.0
WINDOW_WEEKS = DAYS / 7.0
# Standard errors: a sound sample fails one of the few dozen checks once in a thousand seeds.
TOLERANCE = 4.5
NO_SEASON = {"yearly": 0.0, "weekly": 0.0, "daily": 0.0}


def frame(table: pa.Table) -> pd.DataFrame:
    """Return a table with money in whole cents and text as text."""
    columns = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_decimal(column.type):
            values = [value * 100 for value in column.to_pylist()]
            assert all(value == int(value) for value in values), name
            columns[name] = np.array([int(value) for value in values], dtype=np.int64)
        elif pa.types.is_dictionary(column.type):
            columns[name] = np.array(column.cast(pa.string()).to_pylist(), dtype=object)
        else:
            columns[name] = column.to_pandas()
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class Shop:
    """A drawn shop as pandas frames, and operational time computed anew."""

    data: SyntheticDataset

    @cached_property
    def lines(self) -> pd.DataFrame:
        return frame(self.data.tables["lines"])

    @cached_property
    def truth(self) -> pd.DataFrame:
        return frame(self.data.truth).set_index("customer")

    @property
    def sales(self) -> pd.DataFrame:
        return self.lines[self.lines["kind"] == "sale"]

    @cached_property
    def all_orders(self) -> pd.DataFrame:
        """One row per order: customer (null: guest), time, value before refunds, cents of goods."""
        bought = self.lines[self.lines["kind"] != "refund"]
        orders = bought.groupby("order").agg(
            customer=("customer", "first"),
            timestamp=("timestamp", "first"),
            amount=("amount", "sum"),
            freight=("freight", "sum"),
        )
        orders["week"] = self.weeks(orders["timestamp"])
        return orders

    @cached_property
    def orders(self) -> pd.DataFrame:
        """Return the orders of known customers by increasing time."""
        return self.all_orders.dropna(subset="customer").sort_values("timestamp")

    @cached_property
    def guests(self) -> pd.DataFrame:
        return self.all_orders[self.all_orders["customer"].isna()]

    @cached_property
    def hours(self) -> tuple[np.ndarray, np.ndarray]:
        """Hours since the start, and operational weeks until then, by the stated weights."""
        told = self.data.parameters
        start = pd.Timestamp(str(told["start"]))
        hours = pd.date_range(start, periods=int(str(told["days"])) * 24, freq="h")
        weights = [
            told["month_weights"][hour.month - 1]  # type: ignore[index]
            * told["weekday_weights"][hour.weekday()]  # type: ignore[index]
            * told["hour_weights"][hour.hour]  # type: ignore[index]
            for hour in hours
        ]
        reached = np.concatenate([[0.0], np.cumsum(weights)])
        return np.arange(len(hours) + 1), reached / reached[-1] * len(hours) / 168.0

    def weeks(self, timestamp: "pd.Series[Any]") -> np.ndarray:
        start = pd.Timestamp(str(self.data.parameters["start"]))
        return np.interp((timestamp - start) / pd.Timedelta(hours=1), *self.hours)


@pytest.fixture(scope="module", params=SEEDS)
def shop(request: pytest.FixtureRequest) -> Shop:
    return Shop(make_synthetic(5_000, request.param))


@pytest.fixture(scope="module")
def small() -> Shop:
    return Shop(make_synthetic(300, 5))


def assert_share(hits: "pd.Series[bool] | np.ndarray", expected: float) -> None:
    error = math.sqrt(expected * (1.0 - expected) / len(hits))
    assert np.mean(hits) == pytest.approx(expected, abs=TOLERANCE * error)


def assert_mean(values: "pd.Series[float] | np.ndarray", expected: float) -> None:
    error = np.std(values) / math.sqrt(len(values))
    assert np.mean(values) == pytest.approx(expected, abs=TOLERANCE * error)


def assert_counts(
    counts: Sequence[int] | np.ndarray, weights: Sequence[float] | np.ndarray
) -> None:
    """Hold counts to shares by the chi-square statistic."""
    counts, shares = np.asarray(counts), np.asarray(weights) / np.sum(weights)
    expected = counts.sum() * shares
    degrees = len(counts) - 1
    statistic = ((counts - expected) ** 2 / expected).sum()
    assert statistic < degrees + TOLERANCE * math.sqrt(2.0 * degrees)


def midpoints(num: int) -> np.ndarray:
    return (np.arange(num) + 0.5) / num


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# --- the same seed, the same shop ---


def digest(lines: Any) -> str:
    total = hashlib.sha256()
    for name, values in lines.items():
        total.update(name.encode() + b"\0")
        if values.dtype.kind == "U":
            total.update("\n".join(values.tolist()).encode())
        else:
            total.update(values.astype("<i8").tobytes())
    return total.hexdigest()


def test_the_same_seed_gives_the_same_bytes_on_any_machine() -> None:
    # Computed with numpy 2.4 on x86-64; the draws use nothing that may differ elsewhere.
    assert digest(synthetic_lines(500, 7)) == (
        "7839660ba1c78e5dc8be1f4c56cf7f1df161e3a864cf3b3249d676a191924945"
    )


def test_the_same_seed_gives_the_same_tables() -> None:
    one, two = (make_synthetic(60, 9, num_products=40, days=200) for _ in range(2))

    assert one.customers is not None
    assert one.customers.equals(two.customers)
    assert one.truth.equals(two.truth)
    for name, table in one.tables.items():
        assert table.equals(two.tables[name]), name
    assert one.parameters == two.parameters


def test_another_seed_gives_another_shop() -> None:
    assert digest(synthetic_lines(500, 7)) != digest(synthetic_lines(500, 8))


def test_arrays_and_tables_hold_the_same_lines(small: Shop) -> None:
    arrays = synthetic_lines(300, 5)
    table = small.lines.fillna({"customer": "", "product": "", "category": ""})
    for name, values in arrays.items():
        assert values.tolist() == table[name].to_numpy(values.dtype).tolist(), name  # type: ignore[attr-defined]
    tx = ea.Transactions.from_arrays(**arrays, integer_unit="minor")
    assert tx.report.kept == small.data.report.kept


def test_a_season_moves_orders_and_changes_nothing_else() -> None:
    flat, seasonal = (Shop(make_synthetic(400, 3, **options)) for options in (NO_SEASON, {}))
    moments = np.sort(flat.all_orders["timestamp"].to_numpy())
    hours = (moments - START.to_datetime64()) / np.timedelta64(1, "h")
    hour, weeks = seasonal.hours
    # The weights take a second of the plain shop to its place in the seasonal one.
    expected = np.interp(hours / 168.0, weeks, hour) * 3600.0
    got = np.sort(seasonal.all_orders["timestamp"].to_numpy()) - START.to_datetime64()

    # A plain second is cut off below, and lasts 1 / weight civil ones, at most 1 / 0.068.
    shift = got / np.timedelta64(1, "s") - expected
    assert shift.min() > -1.0
    assert shift.max() < 15.0
    assert np.ptp(got / np.timedelta64(1, "s") - hours * 3600.0) > 3 * 86_400
    key = ["order", "kind", "product", "amount", "quantity"]
    flat_lines, seasonal_lines = (
        shop.lines[shop.lines["kind"] != "refund"]
        .drop(columns="timestamp")
        .sort_values(key)
        .reset_index(drop=True)
        for shop in (flat, seasonal)
    )
    pd.testing.assert_frame_equal(flat_lines, seasonal_lines)


# --- size and form ---


def test_the_default_has_5000_customers_and_50000_orders() -> None:
    dataset = make_synthetic()

    assert dataset.transactions.num_customers == 5_000
    assert dataset.transactions.num_orders >= 50_000
    assert dataset.is_synthetic
    assert (dataset.name, dataset.currency, dataset.region) == ("synthetic", "BRL", "region")
    assert set(dataset.transactions.dimension_names) == {"product", "category", "region"}
    assert dataset.transactions.measure_names == ("freight", "cost")
    assert dataset.tables["products"].num_rows == 1_000
    assert dataset.parameters["num_customers"] == 5_000
    assert dataset.parameters["random_state"] == 0


def test_the_transactions_hold_the_lines_to_the_cent(small: Shop) -> None:
    lines, report = small.lines, small.data.report

    is_guest = lines["customer"].isna()
    assert report.read.num_lines == report.kept.num_lines == len(lines)
    assert report.kept.money * 100 == int(lines["amount"].sum())
    assert report.guests.num_lines == int(is_guest.sum())
    assert report.guests.money * 100 == int(lines["amount"][is_guest].sum())
    assert report.num_orders == lines["order"].nunique()
    kinds = {tally.name: tally.num_lines for tally in report.kinds if tally.num_lines}
    assert kinds == lines["kind"].value_counts().to_dict()
    for measure in report.measures:
        assert measure.money * 100 == int(lines[measure.name].sum())


def test_everything_is_labelled(small: Shop) -> None:
    data = small.data
    tables = {"customers": data.customers, "truth": data.truth, **data.tables}
    for name, table in tables.items():
        assert table is not None
        assert table.schema.metadata == {b"source": b"synthetic", b"is_synthetic": b"true"}, name
        for key in {"order", "customer", "product"} & set(table.column_names):
            keys = frame(table)[key].dropna()
            assert keys.str.startswith(f"synthetic-{key}-").all(), (name, key)
            assert keys.str.len().nunique() == 1
    assert frame(data.customers)["email"].str.endswith("@example.com").all()


def test_customers_have_names_and_their_orders(small: Shop) -> None:
    customers = frame(small.data.customers).set_index("customer")
    by_customer = small.orders.groupby("customer")

    assert customers.index.is_monotonic_increasing
    assert customers["name"].str.contains(" ").all()
    assert customers["name"].nunique() > 250
    assert customers["email"].is_unique
    assert (customers["city"] != "").all()
    assert customers["country"].eq("BR").all()
    assert set(customers["consent"].astype("object")) == {True, False, None}
    assert customers["orders"].eq(by_customer.size()).all()
    assert customers["first_order"].eq(by_customer["timestamp"].min()).all()
    home = small.lines.groupby("customer")["region"].first()
    assert customers["region"].eq(home).all()


def test_lines_come_by_time_within_the_span_with_seconds(shop: Shop) -> None:
    times = shop.lines["timestamp"]
    assert times.is_monotonic_increasing
    assert times.between(START, END, inclusive="left").all()
    assert (times.dt.microsecond == 0).all()
    assert times.dt.second.nunique() == 60


def test_a_first_day_and_a_length_are_kept() -> None:
    lines = frame(make_synthetic(200, start=date(1999, 12, 1), days=60).tables["lines"])
    assert lines["timestamp"].min() >= pd.Timestamp("1999-12-01")
    assert pd.Timestamp("2000-01-25") < lines["timestamp"].max() < pd.Timestamp("2000-01-30")


@pytest.mark.parametrize("num_customers", [1, 2, 10])
def test_a_small_shop_is_whole(num_customers: int) -> None:
    for random_state in range(20):
        lines = synthetic_lines(num_customers, random_state)
        assert len(set(lines["customer"]) - {""}) == num_customers
        assert (lines["amount"][lines["kind"] == "sale"] > 0).all()


@pytest.mark.parametrize(
    ("arguments", "domain"),
    [
        ({"num_customers": 0}, "an integer in [1, 10000000]: 0"),
        ({"num_customers": -1}, "an integer in [1, 10000000]: -1"),
        ({"num_customers": 10_000_001}, "an integer in [1, 10000000]: 10000001"),
        ({"num_customers": 2.0}, "an integer in [1, 10000000]: 2.0"),
        ({"num_customers": True}, "an integer in [1, 10000000]: True"),
        ({"num_customers": "5"}, "an integer in [1, 10000000]: '5'"),
        ({"random_state": -1}, "an integer >= 0: -1"),
        ({"random_state": 0.5}, "an integer >= 0: 0.5"),
        ({"random_state": None}, "an integer >= 0: None"),
        ({"num_products": 0}, "an integer in [1, 100000]: 0"),
        ({"num_products": 100_001}, "an integer in [1, 100000]: 100001"),
        ({"days": 0}, "an integer in [1, 3660]: 0"),
        ({"days": 3_661}, "an integer in [1, 3660]: 3661"),
        ({"start": "2023-02-30"}, "a day from 1900-01-01 to 2199-12-31, such as 2023-01-01: 2"),
        ({"start": "1899-12-31"}, "a day from 1900-01-01 to 2199-12-31, such as 2023-01-01: 1"),
        ({"start": datetime(2023, 1, 1, 5)}, "a day from 1900-01-01 to 2199-12-31, such as 2"),
        ({"start": 2023}, "a day from 1900-01-01 to 2199-12-31, such as 2023-01-01: 2023"),
        ({"yearly": -0.1}, "a number in [0, 1]: -0.1"),
        ({"weekly": 1.1}, "a number in [0, 1]: 1.1"),
        ({"daily": math.nan}, "a number in [0, 1]: nan"),
        ({"daily": "1"}, "a number in [0, 1]: '1'"),
        ({"yearly": True}, "a number in [0, 1]: True"),
        ({"locale": "xx_XX"}, "one of Faker's, such as pt_BR: xx_XX"),
        ({"locale": 3}, "one of Faker's, such as pt_BR: 3"),
        ({"locale": ""}, "one of Faker's, such as pt_BR: "),
    ],
)
def test_an_argument_out_of_range_is_an_error(arguments: dict[str, Any], domain: str) -> None:
    with pytest.raises(ea.InvalidArgument) as caught:
        make_synthetic(**arguments)
    assert str(caught.value).startswith(f"synthetic: {next(iter(arguments))} must be {domain}")


@pytest.mark.parametrize("module", ["duckdb", "faker", "pyarrow"])
def test_without_the_extra_it_is_named(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ea.MissingExtra, match=f"{module} is not installed.*\\[io\\]"):
        make_synthetic(5)


# --- invariants of any shop ---


@settings(max_examples=60)
@given(
    num_customers=st.integers(1, 25),
    random_state=st.integers(0, 2**40),
    num_products=st.integers(1, 60),
    start=st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    days=st.integers(1, 500),
    yearly=st.floats(0.0, 1.0),
    weekly=st.floats(0.0, 1.0),
    daily=st.floats(0.0, 1.0),
)
def test_a_shop_of_any_options_adds_up(**options: Any) -> None:
    shop = Shop(make_synthetic(**options))
    lines, data = shop.lines, shop.data
    kinds = {kind: lines[lines["kind"] == kind] for kind in ("sale", "discount", "refund")}
    sales, discounts, refunds = kinds.values()

    # An order has one customer, one region, and one moment but for its refunds, which come later.
    per_order = lines.groupby("order")
    assert per_order["customer"].nunique(dropna=False).eq(1).all()
    assert per_order["region"].nunique().eq(1).all()
    moment = sales.groupby("order")["timestamp"].agg(["min", "max"])
    assert moment["min"].eq(moment["max"]).all()
    assert set(lines["order"]) == set(sales["order"])
    assert discounts["timestamp"].eq(discounts["order"].map(moment["min"])).all()
    delay = refunds["timestamp"] - refunds["order"].map(moment["min"])
    assert delay.between(pd.Timedelta(days=1), pd.Timedelta(days=30)).all()
    assert (
        lines["timestamp"]
        .between(
            pd.Timestamp(options["start"]),
            pd.Timestamp(options["start"]) + pd.Timedelta(days=options["days"]),
            inclusive="left",
        )
        .all()
    )

    # Signs; a piece has a price in cents; refunds never exceed what was paid for the order.
    assert (sales["amount"] > 0).all()
    assert (sales["quantity"] > 0).all()
    assert (sales["amount"] % sales["quantity"] == 0).all()
    assert (sales["cost"] <= sales["amount"]).all()
    assert (discounts["amount"] < 0).all()
    assert (refunds["amount"] < 0).all()
    assert (refunds["quantity"] < 0).all()
    assert (lines["freight"] >= 0).all()
    assert (per_order["amount"].sum() >= 0).all()
    assert (per_order["quantity"].sum() >= 0).all()
    assert (per_order["cost"].sum() >= 0).all()

    # Payments are the orders, returns the refunds.
    paid = frame(data.tables["payments"])
    assert (paid["amount"] > 0).all()
    value = shop.all_orders["amount"] + shop.all_orders["freight"]
    assert (shop.all_orders["amount"] > 0).all()
    assert paid.groupby("order")["amount"].sum().eq(value).all()
    returns = frame(data.tables["returns"])
    refunds = refunds.reset_index(drop=True)
    assert returns["amount"].eq(-refunds["amount"]).all()
    assert returns["quantity"].eq(-refunds["quantity"]).all()
    assert (returns[["order", "product"]] == refunds[["order", "product"]]).all(axis=None)
    assert returns["date"].tolist() == [time.date() for time in refunds["timestamp"]]
    bought = sales.groupby(["order", "product"])[["amount", "quantity"]].sum()
    back = refunds.groupby(["order", "product"])[["amount", "quantity"]].sum()
    assert (bought.loc[back.index] + back >= 0).all(axis=None)

    # Every product is of its category, every customer is known.
    products = frame(data.tables["products"]).set_index("product")
    assert len(products) == options["num_products"]
    assert products["name"].groupby(products["category"]).nunique().sum() == len(products)
    assert sales["category"].eq(sales["product"].map(products["category"])).all()
    assert set(sales["amount"] // sales["quantity"]) >= set(products["price"])
    assert shop.truth.index.tolist() == sorted(set(lines["customer"].dropna()))
    assert len(shop.truth) == options["num_customers"]


# --- seasons ---


def test_hours_have_their_weights(shop: Shop) -> None:
    counts = shop.all_orders["timestamp"].dt.hour.value_counts().sort_index()
    assert_counts(counts.to_numpy(), shop.data.parameters["hour_weights"])  # type: ignore[arg-type]


def orders_by_weekday(shop: Shop) -> np.ndarray:
    """Count the orders of the 104 whole weeks; the span has three days more."""
    times = shop.all_orders["timestamp"]
    whole = times[(times >= "2023-01-02") & (times < "2024-12-30")]
    return whole.dt.day_of_week.value_counts().sort_index().to_numpy()


def test_weekdays_have_their_weights(shop: Shop) -> None:
    assert_counts(orders_by_weekday(shop), shop.data.parameters["weekday_weights"])  # type: ignore[arg-type]


def test_months_have_their_weights(shop: Shop) -> None:
    # Guests come at any time alike, so a month has its days times their weights.
    counts = shop.guests["timestamp"].dt.strftime("%Y-%m").value_counts().sort_index()
    months = pd.period_range(START, END, freq="M")[:-1]
    weights = shop.data.parameters["month_weights"]
    expected = [month.days_in_month * weights[month.month - 1] for month in months]  # type: ignore[index]
    assert counts.index.tolist() == [str(month) for month in months]
    assert_counts(counts.to_numpy(), expected)


def test_strengths_scale_the_weights() -> None:
    half, none = (
        make_synthetic(5, yearly=strength, weekly=strength, daily=strength).parameters
        for strength in (0.5, 0.0)
    )
    full = make_synthetic(5).parameters
    for name, length in {"month_weights": 12, "weekday_weights": 7, "hour_weights": 24}.items():
        weights = np.array(full[name])
        assert len(weights) == length
        assert weights.mean() == pytest.approx(1.0, rel=1e-12)
        assert np.array(half[name]) == pytest.approx(0.5 + 0.5 * weights, rel=1e-12)
        assert none[name] == [1.0] * length


def test_without_seasons_all_hours_are_alike() -> None:
    plain = Shop(make_synthetic(3_000, 4, **NO_SEASON))
    assert_counts(plain.all_orders["timestamp"].dt.hour.value_counts().sort_index(), [1.0] * 24)
    assert_counts(orders_by_weekday(plain), [1.0] * 7)


# --- purchases: BG/NBD with r = 1, alpha = 3, a = 1, b = 12, in operational weeks ---


def test_first_purchases_are_uniform(shop: Shop) -> None:
    first = shop.orders.groupby("customer")["week"].min()

    assert len(first) == 5_000
    assert first.max() < FIRST_WEEKS
    assert_mean(first, FIRST_WEEKS / 2)
    assert_share(first < FIRST_WEEKS / 4, 0.25)


def test_the_wait_for_the_second_purchase_is_pareto(shop: Shop) -> None:
    # An exponential wait whose rate is Gamma(1, 3): P(wait > t) = 3 / (3 + t). The last first
    # purchase leaves a quarter of the span, so waits below 26 weeks are seen for everyone.
    by_customer = shop.orders.groupby("customer")
    wait = by_customer["week"].diff()[by_customer.cumcount() == 1]
    waits = np.concatenate([wait, np.full(5_000 - len(wait), np.inf)])

    for limit in (1.0, 3.0, 10.0, 26.0):
        assert_share(waits > limit, 3.0 / (3.0 + limit))


def test_the_share_of_one_time_buyers_is_that_of_the_model(shop: Shop) -> None:
    t = WINDOW_WEEKS - FIRST_WEEKS * midpoints(1_000)
    expected = (3.0 / (3.0 + t)).mean()
    assert_share(shop.orders.groupby("customer").size() == 1, expected)


def test_the_mean_number_of_repeat_purchases_is_that_of_the_model(shop: Shop) -> None:
    # E[X(t) | rate, p] = (1 - exp(-rate p t)) / p, averaged over the quantiles of rate, p and t.
    rate = (-np.log(midpoints(400)) / 3.0)[:, None, None]
    p = (1.0 - (1.0 - midpoints(400)) ** (1.0 / 12.0))[None, :, None]
    t = (WINDOW_WEEKS - FIRST_WEEKS * midpoints(40))[None, None, :]
    expected = ((1.0 - np.exp(-rate * p * t)) / p).mean()

    repeats = shop.orders.groupby("customer").size() - 1

    assert expected == pytest.approx(10.37, abs=0.01)
    assert_mean(repeats, expected)


# --- the truth of each customer ---


def test_the_truth_has_the_distributions_that_are_stated(shop: Shop) -> None:
    truth = shop.truth
    assert_mean(truth["purchase_rate"], 1.0 / 3.0)
    assert_share(truth["purchase_rate"] > 1.0, math.exp(-3.0))
    assert_mean(truth["dropout_probability"], 1.0 / 13.0)
    assert_share(truth["dropout_probability"] > 0.1, 0.9**12)
    # 6 / nu with nu of Gamma(4, 75): mean 6 * 75 / 3.
    assert_mean(truth["mean_order_value"], 150.0)


def test_the_truth_tells_who_is_still_there(shop: Shop) -> None:
    truth = shop.truth
    by_customer = shop.orders.groupby("customer")

    assert truth["orders"].eq(by_customer.size()).all()
    assert truth["first_order"].eq(by_customer["timestamp"].min()).all()
    assert truth["alive"].eq(truth["dropout_at"].isna()).all()
    gone = truth[~truth["alive"]]
    assert gone["dropout_at"].eq(by_customer["timestamp"].max()[gone.index]).all()
    assert (gone["orders"] > 1).all()
    assert 0.2 < truth["alive"].mean() < 0.8


def test_true_rates_explain_the_orders(shop: Shop) -> None:
    # Orders less rate times time there is a martingale: mean 0, variance the number of orders.
    truth = shop.truth
    last = shop.weeks(truth["dropout_at"].fillna(END))
    expected = (truth["purchase_rate"] * (last - shop.weeks(truth["first_order"]))).sum()
    repeats = (truth["orders"] - 1).sum()
    assert repeats == pytest.approx(expected, abs=TOLERANCE * math.sqrt(expected))


def test_true_dropout_probabilities_explain_who_left(shop: Shop) -> None:
    truth = shop.truth
    p, chances = truth["dropout_probability"], truth["orders"] - 1
    spread = math.sqrt((p * (1.0 - p) * chances).sum())
    assert (~truth["alive"]).sum() == pytest.approx((p * chances).sum(), abs=TOLERANCE * spread)


def test_true_means_explain_the_order_values(shop: Shop) -> None:
    # An order over its customer's mean is Gamma(6, 6): mean 1, variance 1 / 6.
    ratio = (
        shop.orders["amount"] / 100.0 / shop.orders["customer"].map(shop.truth["mean_order_value"])
    )
    assert ratio.mean() == pytest.approx(1.0, abs=TOLERANCE / math.sqrt(6.0 * len(ratio)))
    assert ratio.var() == pytest.approx(1.0 / 6.0, rel=0.03)


# --- money: Gamma-Gamma with p = 6, q = 4, gamma = 75 ---


def beta_prime_below(x: float) -> float:
    """P(value < x): value / gamma is beta prime (6, 4), a binomial tail for whole parameters."""
    share = Fraction(x / (x + 75.0))
    return float(sum(math.comb(9, j) * share**j * (1 - share) ** (9 - j) for j in range(6, 10)))


def test_order_values_are_gamma_gamma(shop: Shop) -> None:
    # One order per customer: the others of the same customer are not independent of it.
    first = shop.orders.groupby("customer")["amount"].first() / 100.0

    assert_mean(first, 6 * 75 / 3)
    for limit in (40.0, 80.0, 120.0, 200.0, 400.0):
        assert_share(first < limit, beta_prime_below(limit))


# --- baskets, products, coupons, freight, payments, returns, guests, regions ---


def test_an_order_has_one_to_four_lines(shop: Shop) -> None:
    sizes = shop.sales.groupby("order").size()

    assert_counts(sizes.value_counts().sort_index().to_numpy(), [0.45, 0.30, 0.15, 0.10])


def test_products_are_bought_by_zipf(shop: Shop) -> None:
    counts = shop.sales["product"].value_counts()
    products = frame(shop.data.tables["products"]).set_index("product")
    zipf = 1.0 / np.arange(1, 1_001)
    expected = zipf / zipf.sum()

    assert products["popularity"].to_numpy() == pytest.approx(expected, rel=1e-12)
    # The lines are dealt out by these shares, to a line.
    got = counts.reindex(products.index).fillna(0)
    assert (got - len(shop.sales) * expected).abs().max() <= 1.0


def test_a_product_costs_about_its_list_price(shop: Shop) -> None:
    products = frame(shop.data.tables["products"]).set_index("product")
    unit = shop.sales["amount"] // shop.sales["quantity"]
    listed = shop.sales["product"].map(products["price"])
    middle = unit.groupby(shop.sales["product"]).median()

    assert np.corrcoef(np.log(unit), np.log(listed))[0, 1] > 0.95
    assert middle.to_numpy() == pytest.approx(products["price"][middle.index].to_numpy(), rel=0.05)
    dear = products["price"].groupby(products["category"]).median()
    assert dear["furniture"] > 2 * dear["books"]


def test_products_are_not_of_a_season(shop: Shop) -> None:
    # The mean time of a product's sales is that of all, in standard errors.
    weeks = pd.Series(shop.weeks(shop.sales["timestamp"]), index=shop.sales["product"].to_numpy())
    groups = weeks.groupby(level=0)
    error = weeks.std() / np.sqrt(groups.size())
    scores = (groups.mean() - weeks.mean()) / error
    assert scores.abs().max() < 6.0
    assert scores.std() == pytest.approx(1.0, abs=0.15)


def test_cost_is_the_category_s_share(small: Shop) -> None:
    percents: Any = small.data.parameters["cost_percents"]
    sales = small.sales
    exact = sales["amount"] * sales["category"].map(percents) / 100
    assert (sales["cost"] - exact).abs().max() <= 0.5


def test_a_tenth_of_the_orders_has_a_coupon_of_a_tenth(shop: Shop) -> None:
    discounts = shop.lines[shop.lines["kind"] == "discount"].set_index("order")
    goods = shop.sales.groupby("order")["amount"].sum()

    assert discounts.index.is_unique
    assert_share(goods.index.isin(discounts.index), 0.10)
    assert (-discounts["amount"] - 0.1 * goods[discounts.index]).abs().max() <= 0.6
    assert discounts[["product", "category"]].isna().all(axis=None)
    assert discounts[["quantity", "freight", "cost"]].eq(0).all(axis=None)


def test_freight_is_by_region_and_free_from_300(small: Shop) -> None:
    sales = small.sales.assign(rank=small.sales.groupby("order").cumcount())
    value = sales["order"].map(small.all_orders["amount"])
    assert sales["freight"][value >= 30_000].eq(0).all()
    paying = sales[value < 30_000]
    first = paying[paying["rank"] == 0]
    assert first["freight"][first["region"] == "SP"].eq(990).all()
    assert first["freight"][first["region"] == "PA"].eq(2_790).all()
    assert first["freight"].between(990, 2_790).all()
    base = first.set_index("order")["freight"]
    further = paying[paying["rank"] > 0]
    assert further["freight"].eq(further["order"].map(base) * 30 // 100).all()


def test_payments_have_their_types(shop: Shop) -> None:
    payments = frame(shop.data.tables["payments"])
    per_order = payments.groupby("order")["type"]
    is_split = per_order.size() == 2
    assert_share(is_split, 0.03)
    split = per_order.agg(" ".join)[is_split]
    assert split.eq("credit_card voucher").all()
    alone = payments[~payments["order"].isin(split.index)]["type"].value_counts()
    shares: Any = shop.data.parameters["payment_types"]
    assert_counts([alone[name] for name in shares], list(shares.values()))


def test_three_percent_of_the_lines_are_returned(shop: Shop) -> None:
    settled = END - pd.Timedelta(days=30)
    num_sales = (shop.sales["timestamp"] < settled).sum()
    refunds = shop.lines[shop.lines["kind"] == "refund"]

    # Refunds of the last 30 days' sales are some of the 3 % at most.
    error = math.sqrt(0.03 * 0.97 * num_sales)
    assert len(refunds) >= 0.03 * num_sales - TOLERANCE * error
    assert len(refunds) <= 0.03 * len(shop.sales) + TOLERANCE * error
    bought = refunds["order"].map(shop.all_orders["timestamp"])
    delay = (refunds["timestamp"] - bought)[bought < settled] / pd.Timedelta(days=1)
    assert_mean(delay, 15.5)
    reasons: Any = shop.data.parameters["refund_reasons"]
    counts = frame(shop.data.tables["returns"])["reason"].value_counts()
    assert_counts([counts[name] for name in reasons], list(reasons.values()))


def test_a_return_gives_back_a_line_less_its_share_of_the_coupon(shop: Shop) -> None:
    goods = shop.sales.groupby("order")["amount"].sum()
    part = shop.all_orders["amount"] / goods
    refunds = shop.lines[shop.lines["kind"] == "refund"]
    line = -refunds["amount"] / refunds["order"].map(part)
    key = ["order", "product"]
    sold = shop.sales.assign(quantity=-shop.sales["quantity"]).groupby([*key, "quantity"])["amount"]
    lines_of = sold.agg(list)
    for row, wanted in zip(refunds.itertuples(), line, strict=True):
        amounts = lines_of[(row.order, row.product, row.quantity)]
        assert min(abs(amount - wanted) for amount in amounts) < 1.2


def test_two_percent_of_the_orders_are_guests(shop: Shop) -> None:
    share = len(shop.guests) / len(shop.all_orders)
    assert share == pytest.approx(0.02, abs=1 / len(shop.all_orders))


def test_customers_live_where_people_live(shop: Shop) -> None:
    home = shop.lines.groupby("customer")["region"].first()
    assert shop.lines["region"].nunique() == 27
    # IBGE, census of 2022: inhabitants of all Brazil and of three states.
    for state, inhabitants in {"SP": 44_411_238, "BA": 14_141_626, "RR": 636_707}.items():
        assert_share(home == state, inhabitants / 203_080_756)


# --- files ---

FILES = ("customers.csv", "products.csv", "transactions.csv", "returns.csv")
MAPPING: Any = {
    name: name
    for name in "customer order timestamp amount quantity kind product category region".split()
} | {"measures": ["freight", "cost"], "currency": "BRL"}


@pytest.fixture(scope="module")
def folder(small: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("files") / "new" / "shop"
    assert small.data.write_csv(str(target)) == tuple(target / name for name in FILES)
    return target


def test_the_four_files_are_there_and_every_row_is_labelled(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == set(FILES)
    for name in FILES:
        text = (folder / name).read_text(encoding="utf-8")
        assert "\r" not in text
        rows = read_rows(folder / name)
        assert rows
        assert list(rows[0])[-1] == "source"
        assert {row["source"] for row in rows} == {"synthetic"}


def test_the_transactions_file_loads_back(small: Shop, folder: Path) -> None:
    read = ea.Transactions.from_csv(folder / "transactions.csv", **MAPPING)

    assert read.report == small.data.report
    for period in (None, "month"):
        options: Any = {} if period is None else {"period": period}
        file, drawn = (ea.kpi.summary(tx, **options) for tx in (read, small.data.transactions))
        assert file.to_arrow().equals(drawn.to_arrow())


def test_the_files_hold_the_tables(small: Shop, folder: Path) -> None:
    data = small.data
    tables = {
        "customers.csv": data.customers,
        "products.csv": data.tables["products"],
        "transactions.csv": data.tables["lines"],
        "returns.csv": data.tables["returns"],
    }
    for name, table in tables.items():
        assert table is not None
        rows = read_rows(folder / name)
        assert len(rows) == table.num_rows
        for column in table.column_names:
            for row, value in zip(rows, table[column].to_pylist(), strict=True):
                cell = row[column]
                if value is None:
                    assert cell == ""
                elif isinstance(value, Decimal):
                    assert cell == f"{value:.2f}"
                elif isinstance(value, float):
                    assert float(cell) == value
                elif isinstance(value, bool):
                    assert cell == str(value).lower()
                else:
                    assert cell == str(value)


def test_the_returns_file_is_the_refunds(folder: Path) -> None:
    lines, returns = read_rows(folder / "transactions.csv"), read_rows(folder / "returns.csv")
    refunds = [row for row in lines if row["kind"] == "refund"]
    for line, row in zip(refunds, returns, strict=True):
        assert Decimal(line["amount"]) == -Decimal(row["amount"])
        assert (line["order"], line["product"]) == (row["order"], row["product"])
        assert line["timestamp"].startswith(row["date"])


def test_a_file_that_cannot_be_written_leaves_the_others_as_they_were(
    small: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "customers.csv").write_text("mine")
    write = synthetic._write_csv

    def fail_at_the_third(table: Any, path: Path, target: Path) -> None:
        if target.name == "transactions.csv":
            raise OSError(28, "No space left on device")
        write(table, path, target)

    monkeypatch.setattr(synthetic, "_write_csv", fail_at_the_third)
    with pytest.raises(ea.IOFailure, match="cannot be written: No space left") as caught:
        small.data.write_csv(tmp_path)
    assert caught.value.file == str(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["customers.csv"]
    assert (tmp_path / "customers.csv").read_text() == "mine"


def test_a_folder_that_is_a_file_is_an_error(small: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ea.IOFailure, match="synthetic: a file cannot be written: File exists"):
        small.data.write_csv(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_an_error_of_the_writer_names_the_file(small: Shop, tmp_path: Path) -> None:
    with pytest.raises(ea.IOFailure, match="cannot be written") as caught:
        synthetic._write_csv(
            small.data.tables["returns"], tmp_path / "absent" / "a.csv", tmp_path / "returns.csv"
        )
    assert caught.value.file == str(tmp_path / "returns.csv")


def test_the_glossary_has_every_column(small: Shop, folder: Path) -> None:
    data = small.data
    assert data.customers is not None
    names = {name for table in (data.customers, data.truth) for name in table.column_names}
    names |= {name for table in data.tables.values() for name in table.column_names}
    names |= {key.decode() for key in data.truth.schema.metadata}
    for path in folder.iterdir():
        names |= set(read_rows(path)[0])
    text = (CHECKOUT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = "".join(line for line in text.splitlines() if line.startswith("| "))
    assert not {name for name in names if f"`{name}`" not in rows}


def test_the_method_page_tells_every_parameter(small: Shop) -> None:
    text = (CHECKOUT / "docs" / "methods" / "synthetic.md").read_text(encoding="utf-8")
    assert not {name for name in small.data.parameters if f"`{name}`" not in text}


# --- what the models find in it ---


def test_the_models_find_the_parameters_again() -> None:
    """Exact times and values of orders, without seasons: the parameters within 1.96 errors."""
    data = make_synthetic(**NO_SEASON)
    lines = frame(data.tables["lines"])
    lines = lines[lines["customer"].notna() & (lines["kind"] != "refund")]
    orders = lines.groupby(["customer", "order"]).agg(
        time=("timestamp", "min"), value=("amount", "sum")
    )
    orders = orders.reset_index().sort_values(["customer", "time"])
    by_customer = orders.groupby("customer")
    week = pd.Timedelta(days=7)
    first, last = by_customer["time"].min(), by_customer["time"].max()
    frequency = (by_customer.size() - 1).to_numpy(float)
    purchases = ea.bg_nbd.fit(
        {
            "frequency": frequency,
            "recency": ((last - first) / week).to_numpy(),
            "T": ((END - first) / week).to_numpy(),
        }
    )
    later = orders[orders["customer"].duplicated()].groupby("customer")["value"]
    spend = ea.gamma_gamma.fit(
        {
            "frequency": later.size().to_numpy(float),
            "monetary_value": later.mean().to_numpy() / 100.0,
        }
    )
    assert len(frequency) == 5_000
    for model in (purchases, spend):
        for name, estimate, error in zip(
            model.NAMES, model.parameters, model.standard_errors, strict=True
        ):
            true: Any = data.parameters[name]
            assert 0.0 < error < 0.2 * true, name
            assert abs(estimate - true) <= 1.96 * error, (name, estimate, error)

    # Days with an order, of which the summary is made: two orders of a day are one.
    by_day = ea.bg_nbd.fit(ea.purchase_history.summary(data.transactions))
    alpha = by_day.NAMES.index("alpha")
    assert by_day.parameters[alpha] > 3.0 + 1.96 * by_day.standard_errors[alpha]
