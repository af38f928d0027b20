#include "ecommerce_analytics/core/dictionary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"

namespace ecommerce_analytics {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kGreatest = std::numeric_limits<std::int64_t>::max();

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

/// Encodes integers beside a plain map, and compares codes, look-ups, keys and their order.
void expect_codes_in_the_order_met(const std::vector<std::int64_t>& values) {
  Dictionary dictionary;
  std::map<std::int64_t, std::uint32_t> expected;
  for (const std::int64_t value : values) {
    const auto code = expected.emplace(value, static_cast<std::uint32_t>(expected.size() + 1));
    ASSERT_EQ(dictionary.encode(value), code.first->second) << value;
    ASSERT_EQ(dictionary.encode(Key(value)), code.first->second) << value;
  }
  ASSERT_EQ(dictionary.num_keys(), expected.size());
  std::vector<std::uint32_t> codes;
  for (const auto& [value, code] : expected) {
    ASSERT_EQ(dictionary.find(Key(value)), code);
    ASSERT_EQ(dictionary.key(code), Key(value));
    codes.push_back(code);
    for (const std::int64_t near :
         {value == kLeast ? value : value - 1, value == kGreatest ? value : value + 1}) {
      ASSERT_EQ(dictionary.find(Key(near)).has_value(), expected.contains(near)) << near;
    }
  }
  EXPECT_EQ(dictionary.codes_by_key(), codes);
}

TEST(Dictionary, CodesIntegersAlikeInTheArrayAndInTheTable) {
  std::mt19937_64 random(7);
  // Ranges from dense to hopeless; from the least integer on, to the greatest, across zero.
  for (const std::uint64_t range : {1ULL, 100ULL, 3'000ULL, 20'000ULL, 60'000ULL, 1ULL << 40U}) {
    for (const std::int64_t first : {kLeast, std::int64_t{-1'000}, std::int64_t{0},
                                     kGreatest - static_cast<std::int64_t>(range)}) {
      std::vector<std::int64_t> values;
      for (int i = 0; i < 8'000; ++i) {
        values.push_back(first + static_cast<std::int64_t>(random() % range));
      }
      expect_codes_in_the_order_met(values);
      std::sort(values.begin(), values.end());
      expect_codes_in_the_order_met(values);
      std::reverse(values.begin(), values.end());
      expect_codes_in_the_order_met(values);
    }
  }
  // Dense, then one far off, then dense again; and steps that grow slowly wider.
  std::vector<std::int64_t> values;
  for (std::int64_t value = 0; value < 5'000; ++value) {
    values.push_back(value);
  }
  values.push_back(kGreatest);
  values.push_back(kLeast);
  for (std::int64_t value = 5'000; value < 20'000; ++value) {
    values.push_back(value);
  }
  expect_codes_in_the_order_met(values);
  values.clear();
  for (std::int64_t i = 0; i < 6'000; ++i) {
    values.push_back(i * (1 + i / 500));
  }
  expect_codes_in_the_order_met(values);
}

TEST(Dictionary, EncodesManyAsOneByOne) {
  std::mt19937_64 random(8);
  std::vector<std::string> texts(1);  // The first one is empty: unknown.
  for (int i = 0; i < 5'000; ++i) {
    texts.push_back("customer " + std::to_string(random() % 2'000));
  }
  for (const bool is_text : {true, false}) {
    std::vector<Key> keys;
    for (const std::string& text : texts) {
      keys.push_back(is_text ? Key(std::string_view(text))
                             : Key(static_cast<std::int64_t>(random() % 3'000)));
      if (random() % 4 == 0) {
        keys.push_back(keys.back());
        keys.emplace_back();
      }
    }
    Dictionary many;
    Dictionary single;
    std::vector<std::uint32_t> actual;
    std::vector<std::uint32_t> expected;
    many.encode_all(keys, actual);
    for (const Key& key : keys) {
      expected.push_back(single.encode(key));
    }
    EXPECT_EQ(actual, expected);
  }
}

TEST(Dictionary, ForgetsItsLastKeys) {
  std::mt19937_64 random(9);
  for (const std::uint64_t range : {4'000ULL, 1ULL << 40U}) {
    for (const bool is_text : {true, false}) {
      std::vector<std::string> texts;
      std::vector<std::int64_t> integers;
      for (int i = 0; i < 3'000; ++i) {
        integers.push_back(static_cast<std::int64_t>(random() % range));
        texts.push_back(std::to_string(integers.back()));
      }
      const auto key_at = [&](std::size_t i) {
        return is_text ? Key(std::string_view(texts[i])) : Key(integers[i]);
      };
      Dictionary dictionary;
      for (std::size_t i = 0; i < 1'000; ++i) {
        dictionary.encode(key_at(i));
      }
      const std::vector<std::uint32_t> before = dictionary.codes_by_key();
      const std::size_t num_codes = dictionary.num_codes();
      Dictionary grown = dictionary;
      for (std::size_t i = 1'000; i < 3'000; ++i) {
        grown.encode(key_at(i));
      }
      ASSERT_GT(grown.num_codes(), num_codes);
      grown.truncate(num_codes);
      ASSERT_EQ(grown.num_codes(), num_codes);
      EXPECT_EQ(grown.codes_by_key(), before);
      for (std::size_t i = 0; i < 3'000; ++i) {
        ASSERT_EQ(grown.find(key_at(i)), dictionary.find(key_at(i)));
      }
      for (std::size_t i = 1'000; i < 3'000; ++i) {
        ASSERT_EQ(grown.encode(key_at(i)), dictionary.encode(key_at(i)));
      }
      grown.truncate(1);
      EXPECT_EQ(grown.type(), KeyType::none);
      EXPECT_EQ(grown.encode(Key("text now")), 1U);
    }
  }
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
