#include "ecommerce_analytics/customer_history.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <set>
#include <tuple>
#include <utility>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/parallel.hpp"
#include "history_index.hpp"

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

/// Drops what stands twice behind the first of a kept dimension.
template <class More>
void keep_distinct(std::vector<More>& more) {
  std::sort(more.begin(), more.end());
  more.erase(std::unique(more.begin(), more.end()), more.end());
}

/// Tells whether so much was added to a list that it is time to put equal ones together.
bool is_loose(std::size_t size, std::size_t num_compact) {
  return size - num_compact > std::max(kMaxLooseOrderDays, num_compact);
}

void require_same_type(KeyType a, KeyType b, std::string_view text, std::string_view what) {
  require(a == b || a == KeyType::none || b == KeyType::none, ErrorCode::schema_mismatch, text,
          what);
}

constexpr std::string_view kTwoTypesSelected = "selection: integer and text keys for one dimension";

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
  std::vector<std::vector<std::uint32_t>> dimensions{};  // By kept dimension; empty: all the same.

  static std::uint32_t at(const std::vector<std::uint32_t>& map, std::uint32_t code) {
    return map.empty() ? code : map[code];
  }
};

CustomerHistory::CustomerHistory(HistoryOptions options)
    : options_(std::move(options)),
      state_(std::make_shared<State>()),
      memory_(std::make_shared<SelectionMemory>()) {
  state_->orders.resize(1);
  state_->columns.resize(kNumLineKinds + options_.measures.size());
  state_->dimensions.resize(options_.dimensions.size());
  for (OrderKeys& dimension : state_->dimensions) {
    dimension.one.assign(1, OrderKeys::kNone);
    dimension.keys = no_keys();
  }
  state_->customer_keys = no_keys();
  state_->order_keys = no_keys();
  state_->region_keys = no_keys();
  state_->index = std::make_shared<HistoryIndexSlot>();

  const Selection& selection = options_.selection;
  validate(selection);
  std::size_t num_bits = 2 * options_.marks.size();
  for (const DimensionFilter& filter : selection.dimensions) {
    num_bits += is_kept(filter.dimension) ? 0 : 1;
  }
  require(num_bits <= Selection::kMaxDimensions, ErrorCode::invalid_argument,
          "customer_history: more than 32 dimensions, a mark is two", std::to_string(num_bits));
  if (!selection.region_dimension().empty()) {
    if (options_.region.empty()) {
      options_.region = selection.region_dimension();
    }
    require(options_.region == selection.region_dimension(), ErrorCode::invalid_argument,
            "selection: its region is another dimension than that of the history",
            selection.region_dimension());
  }
  std::set<std::string_view> names;
  for (const std::string& measure : options_.measures) {
    require(names.insert(measure).second, ErrorCode::invalid_argument,
            "customer_history: a measure stands twice", measure);
  }
  names.clear();
  for (const std::string& dimension : options_.dimensions) {
    require(names.insert(dimension).second, ErrorCode::invalid_argument,
            "customer_history: a dimension stands twice", dimension);
  }
}

bool CustomerHistory::is_kept(const std::string& dimension) const noexcept {
  return std::find(options_.dimensions.begin(), options_.dimensions.end(), dimension) !=
         options_.dimensions.end();
}

CustomerHistory CustomerHistory::select(Selection selection) const {
  HistoryOptions options = options_;
  options.selection = std::move(selection);
  CustomerHistory selected(std::move(options));
  require(selected.options_.region == options_.region, ErrorCode::invalid_argument,
          "customer_history: the history keeps no region", selected.options_.region);
  for (const DimensionFilter& filter : selected.options_.selection.dimensions) {
    const auto kept =
        std::find(options_.dimensions.begin(), options_.dimensions.end(), filter.dimension);
    require(kept != options_.dimensions.end(), ErrorCode::invalid_argument,
            "customer_history: the history keeps no such dimension", filter.dimension);
    const auto place = static_cast<std::size_t>(kept - options_.dimensions.begin());
    require_same_type(filter.keys.type(), state_->dimensions[place].keys->type(), kTwoTypesSelected,
                      filter.dimension);
  }
  if (!is_empty()) {
    const std::lock_guard lock(state_->index->mutex);
    if (state_->index->index == nullptr) {
      state_->index->index = std::make_shared<const HistoryIndex>(*this);
    }
  }
  selected.state_ = state_;
  return selected;
}

