import zoneinfo
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import tzdata
from hypothesis import example, given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from ecommerce_analytics.civil_time import (
    civil_times_of,
    exact_microseconds,
    instants_of,
    time_zone_data,
    to_microseconds,
    zone_offsets,
)
from reference import civil_time as reference

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


def read_time(*times: Any, **options: Any) -> ea.Transactions:
    """Read one line of one customer at each time."""
    keys = list(range(len(times)))
    return ea.Transactions.from_arrays(
        customer=keys, order=keys, timestamp=list(times), amount=[1.0] * len(times), **options
    )


def assert_is_at(transactions: ea.Transactions, expected: datetime) -> None:
    """Check the civil time of the only line: it is known one microsecond later, not before."""
    assert len(ea.rfm.score(transactions, as_of=expected + timedelta(microseconds=1))) == 1
    with pytest.raises(ea.InvalidArgument):
        ea.rfm.score(transactions, as_of=expected)


ZONES = ["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]


def changes_of(zone: str) -> list[datetime]:
    """List local times near which the clock of a zone jumped."""
    start = datetime(1970, 1, 1)
    return [
        start + timedelta(microseconds=instant + offset) for instant, offset in zone_offsets(zone)
    ]


@st.composite
def local_times(draw: st.DrawFn) -> tuple[str, datetime]:
    zone = draw(st.sampled_from(ZONES))
    near = draw(st.sampled_from(changes_of(zone)[1:-1] or [datetime(2026, 7, 1)]))
    return zone, near + timedelta(minutes=draw(st.integers(-150, 150)))


@given(
    local_times(),
    st.sampled_from(ZONES),
    st.sampled_from(["error", "earlier", "later"]),
    st.sampled_from(["error", "shift_forward"]),
)
@example(("Europe/Berlin", datetime(2026, 10, 25, 2, 30)), "UTC", "later", "error")
@example(("Europe/Berlin", datetime(2026, 3, 29, 2, 30)), "UTC", "error", "shift_forward")
@example(("Pacific/Apia", datetime(2011, 12, 30, 12)), "UTC", "error", "shift_forward")
def test_the_clock_of_another_zone(
    local: tuple[str, datetime], shop: str, ambiguous: str, nonexistent: str
) -> None:
    source, time = local
    instant = reference.instant_of(time, ZoneInfo(source), ambiguous, nonexistent)
    options: dict[str, Any] = {
        "time_zone": shop,
        "source_time_zone": source,
        "ambiguous": ambiguous,
        "nonexistent": nonexistent,
    }
    twice = reference.is_shown_twice(time, ZoneInfo(source))
    if instant is None:
        text = "shows a time twice; see ambiguous" if twice else "leaves a time out; see nonexist"
        with pytest.raises(ea.InvalidData, match=text) as caught:
            read_time(datetime(2026, 1, 1), time, **options)
        assert (caught.value.row, caught.value.column) == (2, "timestamp")
        assert str(caught.value.value) == str(time)
        return
    transactions = read_time(time, **options)
    assert_is_at(transactions, instant.astimezone(ZoneInfo(shop)).replace(tzinfo=None))
    missing = not reference.exists(time, ZoneInfo(source))
    assert [(one.name, one.num_lines, one.money) for one in transactions.report.clock_changes] == [
        ("double hour", int(twice), Decimal(int(twice))),
        ("missing hour", int(missing), Decimal(int(missing))),
    ]


def test_text_with_an_offset_is_an_instant_whatever_the_source_zone() -> None:
    options = {"time_zone": "Europe/Berlin", "source_time_zone": "America/Sao_Paulo"}
    assert_is_at(read_time("2026-01-05T12:00Z", **options), datetime(2026, 1, 5, 13))
    assert_is_at(read_time("2026-01-05T12:00", **options), datetime(2026, 1, 5, 16))
    assert_is_at(read_time("2026-01-05T12:00", time_zone="Europe/Berlin"), datetime(2026, 1, 5, 12))
    assert read_time("2026-01-05", time_zone="UTC").report.clock_changes == ()


def test_options_of_the_clock() -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^ingest: source_time_zone needs time_zone"):
        read_time("2026-01-05", source_time_zone="UTC")
    with pytest.raises(ea.InvalidArgument, match=r"^time_zone is not in the IANA database"):
        read_time("2026-01-05", time_zone="UTC", source_time_zone="Mars/Olympus")
    with pytest.raises(
        ea.InvalidArgument, match=r"^ambiguous must be one of error, earlier, later"
    ):
        read_time("2026-01-05", ambiguous="raise")
    with pytest.raises(ea.InvalidArgument, match=r"^nonexistent must be one of error, shift_forwa"):
        read_time("2026-01-05", nonexistent="NaT")
    with pytest.raises(ea.InvalidArgument, match="are told of the clock of source_time_zone"):
        read_time("2026-01-05", ambiguous="later")
    for time in ("1899-12-31 23:59", "2100-01-01"):
        with pytest.raises(ea.InvalidData, match=r"^ingest: a time is outside the table of source"):
            read_time(time, time_zone="UTC", source_time_zone="UTC")


@pytest.mark.parametrize(
    "times",
    [
        ("2026-01-05T12:00Z", "2026-01-05T12:00"),
        ("2026-01-05", "2026-01-05T12:00+02:00"),
    ],
)
def test_mixed_zones(times: tuple[str, str]) -> None:
    with pytest.raises(ea.InvalidData, match=r"^ingest: mixed zones") as caught:
        read_time(times[0], *times, time_zone="UTC")
    assert (caught.value.row, caught.value.column) == (3, "timestamp")
    assert caught.value.value == times[1]
    read_time("2026-01-05T12:00+01:00", "2026-07-05T12:00+02:00", time_zone="UTC")


class TestTimeZoneData:
    def test_of_the_system(self, tmp_path: Path, with_system: Callable[[Path], None]) -> None:
        (tmp_path / "UTC").write_bytes(b"TZif")
        with_system(tmp_path)
        assert time_zone_data() == {"source": "system", "version": "unknown"}
        (tmp_path / "+VERSION").write_text("2024c\n")
        assert time_zone_data() == {"source": "system", "version": "2024c"}
        (tmp_path / "tzdata.zi").write_text("# version 2025b\n# more\n")
        assert time_zone_data() == {"source": "system", "version": "2025b"}

    def test_of_pypi(self, tmp_path: Path, with_system: Callable[[Path], None]) -> None:
        with_system(tmp_path)
        assert time_zone_data("Europe/Berlin") == {
            "source": "tzdata",
            "version": tzdata.IANA_VERSION,
        }
        assert time_zone_data("Mars/Olympus") is None
        assert time_zone_data("../UTC") is None

    @pytest.fixture
    def with_system(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
        return lambda folder: monkeypatch.setattr(zoneinfo, "TZPATH", (str(folder),))

    def test_here(self) -> None:
        data = time_zone_data()
        assert data is not None
        assert set(data) == {"source", "version"}


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
@given(st.datetimes(datetime(1900, 1, 3), datetime(2099, 12, 28)))
@example(datetime(2026, 3, 29, 2, 30))  # Berlin's clock leaves it out.
@example(datetime(2026, 10, 25, 2, 30))  # It shows it twice.
@example(datetime(2026, 3, 8, 2, 0))
@example(datetime(2026, 11, 1, 1, 59, 59))
def test_instants_of_a_clock_are_those_of_the_standard_library(zone: str, shown: datetime) -> None:
    wanted = us(shown.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None))
    [instant], [is_known] = instants_of(np.array([us(shown)]), zone)
    assert (instant, is_known) == (wanted, True)
    civil = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=wanted)
    [time], [is_known] = civil_times_of(np.array([wanted]), zone)
    assert (time, is_known) == (us(civil.astimezone(ZoneInfo(zone)).replace(tzinfo=None)), True)


def test_times_that_no_table_of_a_zone_has() -> None:
    times = np.array([us(datetime(year, 6, 1)) for year in (1899, 2000, 2100)])
    for change in (instants_of, civil_times_of):
        assert change(times, "Europe/Berlin")[1].tolist() == [False, True, False]
