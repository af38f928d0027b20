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

// Expected values: worked by hand in tests/golden/aggregate/abc_seven_products/SOURCE.md.
TEST(AggregateAbcClasses, MatchesTheWorkedExample) {
  const Golden expected("aggregate/abc_seven_products/expected.csv");
  const Transactions lines = rows_of(Golden("aggregate/abc_seven_products/input.csv"));
  const AbcClasses actual = abc_classes(group_by(lines, {.by = {"region"}}));
  EXPECT_EQ(actual.groups.keys[0], expected.column<KeyColumn>("region"));
  EXPECT_EQ(actual.groups.revenue, expected.column<std::vector<Money128>>("revenue"));
  EXPECT_EQ(actual.rank, expected.column<std::vector<std::int64_t>>("rank"));
  EXPECT_EQ(actual.share, expected.column<Nullable<double>>("share"));
  EXPECT_EQ(actual.cumulative_share, expected.column<Nullable<double>>("cumulative_share"));
  const std::vector<std::string> classes = expected.cells("abc_class");
  for (std::size_t row = 0; row < classes.size(); ++row) {
    EXPECT_EQ(actual.abc_class[row], classes[row]);
  }
  EXPECT_EQ(actual.sizes, (std::vector<std::int64_t>{3, 1, 3}));
  EXPECT_THROW((void)abc_classes(actual.groups, {.cuts = {0.9, 0.8}}), Error);
  EXPECT_THROW((void)abc_classes(group_by(lines, {.period = Period::month})), Error);
}

TEST(AggregateParts, PutsKindsBesideEachOther) {
  const Parts actual = parts(group_by(golden_lines(), {.by = {"region", "kind"}}));
  ASSERT_EQ(actual.num_rows(), 3U);  // RJ, SP, unknown.
  EXPECT_EQ(actual.revenue_gross[1], to_money128(1'280'000));
  EXPECT_EQ(actual.revenue_refunds[1], to_money128(-200'000));
  EXPECT_EQ(actual.revenue_shipping[1], to_money128(50'000));
  EXPECT_EQ(actual.revenue_net[1], to_money128(1'130'000));
  EXPECT_EQ(actual.return_rate_money.values[1], 20.0 / 128.0);
  EXPECT_EQ(actual.sale_lines, (std::vector<std::int64_t>{1, 3, 1}));
  EXPECT_THROW((void)parts(group_by(golden_lines(), {.by = {"kind", "region"}})), Error);
}

TEST(AggregateKeys, AveragesAndSharesCountOrders) {
  TransactionsBuilder builder({}, {"score"});
  for (std::int64_t i = 0; i < 5; ++i) {
    builder.add(
        {.customer = Key(i), .order = Key(i), .amount = 1, .dimensions = {i < 2 ? Key() : Key(i)}});
  }
  const Groups groups = group_by(builder.finish(), {.by = {"score"}});
  const KeyMeans means = mean_of_key(groups);
  EXPECT_EQ(means.known_orders, std::vector<std::int64_t>{3});
  EXPECT_EQ(means.unknown_orders, std::vector<std::int64_t>{2});
  EXPECT_EQ(means.mean.values, std::vector<double>{3.0});
  EXPECT_EQ(shares_of_key(groups).share.is_valid, (std::vector<std::uint8_t>{1, 1, 1, 0}));
  EXPECT_EQ(shares_of_key(groups).share.values[0], 1.0 / 3.0);
  EXPECT_THROW((void)mean_of_key(group_by(golden_lines(), {.by = {"region"}})), Error);
  EXPECT_THROW((void)shares_of_key(group_by(golden_lines())), Error);
}

}  // namespace
}  // namespace ecommerce_analytics::aggregate
