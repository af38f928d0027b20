#include "ecommerce_analytics/cutoff.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/elementary.hpp"
#include "core/int128.hpp"
#include "core/number_text.hpp"
#include "core/resample.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/parallel.hpp"
#include "history_of.hpp"
#include "history_view.hpp"
#include "orders_by_customer.hpp"
#include "pair_numbers.hpp"

namespace ecommerce_analytics::cutoff {
namespace {

constexpr int kMaxActiveDays = 36'500;
constexpr int kMaxWindowDays = 3'650;
constexpr const char* kQuantity = "quantity";
constexpr const char* kDiscount = "discount";
constexpr const char* kRegion = "region";

std::int64_t days_us(int days) { return days * kMicrosecondsPerDay; }

void validate_features(const FeatureOptions& options) {
  require(options.active_within_days >= 1 && options.active_within_days <= kMaxActiveDays,
          ErrorCode::invalid_argument, "cutoff: active_within must be in [1, 36500]",
          std::to_string(options.active_within_days));
}

const Options& validated(const Options& options) {
  validate(options);
  return options;
}

/// The cutoff, from which days can be counted in either direction.
std::int64_t validated_cutoff(std::int64_t cutoff_us) {
  require(cutoff_us > kFirstCivilDay * kMicrosecondsPerDay &&
              cutoff_us <= kEndCivilDay * kMicrosecondsPerDay,
          ErrorCode::invalid_argument, "cutoff: the cutoff is outside years 1400 to 9999");
  return cutoff_us;
}

/// Lines of one customer, summed up.
struct LineSums {
  Int128 net = 0;
  Int128 sales = 0;
  Int128 refunds = 0;
  Int128 discounts = 0;  // Money of discount lines, below 0.
  Int128 listed = 0;     // Of the measure `discount`.
  Int128 items = 0;
  std::int64_t sale_lines = 0;
  std::int64_t refund_lines = 0;
};

/// Whether a day lies in the peak season.
bool is_peak(std::int32_t day) {
  return period_of(day, Period::month) - 12 * period_of(day, Period::year) >= kPeakMonth - 1;
}

/// Counts of 1/10,000 at which a day with an order counts so many days later.
std::int64_t weight_of(std::int64_t days) {
  constexpr double kLog2 = 0x1.62e42fefa39efp-1;
  const double weight = elementary::exp(-kLog2 * static_cast<double>(days) / kHalfLifeDays);
  return std::llround(weight * kMoneyScale);
}

/// Appends the columns that the times of his orders alone tell, increasing ones, at least one.
void append_times(Features& result, const std::vector<std::int64_t>& order_us,
                  std::int64_t cutoff_us) {
  const auto frequency = static_cast<std::int64_t>(order_us.size());
  const auto days_since = [&](std::int64_t time_us) {
    return (cutoff_us - time_us) / kMicrosecondsPerDay;
  };
  std::int64_t recent = 0;
  std::int64_t peak = 0;
  std::int64_t order_days = 0;
  std::int64_t weight = 0;
  std::int64_t last_gap = 0;
  std::int32_t last_day = 0;
  for (std::size_t i = 0; i < order_us.size(); ++i) {
    const std::int32_t day = day_of(order_us[i]);
    recent += order_us[i] >= cutoff_us - days_us(kRecentDays) ? 1 : 0;
    peak += is_peak(day) ? 1 : 0;
    if (i == 0 || day != last_day) {
      last_gap = i == 0 ? 0 : day - last_day;
      last_day = day;
      ++order_days;
    }
    if (i + 1 == order_us.size() || day_of(order_us[i + 1]) != day) {
      weight += weight_of(days_since(order_us[i]));
    }
  }
  const std::int64_t recency_days = days_since(order_us.back());
  const std::int64_t span_days = last_day - day_of(order_us.front());
  const auto push_or_null = [](Nullable<double>& column, bool is_known, Int128 a, Int128 b) {
    if (is_known) {
      column.push_back(nearest_quotient(a, b));
    } else {
      column.push_null();
    }
  };
  result.recency_days.push_back(static_cast<std::int32_t>(recency_days));
  result.frequency.push_back(frequency);
  result.tenure_days.push_back(static_cast<std::int32_t>(days_since(order_us.front())));
  push_or_null(result.mean_days_between_orders, frequency > 1, order_us.back() - order_us.front(),
               static_cast<Int128>(frequency - 1) * kMicrosecondsPerDay);
  result.is_one_order.push_back({frequency == 1});
  result.orders_90d.push_back(recent);
  result.order_days.push_back(order_days);
  push_or_null(result.recency_over_gap, order_days > 1,
               static_cast<Int128>(recency_days) * (order_days - 1), span_days);
  result.is_one_order_day.push_back({order_days == 1});
  push_or_null(result.gap_trend, order_days > 2, static_cast<Int128>(last_gap) * (order_days - 1),
               span_days);
  result.is_trend_known.push_back({order_days > 2});
  result.recent_order_days.push_back(nearest_quotient(weight, kMoneyScale));
  result.peak_season_share.push_back(nearest_quotient(peak, frequency));
}

/// Appends the columns of his lines.
void append_lines(Features& result, const LineSums& sums, std::int64_t frequency) {
  const Money128 money = from_int128(sums.net);
  const auto push_ratio = [](Nullable<double>& column, Int128 a, Int128 b) {
    if (b > 0) {
      column.push_back(nearest_quotient(a, b));
    } else {
      column.push_null();
    }
  };
  result.monetary.push_back(money);
  result.average_order_value.push_back(mean_money(money, frequency));
  result.lines_per_order.push_back(nearest_quotient(sums.sale_lines, frequency));
  push_ratio(result.return_rate_money, -sums.refunds, sums.sales);
  push_ratio(result.return_rate_lines, sums.refund_lines, sums.sale_lines);
  if (result.discount_share) {
    push_ratio(*result.discount_share, sums.listed - sums.discounts, sums.sales + sums.listed);
  }
  if (result.items) {
    result.items->push_back(from_int128(sums.items));
  }
}

/// The place of a measure that a history keeps; nothing if it does not.
std::optional<std::size_t> place_of(const CustomerHistory& history, const char* measure) {
  const std::vector<std::string>& names = history.options().measures;
  const auto place = std::find(names.begin(), names.end(), measure);
  return place == names.end() ? std::nullopt
                              : std::optional(static_cast<std::size_t>(place - names.begin()));
}

/// By customer code; tells whether there is a discount and a quantity.
std::vector<LineSums> line_sums(const HistoryView& view, Features& result) {
  const CustomerHistory& history = view.history();
  std::vector<LineSums> sums(history.customer_keys().num_codes());
  bool has_discount = false;
  for (std::size_t i = 0; i < kNumLineKinds; ++i) {
    const auto kind = static_cast<LineKind>(i);
    view.for_each(kind, [&](const HistoryView::Sum& line) {
      LineSums& own = sums[line.customer];
      own.net += line.sum;
      if (kind == LineKind::sale) {
        own.sales += line.sum;
        own.sale_lines += line.num_lines;
      } else if (kind == LineKind::refund) {
        own.refunds += line.sum;
        own.refund_lines += line.num_lines;
      } else if (kind == LineKind::discount) {
        own.discounts += line.sum;
        has_discount = true;
      }
    });
  }
  if (const auto place = place_of(history, kQuantity)) {
    result.items.emplace();
    view.for_each_measured(
        *place, [&](const HistoryView::Sum& line) { sums[line.customer].items += line.sum; });
  }
  if (const auto place = place_of(history, kDiscount)) {
    has_discount = true;
    view.for_each_measured(
        *place, [&](const HistoryView::Sum& line) { sums[line.customer].listed += line.sum; });
  }
  if (has_discount) {
    result.discount_share.emplace();
  }
  return sums;
}

/// Region of the first order, ties: least key.
Key region_of(std::span<const std::uint32_t> orders, const CustomerHistory& history,
              std::int64_t first_us) {
  std::optional<Key> least;
  for (const std::uint32_t code : orders) {
    const OrderState& order = history.orders()[code];
    const Key key = history.region_keys().key(order.purchase_region);
    if (order.purchase_us == first_us && (!least || key < *least)) {
      least = key;
    }
  }
  return least.value_or(Key());
}

void append_purchases(PurchaseCounts& all, const std::vector<std::int64_t>& order_us,
                      std::int64_t cutoff_us) {
  std::int64_t order_days = 0;
  for (std::size_t i = 0; i < order_us.size(); ++i) {
    order_days += i == 0 || day_of(order_us[i]) != day_of(order_us[i - 1]) ? 1 : 0;
  }
  const std::int32_t first_day = day_of(order_us.front());
  all.frequency.push_back(static_cast<double>(order_days - 1));
  all.recency.push_back(day_of(order_us.back()) - first_day);
  all.T.push_back(day_of(cutoff_us - 1) - first_day);
}

/// A number of a line or a product of one customer.
struct Told {
  std::uint32_t customer = 0;
  std::int64_t value = 0;
};

/// By row the median of what is told of the customer, over `scale`; null of nothing.
Nullable<double> medians_of(const std::vector<Told>& all, const Dictionary& customers,
                            const Features& features, std::int64_t scale) {
  std::vector<std::size_t> first(customers.num_codes() + 1);
  for (const Told& one : all) {
    ++first[one.customer + 1];
  }
  for (std::size_t code = 1; code < first.size(); ++code) {
    first[code] += first[code - 1];
  }
  std::vector<std::int64_t> values(all.size());
  std::vector<std::size_t> next(first.begin(), first.end() - 1);
  for (const Told& one : all) {
    values[next[one.customer]++] = one.value;
  }
  Nullable<double> medians;
  for (std::size_t row = 0; row < features.num_rows(); ++row) {
    const auto code = customers.find(features.customer[row]);
    const std::size_t begin = code ? first[*code] : 0;
    const std::size_t size = code ? first[*code + 1] - begin : 0;
    if (size == 0) {
      medians.push_null();
      continue;
    }
    const auto own = values.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto end = own + static_cast<std::ptrdiff_t>(size);
    const auto upper = own + static_cast<std::ptrdiff_t>(size / 2);
    std::nth_element(own, upper, end);
    const std::int64_t lower = size % 2 == 1 ? *upper : *std::max_element(own, upper);
    medians.push_back(
        nearest_quotient(static_cast<Int128>(lower) + *upper, 2 * static_cast<Int128>(scale)));
  }
  return medians;
}

/// Calls `visit(row, customer)` for the lines of kind sale of known customers before the cutoff.
template <class Visit>
void for_each_sale(const Transactions& transactions, std::int64_t cutoff_us, const Visit& visit) {
  const TransactionColumns& columns = transactions.columns();
  PollCounter polls;
  for (std::size_t row = 0; row < transactions.num_rows(); ++row) {
    polls.count();
    const std::uint32_t customer = columns.order_customer[columns.order[row]];
    if (columns.time_us[row] < cutoff_us && columns.kind[row] == LineKind::sale &&
        customer != Dictionary::kUnknownCode) {
      visit(row, customer);
    }
  }
}

/// The distinct known keys of a dimension among these lines: a customer and the code of a key.
std::vector<Told> distinct_of(const Transactions& transactions, const Dimension& dimension,
                              std::int64_t cutoff_us) {
  std::vector<Told> distinct;
  PairNumbers pairs;
  for_each_sale(transactions, cutoff_us, [&](std::size_t row, std::uint32_t customer) {
    const std::uint32_t code = dimension.codes[row];
    const std::size_t before = pairs.num_pairs();
    if (code != Dictionary::kUnknownCode &&
        pairs.number_of(customer, code) == static_cast<std::uint32_t>(before)) {
      distinct.push_back({.customer = customer, .value = code});
    }
  });
  return distinct;
}

/// By row how often the customer stands there.
std::vector<std::int64_t> counts_of(const std::vector<Told>& all, const Dictionary& customers,
                                    const Features& features) {
  std::vector<std::int64_t> by_code(customers.num_codes());
  for (const Told& one : all) {
    ++by_code[one.customer];
  }
  std::vector<std::int64_t> counts;
  counts.reserve(features.num_rows());
  for (std::size_t row = 0; row < features.num_rows(); ++row) {
    const auto code = customers.find(features.customer[row]);
    counts.push_back(code ? by_code[*code] : 0);
  }
  return counts;
}

/// Fills what the lines themselves tell, which no history keeps.
void tell_lines(const Transactions& transactions, Features& features) {
  const TransactionColumns& columns = transactions.columns();
  const Dictionary& customers = *columns.customers;
  if (!columns.quantity.empty()) {
    std::vector<Told> quantities;
    for_each_sale(transactions, features.cutoff_us, [&](std::size_t row, std::uint32_t customer) {
      quantities.push_back({.customer = customer, .value = columns.quantity[row]});
    });
    features.median_line_items = medians_of(quantities, customers, features, kMoneyScale);
  }
  if (const Dimension* categories = transactions.find_dimension("category")) {
    features.unique_categories =
        counts_of(distinct_of(transactions, *categories, features.cutoff_us), customers, features);
  }
  if (const Dimension* products = transactions.find_dimension("product")) {
    std::vector<Told> bought = distinct_of(transactions, *products, features.cutoff_us);
    features.unique_products = counts_of(bought, customers, features);
    std::vector<std::int64_t> buyers(products->keys->num_codes());
    for (const Told& one : bought) {
      ++buyers[static_cast<std::size_t>(one.value)];
    }
    for (Told& one : bought) {
      one.value = buyers[static_cast<std::size_t>(one.value)];
    }
    features.median_product_buyers = medians_of(bought, customers, features, 1);
  }
}

/// Values of one name that are known of one customer.
struct FactSum {
  Int128 sum = 0;
  std::int64_t count = 0;
};

/// Adds the facts that were known before the cutoff, of orders with a line before it.
void append_facts(Features& features, const Transactions& facts, const CustomerHistory& past) {
  const Dimension* names = facts.find_dimension(kFactDimension);
  require(names != nullptr, ErrorCode::schema_mismatch, "cutoff: facts lack the dimension",
          kFactDimension);
  const TransactionColumns& columns = facts.columns();
  const Dictionary& orders = past.order_keys();
  require(orders.type() == columns.orders->type() || orders.type() == KeyType::none ||
              columns.orders->type() == KeyType::none,
          ErrorCode::schema_mismatch, "cutoff: integer and text keys for one thing", "order");

  constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> row_of(past.customer_keys().num_codes(), kNoRow);
  for (std::uint32_t row = 0; row < features.num_rows(); ++row) {
    row_of[past.customer_keys().find(features.customer[row]).value()] = row;
  }
  std::vector<std::uint32_t> row_of_order(columns.orders->num_codes(), kNoRow);
  for (std::uint32_t code = 1; code < row_of_order.size(); ++code) {
    const auto order = orders.find(columns.orders->key(code));
    if (order && past.orders()[*order].line_us != OrderState::kNever) {
      row_of_order[code] = row_of[past.orders()[*order].customer];
    }
  }
  std::vector<std::vector<FactSum>> sums(names->keys->num_codes());
  PollCounter polls;
  for (std::size_t i = 0; i < facts.num_rows(); ++i) {
    polls.count();
    if (columns.time_us[i] >= features.cutoff_us || names->codes[i] == Dictionary::kUnknownCode) {
      continue;
    }
    std::vector<FactSum>& own = sums[names->codes[i]];
    own.resize(features.num_rows());  // There is a column even where nobody is left of whom it is.
    const std::uint32_t row = row_of_order[columns.order[i]];
    if (row != kNoRow) {
      own[row].sum += columns.amount[i];
      ++own[row].count;
    }
  }
  for (const std::uint32_t code : names->keys->codes_by_key()) {
    if (sums[code].empty()) {
      continue;
    }
    FactColumn column;
    column.name = "fact_" + to_string(names->keys->key(code));
    column.known_name = column.name + "_known";
    for (const FactColumn& other : features.facts) {
      require(other.known_name != column.name && other.name != column.known_name,
              ErrorCode::invalid_data, "cutoff: two facts would make one column", column.name);
    }
    for (const FactSum& own : sums[code]) {
      if (own.count > 0) {
        column.value.push_back(
            nearest_quotient(own.sum, static_cast<Int128>(own.count) * kMoneyScale));
      } else {
        column.value.push_null();
      }
      column.is_known.push_back({own.count > 0});
    }
    features.facts.push_back(std::move(column));
  }
}

/// By customer: 1 unless he has an order in [start_us, end_us).
std::vector<std::uint8_t> labels_of(const KeyColumn& customers, const CustomerHistory& history,
                                    std::int64_t start_us, std::int64_t end_us) {
  std::vector<std::uint8_t> is_back(history.customer_keys().num_codes());
  for (const OrderState& order : history.orders()) {
    if (order.purchase_us >= start_us && order.purchase_us < end_us) {
      is_back[order.customer] = 1;
    }
  }
  std::vector<std::uint8_t> labels;
  labels.reserve(customers.size());
  for (std::size_t row = 0; row < customers.size(); ++row) {
    const auto code = history.customer_keys().find(customers[row]);
    labels.push_back(code.has_value() && is_back[*code] != 0 ? 0 : 1);
  }
  return labels;
}

/// By customer: net money of all lines of the history, which ends where it was cut.
std::vector<Int128> money_of(const KeyColumn& customers, const CustomerHistory& history) {
  std::vector<Int128> by_code(history.customer_keys().num_codes());
  HistoryView(history, std::nullopt).for_each_line_sum([&](const HistoryView::Sum& line) {
    by_code[line.customer] += line.sum;
  });
  std::vector<Int128> money;
  money.reserve(customers.size());
  for (std::size_t row = 0; row < customers.size(); ++row) {
    const auto code = history.customer_keys().find(customers[row]);
    money.push_back(code.has_value() ? by_code[*code] : 0);
  }
  return money;
}

template <class T>
std::vector<T> permuted(const std::vector<T>& column, const std::vector<std::size_t>& order) {
  std::vector<T> result;
  result.reserve(order.size());
  for (const std::size_t row : order) {
    result.push_back(column[row]);
  }
  return result;
}

template <class T>
Nullable<T> permuted(const Nullable<T>& column, const std::vector<std::size_t>& order) {
  return {.values = permuted(column.values, order), .is_valid = permuted(column.is_valid, order)};
}

KeyColumn permuted(const KeyColumn& column, const std::vector<std::size_t>& order) {
  KeyColumn result;
  for (const std::size_t row : order) {
    result.push_back(column[row]);
  }
  return result;
}

/// What is not there stays away.
template <class Column>
std::optional<Column> permuted(const std::optional<Column>& column,
                               const std::vector<std::size_t>& order) {
  return column ? std::optional<Column>(permuted(*column, order)) : std::nullopt;
}

/// The same customers with other orders at another moment: all that times tell is told anew.
Features retimed(const Features& features, std::vector<std::vector<std::int64_t>> order_us,
                 std::int64_t cutoff_us) {
  Features result = features;
  result.cutoff_us = cutoff_us;
  result.recency_days.clear();
  result.frequency.clear();
  result.tenure_days.clear();
  result.mean_days_between_orders = {};
  result.is_one_order.clear();
  result.orders_90d.clear();
  result.order_days.clear();
  result.recency_over_gap = {};
  result.is_one_order_day.clear();
  result.gap_trend = {};
  result.is_trend_known.clear();
  result.recent_order_days.clear();
  result.peak_season_share.clear();
  for (const std::vector<std::int64_t>& own : order_us) {
    append_times(result, own, cutoff_us);
  }
  result.order_us = std::move(order_us);
  return result;
}

/// Adds the mean of so many to their sum; halves up.
void add_mean(Money128& sum, std::int64_t count) {
  const Int128 value = to_int128(sum);
  const Int128 twice = 2 * value + count;
  const Int128 whole = 2 * static_cast<Int128>(count);
  const Int128 mean = twice / whole - (twice % whole < 0 ? 1 : 0);
  sum = from_int128(value + mean);
}

/// By customer, in the order of the keys: civil days from each day with an order to the next; only
/// of those who have two.
std::vector<std::vector<std::int32_t>> gaps_of(const CustomerHistory& history,
                                               std::int64_t as_of_us) {
  const OrdersByCustomer orders(history, as_of_us);
  std::vector<std::vector<std::int32_t>> gaps;
  std::vector<std::int32_t> days;
  for (const std::uint32_t code : history.customer_keys().codes_by_key()) {
    if (code == Dictionary::kUnknownCode) {
      continue;
    }
    days.clear();
    for (const std::uint32_t order : orders[code]) {
      days.push_back(day_of(history.orders()[order].purchase_us));
    }
    std::sort(days.begin(), days.end());
    days.erase(std::unique(days.begin(), days.end()), days.end());
    if (days.size() < 2) {
      continue;
    }
    std::vector<std::int32_t>& own = gaps.emplace_back();
    own.reserve(days.size() - 1);
    for (std::size_t i = 1; i < days.size(); ++i) {
      own.push_back(days[i] - days[i - 1]);
    }
  }
  return gaps;
}

/// Least value that at least `share` of those counted do not exceed.
std::int32_t quantile_of(const std::vector<std::uint64_t>& counts, double share) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) {
    total += count;
  }
  std::uint64_t within = 0;
  std::size_t value = 0;
  while (value + 1 < counts.size()) {
    within += counts[value];
    if (static_cast<double>(within) >= share * static_cast<double>(total)) {
      break;
    }
    ++value;
  }
  return static_cast<std::int32_t>(value);
}

}  // namespace

