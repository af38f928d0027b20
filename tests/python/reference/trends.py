"""Series, patterns and years of a shop's days, slow and obvious."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from reference.calendar import next_first_day, period_label, periods_between

Days = Mapping[date, Decimal | int]


def _quotient(numerator: Decimal | int, denominator: int | Fraction) -> float:
    return float(Fraction(numerator) / denominator)


def _days_of(start: date, period: str) -> list[date]:
    end = next_first_day(start, period)
    return [start + timedelta(days=number) for number in range((end - start).days)]


def series(days: Days, running: set[date], period: str, window: int) -> list[dict[str, Any]]:
    """Add the days up to periods; `running` are days that had not ended."""
    rows: list[dict[str, Any]] = []
    for start in periods_between(min(days), max(days), period):
        all_days = _days_of(start, period)
        seen = [day for day in all_days if day in days]
        rows.append(
            {
                "period": period_label(start, period),
                "start": seen[0],
                "end": seen[-1] + timedelta(days=1),
                "complete": seen == all_days and not running & set(seen),
                "value": sum(days[day] for day in seen),
            }
        )
        last = rows[-window:]
        is_full = len(last) == window and all(row["complete"] for row in last)
        rows[-1]["moving_average"] = (
            _quotient(sum(row["value"] for row in last), window) if is_full else None
        )
    return rows


def _same_a_year_before(start: date, period: str) -> date | None:
    """Return the first day of the same period a year before, by trying every day around it."""
    if period == "week":
        year, week, _ = start.isocalendar()
        wanted = (year - 1, week, 1)
        days = [start - timedelta(days=number) for number in range(350, 380)]
        return next((day for day in days if tuple(day.isocalendar()) == wanted), None)
    for number in range(365, 367):
        day = start - timedelta(days=number)
        if (day.month, day.day) == (start.month, start.day):
            return day
    return None


def year_over_year(days: Days, running: set[date], period: str) -> list[dict[str, Any]]:
    """Compare each period with the same one a year before."""
    rows = series(days, running, period, 1)
    found = []
    for start, row in zip(periods_between(min(days), max(days), period), rows, strict=True):
        before = _same_a_year_before(start, period)
        name = "" if before is None else period_label(before, period)
        pair = [other for other in rows if other["period"] == name and other["complete"]]
        is_comparable = bool(pair) and row["complete"]
        previous = pair[0]["value"] if is_comparable else None
        change = None if previous is None else row["value"] - previous
        found.append(
            {
                **{key: row[key] for key in ("period", "start", "end", "complete", "value")},
                "previous_period": name,
                "comparable": is_comparable,
                "previous": previous,
                "change": change,
                "change_share": None
                if previous is None or change is None or previous <= 0
                else _quotient(change, Fraction(previous)),
            }
        )
    return found


def pattern(days: Days, running: set[date], name: str) -> list[dict[str, Any]]:
    """Average the days by `weekday` or by `month`."""
    whole = {day: value for day, value in days.items() if day not in running}
    overall = Fraction(sum(whole.values())) / len(whole) if whole else Fraction(0)
    rows = []
    for key in range(1, 8 if name == "weekday" else 13):
        own = [
            day for day in whole if key == (day.isoweekday() if name == "weekday" else day.month)
        ]
        total = sum(whole[day] for day in own)
        row: dict[str, Any] = {name: key}
        if name == "month":
            row["years"] = len({day.year for day in own})
        rows.append(
            {
                **row,
                "days": len(own),
                "total": total,
                "mean": _quotient(total, len(own)) if own else None,
                "index": _quotient(total, len(own) * overall) if own and overall > 0 else None,
            }
        )
    return rows


def hours(of_hour: Mapping[int, Decimal | int], num_days: int) -> list[dict[str, Any]]:
    """Average by hour; `of_hour` are totals over whole days."""
    whole = sum(of_hour.values())
    return [
        {
            "hour": hour,
            "days": num_days,
            "total": of_hour.get(hour, 0),
            "mean": _quotient(of_hour.get(hour, 0), num_days) if num_days else None,
            "index": _quotient(24 * of_hour.get(hour, 0), Fraction(whole))
            if num_days and whole > 0
            else None,
        }
        for hour in range(24)
    ]
