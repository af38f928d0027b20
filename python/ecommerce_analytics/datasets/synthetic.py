"""A shop that does not exist: order lines drawn from stated models."""

from __future__ import annotations

import operator
from typing import Final, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.transactions import Transactions

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

_DAY: Final = 86_400
_WEEK: Final = 7 * _DAY
_START: Final = np.datetime64("2023-01-01T00:00:00", "us")
_WINDOW: Final = 731 * _DAY  # To 2025-01-01, exclusive.
_FIRST_PURCHASES: Final = 547 * _DAY  # To 2024-07-01, exclusive.

# Whole numbers, so that every draw is a sum or an order statistic of simple ones.
_R: Final = 1
_ALPHA: Final = 3.0
_A: Final = 1
_B: Final = 12
_P: Final = 6
_Q: Final = 4
_GAMMA: Final = 75.0

_GUEST_SHARE: Final = 0.02
_REFUND_SHARE: Final = 0.03
_REFUND_DAYS: Final = (1, 30)
_LINES_PER_ORDER: Final = np.array([0.45, 0.30, 0.15, 0.10])  # One to four.

_CATEGORIES: Final = {
    "beauty": 0.14,
    "books": 0.08,
    "clothing": 0.15,
    "electronics": 0.12,
    "furniture": 0.07,
    "garden": 0.06,
    "groceries": 0.09,
    "housewares": 0.13,
    "sports": 0.10,
    "toys": 0.06,
}
_PRODUCTS_PER_CATEGORY: Final = 30

# Thousands of inhabitants, IBGE's census of 2022.
_STATES: Final = {
    "AC": 830,
    "AL": 3_128,
    "AM": 3_942,
    "AP": 734,
    "BA": 14_142,
    "CE": 8_795,
    "DF": 2_817,
    "ES": 3_834,
    "GO": 7_056,
    "MA": 6_777,
    "MG": 20_540,
    "MS": 2_757,
    "MT": 3_659,
    "PA": 8_120,
    "PB": 3_975,
    "PE": 9_059,
    "PI": 3_271,
    "PR": 11_444,
    "RJ": 16_055,
    "RN": 3_303,
    "RO": 1_581,
    "RR": 637,
    "RS": 10_883,
    "SC": 7_610,
    "SE": 2_210,
    "SP": 44_411,
    "TO": 1_511,
}


class SyntheticLines(TypedDict):
    """Columns of `synthetic_lines`."""

    customer: NDArray[np.str_]
    order: NDArray[np.str_]
    timestamp: NDArray[np.datetime64]
    amount: NDArray[np.int64]
    product: NDArray[np.str_]
    category: NDArray[np.str_]
    region: NDArray[np.str_]
    kind: NDArray[np.str_]


def make_synthetic(num_customers: int = 5_000, random_state: int = 0) -> Dataset:
    """Draw the order lines of a shop over the 24 months from 2023-01-01 to 2024-12-31.

    The default is a shop of 5,000 customers with about 57,000 orders and 112,000 lines. Every
    customer and order key begins with `synthetic-`, so that no export passes for real data.

    Purchases follow a BG/NBD: a customer's rate per week is Gamma(r = 1, rate alpha = 3), each
    purchase but the first is the last with his own probability, Beta(a = 1, b = 12). First
    purchases are uniform over the first 547 days. Order values follow a Gamma-Gamma: Gamma(p = 6,
    rate nu), where a customer's nu is Gamma(q = 4, rate gamma = 75), rounded to the cent; the mean
    is p gamma / (q - 1) = 150. Nothing depends on the hour, the season, the region or the product.

    Guests add orders of their own, so that they take nothing from the two models: 2 % of all
    orders, uniform over the window. An order has one to four lines (45, 30, 15, 10 %) whose cents
    add up to its value, each of one of ten categories and one of its 30 products (the k-th
    product is bought 1/k as often as the first). A customer lives in one of Brazil's 27 states,
    drawn by population. A line is returned with probability 3 %: a line of kind `refund` in the
    same order with the negative amount, 1 to 30 days later, if that lies within the window.

    Parameters
    ----------
    num_customers : int, default=5000
        Known customers; each has at least one order. At least 1.
    random_state : int, default=0
        Seed. At least 0; the same seed gives the same data on any machine and with any version of
        numpy: all draws are made here from the raw bits of its PCG64, with nothing but
        arithmetic that IEEE 754 defines to the last bit.

    Returns
    -------
    Dataset
        `is_synthetic` is true, the currency is `BRL`, `parameters` holds the two arguments and
        the numbers above. Dimensions: `product`, `category`, `region`.

    Raises
    ------
    InvalidArgument
        If an argument is no integer or out of range.

    Notes
    -----
    O(num_customers) time and memory, about 12 orders and 23 lines for each customer.

    Sources: Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way; Fader and Hardie
    (2013), The Gamma-Gamma Model of Monetary Value.

    Examples
    --------
    >>> dataset = make_synthetic(num_customers=100)
    >>> dataset.is_synthetic, dataset.transactions.num_customers
    (True, 100)
    """
    num_customers = _integer("num_customers", num_customers, least=1)
    random_state = _integer("random_state", random_state, least=0)
    transactions = Transactions.from_arrays(
        **synthetic_lines(num_customers, random_state), currency="BRL", integer_unit="minor"
    )
    return Dataset(
        name="synthetic",
        transactions=transactions,
        currency="BRL",
        region="region",
        is_synthetic=True,
        parameters={
            "num_customers": num_customers,
            "random_state": random_state,
            "r": _R,
            "alpha": _ALPHA,
            "a": _A,
            "b": _B,
            "p": _P,
            "q": _Q,
            "gamma": _GAMMA,
            "guest_share": _GUEST_SHARE,
            "refund_share": _REFUND_SHARE,
        },
    )


