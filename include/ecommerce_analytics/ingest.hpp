#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/money.hpp"
#include "ecommerce_analytics/io/arrow_import.hpp"
#include "ecommerce_analytics/transactions.hpp"

/// From columns as shops have them to `Transactions`: the one way in.
namespace ecommerce_analytics::ingest {

/// Unit in which an integer money column counts.
enum class IntegerUnit : std::uint8_t {
  refuse,  ///< An integer money column is an error.
  major,   ///< Whole currency units.
  minor,   ///< Hundredths of the currency unit.
};

/// What to do with a local time that the clock of `Mapping::source_zone` shows twice.
enum class AmbiguousTime : std::uint8_t {
  error,    ///< Refuse it.
  earlier,  ///< Take the first of the two instants.
  later,    ///< Take the second one.
};

/// What to do with a local time that the clock of `Mapping::source_zone` leaves out.
enum class NonexistentTime : std::uint8_t {
  error,          ///< Refuse it.
  shift_forward,  ///< Take the instant at which the clock was put forward.
};

/// Offset of civil time from UTC from one instant on.
struct ZoneTransition {
  std::int64_t from_us = 0;    ///< UTC microseconds.
  std::int64_t offset_us = 0;  ///< Civil minus UTC.
};

/// A column to keep under a name of its own.
struct NamedColumn {
  std::string name{};
  std::string column{};
};

/// Which input column is what. Exactly one of `amount`, or `quantity` and `unit_price`.
struct Mapping {
  std::string customer{};    ///< Text or integers; null, empty, NaN: a guest.
  std::string order{};       ///< Text or integers, never null.
  std::string timestamp{};   ///< timestamp, date or ISO 8601 text, never null.
  std::string amount{};      ///< Money of the line.
  std::string quantity{};    ///< A number with at most four decimals.
  std::string unit_price{};  ///< Money of one piece.
  std::string kind{};        ///< Names of `LineKind`; null: by the sign of the amount.
  std::string removed_by{};  ///< Text: the cleaning rule that removes the line, or null.
  std::string source_row{};  ///< Integers: row in the source, for messages.
  /// Text: ISO 4217 code of the line's money, one and the same on all lines that stay. It becomes
  /// the table's currency.
  std::string currency_column{};
  std::vector<NamedColumn> measures{};
  std::vector<NamedColumn> dimensions{};

  Rounding rounding = Rounding::exact;
  IntegerUnit integer_unit = IntegerUnit::refuse;
  NumberFormat number_format{};  ///< Of every number that is text.
  PurchaseRule purchase_rule = PurchaseRule::positive_amount;
  std::string currency{};
  /// Offsets of the shop's zone by increasing instant; empty: an instant is an error. So is one
  /// before the first of them, or from the last one on, which only ends the table.
  std::vector<ZoneTransition> zone{};
  /// Offsets of the zone whose clock times without a zone were read from, if it is another one:
  /// they go to `zone` by way of their instants. Empty: they are the shop's and stay.
  std::vector<ZoneTransition> source_zone{};
  AmbiguousTime ambiguous = AmbiguousTime::error;
  NonexistentTime nonexistent = NonexistentTime::error;
  /// Cleaning rules in the order in which they are charged, so that one that removes nothing is
  /// reported too. A name in `removed_by` that is not listed is an error, unless this is empty.
  std::vector<std::string> cleaning_rules{};
  /// Facts of orders without customer and time, such as payments: neither is mapped, the customer
  /// is the unknown one and the time 0.
  bool is_timeless = false;
};

/// Lines and money of one group of lines.
struct Tally {
  std::string name{};
  std::int64_t num_lines = 0;
  Money128 money{};
};

/// The lines of one month of civil time, as in `IngestReport`.
struct MonthReport {
  std::string month{};           ///< Such as `2011-11`.
  std::vector<Tally> removed{};  ///< One per cleaning rule, in the order of the report.
  std::vector<Tally> kinds{};    ///< The kept lines, one per `LineKind`.
};

/// What came in, what was left out and why. `read` = all of `removed` + `kept`.
struct IngestReport {
  Tally read{.name = "read"};
  std::vector<Tally> removed{};  ///< One per cleaning rule, in their order.
  Tally kept{.name = "kept"};
  std::vector<Tally> kinds{};      ///< The kept lines, one per `LineKind`.
  std::vector<Tally> measures{};   ///< Each measure, added up over the kept lines.
  Tally guests{.name = "guests"};  ///< The kept lines without a customer.
  /// With `Mapping::source_zone`, kept lines whose local time the clock showed twice, and never:
  /// `double hour` and `missing hour`.
  std::vector<Tally> clock_changes{};
  /// The months that have a line, in order. A removed line without a time is in none of them.
  std::vector<MonthReport> months{};
  std::int64_t num_customers = 0;  ///< Distinct known customers among the kept lines.
  std::int64_t num_orders = 0;     ///< Distinct order keys among the kept lines.
};

struct Result {
  Transactions transactions{};
  IngestReport report{};
};

/// Reads all batches of `stream` and releases it.
///
/// Text amounts are read to the last digit; a float64 goes to the nearest 1/10,000; a decimal of
/// any scale is taken as it is. See `Rounding` for what has more digits.
///
/// @throws Error  with row and column: `schema_mismatch` for a column that is missing or of a type
///                that cannot hold the thing, `invalid_data` for a value that cannot be read,
///                for an order with two customers, for two currencies, for times with and
///                without a zone in one column of text, and for a table without rows, `overflow`,
///                `io_failure` from the stream; `invalid_argument` for a mapping that contradicts
///                itself.
/// @par Complexity  O(n) expected time, O(n) memory.
[[nodiscard]] Result read(ArrowArrayStream& stream, const Mapping& mapping);

/// One row per line of a source, removed ones too, in the order of the source.
struct SourceLines {
  std::vector<std::int64_t> source_row{};  ///< Of `Mapping::source_row`; without it from 1 on.
  Nullable<std::int64_t> time_us{};        ///< Civil microseconds; null only if removed.
  std::vector<Money128> amount{};          ///< 0 for a removed line without a number.
  std::optional<std::vector<Money128>> quantity{};  ///< Likewise; pieces, if mapped.
  TextColumn kind{};        ///< A name of `LineKind`; empty if a removed line tells none.
  TextColumn removed_by{};  ///< The cleaning rule; empty for a line that is kept.

  [[nodiscard]] std::size_t num_rows() const noexcept { return source_row.size(); }
  [[nodiscard]] Metadata metadata() const { return {}; }

  /// Calls `visit(name, column)` for each column that there is.
  template <class Visitor>
  void for_each_column(Visitor&& visit) const {
    visit("source_row", source_row);
    visit("time_us", time_us);
    visit("amount", amount);
    visit("quantity", quantity);
    visit("kind", kind);
    visit("removed_by", removed_by);
  }
};

/// Reads all batches of `stream` as `read` does and tells of each line how it was taken: counts
/// and money of the groups of its rows are those of the report of `read`.
///
/// @throws Error    as `read`.
/// @par Complexity  O(n) expected time, O(n) memory.
[[nodiscard]] SourceLines read_lines(ArrowArrayStream& stream, const Mapping& mapping);

}  // namespace ecommerce_analytics::ingest
