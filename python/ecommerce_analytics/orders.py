"""Lists: the orders, the order lines and the customers behind a figure."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Literal, TypeAlias, get_args

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, history_of, thread_count
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.selection import Key, Selection, key_column, native_selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

OrderSortName: TypeAlias = Literal["time", "revenue", "number", "days_since_previous", "order"]
CustomerSortName: TypeAlias = Literal["customer", "orders", "revenue", "first_order", "last_order"]


def list_orders(
    transactions: Transactions | CustomerHistory,
    *,
    as_of: Moment | None = None,
    customers: Iterable[Key] | None = None,
    sort: OrderSortName = "time",
    descending: bool = False,
    limit: int | None = None,
    region: str | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """List the orders that count: with a purchase line before `as_of`, inside the selection.

    Parameters
    ----------
    transactions : Transactions or CustomerHistory
        Order lines, n rows in any order.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, up to which lines count. None: 00:00 after the day of the last line.
    customers : iterable of str or int, or None
        Whose orders; None among them stands for guests. None: everybody's.
    sort : {"time", "revenue", "number", "days_since_previous", "order"}, default="time"
        Column to sort by; missing values last, ties by increasing key of the order.
    descending : bool, default=False
        The greatest first.
    limit : int or None
        Rows at most, the first ones; None: all.
    region : str or None
        Dimension of a table to show; a history shows the one that it keeps.
    selection : Selection or None
        Which orders are listed; a history has its own.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per order:

        * `order`, `customer` (unknown for guests), `time` (of its earliest purchase line),
        * `region`: that line's; only if the history keeps one.
        * `revenue`: net money of its lines of all kinds on the days of the report window, decimal;
          `lines`: so many they are; `items`: quantity of those of kind sale, only if it is kept.
        * `number`: 1 for the first order of the customer in the full history, and so on, those of
          one moment by key; null for guests.
        * `days_since_previous`: whole days of 24 hours since the order before in the full history;
          null for the first one and for guests.

        `total_orders` of its metadata counts the orders before the limit.

    Raises
    ------
    InvalidArgument
        If an option is out of its domain, no purchase lies before `as_of`, or a history cannot
        tell of that moment.
    SchemaMismatch
        If keys are integers here and text there, or a table has no dimension `region`.

    Notes
    -----
    O(orders + order-days) and a sort of what is shown; by `number` or `days_since_previous` a
    sort of all orders. O(n) more for a table. See docs/methods/orders.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann"], order=["A1", "B1", "A2"],
    ...     timestamp=["2026-01-05", "2026-01-09", "2026-02-01"],
    ...     amount=["19.90", "5.00", "5.10"])
    >>> table = ea.orders.list_orders(tx, customers=["ann"], sort="time", descending=True)
    >>> table["order"].tolist(), table["number"].tolist(), table["days_since_previous"].tolist()
    (['A2', 'A1'], [2, 1], [27, None])
    """
    if sort not in get_args(OrderSortName):
        raise InvalidArgument(
            "orders: sort must be time, revenue, number, days_since_previous or order", value=sort
        )
    if region is not None and not isinstance(region, str):
        raise TypeError(f"region must be the name of a dimension, got {region!r}")
    history = history_of(
        transactions,
        as_of=as_of,
        num_threads=num_threads,
        selection=selection,
        region=region,
        measures=_quantity_of(transactions),
    )
    if region is not None and region != history.region:
        raise InvalidArgument("orders: the history keeps no such dimension", value=region)
    return Table(
        _core.orders.list_orders(
            history._native,
            as_of_us=to_microseconds(as_of),
            customers=None if customers is None else key_column("customers", customers),
            sort=sort,
            descending=bool(descending),
            limit=_limit(limit),
        )
    )


def list_lines(
    transactions: Transactions,
    *,
    as_of: Moment | None = None,
    orders: Iterable[Key] | None = None,
    kinds: Iterable[str] | None = None,
    descending: bool = False,
    limit: int | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """List the lines of the orders that are in, as they stand in the table.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, up to which lines are listed. None: all of them.
    orders : iterable of str or int, or None
        Orders by key; None: all.
    kinds : iterable of str, or None
        Kinds of line, such as `"refund"`; None: all.
    descending : bool, default=False
        The latest line first.
    limit : int or None
        Rows at most, the first ones; None: all.
    selection : Selection or None
        Which orders are in, and on which days their lines are listed.
    num_threads : int or None
        Threads that read the rows where the selection needs it; None: as many as there are cores
        allowed.

    Returns
    -------
    Table
        One row per line: `order`, `customer` (unknown for guests), `time`, `kind`, `amount`
        (decimal), `quantity` if there is one, then all dimensions and all measures under their own
        names. By time, ties by the key of the order, the kind, the amount and so on from left to
        right. `total_lines` and `total_revenue` of its metadata are of all lines before the limit.

    Raises
    ------
    InvalidArgument
        If an option is out of its domain, a dimension or measure has the name of another column,
        or the selection has a dimension or region and no purchase lies before `as_of`.
    SchemaMismatch
        If keys are integers here and text there, or the table lacks a dimension of the selection.

    Notes
    -----
    O(n) and a sort of the rows that are shown; a selection by dimension or region makes a
    `CustomerHistory` first. See docs/methods/orders.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "ann", "bob"], order=["A1", "A1", "B1"],
    ...     timestamp=["2026-01-05", "2026-01-08", "2026-01-09"], amount=["25.00", "-5.00", "30"])
    >>> table = ea.orders.list_lines(tx, orders=["A1"])
    >>> table["kind"].tolist(), table.total_revenue
    (['sale', 'refund'], '20.0000')
    """
    if not isinstance(transactions, Transactions):
        raise TypeError(f"expected Transactions, got {type(transactions).__name__}")
    if isinstance(kinds, str):
        raise TypeError(f"kinds must be a list of names, got {kinds!r}")
    return Table(
        _core.orders.list_lines(
            transactions._native,
            as_of_us=to_microseconds(as_of),
            orders=None if orders is None else key_column("orders", orders),
            kinds=None if kinds is None else list(kinds),
            descending=bool(descending),
            limit=_limit(limit),
            selection=native_selection(selection),
            num_threads=thread_count(num_threads),
        )
    )


def list_customers(
    transactions: Transactions | CustomerHistory,
    *,
    as_of: Moment | None = None,
    sort: CustomerSortName = "customer",
    descending: bool = False,
    limit: int | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """List the known customers with an order that counts.

    Parameters
    ----------
    transactions, as_of, descending, limit, selection, num_threads
        As in `list_orders`.
    sort : {"customer", "orders", "revenue", "first_order", "last_order"}, default="customer"
        Column to sort by, ties by increasing key.

    Returns
    -------
    Table
        One row per customer: `customer`, `orders` (that count), `revenue` (net money of the lines
        of his selected orders on the days of the report window, decimal), `first_order` and
        `last_order` (of those that count). `total_customers` of its metadata counts the customers
        before the limit.

    Raises
    ------
    InvalidArgument
        As `list_orders`.

    Notes
    -----
    O(orders + order-days) and a sort of the customers; O(n) more for a table.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann"], order=["A1", "B1", "A2"],
    ...     timestamp=["2026-01-05", "2026-01-09", "2026-02-01"],
    ...     amount=["19.90", "5.00", "5.10"])
    >>> best = ea.orders.list_customers(tx, sort="revenue", descending=True, limit=1)
    >>> best["customer"].tolist(), best["orders"].tolist(), best.total_customers
    (['ann'], [2], 2)
    """
    if sort not in get_args(CustomerSortName):
        raise InvalidArgument(
            "orders: sort must be customer, orders, revenue, first_order or last_order", value=sort
        )
    history = history_of(transactions, as_of=as_of, num_threads=num_threads, selection=selection)
    return Table(
        _core.orders.list_customers(
            history._native,
            as_of_us=to_microseconds(as_of),
            sort=sort,
            descending=bool(descending),
            limit=_limit(limit),
        )
    )


def _quantity_of(source: Transactions | CustomerHistory) -> list[str]:
    if not isinstance(source, Transactions):
        return []
    return [name for name in _core.kpi.measures_of(source._native) if name == "quantity"]


def _limit(told: int | None) -> int | None:
    if told is None:
        return None
    limit = index(told)
    if limit < 0:
        raise InvalidArgument("orders: limit must be 0 or more", value=str(limit))
    return min(limit, 2**62)
