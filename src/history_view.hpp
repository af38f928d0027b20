#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/customer_history.hpp"
#include "history_index.hpp"

/// A history at a moment, under its selection: what every analysis reads.
namespace ecommerce_analytics {

class HistoryView {
 public:
  /// Lines of one kind, or one measure, of one order on one day; several may name the same ones.
  struct Sum {
    std::uint32_t order = 0;
    std::uint32_t customer = 0;
    std::int32_t day = 0;
    Int128 sum = 0;
    std::int64_t num_lines = 0;
  };

  /// O(orders) the first time, O(1) for a history without a selection.
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

  /// The orders by day: those of the state's index, or sorted for this view.
  [[nodiscard]] std::shared_ptr<const OrdersByDay> orders_by_day() const;

  /// Calls `visit(placed)` for the orders that are summed up, by increasing day, with those that
  /// `orders_by_day` returned.
  template <class Visit>
  void for_each_order(const OrdersByDay& orders, const Visit& visit) const {
    // No day is reported on that does not lie before `as_of`: all of its orders are placed.
    for (const OrdersByDay::Placed& placed : orders.of_days(start_day_, end_day_)) {
      if (is_selected(placed.order)) {
        visit(placed);
      }
    }
  }

  /// Calls `visit(sum)` for the lines of a kind that are summed up.
  template <class Visit>
  void for_each(LineKind kind, const Visit& visit) const {
    for_each_of(static_cast<std::size_t>(kind), history_->order_days(kind), visit);
  }
  /// The same for a measure, by its place in the options of the history.
  template <class Visit>
  void for_each_measured(std::size_t measure, const Visit& visit) const {
    for_each_of(kNumLineKinds + measure, history_->measure_days(measure), visit);
  }
  /// The same for the lines of all kinds, whose sums add up to net money.
  template <class Visit>
  void for_each_line_sum(const Visit& visit) const {
    for (std::size_t kind = 0; kind < kNumLineKinds; ++kind) {
      for_each(static_cast<LineKind>(kind), visit);
    }
  }

 private:
  [[nodiscard]] SelectedOrders select_orders() const;

  template <class Visit>
  void for_each_of(std::size_t column, std::span<const OrderDay> order_days,
                   const Visit& visit) const {
    if (index_ == nullptr || !index_->column(column).is_there) {
      for (const OrderDay& day : order_days) {
        if (day.order != 0 && is_reported(day.day) && is_selected(day.order)) {
          visit(Sum{.order = day.order,
                    .customer = history_->orders()[day.order].customer,
                    .day = day.day,
                    .sum = to_int128(day.sum),
                    .num_lines = day.num_lines});
        }
      }
      return;
    }
    const HistoryIndex::Column& sums = index_->column(column);
    const std::int32_t start_day = index_->start_day();
    const auto num_days = static_cast<std::int32_t>(sums.first.size()) - 1;
    const std::int32_t end = std::min(num_days, end_day_ - start_day);
    for (std::int32_t day = std::max(0, start_day_ - start_day); day < end; ++day) {
      const auto at = static_cast<std::size_t>(day);
      for (std::size_t i = sums.first[at]; i < sums.first[at + 1]; ++i) {
        if (is_selected(sums.order[i])) {
          visit(Sum{.order = sums.order[i],
                    .customer = sums.customer[i],
                    .day = start_day + day,
                    .sum = sums.sum[i],
                    .num_lines = sums.num_lines[i]});
        }
      }
    }
  }

  const CustomerHistory* history_;
  std::int64_t as_of_us_;
  std::int32_t start_day_;
  std::int32_t end_day_;
  std::int32_t last_data_day_;
  std::shared_ptr<const HistoryIndex> index_{};       // Null: nobody selected of this state yet.
  std::shared_ptr<const SelectedOrders> selected_{};  // Holds what the spans show.
  std::span<const std::uint8_t> is_selected_{};
  std::span<const std::uint8_t> is_in_population_{};
};

}  // namespace ecommerce_analytics
