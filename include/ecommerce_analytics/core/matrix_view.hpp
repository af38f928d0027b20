#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "ecommerce_analytics/core/error.hpp"

/// Tables of numbers that numeric kernels read.
namespace ecommerce_analytics {

/// Rows of numbers, one behind the other without gaps, that somebody else owns.
template <class T>
class MatrixView {
 public:
  MatrixView() = default;

  /// @throws Error  `schema_mismatch` unless `values` has num_rows x num_columns elements.
  MatrixView(std::span<const T> values, std::size_t num_rows, std::size_t num_columns)
      : values_(values), num_rows_(num_rows), num_columns_(num_columns) {
    const bool is_full = num_columns == 0 ? values.empty()
                                          : values.size() % num_columns == 0 &&
                                                values.size() / num_columns == num_rows;
    require(is_full, ErrorCode::schema_mismatch,
            "matrix: the values are not as many as rows times columns",
            std::to_string(values.size()));
  }

  [[nodiscard]] std::size_t num_rows() const noexcept { return num_rows_; }
  [[nodiscard]] std::size_t num_columns() const noexcept { return num_columns_; }
  [[nodiscard]] std::span<const T> values() const noexcept { return values_; }
  [[nodiscard]] std::span<const T> row(std::size_t index) const noexcept {
    return values_.subspan(index * num_columns_, num_columns_);
  }

 private:
  std::span<const T> values_{};
  std::size_t num_rows_ = 0;
  std::size_t num_columns_ = 0;
};

}  // namespace ecommerce_analytics
