"""Customers by the period of their first order, followed over the periods after it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import NormalDist
from typing import Any

from reference.calendar import first_day_of, has_ended, midnight, next_first_day, periods_between
from reference.customer_history import (
    Key,
    Line,
    Order,
    lines_before,
    orders_of,
    resolve_as_of,
    sort_key,
)
from reference.money import ratio
from reference.selection import Cut, is_reported, is_selected


@dataclass
class Member:
    """One customer: his first order, and what he did in each period after it."""

    first: datetime
    group: Key | None
    orders: dict[int, int] = field(default_factory=dict)
    money: dict[int, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Options:
    """What `ea.cohort.retention` is told, but for the moment and the lines."""

    period: str = "month"
    kind: str = "bounded"
    measure: str = "customers"
    relative_to: str = "first"
    by: str | None = None  # Only `region`.
    elapsed_days: int = 30
    confidence: float = 0.95


def retention(
    lines: Sequence[Line],
    as_of: datetime | None = None,
    purchases: str = "positive_amount",
    cut: Cut = Cut(),  # noqa: B008
    **told: Any,
) -> list[dict[str, Any]]:
    """Return one row per group, cohort and period number."""
    options = Options(**told)
    as_of = resolve_as_of(lines, as_of, purchases)
    lines = lines_before(lines, as_of)
    last_day = max(line.time for line in lines).date()
    orders = orders_of(lines, purchases)
    everyone = _members(orders, options)
    members = {
        key: member
        for key, member in everyone.items()
        if cut.customers is None or key in cut.customers
    }
    if not members:
        return []
    _follow(members, [order for order in orders if is_selected(cut, order)], options, cut)

    def cohort_of(member: Member) -> date:
        return first_day_of(member.first.date(), options.period)

    first_cohort = min(cohort_of(member) for member in members.values())
    if options.kind == "elapsed":
        number = 0
        while any(
            _window_ends(member, number, options) <= as_of
            and _window_starts(member, number, options).date() <= last_day
            for member in members.values()
        ):
            number += 1
        num_periods = max(number, 1)
    else:
        last_moment = as_of - timedelta(microseconds=1)
        num_periods = len(periods_between(first_cohort, last_moment.date(), options.period))

    rows = []
    keys = {(member.group, cohort_of(member)) for member in members.values()}
    for group, cohort in sorted(keys, key=lambda key: (sort_key(key[0]), key[1])):
        own = [
            member
            for member in members.values()
            if (member.group, cohort_of(member)) == (group, cohort)
        ]
        for number in range(num_periods):
            if options.kind == "elapsed":
                eligible = [
                    member
                    for member in own
                    if _window_is_seen(member, number, options, as_of, last_day, cut)
                ]
                observable, partial = bool(eligible), False
            else:
                observable, partial = _sight(cohort, number, options, as_of, last_day, cut)
                eligible = own if observable else []
            base = 0 if options.relative_to == "first" else number - 1
            if base < 0:
                has_base = False
            elif options.kind == "elapsed":
                has_base = all(
                    _window_is_seen(member, base, options, as_of, last_day, cut)
                    for member in eligible
                )
            else:
                has_base, _ = _sight(cohort, base, options, as_of, last_day, cut)
            rows.append(
                ({"group": group} if options.by else {})
                | {"cohort": cohort, "period": number, "size": len(own)}
                | _cell(eligible, number, base if has_base else None, options, cut)
                | {
                    "observable": observable,
                    "partial": partial,
                    "can_grow": options.kind == "rolling"
                    and observable
                    and _count(eligible, number, options) < len(own),
                    "left_truncated": cohort
                    == min(cohort_of(member) for member in everyone.values()),
                }
                | _parts(eligible, number, options)
            )
    return rows


def _members(orders: Sequence[Order], options: Options) -> dict[Key, Member]:
    placed = [order for order in orders if order.time is not None and order.customer is not None]
    members = {}
    for customer in {order.customer for order in placed}:
        own = [order for order in placed if order.customer == customer]
        first = min(order.time for order in own)
        regions = [order.region for order in own if order.time == first]
        group = min(regions, key=sort_key) if options.by else None
        members[customer] = Member(first, group)
    return members


def _follow(
    members: dict[Key, Member], selected: Sequence[Order], options: Options, cut: Cut
) -> None:
    for order in selected:
        member = members.get(order.customer) if order.customer is not None else None
        if member is None:
            continue
        if order.time is not None and is_reported(cut, order.time):
            number = _number(member, order.time, options)
            member.orders[number] = member.orders.get(number, 0) + 1
        for line in order.lines:
            if is_reported(cut, line.time):
                # Money is known by day: that of the day of its order has the order's moment.
                moment = midnight(line.time.date())
                if order.time is not None and order.time.date() == line.time.date():
                    moment = order.time
                number = max(0, _number(member, moment, options))
                member.money[number] = member.money.get(number, Decimal(0)) + line.amount


def _number(member: Member, moment: datetime, options: Options) -> int:
    """Return the number of the period or window after the first; below 0 before it."""
    if options.kind == "elapsed":
        return (moment - member.first) // timedelta(days=options.elapsed_days)
    if moment < member.first:
        return 0
    return len(periods_between(member.first.date(), moment.date(), options.period)) - 1


def _window_starts(member: Member, number: int, options: Options) -> datetime:
    return member.first + number * timedelta(days=options.elapsed_days)


def _window_ends(member: Member, number: int, options: Options) -> datetime:
    return _window_starts(member, number + 1, options)


def _window_is_seen(
    member: Member, number: int, options: Options, as_of: datetime, last_day: date, cut: Cut
) -> bool:
    starts, ends = _window_starts(member, number, options), _window_ends(member, number, options)
    reaches = member.first if options.measure == "cumulative_revenue" else starts
    return (
        ends <= as_of
        and starts.date() <= last_day
        and (cut.start is None or reaches >= midnight(cut.start))
        and (cut.end is None or ends <= midnight(cut.end))
    )


def _sight(
    cohort: date, number: int, options: Options, as_of: datetime, last_day: date, cut: Cut
) -> tuple[bool, bool]:
    """Return whether a period is observable, and whether it is partial."""
    starts = cohort
    for _ in range(number):
        starts = next_first_day(starts, options.period)
    if midnight(starts) >= as_of:
        return False, False
    ends = next_first_day(starts, options.period)
    reaches = cohort if options.measure == "cumulative_revenue" else starts
    days = [starts + timedelta(days=day) for day in range((ends - starts).days)]
    before = [starts - timedelta(days=1 + day) for day in range((starts - reaches).days)]
    touches = any(is_reported(cut, midnight(day)) for day in days)
    whole = all(is_reported(cut, midnight(day)) for day in days + before)
    return (
        touches and starts <= last_day,
        (touches and not whole) or not has_ended(starts, options.period, as_of),
    )


def _count(members: Sequence[Member], number: int, options: Options) -> int:
    if options.measure != "customers":
        return sum(member.orders.get(number, 0) for member in members)
    if options.kind == "rolling":
        return sum(any(later >= number for later in member.orders) for member in members)
    return sum(number in member.orders for member in members)


def _money(members: Sequence[Member], number: int, options: Options) -> Decimal:
    numbers = range(number + 1) if options.measure == "cumulative_revenue" else [number]
    return sum(
        (member.money.get(one, Decimal(0)) for member in members for one in numbers), Decimal(0)
    )


def _value(members: Sequence[Member], number: int, options: Options) -> Any:
    """Return the measure as it is: an integer, a decimal, or a quotient that is not rounded."""
    count, money = _count(members, number, options), _money(members, number, options)
    if options.measure in ("customers", "orders"):
        return count
    if options.measure == "revenue":
        return money
    divisor = count if options.measure == "average_order_value" else len(members)
    return Fraction(money) / divisor if divisor else None


def _cell(
    members: Sequence[Member], number: int, base: int | None, options: Options, cut: Cut
) -> dict[str, Any]:
    value = _value(members, number, options) if members else None
    is_share = options.measure == "customers" and options.relative_to == "first"
    rate = lower = upper = None
    if is_share and members:
        rate = ratio(value, len(members))
        if number > 0 or cut != Cut(customers=cut.customers):
            lower, upper = wilson_interval(value, len(members), options.confidence)
    elif not is_share and value is not None and base is not None:
        compared = _value(members, base, options)
        rate = float(Fraction(value) / Fraction(compared)) if compared and compared > 0 else None
    return {
        "eligible": len(members),
        "value": float(value) if isinstance(value, Fraction) else value,
        "rate": rate,
        "lower": lower,
        "upper": upper,
    }


def _parts(members: Sequence[Member], number: int, options: Options) -> dict[str, Any]:
    """Return what a quotient was made of."""
    parts: dict[str, Any] = {}
    if options.measure in ("cumulative_revenue", "average_order_value"):
        parts["revenue"] = _money(members, number, options) if members else None
    if options.measure == "average_order_value":
        parts["orders"] = _count(members, number, options) if members else None
    return parts


def mean_retention(
    rows: Sequence[dict[str, Any]], confidence: float = 0.95
) -> list[dict[str, Any]]:
    """Return the retention of all cohorts together, over the cells that were seen whole."""
    result = []
    cells = dict.fromkeys((row.get("group"), row["period"]) for row in rows)
    for group, number in cells:
        whole = [
            row
            for row in rows
            if (row.get("group"), row["period"]) == (group, number)
            and row["observable"]
            and not row["partial"]
        ]
        active = sum(row["value"] for row in whole)
        members = sum(row["eligible"] for row in whole)
        rates = [Fraction(row["value"], row["eligible"]) for row in whole]
        lower = upper = None
        if any(row["lower"] is not None for row in whole):
            lower, upper = wilson_interval(active, members, confidence)
        result.append(
            ({"group": group} if "group" in rows[0] else {})
            | {
                "period": number,
                "num_cohorts": len(whole),
                "weighted": ratio(active, members) if whole else None,
                "simple": float(sum(rates) / len(rates)) if whole else None,
                "lower": lower,
                "upper": upper,
            }
        )
    return result


def _difference(
    pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]], confidence: float
) -> dict[str, float | None]:
    """Return Newcombe's interval of the loss; a first period without an interval has no error."""
    if not pairs:
        return {"lower": None, "upper": None}
    shares, reaches = [], []
    for side in (0, 1):
        active = sum(pair[side]["value"] for pair in pairs)
        members = sum(pair[side]["eligible"] for pair in pairs)
        shares.append(active / members)
        is_known = side == 0 and all(pair[0]["lower"] is None for pair in pairs)
        reaches.append(
            (shares[side],) * 2 if is_known else wilson_interval(active, members, confidence)
        )
    (before, after), (first, second) = shares, reaches
    return {
        "lower": before - after - math.hypot(before - first[0], second[1] - after),
        "upper": before - after + math.hypot(first[1] - before, after - second[0]),
    }


