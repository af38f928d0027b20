#include "ecommerce_analytics/second_order.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/elementary.hpp"
#include "core/interval.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "history_of.hpp"
#include "history_view.hpp"

namespace ecommerce_analytics::second_order {
namespace {

/// Rows, about 60 bytes each, that one stray date can ask for at most.
constexpr std::size_t kMaxRows = 10'000'000;

void validate(const Options& options) {
  require(options.confidence > 0.0 && options.confidence < 1.0, ErrorCode::invalid_argument,
          "second_order: confidence must be in (0, 1)", std::to_string(options.confidence));
  require(options.by != "", ErrorCode::invalid_argument, "second_order: by must name a dimension");
}

/// What is known of one customer.
struct Follow {
  std::int64_t first_us = OrderState::kNever;   // `kNever`: he has no order.
  std::int64_t second_us = OrderState::kNever;  // Of another order; may be the same moment.
  std::uint32_t group = 0;                      // Rank of the least key at the first moment.
  bool is_in = false;                           // An order of the first moment counts.
};

/// By customer code.
std::vector<Follow> follow(const HistoryView& view, const std::vector<std::uint32_t>& rank_of) {
  const CustomerHistory& history = view.history();
  const std::span<const OrderState> orders = history.orders();
  std::vector<Follow> all(history.customer_keys().num_codes());
  for (std::uint32_t code = 1; code < orders.size(); ++code) {
    const OrderState& order = orders[code];
    if (!view.is_placed(code)) {
      continue;
    }
    Follow& own = all[order.customer];
    const std::uint32_t group = rank_of.empty() ? 0 : rank_of[order.purchase_region];
    if (order.purchase_us < own.first_us) {
      own.second_us = own.first_us;
      own.first_us = order.purchase_us;
      own.group = group;
      own.is_in = view.is_counted(code);
    } else {
      own.second_us = std::min(own.second_us, order.purchase_us);
      if (order.purchase_us == own.first_us) {
        own.group = std::min(own.group, group);
        own.is_in = own.is_in || view.is_counted(code);
      }
    }
  }
  all[Dictionary::kUnknownCode] = {};  // Guests are no customers.
  return all;
}

/// Second orders and ends of follow-up by day.
struct Counts {
  std::vector<std::int64_t> events{};
  std::vector<std::int64_t> censored{};
};

/// Writes the rows of one group.
void estimate(const Counts& counts, double z, Curve& table) {
  std::int64_t at_risk = 0;
  for (std::size_t day = 0; day < counts.events.size(); ++day) {
    at_risk += counts.events[day] + counts.censored[day];
  }
  // Between two days of censoring the product of left / at risk telescopes to one quotient, so half
  // of the customers is 0.5 and no neighbour of it.
  double before = 1.0;  // As the run of days without censoring began.
  std::int64_t at_risk_before = at_risk;
  double without = 1.0;
  double variance = 0.0;  // Greenwood's sum: the variance of log(without).
  for (std::size_t day = 0; day < counts.events.size(); ++day) {
    const std::int64_t events = counts.events[day];
    const auto n = static_cast<double>(at_risk);
    const auto left = static_cast<double>(at_risk - events);
    if (events > 0) {
      without = before * (left / static_cast<double>(at_risk_before));
      variance += static_cast<double>(events) / (n * left);  // Infinite where nobody is left.
    }
    table.days.push_back(static_cast<std::int32_t>(day));
    table.at_risk.push_back(at_risk);
    table.events.push_back(events);
    table.censored.push_back(counts.censored[day]);
    table.share.push_back(1.0 - without);
    if (without > 0.0 && without < 1.0) {
      const double log_without = elementary::log(without);
      const double reach = z * std::sqrt(variance) / -log_without;
      table.lower.push_back(1.0 - elementary::exp(log_without * elementary::exp(-reach)));
      table.upper.push_back(1.0 - elementary::exp(log_without * elementary::exp(reach)));
    } else {
      table.lower.push_null();
      table.upper.push_null();
    }
    at_risk -= events + counts.censored[day];
    if (counts.censored[day] > 0) {
      before = without;
      at_risk_before = at_risk;
    }
  }
}

/// Calls `visit(begin, end)` for the rows of each group.
template <class Visit>
void for_each_group(const Curve& curve, const Visit& visit) {
  for (std::size_t begin = 0, end = 0; begin < curve.num_rows(); begin = end) {
    for (end = begin + 1; end < curve.num_rows() && curve.days[end] != 0;) {
      ++end;
    }
    visit(begin, end);
  }
}

}  // namespace

Metadata Curve::metadata() const {
  Metadata metadata{{"as_of", format_time(as_of_us)},
                    {"confidence", to_text(options.confidence)},
                    {"num_lines_ignored", std::to_string(num_lines_ignored)}};
  if (options.by) {
    metadata.emplace_back("by", *options.by);
  }
  add_selection(metadata, selection);
  return metadata;
}

Curve curve(const CustomerHistory& history, const Options& options) {
  validate(options);
  require(!options.by || history.options().region == *options.by, ErrorCode::invalid_argument,
          "second_order: the history keeps no such dimension", options.by.value_or(""));
  const HistoryView view(history, options.as_of_us);
  Curve table;
  table.options = options;
  table.as_of_us = view.as_of_us();
  table.selection = history.options().selection;
  table.num_lines_ignored = history.num_lines_from(table.as_of_us);

  // Groups by increasing key, the unknown one last.
  const Dictionary& keys = history.region_keys();
  std::vector<std::uint32_t> code_of =
      options.by ? keys.codes_by_key() : std::vector<std::uint32_t>{};
  code_of.push_back(Dictionary::kUnknownCode);
  std::vector<std::uint32_t> rank_of(options.by ? keys.num_codes() : 0);
  for (std::uint32_t rank = 0; options.by && rank < code_of.size(); ++rank) {
    rank_of[code_of[rank]] = rank;
  }

  const std::vector<Follow> all = follow(view, rank_of);
  std::vector<std::size_t> num_days(code_of.size());
  const auto day_of_end = [&](const Follow& one) {
    const std::int64_t end_us =
        one.second_us == OrderState::kNever ? view.as_of_us() : one.second_us;
    return static_cast<std::size_t>((end_us - one.first_us) / kMicrosecondsPerDay);
  };
  for (const Follow& one : all) {
    if (one.is_in) {
      num_days[one.group] = std::max(num_days[one.group], day_of_end(one) + 1);
    }
  }
  std::size_t num_rows = 0;
  std::vector<Counts> counts(code_of.size());
  for (std::size_t rank = 0; rank < counts.size(); ++rank) {
    num_rows += num_days[rank];
    require(num_rows <= kMaxRows, ErrorCode::invalid_argument,
            "second_order: more than 10,000,000 rows; take fewer groups", std::to_string(num_rows));
    counts[rank].events.resize(num_days[rank]);
    counts[rank].censored.resize(num_days[rank]);
  }
  for (const Follow& one : all) {
    if (one.is_in) {
      Counts& own = counts[one.group];
      const bool is_event = one.second_us != OrderState::kNever;
      ++(is_event ? own.events : own.censored)[day_of_end(one)];
    }
  }

  if (options.by) {
    table.group.emplace();
  }
  const double z = normal_quantile(options.confidence);
  for (std::size_t rank = 0; rank < counts.size(); ++rank) {
    estimate(counts[rank], z, table);
    for (std::size_t day = 0; table.group && day < num_days[rank]; ++day) {
      table.group->push_back(keys.key(code_of[rank]));
    }
  }
  return table;
}

Curve curve(const Transactions& transactions, const Options& options, const Selection& selection) {
  validate(options);
  return curve(history_of(transactions, options.num_threads,
                          {.as_of_us = options.as_of_us,
                           .region = options.by.value_or(""),
                           .selection = selection}),
               options);
}

Summary summarize(const Curve& curve) {
  Summary table;
  table.curve_metadata = curve.metadata();
  if (curve.group) {
    table.group.emplace();
  }
  for_each_group(curve, [&](std::size_t begin, std::size_t end) {
    if (table.group) {
      table.group->push_back((*curve.group)[begin]);
    }
    table.customers.push_back(curve.at_risk[begin]);
    std::int64_t second_orders = 0;
    std::optional<std::int64_t> median_days;
    for (std::size_t row = begin; row < end; ++row) {
      second_orders += curve.events[row];
      if (!median_days && curve.share[row] >= 0.5) {
        median_days = curve.days[row];
      }
    }
    table.second_orders.push_back(second_orders);
    table.followed_days.push_back(curve.days[end - 1]);
    if (median_days) {
      table.median_days.push_back(*median_days);
    } else {
      table.median_days.push_null();
    }
  });
  return table;
}

Milestones milestones(const Curve& curve, const std::vector<std::int32_t>& days) {
  for (const std::int32_t day : days) {
    require(day >= 0, ErrorCode::invalid_argument, "second_order: a day must be 0 or more",
            std::to_string(day));
  }
  Milestones table;
  table.curve_metadata = curve.metadata();
  if (curve.group) {
    table.group.emplace();
  }
  const auto copy = [](const Nullable<double>& from, std::size_t row, Nullable<double>& to) {
    if (from.is_valid[row] != 0) {
      to.push_back(from.values[row]);
    } else {
      to.push_null();
    }
  };
  for_each_group(curve, [&](std::size_t begin, std::size_t end) {
    for (const std::int32_t day : days) {
      if (table.group) {
        table.group->push_back((*curve.group)[begin]);
      }
      table.days.push_back(day);
      const std::size_t row = begin + static_cast<std::size_t>(day);
      if (row < end) {
        table.at_risk.push_back(curve.at_risk[row]);
        table.share.push_back(curve.share[row]);
        copy(curve.lower, row, table.lower);
        copy(curve.upper, row, table.upper);
      } else {
        table.at_risk.push_back(0);
        table.share.push_null();
        table.lower.push_null();
        table.upper.push_null();
      }
    }
  });
  return table;
}

}  // namespace ecommerce_analytics::second_order
