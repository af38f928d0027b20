"""Customers as they were known at a moment, and what they did after it."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core, fitted_model
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.customer_history import thread_count
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import ArrowStreamable, Transactions

_RANGES = {"horizon": (1, 3_650), "gap": (0, 3_650), "active_within": (1, 36_500)}


class Facts:
    """What became known of orders, and when: deliveries, reviews, payments.

    A fact says that from a moment on a number was known of an order, such as the score of its
    review. `CutoffDataset`, `features`, `churn.rank` and `churn.evaluate` take facts as `facts=`
    and see those of before the cutoff only: an order is known when it is placed, its delivery when
    it came.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob"], order=["A1", "B1"], amount=["20.00", "5.00"],
    ...     timestamp=["2026-01-05", "2026-01-09"])
    >>> facts = ea.cutoff.Facts.from_arrays(
    ...     order=["A1", "B1"], known_at=["2026-01-20", "2026-02-10"],
    ...     name=["review_score", "review_score"], value=[4, 1])
    >>> table = ea.cutoff.features(tx, "2026-02-10", facts=facts)
    >>> table["fact_review_score"].tolist(), table["fact_review_score_known"].tolist()
    ([4.0, None], [True, False])
    """

    def __init__(self, lines: Transactions) -> None:
        self._lines = lines

    @property
    def num_rows(self) -> int:
        """Number of facts."""
        return self._lines.num_rows

    def __len__(self) -> int:
        return self._lines.num_rows

    def __repr__(self) -> str:
        return f"<Facts: {self.num_rows} facts of {self._lines.num_orders} orders>"

    @classmethod
    def from_arrow(
        cls, table: ArrowStreamable, *, order: str, known_at: str, name: str, value: str
    ) -> Facts:
        """Read facts from any table with `__arrow_c_stream__`, one a row.

        Parameters
        ----------
        table
            n rows.
        order, known_at, name, value : str
            Names of the columns. An order is text or integers as in the transactions, the time is
            read as theirs, a name is text, a value a number, taken to the nearest 1/10,000, ties
            to even; none may be missing.

        Raises
        ------
        SchemaMismatch
            If a column is missing or of a type that cannot hold the thing.
        InvalidData
            If a value cannot be read or is missing, or there are no rows.
        """
        return cls(
            Transactions.from_arrow(
                table,
                customer=order,
                order=order,
                timestamp=known_at,
                amount=value,
                dimensions={"fact": name},
                integer_unit="major",
                rounding="half_even",
            )
        )

    @classmethod
    def from_arrays(
        cls,
        *,
        order: npt.ArrayLike,
        known_at: npt.ArrayLike,
        name: npt.ArrayLike,
        value: npt.ArrayLike,
    ) -> Facts:
        """Read facts from numpy arrays or lists of equal length.

        Raises
        ------
        SchemaMismatch, InvalidData
            As `from_arrow`, and for arrays of other lengths.
        """
        return cls(
            Transactions.from_arrays(
                customer=order,
                order=order,
                timestamp=known_at,
                amount=value,
                dimensions={"fact": name},
                integer_unit="major",
                rounding="half_even",
            )
        )


def features(
    transactions: Transactions,
    cutoff: Moment,
    *,
    active_within: int = 365,
    facts: Facts | None = None,
    num_threads: int | None = None,
) -> Table:
    """Tell what was known of each customer before a moment, without any label.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order; those from `cutoff` on are not read.
    cutoff : str, date, datetime or numpy.datetime64
        The moment, exclusive.
    active_within : int, default=365
        Eligible are known customers with an order in that many days of 24 hours before the cutoff.
        In [1, 36,500].
    facts : Facts or None
        What became known of orders; those from `cutoff` on are not read, nor those of orders
        without a line before it.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per eligible customer, in increasing order of the key: `customer`,
        `recency_days`, `frequency`, `monetary`, `tenure_days`, `mean_days_between_orders` (null
        for one order), `is_one_order`, `average_order_value`, `orders_90d`, `order_days`,
        `recency_over_gap` (null for one order day), `is_one_order_day`, `gap_trend` (null below
        three order days), `is_trend_known`, `recent_order_days`, `peak_season_share`,
        `lines_per_order`, `return_rate_money` and `return_rate_lines` (null without sales). Where
        the lines tell: `discount_share`, `items`, `unique_products`, `unique_categories`,
        `median_line_items`, `median_product_buyers` and `region` (of the first order). For each
        name of `facts` that is known of any order
        ``fact_<name>``, the mean over his orders, null if none is known, and
        ``fact_<name>_known``.

    Raises
    ------
    InvalidArgument
        If an option is out of its range, or no purchase lies before the cutoff.
    SchemaMismatch
        If orders are integers in `facts` and text in the lines.

    Notes
    -----
    An order is at its earliest purchase line, money at its own line: a refund after the cutoff
    lowers nothing. O(n). See docs/methods/cutoff.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann", "bob"], order=["A1", "B1", "A2", "B2"],
    ...     timestamp=["2026-01-05", "2026-01-09", "2026-02-04", "2026-03-01"],
    ...     amount=["20.00", "5.00", "10.00", "7.00"])
    >>> table = ea.cutoff.features(tx, "2026-02-10")
    >>> table["customer"].tolist(), table["recency_days"].tolist()
    (['ann', 'bob'], [6, 32])
    >>> table["mean_days_between_orders"].tolist(), table["average_order_value"].tolist()
    ([30.0, None], [15.0, 5.0])
    """
    return Table(
        _core.cutoff.features(
            native_transactions(transactions),
            _moment(cutoff),
            active_within_days=day_count("active_within", active_within),
            num_threads=thread_count(num_threads),
            facts=native_facts(facts),
        )
    )


def suggest_horizon(
    transactions: Transactions,
    *,
    as_of: Moment | None = None,
    share: float = 0.9,
    confidence: float = 0.95,
    n_resamples: int = 200,
    random_state: int = 0,
    num_threads: int | None = None,
) -> Table:
    """Suggest a horizon from the days between the orders of those who came back.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    as_of : moment or None
        Orders before it count. None: 00:00 after the day of the last line.
    share : float, default=0.9
        Share of the gaps that the horizon is to cover, in (0, 1).
    confidence : float, default=0.95
        Coverage of the interval, in (0, 1).
    n_resamples, random_state : int
        Resamples of the customers behind the interval, in [1, 100,000], and their seed.
    num_threads : int or None
        Threads; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row: `horizon_days` with `lower` and `upper`, the `share` of the gaps that are not
        longer, `gaps`, `customers` (those with a gap) and `median_gap`.

    Raises
    ------
    InvalidArgument
        If an option is out of its range, or no purchase lies before `as_of`.
    InvalidData
        If there are fewer than 100 gaps.

    Notes
    -----
    A gap is the civil days from a day with an order of a known customer to his next one; the
    horizon is the least number of days that `share` of all gaps do not exceed, at most 3,650. Gaps
    that have not ended are not counted: where the data are short, so is the horizon. O(n).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.datasets.make_synthetic(num_customers=2_000, random_state=0).transactions
    >>> told = ea.cutoff.suggest_horizon(tx)
    >>> int(told["horizon_days"][0]) > int(told["median_gap"][0])
    True
    """
    return Table(
        _core.cutoff.suggest_horizon(
            native_transactions(transactions),
            as_of_us=to_microseconds(as_of),
            share=fitted_model.number("cutoff", "share", share),
            confidence=fitted_model.number("cutoff", "confidence", confidence),
            n_resamples=_whole("n_resamples", n_resamples),
            random_state=_whole("random_state", random_state),
            num_threads=thread_count(num_threads),
        )
    )


class CutoffDataset:
    """Features at a cutoff with labels of what happened after it: the one source of labels.

    Label 1 stands for no order in the window [cutoff + gap, cutoff + gap + horizon), in days of 24
    hours. Features are made from a history that ends at the cutoff, labels from another one; what
    learns from labels takes them from here and no array, so that a label made of the features
    themselves cannot come in.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    cutoff : str, date, datetime or numpy.datetime64
        The moment up to which features look, exclusive.
    horizon : int, default=90
        Days of the label window, in [1, 3,650].
    gap : int, default=0
        Days between the cutoff and the window, in [0, 3,650].
    active_within : int, default=365
        As `features`.
    facts : Facts or None
        As `features`.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Attributes
    ----------
    cutoff : numpy.datetime64
        The moment.
    horizon, gap, active_within : int
        The options.
    num_rows, num_positives : int
        Eligible customers, and those of them with label 1.
    features : Table
        As the function `features` makes them; no column is of what came after.
    labels : ndarray of uint8, shape (num_rows,)
        By row of `features`; read-only.
    window_revenue : ndarray of float64, shape (num_rows,)
        Net money of all lines in the window, by row of `features`; read-only.

    Raises
    ------
    InvalidArgument
        If an option is out of its range, no purchase lies before the cutoff, or the data end inside
        the label window: 00:00 after the day of the last line of any kind must not be before
        its end.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann", "bob"], order=["A1", "B1", "A2", "B2"],
    ...     timestamp=["2026-01-05", "2026-01-09", "2026-02-04", "2026-03-01"],
    ...     amount=["20.00", "5.00", "10.00", "7.00"])
    >>> dataset = ea.CutoffDataset(tx, "2026-02-10", horizon=20)
    >>> dataset.features["customer"].tolist(), dataset.labels.tolist()
    (['ann', 'bob'], [1, 0])
    """

    def __init__(
        self,
        transactions: Transactions,
        cutoff: Moment,
        horizon: int = 90,
        gap: int = 0,
        active_within: int = 365,
        *,
        facts: Facts | None = None,
        num_threads: int | None = None,
    ) -> None:
        cutoff_us = _moment(cutoff)
        self.horizon = day_count("horizon", horizon)
        self.gap = day_count("gap", gap)
        self.active_within = day_count("active_within", active_within)
        self.cutoff = np.datetime64(cutoff_us, "us")
        self._native = _core.cutoff.Dataset(
            native_transactions(transactions),
            cutoff_us,
            horizon_days=self.horizon,
            gap_days=self.gap,
            active_within_days=self.active_within,
            num_threads=thread_count(num_threads),
            facts=native_facts(facts),
        )
        self.features = Table(self._native.features())

    @property
    def num_rows(self) -> int:
        """Number of eligible customers."""
        return self._native.num_rows

    @property
    def num_positives(self) -> int:
        """Number of customers without an order in the window."""
        return self._native.num_positives

    @property
    def labels(self) -> npt.NDArray[np.uint8]:
        """Labels by row of `features`, a copy that cannot be written to."""
        labels: npt.NDArray[np.uint8] = self._native.labels()
        labels.setflags(write=False)
        return labels

    @property
    def window_revenue(self) -> npt.NDArray[np.float64]:
        """Net money of each customer's lines in the window: what came after, as the labels."""
        revenue: npt.NDArray[np.float64] = self._native.window_revenue()
        revenue.setflags(write=False)
        return revenue

    def __len__(self) -> int:
        return self.num_rows

    def __repr__(self) -> str:
        return (
            f"<CutoffDataset: {self.num_rows} customers at {self.cutoff}, {self.num_positives} "
            f"without an order in {self.horizon} days>"
        )


