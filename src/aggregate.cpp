#include "ecommerce_analytics/aggregate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <span>
#include <sstream>
#include <string_view>
#include <utility>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/parallel.hpp"
#include "history_of.hpp"
#include "history_view.hpp"
#include "pair_numbers.hpp"

namespace ecommerce_analytics::aggregate {
namespace {

/// Numbers up to which an array is looked up by them; beyond, a hash table.
constexpr std::uint64_t kMaxDense = std::uint64_t{1} << 22U;
/// Rows below which a second thread costs more than it brings.
constexpr std::size_t kMinRowsPerThread = 50'000;
/// Rows whose numbers stay in the cache of a core while the columns are combined.
constexpr std::size_t kBlock = 8'192;

/// Rows that are summed up, and the days that they may have.
struct Cut {
  std::int64_t as_of_us = 0;
  std::int64_t num_lines_ignored = 0;
  std::vector<std::uint8_t> is_in{};  // By row; empty: all are.

  [[nodiscard]] bool operator[](std::size_t row) const noexcept {
    return is_in.empty() || is_in[row] != 0;
  }
};

std::int64_t resolve_as_of(const Transactions& transactions, std::optional<std::int64_t> as_of_us) {
  require(transactions.num_rows() > 0, ErrorCode::invalid_argument, "aggregate: there is no line");
  const std::int64_t resolved_us = as_of_us.value_or(
      (static_cast<std::int64_t>(day_of(transactions.last_us())) + 1) * kMicrosecondsPerDay);
  require(resolved_us > kFirstCivilDay * kMicrosecondsPerDay &&
              resolved_us <= kEndCivilDay * kMicrosecondsPerDay,
          ErrorCode::invalid_argument, "aggregate: as_of is outside years 1400 to 9999");
  bool is_bought = false;
  for (std::size_t row = 0; row < transactions.num_rows() && !is_bought; ++row) {
    is_bought = transactions.columns().time_us[row] < resolved_us && transactions.is_purchase(row);
  }
  require(is_bought, ErrorCode::invalid_argument, "aggregate: there is no purchase before as_of",
          format_time(resolved_us));
  return resolved_us;
}

/// @param view  Tells which orders are in; null: all are.
Cut cut_of(const Transactions& transactions, std::int64_t as_of_us, const Selection& selection,
           const HistoryView* view, int num_threads) {
  Cut cut{.as_of_us = as_of_us};
  if (as_of_us > transactions.last_us() && selection.is_everything()) {
    return cut;
  }
  const auto microseconds_at = [](const std::optional<std::int32_t>& day, std::int64_t none) {
    return day ? *day * kMicrosecondsPerDay : none;
  };
  const std::int64_t start_us =
      microseconds_at(selection.start_day, std::numeric_limits<std::int64_t>::min());
  const std::int64_t end_us = std::min(as_of_us, microseconds_at(selection.end_day, as_of_us));
  const TransactionColumns& columns = transactions.columns();
  cut.is_in.resize(transactions.num_rows());
  std::vector<std::int64_t> num_ignored(static_cast<std::size_t>(num_threads));
  parallel_for(
      cut.is_in.size(), num_threads, [&](std::size_t part, std::size_t first, std::size_t end) {
        std::int64_t ignored = 0;
        for (std::size_t row = first; row < end; ++row) {
          const std::int64_t time_us = columns.time_us[row];
          ignored += time_us >= as_of_us ? 1 : 0;
          cut.is_in[row] = time_us >= start_us && time_us < end_us &&
                                   (view == nullptr || view->is_selected(columns.order[row]))
                               ? 1
                               : 0;
        }
        num_ignored[part] = ignored;
      });
  cut.num_lines_ignored = std::accumulate(num_ignored.begin(), num_ignored.end(), std::int64_t{0});
  return cut;
}

/// One column of the groups' keys: a code for each line, and the key of each code.
class Factor {
 public:
  static Factor of_dimension(const Transactions& transactions, const std::string& name) {
    Factor factor(transactions);
    factor.dimension_ = transactions.find_dimension(name);
    if (factor.dimension_ != nullptr) {
      factor.num_codes_ = factor.dimension_->keys->num_codes();
      return factor;
    }
    struct Builtin {
      std::string_view name;
      Source source;
      std::size_t num_codes;
    };
    for (const Builtin& builtin :
         {Builtin{.name = "kind", .source = Source::kind, .num_codes = kNumLineKinds},
          Builtin{.name = "weekday", .source = Source::weekday, .num_codes = 7},
          Builtin{.name = "hour", .source = Source::hour, .num_codes = 24}}) {
      if (name == builtin.name) {
        factor.source_ = builtin.source;
        factor.num_codes_ = builtin.num_codes;
        return factor;
      }
    }
    std::string text = "aggregate: there is no such dimension: there are ";
    for (const Dimension& dimension : transactions.columns().dimensions) {
      text += dimension.name + ", ";
    }
    text += "kind, weekday, hour";
    if (name == "payment_type") {
      text +=
          "; an order has several payments, which joined to lines would count money twice: "
          "use payments.by_type";
    }
    throw Error(ErrorCode::schema_mismatch, text,
                {.row = std::nullopt, .column = {}, .value = name});
  }

