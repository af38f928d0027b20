"""The pieces of the page Recommendations: the Monday view, three lists, all rules."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import streamlit as st

from ecommerce_analytics import clv, recommendations, report, weekly_changes
from ecommerce_analytics.actions import ActionSet, action_set, parse_action_set
from ecommerce_analytics.dashboard import churn_panel, components, state
from ecommerce_analytics.dashboard.shop import EVERYTHING, Shop
from ecommerce_analytics.dashboard.words import escaped
from ecommerce_analytics.errors import Error, in_file

__all__ = ["actions", "ask", "facts", "lists", "recommended", "rules", "week"]

_MONEY: Final = ("expected_profit", "profit_lower", "profit_upper", "baseline", "monetary", "clv")
_SHARES: Final = ("loss_probability", "break_even_uplift", "churn_risk")


def facts(shop: Shop, rules: ActionSet) -> recommendations.Facts | None:
    """Return what is known of the customers; None while a thread gathers it, which is said."""

    def given() -> dict[str, Any] | None:
        outcome, has_values = churn_panel.outcome(shop), shop.is_made(clv.evaluate)
        if outcome is None or not has_values:
            return None
        evaluation: clv.Evaluation = shop.of_source(clv.evaluate)
        return {
            "outcome": outcome,
            "prediction": evaluation.prediction,
            "segments": rules.segments.name,
        }

    def is_made() -> bool:
        options = given()
        return options is not None and shop.is_made(recommendations.facts, **options)

    options = given()
    if options is None or not shop.is_made(recommendations.facts, **options):
        components.wait(is_made, "Risks and values are being computed")
        return None
    found: recommendations.Facts = shop.of_source(recommendations.facts, **options)
    return found


def actions() -> tuple[bytes, ActionSet] | None:
    """Ask for actions of one's own; None: the file is wrong, which is said."""
    with st.expander("Actions of your own", key="recommendations-own"):
        sent = st.file_uploader(
            "A TOML file of actions",
            type="toml",
            key="recommendations-file",
            help="As read_action_set describes it; it stays in the memory of this session.",
        )
    if sent is None:
        return b"", action_set()
    text = sent.getvalue()
    try:
        with in_file(sent.name):
            return text, parse_action_set(text)
    except Error as error:
        components.failure(error)
        return None


def ask() -> float | None:
    """Ask for the margin; None: no money is told."""
    told = st.number_input(
        "Margin before the discount, %",
        0.1,
        100.0,
        None,
        1.0,
        key="recommendations-margin",
        placeholder="needed for money",
        help="Share of the price that is left when the goods are paid. No order line tells it.",
    )
    return None if told is None else told / 100


def recommended(
    shop: Shop,
    known: recommendations.Facts,
    chosen: tuple[bytes, ActionSet],
    margin: float | None,
) -> recommendations.Recommendations:
    """Return the lists and what they may earn; those of a file and a margin are remembered."""
    text, rules = chosen

    def of_facts(_: Any, *, margin: float | None, text: bytes) -> recommendations.Recommendations:
        return recommendations.recommend(known, actions=rules, margin=margin)

    found: recommendations.Recommendations = shop.of_orders(
        of_facts, EVERYTHING, margin=margin, text=text
    )
    return found


def week(shop: Shop) -> None:
    """Show what changed last week, or that nothing did and what would have been seen."""
    changes = shop.of_orders(weekly_changes.judge, EVERYTHING)
    with st.container(key="panel-monday"):
        for sentence in recommendations.tell(changes, write=report.writer_of(state.formats(shop))):
            st.markdown(escaped(sentence.text))
    if not changes.num_rows:
        return
    with st.expander("The figures behind it", key="monday-figures"):
        components.table(
            changes,
            key="weekly-changes",
            shop=shop,
            rule="Size: relative change; of a share in points. Usual: where 95 % of the earlier"
            " changes lie. q: adjusted for the number of figures, by Benjamini and Hochberg.",
        )


def lists(found: recommendations.Recommendations, shop: Shop) -> None:
    """Show the first three lists, each with its size, its reason and what it may earn."""
    to_send = found.to_send
    rows = pa.table(to_send).to_pylist()
    if not rows:
        why = "No action concerns anybody" if not to_send.num_left_out else "No action earns money"
        components.empty(f"{why}: there is no list to send.")
    for number, row in enumerate(rows, start=1):
        with st.container(key=f"panel-list-{number}"):
            st.subheader(f"{number}. {escaped(row['action'])}", anchor=False)
            st.markdown(escaped(row["what"]))
            st.markdown(
                f"**{state.formats(shop).count(row['customers'])} customers** · "
                + escaped(_effect(row, shop))
            )
            st.caption(escaped(f"Why: {row['reason']}."))
            st.caption(escaped(f"Assumed: {row['assumption']}."))
            components.export(found.list_of(row["action"]), key=f"list-{number}", shop=shop)
    if to_send.num_left_out:
        st.caption(escaped(f"{to_send.num_left_out} left out, {to_send.left_out}."))


def rules(found: recommendations.Recommendations, shop: Shop) -> None:
    """Show all rules by priority."""
    told = found.actions
    components.table(
        told,
        key="actions",
        shop=shop,
        columns=_columns(),
        rule="A customer is on the list of the first rule of the file that holds him. Priority: "
        f"{told.priority_rule}. Profit with 5 to 95 % of the draws, over {_days(told)}; baseline: "
        "nobody is contacted. "
        f"{state.formats(shop).count(told.num_without_action)} customers are on no list.",
    )


def _days(told: Any) -> str:
    return f"{told.horizon_days} days" if "horizon_days" in told.metadata else "no days"


def _effect(row: dict[str, Any], shop: Shop) -> str:
    written = state.formats(shop)
    if row["expected_profit"] is None:
        return f"{row['note']}."
    told = (
        f"expected profit {written.money(row['expected_profit'])}, between "
        f"{written.money(row['profit_lower'])} and {written.money(row['profit_upper'])} (90 % of "
        f"the draws), a loss with a probability of {written.share(row['loss_probability'])}"
    )
    return told + (f"; {row['note']}." if row["note"] else ".")


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    labels = {name: name.replace("_", " ").capitalize() for name in (*_MONEY, *_SHARES)}
    return {
        **{name: number(labels[name], format="accounting") for name in _MONEY},
        **{name: number(labels[name], format="percent") for name in _SHARES},
    }
