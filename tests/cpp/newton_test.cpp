#include "core/newton.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ecommerce_analytics::newton {
namespace {

/// Rosenbrock's valley, which is not convex at the start.
Derivatives<2> valley(const Vector<2>& at) {
  const auto [x, y] = at;
  const double bend = y - x * x;
  return {.value = (1.0 - x) * (1.0 - x) + 100.0 * bend * bend,
          .gradient = {-2.0 * (1.0 - x) - 400.0 * x * bend, 200.0 * bend},
          .hessian = {{{2.0 - 400.0 * (y - 3.0 * x * x), -400.0 * x}, {-400.0 * x, 200.0}}}};
}

TEST(Newton, FindsTheLeastValueOfAValley) {
  const auto found = minimise<2>(valley, {-1.2, 3.0});
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.point[0], 1.0, 1e-10);
  EXPECT_NEAR(found.point[1], 1.0, 1e-10);
}

TEST(Newton, StopsWhereAVariableRunsAway) {
  const auto slope = [](const Vector<1>& at) {
    return Derivatives<1>{.value = -at[0], .gradient = {-1.0}, .hessian = {{{0.0}}}};
  };
  const auto found = minimise<1>(slope, {0.0}, {.max_reach = 10.0});
  EXPECT_FALSE(found.converged);
  EXPECT_GT(found.point[0], 10.0);
  EXPECT_LT(found.n_iter, 200);
}

TEST(Newton, AnInverseIsOne) {
  const Matrix<2> matrix{{{4.0, 1.0}, {1.0, 3.0}}};
  const auto inverted = inverse<2>(matrix);
  ASSERT_TRUE(inverted.has_value());
  EXPECT_NEAR((*inverted)[0][0], 3.0 / 11.0, 1e-15);
  EXPECT_NEAR((*inverted)[0][1], -1.0 / 11.0, 1e-15);
  EXPECT_FALSE(inverse<2>({{{1.0, 2.0}, {2.0, 1.0}}}).has_value());
}

}  // namespace
}  // namespace ecommerce_analytics::newton
