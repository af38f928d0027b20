#include "ecommerce_analytics/customer_history.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/parallel.hpp"

namespace ecommerce_analytics {
namespace {

/// Rows below which a second thread costs more than it brings.
constexpr std::size_t kMinRowsPerThread = 50'000;
/// Order-days that may repeat an earlier one before they are put together.
constexpr std::size_t kMaxLooseOrderDays = 65'536;

/// Fits: a sum of 64-bit amounts needs more than 10^19 of them to leave 38 digits.
void add_amount(Money128& sum, std::int64_t amount) { sum = from_int128(to_int128(sum) + amount); }

/// Keeps the earlier of two times and its region; at equal times the region of the lesser key.
void keep_earliest(std::int64_t& earliest_us, std::uint32_t& region, std::int64_t time_us,
                   std::uint32_t candidate, const Dictionary& keys) {
  if (time_us < earliest_us) {
    earliest_us = time_us;
    region = candidate;
  } else if (time_us == earliest_us && candidate != region &&
             keys.key(candidate) < keys.key(region)) {
    region = candidate;
  }
}

/// Adds the money of neighbours that name the same order and day.
void compact(std::vector<OrderDay>& order_days, std::size_t first) {
  const auto begin = order_days.begin() + static_cast<std::ptrdiff_t>(first);
  std::sort(begin, order_days.end(), [](const OrderDay& a, const OrderDay& b) {
    return std::tie(a.order, a.day) < std::tie(b.order, b.day);
  });
  auto kept = begin;
  for (auto next = begin; next != order_days.end(); ++next) {
    if (kept != begin && (kept - 1)->order == next->order && (kept - 1)->day == next->day) {
      (kept - 1)->sum = add((kept - 1)->sum, next->sum);
      (kept - 1)->num_lines += next->num_lines;
    } else {
      *kept++ = *next;
    }
  }
  order_days.erase(kept, order_days.end());
}

std::vector<DayState> merged_days(const std::vector<DayState>& a, const std::vector<DayState>& b) {
  std::vector<DayState> merged;
  merged.reserve(a.size() + b.size());
  auto left = a.begin();
  auto right = b.begin();
  while (left != a.end() || right != b.end()) {
    if (right == b.end() || (left != a.end() && left->day < right->day)) {
      merged.push_back(*left++);
    } else if (left == a.end() || right->day < left->day) {
      merged.push_back(*right++);
    } else {
      merged.push_back(*left++);
      merged.back().num_lines += (*right++).num_lines;
    }
  }
  return merged;
}

/// Codes in `keys` for the codes of `other`, known keys only.
std::vector<std::optional<std::uint32_t>> found_codes(const Dictionary& keys,
                                                      const Dictionary& other) {
  std::vector<std::optional<std::uint32_t>> codes(other.num_codes());
  for_each_block(codes.size(), [&](std::size_t first, std::size_t end) {
    for (auto code = static_cast<std::uint32_t>(first); code < end; ++code) {
      codes[code] = keys.find(other.key(code));
    }
  });
  return codes;
}

/// A dictionary that holds the keys of another one too, as long as it is kept: else they go again.
class UnifiedKeys {
 public:
  UnifiedKeys(const std::shared_ptr<const Dictionary>& keys, const Dictionary& other)
      // A dictionary that nobody else holds grows in place: a stream of chunks copies none.
      : keys_(keys.use_count() == 1 ? std::const_pointer_cast<Dictionary>(keys)
                                    : std::make_shared<Dictionary>(*keys)),
        num_before_(keys_->num_codes()),
        codes_(other.num_codes()) {
    try {
      for_each_block(codes_.size(), [&](std::size_t first, std::size_t end) {
        for (auto code = static_cast<std::uint32_t>(first); code < end; ++code) {
          codes_[code] = keys_->encode(other.key(code));
        }
      });
    } catch (...) {
      keys_->truncate(num_before_);
      throw;
    }
  }
  ~UnifiedKeys() {
    if (keys_ != nullptr) {
      keys_->truncate(num_before_);
    }
  }
  UnifiedKeys(const UnifiedKeys&) = delete;
  UnifiedKeys& operator=(const UnifiedKeys&) = delete;

