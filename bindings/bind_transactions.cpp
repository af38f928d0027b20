#include <string>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {
namespace {

using ZoneTable = std::vector<std::pair<std::int64_t, std::int64_t>>;
using NamePairs = std::vector<std::pair<std::string, std::string>>;

std::vector<ingest::NamedColumn> named(const NamePairs& pairs) {
  std::vector<ingest::NamedColumn> columns;
  for (const auto& [name, column] : pairs) {
    columns.push_back({.name = name, .column = column});
  }
  return columns;
}

std::vector<ingest::ZoneTransition> transitions(const ZoneTable& zone) {
  std::vector<ingest::ZoneTransition> all;
  for (const auto& [from_us, offset_us] : zone) {
    all.push_back({.from_us = from_us, .offset_us = offset_us});
  }
  return all;
}

py::tuple as_tuple(const ingest::Tally& tally) {
  return py::make_tuple(tally.name, tally.num_lines, format_money(tally.money));
}

py::list as_tuples(const std::vector<ingest::Tally>& tallies) {
  py::list list;
  for (const ingest::Tally& tally : tallies) {
    list.append(as_tuple(tally));
  }
  return list;
}

template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const Named& one : all) {
    names.push_back(one.name);
  }
  return names;
}

/// Defines a function that reads a stream as a mapping says.
template <class Read>
void bind_reader(py::module_& module, const char* name, const char* description,
                 const Read& read_stream) {
  module.def(
      name,
      [read_stream](const py::object& stream, std::string customer, std::string order,
                    std::string timestamp, std::string amount, std::string quantity,
                    std::string unit_price, std::string kind, std::string removed_by,
                    std::string source_row, const NamePairs& measures, const NamePairs& dimensions,
                    Rounding rounding, ingest::IntegerUnit integer_unit, PurchaseRule purchases,
                    std::string currency, const ZoneTable& zone,
                    std::vector<std::string> cleaning_rules, std::string currency_column,
                    char decimal, const std::string& thousands, const ZoneTable& source_zone,
                    ingest::AmbiguousTime ambiguous, ingest::NonexistentTime nonexistent) {
        const ingest::Mapping mapping{.customer = std::move(customer),
                                      .order = std::move(order),
                                      .timestamp = std::move(timestamp),
                                      .amount = std::move(amount),
                                      .quantity = std::move(quantity),
                                      .unit_price = std::move(unit_price),
                                      .kind = std::move(kind),
                                      .removed_by = std::move(removed_by),
                                      .source_row = std::move(source_row),
                                      .currency_column = std::move(currency_column),
                                      .measures = named(measures),
                                      .dimensions = named(dimensions),
                                      .rounding = rounding,
                                      .integer_unit = integer_unit,
                                      .number_format = {.decimal = decimal, .thousands = thousands},
                                      .purchase_rule = purchases,
                                      .currency = std::move(currency),
                                      .zone = transitions(zone),
                                      .source_zone = transitions(source_zone),
                                      .ambiguous = ambiguous,
                                      .nonexistent = nonexistent,
                                      .cleaning_rules = std::move(cleaning_rules)};
        ArrowArrayStream& source = stream_of(stream);
        const LongCall call;  // Producers take the lock themselves if need be.
        return read_stream(source, mapping);
      },
      py::arg("stream"), py::kw_only(), py::arg("customer"), py::arg("order"), py::arg("timestamp"),
      py::arg("amount"), py::arg("quantity"), py::arg("unit_price"), py::arg("kind"),
      py::arg("removed_by"), py::arg("source_row"), py::arg("measures"), py::arg("dimensions"),
      py::arg("rounding"), py::arg("integer_unit"), py::arg("purchases"), py::arg("currency"),
      py::arg("zone"), py::arg("cleaning_rules"), py::arg("currency_column"), py::arg("decimal"),
      py::arg("thousands"), py::arg("source_zone"), py::arg("ambiguous"), py::arg("nonexistent"),
      description);
}

}  // namespace

void bind_transactions(py::module_& module) {
  py::enum_<Rounding>(module, "Rounding")
      .value("exact", Rounding::exact)
      .value("half_even", Rounding::half_even)
      .value("half_up", Rounding::half_up);
  py::enum_<PurchaseRule>(module, "PurchaseRule")
      .value("positive_amount", PurchaseRule::positive_amount)
      .value("every_line", PurchaseRule::every_line);
  py::enum_<ingest::IntegerUnit>(module, "IntegerUnit")
      .value("refuse", ingest::IntegerUnit::refuse)
      .value("major", ingest::IntegerUnit::major)
      .value("minor", ingest::IntegerUnit::minor);

  py::enum_<ingest::AmbiguousTime>(module, "AmbiguousTime")
      .value("error", ingest::AmbiguousTime::error)
      .value("earlier", ingest::AmbiguousTime::earlier)
      .value("later", ingest::AmbiguousTime::later);
  py::enum_<ingest::NonexistentTime>(module, "NonexistentTime")
      .value("error", ingest::NonexistentTime::error)
      .value("shift_forward", ingest::NonexistentTime::shift_forward);

  py::class_<ingest::IngestReport>(module, "IngestReport", "What came in and what was left out.")
      .def_property_readonly("read", [](const ingest::IngestReport& r) { return as_tuple(r.read); })
      .def_property_readonly("removed",
                             [](const ingest::IngestReport& r) { return as_tuples(r.removed); })
      .def_property_readonly("kept", [](const ingest::IngestReport& r) { return as_tuple(r.kept); })
      .def_property_readonly("kinds",
                             [](const ingest::IngestReport& r) { return as_tuples(r.kinds); })
      .def_property_readonly("measures",
                             [](const ingest::IngestReport& r) { return as_tuples(r.measures); })
      .def_property_readonly(
          "clock_changes", [](const ingest::IngestReport& r) { return as_tuples(r.clock_changes); })
      .def_property_readonly("guests",
                             [](const ingest::IngestReport& r) { return as_tuple(r.guests); })
      .def_property_readonly("months",
                             [](const ingest::IngestReport& r) {
                               py::list months;
                               for (const ingest::MonthReport& one : r.months) {
                                 months.append(py::make_tuple(one.month, as_tuples(one.removed),
                                                              as_tuples(one.kinds)));
                               }
                               return months;
                             })
      .def_readonly("num_customers", &ingest::IngestReport::num_customers)
      .def_readonly("num_orders", &ingest::IngestReport::num_orders);

  py::class_<Transactions>(module, "Transactions", "Order lines, immutable.")
      .def_property_readonly("num_rows", &Transactions::num_rows)
      .def_property_readonly("currency",
                             [](const Transactions& rows) { return rows.columns().currency; })
      .def_property_readonly(
          "measure_names",
          [](const Transactions& rows) { return names_of(rows.columns().measures); })
      .def_property_readonly("dimension_names", [](const Transactions& rows) {
        return names_of(rows.columns().dimensions);
      });

  bind_reader(module, "ingest", "See ecommerce_analytics.Transactions.from_arrow.",
              [](ArrowArrayStream& source, const ingest::Mapping& mapping) {
                ingest::Result result = ingest::read(source, mapping);
                return std::make_pair(std::move(result.transactions), std::move(result.report));
              });
  bind_table<ingest::SourceLines>(module, "SourceLines",
                                  "The lines of a source, removed ones too.");
  bind_reader(module, "read_lines", "See ecommerce_analytics.explain.lines.",
              [](ArrowArrayStream& source, const ingest::Mapping& mapping) {
                return wrap(ingest::read_lines(source, mapping));
              });
}

}  // namespace ecommerce_analytics::bindings
