"""What columns mean is said once, in the glossary, for every column that a run writes."""

import csv
import runpy
from pathlib import Path

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
