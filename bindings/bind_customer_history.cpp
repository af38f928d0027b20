#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

void bind_customer_history(py::module_& module) {
  py::class_<LockedHistory>(module, "CustomerHistory", "What is known of each customer's orders.")
      .def(py::init([](std::optional<std::int64_t> as_of_us, std::string region,
                       std::vector<std::string> measures,
                       const std::vector<std::pair<std::string, KeyColumn>>& marks,
                       std::vector<std::string> dimensions, const Selection& selection) {
             HistoryOptions options{.as_of_us = as_of_us,
                                    .region = std::move(region),
                                    .measures = std::move(measures),
                                    .dimensions = std::move(dimensions),
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
           py::arg("dimensions") = HistoryOptions{}.dimensions,
           py::arg_v("selection", Selection{}, "Selection()"))
      .def_property_readonly("num_orders",
                             [](const LockedHistory& locked) {
                               const LongCall call;
                               std::shared_lock lock(locked.mutex, std::defer_lock);
                               lock_or_stop(lock);
                               return locked.history.order_keys().num_keys();
                             })
      .def_property_readonly("num_customers",
                             [](const LockedHistory& locked) {
                               const LongCall call;
                               std::shared_lock lock(locked.mutex, std::defer_lock);
                               lock_or_stop(lock);
                               return locked.history.customer_keys().num_keys();
                             })
      .def(
          "add",
          [](LockedHistory& locked, const Transactions& rows, int num_threads) {
            const LongCall call;
            std::unique_lock lock(locked.mutex, std::defer_lock);
            lock_or_stop(lock);
            locked.history.add(rows, num_threads);
          },
          py::arg("rows"), py::kw_only(), py::arg("num_threads") = 0)
      .def(
          "select",
          [](const LockedHistory& locked, const Selection& selection) {
            const LongCall call;
            std::shared_lock lock(locked.mutex, std::defer_lock);
            lock_or_stop(lock);
            return std::make_unique<LockedHistory>(locked.history.select(selection));
          },
          py::arg("selection"))
      .def(
          "merge",
          [](LockedHistory& locked, const LockedHistory& other) {
            const LongCall call;
            std::unique_lock ours(locked.mutex, std::defer_lock);
            if (&locked == &other) {
              lock_or_stop(ours);
              locked.history.merge(locked.history);
              return;
            }
            std::shared_lock theirs(other.mutex, std::defer_lock);
            // Two merges crosswise do not wait for each other: a failed try holds nothing.
            while (std::try_lock(ours, theirs) != -1) {
              poll_interrupt();
              std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
            locked.history.merge(other.history);
          },
          py::arg("other"));
}

}  // namespace ecommerce_analytics::bindings
