"""Products, payments, sellers: what was sold, what went back, how it was paid and how it fared."""

from __future__ import annotations

from typing import Final

import streamlit as st

from ecommerce_analytics.dashboard import cards, components, key_figures
from ecommerce_analytics.dashboard.product_page import assortment, paid, returns, sellers, service
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["is_known", "show"]

_PARTS: Final = {
    "Assortment": assortment,
    "Returns and margin": returns,
    "Payments": paid,
    "Sellers": sellers,
    "Reviews and delivery": service,
}
_FIGURES: Final = ("revenue_net", "orders")
_RETURNS: Final = ("return_rate_money", "return_rate_lines")


def is_known(shop: Shop) -> bool:
    """Return whether the source tells what was sold, or how it was paid."""
    return any(part.is_known(shop) for part in _PARTS.values())


def show(shop: Shop, filters: Filters) -> None:
    """Show the page: its figures, and the part that is chosen."""
    components.heading("Products", shop, filters, "report window")
    parts = ("sale_lines",) if "items" in shop.untold else ("items", "items_per_order")
    names = (*_FIGURES, *parts, "freight", *_RETURNS)
    figures = key_figures.cards_of(names, shop, filters)
    cards.show(figures, key="products", label="Products")
    known = [name for name, part in _PARTS.items() if part.is_known(shop)]
    chosen = st.segmented_control(
        "Part",
        known,
        default=known[0],
        required=True,
        key="products-part",
        label_visibility="collapsed",
    )
    _PARTS[chosen].show(shop, filters)
