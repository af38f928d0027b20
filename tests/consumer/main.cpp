#include <ecommerce_analytics/core/calendar.hpp>
#include <ecommerce_analytics/core/money.hpp>
#include <ecommerce_analytics/rfm.hpp>
#include <ecommerce_analytics/transactions.hpp>
#include <iostream>

namespace ea = ecommerce_analytics;

int main() {
  ea::TransactionsBuilder builder;
  builder.add({.customer = ea::Key("ann"),
               .order = ea::Key(1),
               .time_us = ea::parse_civil_time("2026-01-31"),
               .amount = ea::parse_money("19.90")});
  const ea::rfm::Scores scores = ea::rfm::score(builder.finish());
  std::cout << ea::to_string(scores.customer[0]) << " " << ea::format_money(scores.monetary[0])
            << "\n";
  return scores.num_rows() == 1 ? 0 : 1;
}
