#include "ecommerce_analytics/geo_aggregate.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/int128.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "gini.hpp"
#include "history_of.hpp"
#include "history_view.hpp"
#include "pair_numbers.hpp"

namespace ecommerce_analytics::geo_aggregate {
namespace {

constexpr std::size_t kMaxLevels = 8;
/// Cells up to which an array finds them; beyond, a hash table.
constexpr std::uint64_t kMaxDense = std::uint64_t{1} << 22U;

/// Which columns of the history the options name; nothing where a default is not there.
struct Kept {
  std::optional<std::size_t> freight{};
  std::optional<std::size_t> late{};
};

DimensionFilter mark_of(const DimensionKey& late) {
  DimensionFilter mark{.dimension = late.dimension, .keys = {}};
  mark.keys.push_back(Key(late.key));
  return mark;
}

Kept kept_of(const HistoryOptions& history, const Options& options) {
  Kept kept;
  const auto measure = std::find(history.measures.begin(), history.measures.end(), options.freight);
  if (measure != history.measures.end()) {
    kept.freight = static_cast<std::size_t>(measure - history.measures.begin());
  }
  require(kept.freight || options.freight.empty() || options.freight == Options{}.freight,
          ErrorCode::invalid_argument, "geo_aggregate: the history keeps no such measure",
          options.freight);
  const auto mark = std::find(history.marks.begin(), history.marks.end(), mark_of(options.late));
  if (mark != history.marks.end()) {
    kept.late = static_cast<std::size_t>(mark - history.marks.begin());
  }
  require(kept.late || options.late.dimension.empty() || options.late == Options{}.late,
          ErrorCode::invalid_argument, "geo_aggregate: the history keeps no such mark",
          options.late.dimension);
  return kept;
}

/// What a history of the table must keep for the options.
HistoryOptions history_options(const Transactions& transactions, const Options& options,
                               const Selection& selection) {
  HistoryOptions history{
      .as_of_us = options.as_of_us, .region = options.region, .selection = selection};
  if (!options.freight.empty() && (options.freight != Options{}.freight ||
                                   transactions.find_measure(options.freight) != nullptr)) {
    history.measures.push_back(options.freight);
  }
  if (!options.late.dimension.empty() &&
      (options.late != Options{}.late ||
       transactions.find_dimension(options.late.dimension) != nullptr)) {
    history.marks.push_back(mark_of(options.late));
  }
  return history;
}

/// The regions in the order of their keys: a group for each code of the history's region.
struct Groups {
  std::vector<std::uint32_t> group_of{};   // By code.
  std::vector<std::uint32_t> parent_of{};  // By group; empty: there is none around.
  std::vector<std::vector<Key>> keys{};    // By group: from the outermost to its own.
};

struct Cell {
  std::uint64_t number = 0;  // Group, then period.
  std::int64_t orders = 0;
  std::int64_t customers = 0;
  std::int64_t lines = 0;
  std::int64_t delivered_orders = 0;
  std::int64_t late_orders = 0;
  Int128 revenue = 0;
  Int128 freight = 0;
};

/// The cells that have a line, found by number.
class Cells {
 public:
  explicit Cells(std::uint64_t num_numbers)
      : dense_(num_numbers <= kMaxDense ? num_numbers : 0, kNone) {}

  std::uint32_t index_of(std::uint64_t number) {
    std::uint32_t& index =
        dense_.empty() ? sparse_.try_emplace(number, kNone).first->second : dense_[number];
    if (index == kNone) {
      index = static_cast<std::uint32_t>(cells.size());
      cells.push_back({.number = number});
    }
    return index;
  }
  Cell& operator[](std::uint64_t number) { return cells[index_of(number)]; }

  std::vector<Cell> cells{};

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> dense_;
  std::unordered_map<std::uint64_t, std::uint32_t> sparse_{};
};

/// The periods of a history's days; one of all days without a period.
struct Periods {
  Periods(const CustomerHistory& history, std::optional<Period> span) {
    if (span) {
      const std::int32_t last_day = history.days().back().day;
      index = std::make_unique<PeriodIndex>(history.days().front().day, last_day, *span);
      first_number = (*index)[history.days().front().day];
      num_periods = static_cast<std::uint64_t>((*index)[last_day] - first_number) + 1;
    }
  }
  [[nodiscard]] std::uint64_t of_day(std::int32_t day) const {
    return index ? static_cast<std::uint64_t>((*index)[day] - first_number) : 0;
  }

