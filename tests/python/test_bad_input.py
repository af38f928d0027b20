"""Bad input, one case each: class, words and place of the error, exit code, nothing written."""

import math
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from typer.testing import CliRunner

import ecommerce_analytics as ea
from bad_input import BAD_INPUTS, GOOD, MAPPING, lines
from conftest import CHECKOUT
from ecommerce_analytics import extras
from ecommerce_analytics.cli import app

MAP = [part for name in MAPPING for part in ("--map", f"{name}={name}")]


def run_cli(*arguments: object) -> tuple[int, str]:
    """Run the main job; return its exit code and what stands on stderr."""
    result = CliRunner().invoke(app, ["run", *map(str, arguments)])
    assert "Traceback" not in result.output
    return result.exit_code, result.stderr


def table_of(*rows: str) -> pa.Table:
    """Return lines of a CSV file as a table of text."""
    cells = [row.split(",") for row in rows]
    return pa.table(dict(zip(MAPPING, map(list, zip(*cells, strict=True)), strict=True)))


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_the_error_says_what_and_where(name: str, tmp_path: Path) -> None:
    bad = BAD_INPUTS[name]
    path = bad.write(tmp_path)
    with pytest.raises(ea.Error) as caught:
        bad.analyse(path)
    actual, expected = caught.value, bad.error(path)
    assert type(actual) is bad.kind
    assert (actual.text, actual.file) == (expected.text, expected.file)
    assert (actual.row, actual.column) == (expected.row, expected.column)
    if not bad.has_words_of_a_library:
        assert str(actual) == str(expected)


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_the_command_line_writes_nothing(name: str, tmp_path: Path) -> None:
    bad = BAD_INPUTS[name]
    path = bad.write(tmp_path)
    code, stderr = run_cli(*bad.arguments(path), "--output", tmp_path / "out")
    assert code == 1
    [line] = [line for line in stderr.splitlines() if line.startswith("error: ")]
    assert line.startswith(f"error: {bad.text}")
    if not bad.has_words_of_a_library:
        assert line == f"error: {bad.error(path)}"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["all refunds", "truncated Parquet"])
def test_old_outputs_stay(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "good.csv").write_bytes(lines(GOOD))
    assert run_cli("csv", tmp_path / "good.csv", *MAP, "--output", out)[0] == 0
    before = {one.name: one.read_bytes() for one in out.iterdir()}
    bad = BAD_INPUTS[name]
    assert run_cli(*bad.arguments(bad.write(tmp_path)), "--output", out)[0] == 1
    assert {one.name: one.read_bytes() for one in out.iterdir()} == before


def test_the_process_ends_with_the_code(tmp_path: Path) -> None:
    bad = BAD_INPUTS["text in a number column"]
    path = bad.write(tmp_path)
    arguments = ["run", *bad.arguments(path), "--output", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "ecommerce_analytics", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == f"error: {bad.error(path)}"
    assert not (tmp_path / "out").exists()


def test_an_unknown_role_of_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_bytes(lines(GOOD))
    arguments = ["csv", tmp_path / "good.csv", *MAP, "--map", "colour=customer"]
    code, stderr = run_cli(*arguments, "--output", tmp_path / "out")
    assert code == 2
    assert "colour" in stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("lines_end", ["\n", "\r\n"])
def test_a_line_break_in_quotes_is_a_part_of_the_text(tmp_path: Path, lines_end: str) -> None:
    name = f'"an{lines_end}n"'
    path = tmp_path / "lines.csv"
    path.write_bytes(lines(GOOD, f"{name},2,2026-01-06,5.00", f"{name},3,2026-01-07,x"))
    with pytest.raises(ea.InvalidData) as caught:
        ea.Transactions.from_csv(path, **MAPPING)  # type: ignore[arg-type]
    assert caught.value.row == 3
    path.write_bytes(lines(GOOD, f"{name},2,2026-01-06,5.00"))
    scores = ea.rfm.score(ea.Transactions.from_csv(path, **MAPPING))  # type: ignore[arg-type]
    assert scores["customer"].tolist() == [f"an{lines_end}n", "ann"]
    code, _ = run_cli("csv", path, *MAP, "--output", tmp_path / "out")
    assert code == 0


def test_a_stream_that_was_consumed() -> None:
    reader = pa.RecordBatchReader.from_batches(table_of(GOOD).schema, table_of(GOOD).to_batches())
    ea.Transactions.from_arrow(reader, **MAPPING)  # type: ignore[arg-type]
    with pytest.raises(ea.Error, match=r"stream was read before") as caught:
        ea.Transactions.from_arrow(reader, **MAPPING)  # type: ignore[arg-type]
    assert isinstance(caught.value, (ea.InvalidData, ea.IOFailure))


def test_one_customer_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_bytes(lines(GOOD, "ann,2,2026-02-05,5.00"))
    out = tmp_path / "out"
    assert run_cli("csv", tmp_path / "one.csv", *MAP, "--output", out)[0] == 0
    header, row = (out / "customer_rfm_segments.csv").read_text().splitlines()
    segment = dict(zip(header.split(","), row.split(","), strict=True))
    # One customer is neither better nor worse than the others: the middle of five scores.
    assert {segment[name] for name in ("r_score", "f_score", "m_score")} == {"3"}
    assert (segment["frequency"], segment["monetary"]) == ("2", "24.9000")


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_workbook_that_is_cut_off(tmp_path: Path, share: float) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["InvoiceNo"])
    path = tmp_path / "Online Retail.xlsx"
    workbook.save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    code, stderr = run_cli("online-retail", path, "--output", tmp_path / "out")
    assert code == 1
    words = "the file is truncated, damaged or no Excel workbook" if share else "the file is empty"
    assert f"error: {words}" in stderr
    assert str(path) in stderr
    assert not (tmp_path / "out").exists()


