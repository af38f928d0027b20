"""The synthetic shop: what its docstring states, seen in the lines that come out."""

import hashlib
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import ecommerce_analytics as ea
from ecommerce_analytics.datasets.synthetic import synthetic_lines

SEEDS = (0, 1, 2)
START = pd.Timestamp("2023-01-01")
END = pd.Timestamp("2025-01-01")
WEEK_DAYS = 7.0
FIRST_WEEKS = 547 / WEEK_DAYS
WINDOW_WEEKS = 731 / WEEK_DAYS
# Standard errors: a sound sample fails one of the few dozen checks once in a thousand seeds.
TOLERANCE = 4.5


@pytest.fixture(scope="module", params=SEEDS)
def lines(request: pytest.FixtureRequest) -> pd.DataFrame:
    return pd.DataFrame(synthetic_lines(5_000, request.param))


def sales_of(lines: pd.DataFrame) -> pd.DataFrame:
    return lines[lines["kind"] == "sale"]


def orders_of(lines: pd.DataFrame) -> pd.DataFrame:
    """One row per order of a known customer, by increasing time; weeks since the start."""
    known = lines[(lines["kind"] == "sale") & (lines["customer"] != "")]
    orders = known.groupby("order", sort=False).agg(
        customer=("customer", "first"), timestamp=("timestamp", "first"), amount=("amount", "sum")
    )
    orders["week"] = (orders["timestamp"] - START) / pd.Timedelta(days=7)
    return orders.sort_values("timestamp")


def assert_share(hits: "pd.Series[bool] | np.ndarray", expected: float) -> None:
    error = math.sqrt(expected * (1.0 - expected) / len(hits))
    assert np.mean(hits) == pytest.approx(expected, abs=TOLERANCE * error)


def assert_mean(values: "pd.Series[float] | np.ndarray", expected: float) -> None:
    error = np.std(values) / math.sqrt(len(values))
    assert np.mean(values) == pytest.approx(expected, abs=TOLERANCE * error)


def midpoints(num: int) -> np.ndarray:
    return (np.arange(num) + 0.5) / num


# --- the same seed, the same shop ---


def digest(lines: dict[str, np.ndarray]) -> str:
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
        "88c17d13617543c1c3039062f8c5207499feb2b026aa3626cf844f0dc00a41ee"
    )
    assert digest(synthetic_lines(500, 7)) == digest(synthetic_lines(500, 7))


def test_another_seed_gives_another_shop() -> None:
    assert digest(synthetic_lines(500, 7)) != digest(synthetic_lines(500, 8))


# --- size and form ---


def test_the_default_has_5000_customers_and_50000_orders() -> None:
    dataset = ea.datasets.make_synthetic()

    assert dataset.transactions.num_customers == 5_000
    assert dataset.transactions.num_orders >= 50_000
    assert dataset.is_synthetic
    assert (dataset.name, dataset.currency, dataset.region) == ("synthetic", "BRL", "region")
    assert set(dataset.transactions.dimension_names) == {"product", "category", "region"}
    assert dataset.parameters["num_customers"] == 5_000
    assert dataset.parameters["random_state"] == 0


def test_the_table_holds_the_lines_to_the_cent() -> None:
    lines = synthetic_lines(300, 5)
    report = ea.datasets.make_synthetic(300, 5).report

    is_guest = lines["customer"] == ""
    assert report.read.num_lines == report.kept.num_lines == len(lines["amount"])
    assert report.kept.money * 100 == int(lines["amount"].sum())
    assert report.guests.num_lines == int(is_guest.sum())
    assert report.guests.money * 100 == int(lines["amount"][is_guest].sum())
    assert report.num_orders == len(set(lines["order"]))
    kinds = {tally.name: tally.num_lines for tally in report.kinds if tally.num_lines}
    assert kinds == {kind: int((lines["kind"] == kind).sum()) for kind in ("sale", "refund")}


