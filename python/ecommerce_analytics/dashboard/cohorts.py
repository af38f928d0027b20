"""What the page Retention asks of a shop: cells of cohorts, curves, losses, the second order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ecommerce_analytics import cohort, second_order
from ecommerce_analytics.dashboard.charts.retention import MAX_LINES, MEASURES, Measure
from ecommerce_analytics.dashboard.shop import Filters, Shop
from ecommerce_analytics.proportions import wilson

__all__ = ["KINDS", "MAX_COHORTS", "PERIODS", "Cohorts"]

#: Kinds of retention, and what they mean.
KINDS: Final = {
    "bounded": "An order in that period.",
    "rolling": "An order in that period or later: it can still grow.",
    "elapsed": "An order in that window of days after the customer's own first order.",
}
#: Lengths of a period, and the days of a window of the kind `elapsed`.
PERIODS: Final = {"week": 7, "month": 30, "quarter": 91}
#: Cohorts that one heatmap shows, the latest ones.
MAX_COHORTS: Final = 60


@dataclass(frozen=True)
class Cohorts:
    """A question for cohorts, and its answers.

    Attributes
    ----------
    shop, filters
        Of whom.
    name : str
        What is measured, in `MEASURES`.
    kind : str
        In `KINDS`.
    period : str
        In `PERIODS`.
    by : str or None
        Dimension of the first order that splits the cohorts.
    """

    shop: Shop
    filters: Filters
    name: str = "retention"
    kind: str = "bounded"
    period: str = "month"
    by: str | None = None

    @property
    def measure(self) -> Measure:
        """Return what is measured."""
        return MEASURES[self.name]

    @property
    def options(self) -> dict[str, Any]:
        """Return what `cohort.retention` and `cohort.members` are both told."""
        return {
            "period": self.period,
            "kind": self.kind,
            "by": self.by,
            "elapsed_days": PERIODS[self.period],
        }

    @property
    def window(self) -> str:
        """Return how a column of the figures is called."""
        return f"{PERIODS[self.period]}-day window" if self.kind == "elapsed" else self.period

    def groups(self) -> list[Any]:
        """Return the groups, those of most customers first."""
        if self.by is None:
            return []
        table = pa.table(self._cells("customers"))
        first = table.filter(pc.equal(table.column("period"), 0))
        sizes = first.group_by("group").aggregate([("size", "sum")])
        ranked = sizes.sort_by([("size_sum", "descending"), ("group", "ascending")])
        groups: list[Any] = ranked.column("group").to_pylist()
        return groups

    def cells(self, group: Any = None) -> pa.Table:
        """Return the cells of one group, of the latest cohorts."""
        table = self._of_group(self._cells(self.measure.measure), group)
        starts = sorted(set(table.column("cohort").to_pylist()))[-MAX_COHORTS:]
        if not starts:
            return table
        return table.filter(
            pc.greater_equal(table.column("cohort"), pa.scalar(starts[0], pa.date32()))
        )

    def num_cohorts(self) -> int:
        """Return how many cohorts there are, over all groups."""
        return len(set(pa.table(self._cells(self.measure.measure)).column("cohort").to_pylist()))

    def means(self) -> Any:
        """Return `cohort.mean_retention`."""
        return cohort.mean_retention(self._cells("customers"))

    def curves(self, starts: Sequence[Any] = ()) -> list[tuple[str, Any]]:
        """Return names and tables for lines: groups, or all cohorts and some of them."""
        means = pa.table(self.means())
        if self.by is not None:
            return [
                (_name(group), self._of_group(means, group)) for group in self.groups()[:MAX_LINES]
            ]
        return [("all cohorts together", means), *self.single_curves(starts)]

    def single_curves(self, starts: Sequence[Any]) -> list[tuple[str, pa.Table]]:
        """Return names and whole cells of some cohorts."""
        cells = pa.table(self._cells("customers"))
        whole = cells.filter(pc.invert(cells.column("partial")))
        return [
            (
                f"cohort of {start}",
                whole.filter(pc.equal(whole.column("cohort"), pa.scalar(start, pa.date32()))),
            )
            for start in starts
        ]

    def losses(self, group: Any = None) -> pa.Table:
        """Return `cohort.drop_off` of one group."""
        return self._of_group(cohort.drop_off(self._cells("customers")), group)

    def clear_losses(self, group: Any = None) -> list[bool]:
        """Return of each row of `losses` whether its 95 % interval lies above zero.

        Newcombe's interval of a difference of two shares, of Wilson's of each; the same customers
        in both are taken for others, which widens it where they are alike.
        """
        cells = self._of_group(self._cells("customers"), group)
        names = ("cohort", "period", "eligible", "observable", "partial")
        rows = zip(*(cells.column(name).to_pylist() for name in names), strict=True)
        seen = {
            (start, period): size
            for start, period, size, is_seen, is_partial in rows
            if is_seen and not is_partial
        }
        table = self.losses(group)
        made = []
        for period, before, after in zip(
            *(table.column(name).to_pylist() for name in ("period", "before", "after")), strict=True
        ):
            size = sum(
                number
                for (start, one), number in seen.items()
                if one == period and (start, period - 1) in seen
            )
            if before is None or after is None or not size:
                made.append(False)
                continue
            low, high = wilson(before, size)[0], wilson(after, size)[1]
            made.append(before - after > math.hypot(before - low, high - after))
        return made

    def members(self, start: str, number: int, group: Any = None) -> Any:
        """Return `cohort.members` of a cell: those who came and those who did not."""
        return self.shop.of_orders(
            cohort.members,
            self.filters,
            cohort=start,
            number=number,
            active=None,
            group=group,
            **self.options,
        )

    def second_orders(self, *, split: bool = True) -> Any:
        """Return `second_order.curve`."""
        by = self.by if split else None
        return self.shop.of_orders(second_order.curve, self.filters, by=by)

    def second_order_lines(self) -> list[tuple[str, Any]]:
        """Return names and tables for lines: groups, or all customers."""
        curve = pa.table(self.second_orders())
        if self.by is None:
            return [("all customers", curve)]
        return [(_name(group), self._of_group(curve, group)) for group in self.groups()[:MAX_LINES]]

    def _cells(self, measure: str) -> Any:
        return self.shop.of_orders(cohort.retention, self.filters, measure=measure, **self.options)

    def _of_group(self, table: Any, group: Any) -> pa.Table:
        read = pa.table(table)
        if self.by is None:
            return read
        keys = read.column("group")
        return read.filter(
            pc.is_null(keys) if group is None else pc.equal(keys, pa.scalar(group, keys.type))
        )


def _name(group: Any) -> str:
    return "unknown" if group is None else str(group)
