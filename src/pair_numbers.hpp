#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

/// Dense numbers for combinations of codes.
namespace ecommerce_analytics {

/// Gives each distinct pair of numbers a number 0, 1, …, in the order met.
class PairNumbers {
 public:
  std::uint32_t number_of(std::uint32_t a, std::uint32_t b) {
    const std::uint64_t pair = (static_cast<std::uint64_t>(a) << 32U) | b;
    std::size_t slot = slot_of(pair);
    if (slots_[slot].number == kFree) {
      if (2 * (num_pairs_ + 1) > slots_.size()) {
        grow();
        slot = slot_of(pair);
      }
      slots_[slot] = {.pair = pair, .number = static_cast<std::uint32_t>(num_pairs_)};
      ++num_pairs_;
    }
    return slots_[slot].number;
  }
  [[nodiscard]] std::size_t num_pairs() const noexcept { return num_pairs_; }

 private:
  static constexpr std::uint32_t kFree = std::numeric_limits<std::uint32_t>::max();
  struct Slot {
    std::uint64_t pair = 0;
    std::uint32_t number = kFree;
  };

  [[nodiscard]] std::size_t slot_of(std::uint64_t pair) const noexcept {
    std::uint64_t hash = (pair ^ (pair >> 32U)) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 29U;
    std::size_t slot = hash & (slots_.size() - 1);
    while (slots_[slot].number != kFree && slots_[slot].pair != pair) {
      slot = (slot + 1) & (slots_.size() - 1);
    }
    return slot;
  }
  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    std::swap(old, slots_);
    for (const Slot& one : old) {
      if (one.number != kFree) {
        slots_[slot_of(one.pair)] = one;
      }
    }
  }

  std::vector<Slot> slots_ = std::vector<Slot>(1'024);
  std::size_t num_pairs_ = 0;
};

}  // namespace ecommerce_analytics
