#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// Key figures of a shop, in total or by period, and against the period before.
namespace ecommerce_analytics::kpi {

struct Options {
  /// Moment, exclusive, up to which lines count, in civil microseconds. Default: 00:00 after the
  /// day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Span of one row. Default: one row for the whole history.
  std::optional<Period> period = std::nullopt;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// An entry of the KPI dictionary: what one figure is. The library computes what it says.
struct Definition {
  std::string_view name{};        ///< Column of `Summary`.
  std::string_view title{};       ///< The same for people.
  std::string_view definition{};  ///< In words.
  std::string_view formula{};     ///< In code: `sum(sale)`, `revenue_net / orders`.
  std::string_view unit{};        ///< `money`, `orders`, `share`, …
  std::string_view grain{};       ///< What is added up, and how it finds its period.
  std::string_view filters{};     ///< What is left out.
  std::string_view null_rule{};   ///< When there is no figure.
  std::string_view source{};      ///< Whose definition it is.

  friend bool operator==(const Definition&, const Definition&) = default;
};

/// The dictionary, in the order of its file: one entry for each figure of `Summary`.
/// @par Source  python/ecommerce_analytics/kpi_dictionary.toml.
[[nodiscard]] std::vector<Definition> dictionary();

/// Measures of a table that its key figures read: those of `quantity`, `freight` and `tax` that it
/// has. A history that is made with them has these figures too.
[[nodiscard]] std::vector<std::string> measures_of(const Transactions& transactions);

/// One row for the whole history (`period` is `total`), or one per period from the first line to
/// the last one before `as_of`, those without a line included. What each figure is stands in the
/// dictionary.
struct Summary {
  KeyColumn period{};                      ///< `total`, or as `format_period`.
  std::vector<Date> start{};               ///< First day; not before the report window.
  std::vector<Date> end{};                 ///< Day after the last one; not beyond the day after the
                                           ///< last moment before `as_of`, nor the report window.
  std::vector<Flag> partial{};             ///< The period had not ended at `as_of`; never `total`.
  std::vector<Money128> revenue_gross{};   ///< Lines of kind sale.
  std::vector<Money128> revenue_net{};     ///< All lines of all kinds.
  std::vector<std::int64_t> orders{};      ///< Orders with a purchase line, guests' included.
  std::vector<std::int64_t> customers{};   ///< Distinct known customers of those orders.
  Nullable<double> average_order_value{};  ///< `revenue_net / orders`; null without orders.
  std::vector<std::int64_t> repeat_customers{};  ///< Of `customers`: those for whom an order of
                                                 ///< this row was at least the second ever.
  Nullable<double> repeat_rate{};             ///< `repeat_customers / customers`; null without any.
  std::vector<std::int64_t> guest_orders{};   ///< Orders of guests.
  std::vector<Money128> guest_revenue_net{};  ///< Lines of guests, of all kinds.
  Nullable<double> guest_share{};            ///< `guest_revenue_net / revenue_net`; null unless the
                                             ///< latter is > 0.
  std::vector<Money128> revenue_refunds{};   ///< Lines of kind refund, with their sign.
  std::vector<Money128> revenue_discount{};  ///< Lines of kind discount, with their sign.
  std::vector<Money128> revenue_shipping{};  ///< Lines of kind shipping.
  std::vector<Money128> revenue_fees{};      ///< Lines of kind fee, with their sign.
  std::vector<Money128> revenue_adjustments{};  ///< Lines of kind adjustment, with their sign.
  Nullable<Money128> freight{};                 ///< The measure; null if it is not kept.
  Nullable<Money128> tax{};                     ///< The measure; null if it is not kept.
  std::vector<std::int64_t> new_customers{};    ///< Of `customers`: first order ever on these days.
  std::vector<std::int64_t> returning_customers{};  ///< Of `customers`: first order ever earlier.
  std::vector<std::int64_t> customer_orders{};      ///< Orders of known customers.
  Nullable<double> orders_per_customer{};    ///< `customer_orders / customers`; null without any.
  std::vector<std::int64_t> sale_lines{};    ///< Lines of kind sale.
  std::vector<std::int64_t> refund_lines{};  ///< Lines of kind refund.
  Nullable<double> return_rate_money{};      ///< `-revenue_refunds / revenue_gross`; null unless
                                             ///< the latter is > 0.
  Nullable<double> return_rate_lines{};  ///< `refund_lines / sale_lines`; null without sale lines.
  Nullable<Money128> items{};            ///< Quantity of sale lines; null if it is not kept.
  Nullable<double> items_per_order{};    ///< `items / orders`; null without either.

  std::int64_t as_of_us = 0;
  std::int64_t num_lines_ignored = 0;  ///< Lines at or after `as_of`.
  Selection selection{};               ///< That of the history.

