#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// Cohorts: customers by the period of their first order, followed over the periods after it.
namespace ecommerce_analytics::cohort {

/// When a customer counts as active in a period.
enum class Kind : std::uint8_t {
  bounded,  ///< He has an order in it.
};

/// What a cell of the table measures.
enum class Measure : std::uint8_t {
  customers,  ///< Active customers.
  orders,     ///< Their orders.
  revenue,    ///< Net money of all lines of the cohort's customers.
};

/// Reads the name of an enumerator; throws `invalid_argument` with the name otherwise.
[[nodiscard]] Kind parse_kind(std::string_view name);
[[nodiscard]] Measure parse_measure(std::string_view name);
[[nodiscard]] std::string_view kind_name(Kind kind) noexcept;
[[nodiscard]] std::string_view measure_name(Measure measure) noexcept;

struct Options {
  /// Moment, exclusive, up to which lines count, in civil microseconds. Default: 00:00 after the
  /// day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Length of a period, for cohorts and for the periods after.
  Period period = Period::month;

  Kind kind = Kind::bounded;
  Measure measure = Measure::customers;

  /// Coverage of the interval of a share of customers. In (0, 1).
  double confidence = 0.95;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// One row per cohort and period number, cohorts by increasing date, every cohort with the period
/// numbers 0 to K, where K is that of the first cohort in the last period before `as_of`.
struct Retention {
  std::vector<Date> cohort{};          ///< First day of the period of the first order.
  std::vector<std::int32_t> period{};  ///< Periods after the cohort's own, 0..K.
  std::vector<std::int64_t> size{};    ///< Customers of the cohort; >= 1.
  CountOrMoney value{};                ///< The measure; null unless `observable`, 0 if nothing was.
  Nullable<double> rate{};         ///< value / value in period 0; null where the latter is <= 0.
  Nullable<double> lower{};        ///< Wilson interval of `rate`, for `customers` only; null for
  Nullable<double> upper{};        ///< other measures and for period 0, which is 1 by definition.
  std::vector<Flag> observable{};  ///< The period began on or before the last day of data.
  std::vector<Flag> partial{};     ///< It had begun and not ended at `as_of`.

  std::int64_t as_of_us = 0;
  Options options{};
  std::int64_t num_lines_ignored = 0;  ///< Lines at or after `as_of`.
  Selection selection{};               ///< That of the history.

  [[nodiscard]] std::size_t num_rows() const noexcept { return cohort.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("cohort", &Retention::cohort);
    visit("period", &Retention::period);
    visit("size", &Retention::size);
    visit("value", &Retention::value);
    visit("rate", &Retention::rate);
    visit("lower", &Retention::lower);
    visit("upper", &Retention::upper);
    visit("observable", &Retention::observable);
    visit("partial", &Retention::partial);
  }
};

/// Follows the cohorts of all known customers.
///
/// A customer's cohort is the period of his first order in the whole history, an order's period
/// that of its earliest purchase line; money belongs to the period of its line's own day, and money
/// from before the first order (a refund without its sale) to period 0. A period without new
/// customers is no cohort. The first cohort is left-truncated: some of its customers are older than
/// the data.
///
/// @throws Error  `invalid_argument` if `confidence` is out of range, if the table had more than
///                10,000,000 cells, or as `CustomerHistory::resolve_as_of`.
/// @par Complexity  O(orders + order-days + cohorts · periods), and O(rows) for a table.
/// @par Source      Wilson (1927); docs/methods/cohort.md.
[[nodiscard]] Retention retention(const CustomerHistory& history, const Options& options = {});
[[nodiscard]] Retention retention(const Transactions& transactions, const Options& options = {},
                                  const Selection& selection = {});

/// One row per period number: the retention curve of all cohorts together.
struct MeanRetention {
  std::vector<std::int32_t> period{};       ///< 0..K.
  std::vector<std::int64_t> num_cohorts{};  ///< Cohorts for which the whole period was seen.
  Nullable<double> weighted{};              ///< Sum of their active customers / sum of their sizes.
  Nullable<double> simple{};  ///< Mean of their rates; both null without such a cohort.

  Metadata retention_metadata{};  ///< Of the table it was made from.

  [[nodiscard]] std::size_t num_rows() const noexcept { return period.size(); }
  [[nodiscard]] const Metadata& metadata() const noexcept { return retention_metadata; }

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("period", &MeanRetention::period);
    visit("num_cohorts", &MeanRetention::num_cohorts);
    visit("weighted", &MeanRetention::weighted);
    visit("simple", &MeanRetention::simple);
  }
};

/// Averages the cells that are observable and not partial, over cohorts.
///
/// @throws Error  `invalid_argument` unless the measure of `retention` is `customers`.
/// @par Complexity  O(cells).
[[nodiscard]] MeanRetention mean_retention(const Retention& retention);

}  // namespace ecommerce_analytics::cohort
