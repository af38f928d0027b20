"""The pieces of the page ROI simulator: what is assumed, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa
import streamlit as st

from ecommerce_analytics import campaign
from ecommerce_analytics.dashboard import cards, churn_panel, components, state
from ecommerce_analytics.dashboard.charts import campaign as charts
from ecommerce_analytics.dashboard.charts.layout import columns_of
from ecommerce_analytics.dashboard.shop import Shop
from ecommerce_analytics.dashboard.words import escaped

__all__ = ["Plan", "Told", "ask", "audience", "best_number", "built_on", "figures", "question"]

_ORDERS: Final[dict[str, str]] = {
    "churn_risk": "Highest churn risk",
    "expected_profit": "Most expected profit",
}
_NUM_CONTACTS: Final = 500
# Where the inputs begin; what is not known begins as a range.
_UPLIFT: Final = (1.0, 3.0, 5.0)
_REDEMPTION: Final = (80.0, 90.0, 100.0)
_CONTACT_COST: Final = (0.1, 0.1, 0.1)
_DISCOUNT: Final = 15.0
_EVEN: Final = 0.5  # A loss is likelier from here on.

_RULES: Final = {
    "break_even_uplift": "Share of the customers who must order because of the offer, and would"
    " not without it, for the profit to be 0.",
    "profit": "Margin of the orders that the offer brings, less the discount to those who order"
    " anyway, the contacts and the fixed costs.",
    "roi": "Net profit divided by contact costs, fixed costs and the discounts given.",
}


@dataclass(frozen=True)
class Plan:
    """What is asked: how many are contacted, which first, and what is assumed."""

    num_contacts: int
    chosen_by: campaign.ChosenBy
    discount: float
    assumptions: campaign.Assumptions | None


@dataclass(frozen=True)
class Told:
    """What came of a plan."""

    plan: Plan
    found: campaign.Audience
    result: campaign.Simulation
    share_ordering: float


def audience(shop: Shop) -> campaign.Audience | None:
    """Return whom an offer may go to; None while a thread finds out, or where nothing can."""
    outcome = churn_panel.told(shop)
    if outcome is None:
        return None
    found: campaign.Audience = shop.of_source(campaign.audience, outcome=outcome)
    if found.note:
        st.caption(escaped(f"{found.note}. The offer goes to people of whom few order again."))
    return found


def ask(found: campaign.Audience) -> Plan:
    """Show the inputs and return what they say; without a margin nothing is assumed."""
    size = len(found.customer)
    first, second, third, fourth = st.columns(4)
    number = first.number_input(
        "Customers contacted", 1, size, min(_NUM_CONTACTS, size), key="simulator-contacts"
    )
    discount = second.number_input(
        "Discount, %", 0.0, 100.0, _DISCOUNT, 1.0, key="simulator-discount"
    )
    margin = third.number_input(
        "Margin before the discount, %",
        0.0,
        100.0,
        None,
        1.0,
        key="simulator-margin",
        placeholder="needed",
        help="Share of the price that is left when the goods are paid. No order line tells it.",
    )
    chosen_by: Any = fourth.selectbox(
        "Whom first", list(_ORDERS), format_func=_ORDERS.__getitem__, key="simulator-order"
    )
    with st.expander("Assumptions: lowest, likeliest, highest", key="simulator-assumptions"):
        uplift = _range("Uplift, %", "uplift", _UPLIFT, -100.0, 100.0)
        redemption = _range("Redeemed by sure buyers, %", "redemption", _REDEMPTION, 0.0, 100.0)
        contact = _range("Cost of a contact", "contact-cost", _CONTACT_COST, 0.0, 1e6)
        left, middle, right = st.columns(3)
        fixed = left.number_input("Fixed costs", 0.0, 1e9, 0.0, key="simulator-fixed")
        points = middle.number_input(
            "Margin may be off by, points", 0.0, 100.0, 0.0, 1.0, key="simulator-margin-off"
        )
        source: Any = right.selectbox(
            "The uplift is", ["assumed", "measured"], key="simulator-source"
        )
    plan = Plan(int(number), chosen_by, discount / 100, None)
    if margin is None:
        return plan
    return replace(
        plan,
        assumptions={
            "uplift": _shares(uplift),
            "margin": _shares((max(0.0, margin - points), margin, min(100.0, margin + points))),
            "discount": discount / 100,
            "redemption": _shares(redemption),
            "contact_cost": contact,
            "fixed_cost": fixed,
            "spend_factor": found.spend_factor,
            "uplift_source": source,
        },
    )


def question(plan: Plan, shop: Shop) -> None:
    """Write what is asked as a person asks it."""
    written = state.formats(shop)
    whom = "at-risk" if plan.chosen_by == "churn_risk" else "most promising"
    st.header(
        f"If we give {written.number(100 * plan.discount)} % discount to "
        f"{written.count(plan.num_contacts)} {whom} customers, do we make money?"
    )


def figures(told: Told, shop: Shop) -> None:
    """Show the break-even first, then profit and ROI, each with its interval; then why."""
    written = state.formats(shop)
    analysis = told.result.analysis
    columns = columns_of(analysis)
    rows = {
        name: {column: columns[column][row] for column in columns}
        for row, name in enumerate(columns["figure"])
    }
    assumed = rows["uplift"]["expected"]
    st.markdown(_verdict(told, rows, shop))
    made = []
    for name, label in (
        ("break_even_uplift", "Break-even uplift"),
        ("profit", "Net profit"),
        ("roi", "ROI"),
    ):
        row = rows[name]
        write = written.money if name == "profit" else _percent(shop)
        good = {
            "break_even_uplift": row["expected"] is not None and assumed >= row["expected"],
            "profit": rows["profit"]["expected"] >= 0,
            "roi": row["expected"] is not None and row["expected"] >= 0,
        }[name]
        made.append(
            cards.Card(
                id=f"campaign_{name}",
                label=label,
                value="none" if row["expected"] is None else write(row["expected"]),
                tone="good" if good else "bad",
                note=f"{_or_none(row['lower'], write)} to {_or_none(row['upper'], write)} in 90 %"
                f" of the draws",
                definition=_RULES[name],
            )
        )
    made.append(
        cards.Card(
            id="campaign_loss",
            label="Probability of a loss",
            value=written.share(analysis.realised_loss_probability),
            tone="bad" if analysis.realised_loss_probability > 0.5 else "",
            note=f"± {written.share(analysis.realised_loss_standard_error)} by the number of"
            f" draws; {written.share(analysis.loss_probability)} without the luck of who orders",
            definition="Share of the draws of the assumptions that end below 0, each with the luck"
            " of which single customers order.",
        )
    )
    cards.show(made, key="campaign", label="What the offer earns")
    st.subheader("Three scenarios")
    components.table(
        pa.table(told.result.scenarios),
        key="campaign-scenarios",
        shop=shop,
        columns=_columns(),
        rule="Pessimistic and optimistic: the ends of the ranges with the least and the greatest"
        " profit.",
    )
    left, right = st.columns(2)
    with left:
        _tornado(told, shop)
    with right:
        components.chart(
            charts.profits(
                told.result.draws, analysis, theme=state.theme(), formats=state.formats(shop)
            ),
            key="campaign-profits",
            shop=shop,
            data=analysis,
            rule=f"{written.count(analysis.num_scenarios)} draws of the assumptions (triangular),"
            " with the luck of who orders.",
            alt="Histogram of the net profit over the draws of the assumptions",
        )


def best_number(told: Told, shop: Shop) -> None:
    """Show the profit by the number of contacts, the best one marked."""
    assumptions = told.plan.assumptions or {}
    table = campaign.contacts(
        told.found.p_order, told.found.spend, customer=told.found.customer, **assumptions
    )
    components.chart(
        charts.contacts(table, theme=state.theme(), formats=state.formats(shop)),
        key="campaign-contacts",
        shop=shop,
        data=table,
        rule="Customers by expected profit of a contact; fixed costs are in. Uplift "
        f"{table.uplift_source}.",
        alt="Net profit by number of contacts, the best number marked",
    )


def built_on(found: campaign.Audience, shop: Shop) -> None:
    """Show what buyers spent, on which every figure of the page is built."""
    written = state.formats(shop)
    st.subheader("What buyers spend")
    table = pa.table(
        {
            "monetary_from": [_finite(one.least_monetary) for one in found.groups],
            "monetary_to": [_finite(one.greatest_monetary) for one in found.groups],
            "buyers": [one.buyers for one in found.groups],
            "mean_spend": [one.mean_spend for one in found.groups],
        }
    )
    components.table(
        table,
        key="campaign-spend",
        shop=shop,
        columns={
            name: st.column_config.NumberColumn(label, format="accounting")
            for name, label in (
                ("monetary_from", "Net money above"),
                ("monetary_to", "Up to"),
                ("mean_spend", "Mean spend"),
            )
        },
        rule=f"Mean net money of those who ordered in {found.horizon_days} days from a cutoff of"
        f" the training ({written.count(found.buyers)} of its rows), by fifth of their net money"
        " until then, as in the revenue at risk; its standard error is"
        f" {written.share(found.spend_error)} of the whole. The probability to order without the"
        " offer is 1 less the risk of churn.",
    )


def _verdict(told: Told, rows: dict[str, dict[str, Any]], shop: Shop) -> str:
    """Answer the question in a sentence."""
    written, write = state.formats(shop), _percent(shop)
    needed, assumed = rows["break_even_uplift"]["expected"], rows["uplift"]["expected"]
    source = told.result.analysis.uplift_source
    if needed is None:
        return (
            "**No**: whatever the uplift, it cannot pay. The discount takes the margin, or more"
            " than all of the customers would have to order."
        )
    # By the probability that stands on the card: the likeliest values alone may say the opposite.
    loss = told.result.analysis.realised_loss_probability
    answer = "Probably" if loss < _EVEN else "Probably not"
    buyers = written.number(rows["incremental_buyers"]["expected"])
    return (
        f"**{answer}**: it pays from {write(needed)} uplift on, {write(assumed)} is {source}:"
        f" {buyers} more buyers of {written.count(told.plan.num_contacts)}. Without the offer"
        f" {write(told.share_ordering)} of them order, and {write(rows['redemption']['expected'])}"
        " of those take the discount too."
    )


def _tornado(told: Told, shop: Shop) -> None:
    table = told.result.tornado
    if not table.num_rows:
        components.empty("Every assumption is one number.", "Give one a range to see what moves.")
        return
    components.chart(
        charts.tornado(table, theme=state.theme(), formats=state.formats(shop)),
        key="campaign-tornado",
        shop=shop,
        data=table,
        rule="Expected profit if one assumption alone leaves its likeliest value.",
        alt="Expected profit at either end of each assumption",
    )


def _range(
    label: str, key: str, begin: tuple[float, float, float], least: float, greatest: float
) -> tuple[float, float, float]:
    names = ("lowest", "likeliest", "highest")
    low, mode, high = (
        column.number_input(
            f"{label}, {name}", least, greatest, value, key=f"simulator-{key}-{name}"
        )
        for column, name, value in zip(st.columns(3), names, begin, strict=True)
    )
    return low, mode, high


def _shares(percents: tuple[float, float, float]) -> tuple[float, float, float]:
    low, mode, high = percents
    return low / 100, mode / 100, high / 100


def _percent(shop: Shop) -> Any:
    """Return how a share is written with two decimals: a tenth of a percent decides here."""
    written = state.formats(shop)
    return lambda value: f"{written.number(100 * value)}%"


def _or_none(value: float | None, write: Any) -> str:
    return "none" if value is None else str(write(value))


def _finite(value: float) -> float | None:
    return value if abs(value) != float("inf") else None


def _columns() -> dict[str, Any]:
    """Return how the columns of figures are shown: shares as percent, money to the cent."""
    shares = ("break_even_uplift", "roi", "uplift", "margin", "discount", "redemption")
    money = (
        *("profit", "incremental_margin", "sure_buyer_discount", "contact_costs"),
        *("discounts_given", "contact_cost", "fixed_cost", "luck"),
    )
    number = st.column_config.NumberColumn
    return {
        **{name: number(name.replace("_", " ").capitalize(), format="percent") for name in shares},
        **{
            name: number(name.replace("_", " ").capitalize(), format="accounting") for name in money
        },
        "roi": number("ROI", format="percent"),
    }
