"""Churn: what the risk is worth, what a contact would bring, the money at risk, and whose."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics.dashboard import churn_panel, components
from ecommerce_analytics.dashboard.churn_page import panels
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    components.heading("Churn", shop, filters, "population")
    st.caption(
        "No filter trains a model anew: the test, the profit and the revenue at risk are of all "
        "customers, and the list follows the population."
    )
    outcome = churn_panel.told(shop)
    if outcome is None:
        return
    panels.rare(outcome)
    panels.lists(shop, filters, outcome)
    panels.money(shop, outcome)
    st.header("What the risk is worth")
    churn_panel.test(outcome.evaluation, shop)
    panels.test(shop, outcome)
    st.header("What a contact would have brought")
    panels.profit(shop, outcome)
