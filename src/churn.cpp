#include "ecommerce_analytics/churn.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <type_traits>

#include "churn_model.hpp"
#include "core/elementary.hpp"
#include "core/int128.hpp"
#include "core/number_text.hpp"
#include "core/resample.hpp"
#include "ecommerce_analytics/bg_nbd.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/matrix_view.hpp"
#include "ecommerce_analytics/core/parallel.hpp"
#include "ecommerce_analytics/logistic.hpp"
#include "ecommerce_analytics/metrics.hpp"

namespace ecommerce_analytics::churn {
namespace {

constexpr std::string_view kFactPrefix = "fact_";
constexpr const char* kRepeated = "churn: two data sets of the training have one cutoff";

std::int64_t days_us(std::int64_t days) { return days * kMicrosecondsPerDay; }

double number_of(std::int32_t value) { return value; }
double number_of(std::int64_t value) { return static_cast<double>(value); }
double number_of(double value) { return value; }
double number_of(Money128 value) { return to_double(value); }
double number_of(Flag value) { return value.value ? 1.0 : 0.0; }

template <class T>
std::vector<double> numbers_of(const std::vector<T>& column) {
  std::vector<double> numbers;
  numbers.reserve(column.size());
  for (const T& value : column) {
    numbers.push_back(number_of(value));
  }
  return numbers;
}

/// Null is 0, as it stands in `values` already.
template <class T>
std::vector<double> numbers_of(const Nullable<T>& column) {
  return numbers_of(column.values);
}

/// Keys are not learned from: they have no size.
template <class Column>
constexpr bool kIsNumber =
    !std::is_same_v<Column, KeyColumn> && !std::is_same_v<Column, std::optional<KeyColumn>>;

/// Whether a feature of that name can be: a number, or of a fact.
bool is_feature_name(std::string_view name) {
  if (name.substr(0, kFactPrefix.size()) == kFactPrefix) {
    return name.size() > kFactPrefix.size();
  }
  bool is_there = false;
  cutoff::Features::visit_columns([&](const char* own, auto member) {
    using Column = std::remove_cvref_t<decltype(std::declval<cutoff::Features>().*member)>;
    is_there = is_there || (kIsNumber<Column> && name == own);
  });
  return is_there;
}

/// The features that are there and can be learned from.
std::vector<std::string> features_of(const cutoff::Features& features) {
  std::vector<std::string> names;
  features.for_each_column([&](const char* name, const auto& column) {
    if constexpr (kIsNumber<std::remove_cvref_t<decltype(column)>>) {
      names.emplace_back(name);
    }
  });
  return names;
}

/// What is learned from by default: all that every data set has, but the season, which a year of
/// orders cannot tell from the age of a customer.
std::vector<std::string> default_features(const std::vector<const cutoff::Dataset*>& datasets) {
  std::vector<std::string> names = features_of(datasets.front()->features());
  const auto drop = [&](const auto& is_dropped) {
    names.erase(std::remove_if(names.begin(), names.end(), is_dropped), names.end());
  };
  drop([](const std::string& name) { return name == "peak_season_share"; });
  for (const cutoff::Dataset* dataset : datasets) {
    const std::vector<std::string> others = features_of(dataset->features());
    drop([&](const std::string& name) {
      return std::find(others.begin(), others.end(), name) == others.end();
    });
  }
  return names;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::string list_of_times(const std::vector<std::int64_t>& times_us) {
  std::string text = "[";
  for (const std::int64_t time_us : times_us) {
    text += text.size() == 1 ? "\"" : ", \"";
    text += format_time(time_us);
    text += "\"";
  }
  text += "]";
  return text;
}

void validate_features(const std::vector<std::string>& names) {
  for (auto name = names.begin(); name != names.end(); ++name) {
    require(is_feature_name(*name), ErrorCode::invalid_argument, "churn: there is no such feature",
            *name);
    require(std::find(names.begin(), name, *name) == name, ErrorCode::invalid_argument,
            "churn: a feature stands twice", *name);
  }
}

void validate(const ModelOptions& options) {
  require(options.C > 0.0, ErrorCode::invalid_argument, "churn: C must be above 0",
          to_text(options.C));
  validate_features(options.features);
  static_cast<void>(resolve_num_threads(options.num_threads));
}

void require_alike(std::span<const cutoff::Dataset> datasets) {
  require(!datasets.empty(), ErrorCode::invalid_argument, "churn: there is nothing to train on");
  for (const cutoff::Dataset& dataset : datasets) {
    const cutoff::Options& a = dataset.options();
    const cutoff::Options& b = datasets.front().options();
    require(a.horizon_days == b.horizon_days && a.gap_days == b.gap_days &&
                a.active_within_days == b.active_within_days,
            ErrorCode::invalid_argument,
            "churn: data sets differ in horizon, gap or active_within");
  }
}

/// The data sets by cutoff, of which there may be one each: the order that they come in says
/// nothing.
std::vector<const cutoff::Dataset*> by_cutoff(std::span<const cutoff::Dataset> datasets) {
  std::vector<const cutoff::Dataset*> sorted;
  sorted.reserve(datasets.size());
  for (const cutoff::Dataset& dataset : datasets) {
    sorted.push_back(&dataset);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->cutoff_us() < b->cutoff_us(); });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    require(sorted[i - 1]->cutoff_us() < sorted[i]->cutoff_us(), ErrorCode::invalid_argument,
            kRepeated, format_time(sorted[i]->cutoff_us()));
  }
  return sorted;
}

void require_past(std::int64_t training_end_us, std::int64_t test_us) {
  require(training_end_us <= test_us, ErrorCode::invalid_argument,
          "churn: a label window of the training ends after the cutoff of the test",
          format_time(training_end_us));
}

/// Tells one model of a test; what takes resamples is told of all of them together.
void append_row(Evaluation& table, const char* model, const cutoff::Dataset& test,
                const std::vector<double>& risk) {
  const metrics::AreaInterval area =
      metrics::roc_auc_interval(test.labels(), risk, table.options.confidence);
  table.model.push_back(model);
  table.cutoff.push_back(format_time(test.cutoff_us()));
  table.horizon_days.push_back(test.options().horizon_days);
  table.customers.push_back(static_cast<std::int64_t>(test.num_rows()));
  table.positives.push_back(test.num_positives());
  table.base_rate.push_back(
      nearest_quotient(test.num_positives(), static_cast<Int128>(test.num_rows())));
  table.roc_auc.push_back(area.roc_auc.front());
  table.roc_auc_lower.push_back(area.lower.front());
  table.roc_auc_upper.push_back(area.upper.front());
}

void append_comparison(Evaluation& table, metrics::Comparison&& comparison) {
  table.roc_auc_difference = std::move(comparison.roc_auc_difference);
  table.roc_auc_difference_lower = std::move(comparison.roc_auc_difference_lower);
  table.roc_auc_difference_upper = std::move(comparison.roc_auc_difference_upper);
  table.pr_auc = std::move(comparison.pr_auc);
  table.pr_auc_lower = std::move(comparison.pr_auc_lower);
  table.pr_auc_upper = std::move(comparison.pr_auc_upper);
  table.log_loss = std::move(comparison.log_loss.values);  // Risks are probabilities: no nulls.
  table.log_loss_lower = std::move(comparison.log_loss_lower.values);
  table.log_loss_upper = std::move(comparison.log_loss_upper.values);
  table.brier = std::move(comparison.brier.values);
  table.brier_lower = std::move(comparison.brier_lower.values);
  table.brier_upper = std::move(comparison.brier_upper.values);
  table.top_decile_lift = std::move(comparison.top_decile_lift);
  table.top_decile_lift_lower = std::move(comparison.top_decile_lift_lower);
  table.top_decile_lift_upper = std::move(comparison.top_decile_lift_upper);
  table.greatest_lift = std::move(comparison.greatest_lift);
}

/// Risks by BG/NBD, or none, and what is to be said of them.
struct PurchaseModel {
  std::vector<double> risk{};
  std::string told{};
};

/// The probability of no purchase in the label window, by BG/NBD fitted to the purchases of all
/// customers before the cutoff: it reads no label.
PurchaseModel risk_by_purchases(const cutoff::Dataset& test, int num_threads) {
  constexpr double kDaysPerWeek = 7.0;
  if (test.options().gap_days > 0) {
    return {.told = "no row: BG/NBD tells no probability for a window after a gap"};
  }
  const auto weeks_of = [](std::vector<double> days) {
    for (double& value : days) {
      value /= kDaysPerWeek;
    }
    return days;
  };
  const cutoff::Features& features = test.features();
  const std::vector<double> all_recency = weeks_of(features.everybody.recency);
  const std::vector<double> all_ages = weeks_of(features.everybody.T);
  bg_nbd::Result fitted;
  try {
    fitted = bg_nbd::fit({features.everybody.frequency, all_recency, all_ages},
                         {.num_threads = num_threads});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_data) {
      throw;
    }
    return {.told = "no row: " + std::string(error.what())};
  }
  if (fitted.status == FitStatus::not_converged || !std::isfinite(fitted.parameters.r) ||
      !std::isfinite(fitted.parameters.alpha)) {
    return {.told = "no row: BG/NBD has no fit here, " + std::string(name_of(fitted.status))};
  }
  std::vector<double> frequency;
  std::vector<double> recency;
  std::vector<double> ages;
  for (const std::vector<std::int64_t>& order_us : features.order_us) {
    const std::int32_t first_day = day_of(order_us.front());
    recency.push_back(day_of(order_us.back()) - first_day);
    ages.push_back(day_of(features.cutoff_us - 1) - first_day);
  }
  for (const std::int64_t order_days : features.order_days) {
    frequency.push_back(static_cast<double>(order_days - 1));
  }
  recency = weeks_of(std::move(recency));
  ages = weeks_of(std::move(ages));
  PurchaseModel model;
  model.risk =
      bg_nbd::probability_of_purchase(fitted.parameters, {frequency, recency, ages},
                                      test.options().horizon_days / kDaysPerWeek, num_threads);
  for (double& value : model.risk) {
    value = 1.0 - value;
  }
  model.told = fitted.status == FitStatus::boundary ? fitted.boundary : "converged";
  return model;
}

