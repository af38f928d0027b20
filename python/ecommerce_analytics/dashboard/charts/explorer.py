"""Figures of the segment explorer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of, plain
from ecommerce_analytics.dashboard.theme import CATEGORIES, LIGHT, Theme
from ecommerce_analytics.formats import Formats

__all__ = ["curve", "flat_scatter", "profile", "space_scatter"]

Numbers = npt.NDArray[np.float64]
_SYMBOLS: Final = ("circle", "diamond", "square", "cross", "x", "circle-open", "diamond-open")
_AXES: Final = {
    "recency_days": "days since the last order",
    "frequency": "orders",
    "monetary": "net money",
}


def space_scatter(
    points: Any, *, colour: str, groups: Sequence[str], theme: Theme = LIGHT, formats: Formats
) -> go.Figure:
    """Draw customers in recency, frequency and money; `colour` names the column of their group.

    Axes are those of log(1 + |x|), with the figures themselves at their marks.
    """
    columns = columns_of(points)
    figures = _figures_of(columns)
    traces = []
    for place, rows in _rows_by(columns[colour], groups):
        traces.append(
            go.Scatter3d(
                **{
                    axis: _spread(figures[name][rows])
                    for axis, name in zip("xyz", _AXES, strict=True)
                },
                mode="markers",
                name=plain(groups[place]),
                **_hover(columns, figures, rows, colour, formats),
                marker={
                    "size": 3,
                    "opacity": 0.75,
                    "color": CATEGORIES[place % len(CATEGORIES)],
                    "symbol": _SYMBOLS[place // len(CATEGORIES) % len(_SYMBOLS)],
                },
            )
        )
    scene = {
        f"{axis}axis": {
            "title": {"text": title},
            "color": theme.quiet,
            "gridcolor": theme.line,
            "backgroundcolor": "rgba(0,0,0,0)",
            **_marks(figures[name]),
        }
        for axis, (name, title) in zip("xyz", _AXES.items(), strict=True)
    }
    return figure_of(
        *traces,
        theme=theme,
        height=560,
        margin={"t": 8},
        scene={
            **scene,
            # Seen from a little below its middle, so that the lowest axes are not cut off.
            "camera": {"eye": {"x": 1.45, "y": 1.35, "z": 0.7}, "center": {"z": -0.15}},
            "aspectmode": "manual",
            "aspectratio": {"x": 1.1, "y": 1.1, "z": 0.8},
        },
        legend={"orientation": "h", "y": 0, "yanchor": "top", "itemsizing": "constant"},
    )


def flat_scatter(
    points: Any, *, colour: str, groups: Sequence[str], theme: Theme = LIGHT, formats: Formats
) -> go.Figure:
    """Draw customers in recency and money, the size of a mark being that of their orders."""
    columns = columns_of(points)
    figures = _figures_of(columns)
    traces = []
    for place, rows in _rows_by(columns[colour], groups):
        traces.append(
            go.Scattergl(
                x=figures["recency_days"][rows],
                y=_spread(figures["monetary"][rows]),
                mode="markers",
                name=plain(groups[place]),
                **_hover(columns, figures, rows, colour, formats),
                marker={
                    "size": 4 + 4 * _spread(figures["frequency"][rows]),
                    "opacity": 0.6,
                    "color": CATEGORIES[place % len(CATEGORIES)],
                    "symbol": _SYMBOLS[place // len(CATEGORIES) % len(_SYMBOLS)],
                },
            )
        )
    return figure_of(
        *traces,
        theme=theme,
        height=520,
        xaxis={"title": {"text": _AXES["recency_days"]}},
        yaxis={"title": {"text": _AXES["monetary"]}, **_marks(figures["monetary"])},
    )


def curve(table: Any, *, chosen: int, theme: Theme = LIGHT) -> go.Figure:
    """Draw `customer_clusters.curve`: inertia and silhouette of each number of clusters."""
    columns = columns_of(table)
    numbers = columns["n_clusters"]
    errors = [1.96 * (one or 0.0) for one in columns["silhouette_standard_error"]]
    inertia = go.Scatter(
        x=numbers,
        y=columns["inertia"],
        name="inertia",
        mode="lines+markers",
        line={"color": theme.accent},
    )
    silhouette = go.Scatter(
        x=numbers,
        y=columns["silhouette"],
        name="silhouette (right)",
        yaxis="y2",
        mode="lines+markers",
        line={"color": theme.second, "dash": "dot"},
        marker={"symbol": "diamond"},
        error_y={"type": "data", "array": errors, "thickness": 1},
    )
    return figure_of(
        inertia,
        silhouette,
        theme=theme,
        title="What a number of clusters is worth",
        height=340,
        xaxis={"title": {"text": "clusters"}, "dtick": 1},
        yaxis={"rangemode": "tozero"},
        yaxis2={"overlaying": "y", "side": "right", "rangemode": "tozero", "showgrid": False},
        shapes=[
            {
                "type": "line",
                "x0": chosen,
                "x1": chosen,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": theme.quiet, "dash": "dash"},
            }
        ],
    )


def profile(table: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw the share of customers and of revenue of each group beside each other."""
    columns = columns_of(table)
    names = [plain(one) for one in columns["segment"]]
    bars = [
        go.Bar(
            x=columns[name],
            y=names,
            orientation="h",
            name=title,
            marker={"color": colour, "pattern": {"shape": shape}},
            hovertext=[formats.share(one) for one in columns[name]],
            hoverinfo="y+text+name",
        )
        for name, title, colour, shape in (
            ("customer_share", "share of customers", theme.accent, ""),
            ("revenue_share", "share of revenue", theme.second, "/"),
        )
    ]
    return figure_of(
        *bars,
        theme=theme,
        title="Customers and revenue by group",
        height=120 + 34 * max(3, len(names)),
        barmode="group",
        xaxis={"tickformat": ".0%"},
        yaxis={"autorange": "reversed"},
    )


