"""The executive report: its figures, its forms, its files, and names that mean harm."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import ecommerce_analytics as ea
from ecommerce_analytics import extras, report
from ecommerce_analytics.cli import app
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
from ecommerce_analytics.datasets.synthetic import synthetic_lines
from ecommerce_analytics.formats import ABSENT, Formats
from ecommerce_analytics.report import charts as report_charts
from ecommerce_analytics.report.document import Grid, Paragraph
from known_files import known_copy

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=https://example.com/x.png onerror=alert(1)>",
    "</style></svg><b>bold</b>",
    "=HYPERLINK(0)",
    "**bold** [link](javascript:alert(1)) `code` | cell",
    "# heading ~~gone~~ ![picture](https://example.com/x.png)",
    "two\nlines\twith\x1b[31mcolour\x00",
    "turned \u202earound",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
    "$x^2$ & {braces} % \\",
    'quotes " id="monthly-revenue" href="#x" url(#y)',
    "long " * 120,
)


class Page(HTMLParser):
    """What a browser would read of a file."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.figures: dict[str, str] = {}
        self._figure: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._figure = dict(attrs).get("data-figure")

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._figure is not None:
            self.figures[self._figure] = data
            self._figure = None


def document_of(
    dataset: ea.datasets.Dataset, filters: Filters = EVERYTHING, locale: str = "en-US"
) -> report.Document:
    findings = report.gather(Shop(dataset), filters)
    return report.compose(findings, Formats(locale, dataset.currency))


def hostile_shop() -> ea.datasets.Dataset:
    lines = ea.Transactions.from_arrays(
        customer=[f"c{number}" for number in range(len(HOSTILE))],
        order=list(range(len(HOSTILE))),
        timestamp=[f"2024-0{1 + number % 6}-01" for number in range(len(HOSTILE))],
        amount=[f"{100 + number}.00" for number in range(len(HOSTILE))],
        category=list(HOSTILE),
        region=list(reversed(HOSTILE)),
    )
    payments = ea.Payments.from_arrays(
        order=list(range(len(HOSTILE))), payment_type=list(HOSTILE), amount=["1.00"] * len(HOSTILE)
    )
    return ea.datasets.Dataset(
        name="<i>shop</i> | *x*", transactions=lines, region="region", payments=payments
    )


@pytest.fixture(scope="module")
def synthetic() -> ea.datasets.Dataset:
    return ea.datasets.make_synthetic(num_customers=900, random_state=5)


@pytest.fixture(scope="module")
def document(synthetic: ea.datasets.Dataset) -> report.Document:
    return document_of(synthetic)


@pytest.fixture(scope="module")
def hostile() -> report.Document:
    return document_of(hostile_shop())


def grids_of(document: report.Document, section: str) -> list[Grid]:
    [found] = [one for one in document.sections if one.name == section]
    return [block for block in found.blocks if isinstance(block, Grid)]


# --- figures ---


def test_all_parts_are_there_and_all_figures_say_their_rule_and_moment(
    document: report.Document,
) -> None:
    assert [one.name for one in document.sections] == [
        *("summary", "key-figures", "revenue", "categories", "payments", "segments", "value"),
        *("retention", "regions", "churn", "quality", "definitions"),
    ]
    assert document.warnings == ("Synthetic data: drawn from models, not of any shop.",)
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Grid):
                assert re.search(r"\w\. As of 2025-01-01\.$", block.rule), block.caption
                assert all(len(row) == len(block.columns) for row in block.rows)
            elif isinstance(block, Paragraph) and block.kind == "sentence":
                assert block.note.endswith("As of 2025-01-01.")


def test_key_figures_are_those_of_the_library_in_every_form(
    synthetic: ea.datasets.Dataset, document: report.Document
) -> None:
    written = Formats("en-US", synthetic.currency)
    total = ea.kpi.summary(synthetic.transactions)
    page = Page(report.render(document, "html").decode())
    markdown = report.render(document, "markdown").decode()
    units = {one.name: (one.title, one.unit) for one in ea.kpi.dictionary()}
    assert len(page.figures) == 9
    for name, shown in page.figures.items():
        [value] = total[name].tolist()
        title, unit = units[name]
        if name == "guest_share" and not total["guest_orders"][0]:
            value = None  # The source tells no guests: a zero would say too much.
        assert shown == written.by_unit(value, unit)
        assert f"| {title} | {shown} |" in markdown.replace("\\", "")


