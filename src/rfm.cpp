#include "ecommerce_analytics/rfm.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <span>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/summary.hpp"
#include "history_of.hpp"
#include "rule_sets_data.hpp"

namespace ecommerce_analytics::rfm {
namespace {

enum class Better : std::uint8_t { lower, higher };

constexpr std::int64_t kNoOrder = std::numeric_limits<std::int64_t>::min();

std::int64_t exact(std::int64_t value) { return value; }
Int128 exact(Money128 value) { return to_int128(value); }

/// Scores of a column and the edges behind them; `unit` counts make one of the column's unit.
template <class T>
std::vector<std::uint8_t> quantile_scores(const std::vector<T>& values, int n_bins, Better better,
                                          std::int64_t unit, Edges& edges) {
  using Exact = decltype(exact(T{}));
  std::vector<std::uint8_t> scores;
  if (values.empty()) {
    return scores;
  }
  std::vector<Exact> sorted(values.size());
  std::transform(values.begin(), values.end(), sorted.begin(),
                 [](T value) { return exact(value); });
  std::sort(sorted.begin(), sorted.end());

  // The i-th edge is x[j] + rest / n_bins · (x[j + 1] - x[j]), where (n - 1) · i = j · n_bins +
  // rest.
  // A whole number is above it exactly if it is at least the floor of the edge plus one.
  std::vector<Int128> least_above;
  for (int i = 1; i < n_bins; ++i) {
    const std::size_t position = (sorted.size() - 1) * static_cast<std::size_t>(i);
    const std::size_t j = position / static_cast<std::size_t>(n_bins);
    const auto rest = static_cast<std::int64_t>(position % static_cast<std::size_t>(n_bins));
    const Int128 step = rest == 0 ? 0 : static_cast<Int128>(sorted[j + 1]) - sorted[j];
    Int128 numerator = 0;
    if (__builtin_mul_overflow(static_cast<Int128>(sorted[j]), n_bins, &numerator)) {
      throw Error(ErrorCode::overflow, "rfm: money too large for quantiles");
    }
    numerator += rest * step;  // At most the next value times n_bins, which is checked alike.
    const Int128 floor = numerator / n_bins - (numerator % n_bins < 0 ? 1 : 0);
    least_above.push_back(floor + 1);
    edges.edges.push_back(nearest_quotient(numerator, static_cast<Int128>(n_bins) * unit));
  }

  const bool is_constant = sorted.front() == sorted.back();
  std::vector<bool> is_used(static_cast<std::size_t>(n_bins) + 1);
  scores.reserve(values.size());
  for (const T& value : values) {
    const auto below =
        static_cast<int>(std::upper_bound(least_above.begin(), least_above.end(), exact(value)) -
                         least_above.begin());
    int score = better == Better::higher ? 1 + below : n_bins - below;
    score = is_constant ? n_bins / 2 + 1 : score;
    is_used[static_cast<std::size_t>(score)] = true;
    scores.push_back(static_cast<std::uint8_t>(score));
  }
  for (int level = 1; level <= n_bins; ++level) {
    if (is_used[static_cast<std::size_t>(level)]) {
      edges.levels_used.push_back(level);
    }
  }
  return scores;
}

std::string join(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    text += (text.empty() ? "" : ", ") + std::string(buffer, end);
  }
  return "[" + text + "]";
}

std::string join(const std::vector<int>& values) {
  std::string text;
  for (const int value : values) {
    text += (text.empty() ? "" : ", ") + std::to_string(value);
  }
  return "[" + text + "]";
}

void require_bins(int n_bins) {
  require(n_bins >= 2 && n_bins <= 255, ErrorCode::invalid_argument,
          "rfm: n_bins must be in [2, 255]", std::to_string(n_bins));
}

/// Index of the rule of each pair of scores, by (r - 1) · n_bins + second - 1.
std::vector<std::size_t> rule_by_cell(const RuleSet& rules) {
  const auto check_bounds = [&](int least, int greatest, const Rule& rule) {
    require(least >= 1 && least <= greatest && greatest <= rules.n_bins,
            ErrorCode::invalid_argument, "rfm: bounds of a rule must be in [1, n_bins]",
            rule.segment + ": " + std::to_string(least) + ", " + std::to_string(greatest));
  };
  for (const Rule& rule : rules.rules) {
    check_bounds(rule.r_min, rule.r_max, rule);
    check_bounds(rule.second_min, rule.second_max, rule);
  }
  std::vector<std::size_t> cells;
  for (int r = 1; r <= rules.n_bins; ++r) {
    for (int second = 1; second <= rules.n_bins; ++second) {
      const auto rule =
          std::find_if(rules.rules.begin(), rules.rules.end(), [&](const Rule& candidate) {
            return r >= candidate.r_min && r <= candidate.r_max && second >= candidate.second_min &&
                   second <= candidate.second_max;
          });
      require(rule != rules.rules.end(), ErrorCode::invalid_argument,
              "rfm: a pair of scores has no rule",
              "r " + std::to_string(r) + ", second " + std::to_string(second));
      cells.push_back(static_cast<std::size_t>(rule - rules.rules.begin()));
    }
  }
  return cells;
}

double median_money(std::vector<Int128> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 != 0) {
    return nearest_quotient(*middle, kMoneyScale);
  }
  return nearest_quotient(*middle + *std::max_element(values.begin(), middle), 2 * kMoneyScale);
}

}  // namespace

