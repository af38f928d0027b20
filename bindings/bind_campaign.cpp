#include <array>
#include <optional>
#include <string>
#include <utility>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {
namespace {

using Numbers = Rows<double>;
using Triple = std::array<double, 3>;
using Triples = std::array<std::optional<Triple>, campaign::kNumAssumptions>;

campaign::Range range_of(const Triple& triple) { return {triple[0], triple[1], triple[2]}; }

/// Reads ranges in the order of `kAssumptionNames`; none: the default, if there is one.
campaign::Assumptions assumptions_of(const Triples& triples, const std::string& uplift_source) {
  campaign::Assumptions result;
  const std::array<std::optional<campaign::Range>*, 3> needed{&result.uplift, &result.margin,
                                                              &result.discount};
  const std::array<campaign::Range*, 4> others{&result.redemption, &result.contact_cost,
                                               &result.fixed_cost, &result.spend_factor};
  for (std::size_t i = 0; i < triples.size(); ++i) {
    if (triples[i] && i < needed.size()) {
      *needed[i] = range_of(*triples[i]);
    } else if (triples[i]) {
      *others[i - needed.size()] = range_of(*triples[i]);
    }
  }
  result.uplift_source = campaign::parse_uplift_source(uplift_source);
  return result;
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_campaign(py::module_ module) {
  bind_table<campaign::Analysis>(module, "Analysis", "One row per figure.");
  bind_table<campaign::Scenarios>(module, "Scenarios", "Pessimistic, expected, optimistic.");
  bind_table<campaign::Tornado>(module, "Tornado", "One row per assumption with a range.");
  bind_table<campaign::Draws>(module, "Draws", "One row per draw of the assumptions.");
  bind_table<campaign::Contacts>(module, "Contacts", "Customers, the most profitable first.");

  module.def(
      "simulate",
      [](const Numbers& p_order, const Numbers& spend, const Triples& assumptions,
         const std::string& uplift_source, std::int64_t num_scenarios, std::uint64_t random_state,
         int num_threads) {
        const campaign::Assumptions assumed = assumptions_of(assumptions, uplift_source);
        const auto probabilities = values_of(p_order);
        const auto spends = values_of(spend);
        const LongCall call;
        campaign::Simulation result = campaign::simulate(probabilities, spends, assumed,
                                                         {.num_scenarios = num_scenarios,
                                                          .random_state = random_state,
                                                          .num_threads = num_threads});
        return std::tuple(wrap(std::move(result.analysis)), wrap(std::move(result.scenarios)),
                          wrap(std::move(result.tornado)), wrap(std::move(result.draws)));
      },
      py::arg("p_order").noconvert(), py::arg("spend").noconvert(), py::arg("assumptions"),
      py::kw_only(), py::arg("uplift_source"), py::arg("num_scenarios"), py::arg("random_state"),
      py::arg("num_threads"), "See ecommerce_analytics.campaign.simulate.");
  module.def(
      "contacts",
      [](const Numbers& p_order, const Numbers& spend, const Triples& assumptions,
         const std::string& uplift_source, const std::optional<KeyColumn>& customer) {
        const campaign::Assumptions assumed = assumptions_of(assumptions, uplift_source);
        const auto probabilities = values_of(p_order);
        const auto spends = values_of(spend);
        const LongCall call;
        return wrap(campaign::contacts(probabilities, spends, assumed, customer));
      },
      py::arg("p_order").noconvert(), py::arg("spend").noconvert(), py::arg("assumptions"),
      py::kw_only(), py::arg("uplift_source"), py::arg("customer"),
      "See ecommerce_analytics.campaign.contacts.");
}

}  // namespace ecommerce_analytics::bindings
