#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Civil time in the shop's zone: microseconds and days since 1970-01-01, periods of days.
namespace ecommerce_analytics {

inline constexpr std::int64_t kMicrosecondsPerDay = 86'400'000'000;

/// First civil day that the calendar knows and the day after its last: 1400-01-01, 10000-01-01.
inline constexpr std::int32_t kFirstCivilDay = -208'188;
inline constexpr std::int32_t kEndCivilDay = 2'932'897;

/// Spans of days that a figure can be cut by. A week starts on Monday.
enum class Period : std::uint8_t { day, week, month, quarter, year };

/// Reads `day`, `week`, `month`, `quarter` or `year`; throws `invalid_argument` otherwise.
[[nodiscard]] Period parse_period(std::string_view name);
[[nodiscard]] std::string_view period_name(Period period) noexcept;

/// Day of an instant of civil time, rounding toward the past.
[[nodiscard]] constexpr std::int32_t day_of(std::int64_t time_us) noexcept {
  const std::int64_t day = time_us / kMicrosecondsPerDay;
  return static_cast<std::int32_t>(day - (time_us % kMicrosecondsPerDay < 0 ? 1 : 0));
}

/// Days since 1970-01-01 of a date of the Gregorian calendar; nothing if there is no such date
/// or its year is outside 1400 to 9999.
[[nodiscard]] std::optional<std::int32_t> day_from_date(int year, int month, int day);

/// Number of the period that holds `day`; consecutive periods have consecutive numbers.
/// This and the functions below throw `invalid_argument` outside years 1400 to 9999.
[[nodiscard]] std::int32_t period_of(std::int32_t day, Period period);

/// First day of a period.
[[nodiscard]] std::int32_t first_day_of(std::int32_t period_number, Period period);

/// `2017-11`, `2017-Q4`, `2017`, `2017-W46` or `2017-11-14`.
[[nodiscard]] std::string format_period(std::int32_t period_number, Period period);

/// `2017-11-14`.
[[nodiscard]] std::string format_day(std::int32_t day);

/// `2017-11-14 00:00:00`, with six more digits where there are microseconds.
[[nodiscard]] std::string format_time(std::int64_t time_us);

/// A point in time read from text.
struct ParsedTime {
  std::int64_t time_us = 0;  ///< Civil microseconds, or UTC microseconds if `is_instant`.
  bool is_instant = false;   ///< The text named an offset from UTC (`Z`, `+02:00`).
};

/// Reads ISO 8601: `2017-11-14`, `20171114`, `2017-11-14 09:08[:07[.123456]]` with a blank or `T`
/// between, then optionally `Z` or `+hh[:mm]`, blanks around it. Anything else is nothing.
[[nodiscard]] std::optional<ParsedTime> parse_time(std::string_view text);

/// As `parse_time` for civil text; throws `Error` (`invalid_data`) otherwise.
[[nodiscard]] std::int64_t parse_civil_time(std::string_view text);

/// Period numbers of a span of days, looked up by day.
class PeriodIndex {
 public:
  /// Covers `first_day` to `last_day`, both included.
  PeriodIndex(std::int32_t first_day, std::int32_t last_day, Period period);

  [[nodiscard]] std::int32_t operator[](std::int32_t day) const noexcept {
    return numbers_[static_cast<std::size_t>(day - first_day_)];
  }

 private:
  std::int32_t first_day_;
  std::vector<std::int32_t> numbers_;
};

}  // namespace ecommerce_analytics
