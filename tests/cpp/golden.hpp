#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <optional>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/core/money.hpp"
#include "ecommerce_analytics/transactions.hpp"

/// Golden cases: small inputs with the results that were worked by hand beside them.
namespace ecommerce_analytics {

// Values as EXPECT_EQ shows them.
inline void PrintTo(const Money128& money, std::ostream* out) { *out << format_money(money); }
inline void PrintTo(const Date& date, std::ostream* out) { *out << format_day(date.day); }
inline void PrintTo(const Time& time, std::ostream* out) { *out << format_time(time.time_us); }
inline void PrintTo(const Flag& flag, std::ostream* out) { *out << (flag.value ? "yes" : "no"); }
inline void PrintTo(const Key& key, std::ostream* out) { *out << to_string(key); }
inline void PrintTo(const KeyColumn& column, std::ostream* out) {
  for (std::size_t row = 0; row < column.size(); ++row) {
    *out << (row == 0 ? "{" : ", ") << to_string(column[row]);
  }
  *out << "}";
}
template <class T>
void PrintTo(const Nullable<T>& column, std::ostream* out) {
  *out << "{" << std::setprecision(17);
  for (std::size_t row = 0; row < column.size(); ++row) {
    *out << (row == 0 ? "" : ", ");
    if (column.is_valid[row] == 0) {
      *out << "null";
    } else if constexpr (std::is_same_v<T, Money128>) {
      PrintTo(column.values[row], out);
    } else {
      *out << column.values[row];
    }
  }
  *out << "}";
}
inline void PrintTo(const MeasureValues& column, std::ostream* out) {
  PrintTo(column.counts, out);
  PrintTo(column.money, out);
  PrintTo(column.quotients, out);
}

/// A CSV file below tests/golden without quotes; an empty cell is null.
class Golden {
 public:
  explicit Golden(const std::string& path) {
    std::ifstream file(std::string(ECOMMERCE_ANALYTICS_GOLDEN_DIR) + "/" + path);
    std::string line;
    if (!std::getline(file, line)) {
      throw std::runtime_error("no golden file " + path);
    }
    names_ = split(line);
    while (std::getline(file, line)) {
      rows_.push_back(split(line));
      if (rows_.back().size() != names_.size()) {
        throw std::runtime_error("ragged row in " + path + ": " + line);
      }
    }
  }

  [[nodiscard]] std::size_t num_rows() const noexcept { return rows_.size(); }

  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const noexcept {
    for (std::size_t index = 0; index < names_.size(); ++index) {
      if (names_[index] == name) {
        return index;
      }
    }
    return std::nullopt;
  }

  /// The cells of one column as they stand in the file.
  [[nodiscard]] std::vector<std::string> cells(std::string_view name) const {
    const std::optional<std::size_t> index = find(name);
    if (!index) {
      throw std::runtime_error("no golden column " + std::string(name));
    }
    std::vector<std::string> cells;
    for (const std::vector<std::string>& row : rows_) {
      cells.push_back(row[*index]);
    }
    return cells;
  }

  /// One column as the type of a result column.
  template <class C>
  [[nodiscard]] C column(std::string_view name) const {
    C column{};
    if constexpr (std::is_same_v<C, MeasureValues>) {
      for (const std::string& cell : cells(name)) {
        column.type = std::max(column.type, measure_type(cell));
      }
      if (column.type == MeasureValues::Type::money) {
        column.money = this->column<Nullable<Money128>>(name);
      } else if (column.type == MeasureValues::Type::quotient) {
        column.quotients = this->column<Nullable<double>>(name);
      } else {
        column.counts = this->column<Nullable<std::int64_t>>(name);
      }
    } else if constexpr (is_optional<C>::value) {
      if (find(name)) {
        column = this->column<typename C::value_type>(name);
      }
    } else {
      for (const std::string& cell : cells(name)) {
        append(column, cell);
      }
    }
    return column;
  }

 private:
  template <class C>
  struct is_optional : std::false_type {};
  template <class C>
  struct is_optional<std::optional<C>> : std::true_type {};

  /// Counts have no point, money has four decimals, quotients any other number of them.
  static MeasureValues::Type measure_type(const std::string& cell) {
    const std::size_t point = cell.find('.');
    if (point == std::string::npos) {
      return MeasureValues::Type::count;
    }
    return cell.size() - point == 1 + kMoneyDecimals ? MeasureValues::Type::money
                                                     : MeasureValues::Type::quotient;
  }

