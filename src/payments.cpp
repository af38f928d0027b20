#include "ecommerce_analytics/payments.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <numeric>
#include <string_view>
#include <utility>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "history_of.hpp"
#include "history_view.hpp"
#include "pair_numbers.hpp"

namespace ecommerce_analytics::payments {
namespace {

/// Steps of the bridge in their order; the kinds of line are in that of the money's way.
constexpr std::array<std::pair<LineKind, std::string_view>, kNumLineKinds> kKindSteps{{
    {LineKind::sale, "gross"},
    {LineKind::discount, "discount"},
    {LineKind::refund, "refund"},
    {LineKind::shipping, "shipping"},
    {LineKind::fee, "fee"},
    {LineKind::adjustment, "adjustment"},
}};

void require_one_type(KeyType a, KeyType b, std::string_view what) {
  require(a == b || a == KeyType::none || b == KeyType::none, ErrorCode::schema_mismatch,
          "payments: integer and text keys for one thing", what);
}

/// By code of `keys`: whether it is one of `types`, all of which must be there.
std::vector<std::uint8_t> flags_of_types(const Dictionary& keys, const KeyColumn& types) {
  require_one_type(types.type(), keys.type(), "payment_type");
  std::vector<std::uint8_t> flags(keys.num_codes());
  for (std::size_t row = 0; row < types.size(); ++row) {
    const std::optional<std::uint32_t> code = keys.find(types[row]);
    require(code.has_value(), ErrorCode::invalid_argument, "payments: no payment of this type",
            to_string(types[row]));
    flags[*code] = 1;
  }
  return flags;
}

void require_same_shop(const Payments& payments, const CustomerHistory& history) {
  require_one_type(history.order_keys().type(), payments.order_keys().type(), "order");
  require(payments.currency().empty() || history.currency().empty() ||
              payments.currency() == history.currency(),
          ErrorCode::schema_mismatch, "payments: two currencies",
          payments.currency() + ", " + history.currency());
}

/// One payment, as it is summed up; order and customer by codes that tell them apart.
struct Fact {
  std::uint32_t type = 0;   // Place among the sorted keys.
  std::int32_t period = 0;  // Number, or 0 where none is asked for.
  std::uint32_t customer = 0;
  std::uint32_t order = 0;  // Code of the payments.
  std::int64_t amount = 0;
};

/// Puts the facts of each order beside each other. O(facts + orders).
void sort_by_order(std::vector<Fact>& facts, std::size_t num_orders) {
  if (std::is_sorted(facts.begin(), facts.end(),
                     [](const Fact& a, const Fact& b) { return a.order < b.order; })) {
    return;
  }
  std::vector<std::size_t> next(num_orders + 1);
  for (const Fact& fact : facts) {
    ++next[fact.order + 1];
  }
  for (std::size_t order = 1; order < next.size(); ++order) {
    next[order] += next[order - 1];
  }
  std::vector<Fact> sorted(facts.size());
  for (const Fact& fact : facts) {
    sorted[next[fact.order]++] = fact;
  }
  facts = std::move(sorted);
}

/// What is summed up of one type in one period.
struct Cell {
  std::uint32_t type = 0;
  std::int32_t period = 0;
  std::int64_t payments = 0;
  std::int64_t orders = 0;
  std::int64_t customers = 0;
  Int128 paid = 0;
  std::uint32_t last_order = 0;     // Facts come by order: whom it counted last is told.
  std::uint32_t last_customer = 0;  // Then by customer.
};

/// Types in the order of their keys, and the place of each code among them.
struct SortedTypes {
  explicit SortedTypes(const Dictionary& types)
      : keys(&types), codes(types.codes_by_key()), places(codes.size() + 1) {
    codes.push_back(Dictionary::kUnknownCode);
    for (std::uint32_t place = 0; place < codes.size(); ++place) {
      places[codes[place]] = place;
    }
  }

