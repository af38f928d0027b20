#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/key.hpp"

/// Which orders an analysis sums up, and which customers it counts.
namespace ecommerce_analytics {

/// Keys of one dimension; a line matches if it has one of them.
struct DimensionFilter {
  std::string dimension{};  ///< Name of the dimension.
  KeyColumn keys{};         ///< The unknown key stands for lines without one.

  friend bool operator==(const DimensionFilter&, const DimensionFilter&) = default;
};

/// A cut of the orders; all of its conditions must hold. It copies no rows.
///
/// The *report window* says which days are summed, the *population* which customers are counted.
/// First orders, cohorts and tenure always come from the full history up to `as_of`.
struct Selection {
  static constexpr std::size_t kMaxDimensions = 32;

  /// Report window [start_day, end_day), days since 1970-01-01: an order belongs to the day of its
  /// earliest purchase line, money to that of its own line. Default: all days.
  std::optional<std::int32_t> start_day = std::nullopt;
  std::optional<std::int32_t> end_day = std::nullopt;

  /// At most 32. An order is in if for each of them one of its lines matches, whole as it is.
  std::vector<DimensionFilter> dimensions{};

  /// An order is in if its own region is one of these: see `CustomerHistory::region_at`. The
  /// dimension is the region that the history keeps.
  std::optional<DimensionFilter> region = std::nullopt;

  /// Customers whose first order lies in one of these regions, ties: the least key of a region;
  /// guests are not among them. The dimension is that of `region`. Cuts the population.
  std::optional<DimensionFilter> home_region = std::nullopt;

  /// Orders that are in, such as those that have a type of payment.
  std::optional<KeyColumn> orders = std::nullopt;

  /// The population: customers that are counted, with their orders. Guests are not among them.
  std::optional<KeyColumn> customers = std::nullopt;

  /// True if nothing is left out.
  [[nodiscard]] bool is_everything() const noexcept;
  /// True if no order is left out but for its day.
  [[nodiscard]] bool is_window() const noexcept;
  /// Name of the dimension of `region` and `home_region`; empty: neither is told.
  [[nodiscard]] const std::string& region_dimension() const noexcept;

  friend bool operator==(const Selection&, const Selection&) = default;
};

/// @throws Error  `invalid_argument` if the window does not end after its start, a dimension stands
///                twice or has no name, there are more than 32, or region and home region are of
///                two dimensions.
void validate(const Selection& selection);

/// The selection as a JSON object, such as `{"start": "2017-01-01", "category": ["toys"]}`; sets of
/// orders and customers, and sets of more than 20 keys, as the number of their keys.
[[nodiscard]] std::string describe(const Selection& selection);

}  // namespace ecommerce_analytics
