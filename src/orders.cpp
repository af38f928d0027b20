#include "ecommerce_analytics/orders.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <limits>
#include <set>
#include <span>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/parallel.hpp"
#include "history_of.hpp"
#include "history_view.hpp"

namespace ecommerce_analytics::orders {
namespace {

constexpr std::array<std::string_view, 5> kOrderSortNames{"time", "revenue", "number",
                                                          "days_since_previous", "order"};
constexpr std::array<std::string_view, 5> kCustomerSortNames{"customer", "orders", "revenue",
                                                             "first_order", "last_order"};
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

template <class Enum, std::size_t N>
Enum parse_name(const std::array<std::string_view, N>& names, std::string_view name,
                std::string_view text) {
  const auto* found = std::find(names.begin(), names.end(), name);
  require(found != names.end(), ErrorCode::invalid_argument, text, name);
  return static_cast<Enum>(found - names.begin());
}

/// By code: whether the key is one of `selected`.
std::vector<std::uint8_t> flags_of(const KeyColumn& selected, const Dictionary& keys,
                                   std::string_view what) {
  require(selected.type() == keys.type() || selected.type() == KeyType::none ||
              keys.type() == KeyType::none,
          ErrorCode::schema_mismatch, "orders: integer and text keys for one thing", what);
  std::vector<std::uint8_t> flags(keys.num_codes());
  for (std::size_t row = 0; row < selected.size(); ++row) {
    if (const auto code = keys.find(selected[row])) {
      flags[*code] = 1;
    }
  }
  return flags;
}

/// Something to sort: its code, and what it is sorted by.
struct Ranked {
  std::uint32_t code = 0;
  bool is_null = false;
  Int128 value = 0;
};

/// Puts the first `limit` of `all` in order, by value and then by key; drops the others.
void keep_first(std::vector<Ranked>& all, const Dictionary& keys, bool by_key, bool descending,
                std::optional<std::size_t> limit) {
  const auto is_before = [&](const Ranked& a, const Ranked& b) {
    if (a.is_null != b.is_null) {
      return b.is_null;
    }
    if (!by_key && a.value != b.value) {
      return descending ? a.value > b.value : a.value < b.value;
    }
    return by_key && descending ? keys.key(b.code) < keys.key(a.code)
                                : keys.key(a.code) < keys.key(b.code);
  };
  if (limit && *limit < all.size()) {
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(*limit);
    std::nth_element(all.begin(), end, all.end(), is_before);
    all.erase(end, all.end());
  }
  std::sort(all.begin(), all.end(), is_before);
}

std::vector<std::uint32_t> codes_of(const std::vector<Ranked>& ranked) {
  std::vector<std::uint32_t> codes;
  codes.reserve(ranked.size());
  for (const Ranked& one : ranked) {
    codes.push_back(one.code);
  }
  return codes;
}

/// By code: the place among `codes`, or `kNone`.
std::vector<std::uint32_t> places_of(std::span<const std::uint32_t> codes, std::size_t num_codes) {
  std::vector<std::uint32_t> places(num_codes, kNone);
  for (std::uint32_t place = 0; place < codes.size(); ++place) {
    places[codes[place]] = place;
  }
  return places;
}

/// What the lines of an order add up to.
struct OrderSums {
  Int128 revenue = 0;
  Int128 items = 0;
  std::int64_t lines = 0;
};

/// Place of the quantity among the measures that a history keeps.
std::optional<std::size_t> quantity_of(const CustomerHistory& history) {
  const std::vector<std::string>& measures = history.options().measures;
  const auto found = std::find(measures.begin(), measures.end(), "quantity");
  if (found == measures.end()) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - measures.begin());
}

std::vector<OrderSums> sums_of(const HistoryView& view, std::span<const std::uint32_t> codes) {
  const CustomerHistory& history = view.history();
  const std::vector<std::uint32_t> places = places_of(codes, history.orders().size());
  std::vector<OrderSums> sums(codes.size());
  view.for_each_line_sum([&](const HistoryView::Sum& line) {
    if (places[line.order] != kNone) {
      OrderSums& own = sums[places[line.order]];
      own.revenue += line.sum;
      own.lines += line.num_lines;
    }
  });
  if (const auto quantity = quantity_of(history)) {
    view.for_each_measured(*quantity, [&](const HistoryView::Sum& line) {
      if (places[line.order] != kNone) {
        sums[places[line.order]].items += line.sum;
      }
    });
  }
  return sums;
}

/// Place of an order among all of its customer.
struct Turn {
  std::int64_t number = 0;   // 0: of a guest.
  std::int64_t gap_us = -1;  // Since the order before; -1: there is none.
};

std::vector<Turn> turns_of(const HistoryView& view, std::span<const std::uint32_t> codes) {
  const CustomerHistory& history = view.history();
  const std::span<const OrderState> orders = history.orders();
  std::vector<std::uint8_t> is_wanted(history.customer_keys().num_codes());
  for (const std::uint32_t code : codes) {
    is_wanted[orders[code].customer] = 1;
  }
  is_wanted[Dictionary::kUnknownCode] = 0;  // Guests are no customers.

  struct Placed {
    std::uint32_t customer;
    std::uint32_t order;
    std::int64_t time_us;
  };
  std::vector<Placed> placed;
  for (std::uint32_t code = 1; code < orders.size(); ++code) {
    const OrderState& order = orders[code];
    if (is_wanted[order.customer] != 0 && view.is_placed(code)) {
      placed.push_back({order.customer, code, order.purchase_us});
    }
  }
  PollCounter polls;
  std::sort(placed.begin(), placed.end(), [&](const Placed& a, const Placed& b) {
    polls.count();
    if (a.customer != b.customer) {
      return a.customer < b.customer;
    }
    if (a.time_us != b.time_us) {
      return a.time_us < b.time_us;
    }
    return history.order_keys().key(a.order) < history.order_keys().key(b.order);
  });

  const std::vector<std::uint32_t> places = places_of(codes, orders.size());
  std::vector<Turn> turns(codes.size());
  Turn turn;
  for (std::size_t i = 0; i < placed.size(); ++i) {
    const bool is_first = i == 0 || placed[i - 1].customer != placed[i].customer;
    turn.number = is_first ? 1 : turn.number + 1;
    turn.gap_us = is_first ? -1 : placed[i].time_us - placed[i - 1].time_us;
    if (places[placed[i].order] != kNone) {
      turns[places[placed[i].order]] = turn;
    }
  }
  return turns;
}

void push_if(Nullable<std::int64_t>& column, bool is_there, std::int64_t value) {
  if (is_there) {
    column.push_back(value);
  } else {
    column.push_null();
  }
}

/// Fills in what the orders are sorted by.
void rank(std::vector<Ranked>& all, const HistoryView& view, OrderSort sort) {
  const std::vector<std::uint32_t> codes = codes_of(all);
  switch (sort) {
    case OrderSort::order:
      return;
    case OrderSort::time:
      for (Ranked& one : all) {
        one.value = view.history().orders()[one.code].purchase_us;
      }
      return;
    case OrderSort::revenue: {
      const std::vector<OrderSums> sums = sums_of(view, codes);
      for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].value = sums[i].revenue;
      }
      return;
    }
    case OrderSort::number:
    case OrderSort::days_since_previous: {
      const bool by_number = sort == OrderSort::number;
      const std::vector<Turn> turns = turns_of(view, codes);
      for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].is_null = by_number ? turns[i].number == 0 : turns[i].gap_us < 0;
        all[i].value = by_number ? turns[i].number : turns[i].gap_us / kMicrosecondsPerDay;
      }
    }
  }
}

