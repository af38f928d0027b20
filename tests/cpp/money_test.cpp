#include "ecommerce_analytics/core/money.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"

namespace ecommerce_analytics {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

// 10^38 - 1, all digits that a sum may have.
constexpr Money128 kLargest{.lo = 687'399'551'400'673'279ULL, .hi = 5'421'010'862'427'522'170LL};
constexpr Money128 kLeast{.lo = ~kLargest.lo + 1, .hi = ~kLargest.hi};

struct Read {
  std::string_view text;
  std::int64_t amount;
};

TEST(ParseAmount, ReadsEveryDigit) {
  for (const Read& read : {
           Read{"0", 0},
           Read{"-0", 0},
           Read{"0.0000", 0},
           Read{"7", 70'000},
           Read{"+7", 70'000},
           Read{"-1234.5", -12'345'000},
           Read{"19.99", 199'900},
           Read{"0.0001", 1},
           Read{"-0.0001", -1},
           Read{".5", 5'000},
           Read{"5.", 50'000},
           Read{"1.23450000000000000000000000", 12'345},
           Read{"00000000000000000000000000000000012.50", 125'000},
           Read{"  12.50 ", 125'000},
           Read{"1e3", 10'000'000},
           Read{"1.2E3", 12'000'000},
           Read{"1.2e+3", 12'000'000},
           Read{"12345e-4", 12'345},
           Read{"0.00001e1", 1},
           Read{"123450000000000000000000000e-26", 12'345},
           Read{"0e999999999999999999999", 0},
           Read{"0e-999999999999999999999", 0},
           Read{"922337203685477.5807", kMax},
           Read{"-922337203685477.5808", kMin},
           Read{"9223372036854775807e-4", kMax},
       }) {
    EXPECT_EQ(parse_amount(read.text), read.amount) << read.text;
    EXPECT_EQ(parse_amount(read.text, Rounding::half_even), read.amount) << read.text;
    EXPECT_EQ(parse_amount(read.text, Rounding::half_up), read.amount) << read.text;
  }
}

TEST(ParseAmount, RefusesWhatIsNoNumber) {
  for (const std::string_view text :
       {"",         " ",        "-",     "+",         ".",     "-.",    "e5",
        ".e5",      "1e",       "1e+",   "1e1.5",     "1.2.3", "--1",   "+-1",
        "1,234.50", "1.234,50", "1_000", "$5",        "5 USD", "R$ 5",  "0x10",
        "nan",      "NaN",      "inf",   "-Infinity", "1 2",   "12abc", "\xEF\xBC\x91"}) {
    EXPECT_EQ(parse_amount(text), std::nullopt) << text;
    EXPECT_EQ(parse_amount(text, Rounding::half_up), std::nullopt) << text;
  }
  EXPECT_EQ(parse_amount(std::string_view("1\0", 2)), std::nullopt);
}

TEST(ParseAmount, RefusesWhatLeaves64Bits) {
  for (const std::string_view text :
       {"922337203685477.5808", "-922337203685477.5809", "1e15", "1e999999999999999999999",
        "99999999999999999999999999999999999999999999"}) {
    EXPECT_EQ(parse_amount(text), std::nullopt) << text;
    EXPECT_EQ(parse_amount(text, Rounding::half_even), std::nullopt) << text;
  }
  EXPECT_EQ(parse_amount("922337203685477.58075", Rounding::half_up), std::nullopt);
  EXPECT_EQ(parse_amount("922337203685477.58074", Rounding::half_up), kMax);
  EXPECT_EQ(parse_amount("-922337203685477.58085", Rounding::half_up), std::nullopt);
  EXPECT_EQ(parse_amount("-922337203685477.58085", Rounding::half_even), kMin);
}

TEST(ParseAmount, RoundsOnlyWhenAsked) {
  struct Rounded {
    std::string_view text;
    std::int64_t half_even;
    std::int64_t half_up;
  };
  for (const Rounded& rounded : {
           Rounded{"1.23456", 12'346, 12'346},
           Rounded{"1.23454", 12'345, 12'345},
           Rounded{"0.00005", 0, 1},
           Rounded{"-0.00005", 0, -1},
           Rounded{"0.00015", 2, 2},
           Rounded{"0.00025", 2, 3},
           Rounded{"-0.00025", -2, -3},
           Rounded{"0.000250", 2, 3},
           Rounded{"0.00025000000000000000000000000000000001", 3, 3},
           Rounded{"0.00024999999999999999999999999999999999", 2, 2},
           Rounded{"5e-5", 0, 1},
           Rounded{"25e-5", 2, 3},
           Rounded{"1e-30", 0, 0},
           Rounded{"-1e-999999999999999999999", 0, 0},
       }) {
    EXPECT_EQ(parse_amount(rounded.text), std::nullopt) << rounded.text;
    EXPECT_EQ(parse_amount(rounded.text, Rounding::half_even), rounded.half_even) << rounded.text;
    EXPECT_EQ(parse_amount(rounded.text, Rounding::half_up), rounded.half_up) << rounded.text;
  }
}

TEST(ParseAmount, ReadsTheMarksThatWereTold) {
  const NumberFormat comma{.decimal = ',', .thousands = "."};
  const NumberFormat swiss{.decimal = '.', .thousands = "\u2019"};
  for (const auto& [format, text, amount] : {
           std::tuple{comma, "1.234.567,5", std::int64_t{12'345'675'000}},
           std::tuple{comma, "1234567,5", std::int64_t{12'345'675'000}},
           std::tuple{comma, " -1.234 ", std::int64_t{-12'340'000}},
           std::tuple{comma, ",5", std::int64_t{5'000}},
           std::tuple{comma, "1.234e-1", std::int64_t{1'234'000}},
           std::tuple{swiss, "1\u2019234.50", std::int64_t{12'345'000}},
       }) {
    EXPECT_EQ(parse_amount(text, Rounding::exact, format), amount) << text;
    EXPECT_TRUE(is_number(text, format)) << text;
  }
  for (const std::string_view text : {"1.23.456", "1234.567", "1.2345", ".234", "1.", "1.234.",
                                      "1,5.000", "1,234,567", "1..234", "1.50", "1,2,3", "."}) {
    EXPECT_EQ(parse_amount(text, Rounding::half_up, comma), std::nullopt) << text;
    EXPECT_FALSE(is_number(text, comma)) << text;
  }
  EXPECT_EQ(parse_amount("1'234.50", Rounding::exact, swiss), std::nullopt);
}

TEST(ParseMoney, NamesTheText) {
  EXPECT_EQ(parse_money("12.50"), 125'000);
  try {
    static_cast<void>(parse_money("1.23456"));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_data);
    EXPECT_EQ(error.place().value, "1.23456");
  }
}

TEST(AmountFromDouble, TakesTheNearest) {
  struct Taken {
    double value;
    std::int64_t amount;
  };
  for (const Taken& taken : {
           Taken{0.0, 0},
           Taken{-0.0, 0},
           Taken{0.1, 1'000},
           Taken{0.1 + 0.2, 3'000},
           Taken{19.99, 199'900},
           Taken{-19.99, -199'900},
           Taken{0.0001, 1},
           Taken{1.2345, 12'345},
           Taken{123'456'789.1234, 1'234'567'891'234},
           Taken{900'000'000'000'000.0, 9'000'000'000'000'000'000},
           // 922,337,203,685,477.5 is a double; the next one up leaves 64 bits.
           Taken{922'337'203'685'477.5, 9'223'372'036'854'775'000},
           Taken{-922'337'203'685'477.5, -9'223'372'036'854'775'000},
       }) {
    EXPECT_EQ(amount_from_double(taken.value), taken.amount) << taken.value;
    EXPECT_EQ(amount_from_double(taken.value, Rounding::half_even), taken.amount) << taken.value;
    EXPECT_EQ(amount_from_double(taken.value, Rounding::half_up), taken.amount) << taken.value;
  }
}

TEST(AmountFromDouble, RefusesWhatIsNoMultipleUnlessRounding) {
  struct Rounded {
    double value;
    std::int64_t half_even;
    std::int64_t half_up;
  };
  for (const Rounded& rounded : {
           Rounded{1.23456, 12'346, 12'346},
           Rounded{19.990001, 199'900, 199'900},
           Rounded{1e-10, 0, 0},
           Rounded{5e-324, 0, 0},
           // These lie exactly half way: 312.5 and 937.5 ten-thousandths.
           Rounded{0.03125, 312, 313},
           Rounded{-0.03125, -312, -313},
           Rounded{0.09375, 938, 938},
           // The double written 0.00005 is a little more than that: no tie.
           Rounded{0.00005, 1, 1},
       }) {
    EXPECT_EQ(amount_from_double(rounded.value), std::nullopt) << rounded.value;
    EXPECT_EQ(amount_from_double(rounded.value, Rounding::half_even), rounded.half_even)
        << rounded.value;
    EXPECT_EQ(amount_from_double(rounded.value, Rounding::half_up), rounded.half_up)
        << rounded.value;
  }
}

TEST(AmountFromDouble, RefusesWhatIsNoAmount) {
  for (const double value :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity(), 1e15, -1e15, 922'337'203'685'477.625,
        std::numeric_limits<double>::max()}) {
    EXPECT_EQ(amount_from_double(value), std::nullopt) << value;
    EXPECT_EQ(amount_from_double(value, Rounding::half_even), std::nullopt) << value;
  }
}

TEST(MultiplyAmounts, IsExactOrRefuses) {
  EXPECT_EQ(multiply_amounts(60'000, 25'500), 153'000);  // 6 pieces of 2.55
  EXPECT_EQ(multiply_amounts(-60'000, 25'500), -153'000);
  EXPECT_EQ(multiply_amounts(0, kMin), 0);
  EXPECT_EQ(multiply_amounts(kMax, 10'000), kMax);
  EXPECT_EQ(multiply_amounts(kMin, 10'000), kMin);
  EXPECT_EQ(multiply_amounts(kMin, -10'000), std::nullopt);
  EXPECT_EQ(multiply_amounts(kMax, 20'000), std::nullopt);
  EXPECT_EQ(multiply_amounts(kMax, kMax), std::nullopt);
  EXPECT_EQ(multiply_amounts(kMin, kMin, Rounding::half_even), std::nullopt);
  EXPECT_EQ(multiply_amounts(1, 1), std::nullopt);
  EXPECT_EQ(multiply_amounts(1, 1, Rounding::half_up), 0);
  EXPECT_EQ(multiply_amounts(1, 5'000), std::nullopt);
  EXPECT_EQ(multiply_amounts(1, 5'000, Rounding::half_even), 0);
  EXPECT_EQ(multiply_amounts(1, 5'000, Rounding::half_up), 1);
  EXPECT_EQ(multiply_amounts(-1, 5'000, Rounding::half_up), -1);
  EXPECT_EQ(multiply_amounts(-3, 5'000, Rounding::half_even), -2);
}

TEST(Money128, OrdersByValue) {
  EXPECT_LT(to_money128(-1), to_money128(0));
  EXPECT_LT(to_money128(kMin), to_money128(-1));
  EXPECT_LT(to_money128(kMax), (Money128{.lo = 0, .hi = 1}));
  EXPECT_LT(kLeast, to_money128(kMin));
}

TEST(Add, CarriesAndBorrows) {
  EXPECT_EQ(add(to_money128(2), to_money128(-5)), to_money128(-3));
  EXPECT_EQ(add(Money128{.lo = ~0ULL, .hi = 0}, to_money128(1)), (Money128{.lo = 0, .hi = 1}));
  EXPECT_EQ(add(Money128{.lo = 0, .hi = 1}, to_money128(-1)), (Money128{.lo = ~0ULL, .hi = 0}));
  Money128 sum = to_money128(0);
  for (int count = 0; count < 4; ++count) {
    sum = add(sum, to_money128(kMax));
  }
  EXPECT_EQ(format_money(sum), "3689348814741910.3228");
}

TEST(Add, OverflowIsAnErrorAndNeverAWrap) {
  EXPECT_EQ(add(kLargest, to_money128(0)), kLargest);
  EXPECT_EQ(add(add(kLargest, to_money128(-1)), to_money128(1)), kLargest);
  for (const auto& [a, b] :
       {std::pair{kLargest, to_money128(1)}, std::pair{kLeast, to_money128(-1)},
        std::pair{kLargest, kLargest}, std::pair{kLeast, kLeast}}) {
    try {
      static_cast<void>(add(a, b));
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::overflow);
    }
  }
}

TEST(FormatMoney, ShowsAllDigits) {
  EXPECT_EQ(format_money(to_money128(0)), "0.0000");
  EXPECT_EQ(format_money(to_money128(-1)), "-0.0001");
  EXPECT_EQ(format_money(to_money128(-12'345'000)), "-1234.5000");
  EXPECT_EQ(format_money(to_money128(kMin)), "-922337203685477.5808");
  EXPECT_EQ(format_money(kLargest), "9999999999999999999999999999999999.9999");
  EXPECT_EQ(format_money(kLeast), "-9999999999999999999999999999999999.9999");
}

/// `value` currency units and `rest` ten-thousandths.
Money128 units(std::int64_t value, std::int64_t rest = 0) {
  Money128 sum = to_money128(rest);
  for (int count = 0; count < 10'000; ++count) {
    sum = add(sum, to_money128(value));
  }
  return sum;
}

// 2^53 + 1 is the least whole number that is no double; it lies half way between two of them.
constexpr std::int64_t kHalfWay = (std::int64_t{1} << 53) + 1;
constexpr double kBelowHalfWay = 9'007'199'254'740'992.0;
constexpr double kAboveHalfWay = 9'007'199'254'740'994.0;

TEST(ToDouble, IsTheNearestDouble) {
  EXPECT_EQ(to_double(to_money128(0)), 0.0);
  EXPECT_EQ(to_double(to_money128(1'000)), 0.1);
  EXPECT_EQ(to_double(to_money128(3'000)), 0.3);
  EXPECT_EQ(to_double(to_money128(-199'900)), -19.99);
  EXPECT_EQ(to_double(units(kHalfWay)), kBelowHalfWay);
  EXPECT_EQ(to_double(units(kHalfWay, 1)), kAboveHalfWay);
  EXPECT_EQ(to_double(units(kHalfWay, -1)), kBelowHalfWay);
  EXPECT_EQ(to_double(units(-kHalfWay)), -kBelowHalfWay);
  EXPECT_EQ(to_double(units(-kHalfWay, -1)), -kAboveHalfWay);
  EXPECT_EQ(to_double(units(kHalfWay + 2)), kBelowHalfWay + 4);  // The even one is above.
  EXPECT_EQ(to_double(kLargest), 1e34);
  EXPECT_EQ(to_double(kLeast), -1e34);
}

TEST(Ratio, IsTheNearestDouble) {
  EXPECT_EQ(ratio(to_money128(0), to_money128(-7)), 0.0);
  EXPECT_EQ(ratio(to_money128(1), to_money128(3)), 0x1.5555555555555p-2);
  EXPECT_EQ(ratio(to_money128(2), to_money128(3)), 0x1.5555555555555p-1);
  EXPECT_EQ(ratio(to_money128(-1), to_money128(10)), -0.1);
  EXPECT_EQ(ratio(to_money128(1), to_money128(-10)), -0.1);
  EXPECT_EQ(ratio(to_money128(-1), to_money128(-10)), 0.1);
  // Worked long-hand: 3 (2^53 + 1) / 3 is a tie, one more in the numerator is above it. Rounding
  // the two sums to double first and dividing gives the same for both.
  EXPECT_EQ(ratio(units(3 * kHalfWay), units(3)), kBelowHalfWay);
  EXPECT_EQ(ratio(units(3 * kHalfWay, 1), units(3)), kAboveHalfWay);
  EXPECT_EQ(ratio(units(-3 * kHalfWay), units(3)), -kBelowHalfWay);
  EXPECT_EQ(ratio(units(-3 * kHalfWay, -1), units(3)), -kAboveHalfWay);
  EXPECT_EQ(ratio(units(3), units(3 * kHalfWay)), 1.0 / kBelowHalfWay * (1.0 - 0x1p-53));
  EXPECT_EQ(ratio(kLargest, to_money128(1)), 1e38);
  EXPECT_EQ(ratio(kLargest, kLargest), 1.0);
  EXPECT_EQ(ratio(kLeast, kLargest), -1.0);
  EXPECT_EQ(ratio(to_money128(1), kLargest), 1e-38);
}

TEST(MeanMoney, IsTheNearestDouble) {
  EXPECT_EQ(mean_money(units(295), 8), 36.875);
  EXPECT_EQ(mean_money(units(1), 3), 0x1.5555555555555p-2);
  EXPECT_EQ(mean_money(units(-1), 10), -0.1);
  EXPECT_EQ(mean_money(units(3 * kHalfWay), 3), kBelowHalfWay);
  EXPECT_EQ(mean_money(units(3 * kHalfWay, 1), 3), kAboveHalfWay);
  EXPECT_EQ(mean_money(kLargest, 1), 1e34);
  EXPECT_EQ(mean_money(to_money128(1), kMax), 1e-4 / 9.223372036854775807e18);
}

}  // namespace
}  // namespace ecommerce_analytics
