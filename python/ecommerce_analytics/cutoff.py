"""Customers as they were known at a moment, and what they did after it."""

from __future__ import annotations

from operator import index

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.customer_history import thread_count
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

_RANGES = {"horizon": (1, 3_650), "gap": (0, 3_650), "active_within": (1, 36_500)}


def features(
    transactions: Transactions,
    cutoff: Moment,
    *,
    active_within: int = 365,
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
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per eligible customer, in increasing order of the key: `customer`,
        `recency_days`, `frequency`, `monetary`, `tenure_days`, `mean_days_between_orders` (null
        for one order), `is_one_order`, `average_order_value`, `orders_90d`, `order_days`.

    Raises
    ------
    InvalidArgument
        If an option is out of its range, or no purchase lies before the cutoff.

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


def native_transactions(transactions: Transactions) -> _core.Transactions:
    """Return what the core takes; a TypeError for anything else."""
    if not isinstance(transactions, Transactions):
        raise TypeError(
            f"expected Transactions, got {type(transactions).__name__}; "
            "make a table with Transactions.from_arrow"
        )
    return transactions._native


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
