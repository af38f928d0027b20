#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// Lists: the orders, the order lines and the customers behind a figure.
namespace ecommerce_analytics::orders {

/// What a list of orders is sorted by; null last, ties by increasing key of the order.
enum class OrderSort : std::uint8_t { time, revenue, number, days_since_previous, order };

/// What a list of customers is sorted by; ties by increasing key.
enum class CustomerSort : std::uint8_t { customer, orders, revenue, first_order, last_order };

/// Reads the name of an enumerator; throws `invalid_argument` with the name otherwise.
[[nodiscard]] OrderSort parse_order_sort(std::string_view name);
[[nodiscard]] CustomerSort parse_customer_sort(std::string_view name);
[[nodiscard]] std::string_view order_sort_name(OrderSort sort) noexcept;
[[nodiscard]] std::string_view customer_sort_name(CustomerSort sort) noexcept;

struct OrderOptions {
  /// Moment, exclusive, up to which lines count, in civil microseconds. Default: 00:00 after the
  /// day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Whose orders; the unknown key stands for guests. Default: everybody's.
  std::optional<KeyColumn> customers = std::nullopt;

  OrderSort sort = OrderSort::time;
  bool descending = false;

  /// Rows at most; the first ones by `sort`. Default: all.
  std::optional<std::size_t> limit = std::nullopt;

  /// Dimension to keep of a table; a history shows the one that it keeps. Default: none.
  std::optional<std::string> region = std::nullopt;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// One row per order that counts.
struct OrderList {
  KeyColumn order{};
  KeyColumn customer{};               ///< The unknown key is a guest.
  std::vector<Time> time{};           ///< Its earliest purchase line.
  std::optional<KeyColumn> region{};  ///< Of that line; absent unless the history keeps one.
  std::vector<Money128> revenue{};    ///< Net money of its lines of all kinds on the days of the
                                      ///< report window.
  std::vector<std::int64_t> lines{};  ///< So many they are.
  std::optional<std::vector<Money128>> items{};  ///< Quantity of its lines of kind sale; absent
                                                 ///< unless the history keeps it.
  Nullable<std::int64_t> number{};               ///< 1: the customer's first order of the full
                                    ///< history; at one moment by key. Null for guests.
  Nullable<std::int64_t> days_since_previous{};  ///< Whole days of 24 hours since the order before;
                                                 ///< null for the first one and for guests.

  OrderOptions options{};  ///< As they were given.
  std::int64_t as_of_us = 0;
  std::int64_t total_orders = 0;  ///< Orders before the limit.
  std::int64_t num_lines_ignored = 0;
  Selection selection{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return time.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("order", &OrderList::order);
    visit("customer", &OrderList::customer);
    visit("time", &OrderList::time);
    visit("region", &OrderList::region);
    visit("revenue", &OrderList::revenue);
    visit("lines", &OrderList::lines);
    visit("items", &OrderList::items);
    visit("number", &OrderList::number);
    visit("days_since_previous", &OrderList::days_since_previous);
  }
};

/// Lists the orders that count: with a purchase line before `as_of`, inside the selection.
///
/// `number` and `days_since_previous` count all orders of the customer before `as_of`, selected or
/// not.
///
/// @throws Error  `invalid_argument` as `CustomerHistory::resolve_as_of`; `schema_mismatch` if keys
///                of customers are integers here and text there, or the table has no such region.
/// @par Complexity  O(orders + order-days), and a sort of what is asked for; O(rows) for a table.
/// @par Source      docs/methods/orders.md.
[[nodiscard]] OrderList list_orders(const CustomerHistory& history,
                                    const OrderOptions& options = {});
[[nodiscard]] OrderList list_orders(const Transactions& transactions,
                                    const OrderOptions& options = {},
                                    const Selection& selection = {});

struct LineOptions {
  /// Moment, exclusive, up to which lines are listed, in civil microseconds. Default: 00:00 after
  /// the day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Orders whose lines are listed. Default: all.
  std::optional<KeyColumn> orders = std::nullopt;

