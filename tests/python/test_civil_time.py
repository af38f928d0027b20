from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

import ecommerce_analytics as ea
from ecommerce_analytics.civil_time import exact_microseconds, to_microseconds, zone_offsets

NINE = datetime(2026, 1, 5, 9, 30)


def us(time: datetime) -> int:
    return (time - datetime(1970, 1, 1)) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-01-05", datetime(2026, 1, 5)),
        ("20260105", datetime(2026, 1, 5)),
        ("2026-01-05 09:30", NINE),
        ("20260105T09:30", NINE),
        (" 2026-01-05T09:30:07 ", NINE.replace(second=7)),
        ("2026-01-05 09:30:07.5", NINE.replace(second=7, microsecond=500_000)),
        ("2026-01-05 09:30:07.123456000", NINE.replace(second=7, microsecond=123_456)),
        (date(1969, 12, 31), datetime(1969, 12, 31)),
        (NINE, NINE),
        (pd.Timestamp(NINE), NINE),
        (np.datetime64("2026-01-05T09:30", "m"), NINE),
        (np.datetime64("2026-01-05T09:30", "ns"), NINE),
        (np.datetime64("2026", "Y"), datetime(2026, 1, 1)),
        (np.datetime64("1969-12-31T23:59:59.999999"), datetime(1969, 12, 31, 23, 59, 59, 999_999)),
    ],
)
def test_moments(moment: Any, expected: datetime) -> None:
    assert to_microseconds(moment) == us(expected)


def test_no_moment() -> None:
    assert to_microseconds(None) is None


NO_MOMENTS: dict[str, tuple[Any, str]] = {
    "a week": ("2026-W02-1", "as_of is not a date or time of ISO 8601"),
    "a comma": ("2026-01-05 09:30:07,5", "as_of is not a date or time of ISO 8601"),
    "no minutes": ("2026-01-05 09", "as_of is not a date or time of ISO 8601"),
    "no colon": ("20260105T0930", "as_of is not a date or time of ISO 8601"),
    "another separator": ("2026-01-05x09:30", "as_of is not a date or time of ISO 8601"),
    "half dashes": ("2026-0105", "as_of is not a date or time of ISO 8601"),
    "nanoseconds as text": ("2026-01-05 09:30:07.123456789", "as_of is not a date or time"),
    "a 30th of February": ("2026-02-30", "as_of is not a date or time of ISO 8601"),
    "midnight as 24": ("2026-01-05 24:00", "as_of is not a date or time of ISO 8601"),
    "other digits": ("\u0662\u0660\u0662\u0666-01-05", "as_of is not a date or time of ISO 8601"),
    "Z": ("2026-01-05T09:30Z", "as_of must be civil time of the shop"),
    "an offset": ("2026-01-05 09:30+02:00", "as_of must be civil time of the shop"),
    "an instant": (NINE.replace(tzinfo=UTC), "as_of must be civil time of the shop"),
    "NaT of pandas": (pd.NaT, "as_of is not a time"),
    "NaT of numpy": (np.datetime64("NaT"), "as_of is not a time"),
    "nanoseconds": (np.datetime64(1, "ns"), "as_of is finer than a microsecond or too far"),
    "nanoseconds of pandas": (pd.Timestamp(1), "as_of is finer than a microsecond or too far"),
    "what wraps around": (np.datetime64(213_503_993, "D"), "as_of is finer than a microsecond or"),
    "a number": (5, "as_of must be text, a date or a time"),
}


@pytest.mark.parametrize("name", NO_MOMENTS)
def test_what_is_no_moment(name: str) -> None:
    moment, words = NO_MOMENTS[name]
    with pytest.raises(ea.InvalidArgument) as caught:
        to_microseconds(moment)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("unit", "Y M W D h m s ms us ns ps".split())
def test_microseconds_of_every_unit(unit: str) -> None:
    start = np.datetime64("1970-02-05", unit)
    assert exact_microseconds(start) == us(start.astype("datetime64[us]").item())
    largest = np.datetime64(2**63 - 1, unit)
    assert exact_microseconds(largest) == (2**63 - 1 if unit == "us" else None)


def test_microseconds_of_an_instant_are_those_of_utc() -> None:
    here = NINE.replace(tzinfo=ZoneInfo("Asia/Kathmandu"))
    assert exact_microseconds(here) == us(NINE - timedelta(hours=5, minutes=45))
    assert exact_microseconds(pd.Timestamp(here)) == exact_microseconds(here)


@pytest.mark.parametrize("name", ["UTC", "America/Sao_Paulo", "Asia/Kathmandu", "Europe/London"])
def test_a_zone_from_1900_to_2100(name: str) -> None:
    offsets = zone_offsets(name)
    instants = [instant for instant, _ in offsets]
    assert instants == sorted(set(instants))
    assert instants[0] == us(datetime(1900, 1, 1))
    assert instants[-1] == us(datetime(2100, 1, 1))
    assert offsets[-1][1] == offsets[-2][1]
    zone = ZoneInfo(name)
    for instant, offset in offsets[:-1]:
        there = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)).astimezone(
            zone
        )
        assert there.utcoffset() == timedelta(microseconds=offset)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../UTC", "America"])
def test_no_zone(name: str) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^time_zone is not in the IANA database"):
        zone_offsets(name)


@pytest.mark.parametrize("time", ["1899-12-31T23:59:59Z", "2100-01-01T00:00:00Z"])
def test_an_instant_outside_the_table_of_a_zone(time: str) -> None:
    lines: dict[str, Any] = {"customer": ["ana"], "order": ["A"], "amount": ["1"]}
    with pytest.raises(ea.InvalidData, match=r"^ingest: an instant is outside") as caught:
        ea.Transactions.from_arrays(**lines, timestamp=[time], time_zone="UTC")
    assert (caught.value.row, caught.value.column) == (1, "timestamp")
    edges = ["1900-01-01T00:00:00Z", "2099-12-31T23:59:59Z"]
    for edge in edges:
        ea.Transactions.from_arrays(**lines, timestamp=[edge], time_zone="UTC")
