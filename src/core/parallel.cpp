#include "ecommerce_analytics/core/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"

namespace ecommerce_analytics {
namespace {

constexpr std::chrono::milliseconds kAlways{0};
constexpr std::chrono::milliseconds kWait{10};

}  // namespace

int resolve_num_threads(int num_threads) {
  require(num_threads >= 0 && num_threads <= 1024, ErrorCode::invalid_argument,
          "parallel: num_threads must be in [0, 1024]", std::to_string(num_threads));
  if (num_threads == 0) {
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }
  return num_threads;
}

void parallel_for(std::size_t num_items, int num_threads,
                  const std::function<void(std::size_t, std::size_t, std::size_t)>& work) {
  const auto num_parts = static_cast<std::size_t>(num_threads);
  std::vector<std::exception_ptr> failures(num_parts);
  std::atomic<bool> is_stopped = false;
  std::mutex mutex;
  std::condition_variable one_done;
  std::size_t num_done = 0;
  const auto run = [&](std::size_t part) {
    work(part, num_items * part / num_parts, num_items * (part + 1) / num_parts);
  };
  const auto run_beside = [&](std::size_t part) {
    try {
      const InterruptScope scope([&] { return is_stopped.load(std::memory_order_relaxed); },
                                 kAlways);
      run(part);
    } catch (...) {
      failures[part] = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    ++num_done;
    one_done.notify_one();
  };

  std::vector<std::jthread> threads;
  threads.reserve(num_parts);
  try {
    for (std::size_t part = 1; part < num_parts; ++part) {
      threads.emplace_back(run_beside, part);
    }
    run(0);
    // The others may still be long at it: the caller can stop them meanwhile.
    std::unique_lock lock(mutex);
    while (!one_done.wait_for(lock, kWait, [&] { return num_done == threads.size(); })) {
      lock.unlock();
      poll_interrupt();
      lock.lock();
    }
  } catch (...) {
    is_stopped = true;
    failures[0] = std::current_exception();
  }
  threads.clear();  // Joins.
  for (const std::exception_ptr& failure : failures) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  }
}

}  // namespace ecommerce_analytics
