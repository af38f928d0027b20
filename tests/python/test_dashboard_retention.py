"""The pages Retention and Customer: cells, the customers behind them, curves, a profile."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

import ecommerce_analytics as ea
from dashboard_pages import opened
from ecommerce_analytics.dashboard import customer_profile, launch
from ecommerce_analytics.dashboard.charts import customer as customer_charts
from ecommerce_analytics.dashboard.charts import retention as charts
from ecommerce_analytics.dashboard.cohorts import KINDS, PERIODS, Cohorts
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.formats import ABSENT, Formats
from known_files import known_copy

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(ea.datasets.make_synthetic(num_customers=800))


@pytest.fixture
def served(shop: Shop) -> Iterator[Shop]:
    source = Source(lambda: shop.dataset)
    launch.use(source)
    yield shop
    launch.use(Source(ea.datasets.make_synthetic))


def rows_of(app: AppTest, key: str) -> pa.Table:
    [frame] = [one for one in app.dataframe if str(one.key).startswith(f"rows-{key}")]
    return pa.Table.from_pandas(frame.value)


def test_the_cells_are_those_of_the_library(served: Shop) -> None:
    app = opened("retention")
    for name, measure in charts.MEASURES.items():
        app.segmented_control(key="retention-measure").set_value(name).run()
        assert not app.exception
        wanted = pa.table(
            ea.cohort.retention(
                served.history(EVERYTHING), measure=measure.measure, elapsed_days=30
            )
        )
        cells = Cohorts(served, EVERYTHING, name).cells()
        assert cells.equals(wanted)


def test_every_kind_and_period_opens(served: Shop) -> None:
    app = opened("retention")
    for kind in KINDS:
        for period in PERIODS:
            app.segmented_control(key="retention-kind").set_value(kind)
            app.segmented_control(key="retention-period").set_value(period).run()
            assert not app.exception
            assert not app.error
    # The kind rolling is for customers only: with money it is gone.
    app.segmented_control(key="retention-kind").set_value("rolling").run()
    app.segmented_control(key="retention-measure").set_value("revenue").run()
    assert not app.exception
    assert app.segmented_control(key="retention-kind").value == "bounded"


def test_customers_behind_a_cell(served: Shop) -> None:
    app = opened("retention")
    history = served.history(EVERYTHING)
    table = ea.cohort.retention(history)
    start, number = str(table["cohort"][0]), 2
    app.selectbox(key="cell-cohort").set_value(start).run()
    app.selectbox(key="cell-number").set_value(number).run()
    cell = next(
        row
        for row in pa.table(table).to_pylist()
        if (str(row["cohort"]), row["period"]) == (start, number)
    )
    for who, count in (
        ("came back", cell["value"]),
        ("did not", cell["size"] - cell["value"]),
        ("all of them", cell["size"]),
    ):
        app.segmented_control(key="cell-who").set_value(who).run()
        assert not app.exception
        assert rows_of(app, "cell-customers").num_rows == count
    members = ea.cohort.members(history, start, number)["customer"].tolist()
    app.segmented_control(key="cell-who").set_value("came back").run()
    assert rows_of(app, "cell-customers").column("customer").to_pylist() == members


def test_split_by_region(served: Shop) -> None:
    app = opened("retention")
    app.toggle(key="retention-split").set_value(True).run()
    assert not app.exception
    cohorts = Cohorts(served, EVERYTHING, by=served.dataset.region)
    groups = cohorts.groups()
    assert app.selectbox(key="retention-group").value == groups[0]
    app.selectbox(key="retention-group").set_value(groups[-1]).run()
    assert not app.exception
    sizes = {
        group: sum(row["size"] for row in cohorts.cells(group).to_pylist() if row["period"] == 0)
        for group in groups
    }
    assert list(sizes.values()) == sorted(sizes.values(), reverse=True)
    assert sum(sizes.values()) == served.scores.num_rows
    assert [name for name, _ in cohorts.curves()] == [str(one) for one in groups][:6]


def test_filters_are_followed(served: Shop) -> None:
    segment = served.segment_names[0]
    filters = Filters(segment=(segment,))
    cohorts = Cohorts(served, filters)
    members = cohorts.second_orders()
    summary = ea.second_order.summarize(members)
    assert summary["customers"].tolist() == [served.segments_of(filters).num_rows]
    app = opened("retention", segment=segment)
    assert not app.exception


def test_empty_cells_partial_cells_and_the_first_cohort() -> None:
    rows = ea.Transactions.from_arrays(
        customer=["a", "b", "a", "c"],
        order=["1", "2", "3", "4"],
        timestamp=["2024-01-05", "2024-01-06", "2024-02-07", "2024-03-10"],
        amount=["10", "20", "30", "40"],
    )
    table = ea.cohort.retention(rows)
    figure = charts.heatmap(table, charts.MEASURES["retention"], "month", formats=Formats())
    heat, beginning, running, points = figure.data
    assert [list(row) for row in heat.z] == [[None, 0.5, 0.0], [None, None, None]]
    assert [list(row) for row in beginning.z] == [[1.0], [1.0]]
    assert heat.zmax == 0.5
    assert list(heat.y) == ["Jan 2024 †", "Mar 2024"]
    assert running.name.startswith("running period")
    middles = [round(one.x0 + one.x1) // 2 for one in figure.layout.shapes]
    assert middles == [2, 0]
    assert [round(one.y0 + one.y1) // 2 for one in figure.layout.shapes] == [0, 1]
    assert sorted(map(tuple, points.customdata)) == [
        ("2024-01-01", 0),
        ("2024-01-01", 1),
        ("2024-01-01", 2),
        ("2024-03-01", 0),
    ]
    assert all(len(text) > 10 for text in points.hovertext)


def test_curves_have_bands_and_no_markup() -> None:
    rows = ea.Transactions.from_arrays(
        customer=["a", "b", "a", "c", "d"],
        order=["1", "2", "3", "4", "5"],
        timestamp=["2024-01-05", "2024-01-06", "2024-02-07", "2024-03-31", "2024-02-01"],
        amount=["10", "20", "30", "40", "5"],
    )
    means = ea.cohort.mean_retention(ea.cohort.retention(rows))
    figure = charts.curves([(HOSTILE, means)], "month", formats=Formats())
    line = figure.data[2]
    assert line.name == "&lt;script&gt;alert(1)&lt;/script&gt;"
    # Two of January, one of February: period 1 of both has been seen whole.
    assert list(line.y) == [means["weighted"][1], means["weighted"][2]]
    assert list(figure.data[0].y) == [means["upper"][1], means["upper"][2]]
    curve = ea.second_order.curve(rows)
    steps = charts.second_order([("all", curve)], formats=Formats()).data[2]
    assert list(steps.y) == curve["share_with_second"].tolist()
    assert steps.line.shape == "hv"
    losses = ea.cohort.drop_off(ea.cohort.retention(rows))
    bars = charts.losses(losses, "month", formats=Formats()).data[0]
    assert list(bars.y) == [-losses["loss"][1]]


def test_a_profile_shows_what_is_known(served: Shop) -> None:
    scores = served.segments.to_arrow().sort_by([("frequency", "descending")])
    best = scores.slice(0, 1).to_pylist()[0]
    app = opened("customer", customer=str(best["customer"]))
    orders = rows_of(app, "customer-orders")
    assert orders.num_rows == best["frequency"]
    lines = pa.Table.from_pandas(app.dataframe[-1].value)
    assert set(lines.column("order").to_pylist()) == {orders.column("order")[0].as_py()}
    profile = customer_profile.find(served, str(best["customer"]))
    assert profile is not None
    told = {card.id: card for card in profile.cards(Formats())}
    assert told["customer_orders"].number == best["frequency"]
    assert told["customer_segment"].value == best["segment"]
    assert told["customer_tier"].value in served.tiers.tiers
    person = profile.person()
    assert person is not None
    assert person.column("customer").to_pylist() == [best["customer"]]


@pytest.mark.parametrize("key", ["", "nobody", HOSTILE, "9" * 30, "-1"])
def test_a_profile_of_nobody(served: Shop, key: str) -> None:
    app = opened("customer", customer=key)
    assert any("No customer with an order" in one.value for one in app.info)


def test_a_profile_chart_shows_hostile_keys_as_text() -> None:
    rows = ea.Transactions.from_arrays(
        customer=["a"], order=[HOSTILE], timestamp=["2024-01-05"], amount=["10"]
    )
    heads = customer_charts.history(ea.orders.list_orders(rows), formats=Formats()).data[1]
    assert "<script>" not in heads.hovertext[0]
    assert list(heads.customdata) == [HOSTILE]


@pytest.mark.parametrize("name", ["olist", "online_retail"])
def test_real_shops(name: str) -> None:
    if name == "olist":
        dataset: Any = ea.datasets.load_olist(known_copy("olist/olist_orders_dataset.csv").parent)
    else:
        dataset = ea.datasets.load_online_retail(known_copy("online_retail/online_retail.csv"))
    launch.use(Source(lambda: dataset))
    app = opened("retention")
    assert app.title[0].value == "Retention"
    cohorts = Cohorts(launch.served().shop(), EVERYTHING)
    first = {row["cohort"]: row for row in cohorts.cells().to_pylist() if row["period"] == 1}
    if name == "olist":
        assert first[date(2017, 11, 1)]["value"] == 40
        assert cohorts.num_cohorts() == 23
    else:
        assert first[date(2010, 12, 1)]["value"] == 324
    key = launch.served().shop().scores.to_arrow().column("customer")[5].as_py()
    profile = opened("customer", customer=str(key))
    assert rows_of(profile, "customer-orders").num_rows >= 1
    assert ABSENT not in profile.title[0].value
    launch.use(Source(ea.datasets.make_synthetic))


def test_a_loss_stands_out_if_its_interval_lies_above_zero(shop: Shop) -> None:
    cohorts = Cohorts(shop, EVERYTHING)
    table = cohorts.losses()
    is_clear = cohorts.clear_losses()
    assert is_clear[0]  # From all of them to those who come back.
    losses = table.column("loss").to_pylist()
    assert not any(
        clear for clear, loss in zip(is_clear, losses, strict=True) if loss is None or loss <= 0
    )
    # Of few customers the later losses are chance; a page says so by leaving them out.
    assert not all(
        clear for clear, loss in zip(is_clear, losses, strict=True) if loss is not None and loss > 0
    )


def test_the_bases_are_said_under_a_category(served: Shop) -> None:
    app = opened("retention", category=str(served.categories[0]))
    assert any("the base is all new customers" in one.value for one in app.caption)
