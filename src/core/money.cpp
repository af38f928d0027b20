#include "ecommerce_analytics/core/money.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics {
namespace {

constexpr double kRelativeTolerance = 1e-9;

/// One more than the largest decimal128 of 38 digits.
constexpr Int128 power_of_ten(int exponent) {
  Int128 power = 1;
  for (int i = 0; i < exponent; ++i) {
    power *= 10;
  }
  return power;
}
constexpr Int128 kDecimal128End = power_of_ten(38);

/// Quotient by a positive divisor under `rounding`; nothing if it had to round and may not.
std::optional<Int128> rounded_quotient(Int128 value, Int128 divisor, Rounding rounding) {
  Int128 quotient = value / divisor;
  const Int128 rest = value % divisor;
  if (rest == 0) {
    return quotient;
  }
  if (rounding == Rounding::exact) {
    return std::nullopt;
  }
  const Int128 distance = rest < 0 ? -rest : rest;
  const Int128 from_half = distance - (divisor - distance);
  const bool is_odd = quotient % 2 != 0;
  if (from_half > 0 || (from_half == 0 && (rounding == Rounding::half_up || is_odd))) {
    quotient += value < 0 ? -1 : 1;
  }
  return quotient;
}

std::optional<std::int64_t> narrowed(std::optional<Int128> value) {
  if (!value.has_value() || *value > std::numeric_limits<std::int64_t>::max() ||
      *value < std::numeric_limits<std::int64_t>::min()) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*value);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// A decimal number: `digits` · 10^`exponent`.
struct Scanned {
  bool is_negative = false;
  Int128 digits = 0;
  int exponent = 0;
  bool is_truncated = false;  ///< Digits were left out; the last one kept says "a little more".
};

/// Takes out the separators of thousands; nothing unless they part groups of three digits.
std::optional<std::string> ungrouped(std::string_view text, std::string_view separator) {
  constexpr std::size_t kGroup = 3;
  std::string plain;
  std::size_t group = 0;
  bool is_first = true;
  while (!text.empty()) {
    if (is_digit(text.front())) {
      plain.push_back(text.front());
      text.remove_prefix(1);
      ++group;
    } else if (text.starts_with(separator)) {
      if (is_first ? group == 0 || group > kGroup : group != kGroup) {
        return std::nullopt;
      }
      is_first = false;
      group = 0;
      text.remove_prefix(separator.size());
    } else {
      break;
    }
  }
  if (!is_first && group != kGroup) {
    return std::nullopt;
  }
  return plain.append(text);
}

/// Reads the number that `text` is; nothing if it is none.
std::optional<Scanned> scan(std::string_view text, const NumberFormat& format) {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  Scanned number;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    number.is_negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::optional<std::string> plain;
  if (!format.thousands.empty() && text.find(format.thousands) != std::string_view::npos) {
    plain = ungrouped(text, format.thousands);
    if (!plain) {
      return std::nullopt;
    }
    text = *plain;
  }

  // Past 30 digits only whether the rest is zero can matter: 64 bits hold 19 digits, and a tie
  // needs to know of the rest no more.
  constexpr int kMaxDigits = 30;
  int num_digits = 0;
  bool any_digit = false;
  bool after_point = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == format.decimal && !after_point) {
      after_point = true;
      continue;
    }
    if (!is_digit(c)) {
      break;
    }
    any_digit = true;
    if (num_digits < kMaxDigits) {
      number.digits = number.digits * 10 + (c - '0');
      num_digits += number.digits != 0 ? 1 : 0;
      number.exponent -= after_point ? 1 : 0;
    } else {
      number.is_truncated = number.is_truncated || c != '0';
      number.exponent += after_point ? 0 : 1;
    }
  }
  if (!any_digit) {
    return std::nullopt;
  }
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') {
      return std::nullopt;
    }
    ++i;
    bool is_negative = false;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) {
      is_negative = text[i] == '-';
      ++i;
    }
    if (i == text.size()) {
      return std::nullopt;
    }
    constexpr int kLargeExponent = 10'000;
    int written = 0;
    for (; i < text.size(); ++i) {
      if (!is_digit(text[i])) {
        return std::nullopt;
      }
      written = std::min(written * 10 + (text[i] - '0'), kLargeExponent);
    }
    number.exponent += is_negative ? -written : written;
  }
  if (number.is_truncated) {
    number.digits = number.digits * 10 + 1;  // Keeps ties from being seen.
    --number.exponent;
  }
  return number;
}

}  // namespace

