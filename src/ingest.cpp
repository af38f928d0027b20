#include "ecommerce_analytics/ingest.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "core/column_scan.hpp"
#include "core/int128.hpp"
#include "core/number_text.hpp"
#include "core/utf8.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"

namespace ecommerce_analytics::ingest {
namespace {

using io::BatchReader;
using io::ColumnType;
using io::ColumnView;
using io::ValueType;

/// A mapped column of the current batch; rows of a dictionary lead to its entries.
class Column {
 public:
  Column(const BatchReader& reader, std::size_t index, std::size_t first_row, std::size_t num_rows)
      : name_(&reader.column_names()[index]), view_(reader.column(index, first_row, num_rows)) {
    if (view_.type().is_dictionary) {
      entries_.emplace(view_.dictionary());
    }
  }

  [[nodiscard]] const std::string& name() const { return *name_; }
  [[nodiscard]] const ColumnView& values() const { return entries_ ? *entries_ : view_; }
  [[nodiscard]] bool is_dictionary() const { return entries_.has_value(); }
  [[nodiscard]] std::size_t index(std::size_t row) const {
    return entries_ ? view_.entry(row) : row;
  }
  [[nodiscard]] bool is_row_null(std::size_t row) const { return view_.is_null(row); }
  [[nodiscard]] bool is_null(std::size_t row) const {
    return view_.is_null(row) || (entries_ && entries_->is_null(index(row)));
  }

 private:
  const std::string* name_;
  ColumnView view_;
  std::optional<ColumnView> entries_{};
};

bool is_civil(std::int64_t time_us) {
  return time_us >= kFirstCivilDay * kMicrosecondsPerDay &&
         time_us < kEndCivilDay * kMicrosecondsPerDay;
}

/// Unscaled value and scale as a person writes them.
std::string to_text(Int128 unscaled, int scale) {
  UInt128 magnitude =
      unscaled < 0 ? UInt128{0} - static_cast<UInt128>(unscaled) : static_cast<UInt128>(unscaled);
  std::string reversed;
  for (int i = 0; i <= scale || magnitude != 0; ++i) {
    if (i == scale && scale > 0) {
      reversed.push_back('.');
    }
    reversed.push_back(static_cast<char>('0' + static_cast<int>(magnitude % 10)));
    magnitude /= 10;
  }
  if (unscaled < 0) {
    reversed.push_back('-');
  }
  return {reversed.rbegin(), reversed.rend()};
}

Int128 unscaled(const ColumnView& values, std::size_t index) {
  const auto [lo, hi] = values.decimal(index);
  return to_int128({.lo = lo, .hi = hi});
}

std::string value_text(const Column& column, std::size_t row) {
  if (column.is_null(row)) {
    return "null";
  }
  const ColumnView& values = column.values();
  const std::size_t index = column.index(row);
  switch (values.type().value) {
    case ValueType::boolean:
      return values.boolean(index) ? "true" : "false";
    case ValueType::integer: {
      const std::optional<std::int64_t> value = values.integer(index);
      return value ? std::to_string(*value) : "more than 2^63 - 1";
    }
    case ValueType::real:
      return ecommerce_analytics::to_text(values.real(index));
    case ValueType::decimal:
      return to_text(unscaled(values, index), std::max(0, values.type().scale));
    case ValueType::text:
      return std::string(values.text(index));
    case ValueType::timestamp: {
      const std::optional<std::int64_t> time_us = values.timestamp_us(index);
      return time_us && is_civil(*time_us)
                 ? format_time(*time_us)
                 : std::to_string(values.timestamp(index)) + " as " + values.type().name();
    }
    case ValueType::null:
      break;
  }
  return "null";
}

/// Says what is wrong with a text that is no number; names the option that would make it one.
std::string_view why_no_number(std::string_view text, const NumberFormat& told) {
  const auto reads = [&](char decimal, std::string_view thousands) {
    const bool is_a_format = thousands.empty() || thousands.front() != decimal;
    return is_a_format &&
           is_number(text, {.decimal = decimal, .thousands = std::string(thousands)});
  };
  const auto reads_with_any = [&](char decimal) {
    return std::any_of(kThousands.begin(), kThousands.end(),
                       [&](std::string_view thousands) { return reads(decimal, thousands); });
  };
  const char other = told.decimal == '.' ? ',' : '.';
  const bool by_decimal = reads(other, told.thousands);
  const bool by_thousands = reads_with_any(told.decimal);
  if (by_decimal && !by_thousands) {
    return told.decimal == '.' ? "ingest: not a number; a decimal comma needs decimal=\",\""
                               : "ingest: not a number; a decimal point needs decimal=\".\"";
  }
  if (by_thousands && !by_decimal) {
    return "ingest: not a number; separators of thousands need the option thousands";
  }
  return by_decimal || by_thousands || reads_with_any(other)
             ? "ingest: not a number; its separators need the options decimal and thousands"
             : "ingest: not a number";
}

/// The clock of a zone: which instants have a local time.
class LocalClock {
 public:
  enum class Times : std::uint8_t { once, twice, never };

