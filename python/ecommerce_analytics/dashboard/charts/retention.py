"""Figures of retention: cohorts as a heatmap, curves with intervals, losses, the second order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import plotly.graph_objects as go

from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of, plain
from ecommerce_analytics.dashboard.theme import CATEGORIES, LIGHT, Theme
from ecommerce_analytics.formats import Formats

__all__ = ["MAX_LINES", "MEASURES", "Measure", "curves", "heatmap", "losses", "second_order"]

#: Lines of one figure that can be told apart.
MAX_LINES: Final = 6
_DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
# Columns up to which the figures stand in the cells, on a phone too.
_MAX_WRITTEN: Final = 13
_MAX_MONEY_WRITTEN: Final = 7
_WHOLE_PERCENT: Final = 0.1
# So many of the cells have colours of their own; those above, of tiny cohorts, share the last one.
_COLOURED: Final = 0.97
# Room above the highest curve, as a share of it: a band of few customers may go beyond.
_HEADROOM: Final = 1.6
# Lines up to which each has a band; of more, the first one only.
_MAX_BANDS: Final = 2
_LEGEND_BELOW: Final = {
    "orientation": "h",
    "y": 0,
    "yref": "container",
    "yanchor": "bottom",
    "x": 0,
}


@dataclass(frozen=True)
class Measure:
    """What the cells of a heatmap show.

    Attributes
    ----------
    title : str
        As people call it.
    measure : str
        Option of `cohort.retention`.
    column : str
        Column of its table.
    unit : {"count", "share", "money"}
        How it is written.
    """

    title: str
    measure: str
    column: str
    unit: str

    def written(self, value: Any, formats: Formats) -> str:
        """Write a value."""
        write: dict[str, Callable[[Any], str]] = {
            "count": formats.count,
            "share": formats.share,
            "money": formats.money,
        }
        return write[self.unit](value)

    def short(self, value: Any, formats: Formats) -> str:
        """Write a value where there is little room; a share without its sign, whole from 10 on."""
        if self.unit == "money":
            return formats.short_money(value)
        if self.unit == "share" and value >= _WHOLE_PERCENT:
            return formats.count(100 * value)
        return self.written(value, formats).replace("%", "").strip()


#: By name.
MEASURES: Final = {
    "retention": Measure("Retention", "customers", "rate", "share"),
    "customers": Measure("Customers", "customers", "value", "count"),
    "revenue": Measure("Revenue", "revenue", "value", "money"),
    "cumulative": Measure("Revenue per customer so far", "cumulative_revenue", "value", "money"),
}


def heatmap(
    cells: Any, measure: Measure, period: str, *, theme: Theme = LIGHT, formats: Formats
) -> go.Figure:
    """Draw one group of `cohort.retention`: a row per cohort, a column per period after its own.

    What nobody has seen is empty, and a zero is written. Cells of the running period have a dotted
    border, and the data's first cohort has a dagger. Colours span the periods after the first one,
    which is far above them, and grey where it is a rate; the highest cells, as a rule of tiny
    cohorts, share the last colour. Each cell has a point of its own to click: its `customdata` is
    the first day of the cohort and the number of the period.
    """
    columns = columns_of(cells)
    rows = {
        start: _cohort_name(start, period, formats) + (" †" if is_cut else "")
        for start, is_cut in zip(columns["cohort"], columns["left_truncated"], strict=True)
    }
    num_periods = max(columns["period"]) + 1
    index = {start: place for place, start in enumerate(rows)}
    z: list[list[float | None]] = [[None] * num_periods for _ in rows]
    hover = [[""] * num_periods for _ in rows]
    written = [[""] * num_periods for _ in rows]
    places: dict[bool, list[tuple[int, str, str]]] = {False: [], True: []}
    later: list[float] = []
    first: list[list[float | None]] = [[None] for _ in rows]
    for row, start in enumerate(columns["cohort"]):
        number, value = columns["period"][row], columns[measure.column][row]
        if value is None:
            continue
        z[index[start]][number] = float(value)
        written[index[start]][number] = measure.short(value, formats)
        hover[index[start]][number] = _cell_text(columns, row, measure, rows[start], formats)
        places[columns["partial"][row]].append((number, rows[start], start.isoformat()))
        if number or measure.column != "rate":
            later.append(float(value))
        else:
            z[index[start]][number], first[index[start]][0] = None, 1.0
    show_text = num_periods <= (_MAX_MONEY_WRITTEN if measure.unit == "money" else _MAX_WRITTEN)
    if not show_text:
        written = [["" if one != 0 else "0" for one in line] for line in z]
    drawn = go.Heatmap(
        x=list(range(num_periods)),
        y=list(rows.values()),
        z=z,
        text=written,
        texttemplate="%{text}",
        textfont={"size": 11},
        hoverinfo="skip",
        colorscale=[
            [place / (len(theme.scale) - 1), colour] for place, colour in enumerate(theme.scale)
        ],
        zmin=min(0.0, *later) if later else 0,
        zmax=_most(later),
        xgap=2,
        ygap=2,
        colorbar={
            "orientation": "h",
            "thickness": 10,
            "len": 0.9,
            "y": -0.02,
            "yanchor": "top",
            "outlinewidth": 0,
            "nticks": 5,
            "tickformat": ".2~%" if measure.unit == "share" else "~s",
            "tickfont": {"color": theme.quiet},
        },
    )
    beginning = go.Heatmap(
        x=[0],
        y=list(rows.values()),
        z=first,
        text=[line[:1] for line in written],
        texttemplate="%{text}",
        textfont={"size": 11, "color": theme.text},
        hoverinfo="skip",
        colorscale=[[0, theme.absent], [1, theme.absent]],
        showscale=False,
        xgap=2,
        ygap=2,
    )
    running = go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name="running period: not whole yet",
        hoverinfo="skip",
        marker={
            "symbol": "square-open-dot",
            "size": 12,
            "color": theme.second,
            "line": {"width": 2, "color": theme.second},
        },
    )
    borders = [
        {
            "type": "rect",
            "x0": number - 0.46,
            "x1": number + 0.46,
            "y0": index[date.fromisoformat(start)] - 0.42,
            "y1": index[date.fromisoformat(start)] + 0.42,
            "line": {"color": theme.second, "width": 2, "dash": "dot"},
        }
        for number, _, start in places[True]
    ]
    everything = places[False] + places[True]
    points = go.Scatter(
        x=[number for number, _, _ in everything],
        y=[name for _, name, _ in everything],
        mode="markers",
        showlegend=False,
        customdata=[[start, number] for number, _, start in everything],
        hovertext=[hover[index[date.fromisoformat(one)]][number] for number, _, one in everything],
        hoverinfo="text",
        marker={"symbol": "square", "size": 18, "color": theme.text, "opacity": 0},
        selected={"marker": {"opacity": 0.45}},
        unselected={"marker": {"opacity": 0}},
    )
    return figure_of(
        drawn,
        *([beginning] if measure.column == "rate" else []),
        *([running] if places[True] else []),
        points,
        theme=theme,
        title=f"{measure.title} by cohort"
        + (", in percent" if measure.unit == "share" and show_text else ""),
        height=170 + max(16, 30 - len(rows) // 4) * len(rows),
        shapes=borders,
        xaxis={
            "title": {"text": f"{period}s after the first order", "standoff": 2},
            "side": "top",
            "dtick": 1 if num_periods <= _MAX_WRITTEN else None,
            "showgrid": False,
            "zeroline": False,
            "range": [-0.5, num_periods - 0.5],
        },
        yaxis={
            "range": [len(rows) - 0.5, -0.5],
            "showgrid": False,
            "type": "category",
        },
        margin={"l": 8, "r": 8, "t": 84, "b": 80},
        showlegend=bool(places[True]),
        legend={**_LEGEND_BELOW, "itemclick": False, "itemdoubleclick": False},
        hovermode="closest",
        clickmode="event+select",
        dragmode=False,
    )


def curves(
    lines: Sequence[tuple[str, Any]],
    period: str,
    *,
    theme: Theme = LIGHT,
    formats: Formats,
) -> go.Figure:
    """Draw retention by period number, with its interval as a band or in the hover text.

    Parameters
    ----------
    lines : sequence of (str, table)
        Names, and tables with `period`, a share in `weighted` or `rate`, `lower` and `upper`;
        `MAX_LINES` of them at most.
    period : str
        Length of a period.
    """
    traces = []
    for place, (name, table) in enumerate(lines[:MAX_LINES]):
        columns = columns_of(table)
        share = columns["weighted"] if "weighted" in columns else columns["rate"]
        rows = [
            row
            for row, number in enumerate(columns["period"])
            if number > 0 and share[row] is not None
        ]
        x = [columns["period"][row] for row in rows]
        text = [
            f"{plain(name)}, {period} {columns['period'][row]}: {formats.share(share[row])}"
            f" [{formats.share(columns['lower'][row])} to {formats.share(columns['upper'][row])}]"
            for row in rows
        ]
        traces += _with_band(
            x,
            [share[row] for row in rows],
            [columns["lower"][row] for row in rows],
            [columns["upper"][row] for row in rows],
            name=plain(name),
            text=text,
            place=place,
            has_band=place == 0 or len(lines) <= _MAX_BANDS,
            theme=theme,
            shape="linear",
        )
    return figure_of(
        *traces,
        theme=theme,
        title="Retention curve",
        height=420,
        margin={"l": 8, "r": 8, "t": 48, "b": 100},
        legend=_LEGEND_BELOW,
        xaxis={"title": {"text": f"{period}s after the first order"}, "rangemode": "tozero"},
        yaxis={"tickformat": ".2~%", "range": [0, _top(traces)]},
        hovermode="closest",
    )


def losses(table: Any, period: str, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `cohort.drop_off` after the first period, whose loss is far above the others."""
    columns = columns_of(table)
    rows = [
        row
        for row, number in enumerate(columns["period"])
        if number > 1 and columns["loss"][row] is not None
    ]
    loss = [columns["loss"][row] for row in rows]
    drawn = go.Bar(
        x=[columns["period"][row] for row in rows],
        y=[-one for one in loss],
        hovertext=[
            f"{period} {columns['period'][row] - 1} to {columns['period'][row]}: "
            f"{formats.share(columns['before'][row])} to {formats.share(columns['after'][row])}, "
            f"loss between {formats.share(columns['lower'][row])} and "
            f"{formats.share(columns['upper'][row])}, "
            f"{formats.count(columns['num_cohorts'][row])} cohorts"
            for row in rows
        ],
        hoverinfo="text",
        error_y={
            "symmetric": False,
            "array": [columns["loss"][row] - columns["lower"][row] for row in rows],
            "arrayminus": [columns["upper"][row] - columns["loss"][row] for row in rows],
            "color": theme.quiet,
            "thickness": 1,
            "width": 3,
        },
        marker={
            "color": [theme.bad if one > 0 else theme.good for one in loss],
            "pattern": {"shape": ["" if one > 0 else "/" for one in loss]},
        },
    )
    return figure_of(
        drawn,
        theme=theme,
        title=f"Change of retention from one {period} to the next",
        height=380,
        showlegend=False,
        xaxis={"title": {"text": f"{period}s after the first order"}},
        yaxis={"tickformat": "+.2~%"},
    )


