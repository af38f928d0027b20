"""The rule that keeps spreadsheets from running cells: what it marks, and that it can be undone."""

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecommerce_analytics import spreadsheet

DANGEROUS = ["=", "+", "-", "@", "'", "\t", "\r"]
TEXTS = st.text(st.sampled_from([*DANGEROUS, "a", "\u0301", "\n", " ", '"', "é"]), max_size=4)


def escaped(texts: list[str | None], name: str = "name") -> list[str | None]:
    table = pa.table({name: pa.array(texts, pa.string())})
    with duckdb.connect() as database:
        database.register("source", table)
        sql = f"SELECT {spreadsheet.escape_sql(name)} FROM source"
        return [row[0] for row in database.sql(sql).fetchall()]


def unescaped(texts: list[str | None]) -> list[str | None]:
    column: list[str | None] = spreadsheet.unescape(
        pa.chunked_array([pa.array(texts, pa.string())])
    ).to_pylist()
    return column


@pytest.mark.parametrize("first", DANGEROUS)
def test_a_dangerous_text_gets_a_mark(first: str) -> None:
    assert escaped([first, first + "1+1"]) == ["'" + first, "'" + first + "1+1"]


def test_other_texts_stay() -> None:
    harmless = ["ann", " =1", "", "\n=1", "1-1", None]
    assert escaped(harmless) == harmless
    assert unescaped([*harmless, "'ann", "'", "a'=1", "\n'=1"]) == [
        *harmless, "'ann", "'", "a'=1", "\n'=1"
    ]  # fmt: skip


@given(st.lists(st.one_of(st.none(), TEXTS), max_size=8))
@example(["=\u0301"])
def test_unescaping_gives_back_what_was_escaped(texts: list[str | None]) -> None:
    marked = escaped(texts)
    assert marked == ["'" + text if text and text[0] in DANGEROUS else text for text in texts]
    assert unescaped(marked) == texts


def test_any_name_of_a_column() -> None:
    assert escaped(["=1"], name='a "b" c') == ["'=1"]


class TestIsEscaped:
    def test_a_file_of_the_main_job(self, tmp_path: Path) -> None:
        manifest = {"spreadsheet_safe": True, "outputs": {"ours.csv": "00"}}
        (tmp_path / "run.json").write_text(json.dumps(manifest))
        assert spreadsheet.is_escaped(tmp_path / "ours.csv")
        assert not spreadsheet.is_escaped(tmp_path / "theirs.csv")

    @pytest.mark.parametrize(
        "text",
        [
            '{"spreadsheet_safe": false, "outputs": {"ours.csv": "00"}}',
            '{"spreadsheet_safe": 1, "outputs": {"ours.csv": "00"}}',
            '{"spreadsheet_safe": true}',
            '{"spreadsheet_safe": true, "outputs": null}',
            '{"outputs": {"ours.csv": "00"}}',
            "[1]",
            "no JSON",
            "[" * 100_000,
        ],
    )
    def test_anything_else_is_not(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "run.json").write_text(text)
        assert not spreadsheet.is_escaped(tmp_path / "ours.csv")

    def test_no_manifest(self, tmp_path: Path) -> None:
        assert not spreadsheet.is_escaped(tmp_path / "ours.csv")
