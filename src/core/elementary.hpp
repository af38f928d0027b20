#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

/// Elementary functions with the same last bit on every processor, which those of the C library
/// do not promise. They are made of additions, multiplications and divisions in a fixed order, so a
/// loop over them gives the same bits whether or not the compiler makes vectors of it.
namespace ecommerce_analytics::elementary {

/// `condition ? yes : no` without a branch, which the compiler would make of a constant and so make
/// no vectors of the loop.
[[nodiscard]] inline double choose(bool condition, double yes, double no) noexcept {
  const std::uint64_t mask = -static_cast<std::uint64_t>(condition);
  return std::bit_cast<double>((std::bit_cast<std::uint64_t>(yes) & mask) |
                               (std::bit_cast<std::uint64_t>(no) & ~mask));
}

namespace detail {

inline constexpr double kLn2High =
    0x1.62e42fefa0000p-1;  // 32 zero bits behind: k times it is exact.
inline constexpr double kLn2Low = 0x1.cf79abc9e3b39803p-40;

/// Value of the polynomial with `coefficients`, the constant one first.
template <std::size_t kSize>
[[nodiscard]] constexpr double horner(double x, const double (&coefficients)[kSize]) noexcept {
  double value = coefficients[kSize - 1];
  for (std::size_t i = kSize - 1; i-- > 0;) {
    value = value * x + coefficients[i];
  }
  return value;
}

}  // namespace detail

/// e to the power x, within one unit in the last place; infinity above 709.78, 0 below -745.13; NaN
/// for NaN. Free of branches, so that loops over it become vectors.
/// Source: reduction by multiples of ln 2 in two parts (Cody and Waite, 1980), then Taylor's
/// series to degree 13, whose rest is below 2^-57 for |r| <= ln(2) / 2.
[[nodiscard]] inline double exp(double x) noexcept {
  constexpr double kShift = 0x1.8p52;  // Adding it rounds to an integer, found in the low bits.
  constexpr double kLog2E = 0x1.71547652b82fep0;
  // Beyond these all results are infinity or 0.
  const double above = choose(x < -746.0, -746.0, x);
  const double clamped = choose(above > 710.0, 710.0, above);
  const double shifted = clamped * kLog2E + kShift;
  const double k = shifted - kShift;
  const double r = (clamped - k * detail::kLn2High) - k * detail::kLn2Low;

  constexpr double kTaylor[] = {0.5,           1.0 / 6,        1.0 / 24,        1.0 / 120,
                                1.0 / 720,     1.0 / 5040,     1.0 / 40320,     1.0 / 362880,
                                1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};
  const double power = 1.0 + (r + r * r * detail::horner(r, kTaylor));

  // 2^k in two factors: k reaches beyond the exponents of a double on both sides.
  constexpr std::uint64_t kBias = 2048;
  const std::uint64_t biased =
      std::bit_cast<std::uint64_t>(shifted) - std::bit_cast<std::uint64_t>(kShift) + kBias;
  const std::uint64_t half = biased >> 1U;
  const double first = std::bit_cast<double>((half - kBias / 2 + 1023U) << 52U);
  const double second = std::bit_cast<double>((biased - half - kBias / 2 + 1023U) << 52U);
  return power * first * second;
}

/// Natural logarithm, within one unit in the last place; -infinity at 0, NaN below 0 and for NaN.
/// Source: log(2^k m) = k ln 2 + 2 artanh(f / (2 + f)) with f = m - 1, m in [1/√2, √2), by the
/// series of artanh to its 23rd power.
[[nodiscard]] inline double log(double x) noexcept {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (!(x > 0.0 && x < kInfinity)) {
    return x == 0.0 ? -kInfinity : x > 0.0 ? x : std::numeric_limits<double>::quiet_NaN();
  }
  constexpr std::uint64_t kRootHalf = 0x3FE6A09E667F3BCDU;  // Bits of 1/√2.
  double extra = 0.0;
  if (x < std::numeric_limits<double>::min()) {  // Subnormal.
    x *= 0x1p54;
    extra = -54.0;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const auto exponent = static_cast<std::int64_t>(bits - kRootHalf) >> 52;
  const double k = static_cast<double>(exponent) + extra;
  const double m = std::bit_cast<double>(bits - (static_cast<std::uint64_t>(exponent) << 52U));
  const double f = m - 1.0;
  const double s = f / (2.0 + f);
  const double z = s * s;
  constexpr double kArtanh[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13,
                                2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23};
  const double rest = z * detail::horner(z, kArtanh);
  // 2 s = f - s f, and s f = f²/2 - s f²/2: so the large part, f, is met last.
  const double half_square = 0.5 * f * f;
  return k * detail::kLn2High -
         ((half_square - (s * (half_square + rest) + k * detail::kLn2Low)) - f);
}

/// log(1 + x) without loss for small x; -infinity at -1, NaN below.
/// Source: log of the rounded sum, and the rounding's part by the first term of its series.
[[nodiscard]] inline double log1p(double x) noexcept {
  const double sum = 1.0 + x;
  const double logarithm = elementary::log(sum);
  if (!(sum > 0.0 && sum < std::numeric_limits<double>::infinity())) {
    return logarithm;
  }
  const double lost = x < 1.0 ? x - (sum - 1.0) : 1.0 - (sum - x);
  return logarithm + lost / sum;
}

/// log(1 + x) for x in [0, 1], within two units in the last place; free of branches.
/// Source: 2 artanh(x / (2 + x)), by the series of artanh, whose argument is at most 1/3, to its
/// 33rd power; the rest is below 2^-57 of the value.
[[nodiscard]] inline double log1p_of_share(double x) noexcept {
  constexpr double kArtanh[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13,
                                2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23, 2.0 / 25,
                                2.0 / 27, 2.0 / 29, 2.0 / 31, 2.0 / 33};
  const double s = x / (2.0 + x);
  const double z = s * s;
  return 2.0 * s + s * (z * detail::horner(z, kArtanh));
}

/// 1 - e^-y for y >= 0, without loss for small y.
/// Source: below 1/2 Taylor's series to degree 14, whose rest is below 2^-53 of the value.
[[nodiscard]] inline double exp_complement(double y) noexcept {
  constexpr double kTaylor[] = {1.0,
                                -1.0 / 2,
                                1.0 / 6,
                                -1.0 / 24,
                                1.0 / 120,
                                -1.0 / 720,
                                1.0 / 5040,
                                -1.0 / 40320,
                                1.0 / 362880,
                                -1.0 / 3628800,
                                1.0 / 39916800,
                                -1.0 / 479001600,
                                1.0 / 6227020800.0,
                                -1.0 / 87178291200.0};
  return y < 0.5 ? y * detail::horner(y, kTaylor) : 1.0 - elementary::exp(-y);
}

namespace detail {

/// exp(-factor x²), with the part of x² that a double cannot hold; for factors that are powers of
/// two.
[[nodiscard]] inline double exp_of_square(double factor, double x) noexcept {
  constexpr std::uint64_t kHighHalf = ~((std::uint64_t{1} << 27U) - 1);
  const double high = std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) & kHighHalf);
  return elementary::exp(-factor * high * high) *
         elementary::exp(-factor * (x - high) * (x + high));
}

/// exp(x²) erfc(x) for x >= 0.
/// Source: below 1 the series of erf with positive terms (Abramowitz and Stegun, 7.1.6), else the
/// continued fraction (7.1.14) from a term behind which the rest is below 2^-53.
[[nodiscard]] inline double erfc_times_exp(double x) noexcept {
  constexpr double kRootOfPi = 0x1.c5bf891b4ef6ap0;
  if (x < 1.0) {
    double term = x;
    double sum = 0.0;
    for (int n = 1; n < 40; ++n) {
      sum += term;
      term *= 2.0 * x * x / (2 * n + 1);
    }
    return elementary::exp(x * x) - 2.0 / kRootOfPi * sum;
  }
  double fraction = x;
  for (int n = 40 + static_cast<int>(300.0 / (x * x)); n > 0; --n) {
    fraction = x + 0.5 * n / fraction;
  }
  return 1.0 / (kRootOfPi * fraction);
}

}  // namespace detail

