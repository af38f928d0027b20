#include "ecommerce_analytics/churn_value.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <string_view>

#include "churn_model.hpp"
#include "core/elementary.hpp"
#include "core/number_text.hpp"
#include "core/resample.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/parallel.hpp"

namespace ecommerce_analytics::churn {
namespace {

constexpr std::array<std::string_view, 4> kRows{"high", "medium", "low", "all"};

/// Rows of the training one behind the other, by cutoff and then customer.
struct Training {
  std::vector<double> columns{};  // Standardised, an intercept of 1 before each row.
  std::vector<std::uint8_t> labels{};
  std::vector<double> monetary{};
  std::vector<double> revenue{};
  std::vector<std::uint32_t> customer{};  // Number of the customer, by key.
  std::size_t num_customers = 0;

  [[nodiscard]] std::size_t num_rows() const noexcept { return labels.size(); }
};

std::vector<const cutoff::Dataset*> by_cutoff(std::span<const cutoff::Dataset> datasets) {
  std::vector<const cutoff::Dataset*> sorted;
  for (const cutoff::Dataset& dataset : datasets) {
    sorted.push_back(&dataset);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->cutoff_us() < b->cutoff_us(); });
  return sorted;
}

/// Standardised columns of some features with a 1 before each row.
void append_columns(const Model& model, const cutoff::Features& features,
                    std::vector<double>& result) {
  std::vector<std::vector<double>> columns(model.num_features());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    append_feature(features, model.feature[i], columns[i]);
  }
  const std::vector<double> values = matrix_of(model, columns);
  for (std::size_t row = 0; row < features.num_rows(); ++row) {
    result.push_back(1.0);
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(row * columns.size());
    result.insert(result.end(), first, first + static_cast<std::ptrdiff_t>(columns.size()));
  }
}

Training training_of(const Model& model, std::span<const cutoff::Dataset> datasets) {
  Training training;
  std::vector<Key> keys;
  std::vector<std::int64_t> cutoffs_us;
  for (const cutoff::Dataset* dataset : by_cutoff(datasets)) {
    require_fit(model, *dataset);
    cutoffs_us.push_back(dataset->cutoff_us());
    append_columns(model, dataset->features(), training.columns);
    for (std::size_t row = 0; row < dataset->num_rows(); ++row) {
      keys.push_back(dataset->features().customer[row]);
      training.labels.push_back(dataset->labels()[row]);
      training.monetary.push_back(to_double(dataset->features().monetary[row]));
      training.revenue.push_back(to_double(dataset->window_revenue()[row]));
    }
  }
  require(cutoffs_us == model.cutoffs_us, ErrorCode::invalid_argument,
          "churn: revenue at risk needs the data sets that the model was trained on");
  std::vector<Key> sorted = keys;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  training.num_customers = sorted.size();
  for (const Key& key : keys) {
    training.customer.push_back(static_cast<std::uint32_t>(
        std::lower_bound(sorted.begin(), sorted.end(), key) - sorted.begin()));
  }
  return training;
}

/// Upper ends of the bands but the last, at the fifths of the `monetary` of those who ordered.
std::vector<double> edges_of(const Training& training) {
  std::vector<double> spenders;
  for (std::size_t row = 0; row < training.num_rows(); ++row) {
    if (training.labels[row] == 0) {
      spenders.push_back(training.monetary[row]);
    }
  }
  require(!spenders.empty(), ErrorCode::invalid_data, "churn: nobody of the training ordered");
  std::sort(spenders.begin(), spenders.end());
  std::vector<double> edges;
  for (std::size_t i = 1; i < kNumSpendBands; ++i) {
    edges.push_back(spenders[(spenders.size() - 1) * i / kNumSpendBands]);
  }
  return edges;
}

std::size_t band_of(const std::vector<double>& edges, double monetary) {
  return static_cast<std::size_t>(std::lower_bound(edges.begin(), edges.end(), monetary) -
                                  edges.begin());
}

/// Mean spend of each band, of rows that stand as often as their customer was drawn.
struct Spend {
  std::array<double, kNumSpendBands> mean{};
  std::array<std::uint64_t, kNumSpendBands> num_rows{};
};

