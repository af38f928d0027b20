#pragma once

#include <cstddef>
#include <span>

/// Summary of a finished column.
namespace ecommerce_analytics {

/// Mean and order statistics of a column; all 0 if `count` is 0.
struct Summary {
  std::size_t count = 0;
  double mean = 0.0;
  double min = 0.0;
  double median = 0.0;  ///< Of the sorted values, not an estimate; mean of the two middle ones.
  double max = 0.0;
};

/// Summarises `values`, which must be in the order of their keys: a sum of doubles depends on it.
/// O(n) time and memory.
[[nodiscard]] Summary summarize(std::span<const double> values);

}  // namespace ecommerce_analytics
