"""Online Retail: the figures of each cleaning rule, and what the rules do to single lines."""

import csv
import hashlib
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import ecommerce_analytics as ea
from ecommerce_analytics import files
from ecommerce_analytics.cli import app
from known_files import known_copy

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
RULES = ("A", "C", "D", "E", "F")
FILE = "online_retail.csv"


@cache
def cleaned_by(cleaning: str) -> ea.datasets.Dataset:
    return ea.datasets.load_online_retail(real_file(), cleaning=cleaning)


def real_file() -> Path:
    return known_copy(f"online_retail/{FILE}")


def tallies(report: Sequence[ea.Tally]) -> dict[str, tuple[int, Decimal]]:
    return {tally.name: (tally.num_lines, tally.money) for tally in report}


NO_CUSTOMER = (135_080, Decimal("1447682.12"))
RETURNS = (8_905, Decimal("-611342.09"))
FREE = (40, Decimal(0))


# Figures: the Online Retail section of the data's published counts, recomputed without this
# package.
class TestFigures:
    @pytest.mark.parametrize(
        ("cleaning", "removed", "kept", "customers"),
        [
            ("A", {"no customer": NO_CUSTOMER}, (406_829, "8300065.814"), 4_372),
            (
                "C",
                {
                    "no customer": NO_CUSTOMER,
                    "quantity not positive": RETURNS,
                    "price not positive": FREE,
                },
                (397_884, "8911407.904"),
                4_338,
            ),
            (
                "D",
                {
                    "no customer": NO_CUSTOMER,
                    "quantity not positive": RETURNS,
                    "price not positive": FREE,
                    "exact duplicate": (5_192, Decimal("24199.01")),
                },
                (392_692, "8887208.894"),
                4_338,
            ),
            ("E", {}, (541_909, "9747747.934"), 4_372),
            (
                "F",
                {
                    "no customer": NO_CUSTOMER,
                    "price not positive": FREE,
                    "matched return": (2_787, Decimal("-402926.65")),
                    "matched sale": (2_787, Decimal("402926.65")),
                    "unmatched return": (8_905 - 2_787, Decimal("-208415.44")),
                    "quantity not positive": (0, Decimal(0)),
                },
                (395_097, "8508481.254"),
                4_327,
            ),
        ],
    )
    def test_report(
        self,
        cleaning: str,
        removed: dict[str, tuple[int, Decimal]],
        kept: tuple[int, str],
        customers: int,
    ) -> None:
        dataset = cleaned_by(cleaning)
        report = dataset.report
        assert dataset.cleaning == cleaning
        assert (report.read.num_lines, report.read.money) == (541_909, Decimal("9747747.934"))
        assert tallies(report.removed) == removed
        assert [tally.name for tally in report.removed] == list(removed)
        assert (report.kept.num_lines, report.kept.money) == (kept[0], Decimal(kept[1]))
        assert report.num_customers == customers

    @pytest.mark.parametrize(
        ("cleaning", "orders", "customers", "first_cohort"),
        [
            ("A", 22_190, 4_372, [948, 362]),
            ("C", 18_532, 4_338, [885, 324]),
            ("D", 18_532, 4_338, [885, 324]),
            ("E", 18_532, 4_338, [885, 324]),
            ("F", 18_394, 4_327, None),
        ],
    )
    def test_orders_customers_and_cohort(
        self, cleaning: str, orders: int, customers: int, first_cohort: list[int] | None
    ) -> None:
        transactions = cleaned_by(cleaning).transactions
        scores = ea.rfm.score(transactions)
        assert scores["frequency"].sum() == orders
        assert len(scores) == customers
        if first_cohort is not None:
            cohorts = ea.cohort.retention(transactions).to_arrow()
            assert cohorts["cohort"][0].as_py() == date(2010, 12, 1)
            assert cohorts["value"].to_pylist()[:2] == first_cohort

    def test_money_of_customers_with_a_sale(self) -> None:
        scores = ea.rfm.score(cleaned_by("E").transactions).to_arrow()
        assert sum(scores["monetary"].to_pylist()) == Decimal("8310477.054")

    def test_what_is_no_product_has_none(self) -> None:
        lines = cleaned_by("E").transactions
        groups = ea.aggregate.group_by(lines, by=["product", "kind"])
        codes = set(groups["product"])
        assert not codes & {"POST", "DOT", "M", "AMAZONFEE"}
        assert "unknown" in codes
        kinds = groups["kind"][groups["product"] == "unknown"]
        assert "shipping" in kinds
        assert "sale" not in kinds

    def test_kinds(self) -> None:
        assert tallies(cleaned_by("E").report.kinds) == {
            "sale": (527_789, Decimal("10272118.87")),
            "refund": (8_704, Decimal("-478724.18")),
            "shipping": (2_110, Decimal("279462.12")),
            "fee": (87, Decimal("-236629.569")),
            "discount": (77, Decimal("-5696.22")),
            "adjustment": (3_142, Decimal("-82783.087")),
        }

    def test_guests_are_revenue_and_no_customer(self) -> None:
        guests = cleaned_by("E").report.guests
        assert (guests.num_lines, guests.money) == NO_CUSTOMER

    def test_the_cancelled_fortune(self) -> None:
        scores = ea.rfm.score(cleaned_by("E").transactions).to_arrow().to_pylist()
        monetary = {row["customer"]: row["monetary"] for row in scores}
        assert monetary[16446] == Decimal("2.90")

    def test_dataset(self) -> None:
        dataset = ea.datasets.load_online_retail(real_file())
        assert (dataset.name, dataset.currency, dataset.cleaning) == ("online_retail", "GBP", "E")
        assert dataset.region == "region"
        assert set(dataset.transactions.dimension_names) == {"product", "region"}
        assert dataset.sources == {FILE: hashlib.sha256(real_file().read_bytes()).hexdigest()}
        assert dataset.customers is not None
        assert dataset.customers["customer"].to_pylist()[:2] == [12346, 12347]
        assert dataset.customers.num_rows == 4_372

    def test_shuffled_lines_give_the_same(self, tmp_path: Path) -> None:
        rows = list(range(541_909))
        random.Random(0).shuffle(rows)
        pyarrow.csv.write_csv(files.read_csv(real_file()).take(rows), tmp_path / FILE)
        actual = ea.datasets.load_online_retail(tmp_path / FILE, cleaning="F")
        expected = cleaned_by("F")
        assert actual.report == expected.report
        assert actual.customers == expected.customers
        assert (
            ea.rfm.score(actual.transactions)
            .to_arrow()
            .equals(ea.rfm.score(expected.transactions).to_arrow(), check_metadata=True)
        )


