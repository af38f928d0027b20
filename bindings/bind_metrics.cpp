#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {
namespace {

using Labels = Rows<std::uint8_t>;
using Numbers = Rows<double>;
using Weights = std::optional<Numbers>;

std::span<const double> weights_of(const Weights& weights) {
  if (!weights) {
    return {};
  }
  // An empty array is no absent one.
  require(weights->size() > 0, ErrorCode::schema_mismatch, "metrics: columns of different lengths",
          "sample_weight");
  return values_of(*weights);
}

/// Registers a figure of labels, scores and weights.
template <class Function>
void def_figure(py::module_& module, const char* name, Function function, const char* text) {
  module.def(
      name,
      [function](const Labels& y, const Numbers& score, const Weights& sample_weight) {
        const auto labels = values_of(y);
        const auto scores = values_of(score);
        const auto weights = weights_of(sample_weight);
        const LongCall call;
        return function(labels, scores, weights);
      },
      py::arg("y").noconvert(), py::arg("score").noconvert(),
      py::arg("sample_weight").noconvert() = py::none(), text);
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_metrics(py::module_ module) {
  bind_table<metrics::AreaInterval>(module, "AreaInterval", "An area and its interval.");
  bind_table<metrics::Calibration>(module, "Calibration", "One row per bin of probabilities.");
  bind_table<metrics::Lift>(module, "Lift", "One row per bin of the highest scores.");
  bind_table<metrics::Confusion>(module, "Confusion", "One row per threshold.");
  bind_table<metrics::Comparison>(module, "Comparison", "One row per score.");

  def_figure(module, "roc_auc", &metrics::roc_auc, "See ecommerce_analytics.metrics.roc_auc.");
  def_figure(module, "pr_auc", &metrics::pr_auc, "See ecommerce_analytics.metrics.pr_auc.");
  def_figure(module, "log_loss", &metrics::log_loss, "See ecommerce_analytics.metrics.log_loss.");
  def_figure(module, "brier", &metrics::brier, "See ecommerce_analytics.metrics.brier.");
  module.def(
      "roc_auc_interval",
      [](const Labels& y, const Numbers& score, double confidence) {
        const auto labels = values_of(y);
        const auto scores = values_of(score);
        const LongCall call;
        return wrap(metrics::roc_auc_interval(labels, scores, confidence));
      },
      py::arg("y").noconvert(), py::arg("score").noconvert(), py::kw_only(), py::arg("confidence"),
      "See ecommerce_analytics.metrics.roc_auc_interval.");
  module.def(
      "calibration",
      [](const Labels& y, const Numbers& probability, const Weights& sample_weight, int n_bins,
         const std::string& strategy, double confidence) {
        const metrics::CalibrationOptions options{
            .n_bins = n_bins, .strategy = metrics::parse_bins(strategy), .confidence = confidence};
        const auto labels = values_of(y);
        const auto probabilities = values_of(probability);
        const auto weights = weights_of(sample_weight);
        const LongCall call;
        return wrap(metrics::calibration(labels, probabilities, options, weights));
      },
      py::arg("y").noconvert(), py::arg("probability").noconvert(),
      py::arg("sample_weight").noconvert() = py::none(), py::kw_only(), py::arg("n_bins"),
      py::arg("strategy"), py::arg("confidence"), "See ecommerce_analytics.metrics.calibration.");
  module.def(
      "lift",
      [](const Labels& y, const Numbers& score, const Weights& sample_weight, int n_bins) {
        const auto labels = values_of(y);
        const auto scores = values_of(score);
        const auto weights = weights_of(sample_weight);
        const LongCall call;
        return wrap(metrics::lift(labels, scores, {.n_bins = n_bins}, weights));
      },
      py::arg("y").noconvert(), py::arg("score").noconvert(),
      py::arg("sample_weight").noconvert() = py::none(), py::kw_only(), py::arg("n_bins"),
      "See ecommerce_analytics.metrics.lift.");
  module.def(
      "confusion_matrix",
      [](const Labels& y, const Numbers& score, const Weights& sample_weight,
         const std::vector<double>& thresholds) {
        const auto labels = values_of(y);
        const auto scores = values_of(score);
        const auto weights = weights_of(sample_weight);
        const LongCall call;
        return wrap(metrics::confusion_matrix(labels, scores, thresholds, weights));
      },
      py::arg("y").noconvert(), py::arg("score").noconvert(),
      py::arg("sample_weight").noconvert() = py::none(), py::kw_only(), py::arg("thresholds"),
      "See ecommerce_analytics.metrics.confusion_matrix.");
  module.def(
      "compare",
      [](const Labels& y, const std::vector<Numbers>& scores, std::vector<std::string> names,
         int n_resamples, std::uint64_t random_state, double confidence, int num_threads) {
        const auto labels = values_of(y);
        std::vector<std::span<const double>> columns;
        for (const Numbers& score : scores) {
          columns.push_back(values_of(score));
        }
        const LongCall call;
        return wrap(metrics::compare(labels, columns,
                                     {.names = std::move(names),
                                      .n_resamples = n_resamples,
                                      .random_state = random_state,
                                      .confidence = confidence,
                                      .num_threads = num_threads}));
      },
      py::arg("y").noconvert(), py::arg("scores").noconvert(), py::kw_only(), py::arg("names"),
      py::arg("n_resamples"), py::arg("random_state"), py::arg("confidence"),
      py::arg("num_threads"), "See ecommerce_analytics.metrics.compare.");
  module.def(
      "mean_difference",
      [](const Numbers& first, const Numbers& second, double confidence) {
        const metrics::MeanDifference found =
            metrics::mean_difference(values_of(first), values_of(second), confidence);
        return py::make_tuple(found.difference, found.standard_error, found.degrees_of_freedom,
                              found.lower, found.upper, found.p_value);
      },
      py::arg("first").noconvert(), py::arg("second").noconvert(), py::kw_only(),
      py::arg("confidence"), "See ecommerce_analytics.metrics.mean_difference.");
  module.def("share_p_value", &metrics::share_p_value, py::arg("successes"), py::arg("trials"),
             py::arg("share"), "See ecommerce_analytics.metrics.share_p_value.");
}

}  // namespace ecommerce_analytics::bindings
