#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/transactions.hpp"

/// Random order lines, the same ones for the same seed on every machine.
namespace ecommerce_analytics {

/// One line with keys that own their text.
struct LogLine {
  std::string customer{};
  std::string order{};
  std::int64_t time_us = 0;
  std::int64_t amount = 0;
  std::string region{};
};

/// Few customers, orders, moments and regions, so that ties and refunds are everywhere.
inline std::vector<LogLine> random_log(std::uint32_t seed, std::size_t num_lines) {
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t limit) {
    return static_cast<std::int64_t>(random() % limit);
  };
  const char* const regions[] = {"SP", "RJ", "MG", "BA", ""};
  std::vector<LogLine> lines;
  for (std::size_t row = 0; row < num_lines; ++row) {
    const std::int64_t order = below(1 + static_cast<std::uint32_t>(num_lines) / 3);
    LogLine line;
    line.order = "o" + std::to_string(order);
    line.customer = order % 7 == 0 ? "" : "c" + std::to_string(order * 31 % 40);
    line.time_us = (17'000 + below(400)) * kMicrosecondsPerDay + below(4) * 21'599'999'999;
    line.amount = (below(9) - 2) * 3'333;
    line.region = regions[below(5)];
    lines.push_back(std::move(line));
  }
  return lines;
}

/// Some lines as a table, in the order given.
inline Transactions table_of(const std::vector<LogLine>& lines) {
  TransactionsBuilder builder({}, {"region"});
  for (const LogLine& line : lines) {
    Line row;
    row.customer = Key(line.customer);
    row.order = Key(line.order);
    row.time_us = line.time_us;
    row.amount = line.amount;
    row.dimensions = {Key(line.region)};
    builder.add(row);
  }
  return builder.finish();
}

/// Deals the lines to `num_shards` in turn: orders are torn apart, some shards may be empty.
inline std::vector<std::vector<LogLine>> deal(const std::vector<LogLine>& lines,
                                              std::size_t num_shards) {
  std::vector<std::vector<LogLine>> shards(num_shards);
  for (std::size_t row = 0; row < lines.size(); ++row) {
    shards[row % num_shards].push_back(lines[row]);
  }
  return shards;
}

/// Another order of the same lines.
inline std::vector<LogLine> shuffled(std::vector<LogLine> lines, std::uint32_t seed) {
  std::mt19937 random(seed);
  for (std::size_t row = lines.size(); row > 1; --row) {
    std::swap(lines[row - 1], lines[random() % row]);
  }
  return lines;
}

}  // namespace ecommerce_analytics
