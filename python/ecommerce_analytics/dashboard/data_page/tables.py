"""All tables of a shop to take away, and the list for Klaviyo."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import streamlit as st

from ecommerce_analytics import aggregate, cohort, klaviyo, kpi, payments, rfm
from ecommerce_analytics.dashboard import components
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.errors import InvalidArgument

__all__ = ["klaviyo_list", "show", "tables_of"]


@dataclass(frozen=True)
class _Export:
    """A table: its key, what it is, what it follows, and how it is made."""

    key: str
    title: str
    follows: str
    make: Callable[[], Any]


def tables_of(shop: Shop, filters: Filters) -> Iterator[_Export]:
    """Yield the tables that a shop can be asked for; none of them is made yet."""
    window, whole = "report window", "full history"
    dataset = shop.dataset

    yield _Export("customers", "Customers with scores and segment", whole, lambda: shop.segments)
    yield _Export("tiers", "Customers with tier", whole, lambda: shop.tiers)
    yield _Export("segments", "Segments", whole, lambda: shop.of_segments(rfm.summarize))
    for period in ("day", "week", "month"):
        yield _Export(
            f"key-figures-by-{period}",
            f"Key figures by {period}",
            window,
            partial(shop.of_orders, kpi.summary, filters, period=period),
        )
    yield _Export(
        "retention",
        "Retention by cohort of a month",
        "population",
        lambda: shop.of_orders(cohort.retention, filters.population),
    )
    for place, name in enumerate(dataset.transactions.dimension_names):
        slug = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-") or str(place)
        yield _Export(
            f"by-{place}-{slug}",
            f"Lines by {name.replace('_', ' ')}",
            window,
            partial(shop.of_lines, aggregate.group_by, filters, by=(name,)),
        )
    if dataset.payments is not None:
        yield _Export(
            "payments",
            "Payments by type",
            window,
            lambda: shop.of_payments(payments.by_type, filters),
        )


def klaviyo_list(shop: Shop) -> tuple[pa.Table, dict[str, int]] | None:
    """Return whom we may write to, and how many are left out by which reason.

    None if the source tells no address or nobody's consent.
    """
    customers = shop.dataset.customers
    try:
        klaviyo.check(customers)
    except InvalidArgument:
        return None
    assert customers is not None
    tables = {"segments": shop.segments.to_arrow(), "tiers": shop.tiers.to_arrow()}
    return klaviyo.profiles(customers, tables)


def show(shop: Shop, filters: Filters) -> None:
    """Offer each table, and the list for Klaviyo where the source has consent."""
    st.subheader("Tables")
    exports = {one.key: one for one in tables_of(shop, filters)}
    key = st.selectbox(
        "Table", list(exports), key="export-table", format_func=lambda one: exports[one].title
    )
    one = exports[key]
    components.table(
        one.make(), key=f"all-{one.key}", shop=shop, rule=f"Follows the {one.follows}."
    )
    st.subheader("List for Klaviyo")
    made = klaviyo_list(shop)
    if made is None:
        components.empty("This source does not tell addresses and consent of its customers.")
        return
    profiles, left_out = made
    components.table(
        profiles,
        key="klaviyo-profiles",
        shop=shop,
        rule="Customers with an order, an address and consent; properties of the full history.",
    )
    reasons = {"left_out_for": list(left_out), "customers": list(left_out.values())}
    components.table(pa.table(reasons), key="klaviyo-left-out", shop=shop)