def test_every_line_is_labelled(lines: pd.DataFrame) -> None:
    assert lines["order"].str.startswith("synthetic-").all()
    assert (
        lines["customer"]
        .where(lines["customer"] != "", "synthetic-")
        .str.startswith("synthetic-")
        .all()
    )
    assert lines["category"].nunique() == 10
    assert lines["region"].nunique() == 27
    assert lines["product"].str.rpartition("-")[0].eq(lines["category"]).all()
    assert lines.groupby("category")["product"].nunique().eq(30).all()
    assert set(lines["kind"]) == {"sale", "refund"}


def test_lines_come_by_time_within_the_window_with_seconds(lines: pd.DataFrame) -> None:
    assert lines["timestamp"].is_monotonic_increasing
    assert lines["timestamp"].between(START, END, inclusive="left").all()
    assert (lines["timestamp"].dt.microsecond == 0).all()
    assert lines["timestamp"].dt.second.nunique() == 60


def test_an_order_has_one_customer_one_region_one_moment(lines: pd.DataFrame) -> None:
    per_order = sales_of(lines).groupby("order")
    assert per_order["customer"].nunique().eq(1).all()
    assert per_order["timestamp"].nunique().eq(1).all()
    assert lines[lines["customer"] != ""].groupby("customer")["region"].nunique().eq(1).all()


@pytest.mark.parametrize("num_customers", [1, 2, 10])
def test_a_small_shop_is_whole(num_customers: int) -> None:
    for random_state in range(20):
        lines = synthetic_lines(num_customers, random_state)
        assert len(set(lines["customer"]) - {""}) == num_customers
        assert (lines["amount"][lines["kind"] == "sale"] > 0).all()


@pytest.mark.parametrize(
    "arguments",
    [
        {"num_customers": 0},
        {"num_customers": -1},
        {"num_customers": 2.0},
        {"num_customers": True},
        {"num_customers": "5"},
        {"random_state": -1},
        {"random_state": 0.5},
        {"random_state": None},
    ],
)
def test_an_argument_out_of_range_is_an_error(arguments: dict[str, object]) -> None:
    with pytest.raises(ea.InvalidArgument, match=f"{next(iter(arguments))} must be an integer"):
        ea.datasets.make_synthetic(**arguments)


# --- purchases: BG/NBD with r = 1, alpha = 3, a = 1, b = 12 ---


def test_first_purchases_are_uniform(lines: pd.DataFrame) -> None:
    first = orders_of(lines).groupby("customer")["week"].min()

    assert len(first) == 5_000
    assert first.max() < FIRST_WEEKS
    assert_mean(first, FIRST_WEEKS / 2)
    assert_share(first < FIRST_WEEKS / 4, 0.25)


def test_the_wait_for_the_second_purchase_is_pareto(lines: pd.DataFrame) -> None:
    # An exponential wait whose rate is Gamma(1, 3): P(wait > t) = 3 / (3 + t). The last first
    # purchase leaves 184 days, so waits below 26 weeks are seen for everyone.
    by_customer = orders_of(lines).groupby("customer")
    wait = by_customer["week"].diff()[by_customer.cumcount() == 1]
    waits = np.concatenate([wait, np.full(5_000 - len(wait), np.inf)])

    for limit in (1.0, 3.0, 10.0, 26.0):
        assert_share(waits > limit, 3.0 / (3.0 + limit))


def test_the_mean_number_of_repeat_purchases_is_that_of_the_model(lines: pd.DataFrame) -> None:
    # E[X(t) | rate, p] = (1 - exp(-rate p t)) / p, averaged over the quantiles of rate, p and t.
    rate = (-np.log(midpoints(400)) / 3.0)[:, None, None]
    p = (1.0 - (1.0 - midpoints(400)) ** (1.0 / 12.0))[None, :, None]
    t = (WINDOW_WEEKS - FIRST_WEEKS * midpoints(40))[None, None, :]
    expected = ((1.0 - np.exp(-rate * p * t)) / p).mean()

    repeats = orders_of(lines).groupby("customer").size() - 1

    assert expected == pytest.approx(10.37, abs=0.01)
    assert_mean(repeats, expected)


# --- money: Gamma-Gamma with p = 6, q = 4, gamma = 75 ---


def beta_prime_below(x: float) -> float:
    """P(value < x): value / gamma is beta prime (6, 4), a binomial tail for whole parameters."""
    share = Fraction(x / (x + 75.0))
    return float(sum(math.comb(9, j) * share**j * (1 - share) ** (9 - j) for j in range(6, 10)))