  /// Kinds of line that are listed. Default: all.
  std::optional<std::vector<LineKind>> kinds = std::nullopt;

  /// The latest line first.
  bool descending = false;

  /// Rows at most. Default: all.
  std::optional<std::size_t> limit = std::nullopt;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// One row per order line: by time, then by key of the order, kind, amount and all that follows.
struct LineList {
  KeyColumn order{};
  KeyColumn customer{};  ///< The unknown key is a guest.
  std::vector<Time> time{};
  KeyColumn kind{};
  std::vector<Money128> amount{};
  std::optional<std::vector<Money128>> quantity{};  ///< Absent if the table has none.
  std::vector<std::pair<std::string, KeyColumn>> dimensions{};
  std::vector<std::pair<std::string, std::vector<Money128>>> measures{};

  std::int64_t as_of_us = 0;
  std::int64_t total_lines = 0;  ///< Lines before the limit.
  Money128 total_revenue{};      ///< Their money.
  Selection selection{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return time.size(); }
  [[nodiscard]] Metadata metadata() const;

  /// Calls `visit(name, column)` once per column that is there.
  template <class Visitor>
  void for_each_column(Visitor&& visit) const {
    visit("order", order);
    visit("customer", customer);
    visit("time", time);
    visit("kind", kind);
    visit("amount", amount);
    if (quantity) {
      visit("quantity", *quantity);
    }
    for (const auto& [name, keys] : dimensions) {
      visit(name.c_str(), keys);
    }
    for (const auto& [name, values] : measures) {
      visit(name.c_str(), values);
    }
  }
};

/// Lists the lines of the orders that are in the selection, on the days of its window.
///
/// @throws Error  `invalid_argument` if a dimension or measure has the name of another column,
///                `schema_mismatch` if keys are integers here and text there.
/// @par Complexity  O(rows), and a sort of the rows that are shown; a selection by dimension or
///                  region costs a `CustomerHistory` more.
[[nodiscard]] LineList list_lines(const Transactions& transactions, const LineOptions& options = {},
                                  const Selection& selection = {});

struct CustomerOptions {
  /// As in `OrderOptions`.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  CustomerSort sort = CustomerSort::customer;
  bool descending = false;

  /// Rows at most; the first ones by `sort`. Default: all.
  std::optional<std::size_t> limit = std::nullopt;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// One row per known customer with an order that counts.
struct CustomerList {
  KeyColumn customer{};
  std::vector<std::int64_t> orders{};  ///< His orders that count; >= 1.
  std::vector<Money128> revenue{};     ///< Net money of his lines, selected, on the days of the
                                       ///< report window.
  std::vector<Time> first_order{};     ///< Of those orders.
  std::vector<Time> last_order{};

  CustomerOptions options{};
  std::int64_t as_of_us = 0;
  std::int64_t total_customers = 0;  ///< Customers before the limit.
  std::int64_t num_lines_ignored = 0;
  Selection selection{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return orders.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("customer", &CustomerList::customer);
    visit("orders", &CustomerList::orders);
    visit("revenue", &CustomerList::revenue);
    visit("first_order", &CustomerList::first_order);
    visit("last_order", &CustomerList::last_order);
  }
};

/// Lists the known customers with an order that counts.
///
/// @throws Error  `invalid_argument` as `CustomerHistory::resolve_as_of`.
/// @par Complexity  O(orders + order-days), and a sort of the customers; O(rows) for a table.
[[nodiscard]] CustomerList list_customers(const CustomerHistory& history,
                                          const CustomerOptions& options = {});
[[nodiscard]] CustomerList list_customers(const Transactions& transactions,
                                          const CustomerOptions& options = {},
                                          const Selection& selection = {});

}  // namespace ecommerce_analytics::orders
