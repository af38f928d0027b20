import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines, read_rows
from known_files import known_copy
from order_logs import OrderLog, content_of, logs_and_moments, rows_of, table_of, transactions_of
from reference import cutoff as reference
from reference.customer_history import Line, is_purchase

CASE = "cutoff/five_customers"
CUTOFF = "2024-05-01"
DAY = timedelta(days=1)


def five_customers() -> ea.Transactions:
    return transactions_of(table_of(input_lines(CASE)).drop_columns(["region"]))


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
    rows = reference.features(lines, cutoff, active_within=121)
    assert {row.pop("region") for row in rows} == {None}
    assert_rows_match(rows, expected_rows(CASE))
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
    expected = reference.features(log.lines, cutoff, log.purchases, active_within)
    if not any(isinstance(row["region"], int) for row in expected):
        for row in expected:  # A column of text has a word for it.
            row["region"] = "unknown" if row["region"] is None else row["region"]
    assert_rows_match(rows_of(table), expected)


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


@lru_cache
def crowded_shop() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return columns of 3,000 lines with all that features read, and facts of their orders."""
    random = np.random.default_rng(7)
    start = np.datetime64("2024-01-01", "us")
    order = random.integers(0, 1_200, 3_000)
    kinds = np.array(["sale", "sale", "sale", "refund", "discount", "shipping"])
    lines = {
        "customer": order % 190,
        "order": order,
        "timestamp": start + random.integers(0, 500 * 86_400 * 10**6, 3_000),
        "amount": np.round(random.normal(20, 30, 3_000), 2),
        "kind": kinds[random.integers(0, 6, 3_000)],
        "quantity": random.integers(1, 5, 3_000),
        "product": np.where(order % 11 == 0, None, random.integers(0, 60, 3_000).astype(str)),
        "category": random.integers(0, 5, 3_000),
        "region": random.integers(0, 4, 3_000).astype(str),
        "measure discount": np.round(random.uniform(0, 3, 3_000), 2),
    }
    facts = {
        "order": random.integers(0, 1_300, 2_500),
        "known_at": start + random.integers(0, 520 * 86_400 * 10**6, 2_500),
        "name": np.array(["score", "delay", "late name"])[random.integers(0, 3, 2_500)],
        "value": np.round(random.normal(2, 4, 2_500), 4),
    }
    facts["known_at"][facts["name"] == "late name"] += np.timedelta64(300, "D")
    return lines, facts


def table_and_facts(
    lines: Mapping[str, Any], facts: Mapping[str, Any]
) -> tuple[ea.Transactions, ea.cutoff.Facts]:
    columns = dict(lines)
    discount = columns.pop("measure discount")
    table = ea.Transactions.from_arrays(**columns, measures={"discount": discount})
    return table, ea.cutoff.Facts.from_arrays(**facts)


def test_200_random_cutoffs_of_a_shop_do_not_see_what_comes_later() -> None:
    random = np.random.default_rng(8)
    lines, facts = crowded_shop()
    start = np.datetime64("2024-01-01", "us")
    whole, known = table_and_facts(lines, facts)
    columns: set[str] = set()
    for number in range(200):
        cutoff = start + random.integers(30 * 86_400 * 10**6, 500 * 86_400 * 10**6)
        table = ea.cutoff.features(whole, cutoff, facts=known)
        columns |= set(table.column_names)
        changed = [{name: column.copy() for name, column in one.items()} for one in (lines, facts)]
        for one, time in zip(changed, ("timestamp", "known_at"), strict=True):
            past = one[time] < cutoff
            if number % 2:  # Later ones are deleted.
                for name in one:
                    one[name] = one[name][past]
                continue
            size = int((~past).sum())
            for name in one:
                one[name][~past] = random.permutation(one[name][~past])
            if time == "timestamp":  # Orders of their own, so that the customers may be others.
                one["order"][~past] = 10_000 + np.arange(size)
                one["customer"][~past] = random.integers(0, 400, size)
            mixed = random.permutation(len(past))
            for name in one:
                one[name] = one[name][mixed]
        rows, others = table_and_facts(*changed)
        actual = ea.cutoff.features(rows, cutoff, facts=others)
        assert content_of(actual) == content_of(table)
    assert columns >= {"discount_share", "items", "unique_products", "unique_categories", "region"}
    assert columns >= {"fact_score", "fact_late name", "fact_delay_known"}


def test_what_lines_and_facts_tell_equals_the_reference() -> None:
    lines, facts = crowded_shop()
    table, known = table_and_facts(lines, facts)
    for cutoff in (datetime(2024, 3, 1), datetime(2024, 9, 9, 9), datetime(2025, 4, 1)):
        told = rows_of(ea.cutoff.features(table, cutoff, facts=known))
        expected = reference.told_by_lines(lines, facts, cutoff)
        assert len(told) > 100
        for row in told:
            wanted = expected[row["customer"]]
            assert {name: row[name] for name in wanted} == wanted
        names = {name for name in told[0] if name.startswith("fact_")}
        assert names == {name for name in expected[told[0]["customer"]] if "fact_" in name}


def test_facts_of_olist_are_unknown_until_their_day() -> None:
    olist = ea.datasets.load_olist(known_copy("olist"))
    orders = olist.tables["orders"].to_pandas()
    cutoff = np.datetime64("2018-06-01")
    late = orders[
        (orders["order_purchase_timestamp"] < cutoff)
        & (orders["order_delivered_customer_date"] >= cutoff)
    ]
    assert len(late) == 2_438
    table = ea.cutoff.features(
        olist.transactions, cutoff, active_within=3_650, facts=olist.facts
    ).to_pandas()
    people = olist.tables["customers"].to_pandas().set_index("customer_id")["customer_unique_id"]
    bought = orders[orders["order_purchase_timestamp"] < cutoff]
    one_order = table[table["is_one_order"]].set_index("customer")
    waiting = one_order.loc[one_order.index.intersection(late["customer_id"].map(people))]
    assert len(waiting) > 2_000
    assert not waiting["fact_delivery_delay_days_known"].any()
    assert waiting["fact_delivery_delay_days"].isna().all()
    came = bought[bought["order_delivered_customer_date"] < cutoff]
    told = one_order.loc[one_order.index.intersection(came["customer_id"].map(people))]
    assert told["fact_delivery_delay_days_known"].all()
    known = table["fact_freight_share_known"].mean()
    assert known == 1.0


def test_facts_that_cannot_be_are_told() -> None:
    lines, facts = crowded_shop()
    table, known = table_and_facts(lines, facts)
    assert repr(known).startswith("<Facts: 2500 facts of ")
    assert len(known) == known.num_rows == 2_500
    with pytest.raises(TypeError, match=r"facts must be cutoff\.Facts"):
        ea.cutoff.features(table, CUTOFF, facts=table)  # type: ignore[arg-type]
    texts = ea.cutoff.Facts.from_arrays(order=["a"], known_at=["2024-01-01"], name=["x"], value=[1])
    with pytest.raises(ea.SchemaMismatch, match="integer and text keys"):
        ea.cutoff.features(table, CUTOFF, facts=texts)
    with pytest.raises(ea.InvalidData):
        ea.cutoff.Facts.from_arrays(
            order=["a"], known_at=["2024-01-01"], name=["x"], value=[float("nan")]
        )
    rounded = ea.cutoff.Facts.from_arrays(
        order=[0, 0], known_at=["2024-01-01"] * 2, name=["x"] * 2, value=[1 / 3, 2 / 3]
    )
    row = rows_of(ea.cutoff.features(table, "2025-05-01", facts=rounded))[0]
    assert (row["fact_x"], row["fact_x_known"]) == (0.5, True)
    model = ea.churn.fit(ea.CutoffDataset(table, "2024-09-01", facts=known))
    assert "fact_score_known" in model.table["feature"].tolist()
    assert len(model.predict(ea.CutoffDataset(table, "2025-01-01", facts=known)))
    with pytest.raises(ea.InvalidArgument, match="lack one of the model"):
        model.predict(ea.CutoffDataset(table, "2025-01-01"))
    twins = ea.cutoff.Facts.from_arrays(
        order=[0, 0], known_at=["2024-01-01"] * 2, name=["x", "x_known"], value=[1, 2]
    )
    with pytest.raises(ea.InvalidData, match="two facts would make one column"):
        ea.cutoff.features(table, "2025-05-01", facts=twins)


def test_a_fact_of_those_who_left_keeps_its_column() -> None:
    table = ea.datasets.make_synthetic(num_customers=1_200, random_state=1).transactions
    lines = ea.orders.list_lines(table).to_pandas()
    last = lines.groupby("customer")["time"].transform("max")
    old = lines[last < last.min() + (last.max() - last.min()) / 4]["order"].unique()
    facts = ea.cutoff.Facts.from_arrays(
        order=old,
        known_at=["2023-08-15"] * len(old),
        name=["promo"] * len(old),
        value=[1] * len(old),
    )
    features = ea.cutoff.features(table, "2024-12-01", facts=facts)
    assert not features["fact_promo_known"].any()
    assert np.ma.getmaskarray(features["fact_promo"]).all()
    outcome = ea.churn.rank(table, facts=facts, n_resamples=20)
    assert outcome.reason is None


@given(logs_and_moments(), st.floats(0.05, 0.95))
def test_a_suggested_horizon_equals_the_reference(
    drawn: tuple[OrderLog, datetime | None], share: float
) -> None:
    log, as_of = drawn
    copies = [  # So many customers that there are gaps enough.
        replace(line, customer=f"{line.customer} {copy}", order=f"{line.order} {copy}")
        for copy in range(40)
        for line in log.lines
        if line.customer is not None
    ]
    assume(copies)
    rows = transactions_of(table_of(copies), purchases=log.purchases)
    gaps = reference.gaps(copies, as_of, log.purchases)
    try:
        told = rows_of(ea.cutoff.suggest_horizon(rows, as_of=as_of, share=share, n_resamples=20))[0]
    except (ea.InvalidArgument, ea.InvalidData):  # No purchase before the moment, or few.
        assert len(gaps) < 100
        return
    expected = reference.least_covering(gaps, share)
    assert told["horizon_days"] == expected
    assert told["gaps"] == len(gaps)
    assert told["share"] == sum(gap <= expected for gap in gaps) / len(gaps)
    assert told["median_gap"] == reference.least_covering(gaps, 0.5)
    assert told["lower"] <= told["upper"]


def test_a_horizon_of_online_retail() -> None:
    data = known_copy("online_retail/online_retail.csv")
    rows = ea.datasets.load_online_retail(data, cleaning="C").transactions
    row = rows_of(ea.cutoff.suggest_horizon(rows))[0]
    assert (row["horizon_days"], row["median_gap"]) == (110, 28)
    assert row["lower"] <= row["horizon_days"] <= row["upper"]
    again = rows_of(ea.cutoff.suggest_horizon(rows, num_threads=3))[0]
    assert again == row
    for options in ({"share": 1.0}, {"confidence": 0.0}, {"n_resamples": 0}, {"share": "much"}):
        with pytest.raises(ea.InvalidArgument, match=next(iter(options))):
            ea.cutoff.suggest_horizon(rows, **options)  # type: ignore[arg-type]
    with pytest.raises(ea.InvalidData, match="too few gaps"):
        ea.cutoff.suggest_horizon(five_customers())


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
