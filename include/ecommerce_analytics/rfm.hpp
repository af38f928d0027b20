#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// Recency, frequency and monetary value of each customer, their scores and segments.
namespace ecommerce_analytics::rfm {

/// Where the edges between the scores come from.
enum class Method : std::uint8_t {
  quantile,    ///< From the customers: type-7 quantiles of each column.
  thresholds,  ///< From the caller.
};

/// Reads `quantile` or `thresholds`; throws `invalid_argument` otherwise.
[[nodiscard]] Method parse_method(std::string_view name);
[[nodiscard]] std::string_view method_name(Method method) noexcept;

struct Options {
  /// Moment from which recency counts back, exclusive, in civil microseconds; later lines are
  /// ignored and counted. Default: 00:00 after the day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Civil days that are summed up, the last one that of the last moment before `as_of`; the days
  /// of the selection's window if they are fewer. Unset: all days. In [1, 1,000,000].
  std::optional<int> window_days = std::nullopt;

  /// Number of bins; scores lie in 1 (worst) to `n_bins` (best). In [2, 255].
  int n_bins = 5;

  /// Where the edges come from.
  Method method = Method::quantile;

  /// For `Method::thresholds` all three, else none: n_bins - 1 strictly increasing values each. A
  /// value equal to a threshold is not above it. In days, orders, and 1/10,000 of the currency.
  std::optional<std::vector<std::int64_t>> recency_thresholds = std::nullopt;
  std::optional<std::vector<std::int64_t>> frequency_thresholds = std::nullopt;
  std::optional<std::vector<std::int64_t>> monetary_thresholds = std::nullopt;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// The edges between the scores of one column and the scores that its values reach.
struct Edges {
  std::vector<double> edges{};     ///< n_bins - 1 quantiles or thresholds, rounded to double.
  std::vector<int> levels_used{};  ///< Scores with at least one customer, increasing.
};

/// One row per known customer that has at least one order, in increasing order of the key.
struct Scores {
  KeyColumn customer{};                      ///< The keys themselves: codes never leave a table.
  std::vector<std::int32_t> recency_days{};  ///< Whole days from the last order to `as_of`; >= 0.
  std::vector<std::int64_t> frequency{};     ///< Distinct orders; >= 1.
  std::vector<Money128> monetary{};          ///< Net money of all lines; may be negative.
  std::vector<std::uint8_t> r_score{};       ///< 1..n_bins; the fewer days the higher.
  std::vector<std::uint8_t> f_score{};       ///< 1..n_bins; the more orders the higher.
  std::vector<std::uint8_t> m_score{};       ///< 1..n_bins; the more money the higher.

  std::int64_t as_of_us = 0;
  std::optional<int> window_days = std::nullopt;
  std::int32_t window_start_day = 0;  ///< First day of that window, if there is one.
  int n_bins = 5;
  Method method = Method::quantile;
  Edges recency_edges{};
  Edges frequency_edges{};
  Edges monetary_edges{};
  std::int64_t num_lines_ignored = 0;  ///< Lines at or after `as_of`.
  Selection selection{};               ///< That of the history.

  [[nodiscard]] std::size_t num_rows() const noexcept { return customer.size(); }
  [[nodiscard]] Metadata metadata() const;

