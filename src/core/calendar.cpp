#include "ecommerce_analytics/core/calendar.hpp"

#include <array>
#include <boost/date_time/gregorian/gregorian_types.hpp>
#include <cstdio>

#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics {
namespace {

using boost::gregorian::date;
using boost::gregorian::gregorian_calendar;

constexpr std::array<std::string_view, 5> kPeriodNames{"day", "week", "month", "quarter", "year"};
constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;
constexpr std::int32_t kMondayBeforeEpoch = -3;  // 1969-12-29.

const date& epoch() {
  static const date day(1970, 1, 1);
  return day;
}

/// Days that can be asked for: those of the week that holds the first one, and the end, count.
constexpr std::int32_t kFirstNamedDay = kFirstCivilDay - 6;

void require_named(std::int32_t day) {
  require(day >= kFirstNamedDay && day <= kEndCivilDay, ErrorCode::invalid_argument,
          "calendar: a day is outside years 1400 to 9999", std::to_string(day));
}

date date_of(std::int32_t day) { return epoch() + boost::gregorian::days(day); }

std::int32_t floor_divided(std::int32_t value, std::int32_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

/// Reads exactly `width` digits at `position` and moves it on.
std::optional<int> read_digits(std::string_view text, std::size_t& position, std::size_t width) {
  if (position + width > text.size()) {
    return std::nullopt;
  }
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    const char c = text[position + i];
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = value * 10 + (c - '0');
  }
  position += width;
  return value;
}

bool read_char(std::string_view text, std::size_t& position, char wanted) {
  if (position < text.size() && text[position] == wanted) {
    ++position;
    return true;
  }
  return false;
}

template <class... Values>
std::string formatted(const char* format, Values... values) {
  std::array<char, 48> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), format, values...);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

}  // namespace

Period parse_period(std::string_view name) {
  for (std::size_t i = 0; i < kPeriodNames.size(); ++i) {
    if (name == kPeriodNames[i]) {
      return static_cast<Period>(i);
    }
  }
  throw Error(ErrorCode::invalid_argument,
              "calendar: period must be day, week, month, quarter or year",
              {.row = std::nullopt, .column = {}, .value = std::string(name)});
}

std::string_view period_name(Period period) noexcept {
  return kPeriodNames[static_cast<std::size_t>(period)];
}

std::optional<std::int32_t> day_from_date(int year, int month, int day) {
  if (year < 1400 || year > 9999 || month < 1 || month > 12 || day < 1 ||
      day > gregorian_calendar::end_of_month_day(static_cast<unsigned short>(year),
                                                 static_cast<unsigned short>(month))) {
    return std::nullopt;
  }
  const date value(static_cast<unsigned short>(year), static_cast<unsigned short>(month),
                   static_cast<unsigned short>(day));
  return static_cast<std::int32_t>((value - epoch()).days());
}

std::int32_t period_of(std::int32_t day, Period period) {
  require_named(day);
  if (period == Period::day) {
    return day;
  }
  if (period == Period::week) {
    return floor_divided(day - kMondayBeforeEpoch, 7);
  }
  require(day >= kFirstCivilDay && day < kEndCivilDay, ErrorCode::invalid_argument,
          "calendar: a day is outside years 1400 to 9999", std::to_string(day));
  const auto ymd = date_of(day).year_month_day();
  const std::int32_t year = static_cast<std::int32_t>(ymd.year) - 1970;
  const std::int32_t month = static_cast<std::int32_t>(ymd.month.as_number()) - 1;
  if (period == Period::month) {
    return year * 12 + month;
  }
  return period == Period::quarter ? year * 4 + month / 3 : year;
}

std::int32_t first_day_of(std::int32_t period_number, Period period) {
  constexpr std::int32_t kFar = 100'000'000;  // Beyond any period, below any overflow.
  require(period_number > -kFar && period_number < kFar, ErrorCode::invalid_argument,
          "calendar: period is outside years 1400 to 9999", std::to_string(period_number));
  std::int32_t months = 0;
  switch (period) {
    case Period::day:
      return period_number;
    case Period::week:
      return period_number * 7 + kMondayBeforeEpoch;
    case Period::month:
      months = period_number;
      break;
    case Period::quarter:
      months = period_number * 3;
      break;
    case Period::year:
      months = period_number * 12;
      break;
  }
  const std::int32_t year = floor_divided(months, 12);
  if (1970 + year == 10'000) {
    return kEndCivilDay;  // The day after the calendar's last one.
  }
  const std::optional<std::int32_t> day = day_from_date(1970 + year, months - year * 12 + 1, 1);
  require(day.has_value(), ErrorCode::invalid_argument,
          "calendar: period is outside years 1400 to 9999", std::to_string(period_number));
  return *day;
}

std::string format_period(std::int32_t period_number, Period period) {
  const std::int32_t first = first_day_of(period_number, period);
  if (period == Period::day) {
    return format_day(first);
  }
  if (period == Period::week) {
    require_named(first);
    // An ISO week belongs to the year that holds its Thursday.
    const date thursday = date_of(first + 3);
    return formatted("%04d-W%02d", static_cast<int>(thursday.year()),
                     static_cast<int>(thursday.week_number()));
  }
  const auto ymd = date_of(first).year_month_day();
  const int year = static_cast<int>(ymd.year);
  const int month = static_cast<int>(ymd.month.as_number());
  if (period == Period::month) {
    return formatted("%04d-%02d", year, month);
  }
  if (period == Period::quarter) {
    return formatted("%04d-Q%d", year, (month - 1) / 3 + 1);
  }
  return formatted("%04d", year);
}

