#include "ecommerce_analytics/campaign.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "core/compensated_sum.hpp"
#include "core/elementary.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/parallel.hpp"
#include "ecommerce_analytics/core/random.hpp"

namespace ecommerce_analytics::campaign {
namespace {

constexpr double kMaxMoney = 1e12;
constexpr std::int64_t kMaxScenarios = 10'000'000;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

enum Assumption : std::size_t {
  at_uplift,
  at_margin,
  at_discount,
  at_redemption,
  at_contact_cost,
  at_fixed_cost,
  at_spend_factor,
};

using Ranges = std::array<Range, kNumAssumptions>;

struct Domain {
  double least = 0.0;
  double greatest = 0.0;
};

constexpr std::array<Domain, kNumAssumptions> kDomains{{{-1.0, 1.0},
                                                        {0.0, 1.0},
                                                        {0.0, 1.0},
                                                        {0.0, 1.0},
                                                        {0.0, kMaxMoney},
                                                        {0.0, kMaxMoney},
                                                        {0.0, 1000.0}}};

Ranges checked(const Assumptions& assumptions) {
  require(assumptions.margin.has_value(), ErrorCode::invalid_argument,
          "campaign: the margin before the discount must be given, it has no default");
  require(assumptions.uplift.has_value(), ErrorCode::invalid_argument,
          "campaign: the uplift must be given, it has no default");
  require(assumptions.discount.has_value(), ErrorCode::invalid_argument,
          "campaign: the discount must be given, it has no default");
  const Ranges ranges{*assumptions.uplift,     *assumptions.margin,      *assumptions.discount,
                      assumptions.redemption,  assumptions.contact_cost, assumptions.fixed_cost,
                      assumptions.spend_factor};
  for (std::size_t i = 0; i < kNumAssumptions; ++i) {
    const Range& range = ranges[i];
    const auto told = [&] {
      std::string text(kAssumptionNames[i]);
      text += " ";
      text += to_text(range.low);
      text += ", ";
      text += to_text(range.mode);
      text += ", ";
      text += to_text(range.high);
      return text;
    };
    const bool is_inside = range.low >= kDomains[i].least && range.high <= kDomains[i].greatest &&
                           range.mode >= kDomains[i].least && range.mode <= kDomains[i].greatest;
    if (!is_inside) [[unlikely]] {
      throw Error(ErrorCode::invalid_argument, "campaign: an assumption is outside its domain",
                  {.value = told()});
    }
    if (range.low > range.mode || range.mode > range.high) [[unlikely]] {
      throw Error(ErrorCode::invalid_argument,
                  "campaign: an assumption must be low <= mode <= high", {.value = told()});
    }
  }
  return ranges;
}

void require_customer(bool condition, std::string_view text, std::size_t row, const char* column,
                      double value) {
  if (!condition) [[unlikely]] {
    throw Error(
        ErrorCode::invalid_data, text,
        {.row = static_cast<std::int64_t>(row) + 1, .column = column, .value = to_text(value)});
  }
}

void validate(std::span<const double> p_order, std::span<const double> spend) {
  require(p_order.size() == spend.size(), ErrorCode::schema_mismatch,
          "campaign: columns of different lengths", "spend");
  require(!p_order.empty(), ErrorCode::invalid_data, "campaign: there are no customers");
  for (std::size_t row = 0; row < p_order.size(); ++row) {
    require_customer(p_order[row] >= 0.0 && p_order[row] <= 1.0,
                     "campaign: a probability must be in [0, 1]", row, "p_order", p_order[row]);
    require_customer(spend[row] >= 0.0 && spend[row] <= kMaxMoney,
                     "campaign: spend must be in [0, 1e12]", row, "spend", spend[row]);
  }
}

Values modes_of(const Ranges& ranges) {
  Values values{};
  for (std::size_t i = 0; i < kNumAssumptions; ++i) {
    values[i] = ranges[i].mode;
  }
  return values;
}

/// Values of the least and of the greatest profit.
struct Extremes {
  Values worst{};
  Values best{};
};

/// Share of the discount that a customer counts for whom the offer wins or loses: who is won pays
/// less by all of it, who is lost would have redeemed it as the others do.
double taken_share(const Values& values) {
  return values[at_uplift] < 0.0 ? values[at_redemption] : 1.0;
}

/// Margin of such a customer, as a share of the price.
double kept_margin(const Values& values) {
  return values[at_margin] - taken_share(values) * values[at_discount];
}

/// Looks at all corners, and for the greatest profit at those of uplift 0 if the range reaches
/// across it. Of equals the first wins, beginning where one would expect the extreme.
Extremes extremes_of(const Group& group, const Ranges& ranges) {
  constexpr std::array<bool, kNumAssumptions> kHighIsWorse{false, false, true, true,
                                                           true,  true,  false};
  Extremes found;
  double least = kInfinity;
  double greatest = -kInfinity;
  for (std::size_t corner = 0; corner < (std::size_t{1} << kNumAssumptions); ++corner) {
    Values low_first{};
    Values high_first{};
    for (std::size_t i = 0; i < kNumAssumptions; ++i) {
      const bool is_high = (((corner >> i) & 1U) != 0) != kHighIsWorse[i];
      low_first[i] = is_high ? ranges[i].high : ranges[i].low;
      high_first[i] = is_high ? ranges[i].low : ranges[i].high;
    }
    if (const double profit = group.outcome(low_first).profit; profit < least) {
      least = profit;
      found.worst = low_first;
    }
    if (const double profit = group.outcome(high_first).profit; profit > greatest) {
      greatest = profit;
      found.best = high_first;
    }
    if (ranges[at_uplift].low < 0.0 && ranges[at_uplift].high > 0.0) {
      high_first[at_uplift] = 0.0;
      if (const double profit = group.outcome(high_first).profit; profit > greatest) {
        greatest = profit;
        found.best = high_first;
      }
    }
  }
  return found;
}

void resize(Figures& figures, std::size_t size) {
  for (Nullable<double>* column : {&figures.break_even_uplift, &figures.roi}) {
    column->values.resize(size);
    column->is_valid.resize(size);
  }
  for (std::vector<double>* column :
       {&figures.profit, &figures.incremental_buyers, &figures.incremental_margin,
        &figures.sure_buyer_discount, &figures.contact_costs, &figures.discounts_given}) {
    column->resize(size);
  }
  for (std::vector<double>& column : figures.assumptions) {
    column.resize(size);
  }
}

void set(Nullable<double>& column, std::size_t row, const std::optional<double>& value) {
  column.values[row] = value.value_or(0.0);
  column.is_valid[row] = value ? 1 : 0;
}

void set_row(Figures& figures, std::size_t row, const Outcome& outcome, const Values& values) {
  set(figures.break_even_uplift, row, outcome.break_even_uplift);
  figures.profit[row] = outcome.profit;
  set(figures.roi, row, outcome.roi);
  figures.incremental_buyers[row] = outcome.incremental_buyers;
  figures.incremental_margin[row] = outcome.incremental_margin;
  figures.sure_buyer_discount[row] = outcome.sure_buyer_discount;
  figures.contact_costs[row] = outcome.contact_costs;
  figures.discounts_given[row] = outcome.discounts_given;
  for (std::size_t i = 0; i < kNumAssumptions; ++i) {
    figures.assumptions[i][row] = values[i];
  }
}

TextColumn repeated(UpliftSource source, std::size_t num_rows) {
  TextColumn column;
  for (std::size_t row = 0; row < num_rows; ++row) {
    column.push_back(uplift_source_name(source));
  }
  return column;
}

Scenarios scenarios_of(const Group& group, const Ranges& ranges, UpliftSource source) {
  const Extremes extremes = extremes_of(group, ranges);
  Scenarios table;
  table.num_customers = static_cast<std::int64_t>(group.num_customers());
  resize(table.figures, 3);
  std::size_t row = 0;
  for (const auto& [name, values] :
       {std::pair{"pessimistic", extremes.worst}, std::pair{"expected", modes_of(ranges)},
        std::pair{"optimistic", extremes.best}}) {
    const Outcome outcome = group.outcome(values);
    table.scenario.push_back(name);
    set_row(table.figures, row++, outcome, values);
    table.luck.push_back(outcome.luck);
  }
  table.uplift_source = repeated(source, 3);
  return table;
}

Tornado tornado_of(const Group& group, const Ranges& ranges, UpliftSource source) {
  struct Row {
    std::size_t assumption = 0;
    double at_low = 0.0;
    double at_high = 0.0;
    [[nodiscard]] double swing() const noexcept { return std::abs(at_high - at_low); }
  };
  const Values modes = modes_of(ranges);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < kNumAssumptions; ++i) {
    if (ranges[i].low < ranges[i].high) {
      Values values = modes;
      values[i] = ranges[i].low;
      const double at_low = group.outcome(values).profit;
      values[i] = ranges[i].high;
      rows.push_back({i, at_low, group.outcome(values).profit});
    }
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.swing() > b.swing(); });
  Tornado table;
  table.num_customers = static_cast<std::int64_t>(group.num_customers());
  table.source = source;
  const double expected = group.outcome(modes).profit;
  for (const Row& row : rows) {
    const Range& range = ranges[row.assumption];
    table.assumption.push_back(kAssumptionNames[row.assumption]);
    table.low.push_back(range.low);
    table.mode.push_back(range.mode);
    table.high.push_back(range.high);
    table.profit_at_low.push_back(row.at_low);
    table.profit_at_high.push_back(row.at_high);
    table.lower.push_back(std::min(row.at_low, row.at_high));
    table.upper.push_back(std::max(row.at_low, row.at_high));
    table.baseline.push_back(expected);
    table.swing.push_back(row.swing());
  }
  table.uplift_source = repeated(source, rows.size());
  return table;
}