  /// Puts the dictionary in the place of `keys`; returns the codes in it for the other's codes.
  std::vector<std::uint32_t> keep(std::shared_ptr<const Dictionary>& keys) && noexcept {
    keys = std::exchange(keys_, nullptr);
    return std::move(codes_);
  }

 private:
  std::shared_ptr<Dictionary> keys_;
  std::size_t num_before_;
  std::vector<std::uint32_t> codes_;
};

/// Values of a measure or of the quantity; null if the table has none.
const std::int64_t* values_of(const Transactions& rows, std::string_view name) {
  if (name == "quantity" && !rows.columns().quantity.empty()) {
    return rows.columns().quantity.data();
  }
  const Measure* measure = rows.find_measure(name);
  return measure == nullptr ? nullptr : measure->values.data();
}

const std::shared_ptr<const Dictionary>& no_keys() {
  static const std::shared_ptr<const Dictionary> keys = std::make_shared<Dictionary>();
  return keys;
}

}  // namespace

/// Codes in this history for the codes of another one; empty: they are the same.
struct CustomerHistory::CodeMaps {
  std::vector<std::uint32_t> order{};
  std::vector<std::uint32_t> customer{};
  std::vector<std::uint32_t> region{};

  static std::uint32_t at(const std::vector<std::uint32_t>& map, std::uint32_t code) {
    return map.empty() ? code : map[code];
  }
};

CustomerHistory::CustomerHistory(HistoryOptions options)
    : options_(std::move(options)),
      orders_(1),
      columns_(kNumLineKinds + options_.measures.size()),
      customer_keys_(no_keys()),
      order_keys_(no_keys()),
      region_keys_(no_keys()) {
  const Selection& selection = options_.selection;
  validate(selection);
  require(selection.dimensions.size() + 2 * options_.marks.size() <= Selection::kMaxDimensions,
          ErrorCode::invalid_argument, "customer_history: more than 32 dimensions, a mark is two",
          std::to_string(selection.dimensions.size() + 2 * options_.marks.size()));
  if (selection.region) {
    if (options_.region.empty()) {
      options_.region = selection.region->dimension;
    }
    require(options_.region == selection.region->dimension, ErrorCode::invalid_argument,
            "selection: its region is another dimension than that of the history",
            selection.region->dimension);
  }
  std::set<std::string_view> names;
  for (const std::string& measure : options_.measures) {
    require(names.insert(measure).second, ErrorCode::invalid_argument,
            "customer_history: a measure stands twice", measure);
  }
}

/// The dimensions of a selection, and the marks, by the codes of one table.
struct CustomerHistory::Filters {
  struct Filter {
    const Dimension* dimension;
    std::vector<std::uint8_t> bits;  // By code: 1 if its key is one of those selected.
    std::uint32_t first_bit;
  };
  std::vector<Filter> filters{};

  Filters(const HistoryOptions& options, const Transactions& rows) {
    std::uint32_t num_bits = 0;
    for (const DimensionFilter& selected : options.selection.dimensions) {
      filters.push_back(filter_of(selected, rows, num_bits));
      ++num_bits;
    }
    for (const DimensionFilter& mark : options.marks) {
      Filter filter = filter_of(mark, rows, num_bits);
      for (std::size_t code = 0; code < filter.bits.size(); ++code) {
        const unsigned is_known = code == Dictionary::kUnknownCode ? 0 : 1;
        filter.bits[code] = static_cast<std::uint8_t>(is_known | unsigned{filter.bits[code]} << 1U);
      }
      filters.push_back(std::move(filter));
      num_bits += 2;
    }
  }

  /// Bits of the filters that a line matches.
  [[nodiscard]] std::uint32_t matches(std::size_t row) const {
    std::uint32_t bits = 0;
    for (const Filter& filter : filters) {
      bits |= std::uint32_t{filter.bits[filter.dimension->codes[row]]} << filter.first_bit;
    }
    return bits;
  }

