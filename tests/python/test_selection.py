import json
import random
import threading
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from analyses import ANALYSES, answers
from conftest import data_dir
from order_logs import OrderLog, content_of, logs_and_moments, midnights, order_logs, rows_of
from reference.customer_history import NothingToAnalyzeError, kind_of, sort_key
from reference.selection import Cut, facts, is_reported, people_at_home


def selection_of(cut: Cut) -> ea.Selection:
    told: dict[str, Any] = {"start": cut.start, "end": cut.end}
    if cut.line_regions is not None:
        told["dimensions"] = {"region": cut.line_regions}
    if cut.regions is not None:
        told["region"] = cut.regions
    return ea.Selection(**told, orders=cut.orders, customers=cut.customers)


@st.composite
def cuts(draw: st.DrawFn, log: OrderLog) -> Cut:
    """Draw conditions, each left out half of the time, out of what the log holds."""

    def some(keys: list[Any]) -> frozenset[Any] | None:
        return frozenset(draw(st.sets(st.sampled_from(keys)))) if draw(st.booleans()) else None

    days = sorted({line.time.date() for line in log.lines})
    start = draw(st.sampled_from([None, *days]))
    end = draw(st.sampled_from([None, *days]))
    if start is not None and end is not None and end <= start:
        end = start + timedelta(days=draw(st.sampled_from([1, 30])))
    regions = sorted({line.region for line in log.lines}, key=sort_key)
    customers = sorted({line.customer for line in log.lines} - {None}, key=sort_key)
    return Cut(
        start=start,
        end=end,
        line_regions=some(regions),
        regions=some(regions),
        orders=some(sorted({line.order for line in log.lines}, key=sort_key)),
        customers=some(customers) if customers else None,
    )


@st.composite
def logs_and_cuts(draw: st.DrawFn) -> tuple[OrderLog, datetime | None, Cut]:
    log, as_of = draw(logs_and_moments())
    return log, as_of, draw(cuts(log))


@given(logs_and_cuts())
def test_every_analysis_sums_what_the_reference_lets_in(
    drawn: tuple[OrderLog, datetime | None, Cut],
) -> None:
    log, as_of, cut = drawn
    transactions, selection = log.transactions(), selection_of(cut)
    try:
        wanted = facts(log.lines, cut, as_of, log.purchases)
    except NothingToAnalyzeError:
        with pytest.raises(ea.InvalidArgument):
            ea.kpi.summary(transactions, as_of=as_of, selection=selection)
        return
    counted = wanted["counted"]
    known = [order for order in counted if order.customer is not None]

    (total,) = rows_of(ea.kpi.summary(transactions, as_of=as_of, selection=selection))
    assert total["revenue_net"] == wanted["net"]
    assert total["orders"] == len(counted)
    assert total["customers"] == len({order.customer for order in known})
    assert total["guest_orders"] == len(counted) - len(known)
    kinds = Counter(kind_of(line) for _, line in wanted["summed"])
    assert (total["sale_lines"], total["refund_lines"]) == (kinds["sale"], kinds["refund"])
    first_days = {order.customer: wanted["first"][order.customer].date() for order in known}
    returning = sum(day < total["start"] for day in first_days.values())
    assert total["returning_customers"] == returning
    assert total["new_customers"] == len(first_days) - returning

    money: dict[Any, Decimal] = defaultdict(Decimal)
    for order, line in wanted["summed"]:
        money[order.customer] += line.amount
    scores = rows_of(ea.rfm.score(transactions, as_of=as_of, selection=selection))
    last = {}
    for order in known:
        last[order.customer] = max(order.time, last.get(order.customer, order.time))
    frequency = Counter(order.customer for order in known)
    assert [
        (row["customer"], row["recency_days"], row["frequency"], row["monetary"]) for row in scores
    ] == [
        (customer, (wanted["as_of"] - last[customer]).days, frequency[customer], money[customer])
        for customer in sorted(last, key=sort_key)
    ]

    by_region: dict[Any, Decimal] = defaultdict(Decimal)
    for order, line in wanted["summed"]:
        by_region[order.region] += line.amount
    regions = rows_of(ea.geo_aggregate.by_region(transactions, as_of=as_of, selection=selection))
    name = {None: "unknown"} if any(isinstance(row["region"], str) for row in regions) else {}
    assert {row["region"]: row["revenue"] for row in regions} == {
        name.get(region, region): revenue for region, revenue in by_region.items()
    }

    cohorts = rows_of(ea.cohort.retention(transactions, as_of=as_of, selection=selection))
    sizes = Counter(date(first.year, first.month, 1) for first in wanted["first"].values())
    assert {row["cohort"]: row["size"] for row in cohorts} == sizes
    active = {
        (date(first.year, first.month, 1), _months(first, order.time), order.customer)
        for order in known
        for first in [wanted["first"][order.customer]]
    }
    cells = Counter((cohort, period) for cohort, period, _ in active)
    for row in cohorts:
        if row["value"] is not None:
            assert row["value"] == cells.pop((row["cohort"], row["period"]), 0)
    assert not cells


