#include "ecommerce_analytics/kpi.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/int128.hpp"
#include "history_of.hpp"
#include "history_view.hpp"
#include "kpi_dictionary_data.hpp"

namespace ecommerce_analytics::kpi {
namespace {

std::span<const data::EmbeddedKpi> entries() { return {data::kEmbedded, data::kNumEmbedded}; }

/// Place of a figure in the dictionary.
std::size_t place_of(std::string_view name) {
  const auto found = std::find_if(entries().begin(), entries().end(),
                                  [&](const auto& kpi) { return kpi.definition.name == name; });
  assert(found != entries().end());
  return static_cast<std::size_t>(found - entries().begin());
}

/// Days [start, end) that are summed up in one row.
struct Span {
  std::int32_t start = 0;
  std::int32_t end = 0;

  [[nodiscard]] bool is_empty() const noexcept { return start >= end; }
};

/// A row of the summary, and the days that it is compared with.
struct Row {
  std::string period{};
  Span days{};
  bool is_partial = false;
  Span previous{};  // Empty: there is nothing to compare with.
};

std::vector<Row> rows_of(const HistoryView& view, std::optional<Period> period) {
  const Selection& selection = view.history().options().selection;
  const std::int32_t first_data_day = view.history().days().front().day;
  const std::int32_t day_of_as_of = day_of(view.as_of_us());
  const bool is_day_cut = view.as_of_us() != day_of_as_of * kMicrosecondsPerDay;
  const auto comparable = [&](Span days, Span previous) {
    const bool is_whole = !(is_day_cut && days.end > day_of_as_of);
    return previous.start >= first_data_day && is_whole && !days.is_empty() ? previous : Span{};
  };

  if (!period) {
    const Span days{view.start_day(), view.end_day()};
    const Span before{2 * days.start - days.end, days.start};
    return {{.period = "total",
             .days = days,
             .previous = selection.start_day ? comparable(days, before) : Span{}}};
  }
  const std::int32_t last_day =
      std::max(view.start_day(), std::min(view.last_data_day(), view.end_day() - 1));
  std::vector<Row> rows;
  std::int32_t number = period_of(view.start_day(), *period);
  std::int32_t next = first_day_of(number, *period);
  while (next <= last_day) {
    const std::int32_t first = next;
    next = first_day_of(number + 1, *period);
    Row row{.period = format_period(number, *period),
            .days = {std::max(first, selection.start_day.value_or(first)),
                     std::min(next, view.end_day())},
            .is_partial = next * kMicrosecondsPerDay > view.as_of_us()};
    if (first > first_data_day) {
      const std::int32_t before = first_day_of(number - 1, *period);
      const std::int32_t end = row.days.end == next ? first : before + (row.days.end - first);
      row.previous =
          comparable(row.days, {before + (row.days.start - first), std::min(end, first)});
    }
    rows.push_back(std::move(row));
    ++number;
  }
  return rows;
}

/// The row of each day; spans are in order and do not overlap.
class RowOfDay {
 public:
  explicit RowOfDay(std::span<const Span> spans) {
    const auto none = static_cast<std::uint32_t>(spans.size());
    for (std::size_t row = 0; row < spans.size(); ++row) {
      if (!spans[row].is_empty()) {
        first_day_ = rows_.empty() ? spans[row].start : first_day_;
        rows_.resize(static_cast<std::size_t>(spans[row].start - first_day_), none);
        rows_.resize(static_cast<std::size_t>(spans[row].end - first_day_),
                     static_cast<std::uint32_t>(row));
      }
    }
  }

  [[nodiscard]] Span days() const noexcept {
    return {first_day_, first_day_ + static_cast<std::int32_t>(rows_.size())};
  }
  /// For a day of `days()`; the number of rows for one of no row.
  [[nodiscard]] std::uint32_t operator[](std::int32_t day) const noexcept {
    return rows_[static_cast<std::size_t>(day - first_day_)];
  }

 private:
  std::int32_t first_day_ = 0;
  std::vector<std::uint32_t> rows_{};
};

/// A sum or count of each row.
struct Fact {
  bool is_scaled = false;  // The values count 1/10,000.
  bool is_known = true;    // False for a measure that the history does not keep.
  std::vector<Money128> values{};

