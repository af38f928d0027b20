#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"
#include "ecommerce_analytics/selection.hpp"
#include "ecommerce_analytics/transactions.hpp"

/// Money, lines, distinct orders and distinct customers by up to three dimensions and a period.
namespace ecommerce_analytics::aggregate {

struct Options {
  static constexpr std::size_t kMaxDimensions = 3;

  /// Dimensions to group by, at most three: those of the table, and `kind` (of the line), `weekday`
  /// (1 Monday to 7 Sunday) and `hour` (0 to 23) of the line's own civil time. A dimension of the
  /// table goes before a built-in one of the same name. Default: none, all lines are one group.
  std::vector<std::string> by{};

  /// Spans of days to group by as well, each line by its own day. Default: none.
  std::optional<Period> period = std::nullopt;

  /// Measures of the table to add up.
  std::vector<std::string> measures{};

  /// Moment, exclusive, up to which lines count, in civil microseconds. Default: 00:00 after the
  /// day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// One row per group that has a line, in increasing order of its keys (unknown last), then of its
/// period. Lines and money add up to the whole; orders and customers need not, as an order with
/// lines in two groups is counted in both.
struct Groups {
  std::vector<std::string> by{};  ///< Names of `keys`.
  std::vector<KeyColumn> keys{};  ///< One column for each dimension; `weekday`, `hour`: integers.
  bool has_period = false;
  KeyColumn period{};                     ///< As `format_period`; if `has_period`.
  std::vector<Date> start{};              ///< First day of the period; if `has_period`.
  std::vector<Flag> partial{};            ///< It had not ended at `as_of`; if `has_period`.
  std::vector<std::int64_t> lines{};      ///< Lines of all kinds.
  std::vector<std::int64_t> orders{};     ///< Distinct orders with a purchase line in the group.
  std::vector<std::int64_t> customers{};  ///< Distinct known customers of those orders.
  std::vector<Money128> revenue{};        ///< Net money of all lines.
  bool has_quantity = false;
  std::vector<Money128> quantity{};           ///< Of lines of kind sale; if `has_quantity`.
  std::vector<std::string> measures{};        ///< Names of `sums`.
  std::vector<std::vector<Money128>> sums{};  ///< Of all lines; one column for each measure.
  Nullable<double> average_order_value{};     ///< `revenue / orders`; null without orders.

  std::int64_t as_of_us = 0;
  std::int64_t total_lines = 0;
  std::int64_t total_orders = 0;     ///< Distinct orders with a purchase line.
  std::int64_t total_customers = 0;  ///< Distinct known customers of those orders.
  Money128 total_revenue{};
  std::int64_t num_lines_ignored = 0;  ///< Lines at or after `as_of`.
  Selection selection{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return lines.size(); }
  [[nodiscard]] Metadata metadata() const;

  /// Calls `visit(name, column)` once per column that is there.
  template <class Visitor>
  void for_each_column(Visitor&& visit) const {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      visit(by[i].c_str(), keys[i]);
    }
    if (has_period) {
      visit("period", period);
      visit("start", start);
      visit("partial", partial);
    }
    visit("lines", lines);
    visit("orders", orders);
    visit("customers", customers);
    visit("revenue", revenue);
    if (has_quantity) {
      visit("quantity", quantity);
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
      visit(measures[i].c_str(), sums[i]);
    }
    visit("average_order_value", average_order_value);
  }
};

/// Sums up the lines of a table by group.
///
/// Under a selection: the lines of the orders that are in, on the days of its window.
///
/// @throws Error  `invalid_argument` if there are more than three dimensions, a name is twice a
///                column of the result, or no purchase lies before `as_of`; `schema_mismatch` if
///                the table has no such dimension or measure.
/// @par Complexity  O(rows + keys + groups log groups) expected time; O(rows + orders + customers)
///                  memory. A selection of more than a window costs a `CustomerHistory` more.
/// @par Source      docs/methods/aggregate.md.
[[nodiscard]] Groups group_by(const Transactions& transactions, const Options& options = {},
                              const Selection& selection = {});

/// The same under the selection of a history of this very table, which knows by order what is in:
/// nothing is read but the lines that are summed up.
///
/// @param orders  History of `transactions` and of nothing else; `as_of` is its own if not told.
/// @throws Error  as above, `invalid_argument` if the history is of other lines, and as
///                `CustomerHistory::resolve_as_of`.
[[nodiscard]] Groups group_by(const Transactions& transactions, const CustomerHistory& orders,
                              const Options& options = {});

}  // namespace ecommerce_analytics::aggregate
