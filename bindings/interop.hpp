#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/matrix_view.hpp"
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

/// Releases the interpreter's lock for a long native call that touches no Python object.
///
/// One line at the head of a binding, in place of `py::gil_scoped_release`. In the main thread the
/// call is stopped by what a signal handler raises, such as the KeyboardInterrupt of Ctrl-C.
class LongCall {
 public:
  LongCall() = default;

 private:
  bool raise_if_signalled();

  std::optional<bool> is_main_thread_{};  // Known when first asked, as a short call is never.
  py::gil_scoped_release unlocked_{};
  InterruptScope interrupts_{[this] { return raise_if_signalled(); }};
};

/// Waits for `lock` as a long call does: Ctrl-C ends it.
template <class Lock>
void lock_or_stop(Lock& lock) {
  while (!lock.try_lock_for(std::chrono::milliseconds(20))) {
    poll_interrupt();
  }
}

/// A history that several Python threads may use: the core's own is only safe while nothing is
/// added.
struct LockedHistory {
  CustomerHistory history;
  mutable std::shared_timed_mutex mutex{};
};

/// Calls `compute(history)` as a long call and wraps the table that it returns.
template <class Compute>
[[nodiscard]] auto read_table(const LockedHistory& locked, const Compute& compute) {
  const LongCall call;
  std::shared_lock lock(locked.mutex, std::defer_lock);
  lock_or_stop(lock);
  return wrap(compute(locked.history));
}

/// Registers the class of one result type.
template <class Result>
void bind_table(py::module_& module, const char* name, const char* description) {
  py::class_<ResultTable<Result>, Table>(module, name, description);
}

/// An array of numbers without gaps, row by row. As an argument it wants `.noconvert()`: another
/// dtype or layout is a TypeError then, never a silent copy.
template <class T>
using Rows = py::array_t<T, py::array::c_style>;

/// The rows of a two-dimensional array, which must outlive the view.
template <class T>
[[nodiscard]] MatrixView<T> matrix_of(const Rows<T>& array) {
  require(array.ndim() == 2, ErrorCode::schema_mismatch, "matrix: X must have two dimensions",
          std::to_string(array.ndim()));
  return {{array.data(), static_cast<std::size_t>(array.size())},
          static_cast<std::size_t>(array.shape(0)),
          static_cast<std::size_t>(array.shape(1))};
}

/// The values of a one-dimensional array, which must outlive the view.
template <class T>
[[nodiscard]] std::span<const T> values_of(const Rows<T>& array) {
  require(array.ndim() == 1, ErrorCode::schema_mismatch, "array: there must be one dimension",
          std::to_string(array.ndim()));
  return {array.data(), static_cast<std::size_t>(array.size())};
}

/// Gives `values` to Python as an array of that shape, without a copy.
template <class T>
[[nodiscard]] py::array_t<T> array_of(std::vector<T>&& values, std::vector<py::ssize_t> shape) {
  auto owned = std::make_unique<std::vector<T>>(std::move(values));
  const T* data = owned->data();
  const py::capsule owner(owned.get(),
                          [](void* content) { delete static_cast<std::vector<T>*>(content); });
  owned.release();
  return py::array_t<T>(std::move(shape), data, owner);
}

/// Takes the stream out of an object that exports one.
[[nodiscard]] ArrowArrayStream& stream_of(const py::object& capsule);

void bind_errors();
void bind_interop(py::module_& module);
void bind_transactions(py::module_& module);
void bind_customer_history(py::module_& module);
void bind_selection(py::module_& module);
void bind_aggregate(py::module_ module);
void bind_kmeans(py::module_ module);
void bind_kpi(py::module_ module);
void bind_logistic(py::module_ module);
void bind_orders(py::module_ module);
void bind_payments(py::module_ module);
void bind_metrics(py::module_ module);
void bind_cutoff(py::module_ module);
void bind_churn(py::module_ module);
void bind_campaign(py::module_ module);
void bind_purchase_history(py::module_ module);
void bind_bg_nbd(py::module_ module);
void bind_pareto_nbd(py::module_ module);
void bind_gamma_gamma(py::module_ module);
void bind_rfm(py::module_ module);
void bind_customer_clusters(py::module_ module);
void bind_cohort(py::module_ module);
void bind_second_order(py::module_ module);
void bind_segment_migration(py::module_ module);
void bind_geo_aggregate(py::module_ module);

}  // namespace ecommerce_analytics::bindings
