"""What repeats: by weekday, month of the year and hour of the day."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecommerce_analytics import trends
from ecommerce_analytics.dashboard import components, state
from ecommerce_analytics.dashboard.charts import trends as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.dashboard.trend_page import tables

__all__ = ["show"]

_RULE = "Mean of a day, days without an order included; the number is its ratio to all."


def show(shop: Shop, filters: Filters, figure: tables.Figure) -> None:
    """Show the part."""
    days = tables.days(shop, filters)
    left, right = st.columns(2)
    with left:
        weekdays = trends.weekday_pattern(days, column=figure.column)
        _chart(shop, weekdays, figure, "weekday", "Weekdays", _RULE)
    with right:
        months = trends.month_pattern(days, column=figure.column)
        least = min((n for n in months["years"].tolist() if n), default=0)
        _chart(
            shop,
            months,
            figure,
            "month",
            "Months of the year",
            _RULE
            + (" Fewer than two years of some months: season and growth in one." * (least < 2)),
        )
    if not tables.has_times(shop):
        components.empty(
            "There is no pattern of hours: all orders of this source stand at one hour of the day, "
            "so it tells days and no times."
        )
        return
    pattern = trends.hour_pattern(tables.hours(shop, filters), days, column=figure.in_groups)
    _chart(shop, pattern, figure, "hour", "Hours of the day", f"{_RULE} By the line's own time.")


def _chart(shop: Shop, table: Any, figure: tables.Figure, key: str, title: str, rule: str) -> None:
    components.chart(
        charts.pattern(
            table,
            key=key,
            title=title,
            unit=figure.unit,
            theme=state.theme(),
            formats=state.formats(shop),
        ),
        key=f"pattern-of-{key}s",
        shop=shop,
        data=table,
        rule=rule,
        alt=f"Columns of the mean by {key}",
    )
