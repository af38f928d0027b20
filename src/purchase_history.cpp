#include "ecommerce_analytics/purchase_history.hpp"

#include <algorithm>
#include <string>

#include "core/int128.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "history_of.hpp"
#include "history_view.hpp"
#include "orders_by_customer.hpp"

namespace ecommerce_analytics::purchase_history {
namespace {

constexpr double kMostDays = 3'650.0;

/// The day that begins at a midnight.
std::int32_t midnight_day(std::int64_t time_us, const char* text) {
  require(time_us > kFirstCivilDay * kMicrosecondsPerDay &&
              time_us <= kEndCivilDay * kMicrosecondsPerDay && time_us % kMicrosecondsPerDay == 0,
          ErrorCode::invalid_argument, text);
  return static_cast<std::int32_t>(time_us / kMicrosecondsPerDay);
}

/// Days with an order of one customer.
struct Days {
  std::int32_t first = 0;
  std::int32_t last = 0;
  std::int64_t num_before = 0;  ///< In the calibration.
  std::int64_t num_after = 0;   ///< In the holdout.
};

Days days_of(std::span<const std::uint32_t> orders, const CustomerHistory& history,
             std::int32_t end_day, std::vector<std::int32_t>& days) {
  days.clear();
  for (const std::uint32_t order : orders) {
    days.push_back(day_of(history.orders()[order].purchase_us));
  }
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  const auto end = std::lower_bound(days.begin(), days.end(), end_day);
  Days found;
  found.num_before = end - days.begin();
  found.num_after = days.end() - end;
  if (found.num_before > 0) {
    found.first = days.front();
    found.last = *(end - 1);
  }
  return found;
}

}  // namespace

Metadata Summary::metadata() const {
  Metadata told{{"calibration_end", format_time(calibration_end_us)},
                {"period_days", to_text(period_days)}};
  if (holdout_end_us) {
    told.emplace_back("holdout_end", format_time(*holdout_end_us));
  }
  return told;
}

Summary summarize(const Transactions& transactions, const Options& options) {
  require(options.period_days > 0.0 && options.period_days <= kMostDays,
          ErrorCode::invalid_argument, "purchase_history: period_days must be in (0, 3650]",
          to_text(options.period_days));
  require(transactions.num_rows() > 0, ErrorCode::invalid_argument,
          "purchase_history: there is no line");
  const std::int32_t data_end_day = day_of(transactions.last_us()) + 1;
  const std::int32_t end_day =
      options.calibration_end_us
          ? midnight_day(*options.calibration_end_us,
                         "purchase_history: calibration_end must be a midnight of years 1400 to "
                         "9999")
          : data_end_day;
  std::int32_t last_end_day = end_day;
  if (options.holdout_end_us) {
    last_end_day =
        midnight_day(*options.holdout_end_us,
                     "purchase_history: holdout_end must be a midnight of years 1400 to 9999");
    require(last_end_day > end_day, ErrorCode::invalid_argument,
            "purchase_history: holdout_end must be after calibration_end",
            format_time(*options.holdout_end_us));
  }
  require(last_end_day <= data_end_day, ErrorCode::invalid_argument,
          "purchase_history: the data end before the time that is asked for, on",
          format_day(data_end_day - 1));

  const CustomerHistory history =
      history_of(transactions, options.num_threads,
                 {.as_of_us = static_cast<std::int64_t>(last_end_day) * kMicrosecondsPerDay});
  const HistoryView view(history, std::nullopt);
  const OrdersByCustomer orders(history, view.as_of_us());
  std::vector<Days> days(orders.num_customer_codes());
  std::vector<std::int32_t> sorted;
  PollCounter polls;
  for (std::size_t code = 0; code < days.size(); ++code) {
    polls.count();
    if (code != Dictionary::kUnknownCode) {
      days[code] = days_of(orders[code], history, end_day, sorted);
    }
  }
  std::vector<Int128> repeat_money(days.size());
  std::vector<Int128> holdout_money(days.size());
  view.for_each_line_sum([&](const HistoryView::Sum& line) {
    if (line.day >= end_day) {
      holdout_money[line.customer] += line.sum;
    } else if (days[line.customer].num_before > 0 && line.day > days[line.customer].first) {
      repeat_money[line.customer] += line.sum;
    }
  });

  Summary result;
  result.calibration_end_us = static_cast<std::int64_t>(end_day) * kMicrosecondsPerDay;
  result.holdout_end_us = options.holdout_end_us;
  result.period_days = options.period_days;
  const auto in_periods = [&](std::int32_t num_days) { return num_days / options.period_days; };
  for (const std::uint32_t code : history.customer_keys().codes_by_key()) {
    polls.count();
    const Days& one = days[code];
    if (code == Dictionary::kUnknownCode || one.num_before == 0) {
      continue;  // Guests are no customers; some come in the holdout only.
    }
    const std::int64_t frequency = one.num_before - 1;
    result.customer.push_back(history.customer_keys().key(code));
    result.frequency.push_back(frequency);
    result.recency.push_back(in_periods(one.last - one.first));
    result.T.push_back(in_periods(end_day - 1 - one.first));
    if (frequency > 0) {
      result.monetary_value.push_back(mean_money(from_int128(repeat_money[code]), frequency));
    } else {
      result.monetary_value.push_null();
    }
    if (options.holdout_end_us) {
      result.holdout_frequency.push_back(one.num_after);
      result.holdout_money.push_back(from_int128(holdout_money[code]));
    } else {
      result.holdout_frequency.push_null();
      result.holdout_money.push_null();
    }
  }
  require(result.num_rows() > 0, ErrorCode::invalid_argument,
          "purchase_history: no purchase of a known customer lies before calibration_end",
          format_time(result.calibration_end_us));
  return result;
}

}  // namespace ecommerce_analytics::purchase_history
