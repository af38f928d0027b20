#pragma once

#include "core/elementary.hpp"

/// The gamma function's logarithm and its derivatives, with the same last bit on every processor.
namespace ecommerce_analytics::gamma_function {

namespace detail {

/// From here on the asymptotic series below have rests under 2^-53 of the value.
inline constexpr double kFar = 10.0;
inline constexpr double kHalfLog2Pi = 0x1.d67f1c864beb5p-1;

/// log Γ(z) - ((z - 1/2) log z - z + log(2π) / 2), for z >= kFar.
[[nodiscard]] inline double stirling_rest(double z) noexcept {
  constexpr double kTerms[] = {1.0 / 12,   -1.0 / 360,       1.0 / 1260, -1.0 / 1680,
                               1.0 / 1188, -691.0 / 360'360, 1.0 / 156};
  return elementary::detail::horner(1.0 / (z * z), kTerms) / z;
}

/// log z - 1 / (2 z) - ψ(z), for z >= kFar.
[[nodiscard]] inline double digamma_rest(double z) noexcept {
  constexpr double kTerms[] = {1.0 / 12,  -1.0 / 120,      1.0 / 252, -1.0 / 240,
                               1.0 / 132, -691.0 / 32'760, 1.0 / 12};
  const double square = 1.0 / (z * z);
  return square * elementary::detail::horner(square, kTerms);
}

/// ψ'(z) for z >= kFar.
[[nodiscard]] inline double far_trigamma(double z) noexcept {
  constexpr double kTerms[] = {1.0 / 6,  -1.0 / 30,      1.0 / 42, -1.0 / 30,
                               5.0 / 66, -691.0 / 2'730, 7.0 / 6};
  const double square = 1.0 / (z * z);
  return 1.0 / z + 0.5 * square + square / z * elementary::detail::horner(square, kTerms);
}

}  // namespace detail

/// log Γ(z) for z > 0, to 4 · 10^-15 of the larger of its value and 1.
/// Source: Stirling's series (Abramowitz and Stegun, 6.1.41) behind a shift by 6.1.15.
[[nodiscard]] inline double log_gamma(double z) noexcept {
  double product = 1.0;
  while (z < detail::kFar) {
    product *= z;
    z += 1.0;
  }
  return (z - 0.5) * elementary::log(z) - z + detail::kHalfLog2Pi + detail::stirling_rest(z) -
         elementary::log(product);
}

/// ψ(z), the derivative of log Γ, for z > 0. Source: Abramowitz and Stegun, 6.3.18 and 6.3.5.
[[nodiscard]] inline double digamma(double z) noexcept {
  double sum = 0.0;
  while (z < detail::kFar) {
    sum += 1.0 / z;
    z += 1.0;
  }
  return elementary::log(z) - 0.5 / z - detail::digamma_rest(z) - sum;
}

/// ψ'(z) for z > 0. Source: Abramowitz and Stegun, 6.4.12 and 6.4.6.
[[nodiscard]] inline double trigamma(double z) noexcept {
  double sum = 0.0;
  while (z < detail::kFar) {
    sum += 1.0 / (z * z);
    z += 1.0;
  }
  return detail::far_trigamma(z) + sum;
}

/// log Γ(z + x) - log Γ(z), and its first and second derivative by z.
struct Rise {
  double log = 0.0;
  double first = 0.0;
  double second = 0.0;
};

/// The rise from z > 0 over x >= 0, without the loss of digits of a difference where z is large
/// beside x.
[[nodiscard]] inline Rise rise(double z, double x) noexcept {
  Rise low;
  while (z < detail::kFar) {  // One step up at the lower end, which the value lacks then.
    if (x == 0.0) {
      return low;
    }
    low.log += elementary::log(z);
    low.first += 1.0 / z;
    low.second -= 1.0 / (z * z);
    z += 1.0;
    if (x >= 1.0) {
      x -= 1.0;
      continue;
    }
    // Both ends are low: one step at the upper end is too much.
    const double top = z - 1.0 + x;
    low.log -= elementary::log(top);
    low.first -= 1.0 / top;
    low.second += 1.0 / (top * top);
  }
  const double top = z + x;
  const double log_ratio = elementary::log1p(x / z);
  return {
      .log = low.log + (z - 0.5) * log_ratio + x * elementary::log(top) - x +
             detail::stirling_rest(top) - detail::stirling_rest(z),
      .first = low.first + log_ratio + 0.5 * (x / z) / top - detail::digamma_rest(top) +
               detail::digamma_rest(z),
      .second = low.second + detail::far_trigamma(top) - detail::far_trigamma(z),
  };
}

}  // namespace ecommerce_analytics::gamma_function
