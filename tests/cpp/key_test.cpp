#include "ecommerce_analytics/core/key.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"

namespace ecommerce_analytics {
namespace {

KeyColumn column_of(const std::vector<Key>& keys) {
  KeyColumn column;
  for (const Key& key : keys) {
    column.push_back(key);
  }
  return column;
}

TEST(Key, EmptyTextAndTheWordUnknownAreTheReservedKey) {
  EXPECT_TRUE(Key().is_unknown());
  EXPECT_TRUE(Key("").is_unknown());
  EXPECT_TRUE(Key("unknown").is_unknown());
  EXPECT_FALSE(Key("Unknown").is_unknown());
  EXPECT_FALSE(Key(" ").is_unknown());
  EXPECT_FALSE(Key(std::int64_t{0}).is_unknown());
  EXPECT_EQ(Key(""), Key("unknown"));
}

TEST(Key, OrdersIntegersThenTextThenUnknown) {
  const std::vector<Key> increasing = {
      Key(std::numeric_limits<std::int64_t>::min()),
      Key(std::int64_t{-1}),
      Key(std::int64_t{9}),
      Key(std::int64_t{10}),
      Key(std::string_view("\0", 1)),
      Key("10"),
      Key("9"),
      Key("B"),
      Key("a"),
      Key("aa"),
      Key("zz"),
      Key("\xC3\xA9"),  // By bytes, not by any language.
      Key(),
  };
  for (std::size_t a = 0; a < increasing.size(); ++a) {
    for (std::size_t b = 0; b < increasing.size(); ++b) {
      EXPECT_EQ(increasing[a] <=> increasing[b], a <=> b) << a << " " << b;
      EXPECT_EQ(increasing[a] == increasing[b], a == b) << a << " " << b;
    }
  }
}

TEST(Key, ReadsAsText) {
  EXPECT_EQ(to_string(Key(std::int64_t{-7})), "-7");
  EXPECT_EQ(to_string(Key("São Paulo")), "São Paulo");
  EXPECT_EQ(to_string(Key()), "unknown");
}

TEST(KeyColumn, KeepsText) {
  const KeyColumn column = column_of({Key("ana"), Key(), Key("é")});
  ASSERT_EQ(column.size(), 3U);
  EXPECT_EQ(column.type(), KeyType::text);
  EXPECT_EQ(column[0], Key("ana"));
  EXPECT_TRUE(column[1].is_unknown());
  EXPECT_EQ(column[2], Key("é"));
  EXPECT_EQ(column.bytes(), "anaunknowné");
  EXPECT_EQ(column.offsets(), (std::vector<std::int64_t>{0, 3, 10, 12}));
  EXPECT_TRUE(column.is_known().empty());
}

TEST(KeyColumn, KeepsIntegers) {
  const KeyColumn column = column_of({Key(std::int64_t{5}), Key(), Key(std::int64_t{-5})});
  ASSERT_EQ(column.size(), 3U);
  EXPECT_EQ(column.type(), KeyType::integer);
  EXPECT_EQ(column[0], Key(std::int64_t{5}));
  EXPECT_TRUE(column[1].is_unknown());
  EXPECT_EQ(column[2], Key(std::int64_t{-5}));
  ASSERT_EQ(column.integers().size(), 3U);
  EXPECT_EQ(column.is_known(), (std::vector<std::uint8_t>{1, 0, 1}));
  EXPECT_TRUE(column_of({Key(std::int64_t{5})}).is_known().empty());
}

TEST(KeyColumn, TakesUnknownKeysBeforeTheFirstKnownOne) {
  const KeyColumn integers = column_of({Key(), Key(), Key(std::int64_t{1})});
  ASSERT_EQ(integers.size(), 3U);
  EXPECT_EQ(integers.type(), KeyType::integer);
  EXPECT_EQ(integers.is_known(), (std::vector<std::uint8_t>{0, 0, 1}));
  EXPECT_TRUE(integers[1].is_unknown());
  EXPECT_EQ(integers[2], Key(std::int64_t{1}));

  const KeyColumn text = column_of({Key(), Key("b")});
  EXPECT_EQ(text.type(), KeyType::text);
  EXPECT_EQ(text.bytes(), "unknownb");
  EXPECT_EQ(text.offsets(), (std::vector<std::int64_t>{0, 7, 8}));

  const KeyColumn unknown = column_of({Key(), Key()});
  ASSERT_EQ(unknown.size(), 2U);
  EXPECT_EQ(unknown.type(), KeyType::none);
  EXPECT_TRUE(unknown[0].is_unknown());
  EXPECT_TRUE(unknown[1].is_unknown());
}

TEST(KeyColumn, ComparesByKeys) {
  EXPECT_EQ(column_of({}), column_of({}));
  EXPECT_EQ(column_of({Key("a"), Key()}), column_of({Key("a"), Key("unknown")}));
  EXPECT_FALSE(column_of({Key("a")}) == column_of({Key("b")}));
  EXPECT_FALSE(column_of({Key("a")}) == column_of({Key("a"), Key("a")}));
  EXPECT_FALSE(column_of({Key("1")}) == column_of({Key(std::int64_t{1})}));
  EXPECT_FALSE(column_of({Key("ab"), Key("c")}) == column_of({Key("a"), Key("bc")}));
}

TEST(KeyColumn, RefusesAMixture) {
  for (const auto& [first, second] :
       {std::pair{Key("a"), Key(std::int64_t{1})}, std::pair{Key(std::int64_t{1}), Key("a")}}) {
    KeyColumn column = column_of({first});
    try {
      column.push_back(second);
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::schema_mismatch);
    }
    EXPECT_EQ(column, column_of({first}));
  }
}

}  // namespace
}  // namespace ecommerce_analytics
