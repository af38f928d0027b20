#include "ecommerce_analytics/core/repeat_buying.hpp"

#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "core/elementary.hpp"
#include "core/gamma.hpp"
#include "core/number_text.hpp"
#include "core/repeat_buying_fit.hpp"
#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics::repeat_buying {
namespace {

using gamma_function::Rise;
using gamma_function::rise;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kMost = std::numeric_limits<double>::max();

// A standard error of a log-parameter from which the data say nothing of it.
constexpr double kUnknown = 100.0;
// Gain of the log-likelihood per customer that may be rounding.
constexpr double kRoundingGain = 1e-9;

enum Place : std::size_t { at_r, at_alpha, at_third, at_fourth };

[[noreturn]] void refuse(const std::string& text, std::size_t row, const char* column,
                         double value) {
  throw Error(
      ErrorCode::invalid_data, text,
      {.row = static_cast<std::int64_t>(row) + 1, .column = column, .value = to_text(value)});
}

/// The mean of the negative log-likelihood and the penalty, by the parameters; times are counted in
/// largest T.
Derivatives objective(const Values& at, const Data& data, const Options<Values>& options,
                      const Model& model) {
  const Derivatives sum = model.likelihood(at, data, options.num_threads);
  Derivatives mean;
  add_scaled(mean, sum, -1.0 / data.num_customers);
  mirror(mean);
  const double unit = 1.0 / data.largest_T;
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    const double scale = model.is_time[i] ? unit : 1.0;
    const double weight = options.penalizer_coef * scale * scale;
    mean.value += weight * at[i] * at[i];
    mean.gradient[i] += 2.0 * weight * at[i];
    mean.hessian[i][i] += 2.0 * weight;
  }
  return mean;
}

/// The NBD, to which the model tends as nobody leaves.
struct NbdFit {
  Values parameters{};
  double log_likelihood = 0.0;
  double gradient_norm = 0.0;
  int n_iter = 0;
  bool is_inside = false;
  newton::Matrix<2> information{};  ///< By r and alpha, of all customers.
};

newton::Derivatives<2> nbd_likelihood(double r, double alpha, const Data& data) {
  newton::Derivatives<2> sum;
  for (const Group& group : data.groups) {
    const double x = group.frequency;
    const Rise of_r = rise(r, x);
    sum.value += group.count * (of_r.log + r * elementary::log(alpha));
    sum.gradient[0] += group.count * (of_r.first + elementary::log(alpha));
    sum.gradient[1] += group.count * (r / alpha);
    sum.hessian[0][0] += group.count * of_r.second;
    sum.hessian[0][1] += group.count / alpha;
    sum.hessian[1][1] -= group.count * (r / (alpha * alpha));
  }
  for (const History& one : data.histories) {
    const double end = alpha + one.T;
    const double power = r + one.frequency;
    sum.value -= one.count * power * elementary::log(end);
    sum.gradient[0] -= one.count * elementary::log(end);
    sum.gradient[1] -= one.count * (power / end);
    sum.hessian[0][1] -= one.count / end;
    sum.hessian[1][1] += one.count * (power / (end * end));
  }
  sum.hessian[1][0] = sum.hessian[0][1];
  return sum;
}

NbdFit fit_nbd(const Data& data, const Options<Values>& options) {
  const double unit = data.largest_T;
  const auto natural = [&](const newton::Vector<2>& point) {
    return newton::Vector<2>{elementary::exp(point[0]), unit * elementary::exp(point[1])};
  };
  const auto evaluate = [&](const newton::Vector<2>& point) {
    const auto [r, alpha] = natural(point);
    newton::Derivatives<2> mean = nbd_likelihood(r, alpha, data);
    mean.value /= -data.num_customers;
    for (std::size_t i = 0; i < 2; ++i) {
      mean.gradient[i] /= -data.num_customers;
      for (double& one : mean.hessian[i]) {
        one /= -data.num_customers;
      }
    }
    return newton::by_logarithms<2>(mean, {r, alpha});
  };
  const auto found = newton::minimise<2>(evaluate, {0.0, 0.0}, {.max_iter = options.max_iter});
  const auto [r, alpha] = natural(found.point);
  NbdFit fit;
  fit.parameters = {r, alpha, kNaN, kNaN};
  fit.log_likelihood = -found.at.value * data.num_customers;
  fit.gradient_norm = newton::gradient_norm(found.at);
  fit.n_iter = found.n_iter;
  fit.information = nbd_likelihood(r, alpha, data).hessian;
  for (auto& row : fit.information) {
    for (double& one : row) {
      one = -one;
    }
  }
  fit.is_inside = found.converged && r > kLeastParameter && r < kGreatestParameter;
  return fit;
}

