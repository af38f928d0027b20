#include <optional>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_purchase_history(py::module_ module) {
  using purchase_history::Options;
  bind_table<purchase_history::Summary>(module, "Summary", "One row per customer.");

  module.def(
      "summarize",
      [](const Transactions& transactions, std::optional<std::int64_t> calibration_end_us,
         std::optional<std::int64_t> holdout_end_us, double period_days, int num_threads) {
        const LongCall call;
        return wrap(
            purchase_history::summarize(transactions, {.calibration_end_us = calibration_end_us,
                                                       .holdout_end_us = holdout_end_us,
                                                       .period_days = period_days,
                                                       .num_threads = num_threads}));
      },
      py::arg("transactions"), py::kw_only(), py::arg("calibration_end_us") = py::none(),
      py::arg("holdout_end_us") = py::none(), py::arg("period_days") = Options{}.period_days,
      py::arg("num_threads") = 0, "See ecommerce_analytics.purchase_history.summary.");
}

}  // namespace ecommerce_analytics::bindings
