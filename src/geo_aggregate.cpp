#include "ecommerce_analytics/geo_aggregate.hpp"

#include <algorithm>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "history_of.hpp"
#include "history_view.hpp"
#include "orders_by_customer.hpp"

namespace ecommerce_analytics::geo_aggregate {

Metadata Regions::metadata() const {
  Metadata metadata{
      {"as_of", format_time(as_of_us)},
      {"dimension", dimension},
      {"total_orders", std::to_string(total_orders)},
      {"total_customers", std::to_string(total_customers)},
      {"total_revenue", format_money(total_revenue)},
      {"customers_are", "distinct in each region; one who bought in two is counted in both"},
      {"num_lines_ignored", std::to_string(num_lines_ignored)}};
  add_selection(metadata, selection);
  return metadata;
}

Regions by_region(const CustomerHistory& history, const Options& options) {
  require(!options.region.empty() && history.options().region == options.region,
          ErrorCode::invalid_argument, "geo_aggregate: the history keeps no such dimension",
          options.region);
  Regions table;
  table.dimension = options.region;
  const HistoryView view(history, options.as_of_us);
  table.as_of_us = view.as_of_us();
  table.selection = history.options().selection;
  table.num_lines_ignored = history.num_lines_from(table.as_of_us);

  const Dictionary& keys = history.region_keys();
  std::vector<bool> has_line(keys.num_codes());
  std::vector<std::int64_t> orders(keys.num_codes());
  std::vector<std::int64_t> customers(keys.num_codes());
  std::vector<Money128> revenue(keys.num_codes());
  view.for_each_line_sum([&](const OrderDay& day) {
    const std::uint32_t region =
        CustomerHistory::region_at(history.orders()[day.order], table.as_of_us);
    has_line[region] = true;
    revenue[region] = add(revenue[region], day.sum);
  });
  const OrdersByCustomer by_customer(history, table.as_of_us);
  std::vector<std::uint32_t> regions;
  for (std::size_t customer = 0; customer < by_customer.num_customer_codes(); ++customer) {
    regions.clear();
    for (const std::uint32_t order : by_customer[customer]) {
      if (view.is_counted(order)) {
        regions.push_back(history.orders()[order].purchase_region);
        ++orders[regions.back()];
      }
    }
    if (customer == Dictionary::kUnknownCode || regions.empty()) {
      continue;  // Guests are no customers.
    }
    ++table.total_customers;
    std::sort(regions.begin(), regions.end());
    regions.erase(std::unique(regions.begin(), regions.end()), regions.end());
    for (const std::uint32_t region : regions) {
      ++customers[region];
    }
  }

  std::vector<std::uint32_t> codes = keys.codes_by_key();
  codes.push_back(Dictionary::kUnknownCode);
  for (const std::uint32_t code : codes) {
    if (has_line[code]) {
      table.region.push_back(keys.key(code));
      table.orders.push_back(orders[code]);
      table.customers.push_back(customers[code]);
      table.revenue.push_back(revenue[code]);
      table.total_orders += orders[code];
      table.total_revenue = add(table.total_revenue, revenue[code]);
    }
  }
  for (const Money128& sum : table.revenue) {
    if (table.total_revenue > Money128{}) {
      table.share.push_back(ratio(sum, table.total_revenue));
    } else {
      table.share.push_null();
    }
  }
  return table;
}

Regions by_region(const Transactions& transactions, const Options& options,
                  const Selection& selection) {
  return by_region(
      history_of(transactions, options.num_threads,
                 {.as_of_us = options.as_of_us, .region = options.region, .selection = selection}),
      options);
}

}  // namespace ecommerce_analytics::geo_aggregate
