"""The time from a customer's first order to his second one."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, history_of
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions


def curve(
    transactions: Transactions | CustomerHistory,
    *,
    as_of: Moment | None = None,
    by: str | None = None,
    confidence: float = 0.95,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """Estimate the time to the second order, with those in mind who may still come back.

    Parameters
    ----------
    transactions : Transactions or CustomerHistory
        Order lines, n rows in any order.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, up to which lines count. None: 00:00 after the day of the last line.
    by : str or None
        Dimension whose value at a customer's first order splits the customers (orders at one
        moment: the least key); a history must keep it as its region. None: no split.
    confidence : float, default=0.95
        Coverage of the intervals, in (0, 1).
    selection : Selection or None
        Which customers are counted: those of the population with a first order that is selected
        and in the report window. A history has its own.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per group and whole day of 24 hours since the first order, from 0 to the last one
        that anybody of the group was followed to:

        * `group`: the value of `by`; only with it. By increasing key, the unknown one last.
        * `days`; `at_risk`: customers followed so far without a second order, of day 0 all.
        * `events`: second orders on this day; `censored`: customers followed to it and no further.
        * `share_with_second`: Kaplan and Meier's estimate of the share of customers who have a
          second order by the end of this day.
        * `lower`, `upper`: its interval, by Greenwood's variance on the scale of log(-log); null
          where the share is 0 or 1.

    Raises
    ------
    InvalidArgument
        If an option is out of its domain, no purchase lies before `as_of`, or a history cannot
        tell of that moment or of `by`.
    SchemaMismatch
        If the table has no dimension `by`.

    Notes
    -----
    First and second order are those of the full history, selected or not. Who has no second order
    was followed to `as_of`. O(n + rows). See docs/methods/second_order.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann"], order=["A1", "B1", "A2"],
    ...     timestamp=["2026-01-05", "2026-01-09", "2026-01-08"],
    ...     amount=["19.90", "5.00", "5.10"])
    >>> table = ea.second_order.curve(tx)
    >>> table["days"].tolist(), table["at_risk"].tolist(), table["share_with_second"].tolist()
    ([0, 1, 2, 3], [2, 2, 1, 1], [0.0, 0.0, 0.0, 1.0])
    """
    if by is not None and not isinstance(by, str):
        raise TypeError(f"by must be the name of a dimension, got {by!r}")
    if by == "":
        raise InvalidArgument("second_order: by must name a dimension")
    if not 0 < confidence < 1:
        raise InvalidArgument("second_order: confidence must be in (0, 1)", value=str(confidence))
    history = history_of(
        transactions, as_of=as_of, num_threads=num_threads, selection=selection, region=by
    )
    return Table(
        _core.second_order.curve(
            history._native, as_of_us=to_microseconds(as_of), by=by, confidence=confidence
        )
    )


def summarize(curve: Table) -> Table:
    """Sum a curve up: how many customers, how many second orders, and the median.

    Parameters
    ----------
    curve : Table
        What `curve` returned.

    Returns
    -------
    Table
        One row per group: `group` if the customers were split, `customers`, `second_orders` (those
        of them who have one), `followed_days` (the longest that anybody was followed) and
        `median_days` (the least day by whose end half have a second order, as estimated; null if
        that was not reached).
    """
    return Table(_core.second_order.summarize(_native_curve("summarize", curve)))


def milestones(curve: Table, *, days: Iterable[int] = (30, 60, 90, 180, 365)) -> Table:
    """Read some days off a curve.

    Parameters
    ----------
    curve : Table
        What `curve` returned.
    days : iterable of int, default=(30, 60, 90, 180, 365)
        Days since the first order, 0 or more.

    Returns
    -------
    Table
        One row per group and day: `group` if the customers were split, `days`, and `at_risk`,
        `share_with_second`, `lower`, `upper` of the curve. A day to which nobody was followed has
        nobody at risk, and null.

    Raises
    ------
    InvalidArgument
        If a day is negative or above 2,000,000.
    """
    plain = [index(day) for day in days]
    for day in plain:
        if not 0 <= day <= 2_000_000:
            raise InvalidArgument("second_order: a day must be in [0, 2000000]", value=str(day))
    return Table(_core.second_order.milestones(_native_curve("milestones", curve), days=plain))


def _native_curve(name: str, curve: Table) -> _core.second_order.Curve:
    native = getattr(curve, "_native", None)
    if not isinstance(native, _core.second_order.Curve):
        raise TypeError(f"{name} needs the table that second_order.curve returned")
    return native
