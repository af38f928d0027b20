#include "ecommerce_analytics/io/arrow_export.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ecommerce_analytics/aggregate.hpp"
#include "ecommerce_analytics/cohort.hpp"
#include "ecommerce_analytics/geo_aggregate.hpp"
#include "ecommerce_analytics/io/arrow_import.hpp"
#include "ecommerce_analytics/kpi.hpp"
#include "ecommerce_analytics/rfm.hpp"
#include "golden.hpp"

namespace ecommerce_analytics::io {
namespace {

/// A result with one column of every type.
struct AllTypes {
  std::vector<std::uint8_t> score{1, 255};
  std::vector<std::int32_t> days{-1, 2};
  std::vector<std::int64_t> count{-3, 4};
  std::vector<double> share{0.1, -0.5};
  std::vector<Money128> money{to_money128(-1), Money128{.lo = 7, .hi = 1}};
  std::vector<Date> date{Date{0}, Date{17'484}};
  std::vector<Flag> flag{Flag{false}, Flag{true}};
  Nullable<std::int64_t> some_count{};
  Nullable<double> some_share{};
  Nullable<Money128> some_money{};
  MeasureValues value{};
  KeyColumn text{};
  KeyColumn integer{};

  AllTypes() {
    some_count.push_null();
    some_count.push_back(5);
    some_share.push_back(0.25);
    some_share.push_null();
    some_money.push_null();
    some_money.push_back(to_money128(6));
    value.type = MeasureValues::Type::money;
    value.money = some_money;
    text.push_back(Key("ana"));
    text.push_back(Key());
    integer.push_back(Key());
    integer.push_back(Key(std::int64_t{-9}));
  }

  [[nodiscard]] static Metadata metadata() { return {{"as_of", "2024-01-01"}, {"rules", "ü"}}; }

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("score", &AllTypes::score);
    visit("days", &AllTypes::days);
    visit("count", &AllTypes::count);
    visit("share", &AllTypes::share);
    visit("money", &AllTypes::money);
    visit("date", &AllTypes::date);
    visit("flag", &AllTypes::flag);
    visit("some_count", &AllTypes::some_count);
    visit("some_share", &AllTypes::some_share);
    visit("some_money", &AllTypes::some_money);
    visit("value", &AllTypes::value);
    visit("text", &AllTypes::text);
    visit("integer", &AllTypes::integer);
  }
};

TEST(Columns, RoundTripThroughAStream) {
  ArrowArrayStream stream{};
  {
    // The stream keeps the result alive; nothing else does.
    const auto result = std::make_shared<const AllTypes>();
    columns_of(result).export_stream(stream);
  }
  BatchReader reader(stream);
  EXPECT_EQ(reader.column_names(),
            (std::vector<std::string>{"score", "days", "count", "share", "money", "date", "flag",
                                      "some_count", "some_share", "some_money", "value", "text",
                                      "integer"}));
  for (std::size_t index = 0; index < reader.column_names().size(); ++index) {
    static_cast<void>(reader.type_of(index));
  }
  ASSERT_TRUE(reader.next());
  ASSERT_EQ(reader.num_rows(), 2U);
  const auto view = [&](const char* name) { return reader.column(reader.index_of(name)); };
  const auto words = [](std::uint64_t lo, std::int64_t hi) { return std::pair(lo, hi); };

  EXPECT_EQ(view("score").type().full_format, "C");
  EXPECT_EQ(view("score").integer(1), 255);
  EXPECT_EQ(view("days").type().full_format, "i");
  EXPECT_EQ(view("days").integer(0), -1);
  EXPECT_EQ(view("count").type().full_format, "l");
  EXPECT_EQ(view("count").integer(0), -3);
  EXPECT_EQ(view("share").type().full_format, "g");
  EXPECT_EQ(view("share").real(1), -0.5);
  EXPECT_EQ(view("money").type().full_format, "d:38,4");
  EXPECT_EQ(view("money").decimal(0), words(~0ULL, -1));
  EXPECT_EQ(view("money").decimal(1), words(7, 1));
  EXPECT_EQ(view("date").type().full_format, "tdD");
  EXPECT_EQ(view("date").timestamp_us(1), 17'484 * kMicrosecondsPerDay);
  EXPECT_EQ(view("flag").type().full_format, "b");
  EXPECT_FALSE(view("flag").boolean(0));
  EXPECT_TRUE(view("flag").boolean(1));
  EXPECT_TRUE(view("some_count").is_null(0));
  EXPECT_EQ(view("some_count").integer(1), 5);
  EXPECT_EQ(view("some_share").real(0), 0.25);
  EXPECT_TRUE(view("some_share").is_null(1));
  EXPECT_TRUE(view("some_money").is_null(0));
  EXPECT_EQ(view("some_money").decimal(1), words(6, 0));
  EXPECT_EQ(view("value").type().full_format, "d:38,4");
  EXPECT_TRUE(view("value").is_null(0));
  EXPECT_EQ(view("value").decimal(1), words(6, 0));
  EXPECT_EQ(view("text").type().value, ValueType::text);
  EXPECT_EQ(view("text").text(0), "ana");
  EXPECT_EQ(view("text").text(1), "unknown");
  EXPECT_EQ(view("integer").type().full_format, "l");
  EXPECT_TRUE(view("integer").is_null(0));
  EXPECT_EQ(view("integer").integer(1), -9);
  EXPECT_FALSE(reader.next());
}

/// Metadata of a schema as the specification encodes it: counts and lengths as int32.
std::map<std::string, std::string> metadata_of(const ArrowSchema& schema) {
  std::map<std::string, std::string> metadata;
  const char* at = schema.metadata;
  const auto read_length = [&at] {
    std::int32_t length = 0;
    std::memcpy(&length, at, sizeof(length));
    at += sizeof(length);
    return static_cast<std::size_t>(length);
  };
  const auto read_text = [&] {
    const std::size_t length = read_length();
    std::string text(at, length);
    at += length;
    return text;
  };
  if (at != nullptr) {
    for (std::size_t left = read_length(); left > 0; --left) {
      const std::string name = read_text();
      metadata[name] = read_text();
    }
  }
  return metadata;
}

TEST(Columns, TheSchemaCarriesTheMetadata) {
  ArrowSchema schema{};
  columns_of(std::make_shared<const AllTypes>()).export_schema(schema);
  EXPECT_STREQ(schema.format, "+s");
  EXPECT_EQ(schema.n_children, 13);
  EXPECT_STREQ(schema.children[12]->name, "integer");
  EXPECT_EQ(metadata_of(schema),
            (std::map<std::string, std::string>{{"as_of", "2024-01-01"}, {"rules", "ü"}}));
  schema.release(&schema);
  EXPECT_EQ(schema.release, nullptr);
}

TEST(Columns, AChildMayOutliveItsArray) {
  ArrowArray array{};
  columns_of(std::make_shared<const AllTypes>()).export_array(array);
  ASSERT_EQ(array.length, 2);
  // A consumer may move a child out and release the rest, as the specification allows.
  ArrowArray child = *array.children[2];
  array.children[2]->release = nullptr;
  array.release(&array);
  EXPECT_EQ(array.release, nullptr);
  EXPECT_EQ(static_cast<const std::int64_t*>(child.buffers[1])[1], 4);
  child.release(&child);
  EXPECT_EQ(child.release, nullptr);
}

/// Reads a result back; the number of its rows, and that every column can be read.
template <class Result>
void expect_round_trip(Result result, std::size_t num_rows) {
  const auto shared = std::make_shared<const Result>(std::move(result));
  ArrowArrayStream stream{};
  columns_of(shared).export_stream(stream);
  BatchReader reader(stream);
  std::size_t num_columns = 0;
  for_each_column(*shared, [&](const char* name, const auto&) {
    EXPECT_EQ(reader.index_of(name), num_columns);
    static_cast<void>(reader.type_of(num_columns++));
  });
  EXPECT_EQ(reader.column_names().size(), num_columns);
  std::size_t num_read = 0;
  while (reader.next()) {
    num_read += reader.num_rows();
  }
  EXPECT_EQ(num_read, num_rows);
}

TEST(Columns, ResultsOfAllAnalysesRoundTrip) {
  const rfm::Scores scores = rfm::score(rows_of(Golden("rfm/five_customers/input.csv")));
  expect_round_trip(scores, 5);
  expect_round_trip(rfm::segment(scores, rfm::rule_set("default")), 5);
  expect_round_trip(rfm::summarize(rfm::segment(scores, rfm::rule_set("six"))), 6);
  expect_round_trip(cohort::retention(rows_of(Golden("cohort/three_months/input.csv"))), 9);
  expect_round_trip(
      cohort::retention(rows_of(Golden("cohort/two_regions/input.csv")),
                        {.measure = cohort::Measure::average_order_value, .by = "region"}),
      8);
  expect_round_trip(
      geo_aggregate::by_region(rows_of(Golden("geo_aggregate/two_regions/input.csv"))), 3);
  expect_round_trip(kpi::summary(rows_of(Golden("kpi/two_months/input.csv"))), 1);
  expect_round_trip(aggregate::group_by(rows_of(Golden("aggregate/region_kind_month/input.csv")),
                                        {.by = {"region", "kind"}, .period = Period::month}),
                    7);
}

TEST(Columns, AnEmptyResultHasItsColumns) {
  expect_round_trip(rfm::Scores{}, 0);
  expect_round_trip(cohort::Retention{}, 0);
}

}  // namespace
}  // namespace ecommerce_analytics::io
