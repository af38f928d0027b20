"""What the source gave: the way from the raw file to the revenue, and the lines of each step."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from ecommerce_analytics import explain
from ecommerce_analytics.dashboard import components, source_lines
from ecommerce_analytics.dashboard.shop import Shop
from ecommerce_analytics.dashboard.words import escaped
from ecommerce_analytics.datasets.dataset import Dataset

__all__ = ["report_of", "show"]


def report_of(dataset: Dataset, month: str | None = None) -> pa.Table:
    """Return the steps of `explain.revenue` as a table."""
    steps = explain.revenue(dataset, month=month).steps
    return pa.table(
        {
            "step": [source_lines.title_of(step) for step in steps],
            "lines": pa.array([step.num_lines for step in steps], pa.int64()),
            "money": pa.array([step.money for step in steps], pa.decimal128(38, 4)),
        }
    )


def show(shop: Shop) -> None:
    """Show the ingest report; a click on a step opens its lines."""
    dataset = shop.dataset
    report = dataset.report
    st.subheader("From the raw file to the revenue")
    months = [None, *(one.month for one in report.months)]
    month = st.selectbox(
        "Month", months, key="ingest-month", format_func=lambda one: one or "All months"
    )
    chosen = components.table(
        report_of(dataset, month),
        key="ingest-report",
        shop=shop,
        select=source_lines.can_show(shop),
        rule="A line belongs to the month of its own time; a removed one is charged to one rule.",
    )
    if chosen:
        step = explain.revenue(dataset, month=month).steps[chosen[0]]
        source_lines.show(shop, step, month=month, key="step-lines")
    elif source_lines.can_show(shop):
        st.caption("Choose a step to see its lines.")
    if dataset.hindsight:
        st.caption(f"Known later than the day that it stands at: {escaped(dataset.hindsight)}.")
    if dataset.sources:
        st.subheader("Files")
        files = {"file": list(dataset.sources), "sha256": list(dataset.sources.values())}
        components.table(pa.table(files), key="source-files", shop=shop)
