#pragma once

#include <string>
#include <utility>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// What an analysis called on a table does first, and what it says of its selection.
namespace ecommerce_analytics {

/// History of one table, cut at the moment that is asked for, which so may be any moment.
[[nodiscard]] inline CustomerHistory history_of(const Transactions& transactions, int num_threads,
                                                HistoryOptions options) {
  CustomerHistory history(std::move(options));
  history.add(transactions, num_threads);
  return history;
}

/// Names the selection behind a result, unless it is everything.
inline void add_selection(Metadata& metadata, const Selection& selection) {
  if (!selection.is_everything()) {
    metadata.emplace_back("selection", describe(selection));
  }
}

}  // namespace ecommerce_analytics
