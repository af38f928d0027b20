"""What the page Trends asks a shop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ecommerce_analytics import aggregate, kpi, trends
from ecommerce_analytics.civil_time import PeriodName
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

__all__ = ["FIGURES", "GRAINS", "Figure", "days", "has_times", "hours"]


@dataclass(frozen=True)
class Figure:
    """What is followed over time.

    Attributes
    ----------
    column, in_groups : str
        Its column in key figures, and in groups of lines.
    unit : str
        ``money`` or ``orders``.
    """

    column: str
    in_groups: str
    unit: str


#: By what people choose.
FIGURES: Final = {
    "Net revenue": Figure("revenue_net", "revenue", "money"),
    "Orders": Figure("orders", "orders", "orders"),
}
#: Span of one bar, and the windows of its averages by their names.
GRAINS: Final[dict[str, tuple[PeriodName, dict[str, int]]]] = {
    "Daily": ("day", {"mean of 7 days": 7, "mean of 28 days": 28}),
    "Weekly": ("week", {"mean of 4 weeks": 4}),
    "Monthly": ("month", {"mean of 3 months": 3}),
}


def days(shop: Shop, filters: Filters) -> Table:
    """Return the key figures by day."""
    table: Table = shop.of_orders(kpi.summary, filters, period="day")
    return table


def hours(shop: Shop, filters: Filters) -> Table:
    """Return the lines by hour and day."""
    table: Table = shop.of_lines(aggregate.group_by, filters, by=("hour",), period="day")
    return table


def has_times(shop: Shop) -> bool:
    """Return whether times vary within days, in the whole source."""
    return bool(shop.of_lines(_has_times, EVERYTHING))


def _has_times(transactions: Transactions, *, selection: Selection | None) -> bool:
    return trends.has_times(transactions)
