"""The KPI dictionary: what each figure is, found by any of its words."""

from __future__ import annotations

from dataclasses import asdict

import pyarrow as pa
import streamlit as st

from ecommerce_analytics import kpi
from ecommerce_analytics.dashboard import components
from ecommerce_analytics.dashboard.shop import Shop

__all__ = ["found", "show"]


def found(words: str) -> pa.Table:
    """Return the entries that have all of these words somewhere, in any case."""
    wanted = words.casefold().split()
    entries = [asdict(one) for one in kpi.dictionary()]
    kept = [
        entry
        for entry in entries
        if all(any(word in text.casefold() for text in entry.values()) for word in wanted)
    ]
    columns = list(entries[0])
    return pa.table({name: pa.array([one[name] for one in kept], pa.string()) for name in columns})


def show(shop: Shop) -> None:
    """Show the entries that are asked for."""
    st.subheader("KPI dictionary")
    words = st.text_input("Search", key="dictionary-search", placeholder="revenue, refund, guest …")
    entries = found(words)
    if entries.num_rows:
        components.table(entries, key="kpi-dictionary", shop=shop)
    else:
        components.empty("No key figure has these words.", "Try one of them alone.")
