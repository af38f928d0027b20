#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"

/// How good scores and probabilities of a two-valued outcome are.
///
/// Everywhere: `y` is 0 or 1, a `score` is finite and higher for a likelier 1, a `probability` lies
/// in [0, 1], a `sample_weight` is finite and >= 0 with a sum above 0, or left out. The columns are
/// of one length, which is not 0. Rows are sorted and sums made in that order, so results have the
/// same bits for any order of the rows. All weights multiplied by one number change nothing but
/// rounding.
///
/// All functions throw `Error` with `schema_mismatch` for columns of different lengths,
/// `invalid_data` without rows, with weights that are all zero or whose sum overflows, and with row
/// and column for a value outside its domain; columns go by their names in Python: `y_true`,
/// `y_score`, `y_prob`, `sample_weight`. They take O(n log n) time and O(n) memory.
namespace ecommerce_analytics::metrics {

/// Area under the ROC curve: the chance that a row with y = 1 has a higher score than one with
/// y = 0, equal scores counting one half. Without weights the nearest double to the exact quotient.
///
/// @throws Error  `invalid_data` unless both values of y have weight.
/// @par Source    Hanley and McNeil (1982).
[[nodiscard]] double roc_auc(std::span<const std::uint8_t> y, std::span<const double> score,
                             std::span<const double> sample_weight = {});

/// An area under the ROC curve and what is known of its error; one row.
struct AreaInterval {
  std::vector<double> roc_auc{};
  std::vector<double> standard_error{};  ///< By DeLong's variance.
  std::vector<double> lower{};           ///< Normal interval, cut to [0, 1].
  std::vector<double> upper{};
  std::vector<std::int64_t> positives{};  ///< Rows with y = 1.
  std::vector<std::int64_t> negatives{};  ///< Rows with y = 0.

  double confidence = 0.95;

  [[nodiscard]] std::size_t num_rows() const noexcept { return roc_auc.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("roc_auc", &AreaInterval::roc_auc);
    visit("standard_error", &AreaInterval::standard_error);
    visit("lower", &AreaInterval::lower);
    visit("upper", &AreaInterval::upper);
    visit("positives", &AreaInterval::positives);
    visit("negatives", &AreaInterval::negatives);
  }
};

/// The area with its interval, rows being independent draws.
///
/// @param confidence  In (0, 1).
/// @throws Error  `invalid_data` unless two rows or more have either value of y.
/// @par Source    DeLong, DeLong and Clarke-Pearson (1988).
[[nodiscard]] AreaInterval roc_auc_interval(std::span<const std::uint8_t> y,
                                            std::span<const double> score,
                                            double confidence = 0.95);

/// Average precision: over the distinct scores from the highest down, the sum of the share of
/// the positives that have just this score times the precision at or above it.
///
/// @throws Error  `invalid_data` if no row with y = 1 has weight.
[[nodiscard]] double pr_auc(std::span<const std::uint8_t> y, std::span<const double> score,
                            std::span<const double> sample_weight = {});

/// Mean of -log of the probability that was given to what happened; the probability of either
/// value is taken as at least 2^-52 and at most 1 - 2^-52.
[[nodiscard]] double log_loss(std::span<const std::uint8_t> y, std::span<const double> probability,
                              std::span<const double> sample_weight = {});

/// Mean of (probability - y)².
/// @par Source  Brier (1950).
[[nodiscard]] double brier(std::span<const std::uint8_t> y, std::span<const double> probability,
                           std::span<const double> sample_weight = {});

/// How probabilities are cut into bins.
enum class Bins : std::uint8_t {
  quantile,  ///< At type-7 quantiles of the rows' probabilities, whatever their weights.
  uniform,   ///< At i / n_bins.
};

/// Reads `quantile` or `uniform`; throws `invalid_argument` otherwise.
[[nodiscard]] Bins parse_bins(std::string_view name);
[[nodiscard]] std::string_view bins_name(Bins bins) noexcept;

struct CalibrationOptions {
  /// Bins, in [1, 1,000]. A probability equal to an edge lies below it.
  int n_bins = 10;

  /// Where the edges are.
  Bins strategy = Bins::quantile;

  /// Coverage of the interval of the observed rate, in (0, 1).
  double confidence = 0.95;
};

/// Predicted and observed rates; one row per bin that has a row of weight, from the lowest up.
struct Calibration {
  std::vector<std::int32_t> bin{};        ///< From 1 to `n_bins`; empty ones are left out.
  std::vector<std::int64_t> count{};      ///< Rows.
  std::vector<double> least_predicted{};  ///< Least and greatest probability in the bin.
  std::vector<double> greatest_predicted{};
  std::vector<double> mean_predicted{};  ///< This and the rate are weighted means.
  std::vector<double> observed_rate{};
  std::vector<double> lower{};  ///< Wilson's interval of the rate, of (Σw)² / Σw² rows.
  std::vector<double> upper{};

