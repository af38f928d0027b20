#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "interop.hpp"

namespace ecommerce_analytics::bindings {
namespace {

/// The parts of an outcome as tables; those that are not there are None.
struct OutcomeTables {
  std::optional<ResultTable<churn::Evaluation>> evaluation{};
  std::optional<ResultTable<churn::Model>> model{};
  std::optional<ResultTable<churn::Ranking>> ranking{};
  std::string reason{};
};

OutcomeTables tables_of(churn::Outcome&& outcome) {
  OutcomeTables tables;
  tables.reason = std::move(outcome.reason);
  if (outcome.evaluation) {
    tables.evaluation = wrap(std::move(*outcome.evaluation));
  }
  if (outcome.model) {
    tables.model = wrap(std::move(*outcome.model));
  }
  if (outcome.ranking) {
    tables.ranking = wrap(std::move(*outcome.ranking));
  }
  return tables;
}

using Datasets = std::vector<std::shared_ptr<cutoff::Dataset>>;

std::vector<cutoff::Dataset> copies_of(const Datasets& datasets) {
  std::vector<cutoff::Dataset> copies;
  copies.reserve(datasets.size());
  for (const auto& dataset : datasets) {
    copies.push_back(*dataset);
  }
  return copies;
}

/// All that a model is, as what Python can pickle.
py::dict state_of(const ResultTable<churn::Model>& table) {
  const churn::Model& model = *table.result;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < model.num_features(); ++i) {
    names.emplace_back(model.feature[i]);
  }
  using py::literals::operator""_a;
  return py::dict("feature"_a = names, "mean"_a = model.mean, "scale"_a = model.scale,
                  "coefficient"_a = model.coefficient, "intercept"_a = model.intercept,
                  "C"_a = model.C, "converged"_a = model.converged,
                  "cutoffs_us"_a = model.cutoffs_us, "horizon_days"_a = model.horizon_days,
                  "gap_days"_a = model.gap_days, "active_within_days"_a = model.active_within_days,
                  "num_rows"_a = model.num_rows, "num_positives"_a = model.num_positives);
}

ResultTable<churn::Model> model_of(const std::vector<std::string>& feature,
                                   std::vector<double> mean, std::vector<double> scale,
                                   std::vector<double> coefficient, double intercept, double C,
                                   bool converged, std::vector<std::int64_t> cutoffs_us,
                                   int horizon_days, int gap_days, int active_within_days,
                                   std::int64_t num_rows, std::int64_t num_positives) {
  churn::Model model{.mean = std::move(mean),
                     .scale = std::move(scale),
                     .coefficient = std::move(coefficient),
                     .intercept = intercept,
                     .C = C,
                     .converged = converged,
                     .cutoffs_us = std::move(cutoffs_us),
                     .horizon_days = horizon_days,
                     .gap_days = gap_days,
                     .active_within_days = active_within_days,
                     .num_rows = num_rows,
                     .num_positives = num_positives};
  for (const std::string& name : feature) {
    model.feature.push_back(name);
  }
  churn::validate(model);
  return wrap(std::move(model));
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_churn(py::module_ module) {
  bind_table<churn::Model>(module, "Model", "One row per feature of a model.");
  bind_table<churn::Evaluation>(module, "Evaluation", "One row per model.");
  bind_table<churn::Ranking>(module, "Ranking", "One row per customer.");
  py::class_<OutcomeTables>(module, "Outcome", "See ecommerce_analytics.churn.Outcome.")
      .def_readonly("evaluation", &OutcomeTables::evaluation)
      .def_readonly("model", &OutcomeTables::model)
      .def_readonly("ranking", &OutcomeTables::ranking)
      .def_readonly("reason", &OutcomeTables::reason);

  module.def(
      "fit",
      [](const Datasets& training, double C, std::vector<std::string> features, int num_threads) {
        const LongCall call;
        const std::vector<cutoff::Dataset> datasets = copies_of(training);
        return wrap(churn::fit(
            datasets, {.C = C, .features = std::move(features), .num_threads = num_threads}));
      },
      py::arg("training"), py::kw_only(), py::arg("C") = churn::ModelOptions{}.C,
      py::arg("features") = churn::ModelOptions{}.features, py::arg("num_threads") = 0,
      "See ecommerce_analytics.churn.fit.");
  module.def(
      "predict",
      [](const ResultTable<churn::Model>& model, const ResultTable<cutoff::Features>& features) {
        std::vector<double> risk;
        {
          const LongCall call;
          risk = churn::predict(*model.result, *features.result);
        }
        const auto num_rows = static_cast<py::ssize_t>(risk.size());
        return array_of(std::move(risk), {num_rows});
      },
      py::arg("model"), py::arg("features"), "See ecommerce_analytics.churn.Model.");
  module.def(
      "predict_dataset",
      [](const ResultTable<churn::Model>& model, const std::shared_ptr<cutoff::Dataset>& dataset) {
        std::vector<double> risk;
        {
          const LongCall call;
          risk = churn::predict(*model.result, *dataset);
        }
        const auto num_rows = static_cast<py::ssize_t>(risk.size());
        return array_of(std::move(risk), {num_rows});
      },
      py::arg("model"), py::arg("dataset"), "See ecommerce_analytics.churn.Model.");
  module.def("state_of", &state_of, py::arg("model"), "What `model_of` makes the model of again.");
  module.def("model_of", &model_of, py::kw_only(), py::arg("feature"), py::arg("mean"),
             py::arg("scale"), py::arg("coefficient"), py::arg("intercept"), py::arg("C"),
             py::arg("converged"), py::arg("cutoffs_us"), py::arg("horizon_days"),
             py::arg("gap_days"), py::arg("active_within_days"), py::arg("num_rows"),
             py::arg("num_positives"), "The model of a state.");

  using churn::Options;
  const auto options_of = [](std::optional<std::int64_t> as_of_us, int horizon_days, int gap_days,
                             int active_within_days, double C, double confidence,
                             std::pair<double, double> band_cuts, int num_threads) {
    return Options{.as_of_us = as_of_us,
                   .horizon_days = horizon_days,
                   .gap_days = gap_days,
                   .active_within_days = active_within_days,
                   .C = C,
                   .confidence = confidence,
                   .band_cuts = band_cuts,
                   .num_threads = num_threads};
  };
  module.def(
      "rank",
      [options_of](const Transactions& transactions, std::optional<std::int64_t> as_of_us,
                   int horizon_days, int gap_days, int active_within_days, double C,
                   double confidence, std::pair<double, double> band_cuts, int num_threads) {
        const LongCall call;
        return tables_of(churn::rank(
            transactions, options_of(as_of_us, horizon_days, gap_days, active_within_days, C,
                                     confidence, band_cuts, num_threads)));
      },
      py::arg("transactions"), py::kw_only(), py::arg("as_of_us") = py::none(),
      py::arg("horizon_days") = Options{}.horizon_days, py::arg("gap_days") = Options{}.gap_days,
      py::arg("active_within_days") = Options{}.active_within_days, py::arg("C") = Options{}.C,
      py::arg("confidence") = Options{}.confidence, py::arg("band_cuts") = Options{}.band_cuts,
      py::arg("num_threads") = 0, "See ecommerce_analytics.churn.rank.");
  module.def(
      "evaluate",
      [options_of](const Transactions& transactions,
                   const std::optional<std::pair<std::int64_t, std::vector<std::int64_t>>>& cutoffs,
                   std::optional<std::int64_t> as_of_us, int horizon_days, int gap_days,
                   int active_within_days, double C, double confidence, int num_threads) {
        const LongCall call;
        std::optional<churn::Cutoffs> used;
        if (cutoffs) {
          used = churn::Cutoffs{.test_us = cutoffs->first, .training_us = cutoffs->second};
        }
        return tables_of(
            churn::evaluate(transactions,
                            options_of(as_of_us, horizon_days, gap_days, active_within_days, C,
                                       confidence, Options{}.band_cuts, num_threads),
                            used));
      },
      py::arg("transactions"), py::kw_only(), py::arg("cutoffs") = py::none(),
      py::arg("as_of_us") = py::none(), py::arg("horizon_days") = Options{}.horizon_days,
      py::arg("gap_days") = Options{}.gap_days,
      py::arg("active_within_days") = Options{}.active_within_days, py::arg("C") = Options{}.C,
      py::arg("confidence") = Options{}.confidence, py::arg("num_threads") = 0,
      "See ecommerce_analytics.churn.evaluate.");
}

}  // namespace ecommerce_analytics::bindings
