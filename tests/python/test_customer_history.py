import random
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ecommerce_analytics as ea
from analyses import ANALYSES, answers
from order_logs import (
    OrderLog,
    content_of,
    logs_and_moments,
    midnights,
    order_logs,
    rows_of,
    transactions_of,
)
from reference.customer_history import Line
from reference.rfm import score

MIDNIGHT = datetime(2017, 3, 1)


def history_of(*tables: ea.Transactions, num_threads: int | None = 1) -> ea.CustomerHistory:
    history = ea.CustomerHistory(region="region")
    for table in tables:
        history.add(table, num_threads=num_threads)
    return history


def merged(histories: Sequence[ea.CustomerHistory]) -> ea.CustomerHistory:
    whole = ea.CustomerHistory(region="region")
    for history in histories:
        whole.merge(history)
    return whole


def large_log(num_lines: int = 4_000, seed: int = 0) -> OrderLog:
    """Return a log for many shards and threads: 600 customers, five regions, refunds, guests."""
    choose = random.Random(seed)
    lines = []
    for _ in range(num_lines):
        order = choose.randrange(num_lines // 3)
        lines.append(
            Line(
                customer=None if order % 11 == 0 else f"customer {order * 7 % 600}",
                order=f"order {order}",
                time=datetime(2016, 12, 30)
                + timedelta(days=choose.randrange(400), hours=choose.randrange(24)),
                amount=Decimal(choose.randrange(-30_000, 100_000)) / 10_000,
                region=choose.choice(["SP", "RJ", "MG", "BA", None]),
            )
        )
    return OrderLog(tuple(lines))


@pytest.fixture(scope="module")
def log() -> OrderLog:
    return large_log()


@pytest.fixture(scope="module")
def expected(log: OrderLog) -> dict[str, bytes | str]:
    result = answers(log.transactions())
    assert all(isinstance(answer, bytes) for answer in result.values())
    return result


def test_a_history_says_what_the_table_says(
    log: OrderLog, expected: dict[str, bytes | str]
) -> None:
    assert answers(history_of(log.transactions())) == expected


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_rows_give_equal_bytes(
    log: OrderLog, expected: dict[str, bytes | str], seed: int
) -> None:
    lines = list(log.lines)
    random.Random(seed).shuffle(lines)
    assert answers(log.transactions(lines)) == expected


@pytest.fixture(scope="module")
def many_lines() -> ea.Transactions:
    """Return so many lines that eight threads get a part each: 50,000 is the least for one."""
    choose = np.random.default_rng(0)
    num_lines = 420_000
    order = choose.integers(0, 150_000, num_lines)
    customer = np.where(order % 11 == 0, np.nan, order * 7_919 % 40_000)
    seconds = choose.integers(0, 400 * 86_400, num_lines)
    return ea.Transactions.from_arrays(
        customer=customer,
        order=order,
        timestamp=np.datetime64("2016-12-30") + seconds.astype("timedelta64[s]"),
        amount=choose.integers(-3_000, 10_000, num_lines),
        region=choose.integers(0, 27, num_lines),
        integer_unit="minor",
    )


@pytest.fixture(scope="module")
def answers_of_one_thread(many_lines: ea.Transactions) -> dict[str, bytes | str]:
    return answers(history_of(many_lines, num_threads=1))


@pytest.mark.parametrize("num_threads", [2, 3, 4, 5, 6, 7, 8, None])
def test_any_number_of_threads_gives_equal_bytes(
    many_lines: ea.Transactions,
    answers_of_one_thread: dict[str, bytes | str],
    num_threads: int | None,
) -> None:
    history = history_of(many_lines, num_threads=num_threads)
    assert answers(history) == answers_of_one_thread


def test_an_analysis_of_a_table_uses_the_threads_it_is_told(
    many_lines: ea.Transactions, answers_of_one_thread: dict[str, bytes | str]
) -> None:
    for name in ("kpi.summary", "rfm.segment", "cohort.retention", "geo_aggregate.by_region"):
        result = ANALYSES[name](many_lines, num_threads=8)
        assert content_of(result) == answers_of_one_thread[name]


def test_python_threads_may_read_one_table(
    many_lines: ea.Transactions, answers_of_one_thread: dict[str, bytes | str]
) -> None:
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(history_of, many_lines, num_threads=2) for _ in range(4)]
        for future in futures:
            assert answers(future.result()) == answers_of_one_thread


