"""Executive control tower: how the shop does, and where the number comes from."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics import aggregate, kpi, payments
from ecommerce_analytics.dashboard import cards, components, key_figures, state
from ecommerce_analytics.dashboard.charts import tower as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    theme, written = state.theme(), state.formats(shop)
    components.heading("Control tower", shop, filters, "report window")
    cards.show(
        key_figures.cards_of(key_figures.EXECUTIVE, shop, filters),
        key="executive",
        label="Key figures",
    )
    months = shop.of_orders(kpi.summary, filters, period="month")
    components.chart(
        charts.monthly_revenue(months, theme=theme, formats=written),
        key="monthly-revenue",
        shop=shop,
        data=months,
        rule="Money on the day of its line, all kinds of lines; the running month is hatched.",
        alt="Bars of the net revenue by month",
    )
    left, right = st.columns(2)
    if shop.has_category:
        with left:
            table = shop.of_lines(aggregate.group_by, filters, by=("category",))
            components.chart(
                charts.bars(
                    table,
                    label="category",
                    value="revenue",
                    title="Top categories",
                    theme=theme,
                    formats=written,
                ),
                key="top-categories",
                shop=shop,
                data=table,
                rule="Net money of the lines of a category.",
                alt="Bars of revenue by category",
            )
    if shop.payment_types:
        with right:
            table = shop.of_payments(payments.by_type, filters)
            components.chart(
                charts.bars(
                    table,
                    label="payment_type",
                    value="paid",
                    title="Payment methods",
                    theme=theme,
                    formats=written,
                ),
                key="payment-methods",
                shop=shop,
                data=table,
                rule="What was paid, by type; an order paid in two ways counts in both.",
                alt="Bars of payments by type",
            )