  /// Local times from `from_us` on, up to the next span.
  struct Span {
    std::int64_t from_us = 0;
    Times times = Times::once;
    std::int64_t offset_us = 0;        ///< Of the earlier instant; before the change if `never`.
    std::int64_t later_offset_us = 0;  ///< Of the later instant; after the change if `never`.
    std::int64_t change_us = 0;        ///< UTC microseconds of the change between them.
  };

  explicit LocalClock(const std::vector<ZoneTransition>& zone) {
    for (std::size_t i = 0; i < zone.size(); ++i) {
      const auto [at, offset] = zone[i];
      const std::int64_t before = i == 0 ? offset : zone[i - 1].offset_us;
      if (before != offset) {
        spans_.push_back({.from_us = at + std::min(before, offset),
                          .times = before < offset ? Times::never : Times::twice,
                          .offset_us = before,
                          .later_offset_us = offset,
                          .change_us = at});
      }
      spans_.push_back({.from_us = at + std::max(before, offset),
                        .times = Times::once,
                        .offset_us = offset,
                        .later_offset_us = offset,
                        .change_us = at});
    }
  }

  /// The span of a local time; nothing outside the table.
  [[nodiscard]] const Span* find(std::int64_t local_us) const {
    const auto after =
        std::upper_bound(spans_.begin(), spans_.end(), local_us,
                         [](std::int64_t value, const Span& span) { return value < span.from_us; });
    return after == spans_.begin() || after == spans_.end() ? nullptr : &*(after - 1);
  }

 private:
  std::vector<Span> spans_{};
};

/// Tallies by month; lines mostly come in the order of their days, or of a few years.
class Months {
 public:
  MonthReport& at(std::int64_t time_us) {
    const std::int32_t day = day_of(time_us);
    Slot& slot = slots_[static_cast<std::size_t>(static_cast<std::uint32_t>(day) % slots_.size())];
    if (slot.report != nullptr && slot.day == day) {
      return *slot.report;
    }
    const std::int32_t number = period_of(day, Period::month);
    const auto [found, is_new] = reports_.try_emplace(number);
    MonthReport& report = found->second;
    if (is_new) {
      report.month = format_period(number, Period::month);
      report.kinds.resize(kNumLineKinds);
    }
    slot = {.day = day, .report = &report};
    return report;
  }

  /// The months in order, each with the names of all groups.
  [[nodiscard]] std::vector<MonthReport> finish(const IngestReport& whole) {
    std::vector<MonthReport> months;
    for (auto& [number, report] : reports_) {
      report.removed.resize(whole.removed.size());
      for (std::size_t i = 0; i < report.removed.size(); ++i) {
        report.removed[i].name = whole.removed[i].name;
      }
      for (std::size_t i = 0; i < report.kinds.size(); ++i) {
        report.kinds[i].name = whole.kinds[i].name;
      }
      months.push_back(std::move(report));
    }
    return months;
  }

 private:
  struct Slot {
    std::int32_t day = 0;
    MonthReport* report = nullptr;
  };

  std::map<std::int32_t, MonthReport> reports_{};
  std::array<Slot, 2048> slots_{};  ///< By day, so that one of a few years is found at once.
};

/// Which columns of the stream are mapped to what.
struct Plan {
  Plan(BatchReader& reader, const Mapping& mapping) {
    const auto required = [&](const std::string& column, std::string_view text) {
      require(!column.empty(), ErrorCode::invalid_argument, text);
      return find(reader, column);
    };
    const auto optional_column = [&](const std::string& column) {
      return column.empty() ? std::nullopt : std::optional(find(reader, column));
    };
    if (!mapping.is_timeless) {
      customer = required(mapping.customer, "ingest: no column is mapped to customer");
    }
    order = required(mapping.order, "ingest: no column is mapped to order");
    if (!mapping.is_timeless) {
      timestamp = required(mapping.timestamp, "ingest: no column is mapped to timestamp");
    }
    require(mapping.amount.empty() != mapping.unit_price.empty() &&
                (mapping.unit_price.empty() || !mapping.quantity.empty()),
            ErrorCode::invalid_argument,
            "ingest: exactly one of amount, or quantity and unit_price, must be mapped");
    amount = optional_column(mapping.amount);
    quantity = optional_column(mapping.quantity);
    unit_price = optional_column(mapping.unit_price);
    kind = optional_column(mapping.kind);
    removed_by = optional_column(mapping.removed_by);
    source_row = optional_column(mapping.source_row);
    currency = optional_column(mapping.currency_column);
    for (const NamedColumn& measure : mapping.measures) {
      measures.push_back(find(reader, measure.column));
    }
    for (const NamedColumn& dimension : mapping.dimensions) {
      dimensions.push_back(find(reader, dimension.column));
    }
  }

  std::size_t find(BatchReader& reader, const std::string& column) {
    const std::size_t index = reader.index_of(column);
    static_cast<void>(reader.type_of(index));  // Refuses a type that nothing here can read.
    all.push_back(index);
    return index;
  }

