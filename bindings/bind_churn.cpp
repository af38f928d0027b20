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
  std::optional<ResultTable<churn::Scores>> test{};
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
  if (outcome.test) {
    tables.test = wrap(std::move(*outcome.test));
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

using ScoresTable = ResultTable<churn::Scores>;
using ModelTable = ResultTable<churn::Model>;

/// What a model that was fitted before does with other lines.
void bind_fitted(py::module_& module) {
  module.def(
      "rank_by",
      [](const ModelTable& model, const Transactions& transactions,
         std::optional<std::int64_t> as_of_us, std::pair<double, double> band_cuts, int num_threads,
         const std::optional<Transactions>& facts) {
        const LongCall call;
        return wrap(churn::rank(*model.result, transactions,
                                {.as_of_us = as_of_us,
                                 .band_cuts = band_cuts,
                                 .num_threads = num_threads,
                                 .facts = facts}));
      },
      py::arg("model"), py::arg("transactions"), py::kw_only(), py::arg("as_of_us"),
      py::arg("band_cuts"), py::arg("num_threads"), py::arg("facts") = py::none(),
      "See ecommerce_analytics.churn.rank_by.");
  module.def(
      "evaluate_model",
      [](const ModelTable& model, const Datasets& training,
         const std::shared_ptr<cutoff::Dataset>& test, double confidence, int n_resamples,
         std::uint64_t random_state, int num_threads) {
        const LongCall call;
        return wrap(churn::evaluate(
            *model.result, copies_of(training), *test,
            {.confidence = confidence, .n_resamples = n_resamples, .random_state = random_state},
            num_threads));
      },
      py::arg("model"), py::arg("training"), py::arg("test"), py::kw_only(), py::arg("confidence"),
      py::arg("n_resamples"), py::arg("random_state"), py::arg("num_threads"),
      "See ecommerce_analytics.churn.evaluate_model.");
}

/// What is told of the risks of a test.
void bind_scores(py::module_& module) {
  module.def(
      "score",
      [](const ModelTable& model, const std::shared_ptr<cutoff::Dataset>& dataset) {
        const LongCall call;
        return wrap(churn::score(*model.result, *dataset));
      },
      py::arg("model"), py::arg("dataset"), "See ecommerce_analytics.churn.score.");
  module.def(
      "calibration",
      [](const ScoresTable& scores, int n_bins, double confidence) {
        const LongCall call;
        return wrap(
            churn::calibration(*scores.result, {.n_bins = n_bins, .confidence = confidence}));
      },
      py::arg("scores"), py::kw_only(), py::arg("n_bins"), py::arg("confidence"),
      "See ecommerce_analytics.churn.calibration.");
  module.def(
      "deciles",
      [](const ScoresTable& scores, double confidence, int n_resamples, std::uint64_t random_state,
         int num_threads) {
        const LongCall call;
        return wrap(churn::deciles(
            *scores.result,
            {.confidence = confidence, .n_resamples = n_resamples, .random_state = random_state},
            num_threads));
      },
      py::arg("scores"), py::kw_only(), py::arg("confidence"), py::arg("n_resamples"),
      py::arg("random_state"), py::arg("num_threads"), "See ecommerce_analytics.churn.deciles.");
  module.def(
      "confusion",
      [](const ScoresTable& scores, double threshold, double confidence) {
        const LongCall call;
        return wrap(churn::confusion(*scores.result, threshold, confidence));
      },
      py::arg("scores"), py::kw_only(), py::arg("threshold"), py::arg("confidence"),
      "See ecommerce_analytics.churn.confusion.");
  module.def(
      "profit",
      [](const ScoresTable& scores, double value_kept, double contact_cost, double kept_share,
         double confidence, int n_resamples, std::uint64_t random_state, int num_threads) {
        const LongCall call;
        return wrap(churn::profit(*scores.result, {.value_kept = value_kept,
                                                   .contact_cost = contact_cost,
                                                   .kept_share = kept_share,
                                                   .confidence = confidence,
                                                   .n_resamples = n_resamples,
                                                   .random_state = random_state,
                                                   .num_threads = num_threads}));
      },
      py::arg("scores"), py::kw_only(), py::arg("value_kept"), py::arg("contact_cost"),
      py::arg("kept_share"), py::arg("confidence"), py::arg("n_resamples"), py::arg("random_state"),
      py::arg("num_threads"), "See ecommerce_analytics.churn.profit.");
}

/// Why a risk is what it is, and the money behind it.
void bind_reasons(py::module_& module) {
  module.def(
      "explain",
      [](const ModelTable& model, const ResultTable<cutoff::Features>& features) {
        const LongCall call;
        return wrap(churn::explain(*model.result, *features.result));
      },
      py::arg("model"), py::arg("features"), "See ecommerce_analytics.churn.explain.");
  module.def(
      "explain_dataset",
      [](const ModelTable& model, const std::shared_ptr<cutoff::Dataset>& dataset) {
        const LongCall call;
        return wrap(churn::explain(*model.result, *dataset));
      },
      py::arg("model"), py::arg("dataset"), "See ecommerce_analytics.churn.explain.");
  module.def(
      "explain_ranking",
      [](const ModelTable& model, const ResultTable<churn::Ranking>& ranking) {
        const LongCall call;
        return wrap(churn::explain(*model.result, ranking.result->features));
      },
      py::arg("model"), py::arg("ranking"), "See ecommerce_analytics.churn.explain.");
  module.def(
      "turning_points",
      [](const ModelTable& model, const ResultTable<cutoff::Features>& features,
         std::pair<double, double> band_cuts) {
        const LongCall call;
        return wrap(churn::turning_points(*model.result, *features.result, band_cuts));
      },
      py::arg("model"), py::arg("features"), py::kw_only(), py::arg("band_cuts"),
      "See ecommerce_analytics.churn.turning_points.");
  module.def(
      "turning_points_of_ranking",
      [](const ModelTable& model, const ResultTable<churn::Ranking>& ranking,
         std::optional<std::pair<double, double>> band_cuts) {
        const LongCall call;
        return wrap(churn::turning_points(*model.result, ranking.result->features,
                                          band_cuts.value_or(ranking.result->band_cuts)));
      },
      py::arg("model"), py::arg("ranking"), py::kw_only(), py::arg("band_cuts"),
      "See ecommerce_analytics.churn.turning_points.");
  module.def(
      "explain_groups",
      [](const ResultTable<churn::Explanation>& explanation, const std::vector<std::string>& groups,
         double confidence) {
        const LongCall call;
        return wrap(churn::explain_groups(*explanation.result, groups, confidence));
      },
      py::arg("explanation"), py::arg("groups"), py::kw_only(), py::arg("confidence"),
      "See ecommerce_analytics.churn.explain_groups.");
  module.def(
      "revenue_at_risk",
      [](const ModelTable& model, const Datasets& training,
         const ResultTable<churn::Ranking>& ranking, double confidence, int n_resamples,
         std::uint64_t random_state, int num_threads) {
        const LongCall call;
        return wrap(churn::revenue_at_risk(*model.result, copies_of(training), *ranking.result,
                                           {.confidence = confidence,
                                            .n_resamples = n_resamples,
                                            .random_state = random_state,
                                            .num_threads = num_threads}));
      },
      py::arg("model"), py::arg("training"), py::arg("ranking"), py::kw_only(),
      py::arg("confidence"), py::arg("n_resamples"), py::arg("random_state"),
      py::arg("num_threads"), "See ecommerce_analytics.churn.revenue_at_risk.");
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a module is a handle.
void bind_churn(py::module_ module) {
  bind_table<churn::Model>(module, "Model", "One row per feature of a model.");
  bind_table<churn::Evaluation>(module, "Evaluation", "One row per model.");
  bind_table<churn::Scores>(module, "Scores", "One row per customer of a test.");
  bind_table<churn::Ranking>(module, "Ranking", "One row per customer.");
  bind_table<churn::Calibration>(module, "Calibration", "One row per bin of risks.");
  bind_table<churn::Deciles>(module, "Deciles", "One row per tenth of the customers.");
  bind_table<churn::Confusion>(module, "Confusion", "One row per figure.");
  bind_table<churn::Profit>(module, "Profit", "One row per share of the customers.");
  bind_table<churn::Explanation>(module, "Explanation", "One row per customer.");
  bind_table<churn::TurningPoints>(module, "TurningPoints", "One row per customer.");
  bind_table<churn::GroupReasons>(module, "GroupReasons", "One row per group and feature.");
  bind_table<churn::RevenueAtRisk>(module, "RevenueAtRisk", "One row per risk band.");
  py::class_<OutcomeTables>(module, "Outcome", "See ecommerce_analytics.churn.Outcome.")
      .def_readonly("evaluation", &OutcomeTables::evaluation)
      .def_readonly("test", &OutcomeTables::test)
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
                             std::pair<double, double> band_cuts, int n_resamples,
                             std::uint64_t random_state, int num_threads,
                             const std::optional<Transactions>& facts) {
    return Options{.as_of_us = as_of_us,
                   .horizon_days = horizon_days,
                   .gap_days = gap_days,
                   .active_within_days = active_within_days,
                   .C = C,
                   .confidence = confidence,
                   .band_cuts = band_cuts,
                   .n_resamples = n_resamples,
                   .random_state = random_state,
                   .num_threads = num_threads,
                   .facts = facts};
  };
  module.def(
      "rank",
      [options_of](const Transactions& transactions, std::optional<std::int64_t> as_of_us,
                   int horizon_days, int gap_days, int active_within_days, double C,
                   double confidence, std::pair<double, double> band_cuts, int n_resamples,
                   std::uint64_t random_state, int num_threads,
                   const std::optional<Transactions>& facts) {
        const LongCall call;
        return tables_of(churn::rank(
            transactions,
            options_of(as_of_us, horizon_days, gap_days, active_within_days, C, confidence,
                       band_cuts, n_resamples, random_state, num_threads, facts)));
      },
      py::arg("transactions"), py::kw_only(), py::arg("as_of_us") = py::none(),
      py::arg("horizon_days") = Options{}.horizon_days, py::arg("gap_days") = Options{}.gap_days,
      py::arg("active_within_days") = Options{}.active_within_days, py::arg("C") = Options{}.C,
      py::arg("confidence") = Options{}.confidence, py::arg("band_cuts") = Options{}.band_cuts,
      py::arg("n_resamples") = Options{}.n_resamples,
      py::arg("random_state") = Options{}.random_state, py::arg("num_threads") = 0,
      py::arg("facts") = py::none(), "See ecommerce_analytics.churn.rank.");
  module.def(
      "evaluate",
      [options_of](const Transactions& transactions,
                   const std::optional<std::pair<std::int64_t, std::vector<std::int64_t>>>& cutoffs,
                   std::optional<std::int64_t> as_of_us, int horizon_days, int gap_days,
                   int active_within_days, double C, double confidence, int n_resamples,
                   std::uint64_t random_state, int num_threads,
                   const std::optional<Transactions>& facts) {
        const LongCall call;
        std::optional<churn::Cutoffs> used;
        if (cutoffs) {
          used = churn::Cutoffs{.test_us = cutoffs->first, .training_us = cutoffs->second};
        }
        return tables_of(churn::evaluate(
            transactions,
            options_of(as_of_us, horizon_days, gap_days, active_within_days, C, confidence,
                       Options{}.band_cuts, n_resamples, random_state, num_threads, facts),
            used));
      },
      py::arg("transactions"), py::kw_only(), py::arg("cutoffs") = py::none(),
      py::arg("as_of_us") = py::none(), py::arg("horizon_days") = Options{}.horizon_days,
      py::arg("gap_days") = Options{}.gap_days,
      py::arg("active_within_days") = Options{}.active_within_days, py::arg("C") = Options{}.C,
      py::arg("confidence") = Options{}.confidence, py::arg("n_resamples") = Options{}.n_resamples,
      py::arg("random_state") = Options{}.random_state, py::arg("num_threads") = 0,
      py::arg("facts") = py::none(), "See ecommerce_analytics.churn.evaluate.");
  bind_fitted(module);
  bind_scores(module);
  bind_reasons(module);
}

}  // namespace ecommerce_analytics::bindings
