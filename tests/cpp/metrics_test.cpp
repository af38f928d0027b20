#include "ecommerce_analytics/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/random.hpp"
#include "golden.hpp"

namespace ecommerce_analytics::metrics {
namespace {

struct Scored {
  std::vector<std::uint8_t> y{};
  std::vector<double> score{};
};

Scored scored_of(const std::string& path) {
  const Golden input(path);
  return {.y = input.column<std::vector<std::uint8_t>>("y"),
          .score = input.column<std::vector<double>>("score")};
}

/// Labels that go with the scores somewhat, scores of a coarse grid.
Scored random_scores(std::uint64_t seed, std::size_t num_rows) {
  Random random(seed);
  Scored result;
  for (std::size_t row = 0; row < num_rows; ++row) {
    const double score = static_cast<double>(random.below(50)) / 50.0;
    result.score.push_back(score);
    result.y.push_back(random.uniform() < score ? 1 : 0);
  }
  return result;
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

// Expected values: tests/golden/metrics/four_scores/SOURCE.md.
TEST(Metrics, MatchThePublishedExample) {
  const Scored rows = scored_of("metrics/four_scores/input.csv");
  EXPECT_EQ(roc_auc(rows.y, rows.score), 0.75);
  EXPECT_NEAR(pr_auc(rows.y, rows.score), 5.0 / 6.0, 1e-15);
  EXPECT_NEAR(brier(rows.y, rows.score), 0.158125, 1e-15);
  EXPECT_NEAR(log_loss(rows.y, rows.score), 0.4722879, 1e-7);
  const AreaInterval interval = roc_auc_interval(rows.y, rows.score);
  EXPECT_EQ(interval.roc_auc.front(), 0.75);
  EXPECT_EQ(interval.standard_error.front(), std::sqrt(0.125));
  EXPECT_EQ(interval.upper.front(), 1.0);
}

// Expected values: worked by hand in tests/golden/metrics/six_customers/SOURCE.md.
TEST(Metrics, SplitTiesAtACutInProportion) {
  const Scored rows = scored_of("metrics/six_customers/input.csv");
  const Lift table = lift(rows.y, rows.score, {.n_bins = 4});
  const Golden expected("metrics/six_customers/expected.csv");
  const auto expect_close = [&](const char* name, const std::vector<double>& actual) {
    const auto wanted = expected.column<std::vector<double>>(name);
    ASSERT_EQ(actual.size(), wanted.size());
    for (std::size_t row = 0; row < wanted.size(); ++row) {
      EXPECT_NEAR(actual[row], wanted[row], 1e-15) << name << " " << row;
    }
  };
  expect_close("positives", table.positives);
  expect_close("rate", table.rate);
  expect_close("lift", table.lift);
  expect_close("gain", table.gain);
  expect_close("cumulative_lift", table.cumulative_lift);
  expect_close("greatest_lift", table.greatest_lift);
  EXPECT_EQ(table.base_rate, 0.5);
}

TEST(Metrics, HaveTheSameBitsForAnyOrderOfTheRows) {
  Scored rows = random_scores(1, 3'000);
  std::vector<double> weights;
  for (std::size_t row = 0; row < rows.y.size(); ++row) {
    weights.push_back(1.0 / static_cast<double>(1 + row % 7));
  }
  const auto figures = [&] {
    return std::vector<double>{roc_auc(rows.y, rows.score), roc_auc(rows.y, rows.score, weights),
                               pr_auc(rows.y, rows.score, weights),
                               log_loss(rows.y, rows.score, weights),
                               brier(rows.y, rows.score, weights)};
  };
  const std::vector<double> expected = figures();
  const Lift expected_lift = lift(rows.y, rows.score, {}, weights);
  const Calibration expected_calibration = calibration(rows.y, rows.score, {}, weights);
  Random random(2);
  for (std::size_t row = rows.y.size(); row > 1; --row) {
    const std::size_t other = random.below(row);
    std::swap(rows.y[row - 1], rows.y[other]);
    std::swap(rows.score[row - 1], rows.score[other]);
    std::swap(weights[row - 1], weights[other]);
  }
  EXPECT_EQ(figures(), expected);
  expect_same(lift(rows.y, rows.score, {}, weights), expected_lift);
  expect_same(calibration(rows.y, rows.score, {}, weights), expected_calibration);
}

TEST(Metrics, WeightsOfOneAreNoWeights) {
  const Scored rows = random_scores(3, 500);
  const std::vector<double> ones(500, 1.0);
  EXPECT_NEAR(roc_auc(rows.y, rows.score, ones), roc_auc(rows.y, rows.score), 1e-15);
  EXPECT_EQ(brier(rows.y, rows.score, ones), brier(rows.y, rows.score));
  const Lift weighted = lift(rows.y, rows.score, {}, ones);
  const Lift plain = lift(rows.y, rows.score);
  for (std::size_t row = 0; row < 10; ++row) {
    EXPECT_NEAR(weighted.gain[row], plain.gain[row], 1e-14);
  }
}

TEST(Metrics, AConstantScoreTellsNothing) {
  const std::vector<std::uint8_t> y{0, 1, 1, 0, 1};
  const std::vector<double> score(5, 0.3);
  EXPECT_EQ(roc_auc(y, score), 0.5);
  EXPECT_EQ(pr_auc(y, score), 0.6);
  EXPECT_EQ(roc_auc_interval(y, score).standard_error.front(), 0.0);
  for (const double value : lift(y, score).lift) {
    EXPECT_NEAR(value, 1.0, 1e-14);
  }
}

TEST(Metrics, CalibrationKeepsEqualProbabilitiesTogether) {
  const std::vector<std::uint8_t> y{0, 0, 1, 1, 1, 0};
  const std::vector<double> probability{0.1, 0.5, 0.5, 0.5, 0.5, 0.9};
  const Calibration table = calibration(y, probability, {.n_bins = 3});
  EXPECT_EQ(table.bin, (std::vector<std::int32_t>{1, 3}));
  EXPECT_EQ(table.count, (std::vector<std::int64_t>{5, 1}));
  EXPECT_EQ(table.observed_rate, (std::vector<double>{0.6, 0.0}));
  EXPECT_EQ(table.lower[1], 0.0);
  const Calibration uniform = calibration(y, probability, {.n_bins = 2, .strategy = Bins::uniform});
  EXPECT_EQ(uniform.count, (std::vector<std::int64_t>{5, 1}));
}

TEST(Metrics, ConfusionCountsAtAndAboveTheThreshold) {
  const std::vector<std::uint8_t> y{0, 0, 1, 1};
  const std::vector<double> score{0.1, 0.4, 0.35, 0.8};
  const std::vector<double> thresholds{0.35, 2.0};
  const Confusion table = confusion_matrix(y, score, thresholds);
  EXPECT_EQ(table.true_positives, (std::vector<double>{2, 0}));
  EXPECT_EQ(table.false_positives, (std::vector<double>{1, 0}));
  EXPECT_EQ(table.true_negatives, (std::vector<double>{1, 2}));
  EXPECT_EQ(table.precision.is_valid, (std::vector<std::uint8_t>{1, 0}));
}

TEST(Metrics, RefuseWhatIsNoScore) {
  const std::vector<std::uint8_t> y{0, 1};
  const std::vector<double> score{0.2, 0.7};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  using Numbers = std::vector<double>;
  using Labels = std::vector<std::uint8_t>;
  const auto area = [&](const Labels& labels, const Numbers& scores, const Numbers& weights) {
    return [=] { static_cast<void>(roc_auc(labels, scores, weights)); };
  };
  expect_error(ErrorCode::invalid_data, area({}, {}, {}), "no rows");
  expect_error(ErrorCode::schema_mismatch, area(y, {0.1}, {}), "lengths");
  expect_error(ErrorCode::schema_mismatch, area(y, score, {1.0}), "lengths");
  expect_error(ErrorCode::invalid_data, area(y, {0.1, nan}, {}), "finite");
  expect_error(ErrorCode::invalid_data, area({0, 2}, score, {}), "y_true must be 0 or 1");
  expect_error(ErrorCode::invalid_data, area({1, 1}, score, {}), "no row has y_true = 0");
  expect_error(ErrorCode::invalid_data, area(y, score, {1.0, -1.0}), "weights");
  expect_error(ErrorCode::invalid_data, area(y, score, {0.0, 0.0}), "zero");
  expect_error(ErrorCode::invalid_data, area(y, score, {1.7e308, 1.7e308}), "overflows");
  expect_error(ErrorCode::invalid_data, area(y, score, {0.0, 1.0}), "no row has y_true = 0");
  expect_error(
      ErrorCode::invalid_data,
      [&] {
        static_cast<void>(brier(y, Numbers{0.1, 1.1}));
      },
      "[0, 1]");
  expect_error(
      ErrorCode::invalid_argument, [&] { static_cast<void>(lift(y, score, {.n_bins = 0})); },
      "n_bins");
  expect_error(
      ErrorCode::invalid_argument, [] { static_cast<void>(parse_bins("kmeans")); }, "strategy");
}

TEST(Metrics, ScoresAreComparedOnTheSameResamples) {
  std::vector<std::uint8_t> y;
  std::vector<double> good;
  std::vector<double> poor;
  for (int i = 0; i < 300; ++i) {
    y.push_back(static_cast<std::uint8_t>(i % 3 == 0));
    good.push_back((i * 37 % 100) / 200.0 + (i % 3 == 0 ? 0.4 : 0.0));
    poor.push_back((i * 53 % 100) / 100.0);
  }
  const std::vector<std::span<const double>> scores{good, poor, good};
  const Comparison one = compare(y, scores, {.names = {"good", "poor", "again"}, .num_threads = 1});
  EXPECT_EQ(one.roc_auc[0], roc_auc(y, good));
  EXPECT_EQ(one.pr_auc[1], pr_auc(y, poor));
  EXPECT_EQ(one.brier.values[1], brier(y, poor));
  EXPECT_LT(one.roc_auc_difference_upper[1], 0.0);
  EXPECT_EQ(one.roc_auc_difference_lower[2], 0.0);  // The same score differs on no resample.
  EXPECT_EQ(one.roc_auc_difference_upper[2], 0.0);
  const Comparison six = compare(y, scores, {.names = {"good", "poor", "again"}, .num_threads = 6});
  EXPECT_EQ(one.pr_auc_lower, six.pr_auc_lower);
  EXPECT_EQ(one.roc_auc_upper, six.roc_auc_upper);
  EXPECT_EQ(one.log_loss_upper, six.log_loss_upper);
  expect_error(
      ErrorCode::schema_mismatch,
      [&] { static_cast<void>(compare(y, scores, {.names = {"one"}})); }, "a name");
  expect_error(
      ErrorCode::invalid_argument, [&] { static_cast<void>(compare(y, {})); }, "no score");
}

// Expected values: scipy.stats.ttest_ind(equal_var=False) and its confidence_interval, scipy 1.x.
TEST(Metrics, MeansAreComparedByWelch) {
  const std::vector<double> first{1.0, 2.0, 3.0};
  const std::vector<double> second{4.0, 6.0, 8.0};
  const MeanDifference found = mean_difference(first, second);
  EXPECT_EQ(found.difference, -4.0);
  EXPECT_NEAR(found.standard_error, 1.2909944487358056, 1e-15);
  EXPECT_NEAR(found.degrees_of_freedom, 2.9411764705882355, 1e-14);
  EXPECT_NEAR(found.p_value, 0.054786766041076435, 1e-11);
  EXPECT_NEAR(found.lower, -8.155399503182505, 1e-11);
  EXPECT_NEAR(found.upper, 0.1553995031825055, 1e-11);
  const MeanDifference turned = mean_difference(second, first);
  EXPECT_EQ(turned.lower, -found.upper);
  EXPECT_EQ(turned.p_value, found.p_value);
}

TEST(Metrics, MeansOfConstants) {
  const std::vector<double> ones{1.0, 1.0};
  const std::vector<double> twos{2.0, 2.0, 2.0};
  EXPECT_EQ(mean_difference(ones, ones).p_value, 1.0);
  const MeanDifference found = mean_difference(ones, twos);
  EXPECT_EQ(found.p_value, 0.0);
  EXPECT_EQ(found.lower, -1.0);
  EXPECT_EQ(found.upper, -1.0);
  EXPECT_EQ(found.degrees_of_freedom, 0.0);
}

TEST(Metrics, MeansAndSharesOfWrongInput) {
  const std::vector<double> one{1.0};
  const std::vector<double> two{1.0, 2.0};
  const std::vector<double> infinite{1.0, std::numeric_limits<double>::infinity()};
  expect_error(
      ErrorCode::invalid_data, [&] { static_cast<void>(mean_difference(one, two)); }, "two values");
  expect_error(
      ErrorCode::invalid_data, [&] { static_cast<void>(mean_difference(two, infinite)); },
      "not finite");
  expect_error(
      ErrorCode::invalid_argument, [&] { static_cast<void>(mean_difference(two, two, 1.0)); },
      "confidence");
  expect_error(
      ErrorCode::invalid_argument, [] { static_cast<void>(share_p_value(3, 2, 0.5)); },
      "successes");
  expect_error(
      ErrorCode::invalid_argument, [] { static_cast<void>(share_p_value(1, 2, 1.0)); }, "share");
}

TEST(Metrics, ASharesTailsAreThoseOfTheBinomialLaw) {
  EXPECT_EQ(share_p_value(3, 3, 0.5), 0.25);
  EXPECT_EQ(share_p_value(0, 3, 0.5), 0.25);
  EXPECT_EQ(share_p_value(1, 2, 0.5), 1.0);
  EXPECT_EQ(share_p_value(0, 0, 0.5), 1.0);
  EXPECT_NEAR(share_p_value(0, 100, 0.1), 2.0 * std::pow(0.9, 100.0), 1e-12);
}

}  // namespace
}  // namespace ecommerce_analytics::metrics
