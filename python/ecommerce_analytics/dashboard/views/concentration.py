"""How much of the revenue the best customers bring."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics import rfm
from ecommerce_analytics.dashboard import components, state
from ecommerce_analytics.dashboard.charts import tower as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the Lorenz curve beside the shares of the best customers and of the segments."""
    theme, written = state.theme(), state.formats(shop)
    left, right = st.columns(2)
    with left:
        points = shop.of_customers(rfm.lorenz, filters)
        components.chart(
            charts.lorenz(points, theme=theme, formats=written),
            key="concentration",
            shop=shop,
            data=points,
            rule="Net money of known customers, full history, from the least on.",
            alt="Lorenz curve of revenue over customers",
        )
    with right:
        top = shop.of_customers(rfm.concentration, filters)
        gini = top.metadata["gini"]
        st.markdown(f"**Gini coefficient** {gini if gini == 'undefined' else f'{float(gini):.3f}'}")
        components.table(top, key="top-customers", shop=shop, rule="Best shares of customers.")
        components.table(
            shop.of_segments(rfm.summarize, filters),
            key="segment-shares",
            shop=shop,
            rule="Segments of the population: the share of the Champions stands on top.",
        )
