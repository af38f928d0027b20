#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ecommerce_analytics/core/random.hpp"
#include "ecommerce_analytics/pareto_nbd.hpp"

namespace ecommerce_analytics::pareto_nbd {
namespace {

constexpr std::int64_t kBytesPerRow = 24;

/// Customers who leave after a purchase now and then; hardly any two are equal.
struct Histories {
  std::vector<double> frequency{};
  std::vector<double> recency{};
  std::vector<double> T{};

  explicit Histories(std::size_t num_rows) {
    Random random(1);
    for (std::size_t row = 0; row < num_rows; ++row) {
      const double rate = -0.1 * std::log(1.0 - random.uniform());
      const double leaves = 0.4 * random.uniform();
      double time = 0.0;
      T.push_back(20.0 + 20.0 * random.uniform());
      frequency.push_back(0.0);
      recency.push_back(0.0);
      while ((time -= std::log(1.0 - random.uniform()) / rate) < T.back()) {
        frequency.back() += 1.0;
        recency.back() = time;
        if (random.uniform() < leaves) {
          break;
        }
      }
    }
  }
  [[nodiscard]] Customers view() const { return {frequency, recency, T}; }
};

template <class Function>
void measure(benchmark::State& state, const Function& function) {
  const Histories histories(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    auto result = function(histories.view());
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
}

void BM_ParetoNbdFit(benchmark::State& state) {
  measure(state, [](const Customers& customers) { return fit(customers); });
}
BENCHMARK(BM_ParetoNbdFit)->Arg(1'000)->Arg(100'000);

void BM_ParetoNbdExpectedPurchases(benchmark::State& state) {
  const Parameters at{.r = 0.553, .alpha = 10.578, .s = 0.606, .beta = 11.669};
  measure(state, [&](const Customers& customers) {
    return expected_purchases(at, customers, {.end = 39.0});
  });
}
BENCHMARK(BM_ParetoNbdExpectedPurchases)->Arg(1'000)->Arg(100'000);

}  // namespace
}  // namespace ecommerce_analytics::pareto_nbd
