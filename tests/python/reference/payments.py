"""Payments by type and the revenue bridge, slow and obvious."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from reference.customer_history import (
    Key,
    Line,
    is_purchase,
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
    installments: int | None = None


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


def by_installments(payments: Sequence[Payment]) -> list[dict[str, Any]]:
    """Sum payments up by the number of instalments."""
    total = sum((payment.amount for payment in payments), Decimal(0))
    rows = []
    for number in sorted({payment.installments for payment in payments}, key=sort_key):
        own = [payment for payment in payments if payment.installments == number]
        paid = sum((payment.amount for payment in own), Decimal(0))
        rows.append(
            {
                "installments": number,
                "payments": len(own),
                "orders": len({payment.order for payment in own}),
                "paid": paid,
                "share": ratio(paid, total) if total > 0 else None,
            }
        )
    return rows


def revenue_by_type(
    lines: Sequence[Line],
    payments: Sequence[Payment],
    as_of: datetime | None = None,
    purchases: str = "positive_amount",
) -> tuple[list[dict[str, Any]], Decimal]:
    """Split each order's net revenue; return the rows, and what has no payment."""
    as_of = resolve_as_of(lines, as_of, purchases)
    met = lines_before(lines, as_of)
    revenue: dict[Key | None, Decimal] = defaultdict(Decimal)
    orders: dict[Key | None, set[Key]] = defaultdict(set)
    whole, without = Decimal(0), Decimal(0)
    for order in {line.order for line in met}:
        own = [line for line in met if line.order == order]
        net = sum((line.amount for line in own), Decimal(0))
        whole += net
        paid: dict[Key | None, Decimal] = defaultdict(Decimal)
        for payment in payments:
            if payment.order == order:
                paid[payment.payment_type] += payment.amount
        weights = {name: amount for name, amount in paid.items() if amount > 0}
        if not weights:
            without += net
            continue
        units = abs(int(net * 10_000))
        exact = {
            name: Fraction(amount) * units / Fraction(sum(weights.values()))
            for name, amount in weights.items()
        }
        parts = {name: int(part) for name, part in exact.items()}
        names = sorted(weights, key=sort_key)
        names.sort(key=lambda name: parts[name] - exact[name])  # Stable.
        for name in names[: units - sum(parts.values())]:
            parts[name] += 1
        for name, part in parts.items():
            revenue[name] += Decimal(part if net >= 0 else -part) / 10_000
            orders[name] |= {order} if any(is_purchase(one, purchases) for one in own) else set()
    rows = [
        {
            "payment_type": "unknown" if name is None else name,
            "orders": len(orders[name]),
            "revenue": revenue[name],
            "share": ratio(revenue[name], whole) if whole > 0 else None,
        }
        for name in sorted(revenue, key=sort_key)
    ]
    return rows, without


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
