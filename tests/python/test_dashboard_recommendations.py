"""The page Recommendations: Monday, three lists, all rules; money only with a margin."""

from collections.abc import Iterator
from functools import cache

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

import ecommerce_analytics as ea
from dashboard_pages import opened, waited
from ecommerce_analytics.dashboard import launch
from ecommerce_analytics.dashboard.sources import Source
from known_files import known_copy
from test_dashboard_churn import frame, words


@cache
def dataset(num_customers: int) -> ea.datasets.Dataset:
    return ea.datasets.make_synthetic(num_customers=num_customers)


@pytest.fixture(autouse=True)
def own_source() -> Iterator[None]:
    yield
    launch.use(Source(ea.datasets.make_synthetic))


def page_of(shown: ea.datasets.Dataset) -> AppTest:
    """Open the page, and wait for the risks and values."""
    launch.use(Source(lambda: shown))
    return opened("recommendations")


def test_without_a_margin_no_money_is_told() -> None:
    app = page_of(dataset(600))
    assert "no money is told" in words(app.info)
    expected = ea.recommendations.recommend(dataset(600).transactions)
    shown = frame(app, "action")
    assert shown["action"].tolist() == expected.actions["action"].tolist()
    assert shown["customers"].tolist() == expected.actions["customers"].tolist()
    assert shown["expected_profit"].isna().all()
    assert "expected profit" not in words(app.markdown)
    assert "the margin is not given" in words(app.markdown)


def test_with_a_margin_lists_have_their_range() -> None:
    app = page_of(dataset(600))
    app.number_input(key="recommendations-margin").set_value(40.0).run()
    assert not app.exception
    assert not app.info
    expected = ea.recommendations.recommend(dataset(600).transactions, margin=0.4)
    shown = frame(app, "action")
    for name in ("expected_profit", "profit_lower", "profit_upper", "baseline"):
        assert shown[name].dropna().tolist() == [
            value for value in expected.actions[name].tolist() if value is not None
        ]
    told = words(app.markdown)
    assert told.count("expected profit") == 3
    assert told.count("of the draws") == 3
    assert words(app.caption).count("Assumed: uplift") == 3
    assert words(app.caption).count("Why: ") == 3
    assert [one.value.replace("\\", "") for one in app.main.subheader] == [
        f"{number}. {name}" for number, name in enumerate(expected.actions["action"][:3], start=1)
    ]


def test_what_is_there_is_not_computed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ea.clv, "predict")  # The page of lifetime values has the same.
    app = page_of(dataset(600))
    assert not app.exception
    assert "no lifetime value is told" not in words(app.caption)


COSTLY = """
name = "mine"

[[actions]]
name = "Gold for all"
what = "Send gold."
uplift = 0.1
discount = 0
contact_cost = 100000
who = {}
"""


def test_a_list_that_loses_money_is_no_list_to_send() -> None:
    app = page_of(dataset(600))
    app.file_uploader(key="recommendations-file").set_value(
        [("mine.toml", COSTLY.encode(), "application/toml")]
    ).run()
    app = waited(app)
    assert [one.value for one in app.main.subheader] == ["1. Gold for all"]
    app.number_input(key="recommendations-margin").set_value(40.0).run()
    assert not app.exception
    assert not app.main.subheader
    assert "No action earns money: there is no list to send." in words(app.info)
    assert "1 left out, expected to lose money or to earn nothing: Gold for all" in words(
        app.caption
    )


def test_each_list_can_be_taken_away() -> None:
    app = page_of(dataset(600))
    named = {one.proto.label for one in app.get("download_button")}
    assert {"CSV", "PARQUET", "XLSX"} <= named
    found = ea.recommendations.recommend(dataset(600).transactions)
    for name in found.actions["action"].tolist()[:3]:
        rows = pa.table(found.list_of(name)).to_pylist()
        assert {row["action"] for row in rows} == {name}


def test_monday_says_the_weeks_and_the_rate() -> None:
    app = page_of(dataset(600))
    assert "2024-W52" in words(app.markdown)
    assert "alse discovery rate" in words(app.markdown)
    figures = frame(app, "q_value")
    judged = ea.weekly_changes.judge(dataset(600).transactions)
    assert figures["kpi"].tolist() == judged["kpi"].tolist()
    assert {"usual_lower", "usual_upper", "smallest_seen"} <= set(figures.columns)


def test_too_few_customers_have_lists_all_the_same() -> None:
    app = page_of(dataset(60))
    assert "no risk of churn is told: too few customers" in words(app.caption)
    assert "no lifetime value is told: too few customers" in words(app.caption)
    assert len(app.main.subheader) == 3
    app.number_input(key="recommendations-margin").set_value(40.0).run()
    assert not app.exception
    assert "no probability to order is told" in words(app.markdown)


def test_one_customer_breaks_nothing() -> None:
    tx = ea.Transactions.from_arrays(
        customer=["<b>ann</b>"], order=["A"], timestamp=["2026-01-05"], amount=["1"]
    )
    app = page_of(ea.datasets.Dataset(name="one", transactions=tx))
    assert "eight whole weeks in a row are needed" in words(app.markdown)


OWN = """
name = "mine"
segments = "six"

[[actions]]
name = "<b>All</b>"
what = "Write."
uplift = 0.1
discount = 0
who = {}
"""


def test_actions_of_ones_own() -> None:
    app = page_of(dataset(600))
    app.file_uploader(key="recommendations-file").set_value(
        [("mine.toml", OWN.encode(), "application/toml")]
    ).run()
    app = waited(app)
    shown = frame(app, "action")
    assert shown["action"].tolist() == ["<b>All</b>"]
    assert shown["customers"].tolist() == [len(ea.rfm.score(dataset(600).transactions))]
    wrong = OWN.replace("uplift = 0.1", "uplift = 7")
    app.file_uploader(key="recommendations-file").set_value(
        [("wrong.toml", wrong.encode(), "application/toml")]
    ).run()
    assert not app.exception
    told = words(app.error)
    assert "out of range: '<b>All</b>': uplift = 7" in told
    assert "wrong.toml" in told


def test_on_online_retail() -> None:
    app = page_of(ea.datasets.load_online_retail(known_copy("online_retail/online_retail.csv")))
    assert "Nothing changed beyond the usual in 2011-W48 against 2011-W47" in words(app.markdown)
    app.number_input(key="recommendations-margin").set_value(40.0).run()
    assert not app.exception
    assert "£" in words(app.markdown)
