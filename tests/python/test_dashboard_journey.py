"""The page Segment journey: the figures of the library, and its flows."""

import json
from collections.abc import Iterator
from datetime import date
from functools import cache

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

import ecommerce_analytics as ea
from dashboard_pages import opened
from ecommerce_analytics.dashboard import launch
from ecommerce_analytics.dashboard.charts import journey as charts
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.dashboard.theme import DARK, LIGHT
from ecommerce_analytics.formats import Formats
from known_files import known_copy
from test_dashboard_churn import frame, words

START, END = date(2024, 3, 1), date(2024, 9, 1)


@cache
def dataset() -> ea.datasets.Dataset:
    return ea.datasets.make_synthetic(num_customers=600)


@pytest.fixture(autouse=True)
def own_source() -> Iterator[None]:
    yield
    launch.use(Source(ea.datasets.make_synthetic))


def page_of(shown: ea.datasets.Dataset) -> AppTest:
    launch.use(Source(lambda: shown))
    app = opened("journey")
    assert not app.exception
    return app


def test_the_flows_are_the_moves() -> None:
    table = ea.segment_migration.moves(dataset().transactions, START, END)
    rows = [row for row in pa.table(table).to_pylist() if row["customers"]]
    recency = {"Champions": 3.0, "Lost": 300.0}
    for theme in (LIGHT, DARK):
        figure = charts.flows(table, recency, theme=theme, formats=Formats("en_US", "EUR"))
        [drawn] = figure.data
        assert list(drawn.link.value) == [row["customers"] for row in rows]
        labels = drawn.node.label
        assert [labels[place] for place in drawn.link.source] == [
            row["from_segment"] for row in rows
        ]
        assert [labels[place] for place in drawn.link.target] == [row["to_segment"] for row in rows]
        colours = dict(zip(labels, drawn.node.color, strict=True))
        assert colours["new"] == theme.second
        assert colours["Champions"] != colours["Lost"]
        # A segment of both dates is two nodes of one colour.
        places = [place for place, label in enumerate(labels) if label == "Champions"]
        assert len({drawn.node.color[place] for place in places}) == 1
        assert len(places) == 2


def test_a_text_of_the_rules_is_no_markup() -> None:
    rules = ea.rfm.RuleSet(
        "own",
        n_bins=2,
        second="f",
        rules=[ea.rfm.Rule(2, 2, 1, 2, "<b>now</b>"), ea.rfm.Rule(1, 1, 1, 2, "%{x}")],
    )
    table = ea.segment_migration.moves(dataset().transactions, START, END, rules=rules)
    figure = charts.flows(table, {}, formats=Formats("en_US", None))
    assert "&lt;b&gt;now&lt;/b&gt;" in figure.data[0].node.label
    assert not any("<b>now" in told for told in figure.data[0].link.customdata)


def test_the_page_shows_the_tables_of_the_library() -> None:
    app = page_of(dataset())
    app.date_input(key="journey-start").set_value(START).run()
    app.date_input(key="journey-end").set_value(END).run()
    assert not app.exception
    expected = ea.segment_migration.moves(dataset().transactions, START, END)
    shown = frame(app, "to_segment")
    moved = [row for row in pa.table(expected).to_pylist() if row["customers"]]
    assert shown["customers"].tolist() == [row["customers"] for row in moved]
    assert shown["lower"].tolist() == [row["lower"] for row in moved]
    assert {"lower", "upper", "origin_customers"} <= set(shown.columns)
    origins = frame(app, "stayed_share")
    [new] = [row for row in origins.to_dict("records") if row["segment"] == "new"]
    assert new["customers_before"] == sum(
        row["customers"] for row in moved if row["from_segment"] == "new"
    )
    assert "are in the same segment at the second" in words(app.markdown)


