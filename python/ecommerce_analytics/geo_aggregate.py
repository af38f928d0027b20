"""Orders, customers, money, freight and late deliveries by region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, PeriodName, require_period, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, history_of, thread_count
from ecommerce_analytics.selection import Selection, native_selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

_FREIGHT = "freight"
_LATE = ("delivery", "late")


def by_region(
    transactions: Transactions | CustomerHistory,
    *,
    region: str = "region",
    period: PeriodName | None = None,
    freight: str | None = _FREIGHT,
    late: tuple[str, str] | None = _LATE,
    as_of: Moment | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """Sum up by region: a country, a state, a city, any code.

    Parameters
    ----------
    transactions : Transactions or CustomerHistory
        Order lines, n rows in any order; a history must keep this region, and the measure and the
        mark of `freight` and `late`.
    region : str, default="region"
        Dimension that holds the region.
    period : {"day", "week", "month", "quarter", "year"} or None
        Span of one row of a region; None: one row for all days. A week starts on Monday.
    freight : str or None, default="freight"
        Measure of the freight. The default is taken where it is there, another one must be; None:
        no columns of freight.
    late : tuple of str or None, default=("delivery", "late")
        Dimension, and its key of the orders that came late; of orders without a key it is not
        known whether they did. The default is taken where it is there; None: no such columns.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, up to which lines count. None: 00:00 after the day of the last line.
    selection : Selection or None
        Which orders are summed and which customers counted; a history has its own.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per region with a line, and per period if there is one, in increasing order of the
        key, `unknown` (null among integer keys) last: `region`; `period`, `start`, `end`
        (exclusive), `partial` with a period; `orders`, `customers`, `lines`, `revenue` (net money
        of all lines), `average_order_value`; `freight` and `freight_share` (of revenue and
        freight); `delivered_orders`, `late_orders` and `late_share` (late / delivered); `share`
        (of all revenue of the period; null unless that is positive), `rank` (1: most revenue;
        equals share the lesser number), `cumulative_share` (of the regions of this rank and
        better). The rows add up to the whole, but for customers: one who bought in two regions is
        counted in both, and `total_customers` in the metadata counts him once. `gini` in the
        metadata is that of the known regions' revenue.

    Raises
    ------
    SchemaMismatch
        If the table has no such dimension or measure.
    InvalidArgument
        If a history keeps another dimension, or not that measure or mark, the period is none of
        the five, no purchase lies before `as_of`, or a history cannot tell of that moment.

    Notes
    -----
    Money, orders and lines go to the order's own region: that of its earliest purchase line, ties
    by the smallest key. By period money and lines belong to the line's own day, an order to the
    day of its earliest purchase line. O(n + orders log orders). See docs/methods/geo_aggregate.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob"], order=["A1", "B1"], timestamp=["2026-01-05", "2026-01-09"],
    ...     amount=["30.00", "10.00"], region=["SP", None])
    >>> table = ea.geo_aggregate.by_region(tx)
    >>> table["region"].tolist(), table["share"].tolist(), table["rank"].tolist()
    (['SP', 'unknown'], [0.75, 0.25], [1, 2])
    """
    if not isinstance(region, str):
        raise TypeError(f"region must be the name of a dimension, got {region!r}")
    options = _options(period, freight, late, as_of) | {"region": region}
    if isinstance(transactions, Transactions):
        return Table(
            _core.geo_aggregate.by_region_of_lines(
                transactions._native,
                **options,
                selection=native_selection(selection),
                num_threads=thread_count(num_threads),
            )
        )
    history = history_of(transactions, as_of=as_of, num_threads=num_threads, selection=selection)
    return Table(_core.geo_aggregate.by_region(history._native, **options))


def by_levels(
    transactions: Transactions,
    *,
    levels: Iterable[str],
    period: PeriodName | None = None,
    freight: str | None = _FREIGHT,
    late: tuple[str, str] | None = _LATE,
    as_of: Moment | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> dict[str, Table]:
    """Sum up by regions inside regions, such as country, state and city.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    levels : iterable of str
        Dimensions from the outermost on, one to eight.
    period, freight, late, as_of, selection, num_threads
        As in `by_region`.

    Returns
    -------
    dict of str to Table
        By level: the columns of `by_region`, but the keys of the regions around and of the region
        itself stand in columns of the names of their levels, and `parent_share` is the share of
        the revenue of the region around. The rows below a region add up to it; a city that lies
        under two states is two rows; `share` and `rank` are among all regions of the level.

    Raises
    ------
    SchemaMismatch, InvalidArgument
        As `by_region`; also if there are no levels, more than eight, or one has the name of
        another column.

    Notes
    -----
    An order's own place is that of its earliest purchase line, ties by the smallest keys, the
    outermost first. O(n + levels · orders log orders) expected time.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob"], order=["A1", "B1"], timestamp=["2026-01-05", "2026-01-09"],
    ...     amount=["30.00", "10.00"], region=["SP", "PR"], dimensions={"city": ["Santos", None]})
    >>> cities = ea.geo_aggregate.by_levels(tx, levels=["region", "city"])["city"]
    >>> list(zip(cities["region"], cities["city"], cities["share"].tolist()))
    [('PR', 'unknown', 0.25), ('SP', 'Santos', 0.75)]
    """
    if not isinstance(transactions, Transactions):
        raise TypeError(
            f"expected Transactions, got {type(transactions).__name__}; "
            "a history keeps one dimension for each order"
        )
    if isinstance(levels, str):
        raise TypeError(f"levels must be a list of names, got {levels!r}")
    names = list(levels)
    tables = _core.geo_aggregate.by_levels(
        transactions._native,
        levels=names,
        **_options(period, freight, late, as_of),
        selection=native_selection(selection),
        num_threads=thread_count(num_threads),
    )
    return {name: Table(table) for name, table in zip(names, tables, strict=True)}


def needs(
    transactions: Transactions, options: Mapping[str, Any]
) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """Return the measures and the marks that a history must keep for `by_region`.

    Parameters
    ----------
    transactions : Transactions
        A table as those that the history will read.
    options : mapping
        Options of `by_region`.

    Raises
    ------
    TypeError
        If `freight` or `late` is not of its form.
    """
    _require_forms(options.get("freight"), options.get("late"))
    freight, late = options.get("freight", _FREIGHT), options.get("late", _LATE)
    measures: tuple[str, ...] = ()
    marks: dict[str, list[str]] = {}
    if freight is not None and (freight != _FREIGHT or freight in transactions.measure_names):
        measures = (freight,)
    if late is not None and (late != _LATE or late[0] in transactions.dimension_names):
        marks[late[0]] = [late[1]]
    return measures, marks


def _options(
    period: PeriodName | None,
    freight: str | None,
    late: tuple[str, str] | None,
    as_of: Moment | None,
) -> dict[str, Any]:
    if period is not None:
        require_period(period)
    _require_forms(freight, late)
    as_of_us = to_microseconds(as_of)
    return {"period": period, "freight": freight, "late": late, "as_of_us": as_of_us}


def _require_forms(freight: Any, late: Any) -> None:
    if not (freight is None or (isinstance(freight, str) and freight)):
        raise TypeError(f"freight must be the name of a measure, got {freight!r}")
    if late is not None and not (
        isinstance(late, tuple)
        and len(late) == 2
        and all(isinstance(part, str) and part for part in late)
    ):
        raise TypeError(f"late must be a dimension and its key, got {late!r}")
