#include "ecommerce_analytics/gamma_gamma.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/random.hpp"
#include "golden.hpp"

namespace ecommerce_analytics::gamma_gamma {
namespace {

using Numbers = std::vector<double>;

std::string error_of(const Numbers& frequency, const Numbers& value) {
  try {
    static_cast<void>(fit({frequency, value}));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// Expected values: mpmath, see tests/golden/gamma_gamma/five_customers/SOURCE.md.
TEST(GammaGamma, MatchesMpmath) {
  const Golden input("gamma_gamma/five_customers/input.csv");
  const Golden expected("gamma_gamma/five_customers/expected.csv");
  const auto column = [&](const char* name) { return input.column<Numbers>(name); };
  const Numbers p = column("p"), q = column("q"), gamma = column("gamma");
  const Numbers x = column("frequency"), value = column("monetary_value");
  const Numbers likelihoods = expected.column<Numbers>("log_likelihood");
  const Numbers means = expected.column<Numbers>("expected_value");
  for (std::size_t row = 0; row < x.size(); ++row) {
    const Parameters at{.p = p[row], .q = q[row], .gamma = gamma[row]};
    const Customers one{{&x[row], 1}, {&value[row], 1}};
    EXPECT_NEAR(log_likelihood(at, one), likelihoods[row], 1e-10 * std::abs(likelihoods[row]))
        << row;
    EXPECT_NEAR(expected_value(at, one)[0], means[row], 1e-13 * means[row]) << row;
  }
}

TEST(GammaGamma, AFitIsAtTheTopWhateverTheOrder) {
  Random random(3);
  Numbers frequency;
  Numbers value;
  for (int i = 0; i < 500; ++i) {
    const double count = std::floor(6.0 * random.uniform());
    const double mean = 10.0 / (0.2 + random.uniform());
    double total = 0.0;
    for (double k = 0.0; k < count; k += 1.0) {
      total -= mean * std::log(1.0 - random.uniform());
    }
    frequency.push_back(count);
    value.push_back(count > 0.0 ? total / count : 0.0);
  }
  const Result found = fit({frequency, value});
  ASSERT_EQ(found.status, FitStatus::converged);
  EXPECT_LT(found.gradient_norm, 1e-9);
  for (const double slope : gradient(found.parameters, {frequency, value})) {
    EXPECT_NEAR(slope, 0.0, 1e-4);
  }
  const Result again =
      fit({Numbers(frequency.rbegin(), frequency.rend()), Numbers(value.rbegin(), value.rend())});
  EXPECT_EQ(again.parameters.p, found.parameters.p);
  EXPECT_EQ(again.covariance, found.covariance);
}

TEST(GammaGamma, WhatTellsNothingIsRefusedByName) {
  EXPECT_NE(error_of({1, 1}, {2, 3}).find("three are needed"), std::string::npos);
  EXPECT_NE(error_of({1, 1, 2}, {2, 2, 2}).find("all mean values are equal"), std::string::npos);
  EXPECT_NE(error_of({1, 1, 2}, {2, -1, 2}).find("(row 2, column \"monetary_value\")"),
            std::string::npos);
  EXPECT_NE(error_of({1, 0.5, 2}, {2, 1, 2}).find("whole number"), std::string::npos);
}

TEST(GammaGamma, WithoutAMeanThereIsNone) {
  const Parameters at{.p = 2.0, .q = 0.5, .gamma = 10.0};
  const Numbers frequency{0, 3};
  const Numbers value{0, 20};
  const Numbers means = expected_value(at, {frequency, value});
  EXPECT_TRUE(std::isnan(means[0]));
  EXPECT_DOUBLE_EQ(means[1], 2.0 * (10.0 + 60.0) / 5.5);
}

}  // namespace
}  // namespace ecommerce_analytics::gamma_gamma
