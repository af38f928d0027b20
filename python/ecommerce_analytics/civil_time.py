"""Moments and time zones, as the core wants them."""

from __future__ import annotations

import re
import zoneinfo
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from ecommerce_analytics.errors import InvalidArgument

Moment: TypeAlias = str | date | datetime | np.datetime64
PeriodName: TypeAlias = Literal["day", "week", "month", "quarter", "year"]

_EPOCH = datetime(1970, 1, 1)
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_US = (datetime(1400, 1, 1) - _EPOCH) // _MICROSECOND
_END_US = (datetime(9999, 12, 31) - _EPOCH) // _MICROSECOND + 86_400_000_000

# Takes what the ingest takes as text, and no other of the many forms of ISO 8601.
_TIME_TEXT = re.compile(
    r" *(\d{4}-\d\d-\d\d|\d{8})"
    r"([ T]([01]\d|2[0-3]):\d\d(:\d\d(\.\d{1,6}0*)?)?(Z|[+-]\d\d(:?\d\d)?)?)? *",
    re.ASCII,
)


def to_microseconds(moment: Moment | None) -> int | None:
    """Civil microseconds since 1970-01-01 of a moment; None stays None.

    Parameters
    ----------
    moment : str, date, datetime, numpy.datetime64 or None
        Text in the forms of `Transactions.from_arrow`, a date (its 00:00), or a time without a
        zone.

    Raises
    ------
    InvalidArgument
        If it is none of these, has a zone, is not a time, or is no whole count of microseconds.
    """
    if moment is None:
        return None
    civil: object = moment
    if isinstance(moment, str):
        civil = _parsed(moment)
    if not isinstance(civil, (date, np.datetime64)):
        raise InvalidArgument("as_of must be text, a date or a time", value=repr(moment))
    if civil != civil:
        raise InvalidArgument("as_of is not a time", value=moment)
    if isinstance(civil, datetime) and civil.tzinfo is not None:
        raise InvalidArgument("as_of must be civil time of the shop, without a zone", value=moment)
    time_us = exact_microseconds(civil)
    if time_us is None:
        raise InvalidArgument("as_of is finer than a microsecond or too far", value=moment)
    if not _FIRST_US <= time_us <= _END_US:
        raise InvalidArgument("as_of is outside years 1400 to 9999", value=moment)
    return time_us


def _parsed(text: str) -> datetime:
    if _TIME_TEXT.fullmatch(text):
        with suppress(ValueError):  # A 30th of February has the right form.
            return datetime.fromisoformat(text.strip(" "))
    raise InvalidArgument("as_of is not a date or time of ISO 8601", value=text)


def exact_microseconds(moment: date | np.datetime64) -> int | None:
    """Microseconds since 1970-01-01 of a time: civil ones, or those of UTC if it has a zone.

    Returns
    -------
    int or None
        None if the time is finer than that, or too far for 64 bits.
    """
    if isinstance(moment, np.datetime64):
        kept = moment.astype("datetime64[us]")
        # Goes there and back, as numpy wraps around and cuts off without a word.
        return int(kept.astype(np.int64)) if kept.astype(moment.dtype) == moment else None
    if not isinstance(moment, datetime):
        return (moment - _EPOCH.date()) // _MICROSECOND
    if getattr(moment, "nanosecond", 0) != 0:  # Asks a Timestamp of pandas.
        return None
    return (moment - (_EPOCH if moment.tzinfo is None else _EPOCH_UTC)) // _MICROSECOND


def require_period(period: str) -> None:
    """Refuse what is no name of a period, before any row is read.

    Raises
    ------
    InvalidArgument
        If it is none of the five.
    """
    if period not in get_args(PeriodName):
        raise InvalidArgument(
            "calendar: period must be day, week, month, quarter or year", value=period
        )


@lru_cache(maxsize=8)
def zone_offsets(name: str) -> tuple[tuple[int, int], ...]:
    """Offsets from UTC of a zone of the IANA database, from 1900 to the end of 2099.

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

    # Walks in steps of a day: no zone changes its offset twice within one. Then halve down to the
    # second in which the offset changes.
    first = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH_UTC).days
    last = (datetime(2100, 1, 1, tzinfo=UTC) - _EPOCH_UTC).days
    offsets = [(first * 86_400_000_000, offset_at(first * 24))]
    for day in range(first + 1, last):
        after = offset_at(day * 24)
        if after != offsets[-1][1]:
            offsets.append((_change_within(zone, day, offsets[-1][1]), after))
    return (*offsets, (last * 86_400_000_000, offsets[-1][1]))


def civil_times_of(
    instants: npt.NDArray[np.int64], zone: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return what a zone's clock shows at instants, and which of them lie in 1900 to 2099.

    Microseconds since 1970-01-01 on both sides. Raises `InvalidArgument` as `zone_offsets` does.
    O(n log offsets) time.
    """
    starts, offsets = np.array(zone_offsets(zone)).T
    return _shifted(instants, starts, offsets)


def instants_of(
    civil_times: npt.NDArray[np.int64], zone: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the instants at which a zone's clock shows times, and which lie in 1900 to 2099.

    Of a time that the clock shows twice it is the first instant; one that the clock leaves out is
    read with the offset before. Else as `civil_times_of`.
    """
    starts, offsets = np.array(zone_offsets(zone)).T
    before = np.concatenate([offsets[:1], offsets[:-1]])
    return _shifted(civil_times, starts + np.maximum(offsets, before), -offsets)


def _shifted(
    times: npt.NDArray[np.int64], starts: npt.NDArray[np.int64], shifts: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    places = np.searchsorted(starts, times, side="right") - 1
    is_known = (places >= 0) & (places < len(starts) - 1)
    return times + shifts[places], is_known


def time_zone_data(zone: str = "UTC") -> dict[str, str] | None:
    """Say which time zone data `zone_offsets` reads, for a manifest.

    The same in every call: it tells what is installed, not what was used. Who used no zone has
    nothing to tell.

    Parameters
    ----------
    zone : str, default="UTC"
        IANA name; a system's data come before PyPI's, zone by zone.

    Returns
    -------
    dict of str to str, or None
        ``source``, ``"system"`` or ``"tzdata"`` (PyPI's), and ``version``, such as ``"2025b"``,
        or ``"unknown"`` where a system does not say. None: there are no data of this zone.
    """
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / zone).is_file():
            return {"source": "system", "version": _system_version(folder)}
    try:
        ZoneInfo(zone)
        return {"source": "tzdata", "version": str(import_module("tzdata").IANA_VERSION)}
    except (ImportError, ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _system_version(folder: Path) -> str:
    for name, form in (("tzdata.zi", r"# version (\S+)"), ("+VERSION", r"(\S+)")):
        with suppress(OSError, UnicodeDecodeError), (folder / name).open(encoding="utf-8") as file:
            if found := re.match(form, file.readline()):
                return found[1]
    return "unknown"


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
