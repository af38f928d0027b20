"""The filters in the sidebar, and their way into the URL and back."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import streamlit as st

from ecommerce_analytics.dashboard import state
from ecommerce_analytics.dashboard.shop import EVERYTHING, Filters, Shop
from ecommerce_analytics.dashboard.words import escaped
from ecommerce_analytics.selection import Key

__all__ = ["filters"]

_READY: Final = "filters-of"
_REFUSED: Final = "filters-refused"
_NUM_TOLD: Final = 5
_MAX_TOLD: Final = 80
_LABELS: Final = {
    "category": "Category",
    "segment": "Segment",
    "region": "Country or state",
    "payment_type": "Payment type",
}
_HELP: Final = {
    "category": "Orders that contain one are in whole, with their lines of other categories.",
    "payment_type": "Orders that contain one are in whole, with what was paid in other ways.",
}


def filters(shop: Shop) -> Filters:
    """Show the filters, and return what is chosen; the URL says it too."""
    if not shop.has_lines:
        st.sidebar.caption("Files of a run: all days and customers. Open the source to filter.")
        return EVERYTHING
    if st.session_state.get(_READY) != shop.identity:
        _begin(shop)
    options = {
        "category": shop.categories,
        "segment": shop.segment_names,
        "region": shop.regions,
        "payment_type": shop.payment_types,
    }
    first_day, end_day = shop.days
    with st.sidebar, st.container(key="filters"):
        st.subheader("Filters")
        _tell_refused()
        window = st.date_input(
            "Period",
            key="filter-period",
            min_value=first_day,
            max_value=end_day - timedelta(days=1),
            help="Orders and money of these days. Nothing chosen: all days.",
        )
        chosen: dict[str, Any] = {
            name: tuple(
                st.multiselect(
                    _LABELS[name],
                    keys,
                    key=f"filter-{name}",
                    format_func=_named,
                    placeholder="All",
                    wrap=True,
                    help=_HELP.get(name),
                )
            )
            for name, keys in options.items()
            if keys
        }
        st.button("Reset filters", on_click=_reset, key="reset-filters", width="stretch")
        _address()(key="address")
    start, end = _span(window, shop)
    ordered: dict[str, Any] = {
        name: tuple(key for key in options[name] if key in those) for name, those in chosen.items()
    }
    told = Filters(start=start, end=end, **ordered)
    _write_url(told)
    return told


@st.cache_resource
def _address() -> Any:
    """Return what keeps one step of the browser's history for a page, whatever its filters."""
    script = Path(__file__).with_name("address.js").read_text(encoding="utf-8")
    return st.components.v2.component("ecommerce_analytics_address", js=script)


def _begin(shop: Shop) -> None:
    """Take the filters of the URL over; with another shop, what it has of them."""
    query = {name: st.query_params.get_all(name) for name in state.query_names()}
    told, refused = state.filters_of_query(query, shop)
    _choose(told, shop)
    st.session_state[_READY] = shop.identity
    st.session_state[_REFUSED] = refused


def _tell_refused() -> None:
    """Say what of the URL this source does not have, until the filters are reset."""
    if refused := st.session_state.get(_REFUSED):
        told = "; ".join(escaped(one[:_MAX_TOLD]) for one in refused[:_NUM_TOLD])
        more = len(refused) - _NUM_TOLD
        st.info(
            f"Not in this source, and left out: {told}" + (f" and {more} more" * (more > 0)),
            icon=":material/info:",
        )


def _choose(told: Filters, shop: Shop) -> None:
    first_day, end_day = shop.days
    last = end_day if told.end is None else told.end
    window = (
        ()
        if told.start is None and told.end is None
        else (told.start or first_day, last - timedelta(days=1))
    )
    st.session_state["filter-period"] = window
    for name in _LABELS:
        st.session_state[f"filter-{name}"] = list(getattr(told, name))


def _reset() -> None:
    st.session_state[_REFUSED] = []
    st.session_state["filter-period"] = ()
    for name in _LABELS:
        st.session_state[f"filter-{name}"] = []


def _span(window: Any, shop: Shop) -> tuple[date | None, date | None]:
    """Return [start, end) of what the widget holds: a half chosen span is none yet."""
    if not isinstance(window, tuple) or len(window) < 2:
        return None, None
    first_day, end_day = shop.days
    start, end = window[0], window[1] + timedelta(days=1)
    if start == first_day and end == end_day:
        return None, None
    return start, end


def _write_url(told: Filters) -> None:
    """Make the URL say the filters and keep what else it says."""
    wanted = state.query_of(told)
    for name in state.query_names():
        if name in wanted:
            if st.query_params.get_all(name) != _listed(wanted[name]):
                st.query_params[name] = wanted[name]
        elif name in st.query_params:
            del st.query_params[name]


def _listed(told: str | list[str]) -> list[str]:
    return [told] if isinstance(told, str) else told


def _named(key: Key) -> str:
    return "unknown" if key is None else str(key)
