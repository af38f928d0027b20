import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines, read_rows
from known_files import known_copy
from order_logs import OrderLog, content_of, logs_and_moments, rows_of
from reference import cutoff as reference
from reference.customer_history import Line, is_purchase

CASE = "cutoff/five_customers"
CUTOFF = "2024-05-01"
DAY = timedelta(days=1)


def five_customers() -> ea.Transactions:
    return OrderLog(tuple(input_lines(CASE))).transactions()


def expected_labels() -> list[int]:
    return [int(row["label"]) for row in read_rows(CASE, "expected_labels.csv")]


def test_features_match_the_worked_example() -> None:
    table = ea.cutoff.features(five_customers(), CUTOFF, active_within=121)
    assert_rows_match(rows_of(table), expected_rows(CASE))
    assert table.metadata == {"cutoff": "2024-05-01 00:00:00", "active_within_days": "121"}


def test_labels_match_the_worked_example() -> None:
    dataset = ea.CutoffDataset(five_customers(), CUTOFF, 30, active_within=121)
    assert dataset.labels.tolist() == expected_labels()
    assert content_of(dataset.features) == content_of(
        ea.cutoff.features(five_customers(), CUTOFF, active_within=121)
    )
    assert (len(dataset), dataset.num_positives) == (4, 3)
    assert dataset.cutoff == np.datetime64("2024-05-01")


def test_the_reference_matches_the_worked_example() -> None:
    lines = input_lines(CASE)
    cutoff = datetime(2024, 5, 1)
    assert_rows_match(reference.features(lines, cutoff, active_within=121), expected_rows(CASE))
    assert reference.labels(lines, cutoff, 30, active_within=121) == expected_labels()


@given(logs_and_moments(), st.integers(1, 400))
def test_features_equal_the_reference(
    drawn: tuple[OrderLog, datetime | None], active_within: int
) -> None:
    log, moment = drawn
    cutoff = moment or datetime(2017, 1, 1, 12)
    table = features_of(log.transactions(), cutoff, active_within)
    if table is None:
        assert not any(
            line.time < cutoff and is_purchase(line, log.purchases) for line in log.lines
        )
        return
    assert_rows_match(
        rows_of(table), reference.features(log.lines, cutoff, log.purchases, active_within)
    )


def features_of(rows: ea.Transactions, cutoff: datetime, active_within: int) -> ea.Table | None:
    try:
        return ea.cutoff.features(rows, cutoff, active_within=active_within)
    except ea.InvalidArgument:
        return None


@given(logs_and_moments(), st.integers(1, 60), st.integers(0, 20))
def test_labels_equal_the_reference(
    drawn: tuple[OrderLog, datetime | None], horizon: int, gap: int
) -> None:
    log, moment = drawn
    cutoff = moment or datetime(2017, 1, 1, 12)
    last = max(line.time for line in log.lines)
    has_ended = datetime.combine(last.date() + DAY, datetime.min.time()) >= cutoff + (
        (gap + horizon) * DAY
    )
    try:
        dataset = ea.CutoffDataset(log.transactions(), cutoff, horizon, gap)
    except ea.InvalidArgument as error:
        is_early = "label window" in error.text
        assert is_early == (not has_ended)
        return
    assert has_ended
    expected = reference.labels(log.lines, cutoff, horizon, gap, log.purchases)
    assert dataset.labels.tolist() == expected
    assert dataset.num_positives == sum(expected)


def scrambled(lines: Sequence[Line], cutoff: datetime, random: Any) -> list[Line]:
    """Change everything from the cutoff on: drop, move, repeat and rewrite its lines."""
    kept = [line for line in lines if line.time < cutoff]
    later = [line for line in lines if line.time >= cutoff]
    customers = [line.customer for line in lines]
    customers.append(77 if any(isinstance(key, int) for key in customers) else "new")
    for number, line in enumerate(later):
        if random.random() < 0.3:
            continue
        moved = cutoff + timedelta(microseconds=random.randrange(0, 10**13))
        changed = replace(line, time=moved, amount=Decimal(random.randrange(-9, 10**6)))
        if random.random() < 0.3:  # An order of its own, so that the customer may be any.
            order = f"new{number}" if isinstance(line.order, str) else 1_000 + number
            customer: Any = None if line.customer is None else random.choice(customers)
            changed = replace(changed, order=order, customer=customer)
        kept.append(changed)
    random.shuffle(kept)
    return kept


