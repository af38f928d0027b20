"""Widgets that pick customers by group and by score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import streamlit as st

from ecommerce_analytics.dashboard import customer_list

__all__ = ["pick"]

_SCORES: Final = {
    "r_score": "Recency score",
    "f_score": "Frequency score",
    "m_score": "Money score",
}


def pick(people: pa.Table, group: str, names: Sequence[str], num_scores: int) -> pa.Table:
    """Show the widgets, and return the customers who are picked."""
    columns = st.columns([2, 1, 1, 1])
    groups = columns[0].multiselect(
        f"Only these {group}s", names, key=f"explorer-only-{group}", placeholder="All"
    )
    bounds = {
        name: column.slider(title, 1, num_scores, (1, num_scores), key=f"explorer-{name}")
        for (name, title), column in zip(_SCORES.items(), columns[1:], strict=True)
    }
    narrowed = {name: span for name, span in bounds.items() if span != (1, num_scores)}
    return customer_list.picked(people, {group: groups}, narrowed)
