"""The page Customers: its figures, its lists, and the page itself on real data."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

import dashboard_pages
import ecommerce_analytics as ea
from ecommerce_analytics.dashboard import customer_finder, customer_list, launch
from ecommerce_analytics.dashboard.charts import customers as charts
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
from ecommerce_analytics.dashboard.sources import Source
from ecommerce_analytics.formats import Formats
from known_files import known_copy


@pytest.fixture(autouse=True)
def served() -> Iterator[None]:
    yield
    launch.use(Source(ea.datasets.make_synthetic))


@pytest.fixture(scope="module")
def synthetic() -> Shop:
    return Shop(ea.datasets.make_synthetic(300))


@pytest.fixture(scope="module")
def olist() -> Shop:
    return Shop(ea.datasets.load_olist(known_copy("olist")))


@pytest.fixture(scope="module")
def retail() -> Shop:
    return Shop(ea.datasets.load_online_retail(known_copy("online_retail/online_retail.csv")))


def opened(shop: Shop) -> AppTest:
    """Open the page of a shop."""
    launch.use(Source(lambda: shop.dataset))
    return dashboard_pages.opened("customers")


def frame(app: AppTest, column: str) -> Any:
    return next(one.value for one in app.dataframe if column in one.value.columns)


def test_tiers_and_segments_are_those_of_the_files(olist: Shop) -> None:
    tiers = olist.of_tiers(ea.rfm.summarize_tiers)
    assert tiers["customers"].tolist() == [4_767, 14_267, 27_533, 48_853]
    assert sum(tiers.decimals("revenue")) == Decimal("13591643.70")
    figure = charts.tiers(tiers, formats=Formats("en_US", "BRL"))
    assert list(figure.data[0].customdata) == ["Platinum", "Gold", "Silver", "Bronze"]
    assert list(figure.data[1].y) == tiers["revenue_share"].tolist()

    filters = Filters(region=("SP",), category=("health_beauty",))
    folder = known_copy("olist")
    [(customers,)] = duckdb.sql(
        f"""
        SELECT count(*) FROM (
            SELECT customer_unique_id, first(customer_state ORDER BY
                order_purchase_timestamp, order_id) AS home
            FROM '{folder}/olist_orders_dataset.csv'
            JOIN '{folder}/olist_customers_dataset.csv' USING (customer_id)
            WHERE order_id IN (SELECT order_id FROM '{folder}/olist_order_items_dataset.csv')
            GROUP BY 1)
        WHERE home = 'SP'
        """
    ).fetchall()
    of_state = customer_list.people_of(olist, filters)
    assert of_state.num_rows == pytest.approx(customers, abs=50)  # By the order's own state: + 30.
    assert sum(olist.of_tiers(ea.rfm.summarize_tiers, filters)["customers"]) == of_state.num_rows
    whole = pa.table(olist.segments).to_pandas().set_index("customer")
    kept = of_state.to_pandas().set_index("customer")
    assert (kept["segment"] == whole.loc[kept.index, "segment"]).all()


def test_the_treemap_has_all_segments_with_customers(retail: Shop) -> None:
    table = retail.of_segments(ea.rfm.summarize)
    columns = pa.table(table).to_pydict()
    for size, whole in (("customers", 4_338), ("revenue", 8_310_477.054)):
        (drawn,) = charts.treemap(table, size, formats=Formats("en_US", "GBP")).data
        area = sum(width * height for width, height in zip(drawn.width, drawn.y, strict=True))
        told = {
            segment: whole * width * height / area
            for segment, width, height in zip(drawn.customdata, drawn.width, drawn.y, strict=True)
        }
        expected = dict(zip(columns["segment"], map(float, columns[size]), strict=True))
        assert told == pytest.approx({name: one for name, one in expected.items() if one > 0})


def test_lists_are_sorted_and_leave_out_who_does_not_belong(synthetic: Shop) -> None:
    people = customer_list.people_of(synthetic, EVERYTHING)
    best = customer_finder.listed(people, "Most revenue")["monetary"].to_pylist()
    assert best == sorted(best, reverse=True)
    close = customer_finder.listed(people, "Close to the next tier")
    assert close["to_next_tier"].null_count == 0
    assert "Platinum" not in close["tier"].to_pylist()
    assert close["to_next_tier"].to_pylist() == sorted(close["to_next_tier"].to_pylist())
    assert customer_finder.listed(people, "Highest churn risk").num_rows == 0
    ranking = ea.churn.rank(synthetic.dataset.transactions).ranking
    assert ranking is not None
    risky = customer_finder.listed(people, "Highest churn risk", ranking)
    assert risky["churn_risk"].to_pylist() == ranking["churn_risk"].tolist()
    assert set(risky["customer"].to_pylist()) == set(ranking["customer"])


def test_search_finds_keys_names_and_addresses_and_shows_none(synthetic: Shop) -> None:
    people = customer_list.people_of(synthetic, EVERYTHING)
    persons = synthetic.dataset.customers
    assert persons is not None
    row = persons.slice(7, 1).to_pylist()[0]
    for text in (row["customer"], row["email"].upper(), row["name"]):
        found = customer_list.found(people, text, persons)
        assert row["customer"] in found["customer"].to_pylist()
        assert {"name", "email"}.isdisjoint(found.column_names)
    assert customer_list.found(people, "%", persons).num_rows == 0
    assert customer_list.found(people, ".*", persons).num_rows == 0


def test_a_search_among_keys_that_are_numbers(retail: Shop) -> None:
    people = customer_list.people_of(retail, EVERYTHING)
    assert customer_list.found(people, "12347", retail.dataset.customers).num_rows == 1


def test_the_page_has_lists_a_search_and_profiles_for_klaviyo(synthetic: Shop) -> None:
    app = opened(synthetic)
    for name in customer_finder.LISTS:
        app.segmented_control(key="customer-list").set_value(name).run()
        assert not app.exception
        assert len(frame(app, "to_next_tier")) > 0
    app.multiselect(key="customer-tier").set_value(["Platinum"]).run()
    platinum = len(frame(app, "to_next_tier"))
    assert 0 < platinum <= 15
    app.button(key="klaviyo-make").click().run()
    assert not app.exception
    [told] = [one.value for one in app.text if "profiles" in one.value]
    assert int(told.split()[0]) <= platinum
    app.text_input(key="customer-search").set_value("nobody is called so").run()
    assert any("No customer is in this list" in one.value for one in app.info)


def test_the_page_follows_segments_and_regions_alone(retail: Shop) -> None:
    app = opened(retail)
    everyone = frame(app, "median_recency_days")["customers"].sum()
    assert everyone == 4_338
    app.multiselect(key="filter-segment").set_value(["Champions"]).run()
    assert not app.exception
    assert frame(app, "median_recency_days")["customers"].sum() == 628
    assert set(frame(app, "to_next_tier")["segment"]) == {"Champions"}
    assert any("3,370" in one.value.replace("\\", "") for one in app.markdown)


def test_a_source_too_short_for_a_risk_says_why() -> None:
    tx = ea.Transactions.from_arrays(
        customer=["a", "b", "a"],
        order=["1", "2", "3"],
        timestamp=["2026-01-05", "2026-01-06", "2026-01-09"],
        amount=["5.00", "2.00", "1.00"],
    )
    dataset = ea.datasets.make_synthetic(60)
    shop = Shop(dataset)
    outcome = ea.churn.rank(tx)
    assert outcome.reason
    shop.of_source = lambda *_, **__: outcome  # type: ignore[method-assign]
    shop.is_made = lambda *_, **__: True  # type: ignore[method-assign]
    source = Source(lambda: dataset)
    source._shop = shop
    launch.use(source)
    app = dashboard_pages.opened("customers")
    assert any("No risk of churn is told" in one.value for one in app.info)
    assert "Highest churn risk" not in app.segmented_control(key="customer-list").options
