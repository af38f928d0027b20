"""What happened, in sentences: each is made of figures that were handed in, and shows them.

No sentence compares a running period with a whole one. A change is told as one that stands out
only if it is larger than the figure's own changes have been; where none is, the narrative says
so, and how large a change would have had to be.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from string import Formatter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ecommerce_analytics import kpi
from ecommerce_analytics.errors import InvalidArgument

if TYPE_CHECKING:
    from ecommerce_analytics.table import Table

__all__ = [
    "JUDGED",
    "MIN_CHANGES",
    "Figure",
    "Piece",
    "Sentence",
    "plain_text",
    "smallest_change",
    "tell",
]

#: Key figures whose changes are judged, in the order in which they are told.
JUDGED: Final = (
    *("revenue_net", "orders", "customers", "new_customers"),
    *("average_order_value", "repeat_rate", "return_rate_money", "guest_share"),
)

#: Earlier changes of whole periods that are needed to judge one, and that are looked at at most.
MIN_CHANGES: Final = 6
MAX_CHANGES: Final = 12

# Of a normal distribution: standard deviation / median, and / mean, of the distances from zero.
_OF_MEDIAN: Final = 1.4826
_OF_MEAN: Final = 1.2533

_DAY: Final = timedelta(days=1)

# Of tables with a row per key: topic, column of the key, column of the money, words.
_CATEGORIES: Final = (
    *("categories", "category", "revenue"),
    "The largest category is {category}, with {revenue} from {orders} orders.",
)
_REGIONS: Final = (
    *("regions", "region", "revenue"),
    "The largest region is {region}, with {revenue} from {orders} orders.",
)
_PAYMENTS: Final = (
    *("payments", "payment_type", "revenue"),
    "The largest payment type is {payment_type}, with {revenue} of net revenue by its share of"
    " {orders} orders.",
)
_PAID: Final = (
    *("payments", "payment_type", "paid"),
    "The most is paid by {payment_type}: {paid}, freight and all included, for {orders} orders.",
)

_UNITS: Final = {
    **dict.fromkeys(("segment", "category", "region", "payment_type"), "name"),
    **dict.fromkeys(("customer_share", "revenue_share", "top_share"), "share"),
    **dict.fromkeys(("revenue", "paid"), "money"),
    "customers": "customers",
    "orders": "orders",
}
_RULES: Final = {
    "period": "the period that is told of",
    "previous_period": "the period before it",
    "first_day": "day of the first line",
    "last_day": "last day before the moment",
    "day_before": "first of the same days of the period before",
    "last_day_before": "last of the same days of the period before",
    "whole_periods": "periods that the data hold from their first to their last day",
    "changes_known": "changes between whole periods before this one",
    "changes_needed": "least number of changes by which one can be judged",
    "segment": "segment of the rule set with the most revenue",
    "customers": "customers of the row",
    "customer_share": "customers of the row / all customers",
    "revenue_share": "net money of the row's customers / that of all known customers",
    "top_share": "share of all customers, counted from the one with the most money",
    "gini": "Gini coefficient of the customers' net money, of the population",
    "category": "category with the most net money of its lines",
    "region": "region with the most net money of its orders",
    "payment_type": "payment type with the most money",
    "revenue": "net money of all lines of the row; of a payment type, its share of each order",
    "paid": "sum of the payments of the row",
    "orders": "distinct orders of the row with a purchase line",
}

Value: TypeAlias = "int | float | Decimal | str | date"


@dataclass(frozen=True)
class Figure:
    """A number, day or name that a sentence shows, and where it is from.

    Attributes
    ----------
    name : str
        Such as ``revenue_net``; what is made of a figure has its part behind a point:
        ``revenue_net.previous``, ``revenue_net.smallest_change``.
    value : int, float, Decimal, str or date
        As it stands in the table.
    unit : str
        A unit of the KPI dictionary, or ``change`` (relative), ``points`` (difference of two
        shares), ``change_size`` and ``points_size`` (how large such a one must be, whatever its
        sign), ``month``, ``period``, ``day``, ``name``, ``coefficient``.
    period : str
        Of which time it is, such as ``2024-11``; of the whole history: ``total``.
    rule : str
        How it is made.
    as_of : str
        Moment, exclusive, from which it looks back.
    """

    name: str
    value: Value
    unit: str
    period: str
    rule: str
    as_of: str


@dataclass(frozen=True)
class Piece:
    """A piece of a sentence: words, or a figure as it is written.

    Attributes
    ----------
    text : str
        The words; of a figure, what the writer made of it.
    figure : Figure or None
        The figure behind it; None for words, which have no number in them.
    """

    text: str
    figure: Figure | None = None


@dataclass(frozen=True)
class Sentence:
    """A sentence and the figures that back it.

    Attributes
    ----------
    topic : str
        What it is about: ``whole``, ``window``, ``change``, ``no_change``, ``too_little_history``,
        ``running``, ``best``, ``segments``, ``concentration``, ``categories``, ``regions``,
        ``payments``.
    pieces : tuple of Piece
        Words and figures in turn.
    """

    topic: str
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The whole sentence. Names in it are those of the data: escape it as any text of them."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Its figures, in order."""
        return tuple(piece.figure for piece in self.pieces if piece.figure is not None)


