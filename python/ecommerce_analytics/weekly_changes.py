"""What changed last week beyond what its weeks usually do, and what would have been seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from ecommerce_analytics import kpi
from ecommerce_analytics.civil_time import Moment
from ecommerce_analytics.customer_history import CustomerHistory, history_of
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.narrative import JUDGED, MIN_CHANGES
from ecommerce_analytics.table import Table, table_of
from ecommerce_analytics.transactions import Transactions

__all__ = ["FALSE_DISCOVERY_RATE", "MAX_CHANGES", "POWER", "adjusted", "judge", "student_tail"]

#: Bounds the expected share of false alarms among what a week tells, 0 where it tells nothing.
FALSE_DISCOVERY_RATE: Final = 0.10
#: With which probability a change of the size that is told would have been seen.
POWER: Final = 0.80
#: Earlier changes from week to week that are looked at, at most: half a year.
MAX_CHANGES: Final = 26

_WEEK: Final = timedelta(days=7)
_DAY: Final = np.timedelta64(1, "D")


def judge(
    transactions: Transactions | CustomerHistory,
    *,
    as_of: Moment | None = None,
    false_discovery_rate: float = FALSE_DISCOVERY_RATE,
    power: float = POWER,
    num_threads: int | None = None,
) -> Table:
    """Judge the change of each key figure from the last whole week but one to the last.

    A week is whole if it ends by `as_of` and by 00:00 after the day of the last line before it.

    Parameters
    ----------
    transactions : Transactions or CustomerHistory
        Order lines, n rows in any order.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, up to which lines count. None: 00:00 after the day of the last line.
    false_discovery_rate : float, default=0.1
        Bounds the expected share of false alarms among what a week tells as significant, 0 where it
        tells nothing, in (0, 1).
    power : float, default=0.8
        Of the smallest change that would have been seen, in [0.5, 1).
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per key figure that can be judged, in the order of `narrative.JUDGED`: `kpi`,
        `value` and `previous`, `size` (the change relative to `previous`; of a share the difference
        in points), `usual_lower` and `usual_upper` (where 95 % of its changes lie),
        `num_changes` earlier ones, `p_value`, `q_value` (adjusted for the number of figures),
        `is_significant`, and `smallest_seen`, the change that would have been seen with `power`,
        were it the only one. No row where the data are too short, nor of a figure that never
        changed before: `never_changed` in the metadata names these, in one text with commas.
        `week`, `week_before`, `data_end` (00:00 after the day of the last line before `as_of`) and
        the options are in the metadata too; the weeks are empty where there are none.

    Raises
    ------
    InvalidArgument
        If an option is out of its range, or no line lies before `as_of`.

    Notes
    -----
    A week is judged by up to 26 changes before it, 6 at least, as independent draws from a normal
    distribution around 0 of unknown width s = √(mean of squares): size / s is then Student's t with
    as many degrees of freedom; where s is 0, nothing can be said. The p values are adjusted by
    Benjamini and Hochberg (1995), whose rate also holds for figures that rise and fall together.
    The smallest change seen is s · (t(1 - rate / 2m) + t(power)) for m figures. O(n + weeks). See
    docs/methods/recommendations.md.
    """
    if not 0 < false_discovery_rate < 1:
        raise InvalidArgument(
            "weekly_changes: false_discovery_rate must be in (0, 1)",
            value=str(false_discovery_rate),
        )
    if not 0.5 <= power < 1:
        raise InvalidArgument("weekly_changes: power must be in [0.5, 1)", value=str(power))
    measures = kpi.measures_of(transactions) if isinstance(transactions, Transactions) else ()
    history = history_of(
        transactions, as_of=as_of, num_threads=num_threads, selection=None, measures=measures
    )
    changes = kpi.changes(history, as_of=as_of, period="week")
    # The last row is of the day of the last line, whatever comes after it up to `as_of`.
    data_end = kpi.summary(history, as_of=as_of, period="day")["start"][-1] + _DAY
    names = ("kpi", "period", "start", "end", "partial", "previous_start", "previous_end")
    figures = ("value", "previous", "change", "change_share")
    columns = [changes[name].tolist() for name in (*names, *figures)]
    rows = [dict(zip((*names, *figures), row, strict=True)) for row in zip(*columns, strict=True)]
    units = {one.name: one.unit for one in kpi.dictionary()}
    compared = [row for row in rows if np.datetime64(row["end"]) <= data_end and _is_compared(row)]
    last: date | None = max((row["start"] for row in compared), default=None)
    judged, never_changed = [], []
    for name in JUDGED:
        column = "change" if units[name] == "share" else "change_share"
        own = [row for row in compared if row["kpi"] == name and row[column] is not None]
        earlier = [row[column] for row in own[:-1]][-MAX_CHANGES:]
        if own and own[-1]["start"] == last and len(earlier) >= MIN_CHANGES:
            if any(earlier):
                judged.append((own[-1], own[-1][column], earlier))
            else:
                never_changed.append(name)
    widths = [math.sqrt(math.fsum(x * x for x in old) / len(old)) for _, _, old in judged]
    p_values = [
        student_tail(abs(size) / width, len(old))
        for (_, size, old), width in zip(judged, widths, strict=True)
    ]
    q_values = adjusted(p_values)
    usual = [
        width * _quantile(0.975, len(old))
        for (_, _, old), width in zip(judged, widths, strict=True)
    ]
    level = false_discovery_rate / (2 * max(1, len(judged)))
    seen = [
        width * (_quantile(1 - level, len(old)) + _quantile(power, len(old)))
        for (_, _, old), width in zip(judged, widths, strict=True)
    ]
    weeks = {
        "week": "" if last is None else _name(last),
        "week_before": "" if last is None else _name(last - _WEEK),
    }
    return table_of(
        [
            ("kpi", "U", [row["kpi"] for row, _, _ in judged]),
            ("value", "g", [row["value"] for row, _, _ in judged]),
            ("previous", "g", [row["previous"] for row, _, _ in judged]),
            ("size", "g", [size for _, size, _ in judged]),
            ("usual_lower", "g", [-one for one in usual]),
            ("usual_upper", "g", usual),
            ("num_changes", "l", [len(old) for _, _, old in judged]),
            ("p_value", "g", p_values),
            ("q_value", "g", q_values),
            ("is_significant", "b", [one <= false_discovery_rate for one in q_values]),
            ("smallest_seen", "g", seen),
        ],
        {
            "as_of": changes.metadata["as_of"],
            "data_end": f"{data_end} 00:00:00",
            **weeks,
            "never_changed": ", ".join(never_changed),
            "false_discovery_rate": repr(float(false_discovery_rate)),
            "power": repr(float(power)),
        },
    )


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Return p values adjusted for their number, by Benjamini and Hochberg.

    A hypothesis whose adjusted value is at most a rate is told at that false discovery rate.

    Examples
    --------
    >>> adjusted([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.03]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place], reverse=True)
    result = [1.0] * len(p_values)
    least = 1.0
    for place, rank in zip(order, range(len(p_values), 0, -1), strict=True):
        least = min(least, p_values[place] * len(p_values) / rank)
        result[place] = least
    return result


def student_tail(t: float, degrees_of_freedom: int) -> float:
    """Return the probability that Student's t is beyond ±`t`, t >= 0.

    Notes
    -----
    The finite series for whole degrees of freedom, O(degrees of freedom). Abramowitz and Stegun
    (1964), 26.7.3 and 26.7.4.

    Examples
    --------
    >>> round(student_tail(2.228139, 10), 6)
    0.05
    """
    angle = math.atan(t / math.sqrt(degrees_of_freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    is_odd = degrees_of_freedom % 2 == 1
    term = cosine if is_odd else 1.0
    total = term if degrees_of_freedom > 1 else 0.0
    for step in range(3 if is_odd else 2, degrees_of_freedom - 1, 2):
        term *= cosine * cosine * (step - 1) / step
        total += term
    within = 2 / math.pi * (angle + sine * total) if is_odd else sine * total
    return max(0.0, 1.0 - within)


def _quantile(probability: float, degrees_of_freedom: int) -> float:
    """Return where Student's t is below with a probability of a half or more, by halving."""
    low, high = 0.0, 1.0
    while 1 - student_tail(high, degrees_of_freedom) / 2 < probability and high < 1e9:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        if 1 - student_tail(middle, degrees_of_freedom) / 2 < probability:
            low = middle
        else:
            high = middle
    return high


def _is_compared(row: dict[str, Any]) -> bool:
    """Tell whether a whole week stands beside the whole one before it."""
    if row["partial"] or row["previous_start"] is None or row["previous_end"] is None:
        return False
    return bool(
        row["end"] - row["start"] == _WEEK
        and row["previous_end"] == row["start"]
        and row["previous_end"] - row["previous_start"] == _WEEK
    )


def _name(start: date) -> str:
    year, week, _ = start.isocalendar()
    return f"{year}-W{week:02}"
