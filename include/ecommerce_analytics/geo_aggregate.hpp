#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// Orders, customers and money by region.
namespace ecommerce_analytics::geo_aggregate {

struct Options {
  /// Dimension that holds the region: a country, a state, a city, any code.
  std::string region = "region";

  /// Moment, exclusive, up to which lines count, in civil microseconds. Default: 00:00 after the
  /// day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// One row per region with a line before `as_of`, in increasing order of the key; the bucket of
/// orders without a region comes last (`unknown` among text keys, null among integers).
struct Regions {
  KeyColumn region{};
  std::vector<std::int64_t> orders{};     ///< Orders with a purchase line, guests' included.
  std::vector<std::int64_t> customers{};  ///< Distinct known customers of those orders.
  std::vector<Money128> revenue{};        ///< Net money of all lines.
  Nullable<double> share{};  ///< Of the revenue of all regions; null unless that is > 0.

  std::string dimension{};  ///< Name of the dimension.
  std::int64_t as_of_us = 0;
  std::int64_t total_orders = 0;       ///< Sum of `orders`.
  std::int64_t total_customers = 0;    ///< Distinct customers; `customers` may add up to more,
                                       ///< as one is counted in each region he bought in.
  Money128 total_revenue{};            ///< Sum of `revenue`.
  std::int64_t num_lines_ignored = 0;  ///< Lines at or after `as_of`.
  Selection selection{};               ///< That of the history.

  [[nodiscard]] std::size_t num_rows() const noexcept { return orders.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("region", &Regions::region);
    visit("orders", &Regions::orders);
    visit("customers", &Regions::customers);
    visit("revenue", &Regions::revenue);
    visit("share", &Regions::share);
  }
};

/// Sums up by region.
///
/// Money, orders and lines go to the order's own region: that of its earliest purchase line, ties
/// by the smallest key (without a purchase line: of its earliest line).
///
/// @throws Error  `invalid_argument` if `history` keeps another dimension or none, or as
///                `CustomerHistory::resolve_as_of`; `schema_mismatch` if the table has no such
///                dimension.
/// @par Complexity  O(orders log orders), and O(rows) for a table.
/// @par Source      docs/methods/geo_aggregate.md.
[[nodiscard]] Regions by_region(const CustomerHistory& history, const Options& options = {});
[[nodiscard]] Regions by_region(const Transactions& transactions, const Options& options = {},
                                const Selection& selection = {});

}  // namespace ecommerce_analytics::geo_aggregate
