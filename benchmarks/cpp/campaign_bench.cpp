#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ecommerce_analytics/campaign.hpp"
#include "ecommerce_analytics/core/random.hpp"

namespace ecommerce_analytics::campaign {
namespace {

constexpr std::int64_t kBytesPerRow = 16;  // Probability and spend.

struct Customers {
  std::vector<double> p_order{};
  std::vector<double> spend{};

  explicit Customers(std::size_t num_rows) {
    Random random(1);
    for (std::size_t row = 0; row < num_rows; ++row) {
      p_order.push_back(random.uniform());
      spend.push_back(200.0 * random.uniform());
    }
  }
};

Assumptions assumed() {
  Assumptions assumptions;
  assumptions.uplift = Range{0.0, 0.03, 0.06};
  assumptions.margin = Range{0.35, 0.4, 0.45};
  assumptions.discount = Range{0.15, 0.15, 0.15};
  assumptions.redemption = {0.5, 0.8, 1.0};
  assumptions.contact_cost = {0.1, 0.2, 0.5};
  return assumptions;
}

/// All of it: sorting, 10,000 draws and their summary.
void BM_CampaignSimulate(benchmark::State& state) {
  const Customers customers(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        simulate(customers.p_order, customers.spend, assumed(), {.num_threads = 1}));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_CampaignSimulate)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Complexity(benchmark::oNLogN);

/// The draws alone, of customers that are sorted.
void BM_CampaignScenarios(benchmark::State& state) {
  const Customers customers(100'000);
  const Group group(customers.p_order, customers.spend);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        simulate(group, assumed(), {.num_scenarios = state.range(0), .num_threads = 1}));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_CampaignScenarios)->RangeMultiplier(10)->Range(1'000, 100'000);

void BM_CampaignContacts(benchmark::State& state) {
  const Customers customers(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(contacts(customers.p_order, customers.spend, assumed()));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * kBytesPerRow);
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_CampaignContacts)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Complexity(benchmark::oNLogN);

}  // namespace
}  // namespace ecommerce_analytics::campaign