/// The lines that are listed: which orders are in, and which moments.
struct LineCut {
  std::vector<std::uint8_t> is_in{};  // By order code; empty: all are.
  std::int64_t start_us = std::numeric_limits<std::int64_t>::min();
  std::int64_t end_us = std::numeric_limits<std::int64_t>::max();
};

LineCut cut_of(const Transactions& transactions, const LineOptions& options,
               const Selection& selection) {
  const TransactionColumns& columns = transactions.columns();
  LineCut cut;
  cut.end_us = options.as_of_us.value_or(
      (static_cast<std::int64_t>(day_of(transactions.last_us())) + 1) * kMicrosecondsPerDay);
  if (selection.start_day) {
    cut.start_us = *selection.start_day * kMicrosecondsPerDay;
  }
  if (selection.end_day) {
    cut.end_us = std::min(cut.end_us, *selection.end_day * kMicrosecondsPerDay);
  }
  const auto let_in = [&](const std::vector<std::uint8_t>& flags) {
    if (cut.is_in.empty()) {
      cut.is_in = flags;
      return;
    }
    for (std::size_t code = 0; code < flags.size(); ++code) {
      cut.is_in[code] &= flags[code];
    }
  };
  if (options.orders) {
    let_in(flags_of(*options.orders, *columns.orders, "order"));
  }
  Selection by_orders = selection;  // What orders and customers tell without their lines.
  by_orders.start_day.reset();
  by_orders.end_day.reset();
  by_orders.orders.reset();
  by_orders.customers.reset();
  if (!by_orders.is_everything()) {
    const CustomerHistory history = history_of(
        transactions, options.num_threads, {.as_of_us = options.as_of_us, .selection = selection});
    const HistoryView view(history, std::nullopt);
    std::vector<std::uint8_t> flags(columns.orders->num_codes());
    for (std::uint32_t order = 1; order < flags.size(); ++order) {
      flags[order] = view.is_selected(order) ? 1 : 0;
    }
    let_in(flags);
    return cut;
  }
  if (selection.orders) {
    let_in(flags_of(*selection.orders, *columns.orders, "order"));
  }
  if (selection.customers) {
    std::vector<std::uint8_t> members =
        flags_of(*selection.customers, *columns.customers, "customer");
    members[Dictionary::kUnknownCode] = 0;  // Guests are no customers.
    std::vector<std::uint8_t> flags(columns.orders->num_codes());
    for (std::uint32_t order = 1; order < flags.size(); ++order) {
      flags[order] = members[columns.order_customer[order]];
    }
    let_in(flags);
  }
  return cut;
}

