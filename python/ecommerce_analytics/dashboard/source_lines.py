"""The lines of the source behind a step, as a table with its exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow
import streamlit as st

from ecommerce_analytics import explain
from ecommerce_analytics.dashboard import components, state
from ecommerce_analytics.dashboard.shop import Shop
from ecommerce_analytics.dashboard.words import escaped

__all__ = ["can_show", "hint", "show", "show_clicked", "title_of"]

_READ: Final = "lines-read"
_TITLES: Final = {"read": "read", "kept": "kept", "net": "net revenue"}


def can_show(shop: Shop) -> bool:
    """Tell whether the source of a shop can be read again."""
    return shop.has_lines and shop.dataset.source_lines is not None


def hint(shop: Shop) -> str:
    """Return what a rule says of clicks on the bars of steps."""
    return (
        "Click a bar of the file or a rule for its lines; those of filters open none."
        if can_show(shop)
        else ""
    )


def title_of(step: explain.Step) -> str:
    """Return what a step is called on a page."""
    return _TITLES.get(step.step) or f"{step.step}: {step.name}"


def show(shop: Shop, step: explain.Step, *, month: str | None = None, key: str) -> None:
    """Show the first thousand lines of a step; the exports have all of them.

    Errors, such as of a file that has changed since, are of the library.
    """
    with st.spinner("Reading the source …", show_time=True):
        lines = _lines(shop, step, month)
    total = state.formats(shop).count(int(lines.schema.metadata[b"total_lines"]))
    st.markdown(f"**{escaped(title_of(step))}** · {total} lines")
    components.table(
        lines,
        key=key,
        shop=shop,
        rule="Lines of the source, by their rows in it.",
    )


def show_clicked(shop: Shop, points: Sequence[Mapping[str, Any]], *, key: str) -> None:
    """Show the lines behind a bar that was clicked, whose custom data are a step and its name.

    What a filter takes away are no lines of a step of the source: the table of the bar tells them.
    """
    clicked = [tuple(point.get("customdata") or ()) for point in points]
    found = [
        step
        for step in (explain.revenue(shop.dataset).steps if can_show(shop) else ())
        if (step.step, step.name) in clicked
    ]
    if found:
        show(shop, found[0], key=key)


def _lines(shop: Shop, step: explain.Step, month: str | None) -> pyarrow.Table:
    """Read the lines; what this visitor looked at last is kept, and nothing else."""
    asked = (shop.identity, step, month)
    kept = st.session_state.get(_READ)
    if kept is None or kept[0] != asked:
        lines = explain.lines(shop.dataset, step.step, step.name, month=month, limit=None)
        kept = st.session_state[_READ] = (asked, lines)
    found: pyarrow.Table = kept[1]
    return found
