"""Tiles whose areas are values: a treemap of one level, whose tiles are chosen by a click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go
import squarify

from ecommerce_analytics.dashboard.charts.layout import figure_of
from ecommerce_analytics.dashboard.theme import Theme

__all__ = ["Tile", "squarified", "tiles"]

# Width of the whole in units of its height: that of the panel on a desktop.
_WIDTH: Final = 2.0
# Share of the whole that a tile has at least: less would be lost in rounding.
_LEAST: Final = 1e-9
_HIDDEN: Final[dict[str, Any]] = {"visible": False, "fixedrange": True}


@dataclass(frozen=True)
class Tile:
    """Where a tile lies: its left and lower edge, its width and its height."""

    left: float
    bottom: float
    width: float
    height: float


def squarified(values: Sequence[float], width: float, height: float) -> list[Tile]:
    """Lay out tiles whose areas are shares of a rectangle, each as square as rows of them allow.

    The greatest lies at the upper left; of equals the first one comes first. What is less than a
    billionth of the whole gets that.

    Parameters
    ----------
    values : sequence of float
        Above zero.
    width, height : float
        Of the rectangle.

    Returns
    -------
    list of Tile
        In the order of the values.

    Examples
    --------
    >>> squarified([1.0, 3.0], 2.0, 1.0)[0]
    Tile(left=1.5, bottom=0.0, width=0.5, height=1.0)
    """
    least = _LEAST * sum(values)
    sizes = [max(value, least) for value in values]
    order = sorted(range(len(sizes)), key=lambda place: -sizes[place])
    areas = squarify.normalize_sizes([sizes[place] for place in order], width, height)
    laid = {
        place: Tile(one["x"], height - one["y"] - one["dy"], one["dx"], one["dy"])
        for place, one in zip(order, squarify.squarify(areas, 0, 0, width, height), strict=True)
    }
    return [laid[place] for place in range(len(values))]


def tiles(
    values: Sequence[float],
    *,
    keys: Sequence[Any],
    texts: Sequence[str],
    hovertexts: Sequence[str],
    marker: dict[str, Any],
    text_colours: Sequence[str],
    theme: Theme,
    title: str,
) -> go.Figure:
    """Draw values above zero as tiles; `customdata` of a tile is its key.

    Bars and no `Treemap`: a click on a leaf of that one zooms into it, and tells no key.
    """
    laid = squarified(values, _WIDTH, 1.0)
    drawn = go.Bar(
        x=[one.left + one.width / 2 for one in laid],
        y=[one.height for one in laid],
        base=[one.bottom for one in laid],
        width=[one.width for one in laid],
        customdata=list(keys),
        text=list(texts),
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        insidetextfont={"color": list(text_colours)},
        hovertext=list(hovertexts),
        hoverinfo="text",
        marker={"line": {"color": theme.ground, "width": 2}, **marker},
        # Looks needless: without it Plotly fails where the others have a colour of text.
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0.6}, "textfont": {"color": theme.text}},
    )
    return figure_of(
        drawn,
        theme=theme,
        title=title,
        height=420,
        margin={"l": 0, "r": 0, "t": 40, "b": 0},
        xaxis={**_HIDDEN, "range": [0, _WIDTH]},
        yaxis={**_HIDDEN, "range": [0, 1]},
        hovermode="closest",
        dragmode=False,
        barmode="overlay",
        uniformtext={"minsize": 10, "mode": "hide"},
        showlegend=False,
    )
