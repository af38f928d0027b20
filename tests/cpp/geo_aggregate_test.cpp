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
