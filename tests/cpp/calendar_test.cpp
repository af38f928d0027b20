#include "ecommerce_analytics/core/calendar.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics {
namespace {

constexpr Period kPeriods[] = {Period::day, Period::week, Period::month, Period::quarter,
                               Period::year};
constexpr std::int64_t kSecond = 1'000'000;

std::int32_t day(int year, int month, int day_of_month) {
  return day_from_date(year, month, day_of_month).value();
}

TEST(DayFromDate, CountsFrom1970) {
  EXPECT_EQ(day_from_date(1970, 1, 1), 0);
  EXPECT_EQ(day_from_date(1969, 12, 31), -1);
  EXPECT_EQ(day_from_date(2000, 2, 29), 11'016);
  EXPECT_EQ(day_from_date(2017, 11, 14), 17'484);
  EXPECT_EQ(day_from_date(1400, 1, 1), kFirstCivilDay);
  EXPECT_EQ(day_from_date(9999, 12, 31), kEndCivilDay - 1);
}

TEST(DayFromDate, KnowsWhichDatesThereAre) {
  EXPECT_TRUE(day_from_date(2024, 2, 29));
  EXPECT_TRUE(day_from_date(1600, 2, 29));
  EXPECT_FALSE(day_from_date(2023, 2, 29));
  EXPECT_FALSE(day_from_date(1900, 2, 29));
  EXPECT_FALSE(day_from_date(2024, 4, 31));
  EXPECT_FALSE(day_from_date(2024, 0, 1));
  EXPECT_FALSE(day_from_date(2024, 13, 1));
  EXPECT_FALSE(day_from_date(2024, 1, 0));
  EXPECT_FALSE(day_from_date(2024, 1, 32));
  EXPECT_FALSE(day_from_date(2024, -1, -1));
  EXPECT_FALSE(day_from_date(1399, 12, 31));
  EXPECT_FALSE(day_from_date(10000, 1, 1));
}

TEST(DayOf, RoundsTowardThePast) {
  EXPECT_EQ(day_of(0), 0);
  EXPECT_EQ(day_of(kMicrosecondsPerDay - 1), 0);
  EXPECT_EQ(day_of(kMicrosecondsPerDay), 1);
  EXPECT_EQ(day_of(-1), -1);
  EXPECT_EQ(day_of(-kMicrosecondsPerDay), -1);
  EXPECT_EQ(day_of(-kMicrosecondsPerDay - 1), -2);
}

TEST(Period, HasAName) {
  for (const Period period : kPeriods) {
    EXPECT_EQ(parse_period(period_name(period)), period);
  }
  EXPECT_EQ(period_name(Period::quarter), "quarter");
  for (const std::string_view name : {"", "Month", "months", "hour", " month"}) {
    try {
      static_cast<void>(parse_period(name));
      FAIL() << "nothing was thrown for " << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_EQ(error.place().value, name);
    }
  }
}

TEST(PeriodOf, EveryPeriodHoldsItsDaysAndNoOthers) {
  for (const Period period : kPeriods) {
    for (std::int32_t first = day(2015, 12, 25); first < day(2021, 1, 10); ++first) {
      const std::int32_t number = period_of(first, period);
      EXPECT_LE(first_day_of(number, period), first);
      EXPECT_GT(first_day_of(number + 1, period), first);
      EXPECT_EQ(period_of(first_day_of(number, period), period), number);
      EXPECT_EQ(period_of(first_day_of(number + 1, period) - 1, period), number);
    }
  }
}

TEST(PeriodOf, CoversTheWholeCalendar) {
  for (const Period period : kPeriods) {
    std::int32_t before = period_of(kFirstCivilDay, period);
    for (std::int32_t day = kFirstCivilDay; day < kEndCivilDay; day += 97) {
      const std::int32_t number = period_of(day, period);
      EXPECT_GE(number, before);
      EXPECT_LE(first_day_of(number, period), day) << period_name(period);
      EXPECT_GT(first_day_of(number + 1, period), day) << period_name(period);
      before = number;
    }
    const std::int32_t last = period_of(kEndCivilDay - 1, period);
    EXPECT_LT(first_day_of(last, period), kEndCivilDay);
    // An analysis asks when the last period ends, which may be after the calendar does.
    EXPECT_GE(first_day_of(last + 1, period), kEndCivilDay) << period_name(period);
  }
  for (const Period period : {Period::month, Period::quarter, Period::year}) {
    EXPECT_EQ(first_day_of(period_of(kEndCivilDay - 1, period) + 1, period), kEndCivilDay);
  }
  // 1400-01-01 is a Wednesday: its week begins before the calendar does.
  EXPECT_EQ(first_day_of(period_of(kFirstCivilDay, Period::week), Period::week),
            kFirstCivilDay - 2);
}

TEST(PeriodOf, AWeekStartsOnMonday) {
  EXPECT_EQ(first_day_of(period_of(day(2017, 11, 19), Period::week), Period::week),
            day(2017, 11, 13));
  EXPECT_EQ(first_day_of(period_of(day(2017, 11, 13), Period::week), Period::week),
            day(2017, 11, 13));
  EXPECT_EQ(first_day_of(period_of(day(1969, 12, 28), Period::week), Period::week),
            day(1969, 12, 22));
}

std::string label(int year, int month, int day_of_month, Period period) {
  return format_period(period_of(day(year, month, day_of_month), period), period);
}

TEST(FormatPeriod, ReadsAsPeopleWriteIt) {
  EXPECT_EQ(label(2017, 11, 14, Period::day), "2017-11-14");
  EXPECT_EQ(label(2017, 11, 14, Period::week), "2017-W46");
  EXPECT_EQ(label(2017, 11, 14, Period::month), "2017-11");
  EXPECT_EQ(label(2017, 11, 14, Period::quarter), "2017-Q4");
  EXPECT_EQ(label(2017, 11, 14, Period::year), "2017");
  EXPECT_EQ(label(1969, 1, 1, Period::month), "1969-01");
  EXPECT_EQ(label(1969, 3, 31, Period::quarter), "1969-Q1");
  EXPECT_EQ(label(1400, 1, 1, Period::month), "1400-01");
  EXPECT_EQ(label(9999, 12, 31, Period::year), "9999");
}

TEST(FormatPeriod, AWeekBelongsToTheYearOfItsThursday) {
  EXPECT_EQ(label(2016, 1, 1, Period::week), "2015-W53");
  EXPECT_EQ(label(2016, 1, 4, Period::week), "2016-W01");
  EXPECT_EQ(label(2018, 12, 31, Period::week), "2019-W01");
  EXPECT_EQ(label(2020, 12, 31, Period::week), "2020-W53");
  EXPECT_EQ(label(2021, 1, 3, Period::week), "2020-W53");
  EXPECT_EQ(label(2021, 1, 4, Period::week), "2021-W01");
}

TEST(FormatDay, HasTenCharacters) {
  EXPECT_EQ(format_day(0), "1970-01-01");
  EXPECT_EQ(format_day(-1), "1969-12-31");
  EXPECT_EQ(format_day(kFirstCivilDay), "1400-01-01");
  EXPECT_EQ(format_day(kEndCivilDay - 1), "9999-12-31");
}

TEST(FormatTime, ShowsMicrosecondsWhereThereAre) {
  const std::int64_t midnight = day(2017, 11, 14) * kMicrosecondsPerDay;
  EXPECT_EQ(format_time(midnight), "2017-11-14 00:00:00");
  EXPECT_EQ(format_time(midnight + 32'887 * kSecond), "2017-11-14 09:08:07");
  EXPECT_EQ(format_time(midnight + 32'887 * kSecond + 1), "2017-11-14 09:08:07.000001");
  EXPECT_EQ(format_time(-1), "1969-12-31 23:59:59.999999");
}

TEST(ParseTime, ReadsIso8601) {
  const std::int64_t midnight = day(2017, 11, 14) * kMicrosecondsPerDay;
  const std::int64_t nine = midnight + (9 * 3'600 + 8 * 60) * kSecond;
  struct Read {
    std::string_view text;
    std::int64_t time_us;
    bool is_instant = false;
  };
  for (const Read& read : {
           Read{"2017-11-14", midnight},
           Read{"  2017-11-14 ", midnight},
           Read{"20171114", midnight},
           Read{"2017-11-14 09:08", nine},
           Read{"2017-11-14T09:08", nine},
           Read{"2017-11-14 09:08:07", nine + 7 * kSecond},
           Read{"2017-11-14T09:08:07.123456", nine + 7 * kSecond + 123'456},
           Read{"2017-11-14 09:08:07.5", nine + 7 * kSecond + 500'000},
           Read{"2017-11-14 00:00:00.000001", midnight + 1},
           Read{"2017-11-14T09:08:07Z", nine + 7 * kSecond, true},
           Read{"2017-11-14 09:08+00:00", nine, true},
           Read{"2017-11-14T09:08:00+02:00", nine - 7'200 * kSecond, true},
           Read{"2017-11-14T09:08:00-03:30", nine + 12'600 * kSecond, true},
           Read{"2017-11-14T09:08:00.000001-03", nine + 10'800 * kSecond + 1, true},
           Read{"1969-12-31 23:59:59.999999", -1},
           Read{"2024-02-29", day(2024, 2, 29) * kMicrosecondsPerDay},
           Read{"1400-01-01", kFirstCivilDay * kMicrosecondsPerDay},
       }) {
    const std::optional<ParsedTime> parsed = parse_time(read.text);
    ASSERT_TRUE(parsed) << read.text;
    EXPECT_EQ(parsed->time_us, read.time_us) << read.text;
    EXPECT_EQ(parsed->is_instant, read.is_instant) << read.text;
  }
}

TEST(ParseTime, RefusesAnythingElse) {
  for (const std::string_view text : {"",
                                      " ",
                                      "2017",
                                      "2017-11",
                                      "2017-1-4",
                                      "17-11-14",
                                      "2017-13-01",
                                      "2017-00-01",
                                      "2017-02-29",
                                      "2017-11-31",
                                      "20170229",
                                      "2017/11/14",
                                      "14/11/2017",
                                      "11-14-2017",
                                      "2017-1114",
                                      "2017-11-14T",
                                      "2017-11-14 9:08",
                                      "2017-11-14 09",
                                      "2017-11-14 09:8",
                                      "2017-11-14 24:00",
                                      "2017-11-14 09:60",
                                      "2017-11-14 09:08:60",
                                      "2017-11-14 09:08:07.",
                                      "2017-11-14 09:08:07,5",
                                      "2017-11-14 09:08 AM",
                                      "2017-11-14  09:08",
                                      "2017-11-14x09:08",
                                      "2017-11-14 09:08:07+",
                                      "2017-11-14 09:08:07+2",
                                      "2017-11-14 09:08:07+25:00",
                                      "2017-11-14 09:08:07+02:60",
                                      "2017-11-14 09:08:07ZZ",
                                      "2017-11-14 09:08:07 Europe/Paris",
                                      "-2017-11-14",
                                      "+2017-11-14",
                                      "1399-12-31",
                                      "10000-01-01",
                                      "NaT",
                                      "None",
                                      "yesterday",
                                      "1510650487"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
  EXPECT_FALSE(parse_time(std::string_view("2017-11-14\0", 11)));
}

TEST(ParseTime, ReadsWhatFormatTimeWrites) {
  for (std::int64_t time_us = -3'000'000'000'000'007; time_us < 6'000'000'000'000'000;
       time_us += 86'399'999'999'973 * 3) {
    EXPECT_EQ(parse_civil_time(format_time(time_us)), time_us);
  }
}

TEST(ParseCivilTime, NamesTheText) {
  EXPECT_EQ(parse_civil_time("1970-01-02"), kMicrosecondsPerDay);
  for (const std::string_view text : {"14/11/2017", "2017-11-14T09:08:07Z"}) {
    try {
      static_cast<void>(parse_civil_time(text));
      FAIL() << "nothing was thrown for " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_data);
      EXPECT_EQ(error.place().value, text);
    }
  }
}

TEST(PeriodIndex, AgreesWithPeriodOf) {
  for (const Period period : kPeriods) {
    const std::int32_t first = day(2015, 12, 30);
    const std::int32_t last = day(2017, 1, 2);
    const PeriodIndex index(first, last, period);
    for (std::int32_t here = first; here <= last; ++here) {
      EXPECT_EQ(index[here], period_of(here, period));
    }
  }
}

}  // namespace
}  // namespace ecommerce_analytics