  static Factor of_period(const Transactions& transactions, Period period) {
    Factor factor(transactions);
    const std::int32_t first_day = day_of(transactions.first_us());
    const std::int32_t last_day = day_of(transactions.last_us());
    factor.source_ = Source::period;
    factor.index_.emplace(first_day, last_day, period);
    factor.first_number_ = (*factor.index_)[first_day];
    factor.num_codes_ =
        static_cast<std::size_t>((*factor.index_)[last_day] - factor.first_number_) + 1;
    return factor;
  }

  [[nodiscard]] std::size_t num_codes() const noexcept { return num_codes_; }

  /// Number of the period with a code; only of a factor of periods.
  [[nodiscard]] std::int32_t period_number(std::uint32_t code) const noexcept {
    return first_number_ + static_cast<std::int32_t>(code);
  }

  [[nodiscard]] Key key(std::uint32_t code) const {
    switch (source_) {
      case Source::dimension:
        return dimension_->keys->key(code);
      case Source::kind:
        return Key(line_kind_name(static_cast<LineKind>(code)));
      case Source::weekday:
        return Key(static_cast<std::int64_t>(code) + 1);
      case Source::hour:
      case Source::period:
        return Key(static_cast<std::int64_t>(code));
    }
    return {};
  }

  /// By code: its place among all codes in increasing order of their keys, unknown last.
  [[nodiscard]] std::vector<std::uint32_t> ranks() const {
    std::vector<std::uint32_t> codes(num_codes_);
    for (std::uint32_t code = 0; code < codes.size(); ++code) {
      codes[code] = code;
    }
    if (source_ == Source::dimension) {
      codes = dimension_->keys->codes_by_key();
      codes.push_back(Dictionary::kUnknownCode);
    } else if (source_ == Source::kind) {
      std::sort(codes.begin(), codes.end(), [&](auto a, auto b) { return key(a) < key(b); });
    }
    std::vector<std::uint32_t> ranks(num_codes_);
    for (std::uint32_t rank = 0; rank < codes.size(); ++rank) {
      ranks[codes[rank]] = rank;
    }
    return ranks;
  }

  /// Calls `visit(row, code)` for the rows [first, last).
  template <class Visit>
  void for_each(std::size_t first, std::size_t last, const Visit& visit) const {
    switch (source_) {
      case Source::dimension: {
        const std::uint32_t* codes = dimension_->codes.data();
        for (std::size_t row = first; row < last; ++row) {
          visit(row, codes[row]);
        }
        return;
      }
      case Source::kind:
        for (std::size_t row = first; row < last; ++row) {
          visit(row, static_cast<std::uint32_t>(columns_->kind[row]));
        }
        return;
      case Source::weekday:  // 1970-01-01 was a Thursday.
        return for_each_day(first, last, visit, [](std::int32_t day) {
          return static_cast<std::uint32_t>((day % 7 + 7 + 3) % 7);
        });
      case Source::hour:
        for (std::size_t row = first; row < last; ++row) {
          const std::int64_t time_us = columns_->time_us[row];
          visit(row, static_cast<std::uint32_t>((time_us - day_of(time_us) * kMicrosecondsPerDay) /
                                                (kMicrosecondsPerDay / 24)));
        }
        return;
      case Source::period:
        return for_each_day(first, last, visit, [this](std::int32_t day) {
          return static_cast<std::uint32_t>((*index_)[day] - first_number_);
        });
    }
  }

  [[nodiscard]] std::uint32_t code_at(std::size_t row) const {
    std::uint32_t found = 0;
    for_each(row, row + 1, [&](std::size_t, std::uint32_t code) { found = code; });
    return found;
  }

 private:
  enum class Source : std::uint8_t { dimension, kind, weekday, hour, period };

  explicit Factor(const Transactions& transactions) : columns_(&transactions.columns()) {}

  template <class Visit, class CodeOf>
  void for_each_day(std::size_t first, std::size_t last, const Visit& visit,
                    const CodeOf& code_of) const {
    for (std::size_t row = first; row < last; ++row) {
      visit(row, code_of(day_of(columns_->time_us[row])));
    }
  }

