"""What SQL over the rows of a source says: no call of the library, nothing of the dashboard."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from browser.library import Choice
from conftest import CHECKOUT

_RULES = CHECKOUT / "python" / "ecommerce_analytics" / "rule_sets" / "default.toml"
_TIERS = (("Platinum", 20), ("Gold", 5), ("Silver", 2))  # The best 1 of 20, of 5, of 2.

# As the glossary has it: an order is its earliest purchase line, a customer his first order.
_FACTS = """
    CREATE TABLE orders AS
        SELECT "order", any_value(customer) AS customer, min(timestamp) AS time,
               arg_min(region, timestamp) AS region
        FROM lines WHERE amount > 0 AND kind <> 'refund' GROUP BY ALL;
    CREATE TABLE numbered AS
        SELECT *, row_number() OVER (PARTITION BY customer ORDER BY time, "order") AS number
        FROM orders WHERE customer IS NOT NULL;
    CREATE TABLE people AS
        SELECT customer, date_diff('second', max(time), as_of) // 86400 AS recency_days,
               count(*) AS frequency, arg_min(region, (time, region)) AS home,
               (SELECT sum(amount) FROM lines WHERE lines.customer = orders.customer) AS monetary
        FROM orders, (SELECT max(timestamp)::DATE + INTERVAL 1 DAY AS as_of FROM lines)
        WHERE customer IS NOT NULL GROUP BY customer, as_of ORDER BY customer;
"""


class RawLines:
    """Order lines and payments, asked in SQL.

    Parameters
    ----------
    lines : pyarrow.Table
        With `order`, `customer`, `timestamp`, `kind`, `category`, `region`, `amount`.
    payments : pyarrow.Table
        With `order` and `type`.
    """

    def __init__(self, lines: pa.Table, payments: pa.Table) -> None:
        self._database = duckdb.connect()
        for name, table in (("lines", lines), ("payments", payments)):
            self._database.register(f"{name}_read", table)
            self._database.execute(f"CREATE TABLE {name} AS FROM {name}_read")
        self._database.execute(_FACTS)
        self._name_people()

    def ask(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of an answer; `$name` in the question stands for a value."""
        found: list[tuple[Any, ...]] = self._database.execute(question, values).fetchall()
        return found

    def key_figures(self, choice: Choice) -> dict[str, Any]:
        """Return the main figures of a choice, exact money and quotients of them."""
        with self._chosen(choice):
            ((revenue,),) = self.ask(
                """SELECT sum(amount) FROM lines SEMI JOIN chosen USING ("order")
                WHERE timestamp >= $start AND timestamp < $stop::DATE + INTERVAL 1 DAY""",
                **_window(choice),
            )
            ((orders, customers, repeated),) = self.ask(
                """SELECT count(*), count(DISTINCT orders.customer),
                    count(DISTINCT orders.customer) FILTER (number >= 2)
                FROM orders SEMI JOIN chosen USING ("order") LEFT JOIN numbered USING ("order")
                WHERE orders.time >= $start AND orders.time < $stop::DATE + INTERVAL 1 DAY""",
                **_window(choice),
            )
        return {
            "revenue_net": revenue,
            "orders": orders,
            "customers": customers,
            "average_order_value": revenue / orders,
            "repeat_rate": repeated / customers,
        }

    def orders_of(self, choice: Choice, *, of: str = "true") -> list[tuple[str, Decimal]]:
        """Return orders and their money in the window, the most first; `of` is a condition."""
        with self._chosen(choice):
            return self.ask(
                f"""SELECT "order", coalesce(sum(amount) FILTER (timestamp >= $start
                    AND timestamp < $stop::DATE + INTERVAL 1 DAY), 0) AS revenue
                FROM orders SEMI JOIN chosen USING ("order")
                JOIN lines USING ("order")
                WHERE time >= $start AND time < $stop::DATE + INTERVAL 1 DAY
                    AND "order" IN (SELECT "order" FROM lines WHERE {of})
                GROUP BY "order" ORDER BY revenue DESC, "order" """,
                **_window(choice),
            )

    def customers_in(self, group: str, name: str) -> list[str]:
        """Return the customers of a segment or a tier, most money first."""
        return [
            key
            for (key,) in self.ask(
                f"""SELECT customer FROM named WHERE {group} = $name
                ORDER BY monetary DESC, customer""",
                name=name,
            )
        ]

    @contextmanager
    def _chosen(self, choice: Choice) -> Iterator[None]:
        """Keep the orders that are in, whatever their day, in the table `chosen`."""
        told = {
            "category": '"order" IN (SELECT "order" FROM lines WHERE category IN $category)',
            "payment_type": '"order" IN (SELECT "order" FROM payments WHERE type IN $payment_type)',
            "region": "customer IN (SELECT customer FROM people WHERE home IN $region)",
            "segment": "customer IN (SELECT customer FROM named WHERE segment IN $segment)",
        }
        keys = {name: list(getattr(choice, name)) for name in told if getattr(choice, name)}
        conditions = " AND ".join(["true", *(told[name] for name in keys)])
        self._database.execute(f"CREATE TABLE chosen AS FROM orders WHERE {conditions}", keys)
        yield
        self._database.execute("DROP TABLE chosen")

    def _name_people(self) -> None:
        """Give each customer the segment of his scores and the tier of his money."""
        keys, recency, frequency, monetary = (
            list(column)
            for column in zip(
                *self.ask("SELECT customer, recency_days, frequency, monetary FROM people"),
                strict=True,
            )
        )
        money = [int(one * 10_000) for one in monetary]
        scores = zip(
            (6 - score for score in _places(recency)),
            _places(frequency),
            _places(money),
            strict=True,
        )
        rules = tomllib.loads(_RULES.read_text(encoding="utf-8"))["rules"]
        segments = [_segment(rules, r, (f + m + 1) // 2) for r, f, m in scores]
        best = sorted(money, reverse=True)
        tiers = [
            next((name for name, part in _TIERS if one > best[len(best) // part]), "Bronze")
            for one in money
        ]
        named = pa.table(
            {"customer": keys, "monetary": monetary, "segment": segments, "tier": tiers}
        )
        self._database.register("named_read", named)
        self._database.execute("CREATE TABLE named AS FROM named_read")


def _window(choice: Choice) -> dict[str, date]:
    return {"start": choice.start or date.min, "stop": choice.last or date(9000, 1, 1)}


def _places(values: list[int]) -> list[int]:
    """Return 1 and the number of quintiles, of type 7, strictly below each value."""
    edges = np.quantile(np.array(values, float), [0.2, 0.4, 0.6, 0.8])
    return [1 + int((edges < value).sum()) for value in values]


def _segment(rules: list[dict[str, Any]], recency: int, second: int) -> str:
    for rule in rules:
        low, high = rule["r"]
        least, most = rule["fm"]
        if low <= recency <= high and least <= second <= most:
            return str(rule["segment"])
    raise AssertionError(f"no rule for {recency} and {second}")