def second_order(
    lines: Sequence[tuple[str, Any]], *, theme: Theme = LIGHT, formats: Formats
) -> go.Figure:
    """Draw `second_order.curve` as steps, with its interval; one line per group."""
    traces = []
    for place, (name, table) in enumerate(lines[:MAX_LINES]):
        columns = columns_of(table)
        text = [
            f"{plain(name)}, day {formats.count(day)}: {formats.share(share)}"
            f" [{formats.share(lower)} to {formats.share(upper)}], "
            f"{formats.count(at_risk)} followed"
            for day, share, lower, upper, at_risk in zip(
                columns["days"],
                columns["share_with_second"],
                columns["lower"],
                columns["upper"],
                columns["at_risk"],
                strict=True,
            )
        ]
        traces += _with_band(
            columns["days"],
            columns["share_with_second"],
            columns["lower"],
            columns["upper"],
            name=plain(name),
            text=text,
            place=place,
            has_band=place == 0 or len(lines) <= _MAX_BANDS,
            theme=theme,
            shape="hv",
        )
    return figure_of(
        *traces,
        theme=theme,
        title="Customers with a second order",
        height=420,
        margin={"l": 8, "r": 8, "t": 48, "b": 100},
        legend=_LEGEND_BELOW,
        xaxis={"title": {"text": "days after the first order"}, "rangemode": "tozero"},
        yaxis={"tickformat": ".1~%", "rangemode": "tozero"},
        hovermode="closest",
    )


