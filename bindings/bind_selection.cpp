#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {
namespace {

KeyColumn keys_of(const py::list& list) {
  KeyColumn keys;
  for (const py::handle& key : list) {
    if (key.is_none()) {
      keys.push_back(Key());
    } else if (py::isinstance<py::int_>(key)) {
      keys.push_back(Key(key.cast<std::int64_t>()));
    } else {
      keys.push_back(Key(key.cast<std::string_view>()));
    }
  }
  return keys;
}

/// Both sorted.
KeyColumn intersection(const KeyColumn& a, const KeyColumn& b) {
  KeyColumn keys;
  std::size_t row = 0;
  for (std::size_t other = 0; other < b.size(); ++other) {
    while (row < a.size() && a[row] < b[other]) {
      ++row;
    }
    if (row < a.size() && a[row] == b[other]) {
      keys.push_back(a[row]);
    }
  }
  return keys;
}

}  // namespace

void bind_selection(py::module_& module) {
  py::class_<KeyColumn>(module, "KeyColumn", "Keys of customers, orders or a dimension.")
      .def(py::init(&keys_of), py::arg("keys"))
      .def("__len__", &KeyColumn::size)
      .def("intersection", &intersection, py::arg("other"));

  using Named = std::pair<std::string, KeyColumn>;
  py::class_<Selection>(module, "Selection", "Which orders are summed, which customers counted.")
      .def(py::init([](std::optional<std::int32_t> start_day, std::optional<std::int32_t> end_day,
                       const std::vector<Named>& dimensions, std::optional<Named> region,
                       std::optional<Named> home_region, std::optional<KeyColumn> orders,
                       std::optional<KeyColumn> customers) {
             Selection selection{.start_day = start_day,
                                 .end_day = end_day,
                                 .orders = std::move(orders),
                                 .customers = std::move(customers)};
             for (const auto& [name, keys] : dimensions) {
               selection.dimensions.push_back({.dimension = name, .keys = keys});
             }
             if (region) {
               selection.region = {.dimension = region->first, .keys = region->second};
             }
             if (home_region) {
               selection.home_region = {.dimension = home_region->first,
                                        .keys = home_region->second};
             }
             validate(selection);
             return selection;
           }),
           py::kw_only(), py::arg("start_day") = Selection{}.start_day,
           py::arg("end_day") = Selection{}.end_day,
           py::arg_v("dimensions", std::vector<Named>{}, "[]"), py::arg("region") = py::none(),
           py::arg("home_region") = py::none(), py::arg("orders") = py::none(),
           py::arg("customers") = py::none())
      .def("describe", &describe)
      .def(
          "equals", [](const Selection& a, const Selection& b) { return a == b; },
          py::arg("other"));
}

}  // namespace ecommerce_analytics::bindings