Money128 to_money128(std::int64_t amount) noexcept { return from_int128(amount); }

Money128 add(Money128 a, Money128 b) {
  Int128 sum = 0;
  if (__builtin_add_overflow(to_int128(a), to_int128(b), &sum) || sum >= kDecimal128End ||
      sum <= -kDecimal128End) {
    throw Error(ErrorCode::overflow, "money: a sum leaves 38 decimal digits");
  }
  return from_int128(sum);
}

bool is_number(std::string_view text, const NumberFormat& format) {
  return scan(text, format).has_value();
}

std::optional<std::int64_t> parse_amount(std::string_view text, Rounding rounding,
                                         const NumberFormat& format) {
  const std::optional<Scanned> scanned = scan(text, format);
  if (!scanned || (scanned->is_truncated && rounding == Rounding::exact)) {
    return std::nullopt;
  }
  Int128 digits = scanned->digits;
  int exponent = scanned->exponent + kMoneyDecimals;
  if (digits == 0) {
    return 0;
  }
  for (; exponent > 0; --exponent) {
    if (digits > std::numeric_limits<std::int64_t>::max()) {
      return std::nullopt;
    }
    digits *= 10;
  }
  constexpr int kAllVanish = -36;  // Under half of 1/10,000, as there are at most 32 digits.
  if (exponent < kAllVanish) {
    return rounding == Rounding::exact ? std::nullopt : std::optional<std::int64_t>(0);
  }
  return narrowed(
      rounded_quotient(scanned->is_negative ? -digits : digits, power_of_ten(-exponent), rounding));
}

std::int64_t parse_money(std::string_view text, Rounding rounding) {
  const std::optional<std::int64_t> amount = parse_amount(text, rounding);
  require(amount.has_value(), ErrorCode::invalid_data,
          "money: not a number of at most four decimals within 64 bits", text);
  return *amount;
}

std::optional<std::int64_t> amount_from_double(double value, Rounding rounding) {
  constexpr double kScale = static_cast<double>(kMoneyScale);
  const double scaled = value * kScale;
  const double nearest = std::nearbyint(scaled);
  // Far from a tie and well within the tolerance, one rounding in `scaled` changes nothing.
  constexpr double kExactIntegers = 4'503'599'627'370'496.0;  // 2^52.
  if (std::fabs(scaled) < kExactIntegers &&
      std::fabs(scaled - nearest) <= std::min(0.25, 0.1 * kRelativeTolerance * std::fabs(scaled))) {
    return static_cast<std::int64_t>(nearest);
  }
  if (!std::isfinite(value) || std::fabs(value) >= 0x1p63) {
    return std::nullopt;
  }

  // The double is mantissa · 2^exponent: count in integers what the double itself says.
  constexpr int kMantissaBits = 53;
  int exponent = 0;
  const auto mantissa =
      static_cast<std::int64_t>(std::ldexp(std::frexp(value, &exponent), kMantissaBits));
  exponent -= kMantissaBits;
  const Int128 counts = static_cast<Int128>(mantissa) * kMoneyScale;  // Below 2^67.
  if (exponent >= 0) {
    return narrowed(counts * (Int128{1} << exponent));
  }
  constexpr int kAllVanish = 120;
  if (-exponent > kAllVanish) {
    return rounding == Rounding::exact ? std::nullopt : std::optional<std::int64_t>(0);
  }
  const Int128 divisor = Int128{1} << -exponent;
  const std::optional<Int128> quotient = rounded_quotient(
      counts, divisor, rounding == Rounding::exact ? Rounding::half_even : rounding);
  const double distance = std::fabs(static_cast<double>(counts - *quotient * divisor));
  if (rounding == Rounding::exact &&
      distance > kRelativeTolerance * std::fabs(static_cast<double>(counts))) {
    return std::nullopt;
  }
  return narrowed(quotient);
}