def _with_band(
    x: list[Any],
    y: list[Any],
    lower: list[Any],
    upper: list[Any],
    *,
    name: str,
    text: list[str],
    place: int,
    has_band: bool,
    theme: Theme,
    shape: str,
) -> list[go.Scatter]:
    colour = theme.accent if place == 0 else CATEGORIES[place]
    there = [row for row, one in enumerate(lower) if one is not None and has_band]
    edge = {"line": {"width": 0, "shape": shape}, "hoverinfo": "skip", "showlegend": False}
    band_x = [x[row] for row in there]
    return [
        go.Scatter(
            x=band_x, y=[upper[row] for row in there], mode="lines", legendgroup=name, **edge
        ),
        go.Scatter(
            x=band_x,
            y=[lower[row] for row in there],
            mode="lines",
            fill="tonexty",
            fillcolor=_faint(colour),
            legendgroup=name,
            **edge,
        ),
        go.Scatter(
            x=x,
            y=y,
            mode="lines+markers" if shape == "linear" else "lines",
            name=name,
            legendgroup=name,
            hovertext=text,
            hoverinfo="text",
            line={"color": colour, "width": 2.5, "dash": _DASHES[place], "shape": shape},
        ),
    ]


def _most(values: Sequence[float]) -> float:
    """Return the value at which the colours end."""
    above_zero = sorted(one for one in values if one > 0)
    return above_zero[int(_COLOURED * (len(above_zero) - 1))] if above_zero else 1.0


