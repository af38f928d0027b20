"""The orders and customers behind a bar, as tables with their exports."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from ecommerce_analytics import orders
from ecommerce_analytics.dashboard import components
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.dashboard.words import escaped

__all__ = ["show"]

_MOST: Final = 1_000


def show(shop: Shop, filters: Filters, what: Any, *, key: str) -> None:
    """Show the orders of most revenue under these filters, or their customers."""
    st.subheader(f"Behind {escaped(what)}")
    part = st.segmented_control(
        "List", ("Orders", "Customers"), default="Orders", required=True, key=f"part-{key}"
    )
    found = shop.of_orders(
        orders.list_orders if part == "Orders" else orders.list_customers,
        filters,
        sort="revenue",
        descending=True,
        limit=_MOST,
    )
    components.table(
        found, key=f"{key}-{part.lower()}", shop=shop, rule="Those of most revenue, 1,000 at most."
    )
