#include "ecommerce_analytics/core/dictionary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"

namespace ecommerce_analytics {
namespace {

TEST(Dictionary, KnowsTheUnknownKeyFromTheStart) {
  Dictionary dictionary;
  EXPECT_EQ(dictionary.num_codes(), 1U);
  EXPECT_EQ(dictionary.num_keys(), 0U);
  EXPECT_EQ(dictionary.type(), KeyType::none);
  EXPECT_TRUE(dictionary.key(Dictionary::kUnknownCode).is_unknown());
  EXPECT_EQ(dictionary.find(Key()), Dictionary::kUnknownCode);
  EXPECT_EQ(dictionary.find(Key("ana")), std::nullopt);
  EXPECT_EQ(dictionary.find(Key(std::int64_t{1})), std::nullopt);
  EXPECT_TRUE(dictionary.codes_by_key().empty());
  EXPECT_EQ(dictionary.encode(Key("unknown")), Dictionary::kUnknownCode);
  EXPECT_EQ(dictionary.encode(Key("")), Dictionary::kUnknownCode);
  EXPECT_EQ(dictionary.num_keys(), 0U);
}

TEST(Dictionary, GivesCodesInTheOrderMet) {
  Dictionary dictionary;
  EXPECT_EQ(dictionary.encode(Key("zoe")), 1U);
  EXPECT_EQ(dictionary.encode(Key("ana")), 2U);
  EXPECT_EQ(dictionary.encode(Key("zoe")), 1U);
  EXPECT_EQ(dictionary.encode(Key(std::string_view("a\0b", 3))), 3U);
  EXPECT_EQ(dictionary.encode(Key("a")), 4U);
  EXPECT_EQ(dictionary.num_keys(), 4U);
  EXPECT_EQ(dictionary.num_codes(), 5U);
  EXPECT_EQ(dictionary.key(3).text, std::string_view("a\0b", 3));
  EXPECT_EQ(dictionary.find(Key("a")), 4U);
  EXPECT_EQ(dictionary.find(Key("b")), std::nullopt);
  EXPECT_EQ(dictionary.codes_by_key(), (std::vector<std::uint32_t>{4, 3, 2, 1}));
}

TEST(Dictionary, HoldsIntegersToTheLimits) {
  Dictionary dictionary;
  const std::vector<std::int64_t> values = {0, std::numeric_limits<std::int64_t>::max(), -1,
                                            std::numeric_limits<std::int64_t>::min(), 1};
  for (const std::int64_t value : values) {
    dictionary.encode(Key(value));
  }
  ASSERT_EQ(dictionary.num_keys(), values.size());
  for (std::size_t index = 0; index < values.size(); ++index) {
    EXPECT_EQ(dictionary.key(static_cast<std::uint32_t>(index + 1)), Key(values[index]));
  }
  EXPECT_EQ(dictionary.codes_by_key(), (std::vector<std::uint32_t>{4, 3, 1, 5, 2}));
}

TEST(Dictionary, RefusesAMixtureAndStaysAsItWas) {
  Dictionary dictionary;
  dictionary.encode(Key(std::int64_t{1}));
  try {
    dictionary.encode(Key("a"));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::schema_mismatch);
  }
  EXPECT_EQ(dictionary.num_keys(), 1U);
  EXPECT_EQ(dictionary.find(Key("a")), std::nullopt);
  EXPECT_EQ(dictionary.find(Key(std::int64_t{1})), 1U);
}

TEST(Dictionary, FindsEachOfManyKeys) {
  constexpr std::int64_t kNumKeys = 50'000;
  Dictionary integers;
  Dictionary texts;
  std::set<std::string> sorted;
  for (std::int64_t number = 0; number < kNumKeys; ++number) {
    // Multiples of a power of two collide in a table that takes the low bits as they are.
    integers.encode(Key(number * 65'536 - 7));
    const std::string text = "customer-" + std::to_string(number * 7'919 % kNumKeys);
    texts.encode(Key(text));
    sorted.insert(text);
  }
  ASSERT_EQ(integers.num_keys(), static_cast<std::size_t>(kNumKeys));
  ASSERT_EQ(texts.num_keys(), sorted.size());
  for (std::int64_t number = 0; number < kNumKeys; ++number) {
    ASSERT_EQ(integers.find(Key(number * 65'536 - 7)), static_cast<std::uint32_t>(number + 1));
    ASSERT_EQ(integers.find(Key(number * 65'536 - 6)), std::nullopt);
  }
  const std::vector<std::uint32_t> codes = texts.codes_by_key();
  ASSERT_EQ(codes.size(), sorted.size());
  EXPECT_TRUE(std::equal(sorted.begin(), sorted.end(), codes.begin(),
                         [&](const std::string& text, std::uint32_t code) {
                           return texts.key(code) == Key(text) && texts.find(Key(text)) == code;
                         }));
}

TEST(Dictionary, ACopyIsItsOwn) {
  Dictionary dictionary;
  dictionary.encode(Key("ana"));
  Dictionary copy = dictionary;
  EXPECT_EQ(copy.encode(Key("bo")), 2U);
  EXPECT_EQ(dictionary.find(Key("bo")), std::nullopt);
  EXPECT_EQ(copy.find(Key("ana")), 1U);
}

}  // namespace
}  // namespace ecommerce_analytics
