#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// Cohorts: customers by the period of their first order, followed over the periods after it.
namespace ecommerce_analytics::cohort {

/// Which orders make a customer active in cell k of his cohort's row.
enum class Kind : std::uint8_t {
  bounded,  ///< Those of the k-th period after the cohort's own.
  rolling,  ///< Those of that period or a later one: a number that can still grow.
  elapsed,  ///< Those k · n to (k + 1) · n days of 24 hours after his own first order.
};

/// What a cell of the table measures.
enum class Measure : std::uint8_t {
  customers,            ///< Active customers.
  orders,               ///< Their orders.
  revenue,              ///< Net money of all lines of the cohort's customers.
  cumulative_revenue,   ///< That of this cell and all before, per customer of the cohort.
  average_order_value,  ///< Revenue / orders.
};

/// What a rate compares with.
enum class RelativeTo : std::uint8_t {
  first,     ///< Period 0; for `customers`: the eligible members.
  previous,  ///< The period before.
};

/// Reads the name of an enumerator; throws `invalid_argument` with the name otherwise.
[[nodiscard]] Kind parse_kind(std::string_view name);
[[nodiscard]] Measure parse_measure(std::string_view name);
[[nodiscard]] RelativeTo parse_relative_to(std::string_view name);
[[nodiscard]] std::string_view kind_name(Kind kind) noexcept;
[[nodiscard]] std::string_view measure_name(Measure measure) noexcept;
[[nodiscard]] std::string_view relative_to_name(RelativeTo relative_to) noexcept;

struct Options {
  static constexpr int kMaxElapsedDays = 36'500;

  /// Moment, exclusive, up to which lines count, in civil microseconds. Default: 00:00 after the
  /// day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Length of a period, for cohorts and, but for `elapsed`, for the periods after.
  Period period = Period::month;

  /// `rolling` goes with the measure `customers` only.
  Kind kind = Kind::bounded;
  Measure measure = Measure::customers;

  RelativeTo relative_to = RelativeTo::first;

  /// Dimension whose value at a customer's first order splits the cohorts; a history must keep it
  /// as its region. Default: no split.
  std::optional<std::string> by = std::nullopt;

  /// Days of 24 hours of a window of `elapsed`. In [1, 36500].
  int elapsed_days = 30;

  /// Coverage of the interval of a share of customers. In (0, 1).
  double confidence = 0.95;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// One row per group, cohort and period number: groups by increasing key, the unknown one last,
/// cohorts by increasing date, each with the period numbers 0 to K. K is that of the first cohort
/// in the last period before `as_of`; for `elapsed` that of the last window which anyone has ended,
/// or 0.
///
/// A report window hides what lies outside it: a period that does not touch it is not observable,
/// one that it cuts is partial.
struct Retention {
  std::optional<KeyColumn> group{};      ///< Value of the dimension `by`; absent without one.
  std::vector<Date> cohort{};            ///< First day of the period of the first order.
  std::vector<std::int32_t> period{};    ///< Periods after the cohort's own, 0..K.
  std::vector<std::int64_t> size{};      ///< Customers of the cohort; >= 1.
  std::vector<std::int64_t> eligible{};  ///< Those whom `value` is about: for `elapsed` the members
                                         ///< whose window was seen whole, else all; 0 unless
                                         ///< `observable`.
  MeasureValues value{};           ///< The measure; null unless `observable`, 0 if nothing was, and
                                   ///< null for the mean value of no order.
  Nullable<double> rate{};         ///< For `customers` and `first`: value / eligible. Else value /
                                   ///< the value, of the same members, in period 0 or the one
                                   ///< before; null where that is <= 0 or not observable.
  Nullable<double> lower{};        ///< Wilson interval of value / eligible; null for other rates,
  Nullable<double> upper{};        ///< and for period 0, which is 1 unless orders are selected.
  std::vector<Flag> observable{};  ///< The period began on or before the last day of data; for
                                   ///< `elapsed`: somebody is eligible.
  std::vector<Flag> partial{};     ///< It had begun and not ended at `as_of`, or the report window
                                   ///< cuts it. Never for `elapsed`.
  std::vector<Flag> can_grow{};    ///< `rolling`, and somebody may still come back.
  std::vector<Flag> left_truncated{};  ///< The data's first cohort: some of its customers are older
                                       ///< than the data.
  /// The money and the orders behind a quotient; absent for other measures.
  std::optional<Nullable<Money128>> revenue{};
  std::optional<Nullable<std::int64_t>> orders{};

