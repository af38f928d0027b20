#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {
namespace {

using DimensionAndKey = std::optional<std::pair<std::string, std::string>>;

geo_aggregate::Options options_of(std::string region, const std::optional<std::string>& period,
                                  std::optional<std::string> freight, DimensionAndKey late,
                                  std::optional<std::int64_t> as_of_us, int num_threads) {
  geo_aggregate::Options options{.region = std::move(region),
                                 .freight = std::move(freight).value_or(""),
                                 .late = {},
                                 .as_of_us = as_of_us,
                                 .num_threads = num_threads};
  if (period) {
    options.period = parse_period(*period);
  }
  if (late) {
    options.late = {.dimension = std::move(late->first), .key = std::move(late->second)};
  }
  return options;
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_geo_aggregate(py::module_ module) {
  bind_table<geo_aggregate::Regions>(module, "Regions", "One row per region.");

  module.def(
      "by_region",
      [](const LockedHistory& locked, std::string region, const std::optional<std::string>& period,
         std::optional<std::string> freight, DimensionAndKey late,
         std::optional<std::int64_t> as_of_us) {
        const geo_aggregate::Options options =
            options_of(std::move(region), period, std::move(freight), std::move(late), as_of_us, 0);
        return read_table(locked, [&](const CustomerHistory& history) {
          return geo_aggregate::by_region(history, options);
        });
      },
      py::arg("history"), py::kw_only(), py::arg("region"), py::arg("period"), py::arg("freight"),
      py::arg("late"), py::arg("as_of_us"), "See ecommerce_analytics.geo_aggregate.by_region.");

  module.def(
      "by_region_of_lines",
      [](const Transactions& transactions, std::string region,
         const std::optional<std::string>& period, std::optional<std::string> freight,
         DimensionAndKey late, std::optional<std::int64_t> as_of_us, const Selection& selection,
         int num_threads) {
        const geo_aggregate::Options options = options_of(
            std::move(region), period, std::move(freight), std::move(late), as_of_us, num_threads);
        const LongCall call;
        return wrap(geo_aggregate::by_region(transactions, options, selection));
      },
      py::arg("transactions"), py::kw_only(), py::arg("region"), py::arg("period"),
      py::arg("freight"), py::arg("late"), py::arg("as_of_us"), py::arg("selection"),
      py::arg("num_threads"), "See ecommerce_analytics.geo_aggregate.by_region.");

  module.def(
      "by_levels",
      [](const Transactions& transactions, const std::vector<std::string>& levels,
         const std::optional<std::string>& period, std::optional<std::string> freight,
         DimensionAndKey late, std::optional<std::int64_t> as_of_us, const Selection& selection,
         int num_threads) {
        const geo_aggregate::Options options =
            options_of({}, period, std::move(freight), std::move(late), as_of_us, num_threads);
        const LongCall call;
        std::vector<ResultTable<geo_aggregate::Regions>> tables;
        for (geo_aggregate::Regions& table :
             geo_aggregate::by_levels(transactions, levels, options, selection)) {
          tables.push_back(wrap(std::move(table)));
        }
        return tables;
      },
      py::arg("transactions"), py::kw_only(), py::arg("levels"), py::arg("period"),
      py::arg("freight"), py::arg("late"), py::arg("as_of_us"), py::arg("selection"),
      py::arg("num_threads"), "See ecommerce_analytics.geo_aggregate.by_levels.");
}

}  // namespace ecommerce_analytics::bindings
