"""Texts of the data where Streamlit reads Markdown: they stay what they are."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["escaped"]

_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")


def escaped(value: object) -> str:
    r"""Return a text that Markdown shows as it is, on one line.

    Each mark of ASCII gets a backslash, as CommonMark allows for all of them: no link, picture,
    colour, formula or icon is left.

    Examples
    --------
    >>> escaped("![x](http://a) :red[b]")
    '\\!\\[x\\]\\(http\\:\\/\\/a\\) \\:red\\[b\\]'
    """
    return _PUNCTUATION.sub(r"\\\1", " ".join(str(value).split()))
