#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// Customers as they were known at a moment, and what they did after it: the one source of labels.
namespace ecommerce_analytics::cutoff {

/// Days that `orders_90d` looks back.
inline constexpr int kRecentDays = 90;

struct FeatureOptions {
  /// Days before the cutoff in which an eligible customer has an order. In [1, 36,500].
  int active_within_days = 365;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// What is known of each eligible customer before the cutoff; one row each, in increasing order of
/// the key. There is no column of what came after.
struct Features {
  KeyColumn customer{};
  std::vector<std::int32_t> recency_days{};     ///< Whole days from the last order to the cutoff.
  std::vector<std::int64_t> frequency{};        ///< Orders; >= 1.
  std::vector<Money128> monetary{};             ///< Net money of all lines; may be negative.
  std::vector<std::int32_t> tenure_days{};      ///< Whole days from the first order to the cutoff.
  Nullable<double> mean_days_between_orders{};  ///< First to last order, in days, divided by
                                                ///< frequency - 1; null for one order.
  std::vector<Flag> is_one_order{};             ///< frequency == 1.
  std::vector<double> average_order_value{};    ///< monetary / frequency, correctly rounded.
  std::vector<std::int64_t> orders_90d{};       ///< Orders in the last `kRecentDays` days.
  std::vector<std::int64_t> order_days{};       ///< Distinct civil days with an order.

  std::int64_t cutoff_us = 0;
  FeatureOptions options{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return customer.size(); }
  [[nodiscard]] Metadata metadata() const;

  /// Calls `visit(name, member)` once per column: Arrow, numpy and the tests read this list.
  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("customer", &Features::customer);
    visit("recency_days", &Features::recency_days);
    visit("frequency", &Features::frequency);
    visit("monetary", &Features::monetary);
    visit("tenure_days", &Features::tenure_days);
    visit("mean_days_between_orders", &Features::mean_days_between_orders);
    visit("is_one_order", &Features::is_one_order);
    visit("average_order_value", &Features::average_order_value);
    visit("orders_90d", &Features::orders_90d);
    visit("order_days", &Features::order_days);
  }
};

/// Features at the moment at which `past` was cut: a history that never saw a later line.
///
/// Eligible are known customers with an order in the `active_within_days` days before it. An order
/// is at its earliest purchase line, money at its own line: a refund after the cutoff lowers
/// nothing.
///
/// @throws Error  `invalid_argument` if `past` was made without `as_of_us` or with a selection, an
///                option is out of its range, or as `CustomerHistory::resolve_as_of`.
/// @par Complexity  O(orders log orders of a customer + order-days).
[[nodiscard]] Features features(const CustomerHistory& past, const FeatureOptions& options = {});

/// The same of a table, of which lines from `cutoff_us` on are left out. O(rows) more.
[[nodiscard]] Features features(const Transactions& transactions, std::int64_t cutoff_us,
                                const FeatureOptions& options = {});

struct Options {
  /// Days of the label window. In [1, 3,650].
  int horizon_days = 90;

  /// Days between the cutoff and the label window. In [0, 3,650].
  int gap_days = 0;

  /// As `FeatureOptions`.
  int active_within_days = 365;
  int num_threads = 0;
};

/// @throws Error  `invalid_argument` if an option is out of its range.
void validate(const Options& options);

/// Features of a table's customers at a cutoff, with labels of what they did after it.
///
/// Label 1: no order in the window [cutoff + gap, cutoff + gap + horizon), in days of 24 hours.
/// Features are made from a history that ends at the cutoff, labels from another one, and nothing
/// else in the library makes labels: what learns from them takes them from here.
class Dataset {
 public:
  /// @throws Error  `invalid_argument` if an option is out of its range, the data end inside the
  ///                window (00:00 after the day of the last line of any kind must not be before
  ///                its end), or no purchase lies before the cutoff.
  /// @par Complexity  O(rows).
  Dataset(const Transactions& transactions, std::int64_t cutoff_us, const Options& options = {});

  [[nodiscard]] const Features& features() const noexcept { return features_; }
  /// By row of `features()`: 1 for a customer without an order in the window.
  [[nodiscard]] std::span<const std::uint8_t> labels() const noexcept { return labels_; }
  /// By row of `features()`: net money of all lines in the window; as labels, what came after.
  [[nodiscard]] std::span<const Money128> window_revenue() const noexcept {
    return window_revenue_;
  }
  [[nodiscard]] const Options& options() const noexcept { return options_; }
  [[nodiscard]] std::size_t num_rows() const noexcept { return labels_.size(); }
  [[nodiscard]] std::int64_t num_positives() const noexcept { return num_positives_; }
  [[nodiscard]] std::int64_t cutoff_us() const noexcept { return features_.cutoff_us; }
  /// First moment of the label window, and the one behind it.
  [[nodiscard]] std::int64_t window_start_us() const noexcept { return window_start_us_; }
  [[nodiscard]] std::int64_t window_end_us() const noexcept { return window_end_us_; }

 private:
  Options options_;
  std::int64_t window_start_us_;
  std::int64_t window_end_us_;
  Features features_;
  std::vector<std::uint8_t> labels_{};
  std::vector<Money128> window_revenue_{};
  std::int64_t num_positives_ = 0;
};

/// 00:00 after the day of the last line of any kind: the latest end of a label window.
/// @throws Error  `invalid_argument` if there is no line.
[[nodiscard]] std::int64_t end_of_data_us(const Transactions& transactions);

}  // namespace ecommerce_analytics::cutoff
