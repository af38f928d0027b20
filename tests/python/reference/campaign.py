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


def contact(p: float, spend: float, values: Values) -> Fraction:
    """Return the profit of one contact."""
    v = {name: Fraction(values[name]) for name in NAMES}
    worth, chance = Fraction(spend) * v["spend_factor"], Fraction(p)
    extra = moved(v["uplift"], chance)
    return (
        extra * worth * (v["margin"] - v["discount"])
        - chance * v["redemption"] * worth * v["discount"]
        - v["contact_cost"]
    )


def outcome(p_order: Sequence[float], spend: Sequence[float], values: Values) -> Outcome:
    v = {name: Fraction(values[name]) for name in NAMES}
    buyers = margin = leak = sold = variance = Fraction(0)
    for p, one in zip(p_order, spend, strict=True):
        chance, worth = Fraction(p), Fraction(one) * v["spend_factor"]
        extra = moved(v["uplift"], chance)
        gain, loss = worth * (v["margin"] - v["discount"]), worth * v["discount"]
        redeems = chance * v["redemption"]
        buyers += extra
        sold += extra * worth
        margin += extra * gain
        leak += redeems * loss
        if extra >= 0:  # Gains, loses or neither: the events exclude each other.
            mean = extra * gain - redeems * loss
            variance += extra * gain**2 + redeems * loss**2 - mean**2
        else:
            size = -extra
            variance += size * (1 - size) * gain**2 + redeems * (1 - redeems) * loss**2
    contacts = v["contact_cost"] * len(p_order)
    profit = margin - leak - contacts - v["fixed_cost"]
    given = leak + max(sold, Fraction(0)) * v["discount"]
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
    """Return the least and the greatest profit of all corners."""
    corners = itertools.product(*((ranges[name][0], ranges[name][2]) for name in NAMES))
    profits = [
        outcome(p_order, spend, dict(zip(NAMES, corner, strict=True))).profit for corner in corners
    ]
    return min(profits), max(profits)
