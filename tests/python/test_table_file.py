"""Any file of order lines as a data set: formats, sheets, persons, errors."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ecommerce_analytics as ea
from ecommerce_analytics import files

MAPPING = {"customer": "who", "order": "nr", "timestamp": "day", "amount": "paid", "region": "uf"}
LINES = "who,nr,day,paid,uf\nann,1,2024-01-05,5.25,SP\nbob,2,2024-01-06,7.00,RJ\n"
ROWS = [("ann", 17, "2024-01-05", 5.25, "SP"), ("bob", 2, "2024-01-06", 7.0, "RJ")]


def write_workbook(path: Path, **sheets: list[tuple[Any, ...]]) -> Path:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate([("who", "nr", "day", "paid", "uf"), *rows]):
                sheet.write_row(number, 0, row)
    return path


def test_a_file_of_each_format_gives_the_same_report(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(LINES)
    table = ea.datasets.read_table(tmp_path / "a.csv")
    pq.write_table(table, tmp_path / "a.parquet")
    write_workbook(tmp_path / "a.xlsx", Lines=ROWS)
    loaded = [ea.datasets.load_table(tmp_path / f"a.{end}", MAPPING) for end in ("csv", "parquet")]
    loaded.append(ea.datasets.load_table(tmp_path / "a.xlsx", MAPPING))
    assert [one.name for one in loaded] == ["csv", "parquet", "xlsx"]
    assert len({str(one.report) for one in loaded}) == 1
    for one, end in zip(loaded, ("csv", "parquet", "xlsx"), strict=True):
        assert one.region == "region"
        assert list(one.sources) == [f"a.{end}"]
        assert one.parameters == {"map": MAPPING}


def test_the_format_may_be_told(tmp_path: Path) -> None:
    path = tmp_path / "lines.data"
    path.write_text(LINES)
    with pytest.raises(ea.InvalidArgument, match=r"must end in \.csv"):
        ea.datasets.load_table(path, MAPPING)
    told = ea.datasets.load_table(path, MAPPING, file_format="csv")
    assert told.transactions.num_orders == 2
    with pytest.raises(ea.InvalidArgument, match="file_format must be one of"):
        ea.datasets.load_table(path, MAPPING, file_format="json")  # type: ignore[arg-type]


def test_sheets_of_a_workbook(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", One=ROWS[:1], Two=ROWS)
    with pytest.raises(ea.InvalidArgument, match="several sheets: choose one: One, Two"):
        ea.datasets.load_table(path, MAPPING)
    with pytest.raises(ea.InvalidArgument, match="no such sheet"):
        ea.datasets.load_table(path, MAPPING, sheet="Three")
    for sheet, num_orders in (("One", 1), ("Two", 2)):
        dataset = ea.datasets.load_table(path, MAPPING, sheet=sheet)
        assert dataset.transactions.num_orders == num_orders
        assert dataset.parameters["sheet"] == sheet
        assert ea.explain.lines(dataset, "read").num_rows == num_orders


def test_keys_of_a_workbook_are_text(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", Lines=ROWS)
    dataset = ea.datasets.load_table(path, MAPPING)
    assert ea.explain.lines(dataset, "read")["order"].to_pylist() == ["17", "2"]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", Lines=ROWS)
    with pytest.raises(ea.SchemaMismatch, match="the column is missing") as error:
        ea.datasets.load_table(path, MAPPING | {"customer": "client"})
    assert error.value.column == "client"


def test_bytes_in_place_of_a_file_and_persons_beside_it(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("customer,email,consent\nann,ann@example.com,yes\n")
    sent = files.SourceFile("../nowhere/lines.csv", LINES.encode())
    dataset = ea.datasets.load_table(sent, MAPPING, customers=people)
    assert dataset.customers is not None
    assert dataset.customers["email"].to_pylist() == ["ann@example.com"]
    assert list(dataset.sources) == ["lines.csv", "people.csv"]
    people.unlink()
    assert ea.explain.lines(dataset, "read").num_rows == 2  # The lines are in memory.


def test_a_table_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(LINES.replace(",", ";"))
    assert ea.datasets.read_table(path, delimiter=";").num_columns == 5
    typed = pa.table({"a": [1, 2]})
    pq.write_table(typed, tmp_path / "a.parquet")
    assert ea.datasets.read_table(tmp_path / "a.parquet").equals(typed)