@pytest.mark.parametrize("num_shards", [1, 2, 3, 7, 20, 50])
@pytest.mark.parametrize("whole_orders", [False, True], ids=["lines dealt", "orders dealt"])
def test_any_number_of_shards_gives_equal_bytes(
    log: OrderLog, expected: dict[str, bytes | str], num_shards: int, whole_orders: bool
) -> None:
    choose = random.Random(num_shards)
    shards: list[list[Line]] = [[] for _ in range(num_shards)]
    shard_of = {line.order: choose.randrange(num_shards) for line in log.lines}
    for line in log.lines:
        shard = shard_of[line.order] if whole_orders else choose.randrange(num_shards)
        shards[shard].append(line)
    tables = [log.transactions(shard) for shard in shards if shard]
    histories = [history_of(table) for table in tables]
    choose.shuffle(histories)

    assert answers(merged(histories)) == expected
    assert answers(history_of(*reversed(tables), num_threads=2)) == expected
    # Pairs of pairs, each merged into the other one's place.
    while len(histories) > 1:
        histories = [merged(histories[first : first + 2]) for first in range(0, len(histories), 2)]
    assert answers(histories[0]) == expected


@given(
    order_logs(max_lines=40),
    midnights(),
    st.lists(st.integers(0, 49), min_size=40, max_size=40),
    st.integers(1, 8),
    st.randoms(use_true_random=False),
)
def test_any_split_gives_equal_bytes(
    log: OrderLog,
    as_of: datetime | None,
    shard_of_row: list[int],
    num_threads: int,
    choose: random.Random,
) -> None:
    shards: dict[int, list[Line]] = {}
    for row, line in enumerate(log.lines):
        shards.setdefault(shard_of_row[row], []).append(line)
    histories = []
    for shard in shards.values():
        choose.shuffle(shard)
        histories.append(history_of(log.transactions(shard), num_threads=num_threads))
    choose.shuffle(histories)
    assert answers(merged(histories), as_of) == answers(history_of(log.transactions()), as_of)


@given(logs_and_moments(max_lines=40), st.integers(1, 8), st.randoms(use_true_random=False))
def test_any_order_of_rows_gives_equal_bytes(
    drawn: tuple[OrderLog, datetime | None], num_threads: int, choose: random.Random
) -> None:
    log, as_of = drawn
    lines = list(log.lines)
    choose.shuffle(lines)
    assert answers(log.transactions(lines), as_of, num_threads) == answers(
        log.transactions(), as_of
    )


@given(order_logs(max_lines=40), midnights())
def test_a_history_answers_any_midnight_as_the_table_does(
    log: OrderLog, as_of: datetime | None
) -> None:
    table = log.transactions()
    assert answers(history_of(table), as_of) == answers(table, as_of)


@given(order_logs(max_lines=40, with_purchase=True), st.integers(1, 520))
def test_lines_after_as_of_change_only_their_count(log: OrderLog, days: int) -> None:
    as_of = datetime(2016, 11, 20) + timedelta(days=days)
    before = [line for line in log.lines if line.time < as_of]
    if not before:
        return
    for name, analysis in ANALYSES.items():
        try:
            whole = analysis(log.transactions(), as_of=as_of)
        except ea.InvalidArgument:
            with pytest.raises(ea.InvalidArgument):
                analysis(log.transactions(before), as_of=as_of)
            continue
        part = analysis(log.transactions(before), as_of=as_of)
        assert rows_of(whole) == rows_of(part), name
        if "num_lines_ignored" in whole.metadata:
            assert whole.num_lines_ignored == len(log.lines) - len(before)
            assert part.num_lines_ignored == 0


def test_every_way_to_write_as_of() -> None:
    table = large_log(200).transactions()
    expected = answers(table, MIDNIGHT)
    for moment in (
        "2017-03-01",
        "2017-03-01 00:00:00",
        "2017-03-01T00:00",
        date(2017, 3, 1),
        np.datetime64("2017-03-01"),
        np.datetime64("2017-03-01T00:00:00", "ns"),
    ):
        assert answers(table, moment) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "as_of",
    ["yesterday", "2017-02-29", "2017-03-01T00:00:00Z", np.datetime64("NaT"), 5, 1.5],
)
def test_what_is_no_civil_moment_is_refused(as_of: object) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^as_of "):
        ea.kpi.summary(large_log(50).transactions(), as_of=as_of)  # type: ignore[arg-type]


