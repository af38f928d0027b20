#include "ecommerce_analytics/selection.hpp"

#include <array>
#include <set>
#include <string_view>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics {
namespace {

constexpr std::size_t kMaxKeysShown = 20;

std::string quoted(std::string_view text) {
  static constexpr std::array<char, 17> kHex{"0123456789abcdef"};
  std::string result = "\"";
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      result += '\\';
      result += character;
    } else if (byte < 0x20) {
      result += "\\u00";
      result += kHex[byte / 16];
      result += kHex[byte % 16];
    } else {
      result += character;
    }
  }
  return result + '"';
}

std::string number_of(const KeyColumn& keys) { return std::to_string(keys.size()) + " keys"; }

std::string list_of(const KeyColumn& keys) {
  if (keys.size() > kMaxKeysShown) {
    return quoted(number_of(keys));
  }
  std::string list;
  for (std::size_t row = 0; row < keys.size(); ++row) {
    const Key key = keys[row];
    list += list.empty() ? "" : ", ";
    list += key.type == KeyType::integer ? std::to_string(key.integer) : quoted(to_string(key));
  }
  return "[" + list + "]";
}

}  // namespace

bool Selection::is_everything() const noexcept { return !start_day && !end_day && is_window(); }

bool Selection::is_window() const noexcept {
  return dimensions.empty() && !region && !home_region && !orders && !customers;
}

const std::string& Selection::region_dimension() const noexcept {
  static const std::string none;
  return region ? region->dimension : home_region ? home_region->dimension : none;
}

void validate(const Selection& selection) {
  require(!selection.start_day || !selection.end_day || *selection.start_day < *selection.end_day,
          ErrorCode::invalid_argument, "selection: the window must end after its start",
          describe(selection));
  require(selection.dimensions.size() <= Selection::kMaxDimensions, ErrorCode::invalid_argument,
          "selection: more than 32 dimensions", std::to_string(selection.dimensions.size()));
  std::set<std::string_view> names;
  for (const DimensionFilter& filter : selection.dimensions) {
    require(!filter.dimension.empty() && names.insert(filter.dimension).second,
            ErrorCode::invalid_argument, "selection: a dimension without a name, or named twice",
            filter.dimension);
  }
  require((!selection.region && !selection.home_region) || !selection.region_dimension().empty(),
          ErrorCode::invalid_argument, "selection: region without the name of its dimension");
  require(!selection.region || !selection.home_region ||
              selection.region->dimension == selection.home_region->dimension,
          ErrorCode::invalid_argument, "selection: region and home region of two dimensions",
          selection.region ? selection.region->dimension : std::string());
}

std::string describe(const Selection& selection) {
  std::string members;
  const auto add = [&](std::string_view name, const std::string& value) {
    members += (members.empty() ? "" : ", ") + quoted(name) + ": " + value;
  };
  if (selection.start_day) {
    add("start", quoted(format_day(*selection.start_day)));
  }
  if (selection.end_day) {
    add("end", quoted(format_day(*selection.end_day)));
  }
  for (const DimensionFilter& filter : selection.dimensions) {
    add(filter.dimension, list_of(filter.keys));
  }
  if (selection.region) {
    add(selection.region->dimension, list_of(selection.region->keys));
  }
  if (selection.home_region) {
    add("home " + selection.home_region->dimension, list_of(selection.home_region->keys));
  }
  if (selection.orders) {
    add("orders", quoted(number_of(*selection.orders)));
  }
  if (selection.customers) {
    add("customers", quoted(number_of(*selection.customers)));
  }
  return "{" + members + "}";
}

}  // namespace ecommerce_analytics
