"""What is known of one customer: who he is, what he is worth, what he ordered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ecommerce_analytics import orders
from ecommerce_analytics.dashboard import cards
from ecommerce_analytics.dashboard.shop import EVERYTHING, Shop
from ecommerce_analytics.formats import ABSENT, Formats

__all__ = ["Profile", "find"]


@dataclass(frozen=True)
class Profile:
    """One customer of a shop.

    Attributes
    ----------
    shop : Shop
        Where he buys.
    key : str or int
        His key, as the source has it.
    scores : dict
        His row of the segments: scores and segment.
    """

    shop: Shop
    key: Any
    scores: dict[str, Any]

    def person(self) -> pa.Table | None:
        """Return what the source tells of the person; None: nothing."""
        people = self.shop.dataset.customers
        if people is None or "customer" not in people.column_names:
            return None
        rows = _rows_of(people, self.key)
        return rows if rows.num_rows and rows.num_columns > 1 else None

    def orders(self) -> Any:
        """Return `orders.list_orders`, the latest first."""
        return self.shop.of_orders(
            orders.list_orders, EVERYTHING, customers=(self.key,), descending=True
        )

    def lines(self, order: Any) -> Any:
        """Return `orders.list_lines` of one order."""
        return orders.list_lines(self.shop.dataset.transactions, orders=[order])

    def risk(self, ranking: Any) -> dict[str, Any]:
        """Return his row of `churn.rank`'s ranking; empty: he is not in it."""
        return {} if ranking is None else _row_of(ranking, self.key)

    def cards(self, written: Formats, ranking: Any = None) -> list[cards.Card]:
        """Return the figures of the customer; his risk, if there is a ranking by it."""
        tier = _row_of(self.shop.tiers, self.key)
        to_next = tier.get("to_next_tier")
        scores = self.scores
        money = scores["monetary"]
        risk = self.risk(ranking)
        return [
            cards.Card(
                id="customer_revenue",
                label="Net revenue",
                value=written.money(money),
                number=float(money),
                definition="Net money of all his lines.",
            ),
            cards.Card(
                id="customer_orders",
                label="Orders",
                value=written.count(scores["frequency"]),
                number=scores["frequency"],
                definition="His orders with a purchase line.",
            ),
            cards.Card(
                id="customer_recency_days",
                label="Days since the last order",
                value=written.count(scores["recency_days"]),
                number=scores["recency_days"],
                definition="Whole days of 24 hours before the as-of moment.",
            ),
            cards.Card(
                id="customer_segment",
                label="Segment",
                value=scores["segment"],
                note=f"R {scores['r_score']} · F {scores['f_score']} · M {scores['m_score']} "
                f"of {self.shop.scores.n_bins}",
                definition="By the rule set, from his scores of the full history.",
            ),
            cards.Card(
                id="customer_tier",
                label="Tier",
                value=str(tier.get("tier", ABSENT)),
                note="" if to_next is None else f"{written.money(to_next)} to the next tier",
                definition="By his net revenue among all customers.",
            ),
            *(
                [
                    cards.Card(
                        id="customer_churn_risk",
                        label="Churn risk",
                        value=written.share(risk["churn_risk"]),
                        number=risk["churn_risk"],
                        note=f"{risk['risk_band']} risk",
                        definition="Probability of no order in the next days, by the churn model.",
                    )
                ]
                if risk
                else []
            ),
        ]


def find(shop: Shop, text: str) -> Profile | None:
    """Return the customer whose key reads like `text`; None: there is none."""
    kind = pa.table(shop.segments).schema.field("customer").type
    key: Any = text
    if pa.types.is_integer(kind):
        try:
            key = int(text)
        except ValueError:
            return None
        if not -(2**63) <= key < 2**63:
            return None
    row = _row_of(shop.segments, key)
    return Profile(shop, key, row) if row else None


def _row_of(table: Any, key: Any) -> dict[str, Any]:
    rows = _rows_of(pa.table(table), key).to_pylist()
    return rows[0] if rows else {}


def _rows_of(table: pa.Table, key: Any) -> pa.Table:
    column = table.column("customer")
    wanted = str(key) if not pa.types.is_integer(column.type) else key
    return table.filter(pc.equal(column, pa.scalar(wanted, column.type)))
