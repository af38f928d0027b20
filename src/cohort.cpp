#include "ecommerce_analytics/cohort.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <span>
#include <string>

#include "core/int128.hpp"
#include "core/interval.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "history_of.hpp"
#include "history_view.hpp"
#include "orders_by_customer.hpp"

namespace ecommerce_analytics::cohort {
namespace {

/// Cells of a table, about 100 bytes each, that one stray date can ask for at most.
constexpr std::size_t kMaxCells = 10'000'000;
constexpr std::array<std::string_view, 3> kKindNames{"bounded", "rolling", "elapsed"};
constexpr std::array<std::string_view, 5> kMeasureNames{
    "customers", "orders", "revenue", "cumulative_revenue", "average_order_value"};
constexpr std::array<std::string_view, 2> kRelativeToNames{"first", "previous"};

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

template <class Enum, std::size_t N>
Enum parse_name(const std::array<std::string_view, N>& names, std::string_view name,
                std::string_view text) {
  const auto* found = std::find(names.begin(), names.end(), name);
  require(found != names.end(), ErrorCode::invalid_argument, text, name);
  return static_cast<Enum>(found - names.begin());
}

void validate(const Options& options) {
  require(options.confidence > 0.0 && options.confidence < 1.0, ErrorCode::invalid_argument,
          "cohort: confidence must be in (0, 1)", std::to_string(options.confidence));
  require(options.elapsed_days >= 1 && options.elapsed_days <= Options::kMaxElapsedDays,
          ErrorCode::invalid_argument, "cohort: elapsed_days must be in [1, 36500]",
          std::to_string(options.elapsed_days));
  require(options.kind != Kind::rolling || options.measure == Measure::customers,
          ErrorCode::invalid_argument, "cohort: the kind rolling needs the measure customers",
          measure_name(options.measure));
  require(options.by != "", ErrorCode::invalid_argument, "cohort: by must name a dimension");
}

/// Who belongs to which row, a cohort of a group; and what the rows are.
struct Members {
  std::vector<std::int64_t> first_us;         // By customer code; `kNever`: he has no order.
  std::vector<std::uint32_t> row_of;          // By customer code; `kNone`: he is not counted.
  std::vector<std::uint32_t> group;           // By row: code of the key.
  std::vector<std::uint32_t> cohort;          // By row: periods after the first one of the data.
  std::vector<std::int64_t> size;             // By row.
  std::uint32_t first_cohort = 0;             // Of the rows.
  std::uint32_t first_cohort_of_all = kNone;  // Of all customers, those outside the population too.
};

/// What all steps read.
struct Setting {
  const HistoryView& view;
  const Options& options;
  const PeriodIndex& index;
  std::int32_t first_number;               // Of the period with the first day of data.
  std::size_t num_periods;                 // From that one to the last before `as_of`.
  std::int64_t window_us;                  // Length of a window of `elapsed`.
  std::vector<std::int32_t> first_days{};  // By period, and the day after the last one.

