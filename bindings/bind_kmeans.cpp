#include <optional>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {
namespace {

std::span<const double> weights_of(const std::optional<Rows<double>>& sample_weight) {
  return sample_weight ? values_of(*sample_weight) : std::span<const double>();
}

py::tuple silhouette_tuple(const kmeans::Silhouette& one) {
  return py::make_tuple(one.value, one.standard_error, one.num_points);
}

/// Binds the functions for points of one type.
template <class T>
void bind_functions(py::module_& module) {
  using kmeans::Options;
  module.def(
      "fit",
      [](const Rows<T>& X, int n_clusters, int n_init, int max_iter, double tol,
         std::uint64_t random_state, const std::optional<Rows<double>>& init,
         const std::optional<Rows<double>>& sample_weight, int num_threads) {
        const MatrixView<T> points = matrix_of(X);
        Options options{.n_clusters = n_clusters,
                        .n_init = n_init,
                        .max_iter = max_iter,
                        .tol = tol,
                        .random_state = random_state,
                        .init = {},
                        .num_threads = num_threads};
        if (init) {
          const MatrixView<double> centers = matrix_of(*init);
          require(
              centers.num_rows() == static_cast<std::size_t>(std::max(0, n_clusters)) &&
                  centers.num_columns() == points.num_columns(),
              ErrorCode::schema_mismatch,
              "kmeans: init must have n_clusters rows and the columns of the points",
              std::to_string(centers.num_rows()) + ", " + std::to_string(centers.num_columns()));
          options.init.assign(centers.values().begin(), centers.values().end());
        }
        const std::span<const double> weights = weights_of(sample_weight);
        kmeans::Result<T> result = [&] {
          const LongCall call;
          return kmeans::fit(points, options, weights);
        }();
        const auto num_rows = static_cast<py::ssize_t>(points.num_rows());
        const auto num_columns = static_cast<py::ssize_t>(points.num_columns());
        return py::make_tuple(array_of(std::move(result.centers), {n_clusters, num_columns}),
                              array_of(std::move(result.labels), {num_rows}), result.inertia,
                              result.n_iter, result.converged);
      },
      py::arg("X").noconvert(), py::kw_only(), py::arg("n_clusters") = Options{}.n_clusters,
      py::arg("n_init") = Options{}.n_init, py::arg("max_iter") = Options{}.max_iter,
      py::arg("tol") = Options{}.tol, py::arg("random_state") = Options{}.random_state,
      py::arg("init").noconvert() = py::none(), py::arg("sample_weight").noconvert() = py::none(),
      py::arg("num_threads") = Options{}.num_threads, "See ecommerce_analytics.kmeans.fit.");
  module.def(
      "predict",
      [](const Rows<T>& X, const Rows<T>& centers, int num_threads) {
        const MatrixView<T> points = matrix_of(X);
        const MatrixView<T> near = matrix_of(centers);
        std::vector<std::int32_t> labels = [&] {
          const LongCall call;
          return kmeans::predict(points, near, num_threads);
        }();
        return array_of(std::move(labels), {static_cast<py::ssize_t>(points.num_rows())});
      },
      py::arg("X").noconvert(), py::arg("centers").noconvert(), py::kw_only(),
      py::arg("num_threads") = 0, "See ecommerce_analytics.kmeans.predict.");
  module.def(
      "transform",
      [](const Rows<T>& X, const Rows<T>& centers, int num_threads) {
        const MatrixView<T> points = matrix_of(X);
        const MatrixView<T> near = matrix_of(centers);
        std::vector<T> distances = [&] {
          const LongCall call;
          return kmeans::transform(points, near, num_threads);
        }();
        return array_of(std::move(distances), {static_cast<py::ssize_t>(points.num_rows()),
                                               static_cast<py::ssize_t>(near.num_rows())});
      },
      py::arg("X").noconvert(), py::arg("centers").noconvert(), py::kw_only(),
      py::arg("num_threads") = 0, "See ecommerce_analytics.kmeans.transform.");
  module.def(
      "inertia",
      [](const Rows<T>& X, const Rows<T>& centers, const std::optional<Rows<double>>& sample_weight,
         int num_threads) {
        const MatrixView<T> points = matrix_of(X);
        const MatrixView<T> near = matrix_of(centers);
        const std::span<const double> weights = weights_of(sample_weight);
        const LongCall call;
        return kmeans::inertia(points, near,
                               {.sample_weight = weights, .num_threads = num_threads});
      },
      py::arg("X").noconvert(), py::arg("centers").noconvert(), py::kw_only(),
      py::arg("sample_weight").noconvert() = py::none(), py::arg("num_threads") = 0,
      "See ecommerce_analytics.kmeans.inertia.");
  module.def(
      "count_distinct",
      [](const Rows<T>& X, std::size_t at_most, const std::optional<Rows<double>>& sample_weight) {
        const MatrixView<T> points = matrix_of(X);
        const std::span<const double> weights = weights_of(sample_weight);
        const LongCall call;
        return kmeans::count_distinct(points, at_most, weights);
      },
      py::arg("X").noconvert(), py::arg("at_most"), py::kw_only(),
      py::arg("sample_weight").noconvert() = py::none(),
      "See ecommerce_analytics.kmeans.count_distinct.");
  module.def(
      "silhouette",
      [](const Rows<T>& X, const Rows<std::int32_t>& labels, std::size_t max_points,
         std::uint64_t random_state, int num_threads) {
        const MatrixView<T> points = matrix_of(X);
        const std::span<const std::int32_t> told = values_of(labels);
        const kmeans::Silhouette one = [&] {
          const LongCall call;
          return kmeans::silhouette(
              points, told,
              {.max_points = max_points, .random_state = random_state, .num_threads = num_threads});
        }();
        return silhouette_tuple(one);
      },
      py::arg("X").noconvert(), py::arg("labels").noconvert(), py::kw_only(),
      py::arg("max_points") = kmeans::SilhouetteOptions{}.max_points,
      py::arg("random_state") = kmeans::SilhouetteOptions{}.random_state,
      py::arg("num_threads") = 0, "See ecommerce_analytics.kmeans.silhouette.");
  module.def(
      "curve",
      [](const Rows<T>& X, int min_clusters, int max_clusters, int n_init, int max_iter, double tol,
         std::uint64_t random_state, std::size_t max_silhouette_points,
         const std::optional<Rows<double>>& sample_weight, int num_threads) {
        const MatrixView<T> points = matrix_of(X);
        const std::span<const double> weights = weights_of(sample_weight);
        const kmeans::CurveOptions options{.min_clusters = min_clusters,
                                           .max_clusters = max_clusters,
                                           .fit = {.n_init = n_init,
                                                   .max_iter = max_iter,
                                                   .tol = tol,
                                                   .random_state = random_state,
                                                   .init = {},
                                                   .num_threads = num_threads},
                                           .max_silhouette_points = max_silhouette_points};
        const kmeans::Curve curve = [&] {
          const LongCall call;
          return kmeans::curve(points, options, weights);
        }();
        py::list rows;
        for (std::size_t i = 0; i < curve.n_clusters.size(); ++i) {
          rows.append(py::make_tuple(curve.n_clusters[i], curve.inertia[i],
                                     silhouette_tuple(curve.silhouette[i]),
                                     static_cast<bool>(curve.converged[i])));
        }
        return rows;
      },
      py::arg("X").noconvert(), py::kw_only(), py::arg("min_clusters"), py::arg("max_clusters"),
      py::arg("n_init"), py::arg("max_iter"), py::arg("tol"), py::arg("random_state"),
      py::arg("max_silhouette_points"), py::arg("sample_weight").noconvert() = py::none(),
      py::arg("num_threads") = 0, "See ecommerce_analytics.kmeans.curve.");
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_kmeans(py::module_ module) {
  bind_functions<double>(module);
  bind_functions<float>(module);
}

}  // namespace ecommerce_analytics::bindings
