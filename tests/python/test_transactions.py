import inspect
import json
import pickle
import random
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given

import ecommerce_analytics as ea
from analyses import answers
from golden import input_path
from order_logs import KINDS, OrderLog, order_logs, table_of, transactions_of
from reference.customer_history import Line, kind_of
from reference.money import total

MAPPING = {"customer": "customer", "order": "order", "timestamp": "timestamp", "amount": "amount"}


def shop(integer_keys: bool = False) -> pa.Table:
    """Return 300 lines with guests, refunds, kinds, whole seconds and cents."""
    choose = random.Random(5)
    lines = []
    for _ in range(300):
        order = choose.randrange(90)
        customer = None if order % 8 == 0 else order * 5 % 30
        region = choose.choice([35, 33, 31, None])
        name = {35: "São Paulo", 33: "RJ", 31: "Minas Gerais, a long name", None: None}[region]
        lines.append(
            Line(
                customer=customer
                if integer_keys or customer is None
                else f"customer-{customer:03}",
                order=order if integer_keys else f"order {order}",
                time=datetime(2017, 1, 1) + timedelta(hours=choose.randrange(9_000)),
                amount=Decimal(choose.randrange(-2_000, 9_000)) / 100,
                kind=choose.choice(KINDS),
                region=region if integer_keys else name,
            )
        )
    return table_of(lines)


def with_column(table: pa.Table, name: str, column: Any) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def as_text(table: pa.Table, name: str) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in table[name].to_pylist()])


def chunked(table: pa.Table) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=7))