/// Compares two lines by all that a list shows, so that equal ones are the same to anyone.
class LineOrder {
 public:
  LineOrder(const TransactionColumns& columns, bool descending)
      : columns_(columns), descending_(descending) {}

  bool operator()(std::uint32_t a, std::uint32_t b) const {
    if (columns_.time_us[a] != columns_.time_us[b]) {
      return (columns_.time_us[a] < columns_.time_us[b]) != descending_;
    }
    if (columns_.order[a] != columns_.order[b]) {
      return columns_.orders->key(columns_.order[a]) < columns_.orders->key(columns_.order[b]);
    }
    if (columns_.kind[a] != columns_.kind[b]) {
      return columns_.kind[a] < columns_.kind[b];
    }
    if (columns_.amount[a] != columns_.amount[b]) {
      return columns_.amount[a] < columns_.amount[b];
    }
    if (!columns_.quantity.empty() && columns_.quantity[a] != columns_.quantity[b]) {
      return columns_.quantity[a] < columns_.quantity[b];
    }
    for (const Dimension& dimension : columns_.dimensions) {
      if (dimension.codes[a] != dimension.codes[b]) {
        return dimension.keys->key(dimension.codes[a]) < dimension.keys->key(dimension.codes[b]);
      }
    }
    for (const Measure& measure : columns_.measures) {
      if (measure.values[a] != measure.values[b]) {
        return measure.values[a] < measure.values[b];
      }
    }
    return false;
  }

 private:
  const TransactionColumns& columns_;
  bool descending_;
};

void require_names(const TransactionColumns& columns) {
  std::set<std::string_view> names{"order", "customer", "time", "kind", "amount"};
  if (!columns.quantity.empty()) {
    names.insert("quantity");
  }
  const auto insert = [&](const std::string& name) {
    require(names.insert(name).second, ErrorCode::invalid_argument,
            "orders: two columns of one name", name);
  };
  for (const Dimension& dimension : columns.dimensions) {
    insert(dimension.name);
  }
  for (const Measure& measure : columns.measures) {
    insert(measure.name);
  }
}

}  // namespace

OrderSort parse_order_sort(std::string_view name) {
  return parse_name<OrderSort>(
      kOrderSortNames, name,
      "orders: sort must be time, revenue, number, days_since_previous or order");
}
CustomerSort parse_customer_sort(std::string_view name) {
  return parse_name<CustomerSort>(
      kCustomerSortNames, name,
      "orders: sort must be customer, orders, revenue, first_order or last_order");
}
std::string_view order_sort_name(OrderSort sort) noexcept {
  return kOrderSortNames[static_cast<std::size_t>(sort)];
}
std::string_view customer_sort_name(CustomerSort sort) noexcept {
  return kCustomerSortNames[static_cast<std::size_t>(sort)];
}

Metadata OrderList::metadata() const {
  Metadata metadata{{"as_of", format_time(as_of_us)},
                    {"sort", std::string(order_sort_name(options.sort))},
                    {"total_orders", std::to_string(total_orders)},
                    {"num_lines_ignored", std::to_string(num_lines_ignored)}};
  add_selection(metadata, selection);
  return metadata;
}