cutoff::Options dataset_options(const Options& options) {
  return {.horizon_days = options.horizon_days,
          .gap_days = options.gap_days,
          .active_within_days = options.active_within_days,
          .num_threads = options.num_threads,
          .facts = options.facts};
}

ModelOptions model_options(const Options& options) {
  return {.C = options.C, .features = {}, .num_threads = options.num_threads};
}

TestOptions test_options(const Options& options) {
  return {.confidence = options.confidence,
          .n_resamples = options.n_resamples,
          .random_state = options.random_state};
}

void require_cuts(const Options& options) {
  const auto [medium, high] = options.band_cuts;
  require(medium > 0.0 && medium < high && high < 1.0, ErrorCode::invalid_argument,
          "churn: band_cuts must increase within (0, 1)", to_text(medium) + ", " + to_text(high));
}

void validate(const Options& options) {
  cutoff::validate(dataset_options(options));
  validate_resamples(options.n_resamples);
  validate(model_options(options));
  require_cuts(options);
  require(options.confidence > 0.0 && options.confidence < 1.0, ErrorCode::invalid_argument,
          "churn: confidence must be in (0, 1)", to_text(options.confidence));
}

std::optional<std::int64_t> first_purchase_us(const Transactions& transactions) {
  std::optional<std::int64_t> first;
  for (std::size_t row = 0; row < transactions.num_rows(); ++row) {
    const std::int64_t time_us = transactions.columns().time_us[row];
    if (transactions.is_purchase(row) && (!first || time_us < *first)) {
      first = time_us;
    }
  }
  return first;
}

