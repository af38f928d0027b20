#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/kpi.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::kpi {
namespace {

constexpr std::int64_t kBytesPerRow = 21;    // Order, time, amount and kind of a line.
constexpr std::int64_t kBytesPerOrder = 32;  // State of an order.

void BM_KpiSummary(benchmark::State& state, int num_threads) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const Transactions transactions = orders.transactions();
  for (auto _ : state) {
    Summary table = summary(transactions, {.period = Period::month, .num_threads = num_threads});
    benchmark::DoNotOptimize(table);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}
BENCHMARK_CAPTURE(BM_KpiSummary, one_thread, 1)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);
BENCHMARK_CAPTURE(BM_KpiSummary, two_threads, 2)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);

void BM_KpiSummaryOfHistory(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  CustomerHistory history;
  history.add(orders.transactions());
  for (auto _ : state) {
    Summary table = summary(history, {.period = Period::month});
    benchmark::DoNotOptimize(table);
  }
  const auto num_orders = static_cast<std::int64_t>(history.orders().size());
  state.SetItemsProcessed(state.iterations() * num_orders);
  state.SetBytesProcessed(state.iterations() * num_orders * kBytesPerOrder);
  state.SetComplexityN(num_orders);
}
BENCHMARK(BM_KpiSummaryOfHistory)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oN);

}  // namespace
}  // namespace ecommerce_analytics::kpi
