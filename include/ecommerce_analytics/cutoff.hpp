#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// Customers as they were known at a moment, and what they did after it: the one source of labels.
namespace ecommerce_analytics::cutoff {

/// Days that `orders_90d` looks back.
inline constexpr int kRecentDays = 90;
/// Days after which a day with an order counts half in `recent_order_days`.
inline constexpr int kHalfLifeDays = 90;
/// First month of the peak season, which ends with the year.
inline constexpr int kPeakMonth = 11;
/// Dimension of a table of facts that names what a line tells.
inline constexpr const char* kFactDimension = "fact";

struct FeatureOptions {
  /// Days before the cutoff in which an eligible customer has an order. In [1, 36,500].
  int active_within_days = 365;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;

  /// What became known of orders, and when: a line says that from its time on the value named by
  /// its dimension `fact` is known of its order, and is its amount. Default: nothing.
  std::optional<Transactions> facts = std::nullopt;
};

/// The facts of one name: `fact_<name>` is the mean over those of the customer's orders that were
/// known before the cutoff, null where there is none, and `fact_<name>_known` tells which.
struct FactColumn {
  std::string name{};
  std::string known_name{};
  Nullable<double> value{};
  std::vector<Flag> is_known{};
};

/// Purchases of all known customers before a cutoff as models of purchase counts read them: a
/// purchase is a civil day with an order, times are whole days.
struct PurchaseCounts {
  std::vector<double> frequency{};  ///< Distinct days with an order, less one.
  std::vector<double> recency{};    ///< From the first to the last of them.
  std::vector<double> T{};          ///< From the first of them to the last day before the cutoff.
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
  Nullable<double> recency_over_gap{};  ///< recency_days / mean civil days between order days; null
                                        ///< for one order day.
  std::vector<Flag> is_one_order_day{};  ///< order_days == 1.
  Nullable<double> gap_trend{};          ///< Last civil days between order days / their mean; null
                                         ///< below three order days.
  std::vector<Flag> is_trend_known{};    ///< order_days >= 3.
  std::vector<double> recent_order_days{};  ///< Sum over the order days of 2^(-days since its last
                                            ///< order / `kHalfLifeDays`), each to four decimals.
  std::vector<double> peak_season_share{};  ///< Orders from month `kPeakMonth` on / frequency.
  std::vector<double> lines_per_order{};    ///< Lines of kind sale / frequency.
  Nullable<double> return_rate_money{};     ///< -refunds / sales; null unless sales are positive.
  Nullable<double> return_rate_lines{};     ///< Refund lines / sale lines; null without the latter.
  std::optional<Nullable<double>> discount_share{};  ///< Discounts / (sales + measure `discount`);
                                                     ///< null unless that is positive.
  std::optional<std::vector<Money128>> items{};      ///< Quantity of the lines of kind sale.
  std::optional<std::vector<std::int64_t>> unique_products{};    ///< Distinct known ones of them.
  std::optional<std::vector<std::int64_t>> unique_categories{};  ///< Likewise.
  std::optional<Nullable<double>> median_line_items{};  ///< Median quantity of these lines.
  std::optional<Nullable<double>>
      median_product_buyers{};        ///< Median over his distinct products of
                                      ///< the known customers who bought it.
  std::optional<KeyColumn> region{};  ///< Of the first order, ties: least key. No model reads it.
  std::vector<FactColumn> facts{};    ///< By increasing name; those known of any order.

  /// No columns: by row the times of his orders, increasing, and the purchases of all customers,
  /// eligible or not.
  std::vector<std::vector<std::int64_t>> order_us{};
  PurchaseCounts everybody{};

  std::int64_t cutoff_us = 0;
  FeatureOptions options{};  ///< Without the facts.

  [[nodiscard]] std::size_t num_rows() const noexcept { return customer.size(); }
  [[nodiscard]] Metadata metadata() const;

  /// Calls `visit(name, member)` once per column that has a name of its own.
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
    visit("recency_over_gap", &Features::recency_over_gap);
    visit("is_one_order_day", &Features::is_one_order_day);
    visit("gap_trend", &Features::gap_trend);
    visit("is_trend_known", &Features::is_trend_known);
    visit("recent_order_days", &Features::recent_order_days);
    visit("peak_season_share", &Features::peak_season_share);
    visit("lines_per_order", &Features::lines_per_order);
    visit("return_rate_money", &Features::return_rate_money);
    visit("return_rate_lines", &Features::return_rate_lines);
    visit("discount_share", &Features::discount_share);
    visit("items", &Features::items);
    visit("unique_products", &Features::unique_products);
    visit("unique_categories", &Features::unique_categories);
    visit("median_line_items", &Features::median_line_items);
    visit("median_product_buyers", &Features::median_product_buyers);
    visit("region", &Features::region);
  }

