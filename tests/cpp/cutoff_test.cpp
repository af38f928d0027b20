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

/// A line of a shop that tells all that features read.
Line rich_line(std::int64_t number, std::int64_t time_us) {
  Line line;
  line.order = Key(number % 150);
  line.customer = Key(number % 150 % 23);
  line.time_us = time_us;
  line.amount = (number * 7 % 50 - 8) * 1'000;
  line.kind = static_cast<LineKind>(number % 5 == 4 ? 4 : number % 7 == 3 ? 1 : 0);
  line.quantity = (1 + number % 3) * 10'000;
  line.measures = {number % 4 * 500};
  line.dimensions = {Key(number % 17), Key(number % 3), Key(number % 4)};
  return line;
}

Transactions rich_table(std::int64_t until_us, bool is_scrambled) {
  TransactionsBuilder builder({"discount"}, {"product", "category", "region"});
  for (std::int64_t number = 0; number < 600; ++number) {
    const std::int64_t time_us =
        17'000 * kMicrosecondsPerDay + number * 7'919 % 600 * (kMicrosecondsPerDay / 2);
    if (time_us < until_us) {
      builder.add(rich_line(number, time_us));
    } else if (is_scrambled) {
      Line line = rich_line(number * 31 + 5, time_us + 12'345);
      line.order = Key(10'000 + number);
      builder.add(line);
    }
  }
  return builder.finish();
}

Transactions rich_facts(std::int64_t until_us, bool is_scrambled) {
  TransactionsBuilder builder({}, {kFactDimension});
  for (std::int64_t number = 0; number < 300; ++number) {
    Line fact;
    fact.order = Key(number % 160);
    fact.time_us = 17'010 * kMicrosecondsPerDay + number * 104'729 % 300 * kMicrosecondsPerDay;
    fact.amount = number * 1'234;
    fact.dimensions = {Key(number % 3)};
    if (fact.time_us >= until_us) {
      fact.amount += 55;
      fact.dimensions = {Key(number % 7)};
    }
    if (fact.time_us < until_us || is_scrambled) {
      builder.add(fact);
    }
  }
  return builder.finish();
}

TEST(Cutoff, TwoHundredCutoffsDoNotSeeWhatComesLater) {
  const Transactions whole = rich_table(INT64_MAX, false);
  const Transactions facts = rich_facts(INT64_MAX, false);
  for (std::int64_t number = 0; number < 200; ++number) {
    const std::int64_t cutoff_us =
        17'030 * kMicrosecondsPerDay + number * (kMicrosecondsPerDay + 7'777'777);
    const bool is_scrambled = number % 2 == 1;
    const Features expected = features(whole, cutoff_us, {.facts = facts});
    const Features actual =
        features(rich_table(cutoff_us, is_scrambled), cutoff_us,
                 {.num_threads = 2, .facts = rich_facts(cutoff_us, is_scrambled)});
    expect_same(actual, expected);
    ASSERT_TRUE(expected.items && expected.unique_products && expected.unique_categories &&
                expected.discount_share && expected.region && expected.median_line_items &&
                expected.median_product_buyers);
    ASSERT_FALSE(expected.facts.empty());
  }
}

TEST(Cutoff, FactsThatCannotBeAreTold) {
  const auto expect_mismatch = [](const Transactions& facts, const std::string& words) {
    try {
      static_cast<void>(features(five_customers(), kCutoff, {.facts = facts}));
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::schema_mismatch);
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  };
  expect_mismatch(five_customers(), "facts lack the dimension");
  expect_mismatch(rich_facts(INT64_MAX, false), "integer and text keys");
}

TEST(Cutoff, MoreDaysAndOneMoreOrderMoveWhatTimesTell) {
  const Features known = features(five_customers(), kCutoff);
  const Features later = if_quiet(known, 10);
  const Features ordered = if_ordered(known);
  for (std::size_t row = 0; row < known.num_rows(); ++row) {
    EXPECT_EQ(later.recency_days[row], known.recency_days[row] + 10);
    EXPECT_EQ(later.frequency[row], known.frequency[row]);
    EXPECT_LE(later.recent_order_days[row], known.recent_order_days[row]);
    EXPECT_EQ(ordered.recency_days[row], 0);
    EXPECT_EQ(ordered.frequency[row], known.frequency[row] + 1);
    EXPECT_EQ(ordered.orders_90d[row], known.orders_90d[row] + 1);
  }
  // bruno: 10 of one order; carla: 15.01 of two, 7.505 more.
  EXPECT_EQ(format_money(ordered.monetary[1]), "20.0000");
  EXPECT_EQ(format_money(ordered.monetary[2]), "22.5150");
  expect_same(if_quiet(known, 0), known);
  expect_error([&] { static_cast<void>(if_quiet(known, -1)); }, "days must be");
}

TEST(Cutoff, AHorizonCoversTheShareAskedFor) {
  TransactionsBuilder builder;
  std::int64_t order = 0;
  for (int customer = 0; customer < 10; ++customer) {
    for (std::int64_t visit = 0; visit < 12; ++visit) {  // Gaps of 1, 2, …, 11 days.
      Line line;
      line.customer = Key(customer);
      line.order = Key(++order);
      line.time_us = (17'000 + visit * (visit + 1) / 2) * kMicrosecondsPerDay;
      line.amount = 10'000;
      builder.add(line);
    }
  }
  const Transactions rows = builder.finish();
  const Horizon told = suggest_horizon(rows, {.share = 0.9});
  ASSERT_EQ(told.num_rows(), 1U);
  EXPECT_EQ(told.gaps.front(), 110);
  EXPECT_EQ(told.customers.front(), 10);
  EXPECT_EQ(told.horizon_days.front(), 10);
  EXPECT_EQ(told.median_gap.front(), 6);
  EXPECT_EQ(told.share.front(), 10.0 / 11.0);
  EXPECT_EQ(told.lower.front(), 10.0);  // All customers are alike.
  EXPECT_EQ(told.upper.front(), 10.0);
  EXPECT_FALSE(told.metadata().empty());
  expect_error([&] { static_cast<void>(suggest_horizon(rows, {.share = 1.0})); }, "share");
  expect_error([&] { static_cast<void>(suggest_horizon(rows, {.confidence = 0.0})); },
               "confidence");
  try {
    static_cast<void>(suggest_horizon(five_customers()));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_data);
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