def as_polars_categories(table: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(table).with_columns(
        pl.col("customer", "region", "kind").cast(pl.Categorical)
    )


def as_pandas_categories(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas().astype({"customer": "category", "region": "category"})


def as_duckdb_relation(table: pa.Table) -> Any:
    return duckdb.connect().from_arrow(table)


def as_pandas_floats(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas().astype({"amount": "float64"})


def with_dictionaries(table: pa.Table) -> pa.Table:
    for name, index in (("customer", pa.int8()), ("region", pa.int32()), ("kind", pa.uint16())):
        column = table[name].combine_chunks().dictionary_encode()
        table = with_column(table, name, column.cast(pa.dictionary(index, pa.string())))
    return with_column(table, "order", table["order"].combine_chunks().dictionary_encode())


def with_text_type(type_: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        for name in ("customer", "order", "region", "kind"):
            table = with_column(table, name, table[name].cast(type_))
        return table

    return change


def with_type(name: str, type_: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    return lambda table: with_column(table, name, table[name].cast(type_))


def sliced(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table.slice(250), table])[50:]


FORMS: dict[str, Callable[[pa.Table], Any]] = {
    "pandas": lambda table: table.to_pandas(),
    "pandas categories": as_pandas_categories,
    "pandas floats": as_pandas_floats,
    "pandas with Arrow types": lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
    "polars": pl.DataFrame,
    "polars categories": as_polars_categories,
    "DuckDB relation": as_duckdb_relation,
    "batches of seven": chunked,
    "slices": sliced,
    "dictionaries": with_dictionaries,
    "large_utf8": with_text_type(pa.large_string()),
    "utf8_view": with_text_type(pa.string_view()),
    "decimal of scale 2": with_type("amount", pa.decimal128(18, 2)),
    "decimal of scale 6": with_type("amount", pa.decimal128(38, 6)),
    "decimal of scale 9": with_type("amount", pa.decimal128(38, 9)),
    "float64 amounts": with_type("amount", pa.float64()),
    "text amounts": lambda table: with_column(table, "amount", as_text(table, "amount")),
    "dictionary of text amounts": lambda table: with_column(
        table, "amount", as_text(table, "amount").dictionary_encode()
    ),
    "text times": lambda table: with_column(table, "timestamp", as_text(table, "timestamp")),
    "seconds": with_type("timestamp", pa.timestamp("s")),
    "milliseconds": with_type("timestamp", pa.timestamp("ms")),
    "nanoseconds": with_type("timestamp", pa.timestamp("ns")),
}


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return shop()


@pytest.fixture(scope="module")
def expected(table: pa.Table) -> dict[str, bytes | str]:
    result = answers(transactions_of(table))
    assert all(isinstance(answer, bytes) for answer in result.values())
    return result


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_equal_bytes(
    table: pa.Table, expected: dict[str, bytes | str], form: str
) -> None:
    source = FORMS[form](table)
    # A chunked reader does not say its columns; all forms have those of the table.
    mapping = {"region": "region", "kind": "kind"}
    transactions = ea.Transactions.from_arrow(source, **MAPPING, **mapping)
    if form == "slices":
        source = pa.concat_tables([table.slice(250)[50:], table])
        assert transactions.num_rows == 300
    assert answers(transactions) == expected
    assert transactions.report == transactions_of(table).report


def test_a_slice_holds_its_own_rows(table: pa.Table) -> None:
    part = transactions_of(table[37:211])
    rows = table.to_pylist()[37:211]
    assert part.report.kept.money == total([row["amount"] for row in rows])
    assert part.num_orders == len({row["order"] for row in rows})


@pytest.mark.parametrize("as_objects", [False, True], ids=["arrays", "lists"])
def test_arrays_give_equal_bytes(
    table: pa.Table, expected: dict[str, bytes | str], as_objects: bool
) -> None:
    columns = {
        name: table[name].to_pylist() for name in ("customer", "order", "region", "kind", "amount")
    }
    times = table["timestamp"].to_pylist()
    arrays: dict[str, Any] = columns | {"timestamp": times}
    if not as_objects:
        arrays |= {
            "order": np.array(columns["order"]),
            "kind": np.array(columns["kind"]),
            "amount": np.array([float(amount) for amount in columns["amount"]]),
            "timestamp": np.array(times, dtype="datetime64[ns]"),
        }
    assert answers(ea.Transactions.from_arrays(**arrays)) == expected


@pytest.mark.parametrize("type_", [pa.int8(), pa.int16(), pa.uint8(), pa.uint32(), pa.uint64()])
def test_integer_keys_of_any_width_give_equal_bytes(type_: pa.DataType) -> None:
    table = shop(integer_keys=True)
    expected = answers(transactions_of(table))
    for name in ("customer", "order", "region"):
        assert answers(transactions_of(with_type(name, type_)(table))) == expected


def test_pandas_turns_integer_keys_with_gaps_into_floats() -> None:
    table = shop(integer_keys=True)
    expected = answers(transactions_of(table))
    frame = table.to_pandas()
    assert frame["customer"].dtype == np.float64
    assert answers(transactions_of(frame)) == expected
    # Others keep NaN where pandas writes null.
    customers = pa.array(frame["customer"].to_numpy(), from_pandas=False)
    assert customers.null_count == 0
    assert answers(transactions_of(with_column(table, "customer", customers))) == expected
    regions = frame["region"].to_numpy()
    arrays = {name: frame[name].to_numpy() for name in ("customer", "order", "kind", "timestamp")}
    assert (
        answers(
            ea.Transactions.from_arrays(
                **arrays, region=regions, amount=[str(amount) for amount in frame["amount"]]
            )
        )
        == expected
    )


@pytest.mark.parametrize("type_", [pa.date32(), pa.date64()])
def test_dates_are_midnights(type_: pa.DataType) -> None:
    days = [date(2017, 1, 1) + timedelta(days=number * 37 % 200) for number in range(40)]
    lines = [
        Line(number % 7, number, datetime(day.year, day.month, day.day), Decimal(5))
        for number, day in enumerate(days)
    ]
    table = table_of(lines)
    dated = with_column(table, "timestamp", pa.array(days, type_))
    assert answers(transactions_of(dated)) == answers(transactions_of(table))


def test_instants_become_civil_time() -> None:
    table = shop()
    instants = pa.array(
        [time.replace(tzinfo=UTC) for time in table["timestamp"].to_pylist()],
        pa.timestamp("us", "America/Sao_Paulo"),
    )
    instants_table = with_column(table, "timestamp", instants)
    with pytest.raises(ea.InvalidData, match=r"^ingest: an instant needs the shop's time_zone"):
        transactions_of(instants_table)
    # The zone in the type says how to show an instant, not where the shop is.
    assert answers(transactions_of(instants_table, time_zone="UTC")) == answers(
        transactions_of(table)
    )
    assert answers(transactions_of(instants_table, time_zone="Asia/Kathmandu")) != answers(
        transactions_of(table)
    )
    # Civil time is not shifted.
    assert answers(transactions_of(table, time_zone="Asia/Kathmandu")) == answers(
        transactions_of(table)
    )


@given(order_logs())
def test_the_report_counts_every_line(log: OrderLog) -> None:
    transactions = log.transactions()
    report = transactions.report
    amounts = [line.amount for line in log.lines]
    assert (report.read.num_lines, report.read.money) == (len(amounts), total(amounts))
    assert (report.kept.num_lines, report.kept.money) == (len(amounts), total(amounts))
    assert report.removed == ()
    assert [kind.name for kind in report.kinds] == list(KINDS)
    for kind in report.kinds:
        own = [line.amount for line in log.lines if kind_of(line) == kind.name]
        assert (kind.num_lines, kind.money) == (len(own), total(own))
    guests = [line.amount for line in log.lines if line.customer is None]
    assert (report.guests.num_lines, report.guests.money) == (len(guests), total(guests))
    assert report.num_orders == len({line.order for line in log.lines})
    assert report.num_customers == len({line.customer for line in log.lines} - {None})
    assert transactions.num_rows == len(transactions) == len(log.lines)
    assert transactions.num_orders == report.num_orders
    assert transactions.num_customers == report.num_customers


def test_cleaning_is_counted_by_rule() -> None:
    table = pa.table(
        {
            "customer": ["ana", "bo", None, "ana"],
            "order": [1, 2, 3, 4],
            "timestamp": ["2024-01-01"] * 4,
            "amount": ["1", "20", None, "4000"],
            "why": [None, "price_zero", "no_customer", "price_zero"],
        }
    )
    report = transactions_of(
        table, removed_by="why", cleaning_rules=["no_customer", "duplicate", "price_zero"]
    ).report
    # An amount that is missing is one of a line that is left out: it is no error and no money.
    assert [(one.name, one.num_lines, one.money) for one in report.removed] == [
        ("no_customer", 1, Decimal(0)),
        ("duplicate", 0, Decimal(0)),
        ("price_zero", 2, Decimal(4020)),
    ]
    assert (report.read.num_lines, report.read.money) == (4, Decimal(4021))
    assert (report.kept.num_lines, report.kept.money) == (1, Decimal(1))
    assert (report.num_customers, report.num_orders) == (1, 1)
    unlisted = transactions_of(table, removed_by="why").report.removed
    assert [one.name for one in unlisted] == ["no_customer", "price_zero"]
    with pytest.raises(ea.InvalidData, match=r"^ingest: not one of the cleaning rules") as caught:
        transactions_of(table, removed_by="why", cleaning_rules=["no_customer"])
    assert (caught.value.row, caught.value.column) == (2, "why")
    assert caught.value.value == "price_zero"


def test_the_report_can_be_written_as_json() -> None:
    report = transactions_of(shop()).report
    written = json.loads(json.dumps(report.to_dict()))
    assert Decimal(written["kept"]["money"]) == report.kept.money
    assert [kind["name"] for kind in written["kinds"]] == list(KINDS)
    assert written["num_orders"] == report.num_orders


def test_what_stands_beside_the_amount() -> None:
    table = shop()
    transactions = ea.Transactions.from_arrow(
        table,
        **MAPPING,
        product="order",
        measures={"freight": "amount"},
        dimensions=["region"],
        currency="BRL",
    )
    assert transactions.measure_names == ("freight",)
    assert transactions.dimension_names == ("product", "region")
    assert transactions.currency == "BRL"
    assert transactions_of(table).currency is None
    renamed = ea.Transactions.from_arrow(table, **MAPPING, dimensions={"state": "region"})
    assert renamed.dimension_names == ("state",)
    with pytest.raises(ea.InvalidArgument, match=r"^measures and dimensions are lists of names"):
        ea.Transactions.from_arrow(table, **MAPPING, dimensions="region")
    with pytest.raises(ea.SchemaMismatch, match=r"^transactions: a name stands twice") as caught:
        ea.Transactions.from_arrow(table, **MAPPING, region="region", dimensions=["region"])
    assert caught.value.value == "region"


def test_kinds_without_a_column_follow_the_amount() -> None:
    table = shop().drop_columns(["kind"])
    report = transactions_of(table).report
    signs = [(amount > 0) - (amount < 0) for amount in table["amount"].to_pylist()]
    kinds = {kind.name: kind.num_lines for kind in report.kinds}
    assert kinds["sale"] == signs.count(1)
    assert kinds["refund"] == signs.count(-1)
    assert kinds["adjustment"] == signs.count(0)


def lines_table(**changes: Any) -> pa.Table:
    """Return three lines that are in order, with some columns changed, added or left out."""
    columns: dict[str, Any] = {
        "customer": ["ana", "bo", None],
        "order": ["A", "B", "C"],
        "timestamp": ["2024-01-01", "2024-01-02", "2024-01-03"],
        "amount": ["1.50", "2", "3"],
    }
    columns |= changes
    return pa.table({name: column for name, column in columns.items() if column is not None})


def test_a_line_without_a_kind_follows_its_amount() -> None:
    table = lines_table(kind=["shipping", None, None], amount=["1", "-2", "0"])
    report = ea.Transactions.from_arrow(table, **MAPPING, kind="kind").report
    kinds = {kind.name: kind.num_lines for kind in report.kinds if kind.num_lines > 0}
    assert kinds == {"shipping": 1, "refund": 1, "adjustment": 1}


SCHEMA_ERRORS: dict[str, tuple[pa.Table, dict[str, Any], str, dict[str, Any]]] = {
    "a column is missing": (
        lines_table(amount=None, price=["1", "2", "3"]),
        {},
        "ingest: there is no such column among",
        {"column": "amount"},
    ),
    "a time is a number": (
        lines_table(timestamp=[1.0, 2.0, 3.0]),
        {},
        "ingest: a time must be a timestamp, a date or text",
        {"column": "timestamp"},
    ),
    "a key is a time": (
        lines_table(customer=pa.array([0, 1, 2], pa.timestamp("us"))),
        {},
        "ingest: a key must be text or a whole number",
        {"column": "customer"},
    ),
    "a kind is a number": (
        lines_table(kind=[1, 2, 3]),
        {"kind": "kind"},
        "ingest: a kind of line must be text",
        {"column": "kind"},
    ),
    "a column is a list": (
        lines_table(order=[["A"], ["B"], ["C"]]),
        {},
        "arrow: no mapping can read a column of this type",
        {"column": "order"},
    ),
    "money is a whole number": (
        lines_table(amount=[1, 2, 3]),
        {},
        "ingest: say whether integer money counts major or minor units",
        {"column": "amount"},
    ),
    "two columns have the name": (
        pa.Table.from_arrays(
            [*lines_table().columns, pa.array(["A"] * 3)],
            names=["customer", "order", "timestamp", "amount", "order"],
        ),
        {},
        "ingest: two columns have the same name",
        {"column": "order"},
    ),
}

DATA_ERRORS: dict[str, tuple[pa.Table, dict[str, Any], str, dict[str, Any]]] = {
    "an amount is missing": (
        lines_table(amount=["1", None, "3"]),
        {},
        "ingest: a number is missing",
        {"row": 2, "column": "amount"},
    ),
    "an amount is empty": (
        lines_table(amount=["1", "2", ""]),
        {},
        "ingest: not a number",
        {"row": 3, "column": "amount"},
    ),
    "an amount is no number": (
        lines_table(amount=["1", "R$ 2", "3"]),
        {},
        "ingest: not a number",
        {"row": 2, "column": "amount", "value": "R$ 2"},
    ),
    "an amount has five decimals": (
        lines_table(amount=["1", "2", "1.23456"]),
        {},
        "ingest: a number has more than four decimals",
        {"row": 3, "column": "amount", "value": "1.23456"},
    ),
    "a decimal has five decimals": (
        lines_table(
            amount=pa.array([Decimal(1), Decimal("1.234560"), Decimal(3)], pa.decimal128(18, 6))
        ),
        {},
        "ingest: a number has more than four decimals",
        {"row": 2, "column": "amount", "value": "1.234560"},
    ),
    "an amount is NaN": (
        lines_table(amount=pa.array([1.0, float("nan"), 3.0])),
        {"rounding": "half_even"},
        "ingest: not a number",
        {"row": 2, "column": "amount"},
    ),
    "an amount is infinite": (
        lines_table(amount=[1.0, 2.0, float("inf")]),
        {},
        "ingest: not a number",
        {"row": 3, "column": "amount", "value": "inf"},
    ),
    "a time is missing": (
        lines_table(timestamp=pa.array([0, None, 2], pa.timestamp("us"))),
        {},
        "ingest: a time is missing",
        {"row": 2, "column": "timestamp"},
    ),
    "a time is no date": (
        lines_table(timestamp=["2024-01-01", "01/02/2024", "2024-01-03"]),
        {},
        "ingest: not a date or time of ISO 8601",
        {"row": 2, "column": "timestamp", "value": "01/02/2024"},
    ),
    "a time is finer than a microsecond": (
        lines_table(timestamp=pa.array([0, 1_001, 2], pa.timestamp("ns"))),
        {},
        "ingest: a time is finer than a microsecond",
        {"row": 2, "column": "timestamp"},
    ),
    "a time is far away": (
        lines_table(timestamp=pa.array([0, 2**60, 2], pa.timestamp("us"))),
        {},
        "ingest: a time is outside years 1400 to 9999",
        {"row": 2, "column": "timestamp"},
    ),
    "an order is missing": (
        lines_table(order=["A", None, "C"]),
        {},
        "ingest: an order is missing",
        {"row": 2, "column": "order"},
    ),
    "an order is empty": (
        lines_table(order=["A", "B", ""]),
        {},
        "ingest: an order is missing",
        {"row": 3, "column": "order"},
    ),
    "a key is no whole number": (
        lines_table(customer=[1.0, 2.5, 3.0]),
        {},
        "ingest: a key is no whole number",
        {"row": 2, "column": "customer", "value": "2.5"},
    ),
    "a key leaves 64 bits": (
        lines_table(customer=pa.array([1, 2, 2**63], pa.uint64())),
        {},
        "ingest: an integer key leaves 64 bits",
        {"row": 3, "column": "customer"},
    ),
    "a kind is no kind": (
        lines_table(kind=["sale", "Sale", "refund"]),
        {"kind": "kind"},
        "ingest: kind must be sale, refund, shipping",
        {"row": 2, "column": "kind", "value": "Sale"},
    ),
    "a measure is no number": (
        lines_table(freight=["1", "2", "x"]),
        {"measures": ["freight"]},
        "ingest: not a number",
        {"row": 3, "column": "freight", "value": "x"},
    ),
    "the rows are told by the source": (
        lines_table(amount=["1", "x", "3"], line=[10, 20, 30]),
        {"source_row": "line"},
        "ingest: not a number",
        {"row": 20, "column": "amount", "value": "x"},
    ),
    "rows count over batches": (
        pa.concat_tables(
            [lines_table(), lines_table(order=["D", "E", "F"]), lines_table(order=["G", "H", None])]
        ),
        {},
        "ingest: an order is missing",
        {"row": 9, "column": "order"},
    ),
    "there are no rows": (
        lines_table()[:0],
        {},
        "ingest: there are no rows",
        {},
    ),
}

ARGUMENT_ERRORS: dict[str, tuple[pa.Table, dict[str, Any], str, dict[str, Any]]] = {
    "no amount": (lines_table(), {"amount": None}, "ingest: exactly one of amount", {}),
    "amount and price": (
        lines_table(price=["1", "2", "3"]),
        {"unit_price": "price"},
        "ingest: exactly one of amount",
        {},
    ),
    "price without quantity": (
        lines_table(price=["1", "2", "3"]),
        {"amount": None, "unit_price": "price"},
        "ingest: exactly one of amount",
        {},
    ),
    "a rounding": (lines_table(), {"rounding": "up"}, "rounding must be one of", {"value": "up"}),
    "a unit": (
        lines_table(),
        {"integer_unit": "cents"},
        "integer_unit must be one of",
        {"value": "cents"},
    ),
    "a rule": (lines_table(), {"purchases": "all"}, "purchases must be one of", {"value": "all"}),
    "a zone": (
        lines_table(),
        {"time_zone": "Mars/Olympus"},
        "time_zone is not in the IANA database",
        {"value": "Mars/Olympus"},
    ),
}

ERRORS = {
    f"{kind.__name__}: {name}": (kind, *case)
    for kind, cases in (
        (ea.SchemaMismatch, SCHEMA_ERRORS),
        (ea.InvalidData, DATA_ERRORS),
        (ea.InvalidArgument, ARGUMENT_ERRORS),
    )
    for name, case in cases.items()
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_what_and_where(name: str) -> None:
    kind, table, changes, words, place = ERRORS[name]
    with pytest.raises(kind) as caught:
        ea.Transactions.from_arrow(table, **(MAPPING | changes))
    error = caught.value
    assert type(error) is kind
    assert str(error).startswith(words), str(error)
    told = {name: getattr(error, name) for name in ("file", "row", "column", "value")}
    assert {name: value for name, value in told.items() if name in place} == place
    assert told["file"] is None
    assert (told["row"] is None) == ("row" not in place)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.row) == (kind, str(error), error.row)


def test_a_missing_column_names_those_there_are() -> None:
    with pytest.raises(ea.SchemaMismatch) as caught:
        ea.Transactions.from_arrow(lines_table(), **(MAPPING | {"amount": "price"}))
    for name in ("price", *lines_table().column_names):
        assert name in str(caught.value)


@pytest.mark.parametrize("customers", [["ana", "bo", "bo"], ["ana", "bo", None], [None, "bo", "a"]])
def test_an_order_of_two_customers_names_both_rows(customers: list[str | None]) -> None:
    table = lines_table(order=["first order", "B", "first order"], customer=customers)
    with pytest.raises(ea.InvalidData, match=r"^ingest: an order with lines of two customers") as e:
        ea.Transactions.from_arrow(table, **MAPPING)
    assert "first order, rows 1 and 3" in str(e.value)
    assert e.value.row == 3


def test_a_reader_that_was_read_before() -> None:
    reader = chunked(lines_table())
    reader.read_all()
    with pytest.raises((ea.InvalidData, ea.IOFailure), match=r"^(ingest|arrow): .*read before"):
        ea.Transactions.from_arrow(reader, **MAPPING)


def test_a_stream_that_breaks_off() -> None:
    def batches() -> Any:
        yield lines_table().to_batches()[0]
        raise OSError("the disk is on fire")

    reader = pa.RecordBatchReader.from_batches(lines_table().schema, batches())
    with pytest.raises(ea.IOFailure, match=r"the disk is on fire"):
        ea.Transactions.from_arrow(reader, **MAPPING)


def test_what_is_no_table() -> None:
    lazy = pl.DataFrame(lines_table()).lazy()
    for source in ({"customer": ["ana"]}, [1, 2], lazy):
        with pytest.raises(ea.SchemaMismatch, match=r"^from_arrow needs an object with __arrow_c"):
            ea.Transactions.from_arrow(source, **MAPPING)  # type: ignore[arg-type]


def test_columns_that_nobody_asks_for_may_be_of_any_type() -> None:
    more = {
        "tags": [["a"], [], None],
        "place": [{"x": 1}] * 3,
        "half": pa.array([1, 2, 3], pa.duration("s")),
    }
    assert ea.Transactions.from_arrow(lines_table(**more), **MAPPING).num_rows == 3
    frame = lines_table().to_pandas().assign(mixed=[1, "a", object()])
    assert ea.Transactions.from_arrow(frame, **MAPPING).num_rows == 3


def test_arrays_of_unequal_length() -> None:
    with pytest.raises(ea.SchemaMismatch, match=r"^from_arrays: an array has another length") as e:
        ea.Transactions.from_arrays(
            customer=["ana", "bo"], order=["A", "B"], timestamp=["2024-01-01"], amount=[1.0, 2.0]
        )
    assert e.value.column == "timestamp"


def test_arrays_of_another_shape_or_kind() -> None:
    lines: dict[str, Any] = {
        "customer": ["ana", "bo"],
        "order": ["A", "B"],
        "timestamp": ["2024-01-01", "2024-01-02"],
        "amount": [1.0, 2.0],
    }
    for name, values in (
        ("amount", [[1.0], [2.0]]),
        ("amount", np.array([1, 2], dtype=complex)),
        ("customer", ["ana", object()]),
        ("customer", np.array(["ana", 5], dtype=object)),
        ("order", [1, 2**64]),
    ):
        with pytest.raises(ea.SchemaMismatch, match=r"^from_arrays: ") as caught:
            ea.Transactions.from_arrays(**(lines | {name: values}))
        assert caught.value.column == name


def test_arrays_may_have_gaps_strides_and_foreign_bytes() -> None:
    amounts = np.array([[1.5, 9], [2.5, 9]], dtype=">f8")[:, 0]
    transactions = ea.Transactions.from_arrays(
        customer=np.array(["ana", None], dtype=object),
        order=np.arange(6, dtype=np.int16)[::3],
        timestamp=np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[D]"),
        amount=amounts,
        measures={"freight": [Decimal("0.1"), Decimal("0.2")]},
        dimensions={"region": ["SP", None]},
    )
    assert transactions.report.kept.money == 4
    assert transactions.report.guests.num_lines == 1
    assert transactions.measure_names == ("freight",)
    assert transactions.dimension_names == ("region",)


GOLDEN_INPUT = input_path("rfm/five_customers")


def test_files_give_equal_bytes(tmp_path: Path) -> None:
    table = pa.csv.read_csv(
        GOLDEN_INPUT,
        convert_options=pa.csv.ConvertOptions(
            column_types={"amount": pa.decimal128(18, 4)}, strings_can_be_null=True
        ),
    )
    expected = answers(ea.Transactions.from_arrow(table, **MAPPING))
    assert answers(ea.Transactions.from_csv(GOLDEN_INPUT, **MAPPING)) == expected
    path = tmp_path / "lines.parquet"
    pa.parquet.write_table(table, path)
    assert answers(ea.Transactions.from_parquet(path, **MAPPING)) == expected
    semicolons = tmp_path / "lines.csv"
    semicolons.write_text(GOLDEN_INPUT.read_text().replace(",", ";"), encoding="utf-16")
    assert (
        answers(ea.Transactions.from_csv(semicolons, delimiter=";", encoding="utf-16", **MAPPING))
        == expected
    )


def test_errors_in_files_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(
        "customer,order,timestamp,amount\nana,A,2024-01-01,1\nbo,B,2024-01-02,1.23456\n"
    )
    with pytest.raises(ea.InvalidData) as caught:
        ea.Transactions.from_csv(path, **MAPPING)
    error = caught.value
    assert (error.file, error.row, error.column, error.value) == (str(path), 2, "amount", "1.23456")
    assert f'file "{path}", row 2, column "amount"' in str(error)
    for read in (ea.Transactions.from_csv, ea.Transactions.from_parquet):
        with pytest.raises(ea.IOFailure) as absent:
            read(tmp_path / "absent", **MAPPING)
        assert absent.value.file == str(tmp_path / "absent")


def test_the_family_of_errors() -> None:
    for kind, builtin in (
        (ea.InvalidArgument, ValueError),
        (ea.InvalidData, ValueError),
        (ea.SchemaMismatch, ValueError),
        (ea.IOFailure, OSError),
        (ea.MoneyOverflow, OverflowError),
        (ea.MissingExtra, ImportError),
    ):
        assert issubclass(kind, ea.Error)
        assert issubclass(kind, builtin)


def test_defaults_of_both_ways_in_are_the_same() -> None:
    arrow = inspect.signature(ea.Transactions.from_arrow).parameters
    arrays = inspect.signature(ea.Transactions.from_arrays).parameters
    defaults = {name: parameter.default for name, parameter in arrow.items()}
    for name in ("currency", "time_zone", "rounding", "integer_unit"):
        assert defaults[name] is None
        assert arrays[name].default is None
    assert defaults["purchases"] == arrays["purchases"].default == "positive_amount"


def from_arrays(**changes: Any) -> ea.Transactions:
    """Read two lines that are in order, with some arrays changed."""
    lines: dict[str, Any] = {
        "customer": ["ana", "bo"],
        "order": ["A", "B"],
        "timestamp": ["2024-01-01", "2024-01-02"],
        "amount": ["1.50", "2"],
    }
    return ea.Transactions.from_arrays(**(lines | changes))


def customers_of(transactions: ea.Transactions) -> list[Any]:
    customers: list[Any] = ea.rfm.score(transactions)["customer"].tolist()
    return customers


def recency_of(transactions: ea.Transactions) -> list[int]:
    days: list[int] = ea.rfm.score(transactions, as_of="2024-01-11")["recency_days"].tolist()
    return days


KATHMANDU = timezone(timedelta(hours=5, minutes=45))
# Stands for 00:15 of the next day in Kathmandu.
LATE = [datetime(2024, 1, 1, 18, 30, tzinfo=UTC), datetime(2024, 1, 2, 18, 30, tzinfo=UTC)]


@pytest.mark.parametrize(
    "times",
    [
        LATE,
        np.array(LATE, dtype=object),
        [time.astimezone(KATHMANDU) for time in LATE],
        [pd.Timestamp(time) for time in LATE],
        pd.Series(LATE),
        pd.Series(LATE).dt.tz_convert("America/Sao_Paulo"),
    ],
    ids=["datetimes", "objects", "another zone", "Timestamps", "Series", "Series elsewhere"],
)
def test_arrays_of_instants_need_a_zone(times: Any) -> None:
    with pytest.raises(ea.InvalidData, match=r"^ingest: an instant needs the shop's time_zone"):
        from_arrays(timestamp=times)
    assert recency_of(from_arrays(timestamp=times, time_zone="UTC")) == [9, 8]
    assert recency_of(from_arrays(timestamp=times, time_zone="Asia/Kathmandu")) == [8, 7]


def test_times_with_and_without_a_zone_do_not_mix() -> None:
    for other in (datetime(2024, 1, 1), date(2024, 1, 1), np.datetime64("2024-01-01")):
        with pytest.raises(ea.SchemaMismatch, match=r"^from_arrays: some times have a zone") as e:
            from_arrays(timestamp=[LATE[0], other], time_zone="UTC")
        assert e.value.column == "timestamp"


@pytest.mark.parametrize(
    "times",
    [
        np.array([0, 213_503_983], dtype="datetime64[D]"),
        np.array([0, 2**62], dtype="datetime64[s]"),
        np.array([0, 1_001], dtype="datetime64[ns]"),
        np.array([0, 1], dtype="datetime64[ps]"),
        np.array([0, 2**60], dtype="datetime64[100ns]"),
        [np.datetime64(0, "D"), np.datetime64(213_503_983, "D")],
        [np.datetime64(0, "D"), np.datetime64(1, "ns")],
        [pd.Timestamp(0), pd.Timestamp(1_001)],
        pd.Series([pd.Timestamp(0), pd.Timestamp(1_001)]),
    ],
    ids=str,
)
def test_times_are_neither_wrapped_nor_cut(times: Any) -> None:
    with pytest.raises(ea.InvalidData, match=r"^from_arrays: a time is finer than a micros") as e:
        from_arrays(timestamp=times)
    assert (e.value.row, e.value.column) == (2, "timestamp")


@pytest.mark.parametrize(
    ("keys", "first", "second"),
    [
        (["ana", "bo"], "ana", "bo"),
        (np.array(["ana", "bo"], dtype=object), "ana", "bo"),
        ([7, 8], 7, 8),
        (np.array([7, 8], dtype=np.uint8), 7, 8),
        ([7.0, 8.0], 7, 8),
        ([True, False], "true", "false"),
    ],
    ids=str,
)
def test_what_a_mask_hides_is_missing(keys: Any, first: Any, second: Any) -> None:
    for mask, expected in (([False, True], [first]), ([True, False], [second])):
        masked = np.ma.MaskedArray(keys, mask=mask)
        for customers in (masked, masked[::-1]):
            transactions = from_arrays(customer=customers)
            assert transactions.report.guests.num_lines == 1
            assert customers_of(transactions) == expected
    everyone = from_arrays(customer=np.ma.MaskedArray(keys))
    assert everyone.report.guests.num_lines == 0


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("amount", np.ma.MaskedArray([1.5, 2.5], mask=[False, True])),
        ("amount", np.ma.MaskedArray(["1.5", "2.5"], mask=[False, True])),
        ("timestamp", np.ma.MaskedArray(np.zeros(2, "datetime64[s]"), mask=[False, True])),
        ("timestamp", np.ma.MaskedArray(LATE, mask=[False, True])),
        ("order", np.ma.MaskedArray([1, 2], mask=[False, True])),
        ("order", [1, np.ma.masked]),
    ],
    ids=str,
)
def test_what_a_mask_hides_must_not_be_missing(name: str, values: Any) -> None:
    with pytest.raises(ea.InvalidData, match=r"^ingest: an? \w+ is missing") as caught:
        from_arrays(**{name: values}, time_zone="UTC")
    assert (caught.value.row, caught.value.column) == (2, name)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, False], ["false", "true"]),
        ([True, None], ["true"]),
        ([np.True_, np.False_], ["false", "true"]),
        ([1, 2.0], [1, 2]),
        ([1, float("nan")], [1]),
        ([np.int8(1), 2], [1, 2]),
        (["a", float("nan")], ["a"]),
        (["a", np.str_("b")], ["a", "b"]),
        ([Decimal("sNaN"), Decimal(5)], ["5"]),
        ([pd.NA, "b"], ["b"]),
    ],
    ids=str,
)
def test_lists_arrays_and_objects_mean_the_same(values: list[Any], expected: list[Any]) -> None:
    assert customers_of(from_arrays(customer=values)) == expected
    assert customers_of(from_arrays(customer=np.array(values, dtype=object))) == expected
    # Numpy reads some lists as numbers of its own; others it would turn into text.
    array = np.array(values)
    if array.dtype.kind in "bif":
        assert customers_of(from_arrays(customer=array)) == expected


