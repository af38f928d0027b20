"""Executive report: built when asked for, to be read here and taken away."""

from __future__ import annotations

import base64
from functools import partial

import streamlit as st

from ecommerce_analytics import report
from ecommerce_analytics.dashboard import components, state
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]

_BUILT = "built-report"
_MIMES = {"html": "text/html", "pdf": "application/pdf", "markdown": "text/markdown"}


def show(shop: Shop, filters: Filters) -> None:
    """Show the page."""
    components.heading("Executive report", shop, filters, "report window")
    st.write(
        "Key figures, narrative, months, categories, payments, segments, retention, regions and"
        " churn risk of what is chosen, each with its definition, rule and as-of date."
    )
    written = state.formats(shop)
    asked = (shop.identity, filters, written)
    if st.button("Build the report", key="build-report", type="primary"):
        with st.status("Building the report …", expanded=True) as status:
            findings = report.gather(shop, filters, progress=status.write)
            status.write("composing")
            st.session_state[_BUILT] = (asked, report.compose(findings, written))
            status.update(label="The report is built.", state="complete", expanded=False)
    built = st.session_state.get(_BUILT)
    if built is None or built[0] != asked:
        components.empty("There is no report of these filters yet.", "Build it: some seconds.")
        return
    document = built[1]
    forms = report.installed()
    with st.container(horizontal=True, key="report-downloads"):
        for form in forms:
            st.download_button(
                f"Download {'Markdown' if form == 'markdown' else form.upper()}",
                data=partial(report.render, document, form),
                file_name=report.file_name(document, form),
                mime=_MIMES[form],
                key=f"download-report-{form}",
                on_click="ignore",
            )
    if "pdf" not in forms:
        st.caption('For PDF: pip install "ecommerce-analytics[report]".')
    # An address of its own: what stands in the frame cannot reach the page around it.
    content = base64.b64encode(report.render(document, "html")).decode()
    with st.container(key="panel-report"):
        st.iframe(f"data:text/html;charset=utf-8;base64,{content}", height=900, alt=document.title)
