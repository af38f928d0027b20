"""Orders, customers and money by region."""

from __future__ import annotations

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, history_of
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions


def by_region(
    transactions: Transactions | CustomerHistory,
    *,
    region: str = "region",
    as_of: Moment | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """Sum up by region: a country, a state, a city, any code.

    Parameters
    ----------
    transactions : Transactions or CustomerHistory
        Order lines, n rows in any order; a history must keep this region.
    region : str, default="region"
        Dimension that holds the region.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, up to which lines count. None: 00:00 after the day of the last line.
    selection : Selection or None
        Which orders are summed and which customers counted; a history has its own.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per region with a line, in increasing order of the key, `unknown` (null among
        integer keys) last: `region`, `orders`, `customers`, `revenue` (net money of all lines),
        `share` (of all revenue; null unless that is positive). The rows add up to the whole, but
        for customers: one who bought in two regions is counted in both, and `total_customers` in
        the metadata counts him once.

    Raises
    ------
    SchemaMismatch
        If the table has no such dimension.
    InvalidArgument
        If a history keeps another one, no purchase lies before `as_of`, or a history cannot tell
        of that moment.

    Notes
    -----
    Money, orders and lines go to the order's own region: that of its earliest purchase line, ties
    by the smallest key. O(n + orders log orders). See docs/methods/geo_aggregate.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob"], order=["A1", "B1"], timestamp=["2026-01-05", "2026-01-09"],
    ...     amount=["30.00", "10.00"], region=["SP", None])
    >>> table = ea.geo_aggregate.by_region(tx)
    >>> table["region"].tolist(), table["share"].tolist()
    (['SP', 'unknown'], [0.75, 0.25])
    """
    if not isinstance(region, str):
        raise TypeError(f"region must be the name of a dimension, got {region!r}")
    history = history_of(
        transactions, as_of=as_of, num_threads=num_threads, selection=selection, region=region
    )
    return Table(
        _core.geo_aggregate.by_region(
            history._native, region=region, as_of_us=to_microseconds(as_of)
        )
    )
