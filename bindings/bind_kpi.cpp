#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {
namespace {

kpi::Options options_of(std::optional<std::int64_t> as_of_us,
                        const std::optional<std::string>& period) {
  return {.as_of_us = as_of_us,
          .period = period ? std::optional(parse_period(*period)) : std::nullopt};
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_kpi(py::module_ module) {
  bind_table<kpi::Summary>(module, "Summary", "Key figures, one row in total or per period.");
  bind_table<kpi::Changes>(module, "Changes", "Key figures beside those of the period before.");

  module.def(
      "summary",
      [](const LockedHistory& locked, std::optional<std::int64_t> as_of_us,
         const std::optional<std::string>& period) {
        const kpi::Options options = options_of(as_of_us, period);
        return read_table(
            locked, [&](const CustomerHistory& history) { return kpi::summary(history, options); });
      },
      py::arg("history"), py::kw_only(), py::arg("as_of_us") = kpi::Options{}.as_of_us,
      py::arg("period") = py::none(), "See ecommerce_analytics.kpi.summary.");
  module.def(
      "changes",
      [](const LockedHistory& locked, std::optional<std::int64_t> as_of_us,
         const std::optional<std::string>& period) {
        const kpi::Options options = options_of(as_of_us, period);
        return read_table(
            locked, [&](const CustomerHistory& history) { return kpi::changes(history, options); });
      },
      py::arg("history"), py::kw_only(), py::arg("as_of_us") = kpi::Options{}.as_of_us,
      py::arg("period") = py::none(), "See ecommerce_analytics.kpi.changes.");
  module.def("measures_of", &kpi::measures_of, py::arg("transactions"),
             "See ecommerce_analytics.kpi.measures_of.");
  module.def(
      "dictionary",
      [] {
        std::vector<std::vector<std::string>> rows;
        for (const kpi::Definition& kpi : kpi::dictionary()) {
          rows.emplace_back();
          for (const std::string_view text :
               {kpi.name, kpi.title, kpi.definition, kpi.formula, kpi.unit, kpi.grain, kpi.filters,
                kpi.null_rule, kpi.source}) {
            rows.back().emplace_back(text);
          }
        }
        return rows;
      },
      "See ecommerce_analytics.kpi.dictionary.");
}

}  // namespace ecommerce_analytics::bindings