Writer: TypeAlias = Callable[[Figure], str]


def plain_text(figure: Figure) -> str:
    """Write a figure in English, without a currency: what `tell` does unless told otherwise."""
    value, unit = figure.value, figure.unit
    if isinstance(value, date):
        return f"{value:%Y-%m}" if unit == "month" else value.isoformat()
    if isinstance(value, str) or unit == "name":
        return str(value)
    if unit == "share":
        return f"{value:.1%}"
    if unit in ("change", "change_size"):
        return f"{value:+.1%}".replace("+", "+" if unit == "change" else "±")
    if unit in ("points", "points_size"):
        return f"{100 * value:+.1f} pp".replace("+", "+" if unit == "points" else "±")
    if unit == "coefficient":
        return f"{value:.2f}"
    is_count = not unit.startswith("money") and " per " not in unit
    return f"{value:,.0f}" if is_count else f"{value:,.2f}"


def smallest_change(changes: Sequence[float], *, factor: float = 3.0) -> float | None:
    """Return the smallest change that stands out among a figure's earlier ones.

    Parameters
    ----------
    changes : sequence of float
        Changes of earlier whole periods, oldest first; the last `MAX_CHANGES` are looked at.
    factor : float, default=3.0
        How many times the usual change; above 0.

    Returns
    -------
    float or None
        `factor` · 1.4826 · the median of the changes' distances from zero, which for normal
        changes is `factor` standard deviations; where that median is 0, `factor` · 1.2533 · their
        mean. Never below 0; 0 if nothing ever changed. None if there are less than `MIN_CHANGES`.

    Raises
    ------
    InvalidArgument
        If `factor` is not above 0.

    Notes
    -----
    The median lets a single odd period, such as a month of sales, not hide the next one. O(n).
    Iglewicz and Hoaglin (1993), of deviations from the median; here from zero, so that there is
    one bound for a rise and a fall. See docs/methods/narrative.md.

    Examples
    --------
    >>> smallest_change([0.1, -0.1, 0.1, -0.1, 0.1, 5.0])
    0.44478
    >>> smallest_change([0.1] * 5) is None
    True
    """
    if not factor > 0 or not math.isfinite(factor):
        raise InvalidArgument("narrative: factor must be above 0", value=str(factor))
    if len(changes) < MIN_CHANGES:
        return None
    sizes = [abs(change) for change in changes[-MAX_CHANGES:]]
    if usual := statistics.median(sizes):
        return factor * _OF_MEDIAN * usual
    return factor * _OF_MEAN * (math.fsum(sizes) / len(sizes))


