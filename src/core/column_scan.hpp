#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// Whole columns in one pass, by the fastest instructions that the processor has.
namespace ecommerce_analytics {

template <class T>
struct Extremes {
  T least{};
  T greatest{};
  friend bool operator==(const Extremes&, const Extremes&) = default;
};

/// Least and greatest of values, of which there is at least one.
[[nodiscard]] Extremes<std::int64_t> extremes(std::span<const std::int64_t> values);
[[nodiscard]] Extremes<std::uint32_t> extremes(std::span<const std::uint32_t> values);

/// True if no byte is above 127.
[[nodiscard]] bool is_ascii(std::string_view text);

}  // namespace ecommerce_analytics
