#include <optional>
#include <string>
#include <utility>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

void bind_customer_history(py::module_& module) {
  py::class_<CustomerHistory>(module, "CustomerHistory", "What is known of each customer's orders.")
      .def(py::init([](std::optional<std::int64_t> as_of_us, std::string region) {
             return CustomerHistory({.as_of_us = as_of_us, .region = std::move(region)});
           }),
           py::kw_only(), py::arg("as_of_us") = HistoryOptions{}.as_of_us,
           py::arg("region") = HistoryOptions{}.region)
      .def_property_readonly(
          "num_orders",
          [](const CustomerHistory& history) { return history.order_keys().num_keys(); })
      .def_property_readonly(
          "num_customers",
          [](const CustomerHistory& history) { return history.customer_keys().num_keys(); })
      .def(
          "add",
          [](CustomerHistory& history, const Transactions& rows, int num_threads) {
            const py::gil_scoped_release unlocked;  // Native tables: no Python object is touched.
            history.add(rows, num_threads);
          },
          py::arg("rows"), py::kw_only(), py::arg("num_threads") = 0)
      .def(
          "merge",
          [](CustomerHistory& history, const CustomerHistory& other) {
            const py::gil_scoped_release unlocked;
            history.merge(other);
          },
          py::arg("other"));
}

}  // namespace ecommerce_analytics::bindings