  const Dictionary* keys;
  std::vector<std::uint32_t> codes;
  std::vector<std::uint32_t> places;
};

/// Counts the distinct customers of each cell, who bought there: pairs of customer and cell.
void count_customers(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& bought,
                     std::vector<Cell>& cells) {
  std::uint32_t last = 0;
  for (const auto& [customer, cell] : bought) {
    last = std::max(last, customer);
  }
  std::vector<std::size_t> next(std::size_t{last} + 2);
  for (const auto& [customer, cell] : bought) {
    ++next[customer + 1];
  }
  for (std::size_t customer = 1; customer < next.size(); ++customer) {
    next[customer] += next[customer - 1];
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sorted(bought.size());
  for (const auto& pair : bought) {
    sorted[next[pair.first]++] = pair;
  }
  for (const auto& [customer, cell] : sorted) {
    cells[cell].customers += cells[cell].last_customer != customer ? 1 : 0;
    cells[cell].last_customer = customer;
  }
}

/// Fills all but the names of the periods, whose numbers it returns by row.
std::vector<std::int32_t> sum_up(const Payments& payments, const SortedTypes& types,
                                 std::vector<Fact> facts, ByType& table) {
  sort_by_order(facts, payments.order_keys().num_codes());
  PairNumbers numbers;
  std::vector<Cell> cells;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> bought;  // Known customer, cell.
  for (std::size_t first = 0; first < facts.size();) {
    const std::uint32_t order = facts[first].order;
    bool has_several = false;
    std::size_t next = first;
    for (; next < facts.size() && facts[next].order == order; ++next) {
      const Fact& fact = facts[next];
      const std::uint32_t number =
          numbers.number_of(fact.type, static_cast<std::uint32_t>(fact.period));
      if (number == cells.size()) {
        cells.push_back({.type = fact.type, .period = fact.period});
      }
      Cell& cell = cells[number];
      ++cell.payments;
      cell.paid += fact.amount;
      if (cell.last_order != order) {
        cell.last_order = order;
        ++cell.orders;
        if (fact.customer != Dictionary::kUnknownCode) {
          bought.emplace_back(fact.customer, number);
        }
      }
      has_several = has_several || fact.type != facts[first].type;
    }
    ++table.total_orders;
    table.orders_of_several_types += has_several ? 1 : 0;
    first = next;
  }
  if (table.customers) {
    count_customers(bought, cells);
  }
  std::sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) {
    return a.type != b.type ? a.type < b.type : a.period < b.period;
  });
  std::vector<std::int32_t> periods;
  Int128 total = 0;
  for (const Cell& cell : cells) {
    table.payment_type.push_back(types.keys->key(types.codes[cell.type]));
    table.payments.push_back(cell.payments);
    table.orders.push_back(cell.orders);
    table.paid.push_back(from_int128(cell.paid));
    if (table.customers) {
      table.customers->push_back(cell.customers);
    }
    periods.push_back(cell.period);
    total += cell.paid;
  }
  table.total_paid = from_int128(total);
  for (const Money128& sum : table.paid) {
    if (total > 0) {
      table.share.push_back(ratio(sum, table.total_paid));
    } else {
      table.share.push_null();
    }
  }
  return periods;
}

/// Adds the steps of a bridge one below the other.
class BridgeBuilder {
 public:
  explicit BridgeBuilder(Bridge& bridge) : bridge_(bridge) {}

  void add_step(std::string_view name, std::optional<std::int64_t> lines, std::int64_t orders,
                Int128 amount) {
    running_ += amount;
    push(name, false, lines, orders, amount);
  }

  /// A total of all steps above.
  void add_total(std::string_view name, std::int64_t orders) {
    push(name, true, std::nullopt, orders, running_);
  }

