#include "ecommerce_analytics/churn_scores.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

#include "core/int128.hpp"
#include "core/interval.hpp"
#include "core/number_text.hpp"
#include "core/resample.hpp"
#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics::churn {
namespace {

constexpr int kNumDeciles = 10;
constexpr int kNumShares = 20;

void require_both(const Scores& scores) {
  const auto num_rows = static_cast<std::int64_t>(scores.num_rows());
  require(scores.num_positives() > 0 && scores.num_positives() < num_rows, ErrorCode::invalid_data,
          "churn: all customers of the test have one label", std::to_string(num_rows));
}

void validate(double confidence) {
  require(confidence > 0.0 && confidence < 1.0, ErrorCode::invalid_argument,
          "churn: confidence must be in (0, 1)", to_text(confidence));
}

double base_rate_of(const Scores& scores) {
  return nearest_quotient(scores.num_positives(), static_cast<Int128>(scores.num_rows()));
}

Metadata with(Metadata first, const Metadata& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// Positives among the highest risks of resamples.
class TopRisks {
 public:
  TopRisks(const Scores& scores, int num_cuts) : scores_(scores), num_cuts_(num_cuts) {
    row_.resize(scores.num_rows());
    std::iota(row_.begin(), row_.end(), 0U);
    std::stable_sort(row_.begin(), row_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return scores.churn_risk()[a] > scores.churn_risk()[b];
    });
  }

  /// Positives above each cut, the i-th behind i / num_cuts of the rows; those of equal risk at a
  /// cut in proportion. The last is all of them.
  [[nodiscard]] std::vector<double> positives(std::span<const std::uint32_t> counts) const {
    std::vector<double> above;
    const double total = static_cast<double>(row_.size());
    double told = 0.0;
    double right = 0.0;
    for (std::size_t place = 0; place < row_.size();) {
      const double risk = scores_.churn_risk()[row_[place]];
      std::uint64_t size = 0;
      std::uint64_t ones = 0;
      for (; place < row_.size() && scores_.churn_risk()[row_[place]] == risk; ++place) {
        size += counts[row_[place]];
        ones += scores_.labels()[row_[place]] != 0 ? counts[row_[place]] : 0;
      }
      const auto weight = static_cast<double>(size);
      while (above.size() + 1 < static_cast<std::size_t>(num_cuts_)) {
        const double cut = total * static_cast<double>(above.size() + 1) / num_cuts_;
        if (told + weight < cut) {
          break;
        }
        const double part = size == 0 ? 0.0 : (cut - told) / weight;
        above.push_back(right + static_cast<double>(ones) * part);
      }
      told += weight;
      right += static_cast<double>(ones);
    }
    above.resize(static_cast<std::size_t>(num_cuts_), right);
    return above;
  }

 private:
  const Scores& scores_;
  int num_cuts_;
  std::vector<std::uint32_t> row_{};
};

/// Positives above each cut, by cut and resample; resamples without a positive tell nothing.
std::vector<std::vector<double>> drawn_positives(const Scores& scores, int num_cuts,
                                                 const TestOptions& options, int num_threads) {
  const TopRisks top(scores, num_cuts);
  std::vector<std::vector<double>> by_resample(static_cast<std::size_t>(options.n_resamples));
  for_each_resample(scores.num_rows(), options.n_resamples, options.random_state, num_threads,
                    [&](std::size_t resample, std::span<const std::uint32_t> counts) {
                      by_resample[resample] = top.positives(counts);
                    });
  std::vector<std::vector<double>> by_cut(static_cast<std::size_t>(num_cuts));
  for (const auto& one : by_resample) {
    for (std::size_t cut = 0; cut < one.size() && one.back() > 0.0; ++cut) {
      by_cut[cut].push_back(one[cut]);
    }
  }
  require(!by_cut.front().empty(), ErrorCode::invalid_data,
          "churn: every resample lacks customers who churned");
  return by_cut;
}

void validate(const TestOptions& options, int num_threads) {
  validate(options.confidence);
  validate_resamples(options.n_resamples);
  require(num_threads >= 0 && num_threads <= 1024, ErrorCode::invalid_argument,
          "churn: num_threads must be in [0, 1024]", std::to_string(num_threads));
}

}  // namespace