def test_the_flows_are_coloured_by_the_segments_of_the_chosen_end() -> None:
    def colours_at(end: date) -> list[str]:
        scores = ea.rfm.score(dataset().transactions, as_of=end)
        summary = pa.table(ea.rfm.summarize(ea.rfm.segment(scores))).to_pylist()
        recency = {row["segment"]: row["mean_recency_days"] for row in summary}
        table = ea.segment_migration.moves(dataset().transactions, START, end)
        figure = charts.flows(table, recency, formats=Formats("en_US", None))
        return list(figure.data[0].node.color)

    app = page_of(dataset())
    app.date_input(key="journey-start").set_value(START).run()
    drawn = []
    for end in (date(2024, 6, 1), END):
        app.date_input(key="journey-end").set_value(end).run()
        [flows] = [
            data
            for chart in app.get("plotly_chart")
            for data in json.loads(chart.proto.spec)["data"]
            if data["type"] == "sankey"
        ]
        drawn.append(flows["node"]["color"])
        named = dict(zip(flows["node"]["label"], drawn[-1], strict=True))
        del named["new"]  # It has a colour of the theme.
        expected = dict(zip(flows["node"]["label"], colours_at(end), strict=True))
        assert named == {name: expected[name] for name in named}
    assert drawn[0] != drawn[1]


def test_groups_that_cannot_be_compared_are_told() -> None:
    tx = ea.Transactions.from_arrays(
        customer=["ann", "ann", "bob"],
        order=["A", "B", "C"],
        timestamp=["2026-01-01", "2026-01-05", "2026-01-10"],
        amount=["1", "2", "3"],
        region=["x", "x", "y"],
    )
    app = page_of(ea.datasets.Dataset(name="late", transactions=tx, region="region"))
    app.selectbox(key="journey-group").set_value("Region of the first order").run()
    assert not app.exception
    assert "cannot be compared" in words(app.markdown)
    assert "left out: y" in words(app.markdown)


def test_the_groups_are_tested() -> None:
    app = page_of(dataset())
    for label, by in (
        ("Quarter of the first order", ea.second_order_groups.FIRST_QUARTER),
        ("Region of the first order", "region"),
        ("Category of the first order", "category"),
    ):
        app.selectbox(key="journey-group").set_value(label).run()
        assert not app.exception
        curves = ea.second_order_groups.curves(dataset().transactions, by, num_groups=5)
        p_value = float(ea.second_order_groups.log_rank(curves)["p_value"][0])
        told = f"p = {p_value:.4f}" if p_value >= 1e-4 else "p < 0.0001"
        assert told in words(app.markdown)
        groups = frame(app, "median_days")["group"].tolist()
        assert groups == list(dict.fromkeys(curves["group"].tolist()))
    assert "who has no second one was followed to the as-of date" in words(app.caption)


def test_dates_in_the_wrong_order_are_told() -> None:
    app = page_of(dataset())
    app.date_input(key="journey-start").set_value(END).run()
    app.date_input(key="journey-end").set_value(START).run()
    assert not app.exception
    assert "must lie before the second" in words(app.info)
    assert "Log-rank" in words(app.markdown)


def test_one_day_of_data_has_no_moves() -> None:
    tx = ea.Transactions.from_arrays(
        customer=["ann"], order=["A"], timestamp=["2026-01-05"], amount=["1"]
    )
    shown = ea.datasets.Dataset(name="one day", transactions=tx)
    app = page_of(shown)
    assert "nobody can have moved" in words(app.info)
    assert "one group alone" in words(app.markdown)


def test_a_shop_of_guests_says_so() -> None:
    tx = ea.Transactions.from_arrays(
        customer=["unknown", "unknown"],
        order=["A", "B"],
        timestamp=["2026-01-05", "2026-01-09"],
        amount=["1", "2"],
    )
    app = page_of(ea.datasets.Dataset(name="guests", transactions=tx))
    assert "No known customer has an order" in words(app.markdown)


def test_on_online_retail() -> None:
    shown = ea.datasets.load_online_retail(known_copy("online_retail/online_retail.csv"))
    app = page_of(shown)
    assert app.date_input(key="journey-start").value == date(2011, 9, 11)
    assert "Log-rank test of 5 groups" in words(app.markdown)
    assert frame(app, "to_segment")["customers"].sum() == 4_338
