#include <optional>
#include <string>
#include <utility>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_cohort(py::module_ module) {
  using cohort::Options;
  bind_table<cohort::Retention>(module, "Retention",
                                "One row per group, cohort and period number.");
  bind_table<cohort::MeanRetention>(module, "MeanRetention",
                                    "One row per group and period number.");

  module.def(
      "retention",
      [](const LockedHistory& locked, std::optional<std::int64_t> as_of_us,
         const std::string& period, const std::string& kind, const std::string& measure,
         const std::string& relative_to, std::optional<std::string> by, int elapsed_days,
         double confidence) {
        const Options options{.as_of_us = as_of_us,
                              .period = parse_period(period),
                              .kind = cohort::parse_kind(kind),
                              .measure = cohort::parse_measure(measure),
                              .relative_to = cohort::parse_relative_to(relative_to),
                              .by = std::move(by),
                              .elapsed_days = elapsed_days,
                              .confidence = confidence};
        return read_table(locked, [&](const CustomerHistory& history) {
          return cohort::retention(history, options);
        });
      },
      py::arg("history"), py::kw_only(), py::arg("as_of_us") = Options{}.as_of_us,
      py::arg("period") = std::string(period_name(Options{}.period)),
      py::arg("kind") = std::string(cohort::kind_name(Options{}.kind)),
      py::arg("measure") = std::string(cohort::measure_name(Options{}.measure)),
      py::arg("relative_to") = std::string(cohort::relative_to_name(Options{}.relative_to)),
      py::arg("by") = Options{}.by, py::arg("elapsed_days") = Options{}.elapsed_days,
      py::arg("confidence") = Options{}.confidence, "See ecommerce_analytics.cohort.retention.");
  bind_table<cohort::MemberList>(module, "MemberList", "One row per customer behind a cell.");
  bind_table<cohort::DropOff>(module, "DropOff", "One row per group and period number from 1.");
  module.def(
      "members",
      [](const LockedHistory& locked, std::int32_t cohort_day, std::int32_t number,
         const KeyColumn& group, std::optional<bool> active, std::optional<std::int64_t> as_of_us,
         const std::string& period, const std::string& kind, std::optional<std::string> by,
         int elapsed_days) {
        const cohort::Cell cell{
            .cohort = {cohort_day}, .period = number, .group = group, .active = active};
        const Options options{.as_of_us = as_of_us,
                              .period = parse_period(period),
                              .kind = cohort::parse_kind(kind),
                              .by = std::move(by),
                              .elapsed_days = elapsed_days};
        return read_table(locked, [&](const CustomerHistory& history) {
          return cohort::members(history, cell, options);
        });
      },
      py::arg("history"), py::kw_only(), py::arg("cohort_day"), py::arg("number"), py::arg("group"),
      py::arg("active") = cohort::Cell{}.active, py::arg("as_of_us") = Options{}.as_of_us,
      py::arg("period") = std::string(period_name(Options{}.period)),
      py::arg("kind") = std::string(cohort::kind_name(Options{}.kind)),
      py::arg("by") = Options{}.by, py::arg("elapsed_days") = Options{}.elapsed_days,
      "See ecommerce_analytics.cohort.members.");
  module.def(
      "drop_off",
      [](const ResultTable<cohort::Retention>& retention) {
        const LongCall call;
        return wrap(cohort::drop_off(*retention.result));
      },
      py::arg("retention"), "See ecommerce_analytics.cohort.drop_off.");
  module.def(
      "mean_retention",
      [](const ResultTable<cohort::Retention>& retention) {
        const LongCall call;
        return wrap(cohort::mean_retention(*retention.result));
      },
      py::arg("retention"), "See ecommerce_analytics.cohort.mean_retention.");
}

}  // namespace ecommerce_analytics::bindings
