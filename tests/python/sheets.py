"""Workbooks as another library reads them."""

from pathlib import Path
from typing import Any

import openpyxl


def sheets_of(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of each sheet, the header first."""
    book = openpyxl.load_workbook(path, read_only=True)
    return {sheet.title: list(sheet.values) for sheet in book.worksheets}


def column_of(rows: list[tuple[Any, ...]], name: str) -> list[Any]:
    """Return the cells below a header."""
    position = rows[0].index(name)
    return [row[position] for row in rows[1:]]
