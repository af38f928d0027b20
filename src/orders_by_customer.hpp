#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ecommerce_analytics/customer_history.hpp"

/// Orders that count at a moment, grouped by customer without sorting.
namespace ecommerce_analytics {

class OrdersByCustomer {
 public:
  /// Takes the orders whose earliest purchase line is before `as_of_us`. O(orders + customers).
  OrdersByCustomer(const CustomerHistory& history, std::int64_t as_of_us)
      : first_(history.customer_keys().num_codes() + 1) {
    const std::span<const OrderState> all = history.orders();
    for (const OrderState& order : all) {
      first_[order.customer + 1] += order.purchase_us < as_of_us ? 1 : 0;
    }
    for (std::size_t customer = 1; customer < first_.size(); ++customer) {
      first_[customer] += first_[customer - 1];
    }
    orders_.resize(first_.back());
    std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
    for (std::uint32_t order = 0; order < all.size(); ++order) {
      if (all[order].purchase_us < as_of_us) {
        orders_[next[all[order].customer]++] = order;
      }
    }
  }

  [[nodiscard]] std::size_t num_customer_codes() const noexcept { return first_.size() - 1; }

  /// Order codes of a customer code, in no particular order; code 0 has those of guests.
  [[nodiscard]] std::span<const std::uint32_t> operator[](std::size_t customer) const noexcept {
    return std::span(orders_).subspan(first_[customer], first_[customer + 1] - first_[customer]);
  }

 private:
  std::vector<std::size_t> first_;
  std::vector<std::uint32_t> orders_{};
};

}  // namespace ecommerce_analytics
