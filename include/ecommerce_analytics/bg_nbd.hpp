#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/fit_status.hpp"

/// BG/NBD: how often customers will buy, and whether they still do, from their past purchases.
///
/// While alive, a customer buys at a rate drawn from a gamma law (shape r, rate alpha); after each
/// repeat purchase he leaves with a probability drawn from a beta law (a, b).
namespace ecommerce_analytics::bg_nbd {

inline constexpr std::size_t kNumParameters = 4;

/// All of them 0 or more, times in the unit of the data. With a = 0 nobody ever leaves and b is
/// NaN: the model is the NBD then.
struct Parameters {
  double r = 0.0;
  double alpha = 0.0;
  double a = 0.0;
  double b = 0.0;
};

/// Purchase histories as arrays of one length, one entry a customer.
struct Customers {
  std::span<const double> frequency;  ///< Repeat purchases; whole numbers >= 0.
  std::span<const double> recency;    ///< Time from the first to the last purchase.
  std::span<const double> T;          ///< Time from the first purchase to the end of observation.
};

/// @throws Error  `schema_mismatch` if lengths differ; `invalid_data`, with row and column, if
///                there is no customer, a value is NaN, infinite or negative, a frequency is no
///                whole number, recency exceeds T, a repeat purchase is at recency 0, or there is
///                recency without one.
void validate(const Customers& customers);

struct Options {
  /// Strength of the penalty: the fit maximises the mean log-likelihood less this times
  /// r² + (alpha / largest T)² + a² + b². 0: none. Not negative.
  double penalizer_coef = 0.0;

  /// Gain of the log-likelihood over the NBD below which the data do not show that anybody leaves,
  /// and the answer is the NBD. Half of 2.71: the likelihood ratio has a weight of one half at 0
  /// where a = 0, so this is its 5 % level. 0: only if there is no gain. Without a penalty only.
  double boundary_gain = 1.353;

  /// Where the steps begin; unset: at five places of the model's own, of which the best is kept.
  std::optional<Parameters> init = std::nullopt;

  /// Most Newton steps from each start. At least 1.
  int max_iter = 200;

  /// Threads; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// The fit.
struct Result {
  Parameters parameters{};  ///< NaN where the limit leaves nothing to predict with.
  FitStatus status = FitStatus::not_converged;

  /// Which limit, in words; empty unless `status` is `boundary`.
  std::string boundary{};

  double log_likelihood = 0.0;  ///< Of all customers, without the penalty.
  double gradient_norm = 0.0;   ///< Largest derivative of the mean objective by a log-parameter.
  int n_iter = 0;               ///< Steps of the start that was kept.
  std::int64_t num_customers = 0;
  std::int64_t num_repeaters = 0;
  double num_repeats = 0.0;  ///< Sum of the frequencies.

  /// Of r, alpha, a, b, by the observed information; NaN at a boundary for what is no estimate.
  std::array<double, kNumParameters> standard_errors{};
  std::array<double, kNumParameters * kNumParameters> covariance{};  ///< Row by row.
};

/// Fits the parameters by maximum likelihood: Newton steps on their logarithms, with first and
/// second derivatives in closed form.
///
/// Customers are sorted and equal ones counted first, so the answer has the same bits for any order
/// of the rows and any number of threads. Where the likelihood has no greatest value inside the
/// model, the status is `boundary`: with a -> 0, r and alpha are those of the NBD, and can be
/// predicted with; at any other limit the parameters are NaN.
///
/// @throws Error  As `validate`; `invalid_argument` if an option is out of its range;
/// `invalid_data`
///                if nobody has a repeat purchase or all customers are alike, so that nothing
///                tells the parameters.
/// @par Complexity  O(n log n) once, O(distinct customers) a step.
/// @par Source      Fader, Hardie and Lee (2005), "Counting your customers" the easy way.
[[nodiscard]] Result fit(const Customers& customers, const Options& options = {});

/// Log-likelihood of all customers at given parameters; with a = 0, where nobody leaves, that of
/// the NBD, in which b is not read.
/// @throws Error  As `validate`; `invalid_argument` for parameters that are not above 0, but a.
[[nodiscard]] double log_likelihood(const Parameters& parameters, const Customers& customers);

/// Derivatives of the log-likelihood of all customers by r, alpha, a and b.
/// @throws Error  As `log_likelihood`, but that a must be above 0.
[[nodiscard]] std::array<double, kNumParameters> gradient(const Parameters& parameters,
                                                          const Customers& customers);

/// Probability that each customer will ever buy again; 1 without a repeat purchase, as nobody
/// leaves before one.
/// @throws Error  As `log_likelihood`.
[[nodiscard]] std::vector<double> probability_alive(const Parameters& parameters,
                                                    const Customers& customers,
                                                    int num_threads = 0);

/// Probability of at least one purchase in the `time` after T.
/// @throws Error  As `probability_alive`; `invalid_argument` if `time` is negative or not finite.
[[nodiscard]] std::vector<double> probability_of_purchase(const Parameters& parameters,
                                                          const Customers& customers, double time,
                                                          int num_threads = 0);

/// An interval of time after T, and what a later purchase in it is worth.
struct Interval {
  double start = 0.0;
  double end = 0.0;
  /// Force of interest: a purchase at time t counts exp(-discount t). 0: all count 1.
  double discount = 0.0;
};

/// Expected number of purchases of each customer in an interval after T.
///
/// The conditional expectation of the source is a difference in which all digits cancel for short
/// intervals or large counts. Here it is P(alive) times the mean over k of the purchases that come
/// before a departure among k, with k of a negative binomial law: the terms of the source's
/// Gaussian ₂F₁ rearranged so that all are positive; where there would be too many of them, an
/// integral over the probability of leaving, by the trapezoidal rule on the line of log-odds. With
/// a discount the expectation is integrated by parts, in panels, until a purchase counts exp(-50).
///
/// @throws Error  As `probability_alive`; `invalid_argument` unless 0 <= start <= end and discount
///                is not negative, all finite.
/// @par Source    Fader, Hardie and Lee (2005), equation 10.
[[nodiscard]] std::vector<double> expected_purchases(const Parameters& parameters,
                                                     const Customers& customers,
                                                     const Interval& interval, int num_threads = 0);

/// Expected number of repeat purchases of a new customer in each time after his first purchase.
/// @throws Error  As `probability_of_purchase`.
/// @par Source    Fader, Hardie and Lee (2005), equation 9.
[[nodiscard]] std::vector<double> expected_new_purchases(const Parameters& parameters,
                                                         std::span<const double> times);

/// Time after T by which each customer has bought again with probability `share`, if he has not
/// left; the greatest double where that is beyond its range.
/// @throws Error  As `probability_alive`; `invalid_argument` if `share` is outside (0, 1).
[[nodiscard]] std::vector<double> time_to_purchase(const Parameters& parameters,
                                                   const Customers& customers, double share);

}  // namespace ecommerce_analytics::bg_nbd
