#include "ecommerce_analytics/core/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace ecommerce_analytics {
namespace {

// The first numbers of xoshiro256++ from a state drawn by SplitMix64 from the seed 0; computed
// from the two published recurrences by hand in Python's integers.
TEST(Random, DrawsThePublishedSequence) {
  Random random(0);
  EXPECT_EQ(random.next(), 5987356902031041503U);
  EXPECT_EQ(random.next(), 7051070477665621255U);
}

TEST(Random, IsTheSameForTheSameSeedOnly) {
  Random one(7);
  Random same(7);
  Random other(8);
  const std::uint64_t drawn = one.next();
  EXPECT_EQ(drawn, same.next());
  EXPECT_NE(drawn, other.next());
}

TEST(Random, UniformLiesInTheHalfOpenUnitInterval) {
  Random random(1);
  double sum = 0.0;
  for (int i = 0; i < 100'000; ++i) {
    const double drawn = random.uniform();
    ASSERT_GE(drawn, 0.0);
    ASSERT_LT(drawn, 1.0);
    sum += drawn;
  }
  EXPECT_NEAR(sum / 100'000, 0.5, 0.004);  // Four standard errors.
}

TEST(Random, BelowGivesEachNumberItsShare) {
  Random random(2);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60'000; ++i) {
    ++counts.at(random.below(6));
  }
  for (const int count : counts) {
    EXPECT_NEAR(count, 10'000, 400);
  }
  EXPECT_EQ(random.below(1), 0U);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(random.below(0xC000000000000001U), 0xC000000000000001U);
  }
}

}  // namespace
}  // namespace ecommerce_analytics
