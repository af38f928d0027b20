#include "ecommerce_analytics/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/compensated_sum.hpp"
#include "core/elementary.hpp"
#include "core/int128.hpp"
#include "core/interval.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"

namespace ecommerce_analytics::metrics {
namespace {

constexpr int kMaxBins = 1'000;
constexpr double kLeastProbability = 0x1p-52;

using Sum = CompensatedSum;

struct Row {
  double score = 0.0;
  double weight = 1.0;
  std::uint8_t y = 0;
};

/// The rows with weight in increasing order of score, y and weight; weights scaled to at most 1.
struct Rows {
  std::vector<Row> rows{};
  bool is_weighted = false;
  int exponent = 0;  // A weight was 2^exponent times what it is here.
  std::int64_t num_positives = 0;
  double positives = 0.0;
  double total = 0.0;

  [[nodiscard]] std::int64_t num_rows() const noexcept {
    return static_cast<std::int64_t>(rows.size());
  }
  [[nodiscard]] double unscaled(double weight) const noexcept {
    return std::ldexp(weight, exponent);
  }
};

/// Rows of one score.
struct Group {
  double score = 0.0;
  std::int64_t num_positives = 0;
  std::int64_t num_negatives = 0;
  double positives = 0.0;  // Weights.
  double negatives = 0.0;
};

enum class Values : std::uint8_t { score, probability };

void require_value(bool condition, std::string_view text, std::size_t row, const char* column,
                   double value) {
  if (!condition) [[unlikely]] {
    throw Error(
        ErrorCode::invalid_data, text,
        {.row = static_cast<std::int64_t>(row) + 1, .column = column, .value = to_text(value)});
  }
}

Rows sorted_rows(std::span<const std::uint8_t> y, std::span<const double> score,
                 std::span<const double> sample_weight, Values values) {
  const auto require_length = [&](std::size_t length, std::string_view column) {
    require(length == y.size(), ErrorCode::schema_mismatch, "metrics: columns of different lengths",
            column);
  };
  const bool is_probability = values == Values::probability;
  const char* const column = is_probability ? "y_prob" : "y_score";
  require_length(score.size(), column);
  if (!sample_weight.empty()) {
    require_length(sample_weight.size(), "sample_weight");
  }
  require(!y.empty(), ErrorCode::invalid_data, "metrics: there are no rows");

  Rows result;
  result.is_weighted = !sample_weight.empty();
  double greatest = 0.0;
  for_each_block(y.size(), [&](std::size_t first, std::size_t end) {
    for (std::size_t row = first; row < end; ++row) {
      require_value(y[row] <= 1, "metrics: y_true must be 0 or 1", row, "y_true", y[row]);
      require_value(std::isfinite(score[row]), "metrics: scores must be finite numbers", row,
                    column, score[row]);
      require_value(!is_probability || (score[row] >= 0.0 && score[row] <= 1.0),
                    "metrics: a probability must be in [0, 1]", row, column, score[row]);
      if (result.is_weighted) {
        const double weight = sample_weight[row];
        require_value(std::isfinite(weight) && weight >= 0.0,
                      "metrics: weights must be finite and not below 0", row, "sample_weight",
                      weight);
        greatest = std::max(greatest, weight);
      }
    }
  });
  if (result.is_weighted) {
    require(greatest > 0.0, ErrorCode::invalid_data, "metrics: all weights are zero");
    static_cast<void>(std::frexp(greatest, &result.exponent));
  }

  result.rows.reserve(y.size());
  for (std::size_t row = 0; row < y.size(); ++row) {
    const double weight =
        result.is_weighted ? std::ldexp(sample_weight[row], -result.exponent) : 1.0;
    if (weight > 0.0) {
      result.rows.push_back({.score = score[row], .weight = weight, .y = y[row]});
    }
  }
  PollCounter polls;
  std::sort(result.rows.begin(), result.rows.end(), [&polls](const Row& a, const Row& b) {
    polls.count();
    if (a.score != b.score) {
      return a.score < b.score;
    }
    return a.y != b.y ? a.y < b.y : a.weight < b.weight;
  });
  Sum positives;
  Sum total;
  for (const Row& row : result.rows) {
    total.add(row.weight);
    if (row.y != 0) {
      positives.add(row.weight);
      ++result.num_positives;
    }
  }
  result.positives = positives.value();
  result.total = total.value();
  require(std::isfinite(result.unscaled(result.total)), ErrorCode::invalid_data,
          "metrics: the sum of the weights overflows");
  return result;
}

/// Rows of equal score put together, in increasing order.
std::vector<Group> groups_of(const Rows& rows) {
  std::vector<Group> groups;
  for (auto row = rows.rows.begin(); row != rows.rows.end();) {
    Group group{.score = row->score};
    Sum negatives;
    Sum positives;
    for (; row != rows.rows.end() && row->score == group.score; ++row) {
      (row->y != 0 ? positives : negatives).add(row->weight);
      ++(row->y != 0 ? group.num_positives : group.num_negatives);
    }
    group.positives = positives.value();
    group.negatives = negatives.value();
    groups.push_back(group);
  }
  return groups;
}

void require_positives(const Rows& rows) {
  require(rows.num_positives > 0, ErrorCode::invalid_data, "metrics: no row has y_true = 1");
}

void require_both(const Rows& rows) {
  require_positives(rows);
  require(rows.num_positives < rows.num_rows(), ErrorCode::invalid_data,
          "metrics: no row has y_true = 0");
}

/// Twice the number of pairs of a 1 and a 0 that the scores put right, a tie being one half.
Int128 twice_pairs_in_order(const std::vector<Group>& groups) {
  Int128 twice = 0;
  std::int64_t num_below = 0;
  for (const Group& group : groups) {
    twice += static_cast<Int128>(group.num_positives) * (2 * num_below + group.num_negatives);
    num_below += group.num_negatives;
  }
  return twice;
}

double exact_area(const Rows& rows, const std::vector<Group>& groups) {
  const auto pairs =
      static_cast<Int128>(rows.num_positives) * (rows.num_rows() - rows.num_positives);
  return nearest_quotient(twice_pairs_in_order(groups), 2 * pairs);
}

void require_bins(int n_bins) {
  require(n_bins >= 1 && n_bins <= kMaxBins, ErrorCode::invalid_argument,
          "metrics: n_bins must be in [1, 1000]", std::to_string(n_bins));
}

void require_confidence(double confidence) {
  require(confidence > 0.0 && confidence < 1.0, ErrorCode::invalid_argument,
          "metrics: confidence must be in (0, 1)", to_text(confidence));
}

/// Adds `weight · value` over all rows and divides by their weight.
template <class Value>
double weighted_mean(const Rows& rows, const Value& value) {
  Sum sum;
  for (const Row& row : rows.rows) {
    sum.add(row.weight * value(row));
  }
  return sum.value() / rows.total;
}

/// Weight of the positives among the highest scores, as a share of that of all: an exact fraction
/// without weights, and its nearest double with them.
class Gains {
 public:
  Gains(const Rows& rows, int n_bins) : rows_(rows), groups_(groups_of(rows)), n_bins_(n_bins) {
    std::reverse(groups_.begin(), groups_.end());
  }

