#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ecommerce_analytics/bg_nbd.hpp"
#include "ecommerce_analytics/core/random.hpp"

namespace ecommerce_analytics::bg_nbd {
namespace {

constexpr std::int64_t kBytesPerRow = 24;

/// Histories no two of which are equal, so that none are counted together.
struct Histories {
  std::vector<double> frequency{};
  std::vector<double> recency{};
  std::vector<double> T{};

  explicit Histories(std::size_t num_rows) {
    Random random(1);
    for (std::size_t row = 0; row < num_rows; ++row) {
      T.push_back(20.0 + 20.0 * random.uniform());
      frequency.push_back(std::floor(-2.0 * std::log(1.0 - random.uniform())));
      recency.push_back(frequency.back() > 0.0 ? (0.1 + 0.9 * random.uniform()) * T.back() : 0.0);
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

void BM_BgNbdFit(benchmark::State& state) {
  measure(state, [](const Customers& customers) { return fit(customers); });
}
BENCHMARK(BM_BgNbdFit)->Arg(1'000)->Arg(100'000);

void BM_BgNbdExpectedPurchases(benchmark::State& state) {
  const Parameters at{.r = 0.243, .alpha = 4.414, .a = 0.793, .b = 2.426};
  measure(state, [&](const Customers& customers) {
    return expected_purchases(at, customers, {.end = 39.0});
  });
}
BENCHMARK(BM_BgNbdExpectedPurchases)->Arg(1'000)->Arg(100'000);

}  // namespace
}  // namespace ecommerce_analytics::bg_nbd
