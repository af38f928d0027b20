#include "ecommerce_analytics/io/arrow_export.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

namespace ecommerce_analytics::io {
namespace {

constexpr const char* kBoolFormat = "b";

/// What an exported schema owns.
struct SchemaOwner {
  std::string name;
  std::string metadata;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> child_pointers;
};

/// What an exported array owns.
struct ArrayOwner {
  std::shared_ptr<const void> result;
  std::array<const void*, 3> buffers{};
  std::vector<std::uint8_t> validity_bits;
  std::vector<std::uint8_t> value_bits;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> child_pointers;
};

/// Releases the children that nobody moved away, then the node itself.
template <class Node, class Owner>
void release_node(Node* node) {
  for (std::int64_t i = 0; i < node->n_children; ++i) {
    Node* child = node->children[i];
    if (child->release != nullptr) {
      child->release(child);
    }
  }
  delete static_cast<Owner*>(node->private_data);
  node->release = nullptr;
}

/// Key-value pairs as the C data interface lays them out.
std::string encoded(const Metadata& metadata) {
  std::string bytes;
  const auto append_length = [&](std::size_t length) {
    const auto number = static_cast<std::int32_t>(length);
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  append_length(metadata.size());
  for (const auto& [key, value] : metadata) {
    append_length(key.size());
    bytes += key;
    append_length(value.size());
    bytes += value;
  }
  return bytes;
}

std::vector<std::uint8_t> packed(const std::uint8_t* flags, std::size_t num_rows) {
  std::vector<std::uint8_t> bits((num_rows + 7) / 8);
  for (std::size_t row = 0; row < num_rows; ++row) {
    if (flags[row] != 0) {
      bits[row / 8] = static_cast<std::uint8_t>(bits[row / 8] | (1U << (row % 8)));
    }
  }
  return bits;
}

void fill_schema(ArrowSchema& out, const char* format, std::string name, const Metadata& metadata,
                 bool is_nullable, std::size_t num_children) {
  auto* owner = new SchemaOwner{.name = std::move(name),
                                .metadata = metadata.empty() ? "" : encoded(metadata),
                                .children = std::vector<ArrowSchema>(num_children),
                                .child_pointers = {}};
  for (ArrowSchema& child : owner->children) {
    owner->child_pointers.push_back(&child);
  }
  out = {.format = format,
         .name = owner->name.c_str(),
         .metadata = owner->metadata.empty() ? nullptr : owner->metadata.data(),
         .flags = is_nullable ? ARROW_FLAG_NULLABLE : 0,
         .n_children = static_cast<std::int64_t>(num_children),
         .children = owner->child_pointers.data(),
         .dictionary = nullptr,
         .release = release_node<ArrowSchema, SchemaOwner>,
         .private_data = owner};
}

void fill_array(ArrowArray& out, std::shared_ptr<const void> result,
                const Columns::Column& column) {
  auto* owner = new ArrayOwner{.result = std::move(result),
                               .buffers = {},
                               .validity_bits = {},
                               .value_bits = {},
                               .children = {},
                               .child_pointers = {}};
  std::int64_t null_count = 0;
  if (column.is_valid != nullptr) {
    owner->validity_bits = packed(column.is_valid, column.num_rows);
    owner->buffers[0] = owner->validity_bits.data();
    null_count = std::count(column.is_valid, column.is_valid + column.num_rows, 0);
  }
  std::int64_t num_buffers = 2;
  if (column.offsets != nullptr) {
    owner->buffers[1] = column.offsets;
    owner->buffers[2] = column.data;
    num_buffers = 3;
  } else if (std::strcmp(column.format, kBoolFormat) == 0) {
    owner->value_bits = packed(static_cast<const std::uint8_t*>(column.data), column.num_rows);
    owner->buffers[1] = owner->value_bits.data();
  } else {
    owner->buffers[1] = column.data;
  }
  out = {.length = static_cast<std::int64_t>(column.num_rows),
         .null_count = null_count,
         .offset = 0,
         .n_buffers = num_buffers,
         .n_children = 0,
         .buffers = owner->buffers.data(),
         .children = nullptr,
         .dictionary = nullptr,
         .release = release_node<ArrowArray, ArrayOwner>,
         .private_data = owner};
}

/// State of an exported stream: a copy of the columns, and whether its batch is gone.
struct StreamOwner {
  Columns columns;
  bool is_done = false;
};

int stream_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  try {
    static_cast<StreamOwner*>(stream->private_data)->columns.export_schema(*out);
    return 0;
  } catch (...) {
    return ENOMEM;
  }
}

int stream_next(ArrowArrayStream* stream, ArrowArray* out) {
  auto* owner = static_cast<StreamOwner*>(stream->private_data);
  try {
    if (std::exchange(owner->is_done, true)) {
      *out = {};
    } else {
      owner->columns.export_array(*out);
    }
    return 0;
  } catch (...) {
    return ENOMEM;
  }
}

const char* stream_error(ArrowArrayStream*) { return "out of memory"; }

void release_stream(ArrowArrayStream* stream) {
  delete static_cast<StreamOwner*>(stream->private_data);
  stream->release = nullptr;
}

}  // namespace

Columns::Columns(std::shared_ptr<const void> owner, Metadata metadata)
    : owner_(std::move(owner)), metadata_(std::move(metadata)) {}

void Columns::add(Column column) { columns_.push_back(std::move(column)); }

void Columns::add_values(const char* name, const char* format, std::size_t num_rows,
                         const void* data, const std::uint8_t* is_valid) {
  columns_.push_back({.name = name,
                      .format = format,
                      .num_rows = num_rows,
                      .data = data,
                      .offsets = nullptr,
                      .is_valid = is_valid});
}

void Columns::add(const char* name, const std::vector<std::uint8_t>& values) {
  add_values(name, "C", values.size(), values.data(), nullptr);
}
void Columns::add(const char* name, const std::vector<std::int32_t>& values) {
  add_values(name, "i", values.size(), values.data(), nullptr);
}
void Columns::add(const char* name, const std::vector<std::int64_t>& values) {
  add_values(name, "l", values.size(), values.data(), nullptr);
}
void Columns::add(const char* name, const std::vector<double>& values) {
  add_values(name, "g", values.size(), values.data(), nullptr);
}
void Columns::add(const char* name, const std::vector<Money128>& values) {
  add_values(name, kMoneyFormat, values.size(), values.data(), nullptr);
}
void Columns::add(const char* name, const std::vector<Date>& values) {
  static_assert(sizeof(Date) == sizeof(std::int32_t));
  add_values(name, "tdD", values.size(), values.data(), nullptr);
}
void Columns::add(const char* name, const std::vector<Time>& values) {
  static_assert(sizeof(Time) == sizeof(std::int64_t));
  add_values(name, "tsu:", values.size(), values.data(), nullptr);
}
void Columns::add(const char* name, const std::vector<Flag>& values) {
  static_assert(sizeof(Flag) == 1);
  add_values(name, kBoolFormat, values.size(), values.data(), nullptr);
}
void Columns::add(const char* name, const Nullable<std::int64_t>& values) {
  add_values(name, "l", values.size(), values.values.data(), values.is_valid.data());
}
void Columns::add(const char* name, const Nullable<double>& values) {
  add_values(name, "g", values.size(), values.values.data(), values.is_valid.data());
}
void Columns::add(const char* name, const Nullable<Money128>& values) {
  add_values(name, kMoneyFormat, values.size(), values.values.data(), values.is_valid.data());
}
void Columns::add(const char* name, const Nullable<Date>& values) {
  add_values(name, "tdD", values.size(), values.values.data(), values.is_valid.data());
}
void Columns::add(const char* name, const MeasureValues& values) {
  switch (values.type) {
    case MeasureValues::Type::count:
      return add(name, values.counts);
    case MeasureValues::Type::money:
      return add(name, values.money);
    case MeasureValues::Type::quotient:
      return add(name, values.quotients);
  }
}
void Columns::add(const char* name, const KeyColumn& values) {
  if (values.type() == KeyType::integer) {
    add_values(name, "l", values.size(), values.integers().data(),
               values.is_known().empty() ? nullptr : values.is_known().data());
    return;
  }
  columns_.push_back({.name = name,
                      .format = "U",
                      .num_rows = values.size(),
                      .data = values.bytes().data(),
                      .offsets = values.offsets().data(),
                      .is_valid = nullptr});
}

void Columns::add(const char* name, const TextColumn& values) {
  columns_.push_back({.name = name,
                      .format = "U",
                      .num_rows = values.size(),
                      .data = values.bytes.data(),
                      .offsets = values.offsets.data(),
                      .is_valid = nullptr});
}

void Columns::export_schema(ArrowSchema& out) const {
  fill_schema(out, "+s", "", metadata_, false, columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    fill_schema(*out.children[i], columns_[i].format, columns_[i].name, {},
                columns_[i].is_valid != nullptr, 0);
  }
}

void Columns::export_array(ArrowArray& out) const {
  auto* owner = new ArrayOwner{.result = owner_,
                               .buffers = {},
                               .validity_bits = {},
                               .value_bits = {},
                               .children = std::vector<ArrowArray>(columns_.size()),
                               .child_pointers = {}};
  for (ArrowArray& child : owner->children) {
    owner->child_pointers.push_back(&child);
  }
  out = {.length = static_cast<std::int64_t>(num_rows()),
         .null_count = 0,
         .offset = 0,
         .n_buffers = 1,
         .n_children = static_cast<std::int64_t>(columns_.size()),
         .buffers = owner->buffers.data(),
         .children = owner->child_pointers.data(),
         .dictionary = nullptr,
         .release = release_node<ArrowArray, ArrayOwner>,
         .private_data = owner};
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    fill_array(owner->children[i], owner_, columns_[i]);
  }
}

void Columns::export_stream(ArrowArrayStream& out) const {
  out = {.get_schema = stream_schema,
         .get_next = stream_next,
         .get_last_error = stream_error,
         .release = release_stream,
         .private_data = new StreamOwner{.columns = *this, .is_done = false}};
}

}  // namespace ecommerce_analytics::io
