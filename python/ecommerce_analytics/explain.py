"""How a figure comes about: from the raw total of the file to the figure, step by step.

Every step is a group of lines that the ingest counted, with its money to the last digit; nothing is
computed again here, so the steps add up because the report does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from operator import index
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.extras import require

if TYPE_CHECKING:
    import pyarrow

    from ecommerce_analytics.datasets.dataset import Dataset
    from ecommerce_analytics.ingest import Tally
    from ecommerce_analytics.table import Table

__all__ = ["Explanation", "Step", "lines", "narrow", "parse_step", "require_month", "revenue"]

StepName: TypeAlias = Literal["read", "removed", "kept", "kind", "net", "filtered", "selected"]

_SOURCE_STEPS = ("read", "removed", "kept", "kind", "net")  # Of all lines: no filter's.
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True)
class Step:
    """One step on the way to a figure.

    Attributes
    ----------
    step : str
        ``read`` (all lines), ``removed`` (by a cleaning rule: its lines and money are those that
        it takes away), ``kept`` (what is left), ``kind`` (kept lines of one kind), ``net`` (all
        kinds together); of `narrow` also ``filtered`` (what one filter takes away) and
        ``selected`` (what is left).
    name : str
        The rule or the kind of line; empty for the others.
    num_lines : int
        Lines of the group.
    money : Decimal
        Exact sum of their amounts, in the currency unit.
    """

    step: StepName
    name: str
    num_lines: int
    money: Decimal

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money as text with all its digits."""
        return {
            "step": self.step,
            "name": self.name,
            "num_lines": self.num_lines,
            "money": str(self.money),
        }


