"""Cohorts: customers by the period of their first order, followed over the periods after it."""

from __future__ import annotations

from operator import index
from typing import Literal, TypeAlias, get_args

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, PeriodName, require_period, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, history_of
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

KindName: TypeAlias = Literal["bounded", "rolling", "elapsed"]
MeasureName: TypeAlias = Literal[
    "customers", "orders", "revenue", "cumulative_revenue", "average_order_value"
]
RelativeToName: TypeAlias = Literal["first", "previous"]

_MAX_ELAPSED_DAYS = 36_500


def retention(
    transactions: Transactions | CustomerHistory,
    *,
    as_of: Moment | None = None,
    period: PeriodName = "month",
    kind: KindName = "bounded",
    measure: MeasureName = "customers",
    relative_to: RelativeToName = "first",
    by: str | None = None,
    elapsed_days: int = 30,
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
        Length of a period, for cohorts and, but for `elapsed`, for the periods after.
    kind : {"bounded", "rolling", "elapsed"}, default="bounded"
        Which orders make a customer active in cell k: those of the k-th period after his cohort's
        own (`bounded`), of that period or a later one (`rolling`: a number that can still grow; for
        the measure `customers` only), or those from k · n to (k + 1) · n days of 24 hours after his
        own first order (`elapsed`, n being `elapsed_days`).
    measure : {"customers", "orders", "revenue", ...}, default="customers"
        Active customers (`customers`), their `orders`, the net money of all lines of the cohort's
        customers (`revenue`), that money of this cell and all before per customer of the cohort
        (`cumulative_revenue`), or revenue / orders (`average_order_value`).
    relative_to : {"first", "previous"}, default="first"
        What `rate` compares with: period 0, or the period before.
    by : str or None
        Dimension whose value at a customer's first order splits the cohorts (orders at one moment:
        the least key); a history must keep it as its region. None: no split.
    elapsed_days : int, default=30
        Days of 24 hours of a window of `elapsed`, in [1, 36500].
    confidence : float, default=0.95
        Coverage of the interval of a share of customers, in (0, 1).
    selection : Selection or None
        Which orders are summed and which customers counted; a history has its own.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per group, cohort and period number, each cohort with 0 to K:

        * `group`: the value of `by`; only with it. Groups by increasing key, the unknown one last.
        * `cohort` (first day of its period), `period`, `size` (customers).
        * `eligible`: whom the value is about: for `elapsed` the members whose window was seen
          whole, else all; 0 unless observable.
        * `value`: int64, decimal for revenue, float64 for the two quotients. Null unless
          observable, never 0 for what nobody has seen; an average of no order is null too.
        * `rate`: value / eligible for customers relative to the first period; else value / value in
          period 0 or the one before, of the same members, null where that is not positive.
        * `lower`, `upper`: Wilson interval of value / eligible, null for other rates and for
          period 0 unless orders are selected.
        * `observable`: the period began on or before the last day of data and touches the report
          window; for `elapsed`: somebody is eligible.
        * `partial`: begun and not ended at `as_of`, or cut by the report window; never for
          `elapsed`.
        * `can_grow`: `rolling`, and not all of the cohort are counted.
        * `left_truncated`: the data's first cohort.
        * `revenue`, and for the average `orders`: what a quotient was made of; only with one.

    Raises
    ------
    InvalidArgument
        If an option is out of its domain, `rolling` meets another measure than customers, no
        purchase lies before `as_of`, or a history cannot tell of that moment or of `by`.
    SchemaMismatch
        If the table has no dimension `by`.

    Notes
    -----
    A customer's cohort is the period of his first order in the whole history, selected or not. A
    period without new customers is no cohort. The first cohort is left-truncated: some of its
    customers may be older than the data. O(n + cells). See docs/methods/cohort.md.

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
    >>> money = ea.cohort.retention(tx, measure="cumulative_revenue")
    >>> money["value"].tolist(), money["revenue"].tolist()
    ([12.45, 15.0], [24.9, 30.0])
    """
    require_period(period)
    if kind not in get_args(KindName):
        raise InvalidArgument("cohort: kind must be bounded, rolling or elapsed", value=kind)
    if measure not in get_args(MeasureName):
        raise InvalidArgument(
            "cohort: measure must be customers, orders, revenue, cumulative_revenue or "
            "average_order_value",
            value=measure,
        )
    if relative_to not in get_args(RelativeToName):
        raise InvalidArgument("cohort: relative_to must be first or previous", value=relative_to)
    if kind == "rolling" and measure != "customers":
        raise InvalidArgument("cohort: the kind rolling needs the measure customers", value=measure)
    if by is not None and not isinstance(by, str):
        raise TypeError(f"by must be the name of a dimension, got {by!r}")
    if by == "":
        raise InvalidArgument("cohort: by must name a dimension")
    if not 1 <= index(elapsed_days) <= _MAX_ELAPSED_DAYS:
        raise InvalidArgument("cohort: elapsed_days must be in [1, 36500]", value=str(elapsed_days))
    if not 0 < confidence < 1:
        raise InvalidArgument("cohort: confidence must be in (0, 1)", value=str(confidence))
    history = history_of(
        transactions, as_of=as_of, num_threads=num_threads, selection=selection, region=by
    )
    return Table(
        _core.cohort.retention(
            history._native,
            as_of_us=to_microseconds(as_of),
            period=period,
            kind=kind,
            measure=measure,
            relative_to=relative_to,
            by=by,
            elapsed_days=index(elapsed_days),
            confidence=confidence,
        )
    )


def mean_retention(retention: Table) -> Table:
    """Average the retention of all cohorts by period number, for each group.

    Parameters
    ----------
    retention : Table
        What `retention` returned for the measure `customers` relative to the first period, of any
        kind.

    Returns
    -------
    Table
        `group` if the cohorts were split, `period`, `num_cohorts` (those with a cell that is
        observable and not partial), `weighted` (sum of their active customers / sum of their
        eligible ones) and `simple` (mean of their rates). For `rolling` both are lower bounds, as
        the cells are.

    Raises
    ------
    InvalidArgument
        If the rates are no shares: of another measure, or relative to the previous period.
    """
    native = getattr(retention, "_native", None)
    if not isinstance(native, _core.cohort.Retention):
        raise TypeError("mean_retention needs the table that cohort.retention returned")
    return Table(_core.cohort.mean_retention(native))