  CalibrationOptions options{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return bin.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("bin", &Calibration::bin);
    visit("count", &Calibration::count);
    visit("least_predicted", &Calibration::least_predicted);
    visit("greatest_predicted", &Calibration::greatest_predicted);
    visit("mean_predicted", &Calibration::mean_predicted);
    visit("observed_rate", &Calibration::observed_rate);
    visit("lower", &Calibration::lower);
    visit("upper", &Calibration::upper);
  }
};

/// @throws Error  also `invalid_argument` if an option is out of its range.
[[nodiscard]] Calibration calibration(std::span<const std::uint8_t> y,
                                      std::span<const double> probability,
                                      const CalibrationOptions& options = {},
                                      std::span<const double> sample_weight = {});

/// What the highest scores hold; one row per bin of equal weight, the highest scores first.
struct Lift {
  std::vector<std::int32_t> bin{};        ///< From 1.
  std::vector<double> share{};            ///< Of the weight, in this bin and those before.
  std::vector<double> weight{};           ///< Of the rows in the bin: 1 / n_bins of all.
  std::vector<double> positives{};        ///< Weight of y = 1 in the bin; ties are split.
  std::vector<double> rate{};             ///< positives / weight.
  std::vector<double> lift{};             ///< rate / rate of all.
  std::vector<double> gain{};             ///< Share of all positives up to here.
  std::vector<double> cumulative_lift{};  ///< gain / share.
  std::vector<double> greatest_lift{};    ///< The most that `cumulative_lift` could be.

  int n_bins = 10;
  double base_rate = 0.0;

  [[nodiscard]] std::size_t num_rows() const noexcept { return bin.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("bin", &Lift::bin);
    visit("share", &Lift::share);
    visit("weight", &Lift::weight);
    visit("positives", &Lift::positives);
    visit("rate", &Lift::rate);
    visit("lift", &Lift::lift);
    visit("gain", &Lift::gain);
    visit("cumulative_lift", &Lift::cumulative_lift);
    visit("greatest_lift", &Lift::greatest_lift);
  }
};

struct LiftOptions {
  /// Bins of equal weight, in [1, 1,000]; 10: deciles.
  int n_bins = 10;
};

/// Lift and gain. Rows of equal score on both sides of a cut are shared out in proportion: each
/// side gets of their positives the same share as of their weight.
///
/// @throws Error  `invalid_data` if no row with y = 1 has weight, `invalid_argument` for `n_bins`.
[[nodiscard]] Lift lift(std::span<const std::uint8_t> y, std::span<const double> score,
                        const LiftOptions& options = {},
                        std::span<const double> sample_weight = {});

/// What is told right and wrong at thresholds; one row per threshold, in the order asked for.
struct Confusion {
  std::vector<double> threshold{};  ///< A score at or above it is told as 1.
  std::vector<double> true_negatives{};
  std::vector<double> false_positives{};
  std::vector<double> false_negatives{};
  std::vector<double> true_positives{};
  std::vector<double> accuracy{};
  Nullable<double> precision{};    ///< Of those told as 1; null if there are none.
  Nullable<double> recall{};       ///< Of those that are 1; null if there are none.
  Nullable<double> specificity{};  ///< Of those that are 0; null if there are none.

  [[nodiscard]] std::size_t num_rows() const noexcept { return threshold.size(); }
  [[nodiscard]] Metadata metadata() const { return {}; }

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("threshold", &Confusion::threshold);
    visit("true_negatives", &Confusion::true_negatives);
    visit("false_positives", &Confusion::false_positives);
    visit("false_negatives", &Confusion::false_negatives);
    visit("true_positives", &Confusion::true_positives);
    visit("accuracy", &Confusion::accuracy);
    visit("precision", &Confusion::precision);
    visit("recall", &Confusion::recall);
    visit("specificity", &Confusion::specificity);
  }
};

/// @param thresholds  Any numbers but NaN.
/// @throws Error  also `invalid_argument` if a threshold is NaN.
[[nodiscard]] Confusion confusion_matrix(std::span<const std::uint8_t> y,
                                         std::span<const double> score,
                                         std::span<const double> thresholds,
                                         std::span<const double> sample_weight = {});

/// How far apart the means of two groups are, with Welch's interval and test.
struct MeanDifference {
  double difference = 0.0;  ///< Mean of the first less that of the second.
  double standard_error = 0.0;
  double degrees_of_freedom = 0.0;  ///< By Satterthwaite; 0 if neither group varies.
  double lower = 0.0;
  double upper = 0.0;
  double p_value = 1.0;  ///< Of no difference, two-sided; 0 of constants that differ.
};

