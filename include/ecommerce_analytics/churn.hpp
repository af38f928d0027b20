#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/cutoff.hpp"

/// Who will not come back: a plain model that is tested on a later cutoff than it was trained on.
namespace ecommerce_analytics::churn {

/// What there must be for an answer.
inline constexpr std::int64_t kMinCustomers = 200;      ///< Eligible ones, at each cutoff.
inline constexpr std::int64_t kMinOfEachLabel = 50;     ///< In training and in the test.
inline constexpr int kMinHorizonsBeforeCutoff = 1;      ///< Of orders, before each cutoff.
inline constexpr int kMaxUnseenDays = 7;                ///< From the end of the data to `as_of`.
inline constexpr double kRareShare = 0.05;              ///< Of a label: below it there is a note.
inline constexpr int kNumTrainingCutoffs = 3;           ///< At most, by default.
inline constexpr int kDaysBetweenTrainingCutoffs = 30;  ///< By default.

struct ModelOptions {
  /// Inverse strength of the penalty on the coefficients of standardised columns. Above 0.
  double C = 0.1;

  /// Columns of `cutoff::Features` to learn from; empty: all that every data set has and that are
  /// numbers, but `peak_season_share`.
  std::vector<std::string> features{};

  /// Threads; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// A logistic regression and the recipe of its columns; one row per feature.
///
/// With x a feature, 0 where it is null, the log-odds of churn are intercept + the sum of
/// coefficient · (sign(x) log(1 + |x|) - mean) / scale, mean and scale being those of the rows it
/// was trained on.
struct Model {
  TextColumn feature{};
  std::vector<double> mean{};
  std::vector<double> scale{};        ///< Standard deviation; 1 for a constant column.
  std::vector<double> coefficient{};  ///< Per standard deviation.

  double intercept = 0.0;
  double C = 0.0;
  bool converged = false;
  std::vector<std::int64_t> cutoffs_us{};  ///< Trained on, increasing.
  int horizon_days = 0;
  int gap_days = 0;
  int active_within_days = 0;
  std::int64_t num_rows = 0;  ///< Customers at all cutoffs.
  std::int64_t num_positives = 0;

  [[nodiscard]] std::size_t num_features() const noexcept { return mean.size(); }
  [[nodiscard]] double base_rate() const noexcept {
    return static_cast<double>(num_positives) / static_cast<double>(num_rows);
  }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("feature", &Model::feature);
    visit("mean", &Model::mean);
    visit("scale", &Model::scale);
    visit("coefficient", &Model::coefficient);
  }
};

/// Checks a model that was put together by hand, from a file for instance.
/// @throws Error  `invalid_argument` if columns differ in length, a feature is not there or stands
///                twice, a number is not finite, or a scale or an option is out of its range.
void validate(const Model& model);

/// Learns from data sets of cutoffs, and from nothing else: their labels are of what came after.
///
/// Their rows are pooled by cutoff, so the order that they come in changes no bit.
///
/// @throws Error  `invalid_argument` if there is no data set, two have one cutoff, they differ in
///                horizon, gap or activity, a feature is not there or stands twice, or an option is
///                out of its range; `invalid_data` if there is one label only.
/// @par Complexity  O(rows · features²).
[[nodiscard]] Model fit(std::span<const cutoff::Dataset> training,
                        const ModelOptions& options = {});

/// Probability of no order in the horizon, one a row.
/// @throws Error  `invalid_argument` if the features are of another activity than the model's, or
///                lack one that it reads.
[[nodiscard]] std::vector<double> predict(const Model& model, const cutoff::Features& features);

/// The same of the features of a data set, which must have the model's horizon and gap too.
[[nodiscard]] std::vector<double> predict(const Model& model, const cutoff::Dataset& dataset);

/// What a model says of the customers of a data set, beside what they did; one row each, in
/// increasing order of the key. `score` makes it, and nothing else does: the labels are those of a
/// cutoff.
class Scores {
 public:
  [[nodiscard]] const KeyColumn& customer() const noexcept { return customer_; }
  /// Probability of no order in the horizon.
  [[nodiscard]] std::span<const double> churn_risk() const noexcept { return churn_risk_; }
  /// 1 for a customer without an order in the window.
  [[nodiscard]] std::span<const std::uint8_t> labels() const noexcept { return labels_; }
  [[nodiscard]] std::size_t num_rows() const noexcept { return labels_.size(); }
  [[nodiscard]] std::int64_t num_positives() const noexcept { return num_positives_; }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  void for_each_column(const Visitor& visit) const {
    visit("customer", customer_);
    visit("churn_risk", churn_risk_);
    visit("churned", churned_);
  }

 private:
  friend Scores score(const Model& model, const cutoff::Dataset& dataset);