  std::size_t customer = 0;
  std::size_t order = 0;
  std::size_t timestamp = 0;
  std::optional<std::size_t> amount{};
  std::optional<std::size_t> quantity{};
  std::optional<std::size_t> unit_price{};
  std::optional<std::size_t> kind{};
  std::optional<std::size_t> removed_by{};
  std::optional<std::size_t> source_row{};
  std::optional<std::size_t> currency{};
  std::vector<std::size_t> measures{};
  std::vector<std::size_t> dimensions{};
  std::vector<std::size_t> all{};  ///< Every mapped column.
};

class Ingest {
 public:
  Ingest(ArrowArrayStream& stream, const Mapping& mapping, SourceLines* lines = nullptr)
      : mapping_(mapping),
        lines_(lines),
        reader_(stream),
        plan_(reader_, mapping),
        source_clock_(mapping.source_zone),
        orders_(std::make_shared<Dictionary>()),
        customers_(std::make_shared<Dictionary>()) {
    const auto& [decimal, thousands] = mapping.number_format;
    require((decimal == '.' || decimal == ',') && thousands != std::string(1, decimal) &&
                std::find(kThousands.begin(), kThousands.end(), thousands) != kThousands.end(),
            ErrorCode::invalid_argument,
            "ingest: decimal must be a point or a comma, and thousands another separator",
            thousands);
    require(mapping.source_zone.empty() || !mapping.zone.empty(), ErrorCode::invalid_argument,
            "ingest: source_time_zone needs time_zone");
    if (!mapping.source_zone.empty()) {
      report_.clock_changes = {{.name = "double hour"}, {.name = "missing hour"}};
    }
    if (lines_ != nullptr && plan_.quantity) {
      lines_->quantity.emplace();
    }
    columns_.purchase_rule = mapping.purchase_rule;
    columns_.currency = mapping.currency;
    columns_.order_customer.assign(1, Dictionary::kUnknownCode);
    first_row_of_order_.assign(1, 0);
    for (const NamedColumn& measure : mapping.measures) {
      columns_.measures.push_back({.name = measure.name});
      report_.measures.push_back({.name = measure.name});
    }
    for (const NamedColumn& dimension : mapping.dimensions) {
      columns_.dimensions.push_back({.name = dimension.name});
      dimension_keys_.push_back(std::make_shared<Dictionary>());
    }
    for (const std::string& rule : mapping.cleaning_rules) {
      report_.removed.push_back({.name = rule});
    }
    for (std::size_t kind = 0; kind < kNumLineKinds; ++kind) {
      report_.kinds.push_back({.name = std::string(line_kind_name(static_cast<LineKind>(kind)))});
    }
  }

  Result run() {
    while (reader_.next()) {
      read_batch();
    }
    require(num_rows_before_ > 0, ErrorCode::invalid_data,
            "ingest: there are no rows: the table is empty, or its stream was read before");
    report_.months = months_.finish(report_);
    if (mapping_.cleaning_rules.empty()) {
      sort_by_name(report_.removed);
      for (MonthReport& month : report_.months) {
        sort_by_name(month.removed);
      }
    }
    report_.num_customers = static_cast<std::int64_t>(customers_->num_keys());
    report_.num_orders = static_cast<std::int64_t>(orders_->num_keys());
    columns_.orders = std::move(orders_);
    columns_.customers = std::move(customers_);
    for (std::size_t i = 0; i < dimension_keys_.size(); ++i) {
      columns_.dimensions[i].keys = std::move(dimension_keys_[i]);
    }
    return {.transactions = Transactions(std::move(columns_)), .report = std::move(report_)};
  }

 private:
  /// The current block of a column.
  [[nodiscard]] Column column(std::size_t index) const {
    return {reader_, index, first_row_, num_rows_};
  }

  /// Row of the source that a row of the current block came from.
  [[nodiscard]] std::int64_t row_number(std::size_t row) const {
    if (plan_.source_row) {
      const Column rows = column(*plan_.source_row);
      if (rows.values().type().value == ValueType::integer && !rows.is_null(row)) {
        return rows.values().integer(rows.index(row)).value_or(0);
      }
    }
    return num_rows_before_ + static_cast<std::int64_t>(row) + 1;
  }

  [[noreturn]] void reject(ErrorCode code, std::string_view text, const Column& column,
                           std::size_t row) const {
    throw Error(
        code, text,
        {.row = row_number(row), .column = column.name(), .value = value_text(column, row)});
  }

  [[noreturn]] static void reject_type(std::string_view text, const Column& column) {
    throw Error(
        ErrorCode::schema_mismatch, text,
        {.row = std::nullopt, .column = column.name(), .value = column.values().type().name()});
  }

  /// Reads the rows in blocks, of which all that is gathered by row stays in the cache. A batch
  /// without rows is one block: its types are checked.
  void read_batch() {
    codes_of_entries_.clear();
    first_row_ = 0;
    do {
      poll_interrupt();
      num_rows_ = std::min(kRowsPerPoll, reader_.num_rows() - first_row_);
      read_block(num_rows_);
      first_row_ += num_rows_;
      num_rows_before_ += static_cast<std::int64_t>(num_rows_);
    } while (first_row_ < reader_.num_rows());
  }

