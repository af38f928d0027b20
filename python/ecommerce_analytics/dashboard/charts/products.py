"""Figures of products, payments, sellers, reviews and deliveries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.compute as pc

from ecommerce_analytics.dashboard.charts import tiles
from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of, months_of, plain
from ecommerce_analytics.dashboard.theme import CATEGORIES, LIGHT, Theme
from ecommerce_analytics.formats import ABSENT, Formats

__all__ = ["FEW_ORDERS", "abc_curve", "bars", "by_month", "columns_of_scores", "treemap"]

#: Orders from which a month's mean or share is drawn.
FEW_ORDERS: Final = 30
_MOST_POINTS: Final = 400
_MOST_TILES: Final = 60
_TICKS: Final = {"money": "~s", "count": "~s", "share": ".0%", "number": "~g"}
_CLASSES: Final = dict(zip("ABC", (CATEGORIES[0], CATEGORIES[1], CATEGORIES[7]), strict=True))


def bars(
    table: Any,
    *,
    label: str,
    value: str,
    title: str,
    unit: str = "money",
    theme: Theme = LIGHT,
    formats: Formats,
    most: int = 12,
    size: str = "",
) -> go.Figure:
    """Draw the greatest rows of a table as lying bars; `size` is the column that they are by."""
    columns = _greatest(table, size or value, value, most)
    keys, amounts = columns[label], columns[value]
    write = _writer(unit, formats)
    short = formats.short_money if unit == "money" else write
    drawn = go.Bar(
        x=[float(amount) for amount in amounts],
        y=[f"{place}. {plain(key)}" for place, key in enumerate(keys, 1)],
        orientation="h",
        customdata=["unknown" if key is None else key for key in keys],
        hovertext=[
            f"{plain(key, max_length=80)}: {write(one)}"
            for key, one in zip(keys, amounts, strict=True)
        ],
        hoverinfo="text",
        text=[short(amount) for amount in amounts],
        textposition="auto",
        insidetextfont={"color": theme.ground},
        outsidetextfont={"color": theme.text},
        textangle=0,
        marker={"color": theme.accent},
    )
    return figure_of(
        drawn,
        theme=theme,
        title=title,
        height=80 + 28 * max(3, len(keys)),
        xaxis={"tickformat": _TICKS[unit], **_room([float(amount) for amount in amounts])},
        yaxis={"autorange": "reversed", "type": "category"},
    )


def treemap(
    classes: Any, *, label: str, title: str, theme: Theme = LIGHT, formats: Formats
) -> go.Figure:
    """Draw `aggregate.abc_classes` as tiles by revenue, coloured by class; what is above zero."""
    columns = columns_of(pa.table(classes).slice(0, _MOST_TILES))
    rows = [row for row, one in enumerate(columns["revenue"]) if one > 0]
    return tiles.tiles(
        [float(columns["revenue"][row]) for row in rows],
        keys=["unknown" if columns[label][row] is None else columns[label][row] for row in rows],
        texts=[
            f"{plain(columns[label][row])}<br>{formats.share(columns['share'][row])}"
            for row in rows
        ],
        hovertexts=[
            f"{plain(columns[label][row], max_length=80)}: "
            f"{formats.money(columns['revenue'][row])}, class {columns['abc_class'][row] or ABSENT}"
            for row in rows
        ],
        marker={
            "color": [_CLASSES.get(columns["abc_class"][row], theme.quiet) for row in rows],
        },
        text_colours=["#14213D" if _is_bright(columns, row) else "#FFFFFF" for row in rows],
        theme=theme,
        title=title,
    )


def abc_curve(classes: Any, *, title: str, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw the running share of `aggregate.abc_classes`, the greatest first, by class."""
    read = pa.table(classes)
    class_of = np.array(read.column("abc_class"), dtype=object)
    reached = read.column("cumulative_share").to_numpy()
    step = max(1, read.num_rows // _MOST_POINTS)
    traces = []
    for name, colour in _CLASSES.items():
        own = np.flatnonzero(class_of == name)
        if not own.size:
            continue
        # From the last place of the class before, so that the curve is one.
        before = [int(own[0]) - 1] if own[0] > 0 else []
        shown = [*before, *own[:-1:step].tolist(), int(own[-1])]
        traces.append(
            go.Scatter(
                x=[row + 1 for row in shown],
                y=[float(reached[row]) for row in shown],
                mode="lines" if len(shown) > 1 else "markers",
                name=f"{name} ({formats.count(len(own))})",
                line={"color": colour, "width": 3},
                fill="tozeroy",
                hovertext=[
                    f"the best {formats.count(row + 1)} bring {formats.share(float(reached[row]))}"
                    for row in shown
                ],
                hoverinfo="text",
            )
        )
    return figure_of(
        *traces,
        theme=theme,
        title=title,
        height=420,
        xaxis={"title": {"text": "place by revenue"}, "tickformat": "~s"},
        yaxis={"tickformat": ".0%", "rangemode": "tozero"},
        showlegend=True,
    )


def columns_of_scores(
    table: Any,
    *,
    label: str,
    value: str,
    title: str,
    unit: str = "count",
    theme: Theme = LIGHT,
    formats: Formats,
    most: int = 40,
) -> go.Figure:
    """Draw rows in the order of their integer keys as columns; those without a key are left out."""
    columns = columns_of(table)
    rows = [row for row, key in enumerate(columns[label]) if key is not None][:most]
    write = _writer(unit, formats)
    values = [columns[value][row] for row in rows]
    keys = [plain(columns[label][row]) for row in rows]
    drawn = go.Bar(
        x=keys,
        y=[None if one is None else float(one) for one in values],
        customdata=[columns[label][row] for row in rows],
        hovertext=[f"{key}: {write(one)}" for key, one in zip(keys, values, strict=True)],
        hoverinfo="text",
        marker={"color": theme.accent},
    )
    return figure_of(
        drawn,
        theme=theme,
        title=title,
        height=320,
        xaxis={"type": "category"},
        yaxis={"tickformat": _TICKS[unit]},
        bargap=0.2,
    )


def by_month(
    table: Any,
    *,
    value: str,
    title: str,
    unit: str = "number",
    where: Mapping[str, Any] | None = None,
    theme: Theme = LIGHT,
    formats: Formats,
    bounds: Sequence[float] = (),
) -> go.Figure:
    """Draw a column by month as a line; `where` picks rows by their keys.

    Months of fewer than `FEW_ORDERS` orders whose key is known are left out.
    """
    columns = columns_of(table)
    known = columns.get("known_orders")
    if known is None:
        of_month: Counter[Any] = Counter()
        for start, share, orders in zip(
            columns["start"], columns["share"], columns["orders"], strict=True
        ):
            of_month[start] += 0 if share is None else orders
        known = [of_month[start] for start in columns["start"]]
    picked = [
        row
        for row, orders in enumerate(known)
        if orders >= FEW_ORDERS
        and all(columns[name][row] == key for name, key in (where or {}).items())
    ]
    write = _writer(unit, formats)
    drawn = go.Scatter(
        x=[columns["start"][row] for row in picked],
        y=[columns[value][row] for row in picked],
        mode="lines+markers",
        line={"color": theme.accent, "width": 2.5},
        marker={
            "symbol": ["circle-open" if columns["partial"][row] else "circle" for row in picked],
            "size": 7,
        },
        hovertext=[
            f"{formats.month(columns['start'][row])}: {write(columns[value][row])}"
            + (" (running)" if columns["partial"][row] else "")
            for row in picked
        ],
        hoverinfo="text",
    )
    return figure_of(
        drawn,
        theme=theme,
        title=title,
        height=320,
        xaxis=months_of([columns["start"][row] for row in picked], formats),
        yaxis={
            "tickformat": _TICKS[unit],
            "rangemode": "normal" if bounds else "tozero",
            **({"range": list(bounds)} if bounds else {}),
        },
    )


def _room(amounts: Sequence[float]) -> dict[str, Any]:
    """Leave room beside bars below zero for their texts, which would run into the labels."""
    least, most = min(amounts, default=0.0), max([0.0, *amounts])
    margin = 0.22 * (most - least)
    return {"range": [least - margin, most + margin / 4]} if least < 0 else {}


def _greatest(table: Any, by: str, value: str, most: int) -> dict[str, list[Any]]:
    """Return the rows with a value that are greatest by a column, of equals the first ones."""
    read = pa.table(table)
    read = read.filter(pc.is_valid(read.column(value)))
    order = pc.sort_indices(read, sort_keys=[(by, "descending")])
    return columns_of(read.take(order[:most]))


def _writer(unit: str, formats: Formats) -> Callable[[Any], str]:
    return {
        "money": formats.money,
        "share": formats.share,
        "count": formats.count,
        "number": formats.number,
    }[unit]


def _is_bright(columns: dict[str, list[Any]], row: int) -> bool:
    return columns["abc_class"][row] in ("B", "C")
