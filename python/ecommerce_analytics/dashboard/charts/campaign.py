"""Figures of a campaign: what moves its profit, what it may earn, how many to contact."""

from __future__ import annotations

from typing import Any, Final

import plotly.graph_objects as go

from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of, plain
from ecommerce_analytics.dashboard.theme import LIGHT, Theme
from ecommerce_analytics.formats import Formats

__all__ = ["contacts", "profits", "tornado"]

_NUM_BINS: Final = 40
_MOST_POINTS: Final = 400
_LEGEND_BELOW: Final = {"orientation": "h", "y": -0.28, "yanchor": "top", "x": 0}
_MONEY: Final = frozenset({"contact_cost", "fixed_cost"})


def tornado(table: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `Simulation.tornado`: from the expected profit to that at either end of a range."""
    columns = columns_of(table)
    names = [plain(one.replace("_", " ")) for one in columns["assumption"]]
    baseline = columns["baseline"][0] if names else 0.0
    ends = (
        ("low", "profit_at_low", "at its low end", theme.second, "/"),
        ("high", "profit_at_high", "at its high end", theme.accent, ""),
    )
    drawn = [
        go.Bar(
            y=names,
            x=[profit - baseline for profit in columns[column]],
            base=baseline,
            orientation="h",
            name=label,
            marker={"color": colour, "pattern": {"shape": pattern, "solidity": 0.25}},
            hovertext=[
                f"<b>{name}</b> {_written(told, value, formats)}: {formats.money(profit)}"
                for name, told, value, profit in zip(
                    names, columns["assumption"], columns[end], columns[column], strict=True
                )
            ],
            hoverinfo="text",
        )
        for end, column, label, colour, pattern in ends
    ]
    return figure_of(
        *drawn,
        theme=theme,
        title="What moves the profit",
        height=380,
        barmode="overlay",
        margin={"b": 96},
        legend=_LEGEND_BELOW,
        xaxis={"title": {"text": "net profit"}, "tickformat": "~s"},
        yaxis={"autorange": "reversed", "automargin": True, "showgrid": False},
        shapes=[_line(baseline, theme.text, "solid"), _line(0.0, theme.quiet, "dot")],
    )


def profits(draws: Any, analysis: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw the realised profits of the draws as a histogram, a loss in another colour.

    Lines stand at 5 %, 50 % and 95 %.
    """
    values = sorted(columns_of(draws)["realised_profit"])
    rows = columns_of(analysis)
    place = rows["figure"].index("realised_profit")
    lower, median, upper = (rows[name][place] for name in ("lower", "median", "upper"))
    width = _bin_width(values[-1] - values[0])
    counts: dict[int, int] = {}
    for value in values:  # A bin ends at 0: no bar is half a loss.
        counts[int(value // width)] = counts.get(int(value // width), 0) + 1
    kinds = (("a loss", theme.bad, "/", False), ("a profit", theme.good, "", True))
    drawn = []
    for label, colour, pattern, is_profit in kinds:
        bins = [one for one in sorted(counts) if (one >= 0) == is_profit]
        drawn.append(
            go.Bar(
                x=[(one + 0.5) * width for one in bins],
                y=[counts[one] / len(values) for one in bins],
                width=width,
                name=label,
                marker={"color": colour, "pattern": {"shape": pattern, "solidity": 0.25}},
                hovertext=[
                    f"{formats.short_money(one * width)} to "
                    f"{formats.short_money((one + 1) * width)}: "
                    f"{formats.share(counts[one] / len(values))} of the draws"
                    for one in bins
                ],
                hoverinfo="text",
            )
        )
    marks = [(lower, "5 %"), (median, "50 %"), (upper, "95 %")]
    return figure_of(
        *drawn,
        theme=theme,
        title="What it may earn",
        height=380,
        bargap=0.02,
        barmode="overlay",
        xaxis={"title": {"text": "net profit"}, "tickformat": "~s"},
        yaxis={"tickformat": ".0%", "title": {"text": "share of the draws"}},
        shapes=[_line(value, theme.text, "dash") for value, _ in marks],
        annotations=[
            {
                "x": value,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": text,
                "showarrow": False,
                "font": {"size": 11, "color": theme.quiet},
            }
            for value, text in marks
        ],
        margin={"t": 64, "b": 96},
        legend=_LEGEND_BELOW,
    )


def contacts(table: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw the profit by the number of contacts with its range; a diamond at the best number."""
    columns = columns_of(table)
    size = len(columns["contacts"])
    rows = sorted({*range(0, size, -(-size // _MOST_POINTS)), size - 1, *_best(columns)})
    x = [0, *(columns["contacts"][row] for row in rows)]
    profit, lower, upper = (
        [0.0, *(columns[name][row] for row in rows)] for name in ("profit", "lower", "upper")
    )
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    drawn = [
        go.Scatter(x=x, y=upper, **edge),
        go.Scatter(x=x, y=lower, fill="tonexty", fillcolor=_faint(theme.accent), **edge),
        go.Scatter(
            x=x,
            y=profit,
            mode="lines",
            name="expected, in a band from pessimistic to optimistic",
            line={"color": theme.accent, "width": 2.5},
            hovertext=[
                f"{formats.count(number)} contacts: {formats.money(one)} "
                f"[{formats.money(low)} to {formats.money(high)}]"
                for number, one, low, high in zip(x, profit, lower, upper, strict=True)
            ],
            hoverinfo="text",
        ),
    ]
    best = _best(columns)
    drawn.append(
        go.Scatter(
            x=[columns["contacts"][row] for row in best] or [0],
            y=[columns["profit"][row] for row in best] or [0.0],
            mode="markers",
            name=f"best: {formats.count(columns['contacts'][best[0]])} contacts"
            if best
            else "best: contact nobody",
            hoverinfo="skip",
            marker={"symbol": "diamond", "size": 14, "color": theme.second},
        )
    )
    return figure_of(
        *drawn,
        theme=theme,
        title="How many to contact",
        height=400,
        xaxis={"title": {"text": "contacts, the most profitable first"}, "rangemode": "tozero"},
        yaxis={"title": {"text": "net profit"}, "tickformat": "~s"},
        margin={"b": 96},
        legend=_LEGEND_BELOW,
        hovermode="closest",
    )


def _best(columns: dict[str, list[Any]]) -> list[int]:
    """Return the row of the best number of contacts, if there is one."""
    return [row for row, is_best in enumerate(columns["is_best"]) if is_best]


def _bin_width(span: float) -> float:
    return span / _NUM_BINS if span > 0 else 1.0


def _written(name: str, value: float, formats: Formats) -> str:
    if name in _MONEY:
        return formats.money(value)
    return formats.number(value) if name == "spend_factor" else formats.share(value)


def _line(x: float, colour: str, dash: str) -> dict[str, Any]:
    line = {"color": colour, "width": 1.5, "dash": dash}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.16)"
