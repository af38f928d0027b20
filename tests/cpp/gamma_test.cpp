#include "core/gamma.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

namespace ecommerce_analytics::gamma_function {
namespace {

// Expected values: mpmath 1.4, 30 digits.
TEST(Gamma, MatchesKnownValues) {
  EXPECT_NEAR(log_gamma(0.5), 0.57236494292470008707, 4e-15);
  EXPECT_NEAR(log_gamma(1.0), 0.0, 1e-14);
  EXPECT_NEAR(log_gamma(1e-8), 18.420680738180208905, 1e-14);
  EXPECT_NEAR(log_gamma(1234.5), 7550.5509010778948957, 1e-11);
  EXPECT_NEAR(digamma(1.0), -0.57721566490153286061, 4e-15);
  EXPECT_NEAR(digamma(0.5), -1.9635100260214234794, 1e-14);
  EXPECT_NEAR(trigamma(1.0), 1.6449340668482264365, 4e-15);
  EXPECT_NEAR(trigamma(0.5), 4.9348022005446793094, 1e-14);
}

TEST(Gamma, ARiseIsTheDifferenceOfItsEnds) {
  for (const auto& [z, x] :
       {std::tuple(0.25, 0.0), std::tuple(0.25, 3.0), std::tuple(0.25, 40.0), std::tuple(0.25, 0.5),
        std::tuple(7.5, 1.25), std::tuple(50.0, 2.0), std::tuple(9.5, 0.75)}) {
    const Rise actual = rise(z, x);
    EXPECT_NEAR(actual.log, log_gamma(z + x) - log_gamma(z), 1e-13) << z << " " << x;
    EXPECT_NEAR(actual.first, digamma(z + x) - digamma(z), 1e-13) << z << " " << x;
    EXPECT_NEAR(actual.second, trigamma(z + x) - trigamma(z), 1e-13) << z << " " << x;
  }
}

TEST(Gamma, ARiseKeepsItsDigitsWhereTheEndsAreLarge) {
  // log((z) (z + 1)) at z = 10^12, whose log-gammas are 2.7 10^13.
  EXPECT_NEAR(rise(1e12, 2.0).log, std::log(1e12) + std::log1p(1e12), 1e-13);
}

}  // namespace
}  // namespace ecommerce_analytics::gamma_function
