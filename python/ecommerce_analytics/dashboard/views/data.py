"""Data: where the figures come from, a file of one's own, definitions, tables to take away."""

from __future__ import annotations

from typing import Final

import streamlit as st

from ecommerce_analytics.dashboard import components
from ecommerce_analytics.dashboard.data_page import dictionary, ingest, tables, upload
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]

_PARTS: Final = ("Source", "Upload", "Dictionary", "Exports")


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    components.heading("Data", shop, filters, "full history")
    part = st.segmented_control(
        "Part", _PARTS, default=_PARTS[0], key="data-part", label_visibility="collapsed"
    )
    if part == "Upload":
        upload.show()
    elif part == "Dictionary":
        dictionary.show(shop)
    elif part == "Exports":
        tables.show(shop, filters)
    else:
        ingest.show(shop)