def test_every_table_of_a_group_is_that_of_the_library(
    synthetic: ea.datasets.Dataset, document: report.Document
) -> None:
    written = Formats("en-US", synthetic.currency)
    table = ea.aggregate.group_by(synthetic.transactions, by=["category"])
    best = sorted(
        zip(table["category"], table.decimals("revenue"), table["orders"], strict=True),
        key=lambda row: -(row[1] or 0),
    )
    [grid] = grids_of(document, "categories")
    assert [row[:3] for row in grid.rows] == [
        (name, written.money(revenue), written.count(int(orders)))
        for name, revenue, orders in best[:10]
    ]
    months = ea.kpi.summary(synthetic.transactions, period="month")
    [grid] = grids_of(document, "revenue")
    assert [row[1] for row in grid.rows] == [
        written.money(value) for value in months.decimals("revenue_net")
    ]
    steps = ea.explain.revenue(synthetic).steps
    [grid] = grids_of(document, "quality")
    assert len(grid.rows) == len(steps)
    assert grid.rows[-1][2] == written.money(steps[-1].money)
    risk = ea.churn.rank(synthetic.transactions)
    assert risk.ranking is not None
    bands, evaluation = grids_of(document, "churn")
    assert sum(int(row[2].replace(",", "")) for row in bands.rows) == risk.ranking.num_rows
    models = ["logistic", "constant", "recency", "frequency", "bg_nbd"]
    assert [row[0] for row in evaluation.rows] == models


def test_filters_are_told_and_followed(synthetic: ea.datasets.Dataset) -> None:
    filters = Filters(start=date(2024, 1, 1), end=date(2025, 1, 1), category=("books",))
    document = document_of(synthetic, filters)
    facts = dict(document.facts)
    assert facts["Chosen days"] == "from 2024-01-01 before 2025-01-01"
    assert facts["Chosen category"] == "books"
    selection = ea.Selection(start="2024-01-01", end="2025-01-01", category=["books"])
    total = ea.kpi.summary(synthetic.transactions, selection=selection)
    [grid] = grids_of(document, "key-figures")
    written = Formats("en-US", synthetic.currency)
    assert grid.rows[0][1] == written.money(total.decimals("revenue_net")[0])
    assert len(grids_of(document, "revenue")[0].rows) == 12


def test_a_running_month_is_marked_and_left_out_of_the_changes() -> None:
    lines = pd.DataFrame(synthetic_lines(200, 1))
    lines = lines[lines["timestamp"] < "2024-10-12"]
    dataset = ea.datasets.Dataset(
        name="cut",
        transactions=ea.Transactions.from_arrays(
            customer=lines["customer"].to_numpy(object),
            order=lines["order"].to_numpy(),
            timestamp=lines["timestamp"].dt.strftime("%Y-%m-%d").to_numpy(object),
            amount=[f"{int(cents) / 100:.2f}" for cents in lines["amount"]],
        ),
    )
    document = document_of(dataset)
    [months] = grids_of(document, "revenue")
    assert months.rows[-1][0] == "2024-10 (not ended)"
    [figures] = grids_of(document, "key-figures")
    assert [one.title for one in figures.columns[2:4]] == ["Sep 2024", "Aug 2024"]
    assert [one.name for one in document.sections if one.name in ("regions", "payments")] == []


@pytest.mark.parametrize("customer", ["ann", None])
def test_a_shop_of_one_order_has_a_report(customer: str | None) -> None:
    lines = ea.Transactions.from_arrays(
        customer=[customer], order=[1], timestamp=["2024-01-05"], amount=["12.50"]
    )
    document = document_of(ea.datasets.Dataset(name="one", transactions=lines))
    text = "".join(Page(report.render(document, "html").decode()).text)
    assert "There is no churn risk" in text
    assert "12.50" in text


def test_olist_and_online_retail_meet_their_figures() -> None:
    olist = document_of(ea.datasets.load_olist(known_copy("olist")), locale="pt-BR")
    [grid] = grids_of(olist, "key-figures")
    assert grid.rows[0][1] == "R$\xa013.591.643,70"
    assert grids_of(olist, "regions")[0].rows[0][:2] == ("SP", "R$\xa05.202.955,05")
    assert olist.warnings == ()
    retail = document_of(
        ea.datasets.load_online_retail(known_copy("online_retail/online_retail.csv"))
    )
    [grid] = grids_of(retail, "key-figures")
    assert grid.rows[0][1] == "£9,747,747.93"
    assert ("Cleaning rule", "E") in retail.facts
    assert "not ended" in grids_of(retail, "revenue")[0].rows[-1][0]
    assert f"Gini coefficient {ABSENT}" in grids_of(retail, "value")[1].caption


