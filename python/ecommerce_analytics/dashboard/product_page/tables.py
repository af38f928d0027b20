"""What the page Products asks a shop: one answer each, which the shop remembers."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from ecommerce_analytics import aggregate
from ecommerce_analytics.civil_time import PeriodName
from ecommerce_analytics.customer_history import CustomerHistory
from ecommerce_analytics.dashboard.shop import EVERYTHING, Shop
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

__all__ = ["classes", "dimensions_of", "has_integers", "means", "parts", "shares"]

#: Dimensions that tell what was sold, as far as a source has them.
ASSORTMENT: Final = ("category", "product")
_MEASURES: Final = ("freight", "cost")


def dimensions_of(shop: Shop, *names: str) -> tuple[str, ...]:
    """Return which of these dimensions the lines have, and can be asked for."""
    there = shop.dataset.transactions.dimension_names
    return tuple(
        name for name in names if name in there and shop.knows(aggregate.group_by, by=(name,))
    )


def has_integers(shop: Shop, name: str) -> bool:
    """Return whether the keys of a dimension are integers, of which there are means."""
    table = shop.of_lines(aggregate.group_by, EVERYTHING, by=(name,))
    return bool(pa.types.is_integer(pa.table(table).schema.field(name).type))


def classes(transactions: Transactions, *, orders: CustomerHistory, by: str) -> Table:
    """Return the groups of one dimension by revenue, with their classes."""
    return aggregate.abc_classes(aggregate.group_by(transactions, by=(by,), orders=orders))


def parts(transactions: Transactions, *, orders: CustomerHistory, by: str) -> Table:
    """Return sales, returns, discounts and measures of the groups of one dimension."""
    measures = [name for name in _MEASURES if name in transactions.measure_names]
    return aggregate.parts(
        aggregate.group_by(transactions, by=(by, "kind"), measures=measures, orders=orders)
    )


def means(
    transactions: Transactions,
    *,
    orders: CustomerHistory,
    of: str,
    by: str | None = None,
    period: PeriodName | None = None,
) -> Table:
    """Return the means of an integer key over orders."""
    names = (of,) if by is None else (by, of)
    return aggregate.mean_of_key(
        aggregate.group_by(transactions, by=names, period=period, orders=orders)
    )


def shares(
    transactions: Transactions,
    *,
    orders: CustomerHistory,
    of: str,
    by: str | None = None,
    period: PeriodName | None = None,
) -> Table:
    """Return the shares of the known keys of a dimension in orders."""
    names = (of,) if by is None else (by, of)
    return aggregate.shares_of_key(
        aggregate.group_by(transactions, by=names, period=period, orders=orders)
    )