def _rows_by(labels: Sequence[str], groups: Sequence[str]) -> list[tuple[int, list[int]]]:
    """Return the rows of each group that has any, by its place."""
    rows: dict[str, list[int]] = {}
    for row, label in enumerate(labels):
        rows.setdefault(label, []).append(row)
    return [(place, rows[name]) for place, name in enumerate(groups) if name in rows]


def _figures_of(columns: dict[str, list[Any]]) -> dict[str, Numbers]:
    return {name: np.array([float(value) for value in columns[name]]) for name in _AXES}


def _spread(values: Numbers) -> Numbers:
    spread: Numbers = np.sign(values) * np.log1p(np.abs(values))
    return spread


def _marks(values: Numbers) -> dict[str, Any]:
    """Return the marks of an axis that `_spread` made, at powers of ten of the figures."""
    reach = float(np.max(np.abs(values), initial=1.0))
    powers = [10**power for power in range(1 + max(1, int(np.ceil(np.log10(reach + 1)))))]
    least = float(np.min(values, initial=0.0))
    marks = [*(-one for one in reversed(powers) if least < 0), 0, *powers]
    return {"tickvals": _spread(np.array(marks, float)), "ticktext": [_short(one) for one in marks]}


def _short(value: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _hover(
    columns: dict[str, list[Any]],
    figures: dict[str, Numbers],
    rows: Sequence[int],
    colour: str,
    formats: Formats,
) -> dict[str, Any]:
    """Return what is told of a point: its figures are written by the browser, as they are many."""
    return {
        "hovertext": [plain(columns["customer"][row]) for row in rows],
        "customdata": np.column_stack([figures[name][rows] for name in _AXES]),
        "hovertemplate": f"%{{hovertext}}<br>{plain(columns[colour][rows[0]])}<br>"
        "%{customdata[0]:,} days, %{customdata[1]:,} orders, "
        f"%{{customdata[2]:,.{formats.decimals}f}} {plain(formats.currency or '')}<extra></extra>",
    }
