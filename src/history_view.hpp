#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// A history at a moment, under its selection: what every analysis reads.
namespace ecommerce_analytics {

class HistoryView {
 public:
  /// O(orders), and O(1) for a history without a selection.
  /// @throws Error  as `CustomerHistory::resolve_as_of`.
  HistoryView(const CustomerHistory& history, std::optional<std::int64_t> as_of_us);

  [[nodiscard]] const CustomerHistory& history() const noexcept { return *history_; }
  [[nodiscard]] std::int64_t as_of_us() const noexcept { return as_of_us_; }

  /// The days that are reported on: from that of the first line, or the start of the window, to
  /// the day after the last moment before `as_of`, or the end of the window. May be empty.
  [[nodiscard]] std::int32_t start_day() const noexcept { return start_day_; }
  [[nodiscard]] std::int32_t end_day() const noexcept { return end_day_; }
  /// Day of the last line before `as_of`.
  [[nodiscard]] std::int32_t last_data_day() const noexcept { return last_data_day_; }

  /// The same orders and customers, reported on other days: [start_day, end_day).
  [[nodiscard]] HistoryView over(std::int32_t start_day, std::int32_t end_day) const {
    HistoryView view = *this;
    view.start_day_ = start_day;
    view.end_day_ = end_day;
    return view;
  }

  [[nodiscard]] bool is_reported(std::int32_t day) const noexcept {
    return day >= start_day_ && day < end_day_;
  }

  /// True for an order with a purchase line before `as_of`, selected or not.
  [[nodiscard]] bool is_placed(std::uint32_t order) const noexcept {
    return history_->orders()[order].purchase_us < as_of_us_;
  }
  /// True unless the selection leaves the order out, at whatever day.
  [[nodiscard]] bool is_selected(std::uint32_t order) const noexcept {
    return is_selected_.empty() || is_selected_[order] != 0;
  }
  /// True for an order that is summed up: placed, selected, on a day that is reported on.
  [[nodiscard]] bool is_counted(std::uint32_t order) const noexcept {
    return is_placed(order) && is_selected(order) &&
           is_reported(day_of(history_->orders()[order].purchase_us));
  }
  /// True unless the customer is outside the population.
  [[nodiscard]] bool is_in_population(std::uint32_t customer) const noexcept {
    return is_in_population_.empty() || is_in_population_[customer] != 0;
  }

  /// Calls `visit(order_day)` for what is summed up of a list of order-days.
  template <class Visit>
  void for_each(std::span<const OrderDay> order_days, const Visit& visit) const {
    for (const OrderDay& day : order_days) {
      if (day.order != 0 && is_reported(day.day) && is_selected(day.order)) {
        visit(day);
      }
    }
  }
  /// The same for the lines of all kinds, whose sums add up to net money.
  template <class Visit>
  void for_each_line_sum(const Visit& visit) const {
    for (std::size_t kind = 0; kind < kNumLineKinds; ++kind) {
      for_each(history_->order_days(static_cast<LineKind>(kind)), visit);
    }
  }

 private:
  const CustomerHistory* history_;
  std::int64_t as_of_us_;
  std::int32_t start_day_;
  std::int32_t end_day_;
  std::int32_t last_data_day_;
  std::vector<std::uint8_t> is_selected_{};       // By order code; empty: all are.
  std::vector<std::uint8_t> is_in_population_{};  // By customer code; empty: all are.
};

}  // namespace ecommerce_analytics
