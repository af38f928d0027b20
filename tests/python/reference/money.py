"""Exact money: counts of 1/10,000 of a currency unit, read and divided the slow way."""

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

SCALE = 10_000
LEAST_AMOUNT = -(2**63)
LARGEST_AMOUNT = 2**63 - 1

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)


def rounded(value: Fraction, rounding: str | None) -> int | None:
    """Return the integer that `value` is or is rounded to; None if it would need rounding."""
    below = value.numerator // value.denominator
    rest = value - below
    if rest == 0:
        return below
    if rounding is None:
        return None
    if rest != Fraction(1, 2):
        return below + (rest > Fraction(1, 2))
    if rounding == "half_even":
        return below + below % 2
    return below + (value > 0)


def in_range(amount: int | None) -> int | None:
    """Return `amount` unless it leaves 64 bits."""
    if amount is None or not LEAST_AMOUNT <= amount <= LARGEST_AMOUNT:
        return None
    return amount


def plain_text(text: str, decimal: str, thousands: str | None) -> str:
    """Rewrite a number with a decimal point and without groups; what is none becomes empty."""
    text = text.strip(" \t")
    if thousands and thousands in text:
        group, mark = re.escape(thousands), re.escape(decimal)
        form = rf"[+-]?[0-9]{{1,3}}(?:{group}[0-9]{{3}})+(?:(?:{mark}|[eE])[^{group}]*)?"
        text = text.replace(thousands, "") if re.fullmatch(form, text) else ""
    if decimal != ".":
        text = "" if "." in text else text.replace(decimal, ".")
    return text


def amount_from_text(
    text: str, rounding: str | None = None, decimal: str = ".", thousands: str | None = None
) -> int | None:
    """Return the count that a text such as `-12.50` or `1.2e3` stands for, or None."""
    text = plain_text(text, decimal, thousands)
    if not _NUMBER.fullmatch(text):
        return None
    return in_range(rounded(Fraction(text) * SCALE, rounding))


def amount_from_double(value: float, rounding: str | None = None) -> int | None:
    """Return the count nearest to a double; None if it is farther than 1e-9 of itself."""
    if value != value or value in (float("inf"), float("-inf")):
        return None
    exact = Fraction(value) * SCALE
    amount = in_range(rounded(exact, rounding or "half_even"))
    if amount is None or rounding is not None:
        return amount
    return amount if abs(exact - amount) <= abs(exact) / 10**9 else None


def product(quantity: int, unit_price: int, rounding: str | None = None) -> int | None:
    """Return the count that the product of two counts is."""
    return in_range(rounded(Fraction(quantity * unit_price, SCALE), rounding))


def decimal_of(amount: int) -> Decimal:
    """Return a count as a decimal of four places."""
    return Decimal(f"{amount}e-4")


def total(amounts: Sequence[Decimal]) -> Decimal:
    """Return the sum as a decimal of four places."""
    return decimal_of(sum(int(Fraction(amount) * SCALE) for amount in amounts))


def ratio(numerator: Decimal | int, denominator: Decimal | int) -> float:
    """Return the double nearest to a quotient: fractions are exact, and so is their rounding."""
    return float(Fraction(numerator) / Fraction(denominator))