  void read_block(std::size_t num_rows) {
    check_dictionaries(num_rows);
    find_kept(num_rows);
    read_money(num_rows);
    charge(num_rows);
    check_currency();

    const std::size_t num_before = columns_.order.size();
    if (mapping_.is_timeless) {
      customer_codes_.assign(kept_.size(), Dictionary::kUnknownCode);
      columns_.time_us.resize(columns_.time_us.size() + kept_.size());
    } else {
      append_codes(column(plan_.customer), *customers_, customer_codes_);
    }
    append_codes(column(plan_.order), *orders_, columns_.order);
    link_orders(num_before);
    if (!mapping_.is_timeless) {
      append_times(kept_, columns_.time_us);
      charge_months();
    }
    append_kinds(num_before);
    if (lines_ != nullptr) {
      append_lines(num_rows, num_before);
    }
    for (std::size_t i = 0; i < plan_.dimensions.size(); ++i) {
      append_codes(column(plan_.dimensions[i]), *dimension_keys_[i], columns_.dimensions[i].codes);
    }
    for (std::size_t i = 0; i < plan_.measures.size(); ++i) {
      const Column measure = column(plan_.measures[i]);
      const std::vector<std::int64_t> values = read_numbers(measure, mapping_.integer_unit);
      for (const std::size_t row : kept_) {
        columns_.measures[i].values.push_back(values[row]);
        tally(report_.measures[i], values[row]);
      }
    }
    tally_kept(num_before);
  }

  /// Refuses indices that lead out of a dictionary.
  void check_dictionaries(std::size_t num_rows) const {
    for (const std::size_t index : plan_.all) {
      const Column checked = column(index);
      if (!checked.is_dictionary()) {
        continue;
      }
      for (std::size_t row = 0; row < num_rows; ++row) {
        if (!checked.is_row_null(row) && checked.index(row) >= checked.values().num_rows()) {
          throw Error(ErrorCode::invalid_data, "ingest: an index leads out of its dictionary",
                      {.row = num_rows_before_ + static_cast<std::int64_t>(row) + 1,
                       .column = checked.name(),
                       .value = {}});
        }
      }
    }
  }

  /// Lists the rows that no cleaning rule removes.
  void find_kept(std::size_t num_rows) {
    kept_.clear();
    rule_of_row_.assign(num_rows, kNoRule);
    if (plan_.removed_by) {
      const Column rules = column(*plan_.removed_by);
      const ValueType type = rules.values().type().value;
      if (type != ValueType::text && type != ValueType::null) {
        reject_type("ingest: a cleaning rule must be text", rules);
      }
      for (std::size_t row = 0; row < num_rows; ++row) {
        if (!rules.is_null(row)) {
          rule_of_row_[row] = rule_index(rules, row);
        }
      }
    }
    for (std::size_t row = 0; row < num_rows; ++row) {
      if (rule_of_row_[row] == kNoRule) {
        kept_.push_back(row);
      }
    }
  }

  std::size_t rule_index(const Column& rules, std::size_t row) {
    const std::string_view name = rules.values().text(rules.index(row));
    std::vector<Tally>& removed = report_.removed;
    const auto found = std::find_if(removed.begin(), removed.end(),
                                    [&](const Tally& tally) { return tally.name == name; });
    if (found == removed.end()) {
      if (!mapping_.cleaning_rules.empty()) {
        reject(ErrorCode::invalid_data, "ingest: not one of the cleaning rules", rules, row);
      }
      if (!is_utf8(name)) {
        reject(ErrorCode::invalid_data, "ingest: a text is not UTF-8", rules, row);
      }
      removed.push_back({.name = std::string(name)});
      return removed.size() - 1;
    }
    return static_cast<std::size_t>(found - removed.begin());
  }

  void read_money(std::size_t num_rows) {
    if (plan_.quantity) {
      // Pieces are whole numbers of their own: no unit to be told.
      quantities_ = read_numbers(column(*plan_.quantity), IntegerUnit::major);
    }
    if (plan_.amount) {
      amounts_ = read_numbers(column(*plan_.amount), mapping_.integer_unit);
      return;
    }
    const Column price = column(*plan_.unit_price);
    const std::vector<std::int64_t> prices = read_numbers(price, mapping_.integer_unit);
    amounts_.resize(num_rows);
    for (std::size_t row = 0; row < num_rows; ++row) {
      const std::optional<std::int64_t> product =
          multiply_amounts(quantities_[row], prices[row], mapping_.rounding);
      if (!product) {
        const bool is_large = !multiply_amounts(quantities_[row], prices[row], Rounding::half_even);
        throw Error(
            is_large ? ErrorCode::overflow : ErrorCode::invalid_data,
            is_large ? "ingest: quantity times price leaves 64 bits"
                     : "ingest: quantity times price has more than four decimals; ask for "
                       "a rounding",
            {.row = row_number(row),
             .column = price.name(),
             .value = value_text(column(*plan_.quantity), row) + " * " + value_text(price, row)});
      }
      amounts_[row] = *product;
    }
  }

