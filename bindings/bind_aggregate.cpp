#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_aggregate(py::module_ module) {
  bind_table<aggregate::Groups>(module, "Groups", "One row per group that has a line.");

  module.def(
      "group_by",
      [](const Transactions& transactions, std::vector<std::string> by,
         const std::optional<std::string>& period, std::vector<std::string> measures,
         std::optional<std::int64_t> as_of_us, const Selection& selection, int num_threads) {
        aggregate::Options options{.by = std::move(by),
                                   .measures = std::move(measures),
                                   .as_of_us = as_of_us,
                                   .num_threads = num_threads};
        if (period) {
          options.period = parse_period(*period);
        }
        const LongCall call;
        return wrap(aggregate::group_by(transactions, options, selection));
      },
      py::arg("transactions"), py::kw_only(), py::arg("by"), py::arg("period") = py::none(),
      py::arg("measures") = aggregate::Options{}.measures,
      py::arg("as_of_us") = aggregate::Options{}.as_of_us, py::arg("selection"),
      py::arg("num_threads") = aggregate::Options{}.num_threads,
      "See ecommerce_analytics.aggregate.group_by.");
}

}  // namespace ecommerce_analytics::bindings
