#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "ecommerce_analytics/core/column.hpp"
#include "ecommerce_analytics/core/key.hpp"

/// What an offer to a group of customers earns, and how sure that is.
///
/// Everywhere: `p_order` is the probability in [0, 1] that a customer orders in the horizon without
/// the offer, `spend` what he then spends in it, in currency units, in [0, 10^12]. Customers are
/// sorted by these two before anything is added up, so results have the same bits for any order of
/// the rows and any number of threads.
///
/// The profit of one contact is e·V·(m - d) - p·ρ·V·d - c, with e = clip(u, -p, 1 - p): u the
/// uplift, V the spend times the spend factor, m the margin as a share of the price before the
/// discount d, ρ the share of those who order anyway that redeem it, c the cost of a contact. That
/// holds for u >= 0; an offer that loses sure buyers loses m - ρ·d of each instead of m - d, as
/// only those who redeem it would have cost d: e·V·(m - ρ·d) - p·ρ·V·d - c for u < 0.
/// Fixed costs come once. ROI is profit / (contact costs + fixed costs + discounts given).
namespace ecommerce_analytics::campaign {

/// What is believed of one number: not below `low`, not above `high`, most likely `mode`.
struct Range {
  double low = 0.0;
  double mode = 0.0;
  double high = 0.0;
};

/// Where the uplift is from.
enum class UpliftSource : std::uint8_t {
  assumed,   ///< Nobody has measured it.
  measured,  ///< By a group that got no offer.
};

/// Reads `assumed` or `measured`; throws `invalid_argument` otherwise.
[[nodiscard]] UpliftSource parse_uplift_source(std::string_view name);
[[nodiscard]] std::string_view uplift_source_name(UpliftSource source) noexcept;

/// What is assumed of a campaign. The first three have no default: an invented one would be the
/// answer.
struct Assumptions {
  /// Added probability to order by the offer, in [-1, 1].
  std::optional<Range> uplift = std::nullopt;

  /// Share of the price before the discount that is left when the goods are paid, in [0, 1].
  std::optional<Range> margin = std::nullopt;

  /// Share of the price that is given away, in [0, 1].
  std::optional<Range> discount = std::nullopt;

  /// Share of those who order anyway that take the discount, in [0, 1].
  Range redemption{1.0, 1.0, 1.0};

  /// Cost of one contact, in currency units, in [0, 10^12].
  Range contact_cost{0.0, 0.0, 0.0};

  /// Costs that come once, in currency units, in [0, 10^12].
  Range fixed_cost{0.0, 0.0, 0.0};

  /// What all spend is multiplied by, in [0, 1000].
  Range spend_factor{1.0, 1.0, 1.0};

  /// Repeated by every result.
  UpliftSource uplift_source = UpliftSource::assumed;
};

/// Number of assumptions, and their names in the order in which they are drawn.
inline constexpr std::size_t kNumAssumptions = 7;
inline constexpr std::array<std::string_view, kNumAssumptions> kAssumptionNames{
    "uplift", "margin", "discount", "redemption", "contact_cost", "fixed_cost", "spend_factor"};

/// One value of each assumption, in the order of `kAssumptionNames`.
using Values = std::array<double, kNumAssumptions>;

/// What comes of one choice of values; expected values but for `luck`.
struct Outcome {
  double incremental_buyers = 0.0;   ///< Σ e.
  double incremental_margin = 0.0;   ///< Σ e·V·(m - d), of u < 0 Σ e·V·(m - ρ·d).
  double sure_buyer_discount = 0.0;  ///< Σ p·ρ·V·d: to those who would have ordered anyway.
  double contact_costs = 0.0;
  double fixed_cost = 0.0;
  double profit = 0.0;           ///< The second less the third, fourth and fifth.
  double discounts_given = 0.0;  ///< Σ V·d·(p·ρ + e), of u < 0 Σ V·d·ρ·(p + e).
  double luck = 0.0;             ///< Standard deviation of the profit by who happens to order.
  std::optional<double> roi{};   ///< None if nothing is spent.
  /// The least uplift of all at which the profit is 0; none if no uplift reaches that.
  std::optional<double> break_even_uplift{};
};

/// The customers that are contacted, sorted, with sums up to each: O(log n) per outcome.
class Group {
 public:
  /// @throws Error  `schema_mismatch` for columns of different lengths, `invalid_data` without
  ///                rows and, with row and column, for a value outside its domain.
  /// @par Complexity  O(n log n) time, O(n) memory.
  Group(std::span<const double> p_order, std::span<const double> spend);

  [[nodiscard]] std::size_t num_customers() const noexcept { return p_order_.size(); }

  /// `values` are taken as they are; see `Assumptions` for their domains.
  [[nodiscard]] Outcome outcome(const Values& values) const;

