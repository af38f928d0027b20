"""The state that every analysis of orders reads, and how it is made from a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import index

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.selection import Key, Selection, key_column, native_selection
from ecommerce_analytics.transactions import Transactions


class CustomerHistory:
    """What is known of each customer's orders: an accumulator over order lines.

    Chunks, shards and daily loads go in one by one, in any order; each analysis takes a history
    in the place of a table, so that one pass over the rows serves them all. The state says the
    same, bit by bit, whatever the order and the split.

    Several threads may use one history: an `add` or `merge` waits for the others, analyses read
    side by side, and each call sees the whole of a table or nothing of it. A history can be
    neither pickled nor copied deeply: keep the tables and add them again.

    Parameters
    ----------
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, from which on lines are ignored. With it the analyses may use just this
        moment or any midnight before it; without it, any midnight.
    region : str or None
        Dimension to keep for each order; `geo_aggregate` needs one.
    measures : iterable of str
        Measures to keep for each order and day; `quantity` is that of lines of kind sale.
    marks : mapping of str to iterable of str or int
        Keys by dimension, such as `{"delivery": ["late"]}`: for each order the history keeps
        whether one of its lines has one of them, and whether one has a key at all.
    dimensions : iterable of str
        Dimensions, such as `category`, of which the history keeps the distinct keys of each order:
        by them `select` can choose.
    selection : Selection or None
        What the analyses of this history sum up. With dimensions in it, they can be asked for one
        moment only: `as_of`, or the default one.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> day = lambda order, amount: ea.Transactions.from_arrays(
    ...     customer=["ann"], order=[order], timestamp=["2026-11-21"], amount=[amount])
    >>> history = ea.CustomerHistory()
    >>> history.add(day("A1", "10.00")).add(day("A2", "2.50")).num_orders
    2
    """

    def __init__(
        self,
        *,
        as_of: Moment | None = None,
        region: str | None = None,
        measures: Iterable[str] = (),
        marks: Mapping[str, Iterable[Key]] | None = None,
        dimensions: Iterable[str] = (),
        selection: Selection | None = None,
    ) -> None:
        if region is not None and not isinstance(region, str):
            raise TypeError(f"region must be the name of a dimension, got {region!r}")
        for option, names in (("measures", measures), ("dimensions", dimensions)):
            if isinstance(names, str):
                raise TypeError(f"{option} must be a list of names, got {names!r}")
        self.region = region
        self.measures = tuple(measures)
        self.dimensions = tuple(dimensions)
        self.selection = selection
        self._native = _core.CustomerHistory(
            as_of_us=to_microseconds(as_of),
            region=region or "",
            measures=list(self.measures),
            marks=[(name, key_column(name, keys)) for name, keys in (marks or {}).items()],
            dimensions=list(self.dimensions),
            selection=native_selection(selection),
        )

    @property
    def num_orders(self) -> int:
        """Distinct order keys met, those without a purchase line included."""
        return self._native.num_orders

    @property
    def num_customers(self) -> int:
        """Distinct known customers met, those without an order included."""
        return self._native.num_customers

    def add(self, transactions: Transactions, *, num_threads: int | None = None) -> CustomerHistory:
        """Take the lines of a table in, and return the history itself.

        Ctrl-C in the main thread stops the call and leaves the history as it was. In its last part
        the state changes and the call is finished first: then all of the table is in, and
        `num_orders` tells.

        Parameters
        ----------
        transactions : Transactions
            The same lines twice count twice.
        num_threads : int or None
            In [0, 1024]; None or 0: as many as there are cores allowed.

        Raises
        ------
        InvalidArgument
            If `num_threads` is out of range.
        SchemaMismatch
            If the table lacks the region, a measure or a dimension of the selection, or its keys or
            its currency are of another kind.
        InvalidData
            If an order has two customers. Nothing is changed then.
        """
        if not isinstance(transactions, Transactions):
            raise TypeError(f"expected Transactions, got {type(transactions).__name__}")
        self._native.add(transactions._native, num_threads=thread_count(num_threads))
        return self

    def select(self, selection: Selection | None) -> CustomerHistory:
        """Return the same orders and customers under another selection, in the place of its own.

        Every analysis of the new history says what that of
        `CustomerHistory(selection=selection).add(transactions)` says, byte for byte, without
        reading a line again. Both share one state: nothing is copied until one of them takes lines
        in, and an `add` or `merge` to one never changes the other.

        Parameters
        ----------
        selection : Selection or None
            May name the `region` and the `dimensions` that the history keeps; None: everything.

        Raises
        ------
        InvalidArgument
            If the history does not keep a dimension or the region of the selection.
        SchemaMismatch
            If keys are integers here and text there.

        Notes
        -----
        O(keys). The first call sorts the state by day, O(order-days) and 20 bytes for each of them
        more; analyses of all histories that share it are faster from then on. The first analysis
        at a moment finds the orders that are in, O(orders); the next ones remember them.

        Examples
        --------
        >>> import ecommerce_analytics as ea
        >>> tx = ea.Transactions.from_arrays(
        ...     customer=["ann", "bob"], order=["A1", "B1"], timestamp=["2026-01-05", "2026-01-09"],
        ...     amount=["19.90", "5.00"], category=["toys", "books"])
        >>> history = ea.CustomerHistory(dimensions=["category"]).add(tx)
        >>> toys = history.select(ea.Selection(category=["toys"]))
        >>> ea.kpi.summary(toys)["orders"].tolist(), ea.kpi.summary(history)["orders"].tolist()
        ([1], [2])
        """
        selected = CustomerHistory.__new__(CustomerHistory)
        selected.region = self.region
        selected.measures = self.measures
        selected.dimensions = self.dimensions
        selected.selection = selection
        selected._native = self._native.select(native_selection(selection))
        return selected

    def merge(self, other: CustomerHistory) -> CustomerHistory:
        """Take another history in, and return this one; a merge of shards equals the whole.

        Raises
        ------
        InvalidArgument
            If the other one was made with other options.
        SchemaMismatch, InvalidData
            As `add`.
        """
        if not isinstance(other, CustomerHistory):
            raise TypeError(f"expected CustomerHistory, got {type(other).__name__}")
        self._native.merge(other._native)
        return self


def history_of(
    source: Transactions | CustomerHistory,
    *,
    as_of: Moment | None,
    num_threads: int | None,
    selection: Selection | None,
    region: str | None = None,
    measures: Iterable[str] = (),
) -> CustomerHistory:
    """Return the history itself, or that of a table, cut at `as_of` and under the selection."""
    thread_count(num_threads)  # Checks it for a history too, which has no rows left to read.
    if isinstance(source, CustomerHistory):
        if selection is not None and selection != source.selection:
            raise InvalidArgument("customer_history: a history has the selection it was made with")
        return source
    if not isinstance(source, Transactions):
        raise TypeError(
            f"expected Transactions or CustomerHistory, got {type(source).__name__}; "
            "make a table with Transactions.from_arrow"
        )
    history = CustomerHistory(as_of=as_of, region=region, measures=measures, selection=selection)
    return history.add(source, num_threads=num_threads)


def thread_count(told: int | None) -> int:
    """Return the number of threads as the core wants it: 0 is as many as there are cores."""
    num_threads = 0 if told is None else index(told)
    if not 0 <= num_threads <= 1024:
        raise InvalidArgument("parallel: num_threads must be in [0, 1024]", value=str(num_threads))
    return num_threads
