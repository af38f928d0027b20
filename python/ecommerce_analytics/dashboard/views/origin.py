"""Where the net revenue comes from: from the raw file, by every rule and filter, to the number."""

from __future__ import annotations

from typing import Any

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
            rule="Each line is charged to the first rule, then the first filter, that removes it.",
            alt="Steps from the money of all lines of the file to the net revenue shown",
            select=True,
        )
    with right:
        clicked += components.chart(
            charts.kinds(steps, theme=theme, formats=written),
            key="kinds-of-lines",
            shop=shop,
            data=table,
            rule="All kept lines by their kind, whatever the filters.",
            alt="Money of the kept lines by kind",
            select=True,
        )
    if not source_lines.can_show(shop):
        return
    asked = [step for step in steps if [step.step, step.name] == _last(clicked)]
    if asked and asked[0].step not in ("filtered", "selected"):
        source_lines.show(shop, asked[0], key="lines-of-step")
    else:
        st.caption("Click a step to see the lines of the source behind it.")


def _last(points: list[dict[str, Any]]) -> list[str]:
    return list(points[-1]["customdata"]) if points else []