OrderList list_orders(const CustomerHistory& history, const OrderOptions& options) {
  const HistoryView view(history, options.as_of_us);
  OrderList table;
  table.options = options;
  table.as_of_us = view.as_of_us();
  table.selection = history.options().selection;
  table.num_lines_ignored = history.num_lines_from(table.as_of_us);

  const std::vector<std::uint8_t> is_wanted =
      options.customers ? flags_of(*options.customers, history.customer_keys(), "customer")
                        : std::vector<std::uint8_t>{};
  const std::span<const OrderState> orders = history.orders();
  std::vector<Ranked> ranked;
  PollCounter polls;
  for (std::uint32_t code = 1; code < orders.size(); ++code) {
    polls.count();
    if ((is_wanted.empty() || is_wanted[orders[code].customer] != 0) && view.is_counted(code)) {
      ranked.push_back({.code = code});
    }
  }
  table.total_orders = static_cast<std::int64_t>(ranked.size());
  rank(ranked, view, options.sort);
  keep_first(ranked, history.order_keys(), options.sort == OrderSort::order, options.descending,
             options.limit);

  const std::vector<std::uint32_t> codes = codes_of(ranked);
  const std::vector<OrderSums> sums = sums_of(view, codes);
  const std::vector<Turn> turns = turns_of(view, codes);
  if (!history.options().region.empty()) {
    table.region.emplace();
  }
  if (quantity_of(history)) {
    table.items.emplace();
  }
  for (std::size_t row = 0; row < codes.size(); ++row) {
    polls.count();
    const OrderState& order = orders[codes[row]];
    table.order.push_back(history.order_keys().key(codes[row]));
    table.customer.push_back(history.customer_keys().key(order.customer));
    table.time.push_back({order.purchase_us});
    if (table.region) {
      table.region->push_back(history.region_keys().key(order.purchase_region));
    }
    table.revenue.push_back(from_int128(sums[row].revenue));
    table.lines.push_back(sums[row].lines);
    if (table.items) {
      table.items->push_back(from_int128(sums[row].items));
    }
    push_if(table.number, turns[row].number > 0, turns[row].number);
    push_if(table.days_since_previous, turns[row].gap_us >= 0,
            turns[row].gap_us / kMicrosecondsPerDay);
  }
  return table;
}

OrderList list_orders(const Transactions& transactions, const OrderOptions& options,
                      const Selection& selection) {
  HistoryOptions kept{
      .as_of_us = options.as_of_us, .region = options.region.value_or(""), .selection = selection};
  if (!transactions.columns().quantity.empty()) {
    kept.measures.emplace_back("quantity");
  }
  return list_orders(history_of(transactions, options.num_threads, std::move(kept)), options);
}

Metadata LineList::metadata() const {
  Metadata metadata{{"as_of", format_time(as_of_us)},
                    {"total_lines", std::to_string(total_lines)},
                    {"total_revenue", format_money(total_revenue)}};
  add_selection(metadata, selection);
  return metadata;
}

LineList list_lines(const Transactions& transactions, const LineOptions& options,
                    const Selection& selection) {
  const TransactionColumns& columns = transactions.columns();
  validate(selection);
  require_names(columns);
  static_cast<void>(resolve_num_threads(options.num_threads));
  require(transactions.num_rows() < kNone, ErrorCode::invalid_argument, "orders: too many lines",
          std::to_string(transactions.num_rows()));
  LineList table;
  table.selection = selection;
  table.as_of_us = options.as_of_us.value_or(
      (static_cast<std::int64_t>(day_of(transactions.last_us())) + 1) * kMicrosecondsPerDay);
  const LineCut cut = cut_of(transactions, options, selection);
  std::array<bool, kNumLineKinds> is_kind{};
  is_kind.fill(!options.kinds);
  if (options.kinds) {
    for (const LineKind kind : *options.kinds) {
      is_kind[static_cast<std::size_t>(kind)] = true;
    }
  }

  std::vector<std::uint32_t> rows;
  Int128 total = 0;
  PollCounter polls;
  for (std::uint32_t row = 0; row < transactions.num_rows(); ++row) {
    polls.count();
    if ((cut.is_in.empty() || cut.is_in[columns.order[row]] != 0) &&
        columns.time_us[row] >= cut.start_us && columns.time_us[row] < cut.end_us &&
        is_kind[static_cast<std::size_t>(columns.kind[row])]) {
      rows.push_back(row);
      total += columns.amount[row];
    }
  }
  table.total_lines = static_cast<std::int64_t>(rows.size());
  table.total_revenue = from_int128(total);
  const LineOrder is_before(columns, options.descending);
  if (options.limit && *options.limit < rows.size()) {
    const auto end = rows.begin() + static_cast<std::ptrdiff_t>(*options.limit);
    std::nth_element(rows.begin(), end, rows.end(), is_before);
    rows.erase(end, rows.end());
  }
  std::sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
    polls.count();
    return is_before(a, b);
  });

  if (!columns.quantity.empty()) {
    table.quantity.emplace();
  }
  for (const Dimension& dimension : columns.dimensions) {
    table.dimensions.emplace_back(dimension.name, KeyColumn());
  }
  for (const Measure& measure : columns.measures) {
    table.measures.emplace_back(measure.name, std::vector<Money128>());
  }
  for (const std::uint32_t row : rows) {
    polls.count();
    const std::uint32_t order = columns.order[row];
    table.order.push_back(columns.orders->key(order));
    table.customer.push_back(columns.customers->key(columns.order_customer[order]));
    table.time.push_back({columns.time_us[row]});
    table.kind.push_back(Key(line_kind_name(columns.kind[row])));
    table.amount.push_back(to_money128(columns.amount[row]));
    if (table.quantity) {
      table.quantity->push_back(to_money128(columns.quantity[row]));
    }
    for (std::size_t i = 0; i < columns.dimensions.size(); ++i) {
      const Dimension& dimension = columns.dimensions[i];
      table.dimensions[i].second.push_back(dimension.keys->key(dimension.codes[row]));
    }
    for (std::size_t i = 0; i < columns.measures.size(); ++i) {
      table.measures[i].second.push_back(to_money128(columns.measures[i].values[row]));
    }
  }
  return table;
}