def synthetic_lines(num_customers: int = 5_000, random_state: int = 0) -> SyntheticLines:
    """Draw the order lines of `make_synthetic` as numpy arrays.

    Parameters
    ----------
    num_customers, random_state
        As for `make_synthetic`.

    Returns
    -------
    dict of ndarrays of shape (num_lines,)
        By increasing time. Text: `customer` (empty: a guest), `order`, `product`, `category`,
        `region`, `kind`; datetime64[us]: `timestamp`; int64 cents: `amount`.

    Raises
    ------
    InvalidArgument
        If an argument is no integer or out of range.
    """
    num_customers = _integer("num_customers", num_customers, least=1)
    random_state = _integer("random_state", random_state, least=0)

    # A stream for each thing, so that a change of one leaves the others as they are.
    seeds = np.random.SeedSequence(random_state).spawn(5)
    purchases, values, regions, baskets, returns = (_Draws(seed) for seed in seeds)

    customer, second = _purchases(num_customers, purchases)
    num_guests = round(customer.size * _GUEST_SHARE / (1.0 - _GUEST_SHARE))
    # Guests are one-time customers behind the known ones until their keys are made.
    customer = np.concatenate([customer, num_customers + np.arange(num_guests)])
    second = np.concatenate([second, _floor(_WINDOW * purchases.uniform(num_guests))])
    by_time = np.lexsort((customer, second))
    customer, second = customer[by_time], second[by_time]

    cents = _order_cents(customer, num_customers + num_guests, values)
    state = regions.choice(np.array(list(_STATES.values()), float), num_customers + num_guests)
    order, amount = _split_into_lines(cents, baskets)
    category = baskets.choice(np.array(list(_CATEGORIES.values())), order.size)
    product = baskets.choice(1.0 / np.arange(1.0, _PRODUCTS_PER_CATEGORY + 1.0), order.size)

    line, second, is_refund = _with_refunds(second[order], returns)
    order, amount, category, product = order[line], amount[line], category[line], product[line]
    customer = customer[order]
    customer_keys = np.concatenate([_keys("customer", num_customers), np.full(num_guests, "")])
    product_names = np.array(
        [
            f"{name}-{rank:02d}"
            for name in _CATEGORIES
            for rank in range(1, _PRODUCTS_PER_CATEGORY + 1)
        ]
    )
    return {
        "customer": customer_keys[customer],
        "order": _keys("order", cents.size)[order],
        "timestamp": _START + (second * 1_000_000).astype("timedelta64[us]"),
        "amount": np.where(is_refund, -amount, amount),
        "product": product_names[category * _PRODUCTS_PER_CATEGORY + product],
        "category": np.array(list(_CATEGORIES))[category],
        "region": np.array(list(_STATES))[state[customer]],
        "kind": np.where(is_refund, "refund", "sale"),
    }


class _Draws:
    """Random numbers of one stream, the same bits on any machine.

    Neither numpy's distributions nor its logarithm are used: the former may change with its
    version, the last bit of the latter depends on the processor.
    """

    def __init__(self, seed: np.random.SeedSequence) -> None:
        self._bits = np.random.PCG64(seed)

    def uniform(self, size: int) -> Floats:
        """Numbers between 0 and 1, both excluded; shape (size,)."""
        # 52 bits and a half: exact, so never rounded up to 1.
        half_up = (self._bits.random_raw(size) >> np.uint64(12)).astype(np.float64) + 0.5
        return np.asarray(half_up * 2.0**-52)

    def gamma(self, shape: int, size: int) -> Floats:
        """Gamma variates of whole `shape` and rate 1: sums of exponentials; shape (size,)."""
        product = np.ones(size)
        for _ in range(shape):
            product *= self.uniform(size)
        return -_log(product)

    def beta_1(self, b: int, size: int) -> Floats:
        """Beta(1, b) variates: the least of b uniform numbers; shape (size,)."""
        least = np.ones(size)
        for _ in range(b):
            np.minimum(least, self.uniform(size), out=least)
        return least

    def choice(self, weights: Floats, size: int) -> Integers:
        """Indices drawn in proportion to `weights`; shape (size,)."""
        edges = np.cumsum(weights)
        drawn = np.searchsorted(edges, self.uniform(size) * edges[-1], side="right")
        # A product next to the total may round up to it.
        return np.asarray(np.minimum(drawn, weights.size - 1), dtype=np.int64)


