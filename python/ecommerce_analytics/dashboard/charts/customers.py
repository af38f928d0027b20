"""Figures of customers: tiers, segments, what a forecast of churn is worth."""

from __future__ import annotations

from typing import Any, Final

import plotly.graph_objects as go

from ecommerce_analytics.dashboard.charts import tiles
from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of, plain
from ecommerce_analytics.dashboard.theme import LIGHT, Theme
from ecommerce_analytics.formats import Formats

__all__ = ["SIZES", "TIER_RULE", "lift", "tiers", "treemap"]

#: Who is in which tier, and what the shares are of.
TIER_RULE: Final = (
    "Platinum: the best 5 % of all customers by net money; Gold to 20 %, Silver to 50 %. "
    "Tiers are those of all customers, shares those of the population. A click on a bar chooses "
    "its customers below."
)

#: What the area of a segment may be, by column of `rfm.summarize`.
SIZES: Final = {"customers": "Customers", "revenue": "Revenue"}


def tiers(table: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `rfm.summarize_tiers`: the share of the customers beside the share of the revenue.

    `customdata` of a bar is the tier.
    """
    columns = columns_of(table)
    names = [plain(tier) for tier in columns["tier"]]
    parts = (
        ("customer_share", "of the customers", "customers", formats.count, theme.second, "/"),
        ("revenue_share", "of the revenue", "revenue", formats.money, theme.accent, ""),
    )
    drawn = [
        go.Bar(
            x=names,
            y=columns[share],
            name=label,
            customdata=columns["tier"],
            text=[formats.share(value) for value in columns[share]],
            textposition="outside",
            textangle=0,
            textfont={"size": 11},
            cliponaxis=False,
            marker={"color": colour, "pattern": {"shape": pattern, "solidity": 0.25}},
            hovertext=[
                f"<b>{name}</b>: {formats.share(value)} {label}<br>{write(whole)}"
                for name, value, whole in zip(names, columns[share], columns[amount], strict=True)
            ],
            hoverinfo="text",
        )
        for share, label, amount, write, colour, pattern in parts
    ]
    return figure_of(
        *drawn,
        theme=theme,
        title="Tiers by net money",
        height=340,
        yaxis={"tickformat": ".0%", "rangemode": "tozero"},
        barmode="group",
        bargap=0.25,
        legend={"y": -0.12, "yanchor": "top", "x": 0},
    )


def treemap(table: Any, size: str, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `rfm.summarize`: the area of a segment is its `size`, its colour the mean recency.

    Segments of nothing, and of money below zero, have no area. `customdata` is the segment.
    """
    columns = columns_of(table)
    rows = [row for row, value in enumerate(columns[size]) if value > 0]
    recency = [columns["mean_recency_days"][row] for row in rows]
    write = {"customers": formats.count, "revenue": formats.short_money}[size]
    return tiles.tiles(
        [float(columns[size][row]) for row in rows],
        keys=[columns["segment"][row] for row in rows],
        texts=[
            # A word a line: tiles are narrow on a phone.
            "<br>".join([*plain(columns["segment"][row]).split(), write(columns[size][row])])
            for row in rows
        ],
        hovertexts=[
            f"<b>{plain(columns['segment'][row])}</b><br>"
            f"{formats.count(columns['customers'][row])} customers, "
            f"{formats.share(columns['customer_share'][row])}<br>"
            f"{formats.money(columns['revenue'][row])}, "
            f"{formats.share(columns['revenue_share'][row])} of the revenue<br>"
            f"{formats.count(columns['mean_recency_days'][row])} days since the last order"
            for row in rows
        ],
        marker={
            "color": recency,
            "colorscale": [[0, "#0B5FA5"], [0.5, "#3D5A80"], [1, "#5C4B51"]],
            "showscale": False,
        },
        text_colours=["#FFFFFF"] * len(rows),
        theme=theme,
        title=f"Segments by {SIZES[size].lower()}",
    )


def lift(evaluation: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `churn.evaluate`: the area under the ROC curve of the model and its baselines."""
    columns = columns_of(evaluation)
    rows = [row for row, value in enumerate(columns["roc_auc"]) if value is not None]
    rows.reverse()
    values, lower, upper = (
        [columns[name][row] for row in rows]
        for name in ("roc_auc", "roc_auc_lower", "roc_auc_upper")
    )
    drawn = go.Scatter(
        x=values,
        y=[plain(columns["model"][row]) for row in rows],
        mode="markers+text",
        text=[formats.number(value) for value in values],
        textposition="top center",
        cliponaxis=False,
        marker={"size": 11, "color": theme.accent},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [_length(value, end) for value, end in zip(values, upper, strict=True)],
            "arrayminus": [_length(end, value) for value, end in zip(values, lower, strict=True)],
            "color": theme.quiet,
        },
        hoverinfo="x+y",
    )
    return figure_of(
        drawn,
        theme=theme,
        title="Area under the ROC curve, tested on a later cutoff",
        height=110 + 50 * len(rows),
        xaxis={"title": {"text": "0.5: tells nothing; 1: always right"}, "range": [0.45, 1.0]},
        showlegend=False,
    )


def _length(start: float | None, end: float | None) -> float:
    """Return one side of an interval as Plotly wants it; where there is none, 0."""
    return 0.0 if end is None or start is None else end - start
