#include "ecommerce_analytics/churn_reasons.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>

#include "churn_model.hpp"
#include "core/int128.hpp"
#include "core/interval.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics::churn {
namespace {

enum class Theme : std::uint8_t { recency, orders, rhythm, recent, money, tenure };
constexpr std::size_t kNumThemes = 6;

Theme theme_of(std::string_view feature, bool is_one_order) {
  if (feature == "recency_days") {
    return Theme::recency;
  }
  if (feature == "orders_90d") {
    return Theme::recent;
  }
  if (feature == "tenure_days") {
    return Theme::tenure;
  }
  if (feature == "monetary" || feature == "average_order_value") {
    return Theme::money;
  }
  // The days between the orders of who has one are 0, and say no more than that.
  return feature == "mean_days_between_orders" && !is_one_order ? Theme::rhythm : Theme::orders;
}

std::string counted(std::int64_t number, std::string_view one, std::string_view many) {
  return std::to_string(number) + " " + std::string(number == 1 ? one : many);
}

std::string days(std::int64_t number) { return counted(number, "day", "days"); }

/// Currency units with two decimals, halves away from zero.
std::string cents(Money128 money, std::int64_t parts = 1) {
  const Int128 value = to_int128(money);
  const Int128 whole = static_cast<Int128>(parts) * 100;
  const Int128 size = ((value < 0 ? -value : value) * 2 + whole) / (2 * whole);
  const auto digits = static_cast<std::int64_t>(size % 100);
  std::string text = value < 0 && size > 0 ? "-" : "";
  text += std::to_string(static_cast<std::int64_t>(size / 100));
  text += digits < 10 ? ".0" : ".";
  text += std::to_string(digits);
  return text;
}

/// Says what a theme is of one customer, whose risk it raises or lowers.
std::string words_of(Theme theme, bool is_raised, const cutoff::Features& features,
                     std::size_t row) {
  const std::int64_t frequency = features.frequency[row];
  const bool is_one_order = features.is_one_order[row].value;
  const auto gap =
      static_cast<std::int64_t>(std::floor(features.mean_days_between_orders.values[row] + 0.5));
  switch (theme) {
    case Theme::recency: {
      std::string text = days(features.recency_days[row]);
      text += is_one_order ? " since the only order" : " since the last order";
      // A gap that speaks against the reason is not named.
      if (!is_one_order && (features.recency_days[row] > gap) == is_raised) {
        text += ", the usual gap is ";
        text += gap == 0 ? "less than a day" : std::to_string(gap);
      }
      return text;
    }
    case Theme::orders:
      return is_one_order
                 ? "only one order so far"
                 : std::to_string(frequency) + " orders on " + days(features.order_days[row]);
    case Theme::rhythm:
      return gap == 0 ? "less than a day between orders on average"
                      : days(gap) + " between orders on average";
    case Theme::recent:
      return (features.orders_90d[row] == 0
                  ? "no order"
                  : counted(features.orders_90d[row], "order", "orders")) +
             " in the last " + days(cutoff::kRecentDays);
    case Theme::money:
      if (features.monetary[row].hi < 0) {
        return cents(features.monetary[row]).substr(1) + " more returned than bought";
      }
      return is_one_order ? cents(features.monetary[row]) + " spent"
                          : cents(features.monetary[row]) + " spent, " +
                                cents(features.monetary[row], frequency) + " an order";
    case Theme::tenure:
      break;
  }
  return "first order " + days(features.tenure_days[row]) + " ago";
}

bool is_raised(const Explanation& explanation, std::size_t row) {
  return explanation.log_odds[row] >= explanation.base_log_odds[row];
}

/// The themes that set a row apart from the base in its direction, the weightiest first.
std::vector<Theme> reasons_of(const Explanation& explanation, const cutoff::Features& features,
                              std::size_t row) {
  std::array<double, kNumThemes> sums{};
  for (std::size_t i = 0; i < explanation.feature.size(); ++i) {
    const Theme theme = theme_of(explanation.feature[i], features.is_one_order[row].value);
    sums[static_cast<std::size_t>(theme)] += explanation.effect[i][row];
  }
  const bool is_more = is_raised(explanation, row);
  const auto weight = [&](Theme theme) {
    const double sum = sums[static_cast<std::size_t>(theme)];
    return is_more ? sum : -sum;
  };
  std::vector<Theme> themes;
  for (std::size_t i = 0; i < kNumThemes; ++i) {
    const auto theme = static_cast<Theme>(i);
    if (weight(theme) > 0.0) {
      themes.push_back(theme);
    }
  }
  std::stable_sort(themes.begin(), themes.end(),
                   [&](Theme a, Theme b) { return weight(a) > weight(b); });
  themes.resize(std::min(themes.size(), kNumReasons));
  return themes;
}

}  // namespace

