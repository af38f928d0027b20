"""The series itself, with its averages; a bar opens its orders."""

from __future__ import annotations

from typing import Final

import numpy as np
import streamlit as st

from ecommerce_analytics import trends
from ecommerce_analytics.dashboard import components, order_list, state
from ecommerce_analytics.dashboard.charts import trends as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.dashboard.trend_page import tables

__all__ = ["show", "years"]

_LEAST_ORDERS: Final = 30


def show(shop: Shop, filters: Filters, figure: tables.Figure) -> None:
    """Show the part."""
    grain = st.segmented_control(
        "Grain", tables.GRAINS, default="Weekly", required=True, key="trends-grain"
    )
    period, windows = tables.GRAINS[grain]
    days = tables.days(shop, filters)
    made = {
        name: trends.series(days, column=figure.column, period=period, window=window)
        for name, window in windows.items()
    }
    points = components.chart(
        charts.series(
            made,
            title=f"{grain} {'net revenue' if figure.unit == 'money' else 'orders'}",
            unit=figure.unit,
            theme=state.theme(),
            formats=state.formats(shop),
        ),
        key=f"series-by-{period}",
        shop=shop,
        data=next(iter(made.values())),
        rule=f"Averages are over whole periods only; a hatched {period} is not complete. "
        "Click a bar for its orders.",
        alt=f"Bars by {period} with moving averages",
        select=True,
    )
    order_list.show_days(shop, filters, next(iter(made.values())), points, key="period-orders")


def years(shop: Shop, filters: Filters, figure: tables.Figure) -> None:
    """Show each month beside the same one a year before."""
    table = trends.year_over_year(tables.days(shop, filters), column=figure.column, period="month")
    # Of a month with next to no orders a growth tells nothing.
    orders = trends.year_over_year(tables.days(shop, filters), column="orders", period="month")
    comparable = table["comparable"]
    is_enough = comparable & (np.ma.filled(orders["previous"], 0) >= _LEAST_ORDERS)
    left_out = int(comparable.sum() - is_enough.sum())
    if not is_enough.any():
        components.empty(
            "No month can be compared with the same one a year before: these days hold no month "
            "whole in two years, with "
            f"{_LEAST_ORDERS} orders or more in the first.",
            "Choose more days." if filters.start or filters.end else "",
        )
        return
    clicked = components.chart(
        charts.years(
            table,
            title="Year over year",
            shown=is_enough.tolist(),
            unit=figure.unit,
            theme=state.theme(),
            formats=state.formats(shop),
        ),
        key="year-over-year",
        shop=shop,
        data=table,
        rule="Months that are whole in both years."
        + (
            f" Left out are {left_out} whose month a year before has fewer than {_LEAST_ORDERS}"
            " orders: no growth can be told of them."
        )
        * bool(left_out)
        + order_list.hint(shop),
        alt="Bars of months beside the same months a year before",
        select=shop.has_lines,
    )
    order_list.show_days(shop, filters, table, clicked, key="year-orders")
    st.subheader("All months")
    components.table(table, key="months", shop=shop)
