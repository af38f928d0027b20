#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ecommerce_analytics/io/arrow_c_data.hpp"

/// Arrow streams, as any dataframe exports them, read without an Arrow library.
namespace ecommerce_analytics::io {

/// What the values of a column are, whatever its width and encoding.
enum class ValueType : std::uint8_t {
  null,  ///< The column holds nulls only.
  boolean,
  integer,    ///< int8 … int64, uint8 … uint64.
  real,       ///< float32, float64.
  decimal,    ///< decimal128 of any scale.
  text,       ///< utf8, large_utf8, utf8_view.
  timestamp,  ///< Seconds to nanoseconds, with or without a zone; also date32 and date64.
};

/// Type of a column as its schema tells it.
struct ColumnType {
  /// As a person calls it: `int64`, `utf8`, `timestamp[us, UTC]`.
  [[nodiscard]] std::string name() const;

  ValueType value = ValueType::null;
  char format = 'n';               ///< First character of `full_format`.
  std::string full_format{};       ///< Arrow's format string of the values.
  int scale = 0;                   ///< Of decimals.
  std::int64_t units_per_day = 0;  ///< Of timestamps.
  bool has_zone = false;           ///< The timestamps are instants.
  bool is_dictionary = false;
  char index_format = 'i';                   ///< Of dictionary indices.
  std::unique_ptr<ColumnType> dictionary{};  ///< Type of the distinct values of a dictionary.
};

/// One column of one batch, borrowed from it.
///
/// The accessors named after a value type may only be called on a column of that type that is no
/// dictionary, and on rows that are not null.
class ColumnView {
 public:
  /// Rows `first_row` to `first_row + num_rows` of `array`.
  ColumnView(const ColumnType& type, const ArrowArray& array, std::size_t first_row,
             std::size_t num_rows);

  [[nodiscard]] const ColumnType& type() const noexcept { return *type_; }
  [[nodiscard]] std::size_t num_rows() const noexcept { return num_rows_; }
  [[nodiscard]] bool is_null(std::size_t row) const noexcept;

  /// For dictionary columns: which entry of `dictionary()` the row holds.
  [[nodiscard]] std::size_t entry(std::size_t row) const noexcept;
  /// The distinct values of a dictionary column, as a column.
  [[nodiscard]] ColumnView dictionary() const;

  [[nodiscard]] bool boolean(std::size_t row) const noexcept;
  /// Nothing if the value, a uint64, leaves int64.
  [[nodiscard]] std::optional<std::int64_t> integer(std::size_t row) const noexcept;
  [[nodiscard]] double real(std::size_t row) const noexcept;
  [[nodiscard]] std::string_view text(std::size_t row) const noexcept;
  /// The bytes of all rows in one piece; nothing if they do not stand together, as in utf8_view.
  [[nodiscard]] std::optional<std::string_view> text_bytes() const noexcept;
  /// The values as they stand; null unless they are int64 and the column has no null.
  [[nodiscard]] const std::int64_t* int64_values() const noexcept;
  /// Low and high half of the unscaled value.
  [[nodiscard]] std::pair<std::uint64_t, std::int64_t> decimal(std::size_t row) const noexcept;
  /// As stored, in the unit of the type.
  [[nodiscard]] std::int64_t timestamp(std::size_t row) const noexcept;
  /// Microseconds; nothing if nanoseconds are no whole microseconds, or out of range.
  [[nodiscard]] std::optional<std::int64_t> timestamp_us(std::size_t row) const noexcept;

 private:
  const ColumnType* type_;
  const ArrowArray* array_;
  std::size_t num_rows_;
  std::size_t offset_;
};

/// A stream of batches; owns and releases what it was given.
class BatchReader {
 public:
  /// Takes `stream` over and reads its schema.
  /// @throws Error  `io_failure` if the stream was released before or fails, `schema_mismatch` if
  ///                it is no struct of columns.
  explicit BatchReader(ArrowArrayStream& stream);
  ~BatchReader();
  BatchReader(const BatchReader&) = delete;
  BatchReader& operator=(const BatchReader&) = delete;

  [[nodiscard]] const std::vector<std::string>& column_names() const noexcept { return names_; }
  /// Index of a column; throws `schema_mismatch` naming it and the ones there are, or if two
  /// columns have that name.
  [[nodiscard]] std::size_t index_of(std::string_view column) const;
  /// Type of a column; throws `schema_mismatch` for a type that no mapping can read.
  [[nodiscard]] const ColumnType& type_of(std::size_t column);

  /// Goes to the next batch; false at the end. Views of the one before are gone.
  /// @throws Error  `io_failure` with the producer's words.
  [[nodiscard]] bool next();
  [[nodiscard]] std::size_t num_rows() const noexcept;
  /// Column of the current batch; `type_of` must have been called for it.
  [[nodiscard]] ColumnView column(std::size_t index) const;
  /// Rows `first_row` to `first_row + num_rows` of that column.
  [[nodiscard]] ColumnView column(std::size_t index, std::size_t first_row,
                                  std::size_t num_rows) const;

 private:
  void close() noexcept;

  ArrowArrayStream stream_{};
  ArrowSchema schema_{};
  ArrowArray batch_{};
  std::vector<std::string> names_{};
  std::vector<std::unique_ptr<ColumnType>> types_{};
};

}  // namespace ecommerce_analytics::io
