"""Texts of the data where Streamlit reads Markdown: they stay what they are."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["escaped"]

# What Streamlit makes a link of although it is escaped: addresses of the web and of people.
_LINK: Final = re.compile(r"(https?:|www)(?=[/.])|(?=@)", re.IGNORECASE)
_JOINER: Final = "\u2060"  # Takes no room and breaks no line.
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")


def escaped(value: object) -> str:
    r"""Return a text that Markdown shows as it is, on one line.

    Each mark of ASCII gets a backslash, as CommonMark allows for all of them: no link, picture,
    colour, formula or icon is left. An address gets a word joiner, which nobody sees, or Markdown
    of GitHub's kind would make a link of it all the same.

    Examples
    --------
    >>> escaped("![x](http://a) :red[b]")
    '\\!\\[x\\]\\(http\\:\u2060\\/\\/a\\) \\:red\\[b\\]'
    """
    text = _LINK.sub(rf"\g<0>{_JOINER}", " ".join(str(value).split()))
    return _PUNCTUATION.sub(r"\\\1", text)
