"""Figures of regions: maps, bars, concentration.

A map is Plotly's `geo` with shapes of our own (see `shapes`), and asks nobody for a file: its first
trace are labels at longitudes and latitudes, and Plotly fetches a world of its own only if that
trace names its places, or a layer of that world is shown. Here none is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import plotly.graph_objects as go

from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of, plain
from ecommerce_analytics.dashboard.shapes import Shapes
from ecommerce_analytics.dashboard.theme import LIGHT, Theme
from ecommerce_analytics.formats import Formats

__all__ = ["FIGURES", "MAP_CONFIG", "bars", "choropleth", "concentration", "figures_of"]

#: For Plotly's `config`: a wheel over the map moves the page, not the map.
MAP_CONFIG: Final = {"scrollZoom": False}


@dataclass(frozen=True)
class Figure:
    """A column of `geo_aggregate.by_region` that is drawn.

    Attributes
    ----------
    title : str
        As people call it.
    unit : {"money", "count", "share"}
        How it is written.
    """

    title: str
    unit: str

    def written(self, value: Any, formats: Formats) -> str:
        """Write a value."""
        write = {"money": formats.money, "count": formats.count, "share": formats.share}
        return write[self.unit](value)


#: By name of the column.
FIGURES: Final[Mapping[str, Figure]] = {
    "revenue": Figure("Revenue", "money"),
    "orders": Figure("Orders", "count"),
    "customers": Figure("Customers", "count"),
    "average_order_value": Figure("Average order value", "money"),
    "late_share": Figure("Late share", "share"),
}

# From this ratio of the greatest value to the median on, colours follow the logarithm.
_SKEWED: Final = 10
_NO_WORLD: Final = ("coastlines", "countries", "frame", "lakes", "land", "ocean", "rivers")


def figures_of(table: Any) -> list[str]:
    """Return the columns of `FIGURES` in which a table has a value."""
    columns = columns_of(table)
    return [name for name in FIGURES if any(one is not None for one in columns.get(name, ()))]


def choropleth(
    table: Any,
    value: str,
    shapes: Shapes,
    *,
    key: str = "region",
    chosen: Any = None,
    is_served: bool = False,
    theme: Theme = LIGHT,
    formats: Formats,
) -> go.Figure:
    """Draw a column of `geo_aggregate.by_region` as a map.

    Parameters
    ----------
    table
        Anything with `__arrow_c_stream__` and the columns of `by_region`.
    value : str
        Name of the column, one of `FIGURES`.
    shapes : Shapes
        The map; rows without a shape are not on it.
    key : str, default="region"
        Column of the regions.
    chosen
        Key of the region that has a border of its own.
    is_served : bool, default=False
        The page that shows it serves the file of the shapes: the figure names it and holds no
        shapes, so that a browser fetches them once.

    Returns
    -------
    plotly.graph_objects.Figure
        Regions without a row are grey. Where a few values are far above the others, colours follow
        the logarithm, and the scale says so; values of zero and less are then grey too, and the
        hover text tells them. `customdata` of a region is its key.
    """
    columns = columns_of(table)
    figure = FIGURES[value]
    order = sorted(range(len(columns[key])), key=lambda row: columns["rank"][row])
    names = shapes.names
    codes = shapes.codes_of(columns[key][row] for row in order)
    rows = {codes[columns[key][row]]: row for row in order if columns[key][row] in codes}
    values = {
        code: float(columns[value][row])
        for code, row in rows.items()
        if columns[value][row] is not None
    }
    scale = _Scale(values.values())
    coloured = [code for code in values if scale.has(values[code])]
    shown = set(coloured)
    grey = [code for code in shapes.features if code not in shown]
    hover = {
        code: f"<b>{plain(names[code])}</b><br>{figure.title}: "
        f"{figure.written(columns[value][row], formats)}<br>{_place(columns, row, formats)}"
        for code, row in rows.items()
    }
    keys = {code: _key(columns[key][row]) for code, row in rows.items()}
    absent = go.Choropleth(
        geojson=shapes.address if is_served else _features(shapes, grey),
        locations=grey,
        z=[0] * len(grey),
        colorscale=[[0, theme.absent], [1, theme.absent]],
        showscale=False,
        customdata=[keys.get(code) for code in grey],
        hovertext=[hover.get(code, f"<b>{plain(names[code])}</b><br>no orders") for code in grey],
        **_borders(theme),
    )
    present = go.Choropleth(
        geojson=shapes.address if is_served else _features(shapes, coloured),
        locations=coloured,
        z=[scale.position(values[code]) for code in coloured],
        colorscale=_colours(theme),
        zmin=scale.least,
        zmax=scale.most,
        customdata=[keys[code] for code in coloured],
        hovertext=[hover[code] for code in coloured],
        colorbar={
            "orientation": "h",
            "thickness": 10,
            "len": 0.9,
            "y": 0,
            "yanchor": "top",
            "outlinewidth": 0,
            "tickfont": {"color": theme.quiet},
            "tickvals": scale.ticks,
            "ticktext": [_short(figure, scale.value(tick), formats) for tick in scale.ticks],
            "title": {
                "text": figure.title + (" (logarithmic scale)" if scale.is_logarithmic else ""),
                "side": "top",
                "font": {"color": theme.quiet, "size": 12},
            },
        },
        **_borders(theme),
    )
    outlined = [code for code, one in keys.items() if chosen is not None and one == chosen]
    drawn = figure_of(
        _labels(shapes, {code: scale.share(values[code]) for code in coloured}, theme),
        absent,
        present,
        *(_outline(shapes, code, theme) for code in outlined),
        theme=theme,
        height=shapes.height,
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        dragmode=False,
    )
    drawn.update_geos(
        projection_type=shapes.projection,
        lonaxis_range=shapes.longitudes,
        lataxis_range=shapes.latitudes,
        bgcolor="rgba(0,0,0,0)",
        domain={"y": [0.06, 1]},
        **{f"show{layer}": False for layer in _NO_WORLD},
    )
    return drawn


def bars(
    table: Any,
    value: str,
    *,
    key: str = "region",
    names: Mapping[Any, str] | None = None,
    most: int = 15,
    theme: Theme = LIGHT,
    formats: Formats,
) -> go.Figure:
    """Draw the greatest rows of a column as lying bars; rows without a value have none.

    `names` are of keys that have another name than themselves. `customdata` of a bar is its key.
    """
    columns = columns_of(table)
    figure = FIGURES[value]
    known = [row for row, one in enumerate(columns[value]) if one is not None]
    known = sorted(known, key=lambda row: -columns[value][row])[:most]
    keys = [columns[key][row] for row in known]
    called = [(names or {}).get(one, one) for one in keys]
    drawn = go.Bar(
        x=[float(columns[value][row]) for row in known],
        y=list(range(len(known))),
        orientation="h",
        customdata=[_key(one) for one in keys],
        text=[_short(figure, columns[value][row], formats) for row in known],
        textposition="auto",
        insidetextfont={"color": theme.ground},
        outsidetextfont={"color": theme.text},
        marker={"color": theme.accent},
        hovertext=[
            f"<b>{plain(name, max_length=80)}</b><br>{figure.title}: "
            f"{figure.written(columns[value][row], formats)}<br>{_place(columns, row, formats)}"
            for name, row in zip(called, known, strict=True)
        ],
        hoverinfo="text",
    )
    return figure_of(
        drawn,
        theme=theme,
        title=figure.title,
        height=90 + 26 * max(3, len(known)),
        xaxis={"visible": False},
        yaxis={
            "autorange": "reversed",
            "showgrid": False,
            "tickvals": list(range(len(known))),
            "ticktext": [plain(name, max_length=22) for name in called],
        },
        bargap=0.3,
    )


def concentration(
    table: Any, *, key: str = "region", theme: Theme = LIGHT, formats: Formats
) -> go.Figure:
    """Draw which share of the revenue the regions bring together, the greatest first."""
    columns = columns_of(table)
    known = [row for row, one in enumerate(columns["cumulative_share"]) if one is not None]
    known = sorted(known, key=lambda row: columns["rank"][row])
    curve = go.Scatter(
        x=[columns["rank"][row] for row in known],
        y=[columns["cumulative_share"][row] for row in known],
        mode="lines+markers",
        line={"color": theme.accent, "width": 2.5},
        marker={"size": 6},
        hovertext=[
            f"<b>{plain(columns[key][row])}</b> and those above: "
            f"{formats.share(columns['cumulative_share'][row])}"
            for row in known
        ],
        hoverinfo="text",
    )
    return figure_of(
        curve,
        theme=theme,
        title="Revenue of the greatest regions together",
        xaxis={"title": {"text": "rank"}, "rangemode": "tozero"},
        yaxis={"tickformat": ".0%", "rangemode": "tozero"},
        height=320,
    )


class _Scale:
    """Where values lie on the colours: evenly, or by their logarithm."""

    def __init__(self, values: Iterable[float]) -> None:
        known = sorted(values)
        positive = [value for value in known if value > 0]
        self.is_logarithmic = bool(positive) and positive[-1] >= _SKEWED * median(positive)
        shown = positive if self.is_logarithmic else known
        self.least = self.position(shown[0]) if self.is_logarithmic else min([0.0, *shown])
        self.most = self.position(shown[-1]) if shown else 1.0
        if self.most <= self.least:
            self.most = self.least + 1.0
        self.ticks: Sequence[float] = self._ticks()

    def has(self, value: float) -> bool:
        return value > 0 or not self.is_logarithmic

    def position(self, value: float) -> float:
        return math.log10(value) if self.is_logarithmic else value

    def value(self, position: float) -> float:
        return float(10**position) if self.is_logarithmic else position

    def share(self, value: float) -> float:
        """Return 0 for the least colour to 1 for the most."""
        return (self.position(value) - self.least) / (self.most - self.least)

    def _ticks(self) -> list[float]:
        if self.is_logarithmic:
            powers = range(math.ceil(self.least), math.floor(self.most) + 1)
            step = max(1, math.ceil(len(powers) / 5))
            return [float(power) for power in powers[::step]]
        return [self.least + part * (self.most - self.least) / 4 for part in range(5)]


def _labels(shapes: Shapes, shares: Mapping[str, float], theme: Theme) -> go.Scattergeo:
    """Write the codes of coloured regions that have room; an empty one, so that there is a trace.

    A label is dark on the light half of the colours and light on the dark one.
    """
    places = {code: place for code, place in shapes.labels.items() if code in shares}
    dark, light = (theme.text, "#FFFFFF") if theme.name == "light" else (theme.ground, theme.text)
    is_light = {code: (shares[code] < 0.5) == (theme.name == "light") for code in places}
    return go.Scattergeo(
        lon=[place[0] for place in places.values()] + [shapes.longitudes[0]],
        lat=[place[1] for place in places.values()] + [shapes.latitudes[0]],
        text=[*places, ""],
        mode="text",
        textfont={
            "size": 10,
            "color": [dark if is_light[code] else light for code in places] + [dark],
        },
        unselected={"textfont": {"color": None}},
        hoverinfo="skip",
        showlegend=False,
    )


def _outline(shapes: Shapes, code: str, theme: Theme) -> go.Scattergeo:
    """Draw the border of a region; clicks go through to the region."""
    points: list[Sequence[float | None]] = []
    for polygon in shapes.features[code]["geometry"]["coordinates"]:
        for ring in polygon:
            points += [*ring, (None, None)]
    return go.Scattergeo(
        lon=[point[0] for point in points],
        lat=[point[1] for point in points],
        mode="lines",
        line={"color": theme.second, "width": 2.5},
        hoverinfo="skip",
        showlegend=False,
    )


def _features(shapes: Shapes, codes: Sequence[str]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [shapes.features[code] for code in codes]}


def _borders(theme: Theme) -> dict[str, Any]:
    """Return what all regions have in common; a click hides none of them."""
    return {
        "marker": {"line": {"color": theme.ground, "width": 0.6}},
        "unselected": {"marker": {"opacity": 1}},
        "selected": {"marker": {"opacity": 1}},
        "hoverinfo": "text",
    }


def _colours(theme: Theme) -> list[list[Any]]:
    last = len(theme.scale) - 1
    return [[place / last, colour] for place, colour in enumerate(theme.scale)]


def _place(columns: Mapping[str, Sequence[Any]], row: int, formats: Formats) -> str:
    share = formats.share(columns["share"][row])
    return f"{share} of the revenue, rank {formats.count(columns['rank'][row])}"


def _short(figure: Figure, value: Any, formats: Formats) -> str:
    return formats.short_money(value) if figure.unit == "money" else figure.written(value, formats)


def _key(key: Any) -> Any:
    return "unknown" if key is None else key