/// The default cutoffs; the reason in their place if the orders are of too few days.
std::optional<Cutoffs> cutoffs_of(const Transactions& transactions, const Options& options,
                                  std::int64_t as_of_us, std::string& reason) {
  const std::int64_t end_us = std::min(as_of_us, cutoff::end_of_data_us(transactions));
  const std::int64_t first_us = first_purchase_us(transactions).value_or(end_us);
  const std::int64_t window_us = days_us(options.gap_days + options.horizon_days);
  const std::int64_t history_us = days_us(kMinHorizonsBeforeCutoff * options.horizon_days);
  Cutoffs cutoffs{.test_us = end_us - window_us};
  for (int i = kNumTrainingCutoffs - 1; i >= 0; --i) {
    const std::int64_t training_us =
        cutoffs.test_us - window_us - days_us(i * kDaysBetweenTrainingCutoffs);
    if (training_us - first_us >= history_us) {
      cutoffs.training_us.push_back(training_us);
    }
  }
  if (cutoffs.training_us.empty()) {
    const std::int64_t num_days =
        std::max<std::int64_t>(0, end_us - first_us) / kMicrosecondsPerDay;
    reason = "too little history: orders of " + std::to_string(num_days) + " days, " +
             std::to_string((2 * window_us + history_us) / kMicrosecondsPerDay) + " are needed";
    return std::nullopt;
  }
  return cutoffs;
}