  /// Numbers of a column as counts of 1/10,000, one a row; 0 for a null that cleaning removes.
  std::vector<std::int64_t> read_numbers(const Column& column, IntegerUnit unit) const {
    const ColumnView& values = column.values();
    const ColumnType& type = values.type();
    const std::size_t num_rows = num_rows_;
    std::vector<std::int64_t> numbers(num_rows);
    const auto read_all = [&](const auto& read) {
      for (std::size_t row = 0; row < num_rows; ++row) {
        if (column.is_null(row)) {
          if (rule_of_row_[row] == kNoRule) {
            reject(ErrorCode::invalid_data, "ingest: a number is missing", column, row);
          }
          continue;
        }
        const std::optional<std::int64_t> number = read(column.index(row));
        if (!number) {
          reject_number(column, row);
        }
        numbers[row] = *number;
      }
    };
    switch (type.value) {
      case ValueType::text:
        read_all([&](std::size_t index) {
          return parse_amount(values.text(index), mapping_.rounding, mapping_.number_format);
        });
        break;
      case ValueType::real:
        if (type.format == 'f') {
          reject_type("ingest: float32 cannot hold exact money; cast to float64 or decimal",
                      column);
        }
        read_all([&](std::size_t index) {
          return amount_from_double(values.real(index), mapping_.rounding);
        });
        break;
      case ValueType::decimal:
        read_all([&](std::size_t index) {
          return amount_from_decimal(unscaled(values, index), type.scale, mapping_.rounding);
        });
        break;
      case ValueType::integer: {
        if (unit == IntegerUnit::refuse) {
          reject_type("ingest: say whether integer money counts major or minor units", column);
        }
        const std::int64_t scale = unit == IntegerUnit::major ? kMoneyScale : kMoneyScale / 100;
        read_all([&](std::size_t index) -> std::optional<std::int64_t> {
          std::int64_t number = 0;
          const std::optional<std::int64_t> value = values.integer(index);
          return !value || __builtin_mul_overflow(*value, scale, &number) ? std::nullopt
                                                                          : std::optional(number);
        });
        break;
      }
      case ValueType::null:
        read_all([](std::size_t) { return std::optional<std::int64_t>(); });
        break;
      default:
        reject_type("ingest: a number cannot be read from a column of this type", column);
    }
    return numbers;
  }

  [[noreturn]] void reject_number(const Column& column, std::size_t row) const {
    const ColumnView& values = column.values();
    const std::size_t index = column.index(row);
    bool is_a_number = true;
    bool fits = false;
    switch (values.type().value) {
      case ValueType::text: {
        const std::string_view text = values.text(index);
        fits = parse_amount(text, Rounding::half_even, mapping_.number_format).has_value();
        is_a_number = is_number(text, mapping_.number_format);
        if (!is_a_number) {
          reject(ErrorCode::invalid_data, why_no_number(text, mapping_.number_format), column, row);
        }
        break;
      }
      case ValueType::real:
        is_a_number = std::isfinite(values.real(index));
        fits = amount_from_double(values.real(index), Rounding::half_even).has_value();
        break;
      case ValueType::decimal:
        fits =
            amount_from_decimal(unscaled(values, index), values.type().scale, Rounding::half_even)
                .has_value();
        break;
      default:
        break;
    }
    if (!is_a_number) {
      reject(ErrorCode::invalid_data, "ingest: not a number", column, row);
    }
    if (!fits) {
      reject(ErrorCode::overflow, "ingest: a number leaves 64 bits of 1/10,000", column, row);
    }
    reject(ErrorCode::invalid_data,
           "ingest: a number has more than four decimals; ask for a rounding", column, row);
  }

  /// Refuses a kept line without a currency, or with another one than those before it.
  void check_currency() {
    if (!plan_.currency) {
      return;
    }
    const Column currencies = column(*plan_.currency);
    const ValueType type = currencies.values().type().value;
    if (type != ValueType::text && type != ValueType::null) {
      reject_type("ingest: a currency must be text", currencies);
    }
    for (const std::size_t row : kept_) {
      if (currencies.is_null(row)) {
        reject(ErrorCode::invalid_data, "ingest: a currency is missing", currencies, row);
      }
      const std::string_view code = currencies.values().text(currencies.index(row));
      if (code == columns_.currency) {
        continue;
      }
      const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
      if (code.size() != 3 || !std::all_of(code.begin(), code.end(), is_capital)) {
        reject(ErrorCode::invalid_data,
               "ingest: a currency must be three capital letters of ISO 4217", currencies, row);
      }
      if (!columns_.currency.empty()) {
        const ErrorPlace place{.row = row_number(row),
                               .column = currencies.name(),
                               .value = std::string(code) + " after " + columns_.currency};
        throw Error(ErrorCode::invalid_data,
                    mapping_.currency.empty() ? "ingest: two currencies in one load"
                                              : "ingest: another currency than the one told",
                    place);
      }
      columns_.currency = code;
    }
  }

  /// Counts lines and money that came in and that each rule removes.
  void charge(std::size_t num_rows) {
    for (std::size_t row = 0; row < num_rows; ++row) {
      tally(report_.read, amounts_[row]);
      if (rule_of_row_[row] != kNoRule) {
        tally(report_.removed[rule_of_row_[row]], amounts_[row]);
      }
    }
  }

