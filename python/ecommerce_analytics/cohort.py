"""Cohorts: customers by the period of their first order, followed over the periods after it."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, PeriodName, require_period, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, history_of
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

KindName: TypeAlias = Literal["bounded"]
MeasureName: TypeAlias = Literal["customers", "orders", "revenue"]


def retention(
    transactions: Transactions | CustomerHistory,
    *,
    as_of: Moment | None = None,
    period: PeriodName = "month",
    kind: KindName = "bounded",
    measure: MeasureName = "customers",
    confidence: float = 0.95,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """Follow the cohorts of all known customers.

    Parameters
    ----------
    transactions : Transactions or CustomerHistory
        Order lines, n rows in any order.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, up to which lines count. None: 00:00 after the day of the last line.
    period : {"day", "week", "month", "quarter", "year"}, default="month"
        Length of a period, for cohorts and for the periods after.
    kind : {"bounded"}, default="bounded"
        A customer is active in a period if he has an order in it.
    measure : {"customers", "orders", "revenue"}, default="customers"
        Active customers, their orders, or the net money of all lines of the cohort's customers.
    confidence : float, default=0.95
        Coverage of the interval of a share of customers, in (0, 1).
    selection : Selection or None
        Which orders are summed and which customers counted; a history has its own.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per cohort and period number, each cohort with 0 to K: `cohort` (first day of its
        period), `period`, `size` (customers), `value` (int64, or decimal for revenue), `rate`
        (value / value in period 0), `lower` and `upper` (Wilson interval of a share of
        customers), `observable` (the period began on or before the last day of data; else the
        value is null, never 0) and `partial` (begun and not ended at `as_of`).

    Raises
    ------
    InvalidArgument
        If an option is out of its domain, no purchase lies before `as_of`, or a history cannot
        tell of that moment.

    Notes
    -----
    A customer's cohort is the period of his first order in the whole history. A period without
    new customers is no cohort. The first cohort is left-truncated: some of its customers are
    older than the data. O(n + cohorts · periods). See docs/methods/cohort.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann"], order=["A1", "B1", "A2"],
    ...     timestamp=["2026-01-05", "2026-01-09", "2026-02-01"],
    ...     amount=["19.90", "5.00", "5.10"])
    >>> table = ea.cohort.retention(tx)
    >>> table["value"].tolist(), table["rate"].tolist(), table["partial"].tolist()
    ([2, 1], [1.0, 0.5], [False, True])
    """
    require_period(period)
    if kind not in get_args(KindName):
        raise InvalidArgument("cohort: kind must be bounded", value=kind)
    if measure not in get_args(MeasureName):
        raise InvalidArgument("cohort: measure must be customers, orders or revenue", value=measure)
    if not 0 < confidence < 1:
        raise InvalidArgument("cohort: confidence must be in (0, 1)", value=str(confidence))
    history = history_of(transactions, as_of=as_of, num_threads=num_threads, selection=selection)
    return Table(
        _core.cohort.retention(
            history._native,
            as_of_us=to_microseconds(as_of),
            period=period,
            kind=kind,
            measure=measure,
            confidence=confidence,
        )
    )


def mean_retention(retention: Table) -> Table:
    """Average the retention of all cohorts by period number.

    Parameters
    ----------
    retention : Table
        What `retention` returned for the measure `customers`.

    Returns
    -------
    Table
        `period`, `num_cohorts` (those for which the whole period was seen), `weighted` (sum of
        their active customers / sum of their sizes) and `simple` (mean of their rates). A partial
        period is kept out.

    Raises
    ------
    InvalidArgument
        If the measure is another one.
    """
    native = getattr(retention, "_native", None)
    if not isinstance(native, _core.cohort.Retention):
        raise TypeError("mean_retention needs the table that cohort.retention returned")
    return Table(_core.cohort.mean_retention(native))
