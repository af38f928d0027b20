#pragma once

#include <array>
#include <bit>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "interop.hpp"

/// The functions of a model of repeat buying: all such modules have the same ones.
namespace ecommerce_analytics::bindings {

using Numbers = Rows<double>;
using Four = std::array<double, repeat_buying::kNumParameters>;

inline repeat_buying::Customers customers_of(const Numbers& frequency, const Numbers& recency,
                                             const Numbers& T) {
  return {.frequency = values_of(frequency), .recency = values_of(recency), .T = values_of(T)};
}

/// Runs without the interpreter's lock; the values become an array.
template <class Compute>
py::array_t<double> array_by(const Compute& compute) {
  std::vector<double> values;
  {
    const LongCall call;
    values = compute();
  }
  const auto size = static_cast<py::ssize_t>(values.size());
  return array_of(std::move(values), {size});
}

/// Plain data, so that what is made of it can be pickled.
inline py::dict dict_of(const repeat_buying::Report& report, const Four& parameters) {
  py::dict told;
  told["parameters"] = parameters;
  told["status"] = name_of(report.status);
  told["boundary"] = report.boundary;
  told["log_likelihood"] = report.log_likelihood;
  told["gradient_norm"] = report.gradient_norm;
  told["n_iter"] = report.n_iter;
  told["num_customers"] = report.num_customers;
  told["num_repeaters"] = report.num_repeaters;
  told["num_repeats"] = report.num_repeats;
  told["standard_errors"] = report.standard_errors;
  told["covariance"] = report.covariance;
  return told;
}

/// The functions of one module.
template <class Parameters>
struct RepeatBuyingFunctions {
  using Customers = repeat_buying::Customers;
  using Column = std::vector<double>;