def _top(traces: Sequence[go.Scatter]) -> float:
    """Return where the axis of curves ends: above all of them, not above every band."""
    highest = max((one for trace in traces[2::3] for one in trace.y), default=0.0)
    bands = max((one for trace in traces[::3] for one in trace.y), default=0.0)
    return min(1.05 * max(bands, highest), _HEADROOM * highest) or 1.05 * bands or 1.0


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.16)"


def _cohort_name(start: date, period: str, formats: Formats) -> str:
    if period == "month":
        return formats.month(start)
    if period == "quarter":
        return f"{start.year} Q{(start.month + 2) // 3}"
    return formats.day(start)


def _cell_text(
    columns: dict[str, list[Any]], row: int, measure: Measure, name: str, formats: Formats
) -> str:
    value = measure.written(columns[measure.column][row], formats)
    text = f"<b>{name}</b>, period {columns['period'][row]}<br>{measure.title}: {value}"
    if columns["lower"][row] is not None and measure.unit == "share":
        text += (
            f" [{formats.share(columns['lower'][row])} to {formats.share(columns['upper'][row])}]"
        )
    text += f"<br>{formats.count(columns['eligible'][row])} customers"
    if columns["partial"][row]:
        text += "<br>running period: not whole yet"
    if columns["can_grow"][row]:
        text += "<br>can still grow"
    return text