 private:
  static Filter filter_of(const DimensionFilter& selected, const Transactions& rows,
                          std::uint32_t first_bit) {
    Filter filter{
        .dimension = rows.find_dimension(selected.dimension), .bits = {}, .first_bit = first_bit};
    const Dictionary& keys = *filter.dimension->keys;
    require(selected.keys.type() == keys.type() || selected.keys.type() == KeyType::none ||
                keys.type() == KeyType::none,
            ErrorCode::schema_mismatch, "selection: integer and text keys for one dimension",
            selected.dimension);
    filter.bits.resize(keys.num_codes());
    for (std::size_t row = 0; row < selected.keys.size(); ++row) {
      if (const auto code = keys.find(selected.keys[row])) {
        filter.bits[*code] = 1;
      }
    }
    return filter;
  }
};

/// What one thread gathers beside the orders that are its own.
struct CustomerHistory::Part {
  /// Days of one column beyond the first one of each order.
  struct MoreDays {
    std::vector<OrderDay> days{};
    std::size_t num_compact = 0;
  };

  std::vector<MoreDays> columns{};
  std::vector<DayState> days{};
  std::int64_t num_lines = 0;
  std::int64_t num_lines_cut = 0;
  std::int64_t last_line_us = std::numeric_limits<std::int64_t>::min();
  std::int64_t first_purchase_us = OrderState::kNever;
};

void CustomerHistory::gather(const Transactions& rows, const Filters& filters,
                             std::uint32_t first_order, std::uint32_t end_order, Part& part) {
  const TransactionColumns& columns = rows.columns();
  const Dimension* region =
      options_.region.empty() ? nullptr : rows.find_dimension(options_.region);
  const std::int32_t first_day = day_of(rows.first_us());
  std::vector<std::uint32_t> day_slots(
      static_cast<std::size_t>(day_of(rows.last_us()) - first_day) + 1);
  constexpr std::uint32_t kNoSlot = 0;  // Slots count from 1.

  std::vector<const std::int64_t*> measures;
  for (const std::string& name : options_.measures) {
    measures.push_back(values_of(rows, name));
  }
  part.columns.resize(columns_.size());
  const auto add_to = [&](std::size_t column, std::uint32_t order, std::int32_t day,
                          std::int64_t value) {
    OrderDay& own = columns_[column].days[order];
    if (own.order == 0 || own.day == day) {
      own.order = order;
      own.day = day;
      add_amount(own.sum, value);
      ++own.num_lines;
      return;
    }
    Part::MoreDays& more = part.columns[column];
    more.days.push_back({.order = order, .day = day, .sum = to_money128(value), .num_lines = 1});
    if (more.days.size() - more.num_compact > std::max(kMaxLooseOrderDays, more.num_compact)) {
      compact(more.days, 0);
      more.num_compact = more.days.size();
    }
  };

  const std::int64_t end_us = options_.as_of_us.value_or(OrderState::kNever);
  PollCounter polls;
  for (std::size_t row = 0; row < rows.num_rows(); ++row) {
    polls.count();
    const std::uint32_t order = columns.order[row];
    if (order < first_order || order >= end_order) {
      continue;  // Another thread's.
    }
    const std::int64_t time_us = columns.time_us[row];
    if (time_us >= end_us) {
      ++part.num_lines_cut;
      continue;
    }
    ++part.num_lines;
    part.last_line_us = std::max(part.last_line_us, time_us);
    const std::uint32_t region_code = region == nullptr ? 0 : region->codes[row];
    OrderState& state = orders_[order];
    keep_earliest(state.line_us, state.line_region, time_us, region_code, *region_keys_);
    if (rows.is_purchase(row)) {  // Refunds lower money; they never make or renew an order.
      keep_earliest(state.purchase_us, state.purchase_region, time_us, region_code, *region_keys_);
      part.first_purchase_us = std::min(part.first_purchase_us, time_us);
    }
    state.matches |= filters.matches(row);

    const std::int32_t day = day_of(time_us);
    const LineKind kind = columns.kind[row];
    add_to(static_cast<std::size_t>(kind), order, day, columns.amount[row]);
    for (std::size_t measure = 0; measure < measures.size(); ++measure) {
      if (measures[measure] != columns.quantity.data() || kind == LineKind::sale) {
        add_to(kNumLineKinds + measure, order, day, measures[measure][row]);
      }
    }

    std::uint32_t& slot = day_slots[static_cast<std::size_t>(day - first_day)];
    if (slot == kNoSlot) {
      part.days.push_back({.day = day});
      slot = static_cast<std::uint32_t>(part.days.size());
    }
    ++part.days[slot - 1].num_lines;
  }
  std::sort(part.days.begin(), part.days.end(),
            [](const DayState& a, const DayState& b) { return a.day < b.day; });
  for (Part::MoreDays& more : part.columns) {
    compact(more.days, 0);
  }
}

CustomerHistory CustomerHistory::of_table(const HistoryOptions& options, const Transactions& rows,
                                          int num_threads) {
  const TransactionColumns& columns = rows.columns();
  CustomerHistory history(options);
  history.customer_keys_ = columns.customers;
  history.order_keys_ = columns.orders;
  if (const Dimension* region = rows.find_dimension(options.region); region != nullptr) {
    history.region_keys_ = region->keys;
  }
  history.has_table_ = true;
  history.purchase_rule_ = columns.purchase_rule;
  history.currency_ = columns.currency;
  const std::size_t num_codes = columns.orders->num_codes();
  history.orders_.assign(num_codes, {});
  std::array<bool, kNumLineKinds> is_met{};
  for (const LineKind kind : columns.kind) {
    is_met[static_cast<std::size_t>(kind)] = true;
  }
  for (std::size_t column = 0; column < history.columns_.size(); ++column) {
    if (column >= kNumLineKinds || is_met[column]) {
      history.columns_[column].days.assign(num_codes, {});
    }
  }
  for (std::uint32_t order = 1; order < num_codes; ++order) {
    history.orders_[order].customer = columns.order_customer[order];
  }

  // Each thread reads all rows and gathers those of its own range of orders: no two write to the
  // same place, and nothing is there once per thread but days.
  const std::size_t num_useful = std::max<std::size_t>(1, rows.num_rows() / kMinRowsPerThread);
  const auto num_parts = static_cast<int>(
      std::min(static_cast<std::size_t>(resolve_num_threads(num_threads)), num_useful));
  const Filters filters(options, rows);
  std::vector<Part> parts(static_cast<std::size_t>(num_parts));
  parallel_for(num_codes, num_parts, [&](std::size_t part, std::size_t first, std::size_t end) {
    history.gather(rows, filters, static_cast<std::uint32_t>(first),
                   static_cast<std::uint32_t>(end), parts[part]);
  });
  for (const Part& part : parts) {
    for (std::size_t column = 0; column < part.columns.size(); ++column) {
      const std::vector<OrderDay>& more = part.columns[column].days;
      std::vector<OrderDay>& days = history.columns_[column].days;
      days.insert(days.end(), more.begin(), more.end());
    }
    history.days_ = merged_days(history.days_, part.days);
    history.num_lines_ += part.num_lines;
    history.num_lines_cut_ += part.num_lines_cut;
    history.last_line_us_ = std::max(history.last_line_us_, part.last_line_us);
    history.first_purchase_us_ = std::min(history.first_purchase_us_, part.first_purchase_us);
  }
  for (OrderDays& column : history.columns_) {
    column.num_compact = column.days.size();
  }
  return history;
}

void CustomerHistory::add(const Transactions& rows, int num_threads) {
  const auto require_dimension = [&](const std::string& name) {
    require(rows.find_dimension(name) != nullptr, ErrorCode::schema_mismatch,
            "customer_history: the table has no such dimension", name);
  };
  if (!options_.region.empty()) {
    require_dimension(options_.region);
  }
  for (const DimensionFilter& filter : options_.selection.dimensions) {
    require_dimension(filter.dimension);
  }
  for (const DimensionFilter& mark : options_.marks) {
    require_dimension(mark.dimension);
  }
  for (const std::string& measure : options_.measures) {
    require(values_of(rows, measure) != nullptr || rows.num_rows() == 0, ErrorCode::schema_mismatch,
            "customer_history: the table has no such measure", measure);
  }
  CustomerHistory added = of_table(options_, rows, num_threads);
  if (has_table_) {
    merge(added);
  } else {
    *this = std::move(added);
  }
}

void CustomerHistory::require_mergeable(const CustomerHistory& other) const {
  const auto require_same_type = [](const Dictionary& a, const Dictionary& b,
                                    std::string_view what) {
    require(a.type() == b.type() || a.type() == KeyType::none || b.type() == KeyType::none,
            ErrorCode::schema_mismatch, "customer_history: integer and text keys for one thing",
            what);
  };
  require_same_type(*customer_keys_, *other.customer_keys_, "customer");
  require_same_type(*order_keys_, *other.order_keys_, "order");
  require_same_type(*region_keys_, *other.region_keys_, options_.region);
  require(currency_.empty() || other.currency_.empty() || currency_ == other.currency_,
          ErrorCode::schema_mismatch, "customer_history: two currencies",
          currency_ + ", " + other.currency_);
  require(purchase_rule_ == other.purchase_rule_, ErrorCode::schema_mismatch,
          "customer_history: two rules for what a purchase line is");

  const auto orders = found_codes(*order_keys_, *other.order_keys_);
  const auto customers = found_codes(*customer_keys_, *other.customer_keys_);
  for (std::uint32_t order = 1; order < other.orders_.size(); ++order) {
    require(!orders[order].has_value() ||
                customers[other.orders_[order].customer] == orders_[*orders[order]].customer,
            ErrorCode::invalid_data, "customer_history: an order with lines of two customers",
            to_string(other.order_keys_->key(order)));
  }
}

void CustomerHistory::merge(const CustomerHistory& other) {
  require(options_ == other.options_, ErrorCode::invalid_argument,
          "customer_history: histories with other options cannot be merged");
  if (!other.has_table_) {
    return;
  }
  if (!has_table_) {
    *this = other;
    return;
  }
  if (order_keys_ == other.order_keys_ && customer_keys_ == other.customer_keys_ &&
      region_keys_ == other.region_keys_) {
    if (this == &other) {
      const CustomerHistory copy = other;
      merge_states(copy, {});
    } else {
      merge_states(other, {});
    }
    return;
  }
  require_mergeable(other);
  UnifiedKeys orders(order_keys_, *other.order_keys_);
  UnifiedKeys customers(customer_keys_, *other.customer_keys_);
  UnifiedKeys regions(region_keys_, *other.region_keys_);
  // From here on the state changes, and nothing polls.
  merge_states(other, {.order = std::move(orders).keep(order_keys_),
                       .customer = std::move(customers).keep(customer_keys_),
                       .region = std::move(regions).keep(region_keys_)});
}

void CustomerHistory::merge_days(OrderDays& ours, const OrderDays& other, const CodeMaps& codes) {
  for (const OrderDay& theirs : other.days) {
    if (theirs.order == 0) {
      continue;
    }
    OrderDay added = theirs;
    added.order = CodeMaps::at(codes.order, theirs.order);
    OrderDay& own = ours.days[added.order];
    if (own.order == 0) {
      own = added;
    } else if (own.day == added.day) {
      own.sum = ecommerce_analytics::add(own.sum, added.sum);
      own.num_lines += added.num_lines;
    } else {
      ours.days.push_back(added);
    }
  }
  if (ours.days.size() - ours.num_compact > std::max(kMaxLooseOrderDays, ours.num_compact)) {
    compact(ours.days, order_keys_->num_codes());
    ours.num_compact = ours.days.size();
  }
}

void CustomerHistory::merge_states(const CustomerHistory& other, const CodeMaps& codes) {
  const std::size_t num_before = orders_.size();
  const std::size_t num_codes = order_keys_->num_codes();
  orders_.resize(num_codes);
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    std::vector<OrderDay>& days = columns_[column].days;
    if (!days.empty()) {
      // New orders bring their first day with them: the days beyond the first ones move back.
      days.insert(days.begin() + static_cast<std::ptrdiff_t>(num_before), num_codes - num_before,
                  OrderDay{});
    } else if (!other.columns_[column].days.empty()) {
      days.assign(num_codes, {});
      columns_[column].num_compact = num_codes;
    }
  }