def tell(
    changes: Table,
    *,
    window: Table | None = None,
    total: Table | None = None,
    segments: Table | None = None,
    concentration: Table | None = None,
    categories: Table | None = None,
    regions: Table | None = None,
    payments: Table | None = None,
    factor: float = 3.0,
    write: Writer = plain_text,
) -> tuple[Sentence, ...]:
    """Tell what the key figures did, and what stands out of the other tables.

    Parameters
    ----------
    changes : Table
        What `kpi.changes` returned for a period.
    window : Table, optional
        What `kpi.changes` returned without a period for a report window: told are the periods
        within its days, judged by all of `changes` up to them, and its own change.
    total : Table, optional
        What `kpi.summary` returned without a period.
    segments : Table, optional
        What `rfm.summarize` returned.
    concentration : Table, optional
        What `rfm.concentration` returned.
    categories : Table, optional
        What `aggregate.group_by` returned for ``by=["category"]``.
    regions : Table, optional
        What `geo_aggregate.by_region` returned.
    payments : Table, optional
        What `payments.revenue_by_type` returned, or `payments.by_type`: what was paid.
    factor : float, default=3.0
        How many times its usual change a figure must change to stand out; above 0.
    write : callable, optional
        How a figure becomes text: `plain_text`, or one that knows a currency and a locale.

    Returns
    -------
    tuple of Sentence
        In the order of `Sentence.topic`; what was not handed in is not told.

    Raises
    ------
    InvalidArgument
        If `changes` has no periods, or `factor` is not above 0.

    Notes
    -----
    Judged is the last whole period that can be compared with a whole one; a change of a share is
    its difference, any other is relative to the period before. Ties: the earlier period, the key
    that stands first. O(rows). See docs/methods/narrative.md.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=300)
    >>> sentences = ea.narrative.tell(ea.kpi.changes(shop.transactions, period="month"))
    >>> [sentence.topic for sentence in sentences]
    ['no_change', 'best']
    """
    series = _Series(changes, factor, write, window)
    return tuple(
        sentence
        for told in (
            () if total is None else _whole(total, write),
            () if window is None else _window(window, write),
            series.sentences(),
            () if segments is None else _segments(segments, write),
            () if concentration is None else _concentration(concentration, write),
            () if categories is None else _largest(categories, write, *_CATEGORIES),
            () if regions is None else _largest(regions, write, *_REGIONS),
            () if payments is None else _payments(payments, write),
        )
        for sentence in told
    )


def _sentence(topic: str, write: Writer, text: str, **figures: Figure) -> Sentence:
    """Put figures into the places of a text."""
    pieces = []
    for words, name, _, _ in Formatter().parse(text):
        if words:
            pieces.append(Piece(words))
        if name is not None:
            pieces.append(Piece(write(figures[name]), figures[name]))
    return Sentence(topic, tuple(pieces))


def _column(table: Table, name: str) -> list[Any]:
    """Return a column as Python has it: money exact, days as dates, None where there is none."""
    try:
        return table.decimals(name)
    except KeyError:
        column: list[Any] = table[name].tolist()
        return column


@dataclass(frozen=True)
class _Row:
    """A key figure of a period beside that of the period before."""

    period: str
    start: date
    end: date
    partial: bool
    previous_start: date | None
    previous_end: date | None
    value: float | None
    previous: float | None
    change: float | None
    change_share: float | None


@dataclass(frozen=True)
class _Judged:
    """A change of a key figure, and how large it must be to stand out."""

    name: str
    row: _Row
    size: float
    bound: float