class TestCurrencies:
    TABLE = table_of(GOOD, "bob,2,2026-01-06,5.00", "eve,3,2026-01-07,1.00")

    def read(self, codes: Any, **options: Any) -> ea.Transactions:
        table = self.TABLE.append_column("currency", pa.array(codes, pa.string()))
        return ea.Transactions.from_arrow(table, **MAPPING, currency_column="currency", **options)  # type: ignore[arg-type]

    def test_one_becomes_that_of_the_table(self) -> None:
        assert self.read(["BRL"] * 3).currency == "BRL"
        assert self.read(["BRL"] * 3, currency="BRL").currency == "BRL"
        lists: dict[str, Any] = self.TABLE.to_pydict()
        coded = pa.array(["EUR"] * 3).dictionary_encode()
        table = self.TABLE.append_column("currency", coded)
        mapping: dict[str, Any] = MAPPING | {"currency_column": "currency"}
        assert ea.Transactions.from_arrow(table, **mapping).currency == "EUR"
        arrays = ea.Transactions.from_arrays(**lists, currency_column=["SEK"] * 3)
        assert arrays.currency == "SEK"

    @pytest.mark.parametrize(
        ("codes", "told", "row", "text"),
        [
            (["EUR", "EUR", "USD"], None, 3, "ingest: two currencies in one load: USD after EUR"),
            (["EUR"] * 3, "USD", 1, "ingest: another currency than the one told: EUR after USD"),
            (["EUR", None, "EUR"], None, 2, "ingest: a currency is missing: null"),
            (["EUR", "", "EUR"], None, 2, "ingest: a currency must be three capital letters"),
            (["eur"] * 3, None, 1, "ingest: a currency must be three capital letters"),
            (["EURO"] * 3, "EUR", 1, "ingest: a currency must be three capital letters"),
        ],
    )
    def test_any_other_is_refused(
        self, codes: list[str | None], told: str | None, row: int, text: str
    ) -> None:
        with pytest.raises(ea.InvalidData) as caught:
            self.read(codes, currency=told)
        assert str(caught.value).startswith(text)
        assert (caught.value.row, caught.value.column) == (row, "currency")

    def test_it_is_refused_across_batches(self) -> None:
        one, other = (
            self.TABLE.append_column("currency", pa.array([code] * 3)) for code in ("EUR", "USD")
        )
        other = other.set_column(1, "order", pa.array(["4", "5", "6"]))
        mapping: dict[str, Any] = MAPPING | {"currency_column": "currency"}
        with pytest.raises(ea.InvalidData, match=r"^ingest: two currencies") as caught:
            ea.Transactions.from_arrow(pa.concat_tables([one, other]), **mapping)
        assert caught.value.row == 4

    def test_lines_that_cleaning_removes_are_not_asked(self) -> None:
        table = self.TABLE.append_column("currency", pa.array(["EUR", "USD", None]))
        table = table.append_column("why", pa.array([None, "foreign", "unknown"]))
        mapping: dict[str, Any] = MAPPING | {"currency_column": "currency", "removed_by": "why"}
        assert ea.Transactions.from_arrow(table, **mapping).currency == "EUR"

    def test_numbers_are_no_codes(self) -> None:
        table = self.TABLE.append_column("currency", pa.array([978] * 3))
        mapping: dict[str, Any] = MAPPING | {"currency_column": "currency"}
        with pytest.raises(ea.SchemaMismatch, match=r"^ingest: a currency must be text"):
            ea.Transactions.from_arrow(table, **mapping)


class TestSpreadsheetMarks:
    ROWS = ("'=ann,1,2026-01-05,19.90", "'ann,2,2026-01-05,-5.00", "''eve,3,2026-01-05,1.00")

    def customers(self, path: Path, **options: Any) -> list[str]:
        path.write_bytes(lines(*self.ROWS, "bob,4,2026-01-05,1.00"))
        mapping: dict[str, Any] = MAPPING | {"kind": None, "purchases": "every_line"}
        scores = ea.rfm.score(ea.Transactions.from_csv(path, **mapping, **options))
        customers: list[str] = scores["customer"].tolist()
        return sorted(customers)

    def test_they_stay_in_a_file_of_others(self, tmp_path: Path) -> None:
        kept = ["''eve", "'=ann", "'ann", "bob"]
        assert self.customers(tmp_path / "lines.csv") == kept
        (tmp_path / "run.json").write_text('{"spreadsheet_safe": true, "outputs": {"x.csv": ""}}')
        assert self.customers(tmp_path / "lines.csv") == kept

    def test_they_go_where_asked_or_in_a_file_of_ours(self, tmp_path: Path) -> None:
        taken_off = ["'ann", "'eve", "=ann", "bob"]
        path = tmp_path / "lines.csv"
        assert self.customers(path, spreadsheet_safe=True) == taken_off
        manifest = '{"spreadsheet_safe": true, "outputs": {"lines.csv": ""}}'
        (tmp_path / "run.json").write_text(manifest)
        assert self.customers(path) == taken_off
        assert self.customers(path, spreadsheet_safe=False) == ["''eve", "'=ann", "'ann", "bob"]


