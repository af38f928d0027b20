"""One row per customer, with all that is known of his worth: to pick from, and to take away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ecommerce_analytics import customer_clusters
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = [
    "MAX_POINTS",
    "clusters_of",
    "found",
    "list_of",
    "people_of",
    "picked",
    "sample",
    "with_columns",
]

#: Customers that one chart shows at most.
MAX_POINTS: Final = 5_000
_SEED: Final = 0


def clusters_of(shop: Shop, n_clusters: int) -> Any:
    """Return the clusters of all customers: those of the full history, whatever the filters."""
    return shop.of_customers(customer_clusters.fit, n_clusters=n_clusters)


def people_of(shop: Shop, filters: Filters) -> pa.Table:
    """Return the customers of the population: scores, segment and tier, by their key."""
    tiers = pa.table(shop.tiers)
    joined = pa.table(shop.segments)
    for name in ("tier", "to_next_tier"):
        joined = joined.append_column(name, tiers.column(name))
    joined = joined.replace_schema_metadata({"as_of": shop.as_of})
    if not filters.population.names:
        return joined
    members = pa.table(shop.segments_of(filters)).column("customer")
    return joined.filter(pc.is_in(joined.column("customer"), value_set=members.combine_chunks()))


def list_of(shop: Shop, filters: Filters, n_clusters: int) -> pa.Table:
    """Return the customers of the population with their cluster too."""
    people = people_of(shop, filters)
    return with_columns(people, pa.table(clusters_of(shop, n_clusters)), {"name": "cluster"})


def with_columns(people: pa.Table, other: pa.Table, names: Mapping[str, str]) -> pa.Table:
    """Append columns of another table by the customer's key, under new names; else null."""
    places = pc.index_in(
        people.column("customer"), value_set=other.column("customer").combine_chunks()
    )
    for name, called in names.items():
        people = people.append_column(called, other.column(name).take(places))
    return people


def found(people: pa.Table, text: str, persons: pa.Table | None) -> pa.Table:
    """Return the customers whose key, name or e-mail address contains a text.

    `persons` is `Dataset.customers`; what it tells is searched, and not returned.
    """
    keys = people.column("customer").cast(pa.string())
    hit = _contains(keys, text)
    for name in ("name", "email"):
        if persons is not None and name in persons.column_names:
            who = persons.filter(_contains(persons.column(name).cast(pa.string()), text))
            named = who.column("customer").cast(pa.string()).combine_chunks()
            hit = pc.or_(hit, pc.is_in(keys, value_set=named))
    return people.filter(hit)


def _contains(column: pa.ChunkedArray, text: str) -> pa.ChunkedArray:
    return pc.fill_null(pc.match_substring(column, text, ignore_case=True), False)


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