  /// Goes on to the cut behind the `cut`-th bin; cuts increase.
  void go_to(int cut) {
    cut_ = cut;
    if (rows_.is_weighted) {
      const double weight = rows_.total * cut / n_bins_;
      while (index_ + 1 < groups_.size() &&
             above_.value() + groups_[index_].positives + groups_[index_].negatives < weight) {
        above_.add(groups_[index_].positives);
        above_.add(groups_[index_].negatives);
        positives_above_.add(groups_[index_].positives);
        ++index_;
      }
      const Group& group = groups_[index_];
      const double part =
          std::clamp((weight - above_.value()) / (group.positives + group.negatives), 0.0, 1.0);
      positives_ =
          cut == n_bins_ ? rows_.positives : positives_above_.value() + group.positives * part;
      return;
    }
    // The cut lies behind num_rows · cut / n_bins rows: all times n_bins is whole.
    const Int128 place = static_cast<Int128>(rows_.num_rows()) * cut;
    const auto size = [&] { return groups_[index_].num_positives + groups_[index_].num_negatives; };
    while (index_ + 1 < groups_.size() &&
           static_cast<Int128>(num_above_ + size()) * n_bins_ < place) {
      num_above_ += size();
      num_positives_above_ += groups_[index_].num_positives;
      ++index_;
    }
    const Int128 group_size = size();
    numerator_ =
        num_positives_above_ * n_bins_ * group_size +
        groups_[index_].num_positives * (place - static_cast<Int128>(num_above_) * n_bins_);
    denominator_ = n_bins_ * group_size;
  }