@dataclass(frozen=True)
class Line:
    """A line of the file; few values, so that lines collide."""

    invoice: str
    stock_code: str = "85123A"
    quantity: int = 1
    minutes: int = 0
    price: str = "2.55"
    customer: str = "17850"
    country: str = "France"

    @property
    def time(self) -> datetime:
        return datetime(2010, 12, 1, 8, 26) + timedelta(minutes=self.minutes)

    @property
    def is_cancellation(self) -> bool:
        return self.invoice.startswith("C")

    @property
    def item(self) -> tuple[str, str, int, str]:
        return self.customer, self.stock_code, abs(self.quantity), self.price

    def __str__(self) -> str:
        return (
            f"{self.invoice},{self.stock_code},SOME THING,{self.quantity},{self.time},"
            f"{self.price},{self.customer},{self.country}"
        )


def load(folder: Path, lines: Sequence[Line], cleaning: str = "E") -> ea.datasets.Dataset:
    path = folder / FILE
    path.write_text("\n".join([HEADER, *map(str, lines)]))
    return ea.datasets.load_online_retail(path, cleaning=cleaning)


def removed(folder: Path, lines: Sequence[Line], cleaning: str) -> dict[str, int]:
    report = load(folder, lines, cleaning).report
    return {tally.name: tally.num_lines for tally in report.removed if tally.num_lines}


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (Line("536365"), "sale"),
        (Line("536365", stock_code="gift_0001_20"), "sale"),
        (Line("536365", price="0"), "adjustment"),
        (Line("536365", quantity=-1), "adjustment"),
        (Line("A563186", stock_code="B", price="-11062.06"), "adjustment"),
        (Line("536365", stock_code="m"), "adjustment"),
        (Line("C536379", stock_code="M", quantity=-1), "adjustment"),
        (Line("C536379", quantity=-1), "refund"),
        (Line("536365", stock_code="POST"), "shipping"),
        (Line("C536379", stock_code="POST", quantity=-1), "shipping"),
        (Line("536365", stock_code="C2"), "shipping"),
        (Line("536365", stock_code="DOT"), "shipping"),
        (Line("536365", stock_code="BANK CHARGES"), "fee"),
        (Line("C536379", stock_code="AMAZONFEE", quantity=-1), "fee"),
        (Line("C536379", stock_code="D", quantity=-1), "discount"),
    ],
    ids=str,
)
def test_kind(tmp_path: Path, line: Line, kind: str) -> None:
    report = load(tmp_path, [line]).report
    assert [tally.name for tally in report.kinds if tally.num_lines] == [kind]


