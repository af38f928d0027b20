// Scores the customers of a tiny shop and prints the segment of each.
#include <ecommerce_analytics/ecommerce_analytics.hpp>
#include <iostream>
#include <string_view>

namespace ea = ecommerce_analytics;

int main() {
  ea::TransactionsBuilder builder;
  const auto add = [&](std::string_view customer, std::int64_t order, std::string_view time,
                       std::string_view amount) {
    builder.add({.customer = ea::Key(customer),
                 .order = ea::Key(order),
                 .time_us = ea::parse_civil_time(time),
                 .amount = ea::parse_money(amount)});
  };
  add("ann", 1, "2026-01-05 10:30:00", "19.90");
  add("ann", 2, "2026-03-01", "35.00");
  add("bob", 3, "2026-01-20", "12.50");
  add("bob", 3, "2026-01-28", "-2.50");  // A refund: less money, no later order.
  add("", 4, "2026-02-14", "8.00");      // A guest: revenue, no customer.

  try {
    const ea::rfm::Scores scores = ea::rfm::score(builder.finish());
    const ea::rfm::Segments table = ea::rfm::segment(scores, ea::rfm::rule_set("default"));
    for (std::size_t row = 0; row < table.num_rows(); ++row) {
      std::cout << ea::to_string(table.customer[row]) << ": recency_days "
                << table.recency_days[row] << ", frequency " << table.frequency[row]
                << ", monetary " << ea::format_money(table.monetary[row]) << ", "
                << ea::to_string(table.segment[row]) << "\n";
    }
  } catch (const ea::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
