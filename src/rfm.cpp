#include "ecommerce_analytics/rfm.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <span>

#include "core/int128.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/summary.hpp"
#include "gini.hpp"
#include "history_of.hpp"
#include "history_view.hpp"
#include "rule_sets_data.hpp"

namespace ecommerce_analytics::rfm {
namespace {

enum class Better : std::uint8_t { lower, higher };

constexpr std::int64_t kNoOrder = std::numeric_limits<std::int64_t>::min();
constexpr int kMaxWindowDays = 1'000'000;
constexpr int kMaxPoints = 1'000'000;

/// What is summed up of a customer, side by side in memory.
struct CustomerSums {
  Int128 monetary = 0;
  std::int64_t last_order_us = kNoOrder;
  std::int64_t frequency = 0;
};

/// How a column is scored; `unit` counts make one of the column's unit.
struct Scale {
  int n_bins;
  Better better;
  std::int64_t unit;
  const std::optional<std::vector<std::int64_t>>& thresholds;
};

/// Puts the values of `places`, which increase, where sorting all of [first, last) would put them.
template <class Iterator>
void select_places(Iterator begin, Iterator first, Iterator last,
                   std::span<const std::size_t> places) {
  if (places.empty()) {
    return;
  }
  const std::size_t middle = places.size() / 2;
  const Iterator nth = begin + static_cast<std::ptrdiff_t>(places[middle]);
  std::nth_element(first, nth, last);
  select_places(begin, first, nth, places.first(middle));
  select_places(begin, nth + 1, last, places.subspan(middle + 1));
}

/// Floors of the type-7 quantiles: a whole number is above an edge if it is above its floor.
template <class Exact>
std::vector<Exact> quantile_floors(std::vector<Exact> values, const Scale& scale,
                                   std::vector<double>& edges) {
  const auto n_bins = static_cast<std::size_t>(scale.n_bins);
  std::vector<std::size_t> places;
  for (std::size_t i = 1; i < n_bins; ++i) {
    const std::size_t j = (values.size() - 1) * i / n_bins;
    places.push_back(j);
    places.push_back(std::min(j + 1, values.size() - 1));
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  select_places(values.begin(), values.begin(), values.end(), places);

  // The i-th edge is x[j] + rest / n_bins · (x[j + 1] - x[j]), where (n - 1) · i = j · n_bins +
  // rest.
  std::vector<Exact> floors;
  for (std::size_t i = 1; i < n_bins; ++i) {
    const std::size_t position = (values.size() - 1) * i;
    const std::size_t j = position / n_bins;
    const auto rest = static_cast<std::int64_t>(position % n_bins);
    const Int128 low = values[j];
    const Int128 high = rest == 0 ? low : static_cast<Int128>(values[j + 1]);
    Int128 step = 0;
    Int128 numerator = 0;
    require(!__builtin_sub_overflow(high, low, &step) &&
                !__builtin_mul_overflow(step, rest, &step) &&
                !__builtin_mul_overflow(low, scale.n_bins, &numerator) &&
                !__builtin_add_overflow(numerator, step, &numerator),
            ErrorCode::overflow, "rfm: money too large for quantiles");
    const Int128 floor = numerator / scale.n_bins - (numerator % scale.n_bins < 0 ? 1 : 0);
    floors.push_back(static_cast<Exact>(floor));
    edges.push_back(nearest_quotient(numerator, static_cast<Int128>(scale.n_bins) * scale.unit));
  }
  return floors;
}

/// Number of edges below a value; a few are counted without a branch.
template <class Exact>
int num_below(const std::vector<Exact>& floors, const Exact& value) {
  constexpr std::size_t kFew = 16;
  if (floors.size() > kFew) {
    return static_cast<int>(std::lower_bound(floors.begin(), floors.end(), value) - floors.begin());
  }
  int count = 0;
  for (const Exact& floor : floors) {
    count += floor < value ? 1 : 0;
  }
  return count;
}

/// Scores of a column and the edges behind them.
template <class Exact>
std::vector<std::uint8_t> scores_of(const std::vector<Exact>& values, const Scale& scale,
                                    Edges& edges) {
  std::vector<Exact> floors;
  if (scale.thresholds) {
    for (const std::int64_t threshold : *scale.thresholds) {
      floors.push_back(threshold);
      edges.edges.push_back(nearest_quotient(threshold, scale.unit));
    }
  } else if (!values.empty()) {
    floors = quantile_floors(values, scale, edges.edges);
  }
  const bool is_middle =
      !scale.thresholds &&
      std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();

  std::vector<std::uint8_t> scores;
  std::vector<bool> is_used(static_cast<std::size_t>(scale.n_bins) + 1);
  scores.reserve(values.size());
  for (const Exact& value : values) {
    const int below = num_below(floors, value);
    int score = scale.better == Better::higher ? 1 + below : scale.n_bins - below;
    score = is_middle ? scale.n_bins / 2 + 1 : score;
    is_used[static_cast<std::size_t>(score)] = true;
    scores.push_back(static_cast<std::uint8_t>(score));
  }
  for (int level = 1; level <= scale.n_bins; ++level) {
    if (is_used[static_cast<std::size_t>(level)]) {
      edges.levels_used.push_back(level);
    }
  }
  return scores;
}

/// The money in 64 bits, which are quicker to compare; nothing if some of it does not fit.
std::optional<std::vector<std::int64_t>> narrowed(const std::vector<Money128>& money) {
  std::vector<std::int64_t> values;
  values.reserve(money.size());
  for (const Money128& one : money) {
    const auto value = static_cast<std::int64_t>(to_int128(one));
    if (value != to_int128(one)) {
      return std::nullopt;
    }
    values.push_back(value);
  }
  return values;
}

std::vector<Int128> widened(const std::vector<Money128>& money) {
  std::vector<Int128> values(money.size());
  std::transform(money.begin(), money.end(), values.begin(), to_int128);
  return values;
}

std::vector<std::uint8_t> money_scores(const std::vector<Money128>& money, const Scale& scale,
                                       Edges& edges) {
  const std::optional<std::vector<std::int64_t>> values = narrowed(money);
  return values ? scores_of(*values, scale, edges) : scores_of(widened(money), scale, edges);
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

void validate_thresholds(const std::optional<std::vector<std::int64_t>>& thresholds,
                         std::string_view name, const Options& options) {
  if (options.method == Method::quantile) {
    require(!thresholds, ErrorCode::invalid_argument, "rfm: thresholds need method thresholds",
            name);
    return;
  }
  require(thresholds.has_value(), ErrorCode::invalid_argument,
          "rfm: method thresholds needs thresholds of all three", name);
  const auto list = [&] { return std::string(name) + " " + join(*thresholds); };
  require(thresholds->size() == static_cast<std::size_t>(options.n_bins) - 1,
          ErrorCode::invalid_argument, "rfm: there must be n_bins - 1 thresholds", list());
  require(std::adjacent_find(thresholds->begin(), thresholds->end(), std::greater_equal<>()) ==
              thresholds->end(),
          ErrorCode::invalid_argument, "rfm: thresholds must increase", list());
}

void validate(const Options& options) {
  require_bins(options.n_bins);
  require(
      !options.window_days || (*options.window_days >= 1 && *options.window_days <= kMaxWindowDays),
      ErrorCode::invalid_argument, "rfm: window_days must be in [1, 1000000]",
      std::to_string(options.window_days.value_or(0)));
  validate_thresholds(options.recency_thresholds, "recency_thresholds", options);
  validate_thresholds(options.frequency_thresholds, "frequency_thresholds", options);
  validate_thresholds(options.monetary_thresholds, "monetary_thresholds", options);
}

bool bounds_monetary(const RuleSet& rules) {
  return std::any_of(rules.rules.begin(), rules.rules.end(),
                     [](const Rule& rule) { return rule.m_min || rule.m_max; });
}

std::string second_name(const RuleSet& rules) {
  return rules.second == SecondScore::f ? "f" : "fm";
}

/// Names a rule by its place from 1, its segment and its bounds.
std::string describe(const RuleSet& rules, std::size_t place) {
  const Rule& rule = rules.rules[place];
  const auto range = [](int least, int greatest) {
    return " [" + std::to_string(least) + ", " + std::to_string(greatest) + "]";
  };
  std::string text = "rule " + std::to_string(place + 1) + " (" + rule.segment + ", r" +
                     range(rule.r_min, rule.r_max) + ", " + second_name(rules) +
                     range(rule.second_min, rule.second_max);
  if (rule.m_min || rule.m_max) {
    text += ", m" + range(rule.m_min.value_or(1), rule.m_max.value_or(rules.n_bins));
  }
  return text + ")";
}

/// Refuses what can be told of each rule alone.
void validate_rules(const RuleSet& rules) {
  require_bins(rules.n_bins);
  require(rules.rules.size() <= RuleSet::kMaxRules, ErrorCode::invalid_argument,
          "rfm: more than 1,000 rules", std::to_string(rules.rules.size()));
  const bool has_monetary = bounds_monetary(rules);
  require(!has_monetary || rules.second == SecondScore::f, ErrorCode::invalid_argument,
          "rfm: bounds of m need f as the second score", second_name(rules));
  require(!has_monetary || rules.n_bins <= RuleSet::kMaxBinsWithMonetary,
          ErrorCode::invalid_argument, "rfm: bounds of m need 50 bins or fewer",
          std::to_string(rules.n_bins));
  std::set<std::string_view> segments;
  for (std::size_t place = 0; place < rules.rules.size(); ++place) {
    const Rule& rule = rules.rules[place];
    const auto is_range = [&](int least, int greatest) {
      return least >= 1 && least <= greatest && greatest <= rules.n_bins;
    };
    require(!Key(std::string_view(rule.segment)).is_unknown(), ErrorCode::invalid_argument,
            "rfm: a segment needs a name, other than unknown", describe(rules, place));
    require(is_range(rule.r_min, rule.r_max) && is_range(rule.second_min, rule.second_max) &&
                is_range(rule.m_min.value_or(1), rule.m_max.value_or(rules.n_bins)),
            ErrorCode::invalid_argument, "rfm: bounds of a rule must increase within [1, n_bins]",
            describe(rules, place));
    segments.insert(rule.segment);
  }
  for (const auto& [segment, strategy] : rules.strategies) {
    require(segments.contains(segment), ErrorCode::invalid_argument,
            "rfm: a strategy is for no segment of the rules", segment);
  }
}

/// The rule of each cell.
struct Cells {
  std::size_t n_bins = 0;
  std::size_t num_m = 1;  // 1 where no rule bounds the monetary score.
  std::vector<std::size_t> rules{};

  [[nodiscard]] std::size_t operator()(int r, int second, int m) const {
    const auto place = [](int score) { return static_cast<std::size_t>(score) - 1; };
    return rules[(place(r) * n_bins + place(second)) * num_m + (num_m == 1 ? 0 : place(m))];
  }
};

/// Finds the first rule of each cell; refuses a cell without one and a rule without a cell.
Cells cells_of(const RuleSet& rules) {
  validate_rules(rules);
  const bool has_monetary = bounds_monetary(rules);
  Cells cells{.n_bins = static_cast<std::size_t>(rules.n_bins),
              .num_m = has_monetary ? static_cast<std::size_t>(rules.n_bins) : 1};
  std::vector<bool> is_reached(rules.rules.size());
  for (int r = 1; r <= rules.n_bins; ++r) {
    for (int second = 1; second <= rules.n_bins; ++second) {
      for (int m = 1; m <= static_cast<int>(cells.num_m); ++m) {
        const auto rule =
            std::find_if(rules.rules.begin(), rules.rules.end(), [&](const Rule& candidate) {
              return r >= candidate.r_min && r <= candidate.r_max &&
                     second >= candidate.second_min && second <= candidate.second_max &&
                     m >= candidate.m_min.value_or(1) && m <= candidate.m_max.value_or(m);
            });
        require(rule != rules.rules.end(), ErrorCode::invalid_argument,
                "rfm: a cell of scores has no rule",
                "r " + std::to_string(r) + ", " + second_name(rules) + " " +
                    std::to_string(second) + (has_monetary ? ", m " + std::to_string(m) : ""));
        cells.rules.push_back(static_cast<std::size_t>(rule - rules.rules.begin()));
        is_reached[cells.rules.back()] = true;
      }
    }
  }
  for (std::size_t place = 0; place < rules.rules.size(); ++place) {
    require(is_reached[place], ErrorCode::invalid_argument,
            "rfm: a rule is never reached, others take all of its cells", describe(rules, place));
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
  if (std::optional<std::vector<std::int64_t>> values = narrowed(monetary)) {
    std::sort(values->begin(), values->end(), std::greater<>());
    return {values->begin(), values->end()};
  }
  std::vector<Int128> sorted = widened(monetary);
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  return sorted;
}

/// Gini coefficient of money that is sorted from the best.
Gini gini_of(const std::vector<Int128>& sorted) {
  const auto is_negative = [](Int128 value) { return value < 0; };
  return {.value = gini(sorted),
          .num_negative = std::count_if(sorted.begin(), sorted.end(), is_negative)};
}

void add_gini(Metadata& metadata, const Gini& gini) {
  metadata.emplace_back("gini", gini.value ? to_text(*gini.value) : "undefined");
  if (!gini.value) {
    metadata.emplace_back("gini_note", gini.num_negative > 0
                                           ? "undefined, because customers have less than zero: " +
                                                 std::to_string(gini.num_negative)
                                           : "undefined, because nobody has money");
  }
  metadata.emplace_back("num_negative", std::to_string(gini.num_negative));
}

/// Running totals of sorted money, from none to all of it.
std::vector<Money128> running_totals(const std::vector<Int128>& sorted) {
  std::vector<Money128> totals{{}};
  totals.reserve(sorted.size() + 1);
  for (const Int128 value : sorted) {
    totals.push_back(add(totals.back(), from_int128(value)));
  }
  return totals;
}

void push_share(Nullable<double>& column, Money128 part, Money128 whole) {
  if (whole > Money128{}) {
    column.push_back(ratio(part, whole));
  } else {
    column.push_null();
  }
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

Method parse_method(std::string_view name) {
  for (const Method method : {Method::quantile, Method::thresholds}) {
    if (name == method_name(method)) {
      return method;
    }
  }
  throw Error(ErrorCode::invalid_argument, "rfm: method must be quantile or thresholds",
              {.row = std::nullopt, .column = {}, .value = std::string(name)});
}

std::string_view method_name(Method method) noexcept {
  return method == Method::quantile ? "quantile" : "thresholds";
}

Metadata Scores::metadata() const {
  Metadata metadata{{"as_of", format_time(as_of_us)},
                    {"n_bins", std::to_string(n_bins)},
                    {"method", std::string(method_name(method))},
                    {"recency_edges", join(recency_edges.edges)},
                    {"frequency_edges", join(frequency_edges.edges)},
                    {"monetary_edges", join(monetary_edges.edges)},
                    {"r_levels_used", join(recency_edges.levels_used)},
                    {"f_levels_used", join(frequency_edges.levels_used)},
                    {"m_levels_used", join(monetary_edges.levels_used)},
                    {"num_lines_ignored", std::to_string(num_lines_ignored)}};
  if (window_days) {
    metadata.emplace_back("window_days", std::to_string(*window_days));
    metadata.emplace_back("window_start", format_day(window_start_day));
  }
  add_selection(metadata, selection);
  return metadata;
}

Scores score(const CustomerHistory& history, const Options& options) {
  validate(options);
  Scores result;
  const HistoryView view(history, options.as_of_us);
  result.as_of_us = view.as_of_us();
  result.selection = history.options().selection;
  result.n_bins = options.n_bins;
  result.method = options.method;
  result.window_days = options.window_days;
  if (options.window_days) {
    result.window_start_day =
        std::max(day_of(result.as_of_us - 1) + 1 - *options.window_days, kFirstCivilDay);
  }
  const std::int32_t first_day = options.window_days ? result.window_start_day : view.start_day();
  result.num_lines_ignored = history.num_lines_from(result.as_of_us);

  std::vector<CustomerSums> sums(history.customer_keys().num_codes());
  for (std::uint32_t code = 0; code < history.orders().size(); ++code) {
    const OrderState& order = history.orders()[code];
    if (view.is_counted(code) && day_of(order.purchase_us) >= first_day) {
      CustomerSums& customer = sums[order.customer];
      customer.last_order_us = std::max(customer.last_order_us, order.purchase_us);
      ++customer.frequency;
    }
  }
  view.for_each_line_sum([&](const HistoryView::Sum& line) {
    if (line.day >= first_day) {
      sums[line.customer].monetary += line.sum;
    }
  });

  for (const std::uint32_t code : history.customer_keys().codes_by_key()) {
    const CustomerSums& customer = sums[code];
    if (customer.frequency == 0) {
      continue;  // Has only refunds or gifts, or orders that are left out.
    }
    result.customer.push_back(history.customer_keys().key(code));
    result.recency_days.push_back(static_cast<std::int32_t>(
        (result.as_of_us - customer.last_order_us) / kMicrosecondsPerDay));
    result.frequency.push_back(customer.frequency);
    result.monetary.push_back(from_int128(customer.monetary));
  }
  const auto scale = [&](Better better, std::int64_t unit,
                         const std::optional<std::vector<std::int64_t>>& thresholds) {
    return Scale{options.n_bins, better, unit, thresholds};
  };
  result.r_score =
      scores_of(std::vector<std::int64_t>(result.recency_days.begin(), result.recency_days.end()),
                scale(Better::lower, 1, options.recency_thresholds), result.recency_edges);
  result.f_score =
      scores_of(result.frequency, scale(Better::higher, 1, options.frequency_thresholds),
                result.frequency_edges);
  result.m_score =
      money_scores(result.monetary, scale(Better::higher, kMoneyScale, options.monetary_thresholds),
                   result.monetary_edges);
  return result;
}

Scores score(const Transactions& transactions, const Options& options, const Selection& selection) {
  validate(options);
  return score(history_of(transactions, options.num_threads,
                          {.as_of_us = options.as_of_us, .selection = selection}),
               options);
}

void validate(const RuleSet& rules) { static_cast<void>(cells_of(rules)); }

std::vector<std::pair<std::size_t, std::size_t>> overlaps(const RuleSet& rules) {
  const auto meet = [](int a_min, int a_max, int b_min, int b_max) {
    return a_min <= b_max && b_min <= a_max;
  };
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0; i < rules.rules.size(); ++i) {
    for (std::size_t j = i + 1; j < rules.rules.size(); ++j) {
      const Rule& a = rules.rules[i];
      const Rule& b = rules.rules[j];
      if (meet(a.r_min, a.r_max, b.r_min, b.r_max) &&
          meet(a.second_min, a.second_max, b.second_min, b.second_max) &&
          meet(a.m_min.value_or(1), a.m_max.value_or(rules.n_bins), b.m_min.value_or(1),
               b.m_max.value_or(rules.n_bins))) {
        pairs.emplace_back(i, j);
      }
    }
  }
  return pairs;
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
    for (const data::EmbeddedStrategy& one :
         std::span(embedded.strategies, embedded.num_strategies)) {
      rules.strategies.emplace(one.segment, one.strategy);
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
  std::string pairs;
  for (const auto& [first, second] : overlaps) {
    pairs += (pairs.empty() ? "[" : ", [") + std::to_string(first + 1) + ", " +
             std::to_string(second + 1) + "]";
  }
  metadata.emplace_back("rule_overlaps", "[" + pairs + "]");
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
  const Cells cells = cells_of(rules);
  Segments result{scores, {}, {}, rules.name, {}, rules.strategies, overlaps(rules)};
  std::vector<std::uint16_t> place_of_rule;  // Among the segments.
  for (const Rule& rule : rules.rules) {
    const auto found = std::find(result.segments.begin(), result.segments.end(), rule.segment);
    place_of_rule.push_back(static_cast<std::uint16_t>(found - result.segments.begin()));
    if (found == result.segments.end()) {
      result.segments.push_back(rule.segment);
    }
  }
  result.place.reserve(scores.num_rows());
  for (std::size_t row = 0; row < scores.num_rows(); ++row) {
    const int f = scores.f_score[row];
    const int second =
        rules.second == SecondScore::f ? f : (f + scores.m_score[row] + 1) / 2;  // Halves go up.
    const std::size_t rule = cells(scores.r_score[row], second, scores.m_score[row]);
    result.segment.push_back(Key(std::string_view(rules.rules[rule].segment)));
    result.place.push_back(place_of_rule[rule]);
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

namespace {

/// Rows of a table whose customers, in increasing order, are among some others in any order.
std::vector<std::size_t> rows_of(const KeyColumn& table, const KeyColumn& customers) {
  std::vector<std::size_t> order(customers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto is_less = [&](std::size_t a, std::size_t b) { return customers[a] < customers[b]; };
  if (!std::is_sorted(order.begin(), order.end(), is_less)) {
    std::sort(order.begin(), order.end(), is_less);
  }
  std::vector<std::size_t> rows;
  std::size_t place = 0;
  for (std::size_t row = 0; row < table.size(); ++row) {
    while (place < order.size() && customers[order[place]] < table[row]) {
      ++place;
    }
    if (place < order.size() && customers[order[place]] == table[row]) {
      rows.push_back(row);
    }
  }
  return rows;
}

template <class Values>
Values gathered(const Values& values, const std::vector<std::size_t>& rows) {
  Values some;
  if constexpr (requires { some.reserve(rows.size()); }) {
    some.reserve(rows.size());
  }
  for (const std::size_t row : rows) {
    some.push_back(values[row]);
  }
  return some;
}

/// The scores of some rows; the columns that `Segments` adds stay as they are.
void keep_rows(Scores& scores, const std::vector<std::size_t>& rows) {
  scores.customer = gathered(scores.customer, rows);
  scores.recency_days = gathered(scores.recency_days, rows);
  scores.frequency = gathered(scores.frequency, rows);
  scores.monetary = gathered(scores.monetary, rows);
  scores.r_score = gathered(scores.r_score, rows);
  scores.f_score = gathered(scores.f_score, rows);
  scores.m_score = gathered(scores.m_score, rows);
}

}  // namespace

Scores of_customers(const Scores& scores, const KeyColumn& customers) {
  Scores some = scores;
  keep_rows(some, rows_of(scores.customer, customers));
  return some;
}

Segments of_customers(const Segments& segments, const KeyColumn& customers) {
  const std::vector<std::size_t> rows = rows_of(segments.customer, customers);
  Segments some = segments;
  keep_rows(some, rows);
  some.segment = gathered(segments.segment, rows);
  some.place = gathered(segments.place, rows);
  return some;
}

SegmentSummary summarize(const Segments& segments) {
  std::vector<std::vector<std::size_t>> rows_by_segment(segments.segments.size());
  Money128 total{};
  for (std::size_t row = 0; row < segments.num_rows(); ++row) {
    rows_by_segment[segments.place[row]].push_back(row);
    total = add(total, segments.monetary[row]);
  }

  SegmentSummary table;
  table.scores_metadata = segments.metadata();
  const auto num_customers = static_cast<std::int64_t>(segments.num_rows());
  for (std::size_t place = 0; place < segments.segments.size(); ++place) {
    const std::string& name = segments.segments[place];
    const std::vector<std::size_t>& rows = rows_by_segment[place];  // In key order.
    Money128 revenue{};
    std::int64_t num_orders = 0;
    std::vector<double> recency_days;
    std::vector<double> frequency;
    std::vector<Int128> monetary;
    for (const std::size_t row : rows) {
      revenue = add(revenue, segments.monetary[row]);
      num_orders += segments.frequency[row];
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
    push_if(num_orders > 0, table.average_order_value,
            [&] { return mean_money(revenue, num_orders); });
    const auto strategy = segments.strategies.find(name);
    table.strategy.push_back(strategy == segments.strategies.end() ? "" : strategy->second);
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
    table.place.push_back(static_cast<std::uint16_t>(tier));
    ++table.sizes[tier];
    if (tier > 0 && ends[tier - 1] > 0) {
      table.to_next_tier.push_back(from_int128(sorted[ends[tier - 1] - 1] + 1 - value));
    } else {
      table.to_next_tier.push_null();
    }
  }
  return table;
}

Tiers of_customers(const Tiers& tiers, const KeyColumn& customers) {
  const std::vector<std::size_t> rows = rows_of(tiers.customer, customers);
  Tiers some = tiers;
  some.customer = gathered(tiers.customer, rows);
  some.monetary = gathered(tiers.monetary, rows);
  some.tier = gathered(tiers.tier, rows);
  some.place = gathered(tiers.place, rows);
  some.to_next_tier = {};
  for (const std::size_t row : rows) {
    if (tiers.to_next_tier.is_valid[row] != 0) {
      some.to_next_tier.push_back(tiers.to_next_tier.values[row]);
    } else {
      some.to_next_tier.push_null();
    }
  }
  return some;
}

TierSummary summarize(const Tiers& tiers) {
  TierSummary table;
  table.tiers_metadata = tiers.metadata();
  table.customers.resize(tiers.names.size());
  table.revenue.resize(tiers.names.size());
  Money128 total{};
  for (std::size_t row = 0; row < tiers.num_rows(); ++row) {
    const std::size_t place = tiers.place[row];
    ++table.customers[place];
    table.revenue[place] = add(table.revenue[place], tiers.monetary[row]);
    total = add(total, tiers.monetary[row]);
  }
  const auto num_customers = static_cast<std::int64_t>(tiers.num_rows());
  for (std::size_t place = 0; place < tiers.names.size(); ++place) {
    table.tier.push_back(Key(std::string_view(tiers.names[place])));
    const std::int64_t count = table.customers[place];
    if (num_customers > 0) {
      table.customer_share.push_back(nearest_quotient(count, num_customers));
    } else {
      table.customer_share.push_null();
    }
    push_share(table.revenue_share, table.revenue[place], total);
    if (count > 0) {
      table.mean_monetary.push_back(mean_money(table.revenue[place], count));
    } else {
      table.mean_monetary.push_null();
    }
  }
  return table;
}

Metadata Concentration::metadata() const {
  Metadata metadata = scores_metadata;
  add_gini(metadata, gini);
  return metadata;
}

Concentration concentration(const Scores& scores, const std::vector<double>& top_shares) {
  for (const double share : top_shares) {
    require(share >= 0.0 && share <= 1.0, ErrorCode::invalid_argument,
            "rfm: a share of the customers must be in [0, 1]", to_text(share));
  }
  const std::vector<Int128> sorted = sorted_from_best(scores.monetary);
  const std::vector<Money128> totals = running_totals(sorted);
  Concentration table;
  table.scores_metadata = scores.metadata();
  table.gini = gini_of(sorted);
  for (const double share : top_shares) {
    const std::size_t count = share_of(sorted.size(), share);
    table.top_share.push_back(share);
    table.customers.push_back(static_cast<std::int64_t>(count));
    table.revenue.push_back(totals[count]);
    push_share(table.revenue_share, totals[count], totals.back());
  }
  return table;
}

Metadata Lorenz::metadata() const {
  Metadata metadata = scores_metadata;
  add_gini(metadata, gini);
  return metadata;
}

Lorenz lorenz(const Scores& scores, int num_points) {
  require(num_points >= 2 && num_points <= kMaxPoints, ErrorCode::invalid_argument,
          "rfm: num_points must be in [2, 1000000]", std::to_string(num_points));
  std::vector<Int128> sorted = sorted_from_best(scores.monetary);
  Lorenz table;
  table.scores_metadata = scores.metadata();
  table.gini = gini_of(sorted);
  std::reverse(sorted.begin(), sorted.end());
  const std::vector<Money128> totals = running_totals(sorted);
  const std::size_t last = static_cast<std::size_t>(num_points) - 1;
  for (std::size_t i = 0; i <= last; ++i) {
    const std::size_t count = sorted.size() * i / last;
    table.customers.push_back(static_cast<std::int64_t>(count));
    if (sorted.empty()) {
      table.customer_share.push_null();
    } else {
      table.customer_share.push_back(
          nearest_quotient(static_cast<Int128>(count), static_cast<Int128>(sorted.size())));
    }
    table.revenue.push_back(totals[count]);
    push_share(table.revenue_share, totals[count], totals.back());
  }
  return table;
}

}  // namespace ecommerce_analytics::rfm
