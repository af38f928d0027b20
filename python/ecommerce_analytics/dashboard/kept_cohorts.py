"""The cohorts of the output folder of a run: what its files tell of the page Retention."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from ecommerce_analytics import cohort
from ecommerce_analytics.dashboard import components, retention_panels, state
from ecommerce_analytics.dashboard.charts import retention as charts
from ecommerce_analytics.dashboard.cohorts import Cohorts
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]

# Cohorts whose curves are drawn before anybody chooses: those that were followed longest.
_NUM_FIRST = 3


def show(shop: Shop, filters: Filters) -> None:
    """Show the heatmap, and the curves of single cohorts; say what the files do not tell."""
    asked = {name: Cohorts(shop, filters, name) for name in charts.MEASURES}
    known = [
        name
        for name, one in asked.items()
        if shop.knows(cohort.retention, measure=one.measure.measure, **one.options)
    ]
    name = st.segmented_control(
        "Show",
        known,
        default=known[0],
        required=True,
        format_func=lambda one: charts.MEASURES[one].title,
        key="kept-measure",
        wrap=True,
    )
    if not asked[str(name)].num_cohorts():
        components.empty("No known customer has an order.")
        return
    st.info(
        "The files of a run tell cohorts by month, active by an order in that month. For weeks and"
        " quarters, the mean of all cohorts, where customers are lost, the time to the second order"
        " and who is behind a cell, open the source itself.",
        icon=":material/folder_open:",
    )
    retention_panels.cohort_heatmap(asked[str(name)], None)
    st.header("Curves of cohorts")
    _curves(asked["retention"])


def _curves(cohorts: Cohorts) -> None:
    """Let people choose cohorts, and draw each as a curve with its interval."""
    starts = cohorts.cells().column("cohort").unique().to_pylist()
    chosen = st.multiselect(
        "Cohorts",
        starts,
        default=starts[:_NUM_FIRST],
        key="kept-cohorts",
        max_selections=charts.MAX_LINES,
        placeholder="None",
    )
    lines = cohorts.single_curves(chosen)
    if not any(number > 0 for _, cells in lines for number in cells.column("period").to_pylist()):
        components.empty("No whole month of these cohorts has been seen.", "Choose others.")
        return
    components.chart(
        charts.curves(
            lines,
            cohorts.window,
            theme=state.theme(),
            formats=state.formats(cohorts.shop),
        ),
        key="retention-of-cohorts",
        shop=cohorts.shop,
        data=pa.concat_tables([cells for _, cells in lines]),
        rule="Whole cells with their 95 % interval, as a band or in the hover text; month 0 is "
        "left out.",
        alt="Share of the customers of cohorts who come back, by month after the first order",
    )