def test_a_line_is_charged_to_the_first_step_that_removes_it(tmp_path: Path) -> None:
    lines = [
        Line("1", customer="", quantity=-1, price="-1"),
        Line("2", quantity=-1, price="-1"),
        Line("3", price="-1"),
        Line("4"),
        Line("4"),
        Line("4"),
        Line("5", quantity=-1),
        Line("5", quantity=-1),
    ]
    assert removed(tmp_path, lines, "A") == {"no customer": 1}
    assert removed(tmp_path, lines, "C") == {
        "no customer": 1,
        "quantity not positive": 3,
        "price not positive": 1,
    }
    assert removed(tmp_path, lines, "D") == {
        "no customer": 1,
        "quantity not positive": 3,
        "price not positive": 1,
        "exact duplicate": 2,
    }
    assert removed(tmp_path, lines, "E") == {}
    assert removed(tmp_path, lines, "F") == {
        "no customer": 1,
        "price not positive": 2,
        "quantity not positive": 2,
    }


def test_a_return_matches_the_latest_sale_at_or_before_it(tmp_path: Path) -> None:
    lines = [
        Line("1", minutes=0),
        Line("2", minutes=10),
        Line("3", minutes=30),
        Line("C4", quantity=-1, minutes=20),
    ]
    dataset = load(tmp_path, lines, "F")
    assert dataset.report.num_orders == 2
    history = ea.kpi.summary(dataset.transactions, as_of="2010-12-01 08:36:01")
    assert history["orders"].tolist() == [1]  # Of the two before, the later one is gone.


@pytest.mark.parametrize(
    "other",
    [
        Line("1", minutes=21),
        Line("1", quantity=2),
        Line("1", price="2.56"),
        Line("1", stock_code="85123B"),
        Line("1", customer="17851"),
    ],
    ids=["later", "quantity", "price", "product", "customer"],
)
def test_a_return_matches_nothing_else(tmp_path: Path, other: Line) -> None:
    lines = [other, Line("C4", quantity=-1, minutes=20)]
    assert removed(tmp_path, lines, "F") == {"unmatched return": 1}


def test_a_return_matches_at_the_same_moment_and_at_an_equal_price(tmp_path: Path) -> None:
    lines = [Line("C4", quantity=-1, price="2.550"), Line("1", price="2.55")]
    assert removed(tmp_path, [*lines, Line("2", minutes=1)], "F") == {
        "matched return": 1,
        "matched sale": 1,
    }


def kept_by_rule_f(lines: Sequence[Line]) -> list[Line]:
    """Rule F as it is stated, slow and obvious; of equal moments the greatest invoice goes."""
    free = [line for line in lines if not line.is_cancellation and line.quantity > 0]
    for cancellation in sorted(
        (line for line in lines if line.is_cancellation), key=lambda line: line.time
    ):
        before = [
            sale
            for sale in free
            if sale.item == cancellation.item and sale.time <= cancellation.time
        ]
        if before:
            free.remove(max(before, key=lambda sale: (sale.time, sale.invoice)))
    return free


sales = st.builds(
    Line,
    invoice=st.sampled_from(["1", "2", "3"]),
    stock_code=st.sampled_from(["85123A", "POST"]),
    quantity=st.sampled_from([1, 2]),
    minutes=st.integers(0, 5),
)
cancellations = st.builds(
    Line,
    invoice=st.sampled_from(["C4", "C5"]),
    stock_code=st.sampled_from(["85123A", "POST"]),
    quantity=st.sampled_from([-1, -2]),
    minutes=st.integers(0, 5),
)


