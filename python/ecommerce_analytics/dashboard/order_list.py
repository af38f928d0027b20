"""The orders and customers behind a bar, as tables with their exports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import streamlit as st

from ecommerce_analytics import orders
from ecommerce_analytics.dashboard import components
from ecommerce_analytics.dashboard.shop import PAID_BY, Filters, Shop
from ecommerce_analytics.dashboard.words import escaped

__all__ = ["hint", "last_clicked", "show", "show_days", "show_group", "show_paid"]


def show(shop: Shop, filters: Filters, what: Any, *, key: str) -> None:
    """Show the orders of most revenue under these filters, or their customers."""
    st.subheader(f"Behind {escaped(what)}")
    part = st.segmented_control(
        "List", ("Orders", "Customers"), default="Orders", required=True, key=f"part-{key}"
    )
    found = shop.of_orders(
        orders.list_orders if part == "Orders" else orders.list_customers,
        filters,
        sort="revenue",
        descending=True,
    )
    components.table(
        found,
        key=f"{key}-{part.lower()}",
        shop=shop,
        rule="Most revenue first; money of the chosen days.",
    )


def show_days(
    shop: Shop, filters: Filters, periods: Any, points: list[dict[str, Any]], *, key: str
) -> None:
    """Show the orders of the period that is clicked; the custom data is its row of a table."""
    row = _clicked(points)
    if row is None:
        return
    told = pa.table(periods).select(["period", "start", "end"]).slice(int(row), 1).to_pylist()[0]
    span = replace(filters, start=told["start"], end=told["end"])
    show(shop, span, told["period"], key=key)


def show_group(
    shop: Shop, filters: Filters, dimension: str, points: list[dict[str, Any]], *, key: str
) -> None:
    """Show the orders with a line of the group that is clicked; its key is the custom data."""
    group = _clicked(points)
    if group is not None:
        show(shop, replace(filters, group=(dimension, group)), group, key=key)


def show_paid(shop: Shop, filters: Filters, points: list[dict[str, Any]], *, key: str) -> None:
    """Show the orders with a payment of the type that is clicked; it is the custom data."""
    payment_type = _clicked(points)
    if payment_type is not None:
        show(shop, replace(filters, group=(PAID_BY, payment_type)), payment_type, key=key)


def last_clicked(*charts: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Return the points of the chart that was clicked last, of several that open one list."""
    now = [_clicked(points) for points in charts]
    told = f"clicked-{key}"
    before, last = st.session_state.get(told, ([None] * len(now), 0))
    changed = [place for place, one in enumerate(now) if one != before[place]]
    last = max(changed, key=lambda place: now[place] is not None, default=last)
    st.session_state[told] = now, last
    return charts[last]


def hint(shop: Shop, what: str = "bar") -> str:
    """Return what a rule says of clicks, where a click opens orders."""
    return f" Click a {what} for its orders." if shop.has_lines else ""


def _clicked(points: list[dict[str, Any]]) -> Any:
    return next((one["customdata"] for one in points if one.get("customdata") is not None), None)
