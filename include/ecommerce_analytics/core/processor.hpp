#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Which instructions the innermost loops use. All answers have the same bytes on every path.
namespace ecommerce_analytics {

enum class ProcessorPath : std::uint8_t {
  baseline,  ///< What every processor of the family has.
  avx2,      ///< 256-bit vectors of integers, x86-64 only.
};

/// Name of a path: its enumerator.
[[nodiscard]] std::string_view processor_path_name(ProcessorPath path) noexcept;
/// @throws Error  `invalid_argument` if it is none.
[[nodiscard]] ProcessorPath parse_processor_path(std::string_view name);

[[nodiscard]] bool is_supported(ProcessorPath path) noexcept;

/// The path in use: the forced one; else the one that the environment names at the first call, in
/// `ECOMMERCE_ANALYTICS_PROCESSOR_PATH`; else the best that this processor has.
/// @throws Error  `invalid_argument` if the environment names none, or one it does not have.
[[nodiscard]] ProcessorPath processor_path();

/// Makes this process use `path`, or choose again for nothing. For tests that compare the paths;
/// not while another call runs.
/// @throws Error  `invalid_argument` if the processor does not have it.
void force_processor_path(std::optional<ProcessorPath> path);

}  // namespace ecommerce_analytics
