#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// Each customer's purchases as models of customer value read them: how often, how long, how much.
namespace ecommerce_analytics::purchase_history {

struct Options {
  /// End of the calibration, exclusive, at a midnight, in civil microseconds: what models may see
  /// lies before it. Default: 00:00 after the day of the last line.
  std::optional<std::int64_t> calibration_end_us = std::nullopt;

  /// End of the holdout, exclusive, at a midnight: what is compared with them lies in
  /// [calibration_end, holdout_end). Default: there is no holdout.
  std::optional<std::int64_t> holdout_end_us = std::nullopt;

  /// Days of the unit of time. Above 0, at most 3,650.
  double period_days = 7.0;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// One row for each known customer with a purchase before the end of the calibration, in increasing
/// order of the key. A purchase is a day with an order; times are whole days over `period_days`.
struct Summary {
  KeyColumn customer{};
  std::vector<std::int64_t> frequency{};  ///< Distinct days with an order, less one.
  std::vector<double> recency{};          ///< From the first to the last day with an order.
  std::vector<double> T{};                ///< From the first to the last day of the calibration.
  Nullable<double> monetary_value{};  ///< Net money of the days after the first one / frequency,
                                      ///< correctly rounded; null without a repeat.
  Nullable<std::int64_t> holdout_frequency{};  ///< Days with an order in the holdout.
  Nullable<Money128> holdout_money{};          ///< Net money of the holdout.

  std::int64_t calibration_end_us = 0;
  std::optional<std::int64_t> holdout_end_us = std::nullopt;
  double period_days = 0.0;

  [[nodiscard]] std::size_t num_rows() const noexcept { return customer.size(); }
  [[nodiscard]] Metadata metadata() const;

  /// Calls `visit(name, member)` once per column: Arrow, numpy and the tests read this list.
  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("customer", &Summary::customer);
    visit("frequency", &Summary::frequency);
    visit("recency", &Summary::recency);
    visit("T", &Summary::T);
    visit("monetary_value", &Summary::monetary_value);
    visit("holdout_frequency", &Summary::holdout_frequency);
    visit("holdout_money", &Summary::holdout_money);
  }
};

/// Sums up the purchases of each customer up to a day, and those of a holdout behind it.
///
/// An order is at its earliest purchase line, money at its own line, of any kind: a refund lowers
/// the money of the customer whose first purchase was on an earlier day, whatever it takes back.
///
/// @throws Error  `invalid_argument` if an option is out of its range, an end is no midnight, the
///                holdout does not end after the calibration, the data end before it does, or no
///                purchase of a known customer lies in the calibration.
/// @par Complexity  O(rows + orders log orders of a customer).
/// @par Source      Fader, Hardie and Lee (2005) for the columns.
[[nodiscard]] Summary summarize(const Transactions& transactions, const Options& options = {});

}  // namespace ecommerce_analytics::purchase_history
