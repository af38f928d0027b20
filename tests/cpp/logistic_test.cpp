#include "ecommerce_analytics/logistic.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/processor.hpp"
#include "ecommerce_analytics/core/random.hpp"
#include "golden.hpp"

namespace ecommerce_analytics::logistic {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct LabelledRows {
  std::vector<double> values{};
  std::vector<std::uint8_t> y{};
  std::vector<double> weight{};
  std::vector<std::string> names{};

  [[nodiscard]] MatrixView<double> X() const { return {values, y.size(), names.size()}; }
};

LabelledRows golden_rows(const std::string& name) {
  const Golden input("logistic/" + name + "/input.csv");
  LabelledRows rows;
  for (const char* column : {"wt", "hp", "selfLR", "age", "parity", "induced", "spontaneous",
                             "alcohol", "tobacco", "educ", "income"}) {
    if (input.find(column)) {
      rows.names.emplace_back(column);
    }
  }
  rows.y = input.column<std::vector<std::uint8_t>>("y");
  if (input.find("weight")) {
    rows.weight = input.column<std::vector<double>>("weight");
  }
  for (std::size_t row = 0; row < rows.y.size(); ++row) {
    for (const std::string& column : rows.names) {
      rows.values.push_back(std::stod(input.cells(column)[row]));
    }
  }
  return rows;
}

LabelledRows random_rows(std::size_t num_rows, std::size_t num_columns) {
  Random random(7);
  LabelledRows rows;
  for (std::size_t row = 0; row < num_rows; ++row) {
    double odds = -0.5;
    for (std::size_t j = 0; j < num_columns; ++j) {
      rows.values.push_back(2.0 * random.uniform() - 1.0);
      odds += j % 2 == 0 ? rows.values.back() : -0.5 * rows.values.back();
    }
    rows.y.push_back(random.uniform() < 1.0 / (1.0 + std::exp(-odds)) ? 1 : 0);
  }
  for (std::size_t j = 0; j < num_columns; ++j) {
    rows.names.push_back("x" + std::to_string(j));
  }
  return rows;
}

void expect_error(const LabelledRows& rows, const Options& options, ErrorCode code,
                  const std::string& message) {
  try {
    (void)fit(rows.X(), rows.y, options, rows.weight);
    ADD_FAILURE() << "no error: " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
  }
}

class LogisticGolden : public testing::TestWithParam<const char*> {};

// Expected values: R's glm and statsmodels, tests/golden/logistic/*/SOURCE.md.
TEST_P(LogisticGolden, TheFitIsThatOfTheGoldenCase) {
  const LabelledRows rows = golden_rows(GetParam());
  const Result result =
      fit(rows.X(), rows.y, {.C = kInfinity, .feature_names = rows.names}, rows.weight);
  EXPECT_TRUE(result.converged);
  const Inference table = inference(result, {.feature_names = rows.names});

  const std::string folder = std::string("logistic/") + GetParam();
  const Golden expected(folder + "/expected.csv");
  ASSERT_EQ(table.num_rows(), expected.num_rows());
  const auto expect_close = [&](const char* name, const std::vector<double>& actual) {
    const auto wanted = expected.column<std::vector<double>>(name);
    for (std::size_t row = 0; row < wanted.size(); ++row) {
      EXPECT_NEAR(actual[row] / wanted[row], 1.0, 1e-8) << name << " " << row;
    }
  };
  for (std::size_t row = 0; row < table.num_rows(); ++row) {
    EXPECT_EQ(table.name[row], expected.cells("name")[row]);
  }
  expect_close("coefficient", table.coefficient);
  expect_close("standard_error", table.standard_error.values);
  expect_close("z", table.z.values);
  expect_close("p", table.p.values);
  expect_close("odds_ratio", table.odds_ratio.values);
  expect_close("lower", table.lower.values);
  expect_close("upper", table.upper.values);

  const Golden whole(folder + "/expected_fit.csv");
  const auto of_whole = [&](const char* name) {
    return whole.column<std::vector<double>>(name).front();
  };
  EXPECT_NEAR(result.deviance / of_whole("deviance"), 1.0, 1e-12);
  EXPECT_NEAR(result.null_deviance / of_whole("null_deviance"), 1.0, 1e-12);
  EXPECT_EQ(result.num_rows - result.num_parameters(),
            static_cast<std::int64_t>(of_whole("df_residual")));
}
INSTANTIATE_TEST_SUITE_P(Cases, LogisticGolden,
                         testing::Values("mtcars", "infert", "esoph", "anes96"));

TEST(Logistic, ThreadsAndProcessorsGiveTheSameBits) {
  const LabelledRows rows = random_rows(20'011, 9);
  const Result expected = fit(rows.X(), rows.y, {.num_threads = 1});
  for (const ProcessorPath path : {ProcessorPath::baseline, ProcessorPath::avx2}) {
    if (!is_supported(path)) {
      continue;
    }
    force_processor_path(path);
    for (const int num_threads : {1, 3}) {
      const Result actual = fit(rows.X(), rows.y, {.num_threads = num_threads});
      EXPECT_EQ(actual.coef, expected.coef);
      EXPECT_EQ(actual.intercept, expected.intercept);
      EXPECT_EQ(actual.deviance, expected.deviance);
      EXPECT_EQ(predict_probability(actual, rows.X(), num_threads),
                predict_probability(expected, rows.X(), 1));
    }
  }
  force_processor_path(std::nullopt);
}

TEST(Logistic, FloatsGiveTheAnswerOfTheirValues) {
  const LabelledRows rows = random_rows(500, 3);
  const std::vector<float> narrow(rows.values.begin(), rows.values.end());
  const std::vector<double> wide(narrow.begin(), narrow.end());
  const Result actual = fit(MatrixView<float>(narrow, 500, 3), rows.y);
  const Result expected = fit(MatrixView<double>(wide, 500, 3), rows.y);
  EXPECT_EQ(actual.coef, expected.coef);
  EXPECT_EQ(decision_function(actual, MatrixView<float>(narrow, 500, 3)),
            decision_function(expected, MatrixView<double>(wide, 500, 3)));
}

TEST(Logistic, ThePenalisedGradientIsNothing) {
  const LabelledRows rows = random_rows(2'000, 4);
  const double C = 0.1;
  const Result result = fit(rows.X(), rows.y, {.C = C});
  const std::vector<double> probability = predict_probability(result, rows.X());
  std::vector<double> gradient(5);
  for (std::size_t row = 0; row < rows.y.size(); ++row) {
    const double wrong = probability[row] - rows.y[row];
    gradient[4] += wrong;
    for (std::size_t j = 0; j < 4; ++j) {
      gradient[j] += wrong * rows.X().row(row)[j];
    }
  }
  for (std::size_t j = 0; j < 4; ++j) {
    EXPECT_NEAR(gradient[j] + result.coef[j] / C, 0.0, 2'000 * 1e-11);
  }
  EXPECT_NEAR(gradient[4], 0.0, 2'000 * 1e-11);
  EXPECT_FALSE(inference(result).standard_error.is_valid[0]);
}

TEST(Logistic, SeparableClassesDoNotConverge) {
  LabelledRows rows = random_rows(200, 2);
  for (std::size_t row = 0; row < 200; ++row) {
    rows.y[row] = rows.X().row(row)[1] > 0.2 ? 1 : 0;
  }
  const Result complete = fit(rows.X(), rows.y, {.C = kInfinity});
  EXPECT_FALSE(complete.converged);
  EXPECT_EQ(complete.separation, Separation::complete);
  EXPECT_EQ(complete.separating, std::vector<std::size_t>{1});
  EXPECT_TRUE(fit(rows.X(), rows.y).converged);

  rows = random_rows(200, 2);
  for (std::size_t row = 0; row < 200; ++row) {
    rows.values[2 * row + 1] = rows.y[row] == 1 && row % 3 == 0 ? 1.0 : 0.0;
  }
  const Result quasi = fit(rows.X(), rows.y, {.C = kInfinity});
  EXPECT_FALSE(quasi.converged);
  EXPECT_EQ(quasi.separation, Separation::quasi_complete);
  EXPECT_EQ(quasi.separating, std::vector<std::size_t>{1});
  EXPECT_EQ(quasi.inference_note, "none: the fit did not converge");
}

TEST(Logistic, BadInputIsAnError) {
  const LabelledRows good = random_rows(30, 2);
  const auto with = [&](auto change) {
    LabelledRows rows = good;
    change(rows);
    return rows;
  };
  expect_error(with([](LabelledRows& rows) { rows.values[13] = kNaN; }), {},
               ErrorCode::invalid_data, "X must be finite: NaN (row 7, column \"1\")");
  expect_error(with([](LabelledRows& rows) { rows.values[13] = -kInfinity; }),
               {.feature_names = {"a", "b"}}, ErrorCode::invalid_data,
               "X must be finite: -inf (row 7, column \"b\")");
  expect_error(with([](LabelledRows& rows) { rows.y.assign(30, 1); }), {}, ErrorCode::invalid_data,
               "there is only class: 1");
  expect_error(with([](LabelledRows& rows) { rows.y[4] = 2; }), {}, ErrorCode::invalid_data,
               "y must be 0 or 1: 2 (row 5, column \"y\")");
  expect_error(with([](LabelledRows& rows) { rows.weight.assign(30, 0.0); }), {},
               ErrorCode::invalid_data, "all of sample_weight is 0");
  expect_error(with([](LabelledRows& rows) { rows.weight.assign(30, -1.0); }), {},
               ErrorCode::invalid_data,
               "finite and not negative: -1 (row 1, column \"sample_weight\")");
  expect_error(with([](LabelledRows& rows) { rows.weight.assign(30, 1e308); }), {},
               ErrorCode::invalid_data, "beyond the range of a double");
  expect_error(with([](LabelledRows& rows) { rows.weight.assign(29, 1.0); }), {},
               ErrorCode::schema_mismatch, "sample_weight must have one value for each row");
  expect_error({.names = {"a"}}, {}, ErrorCode::invalid_data, "there are no rows");
  expect_error({.y = {0, 1}}, {}, ErrorCode::invalid_data, "there are no columns");
  expect_error(with([](LabelledRows& rows) {
                 for (std::size_t row = 0; row < 30; ++row) {
                   rows.values[2 * row + 1] = 5.0;
                 }
               }),
               {.C = kInfinity}, ErrorCode::invalid_data, "the columns before it: 1");
  expect_error(good, {.C = 0.0}, ErrorCode::invalid_argument, "C must be above 0: 0");
  expect_error(good, {.max_iter = 0}, ErrorCode::invalid_argument, "max_iter");
  expect_error(good, {.tol = kNaN}, ErrorCode::invalid_argument, "tol must be above 0: nan");
  expect_error(good, {.class_weight = {{-1.0, 1.0}}}, ErrorCode::invalid_argument, "class_weight");
  expect_error(good, {.class_weight = {{0.0, 0.0}}}, ErrorCode::invalid_argument, "class_weight");
  expect_error(good, {.feature_names = {"a"}}, ErrorCode::schema_mismatch, "feature name");
  expect_error(good, {.num_threads = -1}, ErrorCode::invalid_argument, "num_threads");

  const Result result = fit(good.X(), good.y);
  EXPECT_THROW((void)decision_function(result, MatrixView<double>(good.values, 60, 1)), Error);
  EXPECT_THROW((void)inference(result, {.confidence = 1.0}), Error);
  EXPECT_THROW((void)inference(result, {.feature_names = {"a"}}), Error);
}

TEST(Logistic, TheGreatestDoublesStayFinite) {
  LabelledRows rows = random_rows(100, 2);
  for (std::size_t row = 0; row < 100; ++row) {
    rows.values[2 * row] *= 1.5e308;
    rows.values[2 * row + 1] *= 1e-300;
  }
  for (const double C : {1.0, kInfinity}) {
    const Result result = fit(rows.X(), rows.y, {.C = C});
    EXPECT_TRUE(result.converged);
    for (const double probability : predict_probability(result, rows.X())) {
      EXPECT_GT(probability, 0.0);
      EXPECT_LT(probability, 1.0);
    }
  }
  Result far;
  far.coef = {1e10, -1e10};
  const std::vector<double> odds = decision_function(
      far, MatrixView<double>(std::vector<double>{1e300, 0.0, 1e305, 2e305}, 2, 2));
  EXPECT_EQ(odds[0], std::numeric_limits<double>::max());
  EXPECT_EQ(odds[1], -std::numeric_limits<double>::max());
}

TEST(Logistic, IsStoppedByItsCaller) {
  const LabelledRows rows = random_rows(50'000, 5);
  for (const int num_threads : {1, 2}) {
    const InterruptScope scope([] { return true; }, std::chrono::milliseconds(0));
    expect_error(rows, {.num_threads = num_threads}, ErrorCode::interrupted, "");
  }
}

}  // namespace
}  // namespace ecommerce_analytics::logistic