void set_covariance(Report& report, const newton::Matrix<kNumParameters>& covariance) {
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    for (std::size_t j = 0; j < kNumParameters; ++j) {
      report.covariance[i * kNumParameters + j] = covariance[i][j];
    }
    report.standard_errors[i] = std::sqrt(covariance[i][i]);
  }
}

/// Takes the NBD for the answer: r and alpha are estimates, and nobody leaves.
void set_nbd(Result<Values>& result, const NbdFit& nbd, const Model& model) {
  result.status = FitStatus::boundary;
  result.boundary = model.nobody_leaves;
  result.parameters = {nbd.parameters[at_r], nbd.parameters[at_alpha], model.nbd[at_third],
                       model.nbd[at_fourth]};
  result.log_likelihood = nbd.log_likelihood;
  result.gradient_norm = nbd.gradient_norm;
  result.n_iter = nbd.n_iter;
  newton::Matrix<kNumParameters> covariance{};
  for (auto& row : covariance) {
    row.fill(kNaN);
  }
  if (const auto inverse = newton::inverse<2>(nbd.information)) {
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t j = 0; j < 2; ++j) {
        covariance[i][j] = (*inverse)[i][j];
      }
    }
  }
  set_covariance(result, covariance);
}

void set_unknown(Result<Values>& result, std::string boundary) {
  result.status = FitStatus::boundary;
  result.boundary = std::move(boundary);
  result.parameters.fill(kNaN);
  result.standard_errors.fill(kNaN);
  result.covariance.fill(kNaN);
}

}  // namespace

Data data_of(const Customers& customers) {
  Data data;
  data.histories.reserve(customers.T.size());
  for (std::size_t row = 0; row < customers.T.size(); ++row) {
    data.histories.push_back({.frequency = customers.frequency[row],
                              .recency = customers.recency[row],
                              .T = customers.T[row]});
    data.largest_T = std::max(data.largest_T, customers.T[row]);
  }
  data.num_customers = static_cast<double>(customers.T.size());
  const auto place = [](const History& one) {
    return std::tuple(one.frequency, one.recency, one.T);
  };
  PollCounter polls;
  std::sort(data.histories.begin(), data.histories.end(),
            [&](const History& left, const History& right) {
              polls.count();
              return place(left) < place(right);
            });
  std::size_t num_distinct = 0;
  for (const History& one : data.histories) {
    if (num_distinct > 0 && place(data.histories[num_distinct - 1]) == place(one)) {
      data.histories[num_distinct - 1].count += 1.0;
    } else {
      data.histories[num_distinct++] = one;
    }
  }
  data.histories.resize(num_distinct);
  for (std::size_t i = 0; i < num_distinct; ++i) {
    const History& one = data.histories[i];
    if (data.groups.empty() || data.groups.back().frequency != one.frequency) {
      data.groups.push_back({.frequency = one.frequency, .count = 0.0, .first = i, .end = i});
    }
    data.groups.back().count += one.count;
    data.groups.back().end = i + 1;
  }
  return data;
}

void add_scaled(Derivatives& sum, const Derivatives& part, double factor) {
  sum.value += factor * part.value;
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    sum.gradient[i] += factor * part.gradient[i];
    for (std::size_t j = i; j < kNumParameters; ++j) {
      sum.hessian[i][j] += factor * part.hessian[i][j];
    }
  }
}

void mirror(Derivatives& sum) {
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      sum.hessian[i][j] = sum.hessian[j][i];
    }
  }
}

void add_left(Derivatives& sum, double log_odds, const Values& slope, const Matrix& curvature) {
  const double small = elementary::exp(-std::abs(log_odds));
  const double left = log_odds > 0.0 ? 1.0 / (1.0 + small) : small / (1.0 + small);
  const double spread = small / ((1.0 + small) * (1.0 + small));
  sum.value += std::max(log_odds, 0.0) + elementary::log1p_of_share(small);
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    sum.gradient[i] += left * slope[i];
    for (std::size_t j = i; j < kNumParameters; ++j) {
      sum.hessian[i][j] += left * curvature[i][j] + spread * slope[i] * slope[j];
    }
  }
}

