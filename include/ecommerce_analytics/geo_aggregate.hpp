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

/// Orders, customers, money, freight and late deliveries by region.
namespace ecommerce_analytics::geo_aggregate {

/// One key of one dimension.
struct DimensionKey {
  std::string dimension{};  ///< Empty: none.
  std::string key{};
  friend bool operator==(const DimensionKey&, const DimensionKey&) = default;
};

/// What there must be is the region; the default `freight` and `late` are taken where they are.
struct Options {
  /// Dimension that holds the region: a country, a state, a city, any code.
  std::string region = "region";

  /// Span of one row of a region. Default: one row for all days.
  std::optional<Period> period = std::nullopt;

  /// Measure of the freight; empty: none.
  std::string freight = "freight";

  /// Key of the orders that came late, and its dimension, whose unknown key stands for orders of
  /// which it is not known; without a dimension: none.
  DimensionKey late = {"delivery", "late"};

  /// Moment, exclusive, up to which lines count, in civil microseconds. Default: 00:00 after the
  /// day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// One row per region with a line before `as_of`, and per period if there is one, in increasing
/// order of the keys, then of the period; the bucket of orders without a region comes last
/// (`unknown` among text keys, null among integers).
struct Regions {
  std::vector<std::string> parents{};    ///< Names of `parent_keys`, from the outermost.
  std::vector<KeyColumn> parent_keys{};  ///< Keys of the regions around; of `by_levels`.
  std::string region_name = "region";
  KeyColumn region{};
  bool has_period = false;
  KeyColumn period{};                      ///< As `format_period`; these four if `has_period`.
  std::vector<Date> start{};               ///< First day.
  std::vector<Date> end{};                 ///< Day after the last one, at most the day after the
                                           ///< last moment before `as_of`.
  std::vector<Flag> partial{};             ///< The period had not ended at `as_of`.
  std::vector<std::int64_t> orders{};      ///< Orders with a purchase line, guests' included.
  std::vector<std::int64_t> customers{};   ///< Distinct known customers of those orders.
  std::vector<std::int64_t> lines{};       ///< Lines of all kinds.
  std::vector<Money128> revenue{};         ///< Net money of all lines.
  Nullable<double> average_order_value{};  ///< `revenue / orders`; null without orders.
  bool has_freight = false;
  std::vector<Money128> freight{};   ///< Of all lines; if `has_freight`.
  Nullable<double> freight_share{};  ///< `freight / (revenue + freight)`; null unless that is > 0.
  bool has_late = false;
  std::vector<std::int64_t> delivered_orders{};  ///< Of `orders`: those of which it is known
                                                 ///< whether they came late; if `has_late`.
  std::vector<std::int64_t> late_orders{};       ///< Of these: those that did.
  Nullable<double> late_share{};     ///< `late_orders / delivered_orders`; null without any.
  Nullable<double> share{};          ///< Of the revenue of all regions in the period; null unless
                                     ///< that is > 0.
  Nullable<double> parent_share{};   ///< Of the revenue of the region around, likewise; of
                                     ///< `by_levels`, from its second level on.
  std::vector<std::int64_t> rank{};  ///< 1 + regions of more revenue in the period.
  Nullable<double> cumulative_share{};  ///< Of the regions of this rank and better.

  std::string dimension{};  ///< Name of the dimension.
  std::int64_t as_of_us = 0;
  std::int64_t total_orders = 0;       ///< Sum of `orders`.
  std::int64_t total_customers = 0;    ///< Distinct customers; `customers` may add up to more,
                                       ///< as one is counted in each region he bought in.
  Money128 total_revenue{};            ///< Sum of `revenue`.
  std::optional<double> gini{};        ///< Of the revenue of the known regions, all periods; none
                                       ///< if one is negative or there is no revenue.
  std::int64_t num_lines_ignored = 0;  ///< Lines at or after `as_of`.
  Selection selection{};               ///< That of the history.

  [[nodiscard]] std::size_t num_rows() const noexcept { return orders.size(); }
  [[nodiscard]] Metadata metadata() const;

  /// Calls `visit(name, column)` once per column that is there.
  template <class Visitor>
  void for_each_column(Visitor&& visit) const {
    for (std::size_t i = 0; i < parents.size(); ++i) {
      visit(parents[i].c_str(), parent_keys[i]);
    }
    visit(region_name.c_str(), region);
    if (has_period) {
      visit("period", period);
      visit("start", start);
      visit("end", end);
      visit("partial", partial);
    }
    visit("orders", orders);
    visit("customers", customers);
    visit("lines", lines);
    visit("revenue", revenue);
    visit("average_order_value", average_order_value);
    if (has_freight) {
      visit("freight", freight);
      visit("freight_share", freight_share);
    }
    if (has_late) {
      visit("delivered_orders", delivered_orders);
      visit("late_orders", late_orders);
      visit("late_share", late_share);
    }
    visit("share", share);
    if (!parents.empty()) {
      visit("parent_share", parent_share);
    }
    visit("rank", rank);
    visit("cumulative_share", cumulative_share);
  }
};

/// Sums up by region.
///
/// Money, orders and lines go to the order's own region: that of its earliest purchase line, ties
/// by the smallest key (without a purchase line: of its earliest line). By period money and lines
/// belong to the line's own day, an order to the day of its earliest purchase line. An order came
/// late if one of its lines has that key.
///
/// @throws Error  `invalid_argument` if `history` keeps another dimension or none, lacks a measure
///                or a mark that is not the default one, as `CustomerHistory::resolve_as_of` or
///                `require_marks_at`; `schema_mismatch` if the table has no such dimension or
///                measure.
/// @par Complexity  O(orders log orders), and O(rows) for a table.
/// @par Source      docs/methods/geo_aggregate.md.
[[nodiscard]] Regions by_region(const CustomerHistory& history, const Options& options = {});
[[nodiscard]] Regions by_region(const Transactions& transactions, const Options& options = {},
                                const Selection& selection = {});

/// Sums up by regions inside regions, such as country, state and city.
///
/// An order's own place is that of its earliest purchase line, ties by the smallest keys, the
/// outermost first. A city that lies under two states is two rows.
///
/// @param levels  Dimensions from the outermost on, one to eight; `options.region` is not read.
/// @return        A table for each level; the rows below a region add up to it.
/// @throws Error  as `by_region`, and `invalid_argument` if there are no levels, more than eight,
/// or
///                one has the name of another column.
/// @par Complexity  O(rows + levels * orders log orders) expected time.
[[nodiscard]] std::vector<Regions> by_levels(const Transactions& transactions,
                                             const std::vector<std::string>& levels,
                                             const Options& options = {},
                                             const Selection& selection = {});

}  // namespace ecommerce_analytics::geo_aggregate
