"""The time to the second order by what is known at the first one, and whether groups differ."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain, count
from operator import index
from typing import Any, Final

import numpy as np

from ecommerce_analytics import kpi, second_order
from ecommerce_analytics.civil_time import Moment
from ecommerce_analytics.customer_history import CustomerHistory
from ecommerce_analytics.errors import InvalidArgument, InvalidData
from ecommerce_analytics.extras import require
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table, table_of
from ecommerce_analytics.transactions import Transactions

__all__ = ["FIRST_QUARTER", "OTHER", "curves", "log_rank", "summarize"]

#: Splits by the quarter of the first order; no dimension has a blank in its name.
FIRST_QUARTER: Final = "first quarter"
#: The smaller groups together, where no group has this name.
OTHER: Final = "other"

_QUARTER: Final = np.timedelta64(3, "M")
_NORMAL_95: Final = 1.959963984540054


@dataclass(frozen=True)
class _Curve:
    """Rows of one group, a day each."""

    name: str
    at_risk: list[int]
    events: list[int]
    censored: list[int]
    share: list[float]
    lower: list[float | None]
    upper: list[float | None]

    @property
    def customers(self) -> int:
        return self.at_risk[0]


def curves(
    transactions: Transactions,
    by: str,
    *,
    as_of: Moment | None = None,
    num_groups: int = 6,
    num_threads: int | None = None,
) -> Table:
    """Estimate the time to the second order for each of the largest groups, and the others.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    by : str
        A dimension, of which the value at the first order counts, or `FIRST_QUARTER`: what is known
        then, so that no group is made of what came later.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, up to which lines count. None: 00:00 after the day of the last line.
    num_groups : int, default=6
        Largest groups by customers that keep their name, of equals the first; the rest is
        `OTHER`, or where a group has that name ``other (pooled)``, ``other (pooled) 2`` and so on,
        unless it is one group alone. In [1, 1,000].
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        The columns of `second_order.curve`, the `group` as text (quarters as ``2024-Q1``); groups
        in the order of their keys, the pooled ones last. `num_other`, how many these are, is in the
        metadata, and `other`, their name, if there are any.

    Raises
    ------
    InvalidArgument
        If `num_groups` is out of range, or as `second_order.curve`.
    SchemaMismatch
        If the table has no dimension `by`.

    Notes
    -----
    Who has no second order was followed to `as_of` and no further. Counts of ``other`` are sums,
    and its estimate is made of them by the formulas of `second_order.curve`. See
    docs/methods/second_order.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=300)
    >>> table = ea.second_order_groups.curves(shop.transactions, "region", num_groups=2)
    >>> len(set(table["group"])), table.num_other > 0
    (3, True)
    """
    if not 1 <= index(num_groups) <= 1_000:
        raise InvalidArgument(
            "second_order: num_groups must be in [1, 1000]", value=str(num_groups)
        )
    if by == FIRST_QUARTER:
        found, metadata = _by_quarter(transactions, as_of, num_threads)
    else:
        table = second_order.curve(transactions, as_of=as_of, by=by, num_threads=num_threads)
        found, metadata = _split(table, table["group"].tolist()), table.metadata
    by_size = sorted(range(len(found)), key=lambda place: (-found[place].customers, place))
    large = set(by_size[:num_groups])
    if len(found) == num_groups + 1:
        large = set(by_size)
    shown = [one for place, one in enumerate(found) if place in large]
    rest = [one for place, one in enumerate(found) if place not in large]
    told = {name: metadata[name] for name in ("as_of", "confidence")}
    told |= {"by": by, "num_other": str(len(rest))}
    if rest:
        told["other"] = _free_name({one.name for one in found})
        shown.append(_pooled(rest, told["other"]))
    return _table(shown, told)


def summarize(curves: Table, *, days: int = 90) -> Table:
    """Sum curves up: how many customers, how many second orders, and the median.

    Parameters
    ----------
    curves : Table
        What `curves` returned.
    days : int, default=90
        Day of the curves that is told, 0 or more.

    Returns
    -------
    Table
        One row per group: `group`, `customers`, `second_orders`, `followed_days`, `median_days` as
        `second_order.summarize`, and `share_with_second`, `lower`, `upper` on day `days`; null in a
        group of which nobody was followed so far.

    Raises
    ------
    InvalidArgument
        If `days` is below 0, or these are no curves by group.
    """
    groups = _read(curves)
    day = index(days)
    if day < 0:
        raise InvalidArgument("second_order: a day must not be below 0", value=str(days))
    medians = [
        next((place for place, share in enumerate(one.share) if share >= 0.5), None)
        for one in groups
    ]
    return table_of(
        [
            ("group", "U", [one.name for one in groups]),
            ("customers", "l", [one.customers for one in groups]),
            ("second_orders", "l", [sum(one.events) for one in groups]),
            ("followed_days", "l", [len(one.at_risk) - 1 for one in groups]),
            ("median_days", "l", medians),
            ("days", "l", [day] * len(groups)),
            ("share_with_second", "g", [_at(one.share, day) for one in groups]),
            ("lower", "g", [_at(one.lower, day) for one in groups]),
            ("upper", "g", [_at(one.upper, day) for one in groups]),
        ],
        curves.metadata,
    )


def log_rank(curves: Table) -> Table:
    """Test whether all groups come back alike, by the log-rank test.

    Parameters
    ----------
    curves : Table
        What `curves` returned.

    Returns
    -------
    Table
        One row: `groups`, `customers`, `second_orders`, `statistic` (chi-squared),
        `degrees_of_freedom` = groups - 1, and `p_value`: how often groups that come back alike
        would differ as much. Groups of which nobody was followed to a day with second orders are
        left out: `num_left_out` of the metadata counts them, `left_out` names them if there are
        any.

    Raises
    ------
    InvalidData
        If there is one group or fewer than two are left, or nobody has a second order, or on the
        first day that anybody has one everybody has who was followed that far.
    MissingExtra
        Without statsmodels, which the extra `[survival]` brings.

    Notes
    -----
    By `statsmodels.duration.survfunc.survdiff`, over whole days. Mantel (1966). It sees differences
    that keep their direction; curves that cross can hide from it.
    """
    told = _read(curves)
    days_of_events = [
        next((day for day, back in enumerate(one.events) if back), math.inf) for one in told
    ]
    first = min(days_of_events, default=math.inf)
    if len(told) < 2 or math.isinf(first):
        raise InvalidData("second_order: a test needs two groups, and a second order")
    # Whoever is followed to a later day is followed to the first one.
    groups = [one for one in told if first < len(one.at_risk)]
    left_out = [one.name for one in told if first >= len(one.at_risk)]
    if len(groups) < 2:
        raise InvalidData(
            "second_order: a test needs two groups of which somebody was followed to a day with "
            "second orders; left out",
            value=", ".join(left_out),
        )
    if all(one.events[int(first)] == one.at_risk[int(first)] for one in groups):
        raise InvalidData(
            "second_order: all who were followed to the day have their second order on it: "
            "nothing tells the groups apart",
            value=f"day {first}",
        )
    second_orders = sum(sum(one.events) for one in groups)
    metadata = {**curves.metadata, "num_left_out": str(len(left_out))}
    if left_out:
        metadata["left_out"] = ", ".join(left_out)
    survdiff = require("survival", "statsmodels.duration.survfunc").survdiff
    days, status, group = [], [], []
    for place, one in enumerate(groups):
        for counts, has_second in ((one.events, 1), (one.censored, 0)):
            days.append(np.repeat(np.arange(len(counts)), counts))
            status.append(np.full(sum(counts), has_second))
            group.append(np.full(sum(counts), place))
    # Days begin at 1: the library takes a time of 0 as one that was never followed.
    statistic, p_value = survdiff(
        np.concatenate(days) + 1, np.concatenate(status), np.concatenate(group)
    )
    return table_of(
        [
            ("groups", "l", [len(groups)]),
            ("customers", "l", [sum(one.customers for one in groups)]),
            ("second_orders", "l", [second_orders]),
            ("statistic", "g", [float(statistic)]),
            ("degrees_of_freedom", "l", [len(groups) - 1]),
            ("p_value", "g", [float(p_value)]),
        ],
        metadata,
    )


def _by_quarter(
    transactions: Transactions, as_of: Moment | None, num_threads: int | None
) -> tuple[list[_Curve], dict[str, str]]:
    """Return a curve for the customers of each quarter of first orders."""
    history = CustomerHistory(as_of=as_of).add(transactions, num_threads=num_threads)
    total = kpi.summary(history, as_of=as_of)
    first, last = total["start"][0].astype("datetime64[M]"), total["end"][0]
    found = []
    metadata: dict[str, str] = {}
    # Counts in months of numpy: the year 9999 has an end here, and in the calendar of Python none.
    month = first - (first - first.astype("datetime64[Y]")) % _QUARTER
    while month < last:
        name = f"{month.astype('datetime64[Y]')}-Q{(month.item().month + 2) // 3}"
        after = month + _QUARTER
        window = Selection(
            start=month.astype("datetime64[D]"),
            end=None if after >= last else after.astype("datetime64[D]"),
        )
        month = after
        table = second_order.curve(history.select(window), as_of=as_of)
        found += _split(table, [name] * table.num_rows)
        metadata = table.metadata
    return found, metadata


def _split(table: Table, names: Sequence[Any]) -> list[_Curve]:
    """Return the groups of a table, whose days begin at 0 in each."""
    columns = [
        table[name].tolist()
        for name in ("at_risk", "events", "censored", "share_with_second", "lower", "upper")
    ]
    starts = np.flatnonzero(table["days"] == 0).tolist()
    ends = [*starts, table.num_rows][1:]
    return [
        _Curve(
            "unknown" if names[start] is None else str(names[start]),
            *(column[start:end] for column in columns),
        )
        for start, end in zip(starts, ends, strict=True)
    ]


def _at(values: Sequence[float | None], day: int) -> float | None:
    return values[day] if day < len(values) else None


def _read(table: Table) -> list[_Curve]:
    if not {"group", "days", "censored", "share_with_second"} <= set(table):
        raise InvalidArgument("second_order: these are no curves by group: make them with curves")
    return _split(table, table["group"].tolist())


def _free_name(names: Collection[str]) -> str:
    """Return a name for the pooled groups that none of them has."""
    pooled = f"{OTHER} (pooled)"
    tried = chain((OTHER, pooled), (f"{pooled} {number}" for number in count(2)))
    return next(name for name in tried if name not in names)


def _pooled(groups: Sequence[_Curve], name: str = OTHER) -> _Curve:
    """Estimate one curve of the counts of several groups."""
    length = max(len(one.at_risk) for one in groups)
    events, censored = [0] * length, [0] * length
    for one in groups:
        for day, (back, gone) in enumerate(zip(one.events, one.censored, strict=True)):
            events[day] += back
            censored[day] += gone
    left = sum(events) + sum(censored)
    at_risk, shares = [], []
    lower: list[float | None] = []
    upper: list[float | None] = []
    without, variance = 1.0, 0.0
    for back, gone in zip(events, censored, strict=True):
        at_risk.append(left)
        if back:
            without *= (left - back) / left
            variance += back / (left * (left - back)) if left > back else math.inf
        shares.append(1.0 - without)
        bounds: tuple[float | None, float | None] = (None, None)
        if 0.0 < without < 1.0:
            reach = _NORMAL_95 * math.sqrt(variance) / -math.log(without)
            bounds = (1.0 - without ** math.exp(-reach), 1.0 - without ** math.exp(reach))
        lower.append(bounds[0])
        upper.append(bounds[1])
        left -= back + gone
    return _Curve(name, at_risk, events, censored, shares, lower, upper)


def _table(groups: Sequence[_Curve], metadata: dict[str, str]) -> Table:
    def joined(name: str) -> list[Any]:
        return [value for one in groups for value in getattr(one, name)]

    return table_of(
        [
            ("group", "U", [one.name for one in groups for _ in one.at_risk]),
            ("days", "l", [day for one in groups for day in range(len(one.at_risk))]),
            ("at_risk", "l", joined("at_risk")),
            ("events", "l", joined("events")),
            ("censored", "l", joined("censored")),
            ("share_with_second", "g", joined("share")),
            ("lower", "g", joined("lower")),
            ("upper", "g", joined("upper")),
        ],
        metadata,
    )
