"""Moments and time zones, as the core wants them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from ecommerce_analytics.errors import InvalidArgument

Moment: TypeAlias = str | date | datetime | np.datetime64
PeriodName: TypeAlias = Literal["day", "week", "month", "quarter", "year"]

_EPOCH = datetime(1970, 1, 1)
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(moment: Moment | None) -> int | None:
    """Civil microseconds since 1970-01-01 of a moment; None stays None.

    Parameters
    ----------
    moment : str, date, datetime, numpy.datetime64 or None
        ISO 8601 text, a date (its 00:00), or a time without a zone.

    Raises
    ------
    InvalidArgument
        If it is none of these, has a zone, or is not a time.
    """
    if moment is None:
        return None
    civil: object = moment
    if isinstance(moment, str):
        try:
            civil = datetime.fromisoformat(moment)
        except ValueError:
            raise InvalidArgument("as_of is not a date or time of ISO 8601", value=moment) from None
    if isinstance(civil, np.datetime64):
        if np.isnat(civil):
            raise InvalidArgument("as_of is not a time", value=moment)
        return int(civil.astype("datetime64[us]").astype(np.int64))
    if isinstance(civil, datetime):
        if civil.tzinfo is not None:
            raise InvalidArgument(
                "as_of must be civil time of the shop, without a zone", value=moment
            )
        return (civil - _EPOCH) // _MICROSECOND
    if isinstance(civil, date):
        return (datetime(civil.year, civil.month, civil.day) - _EPOCH) // _MICROSECOND
    raise InvalidArgument("as_of must be text, a date or a time", value=repr(moment))


@lru_cache(maxsize=8)
def zone_offsets(name: str) -> tuple[tuple[int, int], ...]:
    """Offsets from UTC of a zone of the IANA database, from 1900 to 2100.

    Returns
    -------
    tuple of (int, int)
        UTC microseconds from which an offset holds and the offset in microseconds, by increasing
        instant. The last one only ends the table, at 2100-01-01.

    Raises
    ------
    InvalidArgument
        If there is no such zone.
    """
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidArgument(
            "time_zone is not in the IANA database (of the system, or of PyPI's tzdata)", value=name
        ) from None

    def offset_at(hours: int) -> int:
        instant = _EPOCH_UTC + timedelta(hours=hours)
        offset = instant.astimezone(zone).utcoffset()
        assert offset is not None
        return offset // _MICROSECOND

    # Walk in steps of a day: no zone changes its offset twice within one. Then halve down to the
    # second in which the offset changes.
    first = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH_UTC).days
    last = (datetime(2100, 1, 1, tzinfo=UTC) - _EPOCH_UTC).days
    offsets = [(first * 86_400_000_000, offset_at(first * 24))]
    for day in range(first + 1, last):
        after = offset_at(day * 24)
        if after != offsets[-1][1]:
            offsets.append((_change_within(zone, day, offsets[-1][1]), after))
    return (*offsets, (last * 86_400_000_000, offsets[-1][1]))


def _change_within(zone: ZoneInfo, day: int, before: int) -> int:
    low, high = (day - 1) * 86_400, day * 86_400
    while high - low > 1:
        middle = (low + high) // 2
        offset = (_EPOCH_UTC + timedelta(seconds=middle)).astimezone(zone).utcoffset()
        assert offset is not None
        if offset // _MICROSECOND == before:
            low = middle
        else:
            high = middle
    return high * 1_000_000
