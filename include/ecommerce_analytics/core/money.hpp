#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Exact money: counts of 1/10,000 of the currency unit, in 64 bits a line and 128 bits a sum.
namespace ecommerce_analytics {

/// Parts of one currency unit that `std::int64_t` amounts and `Money128` sums count.
inline constexpr std::int64_t kMoneyScale = 10'000;

/// Decimals of that scale.
inline constexpr int kMoneyDecimals = 4;

/// A sum of amounts: two's complement 128 bits in the layout of Arrow's decimal128(38, 4).
struct Money128 {
  std::uint64_t lo = 0;
  std::int64_t hi = 0;

  friend constexpr bool operator==(const Money128&, const Money128&) noexcept = default;
  friend constexpr std::strong_ordering operator<=>(const Money128& a, const Money128& b) noexcept {
    return a.hi != b.hi ? a.hi <=> b.hi : a.lo <=> b.lo;
  }
};

/// What to do with a number that has more than four decimals.
enum class Rounding : std::uint8_t {
  exact,      ///< Refuse it.
  half_even,  ///< To the nearest 1/10,000, ties to the even one.
  half_up,    ///< To the nearest 1/10,000, ties away from zero.
};

/// How a text writes its numbers.
struct NumberFormat {
  char decimal = '.';       ///< `.` or `,`, between the units and the decimals.
  std::string thousands{};  ///< Between groups of three digits: one of `kThousands`.
};

/// Every `NumberFormat::thousands` there is: none, `.`, `,`, a blank, an apostrophe, and the
/// no-break space, narrow no-break space and typographic apostrophe of UTF-8.
inline constexpr std::array<std::string_view, 8> kThousands{"",  ".",      ",",      " ",
                                                            "'", "\u00a0", "\u202f", "\u2019"};

/// The amount as a sum of one.
[[nodiscard]] Money128 to_money128(std::int64_t amount) noexcept;

/// Adds; throws `Error` (`overflow`) where the sum leaves 38 decimal digits.
[[nodiscard]] Money128 add(Money128 a, Money128 b);

/// Reads a decimal such as `-1234.5` or `1.2e3` to the last digit.
///
/// Optional sign, digits with at most one decimal mark, optional exponent; blanks around it are
/// allowed, currency signs are not. Separators of thousands, if `format` has one, stand between
/// all groups of three digits before the decimal mark, or nowhere.
///
/// @return  Count of 1/10,000, or nothing if `text` is no such number, needs rounding under
///          `Rounding::exact`, or leaves 64 bits.
[[nodiscard]] std::optional<std::int64_t> parse_amount(std::string_view text,
                                                       Rounding rounding = Rounding::exact,
                                                       const NumberFormat& format = {});

/// True if `text` is a decimal as `parse_amount` reads it, of any size and with any decimals.
[[nodiscard]] bool is_number(std::string_view text, const NumberFormat& format = {});

/// As `parse_amount`, but throws `Error` (`invalid_data`) with the text.
[[nodiscard]] std::int64_t parse_money(std::string_view text, Rounding rounding = Rounding::exact);

/// Takes a double to the nearest 1/10,000, ties to even.
///
/// @return  Nothing if `value` is not finite, leaves 64 bits, or (under `Rounding::exact`) is
///          farther than 1e-9 of itself from a multiple of 1/10,000.
[[nodiscard]] std::optional<std::int64_t> amount_from_double(double value,
                                                             Rounding rounding = Rounding::exact);

/// Product of two counts of 1/10,000 as such a count; nothing if it is not exact under
/// `Rounding::exact`, or leaves 64 bits.
[[nodiscard]] std::optional<std::int64_t> multiply_amounts(std::int64_t a, std::int64_t b,
                                                           Rounding rounding = Rounding::exact);

/// All digits: `-1234.5000`.
[[nodiscard]] std::string format_money(Money128 money);

/// The double nearest to the sum in currency units, ties to even.
[[nodiscard]] double to_double(Money128 money) noexcept;

/// The double nearest to `numerator / denominator`, ties to even; `denominator` must not be 0.
[[nodiscard]] double ratio(Money128 numerator, Money128 denominator) noexcept;

/// The double nearest to `money / count` in currency units, ties to even; `count` must not be 0.
[[nodiscard]] double mean_money(Money128 money, std::int64_t count) noexcept;

}  // namespace ecommerce_analytics
