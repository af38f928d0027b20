"""Random logs of order lines, small ones in which everything collides, and tables of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

import ecommerce_analytics as ea
from reference.customer_history import Line

KINDS = ("sale", "refund", "shipping", "fee", "discount", "adjustment")

_FIRST_DAY = date(2016, 11, 20)
_HOURS = (
    time(),
    time(0, 0, 0, 1),
    time(9, 30),
    time(12),
    time(23, 59, 59, 999_999),
)
_AMOUNTS = ("0", "1", "1", "2.5", "-1", "-2.5", "10", "0.0001", "-0.0001", "3.3333", "19.99")


@dataclass(frozen=True)
class OrderLog:
    """Order lines and the rule by which they make orders count."""

    lines: tuple[Line, ...]
    purchases: str = "positive_amount"

    def table(self, lines: Sequence[Line] | None = None) -> pa.Table:
        """Return some of the lines, or all of them, as an Arrow table."""
        return table_of(self.lines if lines is None else lines, like=self.lines)

    def transactions(self, lines: Sequence[Line] | None = None) -> ea.Transactions:
        """Return some of the lines, or all of them, as the library holds them."""
        return transactions_of(self.table(lines), purchases=self.purchases)


def table_of(lines: Sequence[Line], like: Sequence[Line] | None = None) -> pa.Table:
    """Return lines as an Arrow table; the types of the keys are those of `like`."""
    like = lines if like is None else like
    columns = {
        "customer": pa.array(
            [line.customer for line in lines], _key_type([line.customer for line in like])
        ),
        "order": pa.array([line.order for line in lines], _key_type([line.order for line in like])),
        "timestamp": pa.array([line.time for line in lines], pa.timestamp("us")),
        "amount": pa.array([line.amount for line in lines], pa.decimal128(20, 4)),
        "region": pa.array(
            [line.region for line in lines], _key_type([line.region for line in like])
        ),
    }
    if any(line.kind is not None for line in like):
        columns["kind"] = pa.array([line.kind for line in lines], pa.string())
    return pa.table(columns)


def _key_type(keys: Sequence[Any]) -> pa.DataType:
    return pa.int64() if any(isinstance(key, int) for key in keys) else pa.string()


def transactions_of(table: Any, **changes: Any) -> ea.Transactions:
    """Read a table whose columns are named as those of `table_of`."""
    names = table.column_names if isinstance(table, pa.Table) else list(table.columns)
    mapping = {
        "customer": "customer",
        "order": "order",
        "timestamp": "timestamp",
        "amount": "amount",
        "region": "region" if "region" in names else None,
        "kind": "kind" if "kind" in names else None,
    }
    return ea.Transactions.from_arrow(table, **(mapping | changes))


def rows_of(result: ea.Table) -> list[dict[str, Any]]:
    """Return a result as Python rows, money as decimals."""
    return result.to_arrow().to_pylist()


def content_of(result: ea.Table) -> bytes:
    """Return everything that a result says, as the bytes of an Arrow file."""
    sink = pa.BufferOutputStream()
    table = result.to_arrow()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return sink.getvalue().to_pybytes()


_CUSTOMER_KEYS = (("ana", "Bo", "é", "z\x00", "zz"), (7, -3, 2**40, 0, 10))
_ORDER_KEYS = (tuple(f"o{number}" for number in range(9)), (*range(-2, 6), 2**62))
_REGION_KEYS = (("SP", "RJ", "sp", "MG"), (35, 33, -1, 2**33))
_SPANS_DAYS = (70, 500, 3)
_PURCHASES = ("positive_amount", "positive_amount", "every_line")


class _Choices:
    """Takes one drawn integer apart: a draw each would be slow, and this shrinks as well."""

    def __init__(self, number: int) -> None:
        self._number = number

    def of(self, *values: Any) -> Any:
        self._number, index = divmod(self._number, len(values))
        return values[index]


@st.composite
def order_logs(draw: st.DrawFn, max_lines: int = 25, with_purchase: bool = False) -> OrderLog:
    """Draw a log of few customers, orders, days and amounts, keys of integers or text."""
    choices = _Choices(draw(st.integers(0, 2 * 2 * 2 * 2 * 3 * 3 - 1)))
    customer_keys = choices.of(*_CUSTOMER_KEYS)
    order_keys = choices.of(*_ORDER_KEYS)
    region_keys = choices.of(*_REGION_KEYS)
    kinds = choices.of((None,), KINDS)
    span_days = choices.of(*_SPANS_DAYS)
    purchases = choices.of(*_PURCHASES)
    customers = _Choices(draw(st.integers(0, (len(customer_keys) + 1) ** len(order_keys) - 1)))
    customer_of = {key: customers.of(*customer_keys, None) for key in order_keys}

    num_lines = (
        len(order_keys)
        * span_days
        * len(_HOURS)
        * len(_AMOUNTS)
        * len(kinds)
        * len(region_keys)
        * 2
    )
    size = draw(st.integers(1, max_lines))  # Of its own: lists drawn freely are short.
    lines = []
    for number in draw(st.lists(st.integers(0, num_lines - 1), min_size=size, max_size=size)):
        line = _Choices(number)
        order = line.of(*order_keys)
        lines.append(
            Line(
                customer=customer_of[order],
                order=order,
                amount=Decimal(line.of(*_AMOUNTS)),
                region=line.of(*region_keys, None),
                kind=line.of(*kinds),
                time=_moment(line.of(*range(span_days)), line.of(*_HOURS)),
            )
        )
    if with_purchase:
        kind = None if kinds == (None,) else "sale"
        lines.append(replace(lines[0], amount=Decimal(5), kind=kind))
    return OrderLog(tuple(lines), purchases)


def _moment(days: int, hour: time) -> datetime:
    return datetime.combine(_FIRST_DAY + timedelta(days=days), hour)


@st.composite
def logs_and_moments(draw: st.DrawFn, max_lines: int = 25) -> tuple[OrderLog, datetime | None]:
    """Draw a log and a moment to look back from: the default, a line's own, or any other."""
    log = draw(order_logs(max_lines))
    times = [line.time for line in log.lines]
    moment = st.one_of(
        st.none(),
        st.sampled_from(times),
        st.sampled_from(times).map(lambda time: time + timedelta(microseconds=1)),
        st.builds(_moment, st.integers(0, 520), st.sampled_from(_HOURS)),
    )
    return log, draw(moment)


def midnights() -> st.SearchStrategy[datetime | None]:
    """Draw a moment that any history can answer."""
    return st.one_of(st.none(), st.integers(0, 520).map(lambda days: _moment(days, time())))
