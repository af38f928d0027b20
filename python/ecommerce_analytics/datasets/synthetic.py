"""A shop that does not exist: order lines drawn from stated models."""

from __future__ import annotations

import operator
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from ecommerce_analytics import extras
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.datasets.source_lines import lines_of
from ecommerce_analytics.errors import InvalidArgument, IOFailure
from ecommerce_analytics.payments import Payments
from ecommerce_analytics.transactions import ColumnMapping, Transactions

if TYPE_CHECKING:
    import pyarrow

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

_HOUR: Final = 3_600
_DAY: Final = 86_400
_WEEK: Final = 7 * _DAY
_CURRENCY: Final = "BRL"
_LABEL: Final = "synthetic"
_METADATA: Final = {"source": _LABEL, "is_synthetic": "true"}

_MAX_CUSTOMERS: Final = 10_000_000
_MAX_PRODUCTS: Final = 100_000
_MAX_DAYS: Final = 3_660
_FIRST_DAYS: Final = (date(1900, 1, 1), date(2199, 12, 31))

# Whole numbers, so that every draw is a sum or an order statistic of simple ones.
_R: Final = 1
_ALPHA: Final = 3.0
_A: Final = 1
_B: Final = 12
_P: Final = 6
_Q: Final = 4
_GAMMA: Final = 75.0
_FIRST_PURCHASES: Final = 0.75  # Share of the span in which customers come.

# Mean 1 each: January to December, Monday to Sunday, midnight to midnight.
_YEARLY: Final = np.array([0.85, 0.85, 0.95, 0.95, 1.05, 0.95, 0.9, 0.95, 0.95, 1.0, 1.35, 1.25])
_WEEKLY: Final = np.array([1.1, 1.1, 1.05, 1.05, 1.0, 0.8, 0.9])
_DAILY: Final = np.repeat([0.25, 0.1, 0.9, 1.4, 1.5, 1.35, 1.6, 0.9], 3)

_GUEST_SHARE: Final = 0.02
_LINES_PER_ORDER: Final = np.array([0.45, 0.30, 0.15, 0.10])  # One to four.
_PIECES_PER_LINE: Final = np.array([0.55, 0.30, 0.15])  # One to three.
_COUPON_SHARE: Final = 0.10
_COUPON: Final = 0.10
_FREE_FREIGHT_CENTS: Final = 30_000
_REFUND_SHARE: Final = 0.03
_REFUND_DAYS: Final = (1, 30)
_REASONS: Final = {
    "changed mind": 0.35,
    "wrong size": 0.25,
    "damaged": 0.20,
    "not as described": 0.12,
    "late": 0.08,
}
_PAYMENT_TYPES: Final = {
    "credit_card": 0.74,
    "boleto": 0.20,
    "debit_card": 0.04,
    "voucher": 0.02,
}
_SPLIT_PAYMENT_SHARE: Final = 0.03
_CONSENT_SHARES: Final = {"yes": 0.55, "no": 0.30, "unknown": 0.15}
_COUNTRY: Final = "BR"
_KINDS: Final = ("sale", "discount", "refund")


@dataclass(frozen=True)
class _Category:
    """Share of the products, level of their prices, cost in percent of the price, words."""

    share: float
    price_level: float
    cost_percent: int
    kinds: tuple[str, ...]
    things: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_CATEGORIES: Final = {
    "beauty": _Category(
        *(0.14, 0.7, 45),
        _words("Aloe Amber Citrus Cocoa Jasmine Lavender Mint Rose Sea Vanilla"),
        _words("Balm Cream Gel Lotion Mask Oil Scrub Serum Shampoo Soap"),
    ),
    "books": _Category(
        *(0.08, 0.4, 60),
        _words("Brief Complete Hidden Illustrated Little Lost New Pocket Practical Secret"),
        _words("Almanac Atlas Biography Cookbook Diary Fable Guide History Novel Songbook"),
    ),
    "clothing": _Category(
        *(0.15, 0.9, 50),
        _words("Black Blue Checked Cotton Green Grey Linen Striped White Wool"),
        _words("Blouse Cap Coat Dress Jacket Jeans Scarf Shirt Skirt Sweater"),
    ),
    "electronics": _Category(
        *(0.12, 2.2, 75),
        _words("Basic Bluetooth Compact Dual Mini Portable Pro Smart Solar Wireless"),
        _words("Camera Charger Earphone Keyboard Lamp Monitor Mouse Printer Radio Speaker"),
    ),
    "furniture": _Category(
        *(0.07, 2.8, 65),
        _words("Ash Bamboo Beech Folding Glass Iron Oak Pine Rattan Walnut"),
        _words("Armchair Bench Bookshelf Cabinet Chair Desk Rack Sofa Stool Table"),
    ),
    "garden": _Category(
        *(0.06, 1.1, 55),
        _words("Clay Copper Forged Green Hanging Large Outdoor Round Small Stone"),
        _words("Bird-bath Fountain Hose Lantern Planter Pot Rake Shears Spade Trellis"),
    ),
    "groceries": _Category(
        *(0.09, 0.3, 80),
        _words("Coastal Farm Fine Fresh Golden Highland Mild Organic Roasted Wild"),
        _words("Beans Cheese Chocolate Coffee Honey Jam Nuts Olives Rice Tea"),
    ),
    "housewares": _Category(
        *(0.13, 0.8, 55),
        _words("Blue Ceramic Deep Enamel Flat Glass Heavy Light Steel Wooden"),
        _words("Bowl Cup Jug Kettle Knife Ladle Pan Plate Tray Vase"),
    ),
    "sports": _Category(
        *(0.10, 1.3, 60),
        _words("Alpine City Club Junior Light Marathon Quick Sturdy Team Trail"),
        _words("Backpack Ball Bottle Glove Helmet Mat Racket Rope Shoe Tent"),
    ),
    "toys": _Category(
        *(0.06, 0.6, 50),
        _words("Bright Clever Cuddly Flying Funny Magic Musical Tiny Wind-up Wooden"),
        _words("Bear Blocks Boat Doll Drum Kite Puppet Puzzle Robot Train"),
    ),
}