 private:
  /// Sums over customers from the lowest probability up.
  struct Sums {
    double p = 0.0;
    double spend = 0.0;
    double p_spend = 0.0;
    double spend2 = 0.0;
    double p_spend2 = 0.0;
    double p2_spend2 = 0.0;
  };

  [[nodiscard]] std::optional<double> uplift_that_sells(double spend) const;
  [[nodiscard]] double luck(const Values& values) const;
  [[nodiscard]] double sold_up_to(std::size_t num_below) const;

  std::vector<double> p_order_{};  // Increasing.
  std::vector<Sums> sums_{};       // Of the first 0, 1, …, n customers.
};

/// Columns of outcomes and of the values they come of.
struct Figures {
  Nullable<double> break_even_uplift{};
  std::vector<double> profit{};
  Nullable<double> roi{};
  std::vector<double> incremental_buyers{};
  std::vector<double> incremental_margin{};
  std::vector<double> sure_buyer_discount{};
  std::vector<double> contact_costs{};
  std::vector<double> discounts_given{};
  std::array<std::vector<double>, kNumAssumptions> assumptions{};

  template <class Visitor>
  void for_each_column(const Visitor& visit) const {
    visit("break_even_uplift", break_even_uplift);
    visit("profit", profit);
    visit("roi", roi);
    visit("incremental_buyers", incremental_buyers);
    visit("incremental_margin", incremental_margin);
    visit("sure_buyer_discount", sure_buyer_discount);
    visit("contact_costs", contact_costs);
    visit("discounts_given", discounts_given);
    for (std::size_t i = 0; i < kNumAssumptions; ++i) {
      visit(kAssumptionNames[i].data(), assumptions[i]);
    }
  }
};

/// Three rows: `pessimistic`, `expected`, `optimistic`.
///
/// `expected` has each assumption at its mode. The others are the combinations of lows and highs
/// with the least and the greatest profit: since the profit rises or falls all the way in each
/// assumption alone, but may be greatest at uplift 0, which is looked at if the range of the uplift
/// reaches across it, no values within the ranges give less, or more.
struct Scenarios {
  TextColumn scenario{};
  Figures figures{};
  std::vector<double> luck{};
  TextColumn uplift_source{};

  std::int64_t num_customers = 0;

  [[nodiscard]] std::size_t num_rows() const noexcept { return scenario.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  void for_each_column(const Visitor& visit) const {
    visit("scenario", scenario);
    figures.for_each_column(visit);
    visit("luck", luck);
    visit("uplift_source", uplift_source);
  }
};

/// One row per assumption with a range: the profit if it alone leaves its mode. The greatest swing
/// first, equals in the order of `kAssumptionNames`.
struct Tornado {
  TextColumn assumption{};
  std::vector<double> low{};
  std::vector<double> mode{};
  std::vector<double> high{};
  std::vector<double> profit_at_low{};
  std::vector<double> profit_at_high{};
  std::vector<double> lower{};     ///< The lesser of these two profits.
  std::vector<double> upper{};     ///< The greater one.
  std::vector<double> baseline{};  ///< The profit with all assumptions at their modes.
  std::vector<double> swing{};     ///< upper - lower.
  TextColumn uplift_source{};

  std::int64_t num_customers = 0;
  UpliftSource source = UpliftSource::assumed;

  [[nodiscard]] std::size_t num_rows() const noexcept { return assumption.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("assumption", &Tornado::assumption);
    visit("low", &Tornado::low);
    visit("mode", &Tornado::mode);
    visit("high", &Tornado::high);
    visit("profit_at_low", &Tornado::profit_at_low);
    visit("profit_at_high", &Tornado::profit_at_high);
    visit("lower", &Tornado::lower);
    visit("upper", &Tornado::upper);
    visit("baseline", &Tornado::baseline);
    visit("swing", &Tornado::swing);
    visit("uplift_source", &Tornado::uplift_source);
  }
};

struct Options {
  /// Draws of the assumptions, in [1, 10,000,000].
  std::int64_t num_scenarios = 10'000;

  /// Seed; the same draws for the same seed, whatever the threads.
  std::uint64_t random_state = 0;

  /// Threads; 0: as many as there are cores allowed. In [0, 1024].
  int num_threads = 0;
};

/// One row per draw: each assumption from the triangular distribution of its range, by itself.
struct Draws {
  std::vector<std::int64_t> draw{};  ///< From 1.
  Figures figures{};
  std::vector<double> realised_profit{};  ///< The profit, and luck of that size: a normal draw.
  TextColumn uplift_source{};

  std::int64_t num_customers = 0;
  std::uint64_t random_state = 0;

