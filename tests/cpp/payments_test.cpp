#include "ecommerce_analytics/payments.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrow_by_hand.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics::payments {
namespace {

using by_hand::Stream;
using by_hand::texts;

Payments payments_of(const std::vector<std::string>& orders, const std::vector<std::string>& types,
                     const std::vector<std::string>& amounts) {
  const auto column = [](const char* name, const std::vector<std::string>& values) {
    by_hand::Texts cells;
    for (const std::string& value : values) {
      cells.push_back(value.empty() ? std::nullopt : std::optional(value));
    }
    return texts(name, cells);
  };
  Stream stream({{column("order", orders), column("type", types), column("paid", amounts)}});
  return read(stream.get(), {.order = "order", .payment_type = "type", .amount = "paid"});
}

Payments payments_of(const Golden& file) {
  return payments_of(file.cells("order"), file.cells("payment_type"), file.cells("amount"));
}

CustomerHistory history_of(const Transactions& rows, HistoryOptions options = {}) {
  CustomerHistory history(std::move(options));
  history.add(rows);
  return history;
}

// Expected values: worked by hand in tests/golden/payments/four_orders/SOURCE.md.
TEST(RevenueBridge, MatchesTheWorkedExample) {
  const CustomerHistory history = history_of(rows_of(Golden("payments/four_orders/input.csv")));
  const Payments payments = payments_of(Golden("payments/four_orders/payments.csv"));
  expect_golden(revenue_bridge(history, &payments), Golden("payments/four_orders/expected.csv"));
}

TEST(ByType, MatchesTheWorkedExample) {
  const Payments payments = payments_of(Golden("payments/four_orders/payments.csv"));
  const ByType table = by_type(payments);
  expect_golden(table, Golden("payments/four_orders/expected_by_type.csv"));
  EXPECT_EQ(table.total_orders, 4);
  EXPECT_EQ(table.orders_of_several_types, 2);
  EXPECT_EQ(format_money(table.total_paid), "182.2456");
}

TEST(ByType, ReadsTheOrdersThatCount) {
  const CustomerHistory history = history_of(rows_of(Golden("payments/four_orders/input.csv")));
  const Payments payments = payments_of(Golden("payments/four_orders/payments.csv"));
  const ByType table = by_type(payments, history, {.as_of_us = parse_civil_time("2024-01-09")});
  EXPECT_EQ(table.total_orders, 1);
  EXPECT_EQ(format_money(table.total_paid), "39.9000");
}

TEST(ByType, CountsByPeriodOfTheOrder) {
  const CustomerHistory history = history_of(rows_of(Golden("payments/four_orders/input.csv")));
  const Payments payments = payments_of(Golden("payments/four_orders/payments.csv"));
  const ByType table = by_type(payments, history, {.period = Period::month});
  ASSERT_EQ(table.num_rows(), 3U);  // Card in January and February, voucher in January.
  ASSERT_TRUE(table.period.has_value());
  ASSERT_TRUE(table.customers.has_value());
  EXPECT_EQ((*table.period)[0], Key("2024-01"));
  EXPECT_EQ((*table.period)[1], Key("2024-02"));
  EXPECT_EQ(table.orders, (std::vector<std::int64_t>{2, 1, 1}));
  EXPECT_EQ(*table.customers, (std::vector<std::int64_t>{2, 1, 1}));
  EXPECT_EQ(format_money(table.paid[0]), "60.0000");
  EXPECT_EQ((*table.partial)[0], Flag{false});
  EXPECT_EQ((*table.partial)[1], Flag{true});
  EXPECT_FALSE(by_type(payments).period.has_value());
}

TEST(RevenueBridge, MeasuresAreBilled) {
  TransactionsBuilder builder({"freight", "tax"}, {});
  for (const std::int64_t amount : {100'000, 50'000}) {
    Line line;
    line.customer = Key("ana");
    line.order = Key(amount == 50'000 ? "B" : "A");
    line.amount = amount;
    line.measures = {7, 11};
    builder.add(line);
  }
  const CustomerHistory history = history_of(builder.finish(), {.measures = {"freight", "tax"}});
  const Bridge bridge = revenue_bridge(history);
  ASSERT_EQ(bridge.num_rows(), 10U);
  EXPECT_EQ(bridge.step[7], Key("tax"));
  EXPECT_EQ(bridge.amount[7], to_money128(22));
  EXPECT_EQ(bridge.step[8], Key("freight"));
  EXPECT_EQ(bridge.amount[8], to_money128(14));
  EXPECT_EQ(bridge.step[9], Key("billed"));
  EXPECT_EQ(bridge.running[9], to_money128(150'036));
}

TEST(OrdersWith, AreSortedAndOfTheType) {
  const Payments payments = payments_of(Golden("payments/four_orders/payments.csv"));
  KeyColumn card;
  card.push_back(Key("card"));
  const KeyColumn orders = orders_with(payments, card);
  ASSERT_EQ(orders.size(), 4U);
  EXPECT_EQ(orders[0], Key("A1"));
  EXPECT_EQ(orders[3], Key("E1"));
  KeyColumn unknown;
  unknown.push_back(Key());
  EXPECT_EQ(orders_with(payments, unknown).size(), 1U);
  KeyColumn other;
  other.push_back(Key("pix"));
  EXPECT_THROW((void)orders_with(payments, other), Error);
  KeyColumn number;
  number.push_back(Key(std::int64_t{3}));
  EXPECT_THROW((void)orders_with(payments, number), Error);
}

TEST(PaidBy, ChoosesTheOrdersOfAType) {
  const Payments payments = payments_of(Golden("payments/four_orders/payments.csv"));
  KeyColumn card;
  card.push_back(Key("card"));
  auto orders = std::make_shared<Dictionary>();
  for (const char* order : {"Z9", "E1", "A1"}) {
    orders->encode(Key(std::string_view(order)));
  }
  const std::shared_ptr<const Dictionary> keys = orders;
  const PaymentFilter paid = paid_by(payments, card);
  const std::vector<std::uint8_t> expected{0, 0, 1, 1};
  EXPECT_EQ(paid.payments->orders_with(paid.types, keys), expected);
  EXPECT_EQ(paid, paid_by(payments, card));
  EXPECT_EQ(payments.codes_in(keys), payments.codes_in(keys));  // Looked up once.
  orders->encode(Key("B1"));
  EXPECT_EQ(payments.codes_in(keys)->size(), payments.order_keys().num_codes());
  EXPECT_EQ(paid.payments->orders_with(paid.types, keys).size(), 5U);
  auto numbers = std::make_shared<Dictionary>();
  numbers->encode(Key(std::int64_t{1}));
  EXPECT_THROW((void)paid.payments->orders_with(paid.types, numbers), Error);
  KeyColumn other;
  other.push_back(Key("pix"));
  EXPECT_THROW((void)paid_by(payments, other), Error);
}

TEST(RevenueBridge, ShardsAndOrderOfRowsDoNotMatter) {
  const std::vector<LogLine> lines = random_log(9, 600);
  std::vector<std::string> orders;
  std::vector<std::string> types;
  std::vector<std::string> amounts;
  for (int i = 0; i < 260; i += 3) {
    orders.push_back("o" + std::to_string(i));
    types.emplace_back(i % 2 == 0 ? "card" : "");
    amounts.push_back(std::to_string(i) + ".25");
  }
  const Payments payments = payments_of(orders, types, amounts);
  const Bridge whole = revenue_bridge(history_of(table_of(lines)), &payments);
  CustomerHistory merged;
  for (const std::vector<LogLine>& shard : deal(shuffled(lines, 2), 4)) {
    merged.add(table_of(shard));
  }
  expect_same(revenue_bridge(merged, &payments), whole);
  EXPECT_EQ(whole.running[whole.num_rows() - 1], by_type(payments).total_paid);
}

TEST(Payments, CannotBeReadWithoutAType) {
  Stream stream({{texts("order", {"A"}), texts("paid", {"1"})}});
  EXPECT_THROW((void)read(stream.get(), {.order = "order", .amount = "paid"}), Error);
}

TEST(RevenueByType, SplitsEachOrderToTheLastUnit) {
  TransactionsBuilder builder({}, {});
  builder.add({.customer = Key("ann"), .order = Key("A"), .amount = 10});
  builder.add({.customer = Key("bob"), .order = Key("B"), .amount = 7});
  const Payments payments = payments_of({"A", "A", "A"}, {"card", "bill", "cash"}, {"1", "1", "1"});
  const RevenueByType table = revenue_by_type(payments, history_of(builder.finish()));
  ASSERT_EQ(table.num_rows(), 3U);  // Of equal remainders the lesser key gets the last unit.
  EXPECT_EQ(table.revenue, (std::vector<Money128>{to_money128(4), to_money128(3), to_money128(3)}));
  EXPECT_EQ(table.total_revenue, to_money128(17));
  EXPECT_EQ(table.revenue_without_payment, to_money128(7));
  EXPECT_EQ(table.orders_without_payment, 1);
}

TEST(ByInstallments, NeedsThem) {
  const Payments payments = payments_of({"A"}, {"card"}, {"1"});
  EXPECT_EQ(payments.installments(), nullptr);
  EXPECT_THROW((void)by_installments(payments), Error);
}

}  // namespace
}  // namespace ecommerce_analytics::payments
