#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// The time from a customer's first order to his second one, with those in mind who may still come.
namespace ecommerce_analytics::second_order {

struct Options {
  /// Moment, exclusive, up to which lines count, in civil microseconds. Default: 00:00 after the
  /// day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Dimension whose value at a customer's first order splits the customers; a history must keep
  /// it as its region. Default: no split.
  std::optional<std::string> by = std::nullopt;

  /// Coverage of the intervals. In (0, 1).
  double confidence = 0.95;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// One row per group and whole day of 24 hours since the first order, from 0 to the last one that
/// anybody of the group was followed to.
struct Curve {
  std::optional<KeyColumn> group{};  ///< Value of the dimension `by`; absent without one.
  std::vector<std::int32_t> days{};
  std::vector<std::int64_t> at_risk{};   ///< Followed so far without a second order; of day 0 all.
  std::vector<std::int64_t> events{};    ///< Second orders on this day.
  std::vector<std::int64_t> censored{};  ///< Followed to this day and no further.
  std::vector<double> share{};           ///< Kaplan and Meier's estimate of those with a second
                                         ///< order by the end of this day.
  Nullable<double> lower{};              ///< Interval of `share` by Greenwood's variance of
  Nullable<double> upper{};              ///< log(-log(1 - share)); null where that is 0 or 1.

  Options options{};  ///< As they were given.
  std::int64_t as_of_us = 0;
  std::int64_t num_lines_ignored = 0;
  Selection selection{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return days.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("group", &Curve::group);
    visit("days", &Curve::days);
    visit("at_risk", &Curve::at_risk);
    visit("events", &Curve::events);
    visit("censored", &Curve::censored);
    visit("share_with_second", &Curve::share);
    visit("lower", &Curve::lower);
    visit("upper", &Curve::upper);
  }
};

/// Estimates the time to the second order of all known customers whose first order counts.
///
/// First and second order are those of the full history before `as_of`, by their earliest purchase
/// line; a customer is in if a first order of his (several at one moment are all first) is
/// selected and in the report window, whatever the second one is. Who has no second order was
/// followed to `as_of`. Times are whole days of 24 hours, rounded down; on one day second orders
/// come before ends of follow-up.
///
/// @throws Error  `invalid_argument` if `confidence` is out of range, the history does not keep
///                `by`, the table had more than 10,000,000 rows, or as
///                `CustomerHistory::resolve_as_of`.
/// @par Complexity  O(orders + rows of the table), and O(rows) for a table of lines.
/// @par Source      Kaplan and Meier (1958), Greenwood (1926), Kalbfleisch and Prentice (1980);
///                  docs/methods/second_order.md.
[[nodiscard]] Curve curve(const CustomerHistory& history, const Options& options = {});
[[nodiscard]] Curve curve(const Transactions& transactions, const Options& options = {},
                          const Selection& selection = {});

/// One row per group.
struct Summary {
  std::optional<KeyColumn> group{};           ///< As in the curve.
  std::vector<std::int64_t> customers{};      ///< Whose first order counts.
  std::vector<std::int64_t> second_orders{};  ///< Those of them who have a second one.
  std::vector<std::int32_t> followed_days{};  ///< The longest anybody was followed.
  Nullable<std::int64_t> median_days{};  ///< Least day by whose end half have a second order; null
                                         ///< if that was not reached.

  Metadata curve_metadata{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return customers.size(); }
  [[nodiscard]] const Metadata& metadata() const noexcept { return curve_metadata; }

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("group", &Summary::group);
    visit("customers", &Summary::customers);
    visit("second_orders", &Summary::second_orders);
    visit("followed_days", &Summary::followed_days);
    visit("median_days", &Summary::median_days);
  }
};

/// @par Complexity  O(rows).
[[nodiscard]] Summary summarize(const Curve& curve);

/// One row per group and day asked for.
struct Milestones {
  std::optional<KeyColumn> group{};  ///< As in the curve.
  std::vector<std::int32_t> days{};
  std::vector<std::int64_t> at_risk{};  ///< As in the curve; 0 for a day to which nobody was
                                        ///< followed.
  Nullable<double> share{};             ///< Likewise; null for such a day.
  Nullable<double> lower{};
  Nullable<double> upper{};

  Metadata curve_metadata{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return days.size(); }
  [[nodiscard]] const Metadata& metadata() const noexcept { return curve_metadata; }

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("group", &Milestones::group);
    visit("days", &Milestones::days);
    visit("at_risk", &Milestones::at_risk);
    visit("share_with_second", &Milestones::share);
    visit("lower", &Milestones::lower);
    visit("upper", &Milestones::upper);
  }
};

/// Reads some days off a curve, in the order in which they are given.
/// @throws Error  `invalid_argument` if a day is negative.
/// @par Complexity  O(rows + groups · days).
[[nodiscard]] Milestones milestones(const Curve& curve, const std::vector<std::int32_t>& days);

}  // namespace ecommerce_analytics::second_order
