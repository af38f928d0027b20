// From order lines to answers: the scores, the segments and the cohorts of a shop with six
// customers. Build it with -DECOMMERCE_ANALYTICS_BUILD_EXAMPLES=ON, or link
// ecommerce_analytics::ecommerce_analytics into a project of your own.

#include <ecommerce_analytics/ecommerce_analytics.hpp>
#include <exception>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace ea = ecommerce_analytics;

namespace {

// customer,order,time,amount: a line without a customer is a guest's, one below zero a refund.
constexpr const char* kLines =
    "ann,A-1,2026-01-05 09:30,19.90\n"
    "ann,A-1,2026-01-05 09:30,5.10\n"
    "bob,B-1,2026-01-09 18:02,120.00\n"
    "cid,C-1,2026-01-20 11:45,8.25\n"
    ",G-1,2026-01-22 20:10,14.00\n"
    "ann,A-2,2026-02-03 08:15,42.00\n"
    "dan,D-1,2026-02-11 13:00,60.75\n"
    "bob,B-1,2026-02-12 10:00,-20.00\n"
    "eve,E-1,2026-02-17 16:20,33.30\n"
    "dan,D-2,2026-03-01 12:00,15.00\n"
    "ann,A-3,2026-03-08 09:05,27.50\n"
    "fay,F-1,2026-03-09 21:40,99.99\n";

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, ',');) {
    fields.push_back(field);
  }
  return fields;
}

ea::Transactions read_lines(std::istream& input) {
  ea::TransactionsBuilder builder;
  for (std::string line; std::getline(input, line);) {
    const std::vector<std::string> fields = fields_of(line);
    builder.add({.customer = ea::Key(fields.at(0)),
                 .order = ea::Key(fields.at(1)),
                 .time_us = ea::parse_civil_time(fields.at(2)),
                 .amount = ea::parse_money(fields.at(3))});  // To the last digit, or an error.
  }
  return builder.finish();
}

void print_segments(const ea::rfm::Segments& table) {
  std::cout << "As of " << ea::format_time(table.as_of_us) << "\n\n"
            << "customer  days  orders      money  R F M  segment\n";
  for (std::size_t row = 0; row < table.num_rows(); ++row) {
    std::cout << std::left << std::setw(8) << ea::to_string(table.customer[row]) << std::right
              << std::setw(6) << table.recency_days[row] << std::setw(8) << table.frequency[row]
              << std::setw(11) << ea::format_money(table.monetary[row]) << "  "
              << int{table.r_score[row]} << ' ' << int{table.f_score[row]} << ' '
              << int{table.m_score[row]} << "  " << ea::to_string(table.segment[row]) << "\n";
  }
}

void print_cohorts(const ea::cohort::Retention& table) {
  std::cout << "\ncohort   customers  active in month 0, 1, ...\n";
  for (std::size_t row = 0; row < table.num_rows(); ++row) {
    if (table.period[row] == 0) {
      std::cout << ea::format_period(ea::period_of(table.cohort[row].day, ea::Period::month),
                                     ea::Period::month)
                << std::setw(11) << table.size[row];
    }
    if (table.observable[row].value) {  // Later months are unknown, not zero.
      std::cout << std::setw(4) << table.value.counts.values[row]
                << (table.partial[row].value ? "*" : " ");
    }
    const bool is_last = row + 1 == table.num_rows() || table.period[row + 1] == 0;
    std::cout << (is_last ? "\n" : "");
  }
  std::cout << "* the month had not ended\n";
}

}  // namespace

int main() {
  try {
    std::istringstream input(kLines);
    const ea::Transactions transactions = read_lines(input);

    // One pass over the lines; every analysis reads the history.
    ea::CustomerHistory history;
    history.add(transactions);

    const ea::rfm::Scores scores = ea::rfm::score(history);
    print_segments(ea::rfm::segment(scores, ea::rfm::rule_set("default")));
    print_cohorts(ea::cohort::retention(history));

    const ea::kpi::Summary figures = ea::kpi::summary(history);
    std::cout << "\nnet revenue " << ea::format_money(figures.revenue_net[0]) << " in "
              << figures.orders[0] << " orders, guests' share "
              << figures.guest_share.values[0] * 100.0 << " %\n";
  } catch (const std::exception& error) {  // ea::Error names the row, the column and the value.
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
