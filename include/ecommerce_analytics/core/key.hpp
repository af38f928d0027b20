#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Keys of customers, orders and dimensions: integers or text, and the reserved unknown.
namespace ecommerce_analytics {

/// What the keys of one column are; `none` as long as no known key was met.
enum class KeyType : std::uint8_t { none, integer, text };

/// Name under which the reserved key is shown among text keys.
inline constexpr std::string_view kUnknownKey = "unknown";

/// One key, borrowed: `text` lives as long as what it was read from.
struct Key {
  KeyType type = KeyType::none;  ///< `none` is the reserved unknown key.
  std::int64_t integer = 0;
  std::string_view text{};

  Key() = default;
  explicit Key(std::int64_t value) : type(KeyType::integer), integer(value) {}
  /// Empty text and the word `unknown` are the reserved key.
  explicit Key(std::string_view value) {
    if (!value.empty() && value != kUnknownKey) {
      type = KeyType::text;
      text = value;
    }
  }

  [[nodiscard]] bool is_unknown() const noexcept { return type == KeyType::none; }
  /// Integers by value, text by bytes, integers before text, the unknown key last.
  friend std::strong_ordering operator<=>(const Key& a, const Key& b) noexcept;
  friend bool operator==(const Key& a, const Key& b) noexcept { return (a <=> b) == 0; }
};

/// As a person would read it.
[[nodiscard]] std::string to_string(const Key& key);

/// A column of keys in the layout of Arrow's int64 or large_utf8.
///
/// The unknown key stands as the word `unknown` among text and as null among integers.
class KeyColumn {
 public:
  /// Appends; throws `schema_mismatch` if an integer meets text.
  void push_back(const Key& key);

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] KeyType type() const noexcept { return type_; }
  [[nodiscard]] Key operator[](std::size_t row) const noexcept;

  /// Arrow buffers: `integers` and `is_known` for `integer`, `offsets` and `bytes` otherwise.
  [[nodiscard]] const std::vector<std::int64_t>& integers() const noexcept { return integers_; }
  [[nodiscard]] const std::vector<std::int64_t>& offsets() const noexcept { return offsets_; }
  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
  /// One flag a row, empty if every key is known; only ever filled for integers.
  [[nodiscard]] const std::vector<std::uint8_t>& is_known() const noexcept { return is_known_; }

  friend bool operator==(const KeyColumn& a, const KeyColumn& b) noexcept;

 private:
  void become(KeyType type);

  KeyType type_ = KeyType::none;
  std::size_t num_unknown_first_ = 0;  // Unknown keys met before the type was known.
  std::vector<std::int64_t> integers_{};
  std::vector<std::uint8_t> is_known_{};
  std::vector<std::int64_t> offsets_{0};
  std::string bytes_{};
};

}  // namespace ecommerce_analytics
