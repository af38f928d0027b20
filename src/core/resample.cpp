#include "core/resample.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/parallel.hpp"
#include "ecommerce_analytics/core/random.hpp"

namespace ecommerce_analytics {
namespace {

/// The quantile of sorted values, between neighbours in proportion.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = static_cast<double>(sorted.size() - 1) * share;
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - std::floor(place)) * (sorted[above] - sorted[below]);
}

}  // namespace

void validate_resamples(int num_resamples) {
  require(num_resamples >= 1 && num_resamples <= kMaxResamples, ErrorCode::invalid_argument,
          "bootstrap: n_resamples must be in [1, 100000]", std::to_string(num_resamples));
}

void for_each_resample(
    std::size_t num_rows, int num_resamples, std::uint64_t seed, int num_threads,
    const std::function<void(std::size_t, std::span<const std::uint32_t>)>& work) {
  const auto total = static_cast<std::size_t>(num_resamples);
  const int threads = std::min(resolve_num_threads(num_threads), num_resamples);
  parallel_for(total, threads, [&](std::size_t, std::size_t first, std::size_t last) {
    std::vector<std::uint32_t> counts(num_rows);
    for (std::size_t resample = first; resample < last; ++resample) {
      poll_interrupt();
      std::fill(counts.begin(), counts.end(), 0);
      // A seed draws the seeds, so that neighbours of one seed are no neighbours of another.
      Random random(Random(seed).next() + resample);
      for (std::size_t draw = 0; draw < num_rows; ++draw) {
        ++counts[random.below(num_rows)];
      }
      work(resample, counts);
    }
  });
}

Interval percentile_interval(std::vector<double> values, double confidence) {
  std::sort(values.begin(), values.end());
  const double tail = (1.0 - confidence) / 2.0;
  return {.lower = quantile(values, tail), .upper = quantile(values, 1.0 - tail)};
}

}  // namespace ecommerce_analytics
