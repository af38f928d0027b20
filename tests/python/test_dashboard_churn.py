"""The pages Churn and Churn explained: their figures, and the pages on synthetic and real data."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

import dashboard_pages
import ecommerce_analytics as ea
from ecommerce_analytics.dashboard import launch
from ecommerce_analytics.dashboard.charts import churn as charts
from ecommerce_analytics.dashboard.churn_page import tables
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.dashboard.theme import DARK, LIGHT
from ecommerce_analytics.formats import Formats
from known_files import known_copy

WRITTEN = Formats("en_US", "EUR")


@pytest.fixture(autouse=True)
def served() -> Iterator[None]:
    yield
    launch.use(Source(ea.datasets.make_synthetic))


@pytest.fixture(scope="module")
def synthetic() -> Shop:
    return Shop(ea.datasets.make_synthetic(2_000))


@pytest.fixture(scope="module")
def olist() -> Shop:
    return Shop(ea.datasets.load_olist(known_copy("olist")))


@pytest.fixture(scope="module")
def retail() -> Shop:
    return Shop(ea.datasets.load_online_retail(known_copy("online_retail/online_retail.csv")))


def opened(shop: Shop, page: str) -> AppTest:
    """Open a page of a shop."""
    launch.use(Source(lambda: shop.dataset))
    return dashboard_pages.opened(page)


def words(elements: Any) -> str:
    return " ".join(str(one.value) for one in elements).replace("\\", "")


def frame(app: AppTest, column: str) -> Any:
    return next(one.value for one in app.dataframe if column in one.value.columns)


def outcome_of(shop: Shop) -> ea.churn.Outcome:
    found: ea.churn.Outcome = shop.of_source(ea.churn.rank)
    return found


def test_charts_show_what_their_tables_say(synthetic: Shop) -> None:
    outcome = outcome_of(synthetic)
    for theme in (LIGHT, DARK):
        calibrated = tables.calibration(synthetic, outcome)
        figure = charts.calibration(calibrated, theme=theme, formats=WRITTEN)
        points = figure.data[-1]
        assert list(points.x) == calibrated["mean_predicted"].tolist()
        assert list(points.y) == calibrated["observed_rate"].tolist()
        assert list(figure.data[1].y) == [float(calibrated.base_rate)] * 2

        tenths = tables.deciles(synthetic, outcome)
        gains = charts.gains(tenths, theme=theme, formats=WRITTEN)
        assert list(gains.data[-1].y) == [0.0, *tenths["gain"]]
        lifts = charts.lifts(tenths, theme=theme, formats=WRITTEN)
        assert list(lifts.data[0].y) == tenths["lift"].tolist()

        profit = ea.churn.profit(outcome.test, value_kept=90, contact_cost=1, kept_share=0.1)
        figure = charts.profit(profit, theme=theme, formats=WRITTEN)
        assert list(figure.data[-1].y) == profit["profit"].tolist()
        assert list(figure.data[2].y) == profit["baseline_profit"].tolist()

        money = tables.revenue(synthetic, outcome)
        figure = charts.money(money, theme=theme, formats=WRITTEN)
        assert list(figure.data[1].y) == money["revenue_at_risk"].tolist()[:-1]


def test_a_waterfall_ends_at_the_log_odds(synthetic: Shop) -> None:
    outcome = outcome_of(synthetic)
    told = pa.table(tables.explained(synthetic, outcome)).to_pylist()
    row = tables.row_of(synthetic, outcome, told[7]["customer"])
    assert row == told[7]
    figure = charts.effects(row, formats=WRITTEN)
    steps = figure.data[0]
    assert sum(steps.x[:-1]) == pytest.approx(row["log_odds"])
    assert steps.x[-1] == row["log_odds"]
    sizes = [abs(value) for value in steps.x[1:-1]]
    assert sizes == sorted(sizes, reverse=True)
    effects = tables.effects_of(row).to_pylist()
    assert effects[0] == {"feature": "base_log_odds", "effect": row["base_log_odds"]}
    assert len(effects) == len(steps.x)
    assert tables.row_of(synthetic, outcome, "nobody") is None


def test_every_feature_has_a_name_for_people(synthetic: Shop) -> None:
    model = outcome_of(synthetic).model
    assert model is not None
    assert set(charts.FEATURES) == set(model["feature"].tolist())


def test_the_list_follows_the_population_and_nothing_else_does(synthetic: Shop) -> None:
    outcome = outcome_of(synthetic)
    everybody = tables.ranked(synthetic, EVERYTHING, outcome, by_return=False)
    some = tables.ranked(synthetic, Filters(segment=("Champions",)), outcome, by_return=False)
    assert set(some.column("segment").to_pylist()) == {"Champions"}
    risks = dict(
        zip(
            everybody.column("customer").to_pylist(),
            everybody.column("churn_risk").to_pylist(),
            strict=True,
        )
    )
    for row in some.to_pylist():
        assert row["churn_risk"] == risks[row["customer"]]
    assert everybody.num_rows == len(outcome.ranking or ())
    assert everybody.column("churn_risk").to_pylist() == sorted(risks.values(), reverse=True)


def test_the_page_shows_the_test_with_its_baselines(synthetic: Shop) -> None:
    app = opened(synthetic, "churn")
    evaluation = frame(app, "model")
    models = ["logistic", "constant", "recency", "frequency", "bg_nbd"]
    assert evaluation["model"].tolist() == models
    for name in ("roc_auc", "pr_auc", "log_loss", "brier", "top_decile_lift"):
        assert {name, f"{name}_lower", f"{name}_upper"} <= set(evaluation.columns)
    confusion = frame(app, "figure")
    assert {"share", "lower", "upper", "baseline"} <= set(confusion.columns)
    rows = frame(app, "reason_1")
    assert rows["churn_risk"].is_monotonic_decreasing
    assert "at risk in the next 90 days, between" in words(app.markdown)
    assert "No filter trains a model anew" in words(app.caption)
    app.multiselect(key="churn-bands").set_value(["low"]).run()
    assert not app.exception
    assert set(frame(app, "reason_1")["risk_band"]) == {"low"}
    before = words(app.markdown)
    app.slider(key="churn-cut").set_value(0.9).run()
    assert words(app.markdown) != before
    app.number_input(key="churn-value").set_value(250.0).run()
    assert not app.exception


def test_the_page_explains_a_customer(synthetic: Shop) -> None:
    app = opened(synthetic, "churn-explained")
    assert "risk of no order in the next 90 days, because" in words(app.markdown)
    outcome = outcome_of(synthetic)
    assert outcome.ranking is not None
    told = ea.churn.turning_points(ea.churn.Model(outcome.model), outcome.ranking)
    first = dict(zip(told["customer"].tolist(), told["verdict"].tolist(), strict=True))
    chosen = app.selectbox(key="churn-customer").value
    assert f"What would change it: {first[chosen]}." in words(app.markdown)
    told = pa.table(tables.explained(synthetic, outcome_of(synthetic))).to_pylist()
    app.text_input(key="churn-key").set_value(told[-1]["customer"]).run()
    assert told[-1]["reason_1"] in words(app.markdown)
    app.text_input(key="churn-key").set_value("<b>nobody</b>").run()
    assert not app.exception
    assert "has this key" in words(app.info)


def test_too_few_customers_are_told(synthetic: Shop) -> None:
    few = Shop(ea.datasets.make_synthetic(100))
    for page in ("churn", "churn-explained"):
        app = opened(few, page)
        assert "No risk of churn is told: too few customers" in words(app.info)
        assert not app.dataframe


def test_on_olist_the_answer_is_who_orders_again(olist: Shop) -> None:
    app = opened(olist, "churn")
    assert "hardly anybody does" in words(app.warning)
    assert "probability of another order" in words(app.warning)
    rows = frame(app, "order_probability")
    assert rows["order_probability"].is_monotonic_decreasing
    assert "churn_risk" not in rows.columns
    assert "the sum is no figure to act on" in words(app.info)
    assert "Likeliest to order again" in words(app.subheader)


def test_the_pages_on_online_retail(retail: Shop) -> None:
    app = opened(retail, "churn")
    assert frame(app, "model")["customers"].tolist()[0] == 3_370
    assert "£" in words(app.markdown)
    app = opened(retail, "churn-explained")
    assert not app.exception
    table = tables.segments(retail, outcome_of(retail))
    figure = charts.segments(table, formats=WRITTEN)
    assert len(figure.data[0].z) == len(set(table["segment"].tolist()))
