"""Figures of the page Customer lifetime value."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of
from ecommerce_analytics.dashboard.theme import LIGHT, Theme
from ecommerce_analytics.formats import Formats

__all__ = ["by_frequency"]


def by_frequency(table: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `Backtest.by_frequency`: purchases per customer that came, and those expected."""
    columns = columns_of(table)
    groups = columns["frequency_group"]
    sizes = [formats.count(one) for one in columns["customers"]]

    def told(name: str, words: str) -> list[str]:
        return [
            f"{group} repeat purchases, {size} customers<br>{words}: {formats.number(value)}"
            for group, size, value in zip(groups, sizes, columns[name], strict=True)
        ]

    actual = go.Bar(
        x=groups,
        y=columns["actual"],
        name="happened",
        marker={"color": theme.absent},
        hovertext=told("actual", "happened"),
        hoverinfo="text",
    )
    model = go.Scatter(
        x=groups,
        y=columns["model"],
        name="model",
        mode="markers",
        marker={"size": 11, "color": theme.accent},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": _lengths(columns["model"], columns["upper"]),
            "arrayminus": _lengths(columns["lower"], columns["model"]),
            "color": theme.accent,
        },
        hovertext=[
            f"{text} [{formats.number(lower)} to {formats.number(upper)}]"
            for text, lower, upper in zip(
                told("model", "model"), columns["lower"], columns["upper"], strict=True
            )
        ],
        hoverinfo="text",
    )
    naive = go.Scatter(
        x=groups,
        y=columns["naive"],
        name="own past rate",
        mode="markers",
        cliponaxis=False,
        marker={"size": 11, "color": theme.second, "symbol": "x-thin-open", "line": {"width": 2}},
        hovertext=told("naive", "own past rate"),
        hoverinfo="text",
    )
    return figure_of(
        actual,
        model,
        naive,
        theme=theme,
        title="Purchases in the holdout, by those before it",
        height=400,
        xaxis={"title": {"text": "repeat purchases in the calibration"}, "type": "category"},
        yaxis={"title": {"text": "purchases per customer"}, "rangemode": "tozero"},
        hovermode="closest",
    )


def _lengths(starts: list[float], ends: list[float]) -> list[float]:
    return [max(end - start, 0.0) for start, end in zip(starts, ends, strict=True)]
