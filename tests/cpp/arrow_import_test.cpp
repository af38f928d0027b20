#include "ecommerce_analytics/io/arrow_import.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrow_by_hand.hpp"
#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics::io {
namespace {

using by_hand::Batch;
using by_hand::numbers;
using by_hand::slice;
using by_hand::Stream;
using by_hand::text_views;
using by_hand::Texts;
using by_hand::texts;

void expect_error(ErrorCode code, const std::function<void()>& work,
                  const std::string& words = {}) {
  try {
    work();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

/// Reads the only column of a stream of one batch and gives it to `look`.
void with_column(by_hand::Column column, const std::function<void(const ColumnView&)>& look) {
  Stream stream({{std::move(column)}});
  BatchReader reader(stream.get());
  static_cast<void>(reader.type_of(0));
  ASSERT_TRUE(reader.next());
  look(reader.column(0));
  EXPECT_FALSE(reader.next());
}

TEST(BatchReader, ReadsAllBatchesAndReleasesThem) {
  Stream stream({{numbers<std::int64_t>("a", "l", {1, 2}), texts("b", {"x", std::nullopt})},
                 {numbers<std::int64_t>("a", "l", {}), texts("b", {})},
                 {numbers<std::int64_t>("a", "l", {3}), texts("b", {"y"})}});
  BatchReader reader(stream.get());
  EXPECT_EQ(stream.get().release, nullptr);  // It was moved, as the specification says.
  EXPECT_EQ(reader.column_names(), (std::vector<std::string>{"a", "b"}));
  const std::size_t a = reader.index_of("a");
  const std::size_t b = reader.index_of("b");
  EXPECT_EQ(reader.type_of(a).value, ValueType::integer);
  EXPECT_EQ(reader.type_of(b).value, ValueType::text);

  std::vector<std::int64_t> integers;
  std::vector<std::string> strings;
  while (reader.next()) {
    for (std::size_t row = 0; row < reader.num_rows(); ++row) {
      integers.push_back(reader.column(a).integer(row).value());
      strings.emplace_back(reader.column(b).is_null(row) ? "null" : reader.column(b).text(row));
    }
  }
  EXPECT_EQ(integers, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(strings, (std::vector<std::string>{"x", "null", "y"}));
}

TEST(BatchReader, RefusesAStreamThatWasRead) {
  ArrowArrayStream released{};
  expect_error(ErrorCode::io_failure, [&] { BatchReader reader(released); });
}

TEST(BatchReader, PassesOnTheProducersWords) {
  Stream stream({{numbers<std::int64_t>("a", "l", {1})}}, 0);
  BatchReader reader(stream.get());
  expect_error(
      ErrorCode::io_failure, [&] { static_cast<void>(reader.next()); }, "the disk is on fire");
}

TEST(BatchReader, NamesTheColumnsThereAre) {
  Stream stream({{numbers<std::int64_t>("price", "l", {1}), texts("invoice", {"x"}),
                  texts("invoice", {"y"})}});
  BatchReader reader(stream.get());
  expect_error(
      ErrorCode::schema_mismatch, [&] { static_cast<void>(reader.index_of("Price")); }, "price");
  expect_error(
      ErrorCode::schema_mismatch, [&] { static_cast<void>(reader.index_of("Price")); }, "invoice");
  expect_error(ErrorCode::schema_mismatch, [&] { static_cast<void>(reader.index_of("invoice")); });
  EXPECT_EQ(reader.index_of("price"), 0U);
}

TEST(BatchReader, RefusesTypesThatHoldNothingOfUse) {
  for (const char* format : {"+l", "z", "w:16", "tDu", "tin"}) {
    Stream stream({{numbers<std::int64_t>("a", format, {1})}});
    BatchReader reader(stream.get());
    expect_error(ErrorCode::schema_mismatch, [&] { static_cast<void>(reader.type_of(0)); });
  }
}

TEST(ColumnView, ReadsIntegersOfAnyWidth) {
  const auto expect_values = [](const by_hand::Column& column,
                                const std::vector<std::int64_t>& values) {
    with_column(column, [&](const ColumnView& view) {
      EXPECT_EQ(view.type().value, ValueType::integer);
      ASSERT_EQ(view.num_rows(), values.size());
      for (std::size_t row = 0; row < values.size(); ++row) {
        EXPECT_FALSE(view.is_null(row));
        EXPECT_EQ(view.integer(row), values[row]) << column.format;
      }
    });
  };
  expect_values(numbers<std::int8_t>("a", "c", {-128, 127}), {-128, 127});
  expect_values(numbers<std::uint8_t>("a", "C", {0, 255}), {0, 255});
  expect_values(numbers<std::int16_t>("a", "s", {-32'768, 5}), {-32'768, 5});
  expect_values(numbers<std::uint16_t>("a", "S", {65'535}), {65'535});
  expect_values(numbers<std::int32_t>("a", "i", {-2'147'483'648, 7}), {-2'147'483'648, 7});
  expect_values(numbers<std::uint32_t>("a", "I", {4'294'967'295U}), {4'294'967'295});
  expect_values(numbers<std::int64_t>("a", "l", {std::numeric_limits<std::int64_t>::min()}),
                {std::numeric_limits<std::int64_t>::min()});
  with_column(numbers<std::uint64_t>("a", "L", {1, ~0ULL}), [](const ColumnView& view) {
    EXPECT_EQ(view.integer(0), 1);
    EXPECT_EQ(view.integer(1), std::nullopt);
  });
}

TEST(ColumnView, ReadsRealsAndBooleans) {
  with_column(numbers<double>("a", "g", {0.1, -2.5}), [](const ColumnView& view) {
    EXPECT_EQ(view.type().value, ValueType::real);
    EXPECT_EQ(view.real(0), 0.1);
    EXPECT_EQ(view.real(1), -2.5);
  });
  with_column(numbers<float>("a", "f", {0.5F}),
              [](const ColumnView& view) { EXPECT_EQ(view.real(0), 0.5); });
  by_hand::Column flags{
      .name = "a",
      .format = "b",
      .length = 9,
      .buffers = {by_hand::Buffer(),
                  by_hand::bits_of({true, false, true, false, false, false, false, false, true})}};
  with_column(flags, [](const ColumnView& view) {
    EXPECT_EQ(view.type().value, ValueType::boolean);
    EXPECT_TRUE(view.boolean(0));
    EXPECT_FALSE(view.boolean(1));
    EXPECT_TRUE(view.boolean(8));
  });
}

TEST(ColumnView, ReadsDecimalsAsTwoWords) {
  with_column(numbers<std::uint64_t>("a", "d:38,6", {5, 0, ~0ULL, ~0ULL, 1, 1}),
              [](const ColumnView& view) {
                EXPECT_EQ(view.type().value, ValueType::decimal);
                EXPECT_EQ(view.type().scale, 6);
                ASSERT_EQ(view.num_rows(), 3U);
                EXPECT_EQ(view.decimal(0), (std::pair<std::uint64_t, std::int64_t>(5, 0)));
                EXPECT_EQ(view.decimal(1), (std::pair<std::uint64_t, std::int64_t>(~0ULL, -1)));
                EXPECT_EQ(view.decimal(2), (std::pair<std::uint64_t, std::int64_t>(1, 1)));
              });
}

TEST(ColumnView, ReadsTextOfAnyLayout) {
  const Texts values = {"",
                        "São Paulo",
                        std::nullopt,
                        "twelve bytes",
                        "thirteen byte",
                        "a text that is longer than a view",
                        "another one that is longer"};
  for (const by_hand::Column& column :
       {texts("a", values), texts<std::int64_t>("a", values), text_views("a", values)}) {
    with_column(column, [&](const ColumnView& view) {
      EXPECT_EQ(view.type().value, ValueType::text);
      EXPECT_EQ(view.type().full_format, column.format);
      ASSERT_EQ(view.num_rows(), values.size());
      for (std::size_t row = 0; row < values.size(); ++row) {
        ASSERT_EQ(view.is_null(row), !values[row]) << column.format << " " << row;
        if (values[row]) {
          EXPECT_EQ(view.text(row), *values[row]) << column.format;
        }
      }
    });
    with_column(slice(column, 2, 3), [&](const ColumnView& view) {
      ASSERT_EQ(view.num_rows(), 3U);
      EXPECT_TRUE(view.is_null(0));
      EXPECT_EQ(view.text(1), "twelve bytes");
      EXPECT_EQ(view.text(2), "thirteen byte");
    });
  }
}

TEST(ColumnView, ReadsASliceFromItsOffset) {
  const by_hand::Column column =
      numbers<std::int64_t>("a", "l", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
                            {true, true, true, false, true, true, true, true, false, true});
  with_column(slice(column, 3, 6), [](const ColumnView& view) {
    ASSERT_EQ(view.num_rows(), 6U);
    EXPECT_TRUE(view.is_null(0));
    EXPECT_EQ(view.integer(1), 4);
    EXPECT_TRUE(view.is_null(5));
  });
}

TEST(ColumnView, ReadsTheOffsetOfTheStructToo) {
  // A producer that slices a table may move the struct instead of its children.
  Stream stream({{numbers<std::int64_t>("a", "l", {1, 2, 3})}});
  static int (*get_next)(ArrowArrayStream*, ArrowArray*) = nullptr;
  get_next = stream.get().get_next;
  stream.get().get_next = [](ArrowArrayStream* self, ArrowArray* out) {
    const int code = get_next(self, out);
    if (out->release != nullptr) {
      out->offset = 1;
      out->length = 2;
    }
    return code;
  };
  BatchReader reader(stream.get());
  static_cast<void>(reader.type_of(0));
  ASSERT_TRUE(reader.next());
  ASSERT_EQ(reader.num_rows(), 2U);
  EXPECT_EQ(reader.column(0).integer(0), 2);
  EXPECT_EQ(reader.column(0).integer(1), 3);
}

TEST(ColumnView, ReadsTimesOfAnyUnit) {
  struct Unit {
    const char* format;
    std::int64_t value;
    std::optional<std::int64_t> time_us;
    bool has_zone = false;
  };
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  for (const Unit& unit : {
           Unit{"tss:", -1, -1'000'000},
           Unit{"tsm:", 1'500, 1'500'000},
           Unit{"tsu:", 7, 7},
           Unit{"tsn:", 7'000, 7},
           Unit{"tsn:", -7'000, -7},
           Unit{"tsn:", 7'001, std::nullopt},
           Unit{"tss:", kLargest, std::nullopt},
           Unit{"tsm:", kLargest, std::nullopt},
           Unit{"tsu:UTC", 7, 7, true},
           Unit{"tsn:America/Sao_Paulo", 1'000, 1, true},
           Unit{"tdm", 86'400'000, 86'400'000'000},
       }) {
    with_column(numbers<std::int64_t>("a", unit.format, {unit.value}), [&](const ColumnView& view) {
      EXPECT_EQ(view.type().value, ValueType::timestamp);
      EXPECT_EQ(view.type().has_zone, unit.has_zone) << unit.format;
      EXPECT_EQ(view.timestamp_us(0), unit.time_us) << unit.format;
    });
  }
  with_column(numbers<std::int32_t>("a", "tdD", {-1}), [](const ColumnView& view) {
    EXPECT_EQ(view.type().value, ValueType::timestamp);
    EXPECT_EQ(view.timestamp_us(0), -86'400'000'000);
  });
}

TEST(ColumnView, ReadsDictionaries) {
  const Texts values = {"SP", std::nullopt, "Minas Gerais, a long name"};
  const std::vector<bool> is_valid = {true, true, false, true, true};
  const std::vector<by_hand::Column> columns = {
      by_hand::dictionary<std::int8_t>("a", "c", {0, 2, 0, 1, 0}, texts("", values), is_valid),
      by_hand::dictionary<std::uint32_t>("a", "I", {0, 2, 0, 1, 0}, text_views("", values),
                                         is_valid),
      by_hand::dictionary<std::int64_t>("a", "l", {0, 2, 0, 1, 0}, texts<std::int64_t>("", values),
                                        is_valid),
  };
  for (const by_hand::Column& column : columns) {
    with_column(column, [&](const ColumnView& view) {
      EXPECT_TRUE(view.type().is_dictionary);
      EXPECT_EQ(view.type().value, ValueType::text);
      ASSERT_EQ(view.num_rows(), 5U);
      EXPECT_TRUE(view.is_null(2));
      EXPECT_EQ(view.entry(1), 2U);
      EXPECT_EQ(view.entry(3), 1U);
      const ColumnView entries = view.dictionary();
      ASSERT_EQ(entries.num_rows(), 3U);
      EXPECT_EQ(entries.text(view.entry(1)), "Minas Gerais, a long name");
      EXPECT_TRUE(entries.is_null(1));
      EXPECT_EQ(entries.text(view.entry(4)), "SP");
    });
  }
}

TEST(ColumnView, AColumnOfNullsIsNullThroughout) {
  with_column({.name = "a", .format = "n", .length = 2}, [](const ColumnView& view) {
    EXPECT_EQ(view.type().value, ValueType::null);
    EXPECT_TRUE(view.is_null(0));
    EXPECT_TRUE(view.is_null(1));
  });
}

}  // namespace
}  // namespace ecommerce_analytics::io
