#include "ecommerce_analytics/kpi.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics::kpi {
namespace {

// Expected values: worked by hand in tests/golden/kpi/two_months/SOURCE.md.
TEST(KpiSummary, MatchesTheWorkedMonths) {
  const Transactions rows = rows_of(Golden("kpi/two_months/input.csv"));
  const Summary actual = summary(rows, {.period = Period::month});
  expect_golden(actual, Golden("kpi/two_months/expected.csv"));
  EXPECT_EQ(actual.as_of_us, parse_civil_time("2024-02-11"));
  EXPECT_EQ(actual.num_lines_ignored, 0);
}

TEST(KpiSummary, MatchesTheWorkedTotal) {
  const Transactions rows = rows_of(Golden("kpi/two_months/input.csv"));
  expect_golden(summary(rows), Golden("kpi/two_months/expected_total.csv"));
}

TEST(KpiSummary, LinesFromAsOfOnAreIgnoredAndCounted) {
  const Transactions rows = rows_of(Golden("kpi/two_months/input.csv"));
  const Summary january =
      summary(rows, {.as_of_us = parse_civil_time("2024-02-01"), .period = Period::month});
  const Golden expected("kpi/two_months/expected.csv");
  ASSERT_EQ(january.num_rows(), 1U);
  EXPECT_EQ(january.revenue_net.front(), expected.column<std::vector<Money128>>("revenue_net")[0]);
  EXPECT_EQ(january.partial.front(), Flag{false});
  EXPECT_EQ(january.num_lines_ignored, 7);
}

TEST(KpiSummary, APeriodWithoutLinesIsARow) {
  std::vector<LogLine> lines(2);
  lines[0] = {
      .customer = "ana", .order = "A", .time_us = parse_civil_time("2024-01-31"), .amount = 5};
  lines[1] = {
      .customer = "ana", .order = "B", .time_us = parse_civil_time("2024-03-01"), .amount = 5};
  const Summary actual = summary(table_of(lines), {.period = Period::month});
  ASSERT_EQ(actual.num_rows(), 3U);
  EXPECT_EQ(actual.period[1], Key("2024-02"));
  EXPECT_EQ(actual.orders[1], 0);
  EXPECT_EQ(actual.revenue_net[1], to_money128(0));
  EXPECT_EQ(actual.average_order_value.is_valid[1], 0);
  EXPECT_EQ(actual.repeat_rate.is_valid[1], 0);
  EXPECT_EQ(actual.guest_share.is_valid[1], 0);
  EXPECT_EQ(actual.repeat_customers, (std::vector<std::int64_t>{0, 0, 1}));
}

TEST(KpiSummary, PeriodsAddUpToTheTotal) {
  const Transactions rows = table_of(random_log(21, 800));
  const Summary total = summary(rows);
  for (const Period period :
       {Period::day, Period::week, Period::month, Period::quarter, Period::year}) {
    const Summary parts = summary(rows, {.period = period});
    Money128 net{};
    Money128 gross{};
    Money128 guest_net{};
    std::int64_t orders = 0;
    std::int64_t guest_orders = 0;
    for (std::size_t row = 0; row < parts.num_rows(); ++row) {
      net = add(net, parts.revenue_net[row]);
      gross = add(gross, parts.revenue_gross[row]);
      guest_net = add(guest_net, parts.guest_revenue_net[row]);
      orders += parts.orders[row];
      guest_orders += parts.guest_orders[row];
      if (row > 0) {
        EXPECT_EQ(parts.end[row - 1], parts.start[row]);
      }
    }
    EXPECT_EQ(net, total.revenue_net.front());
    EXPECT_EQ(gross, total.revenue_gross.front());
    EXPECT_EQ(guest_net, total.guest_revenue_net.front());
    EXPECT_EQ(orders, total.orders.front());
    EXPECT_EQ(guest_orders, total.guest_orders.front());
  }
}

TEST(KpiSummary, RefusesWhatItCannotAnswer) {
  const Transactions rows = rows_of(Golden("kpi/two_months/input.csv"));
  for (const Options& options :
       {Options{.as_of_us = parse_civil_time("2024-01-05")}, Options{.num_threads = -1}}) {
    try {
      static_cast<void>(summary(rows, options));
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    }
  }
  EXPECT_THROW(static_cast<void>(summary(Transactions())), Error);
}

}  // namespace
}  // namespace ecommerce_analytics::kpi
