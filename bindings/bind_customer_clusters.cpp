#include <string>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_customer_clusters(py::module_ module) {
  using customer_clusters::Options;
  bind_table<customer_clusters::Clusters>(module, "Clusters", "One row per customer.");
  bind_table<customer_clusters::Curve>(module, "Curve", "One row per number of clusters.");

  module.def(
      "fit",
      [](const ResultTable<rfm::Scores>& scores, int n_clusters, int n_init, int max_iter,
         double tol, std::uint64_t random_state, int num_threads) {
        const LongCall call;
        return wrap(customer_clusters::fit(*scores.result, {.n_clusters = n_clusters,
                                                            .n_init = n_init,
                                                            .max_iter = max_iter,
                                                            .tol = tol,
                                                            .random_state = random_state,
                                                            .num_threads = num_threads}));
      },
      py::arg("scores"), py::kw_only(), py::arg("n_clusters") = Options{}.n_clusters,
      py::arg("n_init") = Options{}.n_init, py::arg("max_iter") = Options{}.max_iter,
      py::arg("tol") = Options{}.tol, py::arg("random_state") = Options{}.random_state,
      py::arg("num_threads") = Options{}.num_threads,
      "See ecommerce_analytics.customer_clusters.fit.");
  module.def(
      "model_of",
      [](const ResultTable<customer_clusters::Clusters>& clusters) {
        const customer_clusters::Model& model = clusters.result->model;
        return py::make_tuple(model.recipe.mean, model.recipe.standard_deviation, model.centers,
                              model.names);
      },
      py::arg("clusters"), "See ecommerce_analytics.customer_clusters.model_of.");
  module.def(
      "assign",
      [](const ResultTable<rfm::Scores>& scores,
         const std::array<double, customer_clusters::kNumColumns>& means,
         const std::array<double, customer_clusters::kNumColumns>& standard_deviations,
         std::vector<double> centers, std::vector<std::string> names) {
        const LongCall call;
        return wrap(customer_clusters::assign(
            {.recipe = {.mean = means, .standard_deviation = standard_deviations},
             .centers = std::move(centers),
             .names = std::move(names)},
            *scores.result));
      },
      py::arg("scores"), py::kw_only(), py::arg("means"), py::arg("standard_deviations"),
      py::arg("centers"), py::arg("names"), "See ecommerce_analytics.customer_clusters.assign.");
  module.def(
      "profile",
      [](const ResultTable<customer_clusters::Clusters>& clusters,
         const ResultTable<rfm::Scores>& scores) {
        const LongCall call;
        return wrap(customer_clusters::profile(*clusters.result, *scores.result));
      },
      py::arg("clusters"), py::arg("scores"), "See ecommerce_analytics.customer_clusters.profile.");
  module.def(
      "curve",
      [](const ResultTable<rfm::Scores>& scores, int min_clusters, int max_clusters, int n_init,
         int max_iter, double tol, std::uint64_t random_state, std::size_t max_silhouette_points,
         int num_threads) {
        const LongCall call;
        return wrap(customer_clusters::curve(*scores.result,
                                             {.min_clusters = min_clusters,
                                              .max_clusters = max_clusters,
                                              .fit = {.n_init = n_init,
                                                      .max_iter = max_iter,
                                                      .tol = tol,
                                                      .random_state = random_state,
                                                      .num_threads = num_threads},
                                              .max_silhouette_points = max_silhouette_points}));
      },
      py::arg("scores"), py::kw_only(), py::arg("min_clusters"), py::arg("max_clusters"),
      py::arg("n_init"), py::arg("max_iter"), py::arg("tol"), py::arg("random_state"),
      py::arg("max_silhouette_points"), py::arg("num_threads"),
      "See ecommerce_analytics.customer_clusters.curve.");
}

}  // namespace ecommerce_analytics::bindings
