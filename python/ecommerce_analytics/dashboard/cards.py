"""Figures as cards: value, change, sparkline and definition, drawn in the browser from data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import streamlit as st

from ecommerce_analytics.dashboard import state

__all__ = ["Card", "show"]

_HERE: Final = Path(__file__).parent
_DECIMALS: Final = re.compile(r"\D(\d{1,2})\D*$")


@dataclass(frozen=True, kw_only=True)
class Card:
    """A figure to show.

    Attributes
    ----------
    id : str
        The same id is the same figure on every page.
    label, value : str
        As people read them.
    number : float or None
        The value, for counting up; None: it is shown at once.
    change : str
        Against what came before; empty: not told.
    tone : str
        ``good``, ``bad`` or empty.
    note : str
        What the change is against, or whose figure it is.
    spark : sequence of float or None
        Values of past periods.
    definition, formula : str
        From the KPI dictionary.
    """

    id: str
    label: str
    value: str
    number: float | None = None
    change: str = ""
    tone: str = ""
    note: str = ""
    spark: Sequence[float | None] = ()
    definition: str = ""
    formula: str = ""

    def told(self, locale: str) -> dict[str, Any]:
        """Return what the browser draws."""
        decimals = (
            _DECIMALS.search(self.value) if re.search(r"[.,]\d{1,2}\D*$", self.value) else None
        )
        shown = self.number
        if shown is not None and "%" in self.value:
            shown *= 100
        return {
            **vars(self),
            "spark": list(self.spark),
            "locale": locale.replace("_", "-"),
            "decimals": len(decimals[1]) if decimals else 0,
            "shown": shown,
        }


@st.cache_resource
def _component() -> Any:
    return st.components.v2.component(
        "ecommerce_analytics_cards",
        css=(_HERE / "cards.css").read_text(encoding="utf-8"),
        js=(_HERE / "cards.js").read_text(encoding="utf-8"),
    )


def show(cards: Sequence[Card], *, key: str, label: str) -> None:
    """Show cards in a grid; `label` names the group for those who hear the page."""
    theme = state.theme()
    locale = state.formats(None).locale
    _component()(
        key=f"cards-{key}",
        data={
            "label": label,
            "good": theme.good,
            "bad": theme.bad,
            "cards": [card.told(locale) for card in cards],
        },
    )
