#include <optional>
#include <string>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_geo_aggregate(py::module_ module) {
  bind_table<geo_aggregate::Regions>(module, "Regions", "One row per region.");

  module.def(
      "by_region",
      [](const LockedHistory& locked, const std::string& region,
         std::optional<std::int64_t> as_of_us) {
        return read_table(locked, [&](const CustomerHistory& history) {
          return geo_aggregate::by_region(history, {.region = region, .as_of_us = as_of_us});
        });
      },
      py::arg("history"), py::kw_only(), py::arg("region") = geo_aggregate::Options{}.region,
      py::arg("as_of_us") = geo_aggregate::Options{}.as_of_us,
      "See ecommerce_analytics.geo_aggregate.by_region.");
}

}  // namespace ecommerce_analytics::bindings