  [[nodiscard]] double to_double(Money128 value) const {
    return is_scaled ? ecommerce_analytics::to_double(value)
                     : static_cast<double>(static_cast<std::int64_t>(to_int128(value)));
  }
};

Money128 negative(Money128 money) { return from_int128(-to_int128(money)); }

/// What the dictionary says of some spans of days: entry by entry, row by row.
class Figures {
 public:
  Figures(const HistoryView& view, std::span<const Span> spans)
      : num_rows_(spans.size()),
        row_of_(spans),
        view_(view.over(row_of_.days().start, row_of_.days().end)) {
    sum_up_lines();
    count_orders(spans);
    for (const data::EmbeddedKpi& kpi : entries()) {
      facts_.push_back(fact_of(kpi));
    }
  }

  [[nodiscard]] const Fact& fact(std::size_t kpi) const { return facts_[kpi]; }

  [[nodiscard]] std::optional<double> value(std::size_t kpi, std::size_t row) const {
    const data::EmbeddedKpi& entry = entries()[kpi];
    if (entry.operation != data::Operation::quotient) {
      const Fact& fact = facts_[kpi];
      return fact.is_known ? std::optional(fact.to_double(fact.values[row])) : std::nullopt;
    }
    const Fact& numerator = facts_[place_of(entry.operand)];
    const Fact& denominator = facts_[place_of(entry.denominator)];
    if (!numerator.is_known || !denominator.is_known || denominator.values[row] <= Money128{}) {
      return std::nullopt;
    }
    const Money128 top = entry.is_negated ? negative(numerator.values[row]) : numerator.values[row];
    const Int128 bottom = to_int128(denominator.values[row]);
    if (numerator.is_scaled && !denominator.is_scaled) {
      return mean_money(top, static_cast<std::int64_t>(bottom));
    }
    const bool is_upscaled = denominator.is_scaled && !numerator.is_scaled;
    return nearest_quotient(to_int128(top) * (is_upscaled ? kMoneyScale : 1), bottom);
  }

 private:
  enum Count : std::uint8_t {
    counted_orders,
    counted_customer_orders,
    counted_guest_orders,
    counted_customers,
    counted_repeat_customers,
    counted_new_customers,
    counted_returning_customers
  };
  static constexpr std::size_t kNumCounts = 7;
  static constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::array<std::string_view, kNumCounts> kCountNames = {
      "orders",           "customer_orders", "guest_orders",       "customers",
      "repeat_customers", "new_customers",   "returning_customers"};

  /// Lines of one kind of one row.
  struct LineSums {
    Int128 sum = 0;
    Int128 guest_sum = 0;
    std::int64_t num_lines = 0;
  };

  void sum_up_lines() {
    for (std::size_t kind = 0; kind < kNumLineKinds; ++kind) {
      // A row more, for days of no row.
      std::vector<LineSums>& sums = lines_[kind];
      sums.resize(num_rows_ + 1);
      view_.for_each(static_cast<LineKind>(kind), [&](const HistoryView::Sum& line) {
        LineSums& lines = sums[row_of_[line.day]];
        lines.sum += line.sum;
        lines.num_lines += line.num_lines;
        if (line.customer == Dictionary::kUnknownCode) {
          lines.guest_sum += line.sum;
        }
      });
    }
  }

  void count_orders(std::span<const Span> spans) {
    for (std::vector<std::int64_t>& counts : counts_) {
      counts.resize(num_rows_ + 1);
    }
    const std::shared_ptr<const OrdersByDay> orders = view_.orders_by_day();
    // Orders come by day, so row by row: a customer was counted in this row or is not.
    struct Counted {
      std::uint32_t row = kNoRow;
      std::uint32_t repeat_row = kNoRow;  // In which one of his later orders was counted.
    };
    std::vector<Counted> counted(view_.history().customer_keys().num_codes());
    view_.for_each_order(*orders, [&](const OrdersByDay::Placed& placed) {
      const std::uint32_t row = row_of_[placed.day];
      ++counts_[counted_orders][row];
      if (placed.customer == Dictionary::kUnknownCode) {
        ++counts_[counted_guest_orders][row];
        return;
      }
      ++counts_[counted_customer_orders][row];
      if (row == num_rows_) {
        return;
      }
      Counted& customer = counted[placed.customer];
      if (customer.row != row) {
        customer.row = row;
        ++counts_[counted_customers][row];
        ++counts_[orders->first_days()[placed.customer] < spans[row].start
                      ? counted_returning_customers
                      : counted_new_customers][row];
      }
      if (customer.repeat_row != row && !orders->is_first_of(placed)) {
        customer.repeat_row = row;
        ++counts_[counted_repeat_customers][row];
      }
    });
  }

