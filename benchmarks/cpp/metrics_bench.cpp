#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ecommerce_analytics/core/random.hpp"
#include "ecommerce_analytics/metrics.hpp"

namespace ecommerce_analytics::metrics {
namespace {

constexpr std::int64_t kBytesPerRow = 9;  // Label and score.

struct Scored {
  std::vector<std::uint8_t> y{};
  std::vector<double> score{};

  explicit Scored(std::size_t num_rows) {
    Random random(1);
    for (std::size_t row = 0; row < num_rows; ++row) {
      score.push_back(random.uniform());
      y.push_back(random.uniform() < score.back() ? 1 : 0);
    }
  }
};

template <class Function>
void measure(benchmark::State& state, const Function& function) {
  const Scored rows(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    auto result = function(rows);
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}

void over_rows(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(10)
      ->Range(1'000, 1'000'000)
      ->Unit(benchmark::kMicrosecond)
      ->Complexity(benchmark::oNLogN);
}

void BM_RocAuc(benchmark::State& state) {
  measure(state, [](const Scored& rows) { return roc_auc(rows.y, rows.score); });
}
BENCHMARK(BM_RocAuc)->Apply(over_rows);

void BM_LogLoss(benchmark::State& state) {
  measure(state, [](const Scored& rows) { return log_loss(rows.y, rows.score); });
}
BENCHMARK(BM_LogLoss)->Apply(over_rows);

void BM_Lift(benchmark::State& state) {
  measure(state, [](const Scored& rows) { return lift(rows.y, rows.score); });
}
BENCHMARK(BM_Lift)->Apply(over_rows);

void BM_Calibration(benchmark::State& state) {
  measure(state, [](const Scored& rows) { return calibration(rows.y, rows.score); });
}
BENCHMARK(BM_Calibration)->Apply(over_rows);

}  // namespace
}  // namespace ecommerce_analytics::metrics
