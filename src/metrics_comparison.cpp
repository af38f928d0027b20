#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "core/elementary.hpp"
#include "core/number_text.hpp"
#include "core/resample.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/metrics.hpp"

namespace ecommerce_analytics::metrics {
namespace {

constexpr double kLeastProbability = 0x1p-52;
constexpr int kNumDeciles = 10;

/// The rows of one score from the highest down, those of equal score put together.
struct Ranked {
  std::vector<std::uint32_t> row{};
  std::vector<std::uint8_t> y{};  // By place.
  std::vector<std::size_t> group_end{};
  std::vector<double> squared{};  // (p - y)² and -log p of what happened, by place; empty: no
  std::vector<double> logged{};   // probabilities.
};

/// What one score tells of one resample.
struct Figures {
  double roc_auc = 0.0;
  double pr_auc = 0.0;
  double top_decile_lift = 0.0;
  double brier = 0.0;
  double log_loss = 0.0;
};

/// Row numbers by y and all scores: rows that are equal in these are equal in all that is told.
std::vector<std::uint32_t> canonical_rows(std::span<const std::uint8_t> y,
                                          std::span<const std::span<const double>> scores) {
  std::vector<std::uint32_t> rows(y.size());
  std::iota(rows.begin(), rows.end(), 0U);
  std::sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
    for (const auto& score : scores) {
      if (score[a] != score[b]) {
        return score[a] < score[b];
      }
    }
    return y[a] < y[b];
  });
  return rows;
}

Ranked ranked(const std::vector<std::uint8_t>& y, const std::vector<double>& score) {
  Ranked result;
  result.row.resize(y.size());
  std::iota(result.row.begin(), result.row.end(), 0U);
  std::stable_sort(result.row.begin(), result.row.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return score[a] > score[b]; });
  for (const std::uint32_t row : result.row) {
    result.y.push_back(y[row]);
  }
  for (std::size_t place = 1; place <= y.size(); ++place) {
    if (place == y.size() || score[result.row[place]] != score[result.row[place - 1]]) {
      result.group_end.push_back(place);
    }
  }
  if (std::all_of(score.begin(), score.end(), [](double p) { return p >= 0.0 && p <= 1.0; })) {
    for (const std::uint32_t row : result.row) {
      const double p = std::clamp(score[row], kLeastProbability, 1.0 - kLeastProbability);
      result.squared.push_back((score[row] - y[row]) * (score[row] - y[row]));
      result.logged.push_back(y[row] != 0 ? -elementary::log(p) : -elementary::log1p(-p));
    }
  }
  return result;
}

/// All figures of one score in one pass; `counts` tells how often each row stands in the resample.
Figures figures_of(const Ranked& ranked, std::span<const std::uint32_t> counts, double num_rows,
                   double num_positives) {
  Figures figures;
  const double cut = num_rows / kNumDeciles;
  const bool is_probability = !ranked.squared.empty();
  double pairs = 0.0;
  double told = 0.0;
  double right = 0.0;
  double top = 0.0;
  std::size_t place = 0;
  for (const std::size_t end : ranked.group_end) {
    std::uint64_t size = 0;
    std::uint64_t ones = 0;
    for (; place < end; ++place) {
      const std::uint32_t count = counts[ranked.row[place]];
      size += count;
      ones += static_cast<std::uint64_t>(count) * ranked.y[place];
      if (is_probability) {
        figures.brier += count * ranked.squared[place];
        figures.log_loss += count * ranked.logged[place];
      }
    }
    if (size == 0) {
      continue;
    }
    const auto positives = static_cast<double>(ones);
    const auto negatives = static_cast<double>(size - ones);
    pairs += negatives * (right + 0.5 * positives);
    if (told < cut) {
      top += positives * std::min(1.0, (cut - told) / static_cast<double>(size));
    }
    told += static_cast<double>(size);
    right += positives;
    figures.pr_auc += positives / num_positives * (right / told);
  }
  figures.roc_auc = pairs / (num_positives * (num_rows - num_positives));
  figures.pr_auc = std::min(1.0, figures.pr_auc);
  figures.top_decile_lift = top / cut / (num_positives / num_rows);
  figures.brier /= num_rows;
  figures.log_loss /= num_rows;
  return figures;
}

}  // namespace

