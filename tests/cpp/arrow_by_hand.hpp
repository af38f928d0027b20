#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ecommerce_analytics/io/arrow_c_data.hpp"

/// Arrow streams written down buffer by buffer, as other libraries export them.
namespace ecommerce_analytics::by_hand {

/// The bytes of one buffer; none stands for a null pointer.
using Buffer = std::optional<std::vector<std::byte>>;

/// One column of one batch.
struct Column {
  std::string name{};
  std::string format{};
  std::int64_t length = 0;
  std::vector<Buffer> buffers{};
  std::int64_t offset = 0;
  std::int64_t null_count = -1;  ///< Not computed, which producers may say.
  std::shared_ptr<Column> dictionary{};
};

template <class T>
Buffer buffer_of(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  if (!bytes.empty()) {
    std::memcpy(bytes.data(), values.data(), bytes.size());
  }
  return bytes;
}

/// A bit a row, least significant first.
inline Buffer bits_of(const std::vector<bool>& flags) {
  std::vector<std::uint8_t> bytes((flags.size() + 7) / 8);
  for (std::size_t row = 0; row < flags.size(); ++row) {
    if (flags[row]) {
      bytes[row / 8] = static_cast<std::uint8_t>(bytes[row / 8] | 1U << row % 8);
    }
  }
  return buffer_of(bytes);
}

/// A column of numbers: `c` … `L`, `f`, `g`, `tsu:`, `tdD`, `d:18,4` (two words a value) and the
/// like.
template <class T>
Column numbers(std::string name, std::string format, const std::vector<T>& values,
               const std::vector<bool>& is_valid = {}) {
  const std::size_t num_rows = format.starts_with("d:") ? values.size() / 2 : values.size();
  return {.name = std::move(name),
          .format = std::move(format),
          .length = static_cast<std::int64_t>(num_rows),
          .buffers = {is_valid.empty() ? Buffer() : bits_of(is_valid), buffer_of(values)}};
}

using Texts = std::vector<std::optional<std::string>>;

inline Buffer validity_of(const Texts& texts) {
  std::vector<bool> is_valid;
  bool has_null = false;
  for (const auto& text : texts) {
    is_valid.push_back(text.has_value());
    has_null = has_null || !text;
  }
  return has_null ? bits_of(is_valid) : Buffer();
}

/// utf8 (`Offset` is int32) or large_utf8 (int64).
template <class Offset = std::int32_t>
Column texts(std::string name, const Texts& values) {
  std::vector<Offset> offsets = {0};
  std::string bytes;
  for (const auto& value : values) {
    bytes += value.value_or("");
    offsets.push_back(static_cast<Offset>(bytes.size()));
  }
  return {.name = std::move(name),
          .format = sizeof(Offset) == 4 ? "u" : "U",
          .length = static_cast<std::int64_t>(values.size()),
          .buffers = {validity_of(values), buffer_of(offsets),
                      buffer_of(std::vector<char>(bytes.begin(), bytes.end()))}};
}

/// utf8_view: short texts in the views, long ones in two buffers by turns.
inline Column text_views(std::string name, const Texts& values) {
  std::vector<std::byte> views(values.size() * 16);
  std::vector<std::vector<std::byte>> data(2);
  std::size_t num_long = 0;
  for (std::size_t row = 0; row < values.size(); ++row) {
    const std::string text = values[row].value_or("");
    std::byte* const view = views.data() + row * 16;
    const auto size = static_cast<std::int32_t>(text.size());
    std::memcpy(view, &size, 4);
    if (text.size() <= 12) {
      if (!text.empty()) {
        std::memcpy(view + 4, text.data(), text.size());
      }
      continue;
    }
    const auto index = static_cast<std::int32_t>(num_long++ % data.size());
    std::vector<std::byte>& bytes = data[static_cast<std::size_t>(index)];
    const auto start = static_cast<std::int32_t>(bytes.size());
    bytes.resize(bytes.size() + text.size());
    std::memcpy(bytes.data() + start, text.data(), text.size());
    std::memcpy(view + 4, text.data(), 4);
    std::memcpy(view + 8, &index, 4);
    std::memcpy(view + 12, &start, 4);
  }
  const std::vector<std::int64_t> sizes = {static_cast<std::int64_t>(data[0].size()),
                                           static_cast<std::int64_t>(data[1].size())};
  return {.name = std::move(name),
          .format = "vu",
          .length = static_cast<std::int64_t>(values.size()),
          .buffers = {validity_of(values), views, data[0], data[1], buffer_of(sizes)}};
}

/// A column of indices into `values`.
template <class Index>
Column dictionary(std::string name, std::string format, const std::vector<Index>& indices,
                  Column values, const std::vector<bool>& is_valid = {}) {
  Column column = numbers(std::move(name), std::move(format), indices, is_valid);
  column.dictionary = std::make_shared<Column>(std::move(values));
  return column;
}

/// The rows from `offset` on, `length` of them, without moving a byte.
inline Column slice(Column column, std::int64_t offset, std::int64_t length) {
  column.offset += offset;
  column.length = length;
  return column;
}

namespace detail {

struct OwnedSchema {
  Column column{};
  std::vector<ArrowSchema> children{};
  std::vector<ArrowSchema*> pointers{};
  ArrowSchema dictionary{};
};

struct OwnedArray {
  std::shared_ptr<const Column> column{};
  std::vector<const void*> buffers{};
  std::vector<ArrowArray> children{};
  std::vector<ArrowArray*> pointers{};
  ArrowArray dictionary{};
};

inline void fill_schema(ArrowSchema& out, const Column& column,
                        const std::vector<Column>& children);
inline void fill_array(ArrowArray& out, const Column& column, const std::vector<Column>& children);

inline void release_schema(ArrowSchema* schema) {
  auto* const owned = static_cast<OwnedSchema*>(schema->private_data);
  for (ArrowSchema& child : owned->children) {
    if (child.release != nullptr) {
      child.release(&child);
    }
  }
  if (owned->dictionary.release != nullptr) {
    owned->dictionary.release(&owned->dictionary);
  }
  delete owned;
  schema->release = nullptr;
}

inline void release_array(ArrowArray* array) {
  auto* const owned = static_cast<OwnedArray*>(array->private_data);
  for (ArrowArray& child : owned->children) {
    if (child.release != nullptr) {
      child.release(&child);
    }
  }
  if (owned->dictionary.release != nullptr) {
    owned->dictionary.release(&owned->dictionary);
  }
  delete owned;
  array->release = nullptr;
}

inline void fill_schema(ArrowSchema& out, const Column& column,
                        const std::vector<Column>& children) {
  auto* const owned = new OwnedSchema{.column = column};
  owned->children.resize(children.size());
  for (std::size_t index = 0; index < children.size(); ++index) {
    fill_schema(owned->children[index], children[index], {});
    owned->pointers.push_back(&owned->children[index]);
  }
  if (column.dictionary) {
    fill_schema(owned->dictionary, *column.dictionary, {});
  }
  out = {.format = owned->column.format.c_str(),
         .name = owned->column.name.c_str(),
         .metadata = nullptr,
         .flags = ARROW_FLAG_NULLABLE,
         .n_children = static_cast<std::int64_t>(children.size()),
         .children = owned->pointers.data(),
         .dictionary = column.dictionary ? &owned->dictionary : nullptr,
         .release = release_schema,
         .private_data = owned};
}

inline void fill_array(ArrowArray& out, const Column& column, const std::vector<Column>& children) {
  auto* const owned = new OwnedArray{.column = std::make_shared<Column>(column)};
  for (const Buffer& buffer : owned->column->buffers) {
    // An empty buffer may have any address; none that is null, as validity has.
    owned->buffers.push_back(!buffer           ? nullptr
                             : buffer->empty() ? owned
                                               : static_cast<const void*>(buffer->data()));
  }
  owned->children.resize(children.size());
  for (std::size_t index = 0; index < children.size(); ++index) {
    fill_array(owned->children[index], children[index], {});
    owned->pointers.push_back(&owned->children[index]);
  }
  if (column.dictionary) {
    fill_array(owned->dictionary, *column.dictionary, {});
  }
  out = {.length = column.length,
         .null_count = column.null_count,
         .offset = column.offset,
         .n_buffers = static_cast<std::int64_t>(owned->buffers.size()),
         .n_children = static_cast<std::int64_t>(children.size()),
         .buffers = owned->buffers.data(),
         .children = owned->pointers.data(),
         .dictionary = column.dictionary ? &owned->dictionary : nullptr,
         .release = release_array,
         .private_data = owned};
}

}  // namespace detail

using Batch = std::vector<Column>;

/// A stream of batches; give `get()` away, or it is released with this.
class Stream {
 public:
  /// @param fails_at  Number of the batch that cannot be read; none by default.
  explicit Stream(std::vector<Batch> batches, std::optional<std::size_t> fails_at = std::nullopt) {
    auto* const state = new State{.batches = std::move(batches), .fails_at = fails_at};
    stream_.get_schema = [](ArrowArrayStream* stream, ArrowSchema* out) {
      detail::fill_schema(*out, {.name = "", .format = "+s"}, state_of(stream).batches.front());
      return 0;
    };
    stream_.get_next = [](ArrowArrayStream* stream, ArrowArray* out) {
      State& own = state_of(stream);
      if (own.fails_at == own.next) {
        return 5;
      }
      if (own.next == own.batches.size() || own.batches[own.next].empty()) {
        *out = {};
        return 0;
      }
      const Batch& batch = own.batches[own.next++];
      detail::fill_array(
          *out, {.name = "", .format = "+s", .length = batch.front().length, .buffers = {Buffer()}},
          batch);
      return 0;
    };
    stream_.get_last_error = [](ArrowArrayStream*) { return "the disk is on fire"; };
    stream_.release = [](ArrowArrayStream* stream) {
      delete &state_of(stream);
      stream->release = nullptr;
    };
    stream_.private_data = state;
  }
  ~Stream() {
    if (stream_.release != nullptr) {
      stream_.release(&stream_);
    }
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  [[nodiscard]] ArrowArrayStream& get() noexcept { return stream_; }

 private:
  struct State {
    std::vector<Batch> batches{};
    std::optional<std::size_t> fails_at{};
    std::size_t next = 0;
  };
  static State& state_of(ArrowArrayStream* stream) {
    return *static_cast<State*>(stream->private_data);
  }

  ArrowArrayStream stream_{};
};

}  // namespace ecommerce_analytics::by_hand
