"""Who moved between segments from one moment to another, with what money, and how likely."""

from __future__ import annotations

from os import PathLike
from typing import Final

from ecommerce_analytics import _core, rfm
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, history_of
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

__all__ = ["NEW", "moves", "origins"]

#: Where those come from who have no order before the start.
NEW: Final = "new"


def moves(
    transactions: Transactions | CustomerHistory,
    start: Moment,
    end: Moment | None = None,
    *,
    rules: str | PathLike[str] | rfm.RuleSet = "default",
    num_threads: int | None = None,
) -> Table:
    """Tell who was in which segment at the start, and in which one at the end.

    Parameters
    ----------
    transactions : Transactions or CustomerHistory
        Order lines, n rows in any order. A history must have no selection.
    start : str, date, datetime or numpy.datetime64
        A midnight: what lies before it makes the first segments.
    end : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, of the second segments; None: 00:00 after the day of the last line.
    rules : {"default", "six", "ten"}, RuleSet or path
        The rule set of both, as `rfm.segment` takes it.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per pair of segments, in the order of the rules, `new` the last origin, empty pairs
        included:

        * `from_segment`: at the start; ``new``: no order before it. `to_segment`: at the end.
        * `customers` who moved so, and `origin_customers`: all of `from_segment`.
        * `probability` = customers / origin_customers with Wilson's 95 % interval `lower`, `upper`;
          null where the origin has nobody. `baseline`: the share of `to_segment` among all
          customers of the end, which it would be if the origin told nothing.
        * `without_order`: those of `customers` who have no order from the start to the end.
        * `revenue`: net money of `customers` from the start to the end.

        `start`, `as_of` (the end) and `rules` are in the metadata.

    Raises
    ------
    InvalidArgument
        If the start is no midnight before the end, no purchase lies before it, a history has a
        selection or cannot tell of a moment, or there is no such rule set.

    Notes
    -----
    The scores of a rule set are of the quantiles of each moment: a customer can move because the
    others did. Counts and money are exact. O(n + m log m) for m customers. See
    docs/methods/segment_migration.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann", "cem"], order=["A1", "B1", "A2", "C1"],
    ...     timestamp=["2026-01-05", "2026-01-09", "2026-02-01", "2026-02-03"],
    ...     amount=["19.90", "5.00", "5.10", "7.00"])
    >>> table = ea.segment_migration.moves(tx, "2026-01-10")
    >>> for before, now, number in zip(table["from_segment"], table["to_segment"],
    ...                                table["customers"].tolist()):
    ...     if number:
    ...         print(f"{before} -> {now}: {number}")
    Potential Loyalists -> Lost: 1
    Cannot Lose Them -> Loyal Customers: 1
    new -> Potential Loyalists: 1
    """
    native = rfm.native_rules(rules)
    history = history_of(transactions, as_of=end, num_threads=num_threads, selection=None)
    start_us = to_microseconds(start)
    if start_us is None:
        raise InvalidArgument("segment_migration: there must be a start")
    return Table(
        _core.segment_migration.moves(
            history._native, rules=native, start_us=start_us, end_us=to_microseconds(end)
        )
    )


def origins(table: Table) -> Table:
    """Sum the moves up by where they began.

    Parameters
    ----------
    table : Table
        What `moves` returned.

    Returns
    -------
    Table
        One row per segment of the start, ``new`` the last: `segment`; `customers_before`, and
        `customers_after`, who are in it at the end (null for ``new``); `stayed` with
        `stayed_share`, `stayed_lower`, `stayed_upper`; `without_order` (no order from the start to
        the end) with `without_order_share`, `without_order_lower`, `without_order_upper`, Wilson's
        95 % intervals, of `customers_before`; `revenue`, the net money of these customers in
        between. Shares are null where there is nobody, and of ``new``, who all ordered.

    Raises
    ------
    InvalidArgument
        If the table is none of `moves`.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=300)
    >>> table = ea.segment_migration.origins(
    ...     ea.segment_migration.moves(shop.transactions, "2024-07-01"))
    >>> table["segment"][-1], int(table["without_order"][-1])
    ('new', 0)
    """
    native = getattr(table, "_native", None)
    if not isinstance(native, _core.segment_migration.Moves):
        raise InvalidArgument("segment_migration: origins needs the table that moves returned")
    return Table(_core.segment_migration.origins(native))