Comparison compare(std::span<const std::uint8_t> y, std::span<const std::span<const double>> scores,
                   const ComparisonOptions& options) {
  require(!scores.empty(), ErrorCode::invalid_argument, "metrics: there is no score to compare");
  require(options.names.empty() || options.names.size() == scores.size(),
          ErrorCode::schema_mismatch, "metrics: there must be a name for each score",
          std::to_string(options.names.size()));
  require(options.confidence > 0.0 && options.confidence < 1.0, ErrorCode::invalid_argument,
          "metrics: confidence must be in (0, 1)", to_text(options.confidence));
  validate_resamples(options.n_resamples);
  Comparison result;
  result.options = options;
  for (std::size_t i = 0; i < scores.size(); ++i) {  // These check the rows too.
    const Lift top = lift(y, scores[i]);
    result.name.push_back(options.names.empty() ? std::to_string(i) : options.names[i]);
    result.roc_auc.push_back(roc_auc(y, scores[i]));
    result.roc_auc_difference.push_back(result.roc_auc[i] - result.roc_auc[0]);
    result.pr_auc.push_back(pr_auc(y, scores[i]));
    result.top_decile_lift.push_back(top.lift.front());
    result.greatest_lift.push_back(top.greatest_lift.front());
  }

  const std::vector<std::uint32_t> order = canonical_rows(y, scores);
  std::vector<std::uint8_t> labels;
  labels.reserve(order.size());
  for (const std::uint32_t row : order) {
    labels.push_back(y[row]);
  }
  std::vector<Ranked> columns;
  columns.reserve(scores.size());
  for (const auto& score : scores) {
    std::vector<double> values;
    values.reserve(order.size());
    for (const std::uint32_t row : order) {
      values.push_back(score[row]);
    }
    columns.push_back(ranked(labels, values));
  }

  const auto num_resamples = static_cast<std::size_t>(options.n_resamples);
  std::vector<std::vector<Figures>> drawn(columns.size(), std::vector<Figures>(num_resamples));
  std::vector<std::uint8_t> is_whole(num_resamples);
  for_each_resample(y.size(), options.n_resamples, options.random_state, options.num_threads,
                    [&](std::size_t resample, std::span<const std::uint32_t> counts) {
                      std::uint64_t positives = 0;
                      for (std::size_t row = 0; row < labels.size(); ++row) {
                        positives += labels[row] != 0 ? counts[row] : 0;
                      }
                      if (positives == 0 || positives == labels.size()) {
                        return;
                      }
                      is_whole[resample] = 1;
                      for (std::size_t i = 0; i < columns.size(); ++i) {
                        drawn[i][resample] =
                            figures_of(columns[i], counts, static_cast<double>(labels.size()),
                                       static_cast<double>(positives));
                      }
                    });
  result.num_resamples_left_out = std::count(is_whole.begin(), is_whole.end(), 0);
  require(result.num_resamples_left_out < options.n_resamples, ErrorCode::invalid_data,
          "metrics: every resample lacks a value of y_true");

  const auto interval_of = [&](std::size_t i, const auto& figure) {
    std::vector<double> values;
    for (std::size_t resample = 0; resample < num_resamples; ++resample) {
      if (is_whole[resample] != 0) {
        values.push_back(figure(drawn[i][resample], drawn[0][resample]));
      }
    }
    return percentile_interval(std::move(values), options.confidence);
  };
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Interval area =
        interval_of(i, [](const Figures& own, const Figures&) { return own.roc_auc; });
    const Interval difference = interval_of(
        i, [](const Figures& own, const Figures& first) { return own.roc_auc - first.roc_auc; });
    const Interval precision =
        interval_of(i, [](const Figures& own, const Figures&) { return own.pr_auc; });
    const Interval top =
        interval_of(i, [](const Figures& own, const Figures&) { return own.top_decile_lift; });
    result.roc_auc_lower.push_back(area.lower);
    result.roc_auc_upper.push_back(area.upper);
    result.roc_auc_difference_lower.push_back(difference.lower);
    result.roc_auc_difference_upper.push_back(difference.upper);
    result.pr_auc_lower.push_back(precision.lower);
    result.pr_auc_upper.push_back(precision.upper);
    result.top_decile_lift_lower.push_back(top.lower);
    result.top_decile_lift_upper.push_back(top.upper);
    if (columns[i].squared.empty()) {
      for (auto* column : {&result.log_loss, &result.log_loss_lower, &result.log_loss_upper,
                           &result.brier, &result.brier_lower, &result.brier_upper}) {
        column->push_null();
      }
      continue;
    }
    const Interval logged =
        interval_of(i, [](const Figures& own, const Figures&) { return own.log_loss; });
    const Interval squared =
        interval_of(i, [](const Figures& own, const Figures&) { return own.brier; });
    result.log_loss.push_back(log_loss(y, scores[i]));
    result.log_loss_lower.push_back(logged.lower);
    result.log_loss_upper.push_back(logged.upper);
    result.brier.push_back(brier(y, scores[i]));
    result.brier_lower.push_back(squared.lower);
    result.brier_upper.push_back(squared.upper);
  }
  return result;
}

Metadata Comparison::metadata() const {
  return {{"confidence", to_text(options.confidence)},
          {"interval", "bootstrap"},
          {"n_resamples", std::to_string(options.n_resamples)},
          {"num_resamples_left_out", std::to_string(num_resamples_left_out)},
          {"random_state", std::to_string(options.random_state)}};
}

}  // namespace ecommerce_analytics::metrics
