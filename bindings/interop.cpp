#include "interop.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <functional>
#include <vector>

namespace ecommerce_analytics::bindings {
namespace {

const char* exception_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "InvalidArgument";
    case ErrorCode::invalid_data:
      return "InvalidData";
    case ErrorCode::schema_mismatch:
      return "SchemaMismatch";
    case ErrorCode::io_failure:
      return "IOFailure";
    case ErrorCode::overflow:
      return "MoneyOverflow";
    case ErrorCode::interrupted:
      break;  // `LongCall` raises what the handler of the signal does.
  }
  return "Error";
}

void raise(const Error& error) {
  // A value that is not UTF-8 is the very trouble that may have to be told.
  const auto decoded = [](const std::string& text) {
    return py::reinterpret_steal<py::object>(PyUnicode_DecodeUTF8(
        text.data(), static_cast<py::ssize_t>(text.size()), "backslashreplace"));
  };
  const auto or_none = [&](const std::string& text) {
    return text.empty() ? py::object(py::none()) : decoded(text);
  };
  const py::object type =
      py::module_::import("ecommerce_analytics.errors").attr(exception_name(error.code()));
  const ErrorPlace& place = error.place();
  const py::object row = place.row ? py::object(py::int_(*place.row)) : py::object(py::none());
  const py::object instance =
      type(decoded(error.text()), py::arg("row") = row, py::arg("column") = or_none(place.column),
           py::arg("value") = or_none(place.value));
  PyErr_SetObject(type.ptr(), instance.ptr());
}

/// Releases a struct of the C data interface that no consumer has taken.
template <class Struct>
void destroy_capsule(PyObject* capsule) {
  const char* name = PyCapsule_GetName(capsule);
  auto* content = static_cast<Struct*>(PyCapsule_GetPointer(capsule, name));
  if (content->release != nullptr) {
    content->release(content);
  }
  delete content;
}

template <class Struct>
py::object capsule(const char* name, const std::function<void(Struct&)>& fill) {
  auto content = std::make_unique<Struct>();
  fill(*content);
  PyObject* object = PyCapsule_New(content.get(), name, destroy_capsule<Struct>);
  if (object == nullptr) {
    throw py::error_already_set();
  }
  content.release();
  return py::reinterpret_steal<py::object>(object);
}

py::object schema_capsule(const Table& table) {
  return capsule<ArrowSchema>("arrow_schema",
                              [&](ArrowSchema& out) { table.columns.export_schema(out); });
}

py::object stream_capsule(const Table& table) {
  return capsule<ArrowArrayStream>(
      "arrow_array_stream", [&](ArrowArrayStream& out) { table.columns.export_stream(out); });
}

py::dtype dtype_of(const std::string& format) {
  if (format == "C") {
    return py::dtype::of<std::uint8_t>();
  }
  if (format == "i") {
    return py::dtype::of<std::int32_t>();
  }
  if (format == "l") {
    return py::dtype::of<std::int64_t>();
  }
  if (format == "g") {
    return py::dtype::of<double>();
  }
  if (format == "b") {
    return py::dtype::of<bool>();
  }
  return py::dtype("V16");  // Money.
}

py::array read_only(const py::dtype& type, std::size_t num_rows, const void* data,
                    const py::object& base) {
  py::array view(type, {static_cast<py::ssize_t>(num_rows)}, {type.itemsize()}, data, base);
  view.attr("flags").attr("writeable") = false;
  return view;
}

