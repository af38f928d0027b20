"""The dashboard without a browser: pages, shop, filters and their URL, files, cards, formats."""

import ast
import io
import re
import threading
import time
import traceback
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from streamlit.testing.v1 import AppTest

import ecommerce_analytics as ea
from conftest import data_dir
from dashboard_pages import APP, opened
from ecommerce_analytics.dashboard import components, downloads, launch, state, theme, views
from ecommerce_analytics.dashboard.answers import Answers
from ecommerce_analytics.dashboard.cards import Card
from ecommerce_analytics.dashboard.charts import layout
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.errors import Error, InvalidArgument, IOFailure
from ecommerce_analytics.formats import ABSENT, Formats
from ecommerce_analytics.spreadsheet import unescape_text

DASHBOARD = Path(ea.__file__).parent / "dashboard"
VIEWS = sorted((DASHBOARD / "views").glob("*.py"))
CHARTS = sorted((DASHBOARD / "charts").glob("*.py"))
ALL_FILES = sorted(DASHBOARD.rglob("*.py"))
MAX_LINES = 60


@cache
def dataset_of(name: str) -> Dataset:
    if name == "olist":
        return ea.datasets.load_olist(data_dir() / "olist")
    if name == "online_retail":
        return ea.datasets.load_online_retail(data_dir() / "online_retail" / "online_retail.csv")
    return ea.datasets.make_synthetic(num_customers=600)


@cache
def shop_of(name: str) -> Shop:
    return Shop(dataset_of(name))


@pytest.fixture
def served() -> Iterator[Any]:
    """Return how a shop is served; afterwards none is told."""
    yield lambda name: launch.use(Source(lambda: shop_of(name)))
    launch.use(Source(ea.datasets.make_synthetic))


@pytest.mark.parametrize("source", ["synthetic", "olist", "online_retail"])
@pytest.mark.parametrize("view", views.PAGES, ids=lambda view: view.name)
def test_every_page_runs_on_every_source(served: Any, source: str, view: views.View) -> None:
    served(source)
    if not view.is_known(shop_of(source)):
        return
    app = opened(view.name)
    assert not app.exception
    assert app.title
    assert not [one.value for one in app.error]
    told = [one.value for one in app.warning]
    is_labelled = any("Synthetic data" in one for one in told)
    assert is_labelled == (source == "synthetic"), told


@pytest.mark.parametrize("view", views.PAGES, ids=lambda view: view.name)
def test_every_page_runs_under_every_filter(served: Any, view: views.View) -> None:
    served("synthetic")
    shop = shop_of("synthetic")
    chosen = Filters(
        start=date(2023, 6, 1),
        end=date(2024, 6, 1),
        category=shop.categories[:2],
        segment=shop.segment_names[:3],
        region=shop.regions[:4],
        payment_type=shop.payment_types[:1],
    )
    app = opened(view.name, **state.query_of(chosen))  # type: ignore[arg-type]
    assert not app.exception
    assert app.session_state["filters"] == chosen


@pytest.mark.parametrize("view", views.PAGES, ids=lambda view: view.name)
def test_a_page_without_an_order_left_says_so(served: Any, view: views.View) -> None:
    served("synthetic")
    first, _ = shop_of("synthetic").days
    day = first.isoformat()
    query = {"from": [day], "to": [day], "segment": ["Lost"], "category": ["toys"]}
    app = opened(view.name, **query)
    assert not app.exception
    says_so = any("No order is left" in one.value for one in app.info)
    of_the_window = {"tower", "report", "retention", "geography", "products", "trends"}
    assert says_so == (view.name in of_the_window)  # The others are of customers, who are there.
    if says_so:
        assert not app.get("plotly_chart")


