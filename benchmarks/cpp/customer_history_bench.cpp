#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "ecommerce_analytics/customer_history.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics {
namespace {

constexpr std::int64_t kBytesPerRow = 25;    // Order, time, amount, kind and region of a line.
constexpr std::int64_t kBytesPerOrder = 56;  // State of an order and its first day.

void BM_CustomerHistoryAdd(benchmark::State& state, int num_threads) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const Transactions transactions = orders.transactions();
  for (auto _ : state) {
    CustomerHistory history({.region = "region"});
    history.add(transactions, num_threads);
    benchmark::DoNotOptimize(history);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}
BENCHMARK_CAPTURE(BM_CustomerHistoryAdd, one_thread, 1)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);
BENCHMARK_CAPTURE(BM_CustomerHistoryAdd, two_threads, 2)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oN);

/// What the machine needs for the same columns: earliest purchase and 64-bit sum of each order, one
/// thread, nothing checked and nothing kept beside.
void BM_CustomerHistoryBareLoop(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const Transactions transactions = orders.transactions();
  const TransactionColumns& columns = transactions.columns();
  for (auto _ : state) {
    struct Order {
      std::int64_t purchase_us = std::numeric_limits<std::int64_t>::max();
      std::int64_t net = 0;
      std::uint32_t region = 0;
    };
    std::vector<Order> states(columns.orders->num_codes());
    for (std::size_t row = 0; row < transactions.num_rows(); ++row) {
      Order& order = states[columns.order[row]];
      order.net += columns.amount[row];
      order.region = columns.dimensions[0].codes[row];
      if (transactions.is_purchase(row)) {
        order.purchase_us = std::min(order.purchase_us, columns.time_us[row]);
      }
    }
    benchmark::DoNotOptimize(states);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_CustomerHistoryBareLoop)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oN);

/// Two tables with dictionaries of their own that hold the same orders: the dearest merge.
void BM_CustomerHistoryMerge(benchmark::State& state, KeyStyle keys) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)), keys);
  CustomerHistory ours({.region = "region"});
  CustomerHistory theirs({.region = "region"});
  ours.add(orders.transactions());
  theirs.add(orders.transactions());
  for (auto _ : state) {
    state.PauseTiming();
    CustomerHistory merged = ours;
    state.ResumeTiming();
    merged.merge(theirs);
    benchmark::DoNotOptimize(merged);
  }
  const auto num_orders = static_cast<std::int64_t>(ours.orders().size());
  state.SetItemsProcessed(state.iterations() * num_orders);
  state.SetBytesProcessed(state.iterations() * num_orders * kBytesPerOrder);
  state.SetComplexityN(num_orders);
}
BENCHMARK_CAPTURE(BM_CustomerHistoryMerge, integer_keys, KeyStyle::integer)
    ->RangeMultiplier(10)
    ->Range(10'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oN);
BENCHMARK_CAPTURE(BM_CustomerHistoryMerge, text_keys, KeyStyle::text)
    ->RangeMultiplier(10)
    ->Range(10'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oN);

}  // namespace
}  // namespace ecommerce_analytics
