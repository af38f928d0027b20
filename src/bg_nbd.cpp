#include "ecommerce_analytics/bg_nbd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <tuple>

#include "core/elementary.hpp"
#include "core/gamma.hpp"
#include "core/newton.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/parallel.hpp"

namespace ecommerce_analytics::bg_nbd {
namespace {

using gamma_function::Rise;
using gamma_function::rise;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kMost = std::numeric_limits<double>::max();

constexpr std::size_t kSliceRows = 2'048;
// Beyond these a parameter (alpha: beside the largest T) has left for a limit of the model.
constexpr double kLeastParameter = 1e-6;
constexpr double kGreatestParameter = 1e6;
// A standard error of a log-parameter from which the data say nothing of it.
constexpr double kUnknown = 100.0;
// Gain of the log-likelihood per customer that may be rounding.
constexpr double kRoundingGain = 1e-9;

/// One distinct history and how many customers have it.
struct History {
  double frequency = 0.0;
  double recency = 0.0;
  double T = 0.0;
  double count = 1.0;
};

/// Histories with one frequency: [first, end).
struct Group {
  double frequency = 0.0;
  double count = 0.0;
  std::size_t first = 0;
  std::size_t end = 0;
};

/// The data as the likelihood reads them: sorted, equal histories counted.
struct Data {
  std::vector<History> histories{};
  std::vector<Group> groups{};
  double num_customers = 0.0;
  double largest_T = 0.0;
};

[[noreturn]] void refuse(const char* text, std::size_t row, const char* column, double value) {
  throw Error(
      ErrorCode::invalid_data, text,
      {.row = static_cast<std::int64_t>(row) + 1, .column = column, .value = to_text(value)});
}

void require_time(double value, std::size_t row, const char* column) {
  if (!(value >= 0.0 && value <= kMost)) {
    refuse("bg_nbd: a value must be 0 or more, and finite", row, column, value);
  }
}

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

using Derivatives = newton::Derivatives<kNumParameters>;

/// Adds `factor` times the symmetric part; of the matrix only the upper triangle.
void add_scaled(Derivatives& sum, const Derivatives& part, double factor) {
  sum.value += factor * part.value;
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    sum.gradient[i] += factor * part.gradient[i];
    for (std::size_t j = i; j < kNumParameters; ++j) {
      sum.hessian[i][j] += factor * part.hessian[i][j];
    }
  }
}

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
  const double small = elementary::exp(-std::abs(odds_log));
  const double left = odds_log > 0.0 ? 1.0 / (1.0 + small) : small / (1.0 + small);
  sum.value += std::max(odds_log, 0.0) + elementary::log1p_of_share(small);
  const std::array<double, kNumParameters> slope{
      log_ratio, power * ((history.recency - history.T) / (end * last)), 1.0 / at.a, -1.0 / past};
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    sum.gradient[i] += left * slope[i];
  }
  // Second derivatives of A4 - A3.
  sum.hessian[at_r][at_alpha] += left * ((history.recency - history.T) / (end * last));
  sum.hessian[at_alpha][at_alpha] += left * power * (1.0 / (last * last) - 1.0 / (end * end));
  sum.hessian[at_a][at_a] -= left / (at.a * at.a);
  sum.hessian[at_b][at_b] += left / (past * past);
  const double spread = small / ((1.0 + small) * (1.0 + small));
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    for (std::size_t j = i; j < kNumParameters; ++j) {
      sum.hessian[i][j] += spread * slope[i] * slope[j];
    }
  }
  return sum;
}

/// Sum of `part(row)` over [0, num_rows) by slices of fixed length, whoever computes them.
template <class Sum, class Part, class Add>
Sum sum_by_slices(std::size_t num_rows, int num_threads, const Part& part, const Add& add) {
  const std::size_t num_slices = (num_rows + kSliceRows - 1) / kSliceRows;
  std::vector<Sum> sums(num_slices);
  const auto work = [&](std::size_t, std::size_t first, std::size_t last) {
    for (std::size_t slice = first; slice < last; ++slice) {
      poll_interrupt();
      const std::size_t end = std::min(num_rows, (slice + 1) * kSliceRows);
      for (std::size_t row = slice * kSliceRows; row < end; ++row) {
        part(row, sums[slice]);
      }
    }
  };
  if (num_slices > 1) {
    parallel_for(num_slices, resolve_num_threads(num_threads), work);
  } else {
    work(0, 0, num_slices);
  }
  Sum total{};
  for (const Sum& one : sums) {
    add(total, one);
  }
  return total;
}

void mirror(Derivatives& sum) {
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      sum.hessian[i][j] = sum.hessian[j][i];
    }
  }
}

