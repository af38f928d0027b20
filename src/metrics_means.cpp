#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include "core/compensated_sum.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/metrics.hpp"

namespace ecommerce_analytics::metrics {
namespace {

/// Leaves out the last bits, which depend on the processor.
double rounded(double value) { return std::ldexp(std::nearbyint(std::ldexp(value, 40)), -40); }

struct Moments {
  double mean = 0.0;
  double variance_of_mean = 0.0;
};

Moments moments_of(std::span<const double> values) {
  require(values.size() >= 2, ErrorCode::invalid_data, "metrics: a group has fewer than two values",
          std::to_string(values.size()));
  const auto n = static_cast<double>(values.size());
  CompensatedSum sum;
  for (const double value : values) {
    require(std::isfinite(value), ErrorCode::invalid_data, "metrics: a value is not finite",
            to_text(value));
    sum.add(value);
  }
  const double mean = sum.value() / n;
  CompensatedSum squares;
  for (const double value : values) {
    squares.add((value - mean) * (value - mean));
  }
  return {.mean = mean, .variance_of_mean = squares.value() / (n - 1.0) / n};
}

}  // namespace

MeanDifference mean_difference(std::span<const double> first, std::span<const double> second,
                               double confidence) {
  require(confidence > 0.0 && confidence < 1.0, ErrorCode::invalid_argument,
          "metrics: confidence must be in (0, 1)", to_text(confidence));
  const Moments a = moments_of(first);
  const Moments b = moments_of(second);
  const double variance = a.variance_of_mean + b.variance_of_mean;
  MeanDifference result{.difference = a.mean - b.mean, .standard_error = std::sqrt(variance)};
  // Squared shares, as squares of small variances may vanish.
  const double share_a = a.variance_of_mean / variance;
  const double share_b = b.variance_of_mean / variance;
  if (!(variance > 0.0) || !std::isfinite(share_a) || !std::isfinite(share_b)) {
    result.lower = result.difference;
    result.upper = result.difference;
    result.p_value = result.difference == 0.0 ? 1.0 : 0.0;
    return result;
  }
  result.degrees_of_freedom = 1.0 / (share_a * share_a / static_cast<double>(first.size() - 1) +
                                     share_b * share_b / static_cast<double>(second.size() - 1));
  const boost::math::students_t_distribution<double> law(result.degrees_of_freedom);
  const double t =
      rounded(boost::math::quantile(boost::math::complement(law, (1.0 - confidence) / 2.0)));
  result.lower = result.difference - t * result.standard_error;
  result.upper = result.difference + t * result.standard_error;
  const double distance = std::abs(result.difference) / result.standard_error;
  result.p_value = rounded(2.0 * boost::math::cdf(boost::math::complement(law, distance)));
  return result;
}

double share_p_value(std::int64_t successes, std::int64_t trials, double share) {
  require(trials >= 0 && successes >= 0 && successes <= trials, ErrorCode::invalid_argument,
          "metrics: successes must be in [0, trials]",
          std::to_string(successes) + " of " + std::to_string(trials));
  require(share > 0.0 && share < 1.0, ErrorCode::invalid_argument,
          "metrics: share must be in (0, 1)", to_text(share));
  if (trials == 0) {
    return 1.0;
  }
  const boost::math::binomial_distribution<double> law(static_cast<double>(trials), share);
  const auto count = static_cast<double>(successes);
  const double below = boost::math::cdf(law, count);
  const double above =
      successes == 0 ? 1.0 : boost::math::cdf(boost::math::complement(law, count - 1.0));
  return std::min(1.0, rounded(2.0 * std::min(below, above)));
}

}  // namespace ecommerce_analytics::metrics
