"""What the library says of a data set, called directly: nothing here is of the dashboard."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import pyarrow as pa

import ecommerce_analytics as ea
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.formats import ABSENT, Formats


@dataclass(frozen=True)
class Choice:
    """What a person chooses in the sidebar; nothing of it is everything."""

    start: date | None = None
    last: date | None = None
    category: tuple[Any, ...] = ()
    segment: tuple[str, ...] = ()
    region: tuple[Any, ...] = ()
    payment_type: tuple[Any, ...] = ()

    @property
    def query(self) -> dict[str, list[str]]:
        """What stands in the address."""
        told = {
            "from": [] if self.start is None else [self.start.isoformat()],
            "to": [] if self.last is None else [self.last.isoformat()],
            "category": list(self.category),
            "segment": list(self.segment),
            "region": list(self.region),
            "payment": list(self.payment_type),
        }
        return {name: [str(one) for one in keys] for name, keys in told.items() if keys}

    @property
    def population(self) -> Choice:
        """What of it selects customers."""
        return Choice(segment=self.segment, region=self.region)

    def __str__(self) -> str:
        chosen = {one.name: getattr(self, one.name) for one in fields(self)}
        return ", ".join(f"{name}={value}" for name, value in chosen.items() if value) or "all"


EVERYTHING = Choice()


class Library:
    """Answers about one data set."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.formats = Formats("en_US", dataset.currency)
        self._answers: dict[Any, Any] = {}

    @cached_property
    def scores(self) -> ea.Table:
        """Scores of the full history."""
        return ea.rfm.score(self.dataset.transactions)

    @cached_property
    def segments(self) -> ea.Table:
        """Segments of the full history."""
        return ea.rfm.segment(self.scores)

    def selection(self, choice: Choice) -> ea.Selection | None:
        """Return a choice as the library takes it."""
        if choice == EVERYTHING:
            return None
        return ea.Selection(
            start=choice.start,
            end=None if choice.last is None else choice.last + timedelta(days=1),
            category=choice.category or None,
            home_region=choice.region or None,
            region_dimension=self.dataset.region or "region",
            payment_type=choice.payment_type or None,
            payments=self.dataset.payments if choice.payment_type else None,
            segment=choice.segment or None,
            segments=self.segments if choice.segment else None,
        )

    def ask(self, function: Callable[..., Any], choice: Choice, **options: Any) -> Any:
        """Return ``function(transactions, selection=…, **options)``, asked once."""
        question = (f"{function.__module__}.{function.__name__}", choice, str(options))
        if question not in self._answers:
            self._answers[question] = function(
                self.dataset.transactions, selection=self.selection(choice), **options
            )
        return self._answers[question]

    def people(self, choice: Choice, table: ea.Table) -> ea.Table:
        """Return the rows of a table of customers that are in the population of a choice."""
        population = choice.population
        if population == EVERYTHING:
            return table
        return ea.rfm.of_customers(table, self.ask(ea.rfm.score, population))

    def figures(self, choice: Choice = EVERYTHING) -> dict[str, str]:
        """Return the figures of the dashboard as they are written, by their ids."""
        written = self.formats
        row = pa.table(self.ask(ea.kpi.summary, choice)).to_pylist()[0]
        told = {
            one.name: written.by_unit(row[one.name], one.unit)
            for one in ea.kpi.dictionary()
            if one.name in row
        }
        whole = pa.table(self.ask(ea.kpi.summary, EVERYTHING)).to_pylist()[0]
        for name in ("return_rate_money", "return_rate_lines", "revenue_refunds"):
            if not whole["refund_lines"]:
                told[name] = ABSENT
        if not whole["guest_orders"]:
            told["guest_share"] = ABSENT
        summary = ea.rfm.summarize(self.people(choice, self.segments))
        for one in pa.table(summary).to_pylist():
            if one["segment"] == "Champions":
                told["champions_share"] = written.share(one["revenue_share"])
        best = ea.rfm.concentration(self.people(choice, self.scores))
        for one in pa.table(best).to_pylist():
            told[f"top_{round(one['top_share'] * 100)}_share"] = written.share(one["revenue_share"])
        gini = best.metadata["gini"]
        told["gini"] = ABSENT if gini == "undefined" else written.number(gini)
        cells = self.ask(ea.cohort.retention, choice)
        means = pa.table(ea.cohort.mean_retention(cells)).to_pylist()
        after = next((one["weighted"] for one in means if one["period"] == 1), None)
        told["retention_rate"] = written.share(after)
        seconds = ea.second_order.milestones(self.ask(ea.second_order.curve, choice))
        for one in pa.table(seconds).to_pylist():
            told[f"second_order_within_{one['days']}"] = written.share(one["share_with_second"])
        return told

    def table(self, key: str, choice: Choice) -> pa.Table | None:
        """Return the table behind a chart or a table, by its key; None: not known here."""
        return pa.table(_TABLES[key](self, choice)) if key in _TABLES else None

    def history(self, choice: Choice) -> ea.CustomerHistory:
        """Return the history under a choice, with the measures of the KPI dictionary."""
        transactions = self.dataset.transactions
        return ea.CustomerHistory(
            region=self.dataset.region,
            measures=ea.kpi.measures_of(transactions),
            selection=self.selection(choice),
        ).add(transactions)

    def keys(self, dimension: str) -> list[Any]:
        """Return the keys of a dimension that have a purchase, most revenue first."""
        table = pa.table(self.ask(ea.aggregate.group_by, EVERYTHING, by=(dimension,)))
        rows = sorted(
            zip(table[dimension].to_pylist(), table["revenue"].to_pylist(), strict=True),
            key=lambda row: -row[1],
        )
        return [key for key, _ in rows if key is not None]

    def payment_types(self) -> list[Any]:
        """Return the payment types, most paid first."""
        if self.dataset.payments is None:
            return []
        table = pa.table(ea.payments.by_type(self.dataset.payments)).sort_by(
            [("paid", "descending")]
        )
        return [key for key in table["payment_type"].to_pylist() if key is not None]

    def days(self) -> tuple[date, date]:
        """Return the first and the last day of the data."""
        row = pa.table(self.ask(ea.kpi.summary, EVERYTHING)).to_pylist()[0]
        return row["start"], row["end"] - timedelta(days=1)

    def choices(self, number: int, seed: int = 0) -> list[Choice]:
        """Draw choices: first each filter alone, then combinations of two to four."""
        draw = random.Random(seed)
        first, last = self.days()
        keys: dict[str, Sequence[Any]] = {
            "category": self._most_of("category"),
            "segment": sorted(set(pa.table(self.segments)["segment"].to_pylist())),
            "region": self._most_of(self.dataset.region),
            "payment_type": self.payment_types()[:5],
        }
        names = ["window", *(name for name, known in keys.items() if known)]

        def chosen(asked: Sequence[str]) -> Choice:
            told: dict[str, Any] = {}
            for name in asked:
                if name == "window":
                    span = (last - first).days
                    begin = first + timedelta(days=draw.randrange(span // 2))
                    told |= {
                        "start": begin,
                        "last": min(last, begin + timedelta(days=draw.randrange(60, span))),
                    }
                else:
                    told[name] = tuple(draw.sample(keys[name], min(2, len(keys[name]))))
            return Choice(**told)

        asked = [[name] for name in names]
        while len(asked) < number:
            asked.append(draw.sample(names, draw.randrange(2, min(4, len(names)) + 1)))
        return [chosen(one) for one in asked[:number]]

    def _most_of(self, dimension: str | None) -> list[Any]:
        if dimension is None or dimension not in self.dataset.transactions.dimension_names:
            return []
        return self.keys(dimension)[:8]


# What stands behind charts and tables, by their keys.
_TABLES: dict[str, Callable[[Library, Choice], Any]] = {
    "monthly-revenue": lambda of, choice: of.ask(ea.kpi.summary, choice, period="month"),
    "top-categories": lambda of, choice: of.ask(ea.aggregate.group_by, choice, by=("category",)),
    "segments": lambda of, choice: ea.rfm.summarize(of.people(choice, of.segments)),
    "segments-treemap": lambda of, choice: ea.rfm.summarize(of.people(choice, of.segments)),
    "lorenz-curve": lambda of, choice: ea.rfm.lorenz(of.people(choice, of.scores)),
    "cohorts": lambda of, choice: of.ask(ea.cohort.retention, choice),
    "second-order": lambda of, choice: of.ask(ea.second_order.curve, choice),
    "payment-methods": lambda of, choice: ea.payments.revenue_by_type(
        of.history(choice), of.dataset.payments
    ),
}