  /// Counts lines and money that each rule removes by month.
  void charge_months() {
    removed_.clear();
    removed_us_.clear();
    if (!plan_.removed_by) {
      return;
    }
    const Column times = column(plan_.timestamp);
    for (std::size_t row = 0; row < rule_of_row_.size(); ++row) {
      if (rule_of_row_[row] != kNoRule && !times.is_null(row)) {
        removed_.push_back(row);
      }
    }
    append_times(removed_, removed_us_);
    for (std::size_t i = 0; i < removed_.size(); ++i) {
      std::vector<Tally>& removed = months_.at(removed_us_[i]).removed;
      const std::size_t rule = rule_of_row_[removed_[i]];
      if (removed.size() <= rule) {
        removed.resize(rule + 1);
      }
      tally(removed[rule], amounts_[removed_[i]]);
    }
  }

  /// Appends the rows of the block, kept and removed, in their order.
  void append_lines(std::size_t num_rows, std::size_t num_before) {
    const std::optional<Column> kinds =
        plan_.kind ? std::optional(column(*plan_.kind)) : std::nullopt;
    const bool has_kinds = kinds && kinds->values().type().value == ValueType::text;
    std::size_t num_kept = num_before;
    std::size_t num_removed = 0;
    for (std::size_t row = 0; row < num_rows; ++row) {
      lines_->source_row.push_back(row_number(row));
      lines_->amount.push_back(to_money128(amounts_[row]));
      if (lines_->quantity) {
        lines_->quantity->push_back(to_money128(quantities_[row]));
      }
      if (rule_of_row_[row] == kNoRule) {
        lines_->time_us.push_back(columns_.time_us[num_kept]);
        lines_->kind.push_back(line_kind_name(columns_.kind[num_kept]));
        lines_->removed_by.push_back({});
        ++num_kept;
        continue;
      }
      if (num_removed < removed_.size() && removed_[num_removed] == row) {
        lines_->time_us.push_back(removed_us_[num_removed]);
        ++num_removed;
      } else {
        lines_->time_us.push_null();
      }
      const std::optional<LineKind> kind =
          has_kinds && !kinds->is_null(row)
              ? parse_line_kind(kinds->values().text(kinds->index(row)))
              : std::optional(default_kind(amounts_[row]));
      lines_->kind.push_back(kind ? line_kind_name(*kind) : std::string_view());
      lines_->removed_by.push_back(report_.removed[rule_of_row_[row]].name);
    }
  }

  static void sort_by_name(std::vector<Tally>& tallies) {
    std::sort(tallies.begin(), tallies.end(),
              [](const Tally& a, const Tally& b) { return a.name < b.name; });
  }

  static void tally(Tally& tally, std::int64_t amount) {
    ++tally.num_lines;
    tally.money = add(tally.money, to_money128(amount));
  }

  /// Appends the codes of the kept rows.
  void append_codes(const Column& column, Dictionary& keys, std::vector<std::uint32_t>& codes) {
    const ColumnView& values = column.values();
    const auto encode_all = [&](const auto& key_at) {
      if (column.is_dictionary()) {
        encode_entries(column, keys, codes, key_at);
        return;
      }
      keys_.clear();
      for (const std::size_t row : kept_) {
        keys_.push_back(column.is_null(row) ? Key() : key_at(row, row));
      }
      keys.encode_all(keys_, codes);
    };
    switch (values.type().value) {
      case ValueType::text: {
        // Where the bytes of the block are ASCII, each of its texts is.
        const std::optional<std::string_view> bytes = values.text_bytes();
        const bool is_checked = bytes && is_ascii(*bytes);
        encode_all([&](std::size_t index, std::size_t row) {
          const std::string_view text = values.text(index);
          if (!is_checked && !is_utf8(text)) {
            reject(ErrorCode::invalid_data, "ingest: a text is not UTF-8", column, row);
          }
          return Key(text);
        });
        break;
      }
      case ValueType::integer:
        if (const std::int64_t* integers = values.int64_values();
            integers != nullptr && !column.is_dictionary()) {
          for (const std::size_t row : kept_) {
            codes.push_back(keys.encode(integers[row]));
          }
          break;
        }
        encode_all([&](std::size_t index, std::size_t row) {
          const std::optional<std::int64_t> value = values.integer(index);
          if (!value) {
            reject(ErrorCode::invalid_data, "ingest: an integer key leaves 64 bits", column, row);
          }
          return Key(*value);
        });
        break;
      case ValueType::real:
        encode_all([&](std::size_t index, std::size_t row) {
          const double value = values.real(index);
          if (std::isnan(value)) {
            return Key();
          }
          constexpr double kExactIntegers = 9'007'199'254'740'992.0;  // 2^53.
          if (value != std::floor(value) || std::fabs(value) > kExactIntegers) {
            reject(ErrorCode::invalid_data, "ingest: a key is no whole number", column, row);
          }
          return Key(static_cast<std::int64_t>(value));
        });
        break;
      case ValueType::decimal:  // DuckDB's HUGEINT comes as one.
        encode_all([&](std::size_t index, std::size_t row) {
          // Four decimals more than a whole number has: count of 1/10,000 must be a multiple.
          const std::optional<std::int64_t> value = amount_from_decimal(
              unscaled(values, index), values.type().scale + kMoneyDecimals, Rounding::exact);
          if (!value) {
            reject(ErrorCode::invalid_data, "ingest: a key is no whole number of 64 bits", column,
                   row);
          }
          return Key(*value);
        });
        break;
      case ValueType::boolean:
        encode_all([&](std::size_t index, std::size_t) {
          return Key(std::string_view(values.boolean(index) ? "true" : "false"));
        });
        break;
      case ValueType::null:
        encode_all([](std::size_t, std::size_t) { return Key(); });
        break;
      default:
        reject_type("ingest: a key must be text or a whole number", column);
    }
  }

