#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

void bind_customer_history(py::module_& module) {
  py::class_<LockedHistory>(module, "CustomerHistory", "What is known of each customer's orders.")
      .def(py::init([](std::optional<std::int64_t> as_of_us, std::string region,
                       std::vector<std::string> measures,
                       const std::vector<std::pair<std::string, KeyColumn>>& marks,
                       const Selection& selection) {
             HistoryOptions options{.as_of_us = as_of_us,
                                    .region = std::move(region),
                                    .measures = std::move(measures),
                                    .selection = selection};
             for (const auto& [name, keys] : marks) {
               options.marks.push_back({.dimension = name, .keys = keys});
             }
             return std::make_unique<LockedHistory>(CustomerHistory(std::move(options)));
           }),
           py::kw_only(), py::arg("as_of_us") = HistoryOptions{}.as_of_us,
           py::arg("region") = HistoryOptions{}.region,
           py::arg("measures") = HistoryOptions{}.measures,
           py::arg_v("marks", std::vector<std::pair<std::string, KeyColumn>>{}, "[]"),
           py::arg_v("selection", Selection{}, "Selection()"))
      .def_property_readonly("num_orders",
                             [](const LockedHistory& locked) {
                               const py::gil_scoped_release unlocked;
                               const std::shared_lock lock(locked.mutex);
                               return locked.history.order_keys().num_keys();
                             })
      .def_property_readonly("num_customers",
                             [](const LockedHistory& locked) {
                               const py::gil_scoped_release unlocked;
                               const std::shared_lock lock(locked.mutex);
                               return locked.history.customer_keys().num_keys();
                             })
      .def(
          "add",
          [](LockedHistory& locked, const Transactions& rows, int num_threads) {
            const py::gil_scoped_release unlocked;  // Native tables: no Python object is touched.
            const std::unique_lock lock(locked.mutex);
            locked.history.add(rows, num_threads);
          },
          py::arg("rows"), py::kw_only(), py::arg("num_threads") = 0)
      .def(
          "merge",
          [](LockedHistory& locked, const LockedHistory& other) {
            const py::gil_scoped_release unlocked;
            std::unique_lock ours(locked.mutex, std::defer_lock);
            if (&locked == &other) {
              ours.lock();
              locked.history.merge(locked.history);
              return;
            }
            std::shared_lock theirs(other.mutex, std::defer_lock);
            std::lock(ours, theirs);  // Two merges crosswise do not wait for each other.
            locked.history.merge(other.history);
          },
          py::arg("other"));
}

}  // namespace ecommerce_analytics::bindings
