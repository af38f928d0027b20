#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ecommerce_analytics/core/key.hpp"

/// Keys to dense codes and back.
namespace ecommerce_analytics {

/// Gives each distinct key a code 1, 2, …, in the order met; code 0 is the unknown key.
///
/// Codes are private to one dictionary; nothing that leaves the library depends on them. A
/// dictionary holds integers or text, not both.
class Dictionary {
 public:
  static constexpr std::uint32_t kUnknownCode = 0;

  /// Code of `key`, new if need be. O(1).
  /// @throws Error  `schema_mismatch` if an integer meets text, `overflow` after 2^32 - 2 keys.
  std::uint32_t encode(const Key& key);

  /// Code of `key` if it was met.
  [[nodiscard]] std::optional<std::uint32_t> find(const Key& key) const noexcept;

  [[nodiscard]] Key key(std::uint32_t code) const noexcept;
  [[nodiscard]] KeyType type() const noexcept { return type_; }

  /// Number of codes, the reserved one included: an array indexed by code has this length.
  [[nodiscard]] std::size_t num_codes() const noexcept { return num_codes_; }
  /// Number of known keys.
  [[nodiscard]] std::size_t num_keys() const noexcept { return num_codes_ - 1; }

  /// Codes of the known keys in increasing order of their keys. O(m log m).
  [[nodiscard]] std::vector<std::uint32_t> codes_by_key() const;

 private:
  [[nodiscard]] std::size_t slot_of(const Key& key, std::uint64_t hash) const noexcept;
  void grow();

  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t code = 0;  // 0: free.
  };

  KeyType type_ = KeyType::none;
  std::size_t num_codes_ = 1;
  std::vector<std::int64_t> integers_{0};
  std::vector<std::uint64_t> offsets_{0, 0};
  std::string bytes_{};
  std::vector<Slot> slots_{};
};

}  // namespace ecommerce_analytics
