"""Local times of a zone as instants, by the definition of Python's `fold`."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


def exists(local: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the clock ever shows a local time."""
    there = local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None) == local


def is_shown_twice(local: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the clock shows a local time at two instants."""
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return exists(local, zone) and first.utcoffset() != second.utcoffset()


def instant_of(
    local: datetime, zone: ZoneInfo, ambiguous: str, nonexistent: str
) -> datetime | None:
    """Return the instant of a local time by the two rules; None where a rule refuses it."""
    if not exists(local, zone):
        if nonexistent == "error":
            return None
        shifted = local.replace(microsecond=0)
        while not exists(shifted, zone):
            shifted += SECOND
        return shifted.replace(tzinfo=zone).astimezone(UTC)
    if is_shown_twice(local, zone) and ambiguous == "error":
        return None
    return local.replace(tzinfo=zone, fold=int(ambiguous == "later")).astimezone(UTC)
