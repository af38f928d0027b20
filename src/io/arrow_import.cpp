#include "ecommerce_analytics/io/arrow_import.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics::io {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

template <class T>
const T* buffer(const ArrowArray& array, std::int64_t index) {
  return static_cast<const T*>(array.buffers[index]);
}

bool bit(const std::uint8_t* bits, std::size_t index) {
  return (bits[index / 8] >> (index % 8) & 1U) != 0;
}

/// One entry of a utf8_view array: short text in place, long text in a buffer of its own.
struct TextView {
  std::int32_t length;
  char prefix[4];
  std::int32_t buffer;
  std::int32_t offset;
};

ColumnType parse_format(const ArrowSchema& schema, std::string_view column) {
  ColumnType type;
  const auto unsupported = [&](const char* format) -> ColumnType {
    throw Error(ErrorCode::schema_mismatch, "arrow: no mapping can read a column of this type",
                {.row = std::nullopt, .column = std::string(column), .value = format});
  };
  if (schema.dictionary != nullptr) {
    if (schema.dictionary->dictionary != nullptr) {
      return unsupported("a dictionary of dictionaries");
    }
    type = parse_format(*schema.dictionary, column);
    type.dictionary = std::make_unique<ColumnType>(parse_format(*schema.dictionary, column));
    type.is_dictionary = true;
    type.index_format = schema.format[0];
    return type;
  }
  const std::string_view format = schema.format;
  type.full_format = schema.format;
  type.format = format.empty() ? '\0' : format.front();
  if (format == "n") {
    type.value = ValueType::null;
  } else if (format == "b") {
    type.value = ValueType::boolean;
  } else if (format.size() == 1 && std::strchr("cCsSiIlL", format.front()) != nullptr) {
    type.value = ValueType::integer;
  } else if (format == "f" || format == "g") {
    type.value = ValueType::real;
  } else if (format == "u" || format == "U" || format == "vu") {
    type.value = ValueType::text;
  } else if (format.starts_with("d:")) {
    type.value = ValueType::decimal;
    const char* const end = format.data() + format.size();
    const char* comma = std::find(format.data(), end, ',');
    const auto parsed = std::from_chars(comma == end ? end : comma + 1, end, type.scale);
    const bool has_width = parsed.ptr != end && std::string_view(parsed.ptr, end) != ",128";
    if (parsed.ec != std::errc{} || has_width) {
      return unsupported(schema.format);
    }
  } else if (format == "tdD") {
    type.value = ValueType::timestamp;
    type.units_per_day = 1;
  } else if (format == "tdm") {
    type.value = ValueType::timestamp;
    type.units_per_day = kSecondsPerDay * 1'000;
  } else if (format.size() >= 4 && format.starts_with("ts") && format[3] == ':') {
    type.value = ValueType::timestamp;
    type.has_zone = format.size() > 4;
    switch (format[2]) {
      case 's':
        type.units_per_day = kSecondsPerDay;
        break;
      case 'm':
        type.units_per_day = kSecondsPerDay * 1'000;
        break;
      case 'u':
        type.units_per_day = kSecondsPerDay * 1'000'000;
        break;
      case 'n':
        type.units_per_day = kSecondsPerDay * 1'000'000'000;
        break;
      default:
        return unsupported(schema.format);
    }
  } else {
    return unsupported(schema.format);
  }
  return type;
}

std::optional<std::int64_t> integer_at(const ArrowArray& array, char format, std::size_t index) {
  switch (format) {
    case 'c':
      return buffer<std::int8_t>(array, 1)[index];
    case 'C':
      return buffer<std::uint8_t>(array, 1)[index];
    case 's':
      return buffer<std::int16_t>(array, 1)[index];
    case 'S':
      return buffer<std::uint16_t>(array, 1)[index];
    case 'i':
      return buffer<std::int32_t>(array, 1)[index];
    case 'I':
      return buffer<std::uint32_t>(array, 1)[index];
    case 'l':
      return buffer<std::int64_t>(array, 1)[index];
    default: {
      const std::uint64_t value = buffer<std::uint64_t>(array, 1)[index];
      return value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
                 ? std::nullopt
                 : std::optional(static_cast<std::int64_t>(value));
    }
  }
}

}  // namespace