Explanation explain(const Model& model, const cutoff::Features& features) {
  require_fit(model, features);
  const std::size_t num_rows = features.num_rows();
  Explanation result;
  result.customer = features.customer;
  result.as_of_us = features.cutoff_us;
  result.model_metadata = model.metadata();
  result.base_log_odds.assign(num_rows, model.intercept);
  result.log_odds.assign(num_rows, model.intercept);
  for (std::size_t i = 0; i < model.num_features(); ++i) {
    result.feature.emplace_back(model.feature[i]);
    result.effect_name.push_back(result.feature.back() + "_effect");
    std::vector<double>& effect = result.effect.emplace_back();
    append_feature(features, model.feature[i], effect);
    for (std::size_t row = 0; row < num_rows; ++row) {
      effect[row] = (effect[row] - model.mean[i]) / model.scale[i] * model.coefficient[i];
      result.log_odds[row] += effect[row];
    }
  }
  result.churn_risk = predict(model, features);
  result.reason.resize(kNumReasons);
  for (std::size_t row = 0; row < num_rows; ++row) {
    const bool is_more = is_raised(result, row);
    const std::vector<Theme> themes = reasons_of(result, features, row);
    for (std::size_t i = 0; i < kNumReasons; ++i) {
      result.reason[i].push_back(i < themes.size() ? words_of(themes[i], is_more, features, row)
                                                   : "");
    }
  }
  return result;
}

Explanation explain(const Model& model, const cutoff::Dataset& dataset) {
  require_fit(model, dataset);
  return explain(model, dataset.features());
}

Metadata Explanation::metadata() const {
  Metadata metadata{{"as_of", format_time(as_of_us)}};
  metadata.insert(metadata.end(), model_metadata.begin(), model_metadata.end());
  return metadata;
}

GroupReasons explain_groups(const Explanation& explanation, std::span<const std::string> groups,
                            double confidence) {
  require(groups.size() == explanation.num_rows(), ErrorCode::schema_mismatch,
          "churn: there must be a group for each customer", std::to_string(groups.size()));
  require(confidence > 0.0 && confidence < 1.0, ErrorCode::invalid_argument,
          "churn: confidence must be in (0, 1)", to_text(confidence));
  std::map<std::string, std::vector<std::size_t>> rows;
  GroupReasons result;
  result.confidence = confidence;
  for (std::size_t row = 0; row < groups.size(); ++row) {
    if (groups[row].empty()) {
      ++result.num_customers_left_out;
    } else {
      rows[groups[row]].push_back(row);
      result.base_log_odds = explanation.base_log_odds[row];
    }
  }
  const auto num_grouped =
      static_cast<double>(groups.size()) - static_cast<double>(result.num_customers_left_out);
  std::vector<double> baselines;
  for (const auto& effect : explanation.effect) {
    double sum = 0.0;
    for (std::size_t row = 0; row < groups.size(); ++row) {
      sum += groups[row].empty() ? 0.0 : effect[row];
    }
    baselines.push_back(sum / num_grouped);
  }
  const double z = normal_quantile(confidence);
  for (const auto& [name, members] : rows) {
    const auto size = static_cast<double>(members.size());
    double risk = 0.0;
    for (const std::size_t row : members) {
      risk += explanation.churn_risk[row];
    }
    for (std::size_t i = 0; i < explanation.feature.size(); ++i) {
      double sum = 0.0;
      for (const std::size_t row : members) {
        sum += explanation.effect[i][row];
      }
      const double mean = sum / size;
      double squares = 0.0;
      for (const std::size_t row : members) {
        squares += (explanation.effect[i][row] - mean) * (explanation.effect[i][row] - mean);
      }
      result.segment.push_back(name);
      result.customers.push_back(static_cast<std::int64_t>(members.size()));
      result.churn_risk.push_back(risk / size);
      result.feature.push_back(explanation.feature[i]);
      result.effect.push_back(mean);
      result.baseline.push_back(baselines[i]);
      if (members.size() > 1) {
        const double half = z * std::sqrt(squares / (size - 1.0) / size);
        result.lower.push_back(mean - half);
        result.upper.push_back(mean + half);
      } else {
        result.lower.push_null();
        result.upper.push_null();
      }
    }
  }
  return result;
}

Metadata GroupReasons::metadata() const {
  return {{"confidence", to_text(confidence)},
          {"interval", "normal"},
          {"base_log_odds", to_text(base_log_odds)},
          {"num_customers_left_out", std::to_string(num_customers_left_out)}};
}

}  // namespace ecommerce_analytics::churn
