#include "ecommerce_analytics/core/error.hpp"

#include <utility>

namespace ecommerce_analytics {
namespace {

constexpr std::size_t kMaxValueBytes = 80;

std::string shortened(std::string value) {
  if (value.size() <= kMaxValueBytes) {
    return value;
  }
  std::size_t end = kMaxValueBytes;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U) {
    --end;  // Keeps a UTF-8 sequence whole.
  }
  return value.substr(0, end) + "…";
}

std::string compose(std::string_view text, const ErrorPlace& place) {
  std::string message(text);
  if (!place.value.empty()) {
    message += ": " + place.value;
  }
  if (place.row.has_value() || !place.column.empty()) {
    message += " (";
    if (place.row.has_value()) {
      message += "row " + std::to_string(*place.row);
    }
    if (!place.column.empty()) {
      message += (place.row.has_value() ? ", column \"" : "column \"") + place.column + "\"";
    }
    message += ")";
  }
  return message;
}

ErrorPlace with_short_value(ErrorPlace place) {
  place.value = shortened(std::move(place.value));
  return place;
}

}  // namespace

Error::Error(ErrorCode code, std::string_view text, ErrorPlace place)
    : Error(code, text, with_short_value(std::move(place)), Shortened{}) {}

Error::Error(ErrorCode code, std::string_view text, ErrorPlace place, Shortened)
    : std::runtime_error(compose(text, place)),
      code_(code),
      text_(text),
      place_(std::move(place)) {}

}  // namespace ecommerce_analytics