def test_a_source_that_cannot_be_read_says_why() -> None:
    def load() -> Dataset:
        raise InvalidArgument("shop: closed", value="<b>today</b>")

    launch.use(Source(load))
    try:
        app = AppTest.from_file(APP, default_timeout=60).run()
        assert not app.exception
        assert "\\<b\\>today" in app.error[0].value
    finally:
        launch.use(Source(ea.datasets.make_synthetic))


# The shop.


def test_an_answer_is_made_once_and_is_the_librarys() -> None:
    shop = Shop(dataset_of("synthetic"))
    filters = Filters(category=("books",), start=date(2024, 1, 1))
    calls = []

    def counted(history: Any, **options: Any) -> ea.Table:
        calls.append(options)
        return ea.kpi.summary(history, **options)

    first = shop.of_orders(counted, filters, period="month")
    assert shop.of_orders(counted, filters, period="month") is first
    assert calls == [{"period": "month"}]
    selection = ea.Selection(category=("books",), start=date(2024, 1, 1))
    direct = ea.kpi.summary(shop.dataset.transactions, period="month", selection=selection)
    assert (
        pa.table(first).drop_columns(["tax"]).to_pydict()
        == pa.table(direct).drop_columns(["tax"]).to_pydict()
    )


def test_two_who_ask_at_once_wait_for_one_answer() -> None:
    shop = Shop(dataset_of("synthetic"))
    entered, leave = threading.Event(), threading.Event()
    calls = []

    def slow(history: Any) -> object:
        calls.append(1)
        entered.set()
        assert leave.wait(30)
        return object()

    answers: list[object] = []
    threads = [
        threading.Thread(target=lambda: answers.append(shop.of_orders(slow, EVERYTHING)))
        for _ in range(4)
    ]
    threads[0].start()
    assert entered.wait(30)
    for one in threads[1:]:
        one.start()
    # Others are answered meanwhile.
    assert shop.of_orders(ea.kpi.summary, EVERYTHING).num_rows == 1
    leave.set()
    for one in threads:
        one.join(30)
    assert len(calls) == 1
    assert len(answers) == 4
    assert len(set(map(id, answers))) == 1


def test_what_the_library_refuses_is_an_answer_and_a_fault_is_none() -> None:
    shop = Shop(dataset_of("synthetic"))
    calls = []

    def refuses(history: Any) -> None:
        calls.append("refused")
        raise InvalidArgument("no")

    def breaks(history: Any) -> None:
        calls.append("broken")
        raise RuntimeError("a fault")

    for _ in range(2):
        with pytest.raises(Error, match="no"):
            shop.of_orders(refuses, EVERYTHING)
        with pytest.raises(RuntimeError, match="a fault"):
            shop.of_orders(breaks, EVERYTHING)
    assert calls == ["refused", "broken", "broken"]


def test_a_shop_remembers_a_bounded_number_and_never_forgets_the_whole() -> None:
    shop = Shop(dataset_of("synthetic"), num_remembered=8)
    whole = shop.history(EVERYTHING)
    for day in range(40):
        shop.of_orders(ea.kpi.summary, Filters(start=date(2023, 3, 1) + timedelta(days=day)))
    assert shop.history(EVERYTHING) is whole
    assert len(shop._answers) <= 8


def test_no_filter_scores_anew() -> None:
    shop = shop_of("synthetic")
    scores = pa.table(shop.scores).to_pylist()
    by_customer = {row["customer"]: row for row in scores}
    some = pa.table(shop.scores_of(Filters(region=shop.regions[:1], start=date(2024, 6, 1))))
    assert 0 < some.num_rows < len(scores)
    assert all(by_customer[row["customer"]] == row for row in some.to_pylist())


# The URL.

KEYS = {"category": "categories", "segment": "segment_names", "region": "regions"}


