"""The forms of a report: their bytes, and their files, which take their places all at once."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final, NoReturn

from ecommerce_analytics import extras, output_folder
from ecommerce_analytics.errors import InvalidArgument, MissingExtra
from ecommerce_analytics.report.document import Document
from ecommerce_analytics.report.html import html_of
from ecommerce_analytics.report.markdown import markdown_of

__all__ = ["FORMS", "file_name", "installed", "render", "require", "write"]

#: Forms of a report, and how the name of a file of each ends.
FORMS: Final = {"html": "html", "pdf": "pdf", "markdown": "md"}

_LIBRARIES: Final = ("babel", "matplotlib")


def require(forms: Collection[str]) -> None:
    """Make sure that reports of these forms can be made, before there is one.

    Raises
    ------
    InvalidArgument
        If there is no form, or no such one.
    MissingExtra
        If a library of the extra `report` is not installed.
    """
    if not forms:
        raise InvalidArgument("report: there must be a form at least")
    for form in forms:
        if form not in FORMS:
            known = ", ".join(FORMS)
            raise InvalidArgument(f"report: a form must be one of {known}", value=form)
    for name in (*_LIBRARIES, *(("weasyprint",) if "pdf" in forms else ())):
        extras.require("report", name)


def installed() -> tuple[str, ...]:
    """Return the forms whose libraries are installed."""

    def is_there(form: str) -> bool:
        try:
            require((form,))
        except MissingExtra:
            return False
        return True

    return tuple(filter(is_there, FORMS))


def file_name(document: Document, form: str) -> str:
    """Return the name of the file: ``executive_summary_YYYYMMDD`` with the day of `as_of`."""
    return f"executive_summary_{document.as_of[:10].replace('-', '')}.{FORMS[form]}"


def render(document: Document, form: str) -> bytes:
    """Return a report as the bytes of a file.

    The same document gives the same bytes; of a PDF file for one version of WeasyPrint and one
    set of fonts.

    Parameters
    ----------
    document : Document
        What `compose` returned.
    form : {"html", "pdf", "markdown"}
        UTF-8 with LF, or PDF with tags for readers of screens.

    Raises
    ------
    InvalidArgument
        If there is no such form.
    MissingExtra
        If a library of the extra `report` is not installed.
    """
    require((form,))
    if form == "markdown":
        return markdown_of(document).encode()
    if form == "html":
        return html_of(document).encode()
    weasyprint = extras.require("report", "weasyprint")
    page = weasyprint.HTML(string=html_of(document), url_fetcher=_refuse)
    made: bytes = page.write_pdf(pdf_tags=True, pdf_identifier=b"ecommerce-analytics")
    return made


def write(
    document: Document, output: str | os.PathLike[str], forms: Collection[str] = tuple(FORMS)
) -> tuple[Path, ...]:
    """Write a report; its files take their places all at once, as those of a run.

    Parameters
    ----------
    document : Document
        What `compose` returned.
    output : str or path-like
        Folder of the files; made if it is absent. What else is in it stays.
    forms : collection of str
        Of `FORMS`; a file of one of them is replaced.

    Returns
    -------
    tuple of pathlib.Path
        The files, in the order of `FORMS`.

    Raises
    ------
    InvalidArgument
        If there is no form, or no such one.
    IOFailure
        If the folder cannot be made or written. Then it is as it was.
    MissingExtra
        If a library of the extra `report` is not installed.
    """
    require(forms)
    names = {file_name(document, form): form for form in FORMS if form in forms}
    with output_folder.replaced(output, tuple(names)) as building:
        for name, form in names.items():
            (building / name).write_bytes(render(document, form))
    return tuple(Path(output) / name for name in names)


def _refuse(url: str, *_: Any, **__: Any) -> NoReturn:
    """Fetch nothing: a report has all that it shows."""
    raise ValueError(f"a report fetches nothing: {url}")
