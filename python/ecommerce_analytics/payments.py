"""The second fact table: what was paid for an order, and how; and the revenue bridge."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from ecommerce_analytics import _core
from ecommerce_analytics.civil_time import Moment, PeriodName, require_period, to_microseconds
from ecommerce_analytics.customer_history import CustomerHistory, history_of
from ecommerce_analytics.errors import InvalidArgument, SchemaMismatch
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import (
    INTEGER_UNITS,
    ROUNDINGS,
    ArrowStreamable,
    IntegerUnitName,
    RoundingName,
    Transactions,
    array_column,
    choice_of,
    currency_code,
    stream_of,
    text_name,
)

_BRIDGE_MEASURES = ("tax", "freight")


class Payments:
    """Payments of orders, immutable: order, type, amount, perhaps instalments.

    An order has any number of payments and of lines. A join of the two tables would count money
    several times, so nothing here makes one: payments are added up by order first.
    """

    def __init__(self, native: _core.payments.Payments) -> None:
        self._native = native

    @property
    def num_rows(self) -> int:
        """Number of payments."""
        return self._native.num_rows

    def __len__(self) -> int:
        return self._native.num_rows

    @property
    def num_orders(self) -> int:
        """Distinct orders that have a payment."""
        return self._native.num_orders

    @property
    def currency(self) -> str | None:
        """ISO 4217 code, if told."""
        return self._native.currency or None

    @property
    def has_installments(self) -> bool:
        """True if it was told in how many parts each is paid."""
        return self._native.has_installments

    def __repr__(self) -> str:
        return f"<Payments: {self.num_rows} payments of {self.num_orders} orders>"

    @classmethod
    def from_arrow(
        cls,
        table: ArrowStreamable,
        *,
        order: str,
        payment_type: str,
        amount: str,
        source_row: str | None = None,
        installments: str | None = None,
        currency: str | None = None,
        rounding: RoundingName | None = None,
        integer_unit: IntegerUnitName | None = None,
    ) -> Payments:
        """Read payments from any table with `__arrow_c_stream__`.

        Parameters
        ----------
        table
            n rows.
        order, payment_type, amount : str
            Names of the columns. An order is text or integers and never missing, a type text or
            integers; money is read as by `Transactions.from_arrow`.
        source_row : str or None
            Integer column: row in the source, for messages.
        installments : str or None
            Integer column: in how many parts a payment is paid; it may be missing.
        currency, rounding, integer_unit
            As of `Transactions.from_arrow`.

        Raises
        ------
        SchemaMismatch
            If a column is missing or of a type that cannot hold the thing.
        InvalidData
            If a value cannot be read, or there are no rows.

        Examples
        --------
        >>> import ecommerce_analytics as ea
        >>> ea.Payments.from_arrays(order=["A1", "A1"], payment_type=["card", "voucher"],
        ...                         amount=["20.00", "5.00"])
        <Payments: 2 payments of 1 orders>
        """
        told = [order, payment_type, amount]
        told += [column for column in (source_row, installments) if column]
        columns = {text_name(column) for column in told}
        native = _core.payments.read(
            stream_of(table, columns),
            order=order,
            payment_type=payment_type,
            amount=amount,
            source_row=source_row or "",
            installments=installments or "",
            rounding=choice_of("rounding", ROUNDINGS, rounding),
            integer_unit=choice_of("integer_unit", INTEGER_UNITS, integer_unit),
            currency=currency_code(currency),
        )
        return cls(native)

    @classmethod
    def from_arrays(
        cls,
        *,
        order: npt.ArrayLike,
        payment_type: npt.ArrayLike,
        amount: npt.ArrayLike,
        installments: npt.ArrayLike | None = None,
        currency: str | None = None,
        rounding: RoundingName | None = None,
        integer_unit: IntegerUnitName | None = None,
    ) -> Payments:
        """Read payments from numpy arrays or lists of equal length, with no other library.

        Raises
        ------
        SchemaMismatch, InvalidData
            As `from_arrow`, and for arrays of other lengths.
        """
        given = {"order": order, "payment_type": payment_type, "amount": amount}
        if installments is not None:
            given["installments"] = installments
        columns = [array_column(name, values) for name, values in given.items()]
        for name, _, values, _ in columns:
            if len(values) != len(columns[0][2]):
                raise SchemaMismatch(
                    "from_arrays: an array has another length than order",
                    column=name,
                    value=len(values),
                )
        names: dict[str, Any] = {name: name for name in given}
        return cls.from_arrow(
            _core.make_array_table(columns),
            currency=currency,
            rounding=rounding,
            integer_unit=integer_unit,
            **names,
        )


def by_type(
    payments: Payments,
    transactions: Transactions | CustomerHistory | None = None,
    *,
    period: PeriodName | None = None,
    as_of: Moment | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """Sum payments up by type, and by period of the order.

    Parameters
    ----------
    payments : Payments
        n payments in any order.
    transactions : Transactions, CustomerHistory or None
        None: all payments count. Else those of the orders that count at `as_of`.
    period : {"day", "week", "month", "quarter", "year"} or None
        Span of one row, by the day of the order; None: one row per type. Needs `transactions`, as
        a payment has no day of its own.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, up to which orders count. None: 00:00 after the day of the last line.
    selection : Selection or None
        Which orders count; needs `transactions`.
    num_threads : int or None
        Threads that read the lines; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per type in increasing order of the key, the unknown one last: `payment_type`,
        `payments` (records), `orders` (distinct; one paid in two ways is in both), `paid`,
        `share` (of all that was paid; null unless that is positive); with `transactions` also
        `customers` (distinct known ones of these orders), and with a period one row per type and
        period that has a payment, with `period`, `start` and `partial`. `total_paid`,
        `total_orders` and `orders_of_several_types` are in its metadata.

    Raises
    ------
    InvalidArgument
        If `period`, `as_of` or `selection` is told without `transactions`, or as `kpi.summary`.
    SchemaMismatch
        If order keys are integers in one table and text in the other, or the currencies differ.

    Notes
    -----
    O(n). See docs/methods/payments.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> payments = ea.Payments.from_arrays(
    ...     order=["A1", "A1", "B1"], payment_type=["card", "voucher", "card"],
    ...     amount=["20.00", "5.00", "75.00"])
    >>> table = ea.payments.by_type(payments)
    >>> table["payment_type"].tolist(), table["orders"].tolist(), table["share"].tolist()
    (['card', 'voucher'], [2, 1], [0.95, 0.05])
    """
    native = _native("by_type", payments)
    if transactions is None:
        if as_of is not None or selection is not None or period is not None:
            raise InvalidArgument("payments: period, as_of and selection need transactions")
        return Table(_core.payments.by_type(native))
    if period is not None:
        require_period(period)
    history = history_of(transactions, as_of=as_of, num_threads=num_threads, selection=selection)
    return Table(
        _core.payments.by_type_of(
            native, history._native, as_of_us=to_microseconds(as_of), period=period
        )
    )


def by_installments(
    payments: Payments,
    transactions: Transactions | CustomerHistory | None = None,
    *,
    as_of: Moment | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """Sum payments up by the number of instalments in which they are paid.

    Parameters
    ----------
    payments : Payments
        n payments in any order, read with `installments`.
    transactions : Transactions, CustomerHistory or None
        None: all payments count. Else those of the orders that count at `as_of`.
    as_of, selection, num_threads
        As of `by_type`.

    Returns
    -------
    Table
        One row per number, increasing, null (not told) last: `installments`, `payments`
        (records), `orders` (distinct), `paid`, `share` (of all that was paid; null unless that is
        positive); with `transactions` also `customers`. `total_paid` and `total_orders` are in its
        metadata.

    Raises
    ------
    SchemaMismatch
        If the payments were read without `installments`, or as `by_type`.
    InvalidArgument
        If `as_of` or `selection` is told without `transactions`, or as `kpi.summary`.

    Notes
    -----
    An order with payments in two numbers is counted in both. O(n log n).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> payments = ea.Payments.from_arrays(
    ...     order=["A1", "A1", "B1"], payment_type=["card", "voucher", "card"],
    ...     amount=["20.00", "5.00", "75.00"], installments=[3, 1, 3])
    >>> table = ea.payments.by_installments(payments)
    >>> table["installments"].tolist(), table["orders"].tolist(), table["share"].tolist()
    ([1, 3], [1, 2], [0.05, 0.95])
    """
    native = _native("by_installments", payments)
    if transactions is None:
        if as_of is not None or selection is not None:
            raise InvalidArgument("payments: as_of and selection need transactions")
        return Table(_core.payments.by_installments(native))
    history = history_of(transactions, as_of=as_of, num_threads=num_threads, selection=selection)
    return Table(
        _core.payments.by_installments_of(native, history._native, as_of_us=to_microseconds(as_of))
    )


def revenue_by_type(
    transactions: Transactions | CustomerHistory,
    payments: Payments,
    *,
    as_of: Moment | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """Split the net revenue of each order by the shares of its payments.

    What was paid (`by_type`) is not what was earned: it holds freight and taxes, and leaves out
    what is owed. Here the revenue of the key figures itself is told by type.

    Parameters
    ----------
    transactions : Transactions or CustomerHistory
        Order lines.
    payments : Payments
        n payments in any order.
    as_of, selection, num_threads
        As of `kpi.summary`.

    Returns
    -------
    Table
        One row per type that has a share in an order, in increasing order of the key, the unknown
        one last: `payment_type`, `orders` (distinct; one paid in two ways is in both), `revenue`
        (exact), `share` (of all net revenue; null unless that is positive). In its metadata
        `total_revenue` (the key figure `revenue_net`), `total_orders`, and of the orders without
        a payment above zero, which are in no row, `orders_without_payment` and
        `revenue_without_payment`: what the rows add up to, and this, is `total_revenue`.

    Raises
    ------
    InvalidArgument, SchemaMismatch
        As `revenue_bridge`.
    MoneyOverflow
        If the money of an order is too large to be split.

    Notes
    -----
    Each type gets the whole 1/10,000 of its part of an order; those that remain go to the greatest
    remainders, of equal ones to the lesser keys. Types whose payments for an order do not add up
    to more than zero take no part in it. O(lines + n log n).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann"], order=["A1"], timestamp=["2026-01-05"], amount=["10.00"])
    >>> payments = ea.Payments.from_arrays(
    ...     order=["A1", "A1"], payment_type=["card", "voucher"], amount=["10.00", "2.50"])
    >>> table = ea.payments.revenue_by_type(tx, payments)
    >>> table["payment_type"].tolist(), table["revenue"].tolist()
    (['card', 'voucher'], [8.0, 2.0])
    """
    native = _native("revenue_by_type", payments)
    history = history_of(transactions, as_of=as_of, num_threads=num_threads, selection=selection)
    return Table(
        _core.payments.revenue_by_type(native, history._native, as_of_us=to_microseconds(as_of))
    )


def revenue_bridge(
    transactions: Transactions | CustomerHistory,
    payments: Payments | None = None,
    *,
    as_of: Moment | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Table:
    """Lead from the gross revenue of the lines to what was paid, step by step.

    Parameters
    ----------
    transactions : Transactions or CustomerHistory
        Order lines. Of a table the measures `tax` and `freight` are read where it has them; a
        history has those it was made with.
    payments : Payments or None
        What was paid; None: the bridge ends before it.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, up to which lines count. None: 00:00 after the day of the last line.
    selection : Selection or None
        Which orders are summed; a history has its own.
    num_threads : int or None
        Threads that read the lines; None: as many as there are cores allowed.

    Returns
    -------
    Table
        One row per step: `step`, `is_total` (a sum of the steps above), `lines` (null where the
        step is no sum of lines), `orders` (distinct, that the step touches), `amount`, `running`
        (sum of the steps so far). The steps are `gross` (lines of kind sale), `discount`,
        `refund`, `shipping`, `fee`, `adjustment`, total `net`; with measures `tax`, `freight`,
        total `billed`; with payments `paid without a line` (orders that nobody has lines of),
        `without a payment` (orders with lines only, negative), `difference` (of orders with both),
        total `paid`.

    Raises
    ------
    InvalidArgument
        As `kpi.summary`.
    SchemaMismatch
        If order keys are integers in one table and text in the other, or the currencies differ.

    Notes
    -----
    Reconciled to the last digit: with all orders selected, `paid` is the sum of all payments but
    those of orders after `as_of`. A payment belongs to its order. O(lines + payments). See
    docs/methods/payments.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> tx = ea.Transactions.from_arrays(
    ...     customer=["ann", "ann"], order=["A1", "A1"], timestamp=["2026-01-05", "2026-01-07"],
    ...     amount=["25.00", "-5.00"])
    >>> payments = ea.Payments.from_arrays(order=["A1"], payment_type=["card"], amount=["20.00"])
    >>> bridge = ea.payments.revenue_bridge(tx, payments)
    >>> dict(zip(bridge["step"], bridge["amount"].tolist()))["refund"]
    -5.0
    >>> bridge["step"][-1], bridge.decimals("running")[-1]
    ('paid', Decimal('20.0000'))
    """
    native = None if payments is None else _native("revenue_bridge", payments)
    measures = getattr(transactions, "measure_names", ())
    history = history_of(
        transactions,
        as_of=as_of,
        num_threads=num_threads,
        selection=selection,
        measures=[name for name in _BRIDGE_MEASURES if name in measures],
    )
    return Table(
        _core.payments.revenue_bridge(history._native, native, as_of_us=to_microseconds(as_of))
    )


def _native(function: str, payments: Payments) -> _core.payments.Payments:
    if not isinstance(payments, Payments):
        raise TypeError(f"{function} needs Payments, got {type(payments).__name__}")
    return payments._native