 private:
  void push(std::string_view name, bool is_total, std::optional<std::int64_t> lines,
            std::int64_t orders, Int128 amount) {
    bridge_.step.push_back(Key(name));
    bridge_.is_total.push_back({is_total});
    if (lines) {
      bridge_.lines.push_back(*lines);
    } else {
      bridge_.lines.push_null();
    }
    bridge_.orders.push_back(orders);
    bridge_.amount.push_back(from_int128(amount));
    bridge_.running.push_back(from_int128(running_));
  }

  Bridge& bridge_;
  Int128 running_ = 0;
};

/// What the sums of lines add up to, and to which orders.
class Billed {
 public:
  explicit Billed(std::size_t num_codes) : by_order_(num_codes), is_billed_(num_codes) {}

  /// Adds a step of the bridge from `order_days`.
  void add_lines(BridgeBuilder& bridge, std::string_view name, const HistoryView& view,
                 LineKind kind) {
    Step step(by_order_.size());
    view.for_each(kind, [&](const HistoryView::Sum& line) { add(step, line); });
    bridge.add_step(name, step.num_lines, step.num_orders, step.sum);
  }

  void add_measure(BridgeBuilder& bridge, std::string_view name, const HistoryView& view,
                   std::size_t measure) {
    Step step(by_order_.size());
    view.for_each_measured(measure, [&](const HistoryView::Sum& line) { add(step, line); });
    bridge.add_step(name, step.num_lines, step.num_orders, step.sum);
  }

  [[nodiscard]] bool is_billed(std::uint32_t order) const { return is_billed_[order] != 0; }
  [[nodiscard]] Int128 of_order(std::uint32_t order) const { return by_order_[order]; }
  [[nodiscard]] std::int64_t num_orders() const {
    return std::count(is_billed_.begin(), is_billed_.end(), 1);
  }

 private:
  struct Step {
    explicit Step(std::size_t num_codes) : is_met(num_codes) {}

    std::vector<std::uint8_t> is_met;
    std::int64_t num_lines = 0;
    std::int64_t num_orders = 0;
    Int128 sum = 0;
  };

  void add(Step& step, const HistoryView::Sum& line) {
    step.num_orders += step.is_met[line.order] == 0 ? 1 : 0;
    step.is_met[line.order] = 1;
    step.num_lines += line.num_lines;
    step.sum += line.sum;
    is_billed_[line.order] = 1;
    by_order_[line.order] += line.sum;
  }

  std::vector<Int128> by_order_;
  std::vector<std::uint8_t> is_billed_;
};

void add_paid(BridgeBuilder& bridge, const HistoryView& view, const Billed& billed,
              const Payments& payments) {
  const CustomerHistory& history = view.history();
  const auto shared_codes = payments.codes_in(history.shared_order_keys());
  const std::vector<std::uint32_t>& codes = *shared_codes;
  const bool is_whole = history.options().selection.is_everything();
  std::vector<std::uint8_t> is_paid(history.orders().size());
  std::vector<std::uint8_t> is_stray(payments.order_keys().num_codes());
  std::vector<Int128> paid(history.orders().size());
  std::int64_t num_stray = 0;
  Int128 stray = 0;
  for (std::size_t row = 0; row < payments.num_rows(); ++row) {
    const std::uint32_t theirs = payments.order()[row];
    const std::uint32_t order = codes[theirs];
    if (billed.is_billed(order)) {
      is_paid[order] = 1;
      paid[order] += payments.amount()[row];
    } else if (order == 0 && is_whole) {  // One of the history is later than as_of.
      num_stray += is_stray[theirs] == 0 ? 1 : 0;
      is_stray[theirs] = 1;
      stray += payments.amount()[row];
    }
  }
  std::int64_t num_unpaid = 0;
  std::int64_t num_different = 0;
  std::int64_t num_paid = num_stray;
  Int128 unpaid = 0;
  Int128 difference = 0;
  for (std::uint32_t order = 1; order < paid.size(); ++order) {
    if (!billed.is_billed(order)) {
      continue;
    }
    if (is_paid[order] == 0) {
      ++num_unpaid;
      unpaid -= billed.of_order(order);
    } else {
      ++num_paid;
      num_different += paid[order] != billed.of_order(order) ? 1 : 0;
      difference += paid[order] - billed.of_order(order);
    }
  }
  bridge.add_step("paid without a line", std::nullopt, num_stray, stray);
  bridge.add_step("without a payment", std::nullopt, num_unpaid, unpaid);
  bridge.add_step("difference", std::nullopt, num_different, difference);
  bridge.add_total("paid", num_paid);
}

}  // namespace

