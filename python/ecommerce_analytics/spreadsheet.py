r"""Cells of text that a spreadsheet must not run as formulas: one rule, there and back.

**Escaping.** A text that begins with ``=``, ``+``, ``-``, ``@``, ``'``, a tab or a carriage return
gets a ``'`` in front; any other stays. **Unescaping.** A text that begins with ``'`` and one of
these takes its first ``'`` off; any other stays. As ``'`` is one of them, unescaping gives back
every text that was escaped, and nothing that was not escaped by the rule can look as if it was.
Only columns of text are escaped: in a column of numbers ``-5`` is a number and stays one.

Sources: OWASP, *CSV injection*, for the list of characters.
"""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from ecommerce_analytics import extras

if TYPE_CHECKING:
    import pyarrow

__all__ = [
    "escape_sql",
    "escape_text",
    "is_escaped",
    "quote_sql",
    "unescape",
    "unescape_text",
]

_DANGEROUS = "=+-@'\t\r"
_ESCAPED = r"\A'([=+\-@'\t\r])"
_MANIFEST = "run.json"


def quote_sql(name: str) -> str:
    """Return a name as an identifier of SQL, whatever stands in it.

    Examples
    --------
    >>> from ecommerce_analytics import spreadsheet
    >>> print(spreadsheet.quote_sql('a", 1 AS "b'))
    "a"", 1 AS ""b"
    """
    return '"' + name.replace('"', '""') + '"'


def escape_sql(column_name: str) -> str:
    """Return an expression of DuckDB's SQL that escapes a text column.

    Parameters
    ----------
    column_name : str
        Name of the column, as it is: it is quoted here.

    Returns
    -------
    str
        Expression of type VARCHAR, without an alias; null stays null.

    Examples
    --------
    >>> import duckdb
    >>> from ecommerce_analytics import spreadsheet
    >>> names = duckdb.sql("SELECT unnest(['=1+1', 'ann', '''']) AS name")
    >>> names.select(spreadsheet.escape_sql("name")).fetchall()
    [("'=1+1",), ('ann',), ("''",)]
    """
    name = quote_sql(column_name)
    first = ", ".join(f"chr({ord(character)})" for character in _DANGEROUS)
    return f"CASE WHEN left({name}, 1) IN ({first}) THEN chr(39) || {name} ELSE {name} END"


def unescape(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Take the mark of escaping off a text column; null stays null.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from ecommerce_analytics import spreadsheet
    >>> spreadsheet.unescape(pa.chunked_array([["'=1+1", "'ann", "''"]])).to_pylist()
    ['=1+1', "'ann", "'"]
    """
    pc = extras.require("io", "pyarrow.compute")
    return pc.replace_substring_regex(column, pattern=_ESCAPED, replacement=r"\1")


def escape_text(text: str) -> str:
    """Put the mark of escaping before one text, such as a header, that needs it.

    Examples
    --------
    >>> from ecommerce_analytics import spreadsheet
    >>> [spreadsheet.escape_text(text) for text in ("=1+1", "ann", "'")]
    ["'=1+1", 'ann', "''"]
    """
    return f"'{text}" if text[:1] in tuple(_DANGEROUS) else text


def unescape_text(text: str) -> str:
    """Take the mark of escaping off one text.

    Examples
    --------
    >>> from ecommerce_analytics import spreadsheet
    >>> [spreadsheet.unescape_text(text) for text in ("'=1+1", "'ann", "''", "'")]
    ['=1+1', "'ann", "'", "'"]
    """
    return text[1:] if text[:1] == "'" and text[1:2] in tuple(_DANGEROUS) else text


def is_escaped(path: str | PathLike[str]) -> bool:
    """Tell whether a CSV file is one that the main job wrote with escaped text.

    It is if a ``run.json`` lies beside it that lists it among its ``outputs`` and says
    ``"spreadsheet_safe": true``. Never raises: a file that cannot be read that way is not ours.
    """
    file = Path(path)
    try:
        manifest = json.loads((file.parent / _MANIFEST).read_text(encoding="utf-8"))
        return manifest["spreadsheet_safe"] is True and file.name in manifest["outputs"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
