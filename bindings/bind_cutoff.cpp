#include <memory>
#include <optional>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_cutoff(py::module_ module) {
  bind_table<cutoff::Features>(module, "Features", "One row per eligible customer.");
  bind_table<cutoff::Horizon>(module, "Horizon", "A suggested horizon.");

  module.def(
      "features",
      [](const Transactions& transactions, std::int64_t cutoff_us, int active_within_days,
         int num_threads, const std::optional<Transactions>& facts) {
        const LongCall call;
        return wrap(cutoff::features(transactions, cutoff_us,
                                     {.active_within_days = active_within_days,
                                      .num_threads = num_threads,
                                      .facts = facts}));
      },
      py::arg("transactions"), py::arg("cutoff_us"), py::kw_only(),
      py::arg("active_within_days") = cutoff::FeatureOptions{}.active_within_days,
      py::arg("num_threads") = 0, py::arg("facts") = py::none(),
      "See ecommerce_analytics.cutoff.features.");
  module.def(
      "suggest_horizon",
      [](const Transactions& transactions, std::optional<std::int64_t> as_of_us, double share,
         double confidence, int n_resamples, std::uint64_t random_state, int num_threads) {
        const LongCall call;
        return wrap(cutoff::suggest_horizon(transactions, {.as_of_us = as_of_us,
                                                           .share = share,
                                                           .confidence = confidence,
                                                           .n_resamples = n_resamples,
                                                           .random_state = random_state,
                                                           .num_threads = num_threads}));
      },
      py::arg("transactions"), py::kw_only(), py::arg("as_of_us"), py::arg("share"),
      py::arg("confidence"), py::arg("n_resamples"), py::arg("random_state"),
      py::arg("num_threads"), "See ecommerce_analytics.cutoff.suggest_horizon.");

  module.def("end_of_data_us", &cutoff::end_of_data_us, py::arg("transactions"),
             "00:00 after the day of the last line.");

  using cutoff::Dataset;
  using cutoff::Options;
  py::class_<Dataset, std::shared_ptr<Dataset>>(module, "Dataset",
                                                "See ecommerce_analytics.CutoffDataset.")
      .def(py::init([](const Transactions& transactions, std::int64_t cutoff_us, int horizon_days,
                       int gap_days, int active_within_days, int num_threads,
                       const std::optional<Transactions>& facts) {
             const LongCall call;
             return std::make_shared<Dataset>(transactions, cutoff_us,
                                              Options{.horizon_days = horizon_days,
                                                      .gap_days = gap_days,
                                                      .active_within_days = active_within_days,
                                                      .num_threads = num_threads,
                                                      .facts = facts});
           }),
           py::arg("transactions"), py::arg("cutoff_us"), py::kw_only(),
           py::arg("horizon_days") = Options{}.horizon_days,
           py::arg("gap_days") = Options{}.gap_days,
           py::arg("active_within_days") = Options{}.active_within_days, py::arg("num_threads") = 0,
           py::arg("facts") = py::none())
      .def_property_readonly("num_rows", &Dataset::num_rows)
      .def_property_readonly("num_positives", &Dataset::num_positives)
      .def("features",
           [](const Dataset& dataset) { return wrap(cutoff::Features(dataset.features())); })
      .def("labels",
           [](const Dataset& dataset) {
             std::vector<std::uint8_t> labels(dataset.labels().begin(), dataset.labels().end());
             const auto num_rows = static_cast<py::ssize_t>(labels.size());
             return array_of(std::move(labels), {num_rows});
           })
      .def("window_revenue", [](const Dataset& dataset) {
        std::vector<double> revenue;
        for (const Money128 money : dataset.window_revenue()) {
          revenue.push_back(to_double(money));
        }
        const auto num_rows = static_cast<py::ssize_t>(revenue.size());
        return array_of(std::move(revenue), {num_rows});
      });
}

}  // namespace ecommerce_analytics::bindings
