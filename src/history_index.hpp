#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "ecommerce_analytics/customer_history.hpp"

/// A state sorted by day, and what of it a selection lets in: made once, read by many analyses.
namespace ecommerce_analytics {

/// By customer code: the order placed first, ties: that of the least key; 0: none. O(orders).
[[nodiscard]] std::vector<std::uint32_t> first_orders_of(const CustomerHistory& history);

/// By customer code: the region of the order placed first, ties: the least key of the region, as a
/// cohort has it. O(orders).
[[nodiscard]] std::vector<std::uint32_t> home_regions_of(
    const CustomerHistory& history, const std::vector<std::uint32_t>& first_orders);

/// The orders with a purchase line, by the day of the earliest one.
class OrdersByDay {
 public:
  struct Placed {
    std::uint32_t order = 0;
    std::uint32_t customer = 0;
    std::int32_t day = 0;
    std::uint32_t region = 0;  ///< That of the purchase.
  };

  /// O(orders + customers + days).
  explicit OrdersByDay(const CustomerHistory& history);

  /// Those of the days [start, end), by increasing day.
  [[nodiscard]] std::span<const Placed> of_days(std::int32_t start,
                                                std::int32_t end) const noexcept;

  [[nodiscard]] bool is_first_of(const Placed& placed) const noexcept {
    return first_order_[placed.customer] == placed.order;
  }
  /// By customer code, as `first_orders_of`.
  [[nodiscard]] const std::vector<std::uint32_t>& first_orders() const noexcept {
    return first_order_;
  }
  /// By customer code; of no meaning for one without an order.
  [[nodiscard]] const std::vector<std::int32_t>& first_days() const noexcept { return first_day_; }

 private:
  std::int32_t start_day_;
  std::vector<std::size_t> first_;  // By day, counted from `start_day_`; one more at the end.
  std::vector<Placed> placed_;
  std::vector<std::uint32_t> first_order_;
  std::vector<std::int32_t> first_day_;
};

/// The orders by day, and the sums of each kind of line and measure by day.
class HistoryIndex {
 public:
  /// Sums of one day stand together; each field is an array, as most readers want few of them.
  struct Column {
    bool is_there = false;             ///< False: a sum leaves 64 bits, read the state.
    std::vector<std::size_t> first{};  ///< By day, counted from the first; one more at the end.
    std::vector<std::uint32_t> order{};
    std::vector<std::uint32_t> customer{};
    std::vector<std::int64_t> sum{};
    std::vector<std::uint32_t> num_lines{};
  };

  /// O(order-days + days).
  explicit HistoryIndex(const CustomerHistory& history);

  [[nodiscard]] const OrdersByDay& orders() const noexcept { return orders_; }
  /// As `home_regions_of`.
  [[nodiscard]] const std::vector<std::uint32_t>& home_regions() const noexcept { return homes_; }
  [[nodiscard]] std::int32_t start_day() const noexcept { return start_day_; }
  /// The kinds of line, then the measures.
  [[nodiscard]] const Column& column(std::size_t column) const noexcept { return columns_[column]; }

 private:
  OrdersByDay orders_;
  std::vector<std::uint32_t> homes_;
  std::int32_t start_day_;
  std::vector<Column> columns_;
};

/// Where the histories of one state keep its index.
struct HistoryIndexSlot {
  std::mutex mutex{};
  std::shared_ptr<const HistoryIndex> index{};
};

/// What a selection lets in at a moment.
struct SelectedOrders {
  std::vector<std::uint8_t> is_selected{};       ///< By order code; empty: all are.
  std::vector<std::uint8_t> is_in_population{};  ///< By customer code; empty: all are.
};

/// The answer of the last moment that was asked for.
struct SelectionMemory {
  std::mutex mutex{};
  std::int64_t as_of_us = 0;
  std::shared_ptr<const SelectedOrders> selected{};
};

}  // namespace ecommerce_analytics