  [[nodiscard]] std::uint32_t period_at(std::int32_t day) const noexcept {
    return static_cast<std::uint32_t>(index[day] - first_number);
  }
  [[nodiscard]] bool is(Kind kind) const noexcept { return options.kind == kind; }
  [[nodiscard]] bool is(Measure measure) const noexcept { return options.measure == measure; }
};

Setting setting_of(const HistoryView& view, const Options& options, const PeriodIndex& index) {
  const std::int32_t first = index[view.history().days().front().day];
  const std::int32_t last = index[day_of(view.as_of_us() - 1)];
  Setting setting{.view = view,
                  .options = options,
                  .index = index,
                  .first_number = first,
                  .num_periods = static_cast<std::size_t>(last - first) + 1,
                  .window_us = options.elapsed_days * kMicrosecondsPerDay};
  for (std::size_t i = 0; i <= setting.num_periods; ++i) {
    setting.first_days.push_back(
        first_day_of(first + static_cast<std::int32_t>(i), options.period));
  }
  return setting;
}

/// Period numbers of all days that a history has before a moment.
PeriodIndex index_of(const HistoryView& view, Period period) {
  return {view.history().days().front().day, day_of(view.as_of_us() - 1), period};
}

/// Rows by increasing group and cohort.
Members members_of(const Setting& setting) {
  const CustomerHistory& history = setting.view.history();
  const bool has_groups = setting.options.by.has_value();
  const Dictionary& keys = history.region_keys();
  std::vector<std::uint32_t> rank_of(has_groups ? keys.num_codes() : 1);
  std::vector<std::uint32_t> code_of =
      has_groups ? keys.codes_by_key() : std::vector<std::uint32_t>{};
  code_of.push_back(Dictionary::kUnknownCode);
  for (std::uint32_t rank = 0; rank < code_of.size(); ++rank) {
    rank_of[code_of[rank]] = rank;
  }

  const std::size_t num_customers = history.customer_keys().num_codes();
  Members members;
  members.first_us.assign(num_customers, OrderState::kNever);
  members.row_of.assign(num_customers, kNone);
  std::vector<std::uint32_t> first_rank(has_groups ? num_customers : 0);
  for (const OrderState& order : history.orders()) {
    if (order.purchase_us >= setting.view.as_of_us()) {
      continue;
    }
    std::int64_t& first_us = members.first_us[order.customer];
    if (has_groups && order.purchase_us <= first_us) {
      const std::uint32_t rank = rank_of[order.purchase_region];
      std::uint32_t& first = first_rank[order.customer];
      first = order.purchase_us < first_us ? rank : std::min(first, rank);
    }
    first_us = std::min(first_us, order.purchase_us);
  }
  members.first_us[Dictionary::kUnknownCode] = OrderState::kNever;  // Guests are no customers.

  members.first_cohort = kNone;
  std::vector<std::uint32_t> place_of(rank_of.size(), kNone);  // By rank, of those with members.
  for (std::uint32_t customer = 1; customer < num_customers; ++customer) {
    if (members.first_us[customer] == OrderState::kNever) {
      continue;
    }
    const std::uint32_t cohort = setting.period_at(day_of(members.first_us[customer]));
    members.first_cohort_of_all = std::min(members.first_cohort_of_all, cohort);
    if (setting.view.is_in_population(customer)) {
      members.first_cohort = std::min(members.first_cohort, cohort);
      members.row_of[customer] = cohort;
      place_of[has_groups ? first_rank[customer] : 0] = 0;
    }
  }
  if (members.first_cohort == kNone) {
    return members;
  }
  std::uint32_t num_places = 0;
  for (std::uint32_t& place : place_of) {
    place = place == kNone ? kNone : num_places++;
  }
  const std::size_t num_cohorts = setting.num_periods - members.first_cohort;
  require(num_cohorts * num_places <= kMaxCells, ErrorCode::invalid_argument,
          "cohort: more than 10,000,000 cells; take a longer period",
          std::to_string(num_cohorts * num_places));
  std::vector<std::int64_t> sizes(num_cohorts * num_places);
  for (std::uint32_t customer = 1; customer < num_customers; ++customer) {
    std::uint32_t& row = members.row_of[customer];
    if (row != kNone) {
      const std::size_t place = place_of[has_groups ? first_rank[customer] : 0];
      row = static_cast<std::uint32_t>(place * num_cohorts + (row - members.first_cohort));
      ++sizes[row];
    }
  }
  std::vector<std::uint32_t> rows(sizes.size());
  for (std::uint32_t rank = 0; rank < place_of.size(); ++rank) {
    for (std::size_t cohort = 0; place_of[rank] != kNone && cohort < num_cohorts; ++cohort) {
      const std::size_t cell = place_of[rank] * num_cohorts + cohort;
      if (sizes[cell] > 0) {
        rows[cell] = static_cast<std::uint32_t>(members.size.size());
        members.group.push_back(code_of[rank]);
        members.cohort.push_back(members.first_cohort + static_cast<std::uint32_t>(cohort));
        members.size.push_back(sizes[cell]);
      }
    }
  }
  for (std::uint32_t& row : members.row_of) {
    row = row == kNone ? kNone : rows[row];
  }
  return members;
}

/// Windows [begin, end) of one customer that were seen whole.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// Spans by customer code, those outside of all rows empty; and the number of windows of a row.
struct Spans {
  std::vector<Span> of{};
  std::size_t num_windows = 1;
};

Spans spans_of(const Setting& setting, const Members& members) {
  const Selection& selection = setting.view.history().options().selection;
  const std::int64_t window_us = setting.window_us;
  const std::int64_t end_us = setting.view.as_of_us();
  const std::int64_t end_of_data_us = (setting.view.last_data_day() + 1LL) * kMicrosecondsPerDay;
  Spans spans;
  spans.of.resize(members.row_of.size());
  for (std::size_t customer = 1; customer < members.row_of.size(); ++customer) {
    if (members.row_of[customer] == kNone) {
      continue;
    }
    const std::int64_t first_us = members.first_us[customer];
    // Ended before `as_of`, begun on or before the last day of data.
    std::int64_t end =
        std::min((end_us - first_us) / window_us, (end_of_data_us - 1 - first_us) / window_us + 1);
    spans.num_windows = std::max(spans.num_windows, static_cast<std::size_t>(end));
    std::int64_t begin = 0;
    if (selection.start_day) {
      const std::int64_t gap_us = *selection.start_day * kMicrosecondsPerDay - first_us;
      begin = gap_us > 0 ? (gap_us - 1) / window_us + 1 : 0;
    }
    if (selection.end_day) {
      const std::int64_t left_us = *selection.end_day * kMicrosecondsPerDay - first_us;
      end = std::min(end, left_us > 0 ? left_us / window_us : 0);
    }
    const bool is_seen = begin < end && (begin == 0 || !setting.is(Measure::cumulative_revenue));
    if (is_seen) {
      spans.of[customer] = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }
  }
  return spans;
}

/// Sums of all cells, written as changes from one cell of a row to the next.
template <class Sum>
class Grid {
 public:
  Grid(std::size_t num_rows, std::size_t width) : width_(width), sums_(num_rows * width) {}

  void add_at(std::size_t row, std::size_t at, Sum sum) noexcept {
    sums_[row * width_ + at] += sum;
  }
  /// Adds to the cells [begin, end), which may be empty, before `add_up`.
  void add(std::size_t row, std::size_t begin, std::size_t end, Sum sum) noexcept {
    if (begin < end) {
      sums_[row * width_ + begin] += sum;
      if (end < width_) {
        sums_[row * width_ + end] -= sum;
      }
    }
  }
  void add_up() noexcept {
    for (std::size_t cell = 0; cell < sums_.size(); ++cell) {
      sums_[cell] += cell % width_ == 0 ? Sum{} : sums_[cell - 1];
    }
  }
  [[nodiscard]] Sum operator()(std::size_t row, std::size_t at) const noexcept {
    return sums_[row * width_ + at];
  }
  [[nodiscard]] bool is_empty() const noexcept { return sums_.empty(); }

