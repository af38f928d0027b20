#include "ecommerce_analytics/cutoff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics::cutoff {
namespace {

const std::int64_t kCutoff = parse_civil_time("2024-05-01");

Transactions five_customers() { return rows_of(Golden("cutoff/five_customers/input.csv")); }

void expect_error(const std::function<void()>& work, const std::string& words) {
  try {
    work();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << error.what();
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

// Expected values: worked by hand in tests/golden/cutoff/five_customers/SOURCE.md.
TEST(Cutoff, FeaturesMatchTheWorkedExample) {
  const Features actual = features(five_customers(), kCutoff, {.active_within_days = 121});
  expect_golden(actual, Golden("cutoff/five_customers/expected.csv"));
  EXPECT_EQ(actual.cutoff_us, kCutoff);
}

TEST(Cutoff, LabelsMatchTheWorkedExample) {
  const Dataset dataset(five_customers(), kCutoff, {.horizon_days = 30, .active_within_days = 121});
  const std::vector<std::uint8_t> labels(dataset.labels().begin(), dataset.labels().end());
  EXPECT_EQ(labels, Golden("cutoff/five_customers/expected_labels.csv")
                        .column<std::vector<std::uint8_t>>("label"));
  EXPECT_EQ(dataset.num_positives(), 3);
  EXPECT_EQ(dataset.window_end_us(), parse_civil_time("2024-05-31"));
}

TEST(Cutoff, NothingFromTheCutoffOnReachesAFeature) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const std::vector<LogLine> lines = random_log(seed, 120);
    const std::int64_t cutoff_us = (17'100 + 7 * seed) * kMicrosecondsPerDay + seed * 1'000'003;
    const Features expected = features(table_of(lines), cutoff_us);
    std::vector<LogLine> past;
    std::vector<LogLine> scrambled;
    for (const LogLine& line : lines) {
      if (line.time_us < cutoff_us) {
        past.push_back(line);
        scrambled.push_back(line);
      } else {
        LogLine changed = line;
        changed.amount = 777 * static_cast<std::int64_t>(scrambled.size());
        changed.time_us += static_cast<std::int64_t>(seed) * 12'345'678;
        scrambled.push_back(changed);
        changed.order = "new" + std::to_string(scrambled.size());
        changed.customer = "c" + std::to_string(scrambled.size() % 50);
        scrambled.push_back(changed);
      }
    }
    expect_same(features(table_of(past), cutoff_us), expected);
    expect_same(features(table_of(shuffled(scrambled, seed)), cutoff_us), expected);
  }
}

TEST(Cutoff, FeaturesWantAHistoryThatEndsAtTheCutoff) {
  CustomerHistory whole;
  whole.add(five_customers());
  expect_error([&] { static_cast<void>(features(whole)); }, "must be cut at the cutoff");
  CustomerHistory past({.as_of_us = kCutoff});
  past.add(five_customers());
  expect_same(features(past), features(five_customers(), kCutoff));
}

TEST(Cutoff, DataThatEndInsideTheWindowAreAnError) {
  EXPECT_EQ(end_of_data_us(five_customers()), parse_civil_time("2024-06-01"));
  EXPECT_EQ(Dataset(five_customers(), kCutoff, {.horizon_days = 31}).num_rows(), 5U);
  expect_error([] { static_cast<void>(Dataset(five_customers(), kCutoff, {.horizon_days = 32})); },
               "inside the label window");
  expect_error(
      [] {
        static_cast<void>(Dataset(five_customers(), kCutoff, {.horizon_days = 31, .gap_days = 1}));
      },
      "inside the label window");
}

TEST(Cutoff, OptionsOutOfRangeAreAnError) {
  expect_error([] { static_cast<void>(Dataset(five_customers(), kCutoff, {.horizon_days = 0})); },
               "horizon");
  expect_error([] { static_cast<void>(Dataset(five_customers(), kCutoff, {.gap_days = -1})); },
               "gap");
  expect_error(
      [] { static_cast<void>(features(five_customers(), kCutoff, {.active_within_days = 0})); },
      "active_within");
  expect_error([] { static_cast<void>(features(five_customers(), INT64_MAX)); }, "years");
  expect_error([] { static_cast<void>(features(five_customers(), 0)); },
               "no purchase lies before the cutoff");
  expect_error([] { static_cast<void>(end_of_data_us(Transactions())); }, "no line");
}

}  // namespace
}  // namespace ecommerce_analytics::cutoff
