#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_second_order(py::module_ module) {
  using second_order::Options;
  bind_table<second_order::Curve>(module, "Curve", "One row per group and day.");
  bind_table<second_order::Summary>(module, "Summary", "One row per group.");
  bind_table<second_order::Milestones>(module, "Milestones",
                                       "One row per group and day asked for.");

  module.def(
      "curve",
      [](const LockedHistory& locked, std::optional<std::int64_t> as_of_us,
         std::optional<std::string> by, double confidence) {
        const Options options{.as_of_us = as_of_us, .by = std::move(by), .confidence = confidence};
        return read_table(locked, [&](const CustomerHistory& history) {
          return second_order::curve(history, options);
        });
      },
      py::arg("history"), py::kw_only(), py::arg("as_of_us") = Options{}.as_of_us,
      py::arg("by") = Options{}.by, py::arg("confidence") = Options{}.confidence,
      "See ecommerce_analytics.second_order.curve.");
  module.def(
      "summarize",
      [](const ResultTable<second_order::Curve>& curve) {
        const LongCall call;
        return wrap(second_order::summarize(*curve.result));
      },
      py::arg("curve"), "See ecommerce_analytics.second_order.summarize.");
  module.def(
      "milestones",
      [](const ResultTable<second_order::Curve>& curve, const std::vector<std::int32_t>& days) {
        const LongCall call;
        return wrap(second_order::milestones(*curve.result, days));
      },
      py::arg("curve"), py::arg("days"), "See ecommerce_analytics.second_order.milestones.");
}

}  // namespace ecommerce_analytics::bindings
