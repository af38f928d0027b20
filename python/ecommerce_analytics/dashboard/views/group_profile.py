"""What the groups of the explorer are like, beside what a number of clusters is worth."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecommerce_analytics import customer_clusters, rfm
from ecommerce_analytics.dashboard import components, state
from ecommerce_analytics.dashboard.charts import explorer as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.dashboard.views import cluster_curve

__all__ = ["show"]


def show(shop: Shop, filters: Filters, clusters: Any, n_clusters: int) -> None:
    """Show the profile of the clusters, or of the segments where there are none."""
    if clusters is None:
        table = shop.of_segments(rfm.summarize, filters)
        group, rule = "segment", "Segments of the population."
    else:
        table = customer_clusters.profile(clusters, shop.scores)
        group, rule = "cluster", "Clusters of all customers."
    left, right = st.columns(2)
    with left:
        components.chart(
            charts.profile(table, theme=state.theme(), formats=state.formats(shop)),
            key=f"profile-of-{group}s",
            shop=shop,
            data=table,
            rule=rule,
            alt=f"Share of customers and of revenue by {group}",
        )
    with right, st.container(key="panel-curve"):
        cluster_curve.show(shop, n_clusters)
