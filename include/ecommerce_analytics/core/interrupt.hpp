#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>

/// How a long call is stopped by the one who made it.
namespace ecommerce_analytics {

/// Rows after which a loop polls: a millisecond or so of work.
inline constexpr std::size_t kRowsPerPoll = 16'384;

/// As long as it lives, long calls of this thread ask `is_asked` now and then whether to stop.
///
/// If it says so they throw `Error` with `ErrorCode::interrupted`; if it throws, they let that
/// pass. Either way nothing was changed. The innermost scope of a thread is the one that is asked.
/// Threads that a call starts itself stop with it; `is_asked` is only called on its own thread.
class InterruptScope {
 public:
  /// @param is_asked  Cheap or not: it is called once in `interval` at most, first after one.
  explicit InterruptScope(std::function<bool()> is_asked,
                          std::chrono::milliseconds interval = std::chrono::milliseconds(50));
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

 private:
  friend void poll_interrupt();

  std::function<bool()> is_asked_;
  std::chrono::milliseconds interval_;
  std::chrono::steady_clock::time_point next_;
  InterruptScope* outer_;
};

/// Throws if the caller of the running call wants it to stop. To be called every millisecond or so,
/// where nothing that outlives the call is half changed.
/// @throws Error  `interrupted`, or what the callback of the scope throws.
void poll_interrupt();

/// Calls `work(first, last)` on consecutive blocks of [0, num_rows) and polls before each.
template <class Work>
void for_each_block(std::size_t num_rows, const Work& work) {
  for (std::size_t first = 0; first < num_rows; first += kRowsPerPoll) {
    poll_interrupt();
    work(first, std::min(num_rows, first + kRowsPerPoll));
  }
}

/// Polls once in so many calls: for loops and comparisons that come in no blocks.
class PollCounter {
 public:
  void count() {
    if (++num_ % kRowsPerPoll == 0) {
      poll_interrupt();
    }
  }

 private:
  std::size_t num_ = 0;
};

}  // namespace ecommerce_analytics
