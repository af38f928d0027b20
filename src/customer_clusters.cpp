#include "ecommerce_analytics/customer_clusters.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>

#include "core/elementary.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/matrix_view.hpp"
#include "ecommerce_analytics/core/money.hpp"
#include "ecommerce_analytics/kmeans.hpp"

namespace ecommerce_analytics::customer_clusters {
namespace {

constexpr std::array<std::string_view, kNumColumns> kColumns{"recency_days", "frequency",
                                                             "monetary"};
constexpr std::size_t kRecency = 0;
constexpr std::size_t kFrequency = 1;
constexpr std::size_t kMonetary = 2;

/// The customers before scaling, row by row.
std::vector<double> logarithms_of(const rfm::Scores& scores) {
  std::vector<double> points(scores.num_rows() * kNumColumns);
  for (std::size_t row = 0; row < scores.num_rows(); ++row) {
    points[row * kNumColumns + kRecency] = static_cast<double>(scores.recency_days[row]);
    points[row * kNumColumns + kFrequency] = static_cast<double>(scores.frequency[row]);
    points[row * kNumColumns + kMonetary] = to_double(scores.monetary[row]);
  }
  for (double& value : points) {
    value = std::copysign(elementary::log1p(std::abs(value)), value);
  }
  return points;
}

/// Mean and standard deviation of each column, over the customers in the order of their keys.
Recipe recipe_of(const std::vector<double>& points) {
  Recipe recipe;
  const std::size_t num_rows = points.size() / kNumColumns;
  const auto count = static_cast<double>(num_rows);
  for (std::size_t j = 0; j < kNumColumns; ++j) {
    bool is_constant = true;
    double sum = 0.0;
    for (std::size_t i = j; i < points.size(); i += kNumColumns) {
      is_constant = is_constant && points[i] == points[j];
      sum += points[i];
    }
    if (is_constant) {
      recipe.mean[j] = num_rows == 0 ? 0.0 : points[j];
      continue;
    }
    recipe.mean[j] = sum / count;
    double squares = 0.0;
    for (std::size_t i = j; i < points.size(); i += kNumColumns) {
      const double difference = points[i] - recipe.mean[j];
      squares += difference * difference;
    }
    recipe.standard_deviation[j] = std::sqrt(squares / count);
  }
  return recipe;
}

void scale(std::vector<double>& points, const Recipe& recipe) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::size_t j = i % kNumColumns;
    points[i] = recipe.standard_deviation[j] > 0.0
                    ? (points[i] - recipe.mean[j]) / recipe.standard_deviation[j]
                    : 0.0;
  }
}

MatrixView<double> matrix_of(const std::vector<double>& points) {
  return {points, points.size() / kNumColumns, kNumColumns};
}

double value_of(std::span<const double> center) {
  return (center[kFrequency] + center[kMonetary]) / 2.0;
}

/// Puts the best customers first.
std::vector<double> ordered(const std::vector<double>& centers) {
  const MatrixView<double> rows = matrix_of(centers);
  std::vector<std::size_t> order(rows.num_rows());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const std::span<const double> left = rows.row(a);
    const std::span<const double> right = rows.row(b);
    if (value_of(left) != value_of(right)) {
      return value_of(left) > value_of(right);
    }
    return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end());
  });
  std::vector<double> sorted;
  for (const std::size_t place : order) {
    sorted.insert(sorted.end(), rows.row(place).begin(), rows.row(place).end());
  }
  return sorted;
}

std::string_view name_of(std::span<const double> center, const Recipe& recipe) {
  constexpr double kLately = -0.5;
  constexpr double kLongAway = 0.5;
  constexpr double kBest = 1.0;
  constexpr double kRepeatOrders = 1.5;
  const double value = value_of(center);
  const double log_orders =
      recipe.mean[kFrequency] + recipe.standard_deviation[kFrequency] * center[kFrequency];
  const bool is_one_order = log_orders < elementary::log1p(kRepeatOrders);
  const bool is_lately = center[kRecency] < kLately;
  if (center[kRecency] >= kLongAway) {
    return value >= 0.0 ? "At Risk" : "Hibernating";
  }
  if (value < 0.0) {
    return !is_lately ? "Occasional" : is_one_order ? "New" : "Promising";
  }
  if (is_one_order || center[kFrequency] <= 0.0) {
    return "Big Spenders";
  }
  return is_lately && value >= kBest ? "Champions" : "Loyal";
}