  const TransactionColumns* columns_;
  Source source_ = Source::dimension;
  const Dimension* dimension_ = nullptr;
  std::optional<PeriodIndex> index_{};
  std::int32_t first_number_ = 0;
  std::size_t num_codes_ = 0;
};

/// The group of each row, and a row of each group.
struct Grouping {
  std::vector<std::uint32_t> group{};      // By row; of no meaning where a row is left out.
  std::vector<std::uint32_t> first_row{};  // By group.
};

/// Numbers the groups by the rows that are in; the numbers have no order that means anything.
Grouping group_rows(const std::vector<Factor>& factors, std::size_t num_rows, const Cut& cut,
                    int num_threads) {
  Grouping grouping{.group = std::vector<std::uint32_t>(num_rows), .first_row = {}};
  std::vector<std::uint32_t>& numbers = grouping.group;
  std::uint64_t num_numbers = 1;
  PollCounter polls;
  const auto renumber = [&] {
    constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
    std::vector<std::uint32_t> dense(num_numbers, kNone);
    grouping.first_row.clear();
    for (std::size_t row = 0; row < num_rows; ++row) {
      polls.count();
      if (!cut[row]) {
        numbers[row] = 0;
        continue;
      }
      std::uint32_t& number = dense[numbers[row]];
      if (number == kNone) {
        number = static_cast<std::uint32_t>(grouping.first_row.size());
        grouping.first_row.push_back(static_cast<std::uint32_t>(row));
      }
      numbers[row] = number;
    }
    num_numbers = std::max<std::uint64_t>(1, grouping.first_row.size());
  };

  std::size_t next = 0;
  while (next < factors.size()) {
    // As many factors at once as fit: a mixed radix of their codes.
    const std::size_t first_factor = next;
    while (next < factors.size() && num_numbers * factors[next].num_codes() <= kMaxDense) {
      num_numbers *= factors[next++].num_codes();
    }
    if (next > first_factor) {
      parallel_for(num_rows, num_threads, [&](std::size_t, std::size_t first, std::size_t end) {
        for (std::size_t block = first; block < end; block += kBlock) {
          poll_interrupt();
          for (std::size_t factor = first_factor; factor < next; ++factor) {
            const auto radix = static_cast<std::uint32_t>(factors[factor].num_codes());
            factors[factor].for_each(block, std::min(block + kBlock, end),
                                     [&](std::size_t row, std::uint32_t code) {
                                       numbers[row] = numbers[row] * radix + code;
                                     });
          }
        }
      });
    } else {
      PairNumbers pairs;
      factors[next].for_each(0, num_rows, [&](std::size_t row, std::uint32_t code) {
        polls.count();
        numbers[row] = cut[row] ? pairs.number_of(numbers[row], code) : 0;
      });
      num_numbers = std::max<std::uint64_t>(1, pairs.num_pairs());
      ++next;
    }
    renumber();
  }
  if (factors.empty()) {
    renumber();
  }
  return grouping;
}

/// What is added up of the lines of each group.
struct Sums {
  struct Group {
    Int128 revenue = 0;
    Int128 quantity = 0;
    std::int64_t lines = 0;
  };
  std::vector<Group> groups{};
  std::vector<std::vector<Int128>> measures{};
};

Sums add_up(const Transactions& transactions, const Grouping& grouping, const Cut& cut,
            const std::vector<const Measure*>& measures) {
  const TransactionColumns& columns = transactions.columns();
  Sums sums{.groups = std::vector<Sums::Group>(grouping.first_row.size()), .measures = {}};
  const bool has_quantity = !columns.quantity.empty();
  PollCounter polls;
  for (std::size_t row = 0; row < grouping.group.size(); ++row) {
    polls.count();
    if (!cut[row]) {
      continue;
    }
    Sums::Group& group = sums.groups[grouping.group[row]];
    // Fits: a sum of 64-bit amounts needs more than 10^19 of them to leave 38 digits.
    group.revenue += columns.amount[row];
    ++group.lines;
    if (has_quantity && columns.kind[row] == LineKind::sale) {
      group.quantity += columns.quantity[row];
    }
  }
  for (const Measure* measure : measures) {
    std::vector<Int128>& added = sums.measures.emplace_back(grouping.first_row.size());
    for (std::size_t row = 0; row < grouping.group.size(); ++row) {
      polls.count();
      if (cut[row]) {
        added[grouping.group[row]] += measure->values[row];
      }
    }
  }
  return sums;
}

/// Distinct orders with a purchase line in each group, and their distinct known customers.
struct Distinct {
  std::vector<std::int64_t> orders{};
  std::vector<std::int64_t> customers{};
  std::int64_t total_orders = 0;
  std::int64_t total_customers = 0;
};

/// Calls `visit(order, group)` for each purchase line, those of one order one after another.
template <class Visit>
void for_each_purchase_by_order(const Transactions& transactions, const Grouping& grouping,
                                const Cut& cut, const Visit& visit) {
  const std::vector<std::uint32_t>& orders = transactions.columns().order;
  const auto is_met = [&](std::size_t row) { return cut[row] && transactions.is_purchase(row); };
  if (std::is_sorted(orders.begin(), orders.end())) {  // Codes of a table whose orders are whole.
    for (std::size_t row = 0; row < orders.size(); ++row) {
      if (is_met(row)) {
        visit(orders[row], grouping.group[row]);
      }
    }
    return;
  }
  std::vector<std::uint32_t> next(transactions.columns().orders->num_codes() + 1);
  PollCounter polls;
  for (std::size_t row = 0; row < orders.size(); ++row) {
    polls.count();
    next[orders[row] + 1] += is_met(row) ? 1 : 0;
  }
  for (std::size_t order = 1; order < next.size(); ++order) {
    next[order] += next[order - 1];
  }
  std::vector<std::uint32_t> groups(next.back());
  for (std::size_t row = 0; row < orders.size(); ++row) {
    polls.count();
    if (is_met(row)) {
      groups[next[orders[row]]++] = grouping.group[row];
    }
  }
  std::uint32_t at = 0;
  for (std::uint32_t order = 0; order + 1 < next.size(); ++order) {
    for (; at < next[order]; ++at) {
      visit(order, groups[at]);
    }
  }
}

Distinct count_distinct(const Transactions& transactions, const Grouping& grouping,
                        const Cut& cut) {
  const TransactionColumns& columns = transactions.columns();
  struct Counter {
    std::int64_t count = 0;
    std::uint32_t last = 0;  // Whom it counted last: neighbours are one. No code that counts is 0.

    bool add(std::uint32_t code) noexcept {
      const bool is_new = last != code;
      last = code;
      count += is_new ? 1 : 0;
      return is_new;
    }
  };
  const std::size_t num_groups = grouping.first_row.size();
  struct Bought {
    std::uint32_t customer;
    std::uint32_t group;
  };
  std::vector<Bought> bought;
  bought.reserve(columns.order.size());
  std::vector<std::uint32_t> next(columns.customers->num_codes() + 1);
  std::vector<Counter> counters(num_groups);
  Counter orders;
  PollCounter polls;
  for_each_purchase_by_order(transactions, grouping, cut,
                             [&](std::uint32_t order, std::uint32_t group) {
                               polls.count();
                               orders.add(order);
                               if (counters[group].add(order)) {
                                 const std::uint32_t customer = columns.order_customer[order];
                                 if (customer != Dictionary::kUnknownCode) {
                                   bought.push_back({.customer = customer, .group = group});
                                   ++next[customer + 1];
                                 }
                               }
                             });
  Distinct distinct{.total_orders = orders.count};
  for (std::size_t customer = 1; customer < next.size(); ++customer) {
    distinct.total_customers += next[customer] > 0 ? 1 : 0;
    next[customer] += next[customer - 1];
  }
  std::vector<std::uint32_t> groups(bought.size());
  for (const Bought& one : bought) {
    polls.count();
    groups[next[one.customer]++] = one.group;
  }
  for (const Counter& counter : counters) {
    distinct.orders.push_back(counter.count);
  }
  counters.assign(num_groups, {});
  std::uint32_t at = 0;
  for (std::uint32_t customer = 1; customer + 1 < next.size(); ++customer) {
    for (; at < next[customer]; ++at) {
      polls.count();
      counters[groups[at]].add(customer);
    }
  }
  for (const Counter& counter : counters) {
    distinct.customers.push_back(counter.count);
  }
  return distinct;
}

/// Codes of each group, one for each factor.
using Codes = std::array<std::uint32_t, Options::kMaxDimensions + 1>;

/// The groups in the order of their keys, with their codes.
std::vector<std::pair<std::uint32_t, Codes>> sorted_groups(const std::vector<Factor>& factors,
                                                           const Grouping& grouping) {
  std::vector<std::vector<std::uint32_t>> ranks;
  ranks.reserve(factors.size());
  for (const Factor& factor : factors) {
    ranks.push_back(factor.ranks());
  }
  struct Ranked {
    UInt128 rank;
    std::uint32_t group;
  };
  std::vector<Ranked> ranked;
  std::vector<Codes> codes(grouping.first_row.size());
  PollCounter polls;
  for (std::uint32_t group = 0; group < grouping.first_row.size(); ++group) {
    polls.count();
    UInt128 rank = 0;
    for (std::size_t factor = 0; factor < factors.size(); ++factor) {
      codes[group][factor] = factors[factor].code_at(grouping.first_row[group]);
      rank = (rank << 32U) | ranks[factor][codes[group][factor]];
    }
    ranked.push_back({.rank = rank, .group = group});
  }
  std::sort(ranked.begin(), ranked.end(), [&polls](const Ranked& a, const Ranked& b) {
    polls.count();
    return a.rank < b.rank;
  });
  std::vector<std::pair<std::uint32_t, Codes>> sorted;
  sorted.reserve(ranked.size());
  for (const Ranked& one : ranked) {
    sorted.emplace_back(one.group, codes[one.group]);
  }
  return sorted;
}

void require_names(const Options& options, bool has_quantity) {
  require(options.by.size() <= Options::kMaxDimensions, ErrorCode::invalid_argument,
          "aggregate: more than three dimensions", std::to_string(options.by.size()));
  std::set<std::string_view> names{"lines", "orders", "customers", "revenue",
                                   "average_order_value"};
  if (options.period) {
    names.insert({"period", "start", "partial"});
  }
  if (has_quantity) {
    names.insert("quantity");
  }
  for (const std::vector<std::string>* told : {&options.by, &options.measures}) {
    for (const std::string& name : *told) {
      require(names.insert(name).second, ErrorCode::invalid_argument,
              "aggregate: two columns of one name", name);
    }
  }
}

}  // namespace

Metadata Groups::metadata() const {
  Metadata metadata{
      {"as_of", format_time(as_of_us)},
      {"total_lines", std::to_string(total_lines)},
      {"total_orders", std::to_string(total_orders)},
      {"total_customers", std::to_string(total_customers)},
      {"total_revenue", format_money(total_revenue)},
      {"customers_are", "distinct in each group; one who bought in two is counted in both"},
      {"num_lines_ignored", std::to_string(num_lines_ignored)}};
  add_selection(metadata, selection);
  return metadata;
}

namespace {

int useful_threads(const Transactions& transactions, const Options& options) {
  return static_cast<int>(
      std::min(static_cast<std::size_t>(resolve_num_threads(options.num_threads)),
               std::max<std::size_t>(1, transactions.num_rows() / kMinRowsPerThread)));
}

/// What is summed up, checked before a line is read.
struct Plan {
  std::vector<const Measure*> measures{};
  std::vector<Factor> factors{};  // Of the dimensions.
};

Plan plan_of(const Transactions& transactions, const Options& options) {
  require_names(options, !transactions.columns().quantity.empty());
  require(transactions.num_rows() < std::numeric_limits<std::uint32_t>::max(),
          ErrorCode::invalid_argument, "aggregate: too many lines",
          std::to_string(transactions.num_rows()));
  Plan plan;
  for (const std::string& name : options.measures) {
    plan.measures.push_back(transactions.find_measure(name));
    require(plan.measures.back() != nullptr, ErrorCode::schema_mismatch,
            "aggregate: the table has no such measure", name);
  }
  for (const std::string& name : options.by) {
    plan.factors.push_back(Factor::of_dimension(transactions, name));
  }
  return plan;
}

Groups sum_up(const Transactions& transactions, const Options& options, Plan plan, const Cut& cut,
              const Selection& selection) {
  Groups table{.by = options.by,
               .has_period = options.period.has_value(),
               .has_quantity = !transactions.columns().quantity.empty(),
               .measures = options.measures,
               .as_of_us = cut.as_of_us,
               .num_lines_ignored = cut.num_lines_ignored,
               .selection = selection};
  const std::vector<const Measure*>& measures = plan.measures;
  std::vector<Factor>& factors = plan.factors;
  const int num_threads = useful_threads(transactions, options);
  if (options.period) {
    factors.push_back(Factor::of_period(transactions, *options.period));
  }

  const Grouping grouping = group_rows(factors, transactions.num_rows(), cut, num_threads);
  Sums sums;
  Distinct distinct;
  const auto count = [&] { distinct = count_distinct(transactions, grouping, cut); };
  const auto sum = [&] { sums = add_up(transactions, grouping, cut, measures); };
  parallel_for(2, std::min(num_threads, 2), [&](std::size_t, std::size_t first, std::size_t end) {
    for (std::size_t task = first; task < end; ++task) {
      task == 0 ? count() : sum();
    }
  });
  table.total_orders = distinct.total_orders;
  table.total_customers = distinct.total_customers;

  table.keys.resize(options.by.size());
  table.sums.resize(measures.size());
  std::vector<std::string> labels(options.period ? factors.back().num_codes() : 0);
  PollCounter polls;
  for (const auto& [group, codes] : sorted_groups(factors, grouping)) {
    polls.count();
    for (std::size_t i = 0; i < options.by.size(); ++i) {
      table.keys[i].push_back(factors[i].key(codes[i]));
    }
    if (options.period) {
      const std::uint32_t code = codes[options.by.size()];
      const std::int32_t number = factors.back().period_number(code);
      if (labels[code].empty()) {
        labels[code] = format_period(number, *options.period);
      }
      table.period.push_back(Key(labels[code]));
      table.start.push_back({first_day_of(number, *options.period)});
      table.partial.push_back(
          {first_day_of(number + 1, *options.period) * kMicrosecondsPerDay > table.as_of_us});
    }
    const Money128 revenue = from_int128(sums.groups[group].revenue);
    table.lines.push_back(sums.groups[group].lines);
    table.orders.push_back(distinct.orders[group]);
    table.customers.push_back(distinct.customers[group]);
    table.revenue.push_back(revenue);
    if (table.has_quantity) {
      table.quantity.push_back(from_int128(sums.groups[group].quantity));
    }
    for (std::size_t i = 0; i < measures.size(); ++i) {
      table.sums[i].push_back(from_int128(sums.measures[i][group]));
    }
    if (distinct.orders[group] > 0) {
      table.average_order_value.push_back(mean_money(revenue, distinct.orders[group]));
    } else {
      table.average_order_value.push_null();
    }
    table.total_lines += sums.groups[group].lines;
    table.total_revenue = add(table.total_revenue, revenue);
  }
  return table;
}

}  // namespace

Groups group_by(const Transactions& transactions, const Options& options,
                const Selection& selection) {
  Plan plan = plan_of(transactions, options);
  validate(selection);
  const std::int64_t as_of_us = resolve_as_of(transactions, options.as_of_us);
  const int num_threads = useful_threads(transactions, options);
  if (selection.is_window()) {
    const Cut cut = cut_of(transactions, as_of_us, selection, nullptr, num_threads);
    return sum_up(transactions, options, std::move(plan), cut, selection);
  }
  const CustomerHistory history = history_of(
      transactions, options.num_threads, {.as_of_us = options.as_of_us, .selection = selection});
  const HistoryView view(history, options.as_of_us);
  const Cut cut = cut_of(transactions, as_of_us, selection, &view, num_threads);
  return sum_up(transactions, options, std::move(plan), cut, selection);
}

Groups group_by(const Transactions& transactions, const CustomerHistory& orders,
                const Options& options) {
  Plan plan = plan_of(transactions, options);
  require(&orders.order_keys() == transactions.columns().orders.get(), ErrorCode::invalid_argument,
          "aggregate: orders must be a history of this table and of no other");
  const HistoryView view(orders, options.as_of_us);
  const Selection& selection = orders.options().selection;
  const Cut cut = cut_of(transactions, view.as_of_us(), selection, &view,
                         useful_threads(transactions, options));
  return sum_up(transactions, options, std::move(plan), cut, selection);
}

namespace {

/// Rows of groups that agree in all keys but the last `num_apart` ones, and in the period.
struct Blocks {
  std::vector<std::size_t> block_of{};   // By row.
  std::vector<std::size_t> first_row{};  // By block, in increasing order of keys, then period.
};

Blocks blocks_of(const Groups& groups, std::size_t num_apart) {
  const std::size_t num_shared = groups.keys.size() - num_apart;
  const auto precedes = [&](std::size_t a, std::size_t b) {
    for (std::size_t i = 0; i < num_shared; ++i) {
      const auto order = groups.keys[i][a] <=> groups.keys[i][b];
      if (order != 0) {
        return order < 0;
      }
    }
    return groups.has_period && groups.start[a].day < groups.start[b].day;
  };
  std::vector<std::size_t> rows(groups.num_rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::stable_sort(rows.begin(), rows.end(), precedes);
  Blocks blocks{.block_of = std::vector<std::size_t>(rows.size()), .first_row = {}};
  for (const std::size_t row : rows) {
    if (blocks.first_row.empty() || precedes(blocks.first_row.back(), row)) {
      blocks.first_row.push_back(row);
    }
    blocks.block_of[row] = blocks.first_row.size() - 1;
  }
  return blocks;
}

/// Copies the keys but the last one and the period of the first row of each block.
template <class Table>
void copy_blocks(const Groups& groups, const Blocks& blocks, Table& table) {
  table.by.assign(groups.by.begin(), groups.by.end() - 1);
  table.keys.resize(table.by.size());
  table.has_period = groups.has_period;
  table.groups_metadata = groups.metadata();
  for (const std::size_t row : blocks.first_row) {
    for (std::size_t i = 0; i < table.keys.size(); ++i) {
      table.keys[i].push_back(groups.keys[i][row]);
    }
    if (groups.has_period) {
      table.period.push_back(groups.period[row]);
      table.start.push_back(groups.start[row]);
      table.partial.push_back(groups.partial[row]);
    }
  }
}

void require_last_key(const Groups& groups, const char* text) {
  require(!groups.keys.empty(), ErrorCode::invalid_argument, text);
}

/// Appends `numerator / denominator`, or null unless the latter is positive.
void push_quotient(Nullable<double>& column, Int128 numerator, Int128 denominator) {
  if (denominator > 0) {
    column.push_back(nearest_quotient(numerator, denominator));
  } else {
    column.push_null();
  }
}

/// The rows of the groups in the order of `rows`.
Groups taken(const Groups& groups, const std::vector<std::size_t>& rows) {
  Groups table = groups;
  const auto take = [&](auto& column) {
    const auto before = std::exchange(column, {});
    for (const std::size_t row : rows) {
      column.push_back(before[row]);
    }
  };
  for (KeyColumn& keys : table.keys) {
    take(keys);
  }
  take(table.lines);
  take(table.orders);
  take(table.customers);
  take(table.revenue);
  if (table.has_quantity) {
    take(table.quantity);
  }
  for (std::vector<Money128>& sums : table.sums) {
    take(sums);
  }
  table.average_order_value = {};
  for (const std::size_t row : rows) {
    table.average_order_value.values.push_back(groups.average_order_value.values[row]);
    table.average_order_value.is_valid.push_back(groups.average_order_value.is_valid[row]);
  }
  return table;
}

/// The least sum that is no less than a share, to the nearest millionth, of `total` > 0.
Int128 reached_at(Int128 total, double cut) {
  constexpr std::int64_t kMillion = 1'000'000;
  const std::int64_t millionths = std::llround(cut * static_cast<double>(kMillion));
  // In two parts: the product with the whole total may leave 127 bits.
  return total / kMillion * millionths + (total % kMillion * millionths + kMillion - 1) / kMillion;
}

std::string as_list(const auto& values) {
  std::string text;
  for (const auto& value : values) {
    std::ostringstream written;
    written << value;
    text += (text.empty() ? "[" : ", ") + written.str();
  }
  return text + "]";
}

}  // namespace

Metadata AbcClasses::metadata() const {
  Metadata metadata = groups.metadata();
  metadata.emplace_back("abc_cuts", as_list(cuts));
  metadata.emplace_back("abc_sizes", as_list(sizes));
  return metadata;
}

AbcClasses abc_classes(const Groups& groups, const AbcOptions& options) {
  require(options.cuts.size() == 2 && options.cuts[0] > 0.0 && options.cuts[0] < options.cuts[1] &&
              options.cuts[1] < 1.0,
          ErrorCode::invalid_argument, "aggregate: cuts must be two that increase within (0, 1)",
          as_list(options.cuts));
  require(!groups.has_period, ErrorCode::invalid_argument,
          "aggregate: classes need groups without a period");
  std::vector<std::size_t> rows(groups.num_rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    return groups.revenue[a] > groups.revenue[b];
  });
  AbcClasses table{.groups = taken(groups, rows), .cuts = options.cuts, .sizes = {0, 0, 0}};
  const std::vector<Money128>& revenue = table.groups.revenue;
  const Int128 total = to_int128(groups.total_revenue);
  std::array<Int128, 2> ends{};
  if (total > 0) {
    ends = {reached_at(total, options.cuts[0]), reached_at(total, options.cuts[1])};
  }
  Int128 better = 0;
  for (std::size_t first = 0; first < revenue.size();) {
    const Int128 money = to_int128(revenue[first]);
    std::size_t next = first;
    while (next < revenue.size() && revenue[next] == revenue[first]) {
      ++next;
    }
    const Int128 reached = better + money * static_cast<Int128>(next - first);
    const std::size_t abc = money <= 0 || better >= ends[1] ? 2 : (better >= ends[0] ? 1 : 0);
    for (std::size_t row = first; row < next; ++row) {
      table.rank.push_back(static_cast<std::int64_t>(first) + 1);
      push_quotient(table.share, money, total);
      push_quotient(table.cumulative_share, reached, total);
      table.abc_class.push_back(total > 0 ? std::string_view("ABC").substr(abc, 1) : "");
      table.sizes[abc] += total > 0 ? 1 : 0;
    }
    better = reached;
    first = next;
  }
  return table;
}

Parts parts(const Groups& groups) {
  require_last_key(groups, "aggregate: parts need groups by kind as the last dimension");
  require(groups.by.back() == "kind", ErrorCode::invalid_argument,
          "aggregate: parts need groups by kind as the last dimension", groups.by.back());
  const Blocks blocks = blocks_of(groups, 1);
  const std::size_t num_blocks = blocks.first_row.size();
  Parts table;
  copy_blocks(groups, blocks, table);
  table.has_quantity = groups.has_quantity;
  table.measures = groups.measures;
  std::array<std::vector<Int128>, kNumLineKinds> money;
  money.fill(std::vector<Int128>(num_blocks));
  std::vector<Int128> net(num_blocks);
  std::vector<Int128> quantity(num_blocks);
  std::vector<std::vector<Int128>> sums(groups.sums.size(), std::vector<Int128>(num_blocks));
  table.sale_lines.resize(num_blocks);
  table.refund_lines.resize(num_blocks);
  for (std::size_t row = 0; row < groups.num_rows(); ++row) {
    const std::size_t block = blocks.block_of[row];
    const Key key = groups.keys.back()[row];
    const std::optional<LineKind> kind = parse_line_kind(key.text);
    require(kind.has_value(), ErrorCode::invalid_argument,
            "aggregate: a dimension of the table is called kind, and holds no kinds of line",
            to_string(key));
    const Int128 revenue = to_int128(groups.revenue[row]);
    money[static_cast<std::size_t>(*kind)][block] += revenue;
    net[block] += revenue;
    if (*kind == LineKind::sale) {
      table.sale_lines[block] += groups.lines[row];
    } else if (*kind == LineKind::refund) {
      table.refund_lines[block] += groups.lines[row];
    }
    if (groups.has_quantity) {
      quantity[block] += to_int128(groups.quantity[row]);
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i][block] += to_int128(groups.sums[i][row]);
    }
  }
  const auto as_money = [](const std::vector<Int128>& values) {
    std::vector<Money128> column;
    column.reserve(values.size());
    for (const Int128 value : values) {
      column.push_back(from_int128(value));
    }
    return column;
  };
  const auto of_kind = [&](LineKind kind) -> const std::vector<Int128>& {
    return money[static_cast<std::size_t>(kind)];
  };
  const std::vector<Int128>& gross = of_kind(LineKind::sale);
  table.revenue_gross = as_money(gross);
  table.revenue_discount = as_money(of_kind(LineKind::discount));
  table.revenue_refunds = as_money(of_kind(LineKind::refund));
  table.revenue_shipping = as_money(of_kind(LineKind::shipping));
  table.revenue_fees = as_money(of_kind(LineKind::fee));
  table.revenue_adjustments = as_money(of_kind(LineKind::adjustment));
  table.revenue_net = as_money(net);
  if (groups.has_quantity) {
    table.quantity = as_money(quantity);
  }
  for (std::size_t block = 0; block < num_blocks; ++block) {
    push_quotient(table.return_rate_money, -of_kind(LineKind::refund)[block], gross[block]);
    push_quotient(table.return_rate_lines, table.refund_lines[block], table.sale_lines[block]);
    push_quotient(table.discount_share, -of_kind(LineKind::discount)[block], gross[block]);
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    table.sums.push_back(as_money(sums[i]));
    if (groups.measures[i] == "freight") {
      table.freight_share.emplace();
      for (std::size_t block = 0; block < num_blocks; ++block) {
        const Int128 billed = net[block] + sums[i][block];
        push_quotient(*table.freight_share, sums[i][block], billed);
      }
    } else if (groups.measures[i] == "cost") {
      table.margin.emplace();
      table.margin_share.emplace();
      for (std::size_t block = 0; block < num_blocks; ++block) {
        const Int128 margin = net[block] - sums[i][block];
        table.margin->push_back(from_int128(margin));
        push_quotient(*table.margin_share, margin, net[block]);
      }
    }
  }
  std::set<std::string_view> names;
  table.for_each_column([&](const char* name, const auto& column) {
    if constexpr (requires { column.has_value(); }) {
      if (!column.has_value()) {
        return;
      }
    }
    require(names.insert(name).second, ErrorCode::invalid_argument,
            "aggregate: two columns of one name", name);
  });
  return table;
}