def drop_off(rows: Sequence[dict[str, Any]], confidence: float = 0.95) -> list[dict[str, Any]]:
    """Return the retention of each period beside that of the one before, of the same cohorts."""
    cells = {(row.get("group"), row["cohort"], row["period"]): row for row in rows}
    steps: dict[Any, list[dict[str, Any]]] = {}
    for group, number in dict.fromkeys((row.get("group"), row["period"]) for row in rows):
        if number == 0:
            continue
        pairs = [
            (cells[group, cohort, number - 1], row)
            for (own, cohort, period), row in cells.items()
            if (own, period) == (group, number)
            and all(
                cells[group, cohort, one]["observable"] and not cells[group, cohort, one]["partial"]
                for one in (number - 1, number)
            )
        ]
        before, after = (
            Fraction(sum(pair[side]["value"] for pair in pairs))
            / sum(pair[side]["eligible"] for pair in pairs)
            if pairs
            else None
            for side in (0, 1)
        )
        steps.setdefault(group, []).append(
            ({"group": group} if "group" in rows[0] else {})
            | {
                "period": number,
                "num_cohorts": len(pairs),
                "before": before,
                "after": after,
                "loss": None if before is None or after is None else before - after,
                **_difference(pairs, confidence),
            }
        )
    result = []
    for own in steps.values():
        losses = sorted((-step["loss"], step["period"]) for step in own if step["loss"] is not None)
        for step in own:
            loss, before = step["loss"], step["before"]
            ranked = None if loss is None else losses.index((-loss, step["period"])) + 1
            result.append(step | {"loss_share": loss / before if before else None, "rank": ranked})
    return [
        {
            name: float(value) if isinstance(value, Fraction) else value
            for name, value in row.items()
        }
        for row in result
    ]