/// A draw from the triangular distribution of a range, by its inverse.
double triangular(const Range& range, double uniform) {
  const double width = range.high - range.low;
  if (!(width > 0.0)) {
    return range.mode;
  }
  const double left = range.mode - range.low;
  const double value =
      uniform * width < left
          ? range.low + std::sqrt(uniform * width * left)
          : range.high - std::sqrt((1.0 - uniform) * width * (range.high - range.mode));
  return std::clamp(value, range.low, range.high);
}

/// A draw of the standard normal distribution.
/// Source: the polar method of Marsaglia and Bray (1964).
double normal(Random& random) {
  while (true) {
    const double x = 2.0 * random.uniform() - 1.0;
    const double y = 2.0 * random.uniform() - 1.0;
    const double square = x * x + y * y;
    if (square > 0.0 && square < 1.0) {
      return x * std::sqrt(-2.0 * elementary::log(square) / square);
    }
  }
}

Draws draws_of(const Group& group, const Ranges& ranges, UpliftSource source,
               const Options& options) {
  require(options.num_scenarios >= 1 && options.num_scenarios <= kMaxScenarios,
          ErrorCode::invalid_argument, "campaign: num_scenarios must be in [1, 10000000]",
          std::to_string(options.num_scenarios));
  const auto size = static_cast<std::size_t>(options.num_scenarios);
  Draws table;
  table.num_customers = static_cast<std::int64_t>(group.num_customers());
  table.random_state = options.random_state;
  table.draw.resize(size);
  std::iota(table.draw.begin(), table.draw.end(), std::int64_t{1});
  resize(table.figures, size);
  table.realised_profit.resize(size);
  table.uplift_source = repeated(source, size);

  // Gives each draw a generator of its own, so that it does not matter which thread makes it.
  Random seeds(options.random_state);
  std::vector<std::uint64_t> seed(size);
  std::generate(seed.begin(), seed.end(), [&] { return seeds.next(); });
  constexpr std::size_t kDrawsPerThread = 2'000;
  const int num_threads =
      static_cast<int>(std::min(static_cast<std::size_t>(resolve_num_threads(options.num_threads)),
                                1 + size / kDrawsPerThread));
  parallel_for(size, num_threads, [&](std::size_t, std::size_t first, std::size_t last) {
    PollCounter polls;
    for (std::size_t row = first; row < last; ++row) {
      polls.count();
      Random random(seed[row]);
      Values values{};
      for (std::size_t i = 0; i < kNumAssumptions; ++i) {
        values[i] = triangular(ranges[i], random.uniform());
      }
      const Outcome outcome = group.outcome(values);
      set_row(table.figures, row, outcome, values);
      table.realised_profit[row] = outcome.profit + outcome.luck * normal(random);
    }
  });
  return table;
}

