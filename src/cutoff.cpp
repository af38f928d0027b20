#include "ecommerce_analytics/cutoff.hpp"

#include <algorithm>
#include <string>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "history_of.hpp"
#include "history_view.hpp"
#include "orders_by_customer.hpp"

namespace ecommerce_analytics::cutoff {
namespace {

constexpr int kMaxActiveDays = 36'500;
constexpr int kMaxWindowDays = 3'650;

std::int64_t days_us(int days) { return days * kMicrosecondsPerDay; }

void validate_features(const FeatureOptions& options) {
  require(options.active_within_days >= 1 && options.active_within_days <= kMaxActiveDays,
          ErrorCode::invalid_argument, "cutoff: active_within must be in [1, 36500]",
          std::to_string(options.active_within_days));
}

const Options& validated(const Options& options) {
  validate(options);
  return options;
}

/// The cutoff, from which days can be counted in either direction.
std::int64_t validated_cutoff(std::int64_t cutoff_us) {
  require(cutoff_us > kFirstCivilDay * kMicrosecondsPerDay &&
              cutoff_us <= kEndCivilDay * kMicrosecondsPerDay,
          ErrorCode::invalid_argument, "cutoff: the cutoff is outside years 1400 to 9999");
  return cutoff_us;
}

/// Orders of one customer, summed up.
struct OrderSums {
  std::int64_t first_us = OrderState::kNever;
  std::int64_t last_us = 0;
  std::int64_t recent = 0;
  std::int64_t order_days = 0;
};

OrderSums sums_of(std::span<const std::uint32_t> orders, const CustomerHistory& history,
                  std::int64_t recent_us, std::vector<std::int32_t>& days) {
  OrderSums sums;
  sums.last_us = std::numeric_limits<std::int64_t>::min();
  days.clear();
  for (const std::uint32_t order : orders) {
    const std::int64_t time_us = history.orders()[order].purchase_us;
    sums.first_us = std::min(sums.first_us, time_us);
    sums.last_us = std::max(sums.last_us, time_us);
    sums.recent += time_us >= recent_us ? 1 : 0;
    days.push_back(day_of(time_us));
  }
  std::sort(days.begin(), days.end());
  sums.order_days = std::unique(days.begin(), days.end()) - days.begin();
  return sums;
}

/// By customer: 1 unless he has an order in [start_us, end_us).
std::vector<std::uint8_t> labels_of(const KeyColumn& customers, const CustomerHistory& history,
                                    std::int64_t start_us, std::int64_t end_us) {
  std::vector<std::uint8_t> is_back(history.customer_keys().num_codes());
  for (const OrderState& order : history.orders()) {
    if (order.purchase_us >= start_us && order.purchase_us < end_us) {
      is_back[order.customer] = 1;
    }
  }
  std::vector<std::uint8_t> labels;
  labels.reserve(customers.size());
  for (std::size_t row = 0; row < customers.size(); ++row) {
    const auto code = history.customer_keys().find(customers[row]);
    labels.push_back(code.has_value() && is_back[*code] != 0 ? 0 : 1);
  }
  return labels;
}

/// By customer: net money of all lines of the history, which ends where it was cut.
std::vector<Int128> money_of(const KeyColumn& customers, const CustomerHistory& history) {
  std::vector<Int128> by_code(history.customer_keys().num_codes());
  HistoryView(history, std::nullopt).for_each_line_sum([&](const HistoryView::Sum& line) {
    by_code[line.customer] += line.sum;
  });
  std::vector<Int128> money;
  money.reserve(customers.size());
  for (std::size_t row = 0; row < customers.size(); ++row) {
    const auto code = history.customer_keys().find(customers[row]);
    money.push_back(code.has_value() ? by_code[*code] : 0);
  }
  return money;
}

}  // namespace

void validate(const Options& options) {
  require(options.horizon_days >= 1 && options.horizon_days <= kMaxWindowDays,
          ErrorCode::invalid_argument, "cutoff: horizon must be in [1, 3650]",
          std::to_string(options.horizon_days));
  require(options.gap_days >= 0 && options.gap_days <= kMaxWindowDays, ErrorCode::invalid_argument,
          "cutoff: gap must be in [0, 3650]", std::to_string(options.gap_days));
  validate_features({.active_within_days = options.active_within_days});
}

Metadata Features::metadata() const {
  return {{"cutoff", format_time(cutoff_us)},
          {"active_within_days", std::to_string(options.active_within_days)}};
}

Features features(const CustomerHistory& past, const FeatureOptions& options) {
  validate_features(options);
  require(past.options().as_of_us.has_value(), ErrorCode::invalid_argument,
          "cutoff: the history must be cut at the cutoff when it is made");
  require(past.options().selection.is_everything(), ErrorCode::invalid_argument,
          "cutoff: features are of a history without a selection");
  const HistoryView view(past, std::nullopt);
  const std::int64_t cutoff_us = view.as_of_us();
  Features result;
  result.cutoff_us = cutoff_us;
  result.options = options;

  const OrdersByCustomer orders(past, cutoff_us);
  std::vector<Int128> monetary(orders.num_customer_codes());
  view.for_each_line_sum(
      [&](const HistoryView::Sum& line) { monetary[line.customer] += line.sum; });

  const std::int64_t active_us = cutoff_us - days_us(options.active_within_days);
  const std::int64_t recent_us = cutoff_us - days_us(kRecentDays);
  std::vector<std::int32_t> days;
  PollCounter polls;
  for (const std::uint32_t code : past.customer_keys().codes_by_key()) {
    polls.count();
    if (code == Dictionary::kUnknownCode || orders[code].empty()) {
      continue;  // Guests are no customers, and some have only refunds or gifts.
    }
    const OrderSums sums = sums_of(orders[code], past, recent_us, days);
    if (sums.last_us < active_us) {
      continue;
    }
    const auto frequency = static_cast<std::int64_t>(orders[code].size());
    const Money128 money = from_int128(monetary[code]);
    result.customer.push_back(past.customer_keys().key(code));
    result.recency_days.push_back(
        static_cast<std::int32_t>((cutoff_us - sums.last_us) / kMicrosecondsPerDay));
    result.frequency.push_back(frequency);
    result.monetary.push_back(money);
    result.tenure_days.push_back(
        static_cast<std::int32_t>((cutoff_us - sums.first_us) / kMicrosecondsPerDay));
    if (frequency > 1) {
      result.mean_days_between_orders.push_back(nearest_quotient(
          sums.last_us - sums.first_us, static_cast<Int128>(frequency - 1) * kMicrosecondsPerDay));
    } else {
      result.mean_days_between_orders.push_null();
    }
    result.is_one_order.push_back({frequency == 1});
    result.average_order_value.push_back(mean_money(money, frequency));
    result.orders_90d.push_back(sums.recent);
    result.order_days.push_back(sums.order_days);
  }
  return result;
}

Features features(const Transactions& transactions, std::int64_t cutoff_us,
                  const FeatureOptions& options) {
  validate_features(options);
  const CustomerHistory past =
      history_of(transactions, options.num_threads, {.as_of_us = validated_cutoff(cutoff_us)});
  const std::span<const OrderState> orders = past.orders();
  require(std::any_of(orders.begin(), orders.end(),
                      [&](const OrderState& order) { return order.purchase_us < cutoff_us; }),
          ErrorCode::invalid_argument, "cutoff: no purchase lies before the cutoff",
          format_time(cutoff_us));
  return features(past, options);
}

std::int64_t end_of_data_us(const Transactions& transactions) {
  require(transactions.num_rows() > 0, ErrorCode::invalid_argument, "cutoff: there is no line");
  return (static_cast<std::int64_t>(day_of(transactions.last_us())) + 1) * kMicrosecondsPerDay;
}

Dataset::Dataset(const Transactions& transactions, std::int64_t cutoff_us, const Options& options)
    : options_(validated(options)),
      window_start_us_(validated_cutoff(cutoff_us) + days_us(options.gap_days)),
      window_end_us_(window_start_us_ + days_us(options.horizon_days)) {
  require(end_of_data_us(transactions) >= window_end_us_, ErrorCode::invalid_argument,
          "cutoff: the data end inside the label window, which ends", format_time(window_end_us_));
  features_ = cutoff::features(
      transactions, cutoff_us,
      {.active_within_days = options.active_within_days, .num_threads = options.num_threads});
  const auto until = [&](std::int64_t end_us) {
    return history_of(transactions, options.num_threads, {.as_of_us = end_us});
  };
  const CustomerHistory history = until(window_end_us_);
  labels_ = labels_of(features_.customer, history, window_start_us_, window_end_us_);
  const std::vector<Int128> at_end = money_of(features_.customer, history);
  // Without a gap the window begins where the features end.
  const std::vector<Int128> at_start = options.gap_days == 0
                                           ? std::vector<Int128>{}
                                           : money_of(features_.customer, until(window_start_us_));
  window_revenue_.reserve(labels_.size());
  for (std::size_t row = 0; row < labels_.size(); ++row) {
    const Int128 before = at_start.empty() ? to_int128(features_.monetary[row]) : at_start[row];
    window_revenue_.push_back(from_int128(at_end[row] - before));
  }
  num_positives_ = std::count(labels_.begin(), labels_.end(), 1);
}

}  // namespace ecommerce_analytics::cutoff
