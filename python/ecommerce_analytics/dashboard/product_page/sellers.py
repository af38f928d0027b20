"""Who sold: sellers of a marketplace by revenue, and their classes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecommerce_analytics.dashboard import components, order_list, state
from ecommerce_analytics.dashboard.charts import products as charts
from ecommerce_analytics.dashboard.product_page import tables
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["is_known", "show"]


def is_known(shop: Shop) -> bool:
    """Return whether lines tell their seller."""
    return bool(tables.dimensions_of(shop, "seller"))


def show(shop: Shop, filters: Filters) -> None:
    """Show the part."""
    look: dict[str, Any] = {"theme": state.theme(), "formats": state.formats(shop)}
    classes = shop.of_lines(tables.classes, filters, by="seller")
    left, right = st.columns(2)
    with left:
        clicked = components.chart(
            charts.bars(classes, label="seller", value="revenue", title="Sellers", **look),
            key="revenue-by-seller",
            shop=shop,
            data=classes,
            rule="Net money of the seller's lines." + order_list.hint(shop),
            alt="Bars of revenue by seller",
            select=shop.has_lines,
        )
    with right:
        components.chart(
            charts.abc_curve(classes, title="Share of revenue, best sellers first", **look),
            key="classes-of-seller",
            shop=shop,
            data=classes,
            rule="A: the fewest that bring 80 %; B: on to 95 %; C: the rest.",
            alt="Curve of the revenue that the best sellers bring together",
        )
    order_list.show_group(shop, filters, "seller", clicked, key="seller-orders")
    if tables.dimensions_of(shop, "review_score"):
        scores = shop.of_lines(tables.means, filters, of="review_score", by="seller")
        components.table(scores, key="seller-scores", shop=shop, rule="Mean score of their orders.")
    st.subheader("All sellers")
    components.table(classes, key="sellers", shop=shop)
