"""What happened, in sentences, and the figures behind each."""

from __future__ import annotations

import streamlit as st

from ecommerce_analytics import report
from ecommerce_analytics.dashboard import components, state, words
from ecommerce_analytics.dashboard.shop import Filters, Shop

__all__ = ["show"]


def show(shop: Shop, filters: Filters) -> None:
    """Show the narrative; each sentence is made of figures that stand below it."""
    sentences = report.narrative_of(shop, filters, state.formats(shop))
    with st.container(key="panel-narrative"):
        for number, sentence in enumerate(sentences, start=1):
            with st.container(key=f"sentence-{number}"):
                st.markdown(f"{number}\\. {words.escaped(sentence.text)}")
        with st.expander("The figures behind these sentences", key="narrative-figures"):
            components.table(
                report.figures_of(sentences),
                key="figures-of-narrative",
                shop=shop,
                rule="As they stand in the sentences of these numbers.",
            )