/// Why so few customers are no ground to judge on; empty if they are enough.
std::string shortage(std::int64_t num_customers, std::int64_t cutoff_us, const Options& options) {
  if (num_customers >= kMinCustomers) {
    return {};
  }
  return "too few customers: " + std::to_string(num_customers) + " with an order in the " +
         std::to_string(options.active_within_days) + " days before " + format_time(cutoff_us) +
         ", " + std::to_string(kMinCustomers) + " are needed";
}

std::string shortage_of_labels(std::int64_t num_rows, std::int64_t num_positives,
                               const char* where) {
  const std::int64_t num_back = num_rows - num_positives;
  if (std::min(num_positives, num_back) >= kMinOfEachLabel) {
    return {};
  }
  return std::string("too few ") +
         (num_back < kMinOfEachLabel ? "who ordered again" : "who did not order again") +
         " in the " + where + ": " + std::to_string(std::min(num_positives, num_back)) + " of " +
         std::to_string(num_rows) + ", " + std::to_string(kMinOfEachLabel) + " are needed";
}

struct Datasets {
  std::vector<cutoff::Dataset> training{};
  std::optional<cutoff::Dataset> test{};
  std::string reason{};
};

Datasets datasets_at(const Transactions& transactions, const Options& options,
                     const Cutoffs& cutoffs) {
  Datasets datasets;
  std::int64_t num_rows = 0;
  std::int64_t num_positives = 0;
  for (const std::int64_t cutoff_us : cutoffs.training_us) {
    datasets.training.emplace_back(transactions, cutoff_us, dataset_options(options));
    const cutoff::Dataset& dataset = datasets.training.back();
    const auto customers = static_cast<std::int64_t>(dataset.num_rows());
    num_rows += customers;
    num_positives += dataset.num_positives();
    datasets.reason =
        datasets.reason.empty() ? shortage(customers, cutoff_us, options) : datasets.reason;
  }
  datasets.test.emplace(transactions, cutoffs.test_us, dataset_options(options));
  const cutoff::Dataset& test = *datasets.test;
  const auto customers = static_cast<std::int64_t>(test.num_rows());
  for (const std::string& reason : {shortage(customers, cutoffs.test_us, options),
                                    shortage_of_labels(num_rows, num_positives, "training"),
                                    shortage_of_labels(customers, test.num_positives(), "test")}) {
    datasets.reason = datasets.reason.empty() ? reason : datasets.reason;
  }
  return datasets;
}

/// Refuses windows that end after the test cutoff or after `as_of`, whatever customers there are.
void require_in_time(const Cutoffs& cutoffs, const Options& options) {
  const std::int64_t window_us = days_us(options.gap_days + options.horizon_days);
  require(!cutoffs.training_us.empty(), ErrorCode::invalid_argument,
          "churn: there is no cutoff to train on");
  std::vector<std::int64_t> training_us = cutoffs.training_us;
  training_us.push_back(cutoffs.test_us);
  for (const std::int64_t cutoff_us : training_us) {
    require(cutoff_us > kFirstCivilDay * kMicrosecondsPerDay &&
                cutoff_us <= kEndCivilDay * kMicrosecondsPerDay,
            ErrorCode::invalid_argument, "churn: a cutoff is outside years 1400 to 9999");
  }
  training_us.pop_back();
  std::sort(training_us.begin(), training_us.end());
  const auto repeated = std::adjacent_find(training_us.begin(), training_us.end());
  require(repeated == training_us.end(), ErrorCode::invalid_argument, kRepeated,
          repeated == training_us.end() ? "" : format_time(*repeated));
  for (const std::int64_t cutoff_us : cutoffs.training_us) {
    require_past(cutoff_us + window_us, cutoffs.test_us);
  }
  require(!options.as_of_us || cutoffs.test_us + window_us <= *options.as_of_us,
          ErrorCode::invalid_argument, "churn: the label window of the test ends after as_of",
          format_time(cutoffs.test_us + window_us));
}