/// The rows as what chooses orders, and the codes of their orders in other dictionaries.
class Payments::Facts final : public OrderFacts {
 public:
  explicit Facts(Transactions rows) : rows_(std::move(rows)) {}

  [[nodiscard]] std::shared_ptr<const std::vector<std::uint32_t>> codes_in(
      const std::shared_ptr<const Dictionary>& orders) const {
    const std::lock_guard lock(mutex_);
    for (const Match& match : matches_) {
      if (match.codes != nullptr && match.orders.lock() == orders &&
          match.num_codes == orders->num_codes()) {
        return match.codes;
      }
    }
    const Dictionary& keys = *rows_.columns().orders;
    auto codes = std::make_shared<std::vector<std::uint32_t>>(keys.num_codes());
    if (&keys == orders.get()) {
      std::iota(codes->begin(), codes->end(), 0U);
    } else {
      PollCounter polls;
      for (std::uint32_t code = 1; code < codes->size(); ++code) {
        polls.count();
        (*codes)[code] = orders->find(keys.key(code)).value_or(0);
      }
    }
    matches_[next_] = {.orders = orders, .num_codes = orders->num_codes(), .codes = codes};
    next_ = (next_ + 1) % matches_.size();
    return codes;
  }

  [[nodiscard]] std::vector<std::uint8_t> orders_with(
      const KeyColumn& types, const std::shared_ptr<const Dictionary>& orders) const override {
    const TransactionColumns& columns = rows_.columns();
    require_one_type(orders->type(), columns.orders->type(), "order");
    const Dimension& type = columns.dimensions.front();
    const std::vector<std::uint8_t> is_type = flags_of_types(*type.keys, types);
    const auto codes = codes_in(orders);
    std::vector<std::uint8_t> flags(orders->num_codes());
    for (std::size_t row = 0; row < columns.order.size(); ++row) {
      flags[(*codes)[columns.order[row]]] |= is_type[type.codes[row]];
    }
    flags[Dictionary::kUnknownCode] = 0;  // Orders that only the payments know.
    return flags;
  }

 private:
  /// Keys of a dictionary are only ever added, so its number of codes tells its state.
  struct Match {
    std::weak_ptr<const Dictionary> orders{};
    std::size_t num_codes = 0;
    std::shared_ptr<const std::vector<std::uint32_t>> codes{};
  };

  Transactions rows_;
  mutable std::mutex mutex_{};
  mutable std::array<Match, 4> matches_{};
  mutable std::size_t next_ = 0;
};

Payments::Payments() : Payments(TransactionsBuilder({}, {"payment_type"}).finish()) {}

Payments::Payments(Transactions rows)
    : rows_(std::move(rows)), facts_(std::make_shared<const Facts>(rows_)) {}

std::shared_ptr<const std::vector<std::uint32_t>> Payments::codes_in(
    const std::shared_ptr<const Dictionary>& orders) const {
  return facts_->codes_in(orders);
}

std::shared_ptr<const OrderFacts> Payments::facts() const { return facts_; }

