#pragma once

#include <array>
#include <charconv>
#include <string>

/// Numbers as text, for metadata and messages.
namespace ecommerce_analytics {

/// The shortest text that reads back as `value`.
[[nodiscard]] inline std::string to_text(double value) {
  std::array<char, 32> buffer{};  // The longest double has 24 characters.
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

}  // namespace ecommerce_analytics
