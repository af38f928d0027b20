#include "ecommerce_analytics/core/summary.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ecommerce_analytics {
namespace {

TEST(Summarize, AnEmptyColumnIsAllZero) {
  const Summary summary = summarize(std::vector<double>{});
  EXPECT_EQ(summary.count, 0U);
  EXPECT_EQ(summary.mean, 0.0);
  EXPECT_EQ(summary.min, 0.0);
  EXPECT_EQ(summary.median, 0.0);
  EXPECT_EQ(summary.max, 0.0);
}

TEST(Summarize, OneValueIsAllOfThem) {
  const Summary summary = summarize(std::vector<double>{-2.5});
  EXPECT_EQ(summary.count, 1U);
  EXPECT_EQ(summary.mean, -2.5);
  EXPECT_EQ(summary.min, -2.5);
  EXPECT_EQ(summary.median, -2.5);
  EXPECT_EQ(summary.max, -2.5);
}

// Worked by hand: the eight values add up to 40; the two in the middle are 4 and 5.
TEST(Summarize, MatchesTheWorkedExample) {
  const Summary summary = summarize(std::vector<double>{9, 2, 4, 5, 4, 4, 7, 5});
  EXPECT_EQ(summary.count, 8U);
  EXPECT_EQ(summary.mean, 5.0);
  EXPECT_EQ(summary.min, 2.0);
  EXPECT_EQ(summary.median, 4.5);
  EXPECT_EQ(summary.max, 9.0);
}

TEST(Summarize, TheMedianIsNoEstimate) {
  std::vector<double> values(1'001);
  for (std::size_t index = 0; index < values.size(); ++index) {
    values[index] = index % 2 == 0 ? 8.0 : 1'000.0 + static_cast<double>(index);
  }
  EXPECT_EQ(summarize(values).median, 8.0);
}

}  // namespace
}  // namespace ecommerce_analytics
