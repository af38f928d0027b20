#pragma once

#include <array>
#include <cstdint>

/// Random numbers that are the same on every machine and with every compiler.
namespace ecommerce_analytics {

/// The generator xoshiro256++ of Blackman and Vigna (2019), its state drawn from the seed by
/// SplitMix64. Fit for simulation and sampling, not for secrets.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept;

  /// 64 random bits.
  [[nodiscard]] std::uint64_t next() noexcept;

  /// Uniform on the multiples of 2^-53 in [0, 1).
  [[nodiscard]] double uniform() noexcept;

  /// Uniform on 0, …, `bound` - 1, by Lemire's (2019) unbiased multiplication; `bound` > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept;

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace ecommerce_analytics