/// Compares the means of two groups of independent values; their variances may differ.
///
/// @throws Error  `invalid_argument` if `confidence` is outside (0, 1); `invalid_data` if a group
///                has fewer than two values or one is not finite.
/// @par Complexity  O(n).
/// @par Source      Welch (1947), The generalization of "Student's" problem when several different
///                  population variances are involved, Biometrika 34.
[[nodiscard]] MeanDifference mean_difference(std::span<const double> first,
                                             std::span<const double> second,
                                             double confidence = 0.95);

/// The probability of a count of successes as far out as this one, or farther, if each trial
/// succeeds with probability `share`: twice the lesser tail of the binomial law, at most 1.
///
/// @throws Error  `invalid_argument` if `successes` is outside [0, trials] or `share` outside
///                (0, 1).
/// @par Source    Clopper and Pearson (1934), The use of confidence or fiducial limits illustrated
///                in the case of the binomial, Biometrika 26.
[[nodiscard]] double share_p_value(std::int64_t successes, std::int64_t trials, double share);

struct ComparisonOptions {
  /// Names of the scores; empty: their places, counted from 0.
  std::vector<std::string> names{};

  /// Bootstrap resamples of the rows, in [1, 100,000]; one that lacks a value of y is left out.
  int n_resamples = 500;

  /// Seed of the resamples.
  std::uint64_t random_state = 0;

  /// Coverage of intervals, in (0, 1).
  double confidence = 0.95;

  /// Threads; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// Several scores of the same rows side by side; one row per score.
///
/// Intervals go from percentile to percentile of the resamples. All scores are told on the same
/// resamples, so the interval of a difference is that of paired rows.
struct Comparison {
  TextColumn name{};
  std::vector<double> roc_auc{};
  std::vector<double> roc_auc_lower{};
  std::vector<double> roc_auc_upper{};
  std::vector<double> roc_auc_difference{};  ///< To the area of the first score.
  std::vector<double> roc_auc_difference_lower{};
  std::vector<double> roc_auc_difference_upper{};
  std::vector<double> pr_auc{};
  std::vector<double> pr_auc_lower{};
  std::vector<double> pr_auc_upper{};
  Nullable<double> log_loss{};  ///< This and the Brier score: null of scores outside [0, 1].
  Nullable<double> log_loss_lower{};
  Nullable<double> log_loss_upper{};
  Nullable<double> brier{};
  Nullable<double> brier_lower{};
  Nullable<double> brier_upper{};
  std::vector<double> top_decile_lift{};
  std::vector<double> top_decile_lift_lower{};
  std::vector<double> top_decile_lift_upper{};
  std::vector<double> greatest_lift{};  ///< The most that the lift of the top decile could be.

  ComparisonOptions options{};
  std::int64_t num_resamples_left_out = 0;

  [[nodiscard]] std::size_t num_rows() const noexcept { return name.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("name", &Comparison::name);
    visit("roc_auc", &Comparison::roc_auc);
    visit("roc_auc_lower", &Comparison::roc_auc_lower);
    visit("roc_auc_upper", &Comparison::roc_auc_upper);
    visit("roc_auc_difference", &Comparison::roc_auc_difference);
    visit("roc_auc_difference_lower", &Comparison::roc_auc_difference_lower);
    visit("roc_auc_difference_upper", &Comparison::roc_auc_difference_upper);
    visit("pr_auc", &Comparison::pr_auc);
    visit("pr_auc_lower", &Comparison::pr_auc_lower);
    visit("pr_auc_upper", &Comparison::pr_auc_upper);
    visit("log_loss", &Comparison::log_loss);
    visit("log_loss_lower", &Comparison::log_loss_lower);
    visit("log_loss_upper", &Comparison::log_loss_upper);
    visit("brier", &Comparison::brier);
    visit("brier_lower", &Comparison::brier_lower);
    visit("brier_upper", &Comparison::brier_upper);
    visit("top_decile_lift", &Comparison::top_decile_lift);
    visit("top_decile_lift_lower", &Comparison::top_decile_lift_lower);
    visit("top_decile_lift_upper", &Comparison::top_decile_lift_upper);
    visit("greatest_lift", &Comparison::greatest_lift);
  }
};

/// Compares scores of the same rows, which are independent draws.
///
/// @param scores  One column each; the first is the one that the others are compared with.
/// @throws Error  also `invalid_argument` if there is no score or an option is out of its range,
///                `schema_mismatch` if names are not as many as scores, `invalid_data` unless both
///                values of y are there, and in the resamples.
/// @par Complexity  O(s n (log n + n_resamples)) for s scores.
/// @par Source      Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
[[nodiscard]] Comparison compare(std::span<const std::uint8_t> y,
                                 std::span<const std::span<const double>> scores,
                                 const ComparisonOptions& options = {});

}  // namespace ecommerce_analytics::metrics
