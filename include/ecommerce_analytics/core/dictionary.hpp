#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ecommerce_analytics/core/key.hpp"

/// Keys to dense codes and back.
namespace ecommerce_analytics {

/// Gives each distinct key a code 1, 2, …, in the order met; code 0 is the unknown key.
///
/// Codes are private to one dictionary; nothing that leaves the library depends on them. A
/// dictionary holds integers or text, not both. Integers in a narrow range are looked up in an
/// array by value, at most eight places a key; others, and text, in a hash table.
class Dictionary {
 public:
  static constexpr std::uint32_t kUnknownCode = 0;

  /// Code of `key`, new if need be. O(1) expected.
  /// @throws Error  `schema_mismatch` if an integer meets text, `overflow` after 2^32 - 2 keys.
  std::uint32_t encode(const Key& key);

  /// As `encode(Key(value))`, without a call where the value stands in the array.
  std::uint32_t encode(std::int64_t value) {
    const std::uint64_t place = place_of(value);
    return place < direct_.size() && direct_[place] != 0 ? direct_[place] : encode(Key(value));
  }

  /// Appends the codes of `keys` to `codes`, as one by one; the memory that their look-ups read is
  /// fetched ahead.
  void encode_all(std::span<const Key> keys, std::vector<std::uint32_t>& codes);

  /// Code of `key` if it was met.
  [[nodiscard]] std::optional<std::uint32_t> find(const Key& key) const noexcept;

  [[nodiscard]] Key key(std::uint32_t code) const noexcept;
  [[nodiscard]] KeyType type() const noexcept { return type_; }

  /// Number of codes, the reserved one included: an array indexed by code has this length.
  [[nodiscard]] std::size_t num_codes() const noexcept { return num_codes_; }
  /// Number of known keys.
  [[nodiscard]] std::size_t num_keys() const noexcept { return num_codes_ - 1; }

  /// Codes of the known keys in increasing order of their keys. O(m log m), O(m) by the array.
  [[nodiscard]] std::vector<std::uint32_t> codes_by_key() const;

  /// Forgets the keys whose codes are `num_codes` or more: undoes the last calls of `encode`.
  void truncate(std::size_t num_codes) noexcept;

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t code = 0;  // 0: free.
  };

  [[nodiscard]] bool is_direct() const noexcept { return slots_.empty(); }
  [[nodiscard]] std::uint64_t place_of(std::int64_t value) const noexcept {
    return static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(direct_first_);
  }
  [[nodiscard]] std::size_t slot_of(const Key& key, std::uint64_t hash) const noexcept;
  std::uint32_t encode_direct(std::int64_t value);
  std::uint32_t encode_hashed(const Key& key, std::uint64_t hash);
  std::uint32_t append(const Key& key);
  [[nodiscard]] bool widen(std::int64_t value);
  void take_type(const Key& key);
  void hash_into(std::size_t num_slots);
  void grow();

  KeyType type_ = KeyType::none;
  std::size_t num_codes_ = 1;
  std::vector<std::int64_t> integers_{0};
  std::vector<std::uint64_t> offsets_{0, 0};
  std::string bytes_{};
  std::vector<Slot> slots_{};            // Empty as long as integers stand in `direct_`.
  std::vector<std::uint32_t> direct_{};  // Codes by value - `direct_first_`; 0: not met.
  std::int64_t direct_first_ = 0;
};

}  // namespace ecommerce_analytics