def test_a_moment_that_is_no_midnight() -> None:
    log = large_log(500)
    noon = MIDNIGHT + timedelta(hours=12)
    with pytest.raises(ea.InvalidArgument, match=r"^customer_history: as_of must be a midnight"):
        ea.rfm.score(history_of(log.transactions()), as_of=noon)
    cut = ea.CustomerHistory(as_of=noon, region="region").add(log.transactions())
    assert answers(cut, noon) == answers(log.transactions(), noon)
    # What was cut has lost the later lines, and only those.
    early = MIDNIGHT - timedelta(days=30)
    assert rows_of(ea.rfm.score(cut, as_of=early)) == rows_of(
        ea.rfm.score(log.transactions(), as_of=early)
    )
    with pytest.raises(ea.InvalidArgument, match=r"^customer_history: as_of is later than"):
        ea.rfm.score(cut, as_of=MIDNIGHT + timedelta(days=1))


def test_a_cut_history_looks_back_from_its_cut() -> None:
    log = large_log(500)
    noon = MIDNIGHT + timedelta(hours=12)
    cut = ea.CustomerHistory(as_of=noon).add(log.transactions())
    assert rows_of(ea.rfm.score(cut)) == score(log.lines, noon)


def test_no_line_and_no_order() -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^customer_history: there is no line"):
        ea.rfm.score(ea.CustomerHistory())
    refund = OrderLog((Line("ana", "A", MIDNIGHT, Decimal(-5)),))
    with pytest.raises(ea.InvalidArgument, match=r"^customer_history: there is no purchase before"):
        ea.kpi.summary(refund.transactions())


def test_the_same_lines_twice_count_twice() -> None:
    table = OrderLog((Line("ana", "A", MIDNIGHT, Decimal(5)),)).transactions()
    history = ea.CustomerHistory().add(table).add(table)
    (row,) = rows_of(ea.rfm.score(history))
    assert (row["frequency"], row["monetary"]) == (1, Decimal(10))
    history.merge(history)
    (row,) = rows_of(ea.rfm.score(history))
    assert (row["frequency"], row["monetary"]) == (1, Decimal(20))


def test_counts() -> None:
    history = ea.CustomerHistory()
    assert (history.num_orders, history.num_customers) == (0, 0)
    log = large_log(300)
    table = log.transactions()
    history.add(table)
    assert history.num_orders == table.num_orders == len({line.order for line in log.lines})
    customers = {line.customer for line in log.lines} - {None}
    assert history.num_customers == table.num_customers == len(customers)


def test_an_order_of_two_customers_over_two_tables_changes_nothing() -> None:
    log = large_log(300)
    history = history_of(log.transactions())
    before = answers(history)
    order = next(line.order for line in log.lines if line.customer is not None)
    other = OrderLog(
        (
            Line("new", "new order", MIDNIGHT, Decimal(5)),
            Line("somebody else", order, MIDNIGHT, Decimal(5)),
        )
    ).transactions()
    for attempt in (lambda: history.add(other), lambda: history.merge(history_of(other))):
        with pytest.raises(ea.InvalidData, match=r"^customer_history: an order with lines of two"):
            attempt()
        assert answers(history) == before


def test_tables_that_do_not_fit() -> None:
    lines = (Line("ana", "A", MIDNIGHT, Decimal(5), region="SP"),)
    integers = (Line(5, "B", MIDNIGHT, Decimal(5), region="SP"),)
    history = history_of(OrderLog(lines).transactions())
    before = answers(history)
    without_region = transactions_of(OrderLog(lines).table(), region=None)
    for table, words in (
        (without_region, "^customer_history: the table has no such dimension"),
        (OrderLog(integers).transactions(), "^customer_history: integer and text keys"),
        (OrderLog(lines, "every_line").transactions(), "^customer_history: two rules"),
    ):
        with pytest.raises(ea.SchemaMismatch, match=words):
            history.add(table)
        assert answers(history) == before
    euros = ea.CustomerHistory().add(transactions_of(OrderLog(lines).table(), currency="EUR"))
    with pytest.raises(ea.SchemaMismatch, match=r"^customer_history: two currencies"):
        euros.add(transactions_of(OrderLog(lines).table(), currency="BRL"))