  [[nodiscard]] double positives() const noexcept {
    return rows_.is_weighted ? positives_ : nearest_quotient(numerator_, denominator_);
  }
  [[nodiscard]] double gain() const noexcept {
    return rows_.is_weighted ? positives_ / rows_.positives
                             : nearest_quotient(numerator_, denominator_ * rows_.num_positives);
  }
  [[nodiscard]] double cumulative_lift() const noexcept {
    return rows_.is_weighted
               ? gain() * n_bins_ / cut_
               : nearest_quotient(numerator_ * n_bins_, denominator_ * rows_.num_positives * cut_);
  }

 private:
  const Rows& rows_;
  std::vector<Group> groups_;
  int n_bins_;
  int cut_ = 0;
  std::size_t index_ = 0;
  std::int64_t num_above_ = 0;
  Int128 num_positives_above_ = 0;
  Int128 numerator_ = 0;
  Int128 denominator_ = 1;
  Sum above_{};
  Sum positives_above_{};
  double positives_ = 0.0;
};

}  // namespace

double roc_auc(std::span<const std::uint8_t> y, std::span<const double> score,
               std::span<const double> sample_weight) {
  const Rows rows = sorted_rows(y, score, sample_weight, Values::score);
  require_both(rows);
  const std::vector<Group> groups = groups_of(rows);
  if (!rows.is_weighted) {
    return exact_area(rows, groups);
  }
  Sum in_order;
  Sum below;
  for (const Group& group : groups) {
    in_order.add(group.positives * (below.value() + 0.5 * group.negatives));
    below.add(group.negatives);
  }
  return std::min(1.0, in_order.value() / (rows.positives * below.value()));
}

AreaInterval roc_auc_interval(std::span<const std::uint8_t> y, std::span<const double> score,
                              double confidence) {
  require_confidence(confidence);
  const Rows rows = sorted_rows(y, score, {}, Values::score);
  const std::int64_t num_positives = rows.num_positives;
  const std::int64_t num_negatives = rows.num_rows() - num_positives;
  require(num_positives >= 2 && num_negatives >= 2, ErrorCode::invalid_data,
          "metrics: an interval needs two rows of either value of y_true",
          std::to_string(std::min(num_positives, num_negatives)));
  const std::vector<Group> groups = groups_of(rows);
  const double area = exact_area(rows, groups);
  Sum of_positives;
  Sum of_negatives;
  std::int64_t negatives_below = 0;
  std::int64_t positives_above = num_positives;
  for (const Group& group : groups) {
    positives_above -= group.num_positives;
    const double beaten = nearest_quotient(2 * negatives_below + group.num_negatives,
                                           2 * static_cast<Int128>(num_negatives));
    const double beating = nearest_quotient(2 * positives_above + group.num_positives,
                                            2 * static_cast<Int128>(num_positives));
    of_positives.add(group.positives * (beaten - area) * (beaten - area));
    of_negatives.add(group.negatives * (beating - area) * (beating - area));
    negatives_below += group.num_negatives;
  }
  const auto p = static_cast<double>(num_positives);
  const auto n = static_cast<double>(num_negatives);
  const double error =
      std::sqrt(of_positives.value() / (p - 1.0) / p + of_negatives.value() / (n - 1.0) / n);
  const double half = normal_quantile(confidence) * error;
  return {.roc_auc = {area},
          .standard_error = {error},
          .lower = {std::max(0.0, area - half)},
          .upper = {std::min(1.0, area + half)},
          .positives = {num_positives},
          .negatives = {num_negatives},
          .confidence = confidence};
}

Metadata AreaInterval::metadata() const {
  return {{"confidence", to_text(confidence)}, {"interval", "DeLong"}};
}

double pr_auc(std::span<const std::uint8_t> y, std::span<const double> score,
              std::span<const double> sample_weight) {
  const Rows rows = sorted_rows(y, score, sample_weight, Values::score);
  require_positives(rows);
  std::vector<Group> groups = groups_of(rows);
  std::reverse(groups.begin(), groups.end());
  Sum told;
  Sum right;
  Sum area;
  for (const Group& group : groups) {
    told.add(group.positives);
    told.add(group.negatives);
    right.add(group.positives);
    area.add(group.positives / rows.positives * (right.value() / told.value()));
  }
  return std::min(1.0, area.value());
}

double log_loss(std::span<const std::uint8_t> y, std::span<const double> probability,
                std::span<const double> sample_weight) {
  const Rows rows = sorted_rows(y, probability, sample_weight, Values::probability);
  return weighted_mean(rows, [](const Row& row) {
    const double p = std::clamp(row.score, kLeastProbability, 1.0 - kLeastProbability);
    return row.y != 0 ? -elementary::log(p) : -elementary::log1p(-p);
  });
}

double brier(std::span<const std::uint8_t> y, std::span<const double> probability,
             std::span<const double> sample_weight) {
  const Rows rows = sorted_rows(y, probability, sample_weight, Values::probability);
  return weighted_mean(rows,
                       [](const Row& row) { return (row.score - row.y) * (row.score - row.y); });
}

Bins parse_bins(std::string_view name) {
  require(name == "quantile" || name == "uniform", ErrorCode::invalid_argument,
          "metrics: strategy must be quantile or uniform", name);
  return name == "quantile" ? Bins::quantile : Bins::uniform;
}

std::string_view bins_name(Bins bins) noexcept {
  return bins == Bins::quantile ? "quantile" : "uniform";
}

Calibration calibration(std::span<const std::uint8_t> y, std::span<const double> probability,
                        const CalibrationOptions& options, std::span<const double> sample_weight) {
  require_bins(options.n_bins);
  require_confidence(options.confidence);
  const Rows rows = sorted_rows(y, probability, sample_weight, Values::probability);
  // A row lies above an edge between two neighbours if it lies above the lower one of them.
  std::vector<double> edges;
  for (int i = 1; i < options.n_bins; ++i) {
    const std::size_t place = (rows.rows.size() - 1) * static_cast<std::size_t>(i) /
                              static_cast<std::size_t>(options.n_bins);
    edges.push_back(options.strategy == Bins::quantile ? rows.rows[place].score
                                                       : static_cast<double>(i) / options.n_bins);
  }

  Calibration result;
  result.options = options;
  const double z = normal_quantile(options.confidence);
  std::size_t bin = 0;
  for (auto row = rows.rows.begin(); row != rows.rows.end();) {
    while (bin < edges.size() && edges[bin] < row->score) {
      ++bin;
    }
    const auto first = row;
    Sum weight;
    Sum squares;
    Sum predicted;
    Sum observed;
    for (; row != rows.rows.end() && (bin == edges.size() || row->score <= edges[bin]); ++row) {
      weight.add(row->weight);
      squares.add(row->weight * row->weight);
      predicted.add(row->weight * row->score);
      observed.add(row->y != 0 ? row->weight : 0.0);
    }
    const double rate = observed.value() / weight.value();
    const double effective = weight.value() * (weight.value() / squares.value());
    const Interval interval = wilson(rate, effective, z);
    result.bin.push_back(static_cast<std::int32_t>(bin) + 1);
    result.count.push_back(row - first);
    result.least_predicted.push_back(first->score);
    result.greatest_predicted.push_back((row - 1)->score);
    result.mean_predicted.push_back(predicted.value() / weight.value());
    result.observed_rate.push_back(rate);
    result.lower.push_back(interval.lower);
    result.upper.push_back(interval.upper);
  }
  return result;
}

Metadata Calibration::metadata() const {
  return {{"n_bins", std::to_string(options.n_bins)},
          {"strategy", std::string(bins_name(options.strategy))},
          {"confidence", to_text(options.confidence)},
          {"interval", "Wilson"}};
}

Lift lift(std::span<const std::uint8_t> y, std::span<const double> score,
          const LiftOptions& options, std::span<const double> sample_weight) {
  require_bins(options.n_bins);
  const Rows rows = sorted_rows(y, score, sample_weight, Values::score);
  require_positives(rows);
  Lift result;
  result.n_bins = options.n_bins;
  result.base_rate = rows.positives / rows.total;
  Gains gains(rows, options.n_bins);
  double before = 0.0;
  const double weight = rows.total / options.n_bins;
  for (int bin = 1; bin <= options.n_bins; ++bin) {
    gains.go_to(bin);
    const double positives = gains.positives() - before;
    before = gains.positives();
    result.bin.push_back(bin);
    result.share.push_back(static_cast<double>(bin) / options.n_bins);
    result.weight.push_back(rows.unscaled(weight));
    result.positives.push_back(rows.unscaled(positives));
    result.rate.push_back(positives / weight);
    result.lift.push_back(positives * options.n_bins / rows.positives);
    result.gain.push_back(gains.gain());
    result.cumulative_lift.push_back(gains.cumulative_lift());
    result.greatest_lift.push_back(
        std::min(rows.total / rows.positives, static_cast<double>(options.n_bins) / bin));
  }
  return result;
}

Metadata Lift::metadata() const {
  return {{"n_bins", std::to_string(n_bins)}, {"base_rate", to_text(base_rate)}};
}

Confusion confusion_matrix(std::span<const std::uint8_t> y, std::span<const double> score,
                           std::span<const double> thresholds,
                           std::span<const double> sample_weight) {
  for (const double threshold : thresholds) {
    require(!std::isnan(threshold), ErrorCode::invalid_argument,
            "metrics: a threshold must be a number", to_text(threshold));
  }
  const Rows rows = sorted_rows(y, score, sample_weight, Values::score);
  // Weights below each row, of either value of y.
  std::vector<double> negatives_below{0.0};
  std::vector<double> positives_below{0.0};
  Sum negatives;
  Sum positives;
  for (const Row& row : rows.rows) {
    (row.y != 0 ? positives : negatives).add(row.weight);
    negatives_below.push_back(negatives.value());
    positives_below.push_back(positives.value());
  }

  Confusion result;
  const auto push_share = [](Nullable<double>& column, double part, double whole) {
    if (whole > 0.0) {
      column.push_back(part / whole);
    } else {
      column.push_null();
    }
  };
  for (const double threshold : thresholds) {
    const auto place = static_cast<std::size_t>(
        std::lower_bound(rows.rows.begin(), rows.rows.end(), threshold,
                         [](const Row& row, double value) { return row.score < value; }) -
        rows.rows.begin());
    const double true_negatives = negatives_below[place];
    const double false_negatives = positives_below[place];
    const double false_positives = negatives_below.back() - true_negatives;
    const double true_positives = positives_below.back() - false_negatives;
    result.threshold.push_back(threshold);
    result.true_negatives.push_back(rows.unscaled(true_negatives));
    result.false_positives.push_back(rows.unscaled(false_positives));
    result.false_negatives.push_back(rows.unscaled(false_negatives));
    result.true_positives.push_back(rows.unscaled(true_positives));
    result.accuracy.push_back((true_negatives + true_positives) / rows.total);
    push_share(result.precision, true_positives, true_positives + false_positives);
    push_share(result.recall, true_positives, positives_below.back());
    push_share(result.specificity, true_negatives, negatives_below.back());
  }
  return result;
}

}  // namespace ecommerce_analytics::metrics