# Freight in cents of the first line of an order, by how far the state is from the store.
_NEAR, _SOUTHEAST, _SOUTH, _CENTRE, _NORTHEAST, _NORTH = 990, 1_390, 1_590, 1_890, 2_290, 2_790
_FURTHER_LINES_FREIGHT_PERCENT: Final = 30

# Thousands of inhabitants, IBGE's census of 2022; freight.
_STATES: Final = {
    "AC": (830, _NORTH),
    "AL": (3_128, _NORTHEAST),
    "AM": (3_942, _NORTH),
    "AP": (734, _NORTH),
    "BA": (14_142, _NORTHEAST),
    "CE": (8_795, _NORTHEAST),
    "DF": (2_817, _CENTRE),
    "ES": (3_834, _SOUTHEAST),
    "GO": (7_056, _CENTRE),
    "MA": (6_777, _NORTHEAST),
    "MG": (20_540, _SOUTHEAST),
    "MS": (2_757, _CENTRE),
    "MT": (3_659, _CENTRE),
    "PA": (8_120, _NORTH),
    "PB": (3_975, _NORTHEAST),
    "PE": (9_059, _NORTHEAST),
    "PI": (3_271, _NORTHEAST),
    "PR": (11_444, _SOUTH),
    "RJ": (16_055, _SOUTHEAST),
    "RN": (3_303, _NORTHEAST),
    "RO": (1_581, _NORTH),
    "RR": (637, _NORTH),
    "RS": (10_883, _SOUTH),
    "SC": (7_610, _SOUTH),
    "SE": (2_210, _NORTHEAST),
    "SP": (44_411, _NEAR),
    "TO": (1_511, _NORTH),
}
_NAME_POOL: Final = 1_000


@dataclass(frozen=True, kw_only=True)
class SyntheticDataset(Dataset):
    """A drawn shop: a `Dataset` that also knows what it was drawn from.

    Attributes
    ----------
    truth : pyarrow.Table
        One row per customer, by increasing key: ``customer``; ``purchase_rate``, orders per week
        of mean season while he is there; ``dropout_probability``, that an order after his first
        is his last; ``mean_order_value`` in the currency unit (all three float64, the true
        values, not estimates); ``first_order``; ``dropout_at``, time of the order after which he
        left, null if he had not left at the end; ``alive`` at the end; ``orders`` (int64).
    """

    truth: pyarrow.Table

    def write_csv(self, directory: str | PathLike[str]) -> tuple[Path, ...]:
        """Write the shop as four CSV files, each row labelled as synthetic.

        ``customers.csv``, ``products.csv``, ``transactions.csv``, ``returns.csv`` hold
        `customers` and the tables ``products``, ``lines`` and ``returns``, and the last column
        ``source``, ``synthetic`` in every row. The refunds of ``transactions.csv`` are those of
        ``returns.csv``. UTF-8 with LF, money with two decimals, times as
        ``2023-01-01 09:30:07``, an empty cell where there is nothing.

        Each file is written aside and renamed: it is there as a whole or not at all. Files of
        these names are replaced.

        Parameters
        ----------
        directory : str or path-like
            Folder of the files; made if it is absent.

        Returns
        -------
        tuple of pathlib.Path
            The files, in the order above.

        Raises
        ------
        IOFailure
            If the folder cannot be made or a file cannot be written.

        Notes
        -----
        O(lines) time and memory.

        Examples
        --------
        >>> import ecommerce_analytics as ea, tempfile
        >>> shop = make_synthetic(num_customers=20)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     customers, products, transactions, returns = shop.write_csv(folder)
        ...     read = ea.Transactions.from_csv(
        ...         transactions, customer="customer", order="order", timestamp="timestamp",
        ...         amount="amount", quantity="quantity", kind="kind", product="product",
        ...         category="category", region="region", measures=["freight", "cost"])
        >>> read.report == shop.report
        True
        """
        folder = Path(directory)
        tables = {
            "customers.csv": self.customers,
            "products.csv": self.tables["products"],
            "transactions.csv": self.tables["lines"],
            "returns.csv": self.tables["returns"],
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder, prefix=".building-") as building:
                for name, table in tables.items():
                    _write_csv(table, Path(building, name), folder / name)
                for name in tables:
                    Path(building, name).replace(folder / name)
        except OSError as error:
            if isinstance(error, IOFailure):
                raise
            raise IOFailure(
                "synthetic: a file cannot be written",
                file=folder,
                value=error.strerror,
            ) from error
        return tuple(folder / name for name in tables)


