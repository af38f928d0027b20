"""Pieces of the page Churn: the test, what a contact would bring, money, who is at risk."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from ecommerce_analytics import churn
from ecommerce_analytics.dashboard import components, customer_link, state
from ecommerce_analytics.dashboard.charts import churn as charts
from ecommerce_analytics.dashboard.charts.layout import columns_of
from ecommerce_analytics.dashboard.churn_page import tables
from ecommerce_analytics.dashboard.customer_list import picked
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.dashboard.words import escaped

__all__ = ["choose", "lists", "money", "profit", "rare", "test"]

_NUM_OFFERED: Final = 200
_OF_TEST: Final = "Of the test, not of today; bars and bands are 95 % intervals."


def rare(outcome: churn.Outcome) -> None:
    """Say so where hardly anybody comes back: then the answer is who orders again."""
    if tables.is_return_rare(outcome) and outcome.evaluation is not None:
        st.warning(
            escaped(outcome.evaluation.metadata["note"])
            + ". What can honestly be told here is the probability of another order, and the list "
            "below is of those who are likeliest to place one.",
            icon=":material/info:",
        )


def test(shop: Shop, outcome: churn.Outcome) -> None:
    """Show calibration, gain and lift of the test, and right and wrong at a threshold."""
    written, theme = state.formats(shop), state.theme()
    calibrated, tenths = tables.calibration(shop, outcome), tables.deciles(shop, outcome)
    left, middle, right = st.columns(3)
    with left:
        components.chart(
            charts.calibration(calibrated, theme=theme, formats=written),
            key="churn-calibration",
            shop=shop,
            data=calibrated,
            rule=f"Ten bins of about as many customers. {_OF_TEST}",
            alt="Risk told against the share that had no order, by bin",
        )
    with middle:
        components.chart(
            charts.gains(tenths, theme=theme, formats=written),
            key="churn-gains",
            shop=shop,
            data=tenths,
            rule=f"Beside chance and a forecast that is always right. {_OF_TEST}",
            alt="Share of those who left among the highest risks",
        )
    with right:
        components.chart(
            charts.lifts(tenths, theme=theme, formats=written),
            key="churn-lifts",
            shop=shop,
            data=tenths,
            rule=f"Churn of a tenth by that of all. {_OF_TEST}",
            alt="Bars of the lift by tenth of the customers",
        )
    threshold = st.slider("Told to leave from a risk of", 0.05, 0.95, 0.5, 0.05, key="churn-cut")
    assert outcome.test is not None
    confusion = churn.confusion(outcome.test, threshold=threshold)
    told = confusion.metadata
    st.markdown(
        f"Told to leave: **{written.count(int(told['true_positives']))}** left, "
        f"**{written.count(int(told['false_positives']))}** ordered. Told to stay: "
        f"**{written.count(int(told['false_negatives']))}** left, "
        f"**{written.count(int(told['true_negatives']))}** ordered."
    )
    shares = {
        name: st.column_config.NumberColumn(name.capitalize(), format="percent")
        for name in ("share", "lower", "upper", "baseline")
    }
    components.table(
        confusion,
        key="churn-confusion",
        shop=shop,
        columns=shares,
        rule="Baseline: everybody is told what is likelier.",
    )


@st.fragment
def profit(shop: Shop, outcome: churn.Outcome) -> None:
    """Ask what a contact costs and keeps, and show what it would have brought."""
    first, second, third = st.columns(3)
    value = first.number_input("Value of a kept customer", 0.01, None, 100.0, key="churn-value")
    cost = second.number_input("Cost of a contact", 0.0, None, 1.0, key="churn-cost")
    kept = third.number_input(
        "Share kept by a contact, in %",
        0.1,
        100.0,
        5.0,
        key="churn-kept",
        help="Of those about to leave. An assumption: only a control group can tell it.",
    )
    assert outcome.test is not None
    table = churn.profit(
        outcome.test, value_kept=value, contact_cost=cost, kept_share=kept / 100, n_resamples=200
    )
    components.chart(
        charts.profit(table, theme=state.theme(), formats=state.formats(shop)),
        key="churn-profit",
        shop=shop,
        data=table,
        rule="Kept customers times their value less all contacts, on the customers of the test. "
        "The three numbers above are assumptions.",
        alt="Expected profit by the share of the customers that is contacted",
    )


def money(shop: Shop, outcome: churn.Outcome) -> None:
    """Show the revenue at risk by band, where it says anything."""
    st.header("Revenue at risk")
    if tables.is_return_rare(outcome):
        components.empty(
            "Hardly anybody orders again here, so nearly all of what everybody might spend would "
            "be at risk: the sum is no figure to act on."
        )
        return
    table, written = tables.revenue(shop, outcome), state.formats(shop)
    columns = {name: column[-1] for name, column in columns_of(table).items()}
    at_risk, lower, upper, spend = (
        escaped(written.money(columns[name]))
        for name in ("revenue_at_risk", "lower", "upper", "expected_spend")
    )
    st.markdown(
        f"**{at_risk}** at risk in the next {table.metadata['horizon_days']} days, between {lower} "
        f"and {upper}, of {spend} if all ordered."
    )
    components.chart(
        charts.money(table, theme=state.theme(), formats=written),
        key="churn-money",
        shop=shop,
        data=table,
        rule="Risk times what those of the same fifth by money spent who did order. All customers "
        "of the last year; no filter. The interval is of the estimate.",
        alt="Bars of the revenue at risk by risk band",
    )


def choose(shop: Shop, filters: Filters, outcome: churn.Outcome) -> dict[str, Any] | None:
    """Let people choose a customer, by a key or from the highest risks, and say why he is there."""
    rows = tables.ranked(shop, filters, outcome, by_return=tables.is_return_rare(outcome))
    if not rows.num_rows:
        components.empty("No customer of this selection ordered in the last year.", "Choose less.")
        return None
    left, right = st.columns(2)
    keys = [str(key) for key in rows.column("customer").slice(0, _NUM_OFFERED).to_pylist()]
    offered = left.selectbox("Customer", keys, key="churn-customer")
    typed = right.text_input("Or any other, by key", key="churn-key", max_chars=200).strip()
    row = tables.row_of(shop, outcome, typed or str(offered))
    if row is None:
        components.empty("No customer with an order in the last year has this key.")
        return None
    reasons = [row[name] for name in ("reason_1", "reason_2", "reason_3") if row[name]]
    written = state.formats(shop)
    st.markdown(
        f"**{written.share(row['churn_risk'])}** risk of no order in the next "
        f"{tables.explained(shop, outcome).metadata['horizon_days']} days, because:\n\n"
        + "\n".join(f"{place}. {escaped(one)}" for place, one in enumerate(reasons, 1))
    )
    verdict = tables.verdict_of(shop, outcome, str(row["customer"]))
    st.markdown(
        f"What would change it: {escaped(verdict)}.",
        help="What the model would say; an order that an offer brings may tell less than one that "
        "comes by itself.",
    )
    return row


def lists(shop: Shop, filters: Filters, outcome: churn.Outcome) -> None:
    """Show who is at risk, or who is likeliest to order again where that is rare."""
    by_return = tables.is_return_rare(outcome)
    st.subheader("Likeliest to order again" if by_return else "Customers at risk")
    rows = tables.ranked(shop, filters, outcome, by_return=by_return)
    if not rows.num_rows:
        components.empty("No customer of this selection ordered in the last year.", "Choose less.")
        return
    if not by_return:
        bands = st.multiselect(
            "Risk bands", ["high", "medium", "low"], key="churn-bands", placeholder="All"
        )
        if bands:
            rows = picked(rows, {"risk_band": bands}, {})
    percent = {
        name: st.column_config.NumberColumn(name.replace("_", " ").capitalize(), format="percent")
        for name in ("churn_risk", "order_probability")
        if name in rows.column_names
    }
    clicked = components.table(
        rows,
        key="churn-customers",
        shop=shop,
        columns=percent,
        select=True,
        rule="Bands: high from 70 %, medium from 40 %. Follows the population.",
    )
    key = rows.column("customer")[clicked[0]].as_py() if clicked else None
    customer_link.show(key, where="list")
