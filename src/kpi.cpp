#include "ecommerce_analytics/kpi.hpp"

#include <algorithm>

#include "core/int128.hpp"
#include "history_of.hpp"
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
                std::int32_t first_day) {
  const std::int32_t end_day = day_of(table.as_of_us - 1) + 1;
  for (std::size_t row = 0; row < rows.num_rows; ++row) {
    if (!period) {
      table.period.push_back(Key("total"));
      table.start.push_back({first_day});
      table.end.push_back({end_day});
      table.partial.push_back({false});
      continue;
    }
    const std::int32_t number = rows.first_number + static_cast<std::int32_t>(row);
    const std::int32_t next_first_day = first_day_of(number + 1, *period);
    table.period.push_back(Key(format_period(number, *period)));
    table.start.push_back({first_day_of(number, *period)});
    table.end.push_back({std::min(next_first_day, end_day)});
    table.partial.push_back({next_first_day * kMicrosecondsPerDay > table.as_of_us});
  }
}

void count_orders(Summary& table, const CustomerHistory& history, const Rows& rows) {
  const OrdersByCustomer orders(history, table.as_of_us);
  std::vector<std::size_t> order_rows;
  for (std::size_t customer = 0; customer < orders.num_customer_codes(); ++customer) {
    order_rows.clear();
    for (const std::uint32_t order : orders[customer]) {
      order_rows.push_back(rows.of_day(day_of(history.orders()[order].purchase_us)));
      ++table.orders[order_rows.back()];
    }
    if (customer == Dictionary::kUnknownCode) {
      for (const std::size_t row : order_rows) {
        ++table.guest_orders[row];
      }
      continue;
    }
    std::sort(order_rows.begin(), order_rows.end());
    for (std::size_t i = 0; i < order_rows.size(); ++i) {
      const std::size_t row = order_rows[i];
      const bool is_last_of_row = i + 1 == order_rows.size() || order_rows[i + 1] != row;
      if (is_last_of_row) {
        ++table.customers[row];
        table.repeat_customers[row] += i > 0 ? 1 : 0;
      }
    }
  }
}

}  // namespace

Metadata Summary::metadata() const {
  return {{"as_of", format_time(as_of_us)},
          {"num_lines_ignored", std::to_string(num_lines_ignored)}};
}

Summary summary(const CustomerHistory& history, const Options& options) {
  Summary table;
  table.as_of_us = history.resolve_as_of(options.as_of_us);
  table.num_lines_ignored = history.num_lines_from(table.as_of_us);

  const std::int32_t first_day = history.days().front().day;
  std::int32_t last_day = first_day;
  for (const DayState& day : history.days()) {
    last_day = day.day * kMicrosecondsPerDay < table.as_of_us ? day.day : last_day;
  }
  const Rows rows(first_day, last_day, options.period);
  label_rows(table, rows, options.period, first_day);

  table.revenue_gross.resize(rows.num_rows);
  table.revenue_net.resize(rows.num_rows);
  table.guest_revenue_net.resize(rows.num_rows);
  for (const DayState& day : history.days()) {
    if (day.day > last_day) {
      break;
    }
    const std::size_t row = rows.of_day(day.day);
    for (const Money128& money : day.money) {
      table.revenue_net[row] = add(table.revenue_net[row], money);
    }
    table.revenue_gross[row] =
        add(table.revenue_gross[row], day.money[static_cast<std::size_t>(LineKind::sale)]);
    table.guest_revenue_net[row] = add(table.guest_revenue_net[row], day.guest_net);
  }

  table.orders.resize(rows.num_rows);
  table.customers.resize(rows.num_rows);
  table.repeat_customers.resize(rows.num_rows);
  table.guest_orders.resize(rows.num_rows);
  count_orders(table, history, rows);

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

Summary summary(const Transactions& transactions, const Options& options) {
  return summary(history_of(transactions, options.as_of_us, options.num_threads), options);
}

}  // namespace ecommerce_analytics::kpi