/// The log-likelihood of all customers and its derivatives.
Derivatives likelihood(const Parameters& at, const Data& data, int num_threads) {
  Derivatives total = sum_by_slices<Derivatives>(
      data.histories.size(), num_threads,
      [&](std::size_t row, Derivatives& sum) {
        const History& one = data.histories[row];
        add_scaled(sum, of_times(at, one), one.count);
      },
      [](Derivatives& sum, const Derivatives& part) { add_scaled(sum, part, 1.0); });
  for (const Group& group : data.groups) {
    add_scaled(total, of_frequency(at, group.frequency), group.count);
  }
  mirror(total);
  return total;
}

/// The mean of the negative log-likelihood and the penalty, by the parameters; alpha is counted in
/// largest T.
Derivatives objective(const Parameters& at, const Data& data, const Options& options) {
  const Derivatives sum = likelihood(at, data, options.num_threads);
  Derivatives mean;
  add_scaled(mean, sum, -1.0 / data.num_customers);
  mirror(mean);
  const double unit = 1.0 / data.largest_T;
  const std::array<double, kNumParameters> scale{1.0, unit, 1.0, 1.0};
  const std::array<double, kNumParameters> values{at.r, at.alpha, at.a, at.b};
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    const double weight = options.penalizer_coef * scale[i] * scale[i];
    mean.value += weight * values[i] * values[i];
    mean.gradient[i] += 2.0 * weight * values[i];
    mean.hessian[i][i] += 2.0 * weight;
  }
  return mean;
}

