"""Recommendations: what changed last week, three lists to send, and every rule with its size."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics.dashboard import components, recommendation_panels
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.dashboard.words import escaped

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    components.heading("Recommendations", shop, filters, "full history")
    st.header("Last week")
    recommendation_panels.week(shop)
    st.header("Three lists to send")
    margin = recommendation_panels.ask()
    chosen = recommendation_panels.actions()
    known = recommendation_panels.facts(shop, chosen[1]) if chosen is not None else None
    if chosen is None or known is None:
        return
    if margin is None:
        st.info(
            "The margin is not given, so no money is told: no order line tells it, and an invented "
            "one would decide the answer.",
            icon=":material/info:",
        )
    for why in dict.fromkeys((*known.missing.values(), known.warning)):
        if why:
            st.caption(escaped(f"{why}."))
    found = recommendation_panels.recommended(shop, known, chosen, margin)
    recommendation_panels.lists(found, shop)
    st.header("All rules")
    recommendation_panels.rules(found, shop)
