"""Revenue by month, by category and by payment type; a bar opens its orders."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecommerce_analytics import aggregate, kpi
from ecommerce_analytics.dashboard import components, order_list, payment_bars, state
from ecommerce_analytics.dashboard.charts import tower as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the parts that the source tells of."""
    look: dict[str, Any] = {"theme": state.theme(), "formats": state.formats(shop)}
    hint = order_list.hint(shop)
    months = shop.of_orders(kpi.summary, filters, period="month")
    month = components.chart(
        charts.monthly_revenue(months, **look),
        key="monthly-revenue",
        shop=shop,
        data=months,
        rule="Money on the day of its line, of all kinds; the running month is hatched." + hint,
        alt="Bars of the net revenue by month",
        select=shop.has_lines,
    )
    order_list.show_days(shop, filters, months, month, key="month-orders")
    category: list[dict[str, Any]] = []
    payment: list[dict[str, Any]] = []
    left, right = st.columns(2)
    if shop.has_category:
        table = shop.of_lines(aggregate.group_by, filters, by=("category",))
        with left:
            category = components.chart(
                charts.bars(table, label="category", value="revenue", title="Categories", **look),
                key="top-categories",
                shop=shop,
                data=table,
                rule="Net money of the lines of a category."
                + (" Orders that contain a chosen one are in whole." if filters.category else "")
                + hint,
                alt="Bars of revenue by category",
                select=shop.has_lines,
            )
    if shop.payment_types:
        with right:
            payment = payment_bars.show(shop, filters)
    order_list.show_group(shop, filters, "category", category, key="category-orders")
    order_list.show_paid(shop, filters, payment, key="payment-orders")
