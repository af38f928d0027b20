#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/io/arrow_c_data.hpp"

/// Results as Arrow tables, without an Arrow library and, bits apart, without a copy.
namespace ecommerce_analytics::io {

/// Arrow's format of money: decimal128(38, 4).
inline constexpr const char* kMoneyFormat = "d:38,4";

/// The columns of a result, ready for export; they live as long as the result.
class Columns {
 public:
  /// `owner` keeps the buffers alive; every exported array holds it.
  explicit Columns(std::shared_ptr<const void> owner, Metadata metadata);

  /// One column: an Arrow format and up to three buffers.
  struct Column {
    std::string name{};
    const char* format = "";
    std::size_t num_rows = 0;
    const void* data = nullptr;              ///< Values; truth values one byte each.
    const std::int64_t* offsets = nullptr;   ///< Of text.
    const std::uint8_t* is_valid = nullptr;  ///< A byte a row, or null if all are valid.
  };
  void add(Column column);
  void add(const char* name, const std::vector<std::uint8_t>& values);
  void add(const char* name, const std::vector<std::int32_t>& values);
  void add(const char* name, const std::vector<std::int64_t>& values);
  void add(const char* name, const std::vector<double>& values);
  void add(const char* name, const std::vector<Money128>& values);
  void add(const char* name, const std::vector<Date>& values);
  void add(const char* name, const std::vector<Time>& values);
  void add(const char* name, const std::vector<Flag>& values);
  void add(const char* name, const Nullable<std::int64_t>& values);
  void add(const char* name, const Nullable<double>& values);
  void add(const char* name, const Nullable<Money128>& values);
  void add(const char* name, const Nullable<Date>& values);
  void add(const char* name, const MeasureValues& values);
  void add(const char* name, const KeyColumn& values);
  void add(const char* name, const TextColumn& values);
  /// Adds nothing for a column that the result does not have.
  template <class Values>
  void add(const char* name, const std::optional<Values>& values) {
    if (values) {
      add(name, *values);
    }
  }

  [[nodiscard]] const std::vector<Column>& columns() const noexcept { return columns_; }
  [[nodiscard]] const Metadata& metadata() const noexcept { return metadata_; }
  [[nodiscard]] std::size_t num_rows() const noexcept {
    return columns_.empty() ? 0 : columns_.front().num_rows;
  }

  /// Fills an empty schema; the caller releases it.
  void export_schema(ArrowSchema& out) const;
  /// Fills an empty struct array that keeps the result alive; the caller releases it.
  void export_array(ArrowArray& out) const;
  /// Fills an empty stream of one batch; the caller releases it.
  void export_stream(ArrowArrayStream& out) const;

 private:
  void add_values(const char* name, const char* format, std::size_t num_rows, const void* data,
                  const std::uint8_t* is_valid);

  std::shared_ptr<const void> owner_;
  Metadata metadata_;
  std::vector<Column> columns_{};
};

/// The columns of any result type: those it visits, and its metadata. A result whose columns
/// depend on what was asked for lists them by `for_each_column(visit(name, column))`.
template <class Result>
[[nodiscard]] Columns columns_of(const std::shared_ptr<const Result>& result) {
  Columns columns(result, result->metadata());
  const auto add = [&](const char* name, const auto& column) { columns.add(name, column); };
  if constexpr (requires { result->for_each_column(add); }) {
    result->for_each_column(add);
  } else {
    Result::visit_columns([&](const char* name, auto member) { add(name, (*result).*member); });
  }
  return columns;
}

}  // namespace ecommerce_analytics::io
