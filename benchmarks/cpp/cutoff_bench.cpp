#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/cutoff.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::cutoff {
namespace {

constexpr std::int64_t kBytesPerRow = 21;  // Order, time, amount and kind of a line.

void over_rows(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(10)
      ->Range(10'000, 1'000'000)
      ->Unit(benchmark::kMicrosecond)
      ->UseRealTime()
      ->Complexity(benchmark::oN);
}

void BM_CutoffFeatures(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const Transactions transactions = orders.transactions();
  const std::int64_t cutoff_us = end_of_data_us(transactions) - 90 * kMicrosecondsPerDay;
  for (auto _ : state) {
    Features table = features(transactions, cutoff_us, {.num_threads = 1});
    benchmark::DoNotOptimize(table);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_CutoffFeatures)->Apply(over_rows);

void BM_CutoffDataset(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const Transactions transactions = orders.transactions();
  const std::int64_t cutoff_us = end_of_data_us(transactions) - 90 * kMicrosecondsPerDay;
  for (auto _ : state) {
    const Dataset dataset(transactions, cutoff_us, {.num_threads = 1});
    benchmark::DoNotOptimize(dataset.num_positives());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_CutoffDataset)->Apply(over_rows);

}  // namespace
}  // namespace ecommerce_analytics::cutoff
