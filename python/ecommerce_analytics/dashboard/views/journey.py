"""Segment journey: who moved between segments, and how soon the second order comes by group."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics.dashboard import components, journey_panels
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    components.heading("Segment journey", shop, filters, "full history")
    chosen = journey_panels.dates(shop)
    if chosen is not None:
        journey_panels.moves(shop, *chosen)
    st.header("Time to the second order by group")
    journey_panels.second_orders(shop)
