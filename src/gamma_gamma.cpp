#include "ecommerce_analytics/gamma_gamma.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

#include "core/elementary.hpp"
#include "core/gamma.hpp"
#include "core/newton.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"

namespace ecommerce_analytics::gamma_gamma {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kMost = std::numeric_limits<double>::max();
constexpr std::int64_t kLeastRepeaters = 3;
// Beyond these a parameter (gamma: beside the mean value) has left for a limit of the model.
constexpr double kLeastParameter = 1e-6;
constexpr double kGreatestParameter = 1e6;
// A standard error of a log-parameter from which the data say nothing of it.
constexpr double kUnknown = 100.0;

enum Place : std::size_t { at_p, at_q, at_gamma };

using Derivatives = newton::Derivatives<kNumParameters>;

struct Repeater {
  double frequency = 0.0;
  double value = 0.0;
};

/// The repeaters, sorted so that sums do not depend on the order of the rows.
std::vector<Repeater> repeaters_of(const Customers& customers) {
  std::vector<Repeater> repeaters;
  for (std::size_t row = 0; row < customers.frequency.size(); ++row) {
    if (customers.frequency[row] > 0.0) {
      repeaters.push_back(
          {.frequency = customers.frequency[row], .value = customers.monetary_value[row]});
    }
  }
  PollCounter polls;
  std::sort(repeaters.begin(), repeaters.end(), [&](const Repeater& left, const Repeater& right) {
    polls.count();
    return std::tuple(left.frequency, left.value) < std::tuple(right.frequency, right.value);
  });
  return repeaters;
}

Derivatives likelihood(const Parameters& at, const std::vector<Repeater>& repeaters) {
  Derivatives sum;
  const double log_gamma = elementary::log(at.gamma);
  PollCounter polls;
  double x = 0.0;
  double shape = 0.0;
  double log_beta = 0.0;  // Γ(p x + q) / (Γ(p x) Γ(q)), and what else a frequency alone tells.
  double by_shape = 0.0;
  double by_q = 0.0;
  double second_shape = 0.0;
  double second_both = 0.0;
  double second_q = 0.0;
  double log_x = 0.0;
  for (const Repeater& one : repeaters) {
    polls.count();
    if (one.frequency != x) {
      x = one.frequency;
      shape = at.p * x;
      log_x = elementary::log(x);
      const gamma_function::Rise over = gamma_function::rise(shape, at.q);
      log_beta = over.log - gamma_function::log_gamma(at.q);
      by_shape = over.first;
      second_shape = over.second;
      by_q = gamma_function::digamma(shape + at.q) - gamma_function::digamma(at.q);
      second_both = gamma_function::trigamma(shape + at.q);
      second_q = second_both - gamma_function::trigamma(at.q);
    }
    const double total = x * one.value;
    const double end = at.gamma + total;
    const double log_end = elementary::log(end);
    const double log_value = elementary::log(one.value);
    sum.value +=
        log_beta + at.q * (log_gamma - log_end) + shape * (log_value + log_x - log_end) - log_value;
    sum.gradient[at_p] += x * (by_shape + log_value + log_x - log_end);
    sum.gradient[at_q] += by_q + log_gamma - log_end;
    sum.gradient[at_gamma] += at.q / at.gamma - (shape + at.q) / end;
    sum.hessian[at_p][at_p] += x * x * second_shape;
    sum.hessian[at_p][at_q] += x * second_both;
    sum.hessian[at_q][at_q] += second_q;
    sum.hessian[at_p][at_gamma] -= x / end;
    sum.hessian[at_q][at_gamma] += 1.0 / at.gamma - 1.0 / end;
    sum.hessian[at_gamma][at_gamma] += (shape + at.q) / (end * end) - at.q / (at.gamma * at.gamma);
  }
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      sum.hessian[i][j] = sum.hessian[j][i];
    }
  }
  return sum;
}

/// The mean of the negative log-likelihood and the penalty; gamma is counted in `unit`.
Derivatives objective(const Parameters& at, const std::vector<Repeater>& repeaters, double unit,
                      double penalizer_coef) {
  Derivatives mean = likelihood(at, repeaters);
  const auto num = static_cast<double>(repeaters.size());
  const std::array<double, kNumParameters> values{at.p, at.q, at.gamma};
  mean.value /= -num;
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    const double weight = penalizer_coef / (i == at_gamma ? unit * unit : 1.0);
    for (double& one : mean.hessian[i]) {
      one /= -num;
    }
    mean.gradient[i] = mean.gradient[i] / -num + 2.0 * weight * values[i];
    mean.hessian[i][i] += 2.0 * weight;
    mean.value += weight * values[i] * values[i];
  }
  return mean;
}

