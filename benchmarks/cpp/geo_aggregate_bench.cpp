#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/geo_aggregate.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::geo_aggregate {
namespace {

constexpr std::int64_t kBytesPerRow = 25;    // Order, time, amount, kind and region of a line.
constexpr std::int64_t kBytesPerOrder = 56;  // State of an order and its first day.

void BM_GeoAggregateByRegion(benchmark::State& state, int num_threads) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const Transactions transactions = orders.transactions();
  for (auto _ : state) {
    Regions table = by_region(transactions, {.num_threads = num_threads});
    benchmark::DoNotOptimize(table);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}
BENCHMARK_CAPTURE(BM_GeoAggregateByRegion, one_thread, 1)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);
BENCHMARK_CAPTURE(BM_GeoAggregateByRegion, two_threads, 2)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);

void BM_GeoAggregateByRegionOfHistory(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  CustomerHistory history({.region = "region"});
  history.add(orders.transactions());
  for (auto _ : state) {
    Regions table = by_region(history);
    benchmark::DoNotOptimize(table);
  }
  const auto num_orders = static_cast<std::int64_t>(history.orders().size());
  state.SetItemsProcessed(state.iterations() * num_orders);
  state.SetBytesProcessed(state.iterations() * num_orders * kBytesPerOrder);
  state.SetComplexityN(num_orders);
}
BENCHMARK(BM_GeoAggregateByRegionOfHistory)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oN);

}  // namespace
}  // namespace ecommerce_analytics::geo_aggregate
