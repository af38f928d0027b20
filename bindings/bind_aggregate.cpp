#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {
namespace {

aggregate::Options options_of(std::vector<std::string> by, const std::optional<std::string>& period,
                              std::vector<std::string> measures,
                              std::optional<std::int64_t> as_of_us, int num_threads) {
  return {.by = std::move(by),
          .period = period ? std::optional(parse_period(*period)) : std::nullopt,
          .measures = std::move(measures),
          .as_of_us = as_of_us,
          .num_threads = num_threads};
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_aggregate(py::module_ module) {
  bind_table<aggregate::Groups>(module, "Groups", "One row per group that has a line.");
  bind_table<aggregate::AbcClasses>(module, "AbcClasses", "Groups by revenue, and their classes.");
  bind_table<aggregate::Parts>(module, "Parts", "Revenue of groups by kind of line.");
  bind_table<aggregate::KeyMeans>(module, "KeyMeans", "Means of an integer key by group.");
  bind_table<aggregate::KeyShares>(module, "KeyShares", "Groups and their shares in orders.");

  module.def(
      "group_by",
      [](const Transactions& transactions, std::vector<std::string> by,
         const std::optional<std::string>& period, std::vector<std::string> measures,
         std::optional<std::int64_t> as_of_us, const Selection& selection, int num_threads) {
        const aggregate::Options options =
            options_of(std::move(by), period, std::move(measures), as_of_us, num_threads);
        const LongCall call;
        return wrap(aggregate::group_by(transactions, options, selection));
      },
      py::arg("transactions"), py::kw_only(), py::arg("by"), py::arg("period"), py::arg("measures"),
      py::arg("as_of_us"), py::arg("selection"), py::arg("num_threads"),
      "See ecommerce_analytics.aggregate.group_by.");

  module.def(
      "group_by_orders",
      [](const Transactions& transactions, const LockedHistory& orders, std::vector<std::string> by,
         const std::optional<std::string>& period, std::vector<std::string> measures,
         std::optional<std::int64_t> as_of_us, int num_threads) {
        const aggregate::Options options =
            options_of(std::move(by), period, std::move(measures), as_of_us, num_threads);
        return read_table(orders, [&](const CustomerHistory& history) {
          return aggregate::group_by(transactions, history, options);
        });
      },
      py::arg("transactions"), py::arg("orders"), py::kw_only(), py::arg("by"), py::arg("period"),
      py::arg("measures"), py::arg("as_of_us"), py::arg("num_threads"),
      "See ecommerce_analytics.aggregate.group_by.");
  module.def(
      "abc_classes",
      [](const ResultTable<aggregate::Groups>& groups, std::vector<double> cuts) {
        const LongCall call;
        return wrap(aggregate::abc_classes(*groups.result, {.cuts = std::move(cuts)}));
      },
      py::arg("groups"), py::kw_only(), py::arg("cuts") = aggregate::AbcOptions{}.cuts,
      "See ecommerce_analytics.aggregate.abc_classes.");
  module.def(
      "parts",
      [](const ResultTable<aggregate::Groups>& groups) {
        const LongCall call;
        return wrap(aggregate::parts(*groups.result));
      },
      py::arg("groups"), "See ecommerce_analytics.aggregate.parts.");
  module.def(
      "mean_of_key",
      [](const ResultTable<aggregate::Groups>& groups) {
        const LongCall call;
        return wrap(aggregate::mean_of_key(*groups.result));
      },
      py::arg("groups"), "See ecommerce_analytics.aggregate.mean_of_key.");
  module.def(
      "shares_of_key",
      [](const ResultTable<aggregate::Groups>& groups) {
        const LongCall call;
        return wrap(aggregate::shares_of_key(*groups.result));
      },
      py::arg("groups"), "See ecommerce_analytics.aggregate.shares_of_key.");
}

}  // namespace ecommerce_analytics::bindings
