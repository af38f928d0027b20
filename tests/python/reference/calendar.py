"""Periods of civil days, by the calendar of the standard library."""

from datetime import date, datetime, time, timedelta

PERIODS = ("day", "week", "month", "quarter", "year")


def first_day_of(day: date, period: str) -> date:
    """Return the first day of the period that holds `day`."""
    if period == "day":
        return day
    if period == "week":
        return day - timedelta(days=day.weekday())
    if period == "month":
        return day.replace(day=1)
    if period == "quarter":
        return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    if period == "year":
        return date(day.year, 1, 1)
    raise ValueError(period)


def next_first_day(day: date, period: str) -> date:
    """Return the first day of the period after the one that holds `day`."""
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[period]
    first = first_day_of(day, period)
    later = first + timedelta(days=1)
    while first_day_of(later, period) == first:
        later += timedelta(days=1)
        assert (later - first).days <= longest
    return later


def periods_between(first: date, last: date, period: str) -> list[date]:
    """Return the first days of all periods from that of `first` to that of `last`."""
    days = [first_day_of(first, period)]
    while days[-1] < first_day_of(last, period):
        days.append(next_first_day(days[-1], period))
    return days


def period_label(day: date, period: str) -> str:
    """Return the name of the period that holds `day`, such as `2017-Q4`."""
    if period == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    if period == "month":
        return f"{day.year:04}-{day.month:02}"
    if period == "quarter":
        return f"{day.year:04}-Q{(day.month + 2) // 3}"
    if period == "year":
        return f"{day.year:04}"
    return day.isoformat()


def midnight(day: date) -> datetime:
    """Return 00:00 of a day."""
    return datetime.combine(day, time())


def has_ended(first_day: date, period: str, as_of: datetime) -> bool:
    """Tell whether the whole period lies before `as_of`."""
    return midnight(next_first_day(first_day, period)) <= as_of