/// Which limit a point has left for; empty if it has for none.
std::string limit_of(const Parameters& at, double unit) {
  if (at.p > kGreatestParameter) {
    return "p -> infinity: each customer spends the same every time";
  }
  if (at.q > kGreatestParameter || at.gamma > kGreatestParameter * unit) {
    return "q and gamma -> infinity: all customers spend alike";
  }
  if (at.p < kLeastParameter || at.q < kLeastParameter || at.gamma < kLeastParameter * unit) {
    return "p, q or gamma -> 0: the values have no mean";
  }
  return "";
}

double correlation_of(const std::vector<Repeater>& repeaters) {
  const auto num = static_cast<double>(repeaters.size());
  double mean_x = 0.0;
  double mean_value = 0.0;
  for (const Repeater& one : repeaters) {
    mean_x += one.frequency / num;
    mean_value += one.value / num;
  }
  double of_x = 0.0;
  double of_value = 0.0;
  double of_both = 0.0;
  for (const Repeater& one : repeaters) {
    of_x += (one.frequency - mean_x) * (one.frequency - mean_x);
    of_value += (one.value - mean_value) * (one.value - mean_value);
    of_both += (one.frequency - mean_x) * (one.value - mean_value);
  }
  const bool varies = repeaters.front().frequency != repeaters.back().frequency && of_value > 0.0;
  return varies ? of_both / std::sqrt(of_x) / std::sqrt(of_value) : kNaN;
}

void set_unknown(Result& result, std::string boundary) {
  result.status = FitStatus::boundary;
  result.boundary = std::move(boundary);
  result.parameters = {.p = kNaN, .q = kNaN, .gamma = kNaN};
}

void validate_parameters(const Parameters& at) {
  const auto is_good = [](double one) { return one > 0.0 && one <= kMost; };
  require(is_good(at.p) && is_good(at.q) && is_good(at.gamma), ErrorCode::invalid_argument,
          "gamma_gamma: parameters must be above 0 and finite");
}

}  // namespace

void validate(const Customers& customers) {
  require(customers.monetary_value.size() == customers.frequency.size(), ErrorCode::schema_mismatch,
          "gamma_gamma: columns of different lengths");
  require(!customers.frequency.empty(), ErrorCode::invalid_data,
          "gamma_gamma: there is no customer");
  for (std::size_t row = 0; row < customers.frequency.size(); ++row) {
    const double x = customers.frequency[row];
    const double value = customers.monetary_value[row];
    const bool is_count = x >= 0.0 && x <= kMost && x == std::floor(x);
    const bool is_value = x == 0.0 || (value > 0.0 && value <= kMost);
    if (!is_count || !is_value) {
      throw Error(ErrorCode::invalid_data,
                  !is_count
                      ? "gamma_gamma: a frequency must be a whole number, 0 or more"
                      : "gamma_gamma: the mean value of a repeater must be above 0 and finite",
                  {.row = static_cast<std::int64_t>(row) + 1,
                   .column = !is_count ? "frequency" : "monetary_value",
                   .value = to_text(!is_count ? x : value)});
    }
  }
}

