#include "ecommerce_analytics/campaign.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/random.hpp"
#include "golden.hpp"

namespace ecommerce_analytics::campaign {
namespace {

struct Customers {
  std::vector<double> p_order{};
  std::vector<double> spend{};
};

Customers golden_customers() {
  const Golden input("campaign/three_customers/input.csv");
  return {.p_order = input.column<std::vector<double>>("p_order"),
          .spend = input.column<std::vector<double>>("spend")};
}

Customers random_customers(std::size_t size) {
  Random random(7);
  Customers result;
  for (std::size_t row = 0; row < size; ++row) {
    result.p_order.push_back(static_cast<double>(random.below(100)) / 100.0);
    result.spend.push_back(static_cast<double>(random.below(30'000)) / 100.0);
  }
  return result;
}

Assumptions worked_by_hand() {
  Assumptions assumptions;
  assumptions.uplift = Range{0.1, 0.3, 0.6};
  assumptions.margin = Range{0.5, 0.5, 0.5};
  assumptions.discount = Range{0.2, 0.2, 0.2};
  assumptions.redemption = {0.5, 0.5, 0.5};
  assumptions.contact_cost = {1.0, 1.0, 1.0};
  assumptions.fixed_cost = {2.0, 2.0, 2.0};
  return assumptions;
}

ErrorCode code_of(const Assumptions& assumptions, const Options& options = {}) {
  try {
    static_cast<void>(simulate(std::vector{0.5}, std::vector{1.0}, assumptions, options));
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::overflow;
}

// Expected values: tests/golden/campaign/three_customers/SOURCE.md.
TEST(Campaign, MatchesTheWorkedExample) {
  const Customers customers = golden_customers();
  const Analysis analysis = simulate(customers.p_order, customers.spend, worked_by_hand()).analysis;
  const Golden expected("campaign/three_customers/expected.csv");
  const std::vector<std::string> names = expected.cells("figure");
  const auto pessimistic = expected.column<std::vector<double>>("pessimistic");
  const auto modes = expected.column<std::vector<double>>("expected");
  const auto optimistic = expected.column<std::vector<double>>("optimistic");
  std::size_t num_compared = 0;
  for (std::size_t row = 0; row < analysis.num_rows(); ++row) {
    for (std::size_t other = 0; other < names.size(); ++other) {
      if (analysis.figure[row] == names[other]) {
        EXPECT_NEAR(analysis.pessimistic.values[row], pessimistic[other], 1e-13) << names[other];
        EXPECT_NEAR(analysis.expected.values[row], modes[other], 1e-13) << names[other];
        EXPECT_NEAR(analysis.optimistic.values[row], optimistic[other], 1e-13) << names[other];
        ++num_compared;
      }
    }
  }
  EXPECT_EQ(num_compared, names.size());
}

TEST(Campaign, CountsContactsInTheOrderOfTheirProfit) {
  const Customers customers = golden_customers();
  const Contacts table = contacts(customers.p_order, customers.spend, worked_by_hand());
  EXPECT_EQ(table.input_row, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(table.best_contacts, 2);
  EXPECT_NEAR(table.best_profit, 6.2, 1e-13);
  EXPECT_NEAR(table.profit.back(), 2.2, 1e-13);
  EXPECT_FALSE(table.customer.has_value());
}

TEST(Campaign, LuckIsTheDeviationWorkedByHand) {
  const Customers customers = golden_customers();
  const Group group(customers.p_order, customers.spend);
  EXPECT_NEAR(group.outcome({0.3, 0.5, 0.2, 0.5, 1.0, 2.0, 1.0}).luck, std::sqrt(546.06), 1e-12);
}

TEST(Campaign, AtTheBreakEvenTheProfitIsZero) {
  const Customers customers = random_customers(5'000);
  const Group group(customers.p_order, customers.spend);
  Values values{0.02, 0.4, 0.1, 0.9, 0.2, 500.0, 1.1};
  for (const double cost : {0.0, 0.5, 5.0, 15.0}) {
    values[4] = cost;
    const std::optional<double> uplift = group.outcome(values).break_even_uplift;
    ASSERT_TRUE(uplift.has_value()) << cost;
    Values there = values;
    there[0] = *uplift;
    EXPECT_NEAR(group.outcome(there).profit, 0.0, 1e-8) << cost;
  }
  values[4] = 1'000.0;
  EXPECT_FALSE(group.outcome(values).break_even_uplift.has_value());
  values[2] = values[1];
  EXPECT_FALSE(group.outcome(values).break_even_uplift.has_value());
}

TEST(Campaign, ThreadsAndRowsChangeNoBit) {
  Customers customers = random_customers(2'000);
  Assumptions assumptions = worked_by_hand();
  assumptions.margin = Range{0.3, 0.5, 0.55};
  const Simulation one = simulate(customers.p_order, customers.spend, assumptions,
                                  {.num_scenarios = 9'000, .num_threads = 1});
  std::reverse(customers.p_order.begin(), customers.p_order.end());
  std::reverse(customers.spend.begin(), customers.spend.end());
  const Simulation other = simulate(customers.p_order, customers.spend, assumptions,
                                    {.num_scenarios = 9'000, .num_threads = 4});
  EXPECT_EQ(one.draws.figures.profit, other.draws.figures.profit);
  EXPECT_EQ(one.draws.realised_profit, other.draws.realised_profit);
  EXPECT_EQ(one.analysis.mean, other.analysis.mean);
  EXPECT_EQ(one.analysis.upper, other.analysis.upper);
}

TEST(Campaign, RefusesWhatIsAbsentOrOutside) {
  EXPECT_EQ(code_of({}), ErrorCode::invalid_argument);
  Assumptions assumptions = worked_by_hand();
  assumptions.margin.reset();
  EXPECT_EQ(code_of(assumptions), ErrorCode::invalid_argument);
  assumptions.margin = Range{0.4, 0.3, 0.5};
  EXPECT_EQ(code_of(assumptions), ErrorCode::invalid_argument);
  assumptions.margin = Range{0.4, 0.5, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_EQ(code_of(assumptions), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of(worked_by_hand(), {.num_scenarios = 0}), ErrorCode::invalid_argument);
  EXPECT_THROW(Group(std::vector{0.5, 1.1}, std::vector{1.0, 1.0}), Error);
  EXPECT_THROW(Group(std::vector{0.5}, std::vector{-1.0}), Error);
  EXPECT_THROW(Group({}, {}), Error);
  EXPECT_THROW(static_cast<void>(parse_uplift_source("guessed")), Error);
}

}  // namespace
}  // namespace ecommerce_analytics::campaign