class SyntheticLines(TypedDict):
    """Columns of `synthetic_lines`."""

    customer: NDArray[np.str_]
    order: NDArray[np.str_]
    timestamp: NDArray[np.datetime64]
    amount: NDArray[np.int64]
    quantity: NDArray[np.int64]
    product: NDArray[np.str_]
    category: NDArray[np.str_]
    region: NDArray[np.str_]
    kind: NDArray[np.str_]


def make_synthetic(
    num_customers: int = 5_000,
    random_state: int = 0,
    *,
    num_products: int = 1_000,
    start: str | date = "2023-01-01",
    days: int = 731,
    yearly: float = 1.0,
    weekly: float = 1.0,
    daily: float = 1.0,
    locale: str = "pt_BR",
) -> SyntheticDataset:
    """Draw the orders of a shop, and return the truth behind them.

    The default is a shop of 5,000 customers with about 57,000 orders and 117,000 lines in the 24
    months from 2023-01-01 to 2024-12-31. Every key begins with ``synthetic-``, so that no export
    passes for real data, and the metadata of every table says so.

    Purchases follow a BG/NBD: a customer's rate per week is Gamma(r = 1, rate alpha = 3), and each
    order but the first is his last with his own probability, Beta(a = 1, b = 12). Orders come in
    operational time, which runs faster in a strong season: a civil hour lasts as many operational
    ones as the product of the weights of its month, weekday and hour of the day tells, divided by
    the mean of that product over the span. First orders are uniform over the first three quarters
    of the operational span.

    Order values (goods less coupon, before refunds and without freight) follow a Gamma-Gamma:
    Gamma(p = 6, rate nu), where a customer's nu is Gamma(q = 4, rate gamma = 75), rounded to the
    cent. Lines, pieces, products, coupons, freight, cost, payments and returns are drawn as
    ``docs/methods/synthetic.md`` states; they neither add to nor take from the two models.

    Parameters
    ----------
    num_customers : int, default=5000
        Known customers, each with at least one order. In [1, 10,000,000]; 88,000 have a million
        orders in the default span.
    random_state : int, default=0
        Seed. At least 0; the same seed gives the same numbers and keys on any machine and with any
        version of numpy: all draws are made here from the raw bits of its PCG64, with nothing but
        arithmetic that IEEE 754 defines to the last bit. Names of people and cities are those of
        the installed version of Faker.
    num_products : int, default=1000
        Products of the catalogue; the k-th is bought 1/k as often as the first. In [1, 100,000].
    start : str or date, default="2023-01-01"
        First day, from 1900 to 2199.
    days : int, default=731
        Length of the span. In [1, 3,660].
    yearly, weekly, daily : float, default=1.0
        Strength of the seasons of month, weekday and hour, in [0, 1]: a weight w becomes
        1 + strength (w - 1). 0 is no season. The weights stand in `parameters`.
    locale : str, default="pt_BR"
        Locale of Faker from which names of people and cities are drawn.

    Returns
    -------
    SyntheticDataset
        ``truth``: the true values of each customer. ``parameters``: the arguments and all numbers
        of the models. ``customers``: ``customer``, ``name``, ``email``, ``consent``,
        ``country``, ``region``, ``city``, ``first_order``, ``orders``. ``tables``: ``lines``,
        ``products``, ``payments`` (which add up to amount and freight of each order's sales and
        discounts), ``returns``. Dimensions of ``transactions``: ``product``, ``category``,
        ``region``; measures: ``freight``, which the customer pays on top of the amount, and
        ``cost``, which the shop pays for the goods.

    Raises
    ------
    InvalidArgument
        If an argument has another type or is out of range.
    MissingExtra
        If the extra ``io`` is not installed.

    Notes
    -----
    O(orders log orders) time, O(orders) memory.

    Sources: Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way; Fader and Hardie
    (2013), The Gamma-Gamma Model of Monetary Value.

    Examples
    --------
    >>> dataset = make_synthetic(num_customers=100)
    >>> dataset.is_synthetic, dataset.transactions.num_customers
    (True, 100)
    >>> dataset.parameters["alpha"], dataset.truth.num_rows
    (3.0, 100)
    """
    options = _checked(
        num_customers, random_state, num_products, start, days, yearly, weekly, daily
    )
    for module in ("duckdb", "faker", "pyarrow"):
        extras.require("io", module)
    names = _name_pools(locale)
    shop = _draw(options)
    lines = _lines_table(shop)
    mapping: ColumnMapping = {
        "customer": "customer",
        "order": "order",
        "timestamp": "timestamp",
        "amount": "amount",
        "quantity": "quantity",
        "kind": "kind",
        "product": "product",
        "category": "category",
        "region": "region",
        "measures": ["freight", "cost"],
        "currency": _CURRENCY,
    }
    transactions = Transactions.from_arrow(lines, **mapping)
    paid = _payments_table(shop)
    return SyntheticDataset(
        name=_LABEL,
        transactions=transactions,
        payments=Payments.from_arrow(
            paid, order="order", payment_type="type", amount="amount", currency=_CURRENCY
        ),
        customers=_customers_table(shop, names),
        currency=_CURRENCY,
        region="region",
        tables={
            "lines": lines,
            "products": _products_table(shop),
            "payments": paid,
            "returns": _returns_table(shop),
        },
        is_synthetic=True,
        parameters=_parameters(options) | {"locale": locale},
        source_lines=partial(lines_of, lines, mapping),
        truth=_truth_table(shop),
    )