def test_histories_with_other_options_do_not_merge() -> None:
    for other in (ea.CustomerHistory(), ea.CustomerHistory(region="region", as_of=MIDNIGHT)):
        with pytest.raises(ea.InvalidArgument, match=r"^customer_history: histories with other"):
            ea.CustomerHistory(region="region").merge(other)


def test_guests_of_a_first_shard_fit_any_type_of_key() -> None:
    guests = OrderLog((Line(None, 1, MIDNIGHT, Decimal(5)),)).transactions()
    known = OrderLog((Line(7, 2, MIDNIGHT, Decimal(5), region=35),)).transactions()
    assert answers(history_of(guests, known)) == answers(history_of(known, guests))


def test_sums_beyond_64_bits_are_exact() -> None:
    largest = Decimal(2**63 - 1) / 10_000
    lines = tuple(Line("ana", "A", MIDNIGHT, largest) for _ in range(1_000))
    (row,) = rows_of(ea.rfm.score(OrderLog(lines).transactions()))
    assert row["monetary"] == 1_000 * largest


@pytest.fixture(scope="module")
def history_of_much_money() -> ea.CustomerHistory:
    """Return a history whose money fills 125 bits, by merging it into itself."""
    amount = Decimal(2**63 - 1) / 10_000
    history = history_of(OrderLog((Line("ana", "A", MIDNIGHT, amount),)).transactions())
    for _ in range(62):
        history.merge(history)
    other = OrderLog((Line("bo", "B", MIDNIGHT, Decimal(1)),)).transactions()
    return history.merge(history_of(other))


def test_sums_of_125_bits_are_exact(history_of_much_money: ea.CustomerHistory) -> None:
    (row,) = rows_of(ea.kpi.summary(history_of_much_money))
    net = Fraction((2**63 - 1) * 2**62 + 10_000, 10_000)
    assert Fraction(row["revenue_net"]) == net
    assert row["average_order_value"] == float(net / 2)
    (sp,) = rows_of(ea.geo_aggregate.by_region(history_of_much_money))
    assert Fraction(sp["revenue"]) == net


@pytest.mark.parametrize("n_bins", [2, 5, 255])
def test_quantiles_of_125_bits_never_wrap(
    history_of_much_money: ea.CustomerHistory, n_bins: int
) -> None:
    # Quantiles multiply a sum by the number of bins: more than 128 bits may be an error.
    try:
        ana, bo = rows_of(ea.rfm.score(history_of_much_money, n_bins=n_bins))
    except ea.MoneyOverflow as error:
        assert str(error).startswith("rfm: money too large for quantiles")  # noqa: PT017
        return
    assert (ana["m_score"], bo["m_score"]) == (n_bins, 1)


@settings(max_examples=20)
@given(order_logs(max_lines=40, with_purchase=True), st.integers(2, 4))
def test_money_is_linear(log: OrderLog, factor: int) -> None:
    # The same lines several times: orders and customers stay, sums of money and lines grow.
    tables = [log.transactions()] * factor
    (once,) = rows_of(ea.kpi.summary(history_of(*tables[:1])))
    (often,) = rows_of(ea.kpi.summary(history_of(*tables)))
    grows = {kpi.name for kpi in ea.kpi.dictionary() if kpi.unit in ("money", "lines")}
    for column, value in once.items():
        if column in grows and value is not None:
            assert often[column] == factor * value
        elif column != "average_order_value":
            assert often[column] == value


def test_a_fork_between_calls_is_safe() -> None:
    # In an interpreter of its own, where no other library has threads.
    script = """
import os
import numpy as np
import ecommerce_analytics as ea

def total():
    keys = np.arange(200_000) % 5_000
    lines = ea.Transactions.from_arrays(
        customer=keys, order=keys, timestamp=["2024-01-01"] * len(keys), amount=keys + 1.0)
    return int(ea.rfm.score(lines, num_threads=4)["m_score"].sum())

before = total()
child = os.fork()
if child == 0:
    os._exit(0 if total() == before else 1)
assert os.waitpid(child, 0)[1] == 0
assert total() == before
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
