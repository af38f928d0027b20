"""Figures of the control tower."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

import plotly.graph_objects as go

from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of, months_of, plain
from ecommerce_analytics.dashboard.theme import LIGHT, Theme
from ecommerce_analytics.explain import Step
from ecommerce_analytics.formats import Formats

__all__ = ["bars", "kinds", "lorenz", "monthly_revenue", "waterfall"]

_MEASURES: Final = {
    "read": "absolute",
    "removed": "relative",
    "kind": "relative",
    "net": "total",
    "filtered": "relative",
    "selected": "total",
}


def monthly_revenue(months: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `kpi.summary` by month as bars; the running month is hatched."""
    columns = columns_of(months)
    values = [float(value) for value in columns["revenue_net"]]
    hover = [
        f"{formats.month(start)}: {formats.money(value)}, {formats.count(orders)} orders"
        + (" (running)" if partial else "")
        for start, value, orders, partial in zip(
            columns["start"],
            columns["revenue_net"],
            columns["orders"],
            columns["partial"],
            strict=True,
        )
    ]
    months = [start.replace(day=1) for start in columns["start"]]
    bars_of = go.Bar(
        x=months,
        y=values,
        customdata=list(range(len(values))),
        hovertext=hover,
        hoverinfo="text",
        marker={
            "color": theme.accent,
            "pattern": {"shape": ["/" if one else "" for one in columns["partial"]]},
        },
    )
    return figure_of(
        bars_of,
        theme=theme,
        title="Net revenue by month",
        yaxis={"tickformat": "~s"},
        xaxis=months_of(months, formats),
        height=320,
        bargap=0.25,
    )


def bars(
    table: Any,
    *,
    label: str,
    value: str,
    title: str,
    theme: Theme = LIGHT,
    formats: Formats,
    most: int = 10,
) -> go.Figure:
    """Draw the greatest rows of a table as lying bars, the greatest on top."""
    columns = columns_of(table)
    order = sorted(range(len(columns[label])), key=lambda row: -(columns[value][row] or 0))[:most]
    keys = [columns[label][row] for row in order]
    amounts = [columns[value][row] for row in order]
    drawn = go.Bar(
        x=[float(amount) for amount in amounts],
        y=[f"{place}. {plain(key)}" for place, key in enumerate(keys, 1)],
        orientation="h",
        customdata=["unknown" if key is None else key for key in keys],
        hovertext=[
            f"{plain(key, max_length=80)}: {formats.money(one)}"
            for key, one in zip(keys, amounts, strict=True)
        ],
        hoverinfo="text",
        text=[formats.short_money(amount) for amount in amounts],
        textposition="auto",
        insidetextfont={"color": theme.ground},
        outsidetextfont={"color": theme.text},
        marker={"color": theme.accent},
    )
    return figure_of(
        drawn,
        theme=theme,
        title=title,
        height=80 + 30 * max(3, len(keys)),
        xaxis={"tickformat": "~s"},
        yaxis={"autorange": "reversed", "type": "category"},
    )


def lorenz(points: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `rfm.lorenz`: which share of the revenue which share of the customers brings."""
    columns = columns_of(points)
    x, y = columns["customer_share"], columns["revenue_share"]
    curve = go.Scatter(
        x=x,
        y=y,
        mode="lines",
        name="customers from the least on",
        line={"color": theme.accent, "width": 2.5},
        fill="tozeroy",
        hovertext=[
            f"the lower {formats.share(left)} bring {formats.share(right)}"
            for left, right in zip(x, y, strict=True)
        ],
        hoverinfo="text",
    )
    equal = go.Scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="if all brought the same",
        hoverinfo="skip",
        line={"color": theme.quiet, "dash": "dot"},
    )
    return figure_of(
        curve,
        equal,
        theme=theme,
        title="Concentration of revenue",
        xaxis={"tickformat": ".0%", "title": {"text": "share of customers"}},
        yaxis={"tickformat": ".0%", "title": {"text": "share of revenue"}},
        height=360,
    )


def waterfall(steps: Sequence[Step], *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `explain.revenue`: from all lines of the file to the figure, a bar per rule or filter.

    A rule that took nothing away is left out. What is kept is made of the kinds of lines, which
    have a figure of their own (`kinds`).
    """
    shown = [
        step
        for step in steps
        if step.step in ("read", "net", "selected")
        or (step.step in ("removed", "filtered") and step.num_lines)
    ]
    return _bridge(shown, title="From the raw file to this number", theme=theme, formats=formats)


def kinds(steps: Sequence[Step], *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw what the kept lines are made of: the money of each kind of line."""
    shown = [
        step for step in steps if step.step == "net" or (step.step == "kind" and step.num_lines)
    ]
    return _bridge(shown, title="What the lines are", theme=theme, formats=formats)


def _bridge(steps: Sequence[Step], *, title: str, theme: Theme, formats: Formats) -> go.Figure:
    """Draw steps one after the other up to a total; `customdata` of a bar tells its step."""
    amounts = [float(-step.money if _takes_away(step) else step.money) for step in steps]
    # Where bars end, one after the other; a text stands beyond the end of its bar.
    ends = list(
        accumulate(
            zip(steps, amounts, strict=True),
            lambda end, one: one[1] if _MEASURES[one[0].step] == "total" else end + one[1],
            initial=0.0,
        )
    )
    room = 0.1 * (max(ends) - min(ends))
    drawn = go.Waterfall(
        # Bars may stand close.
        x=[_step_name(step).replace(" ", "<br>") for step in steps],
        measure=[_MEASURES[step.step] for step in steps],
        y=amounts,
        customdata=[[step.step, step.name] for step in steps],
        hovertext=[_step_text(step, formats) for step in steps],
        hoverinfo="text",
        text=[formats.short_money(step.money) for step in steps],
        textposition="outside",
        cliponaxis=False,
        connector={"line": {"color": theme.quiet, "dash": "dot"}},
        increasing={"marker": {"color": theme.good}},
        decreasing={"marker": {"color": theme.second}},
        totals={"marker": {"color": theme.accent}},
    )
    return figure_of(
        drawn,
        theme=theme,
        title=title,
        height=360,
        xaxis={"tickangle": 0, "tickfont": {"size": 11}},
        yaxis={"tickformat": "~s", "range": [min(ends) - room, max(ends) + room]},
        showlegend=False,
    )


def _takes_away(step: Step) -> bool:
    return step.step in ("removed", "filtered")


def _step_name(step: Step) -> str:
    names = {"read": "raw file", "net": "net revenue", "selected": "under the filters"}
    if step.step in names:
        return names[step.step]
    return plain(f"outside the {step.name}" if step.step == "filtered" else step.name)


def _step_text(step: Step, formats: Formats) -> str:
    lines, money = formats.count(step.num_lines), formats.money(step.money)
    return f"{_step_name(step)}: {lines} lines, {money}"
