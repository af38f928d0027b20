#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/orders.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::orders {
namespace {

constexpr std::int64_t kBytesPerOrder = 64;  // State and first day of an order.
constexpr std::size_t kLimit = 1'000;

void BM_ListOrders(benchmark::State& state, OrderSort sort) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  CustomerHistory history;
  history.add(orders.transactions());
  for (auto _ : state) {
    OrderList table = list_orders(history, {.sort = sort, .limit = kLimit});
    benchmark::DoNotOptimize(table);
  }
  const auto num_orders = static_cast<std::int64_t>(history.orders().size());
  state.SetItemsProcessed(state.iterations() * num_orders);
  state.SetBytesProcessed(state.iterations() * num_orders * kBytesPerOrder);
  state.SetComplexityN(state.range(0));
}

void over_rows(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(10)
      ->Range(1'000, 1'000'000)
      ->Unit(benchmark::kMicrosecond)
      ->Complexity(benchmark::oN);
}
BENCHMARK_CAPTURE(BM_ListOrders, by_time, OrderSort::time)->Apply(over_rows);
BENCHMARK_CAPTURE(BM_ListOrders, by_number, OrderSort::number)->Apply(over_rows);

void BM_ListLines(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const Transactions transactions = orders.transactions();
  for (auto _ : state) {
    LineList table = list_lines(transactions, {.limit = kLimit});
    benchmark::DoNotOptimize(table);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerOrder);
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_ListLines)->Apply(over_rows);

}  // namespace
}  // namespace ecommerce_analytics::orders