@pytest.mark.parametrize(
    "values",
    [
        ["a", 1],
        [1, "a"],
        [True, 1],
        [Decimal(1), "1"],
        [Decimal(1), 1.0],
        [0.5, 2**53 + 1],
        [datetime(2024, 1, 1), "2024-01-01"],
        [1, [2]],
        [1, np.timedelta64(1, "s")],
        [1, np.float32(1)],
    ],
    ids=str,
)
def test_one_kind_of_value_in_a_list(values: list[Any]) -> None:
    objects = np.empty(2, dtype=object)
    objects[:] = values
    for array in (values, objects):
        with pytest.raises(ea.SchemaMismatch, match=r"^from_arrays: ") as caught:
            from_arrays(customer=array)
        assert (caught.value.row, caught.value.column) == (2, "customer")


@pytest.mark.parametrize("empty", [[], np.array([]), np.array([], dtype="datetime64[s]"), ()])
def test_empty_arrays_are_no_rows(empty: Any) -> None:
    with pytest.raises(ea.InvalidData, match=r"^ingest: there are no rows"):
        ea.Transactions.from_arrays(customer=empty, order=empty, timestamp=empty, amount=empty)


@pytest.mark.parametrize("texts", [["a", "\udc80"], np.array(["a", "\udc80"])])
def test_half_a_surrogate_pair(texts: Any) -> None:
    with pytest.raises(ea.InvalidData, match=r"^from_arrays: half of a surrogate pair") as caught:
        from_arrays(customer=texts)
    assert (caught.value.row, caught.value.column) == (2, "customer")


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "[/]", "€", "EU1", "EUR\n", 978])
def test_no_currency(currency: Any) -> None:
    with pytest.raises(ea.InvalidArgument, match=r"^currency must be three capital letters"):
        from_arrays(currency=currency)
    with pytest.raises(ea.InvalidArgument, match=r"^currency must be three capital letters"):
        ea.Transactions.from_arrow(lines_table(), **MAPPING, currency=currency)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cleaning_rules": "ab"}, "cleaning_rules is a list of names"),
        ({"cleaning_rules": ["a", "b", "a"]}, "cleaning_rules: a rule stands twice"),
        ({"cleaning_rules": ["a", None]}, "a name must be text"),
        ({"customer": 0}, "a name must be text"),
        ({"order": "\udc80"}, "a name must be text"),
        ({"dimensions": {1: "order"}}, "a name must be text"),
        pytest.param(
            {"dimensions": iter(["order"])},
            "measures and dimensions are lists of names",
            id="an iterator",
        ),
        ({"rounding": []}, "rounding must be one of"),
        ({"integer_unit": {}}, "integer_unit must be one of"),
        ({"purchases": None}, "purchases must be one of"),
    ],
    ids=str,
)
def test_arguments_that_are_none(changes: dict[str, Any], words: str) -> None:
    table = lines_table(why=pa.array([None] * 3, pa.string()))
    with pytest.raises(ea.InvalidArgument) as caught:
        ea.Transactions.from_arrow(table, **(MAPPING | {"removed_by": "why"} | changes))
    assert str(caught.value).startswith(words)


