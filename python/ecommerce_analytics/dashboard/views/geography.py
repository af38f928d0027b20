"""Geography: what comes from where, on a map and as a table, down to cities."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics.dashboard import cards, components, place_panels, places, state
from ecommerce_analytics.dashboard.charts import geography as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["is_known", "show"]


def is_known(shop: Shop) -> bool:
    """Return whether the source tells where orders go."""
    return bool(places.dimensions_of(shop))


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    components.heading("Geography", shop, filters, "report window")
    dimension = place_panels.dimension(shop)
    table, on_map = places.by_place(shop, filters, dimension), places.map_of(shop, dimension)
    if not table.num_rows:
        components.empty("No order of this selection has a place.", "Choose less in the sidebar.")
        return
    cards.show(
        places.concentration_cards(table, on_map, state.formats(shop)),
        key="regions",
        label="Concentration over regions",
    )
    value = place_panels.figure(charts.figures_of(table))
    key = place_panels.show(table, value, dimension, on_map, shop)
    if key is not None:
        place_panels.inside(shop, filters, dimension, key)
    st.subheader("All of them")
    components.table(
        places.listed(table, on_map),
        key="regions",
        shop=shop,
        columns=place_panels.columns(),
        rule=places.RULE,
    )
    components.chart(
        charts.concentration(table, theme=state.theme(), formats=state.formats(shop)),
        key="region-concentration",
        shop=shop,
        data=table,
        rule="Net revenue of the report window, the greatest region first.",
        alt="Curve of the revenue that the greatest regions bring together",
    )
