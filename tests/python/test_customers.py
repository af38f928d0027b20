"""The schema of persons, and files of them."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommerce_analytics as ea
from ecommerce_analytics.datasets import check_customers, read_customers

LINES = ea.Transactions.from_arrays(
    customer=["ann", "bob"], order=["A", "B"], timestamp=["2026-01-05"] * 2, amount=["1", "2"]
)
SECRET = "ann@example.com"


def test_a_dataset_checks_its_persons() -> None:
    good = pa.table({"customer": ["ann", "bob"], "email": [SECRET, None], "visits": [1, 2]})
    assert ea.datasets.Dataset(name="mine", transactions=LINES, customers=good).customers is good
    assert SECRET not in repr(ea.datasets.Dataset(name="m", transactions=LINES, customers=good))
    bad = pa.table({"customer": ["bob", "ann"]})
    with pytest.raises(ea.InvalidData, match="smaller than the one before"):
        ea.datasets.Dataset(name="mine", transactions=LINES, customers=bad)


@pytest.mark.parametrize(
    "customer",
    [
        pa.array([1, 2, 9], pa.int64()),
        pa.array([1, 2, 9], pa.uint8()),
        pa.array(["B", "a", "é"]),
        pa.array(["B", "a", "é"], pa.large_string()),
        pa.array(["B", "a", "é"], pa.string_view()),
        pa.array(["B", "a", "é"]).dictionary_encode(),
        pa.array([], pa.string()),
    ],
    ids=lambda array: str(array.type),
)
def test_keys_of_these_types_pass(customer: pa.Array) -> None:
    check_customers(pa.table({"customer": customer}))
    chunks = pa.chunked_array([customer.slice(0, 2), customer.slice(2)])
    check_customers(pa.table({"customer": chunks}))


@pytest.mark.parametrize(
    ("columns", "error", "text", "row"),
    [
        ({"email": ["x"]}, ea.SchemaMismatch, "the column is missing", None),
        ({"customer": [1.5]}, ea.SchemaMismatch, "must be text or whole numbers", None),
        ({"customer": [SECRET, None]}, ea.InvalidData, "the key is missing", 2),
        ({"customer": ["a", SECRET, SECRET]}, ea.InvalidData, "the key stands twice", 3),
        ({"customer": [SECRET, "a1"]}, ea.InvalidData, "is smaller than the one before", 2),
        ({"customer": ["B", "a"], "email": [1, 2]}, ea.SchemaMismatch, "must be text", None),
        ({"customer": ["a"], "name": [True]}, ea.SchemaMismatch, "must be text", None),
        ({"customer": ["a"], "country": [b"BR"]}, ea.SchemaMismatch, "must be text", None),
        ({"customer": ["a"], "consent": ["yes"]}, ea.SchemaMismatch, "must be bool", None),
        ({"customer": ["a"], "consent": [1]}, ea.SchemaMismatch, "must be bool", None),
        ({"customer": ["a"], "former_keys": ["b"]}, ea.SchemaMismatch, "lists of text", None),
        ({"customer": ["a"], "former_keys": [[1]]}, ea.SchemaMismatch, "lists of text", None),
    ],
)
def test_what_is_wrong_is_told_without_a_cell(
    columns: dict[str, list[Any]], error: type[ea.Error], text: str, row: int | None
) -> None:
    with pytest.raises(error, match=text) as caught:
        check_customers(pa.table(columns))
    assert caught.value.row == row
    assert caught.value.column in columns or "missing" in text
    assert SECRET not in str(caught.value)


def test_a_name_that_stands_twice_is_an_error() -> None:
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["a"])], names=["customer", "customer"])
    with pytest.raises(ea.SchemaMismatch, match="stands twice"):
        check_customers(table)


@given(st.lists(st.one_of(st.integers(-9, 9), st.none())))
def test_numbers_pass_if_they_increase(keys: list[int | None]) -> None:
    known = [key for key in keys if key is not None]
    good = len(known) == len(keys) and known == sorted(set(known))
    try:
        check_customers(pa.table({"customer": pa.array(keys, pa.int64())}))
    except ea.InvalidData:
        assert not good
    else:
        assert good


@pytest.mark.parametrize(
    "shop",
    [
        ea.datasets.make_synthetic(30),
        ea.datasets.make_synthetic(11, locale="ja_JP"),
    ],
    ids=["pt_BR", "ja_JP"],
)
def test_the_synthetic_shop_has_persons_of_the_schema(shop: ea.datasets.SyntheticDataset) -> None:
    assert shop.customers is not None
    assert shop.customers.column_names[:5] == ["customer", "name", "email", "consent", "country"]
    assert all(email.endswith("@example.com") for email in shop.customers["email"].to_pylist())


# --- files ---

FILE = """\
id,mail,full name,agrees,land,visits
bob, Bob@Example.com ,Bob  Lee ,YES,BR,3
ann,ann@example.com,,no,,4
cid,,Cid,,DE,5
"""
COLUMNS = {
    "customer": "id",
    "email": "mail",
    "name": "full name",
    "consent": "agrees",
    "country": "land",
}
ROWS = [
    {
        "customer": "ann",
        "email": "ann@example.com",
        "name": None,
        "consent": False,
        "country": None,
    },
    {
        "customer": "bob",
        "email": "Bob@Example.com",
        "name": "Bob  Lee",
        "consent": True,
        "country": "BR",
    },
    {"customer": "cid", "email": None, "name": "Cid", "consent": None, "country": "DE"},
]


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_csv_file_of_persons(tmp_path: Path) -> None:
    path = written(tmp_path / "people.csv", FILE)
    assert read_customers(path, columns=COLUMNS).to_pylist() == ROWS
    assert read_customers(path, columns={"customer": "id"}).to_pydict() == {
        "customer": ["ann", "bob", "cid"]
    }
    own = written(tmp_path / "own.csv", "email;customer;visits\nx@example.com;7;1\n;10;2\n")
    table = read_customers(own, delimiter=";")
    assert table.to_pydict() == {"customer": ["10", "7"], "email": [None, "x@example.com"]}


def test_a_file_of_ours_loses_the_marks_against_spreadsheets(tmp_path: Path) -> None:
    path = written(tmp_path / "people.csv", "customer,name\n'=1,'+Ann\n")
    assert read_customers(path).to_pylist() == [{"customer": "'=1", "name": "'+Ann"}]
    table = read_customers(path, spreadsheet_safe=True)
    assert table.to_pylist() == [{"customer": "=1", "name": "+Ann"}]


@pytest.mark.parametrize("consent", [[True, None, False], [1, None, 0], ["Y", " ", "f"]])
def test_a_parquet_file_of_persons(consent: list[object], tmp_path: Path) -> None:
    table = pa.table({"customer": [9, 10, -3], "consent": consent})
    pa.parquet.write_table(table, tmp_path / "people.parquet")
    read = read_customers(tmp_path / "people.parquet")
    assert read.to_pydict() == {"customer": [-3, 9, 10], "consent": [False, True, None]}
    assert read.schema.field("customer").type == pa.int64()


@pytest.mark.parametrize(
    ("text", "columns", "error", "words", "row", "column"),
    [
        ("id\nann\n", None, ea.SchemaMismatch, "the column is missing", None, "customer"),
        ("customer,email\n\n", None, ea.InvalidData, "a header and no row", None, None),
        ("customer\nb\na\nb\na\n", None, ea.InvalidData, "the key stands twice", 3, "customer"),
        ("id,x\nb,1\n,2\n", {"customer": "id"}, ea.InvalidData, "the key is missing", 2, "id"),
        ("customer,x\nunknown,1\n", None, ea.InvalidData, "the key is missing", 1, "customer"),
        (
            f"customer,consent\na,yes\nb,{SECRET}\n",
            None,
            ea.InvalidData,
            "neither yes nor no",
            2,
            "consent",
        ),
        (f"customer,x\na,1\nb,{SECRET},2\n", None, ea.SchemaMismatch, "cells", 2, None),
        (f'customer,x\na,1\nb,"{SECRET}"2\n', None, ea.InvalidData, "quote", 2, None),
        ("customer\na\n", {"customer": "id"}, ea.SchemaMismatch, "missing", None, "id"),
        ("customer\na\n", {"email": "id"}, ea.InvalidArgument, "no column is mapped", None, None),
        ("customer\na\n", {"phone": "id"}, ea.InvalidArgument, "must be one of", None, None),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(
    text: str,
    columns: dict[str, str] | None,
    error: type[ea.Error],
    words: str,
    row: int | None,
    column: str | None,
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "people.csv", text)
    with pytest.raises(error, match=words) as caught:
        read_customers(path, columns=columns)
    assert (caught.value.row, caught.value.column) == (row, column)
    assert SECRET not in str(caught.value)
    if error is not ea.InvalidArgument:
        assert caught.value.file == str(path)


@pytest.mark.parametrize(
    ("column", "values"),
    [("email", [1]), ("name", [True]), ("consent", [0.5]), ("customer", [1.5])],
)
def test_types_of_a_parquet_file_are_checked(
    column: str, values: list[object], tmp_path: Path
) -> None:
    pa.parquet.write_table(pa.table({"customer": ["a"]} | {column: values}), tmp_path / "p.parquet")
    with pytest.raises(ea.SchemaMismatch) as caught:
        read_customers(tmp_path / "p.parquet")
    assert caught.value.column == column
