#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// Key figures of a shop, in total or by period.
namespace ecommerce_analytics::kpi {

struct Options {
  /// Moment, exclusive, up to which lines count, in civil microseconds. Default: 00:00 after the
  /// day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Span of one row. Default: one row for the whole history.
  std::optional<Period> period = std::nullopt;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// One row for the whole history (`period` is `total`), or one per period from the first line to
/// the last one before `as_of`, those without a line included.
struct Summary {
  KeyColumn period{};                      ///< `total`, or as `format_period`.
  std::vector<Date> start{};               ///< First day.
  std::vector<Date> end{};                 ///< Day after the last one; not beyond the day after the
                                           ///< last moment before `as_of`.
  std::vector<Flag> partial{};             ///< The period had not ended at `as_of`; never `total`.
  std::vector<Money128> revenue_gross{};   ///< Lines of kind sale.
  std::vector<Money128> revenue_net{};     ///< All lines of all kinds.
  std::vector<std::int64_t> orders{};      ///< Orders with a purchase line, guests' included.
  std::vector<std::int64_t> customers{};   ///< Distinct known customers of those orders.
  Nullable<double> average_order_value{};  ///< `revenue_net / orders`; null without orders.
  std::vector<std::int64_t> repeat_customers{};  ///< Of `customers`: those for whom an order of
                                                 ///< this row was at least the second ever.
  Nullable<double> repeat_rate{};             ///< `repeat_customers / customers`; null without any.
  std::vector<std::int64_t> guest_orders{};   ///< Orders of guests.
  std::vector<Money128> guest_revenue_net{};  ///< Lines of guests, of all kinds.
  Nullable<double> guest_share{};  ///< `guest_revenue_net / revenue_net`; null unless the
                                   ///< latter is > 0.

  std::int64_t as_of_us = 0;
  std::int64_t num_lines_ignored = 0;  ///< Lines at or after `as_of`.
  Selection selection{};               ///< That of the history.

  [[nodiscard]] std::size_t num_rows() const noexcept { return start.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("period", &Summary::period);
    visit("start", &Summary::start);
    visit("end", &Summary::end);
    visit("partial", &Summary::partial);
    visit("revenue_gross", &Summary::revenue_gross);
    visit("revenue_net", &Summary::revenue_net);
    visit("orders", &Summary::orders);
    visit("customers", &Summary::customers);
    visit("average_order_value", &Summary::average_order_value);
    visit("repeat_customers", &Summary::repeat_customers);
    visit("repeat_rate", &Summary::repeat_rate);
    visit("guest_orders", &Summary::guest_orders);
    visit("guest_revenue_net", &Summary::guest_revenue_net);
    visit("guest_share", &Summary::guest_share);
  }
};

/// Sums up a history.
///
/// Money belongs to the period of its line's own day, an order to the period of its earliest
/// purchase line.
///
/// @throws Error  `invalid_argument` as `CustomerHistory::resolve_as_of`.
/// @par Complexity  O(orders + customers + days), and O(rows) for a table.
/// @par Source      docs/methods/kpi.md.
[[nodiscard]] Summary summary(const CustomerHistory& history, const Options& options = {});
[[nodiscard]] Summary summary(const Transactions& transactions, const Options& options = {},
                              const Selection& selection = {});

}  // namespace ecommerce_analytics::kpi
