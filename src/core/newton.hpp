#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>

/// The least value of a smooth function of a few variables, by Newton steps.
namespace ecommerce_analytics::newton {

template <std::size_t kSize>
using Vector = std::array<double, kSize>;
template <std::size_t kSize>
using Matrix = std::array<Vector<kSize>, kSize>;

/// A function at a point. Of the matrix both triangles are set.
template <std::size_t kSize>
struct Derivatives {
  double value = 0.0;
  Vector<kSize> gradient{};
  Matrix<kSize> hessian{};
};

struct Options {
  int max_iter = 200;
  double tol = 1e-12;       ///< Of the largest entry of the gradient.
  double max_step = 2.0;    ///< Of any variable in one step.
  double max_reach = 40.0;  ///< Distance from 0 of a variable at which it is running away.
  /// Least part of the largest second derivative that is added where the function is not convex;
  /// the smaller, the longer are steps along a ridge.
  double shift = 1e-6;
};

template <std::size_t kSize>
struct Minimum {
  Vector<kSize> point{};
  Derivatives<kSize> at{};
  int n_iter = 0;
  bool converged = false;
};

/// The largest entry of the gradient.
template <std::size_t kSize>
[[nodiscard]] double gradient_norm(const Derivatives<kSize>& at) noexcept {
  double norm = 0.0;
  for (const double one : at.gradient) {
    norm = std::max(norm, std::abs(one));
  }
  return norm;
}

/// The lower triangle L of Cholesky's A = L Lᵀ; nothing if `a` is not positive definite.
template <std::size_t kSize>
[[nodiscard]] std::optional<Matrix<kSize>> cholesky(const Matrix<kSize>& a) noexcept {
  Matrix<kSize> lower{};
  for (std::size_t i = 0; i < kSize; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (std::size_t k = 0; k < j; ++k) {
        sum -= lower[i][k] * lower[j][k];
      }
      if (i == j) {
        if (!(sum > 1e-15 * std::abs(a[i][i]))) {
          return std::nullopt;
        }
        lower[i][i] = std::sqrt(sum);
      } else {
        lower[i][j] = sum / lower[j][j];
      }
    }
  }
  return lower;
}

/// x of L Lᵀ x = b.
template <std::size_t kSize>
[[nodiscard]] Vector<kSize> solve(const Matrix<kSize>& lower, Vector<kSize> b) noexcept {
  for (std::size_t i = 0; i < kSize; ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      b[i] -= lower[i][k] * b[k];
    }
    b[i] /= lower[i][i];
  }
  for (std::size_t i = kSize; i-- > 0;) {
    for (std::size_t k = i + 1; k < kSize; ++k) {
      b[i] -= lower[k][i] * b[k];
    }
    b[i] /= lower[i][i];
  }
  return b;
}

/// The inverse of a positive definite matrix; nothing for any other one.
template <std::size_t kSize>
[[nodiscard]] std::optional<Matrix<kSize>> inverse(const Matrix<kSize>& a) noexcept {
  const auto lower = cholesky(a);
  if (!lower) {
    return std::nullopt;
  }
  Matrix<kSize> made{};
  for (std::size_t column = 0; column < kSize; ++column) {
    Vector<kSize> unit{};
    unit[column] = 1.0;
    const Vector<kSize> solved = solve(*lower, unit);
    for (std::size_t row = 0; row < kSize; ++row) {
      made[row][column] = solved[row];
    }
  }
  return made;
}

/// Chain rule for a function of variables that are exponentials: `at` holds the derivatives by
/// `natural`, the result those by the logarithms.
template <std::size_t kSize>
[[nodiscard]] Derivatives<kSize> by_logarithms(const Derivatives<kSize>& at,
                                               const Vector<kSize>& natural) noexcept {
  Derivatives<kSize> made{.value = at.value};
  for (std::size_t i = 0; i < kSize; ++i) {
    made.gradient[i] = natural[i] * at.gradient[i];
    for (std::size_t j = 0; j < kSize; ++j) {
      made.hessian[i][j] = natural[i] * natural[j] * at.hessian[i][j];
    }
    made.hessian[i][i] += made.gradient[i];
  }
  return made;
}

