#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"
#include "ecommerce_analytics/ingest.hpp"

/// The second fact table: what was paid for an order, and how.
///
/// An order has any number of payments and any number of lines: a join of the two would count
/// money several times, so nothing here makes one. Payments are added up by order first.
namespace ecommerce_analytics::payments {

/// Which input column is what.
struct Mapping {
  std::string order{};         ///< Text or integers, never null.
  std::string payment_type{};  ///< Text or integers; null, empty: unknown.
  std::string amount{};        ///< Money paid.
  std::string source_row{};    ///< Integers: row in the source, for messages.
  std::string installments{};  ///< Integers: in how many parts it is paid; null: unknown.

  Rounding rounding = Rounding::exact;
  ingest::IntegerUnit integer_unit = ingest::IntegerUnit::refuse;
  std::string currency{};  ///< ISO 4217 code, or empty if not told.
};

/// Payments, immutable; a copy shares the columns. Safe to use from several threads.
class Payments {
 public:
  Payments();

  [[nodiscard]] std::size_t num_rows() const noexcept { return rows_.num_rows(); }
  [[nodiscard]] const std::string& currency() const noexcept { return rows_.columns().currency; }

  /// Codes in `orders` for the codes of `order_keys()`; 0: there is no such order. Looked up once
  /// for each of the last dictionaries asked for: O(1) then.
  [[nodiscard]] std::shared_ptr<const std::vector<std::uint32_t>> codes_in(
      const std::shared_ptr<const Dictionary>& orders) const;
  /// The same rows as what chooses orders.
  [[nodiscard]] std::shared_ptr<const OrderFacts> facts() const;

  /// Code of the order of each payment, in `order_keys()`; never the unknown one.
  [[nodiscard]] const std::vector<std::uint32_t>& order() const noexcept {
    return rows_.columns().order;
  }
  /// Code of the type of each payment, in `type_keys()`.
  [[nodiscard]] const std::vector<std::uint32_t>& type() const noexcept {
    return rows_.columns().dimensions.front().codes;
  }
  /// Counts of 1/10,000.
  [[nodiscard]] const std::vector<std::int64_t>& amount() const noexcept {
    return rows_.columns().amount;
  }
  [[nodiscard]] const Dictionary& order_keys() const noexcept { return *rows_.columns().orders; }
  [[nodiscard]] const Dictionary& type_keys() const noexcept {
    return *rows_.columns().dimensions.front().keys;
  }
  /// Codes and keys of the numbers of instalments; null if they were not told.
  [[nodiscard]] const Dimension* installments() const noexcept {
    return rows_.find_dimension("installments");
  }

 private:
  friend Payments read(ArrowArrayStream& stream, const Mapping& mapping);
  class Facts;
  explicit Payments(Transactions rows);

  Transactions rows_;
  std::shared_ptr<const Facts> facts_;
};

/// Reads all batches of `stream` and releases it; money as `ingest::read`.
/// @throws Error  as `ingest::read`.
/// @par Complexity  O(n) expected time, O(n) memory.
[[nodiscard]] Payments read(ArrowArrayStream& stream, const Mapping& mapping);

/// The condition of a `Selection` that an order has a payment of one of these types. O(types).
/// @throws Error  as `orders_with`.
[[nodiscard]] PaymentFilter paid_by(const Payments& payments, const KeyColumn& types);

/// Orders that have a payment of one of these types, in increasing order of the key.
/// O(n + orders log orders).
/// @throws Error  `schema_mismatch` if integers meet text, `invalid_argument` if there is no
///                payment of a type.
[[nodiscard]] KeyColumn orders_with(const Payments& payments, const KeyColumn& types);

struct ByTypeOptions {
  /// Moment, exclusive, up to which orders count, in civil microseconds. Default: 00:00 after the
  /// day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Span of one row, by the day of the order. Default: one row per type.
  std::optional<Period> period = std::nullopt;
};

/// One row per type and period, types in increasing order of the key, the unknown one last, then by
/// period; only those with a payment.
struct ByType {
  KeyColumn payment_type{};
  std::optional<KeyColumn> period{};           ///< As `format_period`; absent unless asked for.
  std::optional<std::vector<Date>> start{};    ///< First day of the period.
  std::optional<std::vector<Flag>> partial{};  ///< It had not ended at `as_of`.
  std::vector<std::int64_t> payments{};        ///< Records.
  std::vector<std::int64_t> orders{};          ///< Distinct orders; one of two types is in both.
  std::optional<std::vector<std::int64_t>> customers{};  ///< Distinct known customers of these
                                                         ///< orders; absent without a history.
  std::vector<Money128> paid{};                          ///< Their money.
  Nullable<double> share{};  ///< Of all that was paid; null unless that is > 0.