/// The state to write to: this history's alone from here on.
CustomerHistory::State& CustomerHistory::own() {
  if (state_.use_count() > 1) {
    state_ = std::make_shared<State>(*state_);
  } else {
#ifndef __SANITIZE_THREAD__  // GCC's thread sanitizer knows no fences.
    // What another thread read of it before it let go is done.
    std::atomic_thread_fence(std::memory_order_acquire);
#endif
  }
  state_->index = std::make_shared<HistoryIndexSlot>();
  memory_ = std::make_shared<SelectionMemory>();
  return *state_;
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
    for (const DimensionFilter& mark : options.marks) {
      Filter filter = filter_of(mark, rows, num_bits);
      for (std::size_t code = 0; code < filter.bits.size(); ++code) {
        const unsigned is_known = code == Dictionary::kUnknownCode ? 0 : 1;
        filter.bits[code] = static_cast<std::uint8_t>(is_known | unsigned{filter.bits[code]} << 1U);
      }
      filters.push_back(std::move(filter));
      num_bits += 2;
    }
    for (const DimensionFilter& selected : options.selection.dimensions) {
      Filter filter = filter_of(selected, rows, num_bits);
      if (std::find(options.dimensions.begin(), options.dimensions.end(), selected.dimension) ==
          options.dimensions.end()) {
        filters.push_back(std::move(filter));
        ++num_bits;
      }
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
    require_same_type(selected.keys.type(), keys.type(), kTwoTypesSelected, selected.dimension);
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
  std::vector<OrderKeys> dimensions{};  // Only what stands behind the one of each order.
  std::vector<DayState> days{};
  std::int64_t num_lines = 0;
  std::int64_t num_lines_cut = 0;
  std::int64_t last_line_us = std::numeric_limits<std::int64_t>::min();
  std::int64_t first_purchase_us = OrderState::kNever;
};

void CustomerHistory::gather(const HistoryOptions& options, const Transactions& rows,
                             const Filters& filters, std::uint32_t first_order,
                             std::uint32_t end_order, State& state, Part& part) {
  const TransactionColumns& columns = rows.columns();
  const Dimension* region = options.region.empty() ? nullptr : rows.find_dimension(options.region);
  const std::int32_t first_day = day_of(rows.first_us());
  std::vector<std::uint32_t> day_slots(
      static_cast<std::size_t>(day_of(rows.last_us()) - first_day) + 1);
  constexpr std::uint32_t kNoSlot = 0;  // Slots count from 1.

  std::vector<const std::int64_t*> measures;
  for (const std::string& name : options.measures) {
    measures.push_back(values_of(rows, name));
  }
  part.columns.resize(state.columns.size());
  const auto add_to = [&](std::size_t column, std::uint32_t order, std::int32_t day,
                          std::int64_t value) {
    OrderDay& own = state.columns[column].days[order];
    if (own.order == 0 || own.day == day) {
      own.order = order;
      own.day = day;
      add_amount(own.sum, value);
      ++own.num_lines;
      return;
    }
    Part::MoreDays& more = part.columns[column];
    more.days.push_back({.order = order, .day = day, .sum = to_money128(value), .num_lines = 1});
    if (is_loose(more.days.size(), more.num_compact)) {
      compact(more.days, 0);
      more.num_compact = more.days.size();
    }
  };

  std::vector<const std::uint32_t*> kept_codes;
  for (const std::string& name : options.dimensions) {
    kept_codes.push_back(rows.find_dimension(name)->codes.data());
  }
  part.dimensions.resize(kept_codes.size());
  const auto keep_code = [&](std::size_t dimension, std::uint32_t order, std::uint32_t code) {
    std::uint32_t& one = state.dimensions[dimension].one[order];
    if (one == OrderKeys::kNone) {
      one = code;
    } else if (one != code) {
      OrderKeys& kept = part.dimensions[dimension];
      kept.more.push_back({.order = order, .code = code});
      if (is_loose(kept.more.size(), kept.num_compact)) {
        keep_distinct(kept.more);
        kept.num_compact = kept.more.size();
      }
    }
  };

  const std::int64_t end_us = options.as_of_us.value_or(OrderState::kNever);
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
    OrderState& kept = state.orders[order];
    keep_earliest(kept.line_us, kept.line_region, time_us, region_code, *state.region_keys);
    if (rows.is_purchase(row)) {  // Refunds lower money; they never make or renew an order.
      keep_earliest(kept.purchase_us, kept.purchase_region, time_us, region_code,
                    *state.region_keys);
      part.first_purchase_us = std::min(part.first_purchase_us, time_us);
    }
    kept.matches |= filters.matches(row);
    for (std::size_t dimension = 0; dimension < kept_codes.size(); ++dimension) {
      keep_code(dimension, order, kept_codes[dimension][row]);
    }

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
  for (OrderKeys& kept : part.dimensions) {
    keep_distinct(kept.more);
  }
}

CustomerHistory CustomerHistory::of_table(const HistoryOptions& options, const Transactions& rows,
                                          int num_threads) {
  const TransactionColumns& columns = rows.columns();
  CustomerHistory history(options);
  State& state = *history.state_;
  state.customer_keys = columns.customers;
  state.order_keys = columns.orders;
  if (const Dimension* region = rows.find_dimension(options.region); region != nullptr) {
    state.region_keys = region->keys;
  }
  state.has_table = true;
  state.purchase_rule = columns.purchase_rule;
  state.currency = columns.currency;
  const std::size_t num_codes = columns.orders->num_codes();
  state.orders.assign(num_codes, {});
  std::array<bool, kNumLineKinds> is_met{};
  for (const LineKind kind : columns.kind) {
    is_met[static_cast<std::size_t>(kind)] = true;
  }
  for (std::size_t column = 0; column < state.columns.size(); ++column) {
    if (column >= kNumLineKinds || is_met[column]) {
      state.columns[column].days.assign(num_codes, {});
    }
  }
  for (std::size_t i = 0; i < options.dimensions.size(); ++i) {
    state.dimensions[i].one.assign(num_codes, OrderKeys::kNone);
    state.dimensions[i].keys = rows.find_dimension(options.dimensions[i])->keys;
  }
  for (std::uint32_t order = 1; order < num_codes; ++order) {
    state.orders[order].customer = columns.order_customer[order];
  }

  // Each thread reads all rows and gathers those of its own range of orders: no two write to the
  // same place, and nothing is there once per thread but days.
  const std::size_t num_useful = std::max<std::size_t>(1, rows.num_rows() / kMinRowsPerThread);
  const auto num_parts = static_cast<int>(
      std::min(static_cast<std::size_t>(resolve_num_threads(num_threads)), num_useful));
  const Filters filters(options, rows);
  std::vector<Part> parts(static_cast<std::size_t>(num_parts));
  parallel_for(num_codes, num_parts, [&](std::size_t part, std::size_t first, std::size_t end) {
    gather(options, rows, filters, static_cast<std::uint32_t>(first),
           static_cast<std::uint32_t>(end), state, parts[part]);
  });
  for (const Part& part : parts) {
    for (std::size_t column = 0; column < part.columns.size(); ++column) {
      const std::vector<OrderDay>& more = part.columns[column].days;
      std::vector<OrderDay>& days = state.columns[column].days;
      days.insert(days.end(), more.begin(), more.end());
    }
    for (std::size_t i = 0; i < part.dimensions.size(); ++i) {
      OrderKeys& kept = state.dimensions[i];
      const std::vector<OrderKeys::More>& more = part.dimensions[i].more;
      kept.more.insert(kept.more.end(), more.begin(), more.end());
      kept.num_compact = kept.more.size();
    }
    state.days = merged_days(state.days, part.days);
    state.num_lines += part.num_lines;
    state.num_lines_cut += part.num_lines_cut;
    state.last_line_us = std::max(state.last_line_us, part.last_line_us);
    state.first_purchase_us = std::min(state.first_purchase_us, part.first_purchase_us);
  }
  for (OrderDays& column : state.columns) {
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
  for (const std::string& dimension : options_.dimensions) {
    require_dimension(dimension);
  }
  for (const std::string& measure : options_.measures) {
    require(values_of(rows, measure) != nullptr || rows.num_rows() == 0, ErrorCode::schema_mismatch,
            "customer_history: the table has no such measure", measure);
  }
  CustomerHistory added = of_table(options_, rows, num_threads);
  if (state_->has_table) {
    merge(added);
  } else {
    *this = std::move(added);
  }
}

void CustomerHistory::require_mergeable(const CustomerHistory& other) const {
  const State& ours = *state_;
  const State& theirs = *other.state_;
  const auto require_one_type = [](const Dictionary& a, const Dictionary& b,
                                   std::string_view what) {
    require_same_type(a.type(), b.type(), "customer_history: integer and text keys for one thing",
                      what);
  };
  require_one_type(*ours.customer_keys, *theirs.customer_keys, "customer");
  require_one_type(*ours.order_keys, *theirs.order_keys, "order");
  require_one_type(*ours.region_keys, *theirs.region_keys, options_.region);
  for (std::size_t i = 0; i < options_.dimensions.size(); ++i) {
    require_one_type(*ours.dimensions[i].keys, *theirs.dimensions[i].keys, options_.dimensions[i]);
  }
  require(ours.currency.empty() || theirs.currency.empty() || ours.currency == theirs.currency,
          ErrorCode::schema_mismatch, "customer_history: two currencies",
          ours.currency + ", " + theirs.currency);
  require(ours.purchase_rule == theirs.purchase_rule, ErrorCode::schema_mismatch,
          "customer_history: two rules for what a purchase line is");

  const auto orders = found_codes(*ours.order_keys, *theirs.order_keys);
  const auto customers = found_codes(*ours.customer_keys, *theirs.customer_keys);
  for (std::uint32_t order = 1; order < theirs.orders.size(); ++order) {
    require(!orders[order].has_value() ||
                customers[theirs.orders[order].customer] == ours.orders[*orders[order]].customer,
            ErrorCode::invalid_data, "customer_history: an order with lines of two customers",
            to_string(theirs.order_keys->key(order)));
  }
}

void CustomerHistory::merge(const CustomerHistory& other) {
  require(options_ == other.options_, ErrorCode::invalid_argument,
          "customer_history: histories with other options cannot be merged");
  // Holds what comes in, also where both are one.
  const std::shared_ptr<const State> theirs = other.state_;
  if (!theirs->has_table) {
    return;
  }
  if (!state_->has_table) {
    *this = other;
    return;
  }
  bool is_one_table = state_->order_keys == theirs->order_keys &&
                      state_->customer_keys == theirs->customer_keys &&
                      state_->region_keys == theirs->region_keys;
  for (std::size_t i = 0; i < theirs->dimensions.size(); ++i) {
    is_one_table = is_one_table && state_->dimensions[i].keys == theirs->dimensions[i].keys;
  }
  if (is_one_table) {
    merge_states(own(), *theirs, {});
    return;
  }
  require_mergeable(other);
  State& ours = own();
  UnifiedKeys orders(ours.order_keys, *theirs->order_keys);
  UnifiedKeys customers(ours.customer_keys, *theirs->customer_keys);
  UnifiedKeys regions(ours.region_keys, *theirs->region_keys);
  std::deque<UnifiedKeys> dimensions;
  for (std::size_t i = 0; i < ours.dimensions.size(); ++i) {
    dimensions.emplace_back(ours.dimensions[i].keys, *theirs->dimensions[i].keys);
  }
  CodeMaps codes;
  codes.dimensions.reserve(ours.dimensions.size());
  // From here on the state changes, and nothing polls.
  codes.order = std::move(orders).keep(ours.order_keys);
  codes.customer = std::move(customers).keep(ours.customer_keys);
  codes.region = std::move(regions).keep(ours.region_keys);
  for (std::size_t i = 0; i < ours.dimensions.size(); ++i) {
    codes.dimensions.push_back(std::move(dimensions[i]).keep(ours.dimensions[i].keys));
  }
  merge_states(ours, *theirs, codes);
}

void CustomerHistory::merge_days(OrderDays& ours, const OrderDays& other, const CodeMaps& codes,
                                 std::size_t num_codes) {
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
  if (is_loose(ours.days.size(), ours.num_compact)) {
    compact(ours.days, num_codes);
    ours.num_compact = ours.days.size();
  }
}

void CustomerHistory::merge_keys(OrderKeys& ours, const OrderKeys& other, const CodeMaps& codes,
                                 std::size_t dimension) {
  const auto take_in = [&](std::uint32_t their_order, std::uint32_t their_code) {
    const std::uint32_t order = CodeMaps::at(codes.order, their_order);
    const std::uint32_t code =
        codes.dimensions.empty() ? their_code : codes.dimensions[dimension][their_code];
    if (ours.one[order] == OrderKeys::kNone) {
      ours.one[order] = code;
    } else if (ours.one[order] != code) {
      ours.more.push_back({.order = order, .code = code});
    }
  };
  for (std::uint32_t order = 1; order < other.one.size(); ++order) {
    if (other.one[order] != OrderKeys::kNone) {
      take_in(order, other.one[order]);
    }
  }
  for (const OrderKeys::More& more : other.more) {
    take_in(more.order, more.code);
  }
  if (is_loose(ours.more.size(), ours.num_compact)) {
    keep_distinct(ours.more);
    ours.num_compact = ours.more.size();
  }
}

void CustomerHistory::merge_states(State& ours, const State& other, const CodeMaps& codes) {
  const std::size_t num_before = ours.orders.size();
  const std::size_t num_codes = ours.order_keys->num_codes();
  ours.orders.resize(num_codes);
  for (OrderKeys& kept : ours.dimensions) {
    kept.one.resize(num_codes, OrderKeys::kNone);
  }
  for (std::size_t column = 0; column < ours.columns.size(); ++column) {
    std::vector<OrderDay>& days = ours.columns[column].days;
    if (!days.empty()) {
      // New orders bring their first day with them: the days beyond the first ones move back.
      days.insert(days.begin() + static_cast<std::ptrdiff_t>(num_before), num_codes - num_before,
                  OrderDay{});
    } else if (!other.columns[column].days.empty()) {
      days.assign(num_codes, {});
      ours.columns[column].num_compact = num_codes;
    }
  }

  for (std::uint32_t from = 1; from < other.orders.size(); ++from) {
    const OrderState& theirs = other.orders[from];
    OrderState& state = ours.orders[CodeMaps::at(codes.order, from)];
    state.customer = CodeMaps::at(codes.customer, theirs.customer);
    state.matches |= theirs.matches;
    if (theirs.line_us != OrderState::kNever) {
      keep_earliest(state.line_us, state.line_region, theirs.line_us,
                    CodeMaps::at(codes.region, theirs.line_region), *ours.region_keys);
    }
    if (theirs.purchase_us != OrderState::kNever) {
      keep_earliest(state.purchase_us, state.purchase_region, theirs.purchase_us,
                    CodeMaps::at(codes.region, theirs.purchase_region), *ours.region_keys);
    }
  }

  for (std::size_t column = 0; column < ours.columns.size(); ++column) {
    merge_days(ours.columns[column], other.columns[column], codes, num_codes);
  }
  for (std::size_t i = 0; i < ours.dimensions.size(); ++i) {
    merge_keys(ours.dimensions[i], other.dimensions[i], codes, i);
  }

  ours.days = merged_days(ours.days, other.days);
  ours.currency = ours.currency.empty() ? other.currency : ours.currency;
  ours.num_lines += other.num_lines;
  ours.num_lines_cut += other.num_lines_cut;
  ours.last_line_us = std::max(ours.last_line_us, other.last_line_us);
  ours.first_purchase_us = std::min(ours.first_purchase_us, other.first_purchase_us);
}

std::int64_t CustomerHistory::resolve_as_of(std::optional<std::int64_t> as_of_us) const {
  require(state_->num_lines > 0, ErrorCode::invalid_argument,
          "customer_history: there is no line before as_of",
          options_.as_of_us.has_value() ? format_time(*options_.as_of_us) : std::string());
  std::int64_t resolved_us = 0;
  if (as_of_us.has_value()) {
    resolved_us = *as_of_us;
  } else if (options_.as_of_us.has_value()) {
    resolved_us = *options_.as_of_us;
  } else {
    resolved_us =
        (static_cast<std::int64_t>(day_of(state_->last_line_us)) + 1) * kMicrosecondsPerDay;
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
  require(state_->first_purchase_us != OrderState::kNever, ErrorCode::invalid_argument,
          "customer_history: there is no purchase before as_of", format_time(resolved_us));
  require(state_->first_purchase_us < resolved_us, ErrorCode::invalid_argument,
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
  std::int64_t num_lines = state_->num_lines_cut;
  for (const DayState& day : state_->days) {
    num_lines += day.day * kMicrosecondsPerDay >= as_of_us ? day.num_lines : 0;
  }
  return num_lines;
}

}  // namespace ecommerce_analytics