void validate(const Options& options) {
  require(options.horizon_days >= 1 && options.horizon_days <= kMaxWindowDays,
          ErrorCode::invalid_argument, "cutoff: horizon must be in [1, 3650]",
          std::to_string(options.horizon_days));
  require(options.gap_days >= 0 && options.gap_days <= kMaxWindowDays, ErrorCode::invalid_argument,
          "cutoff: gap must be in [0, 3650]", std::to_string(options.gap_days));
  validate_features({.active_within_days = options.active_within_days});
}

Metadata Features::metadata() const {
  return {{"cutoff", format_time(cutoff_us)},
          {"active_within_days", std::to_string(options.active_within_days)}};
}

Features take(const Features& features, const std::vector<std::size_t>& rows) {
  Features result;
  result.cutoff_us = features.cutoff_us;
  result.options = features.options;
  result.everybody = features.everybody;
  Features::visit_columns(
      [&](const char*, auto member) { result.*member = permuted(features.*member, rows); });
  result.order_us = permuted(features.order_us, rows);
  for (const FactColumn& fact : features.facts) {
    result.facts.push_back({.name = fact.name,
                            .known_name = fact.known_name,
                            .value = permuted(fact.value, rows),
                            .is_known = permuted(fact.is_known, rows)});
  }
  return result;
}