 private:
  std::size_t width_;
  std::vector<Sum> sums_;
};

/// What is measured, and what it is compared with: the measure of the same members in period 0 or
/// in the one before. Empty if the measure does not need it.
template <class Sum>
struct Sums {
  Sums(std::size_t num_rows, std::size_t width) : value(num_rows, width), base(0, width) {}
  Grid<Sum> value;
  Grid<Sum> base;  // Of `elapsed` only: elsewhere it is a cell of `value`.
};

/// Counts, money, and for `elapsed` the members who are eligible, and comparable besides.
struct Cells {
  std::size_t width = 0;
  Sums<std::int64_t> counts;
  Sums<Int128> money;
  Grid<std::int64_t> eligible;
  Grid<std::int64_t> comparable;
};

/// Adds what one customer did in one period after his first order.
template <class Sum>
void add_to(Sums<Sum>& sums, const Setting& setting, const Spans& spans, std::size_t customer,
            std::size_t row, std::size_t at, Sum sum) {
  if (!setting.is(Kind::elapsed)) {
    sums.value.add_at(row, at, sum);
    return;
  }
  const Span span = spans.of[customer];
  const bool is_cumulative = setting.is(Measure::cumulative_revenue);
  if (at < span.begin || at >= span.end) {
    return;
  }
  sums.value.add(row, at, is_cumulative ? span.end : at + 1, sum);
  if (setting.options.relative_to == RelativeTo::first) {
    sums.base.add(row, at, at == 0 ? span.end : at, sum);
  } else {
    sums.base.add(row, at + 1, is_cumulative ? span.end : std::min<std::size_t>(at + 2, span.end),
                  sum);
  }
}

/// Period after the cohort's own, or window, of an order.
std::size_t period_after(const Setting& setting, const Members& members, const OrderState& order) {
  if (setting.is(Kind::elapsed)) {
    return static_cast<std::size_t>((order.purchase_us - members.first_us[order.customer]) /
                                    setting.window_us);
  }
  return setting.period_at(day_of(order.purchase_us)) -
         members.cohort[members.row_of[order.customer]];
}

/// The same of money: that of the day of its order has the order's moment, other the midnight of
/// its day, and what is from before the first order belongs to period 0.
std::size_t period_after(const Setting& setting, const Members& members, const OrderState& order,
                         std::int32_t day) {
  if (setting.is(Kind::elapsed)) {
    const std::int64_t time_us =
        day == day_of(order.purchase_us) ? order.purchase_us : day * kMicrosecondsPerDay;
    const std::int64_t after_us = time_us - members.first_us[order.customer];
    return after_us > 0 ? static_cast<std::size_t>(after_us / setting.window_us) : 0;
  }
  const std::uint32_t cohort = members.cohort[members.row_of[order.customer]];
  const std::uint32_t period = setting.period_at(day);
  return period > cohort ? period - cohort : 0;
}

/// Calls `visit(customer, row, period after the first one)` for each order that counts.
template <class Visit>
void for_each_order(const Setting& setting, const Members& members, const Visit& visit) {
  const std::span<const OrderState> orders = setting.view.history().orders();
  for (std::uint32_t code = 0; code < orders.size(); ++code) {
    const OrderState& order = orders[code];
    const std::uint32_t row = members.row_of[order.customer];
    if (row != kNone && setting.view.is_counted(code)) {
      visit(order.customer, row, period_after(setting, members, order));
    }
  }
}

/// Counts each customer once in each period, by a bit for each of them.
template <class Count>
void count_by_bits(const Setting& setting, const Members& members, const Count& count) {
  constexpr std::size_t kNumBits = 64;
  std::vector<std::uint64_t> periods_of(members.row_of.size());
  for_each_order(setting, members, [&](std::uint32_t customer, std::uint32_t, std::size_t at) {
    periods_of[customer] |= at < kNumBits ? std::uint64_t{1} << at : 0;
  });
  for (std::size_t customer = 1; customer < periods_of.size(); ++customer) {
    for (std::uint64_t bits = periods_of[customer]; bits != 0; bits &= bits - 1) {
      count(customer, static_cast<std::size_t>(std::countr_zero(bits)));
    }
  }
}

/// The same for any number of periods.
template <class Count>
void count_by_customer(const Setting& setting, const Members& members, const Count& count) {
  const OrdersByCustomer orders(setting.view.history(), setting.view.as_of_us());
  std::vector<std::size_t> periods;
  for (std::size_t customer = 1; customer < members.row_of.size(); ++customer) {
    periods.clear();
    for (const std::uint32_t order : orders[customer]) {
      if (members.row_of[customer] != kNone && setting.view.is_counted(order)) {
        periods.push_back(period_after(setting, members, setting.view.history().orders()[order]));
      }
    }
    std::sort(periods.begin(), periods.end());
    periods.erase(std::unique(periods.begin(), periods.end()), periods.end());
    for (const std::size_t at : periods) {
      count(customer, at);
    }
  }
}

void gather_customers(const Setting& setting, const Members& members, const Spans& spans,
                      Cells& cells) {
  if (setting.is(Kind::rolling)) {
    std::vector<std::uint32_t> end_of(members.row_of.size());  // Period after the last active one.
    for_each_order(setting, members, [&](std::uint32_t customer, std::uint32_t, std::size_t at) {
      end_of[customer] = std::max(end_of[customer], static_cast<std::uint32_t>(at) + 1);
    });
    for (std::size_t customer = 1; customer < end_of.size(); ++customer) {
      if (end_of[customer] > 0) {
        cells.counts.value.add(members.row_of[customer], 0, end_of[customer], 1);
      }
    }
    return;
  }
  const auto count = [&](std::size_t customer, std::size_t at) {
    add_to(cells.counts, setting, spans, customer, members.row_of[customer], at, std::int64_t{1});
  };
  if (cells.width <= 64) {
    count_by_bits(setting, members, count);
  } else {
    count_by_customer(setting, members, count);
  }
}

Cells gather(const Setting& setting, const Members& members) {
  const bool is_elapsed = setting.is(Kind::elapsed);
  const std::size_t num_rows = members.size.size();
  const Spans spans = is_elapsed ? spans_of(setting, members) : Spans{};
  const std::size_t width =
      is_elapsed || num_rows == 0 ? spans.num_windows : setting.num_periods - members.first_cohort;
  require(num_rows <= kMaxCells / width, ErrorCode::invalid_argument,
          "cohort: more than 10,000,000 cells; take a longer period",
          std::to_string(num_rows * width));

  const bool has_money = !setting.is(Measure::customers) && !setting.is(Measure::orders);
  const bool has_counts = !has_money || setting.is(Measure::average_order_value);
  Cells cells{.width = width,
              .counts = {has_counts ? num_rows : 0, width},
              .money = {has_money ? num_rows : 0, width},
              .eligible = {is_elapsed ? num_rows : 0, width},
              .comparable = {is_elapsed ? num_rows : 0, width}};
  if (is_elapsed) {
    cells.counts.base = {has_counts ? num_rows : 0, width};
    cells.money.base = {has_money ? num_rows : 0, width};
    const bool is_first = setting.options.relative_to == RelativeTo::first;
    for (std::size_t customer = 1; customer < members.row_of.size(); ++customer) {
      const auto [begin, end] = spans.of[customer];
      if (begin < end) {
        const std::uint32_t row = members.row_of[customer];
        cells.eligible.add(row, begin, end, 1);
        cells.comparable.add(row, is_first ? 0 : begin + 1, is_first && begin > 0 ? 0 : end, 1);
      }
    }
  }
  if (setting.is(Measure::customers)) {
    gather_customers(setting, members, spans, cells);
  } else if (has_counts) {
    for_each_order(setting, members,
                   [&](std::uint32_t customer, std::uint32_t row, std::size_t at) {
                     add_to(cells.counts, setting, spans, customer, row, at, std::int64_t{1});
                   });
  }
  if (has_money) {
    const std::span<const OrderState> orders = setting.view.history().orders();
    setting.view.for_each_line_sum([&](const HistoryView::Sum& line) {
      const std::uint32_t row = members.row_of[line.customer];
      if (row != kNone) {
        add_to(cells.money, setting, spans, line.customer, row,
               period_after(setting, members, orders[line.order], line.day), line.sum);
      }
    });
  }
  if (is_elapsed || setting.is(Kind::rolling) || setting.is(Measure::cumulative_revenue)) {
    cells.counts.value.add_up();
    cells.money.value.add_up();
    cells.counts.base.add_up();
    cells.money.base.add_up();
    cells.eligible.add_up();
    cells.comparable.add_up();
  }
  return cells;
}

/// What the data and the report window show of one period of one cohort.
struct Sight {
  bool is_observable = false;
  bool is_partial = false;
};

Sight sight_of(const Setting& setting, std::size_t cohort, std::size_t period) {
  if (period >= setting.num_periods) {
    return {};
  }
  const Selection& selection = setting.view.history().options().selection;
  const std::int32_t start = setting.first_days[period];
  const std::int32_t end = setting.first_days[period + 1];
  // What accumulates reaches back to the first day of the cohort.
  const std::int32_t reaches =
      setting.is(Measure::cumulative_revenue) ? setting.first_days[cohort] : start;
  const std::int32_t window_start = selection.start_day.value_or(reaches);
  const std::int32_t window_end = selection.end_day.value_or(end);
  const bool is_reported = end > window_start && start < window_end;
  const bool is_cut = is_reported && (reaches < window_start || end > window_end);
  return {.is_observable = is_reported && start <= setting.view.last_data_day(),
          .is_partial = is_cut || end * kMicrosecondsPerDay > setting.view.as_of_us()};
}

/// Writes the cells of a table row by row.
class Writer {
 public:
  Writer(const Setting& setting, const Members& members, const Cells& cells, Retention& table)
      : setting_(setting),
        members_(members),
        cells_(cells),
        table_(table),
        z_(normal_quantile(setting.options.confidence)) {
    Selection of_orders = table.selection;
    of_orders.customers.reset();
    of_orders.home_region.reset();
    selects_orders_ = !of_orders.is_everything();
  }

