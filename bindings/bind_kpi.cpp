#include <optional>
#include <string>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_kpi(py::module_ module) {
  bind_table<kpi::Summary>(module, "Summary", "Key figures, one row in total or per period.");

  module.def(
      "summary",
      [](const LockedHistory& locked, std::optional<std::int64_t> as_of_us,
         const std::optional<std::string>& period) {
        const kpi::Options options{
            .as_of_us = as_of_us,
            .period = period ? std::optional(parse_period(*period)) : std::nullopt};
        return read_table(
            locked, [&](const CustomerHistory& history) { return kpi::summary(history, options); });
      },
      py::arg("history"), py::kw_only(), py::arg("as_of_us") = kpi::Options{}.as_of_us,
      py::arg("period") = py::none(), "See ecommerce_analytics.kpi.summary.");
}

}  // namespace ecommerce_analytics::bindings