  [[nodiscard]] Fact fact_of(const data::EmbeddedKpi& kpi) const {
    switch (kpi.operation) {
      case data::Operation::sum:
        return combined(kpi.kinds, true,
                        [](const LineSums& lines) { return from_int128(lines.sum); });
      case data::Operation::guest_sum:
        return combined(kpi.kinds, true,
                        [](const LineSums& lines) { return from_int128(lines.guest_sum); });
      case data::Operation::lines:
        return combined(kpi.kinds, false,
                        [](const LineSums& lines) { return to_money128(lines.num_lines); });
      case data::Operation::measure:
        return measured(kpi.operand);
      case data::Operation::count: {
        const auto* const count = std::find(kCountNames.begin(), kCountNames.end(), kpi.operand);
        assert(count != kCountNames.end());
        Fact fact;
        const auto& counts = counts_[static_cast<std::size_t>(count - kCountNames.begin())];
        for (std::size_t row = 0; row < num_rows_; ++row) {
          fact.values.push_back(to_money128(counts[row]));
        }
        return fact;
      }
      case data::Operation::quotient:
        break;  // Made of facts, row by row.
    }
    return {};
  }

  template <class Part>
  [[nodiscard]] Fact combined(std::uint32_t kinds, bool is_scaled, const Part& part) const {
    Fact fact{.is_scaled = is_scaled, .values = std::vector<Money128>(num_rows_)};
    for (std::size_t kind = 0; kind < kNumLineKinds; ++kind) {
      if ((kinds >> kind & 1U) != 0) {
        for (std::size_t row = 0; row < num_rows_; ++row) {
          fact.values[row] = add(fact.values[row], part(lines_[kind][row]));
        }
      }
    }
    return fact;
  }

  [[nodiscard]] Fact measured(std::string_view name) const {
    const std::vector<std::string>& kept = view_.history().options().measures;
    const auto found = std::find(kept.begin(), kept.end(), name);
    Fact fact{.is_scaled = true, .is_known = found != kept.end(), .values = {}};
    fact.values.resize(num_rows_);
    if (fact.is_known) {
      std::vector<Int128> sums(num_rows_ + 1);
      view_.for_each_measured(
          static_cast<std::size_t>(found - kept.begin()),
          [&](const HistoryView::Sum& line) { sums[row_of_[line.day]] += line.sum; });
      for (std::size_t row = 0; row < num_rows_; ++row) {
        fact.values[row] = from_int128(sums[row]);
      }
    }
    return fact;
  }

  std::size_t num_rows_;
  RowOfDay row_of_;
  HistoryView view_;
  std::array<std::vector<LineSums>, kNumLineKinds> lines_{};
  std::array<std::vector<std::int64_t>, kNumCounts> counts_{};
  std::vector<Fact> facts_{};
};

/// Fills one column of the summary with a figure of the dictionary.
struct ColumnOf {
  const Figures& figures;
  std::size_t num_rows;

