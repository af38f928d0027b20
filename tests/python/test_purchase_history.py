"""Purchase histories: by hand, against the plain reference, from any kind of frame."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from golden import assert_rows_match, expected_rows, input_lines
from known_files import known_copy
from order_logs import OrderLog, content_of, order_logs, rows_of
from reference import purchase_history as reference

CASE = "purchase_history/five_customers"
ENDS = {"calibration_end": "2024-02-01", "holdout_end": "2024-03-01"}
SMALL = {"frequency": [1.0, 0.0], "recency": [2.0, 0.0], "T": [3.0, 2.0]}


def five_customers() -> ea.Transactions:
    return OrderLog(tuple(input_lines(CASE))).transactions()


def test_the_summary_matches_the_worked_example() -> None:
    table = ea.purchase_history.summary(five_customers(), **ENDS)
    assert_rows_match(rows_of(table), expected_rows(CASE))
    assert table.metadata == {
        "calibration_end": "2024-02-01 00:00:00",
        "period_days": "7",
        "holdout_end": "2024-03-01 00:00:00",
    }


def test_the_reference_matches_the_worked_example() -> None:
    rows = reference.summary(input_lines(CASE), datetime(2024, 2, 1), datetime(2024, 3, 1))
    assert_rows_match(rows, expected_rows(CASE))


@given(order_logs(with_purchase=True), st.integers(0, 60), st.integers(0, 40))
def test_the_summary_equals_the_reference(log: OrderLog, back: int, holdout: int) -> None:
    transactions = log.transactions()
    last = max(line.time for line in log.lines).replace(hour=0, minute=0, second=0, microsecond=0)
    end = last + timedelta(days=1 - min(back + holdout, 10_000))
    holdout_end = end + timedelta(days=holdout) if holdout else None
    expected = reference.summary(log.lines, end, holdout_end, 3.0, log.purchases)
    options: dict[str, Any] = {
        "calibration_end": end,
        "holdout_end": holdout_end,
        "period_days": 3.0,
    }
    if not expected:
        with pytest.raises(ea.InvalidArgument, match=r"no purchase of a known|no line before"):
            ea.purchase_history.summary(transactions, **options)
        return
    table = ea.purchase_history.summary(transactions, **options)
    assert_rows_match(rows_of(table), expected)
    shuffled = OrderLog(tuple(reversed(log.lines)), log.purchases).transactions()
    again = ea.purchase_history.summary(shuffled, **options, num_threads=3)
    assert content_of(again) == content_of(table)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"calibration_end": "2024-02-01 12:00:00"}, "must be a midnight"),
        ({"calibration_end": "2024-02-01", "holdout_end": "2024-02-01"}, "after calibration_end"),
        ({"calibration_end": "2024-03-02"}, "the data end before"),
        ({"calibration_end": "2023-01-01"}, "there is no line before"),
        ({"period_days": 0.0}, r"in \(0, 3650\]"),
        ({"period_days": float("nan")}, r"in \(0, 3650\]"),
        ({"period_days": "week"}, "must be a number"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ea.InvalidArgument, match=words):
        ea.purchase_history.summary(five_customers(), **options)


@pytest.mark.parametrize(
    "frame",
    [
        SMALL,
        pd.DataFrame(SMALL, index=pd.Index(["ann", "bob"], name="customer_id")),
        pd.DataFrame({"customer_id": ["ann", "bob"], **SMALL}),
        pl.DataFrame({"customer": ["ann", "bob"], **SMALL}),
        pa.table({"customer_id": ["ann", "bob"], **SMALL}),
    ],
    ids=lambda frame: type(frame).__module__,
)
def test_a_summary_of_any_library_is_read(frame: Any) -> None:
    columns = ea.purchase_history.columns_of(frame, ("frequency", "recency", "T"))
    assert [one.tolist() for one in columns] == list(SMALL.values())
    keys = ea.purchase_history.keys_of(frame)
    assert keys == (None if frame is SMALL else ["ann", "bob"])


def test_missing_columns_and_values_are_named() -> None:
    frame = pd.DataFrame({"frequency": [1, 2], "monetary_value": [None, 3.5], "name": ["a", "b"]})
    (values,) = ea.purchase_history.columns_of(frame, ("monetary_value",))
    np.testing.assert_array_equal(values, [np.nan, 3.5])
    for name in ("recency", "name"):
        with pytest.raises(ea.SchemaMismatch) as caught:
            ea.purchase_history.columns_of(frame, (name,))
        assert caught.value.column == name
    with pytest.raises(ea.SchemaMismatch, match="different lengths"):
        ea.purchase_history.columns_of({"a": [1.0], "b": [1.0, 2.0]}, ("a", "b"))
    with pytest.raises(TypeError, match="expected a summary"):
        ea.purchase_history.columns_of(3, ("a",))


def test_the_sample_of_cdnow() -> None:
    dataset = ea.datasets.load_cdnow(known_copy("cdnow/CDNOW_sample.txt"))
    table = ea.purchase_history.summary(
        dataset.transactions, calibration_end="1997-10-01", holdout_end="1998-07-01"
    )
    frequency = table["frequency"]
    assert (len(table), np.count_nonzero(frequency), frequency.sum()) == (2_357, 946, 2_457)
    assert table["holdout_frequency"].sum() == 1_882
