#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ecommerce_analytics/core/dictionary.hpp"
#include "ecommerce_analytics/core/key.hpp"

/// The table in the middle: order lines with codes inside, exact money and civil time.
namespace ecommerce_analytics {

/// What a line is; decides its step of the revenue bridge and whether it is a product.
enum class LineKind : std::uint8_t { sale, refund, shipping, fee, discount, adjustment };
inline constexpr std::size_t kNumLineKinds = 6;

[[nodiscard]] std::string_view line_kind_name(LineKind kind) noexcept;
/// Nothing if `name` is none of the six names.
[[nodiscard]] std::optional<LineKind> parse_line_kind(std::string_view name) noexcept;

/// Which lines make an order count.
enum class PurchaseRule : std::uint8_t {
  positive_amount,  ///< Amount > 0 and no refund.
  every_line,       ///< Every line; the rule of recipes that count cancellations as orders.
};

/// Exact money of each line beside its amount, such as freight; in counts of 1/10,000.
struct Measure {
  std::string name{};
  std::vector<std::int64_t> values{};
};

/// A code of each line, such as its category or region.
struct Dimension {
  std::string name{};
  std::vector<std::uint32_t> codes{};
  std::shared_ptr<const Dictionary> keys{};
};

/// Columns of a table in the making; n rows each.
struct TransactionColumns {
  std::vector<std::uint32_t> order{};   ///< Codes of `orders`; never the unknown code.
  std::vector<std::int64_t> time_us{};  ///< Civil microseconds.
  std::vector<LineKind> kind{};
  std::vector<std::int64_t> amount{};    ///< Counts of 1/10,000.
  std::vector<std::int64_t> quantity{};  ///< Counts of 1/10,000; empty if not known.
  std::vector<Measure> measures{};
  std::vector<Dimension> dimensions{};
  std::vector<std::uint32_t> order_customer{};  ///< Customer code by order code.
  std::shared_ptr<const Dictionary> orders{};
  std::shared_ptr<const Dictionary> customers{};
  PurchaseRule purchase_rule = PurchaseRule::positive_amount;
  std::string currency{};  ///< ISO 4217 code, or empty if not told.
};

/// Order lines, immutable; a copy shares the columns. Safe to read from several threads.
///
/// A line belongs to one order, an order to one customer; the customer with the unknown key is
/// every guest. A *purchase line* has amount > 0 and is no refund; an order counts if it has one,
/// and its time is that of its earliest one.
class Transactions {
 public:
  Transactions();

  /// Takes the columns over without a copy.
  /// @throws Error  `schema_mismatch` if lengths differ or a name stands twice, `invalid_data` if
  ///                a code is outside its dictionary, a kind none of the six or a time outside
  ///                years 1400 to 9999.
  explicit Transactions(TransactionColumns columns);

  [[nodiscard]] std::size_t num_rows() const noexcept { return columns_->order.size(); }
  [[nodiscard]] const TransactionColumns& columns() const noexcept { return *columns_; }

  /// Times of the earliest and the latest line; 0 if there are none.
  [[nodiscard]] std::int64_t first_us() const noexcept { return first_us_; }
  [[nodiscard]] std::int64_t last_us() const noexcept { return last_us_; }

  [[nodiscard]] bool is_purchase(std::size_t row) const noexcept {
    return columns_->purchase_rule == PurchaseRule::every_line ||
           (columns_->amount[row] > 0 && columns_->kind[row] != LineKind::refund);
  }

  /// The dimension of that name, or null.
  [[nodiscard]] const Dimension* find_dimension(std::string_view name) const noexcept;
  /// The measure of that name, or null.
  [[nodiscard]] const Measure* find_measure(std::string_view name) const noexcept;

 private:
  std::shared_ptr<const TransactionColumns> columns_;
  std::int64_t first_us_ = 0;
  std::int64_t last_us_ = 0;
};

/// One line as C++ code writes it down.
struct Line {
  Key customer{};                  ///< The unknown key is a guest.
  Key order{};                     ///< Must be known.
  std::int64_t time_us = 0;        ///< Civil microseconds.
  std::int64_t amount = 0;         ///< Counts of 1/10,000.
  std::optional<LineKind> kind{};  ///< Default: amount < 0 refund, = 0 adjustment, else sale.
  std::optional<std::int64_t> quantity{};  ///< Counts of 1/10,000; all lines have one, or none.
  std::vector<std::int64_t> measures{};    ///< In the order of the builder's names.
  std::vector<Key> dimensions{};           ///< In the order of the builder's names.
};

/// Kind of a line of which only the amount is known.
[[nodiscard]] constexpr LineKind default_kind(std::int64_t amount) noexcept {
  return amount < 0 ? LineKind::refund : amount == 0 ? LineKind::adjustment : LineKind::sale;
}

/// Builds a table line by line. Whole columns come in faster through `ingest::read`.
class TransactionsBuilder {
 public:
  explicit TransactionsBuilder(std::vector<std::string> measures = {},
                               std::vector<std::string> dimensions = {},
                               PurchaseRule purchase_rule = PurchaseRule::positive_amount);

  /// @throws Error  `invalid_data` if the order key is unknown or the order has a line of another
  ///                customer, `schema_mismatch` if the line has other measures, dimensions or
  ///                presence of quantity than the builder.
  void add(const Line& line);

  /// The table; the builder is empty afterwards.
  [[nodiscard]] Transactions finish();

 private:
  void clear();

  TransactionColumns columns_{};
  std::vector<std::string> measure_names_;
  std::vector<std::string> dimension_names_;
  PurchaseRule purchase_rule_;
  std::shared_ptr<Dictionary> orders_;
  std::shared_ptr<Dictionary> customers_;
  std::vector<std::shared_ptr<Dictionary>> dimension_keys_;
};

}  // namespace ecommerce_analytics
