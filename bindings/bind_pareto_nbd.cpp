#include "repeat_buying.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_pareto_nbd(py::module_ module) {
  bind_repeat_buying<pareto_nbd::Parameters>(
      module, {.name = "pareto_nbd",
               .fit = &pareto_nbd::fit,
               .log_likelihood = &pareto_nbd::log_likelihood,
               .gradient = &pareto_nbd::gradient,
               .probability_alive = &pareto_nbd::probability_alive,
               .probability_of_purchase = &pareto_nbd::probability_of_purchase,
               .expected_purchases = &pareto_nbd::expected_purchases,
               .expected_new_purchases = &pareto_nbd::expected_new_purchases,
               .time_to_purchase = &pareto_nbd::time_to_purchase});
}

}  // namespace ecommerce_analytics::bindings
