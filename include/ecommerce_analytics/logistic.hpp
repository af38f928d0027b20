#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/matrix_view.hpp"

/// Logistic regression of a yes or no, with or without a penalty.
namespace ecommerce_analytics::logistic {

struct Options {
  /// Inverse of the strength of the penalty, as in scikit-learn: the fit minimises
  /// sum(w_i loss_i) + |coef|^2 / (2 C). Above 0; infinity: no penalty.
  double C = 1.0;

  /// Whether there is an intercept; it has no penalty.
  bool fit_intercept = true;

  /// Most Newton steps. At least 1.
  int max_iter = 100;

  /// Ends the steps: longest Newton step, in standard errors of any combination of the
  /// coefficients, at which they have converged. Above 0.
  double tol = 1e-8;

  /// Weights of the classes 0 and 1, by which those of their rows are multiplied. Unset: 1 each,
  /// and then only is there inference. Not negative.
  std::optional<std::array<double, 2>> class_weight = std::nullopt;

  /// Names of the columns, for messages. Empty: their places, counted from 0.
  std::vector<std::string> feature_names{};

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// Whether a combination of the columns tells the classes apart, so that there is no best fit.
enum class Separation : std::uint8_t {
  none,
  quasi_complete,  ///< But for rows on the border.
  complete,
};

/// The fit. Weights are those of the rows times those of the classes.
struct Result {
  std::vector<double> coef{};  ///< One a column, in units of the input.
  double intercept = 0.0;      ///< 0 without one.
  bool fit_intercept = true;

  double deviance = 0.0;       ///< -2 log likelihood.
  double null_deviance = 0.0;  ///< Of the intercept alone; of probabilities of 1/2 without one.
  std::int64_t num_rows = 0;   ///< Rows with a weight above 0.
  int n_iter = 0;              ///< Newton steps.
  bool converged = false;

  /// Set if the steps did not converge for want of a best fit; then the columns, counted from 0,
  /// whose coefficients grow without bound.
  Separation separation = Separation::none;
  std::vector<std::size_t> separating{};

  /// Of the intercept if there is one, then of each column; empty where there is no inference,
  /// of which `inference_note` says why.
  std::vector<double> standard_errors{};
  std::string inference_note{};

  [[nodiscard]] std::int64_t num_parameters() const noexcept {
    return static_cast<std::int64_t>(coef.size()) + (fit_intercept ? 1 : 0);
  }
};

/// Fits P(y = 1) = 1 / (1 + exp(-(intercept + X coef))) by Newton steps.
///
/// Sums over rows are made of parts that depend on the shape of X alone, so the answer has the
/// same bits for any number of threads and on every processor. The columns are centered (beside an
/// intercept) and scaled by powers of two inside, so that columns of very different sizes do no
/// harm. A step that does not lower the objective is halved: it never rises.
///
/// @param y              0 or 1, one a row.
/// @param sample_weight  One a row, not negative; empty: 1 each. A row of weight 0 is not there,
///                       but its values must be finite.
/// @throws Error  `invalid_argument` if an option is out of its range; `schema_mismatch` if lengths
///                differ; `invalid_data` if there are no rows or columns, a value is NaN or
///                infinite (with row and column), a label is neither 0 nor 1, a weight is negative,
///                all are 0, there is only one class, a coefficient leaves the range of a double,
///                or, without a penalty, columns are collinear (with their names).
/// @par Complexity  O(n p^2 + p^3) a step for n rows and p columns; a fit takes 5 to 10, as a rule.
///                O(p^2) memory, at most 64 times: X is not copied.
/// @par Source      McCullagh and Nelder (1989), Generalized Linear Models, chapters 2 and 4.
[[nodiscard]] Result fit(MatrixView<double> X, std::span<const std::uint8_t> y,
                         const Options& options = {}, std::span<const double> sample_weight = {});
[[nodiscard]] Result fit(MatrixView<float> X, std::span<const std::uint8_t> y,
                         const Options& options = {}, std::span<const double> sample_weight = {});

/// intercept + X coef of each row: the logarithm of the odds; at most the greatest double.
/// @param num_threads  As in `Options`.
/// @throws Error  `schema_mismatch` if X has another number of columns, `invalid_data` if a value
///                is NaN or infinite (with row and column).
[[nodiscard]] std::vector<double> decision_function(const Result& fit, MatrixView<double> X,
                                                    int num_threads = 0);
[[nodiscard]] std::vector<double> decision_function(const Result& fit, MatrixView<float> X,
                                                    int num_threads = 0);

/// P(y = 1) of each row.
/// @throws Error  As `decision_function`.
[[nodiscard]] std::vector<double> predict_probability(const Result& fit, MatrixView<double> X,
                                                      int num_threads = 0);
[[nodiscard]] std::vector<double> predict_probability(const Result& fit, MatrixView<float> X,
                                                      int num_threads = 0);

struct InferenceOptions {
  /// Share of samples whose intervals hold the true odds ratio. In (0, 1).
  double confidence = 0.95;

  /// Names of the columns. Empty: their places, counted from 0.
  std::vector<std::string> feature_names{};
};

/// How sure the coefficients are: one row for the intercept, if there is one, then one a column.
struct Inference {
  TextColumn name{};  ///< `intercept`, then the names of the columns.
  std::vector<double> coefficient{};
  Nullable<double> standard_error{};  ///< This and all below but `odds_ratio`: null where there is
                                      ///< no inference.
  Nullable<double> z{};               ///< coefficient / standard_error.
  Nullable<double> p{};               ///< Of a coefficient of 0, two-sided, by the normal law.
  Nullable<double> odds_ratio{};      ///< exp(coefficient); null beyond the range of a double.
  Nullable<double> lower{};           ///< Wald's interval of the odds ratio; likewise.
  Nullable<double> upper{};

  double confidence = 0.95;
  double deviance = 0.0;
  double null_deviance = 0.0;
  std::int64_t num_fitted_rows = 0;
  std::int64_t num_parameters = 0;
  bool fit_intercept = true;
  std::string inference_note{};  ///< Why there is none, or what is null.

  [[nodiscard]] std::size_t num_rows() const noexcept { return coefficient.size(); }
  [[nodiscard]] Metadata metadata() const;

  /// Calls `visit(name, member)` once per column: Arrow, numpy and the tests read this list.
  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("name", &Inference::name);
    visit("coefficient", &Inference::coefficient);
    visit("standard_error", &Inference::standard_error);
    visit("z", &Inference::z);
    visit("p", &Inference::p);
    visit("odds_ratio", &Inference::odds_ratio);
    visit("lower", &Inference::lower);
    visit("upper", &Inference::upper);
  }
};

/// Sums up a fit: standard errors from the second derivatives at the fit, Wald's z, p and
/// intervals.
///
/// @throws Error  `invalid_argument` if `confidence` is outside (0, 1), `schema_mismatch` if the
///                names are not one a column.
/// @par Source    McCullagh and Nelder (1989), section 4.4; Akaike (1974) for the criterion.
[[nodiscard]] Inference inference(const Result& fit, const InferenceOptions& options = {});

}  // namespace ecommerce_analytics::logistic
