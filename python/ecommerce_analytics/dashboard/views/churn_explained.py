"""Churn explained: what makes the risk of a customer, and that of a segment."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics.dashboard import churn_panel, components, customer_link, state
from ecommerce_analytics.dashboard.charts import churn as charts
from ecommerce_analytics.dashboard.churn_page import panels, tables
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    theme, written = state.theme(), state.formats(shop)
    components.heading("Churn explained", shop, filters, "population")
    st.caption(
        "The customers to choose from follow the population; effects and segments are of all. An "
        "effect says what the model reads, and not what would happen if it were changed."
    )
    outcome = churn_panel.told(shop)
    if outcome is None:
        return
    row = panels.choose(shop, filters, outcome)
    if row is not None:
        components.chart(
            charts.effects(row, theme=theme, formats=written),
            key="churn-effects",
            shop=shop,
            data=tables.effects_of(row),
            rule="The base and the effects add up to the log-odds of the customer exactly.",
            alt="What each feature adds to the log-odds of churn of the customer",
        )
        customer_link.show(row["customer"], where="explained")
    st.header("Reasons by segment")
    table = tables.segments(shop, outcome)
    components.chart(
        charts.segments(table, theme=theme, formats=written),
        key="churn-segments",
        shop=shop,
        data=table,
        rule=f"Mean effects of the customers of each segment of {shop.rules}; beside the name the "
        "mean risk. Intervals stand in the export.",
        alt="Heatmap of the mean effect of each feature by segment",
    )
