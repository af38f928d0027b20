#include "ecommerce_analytics/selection.hpp"

#include <gtest/gtest.h>

#include <string>

#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/geo_aggregate.hpp"
#include "ecommerce_analytics/kpi.hpp"
#include "ecommerce_analytics/rfm.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics {
namespace {

KeyColumn keys(std::initializer_list<const char*> texts) {
  KeyColumn column;
  for (const char* text : texts) {
    column.push_back(Key(std::string_view(text)));
  }
  return column;
}

std::int32_t day(const char* text) { return day_of(parse_civil_time(text)); }

TEST(Selection, IsDescribedAsJson) {
  Selection selection;
  EXPECT_TRUE(selection.is_everything());
  EXPECT_EQ(describe(selection), "{}");
  selection.start_day = day("2024-01-01");
  selection.dimensions.push_back({.dimension = "a \"b\"\n", .keys = keys({"x", "unknown"})});
  selection.customers = keys({"ana"});
  EXPECT_FALSE(selection.is_everything());
  EXPECT_EQ(describe(selection),
            R"({"start": "2024-01-01", "a \"b\"\u000a": ["x", "unknown"], "customers": "1 keys"})");
}

TEST(Selection, RefusesWhatCannotBe) {
  EXPECT_THROW(validate({.start_day = 3, .end_day = 3}), Error);
  EXPECT_THROW(validate({.dimensions = {{.dimension = "", .keys = {}}}}), Error);
  EXPECT_THROW(validate({.dimensions = {{.dimension = "a", .keys = {}}, {.dimension = "a"}}}),
               Error);
  Selection many;
  for (int i = 0; i < 33; ++i) {
    many.dimensions.push_back({.dimension = std::to_string(i), .keys = {}});
  }
  EXPECT_THROW(validate(many), Error);
  EXPECT_THROW(CustomerHistory({.selection = many}), Error);
  EXPECT_THROW(validate({.region = {{.dimension = "region", .keys = {}}},
                         .home_region = {{.dimension = "city", .keys = {}}}}),
               Error);
  EXPECT_THROW(validate({.payment = PaymentFilter{}}), Error);
  EXPECT_THROW(CustomerHistory({.region = "city",
                                .selection = {.region = {{.dimension = "region", .keys = {}}}}}),
               Error);
}

TEST(Selection, ADimensionThatIsNotThereIsAnError) {
  const Transactions rows = table_of(random_log(1, 10));
  const Selection colors{.dimensions = {{.dimension = "color", .keys = keys({"red"})}}};
  EXPECT_THROW((void)kpi::summary(rows, {}, colors), Error);
}

TEST(Selection, RegionsSideBySideAddUpToTheWhole) {
  const Transactions rows = table_of(random_log(7, 900));
  const kpi::Summary whole = kpi::summary(rows);
  Money128 net{};
  std::int64_t orders = 0;
  for (const char* region : {"SP", "RJ", "MG", "BA", "unknown"}) {
    const Selection one{.region = {{.dimension = "region", .keys = keys({region})}}};
    const kpi::Summary part = kpi::summary(rows, {}, one);
    net = add(net, part.revenue_net.front());
    orders += part.orders.front();
    const geo_aggregate::Regions regions = geo_aggregate::by_region(rows, {}, one);
    EXPECT_EQ(regions.num_rows(), 1U);
    EXPECT_EQ(regions.revenue.front(), part.revenue_net.front());
  }
  EXPECT_EQ(net, whole.revenue_net.front());
  EXPECT_EQ(orders, whole.orders.front());
}