def test_a_file_with_all_options_of_its_form(tmp_path: Path) -> None:
    path = tmp_path / "lignes.csv"
    rows = ["Hélène;1;2026-01-05;1 234,50", "Zoé;2;2026-01-06;-5"]
    path.write_bytes("\r\n".join(["client;commande;date;prix", *rows]).encode("cp1252"))
    tx = ea.Transactions.from_csv(
        path,
        customer="client",
        order="commande",
        timestamp="date",
        amount="prix",
        delimiter=";",
        encoding="cp1252",
        decimal=",",
        thousands=" ",
    )
    assert str(tx.report.kept.money) == "1229.5000"
    assert ea.rfm.score(tx)["customer"].tolist() == ["Hélène"]


# --- docs/errors.md ---


def one_bin() -> None:
    table = ea.Transactions.from_arrow(table_of(GOOD), **MAPPING)  # type: ignore[arg-type]
    ea.rfm.score(table, n_bins=1)


def no_rows() -> None:
    ea.Transactions.from_arrow(table_of(GOOD)[:0], **MAPPING)  # type: ignore[arg-type]


def wrong_name() -> None:
    mapping: dict[str, Any] = MAPPING | {"amount": "price"}
    ea.Transactions.from_arrow(table_of(GOOD), **mapping)


def no_file() -> None:
    ea.Transactions.from_csv("absent.csv", **MAPPING)  # type: ignore[arg-type]


def no_library() -> None:
    extras.require("io", "a_library_that_is_absent")


def a_customer_twice() -> None:
    Path("people.csv").write_text("customer,email\nann,ann@example.com\nann,\n")
    ea.datasets.read_customers("people.csv")


def a_short_secret() -> None:
    ea.privacy.key_check("too short")


def collinear_columns() -> None:
    X = [[1.0, 2.0], [2.0, 4.0], [3.0, 6.0], [4.0, 8.0]]
    ea.logistic.fit(X, [0, 1, 0, 1], C=math.inf, feature_names=["euros", "dollars"])


def not_a_number() -> None:
    ea.logistic.fit([[1.0], [math.nan]], [0, 1], feature_names=["recency_days"])


def one_class() -> None:
    ea.logistic.fit([[1.0], [2.0]], [1, 1])


OTHER_ERRORS: dict[str, Callable[[], None]] = {
    "a person twice": a_customer_twice,
    "a secret that is too short": a_short_secret,
    "an option out of range": one_bin,
    "a stream already consumed": no_rows,
    "unknown column of a table": wrong_name,
    "no such file": no_file,
    "a library that is absent": no_library,
    "collinear columns": collinear_columns,
    "NaN in a column": not_a_number,
    "one class": one_class,
}


def errors_of_the_page() -> dict[str, tuple[str, str]]:
    """Return class and message of each example of the page, by its name."""
    found = {}
    kind = ""
    for line in (CHECKOUT / "docs" / "errors.md").read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"## `(\w+)`", line):
            kind = heading[1]
        elif example := re.fullmatch(r"\| (.+?) \| `(.+)` \|", line):
            found[example[1]] = (kind, example[2])
    return found


def test_the_page_of_errors_is_made_of_real_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    actual = {}
    for name, bad in BAD_INPUTS.items():
        bad.write(tmp_path)
        with pytest.raises(ea.Error) as caught:
            bad.analyse(bad.name)
        if bad.has_words_of_a_library:
            caught.value.value = "…"
        actual[name] = (type(caught.value).__name__, str(caught.value))
    for name, call in OTHER_ERRORS.items():
        with pytest.raises(ea.Error) as caught:
            call()
        actual[name] = (type(caught.value).__name__, str(caught.value))
    assert errors_of_the_page() == actual


def test_the_page_of_errors_has_every_class_and_its_builtin() -> None:
    page = (CHECKOUT / "docs" / "errors.md").read_text(encoding="utf-8")
    kinds = ea.Error.__subclasses__()
    assert re.findall(r"^## `(\w+)`$", page, flags=re.MULTILINE) == [
        kind.__name__ for kind in kinds
    ]
    for kind in kinds:
        section = page.split(f"## `{kind.__name__}`")[1].split("\n## ")[0]
        [builtin] = [base for base in kind.__bases__ if base is not ea.Error]
        assert f"Also a `{builtin.__name__}`." in section
    assert "errors.md" in (CHECKOUT / "docs" / "index.md").read_text(encoding="utf-8")
