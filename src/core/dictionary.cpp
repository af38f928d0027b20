#include "ecommerce_analytics/core/dictionary.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"

namespace ecommerce_analytics {
namespace {

constexpr std::size_t kFirstSlots = 16;

std::uint64_t mixed(std::uint64_t value) noexcept {
  // Spreads every input bit over the word: multiply by an odd constant (2^64 / golden ratio),
  // then fold the high half down.
  value *= 0x9E3779B97F4A7C15U;
  value ^= value >> 32U;
  value *= 0x9E3779B97F4A7C15U;
  return value ^ (value >> 29U);
}

std::uint64_t hash_of(const Key& key) noexcept {
  if (key.type == KeyType::integer) {
    return mixed(static_cast<std::uint64_t>(key.integer));
  }
  std::uint64_t hash = key.text.size();
  const char* bytes = key.text.data();
  std::size_t left = key.text.size();
  for (; left >= 8; left -= 8, bytes += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, 8);
    hash = mixed(hash ^ word);
  }
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, left);
  return mixed(hash ^ word);
}

}  // namespace

Key Dictionary::key(std::uint32_t code) const noexcept {
  if (code == kUnknownCode) {
    return {};
  }
  if (type_ == KeyType::integer) {
    return Key(integers_[code]);
  }
  Key key;
  key.type = KeyType::text;
  key.text = std::string_view(bytes_).substr(offsets_[code], offsets_[code + 1] - offsets_[code]);
  return key;
}

std::size_t Dictionary::slot_of(const Key& key, std::uint64_t hash) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  const auto tag = static_cast<std::uint32_t>(hash >> 32U);
  for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    const Slot& candidate = slots_[slot];
    if (candidate.code == 0 || (candidate.hash == tag && this->key(candidate.code) == key)) {
      return slot;
    }
  }
}

std::optional<std::uint32_t> Dictionary::find(const Key& key) const noexcept {
  if (key.is_unknown()) {
    return kUnknownCode;
  }
  if (key.type != type_) {
    return std::nullopt;
  }
  const Slot& slot = slots_[slot_of(key, hash_of(key))];
  return slot.code == 0 ? std::nullopt : std::optional(slot.code);
}

std::uint32_t Dictionary::encode(const Key& key) {
  if (key.is_unknown()) {
    return kUnknownCode;
  }
  if (key.type != type_) {
    require(type_ == KeyType::none, ErrorCode::schema_mismatch,
            "dictionary: integer and text keys for one thing", to_string(key));
    type_ = key.type;
    slots_.resize(kFirstSlots);
  }
  const std::uint64_t hash = hash_of(key);
  std::size_t slot = slot_of(key, hash);
  if (slots_[slot].code != 0) {
    return slots_[slot].code;
  }
  require(num_codes_ < std::numeric_limits<std::uint32_t>::max(), ErrorCode::overflow,
          "dictionary: more than 2^32 - 2 distinct keys");
  if (num_codes_ * 2 > slots_.size()) {
    grow();
    slot = slot_of(key, hash);
  }
  if (type_ == KeyType::integer) {
    integers_.push_back(key.integer);
  } else {
    bytes_ += key.text;
    offsets_.push_back(bytes_.size());
  }
  slots_[slot] = {.hash = static_cast<std::uint32_t>(hash >> 32U),
                  .code = static_cast<std::uint32_t>(num_codes_)};
  ++num_codes_;
  return slots_[slot].code;
}

void Dictionary::grow() {
  std::vector<Slot> slots(slots_.size() * 2);
  slots_.swap(slots);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t code = 1; code < num_codes_; ++code) {
    const std::uint64_t hash = hash_of(key(code));
    std::size_t slot = hash & mask;
    while (slots_[slot].code != 0) {
      slot = (slot + 1) & mask;
    }
    slots_[slot] = {.hash = static_cast<std::uint32_t>(hash >> 32U), .code = code};
  }
}

std::vector<std::uint32_t> Dictionary::codes_by_key() const {
  std::vector<std::uint32_t> codes(num_keys());
  std::iota(codes.begin(), codes.end(), 1U);
  PollCounter polls;
  const auto sort_by = [&](const auto& value_of) {
    std::sort(codes.begin(), codes.end(), [&](std::uint32_t a, std::uint32_t b) {
      polls.count();
      return value_of(a) < value_of(b);
    });
  };
  if (type_ == KeyType::integer) {
    sort_by([this](std::uint32_t code) { return integers_[code]; });
  } else {
    sort_by([this](std::uint32_t code) { return key(code).text; });
  }
  return codes;
}

}  // namespace ecommerce_analytics
