"""Which action holds a customer: condition by condition, customer by customer."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any


def action_of(
    customer: Mapping[str, Any], actions: Sequence[Mapping[str, Any]], values: Sequence[float]
) -> str | None:
    """Return the name of the first action of which all conditions hold; `values` are all CLVs."""
    for action in actions:
        if all(_holds(customer, name, told, values) for name, told in action["who"].items()):
            name: str = action["name"]
            return name
    return None


def _holds(customer: Mapping[str, Any], name: str, told: Any, values: Sequence[float]) -> bool:
    if name in ("segment", "tier", "churn_band"):
        return customer[name] in told
    if name == "clv_top_share":
        known = [value for value in values if not isnan(value)]
        as_good = sum(value >= customer["clv"] for value in known)
        return not isnan(customer["clv"]) and as_good <= len(known) * told
    least, greatest = told
    return not isnan(customer[name]) and least <= customer[name] <= greatest