Features if_quiet(const Features& features, int days) {
  require(days >= 0 && days <= kMaxWindowDays, ErrorCode::invalid_argument,
          "cutoff: days must be in [0, 3650]", std::to_string(days));
  return retimed(features, features.order_us, features.cutoff_us + days_us(days));
}

Features if_ordered(const Features& features) {
  std::vector<std::vector<std::int64_t>> order_us = features.order_us;
  for (std::vector<std::int64_t>& own : order_us) {
    own.push_back(features.cutoff_us - 1);
  }
  Features result = retimed(features, std::move(order_us), features.cutoff_us);
  for (std::size_t row = 0; row < result.num_rows(); ++row) {
    add_mean(result.monetary[row], features.frequency[row]);
    if (result.items) {
      add_mean((*result.items)[row], features.frequency[row]);
    }
  }
  return result;
}

Features features(const CustomerHistory& past, const FeatureOptions& options) {
  validate_features(options);
  require(past.options().as_of_us.has_value(), ErrorCode::invalid_argument,
          "cutoff: the history must be cut at the cutoff when it is made");
  require(past.options().selection.is_everything(), ErrorCode::invalid_argument,
          "cutoff: features are of a history without a selection");
  const HistoryView view(past, std::nullopt);
  const std::int64_t cutoff_us = view.as_of_us();
  Features result;
  result.cutoff_us = cutoff_us;
  result.options = options;
  result.options.facts.reset();

  const OrdersByCustomer orders(past, cutoff_us);
  const std::vector<LineSums> sums = line_sums(view, result);
  if (past.options().region == kRegion) {
    result.region.emplace();
  }
  const std::int64_t active_us = cutoff_us - days_us(options.active_within_days);
  PollCounter polls;
  for (const std::uint32_t code : past.customer_keys().codes_by_key()) {
    polls.count();
    if (code == Dictionary::kUnknownCode || orders[code].empty()) {
      continue;  // Guests are no customers, and some have only refunds or gifts.
    }
    std::vector<std::int64_t> order_us;
    order_us.reserve(orders[code].size());
    for (const std::uint32_t order : orders[code]) {
      order_us.push_back(past.orders()[order].purchase_us);
    }
    std::sort(order_us.begin(), order_us.end());
    append_purchases(result.everybody, order_us, cutoff_us);
    if (order_us.back() < active_us) {
      continue;
    }
    result.customer.push_back(past.customer_keys().key(code));
    append_times(result, order_us, cutoff_us);
    append_lines(result, sums[code], result.frequency.back());
    if (result.region) {
      result.region->push_back(region_of(orders[code], past, order_us.front()));
    }
    result.order_us.push_back(std::move(order_us));
  }
  if (options.facts) {
    append_facts(result, *options.facts, past);
  }
  return result;
}

