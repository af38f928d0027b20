"""Figures of one customer."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of, plain
from ecommerce_analytics.dashboard.theme import LIGHT, Theme
from ecommerce_analytics.formats import Formats

__all__ = ["history"]


def history(orders: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `orders.list_orders` of one customer: a stem per order, as high as its net revenue."""
    columns = columns_of(orders)
    money = [float(value) for value in columns["revenue"]]
    stems_x: list[Any] = []
    stems_y: list[float | None] = []
    for time, value in zip(columns["time"], money, strict=True):
        stems_x += [time, time, None]
        stems_y += [0.0, value, None]
    stems = go.Scatter(
        x=stems_x,
        y=stems_y,
        mode="lines",
        hoverinfo="skip",
        line={"color": theme.quiet, "width": 1.5},
    )
    heads = go.Scatter(
        x=columns["time"],
        y=money,
        mode="markers",
        customdata=[str(key) for key in columns["order"]],
        hovertext=[
            f"{plain(key)}<br>{formats.day(time.date())}: {formats.money(value)}"
            f"<br>order {formats.count(number)}"
            for key, time, value, number in zip(
                columns["order"],
                columns["time"],
                columns["revenue"],
                columns["number"],
                strict=True,
            )
        ],
        hoverinfo="text",
        marker={"color": theme.accent, "size": 10},
    )
    return figure_of(
        stems,
        heads,
        theme=theme,
        title="Orders",
        height=320,
        showlegend=False,
        yaxis={"tickformat": "~s", "rangemode": "tozero"},
        xaxis={"type": "date"},
        clickmode="event+select",
    )
