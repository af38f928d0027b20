"""Tables to pictures: SVG by matplotlib, the same bytes for the same table and version of it."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

from ecommerce_analytics import extras, heatmap
from ecommerce_analytics.dashboard.theme import LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ecommerce_analytics.table import Table

__all__ = ["bars", "cohorts", "columns", "lorenz", "retention"]

_WIDTH: Final = 7.2
_SIZE: Final = 8.5
_LONGEST: Final = 28
_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "http://www.w3.org/1999/xlink"

# Styles and settings are those of the process, and reports are made in threads.
_DRAWING: Final = threading.RLock()

Write = Callable[[Any], str]


def columns(
    name: str, labels: Sequence[str], values: Sequence[float], running: Sequence[bool], write: Write
) -> str:
    """Draw an upright bar for each period; that of a period that has not ended is hatched."""
    with _drawing(_WIDTH, 2.5) as (figure, axes):
        for place, (value, is_running) in enumerate(zip(values, running, strict=True)):
            style = {"color": "white", "edgecolor": LIGHT.accent, "hatch": "////"}
            axes.bar(place, value, width=0.78, **(style if is_running else {"color": LIGHT.accent}))
        step = -(-len(labels) // 9)
        axes.set_xticks(range(0, len(labels), step), labels[::step])
        axes.set_xlim(-0.6, len(labels) - 0.4)
        axes.yaxis.set_major_formatter(lambda value, _: write(value))
        axes.grid(axis="y", color=LIGHT.line, linewidth=0.7)
        return _svg(figure, name)


def bars(name: str, labels: Sequence[str], values: Sequence[float], written: Sequence[str]) -> str:
    """Draw a lying bar for each row, with its figure behind it, the first row on top."""
    with _drawing(_WIDTH, 0.45 + 0.27 * len(labels)) as (figure, axes):
        axes.barh(range(len(labels)), values, height=0.68, color=LIGHT.accent)
        for place, (value, text) in enumerate(zip(values, written, strict=True)):
            axes.text(
                max(value, 0.0), place, f"  {text}", va="center", fontsize=_SIZE, color=LIGHT.text
            )
        axes.set_yticks(range(len(labels)), [_short(label) for label in labels])
        axes.invert_yaxis()
        axes.set_xlim(min(0.0, *values), max(*values, 0.0) * 1.22 or 1.0)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        return _svg(figure, name)


def lorenz(name: str, points: Table, write: Write) -> str:
    """Draw the Lorenz curve beside the line of equal shares."""
    with _drawing(3.9, 3.3) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=LIGHT.quiet, linewidth=1, linestyle=(0, (4, 3)))
        share = points["customer_share"]
        axes.plot(share, points["revenue_share"], color=LIGHT.accent, linewidth=2)
        axes.fill_between(share, points["revenue_share"], share, color=LIGHT.accent, alpha=0.10)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: write(value))
        axes.set_xlabel("customers, from the least money to the most")
        axes.set_ylabel("revenue")
        axes.grid(color=LIGHT.line, linewidth=0.7)
        axes.margins(0)
        return _svg(figure, name)


def retention(name: str, periods: Sequence[int], rates: Sequence[float], write: Write) -> str:
    """Draw the mean retention by the number of the month."""
    with _drawing(_WIDTH, 2.3) as (figure, axes):
        axes.plot(periods, rates, color=LIGHT.accent, linewidth=2, marker="o", markersize=3.5)
        axes.set_ylim(0, max(rates, default=1.0) * 1.15 or 1.0)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.yaxis.set_major_formatter(lambda value, _: write(value))
        axes.set_xlabel("months after the first order")
        axes.grid(axis="y", color=LIGHT.line, linewidth=0.7)
        return _svg(figure, name)


def cohorts(name: str, retention: Table, **about: Any) -> str:
    """Draw the cohorts as the picture of a run does."""
    style = extras.require("report", "matplotlib.style")
    with _DRAWING:
        figure = heatmap.cohort_figure(retention, **about)
        for axes in figure.axes:
            for collection in axes.collections:
                collection.set_rasterized(False)  # A picture within the picture would be fetched.
        with style.context("default", after_reset=True), _settings(name):
            return _svg(figure, name)


@contextmanager
def _drawing(width: float, height: float) -> Iterator[tuple[Figure, Any]]:
    """Give a figure and its axes, whatever style the user has."""
    style = extras.require("report", "matplotlib.style")
    with _DRAWING, style.context("default", after_reset=True), _settings("report"):
        figure = extras.require("report", "matplotlib.figure").Figure(
            figsize=(width, height), layout="constrained"
        )
        axes = figure.add_subplot()
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(LIGHT.line)
        axes.tick_params(length=0, labelsize=_SIZE, colors=LIGHT.text)
        axes.xaxis.label.set(size=_SIZE, color=LIGHT.quiet)
        axes.yaxis.label.set(size=_SIZE, color=LIGHT.quiet)
        axes.set_axisbelow(True)
        yield figure, axes


@contextmanager
def _settings(salt: str) -> Iterator[None]:
    # Text stays text, which any reader can search and shape; a name with $ is no formula.
    with extras.require("report", "matplotlib").rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": salt,
            "text.parse_math": False,
            "font.family": "sans-serif",
            "font.sans-serif": ["DejaVu Sans"],
            "hatch.linewidth": 0.6,
        }
    ):
        yield


def _svg(figure: Figure, name: str) -> str:
    """Return the element alone, with ids that no other picture of the page has."""
    file = io.BytesIO()
    told = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(file, format="svg", transparent=True, metadata=told)
    root = ElementTree.fromstring(file.getvalue())
    for side in ("width", "height"):  # The width is that of the page; the box keeps the form.
        root.attrib.pop(side, None)
    root.set("role", "img")
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
        for key, value in parent.attrib.items():
            if key == "id":
                parent.set(key, f"{name}-{value}")
            elif key == f"{{{_XLINK}}}href":
                parent.set(key, value.replace("#", f"#{name}-", 1))
            else:
                parent.set(key, value.replace("url(#", f"url(#{name}-"))
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    return ElementTree.tostring(root, encoding="unicode")


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"
