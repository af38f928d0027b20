#include "ecommerce_analytics/churn_scores.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ecommerce_analytics/churn_changes.hpp"
#include "ecommerce_analytics/churn_reasons.hpp"
#include "ecommerce_analytics/churn_value.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/random.hpp"

namespace ecommerce_analytics::churn {
namespace {

constexpr std::int64_t kDay = kMicrosecondsPerDay;
constexpr std::int64_t kFirstDay = 19'000;

/// Customers of 400 days, each with a gap of his own; some stop early.
Transactions shop(int num_customers) {
  Random random(7);
  TransactionsBuilder builder;
  std::int64_t order = 0;
  const auto add = [&](std::int64_t customer, double day) {
    Line line;
    line.customer = Key(customer);
    line.order = Key(++order);
    line.time_us = kFirstDay * kDay + static_cast<std::int64_t>(day * static_cast<double>(kDay));
    line.amount = static_cast<std::int64_t>(10'000 + random.below(500'000));
    builder.add(line);
  };
  for (int customer = 0; customer < num_customers; ++customer) {
    const double gap = 10.0 + 110.0 * random.uniform();
    const double end = random.uniform() < 0.5 ? 400.0 : 400.0 * random.uniform();
    for (double day = 200.0 * random.uniform(); day < end;
         day += gap * (0.2 + 1.6 * random.uniform())) {
      add(customer, day);
    }
  }
  add(num_customers, 399.5);  // Ends the data on a day that is known.
  return builder.finish();
}

void expect_error(ErrorCode code, const std::function<void()>& work, const std::string& words) {
  try {
    work();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(ChurnScores, AreOfTheTestAndItsFiguresStandTogether) {
  const Outcome outcome = rank(shop(600));
  ASSERT_EQ(outcome.reason, "");
  const Scores& scores = *outcome.test;
  const Evaluation& evaluation = *outcome.evaluation;
  EXPECT_EQ(static_cast<std::int64_t>(scores.num_rows()), evaluation.customers.front());
  EXPECT_EQ(scores.num_positives(), evaluation.positives.front());
  EXPECT_LT(evaluation.pr_auc_lower[0], evaluation.pr_auc[0]);
  EXPECT_LT(evaluation.pr_auc[0], evaluation.pr_auc_upper[0]);
  EXPECT_EQ(evaluation.roc_auc_difference[0], 0.0);
  EXPECT_LT(evaluation.roc_auc_difference_upper[1], 0.0);

  const Calibration calibrated = calibration(scores);
  EXPECT_EQ(calibrated.num_rows(), 10U);
  EXPECT_EQ(calibrated.base_rate, evaluation.base_rate.front());

  const Confusion confused = confusion(scores, 0.5);
  EXPECT_EQ(confused.true_positives + confused.false_negatives, scores.num_positives());
  EXPECT_EQ(confused.figure[1], "precision");
  const Confusion nobody = confusion(scores, 1.0);
  EXPECT_EQ(nobody.share.is_valid[1], 0);
  EXPECT_EQ(nobody.share.values[3], 1.0);
}

TEST(ChurnScores, DecilesAndProfitAddUpToTheWhole) {
  const Outcome outcome = rank(shop(600));
  const Scores& scores = *outcome.test;
  const Deciles tenths = deciles(scores);
  double positives = 0.0;
  for (std::size_t i = 0; i < 10; ++i) {
    positives += tenths.positives[i];
    EXPECT_LE(tenths.gain_lower[i], tenths.gain[i]);
    EXPECT_LE(tenths.gain[i], tenths.gain_upper[i]);
    EXPECT_LE(tenths.gain[i], tenths.greatest_gain[i] + 1e-12);
  }
  EXPECT_NEAR(positives, static_cast<double>(scores.num_positives()), 1e-9);
  EXPECT_EQ(tenths.gain.back(), 1.0);

  const ProfitOptions options{.value_kept = 10.0, .contact_cost = 1.0, .kept_share = 0.5};
  const Profit profits = profit(scores, options);
  ASSERT_EQ(profits.num_rows(), 20U);
  const double all =
      static_cast<double>(scores.num_positives()) * 5.0 - static_cast<double>(scores.num_rows());
  EXPECT_NEAR(profits.profit.back(), all, 1e-9);
  EXPECT_NEAR(profits.baseline_profit.back(), all, 1e-9);
  EXPECT_GT(profits.profit.front(), profits.baseline_profit.front());
}

TEST(ChurnScores, ThreadsChangeNoBit) {
  const Outcome outcome = rank(shop(600));
  const Deciles one = deciles(*outcome.test, {}, 1);
  const Deciles five = deciles(*outcome.test, {}, 5);
  EXPECT_EQ(one.lift_lower, five.lift_lower);
  EXPECT_EQ(one.gain_upper, five.gain_upper);
  const Deciles other = deciles(*outcome.test, {.random_state = 1}, 1);
  EXPECT_NE(one.gain_upper, other.gain_upper);
}

TEST(ChurnScores, RefuseOptionsOutOfRange) {
  const Outcome outcome = rank(shop(600));
  const Scores& scores = *outcome.test;
  expect_error(
      ErrorCode::invalid_argument, [&] { static_cast<void>(confusion(scores, 1.5)); }, "threshold");
  expect_error(
      ErrorCode::invalid_argument, [&] { static_cast<void>(deciles(scores, {.n_resamples = 0})); },
      "n_resamples");
  expect_error(
      ErrorCode::invalid_argument, [&] { static_cast<void>(profit(scores, {.kept_share = 1.5})); },
      "kept_share");
  expect_error(
      ErrorCode::invalid_argument, [&] { static_cast<void>(profit(scores, {.value_kept = 0.0})); },
      "value_kept");
  expect_error(
      ErrorCode::invalid_argument, [&] { static_cast<void>(deciles(scores, {}, -1)); },
      "num_threads");
}

TEST(ChurnReasons, AddUpToTheLastBit) {
  const Outcome outcome = rank(shop(600));
  const Explanation told = explain(*outcome.model, outcome.ranking->features);
  ASSERT_EQ(told.num_rows(), outcome.ranking->num_rows());
  for (std::size_t row = 0; row < told.num_rows(); ++row) {
    double sum = told.base_log_odds[row];
    for (const auto& effect : told.effect) {
      sum += effect[row];
    }
    EXPECT_EQ(sum, told.log_odds[row]);
    EXPECT_NEAR(told.churn_risk[row], outcome.ranking->churn_risk[row], 1e-14);
    EXPECT_FALSE(told.reason[0][row].empty());
  }
  std::vector<std::string> groups(told.num_rows(), "everybody");
  groups.back().clear();
  const GroupReasons reasons = explain_groups(told, groups);
  ASSERT_EQ(reasons.num_rows(), told.feature.size());
  EXPECT_EQ(reasons.num_customers_left_out, 1);
  EXPECT_EQ(reasons.effect, reasons.baseline);
  expect_error(
      ErrorCode::schema_mismatch,
      [&] { static_cast<void>(explain_groups(told, std::vector<std::string>(3))); }, "a group");
}

TEST(ChurnChanges, AreWhatTheModelSaysOfALaterDay) {
  const Outcome outcome = rank(shop(600));
  const cutoff::Features& features = outcome.ranking->features;
  const TurningPoints told = turning_points(*outcome.model, features);
  ASSERT_EQ(told.num_rows(), features.num_rows());
  EXPECT_EQ(told.churn_risk, outcome.ranking->churn_risk);
  std::size_t num_told = 0;
  for (std::size_t row = 0; row < told.num_rows(); ++row) {
    EXPECT_FALSE(told.verdict[row].empty());
    if (told.risk_band[row] == "high") {
      EXPECT_EQ(told.quiet_days.is_valid[row], 0);
    }
    if (told.quiet_days.is_valid[row] == 0 || ++num_told > 50) {
      continue;
    }
    const auto at = [&](std::int64_t days) {
      const cutoff::Features later =
          cutoff::if_quiet(cutoff::take(features, {row}), static_cast<int>(days));
      return predict(*outcome.model, later).front();
    };
    const double cut = told.risk_band[row] == "low" ? 0.4 : 0.7;
    EXPECT_GE(at(told.quiet_days.values[row]), cut);
    EXPECT_LT(told.churn_risk[row], cut);
  }
  EXPECT_GT(num_told, 20U);
  expect_error(
      ErrorCode::invalid_argument,
      [&] {
        static_cast<void>(turning_points(*outcome.model, features, {0.7, 0.4}));
      },
      "band_cuts");
}

TEST(ChurnValue, IsNeverMoreThanTheSpend) {
  const Transactions rows = shop(600);
  const Outcome outcome = rank(rows);
  std::vector<cutoff::Dataset> training;
  for (const std::int64_t cutoff_us : outcome.model->cutoffs_us) {
    training.emplace_back(rows, cutoff_us);
  }
  const RevenueAtRisk one =
      revenue_at_risk(*outcome.model, training, *outcome.ranking, {.num_threads = 1});
  EXPECT_EQ(one.risk_band[one.num_rows() - 1], "all");
  for (std::size_t row = 0; row < one.num_rows(); ++row) {
    EXPECT_LT(one.lower[row], one.revenue_at_risk[row]);
    EXPECT_LT(one.revenue_at_risk[row], one.upper[row]);
    EXPECT_LE(one.upper[row], one.expected_spend[row] * 1.5);
    EXPECT_LT(one.revenue_at_risk[row], one.expected_spend[row]);
  }
  const RevenueAtRisk four =
      revenue_at_risk(*outcome.model, training, *outcome.ranking, {.num_threads = 4});
  EXPECT_EQ(one.lower, four.lower);
  EXPECT_EQ(one.upper, four.upper);
  training.pop_back();
  expect_error(
      ErrorCode::invalid_argument,
      [&] { static_cast<void>(revenue_at_risk(*outcome.model, training, *outcome.ranking)); },
      "trained on");
}

}  // namespace
}  // namespace ecommerce_analytics::churn