  std::int64_t total_orders = 0;             ///< Distinct orders.
  std::int64_t orders_of_several_types = 0;  ///< Those with payments of two types or more.
  Money128 total_paid{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return payments.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("payment_type", &ByType::payment_type);
    visit("period", &ByType::period);
    visit("start", &ByType::start);
    visit("partial", &ByType::partial);
    visit("payments", &ByType::payments);
    visit("orders", &ByType::orders);
    visit("customers", &ByType::customers);
    visit("paid", &ByType::paid);
    visit("share", &ByType::share);
  }
};

/// Sums payments up by type: all of them, or those of the orders that count in a history.
/// @par Complexity  O(n log n).
[[nodiscard]] ByType by_type(const Payments& payments);

/// @throws Error  as `CustomerHistory::resolve_as_of`, `schema_mismatch` if order keys are integers
///                in one table and text in the other, or the currencies differ.
[[nodiscard]] ByType by_type(const Payments& payments, const CustomerHistory& history,
                             const ByTypeOptions& options = {});

/// One row per number of instalments, increasing, the unknown one last.
struct ByInstallments {
  KeyColumn installments{};
  std::vector<std::int64_t> payments{};  ///< As in `ByType`, and so on.
  std::vector<std::int64_t> orders{};
  std::optional<std::vector<std::int64_t>> customers{};
  std::vector<Money128> paid{};
  Nullable<double> share{};

  std::int64_t total_orders = 0;
  Money128 total_paid{};

  [[nodiscard]] std::size_t num_rows() const noexcept { return payments.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("installments", &ByInstallments::installments);
    visit("payments", &ByInstallments::payments);
    visit("orders", &ByInstallments::orders);
    visit("customers", &ByInstallments::customers);
    visit("paid", &ByInstallments::paid);
    visit("share", &ByInstallments::share);
  }
};

/// Sums payments up by the number of their instalments: all of them, or those of the orders that
/// count in a history.
/// @throws Error  as `by_type`; `schema_mismatch` if the numbers were not told or are text.
/// @par Complexity  O(n log n).
[[nodiscard]] ByInstallments by_installments(const Payments& payments,
                                             const CustomerHistory* history = nullptr,
                                             std::optional<std::int64_t> as_of_us = std::nullopt);

/// Net revenue by type of payment: one row per type that has a share in an order, in increasing
/// order of the key, the unknown one last.
struct RevenueByType {
  KeyColumn payment_type{};
  std::vector<std::int64_t> orders{};  ///< Distinct orders that count; one of two types is in both.
  std::vector<Money128> revenue{};     ///< Their net revenue, split by their payments' shares.
  Nullable<double> share{};            ///< Of all net revenue; null unless that is > 0.

  std::int64_t total_orders = 0;
  Money128 total_revenue{};  ///< Of all orders: the key figure `revenue_net`.
  std::int64_t orders_without_payment = 0;
  Money128 revenue_without_payment{};  ///< In no row: what the rows add up to, and this, is all.
  std::int64_t as_of_us = 0;
  Selection selection{};  ///< That of the history.

  [[nodiscard]] std::size_t num_rows() const noexcept { return orders.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("payment_type", &RevenueByType::payment_type);
    visit("orders", &RevenueByType::orders);
    visit("revenue", &RevenueByType::revenue);
    visit("share", &RevenueByType::share);
  }
};

/// Splits the net money of each order by the shares of its payments.
///
/// The parts of an order add up to its money: each type gets the whole 1/10,000 of its part, and
/// those that remain go to the greatest remainders, of equal ones to the lesser keys. Types whose
/// payments for the order do not add up to more than 0 take no part.
///
/// @throws Error  as `by_type`, `overflow`.
/// @par Complexity  O(order-days + n log n).
[[nodiscard]] RevenueByType revenue_by_type(const Payments& payments,
                                            const CustomerHistory& history,
                                            std::optional<std::int64_t> as_of_us = std::nullopt);

/// From the lines of a shop to what was paid, step by step.
struct Bridge {
  KeyColumn step{};
  std::vector<Flag> is_total{};        ///< A sum of the steps above, not a step.
  Nullable<std::int64_t> lines{};      ///< Lines added up; null where it is no sum of lines.
  std::vector<std::int64_t> orders{};  ///< Distinct orders that the step touches.
  std::vector<Money128> amount{};      ///< What the step adds.
  std::vector<Money128> running{};     ///< Sum of the steps up to here; that of a total equals it.

  std::int64_t as_of_us = 0;
  std::int64_t num_lines_ignored = 0;  ///< Lines at or after `as_of`.
  Selection selection{};               ///< That of the history.

  [[nodiscard]] std::size_t num_rows() const noexcept { return amount.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("step", &Bridge::step);
    visit("is_total", &Bridge::is_total);
    visit("lines", &Bridge::lines);
    visit("orders", &Bridge::orders);
    visit("amount", &Bridge::amount);
    visit("running", &Bridge::running);
  }
};

/// Makes the revenue bridge: gross (lines of kind sale), discount, refunds, shipping, fees,
/// adjustments = net; the measures `tax` and `freight`, where the history keeps them = billed; and
/// with payments, what was paid for orders without a line, what was not paid for orders without a
/// payment, and what remains for orders with both = paid. Reconciled to the last digit: the
/// running sum of the steps is the sum of the payments.
///
/// A payment belongs to the day of its order. Under a selection, payments of orders outside it are
/// left out, those of orders that nobody knows too.
///
/// @throws Error  as `by_type`, `overflow`.
/// @par Complexity  O(order-days + payments).
/// @par Source      docs/methods/payments.md.
[[nodiscard]] Bridge revenue_bridge(const CustomerHistory& history,
                                    const Payments* payments = nullptr,
                                    std::optional<std::int64_t> as_of_us = std::nullopt);

}  // namespace ecommerce_analytics::payments
