"""Segment explorer: customers by recency, orders and money, in segments or clusters."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics.dashboard import components, customer_list, state
from ecommerce_analytics.dashboard.charts import explorer as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.dashboard.views import customer_picker, group_profile

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    theme, written = state.theme(), state.formats(shop)
    components.heading("Segment explorer", shop, filters, "population")
    first, second, third = st.columns(3)
    colour = first.segmented_control(
        "Colour by", ["segment", "cluster"], default="segment", key="explorer-colour", required=True
    )
    n_clusters = second.slider("Clusters", 2, 10, 4, key="explorer-clusters")
    form = third.segmented_control(
        "View", ["3D", "2D"], default="3D", key="explorer-view", required=True
    )
    clusters = customer_list.clusters_of(shop, n_clusters)
    names = {"segment": shop.segment_names, "cluster": tuple(clusters.cluster_names)}[colour]
    people = customer_list.list_of(shop, filters, n_clusters)
    people = customer_picker.pick(people, colour, names, shop.scores.n_bins)
    if not people.num_rows:
        components.empty("No customer is left.", "Choose wider scores or other groups.")
        return
    points = customer_list.sample(people)
    shown = f"{written.count(points.num_rows)} of {written.count(people.num_rows)} customers" + (
        ", drawn by a fixed seed." if points.num_rows < people.num_rows else "."
    )
    draw = charts.space_scatter if form == "3D" else charts.flat_scatter
    components.chart(
        draw(points, colour=colour, groups=names, theme=theme, formats=written),
        key="customers-in-space",
        shop=shop,
        data=points,
        rule=f"{shown} Recency, orders and net money of the full history.",
        alt=f"Customers by recency, orders and money, coloured by {colour}",
    )
    group_profile.show(shop, filters, clusters if colour == "cluster" else None, n_clusters)
    st.subheader("The customers picked")
    components.table(people, key="picked-customers", shop=shop)
