"""Series, patterns and years: how a shop's days add up, and what in them repeats.

Everything here reads one finished table with a row per day, as `kpi.summary(…, period="day")` or
`aggregate.group_by(…, period="day")` return it, under whatever selection it was made. Weeks, months
and years are added up from its days, exactly, so it is known which of them the data hold whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import index
from typing import Any

from ecommerce_analytics.aggregate import group_by
from ecommerce_analytics.civil_time import PeriodName, require_period
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.table import Table, table_of
from ecommerce_analytics.transactions import Transactions

__all__ = [
    "has_times",
    "hour_pattern",
    "month_pattern",
    "series",
    "weekday_pattern",
    "year_over_year",
]

_MONEY, _COUNT = "d:38,4", "l"
_UNITS = {_MONEY: 10_000, _COUNT: 1}
# People of a day come again on another one.
_NOT_ADDITIVE = ("customers", "returning_customers", "repeat_customers")
_DAY = timedelta(days=1)


def series(
    days: Table, *, column: str = "revenue_net", period: PeriodName = "day", window: int = 1
) -> Table:
    """Add the days up to periods, and average them over the last complete ones.

    Parameters
    ----------
    days : Table
        One row per day, in any order; days between the first and the last one that have no row
        count as zero.
    column : str, default="revenue_net"
        A sum of money or a count that adds up over days.
    period : {"day", "week", "month", "quarter", "year"}
        Span of one row. A week starts on Monday.
    window : int, default=1
        Periods of one average: the row's own and those just before it. In [1, 10,000].

    Returns
    -------
    Table
        One row per period from that of the first day to that of the last: `period`, `start`,
        `end` (exclusive; `start` and `end` are the days that the table has of it), `complete`
        (it has all of them, and none was running at `as_of`), `value` (exact, in the type of the
        column) and `moving_average` (null unless the row and the `window` - 1 ones before it are
        all complete). `column`, `grain` and `window` are in its metadata.

    Raises
    ------
    InvalidArgument
        If the table has not one row per day, has no such column or one that does not add up over
        days (rates, means, customers), or an option is out of its range.

    Notes
    -----
    A period without a line is zero and no gap: it counts in the averages. Exact sums, rounded once.
    O(days).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann"] * 3, order=["A1", "A2", "A3"],
    ...     timestamp=["2026-01-05", "2026-01-06", "2026-01-08"], amount=["10", "20", "30"])
    >>> table = ea.trends.series(ea.kpi.summary(tx, period="day"), window=2)
    >>> table["value"].tolist(), table["moving_average"].tolist()
    ([10.0, 20.0, 0.0, 30.0], [None, 15.0, 10.0, 15.0])
    """
    if not 1 <= index(window) <= 10_000:
        raise InvalidArgument("trends: window must be in [1, 10000]", value=str(window))
    daily = _Daily.read(days, column)
    periods = daily.by_period(period)
    averages: list[float | None] = []
    running, num_complete = 0, 0
    for row, one in enumerate(periods):
        running += one.value - (periods[row - window].value if row >= window else 0)
        num_complete = num_complete + 1 if one.is_complete else 0
        is_full = num_complete >= window
        averages.append(running / (window * daily.unit) if is_full else None)
    return table_of(
        [
            ("period", "U", [one.name for one in periods]),
            ("start", "tdD", [one.first_seen for one in periods]),
            ("end", "tdD", [one.end_seen for one in periods]),
            ("complete", "b", [one.is_complete for one in periods]),
            ("value", daily.type, [one.value for one in periods]),
            ("moving_average", "g", averages),
        ],
        {**_of(days, column), "grain": period, "window": str(window)},
    )


def year_over_year(
    days: Table, *, column: str = "revenue_net", period: PeriodName = "month"
) -> Table:
    """Compare each period with the same one a year before.

    Parameters
    ----------
    days, column, period
        As in `series`.

    Returns
    -------
    Table
        One row per period: `period`, `start`, `end`, `complete`, `value` as in `series`,
        `previous_period`, `comparable` (both are complete), and, null unless they are comparable,
        `previous`, `change` (value - previous, both exact) and `change_share` (change / previous;
        null unless that is positive). `column` and `grain` are in its metadata.

    Raises
    ------
    InvalidArgument
        As `series`.

    Notes
    -----
    The same month, quarter or year by its number; the same week by its number of ISO 8601, so that
    a week 53 has none in a year of 52 and its `previous_period` is empty; the same day by its date,
    so that 29 February has none and 1 March is compared with 1 March. Days of one date fall on
    different weekdays: compare weeks to compare weekdays. O(days).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann"] * 4, order=["A1", "A2", "A3", "A4"], amount=["10", "20", "30", "5"],
    ...     timestamp=["2025-01-01", "2025-02-05", "2026-01-08", "2026-02-01"])
    >>> table = ea.trends.year_over_year(ea.kpi.summary(tx, period="day"))
    >>> table["period"][table["comparable"]].tolist(), table["change_share"].compressed().tolist()
    (['2026-01'], [2.0])
    """
    daily = _Daily.read(days, column)
    periods = daily.by_period(period)
    by_name = {one.name: one for one in periods}
    names = [_year_before(one.first_day, period) for one in periods]
    pairs = []
    for one, name in zip(periods, names, strict=True):
        previous = by_name.get(name)
        is_complete = previous is not None and previous.is_complete and one.is_complete
        pairs.append((one.value, previous.value if previous and is_complete else None))
    return table_of(
        [
            ("period", "U", [one.name for one in periods]),
            ("start", "tdD", [one.first_seen for one in periods]),
            ("end", "tdD", [one.end_seen for one in periods]),
            ("complete", "b", [one.is_complete for one in periods]),
            ("value", daily.type, [one.value for one in periods]),
            ("previous_period", "U", names),
            ("comparable", "b", [before is not None for _, before in pairs]),
            ("previous", daily.type, [before for _, before in pairs]),
            ("change", daily.type, [None if was is None else now - was for now, was in pairs]),
            (
                "change_share",
                "g",
                [None if was is None or was <= 0 else (now - was) / was for now, was in pairs],
            ),
        ],
        {**_of(days, column), "grain": period},
    )


def weekday_pattern(days: Table, *, column: str = "revenue_net") -> Table:
    """Average the days by weekday.

    Parameters
    ----------
    days, column
        As in `series`.

    Returns
    -------
    Table
        Seven rows: `weekday` (1 Monday to 7 Sunday), `days` (observed ones, those without an order
        included, a running one left out), `total` (exact), `mean` (total / days; null without a
        day) and `index` (mean / the mean of all observed days; null unless that is positive).
        `column` and `num_days` are in its metadata.

    Raises
    ------
    InvalidArgument
        As `series`.

    Notes
    -----
    One rounding each. O(days).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann"] * 2, order=["A1", "A2"], amount=["10", "30"],
    ...     timestamp=["2026-01-05", "2026-01-08"])
    >>> table = ea.trends.weekday_pattern(ea.kpi.summary(tx, period="day"))
    >>> table["mean"].tolist()
    [10.0, 0.0, 0.0, 30.0, None, None, None]
    """
    return _pattern(days, column, "weekday", range(1, 8), date.isoweekday)


def month_pattern(days: Table, *, column: str = "revenue_net") -> Table:
    """Average the days by month of the year.

    Parameters
    ----------
    days, column
        As in `series`.

    Returns
    -------
    Table
        Twelve rows: `month` (1 to 12), `years` (distinct years of its observed days), `days`,
        `total`, `mean` (per day, so that long months and those that the data hold in part compare)
        and `index` as in `weekday_pattern`.

    Raises
    ------
    InvalidArgument
        As `series`.

    Notes
    -----
    What grows from year to year makes the months seen later look better: with fewer than two
    `years` a month's index is season and growth together. O(days).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann"] * 2, order=["A1", "A2"], amount=["31", "28"],
    ...     timestamp=["2026-01-01", "2026-02-28"])
    >>> ea.trends.month_pattern(ea.kpi.summary(tx, period="day"))["mean"][:2].tolist()
    [1.0, 1.0]
    """
    return _pattern(days, column, "month", range(1, 13), lambda day: day.month, with_years=True)


def hour_pattern(hours: Table, days: Table, *, column: str = "revenue") -> Table:
    """Average the days by hour of the day.

    Parameters
    ----------
    hours : Table
        What ``aggregate.group_by(…, by=["hour"], period="day")`` returned.
    days : Table
        The days that are averaged, as in `series`, made under the same selection.
    column : str, default="revenue"
        A sum of money or a count of `hours`.

    Returns
    -------
    Table
        24 rows: `hour` (0 to 23), `days` (observed ones, a running one left out), `total`, `mean`
        (per day; null without a day) and `index` (mean / the mean of all hours; null unless that
        is positive).

    Raises
    ------
    InvalidArgument
        As `series`, and if `hours` is no such table.

    Notes
    -----
    Ask `has_times` first: where all lines of a day have one time there is no pattern to see.
    An order with lines in two hours is counted in both. O(days).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann"] * 2, order=["A1", "A2"], amount=["10", "30"],
    ...     timestamp=["2026-01-05 09:30", "2026-01-06 21:00"])
    >>> hours = ea.aggregate.group_by(tx, by=["hour"], period="day")
    >>> table = ea.trends.hour_pattern(hours, ea.kpi.summary(tx, period="day"))
    >>> table["mean"][[9, 21]].tolist(), table["index"][[9, 21]].tolist()
    ([5.0, 15.0], [6.0, 18.0])
    """
    observed = _Daily.read(days, None)
    num_days = sum(observed.is_whole)
    if "hour" not in hours or "start" not in hours:
        raise InvalidArgument("trends: hours need groups by hour and by period day")
    type_, values = _values(hours, column)
    totals = [0] * 24
    running = hours["partial"].tolist()
    for hour, value, is_running in zip(hours["hour"].tolist(), values, running, strict=True):
        totals[hour] += 0 if is_running else value
    return _averages(
        [("hour", "l", list(range(24))), ("days", "l", [num_days] * 24)],
        type_,
        totals,
        [num_days] * 24,
        {**_of(days, column), "num_days": str(num_days)},
        overall=(sum(totals), num_days * 24),
    )


def has_times(transactions: Transactions) -> bool:
    """Tell whether the times of the lines say more than their day: not all are of one hour.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> ea.trends.has_times(ea.Transactions.from_arrays(
    ...     customer=["ann"], order=["A1"], timestamp=["2026-01-05"], amount=["10"]))
    False
    """
    return len(group_by(transactions, by=["hour"])) > 1


@dataclass(frozen=True)
class _Period:
    """One period, and what a table has of it."""

    name: str
    first_day: date
    first_seen: date
    end_seen: date
    is_complete: bool
    value: int


@dataclass(frozen=True)
class _Daily:
    """Consecutive days from `first` on, their values in units, and whether each had ended."""

    first: date
    values: list[int]
    is_whole: list[bool]
    type: str

    @property
    def unit(self) -> int:
        """Units of `values` in one of the column."""
        return _UNITS[self.type]

    @classmethod
    def read(cls, days: Table, column: str | None) -> _Daily:
        """Read a column of a table with a row per day; None: ones."""
        if not {"period", "start", "partial"} <= set(days):
            raise InvalidArgument("trends: the table has no days: make it with period='day'")
        starts: list[date] = days["start"].tolist()
        names = days["period"].tolist()
        if not starts:
            raise InvalidArgument("trends: the table has no day")
        for start, name in zip(starts, names, strict=True):
            if name != start.isoformat():
                raise InvalidArgument("trends: a row is no day", value=name)
        if len(set(starts)) < len(starts):
            raise InvalidArgument("trends: a day has several rows: group by nothing but the period")
        type_, told = (_COUNT, [1] * len(starts)) if column is None else _values(days, column)
        first, last = min(starts), max(starts)
        if last.year == date.max.year:  # Its last period would end beyond the calendar.
            raise InvalidArgument("trends: a day lies beyond year 9998", value=str(last))
        values, is_whole = [0] * ((last - first).days + 1), [True] * ((last - first).days + 1)
        for start, value, partial in zip(starts, told, days["partial"].tolist(), strict=True):
            values[(start - first).days] = value
            is_whole[(start - first).days] = not partial
        return cls(first, values, is_whole, type_)

    def by_period(self, period: PeriodName) -> list[_Period]:
        """Add the days up."""
        require_period(period)
        periods: list[_Period] = []
        num_days = len(self.values)
        row = 0
        while row < num_days:
            seen = self.first + row * _DAY
            first_day = _first_day(seen, period)
            next_day = _first_day(first_day + _LONGEST[period] * _DAY, period)
            end = min(num_days, row + (next_day - seen).days)
            end_seen = self.first + end * _DAY
            is_complete = seen == first_day and end_seen == next_day
            periods.append(
                _Period(
                    _name(first_day, period),
                    first_day,
                    seen,
                    end_seen,
                    is_complete and all(self.is_whole[row:end]),
                    sum(self.values[row:end]),
                )
            )
            row = end
        return periods


# A day so far behind the first one of a period lies in the next.
_LONGEST: dict[str, int] = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


def _first_day(day: date, period: PeriodName) -> date:
    if period == "week":
        return day - day.weekday() * _DAY
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}.get(period)
    return day if month is None else date(day.year, month, 1)


def _name(first_day: date, period: PeriodName) -> str:
    """Name a period as all tables do."""
    if period == "week":
        year, week, _ = first_day.isocalendar()
        return f"{year:04}-W{week:02}"
    if period == "quarter":
        return f"{first_day.year:04}-Q{(first_day.month + 2) // 3}"
    return first_day.isoformat()[: {"day": 10, "month": 7, "year": 4}[period]]


def _year_before(first_day: date, period: PeriodName) -> str:
    """Name the same period a year before; empty if there is none."""
    try:
        if period == "week":
            year, week, _ = first_day.isocalendar()
            return _name(date.fromisocalendar(year - 1, week, 1), period)
        return _name(first_day.replace(year=first_day.year - 1), period)
    except ValueError:  # A week 53, a 29 February.
        return ""


def _values(table: Table, column: str) -> tuple[str, list[int]]:
    """Return the type of a column that adds up, and its values in units."""
    if column not in table:
        raise InvalidArgument("trends: the table has no such column", value=column)
    type_ = table._formats[column]
    if type_ not in _UNITS or column in _NOT_ADDITIVE:
        raise InvalidArgument("trends: what does not add up over days has no trend", value=column)
    values, valid = table._native.column(column)
    if valid is not None and not valid.all():
        raise InvalidArgument("trends: the column has missing values", value=column)
    if type_ == _COUNT:
        return type_, values.tolist()
    bytes_ = values.tobytes()
    return type_, [
        int.from_bytes(bytes_[at : at + 16], "little", signed=True)
        for at in range(0, len(bytes_), 16)
    ]


def _pattern(
    days: Table,
    column: str,
    name: str,
    keys: range,
    key_of: Callable[[date], int],
    *,
    with_years: bool = False,
) -> Table:
    daily = _Daily.read(days, column)
    totals, counts = dict.fromkeys(keys, 0), dict.fromkeys(keys, 0)
    years: dict[int, set[int]] = {key: set() for key in keys}
    for row, (value, is_whole) in enumerate(zip(daily.values, daily.is_whole, strict=True)):
        if is_whole:
            day = daily.first + row * _DAY
            totals[key_of(day)] += value
            counts[key_of(day)] += 1
            years[key_of(day)].add(day.year)
    first: list[tuple[str, str, Sequence[Any]]] = [(name, "l", list(keys))]
    if with_years:
        first.append(("years", "l", [len(years[key]) for key in keys]))
    first.append(("days", "l", list(counts.values())))
    num_days = sum(counts.values())
    return _averages(
        first,
        daily.type,
        list(totals.values()),
        list(counts.values()),
        {**_of(days, column), "num_days": str(num_days)},
        overall=(sum(totals.values()), num_days),
    )


def _averages(
    first: list[tuple[str, str, Sequence[Any]]],
    type_: str,
    totals: list[int],
    counts: list[int],
    metadata: dict[str, str],
    *,
    overall: tuple[int, int],
) -> Table:
    """Append totals, means and indices; `overall` is the total of all and its number."""
    pairs = list(zip(totals, counts, strict=True))
    total, num = overall
    return table_of(
        [
            *first,
            ("total", type_, totals),
            ("mean", "g", [one / (n * _UNITS[type_]) if n else None for one, n in pairs]),
            (
                "index",
                "g",
                [one * num / (n * total) if n and total > 0 else None for one, n in pairs],
            ),
        ],
        metadata,
    )


def _of(table: Table, column: str) -> dict[str, str]:
    """Return what is true of the result as of the table that it was made from."""
    kept: dict[str, str] = {
        key: table.metadata[key] for key in ("as_of", "selection") if key in table.metadata
    }
    return {**kept, "column": column}
