#include "ecommerce_analytics/core/random.hpp"

#include <bit>
#include <cassert>

namespace ecommerce_analytics {
namespace {

__extension__ using Product = unsigned __int128;

}  // namespace

Random::Random(std::uint64_t seed) noexcept {
  for (std::uint64_t& word : state_) {
    seed += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    word = mixed ^ (mixed >> 31U);
  }
}

std::uint64_t Random::next() noexcept {
  const std::uint64_t drawn = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t shifted = state_[1] << 17U;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return drawn;
}

double Random::uniform() noexcept { return static_cast<double>(next() >> 11U) * 0x1p-53; }

std::uint64_t Random::below(std::uint64_t bound) noexcept {
  assert(bound > 0);
  Product product = static_cast<Product>(next()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    // So many of the 2^64 draws are too many for an equal share.
    const std::uint64_t num_left_over = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < num_left_over) {
      product = static_cast<Product>(next()) * bound;
    }
  }
  return static_cast<std::uint64_t>(product >> 64U);
}

}  // namespace ecommerce_analytics
