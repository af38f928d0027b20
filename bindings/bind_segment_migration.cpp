#include <cstdint>
#include <optional>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_segment_migration(py::module_ module) {
  using segment_migration::Options;
  bind_table<segment_migration::Moves>(module, "Moves", "One row per pair of segments.");
  bind_table<segment_migration::Origins>(module, "Origins", "One row per segment of the start.");

  module.def(
      "moves",
      [](const LockedHistory& locked, const rfm::RuleSet& rules, std::int64_t start_us,
         std::optional<std::int64_t> end_us, double confidence) {
        const Options options{.start_us = start_us, .end_us = end_us, .confidence = confidence};
        return read_table(locked, [&](const CustomerHistory& history) {
          return segment_migration::moves(history, rules, options);
        });
      },
      py::arg("history"), py::kw_only(), py::arg("rules"), py::arg("start_us"),
      py::arg("end_us") = Options{}.end_us, py::arg("confidence") = Options{}.confidence,
      "See ecommerce_analytics.segment_migration.moves.");
  module.def(
      "origins",
      [](const ResultTable<segment_migration::Moves>& moves) {
        const LongCall call;
        return wrap(segment_migration::origins(*moves.result));
      },
      py::arg("moves"), "See ecommerce_analytics.segment_migration.origins.");
}

}  // namespace ecommerce_analytics::bindings
