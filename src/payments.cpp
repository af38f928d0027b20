#include "ecommerce_analytics/payments.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "history_of.hpp"
#include "history_view.hpp"

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

void require_same_shop(const Payments& payments, const CustomerHistory& history) {
  const KeyType ours = history.order_keys().type();
  const KeyType theirs = payments.order_keys().type();
  require(ours == theirs || ours == KeyType::none || theirs == KeyType::none,
          ErrorCode::schema_mismatch, "payments: integer and text keys for one thing", "order");
  require(payments.currency().empty() || history.currency().empty() ||
              payments.currency() == history.currency(),
          ErrorCode::schema_mismatch, "payments: two currencies",
          payments.currency() + ", " + history.currency());
}

/// Codes of the history for the codes of the payments; 0: the history has no such order.
std::vector<std::uint32_t> codes_in(const CustomerHistory& history, const Payments& payments) {
  std::vector<std::uint32_t> codes(payments.order_keys().num_codes());
  for (std::uint32_t code = 1; code < codes.size(); ++code) {
    codes[code] = history.order_keys().find(payments.order_keys().key(code)).value_or(0);
  }
  return codes;
}

/// One payment, as it is summed up; order and customer by codes that tell them apart.
struct Fact {
  std::uint32_t type = 0;   // Place among the sorted keys.
  std::int32_t period = 0;  // Number, or 0 where none is asked for.
  std::uint32_t customer = 0;
  std::uint32_t order = 0;  // Code of the payments.
  std::int64_t amount = 0;
  auto operator<=>(const Fact&) const = default;
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

/// Fills all but the names of the periods, whose numbers it returns by row.
std::vector<std::int32_t> sum_up(const Payments& payments, const SortedTypes& types,
                                 std::vector<Fact> facts, ByType& table) {
  std::sort(facts.begin(), facts.end());
  std::vector<std::uint8_t> num_types_of_order(payments.order_keys().num_codes());
  std::vector<std::int32_t> periods;
  Int128 total = 0;
  for (std::size_t first = 0; first < facts.size();) {
    const Fact& group = facts[first];
    std::int64_t orders = 0;
    std::int64_t customers = 0;
    Int128 paid = 0;
    std::size_t next = first;
    for (; next < facts.size() && facts[next].type == group.type &&
           facts[next].period == group.period;
         ++next) {
      const Fact& fact = facts[next];
      paid += fact.amount;
      const bool is_new_customer = next == first || facts[next - 1].customer != fact.customer;
      customers += is_new_customer && fact.customer != Dictionary::kUnknownCode ? 1 : 0;
      if (is_new_customer || facts[next - 1].order != fact.order) {
        ++orders;
        std::uint8_t& count = num_types_of_order[fact.order];
        table.total_orders += count == 0 ? 1 : 0;
        table.orders_of_several_types += count == 1 ? 1 : 0;
        count = std::min<std::uint8_t>(2, static_cast<std::uint8_t>(count + 1));
      }
    }
    table.payment_type.push_back(types.keys->key(types.codes[group.type]));
    table.payments.push_back(static_cast<std::int64_t>(next - first));
    table.orders.push_back(orders);
    table.paid.push_back(from_int128(paid));
    if (table.customers) {
      table.customers->push_back(customers);
    }
    periods.push_back(group.period);
    total += paid;
    first = next;
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
  const std::vector<std::uint32_t> codes = codes_in(history, payments);
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
  Payments payments;
  payments.rows_ = ingest::read(stream, facts).transactions;
  require(
      payments.installments() == nullptr || payments.installments()->keys->type() != KeyType::text,
      ErrorCode::schema_mismatch, "payments: numbers of instalments must be integers",
      mapping.installments);
  return payments;
}

KeyColumn orders_with(const Payments& payments, const KeyColumn& types) {
  const Dictionary& keys = payments.type_keys();
  require(
      types.type() == keys.type() || types.type() == KeyType::none || keys.type() == KeyType::none,
      ErrorCode::schema_mismatch, "payments: integer and text keys for one thing", "payment_type");
  std::vector<std::uint8_t> is_type(keys.num_codes());
  for (std::size_t row = 0; row < types.size(); ++row) {
    const std::optional<std::uint32_t> code = keys.find(types[row]);
    require(code.has_value(), ErrorCode::invalid_argument, "payments: no payment of this type",
            to_string(types[row]));
    is_type[*code] = 1;
  }
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
  const std::vector<std::uint32_t> codes = codes_in(history, payments);
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
    const std::vector<std::uint32_t> codes = codes_in(*history, payments);
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

  const std::vector<std::uint32_t> codes = codes_in(history, payments);
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
