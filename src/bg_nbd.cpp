#include "ecommerce_analytics/bg_nbd.hpp"

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

namespace ecommerce_analytics::bg_nbd {
namespace {

using gamma_function::Rise;
using gamma_function::rise;
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

constexpr const char* kName = "bg_nbd";

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

enum Place : std::size_t { at_r, at_alpha, at_a, at_b };

/// The parts of the log-likelihood that a frequency alone tells.
Derivatives of_frequency(const Parameters& at, double x) {
  Derivatives sum;
  const Rise of_r = rise(at.r, x);
  const Rise of_b = rise(at.b, x);
  const Rise of_ab = rise(at.a + at.b, x);
  sum.value = of_r.log + at.r * elementary::log(at.alpha) + of_b.log - of_ab.log;
  sum.gradient = {of_r.first + elementary::log(at.alpha), at.r / at.alpha, -of_ab.first,
                  of_b.first - of_ab.first};
  sum.hessian[at_r][at_r] = of_r.second;
  sum.hessian[at_r][at_alpha] = 1.0 / at.alpha;
  sum.hessian[at_alpha][at_alpha] = -at.r / (at.alpha * at.alpha);
  sum.hessian[at_a][at_a] = -of_ab.second;
  sum.hessian[at_a][at_b] = -of_ab.second;
  sum.hessian[at_b][at_b] = of_b.second - of_ab.second;
  return sum;
}

/// The rest: log of exp(A3) + [x > 0] exp(A4), with the words of the source.
Derivatives of_times(const Parameters& at, const History& history) {
  Derivatives sum;
  const double x = history.frequency;
  const double power = at.r + x;
  const double end = at.alpha + history.T;
  const double log_end = elementary::log(end);
  sum.value = -power * log_end;
  sum.gradient = {-log_end, -power / end, 0.0, 0.0};
  sum.hessian[at_r][at_alpha] = -1.0 / end;
  sum.hessian[at_alpha][at_alpha] = power / (end * end);
  if (x == 0.0) {
    return sum;
  }
  const double last = at.alpha + history.recency;
  const double log_ratio = elementary::log1p((history.T - history.recency) / last);
  const double past = at.b + x - 1.0;
  const double odds_log = elementary::log(at.a / past) + power * log_ratio;  // A4 - A3
  const double drop = (history.recency - history.T) / (end * last);
  repeat_buying::Matrix curvature{};
  curvature[at_r][at_alpha] = drop;
  curvature[at_alpha][at_alpha] = power * (1.0 / (last * last) - 1.0 / (end * end));
  curvature[at_a][at_a] = -1.0 / (at.a * at.a);
  curvature[at_b][at_b] = 1.0 / (past * past);
  repeat_buying::add_left(sum, odds_log, {log_ratio, power * drop, 1.0 / at.a, -1.0 / past},
                          curvature);
  return sum;
}

/// The log-likelihood of all customers and its derivatives.
Derivatives likelihood(const Parameters& at, const Data& data, int num_threads) {
  return repeat_buying::likelihood_of(
      data, num_threads, [&](double x) { return of_frequency(at, x); },
      [&](const History& history) { return of_times(at, history); });
}

/// Which limit a point has left for; empty if it has for none.
std::string limit_of(const Parameters& at) {
  if (at.a < kLeastParameter) {
    return "a -> 0: nobody leaves";
  }
  if (at.b < kLeastParameter) {
    return "b -> 0: everybody leaves after the first repeat purchase";
  }
  if (at.a > kGreatestParameter && at.b > kGreatestParameter) {
    return "a and b -> infinity: all customers leave with one probability";
  }
  if (at.a > kGreatestParameter) {
    return "a -> infinity: everybody leaves after the first repeat purchase";
  }
  if (at.b > kGreatestParameter) {
    return "b -> infinity: nobody leaves";
  }
  if (at.r > kGreatestParameter) {
    return "r and alpha -> infinity: all customers buy at one rate";
  }
  if (at.r < kLeastParameter) {
    return "r -> 0: hardly anybody buys again";
  }
  return "";
}

// 1. What follows a fit.

constexpr double kQuietNodes = 80.0;  // Log of the share of the largest node that is left out.
constexpr double kTail = 1e-18;       // Relative change of the integrand that ends its middle.
constexpr double kMostTerms = 600.0;

/// Mean over p of (1 - (1 + p s)^-r) / p for p of a beta law (a, b), by the trapezoidal rule for
/// u = log(p / (1 - p)). The integrand is smooth in a strip of the line and a power of e^u at both
/// ends, whose sums are geometric.
double mean_by_integral(double r, double s, double a, double b) {
  const double h = std::min(0.25, std::sqrt(1.0 / a + 1.0 / b) / 3.0);
  const double middle = elementary::log(a / b);
  // Of logarithms: p = 1 / (1 + e^-u).
  const auto log_p = [](double u) {
    return u > 0.0 ? -elementary::log1p(elementary::exp(-u))
                   : u - elementary::log1p(elementary::exp(u));
  };
  const double top = a * log_p(middle) + b * log_p(-middle);
  double weight_sum = 0.0;
  double sum = 0.0;
  const auto add = [&](double u, double tail_power) {
    const double weight = elementary::exp(a * log_p(u) + b * log_p(-u) - top) /
                          (tail_power > 0.0 ? elementary::exp_complement(tail_power * h) : 1.0);
    const double p = elementary::exp(log_p(u));
    const double complement = elementary::exp_complement(r * elementary::log1p(p * s));
    weight_sum += weight;
    sum += weight * (p > 0.0 ? complement / p : r * s);
    return weight;
  };
  for (int k = 0;; --k) {
    const double u = middle + k * h;
    const bool is_tail = elementary::exp(log_p(u)) * ((r + 1.0) * s + a + b) < kTail;
    add(u, is_tail ? a : 0.0);
    if (is_tail || a * log_p(u) + b * log_p(-u) - top < -kQuietNodes) {
      break;
    }
  }
  for (int k = 1;; ++k) {
    const double u = middle + k * h;
    const bool is_tail = elementary::exp(log_p(-u)) * (r + a + b + 1.0) < kTail;
    add(u, is_tail ? b : 0.0);
    if (is_tail || a * log_p(u) + b * log_p(-u) - top < -kQuietNodes) {
      break;
    }
  }
  return sum / weight_sum;
}

/// Expected purchases in the time s · alpha of somebody who is alive, whose rate has the law
/// (r, alpha) and whose probability of leaving the law (a, b).
double mean_purchases(double r, double s, double a, double b) {
  if (s == 0.0) {
    return 0.0;
  }
  if (a == 0.0) {
    return r * s;
  }
  const double expected = r * s;
  const double reach = expected + 12.0 * std::sqrt(expected * (1.0 + s)) + 30.0 * (1.0 + s);
  const double log_first = -r * elementary::log1p(s);
  if (reach > kMostTerms || log_first < -600.0) {
    return mean_by_integral(r, s, a, b);
  }
  const double z = s / (1.0 + s);
  double weight = elementary::exp(log_first);  // P(k purchases, did nobody leave).
  double stays = 1.0;                          // P(still there after k of them).
  double before = 0.0;                         // Mean of those that come before a departure.
  double sum = 0.0;
  for (double k = 1.0;; k += 1.0) {
    weight *= z * (r + k - 1.0) / k;
    before += stays;
    stays *= (b + k - 1.0) / (a + b + k - 1.0);
    const double term = weight * before;
    sum += term;
    const double ratio = z * (r + k) / (k + 1.0) * ((k + 1.0) / k);
    if (ratio < 1.0 && term * ratio <= 1e-17 * sum * (1.0 - ratio)) {
      return sum;
    }
    if (k > 4.0 * kMostTerms) {
      return mean_by_integral(r, s, a, b);
    }
  }
}

double alive(const Parameters& at, double x, double recency, double T) {
  if (x == 0.0 || at.a == 0.0) {
    return 1.0;
  }
  const double log_odds = elementary::log(at.a / (at.b + x - 1.0)) +
                          (at.r + x) * elementary::log1p((T - recency) / (at.alpha + recency));
  return repeat_buying::alive_at(log_odds);
}

// Nothing after so much discount counts beside what was before: exp(-50) is 2e-22.
constexpr double kMostDiscount = 50.0;
// Widest panel of the rule of 16 nodes, by the discount and by the logarithm of alpha + time.
constexpr double kPanelDiscount = 2.0;
constexpr double kPanelGrowth = 4.0;

/// Purchases of somebody alive in an interval; with a discount by parts, so that what is
/// integrated is as smooth as the expectation itself: over the logarithm of alpha + time, in
/// panels in which neither the discount nor alpha + time changes much.
double purchases_in(double r, double alpha, double a, double b, const Interval& interval) {
  const auto until = [&](double time) { return mean_purchases(r, time / alpha, a, b); };
  if (interval.discount == 0.0) {
    return until(interval.end) - until(interval.start);
  }
  const auto factor = [&](double time) { return elementary::exp(-interval.discount * time); };
  if (factor(interval.start) == 0.0) {
    return 0.0;
  }
  const double end = std::min(interval.end, interval.start + kMostDiscount / interval.discount);
  const double before = until(interval.start);
  double integral = 0.0;
  for (double from = interval.start; from < end;) {
    const double to = std::min({end, from + kPanelDiscount / interval.discount,
                                kPanelGrowth * from + (kPanelGrowth - 1.0) * alpha});
    const double low = elementary::log1p(from / alpha);
    const double high = elementary::log1p(to / alpha);
    gauss_legendre::for_each_node(low, high, [&](double point, double weight) {
      const double grown = elementary::exp(point);
      const double time = alpha * (grown - 1.0);
      integral += weight * (until(time) - before) * factor(time) * (alpha * grown);
    });
    from = to;
  }
  return (until(end) - before) * factor(end) + interval.discount * integral;
}

}  // namespace

void validate(const Customers& customers) { repeat_buying::validate(kName, customers); }

Result fit(const Customers& customers, const Options& options) {
  static const repeat_buying::Model model{
      .name = kName,
      .is_time = {false, true, false, false},
      .nobody_leaves = "a -> 0: nobody leaves",
      .nbd = {kNaN, kNaN, 0.0, kNaN},
      .likelihood =
          [](const Values& at, const Data& data, int num_threads) {
            return likelihood(std::bit_cast<Parameters>(at), data, num_threads);
          },
      .limit_of = [](const Values& at) { return limit_of(std::bit_cast<Parameters>(at)); },
      // Rates of the mean customer, who is more or less like the others; few or many leave.
      .starts =
          [](double log_mean) {
            return std::vector<Values>{{-1.0, -1.0 - log_mean, 0.0, 1.0},
                                       {0.0, -log_mean, -1.0, 1.0},
                                       {-1.5, -1.5 - log_mean, 1.0, 1.0},
                                       {0.5, 0.5 - log_mean, -3.0, 0.0},
                                       {-0.5, -2.5 - log_mean, 0.0, 0.0}};
          },
  };
  return repeat_buying::fit_model(customers, options, model);
}

double log_likelihood(const Parameters& parameters, const Customers& customers) {
  validate(customers);
  validate_parameters(kName, values_of(parameters), true);
  const Data data = data_of(customers);
  return parameters.a == 0.0
             ? repeat_buying::nbd_log_likelihood(parameters.r, parameters.alpha, data)
             : likelihood(parameters, data, 1).value;
}

std::array<double, kNumParameters> gradient(const Parameters& parameters,
                                            const Customers& customers) {
  validate(customers);
  validate_parameters(kName, values_of(parameters), false);
  return likelihood(parameters, data_of(customers), 1).gradient;
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
    return alive(parameters, x, recency, T) *
           elementary::exp_complement((parameters.r + x) *
                                      elementary::log1p(time / (parameters.alpha + T)));
  });
}

std::vector<double> expected_purchases(const Parameters& parameters, const Customers& customers,
                                       const Interval& interval, int num_threads) {
  validate(customers);
  validate_parameters(kName, values_of(parameters), true);
  repeat_buying::validate(kName, interval);
  return of_each(customers, num_threads, [&](double x, double recency, double T) {
    return alive(parameters, x, recency, T) * purchases_in(parameters.r + x, parameters.alpha + T,
                                                           parameters.a, parameters.b + x,
                                                           interval);
  });
}

std::vector<double> expected_new_purchases(const Parameters& parameters,
                                           std::span<const double> times) {
  validate_parameters(kName, values_of(parameters), true);
  std::vector<double> expected;
  expected.reserve(times.size());
  for (const double time : times) {
    validate_time(kName, time);
    expected.push_back(
        mean_purchases(parameters.r, time / parameters.alpha, parameters.a, parameters.b));
  }
  return expected;
}

std::vector<double> time_to_purchase(const Parameters& parameters, const Customers& customers,
                                     double share) {
  validate(customers);
  validate_parameters(kName, values_of(parameters), true);
  return repeat_buying::time_to_purchase(kName, parameters.r, parameters.alpha, customers, share);
}

}  // namespace ecommerce_analytics::bg_nbd
