"""Profiles for Klaviyo, one customer at a time."""

import re
from collections import Counter
from typing import Any

Row = dict[str, Any]


def profiles(
    persons: list[Row], customers: list[Row], forgotten: set[str] | None = None
) -> tuple[list[Row], dict[str, int]]:
    """Return the rows, by the key of the customer, and how many are left out for which reason.

    `customers` are those with an order: rows of `rfm.segment` with `tier`. `forgotten` are keys of
    persons whose addresses get no profile.
    """
    told = {person["customer"]: person for person in persons}
    refused = {
        person["email"].strip().lower()
        for person in persons
        if person["consent"] is False and person["email"] is not None
    }
    gone = {
        person["email"].strip().lower()
        for person in persons
        if person["customer"] in (forgotten or ()) and (person["email"] or "").strip()
    }
    reasons: Counter[str] = Counter()
    by_address: dict[str, list[Row]] = {}
    for customer in customers:
        person = told.get(customer["customer"], {})
        email = (person.get("email") or "").strip()
        if not email:
            reasons["no_email"] += 1
        elif not re.fullmatch(r"[^@\s]+@[^@\s]+", email, flags=re.ASCII):
            reasons["invalid_email"] += 1
        elif email.lower() in gone:
            reasons["forgotten"] += 1
        elif person["consent"] is not True or email.lower() in refused:
            reasons["no_consent"] += 1
        else:
            by_address.setdefault(email.lower(), []).append(customer | {"email": email})
    rows = []
    for same in by_address.values():
        best = min(
            same,
            key=lambda row: (
                row["recency_days"],
                -row["frequency"],
                -row["monetary"],
                row["customer"],
            ),
        )
        reasons["same_email"] += len(same) - 1
        person = told[best["customer"]]
        first, _, last = (person["name"] or "").strip().partition(" ")
        rows.append(
            {
                "Email": best.pop("email"),
                "First Name": first or None,
                "Last Name": last.strip() or None,
                "Country": (person["country"] or "").strip() or None,
            }
            | best
        )
    rows.sort(key=lambda row: row["customer"])
    names = ("no_email", "invalid_email", "forgotten", "no_consent", "same_email")
    return rows, {name: reasons[name] for name in names}