Metadata Scores::metadata() const {
  return {{"as_of", format_time(as_of_us)},
          {"n_bins", std::to_string(n_bins)},
          {"method", "quantile"},
          {"recency_edges", join(recency_edges.edges)},
          {"frequency_edges", join(frequency_edges.edges)},
          {"monetary_edges", join(monetary_edges.edges)},
          {"r_levels_used", join(recency_edges.levels_used)},
          {"f_levels_used", join(frequency_edges.levels_used)},
          {"m_levels_used", join(monetary_edges.levels_used)},
          {"num_lines_ignored", std::to_string(num_lines_ignored)}};
}

Scores score(const CustomerHistory& history, const Options& options) {
  require_bins(options.n_bins);
  Scores result;
  result.as_of_us = history.resolve_as_of(options.as_of_us);
  result.n_bins = options.n_bins;
  result.num_lines_ignored = history.num_lines_from(result.as_of_us);

  const std::size_t num_codes = history.customer_keys().num_codes();
  std::vector<std::int64_t> last_order_us(num_codes, kNoOrder);
  std::vector<std::int64_t> frequency(num_codes);
  std::vector<Int128> monetary(num_codes);
  for (const OrderState& order : history.orders()) {
    if (order.purchase_us < result.as_of_us) {
      std::int64_t& last_us = last_order_us[order.customer];
      last_us = std::max(last_us, order.purchase_us);
      ++frequency[order.customer];
    }
  }
  for (const OrderDay& day : history.order_days()) {
    if (day.day * kMicrosecondsPerDay < result.as_of_us) {
      monetary[history.orders()[day.order].customer] += to_int128(day.net);
    }
  }

  for (const std::uint32_t code : history.customer_keys().codes_by_key()) {
    if (last_order_us[code] == kNoOrder) {
      continue;  // Has only refunds or gifts before as_of.
    }
    result.customer.push_back(history.customer_keys().key(code));
    result.recency_days.push_back(
        static_cast<std::int32_t>((result.as_of_us - last_order_us[code]) / kMicrosecondsPerDay));
    result.frequency.push_back(frequency[code]);
    result.monetary.push_back(from_int128(monetary[code]));
  }
  result.r_score =
      quantile_scores(result.recency_days, options.n_bins, Better::lower, 1, result.recency_edges);
  result.f_score =
      quantile_scores(result.frequency, options.n_bins, Better::higher, 1, result.frequency_edges);
  result.m_score = quantile_scores(result.monetary, options.n_bins, Better::higher, kMoneyScale,
                                   result.monetary_edges);
  return result;
}

Scores score(const Transactions& transactions, const Options& options) {
  require_bins(options.n_bins);
  return score(history_of(transactions, options.as_of_us, options.num_threads), options);
}

RuleSet rule_set(std::string_view name) {
  for (std::size_t i = 0; i < data::kNumEmbedded; ++i) {
    const data::EmbeddedRuleSet& embedded = data::kEmbedded[i];
    if (name != embedded.name) {
      continue;
    }
    RuleSet rules{
        .name = embedded.name,
        .n_bins = embedded.n_bins,
        .second = std::string_view(embedded.second) == "f" ? SecondScore::f : SecondScore::fm};
    for (const data::EmbeddedRule& rule : std::span(embedded.rules, embedded.num_rules)) {
      rules.rules.push_back({.r_min = rule.r_min,
                             .r_max = rule.r_max,
                             .second_min = rule.second_min,
                             .second_max = rule.second_max,
                             .segment = rule.segment});
    }
    return rules;
  }
  throw Error(ErrorCode::invalid_argument, "rfm: no built-in rule set of this name",
              {.row = std::nullopt, .column = {}, .value = std::string(name)});
}