def synthetic_lines(num_customers: int = 5_000, random_state: int = 0) -> SyntheticLines:
    """Draw the order lines of `make_synthetic` as numpy arrays, with no other library.

    Parameters
    ----------
    num_customers, random_state
        As for `make_synthetic`, whose other options are at their defaults.

    Returns
    -------
    dict of ndarrays of shape (num_lines,)
        By increasing time. Text: `customer` (empty: a guest), `order`, `product` and `category`
        (empty: none), `region`, `kind`; datetime64[us]: `timestamp`; int64: `amount` in cents,
        `quantity` in pieces. As `Transactions.from_arrays` takes them with
        ``integer_unit="minor"``.

    Raises
    ------
    InvalidArgument
        If an argument is no integer or out of range.
    """
    shop = _draw(_checked(num_customers, random_state))
    customer = shop.customer[shop.line_order]
    products = np.append(_keys("product", shop.category.size), "")
    categories = np.append(np.array(list(_CATEGORIES))[shop.category], "")
    customers = np.append(_keys("customer", num_customers), "")
    return {
        "customer": customers[np.minimum(customer, num_customers)],
        "order": _keys("order", shop.customer.size)[shop.line_order],
        "timestamp": _times(shop, shop.line_second),
        "amount": shop.line_cents,
        "quantity": shop.line_quantity,
        "product": products[shop.line_product],
        "category": categories[shop.line_product],
        "region": np.array(list(_STATES))[shop.region[customer]],
        "kind": np.array(_KINDS)[shop.line_kind],
    }


# --- draws ---


@dataclass(frozen=True)
class _Options:
    """Checked arguments of `make_synthetic`."""

    num_customers: int
    random_state: int
    num_products: int
    start: date
    days: int
    yearly: float
    weekly: float
    daily: float


@dataclass(frozen=True)
class _Shop:
    """All that is drawn, as codes and whole numbers; times in seconds since the start.

    Customers from `num_customers` on are guests, one for each of their orders. Product -1: none.
    """

    num_customers: int
    start: date
    # Of each customer and guest; the last four of known customers alone.
    region: Integers
    mean_value: Floats
    rate: Floats
    dropout_probability: Floats
    dropout_second: Integers
    first_second: Integers
    num_orders: Integers
    name_draws: tuple[Floats, Floats, Floats]
    consent: Integers  # Yes, no, unknown.
    # Of each product.
    category: Integers
    price_cents: Integers
    popularity: Floats
    # Of each order, by time.
    customer: Integers
    second: Integers
    # Of each line, by time.
    line_order: Integers
    line_second: Integers
    line_kind: Integers
    line_product: Integers
    line_quantity: Integers
    line_cents: Integers
    line_freight: Integers
    line_cost: Integers
    # Of each refund line, by time.
    reason: Integers
    # Of each payment, by order.
    payment_order: Integers
    payment_type: Integers
    payment_cents: Integers


