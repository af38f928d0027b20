#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ecommerce_analytics/core/matrix_view.hpp"

/// Groups of points with the least sum of squared distances to their centers.
///
/// All functions give the same bytes for any number of threads and any processor. Distances are
/// sums of squared differences, in the type of the points and in the order of the columns; a point
/// as far from two centers belongs to the first of them.
namespace ecommerce_analytics::kmeans {

struct Options {
  /// Number of clusters k, at most the number of distinct points. In [1, 2^31).
  int n_clusters = 8;

  /// Number of starts, of which the one of least inertia wins, the first of equal ones; 1 if `init`
  /// is given. >= 1.
  int n_init = 1;

  /// Most steps of one start. >= 1.
  int max_iter = 300;

  /// A start has converged when no label changes, or when the sum of the squared moves of all
  /// centers is at most `tol` times the mean variance of the columns. >= 0.
  double tol = 1e-4;

  /// Seed of the draws.
  std::uint64_t random_state = 0;

  /// The centers to start from, row by row; empty: drawn by k-means++.
  std::vector<double> init{};

  /// Threads; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// @throws Error  `invalid_argument` if an option is out of its range.
void validate(const Options& options);

/// A partition of n points of d columns into k clusters.
template <class T>
struct Result {
  std::vector<T> centers{};            ///< k x d, row by row.
  std::vector<std::int32_t> labels{};  ///< n; each in 0, …, k - 1: the cluster nearest.
  double inertia = 0.0;                ///< Sum of weighted squared distances to own centers.
  int n_iter = 0;                      ///< Steps of the start that won.
  bool converged = false;              ///< False if that start ran out of steps.
};

/// Partitions points by Lloyd's steps from k-means++ or given centers.
///
/// A k-means++ start draws among the distinct points of positive weight, in increasing order by
/// columns and with their weights summed: so the draw does not depend on the order of the rows. Of
/// 2 + floor(ln k) candidates drawn for a center, the one that leaves the least inertia is taken.
/// A cluster left without weight gets its center moved to the point farthest from its own center,
/// the smallest by columns of equally far ones.
///
/// @param points         n rows of d columns, n, d > 0, finite; squared distances and their sum
///                       must not overflow.
/// @param sample_weight  n weights, finite and >= 0, not all 0; empty: all 1.
/// @throws Error  `invalid_argument` if an option is out of range or k is above the number of
///                distinct points of positive weight (both are told); `invalid_data` with row and
///                column (from 0) of a value not finite or too large, with the row of a weight;
///                `schema_mismatch` if `init` or the weights have another size.
/// @par Complexity  O(n k d) a step, O(n log n + n d k log k) a start; O(n + k d) memory, and
///                  O(n d) for k-means++.
/// @par Source      Lloyd (1982); Arthur and Vassilvitskii (2007), with the greedy candidates that
///                  they mention.
[[nodiscard]] Result<double> fit(MatrixView<double> points, const Options& options,
                                 std::span<const double> sample_weight = {});
[[nodiscard]] Result<float> fit(MatrixView<float> points, const Options& options,
                                std::span<const double> sample_weight = {});

/// The nearest center of each point, the first of equally near ones.
/// @throws Error  `schema_mismatch` if there are no centers or columns differ; `invalid_data` as
///                `fit`.
/// @par Complexity  O(n k d).
[[nodiscard]] std::vector<std::int32_t> predict(MatrixView<double> points,
                                                MatrixView<double> centers, int num_threads = 0);
[[nodiscard]] std::vector<std::int32_t> predict(MatrixView<float> points, MatrixView<float> centers,
                                                int num_threads = 0);

/// Euclidean distances of the n points to the k centers, n x k, row by row. Errors as `predict`.
[[nodiscard]] std::vector<double> transform(MatrixView<double> points, MatrixView<double> centers,
                                            int num_threads = 0);
[[nodiscard]] std::vector<float> transform(MatrixView<float> points, MatrixView<float> centers,
                                           int num_threads = 0);

struct InertiaOptions {
  std::span<const double> sample_weight{};  ///< As `fit` takes them.
  int num_threads = 0;                      ///< In [0, 1024].
};

/// Sum of weighted squared distances to the nearest centers. Errors as `predict` and `fit`.
[[nodiscard]] double inertia(MatrixView<double> points, MatrixView<double> centers,
                             const InertiaOptions& options = {});
[[nodiscard]] double inertia(MatrixView<float> points, MatrixView<float> centers,
                             const InertiaOptions& options = {});

/// Number of distinct points of positive weight, counted up to `at_most`.
/// @throws Error  As `fit` for the points and the weights.
/// @par Complexity  O(n d log at_most), and less if there are more.
[[nodiscard]] std::size_t count_distinct(MatrixView<double> points, std::size_t at_most,
                                         std::span<const double> sample_weight = {});
[[nodiscard]] std::size_t count_distinct(MatrixView<float> points, std::size_t at_most,
                                         std::span<const double> sample_weight = {});

struct SilhouetteOptions {
  /// Above so many points, a sample of so many is measured, among themselves. >= 2.
  std::size_t max_points = 10'000;
  std::uint64_t random_state = 0;  ///< Seed of that sample, drawn by row.
  int num_threads = 0;             ///< In [0, 1024].
};

/// How far the clusters are apart.
struct Silhouette {
  /// Mean over the points, in [-1, 1]: the more the clearer. Unset if less than two clusters have
  /// points among those measured.
  std::optional<double> value = std::nullopt;
  /// Standard error of a sample's mean; unset if all points were measured.
  std::optional<double> standard_error = std::nullopt;
  std::size_t num_points = 0;  ///< Points measured.
};

/// Mean of (b - a) / max(a, b) over the points, with a the mean distance to the others of the own
/// cluster and b the least mean distance to another cluster; 0 for a point alone in its cluster.
/// Weights play no part.
///
/// @param labels  n, each >= 0.
/// @throws Error  `invalid_data` for a label below 0, and as `fit`; `schema_mismatch` as `fit`.
/// @par Complexity  O(m² d) for the m points measured.
/// @par Source      Rousseeuw (1987).
[[nodiscard]] Silhouette silhouette(MatrixView<double> points, std::span<const std::int32_t> labels,
                                    const SilhouetteOptions& options = {});
[[nodiscard]] Silhouette silhouette(MatrixView<float> points, std::span<const std::int32_t> labels,
                                    const SilhouetteOptions& options = {});

struct CurveOptions {
  int min_clusters = 2;   ///< >= 2.
  int max_clusters = 10;  ///< Ends at the number of distinct points, if that is less.
  Options fit{};          ///< Of each fit; its `n_clusters` and `init` are not read.
  std::size_t max_silhouette_points = 10'000;
};

/// @throws Error  `invalid_argument` if an option is out of its range.
void validate(const CurveOptions& options);

/// What the partitions into k = min_clusters, min_clusters + 1, … clusters are worth.
struct Curve {
  std::vector<std::int32_t> n_clusters{};
  std::vector<double> inertia{};
  std::vector<Silhouette> silhouette{};
  std::vector<bool> converged{};
};

/// Fits each number of clusters from the same seed.
/// @throws Error  As `fit` and `silhouette`; none because of few distinct points: the curve is
///                shorter then, or empty.
[[nodiscard]] Curve curve(MatrixView<double> points, const CurveOptions& options = {},
                          std::span<const double> sample_weight = {});
[[nodiscard]] Curve curve(MatrixView<float> points, const CurveOptions& options = {},
                          std::span<const double> sample_weight = {});

}  // namespace ecommerce_analytics::kmeans
