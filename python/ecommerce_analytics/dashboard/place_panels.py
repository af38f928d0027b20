"""Pieces of the page Geography: its choices, the map, the bars, what lies inside of a place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import streamlit as st

from ecommerce_analytics.dashboard import components, customer_link, places, state
from ecommerce_analytics.dashboard.charts import geography as charts
from ecommerce_analytics.dashboard.charts.layout import columns_of
from ecommerce_analytics.dashboard.shapes import EUROPE, WORLD, Shapes
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.dashboard.words import escaped
from ecommerce_analytics.table import Table

__all__ = ["columns", "dimension", "figure", "inside", "show"]

_PARTS: Final = {"World": WORLD, "Europe": EUROPE}
_MOST_LISTED: Final = 12
_COUNTS: Final = {"orders": "Orders", "customers": "Customers", "rank": "Rank"}
_SHARES: Final = {
    "freight_share": "Freight",
    "late_share": "Late",
    "share": "Share",
    "parent_share": "Share inside",
    "cumulative_share": "Cumulative",
}


def dimension(shop: Shop) -> str:
    """Let people choose what a place is; cities are shown inside of one."""
    known = places.dimensions_of(shop)
    levels = known[: max(1, len(known) - 1)] if known[-1] == "city" else known
    if len(levels) == 1:
        return levels[0]
    return str(
        st.segmented_control(
            "Places by",
            levels,
            default=levels[0],
            required=True,
            format_func=str.capitalize,
            key="place-dimension",
        )
    )


def figure(names: Sequence[str]) -> str:
    """Let people choose what the map shows."""
    chosen = st.segmented_control(
        "Show",
        names,
        default=names[0],
        required=True,
        format_func=lambda name: charts.FIGURES[name].title,
        key="place-figure",
    )
    return str(chosen)


def show(table: Table, value: str, dimension: str, shapes: Shapes | None, shop: Shop) -> Any:
    """Show the map, the bars, and a list to choose from; return the key that is chosen."""
    clicked = _newly_clicked(dimension)
    keys = ["unknown" if key is None else key for key in columns_of(table)["region"]]
    name = f"place-of-{dimension}"
    if clicked in keys:
        st.session_state[name] = clicked
    if st.session_state.get(name) not in keys:
        st.session_state[name] = None
    chosen = st.session_state[name]
    if shapes is None:
        _bars(table, value, dimension, None, shop)
    elif shapes is WORLD:
        part = st.segmented_control(
            "Part of the world", _PARTS, default="World", required=True, key="place-part"
        )
        _choropleth(table, value, dimension, _PARTS[str(part)], chosen, shop)
        _bars(table, value, dimension, shapes, shop)
    else:
        left, right = st.columns([3, 2])
        with left:
            _choropleth(table, value, dimension, shapes, chosen, shop)
        with right:
            _bars(table, value, dimension, shapes, shop)
    return st.selectbox(
        "One place in detail",
        keys,
        index=None,
        key=name,
        placeholder="Click a place, or choose one",
    )


def _choropleth(
    table: Table, value: str, dimension: str, shapes: Shapes, chosen: Any, shop: Shop
) -> None:
    """Show the map, and what is not on it with its revenue."""
    written = state.formats(shop)
    components.chart(
        charts.choropleth(
            table,
            value,
            shapes,
            chosen=chosen,
            is_served=bool(st.get_option("server.enableStaticServing")),
            theme=state.theme(),
            formats=written,
        ),
        key=f"map-of-{dimension}",
        shop=shop,
        data=table,
        rule=f"{places.RULE} Grey: nothing to colour. {shapes.attribution}.",
        alt=f"Map of {charts.FIGURES[value].title.lower()} by {shapes.words[0]}",
        select=True,
        config=charts.MAP_CONFIG,
    )
    if missing := places.off_map(table, shapes):
        named = [f"{name}: {written.money(money)}" for name, money in missing[:_MOST_LISTED]]
        more = len(missing) - len(named)
        told = f"Without a shape on the map, revenue of each: {' · '.join(named)}"
        st.caption(escaped(told + (f" · and {more} more, in the table below" if more else "")))


def _bars(table: Table, value: str, dimension: str, shapes: Shapes | None, shop: Shop) -> None:
    components.chart(
        charts.bars(
            table,
            value,
            names=None if shapes is None else places.names_of(table, shapes),
            theme=state.theme(),
            formats=state.formats(shop),
        ),
        key=f"bars-of-{dimension}",
        shop=shop,
        data=table,
        rule="The greatest of them.",
        alt=f"Bars of {charts.FIGURES[value].title.lower()} by place",
        select=True,
    )


def _newly_clicked(dimension: str) -> Any:
    """Return the key of the place that was clicked since the last run."""
    for name in (f"chart-map-of-{dimension}", f"chart-bars-of-{dimension}"):
        event = st.session_state.get(name)
        points = event["selection"]["points"] if event else []
        key = points[-1].get("customdata") if points else None
        if key != st.session_state.get(f"last-{name}"):
            st.session_state[f"last-{name}"] = key
            return key
    return None


def inside(shop: Shop, filters: Filters, dimension: str, key: Any) -> None:
    """Show what lies inside of a place, its customers or its orders."""
    if not shop.has_lines:
        return
    inner = places.inside(shop, filters, dimension, key)
    parts = [] if inner is None else [_plural(inner[0])]
    if dimension == shop.region:
        parts += ["Customers", "Orders"]
    if not parts:
        return
    part = st.segmented_control(
        "Look into it", parts, default=parts[0], required=True, key=f"inside-{dimension}"
    )
    if part == "Customers":
        rows = places.customers_of(shop, filters, key)
        clicked = components.table(
            rows,
            key="customers-of-place",
            shop=shop,
            select=True,
            rule="With orders that went there; orders and revenue of those alone.",
        )
        _profile(rows, clicked, "customers-of-place")
    elif part == "Orders":
        rows = places.orders_of(shop, filters, key)
        clicked = components.table(
            rows,
            key="orders-of-place",
            shop=shop,
            select=True,
            rule=f"The latest first, at most {places.MOST_ORDERS:,}.",
        )
        _profile(rows, clicked, "orders-of-place")
    elif inner is not None:
        name, rows = inner
        components.table(
            places.listed(rows, None, key=name),
            key=f"places-inside-{name}",
            shop=shop,
            columns=columns(),
            rule=places.RULE,
        )


def columns() -> Mapping[str, Any]:
    """Return how the columns of places are shown."""
    shown = dict.fromkeys(_COUNTS, "localized") | dict.fromkeys(_SHARES, "percent")
    shown |= {"revenue": "accounting", "average_order_value": "accounting"}
    titles = {**_COUNTS, **_SHARES, "revenue": "Revenue", "average_order_value": "Per order"}
    return {
        **{one: st.column_config.Column(one.capitalize()) for one in ("region", "name", "city")},
        **{
            one: st.column_config.NumberColumn(titles[one], format=form)
            for one, form in shown.items()
        },
    }


def _profile(rows: Table, clicked: Sequence[int], where: str) -> None:
    key = pa.table(rows).column("customer")[clicked[0]].as_py() if clicked else None
    customer_link.show(key, where=where)


def _plural(word: str) -> str:
    return (word[:-1] + "ies" if word.endswith("y") else word + "s").capitalize()