@dataclass(frozen=True)
class Explanation:
    """The steps to a figure.

    Attributes
    ----------
    figure : str
        What is explained: ``revenue_net``.
    source : str
        Name of the data set.
    is_synthetic : bool
        True if its lines were drawn and not observed.
    cleaning : str or None
        Name of the cleaning rule, where the loader has several.
    currency : str or None
        ISO 4217 code of the money, if told.
    month : str or None
        The month whose lines these are, such as ``2011-11``; None: all lines.
    steps : tuple of Step
        `read`, a `removed` for each rule, `kept`, a `kind` for each kind of line, `net`. `read`
        minus all `removed` is `kept`; all `kind` together are `net`, which is `kept` again.
    """

    figure: str
    source: str
    is_synthetic: bool
    cleaning: str | None
    currency: str | None
    month: str | None
    steps: tuple[Step, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money as text with all its digits."""
        told = {name: value for name, value in vars(self).items() if name != "steps"}
        return told | {"steps": [step.to_dict() for step in self.steps]}

    def to_arrow(self) -> pyarrow.Table:
        """Return the steps as a table: `step`, `name`, `num_lines`, `money`, to the last digit."""
        pa = require("io", "pyarrow")
        types = {
            "step": pa.string(),
            "name": pa.string(),
            "num_lines": pa.int64(),
            "money": pa.decimal128(38, 4),
        }
        columns = {
            name: pa.array([getattr(step, name) for step in self.steps], kind)
            for name, kind in types.items()
        }
        return pa.table(columns)


def revenue(dataset: Dataset, *, month: str | None = None) -> Explanation:
    """Explain the net revenue of a data set, or of one month of it.

    A line belongs to the month of its own time, as in `kpi.summary`. A removed line without a time
    belongs to none: then the months together have fewer lines than the whole, and no less money
    than their own lines.

    Parameters
    ----------
    dataset : Dataset
        As a loader of `ecommerce_analytics.datasets` returns it.
    month : str, optional
        Such as ``2011-11``; by default all lines.

    Returns
    -------
    Explanation
        The steps. A month without a line has the same steps with nothing in them.

    Raises
    ------
    InvalidArgument
        If `month` is no month.

    Notes
    -----
    O(rules + months).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=100)
    >>> steps = ea.explain.revenue(shop, month="2024-11").steps
    >>> [step.step for step in steps if step.num_lines]
    ['read', 'kept', 'kind', 'kind', 'kind', 'net']
    >>> steps[-1].money == sum(step.money for step in steps if step.step == "kind")
    True
    """
    report = dataset.report
    removed, kinds = report.removed, report.kinds
    if month is not None:
        require_month(month)
        found = [one for one in report.months if one.month == month]
        removed = found[0].removed if found else _emptied(removed)
        kinds = found[0].kinds if found else _emptied(kinds)
    steps = [
        _sum_of("read", (*removed, *kinds)),
        *(Step("removed", one.name, one.num_lines, one.money) for one in removed),
        _sum_of("kept", kinds),
        *(Step("kind", one.name, one.num_lines, one.money) for one in kinds),
        _sum_of("net", kinds),
    ]
    return Explanation(
        figure="revenue_net",
        source=dataset.name,
        is_synthetic=dataset.is_synthetic,
        cleaning=dataset.cleaning,
        currency=dataset.currency,
        month=month,
        steps=tuple(steps),
    )


def narrow(explanation: Explanation, stages: Sequence[tuple[str, Table]]) -> Explanation:
    """Go on from the net revenue of all lines to that of a selection, filter by filter.

    Parameters
    ----------
    explanation : Explanation
        What `revenue` returned for all lines.
    stages : sequence of pairs of str and Table
        A name of each filter, and what `aggregate.group_by` without dimensions returned under this
        filter and those before it.

    Returns
    -------
    Explanation
        The same with a step ``filtered`` for each filter, its lines and money those that it takes
        away, and a last step ``selected``: what is left.

    Raises
    ------
    InvalidArgument
        If a table has more than one row.
    """
    net = explanation.steps[-1]
    num_lines, money = net.num_lines, net.money
    steps = []
    for name, table in stages:
        if table.num_rows > 1:
            raise InvalidArgument("explain: a stage must have one row", value=table.num_rows)
        lines_left, money_left = 0, Decimal("0.0000")
        if table.num_rows:
            lines_left = int(table["lines"][0])
            money_left = table.decimals("revenue")[0] or money_left
        steps.append(Step("filtered", name, num_lines - lines_left, money - money_left))
        num_lines, money = lines_left, money_left
    if steps:
        steps.append(Step("selected", "", num_lines, money))
    return replace(explanation, steps=(*explanation.steps, *steps))


def lines(
    dataset: Dataset,
    step: StepName,
    name: str = "",
    *,
    month: str | None = None,
    limit: int | None = 1_000,
) -> pyarrow.Table:
    """Return the lines of the source that stand behind one step of `revenue`.

    The source is read again, as removed lines are in no table: it takes as long as loading. All
    lines of a step are as many as it says and their amounts add up to its money, to the last digit.

    Parameters
    ----------
    dataset : Dataset
        As a loader of `ecommerce_analytics.datasets` returns it.
    step, name : str
        As in `Step`: ``read``, ``removed`` with the name of a rule, ``kept``, ``kind`` with the
        name of a kind, or ``net``.
    month : str, optional
        Such as ``2011-11``; by default lines of all months.
    limit : int or None, default=1000
        Rows to return, the first ones of the source; None: all.

    Returns
    -------
    pyarrow.Table
        One row per line, in the order of the source: `source_row` (int64; of a CSV file the record,
        from 1), `order` and `customer` as the source has them, `timestamp` (civil time; null: a
        removed line has none), `amount` and, where the source tells, `quantity`
        (decimal128(38, 4)), `kind`, `removed_by` (null: no rule removes it), then dimensions,
        measures and the source's other columns as it has them. Its metadata: `source`, `step`,
        `name`, `month`, and `total_lines`, those of the step, however many are returned.

    Raises
    ------
    InvalidArgument
        The explanation has no such step, `month` is no month or `limit` is below 0; or the data
        set's source cannot be read again.
    IOFailure
        A file of the source is not there any more, or not as it was.

    Notes
    -----
    O(lines of the source).

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=100)
    >>> refunds = ea.explain.lines(shop, "kind", "refund", limit=None)
    >>> steps = ea.explain.revenue(shop).steps
    >>> [step.num_lines for step in steps if step.name == "refund"] == [refunds.num_rows]
    True
    """
    if limit is not None and index(limit) < 0:
        raise InvalidArgument("explain: limit must be at least 0, or None", value=limit)
    explained = revenue(dataset, month=month)
    found = [one for one in explained.steps if (one.step, one.name) == (step, name)]
    if not found:
        raise InvalidArgument(
            f"explain: {explained.source} has no such step", value=f"{step}:{name}"
        )
    if dataset.source_lines is None:
        raise InvalidArgument("explain: the source cannot be read again", value=dataset.name)
    pa, pc = require("io", "pyarrow"), require("io", "pyarrow.compute")
    table = dataset.source_lines()
    if step == "removed":
        table = table.filter(pc.equal(table["removed_by"], name))
    elif step != "read":
        table = table.filter(pc.is_null(table["removed_by"]))
    if step == "kind":
        table = table.filter(pc.equal(table["kind"], name))
    if month is not None:
        first = pa.scalar(f"{month}-01").cast(pa.timestamp("us"))
        months = pc.floor_temporal(table["timestamp"], unit="month")
        table = table.filter(pc.equal(months, first))
    about = {
        "source": dataset.name,
        "step": step,
        "name": name,
        "month": month or "",
        "total_lines": str(table.num_rows),
    }
    return (table if limit is None else table.slice(0, limit)).replace_schema_metadata(about)


def parse_step(text: str) -> tuple[StepName, str]:
    """Take ``STEP`` or ``STEP:NAME`` apart.

    Raises
    ------
    InvalidArgument
        There is no such step, or it has a name where it may not, or none where it must.
    """
    step, _, name = text.partition(":")
    if step not in _SOURCE_STEPS or bool(name) != (step in ("removed", "kind")):
        raise InvalidArgument(
            "explain: a step is read, kept, net, removed:RULE or kind:KIND", value=text
        )
    return step, name  # type: ignore[return-value]


def require_month(month: str | None) -> None:
    """Refuse what is no month; None is all of them."""
    if month is not None and not (isinstance(month, str) and _MONTH.fullmatch(month)):
        raise InvalidArgument("explain: month must be such as 2011-11", value=month)


def _sum_of(step: StepName, tallies: Sequence[Tally]) -> Step:
    num_lines = sum(one.num_lines for one in tallies)
    return Step(step, "", num_lines, sum((one.money for one in tallies), Decimal("0.0000")))


def _emptied(tallies: Sequence[Tally]) -> tuple[Tally, ...]:
    return tuple(type(one)(one.name, 0, Decimal("0.0000")) for one in tallies)
