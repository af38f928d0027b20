#include "ecommerce_analytics/transactions.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"

namespace ecommerce_analytics {
namespace {

void expect_error(ErrorCode code, const std::function<void()>& work) {
  try {
    work();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
  }
}

Line line(const char* customer, const char* order, std::int64_t amount = 10'000) {
  Line line;
  line.customer = Key(customer);
  line.order = Key(order);
  line.amount = amount;
  return line;
}

TEST(LineKind, HasAName) {
  for (std::size_t index = 0; index < kNumLineKinds; ++index) {
    const auto kind = static_cast<LineKind>(index);
    EXPECT_EQ(parse_line_kind(line_kind_name(kind)), kind);
  }
  EXPECT_EQ(line_kind_name(LineKind::adjustment), "adjustment");
  EXPECT_EQ(parse_line_kind("Sale"), std::nullopt);
  EXPECT_EQ(parse_line_kind(""), std::nullopt);
}

TEST(LineKind, FollowsTheAmountUnlessTold) {
  EXPECT_EQ(default_kind(1), LineKind::sale);
  EXPECT_EQ(default_kind(0), LineKind::adjustment);
  EXPECT_EQ(default_kind(-1), LineKind::refund);
}

TEST(Transactions, IsEmptyByDefault) {
  const Transactions transactions;
  EXPECT_EQ(transactions.num_rows(), 0U);
  EXPECT_EQ(transactions.find_dimension("region"), nullptr);
  EXPECT_EQ(transactions.find_measure("freight"), nullptr);
}

TEST(TransactionsBuilder, KeepsWhatALineSays) {
  TransactionsBuilder builder({"freight"}, {"region", "category"});
  Line first = line("ana", "A1", 125'000);
  first.time_us = 1;
  first.kind = LineKind::shipping;
  first.quantity = 20'000;
  first.measures = {5'000};
  first.dimensions = {Key("SP"), Key()};
  builder.add(first);
  Line second = line("", "B1", -1);
  second.quantity = -10'000;
  second.measures = {0};
  second.dimensions = {Key(), Key(std::int64_t{7})};
  builder.add(second);

  const Transactions transactions = builder.finish();
  ASSERT_EQ(transactions.num_rows(), 2U);
  const TransactionColumns& columns = transactions.columns();
  EXPECT_EQ(columns.orders->key(columns.order[0]), Key("A1"));
  EXPECT_EQ(columns.orders->key(columns.order[1]), Key("B1"));
  EXPECT_EQ(columns.customers->key(columns.order_customer[columns.order[0]]), Key("ana"));
  EXPECT_EQ(columns.order_customer[columns.order[1]], Dictionary::kUnknownCode);
  EXPECT_EQ(columns.time_us, (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(columns.kind, (std::vector<LineKind>{LineKind::shipping, LineKind::refund}));
  EXPECT_EQ(columns.amount, (std::vector<std::int64_t>{125'000, -1}));
  EXPECT_EQ(columns.quantity, (std::vector<std::int64_t>{20'000, -10'000}));
  ASSERT_NE(transactions.find_measure("freight"), nullptr);
  EXPECT_EQ(transactions.find_measure("freight")->values, (std::vector<std::int64_t>{5'000, 0}));
  const Dimension* region = transactions.find_dimension("region");
  ASSERT_NE(region, nullptr);
  EXPECT_EQ(region->keys->key(region->codes[0]), Key("SP"));
  EXPECT_EQ(region->codes[1], Dictionary::kUnknownCode);
  const Dimension* category = transactions.find_dimension("category");
  ASSERT_NE(category, nullptr);
  EXPECT_EQ(category->keys->key(category->codes[1]), Key(std::int64_t{7}));
  EXPECT_EQ(transactions.find_dimension("freight"), nullptr);
}

TEST(TransactionsBuilder, IsEmptyAfterFinish) {
  TransactionsBuilder builder;
  builder.add(line("ana", "A1"));
  const Transactions first = builder.finish();
  EXPECT_EQ(first.num_rows(), 1U);
  builder.add(line("bo", "A1"));  // Another table: A1 may be bo's here.
  const Transactions second = builder.finish();
  EXPECT_EQ(second.num_rows(), 1U);
  EXPECT_EQ(second.columns().customers->num_keys(), 1U);
  EXPECT_EQ(first.columns().customers->key(1), Key("ana"));
  EXPECT_EQ(second.columns().customers->key(1), Key("bo"));
  EXPECT_EQ(builder.finish().num_rows(), 0U);
}

TEST(TransactionsBuilder, RefusesAnOrderOfTwoCustomers) {
  TransactionsBuilder builder;
  builder.add(line("ana", "A1"));
  expect_error(ErrorCode::invalid_data, [&] { builder.add(line("bo", "A1")); });
  // A guest's line in ana's order is a line of another customer as well.
  expect_error(ErrorCode::invalid_data, [&] { builder.add(line("", "A1")); });
  builder.add(line("ana", "A1"));
  EXPECT_EQ(builder.finish().num_rows(), 2U);

  builder.add(line("", "G1"));
  builder.add(line("", "G1"));
  expect_error(ErrorCode::invalid_data, [&] { builder.add(line("ana", "G1")); });
  EXPECT_EQ(builder.finish().num_rows(), 2U);
}

TEST(TransactionsBuilder, RefusesALineWithoutAnOrder) {
  TransactionsBuilder builder;
  expect_error(ErrorCode::invalid_data, [&] { builder.add(line("ana", "")); });
  EXPECT_EQ(builder.finish().num_rows(), 0U);
}

TEST(TransactionsBuilder, RefusesALineOfAnotherShape) {
  TransactionsBuilder builder({"freight"}, {"region"});
  Line good = line("ana", "A1");
  good.measures = {0};
  good.dimensions = {Key("SP")};

  Line without_measure = good;
  without_measure.measures = {};
  expect_error(ErrorCode::schema_mismatch, [&] { builder.add(without_measure); });
  Line with_dimensions = good;
  with_dimensions.dimensions = {Key("SP"), Key("RJ")};
  expect_error(ErrorCode::schema_mismatch, [&] { builder.add(with_dimensions); });
  builder.add(good);
  Line with_quantity = good;
  with_quantity.quantity = 10'000;
  expect_error(ErrorCode::schema_mismatch, [&] { builder.add(with_quantity); });
  Line integer_region = good;
  integer_region.dimensions = {Key(std::int64_t{1})};
  expect_error(ErrorCode::schema_mismatch, [&] { builder.add(integer_region); });
  builder.add(good);
  EXPECT_EQ(builder.finish().num_rows(), 2U);
}

TEST(Transactions, APurchaseLineIsPositiveAndNoRefund) {
  for (const auto& [rule, expected] :
       {std::pair{PurchaseRule::positive_amount,
                  std::vector<bool>{true, false, false, false, true}},
        std::pair{PurchaseRule::every_line, std::vector<bool>{true, true, true, true, true}}}) {
    TransactionsBuilder builder({}, {}, rule);
    builder.add(line("ana", "A1", 1));
    builder.add(line("ana", "A1", 0));
    builder.add(line("ana", "A1", -1));
    Line refund = line("ana", "A1", 1);
    refund.kind = LineKind::refund;
    builder.add(refund);
    Line shipping = line("ana", "A1", 1);
    shipping.kind = LineKind::shipping;
    builder.add(shipping);
    const Transactions transactions = builder.finish();
    for (std::size_t row = 0; row < expected.size(); ++row) {
      EXPECT_EQ(transactions.is_purchase(row), expected[row]) << row;
    }
  }
}

/// Columns of two lines that are in order; each test below breaks one thing.
TransactionColumns good_columns() {
  const auto orders = std::make_shared<Dictionary>();
  orders->encode(Key("A1"));
  const auto customers = std::make_shared<Dictionary>();
  customers->encode(Key("ana"));
  const auto regions = std::make_shared<Dictionary>();
  regions->encode(Key("SP"));
  TransactionColumns columns;
  columns.order = {1, 1};
  columns.time_us = {0, 1};
  columns.kind = {LineKind::sale, LineKind::sale};
  columns.amount = {1, 2};
  columns.measures = {{.name = "freight", .values = {1, 1}}};
  columns.dimensions = {{.name = "region", .codes = {0, 1}, .keys = regions}};
  columns.order_customer = {0, 1};
  columns.orders = orders;
  columns.customers = customers;
  return columns;
}

TEST(Transactions, TakesColumnsOver) {
  const Transactions transactions(good_columns());
  EXPECT_EQ(transactions.num_rows(), 2U);
  const Transactions copy = transactions;
  EXPECT_EQ(&copy.columns(), &transactions.columns());
}

TEST(Transactions, RefusesColumnsThatDoNotFit) {
  const std::vector<std::function<void(TransactionColumns&)>> breaks = {
      [](TransactionColumns& columns) { columns.time_us.pop_back(); },
      [](TransactionColumns& columns) { columns.kind.push_back(LineKind::sale); },
      [](TransactionColumns& columns) { columns.amount.pop_back(); },
      [](TransactionColumns& columns) { columns.quantity = {1}; },
      [](TransactionColumns& columns) { columns.measures[0].values.pop_back(); },
      [](TransactionColumns& columns) { columns.dimensions[0].codes.push_back(0); },
      [](TransactionColumns& columns) { columns.order_customer.pop_back(); },
      [](TransactionColumns& columns) { columns.measures.push_back(columns.measures[0]); },
      [](TransactionColumns& columns) { columns.dimensions.push_back(columns.dimensions[0]); },
  };
  for (std::size_t index = 0; index < breaks.size(); ++index) {
    SCOPED_TRACE(index);
    TransactionColumns columns = good_columns();
    breaks[index](columns);
    expect_error(ErrorCode::schema_mismatch, [&] { Transactions(std::move(columns)); });
  }
}

TEST(Transactions, RefusesCodesAndTimesOutOfRange) {
  const std::vector<std::function<void(TransactionColumns&)>> breaks = {
      [](TransactionColumns& columns) { columns.order[1] = 2; },
      [](TransactionColumns& columns) { columns.order[1] = Dictionary::kUnknownCode; },
      [](TransactionColumns& columns) { columns.order_customer[1] = 2; },
      [](TransactionColumns& columns) { columns.kind[1] = static_cast<LineKind>(kNumLineKinds); },
      [](TransactionColumns& columns) { columns.dimensions[0].codes[0] = 2; },
      [](TransactionColumns& columns) {
        columns.time_us[0] = kFirstCivilDay * kMicrosecondsPerDay - 1;
      },
      [](TransactionColumns& columns) { columns.time_us[0] = kEndCivilDay * kMicrosecondsPerDay; },
  };
  for (std::size_t index = 0; index < breaks.size(); ++index) {
    SCOPED_TRACE(index);
    TransactionColumns columns = good_columns();
    breaks[index](columns);
    expect_error(ErrorCode::invalid_data, [&] { Transactions(std::move(columns)); });
  }
}

}  // namespace
}  // namespace ecommerce_analytics
