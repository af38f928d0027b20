"""Cohorts: customers by the period of their first order, followed over the periods after it."""

from __future__ import annotations

from datetime import date
from operator import index
from typing import Literal, TypeAlias, get_args

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, PeriodName, require_period, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, history_of
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.selection import Key, Selection, key_column
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

KindName: TypeAlias = Literal["bounded", "rolling", "elapsed"]
MeasureName: TypeAlias = Literal[
    "customers", "orders", "revenue", "cumulative_revenue", "average_order_value"
]
RelativeToName: TypeAlias = Literal["first", "previous"]

_MAX_ELAPSED_DAYS = 36_500
_DAY_US = 86_400_000_000


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
    _check_cells(period, kind, by, elapsed_days)
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


def members(
    transactions: Transactions | CustomerHistory,
    cohort: str | date,
    number: int,
    *,
    active: bool | None = True,
    group: Key = None,
    as_of: Moment | None = None,
    period: PeriodName = "month",
    kind: KindName = "bounded",
    by: str | None = None,
    elapsed_days: int = 30,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """List the customers behind one cell of `retention`.

    Parameters
    ----------
    transactions, as_of, period, kind, by, elapsed_days, selection, num_threads
        As in `retention`.
    cohort : str, date, datetime or numpy.datetime64
        First day of the cohort's period, as in the column `cohort`.
    number : int
        Number of the period, as in the column `period`.
    active : bool or None, default=True
        True: those who ordered in the cell, as many as its `value` says. False: those who did not.
        None: all of whom the cell is about, as many as its `eligible` says.
    group : str, int or None
        The group, if `by` splits the cohorts; None and `"unknown"` are the unknown key.

    Returns
    -------
    Table
        One row per customer, by increasing key: `customer`, `first_order` (his first one ever),
        `active`, `orders` and `revenue` (in the cell, net, decimal). For `rolling` the cell reaches
        to `as_of`. `num_eligible`, `num_active` and `is_partial` of its metadata are the cell's
        `eligible`, `value` and `partial`.

    Raises
    ------
    InvalidArgument
        As `retention`, and if no cohort of the group begins on that day, or nobody has seen that
        period yet.
    SchemaMismatch
        If the table has no dimension `by`, or `group` is an integer where it has text.

    Notes
    -----
    O(n + cells). See docs/methods/cohort.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann"], order=["A1", "B1", "A2"],
    ...     timestamp=["2026-01-05", "2026-01-09", "2026-02-01"],
    ...     amount=["19.90", "5.00", "5.10"])
    >>> table = ea.cohort.members(tx, "2026-01-01", 1)
    >>> table["customer"].tolist(), table["revenue"].tolist(), table.num_eligible
    (['ann'], [5.1], 2)
    """
    _check_cells(period, kind, by, elapsed_days)
    if not 0 <= index(number) < 2**31:
        raise InvalidArgument("cohort: a period number must be in [0, 2^31)", value=str(number))
    if by is None and group is not None:
        raise InvalidArgument("cohort: a group goes with by", value=str(group))
    day_us = to_microseconds(cohort)
    if day_us is None or day_us % _DAY_US:
        raise InvalidArgument("cohort: a cohort is the first day of its period", value=str(cohort))
    history = history_of(
        transactions, as_of=as_of, num_threads=num_threads, selection=selection, region=by
    )
    return Table(
        _core.cohort.members(
            history._native,
            cohort_day=day_us // _DAY_US,
            number=index(number),
            group=key_column("group", [] if by is None else [group]),
            active=None if active is None else bool(active),
            as_of_us=to_microseconds(as_of),
            period=period,
            kind=kind,
            by=by,
            elapsed_days=index(elapsed_days),
        )
    )


def drop_off(retention: Table) -> Table:
    """Find where customers are lost: the retention of each period against the one before.

    Parameters
    ----------
    retention : Table
        What `retention` returned for the measure `customers` relative to the first period, of any
        kind.

    Returns
    -------
    Table
        One row per period number from 1, and per group if the cohorts were split: `group`,
        `period`, `num_cohorts` (those whose cells of this period and the one before are both
        observable and not partial), `before` and `after` (weighted mean retention of these same
        cohorts in the two periods), `loss` (`before` - `after`, below 0 if more came back) with
        `lower` and `upper`, `loss_share` (`loss` / `before`) and `rank` (1: the largest loss of the
        group, equal ones by period). Null without such a cohort.

    Raises
    ------
    InvalidArgument
        If the rates are no shares: of another measure, or relative to the previous period.

    Notes
    -----
    The interval is Newcombe's, method 10, at the confidence of the retention: it takes the
    customers of the two periods for others, and is wider than need be where the same ones come
    back. R. G. Newcombe (1998), *Interval estimation for the difference between independent
    proportions*, Statistics in Medicine 17(8). O(cells).
    """
    return Table(_core.cohort.drop_off(_shares("drop_off", retention)))


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
        eligible ones), `simple` (mean of their rates), `lower` and `upper` (Wilson interval of the
        weighted mean as one share of all these members; null for period 0 as in the cells). For
        `rolling` the means are lower bounds, as the cells are.

    Raises
    ------
    InvalidArgument
        If the rates are no shares: of another measure, or relative to the previous period.
    """
    return Table(_core.cohort.mean_retention(_shares("mean_retention", retention)))


def _check_cells(period: str, kind: str, by: str | None, elapsed_days: int) -> None:
    """Check the options that say what a cell is."""
    require_period(period)
    if kind not in get_args(KindName):
        raise InvalidArgument("cohort: kind must be bounded, rolling or elapsed", value=kind)
    if by is not None and not isinstance(by, str):
        raise TypeError(f"by must be the name of a dimension, got {by!r}")
    if by == "":
        raise InvalidArgument("cohort: by must name a dimension")
    if not 1 <= index(elapsed_days) <= _MAX_ELAPSED_DAYS:
        raise InvalidArgument("cohort: elapsed_days must be in [1, 36500]", value=str(elapsed_days))


def _shares(name: str, retention: Table) -> _core.cohort.Retention:
    native = getattr(retention, "_native", None)
    if not isinstance(native, _core.cohort.Retention):
        raise TypeError(f"{name} needs the table that cohort.retention returned")
    return native
