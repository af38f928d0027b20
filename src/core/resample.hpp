#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/interval.hpp"

/// The bootstrap: what might have been, had other rows like these been drawn.
namespace ecommerce_analytics {

inline constexpr int kMaxResamples = 100'000;

/// @throws Error  `invalid_argument` if a number of resamples is outside [1, kMaxResamples].
void validate_resamples(int num_resamples);

/// Calls `work(resample, counts)` for each resample: how often each row was drawn, as many draws
/// with replacement as there are rows.
///
/// Resample b draws from a generator of its own, made of the seed and b: the answer is the same for
/// any number of threads. `work` is called by several threads at once, each with other resamples.
void for_each_resample(
    std::size_t num_rows, int num_resamples, std::uint64_t seed, int num_threads,
    const std::function<void(std::size_t resample, std::span<const std::uint32_t> counts)>& work);

/// From the (1 - confidence) / 2 quantile of the values to that at its other end; type 7.
[[nodiscard]] Interval percentile_interval(std::vector<double> values, double confidence);

}  // namespace ecommerce_analytics