  std::int64_t as_of_us = 0;
  Options options{};
  std::optional<Date> left_truncated_cohort{};  ///< The data's first cohort, if it has rows here.
  std::int64_t num_lines_ignored = 0;           ///< Lines at or after `as_of`.
  Selection selection{};                        ///< That of the history.

  [[nodiscard]] std::size_t num_rows() const noexcept { return cohort.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("group", &Retention::group);
    visit("cohort", &Retention::cohort);
    visit("period", &Retention::period);
    visit("size", &Retention::size);
    visit("eligible", &Retention::eligible);
    visit("value", &Retention::value);
    visit("rate", &Retention::rate);
    visit("lower", &Retention::lower);
    visit("upper", &Retention::upper);
    visit("observable", &Retention::observable);
    visit("partial", &Retention::partial);
    visit("can_grow", &Retention::can_grow);
    visit("left_truncated", &Retention::left_truncated);
    visit("revenue", &Retention::revenue);
    visit("orders", &Retention::orders);
  }
};

/// Follows the cohorts of all known customers.
///
/// A customer's cohort is the period of his first order in the whole history, selected or not, and
/// his group the value of `by` at that order (orders at one moment: the least key). An order's
/// moment is that of its earliest purchase line; money belongs to its line's own day, and money
/// from before the first order (a refund without its sale) to period 0. A period without new
/// customers is no cohort.
///
/// A window of `elapsed` is cut at the microsecond of the first order. The history keeps money by
/// day: that of the day of its order has the order's moment, other money 00:00 of its day.
///
/// @throws Error  `invalid_argument` if an option is out of range, `rolling` meets another measure
///                than `customers`, the history does not keep `by`, the table had more than
///                10,000,000 cells, or as `CustomerHistory::resolve_as_of`.
/// @par Complexity  O(orders + order-days + cells), with O(orders log orders) for customers over
///                  more than 64 periods, and O(rows) for a table.
/// @par Source      Wilson (1927); docs/methods/cohort.md.
[[nodiscard]] Retention retention(const CustomerHistory& history, const Options& options = {});
[[nodiscard]] Retention retention(const Transactions& transactions, const Options& options = {},
                                  const Selection& selection = {});

/// One cell of a retention table.
struct Cell {
  Date cohort{};            ///< First day of the period of the first order.
  std::int32_t period = 0;  ///< Periods after the cohort's own, >= 0.
  KeyColumn group{};        ///< One key of the dimension `by`; empty without one.

  /// Members that are listed: the active ones, those who were not, or (no value) all of whom the
  /// cell is about.
  std::optional<bool> active = true;
};

/// One row per customer behind a cell, in increasing order of the key.
struct MemberList {
  KeyColumn customer{};
  std::vector<Time> first_order{};     ///< Moment of his first order ever.
  std::vector<Flag> active{};          ///< An order of his is in the cell.
  std::vector<std::int64_t> orders{};  ///< His orders in the cell.
  std::vector<Money128> revenue{};     ///< Net money of his lines in the cell.