def numbers_of(table: Table) -> dict[str, npt.NDArray[np.float64]]:
    """Return the features that are numbers, by their names; NaN for null."""
    return {
        name: np.ma.filled(np.ma.asarray(table[name]).astype(np.float64), np.nan)
        for name in table.column_names
        if name not in ("customer", "region")  # Keys: they have no size.
    }


def native_transactions(transactions: Transactions) -> _core.Transactions:
    """Return what the core takes; a TypeError for anything else."""
    if not isinstance(transactions, Transactions):
        raise TypeError(
            f"expected Transactions, got {type(transactions).__name__}; "
            "make a table with Transactions.from_arrow"
        )
    return transactions._native


def native_facts(facts: Facts | None) -> _core.Transactions | None:
    """Return what the core takes; a TypeError for anything else."""
    if facts is not None and not isinstance(facts, Facts):
        raise TypeError(f"facts must be cutoff.Facts, got {type(facts).__name__}")
    return None if facts is None else facts._lines._native


def _whole(name: str, given: Any) -> int:
    if isinstance(given, bool) or not 0 <= index(given) < 2**31:
        raise InvalidArgument(f"cutoff: {name} must be in [0, 2^31)", value=repr(given))
    return index(given)


def _moment(cutoff: Moment) -> int:
    cutoff_us = to_microseconds(cutoff)
    if cutoff_us is None:
        raise InvalidArgument("cutoff: there must be a cutoff")
    return cutoff_us


def day_count(name: str, days: int) -> int:
    """Return a number of days, refused here if it is out of the range of its name."""
    least, greatest = _RANGES[name]
    if isinstance(days, bool) or not least <= index(days) <= greatest:
        raise InvalidArgument(f"cutoff: {name} must be in [{least}, {greatest}]", value=str(days))
    return index(days)