  static std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> cells(1);
    for (const char character : line) {
      if (character == ',') {
        cells.emplace_back();
      } else {
        cells.back() += character;
      }
    }
    return cells;
  }

  static void append(KeyColumn& column, const std::string& cell) { column.push_back(Key(cell)); }
  template <class T>
  static void append(std::vector<T>& column, const std::string& cell) {
    column.push_back(value_of<T>(cell));
  }
  template <class T>
  static void append(Nullable<T>& column, const std::string& cell) {
    if (cell.empty()) {
      column.push_null();
    } else {
      column.push_back(value_of<T>(cell));
    }
  }

  template <class T>
  static T value_of(const std::string& cell) {
    if constexpr (std::is_same_v<T, Money128>) {
      return to_money128(parse_money(cell));
    } else if constexpr (std::is_same_v<T, Date>) {
      return Date{day_of(parse_civil_time(cell))};
    } else if constexpr (std::is_same_v<T, Time>) {
      return Time{parse_civil_time(cell)};
    } else if constexpr (std::is_same_v<T, Flag>) {
      return Flag{cell == "true"};
    } else if constexpr (std::is_floating_point_v<T>) {
      return std::strtod(cell.c_str(), nullptr);
    } else {
      return static_cast<T>(std::stoll(cell));
    }
  }

  std::vector<std::string> names_;
  std::vector<std::vector<std::string>> rows_;
};

/// The order lines of an `input.csv`: order, customer, timestamp, amount, and kind or region where
/// there are such columns.
inline Transactions rows_of(const Golden& input) {
  const bool has_region = input.find("region").has_value();
  const std::vector<std::string> regions =
      has_region ? input.cells("region") : std::vector<std::string>(input.num_rows());
  const std::vector<std::string> kinds =
      input.find("kind") ? input.cells("kind") : std::vector<std::string>(input.num_rows());
  const std::vector<std::string> orders = input.cells("order");
  const std::vector<std::string> customers = input.cells("customer");
  const std::vector<std::string> times = input.cells("timestamp");
  const std::vector<std::string> amounts = input.cells("amount");

  TransactionsBuilder builder(
      {}, has_region ? std::vector<std::string>{"region"} : std::vector<std::string>{});
  for (std::size_t row = 0; row < input.num_rows(); ++row) {
    Line line;
    line.customer = Key(customers[row]);
    line.order = Key(orders[row]);
    line.time_us = parse_civil_time(times[row]);
    line.amount = parse_money(amounts[row]);
    line.kind = parse_line_kind(kinds[row]);
    if (has_region) {
      line.dimensions = {Key(regions[row])};
    }
    builder.add(line);
  }
  return builder.finish();
}

/// Calls `visit(name, column)` for each column of a result.
template <class Result, class Visitor>
void for_each_column(const Result& result, const Visitor& visit) {
  if constexpr (requires { result.for_each_column(visit); }) {
    result.for_each_column(visit);
  } else {
    Result::visit_columns([&](const char* name, auto member) { visit(name, result.*member); });
  }
}

/// Compares every column of a result with the golden column of its name.
template <class Result>
void expect_golden(const Result& actual, const Golden& expected) {
  for_each_column(actual, [&](const char* name, const auto& column) {
    using Column = std::remove_cvref_t<decltype(column)>;
    EXPECT_EQ(column, expected.template column<Column>(name)) << "column " << name;
  });
}

/// Compares every column of two results; floating values by their bits' equality.
template <class Result>
void expect_same(const Result& actual, const Result& expected) {
  std::vector<std::string> names;
  for_each_column(expected, [&](const char* name, const auto&) { names.emplace_back(name); });
  std::size_t index = 0;
  for_each_column(actual, [&](const char* name, const auto& column) {
    ASSERT_LT(index, names.size());
    ASSERT_EQ(name, names[index++]);
    for_each_column(expected, [&](const char* other_name, const auto& other) {
      if constexpr (std::is_same_v<decltype(column), decltype(other)>) {
        if (std::string_view(name) == other_name) {
          EXPECT_EQ(column, other) << "column " << name;
        }
      }
    });
  });
  EXPECT_EQ(index, names.size());
}

}  // namespace ecommerce_analytics
