"""Trends and seasonality: series with averages, patterns, year over year."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics.dashboard import components
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.dashboard.trend_page import patterns, series, tables

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    components.heading("Trends", shop, filters, "report window")
    chosen = st.segmented_control(
        "Figure", tables.FIGURES, default="Net revenue", required=True, key="trends-figure"
    )
    figure = tables.FIGURES[chosen]
    series.show(shop, filters, figure)
    st.header("What repeats")
    patterns.show(shop, filters, figure)
    st.header("Against the year before")
    series.years(shop, filters, figure)
