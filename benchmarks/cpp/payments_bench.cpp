#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/payments.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::payments {
namespace {

constexpr std::int64_t kBytesPerOrder = 64;  // State and first day of an order.

void BM_RevenueBridge(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  CustomerHistory history;
  history.add(orders.transactions());
  for (auto _ : state) {
    Bridge table = revenue_bridge(history);
    benchmark::DoNotOptimize(table);
  }
  const auto num_orders = static_cast<std::int64_t>(history.orders().size());
  state.SetItemsProcessed(state.iterations() * num_orders);
  state.SetBytesProcessed(state.iterations() * num_orders * kBytesPerOrder);
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_RevenueBridge)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oN);

}  // namespace
}  // namespace ecommerce_analytics::payments
