"""Which changes stand out, from the months alone: slow, in fractions, and without the changes."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction


def smallest_change(changes: Sequence[float], factor: float) -> float | None:
    """Return the bound of a figure's change, by sorting the sizes of its last twelve."""
    if len(changes) < 6:
        return None
    sizes = sorted(Fraction(abs(change)) for change in changes[-12:])
    middle = len(sizes) // 2
    median = sizes[middle] if len(sizes) % 2 else (sizes[middle - 1] + sizes[middle]) / 2
    if median:
        return float(Fraction(factor) * Fraction("1.4826") * median)
    return float(Fraction(factor) * Fraction("1.2533") * sum(sizes) / len(sizes))


def months_of(first: date, last: date) -> list[tuple[date, date, bool]]:
    """Return first day, end and wholeness of the months from the first to the last day of data."""
    months = []
    start = first.replace(day=1)
    while start <= last:
        end = (start + timedelta(days=32)).replace(day=1)
        months.append((start, end, first <= start and end <= last + timedelta(days=1)))
        start = end
    return months