double mean_of(std::span<const double> values) {
  CompensatedSum sum;
  for (const double value : values) {
    sum.add(value);
  }
  return sum.value() / static_cast<double>(values.size());
}

double standard_error_of(std::span<const double> values, double mean) {
  CompensatedSum squares;
  for (const double value : values) {
    squares.add((value - mean) * (value - mean));
  }
  const auto size = static_cast<double>(values.size());
  return values.size() > 1 ? std::sqrt(squares.value() / (size - 1.0) / size) : 0.0;
}

/// The type-7 quantile of sorted values, null if it lies among the infinite ones.
std::optional<double> quantile(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double part = place - static_cast<double>(below);
  const double low = sorted[below];
  const double high = part > 0.0 ? sorted[below + 1] : low;
  const double value = low == high ? low : low + part * (high - low);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

void push(Nullable<double>& column, const std::optional<double>& value) {
  if (value) {
    column.push_back(*value);
  } else {
    column.push_null();
  }
}

/// Appends a figure: the three scenarios, and what the draws say of it.
void append_row(Analysis& table, std::string_view name,
                const std::array<std::optional<double>, 3>& scenarios, std::vector<double> draws,
                std::optional<double> baseline) {
  table.figure.push_back(name);
  push(table.pessimistic, scenarios[0]);
  push(table.expected, scenarios[1]);
  push(table.optimistic, scenarios[2]);
  const bool is_finite =
      std::all_of(draws.begin(), draws.end(), [](double value) { return std::isfinite(value); });
  std::optional<double> mean;
  std::optional<double> error;
  if (is_finite && !draws.empty()) {
    mean = mean_of(draws);
    error = standard_error_of(draws, *mean);
  }
  push(table.mean, mean);
  push(table.standard_error, error);
  std::sort(draws.begin(), draws.end());
  for (const auto& [column, share] : {std::pair{&table.lower, 0.05}, std::pair{&table.median, 0.5},
                                      std::pair{&table.upper, 0.95}}) {
    push(*column, draws.empty() ? std::nullopt : quantile(draws, share));
  }
  push(table.baseline, baseline);
}

struct Share {
  double value = 0.0;
  double standard_error = 0.0;
};

Share share_below_zero(std::span<const double> values) {
  const auto size = static_cast<double>(values.size());
  const auto num_below =
      std::count_if(values.begin(), values.end(), [](double v) { return v < 0; });
  const double share = static_cast<double>(num_below) / size;
  return {share, std::sqrt(share * (1.0 - share) / size)};
}

Analysis analysis_of(const Scenarios& scenarios, const Draws& draws, UpliftSource source) {
  Analysis table;
  table.num_customers = draws.num_customers;
  table.num_scenarios = static_cast<std::int64_t>(draws.num_rows());
  table.random_state = draws.random_state;

  const auto nullable = [&](std::string_view name, const Nullable<double>& of_scenarios,
                            const Nullable<double>& of_draws, bool is_above_if_absent) {
    std::array<std::optional<double>, 3> three{};
    for (std::size_t row = 0; row < 3; ++row) {
      if (of_scenarios.is_valid[row] != 0) {
        three[row] = of_scenarios.values[row];
      }
    }
    std::vector<double> values = of_draws.values;
    bool is_absent = false;
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (of_draws.is_valid[row] == 0) {
        values[row] = kInfinity;
        is_absent = true;
      }
    }
    if (is_absent && !is_above_if_absent) {
      values.clear();
    }
    append_row(table, name, three, std::move(values), std::nullopt);
  };
  const auto plain = [&](std::string_view name, const std::vector<double>& of_scenarios,
                         const std::vector<double>& of_draws, std::optional<double> baseline) {
    append_row(table, name, {of_scenarios[0], of_scenarios[1], of_scenarios[2]}, of_draws,
               baseline);
  };
  const Figures& three = scenarios.figures;
  const Figures& drawn = draws.figures;
  nullable("break_even_uplift", three.break_even_uplift, drawn.break_even_uplift, true);
  plain("profit", three.profit, drawn.profit, 0.0);
  append_row(table, "realised_profit", {}, draws.realised_profit, 0.0);
  nullable("roi", three.roi, drawn.roi, false);
  plain("incremental_buyers", three.incremental_buyers, drawn.incremental_buyers, 0.0);
  plain("incremental_margin", three.incremental_margin, drawn.incremental_margin, 0.0);
  plain("sure_buyer_discount", three.sure_buyer_discount, drawn.sure_buyer_discount, 0.0);
  plain("contact_costs", three.contact_costs, drawn.contact_costs, 0.0);
  plain("discounts_given", three.discounts_given, drawn.discounts_given, 0.0);
  for (std::size_t i = 0; i < kNumAssumptions; ++i) {
    plain(kAssumptionNames[i], three.assumptions[i], drawn.assumptions[i], std::nullopt);
  }
  table.uplift_source = repeated(source, table.num_rows());
  const Share loss = share_below_zero(drawn.profit);
  const Share realised = share_below_zero(draws.realised_profit);
  table.loss_probability = loss.value;
  table.loss_standard_error = loss.standard_error;
  table.realised_loss_probability = realised.value;
  table.realised_loss_standard_error = realised.standard_error;
  return table;
}