class _Series:
    """The rows of `kpi.changes`: which periods are whole, and what each figure did in them."""

    def __init__(
        self, changes: Table, factor: float, write: Writer, window: Table | None = None
    ) -> None:
        columns = {name: _column(changes, name) for name in changes.column_names}
        if "total" in columns["period"]:
            raise InvalidArgument("narrative: the changes must be those of a period")
        self._factor = factor
        self._write = write
        self._as_of = changes.metadata["as_of"]
        self._definitions = {one.name: one for one in kpi.dictionary()}
        self._rows: dict[str, list[_Row]] = {}
        self._start, end = _days_of(window)
        for row in range(changes.num_rows):
            told = {name: column[row] for name, column in columns.items()}
            if not told["comparable"]:
                told |= dict.fromkeys(("previous_start", "previous_end"))
            one = _Row(*(told[name] for name in _Row.__dataclass_fields__))
            if one.end <= end:
                self._rows.setdefault(told["kpi"], []).append(one)

    def sentences(self) -> Iterator[Sentence]:
        revenue = self._rows.get("revenue_net", [])
        within = [row for row in revenue if row.start >= self._start]
        judged = next((row for row in reversed(within) if self._is_compared(row)), None)
        if judged is None:
            what = "data hold" if self._start == date.min else "chosen days hold"
            words = f"The {what} no whole period after a whole one: no change can be told."
            yield Sentence("too_little_history", (Piece(words),))
        else:
            yield from self._judged(judged)
        yield from self._best(revenue)
        if within and within[-1].partial:
            yield self._running_one(revenue[-1])

    def _judged(self, judged: _Row) -> Iterator[Sentence]:
        loud: list[_Judged] = []
        quiet: list[_Judged] = []
        num_known = 0
        for name in JUDGED:
            rows = [row for row in self._rows.get(name, ()) if row.start <= judged.start]
            compared = [row for row in rows if self._is_compared(row)]
            size = self._size(name, rows[-1]) if rows else None
            if size is None:
                continue
            sizes = [self._size(name, row) for row in compared[:-1]]
            earlier = [one for one in sizes if one is not None]
            num_known = max(num_known, len(earlier))
            bound = smallest_change(earlier, factor=self._factor)
            if bound is not None and size and abs(size) >= bound:
                loud.append(_Judged(name, rows[-1], size, bound))
            elif bound:
                quiet.append(_Judged(name, rows[-1], size, bound))
        loud.sort(key=lambda one: one.bound / abs(one.size))
        for one in loud:
            yield self._change(one)
        if quiet:
            yield self._no_change(judged, quiet, is_all=not loud)
        elif not loud:
            yield _sentence(
                "too_little_history",
                self._write,
                "Whether the changes of {period} are unusual cannot be told yet: {known} earlier"
                " changes between whole periods are known, {needed} are needed.",
                period=self._span("period", judged, judged.start),
                known=self._figure("changes_known", num_known, "changes", judged),
                needed=self._figure("changes_needed", MIN_CHANGES, "changes", judged),
            )

    def _change(self, one: _Judged) -> Sentence:
        text = f"{self._definitions[one.name].title} of {{period}}: {{value}} against {{previous}}"
        text += " in {before}, {change}."
        text += " Changes of {bound} or more stand out." if one.bound else " It never did before."
        return _sentence(
            "change",
            self._write,
            text,
            **self._spans(one.row),
            value=self._kpi(one.name, "", one.row.value, one.row),
            previous=self._kpi(one.name, ".previous", one.row.previous, one.row),
            change=self._changed(one),
            bound=self._bound(one),
        )

    def _no_change(self, judged: _Row, quiet: Sequence[_Judged], *, is_all: bool) -> Sentence:
        what = "Nothing" if is_all else "Nothing else"
        figures = self._spans(judged)
        parts = []
        for number, one in enumerate(quiet):
            title = self._definitions[one.name].title
            title = title[0].lower() + title[1:]
            parts.append(f"{title} {{change_{number}}} (from {{bound_{number}}} on)")
            figures[f"change_{number}"] = self._changed(one)
            figures[f"bound_{number}"] = self._bound(one)
        text = (
            f"{what} stands out in {{period}} against {{before}}; in brackets the smallest change"
            f" that would have been noticed: {', '.join(parts)}."
        )
        return _sentence("no_change", self._write, text, **figures)

    def _best(self, revenue: Sequence[_Row]) -> Iterator[Sentence]:
        whole = [row for row in revenue if self._is_whole(row)]
        # The data may begin within the first one: they do not, if anything is compared with it.
        if whole and all(row.previous_start is None for row in revenue[:2]):
            whole = [row for row in whole if row is not revenue[0]]
        whole = [row for row in whole if row.start >= self._start]
        if len(whole) > 1:
            best = max(whole, key=lambda row: row.value or 0.0)  # Of equals the earliest.
            yield _sentence(
                "best",
                self._write,
                "The best of {num} whole periods was {period}, with {value} of net revenue.",
                num=self._figure("whole_periods", len(whole), "periods", best),
                period=self._span("period", best, best.start),
                value=self._kpi("revenue_net", "", best.value, best),
            )

    def _running_one(self, row: _Row) -> Sentence:
        figures = {
            "period": self._span("period", row, row.start),
            "value": self._kpi("revenue_net", "", row.value, row),
            "last": self._figure("last_day", row.end - _DAY, "day", row),
        }
        text = "{period} has not ended and is left out above: {value} of net revenue up to {last}"
        if row.previous is not None and row.previous_start and row.previous_end:
            text += ", after {previous} from {first_before} to {last_before}"
            last = row.previous_end - _DAY
            figures["previous"] = self._kpi("revenue_net", ".previous", row.previous, row)
            figures["first_before"] = self._figure("day_before", row.previous_start, "day", row)
            figures["last_before"] = self._figure("last_day_before", last, "day", row)
        return _sentence("running", self._write, text + ".", **figures)

    def _is_whole(self, row: _Row) -> bool:
        return not row.partial and _is_whole(row.period, row.start, row.end)

    def _is_compared(self, row: _Row) -> bool:
        """Tell whether a whole period stands beside the whole one before it."""
        if row.previous_start is None or row.previous_end is None or not self._is_whole(row):
            return False
        # A period of another length has the days of the one before, which may not be all of them.
        return row.previous_end == row.start and _is_whole(
            row.period, row.previous_start, row.previous_end
        )

    def _size(self, name: str, row: _Row) -> float | None:
        return row.change if self._definitions[name].unit == "share" else row.change_share

    def _changed(self, one: _Judged) -> Figure:
        period = one.row.period
        if self._definitions[one.name].unit == "share":
            rule = "value minus that of the period before"
            return Figure(f"{one.name}.change", one.size, "points", period, rule, self._as_of)
        rule = "change / value of the period before"
        return Figure(f"{one.name}.change_share", one.size, "change", period, rule, self._as_of)

    def _bound(self, one: _Judged) -> Figure:
        unit = "points_size" if self._definitions[one.name].unit == "share" else "change_size"
        rule = (
            f"{self._factor:g} · {_OF_MEDIAN} · median of the absolute changes of the last"
            f" {MAX_CHANGES} whole periods before"
        )
        name = f"{one.name}.smallest_change"
        return Figure(name, one.bound, unit, one.row.period, rule, self._as_of)

    def _kpi(self, name: str, part: str, value: float | None, row: _Row) -> Figure:
        definition = self._definitions[name]
        rule = f"{definition.definition}: {definition.formula}"
        assert value is not None  # Revenue is never null, and a change has both of its sides.
        return Figure(name + part, value, definition.unit, row.period, rule, self._as_of)

    def _figure(self, name: str, value: Value, unit: str, row: _Row) -> Figure:
        return Figure(name, value, unit, row.period, _RULES[name], self._as_of)

    def _spans(self, row: _Row) -> dict[str, Figure]:
        assert row.previous_start is not None
        return {
            "period": self._span("period", row, row.start),
            "before": self._span("previous_period", row, row.previous_start),
        }

    def _span(self, name: str, row: _Row, start: date) -> Figure:
        value: Value = start
        unit = _kind_of(row.period)
        if unit not in ("month", "day"):
            value, unit = _name_of(unit, start), "period"
        return Figure(name, value, unit, row.period, _RULES[name], self._as_of)


