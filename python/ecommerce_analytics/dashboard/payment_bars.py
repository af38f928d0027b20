"""Revenue by payment type, as bars: the same figures on every page."""

from __future__ import annotations

from typing import Any

from ecommerce_analytics import payments
from ecommerce_analytics.dashboard import components, order_list, state
from ecommerce_analytics.dashboard.charts import tower as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> list[dict[str, Any]]:
    """Show the net revenue by payment type, of files of a run what was paid; return clicks."""
    written = state.formats(shop)
    if shop.knows(payments.revenue_by_type):
        table, value = shop.revenue_by_payment_type(filters), "revenue"
        title = "Payments: net revenue split by what was paid"
        rule = (
            "Net revenue of each order by the shares of its payments; "
            f"{written.money(table.revenue_without_payment)} has no payment."
        )
    else:
        table, value = shop.of_payments(payments.by_type, filters), "paid"
        title = "Paid, freight and all included"
        rule = "The sum of the payments: no net revenue."
    return components.chart(
        charts.bars(
            table,
            label="payment_type",
            value=value,
            title=title,
            theme=state.theme(),
            formats=written,
        ),
        key="payment-methods",
        shop=shop,
        data=table,
        rule=rule + order_list.hint(shop),
        alt="Bars of money by payment type",
        select=shop.has_lines,
    )
