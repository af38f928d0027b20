#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "ecommerce_analytics/core/fit_status.hpp"

/// What models of repeat buying have in common: the histories they read, the options and the
/// report of a fit by maximum likelihood.
namespace ecommerce_analytics::repeat_buying {

inline constexpr std::size_t kNumParameters = 4;

/// Purchase histories as arrays of one length, one entry a customer.
struct Customers {
  std::span<const double> frequency;  ///< Repeat purchases; whole numbers >= 0.
  std::span<const double> recency;    ///< Time from the first to the last purchase.
  std::span<const double> T;          ///< Time from the first purchase to the end of observation.
};

/// An interval of time after T, and what a later purchase in it is worth.
struct Interval {
  double start = 0.0;
  double end = 0.0;
  /// Force of interest: a purchase at time t counts exp(-discount t). 0: all count 1.
  double discount = 0.0;
};

/// How a model with these parameters is fitted.
template <class Parameters>
struct Options {
  /// Strength of the penalty: the fit maximises the mean log-likelihood less this times the sum of
  /// the squared parameters, those that are times counted in the largest T. 0: none. Not negative.
  double penalizer_coef = 0.0;

  /// Gain of the log-likelihood over the NBD below which the data do not show that anybody leaves,
  /// and the answer is the NBD. Half of 2.71: the likelihood ratio has a weight of one half at 0
  /// where nobody leaves, so this is its 5 % level. 0: only if there is no gain. Without a penalty
  /// only.
  double boundary_gain = 1.353;

  /// Where the steps begin; unset: at five places of the model's own, of which the best is kept.
  std::optional<Parameters> init = std::nullopt;

  /// Most Newton steps from each start. At least 1.
  int max_iter = 200;

  /// Threads; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// What is told of a fit beside its parameters.
struct Report {
  FitStatus status = FitStatus::not_converged;

  /// Which limit, in words; empty unless `status` is `boundary`.
  std::string boundary{};

  double log_likelihood = 0.0;  ///< Of all customers, without the penalty.
  double gradient_norm = 0.0;   ///< Largest derivative of the mean objective by a log-parameter.
  int n_iter = 0;               ///< Steps of the start that was kept.
  std::int64_t num_customers = 0;
  std::int64_t num_repeaters = 0;
  double num_repeats = 0.0;  ///< Sum of the frequencies.

  /// Of the parameters, by the observed information; NaN at a boundary for what is no estimate.
  std::array<double, kNumParameters> standard_errors{};
  std::array<double, kNumParameters * kNumParameters> covariance{};  ///< Row by row.
};

/// The fit of a model with these parameters, which are NaN where the limit leaves nothing to
/// predict with.
template <class Parameters>
struct Result : Report {
  Parameters parameters{};
};

/// Checks histories on behalf of the module `name`, with which the text of an error begins.
/// @throws Error  `schema_mismatch` if lengths differ; `invalid_data`, with row and column, if
///                there is no customer, a value is NaN, infinite or negative, a frequency is no
///                whole number, recency exceeds T, a repeat purchase is at recency 0, or there is
///                recency without one.
void validate(const std::string& name, const Customers& customers);

}  // namespace ecommerce_analytics::repeat_buying
