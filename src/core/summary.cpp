#include "ecommerce_analytics/core/summary.hpp"

#include <algorithm>
#include <boost/accumulators/accumulators.hpp>
#include <boost/accumulators/statistics/count.hpp>
#include <boost/accumulators/statistics/max.hpp>
#include <boost/accumulators/statistics/mean.hpp>
#include <boost/accumulators/statistics/min.hpp>
#include <boost/accumulators/statistics/stats.hpp>
#include <vector>

namespace ecommerce_analytics {

Summary summarize(std::span<const double> values) {
  namespace acc = boost::accumulators;
  if (values.empty()) {
    return {};
  }
  acc::accumulator_set<double,
                       acc::stats<acc::tag::count, acc::tag::mean, acc::tag::min, acc::tag::max>>
      gathered;
  for (const double value : values) {
    gathered(value);
  }

  // The accumulators' own median is an estimate: take it from the sorted values.
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  double median = *middle;
  if (sorted.size() % 2 == 0) {
    median = (*std::max_element(sorted.begin(), middle) + median) / 2.0;
  }
  return {.count = acc::count(gathered),
          .mean = acc::mean(gathered),
          .min = (acc::min)(gathered),
          .median = median,
          .max = (acc::max)(gathered)};
}

}  // namespace ecommerce_analytics
