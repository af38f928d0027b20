#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/core/money.hpp"
#include "ecommerce_analytics/ingest.hpp"
#include "ecommerce_analytics/io/arrow_export.hpp"

/// Seeded order lines to measure with: the same rows for the same arguments on every machine.
namespace ecommerce_analytics {

/// What the keys of customers and orders look like.
enum class KeyStyle : std::uint8_t {
  integer,  ///< As a shop's database counts them: in a narrow range.
  wide,     ///< Integers spread over 63 bits.
  text,     ///< 32 hexadecimal digits.
};

/// How the money of a line stands in the Arrow table.
enum class AmountStyle : std::uint8_t { cents, float64, decimal, text };

/// Order lines as a shop writes them down over 24 months: by increasing time, the lines of an order
/// together.
///
/// N lines make about N/2 orders of N/20 customers, who are won one after another; a product is
/// bought in proportion to 1/rank. There are 27 regions: a customer has one, and every 50th order
/// goes to another. Every 33rd order is a refund. There are no guests.
class SyntheticOrders {
 public:
  explicit SyntheticOrders(std::size_t num_rows, KeyStyle keys = KeyStyle::integer)
      : columns_(std::make_shared<OrderColumns>()) {
    std::mt19937_64 random(20'260'101);
    const auto below = [&](std::uint64_t limit) { return random() % limit; };
    const std::uint64_t num_customers = std::max<std::uint64_t>(1, num_rows / 20);
    const std::vector<double> cumulated_weights = product_weights();
    constexpr std::uint64_t kFirstShare = 10;  // Every 10th customer is there from the start.

    std::uint64_t order = 0;
    std::uint64_t num_lines_left = 0;
    std::uint64_t customer = 0;
    std::uint64_t region = 0;
    std::int64_t time_us = 0;
    bool is_refund = false;
    for (std::size_t row = 0; row < num_rows; ++row) {
      if (num_lines_left == 0) {
        const std::uint64_t num_won = num_customers * (num_rows + (kFirstShare - 1) * row);
        ++order;
        num_lines_left = 1 + below(3);
        customer = below(std::max<std::uint64_t>(1, num_won / (kFirstShare * num_rows)));
        region = (below(50) == 0 ? below(kNumRegions) : customer * 7) % kNumRegions;
        time_us = kFirstDay * kMicrosecondsPerDay +
                  kSpan_us / static_cast<std::int64_t>(num_rows) * static_cast<std::int64_t>(row);
        is_refund = below(33) == 0;
      }
      --num_lines_left;
      const auto cents = static_cast<std::int64_t>(100 + below(49'900)) * (is_refund ? -1 : 1);
      const double at =
          static_cast<double>(below(1U << 30U)) / (1U << 30U) * cumulated_weights.back();
      const auto product =
          std::upper_bound(cumulated_weights.begin(), cumulated_weights.end() - 1, at) -
          cumulated_weights.begin();
      push_key(columns_->customer, keys, 100'000 + customer);
      push_key(columns_->order, keys, 1'000'000 + order);
      columns_->time_us.push_back(time_us);
      columns_->cents.push_back(cents);
      columns_->amount.push_back(static_cast<double>(cents) / 100.0);
      columns_->decimal.push_back(to_money128(cents * (kMoneyScale / 100)));
      std::string text = std::to_string(cents);
      text.insert(text.end() - 2, '.');
      columns_->text.push_back(Key(text));
      columns_->product.push_back(product);
      columns_->region.push_back(Key(
          std::string{static_cast<char>('A' + region / 9), static_cast<char>('A' + region % 9)}));
    }
  }

  [[nodiscard]] std::size_t num_rows() const noexcept { return columns_->time_us.size(); }

  /// The lines as `ingest::read` takes them, in one batch; the caller releases the stream.
  [[nodiscard]] ArrowArrayStream stream(AmountStyle style = AmountStyle::cents) const {
    io::Columns exported(columns_, {});
    exported.add("customer", columns_->customer);
    exported.add("order", columns_->order);
    exported.add({.name = "timestamp",
                  .format = "tsu:",
                  .num_rows = num_rows(),
                  .data = columns_->time_us.data()});
    switch (style) {
      case AmountStyle::cents:
        exported.add("amount", columns_->cents);
        break;
      case AmountStyle::float64:
        exported.add("amount", columns_->amount);
        break;
      case AmountStyle::decimal:
        exported.add("amount", columns_->decimal);
        break;
      case AmountStyle::text:
        exported.add("amount", columns_->text);
        break;
    }
    exported.add("product", columns_->product);
    exported.add("region", columns_->region);
    ArrowArrayStream stream{};
    exported.export_stream(stream);
    return stream;
  }

  /// What is what in `stream`; the region is the dimension of that name.
  [[nodiscard]] static ingest::Mapping mapping() {
    return {.customer = "customer",
            .order = "order",
            .timestamp = "timestamp",
            .amount = "amount",
            .dimensions = {{.name = "region", .column = "region"}},
            .integer_unit = ingest::IntegerUnit::minor};
  }

  [[nodiscard]] Transactions transactions() const {
    ArrowArrayStream lines = stream();
    return ingest::read(lines, mapping()).transactions;
  }

  /// Bytes that an ingest of `stream(AmountStyle::cents)` reads.
  [[nodiscard]] std::size_t num_bytes() const noexcept {
    const auto bytes_of = [](const KeyColumn& keys) {
      return keys.size() * sizeof(std::int64_t) + keys.bytes().size();
    };
    return bytes_of(columns_->customer) + bytes_of(columns_->order) + bytes_of(columns_->region) +
           2 * num_rows() * sizeof(std::int64_t);
  }

 private:
  static constexpr std::uint64_t kNumRegions = 27;
  static constexpr std::size_t kNumProducts = 1'000;
  static constexpr std::int64_t kFirstDay = 19'723;  // 2024-01-01.
  static constexpr std::int64_t kSpan_us = 731 * kMicrosecondsPerDay;

  struct OrderColumns {
    KeyColumn customer{};
    KeyColumn order{};
    std::vector<std::int64_t> time_us{};
    std::vector<std::int64_t> cents{};
    std::vector<double> amount{};
    std::vector<Money128> decimal{};
    KeyColumn text{};
    std::vector<std::int64_t> product{};
    KeyColumn region{};
  };

  /// Zipf's law: the product of rank k weighs 1/k.
  static std::vector<double> product_weights() {
    std::vector<double> cumulated;
    double sum = 0.0;
    for (std::size_t rank = 1; rank <= kNumProducts; ++rank) {
      sum += 1.0 / static_cast<double>(rank);
      cumulated.push_back(sum);
    }
    return cumulated;
  }

  static void push_key(KeyColumn& column, KeyStyle style, std::uint64_t number) {
    if (style == KeyStyle::wide) {
      number = number * 0x9E3779B97F4A7C15U >> 1U;
    }
    if (style != KeyStyle::text) {
      column.push_back(Key(static_cast<std::int64_t>(number)));
      return;
    }
    // Scatters the number over 128 bits: odd multiples of it, folded.
    std::string digits;
    for (std::uint64_t half = number * 0x9E3779B97F4A7C15U; digits.size() < 32;
         half *= number | 1U) {
      half ^= half >> 31U;
      for (unsigned shift = 0; shift < 64; shift += 4) {
        digits.push_back("0123456789abcdef"[half >> shift & 15U]);
      }
    }
    column.push_back(Key(digits));
  }

  std::shared_ptr<OrderColumns> columns_;
};

}  // namespace ecommerce_analytics