Spend spend_of(const Training& training, const std::vector<std::uint8_t>& bands,
               std::span<const std::uint32_t> counts) {
  Spend spend;
  double sum_of_all = 0.0;
  std::uint64_t num_of_all = 0;
  for (std::size_t row = 0; row < training.num_rows(); ++row) {
    if (training.labels[row] == 0) {
      const std::uint32_t count = counts[training.customer[row]];
      spend.mean[bands[row]] += count * training.revenue[row];
      spend.num_rows[bands[row]] += count;
      sum_of_all += count * training.revenue[row];
      num_of_all += count;
    }
  }
  const double mean_of_all = num_of_all == 0 ? 0.0 : sum_of_all / static_cast<double>(num_of_all);
  for (std::size_t band = 0; band < kNumSpendBands; ++band) {
    const double mean = spend.num_rows[band] == 0
                            ? mean_of_all
                            : spend.mean[band] / static_cast<double>(spend.num_rows[band]);
    spend.mean[band] = std::max(0.0, mean);
  }
  return spend;
}

/// Solves `matrix` x = `vector` by Cholesky's way; a direction without curvature gets 0.
std::vector<double> solved(std::vector<double> matrix, std::vector<double> vector) {
  const std::size_t size = vector.size();
  for (std::size_t k = 0; k < size; ++k) {
    for (std::size_t j = 0; j < k; ++j) {
      matrix[k * size + k] -= matrix[k * size + j] * matrix[k * size + j];
    }
    const double pivot = matrix[k * size + k];
    matrix[k * size + k] = pivot > 1e-9 ? std::sqrt(pivot) : 0.0;
    for (std::size_t i = k + 1; i < size; ++i) {
      for (std::size_t j = 0; j < k; ++j) {
        matrix[i * size + k] -= matrix[i * size + j] * matrix[k * size + j];
      }
      matrix[i * size + k] = pivot > 1e-9 ? matrix[i * size + k] / matrix[k * size + k] : 0.0;
    }
  }
  const auto divided = [&](double value, std::size_t k) {
    return matrix[k * size + k] > 0.0 ? value / matrix[k * size + k] : 0.0;
  };
  for (std::size_t k = 0; k < size; ++k) {
    for (std::size_t j = 0; j < k; ++j) {
      vector[k] -= matrix[k * size + j] * vector[j];
    }
    vector[k] = divided(vector[k], k);
  }
  for (std::size_t k = size; k-- > 0;) {
    for (std::size_t j = k + 1; j < size; ++j) {
      vector[k] -= matrix[j * size + k] * vector[j];
    }
    vector[k] = divided(vector[k], k);
  }
  return vector;
}

double dot(const double* row, const std::vector<double>& weights) {
  double sum = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += row[i] * weights[i];
  }
  return sum;
}

/// One Newton step from the optimum of all rows towards that of the resample.
std::vector<double> stepped(const std::vector<double>& weights, const Training& training,
                            const std::vector<double>& fitted, double penalty,
                            std::span<const std::uint32_t> counts) {
  const std::size_t size = weights.size();
  std::vector<double> curvature(size * size);
  std::vector<double> gradient(size);
  for (std::size_t row = 0; row < training.num_rows(); ++row) {
    const double count = counts[training.customer[row]];
    if (count == 0.0) {
      continue;
    }
    const double* x = training.columns.data() + row * size;
    const double p = fitted[row];
    const double residual = count * (training.labels[row] - p);
    const double weight = count * p * (1.0 - p);
    for (std::size_t i = 0; i < size; ++i) {
      gradient[i] += residual * x[i];
      const double weighted = weight * x[i];
      for (std::size_t j = 0; j <= i; ++j) {
        curvature[i * size + j] += weighted * x[j];
      }
    }
  }
  for (std::size_t i = 1; i < size; ++i) {  // The intercept has no penalty.
    gradient[i] -= penalty * weights[i];
    curvature[i * size + i] += penalty;
  }
  std::vector<double> step = solved(std::move(curvature), std::move(gradient));
  for (std::size_t i = 0; i < size; ++i) {
    step[i] += weights[i];
  }
  return step;
}

double probability(double log_odds) { return 1.0 / (1.0 + elementary::exp(-log_odds)); }

/// Sums by the rows of the table: of each risk band, and of all.
using Sums = std::array<double, kRows.size()>;

}  // namespace