  KeyColumn customer_{};
  std::vector<double> churn_risk_{};
  std::vector<Flag> churned_{};
  std::vector<std::uint8_t> labels_{};
  std::int64_t num_positives_ = 0;
  std::int64_t cutoff_us_ = 0;
  int horizon_days_ = 0;
  int gap_days_ = 0;
};

/// Risks by `predict` beside the labels of the same data set.
/// @throws Error  as `predict`.
[[nodiscard]] Scores score(const Model& model, const cutoff::Dataset& dataset);

struct TestOptions {
  /// Coverage of intervals, in (0, 1).
  double confidence = 0.95;

  /// Resamples of the customers behind the intervals, and their seed; as in
  /// `metrics::ComparisonOptions`.
  int n_resamples = 500;
  std::uint64_t random_state = 0;
};

/// How the model and its baselines do at a later cutoff; one row per model.
///
/// `logistic` is the model; `constant` tells everybody the rate of the training rows; `recency` and
/// `frequency` are the same regression of one column; `bg_nbd` is the probability of no purchase by
/// BG/NBD, or its limit where nobody leaves, fitted to the purchases before the cutoff.
struct Evaluation {
  TextColumn model{};
  TextColumn cutoff{};
  std::vector<std::int32_t> horizon_days{};
  std::vector<std::int64_t> customers{};
  std::vector<std::int64_t> positives{};  ///< Customers without an order in the horizon.
  std::vector<double> base_rate{};        ///< positives / customers.
  std::vector<double> roc_auc{};
  std::vector<double> roc_auc_lower{};  ///< DeLong's interval.
  std::vector<double> roc_auc_upper{};
  std::vector<double> roc_auc_difference{};  ///< To that of `logistic`; this interval and those
  std::vector<double> roc_auc_difference_lower{};  ///< below are of a bootstrap by customer.
  std::vector<double> roc_auc_difference_upper{};
  std::vector<double> pr_auc{};
  std::vector<double> pr_auc_lower{};
  std::vector<double> pr_auc_upper{};
  std::vector<double> log_loss{};
  std::vector<double> log_loss_lower{};
  std::vector<double> log_loss_upper{};
  std::vector<double> brier{};
  std::vector<double> brier_lower{};
  std::vector<double> brier_upper{};
  std::vector<double> top_decile_lift{};
  std::vector<double> top_decile_lift_lower{};
  std::vector<double> top_decile_lift_upper{};
  std::vector<double> greatest_lift{};  ///< The most that the lift of the top decile could be.

  std::int64_t as_of_us = 0;  ///< Moment up to which lines were looked at: that of the ranking, or
                              ///< the end of the label window of the test.
  TestOptions options{};
  Metadata model_metadata{};  ///< Of the regression.
  std::string bg_nbd{};       ///< `converged`, the limit that it is, or why there is no such row.

  [[nodiscard]] std::size_t num_rows() const noexcept { return model.size(); }
  [[nodiscard]] Metadata metadata() const;
  /// Says so where one label is so rare that a high or a low risk is the rule; else empty.
  [[nodiscard]] std::string note() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("model", &Evaluation::model);
    visit("cutoff", &Evaluation::cutoff);
    visit("horizon_days", &Evaluation::horizon_days);
    visit("customers", &Evaluation::customers);
    visit("positives", &Evaluation::positives);
    visit("base_rate", &Evaluation::base_rate);
    visit("roc_auc", &Evaluation::roc_auc);
    visit("roc_auc_lower", &Evaluation::roc_auc_lower);
    visit("roc_auc_upper", &Evaluation::roc_auc_upper);
    visit("roc_auc_difference", &Evaluation::roc_auc_difference);
    visit("roc_auc_difference_lower", &Evaluation::roc_auc_difference_lower);
    visit("roc_auc_difference_upper", &Evaluation::roc_auc_difference_upper);
    visit("pr_auc", &Evaluation::pr_auc);
    visit("pr_auc_lower", &Evaluation::pr_auc_lower);
    visit("pr_auc_upper", &Evaluation::pr_auc_upper);
    visit("log_loss", &Evaluation::log_loss);
    visit("log_loss_lower", &Evaluation::log_loss_lower);
    visit("log_loss_upper", &Evaluation::log_loss_upper);
    visit("brier", &Evaluation::brier);
    visit("brier_lower", &Evaluation::brier_lower);
    visit("brier_upper", &Evaluation::brier_upper);
    visit("top_decile_lift", &Evaluation::top_decile_lift);
    visit("top_decile_lift_lower", &Evaluation::top_decile_lift_lower);
    visit("top_decile_lift_upper", &Evaluation::top_decile_lift_upper);
    visit("greatest_lift", &Evaluation::greatest_lift);
  }
};

/// Trains on the earlier data sets and tells how that does on the later one.
///
/// @throws Error  as `fit`, and `invalid_argument` if a label window of the training ends after the
///                cutoff of the test, `invalid_data` if the test has fewer than two of a label.
[[nodiscard]] Evaluation evaluate(std::span<const cutoff::Dataset> training,
                                  const cutoff::Dataset& test, const ModelOptions& options = {},
                                  const TestOptions& test_options = {});

