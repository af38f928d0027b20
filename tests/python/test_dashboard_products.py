"""The pages Products and Trends, on every source that they meet."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

import dashboard_pages
import ecommerce_analytics as ea
from ecommerce_analytics.dashboard import components, launch, theme
from ecommerce_analytics.dashboard.charts import layout
from ecommerce_analytics.dashboard.charts import products as charts
from ecommerce_analytics.dashboard.charts import tower as tower_charts
from ecommerce_analytics.dashboard.charts import trends as trend_charts
from ecommerce_analytics.dashboard.product_page import service, tables
from ecommerce_analytics.dashboard.shop import EVERYTHING, PAID_BY, Filters, Shop
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.dashboard.trend_page import tables as trend_tables
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.formats import Formats
from known_files import known_copy

HOSTILE = "<b onmouseover=alert(1)>=cmd()</b> & \u05e9\u05dc\u05d5\u05dd " + "x" * 300
FORMATS = Formats("en_US", "EUR")

SOURCES: dict[str, Callable[[], ea.datasets.Dataset]] = {
    "synthetic": lambda: ea.datasets.make_synthetic(300),
    "olist": lambda: ea.datasets.load_olist(known_copy("olist")),
    "online_retail": lambda: ea.datasets.load_online_retail(
        known_copy("online_retail/online_retail.csv")
    ),
}
PARTS = {
    "synthetic": ["Assortment", "Returns and margin", "Payments"],
    "olist": [
        "Assortment",
        "Returns and margin",
        "Payments",
        "Sellers",
        "Reviews and delivery",
    ],
    "online_retail": ["Assortment", "Returns and margin"],
}


@cache
def shop_of(name: str) -> Shop:
    return Shop(SOURCES[name]())


@pytest.fixture(autouse=True)
def served() -> Iterator[None]:
    yield
    launch.use(Source(ea.datasets.make_synthetic))


def opened(name: str, view: str) -> AppTest:
    launch.use(Source(lambda: shop_of(name).dataset))
    return clean(dashboard_pages.opened(view))


def clean(app: AppTest) -> AppTest:
    assert not app.exception
    assert not app.error
    return app


@pytest.mark.parametrize("name", SOURCES)
def test_every_part_of_products_that_a_source_knows(name: str) -> None:
    app = opened(name, "products")
    parts = app.segmented_control(key="products-part")
    assert parts.options == PARTS[name]
    for part in parts.options:
        clean(app.segmented_control(key="products-part").set_value(part).run())
        assert app.get("plotly_chart"), part
        assert bool(app.info) == (part == "Payments"), part
    told = {
        "synthetic": "orders were paid in several ways",
        "olist": "2,227 of 98,665 orders were paid in several ways",
    }
    if name in told:
        clean(app.segmented_control(key="products-part").set_value("Payments").run())
        assert told[name] in app.info[0].value


@pytest.mark.parametrize("name", SOURCES)
def test_every_grain_of_trends(name: str) -> None:
    app = opened(name, "trends")
    for figure in ("Orders", "Net revenue"):
        clean(app.segmented_control(key="trends-figure").set_value(figure).run())
    for grain in ("Daily", "Monthly"):
        clean(app.segmented_control(key="trends-grain").set_value(grain).run())
    said = " ".join(one.value for one in app.info)
    assert ("no pattern of hours" in said) == (name == "olist")
    assert ("No month can be compared" in said) == (name == "online_retail")
    # The series, weekdays, months, and the hours or the years, or both.
    assert len(app.get("plotly_chart")) == 5 - len(app.info)


def test_a_category_and_a_product() -> None:
    app = opened("synthetic", "products")
    clean(app.segmented_control(key="assortment-by").set_value("product").run())
    assert next(one.value for one in app.subheader) == "All of them"


def test_filters_select_what_the_page_shows() -> None:
    shop = shop_of("synthetic")
    chosen = Filters(category=shop.categories[:1])
    (whole,) = pa.table(shop.of_orders(ea.kpi.summary, chosen)).to_pylist()
    classes = pa.table(shop.of_lines(tables.classes, chosen, by="category")).to_pylist()
    assert sum(row["revenue"] for row in classes) == whole["revenue_net"]
    parts = pa.table(shop.of_lines(tables.parts, chosen, by="category")).to_pylist()
    for name in ("revenue_gross", "revenue_refunds", "revenue_discount", "freight"):
        assert sum(row[name] for row in parts) == whole[name]
    revenue = shop.revenue_by_payment_type(chosen)
    assert revenue.metadata["total_revenue"] == str(whole["revenue_net"])
    days = trend_tables.days(shop, chosen)
    months = pa.table(ea.trends.series(days, period="month")).to_pylist()
    assert sum(row["value"] for row in months) == whole["revenue_net"]
    hours = pa.table(trend_tables.hours(shop, chosen)).to_pylist()
    assert sum(row["revenue"] for row in hours) == whole["revenue_net"]


def hostile(num_orders: int = 2) -> Shop:
    many = num_orders - 2
    lines = ea.Transactions.from_arrays(
        customer=["ann", "bob", *["ann"] * many],
        order=["A", "B", *(f"C{number}" for number in range(many))],
        timestamp=["2024-01-01 10:00", "2024-02-01 11:00", *["2024-01-02 10:00"] * many],
        amount=["10", "5", *["0.10"] * many],
        category=[HOSTILE, "=1+1", *["b"] * many],
        dimensions={
            "review_score": [5, None, *[5] * many],
            "delivery": ["late", None, *["on_time"] * many],
        },
    )
    return Shop(ea.datasets.Dataset(name="hostile", transactions=lines))


def test_hostile_names_are_text() -> None:
    shop = hostile()
    classes = shop.of_lines(tables.classes, EVERYTHING, by="category")
    for figure in (
        charts.bars(classes, label="category", value="revenue", title="x", formats=FORMATS),
        charts.treemap(classes, label="category", title="x", formats=FORMATS),
    ):
        (trace,) = figure.data
        names = trace.y if trace.orientation == "h" else trace.text
        for text in (*names, *trace.hovertext):
            assert "<" not in text.replace("<br>", "")
            assert len(text) < 140
        assert set(trace.customdata) == {HOSTILE, "=1+1"}


def test_names_that_look_like_numbers_stay_names() -> None:
    lines = ea.Transactions.from_arrays(
        customer=["ann"] * 2,
        order=["A", "B"],
        timestamp=["2024-01-01"] * 2,
        amount=["10", "-5"],
        product=["22423", "85123"],
    )
    classes = Shop(ea.datasets.Dataset(name="numbers", transactions=lines)).of_lines(
        tables.classes, EVERYTHING, by="product"
    )
    figure = charts.bars(classes, label="product", value="revenue", title="x", formats=FORMATS)
    assert list(figure.data[0].y) == ["1. 22423", "2. 85123"]
    assert figure.layout.yaxis.type == "category"
    assert figure.layout.xaxis.range[0] < -5


def test_figures_show_what_the_tables_say() -> None:
    shop = hostile(num_orders=41)
    scores = shop.of_lines(tables.shares, EVERYTHING, of="review_score")
    (drawn,) = charts.columns_of_scores(
        scores, label="review_score", value="share", unit="share", title="x", formats=FORMATS
    ).data
    assert (list(drawn.x), list(drawn.y)) == (["5"], [1.0])
    months = shop.of_lines(tables.shares, EVERYTHING, of="delivery", period="month")
    (late,) = charts.by_month(
        months,
        value="share",
        unit="share",
        where={"delivery": "late"},
        title="x",
        formats=FORMATS,
    ).data
    assert list(late.y) == [1 / 40]  # February has no order of which it is known.
    days = trend_tables.days(shop, EVERYTHING)
    table = ea.trends.series(days, period="month", window=2)
    bars, line = trend_charts.series({"mean": table}, title="x", unit="money", formats=FORMATS).data
    assert list(bars.y) == [13.9, 5.0]
    assert list(bars.marker.pattern.shape) == ["", "/"]
    assert line.name == "mean"
    pattern: Any = trend_charts.pattern(
        ea.trends.weekday_pattern(days), key="weekday", title="x", unit="money", formats=FORMATS
    ).data[0]
    assert list(pattern.x) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def test_a_fact_in_words_is_none_that_is_counted() -> None:
    def shop_with(scores: pa.Array) -> Shop:
        lines = pa.table(
            {
                "customer": ["a", "b"],
                "order": ["1", "2"],
                "timestamp": pa.array(
                    [datetime(2025, 1, 1), datetime(2025, 1, 2)], pa.timestamp("us")
                ),
                "amount": ["1.00", "2.00"],
                "score": scores,
            }
        )
        keys = {"customer": "customer", "order": "order", "timestamp": "timestamp"}
        transactions = ea.Transactions.from_arrow(
            lines, **keys, amount="amount", dimensions={"review_score": "score"}
        )
        return Shop(Dataset(name="reviewed", transactions=transactions, currency="EUR"))

    assert not service.is_known(shop_with(pa.array(["good", "bad"])))
    assert service.is_known(shop_with(pa.array([5, 1])))


def test_a_score_that_is_no_number_is_text() -> None:
    table = pa.table({"score": ["<b>x</b>"], "orders": [1]})
    drawn = charts.columns_of_scores(
        table, label="score", value="orders", title="", formats=Formats()
    )
    assert "<b>" not in str(drawn.data[0].x) + str(drawn.data[0].hovertext)


@pytest.mark.parametrize("dimension", ["category", "product"])
def test_the_orders_behind_a_group_are_those_with_a_line_of_it(dimension: str) -> None:
    shop = shop_of("synthetic")
    chosen = Filters(start=date(2023, 6, 1), category=shop.categories[:1])
    for key in pa.table(shop.of_lines(tables.classes, chosen, by=dimension))[dimension][:3]:
        group = replace(chosen, group=(dimension, key.as_py()))
        listed = shop.of_orders(ea.orders.list_orders, group).to_arrow()["order"].to_pylist()
        let_in = shop.of_orders(ea.orders.list_orders, chosen).to_arrow()["order"].to_pylist()
        lines = ea.orders.list_lines(shop.dataset.transactions).to_arrow().to_pylist()
        own = {
            one["order"]
            for one in lines
            if one[dimension] == key.as_py() and one["kind"] in ("sale", "sample", "gift")
        }
        assert sorted(listed) == sorted(own.intersection(let_in))


@pytest.mark.parametrize(
    ("chart", "points"),
    [
        ("monthly-revenue", {"customdata": 2}),
        ("top-categories", {"customdata": "books"}),
        ("payment-methods", {"customdata": "credit_card"}),
    ],
)
def test_a_bar_of_the_tower_opens_its_orders(
    chart: str, points: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = components.chart

    def clicked(*args: Any, **options: Any) -> list[dict[str, Any]]:
        shown(*args, **options)
        return [points] if options["key"] == chart and options["select"] else []

    monkeypatch.setattr(components, "chart", clicked)
    app = opened("synthetic", "")
    assert any(one.value.startswith("Behind") for one in app.subheader)
    assert any("order" in one.value and len(one.value) for one in app.dataframe)


def test_a_click_on_a_payment_bar_stays_within_the_filter() -> None:
    shop = shop_of("synthetic")
    filters = Filters(payment_type=("voucher",))
    table = shop.revenue_by_payment_type(filters).to_arrow().to_pylist()
    for row in table:
        behind = replace(filters, group=(PAID_BY, row["payment_type"]))
        assert shop.of_orders(ea.kpi.summary, behind)["orders"].tolist() == [row["orders"]]
    assert len(table) > 1


def test_a_table_shows_money_to_the_cent_and_counts_grouped() -> None:
    table = pa.table(
        {
            "revenue": pa.array([Decimal("13440")], pa.decimal128(38, 4)),
            "orders": [22084],
            "order": [22084],
        }
    )
    formats = {
        name: (one.get("type_config") or {}).get("format")
        for name, one in components._columns_of(table).items()
    }
    assert formats == {"revenue": "accounting", "orders": "localized", "order": None}


def test_short_money_without_a_word_for_its_size_is_whole_and_grouped() -> None:
    german = Formats("de_DE", "BRL")
    assert german.short_money("110522.63") == "110.523\xa0R$"
    assert german.short_money("-9120.4") == "-9.120\xa0R$"
    assert german.short_money("15843553.24") == "15,8\xa0Mio.\xa0R$"
    assert Formats("en_US", "BRL").short_money("9120") == "R$9.1K"
    assert Formats("en_US", "GBP").short_money("165.001") == "£165.00"
    assert (german.separators, FORMATS.separators) == (",.", ".,")


@pytest.mark.parametrize(("num_months", "named"), [(3, 3), (12, 6), (24, 8)])
def test_an_axis_of_months_names_at_most_eight_of_them(num_months: int, named: int) -> None:
    days = [date(2022 + month // 12, 1 + month % 12, 1) for month in range(num_months)]
    axis = layout.months_of(days, Formats("de_DE"))
    assert len(axis["tickvals"]) == len(axis["ticktext"]) == named
    assert axis["ticktext"][0] == "Jan. 2022"
    assert set(axis["tickvals"]) <= set(days)


def test_an_axis_of_few_days_names_days() -> None:
    axis = layout.months_of([date(2024, 1, day) for day in range(1, 15)], FORMATS)
    assert axis["ticktext"][:2] == ["Jan 1, 2024", "Jan 3, 2024"]


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=lambda one: one.name)
def test_texts_within_bars_have_the_colour_of_the_ground(look: theme.Theme) -> None:
    table = pa.table({"key": ["a"], "revenue": [1.0]})
    for figure in (
        charts.bars(table, label="key", value="revenue", title="", theme=look, formats=FORMATS),
        tower_charts.bars(
            table, label="key", value="revenue", title="", theme=look, formats=FORMATS
        ),
    ):
        assert figure.data[0].insidetextfont.color == look.ground
        assert figure.layout.margin.t < 64
