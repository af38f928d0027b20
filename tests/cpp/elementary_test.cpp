#include "core/elementary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>

#include "ecommerce_analytics/core/random.hpp"

namespace ecommerce_analytics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Distance of `value` from the long double `exact` in units in the last place of a double.
double units_off(double value, long double exact) {
  const double nearest = static_cast<double>(exact);
  const double step = std::nextafter(std::abs(nearest), kInfinity) - std::abs(nearest);
  return static_cast<double>(std::abs(static_cast<long double>(value) - exact) / step);
}

TEST(Elementary, ExpIsWithinOneUnit) {
  Random random(1);
  for (int i = 0; i < 200'000; ++i) {
    const double x = -708.0 + 1417.0 * random.uniform();
    ASSERT_LE(units_off(elementary::exp(x), std::exp(static_cast<long double>(x))), 1.0) << x;
    const double small = (random.uniform() - 0.5) * 0x1p-20;
    ASSERT_LE(units_off(elementary::exp(small), std::exp(static_cast<long double>(small))), 1.0);
  }
}

TEST(Elementary, ExpHasItsBounds) {
  EXPECT_EQ(elementary::exp(0.0), 1.0);
  EXPECT_EQ(elementary::exp(-0.0), 1.0);
  EXPECT_EQ(elementary::exp(kInfinity), kInfinity);
  EXPECT_EQ(elementary::exp(-kInfinity), 0.0);
  EXPECT_EQ(elementary::exp(1e300), kInfinity);
  EXPECT_EQ(elementary::exp(-1e300), 0.0);
  EXPECT_EQ(elementary::exp(709.79), kInfinity);
  EXPECT_LT(elementary::exp(709.78), kInfinity);
  EXPECT_EQ(elementary::exp(-745.2), 0.0);
  EXPECT_EQ(elementary::exp(-745.1), std::numeric_limits<double>::denorm_min());
  EXPECT_TRUE(std::isnan(elementary::exp(std::numeric_limits<double>::quiet_NaN())));
}

TEST(Elementary, LogIsWithinOneUnit) {
  Random random(2);
  for (int i = 0; i < 200'000; ++i) {
    const double wide =
        std::ldexp(0.5 + random.uniform(), static_cast<int>(random.below(2000)) - 1040);
    const double near_one = 1.0 + (random.uniform() - 0.5) * 0.5;
    for (const double x : {wide, near_one}) {
      ASSERT_LE(units_off(elementary::log(x), std::log(static_cast<long double>(x))), 1.0) << x;
    }
  }
}

TEST(Elementary, LogHasItsBounds) {
  EXPECT_EQ(elementary::log(1.0), 0.0);
  EXPECT_EQ(elementary::log(0.0), -kInfinity);
  EXPECT_EQ(elementary::log(-0.0), -kInfinity);
  EXPECT_EQ(elementary::log(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(elementary::log(-1.0)));
  EXPECT_TRUE(std::isnan(elementary::log(std::numeric_limits<double>::quiet_NaN())));
  EXPECT_EQ(elementary::log(std::numeric_limits<double>::denorm_min()), std::log(0x1p-1074));
}

TEST(Elementary, Log1pLosesNothingOfSmallNumbers) {
  Random random(3);
  for (int i = 0; i < 200'000; ++i) {
    const double sign = random.uniform() < 0.5 ? -0.9 : 1.0;
    const double x = sign * std::ldexp(random.uniform(), -static_cast<int>(random.below(60)));
    ASSERT_LE(units_off(elementary::log1p(x), std::log1p(static_cast<long double>(x))), 2.0) << x;
    const double large = 1e6 * random.uniform();
    ASSERT_LE(units_off(elementary::log1p(large), std::log1p(static_cast<long double>(large))),
              2.0);
  }
  EXPECT_EQ(elementary::log1p(0.0), 0.0);
  EXPECT_EQ(elementary::log1p(1e-300), 1e-300);
  EXPECT_EQ(elementary::log1p(-1.0), -kInfinity);
  EXPECT_EQ(elementary::log1p(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(elementary::log1p(-1.5)));
}

TEST(Elementary, Log1pOfAShareIsWithinTwoUnits) {
  Random random(4);
  for (int i = 0; i < 200'000; ++i) {
    const double x = std::ldexp(random.uniform(), -static_cast<int>(random.below(60)));
    ASSERT_LE(units_off(elementary::log1p_of_share(x), std::log1p(static_cast<long double>(x))),
              2.0)
        << x;
  }
  EXPECT_EQ(elementary::log1p_of_share(0.0), 0.0);
  EXPECT_NEAR(elementary::log1p_of_share(1.0), std::log(2.0), 1e-16);
}

TEST(Elementary, ErfcIsRightInTheFarTail) {
  Random random(5);
  for (int i = 0; i < 20'000; ++i) {
    const double x = -6.0 + 32.5 * random.uniform();
    const double exact = static_cast<double>(std::erfc(static_cast<long double>(x)));
    ASSERT_NEAR(elementary::erfc(x) / exact, 1.0, 5e-15) << x;
  }
  EXPECT_EQ(elementary::erfc(0.0), 1.0);
  EXPECT_EQ(elementary::erfc(30.0), 0.0);
  EXPECT_EQ(elementary::erfc(-30.0), 2.0);
  EXPECT_EQ(elementary::erfc(kInfinity), 0.0);
  EXPECT_TRUE(std::isnan(elementary::erfc(std::numeric_limits<double>::quiet_NaN())));
}

TEST(Elementary, TheNormalTailsAndTheirQuantile) {
  Random random(6);
  for (int i = 0; i < 20'000; ++i) {
    const double z = 37.0 * random.uniform();
    const long double exact = std::erfc(static_cast<long double>(z) / std::sqrt(2.0L));
    ASSERT_NEAR(elementary::two_sided_normal(z) / static_cast<double>(exact), 1.0, 5e-15) << z;
    ASSERT_EQ(elementary::two_sided_normal(-z), elementary::two_sided_normal(z));
    const double back = elementary::two_sided_normal_quantile(static_cast<double>(exact));
    ASSERT_NEAR(back, z, 1e-13 + 1e-15 / static_cast<double>(exact) * (z < 1.0 ? 1.0 : 0.0)) << z;
  }
  EXPECT_EQ(elementary::two_sided_normal(0.0), 1.0);
  EXPECT_EQ(elementary::two_sided_normal(kInfinity), 0.0);
  EXPECT_NEAR(elementary::two_sided_normal_quantile(0.05), 1.959963984540054, 1e-14);
}

}  // namespace
}  // namespace ecommerce_analytics
