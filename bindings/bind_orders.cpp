#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_orders(py::module_ module) {
  using orders::CustomerOptions;
  using orders::LineOptions;
  using orders::OrderOptions;
  bind_table<orders::OrderList>(module, "OrderList", "One row per order that counts.");
  bind_table<orders::LineList>(module, "LineList", "One row per order line.");
  bind_table<orders::CustomerList>(module, "CustomerList",
                                   "One row per known customer with an order that counts.");

  module.def(
      "list_orders",
      [](const LockedHistory& locked, std::optional<std::int64_t> as_of_us,
         const std::optional<KeyColumn>& customers, const std::string& sort, bool descending,
         std::optional<std::size_t> limit) {
        const OrderOptions options{.as_of_us = as_of_us,
                                   .customers = customers,
                                   .sort = orders::parse_order_sort(sort),
                                   .descending = descending,
                                   .limit = limit};
        return read_table(locked, [&](const CustomerHistory& history) {
          return orders::list_orders(history, options);
        });
      },
      py::arg("history"), py::kw_only(), py::arg("as_of_us") = OrderOptions{}.as_of_us,
      py::arg("customers") = py::none(),
      py::arg("sort") = std::string(orders::order_sort_name(OrderOptions{}.sort)),
      py::arg("descending") = OrderOptions{}.descending, py::arg("limit") = OrderOptions{}.limit,
      "See ecommerce_analytics.orders.list_orders.");
  module.def(
      "list_lines",
      [](const Transactions& transactions, std::optional<std::int64_t> as_of_us,
         const std::optional<KeyColumn>& of_orders,
         const std::optional<std::vector<std::string>>& kinds, bool descending,
         std::optional<std::size_t> limit, const Selection& selection, int num_threads) {
        LineOptions options{.as_of_us = as_of_us,
                            .orders = of_orders,
                            .descending = descending,
                            .limit = limit,
                            .num_threads = num_threads};
        if (kinds) {
          options.kinds.emplace();
          for (const std::string& name : *kinds) {
            const std::optional<LineKind> kind = parse_line_kind(name);
            require(kind.has_value(), ErrorCode::invalid_argument, "orders: no such kind of line",
                    name);
            options.kinds->push_back(*kind);
          }
        }
        const LongCall call;
        return wrap(orders::list_lines(transactions, options, selection));
      },
      py::arg("transactions"), py::kw_only(), py::arg("as_of_us") = LineOptions{}.as_of_us,
      py::arg("orders") = py::none(), py::arg("kinds") = py::none(),
      py::arg("descending") = LineOptions{}.descending, py::arg("limit") = LineOptions{}.limit,
      py::arg("selection"), py::arg("num_threads") = LineOptions{}.num_threads,
      "See ecommerce_analytics.orders.list_lines.");
  module.def(
      "list_customers",
      [](const LockedHistory& locked, std::optional<std::int64_t> as_of_us, const std::string& sort,
         bool descending, std::optional<std::size_t> limit) {
        const CustomerOptions options{.as_of_us = as_of_us,
                                      .sort = orders::parse_customer_sort(sort),
                                      .descending = descending,
                                      .limit = limit};
        return read_table(locked, [&](const CustomerHistory& history) {
          return orders::list_customers(history, options);
        });
      },
      py::arg("history"), py::kw_only(), py::arg("as_of_us") = CustomerOptions{}.as_of_us,
      py::arg("sort") = std::string(orders::customer_sort_name(CustomerOptions{}.sort)),
      py::arg("descending") = CustomerOptions{}.descending,
      py::arg("limit") = CustomerOptions{}.limit, "See ecommerce_analytics.orders.list_customers.");
}

}  // namespace ecommerce_analytics::bindings
