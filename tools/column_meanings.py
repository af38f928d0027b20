"""Write python/ecommerce_analytics/column_meanings.toml from docs/glossary.md: `make docs`."""

import json
import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
GLOSSARY = CHECKOUT / "docs" / "glossary.md"
FILE = CHECKOUT / "python" / "ecommerce_analytics" / "column_meanings.toml"

# Of a column that several have, the meaning of the last one holds.
_CHURN = ("churn.rank", "customer_lists.make")
_ALL = (
    *("clv.predict", "cutoff.features", "customer_clusters.fit", "rfm.tiers", "rfm.segment"),
    *_CHURN,
)
# Each table of a run, and the summary that models of value learn from; and the calls whose
# sections of the glossary hold its columns.
CALLS = {
    "executive_metrics_summary": ("kpi.summary",),
    "key_figure_changes": ("kpi.changes",),
    "customer_rfm_segments": ("rfm.segment",),
    "rfm_segment_summary": ("rfm.summarize",),
    "customer_value_tiers": ("rfm.tiers",),
    "lorenz_curve": ("rfm.lorenz",),
    "customer_cohort_retention": ("cohort.retention",),
    "customer_clusters": ("customer_clusters.fit",),
    "churn_risk": ("cutoff.features", "churn.rank"),
    "churn_evaluation": ("churn.evaluate",),
    "churn_predictions": _CHURN,
    "high_risk_customers": _ALL,
    "high_value_customers": _ALL,
    "high_value_at_risk": _ALL,
    "enhanced_customer_data": _ALL,
    "purchase_summary": ("purchase_history.summary",),
    "geo_revenue": ("geo_aggregate.by_region",),
    "category_revenue": ("aggregate.group_by",),
    "payment_types": ("payments.by_type",),
}
_EXPORTS = "Exports"  # Columns that files have before those of their tables.

_HEAD = """\
# What each column of a run's tables means: of the workbook's first sheet, and of the comments in a
# database. Written by `make docs` from docs/glossary.md.
"""


def rows_of(section: str) -> list[list[str]]:
    """Return the cells of the tables of a section, without their headers."""
    lines = [line.strip("| ") for line in section.splitlines() if line.startswith("| ")]
    return [re.split(r"\s\|\s", line) for line in lines]


def meanings(glossary: str) -> dict[str, dict[str, str]]:
    """Return the meaning of each column of each table."""
    sections = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", glossary, re.M | re.S))
    found: dict[str, dict[str, str]] = {}
    for table, calls in CALLS.items():
        columns = found.setdefault(table, {})
        for name, where, *text in rows_of(sections[_EXPORTS]):
            if text and (f"`{table}.csv`" in where or where.startswith("all,")):
                columns[name.strip("`")] = plain(text[0])
        for section in (
            section for call in calls for title, section in sections.items() if f"`{call}`" in title
        ):
            meaning = ""
            for names, *text in rows_of(section):
                told = plain(" | ".join(text))
                meaning = meaning if told == "likewise" else told
                for name in re.findall(r"`(\w+)`", names):
                    columns[name] = meaning
    return found


def plain(text: str) -> str:
    """Take the marks of code and emphasis off."""
    return re.sub(r"[`*]", "", text)


def file_text(glossary: Path) -> str:
    """Return the content of the file."""
    parts = [_HEAD]
    for table, columns in meanings(glossary.read_text(encoding="utf-8")).items():
        parts.append(f"\n[{table}]\n")
        parts += [
            f"{name} = {json.dumps(text, ensure_ascii=False)}\n" for name, text in columns.items()
        ]
    return "".join(parts)


if __name__ == "__main__":
    FILE.write_text(file_text(GLOSSARY), encoding="utf-8", newline="\n")
