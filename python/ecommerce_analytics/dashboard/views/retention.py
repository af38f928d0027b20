"""Retention: how cohorts come back, where they are lost, how soon the second order comes."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics.dashboard import components, kept_cohorts, retention_panels, state
from ecommerce_analytics.dashboard.charts import retention as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    components.heading("Retention", shop, filters, "report window")
    if not shop.has_lines:
        kept_cohorts.show(shop, filters)
        return
    cohorts = retention_panels.choose(shop, filters)
    if not cohorts.num_cohorts():
        components.empty("No customer of this selection has an order.", "Choose less.")
        return
    if filters.category or filters.payment_type:
        st.caption(
            "Category and payment type choose the orders of each period; the base is all new "
            "customers, whatever they first bought. The time to the second order is of the "
            "customers whose first order is chosen, whatever they bought then."
        )
    group = retention_panels.chosen_group(cohorts)
    points = retention_panels.cohort_heatmap(cohorts, group)
    st.subheader("Customers behind a cell")
    retention_panels.cell(cohorts, group, points)
    st.header("Where customers are lost")
    left, right = st.columns(2)
    with left:
        retention_panels.curves(cohorts)
    with right:
        retention_panels.losses(cohorts)
    st.header("Time to the second order")
    retention_panels.cards_of_second_orders(cohorts)
    components.chart(
        charts.second_order(
            cohorts.second_order_lines(), theme=state.theme(), formats=state.formats(shop)
        ),
        key="second-order",
        shop=shop,
        data=cohorts.second_orders(),
        rule="Kaplan and Meier's estimate with its 95 % interval; a customer is in by his first "
        "order.",
        alt="Share of customers with a second order by days after the first",
    )
