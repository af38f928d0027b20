#include "ecommerce_analytics/cohort.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics::cohort {
namespace {

Transactions three_months() { return rows_of(Golden("cohort/three_months/input.csv")); }

/// As `expect_golden`, but the bounds of the interval, which go through a square root, to 1e-12.
void expect_worked(const Retention& actual, const Golden& expected) {
  Retention::visit_columns([&](const char* name, auto member) {
    using Column = std::remove_cvref_t<decltype(actual.*member)>;
    const auto wanted = expected.template column<Column>(name);
    const std::string_view column = name;
    if constexpr (std::is_same_v<Column, Nullable<double>>) {
      if (column == "lower" || column == "upper") {
        const Column& bounds = actual.*member;
        ASSERT_EQ(bounds.is_valid, wanted.is_valid) << "column " << name;
        for (std::size_t row = 0; row < wanted.size(); ++row) {
          EXPECT_NEAR(bounds.values[row], wanted.values[row], 1e-12) << name << " " << row;
        }
        return;
      }
    }
    EXPECT_EQ(actual.*member, wanted) << "column " << name;
  });
}

// Expected values: worked by hand in tests/golden/cohort/three_months/SOURCE.md.
TEST(CohortRetention, MatchesTheWorkedCustomers) {
  const Retention actual = retention(three_months());
  expect_worked(actual, Golden("cohort/three_months/expected.csv"));
  EXPECT_EQ(actual.as_of_us, parse_civil_time("2024-03-21"));
}

TEST(CohortRetention, MatchesTheWorkedOrders) {
  expect_worked(retention(three_months(), {.measure = Measure::orders}),
                Golden("cohort/three_months/expected_orders.csv"));
}

TEST(CohortRetention, MatchesTheWorkedRevenue) {
  expect_worked(retention(three_months(), {.measure = Measure::revenue}),
                Golden("cohort/three_months/expected_revenue.csv"));
}

TEST(CohortMeanRetention, MatchesTheWorkedExample) {
  expect_golden(mean_retention(retention(three_months())),
                Golden("cohort/three_months/expected_mean.csv"));
  EXPECT_THROW(
      static_cast<void>(mean_retention(retention(three_months(), {.measure = Measure::orders}))),
      Error);
}

TEST(CohortRetention, APeriodWithoutNewCustomersIsNoCohort) {
  const std::vector<LogLine> lines = {
      {.customer = "a", .order = "1", .time_us = parse_civil_time("2024-01-31"), .amount = 7},
      {.customer = "a", .order = "2", .time_us = parse_civil_time("2024-02-01"), .amount = 7},
      {.customer = "b", .order = "3", .time_us = parse_civil_time("2024-03-31"), .amount = 7},
  };
  const Retention actual = retention(table_of(lines));
  ASSERT_EQ(actual.num_rows(), 6U);
  EXPECT_EQ(format_day(actual.cohort[0].day), "2024-01-01");
  EXPECT_EQ(format_day(actual.cohort[3].day), "2024-03-01");
  EXPECT_EQ(actual.period, (std::vector<std::int32_t>{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(actual.value.counts.values, (std::vector<std::int64_t>{1, 1, 0, 1, 0, 0}));
  EXPECT_EQ(actual.value.counts.is_valid, (std::vector<std::uint8_t>{1, 1, 1, 1, 0, 0}));
}

TEST(CohortRetention, EachCustomerIsInOneCohort) {
  const std::vector<LogLine> log = random_log(41, 600);
  std::int64_t num_customers = -1;
  for (const Period period :
       {Period::day, Period::week, Period::month, Period::quarter, Period::year}) {
    const Retention actual = retention(table_of(log), {.period = period});
    std::int64_t members = 0;
    for (std::size_t row = 0; row < actual.num_rows(); ++row) {
      if (actual.period[row] == 0) {
        members += actual.size[row];
        EXPECT_EQ(actual.value.counts.values[row], actual.size[row]);
      }
      EXPECT_LE(actual.value.counts.values[row], actual.size[row]);
      if (actual.lower.is_valid[row] != 0) {
        EXPECT_LE(0.0, actual.lower.values[row]);
        EXPECT_LE(actual.lower.values[row], actual.rate.values[row]);
        EXPECT_LE(actual.rate.values[row], actual.upper.values[row]);
        EXPECT_LE(actual.upper.values[row], 1.0);
      }
    }
    num_customers = num_customers < 0 ? members : num_customers;
    EXPECT_EQ(members, num_customers);
  }
}

TEST(CohortRetention, AWiderCoverageHasAWiderInterval) {
  const Retention narrow = retention(three_months(), {.confidence = 0.5});
  const Retention wide = retention(three_months(), {.confidence = 0.999});
  EXPECT_LT(wide.lower.values[1], narrow.lower.values[1]);
  EXPECT_GT(wide.upper.values[1], narrow.upper.values[1]);
}

TEST(CohortRetention, RefusesOptionsOutOfRange) {
  for (const Options& options :
       {Options{.confidence = 0.0}, Options{.confidence = 1.0}, Options{.confidence = -0.5},
        Options{.confidence = std::numeric_limits<double>::quiet_NaN()},
        Options{.as_of_us = parse_civil_time("2024-01-10 09:00:00")}, Options{.num_threads = -1}}) {
    try {
      static_cast<void>(retention(three_months(), options));
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << error.what();
    }
  }
}

TEST(CohortRetention, RefusesATableTooLargeForAnyone) {
  // Four cohorts of a day each, followed over the three million days of the calendar.
  std::vector<LogLine> lines;
  for (const char* day : {"1400-01-01", "1400-01-02", "1400-01-03", "9999-12-30"}) {
    lines.push_back({.customer = day, .order = day, .time_us = parse_civil_time(day), .amount = 7});
  }
  const Transactions rows = table_of(lines);
  EXPECT_EQ(retention(rows, {.period = Period::year}).num_rows(), 2U * 8'600U);
  try {
    static_cast<void>(retention(rows, {.period = Period::day}));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  }
}

TEST(CohortNames, AreReadAndWritten) {
  EXPECT_EQ(parse_kind("bounded"), Kind::bounded);
  EXPECT_EQ(kind_name(Kind::bounded), "bounded");
  for (const Measure measure : {Measure::customers, Measure::orders, Measure::revenue}) {
    EXPECT_EQ(parse_measure(measure_name(measure)), measure);
  }
  for (const std::string_view name : {"", "Customers", "money"}) {
    try {
      static_cast<void>(parse_measure(name));
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_EQ(error.place().value, name);
    }
  }
  EXPECT_THROW(static_cast<void>(parse_kind("sliding")), Error);
}

}  // namespace
}  // namespace ecommerce_analytics::cohort
