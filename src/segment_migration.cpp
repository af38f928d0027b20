#include "ecommerce_analytics/segment_migration.hpp"

#include <algorithm>
#include <utility>

#include "core/int128.hpp"
#include "core/interval.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "history_of.hpp"
#include "history_view.hpp"

namespace ecommerce_analytics::segment_migration {
namespace {

void validate(const rfm::RuleSet& rules, const Options& options) {
  require(options.confidence > 0.0 && options.confidence < 1.0, ErrorCode::invalid_argument,
          "segment_migration: confidence must be in (0, 1)", to_text(options.confidence));
  require(options.start_us % kMicrosecondsPerDay == 0, ErrorCode::invalid_argument,
          "segment_migration: start must be a midnight", format_time(options.start_us));
  require(std::none_of(rules.rules.begin(), rules.rules.end(),
                       [](const rfm::Rule& rule) { return rule.segment == kNew; }),
          ErrorCode::invalid_argument,
          "segment_migration: a segment has the name of those who were not there before",
          std::string(kNew));
}

rfm::Segments segments_at(const CustomerHistory& history, const rfm::RuleSet& rules,
                          std::optional<std::int64_t> as_of_us) {
  return rfm::segment(rfm::score(history, {.as_of_us = as_of_us, .n_bins = rules.n_bins}), rules);
}

/// What a customer did on either side of the start.
struct Follow {
  bool is_known = false;     // An order before it.
  bool has_ordered = false;  // An order from it to the end.
  Int128 money = 0;          // Net, from it to the end.
};

/// By customer code.
std::vector<Follow> follow(const HistoryView& view, std::int64_t start_us) {
  const CustomerHistory& history = view.history();
  std::vector<Follow> all(history.customer_keys().num_codes());
  for (const OrderState& order : history.orders()) {
    Follow& own = all[order.customer];
    own.is_known = own.is_known || order.purchase_us < start_us;
    own.has_ordered =
        own.has_ordered || (order.purchase_us >= start_us && order.purchase_us < view.as_of_us());
  }
  view.over(day_of(start_us), view.end_day()).for_each_line_sum([&](const HistoryView::Sum& line) {
    all[line.customer].money += line.sum;
  });
  return all;
}

/// Customers of one pair of segments.
struct Cell {
  std::int64_t customers = 0;
  std::int64_t without_order = 0;
  Int128 revenue = 0;
};

struct Share {
  Nullable<double>& share;
  Nullable<double>& lower;
  Nullable<double>& upper;

