"""How orders were paid: types, and in how many instalments."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecommerce_analytics import payments
from ecommerce_analytics.dashboard import components, order_list, state
from ecommerce_analytics.dashboard.charts import products as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["is_known", "show"]


def is_known(shop: Shop) -> bool:
    """Return whether the source tells of payments."""
    return bool(shop.payment_types)


def show(shop: Shop, filters: Filters) -> None:
    """Show the part."""
    look: dict[str, Any] = {"theme": state.theme(), "formats": state.formats(shop)}
    written = state.formats(shop)
    revenue = shop.revenue_by_payment_type(filters)
    paid = shop.of_payments(payments.by_type, filters)
    st.info(
        "Revenue by payment type is split by the shares of each order's payments. Counts of orders "
        f"by type do not add up: {written.count(paid.orders_of_several_types)} of "
        f"{written.count(paid.total_orders)} orders were paid in several ways, and count in each.",
        icon=":material/call_split:",
    )
    left, right = st.columns(2)
    with left:
        by_revenue = components.chart(
            charts.bars(revenue, label="payment_type", value="revenue", title="Revenue", **look),
            key="revenue-by-payment-type",
            shop=shop,
            data=revenue,
            rule=f"Net revenue, split by the payments' shares; "
            f"{written.money(revenue.revenue_without_payment)} has no payment. "
            "Click a bar for its orders.",
            alt="Bars of net revenue by payment type",
            select=True,
        )
    with right:
        by_orders = components.chart(
            charts.bars(
                paid,
                label="payment_type",
                value="orders",
                unit="count",
                title="Orders, each in all of its types",
                **look,
            ),
            key="orders-by-payment-type",
            shop=shop,
            data=paid,
            rule="Distinct orders of the type; they add up to more than all. "
            "Click a bar for its orders.",
            alt="Bars of orders by payment type",
            select=True,
        )
    if shop.dataset.payments is not None and shop.dataset.payments.has_installments:
        parts = shop.of_payments(payments.by_installments, filters)
        components.chart(
            charts.columns_of_scores(
                parts,
                label="installments",
                value="paid",
                unit="money",
                title="Paid, freight and all included, by number of instalments",
                **look,
            ),
            key="installments",
            shop=shop,
            data=parts,
            rule="What was paid, freight and all included, by the number told for each payment.",
            alt="Columns of what was paid by number of instalments",
        )
    clicked = order_list.last_clicked(by_revenue, by_orders, key="payment-orders")
    order_list.show_paid(shop, filters, clicked, key="payment-orders")
