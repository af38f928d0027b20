#include "ecommerce_analytics/aggregate.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics::aggregate {
namespace {

/// Every column of some groups, as text by name.
std::vector<std::string> content_of(const Groups& groups) {
  std::vector<std::string> content;
  groups.for_each_column([&](const char* name, const auto& column) {
    std::ostringstream cells;
    cells << name << ": " << testing::PrintToString(column);
    content.push_back(cells.str());
  });
  for (const auto& [key, value] : groups.metadata()) {
    content.push_back(key + "=" + value);
  }
  return content;
}

ErrorCode code_of(const Transactions& transactions, const Options& options) {
  try {
    static_cast<void>(group_by(transactions, options));
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::io_failure;
}

Transactions golden_lines() { return rows_of(Golden("aggregate/region_kind_month/input.csv")); }

// Expected values: worked by hand in tests/golden/aggregate/region_kind_month/SOURCE.md.
TEST(AggregateGroupBy, MatchesTheWorkedExample) {
  const Golden expected("aggregate/region_kind_month/expected.csv");
  const Groups actual =
      group_by(golden_lines(), {.by = {"region", "kind"}, .period = Period::month});
  expect_golden(actual, expected);
  EXPECT_EQ(actual.total_lines, 8);
  EXPECT_EQ(actual.total_orders, 4);
  EXPECT_EQ(actual.total_customers, 2);
  EXPECT_EQ(actual.total_revenue, to_money128(1'500'000));
}

TEST(AggregateGroupBy, SaysTheSameForAnyOrderOfRowsAndThreads) {
  const std::vector<LogLine> log = random_log(7, 120'000);
  const Options options{.by = {"region", "weekday", "hour"}, .period = Period::week};
  Options one_thread = options;
  one_thread.num_threads = 1;
  const std::vector<std::string> expected = content_of(group_by(table_of(log), one_thread));
  for (const int num_threads : {2, 3, 8}) {
    Options threaded = options;
    threaded.num_threads = num_threads;
    EXPECT_EQ(content_of(group_by(table_of(shuffled(log, 3)), threaded)), expected);
  }
}

TEST(AggregateGroupBy, NumbersManyKeysByHash) {
  TransactionsBuilder builder({"cost"}, {"a", "b", "c"});
  constexpr std::int64_t kNumLines = 6'000;
  for (std::int64_t i = 0; i < kNumLines; ++i) {
    builder.add({.customer = Key(i % 7),
                 .order = Key(i),
                 .time_us = i,
                 .amount = 1,
                 .quantity = 20'000,
                 .measures = {i},
                 .dimensions = {Key(i % 3'000), Key(i % 2'000), Key(i % 1'500)}});
  }
  const Groups groups = group_by(builder.finish(), {.by = {"a", "b", "c"}, .measures = {"cost"}});
  ASSERT_EQ(groups.num_rows(), 6'000U);  // The least common multiple of the three is 6,000.
  EXPECT_EQ(groups.keys[0][0], Key(std::int64_t{0}));
  EXPECT_EQ(groups.keys[1][1], Key(std::int64_t{1'000}));
  EXPECT_EQ(groups.sums[0][1], to_money128(3'000));
  EXPECT_EQ(groups.quantity[1], to_money128(20'000));
  EXPECT_EQ(groups.total_orders, kNumLines);
  EXPECT_EQ(groups.total_customers, 7);
}

TEST(AggregateGroupBy, ASelectionCutsOrdersAndDays) {
  Selection selection;
  selection.start_day = day_of(parse_civil_time("2024-02-01"));
  DimensionFilter region{.dimension = "region"};
  region.keys.push_back(Key("RJ"));
  selection.dimensions = {region};
  const Groups groups = group_by(golden_lines(), {.by = {"region"}}, selection);
  // Of o1, which has a line in RJ, the refund of February in SP; o5.
  ASSERT_EQ(groups.num_rows(), 2U);
  EXPECT_EQ(groups.revenue, (std::vector<Money128>{to_money128(-30'000), to_money128(-200'000)}));
  EXPECT_EQ(groups.total_orders, 0);
}

TEST(AggregateGroupBy, RefusesWhatIsNotThere) {
  EXPECT_EQ(code_of(golden_lines(), {.by = {"city"}}), ErrorCode::schema_mismatch);
  EXPECT_EQ(code_of(golden_lines(), {.measures = {"cost"}}), ErrorCode::schema_mismatch);
  EXPECT_EQ(code_of(golden_lines(), {.by = {"kind", "kind"}}), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of(golden_lines(), {.by = {"kind", "hour", "weekday", "region"}}),
            ErrorCode::invalid_argument);
  EXPECT_EQ(code_of(golden_lines(), {.as_of_us = parse_civil_time("2024-01-01")}),
            ErrorCode::invalid_argument);
  EXPECT_EQ(code_of(golden_lines(), {.num_threads = -1}), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of(Transactions(), {}), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace ecommerce_analytics::aggregate