std::optional<std::int64_t> amount_from_decimal(Int128 unscaled, int scale, Rounding rounding) {
  constexpr int kMaxPower = 38;
  const int power = scale - kMoneyDecimals;
  if (unscaled == 0) {
    return 0;
  }
  if (power > kMaxPower) {  // Less than a half: a decimal128 has 38 digits.
    return rounding == Rounding::exact ? std::nullopt : std::optional<std::int64_t>(0);
  }
  if (power >= 0) {
    return narrowed(rounded_quotient(unscaled, power_of_ten(power), rounding));
  }
  Int128 amount = 0;
  if (-power > kMaxPower || __builtin_mul_overflow(unscaled, power_of_ten(-power), &amount)) {
    return std::nullopt;
  }
  return narrowed(amount);
}

std::optional<std::int64_t> multiply_amounts(std::int64_t a, std::int64_t b, Rounding rounding) {
  return narrowed(rounded_quotient(static_cast<Int128>(a) * b, kMoneyScale, rounding));
}

std::string format_money(Money128 money) {
  const Int128 value = to_int128(money);
  UInt128 magnitude =
      value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
  std::string reversed;
  for (int i = 0; i <= kMoneyDecimals || magnitude != 0; ++i) {
    if (i == kMoneyDecimals) {
      reversed.push_back('.');
    }
    reversed.push_back(static_cast<char>('0' + static_cast<int>(magnitude % 10)));
    magnitude /= 10;
  }
  if (value < 0) {
    reversed.push_back('-');
  }
  return {reversed.rbegin(), reversed.rend()};
}

double nearest_quotient(Int128 numerator, Int128 denominator) noexcept {
  if (numerator == 0) {
    return 0.0;
  }
  const bool is_negative = (numerator < 0) != (denominator < 0);
  UInt128 rest = static_cast<UInt128>(numerator);
  rest = numerator < 0 ? UInt128{0} - rest : rest;
  UInt128 divisor = static_cast<UInt128>(denominator);
  divisor = denominator < 0 ? UInt128{0} - divisor : divisor;

  // Long division, one binary digit at a time after the whole part, until 54 significant ones
  // are there: 53 of the double and one that decides the rounding with what remains.
  UInt128 quotient = rest / divisor;
  rest %= divisor;
  int exponent = 0;
  constexpr UInt128 kEnough = UInt128{1} << 53U;
  while (quotient < kEnough) {
    const bool carry = (rest >> 127U) != 0;
    rest <<= 1U;
    const bool digit = carry || rest >= divisor;
    rest -= digit ? divisor : 0;
    quotient = (quotient << 1U) | static_cast<UInt128>(digit ? 1 : 0);
    --exponent;
  }
  bool sticky = rest != 0;
  while (quotient >= (kEnough << 1U)) {
    sticky = sticky || (quotient & 1U) != 0;
    quotient >>= 1U;
    ++exponent;
  }
  auto mantissa = static_cast<std::uint64_t>(quotient >> 1U);
  const bool half = (quotient & 1U) != 0;
  if (half && (sticky || (mantissa & 1U) != 0)) {
    ++mantissa;
  }
  const double magnitude = std::ldexp(static_cast<double>(mantissa), exponent + 1);
  return is_negative ? -magnitude : magnitude;
}

double to_double(Money128 money) noexcept {
  return nearest_quotient(to_int128(money), kMoneyScale);
}

double ratio(Money128 numerator, Money128 denominator) noexcept {
  return nearest_quotient(to_int128(numerator), to_int128(denominator));
}

double mean_money(Money128 money, std::int64_t count) noexcept {
  return nearest_quotient(to_int128(money), static_cast<Int128>(count) * kMoneyScale);
}

}  // namespace ecommerce_analytics
