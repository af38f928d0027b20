"""The picture of the cohorts: a table of retention in, a figure out. Nothing is read or computed.

Cells that the data cannot show are blank; a cell of the running period is hatched, as its number
can still grow. The first cohort is marked, as some of its customers may be older than the data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ecommerce_analytics import extras
from ecommerce_analytics.errors import InvalidArgument

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

    from ecommerce_analytics.table import Table

__all__ = ["cohort_figure", "write_png"]

_DPI: Final = 120
_CELL_INCHES: Final = (0.62, 0.34)
_MAX_CELL_WIDTH: Final = 1.6
_MAX_INCHES: Final = (30.0, 24.0)
_LARGEST_OVER_SMALL: Final = 100  # A cohort smaller than that part of the largest is small.
_MAX_LABELS: Final = 40
_MAX_NUMBERS: Final = 45  # Of rows and of columns, so that a number fits in its cell.
_TEXT: Final = "#1f2933"
_QUIET: Final = "#616e7c"


def cohort_figure(
    retention: Table, *, source: str, is_synthetic: bool = False, cleaning: str | None = None
) -> Figure:
    """Draw the retention of customers, one row per cohort, one column per period number.

    Period 0 is 100 % by definition and stands as the number of members in a column of its own;
    the colours span the other cells, from 0 to the greatest of a cohort that has at least 1 % of
    the customers of the largest one; above that they stay the darkest.

    Parameters
    ----------
    retention : Table
        What `cohort.retention` returned for the measure ``customers``.
    source : str
        Name of the data, for the title.
    is_synthetic : bool, default=False
        Whether to say so in the title.
    cleaning : str, optional
        Name of the cleaning rule, for the title.

    Returns
    -------
    matplotlib.figure.Figure
        Made without `pyplot`: nothing of it is global, and no window opens.

    Raises
    ------
    InvalidArgument
        If the measure is another one.
    MissingExtra
        If matplotlib is not installed.

    Notes
    -----
    O(rows). Cells have numbers up to 45 cohorts; beyond that the colours alone remain.
    """
    if retention.metadata.get("measure") != "customers":
        raise InvalidArgument(
            "heatmap: the measure must be customers", value=retention.metadata.get("measure")
        )
    style = extras.require("io", "matplotlib.style")
    # Settings of the user's own would give other bytes for the same table.
    with style.context("default", after_reset=True):
        title = _title(retention, source, is_synthetic, cleaning)
        return _drawn(retention, title) if retention.num_rows else _empty(title)


def write_png(figure: Figure, path: str | PathLike[str]) -> None:
    """Write a figure as PNG: the same bytes for the same figure and version of matplotlib."""
    with extras.require("io", "matplotlib.style").context("default", after_reset=True):
        figure.savefig(path, format="png", dpi=_DPI, metadata={"Software": None})


def _title(
    retention: Table, source: str, is_synthetic: bool, cleaning: str | None
) -> tuple[str, str]:
    period = retention.metadata["period"]
    label = "SYNTHETIC DATA · " if is_synthetic else ""
    rule = f" · cleaning {cleaning}" if cleaning else ""
    as_of = retention.metadata["as_of"].removesuffix(" 00:00:00")
    return (
        f"{label}Customers who came back, by {period} of first order",
        f"{source}{rule} · as of {as_of} · share of the cohort that ordered in the {period}",
    )


def _empty(title: tuple[str, str]) -> Figure:
    figure: Figure = extras.require("io", "matplotlib.figure").Figure(figsize=(8.5, 2.0))
    _write_title(figure, title)
    figure.text(0.2 / 8.5, 0.4, "No customer has an order: there is no cohort.", color=_TEXT)
    return figure


def _write_title(figure: Figure, title: tuple[str, str]) -> None:
    width, height = figure.get_size_inches()
    left = 0.2 / width
    figure.text(left, 1 - 0.38 / height, title[0], fontsize=13, weight="bold", color=_TEXT)
    figure.text(left, 1 - 0.64 / height, title[1], fontsize=9, color=_QUIET)


def _drawn(retention: Table, title: tuple[str, str]) -> Figure:
    figure_module = extras.require("io", "matplotlib.figure")
    colors = extras.require("io", "matplotlib.colors")
    cohorts, rows = np.unique(retention["cohort"], return_inverse=True)
    columns = np.asarray(retention["period"])
    num_rows, num_columns = len(cohorts), max(int(columns.max()), 1)

    shape = (num_rows, num_columns + 1)
    rates = np.ma.MaskedArray(np.zeros(shape), mask=np.ones(shape, dtype=bool))
    rates[rows, columns] = retention["rate"]
    sizes = np.zeros(num_rows, dtype=np.int64)
    sizes[rows] = retention["size"]
    is_partial = np.zeros(shape, dtype=bool)
    is_partial[rows, columns] = np.asarray(retention["partial"], dtype=bool)
    shown = rates[:, 1:]
    running = is_partial[:, 1:] & ~np.ma.getmaskarray(shown)

    width = min(max(num_columns * _CELL_INCHES[0] + 2.6, 8.5), _MAX_INCHES[0])
    height = min(num_rows * _CELL_INCHES[1], _MAX_INCHES[1] - 2.0) + 2.0
    plot_width = min(width - 2.6, num_columns * _MAX_CELL_WIDTH)
    figure: Figure = figure_module.Figure(figsize=(width, height))
    axes = figure.add_axes(
        (1.55 / width, 0.85 / height, plot_width / width, (height - 2.0) / height)
    )

    # Leaves out cohorts of a few customers, one of whom would be more than all of the others.
    large = shown[sizes * _LARGEST_OVER_SMALL >= sizes.max()]
    top = float(large.max()) if large.count() else 0.0
    palette = colors.LinearSegmentedColormap.from_list("retention", ["#f3f7fb", "#0b4f8a"])
    mesh = axes.pcolormesh(
        np.arange(num_columns + 1) + 0.5,
        np.arange(num_rows + 1) - 0.5,
        shown,
        cmap=palette,
        vmin=0.0,
        vmax=top or 1.0,
        edgecolors="white" if max(shown.shape) <= _MAX_NUMBERS else "none",
        linewidth=0.8,
    )
    axes.invert_yaxis()
    _mark_running(axes, running)
    if max(shown.shape) <= _MAX_NUMBERS:
        _write_numbers(axes, shown, top)
    _label(axes, retention, cohorts, sizes, num_columns)

    bar_axes = figure.add_axes(
        ((1.55 + plot_width + 0.23) / width, 0.85 / height, 0.14 / width, (height - 2.0) / height)
    )
    decimals = 0 if top >= 0.05 or not top else 1
    is_cut = bool(shown.count()) and float(shown.max()) > (top or 1.0)
    bar = figure.colorbar(
        mesh,
        cax=bar_axes,
        extend="max" if is_cut else "neither",
        format=lambda share, _: f"{share:.{decimals}%}",
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, colors=_QUIET, length=0)

    _write_title(figure, title)
    notes = ["blank: not seen yet"]
    if running.any():
        notes.append("hatched: the period is still running, its share can grow")
    notes.append("* the first cohort may hold customers who are older than the data")
    figure.text(0.2 / width, 0.16 / height, " · ".join(notes), fontsize=8, color=_QUIET)
    return figure


def _mark_running(axes: Any, running: np.ndarray[Any, Any]) -> None:
    patches = extras.require("io", "matplotlib.patches")
    for row, column in zip(*np.nonzero(running), strict=True):
        corner = (column + 0.5, row - 0.5)
        axes.add_patch(
            patches.Rectangle(
                corner, 1, 1, fill=False, hatch="////", edgecolor="#9aa5b1", linewidth=0
            )
        )


def _write_numbers(axes: Any, shown: np.ma.MaskedArray[Any, Any], top: float) -> None:
    decimals = 1 if top >= 0.05 else 2
    for row, column in zip(*np.nonzero(~np.ma.getmaskarray(shown)), strict=True):
        share = float(shown[row, column])
        axes.text(
            column + 1,
            row,
            f"{100 * share:.{decimals}f}",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if share > 0.55 * top else _TEXT,
        )


def _label(
    axes: Any,
    retention: Table,
    cohorts: np.ndarray[Any, Any],
    sizes: np.ndarray[Any, Any],
    num_columns: int,
) -> None:
    period = retention.metadata["period"]
    first = retention.metadata["left_truncated_cohort"]
    step = -(-len(cohorts) // _MAX_LABELS)
    places = range(0, len(cohorts), step)
    axes.set_yticks(
        list(places),
        [
            f"{_cohort_name(str(cohorts[row]), period)}{'*' if str(cohorts[row]) == first else ''}"
            f"  {sizes[row]:>7,}"
            for row in places
        ],
        fontsize=8,
        family="monospace",
        color=_TEXT,
    )
    axes.set_xticks(range(1, num_columns + 1, -(-num_columns // _MAX_LABELS)))
    axes.tick_params(length=0, labelsize=8, colors=_TEXT)
    axes.set_xlabel(
        f"{period}s after the first order (percent of the cohort)", color=_TEXT, fontsize=9
    )
    axes.text(
        0.0,
        1.012,
        "cohort  customers ",
        transform=axes.transAxes,
        ha="right",
        va="bottom",
        fontsize=8,
        color=_QUIET,
    )
    for spine in axes.spines.values():
        spine.set_visible(False)


def _cohort_name(first_day: str, period: str) -> str:
    """Shorten a cohort's first day to what tells it from the others."""
    return {"month": first_day[:7], "year": first_day[:4]}.get(period, first_day)