@st.composite
def filters_of_the_shop(draw: st.DrawFn) -> Filters:
    shop = shop_of("synthetic")
    first, end = shop.days
    days = st.integers(0, (end - first).days - 1)
    start, last = sorted(first + timedelta(days=draw(days)) for _ in range(2))
    chosen = {
        name: tuple(key for key in known if draw(st.booleans()))
        for name, known in {
            **{name: getattr(shop, told) for name, told in KEYS.items()},
            "payment_type": shop.payment_types,
        }.items()
    }
    return Filters(
        start=start if draw(st.booleans()) else None,
        end=last + timedelta(days=1) if draw(st.booleans()) else None,
        **chosen,
    )


@given(filters_of_the_shop())
def test_filters_come_back_from_their_url(filters: Filters) -> None:
    query = {
        name: [told] if isinstance(told, str) else told
        for name, told in state.query_of(filters).items()
    }
    assert set(query) <= set(state.query_names())
    assert state.filters_of_query(query, shop_of("synthetic")) == (filters, [])


@given(
    st.dictionaries(
        st.sampled_from(["from", "to", "category", "segment", "region", "payment", "other"]),
        st.lists(st.text(max_size=12) | st.dates().map(str), max_size=3),
    )
)
def test_any_url_is_read_or_told_to_be_refused(query: dict[str, list[str]]) -> None:
    shop = shop_of("synthetic")
    filters, refused = state.filters_of_query(query, shop)
    kept = state.query_of(filters)
    for name in ("category", "segment", "region", "payment"):
        for text in query.get(name, []):
            assert text in kept.get(name, []) or f"{name}: {text}" in refused
    for name in ("from", "to"):
        if query.get(name):
            assert name in kept or any(name in one for one in refused)
    again = {name: [v] if isinstance(v, str) else v for name, v in kept.items()}
    assert state.filters_of_query(again, shop) == (filters, [])


def test_a_category_called_unknown_is_not_the_unknown_category() -> None:
    transactions = ea.Transactions.from_arrow(
        pa.table(
            {
                "customer": ["a", "b", "c"],
                "order": ["1", "2", "3"],
                "timestamp": pa.array([date(2025, 1, day) for day in (1, 2, 3)]),
                "amount": ["1.00", "2.00", "4.00"],
                "category": ["unknown", None, "lamp"],
            }
        ),
        customer="customer",
        order="order",
        timestamp="timestamp",
        amount="amount",
        category="category",
    )
    shop = Shop(Dataset(name="three", transactions=transactions))
    for key in shop.categories:
        filters = Filters(category=(key,))
        told = state.query_of(filters)
        query = {name: [v] if isinstance(v, str) else v for name, v in told.items()}
        assert state.filters_of_query(query, shop) == (filters, [])


# Files.

CELLS = st.none() | st.text(max_size=20) | st.sampled_from(["=1+1", "+x", "-x", "@x", "'", "\t="])


@given(st.lists(st.tuples(CELLS, st.none() | st.integers(-(10**9), 10**9)), min_size=1, max_size=6))
def test_files_hold_the_table_and_no_formula(rows: list[tuple[str | None, int | None]]) -> None:
    texts = [None if text is None else re.sub(r"[\x00\ud800-\udfff]", "", text) for text, _ in rows]
    money = [None if cents is None else Decimal(cents).scaleb(-4) for _, cents in rows]
    table = pa.table(
        {"name": pa.array(texts, pa.string()), "net": pa.array(money, pa.decimal128(38, 4))}
    )
    about = {"source": "here", "is_synthetic": "false", "currency": "", "as_of": "2025-01-01"}
    made = {
        form: downloads.bytes_of(table, form, name="names", told=about) for form in downloads.FORMS
    }
    assert pq.read_table(io.BytesIO(made["parquet"])).to_pydict() == table.to_pydict()
    read = pyarrow.csv.read_csv(
        io.BytesIO(made["csv"]),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={"name": pa.string(), "net": pa.decimal128(38, 4)},
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=False,
        ),
    )
    assert read["net"].to_pylist() == money
    for cell, text in zip(read["name"].to_pylist(), texts, strict=True):
        assert not (cell or "").startswith(("=", "+", "-", "@", "\t", "\r"))
        assert unescape_text(cell or "") == (text or "")
    book = openpyxl.load_workbook(io.BytesIO(made["xlsx"]))
    sheet = list(book["names"].iter_rows(min_row=2))
    # A row of nothing at the end is no row of a workbook.
    assert set(texts[len(sheet) :] + money[len(sheet) :]) <= {None, ""}
    for cells, text, amount in zip(sheet, texts, money, strict=False):
        assert cells[0].data_type != "f"
        assert unescape(cells[0].value or "").replace("\r", "") == (text or "").replace("\r", "")
        assert cells[1].value == (None if amount is None else pytest.approx(float(amount)))


