"""A document as one HTML file, which asks for nothing from elsewhere and prints as a report."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import Final

from ecommerce_analytics.report.document import (
    Block,
    Column,
    Document,
    Grid,
    Paragraph,
    Picture,
    Run,
    Section,
    Terms,
)

__all__ = ["html_of"]

# Nothing is fetched, whatever a name of the data looks like.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def html_of(document: Document) -> str:
    """Return the report as HTML; all text of the document is escaped."""
    title = escape(document.title)
    contents = "".join(
        f'<li><a href="#{one.name}">{escape(one.title)}</a></li>' for one in document.sections
    )
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd><bdi>{escape(text)}</bdi></dd></div>"
        for name, text in document.facts
    )
    warnings = "".join(_warning(text) for text in document.warnings)
    sections = "\n".join(map(_section, document.sections))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{_style()}</style>
</head>
<body>
<header>
<h1><bdi>{title}</bdi></h1>
{warnings}<dl class="facts">{facts}</dl>
<nav aria-label="Contents"><ol>{contents}</ol></nav>
</header>
<main>
{sections}
</main>
</body>
</html>
"""


@cache
def _style() -> str:
    folder = files("ecommerce_analytics.report")
    return folder.joinpath("report.css").read_text(encoding="utf-8")


def _section(section: Section) -> str:
    parts = []
    for is_sentence, blocks in groupby(section.blocks, _is_sentence):
        made = "\n".join(map(_block, blocks))
        parts.append(f'<ul class="sentences">\n{made}\n</ul>' if is_sentence else made)
    body = "\n".join(parts)
    heading = f'<h2 id="{section.name}-title">{escape(section.title)}</h2>'
    return (
        f'<section id="{section.name}" aria-labelledby="{section.name}-title">\n'
        f"{heading}\n{body}\n</section>"
    )


def _is_sentence(block: Block) -> bool:
    return isinstance(block, Paragraph) and block.kind == "sentence"


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return _paragraph(block)
    if isinstance(block, Grid):
        return _grid(block)
    if isinstance(block, Picture):
        return _picture(block)
    return _terms(block)


def _paragraph(paragraph: Paragraph) -> str:
    text = "".join(map(_run, paragraph.runs))
    if paragraph.kind == "warning":
        return f'<p class="warning">{text}</p>'
    note = f" <small>{escape(paragraph.note)}</small>" if paragraph.note else ""
    return f"<li>{text}{note}</li>" if paragraph.kind == "sentence" else f"<p>{text}{note}</p>"


def _warning(text: str) -> str:
    return f'<p class="warning" role="note">{escape(text)}</p>\n'


def _run(run: Run) -> str:
    return f"<bdi>{escape(run.text)}</bdi>" if run.is_name else escape(run.text)


def _grid(grid: Grid) -> str:
    head = "".join(
        f'<th scope="col" class="{one.kind}">{escape(one.title)}</th>' for one in grid.columns
    )
    figures = grid.figures or tuple(("",) * len(grid.columns) for _ in grid.rows)
    body = "\n".join(
        "<tr>"
        + "".join(
            _cell(place, *one) for place, one in enumerate(zip(grid.columns, row, ids, strict=True))
        )
        + "</tr>"
        for row, ids in zip(grid.rows, figures, strict=True)
    )
    return (
        '<figure class="grid">\n'
        # A wide table is scrolled in its own frame, also by keyboard.
        f'<div class="frame" tabindex="0" role="region" aria-label="{escape(grid.caption)}">'
        f"<table>\n<caption>{escape(grid.caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>\n"
        f'<p class="rule">{escape(grid.rule)}</p>\n</figure>'
    )


def _cell(place: int, column: Column, text: str, figure: str) -> str:
    written = f"<bdi>{escape(text)}</bdi>" if column.kind == "name" else escape(text)
    told = f' data-figure="{figure}"' if figure else ""
    if place == 0:
        return f'<th scope="row" class="{column.kind}"{told}>{written}</th>'
    return f'<td class="{column.kind}"{told}>{written}</td>'


def _picture(picture: Picture) -> str:
    label = f'<svg aria-label="{escape(picture.alt)}" '
    svg = picture.svg.replace("<svg ", label, 1)
    return (
        f'<figure class="picture {picture.name}">\n{svg}\n'
        f"<figcaption>{escape(picture.caption)}</figcaption>\n</figure>"
    )


def _terms(terms: Terms) -> str:
    pairs = "".join(
        f"<div><dt>{escape(word)}</dt><dd>{escape(meaning)}</dd></div>"
        for word, meaning in terms.pairs
    )
    return f'<dl class="terms">{pairs}</dl>'
