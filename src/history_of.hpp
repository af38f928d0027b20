#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ecommerce_analytics/customer_history.hpp"

/// What an analysis called on a table does first.
namespace ecommerce_analytics {

/// History of one table, cut at the moment that is asked for, which so may be any moment.
[[nodiscard]] inline CustomerHistory history_of(const Transactions& transactions,
                                                std::optional<std::int64_t> as_of_us,
                                                int num_threads, std::string region = {}) {
  CustomerHistory history({.as_of_us = as_of_us, .region = std::move(region)});
  history.add(transactions, num_threads);
  return history;
}

}  // namespace ecommerce_analytics