Metadata about(std::int64_t num_customers, std::string_view uplift_source) {
  return {{"num_customers", std::to_string(num_customers)},
          {"uplift_source", std::string(uplift_source)}};
}

}  // namespace

UpliftSource parse_uplift_source(std::string_view name) {
  for (const UpliftSource source : {UpliftSource::assumed, UpliftSource::measured}) {
    if (name == uplift_source_name(source)) {
      return source;
    }
  }
  throw Error(ErrorCode::invalid_argument, "campaign: uplift_source must be assumed or measured",
              {.value = std::string(name)});
}

std::string_view uplift_source_name(UpliftSource source) noexcept {
  return source == UpliftSource::assumed ? "assumed" : "measured";
}

Group::Group(std::span<const double> p_order, std::span<const double> spend) {
  validate(p_order, spend);
  std::vector<std::pair<double, double>> customers;
  customers.reserve(p_order.size());
  for (std::size_t row = 0; row < p_order.size(); ++row) {
    customers.emplace_back(p_order[row] + 0.0, spend[row] + 0.0);  // No zero keeps a sign.
  }
  PollCounter polls;
  std::sort(customers.begin(), customers.end(), [&polls](const auto& a, const auto& b) {
    polls.count();
    return a < b;
  });
  p_order_.reserve(customers.size());
  sums_.reserve(customers.size() + 1);
  sums_.push_back({});
  std::array<CompensatedSum, 6> sum{};
  for (const auto& [p, v] : customers) {
    p_order_.push_back(p);
    sum[0].add(p);
    sum[1].add(v);
    sum[2].add(p * v);
    sum[3].add(v * v);
    sum[4].add(p * v * v);
    sum[5].add(p * v * (p * v));
    sums_.push_back({.p = sum[0].value(),
                     .spend = sum[1].value(),
                     .p_spend = sum[2].value(),
                     .spend2 = sum[3].value(),
                     .p_spend2 = sum[4].value(),
                     .p2_spend2 = sum[5].value()});
  }
}