Calibration calibration(const Scores& scores, const metrics::CalibrationOptions& options) {
  require_both(scores);
  Calibration result;
  static_cast<metrics::Calibration&>(result) =
      metrics::calibration(scores.labels(), scores.churn_risk(), options);
  result.base_rate = base_rate_of(scores);
  result.test_metadata = scores.metadata();
  return result;
}

Metadata Calibration::metadata() const {
  Metadata own = with(metrics::Calibration::metadata(), {{"base_rate", to_text(base_rate)}});
  return with(std::move(own), test_metadata);
}

Deciles deciles(const Scores& scores, const TestOptions& options, int num_threads) {
  validate(options, num_threads);
  require_both(scores);
  const metrics::Lift lift = metrics::lift(scores.labels(), scores.churn_risk());
  const auto drawn = drawn_positives(scores, kNumDeciles, options, num_threads);
  const double z = normal_quantile(options.confidence);
  Deciles result;
  result.options = options;
  result.base_rate = base_rate_of(scores);
  result.test_metadata = scores.metadata();
  result.risk_decile = lift.bin;
  result.customers = lift.weight;
  result.positives = lift.positives;
  result.churn_rate = lift.rate;
  result.lift = lift.lift;
  result.gain = lift.gain;
  for (std::size_t bin = 0; bin < drawn.size(); ++bin) {
    std::vector<double> lifts;
    std::vector<double> gains;
    for (std::size_t i = 0; i < drawn[bin].size(); ++i) {
      const double before = bin == 0 ? 0.0 : drawn[bin - 1][i];
      lifts.push_back((drawn[bin][i] - before) * kNumDeciles / drawn.back()[i]);
      gains.push_back(drawn[bin][i] / drawn.back()[i]);
    }
    const Interval rate = wilson(std::clamp(lift.rate[bin], 0.0, 1.0), lift.weight[bin], z);
    const Interval of_lift = percentile_interval(std::move(lifts), options.confidence);
    const Interval of_gain = percentile_interval(std::move(gains), options.confidence);
    result.churn_rate_lower.push_back(rate.lower);
    result.churn_rate_upper.push_back(rate.upper);
    result.lift_lower.push_back(of_lift.lower);
    result.lift_upper.push_back(of_lift.upper);
    result.gain_lower.push_back(of_gain.lower);
    result.gain_upper.push_back(of_gain.upper);
    result.baseline_gain.push_back(lift.share[bin]);
    result.greatest_gain.push_back(std::min(1.0, lift.greatest_lift[bin] * lift.share[bin]));
  }
  return result;
}

Metadata Deciles::metadata() const {
  return with({{"base_rate", to_text(base_rate)},
               {"confidence", to_text(options.confidence)},
               {"interval", "Wilson and bootstrap"},
               {"n_resamples", std::to_string(options.n_resamples)},
               {"random_state", std::to_string(options.random_state)}},
              test_metadata);
}

