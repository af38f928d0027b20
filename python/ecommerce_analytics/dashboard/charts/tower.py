"""Figures of the control tower."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of, plain
from ecommerce_analytics.dashboard.theme import LIGHT, Theme
from ecommerce_analytics.formats import Formats

__all__ = ["bars", "lorenz", "monthly_revenue", "waterfall"]


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
    bars_of = go.Bar(
        x=columns["start"],
        y=values,
        customdata=columns["period"],
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
        xaxis={"type": "date"},
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
        marker={"color": theme.accent},
    )
    return figure_of(
        drawn,
        theme=theme,
        title=title,
        height=80 + 30 * max(3, len(keys)),
        xaxis={"tickformat": "~s"},
        yaxis={"autorange": "reversed"},
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


def waterfall(steps: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `explain.revenue`: from all lines of the file to the net revenue, a step per rule."""
    labels, measures, values, hover = [], [], [], []
    for step in steps:
        is_total = step.step in ("read", "kept", "net")
        if step.step != "read" and not step.num_lines and not is_total:
            continue
        labels.append(
            step.name or {"read": "raw file", "kept": "kept", "net": "net revenue"}[step.step]
        )
        measures.append("absolute" if step.step == "read" else "total" if is_total else "relative")
        values.append(float(-step.money if step.step == "removed" else step.money))
        hover.append(f"{formats.count(step.num_lines)} lines, {formats.money(step.money)}")
    drawn = go.Waterfall(
        x=labels,
        measure=measures,
        y=values,
        hovertext=hover,
        hoverinfo="text+x",
        connector={"line": {"color": theme.line}},
        increasing={"marker": {"color": theme.good}},
        decreasing={"marker": {"color": theme.bad}},
        totals={"marker": {"color": theme.accent}},
    )
    return figure_of(
        drawn,
        theme=theme,
        title="From the raw file to this number",
        height=360,
        yaxis={"tickformat": "~s"},
        showlegend=False,
    )
