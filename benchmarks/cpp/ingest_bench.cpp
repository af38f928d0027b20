#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/ingest.hpp"
#include "synthetic_orders.hpp"

namespace ecommerce_analytics::ingest {
namespace {

void BM_IngestRead(benchmark::State& state, KeyStyle keys, AmountStyle amounts) {
  const SyntheticOrders orders(static_cast<std::size_t>(state.range(0)), keys);
  const Mapping mapping = SyntheticOrders::mapping();
  for (auto _ : state) {
    ArrowArrayStream stream = orders.stream(amounts);
    Result result = read(stream, mapping);
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(orders.num_bytes()));
  state.SetComplexityN(state.range(0));
}
BENCHMARK_CAPTURE(BM_IngestRead, integer_keys, KeyStyle::integer, AmountStyle::cents)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oN);
BENCHMARK_CAPTURE(BM_IngestRead, text_keys, KeyStyle::text, AmountStyle::cents)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oN);
BENCHMARK_CAPTURE(BM_IngestRead, wide_integer_keys, KeyStyle::wide, AmountStyle::cents)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_IngestRead, float64_amounts, KeyStyle::integer, AmountStyle::float64)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_IngestRead, decimal_amounts, KeyStyle::integer, AmountStyle::decimal)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_IngestRead, text_amounts, KeyStyle::integer, AmountStyle::text)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ecommerce_analytics::ingest
