#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ecommerce_analytics/core/money.hpp"

/// Column types of results, beside `std::vector` of a number and `KeyColumn`.
namespace ecommerce_analytics {

/// Days since 1970-01-01; date32 in Arrow.
struct Date {
  std::int32_t day = 0;
  friend bool operator==(const Date&, const Date&) = default;
};

/// Civil microseconds since 1970-01-01; timestamp without a zone in Arrow.
struct Time {
  std::int64_t time_us = 0;
  friend bool operator==(const Time&, const Time&) = default;
};

/// A truth value that has an address, unlike an element of `std::vector<bool>`.
struct Flag {
  bool value = false;
  friend bool operator==(const Flag&, const Flag&) = default;
};

/// Values some of which are missing; `values[row]` is `T{}` where `is_valid[row]` is 0.
template <class T>
struct Nullable {
  std::vector<T> values{};
  std::vector<std::uint8_t> is_valid{};

  void push_back(const T& value) {
    values.push_back(value);
    is_valid.push_back(1);
  }
  void push_null() {
    values.push_back(T{});
    is_valid.push_back(0);
  }
  [[nodiscard]] std::size_t size() const noexcept { return values.size(); }
  friend bool operator==(const Nullable&, const Nullable&) = default;
};

/// Values that are counts in one result, money in another and quotients in a third.
struct MeasureValues {
  enum class Type : std::uint8_t { count, money, quotient };

  Type type = Type::count;
  Nullable<std::int64_t> counts{};  ///< Filled for `count`, the others empty; and so on.
  Nullable<Money128> money{};
  Nullable<double> quotients{};

  [[nodiscard]] std::size_t size() const noexcept {
    return counts.size() + money.size() + quotients.size();
  }
  friend bool operator==(const MeasureValues&, const MeasureValues&) = default;
};

/// Text for people, empty where there is nothing to say; Arrow's large_utf8. No keys: see
/// `KeyColumn`.
struct TextColumn {
  std::vector<std::int64_t> offsets{0};
  std::string bytes{};

  void push_back(std::string_view text) {
    bytes += text;
    offsets.push_back(static_cast<std::int64_t>(bytes.size()));
  }
  [[nodiscard]] std::size_t size() const noexcept { return offsets.size() - 1; }
  [[nodiscard]] std::string_view operator[](std::size_t row) const noexcept {
    const auto start = static_cast<std::size_t>(offsets[row]);
    return std::string_view(bytes).substr(start,
                                          static_cast<std::size_t>(offsets[row + 1]) - start);
  }
  friend bool operator==(const TextColumn&, const TextColumn&) = default;
};

/// What is true of a whole result, as text by name: `as_of`, `n_bins`, …; a list as in JSON.
using Metadata = std::vector<std::pair<std::string, std::string>>;

}  // namespace ecommerce_analytics
