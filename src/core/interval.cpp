#include "core/interval.hpp"

#include <boost/math/distributions/normal.hpp>
#include <cmath>

namespace ecommerce_analytics {

double normal_quantile(double confidence) {
  const double z = boost::math::quantile(boost::math::complement(
      boost::math::normal_distribution<double>(), (1.0 - confidence) / 2.0));
  // The last bits of the logarithm behind it depend on the processor: leave them out.
  return std::ldexp(std::nearbyint(std::ldexp(z, 44)), -44);
}

Interval wilson(double share, double trials, double z) noexcept {
  const double z2 = z * z;
  const double center = (share + z2 / (2.0 * trials)) / (1.0 + z2 / trials);
  const double half = z / (1.0 + z2 / trials) *
                      std::sqrt(share * (1.0 - share) / trials + z2 / (4.0 * trials * trials));
  // At the ends the formula gives 0 and 1 but for rounding.
  return {.lower = share <= 0.0 ? 0.0 : center - half, .upper = share >= 1.0 ? 1.0 : center + half};
}

Interval wilson(std::int64_t successes, std::int64_t trials, double z) noexcept {
  const auto n = static_cast<double>(trials);
  return wilson(static_cast<double>(successes) / n, n, z);
}

Interval newcombe(double first, const Interval& of_first, double second,
                  const Interval& of_second) noexcept {
  const auto length = [](double a, double b) { return std::sqrt(a * a + b * b); };
  const double difference = first - second;
  return {difference - length(first - of_first.lower, of_second.upper - second),
          difference + length(of_first.upper - first, second - of_second.lower)};
}

}  // namespace ecommerce_analytics