def members(
    lines: Sequence[Line],
    cohort: date,
    number: int,
    as_of: datetime | None = None,
    purchases: str = "positive_amount",
    cut: Cut = Cut(),  # noqa: B008
    group: Key | None = None,
    **told: Any,
) -> list[dict[str, Any]]:
    """Return all of whom one cell is about, by key, and what they did in it."""
    options = Options(**told)
    as_of = resolve_as_of(lines, as_of, purchases)
    lines = lines_before(lines, as_of)
    last_day = max(line.time for line in lines).date()
    orders = orders_of(lines, purchases)
    own = {
        key: member
        for key, member in _members(orders, options).items()
        if (cut.customers is None or key in cut.customers)
        and (member.group, first_day_of(member.first.date(), options.period)) == (group, cohort)
    }
    _follow(own, [order for order in orders if is_selected(cut, order)], options, cut)
    rows = []
    for key in sorted(own, key=sort_key):
        member = own[key]
        if options.kind == "elapsed":
            is_eligible = _window_is_seen(member, number, options, as_of, last_day, cut)
        else:
            is_eligible, _ = _sight(cohort, number, options, as_of, last_day, cut)
        if is_eligible:

            def is_in(one: int) -> bool:
                return one >= number if options.kind == "rolling" else one == number

            num_orders = sum(count for one, count in member.orders.items() if is_in(one))
            rows.append(
                {
                    "customer": key,
                    "first_order": member.first,
                    "active": num_orders > 0,
                    "orders": num_orders,
                    "revenue": sum(
                        (money for one, money in member.money.items() if is_in(one)), Decimal(0)
                    ),
                }
            )
    return rows


def wilson_interval(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """Return the score interval of a share (Wilson, 1927)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / trials
    middle = share + z * z / (2 * trials)
    reach = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return (
        max(0.0, (middle - reach) / (1 + z * z / trials)),
        min(1.0, (middle + reach) / (1 + z * z / trials)),
    )
