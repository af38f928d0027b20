"""What happened to the lines of a source on their way in."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ecommerce_analytics import _core


@dataclass(frozen=True)
class Tally:
    """Lines and money of one group of lines.

    Attributes
    ----------
    name : str
        The group.
    num_lines : int
        Its lines.
    money : Decimal
        Exact sum of their amounts, in the currency unit.
    """

    name: str
    num_lines: int
    money: Decimal

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money as text with all its digits."""
        return {"name": self.name, "num_lines": self.num_lines, "money": str(self.money)}


@dataclass(frozen=True)
class MonthReport:
    """The lines of one month of civil time.

    Attributes
    ----------
    month : str
        Such as ``2011-11``.
    removed : tuple of Tally
        Lines that a cleaning rule removed, in the order of the whole report.
    kinds : tuple of Tally
        Lines of the table by kind.
    """

    month: str
    removed: tuple[Tally, ...]
    kinds: tuple[Tally, ...]


@dataclass(frozen=True)
class IngestReport:
    """What came in, what was left out and why: `read` is all of `removed` and `kept`.

    Attributes
    ----------
    read, kept, guests : Tally
        All lines, those of the table, and those of the table that have no customer.
    removed : tuple of Tally
        Lines that a cleaning rule removed, each charged to the first rule that does.
    kinds : tuple of Tally
        Lines of the table by kind.
    measures : tuple of Tally
        Each measure, added up over the lines of the table.
    clock_changes : tuple of Tally
        With a `source_time_zone`, lines of the table whose local time its clock shows twice
        (``double hour``) and never (``missing hour``): an option told what to do with them.
    months : tuple of MonthReport
        The months that have a line, in order. A removed line without a time is in none.
    num_customers, num_orders : int
        Distinct known customers and distinct order keys of the table.
    """

    read: Tally
    removed: tuple[Tally, ...]
    kept: Tally
    kinds: tuple[Tally, ...]
    measures: tuple[Tally, ...]
    guests: Tally
    clock_changes: tuple[Tally, ...]
    months: tuple[MonthReport, ...]
    num_customers: int
    num_orders: int

    @classmethod
    def _from_core(cls, report: _core.IngestReport) -> IngestReport:
        return cls(
            read=_tally(report.read),
            removed=tuple(_tally(one) for one in report.removed),
            kept=_tally(report.kept),
            kinds=tuple(_tally(one) for one in report.kinds),
            measures=tuple(_tally(one) for one in report.measures),
            guests=_tally(report.guests),
            clock_changes=tuple(_tally(one) for one in report.clock_changes),
            months=tuple(
                MonthReport(month, tuple(map(_tally, removed)), tuple(map(_tally, kinds)))
                for month, removed, kinds in report.months
            ),
            num_customers=report.num_customers,
            num_orders=report.num_orders,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, without the months; money as text with all its digits."""
        return {
            "read": self.read.to_dict(),
            "removed": [one.to_dict() for one in self.removed],
            "kept": self.kept.to_dict(),
            "kinds": [one.to_dict() for one in self.kinds],
            "measures": [one.to_dict() for one in self.measures],
            "guests": self.guests.to_dict(),
            "clock_changes": [one.to_dict() for one in self.clock_changes],
            "num_customers": self.num_customers,
            "num_orders": self.num_orders,
        }


def _tally(values: tuple[Any, ...]) -> Tally:
    name, num_lines, money = values
    return Tally(name=name, num_lines=num_lines, money=Decimal(money))
