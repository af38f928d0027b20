"""What the page Geography asks a shop: its places, their figures, and what lies inside of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ecommerce_analytics import geo_aggregate, orders
from ecommerce_analytics.dashboard import cards, shapes
from ecommerce_analytics.dashboard.charts.layout import columns_of
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
from ecommerce_analytics.formats import ABSENT, Formats
from ecommerce_analytics.table import Table

__all__ = [
    "MOST_ORDERS",
    "RULE",
    "by_place",
    "concentration_cards",
    "customers_of",
    "dimensions_of",
    "inside",
    "listed",
    "map_of",
    "names_of",
    "off_map",
    "orders_of",
]

#: How figures of places are counted.
RULE: Final = (
    "Money and orders belong to the place of the order; a customer counts in each he bought in."
)

#: Orders of one region that are listed.
MOST_ORDERS: Final = 10_000

# Dimensions that are places, from the outermost on.
_PLACES: Final = ("country", "region", "state", "city")
_TOP: Final = (1, 3, 10)
_SHOWN: Final = (
    "orders",
    "customers",
    "revenue",
    "average_order_value",
    "freight_share",
    "late_share",
    "share",
    "rank",
    "cumulative_share",
)


def dimensions_of(shop: Shop) -> tuple[str, ...]:
    """Return the dimensions that are places, from the outermost on; none for a source without."""
    if not shop.has_lines:
        return () if shop.region is None else (shop.region,)
    known = shop.dataset.transactions.dimension_names
    names = dict.fromkeys((*_PLACES[:1], shop.region, *_PLACES[1:]))
    return tuple(name for name in names if name is not None and name in known)


def by_place(shop: Shop, filters: Filters, dimension: str) -> Table:
    """Return `geo_aggregate.by_region` of a dimension."""
    ask = shop.of_orders if dimension == shop.region else shop.of_lines
    table: Table = ask(geo_aggregate.by_region, filters, region=dimension)
    return table


def map_of(shop: Shop, dimension: str) -> shapes.Shapes | None:
    """Return the map of a dimension, whatever is filtered; None if its keys are on none."""
    return shapes.shapes_of(columns_of(by_place(shop, EVERYTHING, dimension))["region"])


def inside(shop: Shop, filters: Filters, dimension: str, key: Any) -> tuple[str, Any] | None:
    """Return the next dimension inside a place and its rows there; None if there is none."""
    dimensions = dimensions_of(shop)
    place = dimensions.index(dimension) + 1
    if place == len(dimensions):
        return None
    inner = dimensions[place]
    tables = shop.of_lines(geo_aggregate.by_levels, filters, levels=(dimension, inner))
    read = pa.table(tables[inner])
    key = "unknown" if key is None else key  # As lists, and keys of text, call what nobody knows.
    known = read[dimension].cast(pa.string()) if isinstance(key, str) else read[dimension]
    is_there = pc.fill_null(pc.equal(known, key), fill_value=key == "unknown")
    rows = read.filter(is_there).drop_columns([dimension])
    return inner, rows.sort_by([("rank", "ascending")])


def customers_of(shop: Shop, filters: Filters, key: Any) -> Table:
    """Return the customers with orders that went to a region, the most revenue first."""
    of_place = replace(filters, place=(key,))
    table: Table = shop.of_orders(orders.list_customers, of_place, sort="revenue", descending=True)
    return table


def orders_of(shop: Shop, filters: Filters, key: Any) -> Table:
    """Return the orders that went to a region, the latest first, at most `MOST_ORDERS`."""
    of_place = replace(filters, place=(key,))
    table: Table = shop.of_orders(
        orders.list_orders, of_place, sort="time", descending=True, limit=MOST_ORDERS
    )
    return table


def listed(table: Any, map_shapes: shapes.Shapes | None, *, key: str = "region") -> pa.Table:
    """Return the columns that people read, the greatest revenue first, with names of regions."""
    read = pa.table(table).sort_by([("rank", "ascending")])
    columns = {key: read[key].cast(pa.string())}
    if map_shapes is not None:
        names = map_shapes.names
        codes = map_shapes.codes_of(columns[key].to_pylist())
        called = [names.get(codes.get(one, "")) for one in columns[key].to_pylist()]
        if any(one is not None for one in called):
            columns["name"] = pa.array(called, pa.string())
    shown = [name for name in (*_SHOWN, "parent_share") if name in read.column_names]
    columns |= {name: read[name] for name in shown if read[name].null_count < len(read)}
    return pa.table(columns)


def off_map(table: Any, map_shapes: shapes.Shapes) -> list[tuple[Any, Any]]:
    """Return key and revenue of the rows that have no shape of their own, the greatest first."""
    columns = _ranked(table)
    found = map_shapes.codes_of(columns["region"])
    return [
        ("unknown" if key is None else key, money)
        for key, money in zip(columns["region"], columns["revenue"], strict=True)
        if key not in found
    ]


def names_of(table: Any, map_shapes: shapes.Shapes) -> dict[Any, str]:
    """Return the names of the keys that have a shape."""
    names = map_shapes.names
    found = map_shapes.codes_of(_ranked(table)["region"])
    return {key: names[code] for key, code in found.items()}


def concentration_cards(
    table: Table, map_shapes: shapes.Shapes | None, formats: Formats
) -> list[cards.Card]:
    """Return cards of how the revenue is spread over the places."""
    columns = columns_of(table)
    word, words = ("place", "places") if map_shapes is None else map_shapes.words
    gini = table.metadata.get("gini")
    together = dict(zip(columns["rank"], columns["cumulative_share"], strict=True))
    return [
        cards.Card(
            id="places",
            label=words.capitalize(),
            value=formats.count(len(columns["region"])),
            number=len(columns["region"]),
            definition="With an order line; the unknown one is one of them.",
        ),
        *(
            [
                cards.Card(
                    id="places_gini",
                    label="Gini coefficient",
                    value=ABSENT if gini == "undefined" else formats.number(gini),
                    number=None if gini == "undefined" else float(gini),
                    definition="0: all that are known bring the same revenue; "
                    "towards 1: one brings all.",
                )
            ]
            if gini is not None
            else []
        ),
        *(
            cards.Card(
                id=f"places_top_{top}",
                label=f"Greatest {word if top == 1 else f'{top} {words}'}",
                value=formats.share(together[top]),
                number=together[top],
                definition="Share of the net revenue of the report window.",
            )
            for top in _TOP
            if top < len(columns["region"]) and together.get(top) is not None
        ),
    ]


def _ranked(table: Any) -> dict[str, list[Any]]:
    return columns_of(pa.table(table).sort_by([("rank", "ascending")]))
