"""The risk of churn on a page: made once for a source, beside what it is worth."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import streamlit as st

from ecommerce_analytics import churn
from ecommerce_analytics.dashboard import components, state
from ecommerce_analytics.dashboard.charts import customers as charts
from ecommerce_analytics.dashboard.charts.layout import columns_of
from ecommerce_analytics.dashboard.shop import Shop
from ecommerce_analytics.dashboard.words import escaped

__all__ = ["outcome", "show", "test", "told"]


def outcome(shop: Shop) -> churn.Outcome | None:
    """Return what can be told of churn; None while a thread makes it."""
    if not shop.knows(churn.rank) or not shop.is_made(churn.rank):
        return None
    found: churn.Outcome = shop.of_source(churn.rank)
    return found


def told(shop: Shop) -> churn.Outcome | None:
    """Return what can be told of churn; where nothing can, say why and return None."""
    found = outcome(shop)
    if found is None:
        components.wait(lambda: shop.is_made(churn.rank), "The risk of churn is being computed")
    elif found.evaluation is None:
        components.empty(f"No risk of churn is told: {found.reason}.")
        return None
    return found


def show(shop: Shop) -> None:
    """Show how well the risk told what happened, or why there is none."""
    if not shop.knows(churn.rank):
        return
    st.subheader("What the churn risk is worth")
    found = told(shop)
    if found is not None:
        test(found.evaluation, shop)


def test(evaluation: Any, shop: Shop) -> None:
    """Show the figures of the test, those of the baselines beside them."""
    written = state.formats(shop)
    columns = columns_of(evaluation)
    tested = (
        f"Trained on earlier cutoffs, tested on {written.count(columns['customers'][0])} customers "
        f"at {columns['cutoff'][0]}: {written.share(columns['base_rate'][0])} of them had no order "
        f"in the next {columns['horizon_days'][0]} days. The constant forecast is the baseline."
    )
    st.markdown(escaped(tested))
    if shop.hindsight is not None:
        st.caption(escaped(f"The data know more than one knew then: {shop.hindsight}"))
    components.chart(
        charts.lift(evaluation, theme=state.theme(), formats=written),
        key="churn-evaluation",
        shop=shop,
        data=evaluation,
        rule="Area under the ROC curve with DeLong's interval.",
        alt="Area under the ROC curve of the model and of its baselines",
    )
    components.table(pa.table(evaluation), key="churn-baselines", shop=shop)