/// What a reader of a ranking must know of its test.
Metadata test_metadata(const Evaluation& evaluation) {
  Metadata metadata{{"test_cutoff", std::string(evaluation.cutoff[0])},
                    {"base_rate", to_text(evaluation.base_rate.front())},
                    {"roc_auc", to_text(evaluation.roc_auc.front())},
                    {"roc_auc_lower", to_text(evaluation.roc_auc_lower.front())},
                    {"roc_auc_upper", to_text(evaluation.roc_auc_upper.front())}};
  if (const std::string note = evaluation.note(); !note.empty()) {
    metadata.emplace_back("note", note);
  }
  return metadata;
}

Ranking ranking_of(const Model& model, const cutoff::Features& features, const Options& options) {
  const std::vector<double> risk = predict(model, features);
  std::vector<std::size_t> order(risk.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return risk[a] > risk[b]; });
  Ranking result;
  result.band_cuts = options.band_cuts;
  result.model_metadata = model.metadata();
  result.features = cutoff::take(features, order);
  result.churn_risk.reserve(order.size());
  for (const std::size_t row : order) {
    result.churn_risk.push_back(risk[row]);
  }
  const auto num_rows = static_cast<std::int64_t>(risk.size());
  for (std::int64_t row = 0; row < num_rows; ++row) {
    const double own = result.churn_risk[static_cast<std::size_t>(row)];
    const bool is_tie = row > 0 && own == result.churn_risk[static_cast<std::size_t>(row) - 1];
    const std::int64_t rank = is_tie ? result.rank.back() : row + 1;
    result.rank.push_back(rank);
    result.risk_decile.push_back(static_cast<std::int32_t>((rank - 1) * 10 / num_rows) + 1);
    result.risk_band.push_back(own >= options.band_cuts.second  ? "high"
                               : own >= options.band_cuts.first ? "medium"
                                                                : "low");
  }
  return result;
}

void require_later(std::span<const cutoff::Dataset> training, const cutoff::Dataset& test) {
  for (const cutoff::Dataset& dataset : training) {
    require_past(dataset.window_end_us(), test.cutoff_us());
  }
  require_alike(training);
  require(training.front().options().horizon_days == test.options().horizon_days &&
              training.front().options().gap_days == test.options().gap_days &&
              training.front().options().active_within_days == test.options().active_within_days,
          ErrorCode::invalid_argument, "churn: data sets differ in horizon, gap or active_within");
}

}  // namespace

void append_feature(const cutoff::Features& features, std::string_view name,
                    std::vector<double>& column) {
  bool is_there = false;
  features.for_each_column([&](const char* own_name, const auto& values) {
    if constexpr (kIsNumber<std::remove_cvref_t<decltype(values)>>) {
      if (name == own_name) {
        is_there = true;
        for (const double x : numbers_of(values)) {
          const double size = elementary::log1p(std::abs(x));
          column.push_back(x < 0.0 ? -size : size);
        }
      }
    }
  });
  require(is_there, ErrorCode::invalid_argument, "churn: the features lack one of the model", name);
}

std::vector<double> matrix_of(const Model& model, const std::vector<std::vector<double>>& columns) {
  const std::size_t num_rows = columns.empty() ? 0 : columns.front().size();
  std::vector<double> values(num_rows * columns.size());
  for (std::size_t column = 0; column < columns.size(); ++column) {
    for (std::size_t row = 0; row < num_rows; ++row) {
      values[row * columns.size() + column] =
          (columns[column][row] - model.mean[column]) / model.scale[column];
    }
  }
  return values;
}

void require_fit(const Model& model, const cutoff::Features& features) {
  require(features.options.active_within_days == model.active_within_days,
          ErrorCode::invalid_argument,
          "churn: the model is of customers active within other days than these",
          std::to_string(model.active_within_days) + ", " +
              std::to_string(features.options.active_within_days));
}

void require_fit(const Model& model, const cutoff::Dataset& dataset) {
  const cutoff::Options& options = dataset.options();
  require(options.horizon_days == model.horizon_days && options.gap_days == model.gap_days,
          ErrorCode::invalid_argument,
          "churn: the model is of another horizon or gap than the data set",
          std::to_string(model.horizon_days) + " and " + std::to_string(model.gap_days) + ", " +
              std::to_string(options.horizon_days) + " and " + std::to_string(options.gap_days));
  require_fit(model, dataset.features());
}

