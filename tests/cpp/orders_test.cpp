#include "ecommerce_analytics/orders.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics::orders {
namespace {

Transactions three_customers() { return rows_of(Golden("orders/three_customers/input.csv")); }

// Expected values: worked by hand in tests/golden/orders/three_customers/SOURCE.md.
TEST(Lists, MatchTheWorkedExample) {
  const OrderList actual = list_orders(three_customers(), {.region = "region"});
  expect_golden(actual, Golden("orders/three_customers/expected.csv"));
  EXPECT_EQ(actual.total_orders, 6);
  const LineList lines = list_lines(three_customers());
  const Golden expected("orders/three_customers/expected_lines.csv");
  EXPECT_EQ(lines.order, expected.column<KeyColumn>("order"));
  EXPECT_EQ(lines.customer, expected.column<KeyColumn>("customer"));
  EXPECT_EQ(lines.time, expected.column<std::vector<Time>>("time"));
  EXPECT_EQ(lines.kind, expected.column<KeyColumn>("kind"));
  EXPECT_EQ(lines.amount, expected.column<std::vector<Money128>>("amount"));
  ASSERT_EQ(lines.dimensions.size(), 1U);
  EXPECT_EQ(lines.dimensions[0].second, expected.column<KeyColumn>("region"));
  EXPECT_EQ(format_money(lines.total_revenue), "185.4000");
  expect_golden(list_customers(three_customers()),
                Golden("orders/three_customers/expected_customers.csv"));
}

TEST(Lists, TheLimitKeepsTheFirstRows) {
  const Transactions rows = table_of(random_log(3, 900));
  for (const OrderSort sort : {OrderSort::time, OrderSort::revenue, OrderSort::number,
                               OrderSort::days_since_previous, OrderSort::order}) {
    for (const bool descending : {false, true}) {
      const OrderList all = list_orders(rows, {.sort = sort, .descending = descending});
      const OrderList some =
          list_orders(rows, {.sort = sort, .descending = descending, .limit = 20});
      ASSERT_EQ(some.num_rows(), 20U);
      EXPECT_EQ(some.total_orders, static_cast<std::int64_t>(all.num_rows()));
      for (std::size_t row = 0; row < some.num_rows(); ++row) {
        EXPECT_EQ(some.order[row], all.order[row]);
        EXPECT_EQ(some.number.values[row], all.number.values[row]);
        EXPECT_EQ(some.revenue[row], all.revenue[row]);
      }
    }
  }
}

TEST(Lists, NoOrderOfRowsMatters) {
  std::vector<LogLine> log = random_log(5, 700);
  const OrderList orders = list_orders(table_of(log), {.sort = OrderSort::revenue});
  const LineList lines = list_lines(table_of(log), {.limit = 300});
  const CustomerList customers =
      list_customers(table_of(log), {.sort = CustomerSort::last_order, .descending = true});
  std::reverse(log.begin(), log.end());
  expect_same(list_orders(table_of(log), {.sort = OrderSort::revenue}), orders);
  expect_same(list_lines(table_of(log), {.limit = 300}), lines);
  expect_same(list_customers(table_of(log), {.sort = CustomerSort::last_order, .descending = true}),
              customers);
}

TEST(Lists, SelectLinesByOrderKindAndMember) {
  const Transactions rows = three_customers();
  KeyColumn wanted;
  wanted.push_back(Key("a1"));
  EXPECT_EQ(list_lines(rows, {.orders = wanted}).num_rows(), 3U);
  EXPECT_EQ(list_lines(rows, {.orders = wanted, .kinds = {{LineKind::refund}}}).num_rows(), 1U);
  KeyColumn bia;
  bia.push_back(Key("bia"));
  EXPECT_EQ(list_lines(rows, {}, {.customers = bia}).num_rows(), 2U);
  KeyColumn rio;
  rio.push_back(Key("RJ"));
  EXPECT_EQ(list_lines(rows, {}, {.dimensions = {{.dimension = "region", .keys = rio}}}).num_rows(),
            3U);
  EXPECT_EQ(list_lines(rows, {}, {.end_day = day_of(parse_civil_time("2024-01-11"))}).num_rows(),
            3U);
}

TEST(Lists, RefuseWhatTheyCannotTell) {
  EXPECT_THROW(static_cast<void>(parse_order_sort("luck")), Error);
  EXPECT_THROW(static_cast<void>(parse_customer_sort("luck")), Error);
  KeyColumn numbers;
  numbers.push_back(Key(std::int64_t{7}));
  EXPECT_THROW(static_cast<void>(list_lines(three_customers(), {.orders = numbers})), Error);
  EXPECT_THROW(static_cast<void>(list_orders(CustomerHistory())), Error);
}

}  // namespace
}  // namespace ecommerce_analytics::orders
