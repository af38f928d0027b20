"""What an offer earns, customer by customer, in fractions."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

NAMES = (
    *("uplift", "margin", "discount", "redemption"),
    *("contact_cost", "fixed_cost", "spend_factor"),
)
Values = Mapping[str, float]


@dataclass(frozen=True)
class Outcome:
    incremental_buyers: Fraction
    incremental_margin: Fraction
    sure_buyer_discount: Fraction
    contact_costs: Fraction
    profit: Fraction
    discounts_given: Fraction
    roi: Fraction | None
    variance: Fraction


def moved(uplift: Fraction, p: Fraction) -> Fraction:
    return max(-p, min(uplift, 1 - p))


def kept(uplift: Fraction, v: Mapping[str, Fraction]) -> Fraction:
    """Return the margin of who is won, or of who is lost, as a share of the price."""
    return v["margin"] - (v["discount"] if uplift >= 0 else v["redemption"] * v["discount"])


def contact(p: float, spend: float, values: Values) -> Fraction:
    """Return the profit of one contact."""
    v = {name: Fraction(values[name]) for name in NAMES}
    worth, chance = Fraction(spend) * v["spend_factor"], Fraction(p)
    extra = moved(v["uplift"], chance)
    return (
        extra * worth * kept(v["uplift"], v)
        - chance * v["redemption"] * worth * v["discount"]
        - v["contact_cost"]
    )


def outcome(p_order: Sequence[float], spend: Sequence[float], values: Values) -> Outcome:
    v = {name: Fraction(values[name]) for name in NAMES}
    buyers = margin = leak = given = variance = Fraction(0)
    for p, one in zip(p_order, spend, strict=True):
        chance, worth = Fraction(p), Fraction(one) * v["spend_factor"]
        extra = moved(v["uplift"], chance)
        gain, loss = worth * kept(v["uplift"], v), worth * v["discount"]
        redeems = chance * v["redemption"]
        buyers += extra
        margin += extra * gain
        leak += redeems * loss
        mean = extra * gain - redeems * loss
        if extra >= 0:  # Is won, redeems or neither: the events exclude each other.
            events = [(extra, gain), (redeems, -loss)]
            given += (redeems + extra) * loss
        else:  # Is lost, stays and redeems or neither.
            redeems = (chance + extra) * v["redemption"]
            events = [(-extra, -worth * v["margin"]), (redeems, -loss)]
            given += redeems * loss
            assert mean == sum(share * value for share, value in events)
        variance += sum(share * value**2 for share, value in events) - mean**2
    contacts = v["contact_cost"] * len(p_order)
    profit = margin - leak - contacts - v["fixed_cost"]
    spent = contacts + v["fixed_cost"] + given
    return Outcome(
        buyers, margin, leak, contacts, profit, given, profit / spent if spent else None, variance
    )


def break_even(p_order: Sequence[float], spend: Sequence[float], values: Values) -> Fraction | None:
    """Walk from one customer's limit to the next until the profit is 0."""
    if Fraction(values["margin"]) <= Fraction(values["discount"]) or not values["spend_factor"]:
        return None

    def profit(uplift: Fraction) -> Fraction:
        return outcome(p_order, spend, {**values, "uplift": uplift}).profit  # type: ignore[dict-item]

    limits = sorted({Fraction(0), *(1 - Fraction(p) for p in p_order)})
    if profit(limits[0]) >= 0:
        return limits[0]
    for low, high in itertools.pairwise(limits):
        below, above = profit(low), profit(high)
        if above >= 0:
            return low + (high - low) * -below / (above - below)
    return None


def extremes(
    p_order: Sequence[float],
    spend: Sequence[float],
    ranges: Mapping[str, tuple[float, float, float]],
) -> tuple[Fraction, Fraction]:
    """Return the least and the greatest profit of all corners, and of those of uplift 0."""
    ends = [[ranges[name][0], ranges[name][2]] for name in NAMES]
    if ends[0][0] < 0 < ends[0][1]:
        ends[0].append(0.0)
    corners = itertools.product(*ends)
    profits = [
        outcome(p_order, spend, dict(zip(NAMES, corner, strict=True))).profit for corner in corners
    ]
    return min(profits), max(profits)