  /// Encodes each entry of a dictionary that a kept row holds once a batch.
  template <class KeyAt>
  void encode_entries(const Column& column, Dictionary& keys, std::vector<std::uint32_t>& codes,
                      const KeyAt& key_at) {
    constexpr std::uint32_t kNotYet = std::numeric_limits<std::uint32_t>::max();
    std::vector<std::uint32_t>& code_of_entry = codes_of_entries_[{&keys, &column.name()}];
    code_of_entry.resize(column.values().num_rows(), kNotYet);
    for (const std::size_t row : kept_) {
      if (column.is_null(row)) {
        codes.push_back(Dictionary::kUnknownCode);
        continue;
      }
      std::uint32_t& code = code_of_entry[column.index(row)];
      if (code == kNotYet) {
        code = keys.encode(key_at(column.index(row), row));
      }
      codes.push_back(code);
    }
  }

  /// Ties new orders to their customers, and refuses an order of two.
  void link_orders(std::size_t num_before) {
    const Column order_column = column(plan_.order);
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      const std::uint32_t order = columns_.order[num_before + i];
      const std::uint32_t customer = customer_codes_[i];
      if (order == Dictionary::kUnknownCode) {
        reject(ErrorCode::invalid_data, "ingest: an order is missing", order_column, kept_[i]);
      }
      if (order == columns_.order_customer.size()) {
        columns_.order_customer.push_back(customer);
        first_row_of_order_.push_back(row_number(kept_[i]));
      } else if (columns_.order_customer[order] != customer) {
        const std::int64_t row = row_number(kept_[i]);
        throw Error(
            ErrorCode::invalid_data, "ingest: an order with lines of two customers",
            {.row = row,
             .column = order_column.name(),
             .value = value_text(order_column, kept_[i]) + ", rows " +
                      std::to_string(first_row_of_order_[order]) + " and " + std::to_string(row) +
                      ", customers " + to_string(customers_->key(columns_.order_customer[order])) +
                      " and " + to_string(customers_->key(customer))});
      }
    }
    customer_codes_.clear();
  }

  /// Appends the civil times of some rows of the batch.
  void append_times(const std::vector<std::size_t>& rows, std::vector<std::int64_t>& civil_us) {
    const Column times = column(plan_.timestamp);
    const ColumnView& values = times.values();
    const ColumnType& type = values.type();
    if (type.value != ValueType::timestamp && type.value != ValueType::text) {
      reject_type("ingest: a time must be a timestamp, a date or text", times);
    }
    for (const std::size_t row : rows) {
      if (times.is_null(row)) {
        reject(ErrorCode::invalid_data, "ingest: a time is missing", times, row);
      }
      const std::size_t index = times.index(row);
      std::int64_t time_us = 0;
      bool is_instant = type.has_zone;
      if (type.value == ValueType::text) {
        const std::optional<ParsedTime> parsed = parse_time(values.text(index));
        if (!parsed) {
          reject(ErrorCode::invalid_data, "ingest: not a date or time of ISO 8601", times, row);
        }
        time_us = parsed->time_us;
        is_instant = parsed->is_instant;
        if (is_instant != text_has_zone_.value_or(is_instant)) {
          reject(ErrorCode::invalid_data,
                 "ingest: mixed zones; some times of the column have a zone and some have none",
                 times, row);
        }
        text_has_zone_ = is_instant;
      } else {
        const std::optional<std::int64_t> value = values.timestamp_us(index);
        if (!value) {
          reject(ErrorCode::invalid_data, "ingest: a time is finer than a microsecond or too far",
                 times, row);
        }
        time_us = *value;
      }
      if (!is_instant && !mapping_.source_zone.empty()) {
        time_us = instant_of(time_us, times, row);
        is_instant = true;
      }
      if (is_instant) {
        if (mapping_.zone.empty()) {
          reject(ErrorCode::invalid_data, "ingest: an instant needs the shop's time_zone", times,
                 row);
        }
        if (time_us < mapping_.zone.front().from_us || time_us >= mapping_.zone.back().from_us) {
          reject(ErrorCode::invalid_data, "ingest: an instant is outside the zone's table", times,
                 row);
        }
        time_us += offset_at(time_us);
      }
      if (!is_civil(time_us)) {
        reject(ErrorCode::invalid_data, "ingest: a time is outside years 1400 to 9999", times, row);
      }
      civil_us.push_back(time_us);
    }
  }

