#include "ecommerce_analytics/churn_reasons.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
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

enum class Theme : std::uint8_t {
  recency,
  orders,
  rhythm,
  recent,
  money,
  tenure,
  products,
  returns,
  discounts,
  fact,  // The first of those named by `cutoff::Features::facts`; the others follow.
};
constexpr std::size_t kNumThemes = static_cast<std::size_t>(Theme::fact);

/// Place of a theme among those of features with so many facts.
constexpr std::size_t place_of(Theme theme) { return static_cast<std::size_t>(theme); }

/// Place of the theme of a feature. A null is 0, and says of who has few orders no more than that.
std::size_t theme_of(std::string_view feature, const cutoff::Features& features, std::size_t row) {
  for (std::size_t i = 0; i < features.facts.size(); ++i) {
    if (feature == features.facts[i].name || feature == features.facts[i].known_name) {
      return kNumThemes + i;
    }
  }
  const auto is_any = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), feature) != names.end();
  };
  const auto unless_few = [](Theme theme, bool is_few) {
    return place_of(is_few ? Theme::orders : theme);
  };
  if (feature == "recency_days") {
    return place_of(Theme::recency);
  }
  if (feature == "recency_over_gap") {
    return unless_few(Theme::recency, features.is_one_order_day[row].value);
  }
  if (feature == "mean_days_between_orders") {
    return unless_few(Theme::rhythm, features.is_one_order[row].value);
  }
  if (is_any({"gap_trend", "is_trend_known"})) {
    return unless_few(Theme::rhythm, !features.is_trend_known[row].value);
  }
  if (is_any({"orders_90d", "recent_order_days"})) {
    return place_of(Theme::recent);
  }
  if (is_any({"monetary", "average_order_value"})) {
    return place_of(Theme::money);
  }
  if (is_any({"tenure_days", "peak_season_share"})) {
    return place_of(Theme::tenure);
  }
  if (is_any({"lines_per_order", "items", "unique_products", "unique_categories",
              "median_line_items", "median_product_buyers"})) {
    return place_of(Theme::products);
  }
  if (is_any({"return_rate_money", "return_rate_lines"})) {
    return place_of(Theme::returns);
  }
  return place_of(feature == "discount_share" ? Theme::discounts : Theme::orders);
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

/// A share in whole per cent, halves up.
std::string per_cent(double share) {
  return std::to_string(static_cast<std::int64_t>(std::floor(100.0 * share + 0.5))) + " %";
}

/// Says what is known of a fact; its name without the prefix.
std::string words_of(const cutoff::FactColumn& fact, std::size_t row) {
  std::string name = fact.name.substr(fact.name.find('_') + 1);
  std::replace(name.begin(), name.end(), '_', ' ');
  if (!fact.is_known[row].value) {
    return "no " + name + " known";
  }
  return name + " " + cents(from_int128(std::llround(fact.value.values[row] * kMoneyScale)));
}

/// Says what a theme is of one customer, whose risk it raises or lowers.
std::string words_of(std::size_t place, bool is_raised, const cutoff::Features& features,
                     std::size_t row) {
  if (place >= kNumThemes) {
    return words_of(features.facts[place - kNumThemes], row);
  }
  const auto theme = static_cast<Theme>(place);
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
    case Theme::products:
      if (features.unique_products) {
        return counted((*features.unique_products)[row], "different product",
                       "different products") +
               " so far";
      }
      return counted(static_cast<std::int64_t>(std::floor(features.lines_per_order[row] + 0.5)),
                     "line", "lines") +
             " an order on average";
    case Theme::returns:
      return features.return_rate_money.values[row] > 0.0
                 ? per_cent(features.return_rate_money.values[row]) + " of the money returned"
                 : "nothing returned";
    case Theme::discounts:
      return features.discount_share->values[row] > 0.0
                 ? per_cent(features.discount_share->values[row]) + " discount so far"
                 : "no discount so far";
    case Theme::tenure:
    case Theme::fact:
      break;
  }
  return "first order " + days(features.tenure_days[row]) + " ago";
}

bool is_raised(const Explanation& explanation, std::size_t row) {
  return explanation.log_odds[row] >= explanation.base_log_odds[row];
}

/// The places of the themes that set a row apart from the base in its direction, the weightiest
/// first.
std::vector<std::size_t> reasons_of(const Explanation& explanation,
                                    const cutoff::Features& features, std::size_t row) {
  std::vector<double> sums(kNumThemes + features.facts.size());
  for (std::size_t i = 0; i < explanation.feature.size(); ++i) {
    sums[theme_of(explanation.feature[i], features, row)] += explanation.effect[i][row];
  }
  const bool is_more = is_raised(explanation, row);
  std::vector<std::size_t> themes;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i] = is_more ? sums[i] : -sums[i];
    if (sums[i] > 0.0) {
      themes.push_back(i);
    }
  }
  std::stable_sort(themes.begin(), themes.end(),
                   [&](std::size_t a, std::size_t b) { return sums[a] > sums[b]; });
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
    const std::vector<std::size_t> themes = reasons_of(result, features, row);
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
