#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"
#include "ecommerce_analytics/customer_history.hpp"

/// Recency, frequency and monetary value of each customer, their quantile scores and segments.
namespace ecommerce_analytics::rfm {

struct Options {
  /// Moment from which recency counts back, exclusive, in civil microseconds; later lines are
  /// ignored and counted. Default: 00:00 after the day of the last line.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Number of bins; scores lie in 1 (worst) to `n_bins` (best). In [2, 255].
  int n_bins = 5;

  /// Threads that read the rows; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// The quantile edges of one column and the scores that its values reach.
struct Edges {
  std::vector<double> edges{};     ///< n_bins - 1 type-7 quantiles, rounded to double.
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
  int n_bins = 5;
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
/// With b the number of type-7 quantile edges strictly below a value, a score is 1 + b for
/// frequency and monetary, n_bins - b for recency: equal values always get equal scores, whatever
/// the order of the rows; the comparison is exact, in integers. With many ties some scores are not
/// reached (`levels_used`); a constant column scores n_bins / 2 + 1.
///
/// @throws Error  `invalid_argument` if `n_bins` is out of range, or as
///                `CustomerHistory::resolve_as_of`.
/// @return        Empty if every order is a guest's.
/// @par Complexity  O(orders + m log m) time for m customers, and O(rows) for a table.
/// @par Source      Hyndman and Fan (1996), type 7; ties: docs/methods/rfm.md.
[[nodiscard]] Scores score(const CustomerHistory& history, const Options& options = {});
[[nodiscard]] Scores score(const Transactions& transactions, const Options& options = {},
                           const Selection& selection = {});

/// Which score stands beside the recency score in a rule.
enum class SecondScore : std::uint8_t {
  fm,  ///< Mean of frequency and monetary score, halves up.
  f,   ///< Frequency score.
};

/// A rectangle of scores, bounds included, and the segment it stands for.
struct Rule {
  int r_min = 1;
  int r_max = 1;
  int second_min = 1;
  int second_max = 1;
  std::string segment{};
};

/// Rules that give each pair of scores one segment.
struct RuleSet {
  std::string name{};
  int n_bins = 5;
  SecondScore second = SecondScore::fm;
  std::vector<Rule> rules{};
};

/// A built-in rule set: `default`, `six` or `ten`.
/// @throws Error  `invalid_argument` with the name.
[[nodiscard]] RuleSet rule_set(std::string_view name);
[[nodiscard]] std::vector<std::string> rule_set_names();

/// `Scores` and the segment of each customer.
struct Segments : Scores {
  KeyColumn segment{};
  std::string rules{};                  ///< Name of the rule set.
  std::vector<std::string> segments{};  ///< Every segment of the set, in the order of its rules.

  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    Scores::visit_columns(visit);
    visit("segment", &Segments::segment);
  }
};

/// Gives each customer the segment of the first rule that holds his scores.
///
/// @throws Error  `invalid_argument` if the set was made for another `n_bins`, a bound is outside
///                [1, n_bins], or a pair of scores has no rule (the pair is named).
/// @par Complexity  O(customers + n_bins^2 · rules).
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
  }
};

/// The customers of some segments, in increasing order of the key; a `Selection` takes them.
/// @throws Error  `invalid_argument` if the rule set has no segment of a name.
[[nodiscard]] KeyColumn customers_in(const Segments& segments,
                                     const std::vector<std::string>& names);

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

  std::vector<std::string> names{};  ///< The tiers, the best first.
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

/// How the money is spread over the customers: one row per share of them.
struct Concentration {
  std::vector<double> top_share{};        ///< Share of the customers, the best first.
  std::vector<std::int64_t> customers{};  ///< floor(m · top_share).
  std::vector<Money128> revenue{};        ///< Their money.
  Nullable<double> revenue_share{};       ///< Of all; null unless that is > 0.

  Nullable<double> gini{};        ///< One value: 0 all have the same, towards 1 one has
                                  ///< all; null if a customer is below 0 or all have 0.
  std::int64_t num_negative = 0;  ///< Customers whose money is below 0.
  Metadata scores_metadata{};     ///< Of the table it was made from.

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
/// The coefficient is that of the population, without the correction n / (n - 1); it is made from
/// exact sums.
///
/// @param top_shares  In [0, 1], read to the nearest millionth.
/// @throws Error  `invalid_argument` if a share is out of range, `overflow`.
/// @par Complexity  O(m log m + shares).
/// @par Source      Gini (1914), Lorenz (1905).
[[nodiscard]] Concentration concentration(const Scores& scores,
                                          const std::vector<double>& top_shares = {0.01, 0.10,
                                                                                   0.20});

}  // namespace ecommerce_analytics::rfm
