#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <utility>

#include "ecommerce_analytics/ecommerce_analytics.hpp"

/// Every conversion between Python and the library.
namespace ecommerce_analytics::bindings {

namespace py = pybind11;

/// A result as Python sees it: an Arrow table, with columns as numpy views.
struct Table {
  io::Columns columns;
};

/// A result that other functions take as well.
template <class Result>
struct ResultTable : Table {
  std::shared_ptr<const Result> result;
};

template <class Result>
[[nodiscard]] ResultTable<Result> wrap(Result&& value) {
  auto result = std::make_shared<const Result>(std::forward<Result>(value));
  return {{io::columns_of(result)}, result};
}

/// Registers the class of one result type.
template <class Result>
void bind_table(py::module_& module, const char* name, const char* description) {
  py::class_<ResultTable<Result>, Table>(module, name, description);
}

void bind_errors();
void bind_interop(py::module_& module);
void bind_transactions(py::module_& module);
void bind_customer_history(py::module_& module);
void bind_kpi(py::module_ module);
void bind_rfm(py::module_ module);
void bind_cohort(py::module_ module);
void bind_geo_aggregate(py::module_ module);

}  // namespace ecommerce_analytics::bindings
