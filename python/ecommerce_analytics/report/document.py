"""What a report is made of, before it takes a form: no markup, and no number that is not text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "Block",
    "Column",
    "Document",
    "Grid",
    "Paragraph",
    "Picture",
    "Run",
    "Section",
    "Terms",
]


@dataclass(frozen=True)
class Run:
    """A piece of text.

    Attributes
    ----------
    text : str
        As it is: each form escapes it.
    is_name : bool
        A name of the data, which may be of another direction of writing than what is around it.
    """

    text: str
    is_name: bool = False


@dataclass(frozen=True)
class Paragraph:
    """Some text.

    Attributes
    ----------
    runs : tuple of Run
        The text.
    kind : {"text", "warning", "sentence"}
        ``sentence`` is one of the narrative: those that follow each other are a list.
    note : str
        Small print behind it: where its figures are from.
    """

    runs: tuple[Run, ...]
    kind: Literal["text", "warning", "sentence"] = "text"
    note: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    title : str
        Its head.
    kind : {"text", "name", "number"}
        Names are those of the data; numbers stand to the right.
    """

    title: str
    kind: Literal["text", "name", "number"] = "number"


@dataclass(frozen=True)
class Grid:
    """A table; the first column names the row.

    Attributes
    ----------
    caption : str
        What it shows.
    columns : tuple of Column
        Its head.
    rows : tuple of tuple of str
        Its cells.
    rule : str
        How its figures are counted.
    figures : tuple of tuple of str
        Ids of the figures in the cells, empty where there is none; no rows at all: none has one.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    rule: str
    figures: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Picture:
    """A chart.

    Attributes
    ----------
    name : str
        Of small letters and ``-``; unique in a report.
    caption, alt : str
        What it shows, in short, and for those who do not see it.
    svg : str
        The chart itself, as an ``<svg>`` element.
    """

    name: str
    caption: str
    alt: str
    svg: str


@dataclass(frozen=True)
class Terms:
    """Words and what they mean."""

    pairs: tuple[tuple[str, str], ...]


Block: TypeAlias = Paragraph | Grid | Picture | Terms


@dataclass(frozen=True)
class Section:
    """A part of a report under a heading of its own."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A report.

    Attributes
    ----------
    title : str
        Its heading.
    as_of : str
        Moment, exclusive, from which it looks back.
    warnings : tuple of str
        What must be known before all else, such as that the data are synthetic.
    facts : tuple of (str, str)
        Source, moment, rule and the like.
    sections : tuple of Section
        Its parts.
    """

    title: str
    as_of: str
    warnings: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