double alive_at(double log_odds) {
  return log_odds > 0.0 ? elementary::exp(-log_odds) / (1.0 + elementary::exp(-log_odds))
                        : 1.0 / (1.0 + elementary::exp(log_odds));
}

double nbd_log_likelihood(double r, double alpha, const Data& data) {
  return nbd_likelihood(r, alpha, data).value;
}

void validate(const std::string& name, const Customers& customers) {
  require(customers.recency.size() == customers.frequency.size() &&
              customers.T.size() == customers.frequency.size(),
          ErrorCode::schema_mismatch, name + ": columns of different lengths");
  require(!customers.T.empty(), ErrorCode::invalid_data, name + ": there is no customer");
  const auto require_length = [&](double value, std::size_t row, const char* column) {
    if (!(value >= 0.0 && value <= kMost)) {
      refuse(name + ": a value must be 0 or more, and finite", row, column, value);
    }
  };
  for (std::size_t row = 0; row < customers.T.size(); ++row) {
    const double x = customers.frequency[row];
    const double recency = customers.recency[row];
    require_length(x, row, "frequency");
    require_length(recency, row, "recency");
    require_length(customers.T[row], row, "T");
    if (x != std::floor(x)) {
      refuse(name + ": a frequency must be a whole number", row, "frequency", x);
    }
    if (recency > customers.T[row]) {
      refuse(name + ": recency must not exceed T", row, "recency", recency);
    }
    if (x > 0.0 && recency == 0.0) {
      refuse(name + ": a repeat purchase must be after the first", row, "recency", recency);
    }
    if (x == 0.0 && recency > 0.0) {
      refuse(name + ": without a repeat purchase recency must be 0", row, "recency", recency);
    }
  }
}

