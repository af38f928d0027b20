#include "core/interval.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace ecommerce_analytics {
namespace {

const double kZ = normal_quantile(0.95);

// 81 of 263, 15 of 148, 0 of 20 and 1 of 29: Newcombe (1998), Statistics in Medicine 17(8),
// 857-872.
TEST(Interval, WilsonMatchesThePublishedFigures) {
  const std::int64_t cases[][2] = {{81, 263}, {15, 148}, {0, 20}, {1, 29}};
  const double bounds[][2] = {
      {0.2553, 0.3662}, {0.0624, 0.1605}, {0.0000, 0.1611}, {0.0061, 0.1718}};
  for (std::size_t i = 0; i < 4; ++i) {
    const Interval actual = wilson(cases[i][0], cases[i][1], kZ);
    EXPECT_NEAR(actual.lower, bounds[i][0], 5e-5) << i;
    EXPECT_NEAR(actual.upper, bounds[i][1], 5e-5) << i;
  }
}

// 56 of 70 less 48 of 80, and 9 of 10 less 3 of 10: Newcombe (1998), 873-890, method 10.
TEST(Interval, NewcombeMatchesThePublishedFigures) {
  const std::int64_t cases[][4] = {{56, 70, 48, 80}, {9, 10, 3, 10}};
  const double bounds[][2] = {{0.0524, 0.3339}, {0.1705, 0.8090}};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto share = [&](std::size_t at) {
      return static_cast<double>(cases[i][at]) / static_cast<double>(cases[i][at + 1]);
    };
    const Interval actual = newcombe(share(0), wilson(cases[i][0], cases[i][1], kZ), share(2),
                                     wilson(cases[i][2], cases[i][3], kZ));
    EXPECT_NEAR(actual.lower, bounds[i][0], 5e-5) << i;
    EXPECT_NEAR(actual.upper, bounds[i][1], 5e-5) << i;
  }
}

TEST(Interval, AShareThatIsKnownAddsNoWidth) {
  const Interval second = wilson(std::int64_t{1}, std::int64_t{3}, kZ);
  const Interval actual = newcombe(1.0, {1.0, 1.0}, 1.0 / 3.0, second);
  EXPECT_DOUBLE_EQ(actual.lower, 1.0 - second.upper);
  EXPECT_DOUBLE_EQ(actual.upper, 1.0 - second.lower);
}

}  // namespace
}  // namespace ecommerce_analytics
