#include "ecommerce_analytics/core/key.hpp"

#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics {
namespace {

/// Integers before text, the unknown key last.
int rank_of(KeyType type) noexcept {
  return type == KeyType::integer ? 0 : type == KeyType::text ? 1 : 2;
}

}  // namespace

std::strong_ordering operator<=>(const Key& a, const Key& b) noexcept {
  if (a.type != b.type) {
    return rank_of(a.type) <=> rank_of(b.type);
  }
  switch (a.type) {
    case KeyType::integer:
      return a.integer <=> b.integer;
    case KeyType::text:
      return a.text <=> b.text;  // char_traits<char> compares as unsigned bytes.
    case KeyType::none:
      break;
  }
  return std::strong_ordering::equal;
}

std::string to_string(const Key& key) {
  switch (key.type) {
    case KeyType::integer:
      return std::to_string(key.integer);
    case KeyType::text:
      return std::string(key.text);
    case KeyType::none:
      break;
  }
  return std::string(kUnknownKey);
}

void KeyColumn::push_back(const Key& key) {
  if (key.is_unknown()) {
    switch (type_) {
      case KeyType::none:
        ++num_unknown_first_;
        [[fallthrough]];
      case KeyType::text:
        bytes_ += kUnknownKey;
        offsets_.push_back(static_cast<std::int64_t>(bytes_.size()));
        return;
      case KeyType::integer:
        is_known_.resize(integers_.size(), 1);
        integers_.push_back(0);
        is_known_.push_back(0);
        return;
    }
  }
  if (type_ == KeyType::none) {
    become(key.type);
  }
  require(type_ == key.type, ErrorCode::schema_mismatch, "key: integer and text keys in one column",
          to_string(key));
  if (type_ == KeyType::integer) {
    integers_.push_back(key.integer);
    if (!is_known_.empty()) {
      is_known_.push_back(1);
    }
  } else {
    bytes_ += key.text;
    offsets_.push_back(static_cast<std::int64_t>(bytes_.size()));
  }
}

void KeyColumn::become(KeyType type) {
  type_ = type;
  if (type == KeyType::integer) {
    integers_.assign(num_unknown_first_, 0);
    is_known_.assign(num_unknown_first_, 0);
    offsets_.assign(1, 0);
    bytes_.clear();
  }
}

std::size_t KeyColumn::size() const noexcept {
  return type_ == KeyType::integer ? integers_.size() : offsets_.size() - 1;
}

Key KeyColumn::operator[](std::size_t row) const noexcept {
  if (type_ == KeyType::integer) {
    return !is_known_.empty() && is_known_[row] == 0 ? Key() : Key(integers_[row]);
  }
  const auto first = static_cast<std::size_t>(offsets_[row]);
  const auto last = static_cast<std::size_t>(offsets_[row + 1]);
  return Key(std::string_view(bytes_).substr(first, last - first));
}

bool operator==(const KeyColumn& a, const KeyColumn& b) noexcept {
  if (a.size() != b.size()) {
    return false;
  }
  for (std::size_t row = 0; row < a.size(); ++row) {
    if (a[row] != b[row]) {
      return false;
    }
  }
  return true;
}

}  // namespace ecommerce_analytics
