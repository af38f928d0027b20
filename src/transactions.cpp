#include "ecommerce_analytics/transactions.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/column_scan.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics {
namespace {

constexpr std::array<std::string_view, kNumLineKinds> kLineKindNames{
    "sale", "refund", "shipping", "fee", "discount", "adjustment"};

void require_length(std::size_t actual, std::size_t expected, std::string_view column) {
  require(actual == expected, ErrorCode::schema_mismatch,
          "transactions: a column has another length than the others", column);
}

void require_codes(const std::vector<std::uint32_t>& codes, const Dictionary& keys,
                   std::uint32_t least, std::string_view column) {
  if (codes.empty()) {
    return;
  }
  const auto met = extremes(codes);
  require(met.least >= least && met.greatest < keys.num_codes(), ErrorCode::invalid_data,
          "transactions: a code is outside its dictionary", column);
}

void validate(const TransactionColumns& columns) {
  require(columns.orders != nullptr && columns.customers != nullptr, ErrorCode::schema_mismatch,
          "transactions: a dictionary is missing", columns.orders ? "customers" : "orders");
  const std::size_t num_rows = columns.order.size();
  require_length(columns.time_us.size(), num_rows, "time_us");
  require_length(columns.kind.size(), num_rows, "kind");
  require_length(columns.amount.size(), num_rows, "amount");
  if (!columns.quantity.empty()) {
    require_length(columns.quantity.size(), num_rows, "quantity");
  }
  require_length(columns.order_customer.size(), columns.orders->num_codes(), "order_customer");
  require_codes(columns.order, *columns.orders, 1, "order");
  require_codes(columns.order_customer, *columns.customers, 0, "order_customer");

  const bool kinds_known = std::all_of(columns.kind.begin(), columns.kind.end(), [](LineKind kind) {
    return static_cast<std::size_t>(kind) < kNumLineKinds;
  });
  require(kinds_known, ErrorCode::invalid_data, "transactions: a kind of line is none of the six");

  constexpr std::int64_t kFirst = kFirstCivilDay * kMicrosecondsPerDay;
  constexpr std::int64_t kEnd = kEndCivilDay * kMicrosecondsPerDay;
  if (num_rows > 0) {
    const auto met = extremes(columns.time_us);
    require(met.least >= kFirst && met.greatest < kEnd, ErrorCode::invalid_data,
            "transactions: a time is outside years 1400 to 9999");
  }

  std::set<std::string_view> names;
  for (const Measure& measure : columns.measures) {
    require(names.insert(measure.name).second, ErrorCode::schema_mismatch,
            "transactions: a name stands twice", measure.name);
    require_length(measure.values.size(), num_rows, measure.name);
  }
  names.clear();
  for (const Dimension& dimension : columns.dimensions) {
    require(names.insert(dimension.name).second, ErrorCode::schema_mismatch,
            "transactions: a name stands twice", dimension.name);
    require(dimension.keys != nullptr, ErrorCode::schema_mismatch,
            "transactions: a dictionary is missing", dimension.name);
    require_length(dimension.codes.size(), num_rows, dimension.name);
    require_codes(dimension.codes, *dimension.keys, 0, dimension.name);
  }
}

template <class Named>
const Named* find_by_name(const std::vector<Named>& all, std::string_view name) noexcept {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::string_view line_kind_name(LineKind kind) noexcept {
  return kLineKindNames[static_cast<std::size_t>(kind)];
}

std::optional<LineKind> parse_line_kind(std::string_view name) noexcept {
  const auto* found = std::find(kLineKindNames.begin(), kLineKindNames.end(), name);
  if (found == kLineKindNames.end()) {
    return std::nullopt;
  }
  return static_cast<LineKind>(found - kLineKindNames.begin());
}

Transactions::Transactions() : Transactions(TransactionsBuilder().finish()) {}

Transactions::Transactions(TransactionColumns columns) {
  validate(columns);
  if (!columns.time_us.empty()) {
    const auto met = extremes(columns.time_us);
    first_us_ = met.least;
    last_us_ = met.greatest;
  }
  columns_ = std::make_shared<const TransactionColumns>(std::move(columns));
}

const Dimension* Transactions::find_dimension(std::string_view name) const noexcept {
  return find_by_name(columns_->dimensions, name);
}

const Measure* Transactions::find_measure(std::string_view name) const noexcept {
  return find_by_name(columns_->measures, name);
}

TransactionsBuilder::TransactionsBuilder(std::vector<std::string> measures,
                                         std::vector<std::string> dimensions,
                                         PurchaseRule purchase_rule)
    : measure_names_(std::move(measures)),
      dimension_names_(std::move(dimensions)),
      purchase_rule_(purchase_rule) {
  clear();
}

void TransactionsBuilder::clear() {
  columns_ = {};
  columns_.purchase_rule = purchase_rule_;
  columns_.order_customer.assign(1, Dictionary::kUnknownCode);
  orders_ = std::make_shared<Dictionary>();
  customers_ = std::make_shared<Dictionary>();
  dimension_keys_.clear();
  for (const std::string& name : measure_names_) {
    columns_.measures.push_back({.name = name});
  }
  for (const std::string& name : dimension_names_) {
    dimension_keys_.push_back(std::make_shared<Dictionary>());
    columns_.dimensions.push_back({.name = name});
  }
}

void TransactionsBuilder::add(const Line& line) {
  const auto row = static_cast<std::int64_t>(columns_.order.size()) + 1;
  const auto reject = [&](ErrorCode code, std::string_view text, const std::string& value) {
    throw Error(code, text, {.row = row, .column = {}, .value = value});
  };
  if (line.order.is_unknown()) {
    reject(ErrorCode::invalid_data, "transactions: a line without an order", {});
  }
  if (line.measures.size() != measure_names_.size() ||
      line.dimensions.size() != dimension_names_.size()) {
    reject(ErrorCode::schema_mismatch, "transactions: a line with other measures or dimensions",
           {});
  }
  if (row > 1 && line.quantity.has_value() == columns_.quantity.empty()) {
    reject(ErrorCode::schema_mismatch, "transactions: a quantity on some lines only", {});
  }
  const std::optional<std::uint32_t> known_order = orders_->find(line.order);
  if (known_order.has_value() &&
      columns_.order_customer[*known_order] != customers_->find(line.customer)) {
    reject(ErrorCode::invalid_data, "transactions: an order with lines of two customers",
           to_string(line.order));
  }

  std::vector<std::uint32_t> dimension_codes;
  for (std::size_t i = 0; i < line.dimensions.size(); ++i) {
    dimension_codes.push_back(dimension_keys_[i]->encode(line.dimensions[i]));
  }
  const std::uint32_t customer = customers_->encode(line.customer);
  const std::uint32_t order = orders_->encode(line.order);
  if (!known_order.has_value()) {
    columns_.order_customer.push_back(customer);
  }
  columns_.order.push_back(order);
  columns_.time_us.push_back(line.time_us);
  columns_.kind.push_back(line.kind.value_or(default_kind(line.amount)));
  columns_.amount.push_back(line.amount);
  if (line.quantity.has_value()) {
    columns_.quantity.push_back(*line.quantity);
  }
  for (std::size_t i = 0; i < line.measures.size(); ++i) {
    columns_.measures[i].values.push_back(line.measures[i]);
  }
  for (std::size_t i = 0; i < line.dimensions.size(); ++i) {
    columns_.dimensions[i].codes.push_back(dimension_codes[i]);
  }
}

Transactions TransactionsBuilder::finish() {
  columns_.orders = std::move(orders_);
  columns_.customers = std::move(customers_);
  for (std::size_t i = 0; i < dimension_keys_.size(); ++i) {
    columns_.dimensions[i].keys = std::move(dimension_keys_[i]);
  }
  TransactionColumns columns = std::move(columns_);
  clear();
  return Transactions(std::move(columns));
}

}  // namespace ecommerce_analytics