def test_frames_that_pandas_cannot_export() -> None:
    frame = lines_table().to_pandas()
    twice = pd.concat([frame, frame[["order"]]], axis=1)
    for broken in (
        frame.assign(customer=pd.Series([1, "a", None], dtype=object)),
        frame.assign(amount=np.array([1j, 2, 3])),
        frame.assign(amount=pd.arrays.SparseArray([1.0, 2.0, 3.0])),
        twice,
    ):
        with pytest.raises(ea.SchemaMismatch, match=r"^from_arrow: Arrow cannot hold the frame"):
            ea.Transactions.from_arrow(broken, **MAPPING)
    with pytest.raises(ea.SchemaMismatch, match=r"^arrow: the stream is no table"):
        ea.Transactions.from_arrow(frame["order"], **MAPPING)


def test_a_relation_that_cannot_be_computed() -> None:
    relation = duckdb.connect().sql(
        "select 'ana' customer, 'A' as order, '2024-01-01' as timestamp, "
        "cast('x' || i as int) amount from range(3) numbers(i)"
    )
    with pytest.raises(ea.IOFailure, match=r"Could not convert string 'x0'"):
        ea.Transactions.from_arrow(relation, **MAPPING)


def test_pandas_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = lines_table().to_pandas()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ea.MissingExtra, match=r'pip install "ecommerce-analytics\[io\]"'):
        ea.Transactions.from_arrow(frame, **MAPPING)


