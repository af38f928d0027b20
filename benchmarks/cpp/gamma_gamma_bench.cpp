#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ecommerce_analytics/core/random.hpp"
#include "ecommerce_analytics/gamma_gamma.hpp"

namespace ecommerce_analytics::gamma_gamma {
namespace {

constexpr std::int64_t kBytesPerRow = 16;

void BM_GammaGammaFit(benchmark::State& state) {
  Random random(1);
  std::vector<double> frequency;
  std::vector<double> value;
  for (std::int64_t row = 0; row < state.range(0); ++row) {
    frequency.push_back(1.0 + std::floor(5.0 * random.uniform()));
    value.push_back(5.0 - 20.0 * std::log(1.0 - random.uniform()) * (0.5 + random.uniform()));
  }
  for (auto _ : state) {
    auto result = fit({frequency, value});
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
}
BENCHMARK(BM_GammaGammaFit)->Arg(1'000)->Arg(100'000);

}  // namespace
}  // namespace ecommerce_analytics::gamma_gamma