/// Complement of the error function, to 10^-15 of its value wherever that is no subnormal; NaN for
/// NaN.
[[nodiscard]] inline double erfc(double x) noexcept {
  if (x < 0.0) {
    return 2.0 - elementary::erfc(-x);
  }
  return x > 28.0 ? 0.0 : detail::erfc_times_exp(x) * detail::exp_of_square(1.0, x);
}

/// Probability that a normal variable lies at least z standard deviations from its mean, on either
/// side; to 10^-15 of its value wherever that is no subnormal.
[[nodiscard]] inline double two_sided_normal(double z) noexcept {
  constexpr double kRootHalf = 0x1.6a09e667f3bcdp-1;
  const double distance = z < 0.0 ? -z : z;
  return distance > 39.0
             ? 0.0
             : detail::erfc_times_exp(distance * kRootHalf) * detail::exp_of_square(0.5, distance);
}

/// The z of which `two_sided_normal` is `probability`, for one in (0, 1).
[[nodiscard]] inline double two_sided_normal_quantile(double probability) noexcept {
  double low = 0.0;
  double high = 39.0;
  for (int i = 0; i < 80; ++i) {
    const double middle = 0.5 * (low + high);
    (elementary::two_sided_normal(middle) > probability ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace ecommerce_analytics::elementary
