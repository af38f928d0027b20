#include "ecommerce_analytics/ingest.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrow_by_hand.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"

namespace ecommerce_analytics::ingest {
namespace {

using by_hand::Batch;
using by_hand::numbers;
using by_hand::Stream;
using by_hand::Texts;
using by_hand::texts;

constexpr std::int64_t kMax = 9'223'372'036'854'775'807;

Mapping mapping() {
  Mapping mapping;
  mapping.customer = "customer";
  mapping.order = "order";
  mapping.timestamp = "timestamp";
  mapping.amount = "amount";
  return mapping;
}

/// Three orders: two of ana, one of a guest; columns may be replaced or added by name.
Batch batch(std::vector<by_hand::Column> changes = {}) {
  Batch batch = {
      texts("customer", {"ana", "ana", std::nullopt}),
      numbers<std::int64_t>("order", "l", {1, 2, 3}),
      texts("timestamp", {"2024-01-01", "2024-01-02 12:00:00", "2024-01-03"}),
      texts("amount", {"10.00", "-2.5", "0"}),
  };
  for (by_hand::Column& change : changes) {
    bool is_new = true;
    for (by_hand::Column& column : batch) {
      if (column.name == change.name) {
        column = change;
        is_new = false;
      }
    }
    if (is_new) {
      batch.push_back(std::move(change));
    }
  }
  return batch;
}

Result read_batches(std::vector<Batch> batches, const Mapping& how = mapping()) {
  Stream stream(std::move(batches));
  Result result = read(stream.get(), how);
  EXPECT_EQ(stream.get().release, nullptr);
  return result;
}

Result read_batch(Batch rows, const Mapping& how = mapping()) {
  return read_batches({std::move(rows)}, how);
}

std::vector<std::int64_t> amounts_of(by_hand::Column amount, const Mapping& how = mapping()) {
  return read_batch(batch({std::move(amount)}), how).transactions.columns().amount;
}

struct Place {
  ErrorCode code;
  std::optional<std::int64_t> row;
  std::string column;
  std::string value;
};

void expect_error(const Place& place, std::vector<Batch> batches, const Mapping& how = mapping(),
                  const std::string& words = {}) {
  Stream stream(std::move(batches));
  try {
    static_cast<void>(read(stream.get(), how));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), place.code) << error.what();
    EXPECT_EQ(error.place().row, place.row) << error.what();
    EXPECT_EQ(error.place().column, place.column) << error.what();
    EXPECT_EQ(error.place().value, place.value) << error.what();
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(ReadLines, TellsOfEachRowHowItIsTaken) {
  Mapping how = mapping();
  how.quantity = "pieces";
  how.kind = "kind";
  how.removed_by = "rule";
  how.cleaning_rules = {"unused", "bad"};
  const Batch rows = batch({texts("timestamp", {std::nullopt, "2024-01-02", "2024-02-03"}),
                            texts("pieces", {std::nullopt, "2", "0.5"}),
                            texts("kind", {"nonsense", "fee", std::nullopt}),
                            texts("rule", {"bad", std::nullopt, "bad"})});
  Stream stream({rows, batch({numbers<std::int64_t>("order", "l", {4, 5, 3}),
                              texts("pieces", {"1", "1", "1"}),
                              texts("kind", {std::nullopt, std::nullopt, std::nullopt}),
                              texts("rule", {std::nullopt, std::nullopt, std::nullopt})})});
  const SourceLines lines = read_lines(stream.get(), how);

  ASSERT_EQ(lines.num_rows(), 6U);
  EXPECT_EQ(lines.source_row, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(lines.time_us.is_valid, (std::vector<std::uint8_t>{0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(lines.time_us.values[2], parse_civil_time("2024-02-03"));
  EXPECT_EQ(lines.amount[1], to_money128(-25'000));
  ASSERT_TRUE(lines.quantity.has_value());
  EXPECT_EQ((*lines.quantity)[0], to_money128(0));
  EXPECT_EQ((*lines.quantity)[2], to_money128(5'000));
  const std::vector<std::string> kinds = {"", "fee", "adjustment", "sale", "refund", "adjustment"};
  const std::vector<std::string> rules = {"bad", "", "bad", "", "", ""};
  for (std::size_t row = 0; row < lines.num_rows(); ++row) {
    EXPECT_EQ(lines.kind[row], kinds[row]) << "row " << row;
    EXPECT_EQ(lines.removed_by[row], rules[row]) << "row " << row;
  }
}

TEST(ReadLines, HasNoQuantityUnlessItIsMapped) {
  Stream stream({batch()});
  EXPECT_FALSE(read_lines(stream.get(), mapping()).quantity.has_value());
}

TEST(Read, TakesLinesAndSaysSo) {
  const Result result =
      read_batches({batch(), batch({numbers<std::int64_t>("order", "l", {4, 5, 3})})});
  const TransactionColumns& columns = result.transactions.columns();
  ASSERT_EQ(result.transactions.num_rows(), 6U);
  EXPECT_EQ(columns.amount, (std::vector<std::int64_t>{100'000, -25'000, 0, 100'000, -25'000, 0}));
  EXPECT_EQ(columns.kind,
            (std::vector<LineKind>{LineKind::sale, LineKind::refund, LineKind::adjustment,
                                   LineKind::sale, LineKind::refund, LineKind::adjustment}));
  EXPECT_EQ(columns.time_us[1], parse_civil_time("2024-01-02 12:00:00"));
  EXPECT_EQ(columns.orders->key(columns.order[4]), Key(std::int64_t{5}));
  EXPECT_EQ(columns.order[2], columns.order[5]);
  EXPECT_TRUE(columns.quantity.empty());

  const IngestReport& report = result.report;
  EXPECT_EQ(report.read.num_lines, 6);
  EXPECT_EQ(report.read.money, to_money128(150'000));
  EXPECT_EQ(report.kept.num_lines, 6);
  EXPECT_EQ(report.kept.money, to_money128(150'000));
  EXPECT_TRUE(report.removed.empty());
  ASSERT_EQ(report.kinds.size(), kNumLineKinds);
  EXPECT_EQ(report.kinds[0].name, "sale");
  EXPECT_EQ(report.kinds[0].num_lines, 2);
  EXPECT_EQ(report.kinds[0].money, to_money128(200'000));
  EXPECT_EQ(report.kinds[1].name, "refund");
  EXPECT_EQ(report.kinds[1].money, to_money128(-50'000));
  EXPECT_EQ(report.guests.num_lines, 2);
  EXPECT_EQ(report.guests.money, to_money128(0));
  EXPECT_EQ(report.num_customers, 1);
  EXPECT_EQ(report.num_orders, 5);
}

TEST(Read, ATableWithoutRowsIsAnError) {
  // It may be a stream that was read before, which gives no rows and no error of its own.
  expect_error(
      {ErrorCode::invalid_data, std::nullopt, "", ""},
      {{texts("customer", {}), texts("order", {}), texts("timestamp", {}), texts("amount", {})}});
}

TEST(Read, MoneyOfAnyType) {
  const std::vector<std::int64_t> expected = {100'000, -25'000, 12'345};
  const Texts written = {"10.00", " -2.5", "1.23450"};
  EXPECT_EQ(amounts_of(texts("amount", written)), expected);
  EXPECT_EQ(amounts_of(texts<std::int64_t>("amount", written)), expected);
  EXPECT_EQ(amounts_of(by_hand::text_views("amount", written)), expected);
  EXPECT_EQ(amounts_of(by_hand::dictionary<std::int8_t>("amount", "c", {2, 0, 1},
                                                        texts("", {"-2.5", "1.2345", "10"}))),
            expected);
  EXPECT_EQ(amounts_of(numbers<double>("amount", "g", {10.0, -2.5, 1.2345})), expected);
  EXPECT_EQ(
      amounts_of(numbers<std::int64_t>("amount", "d:18,4", {100'000, 0, -25'000, -1, 12'345, 0})),
      expected);
  EXPECT_EQ(amounts_of(numbers<std::int64_t>("amount", "d:18,6",
                                             {10'000'000, 0, -2'500'000, -1, 1'234'500, 0})),
            expected);
  EXPECT_EQ(amounts_of(numbers<std::int64_t>("amount", "d:10,2", {1'000, 0, -250, -1, 123, 0})),
            (std::vector<std::int64_t>{100'000, -25'000, 12'300}));
  EXPECT_EQ(amounts_of(numbers<std::int64_t>("amount", "d:10,0", {1'000, 0, -250, -1, 123, 0})),
            (std::vector<std::int64_t>{10'000'000, -2'500'000, 1'230'000}));
  EXPECT_EQ(amounts_of(numbers<std::int64_t>("amount", "d:10,-2", {1, 0, -2, -1, 0, 0})),
            (std::vector<std::int64_t>{1'000'000, -2'000'000, 0}));
}

TEST(Read, AFloat32HoldsNoMoney) {
  // Not even 0.1 is near enough to a multiple of 1/10,000.
  expect_error({ErrorCode::schema_mismatch, std::nullopt, "amount", "float32"},
               {batch({numbers<float>("amount", "f", {0.5F, -2.25F, 0.0F})})});
}

TEST(Read, IntegersOfMoneySayTheirUnit) {
  const by_hand::Column cents = numbers<std::int32_t>("amount", "i", {1'999, -1, 0});
  Mapping how = mapping();
  how.integer_unit = IntegerUnit::minor;
  EXPECT_EQ(amounts_of(cents, how), (std::vector<std::int64_t>{199'900, -100, 0}));
  how.integer_unit = IntegerUnit::major;
  EXPECT_EQ(amounts_of(cents, how), (std::vector<std::int64_t>{19'990'000, -10'000, 0}));
  Stream stream({batch({cents})});
  try {
    static_cast<void>(read(stream.get(), mapping()));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::schema_mismatch);
    EXPECT_EQ(error.place().column, "amount");
  }
}

TEST(Read, MoneyIsRoundedOnlyWhenAsked) {
  const std::vector<by_hand::Column> columns = {
      texts("amount", {"1", "2.00005", "3"}),
      numbers<double>("amount", "g", {1.0, 2.00006, 3.0}),
      numbers<std::int64_t>("amount", "d:18,6", {1, 0, 2'000'050, 0, 3, 0}),
  };
  Mapping how = mapping();
  how.rounding = Rounding::half_up;
  for (const by_hand::Column& column : columns) {
    Stream stream({batch({column})});
    EXPECT_THROW(static_cast<void>(read(stream.get(), mapping())), Error) << column.format;
    EXPECT_EQ(amounts_of(column, how)[1], 20'001) << column.format;
  }
  expect_error({ErrorCode::invalid_data, 2, "amount", "2.00005"}, {batch({columns[0]})});
  how.rounding = Rounding::half_even;
  EXPECT_EQ(amounts_of(columns[0], how)[1], 20'000);
  EXPECT_EQ(amounts_of(columns[2], how)[1], 20'000);
}

TEST(Read, AnAmountThatLeaves64BitsIsAnError) {
  expect_error({ErrorCode::overflow, 3, "amount", "922337203685477.5808"},
               {batch({texts("amount", {"1", "922337203685477.5807", "922337203685477.5808"})})});
  Mapping how = mapping();
  how.integer_unit = IntegerUnit::major;
  Stream stream({batch({numbers<std::int64_t>("amount", "l", {1, kMax, 1})})});
  try {
    static_cast<void>(read(stream.get(), how));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::overflow);
    EXPECT_EQ(error.place().row, 2);
    EXPECT_EQ(error.place().column, "amount");
  }
}

TEST(Read, QuantityTimesPrice) {
  Mapping how = mapping();
  how.amount.clear();
  how.quantity = "quantity";
  how.unit_price = "price";
  const Result result = read_batch(batch({numbers<std::int64_t>("quantity", "l", {6, -1, 3}),
                                          texts("price", {"2.55", "0.001", "0.333"})}),
                                   how);
  EXPECT_EQ(result.transactions.columns().amount, (std::vector<std::int64_t>{153'000, -10, 9'990}));
  EXPECT_EQ(result.transactions.columns().quantity,
            (std::vector<std::int64_t>{60'000, -10'000, 30'000}));

  // Half a piece of 0.0001 needs rounding.
  const Batch half =
      batch({texts("quantity", {"0.5", "1", "1"}), texts("price", {"0.0001", "1", "1"})});
  Stream stream({half});
  EXPECT_THROW(static_cast<void>(read(stream.get(), how)), Error);
  how.rounding = Rounding::half_up;
  EXPECT_EQ(read_batch(half, how).transactions.columns().amount[0], 1);
}

TEST(Read, KeysOfAnyType) {
  const auto customers = [](by_hand::Column column) {
    const Result result = read_batch(batch({std::move(column)}));
    const TransactionColumns& columns = result.transactions.columns();
    std::vector<Key> keys;
    for (const std::uint32_t order : columns.order) {
      keys.push_back(columns.customers->key(columns.order_customer[order]));
    }
    std::vector<std::string> words;
    for (const Key& key : keys) {
      words.push_back((key.type == KeyType::integer ? "#" : "") + to_string(key));
    }
    return words;
  };
  using Words = std::vector<std::string>;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(customers(numbers<std::int16_t>("customer", "s", {5, -5, 0}, {true, true, false})),
            (Words{"#5", "#-5", "unknown"}));
  EXPECT_EQ(customers(numbers<double>("customer", "g", {17'850.0, -1.0, nan})),
            (Words{"#17850", "#-1", "unknown"}));
  EXPECT_EQ(customers(numbers<std::int64_t>("customer", "d:18,2", {500, 0, -500, -1, 0, 0})),
            (Words{"#5", "#-5", "#0"}));
  EXPECT_EQ(customers(texts("customer", {"b", "", "unknown"})), (Words{"b", "unknown", "unknown"}));
  EXPECT_EQ(customers(by_hand::dictionary<std::int32_t>("customer", "i", {1, 0, 2},
                                                        texts("", {"a", "b", std::nullopt}))),
            (Words{"b", "a", "unknown"}));
  EXPECT_EQ(customers({.name = "customer", .format = "n", .length = 3}),
            (Words{"unknown", "unknown", "unknown"}));
  expect_error({ErrorCode::invalid_data, 2, "customer", "1.5"},
               {batch({numbers<double>("customer", "g", {1.0, 1.5, 2.0})})});
  expect_error({ErrorCode::invalid_data, 3, "customer", "0.01"},
               {batch({numbers<std::int64_t>("customer", "d:18,2", {500, 0, -500, -1, 1, 0})})});
  expect_error({ErrorCode::invalid_data, 1, "customer", "\xFF"},
               {batch({texts("customer", {"\xFF", "b", "c"})})});
  Stream stream({batch({numbers<std::uint64_t>("customer", "L", {1, ~0ULL, 2})})});
  try {
    static_cast<void>(read(stream.get(), mapping()));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_data);
    EXPECT_EQ(error.place().row, 2);
    EXPECT_EQ(error.place().column, "customer");
  }
}

TEST(Read, TimesOfAnyType) {
  const auto times = [](by_hand::Column column) {
    return read_batch(batch({std::move(column)})).transactions.columns().time_us;
  };
  const std::vector<std::int64_t> days = {0, kMicrosecondsPerDay, -kMicrosecondsPerDay};
  EXPECT_EQ(times(numbers<std::int32_t>("timestamp", "tdD", {0, 1, -1})), days);
  EXPECT_EQ(times(numbers<std::int64_t>("timestamp", "tss:", {0, 86'400, -86'400})), days);
  EXPECT_EQ(times(numbers<std::int64_t>("timestamp",
                                        "tsn:", {0, 86'400'000'000'000, -86'400'000'000'000})),
            days);
  EXPECT_EQ(times(texts("timestamp", {"1970-01-01", "19700102", "1969-12-31T00:00"})), days);
  EXPECT_EQ(
      times(by_hand::dictionary<std::uint8_t>(
          "timestamp", "C", {1, 0, 2}, texts("", {"1970-01-02", "1970-01-01", "1969-12-31"}))),
      days);
}

TEST(Read, AnInstantBecomesCivilTimeOnce) {
  Mapping how = mapping();
  const std::int64_t hour = 3'600'000'000;
  // As Sao Paulo had it: UTC-3, one hour less in summer, which ended on 2018-02-18 at 02:00 UTC.
  const std::int64_t end_of_summer = parse_civil_time("2018-02-18 02:00:00");
  how.zone = {{.from_us = -9'000'000'000'000'000'000, .offset_us = -2 * hour},
              {.from_us = end_of_summer, .offset_us = -3 * hour},
              {.from_us = end_of_summer + 365 * kMicrosecondsPerDay, .offset_us = -3 * hour}};
  const std::vector<std::int64_t> expected = {parse_civil_time("2018-02-17 23:59:59.999999"),
                                              parse_civil_time("2018-02-17 23:00:00"),
                                              parse_civil_time("2018-02-18 09:00:00")};
  const std::vector<std::int64_t> instants = {end_of_summer - 1, end_of_summer,
                                              end_of_summer + 10 * hour};
  EXPECT_EQ(read_batch(batch({numbers<std::int64_t>("timestamp", "tsu:UTC", instants)}), how)
                .transactions.columns()
                .time_us,
            expected);
  EXPECT_EQ(
      read_batch(batch({texts("timestamp", {"2018-02-18T01:59:59.999999Z",
                                            "2018-02-18T03:00:00+01:00", "2018-02-18 12:00Z"})}),
                 how)
          .transactions.columns()
          .time_us,
      expected);
  // What lies outside of the table is not known.
  for (const std::int64_t outside : {how.zone.front().from_us - 1, how.zone.back().from_us}) {
    Stream stream({batch(
        {numbers<std::int64_t>("timestamp", "tsu:UTC", {end_of_summer, outside, end_of_summer})})});
    try {
      static_cast<void>(read(stream.get(), how));
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_data);
      EXPECT_EQ(error.place().row, 2);
      EXPECT_EQ(error.place().column, "timestamp");
    }
  }
  // Civil input is not shifted.
  EXPECT_EQ(read_batch(batch({numbers<std::int64_t>("timestamp", "tsu:", instants)}), how)
                .transactions.columns()
                .time_us,
            instants);

  expect_error({ErrorCode::invalid_data, 2, "timestamp", "2018-02-18T03:00:00Z"},
               {batch({texts("timestamp", {"2018-02-18", "2018-02-18T03:00:00Z", "2018-02-18"})})});
  Stream stream({batch({numbers<std::int64_t>("timestamp", "tsu:UTC", instants)})});
  try {
    static_cast<void>(read(stream.get(), mapping()));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.place().column, "timestamp");
  }
}

TEST(Read, KindsMeasuresAndDimensions) {
  Mapping how = mapping();
  how.kind = "type";
  how.measures = {{.name = "freight", .column = "freight_value"}};
  how.dimensions = {{.name = "region", .column = "state"},
                    {.name = "seller", .column = "seller_id"}};
  how.currency = "BRL";
  const Result result = read_batch(batch({texts("type", {"shipping", "sale", "fee"}),
                                          numbers<double>("freight_value", "g", {1.5, 0.0, -0.01}),
                                          texts("state", {"SP", std::nullopt, ""}),
                                          numbers<std::int32_t>("seller_id", "i", {7, 7, 8})}),
                                   how);
  const TransactionColumns& columns = result.transactions.columns();
  EXPECT_EQ(columns.kind,
            (std::vector<LineKind>{LineKind::shipping, LineKind::sale, LineKind::fee}));
  EXPECT_EQ(result.transactions.find_measure("freight")->values,
            (std::vector<std::int64_t>{15'000, 0, -100}));
  ASSERT_EQ(result.report.measures.size(), 1U);
  EXPECT_EQ(result.report.measures[0].name, "freight");
  EXPECT_EQ(result.report.measures[0].num_lines, 3);
  EXPECT_EQ(result.report.measures[0].money, to_money128(14'900));
  const Dimension& region = *result.transactions.find_dimension("region");
  EXPECT_EQ(region.keys->key(region.codes[0]), Key("SP"));
  EXPECT_EQ(region.codes[1], Dictionary::kUnknownCode);
  EXPECT_EQ(region.codes[2], Dictionary::kUnknownCode);
  const Dimension& seller = *result.transactions.find_dimension("seller");
  EXPECT_EQ(seller.keys->key(seller.codes[2]), Key(std::int64_t{8}));
  EXPECT_EQ(columns.currency, "BRL");

  expect_error(
      {ErrorCode::invalid_data, 3, "type", "gift"},
      {batch({texts("type", {"sale", "sale", "gift"}),
              numbers<double>("freight_value", "g", {0, 0, 0}), texts("state", {"", "", ""}),
              numbers<std::int32_t>("seller_id", "i", {1, 1, 1})})},
      how);
}

TEST(Read, CleaningIsCountedByRule) {
  Mapping how = mapping();
  how.removed_by = "why";
  how.cleaning_rules = {"no_customer", "price_zero", "duplicate"};
  const Result result =
      read_batch(batch({texts("why", {std::nullopt, "duplicate", "no_customer"})}), how);
  EXPECT_EQ(result.transactions.num_rows(), 1U);
  const IngestReport& report = result.report;
  EXPECT_EQ(report.read.num_lines, 3);
  EXPECT_EQ(report.read.money, to_money128(75'000));
  ASSERT_EQ(report.removed.size(), 3U);
  EXPECT_EQ(report.removed[0].name, "no_customer");
  EXPECT_EQ(report.removed[0].num_lines, 1);
  EXPECT_EQ(report.removed[1].name, "price_zero");
  EXPECT_EQ(report.removed[1].num_lines, 0);
  EXPECT_EQ(report.removed[2].num_lines, 1);
  EXPECT_EQ(report.removed[2].money, to_money128(-25'000));
  EXPECT_EQ(report.kept.num_lines, 1);
  EXPECT_EQ(report.kept.money, to_money128(100'000));
  EXPECT_EQ(report.num_customers, 1);
  EXPECT_EQ(report.num_orders, 1);
  EXPECT_EQ(report.guests.num_lines, 0);

  expect_error({ErrorCode::invalid_data, 1, "why", "typo"},
               {batch({texts("why", {"typo", std::nullopt, std::nullopt})})}, how);
  // Without a list any name is a rule.
  how.cleaning_rules.clear();
  EXPECT_EQ(read_batch(batch({texts("why", {"typo", std::nullopt, std::nullopt})}), how)
                .report.removed.at(0)
                .name,
            "typo");
}

TEST(Read, NamesRowColumnAndValue) {
  const Place amount{ErrorCode::invalid_data, 2, "amount", "1,50"};
  const Batch bad = batch({texts("amount", {"1", "1,50", "2"})});
  expect_error(amount, {bad});
  // Rows count over batches.
  expect_error({ErrorCode::invalid_data, 5, "amount", "1,50"}, {batch(), bad});
  // The source may count otherwise.
  Mapping how = mapping();
  how.source_row = "line";
  Batch numbered = bad;
  numbered.push_back(numbers<std::int64_t>("line", "l", {10, 20, 30}));
  expect_error({ErrorCode::invalid_data, 20, "amount", "1,50"}, {numbered}, how);

  expect_error({ErrorCode::invalid_data, 3, "timestamp", "2024-02-30"},
               {batch({texts("timestamp", {"2024-01-01", "2024-01-01", "2024-02-30"})})});
  expect_error({ErrorCode::invalid_data, 1, "amount", "null"},
               {batch({texts("amount", {std::nullopt, "1", "1"})})});
  expect_error({ErrorCode::invalid_data, 2, "timestamp", "null"},
               {batch({texts("timestamp", {"2024-01-01", std::nullopt, "2024-01-01"})})});
  expect_error({ErrorCode::invalid_data, 3, "order", "null"},
               {batch({numbers<std::int64_t>("order", "l", {1, 2, 0}, {true, true, false})})});
}

TEST(Read, AnOrderOfTwoCustomersNamesBothRows) {
  const Batch rows =
      batch({texts("order", {"A", "B", "A"}), texts("customer", {"ana", "bo", "bo"})});
  Stream stream({rows});
  try {
    static_cast<void>(read(stream.get(), mapping()));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_data);
    const std::string words = error.what();
    EXPECT_NE(words.find('1'), std::string::npos) << words;
    EXPECT_NE(words.find('3'), std::string::npos) << words;
    EXPECT_NE(words.find('A'), std::string::npos) << words;
  }
}

TEST(Read, NamesAColumnThatIsMissing) {
  Mapping how = mapping();
  how.amount = "price";
  Stream stream({batch()});
  try {
    static_cast<void>(read(stream.get(), how));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::schema_mismatch);
    const std::string words = error.what();
    for (const char* name : {"price", "customer", "order", "timestamp", "amount"}) {
      EXPECT_NE(words.find(name), std::string::npos) << words;
    }
  }
}

TEST(Read, RefusesColumnsOfTheWrongType) {
  const std::vector<by_hand::Column> columns = {
      numbers<double>("timestamp", "g", {1, 2, 3}),
      numbers<std::int64_t>("timestamp", "l", {1, 2, 3}),
      numbers<std::int64_t>("amount", "tsu:", {1, 2, 3}),
      numbers<std::int32_t>("customer", "tdD", {1, 2, 3}),
  };
  for (const by_hand::Column& column : columns) {
    Stream stream({batch({column})});
    try {
      static_cast<void>(read(stream.get(), mapping()));
      ADD_FAILURE() << "nothing was thrown: " << column.name << " " << column.format;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::schema_mismatch) << error.what();
      EXPECT_EQ(error.place().column, column.name) << error.what();
    }
  }
}

TEST(Read, ReadsNumbersWithTheMarksThatWereTold) {
  Mapping how = mapping();
  how.number_format = {.decimal = ',', .thousands = "."};
  EXPECT_EQ(amounts_of(texts("amount", {"1.234,50", "-5", "0,0001"}), how),
            (std::vector<std::int64_t>{12'345'000, -50'000, 1}));
  const auto expect_hint = [&](const std::string& text, const std::string& words) {
    expect_error({ErrorCode::invalid_data, 2, "amount", text},
                 {batch({texts("amount", {"1", text, "1"})})}, mapping(), words);
  };
  expect_hint("1,99", "a decimal comma needs decimal");
  expect_hint("1 234", "separators of thousands need the option thousands");
  expect_hint("1.234,5", "its separators need the options decimal and thousands");
  expect_hint("1,99 EUR", "ingest: not a number: ");
  for (const NumberFormat& format : {NumberFormat{.decimal = ';', .thousands = {}},
                                     NumberFormat{.decimal = '.', .thousands = "_"},
                                     NumberFormat{.decimal = '.', .thousands = "."}}) {
    how.number_format = format;
    expect_error({ErrorCode::invalid_argument, std::nullopt, "", format.thousands}, {batch()}, how,
                 "decimal must be a point or a comma");
  }
}

TEST(Read, TakesOneCurrencyFromItsColumn) {
  Mapping how = mapping();
  how.currency_column = "currency";
  const auto with = [](std::vector<std::optional<std::string>> codes) {
    return batch({texts("currency", std::move(codes))});
  };
  EXPECT_EQ(read_batch(with({"BRL", "BRL", "BRL"}), how).transactions.columns().currency, "BRL");
  expect_error({ErrorCode::invalid_data, 3, "currency", "USD after BRL"},
               {with({"BRL", "BRL", "USD"})}, how, "two currencies in one load");
  expect_error({ErrorCode::invalid_data, 2, "currency", "null"},
               {with({"BRL", std::nullopt, "BRL"})}, how, "a currency is missing");
  expect_error({ErrorCode::invalid_data, 1, "currency", "brl"}, {with({"brl", "brl", "brl"})}, how,
               "three capital letters");
  how.currency = "EUR";
  expect_error({ErrorCode::invalid_data, 1, "currency", "BRL after EUR"},
               {with({"BRL", "BRL", "BRL"})}, how, "another currency than the one told");
}

/// A zone one hour ahead of UTC, and two from 2024-03-31 01:00 to 2024-10-27 01:00 UTC.
std::vector<ZoneTransition> summer_zone() {
  constexpr std::int64_t kHour = 3'600'000'000;
  return {{.from_us = parse_civil_time("1900-01-01"), .offset_us = kHour},
          {.from_us = parse_civil_time("2024-03-31 01:00"), .offset_us = 2 * kHour},
          {.from_us = parse_civil_time("2024-10-27 01:00"), .offset_us = kHour},
          {.from_us = parse_civil_time("2100-01-01"), .offset_us = kHour}};
}

TEST(Read, TakesTimesOfAnotherClock) {
  Mapping how = mapping();
  how.source_zone = summer_zone();
  const auto with = [](std::string time) {
    return batch({texts("timestamp", {"2024-01-01 12:00", std::move(time), "2024-07-01 12:00"})});
  };
  expect_error({ErrorCode::invalid_argument, std::nullopt, "", ""}, {batch()}, how,
               "source_time_zone needs time_zone");
  how.zone = {{.from_us = parse_civil_time("1900-01-01"), .offset_us = 0},
              {.from_us = parse_civil_time("2100-01-01"), .offset_us = 0}};
  expect_error({ErrorCode::invalid_data, 2, "timestamp", "2024-10-27 02:30"},
               {with("2024-10-27 02:30")}, how, "shows a time twice");
  expect_error({ErrorCode::invalid_data, 2, "timestamp", "2024-03-31 02:30"},
               {with("2024-03-31 02:30")}, how, "leaves a time out");
  expect_error({ErrorCode::invalid_data, 2, "timestamp", "1899-12-31"}, {with("1899-12-31")}, how,
               "outside the table");
  expect_error({ErrorCode::invalid_data, 2, "timestamp", "2024-01-01T12:00Z"},
               {with("2024-01-01T12:00Z")}, how, "mixed zones");

  const auto instant_of = [&](const std::string& time) {
    const Result result = read_batch(with(time), how);
    const std::vector<std::int64_t>& times = result.transactions.columns().time_us;
    EXPECT_EQ(times[0], parse_civil_time("2024-01-01 11:00"));
    EXPECT_EQ(times[2], parse_civil_time("2024-07-01 10:00"));
    return format_time(times[1]);
  };
  how.ambiguous = AmbiguousTime::earlier;
  EXPECT_EQ(instant_of("2024-10-27 01:59:59"), "2024-10-26 23:59:59");
  EXPECT_EQ(instant_of("2024-10-27 02:00"), "2024-10-27 00:00:00");
  EXPECT_EQ(instant_of("2024-10-27 02:30"), "2024-10-27 00:30:00");
  EXPECT_EQ(instant_of("2024-10-27 03:00"), "2024-10-27 02:00:00");
  how.ambiguous = AmbiguousTime::later;
  EXPECT_EQ(instant_of("2024-10-27 02:30"), "2024-10-27 01:30:00");
  how.nonexistent = NonexistentTime::shift_forward;
  EXPECT_EQ(instant_of("2024-03-31 01:59:59"), "2024-03-31 00:59:59");
  EXPECT_EQ(instant_of("2024-03-31 02:30"), "2024-03-31 01:00:00");
  EXPECT_EQ(instant_of("2024-03-31 03:00"), "2024-03-31 01:00:00");
  const IngestReport report = read_batch(with("2024-03-31 02:30"), how).report;
  ASSERT_EQ(report.clock_changes.size(), 2U);
  EXPECT_EQ(report.clock_changes[0].num_lines, 0);
  EXPECT_EQ(report.clock_changes[1].name, "missing hour");
  EXPECT_EQ(report.clock_changes[1].num_lines, 1);
  EXPECT_EQ(report.clock_changes[1].money, to_money128(-25'000));
}

TEST(Read, ReleasesTheStreamOnErrorToo) {
  Stream stream({batch()}, 0);
  EXPECT_THROW(static_cast<void>(read(stream.get(), mapping())), Error);
  EXPECT_EQ(stream.get().release, nullptr);
}

// Expected values: worked by hand; the batch has 10.00, -2.5 and 0 on the first days of 2024.
TEST(IngestReport, TellsTheLinesOfEachMonth) {
  Mapping how = mapping();
  how.removed_by = "why";
  how.cleaning_rules = {"first", "second"};
  const std::vector<MonthReport> months =
      read_batches({batch({texts("why", {std::nullopt, "second", std::nullopt}),
                           texts("timestamp", {"2024-01-31 23:59", "2024-02-01", "2023-12-31"})}),
                    batch({texts("why", {std::nullopt, "first", "first"}),
                           numbers<std::int64_t>("order", "l", {4, 5, 6}),
                           texts("timestamp", {"2024-02-29", std::nullopt, "2024-01-01"})})},
                   how)
          .report.months;

  ASSERT_EQ(months.size(), 3U);
  EXPECT_EQ(months[0].month, "2023-12");
  EXPECT_EQ(months[1].month, "2024-01");
  EXPECT_EQ(months[2].month, "2024-02");
  const auto sale = static_cast<std::size_t>(LineKind::sale);
  const auto adjustment = static_cast<std::size_t>(LineKind::adjustment);
  EXPECT_EQ(months[0].kinds[adjustment].num_lines, 1);
  EXPECT_EQ(months[1].kinds[sale].money, to_money128(100'000));
  EXPECT_EQ(months[1].removed[0].name, "first");
  EXPECT_EQ(months[1].removed[0].num_lines, 1);
  EXPECT_EQ(months[1].removed[1].num_lines, 0);
  EXPECT_EQ(months[2].kinds[sale].num_lines, 1);
  EXPECT_EQ(months[2].removed[0].num_lines, 0);
  EXPECT_EQ(months[2].removed[1].money, to_money128(-25'000));
}

}  // namespace
}  // namespace ecommerce_analytics::ingest
