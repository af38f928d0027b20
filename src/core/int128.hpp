#pragma once

#include <cstdint>
#include <optional>

#include "ecommerce_analytics/core/money.hpp"

/// The compiler's 128-bit integer: a tool of the .cpp files, no public type.
namespace ecommerce_analytics {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

[[nodiscard]] constexpr Int128 to_int128(Money128 money) noexcept {
  return static_cast<Int128>((static_cast<UInt128>(static_cast<std::uint64_t>(money.hi)) << 64U) |
                             money.lo);
}

[[nodiscard]] constexpr Money128 from_int128(Int128 value) noexcept {
  const auto bits = static_cast<UInt128>(value);
  return {.lo = static_cast<std::uint64_t>(bits),
          .hi = static_cast<std::int64_t>(static_cast<std::uint64_t>(bits >> 64U))};
}

/// An `unscaled` · 10^-`scale` as a count of 1/10,000; nothing as for `parse_amount`.
[[nodiscard]] std::optional<std::int64_t> amount_from_decimal(Int128 unscaled, int scale,
                                                              Rounding rounding);

/// The double nearest to `numerator / denominator`, ties to even; `denominator` is not 0.
[[nodiscard]] double nearest_quotient(Int128 numerator, Int128 denominator) noexcept;

}  // namespace ecommerce_analytics
