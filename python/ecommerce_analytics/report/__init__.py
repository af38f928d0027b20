"""The executive report: what a shop answers, as HTML, PDF and Markdown.

`gather` asks, `compose` puts the answers into words, tables and pictures, once for all forms;
`render` makes the bytes of a form, and `write` its files. Needs the extra `[report]`.
"""

from ecommerce_analytics.report.composition import compose
from ecommerce_analytics.report.document import Document
from ecommerce_analytics.report.findings import NUM_STAGES, Findings, gather
from ecommerce_analytics.report.telling import figures_of, narrative_of, writer_of
from ecommerce_analytics.report.writing import FORMS, file_name, installed, render, require, write

__all__ = [
    "FORMS",
    "NUM_STAGES",
    "Document",
    "Findings",
    "compose",
    "figures_of",
    "file_name",
    "gather",
    "installed",
    "narrative_of",
    "render",
    "require",
    "write",
    "writer_of",
]