# --- forms ---


def test_html_is_one_file_that_asks_for_nothing(document: report.Document) -> None:
    text = report.render(document, "html").decode()
    page = Page(text)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "img", "image", "iframe", "object", "foreignobject"}
    assert "http-equiv" in text
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            if name in ("href", "xlink:href", "src"):
                assert (value or "").startswith("#"), (tag, value)
            elif not name.startswith("xmlns"):
                assert "http" not in (value or "").replace("http-equiv", ""), (tag, name, value)
            assert not name.startswith("on")
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.tags:
        for name in ("href", "xlink:href", "aria-labelledby"):
            if name in attributes:
                assert (attributes[name] or "").removeprefix("#") in ids
    assert re.findall(r"<html lang=\"en\">", text)
    num_pictures = sum(tag == "svg" for tag, _ in page.tags)
    assert num_pictures == 8
    for tag, attributes in page.tags:
        if tag == "svg":
            assert attributes["role"] == "img"
            assert attributes["aria-label"]
        if tag == "th":
            assert attributes["scope"] in ("row", "col")


def test_pdf_has_pages_and_tags_whatever_the_names(hostile: report.Document) -> None:
    made = report.render(hostile, "pdf")
    assert made.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in made or b"/ObjStm" in made
    assert made.rstrip().endswith(b"%%EOF")


def test_the_same_data_give_the_same_bytes_whatever_the_order_of_rows() -> None:
    lines = pd.DataFrame(synthetic_lines(60, 2))

    def made(order: npt.NDArray[np.int64]) -> list[bytes]:
        rows = lines.iloc[order]
        transactions = ea.Transactions.from_arrays(
            customer=rows["customer"].to_numpy(object),
            order=rows["order"].to_numpy(),
            timestamp=rows["timestamp"].dt.strftime("%Y-%m-%d").to_numpy(object),
            amount=[f"{int(cents) / 100:.2f}" for cents in rows["amount"]],
            category=rows["category"].to_numpy(object),
        )
        document = document_of(ea.datasets.Dataset(name="x", transactions=transactions))
        return [report.render(document, form) for form in report.FORMS]

    rows = np.arange(len(lines))
    first = made(rows)
    assert made(np.random.default_rng(0).permutation(rows)) == first
    for content in first:
        assert b"CreationDate" not in content


def test_hostile_names_are_text_in_html(hostile: report.Document) -> None:
    text = report.render(hostile, "html").decode()
    page = Page(text)
    assert not {tag for tag, _ in page.tags} & {"script", "img", "b", "i"}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    shown = "".join(page.text)
    for name in HOSTILE[:6]:
        assert name in shown
    for char in ("\x00", "\x1b", "\u202e"):
        assert char not in text
    assert "turned \\u202earound" in shown
    assert "<bdi>\u05e9" in text
    assert "$x^2$" in shown


def test_hostile_names_are_text_in_markdown(hostile: report.Document) -> None:
    text = report.render(hostile, "markdown").decode()
    unescaped = re.compile(r"(?<!\\)(?:\\\\)*([`<>\[\]|])")
    num_rows = 0
    for line in text.splitlines():
        assert not re.search(r"https?:", line)
        if line.startswith("|"):
            num_rows += 1
            assert set(unescaped.findall(line)) == {"|"}
        elif line.startswith(">"):
            assert not unescaped.findall(line[1:])
        else:
            assert not unescaped.findall(line), line
    assert num_rows > 60
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if "| :---" in line]
    assert widths
    assert "\u2068\u05e9" in text
    assert "\\*\\*bold\\*\\*" in text
    for char in ("\x00", "\x1b", "\u202e"):
        assert char not in text


# --- files ---


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_files_have_the_day_of_the_moment_and_leave_others_alone(
    document: report.Document, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "executive_summary_20250101.html").write_text("old")
    written = report.write(document, tmp_path, ("markdown", "html"))
    assert [path.name for path in written] == [
        "executive_summary_20250101.html",
        "executive_summary_20250101.md",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(path.name for path in written),
        "mine.txt",
    ]
    for path, form in zip(written, ("html", "markdown"), strict=True):
        assert path.read_bytes() == report.render(document, form)