Confusion confusion(const Scores& scores, double threshold, double confidence) {
  require(threshold >= 0.0 && threshold <= 1.0, ErrorCode::invalid_argument,
          "churn: threshold must be in [0, 1]", to_text(threshold));
  validate(confidence);
  require_both(scores);
  Confusion result;
  result.threshold = threshold;
  result.confidence = confidence;
  result.test_metadata = scores.metadata();
  for (std::size_t row = 0; row < scores.num_rows(); ++row) {
    const bool is_told = scores.churn_risk()[row] >= threshold;
    const bool is_churn = scores.labels()[row] != 0;
    ++(is_told    ? is_churn ? result.true_positives : result.false_positives
       : is_churn ? result.false_negatives
                  : result.true_negatives);
  }
  const std::int64_t ones = result.true_positives + result.false_negatives;
  const std::int64_t zeros = result.true_negatives + result.false_positives;
  const bool is_churn_likelier = ones >= zeros;
  const double z = normal_quantile(confidence);
  const auto push = [&](const char* figure, std::int64_t right, std::int64_t customers,
                        std::optional<double> baseline) {
    result.figure.push_back(figure);
    result.right.push_back(right);
    result.customers.push_back(customers);
    if (customers > 0) {
      const Interval interval = wilson(right, customers, z);
      result.share.push_back(nearest_quotient(right, customers));
      result.lower.push_back(interval.lower);
      result.upper.push_back(interval.upper);
    } else {
      result.share.push_null();
      result.lower.push_null();
      result.upper.push_null();
    }
    if (baseline) {
      result.baseline.push_back(*baseline);
    } else {
      result.baseline.push_null();
    }
  };
  push("accuracy", result.true_positives + result.true_negatives, ones + zeros,
       nearest_quotient(std::max(ones, zeros), ones + zeros));
  push("precision", result.true_positives, result.true_positives + result.false_positives,
       is_churn_likelier ? std::optional(nearest_quotient(ones, ones + zeros)) : std::nullopt);
  push("recall", result.true_positives, ones, is_churn_likelier ? 1.0 : 0.0);
  push("specificity", result.true_negatives, zeros, is_churn_likelier ? 0.0 : 1.0);
  return result;
}

Metadata Confusion::metadata() const {
  return with({{"threshold", to_text(threshold)},
               {"true_positives", std::to_string(true_positives)},
               {"false_positives", std::to_string(false_positives)},
               {"false_negatives", std::to_string(false_negatives)},
               {"true_negatives", std::to_string(true_negatives)},
               {"confidence", to_text(confidence)},
               {"interval", "Wilson"}},
              test_metadata);
}

Profit profit(const Scores& scores, const ProfitOptions& options) {
  require(std::isfinite(options.value_kept) && options.value_kept > 0.0,
          ErrorCode::invalid_argument, "churn: value_kept must be above 0",
          to_text(options.value_kept));
  require(std::isfinite(options.contact_cost) && options.contact_cost >= 0.0,
          ErrorCode::invalid_argument, "churn: contact_cost must not be below 0",
          to_text(options.contact_cost));
  require(options.kept_share > 0.0 && options.kept_share <= 1.0, ErrorCode::invalid_argument,
          "churn: kept_share must be in (0, 1]", to_text(options.kept_share));
  const TestOptions test{.confidence = options.confidence,
                         .n_resamples = options.n_resamples,
                         .random_state = options.random_state};
  validate(test, options.num_threads);
  require_both(scores);
  const metrics::Lift lift =
      metrics::lift(scores.labels(), scores.churn_risk(), {.n_bins = kNumShares});
  const auto drawn = drawn_positives(scores, kNumShares, test, options.num_threads);
  const auto total = static_cast<double>(scores.num_rows());
  const auto ones = static_cast<double>(scores.num_positives());
  Profit result;
  result.options = options;
  result.test_metadata = scores.metadata();
  for (std::size_t bin = 0; bin < drawn.size(); ++bin) {
    const double share = lift.share[bin];
    const double cost = share * total * options.contact_cost;
    const auto profit_of = [&](double positives) {
      return positives * options.kept_share * options.value_kept - cost;
    };
    std::vector<double> profits;
    for (const double positives : drawn[bin]) {
      profits.push_back(profit_of(positives));
    }
    const Interval interval = percentile_interval(std::move(profits), options.confidence);
    const double positives = lift.gain[bin] * ones;
    result.share.push_back(share);
    result.customers.push_back(share * total);
    result.positives.push_back(positives);
    result.profit.push_back(profit_of(positives));
    result.profit_lower.push_back(interval.lower);
    result.profit_upper.push_back(interval.upper);
    result.baseline_profit.push_back(profit_of(ones * share));
  }
  return result;
}

Metadata Profit::metadata() const {
  return with({{"value_kept", to_text(options.value_kept)},
               {"contact_cost", to_text(options.contact_cost)},
               {"kept_share", to_text(options.kept_share)},
               {"confidence", to_text(options.confidence)},
               {"interval", "bootstrap"},
               {"n_resamples", std::to_string(options.n_resamples)},
               {"random_state", std::to_string(options.random_state)}},
              test_metadata);
}

}  // namespace ecommerce_analytics::churn
