#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/aggregate.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::aggregate {
namespace {

constexpr std::int64_t kBytesPerRow = 25;  // Order, time, amount, kind and region of a line.

void BM_AggregateGroupBy(benchmark::State& state, int num_threads) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const Transactions transactions = orders.transactions();
  for (auto _ : state) {
    Groups table = group_by(
        transactions,
        {.by = {"region", "weekday"}, .period = Period::month, .num_threads = num_threads});
    benchmark::DoNotOptimize(table);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}
BENCHMARK_CAPTURE(BM_AggregateGroupBy, one_thread, 1)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);
BENCHMARK_CAPTURE(BM_AggregateGroupBy, two_threads, 2)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);

}  // namespace
}  // namespace ecommerce_analytics::aggregate
