"""What the source is, of which moment, and whether it has changed: always in the sidebar."""

from __future__ import annotations

from typing import Final

import streamlit as st

from ecommerce_analytics.dashboard import launch, state
from ecommerce_analytics.dashboard.shop import Shop
from ecommerce_analytics.dashboard.words import escaped

__all__ = ["show"]

_SECONDS: Final = 5
_SEEN: Final = "source-seen"


def show(shop: Shop) -> None:
    """Show it, and look at the source every five seconds; the filters stay as they are."""
    with st.sidebar, st.container(key="source"):
        if state.is_own():
            st.caption(f"**Your file** {_sources(shop)}, seen by you alone{_as_of(shop)}")
            st.button(
                "Back to the shared source", key="source-back", on_click=state.own, args=(None,)
            )
        else:
            _tell_news()
            # What cannot change needs no looking at.
            seconds = _SECONDS if launch.served().paths else None
            st.fragment(_watch, run_every=seconds)(shop)


def _tell_news() -> None:
    """Say once that the source is another one than this visitor saw before."""
    read_at = launch.served().read_at
    if st.session_state.get(_SEEN, read_at) != read_at:
        st.toast("The source changed and was read again.", icon=":material/refresh:")
    st.session_state[_SEEN] = read_at


def _watch(shop: Shop) -> None:
    source = launch.served()
    source.look()
    if source.shop() is not shop:
        st.rerun()
    if source.is_reading:
        st.info("The source has changed and is read …", icon=":material/sync:")
    elif source.problem:
        st.warning(
            "The source has changed and cannot be read; these are the figures from before."
            f" {escaped(source.problem)}",
            icon=":material/sync_problem:",
        )
    read_at = "" if source.read_at is None else f" · read at {source.read_at:%H:%M:%S}"
    st.caption(f"**Source** {_sources(shop)}{_as_of(shop)}{read_at}")


def _sources(shop: Shop) -> str:
    names = list(shop.sources)
    if len(names) == 1:
        return escaped(names[0])
    files = f" ({len(names)} files)" if names else ""
    return f"{escaped(shop.name)}{files}"


def _as_of(shop: Shop) -> str:
    return f" · as of {shop.as_of} (exclusive)"