  void operator()(std::string_view name, std::vector<Money128>& column) const {
    column = figures.fact(place_of(name)).values;
  }
  void operator()(std::string_view name, std::vector<std::int64_t>& column) const {
    for (const Money128 value : figures.fact(place_of(name)).values) {
      column.push_back(static_cast<std::int64_t>(to_int128(value)));
    }
  }
  void operator()(std::string_view name, Nullable<Money128>& column) const {
    const Fact& fact = figures.fact(place_of(name));
    for (const Money128 value : fact.values) {
      fact.is_known ? column.push_back(value) : column.push_null();
    }
  }
  void operator()(std::string_view name, Nullable<double>& column) const {
    const std::size_t kpi = place_of(name);
    for (std::size_t row = 0; row < num_rows; ++row) {
      const std::optional<double> value = figures.value(kpi, row);
      value ? column.push_back(*value) : column.push_null();
    }
  }
  // Which rows there are is no figure.
  void operator()(std::string_view, KeyColumn&) const {}
  void operator()(std::string_view, std::vector<Date>&) const {}
  void operator()(std::string_view, std::vector<Flag>&) const {}
};

template <class Result>
Metadata metadata_of(const Result& table) {
  Metadata metadata{{"as_of", format_time(table.as_of_us)},
                    {"num_lines_ignored", std::to_string(table.num_lines_ignored)}};
  add_selection(metadata, table.selection);
  return metadata;
}

template <class Result>
Result begun(const HistoryView& view) {
  Result table;
  table.as_of_us = view.as_of_us();
  table.num_lines_ignored = view.history().num_lines_from(view.as_of_us());
  table.selection = view.history().options().selection;
  return table;
}

template <class Result>
void push_row(Result& table, const Row& row) {
  table.period.push_back(Key(row.period));
  table.start.push_back({row.days.start});
  table.end.push_back({row.days.end});
  table.partial.push_back({row.is_partial});
}

std::vector<Span> spans_of(const std::vector<Row>& rows, Span Row::*member) {
  std::vector<Span> spans;
  spans.reserve(rows.size());
  for (const Row& row : rows) {
    spans.push_back(row.*member);
  }
  return spans;
}

CustomerHistory history_with_measures(const Transactions& transactions, const Options& options,
                                      const Selection& selection) {
  return history_of(transactions, options.num_threads,
                    {.as_of_us = options.as_of_us,
                     .measures = measures_of(transactions),
                     .selection = selection});
}

}  // namespace

std::vector<Definition> dictionary() {
  std::vector<Definition> definitions;
  for (const data::EmbeddedKpi& kpi : entries()) {
    definitions.push_back(kpi.definition);
  }
  return definitions;
}

std::vector<std::string> measures_of(const Transactions& transactions) {
  std::vector<std::string> names;
  for (const data::EmbeddedKpi& kpi : entries()) {
    if (kpi.operation == data::Operation::measure) {
      const std::string name = kpi.operand;
      const bool is_quantity = name == "quantity" && !transactions.columns().quantity.empty();
      if (is_quantity || transactions.find_measure(name) != nullptr) {
        names.push_back(name);
      }
    }
  }
  return names;
}

Metadata Summary::metadata() const { return metadata_of(*this); }
Metadata Changes::metadata() const { return metadata_of(*this); }

Summary summary(const CustomerHistory& history, const Options& options) {
  const HistoryView view(history, options.as_of_us);
  const std::vector<Row> rows = rows_of(view, options.period);
  const Figures figures(view, spans_of(rows, &Row::days));
  Summary table = begun<Summary>(view);
  for (const Row& row : rows) {
    push_row(table, row);
  }
  const ColumnOf fill{.figures = figures, .num_rows = rows.size()};
  Summary::visit_columns([&](const char* name, auto member) { fill(name, table.*member); });
  return table;
}

Summary summary(const Transactions& transactions, const Options& options,
                const Selection& selection) {
  return summary(history_with_measures(transactions, options, selection), options);
}

Changes changes(const CustomerHistory& history, const Options& options) {
  const HistoryView view(history, options.as_of_us);
  const std::vector<Row> rows = rows_of(view, options.period);
  const Figures now(view, spans_of(rows, &Row::days));
  const Figures before(view, spans_of(rows, &Row::previous));
  const auto push = [](Nullable<double>& column, std::optional<double> value) {
    value ? column.push_back(*value) : column.push_null();
  };

  Changes table = begun<Changes>(view);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const bool is_comparable = !rows[row].previous.is_empty();
    for (std::size_t kpi = 0; kpi < entries().size(); ++kpi) {
      const std::optional<double> value = now.value(kpi, row);
      const std::optional<double> previous = is_comparable ? before.value(kpi, row) : std::nullopt;
      std::optional<double> change;
      std::optional<double> share;
      if (value && previous && entries()[kpi].operation == data::Operation::quotient) {
        change = *value - *previous;
        share = *previous > 0 ? std::optional(*change / *previous) : std::nullopt;
      } else if (value && previous) {
        const Fact& fact = now.fact(kpi);
        const Money128 old = before.fact(kpi).values[row];
        const Money128 difference = add(fact.values[row], negative(old));
        change = fact.to_double(difference);
        share = old > Money128{} ? std::optional(ratio(difference, old)) : std::nullopt;
      }
      push_row(table, rows[row]);
      table.comparable.push_back({is_comparable});
      if (is_comparable) {
        table.previous_start.push_back({rows[row].previous.start});
        table.previous_end.push_back({rows[row].previous.end});
      } else {
        table.previous_start.push_null();
        table.previous_end.push_null();
      }
      table.kpi.push_back(Key(entries()[kpi].definition.name));
      push(table.value, value);
      push(table.previous, previous);
      push(table.change, change);
      push(table.change_share, share);
    }
  }
  return table;
}

Changes changes(const Transactions& transactions, const Options& options,
                const Selection& selection) {
  return changes(history_with_measures(transactions, options, selection), options);
}

}  // namespace ecommerce_analytics::kpi
