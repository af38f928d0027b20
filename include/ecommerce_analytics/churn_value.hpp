#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ecommerce_analytics/churn.hpp"

/// The money behind the risk.
namespace ecommerce_analytics::churn {

/// Bands of `monetary` by which the spend of those who order is told.
inline constexpr std::size_t kNumSpendBands = 5;

struct RevenueOptions {
  /// Coverage of intervals, in (0, 1).
  double confidence = 0.95;

  /// Resamples of the customers of the training, and their seed; as in `TestOptions`.
  int n_resamples = 200;
  std::uint64_t random_state = 0;

  /// Threads; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// Revenue at risk; one row per risk band that has customers, and `all` of them last.
///
/// Of each customer churn_risk · spend, spend being what he may be expected to spend in the horizon
/// if he orders in it: the mean, not below 0, of `cutoff::Dataset::window_revenue` over those of
/// the training who ordered and are of his band of `monetary`. The bands are cut at the fifths of
/// the `monetary` of these; one that is empty takes the mean of all.
struct RevenueAtRisk {
  TextColumn risk_band{};
  std::vector<std::int64_t> customers{};
  std::vector<double> expected_spend{};   ///< Sum of the spend, had everybody ordered.
  std::vector<double> revenue_at_risk{};  ///< Sum of risk · spend; never more than the spend.
  std::vector<double> lower{};            ///< Bootstrap by customer of the training.
  std::vector<double> upper{};
  std::vector<double> baseline{};  ///< Of the constant forecast: the base rate for everybody.

  RevenueOptions options{};
  std::vector<double> monetary_edges{};  ///< Upper ends of the bands but the last.
  std::vector<double> mean_spend{};      ///< By band.
  std::vector<std::int64_t> spenders{};  ///< Rows of the training behind it.
  std::int64_t as_of_us = 0;
  Metadata model_metadata{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return risk_band.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("risk_band", &RevenueAtRisk::risk_band);
    visit("customers", &RevenueAtRisk::customers);
    visit("expected_spend", &RevenueAtRisk::expected_spend);
    visit("revenue_at_risk", &RevenueAtRisk::revenue_at_risk);
    visit("lower", &RevenueAtRisk::lower);
    visit("upper", &RevenueAtRisk::upper);
    visit("baseline", &RevenueAtRisk::baseline);
  }
};

/// Sums up the revenue at risk of ranked customers.
///
/// The interval tells how far the sums are known, not how they may fall: the customers of the
/// training are drawn with replacement, each with all his cutoffs; every draw makes the spend of
/// the bands anew, and the model by one Newton step from its own optimum. The ranked customers,
/// their risk bands and the cuts of `monetary` stay.
///
/// @param training  The data sets of the model: of its cutoffs and options.
/// @throws Error  `invalid_argument` if they are not, or an option is out of its range;
///                `invalid_data` if nobody of the training ordered, or there is nobody to sum up.
/// @par Complexity  O(n_resamples · rows of the training · features²).
/// @par Source      Efron and Tibshirani (1993), chapter 9, for cases drawn whole; Cook and
///                Weisberg (1982), Residuals and Influence in Regression, section 5.2, for the one
///                step.
[[nodiscard]] RevenueAtRisk revenue_at_risk(const Model& model,
                                            std::span<const cutoff::Dataset> training,
                                            const Ranking& ranking,
                                            const RevenueOptions& options = {});

}  // namespace ecommerce_analytics::churn