def test_files_are_read_for_the_mapped_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = lines_table(state=["SP", "RJ", None], more=["x", "y", "z"])
    path = tmp_path / "lines.parquet"
    pa.parquet.write_table(table, path)
    pa.csv.write_csv(table, tmp_path / "lines.csv")
    seen = []
    read = ea.Transactions.from_arrow.__func__  # type: ignore[attr-defined]

    def from_arrow(cls: type[ea.Transactions], source: pa.Table, **mapping: Any) -> Any:
        seen.append(source.column_names)
        return read(cls, source, **mapping)

    monkeypatch.setattr(ea.Transactions, "from_arrow", classmethod(from_arrow))
    mapping: Any = MAPPING | {"region": "state", "dimensions": {"again": "state"}}
    assert ea.Transactions.from_parquet(path, **mapping).num_rows == 3
    assert ea.Transactions.from_csv(tmp_path / "lines.csv", **mapping).num_rows == 3
    assert seen == [["customer", "order", "timestamp", "amount", "state"]] * 2


def test_rounding_starts_from_what_is_there() -> None:
    for rounding, text in (("half_up", "2.0001"), ("half_even", "2.0000")):
        options: Any = {"rounding": rounding}
        for amount, expected in (("2.00005", text), (2.00005, "2.0000")):
            money = from_arrays(amount=[amount, type(amount)("0")], **options).report.kept.money
            assert money == Decimal(expected)