Payments read(ArrowArrayStream& stream, const Mapping& mapping) {
  require(!mapping.payment_type.empty(), ErrorCode::invalid_argument,
          "payments: no column is mapped to payment_type");
  ingest::Mapping facts;
  facts.order = mapping.order;
  facts.amount = mapping.amount;
  facts.source_row = mapping.source_row;
  facts.dimensions = {{.name = "payment_type", .column = mapping.payment_type}};
  if (!mapping.installments.empty()) {
    facts.dimensions.push_back({.name = "installments", .column = mapping.installments});
  }
  facts.rounding = mapping.rounding;
  facts.integer_unit = mapping.integer_unit;
  facts.currency = mapping.currency;
  facts.is_timeless = true;
  Payments payments(ingest::read(stream, facts).transactions);
  require(
      payments.installments() == nullptr || payments.installments()->keys->type() != KeyType::text,
      ErrorCode::schema_mismatch, "payments: numbers of instalments must be integers",
      mapping.installments);
  return payments;
}

PaymentFilter paid_by(const Payments& payments, const KeyColumn& types) {
  static_cast<void>(flags_of_types(payments.type_keys(), types));
  return {.types = types, .payments = payments.facts()};
}

KeyColumn orders_with(const Payments& payments, const KeyColumn& types) {
  const std::vector<std::uint8_t> is_type = flags_of_types(payments.type_keys(), types);
  std::vector<std::uint8_t> is_in(payments.order_keys().num_codes());
  for (std::size_t row = 0; row < payments.num_rows(); ++row) {
    is_in[payments.order()[row]] |= is_type[payments.type()[row]];
  }
  KeyColumn orders;
  for (const std::uint32_t code : payments.order_keys().codes_by_key()) {
    if (is_in[code] != 0) {
      orders.push_back(payments.order_keys().key(code));
    }
  }
  return orders;
}

Metadata ByType::metadata() const {
  return {{"total_paid", format_money(total_paid)},
          {"total_orders", std::to_string(total_orders)},
          {"orders_of_several_types", std::to_string(orders_of_several_types)}};
}

ByType by_type(const Payments& payments) {
  const SortedTypes types(payments.type_keys());
  std::vector<Fact> facts;
  facts.reserve(payments.num_rows());
  for (std::size_t row = 0; row < payments.num_rows(); ++row) {
    facts.push_back({.type = types.places[payments.type()[row]],
                     .order = payments.order()[row],
                     .amount = payments.amount()[row]});
  }
  ByType table;
  static_cast<void>(sum_up(payments, types, std::move(facts), table));
  return table;
}

ByType by_type(const Payments& payments, const CustomerHistory& history,
               const ByTypeOptions& options) {
  require_same_shop(payments, history);
  const HistoryView view(history, options.as_of_us);
  const auto shared_codes = payments.codes_in(history.shared_order_keys());
  const std::vector<std::uint32_t>& codes = *shared_codes;
  const SortedTypes types(payments.type_keys());
  std::vector<Fact> facts;
  for (std::size_t row = 0; row < payments.num_rows(); ++row) {
    const std::uint32_t code = codes[payments.order()[row]];
    if (code != 0 && view.is_counted(code)) {
      const OrderState& order = history.orders()[code];
      facts.push_back(
          {.type = types.places[payments.type()[row]],
           .period = options.period ? period_of(day_of(order.purchase_us), *options.period) : 0,
           .customer = order.customer,
           .order = payments.order()[row],
           .amount = payments.amount()[row]});
    }
  }
  ByType table;
  table.customers.emplace();
  const std::vector<std::int32_t> periods = sum_up(payments, types, std::move(facts), table);
  if (options.period) {
    table.period.emplace();
    table.start.emplace();
    table.partial.emplace();
    for (const std::int32_t number : periods) {
      table.period->push_back(Key(std::string_view(format_period(number, *options.period))));
      table.start->push_back({first_day_of(number, *options.period)});
      const std::int32_t next_day = first_day_of(number + 1, *options.period);
      table.partial->push_back({next_day * kMicrosecondsPerDay > view.as_of_us()});
    }
  }
  return table;
}

Metadata ByInstallments::metadata() const {
  return {{"total_paid", format_money(total_paid)}, {"total_orders", std::to_string(total_orders)}};
}

