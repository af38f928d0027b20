"""ROI simulator: does an offer to customers at risk make money, and how sure is that."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics import campaign
from ecommerce_analytics.dashboard import components, simulator_panels
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.errors import Error

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    components.heading("ROI simulator", shop, filters, "full history")
    try:
        found = simulator_panels.audience(shop)
    except Error as error:
        components.empty(f"No offer can be simulated: {error}.")
        return
    if found is None:
        return
    place = st.container()
    plan = simulator_panels.ask(found)
    with place:
        simulator_panels.question(plan, shop)
    if plan.assumptions is None:
        components.empty(
            "The margin is needed: no order line tells it, and an invented one would decide the"
            " answer.",
            "It is the share of the price, before the discount, that is left when the goods are"
            " paid.",
        )
    else:
        try:
            rows = campaign.choose(
                found, plan.num_contacts, chosen_by=plan.chosen_by, **plan.assumptions
            )
            result = campaign.simulate(found.p_order[rows], found.spend[rows], **plan.assumptions)
        except Error as error:
            components.failure(error)
            return
        told = simulator_panels.Told(plan, found, result, found.share_ordering(rows))
        simulator_panels.figures(told, shop)
        simulator_panels.best_number(told, shop)
    simulator_panels.built_on(found, shop)