  for (std::uint32_t from = 1; from < other.orders_.size(); ++from) {
    const OrderState& theirs = other.orders_[from];
    OrderState& ours = orders_[CodeMaps::at(codes.order, from)];
    ours.customer = CodeMaps::at(codes.customer, theirs.customer);
    ours.matches |= theirs.matches;
    if (theirs.line_us != OrderState::kNever) {
      keep_earliest(ours.line_us, ours.line_region, theirs.line_us,
                    CodeMaps::at(codes.region, theirs.line_region), *region_keys_);
    }
    if (theirs.purchase_us != OrderState::kNever) {
      keep_earliest(ours.purchase_us, ours.purchase_region, theirs.purchase_us,
                    CodeMaps::at(codes.region, theirs.purchase_region), *region_keys_);
    }
  }

  for (std::size_t column = 0; column < columns_.size(); ++column) {
    merge_days(columns_[column], other.columns_[column], codes);
  }

  days_ = merged_days(days_, other.days_);
  currency_ = currency_.empty() ? other.currency_ : currency_;
  num_lines_ += other.num_lines_;
  num_lines_cut_ += other.num_lines_cut_;
  last_line_us_ = std::max(last_line_us_, other.last_line_us_);
  first_purchase_us_ = std::min(first_purchase_us_, other.first_purchase_us_);
}