  std::unique_ptr<const PeriodIndex> index{};
  std::int32_t first_number = 0;
  std::uint64_t num_periods = 1;
};

std::vector<Cell> gather(const HistoryView& view, const Groups& groups, const Periods& periods,
                         const Kept& kept, Regions& table) {
  const CustomerHistory& history = view.history();
  Cells cells(groups.keys.size() * periods.num_periods);
  const auto number_of = [&](std::uint32_t region, std::int32_t day) {
    return groups.group_of[region] * periods.num_periods + periods.of_day(day);
  };
  const auto number_of_line = [&](const HistoryView::Sum& line) {
    return number_of(CustomerHistory::region_at(history.orders()[line.order], table.as_of_us),
                     line.day);
  };
  view.for_each_line_sum([&](const HistoryView::Sum& line) {
    Cell& cell = cells[number_of_line(line)];
    cell.revenue += line.sum;
    cell.lines += line.num_lines;
  });
  if (kept.freight) {
    view.for_each_measured(*kept.freight, [&](const HistoryView::Sum& line) {
      cells[number_of_line(line)].freight += line.sum;
    });
  }
  // Orders come by day: one cell of each customer and period is counted at once, those of further
  // regions, of which most customers have none, behind.
  constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  struct Bought {
    std::uint32_t cell = kNone;
    std::uint32_t period = 0;
  };
  std::vector<Bought> last(history.customer_keys().num_codes());
  std::vector<std::pair<std::uint32_t, std::uint32_t>> further;  // Customer, cell.
  const std::shared_ptr<const OrdersByDay> orders = view.orders_by_day();
  view.for_each_order(*orders, [&](const OrdersByDay::Placed& placed) {
    const std::uint32_t index = cells.index_of(number_of(placed.region, placed.day));
    Cell& cell = cells.cells[index];
    ++cell.orders;
    if (kept.late) {
      const OrderState& state = history.orders()[placed.order];
      cell.delivered_orders += history.is_mark_known(state, *kept.late) ? 1 : 0;
      cell.late_orders +=
          history.is_mark_known(state, *kept.late) && history.has_mark(state, *kept.late) ? 1 : 0;
    }
    if (placed.customer == Dictionary::kUnknownCode) {
      return;  // Guests are no customers.
    }
    Bought& bought = last[placed.customer];
    const auto period = static_cast<std::uint32_t>(periods.of_day(placed.day));
    const bool is_new = bought.cell == kNone;
    if (is_new || bought.period != period) {
      table.total_customers += is_new ? 1 : 0;
      bought = {.cell = index, .period = period};
      ++cell.customers;
    } else if (bought.cell != index) {
      further.emplace_back(placed.customer, index);
    }
  });
  std::sort(further.begin(), further.end());
  further.erase(std::unique(further.begin(), further.end()), further.end());
  for (const auto& [customer, cell] : further) {
    ++cells.cells[cell].customers;
  }
  std::sort(cells.cells.begin(), cells.cells.end(),
            [](const Cell& a, const Cell& b) { return a.number < b.number; });
  return std::move(cells.cells);
}

void push_ratio(Nullable<double>& column, Int128 part, Int128 whole) {
  if (whole > 0) {
    column.push_back(nearest_quotient(part, whole));
  } else {
    column.push_null();
  }
}

/// Shares, ranks and running shares among the regions of each period.
void add_shares(Regions& table, const std::vector<Cell>& cells, const Groups& groups,
                const Periods& periods) {
  std::unordered_map<std::uint64_t, Int128> by_parent;
  std::vector<std::vector<std::size_t>> rows(periods.num_periods);
  std::vector<Int128> totals(periods.num_periods);
  const auto parent_number = [&](const Cell& cell) {
    return groups.parent_of[cell.number / periods.num_periods] * periods.num_periods +
           cell.number % periods.num_periods;
  };
  for (std::size_t row = 0; row < cells.size(); ++row) {
    const std::uint64_t period = cells[row].number % periods.num_periods;
    rows[period].push_back(row);
    totals[period] += cells[row].revenue;
    if (!groups.parent_of.empty()) {
      by_parent[parent_number(cells[row])] += cells[row].revenue;
    }
  }
  for (const Cell& cell : cells) {
    push_ratio(table.share, cell.revenue, totals[cell.number % periods.num_periods]);
    if (!groups.parent_of.empty()) {
      push_ratio(table.parent_share, cell.revenue, by_parent[parent_number(cell)]);
    }
  }
  table.rank.resize(cells.size());
  std::vector<Int128> running(cells.size());
  for (std::vector<std::size_t>& ranked : rows) {
    std::sort(ranked.begin(), ranked.end(), [&](std::size_t a, std::size_t b) {
      return cells[a].revenue != cells[b].revenue ? cells[b].revenue < cells[a].revenue : a < b;
    });
    Int128 sum = 0;
    for (std::size_t first = 0; first < ranked.size();) {
      std::size_t end = first;  // Of the regions of equal revenue.
      for (; end < ranked.size() && cells[ranked[end]].revenue == cells[ranked[first]].revenue;
           ++end) {
        sum += cells[ranked[end]].revenue;
      }
      for (std::size_t i = first; i < end; ++i) {
        table.rank[ranked[i]] = static_cast<std::int64_t>(first) + 1;
        running[ranked[i]] = sum;
      }
      first = end;
    }
  }
  for (std::size_t row = 0; row < cells.size(); ++row) {
    push_ratio(table.cumulative_share, running[row],
               totals[cells[row].number % periods.num_periods]);
  }
}

/// Sums up one level; the names of its columns and its dimension are in `table`.
void sum_up(Regions& table, const HistoryView& view, const Groups& groups, const Options& options,
            const Kept& kept) {
  const CustomerHistory& history = view.history();
  table.as_of_us = view.as_of_us();
  table.num_lines_ignored = history.num_lines_from(table.as_of_us);
  table.has_period = options.period.has_value();
  table.has_freight = kept.freight.has_value();
  table.has_late = kept.late.has_value();
  if (table.has_late) {
    history.require_marks_at(table.as_of_us);
  }
  const Periods periods(history, options.period);
  const std::vector<Cell> cells = gather(view, groups, periods, kept, table);

  std::vector<Int128> by_group(groups.keys.size());
  table.parent_keys.resize(table.parents.size());
  for (const Cell& cell : cells) {
    const std::uint64_t group = cell.number / periods.num_periods;
    for (std::size_t i = 0; i < table.parents.size(); ++i) {
      table.parent_keys[i].push_back(groups.keys[group][i]);
    }
    table.region.push_back(groups.keys[group].back());
    if (options.period) {
      const std::int32_t number =
          periods.first_number + static_cast<std::int32_t>(cell.number % periods.num_periods);
      const std::int32_t next_first_day = first_day_of(number + 1, *options.period);
      table.period.push_back(Key(format_period(number, *options.period)));
      table.start.push_back({first_day_of(number, *options.period)});
      table.end.push_back({std::min(next_first_day, view.end_day())});
      table.partial.push_back({next_first_day * kMicrosecondsPerDay > table.as_of_us});
    }
    table.orders.push_back(cell.orders);
    table.customers.push_back(cell.customers);
    table.lines.push_back(cell.lines);
    table.revenue.push_back(from_int128(cell.revenue));
    if (cell.orders > 0) {
      table.average_order_value.push_back(mean_money(table.revenue.back(), cell.orders));
    } else {
      table.average_order_value.push_null();
    }
    if (table.has_freight) {
      table.freight.push_back(from_int128(cell.freight));
      push_ratio(table.freight_share, cell.freight, cell.revenue + cell.freight);
    }
    if (table.has_late) {
      table.delivered_orders.push_back(cell.delivered_orders);
      table.late_orders.push_back(cell.late_orders);
      if (cell.delivered_orders > 0) {
        table.late_share.push_back(nearest_quotient(cell.late_orders, cell.delivered_orders));
      } else {
        table.late_share.push_null();
      }
    }
    table.total_orders += cell.orders;
    table.total_revenue = add(table.total_revenue, table.revenue.back());
    by_group[group] += cell.revenue;
  }
  add_shares(table, cells, groups, periods);

  std::vector<Int128> known;
  std::vector<bool> is_met(groups.keys.size());
  for (const Cell& cell : cells) {
    const std::uint64_t group = cell.number / periods.num_periods;
    if (!is_met[group] && !groups.keys[group].back().is_unknown()) {
      known.push_back(by_group[group]);
    }
    is_met[group] = true;
  }
  std::sort(known.begin(), known.end(), std::greater<>());
  table.gini = gini(known);
}

/// The selection with its regions of another dimension written out as orders and customers: a
/// history keeps one dimension as region.
Selection without_other_region(const Transactions& transactions, const Options& options,
                               const std::string& region, Selection selection) {
  if (selection.region_dimension().empty() || selection.region_dimension() == region) {
    return selection;
  }
  const CustomerHistory history = history_of(transactions, options.num_threads,
                                             {.as_of_us = options.as_of_us,
                                              .selection = {.region = selection.region,
                                                            .home_region = selection.home_region,
                                                            .orders = selection.orders,
                                                            .customers = selection.customers}});
  const HistoryView view(history, options.as_of_us);
  if (selection.region) {
    KeyColumn orders;
    for (std::uint32_t order = 1; order < history.orders().size(); ++order) {
      if (view.is_selected(order)) {
        orders.push_back(history.order_keys().key(order));
      }
    }
    selection.orders = std::move(orders);
    selection.region = std::nullopt;
  }
  if (selection.home_region) {
    KeyColumn customers;
    for (std::uint32_t code = 1; code < history.customer_keys().num_codes(); ++code) {
      if (view.is_in_population(code)) {
        customers.push_back(history.customer_keys().key(code));
      }
    }
    selection.customers = std::move(customers);
    selection.home_region = std::nullopt;
  }
  return selection;
}

/// Places of each line, from the outermost level to the innermost: one dimension for all levels.
struct Places {
  Dimension dimension{};  // Codes 1, 2, … by increasing keys; all of them unknown: 0.
  std::vector<std::vector<std::uint32_t>> ranks{};  // By code - 1, then level; all unknown: last.
  std::vector<std::vector<std::uint32_t>> codes_by_rank{};  // By level.
};

Places places_of(const Transactions& transactions, const std::vector<const Dimension*>& levels) {
  Places places;
  std::vector<std::vector<std::uint32_t>> rank_of;  // By level, then code; unknown last.
  std::vector<std::uint32_t> unknown;
  for (const Dimension* level : levels) {
    std::vector<std::uint32_t>& by_rank = places.codes_by_rank.emplace_back();
    by_rank = level->keys->codes_by_key();
    by_rank.push_back(Dictionary::kUnknownCode);
    std::vector<std::uint32_t>& ranks = rank_of.emplace_back(by_rank.size());
    for (std::uint32_t rank = 0; rank < by_rank.size(); ++rank) {
      ranks[by_rank[rank]] = rank;
    }
    unknown.push_back(ranks[Dictionary::kUnknownCode]);
  }
  std::vector<std::uint32_t> numbers(transactions.num_rows());
  std::vector<std::size_t> rows;  // One of each place.
  PollCounter polls;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    PairNumbers pairs;
    rows.clear();
    for (std::size_t row = 0; row < numbers.size(); ++row) {
      polls.count();
      numbers[row] = pairs.number_of(numbers[row], levels[i]->codes[row]);
      if (pairs.num_pairs() > rows.size()) {
        rows.push_back(row);
      }
    }
  }
  std::vector<std::pair<std::vector<std::uint32_t>, std::uint32_t>> sorted;
  for (std::uint32_t number = 0; number < rows.size(); ++number) {
    polls.count();
    std::vector<std::uint32_t> ranks;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      ranks.push_back(rank_of[i][levels[i]->codes[rows[number]]]);
    }
    sorted.emplace_back(std::move(ranks), number);
  }
  std::sort(sorted.begin(), sorted.end(), [&polls](const auto& a, const auto& b) {
    polls.count();
    return a < b;
  });
  auto keys = std::make_shared<Dictionary>();
  std::vector<std::uint32_t> code_of(rows.size());
  for (auto& [ranks, number] : sorted) {
    polls.count();
    if (ranks != unknown) {
      code_of[number] = keys->encode(Key(static_cast<std::int64_t>(places.ranks.size())));
      places.ranks.push_back(std::move(ranks));
    }
  }
  places.ranks.push_back(std::move(unknown));
  for (std::uint32_t& number : numbers) {
    number = code_of[number];
  }
  places.dimension = {.name = {}, .codes = std::move(numbers), .keys = std::move(keys)};
  return places;
}

