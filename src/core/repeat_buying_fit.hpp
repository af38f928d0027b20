#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/newton.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/parallel.hpp"
#include "ecommerce_analytics/core/repeat_buying.hpp"

/// The fit of a model of repeat buying whose rates have a gamma law (r, alpha) and which tends to
/// the NBD as nobody leaves.
namespace ecommerce_analytics::repeat_buying {

/// Parameters by place; r and alpha are the first two.
using Values = newton::Vector<kNumParameters>;
using Derivatives = newton::Derivatives<kNumParameters>;
using Matrix = newton::Matrix<kNumParameters>;

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

/// The data as a likelihood reads them: sorted, equal histories counted.
struct Data {
  std::vector<History> histories{};
  std::vector<Group> groups{};
  double num_customers = 0.0;
  double largest_T = 0.0;
};

[[nodiscard]] Data data_of(const Customers& customers);

/// Adds `factor` times the symmetric part; of the matrix only the upper triangle.
void add_scaled(Derivatives& sum, const Derivatives& part, double factor);

/// Sets the lower triangle.
void mirror(Derivatives& sum);

/// Adds log(1 + exp(log_odds)): of a history in which the customer may have left by the end, at
/// odds whose logarithm has these first and second derivatives, of which the upper triangle is
/// read.
void add_left(Derivatives& sum, double log_odds, const Values& slope, const Matrix& curvature);

/// Probability of not having left at these odds.
[[nodiscard]] double alive_at(double log_odds);

/// Rows that are added up by one thread.
inline constexpr std::size_t kSliceRows = 2'048;

/// Sum of `part(row)` over [0, num_rows) by slices of fixed length, whoever computes them.
template <class Sum, class Part, class Add>
[[nodiscard]] Sum sum_by_slices(std::size_t num_rows, int num_threads, const Part& part,
                                const Add& add) {
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

/// The log-likelihood of all customers and its derivatives.
/// @param of_frequency  `Derivatives(double)`: what a frequency alone tells.
/// @param of_times      `Derivatives(const History&)`: the rest.
template <class OfFrequency, class OfTimes>
[[nodiscard]] Derivatives likelihood_of(const Data& data, int num_threads,
                                        const OfFrequency& of_frequency, const OfTimes& of_times) {
  Derivatives total = sum_by_slices<Derivatives>(
      data.histories.size(), num_threads,
      [&](std::size_t row, Derivatives& sum) {
        const History& one = data.histories[row];
        add_scaled(sum, of_times(one), one.count);
      },
      [](Derivatives& sum, const Derivatives& part) { add_scaled(sum, part, 1.0); });
  for (const Group& group : data.groups) {
    add_scaled(total, of_frequency(group.frequency), group.count);
  }
  mirror(total);
  return total;
}

/// Log-likelihood of all customers by the NBD, in which nobody leaves.
[[nodiscard]] double nbd_log_likelihood(double r, double alpha, const Data& data);

/// What the fit has to know of a model.
struct Model {
  std::string name{};                          ///< With which errors begin.
  std::array<bool, kNumParameters> is_time{};  ///< Which parameters are times.
  std::string nobody_leaves{};                 ///< The limit at which it is the NBD.
  Values nbd{};                                ///< The last two parameters there.
  std::function<Derivatives(const Values&, const Data&, int num_threads)> likelihood{};
  /// Limit for which a point has left, or empty; times are counted in the largest T.
  std::function<std::string(const Values&)> limit_of{};
  /// Logarithms of places to begin at, in the same units, given that of the mean frequency.
  std::function<std::vector<Values>(double log_mean)> starts{};
  double shift = newton::Options{}.shift;  ///< Of the steps.
};

// Beyond these a parameter (a time: beside the largest T) has left for a limit of a model.
inline constexpr double kLeastParameter = 1e-6;
inline constexpr double kGreatestParameter = 1e6;

/// Fits a model, see `bg_nbd::fit`.
[[nodiscard]] Result<Values> fit_by_newton(const Customers& customers,
                                           const Options<Values>& options, const Model& model);

/// Parameters by place and back: an aggregate of four numbers.
template <class Parameters>
[[nodiscard]] Values values_of(const Parameters& parameters) noexcept {
  return std::bit_cast<Values>(parameters);
}

/// `fit_by_newton` with the names of the model's own parameters.
template <class Parameters>
[[nodiscard]] Result<Parameters> fit_model(const Customers& customers,
                                           const Options<Parameters>& options, const Model& model) {
  Options<Values> plain{.penalizer_coef = options.penalizer_coef,
                        .boundary_gain = options.boundary_gain,
                        .max_iter = options.max_iter,
                        .num_threads = options.num_threads};
  if (options.init) {
    plain.init = values_of(*options.init);
  }
  const Result<Values> found = fit_by_newton(customers, plain, model);
  Result<Parameters> result;
  static_cast<Report&>(result) = found;
  result.parameters = std::bit_cast<Parameters>(found.parameters);
  return result;
}

/// Refuses parameters that are not above 0; the third may be 0 where that is the NBD's.
void validate_parameters(const std::string& name, const Values& values, bool may_be_nbd);
void validate_time(const std::string& name, double time);
void validate(const std::string& name, const Interval& interval);

/// One value of each customer, by threads.
/// @param value  `double(double frequency, double recency, double T)`.
template <class Value>
[[nodiscard]] std::vector<double> of_each(const Customers& customers, int num_threads,
                                          const Value& value) {
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

/// Time after T by which each customer who stays has bought again with probability `share`.
[[nodiscard]] std::vector<double> time_to_purchase(const std::string& name, double r, double alpha,
                                                   const Customers& customers, double share);

}  // namespace ecommerce_analytics::repeat_buying
