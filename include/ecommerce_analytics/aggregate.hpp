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

struct AbcOptions {
  /// Shares of all revenue that the classes A, and A and B, reach; increasing, in (0, 1), read to
  /// the nearest millionth.
  std::vector<double> cuts{0.80, 0.95};
};

/// Groups by revenue, the greatest first; groups of equal revenue in the order of their keys.
struct AbcClasses {
  Groups groups{};                      ///< In that order, with all their columns.
  std::vector<std::int64_t> rank{};     ///< 1 for the most revenue; equals share the lesser number.
  Nullable<double> share{};             ///< Of all revenue; null unless that is > 0.
  Nullable<double> cumulative_share{};  ///< Of the groups of this rank and better; likewise.
  TextColumn abc_class{};               ///< `A`, `B` or `C`; empty unless all revenue is > 0.

  std::vector<double> cuts{};
  std::vector<std::int64_t> sizes{};  ///< Groups of the classes A, B and C.

  [[nodiscard]] std::size_t num_rows() const noexcept { return rank.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  void for_each_column(Visitor&& visit) const {
    groups.for_each_column(visit);
    visit("rank", rank);
    visit("share", share);
    visit("cumulative_share", cumulative_share);
    visit("abc_class", abc_class);
  }
};

/// Tells which groups bring most of the revenue.
///
/// A group is in class A if those of more revenue bring less than the first cut of all, in B if
/// they bring less than the second, else in C: so A is the fewest of the best groups that reach
/// the cut, and equals share a class. A group without revenue above 0 is in C.
///
/// @throws Error  `invalid_argument` if the cuts do not increase within (0, 1), or the groups have
///                a period.
/// @par Complexity  O(groups log groups).
[[nodiscard]] AbcClasses abc_classes(const Groups& groups, const AbcOptions& options = {});

/// Revenue of groups by kind of line: one row per group, in increasing order of its keys.
struct Parts {
  std::vector<std::string> by{};  ///< Names of `keys`.
  std::vector<KeyColumn> keys{};
  bool has_period = false;
  KeyColumn period{};                        ///< If `has_period`, as in `Groups`.
  std::vector<Date> start{};                 ///< If `has_period`.
  std::vector<Flag> partial{};               ///< If `has_period`.
  std::vector<std::int64_t> sale_lines{};    ///< Lines of kind sale.
  std::vector<std::int64_t> refund_lines{};  ///< Lines of kind refund.
  std::vector<Money128> revenue_gross{};     ///< Money of the sale lines.
  std::vector<Money128> revenue_discount{};  ///< Of the kinds of their names, with its sign.
  std::vector<Money128> revenue_refunds{};
  std::vector<Money128> revenue_shipping{};
  std::vector<Money128> revenue_fees{};
  std::vector<Money128> revenue_adjustments{};
  std::vector<Money128> revenue_net{};  ///< Of all lines.
  bool has_quantity = false;
  std::vector<Money128> quantity{};           ///< Of the sale lines; if `has_quantity`.
  Nullable<double> return_rate_money{};       ///< -refunds / gross; null unless that is > 0.
  Nullable<double> return_rate_lines{};       ///< Refund lines / sale lines; null without these.
  Nullable<double> discount_share{};          ///< -discount / gross; null unless that is > 0.
  std::vector<std::string> measures{};        ///< Names of `sums`.
  std::vector<std::vector<Money128>> sums{};  ///< Of all lines; one column for each measure.
  /// Freight / (net + freight), null unless both are > 0; if `freight` is a measure.
  std::optional<Nullable<double>> freight_share{};
  /// Net - cost, and that / net, null unless the latter is > 0; if `cost` is a measure.
  std::optional<std::vector<Money128>> margin{};
  std::optional<Nullable<double>> margin_share{};

  Metadata groups_metadata{};  ///< Of the groups.

  [[nodiscard]] std::size_t num_rows() const noexcept { return sale_lines.size(); }
  [[nodiscard]] const Metadata& metadata() const noexcept { return groups_metadata; }

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
    visit("sale_lines", sale_lines);
    visit("refund_lines", refund_lines);
    visit("revenue_gross", revenue_gross);
    visit("revenue_discount", revenue_discount);
    visit("revenue_refunds", revenue_refunds);
    visit("revenue_shipping", revenue_shipping);
    visit("revenue_fees", revenue_fees);
    visit("revenue_adjustments", revenue_adjustments);
    visit("revenue_net", revenue_net);
    if (has_quantity) {
      visit("quantity", quantity);
    }
    visit("return_rate_money", return_rate_money);
    visit("return_rate_lines", return_rate_lines);
    visit("discount_share", discount_share);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      visit(measures[i].c_str(), sums[i]);
    }
    visit("freight_share", freight_share);
    visit("margin", margin);
    visit("margin_share", margin_share);
  }
};

/// Puts the kinds of line of each group beside each other.
///
/// @param groups  Grouped by `kind` as the last of `by`.
/// @throws Error  `invalid_argument` if they are not, or a column would have another's name.
/// @par Complexity  O(groups log groups).
[[nodiscard]] Parts parts(const Groups& groups);

/// Counts of the orders of groups by one key, and the mean of that key: one row per group of the
/// other keys, in increasing order.
struct KeyMeans {
  std::vector<std::string> by{};  ///< Names of `keys`.
  std::vector<KeyColumn> keys{};
  bool has_period = false;
  KeyColumn period{};                          ///< If `has_period`, as in `Groups`.
  std::vector<Date> start{};                   ///< If `has_period`.
  std::vector<Flag> partial{};                 ///< If `has_period`.
  std::vector<std::int64_t> known_orders{};    ///< Those whose key is known.
  std::vector<std::int64_t> unknown_orders{};  ///< Those whose key is not.
  Nullable<double> mean{};                     ///< Of the known keys; null without one.

  std::string of{};            ///< Name of the key.
  Metadata groups_metadata{};  ///< Of the groups.

  [[nodiscard]] std::size_t num_rows() const noexcept { return known_orders.size(); }
  [[nodiscard]] Metadata metadata() const;

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
    visit("known_orders", known_orders);
    visit("unknown_orders", unknown_orders);
    visit("mean", mean);
  }
};

/// Averages the integer key that stands last in `by`, each order counted once for each of its
/// groups: exact sums, rounded once.
///
/// @throws Error  `invalid_argument` if there is no key or it is text, `overflow`.
/// @par Complexity  O(groups log groups).
[[nodiscard]] KeyMeans mean_of_key(const Groups& groups);

/// The groups with the share of each one's orders among those of the same other keys and period.
struct KeyShares {
  Groups groups{};           ///< As they were, in their order.
  Nullable<double> share{};  ///< Null where the key is unknown, or no known one has an order.

  [[nodiscard]] std::size_t num_rows() const noexcept { return share.size(); }
  [[nodiscard]] Metadata metadata() const { return groups.metadata(); }

  template <class Visitor>
  void for_each_column(Visitor&& visit) const {
    groups.for_each_column(visit);
    visit("share", share);
  }
};

/// Shares of the known keys that stand last in `by`, in orders.
///
/// @throws Error  `invalid_argument` if there is no key.
/// @par Complexity  O(groups log groups).
[[nodiscard]] KeyShares shares_of_key(const Groups& groups);

}  // namespace ecommerce_analytics::aggregate