Outcome Group::outcome(const Values& values) const {
  const double uplift = values[at_uplift];
  const double factor = values[at_spend_factor];
  const double given = factor * values[at_discount];
  const Sums& all = sums_.back();
  const auto num_customers = static_cast<double>(p_order_.size());

  Outcome result;
  double sold = 0.0;      // Σ e · spend.
  double redeemed = 0.0;  // Σ (p + min(e, 0)) · ρ · spend.
  if (uplift >= 0.0) {
    // Those above 1 - u cannot be moved by all of it.
    const auto below = static_cast<std::size_t>(
        std::upper_bound(p_order_.begin(), p_order_.end(), 1.0 - uplift) - p_order_.begin());
    const Sums& free = sums_[below];
    const auto num_free = static_cast<double>(below);
    sold = uplift * free.spend + ((all.spend - free.spend) - (all.p_spend - free.p_spend));
    redeemed = all.p_spend * values[at_redemption];
    result.incremental_buyers = uplift * num_free + ((num_customers - num_free) - (all.p - free.p));
  } else {
    const auto below = static_cast<std::size_t>(
        std::upper_bound(p_order_.begin(), p_order_.end(), -uplift) - p_order_.begin());
    const Sums& lost = sums_[below];
    const double cut = uplift * (all.spend - lost.spend);
    sold = cut - lost.p_spend;
    redeemed = std::max((all.p_spend - lost.p_spend) + cut, 0.0) * values[at_redemption];
    result.incremental_buyers = uplift * (num_customers - static_cast<double>(below)) - lost.p;
  }
  result.incremental_margin = sold * (factor * kept_margin(values));
  result.sure_buyer_discount = all.p_spend * values[at_redemption] * given;
  result.contact_costs = num_customers * values[at_contact_cost];
  result.fixed_cost = values[at_fixed_cost];
  const double must_earn = result.sure_buyer_discount + result.contact_costs + result.fixed_cost;
  result.profit = result.incremental_margin - must_earn;
  result.discounts_given = redeemed * given + std::max(sold, 0.0) * given;
  result.luck = luck(values);
  const double spent = result.contact_costs + result.fixed_cost + result.discounts_given;
  if (spent > 0.0) {
    result.roi = result.profit / spent;
  }
  // What uplift pays is one of 0 or more, whatever the one that is assumed.
  if (const double kept = factor * (values[at_margin] - values[at_discount]); kept > 0.0) {
    result.break_even_uplift = uplift_that_sells(must_earn / kept);
  }
  return result;
}