@given(logs_and_moments(), st.integers(1, 400), st.randoms(use_true_random=False), st.booleans())
def test_nothing_from_the_cutoff_on_reaches_a_feature(
    drawn: tuple[OrderLog, datetime | None], active_within: int, random: Any, is_deleted: bool
) -> None:
    """Travel in time: what happens later leaves every feature as it is, byte by byte."""
    log, moment = drawn
    cutoff = moment or datetime(2017, 1, 1, 12)
    expected = features_of(log.transactions(), cutoff, active_within)
    assume(expected is not None)
    assert expected is not None
    lines = [line for line in log.lines if line.time < cutoff]
    changed = lines if is_deleted else scrambled(log.lines, cutoff, random)
    # Keys keep their type: text without text customers would read as none.
    actual = features_of(log.transactions(changed), cutoff, active_within)
    assert actual is not None
    assert content_of(actual) == content_of(expected)


@given(logs_and_moments(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_and_the_threads_do_not_matter(
    drawn: tuple[OrderLog, datetime | None], random: Any
) -> None:
    log, moment = drawn
    cutoff = moment or datetime(2017, 1, 1, 12)
    expected = features_of(log.transactions(), cutoff, 365)
    mixed = list(log.lines)
    random.shuffle(mixed)
    actual = features_of(log.transactions(mixed), cutoff, 365)
    assert (actual is None) == (expected is None)
    if actual is not None and expected is not None:
        assert content_of(actual) == content_of(expected)
        threaded = ea.cutoff.features(log.transactions(), cutoff, num_threads=3)
        assert content_of(threaded) == content_of(expected)


def test_200_random_cutoffs_of_a_shop_do_not_see_what_comes_later() -> None:
    random = np.random.default_rng(7)
    start = np.datetime64("2024-01-01", "us")
    order = random.integers(0, 1_500, 4_000)
    lines = {
        "customer": order % 190,
        "order": order,
        "timestamp": start + random.integers(0, 500 * 86_400 * 10**6, 4_000),
        "amount": np.round(random.normal(20, 30, 4_000), 2),
    }
    whole = ea.Transactions.from_arrays(**lines)
    for number in range(200):
        cutoff = start + random.integers(30 * 86_400 * 10**6, 500 * 86_400 * 10**6)
        expected = content_of(ea.cutoff.features(whole, cutoff))
        past = lines["timestamp"] < cutoff
        if number % 2:
            changed = {name: column[past] for name, column in lines.items()}
        else:
            changed = {name: column.copy() for name, column in lines.items()}
            size = int((~past).sum())
            for name in ("timestamp", "amount"):
                changed[name][~past] = random.permutation(changed[name][~past])
            # Orders of their own, so that the customers may be others.
            changed["order"][~past] = 10_000 + np.arange(size)
            changed["customer"][~past] = random.integers(0, 400, size)
            mixed = random.permutation(4_000)
            changed = {name: column[mixed] for name, column in changed.items()}
        actual = ea.cutoff.features(ea.Transactions.from_arrays(**changed), cutoff)
        assert content_of(actual) == expected


def test_a_refund_after_the_cutoff_lowers_nothing_before_it() -> None:
    rows = five_customers()
    before = ea.cutoff.features(rows, "2024-05-02 10:00")
    after = ea.cutoff.features(rows, "2024-05-02 10:00:00.000001")
    assert before.decimals("monetary")[0] == 100
    assert after.decimals("monetary")[0] == 60


def test_data_that_end_inside_the_label_window_are_an_error() -> None:
    rows = five_customers()  # The last line is of 2024-05-31: the data end on 06-01.
    assert ea.CutoffDataset(rows, CUTOFF, 31).num_rows
    with pytest.raises(ea.InvalidArgument, match="inside the label window") as caught:
        ea.CutoffDataset(rows, CUTOFF, 32)
    assert caught.value.value == "2024-06-02 00:00:00"
    with pytest.raises(ea.InvalidArgument, match="inside the label window"):
        ea.CutoffDataset(rows, CUTOFF, 31, 1)
    with pytest.raises(ea.InvalidArgument, match="inside the label window"):
        ea.CutoffDataset(rows, "2024-05-01 00:00:00.000001", 31)


def test_features_have_no_label_and_labels_cannot_be_written() -> None:
    dataset = ea.CutoffDataset(five_customers(), CUTOFF, 30)
    assert not [name for name in dataset.features.column_names if "label" in name]
    with pytest.raises(ValueError, match="read-only"):
        dataset.labels[0] = 1
    with pytest.raises(AttributeError):
        dataset.labels = np.zeros(4)  # type: ignore[misc]


def test_bad_input_is_told() -> None:
    rows = five_customers()
    for options in ({"horizon": 0}, {"horizon": 4_000}, {"gap": -1}, {"active_within": 0}):
        with pytest.raises(ea.InvalidArgument, match=next(iter(options))):
            ea.CutoffDataset(rows, CUTOFF, **options)
    for function in (ea.CutoffDataset, ea.cutoff.features):
        with pytest.raises(ea.InvalidArgument, match="no purchase lies before the cutoff"):
            function(rows, "2023-12-31")
    with pytest.raises(ea.InvalidArgument):
        ea.cutoff.features(rows, "9999-12-31 24:00")
    with pytest.raises(TypeError, match="Transactions"):
        ea.CutoffDataset(ea.CustomerHistory(), CUTOFF)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ea.CutoffDataset(rows, CUTOFF, 30.5)  # type: ignore[arg-type]
    with pytest.raises(ea.InvalidArgument, match="there must be a cutoff"):
        ea.cutoff.features(rows, None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def file_until_the_cutoff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the file of Online Retail as it would have been at 2011-09-10."""
    whole = known_copy("online_retail/online_retail.csv")
    with whole.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    time = header.index("InvoiceDate")
    path = tmp_path_factory.mktemp("until") / "online_retail.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *(row for row in rows if row[time] < "2011-09-10")])
    return path


@pytest.mark.parametrize("cleaning", ["A", "C", "D", "E", "F"])
def test_a_file_that_ends_at_the_cutoff_gives_the_same_features_or_the_rule_says_why_not(
    cleaning: Any, file_until_the_cutoff: Path
) -> None:
    whole, until = (
        ea.datasets.load_online_retail(path, cleaning=cleaning)
        for path in (known_copy("online_retail/online_retail.csv"), file_until_the_cutoff)
    )
    seen, known = (ea.cutoff.features(one.transactions, "2011-09-10") for one in (whole, until))
    if cleaning != "F":
        assert content_of(seen) == content_of(known)
        assert whole.hindsight is None
        return
    # Sales that were returned after the cutoff are no sales before it.
    assert whole.hindsight == "sales are left out if they were returned later"
    money = [
        dict(zip(one["customer"], one.decimals("monetary"), strict=True)) for one in (seen, known)
    ]
    changed = [key for key in money[1] if money[0].get(key) != money[1][key]]
    assert len(changed) > 100


def test_online_retail_at_the_test_cutoff() -> None:
    data = known_copy("online_retail/online_retail.csv")
    rows = ea.datasets.load_online_retail(data, cleaning="C").transactions
    dataset = ea.CutoffDataset(rows, "2011-09-10")
    assert dataset.num_rows == 3_370
    assert round(dataset.num_positives / 3_370, 3) == 0.431
    with pytest.raises(ea.InvalidArgument, match="inside the label window"):
        ea.CutoffDataset(rows, "2011-09-12")
