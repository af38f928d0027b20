#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "ecommerce_analytics/churn.hpp"

/// What would have to happen for a model to say something else of a customer.
namespace ecommerce_analytics::churn {

/// Most days without an order that are looked at.
inline constexpr int kMaxQuietDays = 364;

/// What the model would say of each customer if he stayed away, and if he ordered; one row each, in
/// the order of the features. It is what the model reads, and no cause.
struct TurningPoints {
  KeyColumn customer{};
  std::vector<double> churn_risk{};
  TextColumn risk_band{};
  Nullable<std::int64_t> quiet_days{};  ///< Days without an order after which the next higher band
                                        ///< is reached; null if it is not, or there is none.
  TextColumn quiet_band{};              ///< That band; empty where null.
  std::vector<double> order_risk{};     ///< After one more order like his usual ones, now.
  TextColumn order_band{};
  TextColumn verdict{};  ///< All of it in words.

  std::int64_t as_of_us = 0;
  std::pair<double, double> band_cuts{};
  Metadata model_metadata{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return churn_risk.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("customer", &TurningPoints::customer);
    visit("churn_risk", &TurningPoints::churn_risk);
    visit("risk_band", &TurningPoints::risk_band);
    visit("quiet_days", &TurningPoints::quiet_days);
    visit("quiet_band", &TurningPoints::quiet_band);
    visit("order_risk", &TurningPoints::order_risk);
    visit("order_band", &TurningPoints::order_band);
    visit("verdict", &TurningPoints::verdict);
  }
};

/// Asks the model of each customer's own orders at later days (`cutoff::if_quiet`), and with one
/// order more (`cutoff::if_ordered`): all features that follow from times move with them.
///
/// Days without an order are looked at by weeks, then by days within the first week by whose end
/// the risk has reached the next band; up to `kMaxQuietDays`, and no longer than the customer
/// counts as active.
///
/// @throws Error  as `predict`, and `invalid_argument` unless `band_cuts` increase within (0, 1).
/// @par Complexity  O(customers · (orders + features) · weeks).
[[nodiscard]] TurningPoints turning_points(const Model& model, const cutoff::Features& features,
                                           std::pair<double, double> band_cuts = {0.4, 0.7});

}  // namespace ecommerce_analytics::churn
