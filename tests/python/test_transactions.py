import inspect
import json
import pickle
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
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
