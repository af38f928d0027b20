#include "ecommerce_analytics/purchase_history.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics::purchase_history {
namespace {

const std::int64_t kCalibrationEnd = parse_civil_time("2024-02-01");
const std::int64_t kHoldoutEnd = parse_civil_time("2024-03-01");

Transactions five_customers() {
  return rows_of(Golden("purchase_history/five_customers/input.csv"));
}

std::string error_of(const Options& options) {
  try {
    static_cast<void>(summarize(five_customers(), options));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return "";
}

// Expected values: worked by hand in tests/golden/purchase_history/five_customers/SOURCE.md.
TEST(PurchaseHistory, MatchesTheWorkedExample) {
  const Summary actual = summarize(
      five_customers(), {.calibration_end_us = kCalibrationEnd, .holdout_end_us = kHoldoutEnd});
  expect_golden(actual, Golden("purchase_history/five_customers/expected.csv"));
}

TEST(PurchaseHistory, EndsAreCheckedByName) {
  EXPECT_NE(error_of({.calibration_end_us = kCalibrationEnd + 1}).find("midnight"),
            std::string::npos);
  EXPECT_NE(error_of({.calibration_end_us = kCalibrationEnd, .holdout_end_us = kCalibrationEnd})
                .find("after calibration_end"),
            std::string::npos);
  EXPECT_NE(error_of({.calibration_end_us = kHoldoutEnd + kMicrosecondsPerDay})
                .find("the data end before"),
            std::string::npos);
  EXPECT_NE(error_of({.calibration_end_us = parse_civil_time("2024-01-01")})
                .find("there is no line before"),
            std::string::npos);
  EXPECT_NE(error_of({.period_days = 0.0}).find("period_days"), std::string::npos);
}

TEST(PurchaseHistory, WithoutAHoldoutThereIsNone) {
  const Summary actual = summarize(five_customers());
  EXPECT_EQ(actual.calibration_end_us, kHoldoutEnd);
  EXPECT_EQ(actual.num_rows(), 5U);
  EXPECT_EQ(actual.holdout_money.is_valid, std::vector<std::uint8_t>(5, 0));
}

}  // namespace
}  // namespace ecommerce_analytics::purchase_history