  /// UTC microseconds of a local time of the source's zone.
  std::int64_t instant_of(std::int64_t local_us, const Column& times, std::size_t row) {
    const LocalClock::Span* span = source_clock_.find(local_us);
    if (span == nullptr) {
      reject(ErrorCode::invalid_data, "ingest: a time is outside the table of source_time_zone",
             times, row);
    }
    if (span->times == LocalClock::Times::twice) {
      if (mapping_.ambiguous == AmbiguousTime::error) {
        reject(ErrorCode::invalid_data,
               "ingest: the clock of source_time_zone shows a time twice; see ambiguous", times,
               row);
      }
      charge_clock_change(0, row);
      return local_us - (mapping_.ambiguous == AmbiguousTime::earlier ? span->offset_us
                                                                      : span->later_offset_us);
    }
    if (span->times == LocalClock::Times::never) {
      if (mapping_.nonexistent == NonexistentTime::error) {
        reject(ErrorCode::invalid_data,
               "ingest: the clock of source_time_zone leaves a time out; see nonexistent", times,
               row);
      }
      charge_clock_change(1, row);
      return span->change_us;
    }
    return local_us - span->offset_us;
  }

  /// Counts a kept line; a removed one is read for its month only.
  void charge_clock_change(std::size_t change, std::size_t row) {
    if (rule_of_row_[row] == kNoRule) {
      tally(report_.clock_changes[change], amounts_[row]);
    }
  }

  [[nodiscard]] std::int64_t offset_at(std::int64_t instant_us) const {
    const auto after = std::upper_bound(
        mapping_.zone.begin(), mapping_.zone.end(), instant_us,
        [](std::int64_t value, const ZoneTransition& zone) { return value < zone.from_us; });
    return (after - 1)->offset_us;  // The instant is not before the first.
  }

  void append_kinds(std::size_t num_before) {
    for (const std::size_t row : kept_) {
      columns_.amount.push_back(amounts_[row]);
      columns_.kind.push_back(default_kind(amounts_[row]));
      if (plan_.quantity) {
        columns_.quantity.push_back(quantities_[row]);
      }
    }
    if (!plan_.kind) {
      return;
    }
    const Column kinds = column(*plan_.kind);
    const ValueType type = kinds.values().type().value;
    if (type != ValueType::text && type != ValueType::null) {
      reject_type("ingest: a kind of line must be text", kinds);
    }
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      if (kinds.is_null(kept_[i])) {
        continue;
      }
      const std::optional<LineKind> kind =
          parse_line_kind(kinds.values().text(kinds.index(kept_[i])));
      if (!kind) {
        reject(ErrorCode::invalid_data,
               "ingest: kind must be sale, refund, shipping, fee, discount or adjustment", kinds,
               kept_[i]);
      }
      columns_.kind[num_before + i] = *kind;
    }
  }

  void tally_kept(std::size_t num_before) {
    for (std::size_t row = num_before; row < columns_.order.size(); ++row) {
      const std::int64_t amount = columns_.amount[row];
      tally(report_.kept, amount);
      const auto kind = static_cast<std::size_t>(columns_.kind[row]);
      tally(report_.kinds[kind], amount);
      tally(months_.at(columns_.time_us[row]).kinds[kind], amount);
      if (columns_.order_customer[columns_.order[row]] == Dictionary::kUnknownCode) {
        tally(report_.guests, amount);
      }
    }
  }

  static constexpr std::size_t kNoRule = std::numeric_limits<std::size_t>::max();

  const Mapping& mapping_;
  SourceLines* lines_;  ///< To append each line to, or null.
  BatchReader reader_;
  Plan plan_;
  LocalClock source_clock_;
  TransactionColumns columns_{};
  IngestReport report_{};
  std::shared_ptr<Dictionary> orders_;
  std::shared_ptr<Dictionary> customers_;
  std::vector<std::shared_ptr<Dictionary>> dimension_keys_{};
  std::vector<std::int64_t> first_row_of_order_{};
  std::optional<bool> text_has_zone_{};  ///< Of the times so far, where they are text.
  Months months_{};
  std::int64_t num_rows_before_ = 0;

  // Of the current batch: codes of dictionary entries by dictionary and name of the column.
  std::map<std::pair<const Dictionary*, const std::string*>, std::vector<std::uint32_t>>
      codes_of_entries_{};

  // Of the current block.
  std::size_t first_row_ = 0;  ///< In its batch.
  std::size_t num_rows_ = 0;
  std::vector<std::size_t> kept_{};
  std::vector<Key> keys_{};
  std::vector<std::size_t> rule_of_row_{};
  std::vector<std::size_t> removed_{};      ///< Removed rows that have a time,
  std::vector<std::int64_t> removed_us_{};  ///< and these.
  std::vector<std::int64_t> amounts_{};
  std::vector<std::int64_t> quantities_{};
  std::vector<std::uint32_t> customer_codes_{};
};

}  // namespace

Result read(ArrowArrayStream& stream, const Mapping& mapping) {
  return Ingest(stream, mapping).run();
}

SourceLines read_lines(ArrowArrayStream& stream, const Mapping& mapping) {
  SourceLines lines;
  static_cast<void>(Ingest(stream, mapping, &lines).run());
  return lines;
}

}  // namespace ecommerce_analytics::ingest
