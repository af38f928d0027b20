#pragma once

#include <array>
#include <span>
#include <vector>

#include "ecommerce_analytics/core/repeat_buying.hpp"

/// BG/NBD: how often customers will buy, and whether they still do, from their past purchases.
///
/// While alive, a customer buys at a rate drawn from a gamma law (shape r, rate alpha); after each
/// repeat purchase he leaves with a probability drawn from a beta law (a, b).
namespace ecommerce_analytics::bg_nbd {

using repeat_buying::Customers;
using repeat_buying::Interval;
using repeat_buying::kNumParameters;

/// All of them 0 or more, times in the unit of the data. With a = 0 nobody ever leaves and b is
/// NaN: the model is the NBD then.
struct Parameters {
  double r = 0.0;
  double alpha = 0.0;
  double a = 0.0;
  double b = 0.0;
};

/// @throws Error  As `repeat_buying::validate`.
void validate(const Customers& customers);

using Options = repeat_buying::Options<Parameters>;
using Result = repeat_buying::Result<Parameters>;

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
