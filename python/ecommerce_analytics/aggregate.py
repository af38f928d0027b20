"""Money, lines, distinct orders and distinct customers by dimensions and periods."""

from __future__ import annotations

from collections.abc import Iterable
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


def _names(option: str, names: Iterable[str]) -> list[str]:
    if isinstance(names, str):
        raise TypeError(f"{option} must be a list of names, got {names!r}")
    return list(names)
