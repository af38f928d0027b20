"""Profile of one customer: who he is, his figures, his orders and their lines."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics.dashboard import (
    cards,
    churn_panel,
    components,
    customer_profile,
    state,
)
from ecommerce_analytics.dashboard.charts import customer as charts
from ecommerce_analytics.dashboard.charts.layout import columns_of
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.dashboard.words import escaped

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    told = st.query_params.get("customer", "")
    st.title(f"Customer {escaped(told)}" if told else "Customer")
    if shop.is_synthetic:
        st.warning("Synthetic data: drawn from models, not of any shop.", icon="⚗️")
    profile = customer_profile.find(shop, told)
    if profile is None:
        components.empty("No customer with an order has this key.", "Choose one from a list.")
        return
    st.caption(f"Follows the **full history** · as of {shop.as_of} (exclusive)")
    outcome = churn_panel.outcome(shop)
    ranking = None if outcome is None else outcome.ranking
    cards.show(profile.cards(state.formats(shop), ranking), key="customer", label="Key figures")
    if (person := profile.person()) is not None:
        components.table(person, key="customer-person", shop=shop, rule="As the source tells it.")
    table = profile.orders()
    points = components.chart(
        charts.history(table, theme=state.theme(), formats=state.formats(shop)),
        key="customer-history",
        shop=shop,
        data=table,
        rule="Net revenue of each order, returns included.",
        alt="Net revenue of each order over time",
        select=True,
    )
    rows = components.table(table, key="customer-orders", shop=shop, select=True)
    keys = columns_of(table)["order"]
    by_text = {str(key): key for key in keys}
    clicked = [by_text[one["customdata"]] for one in points if one.get("customdata") in by_text]
    order = keys[rows[0]] if rows else (clicked or keys)[0]
    st.subheader(f"Lines of order {escaped(order)}")
    components.table(
        profile.lines(order), key="customer-lines", shop=shop, rule="Choose an order above."
    )
