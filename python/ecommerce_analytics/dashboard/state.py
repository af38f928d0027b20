"""What belongs to one visitor: his shop, his filters and their way into the URL, his theme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

import streamlit as st

from ecommerce_analytics.dashboard import launch
from ecommerce_analytics.dashboard import theme as themes
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.formats import Formats
from ecommerce_analytics.selection import Key

__all__ = ["filters_of_query", "formats", "is_own", "own", "query_of", "shop", "theme"]

_OWN: Final = "own-shop"
# Names in the URL of what is chosen from a list.
_LISTS: Final = {
    "category": "category",
    "segment": "segment",
    "region": "region",
    "payment": "payment_type",
}


def shop() -> Shop:
    """Return the visitor's own shop, if he uploaded one, or the one that is served."""
    own_shop: Shop | None = st.session_state.get(_OWN)
    return launch.served().shop() if own_shop is None else own_shop


def is_own() -> bool:
    """Tell whether the visitor sees a shop of his own."""
    return _OWN in st.session_state


def own(shop: Shop | None) -> None:
    """Give this visitor, and nobody else, another shop; None: the one that is served."""
    if shop is None:
        st.session_state.pop(_OWN, None)
    else:
        st.session_state[_OWN] = shop


def theme() -> themes.Theme:
    """Return the colours that the visitor sees."""
    return themes.DARK if st.context.theme.type == "dark" else themes.LIGHT


def formats(shop: Shop | None) -> Formats:
    """Return how figures are written, by the visitor's locale and the shop's currency."""
    return Formats(st.context.locale or "en_US", None if shop is None else shop.currency)


def query_of(filters: Filters) -> dict[str, str | list[str]]:
    """Return what stands in the URL; the last day of the window is told, not the day after it."""
    query: dict[str, str | list[str]] = {}
    if filters.start is not None:
        query["from"] = filters.start.isoformat()
    if filters.end is not None:
        query["to"] = (filters.end - timedelta(days=1)).isoformat()
    for name, field in _LISTS.items():
        if keys := getattr(filters, field):
            query[name] = [_text(key) for key in keys]
    return query


def filters_of_query(query: Mapping[str, list[str]], shop: Shop) -> tuple[Filters, list[str]]:
    """Return the filters of a URL, and what of it this shop does not have."""
    refused: list[str] = []
    known = {
        "category": shop.categories,
        "segment": shop.segment_names,
        "region": shop.regions,
        "payment": shop.payment_types,
    }
    chosen: dict[str, Any] = {}
    for name, field in _LISTS.items():
        by_text = {_text(key): key for key in known[name]}
        asked = query.get(name, [])
        refused += [f"{name}: {text}" for text in asked if text not in by_text]
        chosen[field] = _in_order((by_text[text] for text in asked if text in by_text), known[name])
    start = _day(query, "from", refused)
    last = _day(query, "to", refused)
    first_day, end_day = shop.days
    if start is not None and last is not None and start > last:
        refused.append(f"from {start} to {last}")
        start = last = None
    if start is not None and not first_day <= start < end_day:
        refused.append(f"from: {start}")
        start = None
    if last is not None and not first_day <= last < end_day:
        refused.append(f"to: {last}")
        last = None
    end = None if last is None else last + timedelta(days=1)
    return Filters(start=start, end=end, **chosen), refused


def query_names() -> tuple[str, ...]:
    """Return the names in the URL that are of filters."""
    return ("from", "to", *_LISTS)


def _in_order(chosen: Iterable[Key], known: tuple[Key, ...]) -> tuple[Key, ...]:
    """Bring keys into the order of their list, so that one choice has one URL and one answer."""
    those = set(chosen)
    return tuple(key for key in known if key in those)


def _text(key: Key) -> str:
    return "unknown" if key is None else str(key)


def _day(query: Mapping[str, list[str]], name: str, refused: list[str]) -> date | None:
    told = query.get(name, [])
    if not told:
        return None
    try:
        return date.fromisoformat(told[-1])
    except ValueError:
        refused.append(f"{name}: {told[-1]}")
        return None
