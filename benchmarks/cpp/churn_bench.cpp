#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/churn.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::churn {
namespace {

constexpr std::int64_t kBytesPerRow = 21;  // Order, time, amount and kind of a line.

/// Five cutoffs, four regressions, four models judged, one ranking.
void BM_ChurnRank(benchmark::State& state, int num_threads) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const Transactions transactions = orders.transactions();
  for (auto _ : state) {
    Outcome outcome = rank(transactions, {.num_threads = num_threads});
    benchmark::DoNotOptimize(outcome);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}

void over_rows(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(10)
      ->Range(10'000, 1'000'000)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime()
      ->Complexity(benchmark::oN);
}
BENCHMARK_CAPTURE(BM_ChurnRank, one_thread, 1)->Apply(over_rows);
BENCHMARK_CAPTURE(BM_ChurnRank, two_threads, 2)->Apply(over_rows);

}  // namespace
}  // namespace ecommerce_analytics::churn
