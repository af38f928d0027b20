#pragma once

#include <cstddef>
#include <functional>

/// Work on several cores.
namespace ecommerce_analytics {

/// Number of threads to use: `num_threads`, or all that this process may use if it is 0.
/// @throws Error  `invalid_argument` if it is outside [0, 1024].
[[nodiscard]] int resolve_num_threads(int num_threads);

/// Calls `work(first, last)` on consecutive parts of [0, num_items), `part` counting from 0, one
/// part a thread; returns when all are done. The first exception, by part, is thrown on. The
/// calling thread keeps polling for an interrupt, which stops the others wherever they poll.
/// Threads live for one call, so a `fork` between calls is safe.
void parallel_for(
    std::size_t num_items, int num_threads,
    const std::function<void(std::size_t part, std::size_t first, std::size_t last)>& work);

}  // namespace ecommerce_analytics
