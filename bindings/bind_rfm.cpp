#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_rfm(py::module_ module) {
  bind_table<rfm::Scores>(module, "Scores", "One row per customer with at least one order.");
  bind_table<rfm::Segments>(module, "Segments", "Scores and the segment of each customer.");
  bind_table<rfm::SegmentSummary>(module, "SegmentSummary", "One row per segment.");
  bind_table<rfm::Tiers>(module, "Tiers", "One row per customer and his tier.");
  bind_table<rfm::Concentration>(module, "Concentration", "Money of the best shares of customers.");

  module.def(
      "score",
      [](const LockedHistory& locked, std::optional<std::int64_t> as_of_us, int n_bins) {
        return read_table(locked, [&](const CustomerHistory& history) {
          return rfm::score(history, {.as_of_us = as_of_us, .n_bins = n_bins});
        });
      },
      py::arg("history"), py::kw_only(), py::arg("as_of_us") = rfm::Options{}.as_of_us,
      py::arg("n_bins") = rfm::Options{}.n_bins, "See ecommerce_analytics.rfm.score.");
  module.def(
      "segment",
      [](const ResultTable<rfm::Scores>& scores, const std::string& rules) {
        const LongCall call;
        return wrap(rfm::segment(*scores.result, rfm::rule_set(rules)));
      },
      py::arg("scores"), py::kw_only(), py::arg("rules"), "See ecommerce_analytics.rfm.segment.");
  module.def(
      "summarize",
      [](const ResultTable<rfm::Segments>& segments) {
        const LongCall call;
        return wrap(rfm::summarize(*segments.result));
      },
      py::arg("segments"), "See ecommerce_analytics.rfm.summarize.");
  module.def(
      "tiers",
      [](const ResultTable<rfm::Scores>& scores, std::vector<std::string> names,
         std::vector<double> cuts) {
        const LongCall call;
        return wrap(
            rfm::tiers(*scores.result, {.names = std::move(names), .cuts = std::move(cuts)}));
      },
      py::arg("scores"), py::kw_only(), py::arg("names") = rfm::TierOptions{}.names,
      py::arg("cuts") = rfm::TierOptions{}.cuts, "See ecommerce_analytics.rfm.tiers.");
  module.def(
      "concentration",
      [](const ResultTable<rfm::Scores>& scores, const std::vector<double>& top_shares) {
        const LongCall call;
        return wrap(rfm::concentration(*scores.result, top_shares));
      },
      py::arg("scores"), py::kw_only(), py::arg("top_shares"),
      "See ecommerce_analytics.rfm.concentration.");
  module.def(
      "customers_in",
      [](const ResultTable<rfm::Segments>& segments, const std::vector<std::string>& names) {
        return rfm::customers_in(*segments.result, names);
      },
      py::arg("segments"), py::kw_only(), py::arg("names"), "See ecommerce_analytics.Selection.");
  module.def("rule_set_names", &rfm::rule_set_names, "Names of the built-in rule sets.");
  module.def(
      "rule_set",
      [](const std::string& name) {
        const rfm::RuleSet set = rfm::rule_set(name);
        std::vector<std::tuple<int, int, int, int, std::string>> rules;
        for (const rfm::Rule& rule : set.rules) {
          rules.emplace_back(rule.r_min, rule.r_max, rule.second_min, rule.second_max,
                             rule.segment);
        }
        return std::make_tuple(set.n_bins, set.second == rfm::SecondScore::f ? "f" : "fm",
                               std::move(rules));
      },
      py::arg("name"), "See ecommerce_analytics.rfm.rule_set.");
}

}  // namespace ecommerce_analytics::bindings