/// The NBD, to which the model tends as nobody leaves.
struct NbdFit {
  Parameters parameters{};
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

NbdFit fit_nbd(const Data& data, const Options& options) {
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
  fit.parameters = {.r = r, .alpha = alpha, .a = 0.0, .b = kNaN};
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

newton::Vector<kNumParameters> vector_of(const Parameters& at) {
  return {at.r, at.alpha, at.a, at.b};
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

void set_covariance(Result& result, const newton::Matrix<kNumParameters>& covariance) {
  for (std::size_t i = 0; i < kNumParameters; ++i) {
    for (std::size_t j = 0; j < kNumParameters; ++j) {
      result.covariance[i * kNumParameters + j] = covariance[i][j];
    }
    result.standard_errors[i] = std::sqrt(covariance[i][i]);
  }
}

/// Takes the NBD for the answer: r and alpha are estimates, and nobody leaves.
void set_nbd(Result& result, const NbdFit& nbd) {
  result.status = FitStatus::boundary;
  result.boundary = "a -> 0: nobody leaves";
  result.parameters = nbd.parameters;
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

void set_unknown(Result& result, std::string boundary) {
  result.status = FitStatus::boundary;
  result.boundary = std::move(boundary);
  result.parameters = {.r = kNaN, .alpha = kNaN, .a = kNaN, .b = kNaN};
  result.standard_errors.fill(kNaN);
  result.covariance.fill(kNaN);
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
  return log_odds > 0.0 ? elementary::exp(-log_odds) / (1.0 + elementary::exp(-log_odds))
                        : 1.0 / (1.0 + elementary::exp(log_odds));
}

/// Half of the nodes of the Gauss-Legendre rule with 16, which lie symmetric to 0.
constexpr std::array<double, 8> kNodes{0.09501250983763744, 0.2816035507792589, 0.45801677765722737,
                                       0.6178762444026438,  0.755404408355003,  0.8656312023878318,
                                       0.9445750230732326,  0.9894009349916499};
constexpr std::array<double, 8> kWeights{
    0.18945061045506864, 0.18260341504492364, 0.16915651939500265,  0.1495959888165767,
    0.12462897125553407, 0.0951585116824926,  0.062253523938647456, 0.027152459411754176};

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
    const double half = 0.5 * (high - low);
    const double middle = 0.5 * (high + low);
    double sum = 0.0;
    for (std::size_t i = 0; i < kNodes.size(); ++i) {
      for (const double side : {-1.0, 1.0}) {
        const double grown = elementary::exp(middle + side * half * kNodes[i]);
        const double time = alpha * (grown - 1.0);
        sum += kWeights[i] * (until(time) - before) * factor(time) * (alpha * grown);
      }
    }
    integral += half * sum;
    from = to;
  }
  return (until(end) - before) * factor(end) + interval.discount * integral;
}

void validate_parameters(const Parameters& at, bool may_be_nbd) {
  const auto is_good = [](double one) { return one > 0.0 && one <= kMost; };
  const bool is_nbd = may_be_nbd && at.a == 0.0;
  require(is_good(at.r) && is_good(at.alpha) && (is_nbd || (is_good(at.a) && is_good(at.b))),
          ErrorCode::invalid_argument, "bg_nbd: parameters must be above 0 and finite");
}

void validate_time(double time) {
  require(time >= 0.0 && time <= kMost, ErrorCode::invalid_argument,
          "bg_nbd: a time must be 0 or more, and finite", to_text(time));
}

/// One value of each customer, by threads.
template <class Value>
std::vector<double> of_each(const Customers& customers, int num_threads, const Value& value) {
  std::vector<double> values(customers.T.size());
  const auto work = [&](std::size_t, std::size_t first, std::size_t last) {
    PollCounter polls;
    for (std::size_t row = first; row < last; ++row) {
      polls.count();
      values[row] = value(customers.frequency[row], customers.recency[row], customers.T[row]);
    }
  };
  parallel_for(values.size(), resolve_num_threads(num_threads), work);
  return values;
}

}  // namespace

void validate(const Customers& customers) {
  require(customers.recency.size() == customers.frequency.size() &&
              customers.T.size() == customers.frequency.size(),
          ErrorCode::schema_mismatch, "bg_nbd: columns of different lengths");
  require(!customers.T.empty(), ErrorCode::invalid_data, "bg_nbd: there is no customer");
  for (std::size_t row = 0; row < customers.T.size(); ++row) {
    const double x = customers.frequency[row];
    const double recency = customers.recency[row];
    require_time(x, row, "frequency");
    require_time(recency, row, "recency");
    require_time(customers.T[row], row, "T");
    if (x != std::floor(x)) {
      refuse("bg_nbd: a frequency must be a whole number", row, "frequency", x);
    }
    if (recency > customers.T[row]) {
      refuse("bg_nbd: recency must not exceed T", row, "recency", recency);
    }
    if (x > 0.0 && recency == 0.0) {
      refuse("bg_nbd: a repeat purchase must be after the first", row, "recency", recency);
    }
    if (x == 0.0 && recency > 0.0) {
      refuse("bg_nbd: without a repeat purchase recency must be 0", row, "recency", recency);
    }
  }
}

Result fit(const Customers& customers, const Options& options) {
  validate(customers);
  require(options.penalizer_coef >= 0.0 && options.penalizer_coef <= kMost,
          ErrorCode::invalid_argument, "bg_nbd: penalizer_coef must be 0 or more",
          to_text(options.penalizer_coef));
  require(options.boundary_gain >= 0.0 && options.boundary_gain <= kMost,
          ErrorCode::invalid_argument, "bg_nbd: boundary_gain must be 0 or more",
          to_text(options.boundary_gain));
  require(options.max_iter >= 1, ErrorCode::invalid_argument, "bg_nbd: max_iter must be at least 1",
          std::to_string(options.max_iter));
  if (options.init) {
    validate_parameters(*options.init, false);
  }
  const Data data = data_of(customers);
  Result result;
  result.num_customers = static_cast<std::int64_t>(data.num_customers);
  for (const Group& group : data.groups) {
    result.num_repeaters += group.frequency > 0.0 ? static_cast<std::int64_t>(group.count) : 0;
    result.num_repeats += group.frequency * group.count;
  }
  require(result.num_repeaters > 0, ErrorCode::invalid_data,
          "bg_nbd: nobody has a repeat purchase, so nothing tells the parameters");
  require(data.histories.size() > 1, ErrorCode::invalid_data,
          "bg_nbd: all customers are alike, so nothing tells them apart");

  const double unit = data.largest_T;
  const auto natural = [&](const newton::Vector<kNumParameters>& point) {
    return Parameters{.r = elementary::exp(point[at_r]),
                      .alpha = unit * elementary::exp(point[at_alpha]),
                      .a = elementary::exp(point[at_a]),
                      .b = elementary::exp(point[at_b])};
  };
  const auto evaluate = [&](const newton::Vector<kNumParameters>& point) {
    const Parameters at = natural(point);
    return newton::by_logarithms<kNumParameters>(objective(at, data, options), vector_of(at));
  };
  std::vector<newton::Vector<kNumParameters>> starts;
  if (options.init) {
    const Parameters& init = *options.init;
    starts.push_back({elementary::log(init.r), elementary::log(init.alpha / unit),
                      elementary::log(init.a), elementary::log(init.b)});
  } else {
    // Rates of the mean customer, who is more or less like the others; few or many leave.
    const double mean = result.num_repeats / data.num_customers;
    const double log_mean = elementary::log(mean);
    starts = {{-1.0, -1.0 - log_mean, 0.0, 1.0},
              {0.0, -log_mean, -1.0, 1.0},
              {-1.5, -1.5 - log_mean, 1.0, 1.0},
              {0.5, 0.5 - log_mean, -3.0, 0.0},
              {-0.5, -2.5 - log_mean, 0.0, 0.0}};
  }
  newton::Minimum<kNumParameters> best;
  best.at.value = std::numeric_limits<double>::infinity();
  for (const auto& start : starts) {
    const auto found =
        newton::minimise<kNumParameters>(evaluate, start, {.max_iter = options.max_iter});
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
  result.log_likelihood = likelihood(result.parameters, data, options.num_threads).value;
  result.status = best.converged ? FitStatus::converged : FitStatus::not_converged;
  if (options.penalizer_coef == 0.0) {
    const NbdFit nbd = fit_nbd(data, options);
    const double least = std::max(options.boundary_gain, kRoundingGain * data.num_customers);
    if (nbd.is_inside && result.log_likelihood < nbd.log_likelihood + least) {
      set_nbd(result, nbd);
      return result;
    }
  }
  if (std::string limit = limit_of(result.parameters); !limit.empty()) {
    set_unknown(result, std::move(limit));
    return result;
  }
  if (result.status == FitStatus::converged) {
    const Derivatives at = objective(result.parameters, data, options);
    const auto covariance = newton::inverse<kNumParameters>(at.hessian);
    bool is_known = covariance.has_value();
    newton::Matrix<kNumParameters> scaled{};
    if (covariance) {
      scaled = *covariance;
      const auto values = vector_of(result.parameters);
      for (std::size_t i = 0; i < kNumParameters; ++i) {
        for (double& one : scaled[i]) {
          one /= data.num_customers;
        }
        is_known = is_known && std::sqrt(scaled[i][i]) < kUnknown * values[i];
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

double log_likelihood(const Parameters& parameters, const Customers& customers) {
  validate(customers);
  validate_parameters(parameters, true);
  const Data data = data_of(customers);
  return parameters.a == 0.0 ? nbd_likelihood(parameters.r, parameters.alpha, data).value
                             : likelihood(parameters, data, 1).value;
}

std::array<double, kNumParameters> gradient(const Parameters& parameters,
                                            const Customers& customers) {
  validate(customers);
  validate_parameters(parameters, false);
  return likelihood(parameters, data_of(customers), 1).gradient;
}

std::vector<double> probability_alive(const Parameters& parameters, const Customers& customers,
                                      int num_threads) {
  validate(customers);
  validate_parameters(parameters, true);
  return of_each(customers, num_threads, [&](double x, double recency, double T) {
    return alive(parameters, x, recency, T);
  });
}

std::vector<double> probability_of_purchase(const Parameters& parameters,
                                            const Customers& customers, double time,
                                            int num_threads) {
  validate(customers);
  validate_parameters(parameters, true);
  validate_time(time);
  return of_each(customers, num_threads, [&](double x, double recency, double T) {
    return alive(parameters, x, recency, T) *
           elementary::exp_complement((parameters.r + x) *
                                      elementary::log1p(time / (parameters.alpha + T)));
  });
}

std::vector<double> expected_purchases(const Parameters& parameters, const Customers& customers,
                                       const Interval& interval, int num_threads) {
  validate(customers);
  validate_parameters(parameters, true);
  validate_time(interval.start);
  validate_time(interval.end);
  require(interval.start <= interval.end, ErrorCode::invalid_argument,
          "bg_nbd: an interval must not end before it starts", to_text(interval.end));
  require(interval.discount >= 0.0 && interval.discount <= kMost, ErrorCode::invalid_argument,
          "bg_nbd: discount must be 0 or more", to_text(interval.discount));
  return of_each(customers, num_threads, [&](double x, double recency, double T) {
    return alive(parameters, x, recency, T) * purchases_in(parameters.r + x, parameters.alpha + T,
                                                           parameters.a, parameters.b + x,
                                                           interval);
  });
}

std::vector<double> expected_new_purchases(const Parameters& parameters,
                                           std::span<const double> times) {
  validate_parameters(parameters, true);
  std::vector<double> expected;
  expected.reserve(times.size());
  for (const double time : times) {
    validate_time(time);
    expected.push_back(
        mean_purchases(parameters.r, time / parameters.alpha, parameters.a, parameters.b));
  }
  return expected;
}

std::vector<double> time_to_purchase(const Parameters& parameters, const Customers& customers,
                                     double share) {
  validate(customers);
  validate_parameters(parameters, true);
  require(share > 0.0 && share < 1.0, ErrorCode::invalid_argument,
          "bg_nbd: share must be in (0, 1)", to_text(share));
  const double log_left = -elementary::log1p(-share);
  return of_each(customers, 1, [&](double x, double, double T) {
    const double growth = elementary::exp(log_left / (parameters.r + x)) - 1.0;
    return std::min((parameters.alpha + T) * growth, kMost);
  });
}

}  // namespace ecommerce_analytics::bg_nbd