Metadata Model::metadata() const {
  return {{"intercept", to_text(intercept)},
          {"C", to_text(C)},
          {"converged", converged ? "true" : "false"},
          {"horizon_days", std::to_string(horizon_days)},
          {"gap_days", std::to_string(gap_days)},
          {"active_within_days", std::to_string(active_within_days)},
          {"training_cutoffs", list_of_times(cutoffs_us)},
          {"training_customers", std::to_string(num_rows)},
          {"training_positives", std::to_string(num_positives)}};
}

Model fit(std::span<const cutoff::Dataset> training, const ModelOptions& options) {
  validate(options);
  require_alike(training);
  const std::vector<const cutoff::Dataset*> datasets = by_cutoff(training);
  const std::vector<std::string> names =
      options.features.empty() ? default_features(datasets) : options.features;
  Model model;
  model.C = options.C;
  model.horizon_days = training.front().options().horizon_days;
  model.gap_days = training.front().options().gap_days;
  model.active_within_days = training.front().options().active_within_days;
  std::vector<std::uint8_t> labels;
  for (const cutoff::Dataset* dataset : datasets) {
    labels.insert(labels.end(), dataset->labels().begin(), dataset->labels().end());
    model.cutoffs_us.push_back(dataset->cutoff_us());
    model.num_positives += dataset->num_positives();
  }
  model.num_rows = static_cast<std::int64_t>(labels.size());
  require(!labels.empty(), ErrorCode::invalid_data, "churn: no customer is eligible");

  std::vector<std::vector<double>> columns;
  for (const std::string& name : names) {
    std::vector<double>& column = columns.emplace_back();
    for (const cutoff::Dataset* dataset : datasets) {
      append_feature(dataset->features(), name, column);
    }
    const double mean = mean_of(column);
    double squares = 0.0;
    for (const double value : column) {
      squares += (value - mean) * (value - mean);
    }
    const double deviation = std::sqrt(squares / static_cast<double>(column.size()));
    model.feature.push_back(name);
    model.mean.push_back(mean);
    model.scale.push_back(deviation > 0.0 ? deviation : 1.0);
  }

  const std::vector<double> values = matrix_of(model, columns);
  logistic::Options fit_options;
  fit_options.C = options.C;
  fit_options.feature_names = names;
  fit_options.num_threads = options.num_threads;
  const logistic::Result result =
      logistic::fit(MatrixView<double>(values, labels.size(), names.size()), labels, fit_options);
  model.coefficient = result.coef;
  model.intercept = result.intercept;
  model.converged = result.converged;
  return model;
}

void validate(const Model& model) {
  const std::size_t num_features = model.num_features();
  require(num_features > 0 && model.feature.size() == num_features &&
              model.scale.size() == num_features && model.coefficient.size() == num_features,
          ErrorCode::invalid_argument,
          "churn: a model has a mean, a scale and a coefficient for each feature");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < num_features; ++i) {
    names.emplace_back(model.feature[i]);
    require(std::isfinite(model.mean[i]) && std::isfinite(model.scale[i]) && model.scale[i] > 0.0 &&
                std::isfinite(model.coefficient[i]),
            ErrorCode::invalid_argument,
            "churn: numbers of a model must be finite, and scales above 0", names.back());
  }
  validate_features(names);
  require(std::isfinite(model.intercept), ErrorCode::invalid_argument,
          "churn: the intercept of a model must be finite", to_text(model.intercept));
  require(model.C > 0.0, ErrorCode::invalid_argument, "churn: C must be above 0", to_text(model.C));
  cutoff::validate({.horizon_days = model.horizon_days,
                    .gap_days = model.gap_days,
                    .active_within_days = model.active_within_days});
  require(model.num_positives >= 0 && model.num_positives <= model.num_rows,
          ErrorCode::invalid_argument, "churn: a model has no more positives than customers",
          std::to_string(model.num_positives));
}

