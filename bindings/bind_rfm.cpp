#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {
namespace {

/// Least and greatest r, second and m score, and the segment.
using RuleTuple =
    std::tuple<int, int, int, int, std::optional<int>, std::optional<int>, std::string>;

rfm::RuleSet make_rule_set(std::string name, int n_bins, const std::string& second,
                           const std::vector<RuleTuple>& rules,
                           std::map<std::string, std::string> strategies) {
  require(second == "f" || second == "fm", ErrorCode::invalid_argument,
          "rfm: the second score must be f or fm", second);
  rfm::RuleSet set{.name = std::move(name),
                   .n_bins = n_bins,
                   .second = second == "f" ? rfm::SecondScore::f : rfm::SecondScore::fm,
                   .rules = {},
                   .strategies = std::move(strategies)};
  for (const auto& [r_min, r_max, second_min, second_max, m_min, m_max, segment] : rules) {
    set.rules.push_back({.r_min = r_min,
                         .r_max = r_max,
                         .second_min = second_min,
                         .second_max = second_max,
                         .m_min = m_min,
                         .m_max = m_max,
                         .segment = segment});
  }
  rfm::validate(set);
  return set;
}

std::vector<RuleTuple> rules_of(const rfm::RuleSet& set) {
  std::vector<RuleTuple> rules;
  for (const rfm::Rule& rule : set.rules) {
    rules.emplace_back(rule.r_min, rule.r_max, rule.second_min, rule.second_max, rule.m_min,
                       rule.m_max, rule.segment);
  }
  return rules;
}

/// Thresholds of money as counts of 1/10,000, from text with all its digits or from doubles.
std::optional<std::vector<std::int64_t>> money_thresholds(
    const std::optional<std::vector<std::variant<double, std::string>>>& told) {
  if (!told) {
    return std::nullopt;
  }
  std::vector<std::int64_t> thresholds;
  for (const auto& value : *told) {
    const auto* text = std::get_if<std::string>(&value);
    const std::optional<std::int64_t> amount =
        text != nullptr ? parse_amount(*text) : amount_from_double(std::get<double>(value));
    require(amount.has_value(), ErrorCode::invalid_argument,
            "rfm: a monetary threshold must be a number with at most 4 decimals",
            text != nullptr ? *text : std::string(py::str(py::float_(std::get<double>(value)))));
    thresholds.push_back(*amount);
  }
  return thresholds;
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_rfm(py::module_ module) {
  bind_table<rfm::Scores>(module, "Scores", "One row per customer with at least one order.");
  bind_table<rfm::Segments>(module, "Segments", "Scores and the segment of each customer.");
  bind_table<rfm::SegmentSummary>(module, "SegmentSummary", "One row per segment.");
  bind_table<rfm::Tiers>(module, "Tiers", "One row per customer and his tier.");
  bind_table<rfm::TierSummary>(module, "TierSummary", "One row per tier.");
  bind_table<rfm::Concentration>(module, "Concentration", "Money of the best shares of customers.");
  bind_table<rfm::Lorenz>(module, "Lorenz", "Points of the Lorenz curve.");

  py::class_<rfm::RuleSet>(module, "RuleSet", "See ecommerce_analytics.rfm.RuleSet.")
      .def(py::init(&make_rule_set), py::kw_only(), py::arg("name"), py::arg("n_bins"),
           py::arg("second"), py::arg("rules"), py::arg("strategies"))
      .def_readonly("name", &rfm::RuleSet::name)
      .def_readonly("n_bins", &rfm::RuleSet::n_bins)
      .def_property_readonly("second",
                             [](const rfm::RuleSet& set) {
                               return std::string(set.second == rfm::SecondScore::f ? "f" : "fm");
                             })
      .def_property_readonly("rules", &rules_of)
      .def_readonly("strategies", &rfm::RuleSet::strategies)
      .def("overlaps", &rfm::overlaps);

  using rfm::Options;
  module.def(
      "score",
      [](const LockedHistory& locked, std::optional<std::int64_t> as_of_us,
         std::optional<int> window_days, int n_bins, const std::string& method,
         std::optional<std::vector<std::int64_t>> recency_thresholds,
         std::optional<std::vector<std::int64_t>> frequency_thresholds,
         const std::optional<std::vector<std::variant<double, std::string>>>& monetary_thresholds) {
        const Options options{.as_of_us = as_of_us,
                              .window_days = window_days,
                              .n_bins = n_bins,
                              .method = rfm::parse_method(method),
                              .recency_thresholds = std::move(recency_thresholds),
                              .frequency_thresholds = std::move(frequency_thresholds),
                              .monetary_thresholds = money_thresholds(monetary_thresholds)};
        return read_table(
            locked, [&](const CustomerHistory& history) { return rfm::score(history, options); });
      },
      py::arg("history"), py::kw_only(), py::arg("as_of_us") = Options{}.as_of_us,
      py::arg("window_days") = Options{}.window_days, py::arg("n_bins") = Options{}.n_bins,
      py::arg("method") = std::string(rfm::method_name(Options{}.method)),
      py::arg("recency_thresholds") = py::none(), py::arg("frequency_thresholds") = py::none(),
      py::arg("monetary_thresholds") = py::none(), "See ecommerce_analytics.rfm.score.");
  module.def(
      "segment",
      [](const ResultTable<rfm::Scores>& scores, const rfm::RuleSet& rules) {
        const LongCall call;
        return wrap(rfm::segment(*scores.result, rules));
      },
      py::arg("scores"), py::kw_only(), py::arg("rules"), "See ecommerce_analytics.rfm.segment.");
  const auto def_of_customers = [&]<class Rows>(std::type_identity<Rows>) {
    module.def(
        "of_customers",
        [](const ResultTable<Rows>& table, const KeyColumn& customers) {
          const LongCall call;
          return wrap(rfm::of_customers(*table.result, customers));
        },
        py::arg("table"), py::kw_only(), py::arg("customers"),
        "See ecommerce_analytics.rfm.of_customers.");
    module.def(
        "of_customers",
        [](const ResultTable<Rows>& table, const ResultTable<rfm::Scores>& customers) {
          const LongCall call;
          return wrap(rfm::of_customers(*table.result, customers.result->customer));
        },
        py::arg("table"), py::kw_only(), py::arg("customers"),
        "See ecommerce_analytics.rfm.of_customers.");
  };
  def_of_customers(std::type_identity<rfm::Segments>{});
  def_of_customers(std::type_identity<rfm::Scores>{});
  def_of_customers(std::type_identity<rfm::Tiers>{});
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
      "summarize_tiers",
      [](const ResultTable<rfm::Tiers>& tiers) {
        const LongCall call;
        return wrap(rfm::summarize(*tiers.result));
      },
      py::arg("tiers"), "See ecommerce_analytics.rfm.summarize_tiers.");
  module.def(
      "concentration",
      [](const ResultTable<rfm::Scores>& scores, const std::vector<double>& top_shares) {
        const LongCall call;
        return wrap(rfm::concentration(*scores.result, top_shares));
      },
      py::arg("scores"), py::kw_only(), py::arg("top_shares"),
      "See ecommerce_analytics.rfm.concentration.");
  module.def(
      "lorenz",
      [](const ResultTable<rfm::Scores>& scores, int num_points) {
        const LongCall call;
        return wrap(rfm::lorenz(*scores.result, num_points));
      },
      py::arg("scores"), py::kw_only(), py::arg("num_points") = 101,
      "See ecommerce_analytics.rfm.lorenz.");
  module.def(
      "customers_in",
      [](const ResultTable<rfm::Segments>& segments, const std::vector<std::string>& names) {
        return rfm::customers_in(*segments.result, names);
      },
      py::arg("segments"), py::kw_only(), py::arg("names"), "See ecommerce_analytics.Selection.");
  module.def("rule_set_names", &rfm::rule_set_names, "Names of the built-in rule sets.");
  module.def("rule_set", &rfm::rule_set, py::arg("name"), "See ecommerce_analytics.rfm.rule_set.");
}

}  // namespace ecommerce_analytics::bindings
