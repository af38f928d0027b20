#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "ecommerce_analytics/core/random.hpp"
#include "ecommerce_analytics/logistic.hpp"

namespace ecommerce_analytics::logistic {
namespace {

constexpr std::size_t kNumColumns = 20;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Seeded rows whose labels depend on all columns: the same ones always.
template <class T>
struct LabelledRows {
  explicit LabelledRows(std::size_t num_rows) : values(num_rows * kNumColumns), y(num_rows) {
    Random random(1);
    for (std::size_t row = 0; row < num_rows; ++row) {
      double odds = -1.0;
      for (std::size_t j = 0; j < kNumColumns; ++j) {
        const double value = random.uniform() + random.uniform() - 1.0;
        values[row * kNumColumns + j] = static_cast<T>(value);
        odds += value * (j % 2 == 0 ? 0.5 : -0.7);
      }
      y[row] = random.uniform() < 1.0 / (1.0 + std::exp(-odds)) ? 1 : 0;
    }
  }

  [[nodiscard]] MatrixView<T> X() const { return {values, y.size(), kNumColumns}; }

  std::vector<T> values;
  std::vector<std::uint8_t> y;
};

template <class T>
void fit_rows(benchmark::State& state, double C, int num_threads) {
  const LabelledRows<T> rows(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    Result result = fit(rows.X(), rows.y, {.C = C, .num_threads = num_threads});
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) *
                          static_cast<std::int64_t>(kNumColumns * sizeof(T)));
  state.SetComplexityN(state.range(0));
}

void BM_LogisticFit(benchmark::State& state, double C, int num_threads) {
  fit_rows<double>(state, C, num_threads);
}
void BM_LogisticFitOfFloats(benchmark::State& state, double C, int num_threads) {
  fit_rows<float>(state, C, num_threads);
}
BENCHMARK_CAPTURE(BM_LogisticFit, one_thread, 1.0, 1)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);
BENCHMARK_CAPTURE(BM_LogisticFit, two_threads, 1.0, 2)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_LogisticFit, without_penalty, kInfinity, 2)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_LogisticFitOfFloats, two_threads, 1.0, 2)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_LogisticPredict(benchmark::State& state) {
  const LabelledRows<double> rows(static_cast<std::size_t>(state.range(0)));
  const Result result = fit(rows.X(), rows.y);
  for (auto _ : state) {
    std::vector<double> probability = predict_probability(result, rows.X());
    benchmark::DoNotOptimize(probability);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_LogisticPredict)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMillisecond)
    ->Complexity(benchmark::oN);

}  // namespace
}  // namespace ecommerce_analytics::logistic
