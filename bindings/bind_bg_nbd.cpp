#include "repeat_buying.hpp"

namespace ecommerce_analytics::bindings {
namespace {

struct BgNbd {
  using Parameters = bg_nbd::Parameters;
  static constexpr const char* kName = "bg_nbd";
  static constexpr auto& fit = bg_nbd::fit;
  static constexpr auto& log_likelihood = bg_nbd::log_likelihood;
  static constexpr auto& gradient = bg_nbd::gradient;
  static constexpr auto& probability_alive = bg_nbd::probability_alive;
  static constexpr auto& probability_of_purchase = bg_nbd::probability_of_purchase;
  static constexpr auto& expected_purchases = bg_nbd::expected_purchases;
  static constexpr auto& expected_new_purchases = bg_nbd::expected_new_purchases;
  static constexpr auto& time_to_purchase = bg_nbd::time_to_purchase;
};

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_bg_nbd(py::module_ module) { bind_repeat_buying<BgNbd>(module); }

}  // namespace ecommerce_analytics::bindings
