"""A document as Markdown: tables of GitHub's kind, no pictures, no markup of the data."""

from __future__ import annotations

import re
import unicodedata

from ecommerce_analytics.report.document import Document, Grid, Paragraph, Run, Terms

__all__ = ["markdown_of"]

# Characters that begin a heading, list or quote, or are markup anywhere; others stay readable.
_MARKUP = re.compile(r"([\\`*_\[\]<>|~&$#])")
_BEGINNING = re.compile(r"^(\s*)([-+=:]|\d+[.)])")


def markdown_of(document: Document) -> str:
    """Return the report as Markdown; pictures are left out, their tables have the figures."""
    lines = [f"# {_escaped(document.title)}", ""]
    lines += [line for text in document.warnings for line in (f"> **{_escaped(text)}**", "")]
    lines += [f"- **{_escaped(name)}**: {_named(text)}" for name, text in document.facts]
    lines.append("")
    for section in document.sections:
        lines += [f"## {_escaped(section.title)}", ""]
        for block in section.blocks:
            if isinstance(block, Paragraph):
                lines += _paragraph(block)
            elif isinstance(block, Grid):
                lines += _grid(block)
            elif isinstance(block, Terms):
                lines += [f"- **{_escaped(word)}**: {_escaped(text)}" for word, text in block.pairs]
                lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _paragraph(paragraph: Paragraph) -> list[str]:
    text = "".join(map(_run, paragraph.runs))
    if paragraph.kind == "warning":
        return [f"> **{text}**", ""]
    if paragraph.kind == "sentence":
        return [f"- {_begun(text)}", f"  *{_escaped(paragraph.note)}*", ""]
    return [_begun(text), ""]


def _grid(grid: Grid) -> list[str]:
    marks = {"number": "---:", "name": ":---", "text": ":---"}
    lines = [f"**{_escaped(grid.caption)}**", ""]
    lines.append("| " + " | ".join(_escaped(one.title) for one in grid.columns) + " |")
    lines.append("| " + " | ".join(marks[one.kind] for one in grid.columns) + " |")
    for row in grid.rows:
        cells = (
            _named(text) if column.kind == "name" else _escaped(text)
            for column, text in zip(grid.columns, row, strict=True)
        )
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, "", f"*{_escaped(grid.rule)}*", ""]


def _run(run: Run) -> str:
    return _named(run.text) if run.is_name else _escaped(run.text)


def _named(text: str) -> str:
    """Escape a name; one with letters from right to left keeps its direction to itself."""
    is_turned = any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)
    return f"\u2068{_escaped(text)}\u2069" if is_turned else _escaped(text)


def _escaped(text: str) -> str:
    """Make text of a single line mean itself: no markup, no link, no formula."""
    plain = _MARKUP.sub(r"\\\1", re.sub(r"\s", " ", text))
    # Addresses become links by themselves, unless something stands in them.
    return re.sub(r"(?i)(https?|ftp|www|mailto)(:|\.)", r"\1\\\2", plain).replace("@", "\\@")


def _begun(text: str) -> str:
    """Keep the beginning of a paragraph from being a list or a heading."""
    return _BEGINNING.sub(lambda found: f"{found[1]}\\{found[2]}", text)
