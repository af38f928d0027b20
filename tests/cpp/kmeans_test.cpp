#include "ecommerce_analytics/kmeans.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/processor.hpp"
#include "ecommerce_analytics/core/random.hpp"
#include "golden.hpp"

namespace ecommerce_analytics::kmeans {
namespace {

/// Numbers row by row, and how many columns they have.
template <class T>
struct Matrix {
  std::vector<T> values{};
  std::size_t num_columns = 1;

  [[nodiscard]] MatrixView<T> view() const {
    return {values, values.size() / num_columns, num_columns};
  }
};

Matrix<double> iris() {
  const Golden golden("kmeans/iris/input.csv");
  Matrix<double> matrix{.num_columns = 4};
  for (std::size_t row = 0; row < golden.num_rows(); ++row) {
    for (const char* name : {"sepal_length", "sepal_width", "petal_length", "petal_width"}) {
      matrix.values.push_back(std::stod(golden.cells(name)[row]));
    }
  }
  return matrix;
}

/// Points around seven places.
template <class T>
Matrix<T> cloud(std::size_t num_rows, std::size_t num_columns) {
  Random random(1);
  Matrix<T> matrix{.num_columns = num_columns};
  for (std::size_t row = 0; row < num_rows; ++row) {
    const auto place = static_cast<double>(random.below(7));
    for (std::size_t j = 0; j < num_columns; ++j) {
      const double spread = random.uniform() + random.uniform() + random.uniform();
      matrix.values.push_back(static_cast<T>(3.0 * place * (j % 2 == 0 ? 1.0 : -1.0) + spread));
    }
  }
  return matrix;
}

void expect_error(const std::function<void()>& call, ErrorCode code, const std::string& message) {
  try {
    call();
    FAIL() << "no error: " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_EQ(std::string(error.what()), message);
  }
}

class KmeansOnPaths : public testing::Test {
 protected:
  void TearDown() override { force_processor_path(std::nullopt); }
};

// Expected labels and inertia: R, see tests/golden/kmeans/iris/SOURCE.md.
TEST(Kmeans, MatchesR) {
  const Matrix<double> flowers = iris();
  std::vector<double> first;
  for (const std::size_t row : {0U, 50U, 100U}) {
    const auto point = flowers.view().row(row);
    first.insert(first.end(), point.begin(), point.end());
  }

  const Result<double> found =
      fit(flowers.view(), {.n_clusters = 3, .tol = 0.0, .init = std::move(first)});

  EXPECT_EQ(found.labels,
            Golden("kmeans/iris/expected.csv").column<std::vector<std::int32_t>>("label"));
  EXPECT_NEAR(found.inertia, 78.851441426146, 1e-12);
  EXPECT_TRUE(found.converged);
  EXPECT_EQ(found.centers.size(), 12U);
}

// The best of 100 starts of R.
TEST(Kmeans, StartsReachTheBestKnownInertia) {
  const Matrix<double> flowers = iris();
  const Result<double> found = fit(flowers.view(), {.n_clusters = 3, .n_init = 10, .tol = 0.0});
  EXPECT_NEAR(found.inertia, 78.851441426146, 1e-11);
  EXPECT_EQ(predict(flowers.view(), {found.centers, 3, 4}), found.labels);
  EXPECT_EQ(inertia(flowers.view(), {found.centers, 3, 4}), found.inertia);
}

// Worked by hand in docs/methods/kmeans.md.
TEST(Kmeans, TakesTheStepsOfTheWorkedExample) {
  const Matrix<double> points{{0.0, 1.0, 10.0, 11.0}, 1};
  const Result<double> found =
      fit(points.view(), {.n_clusters = 2, .init = {0.0, 1.0}, .num_threads = 1});
  EXPECT_EQ(found.labels, (std::vector<std::int32_t>{0, 0, 1, 1}));
  EXPECT_EQ(found.centers, (std::vector<double>{0.5, 10.5}));
  EXPECT_EQ(found.inertia, 1.0);
  EXPECT_EQ(found.n_iter, 3);
  const Silhouette clear = silhouette(points.view(), found.labels);
  EXPECT_NEAR(clear.value.value(), (9.5 / 10.5 + 8.5 / 9.5) / 2, 1e-15);
  EXPECT_EQ(clear.num_points, 4U);
  EXPECT_FALSE(clear.standard_error.has_value());
}

TEST(Kmeans, WeightsAreNumbersOfRows) {
  const Matrix<float> points{{1.0F, 2.0F, 7.0F, 100.0F}, 1};
  const std::vector<double> weights{3.0, 1.0, 2.0, 0.0};
  const Result<float> found = fit(points.view(), {.n_clusters = 2, .init = {1.0, 7.0}}, weights);
  EXPECT_EQ(found.centers, (std::vector<float>{1.25F, 7.0F}));
  EXPECT_EQ(found.inertia, 0.75);
  EXPECT_EQ(found.labels, (std::vector<std::int32_t>{0, 0, 1, 1}));  // Weight 0 has a label too.
}

TEST(Kmeans, AClusterWithoutPointsTakesTheFarthestOne) {
  const Matrix<double> points{{-2.0, 2.0, 0.0}, 1};
  const Result<double> tie =
      fit(points.view(), {.n_clusters = 2, .max_iter = 1, .init = {0.0, 50.0}});
  EXPECT_EQ(tie.centers, (std::vector<double>{0.0, -2.0}));  // The smaller of equally far ones.
  EXPECT_FALSE(tie.converged);
  const Result<double> all = fit(points.view(), {.n_clusters = 3, .init = {0.0, 50.0, 60.0}});
  EXPECT_EQ(all.inertia, 0.0);
  EXPECT_TRUE(all.converged);
}

TEST(Kmeans, EqualDistancesGoToTheFirstCenter) {
  const Matrix<double> points{{0.0, -1.0}, 1};
  const std::vector<double> centers{1.0, -1.0, 1.0};
  EXPECT_EQ(predict(points.view(), {centers, 3, 1}), (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(transform(points.view(), MatrixView<double>(centers, 3, 1)),
            (std::vector<double>{1.0, 1.0, 1.0, 2.0, 0.0, 2.0}));
}

TEST(Kmeans, DistinctPointsAreCountedAsFarAsAsked) {
  const Matrix<double> points{{1.0, 0.0, 1.0, -0.0, 2.0, 0.0}, 2};
  EXPECT_EQ(count_distinct(points.view(), 9), 2U);
  EXPECT_EQ(count_distinct(points.view(), 1), 1U);
  EXPECT_EQ(count_distinct(points.view(), 9, std::vector<double>{0.0, 0.0, 1.0}), 1U);
}

template <class T>
void expect_same_on_all_threads() {
  const Matrix<T> points = cloud<T>(20'011, 5);
  std::vector<double> weights;
  for (std::size_t row = 0; row < 20'011; ++row) {
    weights.push_back(static_cast<double>(row % 7) * 0.3);
  }
  std::vector<Result<T>> results;
  std::vector<double> silhouettes;
  for (const ProcessorPath path : {ProcessorPath::baseline, ProcessorPath::avx2}) {
    if (!is_supported(path)) {
      continue;
    }
    force_processor_path(path);
    for (const int num_threads : {1, 2, 5}) {
      results.push_back(fit(
          points.view(), {.n_clusters = 11, .max_iter = 7, .num_threads = num_threads}, weights));
      silhouettes.push_back(silhouette(points.view(), results.back().labels,
                                       {.max_points = 300, .num_threads = num_threads})
                                .value.value());
    }
  }
  for (std::size_t i = 1; i < results.size(); ++i) {
    EXPECT_EQ(results[i].centers, results[0].centers);
    EXPECT_EQ(results[i].labels, results[0].labels);
    EXPECT_EQ(results[i].inertia, results[0].inertia);
    EXPECT_EQ(silhouettes[i], silhouettes[0]);
  }
}

TEST_F(KmeansOnPaths, ThreadsAndPathsGiveTheSameBytes) {
  expect_same_on_all_threads<double>();
  expect_same_on_all_threads<float>();
}

TEST(Kmeans, TheCurveHasAFitForEachNumber) {
  const Matrix<double> points = cloud<double>(300, 2);
  const Curve found = curve(points.view(), {.min_clusters = 2, .max_clusters = 4});
  ASSERT_EQ(found.n_clusters, (std::vector<std::int32_t>{2, 3, 4}));
  for (std::size_t i = 0; i < 3; ++i) {
    const Result<double> one = fit(points.view(), {.n_clusters = found.n_clusters[i]});
    EXPECT_EQ(found.inertia[i], one.inertia);
    EXPECT_EQ(found.silhouette[i].value, silhouette(points.view(), one.labels).value);
  }
  const Matrix<double> two{{1.0, 1.0, 2.0}, 1};
  EXPECT_EQ(curve(two.view()).n_clusters, (std::vector<std::int32_t>{2}));
}

TEST(Kmeans, TellsBadInput) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const Matrix<double> good{{0.0, 1.0, 2.0, 3.0}, 2};
  const auto fit_of = [](const Matrix<double>& points, const Options& options = {.n_clusters = 1},
                         const std::vector<double>& weights = {}) {
    return [=] { static_cast<void>(fit(points.view(), options, weights)); };
  };
  expect_error(fit_of({{0.0, 1.0, kNan, 3.0}, 2}), ErrorCode::invalid_data,
               "kmeans: a value is not finite: NaN (row 2, column \"0\")");
  expect_error(fit_of({{0.0, 1.0, 2.0, -1e300}, 2}), ErrorCode::invalid_data,
               "kmeans: a value is so large that squared distances overflow: -1e+300 (row 2, "
               "column \"1\")");
  expect_error(fit_of({{}, 2}), ErrorCode::invalid_data, "kmeans: there are no rows");
  expect_error(fit_of(good, {.n_clusters = 3}), ErrorCode::invalid_argument,
               "kmeans: n_clusters is above the number of distinct points: 3, 2");
  expect_error(fit_of(good, {.n_clusters = 0}), ErrorCode::invalid_argument,
               "kmeans: n_clusters must be >= 1: 0");
  expect_error(fit_of(good, {.n_clusters = 1, .n_init = 0}), ErrorCode::invalid_argument,
               "kmeans: n_init must be >= 1: 0");
  expect_error(fit_of(good, {.n_clusters = 1, .max_iter = 0}), ErrorCode::invalid_argument,
               "kmeans: max_iter must be >= 1: 0");
  expect_error(fit_of(good, {.n_clusters = 1, .tol = kNan}), ErrorCode::invalid_argument,
               "kmeans: tol must be >= 0: nan");
  expect_error(fit_of(good, {.n_clusters = 1, .init = {1.0}}), ErrorCode::schema_mismatch,
               "kmeans: init must have n_clusters rows and the columns of the points: 1");
  expect_error(fit_of(good, {.n_clusters = 1}, {1.0}), ErrorCode::schema_mismatch,
               "kmeans: there must be one weight a row: 1");
  expect_error(fit_of(good, {.n_clusters = 1}, {1.0, -1.0}), ErrorCode::invalid_data,
               "kmeans: a weight must be finite and >= 0: -1 (row 2, column \"sample_weight\")");
  expect_error(fit_of(good, {.n_clusters = 1}, {0.0, 0.0}), ErrorCode::invalid_data,
               "kmeans: all weights are zero");
  expect_error([&] { static_cast<void>(predict(good.view(), MatrixView<double>())); },
               ErrorCode::schema_mismatch, "kmeans: there are no centers");
  expect_error(
      [&] {
        static_cast<void>(silhouette(good.view(), std::vector<std::int32_t>{0, -1}));
      },
      ErrorCode::invalid_data, "kmeans: a label must be >= 0: -1 (row 2, column \"labels\")");
  expect_error([&] { validate(CurveOptions{.min_clusters = 1}); }, ErrorCode::invalid_argument,
               "kmeans: min_clusters must be >= 2: 1");
}

TEST(Kmeans, MoreColumnsThanRowsAreNoTrouble) {
  Matrix<double> wide{.num_columns = 50};
  wide.values.assign(150, 0.0);
  for (std::size_t row = 0; row < 3; ++row) {
    wide.values[row * 50 + row] = 1.0;
  }
  EXPECT_EQ(fit(wide.view(), {.n_clusters = 3}).inertia, 0.0);
  EXPECT_NEAR(fit(wide.view(), {.n_clusters = 1}).inertia, 2.0, 1e-15);
}

TEST(Kmeans, ColumnsFarFromZeroLoseNoDigits) {
  const Matrix<double> points = cloud<double>(5'000, 2);
  Matrix<double> moved = points;
  constexpr double kFar = 0x1p30;  // A power of two above all values: 22 bits are left for them.
  for (double& value : moved.values) {
    value = std::nearbyint((value + kFar) * 0x1p20) * 0x1p-20;
  }
  Matrix<double> back = moved;
  for (double& value : back.values) {
    value -= kFar;
  }
  const Result<double> near = fit(back.view(), {.n_clusters = 7});
  const Result<double> far = fit(moved.view(), {.n_clusters = 7});
  EXPECT_EQ(far.labels, near.labels);
  EXPECT_NEAR(far.inertia, near.inertia, 1e-6 * near.inertia);
  for (std::size_t i = 0; i < far.centers.size(); ++i) {
    EXPECT_NEAR(far.centers[i] - kFar, near.centers[i], 0x1p-21);
  }
}

}  // namespace
}  // namespace ecommerce_analytics::kmeans
