"""Figures of the page Customer lifetime value."""

from __future__ import annotations

from datetime import date
from typing import Any

import plotly.graph_objects as go
import pyarrow as pa

from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of, months_of
from ecommerce_analytics.dashboard.theme import LIGHT, Theme
from ecommerce_analytics.formats import Formats

__all__ = ["by_frequency", "tracking"]


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


def tracking(
    table: Any, *, added_up: bool = False, theme: Theme = LIGHT, formats: Formats
) -> go.Figure:
    """Draw `clv.tracking`: purchases by week, or added up, and what each model expects.

    The first model of the table has its interval. A last week that is shorter is left out by week.
    """
    columns = columns_of(table)
    models = list(dict.fromkeys(columns["purchase_model"]))
    num_weeks = len(columns["week"]) // len(models)
    weeks = columns["week"][:num_weeks]
    end = date.fromisoformat(pa.table(table).schema.metadata[b"holdout_end"].decode()[:10])
    if not added_up:
        weeks = [week for week in weeks if (end - week).days >= 7]
    names = ("actual", "expected", "lower", "upper", "baseline")
    if added_up:
        names = ("actual_total", "expected_total", "total_lower", "total_upper", "baseline_total")

    def of(place: int, model: int = 0) -> list[float]:
        first = model * num_weeks
        return list(columns[names[place]][first : first + len(weeks)])

    def line(values: list[float], words: str, colour: str, dash: str = "solid") -> go.Scatter:
        return go.Scatter(
            x=weeks,
            y=values,
            name=words,
            mode="lines",
            line={"color": colour, "width": 2.5 if dash == "solid" else 2, "dash": dash},
            hovertext=[
                f"{formats.day(week)}, {words}: {formats.count(round(value))}"
                for week, value in zip(weeks, values, strict=True)
            ],
            hoverinfo="text",
        )

    edge = {"x": weeks, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    band = go.Scatter(
        **edge, y=of(2), fill="tonexty", fillcolor=theme.absent, name=f"95 % of {models[0]}"
    )
    others = [
        line(of(1, model), name, theme.text, "dash")
        for model, name in enumerate(models)
        if model > 0
    ]
    split = next(
        (w for w, one in zip(weeks, columns["span"], strict=False) if one == "holdout"), None
    )
    marks: dict[str, Any] = {}
    if split is not None:
        marks["shapes"] = [
            {
                "type": "line",
                "x0": split,
                "x1": split,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": theme.quiet, "width": 1, "dash": "dot"},
            }
        ]
    return figure_of(
        go.Scatter(**edge, y=of(3), showlegend=False),
        band,
        line(of(0), "happened", theme.second),
        line(of(1), models[0], theme.accent),
        *others,
        line(of(4), "constant rate", theme.quiet, "dot"),
        theme=theme,
        title="Repeat purchases since the first week" if added_up else "Repeat purchases by week",
        height=360,
        xaxis=months_of(weeks, formats),
        yaxis={"title": {"text": "repeat purchases"}, "rangemode": "tozero"},
        hovermode="closest",
        **marks,
    )


def _lengths(starts: list[float], ends: list[float]) -> list[float]:
    return [max(end - start, 0.0) for start, end in zip(starts, ends, strict=True)]