def _months(first: datetime, later: datetime) -> int:
    return (later.year - first.year) * 12 + later.month - first.month


@given(logs_and_cuts(), st.randoms(use_true_random=False))
def test_no_order_of_rows_no_split_and_no_thread_matters(
    drawn: tuple[OrderLog, datetime | None, Cut], rng: random.Random
) -> None:
    log, as_of, cut = drawn
    selection = selection_of(cut)
    lines = list(log.lines)
    rng.shuffle(lines)
    middle = len(lines) // 3
    shards = [log.transactions(part) for part in (lines[:middle], lines[middle:]) if part]
    history = ea.CustomerHistory(as_of=as_of, region="region", selection=selection)
    for shard in shards:
        history.add(shard, num_threads=2)

    def answer(source: Any, **options: Any) -> object:
        try:
            return [
                content_of(analysis(source, as_of=as_of, **options))
                for analysis in (
                    ea.kpi.summary,
                    ea.rfm.score,
                    ea.cohort.retention,
                    ea.geo_aggregate.by_region,
                )
            ]
        except ea.InvalidArgument as error:
            return error.text

    assert answer(history) == answer(log.transactions(), selection=selection)


def _kept(as_of: datetime | None, **options: Any) -> ea.CustomerHistory:
    return ea.CustomerHistory(as_of=as_of, region="region", **options)


def _groups(transactions: ea.Transactions, **options: Any) -> bytes | str:
    try:
        return content_of(
            ea.aggregate.group_by(transactions, by=["region"], period="week", **options)
        )
    except ea.InvalidArgument:
        return "InvalidArgument"


