#include <optional>
#include <string>
#include <utility>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_payments(py::module_ module) {
  using payments::Payments;
  bind_table<payments::ByType>(module, "ByType", "One row per type of payment.");
  bind_table<payments::ByInstallments>(module, "ByInstallments", "One row per instalments.");
  bind_table<payments::RevenueByType>(module, "RevenueByType", "Net revenue by type of payment.");
  bind_table<payments::Bridge>(module, "Bridge", "From the lines of a shop to what was paid.");

  py::class_<Payments>(module, "Payments", "What was paid for each order, immutable.")
      .def_property_readonly("num_rows", &Payments::num_rows)
      .def_property_readonly("num_orders",
                             [](const Payments& rows) { return rows.order_keys().num_keys(); })
      .def_property_readonly("currency", &Payments::currency)
      .def_property_readonly("has_installments",
                             [](const Payments& rows) { return rows.installments() != nullptr; });

  module.def(
      "read",
      [](const py::object& stream, std::string order, std::string payment_type, std::string amount,
         std::string source_row, std::string installments, Rounding rounding,
         ingest::IntegerUnit integer_unit, std::string currency) {
        const payments::Mapping mapping{.order = std::move(order),
                                        .payment_type = std::move(payment_type),
                                        .amount = std::move(amount),
                                        .source_row = std::move(source_row),
                                        .installments = std::move(installments),
                                        .rounding = rounding,
                                        .integer_unit = integer_unit,
                                        .currency = std::move(currency)};
        ArrowArrayStream& source = stream_of(stream);
        const LongCall call;  // Producers take the lock themselves if need be.
        return payments::read(source, mapping);
      },
      py::arg("stream"), py::kw_only(), py::arg("order"), py::arg("payment_type"),
      py::arg("amount"), py::arg("source_row"), py::arg("installments"), py::arg("rounding"),
      py::arg("integer_unit"), py::arg("currency"), "See ecommerce_analytics.Payments.from_arrow.");
  module.def("paid_by", &payments::paid_by, py::arg("payments"), py::arg("types"),
             "See ecommerce_analytics.Selection.");
  module.def(
      "by_type",
      [](const Payments& rows) {
        const LongCall call;
        return wrap(payments::by_type(rows));
      },
      py::arg("payments"), "See ecommerce_analytics.payments.by_type.");
  module.def(
      "by_type_of",
      [](const Payments& rows, const LockedHistory& locked, std::optional<std::int64_t> as_of_us,
         const std::optional<std::string>& period) {
        const payments::ByTypeOptions options{
            .as_of_us = as_of_us,
            .period = period ? std::optional(parse_period(*period)) : std::nullopt};
        return read_table(locked, [&](const CustomerHistory& history) {
          return payments::by_type(rows, history, options);
        });
      },
      py::arg("payments"), py::arg("history"), py::kw_only(), py::arg("as_of_us") = py::none(),
      py::arg("period") = py::none(), "See ecommerce_analytics.payments.by_type.");
  module.def(
      "by_installments",
      [](const Payments& rows) {
        const LongCall call;
        return wrap(payments::by_installments(rows));
      },
      py::arg("payments"), "See ecommerce_analytics.payments.by_installments.");
  module.def(
      "by_installments_of",
      [](const Payments& rows, const LockedHistory& locked, std::optional<std::int64_t> as_of_us) {
        return read_table(locked, [&](const CustomerHistory& history) {
          return payments::by_installments(rows, &history, as_of_us);
        });
      },
      py::arg("payments"), py::arg("history"), py::kw_only(), py::arg("as_of_us") = py::none(),
      "See ecommerce_analytics.payments.by_installments.");
  module.def(
      "revenue_by_type",
      [](const Payments& rows, const LockedHistory& locked, std::optional<std::int64_t> as_of_us) {
        return read_table(locked, [&](const CustomerHistory& history) {
          return payments::revenue_by_type(rows, history, as_of_us);
        });
      },
      py::arg("payments"), py::arg("history"), py::kw_only(), py::arg("as_of_us") = py::none(),
      "See ecommerce_analytics.payments.revenue_by_type.");
  module.def(
      "revenue_bridge",
      [](const LockedHistory& locked, const std::optional<Payments>& rows,
         std::optional<std::int64_t> as_of_us) {
        return read_table(locked, [&](const CustomerHistory& history) {
          return payments::revenue_bridge(history, rows ? &*rows : nullptr, as_of_us);
        });
      },
      py::arg("history"), py::arg("payments") = py::none(), py::kw_only(),
      py::arg("as_of_us") = py::none(), "See ecommerce_analytics.payments.revenue_bridge.");
}

}  // namespace ecommerce_analytics::bindings