Features features(const Transactions& transactions, std::int64_t cutoff_us,
                  const FeatureOptions& options) {
  validate_features(options);
  HistoryOptions kept{.as_of_us = validated_cutoff(cutoff_us)};
  if (transactions.find_dimension(kRegion) != nullptr) {
    kept.region = kRegion;
  }
  if (!transactions.columns().quantity.empty()) {
    kept.measures.emplace_back(kQuantity);
  }
  if (transactions.find_measure(kDiscount) != nullptr) {
    kept.measures.emplace_back(kDiscount);
  }
  const CustomerHistory past = history_of(transactions, options.num_threads, std::move(kept));
  const std::span<const OrderState> orders = past.orders();
  require(std::any_of(orders.begin(), orders.end(),
                      [&](const OrderState& order) { return order.purchase_us < cutoff_us; }),
          ErrorCode::invalid_argument, "cutoff: no purchase lies before the cutoff",
          format_time(cutoff_us));
  Features result = features(past, options);
  tell_lines(transactions, result);
  return result;
}

std::int64_t end_of_data_us(const Transactions& transactions) {
  require(transactions.num_rows() > 0, ErrorCode::invalid_argument, "cutoff: there is no line");
  return (static_cast<std::int64_t>(day_of(transactions.last_us())) + 1) * kMicrosecondsPerDay;
}

