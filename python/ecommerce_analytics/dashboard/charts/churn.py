"""Figures of churn: calibration, lift and gain, profit, reasons of customers and of segments."""

from __future__ import annotations

from typing import Any, Final

import plotly.graph_objects as go

from ecommerce_analytics.dashboard.charts.layout import columns_of, figure_of, plain
from ecommerce_analytics.dashboard.theme import LIGHT, Theme
from ecommerce_analytics.formats import Formats

__all__ = ["FEATURES", "calibration", "effects", "gains", "lifts", "money", "profit", "segments"]

#: What people call the features.
FEATURES: Final = {
    "recency_days": "Days since the last order",
    "frequency": "Orders",
    "monetary": "Money spent",
    "tenure_days": "Days since the first order",
    "mean_days_between_orders": "Days between orders",
    "is_one_order": "Only one order",
    "average_order_value": "Money an order",
    "orders_90d": "Orders of the last 90 days",
    "order_days": "Days with an order",
    "recency_over_gap": "Days since the last order by the usual gap",
    "is_one_order_day": "Only one day with an order",
    "gap_trend": "Last gap by the usual gap",
    "is_trend_known": "Three days with an order or more",
    "recent_order_days": "Days with an order, recent ones count more",
    "lines_per_order": "Lines an order",
    "return_rate_money": "Share of the money returned",
    "return_rate_lines": "Share of the lines returned",
    "discount_share": "Share of discounts",
    "items": "Items bought",
    "unique_products": "Different products",
    "unique_categories": "Different categories",
    "median_line_items": "Items of a line",
    "median_product_buyers": "Buyers of the usual product",
}
_BELOW: Final = {"orientation": "h", "y": -0.25, "yanchor": "top", "x": 0}
_SUFFIX: Final = "_effect"


