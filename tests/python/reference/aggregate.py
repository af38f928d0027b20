"""Lines, money, distinct orders and distinct customers of groups of lines."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from reference.calendar import first_day_of, has_ended, period_label
from reference.customer_history import (
    Key,
    Line,
    Order,
    is_purchase,
    kind_of,
    lines_before,
    orders_of,
    resolve_as_of,
    sort_key,
)
from reference.money import ratio, total

BUILT_IN: Mapping[str, Callable[[Line], Key | None]] = {
    "kind": kind_of,
    "weekday": lambda line: line.time.isoweekday(),
    "hour": lambda line: line.time.hour,
}


def lines_in(
    lines: Sequence[Line],
    as_of: datetime,
    purchases: str,
    is_selected: Callable[[Order], bool],
    window: tuple[date, date],
) -> list[Line]:
    """Return the lines of the orders that are in, on the days of the window."""
    chosen = filter(is_selected, orders_of(lines_before(lines, as_of), purchases))
    return [
        line
        for order in chosen
        for line in order.lines
        if window[0] <= line.time.date() < window[1]
    ]


def sums_of(
    lines: Sequence[Line],
    purchases: str,
    quantity_of: Callable[[Line], Decimal] | None,
    measures: Mapping[str, Callable[[Line], Decimal]],
) -> dict[str, Any]:
    """Return the figures of one group, or of the whole."""
    bought = [line for line in lines if is_purchase(line, purchases)]
    orders = {line.order for line in bought}
    revenue = total([line.amount for line in lines])
    quantity = {}
    if quantity_of is not None:
        sold = [line for line in lines if kind_of(line) == "sale"]
        quantity["quantity"] = total([quantity_of(line) for line in sold])
    return {
        "lines": len(lines),
        "orders": len(orders),
        "customers": len({line.customer for line in bought} - {None}),
        "revenue": revenue,
        **quantity,
        **{name: total([of(line) for line in lines]) for name, of in measures.items()},
        "average_order_value": ratio(revenue, len(orders)) if orders else None,
    }


def group_by(
    lines: Sequence[Line],
    by: Sequence[str],
    period: str | None = None,
    as_of: datetime | None = None,
    purchases: str = "positive_amount",
    *,
    dimensions: Mapping[str, Callable[[Line], Key | None]],
    quantity_of: Callable[[Line], Decimal] | None = None,
    measures: Mapping[str, Callable[[Line], Decimal]] | None = None,
    is_selected: Callable[[Order], bool] = lambda order: True,
    window: tuple[date, date] = (date.min, date.max),
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return one row per group by key, unknown keys last, and the figures of the whole."""
    as_of = resolve_as_of(lines, as_of, purchases)
    chosen = lines_in(lines, as_of, purchases, is_selected, window)
    key_of = {**BUILT_IN, **dimensions}

    def group_of(line: Line) -> tuple[Any, ...]:
        start = () if period is None else (first_day_of(line.time.date(), period),)
        return (*(key_of[name](line) for name in by), *start)

    def order_of(group: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*(sort_key(key) for key in group[: len(by)]), *group[len(by) :])

    rows = []
    for group in sorted({group_of(line) for line in chosen}, key=order_of):
        row = dict(zip(by, group, strict=False))
        if period is not None:
            row["period"] = period_label(group[-1], period)
            row["start"] = group[-1]
            row["partial"] = not has_ended(group[-1], period, as_of)
        own = [line for line in chosen if group_of(line) == group]
        rows.append(row | sums_of(own, purchases, quantity_of, measures or {}))
    return rows, sums_of(chosen, purchases, quantity_of, measures or {})


