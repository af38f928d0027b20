#include "repeat_buying.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_bg_nbd(py::module_ module) {
  bind_repeat_buying<bg_nbd::Parameters>(
      module, {.name = "bg_nbd",
               .fit = &bg_nbd::fit,
               .log_likelihood = &bg_nbd::log_likelihood,
               .gradient = &bg_nbd::gradient,
               .probability_alive = &bg_nbd::probability_alive,
               .probability_of_purchase = &bg_nbd::probability_of_purchase,
               .expected_purchases = &bg_nbd::expected_purchases,
               .expected_new_purchases = &bg_nbd::expected_new_purchases,
               .time_to_purchase = &bg_nbd::time_to_purchase});
}

}  // namespace ecommerce_analytics::bindings
