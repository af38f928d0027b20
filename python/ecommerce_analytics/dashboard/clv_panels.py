"""Pieces of the page Customer lifetime value: cards, the back-test, customers, parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pyarrow as pa
import streamlit as st

from ecommerce_analytics import clv
from ecommerce_analytics.dashboard import cards, components, customer_link, state
from ecommerce_analytics.dashboard.charts import clv as charts
from ecommerce_analytics.dashboard.charts.layout import columns_of
from ecommerce_analytics.dashboard.shop import Shop
from ecommerce_analytics.dashboard.words import escaped
from ecommerce_analytics.table import Table

__all__ = ["best_customers", "cards_of", "evaluation", "limits", "parameters", "rivals", "test"]

_TITLES: Final = {"purchases": "Purchases", "money": "Money"}
# Columns of customers in the order in which they are looked at.
_FIRST: Final = ("customer", "clv", "expected_purchases", "purchases_lower", "purchases_upper")


def evaluation(shop: Shop) -> clv.Evaluation | None:
    """Return the prediction and its test; None while a thread makes them, which is said."""
    if not shop.is_made(clv.evaluate):
        components.wait(lambda: shop.is_made(clv.evaluate), "The models are being fitted")
        return None
    found: clv.Evaluation = shop.of_source(clv.evaluate)
    return found


def limits(prediction: clv.Prediction) -> None:
    """Say in words where a model has no best fit, or its sum cannot be."""
    if prediction.models is not None and prediction.models.purchases.status == "boundary":
        st.info(
            escaped(
                "The data do not show that customers leave for good (boundary "
                f"{prediction.models.purchases.boundary}): everybody is taken to go on buying at a "
                "rate of his own, and the probability of being alive is 1 for all."
            ),
            icon=":material/info:",
        )
    if prediction.warning is not None:
        st.warning(escaped(prediction.warning), icon=":material/warning:")


def cards_of(customers: Table, backtest: clv.Backtest, shop: Shop) -> None:
    """Show the sum of the values beside the past, and how the test went."""
    written, told = state.formats(shop), customers.metadata
    days = f"{float(told['clv_horizon_days']):.0f} days"
    revenue, past = float(told["expected_revenue"]), float(told["past_revenue"])
    made = [
        cards.Card(
            id="clv_total",
            label=f"Value of known customers, {days}",
            value=written.short_money(float(told["clv_total"])),
            number=None,
            note=f"discounted at {written.share(float(told['discount_rate']))} a year",
            definition="Sum over customers of expected purchases times expected value, each counted"
            " less the later it comes.",
            formula="sum of expected purchases * expected value * discount",
        ),
        cards.Card(
            id="clv_expected_revenue",
            label=f"Expected revenue, {days}",
            value=written.short_money(revenue),
            number=None,
            note=f"as many days before, or in proportion: {written.short_money(past)}, of all"
            " customers",
            definition="The same without discount. Plausible is 0.1 to 1.5 times the net revenue"
            " of as many days before, which newcomers had a part in.",
            formula="sum of expected purchases * expected value",
        ),
    ]
    if backtest.totals is not None:
        columns = columns_of(backtest.totals)
        for row, figure in enumerate(columns["figure"]):
            errors = columns["model_error"][row], columns["naive_error"][row]
            model, lower, upper = (columns[name][row] for name in ("model", "lower", "upper"))
            write = written.short_money if figure == "money" else written.count
            made.append(
                cards.Card(
                    id=f"clv_error_{figure}",
                    label=f"{_TITLES[figure]} of the test, error of the model",
                    value=written.change(errors[0]),
                    number=None,
                    note=f"{write(round(model))} [{write(round(lower))} to {write(round(upper))}]"
                    f" expected, {write(round(columns['actual'][row]))} happened;"
                    f" own past rate: {written.change(errors[1])}",
                    definition="What the model expected of the holdout / what happened, less 1."
                    " The baseline goes on with each customer's own past rate.",
                    formula="expected / actual - 1",
                )
            )
    cards.show(made, key="clv", label="Customer lifetime value")


def test(backtest: clv.Backtest, shop: Shop) -> None:
    """Show what was expected of a holdout and what happened, or why there is no test."""
    st.header("What the models are worth")
    if backtest.totals is None or backtest.by_frequency is None:
        components.empty(f"There is no test of the models: {backtest.reason}.")
        return
    told = backtest.totals.metadata
    st.markdown(
        escaped(
            f"Fitted to the days before {told['calibration_end'][:10]}, compared with the "
            f"{told['holdout_days']} days after it, by {told['purchase_model']}. Root mean square "
            f"error per customer: {float(told['model_rmse']):.3f} purchases; of the own past rate: "
            f"{float(told['naive_rmse']):.3f}."
        )
    )
    if shop.hindsight is not None:
        st.caption(escaped(f"The data know more than one knew then: {shop.hindsight}"))
    components.chart(
        charts.by_frequency(
            backtest.by_frequency, theme=state.theme(), formats=state.formats(shop)
        ),
        key="clv-by-frequency",
        shop=shop,
        data=backtest.by_frequency,
        rule="A purchase is a day with an order. Interval: 95 % of draws from the model.",
        alt="Purchases per customer in the holdout, by repeat purchases before it",
    )
    components.table(
        backtest.totals,
        key="clv-totals",
        shop=shop,
        rule="Interval: 95 % of draws from the model, spend per purchase held at its mean. Naive: "
        "each customer's own past rate and mean value.",
        columns={
            **_numbers(("actual", "model", "lower", "upper", "naive"), "accounting"),
            **_numbers(("model_error", "naive_error"), "percent"),
        },
    )


def rivals(backtest: clv.Backtest, shop: Shop) -> None:
    """Show what else expected the same purchases, week by week too, and why the model was taken."""
    if backtest.rivals is None or backtest.tracking is None or backtest.totals is None:
        return
    st.header("Which model, and why")
    told = backtest.totals.metadata
    words = f"{told['purchase_model']}: {told['why']}."
    if told["winner"] != backtest.rivals.metadata["chosen"]:
        words += (
            f" Of all rivals the rule prefers {told['winner']}, which cannot tell when and what is "
            "bought."
        )
    st.markdown(escaped(words))
    components.table(
        backtest.rivals,
        key="clv-rivals",
        shop=shop,
        rule="The least root mean square error wins, unless a simpler rival, further up, is not "
        "worse by more than the interval of the difference. Interval of the gain on the own past "
        "rate: 95 %, paired by customer.",
        columns={
            **_numbers(("actual", "expected"), "accounting"),
            **_numbers(("error",), "percent"),
            **_numbers(("rmse", "baseline", "rmse_gain", "lower", "upper"), "%.3f"),
            **_numbers(("mae", "mae_gain", "mae_lower", "mae_upper"), "%.3f"),
        },
    )
    for column, added_up in zip(st.columns(2), (False, True), strict=True):
        with column:
            components.chart(
                charts.tracking(
                    backtest.tracking,
                    added_up=added_up,
                    theme=state.theme(),
                    formats=state.formats(shop),
                ),
                key=f"clv-tracking-{'total' if added_up else 'week'}",
                shop=shop,
                data=backtest.tracking,
                rule="Of the customers known at the dotted line, where the holdout begins. A model "
                "expects what so many newcomers of those days do; interval: 95 % of draws. "
                "Baseline: one constant rate for all.",
                alt="Repeat purchases by week that happened, and those expected",
            )


def best_customers(customers: Table, shop: Shop) -> None:
    """Show the customers of most value, with all of them in the exports."""
    st.header("Customers by value")
    rows = pa.table(customers).sort_by([("clv", "descending")])
    rows = rows.select([*_FIRST, *(name for name in rows.column_names if name not in _FIRST)])
    chosen = components.table(
        rows,
        key="clv-customers",
        shop=shop,
        select=True,
        columns={
            **_numbers(("clv", "expected_value"), "accounting"),
            **_numbers(("expected_purchases", "days_overdue"), "%.1f"),
            **_numbers(("purchases_lower", "purchases_upper"), "%d"),
            **_numbers(("probability_alive", "probability_of_purchase"), "percent"),
        },
        rule="Interval of the purchases and of the date of the next order: 80 %. Days overdue: "
        "beyond the day by which half of such customers are back.",
    )
    key = rows.column("customer")[chosen[0]].as_py() if chosen else None
    customer_link.show(key, where="clv")


def parameters(table: Table, shop: Shop) -> None:
    """Show the parameters of both models with their intervals."""
    st.header("Parameters")
    told = table.metadata
    st.markdown(
        escaped(
            f"Correlation of frequency and mean value: "
            f"{float(told['frequency_value_correlation']):.3f}; Gamma-Gamma takes it for 0. "
            f"Repeaters without a value above 0 after refunds, left out of it: "
            f"{told['customers_without_value']}."
        )
    )
    components.table(
        table,
        key="clv-parameters",
        shop=shop,
        rule="By maximum likelihood; times in weeks; 95 % interval by the observed information.",
    )


def _numbers(names: Iterable[str], form: str) -> dict[str, Any]:
    """Return how columns of numbers are shown."""
    labels = {"clv": "Value"}
    return {
        name: st.column_config.NumberColumn(
            labels.get(name, name.replace("_", " ").capitalize()), format=form
        )
        for name in names
    }
