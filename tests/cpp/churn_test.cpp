#include "ecommerce_analytics/churn.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ecommerce_analytics/churn_reasons.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/random.hpp"
#include "golden.hpp"

namespace ecommerce_analytics::churn {
namespace {

constexpr std::int32_t kFirstDay = 19'000;

/// Customers of 400 days: customer c buys about once in 10 to 120 days, some stop early.
Transactions shop(int num_customers, std::uint64_t seed = 1) {
  Random random(seed);
  TransactionsBuilder builder;
  std::int64_t order = 0;
  for (int customer = 0; customer < num_customers; ++customer) {
    const double mean_gap = 10.0 + 110.0 * random.uniform();
    const double end = random.uniform() < 0.5 ? 400.0 : 400.0 * random.uniform();
    for (double day = 200.0 * random.uniform(); day < end;
         day += mean_gap * (0.2 + 1.6 * random.uniform())) {
      Line line;
      line.customer = Key(customer);
      line.order = Key(++order);
      line.time_us = kFirstDay * kMicrosecondsPerDay +
                     static_cast<std::int64_t>(day * static_cast<double>(kMicrosecondsPerDay));
      line.amount = static_cast<std::int64_t>(10'000 + random.below(500'000));
      builder.add(line);
    }
  }
  Line last;  // Ends the data on a day that is known.
  last.order = Key(std::int64_t{1'000'000});
  last.time_us = (kFirstDay + 399) * kMicrosecondsPerDay;
  last.amount = 10'000;
  builder.add(last);
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

TEST(Churn, RanksAndEvaluatesAShop) {
  const Outcome outcome = rank(shop(600));
  ASSERT_EQ(outcome.reason, "");
  const Evaluation& evaluation = *outcome.evaluation;
  ASSERT_EQ(evaluation.num_rows(), 5U);
  EXPECT_EQ(evaluation.model[4], "bg_nbd");
  EXPECT_GT(evaluation.roc_auc[4], 0.6);
  EXPECT_FALSE(evaluation.bg_nbd.empty());
  EXPECT_EQ(evaluation.model[0], "logistic");
  EXPECT_EQ(evaluation.roc_auc[1], 0.5);
  EXPECT_EQ(evaluation.cutoff[0], format_time((kFirstDay + 310) * kMicrosecondsPerDay));
  EXPECT_GT(evaluation.roc_auc[0], 0.6);
  EXPECT_LT(evaluation.roc_auc_lower[0], evaluation.roc_auc[0]);
  EXPECT_LT(evaluation.brier[0], evaluation.brier[1]);

  const Ranking& ranking = *outcome.ranking;
  EXPECT_TRUE(std::is_sorted(ranking.churn_risk.rbegin(), ranking.churn_risk.rend()));
  EXPECT_EQ(ranking.rank.front(), 1);
  EXPECT_EQ(ranking.risk_decile.back(), 10);
  const cutoff::Features features =
      cutoff::features(shop(600), (kFirstDay + 400) * kMicrosecondsPerDay);
  EXPECT_EQ(ranking.num_rows(), features.num_rows());
  EXPECT_TRUE(outcome.model->converged);
  EXPECT_EQ(outcome.model->cutoffs_us.back(), (kFirstDay + 310) * kMicrosecondsPerDay);
}

TEST(Churn, BgNbdHasNoRowBehindAGap) {
  const Outcome outcome = rank(shop(600), {.gap_days = 5});
  ASSERT_EQ(outcome.reason, "");
  EXPECT_EQ(outcome.evaluation->num_rows(), 4U);
  EXPECT_EQ(outcome.evaluation->bg_nbd.substr(0, 6), "no row");
}

TEST(Churn, FactsAreLearnedFromWhereEveryDatasetHasThem) {
  const Transactions rows = shop(400);
  const auto at = [&](int day) { return (kFirstDay + day) * kMicrosecondsPerDay; };
  TransactionsBuilder builder({}, {cutoff::kFactDimension});
  for (std::int64_t order = 1; order < 1'000; ++order) {
    Line fact;
    fact.order = Key(order);
    fact.time_us = at(order % 2 == 0 ? 100 : 170);
    fact.amount = 10'000 * (order % 5);
    fact.dimensions = {Key(order % 2 == 0 ? "early" : "late")};
    builder.add(fact);
  }
  const cutoff::Options with_facts{.facts = builder.finish()};
  const cutoff::Dataset first(rows, at(150), with_facts);
  const cutoff::Dataset second(rows, at(180), with_facts);
  ASSERT_EQ(first.features().facts.size(), 1U);
  ASSERT_EQ(second.features().facts.size(), 2U);
  const Model model = fit(std::vector<cutoff::Dataset>{first, second});
  std::vector<std::string> names;
  for (std::size_t i = 0; i < model.num_features(); ++i) {
    names.emplace_back(model.feature[i]);
  }
  EXPECT_EQ(std::count(names.begin(), names.end(), "fact_early"), 1);
  EXPECT_EQ(std::count(names.begin(), names.end(), "fact_early_known"), 1);
  EXPECT_EQ(std::count(names.begin(), names.end(), "fact_late"), 0);
  EXPECT_EQ(std::count(names.begin(), names.end(), "peak_season_share"), 0);
  validate(model);
  expect_error(
      ErrorCode::invalid_argument,
      [&] { static_cast<void>(predict(model, cutoff::Dataset(rows, at(180)))); }, "lack one");
  const Explanation told = explain(model, second);
  EXPECT_EQ(told.num_rows(), second.num_rows());
}

TEST(Churn, AModelThatWasFittedBeforeRanksTheSame) {
  const Transactions rows = shop(600);
  const Outcome outcome = rank(rows);
  const Ranking again = rank(*outcome.model, rows);
  EXPECT_EQ(again.churn_risk, outcome.ranking->churn_risk);
  EXPECT_EQ(again.rank, outcome.ranking->rank);
  EXPECT_TRUE(again.test_metadata.empty());
  expect_error(
      ErrorCode::invalid_argument,
      [&] {
        static_cast<void>(
            rank(*outcome.model, rows, {.as_of_us = (kFirstDay + 408) * kMicrosecondsPerDay}));
      },
      "who ordered in between");
  expect_error(
      ErrorCode::invalid_argument,
      [&] {
        static_cast<void>(rank(*outcome.model, rows, {.band_cuts = {0.7, 0.4}}));
      },
      "band_cuts");
}

TEST(Churn, AModelThatWasFittedBeforeIsTestedTheSame) {
  const Transactions rows = shop(600);
  const Outcome outcome = evaluate(rows);
  std::vector<cutoff::Dataset> training;
  training.reserve(outcome.model->cutoffs_us.size());
  for (const std::int64_t cutoff_us : outcome.model->cutoffs_us) {
    training.emplace_back(rows, cutoff_us);
  }
  const cutoff::Dataset test(rows, (kFirstDay + 310) * kMicrosecondsPerDay);
  const Evaluation again = evaluate(*outcome.model, training, test);
  EXPECT_EQ(again.roc_auc, outcome.evaluation->roc_auc);
  EXPECT_EQ(again.brier_lower, outcome.evaluation->brier_lower);
  const cutoff::Dataset early(rows, (kFirstDay + 250) * kMicrosecondsPerDay);
  expect_error(
      ErrorCode::invalid_argument,
      [&] { static_cast<void>(evaluate(*outcome.model, training, early)); }, "training ends after");
}

TEST(Churn, IsTheSameForAnyNumberOfThreads) {
  const Transactions rows = shop(400);
  const Outcome one = rank(rows, {.num_threads = 1});
  const Outcome four = rank(rows, {.num_threads = 4});
  ASSERT_EQ(one.reason, "");
  EXPECT_EQ(one.ranking->churn_risk, four.ranking->churn_risk);
  expect_same(*one.evaluation, *four.evaluation);
  expect_same(*one.model, *four.model);
}

TEST(Churn, TheModelIsTheFormulaOfItsTable) {
  const Transactions rows = shop(400);
  const std::int64_t day = kMicrosecondsPerDay;
  const std::vector<cutoff::Dataset> training{{rows, (kFirstDay + 150) * day},
                                              {rows, (kFirstDay + 180) * day}};
  const Model model = fit(training, {.features = {"recency_days", "is_one_order"}});
  const cutoff::Features features = cutoff::features(rows, (kFirstDay + 300) * day);
  const std::vector<double> risk = predict(model, features);
  for (std::size_t row = 0; row < features.num_rows(); ++row) {
    const double x[] = {std::log1p(features.recency_days[row]),
                        std::log1p(features.is_one_order[row].value ? 1.0 : 0.0)};
    double odds = model.intercept;
    for (std::size_t i = 0; i < 2; ++i) {
      odds += model.coefficient[i] * (x[i] - model.mean[i]) / model.scale[i];
    }
    EXPECT_NEAR(risk[row], 1.0 / (1.0 + std::exp(-odds)), 1e-12);
  }
}

TEST(Churn, TheOrderOfTheTrainingChangesNoBit) {
  const Transactions rows = shop(400);
  const auto at = [&](int day) {
    return cutoff::Dataset(rows, (kFirstDay + day) * kMicrosecondsPerDay);
  };
  const std::vector<cutoff::Dataset> training{at(150), at(180), at(210)};
  const std::vector<cutoff::Dataset> mixed{at(210), at(150), at(180)};
  expect_same(fit(training), fit(mixed));
  expect_error(
      ErrorCode::invalid_argument,
      [&] {
        static_cast<void>(fit(std::vector<cutoff::Dataset>{at(150), at(180), at(150)}));
      },
      "have one cutoff");
}

TEST(Churn, AModelIsOfItsOptions) {
  const Transactions rows = shop(400);
  const std::int64_t cutoff_us = (kFirstDay + 200) * kMicrosecondsPerDay;
  const Model model = fit(std::vector<cutoff::Dataset>{{rows, cutoff_us}});
  for (const cutoff::Options& options :
       {cutoff::Options{.horizon_days = 60}, cutoff::Options{.gap_days = 1},
        cutoff::Options{.active_within_days = 100}}) {
    expect_error(
        ErrorCode::invalid_argument,
        [&] { static_cast<void>(predict(model, cutoff::Dataset(rows, cutoff_us, options))); },
        "the model is of");
  }
  validate(model);
  Model spoilt = model;
  spoilt.scale.front() = 0.0;
  expect_error(
      ErrorCode::invalid_argument, [&] { validate(spoilt); }, "scales above 0");
}

TEST(Churn, NobodyIsRankedLongAfterTheEndOfTheData) {
  const Transactions rows = shop(600);
  const std::int64_t end_us = (kFirstDay + 400) * kMicrosecondsPerDay;
  const std::int64_t last_us = end_us + kMaxUnseenDays * kMicrosecondsPerDay;
  EXPECT_EQ(rank(rows, {.as_of_us = end_us}).reason, "");
  EXPECT_EQ(rank(rows, {.as_of_us = last_us}).reason, "");
  const Outcome late = rank(rows, {.as_of_us = last_us + 1});
  EXPECT_FALSE(late.ranking || late.evaluation || late.model);
  EXPECT_EQ(late.reason.find("the data end at "), 0U);
  const Cutoffs cutoffs{.test_us = end_us - 90 * kMicrosecondsPerDay,
                        .training_us = {end_us - 180 * kMicrosecondsPerDay}};
  EXPECT_EQ(evaluate(rows, {.as_of_us = end_us}, cutoffs).reason, "");
  expect_error(
      ErrorCode::invalid_argument,
      [&] { static_cast<void>(evaluate(rows, {.as_of_us = end_us - 1}, cutoffs)); },
      "ends after as_of");
  expect_error(
      ErrorCode::invalid_argument,
      [&] {
        static_cast<void>(
            evaluate(rows, {}, Cutoffs{.test_us = INT64_MAX, .training_us = {end_us}}));
      },
      "outside years");
}

TEST(Churn, TooLittleDataIsAReason) {
  const auto reason = [](const Transactions& rows, const Options& options) {
    const Outcome outcome = rank(rows, options);
    EXPECT_FALSE(outcome.ranking || outcome.evaluation || outcome.model);
    return outcome.reason;
  };
  EXPECT_EQ(reason(shop(600), {.horizon_days = 134}),
            "too little history: orders of 399 days, 402 are needed");
  EXPECT_NE(reason(shop(150), {}).find("too few customers"), std::string::npos);
  EXPECT_NE(reason(shop(600), {.as_of_us = 0}).find("too little history"), std::string::npos);
}

TEST(Churn, RefusesATestBeforeTheTraining) {
  const Transactions rows = shop(400);
  const std::int64_t day = kMicrosecondsPerDay;
  const Cutoffs cutoffs{.test_us = (kFirstDay + 250) * day,
                        .training_us = {(kFirstDay + 161) * day}};
  expect_error(
      ErrorCode::invalid_argument, [&] { static_cast<void>(evaluate(rows, {}, cutoffs)); },
      "after the cutoff");
  EXPECT_EQ(evaluate(rows, {},
                     Cutoffs{.test_us = (kFirstDay + 250) * day,
                             .training_us = {(kFirstDay + 160) * day}})
                .reason,
            "");
  expect_error(
      ErrorCode::invalid_argument,
      [&] {
        static_cast<void>(
            evaluate(rows, {}, Cutoffs{.test_us = (kFirstDay + 250) * day, .training_us = {}}));
      },
      "no cutoff to train on");
}

TEST(Churn, OptionsOutOfRangeAreAnError) {
  const Transactions rows = shop(250);
  const auto ranked = [&](const Options& options) {
    return [&rows, options] { static_cast<void>(rank(rows, options)); };
  };
  expect_error(ErrorCode::invalid_argument, ranked({.horizon_days = 0}), "horizon");
  expect_error(ErrorCode::invalid_argument, ranked({.horizon_days = 2'000'000'000}), "horizon");
  expect_error(ErrorCode::invalid_argument, ranked({.confidence = 1.0}), "confidence");
  expect_error(ErrorCode::invalid_argument, ranked({.C = -1.0}), "C must be above 0");
  expect_error(ErrorCode::invalid_argument, ranked({.num_threads = -1}), "num_threads");
  expect_error(
      ErrorCode::invalid_argument,
      [] {
        static_cast<void>(fit({}, {.features = {"frequency", "frequency"}}));
      },
      "stands twice");
  expect_error(ErrorCode::invalid_argument, ranked({.band_cuts = {0.7, 0.4}}), "band_cuts");
  expect_error(
      ErrorCode::invalid_argument, [] { static_cast<void>(rank(Transactions())); }, "no line");
  expect_error(
      ErrorCode::invalid_argument, [] { static_cast<void>(fit({})); }, "train on");
  const std::vector<cutoff::Dataset> training{
      {rows, (kFirstDay + 200) * kMicrosecondsPerDay},
      {rows, (kFirstDay + 200) * kMicrosecondsPerDay, {.horizon_days = 30}}};
  expect_error(
      ErrorCode::invalid_argument, [&] { static_cast<void>(fit(training)); }, "differ");
  expect_error(
      ErrorCode::invalid_argument,
      [&] { static_cast<void>(fit(std::span(training).first(1), {.features = {"label"}})); },
      "no such feature");
}

}  // namespace
}  // namespace ecommerce_analytics::churn