double Group::sold_up_to(std::size_t num_below) const {
  const Sums& all = sums_.back();
  const Sums& free = sums_[num_below];
  return (all.spend - free.spend) - (all.p_spend - free.p_spend);
}

/// The least uplift u >= 0 with Σ min(u, 1 - p) · spend = `spend`: a line between the points
/// 1 - p.
std::optional<double> Group::uplift_that_sells(double spend) const {
  if (!(spend <= sold_up_to(0))) {
    return std::nullopt;
  }
  // Finds how many of the lowest probabilities are not yet moved by all that is possible.
  std::size_t low = 0;
  std::size_t high = p_order_.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const double at = (1.0 - p_order_[middle]) * sums_[middle + 1].spend + sold_up_to(middle + 1);
    if (at >= spend) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const double free = sums_[low].spend;
  const double least = low < p_order_.size() ? 1.0 - p_order_[low] : 0.0;
  if (!(free > 0.0)) {
    return least;
  }
  return std::clamp((spend - sold_up_to(low)) / free, least, 1.0);
}

/// A customer is won, or redeems although he would have ordered, or (of the uplift below 0) is
/// lost, or nothing happens: at most one of these.
double Group::luck(const Values& values) const {
  const double uplift = values[at_uplift];
  const double factor = values[at_spend_factor];
  const double kept = factor * kept_margin(values);
  const double given = factor * values[at_discount];
  const double redemption = values[at_redemption];
  const Sums& all = sums_.back();
  double variance = 0.0;
  if (uplift >= 0.0) {
    const auto below = static_cast<std::size_t>(
        std::upper_bound(p_order_.begin(), p_order_.end(), 1.0 - uplift) - p_order_.begin());
    const Sums& free = sums_[below];
    const double v2 = all.spend2 - free.spend2;
    const double pv2 = all.p_spend2 - free.p_spend2;
    const double p2v2 = all.p2_spend2 - free.p2_spend2;
    const double moved = uplift * free.spend2 + (v2 - pv2);                          // Σ e V².
    const double squares = uplift * uplift * free.spend2 + (v2 - 2.0 * pv2 + p2v2);  // Σ e² V².
    const double mixed = uplift * free.p_spend2 + (pv2 - p2v2);                      // Σ e p V².
    variance =
        kept * kept * (moved - squares) +
        given * given * (redemption * all.p_spend2 - redemption * redemption * all.p2_spend2) +
        2.0 * kept * given * redemption * mixed;
  } else {
    const auto below = static_cast<std::size_t>(
        std::upper_bound(p_order_.begin(), p_order_.end(), -uplift) - p_order_.begin());
    const Sums& lost = sums_[below];
    const double v2 = all.spend2 - lost.spend2;
    const double pv2 = all.p_spend2 - lost.p_spend2;
    const double moved = lost.p_spend2 - uplift * v2;              // Σ |e| V².
    const double stays = std::max(pv2 + uplift * v2, 0.0);         // Σ (p + e) V².
    const double squares = lost.p2_spend2 + uplift * uplift * v2;  // Σ e² V².
    const double mixed = uplift * pv2 - lost.p2_spend2;            // Σ e p V².
    const double margin = factor * values[at_margin];
    const double redeemed = given * redemption;
    variance = margin * margin * moved + given * redeemed * stays - kept * kept * squares +
               2.0 * kept * redeemed * mixed - redeemed * redeemed * all.p2_spend2;
  }
  return std::sqrt(std::max(variance, 0.0));
}