std::vector<double> predict(const Model& model, const cutoff::Features& features) {
  require_fit(model, features);
  std::vector<std::vector<double>> columns(model.num_features());
  for (std::size_t column = 0; column < columns.size(); ++column) {
    append_feature(features, model.feature[column], columns[column]);
  }
  if (features.num_rows() == 0) {
    return {};
  }
  const std::vector<double> values = matrix_of(model, columns);
  logistic::Result fitted;
  fitted.coef = model.coefficient;
  fitted.intercept = model.intercept;
  return logistic::predict_probability(
      fitted, MatrixView<double>(values, features.num_rows(), model.num_features()));
}

std::vector<double> predict(const Model& model, const cutoff::Dataset& dataset) {
  require_fit(model, dataset);
  return predict(model, dataset.features());
}

Scores score(const Model& model, const cutoff::Dataset& dataset) {
  Scores scores;
  scores.churn_risk_ = predict(model, dataset);
  scores.customer_ = dataset.features().customer;
  scores.labels_.assign(dataset.labels().begin(), dataset.labels().end());
  for (const std::uint8_t label : dataset.labels()) {
    scores.churned_.push_back({label != 0});
  }
  scores.num_positives_ = dataset.num_positives();
  scores.cutoff_us_ = dataset.cutoff_us();
  scores.horizon_days_ = dataset.options().horizon_days;
  scores.gap_days_ = dataset.options().gap_days;
  return scores;
}

Metadata Scores::metadata() const {
  return {{"cutoff", format_time(cutoff_us_)},
          {"horizon_days", std::to_string(horizon_days_)},
          {"gap_days", std::to_string(gap_days_)}};
}

Metadata Evaluation::metadata() const {
  Metadata metadata{{"as_of", format_time(as_of_us)},
                    {"confidence", to_text(options.confidence)},
                    {"interval", "DeLong and bootstrap"},
                    {"n_resamples", std::to_string(options.n_resamples)},
                    {"random_state", std::to_string(options.random_state)},
                    {"bg_nbd", bg_nbd}};
  metadata.insert(metadata.end(), model_metadata.begin(), model_metadata.end());
  if (const std::string text = note(); !text.empty()) {
    metadata.emplace_back("note", text);
  }
  return metadata;
}

std::string Evaluation::note() const {
  const std::int64_t num_back = customers.front() - positives.front();
  const bool is_return_rare = num_back < positives.front();
  const std::int64_t num_rare = std::min(num_back, positives.front());
  const auto total = static_cast<double>(customers.front());
  if (static_cast<double>(num_rare) >= kRareShare * total) {
    return {};
  }
  return std::to_string(num_rare) + " of " + std::to_string(customers.front()) +
         (is_return_rare
              ? " customers ordered again: hardly anybody does, so a high risk is the rule"
              : " customers did not order again: hardly anybody leaves, so a low risk is "
                "the rule");
}

Evaluation evaluate(std::span<const cutoff::Dataset> training, const cutoff::Dataset& test,
                    const ModelOptions& options, const TestOptions& test_options) {
  require_later(training, test);
  return evaluate(fit(training, options), training, test, test_options, options.num_threads);
}

Evaluation evaluate(const Model& model, std::span<const cutoff::Dataset> training,
                    const cutoff::Dataset& test, const TestOptions& test_options, int num_threads) {
  require_later(training, test);
  Evaluation table;
  table.as_of_us = test.window_end_us();
  table.options = test_options;
  table.model_metadata = model.metadata();

  std::vector<std::string> names{"logistic", "constant"};
  std::vector<std::vector<double>> risks{predict(model, test),
                                         std::vector<double>(test.num_rows(), model.base_rate())};
  for (const auto& [name, feature] :
       {std::pair{"recency", "recency_days"}, std::pair{"frequency", "frequency"}}) {
    const ModelOptions alone{.C = model.C, .features = {feature}, .num_threads = num_threads};
    names.emplace_back(name);
    risks.push_back(predict(fit(training, alone), test));
  }
  PurchaseModel purchases = risk_by_purchases(test, num_threads);
  table.bg_nbd = std::move(purchases.told);
  if (!purchases.risk.empty()) {
    names.emplace_back("bg_nbd");
    risks.push_back(std::move(purchases.risk));
  }
  std::vector<std::span<const double>> columns;
  for (std::size_t i = 0; i < names.size(); ++i) {
    append_row(table, names[i].c_str(), test, risks[i]);
    columns.emplace_back(risks[i]);
  }
  append_comparison(table, metrics::compare(test.labels(), columns,
                                            {.names = names,
                                             .n_resamples = test_options.n_resamples,
                                             .random_state = test_options.random_state,
                                             .confidence = test_options.confidence,
                                             .num_threads = num_threads}));
  return table;
}

