#include "repeat_buying.hpp"

namespace ecommerce_analytics::bindings {
namespace {

struct ParetoNbd {
  using Parameters = pareto_nbd::Parameters;
  static constexpr const char* kName = "pareto_nbd";
  static constexpr auto& fit = pareto_nbd::fit;
  static constexpr auto& log_likelihood = pareto_nbd::log_likelihood;
  static constexpr auto& gradient = pareto_nbd::gradient;
  static constexpr auto& probability_alive = pareto_nbd::probability_alive;
  static constexpr auto& probability_of_purchase = pareto_nbd::probability_of_purchase;
  static constexpr auto& expected_purchases = pareto_nbd::expected_purchases;
  static constexpr auto& expected_new_purchases = pareto_nbd::expected_new_purchases;
  static constexpr auto& time_to_purchase = pareto_nbd::time_to_purchase;
};

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_pareto_nbd(py::module_ module) { bind_repeat_buying<ParetoNbd>(module); }

}  // namespace ecommerce_analytics::bindings
