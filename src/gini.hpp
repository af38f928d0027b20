#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/error.hpp"

/// Inequality of sums of money.
namespace ecommerce_analytics {

/// Gini coefficient by the population formula, correctly rounded: 0 where all have the same,
/// (n - 1) / n where one has all. Nothing if a sum is negative or they add up to nothing.
/// @param sums    n sums, the greatest first.
/// @throws Error  `overflow` if n times their total leaves 127 bits.
[[nodiscard]] inline std::optional<double> gini(const std::vector<Int128>& sums) {
  if (sums.empty() || sums.front() <= 0 || sums.back() < 0) {
    return std::nullopt;
  }
  const auto n = static_cast<std::int64_t>(sums.size());
  Int128 denominator = 0;
  Int128 numerator = 0;
  bool is_overflow = false;
  for (std::int64_t i = 0; i < n; ++i) {
    // With ranks i from the best: the sum of (n - 1 - 2 i) x_i over n times the sum of x_i.
    Int128 product = 0;
    const Int128 sum = sums[static_cast<std::size_t>(i)];
    is_overflow |= __builtin_mul_overflow(sum, n - 1 - 2 * i, &product) ||
                   __builtin_add_overflow(numerator, product, &numerator) ||
                   __builtin_mul_overflow(sum, n, &product) ||
                   __builtin_add_overflow(denominator, product, &denominator);
  }
  require(!is_overflow, ErrorCode::overflow, "gini: money too large for its concentration");
  return nearest_quotient(numerator, denominator);
}

}  // namespace ecommerce_analytics