@settings(max_examples=40)
@given(
    st.lists(sales | cancellations, min_size=1, max_size=25).flatmap(
        lambda lines: st.tuples(st.just(lines), st.permutations(lines))
    )
)
def test_rule_f_is_as_stated_in_any_order_of_lines(
    tmp_path_factory: pytest.TempPathFactory, orders: tuple[list[Line], list[Line]]
) -> None:
    lines, permuted = orders
    keep = Line("9", quantity=7, minutes=6, customer="1")  # Else there may be no order.
    expected = load(
        tmp_path_factory.mktemp("kept"), [*kept_by_rule_f(lines), keep], "C"
    ).transactions
    for order in (lines, permuted):
        actual = load(tmp_path_factory.mktemp("file"), [*order, keep], "F").transactions
        assert ea.rfm.score(actual).to_arrow().equals(ea.rfm.score(expected).to_arrow())
        for minutes in range(1, 7):
            as_of = Line("1", minutes=minutes).time
            assert orders_before(actual, as_of) == orders_before(expected, as_of)


def orders_before(transactions: ea.Transactions, as_of: datetime) -> int:
    try:
        return int(ea.kpi.summary(transactions, as_of=as_of)["orders"][0])
    except ea.InvalidArgument:  # No order yet.
        return 0


@pytest.mark.parametrize(
    ("text", "error", "column"),
    [
        ("536365,A,B,6,2010-12-01 08:26:00,2.55,17850.5,France", ea.InvalidData, "CustomerID"),
        ("536365,A,B,6,2010-12-01 08:26:00,2.55,Smith,France", ea.InvalidData, "CustomerID"),
        ("536365,A,B,6,12/1/2010 8:26,2.55,17850,France", ea.InvalidData, "InvoiceDate"),
        ("536365,A,B,6,,2.55,17850,France", ea.InvalidData, "InvoiceDate"),
        ("536365,A,B,six,2010-12-01 08:26:00,2.55,17850,France", ea.InvalidData, "Quantity"),
        ("536365,A,B,,2010-12-01 08:26:00,2.55,17850,France", ea.InvalidData, "Quantity"),
        ("536365,A,B,6,2010-12-01 08:26:00,2.55555,17850,France", ea.InvalidData, "UnitPrice"),
        ("536365,A,B,6,2010-12-01 08:26:00,£2,17850,France", ea.InvalidData, "UnitPrice"),
        ("536365,A,B,6,2010-12-01 08:26:00,,17850,France", ea.InvalidData, "UnitPrice"),
        (",A,B,6,2010-12-01 08:26:00,2.55,17850,France", ea.InvalidData, "InvoiceNo"),
        ("536365,A,B,6,2010-12-01 08:26:00,2.55,17850", ea.SchemaMismatch, None),
    ],
)
@pytest.mark.parametrize("cleaning", RULES)
def test_a_bad_line(
    tmp_path: Path, text: str, error: type[ea.Error], column: str | None, cleaning: str
) -> None:
    path = tmp_path / FILE
    path.write_text("\n".join([HEADER, str(Line("1")), text, str(Line("2"))]))
    with pytest.raises(error) as caught:
        ea.datasets.load_online_retail(path, cleaning=cleaning)
    assert (caught.value.file, caught.value.row, caught.value.column) == (str(path), 2, column)