ByInstallments by_installments(const Payments& payments, const CustomerHistory* history,
                               std::optional<std::int64_t> as_of_us) {
  const Dimension* numbers = payments.installments();
  require(numbers != nullptr, ErrorCode::schema_mismatch,
          "payments: they were read without instalments");
  const SortedTypes sorted(*numbers->keys);
  std::vector<Fact> facts;
  ByType table;
  if (history == nullptr) {
    for (std::size_t row = 0; row < payments.num_rows(); ++row) {
      facts.push_back({.type = sorted.places[numbers->codes[row]],
                       .order = payments.order()[row],
                       .amount = payments.amount()[row]});
    }
  } else {
    require_same_shop(payments, *history);
    const HistoryView view(*history, as_of_us);
    const auto shared_codes = payments.codes_in(history->shared_order_keys());
    const std::vector<std::uint32_t>& codes = *shared_codes;
    for (std::size_t row = 0; row < payments.num_rows(); ++row) {
      const std::uint32_t code = codes[payments.order()[row]];
      if (code != 0 && view.is_counted(code)) {
        facts.push_back({.type = sorted.places[numbers->codes[row]],
                         .customer = history->orders()[code].customer,
                         .order = payments.order()[row],
                         .amount = payments.amount()[row]});
      }
    }
    table.customers.emplace();
  }
  static_cast<void>(sum_up(payments, sorted, std::move(facts), table));
  return {.installments = std::move(table.payment_type),
          .payments = std::move(table.payments),
          .orders = std::move(table.orders),
          .customers = std::move(table.customers),
          .paid = std::move(table.paid),
          .share = std::move(table.share),
          .total_orders = table.total_orders,
          .total_paid = table.total_paid};
}

Metadata RevenueByType::metadata() const {
  Metadata metadata{{"as_of", format_time(as_of_us)},
                    {"total_revenue", format_money(total_revenue)},
                    {"total_orders", std::to_string(total_orders)},
                    {"orders_without_payment", std::to_string(orders_without_payment)},
                    {"revenue_without_payment", format_money(revenue_without_payment)}};
  add_selection(metadata, selection);
  return metadata;
}

