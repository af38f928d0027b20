#pragma once

#include <cstdint>
#include <vector>

#include "ecommerce_analytics/churn.hpp"
#include "ecommerce_analytics/metrics.hpp"

/// What the risks of a test were worth: all from `Scores`, whose labels come from a cutoff.
///
/// All functions throw `Error` with `invalid_data` unless customers of both labels are there, and
/// `invalid_argument` for an option out of its range. They take O(n log n) time, and O(n) more for
/// each resample.
namespace ecommerce_analytics::churn {

/// Predicted and observed shares in bins of about as many customers; see `metrics::Calibration`.
struct Calibration : metrics::Calibration {
  double base_rate = 0.0;  ///< What the constant forecast would have to say.
  Metadata test_metadata{};

  [[nodiscard]] Metadata metadata() const;
};

[[nodiscard]] Calibration calibration(const Scores& scores,
                                      const metrics::CalibrationOptions& options = {});

/// What each tenth of the customers holds, the highest risks first.
struct Deciles {
  std::vector<std::int32_t> risk_decile{};  ///< 1: the highest risks, …, 10.
  std::vector<double> customers{};          ///< A tenth of all.
  std::vector<double> positives{};          ///< Churned; equal risks at a cut are shared out.
  std::vector<double> churn_rate{};         ///< positives / customers.
  std::vector<double> churn_rate_lower{};   ///< Wilson's interval.
  std::vector<double> churn_rate_upper{};
  std::vector<double> lift{};        ///< churn_rate / that of all; 1: no better than chance.
  std::vector<double> lift_lower{};  ///< This and the next: bootstrap by customer.
  std::vector<double> lift_upper{};
  std::vector<double> gain{};  ///< Share of all that churned, in this tenth and those before.
  std::vector<double> gain_lower{};
  std::vector<double> gain_upper{};
  std::vector<double> baseline_gain{};  ///< Of customers drawn at random.
  std::vector<double> greatest_gain{};  ///< Of a forecast that is always right.

  TestOptions options{};
  double base_rate = 0.0;
  Metadata test_metadata{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return risk_decile.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("risk_decile", &Deciles::risk_decile);
    visit("customers", &Deciles::customers);
    visit("positives", &Deciles::positives);
    visit("churn_rate", &Deciles::churn_rate);
    visit("churn_rate_lower", &Deciles::churn_rate_lower);
    visit("churn_rate_upper", &Deciles::churn_rate_upper);
    visit("lift", &Deciles::lift);
    visit("lift_lower", &Deciles::lift_lower);
    visit("lift_upper", &Deciles::lift_upper);
    visit("gain", &Deciles::gain);
    visit("gain_lower", &Deciles::gain_lower);
    visit("gain_upper", &Deciles::gain_upper);
    visit("baseline_gain", &Deciles::baseline_gain);
    visit("greatest_gain", &Deciles::greatest_gain);
  }
};

[[nodiscard]] Deciles deciles(const Scores& scores, const TestOptions& options = {},
                              int num_threads = 0);

/// Right and wrong at one threshold; one row per figure.
struct Confusion {
  TextColumn figure{};                ///< accuracy, precision, recall, specificity.
  std::vector<std::int64_t> right{};  ///< Customers told right, of the `customers` looked at.
  std::vector<std::int64_t> customers{};
  Nullable<double> share{};  ///< right / customers; null of none.
  Nullable<double> lower{};  ///< Wilson's interval.
  Nullable<double> upper{};
  Nullable<double> baseline{};  ///< The same of the likelier label told of everybody.

  double threshold = 0.0;
  double confidence = 0.95;
  std::int64_t true_positives = 0;  ///< Told to churn, and did.
  std::int64_t false_positives = 0;
  std::int64_t false_negatives = 0;
  std::int64_t true_negatives = 0;
  Metadata test_metadata{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return figure.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("figure", &Confusion::figure);
    visit("right", &Confusion::right);
    visit("customers", &Confusion::customers);
    visit("share", &Confusion::share);
    visit("lower", &Confusion::lower);
    visit("upper", &Confusion::upper);
    visit("baseline", &Confusion::baseline);
  }
};

/// @param threshold  A risk at or above it is told as churn; in [0, 1].
[[nodiscard]] Confusion confusion(const Scores& scores, double threshold, double confidence = 0.95);

struct ProfitOptions {
  /// What a customer is worth who stays because he was contacted; finite, above 0.
  double value_kept = 1.0;

  /// Of each contact; finite, not below 0.
  double contact_cost = 0.0;

  /// Share of the customers about to leave whom a contact keeps, in (0, 1]. Nothing of the past
  /// tells it but a control group.
  double kept_share = 1.0;

  /// As `TestOptions`.
  double confidence = 0.95;
  int n_resamples = 500;
  std::uint64_t random_state = 0;
  int num_threads = 0;
};

/// What contacting the highest risks would have brought at the test; one row per share.
struct Profit {
  std::vector<double> share{};      ///< Of the customers, contacted: 0.05, 0.1, …, 1.
  std::vector<double> customers{};  ///< Contacted.
  std::vector<double> positives{};  ///< Of them about to leave; equal risks are shared out.
  std::vector<double> profit{};     ///< positives · kept_share · value_kept - customers · cost.
  std::vector<double> profit_lower{};  ///< Bootstrap by customer.
  std::vector<double> profit_upper{};
  std::vector<double> baseline_profit{};  ///< Of as many contacts drawn at random.

  ProfitOptions options{};
  Metadata test_metadata{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return share.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("share", &Profit::share);
    visit("customers", &Profit::customers);
    visit("positives", &Profit::positives);
    visit("profit", &Profit::profit);
    visit("profit_lower", &Profit::profit_lower);
    visit("profit_upper", &Profit::profit_upper);
    visit("baseline_profit", &Profit::baseline_profit);
  }
};

[[nodiscard]] Profit profit(const Scores& scores, const ProfitOptions& options);

}  // namespace ecommerce_analytics::churn
