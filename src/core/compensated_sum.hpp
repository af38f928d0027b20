#pragma once

#include <cmath>

namespace ecommerce_analytics {

/// A sum that keeps what each addition rounds away.
/// Source: Neumaier (1974).
class CompensatedSum {
 public:
  void add(double value) noexcept {
    const double sum = total_ + value;
    lost_ += std::abs(total_) >= std::abs(value) ? (total_ - sum) + value : (value - sum) + total_;
    total_ = sum;
  }
  [[nodiscard]] double value() const noexcept { return total_ + lost_; }

 private:
  double total_ = 0.0;
  double lost_ = 0.0;
};

}  // namespace ecommerce_analytics
