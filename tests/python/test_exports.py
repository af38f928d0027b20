"""What columns mean is said once, in the glossary, for every column that a run writes."""

import csv
import runpy
from pathlib import Path

import pyarrow as pa
import pytest

import ecommerce_analytics as ea
from conftest import CHECKOUT
from ecommerce_analytics import exports
from ecommerce_analytics.run import run


def test_the_meanings_are_those_of_the_glossary() -> None:
    tool = runpy.run_path(str(CHECKOUT / "tools" / "column_meanings.py"))
    assert tool["file_text"](tool["GLOSSARY"]) == tool["FILE"].read_text(encoding="utf-8"), (
        "make docs"
    )


def test_every_column_of_a_run_has_a_meaning(tmp_path: Path) -> None:
    assert run(ea.datasets.make_synthetic(1_000, 3), tmp_path).skipped == {}
    for path in tmp_path.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            header = next(csv.reader(file))
        known = exports.meanings(path.stem)
        assert [column for column in header if not known.get(column)] == [], path.name
    assert exports.meanings("no_such_table") == {}


def _written(table: pa.Table, folder: Path, *, raw: bool) -> list[list[str]]:
    exports.write_csvs({"t.csv": exports.Export(table)}, folder, raw=raw)
    with (folder / "t.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("raw", [False, True])
def test_the_name_of_a_column_is_never_run_as_a_query(tmp_path: Path, raw: bool) -> None:
    secret, folder = tmp_path / "secret", tmp_path / "it's here"
    secret.write_text("hidden")
    folder.mkdir()
    name = f"region\" , (SELECT content FROM read_text('{secret}')) AS \"b"
    table = pa.table([["north"], ["south"], [7]], names=["region", name, f"{name}2"])
    assert _written(table, folder, raw=raw) == [
        ["region", name, f"{name}2"],
        ["north", "south", "7"],
    ]


def test_a_header_is_no_formula_unless_raw(tmp_path: Path) -> None:
    table = pa.table({"=1+1": [1], "@a": ["=2"], "plain": ["x"]})
    assert _written(table, tmp_path, raw=False) == [["'=1+1", "'@a", "plain"], ["1", "'=2", "x"]]
    assert _written(table, tmp_path, raw=True) == [["=1+1", "@a", "plain"], ["1", "=2", "x"]]
