"""What all figures have in common: reading tables, text that is no markup, the layout."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import plotly.graph_objects as go
import pyarrow as pa

from ecommerce_analytics.dashboard import theme as themes
from ecommerce_analytics.formats import Formats

__all__ = ["MAX_LABEL", "columns_of", "figure_of", "months_of", "plain"]

#: Characters of a label that stand on a figure; the whole text stands in the table beside it.
MAX_LABEL: Final = 28
# Labels of days or months on an axis, at most.
_MOST_TICKS: Final = 8
_RTL: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufefc]")
# Room above a figure for its title, and for its title and a legend.
_ROOM: Final = {False: 40, True: 64}


def columns_of(table: Any) -> dict[str, list[Any]]:
    """Return the columns of anything with `__arrow_c_stream__` as lists."""
    read: dict[str, list[Any]] = pa.table(table).to_pydict()
    return read


def plain(value: Any, *, max_length: int = MAX_LABEL) -> str:
    """Return a value as text that Plotly shows as it is, shortened where it is long.

    Plotly reads some tags of HTML in labels and hover texts; here they are characters. A text from
    right to left keeps its direction to itself.
    """
    text = "unknown" if value is None else " ".join(str(value).split())
    if len(text) > max_length:
        text = text[: max_length - 1].rstrip() + "…"
    return (
        "\u2068" + html.escape(text, quote=False) + "\u2069"
        if _RTL.search(text)
        else html.escape(text, quote=False)
    )


def figure_of(*traces: Any, theme: themes.Theme, title: str = "", **layout: Any) -> go.Figure:
    """Make a figure in the common form; `layout` is merged into it, axis by axis.

    Layouts are merged as dictionaries and read by Plotly once: each `update_layout` of a figure
    costs as much as making it, and a page has several.
    """
    merged = themes.layout_of(theme)
    has_legend = bool(layout.get("showlegend", len(traces) > 1))
    merged = _merged(merged, {"margin": {"t": _ROOM[has_legend]}})
    if title:
        merged = _merged(merged, {"title": {"text": title}})
    return go.Figure(data=list(traces), layout=_merged(merged, layout))


def months_of(days: Sequence[date], formats: Formats) -> dict[str, Any]:
    """Return an axis of time with its months named as people do; its days, where it is short."""
    firsts = sorted({one.replace(day=1) for one in days})
    if len(firsts) > 2 or len(firsts) == len(days):
        ticks, name = firsts, formats.month
    else:
        ticks, name = sorted(days), formats.day
    ticks = ticks[:: -(-len(ticks) // _MOST_TICKS) or 1]
    return {
        "type": "date",
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [name(one) for one in ticks],
    }


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return both, those above winning; what is a mapping in both is merged in turn."""
    made = dict(below)
    for name, value in above.items():
        known = made.get(name)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            made[name] = _merged(known, value)
        else:
            made[name] = value
    return made