def _draw(options: _Options) -> _Shop:
    # A stream for each thing, so that a change of one leaves the others as they are.
    seeds = np.random.SeedSequence(options.random_state).spawn(9)
    *first, people, consents = map(_Draws, seeds)
    purchases, values, regions, baskets, goods, returns, payments = first
    num_known = options.num_customers
    clock = _Clock(options)

    bought = _purchases(num_known, clock.span, purchases)
    num_guests = round(bought.customer.size * _GUEST_SHARE / (1.0 - _GUEST_SHARE))
    num_people = num_known + num_guests
    customer = np.concatenate([bought.customer, num_known + np.arange(num_guests)])
    moment = np.concatenate([bought.moment, clock.span * purchases.uniform(num_guests)])
    # By the moment, not by the second: so no season changes which order is which.
    by_time = np.lexsort((customer, moment))
    customer, second = customer[by_time], clock.civil(moment[by_time])
    first_second = np.full(num_known, options.days * _DAY)
    known = customer < num_known
    np.minimum.at(first_second, customer[known], second[known])

    nu = values.gamma(_Q, num_people) / _GAMMA
    value = values.gamma(_P, customer.size) / nu[customer]
    cents = np.maximum(_floor(100.0 * value + 0.5), 1)
    inhabitants, freights = np.array(list(_STATES.values()), dtype=np.int64).T
    region = regions.choice(inhabitants.astype(np.float64), num_people)

    has_coupon = baskets.uniform(cents.size) < _COUPON_SHARE
    # The coupon takes a tenth off the goods, so a ninth of what is left.
    discount = np.where(has_coupon, (2 * cents + 9) // 18, 0)
    goods_cents = cents + discount
    order, amount = _split_into_lines(goods_cents, baskets)
    pieces = 1 + baskets.choice(_PIECES_PER_LINE, order.size)
    pieces = np.where(amount % pieces == 0, pieces, 1)
    category, popularity, product, prices = _sell(options.num_products, amount // pieces, goods)

    is_first = np.append(True, order[1:] != order[:-1])
    freight = freights[region[customer[order]]]
    freight = np.where(is_first, freight, freight * _FURTHER_LINES_FREIGHT_PERCENT // 100)
    freight = np.where(cents[order] < _FREE_FREIGHT_CENTS, freight, 0)
    percents = np.array([one.cost_percent for one in _CATEGORIES.values()])
    cost = (amount * percents[category[product]] + 50) // 100

    sales, refund_second = _returned(second[order], options.days * _DAY, returns)
    # A coupon's share of the line is not given back: refunds never exceed what was paid.
    kept = -(-discount[order[sales]] * amount[sales] // goods_cents[order[sales]])
    refund = amount[sales] - kept
    sales, refund_second, refund = (each[refund > 0] for each in (sales, refund_second, refund))
    reason = returns.choice(np.array(list(_REASONS.values())), sales.size)

    coupons = np.flatnonzero(discount)
    none = np.zeros(coupons.size, dtype=np.int64)
    line_second = np.concatenate([second[order], second[coupons], refund_second])
    by_time = np.argsort(line_second, kind="stable")

    def of_lines(sale: Integers, coupon: Integers, refund: Integers) -> Integers:
        return np.concatenate([sale, coupon, refund])[by_time]

    paid = cents + np.bincount(order, weights=freight, minlength=cents.size).astype(np.int64)
    payment_order, payment_type, payment_cents = _pay(paid, payments)
    return _Shop(
        num_customers=num_known,
        start=options.start,
        region=region,
        mean_value=_P / nu[:num_known],
        rate=bought.rate * _WEEK,
        dropout_probability=bought.dropout_probability,
        dropout_second=np.where(bought.is_alive, -1, clock.civil(bought.last_moment)),
        first_second=first_second,
        num_orders=np.bincount(customer[known], minlength=num_known),
        name_draws=(
            people.uniform(num_known),
            people.uniform(num_known),
            people.uniform(num_known),
        ),
        consent=consents.choice(np.array(list(_CONSENT_SHARES.values())), num_known),
        category=category,
        price_cents=prices,
        popularity=popularity,
        customer=customer,
        second=second,
        line_order=of_lines(order, coupons, order[sales]),
        line_second=line_second[by_time],
        line_kind=of_lines(np.zeros_like(order), none + 1, np.full_like(sales, 2)),
        line_product=of_lines(product, none - 1, product[sales]),
        line_quantity=of_lines(pieces, none, -pieces[sales]),
        line_cents=of_lines(amount, -discount[coupons], -refund),
        line_freight=of_lines(freight, none, np.zeros_like(sales)),
        line_cost=of_lines(cost, none, -cost[sales]),
        reason=reason,
        payment_order=payment_order,
        payment_type=payment_type,
        payment_cents=payment_cents,
    )


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

    def below(self, count: int, size: int) -> Integers:
        """Whole numbers from 0 to `count` - 1, equally likely; shape (size,)."""
        return np.minimum(_floor(count * self.uniform(size)), count - 1)

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


class _Clock:
    """Operational time, in which there are no seasons, and civil time; both in seconds.

    Both begin at 0 and end at `span`; an operational second is a civil one of mean season.
    """

    def __init__(self, options: _Options) -> None:
        days = np.datetime64(options.start, "D") + np.arange(options.days)
        month = days.astype("datetime64[M]").astype(np.int64) % 12
        weekday = (days.astype(np.int64) + 3) % 7  # 1970 began on a Thursday.
        weights = _season(_YEARLY, options.yearly)[month]
        weights = weights * _season(_WEEKLY, options.weekly)[weekday]
        hours = np.outer(weights, _season(_DAILY, options.daily)).ravel()
        reached = np.concatenate([[0.0], np.cumsum(hours)])
        self.span = float(options.days * _DAY)
        self._edges = reached * (self.span / reached[-1])

    def civil(self, moment: Floats) -> Integers:
        """Civil seconds of operational ones, rounded down; shape as `moment`."""
        hour = np.searchsorted(self._edges, moment, side="right") - 1
        hour = np.clip(hour, 0, self._edges.size - 2)
        length = self._edges[hour + 1] - self._edges[hour]
        part = _floor(_HOUR * ((moment - self._edges[hour]) / length))
        return np.asarray(hour * _HOUR + np.clip(part, 0, _HOUR - 1), dtype=np.int64)


def _season(weights: Floats, strength: float) -> Floats:
    return np.asarray(1.0 + strength * (weights - 1.0))


@dataclass(frozen=True)
class _Purchases:
    """Orders of the known customers: customer and moment of each; the rest of each customer."""

    customer: Integers
    moment: Floats
    rate: Floats
    dropout_probability: Floats
    is_alive: NDArray[np.bool_]
    last_moment: Floats


def _purchases(num_customers: int, span: float, draws: _Draws) -> _Purchases:
    """Draw from the BG/NBD, in operational seconds."""
    rate = draws.gamma(_R, num_customers) / (_ALPHA * _WEEK)
    dropout = draws.beta_1(_B, num_customers)
    customer = np.arange(num_customers)
    moment = _FIRST_PURCHASES * span * draws.uniform(num_customers)
    customers, moments = [customer], [moment]
    is_alive = np.ones(num_customers, dtype=np.bool_)
    last = moment.copy()
    # One round for each further purchase, over the customers who are still there.
    while customer.size > 0:
        moment = moment + draws.gamma(1, customer.size) / rate[customer]
        within = moment < span
        customer, moment = customer[within], moment[within]
        customers.append(customer)
        moments.append(moment)
        last[customer] = moment
        stays = draws.uniform(customer.size) >= dropout[customer]
        is_alive[customer] = stays
        customer, moment = customer[stays], moment[stays]
    return _Purchases(
        customer=np.concatenate(customers),
        moment=np.concatenate(moments),
        rate=rate,
        dropout_probability=dropout,
        is_alive=is_alive,
        last_moment=last,
    )


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


def _sell(
    num_products: int, unit_cents: Integers, draws: _Draws
) -> tuple[Integers, Floats, Integers, Integers]:
    """Make the catalogue and say which product each sale line is of.

    Lines by the price of a piece meet products by their place in the order of prices, each
    product over its share of the lines: so popularity is Zipf's, to a line, and what costs more
    is a dearer product.

    Returns category and popularity of each product, product of each line, list price of each
    product in cents: the middle one of what was charged.
    """
    shares = np.array([one.share for one in _CATEGORIES.values()])
    levels = np.array([one.price_level for one in _CATEGORIES.values()])
    category = draws.choice(shares, num_products)
    by_price = np.argsort(levels[category] * (0.5 + draws.uniform(num_products)), kind="stable")
    weight = 1.0 / np.arange(1.0, num_products + 1.0)
    popularity = weight / np.cumsum(weight)[-1]

    edges = np.cumsum(popularity[by_price])
    num_lines = unit_cents.size
    # Lines of one price stand in random order: by time, a product would have its season.
    lines_by_price = np.argsort(unit_cents + draws.uniform(num_lines), kind="stable")
    reached = (np.arange(num_lines) + 0.5) / num_lines * edges[-1]
    place = np.minimum(np.searchsorted(edges, reached, side="right"), num_products - 1)
    product = np.empty(num_lines, dtype=np.int64)
    product[lines_by_price] = by_price[place]

    middle = (edges - 0.5 * popularity[by_price]) / edges[-1]
    middle_line = lines_by_price[np.minimum(_floor(middle * num_lines), num_lines - 1)]
    price = np.empty(num_products, dtype=np.int64)
    price[by_price] = unit_cents[middle_line]
    return category, popularity, product, price


def _returned(second: Integers, end: int, draws: _Draws) -> tuple[Integers, Integers]:
    """Sale lines that come back, and the second of each return, by increasing second.

    What would be returned after the end is not known yet.
    """
    lines = np.flatnonzero(draws.uniform(second.size) < _REFUND_SHARE)
    first_day, last_day = _REFUND_DAYS
    days = first_day + (last_day - first_day) * draws.uniform(lines.size)
    seconds = second[lines] + _floor(_DAY * days)
    lines, seconds = lines[seconds < end], seconds[seconds < end]
    by_time = np.lexsort((lines, seconds))
    return lines[by_time], seconds[by_time]


def _pay(cents: Integers, draws: _Draws) -> tuple[Integers, Integers, Integers]:
    """Order, type and cents of each payment; they add up to `cents` of each order."""
    types = list(_PAYMENT_TYPES)
    main = draws.choice(np.array(list(_PAYMENT_TYPES.values())), cents.size)
    is_split = (draws.uniform(cents.size) < _SPLIT_PAYMENT_SHARE) & (cents > 1)
    main[is_split] = types.index("credit_card")
    split = np.flatnonzero(is_split)
    part = 0.1 + 0.4 * draws.uniform(split.size)
    voucher = np.maximum(_floor(part * cents[split]), 1)
    left = cents.copy()
    left[split] -= voucher

    order = np.concatenate([np.arange(cents.size), split])
    by_order = np.argsort(order, kind="stable")
    kind = np.concatenate([main, np.full(split.size, types.index("voucher"))])
    return order[by_order], kind[by_order], np.concatenate([left, voucher])[by_order]


def _floor(value: Floats) -> Integers:
    return np.floor(value).astype(np.int64)


def _keys(what: str, count: int) -> NDArray[np.str_]:
    """Keys `synthetic-WHAT-0001` to `count`, all of one length."""
    digits = len(str(count))
    return np.array([f"{_LABEL}-{what}-{number:0{digits}d}" for number in range(1, count + 1)])


def _times(shop: _Shop, second: Integers) -> NDArray[np.datetime64]:
    return np.datetime64(shop.start, "us") + (second * 1_000_000).astype("timedelta64[us]")


# --- tables ---


def _lines_table(shop: _Shop) -> pyarrow.Table:
    customer = shop.customer[shop.line_order]
    categories = np.append(shop.category, -1)
    return _table(
        order=_coded(shop.line_order, _key_array("order", shop.customer.size)),
        customer=_coded(
            np.where(customer < shop.num_customers, customer, -1),
            _key_array("customer", shop.num_customers),
        ),
        timestamp=_times(shop, shop.line_second),
        kind=_coded(shop.line_kind, _KINDS),
        product=_coded(shop.line_product, _key_array("product", shop.category.size)),
        category=_coded(categories[shop.line_product], tuple(_CATEGORIES)),
        region=_coded(shop.region[customer], tuple(_STATES)),
        quantity=shop.line_quantity,
        amount=_money(shop.line_cents),
        freight=_money(shop.line_freight),
        cost=_money(shop.line_cost),
    )


def _customers_table(shop: _Shop, names: Mapping[str, list[str]]) -> pyarrow.Table:
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    key = _key_array("customer", shop.num_customers)
    first, last, city = (
        _coded(np.minimum(_floor(len(pool) * draws), len(pool) - 1), pool).cast(pa.string())
        for pool, draws in zip(names.values(), shop.name_draws, strict=True)
    )
    return _table(
        customer=key,
        name=pc.binary_join_element_wise(first, last, " "),
        email=pc.binary_join_element_wise(key, "example.com", "@"),
        consent=pa.array(shop.consent == 0, mask=shop.consent == len(_CONSENT_SHARES) - 1),
        country=pa.repeat(_COUNTRY, shop.num_customers),
        region=_coded(shop.region[: shop.num_customers], tuple(_STATES)).cast(pa.string()),
        city=city,
        first_order=_times(shop, shop.first_second),
        orders=shop.num_orders,
    )


def _products_table(shop: _Shop) -> pyarrow.Table:
    categories = list(_CATEGORIES)
    met = dict.fromkeys(categories, 0)
    names = []
    for code in shop.category.tolist():
        category = categories[code]
        words = _CATEGORIES[category]
        series, place = divmod(met[category], len(words.kinds) * len(words.things))
        thing, kind = divmod(place, len(words.kinds))
        name = f"{words.kinds[kind]} {words.things[thing]}"
        names.append(f"{name} {series + 1}" if series else name)
        met[category] += 1
    return _table(
        product=_key_array("product", len(names)),
        name=names,
        category=[categories[code] for code in shop.category.tolist()],
        price=_money(shop.price_cents),
        popularity=shop.popularity,
    )


def _payments_table(shop: _Shop) -> pyarrow.Table:
    return _table(
        order=_coded(shop.payment_order, _key_array("order", shop.customer.size)),
        type=_coded(shop.payment_type, tuple(_PAYMENT_TYPES)),
        amount=_money(shop.payment_cents),
    )


def _returns_table(shop: _Shop) -> pyarrow.Table:
    refunds = np.flatnonzero(shop.line_kind == _KINDS.index("refund"))
    return _table(
        order=_coded(shop.line_order[refunds], _key_array("order", shop.customer.size)),
        product=_coded(shop.line_product[refunds], _key_array("product", shop.category.size)),
        date=_times(shop, shop.line_second[refunds]).astype("datetime64[D]"),
        amount=_money(-shop.line_cents[refunds]),
        quantity=-shop.line_quantity[refunds],
        reason=_coded(shop.reason, tuple(_REASONS)),
    )


def _truth_table(shop: _Shop) -> pyarrow.Table:
    pa = extras.require("io", "pyarrow")
    is_alive = shop.dropout_second < 0
    return _table(
        customer=_key_array("customer", shop.num_customers),
        purchase_rate=shop.rate,
        dropout_probability=shop.dropout_probability,
        mean_order_value=shop.mean_value,
        first_order=_times(shop, shop.first_second),
        dropout_at=pa.array(_times(shop, shop.dropout_second), mask=is_alive),
        alive=is_alive,
        orders=shop.num_orders,
    )


def _table(**columns: object) -> pyarrow.Table:
    pa = extras.require("io", "pyarrow")
    return pa.table(columns).replace_schema_metadata(_METADATA)


def _key_array(what: str, count: int) -> pyarrow.Array:
    """Keys as `_keys` makes them, as an Arrow array and fast."""
    pa, pc = extras.require("io", "pyarrow"), extras.require("io", "pyarrow.compute")
    number = pc.utf8_lpad(
        pa.array(np.arange(1, count + 1)).cast(pa.string()), len(str(count)), padding="0"
    )
    return pc.binary_join_element_wise(f"{_LABEL}-{what}", number, "-")


def _coded(codes: Integers, words: object) -> pyarrow.DictionaryArray:
    """Text as codes into `words`; a negative code is null."""
    pa = extras.require("io", "pyarrow")
    indices = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(words, pa.string()))


def _money(cents: Integers) -> pyarrow.Array:
    """Cents as decimal128(38, 4), which is a whole number of 128 bits in two words."""
    pa = extras.require("io", "pyarrow")
    words = np.empty((cents.size, 2), dtype="<i8")
    words[:, 0] = cents * 100
    words[:, 1] = words[:, 0] >> 63
    return pa.Array.from_buffers(
        pa.decimal128(38, 4), cents.size, [None, pa.py_buffer(words.reshape(-1))]
    )


def _write_csv(table: pyarrow.Table, path: Path, target: Path) -> None:
    """Write a table that will be renamed to `target`."""
    pa, duckdb = extras.require("io", "pyarrow"), extras.require("io", "duckdb")
    for position, field in enumerate(table.schema):
        type_ = field.type
        if pa.types.is_dictionary(type_):
            type_ = pa.string()
        elif pa.types.is_decimal(type_):
            type_ = pa.decimal128(18, 2)
        table = table.set_column(position, field.name, table.column(position).cast(type_))
    table = table.append_column("source", pa.repeat(_LABEL, table.num_rows))
    try:
        with duckdb.connect() as connection:
            connection.from_arrow(table).write_csv(str(path), header=True)
    except duckdb.Error as error:
        raise IOFailure(
            "synthetic: a file cannot be written", file=target, value=str(error)
        ) from error


def _name_pools(locale: str) -> dict[str, list[str]]:
    """First names, last names and cities to draw from."""
    faker = extras.require("io", "faker")
    try:
        if not isinstance(locale, str) or not locale:
            raise AttributeError("no name")
        source = faker.Faker(locale)
    except AttributeError as error:
        raise InvalidArgument(
            "synthetic: locale must be one of Faker's, such as pt_BR", value=locale
        ) from error
    source.seed_instance(0)
    makers = {"first": source.first_name, "last": source.last_name, "city": source.city}
    return {name: [make() for _ in range(_NAME_POOL)] for name, make in makers.items()}


# --- arguments ---


def _parameters(options: _Options) -> dict[str, Any]:
    """All numbers of the models, fit for JSON."""
    return {
        "num_customers": options.num_customers,
        "random_state": options.random_state,
        "num_products": options.num_products,
        "start": options.start.isoformat(),
        "days": options.days,
        "yearly": options.yearly,
        "weekly": options.weekly,
        "daily": options.daily,
        "r": _R,
        "alpha": _ALPHA,
        "a": _A,
        "b": _B,
        "p": _P,
        "q": _Q,
        "gamma": _GAMMA,
        "first_purchases": _FIRST_PURCHASES,
        "month_weights": _season(_YEARLY, options.yearly).tolist(),
        "weekday_weights": _season(_WEEKLY, options.weekly).tolist(),
        "hour_weights": _season(_DAILY, options.daily).tolist(),
        "guest_share": _GUEST_SHARE,
        "lines_per_order": _LINES_PER_ORDER.tolist(),
        "pieces_per_line": _PIECES_PER_LINE.tolist(),
        "coupon_share": _COUPON_SHARE,
        "coupon": _COUPON,
        "refund_share": _REFUND_SHARE,
        "refund_days": list(_REFUND_DAYS),
        "refund_reasons": dict(_REASONS),
        "payment_types": dict(_PAYMENT_TYPES),
        "split_payment_share": _SPLIT_PAYMENT_SHARE,
        "consent_shares": dict(_CONSENT_SHARES),
        "category_shares": {name: one.share for name, one in _CATEGORIES.items()},
        "cost_percents": {name: one.cost_percent for name, one in _CATEGORIES.items()},
    }


def _checked(
    num_customers: int,
    random_state: int,
    num_products: int = 1_000,
    start: str | date = "2023-01-01",
    days: int = 731,
    yearly: float = 1.0,
    weekly: float = 1.0,
    daily: float = 1.0,
) -> _Options:
    return _Options(
        num_customers=_integer("num_customers", num_customers, 1, _MAX_CUSTOMERS),
        random_state=_integer("random_state", random_state, 0),
        num_products=_integer("num_products", num_products, 1, _MAX_PRODUCTS),
        start=_day("start", start),
        days=_integer("days", days, 1, _MAX_DAYS),
        yearly=_strength("yearly", yearly),
        weekly=_strength("weekly", weekly),
        daily=_strength("daily", daily),
    )


def _integer(name: str, value: int, least: int, most: int | None = None) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least or (most is not None and number > most):
        domain = f">= {least}" if most is None else f"in [{least}, {most}]"
        raise InvalidArgument(f"synthetic: {name} must be an integer {domain}", value=repr(value))
    return number


def _strength(name: str, value: float) -> float:
    is_number = isinstance(value, (int, float, np.integer, np.floating))
    if isinstance(value, bool) or not is_number or not 0.0 <= value <= 1.0:
        raise InvalidArgument(f"synthetic: {name} must be a number in [0, 1]", value=repr(value))
    return float(value)


def _day(name: str, value: str | date) -> date:
    day: object = value
    if isinstance(value, str):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
    first, last = _FIRST_DAYS
    if not isinstance(day, date) or isinstance(day, datetime) or not first <= day <= last:
        raise InvalidArgument(
            f"synthetic: {name} must be a day from {first} to {last}, such as 2023-01-01",
            value=str(value),
        )
    return day
