#include "ecommerce_analytics/core/processor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "core/column_scan.hpp"
#include "core/utf8.hpp"
#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics {
namespace {

std::vector<ProcessorPath> supported_paths() {
  std::vector<ProcessorPath> paths;
  for (const ProcessorPath path : {ProcessorPath::baseline, ProcessorPath::avx2}) {
    if (is_supported(path)) {
      paths.push_back(path);
    }
  }
  return paths;
}

/// Forces a path as long as it lives.
class ForcedPath {
 public:
  explicit ForcedPath(ProcessorPath path) { force_processor_path(path); }
  ~ForcedPath() { force_processor_path(std::nullopt); }
  ForcedPath(const ForcedPath&) = delete;
  ForcedPath& operator=(const ForcedPath&) = delete;
};

TEST(Processor, TakesThePathThatIsForced) {
  const ProcessorPath chosen = processor_path();
  EXPECT_TRUE(is_supported(chosen));
  for (const ProcessorPath path : supported_paths()) {
    const ForcedPath forced(path);
    EXPECT_EQ(processor_path(), path);
    EXPECT_EQ(parse_processor_path(processor_path_name(path)), path);
  }
  EXPECT_EQ(processor_path(), chosen);
  try {
    static_cast<void>(parse_processor_path("avx9"));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_STREQ(error.what(), "processor: the path must be baseline or avx2: avx9");
  }
}

template <class T>
void expect_extremes_at_every_place() {
  std::mt19937_64 random(1);
  for (const std::size_t num_values : {1U, 2U, 3U, 7U, 8U, 9U, 31U, 32U, 33U, 100U, 1'000U}) {
    std::vector<T> values(num_values);
    for (T& value : values) {
      value = static_cast<T>(random());
    }
    for (std::size_t place = 0; place < num_values; ++place) {
      for (const T extreme : {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()}) {
        std::vector<T> changed = values;
        changed[place] = extreme;
        T least = changed[0];
        T greatest = changed[0];
        for (const T value : changed) {
          least = std::min(least, value);
          greatest = std::max(greatest, value);
        }
        for (const ProcessorPath path : supported_paths()) {
          const ForcedPath forced(path);
          EXPECT_EQ(extremes(std::span<const T>(changed)),
                    (Extremes<T>{.least = least, .greatest = greatest}));
        }
      }
    }
  }
}

TEST(ColumnScan, FindsExtremesOnEveryPath) {
  expect_extremes_at_every_place<std::int64_t>();
  expect_extremes_at_every_place<std::uint32_t>();
}

TEST(ColumnScan, FindsAByteThatIsNoAsciiOnEveryPath) {
  for (const ProcessorPath path : supported_paths()) {
    const ForcedPath forced(path);
    EXPECT_TRUE(is_ascii({}));
    for (const std::size_t length : {1U, 15U, 16U, 31U, 32U, 33U, 1'023U, 1'025U, 3'000U}) {
      std::string text(length, '\x7F');
      EXPECT_TRUE(is_ascii(text));
      for (std::size_t place = 0; place < length; ++place) {
        text[place] = '\x80';
        EXPECT_FALSE(is_ascii(text));
        text[place] = 'a';
      }
    }
  }
}

TEST(Utf8, TellsWellFormedText) {
  for (const char* text :
       {"", "plain", "Zoë", "\u20AC", "\U0001F600", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_TRUE(is_utf8("eight or more " + std::string(text) + " and more"));
  }
  for (const char* text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82\x28", "\xFF"}) {
    EXPECT_FALSE(is_utf8(text));
    EXPECT_FALSE(is_utf8("eight or more " + std::string(text) + " and more"));
  }
}

}  // namespace
}  // namespace ecommerce_analytics