Dataset::Dataset(const Transactions& transactions, std::int64_t cutoff_us, const Options& options)
    : options_(validated(options)),
      window_start_us_(validated_cutoff(cutoff_us) + days_us(options.gap_days)),
      window_end_us_(window_start_us_ + days_us(options.horizon_days)) {
  require(end_of_data_us(transactions) >= window_end_us_, ErrorCode::invalid_argument,
          "cutoff: the data end inside the label window, which ends", format_time(window_end_us_));
  features_ = cutoff::features(transactions, cutoff_us,
                               {.active_within_days = options.active_within_days,
                                .num_threads = options.num_threads,
                                .facts = options.facts});
  options_.facts.reset();  // They are in the features.
  const auto until = [&](std::int64_t end_us) {
    return history_of(transactions, options.num_threads, {.as_of_us = end_us});
  };
  const CustomerHistory history = until(window_end_us_);
  labels_ = labels_of(features_.customer, history, window_start_us_, window_end_us_);
  const std::vector<Int128> at_end = money_of(features_.customer, history);
  // Without a gap the window begins where the features end.
  const std::vector<Int128> at_start = options.gap_days == 0
                                           ? std::vector<Int128>{}
                                           : money_of(features_.customer, until(window_start_us_));
  window_revenue_.reserve(labels_.size());
  for (std::size_t row = 0; row < labels_.size(); ++row) {
    const Int128 before = at_start.empty() ? to_int128(features_.monetary[row]) : at_start[row];
    window_revenue_.push_back(from_int128(at_end[row] - before));
  }
  num_positives_ = std::count(labels_.begin(), labels_.end(), 1);
}

