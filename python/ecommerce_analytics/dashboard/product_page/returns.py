"""What went back, was given off, carried, and what remained: by category or product."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from ecommerce_analytics.dashboard import components, order_list, state
from ecommerce_analytics.dashboard.charts import products as charts
from ecommerce_analytics.dashboard.charts.layout import columns_of
from ecommerce_analytics.dashboard.product_page import tables
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["is_known", "show"]

# Column, unit, title, rule: each is drawn if it has a figure other than zero.
_FIGURES: Final = (
    ("return_rate_money", "share", "Return rate", "Refunds / gross revenue of the group."),
    ("revenue_refunds", "money", "Refunds", "Money of the refund lines."),
    ("discount_share", "share", "Discount", "Discounts / gross revenue of the group."),
    ("freight_share", "share", "Freight", "Freight / net revenue and freight."),
    ("margin", "money", "Margin", "Net revenue less cost of the same lines."),
    ("margin_share", "share", "Margin rate", "Margin / net revenue."),
)


def is_known(shop: Shop) -> bool:
    """Return whether lines tell what was sold."""
    return bool(tables.dimensions_of(shop, *tables.ASSORTMENT))


def show(shop: Shop, filters: Filters) -> None:
    """Show a chart for each figure that the source tells of."""
    look: dict[str, Any] = {"theme": state.theme(), "formats": state.formats(shop)}
    names = tables.dimensions_of(shop, *tables.ASSORTMENT)
    by = st.segmented_control(
        "By", names, default=names[0], required=True, key="returns-by", format_func=str.title
    )
    parts = shop.of_lines(tables.parts, filters, by=by)
    columns = columns_of(parts)
    known = [one for one in _FIGURES if any(columns.get(one[0], ()))]
    if not known:
        components.empty("Nothing went back here, and no cost or freight is known.")
    sides = st.columns(2)
    for place, (value, unit, title, rule) in enumerate(known):
        with sides[place % 2]:
            clicked = components.chart(
                charts.bars(
                    parts,
                    label=by,
                    value=value,
                    unit=unit,
                    title=f"{title}, most gross revenue first",
                    size="revenue_gross",
                    **look,
                ),
                key=f"{value.replace('_', '-')}-by-{by}",
                shop=shop,
                data=parts,
                rule=rule + order_list.hint(shop),
                alt=f"Bars of {title.lower()} by {by}",
                select=shop.has_lines,
            )
            order_list.show_group(shop, filters, by, clicked, key=f"{value}-orders")
    components.table(parts, key=f"parts-of-{by}", shop=shop, rule="By the lines' own key.")
