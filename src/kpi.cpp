#include "ecommerce_analytics/kpi.hpp"

#include <algorithm>
#include <span>

#include "core/int128.hpp"
#include "history_of.hpp"
#include "history_view.hpp"
#include "orders_by_customer.hpp"

namespace ecommerce_analytics::kpi {
namespace {

/// Where each day goes: to one row, or to the row of its period.
struct Rows {
  Rows(std::int32_t first_day, std::int32_t last_day, std::optional<Period> period)
      : first_number(period ? period_of(first_day, *period) : 0) {
    if (period) {
      index.emplace(first_day, last_day, *period);
    }
    num_rows = period ? static_cast<std::size_t>((*index)[last_day] - first_number) + 1 : 1;
  }

  [[nodiscard]] std::size_t of_day(std::int32_t day) const {
    return index ? static_cast<std::size_t>((*index)[day] - first_number) : 0;
  }

  std::int32_t first_number;
  std::optional<PeriodIndex> index{};
  std::size_t num_rows = 1;
};

void label_rows(Summary& table, const Rows& rows, std::optional<Period> period,
                const HistoryView& view) {
  for (std::size_t row = 0; row < rows.num_rows; ++row) {
    if (!period) {
      table.period.push_back(Key("total"));
      table.start.push_back({view.start_day()});
      table.end.push_back({view.end_day()});
      table.partial.push_back({false});
      continue;
    }
    const std::int32_t number = rows.first_number + static_cast<std::int32_t>(row);
    const std::int32_t next_first_day = first_day_of(number + 1, *period);
    table.period.push_back(Key(format_period(number, *period)));
    table.start.push_back({first_day_of(number, *period)});
    table.end.push_back({std::min(next_first_day, view.end_day())});
    table.partial.push_back({next_first_day * kMicrosecondsPerDay > table.as_of_us});
  }
}

/// The first of some orders; at equal times that of the least key.
std::uint32_t first_order(const CustomerHistory& history, std::span<const std::uint32_t> orders) {
  return *std::min_element(orders.begin(), orders.end(), [&](std::uint32_t a, std::uint32_t b) {
    const std::int64_t a_us = history.orders()[a].purchase_us;
    const std::int64_t b_us = history.orders()[b].purchase_us;
    return a_us != b_us ? a_us < b_us : history.order_keys().key(a) < history.order_keys().key(b);
  });
}

void count_orders(Summary& table, const HistoryView& view, const Rows& rows) {
  const CustomerHistory& history = view.history();
  const OrdersByCustomer orders(history, table.as_of_us);
  struct Counted {
    std::size_t row;
    bool is_repeat;
    auto operator<=>(const Counted&) const = default;
  };
  std::vector<Counted> counted;
  for (std::size_t customer = 0; customer < orders.num_customer_codes(); ++customer) {
    if (orders[customer].empty()) {
      continue;
    }
    const bool is_guest = customer == Dictionary::kUnknownCode;
    const std::uint32_t first = is_guest ? 0 : first_order(history, orders[customer]);
    counted.clear();
    for (const std::uint32_t order : orders[customer]) {
      if (view.is_counted(order)) {
        const std::size_t row = rows.of_day(day_of(history.orders()[order].purchase_us));
        ++table.orders[row];
        table.guest_orders[row] += is_guest ? 1 : 0;
        counted.push_back({.row = row, .is_repeat = order != first});
      }
    }
    if (is_guest) {
      continue;
    }
    std::sort(counted.begin(), counted.end());
    for (std::size_t i = 0; i < counted.size(); ++i) {
      if (i + 1 == counted.size() || counted[i + 1].row != counted[i].row) {
        ++table.customers[counted[i].row];
        table.repeat_customers[counted[i].row] += counted[i].is_repeat ? 1 : 0;
      }
    }
  }
}

}  // namespace

Metadata Summary::metadata() const {
  Metadata metadata{{"as_of", format_time(as_of_us)},
                    {"num_lines_ignored", std::to_string(num_lines_ignored)}};
  add_selection(metadata, selection);
  return metadata;
}

Summary summary(const CustomerHistory& history, const Options& options) {
  Summary table;
  const HistoryView view(history, options.as_of_us);
  table.as_of_us = view.as_of_us();
  table.selection = history.options().selection;
  table.num_lines_ignored = history.num_lines_from(table.as_of_us);

  const std::int32_t last_day =
      std::max(view.start_day(), std::min(view.last_data_day(), view.end_day() - 1));
  const Rows rows(view.start_day(), last_day, options.period);
  label_rows(table, rows, options.period, view);

  table.revenue_gross.resize(rows.num_rows);
  table.revenue_net.resize(rows.num_rows);
  table.guest_revenue_net.resize(rows.num_rows);
  view.for_each(history.order_days(LineKind::sale), [&](const OrderDay& day) {
    Money128& sum = table.revenue_gross[rows.of_day(day.day)];
    sum = add(sum, day.sum);
  });
  view.for_each_line_sum([&](const OrderDay& day) {
    const std::size_t row = rows.of_day(day.day);
    table.revenue_net[row] = add(table.revenue_net[row], day.sum);
    if (history.orders()[day.order].customer == Dictionary::kUnknownCode) {
      table.guest_revenue_net[row] = add(table.guest_revenue_net[row], day.sum);
    }
  });

  table.orders.resize(rows.num_rows);
  table.customers.resize(rows.num_rows);
  table.repeat_customers.resize(rows.num_rows);
  table.guest_orders.resize(rows.num_rows);
  count_orders(table, view, rows);

  for (std::size_t row = 0; row < rows.num_rows; ++row) {
    const Money128 net = table.revenue_net[row];
    if (table.orders[row] > 0) {
      table.average_order_value.push_back(mean_money(net, table.orders[row]));
    } else {
      table.average_order_value.push_null();
    }
    if (table.customers[row] > 0) {
      table.repeat_rate.push_back(
          nearest_quotient(table.repeat_customers[row], table.customers[row]));
    } else {
      table.repeat_rate.push_null();
    }
    if (net > Money128{}) {
      table.guest_share.push_back(ratio(table.guest_revenue_net[row], net));
    } else {
      table.guest_share.push_null();
    }
  }
  return table;
}

Summary summary(const Transactions& transactions, const Options& options,
                const Selection& selection) {
  return summary(history_of(transactions, options.num_threads,
                            {.as_of_us = options.as_of_us, .selection = selection}),
                 options);
}

}  // namespace ecommerce_analytics::kpi