RevenueAtRisk revenue_at_risk(const Model& model, std::span<const cutoff::Dataset> training,
                              const Ranking& ranking, const RevenueOptions& options) {
  require(options.confidence > 0.0 && options.confidence < 1.0, ErrorCode::invalid_argument,
          "churn: confidence must be in (0, 1)", to_text(options.confidence));
  validate_resamples(options.n_resamples);
  static_cast<void>(resolve_num_threads(options.num_threads));
  require_fit(model, ranking.features);
  require(ranking.num_rows() > 0, ErrorCode::invalid_data, "churn: there is nobody to sum up");
  const Training known = training_of(model, training);

  RevenueAtRisk result;
  result.options = options;
  result.as_of_us = ranking.features.cutoff_us;
  result.model_metadata = model.metadata();
  result.monetary_edges = edges_of(known);
  std::vector<std::uint8_t> bands;
  for (const double monetary : known.monetary) {
    bands.push_back(static_cast<std::uint8_t>(band_of(result.monetary_edges, monetary)));
  }
  const std::vector<std::uint32_t> once(known.num_customers, 1);
  const Spend spend = spend_of(known, bands, once);
  result.mean_spend.assign(spend.mean.begin(), spend.mean.end());
  result.spenders.assign(spend.num_rows.begin(), spend.num_rows.end());

  std::vector<double> columns;
  append_columns(model, ranking.features, columns);
  std::vector<std::uint8_t> own_bands;
  std::vector<std::uint8_t> own_rows;
  for (std::size_t row = 0; row < ranking.num_rows(); ++row) {
    own_bands.push_back(static_cast<std::uint8_t>(
        band_of(result.monetary_edges, to_double(ranking.features.monetary[row]))));
    const std::string_view name = ranking.risk_band[row];
    own_rows.push_back(
        static_cast<std::uint8_t>(std::find(kRows.begin(), kRows.end(), name) - kRows.begin()));
  }

  const std::size_t size = model.num_features() + 1;
  std::vector<double> weights{model.intercept};
  weights.insert(weights.end(), model.coefficient.begin(), model.coefficient.end());
  const auto at_risk = [&](const std::vector<double>& own_weights, const Spend& own_spend) {
    Sums sums{};
    for (std::size_t row = 0; row < ranking.num_rows(); ++row) {
      const double risk = probability(dot(columns.data() + row * size, own_weights));
      sums[own_rows[row]] += risk * own_spend.mean[own_bands[row]];
    }
    sums.back() = std::accumulate(sums.begin(), sums.end() - 1, 0.0);
    return sums;
  };

  std::vector<double> fitted;
  for (std::size_t row = 0; row < known.num_rows(); ++row) {
    fitted.push_back(probability(dot(known.columns.data() + row * size, weights)));
  }
  std::vector<Sums> drawn(static_cast<std::size_t>(options.n_resamples));
  for_each_resample(
      known.num_customers, options.n_resamples, options.random_state, options.num_threads,
      [&](std::size_t resample, std::span<const std::uint32_t> counts) {
        drawn[resample] = at_risk(stepped(weights, known, fitted, 1.0 / model.C, counts),
                                  spend_of(known, bands, counts));
      });

  const Sums sums = at_risk(weights, spend);
  Sums spends{};
  std::array<std::int64_t, kRows.size()> customers{};
  for (std::size_t row = 0; row < ranking.num_rows(); ++row) {
    spends[own_rows[row]] += spend.mean[own_bands[row]];
    ++customers[own_rows[row]];
  }
  spends.back() = std::accumulate(spends.begin(), spends.end() - 1, 0.0);
  customers.back() = static_cast<std::int64_t>(ranking.num_rows());
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (customers[i] == 0) {
      continue;
    }
    std::vector<double> values(drawn.size());
    std::transform(drawn.begin(), drawn.end(), values.begin(),
                   [i](const Sums& one) { return one[i]; });
    const Interval interval = percentile_interval(std::move(values), options.confidence);
    result.risk_band.push_back(kRows[i]);
    result.customers.push_back(customers[i]);
    result.expected_spend.push_back(spends[i]);
    result.revenue_at_risk.push_back(sums[i]);
    result.lower.push_back(interval.lower);
    result.upper.push_back(interval.upper);
    result.baseline.push_back(model.base_rate() * spends[i]);
  }
  return result;
}

Metadata RevenueAtRisk::metadata() const {
  const auto list_of = [](const auto& values, const auto& text) {
    std::string list = "[";
    for (const auto& value : values) {
      list += list.size() == 1 ? "" : ", ";
      list += text(value);
    }
    return list + "]";
  };
  const auto number = [](double value) { return to_text(value); };
  Metadata metadata{
      {"as_of", format_time(as_of_us)},
      {"monetary_edges", list_of(monetary_edges, number)},
      {"mean_spend", list_of(mean_spend, number)},
      {"spenders", list_of(spenders, [](std::int64_t n) { return std::to_string(n); })},
      {"confidence", to_text(options.confidence)},
      {"interval", "bootstrap"},
      {"n_resamples", std::to_string(options.n_resamples)},
      {"random_state", std::to_string(options.random_state)}};
  metadata.insert(metadata.end(), model_metadata.begin(), model_metadata.end());
  return metadata;
}

}  // namespace ecommerce_analytics::churn
