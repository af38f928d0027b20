"""Figures of trends: series with moving averages, patterns, year over year."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa

from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of, months_of
from ecommerce_analytics.dashboard.theme import LIGHT, Theme
from ecommerce_analytics.formats import Formats

__all__ = ["pattern", "series", "years"]

# Milliseconds of a day, less a gap.
_BAR_OF_DAY: Final = 86_400_000 * 0.85
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "weekday": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "month": tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()),
    "hour": tuple(f"{hour:02}" for hour in range(24)),
}


def series(
    tables: Mapping[str, Any],
    *,
    title: str,
    unit: str,
    theme: Theme = LIGHT,
    formats: Formats,
) -> go.Figure:
    """Draw `trends.series` as bars, and a line for the moving average of each table.

    Parameters
    ----------
    tables : mapping of str to table
        By the name of their average; the values of all are the same.
    """
    write = _writer(unit, formats)
    sums = pa.table(next(iter(tables.values())))
    columns = columns_of(sums)
    bars = go.Bar(
        x=_days(sums),
        y=np.array(columns["value"], dtype=float),
        name="sum",
        customdata=np.arange(sums.num_rows),
        hovertext=[
            f"{period}: {write(value)}" + ("" if is_complete else " (not complete)")
            for period, value, is_complete in zip(
                columns["period"], columns["value"], columns["complete"], strict=True
            )
        ],
        hoverinfo="text",
        # As wide as the days that there are: Plotly goes by the closest pair of bars.
        width=[
            (end - start).days * _BAR_OF_DAY
            for start, end in zip(columns["start"], columns["end"], strict=True)
        ],
        offset=0,
        marker={
            "color": theme.accent,
            "opacity": 0.45,
            "line": {"width": 0},
            "pattern": {"shape": ["" if one else "/" for one in columns["complete"]]},
        },
    )
    lines = []
    for (name, table), colour in zip(tables.items(), (theme.second, theme.text), strict=False):
        averages = pa.table(table)
        lines.append(
            go.Scatter(
                x=_days(averages),
                y=averages.column("moving_average").to_numpy(zero_copy_only=False),
                name=name,
                mode="lines",
                line={"color": colour, "width": 2.5},
                connectgaps=False,
                hovertemplate=f"{name} to %{{x|%Y-%m-%d}}: %{{y:,.2f}}<extra></extra>",
            )
        )
    return figure_of(
        bars,
        *lines,
        theme=theme,
        title=title,
        height=400,
        xaxis=months_of(columns["start"], formats),
        yaxis={"tickformat": "~s"},
        showlegend=True,
    )


def pattern(
    table: Any,
    *,
    key: str,
    title: str,
    unit: str,
    theme: Theme = LIGHT,
    formats: Formats,
) -> go.Figure:
    """Draw a pattern of `trends` as columns of the mean, with its ratio to all in the text."""
    columns = columns_of(table)
    write = _writer(unit, formats)
    rows = [row for row, mean in enumerate(columns["mean"]) if mean is not None]
    first = 0 if key == "hour" else 1
    names = [_NAMES[key][columns[key][row] - first] for row in rows]
    indices = [columns["index"][row] for row in rows]
    drawn = go.Bar(
        x=names,
        y=[columns["mean"][row] for row in rows],
        hovertext=[
            f"{name}: {write(columns['mean'][row])} a day, "
            f"{formats.share(columns['index'][row])} of the mean, "
            f"{formats.count(columns['days'][row])} days"
            for name, row in zip(names, rows, strict=True)
        ],
        hoverinfo="text",
        text=["" if one is None else formats.number(round(one, 2) + 0.0) for one in indices],
        textposition="outside",
        textangle=0,
        textfont={"size": 11},
        cliponaxis=False,
        marker={
            "color": [
                theme.absent if one is None else theme.accent if one >= 1 else theme.quiet
                for one in indices
            ]
        },
    )
    return figure_of(
        drawn,
        theme=theme,
        title=title,
        height=320,
        xaxis={"type": "category"},
        yaxis={"tickformat": "~s"},
        bargap=0.25,
    )


def years(
    table: Any,
    *,
    title: str,
    unit: str,
    shown: Sequence[bool] | None = None,
    theme: Theme = LIGHT,
    formats: Formats,
) -> go.Figure:
    """Draw `trends.year_over_year`: each comparable period beside the same one a year before.

    `shown` tells by row which periods are drawn, by default all comparable ones.
    """
    columns = columns_of(table)
    write = _writer(unit, formats)
    rows = [row for row, one in enumerate(shown or columns["comparable"]) if one]
    names = [columns["period"][row] for row in rows]
    index = {name: row for row, name in enumerate(columns["period"])}
    before = go.Bar(
        x=names,
        y=[float(columns["previous"][row]) for row in rows],
        name="a year before",
        customdata=[index[columns["previous_period"][row]] for row in rows],
        marker={"color": theme.quiet},
        hovertext=[
            f"{columns['previous_period'][row]}: {write(columns['previous'][row])}" for row in rows
        ],
        hoverinfo="text",
    )
    now = go.Bar(
        x=names,
        y=[float(columns["value"][row]) for row in rows],
        name="now",
        customdata=rows,
        marker={"color": theme.accent},
        hovertext=[
            f"{columns['period'][row]}: {write(columns['value'][row])} "
            f"({formats.change(columns['change_share'][row])})"
            for row in rows
        ],
        hoverinfo="text",
    )
    return figure_of(
        before,
        now,
        theme=theme,
        title=title,
        height=340,
        barmode="group",
        xaxis={"type": "category"},
        yaxis={"tickformat": "~s"},
        showlegend=True,
    )


def _days(table: pa.Table) -> Any:
    return table.column("start").to_numpy().astype("datetime64[D]").astype(str)


def _writer(unit: str, formats: Formats) -> Callable[[Any], str]:
    return formats.money if unit == "money" else formats.number
