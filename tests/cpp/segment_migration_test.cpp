#include "ecommerce_analytics/segment_migration.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/int128.hpp"
#include "core/interval.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics::segment_migration {
namespace {

const std::int64_t kStart = parse_civil_time("2024-03-01");
const std::int64_t kEnd = parse_civil_time("2024-05-01");

/// Two segments: who ordered lately, and who did not.
rfm::RuleSet two_segments(const std::string& name = "old") {
  return {.name = "two",
          .n_bins = 2,
          .second = rfm::SecondScore::f,
          .rules = {{.r_min = 2, .r_max = 2, .second_min = 1, .second_max = 2, .segment = "recent"},
                    {.r_min = 1, .r_max = 1, .second_min = 1, .second_max = 2, .segment = name}}};
}

/// At the start a and b are old, c and d recent. Then a orders, c does not, d sends goods back, and
/// e comes.
Transactions rows() {
  return table_of(
      {{.customer = "a",
        .order = "A1",
        .time_us = parse_civil_time("2024-01-02"),
        .amount = 10'0000},
       {.customer = "b",
        .order = "B1",
        .time_us = parse_civil_time("2024-01-01"),
        .amount = 20'0000},
       {.customer = "c",
        .order = "C1",
        .time_us = parse_civil_time("2024-02-20"),
        .amount = 30'0000},
       {.customer = "d",
        .order = "D1",
        .time_us = parse_civil_time("2024-02-21"),
        .amount = 40'0000},
       {.customer = "d",
        .order = "D1",
        .time_us = parse_civil_time("2024-03-02"),
        .amount = -5'0000},
       {.customer = "a",
        .order = "A2",
        .time_us = parse_civil_time("2024-04-20"),
        .amount = 1'2345},
       {.customer = "d",
        .order = "D2",
        .time_us = parse_civil_time("2024-04-21"),
        .amount = 2'0000},
       {.customer = "e",
        .order = "E1",
        .time_us = parse_civil_time("2024-04-22"),
        .amount = 7'0000},
       {.customer = "", .order = "G1", .time_us = parse_civil_time("2024-04-22"), .amount = 9'0000},
       {.customer = "b",
        .order = "B2",
        .time_us = parse_civil_time("2024-05-01"),
        .amount = 50'0000}});
}

std::string error_of(const Options& options, const rfm::RuleSet& rules = two_segments()) {
  try {
    static_cast<void>(moves(rows(), rules, options));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return "";
}

std::vector<std::int64_t> units(const std::vector<Money128>& money) {
  std::vector<std::int64_t> all;
  all.reserve(money.size());
  for (const Money128& one : money) {
    all.push_back(static_cast<std::int64_t>(to_int128(one)));
  }
  return all;
}

// Worked by hand. The end: the last orders are b 1 Jan, c 20 Feb, a 20, d 21 and e 22 April; the
// median is that of a, and what is not above it has the better score.
TEST(SegmentMigration, MatchesTheWorkedExample) {
  const Moves table = moves(rows(), two_segments(), {.start_us = kStart, .end_us = kEnd});
  ASSERT_EQ(table.num_rows(), 6U);
  std::vector<std::string> names;
  for (std::size_t row = 0; row < table.num_rows(); ++row) {
    names.push_back(to_string(table.from_segment[row]) + "-" + to_string(table.to_segment[row]));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"recent-recent", "recent-old", "old-recent", "old-old",
                                             "new-recent", "new-old"}));
  EXPECT_EQ(table.customers, (std::vector<std::int64_t>{1, 1, 1, 1, 1, 0}));
  EXPECT_EQ(table.origin_customers, (std::vector<std::int64_t>{2, 2, 2, 2, 1, 1}));
  EXPECT_EQ(table.without_order, (std::vector<std::int64_t>{0, 1, 0, 1, 0, 0}));
  EXPECT_EQ(units(table.revenue), (std::vector<std::int64_t>{-3'0000, 0, 1'2345, 0, 7'0000, 0}));
  EXPECT_EQ(table.probability.values, (std::vector<double>{0.5, 0.5, 0.5, 0.5, 1.0, 0.0}));
  EXPECT_EQ(table.baseline.values, (std::vector<double>{0.6, 0.4, 0.6, 0.4, 0.6, 0.4}));
  const Interval half = wilson(std::int64_t{1}, std::int64_t{2}, normal_quantile(0.95));
  EXPECT_EQ(table.lower.values[0], half.lower);
  EXPECT_EQ(table.upper.values[0], half.upper);
  EXPECT_EQ(table.metadata(), (Metadata{{"start", "2024-03-01 00:00:00"},
                                        {"as_of", "2024-05-01 00:00:00"},
                                        {"rules", "two"},
                                        {"confidence", "0.95"}}));
}

TEST(SegmentMigration, OriginsAddUp) {
  const Origins table =
      origins(moves(rows(), two_segments(), {.start_us = kStart, .end_us = kEnd}));
  ASSERT_EQ(table.num_rows(), 3U);
  EXPECT_EQ(to_string(table.segment[2]), "new");
  EXPECT_EQ(table.customers_before, (std::vector<std::int64_t>{2, 2, 1}));
  EXPECT_EQ(table.customers_after.values, (std::vector<std::int64_t>{3, 2, 0}));
  EXPECT_EQ(table.customers_after.is_valid, (std::vector<std::uint8_t>{1, 1, 0}));
  EXPECT_EQ(table.stayed.values, (std::vector<std::int64_t>{1, 1, 0}));
  EXPECT_EQ(table.stayed_share.values, (std::vector<double>{0.5, 0.5, 0.0}));
  EXPECT_EQ(table.without_order, (std::vector<std::int64_t>{1, 1, 0}));
  EXPECT_EQ(table.without_order_share.is_valid, (std::vector<std::uint8_t>{1, 1, 0}));
  EXPECT_EQ(units(table.revenue), (std::vector<std::int64_t>{-3'0000, 1'2345, 7'0000}));
  EXPECT_EQ(table.metadata()[2], (std::pair<std::string, std::string>{"rules", "two"}));
}

TEST(SegmentMigration, TheEndIsThatOfTheDataUnlessToldOtherwise) {
  const Moves table = moves(rows(), two_segments(), {.start_us = kStart});
  EXPECT_EQ(table.as_of_us, parse_civil_time("2024-05-02"));
  std::int64_t total = 0;
  for (const std::int64_t revenue : units(table.revenue)) {
    total += revenue;
  }
  EXPECT_EQ(total, -5'0000 + 1'2345 + 2'0000 + 7'0000 + 50'0000);  // Guests are no customers.
}

TEST(SegmentMigration, AnEmptyOriginHasNoProbability) {
  const Moves table =
      moves(rows(), two_segments(), {.start_us = parse_civil_time("2024-01-02"), .end_us = kEnd});
  // b alone was there: one customer has a middle score, which is the recent one of two.
  EXPECT_EQ(table.origin_customers, (std::vector<std::int64_t>{1, 1, 0, 0, 4, 4}));
  EXPECT_EQ(table.probability.is_valid, (std::vector<std::uint8_t>{1, 1, 0, 0, 1, 1}));
  EXPECT_EQ(table.upper.is_valid, (std::vector<std::uint8_t>{1, 1, 0, 0, 1, 1}));
  const Origins summed = origins(table);
  EXPECT_EQ(summed.stayed_share.is_valid, (std::vector<std::uint8_t>{1, 0, 0}));
}

TEST(SegmentMigration, AShopOfGuestsHasEmptyMoves) {
  const Transactions guests =
      table_of({{.order = "G1", .time_us = kStart - kMicrosecondsPerDay, .amount = 9'0000}});
  const Moves table = moves(guests, two_segments(), {.start_us = kStart, .end_us = kEnd});
  EXPECT_EQ(table.customers, std::vector<std::int64_t>(6, 0));
  EXPECT_EQ(table.probability.is_valid, std::vector<std::uint8_t>(6, 0));
  EXPECT_EQ(table.baseline.is_valid, std::vector<std::uint8_t>(6, 0));
}

TEST(SegmentMigration, OptionsAreCheckedByName) {
  EXPECT_NE(error_of({.start_us = kStart + 1}).find("start must be a midnight"), std::string::npos);
  EXPECT_NE(error_of({.start_us = kEnd, .end_us = kEnd}).find("start must lie before the end"),
            std::string::npos);
  EXPECT_NE(error_of({.start_us = kStart, .confidence = 1.0}).find("confidence"),
            std::string::npos);
  EXPECT_NE(error_of({.start_us = kStart}, two_segments("new")).find("not there before: new"),
            std::string::npos);
  EXPECT_NE(error_of({.start_us = parse_civil_time("2023-01-01")}).find("2023-01-01"),
            std::string::npos);
}

}  // namespace
}  // namespace ecommerce_analytics::segment_migration
