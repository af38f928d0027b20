#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/second_order.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::second_order {
namespace {

constexpr std::int64_t kBytesPerOrder = 32;  // State of an order.

void BM_SecondOrderCurve(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  CustomerHistory history;
  history.add(orders.transactions());
  for (auto _ : state) {
    Curve table = curve(history);
    benchmark::DoNotOptimize(table);
  }
  const auto num_orders = static_cast<std::int64_t>(history.orders().size());
  state.SetItemsProcessed(state.iterations() * num_orders);
  state.SetBytesProcessed(state.iterations() * num_orders * kBytesPerOrder);
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_SecondOrderCurve)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oN);

}  // namespace
}  // namespace ecommerce_analytics::second_order
