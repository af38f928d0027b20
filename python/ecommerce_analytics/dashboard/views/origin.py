"""Where the net revenue comes from: from the raw file, by every rule and filter, to the number."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from ecommerce_analytics.dashboard import components, state
from ecommerce_analytics.dashboard.charts import tower as charts
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the way to the number, and the lines behind a step that is clicked."""
    theme, written = state.theme(), state.formats(shop)
    steps = shop.explained(filters).steps
    table = pa.Table.from_pylist(
        [{**step.to_dict(), "money": step.money} for step in steps],
        pa.schema(
            [
                ("step", pa.string()),
                ("name", pa.string()),
                ("num_lines", pa.int64()),
                ("money", pa.decimal128(38, 4)),
            ]
        ),
    )
    left, right = st.columns(2)
    with left:
        components.chart(
            charts.waterfall(steps, theme=theme, formats=written),
            key="raw-file-to-number",
            shop=shop,
            data=table,
            rule="Each line is charged to the first rule, then the first filter, that removes it.",
            alt="Steps from the money of all lines of the file to the net revenue shown",
        )
    with right:
        components.chart(
            charts.kinds(steps, theme=theme, formats=written),
            key="kinds-of-lines",
            shop=shop,
            data=table,
            rule="All kept lines by their kind, whatever the filters.",
            alt="Money of the kept lines by kind",
        )
