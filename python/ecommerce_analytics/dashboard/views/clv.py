"""Customer lifetime value: what known customers will bring, and how far that can be trusted."""

from __future__ import annotations

from ecommerce_analytics import clv
from ecommerce_analytics.dashboard import clv_panels, components
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["is_known", "show"]


def is_known(shop: Shop) -> bool:
    """Return whether the source can be asked for it."""
    return shop.knows(clv.evaluate)


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    components.heading("Customer lifetime value", shop, filters, "full history")
    found = clv_panels.evaluation(shop)
    if found is None:
        return
    prediction, backtest = found.prediction, found.backtest
    if prediction.reason is not None:
        components.empty(f"No value is told: {prediction.reason}.")
    elif prediction.customers is not None:
        clv_panels.limits(prediction)
        clv_panels.cards_of(prediction.customers, backtest, shop)
    clv_panels.test(backtest, shop)
    clv_panels.rivals(backtest, shop)
    if prediction.customers is not None and prediction.parameters is not None:
        clv_panels.best_customers(prediction.customers, shop)
        clv_panels.parameters(prediction.parameters, shop)