/// The groups of one level: places that agree up to it.
Groups groups_of(const Places& places, const std::vector<const Dimension*>& levels,
                 std::size_t level) {
  Groups groups{.group_of = std::vector<std::uint32_t>(places.ranks.size())};
  std::uint32_t num_parents = 0;
  PollCounter polls;
  for (std::size_t place = 0; place < places.ranks.size(); ++place) {
    polls.count();
    const std::vector<std::uint32_t>& ranks = places.ranks[place];
    const auto agrees_up_to = [&](std::size_t end) {
      return place > 0 &&
             std::equal(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(end),
                        places.ranks[place - 1].begin());
    };
    num_parents += agrees_up_to(level) ? 0 : 1;
    if (!agrees_up_to(level + 1)) {
      std::vector<Key>& keys = groups.keys.emplace_back();
      for (std::size_t i = 0; i <= level; ++i) {
        keys.push_back(levels[i]->keys->key(places.codes_by_rank[i][ranks[i]]));
      }
      if (level > 0) {
        groups.parent_of.push_back(num_parents - 1);
      }
    }
    const bool is_unknown = place + 1 == places.ranks.size();
    groups.group_of[is_unknown ? Dictionary::kUnknownCode : place + 1] =
        static_cast<std::uint32_t>(groups.keys.size()) - 1;
  }
  return groups;
}