std::vector<std::string> names_of(const std::vector<double>& centers, const Recipe& recipe) {
  const MatrixView<double> rows = matrix_of(centers);
  if (rows.num_rows() == 1) {
    return {"All Customers"};
  }
  std::vector<std::string> names;
  std::map<std::string_view, int> counts;
  for (std::size_t k = 0; k < rows.num_rows(); ++k) {
    const std::string_view name = name_of(rows.row(k), recipe);
    const int number = ++counts[name];
    std::string& text = names.emplace_back(name);
    if (number > 1) {
      text += ' ';
      text += std::to_string(number);
    }
  }
  return names;
}

/// Fills the rows of a table whose model is there.
void fill(Clusters& table, const rfm::Scores& scores, const std::vector<double>& points) {
  table.customer = scores.customer;
  table.scores_metadata = scores.metadata();
  const MatrixView<double> rows = matrix_of(points);
  const MatrixView<double> centers = matrix_of(table.model.centers);
  table.sizes.assign(centers.num_rows(), 0);
  if (rows.num_rows() == 0) {
    return;
  }
  table.cluster = kmeans::predict(rows, centers, table.options.num_threads);
  table.inertia = kmeans::inertia(rows, centers, {.num_threads = table.options.num_threads});
  for (std::size_t row = 0; row < rows.num_rows(); ++row) {
    const auto cluster = static_cast<std::size_t>(table.cluster[row]);
    double square = 0.0;
    for (std::size_t j = 0; j < kNumColumns; ++j) {
      const double difference = rows.row(row)[j] - centers.row(cluster)[j];
      square += difference * difference;
    }
    table.distance.push_back(std::sqrt(square));
    table.name.push_back(table.model.names[cluster]);
    ++table.sizes[cluster];
  }
}

kmeans::Options kmeans_options(const Options& options) {
  return {.n_clusters = options.n_clusters,
          .n_init = options.n_init,
          .max_iter = options.max_iter,
          .tol = options.tol,
          .random_state = options.random_state,
          .init = {},
          .num_threads = options.num_threads};
}

template <class Values, class Text>
std::string list_of(const Values& values, const Text& text) {
  std::string list;
  for (const auto& value : values) {
    list += list.empty() ? "[" : ", ";
    list += text(value);
  }
  return list.empty() ? "[]" : list + "]";
}

std::string numbers(std::span<const double> values) { return list_of(values, to_text); }

std::string quoted(std::string_view text) {
  std::string quoted(1, '"');
  quoted += text;
  return quoted += '"';
}

void check_model(const Model& model) {
  require(!model.centers.empty() && model.centers.size() % kNumColumns == 0 &&
              model.names.size() == model.centers.size() / kNumColumns,
          ErrorCode::invalid_argument,
          "customer_clusters: a model needs centers of 3 columns and a name for each");
  constexpr double kLargest = 1e100;
  const auto check = [](std::span<const double> values, double least) {
    for (const double value : values) {
      require(value >= least && value <= kLargest, ErrorCode::invalid_argument,
              "customer_clusters: a number of the model is not finite or out of its range",
              to_text(value));
    }
  };
  check(model.centers, -kLargest);
  check(model.recipe.mean, -kLargest);
  check(model.recipe.standard_deviation, 0.0);
}

}  // namespace

Metadata Clusters::metadata() const {
  Metadata metadata = scores_metadata;
  metadata.emplace_back("recipe", "sign(x) * log1p(|x|), then (x - mean) / standard deviation");
  metadata.emplace_back("recipe_columns", list_of(kColumns, quoted));
  metadata.emplace_back("recipe_means", numbers(model.recipe.mean));
  metadata.emplace_back("recipe_standard_deviations", numbers(model.recipe.standard_deviation));
  const MatrixView<double> centers = matrix_of(model.centers);
  metadata.emplace_back("n_clusters", std::to_string(centers.num_rows()));
  metadata.emplace_back("cluster_names", list_of(model.names, quoted));
  metadata.emplace_back("cluster_sizes",
                        list_of(sizes, [](std::int64_t size) { return std::to_string(size); }));
  std::vector<std::span<const double>> rows;
  for (std::size_t k = 0; k < centers.num_rows(); ++k) {
    rows.push_back(centers.row(k));
  }
  metadata.emplace_back("cluster_centers", list_of(rows, numbers));
  metadata.emplace_back("inertia", to_text(inertia));
  if (is_fitted) {
    metadata.emplace_back("n_clusters_asked", std::to_string(options.n_clusters));
    metadata.emplace_back("n_init", std::to_string(options.n_init));
    metadata.emplace_back("n_iter", std::to_string(n_iter));
    metadata.emplace_back("converged", converged ? "true" : "false");
    metadata.emplace_back("random_state", std::to_string(options.random_state));
  }
  std::string note;
  for (std::size_t j = 0; j < kNumColumns; ++j) {
    if (num_rows() > 0 && model.recipe.standard_deviation[j] == 0.0) {
      note += note.empty() ? "" : "; ";
      note += kColumns[j];
      note += " is constant and plays no part";
    }
  }
  if (is_fitted && centers.num_rows() < static_cast<std::size_t>(options.n_clusters)) {
    note += note.empty() ? "" : "; ";
    note += "there are no more distinct customers";
  }
  if (!note.empty()) {
    metadata.emplace_back("cluster_note", note);
  }
  return metadata;
}

