#include "ecommerce_analytics/core/parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics {
namespace {

TEST(ResolveNumThreads, ZeroIsAllThereAre) {
  EXPECT_GE(resolve_num_threads(0), 1);
  EXPECT_LE(resolve_num_threads(0), 1024);
  EXPECT_EQ(resolve_num_threads(1), 1);
  EXPECT_EQ(resolve_num_threads(1024), 1024);
  for (const int num_threads : {-1, 1025}) {
    try {
      static_cast<void>(resolve_num_threads(num_threads));
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    }
  }
}

TEST(ParallelFor, PartsAreConsecutiveAndCoverAll) {
  for (const std::size_t num_items : {0U, 1U, 2U, 7U, 8U, 1000U}) {
    for (const int num_threads : {1, 2, 3, 8, 64}) {
      // One slot a part: no two threads write to the same one.
      std::vector<std::pair<std::size_t, std::size_t>> parts(64, {0, 0});
      std::vector<std::atomic<int>> times_met(num_items);
      parallel_for(num_items, num_threads,
                   [&](std::size_t part, std::size_t first, std::size_t last) {
                     parts.at(part) = {first, last};
                     for (std::size_t item = first; item < last; ++item) {
                       ++times_met.at(item);
                     }
                   });
      for (const std::atomic<int>& times : times_met) {
        EXPECT_EQ(times, 1);
      }
      std::size_t next = 0;
      for (const auto& [first, last] : parts) {
        if (last > first) {
          EXPECT_EQ(first, next);
          next = last;
        }
      }
      EXPECT_EQ(next, num_items);
    }
  }
}

TEST(ParallelFor, ThrowsTheFirstExceptionByPart) {
  for (const int num_threads : {1, 4}) {
    std::atomic<int> num_finished = 0;
    try {
      parallel_for(100, num_threads, [&](std::size_t part, std::size_t, std::size_t) {
        ++num_finished;
        throw std::runtime_error("part " + std::to_string(part));
      });
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "part 0");
    }
    EXPECT_GE(num_finished, 1);
  }
  // A later part's exception is thrown on too, after the others are done.
  std::atomic<std::size_t> num_items = 0;
  EXPECT_THROW(parallel_for(100, 4,
                            [&](std::size_t, std::size_t first, std::size_t last) {
                              num_items += last - first;
                              if (last == 100) {
                                throw std::runtime_error("the last part");
                              }
                            }),
               std::runtime_error);
  EXPECT_EQ(num_items, 100U);
}

}  // namespace
}  // namespace ecommerce_analytics