  /// Calls `visit(name, column)` once per column that is there: Arrow, numpy and the tests read
  /// this list.
  template <class Visitor>
  void for_each_column(const Visitor& visit) const {
    const auto visit_known = [&](const char* name, const auto& column) {
      if constexpr (requires { column.has_value(); }) {
        if (column) {
          visit(name, *column);
        }
      } else {
        visit(name, column);
      }
    };
    visit_columns([&](const char* name, auto member) { visit_known(name, this->*member); });
    for (const FactColumn& fact : facts) {
      visit(fact.name.c_str(), fact.value);
      visit(fact.known_name.c_str(), fact.is_known);
    }
  }
};

/// Features at the moment at which `past` was cut: a history that never saw a later line.
///
/// Eligible are known customers with an order in the `active_within_days` days before it. An order
/// is at its earliest purchase line, money at its own line: a refund after the cutoff lowers
/// nothing. Of a history `items`, `discount_share` and `region` are there if it keeps the measures
/// `quantity` and `discount` and the region; what is told by lines and products is not. A
/// share of discounts is told if there is a measure of them, or a line before the cutoff.
///
/// @throws Error  `invalid_argument` if `past` was made without `as_of_us` or with a selection, an
///                option is out of its range, or as `CustomerHistory::resolve_as_of`.
/// @par Complexity  O(orders log orders of a customer + order-days).
[[nodiscard]] Features features(const CustomerHistory& past, const FeatureOptions& options = {});

/// The same of a table, of which lines from `cutoff_us` on are left out, with all columns that its
/// dimensions `product`, `category` and `region`, its quantity and its measure `discount` can fill.
/// O(rows) more.
/// @throws Error  also `schema_mismatch` if facts lack their dimension, or keys of orders are
///                integers here and text there.
[[nodiscard]] Features features(const Transactions& transactions, std::int64_t cutoff_us,
                                const FeatureOptions& options = {});

/// Some rows of features, in the order given.
[[nodiscard]] Features take(const Features& features, const std::vector<std::size_t>& rows);

/// What would be known if `days` more days went by and nobody did anything.
/// @param days  In [0, 3,650].
[[nodiscard]] Features if_quiet(const Features& features, int days);

/// What would be known if each customer had placed one more order at the last moment before the
/// cutoff, worth his average, with as many items as his average, and of nothing that is new to him.
[[nodiscard]] Features if_ordered(const Features& features);

struct Options {
  /// Days of the label window. In [1, 3,650].
  int horizon_days = 90;

  /// Days between the cutoff and the label window. In [0, 3,650].
  int gap_days = 0;

  /// As `FeatureOptions`.
  int active_within_days = 365;
  int num_threads = 0;
  std::optional<Transactions> facts = std::nullopt;
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

struct HorizonOptions {
  /// Moment, exclusive, up to which orders count. Default: 00:00 after the day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Share of the gaps that a horizon is to cover, in (0, 1).
  double share = 0.9;

  /// Coverage of the interval, in (0, 1), and the resamples of the customers behind it.
  double confidence = 0.95;
  int n_resamples = 200;
  std::uint64_t random_state = 0;

  /// Threads; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// Least number of gaps that a horizon is suggested from.
inline constexpr std::int64_t kMinGaps = 100;

/// A horizon with what it was read from; one row.
struct Horizon {
  std::vector<std::int32_t> horizon_days{};
  std::vector<double> lower{};  ///< Of a bootstrap by customer.
  std::vector<double> upper{};
  std::vector<double> share{};  ///< Of the gaps that are not longer; at least the share asked for.
  std::vector<std::int64_t> gaps{};
  std::vector<std::int64_t> customers{};   ///< Those with a gap.
  std::vector<std::int32_t> median_gap{};  ///< Least day by which half of the gaps have ended.

  std::int64_t as_of_us = 0;
  HorizonOptions options{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return horizon_days.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("horizon_days", &Horizon::horizon_days);
    visit("lower", &Horizon::lower);
    visit("upper", &Horizon::upper);
    visit("share", &Horizon::share);
    visit("gaps", &Horizon::gaps);
    visit("customers", &Horizon::customers);
    visit("median_gap", &Horizon::median_gap);
  }
};

/// Suggests a horizon by which most of those who come back have come back.
///
/// A gap is the civil days from a day with an order of a known customer to his next one. The
/// horizon is the least number of days that at least `share` of all gaps do not exceed, and at most
/// 3,650. Gaps that have not ended are not counted, so that it is rather short where the data are.
///
/// @throws Error  `invalid_argument` if an option is out of its range, or as
///                `CustomerHistory::resolve_as_of`; `invalid_data` below `kMinGaps` gaps.
/// @par Complexity  O(rows + gaps · resamples).
[[nodiscard]] Horizon suggest_horizon(const Transactions& transactions,
                                      const HorizonOptions& options = {});

}  // namespace ecommerce_analytics::cutoff
