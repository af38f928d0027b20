"""Money, lines, distinct orders and distinct customers by dimensions and periods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, PeriodName, require_period, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, thread_count
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.selection import Selection, native_selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions


def group_by(
    transactions: Transactions,
    *,
    by: Iterable[str] = (),
    period: PeriodName | None = None,
    measures: Iterable[str] = (),
    as_of: Moment | None = None,
    selection: Selection | None = None,
    orders: CustomerHistory | None = None,
    num_threads: int | None = None,
) -> Table:
    """Sum up the lines of each group: the lines that agree in up to three dimensions and a period.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order. It reads the lines themselves: a `CustomerHistory` has
        none any more.
    by : iterable of str
        At most three dimensions: those of the table (category, seller, product, region, …), and
        `kind` (of the line), `weekday` (1 Monday to 7 Sunday, as ISO) and `hour` (0 to 23) of the
        line's own civil time. A dimension of the table goes before a built-in one of its name.
    period : {"day", "week", "month", "quarter", "year"} or None
        Spans to group by as well, each line by its own day. A week starts on Monday.
    measures : iterable of str
        Measures of the table to add up, a column each.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, up to which lines count. None: 00:00 after the day of the last line.
    selection : Selection or None
        Orders that are in, whole as they are, and the days of whose lines are summed up.
    orders : CustomerHistory or None
        A history of this very table, and of no other, in the place of a selection: it knows which
        orders its own selection lets in, and no line is read to find them out. `as_of` is its own
        if not told.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per group that has a line, in increasing order of its keys, `unknown` (null among
        integer keys) last, then of its period: the columns of `by`; `period`, `start`, `partial`
        if there is a period; `lines`; `orders` (distinct orders with a purchase line in the
        group); `customers` (distinct known customers of those orders); `revenue` (net money of
        the lines, of all kinds); `quantity` (of lines of kind sale) if the table has it; the
        measures; `average_order_value` (revenue / orders; null without orders). Lines and money
        add up to the whole; orders and customers need not, as an order with lines in two groups
        is in both, and `total_orders` and `total_customers` in the metadata count each once.

    Raises
    ------
    SchemaMismatch
        If the table has no such dimension or measure. Payment types are none: an order has
        several payments, and joined to lines they would count money twice.
    InvalidArgument
        If there are more than three dimensions, two columns would have one name, the period is
        none of the five, no purchase lies before `as_of`, both `selection` and `orders` are told,
        or `orders` is a history of other lines.
    TypeError
        If `transactions` is a `CustomerHistory`, or a list of names is a single text.

    Notes
    -----
    O(n + keys + groups log groups) expected time. See docs/methods/aggregate.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann"], order=["A1", "B1", "A1"],
    ...     timestamp=["2026-01-05", "2026-01-09", "2026-01-05"],
    ...     amount=["19.90", "5.00", "5.10"], category=["toys", "toys", "books"])
    >>> table = ea.aggregate.group_by(tx, by=["category"], period="month")
    >>> table["category"].tolist(), table["orders"].tolist(), table.total_orders
    (['books', 'toys'], [1, 2], 2)
    """
    if not isinstance(transactions, Transactions):
        raise TypeError(
            f"expected Transactions, got {type(transactions).__name__}; "
            "an aggregate reads the order lines themselves"
        )
    if period is not None:
        require_period(period)
    if orders is not None and not isinstance(orders, CustomerHistory):
        raise TypeError(f"orders must be a CustomerHistory, got {type(orders).__name__}")
    if orders is not None and selection is not None:
        raise InvalidArgument("aggregate: a history of orders has its own selection")
    options: dict[str, Any] = {
        "by": _names("by", by),
        "period": period,
        "measures": _names("measures", measures),
        "as_of_us": to_microseconds(as_of),
        "num_threads": thread_count(num_threads),
    }
    lines = transactions._native
    if orders is not None:
        return Table(_core.aggregate.group_by_orders(lines, orders._native, **options))
    return Table(_core.aggregate.group_by(lines, selection=native_selection(selection), **options))


def abc_classes(groups: Table, *, cuts: Sequence[float] = (0.80, 0.95)) -> Table:
    """Tell which groups bring most of the revenue.

    Parameters
    ----------
    groups : Table
        What `group_by` returned, without a period.
    cuts : sequence of two float
        Shares of all revenue that the classes A, and A and B, reach; increasing, in (0, 1), read
        to the nearest millionth.

    Returns
    -------
    Table
        The columns of `groups`, by revenue, the greatest first, equals in the order of their keys;
        then `rank` (1 for the most revenue; equals share the lesser number), `share` (of all
        revenue; null unless that is positive), `cumulative_share` (of the groups of this rank and
        better) and `abc_class`, which is empty unless all revenue is positive. `abc_cuts` and
        `abc_sizes` (groups in A, B, C) are in the metadata.

    Raises
    ------
    InvalidArgument
        If the cuts are not two that increase within (0, 1), or the groups have a period.

    Notes
    -----
    A group is in A if the groups of more revenue bring less than the first cut of all revenue, in
    B if they bring less than the second, else in C: so A is the fewest of the best groups that
    reach the cut, and equals share a class. A group at or below zero is in C; where there are such
    groups, a running share can pass 1 before it comes back to it. Exact, rounded once.
    O(groups log groups).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann"] * 3, order=["A1", "A2", "A3"], timestamp=["2026-01-05"] * 3,
    ...     amount=["75", "20", "5"], product=["lamp", "rug", "pin"])
    >>> table = ea.aggregate.abc_classes(ea.aggregate.group_by(tx, by=["product"]))
    >>> table["product"].tolist(), table["abc_class"].tolist(), table.abc_sizes
    (['lamp', 'rug', 'pin'], ['A', 'A', 'C'], [2, 0, 1])
    """
    return Table(_core.aggregate.abc_classes(_groups("abc_classes", groups), cuts=list(cuts)))


def parts(groups: Table) -> Table:
    """Put the kinds of line of each group beside each other: sales, returns, discounts, margin.

    Parameters
    ----------
    groups : Table
        What `group_by` returned with ``"kind"`` as the last of `by`.

    Returns
    -------
    Table
        One row per group of the other keys (and period), in increasing order: `sale_lines`,
        `refund_lines`; `revenue_gross` (lines of kind sale), `revenue_discount`,
        `revenue_refunds`, `revenue_shipping`, `revenue_fees`, `revenue_adjustments` with their
        signs, `revenue_net` (all of them); `quantity` (of the sale lines), if there is one;
        `return_rate_money` (-refunds / gross; null unless that is positive), `return_rate_lines`
        (refund lines / sale lines), `discount_share` (-discount / gross); the measures. With the
        measure `freight` also `freight_share` (of net and freight together; null unless they are
        positive), with the measure `cost` `margin` (net - cost) and `margin_share` (of net; null
        unless that is positive).

    Raises
    ------
    InvalidArgument
        If `kind` is not the last of `by`, or is a dimension of the table that holds other things.

    Notes
    -----
    Words are those of the KPI dictionary, by the line's own group: a refund counts for the
    category that stands on the refund's line. O(groups log groups).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann"] * 2, order=["A1", "A1"], timestamp=["2026-01-05", "2026-01-09"],
    ...     amount=["80", "-20"], category=["toys"] * 2, measures={"cost": ["50", "-10"]})
    >>> table = ea.aggregate.parts(
    ...     ea.aggregate.group_by(tx, by=["category", "kind"], measures=["cost"]))
    >>> table["return_rate_money"].tolist(), table["margin"].tolist()
    ([0.25], [20.0])
    """
    return Table(_core.aggregate.parts(_groups("parts", groups)))


def mean_of_key(groups: Table) -> Table:
    """Average an integer key over orders: review scores, days of delivery.

    Parameters
    ----------
    groups : Table
        What `group_by` returned with an integer dimension as the last of `by`.

    Returns
    -------
    Table
        One row per group of the other keys (and period), in increasing order: `known_orders`,
        `unknown_orders` (orders whose key is known, and is not), `mean` (of the known keys, each
        counted once for each order; null without one). `mean_of` is in the metadata.

    Raises
    ------
    InvalidArgument
        If there is no key or it is text.

    Notes
    -----
    Exact sums, rounded once. An order counts once in each group that has a line of it, so make
    the key one of the whole order. O(groups log groups).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann"] * 3, order=["A1", "A2", "A3"], timestamp=["2026-01-05"] * 3,
    ...     amount=["1"] * 3, category=["toys"] * 3, dimensions={"score": [5, 4, None]})
    >>> table = ea.aggregate.mean_of_key(ea.aggregate.group_by(tx, by=["category", "score"]))
    >>> table["known_orders"].tolist(), table["mean"].tolist()
    ([2], [4.5])
    """
    return Table(_core.aggregate.mean_of_key(_groups("mean_of_key", groups)))


def shares_of_key(groups: Table) -> Table:
    """Tell which share of the orders of a group has each of the known keys of the last dimension.

    Parameters
    ----------
    groups : Table
        What `group_by` returned with at least one dimension.

    Returns
    -------
    Table
        The columns and rows of `groups` and `share`: of the orders with a known key, among the
        rows with the same other keys and period; null where the key is unknown, or no known one
        has an order.

    Raises
    ------
    InvalidArgument
        If there is no dimension.

    Notes
    -----
    Exact counts, rounded once. Shares add up to 1 by the sum of the rows' `orders`, in which an
    order with lines in two of them is in both. O(groups log groups).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann"] * 3, order=["A1", "A2", "A3"], timestamp=["2026-01-05"] * 3,
    ...     amount=["1"] * 3, dimensions={"delivery": ["late", "on_time", "unknown"]})
    >>> table = ea.aggregate.shares_of_key(ea.aggregate.group_by(tx, by=["delivery"]))
    >>> table["share"].tolist()
    [0.5, 0.5, None]
    """
    return Table(_core.aggregate.shares_of_key(_groups("shares_of_key", groups)))


def _groups(function: str, groups: Table) -> _core.aggregate.Groups:
    native = getattr(groups, "_native", None)
    if not isinstance(native, _core.aggregate.Groups):
        raise TypeError(
            f"{function} needs the table that ecommerce_analytics.aggregate.group_by returned"
        )
    return native


def _names(option: str, names: Iterable[str]) -> list[str]:
    if isinstance(names, str):
        raise TypeError(f"{option} must be a list of names, got {names!r}")
    return list(names)