Metadata KeyMeans::metadata() const {
  Metadata metadata = groups_metadata;
  metadata.emplace_back("mean_of", of);
  return metadata;
}

KeyMeans mean_of_key(const Groups& groups) {
  require_last_key(groups, "aggregate: a mean needs groups by a dimension");
  const KeyColumn& values = groups.keys.back();
  require(values.type() != KeyType::text, ErrorCode::invalid_argument,
          "aggregate: a mean needs integer keys", groups.by.back());
  const Blocks blocks = blocks_of(groups, 1);
  KeyMeans table;
  copy_blocks(groups, blocks, table);
  table.of = groups.by.back();
  table.known_orders.resize(blocks.first_row.size());
  table.unknown_orders.resize(blocks.first_row.size());
  std::vector<Int128> sums(blocks.first_row.size());
  for (std::size_t row = 0; row < groups.num_rows(); ++row) {
    const std::size_t block = blocks.block_of[row];
    const Key key = values[row];
    if (key.is_unknown()) {
      table.unknown_orders[block] += groups.orders[row];
    } else {
      table.known_orders[block] += groups.orders[row];
      sums[block] += static_cast<Int128>(key.integer) * groups.orders[row];
    }
  }
  for (std::size_t block = 0; block < sums.size(); ++block) {
    push_quotient(table.mean, sums[block], table.known_orders[block]);
  }
  return table;
}

KeyShares shares_of_key(const Groups& groups) {
  require_last_key(groups, "aggregate: shares need groups by a dimension");
  const Blocks blocks = blocks_of(groups, 1);
  std::vector<std::int64_t> known(blocks.first_row.size());
  const auto is_known = [&](std::size_t row) { return !groups.keys.back()[row].is_unknown(); };
  for (std::size_t row = 0; row < groups.num_rows(); ++row) {
    known[blocks.block_of[row]] += is_known(row) ? groups.orders[row] : 0;
  }
  KeyShares table{.groups = groups};
  for (std::size_t row = 0; row < groups.num_rows(); ++row) {
    push_quotient(table.share, groups.orders[row], is_known(row) ? known[blocks.block_of[row]] : 0);
  }
  return table;
}

}  // namespace ecommerce_analytics::aggregate