def test_what_cannot_be_written_changes_nothing(
    document: report.Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(ea.IOFailure):
        report.write(document, tmp_path / "file", ("markdown",))
    (path,) = report.write(document, tmp_path / "out", ("markdown",))
    old = path.read_bytes()

    def fail(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ecommerce_analytics.report.writing.render", fail)
    with pytest.raises(ea.IOFailure, match="No space left"):
        report.write(document, tmp_path / "out", ("markdown",))
    assert path.read_bytes() == old
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "out"]


def test_forms_that_there_are_not_are_refused(document: report.Document, tmp_path: Path) -> None:
    with pytest.raises(ea.InvalidArgument, match="a form must be one of html, pdf, markdown: docx"):
        report.write(document, tmp_path, ("docx",))
    with pytest.raises(ea.InvalidArgument, match="a form at least"):
        report.write(document, tmp_path, ())
    assert invoke("synthetic", "--output", tmp_path, "--format", "docx").exit_code == 2


@pytest.mark.parametrize("name", ["weasyprint", "babel"])
def test_a_missing_library_names_the_extra(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    result = invoke("synthetic", "--num-customers", 20, "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert f"{name} is not installed" in result.stderr
    assert "[report]" in result.stderr
    assert not (tmp_path / "out").exists()
    if name == "weasyprint":
        arguments = ("synthetic", "--num-customers", 20, "--format", "html,markdown")
        assert invoke(*arguments, "--output", tmp_path / "out").exit_code == 0


def test_without_pango_there_are_html_and_markdown(
    monkeypatch: pytest.MonkeyPatch, document: report.Document
) -> None:
    imported = extras.import_module

    def no_pango(name: str) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return imported(name)

    monkeypatch.setattr(extras, "import_module", no_pango)
    assert report.installed() == ("html", "markdown")
    assert report.render(document, "markdown")
    with pytest.raises(ea.errors.MissingExtra, match=r"library of the system .*libpango-1\.0-0"):
        report.render(document, "pdf")


def test_babel_is_of_two_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(extras, "import_module", nothing)
    with pytest.raises(ea.errors.MissingExtra, match=r"\[dashboard\]\" or .*\[report\]\" brings"):
        Formats("xx_no_such").short_money(1)


def test_what_is_nothing_has_no_sign() -> None:
    written = Formats()
    assert written.change(-0.0) == written.change(0) == "+0.0%"
    assert written.points(-0.0) == "+0.0 pp"
    assert written.money(Decimal("-0.00")) == "0.00"
    assert Formats("en_US", "EUR").short_money(-0.0) == "€0.00"


def test_pictures_of_several_threads_are_those_of_one() -> None:
    settings = dict(matplotlib.rcParams)

    def draw(number: int) -> str:
        labels = [f"{number} ${place}$" for place in range(6)]
        return report_charts.bars(f"n{number}", labels, [float(number)] * 6, labels)

    alone = [draw(number) for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(draw, range(8))) == alone
    assert dict(matplotlib.rcParams) == settings


def test_the_command_writes_all_forms(tmp_path: Path) -> None:
    result = invoke("synthetic", "--num-customers", 60, "--output", tmp_path, "--locale", "de-DE")
    assert result.exit_code == 0, result.output
    assert "SYNTHETIC DATA" in result.stdout
    names = [f"executive_summary_20250101.{end}" for end in ("html", "md", "pdf")]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for name in names:
        assert name in result.stdout
    assert "synthetic, as of 2025-01-01 00:00:00" in result.stdout
    markdown = (tmp_path / "executive_summary_20250101.md").read_text(encoding="utf-8")
    assert re.search(r"\d\.\d{3},\d\d", markdown)


@pytest.mark.parametrize("source", ["csv", "parquet"])
def test_the_command_reads_files(source: str, tmp_path: Path) -> None:
    lines = pd.DataFrame({"customer": ["a", "b"], "order": ["1", "2"], "amount": ["5.00", "7.50"]})
    lines["timestamp"] = ["2024-01-05", "2024-02-05"]
    path = tmp_path / f"lines.{source}"
    lines.to_csv(path, index=False) if source == "csv" else lines.to_parquet(path)
    mapping = [f"--map={name}={name}" for name in lines.columns]
    arguments = (source, path, *mapping, "--output", tmp_path / "out", "--format", "markdown")
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    assert "12.50" in (tmp_path / "out" / "executive_summary_20240206.md").read_text("utf-8")
    failed = invoke(source, tmp_path / "none", *mapping, "--output", tmp_path / "no")
    assert failed.exit_code == 1
    assert not (tmp_path / "no").exists()
