#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/fit_status.hpp"

/// Gamma-Gamma: what customers spend per purchase, from few purchases of each.
///
/// A purchase's value has a gamma law (shape p, rate nu) around the customer's own mean, and nu a
/// gamma law (q, gamma) over customers; how often somebody buys says nothing of how much.
namespace ecommerce_analytics::gamma_gamma {

inline constexpr std::size_t kNumParameters = 3;

/// All above 0, `gamma` in money.
struct Parameters {
  double p = 0.0;
  double q = 0.0;
  double gamma = 0.0;
};

/// Histories as arrays of one length, one entry a customer.
struct Customers {
  std::span<const double> frequency;       ///< Repeat purchases; whole numbers >= 0.
  std::span<const double> monetary_value;  ///< Mean value of them; anything, NaN too, without one.
};

/// @throws Error  `schema_mismatch` if lengths differ; `invalid_data`, with row and column, if
///                there is no customer, a frequency is negative or no whole number, or the
///                mean value beside one above 0 is not above 0 and finite.
void validate(const Customers& customers);

struct Options {
  /// Strength of the penalty: the fit maximises the mean log-likelihood of the repeaters less this
  /// times p² + q² + (gamma / mean value)². 0: none. Not negative.
  double penalizer_coef = 0.0;

  /// Where the steps begin; unset: at five places of the model's own, of which the best is kept.
  std::optional<Parameters> init = std::nullopt;

  /// Most Newton steps from each start. At least 1.
  int max_iter = 200;
};

/// The fit.
struct Result {
  Parameters parameters{};  ///< NaN at a boundary.
  FitStatus status = FitStatus::not_converged;
  std::string boundary{};  ///< Which limit, in words; empty unless `status` is `boundary`.

  double log_likelihood = 0.0;  ///< Of the repeaters, without the penalty.
  double gradient_norm = 0.0;   ///< Largest derivative of the mean objective by a log-parameter.
  int n_iter = 0;               ///< Steps of the start that was kept.
  std::int64_t num_repeaters = 0;

  /// Of frequency and mean value among the repeaters, which the model takes for 0; NaN if one of
  /// them does not vary.
  double correlation = 0.0;

  /// Of p, q, gamma, by the observed information; NaN unless converged.
  std::array<double, kNumParameters> standard_errors{};
  std::array<double, kNumParameters * kNumParameters> covariance{};  ///< Row by row.
};

/// Fits the parameters to the customers with a repeat purchase, by maximum likelihood: Newton steps
/// on their logarithms, with derivatives in closed form. The same bits for any order of the rows.
///
/// @throws Error  As `validate`; `invalid_argument` if an option is out of its range;
/// `invalid_data`
///                if fewer than three customers have a repeat purchase or all means are equal.
/// @par Complexity  O(n log n) once, O(n) a step.
/// @par Source      Fader and Hardie (2013), The Gamma-Gamma model of monetary value.
[[nodiscard]] Result fit(const Customers& customers, const Options& options = {});

/// Log-likelihood of the repeaters at given parameters.
/// @throws Error  As `validate`; `invalid_argument` for parameters that are not above 0.
[[nodiscard]] double log_likelihood(const Parameters& parameters, const Customers& customers);

/// Derivatives of the log-likelihood by p, q and gamma.
/// @throws Error  As `log_likelihood`.
[[nodiscard]] std::array<double, kNumParameters> gradient(const Parameters& parameters,
                                                          const Customers& customers);

/// Expected value of a future purchase of each customer: the mean of all customers and his own,
/// weighted. Without a repeat purchase that of all, NaN if q <= 1, where it does not exist.
/// @throws Error  As `log_likelihood`.
[[nodiscard]] std::vector<double> expected_value(const Parameters& parameters,
                                                 const Customers& customers);

}  // namespace ecommerce_analytics::gamma_gamma