/// The same of a model that was fitted before; `training` are the data sets of its cutoffs, from
/// which its baselines learn.
/// @throws Error  as above, and as `predict`.
[[nodiscard]] Evaluation evaluate(const Model& model, std::span<const cutoff::Dataset> training,
                                  const cutoff::Dataset& test, const TestOptions& test_options = {},
                                  int num_threads = 0);

/// Where a model is trained and tested.
struct Cutoffs {
  std::int64_t test_us = 0;
  std::vector<std::int64_t> training_us{};  ///< Increasing.
};

struct Options {
  /// Moment at which customers are ranked, exclusive, in civil microseconds; later lines are
  /// ignored. Default: 00:00 after the day of the last line; after that there is no ranking.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Days without an order that are churn, days left out before them, and days in which a customer
  /// must have ordered to be counted; as in `cutoff::Options`.
  int horizon_days = 90;
  int gap_days = 0;
  int active_within_days = 365;

  /// As `ModelOptions`.
  double C = 0.1;

  /// Coverage of intervals, in (0, 1).
  double confidence = 0.95;

  /// Risks from which a customer is of the band `medium` and `high`; below the first: `low`.
  std::pair<double, double> band_cuts{0.4, 0.7};

  /// As `TestOptions`.
  int n_resamples = 500;
  std::uint64_t random_state = 0;

  /// Threads; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;

  /// As `cutoff::FeatureOptions`.
  std::optional<Transactions> facts = std::nullopt;
};

/// Customers by their risk, the highest first, equals in increasing order of the key.
struct Ranking {
  std::vector<double> churn_risk{};         ///< Probability of no order in the horizon.
  std::vector<std::int64_t> rank{};         ///< From 1; equals share the lesser number.
  std::vector<std::int32_t> risk_decile{};  ///< 1: the tenth of the highest ranks, …, 10.
  TextColumn risk_band{};                   ///< `high`, `medium` or `low`.
  cutoff::Features features{};              ///< At `as_of`, in the same order.

  std::pair<double, double> band_cuts{};
  Metadata model_metadata{};  ///< Of the model that gives the risk.
  Metadata test_metadata{};   ///< How such a model did at the test cutoff.

  [[nodiscard]] std::size_t num_rows() const noexcept { return rank.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  void for_each_column(const Visitor& visit) const {
    visit("customer", features.customer);
    visit("churn_risk", churn_risk);
    visit("rank", rank);
    visit("risk_decile", risk_decile);
    visit("risk_band", risk_band);
    bool is_customer = true;  // The first column, which stands in front already.
    features.for_each_column([&](const char* name, const auto& column) {
      if (!std::exchange(is_customer, false)) {
        visit(name, column);
      }
    });
  }
};

/// What could be told: all of it, or why it could not.
struct Outcome {
  std::optional<Evaluation> evaluation{};
  std::optional<Scores> test{};      ///< What the tested model said of the customers of the test.
  std::optional<Model> model{};      ///< The one that ranks; of `evaluate` the one that was tested.
  std::optional<Ranking> ranking{};  ///< None of `evaluate`.
  std::string reason{};              ///< Empty if there is an answer.
};

/// Ranks the customers at `as_of`, and tells how far such a ranking could be trusted before.
///
/// The test cutoff is the latest with a whole label window. Training cutoffs are as far before it
/// that their windows end by it, up to `kNumTrainingCutoffs` of them `kDaysBetweenTrainingCutoffs`
/// apart, each with a horizon of orders before it. The evaluation is of a model of these; the
/// ranking is by a model of them and the test cutoff, which is all that is known at `as_of`.
///
/// @throws Error  `invalid_argument` if an option is out of its range or there is no line.
/// @par Complexity  O(rows · cutoffs + customers · features²).
[[nodiscard]] Outcome rank(const Transactions& transactions, const Options& options = {});

/// Ranks the customers at a moment by a model that was fitted before.
///
/// Of `options` it reads `as_of_us`, `band_cuts` and `num_threads`; the rest is the model's.
/// @throws Error  as `predict`, and `invalid_argument` if the data end more than `kMaxUnseenDays`
///                before `as_of`, or the band cuts are out of their range.
[[nodiscard]] Ranking rank(const Model& model, const Transactions& transactions,
                           const Options& options = {});

/// Evaluates at cutoffs of one's own; without them at those of `rank`.
/// @throws Error  as `rank`; `invalid_argument` also if a window is not whole or ends after
/// `as_of`,
///                one of the training ends after the test cutoff, or two cutoffs are equal.
[[nodiscard]] Outcome evaluate(const Transactions& transactions, const Options& options = {},
                               const std::optional<Cutoffs>& cutoffs = std::nullopt);

}  // namespace ecommerce_analytics::churn
