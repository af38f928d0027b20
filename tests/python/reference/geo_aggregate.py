"""Orders, customers, money, freight and late deliveries by region, and by regions in regions."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from reference.calendar import first_day_of, has_ended, next_first_day, period_label
from reference.customer_history import (
    Key,
    Line,
    Order,
    is_purchase,
    lines_before,
    orders_of,
    resolve_as_of,
    sort_key,
)
from reference.money import ratio, total

Place = tuple[Key | None, ...]


def place_of(order: Order, of: Callable[[Line], Place], purchases: str) -> Place:
    """Return the place of the earliest purchase line, or line; ties by the smallest keys."""
    bought = [line for line in order.lines if is_purchase(line, purchases)]
    deciding = bought or list(order.lines)
    earliest = min(line.time for line in deciding)
    places = [of(line) for line in deciding if line.time == earliest]
    return min(places, key=lambda place: [sort_key(key) for key in place])


def gini(revenues: Sequence[Decimal]) -> float | None:
    """Return the mean difference of all pairs over twice the mean."""
    whole = sum(map(Fraction, revenues), Fraction(0))
    if whole <= 0 or min(revenues) < 0:
        return None
    differences = sum(abs(Fraction(a) - Fraction(b)) for a in revenues for b in revenues)
    return float(differences / (2 * len(revenues) * whole))


def share(part: Decimal, whole: Decimal) -> float | None:
    """Return a part of a whole; None unless there is one."""
    return ratio(part, whole) if whole > 0 else None


def by_levels(
    lines: Sequence[Line],
    names: Sequence[str],
    of: Callable[[Line], Place],
    period: str | None = None,
    as_of: datetime | None = None,
    purchases: str = "positive_amount",
    *,
    freight_of: Callable[[Line], Decimal] | None = None,
    delivery_of: Callable[[Line], str | None] | None = None,
    is_selected: Callable[[Order], bool] = lambda order: True,
    window: tuple[date, date] = (date.min, date.max),
) -> tuple[list[dict[str, Any]], float | None]:
    """Return one row per place of as many keys as there are names, and the Gini coefficient."""
    as_of = resolve_as_of(lines, as_of, purchases)
    last_end = (as_of - timedelta(microseconds=1)).date() + timedelta(days=1)
    last_end = max(min(last_end, window[1]), window[0])

    def start_of(day: date) -> date | None:
        return None if period is None else first_day_of(day, period)

    def is_reported(day: date) -> bool:
        return window[0] <= day < window[1]

    cells: dict[tuple[Place, date | None], tuple[list[Order], list[Line]]] = {}
    for order in filter(is_selected, orders_of(lines_before(lines, as_of), purchases)):
        place = place_of(order, of, purchases)
        for line in order.lines:
            if is_reported(line.time.date()):
                cell = (place, start_of(line.time.date()))
                cells.setdefault(cell, ([], []))[1].append(line)
        if order.time is not None and is_reported(order.time.date()):
            cells[place, start_of(order.time.date())][0].append(order)

    revenue = {cell: total([line.amount for line in own]) for cell, (_, own) in cells.items()}
    rows = []
    order_by = [(*map(sort_key, place), start or date.min) for place, start in cells]
    for _, (place, start) in sorted(zip(order_by, cells, strict=True)):
        counted, own = cells[place, start]
        here = revenue[place, start]
        peers = {cell: money for cell, money in revenue.items() if cell[1] == start}
        whole = total(list(peers.values()))
        row: dict[str, Any] = dict(zip(names, place, strict=True))
        if period is not None and start is not None:
            row |= {
                "period": period_label(start, period),
                "start": start,
                "end": min(next_first_day(start, period), last_end),
                "partial": not has_ended(start, period, as_of),
            }
        row |= {
            "orders": len(counted),
            "customers": len({order.customer for order in counted} - {None}),
            "lines": len(own),
            "revenue": here,
            "average_order_value": ratio(here, len(counted)) if counted else None,
        }
        if freight_of is not None:
            freight = total([freight_of(line) for line in own])
            row |= {"freight": freight, "freight_share": share(freight, here + freight)}
        if delivery_of is not None:
            row |= _late(counted, delivery_of)
        row["share"] = share(here, whole)
        if len(place) > 1:
            siblings = [money for cell, money in peers.items() if cell[0][:-1] == place[:-1]]
            row["parent_share"] = share(here, total(siblings))
        better = [money for money in peers.values() if money > here]
        row["rank"] = 1 + len(better)
        row["cumulative_share"] = share(
            total([money for money in peers.values() if money >= here]), whole
        )
        rows.append(row)
    known = sorted({place for place, _ in cells if place[-1] is not None}, key=repr)
    sums = [total([revenue[cell] for cell in revenue if cell[0] == place]) for place in known]
    return rows, gini(sums) if sums else None


def _late(orders: Sequence[Order], of: Callable[[Line], str | None]) -> Mapping[str, Any]:
    keys = [{of(line) for line in order.lines} - {None} for order in orders]
    delivered = [own for own in keys if own]
    late = [own for own in delivered if "late" in own]
    return {
        "delivered_orders": len(delivered),
        "late_orders": len(late),
        "late_share": ratio(len(late), len(delivered)) if delivered else None,
    }


def by_region(
    lines: Sequence[Line],
    as_of: datetime | None = None,
    purchases: str = "positive_amount",
    **options: Any,
) -> list[dict[str, Any]]:
    """Return one row per region by key, the unknown one last; an order has one region."""
    return by_levels(
        lines, ["region"], lambda line: (line.region,), as_of=as_of, purchases=purchases, **options
    )[0]