Metadata Scenarios::metadata() const { return about(num_customers, uplift_source[0]); }

Metadata Tornado::metadata() const { return about(num_customers, uplift_source_name(source)); }

Metadata Draws::metadata() const {
  Metadata metadata = about(num_customers, uplift_source[0]);
  metadata.emplace_back("random_state", std::to_string(random_state));
  metadata.emplace_back("distribution", "triangular");
  return metadata;
}

Metadata Analysis::metadata() const {
  Metadata metadata = about(num_customers, uplift_source[0]);
  metadata.insert(metadata.end(),
                  {{"num_scenarios", std::to_string(num_scenarios)},
                   {"random_state", std::to_string(random_state)},
                   {"distribution", "triangular"},
                   {"interval", "5 % to 95 % of the draws"},
                   {"loss_probability", to_text(loss_probability)},
                   {"loss_standard_error", to_text(loss_standard_error)},
                   {"realised_loss_probability", to_text(realised_loss_probability)},
                   {"realised_loss_standard_error", to_text(realised_loss_standard_error)}});
  return metadata;
}

Metadata Contacts::metadata() const {
  Metadata metadata = about(static_cast<std::int64_t>(num_rows()), uplift_source_name(source));
  metadata.emplace_back("best_contacts", std::to_string(best_contacts));
  metadata.emplace_back("best_profit", to_text(best_profit));
  return metadata;
}

Simulation simulate(const Group& group, const Assumptions& assumptions, const Options& options) {
  const Ranges ranges = checked(assumptions);
  const UpliftSource source = assumptions.uplift_source;
  Simulation result;
  result.draws = draws_of(group, ranges, source, options);
  result.scenarios = scenarios_of(group, ranges, source);
  result.tornado = tornado_of(group, ranges, source);
  result.analysis = analysis_of(result.scenarios, result.draws, source);
  return result;
}

