"""What each number of clusters is worth: computed once a source, when somebody asks."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecommerce_analytics import customer_clusters
from ecommerce_analytics.dashboard import components, state
from ecommerce_analytics.dashboard.charts import explorer as charts
from ecommerce_analytics.dashboard.shop import Shop

__all__ = ["show"]

_OPTIONS: dict[str, Any] = {"n_init": 3, "max_silhouette_points": 2_000}


@st.fragment
def show(shop: Shop, n_clusters: int) -> None:
    """Show the curve; before it is computed, a button that asks for it."""
    is_known = shop.remembers_customers(customer_clusters.curve, **_OPTIONS)
    if not is_known and not st.button("Compare numbers of clusters", key="ask-cluster-curve"):
        st.caption("Fits 2 to 10 clusters and measures a sample of 2,000 customers: some seconds.")
        return
    with st.spinner("Fitting 2 to 10 clusters …", show_time=True):
        table = shop.of_customers(customer_clusters.curve, **_OPTIONS)
    components.chart(
        charts.curve(table, chosen=n_clusters, theme=state.theme()),
        key="cluster-curve",
        shop=shop,
        data=table,
        rule="Inertia: lower is closer; silhouette with its 95 % interval: higher is better apart.",
        alt="Inertia and silhouette by number of clusters",
    )
