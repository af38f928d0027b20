"""Write docs/kpi_dictionary.md from the KPI dictionary: `make docs`."""

import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
DICTIONARY = CHECKOUT / "python" / "ecommerce_analytics" / "kpi_dictionary.toml"
PAGE = CHECKOUT / "docs" / "kpi_dictionary.md"

_HEAD = """\
# KPI dictionary

What each figure of `kpi.summary` is. This page is written by `make docs` from the file that the
library is built from, `python/ecommerce_analytics/kpi_dictionary.toml`: a formula here is the one
that is computed. From Python it is `kpi.dictionary()`, from C++ `kpi::dictionary()`.

`sum`, `guest_sum` and `lines` add up the money, the money of guests and the number of the lines of
the kinds named; `measure` adds up a measure; `count` is counted by the library as its words say. A
quotient is correctly rounded, and null unless its denominator is positive. How periods, guests and
refunds are treated stands in [key figures](methods/kpi.md).

| name | title | formula | unit |
|---|---|---|---|
"""
_FIELDS = {
    "formula": "Formula",
    "unit": "Unit",
    "grain": "Grain",
    "filters": "Filters",
    "null_rule": "Null",
    "source": "Source",
}


def page(dictionary: Path) -> str:
    """Return the page as Markdown."""
    entries = tomllib.loads(dictionary.read_text(encoding="utf-8"))["kpi"]
    rows = [
        f"| `{kpi['name']}` | {kpi['title']} | `{kpi['formula']}` | {kpi['unit']} |\n"
        for kpi in entries
    ]
    return _HEAD + "".join(rows) + "".join(_section(kpi) for kpi in entries)


def _section(kpi: dict[str, str]) -> str:
    """Return what is told of one figure."""
    fields = [
        f"- {title}: `{kpi[key]}`\n" if key == "formula" else f"- {title}: {kpi[key]}\n"
        for key, title in _FIELDS.items()
    ]
    return f"\n## `{kpi['name']}`: {kpi['title']}\n\n{kpi['definition']}.\n\n" + "".join(fields)


if __name__ == "__main__":
    PAGE.write_text(page(DICTIONARY), encoding="utf-8", newline="\n")
