#include "ecommerce_analytics/rfm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics::rfm {
namespace {

Transactions five_customers() { return rows_of(Golden("rfm/five_customers/input.csv")); }

void expect_error(ErrorCode code, const std::function<void()>& work,
                  const std::string& words = {}) {
  try {
    work();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

std::string value_of(const Metadata& metadata, const std::string& key) {
  for (const auto& [name, value] : metadata) {
    if (name == key) {
      return value;
    }
  }
  return "none";
}

/// As tests/golden/rfm/window_and_thresholds/SOURCE.md has it.
Options window_and_thresholds() {
  return {.as_of_us = parse_civil_time("2024-04-01 12:00:00"),
          .window_days = 31,
          .n_bins = 3,
          .method = Method::thresholds,
          .recency_thresholds = std::vector<std::int64_t>{7, 20},
          .frequency_thresholds = std::vector<std::int64_t>{1, 2},
          .monetary_thresholds = std::vector<std::int64_t>{200'000, 999'999}};
}

Rule rule(int r_min, int r_max, int f_min, int f_max, const char* segment) {
  return {.r_min = r_min,
          .r_max = r_max,
          .second_min = f_min,
          .second_max = f_max,
          .m_min = std::nullopt,
          .m_max = std::nullopt,
          .segment = segment};
}

/// As tests/golden/rfm/window_and_thresholds/rules.toml has them.
RuleSet regulars() {
  RuleSet rules{.name = "regulars",
                .n_bins = 3,
                .second = SecondScore::f,
                .rules = {rule(3, 3, 2, 3, "Regulars"), rule(2, 3, 2, 3, "Cooling"),
                          rule(1, 3, 1, 1, "Small"), rule(1, 3, 1, 3, "Others")},
                .strategies = {{"Regulars", "Thank them."}, {"Cooling", "Remind them."}}};
  rules.rules[1].m_min = 3;
  rules.rules[2].m_max = 1;
  return rules;
}

// Expected values: worked by hand in tests/golden/rfm/five_customers/SOURCE.md.
TEST(RfmScore, MatchesTheWorkedExample) {
  const Scores actual = score(five_customers());
  expect_golden(actual, Golden("rfm/five_customers/expected.csv"));
  EXPECT_EQ(actual.as_of_us, parse_civil_time("2024-04-01"));
  EXPECT_EQ(actual.num_lines_ignored, 0);
  EXPECT_EQ(actual.recency_edges.edges, (std::vector<double>{8.8, 22.4, 30, 42}));
  EXPECT_EQ(actual.frequency_edges.edges, (std::vector<double>{1, 1.6, 2, 2.2}));
  EXPECT_EQ(actual.monetary_edges.edges, (std::vector<double>{9.05, 16, 52, 140}));
  EXPECT_EQ(actual.recency_edges.levels_used, (std::vector<int>{1, 3, 4, 5}));
  EXPECT_EQ(actual.frequency_edges.levels_used, (std::vector<int>{1, 3, 5}));
  EXPECT_EQ(actual.monetary_edges.levels_used, (std::vector<int>{1, 2, 3, 4, 5}));
}

// Expected values: worked by hand in tests/golden/rfm/window_and_thresholds/SOURCE.md.
TEST(RfmScore, MatchesTheWorkedExampleOfAWindowAndThresholds) {
  const Scores actual =
      score(rows_of(Golden("rfm/window_and_thresholds/input.csv")), window_and_thresholds());
  expect_golden(actual, Golden("rfm/window_and_thresholds/expected.csv"));
  EXPECT_EQ(actual.recency_edges.edges, (std::vector<double>{7, 20}));
  EXPECT_EQ(actual.monetary_edges.edges, (std::vector<double>{20, 99.9999}));
  EXPECT_EQ(actual.frequency_edges.levels_used, (std::vector<int>{1, 2}));
  EXPECT_EQ(actual.monetary_edges.levels_used, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(value_of(actual.metadata(), "method"), "thresholds");
  EXPECT_EQ(value_of(actual.metadata(), "window_days"), "31");
  EXPECT_EQ(value_of(actual.metadata(), "window_start"), "2024-03-02");

  const Segments segments = segment(actual, regulars());
  EXPECT_EQ(segments.segment,
            Golden("rfm/window_and_thresholds/expected_segments.csv").column<KeyColumn>("segment"));
  EXPECT_EQ(value_of(segments.metadata(), "rule_overlaps"), "[[1, 2], [1, 4], [2, 4], [3, 4]]");
  const SegmentSummary summary = summarize(segments);
  const Golden expected("rfm/window_and_thresholds/expected_summary.csv");
  EXPECT_EQ(summary.revenue, expected.column<std::vector<Money128>>("revenue"));
  EXPECT_EQ(summary.average_order_value, expected.column<Nullable<double>>("average_order_value"));
  for (std::size_t row = 0; row < summary.num_rows(); ++row) {
    EXPECT_EQ(summary.strategy[row], expected.cells("strategy")[row]);
  }
}

TEST(RfmScore, AWindowMeetsThatOfTheSelection) {
  const Transactions rows = five_customers();
  const Selection march{.start_day = day_of(parse_civil_time("2024-03-01")),
                        .end_day = day_of(parse_civil_time("2024-03-21"))};
  const Scores wide = score(rows, {.window_days = 60}, march);
  expect_same(score(rows, {}, march), wide);
  EXPECT_EQ(wide.num_rows(), 3U);  // bruno, carla, elisa.
  const Scores narrow = score(rows, {.window_days = 12}, march);
  EXPECT_EQ(narrow.num_rows(), 1U);  // Bruno alone has an order in 03-20 … 03-31 and before 03-21.
  EXPECT_EQ(narrow.customer[0], Key("bruno"));
  EXPECT_EQ(score(rows, {.window_days = 1}).num_rows(), 1U);
  expect_same(score(rows, {.window_days = 1'000'000}), score(rows));
}

TEST(RfmScore, RefusesThresholdsAndWindowsThatDoNotFit) {
  const Transactions rows = five_customers();
  const auto expect_refusal = [&](const Options& options, const std::string& words) {
    expect_error(
        ErrorCode::invalid_argument, [&] { static_cast<void>(score(rows, options)); }, words);
  };
  expect_refusal({.window_days = 0}, "window_days must be in [1, 1000000]: 0");
  expect_refusal({.window_days = 1'000'001}, "1000001");
  Options options = window_and_thresholds();
  options.method = Method::quantile;
  expect_refusal(options, "thresholds need method thresholds: recency_thresholds");
  options = window_and_thresholds();
  options.monetary_thresholds.reset();
  expect_refusal(options, "needs thresholds of all three: monetary_thresholds");
  options = window_and_thresholds();
  options.frequency_thresholds->pop_back();
  expect_refusal(options, "n_bins - 1 thresholds: frequency_thresholds [1]");
  options = window_and_thresholds();
  options.recency_thresholds = std::vector<std::int64_t>{7, 7};
  expect_refusal(options, "must increase: recency_thresholds [7, 7]");
  expect_error(
      ErrorCode::invalid_argument, [] { static_cast<void>(parse_method("thirds")); }, "thirds");
}

TEST(RfmScore, QuantilesNeedNoSorting) {
  // Against the definition on sorted values, with ties and many bins.
  const std::vector<LogLine> log = random_log(7, 900);
  for (const int n_bins : {2, 3, 5, 40, 255}) {
    const Scores actual = score(table_of(log), {.n_bins = n_bins});
    std::vector<std::int32_t> sorted = actual.recency_days;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 1; i < static_cast<std::size_t>(n_bins); ++i) {
      const std::size_t position = (sorted.size() - 1) * i;
      const auto rest = static_cast<double>(position % static_cast<std::size_t>(n_bins));
      const std::size_t j = position / static_cast<std::size_t>(n_bins);
      const double step = rest == 0 ? 0 : sorted[j + 1] - sorted[j];
      EXPECT_DOUBLE_EQ(actual.recency_edges.edges[i - 1], sorted[j] + rest * step / n_bins);
    }
  }
}

TEST(RfmScore, LooksBackFromAnyMoment) {
  const Scores actual =
      score(five_customers(), {.as_of_us = parse_civil_time("2024-03-02 00:00:01")});
  EXPECT_EQ(actual.num_rows(), 4U);  // All but bruno, whose first order comes later.
  EXPECT_EQ(actual.recency_days, (std::vector<std::int32_t>{20, 0, 60, 0}));
  EXPECT_EQ(actual.num_lines_ignored, 6);
}

TEST(RfmScore, AConstantColumnScoresTheMiddle) {
  const std::vector<LogLine> lines = {
      {.customer = "a", .order = "1", .time_us = 0, .amount = 7},
      {.customer = "b", .order = "2", .time_us = 0, .amount = 7},
  };
  for (const int n_bins : {2, 3, 4, 5, 255}) {
    const Scores actual = score(table_of(lines), {.n_bins = n_bins});
    const auto middle = static_cast<std::uint8_t>(n_bins / 2 + 1);
    EXPECT_EQ(actual.r_score, (std::vector<std::uint8_t>{middle, middle}));
    EXPECT_EQ(actual.f_score, (std::vector<std::uint8_t>{middle, middle}));
    EXPECT_EQ(actual.m_score, (std::vector<std::uint8_t>{middle, middle}));
    EXPECT_EQ(actual.recency_edges.levels_used, (std::vector<int>{middle}));
  }
}

TEST(RfmScore, TheComparisonIsInIntegers) {
  // The edge of two bins lies half way between 2^62 and 2^62 + 1 ten-thousandths: as doubles all
  // three are equal.
  const std::int64_t large = std::int64_t{1} << 62;
  const std::vector<LogLine> lines = {
      {.customer = "a", .order = "1", .time_us = 0, .amount = large},
      {.customer = "b", .order = "2", .time_us = 0, .amount = large + 1},
  };
  EXPECT_EQ(score(table_of(lines), {.n_bins = 2}).m_score, (std::vector<std::uint8_t>{1, 2}));
}

TEST(RfmScore, EqualValuesGetEqualScoresWhateverTheOrderOfRows) {
  const std::vector<LogLine> log = random_log(31, 500);
  const Scores expected = score(table_of(log));
  for (std::uint32_t seed = 0; seed < 3; ++seed) {
    expect_same(score(table_of(shuffled(log, seed)), {.num_threads = 2}), expected);
  }
  for (std::size_t a = 0; a < expected.num_rows(); ++a) {
    for (std::size_t b = 0; b < expected.num_rows(); ++b) {
      if (expected.monetary[a] == expected.monetary[b]) {
        EXPECT_EQ(expected.m_score[a], expected.m_score[b]);
      } else if (expected.monetary[a] < expected.monetary[b]) {
        EXPECT_LE(expected.m_score[a], expected.m_score[b]);
      }
      if (expected.recency_days[a] < expected.recency_days[b]) {
        EXPECT_GE(expected.r_score[a], expected.r_score[b]);
      }
    }
  }
}

TEST(RfmScore, IsEmptyIfEveryOrderIsAGuests) {
  const Scores actual =
      score(table_of({{.customer = "", .order = "1", .time_us = 0, .amount = 7}}));
  EXPECT_EQ(actual.num_rows(), 0U);
  EXPECT_TRUE(actual.recency_edges.levels_used.empty());
  EXPECT_EQ(segment(actual, rule_set("default")).num_rows(), 0U);
  const SegmentSummary summary = summarize(segment(actual, rule_set("default")));
  EXPECT_EQ(summary.num_rows(), 11U);
  EXPECT_EQ(summary.customer_share.is_valid, std::vector<std::uint8_t>(11, 0));
}

TEST(RfmScore, RefusesOptionsOutOfRange) {
  const Transactions rows = five_customers();
  for (const int n_bins : {-1, 0, 1, 256}) {
    expect_error(
        ErrorCode::invalid_argument, [&] { static_cast<void>(score(rows, {.n_bins = n_bins})); },
        "rfm: n_bins must be in [2, 255]: " + std::to_string(n_bins));
  }
  expect_error(ErrorCode::invalid_argument,
               [&] { static_cast<void>(score(rows, {.num_threads = 1025})); });
  expect_error(ErrorCode::invalid_argument, [&] {
    static_cast<void>(score(rows, {.as_of_us = parse_civil_time("2024-01-01 08:00:00")}));
  });
  EXPECT_EQ(score(rows, {.as_of_us = parse_civil_time("2024-01-01 08:00:00.000001")}).num_rows(),
            1U);
}

TEST(RfmSegment, MatchesTheWorkedExample) {
  const Scores scores = score(five_customers());
  const Golden expected("rfm/five_customers/expected_segments.csv");
  for (const std::string& name : rule_set_names()) {
    const Segments actual = segment(scores, rule_set(name));
    EXPECT_EQ(actual.segment, expected.column<KeyColumn>(name)) << name;
    EXPECT_EQ(actual.rules, name);
    EXPECT_EQ(actual.customer, scores.customer);
    EXPECT_EQ(actual.m_score, scores.m_score);
  }
  EXPECT_EQ(rule_set_names().size(), 3U);
}

TEST(RfmSegment, EveryPairOfScoresHasASegment) {
  for (const std::string& name : rule_set_names()) {
    const RuleSet rules = rule_set(name);
    for (int r = 1; r <= 5; ++r) {
      for (int second = 1; second <= 5; ++second) {
        int num_rules = 0;
        for (const Rule& rule : rules.rules) {
          num_rules += rule.r_min <= r && r <= rule.r_max && rule.second_min <= second &&
                       second <= rule.second_max;
        }
        EXPECT_EQ(num_rules, 1) << name << " " << r << " " << second;
      }
    }
  }
}

TEST(RfmSegment, EverySegmentOfABuiltInSetHasAStrategy) {
  for (const std::string& name : rule_set_names()) {
    const RuleSet rules = rule_set(name);
    EXPECT_NO_THROW(validate(rules));
    EXPECT_TRUE(overlaps(rules).empty());
    for (const Rule& one : rules.rules) {
      EXPECT_FALSE(rules.strategies.at(one.segment).empty()) << one.segment;
    }
  }
}

TEST(RfmSegment, NamesWhatIsWrongWithARuleSet) {
  const auto expect_refusal = [](const RuleSet& rules, const std::string& words) {
    expect_error(
        ErrorCode::invalid_argument, [&] { validate(rules); }, words);
  };
  EXPECT_NO_THROW(validate(regulars()));
  RuleSet rules = regulars();
  rules.rules.pop_back();
  expect_refusal(rules, "a cell of scores has no rule: r 1, f 1, m 2");
  rules = regulars();
  std::swap(rules.rules.front(), rules.rules.back());
  expect_refusal(rules,
                 "others take all of its cells: rule 2 (Cooling, r [2, 3], f [2, 3], m [3, 3])");
  rules = regulars();
  rules.rules[1].m_max = 4;
  expect_refusal(rules, "within [1, n_bins]: rule 2 (Cooling");
  rules = regulars();
  rules.strategies["Lost"] = "Let them go.";
  expect_refusal(rules, "a strategy is for no segment of the rules: Lost");
  rules = regulars();
  rules.second = SecondScore::fm;
  expect_refusal(rules, "bounds of m need f as the second score: fm");
  rules = regulars();
  rules.n_bins = 51;
  expect_refusal(rules, "bounds of m need 50 bins or fewer: 51");
  rules = regulars();
  rules.rules.resize(RuleSet::kMaxRules + 1, rules.rules.back());
  expect_refusal(rules, "more than 1,000 rules: 1001");
  rules = regulars();
  rules.rules.back().segment = "unknown";
  expect_refusal(rules, "a segment needs a name");
}

TEST(RfmSegment, RefusesRulesThatDoNotFit) {
  const Scores scores = score(five_customers());
  expect_error(
      ErrorCode::invalid_argument, [] { static_cast<void>(rule_set("twelve")); }, "twelve");
  expect_error(ErrorCode::invalid_argument, [&] {
    static_cast<void>(segment(score(five_customers(), {.n_bins = 4}), rule_set("default")));
  });
  RuleSet out_of_bounds = rule_set("six");
  out_of_bounds.rules.front().r_max = 6;
  expect_error(ErrorCode::invalid_argument,
               [&] { static_cast<void>(segment(scores, out_of_bounds)); });
  RuleSet below = rule_set("six");
  below.rules.front().second_min = 0;
  expect_error(ErrorCode::invalid_argument, [&] { static_cast<void>(segment(scores, below)); });
  RuleSet gap{.name = "gap", .n_bins = 5, .second = SecondScore::f, .rules = {}};
  gap.rules.push_back(rule(1, 5, 1, 4, "low"));
  expect_error(
      ErrorCode::invalid_argument, [&] { static_cast<void>(segment(scores, gap)); }, "5");
}

TEST(RfmSegment, TheFirstRuleWins) {
  RuleSet rules{.name = "own", .n_bins = 5, .second = SecondScore::f, .rules = {}};
  rules.rules.push_back(rule(5, 5, 5, 5, "best"));
  rules.rules.push_back(rule(1, 5, 1, 5, "all others"));
  const Segments actual = segment(score(five_customers()), rules);
  EXPECT_EQ(actual.segment[0], Key("best"));
  EXPECT_EQ(actual.segment[1], Key("all others"));
  EXPECT_EQ(actual.segments, (std::vector<std::string>{"best", "all others"}));
}

// The five customers of the worked example by `ten`: carla and elisa need attention, recency 30 and
// 30, orders 2 and 2, money 20 and 300 of 435.25 in all.
TEST(RfmOfCustomers, KeepsTheScoresOfSomeInAnyOrder) {
  const Segments everyone = segment(score(five_customers()), rule_set("ten"));
  KeyColumn some;
  some.push_back(everyone.customer[3]);
  some.push_back(everyone.customer[1]);
  some.push_back(Key(std::string_view("nobody at all")));

  const Segments actual = of_customers(everyone, some);

  ASSERT_EQ(actual.num_rows(), 2U);
  EXPECT_EQ(actual.customer[0], everyone.customer[1]);
  EXPECT_EQ(actual.segment[1], everyone.segment[3]);
  EXPECT_EQ(actual.m_score[1], everyone.m_score[3]);
  EXPECT_EQ(actual.metadata(), everyone.metadata());
  EXPECT_EQ(of_customers(static_cast<const Scores&>(everyone), KeyColumn{}).num_rows(), 0U);
}

TEST(RfmSummarize, MatchesTheWorkedExample) {
  const SegmentSummary actual = summarize(segment(score(five_customers()), rule_set("ten")));
  ASSERT_EQ(actual.num_rows(), 10U);
  EXPECT_EQ(actual.segment[0], Key("Hibernating"));
  EXPECT_EQ(actual.segment[4], Key("Needs Attention"));
  EXPECT_EQ(actual.customers, (std::vector<std::int64_t>{1, 0, 0, 0, 2, 0, 1, 0, 0, 1}));
  EXPECT_EQ(actual.customer_share.values[4], 0.4);
  EXPECT_EQ(actual.revenue[4], to_money128(3'200'000));
  EXPECT_EQ(actual.revenue_share.values[4], 320.0 / 435.25);
  EXPECT_EQ(actual.mean_recency_days.values[4], 30.0);
  EXPECT_EQ(actual.median_recency_days.values[4], 30.0);
  EXPECT_EQ(actual.mean_frequency.values[4], 2.0);
  EXPECT_EQ(actual.median_frequency.values[4], 2.0);
  EXPECT_EQ(actual.mean_monetary.values[4], 160.0);
  EXPECT_EQ(actual.median_monetary.values[4], 160.0);
  EXPECT_EQ(actual.average_order_value.values[4], 80.0);
  EXPECT_EQ(actual.average_order_value.is_valid[1], 0);
  EXPECT_EQ(actual.strategy[4], rule_set("ten").strategies.at("Needs Attention"));
  EXPECT_EQ(actual.revenue[1], to_money128(0));
  EXPECT_EQ(actual.customer_share.values[1], 0.0);
  EXPECT_EQ(actual.mean_recency_days.is_valid[1], 0);
  EXPECT_EQ(actual.median_monetary.is_valid[1], 0);
}

// By money: elisa 300, ana 100, carla 20, bruno 10, davi 5.25. The cuts lie behind floor(0.25) = 0,
// floor(1) = 1 and floor(2.5) = 2 of the five.
TEST(RfmTiers, MatchesTheWorkedExample) {
  const Tiers actual = tiers(score(five_customers()));
  const std::vector<const char*> names = {"Silver", "Bronze", "Bronze", "Bronze", "Gold"};
  ASSERT_EQ(actual.num_rows(), names.size());
  for (std::size_t row = 0; row < names.size(); ++row) {
    EXPECT_EQ(actual.tier[row], Key(names[row])) << row;
  }
  EXPECT_EQ(actual.to_next_tier.is_valid, (std::vector<std::uint8_t>{1, 1, 1, 1, 0}));
  EXPECT_EQ(actual.to_next_tier.values[0], to_money128(2'000'001));
  EXPECT_EQ(actual.to_next_tier.values[3], to_money128(947'501));
  EXPECT_EQ(actual.sizes, (std::vector<std::int64_t>{0, 1, 1, 3}));
}

TEST(RfmTiers, AreSummedUpAndKeptForSomeCustomers) {
  const Tiers everyone = tiers(score(five_customers()));
  const TierSummary all = summarize(everyone);
  EXPECT_EQ(all.customers, (std::vector<std::int64_t>{0, 1, 1, 3}));
  EXPECT_EQ(all.revenue[3], to_money128(352'500));
  EXPECT_EQ(all.mean_monetary.values[3], 11.75);
  EXPECT_EQ(all.mean_monetary.is_valid[0], 0);

  KeyColumn some;
  some.push_back(everyone.customer[4]);
  some.push_back(everyone.customer[0]);
  const Tiers kept = of_customers(everyone, some);
  ASSERT_EQ(kept.num_rows(), 2U);
  EXPECT_EQ(kept.to_next_tier.is_valid, (std::vector<std::uint8_t>{1, 0}));
  EXPECT_EQ(kept.metadata(), everyone.metadata());
  EXPECT_EQ(summarize(kept).revenue_share.values[1], 0.75);
}

TEST(RfmTiers, EqualMoneyAcrossACutGoesDownTogether) {
  const std::vector<LogLine> lines = {
      {.customer = "a", .order = "1", .time_us = 0, .amount = 9},
      {.customer = "b", .order = "2", .time_us = 0, .amount = 7},
      {.customer = "c", .order = "3", .time_us = 0, .amount = 7},
      {.customer = "d", .order = "4", .time_us = 0, .amount = 1},
  };
  const Tiers actual = tiers(score(table_of(lines)), {.names = {"top", "rest"}, .cuts = {0.5}});
  EXPECT_EQ(actual.sizes, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(actual.to_next_tier.values[1], to_money128(1));
  EXPECT_EQ(actual.to_next_tier.values[3], to_money128(7));
}

TEST(RfmTiers, ACutIsReadToTheNearestMillionth) {
  // Read so, it lies behind all customers or is no cut: never beyond the last one.
  try {
    const Tiers actual =
        tiers(score(five_customers()), {.names = {"top", "rest"}, .cuts = {0.9999999}});
    EXPECT_EQ(actual.num_rows(), 5U);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  }
}

TEST(RfmTiers, RefusesCutsThatDoNotFit) {
  const Scores scores = score(five_customers());
  for (const TierOptions& options : {TierOptions{.names = {"A", "B"}, .cuts = {0.0}},
                                     TierOptions{.names = {"A", "B"}, .cuts = {1.0}},
                                     TierOptions{.names = {"A", "B", "C"}, .cuts = {0.5, 0.2}},
                                     TierOptions{.names = {"A", "B", "C"}, .cuts = {0.5, 0.5}},
                                     TierOptions{.names = {"A"}, .cuts = {0.5}}}) {
    expect_error(ErrorCode::invalid_argument, [&] { static_cast<void>(tiers(scores, options)); });
  }
}

// With values x in increasing order the coefficient is 2 Σ i·x / (n Σ x) - (n + 1) / n, that is
// 2 (5.25 + 20 + 60 + 400 + 1500) / 2176.25 - 1.2 = 1359 / 2176.25.
TEST(RfmConcentration, MatchesTheWorkedExample) {
  const Concentration actual = concentration(score(five_customers()), {0.0, 0.2, 0.4, 1.0});
  EXPECT_EQ(actual.customers, (std::vector<std::int64_t>{0, 1, 2, 5}));
  EXPECT_EQ(actual.revenue,
            (std::vector<Money128>{to_money128(0), to_money128(3'000'000), to_money128(4'000'000),
                                   to_money128(4'352'500)}));
  EXPECT_EQ(actual.revenue_share.values, (std::vector<double>{0, 300 / 435.25, 400 / 435.25, 1}));
  EXPECT_EQ(actual.gini.value, 1'359 / 2'176.25);
  EXPECT_EQ(actual.gini.num_negative, 0);
}

TEST(RfmConcentration, HasNoGiniWhereSomebodyIsBelowZero) {
  const std::vector<LogLine> lines = {
      {.customer = "a", .order = "1", .time_us = 0, .amount = 9},
      {.customer = "b", .order = "2", .time_us = 0, .amount = 1},
      {.customer = "b", .order = "2", .time_us = 0, .amount = -2},
  };
  const Concentration actual = concentration(score(table_of(lines)));
  EXPECT_EQ(actual.gini.value, std::nullopt);
  EXPECT_EQ(actual.gini.num_negative, 1);
  EXPECT_EQ(value_of(actual.metadata(), "gini"), "undefined");
  EXPECT_EQ(value_of(actual.metadata(), "gini_note"),
            "undefined, because customers have less than zero: 1");
  expect_error(ErrorCode::invalid_argument,
               [] { static_cast<void>(concentration(score(five_customers()), {1.5})); });
}

// From the poorest: davi 5.25, bruno 10, carla 20, ana 100, elisa 300.
TEST(RfmLorenz, MatchesTheWorkedExample) {
  const Lorenz actual = lorenz(score(five_customers()), 4);
  EXPECT_EQ(actual.customers, (std::vector<std::int64_t>{0, 1, 3, 5}));
  EXPECT_EQ(actual.customer_share.values, (std::vector<double>{0, 0.2, 0.6, 1}));
  EXPECT_EQ(actual.revenue, (std::vector<Money128>{to_money128(0), to_money128(52'500),
                                                   to_money128(352'500), to_money128(4'352'500)}));
  EXPECT_EQ(actual.revenue_share.values,
            (std::vector<double>{0, 5.25 / 435.25, 35.25 / 435.25, 1}));
  EXPECT_EQ(actual.gini.value, 1'359 / 2'176.25);
  EXPECT_EQ(lorenz(score(five_customers())).num_rows(), 101U);
  for (const int num_points : {-1, 1, 1'000'001}) {
    expect_error(ErrorCode::invalid_argument,
                 [&] { static_cast<void>(lorenz(score(five_customers()), num_points)); });
  }
}

TEST(RfmScore, QuantilesOfVeryMuchMoneyNeverWrap) {
  // One line of the largest amount, taken 2^62 times by merging a history with itself.
  CustomerHistory history({.as_of_us = std::nullopt, .region = "region"});
  history.add(table_of({{.customer = "a",
                         .order = "1",
                         .time_us = 0,
                         .amount = std::numeric_limits<std::int64_t>::max()}}));
  for (int count = 0; count < 62; ++count) {
    const CustomerHistory copy = history;
    history.merge(copy);
  }
  history.add(table_of({{.customer = "b", .order = "2", .time_us = 0, .amount = 1}}));
  for (const int n_bins : {2, 5, 255}) {
    try {
      EXPECT_EQ(score(history, {.n_bins = n_bins}).m_score,
                (std::vector<std::uint8_t>{static_cast<std::uint8_t>(n_bins), 1}));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::overflow);
    }
  }
}

}  // namespace
}  // namespace ecommerce_analytics::rfm