std::string format_day(std::int32_t day) {
  require_named(day);
  if (day == kEndCivilDay) {
    return "10000-01-01";  // An exclusive end.
  }
  if (day < kFirstCivilDay) {  // The first days of the week that holds 1400-01-01.
    return formatted("1399-12-%02d", static_cast<int>(32 - (kFirstCivilDay - day)));
  }
  const auto ymd = date_of(day).year_month_day();
  return formatted("%04d-%02d-%02d", static_cast<int>(ymd.year),
                   static_cast<int>(ymd.month.as_number()), static_cast<int>(ymd.day));
}

std::string format_time(std::int64_t time_us) {
  require(time_us >= kFirstNamedDay * kMicrosecondsPerDay &&
              time_us <= kEndCivilDay * kMicrosecondsPerDay,
          ErrorCode::invalid_argument, "calendar: a time is outside years 1400 to 9999",
          std::to_string(time_us));
  const std::int32_t day = day_of(time_us);
  const std::int64_t in_day = time_us - day * kMicrosecondsPerDay;
  const std::int64_t seconds = in_day / kMicrosecondsPerSecond;
  const std::int64_t rest = in_day % kMicrosecondsPerSecond;
  std::string text = format_day(day) +
                     formatted(" %02d:%02d:%02d", static_cast<int>(seconds / 3600),
                               static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  if (rest != 0) {
    text += formatted(".%06d", static_cast<int>(rest));
  }
  return text;
}

std::optional<ParsedTime> parse_time(std::string_view text) {
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && text.back() == ' ') {
    text.remove_suffix(1);
  }
  std::size_t position = 0;
  const std::optional<int> year = read_digits(text, position, 4);
  const bool has_dashes = read_char(text, position, '-');
  const std::optional<int> month = read_digits(text, position, 2);
  if (has_dashes && !read_char(text, position, '-')) {
    return std::nullopt;
  }
  const std::optional<int> day_of_month = read_digits(text, position, 2);
  if (!year || !month || !day_of_month) {
    return std::nullopt;
  }
  const std::optional<std::int32_t> day = day_from_date(*year, *month, *day_of_month);
  if (!day) {
    return std::nullopt;
  }
  ParsedTime parsed{.time_us = *day * kMicrosecondsPerDay, .is_instant = false};
  if (position == text.size()) {
    return parsed;
  }

  if (!read_char(text, position, ' ') && !read_char(text, position, 'T')) {
    return std::nullopt;
  }
  const std::optional<int> hour = read_digits(text, position, 2);
  if (!hour || *hour > 23 || !read_char(text, position, ':')) {
    return std::nullopt;
  }
  const std::optional<int> minute = read_digits(text, position, 2);
  if (!minute || *minute > 59) {
    return std::nullopt;
  }
  int second = 0;
  std::int64_t fraction_us = 0;
  if (read_char(text, position, ':')) {
    const std::optional<int> seconds = read_digits(text, position, 2);
    if (!seconds || *seconds > 59) {
      return std::nullopt;
    }
    second = *seconds;
    if (read_char(text, position, '.')) {
      std::int64_t unit_us = kMicrosecondsPerSecond;
      const std::size_t first = position;
      for (; position < text.size() && text[position] >= '0' && text[position] <= '9'; ++position) {
        unit_us /= 10;
        if (unit_us == 0 && text[position] != '0') {
          return std::nullopt;  // Finer than a microsecond.
        }
        fraction_us += (text[position] - '0') * unit_us;
      }
      if (position == first) {
        return std::nullopt;
      }
    }
  }
  parsed.time_us += ((*hour * 60 + *minute) * 60 + second) * kMicrosecondsPerSecond + fraction_us;
  if (position == text.size()) {
    return parsed;
  }

  parsed.is_instant = true;
  if (read_char(text, position, 'Z')) {
    return position == text.size() ? std::optional(parsed) : std::nullopt;
  }
  const bool is_west = read_char(text, position, '-');
  if (!is_west && !read_char(text, position, '+')) {
    return std::nullopt;
  }
  const std::optional<int> offset_hours = read_digits(text, position, 2);
  std::optional<int> offset_minutes = 0;
  if (position < text.size()) {
    read_char(text, position, ':');
    offset_minutes = read_digits(text, position, 2);
  }
  if (!offset_hours || *offset_hours > 23 || !offset_minutes || *offset_minutes > 59 ||
      position != text.size()) {
    return std::nullopt;
  }
  const std::int64_t offset_us =
      (*offset_hours * 60 + *offset_minutes) * 60 * kMicrosecondsPerSecond;
  parsed.time_us += is_west ? offset_us : -offset_us;
  return parsed;
}

std::int64_t parse_civil_time(std::string_view text) {
  const std::optional<ParsedTime> parsed = parse_time(text);
  require(parsed.has_value() && !parsed->is_instant, ErrorCode::invalid_data,
          "calendar: not a civil date or time of ISO 8601", text);
  return parsed->time_us;
}

PeriodIndex::PeriodIndex(std::int32_t first_day, std::int32_t last_day, Period period)
    : first_day_(first_day) {
  numbers_.reserve(static_cast<std::size_t>(last_day - first_day) + 1);
  for (std::int32_t day = first_day; day <= last_day;) {
    const std::int32_t number = period_of(day, period);
    const std::int32_t end = first_day_of(number + 1, period);
    for (; day < end && day <= last_day; ++day) {
      numbers_.push_back(number);
    }
  }
}

}  // namespace ecommerce_analytics
