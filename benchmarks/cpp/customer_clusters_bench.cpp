#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/customer_clusters.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::customer_clusters {
namespace {

constexpr std::int64_t kBytesPerCustomer = 28;  // Recency, frequency and money.

void BM_CustomerClustersFit(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const rfm::Scores scores = rfm::score(orders.transactions());
  for (auto _ : state) {
    Clusters clusters = fit(scores, {.num_threads = 1});
    benchmark::DoNotOptimize(clusters);
  }
  const auto num_customers = static_cast<std::int64_t>(scores.num_rows());
  state.SetItemsProcessed(state.iterations() * num_customers);
  state.SetBytesProcessed(state.iterations() * num_customers * kBytesPerCustomer);
  state.SetComplexityN(num_customers);
}
BENCHMARK(BM_CustomerClustersFit)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oNLogN);

void BM_CustomerClustersAssign(benchmark::State& state) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)));
  const rfm::Scores scores = rfm::score(orders.transactions());
  const Model model = fit(scores, {.n_init = 1}).model;
  for (auto _ : state) {
    Clusters clusters = assign(model, scores);
    benchmark::DoNotOptimize(clusters);
  }
  const auto num_customers = static_cast<std::int64_t>(scores.num_rows());
  state.SetItemsProcessed(state.iterations() * num_customers);
  state.SetBytesProcessed(state.iterations() * num_customers * kBytesPerCustomer);
  state.SetComplexityN(num_customers);
}
BENCHMARK(BM_CustomerClustersAssign)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oN);

}  // namespace
}  // namespace ecommerce_analytics::customer_clusters
