#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/purchase_history.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::purchase_history {
namespace {

constexpr std::int64_t kBytesPerRow = 21;  // Order, time, amount and kind of a line.

void BM_PurchaseHistory(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const Transactions transactions = orders.transactions();
  for (auto _ : state) {
    Summary table = summarize(transactions, {.num_threads = 1});
    benchmark::DoNotOptimize(table);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_PurchaseHistory)
    ->RangeMultiplier(10)
    ->Range(10'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);

}  // namespace
}  // namespace ecommerce_analytics::purchase_history