  [[nodiscard]] std::size_t num_rows() const noexcept { return start.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("period", &Summary::period);
    visit("start", &Summary::start);
    visit("end", &Summary::end);
    visit("partial", &Summary::partial);
    visit("revenue_gross", &Summary::revenue_gross);
    visit("revenue_net", &Summary::revenue_net);
    visit("orders", &Summary::orders);
    visit("customers", &Summary::customers);
    visit("average_order_value", &Summary::average_order_value);
    visit("repeat_customers", &Summary::repeat_customers);
    visit("repeat_rate", &Summary::repeat_rate);
    visit("guest_orders", &Summary::guest_orders);
    visit("guest_revenue_net", &Summary::guest_revenue_net);
    visit("guest_share", &Summary::guest_share);
    visit("revenue_refunds", &Summary::revenue_refunds);
    visit("revenue_discount", &Summary::revenue_discount);
    visit("revenue_shipping", &Summary::revenue_shipping);
    visit("revenue_fees", &Summary::revenue_fees);
    visit("revenue_adjustments", &Summary::revenue_adjustments);
    visit("freight", &Summary::freight);
    visit("tax", &Summary::tax);
    visit("new_customers", &Summary::new_customers);
    visit("returning_customers", &Summary::returning_customers);
    visit("customer_orders", &Summary::customer_orders);
    visit("orders_per_customer", &Summary::orders_per_customer);
    visit("sale_lines", &Summary::sale_lines);
    visit("refund_lines", &Summary::refund_lines);
    visit("return_rate_money", &Summary::return_rate_money);
    visit("return_rate_lines", &Summary::return_rate_lines);
    visit("items", &Summary::items);
    visit("items_per_order", &Summary::items_per_order);
  }
};

/// Each figure of each row of `Summary`, in the order of the dictionary, beside that of the same
/// days of the period before: a running month against as many days of the month before, a report
/// window without periods against the window of the same length just before it.
struct Changes {
  KeyColumn period{};  ///< As in `Summary`, and so are the next three.
  std::vector<Date> start{};
  std::vector<Date> end{};
  std::vector<Flag> partial{};
  Nullable<Date> previous_start{};  ///< First day of what it is compared with; null unless
                                    ///< `comparable`.
  Nullable<Date> previous_end{};    ///< Day after the last one of that.
  std::vector<Flag> comparable{};   ///< The data hold all of these days, and `as_of` cuts none of
                                    ///< the row's own.
  KeyColumn kpi{};                  ///< Name of the figure.
  Nullable<double> value{};         ///< Of the row; money and counts to the nearest double.
  Nullable<double> previous{};      ///< Of the days before; null unless `comparable`.
  Nullable<double> change{};        ///< `value - previous`, of sums and counts exact, then rounded.
  Nullable<double> change_share{};  ///< `change / previous`; null unless the latter is > 0.

  std::int64_t as_of_us = 0;
  std::int64_t num_lines_ignored = 0;  ///< Lines at or after `as_of`.
  Selection selection{};               ///< That of the history.

  [[nodiscard]] std::size_t num_rows() const noexcept { return start.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("period", &Changes::period);
    visit("start", &Changes::start);
    visit("end", &Changes::end);
    visit("partial", &Changes::partial);
    visit("previous_start", &Changes::previous_start);
    visit("previous_end", &Changes::previous_end);
    visit("comparable", &Changes::comparable);
    visit("kpi", &Changes::kpi);
    visit("value", &Changes::value);
    visit("previous", &Changes::previous);
    visit("change", &Changes::change);
    visit("change_share", &Changes::change_share);
  }
};

/// Sums up a history.
///
/// Money belongs to the period of its line's own day, an order to the period of its earliest
/// purchase line. A table's quantity, freight and tax are read if it has them; those that a history
/// does not keep are null.
///
/// @throws Error  `invalid_argument` as `CustomerHistory::resolve_as_of`, `overflow` if a sum does
///                not fit.
/// @par Complexity  O(orders log orders + order-days + days), and O(rows) for a table.
/// @par Source      docs/methods/kpi.md.
[[nodiscard]] Summary summary(const CustomerHistory& history, const Options& options = {});
[[nodiscard]] Summary summary(const Transactions& transactions, const Options& options = {},
                              const Selection& selection = {});

/// Compares each row of the summary with the same days of the period before.
///
/// @throws Error  as `summary`.
/// @par Complexity  Twice that of `summary`.
/// @par Source      docs/methods/kpi.md.
[[nodiscard]] Changes changes(const CustomerHistory& history, const Options& options = {});
[[nodiscard]] Changes changes(const Transactions& transactions, const Options& options = {},
                              const Selection& selection = {});

}  // namespace ecommerce_analytics::kpi
