#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/segment_migration.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::segment_migration {
namespace {

constexpr std::int64_t kBytesPerOrder = 32;  // State of an order.
constexpr std::int64_t kDaysBack = 90;

void BM_SegmentMigrationMoves(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  CustomerHistory history;
  history.add(orders.transactions());
  const rfm::RuleSet rules = rfm::rule_set("default");
  const std::int64_t end_us = rfm::score(history).as_of_us;
  const Options options{.start_us = end_us - kDaysBack * kMicrosecondsPerDay};
  for (auto _ : state) {
    Moves table = moves(history, rules, options);
    benchmark::DoNotOptimize(table);
  }
  const auto num_orders = static_cast<std::int64_t>(history.orders().size());
  state.SetItemsProcessed(state.iterations() * num_orders);
  state.SetBytesProcessed(state.iterations() * num_orders * kBytesPerOrder);
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_SegmentMigrationMoves)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oN);

}  // namespace
}  // namespace ecommerce_analytics::segment_migration