  /// Calls `visit(name, member)` once per column: Arrow, numpy and the tests read this list.
  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("customer", &Scores::customer);
    visit("recency_days", &Scores::recency_days);
    visit("frequency", &Scores::frequency);
    visit("monetary", &Scores::monetary);
    visit("r_score", &Scores::r_score);
    visit("f_score", &Scores::f_score);
    visit("m_score", &Scores::m_score);
  }
};

/// Scores every customer.
///
/// With b the number of edges strictly below a value, a score is 1 + b for frequency and monetary,
/// n_bins - b for recency: equal values always get equal scores, whatever the order of the rows;
/// the comparison is exact, in integers. With many ties some scores are not reached
/// (`levels_used`). By quantiles a constant column scores n_bins / 2 + 1.
///
/// @throws Error  `invalid_argument` if an option is out of its range or the thresholds do not go
///                with the method, or as `CustomerHistory::resolve_as_of`.
/// @return        Customers with an order in the window; empty if there are none.
/// @par Complexity  O(orders + m log n_bins) time for m customers, and O(rows) for a table.
/// @par Source      Hyndman and Fan (1996), type 7; ties: docs/methods/rfm.md.
[[nodiscard]] Scores score(const CustomerHistory& history, const Options& options = {});
[[nodiscard]] Scores score(const Transactions& transactions, const Options& options = {},
                           const Selection& selection = {});

/// Which score stands beside the recency score in a rule.
enum class SecondScore : std::uint8_t {
  fm,  ///< Mean of frequency and monetary score, halves up.
  f,   ///< Frequency score.
};

/// A box of scores, bounds included, and the segment it stands for.
struct Rule {
  int r_min = 1;
  int r_max = 1;
  int second_min = 1;
  int second_max = 1;
  std::optional<int> m_min = std::nullopt;  ///< Of the monetary score; unset: 1.
  std::optional<int> m_max = std::nullopt;  ///< Unset: `n_bins`.
  std::string segment{};
};

/// Rules that give each combination of scores one segment: that of the first rule that holds it.
///
/// The combinations, called cells, are of recency and second score; of recency, frequency and
/// monetary score if a rule bounds the latter.
struct RuleSet {
  static constexpr std::size_t kMaxRules = 1'000;
  static constexpr int kMaxBinsWithMonetary = 50;

  std::string name{};
  int n_bins = 5;
  SecondScore second = SecondScore::fm;
  std::vector<Rule> rules{};                        ///< At most `kMaxRules`.
  std::map<std::string, std::string> strategies{};  ///< What to do, by segment; may lack some.
};

/// @throws Error  `invalid_argument` if a cell has no rule or a rule no cell of its own, which are
///                named, a bound is outside [1, n_bins], bounds of the monetary score stand beside
///                `SecondScore::fm` or more than `kMaxBinsWithMonetary` bins, a segment has no
///                name, or a strategy is for none of the segments.
/// @par Complexity  O(cells · rules).
void validate(const RuleSet& rules);

/// Pairs of rules that hold a cell both, by their places counted from 0; the first one gets it.
[[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> overlaps(const RuleSet& rules);

/// A built-in rule set: `default`, `six` or `ten`.
/// @throws Error  `invalid_argument` with the name.
[[nodiscard]] RuleSet rule_set(std::string_view name);
[[nodiscard]] std::vector<std::string> rule_set_names();

/// `Scores` and the segment of each customer.
struct Segments : Scores {
  KeyColumn segment{};
  std::vector<std::uint16_t> place{};   ///< Place of that segment in `segments`.
  std::string rules{};                  ///< Name of the rule set.
  std::vector<std::string> segments{};  ///< Every segment of the set, in the order of its rules.
  std::map<std::string, std::string> strategies{};              ///< Those of the set.
  std::vector<std::pair<std::size_t, std::size_t>> overlaps{};  ///< Those of the set.

  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    Scores::visit_columns(visit);
    visit("segment", &Segments::segment);
  }
};

/// Gives each customer the segment of the first rule that holds his scores.
///
/// @throws Error  `invalid_argument` if the set was made for another `n_bins`, or as `validate`.
/// @par Complexity  O(customers + cells · rules).
[[nodiscard]] Segments segment(const Scores& scores, const RuleSet& rules);

/// One row per segment of the rule set, in the order of its rules; empty segments included.
struct SegmentSummary {
  KeyColumn segment{};
  std::vector<std::int64_t> customers{};
  Nullable<double> customer_share{};     ///< Of all customers; null if there are none.
  std::vector<Money128> revenue{};       ///< Sum of `monetary`.
  Nullable<double> revenue_share{};      ///< Of the sum; null unless that is > 0.
  Nullable<double> mean_recency_days{};  ///< This and all below: null for an empty segment.
  Nullable<double> median_recency_days{};
  Nullable<double> mean_frequency{};
  Nullable<double> median_frequency{};
  Nullable<double> mean_monetary{};  ///< Correctly rounded quotient.
  Nullable<double> median_monetary{};
  Nullable<double> average_order_value{};  ///< Revenue / orders, correctly rounded.
  TextColumn strategy{};                   ///< What to do; empty if the set does not say.

  Metadata scores_metadata{};  ///< Of the table it was made from.

  [[nodiscard]] std::size_t num_rows() const noexcept { return customers.size(); }
  [[nodiscard]] const Metadata& metadata() const noexcept { return scores_metadata; }

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("segment", &SegmentSummary::segment);
    visit("customers", &SegmentSummary::customers);
    visit("customer_share", &SegmentSummary::customer_share);
    visit("revenue", &SegmentSummary::revenue);
    visit("revenue_share", &SegmentSummary::revenue_share);
    visit("mean_recency_days", &SegmentSummary::mean_recency_days);
    visit("median_recency_days", &SegmentSummary::median_recency_days);
    visit("mean_frequency", &SegmentSummary::mean_frequency);
    visit("median_frequency", &SegmentSummary::median_frequency);
    visit("mean_monetary", &SegmentSummary::mean_monetary);
    visit("median_monetary", &SegmentSummary::median_monetary);
    visit("average_order_value", &SegmentSummary::average_order_value);
    visit("strategy", &SegmentSummary::strategy);
  }
};

/// The customers of some segments, in increasing order of the key; a `Selection` takes them.
/// @throws Error  `invalid_argument` if the rule set has no segment of a name.
[[nodiscard]] KeyColumn customers_in(const Segments& segments,
                                     const std::vector<std::string>& names);

/// The rows of some customers, with the scores and segments that they have: nothing is scored anew,
/// and what is told of the whole table stays. Customers without a row are left out.
/// @par Complexity  O(m), and O(k log k) for k customers that are not in increasing order.
[[nodiscard]] Scores of_customers(const Scores& scores, const KeyColumn& customers);
[[nodiscard]] Segments of_customers(const Segments& segments, const KeyColumn& customers);

/// Sums the segments up.
/// @throws Error  `overflow` if the money of all customers leaves 38 digits.
/// @par Complexity  O(m log m) for m customers.
[[nodiscard]] SegmentSummary summarize(const Segments& segments);

/// How the customers are cut into tiers by their net money.
struct TierOptions {
  /// Names of the tiers, the best first; one more than there are cuts.
  std::vector<std::string> names{"Platinum", "Gold", "Silver", "Bronze"};

