"""Which orders an analysis sums up, and which customers it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.table import Table

if TYPE_CHECKING:
    from ecommerce_analytics.payments import Payments

_DAY_US = 86_400_000_000

Key = str | int | None


class Selection:
    """A cut of the orders, without copying rows; all of its conditions must hold.

    The *report window* says which days are summed, the *population* which customers are counted.
    First orders, cohorts and tenure always come from the full history up to `as_of`.

    Parameters
    ----------
    start, end : str, date, datetime, numpy.datetime64 or None
        Report window [start, end), midnights: an order belongs to the day of its earliest purchase
        line, money to that of its own line. None: open.
    category : iterable of str or int, or None
        Keys of the dimension `category`; the same as `dimensions={"category": …}`.
    region : iterable of str or int, or None
        Keys of the dimension `region_dimension`: an order is in if its own region, that of its
        earliest purchase line, is one of them.
    home_region : iterable of str or int, or None
        Keys of the same dimension: the population is the customers whose first order lies in one
        of them, of several first orders at one moment the least key. Guests are not among them.
    region_dimension : str, default="region"
        Name of the dimension of `region` and `home_region`.
    dimensions : mapping of str to iterable, or None
        Keys by name of a dimension, at most 32: an order is in, whole as it is, if one of its lines
        has one of the keys. None among the keys, and `"unknown"`, is a line without one.
    payment_type : iterable of str or int, or None
        An order is in if it has a payment of one of these types; `payments` is the table of them.
    payments : Payments or None
        What was paid for which order.
    segment : iterable of str, or None
        Names of segments; `segments` is the table that tells who is in them.
    segments : Table or None
        What `rfm.segment` returned.
    customers : iterable of str or int, or None
        The population by key. Guests are not among them.
    orders : iterable of str or int, or None
        Orders by key.

    Raises
    ------
    InvalidArgument
        If the window does not end after its start or has no midnights, a set of keys is a single
        text, one of `segment` and `segments`, or of `payment_type` and `payments`, stands alone,
        or no segment or payment has a name.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann"], order=["A1", "B1", "A2"],
    ...     timestamp=["2026-01-05", "2026-01-09", "2026-02-01"],
    ...     amount=["19.90", "5.00", "5.10"], category=["toys", "books", "books"])
    >>> february = ea.Selection(start="2026-02-01", category=["books"])
    >>> ea.kpi.summary(tx, selection=february)["repeat_customers"].tolist()
    [1]
    """

    def __init__(
        self,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        category: Iterable[Key] | None = None,
        region: Iterable[Key] | None = None,
        home_region: Iterable[Key] | None = None,
        region_dimension: str = "region",
        dimensions: Mapping[str, Iterable[Key]] | None = None,
        payment_type: Iterable[Key] | None = None,
        payments: Payments | None = None,
        segment: Iterable[str] | None = None,
        segments: Table | None = None,
        customers: Iterable[Key] | None = None,
        orders: Iterable[Key] | None = None,
    ) -> None:
        by_dimension = dict(dimensions or {})
        if category is not None:
            if "category" in by_dimension:
                raise InvalidArgument("selection: category is told twice")
            by_dimension["category"] = category
        population = None if customers is None else key_column("customers", customers)
        which = None if orders is None else key_column("orders", orders)
        paid = _orders_paid(payment_type, payments)
        if paid is not None:
            which = paid if which is None else which.intersection(paid)
        members = _members(segment, segments)
        if members is not None:
            population = members if population is None else population.intersection(members)
        self._native = _core.Selection(
            start_day=_day("start", start),
            end_day=_day("end", end),
            dimensions=[
                (name, key_column(name, keys)) for name, keys in sorted(by_dimension.items())
            ],
            region=None if region is None else (region_dimension, key_column("region", region)),
            home_region=None
            if home_region is None
            else (region_dimension, key_column("home_region", home_region)),
            orders=which,
            customers=population,
        )

    def __repr__(self) -> str:
        return f"Selection({self._native.describe()})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Selection) and self._native.equals(other._native)

    __hash__ = None  # type: ignore[assignment]


def native_selection(selection: Selection | None) -> _core.Selection:
    """Return a selection as the core takes it; None is everything."""
    if selection is None:
        return _core.Selection()
    if not isinstance(selection, Selection):
        raise TypeError(f"expected Selection, got {type(selection).__name__}")
    return selection._native


def _day(name: str, moment: Moment | None) -> int | None:
    time_us = to_microseconds(moment)
    if time_us is None:
        return None
    if time_us % _DAY_US:
        raise InvalidArgument(f"selection: {name} must be a midnight", value=str(moment))
    return time_us // _DAY_US


def key_column(name: str, keys: Iterable[Key]) -> _core.KeyColumn:
    """Return distinct keys in their order, so that equal sets make equal selections."""
    if isinstance(keys, (str, bytes)):
        raise InvalidArgument(f"selection: {name} must be a list of keys", value=repr(keys))
    plain: set[Key] = set()
    for key in keys.tolist() if isinstance(keys, np.ndarray) else keys:
        if isinstance(key, (bool, float, date, datetime, timedelta)) or not (
            key is None or isinstance(key, (str, int, np.integer))
        ):
            raise InvalidArgument(f"selection: {name} holds what is no key", value=repr(key))
        if isinstance(key, (int, np.integer)) and not -(2**63) <= key < 2**63:
            raise InvalidArgument(f"selection: {name} holds more than 64 bits", value=repr(key))
        plain.add(int(key) if isinstance(key, np.integer) else key)
    types = {type(key) for key in plain if key is not None}
    if len(types) > 1:
        raise InvalidArgument(f"selection: {name} mixes integers and text")
    return _core.KeyColumn(sorted(plain, key=lambda key: (key is None, key)))


def _orders_paid(
    payment_type: Iterable[Key] | None, payments: Payments | None
) -> _core.KeyColumn | None:
    if payment_type is None and payments is None:
        return None
    if payment_type is None or payments is None:
        raise InvalidArgument("selection: payment_type and payments go together")
    native = getattr(payments, "_native", None)
    if not isinstance(native, _core.payments.Payments):
        raise TypeError(f"selection: payments must be Payments, got {type(payments).__name__}")
    return _core.payments.orders_with(native, key_column("payment_type", payment_type))


def _members(segment: Iterable[str] | None, segments: Table | None) -> _core.KeyColumn | None:
    if segment is None and segments is None:
        return None
    if segment is None or segments is None:
        raise InvalidArgument("selection: segment and segments go together")
    if isinstance(segment, str):
        raise InvalidArgument("selection: segment must be a list of names", value=segment)
    native = getattr(segments, "_native", None)
    if not isinstance(native, _core.rfm.Segments):
        raise TypeError("selection: segments must be the table that rfm.segment returned")
    return _core.rfm.customers_in(native, names=list(segment))