Result fit(const Customers& customers, const Options& options) {
  validate(customers);
  require(options.penalizer_coef >= 0.0 && options.penalizer_coef <= kMost,
          ErrorCode::invalid_argument, "gamma_gamma: penalizer_coef must be 0 or more",
          to_text(options.penalizer_coef));
  require(options.max_iter >= 1, ErrorCode::invalid_argument,
          "gamma_gamma: max_iter must be at least 1", std::to_string(options.max_iter));
  if (options.init) {
    validate_parameters(*options.init);
  }
  const std::vector<Repeater> repeaters = repeaters_of(customers);
  Result result;
  result.num_repeaters = static_cast<std::int64_t>(repeaters.size());
  require(result.num_repeaters >= kLeastRepeaters, ErrorCode::invalid_data,
          "gamma_gamma: too few customers have a repeat purchase, three are needed",
          std::to_string(result.num_repeaters));
  require(std::any_of(repeaters.begin(), repeaters.end(),
                      [&](const Repeater& one) { return one.value != repeaters.front().value; }),
          ErrorCode::invalid_data,
          "gamma_gamma: all mean values are equal, so nothing tells the parameters");
  result.correlation = correlation_of(repeaters);
  double unit = 0.0;
  for (const Repeater& one : repeaters) {
    unit += one.value / static_cast<double>(repeaters.size());
  }

  const auto natural = [&](const newton::Vector<kNumParameters>& point) {
    return Parameters{.p = elementary::exp(point[at_p]),
                      .q = elementary::exp(point[at_q]),
                      .gamma = unit * elementary::exp(point[at_gamma])};
  };
  const auto evaluate = [&](const newton::Vector<kNumParameters>& point) {
    const Parameters at = natural(point);
    return newton::by_logarithms<kNumParameters>(
        objective(at, repeaters, unit, options.penalizer_coef), {at.p, at.q, at.gamma});
  };
  std::vector<newton::Vector<kNumParameters>> starts;
  const auto start_at = [&](double p, double q, double gamma) {
    starts.push_back({elementary::log(p), elementary::log(q), elementary::log(gamma)});
  };
  if (options.init) {
    start_at(options.init->p, options.init->q, options.init->gamma / unit);
  } else {
    // Of the mean that was seen: p gamma = q - 1.
    start_at(2.0, 3.0, 1.0);
    start_at(6.0, 4.0, 0.5);
    start_at(1.0, 2.0, 1.0);
    start_at(20.0, 3.0, 0.1);
    start_at(1.0, 20.0, 19.0);
  }
  newton::Minimum<kNumParameters> best;
  best.at.value = std::numeric_limits<double>::infinity();
  for (const auto& start : starts) {
    const auto found =
        newton::minimise<kNumParameters>(evaluate, start, {.max_iter = options.max_iter});
    const double slack = 1e-13 * std::max(1.0, std::abs(found.at.value));
    if (found.at.value < best.at.value - slack ||
        (found.converged && !best.converged && found.at.value <= best.at.value + slack)) {
      best = found;
    }
  }
  result.parameters = natural(best.point);
  result.gradient_norm = newton::gradient_norm(best.at);
  result.n_iter = best.n_iter;
  result.log_likelihood = likelihood(result.parameters, repeaters).value;
  result.status = best.converged ? FitStatus::converged : FitStatus::not_converged;
  result.standard_errors.fill(kNaN);
  result.covariance.fill(kNaN);
  if (std::string limit = limit_of(result.parameters, unit); !limit.empty()) {
    set_unknown(result, std::move(limit));
    return result;
  }
  if (!best.converged) {
    return result;
  }
  const Derivatives at = objective(result.parameters, repeaters, unit, options.penalizer_coef);
  const auto covariance = newton::inverse<kNumParameters>(at.hessian);
  const std::array<double, kNumParameters> values{result.parameters.p, result.parameters.q,
                                                  result.parameters.gamma};
  const auto num = static_cast<double>(repeaters.size());
  bool is_known = covariance.has_value();
  for (std::size_t i = 0; is_known && i < kNumParameters; ++i) {
    is_known = std::sqrt((*covariance)[i][i] / num) < kUnknown * values[i];
  }
  if (!is_known) {
    set_unknown(result, "the data do not tell the parameters apart");
    return result;
  }
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    for (std::size_t j = 0; j < kNumParameters; ++j) {
      result.covariance[i * kNumParameters + j] = (*covariance)[i][j] / num;
    }
    result.standard_errors[i] = std::sqrt((*covariance)[i][i] / num);
  }
  return result;
}

double log_likelihood(const Parameters& parameters, const Customers& customers) {
  validate(customers);
  validate_parameters(parameters);
  return likelihood(parameters, repeaters_of(customers)).value;
}

std::array<double, kNumParameters> gradient(const Parameters& parameters,
                                            const Customers& customers) {
  validate(customers);
  validate_parameters(parameters);
  return likelihood(parameters, repeaters_of(customers)).gradient;
}

std::vector<double> expected_value(const Parameters& parameters, const Customers& customers) {
  validate(customers);
  validate_parameters(parameters);
  std::vector<double> expected(customers.frequency.size());
  for (std::size_t row = 0; row < expected.size(); ++row) {
    const double x = customers.frequency[row];
    const double total = x == 0.0 ? 0.0 : x * customers.monetary_value[row];
    const double weight = parameters.p * x + parameters.q - 1.0;
    expected[row] = weight > 0.0 ? parameters.p * (parameters.gamma + total) / weight : kNaN;
  }
  return expected;
}

}  // namespace ecommerce_analytics::gamma_gamma
