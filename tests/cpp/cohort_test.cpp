#include "ecommerce_analytics/cohort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics::cohort {
namespace {

Transactions three_months() { return rows_of(Golden("cohort/three_months/input.csv")); }

/// As `expect_golden`, but rates and their bounds, which go through a square root, to 1e-12.
template <class Result>
void expect_worked(const Result& actual, const Golden& expected) {
  Result::visit_columns([&](const char* name, auto member) {
    using Column = std::remove_cvref_t<decltype(actual.*member)>;
    const auto wanted = expected.template column<Column>(name);
    const std::string_view column = name;
    if constexpr (std::is_same_v<Column, Nullable<double>>) {
      if (column != "weighted" && column != "simple") {
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

TEST(CohortRetention, MatchesTheWorkedKindsAndMeasures) {
  const std::pair<const char*, Options> cases[] = {
      {"expected_orders.csv", {.measure = Measure::orders}},
      {"expected_revenue.csv", {.measure = Measure::revenue}},
      {"expected_cumulative_revenue.csv", {.measure = Measure::cumulative_revenue}},
      {"expected_average_order_value.csv", {.measure = Measure::average_order_value}},
      {"expected_previous.csv", {.relative_to = RelativeTo::previous}},
      {"expected_rolling.csv", {.kind = Kind::rolling}},
      {"expected_elapsed.csv", {.kind = Kind::elapsed}},
      {"expected_elapsed_orders.csv", {.kind = Kind::elapsed, .measure = Measure::orders}},
      {"expected_elapsed_cumulative_revenue.csv",
       {.kind = Kind::elapsed, .measure = Measure::cumulative_revenue}},
  };
  for (const auto& [file, options] : cases) {
    SCOPED_TRACE(file);
    expect_worked(retention(three_months(), options),
                  Golden(std::string("cohort/three_months/") + file));
  }
}

TEST(CohortRetention, MatchesTheWorkedGroups) {
  const Transactions rows = rows_of(Golden("cohort/two_regions/input.csv"));
  const Retention actual = retention(rows, {.by = "region"});
  expect_worked(actual, Golden("cohort/two_regions/expected.csv"));
  expect_worked(mean_retention(actual), Golden("cohort/two_regions/expected_mean.csv"));
}

TEST(CohortMeanRetention, MatchesTheWorkedExample) {
  expect_worked(mean_retention(retention(three_months())),
                Golden("cohort/three_months/expected_mean.csv"));
  expect_worked(mean_retention(retention(three_months(), {.kind = Kind::rolling})),
                Golden("cohort/three_months/expected_rolling_mean.csv"));
  expect_worked(mean_retention(retention(three_months(), {.kind = Kind::elapsed})),
                Golden("cohort/three_months/expected_elapsed_mean.csv"));
  EXPECT_THROW(static_cast<void>(mean_retention(
                   retention(three_months(), {.relative_to = RelativeTo::previous}))),
               Error);
  EXPECT_THROW(
      static_cast<void>(mean_retention(retention(three_months(), {.measure = Measure::orders}))),
      Error);
}

TEST(CohortMembers, MatchTheWorkedExample) {
  const Cell cell{.cohort = {day_of(parse_civil_time("2024-01-01"))}, .period = 2};
  Cell all = cell;
  all.active = std::nullopt;
  const MemberList actual = members(three_months(), all);
  expect_golden(actual, Golden("cohort/three_months/expected_members.csv"));
  EXPECT_EQ(actual.num_eligible, 3);
  EXPECT_EQ(actual.num_active, 2);
  EXPECT_TRUE(actual.is_partial);
  EXPECT_EQ(members(three_months(), cell).num_rows(), 2U);
  Cell unseen = cell;
  unseen.cohort = {day_of(parse_civil_time("2024-02-01"))};
  EXPECT_THROW(static_cast<void>(members(three_months(), unseen)), Error);
  unseen.cohort = {day_of(parse_civil_time("2024-01-02"))};
  EXPECT_THROW(static_cast<void>(members(three_months(), unseen)), Error);
}

TEST(CohortMembers, AreAsManyAsTheCellCounts) {
  const Transactions rows = table_of(random_log(43, 600));
  for (const Kind kind : {Kind::bounded, Kind::rolling, Kind::elapsed}) {
    const Options options{.kind = kind, .by = "region"};
    const Retention cells = retention(rows, options);
    for (std::size_t row = 0; row < cells.num_rows(); row += 7) {
      Cell cell{.cohort = cells.cohort[row], .period = cells.period[row]};
      cell.group.push_back((*cells.group)[row]);
      if (!cells.observable[row].value) {
        EXPECT_THROW(static_cast<void>(members(rows, cell, options)), Error);
        continue;
      }
      const MemberList actual = members(rows, cell, options);
      EXPECT_EQ(static_cast<std::int64_t>(actual.num_rows()), cells.value.counts.values[row]);
      EXPECT_EQ(actual.num_eligible, cells.eligible[row]);
      EXPECT_EQ(actual.is_partial, cells.partial[row].value);
    }
  }
}

TEST(CohortDropOff, MatchesTheWorkedExample) {
  expect_worked(drop_off(retention(three_months())),
                Golden("cohort/three_months/expected_drop_off.csv"));
  EXPECT_THROW(static_cast<void>(drop_off(retention(three_months(), {.measure = Measure::orders}))),
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

TEST(CohortRetention, ManyPeriodsCountEachCustomerOnceInEach) {
  // More than 64 days take another way than the bits of a word.
  CustomerHistory history({.region = "region"});
  history.add(table_of(random_log(43, 900)));
  const std::int64_t as_of_us = history.resolve_as_of(std::nullopt);
  std::map<std::uint32_t, std::int64_t> first_us;
  for (const OrderState& order : history.orders()) {
    if (order.customer != 0 && order.purchase_us < as_of_us) {
      first_us.try_emplace(order.customer, order.purchase_us);
      first_us[order.customer] = std::min(first_us[order.customer], order.purchase_us);
    }
  }
  for (const Kind kind : {Kind::bounded, Kind::elapsed}) {
    std::set<std::pair<std::uint32_t, std::int64_t>> active;  // Customers and periods.
    for (const OrderState& order : history.orders()) {
      if (order.customer != 0 && order.purchase_us < as_of_us) {
        const std::int64_t first = first_us[order.customer];
        const std::int64_t window = (order.purchase_us - first) / kMicrosecondsPerDay;
        if (kind == Kind::bounded) {
          active.emplace(order.customer, day_of(order.purchase_us));
        } else if (first + (window + 1) * kMicrosecondsPerDay <= as_of_us) {
          active.emplace(order.customer, window);
        }
      }
    }
    for (const bool in_groups : {false, true}) {
      Options options{.period = Period::day, .kind = kind, .elapsed_days = 1};
      if (in_groups) {
        options.by = "region";
      }
      const Retention days = retention(history, options);
      ASSERT_GT(days.period.back(), 64);
      std::size_t counted = 0;
      for (const std::int64_t count : days.value.counts.values) {
        counted += static_cast<std::size_t>(count);
      }
      EXPECT_EQ(counted, active.size());
    }
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
        Options{.as_of_us = parse_civil_time("2024-01-10 09:00:00")}, Options{.num_threads = -1},
        Options{.elapsed_days = 0}, Options{.elapsed_days = 36'501}, Options{.by = ""},
        Options{.kind = Kind::rolling, .measure = Measure::orders}}) {
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
  for (const Kind kind : {Kind::bounded, Kind::rolling, Kind::elapsed}) {
    EXPECT_EQ(parse_kind(kind_name(kind)), kind);
  }
  for (const RelativeTo relative_to : {RelativeTo::first, RelativeTo::previous}) {
    EXPECT_EQ(parse_relative_to(relative_to_name(relative_to)), relative_to);
  }
  EXPECT_THROW(static_cast<void>(parse_relative_to("last")), Error);
  for (const Measure measure : {Measure::customers, Measure::orders, Measure::revenue,
                                Measure::cumulative_revenue, Measure::average_order_value}) {
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