def test_a_file_of_an_unknown_form_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"no such form of a file: exe"):
        downloads.bytes_of(pa.table({"a": [1]}), "exe", name="a", told={})


# How figures are written.


@pytest.mark.parametrize(
    ("locale", "currency", "expected"),
    [
        ("en-US", "USD", "$1,234,567.50"),
        ("pt-BR", "BRL", "R$\xa01.234.567,50"),
        ("de_DE", "EUR", "1.234.567,50\xa0\u20ac"),
        ("ja-JP", "JPY", "\uffe51,234,568"),
        ("xx-YY", "USD", "$1,234,567.50"),
        ("en-US", None, "1,234,567.50"),
        ("en-US", "no code", "1,234,567.50"),
    ],
)
def test_money_by_locale_and_currency(locale: str, currency: str | None, expected: str) -> None:
    assert Formats(locale, currency).money("1234567.5") == expected


@given(st.decimals(-(10**15), 10**15, places=4))
def test_money_is_written_to_the_last_digit_that_it_shows(value: Decimal) -> None:
    written = Formats("en_US", "USD").money(value)
    read = Decimal(written.replace("$", "").replace(",", ""))
    assert abs(read - value) <= Decimal("0.005")


def test_what_is_no_figure_is_written_as_a_dash() -> None:
    formats = Formats("en_US", "USD")
    for write in (formats.money, formats.count, formats.share, formats.change, formats.points):
        assert write(None) == write(float("nan")) == ABSENT
    assert formats.day(None) == formats.month(None) == ABSENT
    with pytest.raises(InvalidArgument, match="not a number"):
        formats.money("much")


def test_signs_of_changes() -> None:
    formats = Formats()
    assert (formats.change(0.123), formats.change(-0.123)) == ("+12.3%", "\u221212.3%")
    assert (formats.points(0.05), formats.points(-0.05)) == ("+5.0 pp", "\u22125.0 pp")


# Cards.


@pytest.mark.parametrize(
    ("value", "number", "decimals", "shown"),
    [
        ("$1,234.50", 1234.5, 2, 1234.5),
        ("57,043", 57043, 0, 57043),
        ("94.6%", 0.946, 1, 94.6),
        ("1.234,50\xa0\u20ac", 1234.5, 2, 1234.5),
        (ABSENT, None, 0, None),
    ],
)
def test_a_card_counts_up_to_what_it_says(
    value: str, number: float | None, decimals: int, shown: float | None
) -> None:
    told = Card(id="one", label="One", value=value, number=number).told("en_US")
    assert told["value"] == value
    assert told["decimals"] == decimals
    assert told["shown"] == (None if shown is None else pytest.approx(shown))
    assert told["locale"] == "en-US"


# Charts.


@given(st.none() | st.text(max_size=200))
def test_labels_are_text(value: str | None) -> None:
    written = layout.plain(value)
    assert not set(written) & set("<>")
    assert not re.search(r"&(?!amp;|lt;|gt;|#x27;|quot;)", written)
    assert "\n" not in written
    assert len(written) <= 5 * layout.MAX_LABEL + 2


