#include "ecommerce_analytics/bg_nbd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/random.hpp"
#include "golden.hpp"

namespace ecommerce_analytics::bg_nbd {
namespace {

using Numbers = std::vector<double>;

struct Histories {
  Numbers frequency{};
  Numbers recency{};
  Numbers T{};

  [[nodiscard]] Customers view() const { return {frequency, recency, T}; }
};

/// Customers who leave after a purchase now and then.
Histories drawn(std::size_t num_customers) {
  Random random(7);
  Histories made;
  for (std::size_t i = 0; i < num_customers; ++i) {
    const double T = 20.0 + 20.0 * random.uniform();
    const double rate = -0.1 * std::log(1.0 - random.uniform());
    const double leaves = 0.4 * random.uniform();
    double time = 0.0;
    double last = 0.0;
    double count = 0.0;
    for (;;) {
      time -= std::log(1.0 - random.uniform()) / rate;
      if (time > T) {
        break;
      }
      last = time;
      count += 1.0;
      if (random.uniform() < leaves) {
        break;
      }
    }
    made.frequency.push_back(count);
    made.recency.push_back(last);
    made.T.push_back(T);
  }
  return made;
}

std::string error_of(const Histories& histories) {
  try {
    static_cast<void>(fit(histories.view()));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_data);
    return error.what();
  }
  return "";
}

// Expected values: mpmath, see tests/golden/bg_nbd/hard_points/SOURCE.md.
TEST(BgNbd, MatchesMpmathAtHardPoints) {
  const Golden input("bg_nbd/hard_points/input.csv");
  const Golden expected("bg_nbd/hard_points/expected.csv");
  const auto column = [&](const char* name) { return input.column<Numbers>(name); };
  const Numbers r = column("r"), alpha = column("alpha"), a = column("a"), b = column("b");
  const Numbers x = column("frequency"), recency = column("recency"), T = column("T");
  const Numbers time = column("time");
  const auto wanted = [&](const char* name) { return expected.column<Numbers>(name); };
  const Numbers likelihoods = wanted("log_likelihood"), alive = wanted("probability_alive");
  const Numbers purchases = wanted("expected_purchases");
  for (std::size_t row = 0; row < x.size(); ++row) {
    const Parameters at{.r = r[row], .alpha = alpha[row], .a = a[row], .b = b[row]};
    const Customers one{{&x[row], 1}, {&recency[row], 1}, {&T[row], 1}};
    const auto near = [&](double actual, double exact, double tolerance) {
      EXPECT_NEAR(actual, exact, tolerance * std::abs(exact)) << "row " << row;
    };
    near(log_likelihood(at, one), likelihoods[row], 1e-12);
    near(probability_alive(at, one)[0], alive[row], 1e-9);
    near(expected_purchases(at, one, {.end = time[row]})[0], purchases[row], 1e-9);
  }
}

TEST(BgNbd, TheGradientIsTheSlopeOfTheLikelihood) {
  const Histories histories = drawn(200);
  const Parameters at{.r = 0.7, .alpha = 6.0, .a = 0.6, .b = 2.5};
  const auto slope = gradient(at, histories.view());
  const auto by_difference = [&](double Parameters::*member) {
    Parameters low = at;
    Parameters high = at;
    const double step = 1e-6 * at.*member;
    low.*member -= step;
    high.*member += step;
    return (log_likelihood(high, histories.view()) - log_likelihood(low, histories.view())) /
           (2.0 * step);
  };
  EXPECT_NEAR(slope[0], by_difference(&Parameters::r), 1e-5 * std::abs(slope[0]) + 1e-4);
  EXPECT_NEAR(slope[1], by_difference(&Parameters::alpha), 1e-5 * std::abs(slope[1]) + 1e-4);
  EXPECT_NEAR(slope[2], by_difference(&Parameters::a), 1e-5 * std::abs(slope[2]) + 1e-4);
  EXPECT_NEAR(slope[3], by_difference(&Parameters::b), 1e-5 * std::abs(slope[3]) + 1e-4);
}

TEST(BgNbd, AFitHasTheSameBitsForAnyOrderAndThreads) {
  Histories histories = drawn(5'000);
  const Result expected = fit(histories.view(), {.num_threads = 1});
  ASSERT_EQ(expected.status, FitStatus::converged);
  EXPECT_LT(expected.gradient_norm, 1e-9);
  std::reverse(histories.frequency.begin(), histories.frequency.end());
  std::reverse(histories.recency.begin(), histories.recency.end());
  std::reverse(histories.T.begin(), histories.T.end());
  const Result actual = fit(histories.view(), {.num_threads = 3});
  EXPECT_EQ(actual.parameters.r, expected.parameters.r);
  EXPECT_EQ(actual.parameters.b, expected.parameters.b);
  EXPECT_EQ(actual.log_likelihood, expected.log_likelihood);
  EXPECT_EQ(actual.covariance, expected.covariance);
}

TEST(BgNbd, NobodyLeavingIsNamedAndPredictsByTheNbd) {
  Histories histories = drawn(500);
  for (std::size_t i = 0; i < 500; ++i) {  // The last purchase was a moment ago.
    if (histories.frequency[i] > 0.0) {
      histories.recency[i] = histories.T[i];
    }
  }
  const Result found = fit(histories.view());
  EXPECT_EQ(found.status, FitStatus::boundary);
  EXPECT_NE(found.boundary.find("a -> 0"), std::string::npos);
  EXPECT_EQ(found.parameters.a, 0.0);
  const Numbers purchases = expected_purchases(found.parameters, histories.view(), {.end = 2.0});
  EXPECT_DOUBLE_EQ(purchases[0], (found.parameters.r + histories.frequency[0]) /
                                     (found.parameters.alpha + histories.T[0]) * 2.0);
}

TEST(BgNbd, WhatTellsNothingIsRefusedByName) {
  EXPECT_NE(error_of({{0, 0}, {0, 0}, {3, 5}}).find("nobody has a repeat purchase"),
            std::string::npos);
  EXPECT_NE(error_of({{2, 2}, {1, 1}, {3, 3}}).find("all customers are alike"), std::string::npos);
  EXPECT_NE(error_of({{0, 2}, {0, 0}, {3, 3}}).find("(row 2, column \"recency\")"),
            std::string::npos);
  EXPECT_NE(error_of({{2, 2}, {1, 4}, {3, 3}}).find("recency must not exceed T"),
            std::string::npos);
  EXPECT_NE(error_of({{1.5}, {1}, {3}}).find("whole number"), std::string::npos);
  EXPECT_NE(error_of({{-1}, {1}, {3}}).find("0 or more"), std::string::npos);
  EXPECT_NE(error_of({{1}, {std::numeric_limits<double>::quiet_NaN()}, {3}}).find("row 1"),
            std::string::npos);
}

TEST(BgNbd, ADiscountOfNothingChangesNothing) {
  const Histories histories = drawn(50);
  const Parameters at{.r = 0.7, .alpha = 6.0, .a = 0.6, .b = 2.5};
  const Numbers plain = expected_purchases(at, histories.view(), {.start = 1.0, .end = 50.0});
  const Numbers tiny =
      expected_purchases(at, histories.view(), {.start = 1.0, .end = 50.0, .discount = 1e-12});
  const Numbers strong =
      expected_purchases(at, histories.view(), {.start = 1.0, .end = 50.0, .discount = 0.1});
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_NEAR(tiny[i], plain[i], 1e-9 * plain[i]);
    EXPECT_LT(strong[i], plain[i] * std::exp(-0.1));
    EXPECT_GT(strong[i], plain[i] * std::exp(-5.0));
  }
}

}  // namespace
}  // namespace ecommerce_analytics::bg_nbd