Result<Values> fit_by_newton(const Customers& customers, const Options<Values>& options,
                             const Model& model) {
  validate(model.name, customers);
  require(options.penalizer_coef >= 0.0 && options.penalizer_coef <= kMost,
          ErrorCode::invalid_argument, model.name + ": penalizer_coef must be 0 or more",
          to_text(options.penalizer_coef));
  require(options.boundary_gain >= 0.0 && options.boundary_gain <= kMost,
          ErrorCode::invalid_argument, model.name + ": boundary_gain must be 0 or more",
          to_text(options.boundary_gain));
  require(options.max_iter >= 1, ErrorCode::invalid_argument,
          model.name + ": max_iter must be at least 1", std::to_string(options.max_iter));
  if (options.init) {
    validate_parameters(model.name, *options.init, false);
  }
  const Data data = data_of(customers);
  Result<Values> result;
  result.num_customers = static_cast<std::int64_t>(data.num_customers);
  for (const Group& group : data.groups) {
    result.num_repeaters += group.frequency > 0.0 ? static_cast<std::int64_t>(group.count) : 0;
    result.num_repeats += group.frequency * group.count;
  }
  require(result.num_repeaters > 0, ErrorCode::invalid_data,
          model.name + ": nobody has a repeat purchase, so nothing tells the parameters");
  require(data.histories.size() > 1, ErrorCode::invalid_data,
          model.name + ": all customers are alike, so nothing tells them apart");

  Values unit{};
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    unit[i] = model.is_time[i] ? data.largest_T : 1.0;
  }
  const auto natural = [&](const Values& point) {
    Values values{};
    for (std::size_t i = 0; i < kNumParameters; ++i) {
      values[i] = unit[i] * elementary::exp(point[i]);
    }
    return values;
  };
  const auto in_units = [&](Values values) {
    for (std::size_t i = 0; i < kNumParameters; ++i) {
      values[i] /= unit[i];
    }
    return values;
  };
  const auto evaluate = [&](const Values& point) {
    const Values at = natural(point);
    return newton::by_logarithms<kNumParameters>(objective(at, data, options, model), at);
  };
  const auto has_left = [&](const Values& point) {
    return !model.limit_of(in_units(natural(point))).empty();
  };
  std::vector<Values> starts;
  if (options.init) {
    Values start = in_units(*options.init);
    std::transform(start.begin(), start.end(), start.begin(), elementary::log);
    starts.push_back(start);
  } else {
    starts = model.starts(elementary::log(result.num_repeats / data.num_customers));
  }
  newton::Minimum<kNumParameters> best;
  best.at.value = std::numeric_limits<double>::infinity();
  for (const auto& start : starts) {
    const auto found = newton::minimise<kNumParameters>(
        evaluate, start, {.max_iter = options.max_iter, .shift = model.shift}, has_left);
    // Between equals the first that converged is kept.
    const double slack = 1e-13 * std::max(1.0, std::abs(found.at.value));
    if (found.at.value < best.at.value - slack ||
        (found.converged && !best.converged && found.at.value <= best.at.value + slack)) {
      best = found;
    }
  }
  result.parameters = natural(best.point);
  result.gradient_norm = newton::gradient_norm(best.at);
  result.n_iter = best.n_iter;
  result.log_likelihood = model.likelihood(result.parameters, data, options.num_threads).value;
  result.status = best.converged ? FitStatus::converged : FitStatus::not_converged;
  if (options.penalizer_coef == 0.0) {
    const NbdFit nbd = fit_nbd(data, options);
    const double least = std::max(options.boundary_gain, kRoundingGain * data.num_customers);
    if (nbd.is_inside && result.log_likelihood < nbd.log_likelihood + least) {
      set_nbd(result, nbd, model);
      return result;
    }
  }
  if (std::string limit = model.limit_of(in_units(result.parameters)); !limit.empty()) {
    set_unknown(result, std::move(limit));
    return result;
  }
  if (result.status == FitStatus::converged) {
    const Derivatives at = objective(result.parameters, data, options, model);
    const auto covariance = newton::inverse<kNumParameters>(at.hessian);
    bool is_known = covariance.has_value();
    newton::Matrix<kNumParameters> scaled{};
    if (covariance) {
      scaled = *covariance;
      for (std::size_t i = 0; i < kNumParameters; ++i) {
        for (double& one : scaled[i]) {
          one /= data.num_customers;
        }
        is_known = is_known && std::sqrt(scaled[i][i]) < kUnknown * result.parameters[i];
      }
    }
    if (!is_known) {
      set_unknown(result, "the data do not tell the parameters apart");
      return result;
    }
    set_covariance(result, scaled);
  } else {
    result.standard_errors.fill(kNaN);
    result.covariance.fill(kNaN);
  }
  return result;
}

void validate_parameters(const std::string& name, const Values& values, bool may_be_nbd) {
  const auto is_good = [](double one) { return one > 0.0 && one <= kMost; };
  const bool is_nbd = may_be_nbd && values[at_third] == 0.0;
  require(is_good(values[at_r]) && is_good(values[at_alpha]) &&
              (is_nbd || (is_good(values[at_third]) && is_good(values[at_fourth]))),
          ErrorCode::invalid_argument, name + ": parameters must be above 0 and finite");
}

void validate_time(const std::string& name, double time) {
  require(time >= 0.0 && time <= kMost, ErrorCode::invalid_argument,
          name + ": a time must be 0 or more, and finite", to_text(time));
}

void validate(const std::string& name, const Interval& interval) {
  validate_time(name, interval.start);
  validate_time(name, interval.end);
  require(interval.start <= interval.end, ErrorCode::invalid_argument,
          name + ": an interval must not end before it starts", to_text(interval.end));
  require(interval.discount >= 0.0 && interval.discount <= kMost, ErrorCode::invalid_argument,
          name + ": discount must be 0 or more", to_text(interval.discount));
}

std::vector<double> time_to_purchase(const std::string& name, double r, double alpha,
                                     const Customers& customers, double share) {
  require(share > 0.0 && share < 1.0, ErrorCode::invalid_argument,
          name + ": share must be in (0, 1)", to_text(share));
  const double log_left = -elementary::log1p(-share);
  return of_each(customers, 1, [&](double x, double, double T) {
    const double growth = elementary::exp(log_left / (r + x)) - 1.0;
    return std::min((alpha + T) * growth, kMost);
  });
}

}  // namespace ecommerce_analytics::repeat_buying
