#include "history_index.hpp"

#include <algorithm>
#include <limits>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/parallel.hpp"

namespace ecommerce_analytics {
namespace {

/// Order-days below which a second thread costs more than it brings.
constexpr std::size_t kMinDaysPerThread = 50'000;

std::size_t num_days_of(const CustomerHistory& history) {
  return static_cast<std::size_t>(history.days().back().day - history.days().front().day) + 1;
}

/// Turns counts, which stand one place behind, into the place of the first of each.
void add_up(std::vector<std::size_t>& counts) {
  for (std::size_t i = 1; i < counts.size(); ++i) {
    counts[i] += counts[i - 1];
  }
}

HistoryIndex::Column column_of(const CustomerHistory& history, std::span<const OrderDay> days) {
  HistoryIndex::Column column;
  const std::int32_t start_day = history.days().front().day;
  const std::span<const OrderState> orders = history.orders();
  column.first.resize(num_days_of(history) + 1);
  PollCounter polls;
  for (const OrderDay& day : days) {
    polls.count();
    if (day.order == 0) {
      continue;
    }
    const Int128 sum = to_int128(day.sum);
    if (sum != static_cast<std::int64_t>(sum) ||
        day.num_lines > std::numeric_limits<std::uint32_t>::max()) {
      return {};
    }
    ++column.first[static_cast<std::size_t>(day.day - start_day) + 1];
  }
  add_up(column.first);
  column.is_there = true;
  column.order.resize(column.first.back());
  column.customer.resize(column.first.back());
  column.sum.resize(column.first.back());
  column.num_lines.resize(column.first.back());
  std::vector<std::size_t> next(column.first.begin(), column.first.end() - 1);
  for (const OrderDay& day : days) {
    polls.count();
    if (day.order != 0) {
      const std::size_t place = next[static_cast<std::size_t>(day.day - start_day)]++;
      column.order[place] = day.order;
      column.customer[place] = orders[day.order].customer;
      column.sum[place] = static_cast<std::int64_t>(to_int128(day.sum));
      column.num_lines[place] = static_cast<std::uint32_t>(day.num_lines);
    }
  }
  return column;
}

}  // namespace

std::vector<std::uint32_t> first_orders_of(const CustomerHistory& history) {
  const std::span<const OrderState> orders = history.orders();
  const Dictionary& keys = history.order_keys();
  std::vector<std::uint32_t> first(history.customer_keys().num_codes());
  PollCounter polls;
  for (std::uint32_t order = 1; order < orders.size(); ++order) {
    polls.count();
    const std::int64_t time_us = orders[order].purchase_us;
    if (time_us == OrderState::kNever) {
      continue;
    }
    std::uint32_t& earliest = first[orders[order].customer];
    const std::int64_t earliest_us = orders[earliest].purchase_us;  // Never, of order 0.
    if (time_us < earliest_us || (time_us == earliest_us && keys.key(order) < keys.key(earliest))) {
      earliest = order;
    }
  }
  return first;
}

std::vector<std::uint32_t> home_regions_of(const CustomerHistory& history,
                                           const std::vector<std::uint32_t>& first_orders) {
  const std::span<const OrderState> orders = history.orders();
  const Dictionary& keys = history.region_keys();
  std::vector<std::uint32_t> homes(first_orders.size());
  for (std::size_t customer = 0; customer < homes.size(); ++customer) {
    homes[customer] = orders[first_orders[customer]].purchase_region;
  }
  PollCounter polls;
  for (const OrderState& order : orders) {
    polls.count();
    std::uint32_t& home = homes[order.customer];
    if (order.purchase_region != home && order.purchase_us != OrderState::kNever &&
        order.purchase_us == orders[first_orders[order.customer]].purchase_us &&
        keys.key(order.purchase_region) < keys.key(home)) {
      home = order.purchase_region;
    }
  }
  return homes;
}

OrdersByDay::OrdersByDay(const CustomerHistory& history)
    : start_day_(history.days().front().day),
      first_(num_days_of(history) + 1),
      first_order_(first_orders_of(history)),
      first_day_(first_order_.size()) {
  const std::span<const OrderState> orders = history.orders();
  for (std::size_t customer = 0; customer < first_order_.size(); ++customer) {
    if (first_order_[customer] != 0) {
      first_day_[customer] = day_of(orders[first_order_[customer]].purchase_us);
    }
  }
  PollCounter polls;
  for (const OrderState& order : orders) {
    polls.count();
    if (order.purchase_us != OrderState::kNever) {
      ++first_[static_cast<std::size_t>(day_of(order.purchase_us) - start_day_) + 1];
    }
  }
  add_up(first_);
  placed_.resize(first_.back());
  std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
  for (std::uint32_t order = 0; order < orders.size(); ++order) {
    polls.count();
    if (const OrderState& state = orders[order]; state.purchase_us != OrderState::kNever) {
      const std::int32_t day = day_of(state.purchase_us);
      placed_[next[static_cast<std::size_t>(day - start_day_)]++] = {
          .order = order, .customer = state.customer, .day = day, .region = state.purchase_region};
    }
  }
}

std::span<const OrdersByDay::Placed> OrdersByDay::of_days(std::int32_t start,
                                                          std::int32_t end) const noexcept {
  const auto first_of = [&](std::int32_t day) {
    const auto num_days = static_cast<std::int64_t>(first_.size()) - 1;
    return first_[static_cast<std::size_t>(
        std::clamp<std::int64_t>(std::int64_t{day} - start_day_, 0, num_days))];
  };
  const std::size_t first = first_of(start);
  return std::span(placed_).subspan(first, std::max(first, first_of(end)) - first);
}

HistoryIndex::HistoryIndex(const CustomerHistory& history)
    : orders_(history),
      homes_(home_regions_of(history, orders_.first_orders())),
      start_day_(history.days().front().day) {
  columns_.resize(kNumLineKinds + history.options().measures.size());
  const std::size_t num_useful =
      std::max<std::size_t>(1, history.orders().size() / kMinDaysPerThread);
  const auto num_threads = static_cast<int>(
      std::min({static_cast<std::size_t>(resolve_num_threads(0)), num_useful, columns_.size()}));
  parallel_for(columns_.size(), num_threads, [&](std::size_t, std::size_t first, std::size_t end) {
    for (std::size_t column = first; column < end; ++column) {
      columns_[column] = column_of(history, column < kNumLineKinds
                                                ? history.order_days(static_cast<LineKind>(column))
                                                : history.measure_days(column - kNumLineKinds));
    }
  });
}

}  // namespace ecommerce_analytics
