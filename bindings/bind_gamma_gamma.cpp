#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {
namespace {

using Numbers = Rows<double>;
using Three = std::array<double, gamma_gamma::kNumParameters>;

gamma_gamma::Parameters parameters_of(const Three& values) {
  return {.p = values[0], .q = values[1], .gamma = values[2]};
}

gamma_gamma::Customers customers_of(const Numbers& frequency, const Numbers& monetary_value) {
  return {.frequency = values_of(frequency), .monetary_value = values_of(monetary_value)};
}

/// Plain data, so that what is made of it can be pickled.
py::dict dict_of(const gamma_gamma::Result& fit) {
  py::dict told;
  told["parameters"] = Three{fit.parameters.p, fit.parameters.q, fit.parameters.gamma};
  told["status"] = name_of(fit.status);
  told["boundary"] = fit.boundary;
  told["log_likelihood"] = fit.log_likelihood;
  told["gradient_norm"] = fit.gradient_norm;
  told["n_iter"] = fit.n_iter;
  told["num_repeaters"] = fit.num_repeaters;
  told["correlation"] = fit.correlation;
  told["standard_errors"] = fit.standard_errors;
  told["covariance"] = fit.covariance;
  return told;
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_gamma_gamma(py::module_ module) {
  using gamma_gamma::Options;
  module.def(
      "fit",
      [](const Numbers& frequency, const Numbers& monetary_value, double penalizer_coef,
         const std::optional<Three>& init, int max_iter) {
        const gamma_gamma::Customers customers = customers_of(frequency, monetary_value);
        Options options{.penalizer_coef = penalizer_coef, .max_iter = max_iter};
        if (init) {
          options.init = parameters_of(*init);
        }
        gamma_gamma::Result fit;
        {
          const LongCall call;
          fit = gamma_gamma::fit(customers, options);
        }
        return dict_of(fit);
      },
      py::arg("frequency").noconvert(), py::arg("monetary_value").noconvert(), py::kw_only(),
      py::arg("penalizer_coef") = Options{}.penalizer_coef, py::arg("init") = py::none(),
      py::arg("max_iter") = Options{}.max_iter, "See ecommerce_analytics.gamma_gamma.fit.");
  module.def(
      "log_likelihood",
      [](const Three& parameters, const Numbers& frequency, const Numbers& monetary_value) {
        const gamma_gamma::Customers customers = customers_of(frequency, monetary_value);
        const LongCall call;
        return gamma_gamma::log_likelihood(parameters_of(parameters), customers);
      },
      py::arg("parameters"), py::arg("frequency").noconvert(),
      py::arg("monetary_value").noconvert(), "See ecommerce_analytics.gamma_gamma.log_likelihood.");
  module.def(
      "gradient",
      [](const Three& parameters, const Numbers& frequency, const Numbers& monetary_value) {
        const gamma_gamma::Customers customers = customers_of(frequency, monetary_value);
        const LongCall call;
        return gamma_gamma::gradient(parameters_of(parameters), customers);
      },
      py::arg("parameters"), py::arg("frequency").noconvert(),
      py::arg("monetary_value").noconvert(), "See ecommerce_analytics.gamma_gamma.gradient.");
  module.def(
      "expected_value",
      [](const Three& parameters, const Numbers& frequency, const Numbers& monetary_value) {
        const gamma_gamma::Customers customers = customers_of(frequency, monetary_value);
        std::vector<double> values;
        {
          const LongCall call;
          values = gamma_gamma::expected_value(parameters_of(parameters), customers);
        }
        const auto size = static_cast<py::ssize_t>(values.size());
        return array_of(std::move(values), {size});
      },
      py::arg("parameters"), py::arg("frequency").noconvert(),
      py::arg("monetary_value").noconvert(), "See ecommerce_analytics.gamma_gamma.expected_value.");
}

}  // namespace ecommerce_analytics::bindings
