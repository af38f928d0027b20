"""Key figures of a shop, in total or by period, and against the period before."""

from __future__ import annotations

from dataclasses import dataclass

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
    """Sum up a shop: revenue and its parts, orders, customers, returns, items, guests' share.

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
        without a line included: `period`, `start`, `end` (exclusive), `partial`, then one column
        for each entry of `dictionary()`. `freight`, `tax`, `items` and `items_per_order` are null
        unless the table has the measure or a quantity, and the history was made with it: see
        `measures_of`.

    Raises
    ------
    InvalidArgument
        If the period is none of the five, no purchase lies before `as_of`, or a history cannot
        tell of that moment.
    MoneyOverflow
        If a sum leaves 38 decimal digits.

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
    history = _history_of(transactions, as_of, period, selection, num_threads)
    return Table(_core.kpi.summary(history._native, as_of_us=to_microseconds(as_of), period=period))


def changes(
    transactions: Transactions | CustomerHistory,
    *,
    as_of: Moment | None = None,
    period: PeriodName | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """Compare each key figure with that of the same days of the period before.

    A running month is compared with as many days of the month before (with all of it if that is
    shorter), a report window without periods with the window of the same length just before it.

    Parameters
    ----------
    transactions, as_of, period, selection, num_threads
        As in `summary`.

    Returns
    -------
    Table
        One row for each row of `summary` and entry of `dictionary()`: `period`, `start`, `end`,
        `partial`, `previous_start`, `previous_end` (the days compared with, end exclusive),
        `comparable`, `kpi` (name), `value`, `previous`, `change` (value - previous),
        `change_share` (change / previous; null unless the latter is positive). Values are float64:
        exact money stands in `summary`. `previous` and what follows from it are null unless
        `comparable`: the data hold all of the days before, and `as_of` cuts none of the row's own
        days.

    Raises
    ------
    InvalidArgument, MoneyOverflow
        As `summary`.

    Notes
    -----
    The change of a sum or count is exact and rounded once, that of a quotient is the difference of
    the two rounded quotients. O(rows). See docs/methods/kpi.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann"], order=["A1", "B1", "A2"],
    ...     timestamp=["2026-01-01", "2026-01-31", "2026-02-28"],
    ...     amount=["10.00", "5.00", "18.00"])
    >>> table = ea.kpi.changes(tx, period="month")
    >>> table["change_share"][(table["kpi"] == "revenue_net") & table["comparable"]].tolist()
    [0.2]
    """
    history = _history_of(transactions, as_of, period, selection, num_threads)
    return Table(_core.kpi.changes(history._native, as_of_us=to_microseconds(as_of), period=period))


def measures_of(transactions: Transactions) -> list[str]:
    """Return the measures of a table that its key figures read.

    A history made with them, `CustomerHistory(measures=kpi.measures_of(tx))`, has these figures
    too; `summary` and `changes` of a table ask for them by themselves.

    Returns
    -------
    list of str
        Those of `freight`, `tax` and `quantity` that the table has.
    """
    if not isinstance(transactions, Transactions):
        raise TypeError(f"expected Transactions, got {type(transactions).__name__}")
    return _core.kpi.measures_of(transactions._native)


@dataclass(frozen=True)
class Definition:
    """An entry of the KPI dictionary: what one figure is.

    Attributes
    ----------
    name : str
        Column of `summary`.
    title : str
        The same for people.
    definition : str
        In words.
    formula : str
        In code, which the library computes: ``sum(sale)``, ``revenue_net / orders``.
    unit : str
        ``money``, ``orders``, ``share`` and the like.
    grain : str
        What is added up, and how it finds its period.
    filters : str
        What is left out.
    null_rule : str
        When there is no figure.
    source : str
        Whose definition it is.
    """

    name: str
    title: str
    definition: str
    formula: str
    unit: str
    grain: str
    filters: str
    null_rule: str
    source: str


def dictionary() -> tuple[Definition, ...]:
    """Return the KPI dictionary that the library was built from, in the order of its file.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> {kpi.name: kpi.formula for kpi in ea.kpi.dictionary()}["average_order_value"]
    'revenue_net / orders'
    """
    return tuple(Definition(*texts) for texts in _core.kpi.dictionary())


def _history_of(
    transactions: Transactions | CustomerHistory,
    as_of: Moment | None,
    period: PeriodName | None,
    selection: Selection | None,
    num_threads: int | None,
) -> CustomerHistory:
    """Check the period; return the history, made with the measures that a table has."""
    if period is not None:
        require_period(period)
    return history_of(
        transactions,
        as_of=as_of,
        num_threads=num_threads,
        selection=selection,
        measures=measures_of(transactions) if isinstance(transactions, Transactions) else (),
    )
