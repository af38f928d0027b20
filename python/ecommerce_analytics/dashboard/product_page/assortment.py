"""What was sold: tiles, classes A to C, and the table of all of it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecommerce_analytics.dashboard import cards, components, order_list, state
from ecommerce_analytics.dashboard.charts import products as charts
from ecommerce_analytics.dashboard.charts.layout import columns_of
from ecommerce_analytics.dashboard.product_page import tables
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.formats import Formats

__all__ = ["is_known", "show"]

_CUTS = "A: the fewest that bring 80 % of the revenue; B: on to 95 %; C: the rest."


def is_known(shop: Shop) -> bool:
    """Return whether lines tell what was sold."""
    return bool(tables.dimensions_of(shop, *tables.ASSORTMENT))


def show(shop: Shop, filters: Filters) -> None:
    """Show the part."""
    look: dict[str, Any] = {"theme": state.theme(), "formats": state.formats(shop)}
    names = tables.dimensions_of(shop, *tables.ASSORTMENT)
    by = st.segmented_control(
        "By", names, default=names[0], required=True, key="assortment-by", format_func=str.title
    )
    classes = shop.of_lines(tables.classes, filters, by=by)
    cards.show(_cards(classes, by, look["formats"]), key="classes", label="Classes by revenue")
    left, right = st.columns(2)
    with left:
        bars = components.chart(
            charts.bars(classes, label=by, value="revenue", title=f"Revenue by {by}", **look),
            key=f"revenue-by-{by}",
            shop=shop,
            data=classes,
            rule="Net money of the lines; an order with several is in each."
            + " Orders that contain a chosen category are in whole." * bool(filters.category)
            + order_list.hint(shop),
            alt=f"Bars of revenue by {by}",
            select=shop.has_lines,
        )
    with right:
        components.chart(
            charts.abc_curve(classes, title=f"Share of revenue, best {by} first", **look),
            key=f"classes-of-{by}",
            shop=shop,
            data=classes,
            rule=_CUTS,
            alt=f"Curve of the revenue that the best {by} entries bring together",
        )
    tiles = components.chart(
        charts.treemap(classes, label=by, title=f"Share of each {by}", **look),
        key=f"treemap-of-{by}",
        shop=shop,
        data=classes,
        rule=f"The 60 greatest above zero, coloured by class. {_CUTS}"
        + order_list.hint(shop, "tile"),
        alt=f"Tiles of revenue by {by}",
        select=shop.has_lines,
    )
    clicked = order_list.last_clicked(bars, tiles, key=f"{by}-orders")
    order_list.show_group(shop, filters, by, clicked, key=f"{by}-orders")
    st.subheader("All of them")
    components.table(classes, key=f"classes-of-{by}-rows", shop=shop, rule=_CUTS)


def _cards(classes: Any, by: str, written: Formats) -> list[cards.Card]:
    """Return a card for each class: how many there are, and what they bring together."""
    columns = columns_of(classes)
    made = []
    for name, size in zip("ABC", classes.abc_sizes, strict=True):
        last = max(
            (row for row, one in enumerate(columns["abc_class"]) if one == name), default=None
        )
        reached = None if last is None else columns["cumulative_share"][last]
        made.append(
            cards.Card(
                id=f"abc_{name.lower()}_{by}",
                label=f"Class {name}, by {by}",
                value=written.count(size),
                number=float(size),
                note="" if reached is None else f"reaching {written.share(reached)} of revenue",
                definition=_CUTS,
            )
        )
    return made