void require_levels(const std::vector<std::string>& levels) {
  require(!levels.empty() && levels.size() <= kMaxLevels, ErrorCode::invalid_argument,
          "geo_aggregate: there must be one to eight levels", std::to_string(levels.size()));
  Regions all;  // With every column that there may be.
  all.has_period = all.has_freight = all.has_late = true;
  all.parents = {"parent_share"};
  all.parent_keys.resize(1);
  all.region_name.clear();
  std::set<std::string> names;
  all.for_each_column([&](const char* name, const auto&) { names.insert(name); });
  for (const std::string& level : levels) {
    require(names.insert(level).second, ErrorCode::invalid_argument,
            "geo_aggregate: a level has the name of another column", level);
  }
}

}  // namespace

Metadata Regions::metadata() const {
  Metadata metadata{
      {"as_of", format_time(as_of_us)},
      {"dimension", dimension},
      {"total_orders", std::to_string(total_orders)},
      {"total_customers", std::to_string(total_customers)},
      {"total_revenue", format_money(total_revenue)},
      {"gini", gini ? to_text(*gini) : "undefined"},
      {"customers_are", "distinct in each region; one who bought in two is counted in both"},
      {"num_lines_ignored", std::to_string(num_lines_ignored)}};
  add_selection(metadata, selection);
  return metadata;
}