std::string ColumnType::name() const {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kNames{{
      {"n", "null"},
      {"b", "bool"},
      {"c", "int8"},
      {"C", "uint8"},
      {"s", "int16"},
      {"S", "uint16"},
      {"i", "int32"},
      {"I", "uint32"},
      {"l", "int64"},
      {"L", "uint64"},
      {"f", "float32"},
      {"g", "float64"},
      {"u", "utf8"},
      {"U", "large_utf8"},
      {"vu", "utf8_view"},
      {"tdD", "date32"},
      {"tdm", "date64"},
  }};
  for (const auto& [code, words] : kNames) {
    if (full_format == code) {
      return std::string(words);
    }
  }
  if (value == ValueType::decimal) {
    return "decimal128(" + full_format.substr(2) + ")";
  }
  if (value == ValueType::timestamp) {
    const std::string unit = full_format[2] == 's' ? "s" : std::string(1, full_format[2]) + "s";
    return "timestamp[" + unit + (has_zone ? ", " + full_format.substr(4) : "") + "]";
  }
  return full_format;
}

ColumnView::ColumnView(const ColumnType& type, const ArrowArray& array, std::size_t first_row,
                       std::size_t num_rows)
    : type_(&type),
      array_(&array),
      num_rows_(num_rows),
      offset_(static_cast<std::size_t>(array.offset) + first_row) {}

bool ColumnView::is_null(std::size_t row) const noexcept {
  if (type_->value == ValueType::null && !type_->is_dictionary) {
    return true;
  }
  if (array_->null_count == 0 || array_->buffers[0] == nullptr) {
    return false;
  }
  return !bit(buffer<std::uint8_t>(*array_, 0), offset_ + row);
}

std::size_t ColumnView::entry(std::size_t row) const noexcept {
  return static_cast<std::size_t>(
      integer_at(*array_, type_->index_format, offset_ + row).value_or(0));
}

ColumnView ColumnView::dictionary() const {
  return {*type_->dictionary, *array_->dictionary, 0,
          static_cast<std::size_t>(array_->dictionary->length)};
}

bool ColumnView::boolean(std::size_t row) const noexcept {
  return bit(buffer<std::uint8_t>(*array_, 1), offset_ + row);
}

std::optional<std::int64_t> ColumnView::integer(std::size_t row) const noexcept {
  return integer_at(*array_, type_->format, offset_ + row);
}

double ColumnView::real(std::size_t row) const noexcept {
  return type_->format == 'f' ? static_cast<double>(buffer<float>(*array_, 1)[offset_ + row])
                              : buffer<double>(*array_, 1)[offset_ + row];
}

std::string_view ColumnView::text(std::size_t row) const noexcept {
  const std::size_t index = offset_ + row;
  if (type_->format == 'v') {
    const TextView& view = buffer<TextView>(*array_, 1)[index];
    const auto length = static_cast<std::size_t>(view.length);
    constexpr std::size_t kMaxInPlace = 12;
    return length <= kMaxInPlace
               ? std::string_view(view.prefix, length)
               : std::string_view(buffer<char>(*array_, 2 + view.buffer) + view.offset, length);
  }
  const auto slice = [&](const auto* offsets) {
    return std::string_view(buffer<char>(*array_, 2) + offsets[index],
                            static_cast<std::size_t>(offsets[index + 1] - offsets[index]));
  };
  return type_->format == 'u' ? slice(buffer<std::int32_t>(*array_, 1))
                              : slice(buffer<std::int64_t>(*array_, 1));
}

std::optional<std::string_view> ColumnView::text_bytes() const noexcept {
  if (type_->format == 'v') {
    return std::nullopt;
  }
  if (num_rows_ == 0) {
    return std::string_view();  // An empty array may have no buffers.
  }
  const auto slice = [&](const auto* offsets) {
    return std::string_view(
        buffer<char>(*array_, 2) + offsets[offset_],
        static_cast<std::size_t>(offsets[offset_ + num_rows_] - offsets[offset_]));
  };
  return type_->format == 'u' ? slice(buffer<std::int32_t>(*array_, 1))
                              : slice(buffer<std::int64_t>(*array_, 1));
}

const std::int64_t* ColumnView::int64_values() const noexcept {
  const bool has_nulls = array_->null_count != 0 && array_->buffers[0] != nullptr;
  return type_->format == 'l' && !has_nulls ? buffer<std::int64_t>(*array_, 1) + offset_ : nullptr;
}

std::pair<std::uint64_t, std::int64_t> ColumnView::decimal(std::size_t row) const noexcept {
  const std::uint64_t* halves = buffer<std::uint64_t>(*array_, 1) + 2 * (offset_ + row);
  return {halves[0], static_cast<std::int64_t>(halves[1])};
}

