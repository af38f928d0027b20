#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"
#include "ecommerce_analytics/rfm.hpp"

/// Who moved between segments from one moment to another, with what money, and how likely.
namespace ecommerce_analytics::segment_migration {

/// Where those come from who have no order before the start.
inline constexpr std::string_view kNew = "new";

struct Options {
  /// A midnight in civil microseconds: what lies before it makes the first segments.
  std::int64_t start_us = 0;

  /// Moment of the second segments, exclusive. Default: 00:00 after the day of the last line.
  std::optional<std::int64_t> end_us = std::nullopt;

  /// Coverage of the intervals. In (0, 1).
  double confidence = 0.95;
};

/// One row per pair of segments, in the order of the rules, `kNew` the last origin; empty pairs
/// included.
struct Moves {
  KeyColumn from_segment{};  ///< At the start; `kNew`: no order before it.
  KeyColumn to_segment{};    ///< At the end.
  std::vector<std::int64_t> customers{};
  std::vector<std::int64_t> origin_customers{};  ///< All of `from_segment`.
  Nullable<double> probability{};  ///< customers / origin_customers; null where that is 0.
  Nullable<double> lower{};        ///< Wilson's interval.
  Nullable<double> upper{};
  Nullable<double> baseline{};  ///< Share of `to_segment` among all customers of the end; null
                                ///< without one.
  std::vector<std::int64_t> without_order{};  ///< Of them, without an order in [start, end).
  std::vector<Money128> revenue{};            ///< Their net money in [start, end).

  std::int64_t start_us = 0;
  std::int64_t as_of_us = 0;  ///< The end.
  double confidence = 0.95;
  std::string rules{};                  ///< Name of the rule set.
  std::vector<std::string> segments{};  ///< In the order of its rules.

  [[nodiscard]] std::size_t num_rows() const noexcept { return customers.size(); }
  [[nodiscard]] Metadata metadata() const;

  /// Calls `visit(name, member)` once per column: Arrow, numpy and the tests read this list.
  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("from_segment", &Moves::from_segment);
    visit("to_segment", &Moves::to_segment);
    visit("customers", &Moves::customers);
    visit("origin_customers", &Moves::origin_customers);
    visit("probability", &Moves::probability);
    visit("lower", &Moves::lower);
    visit("upper", &Moves::upper);
    visit("baseline", &Moves::baseline);
    visit("without_order", &Moves::without_order);
    visit("revenue", &Moves::revenue);
  }
};

/// Tells who was in which segment at the start, and in which one at the end.
///
/// Scores are of the quantiles of each moment: a customer can move because the others did.
///
/// @throws Error  `invalid_argument` if the start is no midnight before the end, a segment is
/// called
///                `kNew`, `confidence` is out of its range, the history has a selection, or as
///                `rfm::score` and `rfm::segment`.
/// @par Complexity  O(orders + m log n_bins) time for m customers, and O(rows) for a table.
/// @par Source      Wilson (1927) for the intervals.
[[nodiscard]] Moves moves(const CustomerHistory& history, const rfm::RuleSet& rules,
                          const Options& options);
[[nodiscard]] Moves moves(const Transactions& transactions, const rfm::RuleSet& rules,
                          const Options& options, int num_threads = 0);

/// One row per segment of the start, `kNew` the last.
struct Origins {
  KeyColumn segment{};
  std::vector<std::int64_t> customers_before{};
  Nullable<std::int64_t> customers_after{};  ///< In the segment at the end; null for `kNew`.
  Nullable<std::int64_t> stayed{};           ///< In it at both; null for `kNew`.
  Nullable<double> stayed_share{};           ///< Of `customers_before`; null where that is 0.
  Nullable<double> stayed_lower{};           ///< Wilson's interval.
  Nullable<double> stayed_upper{};
  std::vector<std::int64_t> without_order{};  ///< Without an order in [start, end).
  Nullable<double> without_order_share{};     ///< Null for `kNew`, who all ordered.
  Nullable<double> without_order_lower{};
  Nullable<double> without_order_upper{};
  std::vector<Money128> revenue{};  ///< Net money of `customers_before` in [start, end).

  Metadata moves_metadata{};  ///< Of the table it was made from.

  [[nodiscard]] std::size_t num_rows() const noexcept { return revenue.size(); }
  [[nodiscard]] const Metadata& metadata() const noexcept { return moves_metadata; }

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("segment", &Origins::segment);
    visit("customers_before", &Origins::customers_before);
    visit("customers_after", &Origins::customers_after);
    visit("stayed", &Origins::stayed);
    visit("stayed_share", &Origins::stayed_share);
    visit("stayed_lower", &Origins::stayed_lower);
    visit("stayed_upper", &Origins::stayed_upper);
    visit("without_order", &Origins::without_order);
    visit("without_order_share", &Origins::without_order_share);
    visit("without_order_lower", &Origins::without_order_lower);
    visit("without_order_upper", &Origins::without_order_upper);
    visit("revenue", &Origins::revenue);
  }
};

/// Sums the moves up by where they began. O(rows).
[[nodiscard]] Origins origins(const Moves& moves);

}  // namespace ecommerce_analytics::segment_migration
