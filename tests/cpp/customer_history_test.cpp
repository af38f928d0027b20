#include "ecommerce_analytics/customer_history.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ecommerce_analytics/cohort.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/geo_aggregate.hpp"
#include "ecommerce_analytics/kpi.hpp"
#include "ecommerce_analytics/rfm.hpp"
#include "golden.hpp"
#include "order_logs.hpp"

namespace ecommerce_analytics {
namespace {

const HistoryOptions kWithRegion{.as_of_us = std::nullopt, .region = "region"};

std::int64_t midnight(std::int32_t day) { return day * kMicrosecondsPerDay; }

CustomerHistory history_of(const Transactions& rows, const HistoryOptions& options = kWithRegion,
                           int num_threads = 1) {
  CustomerHistory history(options);
  history.add(rows, num_threads);
  return history;
}

/// All that the analyses say of two histories is the same.
void expect_same_answers(const CustomerHistory& actual, const CustomerHistory& expected,
                         std::optional<std::int64_t> as_of_us = std::nullopt) {
  EXPECT_EQ(actual.resolve_as_of(as_of_us), expected.resolve_as_of(as_of_us));
  const std::int64_t moment = expected.resolve_as_of(as_of_us);
  EXPECT_EQ(actual.num_lines_from(moment), expected.num_lines_from(moment));
  expect_same(kpi::summary(actual, {.as_of_us = as_of_us, .period = Period::month}),
              kpi::summary(expected, {.as_of_us = as_of_us, .period = Period::month}));
  expect_same(rfm::score(actual, {.as_of_us = as_of_us}),
              rfm::score(expected, {.as_of_us = as_of_us}));
  for (const cohort::Measure measure :
       {cohort::Measure::customers, cohort::Measure::orders, cohort::Measure::revenue}) {
    expect_same(cohort::retention(actual, {.as_of_us = as_of_us, .measure = measure}),
                cohort::retention(expected, {.as_of_us = as_of_us, .measure = measure}));
  }
  expect_same(geo_aggregate::by_region(actual, {.as_of_us = as_of_us}),
              geo_aggregate::by_region(expected, {.as_of_us = as_of_us}));
}

void expect_error(ErrorCode code, const std::function<void()>& work) {
  try {
    work();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
  }
}

LogLine log_line(const std::string& customer, const std::string& order, std::int64_t time_us,
                 std::int64_t amount, const std::string& region = "SP") {
  return {
      .customer = customer, .order = order, .time_us = time_us, .amount = amount, .region = region};
}

TEST(CustomerHistory, KnowsTheEarliestLinesOfEachOrder) {
  const CustomerHistory history = history_of(table_of({
      log_line("ana", "A", 50, -1, "RJ"),
      log_line("ana", "A", 70, 5, "SP"),
      log_line("ana", "A", 70, 5, "MG"),
      log_line("ana", "A", 90, 5, "BA"),
      log_line("ana", "B", 30, -2, "SP"),
      log_line("", "C", 20, 1, ""),
  }));
  const auto order = [&](const char* key) {
    return history.orders()[history.order_keys().find(Key(key)).value()];
  };
  EXPECT_EQ(order("A").purchase_us, 70);
  EXPECT_EQ(order("A").line_us, 50);
  EXPECT_EQ(history.customer_keys().key(order("A").customer), Key("ana"));
  EXPECT_EQ(history.region_keys().key(order("A").purchase_region), Key("MG"));
  EXPECT_EQ(history.region_keys().key(order("A").line_region), Key("RJ"));
  EXPECT_EQ(history.region_keys().key(CustomerHistory::region_at(order("A"), 71)), Key("MG"));
  EXPECT_EQ(history.region_keys().key(CustomerHistory::region_at(order("A"), 70)), Key("RJ"));
  EXPECT_EQ(order("B").purchase_us, OrderState::kNever);
  EXPECT_EQ(order("B").line_us, 30);
  EXPECT_EQ(order("C").customer, Dictionary::kUnknownCode);
  EXPECT_TRUE(history.region_keys().key(order("C").purchase_region).is_unknown());
  EXPECT_FALSE(history.is_empty());
}

TEST(CustomerHistory, KeepsMoneyAndLinesByKindAndDay) {
  const CustomerHistory history = history_of(table_of({
      log_line("ana", "A", midnight(10), 7),
      log_line("ana", "A", midnight(10) + 1, -2),
      log_line("ana", "A", midnight(10) + 2, 3),
      log_line("", "B", midnight(11) - 1, 100),
      log_line("ana", "A", midnight(11), 30),
  }));
  const auto sum_of = [&](const char* order, std::int32_t day, LineKind kind) {
    OrderDay sum;
    for (const OrderDay& order_day : history.order_days(kind)) {
      if (order_day.day == day && history.order_keys().key(order_day.order) == Key(order)) {
        sum.sum = add(sum.sum, order_day.sum);
        sum.num_lines += order_day.num_lines;
      }
    }
    return std::pair(sum.sum, sum.num_lines);
  };
  EXPECT_EQ(sum_of("A", 10, LineKind::sale), std::pair(to_money128(10), std::int64_t{2}));
  EXPECT_EQ(sum_of("A", 10, LineKind::refund), std::pair(to_money128(-2), std::int64_t{1}));
  EXPECT_EQ(sum_of("A", 11, LineKind::sale), std::pair(to_money128(30), std::int64_t{1}));
  EXPECT_EQ(sum_of("B", 10, LineKind::sale), std::pair(to_money128(100), std::int64_t{1}));
  EXPECT_TRUE(history.order_days(LineKind::shipping).empty());
  ASSERT_EQ(history.days().size(), 2U);
  EXPECT_EQ(history.days()[0].num_lines, 4);
  EXPECT_EQ(history.days()[1].num_lines, 1);
}

TEST(CustomerHistory, KeepsTheMeasuresItIsAskedFor) {
  TransactionsBuilder builder({"freight", "cost"}, {});
  for (const LineKind kind : {LineKind::sale, LineKind::refund}) {
    Line line;
    line.customer = Key("ana");
    line.order = Key("A");
    line.amount = 5;
    line.kind = kind;
    line.quantity = 20'000;
    line.measures = {7, 1};
    builder.add(line);
  }
  const Transactions rows = builder.finish();
  CustomerHistory history({.measures = {"freight", "quantity"}});
  history.add(rows);
  history.add(rows);
  EXPECT_EQ(history.measure_days(0)[1].sum, to_money128(28));
  EXPECT_EQ(history.measure_days(1)[1].sum, to_money128(40'000));  // Of lines of kind sale.
  EXPECT_THROW(CustomerHistory({.measures = {"cost", "cost"}}), Error);
  CustomerHistory other({.measures = {"tax"}});
  EXPECT_THROW(other.add(rows), Error);
  EXPECT_TRUE(other.is_empty());
}

TEST(CustomerHistory, SaysTheSameForAnyOrderOfRows) {
  const std::vector<LogLine> log = random_log(1, 400);
  const CustomerHistory whole = history_of(table_of(log));
  for (std::uint32_t seed = 0; seed < 5; ++seed) {
    expect_same_answers(history_of(table_of(shuffled(log, seed))), whole);
  }
}

// A thread is given tens of thousands of rows at least: fewer rows would test one thread.
constexpr std::size_t kManyRows = 400'000;

TEST(CustomerHistory, SaysTheSameForAnyNumberOfThreads) {
  const Transactions rows = table_of(random_log(2, kManyRows));
  const CustomerHistory whole = history_of(rows);
  for (const int num_threads : {0, 2, 3, 8}) {
    expect_same_answers(history_of(rows, kWithRegion, num_threads), whole);
  }
}

TEST(CustomerHistory, ThreadsThatFailLeaveItAsItWas) {
  const std::vector<LogLine> log = random_log(12, 100);
  const CustomerHistory before = history_of(table_of(log));
  // Lines of another customer in an order that is known, first and last of very many.
  std::vector<LogLine> conflict = {log_line("somebody else", log.front().order, 5, 10)};
  for (std::int64_t number = 0; number < static_cast<std::int64_t>(kManyRows) / 2; ++number) {
    conflict.push_back(log_line("new", "new" + std::to_string(number % 1'000), number, 10));
  }
  conflict.push_back(log_line("somebody else", log.front().order, 5, 10));
  CustomerHistory history = before;
  expect_error(ErrorCode::invalid_data, [&] { history.add(table_of(conflict), 4); });
  expect_same_answers(history, before);
}

TEST(CustomerHistory, SaysTheSameForAnySplit) {
  const std::vector<LogLine> log = random_log(3, 500);
  const CustomerHistory whole = history_of(table_of(log));
  for (const std::size_t num_shards : {1U, 2U, 7U, 50U}) {
    SCOPED_TRACE(num_shards);
    const std::vector<std::vector<LogLine>> shards = deal(log, num_shards);

    CustomerHistory added(kWithRegion);
    for (const std::vector<LogLine>& shard : shards) {
      added.add(table_of(shard), 2);
    }
    expect_same_answers(added, whole);

    // From the last shard to the first, so that keys are met in another order.
    CustomerHistory merged(kWithRegion);
    for (auto shard = shards.rbegin(); shard != shards.rend(); ++shard) {
      merged.merge(history_of(table_of(*shard)));
    }
    expect_same_answers(merged, whole);
    expect_same_answers(merged, whole, midnight(17'200));
  }
}

TEST(CustomerHistory, MergesPairsOfPairs) {
  const std::vector<LogLine> log = random_log(4, 300);
  const CustomerHistory whole = history_of(table_of(log));
  std::vector<CustomerHistory> histories;
  for (const std::vector<LogLine>& shard : deal(log, 8)) {
    histories.push_back(history_of(table_of(shard)));
  }
  while (histories.size() > 1) {
    std::vector<CustomerHistory> pairs;
    for (std::size_t index = 0; index < histories.size(); index += 2) {
      histories[index + 1].merge(histories[index]);
      pairs.push_back(histories[index + 1]);
    }
    histories = pairs;
  }
  expect_same_answers(histories.front(), whole);
}

TEST(CustomerHistory, AnEmptyHistoryAddsNothing) {
  const std::vector<LogLine> log = random_log(5, 50);
  const CustomerHistory whole = history_of(table_of(log));
  CustomerHistory history(kWithRegion);
  EXPECT_TRUE(history.is_empty());
  history.merge(CustomerHistory(kWithRegion));
  EXPECT_TRUE(history.is_empty());
  history.merge(whole);
  history.merge(CustomerHistory(kWithRegion));
  history.add(table_of({}));
  expect_same_answers(history, whole);
}

TEST(CustomerHistory, ACopyIsItsOwn) {
  const std::vector<LogLine> log = random_log(6, 60);
  const CustomerHistory whole = history_of(table_of(log));
  CustomerHistory copy = whole;
  copy.add(table_of(random_log(7, 60)));
  expect_same_answers(whole, history_of(table_of(log)));
  EXPECT_GT(copy.num_lines_from(std::numeric_limits<std::int64_t>::min()),
            whole.num_lines_from(std::numeric_limits<std::int64_t>::min()));
}

TEST(CustomerHistory, TheSameLinesTwiceCountTwice) {
  const Transactions rows = table_of({log_line("ana", "A", 5, 10)});
  CustomerHistory history(kWithRegion);
  history.add(rows);
  history.add(rows);
  const rfm::Scores scores = rfm::score(history);
  EXPECT_EQ(scores.monetary, (std::vector<Money128>{to_money128(20)}));
  EXPECT_EQ(scores.frequency, (std::vector<std::int64_t>{1}));
  CustomerHistory itself = history;
  itself.merge(itself);
  EXPECT_EQ(rfm::score(itself).monetary, (std::vector<Money128>{to_money128(40)}));
}

TEST(CustomerHistory, ResolvesAsOf) {
  const CustomerHistory history = history_of(table_of({
      log_line("ana", "A", midnight(10) + 5, 10),
      log_line("ana", "B", midnight(20) + 7, -10),
  }));
  EXPECT_EQ(history.resolve_as_of(std::nullopt), midnight(21));
  EXPECT_EQ(history.resolve_as_of(midnight(11)), midnight(11));
  EXPECT_EQ(history.resolve_as_of(midnight(400)), midnight(400));
  expect_error(ErrorCode::invalid_argument,
               [&] { static_cast<void>(history.resolve_as_of(midnight(10))); });
  expect_error(ErrorCode::invalid_argument,
               [&] { static_cast<void>(history.resolve_as_of(midnight(20) + 8)); });
  expect_error(ErrorCode::invalid_argument,
               [&] { static_cast<void>(CustomerHistory().resolve_as_of(std::nullopt)); });
  expect_error(ErrorCode::invalid_argument, [&] {
    static_cast<void>(
        history_of(table_of({log_line("ana", "A", 5, -1)})).resolve_as_of(std::nullopt));
  });

  EXPECT_EQ(history.num_lines_from(midnight(0)), 2);
  EXPECT_EQ(history.num_lines_from(midnight(11)), 1);
  EXPECT_EQ(history.num_lines_from(midnight(21)), 0);
}

TEST(CustomerHistory, ResolvesAMomentAtMidnightOfTheLastLine) {
  const CustomerHistory history = history_of(table_of({log_line("ana", "A", midnight(10), 10)}));
  EXPECT_EQ(history.resolve_as_of(std::nullopt), midnight(11));
  const CustomerHistory early = history_of(table_of({log_line("ana", "A", -1, 10)}));
  EXPECT_EQ(early.resolve_as_of(std::nullopt), 0);
}

TEST(CustomerHistory, AnswersAnyMomentAtWhichItWasCut) {
  const std::vector<LogLine> log = random_log(8, 400);
  const std::int64_t noon = midnight(17'200) + kMicrosecondsPerDay / 2;
  HistoryOptions options = kWithRegion;
  options.as_of_us = noon;
  std::vector<LogLine> before;
  for (const LogLine& line : log) {
    if (line.time_us < noon) {
      before.push_back(line);
    }
  }
  const CustomerHistory cut = history_of(table_of(log), options, 2);
  const CustomerHistory of_less = history_of(table_of(before), options);
  EXPECT_EQ(cut.num_lines_from(noon), static_cast<std::int64_t>(log.size() - before.size()));
  expect_same(rfm::score(cut, {.as_of_us = noon}), rfm::score(of_less, {.as_of_us = noon}));
  expect_same(geo_aggregate::by_region(cut, {.as_of_us = noon}),
              geo_aggregate::by_region(of_less, {.as_of_us = noon}));
  // An earlier midnight can be answered, a later one cannot.
  expect_same(rfm::score(cut, {.as_of_us = midnight(17'100)}),
              rfm::score(history_of(table_of(log)), {.as_of_us = midnight(17'100)}));
  expect_error(ErrorCode::invalid_argument,
               [&] { static_cast<void>(cut.resolve_as_of(midnight(17'201))); });
  expect_error(ErrorCode::invalid_argument,
               [&] { static_cast<void>(cut.resolve_as_of(noon - 1)); });
}

TEST(CustomerHistory, RefusesAndStaysAsItWas) {
  const std::vector<LogLine> log = random_log(9, 200);
  const CustomerHistory before = history_of(table_of(log));

  TransactionsBuilder without_region;
  Line line;
  line.customer = Key("new");
  line.order = Key("new");
  without_region.add(line);
  const Transactions no_region = without_region.finish();

  TransactionsBuilder with_integers({}, {"region"});
  line.customer = Key(std::int64_t{1});
  line.dimensions = {Key("SP")};
  with_integers.add(line);
  const Transactions integer_customers = with_integers.finish();

  TransactionColumns foreign = table_of({log_line("new", "new", 5, 10)}).columns();
  foreign.currency = "EUR";
  TransactionColumns native = table_of(log).columns();
  native.currency = "BRL";

  // The conflict comes last, after lines that could be taken.
  std::vector<LogLine> two_customers = random_log(9, 150);
  two_customers.push_back(log_line("new", "new", 5, 10));
  two_customers.push_back(log_line("somebody else", log.front().order, 5, 10));

  const auto expect_unchanged = [&](ErrorCode code, const Transactions& rows) {
    CustomerHistory history = before;
    expect_error(code, [&] { history.add(rows, 1); });
    expect_same_answers(history, before);
    expect_error(code, [&] { history.add(rows, 4); });
    expect_same_answers(history, before);
    // What comes next is taken as if nothing had happened.
    CustomerHistory undisturbed = before;
    history.add(table_of(random_log(9, 100)));
    undisturbed.add(table_of(random_log(9, 100)));
    expect_same_answers(history, undisturbed);
  };
  expect_unchanged(ErrorCode::schema_mismatch, no_region);
  expect_unchanged(ErrorCode::schema_mismatch, integer_customers);
  expect_unchanged(ErrorCode::invalid_data, table_of(two_customers));

  CustomerHistory of_currency = history_of(Transactions(std::move(native)));
  expect_error(ErrorCode::schema_mismatch,
               [&] { of_currency.add(Transactions(std::move(foreign))); });
  expect_same_answers(of_currency, before);
  EXPECT_EQ(of_currency.currency(), "BRL");
}

TEST(CustomerHistory, RefusesAMergeAndStaysAsItWas) {
  const std::vector<LogLine> log = random_log(10, 200);
  const CustomerHistory before = history_of(table_of(log));
  const auto expect_unchanged = [&](ErrorCode code, const CustomerHistory& other) {
    CustomerHistory history = before;
    expect_error(code, [&] { history.merge(other); });
    expect_same_answers(history, before);
  };
  expect_unchanged(ErrorCode::invalid_argument, CustomerHistory());
  HistoryOptions cut = kWithRegion;
  cut.as_of_us = midnight(20'000);
  expect_unchanged(ErrorCode::invalid_argument, history_of(table_of(log), cut));
  expect_unchanged(ErrorCode::invalid_data,
                   history_of(table_of({log_line("new", "new", 5, 10),
                                        log_line("somebody else", log.front().order, 5, 10)})));
}

TEST(CustomerHistory, AnOrderOfTwoTablesHasOneCustomer) {
  CustomerHistory history(kWithRegion);
  history.add(table_of({log_line("", "A", 5, 10)}));
  expect_error(ErrorCode::invalid_data,
               [&] { history.add(table_of({log_line("ana", "A", 5, 10)})); });
}

TEST(CustomerHistory, KeysOfAnEmptyColumnFitAnyType) {
  // A shard of guests only has met no customer: integers and text are still open.
  CustomerHistory history(kWithRegion);
  history.add(table_of({log_line("", "A", 5, 10, "")}));
  history.add(table_of({log_line("ana", "B", 5, 10)}));
  EXPECT_EQ(rfm::score(history).num_rows(), 1U);
  CustomerHistory other(kWithRegion);
  other.merge(history);
  EXPECT_EQ(rfm::score(other).num_rows(), 1U);
}

}  // namespace
}  // namespace ecommerce_analytics