Regions by_region(const CustomerHistory& history, const Options& options) {
  require(!options.region.empty() && history.options().region == options.region,
          ErrorCode::invalid_argument, "geo_aggregate: the history keeps no such dimension",
          options.region);
  const Kept kept = kept_of(history.options(), options);
  const HistoryView view(history, options.as_of_us);
  const Dictionary& keys = history.region_keys();
  std::vector<std::uint32_t> codes = keys.codes_by_key();
  codes.push_back(Dictionary::kUnknownCode);
  Groups groups{.group_of = std::vector<std::uint32_t>(codes.size())};
  for (const std::uint32_t code : codes) {
    groups.group_of[code] = static_cast<std::uint32_t>(groups.keys.size());
    groups.keys.push_back({keys.key(code)});
  }
  Regions table;
  table.dimension = options.region;
  table.selection = history.options().selection;
  sum_up(table, view, groups, options, kept);
  return table;
}

Regions by_region(const Transactions& transactions, const Options& options,
                  const Selection& selection) {
  const Selection resolved = without_other_region(transactions, options, options.region, selection);
  Regions table = by_region(history_of(transactions, options.num_threads,
                                       history_options(transactions, options, resolved)),
                            options);
  table.selection = selection;
  return table;
}

std::vector<Regions> by_levels(const Transactions& transactions,
                               const std::vector<std::string>& levels, const Options& options,
                               const Selection& selection) {
  require_levels(levels);
  std::vector<const Dimension*> dimensions;
  for (const std::string& level : levels) {
    dimensions.push_back(transactions.find_dimension(level));
    require(dimensions.back() != nullptr, ErrorCode::schema_mismatch,
            "geo_aggregate: the table has no such dimension", level);
  }
  const Places places = places_of(transactions, dimensions);
  Options by_place = options;
  by_place.region = "place";
  while (transactions.find_dimension(by_place.region) != nullptr) {
    by_place.region += "_";
  }
  const Selection resolved =
      without_other_region(transactions, options, by_place.region, selection);
  TransactionColumns columns = transactions.columns();
  columns.dimensions.push_back(places.dimension);
  columns.dimensions.back().name = by_place.region;
  const Transactions lines(std::move(columns));
  const CustomerHistory history =
      history_of(lines, options.num_threads, history_options(lines, by_place, resolved));
  const Kept kept = kept_of(history.options(), options);
  const HistoryView view(history, options.as_of_us);
  std::vector<Regions> tables;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    Regions& table = tables.emplace_back();
    table.parents.assign(levels.begin(), levels.begin() + static_cast<std::ptrdiff_t>(level));
    table.region_name = levels[level];
    table.dimension = levels[level];
    table.selection = selection;
    sum_up(table, view, groups_of(places, dimensions, level), options, kept);
  }
  return tables;
}

}  // namespace ecommerce_analytics::geo_aggregate
