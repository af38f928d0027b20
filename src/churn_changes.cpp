#include "ecommerce_analytics/churn_changes.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/number_text.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"

namespace ecommerce_analytics::churn {
namespace {

constexpr int kDaysPerWeek = 7;

/// 0, 1, 2: low, medium, high.
int band_of(double risk, const std::pair<double, double>& cuts) {
  return risk >= cuts.second ? 2 : risk >= cuts.first ? 1 : 0;
}

const char* name_of_band(int band) { return band == 2 ? "high" : band == 1 ? "medium" : "low"; }

/// A share in whole per cent, halves up.
std::string per_cent(double share) {
  return std::to_string(static_cast<std::int64_t>(std::floor(100.0 * share + 0.5))) + " %";
}

/// A customer whose next band is looked for.
struct Search {
  std::size_t row = 0;
  int band = 0;   // That he has.
  int later = 0;  // That he has got when he was found.
};

/// Those of the searched who are over the cut so many days later; the others stay in `searched`.
std::vector<Search> reached(const Model& model, const cutoff::Features& features,
                            const std::pair<double, double>& cuts, int days,
                            std::vector<Search>& searched) {
  const int most = features.options.active_within_days;
  searched.erase(std::remove_if(searched.begin(), searched.end(),
                                [&](const Search& one) {
                                  return features.recency_days[one.row] + days > most;
                                }),
                 searched.end());
  std::vector<std::size_t> rows;
  rows.reserve(searched.size());
  for (const Search& one : searched) {
    rows.push_back(one.row);
  }
  const std::vector<double> risk =
      predict(model, cutoff::if_quiet(cutoff::take(features, rows), days));
  std::vector<Search> found;
  std::vector<Search> left;
  for (std::size_t i = 0; i < searched.size(); ++i) {
    searched[i].later = band_of(risk[i], cuts);
    (searched[i].later > searched[i].band ? found : left).push_back(searched[i]);
  }
  searched = std::move(left);
  return found;
}

/// What there is to say of one customer.
std::string words_of(const TurningPoints& table, std::size_t row) {
  const std::string band(table.risk_band[row]);
  std::string text = "the model says " + band;
  if (table.quiet_days.is_valid[row] != 0) {
    const std::int64_t days = table.quiet_days.values[row];
    text += "; " + std::string(table.quiet_band[row]) + " after " + std::to_string(days) +
            (days == 1 ? " more day" : " more days") + " without an order";
  }
  const std::string after(table.order_band[row]);
  text += "; " + (after == band ? "still " + band : after) + " (" +
          per_cent(table.order_risk[row]) + ") after an order now";
  return text;
}

}  // namespace

Metadata TurningPoints::metadata() const {
  Metadata metadata{
      {"as_of", format_time(as_of_us)},
      {"band_cuts", "[" + to_text(band_cuts.first) + ", " + to_text(band_cuts.second) + "]"}};
  metadata.insert(metadata.end(), model_metadata.begin(), model_metadata.end());
  return metadata;
}

TurningPoints turning_points(const Model& model, const cutoff::Features& features,
                             std::pair<double, double> band_cuts) {
  const auto [medium, high] = band_cuts;
  require(medium > 0.0 && medium < high && high < 1.0, ErrorCode::invalid_argument,
          "churn: band_cuts must increase within (0, 1)", to_text(medium) + ", " + to_text(high));
  TurningPoints table;
  table.customer = features.customer;
  table.churn_risk = predict(model, features);
  table.order_risk = predict(model, cutoff::if_ordered(features));
  table.as_of_us = features.cutoff_us;
  table.band_cuts = band_cuts;
  table.model_metadata = model.metadata();

  const std::size_t num_rows = features.num_rows();
  std::vector<Search> searched;
  searched.reserve(num_rows);
  for (std::size_t row = 0; row < num_rows; ++row) {
    const int band = band_of(table.churn_risk[row], band_cuts);
    table.risk_band.push_back(name_of_band(band));
    table.order_band.push_back(name_of_band(band_of(table.order_risk[row], band_cuts)));
    if (band < 2) {
      searched.push_back({.row = row, .band = band});
    }
  }
  std::vector<int> quiet_days(num_rows);  // 0: never.
  std::vector<int> quiet_band(num_rows);
  const auto tell = [&](const Search& one, int days) {
    quiet_days[one.row] = days;
    quiet_band[one.row] = one.later;
  };
  const int most = features.options.active_within_days;
  for (int week = kDaysPerWeek; week <= kMaxQuietDays && !searched.empty(); week += kDaysPerWeek) {
    poll_interrupt();
    std::vector<Search> found;  // Who stops being active within the week is looked at day by day.
    for (const Search& one : searched) {
      if (features.recency_days[one.row] + week > most) {
        found.push_back(one);
      }
    }
    const std::vector<Search> at_end = reached(model, features, band_cuts, week, searched);
    found.insert(found.end(), at_end.begin(), at_end.end());
    for (int days = week - kDaysPerWeek + 1; days < week && !found.empty(); ++days) {
      for (const Search& one : reached(model, features, band_cuts, days, found)) {
        tell(one, days);
      }
    }
    for (const Search& one : at_end) {
      if (quiet_days[one.row] == 0) {
        tell(one, week);
      }
    }
  }
  for (std::size_t row = 0; row < num_rows; ++row) {
    if (quiet_days[row] == 0) {
      table.quiet_days.push_null();
      table.quiet_band.push_back("");
    } else {
      table.quiet_days.push_back(quiet_days[row]);
      table.quiet_band.push_back(name_of_band(quiet_band[row]));
    }
  }
  for (std::size_t row = 0; row < num_rows; ++row) {
    table.verdict.push_back(words_of(table, row));
  }
  return table;
}

}  // namespace ecommerce_analytics::churn