def _kind_of(period: str) -> str:
    """Return how long a period of this name is."""
    for kind, length in (("year", 4), ("day", 10)):
        if len(period) == length:
            return kind
    return {"W": "week", "Q": "quarter"}.get(period[5], "month")


def _name_of(kind: str, start: date) -> str:
    """Return the name of the week, quarter or year that begins on this day."""
    if kind == "week":
        year, week, _ = start.isocalendar()
        return f"{year}-W{week:02}"
    return f"{start.year}-Q{(start.month + 2) // 3}" if kind == "quarter" else str(start.year)


def _is_whole(period: str, start: date, end: date) -> bool:
    """Tell whether these days are a whole period of the kind of `period`."""
    kind = _kind_of(period)
    if kind in ("day", "week"):
        return end - start == (_DAY if kind == "day" else 7 * _DAY)
    months = {"month": 1, "quarter": 3, "year": 12}[kind]
    passed = 12 * (end.year - start.year) + end.month - start.month
    return start.day == end.day == 1 and passed == months


def _whole(total: Table, write: Writer) -> Iterator[Sentence]:
    as_of = total.metadata["as_of"]
    definitions = {one.name: one for one in kpi.dictionary()}

    def known(name: str) -> Figure:
        [value] = _column(total, name)
        one = definitions[name]
        rule = f"{one.definition}: {one.formula}"
        return Figure(name, value, one.unit, "total", rule, as_of)

    [start], [end] = _column(total, "start"), _column(total, "end")
    yield _sentence(
        "whole",
        write,
        "From {first} to {last}: {revenue} of net revenue from {orders} orders; {customers}"
        " customers are known.",
        first=Figure("first_day", start, "day", "total", _RULES["first_day"], as_of),
        last=Figure("last_day", end - _DAY, "day", "total", _RULES["last_day"], as_of),
        revenue=known("revenue_net"),
        orders=known("orders"),
        customers=known("customers"),
    )