  void push_back(std::int64_t number, std::int64_t size, double z) const {
    if (size == 0) {
      push_null();
      return;
    }
    const Interval interval = wilson(number, size, z);
    share.push_back(static_cast<double>(number) / static_cast<double>(size));
    lower.push_back(interval.lower);
    upper.push_back(interval.upper);
  }
  void push_null() const {
    share.push_null();
    lower.push_null();
    upper.push_null();
  }
};

}  // namespace

Metadata Moves::metadata() const {
  return {{"start", format_time(start_us)},
          {"as_of", format_time(as_of_us)},
          {"rules", rules},
          {"confidence", to_text(confidence)}};
}

Moves moves(const CustomerHistory& history, const rfm::RuleSet& rules, const Options& options) {
  validate(rules, options);
  require(history.options().selection.is_everything(), ErrorCode::invalid_argument,
          "segment_migration: the history must have no selection");
  const HistoryView view(history, options.end_us);
  require(options.start_us < view.as_of_us(), ErrorCode::invalid_argument,
          "segment_migration: start must lie before the end", format_time(options.start_us));
  const rfm::Segments before = segments_at(history, rules, options.start_us);
  const rfm::Segments after = segments_at(history, rules, view.as_of_us());
  const std::vector<Follow> all = follow(view, options.start_us);

  const std::size_t num_segments = after.segments.size();
  std::vector<Cell> cells((num_segments + 1) * num_segments);
  std::size_t row_before = 0;
  std::size_t row_after = 0;
  PollCounter polls;
  // Both tables have the customers who ordered by their moment, in the order of the keys.
  for (const std::uint32_t code : history.customer_keys().codes_by_key()) {
    polls.count();
    const Follow& own = all[code];
    if (code == Dictionary::kUnknownCode || !(own.is_known || own.has_ordered)) {
      continue;
    }
    const std::size_t from = own.is_known ? before.place[row_before++] : num_segments;
    Cell& cell = cells[from * num_segments + after.place[row_after++]];
    ++cell.customers;
    cell.without_order += own.has_ordered ? 0 : 1;
    cell.revenue += own.money;
  }

  Moves table;
  table.start_us = options.start_us;
  table.as_of_us = view.as_of_us();
  table.confidence = options.confidence;
  table.rules = rules.name;
  table.segments = after.segments;
  std::vector<std::int64_t> sizes_after(num_segments);
  for (std::size_t at = 0; at < cells.size(); ++at) {
    sizes_after[at % num_segments] += cells[at].customers;
  }
  const auto size_of_all = static_cast<std::int64_t>(after.num_rows());
  const double z = normal_quantile(options.confidence);
  for (std::size_t from = 0; from <= num_segments; ++from) {
    const std::string_view name = from < num_segments ? table.segments[from] : kNew;
    std::int64_t size = 0;
    for (std::size_t to = 0; to < num_segments; ++to) {
      size += cells[from * num_segments + to].customers;
    }
    for (std::size_t to = 0; to < num_segments; ++to) {
      const Cell& cell = cells[from * num_segments + to];
      table.from_segment.push_back(Key(name));
      table.to_segment.push_back(Key(table.segments[to]));
      table.customers.push_back(cell.customers);
      table.origin_customers.push_back(size);
      Share{table.probability, table.lower, table.upper}.push_back(cell.customers, size, z);
      if (size_of_all > 0) {
        table.baseline.push_back(nearest_quotient(sizes_after[to], size_of_all));
      } else {
        table.baseline.push_null();
      }
      table.without_order.push_back(cell.without_order);
      table.revenue.push_back(from_int128(cell.revenue));
    }
  }
  return table;
}

Moves moves(const Transactions& transactions, const rfm::RuleSet& rules, const Options& options,
            int num_threads) {
  validate(rules, options);
  return moves(history_of(transactions, num_threads, {}), rules, options);
}

Origins origins(const Moves& moves) {
  Origins table;
  table.moves_metadata = moves.metadata();
  const std::size_t num_segments = moves.segments.size();
  const double z = normal_quantile(moves.confidence);
  for (std::size_t from = 0; from <= num_segments; ++from) {
    const bool is_new = from == num_segments;
    Cell sum;
    std::int64_t after = 0;
    for (std::size_t to = 0; to < num_segments; ++to) {
      const std::size_t row = from * num_segments + to;
      sum.customers += moves.customers[row];
      sum.without_order += moves.without_order[row];
      sum.revenue += to_int128(moves.revenue[row]);
    }
    for (std::size_t origin = 0; !is_new && origin <= num_segments; ++origin) {
      after += moves.customers[origin * num_segments + from];
    }
    const Share stayed{table.stayed_share, table.stayed_lower, table.stayed_upper};
    const Share silent{table.without_order_share, table.without_order_lower,
                       table.without_order_upper};
    table.segment.push_back(Key(is_new ? kNew : std::string_view(moves.segments[from])));
    table.customers_before.push_back(sum.customers);
    table.without_order.push_back(sum.without_order);
    table.revenue.push_back(from_int128(sum.revenue));
    if (is_new) {
      table.customers_after.push_null();
      table.stayed.push_null();
      stayed.push_null();
      silent.push_null();
    } else {
      const std::int64_t same = moves.customers[from * num_segments + from];
      table.customers_after.push_back(after);
      table.stayed.push_back(same);
      stayed.push_back(same, sum.customers, z);
      silent.push_back(sum.without_order, sum.customers, z);
    }
  }
  return table;
}

}  // namespace ecommerce_analytics::segment_migration