Simulation simulate(std::span<const double> p_order, std::span<const double> spend,
                    const Assumptions& assumptions, const Options& options) {
  static_cast<void>(checked(assumptions));  // Need not wait for the sorting.
  return simulate(Group(p_order, spend), assumptions, options);
}

Contacts contacts(std::span<const double> p_order, std::span<const double> spend,
                  const Assumptions& assumptions, const std::optional<KeyColumn>& customer) {
  const Ranges ranges = checked(assumptions);
  require(!customer || customer->size() == p_order.size(), ErrorCode::schema_mismatch,
          "campaign: columns of different lengths", "customer");
  const Extremes extremes = extremes_of(Group(p_order, spend), ranges);
  const Values modes = modes_of(ranges);
  const auto profit_of = [](double p, double value, const Values& values) {
    const double worth = value * values[at_spend_factor];
    const double moved = std::clamp(values[at_uplift], -p, 1.0 - p);
    return moved * worth * kept_margin(values) -
           p * values[at_redemption] * worth * values[at_discount] - values[at_contact_cost];
  };

  struct Row {
    double profit = 0.0;
    double p = 0.0;
    double spend = 0.0;
    std::size_t row = 0;
  };
  std::vector<Row> rows;
  rows.reserve(p_order.size());
  for (std::size_t row = 0; row < p_order.size(); ++row) {
    rows.push_back({profit_of(p_order[row], spend[row], modes), p_order[row], spend[row], row});
  }
  PollCounter polls;
  std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    polls.count();
    if (a.profit != b.profit) {
      return a.profit > b.profit;
    }
    if (a.p != b.p) {
      return a.p < b.p;
    }
    if (a.spend != b.spend) {
      return a.spend < b.spend;
    }
    if (customer && (*customer)[a.row] != (*customer)[b.row]) {
      return (*customer)[a.row] < (*customer)[b.row];
    }
    return a.row < b.row;
  });

  Contacts table;
  table.source = assumptions.uplift_source;
  if (customer) {
    table.customer.emplace();
  }
  CompensatedSum expected;
  CompensatedSum worst;
  CompensatedSum best;
  expected.add(-modes[at_fixed_cost]);
  worst.add(-extremes.worst[at_fixed_cost]);
  best.add(-extremes.best[at_fixed_cost]);
  const double kept = modes[at_spend_factor] * (modes[at_margin] - modes[at_discount]);
  for (const Row& row : rows) {
    const auto number = static_cast<std::int64_t>(table.contacts.size()) + 1;
    expected.add(row.profit);
    worst.add(profit_of(row.p, row.spend, extremes.worst));
    best.add(profit_of(row.p, row.spend, extremes.best));
    table.contacts.push_back(number);
    if (customer) {
      table.customer->push_back((*customer)[row.row]);
    }
    table.input_row.push_back(static_cast<std::int64_t>(row.row) + 1);
    table.p_order.push_back(row.p);
    table.spend.push_back(row.spend);
    table.expected_profit.push_back(row.profit);
    if (const double margin = row.spend * kept; margin > 0.0) {
      const double given = modes[at_spend_factor] * modes[at_discount];
      table.break_even_uplift.push_back(
          (row.p * modes[at_redemption] * row.spend * given + modes[at_contact_cost]) / margin);
    } else {
      table.break_even_uplift.push_null();
    }
    table.profit.push_back(expected.value());
    table.lower.push_back(worst.value());
    table.upper.push_back(best.value());
    if (table.profit.back() > table.best_profit) {
      table.best_profit = table.profit.back();
      table.best_contacts = number;
    }
  }
  table.baseline.assign(rows.size(), 0.0);
  table.is_best.resize(rows.size());
  if (table.best_contacts > 0) {
    table.is_best[static_cast<std::size_t>(table.best_contacts) - 1].value = true;
  }
  table.uplift_source = repeated(table.source, rows.size());
  return table;
}

}  // namespace ecommerce_analytics::campaign
