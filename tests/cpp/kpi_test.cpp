#include "ecommerce_analytics/kpi.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics::kpi {
namespace {

// Expected values: worked by hand in tests/golden/kpi/two_months/SOURCE.md.
TEST(KpiSummary, MatchesTheWorkedMonths) {
  const Transactions rows = rows_of(Golden("kpi/two_months/input.csv"));
  const Summary actual = summary(rows, {.period = Period::month});
  expect_golden(actual, Golden("kpi/two_months/expected.csv"));
  EXPECT_EQ(actual.as_of_us, parse_civil_time("2024-02-11"));
  EXPECT_EQ(actual.num_lines_ignored, 0);
}

TEST(KpiSummary, MatchesTheWorkedTotal) {
  const Transactions rows = rows_of(Golden("kpi/two_months/input.csv"));
  expect_golden(summary(rows), Golden("kpi/two_months/expected_total.csv"));
}

TEST(KpiSummary, LinesFromAsOfOnAreIgnoredAndCounted) {
  const Transactions rows = rows_of(Golden("kpi/two_months/input.csv"));
  const Summary january =
      summary(rows, {.as_of_us = parse_civil_time("2024-02-01"), .period = Period::month});
  const Golden expected("kpi/two_months/expected.csv");
  ASSERT_EQ(january.num_rows(), 1U);
  EXPECT_EQ(january.revenue_net.front(), expected.column<std::vector<Money128>>("revenue_net")[0]);
  EXPECT_EQ(january.partial.front(), Flag{false});
  EXPECT_EQ(january.num_lines_ignored, 7);
}

TEST(KpiSummary, APeriodWithoutLinesIsARow) {
  std::vector<LogLine> lines(2);
  lines[0] = {
      .customer = "ana", .order = "A", .time_us = parse_civil_time("2024-01-31"), .amount = 5};
  lines[1] = {
      .customer = "ana", .order = "B", .time_us = parse_civil_time("2024-03-01"), .amount = 5};
  const Summary actual = summary(table_of(lines), {.period = Period::month});
  ASSERT_EQ(actual.num_rows(), 3U);
  EXPECT_EQ(actual.period[1], Key("2024-02"));
  EXPECT_EQ(actual.orders[1], 0);
  EXPECT_EQ(actual.revenue_net[1], to_money128(0));
  EXPECT_EQ(actual.average_order_value.is_valid[1], 0);
  EXPECT_EQ(actual.repeat_rate.is_valid[1], 0);
  EXPECT_EQ(actual.guest_share.is_valid[1], 0);
  EXPECT_EQ(actual.repeat_customers, (std::vector<std::int64_t>{0, 0, 1}));
}

TEST(KpiSummary, PeriodsAddUpToTheTotal) {
  const Transactions rows = table_of(random_log(21, 800));
  const Summary total = summary(rows);
  for (const Period period :
       {Period::day, Period::week, Period::month, Period::quarter, Period::year}) {
    const Summary parts = summary(rows, {.period = period});
    Money128 net{};
    Money128 gross{};
    Money128 guest_net{};
    std::int64_t orders = 0;
    std::int64_t guest_orders = 0;
    for (std::size_t row = 0; row < parts.num_rows(); ++row) {
      net = add(net, parts.revenue_net[row]);
      gross = add(gross, parts.revenue_gross[row]);
      guest_net = add(guest_net, parts.guest_revenue_net[row]);
      orders += parts.orders[row];
      guest_orders += parts.guest_orders[row];
      if (row > 0) {
        EXPECT_EQ(parts.end[row - 1], parts.start[row]);
      }
    }
    EXPECT_EQ(net, total.revenue_net.front());
    EXPECT_EQ(gross, total.revenue_gross.front());
    EXPECT_EQ(guest_net, total.guest_revenue_net.front());
    EXPECT_EQ(orders, total.orders.front());
    EXPECT_EQ(guest_orders, total.guest_orders.front());
  }
}

/// Days with an order each: day of January 2024, amount, quantity of its one line, if any.
Transactions table_with_freight(const std::vector<std::array<std::int64_t, 3>>& days) {
  TransactionsBuilder builder({"freight"});
  for (const auto& [day, amount, quantity] : days) {
    Line line;
    line.customer = Key("ana");
    line.order = Key(day);
    line.time_us = parse_civil_time("2023-12-31") + day * kMicrosecondsPerDay;
    line.amount = amount * kMoneyScale;
    line.quantity = quantity * kMoneyScale;
    line.measures = {kMoneyScale / 2};
    builder.add(line);
  }
  return builder.finish();
}

TEST(KpiSummary, ReadsTheMeasuresThatTheTableHas) {
  const Transactions rows = table_with_freight({{1, 10, 3}, {2, -4, -1}, {3, 20, 4}});
  EXPECT_EQ(measures_of(rows), (std::vector<std::string>{"freight", "quantity"}));
  const Summary actual = summary(rows);
  EXPECT_EQ(actual.freight.values.front(), to_money128(parse_money("1.5")));
  EXPECT_EQ(actual.items.values.front(), to_money128(parse_money("7")));
  EXPECT_EQ(actual.items_per_order.values.front(), 3.5);
  EXPECT_EQ(actual.tax.is_valid.front(), 0);
  EXPECT_EQ(actual.return_rate_money.values.front(), 4.0 / 30.0);
  EXPECT_EQ(actual.return_rate_lines.values.front(), 0.5);

  CustomerHistory bare;
  bare.add(rows);
  EXPECT_EQ(summary(bare).freight.is_valid.front(), 0);
  EXPECT_EQ(summary(bare).items_per_order.is_valid.front(), 0);
}

/// Rows of one figure.
struct Compared {
  std::optional<std::int32_t> previous_days{};  ///< Nothing: not comparable.
  std::optional<double> previous{};
  std::optional<double> change_share{};
  friend bool operator==(const Compared&, const Compared&) = default;
};

std::vector<Compared> compared(const Changes& table, std::string_view kpi) {
  const auto value_of = [](const Nullable<double>& column, std::size_t row) {
    return column.is_valid[row] != 0 ? std::optional(column.values[row]) : std::nullopt;
  };
  std::vector<Compared> rows;
  for (std::size_t row = 0; row < table.num_rows(); ++row) {
    if (table.kpi[row] == Key(kpi)) {
      rows.push_back({.previous = value_of(table.previous, row),
                      .change_share = value_of(table.change_share, row)});
      if (table.comparable[row].value) {
        rows.back().previous_days =
            table.previous_end.values[row].day - table.previous_start.values[row].day;
      }
    }
  }
  return rows;
}

TEST(KpiChanges, ComparesLikeDaysWithLikeDays) {
  const Transactions rows =
      table_with_freight({{1, 10, 1}, {5, 30, 1}, {6, 500, 1}, {32, 40, 1}, {36, 60, 2}});
  const Options by_month{.period = Period::month};
  // January against nothing; February 1 to 5 against January 1 to 5.
  const std::vector<Compared> net = compared(changes(rows, by_month), "revenue_net");
  EXPECT_EQ(net, (std::vector<Compared>{{}, {5, 40.0, 1.5}}));
  const std::vector<Compared> items = compared(changes(rows, by_month), "items_per_order");
  EXPECT_EQ(items, (std::vector<Compared>{{}, {5, 1.0, 0.5}}));
  // A day that is cut has nothing like it.
  const Options cut{.as_of_us = parse_civil_time("2024-02-05 12:00"), .period = Period::month};
  EXPECT_EQ(compared(changes(rows, cut), "orders"), (std::vector<Compared>{{}, {}}));
}

TEST(KpiChanges, AReportWindowIsComparedWithTheOneBeforeIt) {
  const Transactions rows = table_with_freight({{1, 10, 1}, {2, 30, 1}, {3, 50, 1}});
  const Selection last_day{.start_day = day_of(parse_civil_time("2024-01-03"))};
  EXPECT_EQ(compared(changes(rows, {}, last_day), "revenue_net"),
            (std::vector<Compared>{{1, 30.0, 20.0 / 30.0}}));
  const Selection last_two{.start_day = day_of(parse_civil_time("2024-01-02"))};
  EXPECT_EQ(compared(changes(rows, {}, last_two), "revenue_net"), (std::vector<Compared>{{}}));
  EXPECT_EQ(compared(changes(rows), "revenue_net"), (std::vector<Compared>{{}}));
}

TEST(KpiDictionary, HasOneEntryForEachFigureOfTheSummary) {
  std::multiset<std::string_view> columns;
  Summary::visit_columns([&](std::string_view name, auto) { columns.insert(name); });
  for (const std::string_view name : {"period", "start", "end", "partial"}) {
    columns.erase(name);
  }
  std::multiset<std::string_view> names;
  for (const Definition& kpi : dictionary()) {
    names.insert(kpi.name);
    EXPECT_FALSE(kpi.definition.empty());
  }
  EXPECT_EQ(names, columns);
}

TEST(KpiSummary, RefusesWhatItCannotAnswer) {
  const Transactions rows = rows_of(Golden("kpi/two_months/input.csv"));
  for (const Options& options :
       {Options{.as_of_us = parse_civil_time("2024-01-05")}, Options{.num_threads = -1}}) {
    try {
      static_cast<void>(summary(rows, options));
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    }
  }
  EXPECT_THROW(static_cast<void>(summary(Transactions())), Error);
}

}  // namespace
}  // namespace ecommerce_analytics::kpi