@given(logs_and_cuts(), st.randoms(use_true_random=False), st.integers(1, 3), st.data())
def test_a_selected_history_says_what_one_made_with_the_selection_says(
    drawn: tuple[OrderLog, datetime | None, Cut],
    rng: random.Random,
    num_shards: int,
    data: st.DataObject,
) -> None:
    log, as_of, cut = drawn
    transactions, selection = log.transactions(), selection_of(cut)
    lines = list(log.lines)
    rng.shuffle(lines)
    size = -(-len(lines) // num_shards)
    parent = _kept(as_of, dimensions=["region"], selection=selection_of(data.draw(cuts(log))))
    for first in range(0, len(lines), size):
        parent.add(log.transactions(lines[first : first + size]), num_threads=2)
    made = _kept(as_of, selection=selection).add(transactions)
    moments = {as_of, data.draw(midnights())}
    for moment in moments:
        wanted = answers(made, moment)
        assert answers(parent.select(selection), moment) == wanted
        # Of a history that was selected, and of one that keeps and selects from the beginning.
        assert answers(parent.select(None).select(selection), moment) == wanted
        kept = _kept(as_of, dimensions=["region"], selection=selection).add(transactions)
        assert answers(kept, moment) == wanted
    whole = _kept(as_of).add(transactions)
    assert answers(parent.select(None), as_of) == answers(whole, as_of)


@given(logs_and_cuts())
def test_groups_of_a_history_are_those_of_its_selection(
    drawn: tuple[OrderLog, datetime | None, Cut],
) -> None:
    log, as_of, cut = drawn
    transactions, selection = log.transactions(), selection_of(cut)
    history = _kept(as_of, dimensions=["region"]).add(transactions)
    told = _groups(transactions, orders=history.select(selection))
    assert told == _groups(transactions, as_of=as_of, selection=selection)
    made = _kept(as_of, selection=selection).add(transactions)
    assert told == _groups(transactions, as_of=as_of, orders=made)


@given(logs_and_moments(), st.data())
def test_a_home_region_is_the_population_of_its_first_orders(
    drawn: tuple[OrderLog, datetime | None], data: st.DataObject
) -> None:
    log, as_of = drawn
    transactions = log.transactions()
    homes = data.draw(st.frozensets(st.sampled_from([line.region for line in log.lines])))
    try:
        people = people_at_home(log.lines, homes, as_of, log.purchases)
    except NothingToAnalyzeError:
        return
    cut = data.draw(cuts(log))
    both = people if cut.customers is None else people & cut.customers
    at_home = ea.Selection(
        start=cut.start,
        end=cut.end,
        region=cut.regions,
        home_region=homes,
        orders=cut.orders,
        customers=cut.customers,
    )
    listed = ea.Selection(
        start=cut.start, end=cut.end, region=cut.regions, orders=cut.orders, customers=both
    )
    parent = _kept(as_of).add(transactions)
    for analysis in (*ANALYSES.values(), _by_region_of_lines):
        for source, options in (
            (transactions, {"selection": at_home}),
            (parent.select(at_home), {}),
        ):
            assert _columns(analysis, source, as_of, **options) == _columns(
                analysis, transactions, as_of, selection=listed
            )
    assert _rows_of(
        lambda: ea.aggregate.group_by(transactions, by=["kind"], as_of=as_of, selection=at_home)
    ) == _rows_of(
        lambda: ea.aggregate.group_by(transactions, by=["kind"], as_of=as_of, selection=listed)
    )


def _by_region_of_lines(source: Any, **options: Any) -> ea.Table:
    return ea.geo_aggregate.by_region(source, **options)


def _columns(analysis: Any, source: Any, as_of: datetime | None, **options: Any) -> Any:
    return _rows_of(lambda: analysis(source, as_of=as_of, **options))


def _rows_of(call: Any) -> Any:
    try:
        return rows_of(call())
    except ea.Error as error:
        return error.text


@given(order_logs(with_purchase=True))
def test_the_homes_are_the_groups_of_the_cohorts(log: OrderLog) -> None:
    transactions = log.transactions()
    groups: Counter[Any] = Counter()
    for row in rows_of(ea.cohort.retention(transactions, by="region")):
        groups[row["group"]] += row["size"] if row["period"] == 0 else 0
    whole = ea.kpi.summary(transactions)["customers"][0]
    assert sum(groups.values()) == whole
    for region, size in groups.items():
        (total,) = rows_of(
            ea.kpi.summary(transactions, selection=ea.Selection(home_region=[region]))
        )
        assert total["customers"] == size


@given(order_logs(with_purchase=True), st.sampled_from(["parent", "child", "grandchild"]))
def test_lines_added_to_one_change_no_other(log: OrderLog, name: str) -> None:
    selection = ea.Selection(dimensions={"region": [log.lines[0].region]})
    transactions = log.transactions()
    parent = _kept(None, dimensions=["region"]).add(transactions)
    family = {"parent": parent, "child": parent.select(selection)}
    family["grandchild"] = family["child"].select(None)
    before = {who: answers(history) for who, history in family.items()}
    grown = family.pop(name).add(transactions).merge(_kept_as(name, selection, transactions))
    for who, history in family.items():
        assert answers(history) == before[who]
    of = selection if name == "child" else None
    anew = _kept(None, selection=of).add(transactions).add(transactions).add(transactions)
    assert answers(grown) == answers(anew)


def _kept_as(name: str, selection: ea.Selection, lines: ea.Transactions) -> ea.CustomerHistory:
    of = selection if name == "child" else None
    return _kept(None, dimensions=["region"], selection=of).add(lines)


def test_histories_may_be_selected_while_another_thread_adds() -> None:
    log = shop()
    parent = ea.CustomerHistory(dimensions=["category"]).add(log)
    toys = ea.Selection(category=["toys"])
    wanted = ea.kpi.summary(parent.select(toys))["orders"][0]
    children: list[int] = []

    def select() -> None:
        children.extend(ea.kpi.summary(parent.select(toys))["orders"][0] for _ in range(200))

    readers = [threading.Thread(target=select) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(50):
        parent.add(log)
    for reader in readers:
        reader.join()
    assert set(children) == {wanted}  # The same orders again and again.
    assert parent.num_orders == 4


@given(order_logs(with_purchase=True), st.sampled_from(["day", "week", "month"]))
def test_windows_side_by_side_add_up_to_the_whole(log: OrderLog, period: Any) -> None:
    transactions = log.transactions()
    rows = rows_of(ea.kpi.summary(transactions, period=period))
    whole = rows_of(ea.kpi.summary(transactions))[0]
    summed = ("revenue_gross", "revenue_net", "orders", "guest_orders", "guest_revenue_net")
    for column in summed:
        assert sum(row[column] for row in rows) == whole[column]
    for row in rows[:3]:
        window = ea.Selection(start=row["start"], end=row["end"])
        (total,) = rows_of(ea.kpi.summary(transactions, selection=window))
        for column in (*summed, "customers", "repeat_customers"):
            assert total[column] == row[column], column


@given(order_logs(with_purchase=True), midnights())
def test_a_history_with_dimensions_answers_one_moment(
    log: OrderLog, as_of: datetime | None
) -> None:
    selection = ea.Selection(dimensions={"region": [log.lines[0].region]})
    history = ea.CustomerHistory(selection=selection).add(log.transactions())
    told = ea.kpi.summary(history)
    default = told.as_of
    if as_of is None or as_of.isoformat(sep=" ") == default:
        assert content_of(ea.kpi.summary(history, as_of=as_of)) == content_of(told)
    else:
        with pytest.raises(ea.InvalidArgument):
            ea.kpi.summary(history, as_of=as_of)


def shop() -> ea.Transactions:
    return ea.Transactions.from_arrays(
        customer=["ann", "bob", "ann", "ann", None],
        order=["A1", "B1", "A2", "A2", "G1"],
        timestamp=["2026-01-05", "2026-01-09", "2026-02-01", "2026-02-01", "2026-02-03"],
        amount=["19.90", "5.00", "5.10", "1.00", "7.00"],
        category=["toys", "books", "books", None, "toys"],
    )


def test_an_order_of_several_categories_is_in_whole() -> None:
    books = ea.kpi.summary(shop(), selection=ea.Selection(category=["books"]))
    assert books.decimals("revenue_net") == [Decimal("11.1")]
    assert books.selection == '{"category": ["books"]}'
    without = ea.kpi.summary(shop(), selection=ea.Selection(category=[None]))
    assert without.decimals("revenue_net") == [Decimal("6.1")]


def test_segments_and_customers_meet() -> None:
    scores = ea.rfm.score(shop())
    segments = ea.rfm.segment(scores)
    rows = rows_of(segments)
    name = rows[0]["segment"]
    members = {row["customer"] for row in rows if row["segment"] == name}
    both = ea.Selection(segment=[name], segments=segments, customers=["bob", "nobody"])
    (total,) = rows_of(ea.kpi.summary(shop(), selection=both))
    assert total["customers"] == len(members & {"bob"})
    assert total["guest_orders"] == 0


def test_the_selection_is_told_as_json() -> None:
    selection = ea.Selection(
        start="2026-01-01",
        end="2026-03-01",
        dimensions={'a "dimension"\n': [1, None], "many": range(30)},
        region=["SP"],
        home_region=["RJ"],
        customers=["ann"],
        orders=[],
    )
    assert json.loads(selection._native.describe()) == {
        "start": "2026-01-01",
        "end": "2026-03-01",
        'a "dimension"\n': [1, "unknown"],
        "many": "30 keys",
        "region": ["SP"],
        "home region": ["RJ"],
        "orders": "0 keys",
        "customers": "1 keys",
    }


def test_equal_sets_make_equal_selections() -> None:
    assert ea.Selection(category=["b", "a", "b"]) == ea.Selection(
        dimensions={"category": ["a", "b"]}
    )
    assert ea.Selection(category=["a"]) != ea.Selection(category=["b"])
    assert ea.Selection() != "everything"


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "text"),
        [
            ({"start": "2026-02-01", "end": "2026-02-01"}, "must end after its start"),
            ({"start": "2026-02-01 10:00"}, "start must be a midnight"),
            ({"category": "toys"}, "must be a list of keys"),
            ({"category": ["toys"], "dimensions": {"category": ["books"]}}, "told twice"),
            ({"customers": [1, "a"]}, "mixes integers and text"),
            ({"customers": [1.5]}, "holds what is no key: 1.5"),
            ({"customers": [True]}, "holds what is no key: True"),
            ({"segment": ["Champions"]}, "go together"),
            ({"dimensions": {f"d{number}": [1] for number in range(33)}}, "more than 32"),
            ({"dimensions": {"": [1]}}, "without a name"),
        ],
    )
    def test_options_out_of_their_domain(self, options: dict[str, Any], text: str) -> None:
        with pytest.raises(ea.InvalidArgument, match=text):
            ea.Selection(**options)

    def test_no_such_segment(self) -> None:
        segments = ea.rfm.segment(ea.rfm.score(shop()))
        with pytest.raises(ea.InvalidArgument, match="no such segment: Heroes"):
            ea.Selection(segment=["Heroes"], segments=segments)

    def test_segments_that_are_no_segments(self) -> None:
        with pytest.raises(TypeError, match=r"rfm\.segment"):
            ea.Selection(segment=["Champions"], segments=ea.rfm.score(shop()))

    def test_what_a_history_does_not_keep(self) -> None:
        history = ea.CustomerHistory(dimensions=["category"]).add(shop())
        for selection, text in (
            (ea.Selection(dimensions={"color": ["red"]}), "keeps no such dimension: color"),
            (ea.Selection(region=["SP"]), "keeps no region: region"),
            (ea.Selection(home_region=["SP"], region_dimension="state"), "no region: state"),
        ):
            with pytest.raises(ea.InvalidArgument, match=text):
                history.select(selection)
        with pytest.raises(ea.SchemaMismatch, match="integer and text keys"):
            history.select(ea.Selection(category=[1]))
        with pytest.raises(ea.InvalidArgument, match="another dimension"):
            ea.CustomerHistory(region="city").select(ea.Selection(region=["SP"]))
        with pytest.raises(TypeError, match="expected Selection"):
            history.select("toys")  # type: ignore[arg-type]

    def test_dimensions_that_cannot_be_kept(self) -> None:
        with pytest.raises(ea.InvalidArgument, match="a dimension stands twice: category"):
            ea.CustomerHistory(dimensions=["category", "category"])
        with pytest.raises(ea.SchemaMismatch, match="no such dimension: color"):
            ea.CustomerHistory(dimensions=["color"]).add(shop())
        with pytest.raises(TypeError, match="dimensions must be a list"):
            ea.CustomerHistory(dimensions="category")
        history = ea.CustomerHistory(dimensions=["category"]).add(shop())
        with pytest.raises(ea.InvalidArgument, match="other options"):
            history.merge(ea.CustomerHistory().add(shop()))

    def test_groups_of_a_history_of_other_lines(self) -> None:
        history = ea.CustomerHistory().add(shop())
        with pytest.raises(ea.InvalidArgument, match="must be a history of this table"):
            ea.aggregate.group_by(shop(), orders=history)
        with pytest.raises(ea.InvalidArgument, match="has its own selection"):
            ea.aggregate.group_by(shop(), orders=history, selection=ea.Selection())
        with pytest.raises(TypeError, match="orders must be a CustomerHistory"):
            ea.aggregate.group_by(shop(), orders=["A1"])  # type: ignore[arg-type]

    def test_no_such_dimension(self) -> None:
        with pytest.raises(ea.SchemaMismatch, match="no such dimension: color"):
            ea.kpi.summary(shop(), selection=ea.Selection(dimensions={"color": ["red"]}))

    @pytest.mark.parametrize("options", [{"category": [1]}, {"customers": [1]}, {"orders": [1]}])
    def test_keys_of_another_kind(self, options: dict[str, Any]) -> None:
        with pytest.raises(ea.SchemaMismatch, match="integer and text keys"):
            ea.kpi.summary(shop(), selection=ea.Selection(**options))

    @pytest.mark.parametrize("key", [2**63, -(2**63) - 1, 2**70, np.uint64(2**63)])
    def test_a_key_of_more_than_64_bits(self, key: int) -> None:
        with pytest.raises(ea.InvalidArgument, match="customers holds more than 64 bits"):
            ea.Selection(customers=[key])

    def test_a_history_has_its_own(self) -> None:
        history = ea.CustomerHistory().add(shop())
        with pytest.raises(ea.InvalidArgument, match="the selection it was made with"):
            ea.kpi.summary(history, selection=ea.Selection(customers=["ann"]))

    def test_histories_of_two_selections_do_not_merge(self) -> None:
        ours = ea.CustomerHistory(selection=ea.Selection(customers=["ann"])).add(shop())
        with pytest.raises(ea.InvalidArgument, match="other options"):
            ours.merge(ea.CustomerHistory().add(shop()))

    def test_what_is_no_selection(self) -> None:
        with pytest.raises(TypeError, match="expected Selection, got dict"):
            ea.kpi.summary(shop(), selection={"category": ["toys"]})  # type: ignore[arg-type]


