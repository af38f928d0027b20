"""How orders fared: review scores, days of delivery, and what came late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ecommerce_analytics.dashboard import components, order_list, state
from ecommerce_analytics.dashboard.charts import products as charts
from ecommerce_analytics.dashboard.product_page import tables
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["is_known", "show"]

_FACTS = ("review_score", "delivery_days", "delivery")
_FEW = f"Months of fewer than {charts.FEW_ORDERS} such orders are left out."
_LATE: Mapping[str, str] = {"delivery": "late"}


def is_known(shop: Shop) -> bool:
    """Return whether the source tells of reviews or deliveries."""
    return bool(_known(shop))


def show(shop: Shop, filters: Filters) -> None:
    """Show a row of charts for each fact that the source tells of."""
    known = _known(shop)
    if "review_score" in known:
        _reviews(shop, filters)
    if "delivery_days" in known:
        _days(shop, filters)
    if "delivery" in known:
        _late(shop, filters)


def _known(shop: Shop) -> tuple[str, ...]:
    """Return the facts that can be counted; scores and days must be integers for that."""
    return tuple(
        name
        for name in tables.dimensions_of(shop, *_FACTS)
        if name == "delivery" or tables.has_integers(shop, name)
    )


def _reviews(shop: Shop, filters: Filters) -> None:
    look: dict[str, Any] = {"theme": state.theme(), "formats": state.formats(shop)}
    scores = shop.of_lines(tables.shares, filters, of="review_score")
    months = shop.of_lines(tables.means, filters, of="review_score", period="month")
    left, right = st.columns(2)
    with left:
        clicked = components.chart(
            charts.columns_of_scores(
                scores,
                label="review_score",
                value="share",
                unit="share",
                title="Review scores",
                **look,
            ),
            key="review-scores",
            shop=shop,
            data=scores,
            rule="Orders with a review, by the score of their last one." + order_list.hint(shop),
            alt="Columns of the share of orders by review score",
            select=shop.has_lines,
        )
    with right:
        components.chart(
            charts.by_month(months, value="mean", title="Mean review score", bounds=(1, 5), **look),
            key="review-scores-by-month",
            shop=shop,
            data=months,
            rule=f"By the month of the order; without a review it is left out. {_FEW}",
            alt="Line of the mean review score by month",
        )
    order_list.show_group(shop, filters, "review_score", clicked, key="score-orders")
    if shop.has_category:
        categories = shop.of_lines(tables.means, filters, of="review_score", by="category")
        components.chart(
            charts.bars(
                categories,
                label="category",
                value="mean",
                unit="number",
                title="Mean review score, categories of most reviewed orders first",
                size="known_orders",
                **look,
            ),
            key="review-scores-by-category",
            shop=shop,
            data=categories,
            rule="An order with several categories counts in each, with its one score.",
            alt="Bars of the mean review score by category",
        )


def _days(shop: Shop, filters: Filters) -> None:
    look: dict[str, Any] = {"theme": state.theme(), "formats": state.formats(shop)}
    days = shop.of_lines(tables.shares, filters, of="delivery_days")
    months = shop.of_lines(tables.means, filters, of="delivery_days", period="month")
    left, right = st.columns(2)
    with left:
        components.chart(
            charts.columns_of_scores(
                days,
                label="delivery_days",
                value="share",
                unit="share",
                title="Days to delivery",
                **look,
            ),
            key="delivery-days",
            shop=shop,
            data=days,
            rule="Whole days from the order to the customer; the first 40 numbers are drawn.",
            alt="Columns of the share of delivered orders by days to delivery",
        )
    with right:
        components.chart(
            charts.by_month(months, value="mean", title="Mean days to delivery", **look),
            key="delivery-days-by-month",
            shop=shop,
            data=months,
            rule=f"By the month of the order; the last ones still lack slow deliveries. {_FEW}",
            alt="Line of the mean days to delivery by month",
        )


def _late(shop: Shop, filters: Filters) -> None:
    look: dict[str, Any] = {"theme": state.theme(), "formats": state.formats(shop)}
    months = shop.of_lines(tables.shares, filters, of="delivery", period="month")
    components.chart(
        charts.by_month(
            months,
            value="share",
            unit="share",
            where=_LATE,
            title="Late deliveries",
            **look,
        ),
        key="late-share-by-month",
        shop=shop,
        data=months,
        rule=f"Share of the delivered orders that came after the estimated day. {_FEW}",
        alt="Line of the share of late deliveries by month",
    )