  Options options{};  ///< As they were given.
  Cell cell{};
  std::int64_t as_of_us = 0;
  std::int64_t num_eligible = 0;  ///< As the cell's `eligible`.
  std::int64_t num_active = 0;    ///< As the cell's `value` of the measure `customers`.
  bool is_partial = false;        ///< As the cell's `partial`.
  std::int64_t num_lines_ignored = 0;
  Selection selection{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return orders.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("customer", &MemberList::customer);
    visit("first_order", &MemberList::first_order);
    visit("active", &MemberList::active);
    visit("orders", &MemberList::orders);
    visit("revenue", &MemberList::revenue);
  }
};

/// Lists the customers behind one cell of `retention` with the same options; the measure, what
/// rates compare with and the confidence do not matter. The orders and the money of a cell of
/// `rolling` are those of its period and all later ones.
///
/// @throws Error  as `retention`, and `invalid_argument` if no cohort of the group begins on that
///                day, or nobody has seen that period yet.
/// @par Complexity  O(orders + order-days), and a sort of the keys that are listed.
[[nodiscard]] MemberList members(const CustomerHistory& history, const Cell& cell,
                                 const Options& options = {});
[[nodiscard]] MemberList members(const Transactions& transactions, const Cell& cell,
                                 const Options& options = {}, const Selection& selection = {});

/// One row per group and period number: the retention curve of all cohorts together.
struct MeanRetention {
  std::optional<KeyColumn> group{};         ///< As in the retention.
  std::vector<std::int32_t> period{};       ///< 0..K.
  std::vector<std::int64_t> num_cohorts{};  ///< Cohorts with a cell that is observable and not
                                            ///< partial.
  Nullable<double> weighted{};  ///< Sum of their active customers / sum of their eligible ones.
  Nullable<double> simple{};    ///< Mean of their rates; null without such a cohort, as all four.
  Nullable<double> lower{};     ///< Wilson interval of the weighted mean as one share of all those
  Nullable<double> upper{};     ///< members; null for period 0 where the cells have none.

  Metadata retention_metadata{};  ///< Of the table it was made from.

  [[nodiscard]] std::size_t num_rows() const noexcept { return period.size(); }
  [[nodiscard]] const Metadata& metadata() const noexcept { return retention_metadata; }

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("group", &MeanRetention::group);
    visit("period", &MeanRetention::period);
    visit("num_cohorts", &MeanRetention::num_cohorts);
    visit("weighted", &MeanRetention::weighted);
    visit("simple", &MeanRetention::simple);
    visit("lower", &MeanRetention::lower);
    visit("upper", &MeanRetention::upper);
  }
};

/// Averages the cells that are observable and not partial, over cohorts, for each group.
///
/// @throws Error  `invalid_argument` unless the rates of `retention` are shares: of the measure
///                `customers`, relative to the first period.
/// @par Complexity  O(cells).
[[nodiscard]] MeanRetention mean_retention(const Retention& retention);

/// One row per group and period number from 1: how many do not come back from one period to the
/// next.
struct DropOff {
  std::optional<KeyColumn> group{};         ///< As in the retention.
  std::vector<std::int32_t> period{};       ///< 1..K.
  std::vector<std::int64_t> num_cohorts{};  ///< Cohorts whose cells of this period and the one
                                            ///< before are both observable and not partial.
  Nullable<double> before{};      ///< Retention of these cohorts together in the period before.
  Nullable<double> after{};       ///< The same in this one; all null without such a cohort.
  Nullable<double> loss{};        ///< `before - after`; below 0 if more came back.
  Nullable<double> lower{};       ///< Newcombe's interval of the loss; period 0 is known, without
  Nullable<double> upper{};       ///< error, where its cells have no interval.
  Nullable<double> loss_share{};  ///< `loss / before`; null unless that is > 0.
  Nullable<std::int64_t> rank{};  ///< 1: the largest loss of the group; equal ones by period.

  Metadata retention_metadata{};  ///< Of the table it was made from.

  [[nodiscard]] std::size_t num_rows() const noexcept { return period.size(); }
  [[nodiscard]] const Metadata& metadata() const noexcept { return retention_metadata; }

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("group", &DropOff::group);
    visit("period", &DropOff::period);
    visit("num_cohorts", &DropOff::num_cohorts);
    visit("before", &DropOff::before);
    visit("after", &DropOff::after);
    visit("loss", &DropOff::loss);
    visit("lower", &DropOff::lower);
    visit("upper", &DropOff::upper);
    visit("loss_share", &DropOff::loss_share);
    visit("rank", &DropOff::rank);
  }
};

/// Compares the retention of each period with that of the period before, over the same cohorts.
///
/// The interval takes the customers of the two periods for others: it is wider than need be where
/// the same ones come back.
///
/// @throws Error  as `mean_retention`.
/// @par Complexity  O(cells + K log K) for each group.
/// @par Source      Newcombe (1998), method 10, of two of Wilson's intervals.
[[nodiscard]] DropOff drop_off(const Retention& retention);

}  // namespace ecommerce_analytics::cohort
