"""What Streamlit runs: the theme, the filters, the pages."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from ecommerce_analytics.dashboard import components, freshness, sidebar, state, theme, views
from ecommerce_analytics.errors import Error

st.set_page_config(
    page_title="ecommerce_analytics",
    page_icon=str(Path(__file__).with_name("static") / "icon.svg"),
    layout="wide",
    initial_sidebar_state="auto",
)
st.markdown(theme.STYLE, unsafe_allow_html=True)

try:
    with st.spinner("Reading the source …", show_time=True):
        shop = state.shop()
except Error as error:
    st.title("The source cannot be read")
    components.failure(error)
    st.stop()

# The pages are told first: a switch of the page must not find the filters gone from the URL.
pages: dict[str, list[st.Page]] = {}
by_name: dict[str, st.Page] = {}
for view in views.PAGES:
    if view.is_shown(shop):
        page = st.Page(
            partial(view.run, shop),
            title=view.title,
            icon=view.icon,
            url_path=view.name,
            default=view.name == "tower",
            visibility="visible" if view.group else "hidden",
        )
        by_name[view.name] = page
        pages.setdefault(view.group or views.PAGES[0].group, []).append(page)
chosen = st.navigation(pages, expanded=True)
st.session_state["pages"] = by_name
st.session_state["filters"] = sidebar.filters(shop)
freshness.show(shop)
chosen.run()
