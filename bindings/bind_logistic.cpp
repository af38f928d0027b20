#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {
namespace {

const char* separation_name(logistic::Separation separation) {
  switch (separation) {
    case logistic::Separation::complete:
      return "complete";
    case logistic::Separation::quasi_complete:
      return "quasi_complete";
    case logistic::Separation::none:
      break;
  }
  return "none";
}

/// Plain data, so that what is made of it can be pickled.
py::dict dict_of(logistic::Result&& fit) {
  const auto size_of = [](const auto& values) { return static_cast<py::ssize_t>(values.size()); };
  py::dict told;
  const py::ssize_t num_columns = size_of(fit.coef);
  told["coef"] = array_of(std::move(fit.coef), {num_columns});
  told["intercept"] = fit.intercept;
  told["fit_intercept"] = fit.fit_intercept;
  told["deviance"] = fit.deviance;
  told["null_deviance"] = fit.null_deviance;
  told["num_rows"] = fit.num_rows;
  told["n_iter"] = fit.n_iter;
  told["converged"] = fit.converged;
  told["separation"] = separation_name(fit.separation);
  told["separating"] = fit.separating;
  told["inference_note"] = fit.inference_note;
  const py::ssize_t num_errors = size_of(fit.standard_errors);
  told["standard_errors"] = array_of(std::move(fit.standard_errors), {num_errors});
  return told;
}

template <class T>
void bind_matrix_calls(py::module_& module) {
  using logistic::Options;
  module.def(
      "fit",
      [](const Rows<T>& X, const Rows<std::uint8_t>& y,
         const std::optional<Rows<double>>& sample_weight, double C, bool fit_intercept,
         int max_iter, double tol, std::optional<std::array<double, 2>> class_weight,
         std::vector<std::string> feature_names, int num_threads) {
        const Options options{.C = C,
                              .fit_intercept = fit_intercept,
                              .max_iter = max_iter,
                              .tol = tol,
                              .class_weight = class_weight,
                              .feature_names = std::move(feature_names),
                              .num_threads = num_threads};
        const MatrixView<T> rows = matrix_of(X);
        const std::span<const std::uint8_t> labels = values_of(y);
        const std::span<const double> weights =
            sample_weight ? values_of(*sample_weight) : std::span<const double>();
        logistic::Result fit;
        {
          const LongCall call;
          fit = logistic::fit(rows, labels, options, weights);
        }
        return dict_of(std::move(fit));
      },
      py::arg("X").noconvert(), py::arg("y").noconvert(), py::kw_only(),
      py::arg("sample_weight").noconvert() = py::none(), py::arg("C") = Options{}.C,
      py::arg("fit_intercept") = Options{}.fit_intercept, py::arg("max_iter") = Options{}.max_iter,
      py::arg("tol") = Options{}.tol, py::arg("class_weight") = py::none(),
      py::arg("feature_names") = std::vector<std::string>(),
      py::arg("num_threads") = Options{}.num_threads, "See ecommerce_analytics.logistic.fit.");

  const auto def_prediction = [&](const char* name, auto predict, const char* description) {
    module.def(
        name,
        [predict](const Rows<double>& coef, double intercept, const Rows<T>& X, int num_threads) {
          const std::span<const double> values = values_of(coef);
          logistic::Result fit;
          fit.coef.assign(values.begin(), values.end());
          fit.intercept = intercept;
          const MatrixView<T> rows = matrix_of(X);
          std::vector<double> predicted;
          {
            const LongCall call;
            predicted = predict(fit, rows, num_threads);
          }
          const auto num_rows = static_cast<py::ssize_t>(predicted.size());
          return array_of(std::move(predicted), {num_rows});
        },
        py::arg("coef").noconvert(), py::arg("intercept"), py::arg("X").noconvert(), py::kw_only(),
        py::arg("num_threads") = Options{}.num_threads, description);
  };
  def_prediction(
      "decision_function",
      [](const logistic::Result& fit, MatrixView<T> X, int num_threads) {
        return logistic::decision_function(fit, X, num_threads);
      },
      "See ecommerce_analytics.logistic.decision_function.");
  def_prediction(
      "predict_probability",
      [](const logistic::Result& fit, MatrixView<T> X, int num_threads) {
        return logistic::predict_probability(fit, X, num_threads);
      },
      "See ecommerce_analytics.logistic.predict_probability.");
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_logistic(py::module_ module) {
  bind_matrix_calls<double>(module);
  bind_matrix_calls<float>(module);

  bind_table<logistic::Inference>(module, "Inference", "One row per coefficient.");
  module.def(
      "inference",
      [](const Rows<double>& coef, double intercept, bool fit_intercept,
         const Rows<double>& standard_errors, double deviance, double null_deviance,
         std::int64_t num_rows, std::string inference_note, std::vector<std::string> feature_names,
         double confidence) {
        const std::span<const double> values = values_of(coef);
        const std::span<const double> errors = values_of(standard_errors);
        logistic::Result fit;
        fit.coef.assign(values.begin(), values.end());
        fit.intercept = intercept;
        fit.fit_intercept = fit_intercept;
        fit.standard_errors.assign(errors.begin(), errors.end());
        fit.deviance = deviance;
        fit.null_deviance = null_deviance;
        fit.num_rows = num_rows;
        fit.inference_note = std::move(inference_note);
        return wrap(logistic::inference(
            fit, {.confidence = confidence, .feature_names = std::move(feature_names)}));
      },
      py::kw_only(), py::arg("coef").noconvert(), py::arg("intercept"), py::arg("fit_intercept"),
      py::arg("standard_errors").noconvert(), py::arg("deviance"), py::arg("null_deviance"),
      py::arg("num_rows"), py::arg("inference_note"), py::arg("feature_names"),
      py::arg("confidence") = logistic::InferenceOptions{}.confidence,
      "See ecommerce_analytics.logistic.inference.");
}

}  // namespace ecommerce_analytics::bindings
