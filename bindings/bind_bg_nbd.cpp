#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {
namespace {

using Numbers = Rows<double>;
using Four = std::array<double, bg_nbd::kNumParameters>;

bg_nbd::Parameters parameters_of(const Four& values) {
  return {.r = values[0], .alpha = values[1], .a = values[2], .b = values[3]};
}

bg_nbd::Customers customers_of(const Numbers& frequency, const Numbers& recency, const Numbers& T) {
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
py::dict dict_of(const bg_nbd::Result& fit) {
  py::dict told;
  told["parameters"] =
      Four{fit.parameters.r, fit.parameters.alpha, fit.parameters.a, fit.parameters.b};
  told["status"] = name_of(fit.status);
  told["boundary"] = fit.boundary;
  told["log_likelihood"] = fit.log_likelihood;
  told["gradient_norm"] = fit.gradient_norm;
  told["n_iter"] = fit.n_iter;
  told["num_customers"] = fit.num_customers;
  told["num_repeaters"] = fit.num_repeaters;
  told["num_repeats"] = fit.num_repeats;
  told["standard_errors"] = fit.standard_errors;
  told["covariance"] = fit.covariance;
  return told;
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_bg_nbd(py::module_ module) {
  using bg_nbd::Options;
  module.def(
      "fit",
      [](const Numbers& frequency, const Numbers& recency, const Numbers& T, double penalizer_coef,
         double boundary_gain, const std::optional<Four>& init, int max_iter, int num_threads) {
        const bg_nbd::Customers customers = customers_of(frequency, recency, T);
        Options options{.penalizer_coef = penalizer_coef,
                        .boundary_gain = boundary_gain,
                        .max_iter = max_iter,
                        .num_threads = num_threads};
        if (init) {
          options.init = parameters_of(*init);
        }
        bg_nbd::Result fit;
        {
          const LongCall call;
          fit = bg_nbd::fit(customers, options);
        }
        return dict_of(fit);
      },
      py::arg("frequency").noconvert(), py::arg("recency").noconvert(), py::arg("T").noconvert(),
      py::kw_only(), py::arg("penalizer_coef") = Options{}.penalizer_coef,
      py::arg("boundary_gain") = Options{}.boundary_gain, py::arg("init") = py::none(),
      py::arg("max_iter") = Options{}.max_iter, py::arg("num_threads") = 0,
      "See ecommerce_analytics.bg_nbd.fit.");
  module.def(
      "log_likelihood",
      [](const Four& parameters, const Numbers& frequency, const Numbers& recency,
         const Numbers& T) {
        const bg_nbd::Customers customers = customers_of(frequency, recency, T);
        const LongCall call;
        return bg_nbd::log_likelihood(parameters_of(parameters), customers);
      },
      py::arg("parameters"), py::arg("frequency").noconvert(), py::arg("recency").noconvert(),
      py::arg("T").noconvert(), "See ecommerce_analytics.bg_nbd.log_likelihood.");
  module.def(
      "gradient",
      [](const Four& parameters, const Numbers& frequency, const Numbers& recency,
         const Numbers& T) {
        const bg_nbd::Customers customers = customers_of(frequency, recency, T);
        const LongCall call;
        return bg_nbd::gradient(parameters_of(parameters), customers);
      },
      py::arg("parameters"), py::arg("frequency").noconvert(), py::arg("recency").noconvert(),
      py::arg("T").noconvert(), "See ecommerce_analytics.bg_nbd.gradient.");
  module.def(
      "probability_alive",
      [](const Four& parameters, const Numbers& frequency, const Numbers& recency,
         const Numbers& T) {
        const bg_nbd::Customers customers = customers_of(frequency, recency, T);
        return array_by(
            [&] { return bg_nbd::probability_alive(parameters_of(parameters), customers); });
      },
      py::arg("parameters"), py::arg("frequency").noconvert(), py::arg("recency").noconvert(),
      py::arg("T").noconvert(), "See ecommerce_analytics.bg_nbd.probability_alive.");
  module.def(
      "probability_of_purchase",
      [](const Four& parameters, const Numbers& frequency, const Numbers& recency, const Numbers& T,
         double time) {
        const bg_nbd::Customers customers = customers_of(frequency, recency, T);
        return array_by([&] {
          return bg_nbd::probability_of_purchase(parameters_of(parameters), customers, time);
        });
      },
      py::arg("parameters"), py::arg("frequency").noconvert(), py::arg("recency").noconvert(),
      py::arg("T").noconvert(), py::arg("time"),
      "See ecommerce_analytics.bg_nbd.probability_of_purchase.");
  module.def(
      "expected_purchases",
      [](const Four& parameters, const Numbers& frequency, const Numbers& recency, const Numbers& T,
         double start, double end, double discount, int num_threads) {
        const bg_nbd::Customers customers = customers_of(frequency, recency, T);
        return array_by([&] {
          return bg_nbd::expected_purchases(parameters_of(parameters), customers,
                                            {.start = start, .end = end, .discount = discount},
                                            num_threads);
        });
      },
      py::arg("parameters"), py::arg("frequency").noconvert(), py::arg("recency").noconvert(),
      py::arg("T").noconvert(), py::kw_only(), py::arg("start"), py::arg("end"),
      py::arg("discount") = 0.0, py::arg("num_threads") = 0,
      "See ecommerce_analytics.bg_nbd.expected_purchases.");
  module.def(
      "expected_new_purchases",
      [](const Four& parameters, const Numbers& times) {
        const std::span<const double> values = values_of(times);
        return array_by(
            [&] { return bg_nbd::expected_new_purchases(parameters_of(parameters), values); });
      },
      py::arg("parameters"), py::arg("times").noconvert(),
      "See ecommerce_analytics.bg_nbd.expected_new_purchases.");
  module.def(
      "time_to_purchase",
      [](const Four& parameters, const Numbers& frequency, const Numbers& recency, const Numbers& T,
         double share) {
        const bg_nbd::Customers customers = customers_of(frequency, recency, T);
        return array_by(
            [&] { return bg_nbd::time_to_purchase(parameters_of(parameters), customers, share); });
      },
      py::arg("parameters"), py::arg("frequency").noconvert(), py::arg("recency").noconvert(),
      py::arg("T").noconvert(), py::arg("share"),
      "See ecommerce_analytics.bg_nbd.time_to_purchase.");
}

}  // namespace ecommerce_analytics::bindings
