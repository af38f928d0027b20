#include "core/column_scan.hpp"

#include <algorithm>
#include <cstddef>

#include "ecommerce_analytics/core/processor.hpp"

namespace ecommerce_analytics {
namespace {

// One body, compiled once for each path: the compiler makes vectors of it.

template <class T>
[[gnu::always_inline]] inline Extremes<T> scan_extremes(const T* values, std::size_t num_values) {
  T least = values[0];
  T greatest = values[0];
  for (std::size_t i = 0; i < num_values; ++i) {
    least = values[i] < least ? values[i] : least;
    greatest = values[i] > greatest ? values[i] : greatest;
  }
  return {.least = least, .greatest = greatest};
}

[[gnu::always_inline]] inline bool scan_ascii(const char* bytes, std::size_t num_bytes) {
  constexpr std::size_t kBlock = 1'024;
  for (std::size_t first = 0; first < num_bytes; first += kBlock) {
    const std::size_t end = first + kBlock < num_bytes ? first + kBlock : num_bytes;
    unsigned char bits = 0;
    for (std::size_t i = first; i < end; ++i) {
      bits |= static_cast<unsigned char>(bytes[i]);
    }
    if (bits > 0x7F) {
      return false;
    }
  }
  return true;
}

template <class T>
Extremes<T> extremes_baseline(std::span<const T> values) {
  return scan_extremes(values.data(), values.size());
}

bool is_ascii_baseline(std::string_view text) { return scan_ascii(text.data(), text.size()); }

#ifdef __x86_64__
template <class T>
[[gnu::target("avx2")]] Extremes<T> extremes_avx2(std::span<const T> values) {
  return scan_extremes(values.data(), values.size());
}

[[gnu::target("avx2")]] bool is_ascii_avx2(std::string_view text) {
  return scan_ascii(text.data(), text.size());
}
#else
constexpr auto extremes_avx2 = [](const auto& values) { return extremes_baseline(values); };
constexpr auto is_ascii_avx2 = is_ascii_baseline;
#endif

template <class T>
Extremes<T> extremes_by_path(std::span<const T> values) {
  return processor_path() == ProcessorPath::avx2 ? extremes_avx2(values)
                                                 : extremes_baseline(values);
}

}  // namespace

Extremes<std::int64_t> extremes(std::span<const std::int64_t> values) {
  return extremes_by_path(values);
}

Extremes<std::uint32_t> extremes(std::span<const std::uint32_t> values) {
  return extremes_by_path(values);
}

bool is_ascii(std::string_view text) {
  return processor_path() == ProcessorPath::avx2 ? is_ascii_avx2(text) : is_ascii_baseline(text);
}

}  // namespace ecommerce_analytics