def _log(value: Floats) -> Floats:
    """Natural logarithm of positive numbers, from operations that are exact by IEEE 754."""
    mantissa, exponent = np.frexp(value)
    is_low = mantissa < 0.7071067811865476
    mantissa = np.where(is_low, 2.0 * mantissa, mantissa)
    exponent = np.where(is_low, exponent - 1, exponent)
    # log m = 2 artanh s; twelve terms of its series reach the last bits for |s| < 0.1716.
    s = (mantissa - 1.0) / (mantissa + 1.0)
    square = s * s
    series = np.zeros_like(s)
    for term in range(11, -1, -1):
        series = series * square + 1.0 / (2 * term + 1)
    return np.asarray(exponent * 0.6931471805599453 + 2.0 * s * series)


def _purchases(num_customers: int, draws: _Draws) -> tuple[Integers, Integers]:
    """Customers and seconds of all orders of the known customers, from the BG/NBD."""
    rate = draws.gamma(_R, num_customers) / (_ALPHA * _WEEK)
    dropout = draws.beta_1(_B, num_customers)
    customer = np.arange(num_customers)
    second = _FIRST_PURCHASES * draws.uniform(num_customers)
    customers, seconds = [customer], [second]
    # One round for each further purchase, over the customers who are still there.
    while customer.size > 0:
        second = second + draws.gamma(1, customer.size) / rate[customer]
        within = second < _WINDOW
        customer, second = customer[within], second[within]
        customers.append(customer)
        seconds.append(second)
        stays = draws.uniform(customer.size) >= dropout[customer]
        customer, second = customer[stays], second[stays]
    return np.concatenate(customers), _floor(np.concatenate(seconds))


def _order_cents(customer: Integers, num_customers: int, draws: _Draws) -> Integers:
    """Value of each order in cents, at least 1, from the Gamma-Gamma."""
    nu = draws.gamma(_Q, num_customers) / _GAMMA
    value = draws.gamma(_P, customer.size) / nu[customer]
    return np.maximum(_floor(100.0 * value + 0.5), 1)


def _split_into_lines(cents: Integers, draws: _Draws) -> tuple[Integers, Integers]:
    """Order and cents of each line; the cents are at least 1 and add up to the order's."""
    num_lines = np.minimum(1 + draws.choice(_LINES_PER_ORDER, cents.size), cents)
    most = _LINES_PER_ORDER.size
    is_line = np.arange(most) < num_lines[:, np.newaxis]
    # Each line has one cent for sure; a random part of the rest comes on top.
    part = np.where(is_line, 0.25 + draws.uniform(is_line.size).reshape(is_line.shape), 0.0)
    reached = np.cumsum(part, axis=1)
    spread = (cents - num_lines)[:, np.newaxis]
    upper = _floor(spread * (reached / reached[:, -1:]))
    amount = np.diff(upper, axis=1, prepend=0) + 1
    return np.repeat(np.arange(cents.size), num_lines), amount[is_line]


def _with_refunds(second: Integers, draws: _Draws) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Add the returns to sale lines: which sale line each line is of, its second, is it a refund.

    By increasing second; what would be returned after the window is not known yet.
    """
    returned = np.flatnonzero(draws.uniform(second.size) < _REFUND_SHARE)
    first_day, last_day = _REFUND_DAYS
    days = first_day + (last_day - first_day) * draws.uniform(returned.size)
    refund_second = second[returned] + _floor(_DAY * days)
    known = refund_second < _WINDOW

    line = np.concatenate([np.arange(second.size), returned[known]])
    seconds = np.concatenate([second, refund_second[known]])
    is_refund = np.arange(line.size) >= second.size
    by_time = np.lexsort((line, seconds))
    return line[by_time], seconds[by_time], is_refund[by_time]


def _floor(value: Floats) -> Integers:
    return np.floor(value).astype(np.int64)


def _keys(what: str, count: int) -> NDArray[np.str_]:
    """Keys `synthetic-WHAT-0001` to `count`, all of one length."""
    digits = len(str(count))
    return np.array([f"synthetic-{what}-{number:0{digits}d}" for number in range(1, count + 1)])


def _integer(name: str, value: int, *, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise InvalidArgument(f"synthetic: {name} must be an integer >= {least}", value=repr(value))
    return number