  void write() {
    const Dictionary& keys = setting_.view.history().region_keys();
    for (std::size_t row = 0; row < members_.size.size(); ++row) {
      const std::uint32_t cohort = members_.cohort[row];
      for (std::size_t at = 0; at < cells_.width; ++at) {
        if (table_.group) {
          table_.group->push_back(keys.key(members_.group[row]));
        }
        table_.cohort.push_back({setting_.first_days[cohort]});
        table_.period.push_back(static_cast<std::int32_t>(at));
        table_.size.push_back(members_.size[row]);
        table_.left_truncated.push_back({cohort == members_.first_cohort_of_all});
        write_cell(row, at);
      }
    }
  }

 private:
  [[nodiscard]] Sight sight(std::size_t row, std::size_t at) const {
    return setting_.is(Kind::elapsed)
               ? Sight{.is_observable = cells_.eligible(row, at) > 0, .is_partial = false}
               : sight_of(setting_, members_.cohort[row], members_.cohort[row] + at);
  }

  void write_cell(std::size_t row, std::size_t at) {
    const auto [is_observable, is_partial] = sight(row, at);
    const bool is_elapsed = setting_.is(Kind::elapsed);
    const std::int64_t eligible =
        is_elapsed ? cells_.eligible(row, at) : (is_observable ? members_.size[row] : 0);
    table_.eligible.push_back(eligible);
    table_.observable.push_back({is_observable});
    table_.partial.push_back({is_partial});

    const bool is_share =
        setting_.is(Measure::customers) && setting_.options.relative_to == RelativeTo::first;
    const std::int64_t count =
        is_observable && !cells_.counts.value.is_empty() ? cells_.counts.value(row, at) : 0;
    const Int128 money =
        is_observable && !cells_.money.value.is_empty() ? cells_.money.value(row, at) : Int128{0};
    write_value(is_observable, eligible, count, money);
    table_.can_grow.push_back(
        {setting_.is(Kind::rolling) && is_observable && count < members_.size[row]});
    write_rate(is_observable, is_share, row, at, eligible, count, money);
    if (is_observable && is_share && (at > 0 || selects_orders_)) {
      const Interval interval = wilson(count, eligible, z_);
      table_.lower.push_back(interval.lower);
      table_.upper.push_back(interval.upper);
    } else {
      table_.lower.push_null();
      table_.upper.push_null();
    }
  }

