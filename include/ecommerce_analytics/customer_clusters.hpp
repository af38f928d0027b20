#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/rfm.hpp"

/// Groups of customers that are alike in recency, frequency and money, found by k-means.
namespace ecommerce_analytics::customer_clusters {

/// Columns of a recipe: recency in days, orders, money.
inline constexpr std::size_t kNumColumns = 3;

struct Options {
  /// Number of clusters; as many as there are distinct customers if those are fewer. In [1, 2^31).
  int n_clusters = 4;

  /// Number of starts, of which the one of least inertia wins. >= 1.
  int n_init = 10;

  /// Most steps of one start. >= 1.
  int max_iter = 300;

  /// As of `kmeans::Options`; 0: until no label changes.
  double tol = 0.0;

  /// Seed of the draws.
  std::uint64_t random_state = 0;

  /// Threads; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// How a customer becomes a point: of `recency_days`, `frequency` and `monetary` each value x
/// becomes (sign(x) · ln(1 + |x|) - mean) / standard deviation, or 0 in a column that was constant.
struct Recipe {
  std::array<double, kNumColumns> mean{};
  std::array<double, kNumColumns> standard_deviation{};  ///< Of the population; 0: constant.
};

/// What is needed to give other customers a cluster: nothing of the customers it was made from.
struct Model {
  Recipe recipe{};
  std::vector<double> centers{};     ///< Clusters x kNumColumns, scaled as the recipe does.
  std::vector<std::string> names{};  ///< One a cluster, all different.
};

/// One row per customer, in increasing order of the key.
struct Clusters {
  KeyColumn customer{};
  std::vector<std::int32_t> cluster{};  ///< 0, 1, …: the best customers first.
  TextColumn name{};                    ///< That of the cluster.
  std::vector<double> distance{};       ///< To the own center, in standard deviations; >= 0.

  Model model{};
  Options options{};                  ///< Those it was asked for with; unused by `assign`.
  bool is_fitted = false;             ///< False: assigned by a model made from others.
  double inertia = 0.0;               ///< Sum of the squared distances.
  int n_iter = 0;                     ///< Steps of the start that won.
  bool converged = false;             ///< False if that start ran out of steps.
  std::vector<std::int64_t> sizes{};  ///< Customers by cluster.
  Metadata scores_metadata{};         ///< Of the table it was made from.

  [[nodiscard]] std::size_t num_rows() const noexcept { return customer.size(); }
  [[nodiscard]] Metadata metadata() const;

  /// Calls `visit(name, member)` once per column: Arrow, numpy and the tests read this list.
  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("customer", &Clusters::customer);
    visit("cluster", &Clusters::cluster);
    visit("name", &Clusters::name);
    visit("distance", &Clusters::distance);
  }
};

/// Finds clusters of customers.
///
/// Clusters are numbered by the mean of the scaled frequency and money of their centers, the
/// greatest first, equal ones by lesser recency. With v that mean, r and f the scaled recency and
/// frequency, and o the orders that f stands for, a cluster is named, by the first that holds,
/// `At Risk` (r >= 0.5, v >= 0), `Hibernating` (r >= 0.5), `New` (r < -0.5, v < 0, o < 1.5),
/// `Promising` (r < -0.5, v < 0), `Occasional` (v < 0), `Big Spenders` (f <= 0 or o < 1.5),
/// `Champions` (r < -0.5, v >= 1) or `Loyal`; the second one of a name gets a 2 behind it, and so
/// on. A single cluster is `All Customers`.
///
/// @return  As many clusters as there are distinct customers, if those are fewer than asked for;
///          none of no customers.
/// @throws Error  `invalid_argument` if an option is out of its range.
/// @par Complexity  As `kmeans::fit`, of 3 columns.
[[nodiscard]] Clusters fit(const rfm::Scores& scores, const Options& options = {});

/// Gives customers the cluster whose center is nearest, the first of equally near ones.
/// @throws Error  `invalid_argument` if the model has no clusters, or not one name for each,
///                or if one of its numbers is not finite or too large.
/// @par Complexity  O(customers · clusters).
[[nodiscard]] Clusters assign(const Model& model, const rfm::Scores& scores);

/// Sums the clusters up as `rfm::summarize` does segments: a row per cluster, in their order.
///
/// @param scores  Those of the same customers, row by row; their raw figures are summed up.
/// @throws Error  `invalid_argument` if the customers are others.
/// @par Complexity  O(m log m) for m customers.
[[nodiscard]] rfm::SegmentSummary profile(const Clusters& clusters, const rfm::Scores& scores);

struct CurveOptions {
  int min_clusters = 2;   ///< >= 2.
  int max_clusters = 10;  ///< >= `min_clusters`; ends at the number of distinct customers.
  Options fit{};          ///< Of each fit; its `n_clusters` is not read.
  /// Above so many customers the silhouette is that of a sample of so many. >= 2.
  std::size_t max_silhouette_points = 10'000;
};

/// What each number of clusters is worth: one row for each, increasing.
struct Curve {
  std::vector<std::int32_t> n_clusters{};
  std::vector<double> inertia{};
  Nullable<double> silhouette{};                 ///< Null if a sample met less than two clusters.
  Nullable<double> silhouette_standard_error{};  ///< Null where all customers were measured.
  std::vector<Flag> converged{};

  CurveOptions options{};
  std::size_t num_silhouette_points = 0;  ///< Customers measured.
  Metadata scores_metadata{};             ///< Of the table it was made from.

  [[nodiscard]] std::size_t num_rows() const noexcept { return n_clusters.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("n_clusters", &Curve::n_clusters);
    visit("inertia", &Curve::inertia);
    visit("silhouette", &Curve::silhouette);
    visit("silhouette_standard_error", &Curve::silhouette_standard_error);
    visit("converged", &Curve::converged);
  }
};

/// Fits each number of clusters as `fit` does, with the same inertia to the last bit.
/// @throws Error  As `fit`, and if a number of clusters is out of range.
/// @par Complexity  A `fit` each, and O(m²) for the m customers whose silhouette is measured.
[[nodiscard]] Curve curve(const rfm::Scores& scores, const CurveOptions& options = {});

}  // namespace ecommerce_analytics::customer_clusters
