#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

/// The one exception of the library, and the check that throws it.
namespace ecommerce_analytics {

/// What the caller can do about it; each maps onto one Python exception class.
enum class ErrorCode : std::uint8_t {
  invalid_argument,  ///< An option or an argument is out of its domain.
  invalid_data,      ///< A column holds a value its schema forbids.
  schema_mismatch,   ///< A column is missing, has another type or another length.
  io_failure,        ///< A file or a stream could not be read.
  overflow,          ///< A sum leaves its type.
  interrupted,       ///< The caller asked to stop; nothing was changed.
};

/// Where in the input the trouble is; empty members are unknown.
struct ErrorPlace {
  std::optional<std::int64_t> row{};  ///< Row of the input, the first is 1.
  std::string column{};               ///< Name of the input column.
  std::string value{};                ///< The offending value as text, shortened to 80 bytes.
};

/// Thrown by every function of the library that rejects its input.
///
/// The text is static first and value last: `rfm: n_bins must be in [2, 255]: 1`. Where the place
/// is known it follows as `(row 12, column "price")`.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, std::string_view text, ErrorPlace place = {});

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  /// The static part of the message.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const ErrorPlace& place() const noexcept { return place_; }

 private:
  struct Shortened {};
  Error(ErrorCode code, std::string_view text, ErrorPlace place, Shortened tag);

  ErrorCode code_;
  std::string text_;
  ErrorPlace place_;
};

/// Throws `Error` with `text: value` unless `condition` holds.
inline void require(bool condition, ErrorCode code, std::string_view text,
                    std::string_view value = {}) {
  if (!condition) [[unlikely]] {
    throw Error(code, text, {.row = std::nullopt, .column = {}, .value = std::string(value)});
  }
}

}  // namespace ecommerce_analytics
