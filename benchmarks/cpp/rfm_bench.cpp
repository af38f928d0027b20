#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/rfm.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::rfm {
namespace {

constexpr std::int64_t kBytesPerRow = 21;    // Order, time, amount and kind of a line.
constexpr std::int64_t kBytesPerOrder = 56;  // State of an order and its first day.
constexpr std::int64_t kBytesPerCustomer = 39;

void BM_RfmScore(benchmark::State& state, int num_threads) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const Transactions transactions = orders.transactions();
  for (auto _ : state) {
    Scores scores = score(transactions, {.num_threads = num_threads});
    benchmark::DoNotOptimize(scores);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}
BENCHMARK_CAPTURE(BM_RfmScore, one_thread, 1)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oNLogN);
BENCHMARK_CAPTURE(BM_RfmScore, two_threads, 2)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime()
    ->Complexity(benchmark::oNLogN);

void BM_RfmScoreOfHistory(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  CustomerHistory history;
  history.add(orders.transactions());
  for (auto _ : state) {
    Scores scores = score(history);
    benchmark::DoNotOptimize(scores);
  }
  const auto num_orders = static_cast<std::int64_t>(history.orders().size());
  state.SetItemsProcessed(state.iterations() * num_orders);
  state.SetBytesProcessed(state.iterations() * num_orders * kBytesPerOrder);
  state.SetComplexityN(num_orders);
}
BENCHMARK(BM_RfmScoreOfHistory)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oNLogN);

void BM_RfmSegmentAndSummarize(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const Scores scores = score(orders.transactions());
  const RuleSet rules = rule_set("default");
  for (auto _ : state) {
    SegmentSummary summary = summarize(segment(scores, rules));
    benchmark::DoNotOptimize(summary);
  }
  const auto num_customers = static_cast<std::int64_t>(scores.num_rows());
  state.SetItemsProcessed(state.iterations() * num_customers);
  state.SetBytesProcessed(state.iterations() * num_customers * kBytesPerCustomer);
  state.SetComplexityN(num_customers);
}
BENCHMARK(BM_RfmSegmentAndSummarize)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oNLogN);

}  // namespace
}  // namespace ecommerce_analytics::rfm
