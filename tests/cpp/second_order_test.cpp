#include "ecommerce_analytics/second_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics::second_order {
namespace {

Transactions rows_of_case(const char* name) {
  return rows_of(Golden(std::string("second_order/") + name + "/input.csv"));
}

void expect_near(const std::vector<double>& actual, const std::vector<double>& wanted) {
  ASSERT_EQ(actual.size(), wanted.size());
  for (std::size_t row = 0; row < wanted.size(); ++row) {
    EXPECT_NEAR(actual[row], wanted[row], 1e-12) << row;
  }
}

void expect_worked(const Curve& actual, const Golden& expected) {
  EXPECT_EQ(actual.days, expected.column<std::vector<std::int32_t>>("days"));
  EXPECT_EQ(actual.at_risk, expected.column<std::vector<std::int64_t>>("at_risk"));
  EXPECT_EQ(actual.events, expected.column<std::vector<std::int64_t>>("events"));
  EXPECT_EQ(actual.censored, expected.column<std::vector<std::int64_t>>("censored"));
  EXPECT_EQ(actual.group, expected.column<std::optional<KeyColumn>>("group"));
  expect_near(actual.share, expected.column<std::vector<double>>("share_with_second"));
  for (const auto& [bounds, name] : {std::pair(&actual.lower, "lower"), {&actual.upper, "upper"}}) {
    const auto wanted = expected.column<Nullable<double>>(name);
    EXPECT_EQ(bounds->is_valid, wanted.is_valid);
    expect_near(bounds->values, wanted.values);
  }
}

// Expected values: worked by hand in tests/golden/second_order/seven_customers/SOURCE.md.
TEST(SecondOrder, MatchesTheWorkedExample) {
  const Transactions rows = rows_of_case("seven_customers");
  expect_worked(curve(rows), Golden("second_order/seven_customers/expected.csv"));
  const Curve by_region = curve(rows, {.by = "region"});
  expect_worked(by_region, Golden("second_order/seven_customers/expected_regions.csv"));
  const Summary summary = summarize(by_region);
  EXPECT_EQ(summary.customers, (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(summary.second_orders, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(summary.followed_days, (std::vector<std::int32_t>{30, 10}));
  EXPECT_EQ(summary.median_days.is_valid, (std::vector<std::uint8_t>{0, 1}));
  const Milestones days = milestones(by_region, {10, 20});
  EXPECT_EQ(days.at_risk, (std::vector<std::int64_t>{3, 1, 2, 0}));
  EXPECT_EQ(days.share.is_valid, (std::vector<std::uint8_t>{1, 1, 1, 0}));
}

// Published estimates: tests/golden/second_order/six_mp/SOURCE.md.
TEST(SecondOrder, MatchesThePublishedEstimates) {
  const Curve actual = curve(rows_of_case("six_mp"));
  const Golden expected("second_order/six_mp/expected.csv");
  const auto days = expected.column<std::vector<std::int32_t>>("days");
  const auto share = expected.column<std::vector<double>>("share_with_second");
  const auto lower = expected.column<std::vector<double>>("lower");
  const auto upper = expected.column<std::vector<double>>("upper");
  for (std::size_t row = 0; row < days.size(); ++row) {
    const auto day = static_cast<std::size_t>(days[row]);
    EXPECT_NEAR(actual.share[day], share[row], 5e-5);
    EXPECT_NEAR(actual.lower.values[day], lower[row], 5e-5);
    EXPECT_NEAR(actual.upper.values[day], upper[row], 5e-5);
  }
  EXPECT_EQ(summarize(actual).median_days.values, std::vector<std::int64_t>{23});
}

TEST(SecondOrder, ASelectionChoosesByTheFirstOrder) {
  const Transactions rows = rows_of_case("seven_customers");
  const Selection january{.end_day = day_of(parse_civil_time("2024-01-05"))};
  const Summary summary = summarize(curve(rows, {}, january));
  EXPECT_EQ(summary.customers, std::vector<std::int64_t>{2});  // Ana and Bia.
  EXPECT_EQ(summary.second_orders, std::vector<std::int64_t>{2});
}

TEST(SecondOrder, NoOrderOfRowsMatters) {
  std::vector<LogLine> log = random_log(7, 700);
  const Curve expected = curve(table_of(log), {.by = "region"});
  std::reverse(log.begin(), log.end());
  expect_same(curve(table_of(log), {.by = "region"}), expected);
}

TEST(SecondOrder, RefusesWhatIsOutOfRange) {
  const Transactions rows = rows_of_case("seven_customers");
  EXPECT_THROW(static_cast<void>(curve(rows, {.confidence = 1.0})), Error);
  EXPECT_THROW(static_cast<void>(curve(rows, {.by = ""})), Error);
  EXPECT_THROW(static_cast<void>(curve(CustomerHistory(), {})), Error);
  EXPECT_THROW(static_cast<void>(milestones(curve(rows), {-1})), Error);
}

}  // namespace
}  // namespace ecommerce_analytics::second_order