def test_order_values_are_gamma_gamma(lines: pd.DataFrame) -> None:
    # One order per customer: the others of the same customer are not independent of it.
    first = orders_of(lines).groupby("customer")["amount"].first() / 100.0

    assert_mean(first, 6 * 75 / 3)
    for limit in (40.0, 80.0, 120.0, 200.0, 400.0):
        assert_share(first < limit, beta_prime_below(limit))


def test_orders_of_one_customer_share_their_mean(lines: pd.DataFrame) -> None:
    # Var(log z) = trigamma(6) within a customer; with his own mean trigamma(4) is added.
    orders = orders_of(lines)
    logs = np.log(orders["amount"] / 100.0)
    trigamma_6 = math.pi**2 / 6 - sum(1.0 / k**2 for k in range(1, 6))
    groups = logs.groupby(orders["customer"])
    degrees = (groups.size() - 1).sum()
    within = (groups.var() * (groups.size() - 1)).sum() / degrees

    assert within == pytest.approx(trigamma_6, rel=0.03)


# --- baskets, refunds, guests, regions ---


def test_an_order_has_one_to_four_lines(lines: pd.DataFrame) -> None:
    sizes = sales_of(lines).groupby("order").size()

    assert sizes.between(1, 4).all()
    for size, share in {1: 0.45, 2: 0.30, 3: 0.15, 4: 0.10}.items():
        assert_share(sizes == size, share)
    assert (sales_of(lines)["amount"] > 0).all()


def test_categories_and_products_have_their_shares(lines: pd.DataFrame) -> None:
    sales = sales_of(lines)
    assert_share(sales["category"] == "clothing", 0.15)
    assert_share(sales["category"] == "toys", 0.06)
    first_product = 1.0 / sum(1.0 / k for k in range(1, 31))
    assert_share(sales["product"].str.endswith("-01"), first_product)


def test_a_refund_takes_back_one_line_of_its_order_later(lines: pd.DataFrame) -> None:
    key = ["order", "customer", "product", "category", "region"]
    refunds = lines[lines["kind"] == "refund"].assign(amount=lambda rows: -rows["amount"])
    # The n-th of equal refunds of an order belongs to the n-th of equal sales.
    number = [*key, "amount"]
    refunds = refunds.assign(number=refunds.groupby(number).cumcount())
    sales = sales_of(lines)
    sales = sales.assign(number=sales.groupby(number).cumcount())
    pairs = refunds.merge(sales, on=[*number, "number"], how="left", suffixes=("", "_sale"))
    days = (pairs["timestamp"] - pairs["timestamp_sale"]) / pd.Timedelta(days=1)

    assert pairs["timestamp_sale"].notna().all()
    assert days.between(1, 30).all()
    assert_mean(days[pairs["timestamp_sale"] < END - pd.Timedelta(days=30)], 15.5)


def test_three_percent_of_the_lines_are_returned(lines: pd.DataFrame) -> None:
    settled = END - pd.Timedelta(days=30)
    num_sales = (sales_of(lines)["timestamp"] < settled).sum()
    num_refunds = (lines["kind"] == "refund").sum()

    # Refunds of the last 30 days' sales are some of the 3 % at most.
    error = math.sqrt(0.03 * 0.97 * num_sales)
    assert num_refunds >= 0.03 * num_sales - TOLERANCE * error
    assert num_refunds <= 0.03 * len(sales_of(lines)) + TOLERANCE * error


def test_two_percent_of_the_orders_are_guests(lines: pd.DataFrame) -> None:
    by_guest = lines.groupby("order")["customer"].first() == ""
    assert by_guest.mean() == pytest.approx(0.02, abs=1 / len(by_guest))


def test_customers_live_where_people_live(lines: pd.DataFrame) -> None:
    home = lines[lines["customer"] != ""].groupby("customer")["region"].first()
    # IBGE, census of 2022: inhabitants of all Brazil and of three states.
    for state, inhabitants in {"SP": 44_411_238, "BA": 14_141_626, "RR": 636_707}.items():
        assert_share(home == state, inhabitants / 203_080_756)
