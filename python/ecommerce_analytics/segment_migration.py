"""Who moved between segments from one moment to another, with what money, and how likely."""

from __future__ import annotations

from datetime import datetime, timedelta
from os import PathLike
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import rfm
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, history_of
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.proportions import wilson
from ecommerce_analytics.table import Table, table_of
from ecommerce_analytics.transactions import Transactions

__all__ = ["NEW", "moves", "origins"]

#: Where those come from who have no order before the start.
NEW: Final = "new"

_DAY_US: Final = 86_400_000_000


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
    rule_set = _rule_set(rules)
    history = history_of(transactions, as_of=end, num_threads=num_threads, selection=None)
    if history.selection is not None:
        raise InvalidArgument("segment_migration: the history must have no selection")
    start_us = to_microseconds(start)
    if start_us is None or start_us % _DAY_US:
        raise InvalidArgument("segment_migration: start must be a midnight", value=str(start))
    after = rfm.segment(rfm.score(history, as_of=end, n_bins=rule_set.n_bins), rules=rule_set)
    end_us = _microseconds(after.metadata["as_of"])
    if start_us >= end_us:
        raise InvalidArgument("segment_migration: start must lie before the end", value=str(start))
    before = rfm.segment(rfm.score(history, as_of=start, n_bins=rule_set.n_bins), rules=rule_set)
    between = rfm.score(history, as_of=end, window_days=-(-(end_us - start_us) // _DAY_US))

    names = list(dict.fromkeys(rule.segment for rule in rule_set.rules))
    places = {name: place for place, name in enumerate(names)}
    customers = after["customer"]
    num_names = len(names)
    # Who has an order at the start has one at the end, so each key of `before` is among these.
    known = np.searchsorted(customers, before["customer"])
    ordered = np.zeros(len(customers), dtype=bool)
    ordered[np.searchsorted(customers, between["customer"])] = True
    origin = np.full(len(customers), num_names)
    origin[known] = [places[name] for name in before["segment"]]
    goal = np.array([places[name] for name in after["segment"]], dtype=np.intp)

    money = _units(after)
    for row, units in zip(known.tolist(), _units(before), strict=True):
        money[row] -= units
    for row, units in zip(np.flatnonzero(ordered).tolist(), _units(between), strict=True):
        money[row] = units  # Of a new customer: lines before the start are not of the interval.
    cell = origin * num_names + goal
    sums = [0] * ((num_names + 1) * num_names)
    for place, units in zip(cell.tolist(), money, strict=True):
        sums[place] += units
    counts = np.bincount(cell, minlength=len(sums))
    return _moves(
        [*names, NEW],
        names,
        counts.reshape(-1, num_names),
        np.bincount(cell[~ordered], minlength=len(sums)).tolist(),
        sums,
        {
            "start": before.metadata["as_of"],
            "as_of": after.metadata["as_of"],
            "rules": rule_set.name,
            "confidence": "0.95",
        },
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
    if not {"from_segment", "to_segment", "without_order"} <= set(table):
        raise InvalidArgument("segment_migration: origins needs the table that moves returned")
    sources = list(dict.fromkeys(table["from_segment"].tolist()))
    goals = table["to_segment"].tolist()
    counts, silent = table["customers"].tolist(), table["without_order"].tolist()
    units = _units(table, "revenue")
    starts = table["from_segment"].tolist()
    rows: dict[str, list[Any]] = {name: [] for name in _ORIGINS}
    for source in sources:
        own = [row for row, name in enumerate(starts) if name == source]
        size = sum(counts[row] for row in own)
        is_new = source == NEW
        stayed = None if is_new else sum(counts[row] for row in own if goals[row] == source)
        without = sum(silent[row] for row in own)
        rows["segment"].append(source)
        rows["customers_before"].append(size)
        rows["customers_after"].append(
            None
            if is_new
            else sum(count for count, goal in zip(counts, goals, strict=True) if goal == source)
        )
        rows["stayed"].append(stayed)
        rows["without_order"].append(without)
        for name, number in (("stayed", stayed), ("without_order", without)):
            share, lower, upper = _share(None if is_new else number, size)
            rows[f"{name}_share"].append(share)
            rows[f"{name}_lower"].append(lower)
            rows[f"{name}_upper"].append(upper)
        rows["revenue"].append(sum(units[row] for row in own))
    return table_of(
        [(name, format_, rows[name]) for name, format_ in _ORIGINS.items()], table.metadata
    )


_ORIGINS: Final = {
    "segment": "U",
    "customers_before": "l",
    "customers_after": "l",
    "stayed": "l",
    "stayed_share": "g",
    "stayed_lower": "g",
    "stayed_upper": "g",
    "without_order": "l",
    "without_order_share": "g",
    "without_order_lower": "g",
    "without_order_upper": "g",
    "revenue": "d:38,4",
}


def _moves(
    sources: list[str],
    goals: list[str],
    counts: npt.NDArray[np.intp],
    without_order: list[int],
    revenue: list[int],
    metadata: dict[str, str],
) -> Table:
    sizes = counts.sum(axis=1).tolist()
    totals, size_of_all = counts.sum(axis=0).tolist(), int(counts.sum())
    shares = [
        _share(count, size)
        for row, size in zip(counts.tolist(), sizes, strict=True)
        for count in row
    ]
    return table_of(
        [
            ("from_segment", "U", [source for source in sources for _ in goals]),
            ("to_segment", "U", goals * len(sources)),
            ("customers", "l", counts.ravel().tolist()),
            ("origin_customers", "l", [size for size in sizes for _ in goals]),
            ("probability", "g", [share for share, _, _ in shares]),
            ("lower", "g", [lower for _, lower, _ in shares]),
            ("upper", "g", [upper for _, _, upper in shares]),
            ("baseline", "g", [_share(total, size_of_all)[0] for total in totals] * len(sources)),
            ("without_order", "l", without_order),
            ("revenue", "d:38,4", revenue),
        ],
        metadata,
    )


def _share(number: int | None, size: int) -> tuple[float | None, float | None, float | None]:
    if number is None or not size:
        return None, None, None
    return number / size, *wilson(number / size, size)


def _rule_set(rules: str | PathLike[str] | rfm.RuleSet) -> rfm.RuleSet:
    if isinstance(rules, rfm.RuleSet):
        return rules
    if isinstance(rules, PathLike) or (isinstance(rules, str) and rules.endswith(".toml")):
        return rfm.read_rule_set(rules)
    if not isinstance(rules, str):
        raise TypeError(f"rules must be a name, a path or a RuleSet, got {type(rules).__name__}")
    return rfm.rule_set(rules)


def _microseconds(told: str) -> int:
    return (datetime.fromisoformat(told) - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def _units(table: Table, column: str = "monetary") -> list[int]:
    """Return exact money in units of 1/10,000."""
    data = table._native.column(column)[0].tobytes()
    return [
        int.from_bytes(data[at : at + 16], "little", signed=True) for at in range(0, len(data), 16)
    ]
