"""Key figures of a shop, in total or by period."""

from __future__ import annotations

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, PeriodName, require_period, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, history_of
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions


def summary(
    transactions: Transactions | CustomerHistory,
    *,
    as_of: Moment | None = None,
    period: PeriodName | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """Sum up a shop: revenue, orders, customers, order value, repeat rate, guests' share.

    Parameters
    ----------
    transactions : Transactions or CustomerHistory
        Order lines, n rows in any order.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, up to which lines count. None: 00:00 after the day of the last line.
    period : {"day", "week", "month", "quarter", "year"} or None
        Span of one row; None: one row, `total`. A week starts on Monday.
    selection : Selection or None
        Which orders are summed and which customers counted; a history has its own.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row, or one per period from the first line to the last one before `as_of`, those
        without a line included: `period`, `start`, `end` (exclusive), `partial`, `revenue_gross`
        (lines of kind sale), `revenue_net` (all lines), `orders`, `customers`,
        `average_order_value` (net / orders), `repeat_customers` (customers for whom an order of
        the row was at least the second ever), `repeat_rate`, `guest_orders`,
        `guest_revenue_net`, `guest_share` (of net revenue; null unless that is positive).

    Raises
    ------
    InvalidArgument
        If the period is none of the five, no purchase lies before `as_of`, or a history cannot
        tell of that moment.

    Notes
    -----
    Money belongs to the day of its line, an order to the day of its earliest purchase line.
    O(rows). See docs/methods/kpi.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann"], order=["A1", "B1", "A2"],
    ...     timestamp=["2026-01-05", "2026-01-09", "2026-02-01"],
    ...     amount=["19.90", "5.00", "5.10"])
    >>> ea.kpi.summary(tx).decimals("revenue_net")
    [Decimal('30.0000')]
    """
    if period is not None:
        require_period(period)
    history = history_of(transactions, as_of=as_of, num_threads=num_threads, selection=selection)
    return Table(_core.kpi.summary(history._native, as_of_us=to_microseconds(as_of), period=period))
