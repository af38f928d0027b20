#include "ecommerce_analytics/core/parallel.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics {

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
  const auto run = [&](std::size_t part) {
    try {
      work(part, num_items * part / num_parts, num_items * (part + 1) / num_parts);
    } catch (...) {
      failures[part] = std::current_exception();
    }
  };

  std::vector<std::jthread> threads;
  threads.reserve(num_parts);
  for (std::size_t part = 1; part < num_parts; ++part) {
    threads.emplace_back(run, part);
  }
  run(0);
  threads.clear();  // Joins.
  for (const std::exception_ptr& failure : failures) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  }
}

}  // namespace ecommerce_analytics
