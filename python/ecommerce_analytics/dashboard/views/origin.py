"""Where the net revenue comes from: from the raw file, by every rule and filter, to the number."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics.dashboard import components, source_lines, state
from ecommerce_analytics.dashboard.charts import tower as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the way to the number, and the lines behind a step that is clicked."""
    theme, written = state.theme(), state.formats(shop)
    explanation = shop.explained(filters)
    steps, table = explanation.steps, explanation.to_arrow()
    left, right = st.columns(2)
    with left:
        clicked = components.chart(
            charts.waterfall(steps, theme=theme, formats=written),
            key="raw-file-to-number",
            shop=shop,
            data=table,
            rule="Each line is charged to the first rule, then the first filter, that removes it. "
            + source_lines.hint(shop),
            alt="Steps from the money of all lines of the file to the net revenue shown",
            select=source_lines.can_show(shop),
        )
    with right:
        clicked += components.chart(
            charts.kinds(steps, theme=theme, formats=written),
            key="kinds-of-lines",
            shop=shop,
            data=table,
            rule="All kept lines by their kind, whatever the filters.",
            alt="Money of the kept lines by kind",
            select=source_lines.can_show(shop),
        )
    source_lines.show_clicked(shop, clicked, key="lines-of-a-bar")
