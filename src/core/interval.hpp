#pragma once

#include <cstdint>

/// Intervals of estimates.
namespace ecommerce_analytics {

struct Interval {
  double lower = 0.0;
  double upper = 0.0;
};

/// Standard deviations to each side of the mean between which lies that share of a normal variable;
/// the same bits on every processor. `confidence` is in (0, 1).
[[nodiscard]] double normal_quantile(double confidence);

/// Wilson's (1927) score interval of a `share` of `trials`; `z` standard deviations to each side.
[[nodiscard]] Interval wilson(double share, double trials, double z) noexcept;

/// The same of `successes` out of `trials`.
[[nodiscard]] Interval wilson(std::int64_t successes, std::int64_t trials, double z) noexcept;

/// Newcombe's (1998) interval of first - second, method 10, of the intervals of two shares.
[[nodiscard]] Interval newcombe(double first, const Interval& of_first, double second,
                                const Interval& of_second) noexcept;

}  // namespace ecommerce_analytics
