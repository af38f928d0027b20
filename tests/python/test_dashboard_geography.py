"""The page Geography: its figures, its maps, and the page itself on real data."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

import dashboard_pages
import ecommerce_analytics as ea
from ecommerce_analytics.dashboard import launch, places
from ecommerce_analytics.dashboard.charts import geography as charts
from ecommerce_analytics.dashboard.shapes import BRAZIL, EUROPE, WORLD
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.dashboard.theme import DARK, LIGHT
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.formats import Formats
from known_files import known_copy

HOSTILE = "<b>=SUM(1)</b>\u202egpj"


@pytest.fixture(autouse=True)
def served() -> Iterator[None]:
    yield
    launch.use(Source(ea.datasets.make_synthetic))


@pytest.fixture(scope="module")
def olist() -> Shop:
    return Shop(ea.datasets.load_olist(known_copy("olist")))


@pytest.fixture(scope="module")
def retail() -> Shop:
    return Shop(ea.datasets.load_online_retail(known_copy("online_retail/online_retail.csv")))


def opened(shop: Shop) -> AppTest:
    launch.use(Source(lambda: shop.dataset))
    return dashboard_pages.opened("geography")


def traces(figure: Any) -> tuple[Any, Any, Any]:
    """Return the labels, the regions in grey and those in colours."""
    return figure.data[0], figure.data[1], figure.data[2]


def test_revenue_by_state_is_that_of_the_files(olist: Shop) -> None:
    table = places.by_place(olist, EVERYTHING, "region")
    figure = charts.choropleth(table, "revenue", BRAZIL, formats=Formats("en_US", "BRL"))
    labels, grey, coloured = traces(figure)
    told = dict(zip(coloured.customdata, coloured.hovertext, strict=True))
    folder = known_copy("olist")
    rows = duckdb.sql(
        f"""
        SELECT customer_state, sum(price::DECIMAL(18, 2)), count(DISTINCT order_id)
        FROM '{folder}/olist_order_items_dataset.csv'
        JOIN '{folder}/olist_orders_dataset.csv' USING (order_id)
        JOIN '{folder}/olist_customers_dataset.csv' USING (customer_id)
        GROUP BY ALL
        """
    ).fetchall()
    assert len(rows) == 27
    for state, revenue, _ in rows:
        assert f"R${revenue:,.2f}" in told[state]
    assert list(grey.locations) == []
    assert labels.type == "scattergeo"
    assert labels.locations is None
    orders = charts.choropleth(table, "orders", BRAZIL, formats=Formats())
    told = dict(zip(orders.data[2].customdata, orders.data[2].hovertext, strict=True))
    assert all(f"Orders: {count:,}<" in told[state] for state, _, count in rows)


def test_cities_add_up_to_their_state(olist: Shop) -> None:
    table = places.by_place(olist, EVERYTHING, "region")
    inner, rows = places.inside(olist, EVERYTHING, "region", "PR") or ("", None)
    assert inner == "city"
    state = dict(zip(table["region"], table.decimals("revenue"), strict=True))["PR"]
    assert sum(rows["revenue"].to_pylist()) == state
    assert sum(rows["parent_share"].to_pylist()) == pytest.approx(1)


def test_nothing_is_lost_beside_the_map(retail: Shop) -> None:
    table = places.by_place(retail, EVERYTHING, "region")
    off = places.off_map(table, WORLD)
    assert [key for key, _ in off] == ["Channel Islands", "Unspecified", "European Community"]
    _, _, coloured = traces(charts.choropleth(table, "orders", WORLD, formats=Formats()))
    on_map = {str(key) for key in coloured.customdata}
    assert on_map | {key for key, _ in off} == set(table["region"])
    by_key = dict(zip(table["region"], table.decimals("revenue"), strict=True))
    assert sum(money for _, money in off) + sum(by_key[key] for key in on_map) == Decimal(
        table.metadata["total_revenue"]
    )
    assert charts.choropleth(
        table, "orders", EUROPE, formats=Formats()
    ).layout.geo.lonaxis.range == (
        -25,
        45,
    )


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_a_map_asks_nobody_and_shows_hostile_names_as_text(theme: Any) -> None:
    tx = ea.Transactions.from_arrays(
        customer=["a", "b", "c", "d"],
        order=["1", "2", "3", "4"],
        timestamp=["2026-01-05"] * 4,
        amount=["500.00", "20.00", "1.00", "7.00"],
        region=["SP", "RJ", "Acre", HOSTILE],
    )
    table = ea.geo_aggregate.by_region(tx)
    figure = charts.choropleth(
        table, "revenue", BRAZIL, chosen="SP", theme=theme, formats=Formats("en_US", "USD")
    )
    labels, grey, coloured = traces(figure)
    assert list(coloured.locations) == ["SP", "RJ", "AC"]
    assert list(coloured.customdata) == ["SP", "RJ", "Acre"]
    assert len(grey.locations) == 24
    assert set(grey.locations) | set(coloured.locations) == set(BRAZIL.features)
    assert "logarithmic" in coloured.colorbar.title.text
    assert "cdn" not in figure.to_json()
    assert labels.lon is not None
    assert [trace.type for trace in figure.data] == [
        "scattergeo",
        "choropleth",
        "choropleth",
        "scattergeo",
    ]
    assert figure.layout.geo.showland is figure.layout.geo.showcoastlines is False
    bars = charts.bars(table, "revenue", theme=theme, formats=Formats()).to_json()
    assert "<b>=SUM" not in bars
    assert "&lt;b&gt;=SUM" in bars
    assert places.off_map(table, BRAZIL) == [(HOSTILE, Decimal("7.0000"))]


def test_values_of_zero_and_less_have_no_colour_on_a_logarithmic_scale() -> None:
    tx = ea.Transactions.from_arrays(
        customer=["a", "b", "c", "d", "d"],
        order=["1", "2", "3", "4", "4"],
        timestamp=["2026-01-05"] * 5,
        amount=["5000.00", "20.00", "10.00", "5.00", "-9.00"],
        region=["SP", "RJ", "MG", "PR", "PR"],
    )
    figure = charts.choropleth(
        ea.geo_aggregate.by_region(tx), "revenue", BRAZIL, formats=Formats("en_US", "USD")
    )
    _, grey, coloured = traces(figure)
    assert "PR" not in coloured.locations
    place = list(grey.locations).index("PR")
    assert "-$4.00" in grey.hovertext[place]
    assert grey.customdata[place] == "PR"


def test_the_page_of_states_follows_filters_and_opens_one(olist: Shop) -> None:
    app = opened(olist)
    assert app.title[0].value == "Geography"
    for value in ("orders", "late_share"):
        app.segmented_control(key="place-figure").set_value(value).run()
        assert not app.exception
    app.selectbox(key="place-of-region").set_value("PR").run()
    assert not app.exception
    cities = next(frame.value for frame in app.dataframe if "city" in frame.value.columns)
    assert cities.iloc[0]["city"] == "curitiba"
    app.multiselect(key="filter-category").set_value(["health_beauty"]).run()
    assert not app.exception
    fewer = next(frame.value for frame in app.dataframe if "city" in frame.value.columns)
    assert fewer["orders"].sum() < cities["orders"].sum()
    for part, column in (("Customers", "last_order"), ("Orders", "days_since_previous")):
        app.segmented_control(key="inside-region").set_value(part).run()
        assert not app.exception
        assert any(column in frame.value.columns for frame in app.dataframe)


def test_the_page_of_countries_lists_what_is_on_no_map(retail: Shop) -> None:
    app = opened(retail)
    [told] = [one.value for one in app.caption if "Without a shape" in one.value]
    assert "European Community: £1,291.75" in told.replace("\\", "")
    app.segmented_control(key="place-part").set_value("Europe").run()
    assert not app.exception


def test_a_place_that_is_on_no_map_has_table_and_bars() -> None:
    dataset = ea.datasets.make_synthetic(60)
    shop = Shop(dataset)
    assert places.map_of(shop, "region") is BRAZIL
    assert places.dimensions_of(shop) == ("region",)
    assert places.inside(shop, EVERYTHING, "region", "SP") is None
    listed = places.listed(places.by_place(shop, Filters(region=("SP",)), "region"), None)
    assert listed.column_names[0] == "region"


def exported() -> Shop:
    """Return a shop whose regions are countries with provinces, as Shopify exports them."""
    tx = ea.Transactions.from_arrays(
        customer=["ann", "bob", "cid"],
        order=["1", "2", "3"],
        timestamp=["2026-01-05", "2026-01-09", "2026-01-10"],
        amount=["30.00", "10.00", "5.00"],
        region=["US-NY", "US-CA", "FR"],
        dimensions={"country": ["US", "US", "FR"]},
    )
    return Shop(ea.datasets.Dataset(name="exported", transactions=tx, region="region"))


def test_countries_come_before_their_provinces() -> None:
    shop = exported()
    assert places.dimensions_of(shop) == ("country", "region")
    assert places.map_of(shop, "country") is WORLD
    assert places.map_of(shop, "region") is None
    inner, rows = places.inside(shop, EVERYTHING, "country", "US") or ("", None)
    assert inner == "region"
    assert rows["region"].to_pylist() == ["US-NY", "US-CA"]
    app = opened(shop)
    app.selectbox(key="place-of-country").set_value("US").run()
    assert not app.exception
    app.segmented_control(key="place-dimension").set_value("region").run()
    assert not app.exception


def test_a_served_map_names_the_file_and_holds_no_shapes(retail: Shop) -> None:
    table = places.by_place(retail, EVERYTHING, "region")
    figure = charts.choropleth(table, "revenue", WORLD, is_served=True, formats=Formats())
    assert {figure.data[1].geojson, figure.data[2].geojson} == {WORLD.address}
    assert (Path(launch.__file__).parent / WORLD.address.removeprefix("app/")).is_file()
    assert len(figure.to_json()) < 60_000


def test_customers_and_orders_of_a_region_are_those_of_its_row(olist: Shop) -> None:
    table = places.by_place(olist, EVERYTHING, "region")
    row = table["region"].tolist().index("RR")
    people = places.customers_of(olist, EVERYTHING, "RR")
    found = places.orders_of(olist, EVERYTHING, "RR")
    assert people.num_rows == table["customers"][row]
    assert found.num_rows == table["orders"][row]
    assert sum(people.decimals("revenue")) == table.decimals("revenue")[row]
    assert sum(found.decimals("revenue")) == table.decimals("revenue")[row]
    assert len(places.orders_of(olist, EVERYTHING, "SP")["order"]) == places.MOST_ORDERS


def test_a_source_without_places_has_no_page() -> None:
    shop = Shop(ea.datasets.load_cdnow(known_copy("cdnow/CDNOW_sample.txt")))
    assert places.dimensions_of(shop) == ()
    launch.use(Source(lambda: shop.dataset))
    assert "geography" not in dashboard_pages.paths_of(dashboard_pages.opened())


@pytest.mark.parametrize("regions", [[7, None, 8], ["north", None, "south"]])
def test_the_unknown_place_can_be_looked_into(regions: list[Any]) -> None:
    lines = pa.table(
        {
            "customer": ["a", "b", "c"],
            "order": ["1", "2", "3"],
            "timestamp": [datetime(2025, 1, day) for day in (1, 2, 3)],
            "amount": ["1.00", "2.00", "3.00"],
            "region": regions,
            "city": ["x", "y", "z"],
        }
    )
    named = {name: name for name in ("customer", "order", "timestamp", "amount", "region")}
    transactions = ea.Transactions.from_arrow(lines, **named, dimensions={"city": "city"})
    shop = Shop(Dataset(name="s", transactions=transactions, currency="EUR", region="region"))
    for key in ("unknown", None):
        _, rows = places.inside(shop, EVERYTHING, "region", key) or ("", pa.table({}))
        assert rows["city"].to_pylist() == ["y"], key
    assert places.customers_of(shop, EVERYTHING, "unknown")["customer"].tolist() == ["b"]