def _days_of(window: Table | None) -> tuple[date, date]:
    """Return first day and end of the report window, of none those of the calendar."""
    if window is None or not window.num_rows:
        return date.min, date.max
    return _column(window, "start")[0], _column(window, "end")[0]


def _window(window: Table, write: Writer) -> Iterator[Sentence]:
    """Tell how the report window did against as many days before it, if the data hold them."""
    as_of = window.metadata["as_of"]
    definitions = {one.name: one for one in kpi.dictionary()}
    columns = ("kpi", "comparable", "change", "change_share", "previous_start", "previous_end")
    rows = list(zip(*(_column(window, name) for name in columns), strict=True))
    figures: dict[str, Figure] = {}
    parts = []
    for name, is_comparable, change, change_share, start, end in rows:
        is_share = name in definitions and definitions[name].unit == "share"
        size = change if is_share else change_share
        if name not in JUDGED or not is_comparable or size is None:
            continue
        title = definitions[name].title
        parts.append(f"{title[0].lower()}{title[1:]} {{{name}}}")
        part, unit = ("change", "points") if is_share else ("change_share", "change")
        rule = "value of the chosen days against that of as many days before"
        figures[name] = Figure(f"{name}.{part}", size, unit, "total", rule, as_of)
        figures["first"] = Figure(
            "day_before", start, "day", "total", "first of as many days before", as_of
        )
        figures["last"] = Figure(
            "last_day_before", end - _DAY, "day", "total", "last of as many days before", as_of
        )
    if parts:
        text = "The chosen days against those from {first} to {last}: " + ", ".join(parts) + "."
        yield _sentence("window", write, text, **figures)


def _segments(segments: Table, write: Writer) -> Iterator[Sentence]:
    revenue = _column(segments, "revenue")
    best = max(range(len(revenue)), key=revenue.__getitem__, default=None)
    if best is not None and _column(segments, "revenue_share")[best] is not None:
        yield _sentence(
            "segments",
            write,
            "Of all days, the segment {segment} brings the most: {customers} customers,"
            " {customer_share} of all, with {revenue_share} of their revenue.",
            **_of_row(segments, best, "segment", "customers", "customer_share", "revenue_share"),
        )


def _concentration(concentration: Table, write: Writer) -> Iterator[Sentence]:
    shares = _column(concentration, "revenue_share")
    rows = [row for row, share in enumerate(shares) if share is not None]
    if not rows:
        return
    names = ("top_share", "customers", "revenue_share")
    figures: dict[str, Figure] = {}
    texts = []
    for row in rows:
        figures |= {f"{k}_{row}": v for k, v in _of_row(concentration, row, *names).items()}
        who = f"the best {{top_share_{row}}} of them ({{customers_{row}}})"
        texts.append(f"{who} bring {{revenue_share_{row}}}")
    text = f"Of the revenue of known customers, of all days, {', '.join(texts)}"
    gini = concentration.metadata["gini"]
    if gini != "undefined":
        text += "; the Gini coefficient is {gini}"
        rule = _RULES["gini"]
        as_of = concentration.metadata["as_of"]
        figures["gini"] = Figure("gini", float(gini), "coefficient", "total", rule, as_of)
    yield _sentence("concentration", write, text + ".", **figures)


def _payments(table: Table, write: Writer) -> Iterator[Sentence]:
    yield from _largest(table, write, *(_PAID if "paid" in table.column_names else _PAYMENTS))


def _largest(
    table: Table, write: Writer, topic: str, key: str, money: str, text: str
) -> Iterator[Sentence]:
    """Tell of the known key with the most money; of equals it is the first."""
    amounts = _column(table, money)
    known = [row for row, name in enumerate(_column(table, key)) if name not in (None, "unknown")]
    best = max(known, key=amounts.__getitem__, default=None)
    if best is not None and len(known) > 1 and amounts[best] > 0:
        yield _sentence(topic, write, text, **_of_row(table, best, key, money, "orders"))


def _of_row(table: Table, row: int, *names: str) -> dict[str, Figure]:
    as_of = table.metadata.get("as_of", "")
    return {
        name: Figure(name, _column(table, name)[row], _UNITS[name], "total", _RULES[name], as_of)
        for name in names
    }
