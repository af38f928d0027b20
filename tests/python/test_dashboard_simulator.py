"""The page ROI simulator: what it asks, what it answers, and why it does not."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

import dashboard_pages
import ecommerce_analytics as ea
from ecommerce_analytics.dashboard import launch
from ecommerce_analytics.dashboard.charts import campaign as charts
from ecommerce_analytics.dashboard.shop import Shop
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.dashboard.theme import DARK, LIGHT
from ecommerce_analytics.formats import Formats
from known_files import known_copy

ASSUMED: dict[str, Any] = {
    "uplift": (0.01, 0.03, 0.05),
    "discount": 0.15,
    "margin": (0.4, 0.4, 0.4),
    "redemption": (0.8, 0.9, 1.0),
    "contact_cost": 0.1,
}


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(ea.datasets.make_synthetic(num_customers=1_000))


@pytest.fixture
def served(shop: Shop) -> Iterator[Shop]:
    launch.use(Source(lambda: shop.dataset))
    yield shop
    launch.use(Source(ea.datasets.make_synthetic))


def opened() -> AppTest:
    return dashboard_pages.opened("simulator")


def rows_with(app: AppTest, column: str) -> pa.Table:
    """Return the rows of the table that has a column."""
    [frame] = [one for one in app.dataframe if column in one.value.columns]
    return pa.Table.from_pandas(frame.value)


def test_without_a_margin_there_is_a_question_and_no_figure(served: Shop) -> None:
    app = opened()
    assert app.header[0].value == (
        "If we give 15 % discount to 500 at-risk customers, do we make money?"
    )
    assert any("margin is needed" in one.value for one in app.info)
    [frame] = app.dataframe
    assert "mean_spend" in frame.value.columns


def test_the_figures_are_those_of_the_library(served: Shop) -> None:
    app = opened()
    app.number_input(key="simulator-margin").set_value(40.0).run()
    assert not app.exception
    assert not app.error
    wanted = ea.campaign.of_churn(served.dataset.transactions, 500, **ASSUMED)
    shown = rows_with(app, "scenario")
    assert shown.to_pylist() == pa.table(wanted.scenarios).to_pylist()
    app.number_input(key="simulator-contacts").set_value(50)
    app.selectbox(key="simulator-order").set_value("expected_profit")
    app.selectbox(key="simulator-source").set_value("measured").run()
    assert "50 most promising customers" in app.header[0].value
    other = ea.campaign.of_churn(
        served.dataset.transactions,
        50,
        chosen_by="expected_profit",
        **ASSUMED,
        uplift_source="measured",
    )
    assert rows_with(app, "scenario").to_pylist() == pa.table(other.scenarios).to_pylist()


def test_a_discount_above_the_margin_never_pays(served: Shop) -> None:
    app = opened()
    app.number_input(key="simulator-margin").set_value(10.0).run()
    assert not app.exception
    assert any("whatever the uplift" in one.value for one in app.markdown)


def test_a_range_that_is_none_is_refused_in_place(served: Shop) -> None:
    app = opened()
    app.number_input(key="simulator-margin").set_value(40.0)
    app.number_input(key="simulator-uplift-lowest").set_value(50.0).run()
    assert not app.exception
    assert any("must be low" in one.value for one in app.error)


def test_numbers_instead_of_ranges(served: Shop) -> None:
    app = opened()
    app.number_input(key="simulator-margin").set_value(40.0)
    for name in ("lowest", "likeliest", "highest"):
        app.number_input(key=f"simulator-uplift-{name}").set_value(3.0)
        app.number_input(key=f"simulator-redemption-{name}").set_value(100.0)
    app.run()
    assert not app.exception
    # The spend that was measured stays a range.
    wanted = ea.campaign.of_churn(
        served.dataset.transactions,
        500,
        **{**ASSUMED, "uplift": 0.03, "redemption": 1.0},
    )
    assert wanted.tornado["assumption"].tolist() == ["spend_factor"]
    assert rows_with(app, "scenario").to_pylist() == pa.table(wanted.scenarios).to_pylist()


def test_a_shop_without_a_churn_risk_says_why() -> None:
    launch.use(Source(lambda: ea.datasets.make_synthetic(num_customers=60)))
    app = opened()
    assert any("too few customers" in one.value for one in app.info)
    launch.use(Source(ea.datasets.make_synthetic))


@pytest.mark.parametrize("name", ["olist", "online_retail"])
def test_the_page_on_real_files(name: str) -> None:
    loaders: dict[str, Any] = {
        "olist": lambda: ea.datasets.load_olist(known_copy("olist")),
        "online_retail": lambda: ea.datasets.load_online_retail(
            known_copy("online_retail/online_retail.csv")
        ),
    }
    launch.use(Source(loaders[name]))
    app = opened()
    if not app.number_input:  # No risk of churn, or nobody who ordered: the page says why.
        assert any(
            one.value.startswith(("No risk of churn is told", "No offer can be simulated"))
            for one in app.info
        )
    else:
        app.number_input(key="simulator-margin").set_value(40.0).run()
        assert not app.exception
        assert not app.error
        assert rows_with(app, "scenario").num_rows == 3
        if name == "olist":
            assert any("hardly anybody does" in one.value for one in app.caption)
    launch.use(Source(ea.datasets.make_synthetic))


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_figures_show_the_tables(theme: Any) -> None:
    kw: dict[str, Any] = {**ASSUMED, "uplift": (0.0, 0.1, 0.2), "margin": 0.4}
    p, spend = [0.1, 0.2, 0.4, 0.9], [100.0, 20.0, 50.0, 10.0]
    found = ea.campaign.simulate(p, spend, num_scenarios=500, **kw)
    written = Formats("en_US", "USD")
    tornado = charts.tornado(found.tornado, theme=theme, formats=written)
    baseline = found.tornado["baseline"][0]
    assert [round(baseline + one, 9) for one in tornado.data[1].x] == [
        round(one, 9) for one in found.tornado["profit_at_high"].tolist()
    ]
    histogram = charts.profits(found.draws, found.analysis, theme=theme, formats=written)
    assert sum(sum(one.y) for one in histogram.data) == pytest.approx(1.0)
    assert sum(histogram.data[0].y) == pytest.approx(found.analysis.realised_loss_probability)
    table = ea.campaign.contacts(p, spend, **kw)
    curve = charts.contacts(table, theme=theme, formats=written)
    assert list(curve.data[2].y) == [0.0, *table["profit"].tolist()]
    assert list(curve.data[3].x) == [table.best_contacts]
