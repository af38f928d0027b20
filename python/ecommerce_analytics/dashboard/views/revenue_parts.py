"""Revenue by month, by category and by payment type."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecommerce_analytics import aggregate, kpi, payments
from ecommerce_analytics.dashboard import components, state
from ecommerce_analytics.dashboard.charts import tower as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the parts that the source tells of."""
    look: dict[str, Any] = {"theme": state.theme(), "formats": state.formats(shop)}
    months = shop.of_orders(kpi.summary, filters, period="month")
    components.chart(
        charts.monthly_revenue(months, **look),
        key="monthly-revenue",
        shop=shop,
        data=months,
        rule="Money on the day of its line, all kinds of lines; the running month is hatched.",
        alt="Bars of the net revenue by month",
    )
    left, right = st.columns(2)
    if shop.has_category:
        table = shop.of_lines(aggregate.group_by, filters, by=("category",))
        with left:
            components.chart(
                charts.bars(table, label="category", value="revenue", title="Categories", **look),
                key="top-categories",
                shop=shop,
                data=table,
                rule="Net money of the lines of a category."
                + " Orders that contain a chosen one are in whole." * bool(filters.category),
                alt="Bars of revenue by category",
            )
    if shop.payment_types:
        with right:
            _payments(shop, filters, look)


def _payments(shop: Shop, filters: Filters, look: dict[str, Any]) -> None:
    """Show the net revenue by payment type, as on Products; of files of a run what was paid."""
    if shop.knows(payments.revenue_by_type):
        table, value = shop.revenue_by_payment_type(filters), "revenue"
        title = "Payments: net revenue split by what was paid"
        rule = (
            "Net revenue of each order by the shares of its payments; "
            f"{look['formats'].money(table.revenue_without_payment)} has no payment."
        )
    else:
        table, value = shop.of_payments(payments.by_type, filters), "paid"
        title = "Paid, freight and all included"
        rule = "The sum of the payments: no net revenue."
    components.chart(
        charts.bars(table, label="payment_type", value=value, title=title, **look),
        key="payment-methods",
        shop=shop,
        data=table,
        rule=rule,
        alt="Bars of money by payment type",
    )
