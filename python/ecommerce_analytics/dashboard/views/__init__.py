"""The pages: widgets, calls of the library, charts. One module each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import streamlit as st

from ecommerce_analytics.dashboard import components
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.dashboard.views import (
    churn,
    churn_explained,
    clv,
    customer,
    customers,
    data,
    explorer,
    geography,
    journey,
    products,
    recommendations,
    report,
    retention,
    simulator,
    tower,
    trends,
)
from ecommerce_analytics.errors import Error

__all__ = ["PAGES", "View"]


def _always(shop: Shop) -> bool:
    return True


@dataclass(frozen=True)
class View:
    """A page.

    Attributes
    ----------
    name : str
        In the URL.
    title, icon, group : str
        In the menu; without a group the page is not in it.
    show : callable
        Shows the page of a shop under filters.
    is_known : callable
        Whether a shop has what the page is about.
    of_folder : bool
        Whether the output folder of a run tells of the page.
    """

    name: str
    title: str
    icon: str
    group: str
    show: Callable[[Shop, Filters], None]
    is_known: Callable[[Shop], bool] = _always
    of_folder: bool = False

    def is_shown(self, shop: Shop) -> bool:
        """Return whether the page is there for this shop."""
        return (shop.has_lines or self.of_folder) and self.is_known(shop)

    def run(self, shop: Shop) -> None:
        """Show the page under the visitor's filters; what the library refuses is told."""
        filters: Filters = st.session_state["filters"]
        help_ = "Reset the filters in the sidebar, or choose more." if filters.names else ""
        try:
            self.show(shop, filters)
        except components.NothingLeftError:
            components.empty("No order is left under these filters.", help_)
        except Error as error:
            components.empty(str(error), help_)


PAGES: Final = (
    View(
        "tower",
        "Control tower",
        ":material/monitoring:",
        "Executive",
        tower.show,
        of_folder=True,
    ),
    View(
        "report",
        "Executive report",
        ":material/summarize:",
        "Executive",
        report.show,
        of_folder=True,
    ),
    View(
        "customers",
        "Customers",
        ":material/groups:",
        "Marketing",
        customers.show,
        of_folder=True,
    ),
    View("customer", "Customer", ":material/person:", "", customer.show),
    View("explorer", "Segment explorer", ":material/scatter_plot:", "Marketing", explorer.show),
    View(
        "retention",
        "Retention",
        ":material/repeat:",
        "Marketing",
        retention.show,
        of_folder=True,
    ),
    View("journey", "Segment journey", ":material/moving:", "Marketing", journey.show),
    View(
        "recommendations",
        "Recommendations",
        ":material/checklist:",
        "Marketing",
        recommendations.show,
    ),
    View("churn", "Churn", ":material/person_off:", "Marketing", churn.show),
    View(
        "churn-explained",
        "Churn explained",
        ":material/psychology_alt:",
        "Marketing",
        churn_explained.show,
    ),
    View(
        "geography",
        "Geography",
        ":material/map:",
        "Marketing",
        geography.show,
        geography.is_known,
        of_folder=True,
    ),
    View(
        "products",
        "Products",
        ":material/inventory_2:",
        "Finance",
        products.show,
        products.is_known,
    ),
    View(
        "clv",
        "Customer lifetime value",
        ":material/diamond:",
        "Finance",
        clv.show,
        clv.is_known,
    ),
    View("trends", "Trends", ":material/timeline:", "Finance", trends.show),
    View("simulator", "ROI simulator", ":material/calculate:", "Finance", simulator.show),
    View("data", "Data", ":material/database:", "Data", data.show),
)
