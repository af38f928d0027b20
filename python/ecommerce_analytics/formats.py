"""Figures as people read them: by locale and currency, by Babel."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from ecommerce_analytics import extras
from ecommerce_analytics.errors import InvalidArgument

if TYPE_CHECKING:
    from babel import Locale

__all__ = ["ABSENT", "Formats", "printable"]

#: What stands where there is no figure.
ABSENT: Final = "\u2013"
_THOUSAND: Final = 1000
_IN_FULL: Final = re.compile(r"\d{4}")


def printable(text: str) -> str:
    """Write line breaks, and what is not seen or a terminal would obey, as their codes."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


@dataclass(frozen=True)
class Formats:
    r"""How numbers, money and days are written.

    Parameters
    ----------
    locale : str, default="en_US"
        Such as ``pt-BR`` or ``de_DE``; one that Babel does not know is read as ``en_US``, one
        whose land it does not know as its language.
    currency : str or None
        ISO 4217 code of all money; None: plain numbers.

    Examples
    --------
    >>> Formats("pt-BR", "BRL").money("1234567.5")
    'R$\xa01.234.567,50'
    >>> Formats().share(0.1234), Formats().count(12345)
    ('12.3%', '12,345')
    """

    locale: str = "en_US"
    currency: str | None = None

    def count(self, value: Any) -> str:
        """Write a whole number."""
        return self._number(value, "#,##0")

    def number(self, value: Any) -> str:
        """Write a number with at most two decimals."""
        return self._number(value, "#,##0.##")

    def share(self, value: Any) -> str:
        """Write a share as a percentage of one decimal."""
        return self._number(value, "#,##0.0%")

    def change(self, value: Any) -> str:
        """Write a relative change as a percentage with its sign."""
        return self._number(value, "+#,##0.0%;\u2212#,##0.0%")

    def points(self, value: Any) -> str:
        """Write a difference of two shares in percentage points, with its sign."""
        exact = _exact(value)
        written = self._number(None if exact is None else exact * 100, "+#,##0.0;\u2212#,##0.0")
        return written if exact is None else f"{written} pp"

    def money(self, value: Any) -> str:
        """Write an amount with the decimals of its currency."""
        return self._money(value, None)

    def whole_money(self, value: Any) -> str:
        """Write an amount without decimals, where it stands for a size."""
        return self._money(value, 0)

    def short_money(self, value: Any) -> str:
        """Write an amount with a word for its size, such as ``$1.2M``, for tight places."""
        exact = _exact(value)
        if exact is None:
            return ABSENT
        if abs(exact) < _THOUSAND:
            return self.money(exact)
        numbers = _babel("babel.numbers")
        written: str
        if self.currency is None:
            written = numbers.format_compact_decimal(
                exact, locale=self._locale(), fraction_digits=1
            )
        else:
            written = numbers.format_compact_currency(
                exact, self.currency, locale=self._locale(), fraction_digits=1
            )
        if _IN_FULL.search(written):  # No word for this size, such as German thousands.
            return self.whole_money(exact)
        return written

    @property
    def separators(self) -> str:
        """The sign before decimals and the one between thousands, as Plotly is told of them."""
        numbers = extras.require("dashboard", "babel.numbers")
        locale = self._locale()
        return f"{numbers.get_decimal_symbol(locale)}{numbers.get_group_symbol(locale)}"

    @property
    def decimals(self) -> int:
        """Decimals of the currency; 2 where there is none."""
        numbers = _babel("babel.numbers")
        if self.currency is None or not numbers.is_currency(self.currency):
            return 2
        return int(numbers.get_currency_precision(self.currency))

    def day(self, value: date | None) -> str:
        """Write a day."""
        if value is None:
            return ABSENT
        written: str = _babel("babel.dates").format_date(
            value, format="medium", locale=self._locale()
        )
        return written

    def month(self, value: date | None) -> str:
        """Write a month and its year."""
        if value is None:
            return ABSENT
        written: str = _babel("babel.dates").format_skeleton("yMMM", value, locale=self._locale())
        return written

    def by_unit(self, value: Any, unit: str) -> str:
        """Write a figure by its unit in the KPI dictionary: ``money``, ``share``, ``orders``."""
        if unit.startswith("money"):
            return self.money(value)
        if unit == "share":
            return self.share(value)
        return self.number(value) if " per " in unit else self.count(value)

    def _number(self, value: Any, pattern: str) -> str:
        exact = _exact(value)
        if exact is None:
            return ABSENT
        return _in_pattern(str(exact), pattern, self.locale)

    def _money(self, value: Any, digits: int | None) -> str:
        exact = _exact(value)
        if exact is None:
            return ABSENT
        numbers = _babel("babel.numbers")
        written: str
        if self.currency is None or not numbers.is_currency(self.currency):
            written = numbers.format_decimal(
                exact, format="#,##0" if digits == 0 else "#,##0.00", locale=self._locale()
            )
        elif digits == 0:
            written = numbers.format_currency(
                exact,
                self.currency,
                format=_without_decimals(self._locale()),
                locale=self._locale(),
                currency_digits=False,
            )
        else:
            written = numbers.format_currency(exact, self.currency, locale=self._locale())
        return written

    def _locale(self) -> Locale:
        return _known_locale(self.locale)


def _babel(module: str) -> ModuleType:
    """Import a module of Babel, which two extras bring."""
    return extras.require("dashboard", module, "report")


def _exact(value: Any) -> Decimal | None:
    """Return a number as it is written in decimals; None for what is none."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    try:
        exact = value if isinstance(value, Decimal) else Decimal(str(value))
    except ArithmeticError as error:
        raise InvalidArgument("formats: not a number", value=repr(value)) from error
    return exact.copy_abs() if exact.is_zero() else exact  # What is nothing has no sign.


@lru_cache(maxsize=20_000)
def _in_pattern(value: str, pattern: str, locale: str) -> str:
    """Write a number; remembered, as the labels of a figure are written at each of its drawings."""
    written: str = _babel("babel.numbers").format_decimal(
        Decimal(value), format=pattern, locale=_known_locale(locale)
    )
    return written


@lru_cache(maxsize=100)  # Visitors name them.
def _known_locale(name: str) -> Locale:
    babel = _babel("babel")
    text = name.replace("-", "_")
    for one in (text, text.partition("_")[0]):
        try:
            known: Locale = babel.Locale.parse(one)
        except (ValueError, babel.UnknownLocaleError):
            continue
        return known
    english: Locale = babel.Locale.parse("en_US")
    return english


@cache
def _without_decimals(locale: Locale) -> str:
    pattern: str = locale.currency_formats["standard"].pattern
    return pattern.replace("0.00", "0")