/// Values of a column, and which of them are there; text comes as a list.
py::tuple column_values(const py::object& self, const std::string& name) {
  for (const io::Columns::Column& column : self.cast<const Table&>().columns.columns()) {
    if (column.name != name) {
      continue;
    }
    py::object valid = py::none();
    if (column.is_valid != nullptr) {
      valid = read_only(py::dtype::of<bool>(), column.num_rows, column.is_valid, self);
    }
    if (column.offsets != nullptr) {
      py::list texts(column.num_rows);
      for (std::size_t row = 0; row < column.num_rows; ++row) {
        texts[row] =
            py::str(static_cast<const char*>(column.data) + column.offsets[row],
                    static_cast<py::size_t>(column.offsets[row + 1] - column.offsets[row]));
      }
      return py::make_tuple(texts, valid);
    }
    if (std::strcmp(column.format, "tdD") == 0) {
      // numpy's datetime64 is 8 bytes wide, Arrow's date32 is 4: widen.
      const py::array days =
          read_only(py::dtype::of<std::int32_t>(), column.num_rows, column.data, self);
      return py::make_tuple(days.attr("astype")("int64").attr("view")("datetime64[D]"), valid);
    }
    if (std::strcmp(column.format, "tsu:") == 0) {
      return py::make_tuple(
          read_only(py::dtype("datetime64[us]"), column.num_rows, column.data, self), valid);
    }
    return py::make_tuple(read_only(dtype_of(column.format), column.num_rows, column.data, self),
                          valid);
  }
  throw py::key_error(name);
}

std::vector<Money128> money_of(const py::array& values) {
  std::vector<Money128> money(static_cast<std::size_t>(values.size()));
  const py::array contiguous = py::array::ensure(values, py::array::c_style);
  std::memcpy(money.data(), contiguous.data(), money.size() * sizeof(Money128));
  return money;
}

/// Buffers of an `ArrayTable`, and the Python objects they belong to.
struct ArrayBuffers {
  std::vector<py::object> arrays{};
  std::vector<std::unique_ptr<std::string>> bytes{};
  std::vector<std::unique_ptr<std::vector<std::int64_t>>> offsets{};
  std::vector<std::unique_ptr<std::vector<std::uint8_t>>> valid{};
};

/// Columns of numpy values or of lists of text as one Arrow table.
///
/// `metadata` is what is true of all of it. A column is (name, format, values, valid): numpy arrays
/// in Arrow's layout of that format and a bool array or None, or for text (`U`) a list of str and
/// None.
Table make_array_table(const std::vector<py::tuple>& columns, const Metadata& metadata) {
  // The last reference may go in a thread that does not hold the interpreter.
  const std::shared_ptr<ArrayBuffers> owner(new ArrayBuffers, [](ArrayBuffers* buffers) {
    const py::gil_scoped_acquire locked;
    delete buffers;
  });
  Table table{io::Columns(owner, metadata)};
  for (const py::tuple& tuple : columns) {
    const auto name = tuple[0].cast<std::string>();
    const auto format = tuple[1].cast<std::string>();
    io::Columns::Column column{.name = name};
    if (format == "U") {
      const auto texts = tuple[2].cast<py::list>();
      auto& bytes = *owner->bytes.emplace_back(std::make_unique<std::string>());
      auto& offsets = *owner->offsets.emplace_back(std::make_unique<std::vector<std::int64_t>>(1));
      auto& valid = *owner->valid.emplace_back(std::make_unique<std::vector<std::uint8_t>>());
      for (const py::handle& text : texts) {
        valid.push_back(text.is_none() ? 0 : 1);
        if (!text.is_none()) {
          bytes += text.cast<std::string_view>();
        }
        offsets.push_back(static_cast<std::int64_t>(bytes.size()));
      }
      column.format = "U";
      column.num_rows = texts.size();
      column.data = bytes.data();
      column.offsets = offsets.data();
      if (std::find(valid.begin(), valid.end(), 0) != valid.end()) {
        column.is_valid = valid.data();
      }
    } else {
      const auto values = tuple[2].cast<py::array>();
      const auto& kept = owner->bytes.emplace_back(std::make_unique<std::string>(format));
      owner->arrays.push_back(values);
      column.format = kept->c_str();
      column.num_rows = static_cast<std::size_t>(values.size());
      column.data = values.data();
      if (!tuple[3].is_none()) {
        const auto valid = tuple[3].cast<py::array>();
        owner->arrays.push_back(valid);
        column.is_valid = static_cast<const std::uint8_t*>(valid.data());
      }
    }
    table.columns.add(std::move(column));
  }
  return table;
}

}  // namespace