Metadata Ranking::metadata() const {
  std::string cuts = "[";
  cuts += to_text(band_cuts.first);
  cuts += ", ";
  cuts += to_text(band_cuts.second);
  cuts += "]";
  Metadata metadata{{"as_of", format_time(features.cutoff_us)}, {"band_cuts", cuts}};
  metadata.insert(metadata.end(), model_metadata.begin(), model_metadata.end());
  metadata.insert(metadata.end(), test_metadata.begin(), test_metadata.end());
  return metadata;
}

Outcome rank(const Transactions& transactions, const Options& options) {
  validate(options);
  Outcome outcome;
  const std::int64_t end_us = cutoff::end_of_data_us(transactions);
  const std::int64_t as_of_us = options.as_of_us.value_or(end_us);
  if (as_of_us - end_us > days_us(kMaxUnseenDays)) {
    outcome.reason = "the data end at " + format_time(end_us) + ", before as_of " +
                     format_time(as_of_us) + " by more than " + std::to_string(kMaxUnseenDays) +
                     " days: who ordered in between is not known";
    return outcome;
  }
  const std::optional<Cutoffs> cutoffs =
      cutoffs_of(transactions, options, as_of_us, outcome.reason);
  if (!cutoffs) {
    return outcome;
  }
  Datasets datasets = datasets_at(transactions, options, *cutoffs);
  outcome.reason = datasets.reason;
  if (!outcome.reason.empty()) {
    return outcome;
  }
  const cutoff::Features features =
      cutoff::features(transactions, as_of_us,
                       {.active_within_days = options.active_within_days,
                        .num_threads = options.num_threads,
                        .facts = options.facts});
  outcome.reason = shortage(static_cast<std::int64_t>(features.num_rows()), as_of_us, options);
  if (!outcome.reason.empty()) {
    return outcome;
  }
  outcome.evaluation =
      evaluate(datasets.training, *datasets.test, model_options(options), test_options(options));
  outcome.evaluation->as_of_us = as_of_us;
  outcome.test = score(fit(datasets.training, model_options(options)), *datasets.test);
  datasets.training.push_back(std::move(*datasets.test));
  outcome.model = fit(datasets.training, model_options(options));
  outcome.ranking = ranking_of(*outcome.model, features, options);
  outcome.ranking->test_metadata = test_metadata(*outcome.evaluation);
  return outcome;
}

Ranking rank(const Model& model, const Transactions& transactions, const Options& options) {
  validate(model);
  require_cuts(options);
  const std::int64_t end_us = cutoff::end_of_data_us(transactions);
  const std::int64_t as_of_us = options.as_of_us.value_or(end_us);
  require(as_of_us - end_us <= days_us(kMaxUnseenDays), ErrorCode::invalid_argument,
          "churn: the data end too long before as_of: who ordered in between is not known",
          format_time(end_us));
  return ranking_of(model,
                    cutoff::features(transactions, as_of_us,
                                     {.active_within_days = model.active_within_days,
                                      .num_threads = options.num_threads,
                                      .facts = options.facts}),
                    options);
}

Outcome evaluate(const Transactions& transactions, const Options& options,
                 const std::optional<Cutoffs>& cutoffs) {
  validate(options);
  Outcome outcome;
  const std::int64_t as_of_us = options.as_of_us.value_or(cutoff::end_of_data_us(transactions));
  const std::optional<Cutoffs> used =
      cutoffs ? cutoffs : cutoffs_of(transactions, options, as_of_us, outcome.reason);
  if (!used) {
    return outcome;
  }
  require_in_time(*used, options);
  const Datasets datasets = datasets_at(transactions, options, *used);
  outcome.reason = datasets.reason;
  if (outcome.reason.empty()) {
    outcome.evaluation =
        evaluate(datasets.training, *datasets.test, model_options(options), test_options(options));
    outcome.model = fit(datasets.training, model_options(options));
    outcome.test = score(*outcome.model, *datasets.test);
  }
  return outcome;
}

}  // namespace ecommerce_analytics::churn
