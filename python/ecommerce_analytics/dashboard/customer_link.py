"""The way from a list to the profile of one of its customers."""

from __future__ import annotations

from typing import Any

import streamlit as st

__all__ = ["show"]


def show(key: Any, *, where: str) -> None:
    """Offer the profile of a customer; `where` tells the buttons of one page apart."""
    pages = st.session_state.get("pages", {})
    if "customer" not in pages:
        return
    if st.button(
        "Open the profile",
        icon=":material/person:",
        key=f"open-profile-{where}",
        disabled=key is None,
        help="Choose a row first.",
    ):
        st.switch_page(pages["customer"], query_params={"customer": str(key)})