def test_olist_under_a_window_and_a_category_is_a_query() -> None:
    """Checks a selection of the real shop by SQL over the files."""
    folder = data_dir() / "olist"
    olist = ea.datasets.load_olist(folder)
    selection = ea.Selection(start="2017-06-01", end="2018-03-01", category=["toys", "auto"])
    (row,) = rows_of(ea.kpi.summary(olist.transactions, selection=selection))
    (wanted,) = (
        duckdb.connect()
        .execute(
            f"""
            WITH lines AS (
              SELECT order_id, customer_unique_id AS customer, price::DECIMAL(18, 2) AS price,
                coalesce(english.column1, product_category_name) AS category,
                order_purchase_timestamp::TIMESTAMP AS bought
              FROM read_csv('{folder}/olist_order_items_dataset.csv',
                all_varchar = true) AS items
              JOIN read_csv('{folder}/olist_orders_dataset.csv',
                all_varchar = true) AS orders USING (order_id)
              JOIN read_csv('{folder}/olist_customers_dataset.csv',
                all_varchar = true) AS people
                USING (customer_id)
              JOIN read_csv('{folder}/olist_products_dataset.csv',
                all_varchar = true) AS products
                USING (product_id)
              LEFT JOIN read_csv('{folder}/product_category_name_translation.csv',
                all_varchar = true, header = false) AS english
                ON english.column0 = product_category_name),
            chosen AS (SELECT order_id FROM lines WHERE category IN ('toys', 'auto')),
            firsts AS (SELECT customer, min(bought) AS first FROM lines GROUP BY customer)
            SELECT sum(price), count(DISTINCT order_id), count(DISTINCT customer),
              count(DISTINCT customer) FILTER (bought > first)
            FROM lines JOIN firsts USING (customer)
            WHERE order_id IN (FROM chosen) AND bought >= '2017-06-01' AND bought < '2018-03-01'
            """
        )
        .fetchall()
    )
    assert (row["revenue_net"], row["orders"], row["customers"]) == wanted[:3]
    assert is_reported(Cut(start=date(2017, 6, 1)), datetime(2017, 6, 1))
    assert row["repeat_customers"] >= wanted[3]  # Day precision: two orders of one day tie.
