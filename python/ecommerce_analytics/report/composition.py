"""Findings to a document: words, tables and pictures, with numbers as people read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from ecommerce_analytics import __version__, kpi, narrative
from ecommerce_analytics.formats import ABSENT, Formats
from ecommerce_analytics.report import charts
from ecommerce_analytics.report.document import (
    Block,
    Column,
    Document,
    Grid,
    Paragraph,
    Picture,
    Run,
    Section,
    Terms,
)
from ecommerce_analytics.report.telling import printable, writer_of

if TYPE_CHECKING:
    from ecommerce_analytics.report.findings import Findings
    from ecommerce_analytics.table import Table

__all__ = ["KEY_FIGURES", "compose"]

#: Key figures of the report, by their names in the KPI dictionary.
KEY_FIGURES: Final = (
    *("revenue_net", "revenue_gross", "orders", "customers", "new_customers"),
    *("average_order_value", "repeat_rate", "return_rate_money", "guest_share"),
)

_NARRATED: Final = (
    *("window", "total", "segments", "concentration", "categories", "regions", "payments"),
)
_MAX_ROWS: Final = 10
_MAX_MONTHS_AFTER: Final = 12
_HISTORY: Final = "Of the full history, whatever is chosen."
_POPULATION: Final = "Of the full history of the customers who are counted."
_STEPS: Final = {
    "read": "read",
    "removed": "removed: ",
    "kept": "kept",
    "kind": "of kind ",
    "net": "net revenue",
    "filtered": "not chosen: ",
    "selected": "net revenue of what is chosen",
}

_WORDS: Final = (
    ("as of", "The moment from which all figures look back, exclusive: nothing later is in them."),
    ("order", "An order with a purchase line: amount above zero, no refund."),
    ("customer", "A known customer with an order; guests are in orders and money alone."),
    ("net revenue", "All lines added up: sales, refunds, shipping, fees, discounts, adjustments."),
    ("segment", "What a rule set makes of the scores of recency, frequency and money."),
    ("tier", "Customers by their net money; equal ones across a cut go down together."),
    ("cohort", "Customers by the month of their first order ever."),
    (
        "retention",
        "Share of a cohort that ordered in the month so many after its first; cells that nobody"
        " has seen yet are left out of a mean, and so is the month that has not ended.",
    ),
    (
        "Gini coefficient",
        "0 if all customers bring the same, towards 1 if one brings all; none where a customer is"
        " below zero.",
    ),
    ("churn risk", "Probability, by a plain model, of no order in the days after the moment."),
)


def compose(findings: Findings, formats: Formats) -> Document:
    """Put the answers of a shop into words, tables and pictures.

    Parameters
    ----------
    findings : Findings
        What `gather` returned.
    formats : Formats
        How numbers, money and days are written.

    Returns
    -------
    Document
        The report, without a form. The same findings and formats give the same document.

    Raises
    ------
    MissingExtra
        If a library of the extra `report` is not installed.
    """
    return _Composition(findings, formats).document()


class _Composition:
    def __init__(self, findings: Findings, formats: Formats) -> None:
        self._found = findings
        self._formats = formats
        self._as_of = findings.as_of.removesuffix(" 00:00:00")
        self._definitions = {one.name: one for one in kpi.dictionary()}

    def document(self) -> Document:
        found = self._found
        parts: tuple[tuple[str, str, Callable[[], Iterator[Block]]], ...] = (
            ("summary", "In short", self._sentences),
            ("key-figures", "Key figures", self._key_figures),
            ("revenue", "Revenue by month", self._revenue),
            ("categories", "Top categories", self._categories),
            ("payments", "Payment methods", self._payments),
            ("segments", "Customer segments", self._segments),
            ("value", "Tiers and concentration", self._value),
            ("retention", "Cohorts and retention", self._retention),
            ("regions", "Top regions", self._regions),
            ("churn", "Churn risk", self._churn),
            ("quality", "From the raw file to the revenue", self._quality),
            ("definitions", "Definitions", self._words),
        )
        made = ((name, title, tuple(make())) for name, title, make in parts)
        warnings = []
        if found.is_synthetic:
            warnings.append("Synthetic data: drawn from models, not of any shop.")
        return Document(
            title=f"Executive report: {printable(found.source)}",
            as_of=found.as_of,
            warnings=tuple(warnings),
            facts=tuple(self._facts()),
            sections=tuple(Section(name, title, blocks) for name, title, blocks in made if blocks),
        )

    def _facts(self) -> Iterator[tuple[str, str]]:
        found, written = self._found, self._formats
        [start], [end] = _column(found.total, "start"), _column(found.total, "end")
        yield "Source", printable(found.source)
        yield "Days", f"{written.day(start)} to {written.day(end - timedelta(days=1))}"
        yield "As of (exclusive)", self._as_of
        yield "Cleaning rule", found.cleaning or "none: all lines that can be read"
        yield "Currency", found.currency or "not told"
        for name, text in found.filters:
            yield f"Chosen {name}", printable(text)
        yield "Made by", f"ecommerce-analytics {__version__}"

    def _rule(self, text: str) -> str:
        return f"{text} As of {self._as_of}."

    # --- parts ---

    def _sentences(self) -> Iterator[Block]:
        tables = {name: getattr(self._found, name) for name in _NARRATED}
        tables["changes"] = self._found.history_changes
        for sentence in narrative.tell(**tables, write=writer_of(self._formats)):
            runs = tuple(
                Run(piece.text, piece.figure is not None and piece.figure.unit == "name")
                for piece in sentence.pieces
            )
            rules = dict.fromkeys(
                one.rule for one in sentence.figures if one.unit not in ("month", "period", "day")
            )
            note = self._rule("; ".join(rules) + "." if rules else "")
            yield Paragraph(runs, kind="sentence", note=note)

    def _key_figures(self) -> Iterator[Block]:
        found, written = self._found, self._formats
        told = _last_compared(found.changes)
        [period] = {row["period"] for row in told.values()} or {None}
        rows, figures = [], []
        for name in KEY_FIGURES:
            one = self._definitions[name]
            is_told = name not in found.untold
            value = _column(found.total, name)[0] if is_told else None
            row = told.get(name, {}) if is_told else {}
            cells = [one.title, written.by_unit(value, one.unit)]
            if period is not None:
                cells.append(written.by_unit(row.get("value"), one.unit))
                cells.append(written.by_unit(row.get("previous"), one.unit))
                is_share = one.unit == "share"
                change = row.get("change" if is_share else "change_share")
                cells.append(written.points(change) if is_share else written.change(change))
            rows.append((*cells, f"{one.definition} ({one.formula})."))
            figures.append(("", name, *[""] * (len(cells) - 1)))
        columns = [Column("figure", "text"), Column("all days")]
        if period is not None:
            start, before = (
                next(row[side] for row in told.values()) for side in ("start", "previous_start")
            )
            columns += [Column(written.month(start)), Column(written.month(before))]
            columns.append(Column("change"))
        yield Grid(
            "Key figures, of all days and of the last month that has ended beside the one before",
            (*columns, Column("definition", "text")),
            tuple(rows),
            self._rule(
                "Changes are relative to the month before, those of shares in percentage points;"
                " a month that has not ended is compared with nothing here."
            ),
            tuple(figures),
        )

    def _revenue(self) -> Iterator[Block]:
        written, months = self._formats, self._found.months
        names = ("start", "partial", "revenue_net", "orders", "customers", "average_order_value")
        rows = list(zip(*(_column(months, name) for name in names), strict=True))
        labels = [f"{row[0]:%Y-%m}" for row in rows]
        is_running = any(row[1] for row in rows)
        yield Picture(
            "monthly-revenue",
            "Net revenue by month" + ("; hatched: the month has not ended" if is_running else ""),
            f"Bars of the net revenue of {len(rows)} months from {labels[0]} to {labels[-1]};"
            " the table below has the figures.",
            charts.columns(
                "monthly-revenue",
                labels,
                [float(row[2]) for row in rows],
                [bool(row[1]) for row in rows],
                written.short_money,
            ),
        )
        yield Grid(
            "Months",
            (
                Column("month", "text"),
                *map(Column, ("net revenue", "orders", "customers", "average order value")),
            ),
            tuple(
                (
                    f"{label} (not ended)" if row[1] else label,
                    written.money(row[2]),
                    written.count(row[3]),
                    written.count(row[4]),
                    written.money(row[5]),
                )
                for label, row in zip(labels, rows, strict=True)
            ),
            self._rule(
                "Money is of the day of its line, an order of the day of its first purchase line;"
                " who buys in two months is a customer of both."
            ),
        )

    def _categories(self) -> Iterator[Block]:
        if self._found.categories is not None:
            yield from self._top(
                self._found.categories,
                "category",
                "categories",
                ("revenue", "orders", "customers", "average_order_value"),
                "Net money of the lines; an order with lines of two categories counts in both.",
            )

    def _regions(self) -> Iterator[Block]:
        if self._found.regions is not None:
            yield from self._top(
                self._found.regions,
                "region",
                "regions",
                ("revenue", "share", "orders", "customers", "average_order_value"),
                "Money, orders and lines go to the region of the order; who buys in two regions is"
                " a customer of both.",
            )

    def _payments(self) -> Iterator[Block]:
        table = self._found.payments
        if table is None:
            return
        is_paid = "paid" in table.column_names  # Files of a run tell what was paid alone.
        yield from self._top(
            table,
            "payment_type",
            "payment types",
            ("paid", "share", "payments", "orders") if is_paid else ("revenue", "share", "orders"),
            (
                "The sum of the payments of the orders that are counted: no net revenue."
                if is_paid
                else "Net revenue of each order by the shares of its payments;"
                f" {self._formats.money(table.revenue_without_payment)} has no payment."
            )
            + " An order paid in two ways is in both, so the orders do not add up.",
            title="Paid, freight and all included"
            if is_paid
            else "Payments: net revenue split by what was paid",
        )

    def _top(
        self,
        table: Table,
        key: str,
        what: str,
        names: Sequence[str],
        rule: str,
        *,
        title: str = "",
    ) -> Iterator[Block]:
        """Show the rows with the most money, as bars and in a table."""
        written = self._formats
        money = names[0]
        values = {name: _column(table, name) for name in (key, *names)}
        order = sorted(range(table.num_rows), key=lambda row: -values[money][row])
        shown = order[:_MAX_ROWS]
        if not shown:
            return
        title = title or f"{what.capitalize()} by net revenue"
        if len(order) > len(shown):
            title += f": {len(shown)} of {written.count(len(order))}"
        labels = [printable(values[key][row]) for row in shown]
        picture = what.replace(" ", "-")
        yield Picture(
            picture,
            title,
            f"Bars of the {len(shown)} {what} with the most money; figures are in the table below.",
            charts.bars(
                picture,
                labels,
                [float(values[money][row]) for row in shown],
                [written.short_money(values[money][row]) for row in shown],
            ),
        )
        write = {
            "revenue": written.money,
            "paid": written.money,
            "average_order_value": written.money,
            "share": written.share,
        }
        yield Grid(
            title,
            (
                Column(key.replace("_", " "), "name"),
                *(Column(name.replace("_", " ")) for name in names),
            ),
            tuple(
                (
                    label,
                    *(write.get(name, written.count)(values[name][row]) for name in names),
                )
                for label, row in zip(labels, shown, strict=True)
            ),
            self._rule(rule),
        )

    def _segments(self) -> Iterator[Block]:
        written, table = self._formats, self._found.segments
        names = ("segment", "customers", "customer_share", "revenue", "revenue_share")
        rows = [
            row for row in zip(*(_column(table, name) for name in names), strict=True) if row[1] > 0
        ]
        if not rows:
            return
        yield Picture(
            "segments",
            "Net revenue of known customers by segment",
            f"Bars of the net revenue of {len(rows)} segments; the table below has the figures.",
            charts.bars(
                "segments",
                [printable(row[0]) for row in rows],
                [float(row[3]) for row in rows],
                [f"{written.short_money(row[3])} · {written.share(row[4])}" for row in rows],
            ),
        )
        yield Grid(
            "Segments",
            (
                Column("segment", "name"),
                *map(Column, ("customers", "share", "net revenue", "share of revenue")),
            ),
            tuple(
                (
                    printable(name),
                    written.count(customers),
                    written.share(share),
                    written.money(revenue),
                    written.share(revenue_share),
                )
                for name, customers, share, revenue, revenue_share in rows
            ),
            self._rule(
                f"By the rule set {printable(self._found.rules)} from scores of recency, frequency"
                f" and money. {_POPULATION}"
            ),
        )

    def _value(self) -> Iterator[Block]:
        written, found = self._formats, self._found
        sizes = found.tiers.tier_sizes
        cuts = "shares of all customers"
        if "tier_cuts" in found.tiers.metadata:
            cuts += f": {', '.join(map(written.share, found.tiers.tier_cuts))}"
        yield Grid(
            "Tiers by net money",
            (Column("tier", "name"), Column("customers"), Column("share")),
            tuple(
                (printable(name), written.count(size), written.share(_share(size, sum(sizes))))
                for name, size in zip(found.tiers.tiers.split(", "), sizes, strict=True)
            ),
            self._rule(f"Cut at {cuts}, the best first; equal ones go down together. {_HISTORY}"),
        )
        shares = _column(found.lorenz, "revenue_share")
        gini = found.concentration.metadata["gini"]
        shown = ABSENT if gini == "undefined" else written.number(Decimal(gini))
        if None not in shares:
            yield Picture(
                "lorenz",
                f"Lorenz curve of the customers' net money; Gini coefficient {shown}",
                "The share of the revenue that the customers with the least money bring, below the"
                " line of equal shares; the table below has figures.",
                charts.lorenz("lorenz", found.lorenz, written.share),
            )
        names = ("top_share", "customers", "revenue", "revenue_share")
        yield Grid(
            f"Concentration of the revenue; Gini coefficient {shown}",
            (
                Column("best", "text"),
                *map(Column, ("customers", "net revenue", "share of revenue")),
            ),
            tuple(
                (
                    written.share(top),
                    written.count(customers),
                    written.money(revenue),
                    written.share(share),
                )
                for top, customers, revenue, share in zip(
                    *(_column(found.concentration, name) for name in names), strict=True
                )
            ),
            self._rule(f"Known customers by their net money. {_POPULATION}"),
        )

    def _retention(self) -> Iterator[Block]:
        written, found = self._formats, self._found
        names = ("period", "num_cohorts", "weighted", "simple")
        mean = found.mean_retention
        rows = (
            []
            if mean is None
            else [
                row
                for row in zip(*(_column(mean, name) for name in names), strict=True)
                if 1 <= row[0] <= _MAX_MONTHS_AFTER and row[1] > 0
            ]
        )
        if rows:
            yield Picture(
                "retention",
                "Mean share of customers who ordered again, by months after their first order",
                f"A line over {len(rows)} months; the table below has the figures.",
                charts.retention(
                    "retention", [row[0] for row in rows], [row[2] for row in rows], written.share
                ),
            )
            yield Grid(
                "Mean retention over the cohorts",
                (
                    Column("months after", "text"),
                    *map(Column, ("cohorts", "weighted by customers, %", "of the cohorts, %")),
                ),
                tuple(
                    (
                        written.count(period),
                        written.count(cohorts),
                        written.number(100 * weighted),
                        written.number(100 * simple),
                    )
                    for period, cohorts, weighted, simple in rows
                ),
                self._rule(
                    "Active in the month itself; cells that have not ended are left out of the"
                    " means."
                ),
            )
        if found.cohorts.num_rows:
            yield Picture(
                "cohorts",
                "Customers who came back, by month of their first order",
                "A grid of months of first order by months after it; the darker the more came"
                " back.",
                charts.cohorts(
                    "cohorts",
                    found.cohorts,
                    source=printable(found.source),
                    is_synthetic=found.is_synthetic,
                    cleaning=found.cleaning,
                ),
            )

    def _churn(self) -> Iterator[Block]:
        written, risk = self._formats, self._found.churn
        if risk is None:
            return
        if risk.ranking is None or risk.evaluation is None:
            yield Paragraph((Run(f"There is no churn risk: {risk.reason}."),))
            return
        told = risk.ranking
        sizes = Counter(told["risk_band"].tolist())
        medium, high = told.band_cuts
        yield Grid(
            "Customers by the risk of no order in the days to come",
            (Column("band", "text"), Column("risk", "text"), Column("customers"), Column("share")),
            tuple(
                (
                    band,
                    span,
                    written.count(sizes[band]),
                    written.share(_share(sizes[band], told.num_rows)),
                )
                for band, span in (
                    ("high", f"from {written.share(high)}"),
                    ("medium", f"from {written.share(medium)}"),
                    ("low", f"below {written.share(medium)}"),
                )
            ),
            self._rule(
                f"Probability of no order in the {written.count(told.horizon_days)} days after the"
                " moment, of customers with an order in the"
                f" {written.count(told.active_within_days)} days before it. {_HISTORY}"
            ),
        )
        names = (
            *("model", "roc_auc", "roc_auc_lower", "roc_auc_upper"),
            *("pr_auc", "brier", "top_decile_lift"),
        )
        evaluation = risk.evaluation
        rows = list(zip(*(_column(evaluation, name) for name in names), strict=True))
        yield Grid(
            "How far the risk can be trusted: the model beside what needs none",
            (
                Column("model", "text"),
                *map(Column, ("ROC-AUC", "interval", "PR-AUC", "Brier", "lift of the top 10 %")),
            ),
            tuple(
                (
                    model,
                    f"{area:.3f}",
                    f"{lower:.3f} to {upper:.3f}",
                    f"{pr_auc:.3f}",
                    f"{brier:.3f}",
                    f"{lift:.2f}",
                )
                for model, area, lower, upper, pr_auc, brier, lift in rows
            ),
            self._rule(
                f"Tested at {evaluation['cutoff'][0].removesuffix(' 00:00:00')} on"
                f" {written.count(int(evaluation['customers'][0]))} customers, of whom"
                f" {written.share(float(evaluation['base_rate'][0]))} did not come back; trained on"
                " earlier moments alone. ROC-AUC 0.5 is chance; constant, recency and frequency are"
                " the baselines."
            ),
        )
        if self._found.hindsight is not None:
            note = f"The test knows more than its day did: {self._found.hindsight}."
            yield Paragraph((Run(printable(note)),), kind="warning")

    def _quality(self) -> Iterator[Block]:
        written = self._formats
        rows = []
        for step in self._found.explanation.steps:
            sign = -1 if step.step in ("removed", "filtered") else 1
            label = _STEPS[step.step] + printable(step.name)
            money = sign * step.money + 0  # Without the sign of -0.
            rows.append((label, written.count(sign * step.num_lines), written.money(money)))
        yield Grid(
            "Lines and money, one step per rule",
            (Column("step", "name"), Column("lines"), Column("money")),
            tuple(rows),
            self._rule(
                "Read minus all removed is kept; the kinds add up to it, and to the net revenue of"
                " all days. A line is charged to the first rule that removes it."
            ),
        )

    def _words(self) -> Iterator[Block]:
        yield Terms(_WORDS)
        yield Grid(
            "The key figures in the KPI dictionary",
            (
                Column("figure", "text"),
                Column("definition", "text"),
                Column("formula", "text"),
                Column("counted by", "text"),
                Column("none", "text"),
            ),
            tuple(
                (one.title, one.definition, one.formula, one.grain, one.null_rule)
                for one in (self._definitions[name] for name in KEY_FIGURES)
            ),
            self._rule("Figures are computed from these formulas."),
        )


def _column(table: Table, name: str) -> list[Any]:
    """Return a column as Python has it: money exact, days as dates, None where there is none."""
    try:
        return table.decimals(name)
    except KeyError:
        column: list[Any] = table[name].tolist()
        return column


def _last_compared(changes: Table) -> dict[str, dict[str, Any]]:
    """Return the rows of the last month that has ended and stands beside another, by figure."""
    columns = {name: _column(changes, name) for name in changes.column_names}
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    compared = [row for row in rows if row["comparable"] and not row["partial"]]
    last = max((row["start"] for row in compared), default=None)
    return {row["kpi"]: row for row in compared if row["start"] == last}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