def calibration(table: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `churn.calibration`: what was told against what happened, with its intervals."""
    columns = columns_of(table)
    told, happened = columns["mean_predicted"], columns["observed_rate"]
    ends = [min(*told, *columns["lower"]), max(*told, *columns["upper"])]
    base = float(dict(table.metadata)["base_rate"])
    return figure_of(
        _line(ends, ends, "As told", theme.quiet, "dash"),
        _line(ends, [base, base], "Constant forecast", theme.second, "dot"),
        go.Scatter(
            x=told,
            y=happened,
            name="The model",
            mode="markers",
            marker={"size": 9, "color": theme.accent},
            error_y=_interval(happened, columns["lower"], columns["upper"], theme),
            hovertext=[
                f"told {formats.share(one)}, happened {formats.share(two)}"
                f"<br>{formats.count(count)} customers"
                for one, two, count in zip(told, happened, columns["count"], strict=True)
            ],
            hoverinfo="text",
        ),
        theme=theme,
        title="Told and happened",
        height=380,
        xaxis={"title": {"text": "Mean risk told"}, "tickformat": ".1~%"},
        yaxis={"title": {"text": "Share without an order"}, "tickformat": ".1~%"},
        legend=_BELOW,
        margin={"t": 40},
    )


def gains(table: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `churn.deciles`: the share of those who left among the highest risks."""
    columns = columns_of(table)
    shares = [0.0, *(decile / 10 for decile in columns["risk_decile"])]
    lower, upper, gain, most, chance = (
        [0.0, *columns[name]]
        for name in ("gain_lower", "gain_upper", "gain", "greatest_gain", "baseline_gain")
    )
    return figure_of(
        *_band(shares, lower, upper, theme),
        _line(shares, most, "Always right", theme.good, "dash"),
        _line(shares, chance, "At random", theme.second, "dot"),
        go.Scatter(
            x=shares,
            y=gain,
            name="The model",
            mode="lines+markers",
            line={"color": theme.accent, "width": 2},
            hovertext=[
                f"the highest {formats.share(share)} hold {formats.share(value)} of those who left"
                f"<br>{formats.share(low)} to {formats.share(high)}"
                for share, value, low, high in zip(shares, gain, lower, upper, strict=True)
            ],
            hoverinfo="text",
        ),
        theme=theme,
        title="Gain",
        height=380,
        xaxis={"title": {"text": "Share of the customers"}, "tickformat": ".0%"},
        yaxis={"title": {"text": "Share of those who left"}, "tickformat": ".0%"},
        legend=_BELOW,
        margin={"t": 40},
    )


def lifts(table: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `churn.deciles`: how much likelier each tenth is to leave than all together."""
    columns = columns_of(table)
    lift = columns["lift"]
    bars = go.Bar(
        x=[str(decile) for decile in columns["risk_decile"]],
        y=lift,
        marker={"color": theme.accent},
        error_y=_interval(lift, columns["lift_lower"], columns["lift_upper"], theme),
        hovertext=[
            f"{formats.number(value)} ({formats.number(low)} to {formats.number(high)})"
            f"<br>{formats.share(rate)} left"
            for value, low, high, rate in zip(
                lift,
                columns["lift_lower"],
                columns["lift_upper"],
                columns["churn_rate"],
                strict=True,
            )
        ],
        hoverinfo="text",
    )
    return figure_of(
        bars,
        theme=theme,
        title="Lift by tenth",
        height=380,
        xaxis={
            "title": {"text": "Tenth, 1: highest risk"},
            "type": "category",
        },
        yaxis={"title": {"text": "1: like everybody"}, "rangemode": "tozero"},
        shapes=[_level(1.0, theme)],
        showlegend=False,
    )


def profit(table: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `churn.profit`: what contacting a share of the customers would have brought."""
    columns = columns_of(table)
    shares, values = columns["share"], columns["profit"]
    return figure_of(
        *_band(shares, columns["profit_lower"], columns["profit_upper"], theme),
        _line(shares, columns["baseline_profit"], "At random", theme.second, "dot"),
        go.Scatter(
            x=shares,
            y=values,
            name="The highest risks",
            mode="lines+markers",
            line={"color": theme.accent, "width": 2},
            hovertext=[
                f"{formats.share(share)} contacted: {formats.money(value)}"
                f"<br>{formats.money(low)} to {formats.money(high)}"
                for share, value, low, high in zip(
                    shares, values, columns["profit_lower"], columns["profit_upper"], strict=True
                )
            ],
            hoverinfo="text",
        ),
        theme=theme,
        title="Profit by share contacted",
        height=380,
        xaxis={"title": {"text": "Share of the customers contacted"}, "tickformat": ".0%"},
        yaxis={"zeroline": True, "zerolinecolor": theme.quiet, "tickformat": "~s"},
        legend=_BELOW,
        margin={"t": 40},
    )


def money(table: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `churn.revenue_at_risk`: by risk band, beside what they might spend."""
    columns = columns_of(table)
    rows = [row for row, band in enumerate(columns["risk_band"]) if band != "all"]
    names = [plain(columns["risk_band"][row]).capitalize() for row in rows]
    at_risk, lower, upper, spend = (
        [columns[name][row] for row in rows]
        for name in ("revenue_at_risk", "lower", "upper", "expected_spend")
    )
    return figure_of(
        go.Bar(
            x=names,
            y=spend,
            name="If all order",
            marker={"color": theme.absent, "line": {"color": theme.quiet, "width": 1}},
            hovertext=[formats.money(value) for value in spend],
            hoverinfo="text",
        ),
        go.Bar(
            x=names,
            y=at_risk,
            name="At risk",
            marker={"color": theme.accent},
            error_y=_interval(at_risk, lower, upper, theme),
            hovertext=[
                f"{formats.money(value)}<br>{formats.money(low)} to {formats.money(high)}"
                for value, low, high in zip(at_risk, lower, upper, strict=True)
            ],
            hoverinfo="text",
        ),
        theme=theme,
        title="Revenue at risk by risk band",
        height=380,
        barmode="group",
        yaxis={"rangemode": "tozero", "tickformat": "~s"},
        legend=_BELOW,
        margin={"t": 40},
    )


def effects(row: dict[str, Any], *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw one row of `churn.explain`: from the base to the customer's log-odds, step by step."""
    steps = sorted(
        ((name.removesuffix(_SUFFIX), row[name]) for name in row if name.endswith(_SUFFIX)),
        key=lambda step: -abs(step[1]),
    )
    names = ["A customer like the mean", *(_called(name) for name, _ in steps), "This customer"]
    values = [row["base_log_odds"], *(value for _, value in steps), row["log_odds"]]
    return figure_of(
        go.Waterfall(
            orientation="h",
            y=names,
            x=values,
            measure=["absolute", *("relative" for _ in steps), "total"],
            text=[f"{value:+.2f}" for value in values],
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": theme.bad}},
            decreasing={"marker": {"color": theme.good}},
            totals={"marker": {"color": theme.quiet}},
            connector={"line": {"color": theme.line, "width": 1}},
            hoverinfo="y+text",
        ),
        theme=theme,
        title=f"Risk {formats.share(row['churn_risk'])}: what makes it, in log-odds",
        height=120 + 34 * len(names),
        xaxis={"title": {"text": "Log-odds of no order; 0: a risk of one half"}},
        yaxis={"autorange": "reversed", "automargin": True},
        showlegend=False,
    )


def segments(table: Any, *, theme: Theme = LIGHT, formats: Formats) -> go.Figure:
    """Draw `churn.explain_groups`: the mean effect of each feature in each segment."""
    columns = columns_of(table)
    features = list(dict.fromkeys(columns["feature"]))
    risk = dict(zip(columns["segment"], columns["churn_risk"], strict=True))
    names = sorted(risk, key=lambda one: -risk[one])
    values = {
        (segment, feature): value
        for segment, feature, value in zip(
            columns["segment"], columns["feature"], columns["effect"], strict=True
        )
    }
    cells = [[values[segment, feature] for feature in features] for segment in names]
    most = max((abs(value) for line in cells for value in line), default=1.0) or 1.0
    return figure_of(
        go.Heatmap(
            z=cells,
            x=[_called(feature) for feature in features],
            y=[f"{plain(segment)} · {formats.share(risk[segment])}" for segment in names],
            zmin=-most,
            zmax=most,
            colorscale=[[0, theme.good], [0.5, theme.ground], [1, theme.bad]],
            text=[[_signed(value) for value in line] for line in cells],
            texttemplate="%{text}",
            textfont={"size": 10},
            showscale=False,
            xgap=1,
            ygap=1,
            hovertemplate="%{y}<br>%{x}: %{text}<extra></extra>",
        ),
        theme=theme,
        title="What raises (+) and lowers (-) the risk, by segment",
        height=190 + 30 * len(names),
        xaxis={"tickangle": -40, "automargin": True, "showgrid": False},
        yaxis={"autorange": "reversed", "automargin": True, "showgrid": False},
    )


def _signed(value: float) -> str:
    """Write an effect shortly; nothing where it rounds to nothing."""
    text = f"{value:+.1f}"
    return "" if text in ("+0.0", "-0.0") else text


def _called(feature: str) -> str:
    return FEATURES.get(feature, plain(feature))


def _line(x: list[float], y: list[float], name: str, colour: str, dash: str) -> go.Scatter:
    return go.Scatter(
        x=x, y=y, name=name, mode="lines", line={"color": colour, "dash": dash}, hoverinfo="skip"
    )


def _band(
    x: list[float], lower: list[float], upper: list[float], theme: Theme
) -> tuple[go.Scatter, go.Scatter]:
    """Return the two ends of an interval along a line, filled between."""
    quiet: dict[str, Any] = {
        "x": x,
        "mode": "lines",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return (
        go.Scatter(y=lower, **quiet),
        go.Scatter(y=upper, fill="tonexty", fillcolor=_thin(theme.accent), **quiet),
    )


def _thin(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"


def _interval(
    values: list[float], lower: list[float], upper: list[float], theme: Theme
) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(0.0, end - value) for value, end in zip(values, upper, strict=True)],
        "arrayminus": [max(0.0, value - end) for value, end in zip(values, lower, strict=True)],
        "color": theme.quiet,
    }


def _level(y: float, theme: Theme) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": y,
        "y1": y,
        "line": {"color": theme.second, "dash": "dot"},
    }