/// Descends from `start` by Newton steps; where the function is not convex, by those of a matrix
/// made positive definite. A step that does not lower the value enough is halved.
///
/// @param evaluate  `Derivatives<kSize>(const Vector<kSize>&)`; a value that is not finite is
///                  refused like one that is too high.
/// @param has_left  `bool(const Vector<kSize>&)`: true where there is no minimum any more. Steps
///                  there end as soon as they hardly lower the value.
template <std::size_t kSize, class Evaluate, class HasLeft>
[[nodiscard]] Minimum<kSize> minimise(const Evaluate& evaluate, const Vector<kSize>& start,
                                      const Options& options, const HasLeft& has_left) {
  constexpr double kSufficientDecrease = 1e-4;
  constexpr double kRounding = 4e-15;  // Of the value.
  constexpr double kHardly = 1e-9;     // Of the value.
  constexpr int kMaxHalvings = 60;
  Minimum<kSize> best{.point = start, .at = evaluate(start)};
  for (; best.n_iter < options.max_iter; ++best.n_iter) {
    if (gradient_norm(best.at) <= options.tol) {
      best.converged = true;
      return best;
    }
    const bool is_away = std::any_of(best.point.begin(), best.point.end(),
                                     [&](double one) { return std::abs(one) > options.max_reach; });
    if (is_away) {
      return best;
    }
    double largest = 0.0;
    for (std::size_t i = 0; i < kSize; ++i) {
      largest = std::max(largest, std::abs(best.at.hessian[i][i]));
    }
    std::optional<Matrix<kSize>> lower = cholesky(best.at.hessian);
    for (double shift = options.shift * largest + 1e-300; !lower && shift < 1e6 * largest + 1.0;
         shift *= 4.0) {
      Matrix<kSize> shifted = best.at.hessian;
      for (std::size_t i = 0; i < kSize; ++i) {
        shifted[i][i] += shift;
      }
      lower = cholesky(shifted);
    }
    if (!lower) {
      return best;
    }
    Vector<kSize> step = solve(*lower, best.at.gradient);
    double longest = 0.0;
    for (const double one : step) {
      longest = std::max(longest, std::abs(one));
    }
    const double scale = longest > options.max_step ? options.max_step / longest : 1.0;
    double slope = 0.0;
    for (std::size_t i = 0; i < kSize; ++i) {
      step[i] *= scale;
      slope += step[i] * best.at.gradient[i];
    }
    bool is_taken = false;
    double share = 1.0;
    const double value_before = best.at.value;
    for (int halving = 0; halving < kMaxHalvings && !is_taken; ++halving, share *= 0.5) {
      Vector<kSize> point = best.point;
      for (std::size_t i = 0; i < kSize; ++i) {
        point[i] -= share * step[i];
      }
      const Derivatives<kSize> at = evaluate(point);
      const double slack = kRounding * std::max(1.0, std::abs(best.at.value));
      const bool is_lower = at.value <= best.at.value - kSufficientDecrease * share * slope;
      // Within rounding of the value the gradient decides.
      const bool is_level =
          at.value <= best.at.value + slack && gradient_norm(at) < gradient_norm(best.at);
      if (std::isfinite(at.value) && (is_lower || is_level)) {
        is_taken = is_lower ? point != best.point : true;
        best.point = point;
        best.at = at;
        break;
      }
    }
    if (!is_taken) {
      break;  // As good as rounding lets it be.
    }
    const double hardly = kHardly * std::max(1.0, std::abs(value_before));
    if (value_before - best.at.value <= hardly && has_left(best.point)) {
      ++best.n_iter;
      return best;
    }
  }
  // The gradient itself is only as exact as the sums it is made of.
  best.converged = gradient_norm(best.at) <= std::max(options.tol, 1e-10);
  return best;
}

/// The same of a function whose steps may end anywhere.
template <std::size_t kSize, class Evaluate>
[[nodiscard]] Minimum<kSize> minimise(const Evaluate& evaluate, const Vector<kSize>& start,
                                      const Options& options = {}) {
  return minimise<kSize>(evaluate, start, options, [](const Vector<kSize>&) { return false; });
}

}  // namespace ecommerce_analytics::newton