  /// Shares of all customers, counted from the best, at which a tier ends; increasing, in (0, 1),
  /// read to the nearest millionth.
  std::vector<double> cuts{0.05, 0.20, 0.50};
};

/// One row per customer, in increasing order of the key.
struct Tiers {
  KeyColumn customer{};
  std::vector<Money128> monetary{};   ///< Net money of all lines.
  KeyColumn tier{};                   ///< Name of the tier.
  Nullable<Money128> to_next_tier{};  ///< Least money, in steps of 1/10,000, that lifts the
                                      ///< customer one tier, the others as they are; null in
                                      ///< the best tier and where the next one is out of reach.

  std::vector<std::uint16_t> place{};  ///< Place of his tier in `names`.
  std::vector<std::string> names{};    ///< The tiers, the best first.
  std::vector<double> cuts{};
  std::vector<std::int64_t> sizes{};  ///< Customers of each tier, the best first.
  Metadata scores_metadata{};         ///< Of the table it was made from.

  [[nodiscard]] std::size_t num_rows() const noexcept { return customer.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("customer", &Tiers::customer);
    visit("monetary", &Tiers::monetary);
    visit("tier", &Tiers::tier);
    visit("to_next_tier", &Tiers::to_next_tier);
  }
};

/// Cuts the customers into tiers by net money.
///
/// A cut x lies behind the best floor(m · x) of m customers; customers of equal money that stand on
/// both sides of it go down together.
///
/// @throws Error  `invalid_argument` if the cuts do not increase within (0, 1) or the names are not
///                one more.
/// @par Complexity  O(m log m).
[[nodiscard]] Tiers tiers(const Scores& scores, const TierOptions& options = {});

/// The rows of some customers, in the tiers that they have; sizes stay those of all.
[[nodiscard]] Tiers of_customers(const Tiers& tiers, const KeyColumn& customers);

/// One row per tier, the best first; empty tiers included.
struct TierSummary {
  KeyColumn tier{};
  std::vector<std::int64_t> customers{};
  Nullable<double> customer_share{};  ///< Of the customers of the table; null if there are none.
  std::vector<Money128> revenue{};    ///< Sum of `monetary`.
  Nullable<double> revenue_share{};   ///< Of the sum; null unless that is > 0.
  Nullable<double> mean_monetary{};   ///< Correctly rounded quotient; null for an empty tier.