def test_a_missing_column_or_file(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text("InvoiceNo,StockCode\n1,2\n")
    with pytest.raises(ea.SchemaMismatch) as caught:
        ea.datasets.load_online_retail(path)
    assert caught.value.column == "Description"
    with pytest.raises(ea.IOFailure):
        ea.datasets.load_online_retail(tmp_path / "absent.csv")


@pytest.mark.parametrize("rule", ["B", "", ["E"], None])
def test_an_unknown_rule(tmp_path: Path, rule: Any) -> None:
    with pytest.raises(ea.InvalidArgument, match="A, C, D, E, F"):
        ea.datasets.load_online_retail(tmp_path / FILE, cleaning=rule)


def in_other_form(line: str) -> str:
    """Rewrite a line as spreadsheets write its date and pandas its customer."""
    invoice, code, text, quantity, time, price, customer, country = line.split(",")
    moment = datetime.fromisoformat(time)
    day = f"{moment.month}/{moment.day}/{moment.year} {moment.hour}:{moment.minute:02}"
    key = f"{customer}.0" if customer else ""
    return ",".join((invoice, code, text, quantity, day, price, key, country))


@pytest.mark.parametrize("cleaning", RULES)
def test_the_other_form_of_the_file_gives_the_same(tmp_path: Path, cleaning: str) -> None:
    lines = [
        Line("1", customer=""),
        Line("2"),
        Line("2"),
        Line("3", minutes=60 * 24 * 20, customer="12346"),
        Line("C4", quantity=-1, minutes=60 * 24 * 40),
        Line("5", quantity=-1),
    ]
    expected = load(tmp_path, lines, cleaning)
    path = tmp_path / "other.csv"
    rows = [HEADER, *(in_other_form(str(line)) for line in lines)]
    path.write_bytes("\r\n".join(rows).replace("SOME THING", "£5 CAFÉ SET").encode("latin-1"))

    actual = ea.datasets.load_online_retail(path, cleaning=cleaning, encoding="latin-1")

    assert actual.report == expected.report
    assert actual.customers == expected.customers
    assert (
        ea.rfm.score(actual.transactions)
        .to_arrow()
        .equals(ea.rfm.score(expected.transactions).to_arrow(), check_metadata=True)
    )
    assert actual.parameters == {"encoding": "latin-1"}


@pytest.mark.parametrize(
    ("first", "second", "column"),
    [
        ("12/1/2010 8:26,2.55,17850", "2010-12-01 08:26:00,2.55,17850", "InvoiceDate"),
        ("12/1/2010 8:26,2.55,17850", "13/1/2010 8:26,2.55,17850", "InvoiceDate"),
        ("12/1/2010 8:26,2.55,17850", "2/30/2010 8:26,2.55,17850", "InvoiceDate"),
        ("12/1/2010 8:26,2.55,17850", "12/1/2010 24:26,2.55,17850", "InvoiceDate"),
        ("12/1/2010 8:26,2.55,17850", "12/1/10 8:26,2.55,17850", "InvoiceDate"),
        ("2010-12-01,2.55,17850.0", "2010-12-01,2.55,17850", "CustomerID"),
        ("2010-12-01,2.55,17850.0", "2010-12-01,2.55,17850.5", "CustomerID"),
        ("2010-12-01,2.55,17850", "2010-12-01,2.55,17850.0", "CustomerID"),
    ],
)
def test_a_file_has_one_form(tmp_path: Path, first: str, second: str, column: str) -> None:
    path = tmp_path / FILE
    rows = [f"1,A,B,6,{text},France" for text in (first, second, first)]
    path.write_text("\n".join([HEADER, *rows]))
    with pytest.raises(ea.InvalidData) as caught:
        ea.datasets.load_online_retail(path)
    assert (caught.value.file, caught.value.row, caught.value.column) == (str(path), 2, column)


SECOND_HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
SHEETS = ("Year 2009-2010", "Year 2010-2011")


def cell_of(column: str, text: str) -> Any:
    """Return the cell that UCI's workbooks have where a CSV file has a text."""
    if column in ("Invoice", "InvoiceNo", "StockCode", "Quantity", "CustomerID", "Customer ID"):
        return int(text) if text.lstrip("-").isdigit() else text or None
    if column in ("UnitPrice", "Price"):
        return float(text)
    return datetime.fromisoformat(text) if column == "InvoiceDate" else text or None


def write_workbook(path: Path, sheets: Mapping[str, Sequence[str]]) -> None:
    """Write sheets of lines of CSV, each under its header."""
    workbook = openpyxl.Workbook(write_only=True)
    for name, lines in sheets.items():
        sheet = workbook.create_sheet(name)
        header, *rows = csv.reader(lines)
        sheet.append(header)
        for row in rows:
            sheet.append([cell_of(*cell) for cell in zip(header, row, strict=True)])
    workbook.save(path)


def assert_same(actual: ea.datasets.Dataset, expected: ea.datasets.Dataset) -> None:
    assert actual.report == expected.report
    assert actual.customers == expected.customers
    scores = [ea.rfm.score(one.transactions).to_arrow() for one in (actual, expected)]
    assert scores[0].equals(scores[1], check_metadata=True)


def test_a_workbook_gives_the_figures_of_its_csv_file(tmp_path: Path) -> None:
    with real_file().open(newline="", encoding="utf-8") as file:
        lines = [line for _, line in zip(range(3_001), file, strict=False)]
    (tmp_path / FILE).write_text("".join(lines), encoding="utf-8")
    path = tmp_path / "Online Retail.xlsx"
    write_workbook(path, {"Online Retail": lines})
    for cleaning in RULES:
        actual = ea.datasets.load_online_retail(path, cleaning=cleaning)
        assert_same(actual, ea.datasets.load_online_retail(tmp_path / FILE, cleaning=cleaning))
    assert (actual.name, actual.parameters) == ("online_retail", {})
    assert actual.sources == {path.name: hashlib.sha256(path.read_bytes()).hexdigest()}


few_lines = st.lists(
    st.builds(
        Line,
        invoice=st.sampled_from(["1", "2"]),
        stock_code=st.sampled_from(["85123A", "71053"]),
        quantity=st.sampled_from([1, 2]),
        minutes=st.integers(0, 3),
    )
    | st.builds(Line, invoice=st.just("C4"), quantity=st.just(-1), minutes=st.integers(0, 3)),
    max_size=8,
)
# Begins the first sheet long before, ends it two days later: so the second one falls back by that.
OLDEST, LATEST = Line("7", minutes=-60 * 24 * 30), Line("8", minutes=60 * 48, stock_code="M")
LAST = Line("9", minutes=60 * 96, quantity=7, customer="1")


@settings(max_examples=40)
@given(few_lines, few_lines, st.sampled_from(RULES))
def test_the_overlap_of_two_sheets_is_found_and_said(
    tmp_path_factory: pytest.TempPathFactory, one: list[Line], other: list[Line], cleaning: str
) -> None:
    folder = tmp_path_factory.mktemp("sheets")
    first = [OLDEST, *sorted([*one, *other[:3]], key=lambda line: line.time), LATEST]
    second = [Line("3"), *sorted(other, key=lambda line: line.time), LAST]
    overlap = Counter(map(str, first)) & Counter(map(str, second))
    copies = [line for line in second if str(line) in overlap]
    united = Counter(map(str, first)) | Counter(map(str, second))
    money = sum(
        (line.quantity * Decimal(line.price) * overlap[str(line)] for line in set(copies)),
        Decimal(0),
    )

    texts = [[str(line) for line in lines] for lines in (first, second)]
    workbook, both = folder / "online_retail_II.XLSX", folder / "online_retail_II.csv"
    write_workbook(
        workbook, {name: [SECOND_HEADER, *lines] for name, lines in zip(SHEETS, texts, strict=True)}
    )
    both.write_text("\n".join([SECOND_HEADER, *texts[0], *texts[1]]))
    (folder / FILE).write_text("\n".join([HEADER, *united.elements()]))

    expected = ea.datasets.load_online_retail(folder / FILE, cleaning=cleaning)
    for path in (workbook, both):
        actual = ea.datasets.load_online_retail(path, cleaning=cleaning)
        assert actual.name == "online_retail_ii"
        [said, *others] = actual.report.removed
        assert (said.name, said.num_lines, said.money) == (
            "sheet overlap",
            overlap.total(),
            money,
        )
        assert tuple(others) == expected.report.removed
        assert actual.report.kept == expected.report.kept
        assert actual.report.read.num_lines == len(first) + len(second)
        assert actual.customers == expected.customers
        scores = [ea.rfm.score(one.transactions).to_arrow() for one in (actual, expected)]
        assert scores[0].equals(scores[1])


def test_lines_in_another_order_tell_of_no_sheets(tmp_path: Path) -> None:
    day = 60 * 24
    lines = [Line(str(number), minutes=number % 3 * 3 * day) for number in range(9)]
    path = tmp_path / "both.csv"
    path.write_text("\n".join([SECOND_HEADER, *map(str, [*lines, *lines])]))
    report = ea.datasets.load_online_retail(path).report
    assert report.removed == ()
    assert report.kept.num_lines == 18
    # One sheet alone has no overlap either, however often a line stands in it.
    write_workbook(tmp_path / "one.xlsx", {"one": [SECOND_HEADER, *map(str, [*lines, *lines])]})
    assert ea.datasets.load_online_retail(tmp_path / "one.xlsx").report == report


def test_the_command_line_takes_a_workbook_and_says_the_overlap(tmp_path: Path) -> None:
    path = tmp_path / "online_retail_II.xlsx"
    first, second = [Line("1"), Line("2", minutes=9)], [Line("2", minutes=9), Line("3", minutes=99)]
    sheets = zip(SHEETS, (first, second), strict=True)
    write_workbook(path, {name: [SECOND_HEADER, *map(str, lines)] for name, lines in sheets})
    out = tmp_path / "out"
    arguments = ["run", "online-retail", str(path), "--output", str(out)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "sheet overlap" in result.stdout
    report = json.loads((out / "ingest_report.json").read_text())
    assert report["removed"] == [{"name": "sheet overlap", "num_lines": 1, "money": "2.5500"}]
    assert report["source"] == "online_retail_ii"
    assert report["kept"]["num_lines"] == 3


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("Price", "abc", "the text is no number: abc"),
        ("Price", None, "ingest: a number is missing: null"),
        ("Price", 2.55555, "ingest: a number has more than four decimals; ask for a rounding"),
        ("Price", True, "the text is no number: TRUE"),
        ("Quantity", 1.5, "the cell is no whole number: 1.5"),
        ("Quantity", None, "ingest: a number is missing: null"),
        ("InvoiceDate", 40513.35, "the text is no date and time such as 2017-09-19 09:45:35"),
        ("InvoiceDate", "tomorrow", "the text is no date and time such as 2017-09-19 09:45:35"),
        ("InvoiceDate", None, "ingest: a time is missing: null"),
        ("Customer ID", "Smith", "the text is no whole number: Smith"),
        ("Customer ID", 17850.5, "the cell is no whole number: 17850.5"),
        ("Invoice", None, "ingest: an order is missing: null"),
    ],
)
def test_a_bad_cell_of_a_sheet(tmp_path: Path, column: str, cell: Any, message: str) -> None:
    path = tmp_path / "two.xlsx"
    lines = [SECOND_HEADER, *(str(Line(str(number))) for number in range(3))]
    write_workbook(path, dict.fromkeys(SHEETS, lines))
    workbook = openpyxl.load_workbook(path)
    sheet = workbook[SHEETS[1]]
    sheet.cell(3, SECOND_HEADER.split(",").index(column) + 1).value = cell
    if column == "InvoiceDate":
        sheet.cell(3, 5).number_format = "General"
    workbook.save(path)
    with pytest.raises(ea.InvalidData) as caught:
        ea.datasets.load_online_retail(path)
    assert str(caught.value).startswith(message)
    place = (caught.value.file, caught.value.row, caught.value.column)
    assert place == (f"{path}[{SHEETS[1]}]", 2, column)


def test_a_sheet_without_a_column(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    line = str(Line("1"))
    write_workbook(path, {"a": [SECOND_HEADER, line], "b": [HEADER, line]})
    with pytest.raises(ea.SchemaMismatch, match="the column is missing; the file has") as caught:
        ea.datasets.load_online_retail(path)
    assert (caught.value.file, caught.value.column) == (f"{path}[b]", "Invoice")


# Figures: of the same counts as those above.
@pytest.mark.parametrize(
    ("cleaning", "gini", "shares"),
    [("C", 0.71514, (0.3178, 0.6133, 0.7459)), ("E", None, (0.29676, 0.59762, 0.73561))],
)
def test_concentration(cleaning: str, gini: float | None, shares: tuple[float, ...]) -> None:
    table = ea.rfm.concentration(ea.rfm.score(cleaned_by(cleaning).transactions))
    assert table["revenue_share"].tolist() == pytest.approx(shares, abs=5e-5)
    assert table.metadata["num_negative"] == ("8" if gini is None else "0")
    if gini is None:
        assert table.metadata["gini"] == "undefined"
    else:
        assert float(table.metadata["gini"]) == pytest.approx(gini, abs=5e-6)
