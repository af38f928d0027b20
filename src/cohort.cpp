#include "ecommerce_analytics/cohort.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <boost/math/distributions/normal.hpp>
#include <charconv>
#include <cmath>
#include <string>

#include "core/int128.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "history_of.hpp"
#include "history_view.hpp"
#include "orders_by_customer.hpp"

namespace ecommerce_analytics::cohort {
namespace {

/// Cells of a table, about 100 bytes each, that one stray date can ask for at most.
constexpr std::size_t kMaxCells = 10'000'000;
constexpr std::array<std::string_view, 1> kKindNames{"bounded"};
constexpr std::array<std::string_view, 3> kMeasureNames{"customers", "orders", "revenue"};

template <class Enum, std::size_t N>
Enum parse_name(const std::array<std::string_view, N>& names, std::string_view name,
                std::string_view text) {
  const auto* found = std::find(names.begin(), names.end(), name);
  require(found != names.end(), ErrorCode::invalid_argument, text, name);
  return static_cast<Enum>(found - names.begin());
}

void require_confidence(double confidence) {
  require(confidence > 0.0 && confidence < 1.0, ErrorCode::invalid_argument,
          "cohort: confidence must be in (0, 1)", std::to_string(confidence));
}

struct Interval {
  double lower = 0.0;
  double upper = 0.0;
};

/// Standard deviations to each side of the mean between which lies that share of a normal variable.
double normal_quantile(double confidence) {
  const double z = boost::math::quantile(boost::math::complement(
      boost::math::normal_distribution<double>(), (1.0 - confidence) / 2.0));
  // The last bits of the logarithm behind it depend on the processor: leave them out.
  return std::ldexp(std::nearbyint(std::ldexp(z, 44)), -44);
}

/// Wilson's score interval of `successes` out of `trials`; `z` standard deviations to each side.
Interval wilson(std::int64_t successes, std::int64_t trials, double z) {
  const auto n = static_cast<double>(trials);
  const double share = static_cast<double>(successes) / n;
  const double z2 = z * z;
  const double center = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
  const double half =
      z / (1.0 + z2 / n) * std::sqrt(share * (1.0 - share) / n + z2 / (4.0 * n * n));
  // At the ends the formula gives 0 and 1 but for rounding.
  return {.lower = successes == 0 ? 0.0 : center - half,
          .upper = successes == trials ? 1.0 : center + half};
}

/// Counts or money of each cohort (rows, by period number) and period after it.
struct Cells {
  std::vector<std::int64_t> size;  // By period number of the cohort; 0: no cohort.
  std::vector<std::size_t> first;  // First cell of the cohort.
  std::vector<std::int64_t> counts;
  std::vector<Int128> money;
};

Cells gather(const HistoryView& view, const Options& options, const PeriodIndex& index,
             std::int32_t first_number, std::size_t num_periods) {
  const CustomerHistory& history = view.history();
  const auto period_at = [&](std::int32_t day) {
    return static_cast<std::size_t>(index[day] - first_number);
  };
  const OrdersByCustomer orders(history, view.as_of_us());
  constexpr std::size_t kNoCohort = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> cohort_of(orders.num_customer_codes(), kNoCohort);

  Cells cells{.size = std::vector<std::int64_t>(num_periods),
              .first = std::vector<std::size_t>(num_periods),
              .counts = {},
              .money = {}};
  for (std::size_t customer = 1; customer < cohort_of.size(); ++customer) {
    if (!view.is_in_population(static_cast<std::uint32_t>(customer))) {
      continue;
    }
    std::int64_t first_us = OrderState::kNever;
    for (const std::uint32_t order : orders[customer]) {
      first_us = std::min(first_us, history.orders()[order].purchase_us);
    }
    if (first_us != OrderState::kNever) {
      cohort_of[customer] = period_at(day_of(first_us));
      ++cells.size[cohort_of[customer]];
    }
  }
  std::size_t num_cells = 0;
  for (std::size_t cohort = 0; cohort < num_periods; ++cohort) {
    cells.first[cohort] = num_cells;
    num_cells += cells.size[cohort] > 0 ? num_periods : 0;
  }
  require(num_cells <= kMaxCells, ErrorCode::invalid_argument,
          "cohort: more than 10,000,000 cells; take a longer period", std::to_string(num_cells));

  if (options.measure == Measure::revenue) {
    cells.money.resize(num_cells);
    view.for_each_line_sum([&](const OrderDay& day) {
      const std::size_t cohort = cohort_of[history.orders()[day.order].customer];
      if (cohort != kNoCohort) {
        const std::size_t period = period_at(day.day);
        cells.money[cells.first[cohort] + (period > cohort ? period - cohort : 0)] +=
            to_int128(day.sum);
      }
    });
    return cells;
  }
  cells.counts.resize(num_cells);
  std::vector<std::size_t> periods;
  for (std::size_t customer = 1; customer < cohort_of.size(); ++customer) {
    periods.clear();
    for (const std::uint32_t order : orders[customer]) {
      if (view.is_counted(order)) {
        periods.push_back(period_at(day_of(history.orders()[order].purchase_us)));
      }
    }
    if (options.measure == Measure::customers) {
      std::sort(periods.begin(), periods.end());
      periods.erase(std::unique(periods.begin(), periods.end()), periods.end());
    }
    for (const std::size_t period : periods) {
      const std::size_t cohort = cohort_of[customer];
      ++cells.counts[cells.first[cohort] + period - cohort];
    }
  }
  return cells;
}

}  // namespace

Kind parse_kind(std::string_view name) {
  return parse_name<Kind>(kKindNames, name, "cohort: kind must be bounded");
}
Measure parse_measure(std::string_view name) {
  return parse_name<Measure>(kMeasureNames, name,
                             "cohort: measure must be customers, orders or revenue");
}
std::string_view kind_name(Kind kind) noexcept {
  return kKindNames[static_cast<std::size_t>(kind)];
}
std::string_view measure_name(Measure measure) noexcept {
  return kMeasureNames[static_cast<std::size_t>(measure)];
}

Metadata Retention::metadata() const {
  char confidence[32];
  const auto end =
      std::to_chars(confidence, confidence + sizeof confidence, options.confidence).ptr;
  Metadata metadata{{"as_of", format_time(as_of_us)},
                    {"period", std::string(period_name(options.period))},
                    {"kind", std::string(kind_name(options.kind))},
                    {"measure", std::string(measure_name(options.measure))},
                    {"confidence", std::string(confidence, end)},
                    {"left_truncated_cohort", cohort.empty() ? "" : format_day(cohort.front().day)},
                    {"num_lines_ignored", std::to_string(num_lines_ignored)}};
  add_selection(metadata, selection);
  return metadata;
}

Retention retention(const CustomerHistory& history, const Options& options) {
  require_confidence(options.confidence);
  Retention table;
  table.options = options;
  const HistoryView view(history, options.as_of_us);
  table.as_of_us = view.as_of_us();
  table.selection = history.options().selection;
  table.num_lines_ignored = history.num_lines_from(table.as_of_us);
  table.value.is_money = options.measure == Measure::revenue;

  const std::int32_t first_day = history.days().front().day;
  const std::int32_t end_day = day_of(table.as_of_us - 1) + 1;
  const PeriodIndex index(first_day, end_day - 1, options.period);
  const std::int32_t first_number = index[first_day];
  const auto num_periods = static_cast<std::size_t>(index[end_day - 1] - first_number) + 1;
  const Cells cells = gather(view, options, index, first_number, num_periods);

  std::vector<std::int32_t> first_days;  // By period number, and the day after the last period.
  for (std::size_t i = 0; i <= num_periods; ++i) {
    first_days.push_back(first_day_of(first_number + static_cast<std::int32_t>(i), options.period));
  }
  const double z = normal_quantile(options.confidence);
  const auto first_cohort = static_cast<std::size_t>(
      std::find_if(cells.size.begin(), cells.size.end(), [](std::int64_t n) { return n > 0; }) -
      cells.size.begin());
  for (std::size_t cohort = first_cohort; cohort < num_periods; ++cohort) {
    if (cells.size[cohort] == 0) {
      continue;
    }
    for (std::size_t after = 0; after < num_periods - first_cohort; ++after) {
      const std::size_t period = cohort + after;
      const bool has_begun = period < num_periods;
      const bool observable = has_begun && first_days[period] <= view.last_data_day();
      table.cohort.push_back({first_days[cohort]});
      table.period.push_back(static_cast<std::int32_t>(after));
      table.size.push_back(cells.size[cohort]);
      table.observable.push_back({observable});
      table.partial.push_back(
          {has_begun && first_days[period + 1] * kMicrosecondsPerDay > table.as_of_us});
      const std::size_t base = cells.first[cohort];
      const std::size_t cell = base + after;
      if (!observable) {
        table.rate.push_null();
      }
      if (table.value.is_money) {
        if (observable) {
          table.value.money.push_back(from_int128(cells.money[cell]));
          if (cells.money[base] > 0) {
            table.rate.push_back(nearest_quotient(cells.money[cell], cells.money[base]));
          } else {
            table.rate.push_null();
          }
        } else {
          table.value.money.push_null();
        }
      } else if (observable) {
        table.value.counts.push_back(cells.counts[cell]);
        const std::int64_t whole = options.measure == Measure::customers ? cells.size[cohort]
                                                                         : cells.counts[base];
        if (whole > 0) {
          table.rate.push_back(nearest_quotient(cells.counts[cell], whole));
        } else {
          table.rate.push_null();
        }
      } else {
        table.value.counts.push_null();
      }
      if (observable && after > 0 && options.measure == Measure::customers) {
        const Interval interval = wilson(cells.counts[cell], cells.size[cohort], z);
        table.lower.push_back(interval.lower);
        table.upper.push_back(interval.upper);
      } else {
        table.lower.push_null();
        table.upper.push_null();
      }
    }
  }
  return table;
}

Retention retention(const Transactions& transactions, const Options& options,
                    const Selection& selection) {
  require_confidence(options.confidence);
  return retention(history_of(transactions, options.num_threads,
                              {.as_of_us = options.as_of_us, .selection = selection}),
                   options);
}

MeanRetention mean_retention(const Retention& retention) {
  require(retention.options.measure == Measure::customers, ErrorCode::invalid_argument,
          "cohort: mean_retention needs the measure customers",
          measure_name(retention.options.measure));
  MeanRetention table;
  table.retention_metadata = retention.metadata();
  const std::size_t num_rows = retention.num_rows();
  for (const std::size_t length :
       {retention.period.size(), retention.size.size(), retention.value.counts.size(),
        retention.rate.size(), retention.observable.size(), retention.partial.size()}) {
    require(length == num_rows, ErrorCode::schema_mismatch,
            "cohort: a column of the retention has another length", std::to_string(length));
  }
  if (num_rows == 0) {
    return table;
  }

  // One row per cohort, one column per period number, as `retention` lays them out.
  const auto num_periods = 1 + *std::max_element(retention.period.begin(), retention.period.end());
  using Matrix = Eigen::Array<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Index num_cohorts = static_cast<Eigen::Index>(num_rows) / num_periods;
  Matrix is_complete(num_cohorts, num_periods);
  Matrix active(num_cohorts, num_periods);
  Matrix size(num_cohorts, num_periods);
  Matrix rate(num_cohorts, num_periods);
  for (std::size_t row = 0; row < num_rows; ++row) {
    const auto cell = static_cast<Eigen::Index>(row);
    const bool complete = retention.observable[row].value && !retention.partial[row].value;
    is_complete.data()[cell] = complete ? 1.0 : 0.0;
    active.data()[cell] = complete ? static_cast<double>(retention.value.counts.values[row]) : 0.0;
    size.data()[cell] = complete ? static_cast<double>(retention.size[row]) : 0.0;
    rate.data()[cell] = complete ? retention.rate.values[row] : 0.0;
  }
  for (Eigen::Index period = 0; period < num_periods; ++period) {
    const double count = is_complete.col(period).sum();
    table.period.push_back(static_cast<std::int32_t>(period));
    table.num_cohorts.push_back(static_cast<std::int64_t>(count));
    if (count > 0.0) {
      table.weighted.push_back(active.col(period).sum() / size.col(period).sum());
      table.simple.push_back(rate.col(period).sum() / count);
    } else {
      table.weighted.push_null();
      table.simple.push_null();
    }
  }
  return table;
}

}  // namespace ecommerce_analytics::cohort