Clusters fit(const rfm::Scores& scores, const Options& options) {
  kmeans::validate(kmeans_options(options));
  Clusters table{.options = options, .is_fitted = true, .converged = true};
  std::vector<double> points = logarithms_of(scores);
  table.model.recipe = recipe_of(points);
  scale(points, table.model.recipe);
  if (!points.empty()) {
    kmeans::Options asked = kmeans_options(options);
    asked.n_clusters = static_cast<int>(
        kmeans::count_distinct(matrix_of(points), static_cast<std::size_t>(options.n_clusters)));
    const kmeans::Result<double> found = kmeans::fit(matrix_of(points), asked);
    table.model.centers = ordered(found.centers);
    table.model.names = names_of(table.model.centers, table.model.recipe);
    table.n_iter = found.n_iter;
    table.converged = found.converged;
  }
  fill(table, scores, points);
  return table;
}

Clusters assign(const Model& model, const rfm::Scores& scores) {
  check_model(model);
  Clusters table{.model = model};
  std::vector<double> points = logarithms_of(scores);
  scale(points, model.recipe);
  fill(table, scores, points);
  return table;
}

Metadata Curve::metadata() const {
  Metadata metadata = scores_metadata;
  metadata.emplace_back("n_init", std::to_string(options.fit.n_init));
  metadata.emplace_back("random_state", std::to_string(options.fit.random_state));
  metadata.emplace_back("num_silhouette_points", std::to_string(num_silhouette_points));
  std::size_t best = num_rows();
  for (std::size_t i = 0; i < num_rows(); ++i) {
    if (silhouette.is_valid[i] != 0 &&
        (best == num_rows() || silhouette.values[i] > silhouette.values[best])) {
      best = i;
    }
  }
  if (best < num_rows()) {
    metadata.emplace_back("best_by_silhouette", std::to_string(n_clusters[best]));
  }
  return metadata;
}

rfm::SegmentSummary profile(const Clusters& clusters, const rfm::Scores& scores) {
  require(clusters.customer == scores.customer, ErrorCode::invalid_argument,
          "customer_clusters: the scores are of other customers than the clusters");
  rfm::Segments grouped;
  static_cast<rfm::Scores&>(grouped) = scores;
  grouped.segments = clusters.model.names;
  grouped.place.assign(clusters.cluster.begin(), clusters.cluster.end());
  return rfm::summarize(grouped);
}

Curve curve(const rfm::Scores& scores, const CurveOptions& options) {
  kmeans::CurveOptions asked{.min_clusters = options.min_clusters,
                             .max_clusters = options.max_clusters,
                             .fit = kmeans_options(options.fit),
                             .max_silhouette_points = options.max_silhouette_points};
  kmeans::validate(asked);
  Curve curve{.options = options};
  curve.scores_metadata = scores.metadata();
  std::vector<double> points = logarithms_of(scores);
  scale(points, recipe_of(points));
  if (points.empty()) {
    return curve;
  }
  const kmeans::Curve found = kmeans::curve(matrix_of(points), asked);
  for (std::size_t i = 0; i < found.n_clusters.size(); ++i) {
    curve.n_clusters.push_back(found.n_clusters[i]);
    curve.inertia.push_back(found.inertia[i]);
    const auto add = [](Nullable<double>& column, std::optional<double> value) {
      value ? column.push_back(*value) : column.push_null();
    };
    add(curve.silhouette, found.silhouette[i].value);
    add(curve.silhouette_standard_error, found.silhouette[i].standard_error);
    curve.converged.push_back({found.converged[i]});
    curve.num_silhouette_points = found.silhouette[i].num_points;
  }
  return curve;
}

}  // namespace ecommerce_analytics::customer_clusters
