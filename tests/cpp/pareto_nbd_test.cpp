#include "ecommerce_analytics/pareto_nbd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/random.hpp"
#include "golden.hpp"

namespace ecommerce_analytics::pareto_nbd {
namespace {

using Numbers = std::vector<double>;

struct Histories {
  Numbers frequency{};
  Numbers recency{};
  Numbers T{};

  [[nodiscard]] Customers view() const { return {frequency, recency, T}; }
};

/// Customers who leave at any moment.
Histories drawn(std::size_t num_customers) {
  Random random(7);
  const auto exponential = [&] { return -std::log(1.0 - random.uniform()); };
  Histories made;
  for (std::size_t i = 0; i < num_customers; ++i) {
    const double T = 20.0 + 20.0 * random.uniform();
    const double rate = 0.2 * exponential();
    const double end = std::min(T, exponential() / (0.06 * exponential()));
    double last = 0.0;
    double count = 0.0;
    for (double time = exponential() / rate; time < end; time += exponential() / rate) {
      last = time;
      count += 1.0;
    }
    made.frequency.push_back(count);
    made.recency.push_back(last);
    made.T.push_back(T);
  }
  return made;
}

constexpr Parameters kAt{.r = 0.7, .alpha = 6.0, .s = 0.9, .beta = 11.0};

// Expected values: mpmath, see tests/golden/pareto_nbd/hard_points/SOURCE.md.
TEST(ParetoNbd, MatchesMpmathAtHardPoints) {
  const Golden input("pareto_nbd/hard_points/input.csv");
  const Golden expected("pareto_nbd/hard_points/expected.csv");
  const auto column = [&](const char* name) { return input.column<Numbers>(name); };
  const Numbers r = column("r"), alpha = column("alpha"), s = column("s"), beta = column("beta");
  const Numbers x = column("frequency"), recency = column("recency"), T = column("T");
  const Numbers time = column("time");
  const auto wanted = [&](const char* name) { return expected.column<Numbers>(name); };
  const Numbers likelihoods = wanted("log_likelihood"), alive = wanted("probability_alive");
  const Numbers purchases = wanted("expected_purchases");
  for (std::size_t row = 0; row < x.size(); ++row) {
    const Parameters at{.r = r[row], .alpha = alpha[row], .s = s[row], .beta = beta[row]};
    const Customers one{{&x[row], 1}, {&recency[row], 1}, {&T[row], 1}};
    const auto near = [&](double actual, double exact) {
      EXPECT_NEAR(actual, exact, 1e-9 * std::abs(exact)) << "row " << row;
    };
    near(log_likelihood(at, one), likelihoods[row]);
    near(probability_alive(at, one)[0], alive[row]);
    near(expected_purchases(at, one, {.end = time[row]})[0], purchases[row]);
  }
}

TEST(ParetoNbd, TheGradientIsTheSlopeOfTheLikelihood) {
  const Histories histories = drawn(200);
  const auto slope = gradient(kAt, histories.view());
  const auto by_difference = [&](double Parameters::*member) {
    Parameters low = kAt;
    Parameters high = kAt;
    const double step = 1e-5 * kAt.*member;
    low.*member -= step;
    high.*member += step;
    return (log_likelihood(high, histories.view()) - log_likelihood(low, histories.view())) /
           (2.0 * step);
  };
  EXPECT_NEAR(slope[0], by_difference(&Parameters::r), 1e-5 * std::abs(slope[0]) + 1e-4);
  EXPECT_NEAR(slope[1], by_difference(&Parameters::alpha), 1e-5 * std::abs(slope[1]) + 1e-4);
  EXPECT_NEAR(slope[2], by_difference(&Parameters::s), 1e-5 * std::abs(slope[2]) + 1e-4);
  EXPECT_NEAR(slope[3], by_difference(&Parameters::beta), 1e-5 * std::abs(slope[3]) + 1e-4);
}

TEST(ParetoNbd, AFitHasTheSameBitsForAnyOrderAndThreads) {
  Histories histories = drawn(3'000);
  const Result expected = fit(histories.view(), {.init = kAt, .num_threads = 1});
  ASSERT_EQ(expected.status, FitStatus::converged);
  EXPECT_LT(expected.gradient_norm, 1e-9);
  std::reverse(histories.frequency.begin(), histories.frequency.end());
  std::reverse(histories.recency.begin(), histories.recency.end());
  std::reverse(histories.T.begin(), histories.T.end());
  const Result actual = fit(histories.view(), {.init = kAt, .num_threads = 3});
  EXPECT_EQ(actual.parameters.r, expected.parameters.r);
  EXPECT_EQ(actual.parameters.beta, expected.parameters.beta);
  EXPECT_EQ(actual.covariance, expected.covariance);
}

TEST(ParetoNbd, NobodyLeavingIsNamedAndPredictsByTheNbd) {
  Histories histories = drawn(300);
  for (std::size_t i = 0; i < 300; ++i) {  // The last purchase was a moment ago.
    if (histories.frequency[i] > 0.0) {
      histories.recency[i] = histories.T[i];
    }
  }
  const Result found = fit(histories.view());
  EXPECT_EQ(found.status, FitStatus::boundary);
  EXPECT_EQ(found.boundary, "s -> 0: nobody leaves");
  EXPECT_EQ(found.parameters.s, 0.0);
  const double rate =
      (found.parameters.r + histories.frequency[0]) / (found.parameters.alpha + histories.T[0]);
  EXPECT_DOUBLE_EQ(
      expected_purchases(found.parameters, histories.view(), {.start = 1.0, .end = 3.0})[0],
      rate * 2.0);
  EXPECT_EQ(probability_alive(found.parameters, histories.view())[0], 1.0);
}

TEST(ParetoNbd, WhatTellsNothingIsRefusedByName) {
  const auto error_of = [](const Histories& histories) -> std::string {
    try {
      static_cast<void>(fit(histories.view()));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(error_of({{0, 0}, {0, 0}, {3, 5}}).find("pareto_nbd: nobody has a repeat purchase"),
            std::string::npos);
  EXPECT_NE(error_of({{2, 2}, {1, 1}, {3, 3}}).find("all customers are alike"), std::string::npos);
  const Histories one = drawn(1);
  EXPECT_THROW(static_cast<void>(expected_purchases(kAt, one.view(), {.start = 2.0, .end = 1.0})),
               Error);
  EXPECT_THROW(static_cast<void>(log_likelihood({.r = -1.0}, one.view())), Error);
  EXPECT_THROW(static_cast<void>(time_to_purchase(kAt, one.view(), 1.0)), Error);
  EXPECT_THROW(static_cast<void>(probability_of_purchase(kAt, one.view(),
                                                         std::numeric_limits<double>::infinity())),
               Error);
}

TEST(ParetoNbd, PredictionsHangTogether) {
  const Histories histories = drawn(50);
  const Numbers plain = expected_purchases(kAt, histories.view(), {.start = 1.0, .end = 50.0});
  const Numbers tiny =
      expected_purchases(kAt, histories.view(), {.start = 1.0, .end = 50.0, .discount = 1e-12});
  const Numbers strong =
      expected_purchases(kAt, histories.view(), {.start = 1.0, .end = 50.0, .discount = 0.1});
  const Numbers buys = probability_of_purchase(kAt, histories.view(), 50.0);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_NEAR(tiny[i], plain[i], 1e-9 * plain[i]);
    EXPECT_LT(strong[i], plain[i] * std::exp(-0.1));
    EXPECT_GT(strong[i], plain[i] * std::exp(-5.0));
    EXPECT_LT(buys[i], probability_alive(kAt, histories.view())[i]);
  }
  EXPECT_GT(expected_new_purchases(kAt, Numbers{2.0})[0], 0.0);
}

TEST(ParetoNbd, AllLeavingAtOneRateIsNamed) {
  Histories histories = drawn(400);
  Random random(3);
  const auto exponential = [&] { return -std::log(1.0 - random.uniform()); };
  for (std::size_t i = 0; i < 400; ++i) {
    const double rate = 0.3 * exponential();
    const double end = std::min(histories.T[i], 15.0 * exponential());
    histories.frequency[i] = 0.0;
    histories.recency[i] = 0.0;
    for (double time = exponential() / rate; time < end; time += exponential() / rate) {
      histories.frequency[i] += 1.0;
      histories.recency[i] = time;
    }
  }
  const Result found = fit(histories.view());
  if (found.status == FitStatus::boundary) {
    EXPECT_NE(found.boundary.find("all customers leave at one rate"), std::string::npos);
    EXPECT_TRUE(std::isnan(found.parameters.r));
  } else {
    EXPECT_EQ(found.status, FitStatus::converged);
    EXPECT_GT(found.parameters.s, 1.0);
  }
}

}  // namespace
}  // namespace ecommerce_analytics::pareto_nbd