  Metadata tiers_metadata{};  ///< Of the table it was made from.

  [[nodiscard]] std::size_t num_rows() const noexcept { return customers.size(); }
  [[nodiscard]] const Metadata& metadata() const noexcept { return tiers_metadata; }

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("tier", &TierSummary::tier);
    visit("customers", &TierSummary::customers);
    visit("customer_share", &TierSummary::customer_share);
    visit("revenue", &TierSummary::revenue);
    visit("revenue_share", &TierSummary::revenue_share);
    visit("mean_monetary", &TierSummary::mean_monetary);
  }
};

/// Sums the tiers up.
/// @throws Error  `overflow` if the money of all customers leaves 38 digits.
/// @par Complexity  O(m).
[[nodiscard]] TierSummary summarize(const Tiers& tiers);

/// Gini coefficient of the customers' money: that of the population, without the correction
/// n / (n - 1), made from exact sums.
struct Gini {
  /// 0: all have the same; towards 1: one has all. Unset if a customer is below 0, as it could
  /// leave [0, 1] then, or nobody has money.
  std::optional<double> value = std::nullopt;
  std::int64_t num_negative = 0;  ///< Customers whose money is below 0.
};

/// How the money is spread over the customers: one row per share of them.
struct Concentration {
  std::vector<double> top_share{};        ///< Share of the customers, the best first.
  std::vector<std::int64_t> customers{};  ///< floor(m · top_share).
  std::vector<Money128> revenue{};        ///< Their money.
  Nullable<double> revenue_share{};       ///< Of all; null unless that is > 0.

  Gini gini{};
  Metadata scores_metadata{};  ///< Of the table it was made from.

  [[nodiscard]] std::size_t num_rows() const noexcept { return top_share.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("top_share", &Concentration::top_share);
    visit("customers", &Concentration::customers);
    visit("revenue", &Concentration::revenue);
    visit("revenue_share", &Concentration::revenue_share);
  }
};

/// Sums up the money of the best shares of customers, and the Gini coefficient of all.
///
/// @param top_shares  In [0, 1], read to the nearest millionth.
/// @throws Error  `invalid_argument` if a share is out of range, `overflow`.
/// @par Complexity  O(m log m + shares).
/// @par Source      Gini (1914).
[[nodiscard]] Concentration concentration(const Scores& scores,
                                          const std::vector<double>& top_shares = {0.01, 0.10,
                                                                                   0.20});

/// Points of the Lorenz curve, from nobody to all customers, the poorest first.
struct Lorenz {
  std::vector<std::int64_t> customers{};  ///< floor(m · i / (num_points - 1)) at point i.
  Nullable<double> customer_share{};      ///< Of all; null if there are none.
  std::vector<Money128> revenue{};        ///< Their money.
  Nullable<double> revenue_share{};       ///< Of all; null unless that is > 0.

  Gini gini{};
  Metadata scores_metadata{};  ///< Of the table it was made from.

  [[nodiscard]] std::size_t num_rows() const noexcept { return customers.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("customers", &Lorenz::customers);
    visit("customer_share", &Lorenz::customer_share);
    visit("revenue", &Lorenz::revenue);
    visit("revenue_share", &Lorenz::revenue_share);
  }
};

/// Adds up the customers from the poorest to the richest.
///
/// @param num_points  In [2, 1,000,000].
/// @throws Error  `invalid_argument` if `num_points` is out of range, `overflow`.
/// @par Complexity  O(m log m + num_points).
/// @par Source      Lorenz (1905).
[[nodiscard]] Lorenz lorenz(const Scores& scores, int num_points = 101);

}  // namespace ecommerce_analytics::rfm