def abc_classes(
    rows: Sequence[Mapping[str, Any]], cuts: tuple[Fraction, Fraction]
) -> list[dict[str, Any]]:
    """Return groups by revenue, with rank, shares and class."""
    whole = total([row["revenue"] for row in rows])
    found = []
    for row in sorted(rows, key=lambda row: -row["revenue"]):
        better = [other["revenue"] for other in rows if other["revenue"] > row["revenue"]]
        equal = [other["revenue"] for other in rows if other["revenue"] == row["revenue"]]
        name = ""
        if whole > 0:
            name = "C"
            for cut, class_ in zip(reversed(cuts), "BA", strict=True):
                if row["revenue"] > 0 and Fraction(total(better)) < cut * Fraction(whole):
                    name = class_
        found.append(
            {
                **row,
                "rank": 1 + len(better),
                "share": ratio(row["revenue"], whole) if whole > 0 else None,
                "cumulative_share": ratio(total(better + equal), whole) if whole > 0 else None,
                "abc_class": name,
            }
        )
    return found


def _apart(
    rows: Sequence[Mapping[str, Any]], shared: Sequence[str]
) -> list[tuple[dict[str, Any], list[Mapping[str, Any]]]]:
    """Return the rows that agree in all of `shared`; rows come in the order of their keys."""
    blocks: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        blocks.setdefault(tuple(row[name] for name in shared), []).append(row)
    return [(dict(zip(shared, key, strict=True)), own) for key, own in blocks.items()]


def parts(
    rows: Sequence[Mapping[str, Any]], shared: Sequence[str], measures: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the kinds of line of each group beside each other."""
    found = []
    for key, own in _apart(rows, shared):
        by_kind = {row["kind"]: row for row in own}

        def money(kind: str, by_kind: Mapping[str, Any] = by_kind) -> Decimal:
            return by_kind[kind]["revenue"] if kind in by_kind else Decimal(0)

        gross, net = money("sale"), total([row["revenue"] for row in own])
        lines = [by_kind[kind]["lines"] if kind in by_kind else 0 for kind in ("sale", "refund")]
        sums = {name: total([row[name] for row in own]) for name in measures}
        freight, cost = sums["freight"], sums["cost"]
        found.append(
            {
                **key,
                "sale_lines": lines[0],
                "refund_lines": lines[1],
                "revenue_gross": gross,
                "revenue_discount": money("discount"),
                "revenue_refunds": money("refund"),
                "revenue_shipping": money("shipping"),
                "revenue_fees": money("fee"),
                "revenue_adjustments": money("adjustment"),
                "revenue_net": net,
                "quantity": total([row["quantity"] for row in own]),
                "return_rate_money": ratio(-money("refund"), gross) if gross > 0 else None,
                "return_rate_lines": ratio(lines[1], lines[0]) if lines[0] else None,
                "discount_share": ratio(-money("discount"), gross) if gross > 0 else None,
                **sums,
                "freight_share": ratio(freight, net + freight) if net + freight > 0 else None,
                "margin": net - cost,
                "margin_share": ratio(net - cost, net) if net > 0 else None,
            }
        )
    return found


def mean_of_key(
    rows: Sequence[Mapping[str, Any]], of: str, shared: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the mean of an integer key over orders."""
    found = []
    for key, own in _apart(rows, shared):
        known = [row for row in own if row[of] is not None]
        orders = sum(row["orders"] for row in known)
        weighted = sum(row[of] * row["orders"] for row in known)
        found.append(
            {
                **key,
                "known_orders": orders,
                "unknown_orders": sum(row["orders"] for row in own) - orders,
                "mean": ratio(weighted, orders) if orders else None,
            }
        )
    return found


def shares_of_key(
    rows: Sequence[Mapping[str, Any]], of: str, shared: Sequence[str]
) -> list[float | None]:
    """Return the share of each row's orders."""
    found = []
    for row in rows:
        (own,) = (own for _, own in _apart(rows, shared) if row in own)
        known = sum(other["orders"] for other in own if other[of] is not None)
        found.append(ratio(row["orders"], known) if row[of] is not None and known else None)
    return found
