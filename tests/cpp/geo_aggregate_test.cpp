#include "ecommerce_analytics/geo_aggregate.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics::geo_aggregate {
namespace {

Transactions two_regions() { return rows_of(Golden("geo_aggregate/two_regions/input.csv")); }

// Expected values: worked by hand in tests/golden/geo_aggregate/two_regions/SOURCE.md.
TEST(GeoByRegion, MatchesTheWorkedExample) {
  const Regions actual = by_region(two_regions());
  expect_golden(actual, Golden("geo_aggregate/two_regions/expected.csv"));
  EXPECT_EQ(actual.dimension, "region");
  EXPECT_EQ(actual.as_of_us, parse_civil_time("2024-05-06"));
  EXPECT_EQ(actual.total_orders, 5);
  EXPECT_EQ(actual.total_customers, 2);
  EXPECT_EQ(actual.total_revenue, to_money128(2'600'000));
  EXPECT_EQ(actual.num_lines_ignored, 0);
  ASSERT_TRUE(actual.gini.has_value());
  EXPECT_DOUBLE_EQ(*actual.gini, 11.0 / 94.0);
}

/// Two orders of SP, one of RJ, one of nowhere; a city of one name in both states.
Transactions shipped_lines() {
  TransactionsBuilder builder({"freight"}, {"region", "city", "delivery"});
  const auto add_line = [&](const char* order, std::int32_t day, std::int64_t amount,
                            std::int64_t freight, const std::vector<const char*>& keys) {
    Line line;
    line.customer = Key("ana");
    line.order = Key(order);
    line.time_us = day * kMicrosecondsPerDay;
    line.amount = amount;
    line.measures = {freight};
    for (const char* key : keys) {
      line.dimensions.push_back(Key(key));
    }
    builder.add(line);
  };
  add_line("1", 0, 60, 20, {"SP", "bom jesus", "late"});
  add_line("1", 40, 20, 0, {"SP", "bom jesus", ""});
  add_line("2", 1, 10, 10, {"SP", "", "on_time"});
  add_line("3", 2, 10, 0, {"RJ", "bom jesus", ""});
  add_line("4", 3, -5, 0, {"", "", ""});
  return builder.finish();
}

TEST(GeoByRegion, FreightAndLateDeliveriesWhereTheyAreKnown) {
  const Regions actual = by_region(shipped_lines());
  ASSERT_EQ(actual.num_rows(), 3U);  // RJ, SP, unknown.
  EXPECT_EQ(actual.freight,
            (std::vector<Money128>{to_money128(0), to_money128(30), to_money128(0)}));
  EXPECT_EQ(actual.freight_share.values[1], 30.0 / 120.0);
  EXPECT_EQ(actual.delivered_orders, (std::vector<std::int64_t>{0, 2, 0}));
  EXPECT_EQ(actual.late_orders, (std::vector<std::int64_t>{0, 1, 0}));
  EXPECT_EQ(actual.late_share.values[1], 0.5);
  EXPECT_EQ(actual.late_share.is_valid, (std::vector<std::uint8_t>{0, 1, 0}));
  const Regions none = by_region(shipped_lines(), {.freight = "", .late = {}});
  EXPECT_FALSE(none.has_freight);
  EXPECT_FALSE(none.has_late);
}

TEST(GeoByRegion, PeriodsCutMoneyByItsDayAndOrdersByTheirs) {
  const Regions actual = by_region(shipped_lines(), {.period = Period::month});
  ASSERT_EQ(actual.num_rows(), 4U);  // RJ in January, SP in two months, unknown in January.
  EXPECT_EQ(actual.period[2], Key("1970-02"));
  EXPECT_EQ(actual.orders, (std::vector<std::int64_t>{1, 2, 0, 0}));
  EXPECT_EQ(actual.revenue, (std::vector<Money128>{to_money128(10), to_money128(70),
                                                   to_money128(20), to_money128(-5)}));
  EXPECT_EQ(actual.rank, (std::vector<std::int64_t>{2, 1, 1, 3}));
  EXPECT_EQ(actual.cumulative_share.values[0], 80.0 / 75.0);
  EXPECT_FALSE(actual.partial[1].value);
  EXPECT_TRUE(actual.partial[2].value);
}

TEST(GeoByLevels, ACityOfTwoStatesIsTwoRows) {
  const std::vector<Regions> levels = by_levels(shipped_lines(), {"region", "city"});
  ASSERT_EQ(levels.size(), 2U);
  const Regions& cities = levels[1];
  ASSERT_EQ(cities.num_rows(), 4U);
  EXPECT_EQ(cities.parent_keys[0][0], Key("RJ"));
  EXPECT_EQ(cities.region[0], Key("bom jesus"));
  EXPECT_EQ(cities.region[1], Key("bom jesus"));
  EXPECT_TRUE(cities.region[2].is_unknown());
  EXPECT_EQ(cities.parent_share.values[1], 80.0 / 90.0);
  EXPECT_EQ(levels[0].revenue, by_region(shipped_lines()).revenue);
  Selection selection;
  selection.region = DimensionFilter{.dimension = "region"};
  selection.region->keys.push_back(Key("SP"));
  const Regions of_sp = by_levels(shipped_lines(), {"region", "city"}, {}, selection)[1];
  EXPECT_EQ(of_sp.revenue, (std::vector<Money128>{to_money128(80), to_money128(10)}));
  Regions of_cities = by_region(shipped_lines(), {.region = "city"}, selection);
  of_cities.region_name = "city";
  expect_same(of_cities, by_levels(shipped_lines(), {"city"}, {}, selection)[0]);
}

TEST(GeoByRegion, AHistoryWithMarksTellsOfOneMoment) {
  const Transactions lines = shipped_lines();
  HistoryOptions options{.region = "region", .measures = {"freight"}};
  DimensionFilter late{.dimension = "delivery"};
  late.keys.push_back(Key("late"));
  options.marks = {late};
  CustomerHistory history(options);
  history.add(lines);
  expect_same(by_region(history), by_region(lines));
  const Options earlier{.as_of_us = 2 * kMicrosecondsPerDay};
  EXPECT_THROW(static_cast<void>(by_region(history, earlier)), Error);
  Options without = earlier;
  without.late = {};
  EXPECT_EQ(by_region(history, without).total_orders, 2);
  EXPECT_THROW(static_cast<void>(by_region(history, {.freight = "cost"})), Error);
  EXPECT_THROW(static_cast<void>(by_region(history, {.late = {"delivery", "never"}})), Error);
  options.marks.assign(17, late);
  EXPECT_THROW(CustomerHistory{options}, Error);
}

TEST(GeoByRegion, AnOrderHasTheRegionThatWasKnownAtAsOf) {
  // At 08:30 of May 3 order o3 has only its refund, from RJ.
  const Regions actual =
      by_region(two_regions(), {.as_of_us = parse_civil_time("2024-05-03 08:30:00")});
  ASSERT_EQ(actual.num_rows(), 2U);
  EXPECT_EQ(actual.region[0], Key("RJ"));
  EXPECT_EQ(actual.revenue, (std::vector<Money128>{to_money128(400'000), to_money128(1'000'000)}));
  EXPECT_EQ(actual.orders, (std::vector<std::int64_t>{1, 1}));
  EXPECT_EQ(actual.num_lines_ignored, 4);
}

TEST(GeoByRegion, TotalsAreThoseOfTheWhole) {
  const std::vector<LogLine> log = random_log(51, 700);
  const Regions actual = by_region(table_of(log));
  Money128 whole{};
  for (const LogLine& line : log) {
    whole = add(whole, to_money128(line.amount));
  }
  Money128 revenue{};
  std::int64_t orders = 0;
  std::int64_t customers = 0;
  for (std::size_t row = 0; row < actual.num_rows(); ++row) {
    revenue = add(revenue, actual.revenue[row]);
    orders += actual.orders[row];
    customers += actual.customers[row];
  }
  EXPECT_EQ(revenue, whole);
  EXPECT_EQ(actual.total_revenue, whole);
  EXPECT_EQ(actual.total_orders, orders);
  EXPECT_LE(actual.total_customers, customers);
  EXPECT_TRUE(actual.region[actual.num_rows() - 1].is_unknown());
}

TEST(GeoByRegion, ShareIsNullUnlessThereIsRevenue) {
  const std::vector<LogLine> lines = {
      {.customer = "a", .order = "1", .time_us = 0, .amount = 7, .region = "SP"},
      {.customer = "a", .order = "1", .time_us = 1, .amount = -7, .region = "SP"},
  };
  const Regions actual = by_region(table_of(lines));
  EXPECT_EQ(actual.share.is_valid, (std::vector<std::uint8_t>{0}));
  EXPECT_EQ(actual.orders, (std::vector<std::int64_t>{1}));
}

TEST(GeoByRegion, RefusesADimensionThatIsNotThere) {
  const auto code_of = [](const auto& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::io_failure;
  };
  EXPECT_EQ(code_of([] { static_cast<void>(by_region(two_regions(), {.region = "city"})); }),
            ErrorCode::schema_mismatch);
  CustomerHistory without_region;
  without_region.add(two_regions());
  EXPECT_EQ(code_of([&] { static_cast<void>(by_region(without_region)); }),
            ErrorCode::invalid_argument);
  CustomerHistory with_region({.as_of_us = std::nullopt, .region = "region"});
  with_region.add(two_regions());
  EXPECT_EQ(code_of([&] { static_cast<void>(by_region(with_region, {.region = "city"})); }),
            ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace ecommerce_analytics::geo_aggregate
