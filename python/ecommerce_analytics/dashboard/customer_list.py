"""One row per customer, with all that is known of his worth: to pick from, and to take away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ecommerce_analytics import customer_clusters
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["MAX_POINTS", "clusters_of", "list_of", "picked", "sample"]

#: Customers that one chart shows at most.
MAX_POINTS: Final = 5_000
_SEED: Final = 0


def clusters_of(shop: Shop, n_clusters: int) -> Any:
    """Return the clusters of all customers: those of the full history, whatever the filters."""
    return shop.of_customers(customer_clusters.fit, n_clusters=n_clusters)


def list_of(shop: Shop, filters: Filters, n_clusters: int) -> pa.Table:
    """Return the customers of the population: scores, segment, tier and cluster, by their key."""
    people = pa.table(shop.segments)
    tiers, clusters = pa.table(shop.tiers), pa.table(clusters_of(shop, n_clusters))
    joined = (
        people.append_column("tier", tiers.column("tier"))
        .append_column("to_next_tier", tiers.column("to_next_tier"))
        .append_column("cluster", clusters.column("name"))
        .replace_schema_metadata({"as_of": shop.as_of})
    )
    if not filters.population.names:
        return joined
    members = pa.table(shop.segments_of(filters)).column("customer")
    return joined.filter(pc.is_in(joined.column("customer"), value_set=members.combine_chunks()))


def picked(people: pa.Table, groups: Mapping[str, Any], bounds: Mapping[str, Any]) -> pa.Table:
    """Return the customers whose columns hold one of some values, or lie within bounds."""
    for name, values in groups.items():
        if values:
            column = people.column(name)
            people = people.filter(pc.is_in(column, value_set=pa.array(values, column.type)))
    for name, (least, most) in bounds.items():
        column = people.column(name)
        people = people.filter(
            pc.and_(pc.greater_equal(column, least), pc.less_equal(column, most))
        )
    return people


def sample(people: pa.Table) -> pa.Table:
    """Return at most `MAX_POINTS` customers, drawn by a fixed seed, in the order of the table."""
    if people.num_rows <= MAX_POINTS:
        return people
    drawn = np.random.default_rng(_SEED).choice(people.num_rows, MAX_POINTS, replace=False)
    return people.take(pa.array(np.sort(drawn)))
