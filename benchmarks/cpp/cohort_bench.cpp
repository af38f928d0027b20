#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/cohort.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::cohort {
namespace {

constexpr std::int64_t kBytesPerRow = 21;    // Order, time, amount and kind of a line.
constexpr std::int64_t kBytesPerOrder = 32;  // State of an order.

void BM_CohortRetention(benchmark::State& state, int num_threads) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const Transactions transactions = orders.transactions();
  for (auto _ : state) {
    Retention table = retention(transactions, {.num_threads = num_threads});
    benchmark::DoNotOptimize(table);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}
BENCHMARK_CAPTURE(BM_CohortRetention, one_thread, 1)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);
BENCHMARK_CAPTURE(BM_CohortRetention, two_threads, 2)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);

void BM_CohortRetentionOfHistory(benchmark::State& state, const Options& options) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  CustomerHistory history;
  history.add(orders.transactions());
  for (auto _ : state) {
    Retention table = retention(history, options);
    benchmark::DoNotOptimize(table);
  }
  const auto num_orders = static_cast<std::int64_t>(history.orders().size());
  state.SetItemsProcessed(state.iterations() * num_orders);
  state.SetBytesProcessed(state.iterations() * num_orders * kBytesPerOrder);
  state.SetComplexityN(num_orders);
}

void over_rows(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(10)
      ->Range(1'000, 1'000'000)
      ->Unit(benchmark::kMicrosecond)
      ->Complexity(benchmark::oN);
}
BENCHMARK_CAPTURE(BM_CohortRetentionOfHistory, customers, Options{})->Apply(over_rows);
BENCHMARK_CAPTURE(BM_CohortRetentionOfHistory, customers_by_day, Options{.period = Period::day})
    ->Apply(over_rows);
BENCHMARK_CAPTURE(BM_CohortRetentionOfHistory, revenue, Options{.measure = Measure::revenue})
    ->Apply(over_rows);
BENCHMARK_CAPTURE(BM_CohortRetentionOfHistory, rolling, Options{.kind = Kind::rolling})
    ->Apply(over_rows);
BENCHMARK_CAPTURE(BM_CohortRetentionOfHistory, elapsed, Options{.kind = Kind::elapsed})
    ->Apply(over_rows);

}  // namespace
}  // namespace ecommerce_analytics::cohort
