#include "ecommerce_analytics/pareto_nbd.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/elementary.hpp"
#include "core/gamma.hpp"
#include "core/gauss_legendre.hpp"
#include "core/repeat_buying_fit.hpp"

namespace ecommerce_analytics::pareto_nbd {
namespace {

using repeat_buying::Data;
using repeat_buying::Derivatives;
using repeat_buying::History;
using repeat_buying::kGreatestParameter;
using repeat_buying::kLeastParameter;
using repeat_buying::of_each;
using repeat_buying::validate_parameters;
using repeat_buying::validate_time;
using repeat_buying::Values;
using repeat_buying::values_of;

constexpr const char* kName = "pareto_nbd";
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

enum Place : std::size_t { at_r, at_alpha, at_s, at_beta };

/// (1 + u / first_start)^-first_power (1 + u / second_start)^-second_power e^-discount u.
struct Decay {
  double first_power = 0.0;
  double first_start = 1.0;
  double second_power = 0.0;
  double second_start = 1.0;
  double discount = 0.0;
};

// Of the integral, what is left out.
constexpr double kTail = 1e-18;
// Below it e^v - 1 would lose digits.
constexpr double kNear = 0.25;
// Widest panel of the rule of 16 nodes: by the logarithm of time, and by that of the decay.
constexpr double kPanelGrowth = 2.0;
constexpr double kPanelDecay = 10.0;

/// Calls `visit(u, weight, log1p(u / first_start), log1p(u / second_start))` at nodes in
/// [0, length]; the weights are those of the rule times the decay, all positive.
///
/// The variable is v = log(1 + u / least start), in which a decay is analytic but for points at a
/// distance of pi from the line; its rate grows with v, so panels get narrower until what is left
/// does not count.
template <class Visit>
double integrate(const Decay& decay, double length, const Visit& visit) {
  const double least = std::min(decay.first_start, decay.second_start);
  const auto time_at = [&](double v) {
    return least * (v < kNear ? elementary::exp(v) * elementary::exp_complement(v)
                              : elementary::exp(v) - 1.0);
  };
  // The variable is the logarithm of the lesser start already.
  const auto log_at = [&](double v, double u, double start) {
    return start == least ? v : elementary::log1p(u / start);
  };
  const auto rate_at = [&](double u) {
    return (least + u) * (decay.first_power / (decay.first_start + u) +
                          decay.second_power / (decay.second_start + u) + decay.discount) -
           1.0;
  };
  const auto height_at = [&](double u, double first_log, double second_log) {
    return elementary::exp(-decay.first_power * first_log - decay.second_power * second_log -
                           decay.discount * u) *
           (least + u);
  };
  const double end = elementary::log1p(length / least);
  double sum = 0.0;
  for (double from = 0.0; from < end;) {
    const double start = time_at(from);
    const double rate = rate_at(start);
    if (rate > 0.0 && height_at(start, log_at(from, start, decay.first_start),
                                log_at(from, start, decay.second_start)) < kTail * rate * sum) {
      break;
    }
    double width = std::min(kPanelGrowth, end - from);
    while (width * rate_at(time_at(from + width)) > kPanelDecay) {
      width *= 0.5;
    }
    gauss_legendre::for_each_node(from, from + width, [&](double v, double weight) {
      const double u = time_at(v);
      const double first_log = log_at(v, u, decay.first_start);
      const double second_log = log_at(v, u, decay.second_start);
      const double part = weight * height_at(u, first_log, second_log);
      sum += part;
      visit(u, part, first_log, second_log);
    });
    from += width;
  }
  return sum;
}

double integral(const Decay& decay, double length) {
  return integrate(decay, length, [](double, double, double, double) {});
}

/// What decays between the last purchase and T, as the moment of leaving is later.
Decay decay_since_last(const Parameters& at, double x, double recency) {
  return {.first_power = at.r + x,
          .first_start = at.alpha + recency,
          .second_power = at.s + 1.0,
          .second_start = at.beta + recency};
}

/// Logarithm of the odds of having left by T, given the integral of `decay_since_last`.
double log_odds(const Parameters& at, double x, double recency, double T, double left) {
  return elementary::log(at.s * left / (at.beta + recency)) +
         (at.r + x) * elementary::log1p((T - recency) / (at.alpha + recency)) +
         at.s * elementary::log1p((T - recency) / (at.beta + recency));
}

/// The part of the log-likelihood that a frequency alone tells.
Derivatives of_frequency(const Parameters& at, double x) {
  const gamma_function::Rise of_r = gamma_function::rise(at.r, x);
  Derivatives sum;
  sum.value = of_r.log;
  sum.gradient[at_r] = of_r.first;
  sum.hessian[at_r][at_r] = of_r.second;
  return sum;
}

/// Moments, by the weights of `decay_since_last`, of log1p(u / start) and of
/// 1 / start - 1 / (start + u), for both of its starts.
struct Moments {
  double sum = 0.0;
  Values mean{};
  repeat_buying::Matrix square{};  ///< Means of products; the upper triangle.
};

Moments moments_of(const Decay& decay, double length) {
  Moments made;
  made.sum =
      integrate(decay, length, [&](double u, double weight, double first_log, double second_log) {
        const Values at{first_log, u / (decay.first_start * (decay.first_start + u)), second_log,
                        u / (decay.second_start * (decay.second_start + u))};
        for (std::size_t i = 0; i < at.size(); ++i) {
          made.mean[i] += weight * at[i];
          for (std::size_t j = i; j < at.size(); ++j) {
            made.square[i][j] += weight * at[i] * at[j];
          }
        }
      });
  for (std::size_t i = 0; i < made.mean.size(); ++i) {
    made.mean[i] /= made.sum;
    for (std::size_t j = i; j < made.mean.size(); ++j) {
      made.square[i][j] /= made.sum;
    }
  }
  return made;
}

/// The rest: log of the likelihood of being alive at T, and of having left before.
Derivatives of_times(const Parameters& at, const History& history) {
  Derivatives sum;
  const double x = history.frequency;
  const double until = history.T;
  const double alpha_end = at.alpha + until;
  const double beta_end = at.beta + until;
  const double log_alpha = elementary::log1p(until / at.alpha);
  const double log_beta = elementary::log1p(until / at.beta);
  sum.value = -at.r * log_alpha - x * elementary::log(alpha_end) - at.s * log_beta;
  sum.gradient = {-log_alpha, (at.r * until - x * at.alpha) / (at.alpha * alpha_end), -log_beta,
                  at.s * until / (at.beta * beta_end)};
  sum.hessian[at_r][at_alpha] = until / (at.alpha * alpha_end);
  sum.hessian[at_alpha][at_alpha] =
      (at.r + x) / (alpha_end * alpha_end) - at.r / (at.alpha * at.alpha);
  sum.hessian[at_s][at_beta] = until / (at.beta * beta_end);
  sum.hessian[at_beta][at_beta] =
      -at.s * (until / (at.beta * beta_end)) * ((at.beta + beta_end) / (at.beta * beta_end));
  if (history.recency == until) {
    return sum;  // No time in which to leave.
  }
  const double length = until - history.recency;
  const Decay decay = decay_since_last(at, x, history.recency);
  const Moments moments = moments_of(decay, length);
  const auto& [first_power, first_start, second_power, second_start, discount] = decay;
  const double first_gain = length / (first_start * alpha_end);
  const double second_gain = length / (second_start * beta_end);
  const Values slope{
      elementary::log1p(length / first_start) - moments.mean[at_r],
      first_power * (moments.mean[at_alpha] - first_gain),
      1.0 / at.s + elementary::log1p(length / second_start) - moments.mean[at_s],
      second_power * moments.mean[at_beta] - at.s * second_gain - 1.0 / second_start};
  const Values factor{-1.0, first_power, -1.0, second_power};
  repeat_buying::Matrix curvature{};
  for (std::size_t i = 0; i < factor.size(); ++i) {
    for (std::size_t j = i; j < factor.size(); ++j) {
      curvature[i][j] =
          factor[i] * factor[j] * (moments.square[i][j] - moments.mean[i] * moments.mean[j]);
    }
  }
  const auto mean_of_square = [&](std::size_t place, double start) {
    return (1.0 / start - 2.0 * moments.mean[place]) / start + moments.square[place][place];
  };
  curvature[at_r][at_alpha] += moments.mean[at_alpha] - first_gain;
  curvature[at_alpha][at_alpha] +=
      first_power * (mean_of_square(at_alpha, first_start) - 1.0 / (alpha_end * alpha_end));
  curvature[at_s][at_s] -= 1.0 / (at.s * at.s);
  curvature[at_s][at_beta] += moments.mean[at_beta] - second_gain;
  curvature[at_beta][at_beta] +=
      second_power * mean_of_square(at_beta, second_start) - at.s / (beta_end * beta_end);
  repeat_buying::add_left(sum, log_odds(at, x, history.recency, until, moments.sum), slope,
                          curvature);
  return sum;
}

/// The log-likelihood of all customers and its derivatives.
Derivatives likelihood(const Parameters& at, const Data& data, int num_threads) {
  return repeat_buying::likelihood_of(
      data, num_threads, [&](double x) { return of_frequency(at, x); },
      [&](const History& history) { return of_times(at, history); });
}

/// Rate of leaving, in units of the longest time, from which on it is at once.
constexpr double kSudden = 1e4;

/// Which limit a point has left for; empty if it has for none.
std::string limit_of(const Parameters& at) {
  if (at.beta < kLeastParameter) {
    return "beta -> 0: who leaves, leaves at once";
  }
  if (at.s < kLeastParameter || (at.beta > kGreatestParameter && at.s < kGreatestParameter)) {
    return "s / beta -> 0: nobody leaves";
  }
  // By their quotient, the rate of leaving in units of the longest time: s gets there first.
  if (at.s > kGreatestParameter && at.s < kSudden * at.beta) {
    return "s and beta -> infinity: all customers leave at one rate";
  }
  if (at.s > kGreatestParameter) {
    return "s -> infinity: everybody leaves at once";
  }
  if (at.r > kGreatestParameter) {
    return "r and alpha -> infinity: all customers buy at one rate";
  }
  if (at.r < kLeastParameter) {
    return "r -> 0: hardly anybody buys again";
  }
  return "";
}

double alive(const Parameters& at, double x, double recency, double T) {
  if (at.s == 0.0 || recency == T) {
    return 1.0;
  }
  const double left = integral(decay_since_last(at, x, recency), T - recency);
  return repeat_buying::alive_at(log_odds(at, x, recency, T, left));
}

/// How somebody who is alive stays: the probability of being there after u is
/// (1 + u / start)^-power.
struct Stay {
  double power = 0.0;
  double start = 1.0;
};

Stay stay_from(const Parameters& at, double T) {
  return at.s == 0.0 ? Stay{} : Stay{.power = at.s, .start = at.beta + T};
}

/// (1 - e^-z) / z.
double mean_decay(double z) {
  if (z == 0.0) {
    return 1.0;
  }
  const double size = std::abs(z);
  const double mean = elementary::exp_complement(size) / size;
  return z > 0.0 ? mean : elementary::exp(size) * mean;
}

/// Expected time in an interval, discounted, of somebody alive at its beginning of time.
double time_in(const Stay& stay, const Interval& interval) {
  const double length = interval.end - interval.start;
  const double start = stay.start + interval.start;
  const double there = -stay.power * elementary::log1p(interval.start / stay.start) -
                       interval.discount * interval.start;
  if (interval.discount > 0.0) {
    return elementary::exp(there) * integral({.first_start = start,
                                              .second_power = stay.power,
                                              .second_start = start,
                                              .discount = interval.discount},
                                             length);
  }
  if (stay.power == 0.0) {
    return length;
  }
  const double growth = elementary::log1p(length / start);
  return elementary::exp(there) * start * growth * mean_decay((stay.power - 1.0) * growth);
}

}  // namespace

void validate(const Customers& customers) { repeat_buying::validate(kName, customers); }

Result fit(const Customers& customers, const Options& options) {
  static const repeat_buying::Model model{
      .name = kName,
      .is_time = {false, true, false, true},
      .nobody_leaves = "s -> 0: nobody leaves",
      .nbd = {kNaN, kNaN, 0.0, kNaN},
      .likelihood =
          [](const Values& at, const Data& data, int num_threads) {
            return likelihood(std::bit_cast<Parameters>(at), data, num_threads);
          },
      .limit_of = [](const Values& at) { return limit_of(std::bit_cast<Parameters>(at)); },
      // Rates of the mean customer, who is more or less like the others; few or many leave.
      .starts =
          [](double log_mean) {
            return std::vector<Values>{{-1.0, -1.0 - log_mean, 0.0, 0.0},
                                       {0.0, -log_mean, -1.0, -1.0},
                                       {-1.5, -1.5 - log_mean, 1.0, 1.0},
                                       {0.5, 0.5 - log_mean, -2.0, -4.0},
                                       {-0.5, -2.5 - log_mean, 0.0, -1.5}};
          },
      .shift = 1e-12,  // s and beta lie on a ridge, up to the limit where nobody leaves.
  };
  return repeat_buying::fit_model(customers, options, model);
}

double log_likelihood(const Parameters& parameters, const Customers& customers) {
  validate(customers);
  validate_parameters(kName, values_of(parameters), true);
  const Data data = repeat_buying::data_of(customers);
  return parameters.s == 0.0
             ? repeat_buying::nbd_log_likelihood(parameters.r, parameters.alpha, data)
             : likelihood(parameters, data, 1).value;
}

std::array<double, kNumParameters> gradient(const Parameters& parameters,
                                            const Customers& customers) {
  validate(customers);
  validate_parameters(kName, values_of(parameters), false);
  return likelihood(parameters, repeat_buying::data_of(customers), 1).gradient;
}

std::vector<double> probability_alive(const Parameters& parameters, const Customers& customers,
                                      int num_threads) {
  validate(customers);
  validate_parameters(kName, values_of(parameters), true);
  return of_each(customers, num_threads, [&](double x, double recency, double T) {
    return alive(parameters, x, recency, T);
  });
}

std::vector<double> probability_of_purchase(const Parameters& parameters,
                                            const Customers& customers, double time,
                                            int num_threads) {
  validate(customers);
  validate_parameters(kName, values_of(parameters), true);
  validate_time(kName, time);
  return of_each(customers, num_threads, [&](double x, double recency, double T) {
    const Stay stay = stay_from(parameters, T);
    const double power = parameters.r + x;
    const double start = parameters.alpha + T;
    const double buys = power / start *
                        integral({.first_power = power + 1.0,
                                  .first_start = start,
                                  .second_power = stay.power,
                                  .second_start = stay.power == 0.0 ? start : stay.start},
                                 time);
    return alive(parameters, x, recency, T) * std::min(buys, 1.0);
  });
}

std::vector<double> expected_purchases(const Parameters& parameters, const Customers& customers,
                                       const Interval& interval, int num_threads) {
  validate(customers);
  validate_parameters(kName, values_of(parameters), true);
  repeat_buying::validate(kName, interval);
  return of_each(customers, num_threads, [&](double x, double recency, double T) {
    return alive(parameters, x, recency, T) * ((parameters.r + x) / (parameters.alpha + T)) *
           time_in(stay_from(parameters, T), interval);
  });
}

std::vector<double> expected_new_purchases(const Parameters& parameters,
                                           std::span<const double> times) {
  validate_parameters(kName, values_of(parameters), true);
  std::vector<double> expected;
  expected.reserve(times.size());
  for (const double time : times) {
    validate_time(kName, time);
    expected.push_back(parameters.r / parameters.alpha *
                       time_in(stay_from(parameters, 0.0), {.end = time}));
  }
  return expected;
}

std::vector<double> time_to_purchase(const Parameters& parameters, const Customers& customers,
                                     double share) {
  validate(customers);
  validate_parameters(kName, values_of(parameters), true);
  return repeat_buying::time_to_purchase(kName, parameters.r, parameters.alpha, customers, share);
}

}  // namespace ecommerce_analytics::pareto_nbd