std::vector<std::string> rule_set_names() {
  std::vector<std::string> names;
  for (const data::EmbeddedRuleSet& embedded : std::span(data::kEmbedded, data::kNumEmbedded)) {
    names.emplace_back(embedded.name);
  }
  return names;
}

Metadata Segments::metadata() const {
  Metadata metadata = Scores::metadata();
  metadata.emplace_back("rules", rules);
  return metadata;
}

Segments segment(const Scores& scores, const RuleSet& rules) {
  require(rules.n_bins == scores.n_bins, ErrorCode::invalid_argument,
          "rfm: the rule set is for another n_bins than the scores",
          std::to_string(rules.n_bins) + ", " + std::to_string(scores.n_bins));
  const std::vector<std::size_t> cells = rule_by_cell(rules);
  Segments result{scores, {}, rules.name, {}};
  for (const Rule& rule : rules.rules) {
    if (std::find(result.segments.begin(), result.segments.end(), rule.segment) ==
        result.segments.end()) {
      result.segments.push_back(rule.segment);
    }
  }
  for (std::size_t row = 0; row < scores.num_rows(); ++row) {
    const int f = scores.f_score[row];
    const int second =
        rules.second == SecondScore::f ? f : (f + scores.m_score[row] + 1) / 2;  // Halves go up.
    const int cell = (scores.r_score[row] - 1) * rules.n_bins + second - 1;
    result.segment.push_back(
        Key(std::string_view(rules.rules[cells[static_cast<std::size_t>(cell)]].segment)));
  }
  return result;
}

SegmentSummary summarize(const Segments& segments) {
  std::map<std::string_view, std::vector<std::size_t>> rows_by_segment;
  Money128 total{};
  for (std::size_t row = 0; row < segments.num_rows(); ++row) {
    rows_by_segment[segments.segment[row].text].push_back(row);
    total = add(total, segments.monetary[row]);
  }

  SegmentSummary table;
  table.scores_metadata = segments.metadata();
  const auto num_customers = static_cast<std::int64_t>(segments.num_rows());
  for (const std::string& name : segments.segments) {
    const std::vector<std::size_t>& rows = rows_by_segment[name];  // In key order.
    Money128 revenue{};
    std::vector<double> recency_days;
    std::vector<double> frequency;
    std::vector<Int128> monetary;
    for (const std::size_t row : rows) {
      revenue = add(revenue, segments.monetary[row]);
      recency_days.push_back(segments.recency_days[row]);
      frequency.push_back(static_cast<double>(segments.frequency[row]));
      monetary.push_back(to_int128(segments.monetary[row]));
    }
    const auto count = static_cast<std::int64_t>(rows.size());
    const auto push_if = [](bool is_defined, Nullable<double>& column,
                            const std::function<double()>& value) {
      if (is_defined) {
        column.push_back(value());
      } else {
        column.push_null();
      }
    };
    table.segment.push_back(Key(std::string_view(name)));
    table.customers.push_back(count);
    table.revenue.push_back(revenue);
    push_if(num_customers > 0, table.customer_share,
            [&] { return nearest_quotient(count, num_customers); });
    push_if(total > Money128{}, table.revenue_share, [&] { return ratio(revenue, total); });
    const Summary recency = ecommerce_analytics::summarize(recency_days);
    const Summary orders = ecommerce_analytics::summarize(frequency);
    push_if(count > 0, table.mean_recency_days, [&] { return recency.mean; });
    push_if(count > 0, table.median_recency_days, [&] { return recency.median; });
    push_if(count > 0, table.mean_frequency, [&] { return orders.mean; });
    push_if(count > 0, table.median_frequency, [&] { return orders.median; });
    push_if(count > 0, table.mean_monetary, [&] { return mean_money(revenue, count); });
    push_if(count > 0, table.median_monetary, [&] { return median_money(monetary); });
  }
  return table;
}

}  // namespace ecommerce_analytics::rfm
