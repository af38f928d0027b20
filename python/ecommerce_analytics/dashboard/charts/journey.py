"""Figures of the segment journey: who moved from which segment into which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of, plain
from ecommerce_analytics.dashboard.theme import LIGHT, Theme
from ecommerce_analytics.formats import Formats

__all__ = ["flows"]

# As the treemap of the segments: the greyer, the longer ago is the last order.
_SCALE: Final = [[0, "#0B5FA5"], [0.5, "#3D5A80"], [1, "#5C4B51"]]
# Of the flows: the colours are dark, and on a dark ground hardly seen through.
_OPAQUE: Final = {"light": 0.25, "dark": 0.6}


def flows(
    table: Any, recency: Mapping[str, float | None], *, theme: Theme = LIGHT, formats: Formats
) -> go.Figure:
    """Draw `segment_migration.moves`: segments of the start left, those of the end right.

    Parameters
    ----------
    table
        What `moves` returned.
    recency : mapping of str to float or None
        Mean days since the last order by segment, by which it is coloured; another origin has the
        second colour of the theme.
    """
    columns = columns_of(table)
    rows = [row for row, number in enumerate(columns["customers"]) if number]
    left = list(dict.fromkeys(columns["from_segment"][row] for row in rows))
    right = [
        name
        for name in dict.fromkeys(columns["to_segment"])
        if any(columns["to_segment"][row] == name for row in rows)
    ]
    nodes = [*left, *right]
    colours = [_colour(name, recency, theme) for name in nodes]
    sizes = [0] * len(nodes)
    sources, targets = [], []
    for row in rows:
        sources.append(left.index(columns["from_segment"][row]))
        targets.append(len(left) + right.index(columns["to_segment"][row]))
        sizes[sources[-1]] += columns["customers"][row]
        sizes[targets[-1]] += columns["customers"][row]
    drawn = go.Sankey(
        arrangement="snap",
        node={
            "label": [plain(name) for name in nodes],
            "color": colours,
            "pad": 12,
            "thickness": 14,
            "line": {"width": 0},
            "customdata": [
                f"{plain(name)} {'at the start' if place < len(left) else 'at the end'}: "
                f"{formats.count(size)} customers"
                for place, (name, size) in enumerate(zip(nodes, sizes, strict=True))
            ],
            "hovertemplate": "%{customdata}<extra></extra>",
        },
        link={
            "source": sources,
            "target": targets,
            "value": [columns["customers"][row] for row in rows],
            "color": [_faint(colours[place], theme) for place in sources],
            "customdata": [_words(columns, row, formats) for row in rows],
            "hovertemplate": "%{customdata}<extra></extra>",
        },
        textfont={"color": theme.text, "size": 13},
    )
    return figure_of(
        drawn,
        theme=theme,
        title="From segment to segment",
        height=560,
        margin={"t": 44, "b": 12},
        showlegend=False,
    )


def _words(columns: Mapping[str, list[Any]], row: int, formats: Formats) -> str:
    """Tell a move with its probability, its interval and its money."""
    lower, upper = columns["lower"][row], columns["upper"][row]
    return (
        f"<b>{plain(columns['from_segment'][row])}</b> to "
        f"<b>{plain(columns['to_segment'][row])}</b><br>"
        f"{formats.count(columns['customers'][row])} of "
        f"{formats.count(columns['origin_customers'][row])} customers: "
        f"{formats.share(columns['probability'][row])} "
        f"[{formats.share(lower)} to {formats.share(upper)}]<br>"
        f"{formats.count(columns['without_order'][row])} without an order in between<br>"
        f"{formats.money(columns['revenue'][row])} in between"
    )


def _colour(name: str, recency: Mapping[str, float | None], theme: Theme) -> str:
    known = [days for days in recency.values() if days is not None]
    days = recency.get(name)
    if days is None:
        return theme.second
    least, most = min(known), max(known)
    place = (days - least) / (most - least) if most > least else 0.0
    colour: str = sample_colorscale(_SCALE, [place], colortype="rgb")[0]
    return colour


def _faint(colour: str, theme: Theme) -> str:
    if colour.startswith("#"):
        parts = [str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)]
    else:
        parts = colour.removeprefix("rgb(").removesuffix(")").split(",")
    return f"rgba({','.join(part.strip() for part in parts)},{_OPAQUE[theme.name]})"
