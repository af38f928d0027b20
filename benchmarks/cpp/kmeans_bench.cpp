#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ecommerce_analytics/core/random.hpp"
#include "ecommerce_analytics/kmeans.hpp"

namespace ecommerce_analytics::kmeans {
namespace {

constexpr std::size_t kNumColumns = 4;

/// Points around twenty places; the same rows always.
template <class T>
std::vector<T> make_points(std::size_t num_rows) {
  Random random(1);
  std::vector<T> points;
  for (std::size_t row = 0; row < num_rows; ++row) {
    const std::uint64_t place = random.below(20);
    for (std::size_t j = 0; j < kNumColumns; ++j) {
      const auto center = static_cast<double>((place * (j + 3)) % 20);
      points.push_back(static_cast<T>(center + random.uniform() + random.uniform()));
    }
  }
  return points;
}

/// Ten of Lloyd's steps from the first rows.
template <class T>
void run_steps(benchmark::State& state, int n_clusters, int num_threads) {
  const auto num_rows = static_cast<std::size_t>(state.range(0));
  const std::vector<T> points = make_points<T>(num_rows);
  const MatrixView<T> view(points, num_rows, kNumColumns);
  Options options{.n_clusters = n_clusters, .max_iter = 10, .tol = 0.0, .num_threads = num_threads};
  options.init.assign(points.begin(),
                      points.begin() + n_clusters * static_cast<std::ptrdiff_t>(kNumColumns));
  for (auto _ : state) {
    Result<T> result = fit(view, options);
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * options.max_iter);
  state.SetBytesProcessed(state.iterations() * state.range(0) * options.max_iter *
                          static_cast<std::int64_t>(kNumColumns * sizeof(T)));
  state.SetComplexityN(state.range(0));
}
void BM_KmeansSteps(benchmark::State& state, int n_clusters, int num_threads) {
  run_steps<double>(state, n_clusters, num_threads);
}
void BM_KmeansStepsFloat(benchmark::State& state, int n_clusters, int num_threads) {
  run_steps<float>(state, n_clusters, num_threads);
}
BENCHMARK_CAPTURE(BM_KmeansSteps, 8_clusters_one_thread, 8, 1)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);
BENCHMARK_CAPTURE(BM_KmeansSteps, 8_clusters_two_threads, 8, 2)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);
BENCHMARK_CAPTURE(BM_KmeansStepsFloat, 8_clusters_one_thread, 8, 1)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);
BENCHMARK_CAPTURE(BM_KmeansSteps, 100_clusters_one_thread, 100, 1)
    ->RangeMultiplier(10)
    ->Range(1'000, 100'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);

/// A start: sorting, drawing, one step.
void BM_KmeansStart(benchmark::State& state) {
  const auto num_rows = static_cast<std::size_t>(state.range(0));
  const std::vector<double> points = make_points<double>(num_rows);
  for (auto _ : state) {
    Result<double> result = fit(MatrixView<double>(points, num_rows, kNumColumns),
                                {.n_clusters = 8, .max_iter = 1, .num_threads = 1});
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_KmeansStart)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oNLogN);

void BM_KmeansSilhouette(benchmark::State& state) {
  const auto num_rows = static_cast<std::size_t>(state.range(0));
  const std::vector<double> points = make_points<double>(num_rows);
  const MatrixView<double> view(points, num_rows, kNumColumns);
  const std::vector<std::int32_t> labels = fit(view, {.n_clusters = 8}).labels;
  for (auto _ : state) {
    Silhouette result = silhouette(view, labels, {.num_threads = 1});
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(0));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_KmeansSilhouette)
    ->RangeMultiplier(10)
    ->Range(100, 10'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oNSquared);

}  // namespace
}  // namespace ecommerce_analytics::kmeans