  void write_value(bool is_observable, std::int64_t eligible, std::int64_t count, Int128 money) {
    const auto write = [&](auto& column, auto value, bool has_value = true) {
      if (is_observable && has_value) {
        column.push_back(value);
      } else {
        column.push_null();
      }
    };
    const Measure measure = setting_.options.measure;
    const bool is_mean = measure == Measure::average_order_value;
    switch (table_.value.type) {
      case MeasureValues::Type::count:
        return write(table_.value.counts, count);
      case MeasureValues::Type::money:
        return write(table_.value.money, from_int128(money));
      case MeasureValues::Type::quotient:
        const std::int64_t divisor = is_mean ? count : eligible;
        write(table_.value.quotients, divisor > 0 ? mean_money(from_int128(money), divisor) : 0.0,
              divisor > 0);
        write(*table_.revenue, from_int128(money));
        if (is_mean) {
          write(*table_.orders, count);
        }
    }
  }

  void write_rate(bool is_observable, bool is_share, std::size_t row, std::size_t at,
                  std::int64_t eligible, std::int64_t count, Int128 money) {
    if (is_observable && is_share) {
      table_.rate.push_back(nearest_quotient(count, eligible));
      return;
    }
    const bool is_elapsed = setting_.is(Kind::elapsed);
    const bool is_first = setting_.options.relative_to == RelativeTo::first;
    const std::size_t base_at = is_first || at == 0 ? 0 : at - 1;
    const bool is_comparable =
        is_observable && (is_first || at > 0) &&
        (is_elapsed ? cells_.comparable(row, at) == eligible : sight(row, base_at).is_observable);
    if (!is_comparable) {
      table_.rate.push_null();
      return;
    }
    const auto base_of = [&](const auto& sums) {
      return is_elapsed ? sums.base(row, at) : sums.value(row, base_at);
    };
    switch (setting_.options.measure) {
      case Measure::customers:
      case Measure::orders:
        return push_quotient(count, base_of(cells_.counts));
      case Measure::revenue:
      case Measure::cumulative_revenue:
        return push_quotient(money, base_of(cells_.money));
      case Measure::average_order_value:
        const std::int64_t base_count = base_of(cells_.counts);
        const Int128 base_money = base_of(cells_.money);
        if (count > 0 && base_count > 0 && base_money > 0) {
          table_.rate.push_back(mean_money(from_int128(money), count) /
                                mean_money(from_int128(base_money), base_count));
        } else {
          table_.rate.push_null();
        }
    }
  }

  void push_quotient(Int128 numerator, Int128 denominator) {
    if (denominator > 0) {
      table_.rate.push_back(nearest_quotient(numerator, denominator));
    } else {
      table_.rate.push_null();
    }
  }