std::int64_t ColumnView::timestamp(std::size_t row) const noexcept {
  return type_->units_per_day == 1 ? buffer<std::int32_t>(*array_, 1)[offset_ + row]
                                   : buffer<std::int64_t>(*array_, 1)[offset_ + row];
}

std::optional<std::int64_t> ColumnView::timestamp_us(std::size_t row) const noexcept {
  const std::int64_t value = timestamp(row);
  if (type_->units_per_day > kMicrosecondsPerDay) {
    const std::int64_t per_us = type_->units_per_day / kMicrosecondsPerDay;
    return value % per_us == 0 ? std::optional(value / per_us) : std::nullopt;
  }
  std::int64_t time_us = 0;
  return __builtin_mul_overflow(value, kMicrosecondsPerDay / type_->units_per_day, &time_us)
             ? std::nullopt
             : std::optional(time_us);
}

BatchReader::BatchReader(ArrowArrayStream& stream) {
  require(stream.release != nullptr, ErrorCode::io_failure, "arrow: the stream was read before");
  stream_ = std::exchange(stream, ArrowArrayStream{});
  try {
    const int failure = stream_.get_schema(&stream_, &schema_);
    if (failure != 0) {
      const char* words = stream_.get_last_error(&stream_);
      throw Error(ErrorCode::io_failure, "arrow: the stream has no schema",
                  {.row = std::nullopt, .column = {}, .value = words ? words : ""});
    }
    require(std::string_view(schema_.format) == "+s", ErrorCode::schema_mismatch,
            "arrow: the stream is no table", schema_.format);
    for (std::int64_t i = 0; i < schema_.n_children; ++i) {
      const char* name = schema_.children[i]->name;
      names_.emplace_back(name == nullptr ? "" : name);
    }
    types_.resize(names_.size());
  } catch (...) {
    close();
    throw;
  }
}

BatchReader::~BatchReader() { close(); }

void BatchReader::close() noexcept {
  if (batch_.release != nullptr) {
    batch_.release(&batch_);
  }
  if (schema_.release != nullptr) {
    schema_.release(&schema_);
  }
  if (stream_.release != nullptr) {
    stream_.release(&stream_);
  }
}

std::size_t BatchReader::index_of(std::string_view column) const {
  std::optional<std::size_t> found;
  std::string present;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    present += (present.empty() ? "" : ", ") + names_[i];
    if (names_[i] == column) {
      if (found.has_value()) {
        throw Error(ErrorCode::schema_mismatch, "ingest: two columns have the same name",
                    {.row = std::nullopt, .column = std::string(column), .value = {}});
      }
      found = i;
    }
  }
  if (!found.has_value()) {
    throw Error(ErrorCode::schema_mismatch, "ingest: there is no such column among",
                {.row = std::nullopt, .column = std::string(column), .value = present});
  }
  return *found;
}

const ColumnType& BatchReader::type_of(std::size_t column) {
  if (types_[column] == nullptr) {
    types_[column] = std::make_unique<ColumnType>(
        parse_format(*schema_.children[static_cast<std::int64_t>(column)], names_[column]));
  }
  return *types_[column];
}

bool BatchReader::next() {
  if (batch_.release != nullptr) {
    batch_.release(&batch_);
  }
  batch_ = {};
  const int failure = stream_.get_next(&stream_, &batch_);
  if (failure != 0) {
    const char* words = stream_.get_last_error(&stream_);
    throw Error(ErrorCode::io_failure, "arrow: the stream broke off",
                {.row = std::nullopt, .column = {}, .value = words ? words : ""});
  }
  if (batch_.release == nullptr) {
    return false;
  }
  if (batch_.null_count != 0 && batch_.n_buffers > 0 && batch_.buffers[0] != nullptr) {
    for (std::int64_t row = batch_.offset; row < batch_.offset + batch_.length; ++row) {
      require(bit(buffer<std::uint8_t>(batch_, 0), static_cast<std::size_t>(row)),
              ErrorCode::invalid_data, "arrow: a whole row of the table is null");
    }
  }
  return true;
}

std::size_t BatchReader::num_rows() const noexcept {
  return static_cast<std::size_t>(batch_.length);
}

ColumnView BatchReader::column(std::size_t index) const { return column(index, 0, num_rows()); }

ColumnView BatchReader::column(std::size_t index, std::size_t first_row,
                               std::size_t num_rows) const {
  return {*types_[index], *batch_.children[index],
          static_cast<std::size_t>(batch_.offset) + first_row, num_rows};
}

}  // namespace ecommerce_analytics::io
