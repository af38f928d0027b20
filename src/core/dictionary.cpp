#include "ecommerce_analytics/core/dictionary.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "core/column_scan.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"

namespace ecommerce_analytics {
namespace {

constexpr std::size_t kFirstSlots = 16;
/// Places of the first direct array: 4 kB.
constexpr std::size_t kFirstPlaces = 1'024;
/// Places a key that a direct array may have: then it is no larger than a hash table of the keys.
constexpr std::size_t kPlacesPerKey = 8;
/// Keys whose look-ups are begun together.
constexpr std::size_t kKeysAhead = 64;

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

std::uint32_t tag_of(std::uint64_t hash) noexcept {
  return static_cast<std::uint32_t>(hash >> 32U);
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
  for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    const Slot& candidate = slots_[slot];
    if (candidate.code == 0 ||
        (candidate.hash == tag_of(hash) && this->key(candidate.code) == key)) {
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
  std::uint32_t code = 0;
  if (is_direct()) {
    const std::uint64_t place = place_of(key.integer);
    code = place < direct_.size() ? direct_[place] : 0;
  } else {
    code = slots_[slot_of(key, hash_of(key))].code;
  }
  return code == 0 ? std::nullopt : std::optional(code);
}

void Dictionary::take_type(const Key& key) {
  if (key.type != type_) {
    require(type_ == KeyType::none, ErrorCode::schema_mismatch,
            "dictionary: integer and text keys for one thing", to_string(key));
    if (key.type == KeyType::text) {
      slots_.resize(kFirstSlots);
    }
    type_ = key.type;
  }
}

std::uint32_t Dictionary::encode(const Key& key) {
  if (key.is_unknown()) {
    return kUnknownCode;
  }
  take_type(key);
  return is_direct() ? encode_direct(key.integer) : encode_hashed(key, hash_of(key));
}

void Dictionary::encode_all(std::span<const Key> keys, std::vector<std::uint32_t>& codes) {
  std::array<std::uint64_t, kKeysAhead> hashes{};
  // Lines of one order mostly stand together: the key of the row before needs no look-up.
  Key last;
  std::uint32_t last_code = kUnknownCode;
  for (std::size_t first = 0; first < keys.size(); first += kKeysAhead) {
    const std::span<const Key> ahead =
        keys.subspan(first, std::min(kKeysAhead, keys.size() - first));
    const bool is_hashed = type_ == KeyType::text;
    if (is_hashed) {
      const std::size_t mask = slots_.size() - 1;
      for (std::size_t i = 0; i < ahead.size(); ++i) {
        hashes[i] = hash_of(ahead[i]);
        __builtin_prefetch(&slots_[hashes[i] & mask]);
      }
      for (std::size_t i = 0; i < ahead.size(); ++i) {
        __builtin_prefetch(&offsets_[slots_[hashes[i] & mask].code]);
      }
      for (std::size_t i = 0; i < ahead.size(); ++i) {
        __builtin_prefetch(bytes_.data() + offsets_[slots_[hashes[i] & mask].code]);
      }
    }
    for (std::size_t i = 0; i < ahead.size(); ++i) {
      if (ahead[i] != last) {
        last = ahead[i];
        last_code =
            is_hashed && last.type == KeyType::text ? encode_hashed(last, hashes[i]) : encode(last);
      }
      codes.push_back(last_code);
    }
  }
}

std::uint32_t Dictionary::append(const Key& key) {
  require(num_codes_ < std::numeric_limits<std::uint32_t>::max(), ErrorCode::overflow,
          "dictionary: more than 2^32 - 2 distinct keys");
  if (type_ == KeyType::integer) {
    integers_.push_back(key.integer);
  } else {
    bytes_ += key.text;
    offsets_.push_back(bytes_.size());
  }
  return static_cast<std::uint32_t>(num_codes_++);
}

std::uint32_t Dictionary::encode_direct(std::int64_t value) {
  if (place_of(value) >= direct_.size() && !widen(value)) {
    hash_into(std::bit_ceil(std::max(kFirstSlots, 4 * num_codes_)));
    return encode_hashed(Key(value), hash_of(Key(value)));
  }
  std::uint32_t& code = direct_[place_of(value)];
  if (code == 0) {
    code = append(Key(value));
  }
  return code;
}

/// Makes the direct array reach to `value`; false if it would be too large for its keys, or would
/// have to be copied too often.
bool Dictionary::widen(std::int64_t value) {
  const std::size_t most = std::max(kFirstPlaces, kPlacesPerKey * num_codes_);
  const std::size_t num_before = direct_.size();
  std::int64_t least = value;
  std::int64_t greatest = value;
  if (num_before > 0) {
    least = std::min(value, direct_first_);
    greatest = std::max(value, direct_first_ + static_cast<std::int64_t>(num_before - 1));
  }
  const auto reach = [](std::int64_t from, std::int64_t to) {
    return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  };
  const std::uint64_t reached = reach(least, greatest);
  if (reached >= most) {
    return false;
  }
  std::size_t num_places = std::min(most, std::max({kFirstPlaces, reached + 1, 2 * num_before}));
  if (num_places < num_before + num_before / 2) {
    return false;
  }
  // The room goes to the side on which keys arrive, as far as there are integers.
  using Limits = std::numeric_limits<std::int64_t>;
  if (num_before == 0 || value > direct_first_) {
    num_places = std::min<std::uint64_t>(num_places - 1, reach(least, Limits::max())) + 1;
  } else {
    num_places = std::min<std::uint64_t>(num_places - 1, reach(Limits::min(), greatest)) + 1;
    least = greatest - static_cast<std::int64_t>(num_places - 1);
  }
  std::vector<std::uint32_t> places(num_places);
  if (num_before > 0) {
    std::copy(direct_.begin(), direct_.end(),
              places.begin() + static_cast<std::ptrdiff_t>(reach(least, direct_first_)));
  }
  direct_ = std::move(places);
  direct_first_ = least;
  return true;
}

std::uint32_t Dictionary::encode_hashed(const Key& key, std::uint64_t hash) {
  std::size_t slot = slot_of(key, hash);
  if (slots_[slot].code != 0) {
    return slots_[slot].code;
  }
  if (num_codes_ * 2 > slots_.size()) {
    grow();
    if (is_direct()) {
      return encode_direct(key.integer);
    }
    slot = slot_of(key, hash);
  }
  slots_[slot] = {.hash = tag_of(hash), .code = append(key)};
  return slots_[slot].code;
}

/// Doubles the hash table, or goes over to the direct array if the integers have come to fill at
/// least a quarter of their range: half of what they need to stay there.
void Dictionary::grow() {
  if (type_ == KeyType::integer) {
    const auto [least, greatest] = extremes(std::span<const std::int64_t>(integers_).subspan(1));
    const std::uint64_t reached =
        static_cast<std::uint64_t>(greatest) - static_cast<std::uint64_t>(least);
    if (reached < kPlacesPerKey / 2 * num_keys()) {
      std::vector<std::uint32_t> places(reached + 1);
      direct_first_ = least;
      for (std::uint32_t code = 1; code < num_codes_; ++code) {
        places[place_of(integers_[code])] = code;
      }
      direct_ = std::move(places);
      std::vector<Slot>().swap(slots_);
      return;
    }
  }
  hash_into(slots_.size() * 2);
}

void Dictionary::hash_into(std::size_t num_slots) {
  std::vector<Slot> slots(num_slots);
  const std::size_t mask = num_slots - 1;
  for (std::uint32_t code = 1; code < num_codes_; ++code) {
    const std::uint64_t hash = hash_of(key(code));
    std::size_t slot = hash & mask;
    while (slots[slot].code != 0) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = {.hash = tag_of(hash), .code = code};
  }
  slots_ = std::move(slots);
  std::vector<std::uint32_t>().swap(direct_);
}

std::vector<std::uint32_t> Dictionary::codes_by_key() const {
  std::vector<std::uint32_t> codes;
  codes.reserve(num_keys());
  if (is_direct()) {
    std::copy_if(direct_.begin(), direct_.end(), std::back_inserter(codes),
                 [](std::uint32_t code) { return code != 0; });
    return codes;
  }
  codes.resize(num_keys());
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

void Dictionary::truncate(std::size_t num_codes) noexcept {
  // From the last key on: no look-up of an earlier one passes a slot that is freed.
  for (auto code = static_cast<std::uint32_t>(num_codes_ - 1); code >= num_codes; --code) {
    if (is_direct()) {
      direct_[place_of(integers_[code])] = 0;
    } else {
      slots_[slot_of(key(code), hash_of(key(code)))] = {};
    }
    if (type_ == KeyType::integer) {
      integers_.pop_back();
    } else {
      offsets_.pop_back();
      bytes_.resize(offsets_.back());
    }
    --num_codes_;
  }
  if (num_codes_ == 1) {
    type_ = KeyType::none;
    slots_.clear();
    direct_.clear();
  }
}

}  // namespace ecommerce_analytics
