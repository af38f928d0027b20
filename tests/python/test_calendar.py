from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from order_logs import OrderLog, rows_of
from reference.calendar import PERIODS, first_day_of, next_first_day, period_label
from reference.customer_history import Line

CIVIL_TIMES = st.datetimes(datetime(1400, 1, 1), datetime(9999, 12, 30, 23, 59, 59, 999_999))
# The zone database of this package and of Python agree where rules are recorded.
RECORDED_TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2037, 12, 31))
ZONES = ("UTC", "America/Sao_Paulo", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe")


def line_at(time: object, **options: str) -> ea.Transactions:
    return ea.Transactions.from_arrays(
        customer=["ana"],
        order=["A"],
        timestamp=[time],
        amount=["1"],
        **options,  # type: ignore[arg-type]
    )


def last_moment_before(transactions: ea.Transactions) -> datetime:
    """Return the only line's time, told by recency at a moment: none if it lies later."""
    low, high = datetime(1400, 1, 1), datetime(9999, 12, 31)
    while high - low > timedelta(microseconds=1):
        middle = low + (high - low) // 2
        try:
            ea.rfm.score(transactions, as_of=middle)
        except ea.InvalidArgument:
            low = middle
        else:
            high = middle
    return low


@given(CIVIL_TIMES, st.sampled_from(PERIODS))
def test_every_day_lies_in_its_period(time: datetime, period: str) -> None:
    log = OrderLog((Line("ana", "A", time, Decimal(1)),))
    (row,) = rows_of(ea.kpi.summary(log.transactions(), period=period))  # type: ignore[arg-type]
    day = time.date()
    assert row["period"] == period_label(day, period)
    # The first week of the calendar begins before it.
    if period != "week" or day > date(1400, 1, 7):
        assert row["start"] == first_day_of(day, period)
    assert row["end"] == day + timedelta(days=1)
    if day < date(9999, 1, 1):
        assert row["partial"] == (next_first_day(day, period) != row["end"])


@pytest.mark.parametrize("period", PERIODS)
def test_periods_follow_one_another(period: str) -> None:
    log = OrderLog(
        (
            Line("ana", "A", datetime(2015, 12, 20), Decimal(1)),
            Line("ana", "B", datetime(2021, 1, 10), Decimal(1)),
        )
    )
    rows = rows_of(ea.kpi.summary(log.transactions(), period=period))  # type: ignore[arg-type]
    assert [row["start"] for row in rows[1:]] == [row["end"] for row in rows[:-1]]
    assert [row["period"] for row in rows] == [period_label(row["start"], period) for row in rows]
    assert all(first_day_of(row["start"], period) == row["start"] for row in rows)


@pytest.mark.parametrize(
    ("day", "label"),
    [
        ("2016-01-01", "2015-W53"),
        ("2018-12-31", "2019-W01"),
        ("2020-12-31", "2020-W53"),
        ("2021-01-03", "2020-W53"),
        ("2021-01-04", "2021-W01"),
    ],
)
def test_a_week_belongs_to_the_year_of_its_thursday(day: str, label: str) -> None:
    (row,) = rows_of(ea.kpi.summary(line_at(day), period="week"))
    assert row["period"] == label
    assert row["start"].weekday() == 0


@given(RECORDED_TIMES)
def test_civil_time_is_not_shifted(time: datetime) -> None:
    for written in (time, time.isoformat(), time.isoformat(" ")):
        assert last_moment_before(line_at(written, time_zone="America/Sao_Paulo")) == time


@given(RECORDED_TIMES, st.sampled_from(ZONES))
def test_an_instant_becomes_civil_time_of_the_zone(time: datetime, zone: str) -> None:
    instant = time.replace(tzinfo=UTC)
    expected = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    for written in (
        instant.isoformat().replace("+00:00", "Z"),
        instant.isoformat(),
        instant.astimezone(ZoneInfo("Asia/Kathmandu")).isoformat(),
    ):
        assert last_moment_before(line_at(written, time_zone=zone)) == expected


def test_an_hour_that_comes_twice() -> None:
    # Summer in London ended on 2023-10-29 at 01:00 UTC: 01:30 was there twice.
    for instant in ("2023-10-29T00:30:00Z", "2023-10-29T01:30:00Z"):
        assert last_moment_before(line_at(instant, time_zone="Europe/London")) == datetime(
            2023, 10, 29, 1, 30
        )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "14/11/2017",
        "2017-02-29",
        "2017-11-14 24:00",
        "2017-11-14 9:08",
        "1399-12-31",
        "10000-01-01",
        "yesterday",
        "1510650487",
    ],
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ea.InvalidData, match=r"^ingest: ") as caught:
        line_at(text)
    assert (caught.value.row, caught.value.column) == (1, "timestamp")
    if text:
        assert caught.value.value == text


def test_an_instant_without_a_zone() -> None:
    with pytest.raises(
        ea.InvalidData, match=r"^ingest: an instant needs the shop's time_zone"
    ) as e:
        line_at("2017-11-14T09:08:07Z")
    assert e.value.row == 1
    assert e.value.value == "2017-11-14T09:08:07Z"


def test_a_zone_that_is_not_there() -> None:
    for zone in ("Mars/Olympus", "../etc/passwd", "America"):
        with pytest.raises(ea.InvalidArgument, match=r"^time_zone is not in the IANA") as caught:
            line_at("2017-11-14T09:08:07Z", time_zone=zone)
        assert caught.value.value == zone