bool LongCall::raise_if_signalled() {
  if (!is_main_thread_.value_or(true)) {
    return false;  // Only the main thread handles signals.
  }
  const py::gil_scoped_acquire locked;
  if (!is_main_thread_) {
    const py::module_ threading = py::module_::import("threading");
    is_main_thread_ =
        threading.attr("get_ident")().equal(threading.attr("main_thread")().attr("ident"));
  }
  if (*is_main_thread_ && PyErr_CheckSignals() != 0) {
    throw py::error_already_set();
  }
  return false;
}

ArrowArrayStream& stream_of(const py::object& capsule) {
  auto* stream =
      static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
  if (stream == nullptr) {
    throw py::error_already_set();
  }
  return *stream;
}

void bind_errors() {
  // NOLINTNEXTLINE(performance-unnecessary-value-param): the signature is pybind11's.
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) {
        std::rethrow_exception(pointer);
      }
    } catch (const Error& error) {
      raise(error);
    }
  });
}

void bind_interop(py::module_& module) {
  py::class_<Table>(module, "Table", "A result: an Arrow table to anyone who asks.")
      .def_property_readonly("num_rows",
                             [](const Table& table) { return table.columns.num_rows(); })
      .def_property_readonly("formats",
                             [](const Table& table) {
                               std::vector<std::pair<std::string, std::string>> formats;
                               for (const auto& column : table.columns.columns()) {
                                 formats.emplace_back(column.name, column.format);
                               }
                               return formats;
                             })
      .def_property_readonly("metadata",
                             [](const Table& table) {
                               py::dict metadata;
                               for (const auto& [key, value] : table.columns.metadata()) {
                                 metadata[py::str(key)] = value;
                               }
                               return metadata;
                             })
      .def("column", &column_values, py::arg("name"))
      .def("__arrow_c_schema__", &schema_capsule)
      .def(
          "__arrow_c_array__",
          [](const Table& table, const py::object&) {
            return py::make_tuple(schema_capsule(table),
                                  capsule<ArrowArray>("arrow_array", [&](ArrowArray& out) {
                                    table.columns.export_array(out);
                                  }));
          },
          py::arg("requested_schema") = py::none())
      .def(
          "__arrow_c_stream__",
          [](const Table& table, const py::object&) { return stream_capsule(table); },
          py::arg("requested_schema") = py::none());

  module.def(
      "processor_path", [] { return std::string(processor_path_name(processor_path())); },
      "Name of the instructions in use.");
  module.def(
      "force_processor_path",
      [](const std::optional<std::string>& name) {
        force_processor_path(name ? std::optional(parse_processor_path(*name)) : std::nullopt);
      },
      py::arg("name"), "Use the instructions of that name; None: choose again. For tests.");
  module.def("make_array_table", &make_array_table, py::arg("columns"),
             py::arg("metadata") = Metadata{},
             "Columns of numpy arrays and lists of text as a table.");
  module.def(
      "money_to_float64",
      [](const py::array& values) {
        const std::vector<Money128> money = money_of(values);
        py::array_t<double> numbers(static_cast<py::ssize_t>(money.size()));
        double* out = numbers.mutable_data();
        for (std::size_t i = 0; i < money.size(); ++i) {
          out[i] = to_double(money[i]);
        }
        return numbers;
      },
      py::arg("values"), "The doubles nearest to exact money.");
  module.def(
      "money_to_text",
      [](const py::array& values) {
        std::vector<std::string> texts;
        for (const Money128& money : money_of(values)) {
          texts.push_back(format_money(money));
        }
        return texts;
      },
      py::arg("values"), "All digits of exact money.");
}

}  // namespace ecommerce_analytics::bindings
