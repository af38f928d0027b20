#include "ecommerce_analytics/core/interrupt.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "ecommerce_analytics/core/dictionary.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/parallel.hpp"
#include "ecommerce_analytics/customer_history.hpp"
#include "ecommerce_analytics/rfm.hpp"

namespace ecommerce_analytics {
namespace {

constexpr std::chrono::milliseconds kAlways{0};

template <class Call>
bool is_interrupted(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
    return true;
  }
  return false;
}

Transactions many_lines(std::int64_t first_order) {
  TransactionsBuilder builder;
  for (std::int64_t row = 0; row < 120'000; ++row) {
    const std::string order = "order " + std::to_string(first_order + row / 2);
    const std::string customer = "customer " + std::to_string((first_order + row / 2) % 9'000);
    builder.add({.customer = Key(std::string_view(customer)),
                 .order = Key(std::string_view(order)),
                 .time_us = 1'700'000'000'000'000 + row * 1'000'000,
                 .amount = 10'000 + row});
  }
  return builder.finish();
}

TEST(Interrupt, WithoutAScopeNobodyIsAsked) { EXPECT_NO_THROW(poll_interrupt()); }

TEST(Interrupt, TheInnermostScopeIsAsked) {
  int num_outer = 0;
  const InterruptScope outer([&] { return ++num_outer < 0; }, kAlways);
  poll_interrupt();
  EXPECT_EQ(num_outer, 1);
  {
    const InterruptScope inner([] { return true; }, kAlways);
    EXPECT_TRUE(is_interrupted(poll_interrupt));
  }
  poll_interrupt();
  EXPECT_EQ(num_outer, 2);
}

TEST(Interrupt, IsAskedNoMoreThanOnceInAnInterval) {
  int num_asked = 0;
  const InterruptScope scope([&] { return ++num_asked < 0; }, std::chrono::hours(1));
  for_each_block(10 * kRowsPerPoll, [](std::size_t, std::size_t) {});
  EXPECT_EQ(num_asked, 0);
}

TEST(Interrupt, BlocksCoverAllRows) {
  for (const std::size_t num_rows :
       {std::size_t{0}, std::size_t{1}, kRowsPerPoll, kRowsPerPoll + 1}) {
    std::size_t next = 0;
    for_each_block(num_rows, [&](std::size_t first, std::size_t end) {
      EXPECT_EQ(first, next);
      EXPECT_GT(end, first);
      next = end;
    });
    EXPECT_EQ(next, num_rows);
  }
}

TEST(Interrupt, WhatTheCallbackThrowsPasses) {
  const InterruptScope scope([]() -> bool { throw std::runtime_error("stop"); }, kAlways);
  EXPECT_THROW(poll_interrupt(), std::runtime_error);
}

TEST(Interrupt, StopsThreadsThatNeverEndByThemselves) {
  std::atomic<int> num_begun = 0;
  const InterruptScope scope([&] { return num_begun == 3; }, kAlways);
  EXPECT_TRUE(is_interrupted([&] {
    parallel_for(4, 4, [&](std::size_t part, std::size_t, std::size_t) {
      if (part == 0) {
        return;  // The calling thread waits for the others.
      }
      ++num_begun;
      while (true) {
        poll_interrupt();
      }
    });
  }));
}

TEST(Interrupt, StopsThreadsWhileTheCallerWorksToo) {
  const InterruptScope scope([] { return true; }, kAlways);
  EXPECT_TRUE(is_interrupted([&] {
    parallel_for(4, 4, [&](std::size_t, std::size_t, std::size_t) {
      while (true) {
        poll_interrupt();
      }
    });
  }));
}

TEST(Interrupt, SortingKeysPolls) {
  Dictionary keys;
  for (int key = 0; key < 20'000; ++key) {
    const std::string text = std::to_string(key * 7'919 % 20'000);
    keys.encode(Key(std::string_view(text)));
  }
  const InterruptScope scope([] { return true; }, kAlways);
  EXPECT_TRUE(is_interrupted([&] { static_cast<void>(keys.codes_by_key()); }));
}

TEST(Interrupt, AHistoryIsAsBeforeWhereverItIsStopped) {
  const Transactions lines = many_lines(0);
  const Transactions others = many_lines(30'000);
  CustomerHistory history;
  history.add(lines);
  const rfm::Scores before = rfm::score(history);
  const std::size_t num_orders = history.order_keys().num_keys();
  CustomerHistory whole;
  whole.add(others);
  whole.add(lines);
  const rfm::Scores expected = rfm::score(whole);

  int num_stops = 0;
  for (int allowed = 0;; ++allowed) {
    int num_asked = 0;
    bool is_stopped = false;
    {
      const InterruptScope scope([&] { return num_asked++ == allowed; }, kAlways);
      is_stopped = is_interrupted([&] { history.add(others, 2); });
    }
    if (!is_stopped) {
      break;
    }
    ++num_stops;
    EXPECT_EQ(history.order_keys().num_keys(), num_orders);
    if (allowed % 5 == 0) {
      const rfm::Scores again = rfm::score(history);
      EXPECT_EQ(again.customer, before.customer);
      EXPECT_EQ(again.monetary, before.monetary);
    }
  }
  EXPECT_GT(num_stops, 10);
  const rfm::Scores actual = rfm::score(history);
  EXPECT_EQ(actual.customer, expected.customer);
  EXPECT_EQ(actual.recency_days, expected.recency_days);
  EXPECT_EQ(actual.monetary, expected.monetary);
}

}  // namespace
}  // namespace ecommerce_analytics
