"""Executive control tower: how the shop does, and where the number comes from."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics.dashboard import cards, components, key_figures
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.dashboard.views import concentration, origin, revenue_parts, storyline

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    components.heading("Control tower", shop, filters, "report window")
    figures = key_figures.cards_of(key_figures.EXECUTIVE, shop, filters)
    if shop.has_lines:  # The mean of the cohorts is in no file of a run.
        figures.insert(5, key_figures.retention_of(shop, filters))
    cards.show(figures, key="executive", label="Key figures")
    st.header("In short")
    storyline.show(shop, filters)
    revenue_parts.show(shop, filters)
    st.header("Concentration of revenue")
    components.scope(shop, filters, "population")
    concentration.show(shop, filters)
    st.header("Where the number comes from")
    origin.show(shop, filters)
