#pragma once

#include <array>
#include <span>
#include <vector>

#include "ecommerce_analytics/core/repeat_buying.hpp"

/// Pareto/NBD: how often customers will buy, and whether they still do, from their past purchases.
///
/// While alive, a customer buys at a rate drawn from a gamma law (shape r, rate alpha); he leaves
/// at any moment, at a rate drawn from a gamma law (shape s, rate beta).
namespace ecommerce_analytics::pareto_nbd {

using repeat_buying::Customers;
using repeat_buying::Interval;
using repeat_buying::kNumParameters;

/// All of them 0 or more, times in the unit of the data. With s = 0 nobody ever leaves and beta is
/// NaN: the model is the NBD then.
struct Parameters {
  double r = 0.0;
  double alpha = 0.0;
  double s = 0.0;
  double beta = 0.0;
};

/// @throws Error  As `repeat_buying::validate`.
void validate(const Customers& customers);

using Options = repeat_buying::Options<Parameters>;
using Result = repeat_buying::Result<Parameters>;

/// Fits the parameters by maximum likelihood: Newton steps on their logarithms, with first and
/// second derivatives.
///
/// The likelihood of having left is the integral, over the moment of leaving since the last
/// purchase, of a product of two powers; its derivatives are means by the same weights. It is the
/// source's Gaussian ₂F₁ before it is one, with positive terms alone for alpha below, above and
/// equal to beta: nothing cancels and nothing underflows. Customers are sorted and equal ones
/// counted first, so the answer has the same bits for any order of the rows and any number of
/// threads. Where the likelihood has no greatest value inside the model, the status is `boundary`:
/// with s -> 0, r and alpha are those of the NBD, and can be predicted with; at any other limit the
/// parameters are NaN.
///
/// @throws Error  As `validate`; `invalid_argument` if an option is out of its range;
///                `invalid_data` if nobody has a repeat purchase or all customers are alike, so
///                that nothing tells the parameters.
/// @par Complexity  O(n log n) once, O(distinct customers) a step.
/// @par Source      Schmittlein, Morrison and Colombo (1987), Counting your customers: who are they
///                  and what will they do next?
[[nodiscard]] Result fit(const Customers& customers, const Options& options = {});

/// Log-likelihood of all customers at given parameters; with s = 0, where nobody leaves, that of
/// the NBD, in which beta is not read.
/// @throws Error  As `validate`; `invalid_argument` for parameters that are not above 0, but s.
[[nodiscard]] double log_likelihood(const Parameters& parameters, const Customers& customers);

/// Derivatives of the log-likelihood of all customers by r, alpha, s and beta.
/// @throws Error  As `log_likelihood`, but that s must be above 0.
[[nodiscard]] std::array<double, kNumParameters> gradient(const Parameters& parameters,
                                                          const Customers& customers);

/// Probability that each customer has not left by T.
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
/// P(alive) times the mean rate times the expected time in the interval before he leaves; the
/// formula of the source divides by s - 1, this one by nothing that can be 0.
///
/// @throws Error  As `probability_alive`; `invalid_argument` unless 0 <= start <= end and discount
///                is not negative, all finite.
[[nodiscard]] std::vector<double> expected_purchases(const Parameters& parameters,
                                                     const Customers& customers,
                                                     const Interval& interval, int num_threads = 0);

/// Expected number of repeat purchases of a new customer in each time after his first purchase.
/// @throws Error  As `probability_of_purchase`.
[[nodiscard]] std::vector<double> expected_new_purchases(const Parameters& parameters,
                                                         std::span<const double> times);

/// Time after T by which each customer has bought again with probability `share`, if he stays; the
/// greatest double where that is beyond its range.
/// @throws Error  As `probability_alive`; `invalid_argument` if `share` is outside (0, 1).
[[nodiscard]] std::vector<double> time_to_purchase(const Parameters& parameters,
                                                   const Customers& customers, double share);

}  // namespace ecommerce_analytics::pareto_nbd
