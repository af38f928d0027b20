"""How much of the revenue the best customers bring."""

from __future__ import annotations

from ecommerce_analytics import rfm
from ecommerce_analytics.dashboard import cards, components, key_figures, state
from ecommerce_analytics.dashboard.charts import tower as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the shares of the best customers, and the Lorenz curve."""
    figures = key_figures.concentration_of(shop, filters)
    cards.show(figures, key="concentration", label="Concentration of revenue")
    points = shop.of_customers(rfm.lorenz, filters)
    components.chart(
        charts.lorenz(points, theme=state.theme(), formats=state.formats(shop)),
        key="lorenz-curve",
        shop=shop,
        data=points,
        rule="Net money of known customers, full history, from the least on.",
        alt="Lorenz curve of revenue over customers",
    )