def test_a_long_label_is_shortened_and_one_from_right_to_left_keeps_to_itself() -> None:
    assert len(layout.plain("x" * 10_000)) == layout.MAX_LABEL
    assert layout.plain("x" * 10_000).endswith("\u2026")
    assert layout.plain("\u05e9\u05dc\u05d5\u05dd") == "\u2068\u05e9\u05dc\u05d5\u05dd\u2069"
    assert layout.plain(None) == "unknown"


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=lambda one: one.name)
def test_text_stands_out_from_its_ground(colours: theme.Theme) -> None:
    for name in ("text", "quiet", "accent", "second", "good", "bad"):
        assert _contrast(getattr(colours, name), colours.ground) >= 4.5, name


# The rules of the house.


def test_pages_are_found_and_each_has_a_name_of_its_own() -> None:
    names = [view.name for view in views.PAGES]
    assert names[0] == "tower"
    assert len(set(names)) == len(names)
    assert {view.group for view in views.PAGES} <= {"Executive", "Marketing", "Finance", "Data", ""}


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.stem)
def test_a_view_is_short(path: Path) -> None:
    if path.stem != "__init__":
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", CHARTS, ids=lambda path: path.stem)
def test_charts_know_no_streamlit(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert not name.startswith("streamlit"), name
            if name.startswith("ecommerce_analytics.dashboard."):
                part = name.split(".")[2]
                assert part in ("charts", "theme", "shapes"), name


def test_no_folder_is_called_pages() -> None:
    assert not list(DASHBOARD.rglob("pages"))


def test_markup_is_made_of_constants_alone() -> None:
    allowed = 0
    for path in ALL_FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if any(one.arg == "unsafe_allow_html" for one in node.keywords):
                allowed += 1
                assert ast.unparse(node.args[0]) == "theme.STYLE", path
            called = ast.unparse(node.func)
            # The report is a document of its own, in a frame of its own.
            if (called, path.name) not in (("html.escape", path.name), ("st.iframe", "report.py")):
                assert not re.search(r"(^|\.)(html|iframe)$", called), f"{path}: {called}"
    assert allowed == 1


#: Sums, means and the like belong to the library.
# The middle of what is drawn tells the map whether its colours run by logarithm.
_OF_A_SCALE = {("geography.py", "median"), ("tiles.py", "sum")}
_SUMS = {"sum", "mean", "median", "fsum", "std", "average", "cumsum", "quantile", "groupby"}


@pytest.mark.parametrize("path", VIEWS + CHARTS, ids=lambda path: f"{path.parent.stem}-{path.stem}")
def test_views_and_charts_do_no_arithmetic_on_figures(path: Path) -> None:
    """No sum, mean or quantile; a view divides and multiplies nothing at all."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if (path.name, name) not in _OF_A_SCALE:
                assert name not in _SUMS, f"line {node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.BinOp) and path.parent.stem == "views":
            assert not isinstance(node.op, ast.Div | ast.Mult | ast.Pow | ast.FloorDiv), (
                f"line {node.lineno}: {ast.unparse(node)}"
            )


def test_an_error_that_is_remembered_is_raised_afresh() -> None:
    answers = Answers(4)

    def refuses() -> None:
        raise InvalidArgument("no", value="seven")

    raised = []
    for _ in range(3):
        with pytest.raises(InvalidArgument, match="no: seven") as caught:
            answers.get("question", refuses)
        raised.append(caught.value)
    assert len({id(error) for error in raised}) == 3
    depths = [len(traceback.extract_tb(error.__traceback__)) for error in raised]
    assert depths[1] == depths[2]


def test_a_file_that_could_not_be_read_is_asked_again() -> None:
    answers, calls = Answers(4), []

    def reads() -> str:
        calls.append(1)
        if len(calls) == 1:
            raise IOFailure("half written")
        return "whole"

    with pytest.raises(IOFailure):
        answers.get("file", reads)
    assert answers.get("file", reads) == "whole"


def test_an_answer_in_the_background_is_begun_once() -> None:
    answers, calls = Answers(4), []
    begun = threading.Event()

    def breaks() -> None:
        calls.append(1)
        begun.set()
        raise RuntimeError("a fault")

    assert not answers.is_made("question", breaks)
    assert begun.wait(10)
    deadline = time.monotonic() + 10
    while not answers.is_made("question", breaks):
        assert time.monotonic() < deadline
    assert len(calls) == 1
    with pytest.raises(RuntimeError, match="a fault"):
        answers.get("question", breaks)


def test_memory_holds_no_more_than_it_was_told() -> None:
    answers = Answers(3)
    for number in range(10):
        assert answers.get(number, lambda number=number: number * number) == number * number
    assert len(answers) == 3
    assert 9 in answers
    assert 0 not in answers


def test_a_region_chooses_customers_by_their_first_order() -> None:
    lines = ea.Transactions.from_arrays(
        customer=["a", "a", "c"],
        order=["A1", "A2", "C1"],
        timestamp=["2026-01-01", "2026-01-05", "2026-01-07"],
        amount=["10.00", "20.00", "40.00"],
        region=["SP", "RJ", "RJ"],
    )
    shop = Shop(Dataset(name="three orders", transactions=lines, region="region"))
    found = shop.of_orders(ea.kpi.summary, Filters(region=("RJ",)))
    assert found["orders"].tolist() == [1]
    assert found.decimals("revenue_net") == [Decimal("40.0000")]
    assert shop.scores_of(Filters(region=("RJ",)))["customer"].tolist() == ["c"]
    sizes = shop.of_orders(ea.cohort.retention, Filters(region=("SP",)))
    assert sizes["size"].tolist()[0] == 1
    inside = shop.of_orders(ea.kpi.summary, Filters(region=("SP",), place=("RJ",)))
    assert inside["orders"].tolist() == [1]
    assert inside.decimals("revenue_net") == [Decimal("20.0000")]


# The pieces.


def test_a_choice_of_a_row_belongs_to_the_rows_it_was_made_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept: dict[str, Any] = {}
    clicked: dict[str, list[int]] = {}

    def drawn(_: Any, *, key: str, **options: Any) -> Any:
        """Do as the browser does: it keeps the choice by the key alone."""
        rows = clicked.pop("rows", kept.get(key, {"selection": {"rows": []}})["selection"]["rows"])
        kept[key] = {"selection": {"rows": rows}}
        return kept[key]

    monkeypatch.setattr(components.st, "dataframe", drawn)
    monkeypatch.setattr(components.st, "session_state", kept)
    shop = shop_of("synthetic")
    people = pa.table({"customer": ["a", "b", "c", "d", "e"]})

    def show(rows: pa.Table) -> list[int]:
        return components.table(rows, key="people", shop=shop, select=True)

    assert show(people) == []
    assert show(people.slice(1)) == []
    assert "rows-people-1" not in kept  # No choice, so the table that is drawn stays.
    clicked["rows"] = [1]
    assert show(people.slice(1)) == [1]
    assert show(people.slice(1)) == [1]
    assert show(people) == []
    assert show(people.slice(1)) == []
    clicked["rows"] = [4]
    assert show(people) == [4]
    assert show(people.slice(0, 2)) == []
    assert components.table(people, key="people", shop=shop) == []
    assert "rows-people" in kept


def test_words_of_the_data_are_no_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    for name in ("info", "error"):
        monkeypatch.setattr(components.st, name, lambda text, **_: said.append(text))
    error = InvalidArgument("no such name", value="![i](http://a.example/i.png)")
    components.empty(str(error), "Choose **less**.")
    components.failure(error)
    assert all("\\!\\[i\\]\\(http\\:\u2060\\/\\/a\\.example" in text for text in said)
    assert r"\*\*less\*\*" in said[0]
    assert len(said) == 2