Metadata CustomerList::metadata() const {
  Metadata metadata{{"as_of", format_time(as_of_us)},
                    {"sort", std::string(customer_sort_name(options.sort))},
                    {"total_customers", std::to_string(total_customers)},
                    {"num_lines_ignored", std::to_string(num_lines_ignored)}};
  add_selection(metadata, selection);
  return metadata;
}

CustomerList list_customers(const CustomerHistory& history, const CustomerOptions& options) {
  const HistoryView view(history, options.as_of_us);
  CustomerList table;
  table.options = options;
  table.as_of_us = view.as_of_us();
  table.selection = history.options().selection;
  table.num_lines_ignored = history.num_lines_from(table.as_of_us);

  struct Sums {
    Int128 revenue = 0;
    std::int64_t orders = 0;
    std::int64_t first_us = OrderState::kNever;
    std::int64_t last_us = std::numeric_limits<std::int64_t>::min();
  };
  const std::span<const OrderState> orders = history.orders();
  std::vector<Sums> sums(history.customer_keys().num_codes());
  PollCounter polls;
  for (std::uint32_t code = 1; code < orders.size(); ++code) {
    polls.count();
    if (view.is_counted(code)) {
      Sums& own = sums[orders[code].customer];
      ++own.orders;
      own.first_us = std::min(own.first_us, orders[code].purchase_us);
      own.last_us = std::max(own.last_us, orders[code].purchase_us);
    }
  }
  view.for_each_line_sum(
      [&](const HistoryView::Sum& line) { sums[line.customer].revenue += line.sum; });

  std::vector<Ranked> ranked;
  for (std::uint32_t customer = 1; customer < sums.size(); ++customer) {
    const Sums& own = sums[customer];
    if (own.orders > 0) {
      const std::array<Int128, kCustomerSortNames.size()> values{0, own.orders, own.revenue,
                                                                 own.first_us, own.last_us};
      ranked.push_back({.code = customer, .value = values[static_cast<std::size_t>(options.sort)]});
    }
  }
  table.total_customers = static_cast<std::int64_t>(ranked.size());
  keep_first(ranked, history.customer_keys(), options.sort == CustomerSort::customer,
             options.descending, options.limit);
  for (const Ranked& one : ranked) {
    polls.count();
    const Sums& own = sums[one.code];
    table.customer.push_back(history.customer_keys().key(one.code));
    table.orders.push_back(own.orders);
    table.revenue.push_back(from_int128(own.revenue));
    table.first_order.push_back({own.first_us});
    table.last_order.push_back({own.last_us});
  }
  return table;
}

CustomerList list_customers(const Transactions& transactions, const CustomerOptions& options,
                            const Selection& selection) {
  return list_customers(history_of(transactions, options.num_threads,
                                   {.as_of_us = options.as_of_us, .selection = selection}),
                        options);
}

}  // namespace ecommerce_analytics::orders