TEST(Selection, ShardsAndThreadsEqualTheWhole) {
  const std::vector<LogLine> lines = random_log(11, 1'500);
  const HistoryOptions options{
      .region = "region",
      .selection = {.start_day = 17'050,
                    .end_day = 17'300,
                    .dimensions = {{.dimension = "region", .keys = keys({"SP", "unknown"})}},
                    .customers = keys({"c1", "c4", "c9", "c11", "c20", "c33"})}};
  CustomerHistory whole(options);
  whole.add(table_of(lines), 1);
  for (const std::size_t num_shards : {2U, 5U}) {
    CustomerHistory merged(options);
    for (const std::vector<LogLine>& shard : deal(shuffled(lines, 3), num_shards)) {
      merged.add(table_of(shard), 2);
    }
    EXPECT_EQ(rfm::score(merged).customer, rfm::score(whole).customer);
    EXPECT_EQ(rfm::score(merged).monetary, rfm::score(whole).monetary);
    EXPECT_EQ(kpi::summary(merged).revenue_net, kpi::summary(whole).revenue_net);
    EXPECT_EQ(kpi::summary(merged).repeat_customers, kpi::summary(whole).repeat_customers);
  }
  EXPECT_GT(rfm::score(whole).num_rows(), 0U);
  EXPECT_LT(rfm::score(whole).num_rows(), 7U);
}

TEST(Select, SaysWhatAHistoryMadeAnewSays) {
  const std::vector<LogLine> lines = random_log(13, 1'200);
  CustomerHistory parent({.region = "region", .dimensions = {"region"}});
  for (const std::vector<LogLine>& shard : deal(shuffled(lines, 5), 3)) {
    parent.add(table_of(shard), 2);
  }
  for (const Selection& selection :
       {Selection{}, Selection{.start_day = 17'050, .end_day = 17'300},
        Selection{.dimensions = {{.dimension = "region", .keys = keys({"SP", "unknown"})}}},
        Selection{.region = {{.dimension = "region", .keys = keys({"RJ"})}},
        .home_region = {{.dimension = "region", .keys = keys({"SP", "RJ"})}}}}) {
    CustomerHistory made({.region = "region", .selection = selection});
    made.add(table_of(lines), 1);
    const CustomerHistory selected = parent.select(selection);
    const kpi::Changes ours = kpi::changes(selected, {.period = Period::month});
    const kpi::Changes theirs = kpi::changes(made, {.period = Period::month});
    EXPECT_EQ(ours.value.values, theirs.value.values);
    EXPECT_EQ(ours.previous.values, theirs.previous.values);
    EXPECT_EQ(ours.metadata(), theirs.metadata());
    EXPECT_EQ(rfm::score(selected).monetary, rfm::score(made).monetary);
    EXPECT_EQ(geo_aggregate::by_region(selected).customers,
              geo_aggregate::by_region(made).customers);
  }
}

TEST(Select, LinesAddedToOneChangeNoOther) {
  const Transactions rows = table_of(random_log(17, 200));
  CustomerHistory parent({.dimensions = {"region"}});
  parent.add(rows);
  const Selection south{.dimensions = {{.dimension = "region", .keys = keys({"SP"})}}};
  CustomerHistory child = parent.select(south);
  const Money128 of_parent = kpi::summary(parent).revenue_net.front();
  const Money128 of_child = kpi::summary(child).revenue_net.front();
  child.add(rows);
  EXPECT_EQ(kpi::summary(child).revenue_net.front(), add(of_child, of_child));
  EXPECT_EQ(kpi::summary(parent).revenue_net.front(), of_parent);
  const CustomerHistory before = parent.select(south);
  parent.add(rows);
  EXPECT_EQ(kpi::summary(parent).revenue_net.front(), add(of_parent, of_parent));
  EXPECT_EQ(kpi::summary(before).revenue_net.front(), of_child);
}

TEST(Select, RefusesWhatIsNotKept) {
  CustomerHistory history({.dimensions = {"region"}});
  EXPECT_NO_THROW((void)history.select({.start_day = 3}));  // Of no line yet.
  history.add(table_of(random_log(19, 50)));
  EXPECT_THROW((void)history.select({.dimensions = {{.dimension = "color", .keys = {}}}}), Error);
  EXPECT_THROW((void)history.select({.region = {{.dimension = "region", .keys = {}}}}), Error);
  EXPECT_THROW((void)history.select({.home_region = {{.dimension = "region", .keys = {}}}}), Error);
  KeyColumn numbers;
  numbers.push_back(Key(std::int64_t{1}));
  EXPECT_THROW((void)history.select({.dimensions = {{.dimension = "region", .keys = numbers}}}),
               Error);
  EXPECT_THROW(CustomerHistory({.dimensions = {"region", "region"}}), Error);
}

TEST(Selection, WithDimensionsAHistoryAnswersOneMoment) {
  CustomerHistory history(
      {.selection = {.dimensions = {{.dimension = "region", .keys = keys({"SP"})}}}});
  history.add(table_of(random_log(5, 300)));
  const std::int64_t as_of_us = history.resolve_as_of(std::nullopt);
  EXPECT_EQ(history.resolve_as_of(as_of_us), as_of_us);
  EXPECT_THROW((void)history.resolve_as_of(as_of_us - kMicrosecondsPerDay), Error);
}

}  // namespace
}  // namespace ecommerce_analytics