  [[nodiscard]] std::size_t num_rows() const noexcept { return draw.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  void for_each_column(const Visitor& visit) const {
    visit("draw", draw);
    figures.for_each_column(visit);
    visit("realised_profit", realised_profit);
    visit("uplift_source", uplift_source);
  }
};

/// One row per figure, the break-even first: the three scenarios beside the mean and the quantiles
/// of the draws. A break-even that is not there lies above all others.
struct Analysis {
  TextColumn figure{};
  Nullable<double> pessimistic{};
  Nullable<double> expected{};
  Nullable<double> optimistic{};
  Nullable<double> mean{};            ///< Of the draws; null if the figure has none in one of them.
  Nullable<double> standard_error{};  ///< Of the mean, by the number of draws.
  Nullable<double> lower{};           ///< 5 % of the draws lie below; type-7 quantiles.
  Nullable<double> median{};
  Nullable<double> upper{};     ///< 95 % lie below.
  Nullable<double> baseline{};  ///< What contacting nobody gives; null where that has no figure.
  TextColumn uplift_source{};

  std::int64_t num_customers = 0;
  std::int64_t num_scenarios = 0;
  std::uint64_t random_state = 0;
  double loss_probability = 0.0;  ///< Share of the draws with a profit below 0.
  double loss_standard_error = 0.0;
  double realised_loss_probability = 0.0;  ///< The same with the luck of single customers.
  double realised_loss_standard_error = 0.0;

  [[nodiscard]] std::size_t num_rows() const noexcept { return figure.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  static void visit_columns(Visitor&& visit) {
    visit("figure", &Analysis::figure);
    visit("pessimistic", &Analysis::pessimistic);
    visit("expected", &Analysis::expected);
    visit("optimistic", &Analysis::optimistic);
    visit("mean", &Analysis::mean);
    visit("standard_error", &Analysis::standard_error);
    visit("lower", &Analysis::lower);
    visit("median", &Analysis::median);
    visit("upper", &Analysis::upper);
    visit("baseline", &Analysis::baseline);
    visit("uplift_source", &Analysis::uplift_source);
  }
};

/// All of it.
struct Simulation {
  Analysis analysis{};
  Scenarios scenarios{};
  Tornado tornado{};
  Draws draws{};
};

/// @throws Error  `invalid_argument` if an assumption is absent, not in order or outside its
///                domain, or an option is.
/// @par Complexity  O(scenarios · log n) time, O(scenarios) memory.
[[nodiscard]] Simulation simulate(const Group& group, const Assumptions& assumptions,
                                  const Options& options = {});

/// As above, of the group that these customers are.
[[nodiscard]] Simulation simulate(std::span<const double> p_order, std::span<const double> spend,
                                  const Assumptions& assumptions, const Options& options = {});

/// Customers in the order in which a contact is worth most, all assumptions at their modes; equals
/// by probability, spend and customer.
struct Contacts {
  std::vector<std::int64_t> contacts{};   ///< Customers up to here: 1, 2, …
  std::optional<KeyColumn> customer{};    ///< If keys were given.
  std::vector<std::int64_t> input_row{};  ///< Of the customer, the first is 1.
  std::vector<double> p_order{};
  std::vector<double> spend{};
  std::vector<double> expected_profit{};  ///< Of this contact, without fixed costs.
  Nullable<double> break_even_uplift{};   ///< Of this contact; above 1 - p_order it never pays.
  std::vector<double> profit{};           ///< Of all contacts up to here, less the fixed costs.
  std::vector<double> lower{};     ///< The same under the pessimistic values of all customers.
  std::vector<double> upper{};     ///< The same under the optimistic ones.
  std::vector<double> baseline{};  ///< 0: contacting nobody.
  std::vector<Flag> is_best{};     ///< The number of contacts with the greatest profit.
  TextColumn uplift_source{};

  std::int64_t best_contacts = 0;  ///< 0 if no number of contacts earns anything; of equals the
                                   ///< least.
  double best_profit = 0.0;
  UpliftSource source = UpliftSource::assumed;

  [[nodiscard]] std::size_t num_rows() const noexcept { return contacts.size(); }
  [[nodiscard]] Metadata metadata() const;

  template <class Visitor>
  void for_each_column(const Visitor& visit) const {
    visit("contacts", contacts);
    visit("customer", customer);
    visit("input_row", input_row);
    visit("p_order", p_order);
    visit("spend", spend);
    visit("expected_profit", expected_profit);
    visit("break_even_uplift", break_even_uplift);
    visit("profit", profit);
    visit("lower", lower);
    visit("upper", upper);
    visit("baseline", baseline);
    visit("is_best", is_best);
    visit("uplift_source", uplift_source);
  }
};

/// How many to contact, and whom.
///
/// @param customer  Keys, of which results tell whom they mean; none: rows alone.
/// @throws Error  as `simulate` and `Group`.
/// @par Complexity  O(n log n) time, O(n) memory.
[[nodiscard]] Contacts contacts(std::span<const double> p_order, std::span<const double> spend,
                                const Assumptions& assumptions,
                                const std::optional<KeyColumn>& customer = std::nullopt);

}  // namespace ecommerce_analytics::campaign
