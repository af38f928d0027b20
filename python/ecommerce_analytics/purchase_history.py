"""Each customer's purchases as models of customer value read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, to_microseconds
from ecommerce_analytics.customer_history import thread_count
from ecommerce_analytics.cutoff import native_transactions
from ecommerce_analytics.errors import SchemaMismatch
from ecommerce_analytics.extras import require
from ecommerce_analytics.fitted_model import number
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

_KEYS = ("customer", "customer_id")


def summary(
    transactions: Transactions,
    *,
    calibration_end: Moment | None = None,
    holdout_end: Moment | None = None,
    period_days: float = 7.0,
    num_threads: int | None = None,
) -> Table:
    """Sum up the purchases of each customer up to a day, and those of a holdout behind it.

    Parameters
    ----------
    transactions : Transactions
        Order lines, n rows in any order.
    calibration_end : str, date, datetime, numpy.datetime64 or None
        End of what models may see, exclusive, at a midnight. None: 00:00 after the day of the last
        line.
    holdout_end : str, date, datetime, numpy.datetime64 or None
        End of what is compared with them, exclusive, at a midnight. None: there is no holdout.
    period_days : float, default=7.0
        Days of the unit of time, in (0, 3,650].
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row for each known customer with a purchase in the calibration, in increasing order of
        the key: `customer`; `frequency`, distinct days with an order less one; `recency`, from the
        first to the last of them; `T`, from the first to the last day of the calibration;
        `monetary_value`, net money of the days after the first one / frequency, null without a
        repeat; `holdout_frequency`, days with an order in the holdout, and `holdout_money`, its net
        money, null without a holdout. Times are whole days / `period_days`.

    Raises
    ------
    InvalidArgument
        If an option is out of its range, an end is no midnight, the holdout does not end after the
        calibration, the data end before it does, or no known customer has a purchase in the
        calibration.

    Notes
    -----
    An order is at its earliest purchase line, money at its own line, of any kind: a refund after
    the first day lowers the mean, whatever it takes back. O(n). See
    docs/methods/purchase_history.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "bob", "ann", "ann"], order=["A1", "B1", "A2", "A3"],
    ...     timestamp=["2026-01-01", "2026-01-08", "2026-01-15", "2026-01-29"],
    ...     amount=["20.00", "5.00", "10.00", "7.00"])
    >>> table = ea.purchase_history.summary(tx, calibration_end="2026-01-23")
    >>> table["customer"].tolist(), table["frequency"].tolist()
    (['ann', 'bob'], [1, 0])
    >>> table["recency"].tolist(), table["T"].tolist(), table["monetary_value"].tolist()
    ([2.0, 0.0], [3.0, 2.0], [10.0, None])
    """
    return Table(
        _core.purchase_history.summarize(
            native_transactions(transactions),
            calibration_end_us=to_microseconds(calibration_end),
            holdout_end_us=to_microseconds(holdout_end),
            period_days=number("purchase_history", "period_days", period_days),
            num_threads=thread_count(num_threads),
        )
    )


def columns_of(summary: object, names: Sequence[str]) -> tuple[npt.NDArray[np.float64], ...]:
    """Read columns of a summary as float64 arrays; missing values become NaN.

    Parameters
    ----------
    summary : Table, mapping of arrays, pandas or polars frame, or anything with
        ``__arrow_c_stream__``
        With columns of these names, as here, in `lifetimes` or in PyMC-Marketing.
    names : sequence of str
        Names of the columns.

    Raises
    ------
    SchemaMismatch
        If a column is missing, is not of numbers, or has another length than the others.
    """
    source = _indexable(summary)
    read: list[npt.NDArray[np.float64]] = []
    for name in names:
        try:
            values = source[name]
        except (KeyError, IndexError, TypeError, ValueError):
            raise SchemaMismatch("purchase_history: a column is missing", column=name) from None
        except Exception as error:  # What a frame of another library raises.
            raise SchemaMismatch(
                "purchase_history: a column is missing", column=name, value=type(error).__name__
            ) from None
        try:
            if isinstance(values, np.ma.MaskedArray):
                array = np.ma.filled(values.astype(np.float64), np.nan)
            elif hasattr(values, "to_numpy") and hasattr(values, "isna"):
                array = values.to_numpy(dtype=np.float64, na_value=np.nan)
            else:
                array = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError):
            raise SchemaMismatch(
                "purchase_history: a column must be of numbers", column=name
            ) from None
        if array.ndim != 1 or (read and len(array) != len(read[0])):
            raise SchemaMismatch("purchase_history: columns of different lengths", column=name)
        read.append(np.ascontiguousarray(array))
    return tuple(read)


def keys_of(summary: object) -> list[Any] | None:
    """Return the customers of a summary: a column of keys, or a frame's index; None if untold."""
    source = _indexable(summary)
    names: list[Any] = list(getattr(source, "column_names", None) or ())
    if not names:
        names = list(source if isinstance(source, Mapping) else getattr(source, "columns", ()))
    for name in _KEYS:
        if name in names:
            return list(np.asarray(source[name]).tolist())
    index = getattr(source, "index", None)
    return list(index) if index is not None and not callable(index) else None


def _indexable(summary: Any) -> Any:
    """Return what gives a column for a name."""
    if isinstance(summary, (Table, Mapping)) or hasattr(summary, "columns"):
        return summary
    if hasattr(summary, "__arrow_c_stream__"):
        return require("io", "pyarrow").table(summary)
    raise TypeError(
        f"expected a summary of purchases, got {type(summary).__name__}; "
        "make one with purchase_history.summary"
    )
