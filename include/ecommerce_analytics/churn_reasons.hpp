#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ecommerce_analytics/churn.hpp"

/// Why a customer has the risk that he has.
namespace ecommerce_analytics::churn {

/// Most reasons of one customer.
inline constexpr std::size_t kNumReasons = 3;

/// What each feature adds to the log-odds of churn; one row per customer, in the order of the
/// features.
///
/// The effect of a feature is coefficient · (sign(x) log(1 + |x|) - mean) / scale, x being 0 where
/// it is null: its part of what sets the customer apart from the mean of the training. The
/// log-odds are the sum of `base_log_odds` and the effects, from the first feature to the last, to
/// the last bit; the risk is that of `predict`, to the last bit, and 1 / (1 + exp(-log_odds)) but
/// for rounding.
struct Explanation {
  KeyColumn customer{};
  std::vector<double> churn_risk{};
  std::vector<double> base_log_odds{};        ///< The intercept: of a customer like the mean.
  std::vector<std::vector<double>> effect{};  ///< By feature of the model, then customer.
  std::vector<double> log_odds{};
  std::vector<TextColumn> reason{};  ///< `kNumReasons` of them; empty where there are fewer.

  std::vector<std::string> feature{};      ///< Of the model, in its order.
  std::vector<std::string> effect_name{};  ///< `<feature>_effect`.
  std::int64_t as_of_us = 0;               ///< Moment of the features.
  Metadata model_metadata{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return churn_risk.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  void for_each_column(const Visitor& visit) const {
    visit("customer", customer);
    visit("churn_risk", churn_risk);
    visit("base_log_odds", base_log_odds);
    for (std::size_t i = 0; i < effect.size(); ++i) {
      visit(effect_name[i].c_str(), effect[i]);
    }
    visit("log_odds", log_odds);
    visit("reason_1", reason[0]);
    visit("reason_2", reason[1]);
    visit("reason_3", reason[2]);
  }
};

/// Takes the log-odds of each customer apart.
///
/// A reason is a theme: recency (`recency_over_gap` too); orders (`frequency`, `order_days`,
/// `is_one_order`, `is_one_order_day`, and what is null of too few orders); rhythm
/// (`mean_days_between_orders`, `gap_trend`, `is_trend_known` of the others); recent orders
/// (`orders_90d`, `recent_order_days`); money (`monetary`, `average_order_value`); tenure; products
/// (lines, items, distinct products and categories); returns; discounts; each fact. The reasons are
/// the themes whose effects add up to most in the direction in which the customer differs from the
/// base: those that raise the risk if the log-odds are at or above it, else those that lower it.
/// Equals go by the order above. Recency is told beside the usual gap only where that speaks for
/// the reason: where it lies beyond the gap and raises the risk, or does not and lowers it.
///
/// @throws Error  as `predict`.
/// @par Complexity  O(customers · features).
[[nodiscard]] Explanation explain(const Model& model, const cutoff::Features& features);
[[nodiscard]] Explanation explain(const Model& model, const cutoff::Dataset& dataset);

/// The mean effects of groups of customers; one row per group and feature, groups by their names.
struct GroupReasons {
  TextColumn segment{};
  std::vector<std::int64_t> customers{};
  std::vector<double> churn_risk{};  ///< Mean of the group.
  TextColumn feature{};
  std::vector<double> effect{};  ///< Mean; the effects of a group add up to its mean log-odds
                                 ///< less the base.
  Nullable<double> lower{};      ///< Normal interval of the mean; null of one customer.
  Nullable<double> upper{};
  std::vector<double> baseline{};  ///< Mean effect of all customers that have a group.

  double confidence = 0.95;
  double base_log_odds = 0.0;
  std::int64_t num_customers_left_out = 0;  ///< Without a group.

  [[nodiscard]] std::size_t num_rows() const noexcept { return effect.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("segment", &GroupReasons::segment);
    visit("customers", &GroupReasons::customers);
    visit("churn_risk", &GroupReasons::churn_risk);
    visit("feature", &GroupReasons::feature);
    visit("effect", &GroupReasons::effect);
    visit("lower", &GroupReasons::lower);
    visit("upper", &GroupReasons::upper);
    visit("baseline", &GroupReasons::baseline);
  }
};

/// @param groups  Name of the group of each row; empty: of none.
/// @throws Error  `schema_mismatch` if groups are not as many as customers, `invalid_argument` if
///                `confidence` is outside (0, 1).
/// @par Complexity  O(customers · features).
[[nodiscard]] GroupReasons explain_groups(const Explanation& explanation,
                                          std::span<const std::string> groups,
                                          double confidence = 0.95);

}  // namespace ecommerce_analytics::churn
