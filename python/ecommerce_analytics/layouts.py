"""File names that other projects and reports expect, for tables that a run writes anyway.

A file of a layout is a copy of one of ours: the same columns, the same bytes. So the cohorts are a
long table, a row per measure, cohort and period, also where others write a wide matrix: the
columns of a matrix change with every month, which breaks a report that names them, and it has no
place for intervals and for periods that have not ended. A report turns the long table round.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from ecommerce_analytics.errors import InvalidArgument

__all__ = ["FILES", "LAYOUTS", "require", "write"]

# Of each layout the names of its files, and which of ours they hold.
LAYOUTS: Final = {
    "analysis": {
        "rfm_analysis.csv": "customer_rfm_segments.csv",
        "cohort_retention.csv": "customer_cohort_retention.csv",
    },
    "segments": {
        "rfm_customer_segments.csv": "customer_rfm_segments.csv",
    },
    # Names that every run writes: who asks for them gets no file more.
    "executive": {
        name: name
        for name in (
            "customer_rfm_segments.csv",
            "customer_cohort_retention.csv",
            "customer_value_tiers.csv",
            "executive_metrics_summary.csv",
        )
    },
}
# Files that are there with a layout only.
FILES: Final = tuple(
    name for layout in LAYOUTS.values() for name, ours in layout.items() if name != ours
)


def require(layout: str | None) -> None:
    """Refuse a name that is none of `LAYOUTS`; none at all is fine."""
    if layout is not None and layout not in LAYOUTS:
        known = ", ".join(LAYOUTS)
        raise InvalidArgument(f"run: layout must be one of {known}", value=layout)


def write(layout: str, folder: Path) -> list[str]:
    """Copy the files of a layout beside ours; return the names of those that are new."""
    names = [name for name, ours in LAYOUTS[layout].items() if name != ours]
    for name in names:
        shutil.copyfile(folder / LAYOUTS[layout][name], folder / name)
    return names