RevenueByType revenue_by_type(const Payments& payments, const CustomerHistory& history,
                              std::optional<std::int64_t> as_of_us) {
  require_same_shop(payments, history);
  const HistoryView view(history, as_of_us);
  std::vector<Int128> net(history.orders().size());
  std::vector<std::uint8_t> is_met(net.size());
  view.for_each_line_sum([&](const HistoryView::Sum& line) {
    net[line.order] += line.sum;
    is_met[line.order] = 1;
  });
  RevenueByType table;
  table.as_of_us = view.as_of_us();
  table.selection = history.options().selection;
  Int128 total = 0;
  for (std::uint32_t order = 1; order < net.size(); ++order) {
    total += net[order];
    table.total_orders += view.is_counted(order) ? 1 : 0;
  }
  table.total_revenue = from_int128(total);

  const auto shared_codes = payments.codes_in(history.shared_order_keys());
  const std::vector<std::uint32_t>& codes = *shared_codes;
  const SortedTypes types(payments.type_keys());
  struct Part {
    std::uint32_t order;
    std::uint32_t type;
    Int128 paid;  // Then what it gets.
    Int128 remainder;
  };
  std::vector<Part> parts;
  for (std::size_t row = 0; row < payments.num_rows(); ++row) {
    const std::uint32_t order = codes[payments.order()[row]];
    if (order != 0 && (is_met[order] != 0 || view.is_counted(order))) {
      parts.push_back({.order = order,
                       .type = types.places[payments.type()[row]],
                       .paid = payments.amount()[row],
                       .remainder = 0});
    }
  }
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return a.order != b.order ? a.order < b.order : a.type < b.type;
  });
  std::vector<Int128> revenue(types.codes.size());
  std::vector<std::int64_t> orders(types.codes.size());
  std::vector<std::uint8_t> has_part(types.codes.size());
  Int128 split = 0;
  std::int64_t num_split = 0;
  std::vector<Part> own;
  for (std::size_t first = 0; first < parts.size();) {
    const std::uint32_t order = parts[first].order;
    own.clear();
    Int128 paid = 0;
    for (; first < parts.size() && parts[first].order == order; ++first) {
      if (own.empty() || own.back().type != parts[first].type) {
        own.push_back(parts[first]);
      } else {
        own.back().paid += parts[first].paid;
      }
    }
    std::erase_if(own, [](const Part& part) { return part.paid <= 0; });
    if (own.empty()) {
      continue;
    }
    for (const Part& part : own) {
      paid += part.paid;
    }
    const Int128 whole = net[order] < 0 ? -net[order] : net[order];
    Int128 left = whole;
    for (Part& part : own) {
      Int128 product = 0;
      require(!__builtin_mul_overflow(whole, part.paid, &product), ErrorCode::overflow,
              "payments: money too large to be split");
      part.paid = product / paid;
      part.remainder = product % paid;
      left -= part.paid;
    }
    // Stable: of equal remainders the lesser keys come first.
    std::stable_sort(own.begin(), own.end(),
                     [](const Part& a, const Part& b) { return a.remainder > b.remainder; });
    for (Part& part : own) {
      part.paid += left > 0 ? 1 : 0;
      left -= left > 0 ? 1 : 0;
      revenue[part.type] += net[order] < 0 ? -part.paid : part.paid;
      orders[part.type] += view.is_counted(order) ? 1 : 0;
      has_part[part.type] = 1;
    }
    split += net[order];
    num_split += view.is_counted(order) ? 1 : 0;
  }
  for (std::uint32_t type = 0; type < revenue.size(); ++type) {
    if (has_part[type] == 0) {
      continue;
    }
    table.payment_type.push_back(types.keys->key(types.codes[type]));
    table.orders.push_back(orders[type]);
    table.revenue.push_back(from_int128(revenue[type]));
    if (total > 0) {
      table.share.push_back(ratio(table.revenue.back(), table.total_revenue));
    } else {
      table.share.push_null();
    }
  }
  table.orders_without_payment = table.total_orders - num_split;
  table.revenue_without_payment = from_int128(total - split);
  return table;
}

Metadata Bridge::metadata() const {
  Metadata metadata{{"as_of", format_time(as_of_us)},
                    {"num_lines_ignored", std::to_string(num_lines_ignored)}};
  add_selection(metadata, selection);
  return metadata;
}

Bridge revenue_bridge(const CustomerHistory& history, const Payments* payments,
                      std::optional<std::int64_t> as_of_us) {
  const HistoryView view(history, as_of_us);
  Bridge table;
  table.as_of_us = view.as_of_us();
  table.num_lines_ignored = history.num_lines_from(table.as_of_us);
  table.selection = history.options().selection;

  BridgeBuilder bridge(table);
  Billed billed(history.orders().size());
  for (const auto& [kind, name] : kKindSteps) {
    billed.add_lines(bridge, name, view, kind);
  }
  bridge.add_total("net", billed.num_orders());
  bool has_measure = false;
  for (const std::string_view name : {"tax", "freight"}) {
    const std::vector<std::string>& measures = history.options().measures;
    const auto found = std::find(measures.begin(), measures.end(), name);
    if (found != measures.end()) {
      billed.add_measure(bridge, name, view, static_cast<std::size_t>(found - measures.begin()));
      has_measure = true;
    }
  }
  if (has_measure) {
    bridge.add_total("billed", billed.num_orders());
  }
  if (payments != nullptr) {
    require_same_shop(*payments, history);
    add_paid(bridge, view, billed, *payments);
  }
  return table;
}

}  // namespace ecommerce_analytics::payments