Metadata Horizon::metadata() const {
  return {{"as_of", format_time(as_of_us)},
          {"confidence", to_text(options.confidence)},
          {"interval", "bootstrap"},
          {"n_resamples", std::to_string(options.n_resamples)},
          {"random_state", std::to_string(options.random_state)}};
}

Horizon suggest_horizon(const Transactions& transactions, const HorizonOptions& options) {
  require(options.share > 0.0 && options.share < 1.0, ErrorCode::invalid_argument,
          "cutoff: share must be in (0, 1)", to_text(options.share));
  require(options.confidence > 0.0 && options.confidence < 1.0, ErrorCode::invalid_argument,
          "cutoff: confidence must be in (0, 1)", to_text(options.confidence));
  validate_resamples(options.n_resamples);
  const CustomerHistory history =
      history_of(transactions, options.num_threads, {.as_of_us = options.as_of_us});
  const std::int64_t as_of_us = history.resolve_as_of(options.as_of_us);
  const std::vector<std::vector<std::int32_t>> gaps = gaps_of(history, as_of_us);
  std::size_t longest = 0;
  std::int64_t num_gaps = 0;
  for (const auto& own : gaps) {
    num_gaps += static_cast<std::int64_t>(own.size());
    longest =
        std::max(longest, static_cast<std::size_t>(*std::max_element(own.begin(), own.end())));
  }
  require(num_gaps >= kMinGaps, ErrorCode::invalid_data,
          "cutoff: too few gaps between orders to suggest a horizon, 100 are needed",
          std::to_string(num_gaps));

  std::vector<std::uint64_t> counts(longest + 1);
  for (const auto& own : gaps) {
    for (const std::int32_t gap : own) {
      ++counts[static_cast<std::size_t>(gap)];
    }
  }
  std::vector<double> drawn(static_cast<std::size_t>(options.n_resamples));
  for_each_resample(gaps.size(), options.n_resamples, options.random_state, options.num_threads,
                    [&](std::size_t resample, std::span<const std::uint32_t> times) {
                      std::vector<std::uint64_t> own(longest + 1);
                      for (std::size_t row = 0; row < gaps.size(); ++row) {
                        for (const std::int32_t gap : gaps[row]) {
                          own[static_cast<std::size_t>(gap)] += times[row];
                        }
                      }
                      drawn[resample] = quantile_of(own, options.share);
                    });
  const Interval interval = percentile_interval(std::move(drawn), options.confidence);
  const std::int32_t days = quantile_of(counts, options.share);
  std::int64_t num_within = 0;
  for (std::size_t gap = 0; gap <= std::min(longest, static_cast<std::size_t>(days)); ++gap) {
    num_within += static_cast<std::int64_t>(counts[gap]);
  }
  Horizon result;
  result.horizon_days.push_back(std::min(days, kMaxWindowDays));
  result.lower.push_back(interval.lower);
  result.upper.push_back(interval.upper);
  result.share.push_back(nearest_quotient(num_within, num_gaps));
  result.gaps.push_back(num_gaps);
  result.customers.push_back(static_cast<std::int64_t>(gaps.size()));
  result.median_gap.push_back(quantile_of(counts, 0.5));
  result.as_of_us = as_of_us;
  result.options = options;
  return result;
}

}  // namespace ecommerce_analytics::cutoff
