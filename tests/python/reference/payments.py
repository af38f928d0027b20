"""Payments by type and the revenue bridge, slow and obvious."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from reference.customer_history import (
    Key,
    Line,
    kind_of,
    lines_before,
    resolve_as_of,
    sort_key,
)
from reference.money import ratio

_STEPS = {
    "gross": "sale",
    "discount": "discount",
    "refund": "refund",
    "shipping": "shipping",
    "fee": "fee",
    "adjustment": "adjustment",
}


@dataclass(frozen=True)
class Payment:
    """One payment; a type of None is not known."""

    order: Key
    payment_type: Key | None
    amount: Decimal


def by_type(payments: Sequence[Payment]) -> list[dict[str, Any]]:
    """Sum payments up by type."""
    of_type: dict[Key | None, list[Payment]] = defaultdict(list)
    for payment in payments:
        of_type[payment.payment_type].append(payment)
    total = sum((payment.amount for payment in payments), Decimal(0))
    rows = []
    for name in sorted(of_type, key=sort_key):
        paid = sum((payment.amount for payment in of_type[name]), Decimal(0))
        is_text = not any(isinstance(other, int) for other in of_type)
        rows.append(
            {
                "payment_type": "unknown" if name is None and is_text else name,
                "payments": len(of_type[name]),
                "orders": len({payment.order for payment in of_type[name]}),
                "paid": paid,
                "share": ratio(paid, total) if total > 0 else None,
            }
        )
    return rows


def revenue_bridge(
    lines: Sequence[Line],
    payments: Sequence[Payment] | None,
    as_of: datetime | None = None,
    purchases: str = "positive_amount",
) -> list[dict[str, Any]]:
    """Lead from the lines to what was paid."""
    as_of = resolve_as_of(lines, as_of, purchases)
    met = lines_before(lines, as_of)
    rows: list[dict[str, Any]] = []
    running = Decimal(0)

    def add(step: str, num_lines: int | None, orders: set[Key], amount: Decimal) -> None:
        nonlocal running
        running += amount
        rows.append(_row(step, False, num_lines, orders, amount, running))

    for step, kind in _STEPS.items():
        own = [line for line in met if kind_of(line) == kind]
        add(
            step,
            len(own),
            {line.order for line in own},
            sum((one.amount for one in own), Decimal(0)),
        )
    billed: dict[Key, Decimal] = defaultdict(Decimal)
    for line in met:
        billed[line.order] += line.amount
    rows.append(_row("net", True, None, set(billed), running, running))
    if payments is None:
        return rows

    known = {line.order for line in lines}
    paid: dict[Key, Decimal] = defaultdict(Decimal)
    for payment in payments:
        if payment.order in billed or payment.order not in known:
            paid[payment.order] += payment.amount
    stray = {order for order in paid if order not in billed}
    unpaid = {order for order in billed if order not in paid}
    different = {order for order in paid if order in billed and paid[order] != billed[order]}
    add("paid without a line", None, stray, sum((paid[order] for order in stray), Decimal(0)))
    add("without a payment", None, unpaid, -sum((billed[order] for order in unpaid), Decimal(0)))
    add(
        "difference",
        None,
        different,
        sum((paid[order] - billed[order] for order in different), Decimal(0)),
    )
    assert running == sum(paid.values(), Decimal(0))
    rows.append(_row("paid", True, None, set(paid), running, running))
    return rows


def _row(
    step: str,
    is_total: bool,
    num_lines: int | None,
    orders: set[Key],
    amount: Decimal,
    running: Decimal,
) -> dict[str, Any]:
    return {
        "step": step,
        "is_total": is_total,
        "lines": num_lines,
        "orders": len(orders),
        "amount": amount,
        "running": running,
    }