  const Setting& setting_;
  const Members& members_;
  const Cells& cells_;
  Retention& table_;
  double z_;
  bool selects_orders_ = false;
};

/// Checks that the rates of a table, which anybody may have made, are shares of its members.
void require_shares(const Retention& retention, std::string_view measure_text,
                    std::string_view relative_text) {
  require(retention.options.measure == Measure::customers, ErrorCode::invalid_argument,
          measure_text, measure_name(retention.options.measure));
  require(retention.options.relative_to == RelativeTo::first, ErrorCode::invalid_argument,
          relative_text, relative_to_name(retention.options.relative_to));
  const std::size_t num_rows = retention.num_rows();
  for (const std::size_t length :
       {retention.period.size(), retention.eligible.size(), retention.value.counts.size(),
        retention.rate.size(), retention.lower.size(), retention.observable.size(),
        retention.partial.size(), retention.group ? retention.group->size() : num_rows}) {
    require(length == num_rows, ErrorCode::schema_mismatch,
            "cohort: a column of the retention has another length", std::to_string(length));
  }
}

}  // namespace

Kind parse_kind(std::string_view name) {
  return parse_name<Kind>(kKindNames, name, "cohort: kind must be bounded, rolling or elapsed");
}
Measure parse_measure(std::string_view name) {
  return parse_name<Measure>(kMeasureNames, name,
                             "cohort: measure must be customers, orders, revenue, "
                             "cumulative_revenue or average_order_value");
}
RelativeTo parse_relative_to(std::string_view name) {
  return parse_name<RelativeTo>(kRelativeToNames, name,
                                "cohort: relative_to must be first or previous");
}
std::string_view kind_name(Kind kind) noexcept {
  return kKindNames[static_cast<std::size_t>(kind)];
}
std::string_view measure_name(Measure measure) noexcept {
  return kMeasureNames[static_cast<std::size_t>(measure)];
}
std::string_view relative_to_name(RelativeTo relative_to) noexcept {
  return kRelativeToNames[static_cast<std::size_t>(relative_to)];
}

Metadata Retention::metadata() const {
  Metadata metadata{{"as_of", format_time(as_of_us)},
                    {"period", std::string(period_name(options.period))},
                    {"kind", std::string(kind_name(options.kind))},
                    {"measure", std::string(measure_name(options.measure))},
                    {"relative_to", std::string(relative_to_name(options.relative_to))},
                    {"confidence", to_text(options.confidence)},
                    {"left_truncated_cohort",
                     left_truncated_cohort ? format_day(left_truncated_cohort->day) : ""},
                    {"num_lines_ignored", std::to_string(num_lines_ignored)}};
  if (options.kind == Kind::elapsed) {
    metadata.emplace_back("elapsed_days", std::to_string(options.elapsed_days));
  }
  if (options.by) {
    metadata.emplace_back("by", *options.by);
  }
  add_selection(metadata, selection);
  return metadata;
}

Retention retention(const CustomerHistory& history, const Options& options) {
  validate(options);
  require(!options.by || history.options().region == *options.by, ErrorCode::invalid_argument,
          "cohort: the history keeps no such dimension", options.by.value_or(""));
  Retention table;
  table.options = options;
  const HistoryView view(history, options.as_of_us);
  table.as_of_us = view.as_of_us();
  table.selection = history.options().selection;
  table.num_lines_ignored = history.num_lines_from(table.as_of_us);
  switch (options.measure) {
    case Measure::customers:
    case Measure::orders:
      break;
    case Measure::revenue:
      table.value.type = MeasureValues::Type::money;
      break;
    case Measure::average_order_value:
      table.orders.emplace();
      [[fallthrough]];
    case Measure::cumulative_revenue:
      table.value.type = MeasureValues::Type::quotient;
      table.revenue.emplace();
  }
  if (options.by) {
    table.group.emplace();
  }

  const PeriodIndex index = index_of(view, options.period);
  const Setting setting = setting_of(view, options, index);
  const Members members = members_of(setting);
  const Cells cells = gather(setting, members);
  if (std::find(members.cohort.begin(), members.cohort.end(), members.first_cohort_of_all) !=
      members.cohort.end()) {
    table.left_truncated_cohort = Date{setting.first_days[members.first_cohort_of_all]};
  }
  Writer(setting, members, cells, table).write();
  return table;
}

Retention retention(const Transactions& transactions, const Options& options,
                    const Selection& selection) {
  validate(options);
  return retention(history_of(transactions, options.num_threads,
                              {.as_of_us = options.as_of_us,
                               .region = options.by.value_or(""),
                               .selection = selection}),
                   options);
}

Metadata MemberList::metadata() const {
  Metadata metadata{{"as_of", format_time(as_of_us)},
                    {"period", std::string(period_name(options.period))},
                    {"kind", std::string(kind_name(options.kind))},
                    {"cohort", format_day(cell.cohort.day)},
                    {"number", std::to_string(cell.period)},
                    {"num_eligible", std::to_string(num_eligible)},
                    {"num_active", std::to_string(num_active)},
                    {"is_partial", is_partial ? "true" : "false"},
                    {"num_lines_ignored", std::to_string(num_lines_ignored)}};
  if (options.kind == Kind::elapsed) {
    metadata.emplace_back("elapsed_days", std::to_string(options.elapsed_days));
  }
  if (options.by) {
    metadata.emplace_back("by", *options.by);
    metadata.emplace_back("group", to_string(cell.group[0]));
  }
  add_selection(metadata, selection);
  return metadata;
}

MemberList members(const CustomerHistory& history, const Cell& cell, const Options& told) {
  Options options = told;
  options.measure = Measure::customers;
  validate(options);
  require(!options.by || history.options().region == *options.by, ErrorCode::invalid_argument,
          "cohort: the history keeps no such dimension", options.by.value_or(""));
  require(cell.group.size() == (options.by ? 1 : 0), ErrorCode::invalid_argument,
          "cohort: a group goes with by, and by with one group", std::to_string(cell.group.size()));
  require(cell.period >= 0, ErrorCode::invalid_argument, "cohort: a period number must be >= 0",
          std::to_string(cell.period));
  const HistoryView view(history, options.as_of_us);
  const PeriodIndex index = index_of(view, options.period);
  const Setting setting = setting_of(view, options, index);
  const Members members = members_of(setting);
  MemberList table;
  table.options = options;
  table.cell = cell;
  table.as_of_us = view.as_of_us();
  table.selection = history.options().selection;
  table.num_lines_ignored = history.num_lines_from(table.as_of_us);

  std::size_t row = 0;
  const auto is_row = [&](std::size_t candidate) {
    return setting.first_days[members.cohort[candidate]] == cell.cohort.day &&
           (!options.by || history.region_keys().key(members.group[candidate]) == cell.group[0]);
  };
  while (row < members.size.size() && !is_row(row)) {
    ++row;
  }
  require(row < members.size.size(), ErrorCode::invalid_argument,
          "cohort: no customer's cohort begins on this day", format_day(cell.cohort.day));

  const bool is_elapsed = options.kind == Kind::elapsed;
  const auto number = static_cast<std::size_t>(cell.period);
  const Spans spans = is_elapsed ? spans_of(setting, members) : Spans{};
  const auto is_eligible = [&](std::size_t customer) {
    return members.row_of[customer] == row &&
           (!is_elapsed || (number >= spans.of[customer].begin && number < spans.of[customer].end));
  };
  bool is_observable = false;
  if (is_elapsed) {
    for (std::size_t customer = 1; customer < members.row_of.size() && !is_observable; ++customer) {
      is_observable = is_eligible(customer);
    }
  } else {
    const Sight sight = sight_of(setting, members.cohort[row], members.cohort[row] + number);
    is_observable = sight.is_observable;
    table.is_partial = sight.is_partial;
  }
  require(is_observable, ErrorCode::invalid_argument,
          "cohort: nobody has seen this period of the cohort yet", std::to_string(cell.period));

  const auto is_in_cell = [&](std::size_t at) {
    return setting.is(Kind::rolling) ? at >= number : at == number;
  };
  std::vector<std::int64_t> num_orders(members.row_of.size());
  std::vector<Int128> revenue(members.row_of.size());
  for_each_order(setting, members,
                 [&](std::uint32_t customer, std::uint32_t of_row, std::size_t at) {
                   num_orders[customer] += of_row == row && is_in_cell(at) ? 1 : 0;
                 });
  view.for_each_line_sum([&](const HistoryView::Sum& line) {
    if (members.row_of[line.customer] == row &&
        is_in_cell(period_after(setting, members, history.orders()[line.order], line.day))) {
      revenue[line.customer] += line.sum;
    }
  });

  const Dictionary& keys = history.customer_keys();
  std::vector<std::uint32_t> listed;
  for (std::uint32_t customer = 1; customer < members.row_of.size(); ++customer) {
    if (is_eligible(customer)) {
      const bool is_active = num_orders[customer] > 0;
      ++table.num_eligible;
      table.num_active += is_active ? 1 : 0;
      if (!cell.active || *cell.active == is_active) {
        listed.push_back(customer);
      }
    }
  }
  std::sort(listed.begin(), listed.end(),
            [&](std::uint32_t a, std::uint32_t b) { return keys.key(a) < keys.key(b); });
  for (const std::uint32_t customer : listed) {
    table.customer.push_back(keys.key(customer));
    table.first_order.push_back({members.first_us[customer]});
    table.active.push_back({num_orders[customer] > 0});
    table.orders.push_back(num_orders[customer]);
    table.revenue.push_back(from_int128(revenue[customer]));
  }
  return table;
}

MemberList members(const Transactions& transactions, const Cell& cell, const Options& options,
                   const Selection& selection) {
  validate(options);
  return members(history_of(transactions, options.num_threads,
                            {.as_of_us = options.as_of_us,
                             .region = options.by.value_or(""),
                             .selection = selection}),
                 cell, options);
}

MeanRetention mean_retention(const Retention& retention) {
  require_shares(retention, "cohort: mean_retention needs the measure customers",
                 "cohort: mean_retention needs rates relative to the first period");
  MeanRetention table;
  table.retention_metadata = retention.metadata();
  const std::size_t num_rows = retention.num_rows();
  if (retention.group) {
    table.group.emplace();
  }

  const double z = normal_quantile(retention.options.confidence);
  // One group after the other, one row per cohort and one column per period number.
  for (std::size_t begin = 0, end = 0; begin < num_rows; begin = end) {
    std::int32_t last_period = 0;
    for (end = begin; end < num_rows &&
                      (!retention.group || (*retention.group)[end] == (*retention.group)[begin]);
         ++end) {
      require(retention.period[end] >= 0, ErrorCode::invalid_data,
              "cohort: a period number of the retention is negative");
      last_period = std::max(last_period, retention.period[end]);
    }
    // Counts below 2^53 are exact as doubles, and so are their sums.
    using Sums = Eigen::ArrayXd;
    const Eigen::Index num_periods = Eigen::Index{last_period} + 1;
    Sums num_cohorts = Sums::Zero(num_periods);
    Sums active = Sums::Zero(num_periods);
    Sums eligible = Sums::Zero(num_periods);
    Sums rates = Sums::Zero(num_periods);
    std::vector<std::uint8_t> has_interval(static_cast<std::size_t>(num_periods));
    for (std::size_t row = begin; row < end; ++row) {
      if (retention.observable[row].value && !retention.partial[row].value) {
        const Eigen::Index period = retention.period[row];
        num_cohorts[period] += 1.0;
        active[period] += static_cast<double>(retention.value.counts.values[row]);
        eligible[period] += static_cast<double>(retention.eligible[row]);
        rates[period] += retention.rate.values[row];
        has_interval[static_cast<std::size_t>(period)] |= retention.lower.is_valid[row];
      }
    }
    const Sums weighted = active / eligible;
    const Sums simple = rates / num_cohorts;
    for (Eigen::Index period = 0; period < num_periods; ++period) {
      if (table.group) {
        table.group->push_back((*retention.group)[begin]);
      }
      table.period.push_back(static_cast<std::int32_t>(period));
      table.num_cohorts.push_back(static_cast<std::int64_t>(num_cohorts[period]));
      if (num_cohorts[period] > 0.0) {
        table.weighted.push_back(weighted[period]);
        table.simple.push_back(simple[period]);
      } else {
        table.weighted.push_null();
        table.simple.push_null();
      }
      if (has_interval[static_cast<std::size_t>(period)] != 0) {
        const Interval interval = wilson(static_cast<std::int64_t>(active[period]),
                                         static_cast<std::int64_t>(eligible[period]), z);
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

DropOff drop_off(const Retention& retention) {
  require_shares(retention, "cohort: drop_off needs the measure customers",
                 "cohort: drop_off needs rates relative to the first period");
  DropOff table;
  table.retention_metadata = retention.metadata();
  if (retention.group) {
    table.group.emplace();
  }
  const std::size_t num_rows = retention.num_rows();
  const auto is_whole = [&](std::size_t row) {
    return retention.observable[row].value && !retention.partial[row].value;
  };
  struct Step {
    std::int64_t num_cohorts = 0;
    std::int64_t active_before = 0;
    std::int64_t eligible_before = 0;
    std::int64_t active = 0;
    std::int64_t eligible = 0;
    bool has_interval_before = false;
  };
  const double z = normal_quantile(retention.options.confidence);
  for (std::size_t begin = 0, end = 0; begin < num_rows; begin = end) {
    std::vector<Step> steps;  // By period, of 1 and on.
    for (end = begin; end < num_rows &&
                      (!retention.group || (*retention.group)[end] == (*retention.group)[begin]);
         ++end) {
      const std::int32_t period = retention.period[end];
      if (end == begin || period < 1 || retention.period[end - 1] != period - 1) {
        continue;
      }
      steps.resize(std::max(steps.size(), static_cast<std::size_t>(period)));
      if (is_whole(end - 1) && is_whole(end)) {
        Step& step = steps[static_cast<std::size_t>(period) - 1];
        ++step.num_cohorts;
        step.active_before += retention.value.counts.values[end - 1];
        step.eligible_before += retention.eligible[end - 1];
        step.active += retention.value.counts.values[end];
        step.eligible += retention.eligible[end];
        step.has_interval_before |= retention.lower.is_valid[end - 1] != 0;
      }
    }
    const std::size_t first = table.period.size();
    std::vector<std::size_t> by_loss;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Step& step = steps[i];
      if (table.group) {
        table.group->push_back((*retention.group)[begin]);
      }
      table.period.push_back(static_cast<std::int32_t>(i) + 1);
      table.num_cohorts.push_back(step.num_cohorts);
      table.rank.push_null();
      if (step.num_cohorts == 0) {
        table.before.push_null();
        table.after.push_null();
        table.loss.push_null();
        table.lower.push_null();
        table.upper.push_null();
        table.loss_share.push_null();
        continue;
      }
      const double before = nearest_quotient(step.active_before, step.eligible_before);
      const double after = nearest_quotient(step.active, step.eligible);
      table.before.push_back(before);
      table.after.push_back(after);
      table.loss.push_back(before - after);
      const Interval of_before = step.has_interval_before
                                     ? wilson(step.active_before, step.eligible_before, z)
                                     : Interval{before, before};
      const Interval reach =
          newcombe(before, of_before, after, wilson(step.active, step.eligible, z));
      table.lower.push_back(reach.lower);
      table.upper.push_back(reach.upper);
      if (before > 0.0) {
        table.loss_share.push_back((before - after) / before);
      } else {
        table.loss_share.push_null();
      }
      by_loss.push_back(first + i);
    }
    std::stable_sort(by_loss.begin(), by_loss.end(), [&](std::size_t a, std::size_t b) {
      return table.loss.values[a] > table.loss.values[b];
    });
    for (std::size_t place = 0; place < by_loss.size(); ++place) {
      table.rank.values[by_loss[place]] = static_cast<std::int64_t>(place) + 1;
      table.rank.is_valid[by_loss[place]] = 1;
    }
  }
  return table;
}

}  // namespace ecommerce_analytics::cohort
