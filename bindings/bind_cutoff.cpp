#include <memory>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_cutoff(py::module_ module) {
  bind_table<cutoff::Features>(module, "Features", "One row per eligible customer.");

  module.def(
      "features",
      [](const Transactions& transactions, std::int64_t cutoff_us, int active_within_days,
         int num_threads) {
        const LongCall call;
        return wrap(cutoff::features(
            transactions, cutoff_us,
            {.active_within_days = active_within_days, .num_threads = num_threads}));
      },
      py::arg("transactions"), py::arg("cutoff_us"), py::kw_only(),
      py::arg("active_within_days") = cutoff::FeatureOptions{}.active_within_days,
      py::arg("num_threads") = 0, "See ecommerce_analytics.cutoff.features.");

  module.def("end_of_data_us", &cutoff::end_of_data_us, py::arg("transactions"),
             "00:00 after the day of the last line.");

  using cutoff::Dataset;
  using cutoff::Options;
  py::class_<Dataset, std::shared_ptr<Dataset>>(module, "Dataset",
                                                "See ecommerce_analytics.CutoffDataset.")
      .def(py::init([](const Transactions& transactions, std::int64_t cutoff_us, int horizon_days,
                       int gap_days, int active_within_days, int num_threads) {
             const LongCall call;
             return std::make_shared<Dataset>(transactions, cutoff_us,
                                              Options{.horizon_days = horizon_days,
                                                      .gap_days = gap_days,
                                                      .active_within_days = active_within_days,
                                                      .num_threads = num_threads});
           }),
           py::arg("transactions"), py::arg("cutoff_us"), py::kw_only(),
           py::arg("horizon_days") = Options{}.horizon_days,
           py::arg("gap_days") = Options{}.gap_days,
           py::arg("active_within_days") = Options{}.active_within_days, py::arg("num_threads") = 0)
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