def test_things_of_another_type() -> None:
    transactions = from_arrays()
    history = ea.CustomerHistory().add(transactions)
    scores = ea.rfm.score(history)
    wrong: Any
    for wrong in (None, 5, pd.DataFrame(), scores):
        for call in (
            history.add,
            history.merge,
            ea.rfm.score,
            ea.rfm.summarize,
            ea.cohort.mean_retention,
        ):
            with pytest.raises(TypeError, match=r"(expected|needs the table)"):
                call(wrong)
    for wrong in (None, 5, transactions):
        for of_scores in (ea.rfm.segment, ea.rfm.tiers, ea.rfm.concentration):
            with pytest.raises(TypeError, match=r"needs the table"):
                of_scores(wrong)
    wrong = 5
    with pytest.raises(TypeError, match=r"^region must be the name of a dimension"):
        ea.CustomerHistory(region=wrong)
    with pytest.raises(TypeError, match=r"^region must be the name of a dimension"):
        ea.geo_aggregate.by_region(history, region=wrong)


@pytest.mark.parametrize(
    ("analysis", "options", "words"),
    [
        (ea.rfm.score, {"n_bins": 10**20}, "rfm: n_bins must be in"),
        (ea.rfm.score, {"n_bins": 1}, "rfm: n_bins must be in"),
        (ea.rfm.score, {"num_threads": 10**12}, "parallel: num_threads must be in"),
        (ea.kpi.summary, {"num_threads": -5}, "parallel: num_threads must be in"),
        (ea.kpi.summary, {"period": []}, "calendar: period must be"),
        (ea.kpi.summary, {"period": "decade"}, "calendar: period must be"),
        (ea.cohort.retention, {"period": None}, "calendar: period must be"),
        (ea.cohort.retention, {"kind": "sliding"}, "cohort: kind must be"),
        (ea.cohort.retention, {"measure": []}, "cohort: measure must be"),
        (ea.cohort.retention, {"confidence": 1}, "cohort: confidence must be"),
        (ea.cohort.retention, {"confidence": float("nan")}, "cohort: confidence must be"),
        (ea.geo_aggregate.by_region, {"as_of": pd.NaT}, "as_of is not a time"),
    ],
)
def test_options_are_checked_before_the_rows(
    analysis: Callable[..., ea.Table],
    options: dict[str, Any],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    transactions = from_arrays(region=["SP", "RJ"])
    history = ea.CustomerHistory(region="region").add(transactions)
    monkeypatch.setattr("ecommerce_analytics._core.CustomerHistory", None)
    for source in (transactions, history):
        with pytest.raises(ea.InvalidArgument) as caught:
            analysis(source, **options)
        assert str(caught.value).startswith(words)


def test_a_csv_file_has_no_integer_unit(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("who,nr,at,paid\nann,1,2026-01-05,500\n")
    mapping = {"customer": "who", "order": "nr", "timestamp": "at", "amount": "paid"}
    assert ea.Transactions.from_csv(path, **mapping).report.kept.money == 500
    with pytest.raises(ea.InvalidArgument, match="there is no integer_unit: minor"):
        ea.Transactions.from_csv(path, **mapping, integer_unit="minor")