  std::string name{};
  repeat_buying::Result<Parameters> (*fit)(const Customers&,
                                           const repeat_buying::Options<Parameters>&) = nullptr;
  double (*log_likelihood)(const Parameters&, const Customers&) = nullptr;
  Four (*gradient)(const Parameters&, const Customers&) = nullptr;
  Column (*probability_alive)(const Parameters&, const Customers&, int) = nullptr;
  Column (*probability_of_purchase)(const Parameters&, const Customers&, double, int) = nullptr;
  Column (*expected_purchases)(const Parameters&, const Customers&, const repeat_buying::Interval&,
                               int) = nullptr;
  Column (*expected_new_purchases)(const Parameters&, std::span<const double>) = nullptr;
  Column (*time_to_purchase)(const Parameters&, const Customers&, double) = nullptr;
};

/// Defines them in a module of the extension.
template <class Parameters>
void bind_repeat_buying(py::module_& module, const RepeatBuyingFunctions<Parameters>& functions) {
  using Options = repeat_buying::Options<Parameters>;
  const auto told = [&](const char* function) {
    return "See ecommerce_analytics." + functions.name + "." + function + ".";
  };
  module.def(
      "fit",
      [functions](const Numbers& frequency, const Numbers& recency, const Numbers& T,
                  double penalizer_coef, double boundary_gain, const std::optional<Four>& init,
                  int max_iter, int num_threads) {
        const repeat_buying::Customers customers = customers_of(frequency, recency, T);
        Options options{.penalizer_coef = penalizer_coef,
                        .boundary_gain = boundary_gain,
                        .max_iter = max_iter,
                        .num_threads = num_threads};
        if (init) {
          options.init = std::bit_cast<Parameters>(*init);
        }
        repeat_buying::Result<Parameters> fit;
        {
          const LongCall call;
          fit = functions.fit(customers, options);
        }
        return dict_of(fit, std::bit_cast<Four>(fit.parameters));
      },
      py::arg("frequency").noconvert(), py::arg("recency").noconvert(), py::arg("T").noconvert(),
      py::kw_only(), py::arg("penalizer_coef") = Options{}.penalizer_coef,
      py::arg("boundary_gain") = Options{}.boundary_gain, py::arg("init") = py::none(),
      py::arg("max_iter") = Options{}.max_iter, py::arg("num_threads") = 0, told("fit").c_str());
  module.def(
      "log_likelihood",
      [functions](const Four& parameters, const Numbers& frequency, const Numbers& recency,
                  const Numbers& T) {
        const repeat_buying::Customers customers = customers_of(frequency, recency, T);
        const LongCall call;
        return functions.log_likelihood(std::bit_cast<Parameters>(parameters), customers);
      },
      py::arg("parameters"), py::arg("frequency").noconvert(), py::arg("recency").noconvert(),
      py::arg("T").noconvert(), told("log_likelihood").c_str());
  module.def(
      "gradient",
      [functions](const Four& parameters, const Numbers& frequency, const Numbers& recency,
                  const Numbers& T) {
        const repeat_buying::Customers customers = customers_of(frequency, recency, T);
        const LongCall call;
        return functions.gradient(std::bit_cast<Parameters>(parameters), customers);
      },
      py::arg("parameters"), py::arg("frequency").noconvert(), py::arg("recency").noconvert(),
      py::arg("T").noconvert(), told("gradient").c_str());
  module.def(
      "probability_alive",
      [functions](const Four& parameters, const Numbers& frequency, const Numbers& recency,
                  const Numbers& T) {
        const repeat_buying::Customers customers = customers_of(frequency, recency, T);
        return array_by([&] {
          return functions.probability_alive(std::bit_cast<Parameters>(parameters), customers, 0);
        });
      },
      py::arg("parameters"), py::arg("frequency").noconvert(), py::arg("recency").noconvert(),
      py::arg("T").noconvert(), told("probability_alive").c_str());
  module.def(
      "probability_of_purchase",
      [functions](const Four& parameters, const Numbers& frequency, const Numbers& recency,
                  const Numbers& T, double time) {
        const repeat_buying::Customers customers = customers_of(frequency, recency, T);
        return array_by([&] {
          return functions.probability_of_purchase(std::bit_cast<Parameters>(parameters), customers,
                                                   time, 0);
        });
      },
      py::arg("parameters"), py::arg("frequency").noconvert(), py::arg("recency").noconvert(),
      py::arg("T").noconvert(), py::arg("time"), told("probability_of_purchase").c_str());
  module.def(
      "expected_purchases",
      [functions](const Four& parameters, const Numbers& frequency, const Numbers& recency,
                  const Numbers& T, double start, double end, double discount, int num_threads) {
        const repeat_buying::Customers customers = customers_of(frequency, recency, T);
        return array_by([&] {
          return functions.expected_purchases(std::bit_cast<Parameters>(parameters), customers,
                                              {.start = start, .end = end, .discount = discount},
                                              num_threads);
        });
      },
      py::arg("parameters"), py::arg("frequency").noconvert(), py::arg("recency").noconvert(),
      py::arg("T").noconvert(), py::kw_only(), py::arg("start"), py::arg("end"),
      py::arg("discount") = 0.0, py::arg("num_threads") = 0, told("expected_purchases").c_str());
  module.def(
      "expected_new_purchases",
      [functions](const Four& parameters, const Numbers& times) {
        const std::span<const double> values = values_of(times);
        return array_by([&] {
          return functions.expected_new_purchases(std::bit_cast<Parameters>(parameters), values);
        });
      },
      py::arg("parameters"), py::arg("times").noconvert(), told("expected_new_purchases").c_str());
  module.def(
      "time_to_purchase",
      [functions](const Four& parameters, const Numbers& frequency, const Numbers& recency,
                  const Numbers& T, double share) {
        const repeat_buying::Customers customers = customers_of(frequency, recency, T);
        return array_by([&] {
          return functions.time_to_purchase(std::bit_cast<Parameters>(parameters), customers,
                                            share);
        });
      },
      py::arg("parameters"), py::arg("frequency").noconvert(), py::arg("recency").noconvert(),
      py::arg("T").noconvert(), py::arg("share"), told("time_to_purchase").c_str());
}

}  // namespace ecommerce_analytics::bindings
