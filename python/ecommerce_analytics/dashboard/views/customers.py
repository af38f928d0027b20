"""Customers and value: tiers, segments, lists of customers, who may not come back."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics import rfm
from ecommerce_analytics.dashboard import churn_panel, components, customer_finder, state
from ecommerce_analytics.dashboard.charts import customers as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    theme, written = state.theme(), state.formats(shop)
    components.heading("Customers and value", shop, filters, "population")
    segments = shop.of_segments(rfm.summarize, filters)
    size = customer_finder.area()
    left, right = st.columns([2, 3]) if shop.knows(rfm.summarize_tiers) else (None, st.container())
    if left is not None:
        tiers = shop.of_tiers(rfm.summarize_tiers, filters)
        with left:
            clicked = components.chart(
                charts.tiers(tiers, theme=theme, formats=written),
                key="tiers",
                shop=shop,
                data=tiers,
                rule=charts.TIER_RULE,
                alt="Bars of the share of the customers and of the revenue by tier",
                select=True,
            )
        customer_finder.choose("tier", {one["customdata"] for one in clicked}, clicked="tiers")
    with right:
        clicked = components.chart(
            charts.treemap(segments, size, theme=theme, formats=written),
            key="segments-treemap",
            shop=shop,
            data=segments,
            rule=f"Rule set {shop.rules}; the greyer, the longer ago is the last order. "
            "A click on a tile chooses its customers below.",
            alt="Treemap of the segments",
            select=True,
        )
    customer_finder.choose("segment", {one["customdata"] for one in clicked}, clicked="treemap")
    st.subheader("Segments")
    rows = components.table(
        segments,
        key="segments",
        shop=shop,
        columns=customer_finder.columns(segments),
        select=True,
        rule="A row chooses its customers below.",
    )
    names = {str(segments["segment"][row]) for row in rows}
    customer_finder.choose("segment", names, clicked="rows")
    st.subheader("Customers")
    customer_finder.show(shop, filters)
    churn_panel.show(shop)
