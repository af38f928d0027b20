#include "ecommerce_analytics/rfm.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <span>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/summary.hpp"
#include "history_of.hpp"
#include "history_view.hpp"
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
    const Int128 low = sorted[j];
    const Int128 high = rest == 0 ? low : static_cast<Int128>(sorted[j + 1]);
    Int128 step = 0;
    Int128 numerator = 0;
    require(!__builtin_sub_overflow(high, low, &step) &&
                !__builtin_mul_overflow(step, rest, &step) &&
                !__builtin_mul_overflow(low, n_bins, &numerator) &&
                !__builtin_add_overflow(numerator, step, &numerator),
            ErrorCode::overflow, "rfm: money too large for quantiles");
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

std::string to_text(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

/// Text of a list as JSON writes it.
std::string join(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) {
    text += (text.empty() ? "" : ", ") + to_text(value);
  }
  return "[" + text + "]";
}

template <class Integer>
std::string join(const std::vector<Integer>& values) {
  std::string text;
  for (const Integer value : values) {
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
  for (const Rule& rule : rules.rules) {
    require(!Key(std::string_view(rule.segment)).is_unknown(), ErrorCode::invalid_argument,
            "rfm: a segment needs a name, other than unknown", rule.segment);
  }
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

/// floor(count · share), with the share to the nearest millionth.
std::size_t share_of(std::size_t count, double share) {
  constexpr double kParts = 1'000'000.0;
  return static_cast<std::size_t>(static_cast<Int128>(count) *
                                  static_cast<std::int64_t>(std::nearbyint(share * kParts)) /
                                  static_cast<std::int64_t>(kParts));
}

std::vector<Int128> sorted_from_best(const std::vector<Money128>& monetary) {
  std::vector<Int128> sorted(monetary.size());
  std::transform(monetary.begin(), monetary.end(), sorted.begin(), to_int128);
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  return sorted;
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
  Metadata metadata{{"as_of", format_time(as_of_us)},
                    {"n_bins", std::to_string(n_bins)},
                    {"method", "quantile"},
                    {"recency_edges", join(recency_edges.edges)},
                    {"frequency_edges", join(frequency_edges.edges)},
                    {"monetary_edges", join(monetary_edges.edges)},
                    {"r_levels_used", join(recency_edges.levels_used)},
                    {"f_levels_used", join(frequency_edges.levels_used)},
                    {"m_levels_used", join(monetary_edges.levels_used)},
                    {"num_lines_ignored", std::to_string(num_lines_ignored)}};
  add_selection(metadata, selection);
  return metadata;
}

Scores score(const CustomerHistory& history, const Options& options) {
  require_bins(options.n_bins);
  Scores result;
  const HistoryView view(history, options.as_of_us);
  result.as_of_us = view.as_of_us();
  result.selection = history.options().selection;
  result.n_bins = options.n_bins;
  result.num_lines_ignored = history.num_lines_from(result.as_of_us);

  const std::size_t num_codes = history.customer_keys().num_codes();
  std::vector<std::int64_t> last_order_us(num_codes, kNoOrder);
  std::vector<std::int64_t> frequency(num_codes);
  std::vector<Int128> monetary(num_codes);
  for (std::uint32_t code = 0; code < history.orders().size(); ++code) {
    if (view.is_counted(code)) {
      const OrderState& order = history.orders()[code];
      std::int64_t& last_us = last_order_us[order.customer];
      last_us = std::max(last_us, order.purchase_us);
      ++frequency[order.customer];
    }
  }
  view.for_each_line_sum([&](const OrderDay& day) {
    monetary[history.orders()[day.order].customer] += to_int128(day.sum);
  });

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

Scores score(const Transactions& transactions, const Options& options, const Selection& selection) {
  require_bins(options.n_bins);
  return score(history_of(transactions, options.num_threads,
                          {.as_of_us = options.as_of_us, .selection = selection}),
               options);
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
  const auto require_scores = [&](const std::vector<std::uint8_t>& column) {
    require(
        column.size() == scores.num_rows() &&
            std::all_of(column.begin(), column.end(),
                        [&](std::uint8_t value) { return value >= 1 && value <= rules.n_bins; }),
        ErrorCode::invalid_data, "rfm: a score of each customer must be in [1, n_bins]",
        std::to_string(rules.n_bins));
  };
  require_scores(scores.r_score);
  require_scores(scores.f_score);
  require_scores(scores.m_score);
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

KeyColumn customers_in(const Segments& segments, const std::vector<std::string>& names) {
  const std::set<std::string_view> wanted(names.begin(), names.end());
  for (const std::string_view name : wanted) {
    require(std::find(segments.segments.begin(), segments.segments.end(), name) !=
                segments.segments.end(),
            ErrorCode::invalid_argument, "rfm: the rule set has no such segment", name);
  }
  KeyColumn customers;
  for (std::size_t row = 0; row < segments.num_rows(); ++row) {
    if (wanted.contains(segments.segment[row].text)) {
      customers.push_back(segments.customer[row]);
    }
  }
  return customers;
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

Metadata Tiers::metadata() const {
  Metadata metadata = scores_metadata;
  std::string listed;
  for (const std::string& name : names) {
    listed += (listed.empty() ? "" : ", ") + name;
  }
  metadata.emplace_back("tiers", listed);
  metadata.emplace_back("tier_cuts", join(cuts));
  metadata.emplace_back("tier_sizes", join(sizes));
  return metadata;
}

Tiers tiers(const Scores& scores, const TierOptions& options) {
  double before = 0.0;
  for (const double cut : options.cuts) {
    require(cut > before && cut < 1.0, ErrorCode::invalid_argument,
            "rfm: cuts of tiers must increase within (0, 1)", join(options.cuts));
    before = cut;
  }
  require(options.names.size() == options.cuts.size() + 1, ErrorCode::invalid_argument,
          "rfm: there must be one more name of a tier than cuts",
          std::to_string(options.names.size()) + ", " + std::to_string(options.cuts.size()));

  Tiers table;
  table.customer = scores.customer;
  table.monetary = scores.monetary;
  table.names = options.names;
  table.cuts = options.cuts;
  table.sizes.resize(options.names.size());
  table.scores_metadata = scores.metadata();

  const std::vector<Int128> sorted = sorted_from_best(scores.monetary);
  std::vector<std::size_t> ends;  // Number of customers that may stand in a tier or above it.
  for (const double cut : options.cuts) {
    ends.push_back(share_of(sorted.size(), cut));
  }
  for (const Money128& money : scores.monetary) {
    const Int128 value = to_int128(money);
    // More than the first one behind the cut: so equals of that one are all below.
    const auto end = std::find_if(ends.begin(), ends.end(), [&](std::size_t n) {
      return n == sorted.size() || value > sorted[n];
    });
    const auto tier = static_cast<std::size_t>(end - ends.begin());
    table.tier.push_back(Key(std::string_view(options.names[tier])));
    ++table.sizes[tier];
    if (tier > 0 && ends[tier - 1] > 0) {
      table.to_next_tier.push_back(from_int128(sorted[ends[tier - 1] - 1] + 1 - value));
    } else {
      table.to_next_tier.push_null();
    }
  }
  return table;
}

Metadata Concentration::metadata() const {
  Metadata metadata = scores_metadata;
  metadata.emplace_back("gini", gini.is_valid.at(0) != 0 ? to_text(gini.values[0]) : "undefined");
  metadata.emplace_back("num_negative", std::to_string(num_negative));
  return metadata;
}

Concentration concentration(const Scores& scores, const std::vector<double>& top_shares) {
  for (const double share : top_shares) {
    require(share >= 0.0 && share <= 1.0, ErrorCode::invalid_argument,
            "rfm: a share of the customers must be in [0, 1]", to_text(share));
  }
  Concentration table;
  table.scores_metadata = scores.metadata();
  const std::vector<Int128> sorted = sorted_from_best(scores.monetary);

  // Running totals of the best; and, for Gini, each value times its rank from the best.
  const auto overflow_if = [](bool is_overflow) {
    require(!is_overflow, ErrorCode::overflow, "rfm: money too large for its concentration");
  };
  std::vector<Money128> totals{{}};
  Int128 weighted = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    totals.push_back(add(totals.back(), from_int128(sorted[i])));
    Int128 product = 0;
    overflow_if(__builtin_mul_overflow(sorted[i], static_cast<std::int64_t>(i + 1), &product) ||
                __builtin_add_overflow(weighted, product, &weighted));
    table.num_negative += sorted[i] < 0 ? 1 : 0;
  }
  const Money128 total = totals.back();
  for (const double share : top_shares) {
    const std::size_t count = share_of(sorted.size(), share);
    table.top_share.push_back(share);
    table.customers.push_back(static_cast<std::int64_t>(count));
    table.revenue.push_back(totals[count]);
    if (total > Money128{}) {
      table.revenue_share.push_back(ratio(totals[count], total));
    } else {
      table.revenue_share.push_null();
    }
  }

  if (table.num_negative > 0 || total <= Money128{}) {
    table.gini.push_null();
    return table;
  }
  // With ranks from the best: ((n + 1) · total - 2 · weighted) / (n · total).
  const auto n = static_cast<std::int64_t>(sorted.size());
  Int128 all = 0;
  Int128 denominator = 0;
  Int128 numerator = 0;
  overflow_if(__builtin_mul_overflow(to_int128(total), n + 1, &all) ||
              __builtin_mul_overflow(to_int128(total), n, &denominator) ||
              __builtin_mul_overflow(weighted, 2, &numerator) ||
              __builtin_sub_overflow(all, numerator, &numerator));
  table.gini.push_back(nearest_quotient(numerator, denominator));
  return table;
}

}  // namespace ecommerce_analytics::rfm
