#pragma once

#include <string_view>

/// Whether text is well-formed.
namespace ecommerce_analytics {

/// True for well-formed UTF-8: no stray or missing continuation, no overlong form, no surrogate.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace ecommerce_analytics