std::int64_t CustomerHistory::resolve_as_of(std::optional<std::int64_t> as_of_us) const {
  require(num_lines_ > 0, ErrorCode::invalid_argument,
          "customer_history: there is no line before as_of",
          options_.as_of_us.has_value() ? format_time(*options_.as_of_us) : std::string());
  std::int64_t resolved_us = 0;
  if (as_of_us.has_value()) {
    resolved_us = *as_of_us;
  } else if (options_.as_of_us.has_value()) {
    resolved_us = *options_.as_of_us;
  } else {
    resolved_us = (static_cast<std::int64_t>(day_of(last_line_us_)) + 1) * kMicrosecondsPerDay;
  }
  require(resolved_us > kFirstCivilDay * kMicrosecondsPerDay &&
              resolved_us <= kEndCivilDay * kMicrosecondsPerDay,
          ErrorCode::invalid_argument, "customer_history: as_of is outside years 1400 to 9999");
  if (options_.as_of_us != resolved_us) {
    require(resolved_us % kMicrosecondsPerDay == 0, ErrorCode::invalid_argument,
            "customer_history: as_of must be a midnight unless the history was made for it",
            format_time(resolved_us));
    require(!options_.as_of_us.has_value() || resolved_us < *options_.as_of_us,
            ErrorCode::invalid_argument,
            "customer_history: as_of is later than the moment the history was made for",
            format_time(resolved_us));
  }
  if (!options_.selection.dimensions.empty() && as_of_us.has_value()) {
    // Which line matched, and when, is not kept.
    require(resolved_us == resolve_as_of(std::nullopt), ErrorCode::invalid_argument,
            "customer_history: a selection of dimensions needs as_of when the history is made",
            format_time(resolved_us));
  }
  require(first_purchase_us_ != OrderState::kNever, ErrorCode::invalid_argument,
          "customer_history: there is no purchase before as_of", format_time(resolved_us));
  require(first_purchase_us_ < resolved_us, ErrorCode::invalid_argument,
          "customer_history: as_of must be after the first order", format_time(resolved_us));
  return resolved_us;
}

void CustomerHistory::require_marks_at(std::int64_t as_of_us) const {
  require(options_.marks.empty() || as_of_us == resolve_as_of(std::nullopt),
          ErrorCode::invalid_argument,
          "customer_history: marks of orders need as_of when the history is made",
          format_time(as_of_us));
}

std::int64_t CustomerHistory::num_lines_from(std::int64_t as_of_us) const noexcept {
  std::int64_t num_lines = num_lines_cut_;
  for (const DayState& day : days_) {
    num_lines += day.day * kMicrosecondsPerDay >= as_of_us ? day.num_lines : 0;
  }
  return num_lines;
}

}  // namespace ecommerce_analytics
