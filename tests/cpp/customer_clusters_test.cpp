#include "ecommerce_analytics/customer_clusters.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"
#include "golden.hpp"

namespace ecommerce_analytics::customer_clusters {
namespace {

rfm::Scores eight_customers() {
  const Golden golden("customer_clusters/eight_customers/input.csv");
  return rfm::score(rows_of(golden));
}

// Expected values: R, see tests/golden/customer_clusters/eight_customers/SOURCE.md.
TEST(CustomerClusters, MatchTheWorkedExample) {
  const Golden expected("customer_clusters/eight_customers/expected.csv");

  const Clusters clusters = fit(eight_customers());

  EXPECT_EQ(clusters.customer, expected.column<KeyColumn>("customer"));
  EXPECT_EQ(clusters.cluster, expected.column<std::vector<std::int32_t>>("cluster"));
  const std::vector<std::string> names = expected.cells("name");
  const std::vector<std::string> distances = expected.cells("distance");
  for (std::size_t row = 0; row < clusters.num_rows(); ++row) {
    EXPECT_EQ(clusters.name[row], names[row]);
    EXPECT_NEAR(clusters.distance[row], std::stod(distances[row]), 1e-14);
  }
  EXPECT_NEAR(clusters.inertia, 1.839365458219720, 1e-14);
  EXPECT_NEAR(clusters.model.recipe.mean[0], 3.154010734563037, 1e-14);
  EXPECT_NEAR(clusters.model.recipe.standard_deviation[2], 2.295682783497147, 1e-14);
  EXPECT_EQ(clusters.sizes, (std::vector<std::int64_t>{2, 2, 2, 2}));
}

TEST(CustomerClusters, AreAssignedByTheKeptRecipe) {
  const rfm::Scores scores = eight_customers();
  const Clusters fitted = fit(scores);
  const Clusters assigned = assign(fitted.model, scores);
  EXPECT_EQ(assigned.cluster, fitted.cluster);
  EXPECT_EQ(assigned.distance, fitted.distance);
  EXPECT_EQ(assigned.name, fitted.name);
}

TEST(CustomerClusters, TheCurveHasTheInertiaOfTheFit) {
  const rfm::Scores scores = eight_customers();
  const Curve found = curve(scores, {.max_clusters = 4});
  ASSERT_EQ(found.n_clusters, (std::vector<std::int32_t>{2, 3, 4}));
  EXPECT_NEAR(found.inertia[2], 1.839365458219720, 1e-14);
  EXPECT_EQ(found.silhouette_standard_error.is_valid, (std::vector<std::uint8_t>{0, 0, 0}));
  EXPECT_EQ(found.metadata().back(),
            (std::pair<std::string, std::string>{"best_by_silhouette", "4"}));
}

TEST(CustomerClusters, NoCustomersHaveNoClusters) {
  const Clusters none = fit(rfm::Scores{});
  EXPECT_EQ(none.num_rows(), 0U);
  EXPECT_TRUE(none.model.names.empty());
  EXPECT_EQ(curve(rfm::Scores{}).num_rows(), 0U);
}

TEST(CustomerClusters, EqualCustomersAreOneCluster) {
  rfm::Scores scores;
  for (const char* name : {"a", "b"}) {
    scores.customer.push_back(Key(std::string_view(name)));
    scores.recency_days.push_back(3);
    scores.frequency.push_back(1);
    scores.monetary.push_back({});
  }
  const Clusters one = fit(scores);
  EXPECT_EQ(one.model.names, std::vector<std::string>{"All Customers"});
  EXPECT_EQ(one.distance, (std::vector<double>{0.0, 0.0}));
  EXPECT_EQ(one.metadata().back().second,
            "recency_days is constant and plays no part; frequency is constant and plays no part; "
            "monetary is constant and plays no part; there are no more distinct customers");
}

TEST(CustomerClusters, AProfileSumsUpTheCustomersOfEachCluster) {
  const rfm::Scores scores = eight_customers();
  const Clusters clusters = fit(scores);
  const rfm::SegmentSummary actual = profile(clusters, scores);
  EXPECT_EQ(actual.customers, clusters.sizes);
  ASSERT_EQ(actual.num_rows(), clusters.model.names.size());
  EXPECT_EQ(to_string(actual.segment[0]), clusters.model.names[0]);

  KeyColumn one;
  one.push_back(scores.customer[0]);
  EXPECT_THROW(static_cast<void>(profile(clusters, rfm::of_customers(scores, one))), Error);
}

TEST(CustomerClusters, TellBadOptionsAndModels) {
  const rfm::Scores scores = eight_customers();
  EXPECT_THROW(static_cast<void>(fit(scores, {.n_clusters = 0})), Error);
  EXPECT_THROW(static_cast<void>(fit(rfm::Scores{}, {.n_init = 0})), Error);
  EXPECT_THROW(static_cast<void>(curve(scores, {.min_clusters = 1})), Error);
  EXPECT_THROW(static_cast<void>(assign({}, scores)), Error);
  Model model = fit(scores).model;
  model.centers[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(static_cast<void>(assign(model, scores)), Error);
  model.centers[1] = 0.0;
  model.names.pop_back();
  EXPECT_THROW(static_cast<void>(assign(model, scores)), Error);
}

}  // namespace
}  // namespace ecommerce_analytics::customer_clusters
