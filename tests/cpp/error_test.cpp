#include "ecommerce_analytics/core/error.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace ecommerce_analytics {
namespace {

TEST(Error, SaysTextThenValueThenPlace) {
  EXPECT_STREQ(Error(ErrorCode::io_failure, "csv: the file is empty").what(),
               "csv: the file is empty");
  EXPECT_STREQ(Error(ErrorCode::invalid_argument, "rfm: n_bins must be in [2, 255]",
                     {.row = std::nullopt, .column = {}, .value = "1"})
                   .what(),
               "rfm: n_bins must be in [2, 255]: 1");
  EXPECT_STREQ(Error(ErrorCode::invalid_data, "ingest: not a number",
                     {.row = 12, .column = "price", .value = "abc"})
                   .what(),
               "ingest: not a number: abc (row 12, column \"price\")");
}

TEST(Error, KeepsCodeAndPlace) {
  const Error error(ErrorCode::overflow, "sum", {.row = 3, .column = "amount", .value = "9"});
  EXPECT_EQ(error.code(), ErrorCode::overflow);
  EXPECT_EQ(error.place().row, 3);
  EXPECT_EQ(error.place().column, "amount");
  EXPECT_EQ(error.place().value, "9");
}

TEST(Error, ShortensALongValue) {
  const Error error(ErrorCode::invalid_data, "text",
                    {.row = std::nullopt, .column = {}, .value = std::string(1'000, 'x')});
  EXPECT_LE(error.place().value.size(), 84U);
  EXPECT_LT(std::string(error.what()).size(), 100U);
}

TEST(Require, ThrowsUnlessTheConditionHolds) {
  EXPECT_NO_THROW(require(true, ErrorCode::invalid_argument, "text", "value"));
  try {
    require(false, ErrorCode::invalid_argument, "text", "value");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_STREQ(error.what(), "text: value");
  }
}

}  // namespace
}  // namespace ecommerce_analytics
