"""A prepared source and what is asked of it: filters, histories, answers that are remembered.

Nothing here knows Streamlit: a notebook asks a shop the same questions as a page.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from inspect import signature
from typing import Any, Final, TypeAlias

from ecommerce_analytics import aggregate, explain, kpi, orders, payments, rfm
from ecommerce_analytics.analysis import needs_of
from ecommerce_analytics.customer_history import CustomerHistory
from ecommerce_analytics.dashboard.answers import Answers
from ecommerce_analytics.datasets.dataset import Dataset
from ecommerce_analytics.selection import Key, Selection
from ecommerce_analytics.table import Table

__all__ = ["EVERYTHING", "PAID_BY", "Filters", "Shop", "question_of"]

_NUM_REMEMBERED: Final = 256
# Each holds what the orders and customers of its filters are: some bytes for every one of them.
_NUM_HISTORIES: Final = 12
_NUM_OF_SOURCE: Final = 16

Keys: TypeAlias = tuple[Key, ...]


@dataclass(frozen=True)
class Filters:
    """What a person chose to look at; nothing chosen is everything.

    Attributes
    ----------
    start, end : date or None
        Report window [start, end).
    category, payment_type : tuple
        Orders that contain one of them.
    segment : tuple of str
        Customers in one of them, by the scores of their full history.
    region : tuple
        Customers whose first order went to one of them.
    place : tuple
        Orders that went to one of them: of one place that is looked into, on no other page.
    group : tuple
        Name and key of a dimension whose orders are looked into, such as those of a seller: whole
        orders with a line of it, or with a payment of a type, where the name is `PAID_BY`; in no
        address of a page.
    """

    start: date | None = None
    end: date | None = None
    category: Keys = ()
    segment: tuple[str, ...] = ()
    region: Keys = ()
    payment_type: Keys = ()
    place: Keys = ()
    group: tuple[()] | tuple[str, Key] = ()

    @property
    def population(self) -> Filters:
        """What of it selects customers."""
        return Filters(segment=self.segment, region=self.region)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what is chosen."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name))

    def without(self, *names: str) -> Filters:
        """Return the same with these chosen no more."""
        empty = Filters()
        return replace(self, **{name: getattr(empty, name) for name in names})


#: Nothing chosen.
EVERYTHING: Final = Filters()
#: Stands for the name of a dimension in `Filters.group`; no role of a column has a blank.
PAID_BY: Final = "paid by"

# Figures of lines or facts that a source may not tell: what it then lacks, by what is counted.
_TOLD_BY: Final = {
    "return_rate_money": ("refund_lines", "refunds"),
    "return_rate_lines": ("refund_lines", "refunds"),
    "revenue_refunds": ("refund_lines", "refunds"),
    "guest_share": ("guest_orders", "guests"),
    "items": ("items", "number of items"),
    "items_per_order": ("items", "number of items"),
    "freight": ("freight", "freight"),
}

# The filters in the order in which they are told of a figure.
_STAGES: Final = (
    ("period", ("start", "end")),
    ("category", ("category",)),
    ("payment type", ("payment_type",)),
    ("country or state", ("region",)),
    ("segment", ("segment",)),
)


class Shop:
    """A data set with what every page needs of it made once, and answers remembered.

    Scores, segments and tiers are those of the full history: no filter makes them anew. Several
    threads may ask at once; an answer is made by one of them.

    Parameters
    ----------
    dataset : Dataset
        As a loader of `ecommerce_analytics.datasets` returns it.
    rules : str, default="default"
        Rule set of the segments.
    num_remembered : int, default=256
        Answers kept; the one that was asked for longest ago goes first.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = Shop(ea.datasets.make_synthetic(num_customers=50))
    >>> total = shop.of_orders(ea.kpi.summary, Filters(category=("books",)))
    >>> total.num_rows
    1
    """

    #: Whether there are order lines, so that figures can be filtered and asked for in any way.
    has_lines = True

    def __init__(
        self, dataset: Dataset, *, rules: str = "default", num_remembered: int = _NUM_REMEMBERED
    ) -> None:
        self.dataset = dataset
        self.rules = rules
        self._begin(num_remembered)
        self.scores: Table = self.of_orders(rfm.score, EVERYTHING, n_bins=self._rule_set.n_bins)
        self.segments: Table = rfm.segment(self.scores, rules=self._rule_set)
        self.tiers: Table = rfm.tiers(self.scores)
        self.as_of: str = self.scores.metadata["as_of"]

    def _begin(self, num_remembered: int = _NUM_REMEMBERED) -> None:
        """Remember nothing yet."""
        #: Tells this shop from any other, of this process and of all time.
        self.identity = uuid.uuid4().hex
        self._answers = Answers(num_remembered)
        self._histories = Answers(_NUM_HISTORIES)
        self._of_source = Answers(_NUM_OF_SOURCE)

    @property
    def name(self) -> str:
        """Name of the source."""
        return self.dataset.name

    @property
    def currency(self) -> str | None:
        """ISO 4217 code of all money, if told."""
        return self.dataset.currency

    @property
    def is_synthetic(self) -> bool:
        """True if the rows were drawn and not observed."""
        return self.dataset.is_synthetic

    @property
    def sources(self) -> Mapping[str, str]:
        """SHA-256 of each file that was read, by its name."""
        return self.dataset.sources

    @property
    def cleaning(self) -> str | None:
        """Name of the cleaning rule, where the loader has several."""
        return self.dataset.cleaning

    @property
    def hindsight(self) -> str | None:
        """What lines of the past tell that was known later only, in words."""
        return self.dataset.hindsight

    @property
    def region(self) -> str | None:
        """Name of the dimension that tells where an order went."""
        return self.dataset.region

    @property
    def has_category(self) -> bool:
        """True if lines tell a category."""
        return "category" in self.dataset.transactions.dimension_names

    @cached_property
    def categories(self) -> Keys:
        """Keys of the categories, most revenue first."""
        if not self.has_category:
            return ()
        return _by_revenue(
            self.of_lines(aggregate.group_by, EVERYTHING, by=("category",)), "category"
        )

    @cached_property
    def regions(self) -> Keys:
        """Keys of the regions, most revenue first."""
        if self.dataset.region is None:
            return ()
        table = self.of_lines(aggregate.group_by, EVERYTHING, by=(self.dataset.region,))
        return _by_revenue(table, self.dataset.region)

    @cached_property
    def payment_types(self) -> Keys:
        """Keys of the payment types, most paid first."""
        if self.dataset.payments is None:
            return ()
        return _by_revenue(payments.by_type(self.dataset.payments), "payment_type", "paid")

    @cached_property
    def segment_names(self) -> tuple[str, ...]:
        """Names of the segments, in the order of their rule set."""
        return tuple(dict.fromkeys(rule.segment for rule in self._rule_set.rules))

    @cached_property
    def untold(self) -> dict[str, str]:
        """Key figures that are unknown and not zero, as the whole source tells none of a thing."""
        total = self.of_orders(kpi.summary, EVERYTHING)
        return {
            name: what
            for name, (counted, what) in _TOLD_BY.items()
            if not total[counted].tolist()[0]
        }

    @cached_property
    def days(self) -> tuple[date, date]:
        """First day of the data, and the day after the last before `as_of`."""
        total = self.of_orders(kpi.summary, EVERYTHING)
        return total["start"][0].astype(date), total["end"][0].astype(date)

    def selection(self, filters: Filters) -> Selection | None:
        """Return the selection that the filters are; None is everything."""
        if filters == EVERYTHING:
            return None
        dataset = self.dataset
        return Selection(
            start=filters.start,
            end=filters.end,
            category=filters.category or None,
            region=filters.place or None,
            home_region=filters.region or None,
            region_dimension=dataset.region or "region",
            payment_type=filters.payment_type or None,
            payments=dataset.payments if filters.payment_type else None,
            segment=filters.segment or None,
            segments=self.segments if filters.segment else None,
            orders=self._orders_with(*filters.group) if filters.group else None,
        )

    def history(self, filters: Filters) -> CustomerHistory:
        """Return the history under the filters."""
        if filters == EVERYTHING:
            return self._whole
        history: CustomerHistory = self._histories.get(
            filters, lambda: self._whole.select(self.selection(filters))
        )
        return history

    def scores_of(self, filters: Filters) -> Table:
        """Return the scores of the population; nothing is scored anew."""
        return self._people(filters.population, self.scores)

    def segments_of(self, filters: Filters) -> Table:
        """Return the scores and segments of the population; nothing is scored anew."""
        return self._people(filters.population, self.segments)

    def tiers_of(self, filters: Filters) -> Table:
        """Return the tiers of the population; nobody changes his tier by it."""
        return self._people(filters.population, self.tiers)

    def of_orders(self, function: Callable[..., Any], filters: Filters, **options: Any) -> Any:
        """Return ``function(history, **options)`` of the history under the filters."""
        return self._remembered(
            question_of("orders", function, filters, options),
            lambda: function(self.history(filters), **options),
        )

    def of_lines(self, function: Callable[..., Any], filters: Filters, **options: Any) -> Any:
        """Return ``function(transactions, …, **options)`` of the lines under the filters.

        A function with an argument `orders`, such as `aggregate.group_by`, gets the history, which
        knows the orders that are in; any other gets the `selection`.
        """

        def answer() -> Any:
            transactions = self.dataset.transactions
            if "orders" in signature(function).parameters:
                return function(transactions, orders=self.history(filters), **options)
            return function(transactions, selection=self.selection(filters), **options)

        return self._remembered(question_of("lines", function, filters, options), answer)

    def of_payments(self, function: Callable[..., Any], filters: Filters, **options: Any) -> Any:
        """Return ``function(payments, history, **options)``."""
        return self._remembered(
            question_of("payments", function, filters, options),
            lambda: function(self.dataset.payments, self.history(filters), **options),
        )

    def revenue_by_payment_type(self, filters: Filters) -> Table:
        """Return `payments.revenue_by_type` under the filters: the same on every page."""

        def answer() -> Table:
            assert self.dataset.payments is not None  # Else there are no `payment_types`.
            return payments.revenue_by_type(self.history(filters), self.dataset.payments)

        question = question_of("payments", payments.revenue_by_type, filters, {})
        revenue: Table = self._remembered(question, answer)
        return revenue

    def of_customers(
        self, function: Callable[..., Any], filters: Filters = EVERYTHING, **options: Any
    ) -> Any:
        """Return ``function(scores, **options)`` of the population's scores."""
        return self._remembered(
            question_of("customers", function, filters.population, options),
            lambda: function(self.scores_of(filters), **options),
        )

    def explained(self, filters: Filters) -> explain.Explanation:
        """Return the way from the raw file to the net revenue under the filters, step by step."""
        stages = []
        so_far = EVERYTHING
        for title, names in _STAGES:
            if any(getattr(filters, name) for name in names):
                so_far = replace(so_far, **{name: getattr(filters, name) for name in names})
                stages.append((title, self.of_lines(aggregate.group_by, so_far)))
        return explain.narrow(explain.revenue(self.dataset), stages)

    def remembers_customers(self, function: Callable[..., Any], **options: Any) -> bool:
        """Return whether `of_customers` of all customers would answer at once."""
        return question_of("customers", function, EVERYTHING, options) in self._answers

    def of_segments(
        self, function: Callable[..., Any], filters: Filters = EVERYTHING, **options: Any
    ) -> Any:
        """Return ``function(segments, **options)`` of the population's segments."""
        return self._remembered(
            question_of("segments", function, filters.population, options),
            lambda: function(self.segments_of(filters), **options),
        )

    def of_tiers(
        self, function: Callable[..., Any], filters: Filters = EVERYTHING, **options: Any
    ) -> Any:
        """Return ``function(tiers, **options)`` of the population's tiers."""
        return self._remembered(
            question_of("tiers", function, filters.population, options),
            lambda: function(self.tiers_of(filters), **options),
        )

    def of_source(self, function: Callable[..., Any], **options: Any) -> Any:
        """Return ``function(transactions, **options)`` of the whole source, made once for good."""
        question, make = self._asked_of_source(function, options)
        return self._of_source.get(question, make)

    def is_made(self, function: Callable[..., Any], **options: Any) -> bool:
        """Return whether `of_source` answers at once; if not, let a thread make the answer."""
        question, make = self._asked_of_source(function, options)
        return self._of_source.is_made(question, make)

    def _asked_of_source(
        self, function: Callable[..., Any], options: Mapping[str, Any]
    ) -> tuple[Hashable, Callable[[], Any]]:
        question = question_of("source", function, EVERYTHING, options)
        return question, self._how(question, lambda: function(self.dataset.transactions, **options))

    def knows(self, function: Callable[..., Any], **options: Any) -> bool:
        """Return whether this source can be asked for an answer at all."""
        return True

    @cached_property
    def _rule_set(self) -> rfm.RuleSet:
        return rfm.rule_set(self.rules)

    @cached_property
    def _whole(self) -> CustomerHistory:
        dataset = self.dataset
        asked: dict[str, Mapping[str, Any]] = {"kpi": {}}
        if dataset.region is not None:
            asked["geo"] = {"region": dataset.region}
        measures, marks = needs_of(asked, dataset.transactions)
        history = CustomerHistory(
            region=dataset.region,
            measures=measures,
            marks=marks,
            dimensions=("category",) if self.has_category else (),
        )
        return history.add(dataset.transactions)

    def _orders_with(self, dimension: str, key: Key) -> list[Key]:
        """Return the orders that have a line of a group, or a payment of a type."""
        chosen = (
            Selection(payment_type=(key,), payments=self.dataset.payments)
            if dimension == PAID_BY
            else Selection(dimensions={dimension: (key,)})
        )
        found = orders.list_orders(self.dataset.transactions, selection=chosen)
        keys: list[Key] = found.to_arrow().column("order").to_pylist()
        return keys

    def _people(self, filters: Filters, table: Table) -> Table:
        if filters == EVERYTHING:
            return table
        customers = self.of_orders(rfm.score, filters, n_bins=self._rule_set.n_bins)
        return rfm.of_customers(table, customers)

    def _remembered(self, question: Hashable, make: Callable[[], Any]) -> Any:
        return self._answers.get(question, self._how(question, make))

    def _how(self, question: Hashable, make: Callable[[], Any]) -> Callable[[], Any]:
        """Return how a question is answered: by asking the library."""
        return make


def question_of(
    of: str, function: Callable[..., Any], filters: Filters, options: Mapping[str, Any]
) -> Hashable:
    """Return what an answer is remembered by."""
    named = f"{function.__module__}.{function.__qualname__}"
    return (of, named, filters, tuple(sorted(options.items())))


def _by_revenue(table: Table, key: str, value: str = "revenue") -> Keys:
    """Return the keys of a table, the greatest value first, of equals in the order of the keys."""
    rows = zip(table.to_arrow().column(key).to_pylist(), table.decimals(value), strict=True)
    return tuple(one for one, _ in sorted(rows, key=lambda row: -(row[1] or 0)))
