"""Order lines, and what is known of each order at a moment."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from reference.calendar import midnight

Key = int | str


class NothingToAnalyzeError(Exception):
    """No purchase lies before `as_of`."""


@dataclass(frozen=True)
class Line:
    """One order line; a customer or region of None is not known."""

    customer: Key | None
    order: Key
    time: datetime
    amount: Decimal
    kind: str | None = None
    region: Key | None = None


@dataclass(frozen=True)
class Order:
    """One order: its lines before `as_of`, and what follows from them."""

    key: Key
    customer: Key | None
    lines: tuple[Line, ...]
    time: datetime | None  # Of the earliest purchase line; None: it does not count.
    region: Key | None


def sort_key(key: Key | None) -> tuple[int, int | bytes]:
    """Order integers by value and text by bytes, the unknown key last."""
    if key is None:
        return (2, 0)
    return (0, key) if isinstance(key, int) else (1, key.encode())


def kind_of(line: Line) -> str:
    """Return the kind of a line, told or by the sign of its amount."""
    if line.kind is not None:
        return line.kind
    if line.amount == 0:
        return "adjustment"
    return "sale" if line.amount > 0 else "refund"


def is_purchase(line: Line, purchases: str) -> bool:
    """Tell whether a line makes its order count."""
    return purchases == "every_line" or (line.amount > 0 and kind_of(line) != "refund")


def lines_before(lines: Iterable[Line], as_of: datetime) -> list[Line]:
    """Return the lines that an analysis at `as_of` reads."""
    return [line for line in lines if line.time < as_of]


def resolve_as_of(lines: Sequence[Line], as_of: datetime | None, purchases: str) -> datetime:
    """Return `as_of`, by default 00:00 after the day of the last line of any kind."""
    if not lines:
        raise NothingToAnalyzeError
    if as_of is None:
        as_of = midnight(max(line.time for line in lines).date() + timedelta(days=1))
    if not any(is_purchase(line, purchases) for line in lines_before(lines, as_of)):
        raise NothingToAnalyzeError
    return as_of


def orders_of(lines: Iterable[Line], purchases: str) -> list[Order]:
    """Return the orders of some lines, those without a purchase line included."""
    lines_of: dict[Key, list[Line]] = defaultdict(list)
    for line in lines:
        lines_of[line.order].append(line)
    return [_order(key, own, purchases) for key, own in lines_of.items()]


def _order(key: Key, lines: list[Line], purchases: str) -> Order:
    assert len({line.customer for line in lines}) == 1
    bought = [line for line in lines if is_purchase(line, purchases)]
    deciding = bought or lines
    earliest = min(line.time for line in deciding)
    regions = [line.region for line in deciding if line.time == earliest]
    return Order(
        key=key,
        customer=lines[0].customer,
        lines=tuple(lines),
        time=earliest if bought else None,
        region=min(regions, key=sort_key),
    )
